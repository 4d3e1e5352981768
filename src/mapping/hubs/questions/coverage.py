"""Maximal coverage: hubs so that the most people live within the service standard."""

from collections.abc import Hashable, Iterable

import numpy as np
import pandas as pd

from mapping.hubs.choice import Choice, Found
from mapping.hubs.plan import HubPlan, hub_plan, people_in
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.search import choose
from mapping.hubs.watch import Watch
from mapping.hubs.words import areas, name, people

# Comparing every pair of sites costs areas times sites squared: beyond this, more than it saves.
PAIRS = 2e10

# Coverage has few journeys to rule out, so the solver comes soon: measured in benchmarks/hubs.py.
PASSES = (30,)


def maximal_coverage(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
    within: float,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    time_limit: float | None = None,
    gap: float = 0.0,
) -> HubPlan:
    """
    Open `hubs` sites to cover the most demand (MCLP; Church and ReVelle, 1974).

    Areas beyond the standard are still allocated to their nearest open site, where there is a
    route; they do not count as covered.

    Parameters
    ----------
    demand
        People per area, indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    hubs
        Number of sites to open, those in `open` included.
    within
        Service standard, in minutes; a site exactly this far away covers the area.
    open
        Sites that must be open.
    never
        Sites that may not be.
    time_limit
        Seconds after which the best plan so far is returned; None for no limit.
    gap
        Share of the objective within which the proof may stop; 0 proves the plan best.

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
    watch = Watch(time_limit)
    check_options(within=within, time_limit=time_limit, gap=gap)
    asked = problem(demand, minutes, hubs=hubs, open=open, never=never)
    near = asked.reach <= within
    found = cover(asked, near, watch=watch, gap=gap)
    covered = near[asked.opened(found.picked)].any(axis=0)
    objective = people_in(asked.demand, covered)
    return hub_plan(
        asked,
        found.picked,
        question="maximal coverage",
        objective=objective,
        bound=max(found.bound, objective),
        gap=gap,
        out_of_time=watch.over,
        seconds=watch.seconds,
        within=within,
        caveats=(*_out_of_reach(asked, near, within), *_idle(asked, near, found.picked)),
    )


def cover(asked: Problem, near: np.ndarray, *, watch: Watch, gap: float = 0.0) -> Found:
    """
    Cover the most demand.

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

    Returns
    -------
    Found
        Positions among the free sites, people covered, and a proven upper bound on them.
    """
    free, already = near[asked.free], near[asked.kept].any(axis=0)
    undecided = ~already & free.any(axis=0)
    cells, weights = _merged(free[:, undecided], asked.people[undecided])
    sites = _undominated(cells)
    most = people_in(asked.demand, already | undecided)
    missed = np.where(cells[sites], 0.0, weights)
    choice = Choice.of(missed, weights, min(asked.pick, len(sites)), whole=most)
    found = choose(choice, watch=watch, gap=gap, passes=PASSES)
    picked = _made_up(sites[found.picked], asked)
    return Found(picked, value=most - found.value, bound=most - found.bound)


def _merged(cells: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make one area of all areas that the same sites cover: no plan can tell them apart."""
    patterns = np.packbits(cells, axis=0).T
    _, first, which = np.unique(patterns, axis=0, return_index=True, return_inverse=True)
    return cells[:, first], np.bincount(which.ravel(), weights=weights, minlength=len(first))


def _undominated(cells: np.ndarray) -> np.ndarray:
    """Positions of sites that no other site covers all of (of equal sites, the first)."""
    sites, areas = cells.shape
    size = cells.sum(axis=1)
    if sites * sites * areas > PAIRS:
        return np.flatnonzero(size)
    shared = cells.astype(np.float32) @ cells.T.astype(np.float32)
    inside = shared == size[:, None]  # site covers nothing that the other does not
    earlier = np.arange(sites)[:, None] > np.arange(sites)
    beaten = inside & ((size[:, None] < size) | ((size[:, None] == size) & earlier))
    return np.flatnonzero(~beaten.any(axis=1) & (size > 0))


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
    sites = name(asked.minutes.columns[idle])
    return (f"As many people would be covered without any one of these hubs: {sites}.",)
