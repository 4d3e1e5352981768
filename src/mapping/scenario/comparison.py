"""Scenarios side by side, and whether they can be told apart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mapping.errors import InvalidScenarioError
from mapping.exclusion.result import TAILS
from mapping.scenario.measures import MEASURES
from mapping.scenario.outcome import Outcome
from mapping.scenario.place import Place


def compare(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """
    Put outcomes side by side, each against the first.

    Returns
    -------
    pandas.DataFrame
        One row per measure and scenario: `label`, `unit`, `scenario`, `value`, `low`, `high`, and
        against the first scenario `difference`, its `difference_low` and `difference_high`, and
        `more_likely`, the probability in joint draws that it is above the first's (equal draws
        count half). NaN for the first itself and for measures without draws.

    Raises
    ------
    InvalidScenarioError
        If there are no outcomes.
    """
    if not outcomes:
        raise InvalidScenarioError("There is nothing to compare. Name at least one scenario.")
    first = outcomes[0]
    rows = []
    for outcome in outcomes:
        for measure, row in outcome.measures.iterrows():
            rows.append(
                {"measure": measure, "scenario": outcome.scenario.name}
                | row[["label", "unit", "value", "low", "high"]].to_dict()
                | _difference(outcome, first, str(measure))
            )
    frame = pd.DataFrame(rows)
    order = {name: place for place, name in enumerate(MEASURES)}
    return frame.sort_values("measure", key=lambda m: m.map(order), kind="stable").reset_index(
        drop=True
    )


def _difference(outcome: Outcome, first: Outcome, measure: str) -> dict[str, float]:
    blank = dict.fromkeys(
        ("difference", "difference_low", "difference_high", "more_likely"), np.nan
    )
    if outcome is first or measure not in first.measures.index:
        return blank
    difference = outcome.measures.loc[measure, "value"] - first.measures.loc[measure, "value"]
    both = measure in outcome.draws.index and measure in first.draws.index
    if not both or np.isnan(difference):
        return blank | {"difference": difference}
    drawn = outcome.draws.loc[measure] - first.draws.loc[measure]
    return {
        "difference": difference,
        "difference_low": drawn.quantile(TAILS[0]),
        "difference_high": drawn.quantile(TAILS[1]),
        "more_likely": float((drawn > 0).mean() + (drawn == 0).mean() / 2),
    }


def more_likely(outcomes: Sequence[Outcome], measure: str = "reach") -> pd.DataFrame:
    """
    Return how probable it is, in joint draws, that each scenario has more than each other one.

    Returns
    -------
    pandas.DataFrame
        Scenarios × scenarios: the probability that the row's is above the column's, equal draws
        counting half; NaN on the diagonal.

    Raises
    ------
    InvalidScenarioError
        If a scenario has no draws of the measure.
    """
    without = [o.scenario.name for o in outcomes if measure not in o.draws.index]
    if without:
        raise InvalidScenarioError(
            f"{measure}: not drawn for {', '.join(without)}. Compare by a measure that depends on "
            "the estimate, such as reach."
        )
    drawn = np.array([outcome.draws.loc[measure] for outcome in outcomes], dtype=float)
    above = drawn[:, None] > drawn[None]
    equal = drawn[:, None] == drawn[None]
    chance = above.mean(axis=2) + equal.mean(axis=2) / 2
    np.fill_diagonal(chance, np.nan)
    unknown = np.isnan(drawn).any(axis=1)
    chance[unknown], chance[:, unknown] = np.nan, np.nan
    names = [outcome.scenario.name for outcome in outcomes]
    return pd.DataFrame(chance, names, names)


def changed_hands(first: Outcome, other: Outcome, place: Place) -> pd.DataFrame:
    """
    Return the areas whose nearest hub is another one in a second scenario.

    Returns
    -------
    pandas.DataFrame
        By `area`: `before` and `after` (sites; missing where there is no route to a hub),
        `minutes_before`, `minutes_after`, and `people`, its adults likely to be offline.
    """
    areas = place.walk.minutes.index
    sides = {"before": first, "after": other}
    table = pd.DataFrame(index=areas)
    for name, outcome in sides.items():
        nearest, minutes = _nearest(outcome, areas)
        table[name], table[f"minutes_{name}"] = nearest, minutes
    known = table[["before", "after"]].fillna("")
    moved = table[known["before"] != known["after"]]
    people = place.exclusion.people.reindex(moved.index)
    order = ["before", "after", "minutes_before", "minutes_after"]
    return moved[order].assign(people=people).rename_axis("area")


def _nearest(outcome: Outcome, areas: pd.Index) -> tuple[pd.Series, pd.Series]:
    plan = outcome.hub_plan
    if plan is None:
        return pd.Series(None, areas, dtype=object), pd.Series(np.nan, areas)
    return plan.allocation.reindex(areas).astype(object), plan.minutes.reindex(areas)
