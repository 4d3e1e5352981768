"""How good any plan could be: the Lagrangian bound, and what it rules out.

Relaxing "every area goes to one site" with a price for each area leaves a problem that is solved by
sorting; the best prices give the bound of the full linear programme at a thousandth of its size
(Cornuéjols, Fisher and Nemhauser, 1977). Hand-written because the linear programme of a city
(areas times sites variables) takes seconds in any solver, the prices milliseconds. The same prices
show which sites, and which journeys, no better plan can use, and point at good plans.
"""

from dataclasses import dataclass

import numpy as np

from mapping.hubs.choice import Choice, fuzz
from mapping.hubs.interchange import interchange
from mapping.hubs.watch import Watch


@dataclass(frozen=True, eq=False)
class Relaxation:
    """
    A proven lower bound, the prices behind it and the best plan met on the way.

    `reduced` is what picking each candidate adds to the relaxed cost (never above 0); `picked` are
    positions, `value` their cost; `pace` is how long the last steps were.
    """

    bound: float
    prices: np.ndarray
    reduced: np.ndarray
    picked: np.ndarray
    value: float
    pace: float

    def near(self, choice: Choice, gap: float) -> bool:
        """Whether the best plan is proven to be within `gap` of the least."""
        return self.value - self.bound <= choice.slack(self.value, gap)


def relax(
    choice: Choice,
    picked: np.ndarray,
    *,
    rounds: int,
    watch: Watch,
    gap: float = 0.0,
    after: Relaxation | None = None,
) -> Relaxation:
    """
    Raise the bound by subgradient steps on the prices, for at most `rounds` rounds.

    Parameters
    ----------
    choice
        What to choose.
    picked
        The best plan known, as positions.
    rounds
        Most rounds to take.
    watch
        Stops the rounds when its time is over.
    gap
        Stops the rounds when the bound is this near to the best plan, as a share of it.
    after
        The relaxation before the choice was narrowed, to go on from its prices.
    """
    state = _Subgradient(choice, picked)
    if after is not None:
        state.prices, state.pace = np.minimum(after.prices, choice.base), max(after.pace, 0.1)
    for turn in range(rounds):
        state.judge(turn)
        done = state.value - state.bound <= choice.slack(state.value, gap) or watch.over
        if done or state.pace < 1e-3 or not state.move():
            break
    return Relaxation(state.bound, state.best, state.reduced, state.picked, state.value, state.pace)


def promising(choice: Choice, relaxed: Relaxation) -> tuple[np.ndarray, np.ndarray]:
    """
    Which candidates a plan better than the known one may hold, and which it must.

    Forcing a candidate in or out raises the bound; where that passes the value of the known
    plan, it is ruled out or in. The known plan is never ruled out. Returns positions (`may`
    without those in `must`).
    """
    order, room = relaxed.reduced.argsort(kind="stable"), _room(relaxed)
    inside, outside = order[: choice.pick], order[choice.pick :]
    worst_in = relaxed.reduced[inside[-1]]
    best_out = relaxed.reduced[outside[0]] if len(outside) else np.inf
    must = inside[best_out - relaxed.reduced[inside] > room]
    out = outside[relaxed.reduced[outside] - worst_in > room]
    return np.setdiff1d(order, np.r_[must, out]), np.sort(must)


def journeys(choice: Choice, relaxed: Relaxation) -> np.ndarray:
    """
    Which candidate may serve which area in a plan better than the known one.

    Boolean, candidates and one last row for the base, by areas, by the same test as `promising`.
    """
    kth = np.partition(relaxed.reduced, choice.pick - 1)[choice.pick - 1]
    opening = np.maximum(relaxed.reduced - kth, 0.0)[:, None]
    serving = np.maximum(choice.cost - relaxed.prices, 0.0)
    useful = choice.cost < choice.base
    room = _room(relaxed)
    return np.vstack([useful & (opening + serving <= room), choice.base - relaxed.prices <= room])


def _room(relaxed: Relaxation) -> float:
    """How much a forced choice may add to the bound before it passes the known plan."""
    return relaxed.value - relaxed.bound + fuzz(relaxed.value)


class _Subgradient:
    """Prices on their way up: the only moving parts of the bound, kept in one place."""

    def __init__(self, choice: Choice, picked: np.ndarray) -> None:
        self.choice, self.picked, self.value = choice, np.sort(picked), choice.value(picked)
        self.floor = choice.cost.min(axis=0)
        near = np.sort(np.vstack([choice.cost[picked], choice.base, choice.base]), axis=0)
        self.prices = (near[0] + near[1]) / 2
        self.bound, self.pace, self.stalled = float(self.floor.sum()), 1.5, 0
        self.now, self.chosen = -np.inf, self.picked
        # Where every area pays its least, no site is worth picking: the first bound.
        self.best, self.reduced = self.floor, np.zeros(choice.candidates)
        self.seen: set[bytes] = set()
        self.buffer = np.empty_like(choice.cost)

    def judge(self, turn: int) -> None:
        """Take the bound at these prices; after a stall, go back to the best and slow down."""
        reduced, self.chosen, self.now = self._relaxed()
        self.stalled = 0 if self.now > self.bound + fuzz(self.value) else self.stalled + 1
        if self.now > self.bound:
            self.bound, self.best, self.reduced = self.now, self.prices, reduced
        if turn % 8 == 0:
            self._try()
        if self.stalled >= 10:
            self.pace, self.stalled, self.prices = self.pace / 2, 0, self.best
            _, self.chosen, self.now = self._relaxed()

    def move(self) -> bool:
        """Step towards prices at which every area is wanted once; False where they all are."""
        wanted = (self.choice.cost[self.chosen] < self.prices).sum(axis=0)
        slope = 1.0 - wanted
        steepness = slope @ slope
        if not steepness:
            return False
        stride = self.pace * (1.01 * self.value - self.now) / steepness
        # Prices beyond these ends only lower the bound.
        self.prices = np.clip(self.prices + stride * slope, self.floor, self.choice.base)
        return True

    def _relaxed(self) -> tuple[np.ndarray, np.ndarray, float]:
        np.subtract(self.choice.cost, self.prices, out=self.buffer)
        reduced = np.minimum(self.buffer, 0.0, out=self.buffer).sum(axis=1)
        chosen = reduced.argpartition(self.choice.pick - 1)[: self.choice.pick]
        return reduced, chosen, float(self.prices.sum() + reduced[chosen].sum())

    def _try(self) -> None:
        """Polish the sites that the prices point at, once for each new set of them."""
        key = np.sort(self.chosen).tobytes()
        if key in self.seen:
            return
        self.seen.add(key)
        picked = interchange(self.choice, self.chosen)
        value = self.choice.value(picked)
        if value < self.value - fuzz(self.value):
            self.picked, self.value = picked, value
