"""Choose among day routes so that most people are reached, each counted once: with proof."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Literal

import numpy as np
from scipy import sparse

from mapping.bus.labels import Labels, Offers
from mapping.bus.returns import Returns

Aim = Literal["most", "fairest"]

# Up to this many columns are handed to HiGHS at once; of more, those that pay are looked for.
FEW = 3_000
A_ROUND = 400

# Of the routes that a better choice could hold, so many are tried; more choke HiGHS.
MOST_NEAR = 4_000

# Seconds for a choice without proof.
SKETCH = 5.0

# A choice this near its bound is the best: the rest is rounding.
EXACT = 1e-7


@dataclass(frozen=True)
class Kind:
    """
    Slots that are alike.

    Parameters
    ----------
    shift
        Position of their shift.
    weekday
        Monday is 0.
    visits
        How often each runs in the term.
    count
        How many there are.
    """

    shift: int
    weekday: int
    visits: int
    count: int


@dataclass(frozen=True, eq=False)
class Question:
    """
    What is chosen among, and what counts.

    Parameters
    ----------
    offers
        Sessions that could be held.
    stops
        How many stops there are.
    routes
        By shift, the routes it can hold.
    kinds
        Slots that are alike.
    people
        By neighbourhood: areas that the same stops reach.
    cover
        Neighbourhoods by stops, whether it is within reach.
    returns
        How the hours of sessions near them count.
    must
        Positions of stops that have to be visited.
    cost
        By shift, pounds that each route costs each time it is driven.
    budget
        Pounds for the term; infinite for none.
    shares
        Groups by neighbourhoods: share of the group's people who live there; no rows unless the
        aim is the fairest plan.
    served
        By group, the share that hubs serve already.
    """

    offers: Offers
    stops: int
    routes: Sequence[Labels]
    kinds: Sequence[Kind]
    people: np.ndarray
    cover: sparse.csr_array
    returns: Returns
    must: np.ndarray
    cost: Sequence[np.ndarray]
    budget: float
    shares: np.ndarray
    served: np.ndarray


@dataclass(frozen=True, eq=False)
class Chosen:
    """
    Routes chosen, and what is known of the choice.

    Parameters
    ----------
    routes
        Shift, position of the route in it, and visits; one for each slot that is used.
    value
        People counted.
    bound
        People that no choice exceeds.
    least
        For the fairest plan: the lowest share, and the highest it could be; else None.
    clocked
        Whether time ran out before proof.
    missing
        Positions of stops that have to be visited and for which no choice has room, where this
        is proven or nothing better was found.
    """

    routes: tuple[tuple[int, int, int], ...]
    value: float
    bound: float
    least: tuple[float, float] | None = None
    clocked: bool = False
    missing: tuple[int, ...] = ()


class Model:
    """
    The choice as a mixed-integer programme: visits, hours within reach, and slots.

    Variables are `reached` (hours that count in each neighbourhood, in steps of falling worth),
    `visit` (each session at each number of visits), `spread` (routes of one pattern of weekdays
    over slots), `absent` (a stop that has to be visited and is not) and one for each route.
    """

    def __init__(self, asked: Question, *, relaxed: np.ndarray | None = None) -> None:
        """
        Write all but the routes.

        Parameters
        ----------
        relaxed
            For a bound where not all routes are known: by shift, minutes that each session takes
            at least, which then stand in place of the routes; last, the minutes there are.
        """
        self.asked = asked
        self.levels = sorted({kind.visits for kind in asked.kinds})
        self.lengths = asked.offers.length / 60
        self.knots = asked.returns.knots(
            visits * hours for visits in self.levels for hours in set(self.lengths)
        )
        self.slope = np.diff(asked.returns.share(self.knots)) / np.diff(self.knots)
        self.columns: list[tuple[int, int, int]] = []
        self._known: dict[tuple[int, int], np.ndarray] = {}
        self._layout()
        self.solver = self._solver()
        self._write(relaxed)

    def _layout(self) -> None:
        """Say which variable and which row stands where."""
        asked = self.asked
        self.steps = len(self.slope)
        areas, offers = len(asked.people), len(asked.offers.stop)
        self.visit0 = areas * self.steps
        self.patterns: dict[tuple[int, int, int], int] = {}
        self.by_shift: dict[tuple[int, int], np.ndarray] = {}
        for shift, routes in enumerate(asked.routes):
            for visits in self.levels:
                bits = sum(
                    {
                        1 << kind.weekday
                        for kind in asked.kinds
                        if (kind.shift, kind.visits) == (shift, visits)
                    }
                )
                self.by_shift[shift, visits] = routes.days & bits
                for pattern in np.unique(routes.days & bits):
                    if pattern:
                        self.patterns.setdefault((shift, visits, int(pattern)), len(self.patterns))
        self.spreads = [
            (place, number)
            for (shift, visits, bits), place in self.patterns.items()
            for number, kind in enumerate(asked.kinds)
            if (kind.shift, kind.visits) == (shift, visits) and bits >> kind.weekday & 1
        ]
        self.spread0 = self.visit0 + offers * len(self.levels)
        self.absent0 = self.spread0 + len(self.spreads)
        self.fair0 = self.absent0 + len(asked.must)
        self.route0 = self.fair0 + 1
        self.stop_row = areas
        self.link_row = self.stop_row + asked.stops
        self.pattern_row = self.link_row + offers * len(self.levels)
        self.kind_row = self.pattern_row + len(self.patterns)
        self.budget_row = self.kind_row + len(asked.kinds)
        self.people_row = self.budget_row + 1
        self.fair_row = self.people_row + 1
        self.rows = self.fair_row + len(asked.shares)

    @staticmethod
    def _solver() -> Any:
        import highspy

        solver = highspy.Highs()
        options: dict[str, bool | float | str] = {
            "output_flag": False,
            "parallel": "off",
            "threads": 1,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 1e-6,
        }
        for option, value in options.items():
            solver.setOptionValue(option, value)
        return solver

    def _write(self, relaxed: np.ndarray | None) -> None:
        import highspy

        asked, levels, offers = self.asked, self.levels, self.asked.offers
        areas, steps = len(asked.people), self.steps
        row, col, val = [], [], []

        def add(rows: Any, columns: Any, values: Any) -> None:
            r, c, v = np.broadcast_arrays(
                np.asarray(rows), np.asarray(columns), np.asarray(values, float)
            )
            row.append(r.ravel())
            col.append(c.ravel())
            val.append(v.ravel())

        lower = np.full(self.rows, -inf)
        upper = np.zeros(self.rows)
        reached = np.arange(areas * steps)
        add(reached // steps, reached, 1.0)
        near = asked.cover.tocoo()
        visit = np.arange(len(offers.stop) * len(levels)).reshape(len(offers.stop), len(levels))
        for offer, stop in enumerate(offers.stop):
            inside = near.row[near.col == stop]
            for level, visits in enumerate(levels):
                column = self.visit0 + visit[offer, level]
                add(inside, column, -visits * self.lengths[offer])
                add(self.stop_row + stop, column, 1.0)
                if relaxed is None:
                    add(self.link_row + visit[offer, level], column, 1.0)
        upper[self.stop_row : self.link_row] = 1
        lower[self.stop_row + asked.must] = 1
        add(self.stop_row + asked.must, self.absent0 + np.arange(len(asked.must)), 1.0)
        lower[self.link_row : self.pattern_row] = 0 if relaxed is None else -inf
        for place, (pattern, kind) in enumerate(self.spreads):
            add(self.pattern_row + pattern, self.spread0 + place, -1.0)
            add(self.kind_row + kind, self.spread0 + place, 1.0)
        upper[self.kind_row : self.budget_row] = [kind.count for kind in asked.kinds]
        upper[self.budget_row] = asked.budget
        upper[self.people_row] = inf
        worth = (asked.people[:, None] * self.slope).ravel()
        add(self.people_row, reached, worth)
        for group, share in enumerate(asked.shares):
            add(self.fair_row + group, reached, -(share[:, None] * self.slope).ravel())
            add(self.fair_row + group, self.fair0, 1.0)
        upper[self.fair_row :] = asked.served
        if relaxed is not None:
            self._relax(relaxed, add, upper)
        most = np.ones(self.route0)
        # Hours that all stops near a neighbourhood could bring it together.
        top = asked.cover.sum(axis=1) * max(self.levels) * self.lengths.max(initial=0.0)
        steps_most = np.diff(self.knots) * (self.knots[:-1] < top[:, None] - 1e-9)
        most[: areas * steps] = steps_most.ravel()
        most[self.spread0 : self.absent0] = inf
        cost = np.zeros(self.route0)
        cost[: areas * steps] = worth
        matrix = sparse.csc_array(
            (np.concatenate(val), (np.concatenate(row), np.concatenate(col))),
            shape=(self.rows, self.route0),
        )
        matrix.eliminate_zeros()
        self.solver.passModel(
            self.route0,
            self.rows,
            matrix.nnz,
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMaximize),
            0.0,
            cost,
            np.zeros(self.route0),
            most,
            lower,
            upper,
            matrix.indptr.astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
            np.zeros(self.route0, dtype=np.int32),
        )
        self._cost = cost
        self.aim_people()

    def _relax(self, least: np.ndarray, add: Any, upper: np.ndarray) -> None:
        """Put the minutes that sessions take at least in place of the routes."""
        offers = self.asked.offers
        for level, visits in enumerate(self.levels):
            kinds = [
                number for number, kind in enumerate(self.asked.kinds) if kind.visits == visits
            ]
            row = self.kind_row + kinds[0]
            columns = self.visit0 + np.arange(len(offers.stop)) * len(self.levels) + level
            add(row, columns, least[:-1])
            upper[row] = sum(self.asked.kinds[number].count for number in kinds) * least[-1]

    # -- what is looked for -------------------------------------------------------------------

    def penalty(self) -> float:
        """Return what a stop costs that has to be visited and is not: more than all people."""
        return 10 * (1 + float(self.asked.people.sum()))

    def _seek(self, cost: np.ndarray) -> None:
        full = np.concatenate([cost, np.zeros(len(self.columns))])
        full[self.absent0 : self.fair0] = -self.penalty()
        index = np.arange(len(full), dtype=np.int32)
        self.solver.changeColsCost(len(full), index, full)

    def aim_people(self) -> None:
        """Look for most people."""
        self._seek(self._cost)

    def aim_fair(self) -> None:
        """Look for the highest lowest share."""
        cost = np.zeros(self.route0)
        cost[self.fair0] = 1.0
        self._seek(cost)

    def aim_short(self, minutes: np.ndarray, people: float) -> None:
        """Look for least driving that still reaches so many people."""
        self._seek(np.zeros(self.route0))
        index = np.arange(self.route0, self.route0 + len(self.columns), dtype=np.int32)
        self.solver.changeColsCost(len(index), index, -minutes)
        self.solver.changeRowBounds(self.people_row, people, inf)

    def hold_fair(self, share: float) -> None:
        """Let no group's share fall below this from now on."""
        self.solver.changeColBounds(self.fair0, share, 1.0)

    # -- routes -------------------------------------------------------------------------------

    def add_routes(self, shift: int, visits: int, places: np.ndarray) -> None:
        """Let these routes of a shift be chosen."""
        known = self._known.setdefault(
            (shift, visits), np.zeros(len(self.asked.routes[shift]), dtype=bool)
        )
        places = places[~known[places]]
        places = places[self.by_shift[shift, visits][places] > 0]
        known[places] = True
        if not len(places):
            return
        level = self.levels.index(visits)
        offers = self.asked.routes[shift].offers[places]
        inside = offers >= 0
        links = self.link_row + offers * len(self.levels) + level
        pattern = [
            self.pattern_row + self.patterns[shift, visits, int(bits)]
            for bits in self.by_shift[shift, visits][places]
        ]
        cost = self.asked.cost[shift][places] * visits
        starts: list[int] = []
        index: list[int] = []
        value: list[float] = []
        for row in range(len(places)):
            starts.append(len(index))
            mine = links[row, inside[row]]
            index += [*mine.tolist(), pattern[row]]
            value += [-1.0] * len(mine) + [1.0]
            if np.isfinite(self.asked.budget):
                index.append(self.budget_row)
                value.append(float(cost[row]))
        count = len(places)
        self.solver.addCols(
            count,
            np.zeros(count),
            np.zeros(count),
            np.ones(count),
            len(index),
            np.array(starts, dtype=np.int32),
            np.array(index, dtype=np.int32),
            np.array(value),
        )
        self.columns += [(shift, int(place), visits) for place in places]

    def price(self, dual: np.ndarray, shift: int, visits: int) -> np.ndarray:
        """Return by how much each route of a shift would raise what is sought, at these prices."""
        routes, level = self.asked.routes[shift], self.levels.index(visits)
        count = len(self.asked.offers.stop)
        links = self.link_row + np.arange(count) * len(self.levels) + level
        prize = np.append(dual[links], 0.0)
        gain = prize[routes.offers].sum(axis=1)
        bits = self.by_shift[shift, visits]
        toll = np.full(1 << 7, inf)
        for (s, v, pattern), place in self.patterns.items():
            if (s, v) == (shift, visits):
                toll[pattern] = dual[self.pattern_row + place]
        toll[0] = inf
        gain = gain - toll[bits]
        if np.isfinite(self.asked.budget):
            gain -= dual[self.budget_row] * self.asked.cost[shift] * visits
        return gain

    # -- solving ------------------------------------------------------------------------------

    def relaxation(self, deadline: float) -> tuple[float, np.ndarray] | None:
        """Return the value of the linear relaxation over all routes, and prices; None in haste."""
        self._whole(wanted=False)
        pairs = list(self.by_shift)
        total = sum(len(self.asked.routes[shift]) for shift, _ in pairs)
        for shift, visits in pairs:
            routes = self.asked.routes[shift]
            alone = (routes.offers >= 0).sum(axis=1) == 1
            self.add_routes(shift, visits, np.flatnonzero(alone | (total <= FEW)))
        while True:
            if time.perf_counter() > deadline:
                return None
            self.solver.setOptionValue("time_limit", self._until(deadline))
            self.solver.run()
            solution = self.solver.getSolution()
            if not solution.dual_valid:
                return None
            dual = np.array(solution.row_dual)
            if not self._grow(dual):
                return self.solver.getInfo().objective_function_value, dual

    def _grow(self, dual: np.ndarray) -> bool:
        """Add the routes that pay most at these prices; False where none does."""
        before = len(self.columns)
        for shift, visits in self.by_shift:
            gain = self.price(dual, shift, visits)
            pays = np.flatnonzero(gain > 1e-6)
            best = pays[np.argsort(-gain[pays], kind="stable")[:A_ROUND]]
            self.add_routes(shift, visits, best)
        return len(self.columns) > before

    def add_near(self, dual: np.ndarray, slack: float, most: int) -> bool:
        """Add routes that a choice within `slack` of the relaxation can hold; False if not all."""
        whole = True
        for shift, visits in self.by_shift:
            gain = self.price(dual, shift, visits)
            near = np.flatnonzero(gain >= -slack)
            best = near[np.argsort(-gain[near], kind="stable")[:most]]
            self.add_routes(shift, visits, best)
            whole &= len(best) == len(near)
        return whole

    def best(
        self, deadline: float, start: np.ndarray | None = None
    ) -> tuple[np.ndarray | None, float]:
        """Return the best choice among the routes there are (a value for each), and a bound."""
        self._whole(wanted=True)
        # HiGHS counts from its first run.
        self.solver.setOptionValue("time_limit", self._until(deadline))
        if start is not None:
            self._warm(start)
        self.solver.run()
        info = self.solver.getInfo()
        status = str(self.solver.getModelStatus())
        bound = info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else inf
        if "Infeasible" in status:
            return None, -inf
        if info.primal_solution_status != 2:
            return None, bound
        return np.array(self.solver.getSolution().col_value), bound

    def greedy(self) -> np.ndarray:
        """Return a first choice: again and again the route that adds most people."""
        asked, room = self.asked, [kind.count for kind in self.asked.kinds]
        stops = np.append(asked.offers.stop, -1)
        bonus = np.zeros(asked.stops + 1)
        bonus[asked.must] = self.penalty()
        hours, free, left = (
            np.zeros(len(asked.people)),
            np.ones(asked.stops + 1, bool),
            asked.budget,
        )
        start = np.zeros(self.route0 + len(self.columns))
        share = asked.returns.share(self.knots)
        by_pair = self._by_pair()
        while True:
            best = (0.0, -1, -1, 0.0)
            for (shift, visits), (places, columns) in by_pair.items():
                kinds = self._open(shift, visits, room)
                held = asked.routes[shift].offers[places]
                each = np.append(self.lengths, 0.0)[np.arange(len(stops))] * visits
                now = np.interp(hours, self.knots, share)
                after = np.interp(hours[:, None] + each[:-1], self.knots, share)
                near = asked.cover[:, asked.offers.stop].multiply(after - now[:, None])
                gain = np.append(near.T @ asked.people, 0.0) + bonus[stops]
                worth = gain[held].sum(axis=1)
                pounds = asked.cost[shift][places] * visits
                fits = free[stops[held]].all(axis=1) & (pounds <= left)
                fits &= np.array(
                    [bool(kinds & int(b)) for b in self.by_shift[shift, visits][places]]
                )
                if not fits.any():
                    continue
                top = int(np.flatnonzero(fits)[worth[fits].argmax()])
                if worth[top] > best[0]:
                    best = (float(worth[top]), int(columns[top]), top, float(pounds[top]))
            if best[1] < 0:
                return start
            shift, place, visits = self.columns[best[1]]
            left -= best[3]
            held = asked.routes[shift].offers[place]
            held = held[held >= 0]
            free[asked.offers.stop[held]] = False
            bits = int(self.by_shift[shift, visits][place])
            self._take(shift, visits, bits, room)
            start[self.route0 + best[1]] = 1
            start[self.visit0 + held * len(self.levels) + self.levels.index(visits)] = 1
            added = np.zeros(asked.stops)
            added[asked.offers.stop[held]] = visits * self.lengths[held]
            hours += asked.cover @ added

    def _by_pair(self) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
        """Return by shift and visits the routes there are, and their numbers among the columns."""
        found: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for number, (shift, place, visits) in enumerate(self.columns):
            found.setdefault((shift, visits), []).append((place, number))
        return {pair: tuple(np.array(rows).T) for pair, rows in found.items()}

    def _open(self, shift: int, visits: int, room: list[int]) -> int:
        """Return the bits of the weekdays that still have a slot."""
        return sum(
            1 << kind.weekday
            for kind, left in zip(self.asked.kinds, room, strict=True)
            if left and (kind.shift, kind.visits) == (shift, visits)
        )

    def _take(self, shift: int, visits: int, bits: int, room: list[int]) -> None:
        """Take the slot of which most are left."""
        fits = [
            number
            for number, kind in enumerate(self.asked.kinds)
            if (kind.shift, kind.visits) == (shift, visits) and bits >> kind.weekday & 1
        ]
        room[max(fits, key=room.__getitem__)] -= 1

    def _warm(self, start: np.ndarray) -> None:
        index = np.concatenate(
            [
                np.arange(self.visit0, self.spread0),
                np.arange(self.route0, self.route0 + len(self.columns)),
            ]
        ).astype(np.int32)
        index = index[index < len(start)]
        self.solver.setSolution(len(index), index, start[index].round())

    def _until(self, deadline: float) -> float:
        left = max(0.05, deadline - time.perf_counter())
        return float(self.solver.getRunTime()) + left

    def _whole(self, *, wanted: bool) -> None:
        """Ask for whole visits and routes, or let them be split."""
        import highspy

        kind = highspy.HighsVarType.kInteger if wanted else highspy.HighsVarType.kContinuous
        whole = np.concatenate(
            [
                np.arange(self.visit0, self.spread0),
                np.arange(self.absent0, self.fair0),
                np.arange(self.route0, self.route0 + len(self.columns)),
            ]
        ).astype(np.int32)
        kinds = np.full(len(whole), int(kind), dtype=np.uint8)
        self.solver.changeColsIntegrality(len(whole), whole, kinds)

    # -- reading ------------------------------------------------------------------------------

    def picked(self, found: np.ndarray) -> tuple[tuple[int, int, int], ...]:
        """Return the routes of a solution."""
        return tuple(
            column
            for column, value in zip(self.columns, found[self.route0 :], strict=False)
            if value > 0.5
        )

    def absent(self, found: np.ndarray) -> tuple[int, ...]:
        """Return the stops that had to be visited and are not."""
        values = found[self.absent0 : self.fair0]
        return tuple(
            int(stop) for stop, value in zip(self.asked.must, values, strict=True) if value > 0.5
        )


