"""Gradual coverage: hubs so that the most people attend, when fewer come from further away."""

from collections.abc import Callable, Hashable, Iterable
from math import fsum, isfinite
from typing import Literal, get_args

import numpy as np
import pandas as pd

from mapping.errors import InfeasibleError
from mapping.hubs.nearest.choice import Choice
from mapping.hubs.nearest.search import choose
from mapping.hubs.plan import HubPlan, hub_plan
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.watch import Watch

Decay = Literal["linear", "exponential"]

# How steeply attendance falls at first when it decays exponentially: an assumption. At 3, 18 % of
# those who come at `within` still come half-way to `beyond`.
STEEPNESS = 3.0


def gradual(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
    within: float,
    beyond: float,
    decay: Decay = "linear",
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
    Open `hubs` sites so that the most people attend (gradual covering; Berman et al., 2003).

    Everyone attends who lives within `within` minutes of a hub and nobody from `beyond`; in
    between attendance falls with the journey to the nearest hub. Areas without a route attend
    nowhere. Berman, O., Krass, D. and Drezner, Z. (2003), "The gradual covering decay location
    problem on a network", European Journal of Operational Research 151.

    Parameters
    ----------
    demand, minutes, hubs, open, never, groups, districts, time_limit, gap, tell, stop
        As in `p_median`.
    within
        Minutes up to which everyone attends.
    beyond
        Minutes from which nobody does; above `within`.
    decay
        How attendance falls in between: `linear`, or `exponential` (steeply at first).

    Returns
    -------
    HubPlan
        With people attending as the objective.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If no set of sites meets the conditions, or `beyond` is not above `within`.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame({"x": [5, 30, 30], "y": [15, 10, 10]}, index=["A", "B", "C"])
    >>> plan = gradual(demand, minutes, hubs=1, within=10, beyond=20)
    >>> plan.sites, plan.objective  # half of A, all of B and C
    (('y',), 155.0)
    """
    watch = Watch(time_limit, tell, stop)
    check_options(within=within, time_limit=time_limit, gap=gap)
    _check_decay(within, beyond, decay)
    asked = problem(
        demand, minutes, hubs=hubs, open=open, never=never, groups=groups, districts=districts
    )
    lost = 1.0 - attendance(asked.reach, within=within, beyond=beyond, decay=decay)
    choice = _choice(asked, lost)
    coming = watch.counting(lambda staying_away: choice.whole - staying_away)
    found = choose(choice, watch=coming, gap=gap, rules=asked.rules)
    share = 1.0 - lost[asked.opened(found.picked)].min(axis=0)
    objective = fsum(asked.people * share)
    return hub_plan(
        asked,
        found.picked,
        question="gradual coverage",
        objective=objective,
        bound=max(choice.whole - found.bound, objective),
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        within=within,
    )


def attendance(
    minutes: np.ndarray, *, within: float, beyond: float, decay: Decay = "linear"
) -> np.ndarray:
    """
    Give the share of people who attend after a journey of so many minutes.

    Parameters
    ----------
    minutes
        Journeys; infinite or NaN where there is no route.
    within, beyond, decay
        As in `gradual`.

    Returns
    -------
    ndarray
        Shares from 0 to 1: 1 up to `within`, 0 from `beyond` and where there is no route.

    Examples
    --------
    >>> attendance(np.array([10, 12.5, 15, 20, np.nan]), within=10, beyond=20).tolist()
    [1.0, 0.75, 0.5, 0.0, 0.0]
    >>> attendance(np.array([15.0]), within=10, beyond=20, decay="exponential").round(2).tolist()
    [0.18]
    """
    gone = np.clip((np.nan_to_num(minutes, nan=np.inf) - within) / (beyond - within), 0.0, 1.0)
    if decay == "linear":
        return 1.0 - gone
    # Shifted so that it is exactly 0 at `beyond`: nobody drops out of the plan in a step.
    return np.expm1(-STEEPNESS * (gone - 1.0)) / np.expm1(STEEPNESS)


def _check_decay(within: float, beyond: float, decay: str) -> None:
    faults = []
    if not (isfinite(beyond) and beyond > within):
        faults.append(f"beyond is {beyond}: give minutes above within ({within:g})")
    if decay not in get_args(Decay):
        faults.append(f"decay is {decay!r}: choose one of {', '.join(get_args(Decay))}")
    if faults:
        raise InfeasibleError("; ".join(faults))


def _choice(asked: Problem, lost: np.ndarray) -> Choice:
    """People who stay away, to be made fewest."""
    base = asked.people * lost[asked.kept].min(axis=0, initial=1.0)
    return Choice.of(asked.people * lost[asked.free], base, asked.pick, whole=fsum(asked.people))
