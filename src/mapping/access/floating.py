"""Floating catchment areas: places within reach, shared among those who can reach them."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from mapping.access.measures import refuse_demand
from mapping.access.points import some
from mapping.access.worker import ROUNDING
from mapping.errors import InvalidTableError

Decay = Callable[[np.ndarray], np.ndarray]
"""Weight from 0 to 1 of a journey of so many minutes."""


def steps(weights: Mapping[float, float]) -> Decay:
    """
    Return a decay by steps: minutes up to which a weight holds (E2SFCA; Luo and Qi, 2009).

    Parameters
    ----------
    weights
        Minutes → weight from there back to the step before; beyond the last step, 0.

    Examples
    --------
    >>> steps({10: 1.0, 20: 0.68, 30: 0.22})(np.array([10.0, 10.5, 31.0])).tolist()
    [1.0, 0.68, 0.0]
    """
    ends = np.array(sorted(weights), dtype=float)
    values = np.array([*(weights[end] for end in sorted(weights)), 0.0])
    return lambda minutes: values[np.searchsorted(ends + ROUNDING, minutes)]


def gaussian(width: float) -> Decay:
    """
    Return a decay by the normal curve: 1 at the door, 0.61 at `width` minutes.

    Examples
    --------
    >>> gaussian(10)(np.array([0.0, 10.0])).round(2).tolist()
    [1.0, 0.61]
    """
    return lambda minutes: np.exp(-0.5 * (minutes / width) ** 2)


def floating_catchment(
    demand: pd.Series,
    supply: pd.Series,
    minutes: pd.DataFrame,
    *,
    within: float,
    decay: Decay | None = None,
) -> pd.Series:
    """
    Return the supply that each person of an area has (2SFCA; Luo and Wang, 2003).

    Each site's supply is divided among the people within reach of it, and each area adds up what
    it gets of all sites within its reach. With `decay` both steps weigh a journey by its length
    (E2SFCA; Luo and Qi, 2009).

    Parameters
    ----------
    demand
        People by area.
    supply
        By site, such as places a week.
    minutes
        Areas by sites; NaN where no route.
    within
        Minutes up to which a site is within reach; exactly so many are.
    decay
        Weight of a journey; by default each within reach counts the same.

    Returns
    -------
    pandas.Series
        Supply a head, by area. Supply that nobody can reach is not shared out.

    Raises
    ------
    InvalidTableError
        If demand or supply is missing or negative, or has no travel times.

    Examples
    --------
    >>> demand = pd.Series({"A": 60, "B": 40})
    >>> minutes = pd.DataFrame({"x": [5.0, 12.0], "y": [30.0, 10.0]}, index=["A", "B"])
    >>> floating_catchment(demand, pd.Series({"x": 50, "y": 20}), minutes, within=15).tolist()
    [0.5, 1.0]
    """
    refuse_demand(demand, minutes)
    _refuse_supply(supply, minutes)
    table = minutes.loc[demand.index, supply.index].to_numpy(dtype=float)
    reached = table <= within + ROUNDING
    weight = np.where(reached, 1.0 if decay is None else decay(np.where(reached, table, 0.0)), 0.0)
    sharing = demand.to_numpy(dtype=float) @ weight
    offered = np.divide(
        supply.to_numpy(dtype=float), sharing, out=np.zeros(len(supply)), where=sharing > 0
    )
    return pd.Series(weight @ offered, index=demand.index)


def _refuse_supply(supply: pd.Series, minutes: pd.DataFrame) -> None:
    checks = {
        "repeated": supply.index[supply.index.duplicated()].unique(),
        "missing at": supply.index[supply.isna()],
        "below 0 at": supply.index[supply < 0],
        "given for sites without travel times:": supply.index.difference(minutes.columns),
    }
    faults = [f"{text} {some(found)}" for text, found in checks.items() if len(found)]
    if faults:
        raise InvalidTableError(f"supply: {'; '.join(faults)}.")