def counted(asked: Question, routes: Sequence[tuple[int, int, int]]) -> np.ndarray:
    """Return the hours of sessions within reach of each neighbourhood."""
    hours = np.zeros(asked.stops)
    for shift, place, visits in routes:
        held = asked.routes[shift].offers[place]
        held = held[held >= 0]
        np.add.at(hours, asked.offers.stop[held], visits * asked.offers.length[held] / 60)
    return asked.cover @ hours


def value_of(model: Model, routes: Sequence[tuple[int, int, int]]) -> np.ndarray:
    """Return the share of each neighbourhood that counts, as the model reckons it."""
    share = model.asked.returns.share(model.knots)
    return np.interp(counted(model.asked, routes), model.knots, share)


def choose(asked: Question, *, deadline: float, complete: bool, bound_by: np.ndarray) -> Chosen:
    """
    Choose one route for each slot, so that most people are reached or the plan is fairest.

    Column generation with HiGHS: the linear relaxation is solved over the routes that pay, which
    bounds any choice; a first choice is made among those; then all routes that a better one could
    hold are added, by their reduced cost, and the choice among them is proven best.

    Parameters
    ----------
    deadline
        When to end, on the clock of `time.perf_counter`.
    complete
        Whether the routes are all there are.
    bound_by
        By session, minutes it takes at least, and last the minutes of a day: for a bound where
        the routes are not all there are.
    """
    model = Model(asked)
    least = None
    if len(asked.shares):
        least = _fairest(model, deadline)
    found, bound, clocked = _most(model, deadline)
    if found is None:
        return Chosen((), 0.0, float(asked.people.sum()), least, clocked=True)
    routes, missing = model.picked(found), model.absent(found)
    value = float(asked.people @ value_of(model, routes))
    bound += model.penalty() * len(missing)
    if missing:
        return Chosen(routes, value, max(bound, value), least, clocked, missing)
    if not complete:
        bound = max(
            value, min(float(asked.people.sum()), _relaxed_bound(asked, bound_by, deadline))
        )
    elif value >= bound * (1 - EXACT):
        routes = _shortest(model, found, value, deadline)
    return Chosen(routes, value, max(bound, value), least, clocked)


