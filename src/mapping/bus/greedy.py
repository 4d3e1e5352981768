"""A first choice: again and again the route that adds most people."""

import numpy as np

from mapping.bus.layout import Layout
from mapping.bus.pool import Pool
from mapping.bus.question import Route


def greedy(pool: Pool, bonus: float) -> tuple[Route, ...]:
    """
    Return the routes of a first choice among those of a pool.

    Parameters
    ----------
    bonus
        Worth of a stop that has to be visited, beside its people.
    """
    state = _State(pool.layout, bonus)
    by_pair = pool.by_pair()
    while (best := state.best(by_pair)) is not None:
        state.take(best)
    return tuple(state.taken)


class _State:
    """What is taken, and what is left to take."""

    def __init__(self, layout: Layout, bonus: float) -> None:
        self.layout, self.asked = layout, layout.asked
        self.stops = np.append(self.asked.offers.stop, -1)
        self.lengths = np.append(layout.lengths, 0.0)
        self.bonus = np.zeros(self.asked.stops + 1)
        self.bonus[self.asked.must] = bonus
        self.hours = np.zeros(len(self.asked.people))
        self.free = np.ones(self.asked.stops + 1, dtype=bool)
        self.pounds = self.asked.budget
        self.room = [kind.count for kind in self.asked.kinds]
        self.taken: list[Route] = []

    def best(self, by_pair: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]) -> Route | None:
        """Return the route that adds most, or None where none adds anything."""
        most, found = 0.0, None
        for (shift, visits), (places, _) in by_pair.items():
            worth = self._worth(shift, visits, places)
            top = int(worth.argmax())
            if worth[top] > most:
                most, found = float(worth[top]), (shift, int(places[top]), visits)
        return found

    def _worth(self, shift: int, visits: int, places: np.ndarray) -> np.ndarray:
        """Return what each route adds; below 0 where it does not fit."""
        asked, at = self.asked, self.layout
        held = asked.routes[shift].offers[places]
        after = at.share(self.hours[:, None] + self.lengths[:-1] * visits)
        near = asked.cover[:, asked.offers.stop].multiply(after - at.share(self.hours)[:, None])
        gain = np.append(near.T @ asked.people, 0.0) + self.bonus[self.stops]
        fits = self.free[self.stops[held]].all(axis=1)
        fits &= asked.cost[shift][places] * visits <= self.pounds
        fits &= at.days[shift, visits][places] & self._open(shift, visits) > 0
        return np.where(fits, gain[held].sum(axis=1), -1.0)

    def _open(self, shift: int, visits: int) -> int:
        """Return the bits of the weekdays that still have a slot."""
        bits = 0
        for kind, left in zip(self.asked.kinds, self.room, strict=True):
            if left and (kind.shift, kind.visits) == (shift, visits):
                bits |= 1 << kind.weekday
        return bits

    def take(self, route: Route) -> None:
        """Take a route, in a slot of the kind of which most are left."""
        shift, place, visits = route
        asked = self.asked
        held = asked.routes[shift].offers[place]
        held = held[held >= 0]
        bits = int(self.layout.days[shift, visits][place])
        fits = [
            number
            for number, kind in enumerate(asked.kinds)
            if (kind.shift, kind.visits) == (shift, visits) and bits >> kind.weekday & 1
        ]
        slot = max(fits, key=self.room.__getitem__)
        self.room[slot] -= 1
        for clash in asked.clashes:
            if slot in clash:
                for other in clash:
                    self.room[other] = 0
        self.free[asked.offers.stop[held]] = False
        self.pounds -= float(asked.cost[shift][place] * visits)
        added = np.zeros(asked.stops)
        added[asked.offers.stop[held]] = visits * self.layout.lengths[held]
        self.hours += asked.cover @ added
        self.taken.append(route)
