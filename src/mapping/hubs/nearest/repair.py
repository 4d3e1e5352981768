"""Make a pick meet side conditions, or say that none can."""

import numpy as np
from scipy import sparse

from mapping.errors import InfeasibleError
from mapping.hubs.highs import Programme, solve
from mapping.hubs.nearest.choice import Choice
from mapping.hubs.rules import Rules


def repaired(choice: Choice, picked: np.ndarray, rules: Rules) -> np.ndarray:
    """
    Return a pick that meets the rules and keeps as much of `picked` as can be.

    Whether any pick meets overlapping rules is itself a puzzle, so HiGHS answers it. What has to
    come in instead is what would serve best by itself.

    Raises
    ------
    InfeasibleError
        If no pick meets the rules.
    """
    if rules.allows(picked):
        return picked
    alone = np.minimum(choice.cost, choice.base).sum(axis=1)
    worth = alone / max(1.0, float(alone.max()))  # from 0, best, to 1
    worth[picked] -= 2.0
    kept = np.isin(np.arange(choice.candidates), picked)
    answer = solve(_programme(worth, choice.pick, rules), start=kept)
    if answer.values is None:
        raise InfeasibleError(
            f"no {choice.pick} of the {choice.candidates} candidate sites meet all rules together: "
            f"at most one of each of {len(rules.at_most)} sets and at least one of each of "
            f"{len(rules.at_least)} sets; ask for another number of hubs or drop a rule"
        )
    return np.flatnonzero(answer.values)


def _programme(worth: np.ndarray, pick: int, rules: Rules) -> Programme:
    """Write the cheapest pick under the rules: a row for each set and one for the number."""
    sets = [*rules.at_most, *rules.at_least, np.arange(len(worth))]
    row = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
    shape = (len(sets), len(worth))
    most, least = len(rules.at_most), len(rules.at_least)
    return Programme(
        cost=worth,
        matrix=sparse.csc_array((np.ones(len(row)), (row, np.concatenate(sets))), shape=shape),
        lower=np.r_[np.full(most, -np.inf), np.ones(least), pick],
        upper=np.r_[np.ones(most), np.full(least, np.inf), pick],
        whole=len(worth),
    )
