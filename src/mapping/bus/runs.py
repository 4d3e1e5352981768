"""Runs of PyVRP, and the routes they come by."""

import time
import warnings
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

from mapping.bus.pricing import Routes
from mapping.bus.problem import Problem

SECOND = 60
"""PyVRP counts in whole numbers: seconds here. Legs and sessions are rounded up, closing times
down, so that what fits in seconds fits in minutes."""

# Routes of plans up to this much dearer than the best are kept, so many are chosen among.
NEAR = 1.05

# The smallest stop is worth this many of the longest sensible detours; with no cost of driving,
# or with prizes near it, PyVRP stays 7 % below the best on published instances instead of 0.2 %.
WORTH = 1.5
LARGEST_PRIZE = 1e9


class Runs:
    """
    Runs of PyVRP on one problem.

    Parameters
    ----------
    problem
        The problem.
    stops
        Positions of the stops that routes may hold.
    seed
        Seed of the first run; each further one takes the next.
    """

    def __init__(self, problem: Problem, stops: np.ndarray, seed: int) -> None:
        self.problem, self.seed = problem, seed
        self.stops = stops[_has_whole_start(problem, stops)]
        self.data = model(problem, self.stops) if problem.people[self.stops].any() else None
        self.seen = _Seen(self.stops)

    def run(self, start: Routes, *, iterations: int, deadline: float) -> tuple[Routes, bool]:
        """
        Return the routes of one run, and whether the clock ended it.

        Parameters
        ----------
        start
            Routes to start from; none for a start of PyVRP's own.
        iterations
            How many to do: a number of them, unlike a time, makes a run repeatable.
        deadline
            When to end anyway, on the clock of `time.perf_counter`.
        """
        if self.data is None:
            return [], False
        budget = _Budget(iterations, deadline)
        prize = max(client.prize for client in self.data.clients())
        params = SolveParams(
            ils=IteratedLocalSearchParams(callbacks=self.seen),
            penalty=PenaltyParams(max_penalty=max(1e5, prize / 10)),
        )
        with warnings.catch_warnings():
            # PyVRP warns about its own penalties and empty plans; the verifier judges the routes.
            warnings.simplefilter("ignore")
            result = solve(
                self.data,
                budget,
                self.seed,
                collect_stats=False,
                display=False,
                params=params,
                initial_solution=_solution(self.data, self.stops, start) if start else None,
            )
        self.seed += 1
        found = _routes(result.best, self.stops) if result.is_feasible() else []
        return found, budget.clocked

    def routes(self) -> Routes:
        """Return the routes that runs came by since they were last asked for."""
        found, self.seen.routes = self.seen.routes, {}
        return list(found.values())


class _Budget:
    """End a run after a number of iterations, or at the deadline."""

    def __init__(self, iterations: int, deadline: float) -> None:
        self.left, self.deadline = iterations, deadline
        self.clocked = False

    def __call__(self, best_cost: int) -> bool:  # noqa: ARG002 (PyVRP passes it)
        self.left -= 1
        self.clocked = time.perf_counter() >= self.deadline
        return self.clocked or self.left < 0


class _Seen(IteratedLocalSearchCallbacks):
    """The routes of plans near the best one of their run."""

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
        if not candidate.is_feasible():
            return
        if cost_evaluator.cost(candidate) <= NEAR * max(cost_evaluator.cost(best), 1):
            for route in _routes(candidate, self.stops):
                self.routes.setdefault(frozenset(route), route)


def model(problem: Problem, stops: np.ndarray) -> ProblemData:
    """Return the problem over some stops as PyVRP holds it, with a prize for each stop's people."""
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
    return earliest, np.floor(problem.latest_starts[stops] * SECOND + 1e-6)


def _has_whole_start(problem: Problem, stops: np.ndarray) -> np.ndarray:
    earliest, latest = _window(problem, stops)
    return earliest <= latest


def _solution(data: ProblemData, stops: np.ndarray, routes: Routes) -> Solution | None:
    """Return routes as PyVRP holds them; None where it cannot hold them."""
    place = {int(stop): number for number, stop in enumerate(stops)}
    if not all(stop in place for route in routes for stop in route):
        return None
    return Solution(data, [[place[stop] for stop in route] for route in routes])


def _routes(solution: Solution, stops: np.ndarray) -> Routes:
    return [
        [int(stops[activity.idx]) for activity in route if activity.is_client()]
        for route in solution.routes()
    ]
