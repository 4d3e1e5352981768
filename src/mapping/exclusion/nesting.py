"""Small areas inside larger ones whose estimate is known: the pattern within, the sums kept."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.errors import InvalidTableError
from mapping.exclusion.level import TINY
from mapping.exclusion.result import Exclusion, groups_of
from mapping.exclusion.shifts import shifts


def nested(small: Exclusion, large: Exclusion, groups: pd.Series) -> Exclusion:
    """
    Bring an estimate of small areas to that of the larger ones they make up, draw by draw.

    In each larger area and draw one shift of the log-odds of all its small areas makes their people
    those of the larger one; see `at_level`, which does so for a whole place.

    Parameters
    ----------
    small
        What is known of the pattern, such as `synthetic` gives it; as many draws as `large` has.
    large
        The estimate to keep, of any outcome.
    groups
        The larger area of each small one.

    Returns
    -------
    Exclusion
        By small area, of the outcome, year and population of `large`; adults are scaled to those of
        the larger area, since publishers perturb counts level by level. A small area without an
        estimate of its own has the share of the larger one. NaN where that has none.

    Raises
    ------
    InvalidTableError
        If a small area has no larger one, or one without a row in `large`, or draws differ in
        number.

    Examples
    --------
    >>> def estimate(shares, adults):
    ...     draws = pd.DataFrame(shares).T
    ...     return Exclusion("offline", 2021, "adults", "", pd.Series(adults), draws)
    >>> parts = estimate({"a": [0.5], "b": [0.5]}, {"a": 100, "b": 300})
    >>> whole = estimate({"A": [0.2]}, {"A": 500})
    >>> nested(parts, whole, pd.Series({"a": "A", "b": "A"})).people.round(6).to_dict()
    {'a': 25.0, 'b': 75.0}
    """
    areas = small.draws.index
    larger = groups_of(areas, groups)
    _refuse(small, large, larger)
    total = small.adults.reindex(areas).groupby(larger).sum()
    scale = (large.adults.reindex(total.index) / total).where(total > 0, 0.0)
    adults = small.adults.reindex(areas) * larger.map(scale)
    shares = large.draws.reindex(larger).to_numpy().copy()
    own = small.draws.to_numpy()
    known = ~np.isnan(own).any(axis=1) & (adults > 0).to_numpy()
    for rows in pd.Series(np.arange(len(areas)))[known].groupby(larger.to_numpy()[known]):
        at = rows[1].to_numpy()
        odds = logit(np.clip(own[at], TINY, 1 - TINY))
        shares[at] = expit(odds + shifts(odds, adults.to_numpy()[at], shares[at[0]]))
    return replace(
        large,
        formula=f"{large.formula}; within: {small.formula}",
        adults=adults,
        draws=pd.DataFrame(shares, areas, large.draws.columns),
    )


def _refuse(small: Exclusion, large: Exclusion, larger: pd.Series) -> None:
    strange = pd.Index(larger.unique()).difference(large.draws.index)
    if len(strange):
        raise InvalidTableError(
            f"{len(strange)} larger areas are not in the estimate (first {strange[0]}). Use the "
            "lookup of its areas."
        )
    drawn, wanted = small.draws.shape[1], large.draws.shape[1]
    if drawn != wanted:
        raise InvalidTableError(
            f"{drawn} draws of the small areas and {wanted} of the larger ones. Draw as many."
        )
