"""Maximal coverage: hubs so that the most people live within the service standard."""

from collections.abc import Callable, Hashable, Iterable

import numpy as np
import pandas as pd
from scipy import sparse

from mapping.hubs.covering.cover import Cover, undominated
from mapping.hubs.covering.hunt import hunt
from mapping.hubs.covering.proof import Proof
from mapping.hubs.nearest.choice import Found
from mapping.hubs.plan import HubPlan, hub_plan, people_in
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.questions.capacity import with_places
from mapping.hubs.questions.places import Assignment, check_capacity
from mapping.hubs.rules import FREE, Rules
from mapping.hubs.watch import Watch
from mapping.hubs.words import areas, name, people


def maximal_coverage(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
    within: float,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
    capacity: pd.Series | None = None,
    assignment: Assignment = "where there is room",
    time_limit: float | None = None,
    gap: float = 0.0,
    tell: Callable[[float, float], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> HubPlan:
    """
    Open `hubs` sites to cover the most demand (MCLP; Church and ReVelle, 1974).

    Areas beyond the standard are still allocated to their nearest open site, where there is a
    route; they do not count as covered.

    Parameters
    ----------
    demand, minutes, hubs, open, never, groups, districts, time_limit, gap, tell, stop
        As in `p_median`.
    within
        Service standard, in minutes; a site exactly this far away covers the area.
    capacity
        People a week that each site has places for, by site, in the unit of `demand` (see
        `weekly_places`); `inf` where there is no limit. Then only people with a place count as
        covered. None for no limit anywhere.
    assignment
        With a capacity: `where there is room`, people go to any hub within the standard that has
        a place for them, the people of one area perhaps to several; or `nearest`, all go to
        their nearest hub and are turned away in equal shares where it is full.

    Returns
    -------
    HubPlan
        With people covered as the objective.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If no set of sites meets the conditions.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [30, 10, 10]}, index=["A", "B", "C"])
    >>> plan = maximal_coverage(demand, minutes, hubs=1, within=15)
    >>> plan.sites, plan.objective  # B and C, 60 + 50 people
    (('y',), 110.0)
    """
    watch = Watch(time_limit, tell, stop)
    check_options(within=within, time_limit=time_limit, gap=gap)
    asked = problem(
        demand, minutes, hubs=hubs, open=open, never=never, groups=groups, districts=districts
    )
    check_capacity(asked.sites, capacity, assignment)
    near = asked.near(within)
    # Where hubs have a capacity, people covered as if they had none are only a start.
    told = watch if capacity is None else watch.quiet
    found = cover(asked, near, watch=told, gap=gap, rules=asked.rules)
    if capacity is not None:
        return with_places(
            asked,
            found.picked,
            found.bound,
            capacity=capacity,
            assignment=assignment,
            within=within,
            watch=watch,
            gap=gap,
            caveats=_out_of_reach(asked, near, within),
        )
    covered = near[asked.opened(found.picked)].any(axis=0)
    objective = people_in(asked.demand, covered)
    return hub_plan(
        asked,
        found.picked,
        question="maximal coverage",
        objective=objective,
        bound=max(found.bound, objective),
        gap=gap,
        out_of_time=watch.late,
        seconds=watch.seconds,
        within=within,
        caveats=(*_out_of_reach(asked, near, within), *_idle(asked, near, found.picked)),
    )


def cover(
    asked: Problem,
    near: np.ndarray,
    *,
    watch: Watch,
    gap: float = 0.0,
    rules: Rules = FREE,
    seed: int = 0,
) -> Found:
    """
    Cover the most demand.

    A KeyboardInterrupt ends the search with the best plan so far, and halts `watch`.

    Parameters
    ----------
    asked
        The problem; its minutes play no part here.
    near
        Whether a site covers an area, sites by areas in the order of `asked`.
    watch
        Stops the search when its time is over.
    gap
        Share of the people covered within which the proof may stop.
    rules
        Side conditions on the free sites.
    seed
        Seeds the search for better plans.

    Returns
    -------
    Found
        Positions among the free sites, people covered, and a proven upper bound on them.

    Raises
    ------
    InfeasibleError
        If no pick meets the rules.
    """
    already = near[asked.kept].any(axis=0)
    sure = people_in(asked.demand, already)
    undecided = np.where(already, 0.0, asked.people)
    table = sparse.csr_array(near[asked.free])
    whole = Cover.of(table, undecided, asked.pick, rules)
    sites = np.arange(whole.candidates) if rules else undominated(whole)
    part = whole if rules else whole.only(sites, min(asked.pick, len(sites)))
    proof = Proof(part, sure=sure, gap=gap, watch=watch)
    hunt(proof, seed=seed)
    picked = np.sort(sites[proof.picked])
    if not rules:
        picked = _made_up(picked, asked)
    return Found(picked, value=sure + proof.value, bound=sure + proof.proven)


def _made_up(picked: np.ndarray, asked: Problem) -> np.ndarray:
    """Add hubs that coverage has no use for, so that exactly as many open as were asked for."""
    spare = np.setdiff1d(np.arange(int(asked.free.sum())), picked)
    return np.sort(np.r_[picked, spare[: asked.pick - len(picked)]])


def _out_of_reach(asked: Problem, near: np.ndarray, within: float) -> tuple[str, ...]:
    """Name the people whom no permitted site can cover."""
    lost = ~near[asked.kept | asked.free].any(axis=0) & (asked.people > 0)
    if not lost.any():
        return ()
    who = f"{people(people_in(asked.demand, lost))} in {areas(asked.demand.index[lost])}"
    return (f"More than {within:g} minutes from every site that may be opened: {who}.",)


def _idle(asked: Problem, near: np.ndarray, picked: np.ndarray) -> tuple[str, ...]:
    """Name the new hubs without which just as many people would be covered."""
    opened = asked.opened(picked)
    alone = near[opened].sum(axis=0) == 1
    idle = [
        site
        for site in opened
        if not asked.kept[site] and not (near[site] & alone & (asked.people > 0)).any()
    ]
    if not idle:
        return ()
    sites = name(asked.sites[idle])
    return (f"As many people would be covered without any one of these hubs: {sites}.",)
