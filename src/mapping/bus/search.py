"""Search for good routes, and for how good any could be."""

import time
from collections.abc import Callable

import numpy as np

from mapping.bus.bound import whole
from mapping.bus.packing import Packing, Prices
from mapping.bus.pricing import Effort, Pricing, Routes
from mapping.bus.problem import Problem
from mapping.bus.reach import worth_planning
from mapping.bus.runs import Runs

__all__ = ["Routes", "search"]

# Iterations of a run of PyVRP: about a second's worth for a hundred stops.
ITERATIONS, ITERATIONS_A_STOP = 500, 20

# Each search of prices starts with the first, and only where that finds nothing works harder.
# The last gives up hardly anything: what ends it is proof, where routes are short.
EFFORTS = (
    Effort(1, 150),
    Effort(1, 600),
    Effort(2, 2_000),
    Effort(4, 6_000),
    Effort(8, 20_000),
    Effort(50, 20_000, proving=True),
)
FIRST_EFFORTS = 3

# Of the time there is, what a turn takes of it at first, at least and at most: one that led to a
# better plan has more the next time, one that did not has less.
FIRST_SHARE, LEAST_SHARE, MOST_SHARE = 0.12, 0.04, 0.3
MORE, LESS = 1.6, 0.7

# Column generation has this many times the share of a run for prices, and of it for the rest.
PRICING, DIVE, CHOICE = 1.6, 0.4, 0.8

# What is kept for the last choice.
LAST = 0.03

DIVES = 3

# Rounds that find nothing better before the search ends, once every effort was made.
PATIENCE = 2

# A plan this near its bound is the best: the rest is rounding.
PROVEN = 1 - 1e-9


def search(
    problem: Problem,
    mask: np.ndarray,
    *,
    bound: float,
    deadline: float,
    seed: int,
    progress: Callable[[float], None] | None,
) -> tuple[Routes, float, bool]:
    """
    Return the best routes found, a bound on any, and whether the clock ended the search.

    Rounds of three ways to routes that feed each other: runs of PyVRP give good ones to start
    with; column generation finds those that the prices of all others call for, and its
    relaxation bounds what any plan could reach; and a set packing by HiGHS chooses among all
    routes seen (Rochat and Taillard, 1995; Boussier, Feillet and Gendreau, 2007).

    Parameters
    ----------
    problem
        The problem.
    mask
        The stops that some day could visit.
    bound
        People no plan can exceed; a plan that reaches them ends the search.
    deadline
        When to end, on the clock of `time.perf_counter`.
    seed
        Seed of the first of several runs.
    progress
        Called with the share of the work done, 0 to 1.
    """
    stops = np.flatnonzero(worth_planning(problem, mask))
    rounds = _Rounds(problem, stops, bound=bound, deadline=deadline, seed=seed, tell=progress)
    if problem.people[stops].any():
        rounds.search()
    if progress is not None:
        progress(1.0)
    return rounds.best, rounds.bound, rounds.clocked


