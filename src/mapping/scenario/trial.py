"""What a hub or stop would do elsewhere, worked out while it is being moved."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mapping import access
from mapping.exclusion.result import TAILS
from mapping.scenario.outcome import Outcome
from mapping.scenario.place import Place
from mapping.scenario.placing import walks_of
from mapping.scenario.points import OwnPoint


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
        Of them, those whom no hub reaches today; None where that is not known.
    """

    within: pd.Series
    people: float
    low: float
    high: float
    gained: float | None


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
        self._people = _drawn(place, minutes.index)
        self._others = access.within(minutes[kept], self._standard).any(axis=1)
        now = list(place.sites.index[place.sites["counts"]])
        self._known = place.hubs_known
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
        gained = float(self._people[new].sum(axis=0).mean()) if self._known else None
        return Tried(within, float(draws.mean()), float(low), float(high), gained)


@dataclass(frozen=True, eq=False)
class TriedStop:
    """
    Whom one stop of the bus would reach, and whom all of them would.

    Parameters
    ----------
    within
        By area, whether it is within reach of a hub or of any stop.
    people, low, high
        Excluded adults within the walk of this stop whom no hub and no other stop reaches, with
        the 95 % interval.
    together
        Those whom any stop reaches and no hub, with the other stops: the middle, and the bounds.
    """

    within: pd.Series
    people: float
    low: float
    high: float
    together: tuple[float, float, float]


class StopTrial:
    """
    The stops of a bus of which one is moved, or to which one is added.

    As with `Trial`, all that does not depend on where it is has been worked out.

    Parameters
    ----------
    outcome
        Whose hubs and walk to the bus are those of the trial.
    place
        The place it was weighed on.
    others
        The other stops: ids in the place, or points as in `Scenario.bus_placed`.
    """

    def __init__(self, outcome: Outcome, place: Place, *, others: Collection[str]) -> None:
        assert outcome.areas is not None
        base = place.base or place
        minutes, self._standard = base.walk_to_stops.minutes, outcome.scenario.bus_walk
        self._people = _drawn(base, minutes.index)
        self._walks = walks_of(base)
        self._hub = outcome.areas["hub"].reindex(minutes.index).astype(bool)
        known = [stop for stop in others if stop in minutes]
        self._others = access.within(minutes[known], self._standard).any(axis=1)
        for stop in set(others) - set(known):
            point = OwnPoint.read(stop)
            self._others |= self._near(point.x, point.y)

    def at(self, x: float, y: float) -> TriedStop:
        """Return whom the stop reaches at a point of the national grid."""
        near = self._near(x, y)
        alone = self._counted(near & ~self._hub & ~self._others)
        by_any = near | self._others
        return TriedStop(by_any | self._hub, *alone, self._counted(by_any & ~self._hub))

    def without(self) -> TriedStop:
        """Return whom the other stops reach by themselves."""
        by_bus = self._counted(self._others & ~self._hub)
        return TriedStop(self._others | self._hub, 0.0, 0.0, 0.0, by_bus)

    def _near(self, x: float, y: float) -> pd.Series:
        minutes = self._walks.minutes_to(x, y, limit=self._standard + 1)
        near = access.within(minutes.to_frame(), self._standard).iloc[:, 0]
        return near.reindex(self._hub.index)

    def _counted(self, areas: pd.Series) -> tuple[float, float, float]:
        """Return the people of areas, and the bounds over the draws."""
        draws = self._people[areas.to_numpy()].sum(axis=0)
        low, high = np.quantile(draws, TAILS)
        return float(draws.mean()), float(low), float(high)


def _drawn(place: Place, areas: pd.Index) -> np.ndarray:
    """Return excluded adults by area and draw; none where there is no estimate."""
    estimate = place.exclusion
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    return people.reindex(areas).fillna(0.0).to_numpy()
