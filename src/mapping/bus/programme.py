"""The choice as a mixed-integer programme that HiGHS solves."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from mapping.bus.greedy import greedy
from mapping.bus.layout import Layout
from mapping.bus.pool import Pool
from mapping.bus.question import Question, Route
from mapping.bus.rules import rules
from mapping.bus.watch import Watch

# Up to this many columns are handed to HiGHS at once; of more, those that pay are looked for.
FEW = 3_000
A_ROUND = 400

# Variables this near a whole number are whole.
WHOLE = 1e-6


@dataclass(frozen=True, eq=False)
class Relaxed:
    """
    The linear relaxation over all routes.

    Parameters
    ----------
    value
        What no choice exceeds.
    dual
        Prices of the rows.
    found
        Every variable.
    whole
        Whether nothing is split: then it is a best choice.
    """

    value: float
    dual: np.ndarray
    found: np.ndarray
    whole: bool


class Programme:
    """
    The rules of a question with the routes that are known so far, and what is sought.

    Parameters
    ----------
    asked
        What is chosen among.
    least
        For a bound without routes; see `mapping.bus.rules`.
    gap
        Share of the best at which a proof may stop.
    """

    def __init__(
        self, asked: Question, *, least: np.ndarray | None = None, gap: float = 0.0
    ) -> None:
        self.asked = asked
        self.at = Layout(asked)
        self.pool = Pool(self.at)
        self._solver = _solver(gap)
        _pass(self._solver, self.at, least)
        self.seek_people(asked.people)

    # -- what is sought -----------------------------------------------------------------------

    @property
    def penalty(self) -> float:
        """What a stop costs that has to be visited and is not: more than all people."""
        return 10 * (1 + float(self._people.sum()))

    def seek_people(self, people: np.ndarray, bonus: np.ndarray | float = 0.0) -> None:
        """Look for most people, of those given by neighbourhood; `bonus` is added by stop."""
        self._people = people
        cost = np.zeros(self.at.route0)
        cost[: self.at.visit0] = (people[:, None] * self.at.slope).ravel()
        each = np.broadcast_to(bonus, self.asked.stops)[self.asked.offers.stop]
        cost[self.at.visit0 : self.at.spread0] = np.repeat(each, len(self.at.levels))
        self._seek(cost)

    def seek_fairness(self) -> None:
        """Look for the highest lowest share."""
        cost = np.zeros(self.at.route0)
        cost[self.at.fair0] = 1.0
        self._seek(cost)

    def seek_least_driving(self, people: float) -> None:
        """Look for least driving that still reaches so many people."""
        self._seek(np.zeros(self.at.route0))
        index = np.arange(self.at.route0, self.at.route0 + len(self.pool), dtype=np.int32)
        self._solver.changeColsCost(len(index), index, -self.pool.driven)
        self._solver.changeRowBounds(self.at.people_row, people, inf)

    def seek_few_of(self, kinds: Collection[int]) -> None:
        """Look for the fewest slots of these kinds that hold all stops that have to be visited."""
        cost = np.zeros(self.at.route0)
        for place, (_, kind) in enumerate(self.at.spreads):
            cost[self.at.spread0 + place] = -1.0 if kind in kinds else 0.0
        self._seek(cost)

    def hold_fairness(self, share: float) -> None:
        """Let no group's share fall below this from now on."""
        self._solver.changeColBounds(self.at.fair0, share, 1.0)

    def _seek(self, cost: np.ndarray) -> None:
        full = np.concatenate([cost, np.zeros(len(self.pool))])
        full[self.at.absent0 : self.at.fair0] = -self.penalty
        index = np.arange(len(full), dtype=np.int32)
        self._solver.changeColsCost(len(full), index, full)

    def objective(self, found: np.ndarray) -> float:
        """Return what is sought, of a solution that may not know the latest routes."""
        cost = np.array(self._solver.getLp().col_cost_)
        return float(cost[: len(found)] @ found)

    # -- solving ------------------------------------------------------------------------------

    def relaxation(self, watch: Watch) -> Relaxed | None:
        """Return the linear relaxation over all routes, taking in those that pay; None in haste."""
        self._integral(wanted=False)
        if not len(self.pool):
            self._take(self.pool.first(FEW))
        while not watch.over:
            self._run(watch)
            solution = self._solver.getSolution()
            if not solution.dual_valid:
                return None
            dual, found = np.array(solution.row_dual), np.array(solution.col_value)
            pays, _ = self.pool.priced(dual, 1e-6, A_ROUND)
            if not self._take(pays):
                value = float(self._solver.getInfo().objective_function_value)
                split = found[self._whole] - found[self._whole].round()
                return Relaxed(value, dual, found, bool(np.abs(split).max(initial=0) <= WHOLE))
        return None

    def take_near(self, dual: np.ndarray, slack: float, most: int) -> bool:
        """Take in what a choice within `slack` of the relaxation can hold; False if not all."""
        near, whole = self.pool.priced(dual, -slack, most)
        self._take(near)
        return whole

    def take(self, routes: Sequence[Route]) -> None:
        """Take in these routes."""
        for shift, place, visits in routes:
            self._take({(shift, visits): np.array([place])})

    def _take(self, places: Mapping[tuple[int, int], np.ndarray]) -> bool:
        before = len(self.pool)
        for (shift, visits), wanted in places.items():
            known = len(self.pool)
            columns = self.pool.add(shift, visits, wanted)
            count = len(self.pool) - known
            if count:
                self._solver.addCols(
                    count,
                    np.zeros(count),
                    np.zeros(count),
                    np.ones(count),
                    len(columns.rows),
                    columns.starts,
                    columns.rows,
                    columns.values,
                )
        return len(self.pool) > before

    def best(
        self, watch: Watch, start: Sequence[Route] | None = None
    ) -> tuple[np.ndarray | None, float]:
        """Return the best choice among the routes there are (all variables), and a bound."""
        self._integral(wanted=True)
        if start is not None:
            self._begin_with(start)
        self._run(watch)
        info = self._solver.getInfo()
        bound = info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else inf
        if "Infeasible" in str(self._solver.getModelStatus()):
            return None, -inf
        if info.primal_solution_status != 2:
            return None, bound
        return np.array(self._solver.getSolution().col_value), bound

    def greedy(self) -> tuple[Route, ...]:
        """Return a first choice among the routes there are."""
        return greedy(self.pool, self.penalty)

    @property
    def _whole(self) -> np.ndarray:
        """Positions of the variables that are to be whole numbers."""
        at = self.at
        blocks = [
            np.arange(at.visit0, at.absent0 if self.asked.clashes else at.spread0),
            np.arange(at.absent0, at.fair0),
            np.arange(at.route0, at.route0 + len(self.pool)),
        ]
        return np.concatenate(blocks).astype(np.int32)

    def _integral(self, *, wanted: bool) -> None:
        """Ask for whole numbers, or let visits and routes be split."""
        import highspy

        kind = highspy.HighsVarType.kInteger if wanted else highspy.HighsVarType.kContinuous
        whole = self._whole
        kinds = np.full(len(whole), int(kind), dtype=np.uint8)
        self._solver.changeColsIntegrality(len(whole), whole, kinds)

    def _begin_with(self, routes: Sequence[Route]) -> None:
        at = self.at
        start = np.zeros(at.route0 + len(self.pool))
        for shift, place, visits in routes:
            held = self.asked.routes[shift].offers[place]
            start[at.visit0 + at.visit(held[held >= 0], visits)] = 1
        number = {route: place for place, route in enumerate(self.pool.routes)}
        start[[at.route0 + number[route] for route in routes]] = 1
        index = np.concatenate(
            [np.arange(at.visit0, at.spread0), np.arange(at.route0, len(start))]
        ).astype(np.int32)
        self._solver.setSolution(len(index), index, start[index])

    def _run(self, watch: Watch) -> None:
        # HiGHS counts from its first run.
        limit = float(self._solver.getRunTime()) + max(0.05, watch.left)
        self._solver.setOptionValue("time_limit", limit)
        if watch.stop is not None:
            _listen(self._solver, watch.stop)
        self._solver.run()

    # -- reading ------------------------------------------------------------------------------

    def picked(self, found: np.ndarray) -> tuple[Route, ...]:
        """Return the routes of a solution."""
        chosen = found[self.at.route0 :]
        return tuple(
            route for route, value in zip(self.pool.routes, chosen, strict=False) if value > 0.5
        )


