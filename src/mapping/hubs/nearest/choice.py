"""The bare choice behind every question: pick sites so that areas' least costs add up to least.

For the p-median the cost of serving an area from a site is person-minutes; for coverage it is the
area's people or 0. Each area goes to its cheapest open site, so one solver answers both.
"""

from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np


def fuzz(value: float) -> float:
    """Return what rounding may change in a total of this size."""
    return 1e-9 * max(1.0, abs(value))


@dataclass(frozen=True, eq=False)
class Choice:
    """
    Pick `pick` candidates so that Σ over areas of the cheapest cost is least.

    Parameters
    ----------
    cost
        Candidates by areas, never above `base`.
    base
        Cost of each area when no candidate is picked: its nearest site that is open in any case,
        or the charge for being served by none.
    pick
        Number of candidates to pick.
    whole
        What a gap is a share of is |`whole` - value|: 0 where the value itself is the objective,
        everyone where it counts the people whom the plan misses.
    step
        Every cost is a multiple of this (1 where all are whole numbers, 0 where unknown): a plan
        whose cost is less than one step above a bound is the best.
    """

    cost: np.ndarray
    base: np.ndarray
    pick: int
    whole: float = 0.0
    step: float = 0.0

    @classmethod
    def of(cls, cost: np.ndarray, base: np.ndarray, pick: int, *, whole: float = 0.0) -> "Choice":
        """Cap costs at the base and find the step."""
        capped = np.minimum(cost, base)
        counted = bool((base == np.rint(base)).all() and (capped == np.rint(capped)).all())
        return cls(capped, base, pick, whole=whole, step=1.0 if counted else 0.0)

    @property
    def candidates(self) -> int:
        """Number of candidates to pick from."""
        return len(self.cost)

    def value(self, picked: np.ndarray) -> float:
        """Return the total cost when the candidates at positions `picked` are picked."""
        return float(np.minimum(self.base, self.cost[picked].min(axis=0, initial=np.inf)).sum())

    def slack(self, value: float, gap: float = 0.0) -> float:
        """How far a bound may stay below `value` and still prove it within `gap`."""
        return max(fuzz(value), self.step - fuzz(value), gap * abs(self.whole - value))

    def lifted(self, bound: float) -> float:
        """Raise a lower bound to the next multiple of the step, where there is one."""
        return ceil(bound - fuzz(bound)) if self.step and isfinite(bound) else bound


@dataclass(frozen=True, eq=False)
class Found:
    """
    Positions picked, sorted; their value; the proven bound on any pick's value.

    `prices` (one for each area, None where nothing had to be proven) let a like choice start from
    this proof.
    """

    picked: np.ndarray
    value: float
    bound: float
    prices: np.ndarray | None = None
