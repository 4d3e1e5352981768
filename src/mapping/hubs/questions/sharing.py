"""Search for the best plan where hubs have a limited number of places, and its proof.

Branch and bound on sites, each branch bounded by prices (see `tariff`), for the table of areas by
sites is too much for a general solver's branches: it took eight seconds for a city where this
takes half a second (benchmarks/hubs.py places).
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count, product
from math import inf

import numpy as np

from mapping.hubs.nearest.choice import fuzz
from mapping.hubs.questions.places import Rooms
from mapping.hubs.questions.tariff import Bid, Tariff, raised, ruled_out
from mapping.hubs.watch import Watch

# Steps on the prices at first and in each branch, and how long the first one in a branch is.
FIRST = 400
ROUNDS = 40
PACE = 0.3
# Every so many steps the relaxed plan is looked at.
EVERY = 10
# Swaps that promise most and are looked at before a plan is taken for the best around it: few
# where finding out who has a place where takes a linear programme.
TRIES = {"where there is room": 40, "nearest": 5_000}
# Weight of the newest relaxed plan in the running share of plans that open a site.
NEWEST = 0.12


@dataclass(frozen=True, eq=False)
class Aim:
    """
    What a plan is to make least.

    Parameters
    ----------
    total
        Cost of a plan, given as positions of free sites; infinite where it does not count.
    gap
        Share of |`whole` - cost| within which the proof may stop.
    whole
        0 where the cost itself is the objective, everyone where it counts those left out.
    step
        Costs that differ by no more are equal.
    apart
        What the cost of every plan that counts leaves out of the tariff's.
    """

    total: Callable[[np.ndarray], float]
    gap: float
    whole: float = 0.0
    step: float = 0.0
    apart: float = 0.0

    def equal(self, value: float) -> float:
        """How far a bound may stay below a cost and still prove it best."""
        return max(fuzz(value), self.step)

    def slack(self, value: float) -> float:
        """How far a bound may stay below a cost and still end the search."""
        return max(self.equal(value), self.gap * abs(self.whole - value))


class Search:
    """
    The state of a search: all that an interrupted one must keep.

    Parameters
    ----------
    aim
        What to make least.
    rooms
        Who could have a place where.
    picked
        A plan that counts, as positions of free sites.
    watch
        Told of every improvement, and asked whether to end.
    """

    def __init__(self, aim: Aim, rooms: Rooms, picked: np.ndarray, watch: Watch) -> None:
        self.aim, self.rules, self.watch = aim, rooms.asked.rules, watch
        self.free, self.tries = int(rooms.asked.free.sum()), TRIES[rooms.assignment]
        self.plan, self.bound = (np.sort(picked), aim.total(picked)), -inf
        self.seen = {self.plan[0].tobytes()}

    @property
    def picked(self) -> np.ndarray:
        """The best plan's positions."""
        return self.plan[0]

    @property
    def value(self) -> float:
        """The best plan's cost."""
        return self.plan[1]

    @property
    def goal(self) -> float:
        """A bound as high as this ends the search."""
        return self.value - self.aim.slack(self.value)

    @property
    def proven(self) -> float:
        """The bound; at the goal nothing better is left."""
        reached = self.bound >= self.value - self.aim.equal(self.value)
        return self.value if reached else self.bound

    @property
    def done(self) -> bool:
        """Whether the best plan is proven, or the time is over."""
        return self.bound >= self.goal or self.watch.over

    def offer(self, picked: np.ndarray) -> bool:
        """Look at a plan, once; True where it is better than the best."""
        key = picked.tobytes()
        if key in self.seen or not self.rules.allows(picked):
            return False
        self.seen.add(key)
        value = self.aim.total(picked)
        if value >= self.value - fuzz(self.value):
            return False
        # One assignment, so that an interruption cannot part a plan from its cost.
        self.plan = picked, value
        self._tell()
        return True

    def prove(self, bound: float) -> None:
        """Keep a bound on every plan's cost, if it is higher."""
        if bound > self.bound + fuzz(bound):
            self.bound = bound
            self._tell()

    def _tell(self) -> None:
        if self.bound > -inf:
            self.watch.report(self.value, self.proven)


def search(state: Search, tariff: Tariff, prices: np.ndarray) -> None:
    """
    Find the best plan and prove it, as far as the watch allows; `state` keeps what was found.

    A KeyboardInterrupt ends the search and halts the watch.
    """
    try:
        _search(state, tariff, prices)
    except KeyboardInterrupt:
        state.watch.halt()


def _search(state: Search, tariff: Tariff, prices: np.ndarray) -> None:
    if not len(tariff.undecided) or tariff.rooms.asked.pick in (0, tariff.free):
        state.prove(state.value)
        return
    best, _ = _raised(state, tariff, prices, rounds=FIRST, pace=1.0)
    state.prove(min(best.bound - state.aim.apart, state.goal))
    _improve(state, best)
    turns = count()
    waiting = [(best.bound, next(turns), tariff, best.prices)]
    while waiting:
        least = waiting[0][0] - state.aim.apart
        state.prove(min(least, state.goal))
        if state.done:
            return
        bound, _, branch, start = waiting[0]
        parts = _parts(state, branch, start, bound)
        heappop(waiting)
        for above, part, now in parts:
            heappush(waiting, (above, next(turns), part, now))
    state.prove(state.goal)


def _raised(
    state: Search, tariff: Tariff, prices: np.ndarray, *, rounds: int, pace: float
) -> tuple[Bid, np.ndarray]:
    """Bound a branch; return also how often its relaxed plans opened each free site."""
    share, turns = np.zeros(tariff.free), count()

    def met(now: Bid) -> bool:
        turn = next(turns)
        share[:] *= 1.0 - (NEWEST if turn else 1.0)
        share[now.picked] += NEWEST if turn else 1.0
        if turn % EVERY == 0 and now.bound - state.aim.apart < state.goal:
            state.offer(now.picked)
        return state.watch.over

    best = raised(
        tariff, prices, rounds=rounds, goal=lambda: state.goal + state.aim.apart, met=met, pace=pace
    )
    return best, share


def _improve(state: Search, best: Bid) -> None:
    """Swap sites of the best plan while that helps, the swaps of which prices promise most."""
    better = True
    while better and not state.done:
        others = np.setdiff1d(np.flatnonzero(best.worth[: state.free] < 0), state.picked)
        pairs = sorted(
            product(state.picked, others),
            key=lambda pair: best.worth[pair[1]] - best.worth[pair[0]],
        )
        better = any(
            state.offer(np.sort(np.r_[state.picked[state.picked != out], into]))
            for out, into in pairs[: state.tries]
            if not state.watch.over
        )


def _parts(
    state: Search, branch: Tariff, prices: np.ndarray, above: float
) -> list[tuple[float, Tariff, np.ndarray]]:
    """Bound a branch, and part it in two unless nothing in it can beat the best plan."""
    best, share = _raised(state, branch, prices, rounds=ROUNDS, pace=PACE)
    goal = state.goal + state.aim.apart
    if best.bound >= goal:
        return []
    branch = ruled_out(branch, best, goal)
    left, missing = branch.undecided, branch.rooms.asked.pick - len(branch.inside)
    if missing in (0, len(left)):
        state.offer(np.sort(np.r_[branch.inside, left[:missing]]))
        return []
    if missing < 0 or missing > len(left):
        return []
    bound, site = max(above, best.bound), left[[int(np.abs(share[left] - 0.5).argmin())]]
    none = np.empty(0, dtype=int)
    return [
        (bound, branch.decided(site, none), best.prices),
        (bound, branch.decided(none, site), best.prices),
    ]
