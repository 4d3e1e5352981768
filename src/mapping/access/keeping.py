"""Matrices and graphs kept on disk: made once, read again while what they came from is the same."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from mapping.access.graph import StreetGraph
from mapping.errors import InvalidTableError
from mapping.geography import NATIONAL_GRID
from mapping.workspace import replacing, write_text

# Part of every key: another way of measuring, other minutes.
METHOD = 1


def key(*parts: object) -> str:
    """Return a hash of what a matrix follows from: tables by content, the rest by its text."""
    found = hashlib.sha256(str(METHOD).encode())
    for part in parts:
        if isinstance(part, pd.DataFrame):
            found.update(pd.util.hash_pandas_object(part).to_numpy().tobytes())
        else:
            found.update(f"|{part!r}".encode())
    return found.hexdigest()[:16]


def kept(folder: Path, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """
    Return a table kept under a name, made and kept if it is not there or cannot be read.

    Parameters
    ----------
    folder
        Made if it does not exist.
    """
    path = folder / f"minutes-{name}.parquet"
    try:
        table = pd.read_parquet(path)
        path.touch()  # used now: `prune` removes what was not for longest
        return table  # noqa: TRY300
    except (OSError, pa.ArrowException):
        table = make()
    if all(isinstance(column, str) for column in table.columns):  # others would come back as text
        with replacing(path) as temporary:
            table.to_parquet(temporary)
    return table


def prune(folder: Path, *, keep: int = 16) -> None:
    """Remove all but the matrices and graphs used last from a folder."""
    found = [path for path in folder.glob("*-*") if not path.name.startswith(".")]
    for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)[keep:]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def save(graph: StreetGraph, folder: Path) -> Path:
    """
    Keep a street graph: nodes as GeoParquet, links as the entries of a sparse matrix.

    Parameters
    ----------
    folder
        Made if it does not exist; a graph kept there is replaced.
    """
    points = gpd.points_from_xy(graph.nodes["x"], graph.nodes["y"])
    nodes = gpd.GeoDataFrame(index=graph.nodes.index, geometry=points, crs=graph.crs)
    ends = {end: graph.nodes.index.get_indexer(graph.links[end]) for end in ("start", "end")}
    small = {"start": "int32", "end": "int32", "road": "category"}
    links = graph.links.assign(**ends).astype(small)
    told = {"source": graph.source, "caveats": dict(graph.caveats), "notes": list(graph.notes)}
    for name, table in (("nodes", nodes), ("links", links)):
        with replacing(folder / f"{name}.parquet") as temporary:
            table.to_parquet(temporary, compression="zstd")
    write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", folder / "graph.json")
    return folder


def open_graph(folder: Path) -> StreetGraph:
    """
    Read a street graph back, equal to the one that was kept.

    Raises
    ------
    InvalidTableError
        If it is not there, or was damaged.
    """
    try:
        told = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        points = gpd.read_parquet(folder / "nodes.parquet")
        links = pd.read_parquet(folder / "links.parquet")
        ends = {end: points.index[links[end]] for end in ("start", "end")}
        nodes = pd.DataFrame({"x": points.geometry.x, "y": points.geometry.y}, index=points.index)
        whole = links.assign(**ends, road=links["road"].astype(object))
        named = {"source": told["source"], "caveats": told["caveats"]}
    except (OSError, ValueError, KeyError, IndexError, pa.ArrowException):
        raise InvalidTableError(
            f"{folder}: no street graph can be read there. Make it again from the street data."
        ) from None
    crs = NATIONAL_GRID if points.crs == NATIONAL_GRID else points.crs.to_string()
    return StreetGraph(nodes, whole, **named, notes=tuple(told["notes"]), crs=crs)
