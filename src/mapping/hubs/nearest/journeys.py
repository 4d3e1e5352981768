"""The journeys that still matter: candidates to areas, as one sparse table.

An area that is served from near by has no use for sites far away, so that prices, swaps and proofs
look at a few per cent of the cost table: this is what makes a city of areas by sites quick. Arrays
in order of site rather than a sparse-matrix class, because zero is a cost like any other here.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Journeys:
    """
    Journeys in order of site.

    Parameters
    ----------
    site
        Number of the site of each journey, ascending.
    area
        Number of its area.
    cost
        What serving the area from the site costs.
    sites
        How many sites there are, those without a journey included.
    areas
        How many areas there are.
    """

    site: np.ndarray
    area: np.ndarray
    cost: np.ndarray
    sites: int
    areas: int

    @classmethod
    def below(cls, cost: np.ndarray, ceiling: np.ndarray) -> "Journeys":
        """Take from a table, sites by areas, the journeys that cost less than their area's ceiling.

        Examples
        --------
        >>> table = np.array([[1.0, 9.0], [5.0, 2.0]])
        >>> found = Journeys.below(table, np.array([4.0, 4.0]))
        >>> found.site.tolist(), found.area.tolist(), found.cost.tolist()
        ([0, 1], [0, 1], [1.0, 2.0])
        """
        site, area = np.nonzero(cost < ceiling)
        return cls(site, area, cost[site, area], *cost.shape)

    @cached_property
    def _served(self) -> np.ndarray:
        """Sites that have any journey."""
        return np.flatnonzero(np.diff(self._first))

    @cached_property
    def _first(self) -> np.ndarray:
        """Where each site's journeys begin, and the end."""
        return np.searchsorted(self.site, np.arange(self.sites + 1))

    def by_site(self, values: np.ndarray) -> np.ndarray:
        """Add up one value a journey over the journeys of each site."""
        total = np.zeros(self.sites)
        if len(values):
            total[self._served] = np.add.reduceat(values, self._first[self._served])
        return total

    def saved(self, prices: np.ndarray) -> np.ndarray:
        """By how much each journey costs less than its area's price; 0 where it costs more."""
        saving = prices.take(self.area)
        saving -= self.cost
        return np.maximum(saving, 0.0, out=saving)

    def of(self, sites: np.ndarray) -> np.ndarray:
        """Numbers of the journeys of some sites."""
        first, last = self._first[sites], self._first[sites + 1]
        size = last - first
        # Counting from 0 to the end within each site's run, without a loop over sites.
        return np.arange(size.sum()) + np.repeat(first - np.r_[0, size.cumsum()[:-1]], size)

    def only(self, kept: np.ndarray) -> "Journeys":
        """Leave the journeys of a mask."""
        return Journeys(self.site[kept], self.area[kept], self.cost[kept], self.sites, self.areas)

    def among(self, sites: np.ndarray) -> "Journeys":
        """Leave the journeys of some sites, ascending, and number them anew in their order."""
        number = np.full(self.sites, -1)
        number[sites] = np.arange(len(sites))
        site = number[self.site]
        kept = site >= 0
        return Journeys(site[kept], self.area[kept], self.cost[kept], len(sites), self.areas)
