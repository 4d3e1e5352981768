"""The p-median: hubs so that the total journey is shortest."""

from collections.abc import Hashable, Iterable
from math import fsum

import numpy as np
import pandas as pd

from mapping.hubs.choice import Choice, Found, fuzz
from mapping.hubs.coverage import cover
from mapping.hubs.plan import HubPlan, hub_plan
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.search import choose
from mapping.hubs.watch import Watch
from mapping.hubs.words import people

# Being served by no hub first costs as much as this many of the longest journeys, then more
# where that was too little to serve as many people as can be served.
CHARGE = 2.0
RAISES = (10.0,) * 8


def p_median(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    time_limit: float | None = None,
    gap: float = 0.0,
) -> HubPlan:
    """
    Open `hubs` sites so that people's total journey to the nearest is shortest (Hakimi, 1964).

    An area that cannot reach any open hub has no journey to count. So that leaving people out
    never looks like an improvement, the plan first serves as many people as `hubs` sites can
    serve, and only then makes their journeys short; the people left out are named in a caveat.

    Greedy adding and interchange find a plan, a Lagrangian bound rules out most sites and
    journeys, and HiGHS settles what is left.

    Parameters
    ----------
    demand
        People per area, indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    hubs
        Number of sites to open, those in `open` included.
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
        With person-minutes as the objective.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If no set of sites meets the conditions.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [15, 10, 10]}, index=["A", "B", "C"])
    >>> plan = p_median(demand, minutes, hubs=1)
    >>> plan.sites, plan.objective  # 90 * 15 + 60 * 10 + 50 * 10
    (('y',), 2450.0)
    """
    watch = Watch(time_limit)
    check_options(time_limit=time_limit, gap=gap)
    asked = problem(demand, minutes, hubs=hubs, open=open, never=never)
    picked, bound, caveats = _lexicographic(asked, watch, gap)
    objective = _total(asked, picked)[1]
    return hub_plan(
        asked,
        picked,
        question="p-median",
        objective=objective,
        # Nothing is known of the minutes of plans that would serve more people.
        bound=max(0.0, min(bound, objective)) if not caveats else 0.0,
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.over,
        caveats=caveats,
    )


def _lexicographic(
    asked: Problem, watch: Watch, gap: float
) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """
    Serve the most people, then in the least time: sites, bound on person-minutes, caveats.

    Charging every person left out c minutes gives a plain p-median. Its bound less c times
    (people left out) bounds the minutes of all plans that leave out no more (weak duality),
    whatever c is; c only has to grow until the plan leaves out as few as can be.
    """
    # Who lives where no permitted site has a route is left out by every plan alike.
    routed = np.isfinite(asked.reach[asked.kept | asked.free]).any(axis=0)
    asked = asked.only(routed & (asked.people > 0))
    charge = CHARGE * max(1.0, asked.reach.max(where=np.isfinite(asked.reach), initial=0.0))
    found = _charged(asked, charge, watch, gap)
    left_out = _total(asked, found.picked)[0]
    if not left_out:
        return found.picked, found.bound, ()
    most = cover(asked, np.isfinite(asked.reach), watch=watch)
    fewest = fsum(asked.people) - most.bound
    # From here on the proof must be exact: a gap would be a share of minutes and charges alike.
    for factor in RAISES if not gap else (1.0, *RAISES):
        if watch.over or (left_out <= fewest + fuzz(fewest) and factor > 1):
            break
        charge *= factor
        found = _charged(asked, charge, watch, start=most.picked)
        left_out = _total(asked, found.picked)[0]
    caveats = _maybe_more(left_out - fewest - fuzz(fewest))
    return found.picked, found.bound - charge * left_out, caveats


def _maybe_more(more: float) -> tuple[str, ...]:
    if more <= 0:
        return ()
    return (f"Not proven to reach the most: up to {people(more)} more might be given a route.",)


def _total(asked: Problem, chosen: np.ndarray) -> tuple[float, float]:
    """People left out by a plan, and person-minutes of the others."""
    least = asked.reach[asked.opened(chosen)].min(axis=0)
    routed = np.isfinite(least)
    return fsum(asked.people[~routed]), fsum(asked.people[routed] * least[routed])


def _charged(
    asked: Problem,
    charge: float,
    watch: Watch,
    gap: float = 0.0,
    *,
    start: np.ndarray | None = None,
) -> Found:
    """Solve the plain p-median in which no journey is longer than `charge`."""
    base = asked.people * asked.reach[asked.kept].min(axis=0, initial=charge)
    cost = asked.people * np.minimum(asked.reach[asked.free], charge)
    return choose(Choice.of(cost, base, asked.pick), watch=watch, gap=gap, start=start)
