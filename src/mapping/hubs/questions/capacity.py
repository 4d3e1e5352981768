"""Plans for hubs with a limited number of places.

The search starts from the plan without capacity. Where that has a place for everyone it reaches,
it is the best plan with capacity too, and nothing is left to solve. Otherwise `sharing` first gives
the most people a place and then, for the p-median, makes their journeys short.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import fsum, inf

import numpy as np
import pandas as pd

from mapping.hubs.nearest.choice import fuzz
from mapping.hubs.plan import HubPlan, hub_plan
from mapping.hubs.problem import Problem
from mapping.hubs.questions.places import Rooms
from mapping.hubs.questions.sharing import Aim, Search, search
from mapping.hubs.questions.tariff import Tariff
from mapping.hubs.watch import Watch
from mapping.hubs.words import people

# Two numbers of people with a place are equal if they differ by no more than this share: what is
# left of rounding and of the solver's tolerance.
SAME = 1e-9
# Where not everyone can have a place, going without counts as so many of the longest journeys:
# any charge gives a valid bound, and a higher one a better bound more slowly.
DETOURS = 4.0


@dataclass(frozen=True, eq=False)
class Best:
    """Free sites, as positions, the proven bound, and whether no plan has a place for more."""

    picked: np.ndarray
    bound: float
    proven: bool = True


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
    objective = _burden(rooms, best.picked, placed) if within is None else _added(placed)
    limit = min(best.bound, objective) if within is None else max(best.bound, objective)
    plan = hub_plan(
        asked,
        best.picked,
        question=f"{'p-median' if within is None else 'maximal coverage'} with capacity",
        objective=objective,
        bound=max(0.0, limit),
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        within=within,
        caveats=(*caveats, *_unproven(best), *_turned_away(rooms, best.picked, placed)),
    )
    if not best.proven and plan.status in ("optimal", "within gap"):
        plan = replace(plan, status="time limit" if watch.late else "stopped")
    return _with_flows(plan, rooms, placed)


def _best(
    rooms: Rooms, known: np.ndarray, bound: float, *, median: bool, watch: Watch, gap: float
) -> Best:
    placed, joined = rooms.placed(known), rooms.joined(known)
    roomy = _added(placed) >= joined * (1 - SAME)
    detour = _burden(rooms, known, placed) - _nearest(rooms, known)
    if roomy and (not median or detour <= SAME * _nearest(rooms, known)):
        return Best(known, bound)
    start = _start(rooms, known, watch)
    if not median:
        most = _most(rooms, start, watch, gap)
        return Best(most.picked, min(bound, most.bound))
    most = Best(start, _seats(rooms))
    if most.bound - _added(rooms.placed(start)) > _step(rooms):
        most = _most(rooms, start, watch.quiet, 0.0)
    return _shortest(rooms, most, bound, watch, gap)


def _start(rooms: Rooms, known: np.ndarray, watch: Watch) -> np.ndarray:
    """Find a plan that gives many a place, from the one without capacity and the largest sites."""

    def order(picked: np.ndarray) -> tuple[float, float]:
        placed = rooms.placed(picked)
        return -_added(placed), _burden(rooms, picked, placed)

    starts = [known, _largest(rooms, known)]
    if rooms.assignment == "nearest":
        try:
            starts = [_swapped(rooms, one, order, watch) for one in starts]
        except KeyboardInterrupt:
            watch.halt()
    return min(starts, key=order)


def _swapped(
    rooms: Rooms,
    picked: np.ndarray,
    order: Callable[[np.ndarray], tuple[float, float]],
    watch: Watch,
) -> np.ndarray:
    """Swap each site in turn for the best other one, until that helps no more."""
    best, turn, idle = (order(picked), picked), 0, 0
    while idle < len(picked) and not watch.over:
        others = np.setdiff1d(np.arange(int(rooms.asked.free.sum())), best[1])
        rest = np.delete(best[1], turn % len(picked))
        plans = [np.sort(np.r_[rest, other]) for other in others]
        ranked = ((order(plan), plan) for plan in plans if rooms.asked.rules.allows(plan))
        found = min(ranked, key=lambda one: one[0], default=best)
        idle = 0 if found[0] < best[0] else idle + 1
        best, turn = min(best, found, key=lambda one: one[0]), turn + 1
    return best[1]


def _seats(rooms: Rooms) -> float:
    """No plan has a place for more people: those who could have one, and the largest sites."""
    free = rooms.room[: rooms.asked.free.sum()]
    largest = np.sort(free)[len(free) - rooms.asked.pick :]
    return min(_reached(rooms), fsum([*largest, *rooms.room[len(free) :]]))


def _reached(rooms: Rooms) -> float:
    """People who could have a place at some site."""
    return fsum(rooms.asked.people)


def _largest(rooms: Rooms, known: np.ndarray) -> np.ndarray:
    """Return the free sites with the most room, which often have a place for everyone."""
    free = rooms.room[: rooms.asked.free.sum()]
    picked = np.sort(np.argsort(-free, kind="stable")[: rooms.asked.pick])
    return picked if rooms.asked.rules.allows(picked) else known


def _most(rooms: Rooms, known: np.ndarray, watch: Watch, gap: float) -> Best:
    """Give the most people a place: the fewest are left without one."""
    everyone = _reached(rooms)

    def without(picked: np.ndarray) -> float:
        return everyone - _added(rooms.placed(picked))

    told = watch.counting(lambda value: everyone - value)
    state = Search(Aim(without, gap, everyone, _step(rooms)), rooms, known, told)
    tariff = Tariff.of(rooms, np.zeros(len(rooms.area)), charge=1.0)
    search(state, tariff, np.full(len(rooms.asked.people), 0.5))
    return Best(state.picked, min(_seats(rooms), everyone - state.proven))


def _shortest(rooms: Rooms, most: Best, bound: float, watch: Watch, gap: float) -> Best:
    """
    Of the plans that give so many a place, find the one with the shortest journeys.

    A plan where people go to their nearest hub has no shorter journeys than one where they go
    where there is room, so the same prices serve both.
    """
    least = _added(rooms.placed(most.picked)) * (1 - SAME)
    lacking = max(0.0, _reached(rooms) - least)
    everyone = lacking <= 2 * SAME * rooms.scale

    def total(picked: np.ndarray) -> float:
        placed = rooms.placed(picked)
        return _burden(rooms, picked, placed) if _added(placed) >= least * (1 - SAME) else inf

    longest = float(rooms.minutes.max(initial=0.0))
    charge = inf if everyone else DETOURS * longest
    aim = Aim(total, gap, apart=0.0 if everyone else charge * lacking)
    state = Search(aim, rooms, most.picked, watch)
    if everyone or (rooms.assignment == "nearest" and _whole(rooms)):
        # Everyone's journey counts in every plan, and none is shorter than without capacity.
        state.prove(min(bound, state.goal))
    search(state, Tariff.of(rooms, rooms.minutes, charge), _usual(rooms))
    proven = most.bound - least <= max(_step(rooms), 2 * SAME * most.bound)
    return Best(state.picked, state.proven, proven=proven)


def _whole(rooms: Rooms) -> bool:
    """Whether every area can be joined to every site."""
    return len(rooms.area) == len(rooms.columns) * len(rooms.asked.people)


def _usual(rooms: Rooms) -> np.ndarray:
    """Prices to start from: for each area the minutes that one site in `hubs` is within."""
    entries = np.bincount(rooms.area)
    first = np.cumsum(entries) - entries
    place = np.minimum(len(rooms.columns) // max(1, rooms.asked.hubs), entries - 1)
    return rooms.minutes[first + place]


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
    return _added(placed * rooms.minutes)


def _added(values: np.ndarray) -> float:
    """Add up exactly, so that the order cannot matter; nearly all entries are 0."""
    return fsum(values[values > 0])


def _unproven(best: Best) -> tuple[str, ...]:
    if best.proven:
        return ()
    return ("Not proven to give the most people a place: another plan might, at longer journeys.",)


def _turned_away(rooms: Rooms, picked: np.ndarray, placed: np.ndarray) -> tuple[str, ...]:
    """Say how many people reach a hub that has no place for them."""
    without = rooms.joined(picked) - _added(placed)
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
