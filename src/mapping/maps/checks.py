"""Whether tables can be drawn: every fault at once, in words."""

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np

from mapping.errors import InvalidTableError

POLYGONS = ("Polygon", "MultiPolygon")
POINTS = ("Point",)


def refuse(faults: Mapping[str, Sequence[str]]) -> None:
    """
    Refuse tables that have faults.

    Parameters
    ----------
    faults
        What is wrong, by table.

    Raises
    ------
    InvalidTableError
        Names every table and every fault.

    Examples
    --------
    >>> refuse({"areas": [], "hubs": ["no column kind"]})
    Traceback (most recent call last):
    mapping.errors.InvalidTableError: The map cannot be drawn. hubs: no column kind.
    """
    told = [f"{table}: {'; '.join(found)}." for table, found in faults.items() if found]
    if told:
        raise InvalidTableError(" ".join(["The map cannot be drawn.", *told]))


def area_faults(areas: gpd.GeoDataFrame, numbers: Sequence[str] = ()) -> list[str]:
    """
    Return what keeps areas from being drawn.

    Parameters
    ----------
    areas
        Areas by code.
    numbers
        Columns that must be there and hold people; NaN is allowed.
    """
    missing = [column for column in ("name", *numbers) if column not in areas]
    faults = [*frame_faults(areas), *_missing(missing), *_shape_faults(areas, POLYGONS)]
    for column in numbers:
        if column not in missing:
            faults += _number_faults(areas, column)
    return faults


def site_faults(sites: gpd.GeoDataFrame) -> list[str]:
    """Return what keeps sites from being drawn: each needs a place, a name and a kind."""
    missing = [column for column in ("name", "kind") if column not in sites]
    unplaced = sites.index[sites.geometry.isna() | sites.geometry.is_empty]
    return [
        *frame_faults(sites),
        *_missing(missing),
        *_shape_faults(sites, POINTS),
        *_listed("no position", unplaced),
    ]


def frame_faults(shapes: gpd.GeoDataFrame | gpd.GeoSeries) -> list[str]:
    """Return what keeps any shapes from being drawn."""
    unplaced = ["the coordinate system is not stated"] if shapes.crs is None else []
    return [*unplaced, *_listed("repeated", shapes.index[shapes.index.duplicated()])]


def _missing(columns: Sequence[str]) -> list[str]:
    return [f"no column {', '.join(columns)}"] if columns else []


def _shape_faults(frame: gpd.GeoDataFrame, kinds: Sequence[str]) -> list[str]:
    known = frame.geometry[frame.geometry.notna()]
    return _listed(f"not a {kinds[0].lower()}", known.index[~known.geom_type.isin(kinds)])


def _number_faults(areas: gpd.GeoDataFrame, column: str) -> list[str]:
    try:
        values = areas[column].astype(float)
    except (TypeError, ValueError):
        return [f"{column} holds something that is not a number"]
    return [
        *_listed(f"{column} is below 0", areas.index[values < 0]),
        *_listed(f"{column} is without end", areas.index[np.isinf(values)]),
    ]


def _listed(fault: str, labels: Iterable[object]) -> list[str]:
    found = list(dict.fromkeys(labels))
    if not found:
        return []
    shown = ", ".join(map(str, found[:3])) + (" …" if len(found) > 3 else "")
    return [f"{fault} at {shown}"]
