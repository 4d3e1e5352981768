"""The choice among routes: one a day, each stop at most once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from mapping.bus.pricing import Routes
from mapping.bus.problem import Problem

# The choice is made among so many routes at most, those nearest to being worth their prices.
MOST_CHOSEN_FROM = 3000

TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Prices:
    """
    The linear relaxation of the choice, and its prices (duals).

    Parameters
    ----------
    people
        What the relaxation reaches.
    stop
        By position of a stop in the problem: what room for it is worth.
    day
        What one more day is worth.
    share
        By route: how much of it the relaxation takes.
    """

    people: float
    stop: np.ndarray
    day: float
    share: np.ndarray


class Packing:
    """
    Routes found so far, as a set packing that HiGHS solves again from where it was.

    Parameters
    ----------
    problem
        The problem.
    routes
        The first of them.
    """

    def __init__(self, problem: Problem, routes: Routes | None = None) -> None:
        self.problem = problem
        self.routes: Routes = []
        self._seen: set[frozenset[int]] = set()
        self._solver = self._empty()
        self.add(routes or [])

    def add(self, routes: Iterable[list[int]]) -> int:
        """Add those whose stops no route held together before; return how many."""
        before = len(self.routes)
        for route in routes:
            stops = frozenset(route)
            if stops and stops not in self._seen:
                self._seen.add(stops)
                self.routes.append(route)
        self._columns(self._solver, self.routes[before:])
        return len(self.routes) - before

    def prices(self) -> Prices:
        """Return the linear relaxation over the routes so far."""
        self._solver.run()
        solution = self._solver.getSolution()
        dual = np.maximum(np.array(solution.row_dual), 0)
        people = self._solver.getInfo().objective_function_value
        return Prices(people, dual[:-1], float(dual[-1]), np.array(solution.col_value))

    def bound(self) -> float:
        """
        Return a number of people that no choice among the routes so far exceeds.

        With a price on every stop, no choice reaches more than all prices plus, each day, the
        route that exceeds its own prices most (Lagrange); so any prices give a bound, whatever the
        solver's tolerance, and those of the relaxation the best one.
        """
        if not self.routes:
            return 0.0
        price = self.prices().stop
        surplus = self._sums(self.problem.people - price, self.routes).max()
        return float(price.sum() + self.problem.days * max(0.0, surplus))

    def take(self, route: list[int]) -> None:
        """Fix one route: its stops and its day are no longer to be had."""
        for stop in route:
            self._room(stop, 0.0)
        self._days -= 1
        self._room(len(self.problem.stops), self._days)

    def release(self) -> None:
        """Fix no route any more."""
        for stop in range(len(self.problem.stops)):
            self._room(stop, 1.0)
        self._days = float(self.problem.days)
        self._room(len(self.problem.stops), self._days)

    def chosen(
        self, best: Routes, seconds: float, *, most: int | None = MOST_CHOSEN_FROM
    ) -> tuple[Routes, float]:
        """
        Return the best choice that HiGHS found, and people that none among the routes exceeds.

        Parameters
        ----------
        best
            A choice to start from; what is returned reaches no fewer people.
        seconds
            Time to give up after.
        most
            How many routes to choose among, those nearest to being worth their prices; None for
            any number. Where more could be part of a better choice, nothing bounds it.
        """
        import highspy

        routes, all_of_them = self._promising(best, most)
        solver = self._empty()
        solver.setOptionValue("time_limit", max(seconds, 0.0))
        self._columns(solver, routes, most=1.0)
        kinds = np.full(len(routes), highspy.HighsVarType.kInteger)
        solver.changeColsIntegrality(len(routes), np.arange(len(routes), dtype=np.int32), kinds)
        start, held = highspy.HighsSolution(), {frozenset(route) for route in best}
        start.col_value = [float(frozenset(route) in held) for route in routes]
        solver.setSolution(start)
        solver.run()
        taken = np.array(solver.getSolution().col_value)
        if len(taken) != len(routes):  # stopped before it looked at the start
            return best, np.inf
        worth = (taken > 0.5) & (self._sums(self.problem.people, routes) > 0)
        found = [routes[k] for k in np.flatnonzero(worth)]
        found = max(best, found, key=self.problem.people_of)
        bound = people = self.problem.people_of(found)
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            bound = max(people, float(solver.getInfo().mip_dual_bound))
        return found, bound if all_of_them else np.inf

    def _promising(self, best: Routes, most: int | None) -> tuple[Routes, bool]:
        """Return the routes that could be part of a better choice, those of the best first."""
        prices = self.prices()
        held = {frozenset(route) for route in best}
        rest = [route for route in self.routes if frozenset(route) not in held]
        worth = self._sums(self.problem.people - prices.stop, rest)
        # A choice with this route reaches no more than the relaxation less what the route lacks.
        slack = worth - prices.day + prices.people - self.problem.people_of(best)
        order = np.argsort(-slack, kind="stable")
        order = order[slack[order] > max(self.problem.step, 2 * TOLERANCE) - TOLERANCE]
        chosen = order[:most]
        return [*best, *(rest[k] for k in chosen)], len(chosen) == len(order)

    def _sums(self, values: np.ndarray, routes: Sequence[list[int]]) -> np.ndarray:
        """Return over each route the sum of its stops' values."""
        starts, rows = self._rows(routes)
        return np.add.reduceat(np.append(values, 0.0)[rows], starts)

    def _rows(self, routes: Sequence[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return where each route begins among the rows of all: of its stops, and of its day."""
        day = len(self.problem.stops)
        rows = np.fromiter(chain.from_iterable((*route, day) for route in routes), np.int32)
        ends = np.flatnonzero(rows == day)
        return np.append(0, ends + 1)[:-1].astype(np.int32), rows

    def _empty(self) -> Any:
        """Return the model without any route: a row for each stop, and one for the days."""
        import highspy

        solver = highspy.Highs()
        options: dict[str, Any] = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0}
        for option, value in options.items():
            solver.setOptionValue(option, value)
        solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._days = float(self.problem.days)
        rows = len(self.problem.stops)
        nothing = np.empty(0, dtype=np.int32)
        for room in [*np.ones(rows), self._days]:
            solver.addRow(-highspy.kHighsInf, room, 0, nothing, nothing.astype(float))
        return solver

    def _columns(self, solver: Any, routes: Sequence[list[int]], most: float = np.inf) -> None:
        """Add a column for each route, of which so much can be taken."""
        starts, rows = self._rows(routes)
        count, people = len(routes), self._sums(self.problem.people, routes)
        limits = np.zeros(count), np.full(count, most)
        solver.addCols(count, people, *limits, len(rows), starts, rows, np.ones(len(rows)))

    def _room(self, row: int, room: float) -> None:
        self._solver.changeRowBounds(row, -np.inf, room)
