"""Route the bus: a timetable for the people whom no hub reaches."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.errors import MappingError
from mapping.panels.answer import Answer, Grid
from mapping.panels.arranging import ADDED, Arranged, Arrangement
from mapping.panels.buscontrols import GROUPS, rarer
from mapping.panels.controls import choice, slider
from mapping.panels.panel import Panel, Values
from mapping.panels.saving import HUNDREDTHS, Saver, positions, saved
from mapping.panels.stopmap import StopMap
from mapping.panels.work import Work
from mapping.report import words
from mapping.report.busfigures import bus_figures_told, left_out_table
from mapping.report.coming import not_on
from mapping.scenario import (
    Outcome,
    OwnPoint,
    Place,
    Progress,
    Scenario,
    lock_parts,
    name_of,
    weigh,
)
from mapping.workspace import Workspace

WHOLE = ("bus_count", "bus_term", "bus_visits", "draws")  # the other numbers may be fractions


def route_bus(place: Place, *, study: str, workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that writes the bus's timetable; it takes seconds, so it has a button.

    Stops can be moved on its live map, which tells at once whom they reach there; the timetable
    with them is made when the button is pressed.

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
    own = Arranged(lambda arrangement, _: arrange(arrangement))
    own.description = "Your own stops"
    own.value = start.bus_placed

    def arrange(arrangement: Arrangement) -> None:
        panel.put(arranged(panel.values, arrangement))

    def reply(values: Values, work: Work) -> Answer:
        answer = bus_answer(
            values, place, hubs=hubs, faults=faults, progress=work, stop=work.stopped
        )
        work.check()  # newer choices are under way: what is on the screen waits for them
        stage.follow(answer.outcome)
        return answer

    stage = StopMap(place, arrangement=lambda: own.value, arrange=arrange)
    saver = Saver(lambda name: scenario_from(panel.values, hubs, name=name), workspace, place=place)
    more = rarer(start, place, own)
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
            "bus_placed": own,
            **more,
        },
        folded={words: [name for name in names if name in more] for words, names in GROUPS.items()},
        reply=reply,
        button="Route the bus",
        extras=(saver,),
        bar=(saver.offer,),
        fictional=place.fictional,
        stage=stage,
    )
    panel.on_change(stage.show)

    def reopened(scenario: Scenario) -> dict[str, Any]:
        """Return the controls' values for a scenario, whose hubs can be chosen from then on."""
        hubs[scenario.name] = scenario
        panel.controls["hubs"].options = [(name, name) for name in hubs]
        locks = Arrangement.of(scenario.bus_placed).by_keys(scenario.bus_locked)
        asked = {"hubs": scenario.name, "bus_locked": locks}
        return positions(scenario, panel.controls) | asked

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
        `hubs`: the name of a scenario; `bus_placed`: an `Arrangement` of stops; `bus_locked`: by
        its keys; the others by their names in `Scenario`. A stop that was moved is no candidate
        where it was.
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
        if key not in {"hubs", "bus_days", "bus_placed"}
    }
    by_hand = values.get("bus_placed", Arrangement())
    choices["bus_placed"] = by_hand.placed
    never = choices.get("bus_never", base.bus_never)
    choices["bus_never"] = tuple(dict.fromkeys((*never, *by_hand.moved)))
    # A stop that was moved is visited where it is now, on the day and at the hour it was locked to.
    must = choices.get("bus_must", base.bus_must)
    choices["bus_must"] = tuple(stop for stop in must if stop not in by_hand.moved)
    choices["bus_locked"] = by_hand.at_points(choices.get("bus_locked", base.bus_locked))
    days = values["bus_days"]
    automatic = f"{base.name}, bus on {days} day{'' if days == 1 else 's'}"
    return replace(base, name=name or automatic, bus_days=days, **choices)


def arranged(values: Values, arrangement: Arrangement) -> dict[str, Any]:
    """
    Return the values that controls take when stops are moved or placed by hand: all at once.

    What has to be visited, or is locked to a day and hour, stays so wherever it is moved; only the
    lock of a point that is taken away goes with it.
    """
    keys = {key for key, _ in arrangement.points}
    return {
        "bus_placed": arrangement,
        "bus_locked": tuple(
            lock
            for lock in values["bus_locked"]
            if lock_parts(lock)[0] in keys or not lock.startswith(ADDED)
        ),
    }


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
    try:
        outcome = weigh(scenario_from(values, hubs), place, progress=progress, stop=stop)
    except MappingError as error:
        held = values.get("bus_placed", Arrangement())
        raise type(error)(in_own_words(str(error), held)) from error
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
        beside=_beside(outcome, place),
        grids=_grids(outcome, place),
        caveats=(*faults, *outcome.caveats),
        outcome=outcome,
    )


NOBODY_LEFT = (
    "There is nothing for a bus to do: nobody whom no hub reaches lives within this walk of a stop."
)


def in_own_words(sentence: str, held: Arrangement) -> str:
    """
    Return a sentence that names stops of one's own without where they are.

    Examples
    --------
    >>> in_own_words("Hall@3000,4000 cannot be reached.", Arrangement.of(("Hall@3000,4000",)))
    'Hall cannot be reached.'
    """
    for text in held.placed:
        sentence = sentence.replace(text, OwnPoint.read(text).name)
    return sentence


def _beside(outcome: Outcome, place: Place) -> tuple[Grid, ...]:
    """Return the stops by their numbers on the map, short enough to stand beside it."""
    if outcome.bus_plan is None:
        return ()
    told = words.timetable(outcome, place).drop_duplicates("stop").set_index("stop")
    told = told.reindex(outcome.stops.index)
    numbers = range(1, len(told) + 1)
    listed = pd.DataFrame(
        {
            "Stop": [f"{at} {name}" for at, name in zip(numbers, told["name"], strict=True)],
            "Adults offline within reach": told["people_within_reach"].to_numpy(),
        }
    )
    return (Grid("Stops, each person counted at the nearest", listed),)


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