class _Rounds:
    """The search under way."""

    def __init__(
        self,
        problem: Problem,
        stops: np.ndarray,
        *,
        bound: float,
        deadline: float,
        seed: int,
        tell: Callable[[float], None] | None,
    ) -> None:
        self.problem, self.stops, self.bound = problem, stops, bound
        self.began, self.deadline = time.perf_counter(), deadline
        self.tell = tell
        self.runs = Runs(problem, stops, seed)
        self.pricing = Pricing(problem, stops)
        self.packing = Packing(problem)
        self.alone = out_and_back(problem, stops)
        self.best = [[stop] for [stop] in self.alone if problem.people[stop] > 0][: problem.days]
        self.clocked = False
        self.efforts = FIRST_EFFORTS

    def search(self) -> None:
        self.packing.add(self.alone)
        turns = (self._go_on, self._generate, self._start_anew)
        shares = dict.fromkeys(turns, FIRST_SHARE)
        self._start_anew(min(FIRST_SHARE * max(1.0, len(self.stops) / 100), MOST_SHARE))
        stale = 0
        while not self._over() and stale <= PATIENCE:
            better = False
            for turn, share in shares.items():
                before = self.problem.people_of(self.best)
                turn(share)
                led = self.problem.people_of(self.best) > before
                shares[turn] = min(max(share * (MORE if led else LESS), LEAST_SHARE), MOST_SHARE)
                better |= led
            stale = 0 if better or self.efforts < len(EFFORTS) else stale + 1
            self.efforts = min(self.efforts + 1, len(EFFORTS))

    def _start_anew(self, share: float) -> None:
        """Let PyVRP search from a start of its own."""
        self._run([], share)

    def _go_on(self, share: float) -> None:
        """Let PyVRP search from the best plan."""
        self._run(self.best, share)

    def _run(self, start: Routes, share: float) -> None:
        if self._over():
            return
        each = (ITERATIONS + ITERATIONS_A_STOP * len(self.stops)) / FIRST_SHARE
        found, clocked = self.runs.run(
            start, iterations=int(each * share), deadline=self._until(share)
        )
        self.clocked |= clocked
        self.packing.add(self.runs.routes())
        self._offer(found)
        self._choose(CHOICE * share)

    def _generate(self, share: float) -> None:
        """Generate columns, and choose among all routes seen."""
        self._price(PRICING * share)
        for later in range(DIVES):
            self._dive(DIVE * share, later)
        self._choose(CHOICE * share)

    def _price(self, share: float) -> None:
        """Add routes that the prices call for, until the efforts of this round find none."""
        until, effort = self._until(share), 0
        while effort < self.efforts and not self._proven():
            if time.perf_counter() >= until:
                self.clocked = True
                return
            prices = self.packing.prices()
            added = self._add_priced(prices, EFFORTS[effort], until)
            effort = max(0, effort - 1) if added else effort + 1

    def _add_priced(
        self, prices: Prices, effort: Effort, until: float, *, without: tuple[int, ...] = ()
    ) -> int:
        """Add routes worth more than the prices; take the bound where the search was complete."""
        worth = self.problem.people - prices.stop
        worth[list(without)] = -np.inf
        found = self.pricing.routes(worth, above=prices.day, effort=effort, until=until)
        if found.complete and not without:
            # Any prices bound every plan (Lagrange): all of them, and each day the best route.
            bound = float(prices.stop[self.stops].sum()) + self.problem.days * found.most
            self.bound = min(self.bound, whole(self.problem, bound))
        return self.packing.add(found.routes)

    def _choose(self, share: float) -> None:
        """Choose among all routes seen."""
        if self._over():
            return
        now = time.perf_counter()
        seconds = min(share * (self.deadline - self.began), self.deadline - now)
        found, bound = self.packing.chosen(self.best, seconds)
        self.clocked |= self.problem.people_of(found) < bound
        self._offer(found)

    def _dive(self, share: float, later: int) -> None:
        """
        Fix the route that the relaxation takes most of, price anew, and so on day by day.

        Where it led before, `later` says how many routes to pass over at first.
        """
        until = self._until(share)
        taken: Routes = []
        for _ in range(0 if self._over() else self.problem.days):
            prices = self._priced_dive(taken, until)
            free = self._free(prices, taken)
            if len(free) <= later or time.perf_counter() >= until:
                break
            taken.append(self.packing.routes[free[later]])
            self.packing.take(taken[-1])
            later = 0
        self.packing.release()
        self._offer(taken)

    def _priced_dive(self, taken: Routes, until: float) -> Prices:
        gone = tuple(stop for route in taken for stop in route)
        prices = self.packing.prices()
        while taken and time.perf_counter() < until:
            if not self._add_priced(prices, EFFORTS[0], until, without=gone):
                break
            prices = self.packing.prices()
        return prices

    def _free(self, prices: Prices, taken: Routes) -> np.ndarray:
        """Return the routes that the relaxation takes some of and that are still to be had."""
        gone = {stop for route in taken for stop in route}
        some = np.flatnonzero(prices.share > 1e-6)
        some = some[np.argsort(-prices.share[some], kind="stable")]
        return some[np.array([gone.isdisjoint(self.packing.routes[k]) for k in some], dtype=bool)]

    def _offer(self, routes: Routes) -> None:
        self.best = max(self.best, routes, key=lambda found: _rank(self.problem, found))
        if self.tell is not None:
            now = time.perf_counter()
            self.tell(min(1.0, (now - self.began) / max(self.deadline - self.began, 1e-9)))

    def _proven(self) -> bool:
        return self.problem.people_of(self.best) >= self.bound * PROVEN

    def _over(self) -> bool:
        if time.perf_counter() >= self.deadline:
            self.clocked = True
            return True
        return self._proven()

    def _until(self, share: float) -> float:
        """Return when a part of the work ends that may take a share of all the time."""
        whole = self.deadline - self.began
        return min(time.perf_counter() + share * whole, self.deadline - LAST * whole)


def out_and_back(problem: Problem, stops: np.ndarray) -> Routes:
    """Return the routes to one stop only, those to most people first."""
    begin = np.maximum(problem.outward, problem.opens)
    home = begin + problem.dwell + problem.homeward
    fits = [k for k in stops if begin[k] <= problem.closes[k] and home[k] <= problem.shift]
    return [[int(k)] for k in sorted(fits, key=lambda k: -problem.people[k])]


def _rank(problem: Problem, routes: Routes) -> tuple[float, float]:
    driven = 0.0
    for route in routes:
        way = [0, *(stop + 1 for stop in route), 0]
        driven += float(problem.travel[way[:-1], way[1:]].sum())
    return problem.people_of(routes), -driven
