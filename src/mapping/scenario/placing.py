"""A planner's own points: hubs put, or moved to, where no venue is listed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.access import TravelTimes, Walks
from mapping.errors import InvalidScenarioError
from mapping.scenario.place import Place
from mapping.scenario.points import OwnPoint

OWN = "own point"
"""The kind of a site that is a planner's own point."""

NOT_KNOWN = (
    "Your own points: whether there is a venue, what it would cost and whether it has room is not "
    "known."
)

FAR = 20_000  # metres from any area: a slip of the hand


def with_own(place: Place, placed: Iterable[str]) -> Place:
    """
    Return the place with the planner's own points among its sites; as it is without any.

    A point is a site that could become a hub; its id is its text in the scenario, so that points
    of one name in two scenarios stay apart. Walks to it are measured as all others.

    Parameters
    ----------
    place
        A place; points it was given before are left out unless named again.
    placed
        "name@easting,northing" each.

    Raises
    ------
    InvalidScenarioError
        If a point lies more than 20 km from the place.
    """
    base = place.base or place
    return _with_own(base, tuple(dict.fromkeys(placed)))


# A slider asks again and again with the same points.
@lru_cache(maxsize=8)
def _with_own(base: Place, placed: tuple[str, ...]) -> Place:
    if not placed:
        return base
    points = [OwnPoint.read(text) for text in placed]
    _refuse_far(base, points)
    added = gpd.GeoDataFrame(
        {
            "name": [point.name for point in points],
            "kind": OWN,
            "open_to": "public",
            "capacity": np.nan,
            "cost": np.nan,
            "open": False,
            "counts": False,
        },
        geometry=gpd.points_from_xy([p.x for p in points], [p.y for p in points]),
        index=pd.Index(placed, name=base.sites.index.name),
        crs=base.lsoas.crs,
    ).to_crs(base.sites.crs)
    sites = pd.concat([base.sites, added.reindex(columns=base.sites.columns)])
    for flag in ("open", "counts"):
        sites[flag] = sites[flag].astype(bool)
    walk = _longer(base.walk, walks_of(base), placed, points)
    walk_in = base.walk_in
    if walk_in is not None and base.neighbours is not None and len(walk_in.minutes):
        walk_in = _longer(walk_in, Walks(base.neighbours.geometry, base.graph), placed, points)
    return replace(
        base,
        sites=gpd.GeoDataFrame(sites, geometry="geometry", crs=base.sites.crs),
        walk=walk,
        walk_slow=None if base.walk_slow is None else walk.slowly(),
        walk_in=walk_in,
        base=base,
    )


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


def _refuse_far(place: Place, points: Iterable[OwnPoint]) -> None:
    west, south, east, north = place.lsoas.total_bounds
    far = [
        point.name
        for point in points
        if not (west - FAR < point.x < east + FAR and south - FAR < point.y < north + FAR)
    ]
    if far:
        raise InvalidScenarioError(
            f"placed: {', '.join(far)} lies more than {FAR // 1000} km from {place.name}. Check "
            "that easting and northing are not swapped."
        )
