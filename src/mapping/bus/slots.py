"""The cycle and the term: which days the buses run, and how often each comes round."""

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from mapping.errors import InvalidTableError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Short names of the days of the week, Monday first."""

LONGEST_CYCLE = 4  # weeks

Product = Literal["course", "taster"]


@dataclass(frozen=True)
class Bus:
    """
    One vehicle.

    Parameters
    ----------
    depot
        Where it starts and ends, as named in the table of driving minutes.
    starts, ends
        Earliest departure and latest return, in minutes after midnight.
    """

    depot: Hashable
    starts: float = 540.0
    ends: float = 930.0


@dataclass(frozen=True)
class Slot:
    """
    A day of one bus that comes round in every cycle, always with the same stops and hours.

    Parameters
    ----------
    bus
        Number of the bus, from 0.
    weekday
        Monday is 0.
    weeks
        Weeks of the term, from 0, in which it runs; bank holidays are left out.
    product
        "course": the same stops each time. "taster": runs once.
    often
        How often it comes round in one cycle.
    """

    bus: int
    weekday: int
    weeks: tuple[int, ...]
    product: Product = "course"
    often: int = 1

    @property
    def visits(self) -> int:
        """How often it runs in the term."""
        return len(self.weeks)


def slots(
    *,
    days: int,
    buses: int = 1,
    weekdays: Sequence[int] = (0, 1, 2, 3, 4),
    term: int = 12,
    visits: int = 1,
    tasters: Collection[int] = (),
    first: date | None = None,
    holidays: Collection[date] = (),
    also: Collection[int] = (),
) -> tuple[Slot, ...]:
    """
    Return the days that a term holds.

    Parameters
    ----------
    days
        Days in the cycle, counted over the weekdays: seven days on Monday to Thursday are two
        weeks, the second of three days.
    buses
        How many buses; each has these days.
    weekdays
        Days of the week the buses run, Monday is 0.
    term
        Weeks of the term, in which the cycle is repeated; what is left of a cycle is not used.
    visits
        How often a course's stop is visited in one cycle: on the same weekday, at the same hour,
        weeks evenly apart.
    tasters
        Days of the week on which the bus gives tasters: one visit to a stop in the whole term.
    first
        A date in the first week; needed for holidays.
    holidays
        Dates on which no bus runs.
    also
        Other numbers of visits in a cycle that some stops ask for. Days that come round so often
        are returned too, as far as the cycle has them; each stands for several of the others, and
        a plan uses the one or the others.

    Raises
    ------
    InvalidTableError
        If the cycle is longer than four weeks or the term, or its visits cannot be evenly apart.

    Examples
    --------
    Two weeks of five days over a term of twelve: ten slots, each running six times.

    >>> found = slots(days=10)
    >>> len(found), found[0].weeks
    (10, (0, 2, 4, 6, 8, 10))
    """
    running = sorted(set(weekdays) & set(range(len(WEEKDAYS))))
    faults = _faults(days, running, term, visits, first, holidays)
    if faults:
        raise InvalidTableError(f"bus cycle: {'; '.join(faults)}.")
    cycle, out = cycle_weeks(days, running), set(holidays)
    found: list[Slot] = []
    for often in dict.fromkeys([visits, *sorted(also)]):
        for week, weekday in _begin(days, running, cycle, often):
            weeks = range(week, term - term % cycle, cycle // often)
            runs = tuple(
                w for w in weeks if first is None or _runs(date_of(first, w, weekday), first, out)
            )
            if weekday in tasters and often == visits:
                found += [Slot(bus, weekday, (w,), "taster") for bus in range(buses) for w in runs]
            elif weekday not in tasters and runs:
                found += [Slot(bus, weekday, runs, "course", often) for bus in range(buses)]
    return tuple(found)


def _begin(days: int, running: Sequence[int], cycle: int, often: int) -> Iterator[tuple[int, int]]:
    """Return week and weekday of the days that come round so often in a cycle, evenly apart."""
    if cycle % often:
        return
    apart = cycle // often
    for place in range(min(days, apart * len(running))):
        if place + (cycle - apart) * len(running) < days:
            yield place // len(running), running[place % len(running)]


def cycle_weeks(days: int, weekdays: Sequence[int]) -> int:
    """Return how many weeks a cycle of so many days takes."""
    return -(-days // len(weekdays))


def date_of(first: date, week: int, weekday: int) -> date:
    """Return the date of a weekday in a week of the term, counted from the week of `first`."""
    monday = first - timedelta(days=first.weekday())
    return monday + timedelta(weeks=week, days=weekday)


def same_date(slots: Sequence[Slot]) -> list[tuple[int, ...]]:
    """Return sets of slots of one bus that fall on the same date."""
    on: dict[tuple[int, int, int], list[int]] = {}
    for number, slot in enumerate(slots):
        for week in slot.weeks:
            on.setdefault((slot.bus, slot.weekday, week), []).append(number)
    return sorted({tuple(found) for found in on.values() if len(found) > 1})


def _runs(day: date, first: date, out: Collection[date]) -> bool:
    return day >= first and day not in out


def _faults(  # noqa: PLR0917 (a rule each)
    days: int,
    running: Sequence[int],
    term: int,
    visits: int,
    first: date | None,
    holidays: Collection[date],
) -> list[str]:
    if not running:
        return ["no weekday is given; name at least one"]
    if days < 1:
        return [f"days is {days}; plan at least 1"]
    cycle = cycle_weeks(days, running)
    faults = []
    if cycle > LONGEST_CYCLE:
        most = LONGEST_CYCLE * len(running)
        faults.append(
            f"{days} days on {len(running)} days of the week are {cycle} weeks, and a cycle has "
            f"at most {LONGEST_CYCLE}: ask for {most} days or fewer"
        )
    if term < cycle:
        faults.append(
            f"the term of {term} weeks is shorter than the cycle of {cycle}: lengthen the term to "
            f"{cycle} weeks, or plan {term * len(running)} days"
        )
    if visits < 1 or cycle % visits:
        fits = [str(n) for n in range(1, cycle + 1) if cycle % n == 0]
        faults.append(
            f"{visits} visits in a cycle of {cycle} weeks cannot be evenly apart: ask for "
            f"{' or '.join(fits)}"
        )
    if visits > 1 and days % len(running):
        faults.append(
            f"with {visits} visits in a cycle every week has the same days: ask for "
            f"{cycle * len(running)} days"
        )
    if holidays and first is None:
        faults.append("bank holidays are given, but no first day to count the weeks from")
    return faults
