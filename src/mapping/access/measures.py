"""Measures of a travel-time matrix: the nearest site, who is within a standard, coverage."""

from collections.abc import Hashable, Iterable

import numpy as np
import pandas as pd

from mapping.access.points import some
from mapping.access.worker import ROUNDING
from mapping.errors import InvalidTableError


def nearest(minutes: pd.DataFrame, sites: Iterable[Hashable] | None = None) -> pd.DataFrame:
    """
    Return the nearest site of every area and the `minutes` to it.

    Parameters
    ----------
    minutes
        Areas by sites; NaN where no route.
    sites
        The sites to choose among; all by default. Of equally near sites, the first by name.

    Returns
    -------
    DataFrame
        `minutes` (NaN where no site can be reached) and `site` (None there), by area.

    Raises
    ------
    InvalidTableError
        If a site is not in the matrix.

    Examples
    --------
    >>> nearest(pd.DataFrame({"x": [5.0, 30.0], "y": [9.0, 10.0]}, index=["A", "B"]))
       minutes site
    A      5.0    x
    B     10.0    y
    """
    chosen = _chosen(minutes, sites)
    filled = chosen.fillna(np.inf).to_numpy()
    if not chosen.shape[1]:
        return pd.DataFrame({"minutes": np.nan, "site": None}, index=minutes.index)
    best = filled.argmin(axis=1) if len(chosen) else np.array([], dtype=int)
    least = filled.min(axis=1)
    site = pd.Series(chosen.columns[best].astype(object), index=minutes.index)
    return pd.DataFrame(
        {
            "minutes": np.where(np.isinf(least), np.nan, least),
            "site": site.where(~np.isinf(least), None),
        },
        index=minutes.index,
    )


def within(minutes: pd.DataFrame, limit: float) -> pd.DataFrame:
    """
    Return which sites are within `limit` minutes of which areas; no route is not within.

    Parameters
    ----------
    minutes
        Areas by sites; NaN where no route.
    limit
        Service standard in minutes; a site exactly this far away is within it.
    """
    return minutes <= limit + ROUNDING


def coverage(demand: pd.Series, minutes: pd.DataFrame, *, within: float) -> float:
    """
    Return how many people live within reach of at least one site.

    Parameters
    ----------
    demand
        People by area.
    minutes
        Areas by sites; NaN where no route. Areas without demand are left out.
    within
        Service standard in minutes; a site exactly this far away covers the area.

    Raises
    ------
    InvalidTableError
        If demand is missing or negative somewhere, or an area has demand but no row of minutes.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60})
    >>> coverage(demand, pd.DataFrame({"x": [15.0, 15.1]}, index=["A", "B"]), within=15)
    90.0
    """
    _refuse_demand(demand, minutes)
    reached = (minutes <= within + ROUNDING).any(axis=1)
    return float(demand[reached.reindex(demand.index).to_numpy()].sum())


def _chosen(minutes: pd.DataFrame, sites: Iterable[Hashable] | None) -> pd.DataFrame:
    names = list(minutes.columns if sites is None else dict.fromkeys(sites))
    unknown = [name for name in names if name not in minutes.columns]
    if unknown:
        raise InvalidTableError(f"travel times: no column for the sites {some(unknown)}.")
    return minutes[sorted(names, key=str)]


def _refuse_demand(demand: pd.Series, minutes: pd.DataFrame) -> None:
    checks = {
        "repeated": demand.index[demand.index.duplicated()].unique(),
        "missing at": demand.index[demand.isna()],
        "below 0 at": demand.index[demand < 0],
        "given for areas without travel times:": demand.index.difference(minutes.index),
        "ambiguous, because the rows of minutes repeat": minutes.index[minutes.index.duplicated()],
    }
    faults = [f"{text} {some(found)}" for text, found in checks.items() if len(found)]
    if faults:
        raise InvalidTableError(f"demand: {'; '.join(faults)}.")
