"""Search for good routes with PyVRP."""

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from pyvrp import (
    Client,
    CostEvaluator,
    Depot,
    IteratedLocalSearchParams,
    Location,
    PenaltyParams,
    ProblemData,
    Solution,
    SolveParams,
    VehicleType,
    solve,
)
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from mapping.bus.problem import Problem
from mapping.bus.reach import latest_starts, worth_planning

Routes = list[list[int]]

SECOND = 60
"""PyVRP counts in whole numbers: seconds here. Legs and sessions are rounded up, closing times
down, so that what fits in seconds fits in minutes."""

SEEDS = 4

# Routes of plans up to this much dearer than the best are kept, so many are chosen among, and a
# choice may take so many seconds.
NEAR = 1.05
MOST_SEEN = 6000
MOST_COMBINING = 1.0

LEAST_ITERATIONS = 2000

# The smallest stop is worth this many of the longest sensible detours; with no cost of driving,
# or with prizes near it, PyVRP stays 7 % below the best on published instances instead of 0.2 %.
WORTH = 1.5
LARGEST_PRIZE = 1e9


class Budget:
    """
    End a run after a number of iterations or at the deadline, telling progress on the way.

    Counting iterations makes a plan repeatable; the deadline is the guard on slow computers.
    """

    def __init__(
        self, iterations: int, deadline: float, tell: Callable[[float], None] | None
    ) -> None:
        self.iterations, self.deadline, self.tell = iterations, deadline, tell
        self.done = self.since_better = 0
        self.best: float = np.inf
        self.clocked = False

    def __call__(self, best_cost: int) -> bool:
        """Return whether the run is over, given the cost of the best routes so far."""
        self.since_better = 0 if best_cost < self.best else self.since_better + 1
        self.best = min(self.best, best_cost)
        self.done += 1
        self.clocked = time.perf_counter() >= self.deadline
        if self.tell is not None and self.done % 100 == 0:
            self.tell(self.done / self.iterations)
        return (
            self.clocked or self.done > self.iterations or self.since_better > self.iterations // 2
        )


