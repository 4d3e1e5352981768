"""Raw files of the city, named and laid out as the publishers name and lay out theirs."""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pyogrio
import shapely

from mapping.demo import layouts, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from mapping.demo.contents import City

_README = f"""EVERYTHING IN THIS FOLDER IS FICTIONAL

{words.DISTRICT_NAME} does not exist. It was drawn at random by `mapping.demo`; it lies in what
is open sea. Its people, homes, streets, venues and surveys are invented, its area codes begin with
X, its postcodes with XE, and nothing here says anything about any real place or person.

The files have the names, columns and formats of the publishers' real ones (English Indices of
Deprivation 2025, Census 2021, ONS Open Geography, OS Open Roads), so that the same readers read
both. They are not those publishers' products. What a landlord and a planner would add themselves,
{words.LANDLORD} in this case, lies in the folder `own`.
"""
_DATE = "2025-01-01T00:00:00.000Z"
_ZIP_DATE = (2025, 1, 1, 0, 0, 0)


def write(city: City, folder: Path) -> list[Path]:
    """
    Write every raw file of the city into a folder; return their paths.

    Parameters
    ----------
    folder
        Made if it does not exist. A file appears under its name only when it is complete; one that
        is there already is replaced. The own files of landlord and planner go to `own`.

    Notes
    -----
    One seed gives the same bytes again under the same versions of the libraries.
    """
    (folder / "own").mkdir(parents=True, exist_ok=True)
    return [_written(folder / name, fill) for name, fill in _files(city).items()]


def _files(city: City) -> dict[str, Callable[[Path], None]]:
    """Return what fills each file, by name."""
    return _tables(city) | _shapes(city) | _own(city) | {"README.txt": _note}


def _tables(city: City) -> dict[str, Callable[[Path], None]]:
    # The portal of Open Geography begins its files with a byte-order mark.
    portal = partial(_csv, encoding="utf-8-sig")
    census = {"ts007a": layouts.ts007a, "ts038": layouts.ts038, "ts054": layouts.ts054}
    return {
        "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv": partial(
            _csv, layouts.file_7(city)
        ),
        **{
            f"census2021-{table}.zip": partial(
                _zip,
                {
                    f"census2021-{table}-{level}.csv": layout(city.census(level))
                    for level in ("lsoa", "oa")
                },
            )
            for table, layout in census.items()
        },
        "LSOA21_WD24_LAD24_EW_LU.csv": partial(portal, layouts.ward_lookup(city)),
        "LSOA11_LSOA21_LAD22_EW_LU.csv": partial(portal, layouts.change_lookup(city)),
        "LSOA_PopCentroids_EW_2021_V4.csv": partial(portal, layouts.centroids(city)),
    }


def _shapes(city: City) -> dict[str, Callable[[Path], None]]:
    lsoa = "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5.geojson"
    wards = {
        f"Wards_December_{year}_Boundaries_UK_BGC.geojson": partial(
            _geojson, layouts.ward_boundaries(city, year=year)
        )
        for year in (2024, 2022)
    }
    return {
        lsoa: partial(_geojson, layouts.lsoa_boundaries(city)),
        "Output_Areas_2021_EW_BGC.geojson": partial(_geojson, layouts.output_area_boundaries(city)),
        **wards,
        "water.geojson": partial(_geojson, layouts.water(city)),
        "oproad_gb.gpkg": partial(_roads, layouts.road_links(city), layouts.road_nodes(city)),
    }


def _own(city: City) -> dict[str, Callable[[Path], None]]:
    points = {
        "stock": city.stock,
        "sheltered_schemes": city.schemes,
        "hubs": city.hubs,
        "venues": city.venues,
        "stops": city.stops,
        "depot": city.depot,
    }
    surveys = {
        "survey_households": city.households_survey.reset_index(),
        "survey_tenants": city.tenants_survey.reset_index(),
    }
    tables = {name: layouts.own(frame) for name, frame in points.items()} | surveys
    return {f"own/{name}.csv": partial(_csv, table) for name, table in tables.items()}


def _written(path: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a file under a temporary name, then give it its own."""
    unfinished = path.with_name(f"unfinished-{path.name}")
    unfinished.unlink(missing_ok=True)
    fill(unfinished)
    return unfinished.replace(path)


def _csv(frame: pd.DataFrame, path: Path, *, encoding: str = "utf-8") -> None:
    frame.to_csv(path, index=False, encoding=encoding, lineterminator="\n")


def _zip(members: dict[str, pd.DataFrame], path: Path) -> None:
    with ZipFile(path, "w") as archive:
        for name, frame in members.items():
            entry = ZipInfo(name, date_time=_ZIP_DATE)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, frame.to_csv(index=False, lineterminator="\n"))


def _geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write longitude and latitude to six decimals, about a tenth of a metre."""
    shapes = shapely.transform(
        frame.to_crs(4326).geometry.to_numpy(), partial(np.round, decimals=6)
    )
    rows = frame.drop(columns="geometry").to_dict("records")
    features = [
        {"type": "Feature", "id": place, "geometry": json.loads(shape), "properties": row}
        for place, (shape, row) in enumerate(zip(shapely.to_geojson(shapes), rows, strict=True), 1)
    ]
    crs = {"type": "name", "properties": {"name": "EPSG:4326"}}
    collection = {"type": "FeatureCollection", "crs": crs, "features": features}
    path.write_text(json.dumps(collection, separators=(",", ":")) + "\n", encoding="utf-8")


def _roads(links: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame, path: Path) -> None:
    with _dated():
        pyogrio.write_dataframe(links, path, layer="road_link", driver="GPKG")
        pyogrio.write_dataframe(nodes, path, layer="road_node", driver="GPKG")


@contextmanager
def _dated() -> Iterator[None]:
    """Let GDAL believe it is always the same day: it stamps GeoPackages."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _note(path: Path) -> None:
    path.write_text(_README, encoding="utf-8")
