"""
Compare areas by their joint draws, and say so in words.

Intervals that overlap do not say whether areas differ, and intervals that do not overlap are not
needed for it: what counts is in how many joint draws one area is above another.
"""

import math
from collections.abc import Hashable

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion.result import Exclusion, probability_among_top
from mapping.rounding import chance

# An area is set apart from the average, or from another, if this much of the draws agree.
CERTAINTY = 0.8

ABOVE, ABOUT, BELOW = "likely above", "about average", "likely below"
BANDS = (ABOVE, ABOUT, BELOW)

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def probability_exceeds(exclusion: Exclusion, area: Hashable, other: Hashable) -> float:
    """
    Return the probability that one area's share is above another's.

    Draws in which they are equal count half, so that the two ways round add up to 1.

    Returns
    -------
    float
        0 to 1; NaN if either has no estimate.

    Raises
    ------
    InvalidTableError
        If an area is not in the estimate.

    Examples
    --------
    >>> draws = pd.DataFrame({0: [0.2, 0.1], 1: [0.2, 0.3]}, index=["A", "B"])
    >>> estimate = Exclusion("offline", 2025, "adults", "", pd.Series(1, ["A", "B"]), draws)
    >>> probability_exceeds(estimate, "A", "B")
    0.5
    """
    _refuse_unknown(exclusion, area, other)
    shares = exclusion.draws
    return float(_above(shares.loc[[area]].to_numpy(), shares.loc[other].to_numpy())[0])


def probabilities_exceeding(exclusion: Exclusion) -> pd.DataFrame:
    """
    Return `probability_exceeds` for all pairs: rows above columns.

    Returns
    -------
    pandas.DataFrame
        Areas × areas, 0 to 1; a half on the diagonal, NaN where an area has no estimate.
    """
    shares, names = exclusion.draws.to_numpy(), exclusion.draws.index
    matrix = np.column_stack([_above(shares, other) for other in shares])
    return pd.DataFrame(matrix, names, names.rename("other"))


def bands(exclusion: Exclusion, *, certainty: float = CERTAINTY) -> pd.DataFrame:
    """
    Group areas by what the draws can tell: above the average of all, below it, or neither.

    In each draw an area is compared with the share over all areas together in that draw, so doubt
    about the level cancels. Areas of one band are in no order. Of the areas named above (or
    below) about `certainty` or more can be expected to be so.

    Parameters
    ----------
    certainty
        Probability from which an area is said to be above or below, over 0.5 and up to 1.

    Returns
    -------
    pandas.DataFrame
        By `area`: `probability` of being above the average, and `band`: "likely above", "about
        average" or "likely below"; NaN where an area has no estimate.

    Raises
    ------
    InvalidTableError
        If `certainty` is no more than a half, or above 1.
    """
    if not 0.5 < certainty <= 1:
        raise InvalidTableError(
            f"certainty is {certainty}; give a probability over 0.5 and up to 1, such as 0.8."
        )
    adults = exclusion.adults.reindex(exclusion.draws.index)
    weights = adults.where(exclusion.draws.notna().all(axis=1), 0.0)
    people = exclusion.draws.mul(weights, axis=0)
    average = people.sum() / weights.sum()
    probability = pd.Series(
        _above(exclusion.draws.to_numpy(), average.to_numpy()), exclusion.draws.index
    )
    band = pd.Series(ABOUT, probability.index).mask(probability >= certainty, ABOVE)
    band = band.mask(probability <= 1 - certainty, BELOW).mask(probability.isna())
    kinds = pd.Categorical(band, categories=BANDS)
    return pd.DataFrame({"probability": probability, "band": kinds}, probability.index)


def top_in_words(
    exclusion: Exclusion,
    area: Hashable,
    count: int,
    *,
    name: str | None = None,
    kind: str = "wards",
) -> str:
    """
    Return how often an area is among those with the highest shares.

    Parameters
    ----------
    count
        How many areas count as most affected.
    name
        What the area is called; None = its code.
    kind
        What areas like it are called.

    Raises
    ------
    InvalidTableError
        If the area is not in the estimate.
    """
    _refuse_unknown(exclusion, area)
    probability = probability_among_top(exclusion, count)[area]
    called = area if name is None else name
    if math.isnan(probability):
        return f"{called} has no estimate."
    number = COUNTS[count] if 0 <= count < len(COUNTS) else f"{count:,}"
    return f"{called} is among the {number} most affected {kind} in {chance(probability)} of draws."


def comparison_in_words(
    exclusion: Exclusion,
    area: Hashable,
    other: Hashable,
    *,
    names: tuple[str, str] | None = None,
    certainty: float = CERTAINTY,
) -> str:
    """
    Return which of two areas has the higher share, or that the draws cannot tell.

    Raises
    ------
    InvalidTableError
        If an area is not in the estimate.
    """
    probability = probability_exceeds(exclusion, area, other)
    one, two = (str(area), str(other)) if names is None else names
    if math.isnan(probability):
        return f"{one} and {two} cannot be compared: one of them has no estimate."
    if probability < 0.5:
        one, two, probability = two, one, 1 - probability
    share = chance(probability)
    if probability < certainty:
        return f"{one} and {two} cannot be told apart: {one} is higher in {share} of draws."
    return f"{one} has a higher share than {two} in {share} of draws."


def _above(shares: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how often each row is above the other, ties by half; NaN where unknown."""
    higher = ((shares > other) + 0.5 * (shares == other)).mean(axis=1)
    return np.where(np.isnan(shares).any(axis=1) | np.isnan(other).any(), np.nan, higher)


def _refuse_unknown(exclusion: Exclusion, *areas: Hashable) -> None:
    exclusion.total(areas)
