"""How short journeys to a place could be: a price on every area, and the bound it proves.

Where hubs have room for so many, "everyone has one place" ties the sites together. A price for
each area in its stead leaves every site to fill its room with whoever it saves the most, and a
choice of sites that is solved by sorting: the Lagrangian bound of capacitated location
(after Beasley, J. E. (1988), "An algorithm for solving large capacitated warehouse location
problems", European Journal of Operational Research 33).
Hand-written because a solver needs seconds for the linear programme of a city's areas times sites,
which gives the same bound; steps on the prices take milliseconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from mapping.hubs.nearest.choice import fuzz
from mapping.hubs.nearest.selection import Selection
from mapping.hubs.questions.places import Rooms

# Steps without a higher bound before they are halved, and the pace at which they are too short.
PATIENCE = 12
SLOWEST = 5e-3
# How much of a step against the last one is taken out (Camerini, Fratta and Maffioli, 1975).
DEFLECTION = 1.5


@dataclass(frozen=True, eq=False)
class Tariff:
    """
    What is to be made least: cost of every place that is taken, and a charge for who has none.

    Parameters
    ----------
    rooms
        Who could have a place where.
    cost
        Cost of a person's place, for each entry of `rooms`.
    charge
        Cost of a person without a place; infinite where everyone must have one.
    inside, outside
        Positions of the free sites that are open, and closed, in every plan considered.
    """

    rooms: Rooms
    cost: np.ndarray
    charge: float
    inside: np.ndarray
    outside: np.ndarray

    @classmethod
    def of(cls, rooms: Rooms, cost: np.ndarray, charge: float) -> "Tariff":
        """Leave every free site undecided."""
        none = np.empty(0, dtype=int)
        return cls(rooms, cost, charge, none, none)

    @property
    def free(self) -> int:
        """How many sites may be opened but need not be; they are the first."""
        return int(self.rooms.asked.free.sum())

    @property
    def least(self) -> np.ndarray:
        """Lowest useful price of each area: its cheapest place."""
        least = np.full(len(self.rooms.asked.people), inf)
        np.minimum.at(least, self.rooms.area, self.cost)
        return least

    def decided(self, into: np.ndarray, out: np.ndarray) -> "Tariff":
        """Open and close more sites for good."""
        return replace(
            self, inside=np.union1d(self.inside, into), outside=np.union1d(self.outside, out)
        )

    @property
    def undecided(self) -> np.ndarray:
        """Positions of the free sites that are neither open nor closed for good."""
        return np.setdiff1d(np.arange(self.free), np.r_[self.inside, self.outside])


@dataclass(frozen=True, eq=False)
class Bid:
    """
    A proven lower bound at some prices.

    Parameters
    ----------
    bound
        No plan costs less.
    prices
        What a person of each area pays.
    worth
        What opening each site adds to the relaxed cost, never above 0; the free sites first.
    picked
        Free sites of the relaxed plan, sorted.
    spare
        People of each area without a place in the relaxed plan; below 0 where they have several.
    """

    bound: float
    prices: np.ndarray
    worth: np.ndarray
    picked: np.ndarray
    spare: np.ndarray


def bid(tariff: Tariff, prices: np.ndarray) -> Bid:
    """Let every site take whom it saves the most at these prices, and pick the best sites."""
    rooms, people = tariff.rooms, tariff.rooms.asked.people
    rate = tariff.cost - prices[rooms.area]
    some = np.flatnonzero(rate < 0)
    some = some[np.lexsort((rate[some], rooms.site[some]))]
    taken = _filled(rooms, some)
    worth = np.bincount(rooms.site[some], weights=taken * rate[some], minlength=len(rooms.columns))
    worth = worth.astype(float)  # without an entry numpy counts in whole numbers
    picked = _picked(tariff, worth[: tariff.free])
    if picked is None:
        return Bid(inf, prices, worth, np.empty(0, dtype=int), np.zeros(len(people)))
    opened = rooms.opened(picked)
    placed = np.bincount(
        rooms.area[some], weights=taken * opened[rooms.site[some]], minlength=len(people)
    )
    bound = float(people @ prices + worth[opened].sum())
    return Bid(bound, prices, worth, picked, people - placed)


def _filled(rooms: Rooms, some: np.ndarray) -> np.ndarray:
    """People whom each site takes from some entries, in order of site and then of wish."""
    people, site = rooms.people[some], rooms.site[some]
    before = np.cumsum(people) - people
    first = np.searchsorted(site, np.arange(len(rooms.columns)))
    start = np.r_[before, 0.0][np.minimum(first, len(before))]
    return np.clip(rooms.room[site] - (before - start[site]), 0.0, people)


def _picked(tariff: Tariff, worth: np.ndarray) -> np.ndarray | None:
    """Free sites of the cheapest plan at these worths; None where no plan is left."""
    cost = worth.copy()
    # So low that what is open for good comes first, whatever the rest are worth.
    cost[tariff.inside] -= 1.0 + 2.0 * np.abs(worth).sum()
    cost[tariff.outside] = inf
    picked = _selection(tariff).cheapest(cost) if len(cost) else np.empty(0, dtype=int)
    picked = picked[np.isfinite(cost[picked])]
    fits = len(picked) == tariff.rooms.asked.pick and np.isin(tariff.inside, picked).all()
    return np.sort(picked) if fits else None


def _selection(tariff: Tariff) -> Selection:
    asked = tariff.rooms.asked
    if asked.pick in (0, tariff.free):
        return Selection(tariff.free, asked.pick, group=-1 - np.arange(tariff.free))
    return Selection.of(tariff.free, asked.pick, asked.rules)


def raised(
    tariff: Tariff,
    prices: np.ndarray,
    *,
    rounds: int,
    goal: Callable[[], float],
    met: Callable[[Bid], bool],
    pace: float = 1.0,
) -> Bid:
    """
    Raise the bound by deflected subgradient steps on the prices.

    Parameters
    ----------
    tariff
        What is to be made least.
    prices
        Where to start, for each area.
    rounds
        Most steps to take.
    goal
        A bound as high as this is high enough; asked anew each round, for plans improve.
    met
        Told of every step; True ends them.
    pace
        Length of the first steps, as a share of the way to the goal (Polyak, 1969).
    """
    least, people = tariff.least, tariff.rooms.asked.people
    now = best = bid(tariff, np.clip(prices, least, np.maximum(least, tariff.charge)))
    stalled, last = 0, np.zeros(len(people))
    for _ in range(rounds):
        if best.bound >= goal() or met(now) or pace < SLOWEST:
            break
        slope = _deflected(now.spare / np.maximum(people, 1e-300), last)
        steepness = slope @ (people * slope)
        if not steepness:
            break
        stride = pace * max(goal() - now.bound, fuzz(best.bound)) / steepness
        upper = np.maximum(least, tariff.charge)
        now, last = bid(tariff, np.clip(now.prices + stride * slope, least, upper)), slope
        stalled = 0 if now.bound > best.bound + 1e-6 * abs(best.bound) else stalled + 1
        best = now if now.bound > best.bound else best
        if stalled >= PATIENCE:
            now, pace, stalled, last = best, pace / 2, 0, np.zeros(len(people))
    return best


def _deflected(slope: np.ndarray, last: np.ndarray) -> np.ndarray:
    against = slope @ last
    return slope - DEFLECTION * against / (last @ last) * last if against < 0 else slope


def ruled_out(tariff: Tariff, best: Bid, goal: float) -> Tariff:
    """Close, or open, for good the sites without, or with, which no plan beats the goal."""
    left, asked = tariff.undecided, tariff.rooms.asked
    pick = asked.pick - len(tariff.inside)
    if not 0 < pick < len(left):
        return tariff
    selection = Selection.of(len(left), pick, asked.rules.narrowed(left, tariff.inside))
    worth = best.worth[left]
    cheapest = selection.cheapest(worth)
    if len(cheapest) < pick:
        return tariff
    within, without = selection.forcing(worth)
    # The rules still asked may be fewer than those of the bound, so it is worked out again.
    sure = best.worth[tariff.rooms.opened(tariff.inside)].sum() + worth[cheapest].sum()
    room = goal - float(asked.people @ best.prices + sure)
    room += fuzz(room)
    return tariff.decided(left[without > room], left[within > room])
