"""Numbers as a planner reads them: rounded to what is known."""

import math


def rounded(value: float) -> float:
    """
    Round people to what an estimate can bear: the nearest 5 below 100, else two figures.

    NaN stays NaN.

    Examples
    --------
    >>> [rounded(people) for people in (3, 62, 143, 1_460, 41_234)]
    [5, 60, 140, 1500, 41000]
    """
    if math.isnan(value):
        return value
    if abs(value) < 100:
        return 5 * math.floor(value / 5 + 0.5)
    unit = 10 ** (math.floor(math.log10(abs(value))) - 1)
    return unit * math.floor(value / unit + 0.5)


def number(value: float) -> str:
    """
    Return a whole number with thousands separated.

    Examples
    --------
    >>> number(41000)
    '41,000'
    """
    return f"{value:,.0f}"


def about(value: float) -> str:
    """
    Return rounded people; a figure that rounds to nought is "under 5", never 0.

    Examples
    --------
    >>> about(143), about(1)
    ('140', 'under 5')
    """
    return number(rounded(value)) if rounded(value) else "under 5"


def pounds(value: float, *, beside: float | None = None) -> str:
    """
    Return whole pounds, or ten pence where it is less than £10.

    Parameters
    ----------
    beside
        Another sum, whose precision is taken; so that an interval is as precise as its middle.

    Examples
    --------
    >>> pounds(36_400), pounds(48.71), pounds(2.59), pounds(6.21, beside=14)
    ('£36,400', '£49', '£2.60', '£6')
    """
    if abs(value if beside is None else beside) >= 10:
        return f"£{number(value)}"
    return f"£{round(value, 1):.2f}" if value else "£0"


def chance(probability: float) -> str:
    """
    Return a probability from draws in words that do not claim certainty.

    Examples
    --------
    >>> [chance(p) for p in (0.0, 0.5, 0.998)]
    ['under 1%', '50%', 'over 99%']
    """
    if probability < 0.01:
        return "under 1%"
    return "over 99%" if probability > 0.99 else f"{probability:.0%}"


def between(low: float, high: float) -> str:
    """
    Return an interval in words, "" where a bound is NaN; see `about` for what is nearly nought.

    Examples
    --------
    >>> between(35_210, 48_400), between(1, 12)
    ('35,000 to 48,000', 'under 5 to 10')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"{about(low)} to {about(high)}"
