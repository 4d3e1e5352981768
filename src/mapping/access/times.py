"""Travel times: minutes from every origin to every site."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from mapping.access import keeping
from mapping.access.graph import Mode, StreetGraph
from mapping.access.points import distances, grid_points, some
from mapping.access.searching import shortest
from mapping.access.speeds import DRIVING_KMH, LOCAL, SLOW_WALKING, WALKING
from mapping.access.worker import ROUNDING
from mapping.errors import InvalidTableError
from mapping.geography import NATIONAL_GRID

DETOUR = 1.3
"""How much longer streets are than the straight line, where there is no street graph."""

STRAIGHT = f"straight line × {DETOUR}"

OFF_NETWORK = 300.0
"""Metres from the nearest street beyond which a point is reported."""

# A piece of the graph is a place of its own from this share of the largest piece; smaller ones
# are slips of the map (a car park, a drive cut off by the extract's edge).
SLIP = 0.05

ONE_WAY = (
    "Driving times are those from the first place to the second; one-way streets can make the way "
    "back longer or shorter."
)


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """
    Minutes between origins and sites, and how they were found.

    Parameters
    ----------
    minutes
        Origins by sites; NaN where there is no route, or none within the limit asked for.
    mode
        "walk" or "drive", or "transit" where the times were made elsewhere (`imported`).
    source
        What was measured along, for captions.
    caveats
        Sentences for the reader of a map or paper.
    speed
        Metres per second, where it was the same everywhere.
    directed
        Whether the way back may take another time; the minutes are those from origin to site.
    joined_origins, joined_sites
        How each point joins the streets: `metres` to the `node`, and whether it is on the `main`
        connected piece; None where no streets were used.
    """

    minutes: pd.DataFrame
    mode: str
    source: str
    caveats: tuple[str, ...] = ()
    speed: float | None = None
    directed: bool = False
    joined_origins: pd.DataFrame | None = None
    joined_sites: pd.DataFrame | None = None

    def slowly(self, speed: float = SLOW_WALKING) -> "TravelTimes":
        """
        Return the same walks at another pace, by default that of older and disabled residents.

        Every metre of a walk takes the same time, so that no path changes.

        Raises
        ------
        InvalidTableError
            If these are not walks of one known speed.

        Examples
        --------
        >>> TravelTimes(pd.DataFrame({"x": [8.0]}, ["A"]), "walk", "", speed=1.3).slowly().minutes
              x
        A  13.0
        """
        if self.mode != "walk" or self.speed is None:
            raise InvalidTableError(
                f"travel times: {self.mode} at no single speed cannot be given another pace."
            )
        return replace(self, minutes=self.minutes * (self.speed / speed), speed=speed)


def travel_times(
    origins: gpd.GeoSeries | gpd.GeoDataFrame,
    sites: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    graph: StreetGraph | None,
    mode: Mode = "walk",
    speed: float | None = None,
    limit: float | None = None,
    kept_in: Path | None = None,
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
    kept_in
        A folder to keep the matrix in and to take it from when points, streets and choices are
        unchanged. Default: it is worked out each time.

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
    crs = graph.crs if graph is not None else NATIONAL_GRID
    starts, ends = grid_points(origins, "origins", crs), grid_points(sites, "sites", crs)
    if graph is None:
        return _straight(starts, ends, mode=mode, speed=speed, limit=limit)
    if graph.nodes.empty:
        raise InvalidTableError("street graph: it holds no nodes. Check the extract's area.")
    return _along_streets(starts, ends, graph, mode=mode, speed=speed, limit=limit, kept_in=kept_in)


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


def local_speed(mode: Mode, speed: float | None) -> float:
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
    pace = local_speed(mode, speed)
    minutes = distances(origins, sites) * DETOUR / pace / 60
    frame = pd.DataFrame(minutes, index=origins.index, columns=sites.index)
    verb = "Walking" if mode == "walk" else "Driving"
    caveat = (
        f"{verb} times are {STRAIGHT} at {pace:.1f} m/s, not routes along streets: rivers, "
        "railways and motorways are not seen, so true times can be much longer."
    )
    return TravelTimes(_cut(frame, limit), mode, STRAIGHT, (caveat,), speed=pace)


def _along_streets(
    origins: pd.DataFrame,
    sites: pd.DataFrame,
    graph: StreetGraph,
    *,
    mode: Mode,
    speed: float | None,
    limit: float | None,
    kept_in: Path | None,
) -> TravelTimes:
    starts, ends = (join_streets(points, graph, mode) for points in (origins, sites))
    directed = graph.directed(mode)

    def measured() -> pd.DataFrame:
        along = shortest(graph.minutes(mode, speed), starts["at"], ends["at"], limit)
        pace = local_speed(mode, speed) * 60
        to_street = np.add.outer(starts["metres"].to_numpy(), ends["metres"].to_numpy()) / pace
        same = np.equal.outer(starts["at"].to_numpy(), ends["at"].to_numpy())
        found = np.where(same, distances(origins, sites) / pace, along + to_street)
        return _cut(pd.DataFrame(found, index=origins.index, columns=sites.index), limit)

    if kept_in is None:
        minutes = measured()
    else:
        key = keeping.key(graph.digest, origins, sites, mode, speed, limit)
        minutes = keeping.kept(kept_in, key, measured)
    caveats = (
        *((graph.caveats[mode],) if mode in graph.caveats else ()),
        *graph.notes,
        *((ONE_WAY,) if directed else ()),
        *_caveats("origins", starts),
        *_caveats("sites", ends),
    )
    return TravelTimes(
        minutes,
        mode,
        graph.source,
        caveats,
        speed=local_speed(mode, speed) if mode == "walk" else speed,
        directed=directed,
        joined_origins=starts,
        joined_sites=ends,
    )


def _cut(minutes: pd.DataFrame, limit: float | None) -> pd.DataFrame:
    most = np.finfo(float).max if limit is None else limit + ROUNDING
    return minutes.where(minutes <= most)


def join_streets(points: pd.DataFrame, graph: StreetGraph, mode: Mode) -> pd.DataFrame:
    """
    Return where each point joins the streets; see the notes of `travel_times`.

    Parameters
    ----------
    points
        `x` and `y` in the graph's system.

    Returns
    -------
    DataFrame
        The `node`, its position (`at`), the `metres` to it, and whether it is on the largest
        connected piece (`main`).
    """
    streets = _streets(graph, mode)
    where = points[["x", "y"]].to_numpy()
    near, among = streets.large.query(where)
    metres, node = streets.every.query(where)
    prefer = near <= np.maximum(OFF_NETWORK, metres)
    node = np.where(prefer, streets.positions[among], node)
    return pd.DataFrame(
        {
            "node": graph.nodes.index[node],
            "at": node,
            "metres": np.where(prefer, near, metres),
            "main": streets.main[node],
        },
        index=points.index,
    )


class _Streets(NamedTuple):
    every: cKDTree
    large: cKDTree
    positions: np.ndarray
    main: np.ndarray


@lru_cache(maxsize=4)
def _streets(graph: StreetGraph, mode: Mode) -> _Streets:
    """Return trees to find the nearest node, and the nearest of a large piece."""
    pieces = graph.pieces(mode).to_numpy()
    count = np.bincount(pieces)
    size = count[pieces]
    positions = np.flatnonzero(size >= SLIP * size.max())
    xy = graph.nodes[["x", "y"]].to_numpy()
    return _Streets(cKDTree(xy), cKDTree(xy[positions]), positions, pieces == count.argmax())


def _caveats(what: str, joined: pd.DataFrame) -> list[str]:
    caveats = []
    far = joined[joined["metres"] > OFF_NETWORK]
    if len(far):
        caveats.append(
            f"{len(far)} of {len(joined)} {what} lie more than {OFF_NETWORK:.0f} m from any street "
            f"held, at most {far['metres'].max():,.0f} m ({some(far.index)}); the way to the "
            "street is counted as a straight line."
        )
    apart = joined[~joined["main"]]
    if len(apart):
        caveats.append(
            f"{len(apart)} of {len(joined)} {what} join a piece of the street graph that is not "
            f"connected to the largest one ({some(apart.index)}); there is no route between "
            "pieces."
        )
    return caveats
