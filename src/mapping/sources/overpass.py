"""Venues of OpenStreetMap, asked of an Overpass service (© OpenStreetMap contributors, ODbL 1.0).

A venue on the map need not be open, free or willing: it is a place to ask. Nothing here calls a
service; `query` says what to ask, `venues` reads the answer.
"""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import LONGITUDE_LATITUDE, to_grid, valid_code

# Values of the tag `amenity`, and what they are called here.
AMENITIES = {
    "library": "library",
    "community_centre": "community centre",
    "social_centre": "community centre",
    "place_of_worship": "place of worship",
    "college": "college",
    "townhall": "town hall",
}


def query(district: str) -> str:
    """
    Return the question, in the Overpass query language, for the venues of a district.

    Parameters
    ----------
    district
        Its code, which OpenStreetMap keeps in the tag `ref:gss` of the district's outline.

    Raises
    ------
    InvalidTableError
        If that is no code of a district.

    Examples
    --------
    >>> print(query("E08000012"))
    [out:json][timeout:180];
    area["ref:gss"="E08000012"]->.place;
    nwr["amenity"~"^(library|community_centre|social_centre|place_of_worship|college|townhall)$"](a\
rea.place);
    out center tags;
    """
    if not valid_code(district, "district"):
        raise InvalidTableError(
            f"{district} is no code of a district. English ones start with E06 to E09."
        )
    wanted = "|".join(AMENITIES)
    return (
        f'[out:json][timeout:180];\narea["ref:gss"="{district}"]->.place;\n'
        f'nwr["amenity"~"^({wanted})$"](area.place);\nout center tags;'
    )


def venues(path: Path) -> gpd.GeoDataFrame:
    """
    Read the answer of an Overpass service.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site` (such as "osm-way-123"): `name` ("" where the map has none), `kind`, `step_free`
        (whether the map says that wheelchairs get in; missing where it does not say) and geometry
        in the national grid: of a building, its middle. Other things than those asked for are
        left out.

    Raises
    ------
    InvalidTableError
        If the file is no such answer, was cut off by the service, or a thing has no position.
    """
    rows = [_venue(element, path.name) for element in _elements(path) if _amenity(element)]
    if not rows:
        raise InvalidTableError(
            f"{path.name}: there is no venue in the answer. Ask again with the query of "
            "mapping.sources.overpass."
        )
    frame = pd.DataFrame(rows).drop_duplicates("site").set_index("site")
    points = gpd.points_from_xy(frame["lon"], frame["lat"], crs=LONGITUDE_LATITUDE)
    table = gpd.GeoDataFrame(frame[["name", "kind", "step_free"]], geometry=points)
    return to_grid(table, where=path.name)


def _elements(path: Path) -> list[dict[str, Any]]:
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
        elements = [dict(element) for element in answer["elements"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InvalidTableError(
            f"{path.name}: no answer of an Overpass service (JSON with “elements”). Ask again."
        ) from None
    if remark := answer.get("remark"):
        raise InvalidTableError(
            f"{path.name}: the service broke off ({str(remark)[:120]}), so venues are missing. "
            "Ask again later."
        )
    return elements


def _amenity(element: dict[str, Any]) -> str | None:
    tags = element.get("tags")
    return AMENITIES.get(str(tags.get("amenity"))) if isinstance(tags, dict) else None


def _venue(element: dict[str, Any], where: str) -> dict[str, Any]:
    place = element.get("center") or element
    tags = element["tags"]
    try:
        lon, lat = float(place["lon"]), float(place["lat"])
        site = f"osm-{element['type']}-{int(element['id'])}"
    except (KeyError, TypeError, ValueError):
        raise InvalidTableError(
            f"{where}: {tags.get('name', 'a venue')} has no id or no position. Ask for “out center "
            "tags”."
        ) from None
    entrance = {"yes": True, "no": False}.get(str(tags.get("wheelchair")))
    return {
        "site": site,
        "name": str(tags.get("name", "")),
        "kind": _amenity(element),
        "step_free": entrance,
        "lon": lon,
        "lat": lat,
    }
