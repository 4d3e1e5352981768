"""Budgeted coverage: as many people within the standard as a yearly budget pays for."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum, isfinite

import numpy as np
import pandas as pd
from scipy import sparse

from mapping.errors import InfeasibleError, InvalidTableError
from mapping.hubs.conditions import ids
from mapping.hubs.highs import Programme, solve
from mapping.hubs.infeasible import clash, infeasible, side_sentence, sides, some_of
from mapping.hubs.plan import HubPlan, hub_plan, people_in
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.rows import Rows, covering, merged, programme, rule_rows
from mapping.hubs.rules import Rules
from mapping.hubs.watch import Watch
from mapping.hubs.words import name
from mapping.rounding import pounds

# A budget is kept if it is passed by no more than this share: adding up costs in another order,
# or the solver's tolerance, changes less.
KEPT = 1e-9


def budgeted(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    cost: pd.Series,
    budget: float,
    within: float,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    paid: Iterable[Hashable] = (),
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
    time_limit: float | None = None,
    gap: float = 0.0,
    tell: Callable[[float, float], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> HubPlan:
    """
    Cover the most demand with as many sites as a yearly budget pays for.

    The budgeted form of maximal coverage (Khuller, S., Moss, A. and Naor, J. (1999), "The budgeted
    maximum coverage problem", Information Processing Letters 70). The number of hubs is the
    plan's to choose. Sites in `open` are there already and cost nothing more, unless they are
    named in `paid`. Of the sites chosen none could be left out with as many people covered.

    Parameters
    ----------
    demand, minutes, open, never, groups, districts, time_limit, gap, tell, stop
        As in `p_median`.
    cost
        Pounds a year of each site, whatever its use; needed for every site that may be chosen.
    budget
        Pounds a year.
    within
        Service standard, in minutes; a site exactly this far away covers the area.
    paid
        Those of `open` that this budget has to pay for, such as a new one that is promised.

    Returns
    -------
    HubPlan
        With people covered as the objective, and `cost`, the pounds a year spent.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas, or a cost is missing.
    InfeasibleError
        If the budget is too small for `paid` or for one hub in each district, or other
        conditions clash.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [30, 10, 10]}, index=["A", "B", "C"])
    >>> cost = pd.Series({"x": 20_000, "y": 30_000})
    >>> plan = budgeted(demand, minutes, cost=cost, budget=40_000, within=15)
    >>> plan.sites, plan.objective, plan.cost
    (('y',), 110.0, 30000.0)
    """
    watch = Watch(time_limit, tell, stop)
    check_options(within=within, time_limit=time_limit, gap=gap)
    asked = problem(
        demand, minutes, hubs=None, open=open, never=never, groups=groups, districts=districts
    )
    purse = _purse(asked, cost, budget, ids(paid))
    near = asked.near(within)
    picked, bound = _most(asked, near, purse, watch, gap)
    covered = near[asked.opened(picked)].any(axis=0)
    objective = people_in(asked.demand, covered)
    return hub_plan(
        asked,
        picked,
        question="budgeted coverage",
        objective=objective,
        bound=max(bound, objective),
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        within=within,
        cost=fsum([purse.paid, *purse.cost[picked]]),
    )


@dataclass(frozen=True, eq=False)
class _Purse:
    """Cost of each free site, the budget, and what of it is spent in any case."""

    cost: np.ndarray
    budget: float
    paid: float

    @property
    def left(self) -> float:
        return self.budget - self.paid

    def pays(self, picked: np.ndarray) -> bool:
        return fsum(self.cost[picked]) <= self.left + KEPT * self.budget


@dataclass(frozen=True, eq=False)
class _Cover:
    """Which free sites cover which groups of areas, people per group, and the conditions."""

    cells: np.ndarray
    weights: np.ndarray
    purse: _Purse
    rules: Rules

    @classmethod
    def of(cls, asked: Problem, near: np.ndarray, purse: _Purse) -> "_Cover":
        free = near[asked.free]
        undecided = ~near[asked.kept].any(axis=0) & free.any(axis=0) & (asked.people > 0)
        cells, weights, _ = merged(free[:, undecided], asked.people[undecided])
        return cls(cells, weights, purse, asked.rules)

    def value(self, picked: np.ndarray) -> float:
        return fsum(self.weights[self.cells[picked].any(axis=0)])

    def allows(self, picked: np.ndarray) -> bool:
        return self.purse.pays(picked) and self.rules.allows(picked)

    def greedy(self) -> np.ndarray:
        """Open the site that covers the most more for a pound, while the budget lasts."""
        left, may = self.weights.copy(), np.ones(len(self.cells), dtype=bool)
        picked: list[int] = []
        groups = Rules(at_most=self.rules.at_most)
        cost = np.maximum(self.purse.cost, KEPT * max(1.0, self.purse.budget))
        while (rate := np.where(may, self.cells @ left / cost, 0.0)).any():
            site = int(rate.argmax())
            may[site] = False
            more = np.array([*picked, site])
            if self.purse.pays(more) and groups.allows(more):
                picked.append(site)
                left[self.cells[site]] = 0.0
        return np.sort(np.array(picked, dtype=int))

    def needed(self, picked: np.ndarray) -> np.ndarray:
        """Leave out, dearest first, what can be left out with as many people covered."""
        for site in sorted(picked, key=lambda one: -self.purse.cost[one]):
            rest = picked[picked != site]
            covered = self.cells[picked].any(axis=0)
            if self.rules.allows(rest) and (self.cells[rest].any(axis=0) == covered).all():
                picked = rest
        return picked

    def programme(self) -> Programme:
        """Most people; variables for the sites, then for the groups of areas."""
        sites, groups = self.cells.shape
        linked = sparse.hstack([covering(self.cells), -sparse.eye_array(groups)])
        scale = max(self.purse.budget, 1.0)
        spent = Rows.most(self.purse.cost / scale, self.purse.left / scale + KEPT)
        rules = rule_rows(self.rules, sites)
        cost = np.r_[np.zeros(sites), self.weights]
        return programme(cost, Rows.least(linked, 0.0), spent, *rules, whole=sites, maximise=True)


def _most(
    asked: Problem, near: np.ndarray, purse: _Purse, watch: Watch, gap: float
) -> tuple[np.ndarray, float]:
    """Return positions of the free sites that cover the most, and the proven bound on it."""
    cover = _Cover.of(asked, near, purse)
    already = people_in(asked.demand, near[asked.kept].any(axis=0))
    known = cover.greedy()
    sound = cover.allows(known)
    value, everyone = already + cover.value(known), already + fsum(cover.weights)
    if sound:
        watch.report(value, everyone)
    start = np.isin(np.arange(len(purse.cost)), known) if sound else None
    slack = max(_step(cover.weights), gap * value)
    told = watch.counting(lambda covered: min(everyone, already + covered))
    answer = solve(cover.programme(), start=start, slack=slack, watch=told)
    if answer.infeasible:
        raise _clashing(asked, cover)
    found = [plan for plan in (known if sound else None, answer.picked) if plan is not None]
    if not found:
        raise InfeasibleError("budgeted: no plan was found in time; allow a longer time_limit")
    picked = max(found, key=cover.value)
    return cover.needed(picked), min(everyone, already + answer.bound)


def _step(weights: np.ndarray) -> float:
    """How far a bound may be above the value and still prove it: people in whole numbers."""
    rounding = 1e-9 * max(1.0, fsum(weights))
    return max(rounding, 1 - rounding) if (weights == np.rint(weights)).all() else rounding


def _purse(asked: Problem, cost: pd.Series, budget: float, paid: list[Hashable]) -> _Purse:
    """Check and align the money."""
    chosen = asked.sites[asked.free].append(asked.sites[asked.sites.isin(paid)])
    faults = [*_money_faults(asked, cost, paid, chosen)]
    if faults:
        raise InvalidTableError("; ".join(faults))
    if not (isfinite(budget) and budget >= 0):
        raise InfeasibleError(f"budget is {budget}: give pounds a year, 0 or more")
    by_site = cost.astype(float).reindex(asked.sites)
    purse = _Purse(by_site[asked.free].to_numpy(), float(budget), fsum(by_site[paid]))
    _check_budget(asked, purse)
    return purse


def _money_faults(
    asked: Problem, cost: pd.Series, paid: list[Hashable], chosen: pd.Index
) -> Iterator[str]:
    unasked = [site for site in paid if site not in asked.sites[asked.kept]]
    if unasked:
        yield f"paid: {name(unasked)} must be named in open too"
    if not isinstance(cost, pd.Series) or not pd.api.types.is_numeric_dtype(cost.dtype):
        yield "cost: give a Series of pounds a year by site"
        return
    if not cost.index.is_unique:
        yield f"cost: sites must be unique; repeated: {name(cost.index[cost.index.duplicated()])}"
        return
    known = cost.reindex(chosen)
    for what, wrong in (("missing", known.isna()), ("below 0", known < 0)):
        if wrong.any():
            where = name(known.index[wrong])
            yield f"cost: {what} for {int(wrong.sum())} of {len(known)} sites: {where}"


def _check_budget(asked: Problem, purse: _Purse) -> None:
    """Say in words where the money cannot reach."""
    if purse.left < -KEPT * purse.budget:
        raise InfeasibleError(
            f"budgeted: the sites in paid cost {pounds(purse.paid)} a year, but the budget is "
            f"{pounds(purse.budget)}; raise it to at least that, or take sites out of paid"
        )
    cheapest = [purse.cost[places].min() for places in asked.rules.at_least]
    if fsum(cheapest) > purse.left + KEPT * purse.budget:
        raise InfeasibleError(
            f"budgeted: one more hub in each of {len(cheapest)} districts costs at least "
            f"{pounds(fsum(cheapest))} a year, but {pounds(purse.left)} is left to spend; raise "
            "the budget, or leave districts out"
        )


def _clashing(asked: Problem, cover: _Cover) -> InfeasibleError:
    """Explain what only the solver could find out: groups and districts against the budget."""
    everything = [("budget", 0)]
    everything += sides(cover.rules)
    found = clash(everything, lambda some: not solve(_part(cover, some).programme()).infeasible)
    sites = asked.sites[asked.free]

    def sentence(kind: str, place: int) -> str:
        if kind in {"group", "district"}:
            return side_sentence(cover.rules, sites, kind, place)
        return f"{pounds(cover.purse.left)} a year to spend"

    return infeasible(
        "budgeted",
        [sentence(*one) for one in found],
        "Raise the budget, or change groups or districts",
    )


def _part(cover: _Cover, some: Sequence[tuple[str, int]]) -> _Cover:
    """Return the problem with only some of its conditions."""
    rules = some_of(cover.rules, some)
    enough = replace(cover.purse, budget=cover.purse.paid + fsum(cover.purse.cost))
    purse = cover.purse if ("budget", 0) in some else enough
    return replace(cover, purse=purse, rules=rules)
