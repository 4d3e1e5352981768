"""Days of the week and times of day, as people write them."""

import re

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TOGETHER = {"weekend": DAYS[5:], "weekday": DAYS[:5]}
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:00)?")


def weekdays(text: str) -> tuple[str, ...]:
    """
    Return the days that a text names by their first three letters, Monday first.

    Days may be whole or cut short to two letters or more, alone, as ranges, or “weekends” and
    “weekdays”, with spaces, commas, strokes, “and” and the like between them.

    Raises
    ------
    ValueError
        If a word is no day.

    Examples
    --------
    >>> weekdays("Fri/Sat"), weekdays("mondays and Thurs"), weekdays("Sat-Mon, Wednesday")
    (('fri', 'sat'), ('mon', 'thu'), ('mon', 'wed', 'sat', 'sun'))
    >>> weekdays("Weekends"), weekdays("")
    (('sat', 'sun'), ())
    """
    words = re.sub(r"\s*(?:[-–—]|\bto\b)\s*", "-", text.lower())
    parts = re.split(r"[\s,;/&+|]+|\band\b", words)
    named = {day for word in filter(None, parts) for day in _named(word)}
    return tuple(day[:3] for day in DAYS if day in named)


def _named(word: str) -> tuple[str, ...]:
    """Return the days of one word: a day, a range of two, or several under one name."""
    first, *more = word.split("-")
    if not more:
        single = first.removesuffix(".").removesuffix("s")
        return TOGETHER.get(single) or (_day(first),)
    if len(more) > 1:
        raise ValueError(word)
    start, length = DAYS.index(_day(first)), len(DAYS)
    return tuple(
        DAYS[(start + step) % length]
        for step in range((DAYS.index(_day(more[0])) - start) % length + 1)
    )


def _day(word: str) -> str:
    plain = word.removesuffix(".").removesuffix("s")
    found = [day for day in DAYS if len(plain) > 1 and day.startswith(plain)]
    if len(found) != 1:
        raise ValueError(word)
    return found[0]


def time_of_day(text: str) -> str:
    """
    Return a time of day as `09:30`; seconds that say nothing are dropped.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> time_of_day("9:30"), time_of_day("14:05:00")
    ('09:30', '14:05')
    """
    time = CLOCK.fullmatch(text.strip())
    if time is None:
        raise ValueError(text)
    return f"{int(time[1]):02}:{time[2]}"
