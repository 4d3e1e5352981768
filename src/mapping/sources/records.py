"""The planner's own files: places, homes, learners, a survey, and further tables by area.

Homes, learners and survey answers are personal. They are read where they lie; what is returned of
them does not show itself, is counted and dropped, and only what `mapping.disclosure` releases is
ever stored. Faults in them are told by row and column, without what stands there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from mapping.disclosure import Personal, PersonalPoints, PersonalSeries
from mapping.errors import InvalidTableError
from mapping.geography import CODE_PATTERNS, LONGITUDE_LATITUDE, NATIONAL_GRID, to_grid, valid_code
from mapping.sources.postcodes import normalised
from mapping.sources.tabular import numbered, read_table
from mapping.sources.uploads import Upload
from mapping.tables import CODE_NAMES, Column, check
from mapping.weekdays import time_of_day, weekdays

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
    Column("seats", "count", blank=True),
    Column("step_free", "text", blank=True),
    Column("wifi", "text", blank=True),
)
# What only a list of bus stops says: yes or no, times such as 09:00, days such as "Fri, Sat", and
# how often in a cycle the bus is to come.
STOP_ANSWERS = ("permission", "level_access", "power", "must_visit")
STOP_TIMES = ("opens", "closes")
STOP_TEXT = (*STOP_ANSWERS, *STOP_TIMES, "not_on")
STOP_COLUMNS = (*STOP_TEXT, "visits")
STOP_OPTIONAL = (
    *(Column(name, "text", blank=True) for name in STOP_TEXT),
    Column("visits", "count", blank=True, low=1, high=4),
)
YES = ("yes", "y", "true", "1", "1.0")
NO = ("no", "n", "false", "0", "0.0")
ANSWERS = ("step_free", "wifi")  # columns of `SITE_OPTIONAL` that say yes or no
# Homes of these tenures are not among the census's households in social renting.
NOT_SOCIAL = r"lease|own|market|private|commercial"
Postcodes = Callable[[pd.Index], pd.DataFrame]
"""From the postcodes wanted (see `mapping.sources.postcodes.normalised`) to those that are known,
by `postcode`: `easting` and `northing`."""

HOME = (
    Column("uprn", "text", blank=True),
    Column("homes", "count", blank=True),
    Column("tenure", "text", blank=True),
)
LEVELS = ("oa", "lsoa", "ward")
OPEN_TO = ("public", "residents", "patients", "staff", "claimants")


@dataclass(frozen=True, eq=False)
class Homes:
    """
    A landlord's homes: personal, to be counted and dropped.

    Parameters
    ----------
    points
        One per home in the national grid, without any other detail; they do not show themselves.
    social
        Whether each counts where the census counts social renting: not leased, owned or at market
        rent; all do where the list tells no tenure.
    listed
        Homes of the list.
    unplaced
        Homes without a position, or with a postcode that the directory does not have.
    rows
        The rows of the list that those stand in.
    repeated
        Homes left out because their `uprn` stood in the list before.
    """

    points: PersonalPoints
    social: PersonalSeries
    listed: int
    unplaced: int
    rows: tuple[int, ...]
    repeated: int


@dataclass(frozen=True, eq=False)
class Learners:
    """
    People who came to learn: personal, to be counted and dropped.

    Parameters
    ----------
    areas
        The code of an area, one per learner who is known by one.
    points
        In the national grid, one per learner who is known by a place alone.
    listed
        Learners of the list.
    unplaced
        Those without either, or with a postcode that the directory does not have.
    rows
        The rows of the list that those stand in.
    repeated
        Rows left out because their `learner` stood in the list before.
    """

    areas: PersonalSeries
    points: PersonalPoints
    listed: int
    unplaced: int
    rows: tuple[int, ...]
    repeated: int


def sites(
    path: Path | Upload, columns: Mapping[str, str], *, postcodes: Postcodes | None = None
) -> gpd.GeoDataFrame:
    """
    Read hubs, venues, stops or the depot.

    Parameters
    ----------
    columns
        Tidy name → header of the file, for those that differ.
    postcodes
        Looks postcodes up; called if rows have nothing else.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site`: `name`, `kind`, `capacity` (people a week), `cost` (£ a year), `open_to`
        (public where not stated), `hours`, `building` (rooms of one share it), `seats` (people at
        once), `step_free` and `wifi` (True or False), for stops `permission`, `level_access`,
        `power`, `must_visit` (yes or no), `opens`, `closes` (09:00), `not_on` (days such as
        "Fri, Sat") and `visits` (how often in a cycle, at least), and the point in the national
        grid; missing where the file does not say. Answers, times and days may be written in other
        ways (true, 9:30, 09:30:00, Fri/Sat, weekends) and come out in these.

    Raises
    ------
    InvalidTableError
        If a site has no position, stands twice, or is open to a group that is not known, or a cell
        is no answer, time of day or weekday where it has to be one.
    """
    frame = _read(path, columns, SITE, (*SITE_OPTIONAL, *STOP_OPTIONAL))
    frame["open_to"] = frame["open_to"].fillna("public").str.lower()
    frame["kind"] = frame["kind"].fillna("venue")
    faults = []
    for column, (read, says) in MEANT.items():
        frame[column], strange = _meant(frame[column], read)
        if len(strange):
            faults.append(f"{column}: {says} in row {', '.join(numbered(strange))}")
    for column in ANSWERS:
        frame[column] = frame[column].map({"yes": True, "no": False}).astype("boolean")
    points = placed(frame, path, postcodes)
    faults += [*_never_open(frame), *_unknown_groups(frame)]
    faults += _lost(frame.index[points.is_empty], postcodes)
    if faults:
        raise InvalidTableError(
            f"{path.name}: {'; '.join(faults)}. Correct the file and run again."
        )
    stated = [column for column in STOP_COLUMNS if frame[column].notna().any()]
    table = gpd.GeoDataFrame(frame, geometry=points).set_index("site")
    kept = [column.name for column in SITE_OPTIONAL if column not in POSITION] + stated
    names = ["name", *kept, "geometry"]
    return to_grid(table[names], where=path.name)


def _meant(cells: pd.Series, read: Callable[[str], str]) -> tuple[pd.Series, pd.Index]:
    """Return what cells mean, missing where they say nothing, and the rows that mean nothing."""
    meant, strange = {}, []
    for row, cell in cells.dropna().astype(str).str.strip().items():
        try:
            meant[row] = read(cell) or None
        except ValueError:
            strange.append(row)
    return pd.Series(meant, cells.index, dtype=object), pd.Index(strange)


def _yes_or_no(text: str) -> str:
    said = text.lower()
    if said not in (*YES, *NO):
        raise ValueError(text)
    return "yes" if said in YES else "no"


MEANT: Mapping[str, tuple[Callable[[str], str], str]] = MappingProxyType(
    dict.fromkeys((*ANSWERS, *STOP_ANSWERS), (_yes_or_no, "neither yes nor no"))
    | dict.fromkeys(STOP_TIMES, (time_of_day, "no time of day such as 09:30"))
    | {"not_on": (lambda text: ", ".join(weekdays(text)), "no weekdays such as Fri, Sat")}
)
"""How cells of a list of sites are read, by column, and what is said of those that cannot be."""


def _never_open(frame: pd.DataFrame) -> Iterator[str]:
    shut = frame.index[frame["closes"].fillna("24:00") <= frame["opens"].fillna("00:00")]
    if len(shut):
        yield f"closes: not after it opens in row {', '.join(numbered(shut))}"


def _unknown_groups(frame: pd.DataFrame) -> Iterator[str]:
    unknown = frame.loc[~frame["open_to"].isin(OPEN_TO), "open_to"]
    if len(unknown):
        more = f" and {len(unknown) - 1} more rows" if len(unknown) > 1 else ""
        yield (
            f'open_to: "{unknown.iloc[0]}" in row {unknown.index[0]}{more} is not one of '
            f"{', '.join(OPEN_TO)}"
        )


def _lost(rows: pd.Index, postcodes: Postcodes | None) -> Iterator[str]:
    if len(rows):
        yield (
            f"row {', '.join(numbered(rows))} says nowhere where it lies: give easting and "
            f"northing, latitude and longitude, or a postcode{known_by(postcodes)}"
        )


def homes(
    path: Path | Upload, columns: Mapping[str, str], *, postcodes: Postcodes | None = None
) -> Homes:
    """
    Read the positions of a landlord's homes.

    A row is one home, or as many as its `homes` says (a block, a scheme). It may say `uprn` and
    `tenure`.

    Parameters
    ----------
    postcodes
        Looks postcodes up; called if homes have nothing else.

    Raises
    ------
    InvalidTableError
        If no home of the list can be placed.
    """
    frame = _read(path, columns, (), (*POSITION, *HOME), private=True)
    number = frame["homes"].fillna(1).astype(int)
    again = frame["uprn"].notna() & frame["uprn"].duplicated()
    kept = frame[~again]
    points = placed(kept, path, postcodes)
    nowhere = points.is_empty
    if nowhere.all():
        raise InvalidTableError(
            f"{path.name}: none of {len(frame)} homes says where it lies. Give easting and "
            f"northing, latitude and longitude, or a postcode{known_by(postcodes)}."
        )
    each = np.repeat(points.index[~nowhere], number[points.index[~nowhere]])
    tenure = kept["tenure"].astype("string").str.lower()
    social = ~tenure.str.contains(NOT_SOCIAL, regex=True).fillna(value=False).astype(bool)
    return Homes(
        points=PersonalPoints(points.loc[each].reset_index(drop=True)),
        social=PersonalSeries(social.loc[each].reset_index(drop=True)),
        listed=int(number.sum()),
        unplaced=int(number[points.index[nowhere]].sum()),
        rows=tuple(points.index[nowhere]),
        repeated=int(number[again].sum()),
    )


def learners(
    path: Path | Upload, columns: Mapping[str, str], *, postcodes: Postcodes | None = None
) -> Learners:
    """
    Read where people who came to learn live.

    A row says the `area` (code of an LSOA or a ward), or else a position as homes do. It may say
    who it is (`learner`), so that somebody who came twice counts once.

    Parameters
    ----------
    postcodes
        Looks postcodes up; called if learners have nothing else.

    Raises
    ------
    InvalidTableError
        If the list is empty, an area is no code of an LSOA or a ward, or no learner can be placed.
    """
    optional = (Column("learner", "text", blank=True), Column("area", "text", blank=True))
    frame = _read(path, columns, (), (*POSITION, *optional), private=True)
    again = frame["learner"].notna() & frame["learner"].duplicated()
    kept = frame[~again]
    areas = kept["area"].dropna().str.upper()
    wrong = areas[[not (valid_code(code, "lsoa") or valid_code(code, "ward")) for code in areas]]
    if len(wrong):
        raise InvalidTableError(
            f"{path.name}: area: no code of an LSOA or a ward in row "
            f"{', '.join(numbered(wrong.index))}. Correct the file and run again."
        )
    points = placed(kept.drop(index=areas.index), path, postcodes)
    nowhere = points.is_empty
    if nowhere.sum() == len(kept):
        raise InvalidTableError(
            f"{path.name}: none of {len(frame)} learners says where they live. Give an area, "
            f"easting and northing, latitude and longitude, or a postcode{known_by(postcodes)}."
        )
    return Learners(
        areas=PersonalSeries(areas.reset_index(drop=True)),
        points=PersonalPoints(points[~nowhere].reset_index(drop=True)),
        listed=len(frame),
        unplaced=int(nowhere.sum()),
        rows=tuple(points.index[nowhere]),
        repeated=int(again.sum()),
    )


def area_table(
    path: Path | Upload, area: str, *, counts: Mapping[str, str], rates: Mapping[str, str]
) -> pd.DataFrame:
    """
    Read a table of figures by area.

    Parameters
    ----------
    area
        The header of its column of codes, all of one level: output areas, LSOAs or wards.
    counts, rates
        Name → header; a count is 0 or more, and either may be blank in an area.

    Returns
    -------
    pandas.DataFrame
        By `area`: the figures under their names, NaN where the file says nothing.

    Raises
    ------
    InvalidTableError
        If a column is not there, a figure is none, or an area stands twice or is no code.
    """
    figures = (
        *(Column(name, low=0, blank=True) for name in counts),
        *(Column(name, blank=True) for name in rates),
    )
    columns = {"area": area, **counts, **rates}
    frame = _read(path, columns, (Column("area", "text", unique=True), *figures), ())
    codes = frame["area"].str.upper()
    first = (
        next((kind for kind in LEVELS if valid_code(codes.iloc[0], kind)), None)
        if len(codes)
        else None
    )
    if first is None:
        raise InvalidTableError(
            f"{path.name}: {area}: the first row has no code of an output area, an LSOA or a ward. "
            "Name the column of codes in the study file, or correct it."
        )
    other = codes[~codes.str.fullmatch(CODE_PATTERNS[first])]
    if len(other):
        raise InvalidTableError(
            f"{path.name}: {area}: not {CODE_NAMES[first]} code, as the first row has, in row "
            f"{', '.join(numbered(other.index))}. Keep areas of one level in a table."
        )
    return frame.assign(area=codes).set_index("area")[[*counts, *rates]]


def ward_estimates(path: Path | Upload, columns: Mapping[str, str]) -> pd.DataFrame:
    """
    Read a survey's shares by ward: who is offline, of how many asked.

    Returns
    -------
    pandas.DataFrame
        By `area` (ward): `share` offline (0 to 1), `n` (adults asked) and `se` (standard error of
        the share, NaN where the file does not say).
    """
    needed = (
        Column("ward", "ward", unique=True),
        Column("share", "share"),
        Column("n", "count", low=1),
    )
    frame = _read(path, columns, needed, (Column("se", low=1e-6, high=1, blank=True),))
    return frame.set_index("ward").rename_axis("area")[["share", "n", "se"]]


def respondents(path: Path | Upload, columns: Mapping[str, str]) -> Personal:
    """
    Read survey respondents: personal, to be summed and dropped.

    The file says who is `online` (yes or no), in which `ward`, with which `weight`. Where there is
    no such column everybody weighs 1; where there is, no cell may be blank. It may say the `age`
    of each, in years or in bands such as "16-24" and "85+".

    Returns
    -------
    Personal
        One row each: `ward`, `offline` (0 or 1), `weight`, and `age` as the file has it (missing
        where it does not say).
    """
    needed = (Column("ward", "ward"), Column("online", "text"))
    optional = (Column("weight", low=1e-9), Column("age", "text", blank=True))
    frame = _read(path, columns, needed, optional, private=True)
    answers = frame["online"].str.lower().map({"yes": 0, "no": 1, "1": 0, "0": 1})
    if answers.isna().any():
        row = answers.index[answers.isna()][0]
        raise InvalidTableError(
            f"{path.name}: online: {answers.isna().sum()} answers are neither yes nor no (first "
            f"in row {row}). Correct the file and run again."
        )
    weight = frame["weight"].fillna(1)
    told = {"ward": frame["ward"], "offline": answers.astype(int), "weight": weight}
    return Personal(told | {"age": frame["age"]}).reset_index(drop=True)


def placed(frame: pd.DataFrame, path: Path | Upload, postcodes: Postcodes | None) -> gpd.GeoSeries:
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
    asked = normalised(frame["postcode"].where(_nowhere(found)))
    if postcodes is not None and asked.notna().any():
        known = postcodes(pd.Index(sorted(asked.dropna().unique()))).reindex(asked)
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
    path: Path | Upload,
    columns: Mapping[str, str],
    needed: tuple[Column, ...],
    optional: tuple[Column, ...],
    *,
    private: bool = False,
) -> pd.DataFrame:
    """
    Read the columns asked for under their tidy names; absent optional ones are blank.

    The cells of a personal list are never quoted in a message.

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
    rest = {name: name for name in known if name not in wanted}
    found = read_table(path, wanted, optional=rest, private=private)
    # One column of the file may serve twice, as its own id and name.
    kind = Personal if private else pd.DataFrame
    frame = kind({name: found[head] for name, head in headers.items() if head in found})
    present = [column for column in (*needed, *optional) if column.name in frame]
    checked = check(frame, present, where=path.name, private=private)
    for column in optional:
        if column.name not in checked:
            checked[column.name] = float("nan") if column.numeric else None
    return checked
