"""Place hubs: which sites to open, whom they bring within reach, and how good the plan is."""

import re
from dataclasses import replace
from pathlib import Path

from mapping import maps
from mapping.errors import MappingError
from mapping.panels.answer import Answer, Grid
from mapping.panels.controls import QUESTIONS, choice, slider, venues
from mapping.panels.panel import Panel, Values
from mapping.panels.saving import Saver
from mapping.report import words
from mapping.report.drawing import outcome_map
from mapping.scenario import Outcome, Place, Progress, Scenario, name_of, weigh
from mapping.workspace import Workspace

MAP_HEIGHT = 640


def place_hubs(place: Place, *, study: str, workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that recommends where to open hubs; it answers every change at once.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    study
        Its name, which saved scenarios carry.
    workspace
        Where scenarios are saved; default: the one that the notebook lies in.
    """
    workspace = workspace or Workspace.around(Path.cwd())
    start = Scenario.starting_from(place.defaults, name="", study=study)
    most = min(int((~place.sites["open"]).sum()), max(20, start.new_hubs))
    controls = {
        "question": choice("What matters most", QUESTIONS, start.question),
        "new_hubs": slider("New hubs", min(start.new_hubs, most), least=0, most=most),
        "within": slider(
            "Within reach", int(start.within), least=5, most=45, step=5, unit="minutes’ walk"
        ),
        "must_open": venues("Must open", place),
        "never": venues("May never open", place),
    }
    panel = Panel(
        f"Place hubs · {place.name}",
        controls=controls,
        reply=lambda values, progress: hubs_answer(values, place, study=study, progress=progress),
        folded=("Sites fixed or ruled out", ("must_open", "never")),
        extras=(
            Saver(lambda name: scenario_from(panel.values, study=study, name=name), workspace),
        ),
        fictional=place.fictional,
    )
    return panel


def scenario_from(values: Values, *, study: str, name: str = "") -> Scenario:
    """
    Return the scenario that the controls ask for.

    Parameters
    ----------
    values
        Choices by their names in `Scenario`.
    name
        "" = named by what it asks for.

    Raises
    ------
    InvalidScenarioError
        If the choices exclude each other.

    Examples
    --------
    >>> scenario_from({"new_hubs": 3, "within": 20, "bus_days": 0}, study="demo").name
    '3 new hubs, most people within 20 minutes'
    """
    choices = dict(values)
    if "within" in choices:
        choices["within"] = float(choices["within"])
    scenario = Scenario(**{"name": name, "study": study, "bus_days": 0, **choices})
    return scenario if name else replace(scenario, name=name_of(scenario))


def hubs_answer(values: Values, place: Place, *, study: str, progress: Progress) -> Answer:
    """
    Return what the chosen hubs would do.

    Raises
    ------
    InvalidScenarioError, InfeasibleError
        If the choices exclude each other, or no plan can meet them; sites are named, not coded.
    """
    try:
        outcome = weigh(scenario_from(values, study=study), place, progress=progress)
    except MappingError as error:
        raise type(error)(in_names(str(error), place)) from error
    return Answer(
        lead=words.recommendation(outcome, place),
        notes=(words.proof(outcome), words.meaning(place.exclusion)),
        shown=maps.show(outcome_map(outcome, place, caveats=False), height=MAP_HEIGHT),
        grids=_grids(outcome, place),
        caveats=outcome.caveats,
        outcome=outcome,
    )


def in_names(sentence: str, place: Place) -> str:
    """Return a sentence with the names of sites in place of their ids, and no scenario's name."""
    text = re.sub(r"^scenario '[^']*': ", "", sentence)
    ids = sorted(map(str, place.sites.index), key=len, reverse=True)
    names = dict(zip(map(str, place.sites.index), place.sites["name"], strict=True))
    found = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, ids)) + r")(?!\w)")
    return found.sub(lambda match: str(names[match[0]]), text)


def _grids(outcome: Outcome, place: Place) -> tuple[Grid, ...]:
    figures = words.measure_table([outcome]).reset_index()
    figures.columns = ["Measure", "In this scenario"]
    measures = Grid("All figures of this scenario (95% intervals in brackets)", figures)
    if not outcome.new_hubs:
        return (measures,)
    table = words.hub_table(outcome, place).drop(columns="Site")
    return (Grid("New hubs; people near two of them are counted at both", table), measures)
