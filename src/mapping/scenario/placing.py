"""A planner's own points: hubs and stops put, or moved to, where no site is listed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping import access
from mapping.access import TravelTimes, Walks
from mapping.disclosure import sheltered
from mapping.errors import InvalidScenarioError
from mapping.geography import NATIONAL_GRID
from mapping.scenario.choices import Scenario
from mapping.scenario.place import Place
from mapping.scenario.points import OwnPoint

OWN = "own point"
"""The kind of a site that is a planner's own point."""

OWN_STOP = "own stop"
"""The kind of a bus stop that is a planner's own point."""

BY_SCHEME = "own stop by a sheltered scheme"
"""The kind of one at the door of a sheltered scheme, whose own count is not shown."""

DOOR = 100  # metres from a sheltered scheme that are taken for its door

NOT_KNOWN = (
    "Your own points: whether there is a venue, what it would cost and whether it has room is not "
    "known."
)
MAY_NOT_PARK = "Your own stops: whether the bus may park there is not known."

FAR = 20_000  # metres from any area: a slip of the hand


def with_own(place: Place, placed: Iterable[str], stops: Iterable[str] = ()) -> Place:
    """
    Return the place with the planner's own points among its sites; as it is without any.

    A point is a site that could become a hub, or a stop; its id is its text in the scenario, so
    that points of one name in two scenarios stay apart. Ways to it are measured as all others.

    Parameters
    ----------
    place
        A place; points it was given before are left out unless named again.
    placed
        Hubs, "name@easting,northing" each.
    stops
        Bus stops in the same form.

    Raises
    ------
    InvalidScenarioError
        If a point lies more than 20 km from the place.
    """
    base = place.base or place
    return _with_own(base, tuple(dict.fromkeys(placed)), tuple(dict.fromkeys(stops)))


def as_chosen(place: Place, *scenarios: Scenario) -> Place:
    """Return the place with every point of their own that scenarios choose."""
    return with_own(
        place,
        [point for scenario in scenarios for point in scenario.placed],
        [stop for scenario in scenarios for stop in scenario.bus_placed],
    )


# A slider asks again and again with the same points.
@lru_cache(maxsize=8)
def _with_own(base: Place, placed: tuple[str, ...], stops: tuple[str, ...]) -> Place:
    made = _with_sites(base, placed) if placed else base
    return _with_stops(made, base, stops) if stops else made


def _with_sites(base: Place, placed: tuple[str, ...]) -> Place:
    points = own_points(placed, base)
    held = {
        "kind": OWN,
        "open_to": "public",
        "capacity": np.nan,
        "cost": np.nan,
        "open": False,
        "counts": False,
    }
    sites = _longer_table(base.sites, placed, points, held)
    for flag in ("open", "counts"):
        sites[flag] = sites[flag].astype(bool)
    walk = _longer(base.walk, walks_of(base), placed, points)
    walk_in = base.walk_in
    if walk_in is not None and base.neighbours is not None and len(walk_in.minutes):
        walk_in = _longer(walk_in, Walks(base.neighbours.geometry, base.graph), placed, points)
    return replace(
        base,
        sites=sites,
        walk=walk,
        walk_slow=None if base.walk_slow is None else walk.slowly(),
        walk_in=walk_in,
        base=base,
    )


def _with_stops(place: Place, base: Place, placed: tuple[str, ...]) -> Place:
    points = own_points(placed, base)
    kinds = [BY_SCHEME if at_scheme(base, p.x, p.y) else OWN_STOP for p in points]
    stops = _longer_table(base.stops, placed, points, {"kind": kinds})
    ends = stops.geometry
    if base.depot_at is not None:
        ends = pd.concat([base.depot_at.to_crs(stops.crs), ends])
    new = ends[ends.index.isin(placed)]
    drive = _driven(base.drive.minutes, new, ends, base)
    km = base.drive_km
    if km is not None:
        # At a kilometre a minute, minutes are kilometres along the shortest way.
        km = _driven(km, new, ends, base, speed=1000 / 60)
    return replace(
        place,
        stops=stops,
        walk_to_stops=_longer(base.walk_to_stops, walks_of(base), placed, points),
        drive=replace(base.drive, minutes=drive),
        drive_km=km,
        base=base,
    )


