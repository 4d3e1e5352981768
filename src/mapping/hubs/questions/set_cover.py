"""Set cover: the fewest hubs that bring everyone, or a share of people, within the standard."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, fsum, isfinite

import numpy as np
import pandas as pd
from scipy import sparse

from mapping.errors import InfeasibleError
from mapping.hubs.highs import Programme, solve
from mapping.hubs.infeasible import clash, infeasible, side_sentence, sides, some_of
from mapping.hubs.plan import HubPlan, hub_plan, people_in
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.rows import Rows, covering, merged, programme, rule_rows
from mapping.hubs.rules import Rules
from mapping.hubs.watch import Watch
from mapping.hubs.words import areas, name, people

# A share is reached if it is missed by no more than this: adding up people in another order, or
# the solver's tolerance, changes less.
REACHED = 1e-8

# Numbers of sites are whole: a bound above one less than a known plan proves it.
STEP = 1 - 1e-6


def set_cover(
    minutes: pd.DataFrame,
    *,
    within: float,
    share: float = 1.0,
    demand: pd.Series | None = None,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
    time_limit: float | None = None,
    gap: float = 0.0,
    tell: Callable[[float, float], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> HubPlan:
    """
    Open the fewest sites that cover everyone (LSCP; Toregas et al., 1971), or a share of people.

    Toregas, C., Swain, R., ReVelle, C. and Bergman, L. (1971), "The location of emergency service
    facilities", Operations Research 19.

    Parameters
    ----------
    minutes, open, never, groups, districts, time_limit, gap, tell, stop
        As in `p_median`. Sites in `open` are part of the number.
    within
        Service standard, in minutes; a site exactly this far away covers the area.
    share
        Share of people to be covered, above 0 and up to 1, of all people in `demand`.
    demand
        People per area, indexed by area; areas without people need not be covered. None counts
        every area as one.

    Returns
    -------
    HubPlan
        With the number of sites as the objective.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If no number of sites covers the share: names the areas that no site can reach, or the
        conditions that clash.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [30, 10, 10]}, index=["A", "B", "C"])
    >>> set_cover(minutes, within=15).sites
    ('x', 'y')
    >>> set_cover(minutes, within=15, share=0.5, demand=demand).sites  # 110 of 200 people
    ('y',)
    """
    watch = Watch(time_limit, tell, stop)
    check_options(within=within, time_limit=time_limit, gap=gap)
    _check_share(share)
    asked = problem(
        pd.Series(1.0, index=minutes.index) if demand is None else demand,
        minutes,
        hubs=None,
        open=open,
        never=never,
        groups=groups,
        districts=districts,
    )
    near = asked.near(within)
    _check_reach(asked, near, within, share, counted="areas" if demand is None else "people")
    picked, bound = _fewest(asked, near, within, share, watch=watch, gap=gap)
    kept = int(asked.kept.sum())
    return hub_plan(
        asked,
        picked,
        question="set cover",
        objective=float(kept + len(picked)),
        bound=float(kept + min(bound, len(picked))),
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        within=within,
        caveats=() if demand is None else _uncovered(asked, near, picked, within),
    )


@dataclass(frozen=True, eq=False)
class _Cover:
    """
    What is left to cover once the kept sites are open.

    `cells` tells which free sites cover which groups of areas (all alike to every plan),
    `weights` each group's share of all people, `need` the share still to be covered. `whole`
    asks for every group, whatever it weighs.
    """

    cells: np.ndarray
    weights: np.ndarray
    group: np.ndarray
    areas: pd.Index
    need: float
    whole: bool
    rules: Rules

    @classmethod
    def of(cls, asked: Problem, near: np.ndarray, share: float) -> "_Cover":
        free, already = near[asked.free], near[asked.kept].any(axis=0)
        undecided = ~already & free.any(axis=0) & (asked.people > 0)
        everyone = fsum(asked.people) or 1.0
        weights = asked.people[undecided] / everyone
        cells, weights, group = merged(free[:, undecided], weights)
        # Where nobody lives nobody is left to cover.
        need = share * bool(asked.people.any()) - people_in(asked.demand, already) / everyone
        areas = asked.demand.index[undecided]
        return cls(cells, weights, group, areas, need - REACHED, share >= 1, asked.rules)

    def reached(self, picked: np.ndarray) -> bool:
        """Whether the free sites at positions `picked` cover the share and keep the rules."""
        covered = self.cells[picked].any(axis=0)
        enough = covered.all() if self.whole else fsum(self.weights[covered]) >= self.need
        return bool(enough) and self.rules.allows(picked)

    def greedy(self) -> np.ndarray:
        """Open the site that covers the most of what is left, until the share is reached."""
        left = self.weights.copy()
        picked: list[int] = []
        while left.any() and not self.reached(np.array(picked, dtype=int)):
            picked.append(int((self.cells @ left).argmax()))
            left[self.cells[picked[-1]]] = 0.0
        return np.sort(np.array(picked, dtype=int))

    def programme(self) -> Programme:
        """Fewest sites; where only a share is asked for, a variable for each group covered."""
        sites, groups = self.cells.shape
        rules = rule_rows(self.rules, sites)
        if self.whole:
            everyone = Rows.least(covering(self.cells), 1.0)
            return programme(np.ones(sites), everyone, *rules, whole=sites)
        linked = sparse.hstack([covering(self.cells), -sparse.eye_array(groups)])
        share = Rows.least(np.r_[np.zeros(sites), self.weights], self.need)
        cost = np.r_[np.ones(sites), np.zeros(groups)]
        return programme(cost, Rows.least(linked, 0.0), share, *rules, whole=sites)


def _fewest(
    asked: Problem, near: np.ndarray, within: float, share: float, *, watch: Watch, gap: float
) -> tuple[np.ndarray, int]:
    """Return positions of the fewest free sites, and the proven bound on their number."""
    cover = _Cover.of(asked, near, share)
    known = cover.greedy()
    sound = cover.reached(known)
    start = np.isin(np.arange(len(cover.cells)), known) if sound else None
    if sound:
        watch.report(float(len(known) + asked.kept.sum()), float(asked.kept.sum()))
    slack = max(STEP, gap * (len(known) + asked.kept.sum()) if sound else 0.0)
    told = watch.counting(lambda sites: float(asked.kept.sum() + _whole(sites)))
    answer = solve(cover.programme(), start=start, slack=slack, watch=told)
    if answer.infeasible:
        raise _clashing(asked, cover, within, share)
    if answer.picked is None and not sound:
        raise InfeasibleError("set cover: no plan was found in time; allow a longer time_limit")
    picked = known if answer.picked is None else answer.picked
    return picked, _whole(answer.bound) if isfinite(answer.bound) else 0


def _whole(bound: float) -> int:
    """Raise a bound on a number of sites to the next whole number, but for rounding."""
    return ceil(bound - (1 - STEP))


def _clashing(asked: Problem, cover: _Cover, within: float, share: float) -> InfeasibleError:
    """Explain what only the solver could find out: rules against each other and the standard."""
    # In the order of areas, whatever the order in which groups of them were made.
    places = list(dict.fromkeys(cover.group.tolist())) if cover.whole else [0]
    everything = [("cover", place) for place in places]
    everything += sides(cover.rules)
    found = clash(everything, lambda some: not solve(_part(cover, some).programme()).infeasible)
    sites = asked.sites[asked.free]

    def sentence(kind: str, place: int) -> str:
        if kind in {"group", "district"}:
            return side_sentence(cover.rules, sites, kind, place)
        if not cover.whole:
            return f"a share of {share:.0%} within {within:g} minutes"
        return f"{name(cover.areas[cover.group == place])} within {within:g} minutes"

    return infeasible(
        "set cover",
        [sentence(*one) for one in found],
        "Raise within, ask for a smaller share, or change groups or districts",
    )


def _part(cover: _Cover, some: Sequence[tuple[str, int]]) -> _Cover:
    """Return the problem with only some of its conditions."""
    rules = some_of(cover.rules, some)
    asked = [place for kind, place in some if kind == "cover"]
    if cover.whole:
        cells, weights = cover.cells[:, asked], cover.weights[asked]
        return replace(cover, cells=cells, weights=weights, rules=rules)
    return replace(cover, need=cover.need if asked else 0.0, rules=rules)


def _check_share(share: float) -> None:
    if not 0 < share <= 1:
        raise InfeasibleError(f"share is {share}: give a share of people above 0 and up to 1")


def _check_reach(
    asked: Problem, near: np.ndarray, within: float, share: float, *, counted: str
) -> None:
    """Name the areas that no site can reach, where too few are left without them."""
    lost = ~near[asked.kept | asked.free].any(axis=0) & (asked.people > 0)
    everyone = fsum(asked.people)
    most = 1 - people_in(asked.demand, lost) / everyone if everyone else 1.0
    if not lost.any() or (share < 1 and most >= share - REACHED):
        return
    where = areas(asked.demand.index[lost])
    who = where if counted == "areas" else f"{people(people_in(asked.demand, lost))} in {where}"
    raise InfeasibleError(
        f"set cover: no site that may be opened is within {within:g} minutes of {who}, so at most "
        f"{floor(1000 * most + REACHED) / 1000:.1%} of {counted} can be covered; raise within, "
        "permit more sites, or ask for a smaller share"
    )


def _uncovered(
    asked: Problem, near: np.ndarray, picked: np.ndarray, within: float
) -> tuple[str, ...]:
    """Name the people whom a plan for a share leaves beyond the standard."""
    lost = ~near[asked.opened(picked)].any(axis=0) & (asked.people > 0)
    if not lost.any():
        return ()
    who = f"{people(people_in(asked.demand, lost))} in {areas(asked.demand.index[lost])}"
    return (f"More than {within:g} minutes from every hub of this plan: {who}.",)
