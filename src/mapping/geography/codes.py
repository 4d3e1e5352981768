"""Codes of areas, which vintage they are of, and the national grid.

An area is named by its nine-character code, never by its name: names move between codes. The
demo city uses the country letter X, which no statistical office issues.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError

NATIONAL_GRID = "EPSG:27700"
LONGITUDE_LATITUDE = "EPSG:4326"

CODE_PATTERNS = {
    "oa": r"[EWX]00\d{6}",
    "lsoa": r"[EWX]01\d{6}",
    "ward": r"[EWX]05\d{6}",
    "district": r"[EWX]0[6-9]\d{6}",
}


@dataclass(frozen=True, eq=False)
class Lookup:
    """
    Which LSOA is best fitted to which ward and district, of one vintage.

    Parameters
    ----------
    frame
        One row per LSOA, indexed by `area`, with `name`, `ward`, `ward_name`, `district` and
        `district_name`.
    vintage
        What the codes are of, such as "LSOA 2021, wards 2024".
    """

    frame: pd.DataFrame
    vintage: str

    def district_areas(self, district: str) -> pd.DataFrame:
        """
        Return the rows of one district, sorted by area code.

        Raises
        ------
        InvalidTableError
            If the lookup knows no such district.
        """
        rows = self.frame[self.frame["district"] == district].sort_index()
        if rows.empty:
            raise InvalidTableError(
                f"No area of district {district} is in the lookup ({self.vintage}). Check the "
                "district code in the study file; English codes start with E06 to E09."
            )
        return rows


def refuse_unknown_areas(
    areas: pd.Index, lookup: Lookup, *, where: str, earlier: Iterable[str] = ()
) -> None:
    """
    Refuse codes that the lookup does not know, saying so if they are of an earlier vintage.

    Parameters
    ----------
    areas
        Codes found in a table.
    lookup
        The codes that can exist.
    where
        The file, for the message.
    earlier
        Codes of LSOAs of 2011, to tell an outdated table from a misspelt one.

    Raises
    ------
    InvalidTableError
        Names the file, how many codes are unknown, the first of them and their rows.
    """
    unknown = areas[~areas.isin(lookup.frame.index)]
    if unknown.empty:
        return
    shown = ", ".join(map(str, unknown[:3])) + (" …" if len(unknown) > 3 else "")
    if unknown.isin(list(earlier)).all():
        raise InvalidTableError(
            f"{where}: {len(unknown)} of {len(areas)} areas have codes of 2011 ({shown}) where "
            f"{lookup.vintage} is meant. Use the table of 2021, or bring it over with the "
            "2011 to 2021 lookup."
        )
    raise InvalidTableError(
        f"{where}: {len(unknown)} of {len(areas)} area codes are unknown to {lookup.vintage} "
        f"({shown}). Correct the codes or remove the rows."
    )


def refuse_other_wards(lookup: Lookup, wards: pd.Index, district: str, *, where: str) -> None:
    """
    Refuse outlines of wards of another vintage than the lookup's: areas would fall out of the map.

    Parameters
    ----------
    wards
        Codes of the outlines; those of wards that no area fits best may be among them.
    district
        Whose wards are compared; between reviews most codes stay, so one strange code tells.
    where
        The file of the outlines.

    Raises
    ------
    InvalidTableError
        Names the wards of the lookup that have no outline.

    Examples
    --------
    >>> frame = pd.DataFrame({"district": "E08000012", "ward": ["W1", "W9"]}, index=["a", "b"])
    >>> known = Lookup(frame, "LSOA 2021, wards 2024")
    >>> refuse_other_wards(known, pd.Index(["W1", "W2"]), "E08000012", where="wards.geojson")
    Traceback (most recent call last):
    ...
    mapping.errors.InvalidTableError: wards.geojson: 1 of 2 wards of E08000012 have no outline \
