"""Shapes as they travel to a live map: thinned together, and as whole steps from point to point."""

import geopandas as gpd
import numpy as np
import shapely

from mapping.maps.outlines import DECIMALS, LONGITUDE_LATITUDE, NATIONAL_GRID, thinned

STEPS = 10**DECIMALS
"""Steps in a degree: about a metre each in England."""

Polygons = list[list[list[int]]]
"""Polygons of rings; a ring is x, y of its first point, then the way to each next one."""


def encoded(shapes: gpd.GeoSeries, *, tolerance: float = 10.0) -> list[Polygons]:
    """
    Return polygons in the order of `shapes`; one that is missing or empty has no rings.

    Neighbours keep their common edge, as they are thinned together. A ring does not repeat its
    first point at its end.

    Parameters
    ----------
    shapes
        Polygons of any known coordinate system.
    tolerance
        Detail to drop, in metres; see `mapping.maps.outlines.thinned`.

    Examples
    --------
    >>> box = gpd.GeoSeries([shapely.box(-3, 53, -2.9, 53.1)], crs="EPSG:4326")
    >>> [len(ring) // 2 for polygon in encoded(box)[0] for ring in polygon]
    [4]
    """
    drawn = thinned(shapes, tolerance=tolerance)
    polygons = {label: _polygons(shape) for label, shape in drawn.items()}
    return [polygons.get(label, []) for label in shapes.index]


def _polygons(shape: shapely.Geometry) -> Polygons:
    return [
        [_steps(ring) for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in shapely.get_parts(shape)
    ]


def _steps(ring: shapely.LinearRing) -> list[int]:
    return _path(shapely.LineString(shapely.get_coordinates(ring)[:-1]))


def _path(line: shapely.LineString) -> list[int]:
    points = np.rint(shapely.get_coordinates(line) * STEPS).astype(int)
    return np.diff(points, axis=0, prepend=0).ravel().tolist()


def encoded_lines(lines: gpd.GeoSeries, *, tolerance: float = 30.0) -> list[Polygons]:
    """
    Return lines in the order given, each as one "polygon" of paths; `encoded` does so for areas.

    Parameters
    ----------
    tolerance
        Detail to drop, in metres (Douglas and Peucker, 1973).
    """
    drawn = lines.to_crs(NATIONAL_GRID).simplify(tolerance).to_crs(LONGITUDE_LATITUDE)
    return [[[_path(part) for part in shapely.get_parts(line)]] for line in drawn]


def decoded(polygons: Polygons) -> shapely.MultiPolygon:
    """Return what `encoded` made of one shape, in longitude and latitude, as the page draws it."""
    rings = [
        [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / STEPS for ring in polygon]
        for polygon in polygons
    ]
    return shapely.MultiPolygon([shapely.Polygon(first, holes) for first, *holes in rings])