def search(
    problem: Problem,
    mask: np.ndarray,
    *,
    enough: float,
    deadline: float,
    seed: int,
    progress: Callable[[float], None] | None,
) -> tuple[Routes, bool]:
    """
    Return the best routes found, as positions of stops, and whether the clock ended the search.

    Parameters
    ----------
    problem
        The problem.
    mask
        The stops that some day could visit.
    enough
        People no plan can exceed; a plan that reaches them ends the search.
    deadline
        When to end, on the clock of `time.perf_counter`.
    seed
        Seed of the first of several runs.
    progress
        Called with the share of the work done, 0 to 1.
    """
    stops = np.flatnonzero(worth_planning(problem, mask))
    best = out_and_back(problem, stops[problem.people[stops] > 0])
    stops = stops[_has_whole_start(problem, stops)]
    clocked = False
    seen = Seen(stops)
    for run in range(SEEDS if problem.people[stops].any() else 0):
        if people_of(problem, best) >= enough:
            break
        data = _data(problem, stops)
        iterations = max(LEAST_ITERATIONS, len(stops) ** 3 // 40)
        budget = Budget(iterations, _share(deadline, SEEDS - run), _tell(progress, run))
        start = None if run < SEEDS - 1 else _solution(data, stops, best)
        found = _run(data, budget, seed + run, stops, seen, start)
        clocked |= budget.clocked
        best = max(best, found, key=lambda routes: _rank(problem, routes))
        if run >= 1:
            seconds = min(MOST_COMBINING, (deadline - time.perf_counter()) / 2)
            best = max(best, seen.combined(problem, seconds), key=lambda rs: _rank(problem, rs))
    if progress is not None:
        progress(1.0)
    return best, clocked


class Seen(IteratedLocalSearchCallbacks):
    """
    The routes that a search came by, and the best choice among them (a set packing).

    Runs of different seeds find good routes that never stand in one plan; choosing among all of
    them costs a second and often beats the best run (Rochat and Taillard, 1995).
    """

    def __init__(self, stops: np.ndarray) -> None:
        super().__init__()
        self.stops = stops
        self.routes: dict[frozenset[int], list[int]] = {}

    def on_iteration(
        self,
        current: Solution,  # noqa: ARG002 (PyVRP passes it)
        candidate: Solution,
        best: Solution,
        cost_evaluator: CostEvaluator,
    ) -> None:
        """Keep the routes of plans near the best one."""
        if not candidate.is_feasible():
            return
        if cost_evaluator.cost(candidate) <= NEAR * max(cost_evaluator.cost(best), 1):
            for route in _routes(candidate, self.stops):
                self.routes.setdefault(frozenset(route), route)

    def combined(self, problem: Problem, seconds: float) -> Routes:
        """Return the best choice of as many routes as there are days, found in the time."""
        if seconds <= 0 or not self.routes:
            return []
        routes = list(self.routes.values())
        people = np.array([problem.people[route].sum() for route in routes])
        if len(routes) > MOST_SEEN:
            most = np.argsort(-people, kind="stable")[:MOST_SEEN]
            routes, people = [routes[k] for k in most], people[most]
        row = np.concatenate(routes)
        col = np.repeat(np.arange(len(routes)), [len(route) for route in routes])
        once = sparse.csr_array(
            (np.ones(len(row)), (row, col)), shape=(len(problem.stops), len(routes))
        )
        limits = sparse.vstack([once, sparse.csr_array(np.ones((1, len(routes))))])
        solved = milp(
            -people,
            constraints=LinearConstraint(
                limits, ub=np.append(np.ones(len(problem.stops)), problem.days)
            ),
            integrality=np.ones(len(routes)),
            bounds=Bounds(0, 1),
            options={"time_limit": seconds},
        )
        if solved.x is None:
            return []
        return [routes[k] for k in np.flatnonzero(solved.x > 0.5)]


def out_and_back(problem: Problem, stops: np.ndarray) -> Routes:
    """Return a plan to fall back on: each day one stop, those with most people first."""
    begin = np.maximum(problem.outward, problem.opens)
    home = begin + problem.dwell + problem.homeward
    fits = [k for k in stops if begin[k] <= problem.closes[k] and home[k] <= problem.shift]
    return [[int(k)] for k in sorted(fits, key=lambda k: -problem.people[k])[: problem.days]]


def _share(deadline: float, runs: int) -> float:
    now = time.perf_counter()
    return now + (deadline - now) / runs


def _tell(progress: Callable[[float], None] | None, run: int) -> Callable[[float], None] | None:
    return None if progress is None else lambda share: progress((run + share) / SEEDS)


def people_of(problem: Problem, routes: Routes) -> float:
    """Return the people at the stops of all routes."""
    return float(sum(problem.people[route].sum() for route in routes))


def _rank(problem: Problem, routes: Routes) -> tuple[float, float]:
    driven = 0.0
    for route in routes:
        way = [0, *(stop + 1 for stop in route), 0]
        driven += float(problem.travel[way[:-1], way[1:]].sum())
    return people_of(problem, routes), -driven


def _data(problem: Problem, stops: np.ndarray) -> ProblemData:
    horizon = int(problem.shift * SECOND)
    places = np.append(0, stops + 1)
    legs = np.ceil(problem.travel[np.ix_(places, places)] * SECOND - 1e-6)
    # A leg without a route is dearer than any day, so no feasible plan holds it.
    legs = np.where(legs > horizon, 4 * horizon + 4, legs).astype(np.int64)
    people = problem.people[stops]
    worth = min(WORTH * horizon / people[people > 0].min(), LARGEST_PRIZE / people.max())
    earliest, latest = _window(problem, stops)
    clients = [
        Client(
            location=place,
            service_duration=int(np.ceil(problem.dwell[stop] * SECOND - 1e-6)),
            tw_early=int(earliest[place - 1]),
            tw_late=int(latest[place - 1]),
            prize=int(np.ceil(problem.people[stop] * worth)),
            required=False,
        )
        for place, stop in enumerate(stops, start=1)
    ]
    bus = VehicleType(problem.days, tw_late=horizon, shift_duration=horizon, unit_distance_cost=1)
    matrices: list[Any] = [legs]  # PyVRP's stubs call a matrix an array of shape int
    return ProblemData(
        [Location(0, 0) for _ in places], clients, [Depot(0)], [bus], matrices, matrices
    )


def _window(problem: Problem, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last whole second at which each session may start."""
    earliest = np.ceil(np.maximum(problem.opens[stops], 0) * SECOND - 1e-6)
    return earliest, np.floor(latest_starts(problem)[stops] * SECOND + 1e-6)


def _has_whole_start(problem: Problem, stops: np.ndarray) -> np.ndarray:
    earliest, latest = _window(problem, stops)
    return earliest <= latest


def _run(  # noqa: PLR0917 (what PyVRP takes)
    data: ProblemData,
    budget: Budget,
    seed: int,
    stops: np.ndarray,
    seen: Seen,
    start: Solution | None,
) -> Routes:
    prize = max(client.prize for client in data.clients())
    params = SolveParams(
        ils=IteratedLocalSearchParams(callbacks=seen),
        penalty=PenaltyParams(max_penalty=max(1e5, prize / 10)),
    )
    with warnings.catch_warnings():
        # PyVRP warns about its own penalties and empty plans; the verifier judges the routes.
        warnings.simplefilter("ignore")
        result = solve(
            data,
            budget,
            seed,
            collect_stats=False,
            display=False,
            params=params,
            initial_solution=start,
        )
    return _routes(result.best, stops) if result.is_feasible() else []


def _solution(data: ProblemData, stops: np.ndarray, routes: Routes) -> Solution | None:
    """Return routes as PyVRP holds them, to start from; None where it cannot hold them."""
    place = {int(stop): number for number, stop in enumerate(stops)}
    if not all(stop in place for route in routes for stop in route):
        return None
    return Solution(data, [[place[stop] for stop in route] for route in routes])


def _routes(solution: Solution, stops: np.ndarray) -> Routes:
    return [
        [int(stops[activity.idx]) for activity in route if activity.is_client()]
        for route in solution.routes()
    ]
