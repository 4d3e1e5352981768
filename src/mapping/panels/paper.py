"""Write the board paper: which scenarios, in whose words, seen before it is exported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import ipywidgets as widgets

from mapping import pipeline
from mapping.errors import InvalidScenarioError, MappingError
from mapping.maps import Shown
from mapping.maps.safe import escape
from mapping.panels.answer import Answer
from mapping.panels.controls import choice
from mapping.panels.panel import Panel, Values
from mapping.panels.saving import saved
from mapping.report import board
from mapping.report.paper import Paper
from mapping.scenario import Outcome, Place, Progress, Scenario, name_of, weigh
from mapping.workspace import Workspace

PREVIEW_HEIGHT = 900  # pixels
LEAD = "This is the paper as the board would open it."
NEXT = (
    "Nothing is written yet: “Export the pack” below writes it, with its map for Word and print, "
    "tables and scenario files."
)


def write_paper(place: Place, *, study: str, workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that shows the board paper and exports it with everything beside it.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    study
        Its name, which scenarios carry.
    workspace
        Where scenarios are kept and exports go; default: the one that the notebook lies in.
    """
    workspace = workspace or Workspace.around(Path.cwd())
    kept, faults = saved(study, workspace)
    known = offered(place, study) | kept
    names = list(known)
    weighed: dict[Scenario, Outcome] = {}
    panel = Panel(
        f"Write the board paper · {place.name}",
        controls={
            "recommended": choice("Recommended", {name: name for name in names}, names[-1]),
            "others": widgets.SelectMultiple(
                description="Other options (Ctrl-click for several)",
                options=names,
                rows=min(5, 1 + len(names)),
            ),
            "title": text("Title", "written for you if left empty"),
            "purpose": text("What the board is asked to do", "written for you if left empty"),
            "note": text("What you add to the recommendation", "nothing if left empty"),
        },
        reply=lambda values, progress: paper_answer(
            values, place, known=known, weighed=weighed, faults=faults, progress=progress
        ),
        button="Show the paper",
        extras=(Exporter(lambda: (chosen(panel.values, known), paper(panel.values)), workspace),),
        fictional=place.fictional,
    )
    return panel


def offered(place: Place, study: str) -> dict[str, Scenario]:
    """Return the scenario that can be put in a paper before any was saved, by name."""
    start = replace(Scenario.starting_from(place.defaults, name="", study=study), bus_days=0)
    named = replace(start, name=name_of(start))
    return {named.name: named}


def text(label: str, placeholder: str) -> widgets.Textarea:
    """Return a field for a sentence or two."""
    return widgets.Textarea(
        description=label, placeholder=placeholder, rows=2, continuous_update=False
    )


def chosen(values: Values, known: Mapping[str, Scenario]) -> tuple[Scenario, ...]:
    """
    Return the scenarios of the paper, the recommended first and each once.

    Raises
    ------
    InvalidScenarioError
        If none is recommended.

    Examples
    --------
    >>> known = {name: Scenario(name=name, study="demo") for name in ("One", "Two")}
    >>> values = {"recommended": "Two", "others": ("One", "Two")}
    >>> [scenario.name for scenario in chosen(values, known)]
    ['Two', 'One']
    """
    if values["recommended"] not in known:
        raise InvalidScenarioError("Choose the scenario that is recommended.")
    names = dict.fromkeys((values["recommended"], *values["others"]))
    return tuple(known[name] for name in names)


def paper(values: Values) -> Paper:
    """Return the author's words."""
    return Paper(*(str(values[name]).strip() for name in ("title", "purpose", "note")))


def paper_answer(
    values: Values,
    place: Place,
    *,
    known: Mapping[str, Scenario],
    weighed: dict[Scenario, Outcome],
    faults: Sequence[str] = (),
    progress: Progress,
) -> Answer:
    """
    Return the paper, as it would be exported, in a frame that cannot reach the notebook.

    Parameters
    ----------
    known
        Scenarios that can be chosen, by name.
    weighed
        Outcomes worked out before, added to: words are changed more often than scenarios.
    faults
        Sentences about scenario files that could not be read.
    """
    scenarios = chosen(values, known)
    pipeline.same_study(scenarios)
    for scenario in scenarios:
        if scenario not in weighed:
            progress(f"weighing “{scenario.name}”")
            weighed[scenario] = weigh(scenario, place, progress=progress)
    progress("writing the paper")
    outcomes = [weighed[scenario] for scenario in scenarios]
    words = paper(values)
    page = board.board_map(outcomes, place, paper=words)
    return Answer(
        lead=LEAD,
        notes=(NEXT,),
        shown=Shown(page, f"Board paper: {words.titled(place.name)}", PREVIEW_HEIGHT),
        caveats=tuple(faults),
        outcome=outcomes[0],
    )


class Exporter(widgets.VBox):
    """
    A button that exports the paper with all its files, and what became of it.

    Parameters
    ----------
    asked
        Returns the scenarios and the words of the paper on the screen.
    workspace
        Where exports go.
    """

    def __init__(
        self, asked: Callable[[], tuple[Sequence[Scenario], Paper]], workspace: Workspace
    ) -> None:
        self._asked = asked
        self._workspace = workspace
        self.button = widgets.Button(description="Export the pack", icon="download")
        self.message = widgets.HTML()
        super().__init__([self.button, self.message])
        self.add_class("mapping-saver")
        self.button.on_click(lambda _: self.export())

    def export(self) -> None:
        """Write the pack and say where it is, or why it is not."""
        self.button.disabled = True
        try:
            scenarios, words = self._asked()
            made = pipeline.export(
                scenarios, paper=words, workspace=self._workspace, progress=self._tell
            )
        except (MappingError, OSError) as error:
            self.message.value = f'<p role="alert">Not exported: {escape(error)}</p>'
        else:
            self.message.value = _listed(made, self._workspace)
        finally:
            self.button.disabled = False

    def _tell(self, doing: str, done: int, steps: int) -> None:
        self.message.value = (
            f'<p role="status"><progress max="{max(steps, 1)}" value="{done}" '
            f'aria-label="exporting"></progress> {escape(doing)} …</p>'
        )


def _listed(made: pipeline.Made, workspace: Workspace) -> str:
    """Return where the files are, and what each is, as HTML."""
    folder = made.files[0][0].parent
    shown = folder.resolve().relative_to(workspace.root.resolve()).as_posix()
    rows = "".join(
        f"<li><code>{escape(path.name)}</code>: {escape(what)}</li>" for path, what in made.files
    )
    return f'<p role="status">Written to {escape(shown)}:</p><ul>{rows}</ul>'
