"""The p-centre: hubs so that the longest journey is shortest."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from math import fsum, inf

import numpy as np
import pandas as pd

from mapping.hubs.highs import solve
from mapping.hubs.nearest.choice import fuzz
from mapping.hubs.plan import HubPlan, hub_plan
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.questions.coverage import cover
from mapping.hubs.questions.service import counted, serve
from mapping.hubs.rows import Rows, covering, programme, rule_rows
from mapping.hubs.watch import Watch

# The total journey comes second and is not proven: that took longer than the centre itself.
UNPROVEN = inf

# The first plan only has to serve the most people and be good enough to start from.
ROUGH = 0.1


def p_centre(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
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
    Open `hubs` sites so that the longest journey to the nearest is shortest (Hakimi, 1965).

    The longest journey is one of the minutes of the table, so it is found by bisection: whether
    `hubs` sites can bring everyone within so many minutes is a set cover (Minieka, E. (1970),
    "The m-center problem", SIAM Review 12). Areas without people play no part. As in `p_median`,
    the plan first serves as many people as it can, and the longest journey is over those. Of the
    plans with the same longest journey it takes one whose total journey no swap of one hub for
    another shortens; that is not proven shortest.

    Parameters
    ----------
    demand, minutes, hubs, open, never, groups, districts, time_limit, gap, tell, stop
        As in `p_median`.

    Returns
    -------
    HubPlan
        With the longest journey, in minutes, as the objective.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If no set of sites meets the conditions.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 1})
    >>> minutes = pd.DataFrame({"x": [5, 30], "y": [20, 20]}, index=["A", "B"])
    >>> plan = p_centre(demand, minutes, hubs=1)
    >>> plan.sites, plan.objective
    (('y',), 20.0)
    """
    watch = Watch(time_limit, tell, stop)
    check_options(time_limit=time_limit, gap=gap)
    asked = problem(
        demand, minutes, hubs=hubs, open=open, never=never, groups=groups, districts=districts
    )
    quiet = watch.quiet  # what happens inside is not told in minutes
    first = serve(asked, asked.burden, watch=quiet, gap=ROUGH)
    race = _Race.of(asked, first.picked)
    found = _bisected(race, first.picked, watch, gap)
    picked = _shortest(race, found.picked, quiet)
    return hub_plan(
        asked,
        picked,
        question="p-centre",
        objective=race.longest(picked),
        # Nothing is known of the journeys of plans that would serve more people.
        bound=0.0 if first.caveats else found.bound,
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        caveats=first.caveats,
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """Positions of the free sites, and the proven bound on the longest journey."""

    picked: np.ndarray
    bound: float


@dataclass(frozen=True, eq=False)
class _Race:
    """
    The areas that count, and whether a plan leaves none of them out.

    Where no plan can serve them all, a plan must serve as many people as `most`.
    """

    asked: Problem
    all_served: bool
    most: float

    @classmethod
    def of(cls, asked: Problem, picked: np.ndarray) -> "_Race":
        """Count as served what the plan `picked`, which serves the most, serves."""
        inner = asked.only(counted(asked, asked.burden))
        routed = np.isfinite(inner.reach[inner.opened(picked)]).any(axis=0)
        return cls(inner, bool(routed.all()), fsum(inner.people[routed]))

    def longest(self, picked: np.ndarray) -> float:
        """Longest journey of those served."""
        nearest = self.asked.reach[self.asked.opened(picked)].min(axis=0)
        return float(nearest.max(where=np.isfinite(nearest), initial=0.0))

    @property
    def least(self) -> float:
        """No plan is better: the journey of the area that is furthest from every site."""
        permitted = self.asked.reach[self.asked.kept | self.asked.free]
        return float(permitted.min(axis=0).max(initial=0.0)) if self.all_served else 0.0

    def within(self, radius: float, watch: Watch) -> np.ndarray | bool:
        """Return sites that serve everyone to be served in `radius`; False: proven to be none."""
        near = self.asked.reach <= radius
        return self._all(near, watch) if self.all_served else self._most(near, watch)

    def _all(self, near: np.ndarray, watch: Watch) -> np.ndarray | bool:
        asked, free = self.asked, near[self.asked.free]
        undecided = ~near[asked.kept].any(axis=0)
        cells, sites = _bare(free[:, undecided], ruled=bool(asked.rules))
        if not cells.any(axis=0).all():
            return False
        count = len(cells)
        rows = (
            Rows.least(covering(cells), 1.0),
            Rows.most(np.ones(count), asked.pick),
            *rule_rows(asked.rules, count),
        )
        answer = solve(programme(np.ones(count), *rows, whole=count), slack=asked.pick, watch=watch)
        if answer.picked is not None:
            return sites[answer.picked]
        return not answer.infeasible

    def _most(self, near: np.ndarray, watch: Watch) -> np.ndarray | bool:
        found = cover(self.asked, near, watch=watch, rules=self.asked.rules)
        least = self.most - fuzz(self.most)
        if found.value >= least:
            return found.picked
        return found.bound >= least


def _bare(near: np.ndarray, *, ruled: bool) -> tuple[np.ndarray, np.ndarray]:
    """
    Leave out areas that are covered whenever another is, and sites that another covers all of.

    Each makes way for more of the other, so both are done until nothing changes. Where rules bind
    the sites, all of them stay. Returns the cells left and the positions of their sites.
    """
    areas, sites = np.arange(near.shape[1]), np.arange(len(near))
    while True:
        before = len(areas), len(sites)
        areas = areas[~_spared(near[np.ix_(sites, areas)].T)]
        if not ruled:
            sites = sites[~_spared(~near[np.ix_(sites, areas)])]
        if (len(areas), len(sites)) == before:
            return near[np.ix_(sites, areas)], sites


def _spared(cells: np.ndarray) -> np.ndarray:
    """Whether each row holds all that another row holds; of equal rows all but the first."""
    table = cells.astype(np.float32)
    size = table.sum(axis=1)
    inside = table @ table.T >= size  # cell (a, b): row a holds all of row b
    order = np.arange(len(cells))
    smaller = (size < size[:, None]) | ((size == size[:, None]) & (order < order[:, None]))
    return (inside & smaller).any(axis=1)


def _bisected(race: _Race, picked: np.ndarray, watch: Watch, gap: float) -> _Found:
    """Halve the minutes between what is proven impossible and what a plan does."""
    longest = race.longest(picked)
    radii = np.unique(race.asked.reach[race.asked.kept | race.asked.free])
    radii = radii[(radii >= race.least) & (radii <= longest)]
    low, high = 0, len(radii) - 1
    while low < high and not watch.over and radii[high] - radii[low] > gap * max(1.0, radii[high]):
        watch.report(float(radii[high]), float(radii[low]))
        middle = (low + high) // 2
        found = race.within(radii[middle], watch.quiet)
        if isinstance(found, np.ndarray):
            picked = _filled(race.asked, found)
            high = int(np.searchsorted(radii, race.longest(picked)))
        elif found:  # not settled: time ran out
            break
        else:
            low = middle + 1
    return _Found(picked, float(radii[low]) if len(radii) else 0.0)


def _filled(asked: Problem, picked: np.ndarray) -> np.ndarray:
    """Open more sites, up to the number asked for; the groups always leave room for as many."""
    chosen = [int(site) for site in picked]
    for site in np.setdiff1d(np.arange(int(asked.free.sum())), picked):
        if len(chosen) == asked.pick:
            break
        alone = all(not (site in one and np.isin(chosen, one).any()) for one in asked.rules.at_most)
        chosen += [int(site)] * alone
    return np.sort(np.array(chosen, dtype=int))


def _shortest(race: _Race, picked: np.ndarray, watch: Watch) -> np.ndarray:
    """Make the total journey short without making the longest longer."""
    if watch.over:
        return picked
    asked, longest = race.asked, race.longest(picked)
    cost = np.where(asked.reach <= longest, asked.burden, np.inf)
    found = serve(asked, cost, watch=watch, gap=UNPROVEN, start=picked).picked
    nearest = asked.reach[asked.opened(found)].min(axis=0)
    sound = fsum(asked.people[nearest <= longest]) >= race.most - fuzz(race.most)
    return found if sound and race.longest(found) <= longest else picked
