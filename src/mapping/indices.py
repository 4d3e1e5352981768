"""Composite indices: several indicators weighed into one score of need."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from mapping.errors import InvalidTableError

Normalisation = Literal["percentile", "min_max"]


def composite(
    indicators: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    normalise: Normalisation = "percentile",
) -> pd.Series:
    """
    Weigh indicators into a score from 0 (least need) to 100 (most).

    Each indicator is first normalised over the areas given, then the score is the weighted mean
    Σws ÷ Σw, so it stays within 0 and 100 whatever the weights add up to. It is relative to
    these areas: it says who has more, not how much more, and does not measure change.

    Parameters
    ----------
    indicators
        One column per indicator, higher = more need, by area.
    weights
        Weight by indicator, 0 or more.
    normalise
        "percentile": the share of other areas that have less (ties share the middle); one extreme
        area does not squash the rest. "min_max": the place between the lowest and highest.

    Returns
    -------
    pandas.Series
        By area; NaN where an indicator with a weight is NaN. An indicator that is the same
        everywhere says nothing about who has more and scores 50 in every area.

    Raises
    ------
    InvalidTableError
        If an indicator with a weight is missing, a weight is negative, or no weight is above 0.

    Examples
    --------
    >>> indicators = pd.DataFrame({"older": [0.1, 0.2, 0.3], "skills": [0.5, 0.1, 0.3]})
    >>> composite(indicators, {"older": 3, "skills": 1}).tolist()
    [25.0, 37.5, 87.5]
    """
    missing = [name for name in weights if name not in indicators.columns]
    if missing or min(weights.values(), default=0) < 0 or sum(weights.values()) <= 0:
        raise InvalidTableError(
            f"index weights: {', '.join(map(repr, missing)) or 'weights'} cannot be used. Give "
            f"weights of 0 or more, one above 0, for any of {', '.join(indicators.columns)}."
        )
    scores = pd.DataFrame(
        {name: _normalised(indicators[name], normalise) for name in weights if weights[name] > 0}
    )
    used = pd.Series({name: weights[name] for name in scores})
    return (100 * scores.mul(used).sum(axis=1, skipna=False) / used.sum()).rename("need")


def _normalised(values: pd.Series, normalise: Normalisation) -> pd.Series:
    spread = values.max() - values.min()
    if spread == 0:
        return values * 0 + 0.5
    if normalise == "min_max":
        return (values - values.min()) / spread
    return (values.rank(method="average") - 1) / (values.count() - 1)
