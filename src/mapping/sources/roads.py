"""OS Open Roads (Ordnance Survey), the GeoPackage as published."""

from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pyogrio

from mapping.errors import InvalidTableError

LINK_COLUMNS = (
    "id", "road_classification", "road_function", "form_of_way", "length", "start_node", "end_node",
)  # fmt: skip


class Roads(NamedTuple):
    """Road links and the nodes they join, each indexed by `id`, in the national grid."""

    links: gpd.GeoDataFrame
    nodes: gpd.GeoDataFrame


def open_roads(path: Path, *, bounds: tuple[float, float, float, float] | None = None) -> Roads:
    """
    Read the layers `road_link` and `road_node`.

    Parameters
    ----------
    bounds
        West, south, east and north in metres; what lies outside is left out. Default: everything.

    Raises
    ------
    InvalidTableError
        If the file is no GeoPackage, or lacks a layer or column.
    """
    links = _layer(path, "road_link", LINK_COLUMNS, bounds)
    nodes = _layer(path, "road_node", ("id",), None)
    ends = set(links["start_node"]) | set(links["end_node"])
    return Roads(links, nodes[nodes.index.isin(ends)])


def _layer(
    path: Path,
    layer: str,
    columns: tuple[str, ...],
    bounds: tuple[float, float, float, float] | None,
) -> gpd.GeoDataFrame:
    try:
        frame = gpd.read_file(path, layer=layer, bbox=bounds, columns=list(columns))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        raise InvalidTableError(
            f"{path.name}: layer '{layer}' cannot be read. Use the OS Open Roads GeoPackage."
        ) from None
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InvalidTableError(
            f"{path.name}: layer '{layer}' has no column {', '.join(map(repr, missing))}. Use the "
            "OS Open Roads GeoPackage as published."
        )
    return frame.set_index("id")
