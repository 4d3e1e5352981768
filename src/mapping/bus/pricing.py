"""Routes of one day that are worth more than the prices of their stops."""

import time
from dataclasses import dataclass

import numpy as np

from mapping.bus.problem import Problem

Routes = list[list[int]]

# Minutes, and people; two ways of adding the same numbers may differ by this much.
TOLERANCE = 1e-6

# A search of prices returns so many routes at most: the next prices make most of them useless.
MOST_RETURNED = 300


@dataclass(frozen=True)
class Effort:
    """
    How hard to look for routes.

    Parameters
    ----------
    rivals
        A partial route is given up once so many others end where it ends, sooner and worth more.
    most
        Partial routes of one length carried on, at most.
    proving
        Whether to compare the stops seen too: it takes twice as long, and where nothing is given
        up without that proof the search is complete.
    """

    rivals: int
    most: int
    proving: bool = False


@dataclass(frozen=True, eq=False)
class Priced:
    """
    What a search of prices found.

    Parameters
    ----------
    routes
        Positions of stops in the order of their visits; those worth most first.
    most
        Worth of the best route, 0 if none is worth anything.
    complete
        Whether no route is worth more than `most`.
    """

    routes: Routes
    most: float
    complete: bool


@dataclass(frozen=True, eq=False)
class _Labels:
    """Partial routes: where each ends, when, what it is worth, which stops it has seen, and more.

    `seen` has a bit for each candidate, in words of 64; `back` is the row of the route before its
    last stop in the labels one stop shorter.
    """

    stop: np.ndarray
    start: np.ndarray
    worth: np.ndarray
    seen: np.ndarray
    back: np.ndarray

    def rows(self, chosen: np.ndarray) -> "_Labels":
        return _Labels(**{name: column[chosen] for name, column in vars(self).items()})


class Pricing:
    """
    Looks for routes by growing partial ones stop by stop (labels; Desrochers and Soumis, 1988).

    Of two partial routes that end at one stop, the one that starts there no later, is worth no
    less and has seen no stop that the other could still visit makes the other needless (Feillet
    and others, 2004). Where so many remain that a plan would have to wait, those behind several
    others are given up too, and the search is no longer complete.

    Parameters
    ----------
    problem
        The problem.
    stops
        Positions of the stops that routes may hold.
    """

    def __init__(self, problem: Problem, stops: np.ndarray) -> None:
        self.problem = problem
        self.stops = stops

    def routes(
        self, worth: np.ndarray, *, above: float, effort: Effort, until: float = np.inf
    ) -> Priced:
        """
        Return routes worth more than `above`.

        Parameters
        ----------
        worth
            By position of a stop in the problem: its people less its price; minus infinity keeps
            it out.
        above
            What a route must be worth more than.
        effort
            How hard to look.
        until
            When to grow routes no further, on the clock of `time.perf_counter`.
        """
        # A stop worth nothing is at most a stepping stone, needed where a way round is shorter.
        enough = TOLERANCE if self.problem.direct_is_shortest else -np.inf
        stops = self.stops[worth[self.stops] > enough]
        return _Growth(self, stops, worth, effort, until).priced(above)


