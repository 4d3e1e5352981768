"""The planner's own files: hubs, venues, a depot, the landlord's stock list, a survey.

Stock and survey are personal. They are read where they lie; what is returned of them is used and
dropped, and only safe aggregates are ever stored.
"""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import NATIONAL_GRID, to_grid
from mapping.sources.delimited import read_csv
from mapping.tables import Column, check

POSITION = (Column("easting", low=0, high=800_000), Column("northing", low=0, high=1_400_000))
SITE = (Column("site", "text", unique=True), Column("name", "text"), *POSITION)
SITE_OPTIONAL = (
    Column("kind", "text", blank=True),
    Column("capacity", "count", blank=True),
    Column("cost", low=0, blank=True),
    Column("open_to", "text", blank=True),
    Column("hours", "text", blank=True),
)
OPEN_TO = ("public", "residents", "patients", "staff", "claimants")


def sites(path: Path, columns: Mapping[str, str]) -> gpd.GeoDataFrame:
    """
    Read hubs, venues, stops or the depot.

    Parameters
    ----------
    columns
        Tidy name → header of the file, for those that differ.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site`: `name`, `kind`, `capacity` (people a week), `cost` (£ a year), `open_to`
        (public where not stated), `hours`, and the point in the national grid; NaN where the
        file does not say.

    Raises
    ------
    InvalidTableError
        If a site has no position, stands twice, or is open to a group that is not known.
    """
    frame = _read(path, columns, SITE, SITE_OPTIONAL)
    frame["open_to"] = frame["open_to"].fillna("public").str.lower()
    unknown = frame[~frame["open_to"].isin(OPEN_TO)]
    if len(unknown):
        raise InvalidTableError(
            f'{path.name}: open_to: "{unknown["open_to"].iloc[0]}" in row {unknown.index[0]} is '
            f"not one of {', '.join(OPEN_TO)}. Correct the file and run again."
        )
    frame["kind"] = frame["kind"].fillna("venue")
    points = gpd.points_from_xy(frame["easting"], frame["northing"], crs=NATIONAL_GRID)
    table = gpd.GeoDataFrame(frame, geometry=points).set_index("site")
    names = ["name", *[column.name for column in SITE_OPTIONAL], "geometry"]
    return to_grid(table[names], where=path.name)


def homes(path: Path, columns: Mapping[str, str]) -> gpd.GeoSeries:
    """
    Read the positions of a landlord's homes: personal, to be counted and dropped.

    Returns
    -------
    geopandas.GeoSeries
        One point per home in the national grid, without any other detail.
    """
    frame = _read(path, columns, POSITION, ())
    return gpd.GeoSeries(gpd.points_from_xy(frame["easting"], frame["northing"], crs=NATIONAL_GRID))


def respondents(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """
    Read survey respondents: personal, to be summed and dropped.

    The file says who is `online` (yes or no), in which `ward`, with which `weight`. Where there is
    no such column everybody weighs 1; where there is, no cell may be blank.

    Returns
    -------
    pandas.DataFrame
        One row each: `ward`, `offline` (0 or 1), `weight`.
    """
    needed = (Column("ward", "ward"), Column("online", "text"))
    frame = _read(path, columns, needed, (Column("weight", low=1e-9),))
    answers = frame["online"].str.lower().map({"yes": 0, "no": 1, "1": 0, "0": 1})
    if answers.isna().any():
        row = answers.index[answers.isna()][0]
        raise InvalidTableError(
            f"{path.name}: online: {answers.isna().sum()} answers are neither yes nor no (first "
            f"in row {row}). Correct the file and run again."
        )
    return pd.DataFrame(
        {"ward": frame["ward"], "offline": answers.astype(int), "weight": frame["weight"].fillna(1)}
    ).reset_index(drop=True)


def _read(
    path: Path,
    columns: Mapping[str, str],
    needed: tuple[Column, ...],
    optional: tuple[Column, ...],
) -> pd.DataFrame:
    """
    Read the columns asked for under their tidy names; absent optional ones are blank.

    A column that the study file maps by name is no longer optional.
    """
    if not path.is_file():
        raise InvalidTableError(
            f"{path}: there is no such file. Correct its path in the study file."
        )
    known = [column.name for column in (*needed, *optional)]
    if strange := [name for name in columns if name not in known]:
        raise InvalidTableError(
            f"{path.name}: the study file maps {', '.join(map(repr, strange))}, which this list "
            f"does not have (known: {', '.join(known)}). Correct its 'columns'."
        )
    headers = {name: columns.get(name, name) for name in known}
    wanted = {headers[name]: headers[name] for name in [*columns, *(c.name for c in needed)]}
    found = read_csv(path, wanted, optional={name: name for name in known if name not in wanted})
    # One column of the file may serve twice, as its own id and name.
    frame = pd.DataFrame({name: found[head] for name, head in headers.items() if head in found})
    present = [column for column in (*needed, *optional) if column.name in frame]
    checked = check(frame, present, where=path.name)
    for column in optional:
        if column.name not in checked:
            checked[column.name] = float("nan") if column.numeric else None
    return checked
