"""How good any plan could be: the Lagrangian bound, and what it rules out.

Relaxing "every area goes to one site" with a price for each area leaves a problem that is solved by
sorting; the best prices give the bound of the full linear programme at a thousandth of its size
(Cornuéjols, Fisher and Nemhauser, 1977). Hand-written because the linear programme of a city
(areas times sites variables) takes seconds in any solver, the prices milliseconds. The same prices
show which sites, and which journeys, no better plan can use, and point at good plans.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from mapping.hubs.nearest.choice import fuzz
from mapping.hubs.nearest.remainder import Remainder

# The pace at which steps are too short to matter.
SLOWEST = 2e-3
# Prices below this share of the mean count as that much when steps are scaled.
SMALLEST = 1e-3
# How much of a step against the last one is taken out (Camerini, Fratta and Maffioli, 1975).
DEFLECTION = 1.5
# Weight of the newest pick in the running share of picks (the volume algorithm's average;
# Barahona and Anbil, 2000).
NEWEST = 0.12


@dataclass(frozen=True, eq=False)
class Relaxation:
    """
    A proven lower bound on what is left of a choice, and the prices behind it.

    Parameters
    ----------
    bound
        No pick costs less.
    prices
        The price of each area.
    reduced
        What picking each site adds to the relaxed cost, never above 0.
    share
        How often each site was picked lately: near the linear programme's fractions.
    pace
        How long the last steps were.
    """

    bound: float
    prices: np.ndarray
    reduced: np.ndarray
    share: np.ndarray
    pace: float


def relax(
    rest: Remainder,
    prices: np.ndarray,
    *,
    rounds: int,
    pace: float,
    patience: int,
    goal: Callable[[], float],
    met: Callable[[np.ndarray, float], bool],
) -> Relaxation:
    """
    Raise the bound by deflected subgradient steps on the prices.

    Parameters
    ----------
    rest
        What is left to choose.
    prices
        Where to start.
    rounds
        Most steps to take.
    pace
        Length of the first steps, as a share of the way to the goal: about 1.
    patience
        Steps without a higher bound before the pace is halved.
    goal
        A bound as high as this is high enough; asked anew each round, for plans improve.
    met
        Told of the sites that the prices pick and of the bound each round; True ends the rounds.
    """
    state = _Ascent(rest, prices, pace, patience)
    for _ in range(rounds):
        state.judge()
        if state.bound >= goal() or met(state.chosen, state.bound):
            break
        if state.pace < SLOWEST or not state.move(goal()):
            break
    return Relaxation(state.bound, state.best, state.reduced, state.share, state.pace)


def narrowed(rest: Remainder, relaxed: Relaxation, room: float) -> Remainder:
    """
    Leave out what no plan can use whose cost is within `room` of the bound.

    Forcing a site in or out, or an area to a site, raises the bound; where that takes more than
    the room, it is ruled out or, for a site that cannot be missed, in.
    """
    room += fuzz(relaxed.bound)
    within, without = rest.selection.forcing(relaxed.reduced)
    table = rest.journeys
    # Forcing the journey costs what its site's coming in costs and what it is above the price.
    dearer = np.maximum(table.cost - relaxed.prices[table.area], 0.0)
    useful = table.only(within[table.site] + dearer <= room)
    return rest.decided(np.flatnonzero(without > room), np.flatnonzero(within > room), useful)


class _Ascent:
    """Prices on their way up: the only moving parts of the bound, kept in one place."""

    def __init__(self, rest: Remainder, prices: np.ndarray, pace: float, patience: int) -> None:
        self.rest, self.table, self.pace, self.patience = rest, rest.journeys, pace, patience
        self.prices = np.clip(prices, rest.floor, rest.ceiling)
        self.bound, self.best, self.stalled = -inf, self.prices, 0
        self.reduced = self.share = np.zeros(len(rest.may))
        self.weight, self.last = 1.0, np.zeros(0)
        self.scale = _scale(self.prices)
        self._relax()

    def judge(self) -> None:
        """Take the bound at these prices; after a stall, go back to the best and slow down."""
        self.stalled = 0 if self.now > self.bound + 1e-6 * abs(self.now) else self.stalled + 1
        if self.now > self.bound:
            self.bound, self.best, self.reduced = self.now, self.prices, self.costs
        if self.stalled >= self.patience:
            self.pace, self.stalled, self.prices = self.pace / 2, 0, self.best
            self.last = np.zeros(0)
            self._relax()

    def move(self, goal: float) -> bool:
        """Step towards prices at which every area is wanted once; False where they all are."""
        slope = 1.0 - self._wanted()
        if len(self.last) and (against := slope @ (self.scale * self.last)) < 0:
            slope -= DEFLECTION * against / (self.last @ (self.scale * self.last)) * self.last
        steepness = slope @ (self.scale * slope)
        if not steepness or not len(self.chosen):
            return False
        stride = self.pace * (goal - self.now) / steepness
        # Prices beyond these ends only lower the bound.
        prices = self.prices + stride * self.scale * slope
        self.prices = np.clip(prices, self.rest.floor, self.rest.ceiling)
        self.last = slope
        self._relax()
        return True

    def _relax(self) -> None:
        self.saved = self.table.saved(self.prices)
        self.costs = -self.table.by_site(self.saved)
        self.chosen = self.rest.selection.cheapest(self.costs)
        possible = len(self.chosen) == self.rest.pick
        total = self.prices.sum() + self.costs[self.chosen].sum()
        self.now = float(total) if possible else inf
        self.share = self.share * (1.0 - self.weight)
        self.share[self.chosen] += self.weight
        self.weight = NEWEST

    def _wanted(self) -> np.ndarray:
        """How many of the sites that the prices pick would serve each area."""
        journeys = self.table.of(self.chosen)
        serving = journeys[self.saved[journeys] > 0]
        return np.bincount(self.table.area[serving], minlength=self.table.areas)


def _scale(prices: np.ndarray) -> np.ndarray:
    """
    How far each area's price moves in a step, relative to the others.

    As the root of the price: where costs are person-minutes it matters little, but equitable costs
    grow exponentially with the minutes, and equal steps ended 5 % below the bound that these reach
    within 0.1 % (1,600 areas, 500 sites, 10 hubs).
    """
    size = np.abs(prices)
    mean = size.mean() if len(size) else 0.0
    if not mean > 0:
        return np.ones(len(prices))
    return np.sqrt(np.maximum(size / mean, SMALLEST))