def worth_of(asked: Question, deadline: float) -> tuple[float, np.ndarray] | None:
    """Return the relaxation's value, and by session what a route gains by holding it."""
    model = Model(replace(asked, budget=inf))
    relaxed = model.relaxation(deadline)
    if relaxed is None:
        return None
    links = relaxed[1][model.link_row : model.pattern_row]
    return relaxed[0], links.reshape(len(asked.offers.stop), len(model.levels)).max(axis=1)


def sketch(asked: Question) -> tuple[tuple[int, int, int], ...]:
    """Return a good choice without proof, for asking again and again."""
    model = Model(asked)
    model.solver.setOptionValue("mip_rel_gap", 0.005)
    deadline = time.perf_counter() + SKETCH
    if model.relaxation(deadline) is None:
        return ()
    found, _ = model.best(deadline, model.greedy())
    return () if found is None else model.picked(found)


def _most(model: Model, deadline: float) -> tuple[np.ndarray | None, float, bool]:
    """Return the best choice found, its bound, and whether time ran out before proof."""
    begun = time.perf_counter()
    relaxed = model.relaxation(deadline)
    if relaxed is None:
        found, _ = model.best(deadline + 1.0, model.greedy())
        return found, float(model.asked.people.sum()), True
    top, dual = relaxed
    found, _ = model.best(begun + 0.4 * (deadline - begun), model.greedy())
    reached = -inf if found is None else _objective(model, found)
    if found is not None and reached >= top - EXACT * max(1.0, abs(top)):
        return found, top, False
    slack = top - reached if np.isfinite(reached) else abs(top)
    whole = model.add_near(dual, slack + EXACT * max(1.0, abs(top)), MOST_NEAR)
    again, bound = model.best(deadline, found)
    if again is not None and _objective(model, again) > reached:
        found = again
    reached = -inf if found is None else _objective(model, found)
    bound = min(top, max(bound, reached)) if whole else top
    return found, bound, time.perf_counter() >= deadline


