"""When the bus comes, in words for those who wait for it."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from mapping import bus
from mapping.bus import Slot
from mapping.scenario import Scenario
from mapping.scenario.routing import days_off

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LISTED = 4  # weeks; more are told as every week, or every second


def first_time(slot: Slot, first: date | None) -> str:
    """
    Return when a slot first runs: its date, or its weekday and week where there are no dates.

    Examples
    --------
    >>> first_time(Slot(0, 0, (0, 2)), None), first_time(Slot(0, 0, (0, 2)), date(2026, 9, 7))
    ('Mon, week 1', 'Mon 7 Sep 2026')
    """
    if first is None:
        return f"{DAYS[slot.weekday][:3]}, week {slot.weeks[0] + 1}"
    when = bus.date_of(first, slot.weeks[0], slot.weekday)
    return f"{when:%a} {when.day} {when:%b %Y}"


def whenever(slot: Slot, first: date | None) -> str:
    """
    Return every time a slot runs.

    Examples
    --------
    >>> whenever(Slot(0, 0, (0, 2)), None)
    'Mondays, weeks 1 and 3'
    >>> whenever(Slot(0, 4, (1, 3, 5, 7, 9, 11)), None)
    'Fridays, every second week from week 2 to week 12'
    >>> whenever(Slot(0, 0, (0, 2, 4)), date(2026, 9, 7))
    'Mondays: 7 and 21 September and 5 October 2026'
    >>> whenever(Slot(0, 0, (2,), "taster"), date(2026, 9, 7))
    'Monday 21 September 2026'
    """
    day = DAYS[slot.weekday]
    if first is not None:
        told = _dates([bus.date_of(first, week, slot.weekday) for week in slot.weeks])
        return f"{day} {told}" if len(slot.weeks) == 1 else f"{day}s: {told}"
    weeks = [week + 1 for week in slot.weeks]
    if len(weeks) == 1:
        return f"{day}, week {weeks[0]}"
    apart = weeks[1] - weeks[0]
    if len(weeks) > LISTED and weeks == list(range(weeks[0], weeks[-1] + 1, apart)):
        often = {1: "week", 2: "second week", 3: "third week"}.get(apart, f"{apart}th week")
        return f"{day}s, every {often} from week {weeks[0]} to week {weeks[-1]}"
    return f"{day}s, weeks {_listed([str(week) for week in weeks])}"


def not_on(scenario: Scenario, weekday: int | None = None) -> str:
    """
    Return the dates of the term without a bus as a sentence; "" if none is known.

    Parameters
    ----------
    weekday
        Only those on this day of the week, Monday is 0.

    Examples
    --------
    >>> not_on(Scenario("x", "demo", bus_first_day=date(2026, 12, 7)), 0)
    'No bus on Monday 28 December 2026 (Boxing Day).'
    """
    running = [bus.WEEKDAYS.index(day) for day in scenario.bus_weekdays]
    days = running if weekday is None else [weekday]
    told = [
        f"{DAYS[day.weekday()]} {day.day} {day:%B %Y}" + (f" ({name})" if name else "")
        for day, name in days_off(scenario).items()
        if day.weekday() in days
    ]
    return f"No bus on {_listed(told)}." if told else ""


def _dates(days: Sequence[date]) -> str:
    """Return dates with each month told once, and the year where it ends."""
    parts = []
    for (year, _), found in groupby(days, key=lambda day: (day.year, day.month)):
        held = list(found)
        last = held[-1] == days[-1] or days[days.index(held[-1]) + 1].year != year
        told = _listed([str(day.day) for day in held]) + f" {held[0]:%B}"
        parts.append(told + (f" {year}" if last else ""))
    return _listed(parts)


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
