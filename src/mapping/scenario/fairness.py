"""How fairly walks are shared: the equally-distributed equivalent walk of Kolm and Pollak."""

from functools import lru_cache

import pandas as pd

from mapping import hubs
from mapping.access import fair_minutes
from mapping.scenario.place import Place

__all__ = ["excluded", "fair_minutes", "kappa"]

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
    minutes = place.walk.minutes.sort_index().sort_index(axis=1)
    demand = excluded(place).reindex(minutes.index)
    fixed = sorted(place.sites.index[place.sites["counts"]])
    if not minutes[fixed].notna().any(axis=None):
        candidates = sorted(place.sites.index[~place.sites["open"]])
        count = min(int(place.defaults.get("new_hubs", USUAL)) or USUAL, len(candidates))
        if not count:
            return 0.0
        fixed = list(hubs.p_median(demand, minutes[candidates], hubs=count, gap=0.01).sites)
    plan = hubs.equitable(demand, minutes[fixed], hubs=len(fixed), open=fixed)
    return float(plan.kappa or 0.0)
