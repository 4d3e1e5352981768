"""Whether neighbouring areas err alike: Moran's I of residuals."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from mapping.exclusion.result import by_name
from mapping.geography import to_grid

if TYPE_CHECKING:
    from libpysal.graph import Graph

NEAREST = 8  # neighbours of an area given as a point
PERMUTATIONS = 199
FEWEST = 10  # areas from which it says anything


@dataclass(frozen=True)
class Autocorrelation:
    """
    How alike neighbours are.

    Parameters
    ----------
    moran
        Moran's I: 0 where neighbours are no more alike than others (more exactly −1 ÷ (areas − 1)),
        1 where equal values lie together; NaN where there are fewer than ten areas with neighbours
        or all values are equal.
    p
        Share of permutations of the values over the areas that gave as much or more, the values as
        they are included; NaN with `moran`.
    areas
        Areas with a value and a neighbour.
    """

    moran: float
    p: float
    areas: int


def autocorrelation(
    values: pd.Series, geometry: gpd.GeoSeries, *, seed: int, permutations: int = PERMUTATIONS
) -> Autocorrelation:
    """
    Return Moran's I (Moran, 1950) of values by area, with a permutation test.

    Parameters
    ----------
    values
        By area; areas where it is NaN are left out.
    geometry
        Outlines or points by area, with their coordinate system. Neighbours are outlines that
        touch, or the eight nearest points; every neighbour of an area weighs the same.
    seed, permutations
        Of the test.

    Raises
    ------
    InvalidTableError
        If the geometry does not say which coordinates it uses.
    """
    drawn = geometry.index[geometry.notna() & ~geometry.is_empty]
    known = values[np.isfinite(values) & values.index.isin(drawn)]
    if len(known) < FEWEST:
        return Autocorrelation(np.nan, np.nan, len(known))
    # Slow to import, and used here alone.
    from esda.moran import Moran

    known = by_name(known.to_frame("value"))["value"]
    graph = _neighbours(geometry.loc[known.index])
    joined = known[~known.index.isin(graph.isolates)]
    if len(joined) < FEWEST or np.ptp(joined.to_numpy()) == 0:
        return Autocorrelation(np.nan, np.nan, len(joined))
    graph = graph.subgraph(joined.index).transform("r")
    # Not esda's own permutations: those use numpy's global random state.
    found = float(Moran(joined.loc[graph.unique_ids], graph, permutations=0).I)
    centred = (joined - joined.mean()).loc[graph.unique_ids].to_numpy()
    random = np.random.default_rng(seed)
    permuted = random.permuted(np.tile(centred, (permutations, 1)), axis=1).T
    others = (permuted * (graph.sparse @ permuted)).sum(axis=0) / (centred @ centred)
    # A hair's breadth, so that equal values in another order of summing count as equal.
    as_much = int((others >= found - 1e-12).sum())
    return Autocorrelation(found, (as_much + 1) / (permutations + 1), len(joined))


def _neighbours(geometry: gpd.GeoSeries) -> "Graph":
    from libpysal.graph import Graph

    placed = to_grid(geometry.to_frame("geometry"), where="geometry").geometry
    if not placed.geom_type.eq("Point").all():
        return Graph.build_contiguity(placed, rook=False)
    # Not libpysal's own search: it refuses points in one place, or moves them at random.
    xy = np.column_stack([placed.x, placed.y])
    nearest = KDTree(xy).query(xy, k=min(NEAREST + 1, len(xy)))[1]
    focal = placed.index.repeat(nearest.shape[1])
    others = pd.DataFrame({"focal": focal, "neighbour": placed.index[nearest.ravel()]})
    others = others[others["focal"] != others["neighbour"]].groupby("focal").head(NEAREST)
    return Graph.from_arrays(others["focal"], others["neighbour"], np.ones(len(others)))
