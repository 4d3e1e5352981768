"""What one more hub, pound or minute would bring: the best plans for fewer and for more."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mapping import hubs
from mapping.errors import InfeasibleError, InvalidScenarioError
from mapping.scenario.choices import COUNTED, Scenario
from mapping.scenario.place import Place
from mapping.scenario.siting import Siting, siting

# Beside what the scenario asks: so many more hubs, and budgets from a quarter of it to twice.
MORE = 5
STEPS = 8
# The curve is drawn, not decided by: a plan within this share of the best is near enough, and so
# is the best of so many seconds.
GAP, SECONDS = 0.001, 1.0
PROVEN = 1e-6  # what is left of a gap by rounding

# Question → what its objective counts.
COUNTS = {
    "maximal_coverage": "adults likely to be offline within reach of a hub",
    "budgeted": "adults likely to be offline within reach of a hub",
    "gradual": "adults likely to be offline, counted less the further they walk",
    "p_median": "mean walk to the nearest hub in minutes",
    "p_centre": "longest walk to the nearest hub in minutes",
    "equitable": "fair walk to the nearest hub (long ones weigh more) in minutes",
}
# What can be swept, and from where to where unless it is said.
SWEEPS: dict[str, tuple[float, ...]] = {
    "new_hubs": tuple(range(1, 21)),
    "within": tuple(float(minutes) for minutes in range(5, 31)),
    "budget": tuple(float(pounds) for pounds in range(0, 200_001, 10_000)),
}
WALKED = ("p_median", "p_centre", "equitable")


@dataclass(frozen=True, eq=False)
class Frontier:
    """
    The best plan of every size, or for every budget or standard, found afresh.

    Parameters
    ----------
    curve
        By `new_hubs`, `budget` (£ a year) or `within` (minutes' walk), ascending: `value` (see
        `counts`), `added` since the row before (NaN in the first; above 0 where it is better),
        `sites`, and `gap`: how far at most the value is from the best possible, as a share of it;
        0 where the plan is proven best.
    counts, by
        What the value is, and what the index counts, in words.
    at
        Where the scenario itself stands.
    knee
        Where more stops bringing much more (see `mapping.hubs.knee`); None where nowhere, and
        for standards.
    """

    curve: pd.DataFrame
    counts: str
    by: str
    at: float
    knee: float | None

    @property
    def proven(self) -> int:
        """How many of its plans are proven best."""
        return int((self.curve["gap"] < PROVEN).sum())


def frontier(
    scenario: Scenario,
    place: Place,
    *,
    tell: Callable[[int, int], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Frontier | None:
    """
    Return what fewer and more hubs, or pounds, would bring under the scenario's conditions.

    A curve to look at while planning: plans near the best, found soon. `sweep` proves each.

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
    choice = "new_hubs" if scenario.question in COUNTED else "budget"
    sizes = _sizes(scenario, place)
    how = {"gap": GAP, "time_limit": SECONDS}
    return _curve(scenario, place, choice, sizes, tell=tell, stop=stop, **how)


def sweep(
    scenario: Scenario,
    place: Place,
    choice: str = "new_hubs",
    values: Iterable[float] | None = None,
    *,
    tell: Callable[[int, int], object] | None = None,
    stop: Callable[[], bool] | None = None,
    **how: Any,
) -> Frontier | None:
    """
    Return the best plan for every value of one choice, the others as in the scenario, each proven.

    Parameters
    ----------
    choice
        "new_hubs", "within" or "budget". A budget of 0 is what there is today. A scenario that
        asks for a number of hubs is asked for a budget instead, and the other way round, where
        the choice needs it.
    values
        Default: 1 to 20 hubs, 5 to 30 minutes, or £0 to £200,000. What cannot be planned (more
        hubs than sites, conditions that cannot hold) is left out.
    tell, stop
        As in `frontier`.
    how
        Options of the hub models, such as `time_limit` (seconds for each plan); each point says
        in `gap` whether it is proven.

    Returns
    -------
    Frontier or None
        None where fewer than two values can be planned.

    Raises
    ------
    InvalidScenarioError
        If the choice cannot be swept, or makes no difference for the scenario's question.

    Notes
    -----
    Plans for a longer walk are compared by what each counts as within reach: the curve says what a
    looser standard would count, and nobody walks less for it.
    """
    if choice not in SWEEPS:
        raise InvalidScenarioError(
            f"'{choice}' cannot be swept. Choose one of {', '.join(SWEEPS)}."
        )
    asked = _asking(scenario, choice)
    kind = int if choice == "new_hubs" else float
    wanted = sorted({kind(value) for value in (SWEEPS[choice] if values is None else values)})
    if choice == "new_hubs":
        wanted = [value for value in wanted if value in set(_counts(asked, place))]
    return _curve(asked, place, choice, wanted, tell=tell, stop=stop, **how)


