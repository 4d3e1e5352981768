"""Route the bus: a timetable for the people whom no hub reaches."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mapping import maps
from mapping.panels.answer import Answer, Grid
from mapping.panels.buscontrols import GROUPS, rarer
from mapping.panels.controls import choice, slider
from mapping.panels.need import MAP_HEIGHT
from mapping.panels.panel import Panel, Values
from mapping.panels.saving import HUNDREDTHS, Saver, positions, saved
from mapping.report import words
from mapping.report.busfigures import bus_figures_told, left_out_table
from mapping.report.coming import not_on
from mapping.report.drawing import outcome_map
from mapping.scenario import Outcome, Place, Progress, Scenario, name_of, weigh
from mapping.workspace import Workspace

WHOLE = ("bus_count", "bus_term", "bus_visits", "draws")  # the other numbers may be fractions


def route_bus(place: Place, *, study: str, workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that writes the bus's timetable; it takes seconds, so it has a button.

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
    kept, faults = saved(study, workspace)
    start = Scenario.starting_from(place.defaults, name="", study=study)
    hubs = plans_for_hubs(start) | kept
    saver = Saver(lambda name: scenario_from(panel.values, hubs, name=name), workspace, place=place)
    more = rarer(start, place)
    panel = Panel(
        f"Route the bus · {place.name}",
        controls={
            "hubs": choice("Hubs as in", {name: name for name in hubs}, next(iter(hubs))),
            "bus_days": slider("Days on the road", max(1, start.bus_days), least=1, most=20),
            "bus_session": slider(
                "A session lasts",
                int(start.bus_session),
                least=30,
                most=240,
                step=15,
                unit="minutes",
            ),
            "bus_shift": slider(
                "A shift lasts", int(start.bus_shift), least=180, most=600, step=30, unit="minutes"
            ),
            "bus_walk": slider(
                "Walk to a stop", int(start.bus_walk), least=5, most=30, step=5, unit="minutes"
            ),
            **more,
        },
        folded={words: [name for name in names if name in more] for words, names in GROUPS.items()},
        reply=lambda values, work: bus_answer(
            values, place, hubs=hubs, faults=faults, progress=work, stop=work.stopped
        ),
        button="Route the bus",
        extras=(saver,),
        bar=(saver.offer,),
        fictional=place.fictional,
    )

    def reopened(scenario: Scenario) -> dict[str, Any]:
        """Return the controls' values for a scenario, whose hubs can be chosen from then on."""
        hubs[scenario.name] = scenario
        panel.controls["hubs"].options = [(name, name) for name in hubs]
        return positions(scenario, panel.controls) | {"hubs": scenario.name}

    saver.attend(panel, study=study, kind="bus", values_of=reopened)
    return panel


def plans_for_hubs(start: Scenario) -> dict[str, Scenario]:
    """Return the plans for hubs that can be chosen before any was saved, by name."""
    none = replace(start, name="No new hubs", new_hubs=0)
    name = name_of(replace(start, bus_days=0))
    return {name: replace(start, name=name), none.name: none}


def scenario_from(values: Values, hubs: dict[str, Scenario], *, name: str = "") -> Scenario:
    """
    Return the scenario that the controls ask for.

    Parameters
    ----------
    values
        `hubs`: the name of a scenario; the others by their names in `Scenario`.
    hubs
        The scenarios whose hubs can be chosen.
    name
        "" = the hubs' name and the bus's days.

    Examples
    --------
    >>> hubs = {"Three": Scenario(name="Three", study="demo", new_hubs=3)}
    >>> scenario_from({"hubs": "Three", "bus_days": 4, "bus_walk": 5}, hubs).name
    'Three, bus on 4 days'
    """
    base = hubs[values["hubs"]]
    choices: dict[str, Any] = {
        key: _number(key, value) if type(value) is int and key not in WHOLE else value
        for key, value in values.items()
        if key not in {"hubs", "bus_days"}
    }
    days = values["bus_days"]
    automatic = f"{base.name}, bus on {days} day{'' if days == 1 else 's'}"
    return replace(base, name=name or automatic, bus_days=days, **choices)


def _number(key: str, value: int) -> float:
    return value / 100 if key in HUNDREDTHS else float(value)


def bus_answer(
    values: Values,
    place: Place,
    *,
    hubs: dict[str, Scenario],
    faults: tuple[str, ...] = (),
    progress: Progress,
    stop: Callable[[], bool] | None = None,
) -> Answer:
    """
    Return what the bus would do.

    Parameters
    ----------
    faults
        Sentences about scenario files that could not be read, to be shown with the caveats.
    stop
        Asked often; once it returns True the search ends.

    Raises
    ------
    InvalidScenarioError, InfeasibleError, InvalidTableError
        If no timetable can be made of the choices.
    """
    outcome = weigh(scenario_from(values, hubs), place, progress=progress, stop=stop)
    whom = "adults likely to be offline"
    lead = words.bus_reach(outcome, whom=whom) if outcome.bus_plan else NOBODY_LEFT
    return Answer(
        lead=lead,
        notes=(
            words.proof(outcome),
            words.reach(outcome),
            not_on(outcome.scenario),
            words.meaning(place.exclusion),
        ),
        shown=maps.show(outcome_map(outcome, place, caveats=False), height=MAP_HEIGHT),
        grids=_grids(outcome, place),
        caveats=(*faults, *outcome.caveats),
        outcome=outcome,
    )


NOBODY_LEFT = (
    "There is nothing for a bus to do: nobody whom no hub reaches lives within this walk of a stop."
)


def _grids(outcome: Outcome, place: Place) -> tuple[Grid, ...]:
    figures = words.measure_table([outcome]).reset_index()
    figures.columns = ["Measure", "In this scenario"]
    measures = Grid("All figures of this scenario (95% intervals in brackets)", figures)
    if outcome.bus_plan is None:
        return (measures,)
    timetable = Grid("Timetable", words.bus_table(outcome, place), grouped=True)
    reached = bus_figures_told(outcome, place)
    return (
        timetable,
        measures,
        Grid("By stop, ward and group", reached, folded=True),
        Grid("Stops left out, and why", left_out_table(outcome, place), folded=True),
    )
