"""Travel times: minutes from every origin to every site."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from mapping.access.graph import Mode, StreetGraph
from mapping.access.points import distances, grid_points, some
from mapping.access.speeds import DRIVING_KMH, LOCAL, WALKING
from mapping.errors import InvalidTableError

DETOUR = 1.3
"""How much longer streets are than the straight line, where there is no street graph."""

STRAIGHT = f"straight line × {DETOUR}"

OFF_NETWORK = 300.0
"""Metres from the nearest street beyond which a point is reported."""

# A piece of the graph is a place of its own from this share of the largest piece; smaller ones
# are slips of the map (a car park, a drive cut off by the extract's edge).
SLIP = 0.05

# Minutes: two ways of adding the same legs may differ by this much.
ROUNDING = 1e-9

# Shortest-path rows held at a time, in cells (64 MB).
BLOCK = 8_000_000


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """
    Minutes between origins and sites, and how they were found.

    Parameters
    ----------
    minutes
        Origins by sites; NaN where there is no route, or none within the limit asked for.
    mode
        "walk" or "drive".
    source
        What was measured along, for captions.
    caveats
        Sentences for the reader of a map or paper.
    """

    minutes: pd.DataFrame
    mode: Mode
    source: str
    caveats: tuple[str, ...] = ()


def travel_times(
    origins: gpd.GeoSeries | gpd.GeoDataFrame,
    sites: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    graph: StreetGraph | None,
    mode: Mode = "walk",
    speed: float | None = None,
    limit: float | None = None,
) -> TravelTimes:
    """
    Find the minutes from every origin to every site (shortest paths; Dijkstra, 1959).

    Parameters
    ----------
    origins
        Points by id, in any stated CRS.
    sites
        Points by id, in any stated CRS.
    graph
        Streets; None measures the straight line × 1.3 and says so in the caveats.
    mode
        "walk" or "drive".
    speed
        Metres per second everywhere; by default 1.3 on foot, and by road function by car
        (`DRIVING_KMH`).
    limit
        Minutes beyond which a route is not wanted; much quicker where it is short. A route of
        exactly this length is kept.

    Raises
    ------
    InvalidTableError
        If points have no CRS, repeat an id or lie outside Great Britain; if `speed` or `limit`
        is not above 0; if the graph is empty.

    Notes
    -----
    A point joins the streets at the nearest node, in a straight line at walking speed (by car at
    the speed of a local road), and that time counts. It joins a large piece of the graph if one
    is within 300 m, else the nearest node of any piece; between pieces there is no route. Two
    points at the same node are as far apart as the straight line between them.
    """
    _refuse_options(mode, speed, limit)
    starts, ends = grid_points(origins, "origins"), grid_points(sites, "sites")
    if graph is None:
        return _straight(starts, ends, mode=mode, speed=speed, limit=limit)
    if graph.nodes.empty:
        raise InvalidTableError("street graph: it holds no nodes. Check the extract's area.")
    return _along_streets(starts, ends, graph, mode=mode, speed=speed, limit=limit)


def _refuse_options(mode: Mode, speed: float | None, limit: float | None) -> None:
    faults = []
    if mode not in ("walk", "drive"):
        faults.append(f"mode {mode!r} is not known; choose walk or drive")
    if speed is not None and not 0 < speed < np.inf:
        faults.append(f"speed is {speed} m/s; it must be above 0")
    if limit is not None and not limit > 0:
        faults.append(f"limit is {limit} minutes; it must be above 0")
    if faults:
        raise InvalidTableError(f"travel times: {'; '.join(faults)}.")


def _local_speed(mode: Mode, speed: float | None) -> float:
    """Return metres per second where no road is known."""
    return speed or (WALKING if mode == "walk" else DRIVING_KMH[LOCAL] / 3.6)


def _straight(
    origins: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    mode: Mode,
    speed: float | None,
    limit: float | None,
) -> TravelTimes:
    pace = _local_speed(mode, speed)
    minutes = distances(origins, sites) * DETOUR / pace / 60
    frame = pd.DataFrame(minutes, index=origins.index, columns=sites.index)
    verb = "Walking" if mode == "walk" else "Driving"
    caveat = (
        f"{verb} times are {STRAIGHT} at {pace:.1f} m/s, not routes along streets: rivers, "
        "railways and motorways are not seen, so true times can be much longer."
    )
    return TravelTimes(_cut(frame, limit), mode, STRAIGHT, (caveat,))


def _along_streets(
    origins: pd.DataFrame,
    sites: pd.DataFrame,
    graph: StreetGraph,
    *,
    mode: Mode,
    speed: float | None,
    limit: float | None,
) -> TravelTimes:
    pieces = graph.pieces(mode)
    starts, ends = _snap(origins, graph, pieces), _snap(sites, graph, pieces)
    network = graph.minutes(mode, speed)
    from_node, to_node = starts["node"].to_numpy(), ends["node"].to_numpy()
    pace = _local_speed(mode, speed) * 60
    to_street = np.add.outer(starts["metres"].to_numpy(), ends["metres"].to_numpy()) / pace
    minutes = np.where(
        np.equal.outer(from_node, to_node),
        distances(origins, sites) / pace,
        _shortest(network, from_node, to_node, limit) + to_street,
    )
    frame = pd.DataFrame(minutes, index=origins.index, columns=sites.index)
    main = _main_piece(pieces)
    caveats = (
        *((graph.caveats[mode],) if mode in graph.caveats else ()),
        *_caveats("origins", starts, main),
        *_caveats("sites", ends, main),
    )
    return TravelTimes(_cut(frame, limit), mode, graph.source, caveats)


def _cut(minutes: pd.DataFrame, limit: float | None) -> pd.DataFrame:
    most = np.finfo(float).max if limit is None else limit + ROUNDING
    return minutes.where(minutes <= most)


def _main_piece(pieces: pd.Series) -> int:
    return int(pieces.value_counts(sort=False).idxmax())


def _snap(points: pd.DataFrame, graph: StreetGraph, pieces: pd.Series) -> pd.DataFrame:
    """Return the position of the `node` each point joins, the `metres` to it and its `piece`."""
    size = pieces.map(pieces.value_counts()).to_numpy()
    large = np.flatnonzero(size >= SLIP * size.max())
    xy = graph.nodes[["x", "y"]].to_numpy()
    near, among = cKDTree(xy[large]).query(points[["x", "y"]].to_numpy())
    metres, node = cKDTree(xy).query(points[["x", "y"]].to_numpy())
    prefer = near <= np.maximum(OFF_NETWORK, metres)
    node = np.where(prefer, large[among], node)
    return pd.DataFrame(
        {
            "node": node,
            "metres": np.where(prefer, near, metres),
            "piece": pieces.to_numpy()[node],
        },
        index=points.index,
    )


def _shortest(
    network: sparse.csr_array, origins: np.ndarray, sites: np.ndarray, limit: float | None
) -> np.ndarray:
    """Search from whichever side has fewer nodes; backwards from the sites if they are fewer."""
    if len(np.unique(sites)) < len(np.unique(origins)):
        return _search(network.T.tocsr(), sites, origins, limit).T
    return _search(network, origins, sites, limit)


def _search(
    network: sparse.csr_array, sources: np.ndarray, targets: np.ndarray, limit: float | None
) -> np.ndarray:
    found, row = np.unique(sources, return_inverse=True)
    minutes = np.empty((len(found), len(targets)))
    most = np.inf if limit is None else limit + ROUNDING
    step = max(1, BLOCK // network.shape[0])
    for first in range(0, len(found), step):
        block = slice(first, first + step)
        minutes[block] = dijkstra(network, indices=found[block], limit=most)[:, targets]
    return minutes[row]


def _caveats(what: str, joined: pd.DataFrame, main: int) -> list[str]:
    caveats = []
    far = joined[joined["metres"] > OFF_NETWORK]
    if len(far):
        caveats.append(
            f"{len(far)} of {len(joined)} {what} lie more than {OFF_NETWORK:.0f} m from any street "
            f"held, at most {far['metres'].max():,.0f} m ({some(far.index)}); the way to the "
            "street is counted as a straight line."
        )
    apart = joined[joined["piece"] != main]
    if len(apart):
        caveats.append(
            f"{len(apart)} of {len(joined)} {what} join a piece of the street graph that is not "
            f"connected to the largest one ({some(apart.index)}); there is no route between "
            "pieces."
        )
    return caveats
