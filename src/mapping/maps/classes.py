"""Classes of a map: a few round breaks, and the words for them in the legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.rounding import number, rounded

NO_ESTIMATE = -1


@dataclass(frozen=True)
class Classes:
    """
    Classes of a sequential scale, lowest first.

    Parameters
    ----------
    breaks
        Where one class ends and the next begins, rising; a value on a break is in the upper class.
    """

    breaks: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.breaks) + 1

    def of(self, values: pd.Series) -> pd.Series:
        """
        Return the class of every value, counted from 0; `NO_ESTIMATE` where the value is NaN.

        Examples
        --------
        >>> Classes((10, 20)).of(pd.Series([9, 10, float("nan")])).tolist()
        [0, 1, -1]
        """
        found = np.searchsorted(self.breaks, values.to_numpy(float), side="right")
        return pd.Series(found, index=values.index).where(values.notna(), NO_ESTIMATE).astype(int)

    def labels(self, unit: str = "") -> list[str]:
        """
        Return the words of every class, with `unit` after its number.

        Examples
        --------
        >>> Classes((100, 150, 1500)).labels()
        ['under 100', '100 to 149', '150 to 1,499', '1,500 or more']
        >>> Classes((20,)).labels(" %")
        ['under 20 %', '20 % or more']
        """
        if not self.breaks:
            return ["all areas"]
        inner = [
            f"{number(low)} to {number(high - 1)}{unit}" for low, high in pairwise(self.breaks)
        ]
        first, last = number(self.breaks[0]), number(self.breaks[-1])
        return [f"under {first}{unit}", *inner, f"{last}{unit} or more"]


def classes(values: pd.Series, *, count: int = 5, breaks: Sequence[float] | None = None) -> Classes:
    """
    Return round breaks that put about as many values in each class.

    Quantiles are rounded to the coarsest step (1, 2 or 5 times a power of ten) that keeps every
    class at half its share or more. Few distinct values give fewer classes.

    Parameters
    ----------
    values
        What is drawn, already rounded for display; NaN is left out.
    count
        Classes wanted at most.
    breaks
        Breaks to use as they are, so that two maps can share a legend.

    Raises
    ------
    InvalidTableError
        If `breaks` do not rise, or are more than `count` classes can have.

    Examples
    --------
    >>> classes(pd.Series(range(0, 200))).breaks
    (40, 80, 120, 160)
    """
    if breaks is not None:
        return Classes(_checked(breaks, count))
    known = values.dropna().to_numpy(float)
    for wanted in range(min(count, len(np.unique(known))), 1, -1):
        found = _round_breaks(known, wanted)
        if found:
            return Classes(found)
    return Classes(())


def _checked(breaks: Sequence[float], count: int) -> tuple[float, ...]:
    given = tuple(breaks)
    rising = all(low < high for low, high in pairwise(given))
    if not rising or len(given) >= count:
        raise InvalidTableError(
            f"breaks: {', '.join(map(str, given))} cannot divide a legend of {count} classes. "
            f"Give at most {count - 1} numbers, each above the one before."
        )
    return given


def _round_breaks(known: np.ndarray, count: int) -> tuple[float, ...] | None:
    quantiles = np.quantile(known, np.arange(1, count) / count)
    for step in _steps(float(known.max() - known.min())):
        breaks = step * np.floor(quantiles / step + 0.5)
        inside = np.bincount(np.searchsorted(breaks, known, side="right"), minlength=count)
        if (np.diff(breaks) > 0).all() and inside.min() >= len(known) / count / 2:
            return tuple(int(value) for value in breaks)
    return None


def _steps(span: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten up to `span`, coarsest first; one person at least."""
    powers = 10 ** np.arange(np.ceil(np.log10(max(span, 1))) + 1)
    steps = np.outer(powers, (1, 2, 5)).ravel()
    return sorted(steps[steps <= max(span, 1)].tolist(), reverse=True)


def uncertainty(value: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    """
    Return half the width of the interval as a percentage of the estimate.

    NaN where the estimate, a bound or the division is missing.
    """
    half = (high - low) / 2
    return (100 * half / value.where(value > 0)).round()


def display(values: pd.Series) -> pd.Series:
    """Round people as they are printed, so that a tooltip never contradicts its colour."""
    return values.astype(float).map(rounded)
