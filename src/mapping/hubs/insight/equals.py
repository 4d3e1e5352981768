"""Plans that cannot be told apart: all within a small share of the best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mapping.hubs.insight.optima import Optimiser
from mapping.hubs.insight.shortlist import EFFORT
from mapping.hubs.insight.tally import Columns

# Plans met by changing one site at a time, where listing all of them takes too long.
MOST = 300


@dataclass(frozen=True, eq=False)
class Equals:
    """
    Plans within a share of the best.

    Parameters
    ----------
    plans
        The best and its equals, sorted.
    complete
        Whether these are all there are.
    """

    plans: tuple[Columns, ...]
    complete: bool


def equals(
    optimiser: Optimiser,
    people: np.ndarray,
    met: Sequence[Columns],
    share: float,
    *,
    effort: int = EFFORT,
) -> Equals:
    """
    List the plans whose objective is within a share of the best.

    All of them, proven by the bound of `shortlist`, where `effort` is enough. Otherwise those
    that are met by changing one site at a time, from the plans known and from every equal found,
    up to 300; others may then exist.

    Parameters
    ----------
    optimiser
        Judges plans.
    people
        By area, in the order of its tally.
    met
        Plans known, the best among them.
    share
        Of the best objective.
    effort
        Partial picks looked into before giving up on a complete list.
    """
    lost = optimiser.tally.lost(met, people)
    best = met[int(lost.argmin())]
    extra = share * float(optimiser.tally.objective([best], people)[0])
    listed = optimiser.within(people, best, extra, effort=effort)
    if listed is not None:
        return Equals(tuple(sorted(listed)), complete=True)
    limit = lost.min() + extra + optimiser.slack(people, best)
    near = [plan for plan, total in zip(met, lost, strict=True) if total <= limit]
    return Equals(_walked(optimiser, people, near, limit), complete=False)


def _walked(
    optimiser: Optimiser, people: np.ndarray, near: list[Columns], limit: float
) -> tuple[Columns, ...]:
    """Swap one site for another, from each plan found to the next, while the loss allows."""
    seen, queue = set(near), sorted(set(near))
    while queue and len(seen) < MOST:
        plan = queue.pop(0)
        for place, lost in optimiser.tally.swapped(plan, people):
            for other in np.flatnonzero(lost <= limit):
                one = tuple(sorted({*plan, int(other)} - {place}))
                if one not in seen and optimiser.tally.permits(one):
                    seen.add(one)
                    queue.append(one)
    return tuple(sorted(seen))
