"""Why a plan is what it is: what each hub brings, and what one more would."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mapping.hubs.plan import HubPlan
from mapping.hubs.problem import problem
from mapping.hubs.questions.budgeted import budgeted
from mapping.hubs.questions.coverage import maximal_coverage
from mapping.hubs.questions.median import p_median


def marginal(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    upto: int,
    within: float | None = None,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
    time_limit: float | None = None,
    gap: float = 0.0,
) -> pd.DataFrame:
    """
    Say what 1, 2, … `upto` new hubs beyond those in `open` bring.

    Each row is the best plan of its size, found afresh: the sites of one row need not be among
    those of the next.

    Parameters
    ----------
    demand
        People per area, indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    upto
        Largest number of new hubs.
    within
        Service standard, in minutes, to count the people covered; None to add up their journeys
        to the nearest hub instead.
    open
        Sites that must be open.
    never
        Sites that may not be.
    groups
        Group by site, of each of which at most one may be open, as in `p_median`.
    districts
        District by site, in each of which at least one must be open; the first row has as many
        new hubs as that takes.
    time_limit
        Seconds for each row; None for no limit.
    gap
        Share of the objective within which each proof may stop.

    Returns
    -------
    DataFrame
        Indexed by `new` (from 0 only where sites are open already): `people` covered, or `minutes`
        (person-minutes); `added`, by how much the last hub bettered that (NaN in the first row;
        below 0 where it gave people a route whose journeys now count); `bound` that no plan can
        pass, `status`, `sites`.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If no set of so many sites meets the conditions.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [30, 10, 10]}, index=["A", "B", "C"])
    >>> marginal(demand, minutes, within=15, upto=2)["people"].tolist()
    [110.0, 200.0]
    >>> marginal(demand, minutes, upto=2)["minutes"].tolist()  # A goes to y at first
    [3750.0, 1550.0]
    """
    kept = list(dict.fromkeys(open))
    wishes: dict[str, Any] = {
        "open": kept,
        "never": list(never),
        "groups": groups,
        "districts": districts,
    }
    asked = problem(demand, minutes, hubs=len(kept) + upto, **wishes)
    fewest = max(0 if kept else 1, len(asked.rules.at_least))
    ask: Callable[..., HubPlan]
    ask = p_median if within is None else partial(maximal_coverage, within=within)
    best = partial(ask, demand, minutes, time_limit=time_limit, gap=gap, **wishes)
    plans = {new: best(hubs=len(kept) + new) for new in range(fewest, upto + 1)}
    curve = _curve(plans, "minutes" if within is None else "people").rename_axis("new")
    curve.insert(1, "added", curve.iloc[:, 0].diff() * (1 if within is not None else -1))
    return curve


def by_budget(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    cost: pd.Series,
    budgets: Iterable[float],
    within: float,
    **options: Any,
) -> pd.DataFrame:
    """
    Count the people covered for every yearly budget.

    Parameters
    ----------
    demand
        People per area, indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    cost
        Pounds a year of each site.
    budgets
        Pounds a year, in any order; each is a row.
    within
        Service standard, in minutes.
    options
        What else `budgeted` takes, such as `open` and `never`.

    Returns
    -------
    DataFrame
        Indexed by `budget`, ascending: `people` covered, `added` since the row before (NaN in the
        first), `bound` that no plan can pass, `status`, `sites`, `cost` spent, and `each`, pounds
        a year for each person covered (NaN where nobody is).

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas, or a cost is missing.
    InfeasibleError
        If a budget is too small for the conditions.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [30, 10, 10]}, index=["A", "B", "C"])
    >>> cost = pd.Series({"x": 18_000, "y": 33_000})
    >>> curve = by_budget(demand, minutes, cost=cost, budgets=[20_000, 60_000], within=15)
    >>> curve["people"].to_dict(), curve["each"].to_dict()
    ({20000: 90.0, 60000: 200.0}, {20000: 200.0, 60000: 255.0})
    """
    ask = partial(budgeted, demand, minutes, cost=cost, within=within, **options)
    plans = {budget: ask(budget=budget) for budget in sorted(set(budgets))}
    curve = _curve(plans, "people").rename_axis("budget")
    curve.insert(1, "added", curve["people"].diff())
    curve["cost"] = pd.Series({budget: plan.cost for budget, plan in plans.items()}, dtype=float)
    return curve.assign(each=curve["cost"] / curve["people"].where(curve["people"] > 0))


def knee(curve: pd.Series) -> Any:
    """
    Find where more stops bringing much more: the knee of a curve.

    The row furthest from the straight line between the first and the last, both axes taken from
    0 to 1 (Satopää, V. et al. (2011), "Finding a 'Kneedle' in a Haystack", ICDCS Workshops; its
    offline form without smoothing). A knee is a place to look, not a recommendation: it moves
    with the ends of the curve.

    Parameters
    ----------
    curve
        What is reached, or what is left to travel, by number of hubs or pounds.

    Returns
    -------
    label or None
        Of the index of `curve`; the smaller of equals; None where the curve has fewer than three
        rows or is straight.

    Examples
    --------
    >>> knee(pd.Series({1: 500.0, 2: 900.0, 3: 1000.0, 4: 1050.0, 5: 1080.0}))
    2
    """
    rows = curve.dropna().sort_index()
    span = rows.iloc[-1] - rows.iloc[0] if len(rows) > 2 else 0.0
    if not span:
        return None
    along = rows.index.to_numpy(dtype=float)
    share = (along - along[0]) / (along[-1] - along[0])
    above = (rows.to_numpy(dtype=float) - rows.iloc[0]) / span - share
    place = int(above.round(12).argmax())
    return rows.index[place] if above[place] > 1e-9 else None


def _curve(plans: Mapping[Any, HubPlan], value: str) -> pd.DataFrame:
    """Tabulate plans: the objective under its name, its bound and proof, the sites."""
    return pd.DataFrame(
        {
            value: {at: plan.objective for at, plan in plans.items()},
            "bound": {at: plan.bound for at, plan in plans.items()},
            "status": {at: plan.status for at, plan in plans.items()},
            "sites": {at: plan.sites for at, plan in plans.items()},
        }
    )


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
