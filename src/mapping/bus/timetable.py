"""The timetable: when the bus arrives, starts and leaves."""

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from itertools import islice

import pandas as pd

from mapping.bus.problem import Problem
from mapping.errors import InvalidTableError

CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
"""A time of day, such as 09:30."""

COLUMNS = ("day", "order", "stop", "arrive", "start", "leave")

WORKING_DAYS = (0, 1, 2, 3, 4)
"""Monday to Friday, as `date.weekday` counts them."""


def schedule(problem: Problem, routes: list[list[int]]) -> pd.DataFrame:
    """
    Write the timetable of routes given as positions of stops, every session as early as it can be.

    Days are alike, so they are numbered by the people they reach, most first.
    """
    fullest = sorted(
        (route for route in routes if route),
        key=lambda route: (-problem.people[route].sum(), min(route)),
    )
    rows = []
    for day, route in enumerate(fullest, start=1):
        leave, at = 0.0, 0
        for order, stop in enumerate(route, start=1):
            arrive = leave + float(problem.travel[at, stop + 1])
            start = max(arrive, float(problem.opens[stop]))
            leave, at = start + float(problem.dwell[stop]), stop + 1
            rows.append((day, order, problem.stops[stop], arrive, start, leave))
    kinds = {"day": int, "order": int, "arrive": float, "start": float, "leave": float}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)


def clock(
    timetable: pd.DataFrame,
    *,
    starts: str = "09:30",
    first: date | None = None,
    weekdays: Collection[int] = WORKING_DAYS,
) -> pd.DataFrame:
    """
    Add times of day and, if the first date is given, dates.

    Parameters
    ----------
    timetable
        As in `BusPlan.timetable`.
    starts
        When the shift starts, as HH:MM.
    first
        A date on or before day 1; None leaves dates out.
    weekdays
        The days of the week that the bus runs, Monday is 0.

    Returns
    -------
    DataFrame
        The timetable with `date`, `arrives`, `begins` and `ends`, to the nearest minute.

    Raises
    ------
    InvalidTableError
        If `starts` is not a time, or no weekday is given.

    Examples
    --------
    >>> visit = {"day": 2, "order": 1, "stop": "S", "arrive": 15, "start": 30, "leave": 150}
    >>> found = clock(pd.DataFrame([visit]), first=date(2026, 3, 6))  # a Friday
    >>> found.iloc[0][["date", "begins"]].tolist()
    [datetime.date(2026, 3, 9), '10:00']
    """
    begin = _minutes_of(starts)
    if not set(weekdays) & set(range(7)):
        raise InvalidTableError("clock: weekdays is empty; name at least one, Monday is 0.")
    added = {
        name: (timetable[column] + begin).round().map(_time_of).astype(object)
        for name, column in (("arrives", "arrive"), ("begins", "start"), ("ends", "leave"))
    }
    if first is not None and len(timetable):
        dates = list(islice(_running(first, weekdays), int(timetable["day"].max())))
        added = {"date": timetable["day"].map(lambda day: dates[day - 1]), **added}
    return timetable.assign(**added)


def _minutes_of(starts: str) -> int:
    time = CLOCK.fullmatch(starts)
    if time is None:
        raise InvalidTableError(f"clock: {starts!r} is not a time; write it as 09:30.")
    return int(time[1]) * 60 + int(time[2])


def _time_of(minutes: float) -> str:
    return f"{int(minutes) // 60 % 24:02d}:{int(minutes) % 60:02d}"


def _running(first: date, weekdays: Collection[int]) -> Iterator[date]:
    day = first
    while True:
        if day.weekday() in weekdays:
            yield day
        day += timedelta(days=1)
