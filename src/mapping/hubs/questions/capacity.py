"""Plans for hubs with a limited number of places.

Capacity ties the areas together, so there is no kernel here: mixed-integer programmes in shares of
each area's people, started from the plan without capacity. Where that plan has a place for
everyone it reaches, it is the best plan with capacity too, and nothing is left to solve.
"""

from dataclasses import dataclass, replace
from math import fsum, inf

import numpy as np
import pandas as pd
from scipy import sparse

from mapping.hubs.highs import Answer, solve
from mapping.hubs.nearest.choice import fuzz
from mapping.hubs.plan import HubPlan, hub_plan
from mapping.hubs.problem import Problem
from mapping.hubs.questions.places import Rooms, sums
from mapping.hubs.rows import Rows, programme, rule_rows
from mapping.hubs.watch import Watch
from mapping.hubs.words import people

# Two numbers of people with a place are equal if they differ by no more than this share: what is
# left of rounding and of the solver's tolerance.
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Model:
    """
    A plan with places as a programme: variables from 0 to 1, the sites first.

    `people` and `burden` are the people with a place, and the person-minutes, that each variable
    stands for.
    """

    rows: tuple[Rows, ...]
    people: np.ndarray
    burden: np.ndarray


@dataclass(frozen=True, eq=False)
class Best:
    """Free sites, as positions, and the proven bound; `proven` on the people with a place."""

    picked: np.ndarray
    bound: float
    proven: bool = True


def by_room(rooms: Rooms) -> Model:
    """
    People go where there is room; an area's people may be split between hubs.

    Variables: sites, then the share of each entry's people with a place there.
    """
    sites, entries = len(rooms.columns), len(rooms.area)
    limit = np.minimum(1.0, rooms.room[rooms.site] / rooms.people)
    once = sums(rooms.area, 1.0, len(rooms.asked.people))
    full = sums(rooms.site, rooms.people / rooms.scale, sites)
    room = sparse.diags_array(rooms.room / rooms.scale)
    opens = sums(rooms.site, limit, sites).T
    return Model(
        rows=(
            Rows.most(sparse.hstack([sparse.csr_array((once.shape[0], sites)), once]), 1.0),
            Rows.most(sparse.hstack([-room, full]), 0.0),
            Rows.most(sparse.hstack([-opens, sparse.eye_array(entries)]), 0.0),
        ),
        people=np.r_[np.zeros(sites), rooms.people],
        burden=np.r_[np.zeros(sites), rooms.people * rooms.minutes],
    )


def by_nearest(rooms: Rooms) -> Model:
    """
    People go to their nearest hub, whether it has a place for them or not.

    Variables: sites, then for each entry whether a site as near is open, then the share of each
    site's room that is used. An area goes to the first open site in the order of its entries: the
    step from closed to open is where (closest assignment: Rojeski, P. and ReVelle, C. (1970),
    "Central facilities location under an investment constraint", Geographical Analysis 2).
    """
    sites, entries = len(rooms.columns), len(rooms.area)
    opens = sums(rooms.site, 1.0, sites).T
    step = _steps(rooms.area)
    asking = sums(rooms.site, rooms.people / rooms.scale, sites) @ step
    used = sparse.diags_array(rooms.room / rooms.scale)
    none = sparse.csr_array((entries, sites))
    return Model(
        rows=(
            Rows.least(sparse.hstack([none, step]), 0.0),
            Rows.least(sparse.hstack([opens, -step]), 0.0),
            Rows.least(sparse.hstack([-opens, sparse.eye_array(entries)]), 0.0),
            Rows.least(sparse.hstack([sparse.csr_array((sites, sites)), asking, -used]), 0.0),
        ),
        people=np.r_[np.zeros(sites + entries), rooms.room],
        burden=np.r_[np.zeros(sites), step.T @ (rooms.people * rooms.minutes), np.zeros(sites)],
    )


def _steps(area: np.ndarray) -> sparse.csr_array:
    """Take from each entry the one before it of the same area."""
    entries = len(area)
    same = np.flatnonzero(np.diff(area, prepend=-1) == 0)
    before = sparse.csr_array((np.ones(len(same)), (same, same - 1)), shape=(entries, entries))
    return sparse.csr_array(sparse.eye_array(entries) - before)


