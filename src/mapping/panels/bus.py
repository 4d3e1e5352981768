"""Route the bus: a timetable for the people whom no hub reaches."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.bus import PROFILES
from mapping.errors import MappingError
from mapping.panels.answer import Answer, Grid
from mapping.panels.arranging import Arranged, Arrangement
from mapping.panels.controls import choice, slider
from mapping.panels.panel import Panel, Values
from mapping.panels.saving import HUNDREDTHS, Saver, positions, saved
from mapping.panels.stopmap import StopMap
from mapping.panels.work import Work
from mapping.report import words
from mapping.report.busfigures import bus_figures_told
from mapping.scenario import Outcome, OwnPoint, Place, Progress, Scenario, name_of, weigh
from mapping.workspace import Workspace

WHOLE = ("bus_count", "bus_term", "draws")  # the other numbers may be fractions
RUNS = {
    "Monday to Friday": ("mon", "tue", "wed", "thu", "fri"),
    "Monday to Thursday (skip Fridays)": ("mon", "tue", "wed", "thu"),
    "Monday to Saturday": ("mon", "tue", "wed", "thu", "fri", "sat"),
}
TASTERS = {"No day": (), "Fridays": ("fri",), "Mondays": ("mon",)}
AIMS = {
    "Most people": "most",
    "The lowest share of a ward first": "wards",
    "The lowest share of a group first": "groups",
}
HOURS = {hours.name: name for name, hours in PROFILES.items()}


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
        answer = bus_answer(values, place, hubs=hubs, faults=faults, progress=work)
        work.check()  # newer choices are under way: what is on the screen waits for them
        stage.follow(answer.outcome)
        return answer

    stage = StopMap(place, arrangement=lambda: own.value, arrange=arrange)
    saver = Saver(lambda name: scenario_from(panel.values, hubs, name=name), workspace, place=place)
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
            **_rarer(start, place),
        },
        folded=("More choices", tuple(_rarer(start, place))),
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
        return positions(scenario, panel.controls) | {"hubs": scenario.name}

    saver.attend(panel, study=study, kind="bus", values_of=reopened)
    return panel


def _rarer(start: Scenario, place: Place) -> dict[str, Any]:
    """Return the controls that are needed rarely, by field of a scenario."""
    stops = {f"{row['name']} ({stop})": str(stop) for stop, row in place.stops.iterrows()}
    names = dict(sorted(stops.items()))
    return {
        "bus_count": slider("Buses", start.bus_count, least=1, most=4),
        "bus_depots": choice("The first starts from", {"The depot": (), **_alone(names)}, ()),
        "bus_weekdays": choice("Runs on", RUNS, start.bus_weekdays),
        "bus_tasters": choice("Tasters on", TASTERS, start.bus_tasters),
        "bus_term": slider("Weeks of the term", start.bus_term, least=4, most=40),
        "bus_must": choice("Must visit", {"No stop in particular": (), **_alone(names)}, ()),
        "bus_locked": choice(
            "Lock to Tuesday 10:00",
            {"No stop": (), **{name: (f"{stop} tue 10:00",) for name, stop in names.items()}},
            (),
        ),
        "bus_aim": choice("Look for", AIMS, start.bus_aim),
        "bus_hours": choice("Driver’s hours", HOURS, start.bus_hours),
        **_drivers_hours(start),
        "bus_km_cost": slider(
            "A kilometre costs",
            round(100 * start.bus_km_cost),
            least=0,
            most=300,
            step=5,
            unit="pence",
        ),
        "bus_hour_cost": slider(
            "An hour of the driver costs", round(start.bus_hour_cost), least=0, most=60, unit="£"
        ),
        "bus_budget": slider(
            "Budget of the term; 0 for none",
            round(start.bus_budget),
            least=0,
            most=20_000,
            step=250,
            unit="£",
        ),
        "bus_half": slider(
            "Half have come after", int(start.bus_half), least=0, most=24, unit="hours of sessions"
        ),
        "draws": slider(
            "Draws to ask which stops are firm", start.draws, least=0, most=50, step=10
        ),
    }


def _drivers_hours(start: Scenario) -> dict[str, Any]:
    """Return the controls that edit the profile of driver's hours; at 0 its own figure holds."""
    asked = {
        "bus_driving": ("Driving a day, at most; 0 as in these rules", 600),
        "bus_duty": ("Duty a day, at most; 0 as in these rules", 960),
        "bus_work": ("Work before a break; 0 as in these rules", 480),
        "bus_rest": ("A break lasts; 0 as in these rules", 60),
    }
    return {
        name: slider(label, round(getattr(start, name)), least=0, most=most, step=5, unit="minutes")
        for name, (label, most) in asked.items()
    }


def _alone(names: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: (stop,) for name, stop in names.items()}


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
        `hubs`: the name of a scenario; `bus_placed`: an `Arrangement` of stops; the others by
        their names in `Scenario`. A stop that was moved is no candidate where it was.
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
        key: _number(key, value) if isinstance(value, int) and key not in WHOLE else value
        for key, value in values.items()
        if key not in {"hubs", "bus_days", "bus_placed"}
    }
    by_hand = values.get("bus_placed", Arrangement())
    choices["bus_placed"] = by_hand.placed
    never = choices.get("bus_never", base.bus_never)
    choices["bus_never"] = tuple(dict.fromkeys((*never, *by_hand.moved)))
    days = values["bus_days"]
    automatic = f"{base.name}, bus on {days} day{'' if days == 1 else 's'}"
    return replace(base, name=name or automatic, bus_days=days, **choices)


def arranged(values: Values, arrangement: Arrangement) -> dict[str, Any]:
    """Return the values that controls take when stops are moved or placed by hand: all at once."""
    moved = arrangement.moved
    return {
        "bus_placed": arrangement,
        "bus_must": tuple(stop for stop in values["bus_must"] if stop not in moved),
        "bus_locked": tuple(
            lock for lock in values["bus_locked"] if lock.split(maxsplit=1)[0] not in moved
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
) -> Answer:
    """
    Return what the bus would do.

    Parameters
    ----------
    faults
        Sentences about scenario files that could not be read, to be shown with the caveats.

    Raises
    ------
    InvalidScenarioError, InfeasibleError, InvalidTableError
        If no timetable can be made of the choices.
    """
    try:
        outcome = weigh(scenario_from(values, hubs), place, progress=progress)
    except MappingError as error:
        held = values.get("bus_placed", Arrangement())
        raise type(error)(in_own_words(str(error), held)) from error
    whom = "adults likely to be offline"
    lead = words.bus_reach(outcome, whom=whom) if outcome.bus_plan else NOBODY_LEFT
    return Answer(
        lead=lead,
        notes=(words.proof(outcome), words.reach(outcome), words.meaning(place.exclusion)),
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
    return (timetable, measures, Grid("By stop, ward and group", reached, folded=True))
