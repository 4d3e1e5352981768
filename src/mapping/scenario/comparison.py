"""Scenarios side by side, and whether they can be told apart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mapping.errors import InvalidScenarioError
from mapping.exclusion.result import TAILS
from mapping.scenario.measures import MEASURES
from mapping.scenario.outcome import Outcome


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
    if measure not in outcome.draws.index or measure not in first.draws.index:
        return blank | {"difference": difference}
    drawn = outcome.draws.loc[measure] - first.draws.loc[measure]
    return {
        "difference": difference,
        "difference_low": drawn.quantile(TAILS[0]),
        "difference_high": drawn.quantile(TAILS[1]),
        "more_likely": float((drawn > 0).mean() + (drawn == 0).mean() / 2),
    }
