"""The street graph: streets run between blocks, three bridges join the banks."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import (
    breadth_first_order,
    connected_components,
    dijkstra,
    minimum_spanning_tree,
)

from mapping.demo import words
from mapping.demo.blocks import Blocks, centre, marsh
from mapping.demo.land import Land
from mapping.demo.partition import nearest

_BRIDGE_NAMES = ("Harbour Bridge", "Middle Bridge", "Meadow Bridge")
_CLOSED = 0.10  # share of minor streets left out, so that there are dead ends
_CUT_OFF = 6  # corners of the piece of road that leads nowhere
_GATES = 9  # main roads leave the city at as many places
_QUICK = 0.5  # a traveller prefers a main road up to twice as long


@dataclass(frozen=True, eq=False)
class Streets:
    """
    The street graph, in EPSG:27700.

    Attributes
    ----------
    nodes
        By `node`: `kind` (junction or road end) and `geometry`.
    links
        By `link`: `start`, `end` (nodes), `length` (metres), `road_class` (A Road, B Road or
        Unclassified), `name` and `geometry`. One small piece is not connected to the rest.
    """

    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame


def streets(blocks: Blocks, land: Land, *, rng: np.random.Generator) -> Streets:
    """Lay streets along the walls between blocks, bridges over the river, and main roads."""
    links = pd.concat([_minor(blocks, rng), _bridges(blocks, land)], ignore_index=True)
    links = _reachable(links, blocks.corners)
    links["road_class"] = _classes(links, blocks.corners)
    links["name"] = _names(links)
    return _drawn(links, blocks.corners)


def _minor(blocks: Blocks, rng: np.random.Generator) -> pd.DataFrame:
    """Return the walls that are streets: nine in ten, without disconnecting any corner."""
    walls = blocks.walls
    tree = minimum_spanning_tree(_graph(walls, rng.uniform(1, 2, len(walls)), len(blocks.corners)))
    kept = set(zip(*tree.nonzero(), strict=True))
    needed = [pair in kept for pair in zip(walls["start"], walls["end"], strict=True)]
    stays = np.array(needed) | (rng.random(len(walls)) > _CLOSED)
    return walls.loc[stays, ["start", "end", "length", "left"]].assign(bridge="")


def _bridges(blocks: Blocks, land: Land) -> pd.DataFrame:
    """Join the street corners nearest to each crossing, one on each bank."""
    used = np.unique(blocks.walls[["start", "end"]])
    points = blocks.corners[used]
    rows = []
    for name, crossing in zip(_BRIDGE_NAMES, land.bridges, strict=True):
        away = np.hypot(*(points - (crossing.x, crossing.y)).T)
        banks = [shapely.intersects_xy(bank.buffer(2), points) for bank in land.banks.values()]
        start, end = (used[np.where(bank, away, np.inf).argmin()] for bank in banks)
        length = np.hypot(*(blocks.corners[start] - blocks.corners[end]))
        rows.append({"start": start, "end": end, "length": length, "left": -1, "bridge": name})
    return pd.DataFrame(rows)


def _graph(links: pd.DataFrame, weight: np.ndarray, size: int) -> coo_array:
    ends = (links["start"].to_numpy(), links["end"].to_numpy())
    return coo_array((np.asarray(weight), ends), shape=(size, size)).tocsr()


def _reachable(links: pd.DataFrame, corners: np.ndarray) -> pd.DataFrame:
    """Cut a small piece off on the marsh; keep it and everything else that hangs together."""
    piece = _piece(links, corners)
    inside = links[["start", "end"]].isin(piece)
    links = links[inside["start"] == inside["end"]]
    label = connected_components(_graph(links, links["length"], len(corners)), directed=False)[1]
    main = np.bincount(label).argmax()
    kept = (label[links["start"]] == main) | links["start"].isin(piece)
    return links[kept].reset_index(drop=True)


def _piece(links: pd.DataFrame, corners: np.ndarray) -> np.ndarray:
    used = np.unique(links[["start", "end"]])
    first = used[np.hypot(*(corners[used] - marsh()).T).argmin()]
    graph = _graph(links, links["length"], len(corners))
    return breadth_first_order(graph, first, directed=False)[0][:_CUT_OFF]


def _classes(links: pd.DataFrame, corners: np.ndarray) -> pd.Series:
    """Make A roads of the quickest ways to the gates and around, B roads of those to districts."""
    middle = _at(links, corners, centre()[None])[0]
    radial = _ways(links, links["length"], middle, _at(links, corners, _gates(corners, 1.0)))
    stops = _at(links, corners, _gates(corners, 0.55))
    around = [_ways(links, links["length"], here, [there]) for here, there in pairwise(stops)]
    main = np.any([radial, *around], axis=0) | (links["bridge"] != "").to_numpy()
    quick = links["length"].where(~main, links["length"] * _QUICK)
    second = _ways(links, quick, middle, _at(links, corners, _districts(corners)))
    return pd.Series(np.select([main, second], ["A Road", "B Road"], "Unclassified"), links.index)


def _at(links: pd.DataFrame, corners: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the corner nearest to each place, the piece that is cut off left aside."""
    label = connected_components(_graph(links, links["length"], len(corners)), directed=False)[1]
    used = np.flatnonzero(label == np.bincount(label).argmax())
    return used[nearest(places, corners[used])]