def _asking(scenario: Scenario, choice: str) -> Scenario:
    """Return the scenario with a question that reads the choice."""
    if scenario.question == "set_cover" or (choice == "within" and scenario.question in WALKED):
        raise InvalidScenarioError(
            f"{scenario.called}{choice} makes no difference to the question {scenario.question}, "
            "or is its answer. Sweep it for maximal_coverage, say."
        )
    if choice == "budget":
        return replace(scenario, question="budgeted")
    if choice == "new_hubs" and scenario.question not in COUNTED:
        return replace(scenario, question="maximal_coverage")
    return scenario


def _curve(
    scenario: Scenario,
    place: Place,
    choice: str,
    sizes: Sequence[float],
    *,
    tell: Callable[[int, int], object] | None,
    stop: Callable[[], bool] | None,
    **how: Any,
) -> Frontier | None:
    """Plan for every size and put the plans in a row."""
    rows: dict[float, dict[str, Any]] = {}
    for done, (size, asked) in enumerate(_asked(scenario, place, choice, sizes), 1):
        if stop is not None and stop():
            break
        if asked is not None:
            try:
                plan = asked.plan(stop=stop, **how)
            except InfeasibleError:  # so few hubs, or so little money, that conditions cannot hold
                plan = None
            if plan is not None:
                value = _value(scenario, asked, plan)
                rows[size] = {"value": value, "sites": plan.sites, "gap": plan.gap}
        if tell is not None:
            tell(done, len(sizes))
    if len(rows) < 2:
        return None
    curve = pd.DataFrame.from_dict(rows, orient="index")
    better = -1 if scenario.question in WALKED else 1
    curve.insert(1, "added", better * curve["value"].diff())
    return Frontier(
        curve=curve.rename_axis(choice),
        counts=COUNTS[scenario.question],
        by=_by(scenario, choice),
        at=float(getattr(scenario, choice)),
        # A looser standard is no purchase: there is nothing to stop at.
        knee=None if choice == "within" else hubs.knee(curve["value"]),
    )


def _by(scenario: Scenario, choice: str) -> str:
    if choice == "new_hubs":
        return "more hubs than today" if scenario.may_close else "new hubs"
    return {"budget": "£ a year", "within": "minutes’ walk that count as within reach"}[choice]


def _sizes(scenario: Scenario, place: Place) -> list[float]:
    """List numbers of new hubs, or yearly budgets, around the scenario's own."""
    if scenario.question == "budgeted":
        return [float(size) for size in np.linspace(0.25, 2.0, STEPS) * scenario.budget]
    return [size for size in _counts(scenario, place) if size <= scenario.new_hubs + MORE]


def _counts(scenario: Scenario, place: Place) -> range:
    """Return the numbers of new hubs that can be asked for."""
    named = len((*scenario.must_open, *scenario.placed)) * (not scenario.may_close)
    least = max(named, 0 if place.sites["counts"].any() else 1)
    return range(least, int((~place.sites["open"]).sum()) + 1)


def _asked(
    scenario: Scenario, place: Place, choice: str, sizes: Sequence[float]
) -> Iterator[tuple[float, Siting | None]]:
    for size in sizes:
        choices: dict[str, Any] = {choice: size}
        if choice == "budget" and size == 0:  # no new hubs, which is a number and no budget
            choices = {"question": "maximal_coverage", "new_hubs": 0, "must_open": ()}
        yield size, siting(replace(scenario, **choices), place)


def _value(scenario: Scenario, asked: Siting, plan: hubs.HubPlan) -> float:
    """Return what a plan comes to, total walks as their mean."""
    if scenario.question != "p_median":
        return plan.objective
    routed = asked.demand[plan.minutes.reindex(asked.demand.index).notna()].sum()
    return plan.objective / routed if routed else float("nan")