def _solver(gap: float) -> Any:
    import highspy

    solver = highspy.Highs()
    options: dict[str, bool | float | str] = {
        "output_flag": False,
        "parallel": "off",
        "threads": 1,
        "mip_rel_gap": gap,
        "mip_abs_gap": 1e-6,
    }
    for option, value in options.items():
        solver.setOptionValue(option, value)
    return solver


def _pass(solver: Any, at: Layout, least: np.ndarray | None) -> None:
    import highspy

    found = rules(at, least)
    solver.passModel(
        at.route0,
        at.rows,
        found.matrix.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMaximize),
        0.0,
        np.zeros(at.route0),
        np.zeros(at.route0),
        found.most,
        found.lower,
        found.upper,
        found.matrix.indptr.astype(np.int32),
        found.matrix.indices.astype(np.int32),
        found.matrix.data,
        np.zeros(at.route0, dtype=np.int32),
    )


def _listen(solver: Any, stop: Callable[[], bool]) -> None:
    """Let HiGHS ask between steps whether to end."""
    import highspy

    def hear(_kind: object, _message: str, _out: object, into: Any, _data: object) -> None:
        into.user_interrupt = stop()

    solver.setCallback(hear, None)
    kinds = highspy.cb.HighsCallbackType
    for kind in (kinds.kCallbackMipInterrupt, kinds.kCallbackSimplexInterrupt):
        solver.startCallback(kind)
