"""A good choice among very many routes: fill the slots one by one, then exchange route by route."""

from collections.abc import Iterator
from math import inf

import numpy as np
from scipy import sparse

from mapping.bus.layout import Layout
from mapping.bus.question import Kind, Route
from mapping.bus.watch import Watch

# Routes that are reckoned exactly at a time, the most promising first.
AT_ONCE = 200

# An exchange has to add as many people at least.
LEAST = 1e-6


def exchanged(layout: Layout, bonus: float, watch: Watch) -> tuple[Route, ...]:
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
    """
    slots = [kind for kind in layout.asked.kinds for _ in range(kind.count)]
    held: list[Route | None] = [None] * len(slots)
    gained = True
    while gained:
        gained = False
        for place, kind in enumerate(slots):
            if watch.over:
                return tuple(route for route in held if route is not None)
            others = [route for route in held[:place] + held[place + 1 :] if route is not None]
            rest = _Rest(layout, others, bonus)
            now = 0.0 if (mine := held[place]) is None else rest.adds(mine)
            most, found = rest.best(kind, now)
            if found is not None and most > now + LEAST:
                held[place], gained = found, True
    return tuple(route for route in held if route is not None)


class _Rest:
    """The routes of the other slots, and what one more would add to them."""

    def __init__(self, layout: Layout, others: list[Route], bonus: float) -> None:
        self.layout, self.asked = layout, layout.asked
        self.hours = self.asked.hours(others)
        self.share = layout.share(self.hours)
        self.free = np.ones(self.asked.stops + 1, dtype=bool)
        for route in others:
            self.free[self.asked.stops_of(route)] = False
        spent = sum(float(self.asked.cost[shift][place]) * v for shift, place, v in others)
        self.pounds = self.asked.budget - spent
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

    def _promising(self, kind: Kind) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Return routes that fit, so many at a time, by the sum of what their stops add alone."""
        asked, shift, visits = self.asked, kind.shift, kind.visits
        routes = asked.routes[shift].offers
        after = self.layout.share(self.hours[:, None] + self.layout.lengths * visits)
        near = asked.cover[:, asked.offers.stop].multiply(after - self.share[:, None])
        alone = near.T @ asked.people + self.bonus[asked.offers.stop]
        barred = ~self.free[asked.offers.stop]
        sums = np.append(np.where(barred, -inf, alone), 0.0)[routes].sum(axis=1)
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
