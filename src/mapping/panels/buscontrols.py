"""The controls of the bus, by field of a scenario, and how they are grouped."""

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from mapping.bus import PROFILES, WEEKDAYS, time_of
from mapping.panels.arranging import Arranged
from mapping.panels.controls import choice, slider
from mapping.panels.listing import Listed
from mapping.report.coming import DAYS
from mapping.scenario import OwnPoint, Place, Scenario, lock_parts

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
VISITS = {"Once in a cycle": 1, "Twice in a cycle": 2, "Four times in a cycle": 4}
NEEDS = {"Permission to park": "permission", "Level access": "level_access", "Power": "power"}
OPENINGS = [time_of(minutes) for minutes in range(7 * 60, 20 * 60, 15)]
SEVERAL = "Ctrl-click for several"

GROUPS = {
    "Buses, days and holidays": (
        "bus_count", "bus_depots", "bus_weekdays", "bus_first_day", "bus_bank_holidays",
        "bus_holidays", "bus_term", "bus_visits", "bus_tasters",
    ),
    "Stops asked for or ruled out": ("bus_needs", "bus_must", "bus_locked", "bus_never"),
    "Driver’s hours and costs": (
        "bus_hours", "bus_driving", "bus_duty", "bus_work", "bus_rest", "bus_km_cost",
        "bus_hour_cost", "bus_budget",
    ),
    "What counts, and how sure": ("bus_aim", "bus_half", "draws"),
}  # fmt: skip
"""Words for a group → the controls in it, which start folded away."""


def rarer(start: Scenario, place: Place, own: Arranged) -> dict[str, Any]:
    """
    Return the controls that are needed rarely.

    Parameters
    ----------
    own
        The control of stops of the planner's own.
    """
    stops = {f"{row['name']} ({stop})": str(stop) for stop, row in place.stops.iterrows()}
    names = dict(sorted(stops.items()))
    return {
        **_days(start, names),
        **_stops(start, place, names, own),
        **_driver(start),
        "bus_aim": choice("Look for", AIMS, start.bus_aim),
        "bus_half": slider(
            "Half have come after", int(start.bus_half), least=0, most=24, unit="hours of sessions"
        ),
        "draws": slider(
            "Draws to ask which stops are firm", start.draws, least=0, most=50, step=10
        ),
    }


def _days(start: Scenario, names: Mapping[str, str]) -> dict[str, Any]:
    depots = {"The depot": (), **{name: (stop,) for name, stop in names.items()}}
    return {
        "bus_count": slider("Buses", start.bus_count, least=1, most=4),
        "bus_depots": choice("The first starts from", depots, ()),
        "bus_weekdays": choice("Runs on", RUNS, start.bus_weekdays),
        "bus_first_day": widgets.DatePicker(
            description="First day of the term (none: weeks are numbered)",
            value=start.bus_first_day,
        ),
        "bus_bank_holidays": choice(
            "Bank holidays, once there is a first day",
            {"No bus": True, "The bus runs": False},
            start.bus_bank_holidays,
        ),
        "bus_holidays": _dates("Other days off, once there is a first day", start.bus_holidays),
        "bus_term": slider("Weeks of the term", start.bus_term, least=4, most=40),
        "bus_visits": choice("Visits to a stop", VISITS, start.bus_visits),
        "bus_tasters": choice("Tasters on", TASTERS, start.bus_tasters),
    }


def _dates(label: str, value: tuple[str, ...]) -> Listed:
    day = widgets.DatePicker(description="Day off")
    made = Listed(
        label,
        [day],
        entry=lambda: "" if day.value is None else day.value.isoformat(),
        told=str,
    )
    made.value = value
    return made


def _stops(
    start: Scenario, place: Place, names: Mapping[str, str], own: Arranged
) -> dict[str, Any]:
    stated = {words: name for words, name in NEEDS.items() if name in place.stops}
    asked: dict[str, Any] = {}
    if stated:
        asked["bus_needs"] = _several("A stop has to have", stated, start.bus_needs)
    return asked | {
        "bus_must": _several("Must visit", names, start.bus_must),
        "bus_locked": _locks(names, own.value.by_keys(start.bus_locked), own),
        "bus_never": _several("Never visit", names, start.bus_never),
    }


def _several(
    label: str, options: Mapping[str, str], value: tuple[str, ...]
) -> widgets.SelectMultiple:
    known = [one for one in value if one in options.values()]
    return widgets.SelectMultiple(
        description=f"{label} ({SEVERAL})",
        options=list(options.items()),
        value=known,
        rows=min(6, len(options)),
    )


def _locks(names: Mapping[str, str], value: tuple[str, ...], own: Arranged) -> Listed:
    """Return a list of stops with their weekday and hour."""
    called = {stop: name for name, stop in names.items()}
    weekdays = dict(zip(DAYS, WEEKDAYS, strict=True))
    stop = choice("Stop", names, next(iter(names.values()), None))
    day = choice("Weekday", weekdays, "tue")
    hour = choice("Opens at", {time: time for time in OPENINGS}, "10:00")

    def told(entry: str) -> str:
        where, when, at = lock_parts(entry)
        points = {key: OwnPoint.read(text).name for key, text in own.value.points}
        name = points.get(where, called.get(where, where))
        return f"{name}: {DAYS[WEEKDAYS.index(when)]}s at {at}"

    made = Listed(
        "Stops with a fixed day and hour",
        [stop, day, hour],
        entry=lambda: f"{stop.value} {day.value} {hour.value}" if stop.value else "",
        told=told,
        instead=lambda entry: lock_parts(entry)[0],
    )
    made.value = value
    own.observe(lambda _: made.show(), names="value")
    return made


def _driver(start: Scenario) -> dict[str, Any]:
    """Return controls for hours and costs; limits of hours at 0 are as in the profile."""
    edited = {
        "bus_driving": ("Driving a day, at most; 0 as in these rules", 600),
        "bus_duty": ("Duty a day, at most; 0 as in these rules", 960),
        "bus_work": ("Work before a break; 0 as in these rules", 480),
        "bus_rest": ("A break lasts; 0 as in these rules", 60),
    }
    return {
        "bus_hours": choice("Driver’s hours", HOURS, start.bus_hours),
        **{
            name: slider(
                label, round(getattr(start, name)), least=0, most=most, step=5, unit="minutes"
            )
            for name, (label, most) in edited.items()
        },
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
    }
