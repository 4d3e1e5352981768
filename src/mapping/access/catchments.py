"""Catchments as shapes: what lies within so many minutes of a site."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from mapping.access.graph import Mode, StreetGraph
from mapping.access.points import grid_points
from mapping.access.times import join_streets, local_speed
from mapping.errors import InvalidTableError

# Metres beside a street that are within reach with it: the houses along it.
BESIDE = 40.0

# Blocks between reached streets up to twice this far apart belong to the catchment.
BETWEEN = 80.0

# Square metres up to which a hole in a catchment is a block, and not land out of reach.
BLOCK = 90_000.0

# Metres by which an outline may be drawn more simply.
SIMPLER = 5.0


def isochrones(
    sites: gpd.GeoSeries | gpd.GeoDataFrame,
    graph: StreetGraph,
    *,
    within: float,
    mode: Mode = "walk",
    speed: float | None = None,
    water: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
) -> gpd.GeoSeries:
    """
    Return the land from which each site is within reach, by site.

    The streets from which the site can be reached in time, the last of them in part, with a strip
    beside them and the blocks between them: an outline that is concave where no street leads.

    Parameters
    ----------
    sites
        Points by id, in any stated CRS.
    graph
        Streets.
    within
        Minutes to the site.
    mode, speed
        As in `travel_times`.
    water
        Left out of every shape.

    Returns
    -------
    GeoSeries
        Valid polygons, in the graph's system; empty where the way to the street alone takes
        longer.

    Raises
    ------
    InvalidTableError
        If points cannot be placed, `within` is not above 0, or the graph is empty.
    """
    if not within > 0:
        raise InvalidTableError(f"isochrones: within is {within} minutes; it must be above 0.")
    to_site = _towards(sites, graph, mode, speed)
    size = len(graph.nodes)
    found = dijkstra(to_site, indices=np.arange(size, to_site.shape[0]), limit=within)[:, :size]
    pace = graph.metres_a_minute(mode, speed)
    wet = _united(water, graph.crs)
    shapes = [_outline(_reached(graph, mode, pace, spare), wet) for spare in within - found]
    return gpd.GeoSeries(shapes, index=sites.index, crs=graph.crs)


def _towards(
    sites: gpd.GeoSeries | gpd.GeoDataFrame, graph: StreetGraph, mode: Mode, speed: float | None
) -> sparse.csr_array:
    """Return a graph that leads backwards from each site, which is a node of its own at the end."""
    if graph.nodes.empty:
        raise InvalidTableError("street graph: it holds no nodes. Check the extract's area.")
    points = grid_points(sites, "sites", graph.crs)
    joined = join_streets(points, graph, mode)
    ways = joined["metres"].to_numpy() / (local_speed(mode, speed) * 60)
    back = graph.minutes(mode, speed).T.tocoo()
    size = len(graph.nodes)
    row = np.concatenate([back.row, size + np.arange(len(points))])
    column = np.concatenate([back.col, joined["at"].to_numpy()])
    shape = (size + len(points),) * 2
    return sparse.csr_array((np.concatenate([back.data, ways]), (row, column)), shape=shape)


def _outline(lines: np.ndarray, wet: shapely.Geometry | None) -> shapely.Geometry:
    """Draw what is within reach: streets with strips beside them, and blocks between."""
    if not len(lines):
        return shapely.Polygon()
    grown = shapely.multilinestrings(lines).buffer(BESIDE + BETWEEN, quad_segs=4)
    shape = _filled(grown.buffer(-BETWEEN, quad_segs=4)).simplify(SIMPLER)
    return _solid(shape if wet is None else shape.difference(wet))


def _filled(shape: shapely.Geometry) -> shapely.Geometry:
    """Fill holes the size of a block."""
    return shapely.union_all(
        [
            shapely.Polygon(
                part.exterior,
                [hole for hole in part.interiors if shapely.Polygon(hole).area > BLOCK],
            )
            for part in shapely.get_parts(shape)
        ]
    )


def _reached(graph: StreetGraph, mode: Mode, pace: pd.Series, spare: np.ndarray) -> np.ndarray:
    """Return links, or the parts of them, that can be gone in the minutes to spare at a node."""
    xy = graph.nodes[["x", "y"]].to_numpy()
    start, end = graph.ends(mode)
    whole = (graph.links["metres"].loc[pace.index] / pace).to_numpy()
    parts = []
    for near, far in ((start, end), (end, start)):
        some = np.flatnonzero(spare[near] >= 0)
        # A link of no length is gone to its end; one just reached is drawn as a short stub.
        share = np.clip(spare[near[some]] / np.maximum(whole[some], 1e-9), 0.01, 1)
        tip = xy[near[some]] + (xy[far[some]] - xy[near[some]]) * share[:, None]
        parts.append(np.stack([xy[near[some]], tip], axis=1))
    return shapely.linestrings(np.concatenate(parts))


def _united(water: gpd.GeoSeries | gpd.GeoDataFrame | None, crs: str) -> shapely.Geometry | None:
    if water is None or not len(water):
        return None
    return shapely.make_valid(water.geometry.to_crs(crs).union_all())


def _solid(shape: shapely.Geometry) -> shapely.Geometry:
    """Return only what has an area, valid."""
    parts = [
        part
        for part in shapely.get_parts(shapely.make_valid(shape))
        if part.geom_type == "Polygon" and part.area > 0
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