def with_places(
    asked: Problem,
    known: np.ndarray,
    bound: float,
    *,
    capacity: pd.Series,
    assignment: str,
    within: float | None,
    watch: Watch,
    gap: float,
    caveats: tuple[str, ...] = (),
) -> HubPlan:
    """
    Answer maximal coverage (with `within`) or the p-median (without) where hubs have a capacity.

    Parameters
    ----------
    asked
        The problem.
    known, bound
        The best plan without capacity, positions of free sites, and its proven bound.
    capacity
        Weekly places by site.
    assignment
        Whether people go to their nearest hub, or to any where there is room.
    within
        Service standard, in minutes; None for the p-median.
    watch, gap
        As for every question.
    caveats
        What the reader must know of the plan without capacity.
    """
    rooms = Rooms.of(asked, capacity, assignment, inf if within is None else within)
    best = _best(rooms, known, bound, median=within is None, watch=watch, gap=gap)
    placed = rooms.placed(best.picked)
    objective = _burden(rooms, best.picked, placed) if within is None else fsum(placed)
    limit = min(best.bound, objective) if within is None else max(best.bound, objective)
    plan = hub_plan(
        asked,
        best.picked,
        question=f"{'p-median' if within is None else 'maximal coverage'} with capacity",
        objective=objective,
        bound=max(0.0, limit) if best.proven else 0.0,
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        within=within,
        caveats=(*caveats, *_unproven(best), *_turned_away(rooms, best.picked, placed)),
    )
    return _with_flows(plan, rooms, placed)


def _best(
    rooms: Rooms, known: np.ndarray, bound: float, *, median: bool, watch: Watch, gap: float
) -> Best:
    placed, joined = rooms.placed(known), rooms.joined(known)
    roomy = fsum(placed) >= joined * (1 - SAME)
    detour = _burden(rooms, known, placed) - _nearest(rooms, known)
    if roomy and (not median or detour <= SAME * _nearest(rooms, known)):
        return Best(known, bound)
    model = by_nearest(rooms) if rooms.assignment == "nearest" else by_room(rooms)
    if roomy:
        return _shortest(rooms, model, Best(known, joined), watch, gap)
    largest = _largest(rooms, known)
    if median and fsum(rooms.placed(largest)) >= joined * (1 - SAME):
        return _shortest(rooms, model, Best(largest, joined), watch, gap)
    most = _most(rooms, model, known, watch, 0.0 if median else gap)
    if not median:
        return Best(most.picked, min(bound, most.bound))
    return _shortest(rooms, model, Best(most.picked, min(joined, most.bound)), watch, gap)


def _largest(rooms: Rooms, known: np.ndarray) -> np.ndarray:
    """Return the free sites with the most room, which often have a place for everyone."""
    free = rooms.room[: rooms.asked.free.sum()]
    picked = np.sort(np.argsort(-free, kind="stable")[: rooms.asked.pick])
    return picked if rooms.asked.rules.allows(picked) else known


def _most(rooms: Rooms, model: Model, known: np.ndarray, watch: Watch, gap: float) -> Best:
    """Give the most people a place."""
    value = fsum(rooms.placed(known))
    slack = max(_step(rooms), gap * value) / rooms.scale
    cost = model.people / rooms.scale
    answer = _solve(rooms, cost, model.rows, known, watch, slack=slack, maximise=True)
    picked = _picked(rooms, answer.picked, known)
    better = picked if fsum(rooms.placed(picked)) > value else known
    return Best(better, answer.bound * rooms.scale)


def _shortest(rooms: Rooms, model: Model, most: Best, watch: Watch, gap: float) -> Best:
    """Of the plans that give so many a place, find the one with the shortest journeys."""
    value = fsum(rooms.placed(most.picked))
    if most.bound - value > max(_step(rooms), SAME * most.bound):
        return Best(most.picked, 0.0, proven=False)
    same = Rows.least(model.people / rooms.scale, value * (1 - SAME) / rooms.scale)
    burden = _burden(rooms, most.picked, rooms.placed(most.picked))
    answer = _solve(
        rooms,
        model.burden / rooms.scale,
        (*model.rows, same),
        most.picked,
        watch,
        slack=gap * burden / rooms.scale,
    )
    picked = _picked(rooms, answer.picked, most.picked)
    placed = rooms.placed(picked)
    better = _burden(rooms, picked, placed) < burden and fsum(placed) >= value * (1 - 2 * SAME)
    return Best(picked if better else most.picked, answer.bound * rooms.scale)