def _driven(
    held: pd.DataFrame,
    new: gpd.GeoSeries,
    ends: gpd.GeoSeries,
    place: Place,
    *,
    speed: float | None = None,
) -> pd.DataFrame:
    """Return a matrix by road with the ways from and to new stops beside those it holds."""
    old = ends[ends.index.isin(held.index)]

    def ways(origins: gpd.GeoSeries, to: gpd.GeoSeries) -> pd.DataFrame:
        return access.travel_times(
            origins, to, graph=place.graph, mode="drive", speed=speed
        ).minutes

    wider = pd.concat([held, ways(old, new).reindex(held.index)], axis=1)
    below = ways(new, ends).reindex(columns=wider.columns)
    return pd.concat([wider, below])


def own_points(placed: Iterable[str], place: Place) -> list[OwnPoint]:
    """
    Return points as a scenario holds them.

    Raises
    ------
    InvalidScenarioError
        If a text is no point, or one lies more than 20 km from the place.
    """
    points = [OwnPoint.read(text) for text in placed]
    _refuse_far(place, points)
    return points


def _longer_table(
    table: gpd.GeoDataFrame,
    placed: Sequence[str],
    points: Sequence[OwnPoint],
    held: dict[str, Any],
) -> gpd.GeoDataFrame:
    """Return sites with points below them, of which only `held` is known."""
    added = gpd.GeoDataFrame(
        {"name": [point.name for point in points], **held},
        geometry=gpd.points_from_xy([p.x for p in points], [p.y for p in points]),
        index=pd.Index(placed, name=table.index.name),
        crs=NATIONAL_GRID,
    ).to_crs(table.crs)
    together = pd.concat([table, added.reindex(columns=table.columns)])
    return gpd.GeoDataFrame(together, geometry="geometry", crs=table.crs)


def _longer(
    times: TravelTimes, walks: Walks, placed: Sequence[str], points: Sequence[OwnPoint]
) -> TravelTimes:
    """Return walks with those to the points beside them."""
    more = {text: walks.minutes_to(p.x, p.y) for text, p in zip(placed, points, strict=True)}
    minutes = pd.concat([times.minutes, pd.DataFrame(more).reindex(times.minutes.index)], axis=1)
    return replace(times, minutes=minutes)


@lru_cache(maxsize=4)
def walks_of(place: Place) -> Walks:
    """Return walks from the place's areas to any point, along its streets where they are held."""
    centres = place.centres
    if centres is None:
        centres = place.lsoas.representative_point()
    return Walks(centres.reindex(place.walk.minutes.index), place.graph)


def at_scheme(place: Place, x: float, y: float) -> bool:
    """Return whether a point of the national grid is at the door of a sheltered scheme."""
    return bool((_schemes(place).distance(gpd.points_from_xy([x], [y])[0]) <= DOOR).any())


@lru_cache(maxsize=4)
def _schemes(place: Place) -> gpd.GeoSeries:
    stops = place.stops
    told = [sheltered(*row) for row in stops[["kind", "name"]].itertuples(index=False)]
    return stops.geometry[told].to_crs(NATIONAL_GRID)


def _refuse_far(place: Place, points: Iterable[OwnPoint]) -> None:
    west, south, east, north = place.lsoas.total_bounds
    far = [
        point.name
        for point in points
        if not (west - FAR < point.x < east + FAR and south - FAR < point.y < north + FAR)
    ]
    if far:
        raise InvalidScenarioError(
            f"Your own point {', '.join(far)} lies more than {FAR // 1000} km from {place.name}. "
            "Check that easting and northing are not swapped."
        )
