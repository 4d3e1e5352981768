"""Open a study in a notebook, with progress, and without a traceback when it cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ipywidgets as widgets
from IPython.display import display

from mapping import pipeline
from mapping.errors import MappingError
from mapping.maps.safe import escape
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
    with _in_one_sentence(), _progress(f"Opening {study}") as tell:
        if study == DEMO:
            pipeline.demo(workspace=workspace, progress=tell)
        place = pipeline.load(study, workspace=workspace)
    print(in_words(place))  # noqa: T201 - the text of a notebook's cell
    return place


def in_words(place: Place) -> str:
    """Return what was opened, in a sentence."""
    open_ = int(place.sites["open"].sum())
    made_up = " (fictional: this place does not exist)" if place.fictional else ""
    return (
        f"{place.name}{made_up}: {len(place.lsoas)} small areas (LSOAs), {len(place.wards)} wards, "
        f"{open_} hubs open now, {len(place.sites) - open_} venues that could become one."
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
        bar.close()


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Let Jupyter print the sentence of a user's mistake instead of a traceback, and stop there."""
    try:
        yield
    except MappingError as error:
        sentence = str(error)
        # IPython asks an error for this before it makes a traceback of its own.
        vars(error)["_render_traceback_"] = lambda: [sentence]
        raise
