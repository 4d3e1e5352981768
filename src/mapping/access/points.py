"""Points by id in the national grid."""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import NATIONAL_GRID

# Land of Great Britain, from Scilly to Shetland. Longitudes and latitudes labelled as metres
# fall outside, too.
EASTINGS = (5_000.0, 660_000.0)
NORTHINGS = (5_000.0, 1_225_000.0)


def grid_points(
    points: gpd.GeoSeries | gpd.GeoDataFrame, what: str, crs: str = NATIONAL_GRID
) -> pd.DataFrame:
    """
    Return `x` and `y` in metres of the national grid, by the points' own index.

    Parameters
    ----------
    points
        Points by id, in any stated CRS; one other than the national grid is converted.
    what
        What the points are, for the message.
    crs
        Another projected system in metres, for streets outside Great Britain.

    Raises
    ------
    InvalidTableError
        If an id repeats, a geometry is missing or is not a point, the CRS is not stated, or a
        point lies outside Great Britain (outside the world, where another system is asked for).
    """
    geometry = points.geometry
    faults = _faults(geometry)
    if faults:
        raise InvalidTableError(f"{what}: {'; '.join(faults)}.")
    if geometry.crs != crs:
        geometry = geometry.to_crs(crs)
    frame = pd.DataFrame({"x": geometry.x, "y": geometry.y}, index=points.index)
    if crs == NATIONAL_GRID:
        _refuse_abroad(frame, what)
    elif not np.isfinite(frame.to_numpy()).all():
        raise InvalidTableError(
            f"{what}: some points lie nowhere in {crs}. Check that longitude and latitude are not "
            "swapped."
        )
    return frame


def _faults(geometry: gpd.GeoSeries) -> list[str]:
    faults = []
    if geometry.crs is None:
        faults.append(
            "the coordinate reference system is not stated; set it with set_crs, to EPSG:27700 "
            "for eastings and northings or EPSG:4326 for longitude and latitude"
        )
    repeated = geometry.index[geometry.index.duplicated()].unique()
    if len(repeated):
        faults.append(f"ids must be unique, {some(repeated)} repeated")
    empty = (geometry.isna() | geometry.is_empty).to_numpy()
    if empty.any():
        faults.append(f"no geometry at {some(geometry.index[empty])}")
    other = ~empty & (geometry.geom_type != "Point").to_numpy()
    if other.any():
        faults.append(f"not a point at {some(geometry.index[other])}; take centroids first")
    return faults


def _refuse_abroad(frame: pd.DataFrame, what: str) -> None:
    inside = frame["x"].between(*EASTINGS) & frame["y"].between(*NORTHINGS)
    if inside.all():
        return
    raise InvalidTableError(
        f"{what}: {int((~inside).sum())} of {len(frame)} points lie outside Great Britain "
        f"({some(frame.index[~inside])}). Check that longitude and latitude are not swapped and "
        "that the stated coordinate reference system is the true one."
    )


def some(labels: Collection, most: int = 3) -> str:
    """
    Name a few labels, sorted, and count the rest.

    Examples
    --------
    >>> some(["d", "c", "b", "a"])
    'a, b, c and 1 more'
    """
    names = sorted(str(label) for label in labels)
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def distances(origins: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    """Return straight-line metres, origins by sites."""
    dx = origins["x"].to_numpy()[:, None] - sites["x"].to_numpy()
    dy = origins["y"].to_numpy()[:, None] - sites["y"].to_numpy()
    return np.hypot(dx, dy)
