"""Buildings that could host a hub or a bus stop, from public registers."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from mapping.geography import LONGITUDE_LATITUDE, NATIONAL_GRID, to_grid
from mapping.sources.delimited import read_csv
from mapping.tables import Column, check


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


def _sites(frame: pd.DataFrame, points: gpd.array.GeometryArray, kind: str) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(frame[["site", "name"]], geometry=points).set_index("site")
    return table.assign(kind=kind)[["name", "kind", "geometry"]]
