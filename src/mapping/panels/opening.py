"""Open a study in a notebook, with progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from mapping import pipeline
from mapping.maps.safe import escape
from mapping.panels.faults import keep_log
from mapping.pipeline.demonstration import STUDY as DEMO
from mapping.scenario import Place
from mapping.workspace import Workspace


def open_study(study: str, *, workspace: Workspace | None = None) -> Place:
    """
    Open a built study for the panels; the demo city is made on the spot if need be.

    Parameters
    ----------
    study
        Its name, as in `studies/<name>.toml`, or "demo".
    workspace
        Default: the one that the notebook lies in.

    Raises
    ------
    NotBuiltError
        If it was not built, or its tables were damaged since; the notebook prints the sentence
        alone.
    InvalidStudyError
        If there is no such study.
    """
    workspace = workspace or Workspace.around(Path.cwd())
    keep_log(workspace)
    with _progress(f"Opening {study}") as tell:
        if study == DEMO:
            pipeline.build_demo(workspace=workspace, progress=tell)
        place = pipeline.load(study, workspace=workspace)
    print(in_words(place))  # noqa: T201 - the text of a notebook's cell
    return place


def in_words(place: Place) -> str:
    """Return what was opened, in a sentence."""
    open_ = int(place.sites["open"].sum())
    return (
        f"{place.name}{' (fictional)' if place.fictional else ''}: {len(place.lsoas)} small areas, "
        f"{len(place.wards)} wards, {open_} hubs open now, {len(place.sites) - open_} venues that "
        "could become one."
    )


@contextmanager
def _progress(task: str) -> Iterator[pipeline.Progress]:
    """Show a bar while the block runs, and nothing afterwards."""
    bar = widgets.HTML()
    display(bar)

    def tell(doing: str, done: int, steps: int) -> None:
        bar.value = (
            f'<p role="status"><progress max="{max(steps, 1)}" value="{done}" aria-label="working">'
            f"</progress> {escape(task)}: {escape(doing)} …</p>"
        )

    try:
        yield tell
    finally:
        # Not closed: a page that is shown once all cells have run would look for it in vain.
        bar.value = ""
