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
    refuse_demand(demand, minutes)
    reached = (minutes <= within + ROUNDING).any(axis=1)
    return float(demand[reached.reindex(demand.index).to_numpy()].sum())


def people_per_hub(
    demand: pd.Series, minutes: pd.DataFrame, sites: Iterable[Hashable] | None = None
) -> pd.Series:
    """
    Return how many people have each site as their nearest, by site.

    Parameters
    ----------
    demand
        People by area. Those without a route to any site are nobody's.
    minutes
        Areas by sites; NaN where no route. Of equally near sites, the first by name counts.
    sites
        The sites to choose among; all by default.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60})
    >>> minutes = pd.DataFrame({"x": [5.0, 30.0], "y": [9.0, 10.0]}, index=["A", "B"])
    >>> people_per_hub(demand, minutes).to_dict()
    {'x': 90.0, 'y': 60.0}
    """
    refuse_demand(demand, minutes)
    closest = nearest(minutes, sites)["site"].reindex(demand.index)
    found = demand.astype(float).groupby(closest).sum()
    return found.reindex(_chosen(minutes, sites).columns, fill_value=0.0).rename_axis(None)


def opportunities(supply: pd.Series, minutes: pd.DataFrame, *, within: float) -> pd.Series:
    """
    Return how much each area can reach: cumulative opportunities, by area.

    Parameters
    ----------
    supply
        By site, such as places a week; 1 for each counts the sites.
    minutes
        Areas by sites; NaN where no route.
    within
        Minutes; a site exactly this far away is within reach.

    Raises
    ------
    InvalidTableError
        If a site is not in the matrix.

    Examples
    --------
    >>> minutes = pd.DataFrame({"x": [5.0, 30.0], "y": [9.0, 10.0]}, index=["A", "B"])
    >>> opportunities(pd.Series({"x": 40, "y": 20}), minutes, within=15).to_dict()
    {'A': 60.0, 'B': 20.0}
    """
    reached = _chosen(minutes, supply.index) <= within + ROUNDING
    return reached.astype(float).mul(supply[reached.columns]).sum(axis=1)


def backup_coverage(
    demand: pd.Series, minutes: pd.DataFrame, *, within: float, hubs: int = 2
) -> float:
    """
    Return how many people have at least so many sites within reach (Hogan and ReVelle, 1986).

    Parameters
    ----------
    demand
        People by area.
    minutes
        Areas by sites; NaN where no route.
    within
        Service standard in minutes; a site exactly this far away counts.
    hubs
        How many: with 2, one may close and all of them still reach another.

    Examples
    --------
    >>> minutes = pd.DataFrame({"x": [5.0, 30.0], "y": [9.0, 10.0]}, index=["A", "B"])
    >>> backup_coverage(pd.Series({"A": 90, "B": 60}), minutes, within=15)
    90.0
    """
    refuse_demand(demand, minutes)
    reached = (minutes <= within + ROUNDING).sum(axis=1) >= hubs
    return float(demand[reached.reindex(demand.index).to_numpy()].sum())


def _chosen(minutes: pd.DataFrame, sites: Iterable[Hashable] | None) -> pd.DataFrame:
    names = list(minutes.columns if sites is None else dict.fromkeys(sites))
    unknown = [name for name in names if name not in minutes.columns]
    if unknown:
        raise InvalidTableError(f"travel times: no column for the sites {some(unknown)}.")
    return minutes[sorted(names, key=str)]


def refuse_demand(demand: pd.Series, minutes: pd.DataFrame) -> None:
    """Refuse people that are missing, negative, or live where no travel times are known."""
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
