"""What clashes, in words, and the smallest change that resolves it."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mapping.bus.choice import days_missing
from mapping.bus.labels import Labels, Offers, rounded_up
from mapping.bus.problem import name_some
from mapping.bus.question import Chosen, Question
from mapping.bus.resources import Resources
from mapping.bus.settings import Settings
from mapping.bus.slots import WEEKDAYS, Bus, Slot
from mapping.bus.tables import Tables
from mapping.bus.watch import Watch
from mapping.errors import InfeasibleError

DAY_LONG = 24 * 60  # minutes

SECONDS = 5.0
"""To look for the fewest days that hold all stops."""


def time_of(minutes: float) -> str:
    """
    Return minutes after midnight as a time of day.

    Examples
    --------
    >>> time_of(545)
    '09:05'
    """
    return f"{int(minutes) // 60 % 24:02d}:{int(minutes) % 60:02d}"


def impossible(
    resources: Resources, buses: Sequence[Bus], routes: Sequence[Labels]
) -> dict[Any, str]:
    """
    Return the stops that no day can hold, and what is the least that would have to change.

    Raises
    ------
    InfeasibleError
        If one of them has to be visited, none is left, or the driver gets too little rest.
    """
    tables, settings, slots = resources.tables, resources.settings, resources.slots
    _refuse_short_nights(settings, buses, slots)
    held = _visitable(resources.offers, routes)
    lost = {
        tables.stops.index[place]: _why(place, tables, settings, buses, slots)
        for place in range(len(tables.stops))
        if place not in held
        or tables.stops["visits"].iloc[place] > _most_often(place, tables, slots)
    }
    wanted = [why for stop, why in lost.items() if tables.stops.loc[stop, "must"]]
    if wanted:
        raise InfeasibleError(f"bus: {'; '.join(wanted)}.")
    if len(lost) == len(tables.stops):
        quickest = min(lost.values(), key=_minutes_asked)
        raise InfeasibleError(f"bus: no stop can be visited on any day. Nearest to it: {quickest}.")
    return lost


def _most_often(place: int, tables: Tables, slots: Sequence[Slot]) -> int:
    """Return how often in a cycle a day comes round on which a stop is possible."""
    days = tables.stops["weekdays"].iloc[place]
    return max((slot.often for slot in slots if slot.weekday in days), default=0)


def _refuse_short_nights(settings: Settings, buses: Sequence[Bus], slots: Sequence[Slot]) -> None:
    """Refuse shifts that leave the driver too little rest between two days."""
    most = DAY_LONG - settings.hours.daily_rest
    for number, bus in enumerate(buses):
        days = {slot.weekday for slot in slots if slot.bus == number}
        next_to = any((day + 1) % 7 in days for day in days)
        if next_to and bus.ends - bus.starts > most:
            raise InfeasibleError(
                f"bus: a shift of {bus.ends - bus.starts:g} minutes leaves the driver "
                f"{DAY_LONG - bus.ends + bus.starts:g} minutes of rest between two days, and "
                f"{settings.hours.daily_rest:g} are due ({settings.hours.name}): shorten the "
                f"shift to {most:g} minutes, or let the bus run on every other day."
            )


def _visitable(offers: Offers, routes: Sequence[Labels]) -> set[int]:
    used = [np.unique(found.offers) for found in routes if len(found)]
    every = np.unique(np.concatenate(used)) if used else np.empty(0, int)
    return set(offers.stop[every[every >= 0]].tolist())


def _why(
    place: int,
    tables: Tables,
    settings: Settings,
    buses: Sequence[Bus],
    slots: Sequence[Slot],
) -> str:
    """Say why a stop cannot be visited, and what is the least that would have to change."""
    stop, row = tables.stops.index[place], tables.stops.iloc[place]
    often = _most_often(place, tables, slots)
    return (
        _never_open(stop, row, sorted({slot.weekday for slot in slots}))
        or _too_seldom(stop, row, often)
        or _too_short(stop, row, min(settings.lengths))
        or _wrong_start(stop, row, settings)
        or min((_too_far(stop, row, tables, settings, bus) for bus in buses), key=_minutes_asked)
    )


def _never_open(stop: Any, row: pd.Series, running: Sequence[int]) -> str:
    if not row["weekdays"]:
        return (
            f"{stop} is open at no time on the days on which it may be visited: correct its "
            "opening hours, or allow other days"
        )
    if set(row["weekdays"]) & set(running):
        return ""
    return (
        f"{stop} is possible on {_days(row['weekdays'])} only and the buses run on "
        f"{_days(running)}: let one run on {_days(row['weekdays'][:1])}, or "
        f"allow {stop} on {_days(running[:1])}"
    )


def _too_seldom(stop: Any, row: pd.Series, often: int) -> str:
    if row["visits"] <= often:
        return ""
    return (
        f"{stop} is to be visited {_times(row['visits'])} in a cycle, and days on which it is "
        f"possible come round {_times(often)}: plan more weeks, each of all its days, or ask for "
        f"{_times(often)}"
    )


def _times(count: float) -> str:
    return {1: "once", 2: "twice"}.get(int(count), f"{count:g} times")


def _too_short(stop: Any, row: pd.Series, session: float) -> str:
    opens, closes, _ = max(row["windows"], key=lambda window: window[1] - window[0])
    if session <= closes - opens:
        return ""
    return (
        f"{stop} is open for {closes - opens:g} minutes and the shortest session takes "
        f"{session:g}: allow sessions of {closes - opens:g} minutes, or longer opening hours"
    )


def _wrong_start(stop: Any, row: pd.Series, settings: Settings) -> str:
    fixed, session, step = row["starts"], min(settings.lengths), settings.step
    if not np.isfinite(fixed):
        return ""
    if not any(first <= fixed and fixed + session <= last for first, last, _ in row["windows"]):
        opens, closes, _ = max(row["windows"], key=lambda window: window[1] - window[0])
        return (
            f"{stop} has to start at {time_of(fixed)} and is open from {time_of(opens)} to "
            f"{time_of(closes)}: the windows exclude each other; start it between "
            f"{time_of(opens)} and {time_of(closes - session)}"
        )
    if not step or fixed % step == 0:
        return ""
    before = fixed - fixed % step
    return (
        f"{stop} has to start at {time_of(fixed)}, and sessions open at full {step:g} minutes: "
        f"start it at {time_of(before)} or {time_of(before + step)}"
    )


def _too_far(stop: Any, row: pd.Series, tables: Tables, settings: Settings, bus: Bus) -> str:
    out, home = tables.minutes.loc[bus.depot, stop], tables.minutes.loc[stop, bus.depot]
    if not np.isfinite(out + home):
        way = "to" if not np.isfinite(out) else "back from"
        return (
            f"there is no route {way} {stop} for the bus from {bus.depot}: take {stop} off the "
            "list, or correct its position"
        )
    session = min(settings.lengths)
    opens = max(bus.starts + out + settings.setup, row["opens"])
    opens = float(rounded_up(np.array(opens), settings.step))
    opens = max(opens, row["starts"]) if np.isfinite(row["starts"]) else opens
    back = opens + session + settings.packup + home
    if opens > (row["starts"] if np.isfinite(row["starts"]) else row["closes"] - session):
        late = opens - (row["starts"] if np.isfinite(row["starts"]) else row["closes"] - session)
        return (
            f"the bus from {bus.depot} can open at {stop} at {time_of(opens)} and no sooner, "
            f"{late:g} minutes too late: start the shift {late:g} minutes earlier"
        )
    if back > bus.ends:
        return (
            f"{stop} and back takes the bus from {bus.depot} until {time_of(back)} with its "
            f"session ({out + home:g} minutes of driving), and the shift ends at "
            f"{time_of(bus.ends)}: lengthen the shift by {back - bus.ends:g} minutes"
        )
    return (
        f"a session at {stop} does not fit in the driver's hours ({settings.hours.name}): "
        f"shorten it, or allow more than {settings.hours.work_before_break:g} minutes of work "
        "without a break"
    )


def _minutes_asked(reason: str) -> float:
    """Return by how many minutes a shift would have to be longer; infinite for other reasons."""
    words = reason.rsplit(" by ", 1)
    return float(words[1].split()[0]) if "lengthen the shift" in reason else float("inf")


def _days(weekdays: Sequence[int]) -> str:
    return ", ".join(WEEKDAYS[day].capitalize() for day in weekdays)


def refuse_missing(asked: Question, chosen: Chosen, tables: Tables) -> None:
    """
    Refuse stops that have to be visited and do not all fit, each of which would alone.

    Raises
    ------
    InfeasibleError
        With the stops to leave out, the fewest found, and how many more days would hold all.
    """
    names = [tables.stops.index[place] for place in chosen.missing]
    total = len(asked.must)
    pair = next(_pairs(asked, chosen.missing, tables), "")
    more = days_missing(asked, Watch(time.perf_counter() + SECONDS))
    ways = [f"drop {name_some(names)} from the stops that have to be visited"]
    if more:
        ways.insert(0, f"plan {more} more day{'' if more == 1 else 's'} in the cycle")
    if np.isfinite(asked.budget):
        ways.append(f"raise the budget of £{asked.budget:,.0f}")
    raise InfeasibleError(
        f"bus: the {total} stops that have to be visited do not all fit: {name_some(names)} "
        f"{'is' if len(names) == 1 else 'are'} left over{pair}. To resolve it, {', or '.join(ways)}."  # noqa: E501
    )


def _pairs(asked: Question, missing: Sequence[int], tables: Tables) -> Iterator[str]:
    """Say which other stop excludes a missing one: both on one day, and no route holds both."""
    for one in missing:
        for other in asked.must:
            days = set(tables.stops["weekdays"].iloc[one]) | set(
                tables.stops["weekdays"].iloc[other]
            )
            room = sum(kind.count for kind in asked.kinds if kind.weekday in days)
            if one == other or room != 1 or _together(asked, one, int(other)):
                continue
            first, second = (tables.stops.index[place] for place in (one, other))
            yield (
                f"; {first} and {second} are possible on the same day only, and no route holds "
                f"both{_at(tables, first, second)}"
            )


def _together(asked: Question, one: int, other: int) -> bool:
    stops = np.append(asked.offers.stop, -1)
    return any(
        bool(((held == one).any(axis=1) & (held == other).any(axis=1)).any())
        for held in (stops[routes.offers] for routes in asked.routes)
    )


def _at(tables: Tables, first: Any, second: Any) -> str:
    times = tables.stops.loc[[first, second], "starts"]
    if times.isna().any():
        return ""
    return f" ({first} at {time_of(times[first])}, {second} at {time_of(times[second])})"
