"""Ways along streets, as lines to be drawn."""

import itertools
from collections.abc import Hashable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from mapping.access.graph import Mode, StreetGraph
from mapping.access.points import grid_points
from mapping.access.times import join_streets
from mapping.geography import NATIONAL_GRID


def ways(
    points: gpd.GeoSeries,
    routes: Mapping[Hashable, Sequence[Hashable]],
    graph: StreetGraph | None,
    *,
    mode: Mode = "drive",
) -> gpd.GeoSeries:
    """
    Return the quickest way through the points of each route (shortest paths; Dijkstra, 1959).

    Parameters
    ----------
    points
        Points by id, in any stated CRS.
    routes
        By route, the ids of its points in order, two at least.
    graph
        Streets; None draws straight lines.
    mode
        "walk" or "drive".

    Returns
    -------
    GeoSeries
        A line for each route, in the graph's system. Streets are drawn from junction to junction;
        between two points that no way connects, or that join the streets at one node, the line is
        straight.

    Raises
    ------
    InvalidTableError
        If the points have no CRS, repeat an id or lie outside Great Britain.
    """
    crs = NATIONAL_GRID if graph is None else graph.crs
    placed = grid_points(points, "points of routes", crs)
    legs = {leg for route in routes.values() for leg in itertools.pairwise(route)}
    between = {} if graph is None else _between(placed, legs, graph, mode)
    at = dict(zip(placed.index, map(tuple, placed[["x", "y"]].to_numpy()), strict=True))
    lines = []
    for route in routes.values():
        line = [at[route[0]]]
        for leg in itertools.pairwise(route):
            line += [*between.get(leg, ()), at[leg[1]]]
        lines.append(shapely.LineString(line))
    return gpd.GeoSeries(lines, index=list(routes), crs=crs)


def _between(
    placed: pd.DataFrame, legs: set[tuple[Hashable, Hashable]], graph: StreetGraph, mode: Mode
) -> dict[tuple[Hashable, Hashable], list[tuple[float, float]]]:
    """Return the junctions passed on each leg, by search from each start."""
    at = join_streets(placed, graph, mode)["at"]
    network = graph.minutes(mode)
    xy = list(map(tuple, graph.nodes[["x", "y"]].to_numpy()))
    found = {}
    for start in {start for start, _ in legs}:
        _, before = dijkstra(network, indices=at[start], return_predecessors=True)
        for leg in legs:
            if leg[0] == start:
                found[leg] = [xy[node] for node in _passed(before, at[start], at[leg[1]])]
    return found


def _passed(before: np.ndarray, start: int, end: int) -> list[int]:
    """Return the nodes from start to end; none where there is no way, or no way to go."""
    if before[end] < 0:
        return []
    nodes = [end]
    while nodes[-1] != start:
        nodes.append(int(before[nodes[-1]]))
    return nodes[::-1]
