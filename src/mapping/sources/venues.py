"""Buildings that could host a hub or a bus stop, from public registers."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import LONGITUDE_LATITUDE, NATIONAL_GRID, to_grid
from mapping.sources.delimited import read_csv
from mapping.sources.records import POSITION, Postcodes, known_by, placed
from mapping.tables import Column, check

GRID = {"Easting": "easting", "Northing": "northing"}


def schools(path: Path) -> gpd.GeoDataFrame:
    """
    Read Get Information about Schools: one point per open establishment.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site` ("school-" and the establishment's URN): `name`, `kind` ("school"), geometry in
        the national grid. Establishments without a position are left out.
    """
    columns = {
        "URN": "site",
        "EstablishmentName": "name",
        "Easting": "easting",
        "Northing": "northing",
    }
    optional = {"EstablishmentStatus (name)": "status"}
    frame = read_csv(path, columns, optional=optional)
    if "status" in frame:
        frame = frame[frame["status"].fillna("").str.startswith("Open")]
    rules = (
        Column("site", "text", unique=True),
        Column("name", "text"),
        Column("easting", blank=True),
        Column("northing", blank=True),
    )
    frame = check(frame, rules, where=path.name).dropna(subset=["easting", "northing"])
    frame["site"] = "school-" + frame["site"].astype(str)
    points = gpd.points_from_xy(frame["easting"], frame["northing"], crs=NATIONAL_GRID)
    return _sites(frame, points, "school")


def hospitals(path: Path) -> gpd.GeoDataFrame:
    """
    Read a list of hospitals: one point per position.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site`: `name`, `kind` ("hospital"), geometry in the national grid. One hospital
        appears under several spellings; of names at one position the first is kept.
    """
    columns = {"hospital22_name": "name", "lng": "longitude", "lat": "latitude"}
    rules = (
        Column("name", "text"),
        Column("longitude", low=-180, high=180),
        Column("latitude", low=-90, high=90),
    )
    frame = check(read_csv(path, columns), rules, where=path.name)
    frame = frame.drop_duplicates(["longitude", "latitude"])
    frame["site"] = [f"hospital-{row}" for row in frame.index]
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"], crs=LONGITUDE_LATITUDE)
    return to_grid(_sites(frame, points, "hospital"), where=path.name)


def libraries(path: Path, *, postcodes: Postcodes | None = None) -> gpd.GeoDataFrame:
    """
    Read the basic dataset for libraries (Arts Council England): one point per open library.

    Parameters
    ----------
    postcodes
        Returns the postcode directory; the publisher gives postcodes and no position.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site`: `name`, `kind` ("library"), geometry in the national grid, empty where
        nothing says where it lies. Libraries with a year of closing are left out.

    Raises
    ------
    InvalidTableError
        If none can be placed.
    """
    columns = {"Library name": "name", "Postcode": "postcode"}
    optional = {"Year closed": "closed", **GRID}
    frame = read_csv(path, columns, optional=optional)
    if "closed" in frame:
        frame = frame[frame["closed"].isna()]
    return _listed(frame, path, "library", postcodes)


def jobcentres(path: Path, *, postcodes: Postcodes | None = None) -> gpd.GeoDataFrame:
    """
    Read a list of Jobcentre Plus offices, as the department gives them out on request.

    Parameters
    ----------
    postcodes
        As for `libraries`.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site`: `name`, `kind` ("jobcentre"), geometry in the national grid, empty where nothing
        says where it lies.

    Raises
    ------
    InvalidTableError
        If none can be placed.
    """
    frame = read_csv(path, {"Jobcentre…": "name", "Postcode": "postcode"}, optional=GRID)
    return _listed(frame, path, "jobcentre", postcodes)


def _listed(
    frame: pd.DataFrame, path: Path, kind: str, postcodes: Postcodes | None
) -> gpd.GeoDataFrame:
    rules = [Column("name", "text"), *(column for column in POSITION if column.name in frame)]
    frame = check(frame, rules, where=path.name)
    known = frame.reindex(columns=[column.name for column in POSITION])
    points = placed(known, path, postcodes)
    if points.is_empty.all():
        raise InvalidTableError(
            f"{path.name}: none of {len(frame)} rows says where it lies. Give Easting and "
            f"Northing, or a postcode{known_by(postcodes)}."
        )
    sites = frame.assign(site=[f"{kind}-{row}" for row in frame.index])
    return _sites(sites, points.array, kind)


def _sites(frame: pd.DataFrame, points: gpd.array.GeometryArray, kind: str) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(frame[["site", "name"]], geometry=points).set_index("site")
    return table.assign(kind=kind)[["name", "kind", "geometry"]]
