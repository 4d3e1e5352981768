"""What a hub would do elsewhere, worked out while it is being moved."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mapping import access
from mapping.exclusion.result import TAILS
from mapping.scenario.outcome import Outcome
from mapping.scenario.place import Place
from mapping.scenario.placing import walks_of


@dataclass(frozen=True, eq=False)
class Tried:
    """
    Who lives within reach of a hub, were one of them elsewhere.

    Parameters
    ----------
    within
        By area, whether it is within reach of a hub.
    people, low, high
        Excluded adults within reach, with the 95 % interval.
    gained
        Of them, those whom no hub reaches today.
    """

    within: pd.Series
    people: float
    low: float
    high: float
    gained: float


class Trial:
    """
    An outcome of which one hub is moved, or to which one is added.

    All that does not depend on where it is has been worked out, so that an answer takes
    milliseconds.

    Parameters
    ----------
    outcome
        What the others stand in.
    place
        The place it was weighed on, with the planner's own points.
    without
        Sites that are left out: the one that is moved; none where one is added.
    """

    def __init__(self, outcome: Outcome, place: Place, *, without: Collection[str] = ()) -> None:
        plan = outcome.hub_plan
        sites = list(outcome.now) if plan is None else list(plan.sites)
        minutes, self._standard = place.walk.minutes, outcome.scenario.within
        kept = [site for site in sites if site not in without]
        estimate = place.exclusion
        people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
        self._people = people.reindex(minutes.index).fillna(0.0).to_numpy()
        self._others = access.within(minutes[kept], self._standard).any(axis=1)
        now = list(place.sites.index[place.sites["counts"]])
        self._now = access.within(minutes[now], self._standard).any(axis=1).to_numpy()
        self._walks = walks_of(place.base or place)

    def at(self, x: float, y: float) -> Tried:
        """Return who is within reach with the hub at a point of the national grid."""
        minutes = self._walks.minutes_to(x, y, limit=self._standard + 1)
        near = access.within(minutes.to_frame(), self._standard).iloc[:, 0]
        within = self._others | near.reindex(self._others.index)
        draws = self._people[within.to_numpy()].sum(axis=0)
        new = within.to_numpy() & ~self._now
        low, high = np.quantile(draws, TAILS)
        gained = self._people[new].sum(axis=0).mean()
        return Tried(within, float(draws.mean()), float(low), float(high), float(gained))
