"""Connected Nations (Ofcom): where fixed broadband can be had.

Availability says what can be bought, not what is bought: in cities, cost and skills keep more
homes offline than cables do.
"""

import re
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.sources.delimited import read_zipped_csv
from mapping.tables import Column, check

# The file of all premises; the one of residential premises has "res" in its name.
MEMBER = re.compile(r"(^|/)\d{6}_fixed_oa_coverage_r\d+\.csv$", re.IGNORECASE)
ELSEWHERE = r"[SN]\d{8}$"
HEADERS = {
    "output_area": "area",
    "All Premises": "premises",
    "Number of premises with SFBB availability": "superfast",
    "Number of premises with Gigabit availability": "gigabit",
}


def coverage(path: Path) -> pd.DataFrame:
    """
    Read the availability of fixed broadband by output area from the publisher's zip file.

    Returns
    -------
    pandas.DataFrame
        By `area` (output area 2021, England and Wales): `premises`, and how many of them can have
        `superfast` (30 Mbit/s and more) and `gigabit` broadband. Counts, to be added up.

    Raises
    ------
    InvalidTableError
        If the zip file holds no table by output area, besides the faults of the table.
    """
    member = _member(path)
    frame = read_zipped_csv(path, member, HEADERS)
    # Scotland and Northern Ireland have small areas of their own.
    frame = frame[~frame["area"].str.match(ELSEWHERE, na=False)]
    rules = [Column("area", "oa", unique=True)]
    rules += [Column(name, "count") for name in HEADERS.values() if name != "area"]
    return check(frame, rules, where=f"{path.name}/{member}").set_index("area")


def _member(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            found = sorted(name for name in archive.namelist() if MEMBER.search(name))
    except (BadZipFile, OSError):
        found = []
    if not found:
        raise InvalidTableError(
            f"{path.name}: no zip file with a table of fixed coverage by output area "
            "(…_fixed_oa_coverage_….csv). Download the output area file of Connected Nations."
        )
    return found[-1]
