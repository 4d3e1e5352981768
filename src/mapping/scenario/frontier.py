"""What one more hub, or pound, would bring: the best plans for fewer and for more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mapping import hubs
from mapping.errors import InfeasibleError
from mapping.scenario.choices import COUNTED, Scenario
from mapping.scenario.place import Place
from mapping.scenario.siting import Siting, siting

# Beside what the scenario asks: so many more hubs, and budgets from a quarter of it to twice.
MORE = 5
STEPS = 8
# The curve is drawn, not decided by: a plan within this share of the best is near enough, and so
# is the best of so many seconds.
GAP, SECONDS = 0.001, 1.0

# Question → what its objective counts.
COUNTS = {
    "maximal_coverage": "adults likely to be offline within reach of a hub",
    "budgeted": "adults likely to be offline within reach of a hub",
    "gradual": "adults likely to be offline, counted less the further they walk",
    "p_median": "mean walk to the nearest hub in minutes",
    "p_centre": "longest walk to the nearest hub in minutes",
    "equitable": "fair walk to the nearest hub (long ones weigh more) in minutes",
}


@dataclass(frozen=True, eq=False)
class Frontier:
    """
    The best plan of every size, or for every budget, found afresh.

    Parameters
    ----------
    curve
        By `new_hubs` or `budget` (£ a year), ascending: `value` (see `counts`), `added` since the
        row before (NaN in the first; above 0 where it is better), `sites`.
    counts, by
        What the value is, and what the index counts, in words.
    at
        Where the scenario itself stands.
    knee
        Where more stops bringing much more (see `mapping.hubs.knee`); None where nowhere.
    """

    curve: pd.DataFrame
    counts: str
    by: str
    at: float
    knee: float | None


def frontier(
    scenario: Scenario,
    place: Place,
    *,
    tell: Callable[[int, int], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Frontier | None:
    """
    Return what fewer and more hubs, or pounds, would bring under the scenario's conditions.

    Parameters
    ----------
    tell
        Called after each plan with the number made and the number of all.
    stop
        Asked before each plan; once it returns True the plans so far make the curve.

    Returns
    -------
    Frontier or None
        None for "set_cover", of which the number of hubs is the answer, and where fewer than two
        sizes can be planned.

    Raises
    ------
    InvalidScenarioError, InfeasibleError
        As in `weigh`.
    """
    if scenario.question not in COUNTS or siting(scenario, place) is None:
        return None
    plans, values = {}, {}
    sizes = _sizes(scenario, place)
    for done, (size, asked) in enumerate(_asked(scenario, place, sizes), 1):
        if stop is not None and stop():
            break
        try:
            plan = asked.plan(gap=GAP, time_limit=SECONDS, stop=stop)
        except InfeasibleError:  # so few hubs, or so little money, that the conditions cannot hold
            continue
        finally:
            if tell is not None:
                tell(done, len(sizes))
        plans[size] = plan.sites
        values[size] = _value(scenario, asked, plan)
    if len(plans) < 2:
        return None
    value = pd.Series(values, dtype=float)
    better = -1 if scenario.question in ("p_median", "p_centre", "equitable") else 1
    curve = pd.DataFrame({"value": value, "added": better * value.diff(), "sites": plans})
    counted = scenario.question in COUNTED
    return Frontier(
        curve=curve.rename_axis("new_hubs" if counted else "budget"),
        counts=COUNTS[scenario.question],
        by=_by(scenario),
        at=float(scenario.new_hubs if counted else scenario.budget),
        knee=hubs.knee(value),
    )


def _by(scenario: Scenario) -> str:
    if scenario.question not in COUNTED:
        return "£ a year"
    return "more hubs than today" if scenario.may_close else "new hubs"


def _sizes(scenario: Scenario, place: Place) -> list[float]:
    """List numbers of new hubs, or yearly budgets, around the scenario's own."""
    if scenario.question == "budgeted":
        return [float(size) for size in np.linspace(0.25, 2.0, STEPS) * scenario.budget]
    named = len((*scenario.must_open, *scenario.placed)) * (not scenario.may_close)
    least = max(named, 0 if place.sites["counts"].any() else 1)
    most = int((~place.sites["open"]).sum())
    return list(range(least, min(scenario.new_hubs + MORE, most) + 1))


def _asked(scenario: Scenario, place: Place, sizes: list[float]) -> Iterator[tuple[float, Siting]]:
    choice = "new_hubs" if scenario.question in COUNTED else "budget"
    for size in sizes:
        choices: dict[str, Any] = {choice: size}
        asked = siting(replace(scenario, **choices), place)
        if asked is not None:
            yield size, asked


def _value(scenario: Scenario, asked: Siting, plan: hubs.HubPlan) -> float:
    """Return what a plan comes to, total walks as their mean."""
    if scenario.question != "p_median":
        return plan.objective
    routed = asked.demand[plan.minutes.reindex(asked.demand.index).notna()].sum()
    return plan.objective / routed if routed else float("nan")
