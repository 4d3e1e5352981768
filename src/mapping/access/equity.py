"""How evenly journeys are shared: Kolm–Pollak, Gini and concentration, by group of people."""

import numpy as np
import pandas as pd

from mapping.access.worker import ROUNDING

BEYOND = 20.0
"""Minutes beyond which a journey is told of as long."""


def fair_minutes(people: pd.DataFrame, minutes: pd.Series, inequality: float) -> pd.Series:
    """
    Return the equally-distributed equivalent journey in minutes (Kolm–Pollak), by column.

    The journey which, were it the same for everyone, would be as good as the journeys people have:
    their mean, and more the more unequal they are (Sheriff and Maguire, 2020; Logan and others,
    2021). Equivalents can be compared only where κ is the same.

    Parameters
    ----------
    people
        Areas by draws, or by groups of people.
    minutes
        To the nearest hub, by area; NaN where there is no route, and then left out.
    inequality
        κ, per minute, 0 or below; 0 gives the mean.

    Returns
    -------
    pandas.Series
        By column of `people`; NaN where nobody has a route.

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


def gini(people: pd.Series, minutes: pd.Series) -> float:
    """
    Return the Gini index of journeys: 0 where all are equally long, towards 1 where few have all.

    Parameters
    ----------
    people, minutes
        By area; areas without a route are left out.

    Returns
    -------
    float
        NaN where nobody has a route; 0 where nobody has a way to go.

    Examples
    --------
    >>> gini(pd.Series({"A": 1, "B": 1}), pd.Series({"A": 0.0, "B": 20.0}))
    0.5
    """
    return concentration(people, minutes, minutes)


def concentration(people: pd.Series, minutes: pd.Series, rank: pd.Series) -> float:
    """
    Return the concentration index of journeys (Kakwani, Wagstaff and van Doorslaer, 1997).

    Parameters
    ----------
    people, minutes
        By area; areas without a route or a rank are left out.
    rank
        What orders the areas, such as the deprivation rank (1 = most deprived): above 0, the long
        journeys lie with the high ranks, below 0 with the low ones.

    Examples
    --------
    >>> people, rank = pd.Series({"A": 1, "B": 1}), pd.Series({"A": 1, "B": 2})
    >>> concentration(people, pd.Series({"A": 20.0, "B": 0.0}), rank)
    -0.5
    """
    table = pd.DataFrame(
        {
            "people": people,
            "minutes": minutes.reindex(people.index),
            "rank": rank.reindex(people.index),
        }
    ).dropna()
    # Areas of one rank share a place in the order, so that no chance order of rows counts.
    tied = table.assign(total=table["people"] * table["minutes"]).groupby("rank")
    summed = tied[["people", "total"]].sum()
    if not summed["people"].sum() > 0:
        return float("nan")
    share = summed["people"] / summed["people"].sum()
    mean = summed["total"].sum() / summed["people"].sum()
    if mean == 0:
        return 0.0
    place = share.cumsum() - share / 2
    each = (summed["total"] / summed["people"]).fillna(0.0)
    return float(2 * (share * each * place).sum() / mean - 1)


def by_group(
    people: pd.DataFrame, minutes: pd.Series, *, inequality: float, beyond: float = BEYOND
) -> pd.DataFrame:
    """
    Return how far each group of people has to go.

    Parameters
    ----------
    people
        Areas by groups; NaN, where it is not known, counts as nobody.
    minutes
        To the nearest hub, by area; NaN where there is no route.
    inequality
        κ, the same one for all groups and scenarios.
    beyond
        Minutes beyond which a journey is long; no route is beyond. Exactly so many are not.

    Returns
    -------
    pandas.DataFrame
        By group: `people`, `mean` and `equivalent` minutes and `gini` of those with a route, and
        the share `beyond` of all.
    """
    known = people.fillna(0.0).astype(float)
    walked = minutes.reindex(known.index)
    far = ~(walked <= beyond + ROUNDING)
    total = known.sum()
    return pd.DataFrame(
        {
            "people": total,
            "mean": fair_minutes(known, walked, 0.0),
            "equivalent": fair_minutes(known, walked, inequality),
            "gini": pd.Series([gini(known[group], walked) for group in known], known.columns),
            "beyond": known[far].sum() / total.where(total > 0),
        }
    )
