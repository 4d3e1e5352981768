"""When a site is open: the common part of OpenStreetMap's `opening_hours`, weekly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from mapping.access.points import some

When = Literal["any", "daytime", "evening", "weekend"]

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
WEEKDAYS = range(5)
DAY = 24 * 60
EVENING = 18 * 60  # minutes after midnight
OFFICE = (9 * 60, 17 * 60)
USEFUL = 60  # minutes in which a visit is worth while

_TIME = r"(\d{1,2}):(\d{2})"
_SPAN = re.compile(rf"^{_TIME}\s*[-–]\s*{_TIME}$")
_DAYS = re.compile(r"^(?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)[,\-–\s]*)+", re.IGNORECASE)

Week = tuple[tuple[tuple[int, int], ...], ...]
"""For each day from Monday, spans of minutes after midnight."""


@dataclass(frozen=True, eq=False)
class OpenSites:
    """
    Which sites are open at a time of the week.

    Parameters
    ----------
    open
        By site; one whose hours are not known is not counted as open.
    caveats
        Which sites could not be told, a sentence each.
    """

    open: pd.Series
    caveats: tuple[str, ...]


def open_sites(hours: pd.Series, when: When) -> OpenSites:
    """
    Return which sites are open long enough for a visit at a time of the week.

    Parameters
    ----------
    hours
        Opening hours by site, as `week` reads them.
    when
        "daytime" (on a weekday from 9 to 17), "evening" (on a weekday after 18:00), "weekend", or
        "any"; an hour at least.

    Examples
    --------
    >>> found = open_sites(pd.Series({"x": "Mo-Fr 09:00-20:00", "y": "ask at the bar"}), "evening")
    >>> found.open.tolist(), found.caveats
    ([True, False], ('Hours of 1 of 2 sites cannot be read (y): they are not counted as open.',))
    """
    weeks = {site: week(text) for site, text in hours.items()}
    silent = [site for site in hours.index if _silent(hours[site])]
    unread = [site for site, found in weeks.items() if found is None and site not in silent]
    told = {
        f"Hours of {len(unread)} of {len(hours)} sites cannot be read": unread,
        f"Hours of {len(silent)} of {len(hours)} sites are not stated": silent,
    }
    caveats = tuple(
        f"{words} ({some(sites)}): they are not counted as open." if sites else ""
        for words, sites in told.items()
    )
    open_ = pd.Series(
        [found is not None and is_open(found, when) for found in weeks.values()],
        index=hours.index,
        dtype=bool,
    )
    return OpenSites(open_, tuple(filter(None, caveats)))


def is_open(found: Week, when: When) -> bool:
    """Return whether a week holds an hour at that time."""
    days = range(5, 7) if when == "weekend" else range(7) if when == "any" else WEEKDAYS
    first, last = {"evening": (EVENING, 2 * DAY), "daytime": OFFICE}.get(when, (0, 2 * DAY))
    return any(
        min(end, last) - max(start, first) >= USEFUL for day in days for start, end in found[day]
    )


def week(hours: object) -> Week | None:
    """
    Read opening hours: days and spans, rules apart by semicolons, the later rule holds.

    Parameters
    ----------
    hours
        Such as "Mo-Fr 09:30-17:30; Sa 10:00-14:00", "Tu,Th 10:00-12:00,13:00-16:00", "24/7",
        "Mo-Su 10:00-16:00; We off". Public and school holidays are left out of account.

    Returns
    -------
    tuple or None
        None where anything else is said: months, weeks, sunrise, comments.

    Examples
    --------
    >>> week("Mo-Fr 09:00-17:00; We off")[1:3]
    (((540, 1020),), ())
    >>> week("sunrise-sunset") is None
    True
    """
    if _silent(hours):
        return None
    days: list[tuple[tuple[int, int], ...]] = [()] * 7
    for rule in filter(None, (part.strip() for part in str(hours).split(";"))):
        found = _rule(rule)
        if found is None:
            return None
        chosen, spans = found
        for day in chosen:
            days[day] = spans
    return tuple(days)


def _silent(hours: object) -> bool:
    return not isinstance(hours, str) or not hours.strip()


def _rule(rule: str) -> tuple[list[int], tuple[tuple[int, int], ...]] | None:
    if rule == "24/7":
        return list(range(7)), ((0, DAY),)
    named = _DAYS.match(rule)
    chosen = list(range(7)) if named is None else _chosen(named.group())
    times = rule[named.end() if named else 0 :].strip()
    if chosen is None:
        return None
    if times.lower() in {"off", "closed"}:
        return chosen, ()
    spans = [_span(part.strip()) for part in times.split(",")]
    if not times or None in spans:
        return None
    return chosen, tuple(span for span in spans if span is not None)


def _chosen(text: str) -> list[int] | None:
    """Return the days of "Mo-We,Fr"; holidays are no day of the week."""
    found: list[int] = []
    for part in re.split(r"[,\s]+", text.strip(" ,")):
        ends = [end.strip().capitalize() for end in re.split(r"[-–]", part)]
        if {end.upper() for end in ends} <= {"PH", "SH"}:
            continue
        if len(ends) > 2 or not set(ends) <= set(DAYS):
            return None
        found += _days(DAYS.index(ends[0]), DAYS.index(ends[-1]))
    return found


def _days(first: int, last: int) -> Iterator[int]:
    """Count from one day to another, over Sunday if need be."""
    return ((first + step) % 7 for step in range((last - first) % 7 + 1))


def _span(text: str) -> tuple[int, int] | None:
    found = _SPAN.match(text)
    if found is None:
        return None
    first, first_minutes, last, last_minutes = map(int, found.groups())
    start, end = first * 60 + first_minutes, last * 60 + last_minutes
    if max(first_minutes, last_minutes) > 59 or start > DAY or end > 2 * DAY:
        return None
    return start, end if end > start else end + DAY