def _solve(
    rooms: Rooms,
    cost: np.ndarray,
    rows: tuple[Rows, ...],
    known: np.ndarray,
    watch: Watch,
    *,
    slack: float,
    maximise: bool = False,
) -> Answer:
    """Add the conditions on sites, and solve from a known plan."""
    sites, free, pick = len(rooms.columns), int(rooms.asked.free.sum()), float(rooms.asked.pick)
    kept = Rows.least(sparse.csr_array(np.eye(sites)[free:]), 1.0)
    count = Rows(sparse.csr_array(np.ones((1, free))), np.array([pick]), np.array([pick]))
    rules = rule_rows(rooms.asked.rules, free)
    asked = programme(cost, *rows, kept, count, *rules, whole=sites, maximise=maximise)
    return solve(asked, start=rooms.opened(known), slack=slack, seconds=watch.left)


def _picked(rooms: Rooms, found: np.ndarray | None, known: np.ndarray) -> np.ndarray:
    """Leave the kept sites out; they come last."""
    return known if found is None else found[found < rooms.asked.free.sum()]


def _step(rooms: Rooms) -> float:
    """How far a bound may be above the value and still prove it: people in whole numbers."""
    numbers = np.r_[rooms.asked.people, rooms.room]
    rounding = fuzz(rooms.scale)
    return max(rounding, 1 - rounding) if (numbers == np.rint(numbers)).all() else rounding


def _nearest(rooms: Rooms, picked: np.ndarray) -> float:
    """Person-minutes if everyone who can went to the nearest hub."""
    first = rooms.first(picked)
    return fsum(rooms.people[first] * rooms.minutes[first])


def _burden(rooms: Rooms, picked: np.ndarray, placed: np.ndarray) -> float:
    """
    Person-minutes that the p-median counts.

    Where people go to their nearest hub all of them make the journey, with a place or without;
    where they go to a place, those who have one.
    """
    if rooms.assignment == "nearest":
        return _nearest(rooms, picked)
    return fsum(placed * rooms.minutes)


def _unproven(best: Best) -> tuple[str, ...]:
    if best.proven:
        return ()
    return ("Not proven to give the most people a place, so nothing is proven of the journeys.",)


def _turned_away(rooms: Rooms, picked: np.ndarray, placed: np.ndarray) -> tuple[str, ...]:
    """Say how many people reach a hub that has no place for them."""
    without = rooms.joined(picked) - fsum(placed)
    if without <= SAME * rooms.scale:
        return ()
    return (f"Within reach of a hub, but without a place there: {people(without)}.",)


def _with_flows(plan: HubPlan, rooms: Rooms, placed: np.ndarray) -> HubPlan:
    """Add who has a place where, and make the hub with most of an area's places its own."""
    some = placed > 0
    flows = pd.DataFrame(
        {
            "area": rooms.asked.demand.index[rooms.area[some]],
            "site": rooms.asked.sites[rooms.columns[rooms.site[some]]],
            "people": placed[some],
            "minutes": rooms.minutes[some],
        }
    )
    area = plan.allocation.index.get_indexer(flows["area"])
    site = rooms.asked.sites.get_indexer(flows["site"])
    flows = flows.iloc[np.lexsort((site, area))].reset_index(drop=True)
    # Of equal numbers the earlier column, as everywhere.
    main = flows.sort_values("people", ascending=False, kind="stable").drop_duplicates("area")
    allocation, minutes = plan.allocation.copy(), plan.minutes.copy()
    allocation.loc[main["area"]] = main["site"].to_numpy()
    minutes.loc[main["area"]] = main["minutes"].to_numpy()
    return replace(plan, flows=flows, allocation=allocation, minutes=minutes)
