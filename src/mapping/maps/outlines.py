"""Shapes made thin enough to travel inside a page."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

NATIONAL_GRID = "EPSG:27700"
LONGITUDE_LATITUDE = "EPSG:4326"
# About a metre in England, well below the width of a line on any screen.
DECIMALS = 5


def thinned(shapes: gpd.GeoSeries, *, tolerance: float = 10.0) -> gpd.GeoSeries:
    """
    Simplify areas together, so that neighbours keep their common edge, for drawing only.

    Parameters
    ----------
    shapes
        Polygons of any known coordinate system; missing and empty ones are left out.
    tolerance
        Detail to drop, in metres: the square root of the area of the smallest bend that stays
        (Visvalingam and Whyatt, 1993).

    Returns
    -------
    geopandas.GeoSeries
        The same index without the missing, in longitude and latitude to five decimals.
    """
    drawn = shapes[shapes.notna() & ~shapes.is_empty].to_crs(NATIONAL_GRID)
    if drawn.empty:
        return drawn.to_crs(LONGITUDE_LATITUDE)
    simple = shapely.coverage_simplify(drawn.to_numpy(), tolerance)
    lonlat = gpd.GeoSeries(simple, index=drawn.index, crs=NATIONAL_GRID).to_crs(LONGITUDE_LATITUDE)
    # Rounding vertex by vertex keeps common edges common; snapping to a grid would not.
    return gpd.GeoSeries(
        shapely.transform(lonlat.to_numpy(), lambda points: np.round(points, DECIMALS)),
        index=drawn.index,
        crs=LONGITUDE_LATITUDE,
    )


def feature_collection(
    shapes: gpd.GeoSeries, properties: Mapping[Any, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """Return GeoJSON (RFC 7946) of `shapes`, each with the properties filed under its label."""
    known = properties or {}
    features = [
        {"type": "Feature", "properties": dict(known.get(label, {})), "geometry": geometry(shape)}
        for label, shape in shapes.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def geometry(shape: shapely.Geometry) -> dict[str, Any]:
    """
    Return one shape as a GeoJSON geometry with lists for coordinates.

    Examples
    --------
    >>> geometry(shapely.Point(-2.98, 53.4))
    {'type': 'Point', 'coordinates': (-2.98, 53.4)}
    """
    return dict(shapely.geometry.mapping(shape))


def bounds(layers: Sequence[gpd.GeoSeries]) -> list[list[float]] | None:
    """Return [[south, west], [north, east]] of all layers together, None if all are empty."""
    boxes = pd.DataFrame(
        [layer.total_bounds for layer in layers if len(layer)], columns=["w", "s", "e", "n"]
    )
    if boxes.empty:
        return None
    west, south, east, north = boxes[["w", "s"]].min().tolist() + boxes[["e", "n"]].max().tolist()
    return [[south, west], [north, east]]


def label_points(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the point of each shape that is farthest from its edge, where a name fits best."""
    metres = shapes[shapes.notna() & ~shapes.is_empty].to_crs(NATIONAL_GRID)
    circles = shapely.maximum_inscribed_circle(metres.to_numpy(), tolerance=25.0)
    centres = gpd.GeoSeries(shapely.get_point(circles, 0), index=metres.index, crs=NATIONAL_GRID)
    return centres.to_crs(LONGITUDE_LATITUDE)
