"""The street graph: nodes, links and their lengths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from mapping.access.points import grid_points, some
from mapping.access.speeds import WALKING, driving_speed
from mapping.errors import InvalidTableError

Mode = Literal["walk", "drive"]

# A tunnel this long is under a river or a hill, and no footway: the Mersey's, the Thames's.
LONG_TUNNEL = 500.0

ROADS_ONLY: Mapping[Mode, str] = {
    "walk": (
        "Walking times follow roads only: footpaths, parks and ways through estates are not in "
        "the street data, so some true walks are shorter."
    ),
    "drive": (
        "Driving times use average speeds by kind of road; one-way streets, turn restrictions and "
        "the hour of day are not in the street data."
    ),
}
"""What a graph of OS Open Roads cannot know, by mode."""


@dataclass(frozen=True, eq=False)
class StreetGraph:
    """
    Streets as a graph that can be walked or driven in both directions.

    Parameters
    ----------
    nodes
        `x` and `y` in metres of the national grid, by node id.
    links
        `start` and `end` (node ids), `metres`, `road` (OS road function) and `walkable`, by link
        id. Parallel links are all kept, so that each mode can take its quickest; loops are not.
    source
        Where the streets come from, for captions.
    caveats
        What the street data cannot know, a sentence for each mode.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame
    source: str
    caveats: Mapping[Mode, str] = field(default_factory=dict)

    @cached_property
    def metres(self) -> sparse.csr_array:
        """Length of the shortest link between each two nodes, in the order of `nodes`."""
        return self._matrix(self.links["metres"], self.links)

    def minutes(self, mode: Mode, speed: float | None = None) -> sparse.csr_array:
        """
        Return the minutes along the quickest link between each two nodes, in order of `nodes`.

        Parameters
        ----------
        mode
            Walking leaves out motorways and long tunnels; driving takes every link both ways,
            because OS Open Roads does not tell one-way streets.
        speed
            Metres per second on every link; by default 1.3 on foot and by road function
            (`DRIVING_KMH`) by car.
        """
        links = self.links[self.links["walkable"]] if mode == "walk" else self.links
        pace = speed or (WALKING if mode == "walk" else driving_speed(links["road"]))
        return self._matrix(links["metres"] / pace / 60, links)

    def pieces(self, mode: Mode) -> pd.Series:
        """Return the number of the connected piece that each node belongs to, by node id."""
        _, piece = connected_components(self.minutes(mode), directed=False)
        return pd.Series(piece, index=self.nodes.index, name="piece")

    def _matrix(self, weight: pd.Series, links: pd.DataFrame) -> sparse.csr_array:
        start = self.nodes.index.get_indexer(links["start"])
        end = self.nodes.index.get_indexer(links["end"])
        edges = pd.DataFrame(
            {
                "row": np.concatenate([start, end]),
                "column": np.concatenate([end, start]),
                "weight": np.tile(weight.to_numpy(dtype=float), 2),
            }
        )
        best = edges.groupby(["row", "column"], as_index=False)["weight"].min()
        size = len(self.nodes)
        values = best["weight"].to_numpy()
        return sparse.csr_array(
            (values, (best["row"].to_numpy(), best["column"].to_numpy())), shape=(size, size)
        )


def street_graph(
    links: gpd.GeoDataFrame | pd.DataFrame,
    nodes: gpd.GeoDataFrame,
    *,
    source: str = "street graph, OS Open Roads",
) -> StreetGraph:
    """
    Make a street graph from road links and road nodes, in the words of OS Open Roads.

    Parameters
    ----------
    links
        `id`, `start_node`, `end_node`, `length` in metres and `road_function`; `road_structure`
        where held. Links from a node to itself are dropped: nobody gets anywhere by them.
    nodes
        `id` (a column or the index) and points in a stated CRS.
    source
        Where the streets come from, for captions.

    Raises
    ------
    InvalidTableError
        If a column is missing, an id repeats, a link names an unknown node, a length is missing
        or negative, or the nodes have no CRS or lie outside Great Britain.

    Notes
    -----
    OS Open Roads holds roads, not footpaths: walks across parks and through estates come out too
    long. On foot, motorways and tunnels of more than 500 m are left out.
    """
    points = nodes.set_index("id") if "id" in nodes.columns else nodes
    faults = _link_faults(links, points.index)
    if faults:
        raise InvalidTableError(f"street links: {'; '.join(faults)}.")
    kept = links[links["start_node"] != links["end_node"]]
    by_id = kept.set_index("id")
    tidy = pd.DataFrame(
        {
            "start": by_id["start_node"],
            "end": by_id["end_node"],
            "metres": by_id["length"].astype(float),
            "road": by_id["road_function"].astype(object),
            "walkable": _walkable(by_id),
        }
    )
    grid = grid_points(points, "street nodes").sort_index()
    return StreetGraph(grid, tidy.sort_index(), source, ROADS_ONLY)


def _walkable(links: pd.DataFrame) -> pd.Series:
    walkable = links["road_function"] != "Motorway"
    if "road_structure" not in links.columns:
        return walkable
    tunnel = links["road_structure"].astype("string").str.contains("tunnel", case=False)
    return walkable & ~(tunnel.fillna(value=False).astype(bool) & (links["length"] > LONG_TUNNEL))


def _link_faults(links: pd.DataFrame, nodes: pd.Index) -> list[str]:
    wanted = ["id", "start_node", "end_node", "length", "road_function"]
    missing = [column for column in wanted if column not in links.columns]
    if missing:
        return [f"no column {' or '.join(missing)}; found {', '.join(map(str, links.columns))}"]
    ids, length = links["id"], pd.to_numeric(links["length"], errors="coerce")
    ends = pd.concat([links["start_node"], links["end_node"]])
    checks = {
        "ids must be unique, repeated": ids[ids.duplicated()].unique(),
        "node ids must be unique, repeated": nodes[nodes.duplicated()].unique(),
        "unknown nodes": ends[~ends.isin(nodes)].astype(str).unique(),
        "length is missing at": ids[length.isna()],
        "length is below 0 m at": ids[length < 0],
        "length is infinite at": ids[np.isinf(length)],
    }
    return [f"{text} {some(found)}" for text, found in checks.items() if len(found)]