(W9), going by LSOA 2021, wards 2024. Use outlines and lookup of the same year.
    """
    known = pd.Index(sorted(set(lookup.district_areas(district)["ward"])))
    without = known.difference(wards)
    if len(without):
        raise InvalidTableError(
            f"{where}: {len(without)} of {len(known)} wards of {district} have no outline "
            f"({', '.join(without[:3])}{' …' if len(without) > 3 else ''}), going by "
            f"{lookup.vintage}. Use outlines and lookup of the same year."
        )


def matched(places: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Say for each table which of a place's areas it has, before anything is joined.

    Parameters
    ----------
    places
        The areas wanted, by `area`.
    tables
        File name to table by `area`.

    Returns
    -------
    pandas.DataFrame
        One row per table, by `table`: `rows` of the table, `wanted` areas, how many of them
        `matched` and are `missing`, rows `elsewhere` (of other places) and `repeated`, and `first`,
        the first missing code ("" where none is).

    Examples
    --------
    >>> places = pd.DataFrame(index=["A", "B"])
    >>> found = matched(places, {"age.csv": pd.DataFrame(index=["B", "C"])})
    >>> found[["matched", "missing", "elsewhere"]].to_numpy().tolist()
    [[1, 1, 1]]
    """
    rows = {name: _matched(places.index, table.index) for name, table in tables.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("table")


def _matched(wanted: pd.Index, found: pd.Index) -> dict[str, int | str]:
    missing = sorted(wanted.difference(found))
    repeated = int(found.duplicated().sum())
    return {
        "rows": len(found),
        "wanted": len(wanted),
        "matched": len(wanted) - len(missing),
        "missing": len(missing),
        "elsewhere": int((~found.isin(wanted)).sum()),
        "repeated": repeated,
        "first": str(missing[0]) if missing else "",
    }


def vintage_of(codes: pd.Index, known: Mapping[str, pd.Index], *, where: str) -> str:
    """
    Return the first vintage whose areas the codes are.

    Areas that did not change have the same code in two vintages and are the same areas, so a table
    of those alone is of either.

    Parameters
    ----------
    known
        Vintage to every code of it.
    where
        The file, for the message.

    Raises
    ------
    InvalidTableError
        If no vintage has all of the codes: a table is of one vintage, and none is dropped.

    Examples
    --------
    >>> known = {"LSOA 2021": pd.Index(["A", "B2"]), "LSOA 2011": pd.Index(["A", "B1"])}
    >>> vintage_of(pd.Index(["A", "B1"]), known, where="table.csv")
    'LSOA 2011'
    >>> vintage_of(pd.Index(["A", "B1", "B2"]), known, where="table.csv")
    Traceback (most recent call last):
    ...
    mapping.errors.InvalidTableError: table.csv: its 3 area codes are of no one vintage: 1 are no \
LSOA 2021 (first B1), 1 are no LSOA 2011 (first B2). Keep areas of one vintage in a table.
    """
    strange = {name: codes[~codes.isin(index)] for name, index in known.items()}
    for name, unknown in strange.items():
        if unknown.empty:
            return name
    told = ", ".join(
        f"{len(unknown)} are no {name} (first {unknown[0]})"
        for name, unknown in strange.items()
        if len(unknown) < len(codes)
    )
    raise InvalidTableError(
        f"{where}: its {len(codes)} area codes are of no one vintage"
        + (f": {told}. " if told else f" that is held ({', '.join(known)}). ")
        + "Keep areas of one vintage in a table."
    )


def ward_gaps(wards: Iterable[str]) -> list[str]:
    """
    Return codes missing inside the run of a district's ward codes.

    Ward codes of one review mostly run on without gaps, so a gap may be a ward that no LSOA fits
    best (Liverpool's E05015332 is one). Only official outlines can tell.

    Examples
    --------
    >>> ward_gaps(["E05000001", "E05000002", "E05000004"])
    ['E05000003']
    """
    codes = sorted(set(wards))
    if not codes:
        return []
    stem = codes[0][:3]
    numbers = [int(code[3:]) for code in codes]
    if any(not code.startswith(stem) for code in codes) or numbers[-1] - numbers[0] > 2 * len(
        codes
    ):
        return []
    missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
    return [f"{stem}{number:06d}" for number in missing]


def to_grid(frame: gpd.GeoDataFrame, *, where: str) -> gpd.GeoDataFrame:
    """
    Return `frame` in the national grid (metres).

    Raises
    ------
    InvalidTableError
        If `frame` does not say which coordinates it uses, or lands outside Great Britain, as
        swapped longitude and latitude do.
    """
    if frame.crs is None:
        raise InvalidTableError(
            f"{where}: the coordinate system is not stated. Save the file with its CRS."
        )
    projected = frame.to_crs(NATIONAL_GRID)
    west, south, east, north = projected.total_bounds
    if len(projected) and not (
        -100_000 < west <= east < 800_000 and -100_000 < south <= north < 1_400_000
    ):
        raise InvalidTableError(
            f"{where}: some shapes lie outside Great Britain. Check that longitude and latitude "
            "(or easting and northing) are not swapped."
        )
    return projected


def valid_code(code: str, level: str) -> bool:
    """
    Return whether `code` has the form of a code of that level.

    Examples
    --------
    >>> valid_code("E08000012", "district"), valid_code("Liverpool", "district")
    (True, False)
    """
    return re.fullmatch(CODE_PATTERNS[level], code) is not None