def _ways(links: pd.DataFrame, cost: pd.Series, start: int, ends: Iterable[int]) -> np.ndarray:
    """Mark the links on the quickest ways from one corner to others."""
    graph = _graph(links, cost, 1 + links[["start", "end"]].to_numpy().max())
    before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)[1]
    steps = set()
    for end in ends:
        here = end
        while here != start:
            steps.add((min(here, before[here]), max(here, before[here])))
            here = before[here]
    pairs = np.sort(links[["start", "end"]].to_numpy(), axis=1)
    return np.array([tuple(pair) in steps for pair in pairs])


def _gates(corners: np.ndarray, reach: float) -> np.ndarray:
    """Return places around the city, as a share of the way to its edge; none on the coast."""
    turn = np.linspace(-0.55 * np.pi, 0.55 * np.pi, _GATES)
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    return middle + reach * np.column_stack([4_300 * np.cos(turn), 8_600 * np.sin(turn)])


def _districts(corners: np.ndarray) -> np.ndarray:
    """Return a grid of places two kilometres apart."""
    low, high = corners.min(axis=0) + 800, corners.max(axis=0) - 800
    east, north = (np.arange(a, b, 2_000) for a, b in zip(low, high, strict=True))
    return np.array(np.meshgrid(east, north)).reshape(2, -1).T


def _names(links: pd.DataFrame) -> pd.Series:
    street = (links["left"] % len(words.STREETS)).map(dict(enumerate(words.STREETS)))
    return links["bridge"].where(links["bridge"] != "", street)


def _drawn(links: pd.DataFrame, corners: np.ndarray) -> Streets:
    """Give nodes and links their names and shapes."""
    used, degree = np.unique(links[["start", "end"]], return_counts=True)
    node = pd.Index([f"X-node-{place:05d}" for place in range(1, len(used) + 1)], name="node")
    code = dict(zip(used, node, strict=True))
    nodes = gpd.GeoDataFrame(
        {"kind": np.where(degree == 1, "road end", "junction")},
        index=node,
        geometry=shapely.points(corners[used]),
        crs=27700,
    )
    ends = links[["start", "end"]].to_numpy()
    drawn = links.assign(start=links["start"].map(code), end=links["end"].map(code))
    drawn.index = pd.Index([f"X-link-{n:05d}" for n in range(1, len(links) + 1)], name="link")
    columns = drawn[["start", "end", "length", "road_class", "name"]]
    lines = shapely.linestrings(corners[ends])
    return Streets(nodes, gpd.GeoDataFrame(columns, geometry=lines, crs=27700))
