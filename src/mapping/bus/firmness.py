"""Which stops of a plan would be chosen whatever the estimate's uncertainty turns out to be."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import pandas as pd

from mapping.bus.choice import chosen_in_draws
from mapping.bus.question import Chosen, Question
from mapping.bus.watch import Watch


def firmness(
    asked: Question,
    plan: Chosen,
    draws: np.ndarray,
    watch: Watch,
    *,
    visited: Sequence[Hashable],
    names: pd.Index,
    tell: Callable[[str], None],
) -> tuple[pd.Series, tuple[str, ...]]:
    """
    Return in which share of the draws each stop of a plan is chosen, and what to know of it.

    Parameters
    ----------
    draws
        People, neighbourhoods by draws.
    watch
        Ends the asking sooner: then the share is of the draws so far.
    visited
        Names of the stops of the plan.
    names
        Of all stops, in the order of the question.
    tell
        Told how many draws are answered.
    """
    often = pd.Series(0.0, index=list(visited), name="firm")
    total = draws.shape[1]

    def told(number: int) -> None:
        if number % 10 == 0:
            tell(f"{number} of {total} draws answered")

    chosen = chosen_in_draws(asked, draws, watch, plan=plan, progress=told) if total else []
    for stops in chosen:
        often += often.index.isin(names[list(stops)])
    if not chosen:
        return often.iloc[:0], ()
    cut = f"Which bus stops are firm was asked of {len(chosen)} of {total} draws, then stopped."
    return often / len(chosen), (cut,) if len(chosen) < total else ()
