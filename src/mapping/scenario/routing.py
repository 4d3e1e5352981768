"""The bus of a scenario: which stops to choose among, the route, and whom it reaches."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping import access, bus, hubs
from mapping.bus import BusPlan
from mapping.scenario.choices import Scenario
from mapping.scenario.place import Place


@dataclass(frozen=True, eq=False)
class Routed:
    """
    A timetable and whom it reaches.

    Parameters
    ----------
    plan
        The timetable; None without a bus, or where no stop is near anybody left.
    stops
        The stops visited, by `site`, with the `people` within reach, each area counted at the
        nearest of them.
    areas
        Whether each area is within reach of a visited stop and of no hub.
    """

    plan: BusPlan | None
    stops: gpd.GeoDataFrame
    areas: pd.Series


def routed(scenario: Scenario, place: Place, reached: pd.Series) -> Routed:
    """
    Route the bus to the people whom no hub reaches.

    A timetable adds up the people of its stops, so each area has to be given to one stop before it
    is known which are visited. That is done for two shortlists, as many stops as the shifts can
    hold and as many as the scenario allows; then people are counted at the stops that are
    visited, and the timetable that reaches more is kept.

    Parameters
    ----------
    reached
        Whether each area is within reach of a hub.
    """
    left = place.exclusion.people.where(~reached, 0.0)
    near = access.within(place.walk_to_stops.minutes, scenario.bus_walk)
    useful = near.columns[near.mul(left, axis=0).sum() > 0]
    if scenario.bus_days == 0 or useful.empty:
        nowhere = pd.Series(data=False, index=reached.index)
        return Routed(None, place.stops.iloc[:0].assign(people=0.0), nowhere)
    fitting = scenario.bus_days * max(1, int(scenario.bus_shift // scenario.bus_session))
    sizes = sorted({min(size, len(useful)) for size in (fitting, scenario.bus_stops)})
    found = [_routed(scenario, place, left, place.walk_to_stops.minutes[useful], n) for n in sizes]
    return max(found, key=lambda one: float(one.stops["people"].sum()))


def _routed(
    scenario: Scenario, place: Place, left: pd.Series, minutes: pd.DataFrame, stops: int
) -> Routed:
    """Shortlist stops by the people near them, give each area to one, route, count again."""
    shortlist = hubs.maximal_coverage(left, minutes, hubs=stops, within=scenario.bus_walk)
    plan = bus.plan(
        _people_at(left, minutes[list(shortlist.sites)], scenario.bus_walk).to_frame("people"),
        place.drive.minutes,
        depot=place.depot,
        days=scenario.bus_days,
        shift=scenario.bus_shift,
        dwell=scenario.bus_session,
        seconds=scenario.bus_seconds / 2,
        seed=scenario.seed,
    )
    visited = minutes[list(plan.timetable["stop"])]
    people = _people_at(left, visited, scenario.bus_walk).reindex(visited.columns, fill_value=0.0)
    areas = access.within(visited, scenario.bus_walk).any(axis=1) & (left > 0)
    return Routed(plan, place.stops.loc[visited.columns].assign(people=people), areas)


def _people_at(left: pd.Series, minutes: pd.DataFrame, walk: float) -> pd.Series:
    """Return the people of each stop, every area within the walk counted at its nearest."""
    nearest = access.nearest(minutes.where(access.within(minutes, walk)))["site"].dropna()
    people = left.reindex(nearest.index).groupby(nearest).sum()
    return people[people > 0]
