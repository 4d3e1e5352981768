"""A good choice among very many routes: fill the slots one by one, then exchange route by route."""

from collections.abc import Iterator, Sequence
from math import inf

import numpy as np
from scipy import sparse

from mapping.bus.layout import Layout
from mapping.bus.question import Kind, Route
from mapping.bus.watch import Watch

# Routes that are reckoned exactly at a time, the most promising first.
AT_ONCE = 200

# What a session is worth whose stop is taken: no other makes up for it.
BARRED = 1e9

# An exchange has to add as many people at least.
LEAST = 1e-6


def exchanged(
    layout: Layout, bonus: float, watch: Watch, start: Sequence[Route | None] = ()
) -> tuple[Route | None, ...]:
    """
    Return routes of which none can be exchanged for another one, whatever the pool, and be better.

    The people that a route adds are at most the sum of what each of its stops adds alone, since
    returns diminish. Routes are reckoned exactly in the order of that sum, and the first whose sum
    is below the best found ends the search: the best exchange is found without reckoning them all.

    Parameters
    ----------
    bonus
        Worth of a stop that has to be visited, beside its people.
    watch
        Ends the exchanges sooner.
    start
        What to begin with: by slot, in the order of the kinds, a route or None.

    Returns
    -------
    tuple
        By slot its route; None where none adds anybody.
    """
    slots = [kind for kind in layout.asked.kinds for _ in range(kind.count)]
    held: list[Route | None] = list(start) or [None] * len(slots)
    gained = True
    while gained:
        gained = False
        for place, kind in enumerate(slots):
            if watch.over:
                return tuple(held)
            others = [route for route in held[:place] + held[place + 1 :] if route is not None]
            rest = _Rest(layout, others, bonus)
            now = 0.0 if (mine := held[place]) is None else rest.adds(mine)
            most, found = rest.best(kind, now)
            if found is not None and most > now + LEAST:
                held[place], gained = found, True
    return tuple(held)


def wanted(
    layout: Layout, routes: Sequence[Route | None], bonus: float
) -> Iterator[tuple[int, np.ndarray]]:
    """Return for each route its shift, and what sessions would add there beside the others."""
    for place, route in enumerate(routes):
        if route is not None:
            others = [one for one in (*routes[:place], *routes[place + 1 :]) if one is not None]
            rest = _Rest(layout, others, bonus)
            yield route[0], np.maximum(rest.alone(route[2]), -BARRED)


class _Rest:
    """The routes of the other slots, and what one more would add to them."""

    def __init__(self, layout: Layout, others: list[Route], bonus: float) -> None:
        self.layout, self.asked = layout, layout.asked
        self.hours = self.asked.hours(others)
        self.share = layout.share(self.hours)
        self.free = np.ones(self.asked.stops + 1, dtype=bool)
        for route in others:
            self.free[self.asked.stops_of(route)] = False
        self.pounds = self.asked.budget - self.asked.pounds(others)
        self.bonus = np.zeros(self.asked.stops)
        self.bonus[self.asked.must] = bonus

    def adds(self, route: Route) -> float:
        """Return the people that a route adds."""
        shift, place, visits = route
        return float(self._exact(shift, visits, np.array([place]))[0])

    def best(self, kind: Kind, least: float) -> tuple[float, Route | None]:
        """Return the route of a slot of this kind that adds most, if more than this."""
        most, found = least, None
        for places, sums in self._promising(kind):
            if sums[0] <= most:
                break
            exact = self._exact(kind.shift, kind.visits, places)
            top = int(exact.argmax())
            if exact[top] > most:
                most, found = float(exact[top]), (kind.shift, int(places[top]), kind.visits)
        return most, found

    def alone(self, visits: int) -> np.ndarray:
        """Return what each session adds alone; infinitely little where its stop is taken."""
        asked = self.asked
        after = self.layout.share(self.hours[:, None] + self.layout.lengths * visits)
        near = asked.cover[:, asked.offers.stop].multiply(after - self.share[:, None])
        adds = near.T @ asked.people + self.bonus[asked.offers.stop]
        return np.where(self.free[asked.offers.stop], adds, -inf)

    def _promising(self, kind: Kind) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Return routes that fit, so many at a time, by the sum of what their stops add alone."""
        asked, shift, visits = self.asked, kind.shift, kind.visits
        routes = asked.routes[shift].offers
        sums = np.append(self.alone(visits), 0.0)[routes].sum(axis=1)
        sums[self.layout.days[shift, visits] & 1 << kind.weekday == 0] = -inf
        sums[asked.cost[shift] * visits > self.pounds + LEAST] = -inf
        fits = np.flatnonzero(sums > 0)
        order = fits[np.argsort(-sums[fits], kind="stable")]
        for begin in range(0, len(order), AT_ONCE):
            some = order[begin : begin + AT_ONCE]
            yield some, sums[some]

    def _exact(self, shift: int, visits: int, places: np.ndarray) -> np.ndarray:
        asked = self.asked
        offers = asked.routes[shift].offers[places]
        row, column = np.nonzero(offers >= 0)
        held = offers[row, column]
        stop, hours = asked.offers.stop[held], self.layout.lengths[held] * visits
        added = sparse.csr_array((hours, (stop, row)), shape=(asked.stops, len(places)))
        after = self.layout.share(self.hours[:, None] + (asked.cover @ added).toarray())
        extra = np.bincount(row, self.bonus[stop], minlength=len(places))
        return asked.people @ (after - self.share[:, None]) + extra
