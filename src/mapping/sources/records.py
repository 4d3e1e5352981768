"""The planner's own files: hubs, venues, a depot, the landlord's stock list, a survey.

Stock and survey are personal. They are read where they lie; what is returned of them is used and
dropped, and only safe aggregates are ever stored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from mapping.errors import InvalidTableError
from mapping.geography import LONGITUDE_LATITUDE, NATIONAL_GRID, to_grid
from mapping.sources.postcodes import normalised
from mapping.sources.tabular import numbered, read_table
from mapping.tables import Column, check

# A row lies where its grid reference says, or else its degrees, or else its postcode.
POSITION = (
    Column("easting", blank=True, low=0, high=800_000),
    Column("northing", blank=True, low=0, high=1_400_000),
    Column("latitude", blank=True, low=49, high=61),
    Column("longitude", blank=True, low=-9, high=2),
    Column("postcode", "text", blank=True),
)
SITE = (Column("site", "text", unique=True), Column("name", "text"))
SITE_OPTIONAL = (
    *POSITION,
    Column("kind", "text", blank=True),
    Column("capacity", "count", blank=True),
    Column("cost", low=0, blank=True),
    Column("open_to", "text", blank=True),
    Column("hours", "text", blank=True),
    Column("building", "text", blank=True),
)
# What only a list of bus stops says: yes or no, times such as 09:00, days such as "Fri, Sat".
STOP_COLUMNS = (
    "permission", "level_access", "power", "opens", "closes", "not_on", "must_visit",
)  # fmt: skip
STOP_OPTIONAL = tuple(Column(name, "text", blank=True) for name in STOP_COLUMNS)
Postcodes = Callable[[], pd.DataFrame]

OPEN_TO = ("public", "residents", "patients", "staff", "claimants")


@dataclass(frozen=True, eq=False)
class Homes:
    """
    A landlord's homes: personal, to be counted and dropped.

    Parameters
    ----------
    points
        One per home in the national grid, without any other detail.
    listed
        Rows of the list.
    unplaced
        Homes without a position, or with a postcode that the directory does not have.
    repeated
        Rows left out because their `uprn` stood in the list before.
    """

    points: gpd.GeoSeries
    listed: int
    unplaced: int
    repeated: int


def sites(
    path: Path, columns: Mapping[str, str], *, postcodes: Postcodes | None = None
) -> gpd.GeoDataFrame:
    """
    Read hubs, venues, stops or the depot.

    Parameters
    ----------
    columns
        Tidy name → header of the file, for those that differ.
    postcodes
        Returns the directory (see `mapping.sources.postcodes`); called if rows have nothing else.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site`: `name`, `kind`, `capacity` (people a week), `cost` (£ a year), `open_to`
        (public where not stated), `hours`, `building` (rooms of one share it), for stops
        `permission`, `level_access`, `power`, `must_visit` (yes or no), `opens`, `closes` (09:00)
        and `not_on` (days such as "Fri, Sat"), and the point in the national grid; NaN where the
        file does not say.

    Raises
    ------
    InvalidTableError
        If a site has no position, stands twice, or is open to a group that is not known.
    """
    frame = _read(path, columns, SITE, (*SITE_OPTIONAL, *STOP_OPTIONAL))
    frame["open_to"] = frame["open_to"].fillna("public").str.lower()
    unknown = frame[~frame["open_to"].isin(OPEN_TO)]
    if len(unknown):
        raise InvalidTableError(
            f'{path.name}: open_to: "{unknown["open_to"].iloc[0]}" in row {unknown.index[0]} is '
            f"not one of {', '.join(OPEN_TO)}. Correct the file and run again."
        )
    frame["kind"] = frame["kind"].fillna("venue")
    points = placed(frame, path, postcodes)
    if points.is_empty.any():
        lost = frame.index[points.is_empty]
        raise InvalidTableError(
            f"{path.name}: row {', '.join(numbered(lost))} says nowhere where it lies. Give "
            f"easting and northing, latitude and longitude, or a postcode{known_by(postcodes)}."
        )
    table = gpd.GeoDataFrame(frame, geometry=points).set_index("site")
    kept = [column.name for column in SITE_OPTIONAL if column not in POSITION]
    for column in STOP_COLUMNS:
        if frame[column].notna().any():
            kept.append(column)
            frame[column] = frame[column].astype("string").str.strip().str.lower().astype(object)
    names = ["name", *kept, "geometry"]
    return to_grid(table[names], where=path.name)


def homes(path: Path, columns: Mapping[str, str], *, postcodes: Postcodes | None = None) -> Homes:
    """
    Read the positions of a landlord's homes.

    Parameters
    ----------
    postcodes
        Returns the directory; called if homes have nothing else.

    Raises
    ------
    InvalidTableError
        If no home of the list can be placed.
    """
    frame = _read(path, columns, (), (*POSITION, Column("uprn", "text", blank=True)))
    again = frame["uprn"].notna() & frame["uprn"].duplicated()
    points = placed(frame[~again], path, postcodes)
    found = points[~points.is_empty].reset_index(drop=True)
    if found.empty:
        raise InvalidTableError(
            f"{path.name}: none of {len(frame)} homes says where it lies. Give easting and "
            f"northing, latitude and longitude, or a postcode{known_by(postcodes)}."
        )
    return Homes(found, len(frame), len(points) - len(found), int(again.sum()))


def respondents(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """
    Read survey respondents: personal, to be summed and dropped.

    The file says who is `online` (yes or no), in which `ward`, with which `weight`. Where there is
    no such column everybody weighs 1; where there is, no cell may be blank. It may say the `age`
    of each, in years or in bands such as "16-24" and "85+".

    Returns
    -------
    pandas.DataFrame
        One row each: `ward`, `offline` (0 or 1), `weight`, and `age` as the file has it (missing
        where it does not say).
    """
    needed = (Column("ward", "ward"), Column("online", "text"))
    optional = (Column("weight", low=1e-9), Column("age", "text", blank=True))
    frame = _read(path, columns, needed, optional)
    answers = frame["online"].str.lower().map({"yes": 0, "no": 1, "1": 0, "0": 1})
    if answers.isna().any():
        row = answers.index[answers.isna()][0]
        raise InvalidTableError(
            f"{path.name}: online: {answers.isna().sum()} answers are neither yes nor no (first "
            f"in row {row}). Correct the file and run again."
        )
    weight = frame["weight"].fillna(1)
    told = {"ward": frame["ward"], "offline": answers.astype(int), "weight": weight}
    return pd.DataFrame(told | {"age": frame["age"]}).reset_index(drop=True)


def placed(frame: pd.DataFrame, path: Path, postcodes: Postcodes | None) -> gpd.GeoSeries:
    """
    Return where each row lies, in the national grid; empty where nothing says.

    Parameters
    ----------
    frame
        With the columns of `POSITION`, blank where a row does not say.
    path
        The file, for messages.
    postcodes
        As for `sites`.
    """
    grid = gpd.GeoSeries(
        gpd.points_from_xy(frame["easting"], frame["northing"]), frame.index, crs=NATIONAL_GRID
    )
    degrees = gpd.GeoSeries(
        gpd.points_from_xy(frame["longitude"], frame["latitude"]),
        frame.index,
        crs=LONGITUDE_LATITUDE,
    ).to_crs(NATIONAL_GRID)
    found = grid.where(~_nowhere(grid), degrees)
    if postcodes is not None and (_nowhere(found) & frame["postcode"].notna()).any():
        known = postcodes().reindex(normalised(frame["postcode"]))
        coded = gpd.points_from_xy(known["easting"], known["northing"])
        looked_up = gpd.GeoSeries(coded, frame.index, crs=NATIONAL_GRID)
        found = found.where(~_nowhere(found), looked_up)
    found = found.where(~_nowhere(found), Point())
    if not found.is_empty.all():
        to_grid(found[~found.is_empty].to_frame("geometry"), where=path.name)
    return found


def _nowhere(points: gpd.GeoSeries) -> pd.Series:
    # Degrees that are not there turn infinite on their way to the grid.
    return points.is_empty | ~np.isfinite(points.x)


def known_by(postcodes: Postcodes | None) -> str:
    """Say where a postcode has to stand, for the end of a sentence."""
    if postcodes is None:
        return (
            " (with the ONS Postcode Directory or Code-Point Open among the raw files, which is "
            "not there)"
        )
    return " that is in the postcode directory"


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
    found = read_table(path, wanted, optional={name: name for name in known if name not in wanted})
    # One column of the file may serve twice, as its own id and name.
    frame = pd.DataFrame({name: found[head] for name, head in headers.items() if head in found})
    present = [column for column in (*needed, *optional) if column.name in frame]
    checked = check(frame, present, where=path.name)
    for column in optional:
        if column.name not in checked:
            checked[column.name] = float("nan") if column.numeric else None
    return checked
