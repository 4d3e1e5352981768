"""The routes that a programme may choose so far, and what others would add."""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from mapping.bus.layout import Layout

if TYPE_CHECKING:
    from mapping.bus.question import Route


@dataclass(frozen=True, eq=False)
class Columns:
    """
    Routes as columns of a programme, in compressed form.

    Parameters
    ----------
    starts
        Where each column begins.
    rows, values
        Its entries.
    """

    starts: np.ndarray
    rows: np.ndarray
    values: np.ndarray


class Pool:
    """
    The routes of a programme, in the order of its columns.

    Parameters
    ----------
    layout
        Of the programme.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.asked = layout.asked
        self.routes: list[Route] = []
        self._known = {pair: bits == 0 for pair, bits in layout.days.items()}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.routes)

    @property
    def driven(self) -> np.ndarray:
        """Minutes at the wheel that each takes in the term."""
        return np.array(
            [
                self.asked.routes[shift].driven[place] * visits
                for shift, place, visits in self.routes
            ]
        )

    def by_pair(self) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
        """Return by shift and visits the positions of its routes, and their numbers here."""
        found: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for number, (shift, place, visits) in enumerate(self.routes):
            found.setdefault((shift, visits), []).append((place, number))
        return {pair: tuple(np.array(rows).T) for pair, rows in found.items()}

    def first(self, few: int) -> dict[tuple[int, int], np.ndarray]:
        """Return by shift and visits what to begin with: all if few, else routes of one stop."""
        total = sum(len(self.asked.routes[shift]) for shift, _ in self._known)
        return {
            (shift, visits): np.flatnonzero(
                ((self.asked.routes[shift].offers >= 0).sum(axis=1) == 1) | (total <= few)
            )
            for shift, visits in self._known
        }

    def priced(
        self, dual: np.ndarray, least: float, most: int
    ) -> tuple[dict[tuple[int, int], np.ndarray], bool]:
        """
        Return by shift and visits the routes that would raise what is sought by more than this.

        Parameters
        ----------
        dual
            Prices of the rows.
        most
            How many to return of each; the others are said to be left out.
        """
        found: dict[tuple[int, int], np.ndarray] = {}
        whole = True
        for pair in self._known:
            gain = self._gain(dual, *pair)
            pays = np.flatnonzero(gain > least)
            best = pays[np.argsort(-gain[pays], kind="stable")[:most]]
            found[pair] = best
            whole &= len(best) == len(pays)
        return found, whole

    def _gain(self, dual: np.ndarray, shift: int, visits: int) -> np.ndarray:
        """Return by how much each route of a shift would raise what is sought, at these prices."""
        at, routes = self.layout, self.asked.routes[shift]
        links = at.link_row + at.visit(np.arange(len(self.asked.offers.stop)), visits)
        prize = np.append(dual[links], 0.0)
        toll = np.full(1 << 7, inf)
        for (s, v, pattern), place in at.patterns.items():
            if (s, v) == (shift, visits):
                toll[pattern] = dual[at.pattern_row + place]
        toll[0] = inf
        gain = prize[routes.offers].sum(axis=1) - toll[at.days[shift, visits]]
        if np.isfinite(self.asked.budget):
            gain -= dual[at.budget_row] * self.asked.cost[shift] * visits
        return gain

    def add(self, shift: int, visits: int, places: np.ndarray) -> Columns:
        """Take in those of these routes that are not here yet, and return them as columns."""
        known = self._known[shift, visits]
        places = places[~known[places]]
        known[places] = True
        self.routes += [(shift, int(place), visits) for place in places]
        return self._columns(shift, visits, places)

    def _columns(self, shift: int, visits: int, places: np.ndarray) -> Columns:
        at = self.layout
        offers = self.asked.routes[shift].offers[places]
        links = at.link_row + at.visit(offers, visits)
        bits = at.days[shift, visits][places]
        cost = self.asked.cost[shift][places] * visits
        starts: list[int] = []
        rows: list[int] = []
        values: list[float] = []
        for number, mine in enumerate(links):
            starts.append(len(rows))
            held = mine[offers[number] >= 0].tolist()
            rows += [*held, at.pattern_row + at.patterns[shift, visits, int(bits[number])]]
            values += [-1.0] * len(held) + [1.0]
            if np.isfinite(self.asked.budget):
                rows.append(at.budget_row)
                values.append(float(cost[number]))
        return Columns(
            np.array(starts, dtype=np.int32), np.array(rows, dtype=np.int32), np.array(values)
        )