def _objective(model: Model, found: np.ndarray) -> float:
    cost = np.array(model.solver.getLp().col_cost_)
    return float(cost[: len(found)] @ found)


def _fairest(model: Model, deadline: float) -> tuple[float, float]:
    """Raise the lowest share as far as it goes, and hold it there."""
    begun = time.perf_counter()
    model.aim_fair()
    found, bound, _ = _most(model, begun + 0.5 * (deadline - begun))
    share = 0.0 if found is None or model.absent(found) else float(found[model.fair0])
    model.hold_fair(max(0.0, share * (1 - 1e-6)))
    model.aim_people()
    return share, max(share, min(1.0, bound))


def _shortest(
    model: Model, found: np.ndarray, value: float, deadline: float
) -> tuple[tuple[int, int, int], ...]:
    """Among the choices that reach as many people, return the one with the least driving found."""
    if time.perf_counter() > deadline - 0.2 or len(model.columns) > 3 * MOST_NEAR:
        return model.picked(found)
    driven = np.array(
        [model.asked.routes[shift].driven[place] * visits for shift, place, visits in model.columns]
    )
    model.aim_short(driven, value * (1 - EXACT))
    shorter, _ = model.best(deadline, found)
    if shorter is None or model.absent(shorter):
        return model.picked(found)
    if driven @ shorter[model.route0 :] >= driven @ found[model.route0 :]:
        return model.picked(found)
    return model.picked(shorter)


def _relaxed_bound(asked: Question, takes: np.ndarray, deadline: float) -> float:
    """Bound the people by the minutes that sessions and the quickest legs to them take."""
    model = Model(asked, relaxed=takes)
    found, bound = model.best(max(deadline, time.perf_counter() + 2.0))
    return inf if found is None and bound == -inf else bound
