"""Compare futures: scenarios side by side, need believed or not, and the people to run them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import pandas as pd

from mapping.errors import InvalidScenarioError, MappingError
from mapping.maps.safe import escape
from mapping.panels.answer import Answer, Grid
from mapping.panels.controls import choice, slider
from mapping.panels.estimate import Drawing
from mapping.panels.panel import Panel, Values
from mapping.panels.picture import picture
from mapping.panels.saving import folder_of
from mapping.report import crews, futures, words
from mapping.scenario import (
    Crew,
    Outcome,
    Place,
    Progress,
    Scenario,
    best_by_belief,
    files,
    name_of,
    regret,
    staffing,
    sweep,
    swing,
    weigh,
)
from mapping.workspace import Workspace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VIEWS = {
    "Whom they reach": "reach",
    "Need, if it is not as we think": "beliefs",
    "What matters how much": "weights",
    "What more, or less, would bring": "sweep",
    "People to run it": "people",
}
SWEEPS = {"hubs, 1 to 20": "new_hubs", "minutes’ walk, 5 to 30": "within"}
BUDGETS = {"pounds a year, 0 to 200,000": "budget"}
WEIGHED = {"reach": "People within reach", "least_served": "Walks of the least served"}
COSTED = {"cost": "Running cost"}
# Controls that make a difference for one view only.
SEEN_IN = {
    "sweep": "sweep",
    "target": "people",
    "learners_per_champion": "people",
    "recruits": "people",
    **dict.fromkeys([f"weight_{name}" for name in WEIGHED | COSTED], "weights"),
}

Weigh = Callable[[Scenario, Progress], Outcome]


def compare_futures(place: Place, *, study: str, workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that compares scenarios, each weighed once, when the button is pressed.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    study
        Its name, which scenarios carry.
    workspace
        Where scenarios are kept; default: the one that the notebook lies in.
    """
    workspace = workspace or Workspace.around(Path.cwd())
    kept, told = opened(study, place, workspace)
    start = Scenario.starting_from(place.defaults, name="", study=study)
    options = usual(start) | kept
    weighed: dict[Scenario, Outcome] = {}

    def weigh_once(scenario: Scenario, progress: Progress) -> Outcome:
        if scenario not in weighed:
            weighed[scenario] = weigh(scenario, place, progress=progress)
        return weighed[scenario]

    panel = Panel(
        f"Compare futures · {place.name}",
        controls=_controls(place, options, first=tuple(kept or usual(start))[:3]),
        reply=lambda values, progress: compare_answer(
            values, place, options=options, told=told, weigh_one=weigh_once, progress=progress
        ),
        button="Compare",
        extras=(Shelf(study, workspace),),
        fictional=place.fictional,
    )
    _show_what_matters(panel.controls)
    return panel


