"""Bank holidays: days on which no bus runs unless somebody says so."""

from datetime import date, datetime, timedelta

from pandas.tseries.holiday import (
    AbstractHolidayCalendar,
    EasterMonday,
    GoodFriday,
    Holiday,
    next_monday,
    next_monday_or_tuesday,
)


def _first_monday(day: datetime) -> datetime:
    """Return the first Monday from a day on."""
    return day + timedelta(days=-day.weekday() % 7)


def _last_monday(day: datetime) -> datetime:
    """Return the last Monday up to a day."""
    return day - timedelta(days=day.weekday())


class _EnglandAndWales(AbstractHolidayCalendar):
    """Bank holidays as the rules stand: what is proclaimed for one year alone is not in them."""

    rules = (
        Holiday("New Year’s Day", month=1, day=1, observance=next_monday),
        GoodFriday,
        EasterMonday,
        Holiday("Early May bank holiday", month=5, day=1, observance=_first_monday),
        Holiday("Spring bank holiday", month=5, day=31, observance=_last_monday),
        Holiday("Summer bank holiday", month=8, day=31, observance=_last_monday),
        Holiday("Christmas Day", month=12, day=25, observance=next_monday),
        Holiday("Boxing Day", month=12, day=26, observance=next_monday_or_tuesday),
    )


def bank_holidays(first: date, last: date) -> dict[date, str]:
    """
    Return the bank holidays of England and Wales between two dates, both included, by name.

    As GOV.UK, "UK bank holidays", has them; one that falls on a weekend is kept on the next
    weekday. Holidays proclaimed for one year, such as for a coronation, are not known.

    Examples
    --------
    >>> found = bank_holidays(date(2026, 12, 1), date(2027, 1, 31))
    >>> [f"{day:%a} {day.day} {day:%b}" for day in found]
    ['Fri 25 Dec', 'Mon 28 Dec', 'Fri 1 Jan']
    """
    found = _EnglandAndWales().holidays(first, last, return_name=True)
    return {day.date(): str(name) for day, name in found.items()}
