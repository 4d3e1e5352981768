"""What a map draws, as plain data: areas, context and sites.

Everything that travels in a page is made here, so this is also all that a reader of the page's
source can find: rounded figures, never the values behind them.
"""

from typing import Any

import geopandas as gpd
import pandas as pd

from mapping.disclosure import sheltered
from mapping.maps.outlines import (
    DECIMALS,
    LONGITUDE_LATITUDE,
    NATIONAL_GRID,
    feature_collection,
    label_points,
    thinned,
)
from mapping.maps.safe import plain
from mapping.rounding import about, between

ROLES = {
    "open": "Open hub",
    "one_group": "Open to one group",
    "proposed": "Proposed hub",
    "stop": "Bus stop",
}


def area_layer(
    areas: gpd.GeoDataFrame, shapes: gpd.GeoSeries, facts: pd.DataFrame
) -> dict[str, Any]:
    """Return GeoJSON of `shapes` with the `facts` of each area and its name."""
    names = areas["name"].where(areas["name"].notna(), areas.index.to_series())
    named = facts.assign(name=names.map(plain), code=areas.index.map(plain))
    return feature_collection(shapes, named.to_dict("index"))


def area_facts(
    areas: gpd.GeoDataFrame, *, value: str, low: str | None, high: str | None
) -> pd.DataFrame:
    """Return `people` and `interval` of each area as printed, "" where unknown."""
    people = areas[value].astype(float)
    printed = people.map(lambda number: "" if pd.isna(number) else about(number))
    facts = pd.DataFrame({"people": printed, "interval": ""}, index=areas.index)
    if low is not None and high is not None:
        ends = zip(areas[low].astype(float), areas[high].astype(float), strict=True)
        facts["interval"] = [between(*end) for end in ends]
        facts["interval"] = facts["interval"].where(people.notna(), "")
    return facts


def water_layer(water: gpd.GeoDataFrame | gpd.GeoSeries | None) -> dict[str, Any] | None:
    """Return rivers and sea, thinned; None where there is none."""
    if water is None or not len(water):
        return None
    return feature_collection(thinned(water.geometry.explode(), tolerance=20))


def road_layer(roads: gpd.GeoDataFrame | None) -> dict[str, Any] | None:
    """Return main roads, thinned."""
    if roads is None or not len(roads):
        return None
    lines = roads.geometry.to_crs(NATIONAL_GRID).simplify(15).to_crs(LONGITUDE_LATITUDE)
    return feature_collection(lines.set_precision(10.0**-DECIMALS, mode="pointwise"))


def route_layer(routes: gpd.GeoDataFrame | None) -> dict[str, Any] | None:
    """Return routes, thinned, each with its `name` and `dash`."""
    if routes is None or not len(routes):
        return None
    lines = routes.geometry.to_crs(NATIONAL_GRID).simplify(30).to_crs(LONGITUDE_LATITUDE)
    facts = {
        route: {"name": plain(row["name"]), "dash": " ".join(map(str, row["dash"]))}
        for route, row in routes.iterrows()
    }
    return feature_collection(lines.set_precision(10.0**-DECIMALS, mode="pointwise"), facts)


def ward_layer(wards: gpd.GeoDataFrame | None) -> dict[str, Any] | None:
    """Return ward outlines."""
    if wards is None or not len(wards):
        return None
    return feature_collection(thinned(wards.geometry))


def ward_labels(wards: gpd.GeoDataFrame | None) -> list[dict[str, Any]]:
    """
    Return names of wards and where they fit, the largest ward first.

    The page shows those that do not overlap; zooming in shows more.
    """
    if wards is None or not len(wards):
        return []
    points = label_points(wards.geometry[wards["name"].notna()])
    size = wards.geometry.to_crs(NATIONAL_GRID).area
    order = size.loc[points.index].sort_values(ascending=False, kind="stable").index
    return [{"name": plain(wards.loc[ward, "name"]), "at": _at(points[ward])} for ward in order]


def site_layer(sites: gpd.GeoDataFrame | None, *, role: str) -> list[dict[str, Any]]:
    """
    Return the sites of one of the `ROLES` with their facts.

    `people` is optional and rounded here; NaN says nothing. Sheltered schemes show none.
    """
    if sites is None:
        return []
    placed = sites.to_crs(LONGITUDE_LATITUDE)
    return [
        {
            "role": role,
            "number": number,
            "name": plain(site["name"]),
            "kind": plain(site["kind"]) if pd.notna(site["kind"]) else "",
            "people": "" if sheltered(site["kind"], site["name"]) else _people(site.get("people")),
            "at": _at(site[placed.geometry.name]),
        }
        for number, (_, site) in enumerate(placed.iterrows(), start=1)
    ]


def _people(value: Any) -> str:
    return "" if value is None or pd.isna(value) else about(float(value))


def _at(point: Any) -> list[float]:
    return [round(point.y, 5), round(point.x, 5)]
