"""The p-median: hubs so that the total journey is shortest."""

from collections.abc import Callable, Hashable, Iterable

import pandas as pd

from mapping.hubs.plan import HubPlan, hub_plan
from mapping.hubs.problem import check_options, problem
from mapping.hubs.questions.capacity import with_places
from mapping.hubs.questions.places import Assignment, check_capacity
from mapping.hubs.questions.service import serve
from mapping.hubs.watch import Watch


def p_median(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
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
    Open `hubs` sites so that people's total journey to the nearest is shortest (Hakimi, 1964).

    An area that cannot reach any open hub has no journey to count. So that leaving people out
    never looks like an improvement, the plan first serves as many people as `hubs` sites can
    serve, and only then makes their journeys short; the people left out are named in a caveat.

    Greedy adding and interchange find a plan, a Lagrangian bound rules out most sites and
    journeys, and an exact search settles what is left.

    Parameters
    ----------
    demand
        People per area, indexed by area. Places where people spend the day, such as a hospital
        or an employer, are further rows here and in `minutes`.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    hubs
        Number of sites to open, those in `open` included.
    open
        Sites that must be open. A hub that is open today and is not listed may close.
    never
        Sites that may not be.
    groups
        Group by site, such as the building of a room; of each group at most one site may be
        open. NaN, and sites left out, have none.
    districts
        District by site; in each district named at least one site must be open. NaN, and sites
        left out, have none.
    capacity
        People a week that each site has places for, by site, in the unit of `demand` (see
        `weekly_places`); `inf` where there is no limit. None for no limit anywhere. The plan then
        first gives as many people a place as it can.
    assignment
        With a capacity: `where there is room`, people go to any hub with a place for them, the
        people of one area perhaps to several, and the objective counts the journeys of those who
        have a place; or `nearest`, all go to their nearest hub, are turned away in equal shares
        where it is full, and the objective counts every journey.
    time_limit
        Seconds after which the best plan so far is returned; None for no limit.
    gap
        Share of the objective within which the proof may stop; 0 proves the plan best.
    tell
        Called with the objective of the best plan so far and the proven bound as they improve.
    stop
        Asked often; once it returns True the best plan so far is returned.

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
    watch = Watch(time_limit, tell, stop)
    check_options(time_limit=time_limit, gap=gap)
    asked = problem(
        demand, minutes, hubs=hubs, open=open, never=never, groups=groups, districts=districts
    )
    check_capacity(asked.sites, capacity, assignment)
    # Where hubs have a capacity, journeys as if they had none are only a start.
    told = watch if capacity is None else watch.quiet
    found = serve(asked, asked.burden, watch=told, gap=gap)
    if capacity is not None:
        return with_places(
            asked,
            found.picked,
            found.bound,
            capacity=capacity,
            assignment=assignment,
            within=None,
            watch=watch,
            gap=gap,
            caveats=found.caveats,
        )
    return hub_plan(
        asked,
        found.picked,
        question="p-median",
        objective=found.total,
        bound=found.bound,
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        caveats=found.caveats,
    )
