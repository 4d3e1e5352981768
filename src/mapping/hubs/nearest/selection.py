"""The cheapest pick at given costs a site, and what forcing a site in or out would add."""

from dataclasses import dataclass
from math import inf

import numpy as np

from mapping.hubs.rules import Rules


@dataclass(frozen=True, eq=False)
class Selection:
    """
    Which picks of `pick` among so many `sites` count.

    Parameters
    ----------
    sites
        Number of sites to pick from.
    pick
        Number to pick.
    group
        For each site the number of its `at_most` set, its own number below 0 where it is in none;
        None without such sets.
    district
        For each site the number of its `at_least` set, -1 where it is in none; None without.
    districts
        Number of `at_least` sets.
    """

    sites: int
    pick: int
    group: np.ndarray | None = None
    district: np.ndarray | None = None
    districts: int = 0

    @classmethod
    def of(cls, sites: int, pick: int, rules: Rules) -> "Selection":
        """Take those of the rules that sorting can answer (see `Rules.nested`)."""
        nested = rules.nested()
        return cls(
            sites,
            pick,
            group=_labels(nested.at_most, -1 - np.arange(sites)) if nested.at_most else None,
            district=_labels(nested.at_least, np.full(sites, -1)) if nested.at_least else None,
            districts=len(nested.at_least),
        )

    def cheapest(self, cost: np.ndarray) -> np.ndarray:
        """Positions of the cheapest pick; fewer than `pick` where none meets the rules."""
        if self.group is None and self.district is None:
            return cost.argpartition(self.pick - 1)[: self.pick]
        order = cost.argsort(kind="stable")
        order = order[cost[order] < inf]
        if self.group is not None:
            order = order[_firsts(self.group[order])]
        if self.district is not None:
            order = self._leading(order, self.district[order])
        return order[: self.pick]

    def forcing(self, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Return what the cheapest pick costs more with each site in, and with each site out.

        Infinite where no pick is left.
        """
        if self.group is None and self.district is None:
            return self._shifts(cost)
        chosen = self.cheapest(cost)
        picked = np.isin(np.arange(self.sites), chosen)
        more = np.array([self._forced(cost, site, picked[site]) for site in range(self.sites)])
        more -= cost[chosen].sum()
        return np.where(picked, 0.0, more), np.where(picked, more, 0.0)

    def _forced(self, cost: np.ndarray, site: int, out: bool) -> float:  # noqa: FBT001 - one caller
        """Return the cost of the cheapest pick without a site, or with it."""
        forced = cost.copy()
        forced[site] = inf if out else -1.0 - np.abs(cost).sum()
        found = self.cheapest(forced)
        possible = len(found) == self.pick and (out or site in found)
        return float(cost[found].sum()) if possible else inf

    def _shifts(self, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Without rules a site comes in for the dearest picked, or gives way to the next."""
        order = cost.argpartition(self.pick - 1)
        last = cost[order[self.pick - 1]]
        following = cost[order[self.pick :]].min(initial=inf)
        within, without = np.maximum(cost - last, 0.0), np.maximum(following - cost, 0.0)
        without[order[self.pick :]] = 0.0
        return within, without

    def _leading(self, order: np.ndarray, district: np.ndarray) -> np.ndarray:
        """Put each district's cheapest first; nothing where a district or a place is lacking."""
        lead = _firsts(district) & (district >= 0)
        if lead.sum() < self.districts or self.districts > self.pick:
            return order[:0]
        return np.r_[order[lead], order[~lead]]


def _labels(sets: tuple[np.ndarray, ...], label: np.ndarray) -> np.ndarray:
    for number, one in enumerate(sets):
        label[one] = number
    return label


def _firsts(labels: np.ndarray) -> np.ndarray:
    """Return a mask of the first of each label."""
    found = np.zeros(len(labels), dtype=bool)
    found[np.unique(labels, return_index=True)[1]] = True
    return found
