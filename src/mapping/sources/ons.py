"""Boundaries, lookups and centroids of ONS Open Geography."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from mapping.errors import InvalidTableError
from mapping.geography import NATIONAL_GRID, to_grid
from mapping.sources.delimited import read_csv
from mapping.tables import Column, check


def ward_lookup(path: Path) -> pd.DataFrame:
    """
    Read the best-fit lookup from LSOA 2021 to ward 2024 and district 2024.

    Returns
    -------
    pandas.DataFrame
        By `area` (LSOA): `name`, `ward`, `ward_name`, `district`, `district_name`.
    """
    columns = {
        "LSOA21CD": "area",
        "LSOA21NM": "name",
        "WD24CD": "ward",
        "WD24NM": "ward_name",
        "LAD24CD": "district",
        "LAD24NM": "district_name",
    }
    rules = (
        Column("area", "lsoa", unique=True),
        Column("name", "text"),
        Column("ward", "ward"),
        Column("ward_name", "text"),
        Column("district", "district"),
        Column("district_name", "text"),
    )
    return check(read_csv(path, columns), rules, where=path.name).set_index("area")


def changes(path: Path) -> pd.DataFrame:
    """
    Read the lookup of what became of each LSOA of 2011.

    Returns
    -------
    pandas.DataFrame
        One row per pair, indexed by `area11` (LSOA 2011): `area` (LSOA 2021) and `change`:
        U unchanged, S split, M merged, X irregular.
    """
    columns = {"LSOA11CD": "area11", "LSOA21CD": "area", "CHGIND": "change"}
    rules = (Column("area11", "lsoa"), Column("area", "lsoa"), Column("change", "text"))
    return check(read_csv(path, columns), rules, where=path.name).set_index("area11")


def centroids(path: Path) -> gpd.GeoDataFrame:
    """Read population-weighted centroids: one point per `area`, in the national grid."""
    columns = {"LSOA21CD": "area", "x": "x", "y": "y"}
    return _points(read_csv(path, columns), where=path.name)


def representative_points(path: Path) -> gpd.GeoDataFrame:
    """Read points inside each LSOA, not weighted by population, in the national grid."""
    columns = {"LSOA21CD": "area", "x_epsg27700": "x", "y_epsg27700": "y"}
    return _points(read_csv(path, columns), where=path.name)


def _points(frame: pd.DataFrame, *, where: str) -> gpd.GeoDataFrame:
    rules = (Column("area", "lsoa", unique=True), Column("x"), Column("y"))
    checked = check(frame, rules, where=where).set_index("area")
    geometry = gpd.points_from_xy(checked["x"], checked["y"], crs=NATIONAL_GRID)
    return gpd.GeoDataFrame(index=checked.index, geometry=geometry)


def lsoa_boundaries(path: Path) -> gpd.GeoDataFrame:
    """Read LSOA 2021 outlines: `name` and geometry by `area`, in the national grid."""
    return _boundaries(path, {"LSOA21CD": "area", "LSOA21NM": "name"}, "lsoa")


def ward_boundaries(path: Path) -> gpd.GeoDataFrame:
    """Read ward 2024 outlines: `name`, `district` and geometry by `area`, in the national grid."""
    columns = {"WD24CD": "area", "WD24NM": "name", "LAD24CD": "district"}
    return _boundaries(path, columns, "ward")


def outline(path: Path) -> gpd.GeoDataFrame:
    """Read plain shapes (water, parks) for the background of maps, in the national grid."""
    frame = _read_shapes(path)
    return to_grid(frame[["geometry"]], where=path.name)


def _boundaries(path: Path, columns: dict[str, str], level: str) -> gpd.GeoDataFrame:
    frame = _read_shapes(path)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InvalidTableError(
            f"{path.name}: there is no property {', '.join(map(repr, missing))}. Use the "
            "boundary file as Open Geography issues it."
        )
    frame = frame[[*columns, "geometry"]].rename(columns=columns)
    rules = [Column("area", level, unique=True), Column("name", "text")]
    checked = check(pd.DataFrame(frame.drop(columns="geometry")), rules, where=path.name)
    shapes = gpd.GeoDataFrame(checked, geometry=frame.geometry)
    flat = ~shapes.geometry.geom_type.isin(["Polygon", "MultiPolygon"]) | shapes.geometry.is_empty
    if flat.any():
        raise InvalidTableError(
            f"{path.name}: {flat.sum()} areas have no outline (first "
            f"{shapes['area'][flat].iloc[0]}). Download the file again."
        )
    return to_grid(shapes.set_index("area"), where=path.name)


def _read_shapes(path: Path) -> gpd.GeoDataFrame:
    try:
        if path.suffix == ".parquet":
            return gpd.read_parquet(path)
        return gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, OSError, ValueError):
        raise InvalidTableError(
            f"{path.name}: the shapes cannot be read. Download the file again."
        ) from None
