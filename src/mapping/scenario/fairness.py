"""How fairly walks are shared: the equally-distributed equivalent walk of Kolm and Pollak."""

from functools import lru_cache

import numpy as np
import pandas as pd

from mapping import hubs
from mapping.scenario.place import Place

# New hubs of the plan that sets κ where no hub is open now and the study file names no number.
USUAL = 5


def excluded(place: Place) -> pd.Series:
    """Return the estimate of excluded adults by area: the mean of the draws."""
    return _excluded(place.base or place)


# A place never changes, and a slider asks again and again.
@lru_cache(maxsize=4)
def _excluded(place: Place) -> pd.Series:
    return place.exclusion.people


def kappa(place: Place) -> float:
    """
    Return the one κ, per minute, by which the scenarios of a place are compared.

    Equally-distributed equivalents can be compared only where κ is the same, so that it follows
    from the place alone: from the walks to the hubs open now (aversion -1; see
    `mapping.hubs.equitable`), or where none counts, to those of the p-median plan with the
    study's default number of new hubs.

    Returns
    -------
    float
        0 or below; 0 where nobody has a walk to count.
    """
    return _kappa(place.base or place)


@lru_cache(maxsize=4)
def _kappa(place: Place) -> float:
    minutes = place.walk.minutes
    demand = excluded(place).reindex(minutes.index)
    fixed = list(place.sites.index[place.sites["counts"]])
    if not minutes[fixed].notna().any(axis=None):
        candidates = list(place.sites.index[~place.sites["open"]])
        count = min(int(place.defaults.get("new_hubs", USUAL)) or USUAL, len(candidates))
        if not count:
            return 0.0
        fixed = list(hubs.p_median(demand, minutes[candidates], hubs=count, gap=0.01).sites)
    plan = hubs.equitable(demand, minutes[fixed], hubs=len(fixed), open=fixed)
    return float(plan.kappa or 0.0)


def fair_minutes(people: pd.DataFrame, minutes: pd.Series, inequality: float) -> pd.Series:
    """
    Return the equally-distributed equivalent walk in minutes, draw by draw.

    The walk which, were it the same for everyone, would be as good as the walks people have:
    their mean, and more the more unequal they are. See `mapping.hubs.equitable` for the sources.

    Parameters
    ----------
    people
        Areas by draws.
    minutes
        To the nearest hub, by area; NaN where there is no route, and then left out.
    inequality
        κ, per minute, 0 or below; 0 gives the mean.

    Returns
    -------
    pandas.Series
        By draw; NaN where nobody has a route.

    Examples
    --------
    >>> people = pd.DataFrame({"draw": [50, 50]}, index=["A", "B"])
    >>> walks = pd.Series({"A": 0.0, "B": 20.0})  # 10 on average; ln((1 + e²) / 2) / 0.1
    >>> fair_minutes(people, walks, -0.1).round(2).tolist()
    [14.34]
    """
    walked = minutes.reindex(people.index).dropna()
    routed = people.loc[walked.index]
    total = routed.sum()
    share = routed / total.where(total > 0)
    if routed.empty:
        return pd.Series(np.nan, index=people.columns)
    if inequality == 0:
        return share.mul(walked, axis=0).sum(min_count=1)
    powers = -inequality * walked.to_numpy()
    longest = powers.max(initial=0.0)  # taken out, so that no exponential overflows
    found = (np.log(np.exp(powers - longest) @ share.to_numpy()) + longest) / -inequality
    return pd.Series(found, index=people.columns)
