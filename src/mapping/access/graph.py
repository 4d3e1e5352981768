"""The street graph: nodes, links, their lengths and which way they can be gone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from mapping.access.points import grid_points, some
from mapping.access.speeds import WALKING, driving_speed
from mapping.errors import InvalidTableError
from mapping.geography import NATIONAL_GRID

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

STREETS_AND_PATHS: Mapping[Mode, str] = {
    "walk": (
        "Walking times follow the streets and paths that volunteers drew in OpenStreetMap; steps, "
        "kerbs, lighting and gates that are shut are not weighed."
    ),
    "drive": (
        "Driving times use average speeds by kind of road, never above a stated limit, and "
        "one-way streets; turn restrictions and the hour of day are not weighed."
    ),
}
"""What a graph of OpenStreetMap cannot know, by mode."""


@dataclass(frozen=True, eq=False)
class StreetGraph:
    """
    Streets as a graph that can be walked both ways, and driven where and as the links allow.

    Parameters
    ----------
    nodes
        `x` and `y` in metres, by node id.
    links
        `start` and `end` (node ids), `metres`, `road` (OS road function), `walkable`, `drivable`,
        `one_way` (driven from start to end only) and `kmh` (stated limit, NaN where none is), by
        link id. Parallel links are all kept, so that each mode can take its quickest; loops are
        not.
    source
        Where the streets come from, for captions.
    caveats
        What the street data cannot know, a sentence for each mode.
    notes
        What was doubtful when the graph was made, a sentence each.
    crs
        The system of `x` and `y`.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame
    source: str
    caveats: Mapping[Mode, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    crs: str = NATIONAL_GRID

    @cached_property
    def metres(self) -> sparse.csr_array:
        """Length of the shortest link between each two nodes, in the order of `nodes`."""
        return self._matrix(self.links["metres"], self.links, directed=False)

    @cached_property
    def digest(self) -> str:
        """A hash of nodes and links: another graph, other travel times."""
        found = hashlib.sha256(self.crs.encode())
        for frame in (self.nodes, self.links):
            found.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
        return found.hexdigest()

    def directed(self, mode: Mode) -> bool:
        """Whether the way there and the way back can differ."""
        return mode == "drive" and bool(self._of(mode)["one_way"].any())

    def minutes(self, mode: Mode, speed: float | None = None) -> sparse.csr_array:
        """
        Return the minutes along the quickest link from row to column, in order of `nodes`.

        Parameters
        ----------
        mode
            Walking takes the walkable links both ways, driving the drivable ones, as they allow.
        speed
            Metres per second on every link; by default 1.3 on foot and by road function
            (`DRIVING_KMH`), never above a stated limit, by car.
        """
        links, pace = self._of(mode), self.metres_a_minute(mode, speed)
        return self._matrix(links["metres"] / pace, links, directed=self.directed(mode))

    def metres_a_minute(self, mode: Mode, speed: float | None = None) -> pd.Series:
        """Return how fast each link of a mode is passed, by link id."""
        links = self._of(mode)
        usual = WALKING if mode == "walk" else driving_speed(links["road"], links["kmh"])
        return pd.Series((speed or usual) * 60, index=links.index, dtype=float)

    def ends(self, mode: Mode) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the nodes at both ends of the links of a mode."""
        links = self._of(mode)
        start, end = (self.nodes.index.get_indexer(links[name]) for name in ("start", "end"))
        return start, end

    def pieces(self, mode: Mode) -> pd.Series:
        """
        Return the number of the connected piece that each node belongs to, by node id.

        Every node of a piece can be reached from every other of it, and back.
        """
        return _pieces(self, mode)

    def in_words(self, mode: Mode) -> str:
        """
        Say how large the graph is and how far it hangs together.

        Nodes that no link of this mode touches do not count.
        """
        links = self._of(mode)
        used = self.nodes.index.isin(pd.concat([links["start"], links["end"]]).unique())
        size = self.pieces(mode)[used].value_counts()
        what = {"walk": "On foot", "drive": "By road"}[mode]
        if size.empty:
            return f"{what}: no link can be used."
        return (
            f"{what}: {len(links):,} links between {used.sum():,} nodes, {size.iloc[0]:,} of them "
            f"in the largest of {len(size):,} connected pieces."
        )

    def _of(self, mode: Mode) -> pd.DataFrame:
        return self.links[self.links["walkable" if mode == "walk" else "drivable"]]

    def _matrix(
        self, weight: pd.Series, links: pd.DataFrame, *, directed: bool
    ) -> sparse.csr_array:
        start, end = (self.nodes.index.get_indexer(links[name]) for name in ("start", "end"))
        back = ~links["one_way"].to_numpy() if directed else np.ones(len(links), dtype=bool)
        value = weight.to_numpy(dtype=float)
        edges = pd.DataFrame(
            {
                "row": np.concatenate([start, end[back]]),
                "column": np.concatenate([end, start[back]]),
                "weight": np.concatenate([value, value[back]]),
            }
        )
        best = edges.groupby(["row", "column"], as_index=False)["weight"].min()
        size = len(self.nodes)
        values = best["weight"].to_numpy()
        return sparse.csr_array(
            (values, (best["row"].to_numpy(), best["column"].to_numpy())), shape=(size, size)
        )


# A graph never changes, and every matrix asks again.
@lru_cache(maxsize=4)
def _pieces(graph: StreetGraph, mode: Mode) -> pd.Series:
    _, piece = connected_components(graph.minutes(mode), directed=True, connection="strong")
    return pd.Series(piece, index=graph.nodes.index, name="piece")


def street_graph(
    links: gpd.GeoDataFrame | pd.DataFrame,
    nodes: gpd.GeoDataFrame,
    *,
    source: str = "street graph, OS Open Roads",
    caveats: Mapping[Mode, str] = ROADS_ONLY,
    crs: str = NATIONAL_GRID,
) -> StreetGraph:
    """
    Make a street graph from road links and road nodes, in the words of OS Open Roads.

    Parameters
    ----------
    links
        `id`, `start_node`, `end_node`, `length` in metres and `road_function`; where held,
        `road_structure`, and `walkable`, `drivable` (default: all), `one_way` (default: none) and
        `kmh`, the stated limit. Links from a node to itself are dropped: nobody gets anywhere by
        them.
    nodes
        `id` (a column or the index) and points in a stated CRS.
    source
        Where the streets come from, for captions.
    caveats
        What these street data cannot know, by mode.
    crs
        The projected system to measure in; another than the national grid outside Great Britain.

    Raises
    ------
    InvalidTableError
        If a column is missing, an id repeats, a link names an unknown node, a length is missing
        or negative, or the nodes have no CRS or lie outside Great Britain.

    Notes
    -----
    A link of length 0 joins its ends at no time; `notes` says how many there are. OS Open Roads
    holds roads, not footpaths: walks across parks and through estates come out too long. On foot,
    motorways and tunnels of more than 500 m are left out.
    """
    points = nodes.set_index("id") if "id" in nodes.columns else nodes
    faults = _link_faults(links, points.index)
    if faults:
        raise InvalidTableError(f"street links: {'; '.join(faults)}.")
    kept = links[links["start_node"] != links["end_node"]]
    by_id = kept.set_index("id")
    none = pd.Series(np.nan, index=by_id.index)
    tidy = pd.DataFrame(
        {
            "start": by_id["start_node"],
            "end": by_id["end_node"],
            "metres": by_id["length"].astype(float),
            "road": by_id["road_function"].astype(object),
            "walkable": _walkable(by_id),
            "drivable": by_id.get("drivable", none.isna()).astype(bool),
            "one_way": by_id.get("one_way", none.notna()).astype(bool),
            "kmh": by_id.get("kmh", none).astype(float),
        }
    ).sort_index()
    grid = grid_points(points, "street nodes", crs).sort_index()
    return StreetGraph(grid, tidy, source, caveats, _no_length(tidy, grid), crs)


def _no_length(links: pd.DataFrame, nodes: pd.DataFrame) -> tuple[str, ...]:
    """Doubt links of length 0 whose ends lie apart."""
    ends = [nodes.reindex(links[end])[["x", "y"]].to_numpy() for end in ("start", "end")]
    nothing = (links["metres"] == 0) & (np.hypot(*(ends[0] - ends[1]).T) > 1)
    if not nothing.any():
        return ()
    return (
        f"{int(nothing.sum())} of {len(links)} street links have length 0 although their ends lie "
        f"apart ({some(links.index[nothing])}): they are passed in no time, so true times may be "
        "longer.",
    )


def _walkable(links: pd.DataFrame) -> pd.Series:
    walkable = links.get("walkable", links["road_function"] != "Motorway").astype(bool)
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
