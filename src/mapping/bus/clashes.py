"""What clashes, in words, and the smallest change that resolves it."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mapping.bus.choice import days_missing
from mapping.bus.labels import Labels, Offers
from mapping.bus.problem import name_some
from mapping.bus.question import Chosen, Question
from mapping.bus.slots import WEEKDAYS, Bus, Slot
from mapping.bus.tables import Tables
from mapping.bus.watch import Watch
from mapping.errors import InfeasibleError

if TYPE_CHECKING:
    from mapping.bus.term import Settings

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


def refuse_impossible(  # noqa: PLR0917 (a rule each)
    tables: Tables,
    settings: "Settings",
    buses: Sequence[Bus],
    slots: Sequence[Slot],
    offers: Offers,
    routes: Sequence[Labels],
) -> None:
    """
    Refuse stops that have to be visited and cannot be on any day, and a plan without any stop.

    Raises
    ------
    InfeasibleError
        With the reason and the smallest change for each.
    """
    held = _visitable(offers, routes)
    lost = [place for place in np.flatnonzero(tables.stops["must"]) if place not in held]
    if lost:
        why = [_why(place, tables, settings, buses, slots) for place in lost]
        raise InfeasibleError(f"bus: {'; '.join(why)}.")
    if held:
        return
    reasons = [_why(place, tables, settings, buses, slots) for place in range(len(tables.stops))]
    shift = [reason for reason in reasons if "lengthen the shift" in reason]
    quickest = min(shift, key=_minutes_asked) if shift else reasons[0]
    raise InfeasibleError(f"bus: no stop can be visited on any day. Nearest to it: {quickest}.")


def _visitable(offers: Offers, routes: Sequence[Labels]) -> set[int]:
    used = [np.unique(found.offers) for found in routes if len(found)]
    every = np.unique(np.concatenate(used)) if used else np.empty(0, int)
    return set(offers.stop[every[every >= 0]].tolist())


def unreachable_caveat(asked: Question, tables: Tables) -> list[str]:
    """Return a sentence that names the stops no day can hold, if there are any."""
    held = _visitable(asked.offers, asked.routes)
    names = [stop for place, stop in enumerate(tables.stops.index) if place not in held]
    if not names:
        return []
    return [
        f"{len(names)} of {len(tables.stops)} stops cannot be visited on any day "
        f"({name_some(names)}): there is no route, or drive, session, opening hours and weekdays "
        "do not fit in a shift."
    ]


def _why(
    place: Any,
    tables: Tables,
    settings: "Settings",
    buses: Sequence[Bus],
    slots: Sequence[Slot],
) -> str:
    """Say why a stop cannot be visited, and what is the least that would have to change."""
    stop, row = tables.stops.index[place], tables.stops.iloc[place]
    running = sorted({slot.weekday for slot in slots})
    if not row["weekdays"]:
        return (
            f"{stop} is open at no time on the days on which it may be visited: correct its "
            "opening hours, or allow other days"
        )
    if not set(row["weekdays"]) & set(running):
        return (
            f"{stop} is possible on {_days(row['weekdays'])} only and the buses run on "
            f"{_days(running)}: let one run on {_days(row['weekdays'][:1])}, or "
            f"allow {stop} on {_days(running[:1])}"
        )
    session = min(settings.lengths)
    opens, closes, _ = max(row["windows"], key=lambda window: window[1] - window[0])
    if session > closes - opens:
        return (
            f"{stop} is open for {closes - opens:g} minutes and the shortest session takes "
            f"{session:g}: allow sessions of {closes - opens:g} minutes, or longer opening hours"
        )
    fixed = row["starts"]
    if np.isfinite(fixed) and not any(
        first <= fixed and fixed + session <= last for first, last, _ in row["windows"]
    ):
        return (
            f"{stop} has to start at {time_of(fixed)} and is open from {time_of(opens)} to "
            f"{time_of(closes)}: the windows exclude each other; start it between "
            f"{time_of(opens)} and {time_of(closes - session)}"
        )
    return min((_too_far(stop, row, tables, settings, bus) for bus in buses), key=_minutes_asked)


def _too_far(stop: Any, row: pd.Series, tables: Tables, settings: "Settings", bus: Bus) -> str:
    out, home = tables.minutes.loc[bus.depot, stop], tables.minutes.loc[stop, bus.depot]
    if not np.isfinite(out + home):
        way = "to" if not np.isfinite(out) else "back from"
        return (
            f"there is no route {way} {stop} for the bus from {bus.depot}: take {stop} off the "
            "list, or correct its position"
        )
    session = min(settings.lengths)
    opens = max(bus.starts + out + settings.setup, row["opens"])
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
