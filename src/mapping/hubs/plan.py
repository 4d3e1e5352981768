"""A hub plan: the sites, who goes where, and how near it is to the best possible."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

import numpy as np
import pandas as pd

from mapping.hubs.problem import Problem
from mapping.hubs.words import areas, people

# Relative difference below which two totals count as equal: what is left of rounding and of the
# solver's tolerance.
EQUAL = 1e-7


@dataclass(frozen=True, eq=False)
class HubPlan:
    """
    Sites to open and the proof of how good they are.

    Parameters
    ----------
    question
        What was asked, such as `maximal coverage` or `p-median`.
    sites
        Every open site, in the order of the columns of the travel times.
    kept
        Those of them that had to be open.
    allocation
        Site nearest in time, by area; NaN where no open site has a route. Of equally near ones
        the earlier column. Where hubs have a capacity and people go where there is room: the
        site with a place for most of the area's people, and the nearest where none has.
    minutes
        Travel time to that site, by area; NaN where no route.
    objective
        What the question asks to be most or least, in its own unit (each question says which);
        worked out from the tables, not taken from the solver.
    bound
        Proven: no plan can do better than this, in the same unit.
    status
        `optimal`, `within gap` (as near as was asked for), `time limit`, or `stopped` where the
        planner or the solver gave up before either.
    seconds
        Time taken.
    within
        Service standard in minutes; None where the question has none.
    caveats
        What the reader must know, as sentences.
    kappa
        Inequality parameter per minute; None but for the equitable question.
    cost
        Pounds a year of the sites that had to be paid for; None but for the budgeted question.
    flows
        Where hubs have a capacity: people with a place, columns `area`, `site`, `people`,
        `minutes`, in the order of areas and then sites; None where there is no capacity.
    """

    question: str
    sites: tuple[Hashable, ...]
    kept: tuple[Hashable, ...]
    allocation: pd.Series
    minutes: pd.Series
    objective: float
    bound: float
    status: str
    seconds: float
    within: float | None = None
    caveats: tuple[str, ...] = ()
    kappa: float | None = None
    cost: float | None = None
    flows: pd.DataFrame | None = None

    @property
    def new(self) -> tuple[Hashable, ...]:
        """The sites that did not have to be open: what the plan proposes."""
        kept = set(self.kept)
        return tuple(site for site in self.sites if site not in kept)

    @property
    def gap(self) -> float:
        """|objective - bound| / max(1, |objective|): 0.01 means at most 1 % from the best."""
        return abs(self.objective - self.bound) / max(1.0, abs(self.objective))


def hub_plan(
    asked: Problem,
    picked: np.ndarray,
    *,
    question: str,
    objective: float,
    bound: float,
    gap: float,
    seconds: float,
    out_of_time: bool = False,
    caveats: tuple[str, ...] = (),
    **more: Any,
) -> HubPlan:
    """
    Put a plan together: allocation, status and the caveats that belong to every question.

    `more` are fields of `HubPlan` that only this question has.
    """
    sites = tuple(asked.sites[asked.opened(picked)])
    allocation, minutes = allocate(asked.table, sites)
    plan = HubPlan(
        question=question,
        sites=sites,
        kept=tuple(asked.sites[asked.kept]),
        allocation=allocation.loc[asked.areas],
        minutes=minutes.loc[asked.areas],
        objective=objective,
        bound=bound,
        status=_status(objective, bound, gap, out_of_time=out_of_time),
        seconds=seconds,
        **more,
    )
    unrouted = _unrouted(asked.demand, minutes.loc[asked.demand.index])
    return replace(plan, caveats=(*caveats, *unrouted, *_unproven(plan)))


def allocate(minutes: pd.DataFrame, sites: tuple[Hashable, ...]) -> tuple[pd.Series, pd.Series]:
    """
    Send each area to the open site nearest in time.

    Parameters
    ----------
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    sites
        The open ones.

    Returns
    -------
    tuple
        Site and minutes by area, NaN where no open site has a route. Of equally near sites the
        earlier column is taken.

    Examples
    --------
    >>> minutes = pd.DataFrame({"x": [5, 9], "y": [5, 2]}, index=["A", "B"])
    >>> allocate(minutes, ("x", "y"))[0].tolist()
    ['x', 'y']
    """
    open_ = minutes.loc[:, minutes.columns.isin(sites)]
    times = np.nan_to_num(open_.to_numpy(dtype=float), nan=np.inf)
    # A last column stands for no route, so that even a plan without hubs has a nearest.
    times = np.column_stack([times, np.full(len(times), np.inf)])
    nearest, least = times.argmin(axis=1), times.min(axis=1)
    routed = np.isfinite(least)
    site = np.append(open_.columns.to_numpy(dtype=object), np.nan)[nearest]
    site[~routed] = np.nan
    labels = pd.Series(site, index=minutes.index, name="site", dtype=_dtype(open_.columns))
    return labels, pd.Series(np.where(routed, least, np.nan), index=minutes.index, name="minutes")


def people_in(demand: pd.Series, mask: np.ndarray) -> float:
    """Add up demand over a mask of areas, exactly, so that the order of rows cannot matter."""
    return fsum(demand.to_numpy()[mask])


def _dtype(sites: pd.Index) -> object:
    """Ids that are not text stay as they are beside NaN (7 must not become 7.0)."""
    return sites.dtype if pd.api.types.is_string_dtype(sites.dtype) else object


def _status(objective: float, bound: float, gap: float, *, out_of_time: bool) -> str:
    reached = abs(objective - bound) / max(1.0, abs(objective))
    if reached <= EQUAL:
        return "optimal"
    if reached <= gap + EQUAL:
        return "within gap"
    return "time limit" if out_of_time else "stopped"


def _unrouted(demand: pd.Series, minutes: pd.Series) -> tuple[str, ...]:
    alone = minutes.isna().to_numpy() & (demand.to_numpy() > 0)
    if not alone.any():
        return ()
    lost = f"{people(people_in(demand, alone))} in {areas(demand.index[alone])}"
    return (f"No route to any open hub, and left out of the travel times: {lost}.",)


def _unproven(plan: HubPlan) -> tuple[str, ...]:
    if plan.status == "optimal":
        return ()
    if plan.gap >= 1:
        return ("Not proven best: there was no time to find out how much better another could be.",)
    return (f"Not proven best: another plan could be up to {plan.gap:.2%} better.",)
