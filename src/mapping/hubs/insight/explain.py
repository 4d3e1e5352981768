"""Why a plan is what it is: what each hub brings, and what one more would."""

from collections.abc import Hashable, Iterable
from functools import partial

import numpy as np
import pandas as pd

from mapping.hubs.coverage import maximal_coverage
from mapping.hubs.plan import HubPlan
from mapping.hubs.problem import problem


def marginal(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    within: float,
    upto: int,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    time_limit: float | None = None,
    gap: float = 0.0,
) -> pd.DataFrame:
    """
    Count the people covered with 1, 2, … `upto` new hubs beyond those in `open`.

    Each row is the best plan of its size, found afresh: the sites of one row need not be among
    those of the next.

    Parameters
    ----------
    demand
        People per area, indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    within
        Service standard, in minutes.
    upto
        Largest number of new hubs.
    open
        Sites that must be open.
    never
        Sites that may not be.
    time_limit
        Seconds for each row; None for no limit.
    gap
        Share of the people covered within which each proof may stop.

    Returns
    -------
    DataFrame
        Indexed by `new` (0 only where sites are open already): `people` covered, `added` by the
        last hub (NaN in the first row), `bound` that no plan can pass, `status`, `sites`.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If there are fewer permitted sites than hubs.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [30, 10, 10]}, index=["A", "B", "C"])
    >>> marginal(demand, minutes, within=15, upto=2)["people"].tolist()
    [110.0, 200.0]
    """
    kept, barred = list(dict.fromkeys(open)), list(never)
    problem(demand, minutes, hubs=len(kept) + upto, open=kept, never=barred)
    ask = partial(maximal_coverage, demand, minutes, within=within, open=kept, never=barred)
    sizes = range(0 if kept else 1, upto + 1)
    plans = {new: ask(hubs=len(kept) + new, time_limit=time_limit, gap=gap) for new in sizes}
    curve = pd.DataFrame(
        {
            "people": {new: plan.objective for new, plan in plans.items()},
            "bound": {new: plan.bound for new, plan in plans.items()},
            "status": {new: plan.status for new, plan in plans.items()},
            "sites": {new: plan.sites for new, plan in plans.items()},
        }
    ).rename_axis("new")
    curve.insert(1, "added", curve["people"].diff())
    return curve


def gains(plan: HubPlan, demand: pd.Series, minutes: pd.DataFrame) -> pd.DataFrame:
    """
    Say what each hub of a plan brings.

    Parameters
    ----------
    plan
        A plan made from these tables.
    demand
        People per area, indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.

    Returns
    -------
    DataFrame
        Indexed by `site`, in the order of the plan: `allocated`, people whose nearest hub it is;
        `alone`, people who would no longer be covered without it (for a plan without a service
        standard: who would have no route to any hub); `longer`, person-minutes by which the
        journeys of the others allocated to it would grow.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas, or miss a site of the plan.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 14], "y": [30, 10, 10]}, index=["A", "B", "C"])
    >>> plan = maximal_coverage(demand, minutes, hubs=2, within=15)
    >>> gains(plan, demand, minutes)["alone"].to_dict()  # C is covered by both
    {'x': 90.0, 'y': 60.0}
    """
    asked = problem(demand, minutes, hubs=len(plan.sites), open=plan.sites)
    reach, people = asked.reach[asked.kept], asked.people
    covered = reach <= plan.within if plan.within is not None else np.isfinite(reach)
    alone = covered & (covered.sum(axis=0) == 1)
    nearest = reach.argmin(axis=0) == np.arange(len(reach))[:, None]
    return pd.DataFrame(
        {
            "allocated": (nearest & np.isfinite(reach)) @ people,
            "alone": alone @ people,
            "longer": nearest @ (people * _detour(reach)),
        },
        index=pd.Index(plan.sites, name="site"),
    )


def _detour(reach: np.ndarray) -> np.ndarray:
    """Minutes from the nearest to the second nearest site by area; 0 where there is no second."""
    beyond = np.full((2, reach.shape[1]), np.inf)
    first, second = np.sort(np.vstack([reach, beyond]), axis=0)[:2]
    return np.subtract(second, first, out=np.zeros_like(first), where=np.isfinite(second))
