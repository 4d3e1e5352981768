"""OpenStreetMap streets and paths: an extract (.osm, .osm.bz2, .osm.pbf), GraphML, or a download.

One door: whatever the file, the same table of links and nodes comes out, in the words of OS Open
Roads, so that one street graph is made of either.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from mapping.errors import DownloadError, InvalidTableError
from mapping.geography import LONGITUDE_LATITUDE, NATIONAL_GRID
from mapping.sources.bends import without_bends
from mapping.sources.roads import Roads
from mapping.workspace import replacing

ROAD = {
    "motorway": "Motorway",
    "trunk": "A Road",
    "primary": "A Road",
    "secondary": "B Road",
    "tertiary": "Minor Road",
    "unclassified": "Local Road",
    "residential": "Local Road",
    "road": "Local Road",
    "living_street": "Local Access Road",
    "service": "Restricted Local Access Road",
}
"""Value of `highway` → OS road function, whose driving speed it gets; `_link` roads likewise."""

PATHS = ("footway", "path", "pedestrian", "steps", "track", "bridleway", "cycleway", "corridor")
"""Values of `highway` that are walked and not driven."""

NOT_WALKED = ("motorway", "motorway_link")
CLOSED = ("no", "private")
TAGS = (
    "highway", "oneway", "junction", "maxspeed", "access", "foot", "motor_vehicle", "tunnel",
)  # fmt: skip
MILE = 1.609344

# Bends closer to the last kept one than this are taken out, so that a graph stays small and a
# point still joins its street near to where it lies.
STEP = 100.0

Bounds = tuple[float, float, float, float]


def open_streets(path: Path, *, bounds: Bounds | None = None) -> Roads:
    """
    Read streets and paths of OpenStreetMap.

    Parameters
    ----------
    path
        An extract in XML (.osm, .osm.bz2, .osm.gz) or PBF (.osm.pbf), or a GraphML file that
        osmnx saved.
    bounds
        West, south, east and north in metres of the national grid; what lies outside is left out.
        Default: everything.

    Returns
    -------
    Roads
        Links with `start_node`, `end_node`, `length` in metres, `road_function`, `road_structure`,
        `walkable`, `drivable`, `one_way` (driven from start to end only) and `kmh` (stated limit,
        NaN where none is); nodes in longitude and latitude.

    Raises
    ------
    InvalidTableError
        If the file cannot be read, or no street lies in it and inside `bounds`.
    """
    name = path.name.lower()
    if name.endswith((".graphml", ".osm", ".osm.bz2", ".osm.gz")):
        segments, nodes = _through_osmnx(path)
    elif name.endswith(".pbf"):
        segments, nodes = _through_gdal(path, bounds)
    else:
        raise InvalidTableError(
            f"{path.name}: no file of OpenStreetMap streets. Use .osm, .osm.bz2, .osm.pbf or "
            ".graphml."
        )
    return _roads(segments, nodes, bounds, path.name)


def download_streets(
    area: shapely.Polygon | shapely.MultiPolygon, path: Path, *, service: str | None = None
) -> Path:
    """
    Ask OpenStreetMap's Overpass service for all streets and paths in an area, and keep them.

    Parameters
    ----------
    area
        In longitude and latitude: the place, with a margin for ways that leave it.
    path
        Where to keep them, as GraphML, whole or not at all.
    service
        Address of another Overpass service than osmnx's own.

    Raises
    ------
    DownloadError
        If the service does not answer, or knows no street there.
    """
    import osmnx as ox
    from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError
    from requests import RequestException

    settings: dict[str, Any] = {"use_cache": False}
    if service is not None:
        settings |= {"overpass_url": service, "overpass_rate_limit": False}
    try:
        with _settings(**settings):
            graph = ox.graph_from_polygon(area, network_type="all", simplify=False, retain_all=True)
    except (InsufficientResponseError, ValueError):
        raise DownloadError(
            "OpenStreetMap knows no street there. Check that longitude and latitude of the area "
            "are not swapped."
        ) from None
    except (RequestException, ResponseStatusCodeError, OSError) as error:
        raise DownloadError(
            f"The Overpass service gave no streets ({str(error)[:120]}). Try again later, or use "
            "a local .osm.pbf extract."
        ) from None
    with replacing(path.with_suffix(".graphml")) as temporary:
        ox.save_graphml(graph, temporary)
    return path.with_suffix(".graphml")


@contextmanager
def _settings(**wanted: Any) -> Iterator[None]:
    """Set osmnx's global settings for the time of a call only."""
    import osmnx as ox

    wanted = {"useful_tags_way": [*TAGS, "name"], **wanted}
    before = {name: getattr(ox.settings, name) for name in wanted}
    for name, value in wanted.items():
        setattr(ox.settings, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(ox.settings, name, value)


def _through_osmnx(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return segments by the nodes' own ids, as the file draws them, and nodes in degrees."""
    try:
        graph = _graph(path)
    except InvalidTableError:
        raise
    except Exception:  # noqa: BLE001 - what a broken file raises is the parser's affair
        raise InvalidTableError(
            f"{path.name}: cannot be read as OpenStreetMap streets. Export or download it again."
        ) from None
    nodes = pd.DataFrame.from_dict(dict(graph.nodes(data=True)), orient="index")
    rows = [(start, end, *_tagged(data)) for start, end, data in graph.edges(data=True)]
    segments = pd.DataFrame(rows, columns=["start", "end", "length", *TAGS])
    if not {"x", "y"} <= set(nodes.columns):
        nodes = nodes.assign(x=np.nan, y=np.nan)
    return _drawn_once(segments), nodes[["x", "y"]].astype(float)


def _graph(path: Path) -> Any:
    """Return the file as osmnx's graph, in longitude and latitude."""
    import osmnx as ox

    if path.suffix.lower() != ".graphml":
        with _settings(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it doubts files of other programs, and reads them
            return ox.graph_from_xml(path, simplify=False, retain_all=True)
    graph = ox.load_graphml(path)
    degrees = graph.graph.get("crs", LONGITUDE_LATITUDE)
    if str(degrees).upper() != LONGITUDE_LATITUDE:
        graph = ox.project_graph(graph, to_latlong=True)
    return graph


def _tagged(data: Mapping[str, Any]) -> list[Any]:
    """Return length and tags of an edge; of an edge made of several, the tags of the first."""
    values = [data.get("length"), *(data.get(tag) for tag in TAGS)]
    return [value[0] if isinstance(value, list) and value else value for value in values]


def _drawn_once(segments: pd.DataFrame) -> pd.DataFrame:
    """Turn the two edges of a street that is driven both ways into one, and mark the others."""
    ends = segments[["start", "end"]].to_numpy()
    swapped = ends[:, 0] > ends[:, 1]
    low, high = ends.min(axis=1), ends.max(axis=1)
    whole = segments["length"].astype(float).round(3)
    pair = pd.DataFrame({"low": low, "high": high, "length": whole})
    both = (
        pair.assign(swapped=swapped).groupby([*pair], dropna=False)["swapped"].transform("nunique")
    )
    drawn = segments.assign(one_way=(both == 1) & (low != high))
    return drawn[~((both == 2) & swapped)]


def _through_gdal(path: Path, bounds: Bounds | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return segments between neighbouring points of lines; lines join where they share a point."""
    box = None if bounds is None else _degrees(bounds)
    try:
        lines = pyogrio.read_dataframe(
            path,
            layer="lines",
            columns=["highway", "other_tags"],
            where="highway IS NOT NULL",
            bbox=box,
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError):
        raise InvalidTableError(
            f"{path.name}: cannot be read as OpenStreetMap streets. Download the extract again."
        ) from None
    xy, line = shapely.get_coordinates(lines.geometry.to_numpy(), return_index=True)
    # OpenStreetMap keeps seven decimals, so that one node is one pair of whole numbers.
    codes, place = np.unique(np.rint(xy * 1e7).astype(np.int64), axis=0, return_inverse=True)
    nodes = pd.DataFrame(codes / 1e7, columns=["x", "y"])
    on = np.flatnonzero(line[1:] == line[:-1])
    tags = _hstore(lines)
    backwards = tags["oneway"].isin(["-1", "reverse"]).to_numpy()[line[on]]
    ends = np.where(backwards[:, None], place[np.c_[on + 1, on]], place[np.c_[on, on + 1]])
    segments = tags.iloc[line[on]].reset_index(drop=True)
    segments.insert(0, "start", ends[:, 0])
    segments.insert(1, "end", ends[:, 1])
    segments.insert(2, "length", _metres(nodes, ends))
    round_ = tags["junction"].isin(["roundabout", "circular"]) & (tags["oneway"] != "no")
    one_way = tags["oneway"].isin(["yes", "true", "1", "-1", "reverse"]) | round_
    return segments.assign(one_way=one_way.to_numpy()[line[on]]), nodes


def _hstore(lines: pd.DataFrame) -> pd.DataFrame:
    other = lines["other_tags"].astype("string").fillna("")
    found = {
        tag: other.str.extract(rf'"{tag}"=>"([^"]*)"', expand=False).astype(object)
        for tag in TAGS
        if tag != "highway"
    }
    return pd.DataFrame({"highway": lines["highway"].astype(object)} | found)


def _metres(nodes: pd.DataFrame, ends: np.ndarray) -> np.ndarray:
    """Return great-circle metres, as osmnx measures them."""
    lon, lat = np.radians(nodes["x"].to_numpy()), np.radians(nodes["y"].to_numpy())
    start, end = ends.T
    half = np.sin((lat[end] - lat[start]) / 2) ** 2 + (
        np.cos(lat[start]) * np.cos(lat[end]) * np.sin((lon[end] - lon[start]) / 2) ** 2
    )
    return 2 * 6_371_009 * np.arcsin(np.sqrt(np.minimum(half, 1)))


def _degrees(bounds: Bounds) -> Bounds:
    box = gpd.GeoSeries([shapely.box(*bounds)], crs=NATIONAL_GRID).to_crs(LONGITUDE_LATITUDE)
    west, south, east, north = box.total_bounds
    return west, south, east, north


def _roads(segments: pd.DataFrame, nodes: pd.DataFrame, bounds: Bounds | None, where: str) -> Roads:
    """Say who may use each segment, keep those inside, and take bends out."""
    points = gpd.GeoSeries(gpd.points_from_xy(nodes["x"], nodes["y"]), nodes.index, crs=4326)
    _refuse_not_degrees(nodes, where)
    links = _permitted(segments)
    if bounds is not None and len(links):
        west, south, east, north = bounds
        grid = points.to_crs(NATIONAL_GRID)
        inside = grid.index[grid.x.between(west, east) & grid.y.between(south, north)]
        links = links[links["start_node"].isin(inside) & links["end_node"].isin(inside)]
    if links.empty:
        raise InvalidTableError(
            f"{where}: no street or path lies "
            + ("in it" if bounds is None else "in it and inside the place")
            + ". Use an extract that covers the place."
        )
    at = {end: nodes.index.get_indexer(links[end]) for end in ("start_node", "end_node")}
    fewer = without_bends(links.assign(**at), step=STEP)
    for end in at:
        fewer[end] = nodes.index[fewer[end]]
    used = points[points.index.isin({*fewer["start_node"], *fewer["end_node"]})]
    named = fewer.set_index(pd.RangeIndex(len(fewer), name="id"))
    return Roads(named, gpd.GeoDataFrame(geometry=used.rename_axis("id")))


def _refuse_not_degrees(nodes: pd.DataFrame, where: str) -> None:
    real = nodes["x"].between(-180, 180) & nodes["y"].between(-90, 90)
    if not real.all():
        raise InvalidTableError(
            f"{where}: {int((~real).sum())} of {len(nodes)} nodes have no longitude and latitude. "
            "State the coordinate reference system of the graph when it is saved."
        )


def _permitted(segments: pd.DataFrame) -> pd.DataFrame:
    """Say who may use each segment, and leave out those that nobody may."""
    kind = segments["highway"].astype(str)
    road = kind.str.removesuffix("_link").map(ROAD)
    shut = segments["access"].isin(CLOSED)
    on_foot = segments["foot"].notna() & ~segments["foot"].isin(CLOSED)
    walked = (road.notna() | kind.isin(PATHS)) & ~kind.isin(NOT_WALKED)
    walkable = walked & ~segments["foot"].isin(CLOSED) & (~shut | on_foot)
    driven = segments["motor_vehicle"]
    drivable = road.notna() & ~driven.isin(CLOSED) & (~shut | driven.notna())
    links = pd.DataFrame(
        {
            "start_node": segments["start"],
            "end_node": segments["end"],
            "length": segments["length"].astype(float),
            "road_function": road.where(drivable, "Path").astype(object),
            "road_structure": segments["tunnel"].notna().map({True: "Tunnel", False: ""}),
            "walkable": walkable,
            "drivable": drivable,
            "one_way": segments["one_way"].astype(bool) & drivable,
            "kmh": segments["maxspeed"].map(speed_limit),
        }
    )
    loop = links["start_node"] == links["end_node"]
    return links[(walkable | drivable) & ~loop].reset_index(drop=True)


def speed_limit(stated: Any) -> float:
    """
    Return a stated limit in kilometres per hour; NaN where none is stated in figures.

    Examples
    --------
    >>> speed_limit("50"), round(speed_limit("20 mph"), 1), speed_limit("GB:nsl_single")
    (50.0, 32.2, nan)
    """
    number, _, unit = str(stated).partition(" ")
    try:
        limit = float(number) * (MILE if unit.strip() == "mph" else 1)
    except ValueError:
        return float("nan")
    return limit if limit > 0 else float("nan")
