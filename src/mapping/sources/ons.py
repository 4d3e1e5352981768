"""Boundaries, lookups and centroids of ONS Open Geography."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from mapping.errors import InvalidTableError
from mapping.geography import NATIONAL_GRID, to_grid
from mapping.sources.delimited import read_csv
from mapping.tables import Column, check

WARD_RULES = (
    Column("ward", "ward"),
    Column("ward_name", "text"),
    Column("district", "district"),
    Column("district_name", "text"),
)


def ward_lookup(path: Path) -> pd.DataFrame:
    """
    Read the best-fit lookup from LSOA 2021 to ward 2024 and district 2024.

    Returns
    -------
    pandas.DataFrame
        By `area` (LSOA): `name`, `ward`, `ward_name`, `district`, `district_name`.
    """
    return _ward_lookup(path, "24")


def ward_lookup_2025(path: Path) -> pd.DataFrame:
    """Read the best-fit lookup from LSOA 2021 to ward and district 2025; see `ward_lookup`."""
    return _ward_lookup(path, "25")


def _ward_lookup(path: Path, year: str) -> pd.DataFrame:
    columns = {"LSOA21CD": "area", "LSOA21NM": "name", **_wards_of(year)}
    rules = (Column("area", "lsoa", unique=True), Column("name", "text"), *WARD_RULES)
    return check(read_csv(path, columns), rules, where=path.name).set_index("area")


def _wards_of(year: str) -> dict[str, str]:
    return {
        f"WD{year}CD": "ward",
        f"WD{year}NM": "ward_name",
        f"LAD{year}CD": "district",
        f"LAD{year}NM": "district_name",
    }


def output_areas(path: Path) -> pd.DataFrame:
    """Read which LSOA 2021 each output area 2021 is part of: `lsoa` by `area` (output area)."""
    columns = {"OA21CD": "area", "LSOA21CD": "lsoa"}
    return _of_output_areas(path, columns, (Column("lsoa", "lsoa"),))


def output_area_wards(path: Path) -> pd.DataFrame:
    """
    Read the best-fit lookup from output area 2021 to ward 2024 and district 2024.

    Returns
    -------
    pandas.DataFrame
        By `area` (output area): `ward`, `ward_name`, `district`, `district_name`.
    """
    return _of_output_areas(path, {"OA21CD": "area", **_wards_of("24")}, WARD_RULES)


def output_area_wards_2025(path: Path) -> pd.DataFrame:
    """Read the same of wards and districts 2025; see `output_area_wards`."""
    return _of_output_areas(path, {"OA21CD": "area", **_wards_of("25")}, WARD_RULES)


def _of_output_areas(
    path: Path, columns: Mapping[str, str], rules: Sequence[Column]
) -> pd.DataFrame:
    frame = read_csv(path, columns)
    checked = check(frame, (Column("area", "oa", unique=True), *rules), where=path.name)
    return checked.set_index("area")


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


def output_area_centroids(path: Path) -> gpd.GeoDataFrame:
    """Read population-weighted centroids of output areas 2021: a point per `area`, in the grid."""
    columns = {"OA21CD": "area", "x": "x", "y": "y"}
    return _points(read_csv(path, columns), where=path.name, kind="oa")


def representative_points(path: Path) -> gpd.GeoDataFrame:
    """Read points inside each LSOA, not weighted by population, in the national grid."""
    columns = {"LSOA21CD": "area", "x_epsg27700": "x", "y_epsg27700": "y"}
    return _points(read_csv(path, columns), where=path.name)


def _points(frame: pd.DataFrame, *, where: str, kind: str = "lsoa") -> gpd.GeoDataFrame:
    rules = (Column("area", kind, unique=True), Column("x"), Column("y"))
    checked = check(frame, rules, where=where).set_index("area")
    geometry = gpd.points_from_xy(checked["x"], checked["y"], crs=NATIONAL_GRID)
    return gpd.GeoDataFrame(index=checked.index, geometry=geometry)


def lsoa_boundaries(path: Path) -> gpd.GeoDataFrame:
    """Read LSOA 2021 outlines: `name` and geometry by `area`, in the national grid."""
    return _boundaries(path, {"LSOA21CD": "area", "LSOA21NM": "name"}, "lsoa")


def lsoa_boundaries_2011(path: Path) -> gpd.GeoDataFrame:
    """Read LSOA 2011 outlines: `name` and geometry by `area` (LSOA 2011), in the national grid."""
    return _boundaries(path, {"LSOA11CD": "area", "LSOA11NM": "name"}, "lsoa")


def output_area_boundaries(path: Path) -> gpd.GeoDataFrame:
    """Read output area 2021 outlines: `lsoa` and geometry by `area`, in the national grid."""
    return _boundaries(path, {"OA21CD": "area", "LSOA21CD": "lsoa"}, "oa")


def ward_boundaries(path: Path) -> gpd.GeoDataFrame:
    """Read ward 2024 outlines: `name`, `district` and geometry by `area`, in the national grid."""
    return _ward_boundaries(path, "24")


def ward_boundaries_2025(path: Path) -> gpd.GeoDataFrame:
    """Read ward 2025 outlines; see `ward_boundaries`."""
    return _ward_boundaries(path, "25")


def ward_boundaries_2023(path: Path) -> gpd.GeoDataFrame:
    """Read ward 2023 outlines; see `ward_boundaries`."""
    return _ward_boundaries(path, "23")


def ward_boundaries_2022(path: Path) -> gpd.GeoDataFrame:
    """Read ward 2022 outlines; see `ward_boundaries`. Some copies do not give `district`."""
    columns = {"WD22CD": "area", "WD22NM": "name"}
    return _boundaries(path, columns, "ward", optional={"LAD22CD": "district"})


def _ward_boundaries(path: Path, year: str) -> gpd.GeoDataFrame:
    columns = {f"WD{year}CD": "area", f"WD{year}NM": "name", f"LAD{year}CD": "district"}
    return _boundaries(path, columns, "ward")


def outline(path: Path) -> gpd.GeoDataFrame:
    """Read plain shapes (water, parks) for the background of maps, in the national grid."""
    frame = _read_shapes(path)
    return to_grid(frame[["geometry"]], where=path.name)


def _boundaries(
    path: Path,
    columns: Mapping[str, str],
    level: str,
    *,
    optional: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    frame = _read_shapes(path)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InvalidTableError(
            f"{path.name}: there is no property {', '.join(map(repr, missing))}. Use the "
            "boundary file as Open Geography issues it."
        )
    tidy = {name: tidy for name, tidy in {**columns, **(optional or {})}.items() if name in frame}
    frame = frame[[*tidy, "geometry"]].rename(columns=tidy)
    rules = [Column("area", level, unique=True)]
    rules += [Column(name, "text") for name in tidy.values() if name != "area"]
    checked = check(pd.DataFrame(frame.drop(columns="geometry")), rules, where=path.name)
    shapes = gpd.GeoDataFrame(checked, geometry=frame.geometry)
    # A feature may come with null in place of a shape.
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