def usual(start: Scenario) -> dict[str, Scenario]:
    """Return scenarios that can be compared before any was saved, by name."""
    fewer = max(0, start.new_hubs // 2)
    asked = [
        replace(start, bus_days=0),
        replace(start, bus_days=0, question="p_median"),
        replace(start, bus_days=0, new_hubs=fewer),
    ]
    named = [replace(scenario, name=name_of(scenario)) for scenario in asked]
    nothing = replace(start, name="Change nothing", new_hubs=0, bus_days=0)
    return {scenario.name: scenario for scenario in (*named, nothing)}


def opened(
    study: str, place: Place, workspace: Workspace
) -> tuple[dict[str, Scenario], tuple[str, ...]]:
    """Return the scenarios kept for a study by name, and what changed since they were saved."""
    found: dict[str, Scenario] = {}
    told = []
    for path in sorted(folder_of(study, workspace).glob("*.toml")):
        try:
            one = files.open_file(path, place=place)
        except InvalidScenarioError as error:
            told.append(str(error))
        else:
            found[one.scenario.name] = one.scenario
            told += [f"“{one.scenario.name}”: {change}" for change in one.changes]
    return found, tuple(told)


def _controls(
    place: Place, options: Mapping[str, Scenario], *, first: tuple[str, ...]
) -> dict[str, Any]:
    costed = place.sites.loc[~place.sites["open"], "cost"].notna().any()
    crew = Crew()
    measures = WEIGHED | (COSTED if costed else {})
    return {
        "scenarios": widgets.SelectMultiple(
            description="Scenarios (Ctrl-click for several)",
            options=list(options),
            value=first,
            rows=min(8, len(options)),
        ),
        "view": choice("Look at", VIEWS, "reach"),
        "sweep": choice("Change", SWEEPS | (BUDGETS if costed else {}), "new_hubs"),
        **{
            f"weight_{name}": slider(label, 50, least=0, most=100, step=5, unit="weight")
            for name, label in measures.items()
        },
        "target": slider("Target", crew.target, least=100, most=5_000, step=100, unit="learners"),
        "learners_per_champion": slider(
            "A champion brings", int(crew.learners_per_champion), least=1, most=40, unit="a year"
        ),
        "recruits": slider("New champions", crew.recruits, least=0, most=150, unit="each quarter"),
    }


def _show_what_matters(controls: Mapping[str, widgets.ValueWidget]) -> None:
    """Hide the controls that make no difference for the view, now and when it changes."""

    def show(view: str) -> None:
        for name, control in controls.items():
            control.layout.display = None if SEEN_IN.get(name, view) == view else "none"

    controls["view"].observe(lambda change: show(change["new"]), names="value")
    show(controls["view"].value)


def compare_answer(
    values: Values,
    place: Place,
    *,
    options: Mapping[str, Scenario],
    told: tuple[str, ...] = (),
    weigh_one: Weigh,
    progress: Progress,
) -> Answer:
    """
    Return how the chosen scenarios compare.

    Parameters
    ----------
    values
        `scenarios`: names; `view`: one of `VIEWS`; the others as the view reads them.
    told
        Sentences about scenario files, to be shown with the caveats.
    weigh_one
        Returns what follows from a scenario.

    Raises
    ------
    InvalidScenarioError, InfeasibleError
        If none is chosen, or they cannot be weighed or compared.
    """
    chosen = [options[name] for name in values["scenarios"]]
    if not chosen:
        raise InvalidScenarioError("No scenario is chosen. Choose one or more from the list.")
    outcomes = [weigh_one(scenario, progress) for scenario in chosen]
    lead, notes, drawn, grids = _VIEWS[values["view"]](values, outcomes, place, progress)
    return Answer(
        lead=lead,
        notes=(*notes, words.meaning(place.exclusion)),
        shown=None if drawn is None else Drawing(picture(drawn[0], alt=drawn[1])),
        grids=grids,
        caveats=(*told, *dict.fromkeys(c for o in outcomes for c in o.caveats)),
        outcome=outcomes[0],
    )


View = tuple[str, tuple[str, ...], "tuple[Figure, str] | None", tuple[Grid, ...]]


def _reach(_: Values, outcomes: list[Outcome], place: Place, __: Progress) -> View:
    first, *others = outcomes
    told = [words.difference(first, other) for other in others]
    told += [futures.hands_told(first, other, place) for other in others]
    grids = [Grid("Side by side (95% intervals in brackets)", _measures(outcomes))]
    if others:
        grids += [
            Grid(
                f"Differences from “{first.scenario.name}”", futures.difference_table(outcomes),
                folded=True,
            ),
            Grid("Who reaches more, in how many draws", futures.likely_table(outcomes)),
        ]  # fmt: skip
    groups = futures.group_table(outcomes, place)
    grids.append(Grid("Within reach of a hub, by group", groups, folded=True, grouped=True))
    lead = told[0] if told else words.reach(first)
    drawn = futures.reach_figure(outcomes, place), futures.reach_figure_words(outcomes, place)
    return lead, (*told[1:], *map(futures.attenders_told, outcomes)), drawn, tuple(grids)


def _measures(outcomes: list[Outcome]) -> pd.DataFrame:
    return words.measure_table(outcomes).reset_index()


def _beliefs(_: Values, outcomes: list[Outcome], place: Place, progress: Progress) -> View:
    options = outcomes
    if len(outcomes) == 1:
        progress("placing hubs by each picture of need")
        options = best_by_belief(outcomes[0].scenario, place)
    found = regret(options, place)
    lead, *notes = futures.regret_told(found)
    drawn = futures.regret_figure(found, place), futures.regret_words(found)
    grid = Grid(futures.regret_caption(found), futures.regret_table(found))
    return lead, (*notes, futures.pictures_told(place)), drawn, (grid,)


def _weights(values: Values, outcomes: list[Outcome], _: Place, __: Progress) -> View:
    given = {
        name.removeprefix("weight_"): float(weight)
        for name, weight in values.items()
        if name.startswith("weight_")
    }
    found = swing(outcomes, given)
    caption = (
        "Each weight is set against the step from the least to the most favourable value that "
        "these scenarios offer"
    )
    return futures.swing_told(found), (), None, (Grid(caption, futures.swing_table(found)),)


def _sweep(values: Values, outcomes: list[Outcome], place: Place, progress: Progress) -> View:
    found = sweep(
        outcomes[0].scenario,
        place,
        values["sweep"],
        tell=lambda done, all_: progress(f"plan {done} of {all_}"),
    )
    if found is None:
        return "Fewer than two values can be planned: there is nothing to draw.", (), None, ()
    told = futures.sweep_told(found)
    note = f"The other choices are those of “{outcomes[0].scenario.name}”."
    grid = Grid(f"What each brings: {found.counts}", futures.sweep_table(found), folded=True)
    return told, (note,), (futures.sweep_figure(found, place), told), (grid,)


def _people(values: Values, outcomes: list[Outcome], place: Place, _: Progress) -> View:
    crew = Crew(
        target=values["target"],
        learners_per_champion=float(values["learners_per_champion"]),
        recruits=values["recruits"],
    )
    first = outcomes[0]
    found = staffing(first, place, crew)
    lead, *notes = crews.staffing_told(found, first)
    drawn = crews.staffing_figure(found, first, place), crews.staffing_words(found)
    grid = Grid(
        f"The first year of “{first.scenario.name}”, quarter by quarter",
        crews.staffing_table(found),
    )
    return lead, tuple(notes), drawn, (grid,)


_VIEWS: Mapping[str, Callable[[Values, list[Outcome], Place, Progress], View]] = {
    "reach": _reach,
    "beliefs": _beliefs,
    "weights": _weights,
    "sweep": _sweep,
    "people": _people,
}


class Shelf(widgets.Accordion):
    """
    The scenario files of a study: copy one, rename it, give it a note.

    Parameters
    ----------
    study
        Whose files they are.
    workspace
        Where they are kept.
    """

    def __init__(self, study: str, workspace: Workspace) -> None:
        self._folder = folder_of(study, workspace)
        self.file = widgets.Dropdown(description="Scenario file", options=self._files())
        self.name = widgets.Text(description="New name")
        self.note = widgets.Textarea(description="Note", rows=2)
        self.copy = widgets.Button(description="Copy under the new name", icon="copy")
        self.keep = widgets.Button(description="Save name and note", icon="save")
        self.message = widgets.HTML()
        controls = widgets.Box([self.file, self.name, self.note])
        controls.add_class("mapping-controls")
        inside = widgets.VBox([controls, widgets.HBox([self.copy, self.keep]), self.message])
        super().__init__([inside], titles=("Scenario files: copy, rename, note",))
        self.selected_index = None
        self.file.observe(lambda _: self._read(), names="value")
        self.copy.on_click(lambda _: self._do(self._duplicate))
        self.keep.on_click(lambda _: self._do(self._describe))
        self._read()

    def _files(self) -> list[tuple[str, Path]]:
        return [(path.name, path) for path in sorted(self._folder.glob("*.toml"))]

    def _read(self) -> None:
        """Show the name and note of the chosen file."""
        path = self.file.value
        for button in (self.copy, self.keep):
            button.disabled = path is None
        if path is None:
            self._say("No scenario was saved yet: save one in 5-place-hubs or 6-route-the-bus.")
            return
        try:
            scenario = files.open_file(path).scenario
        except MappingError as error:
            self._say(str(error), role="alert")
        else:
            self.name.value, self.note.value = scenario.name, scenario.note

    def _duplicate(self) -> str:
        made = files.duplicate(self.file.value, name=self.name.value.strip())
        self.file.options = self._files()
        self.file.value = made
        return f"Copied to {made.name}. Run this cell again to compare it."

    def _describe(self) -> str:
        path = files.describe(
            self.file.value, name=self.name.value.strip() or None, note=self.note.value
        )
        return f"Name and note are in {path.name}. Run this cell again to see them."

    def _do(self, act: Callable[[], str]) -> None:
        try:
            self._say(act())
        except (MappingError, OSError) as error:
            self._say(str(error), role="alert")

    def _say(self, sentence: str, *, role: str = "status") -> None:
        self.message.value = f'<p role="{role}">{escape(sentence)}</p>'
