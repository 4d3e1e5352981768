"""Check a timetable against every rule, with none of the planner's own code."""

import math
from collections.abc import Hashable, Iterator
from typing import NamedTuple

import pandas as pd

from mapping.errors import InvalidTableError

# Minutes; sums of the same legs in another order differ by less.
TOLERANCE = 1e-6

COLUMNS = ("day", "order", "stop", "arrive", "start", "leave")


class Session(NamedTuple):
    """What one stop asks for, in minutes."""

    dwell: float
    opens: float
    closes: float


def verify(
    timetable: pd.DataFrame,
    stops: pd.DataFrame,
    minutes: pd.DataFrame,
    *,
    depot: Hashable,
    days: int,
    shift: float,
    dwell: float = 120,
    opens: float | None = None,
    closes: float | None = None,
) -> None:
    """
    Refuse a timetable that breaks a rule of `plan`, naming every rule it breaks.

    Parameters
    ----------
    timetable
        As in `BusPlan.timetable`; sessions may start later than they could.
    stops, minutes, depot, days, shift, dwell, opens, closes
        As for `plan`.

    Raises
    ------
    InvalidTableError
        If a stop is unknown or visited twice, a day is not one of those asked for, rows are out
        of order, the bus drives where there is no route or faster than it can, a session starts
        before it may or before the bus is there, or after it may, or is cut short, or the bus is
        back after the shift ends.

    Examples
    --------
    >>> stops = pd.DataFrame({"people": [9]}, index=["S"])
    >>> legs = pd.DataFrame(20.0, index=["D", "S"], columns=["D", "S"])
    >>> visit = {"day": 1, "order": 1, "stop": "S", "arrive": 20, "start": 20, "leave": 140}
    >>> verify(pd.DataFrame([visit]), stops, legs, depot="D", days=1, shift=150)
    Traceback (most recent call last):
    mapping.errors.InvalidTableError: bus timetable: day 1: back at 160, after the shift of 150.
    """
    missing = [column for column in COLUMNS if column not in timetable.columns]
    if missing:
        raise InvalidTableError(f"bus timetable: no column {', '.join(missing)}.")
    faults = list(_row_faults(timetable, stops, days))
    if not faults:
        sessions = {
            stop: _session(row, dwell, 0.0 if opens is None else opens, shift, closes)
            for stop, row in stops.iterrows()
        }
        for day, rows in timetable.groupby("day"):
            found = _day_faults(rows, sessions, minutes, depot, shift)
            faults += [f"day {day}: {fault}" for fault in found]
    if faults:
        raise InvalidTableError(f"bus timetable: {'; '.join(faults)}.")


def _session(
    row: pd.Series, dwell: float, opens: float, shift: float, closes: float | None
) -> Session:
    """Take the stop's own figures where it has them, else those for all."""
    usual = {"dwell": dwell, "opens": opens, "closes": shift if closes is None else closes}
    own = {name: float(row[name]) for name in usual if name in row and pd.notna(row[name])}
    return Session(**{**usual, **own})


def _row_faults(timetable: pd.DataFrame, stops: pd.DataFrame, days: int) -> Iterator[str]:
    seen: set[Hashable] = set()
    previous = (0, 0)
    for row in timetable.itertuples(index=False):
        place = f"row of {row.stop}"
        if row.stop not in stops.index:
            yield f"{place}: no such stop"
        if row.stop in seen:
            yield f"{place}: visited twice"
        seen.add(row.stop)
        if row.day not in range(1, days + 1):
            yield f"{place}: day {row.day} is not one of {days}"
        expected = previous[1] + 1 if row.day == previous[0] else 1
        if row.day < previous[0] or row.order != expected:
            yield f"{place}: out of order, day {row.day} visit {row.order}"
        if not all(math.isfinite(time) for time in (row.arrive, row.start, row.leave)):
            yield f"{place}: a time is missing"
        previous = (row.day, row.order)


def _day_faults(
    rows: pd.DataFrame,
    sessions: dict[Hashable, Session],
    minutes: pd.DataFrame,
    depot: Hashable,
    shift: float,
) -> Iterator[str]:
    at, left = depot, 0.0
    for row in rows.itertuples(index=False):
        leg = float(minutes.loc[at, row.stop])
        if not math.isfinite(leg):
            yield f"no route from {at} to {row.stop}"
        elif row.arrive < left + leg - TOLERANCE:
            yield f"{row.stop} is reached at {row.arrive:g}, but not before {left + leg:g}"
        yield from _session_faults(row.stop, row.arrive, row.start, row.leave, sessions[row.stop])
        at, left = row.stop, row.leave
    home = float(minutes.loc[at, depot])
    if not math.isfinite(home):
        yield f"no route from {at} to {depot}"
    elif left + home > shift + TOLERANCE:
        yield f"back at {left + home:g}, after the shift of {shift:g}"


def _session_faults(
    stop: Hashable, arrive: float, start: float, leave: float, asked: Session
) -> Iterator[str]:
    if start < arrive - TOLERANCE:
        yield f"{stop} starts at {start:g}, before the bus arrives at {arrive:g}"
    if start < asked.opens - TOLERANCE:
        yield f"{stop} starts at {start:g}, before it opens at {asked.opens:g}"
    if start > asked.closes + TOLERANCE:
        yield f"{stop} starts at {start:g}, after its latest start at {asked.closes:g}"
    if leave < start + asked.dwell - TOLERANCE:
        yield f"{stop} gets {leave - start:g} of {asked.dwell:g} minutes"
