"""Minutes on foot to any one point, quick enough to follow a hub that is being moved."""

from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from mapping.access.graph import StreetGraph
from mapping.access.points import grid_points
from mapping.access.speeds import WALKING
from mapping.access.times import DETOUR, OFF_NETWORK, SLIP


class Walks:
    """
    Walks from fixed origins to any point, as `travel_times` measures them.

    What does not depend on the point, such as where origins join the streets, is found once.

    Parameters
    ----------
    origins
        Points by id, in any stated CRS.
    graph
        Streets; None measures the straight line × 1.3.

    Raises
    ------
    InvalidTableError
        If the origins are no points, repeat an id, or lie outside Great Britain.
    """

    def __init__(self, origins: gpd.GeoSeries, graph: StreetGraph | None) -> None:
        self._origins = grid_points(origins, "origins")
        self._graph = graph if graph is not None and len(graph.nodes) else None

    def minutes_to(self, x: float, y: float, *, limit: float = np.inf) -> pd.Series:
        """
        Return the minutes from every origin to a point; NaN where there is no route.

        Parameters
        ----------
        x, y
            The point, in metres of the national grid.
        limit
            Minutes beyond which a walk is not wanted, and may be NaN.
        """
        away = np.hypot(self._origins["x"] - x, self._origins["y"] - y)
        pace = WALKING * 60
        if self._graph is None:
            return away * DETOUR / pace
        network = self._streets.network
        node, metres = self._join(np.array([[x, y]]))
        along = dijkstra(network, indices=int(node[0]), limit=limit)[self._joined[0]]
        minutes = np.where(
            self._joined[0] == node[0],
            away / pace,
            along + (self._joined[1] + metres[0]) / pace,
        )
        found = pd.Series(minutes, index=self._origins.index)
        return found.where(np.isfinite(found))

    @cached_property
    def _streets(self) -> "_Streets":
        assert self._graph is not None
        return _Streets(self._graph)

    @cached_property
    def _joined(self) -> tuple[np.ndarray, np.ndarray]:
        return self._join(self._origins[["x", "y"]].to_numpy())

    def _join(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the node each point joins the streets at, and the metres to it."""
        streets = self._streets
        near, among = streets.large.query(points)
        metres, node = streets.all.query(points)
        prefer = near <= np.maximum(OFF_NETWORK, metres)
        return np.where(prefer, streets.of_large[among], node), np.where(prefer, near, metres)


class _Streets:
    """A street graph made ready: its network on foot, and trees of its nodes."""

    def __init__(self, graph: StreetGraph) -> None:
        pieces = graph.pieces("walk")
        size = pieces.map(pieces.value_counts()).to_numpy()
        points = graph.nodes[["x", "y"]].to_numpy()
        self.network = graph.minutes("walk").T.tocsr()  # towards the point
        self.of_large = np.flatnonzero(size >= SLIP * size.max())
        self.large, self.all = cKDTree(points[self.of_large]), cKDTree(points)