class _Growth:
    """One search of prices."""

    def __init__(
        self,
        pricing: Pricing,
        stops: np.ndarray,
        worth: np.ndarray,
        effort: Effort,
        until: float,
    ) -> None:
        problem = pricing.problem
        self.stops, self.worth = stops, worth[stops]
        self.effort, self.until = effort, until
        self.opens = np.maximum(problem.opens[stops], 0)
        self.latest = problem.latest_starts[stops] + TOLERANCE
        self.outward = problem.outward[stops]
        self.stay = problem.dwell[stops]
        self.legs = problem.between[np.ix_(stops, stops)]
        self.homeward = problem.homeward[stops]
        self.shift = problem.shift + TOLERANCE
        self.bits = _bits(len(stops))
        self.closed = self._closed()
        self.complete = True

    def priced(self, above: float) -> Priced:
        layers: list[_Labels] = []
        grown = self._first()
        while len(grown.stop):
            layers.append(grown)
            if self._late() or (self.effort.proving and not self.complete):
                break
            grown = self._carried(self._longer(grown))
        home = [self._home(labels) for labels in layers]
        most = max((float(rows.worth.max(initial=0.0)) for rows in home), default=0.0)
        return Priced(self._best(layers, home, above), most, self.complete)

    def _first(self) -> _Labels:
        start = np.maximum(self.outward, self.opens)
        stop = np.flatnonzero(start <= self.latest)
        back = np.full(len(stop), -1)
        return _Labels(stop, start[stop], self.worth[stop], self.bits[stop], back)

    def _longer(self, grown: _Labels) -> _Labels:
        """Return all routes one stop longer."""
        leave = grown.start + self.stay[grown.stop]
        start = np.maximum(leave[:, None] + self.legs[grown.stop], self.opens)
        fits = start <= self.latest
        for word in range(self.bits.shape[1]):
            fits &= (grown.seen[:, [word]] & self.bits[:, word]) == 0
        row, stop = np.nonzero(fits)
        worth, seen = grown.worth[row] + self.worth[stop], grown.seen[row] | self.bits[stop]
        return _Labels(stop, start[row, stop], worth, seen, row)

    def _carried(self, labels: _Labels) -> _Labels:
        """Return the partial routes worth carrying on, and note where one was given up unproven."""
        if not len(labels.stop):
            return labels
        order = _in_turn(labels, self.shift)
        kept = []
        for _ in range(self.effort.rivals):
            if not len(order) or self._late():
                break
            ahead = _ahead(labels.stop[order], labels.worth[order])
            kept.append(order[ahead])
            behind = ~ahead
            if self.effort.proving:
                rival = order[np.maximum.accumulate(np.where(ahead, np.arange(len(order)), 0))]
                behind &= ~self._needless(labels, order, rival)
            order = order[behind]
        chosen = np.concatenate([np.empty(0, dtype=int), *kept])
        most = self.effort.most
        if len(order) or len(chosen) > most:
            self.complete = False
        if len(chosen) > most:
            chosen = chosen[np.argpartition(-labels.worth[chosen], most)[:most]]
        return labels.rows(chosen)

    def _late(self) -> bool:
        if time.perf_counter() >= self.until:
            self.complete = False
            return True
        return False

    def _needless(self, labels: _Labels, rows: np.ndarray, rival: np.ndarray) -> np.ndarray:
        """Return which have seen, or can no longer visit, every stop that their rival has seen."""
        minute = (labels.start[rows] + self.stay[labels.stop[rows]]).astype(int)
        gone = labels.seen[rows] | self.closed[np.minimum(minute, len(self.closed) - 1)]
        return ((labels.seen[rival] & ~gone) == 0).all(axis=1)

    def _closed(self) -> np.ndarray:
        """Return by minute a bit for each stop that nobody who leaves another then can visit."""
        legs = self.legs.copy()
        np.fill_diagonal(legs, np.inf)
        quickest = legs.min(axis=0, initial=np.inf)
        minutes = np.arange(int(self.shift) + 1)
        late = minutes[:, None] + quickest > self.latest
        closed = np.zeros((len(minutes), self.bits.shape[1]), dtype=np.uint64)
        for stop, bits in enumerate(self.bits):
            closed[late[:, stop]] |= bits
        return closed

    def _home(self, labels: _Labels) -> _Labels:
        """Return those that are back in time, with their rows in place of `back`."""
        home = labels.start + self.stay[labels.stop] + self.homeward[labels.stop]
        rows = np.flatnonzero(home <= self.shift)
        back = labels.rows(rows)
        return _Labels(back.stop, back.start, back.worth, back.seen, rows)

    def _best(self, layers: list[_Labels], home: list[_Labels], above: float) -> Routes:
        """Return the routes worth most, one for each set of stops."""
        count = [len(rows.worth) for rows in home]
        if not sum(count):
            return []
        layer = np.repeat(np.arange(len(home)), count)
        row = np.concatenate([rows.back for rows in home])
        worth = np.concatenate([rows.worth for rows in home])
        seen = np.concatenate([rows.seen for rows in home])
        order = np.argsort(-worth, kind="stable")
        order = order[worth[order] > above + TOLERANCE]
        _, first = np.unique(seen[order], axis=0, return_index=True)
        order = order[np.sort(first)][:MOST_RETURNED]
        return [self._walked(layers, layer[k], row[k]) for k in order]

    def _walked(self, layers: list[_Labels], layer: int, row: int) -> list[int]:
        route = []
        while layer >= 0:
            route.append(int(self.stops[layers[layer].stop[row]]))
            layer, row = layer - 1, layers[layer].back[row]
        return route[::-1]


def _in_turn(labels: _Labels, shift: float) -> np.ndarray:
    """Return the rows by stop, then start, then falling worth: one key sorts quicker than three."""
    worth = labels.worth * (TOLERANCE / (float(np.ptp(labels.worth)) + 1.0))
    return np.argsort(labels.stop * (shift + 1.0) + labels.start - worth, kind="stable")


def _ahead(stop: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Return which are worth more than all before them at the same stop; rows go by stop."""
    step = float(np.ptp(worth)) + 1.0
    level = worth + stop * step  # so that a running maximum starts anew at each stop
    ahead = np.ones(len(level), dtype=bool)
    ahead[1:] = level[1:] > np.maximum.accumulate(level)[:-1] + TOLERANCE
    return ahead


def _bits(count: int) -> np.ndarray:
    """Return a row for each of so many stops with one bit set, in words of 64."""
    bits = np.zeros((count, max(1, -(-count // 64))), dtype=np.uint64)
    place = np.arange(count)
    bits[place, place // 64] = np.uint64(1) << (place % 64).astype(np.uint64)
    return bits
