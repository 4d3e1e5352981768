"""Where postcodes lie, from a directory on the disk: nothing leaves the machine.

A tenant's postcode is personal, so it is looked up here and not at a service.
"""

import csv
import io
import re
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.sources.delimited import read_csv
from mapping.tables import Column, check

# The directory's headers until 2025, and since.
DIRECTORY = {"pcds": "postcode", "oseast1m": "easting", "osnrth1m": "northing"}
DIRECTORY_NOW = {"pcds": "postcode", "east1m": "easting", "north1m": "northing"}
# What the directory gives for a postcode without a position (Channel Islands, Isle of Man).
NOWHERE = 0
# Code-Point Open: no header; postcode, quality, easting, northing stand first.
QUALITY_NONE = "90"
MEMBER = re.compile(r"CSV/[a-z]+\.csv$", re.IGNORECASE)


def directory(path: Path) -> pd.DataFrame:
    """
    Read the ONS Postcode Directory or Code-Point Open (zip).

    Returns
    -------
    pandas.DataFrame
        By `postcode` (upper case, no spaces): `easting` and `northing` in the national grid.
        Postcodes without a position are left out.

    Raises
    ------
    InvalidTableError
        If the file is neither.
    """
    if path.suffix.lower() == ".zip":
        return _code_point(path)
    rules = (
        Column("postcode", "text", unique=True),
        Column("easting", low=0, blank=True),
        Column("northing", low=0, blank=True),
    )
    frame = check(_directory(path), rules, where=path.name).dropna()
    return _indexed(frame[frame["easting"] > NOWHERE])


def _directory(path: Path) -> pd.DataFrame:
    """Read the directory under its present headers, or those it had before."""
    now = {header: name for header, name in DIRECTORY_NOW.items() if name != "postcode"}
    frame = read_csv(path, {"pcds": "postcode"}, optional=now)
    return frame if len(frame.columns) == len(DIRECTORY_NOW) else read_csv(path, DIRECTORY)


def _code_point(path: Path) -> pd.DataFrame:
    try:
        with ZipFile(path) as archive:
            members = [name for name in archive.namelist() if MEMBER.search(name)]
            rows = [
                (row[0], row[2], row[3])
                for name in members
                for row in csv.reader(io.StringIO(archive.read(name).decode("utf-8")))
                if row and row[1] != QUALITY_NONE
            ]
    except (BadZipFile, UnicodeDecodeError, IndexError):
        rows = []
    if not rows:
        raise InvalidTableError(
            f"{path.name}: no Code-Point Open zip file (it holds no postcodes under Data/CSV). "
            "Download it again."
        )
    frame = pd.DataFrame(rows, columns=["postcode", "easting", "northing"])
    rules = (Column("postcode", "text", unique=True), Column("easting"), Column("northing"))
    return _indexed(check(frame, rules, where=path.name))


def _indexed(frame: pd.DataFrame) -> pd.DataFrame:
    keyed = frame.assign(postcode=normalised(frame["postcode"]))
    return keyed.set_index("postcode")[["easting", "northing"]].astype(float)


def normalised(postcodes: pd.Series) -> pd.Series:
    """
    Return postcodes in upper case without spaces, as the directory is indexed.

    Examples
    --------
    >>> normalised(pd.Series(["l4 0th", "L40TH"])).tolist()
    ['L40TH', 'L40TH']
    """
    return postcodes.astype("string").str.upper().str.replace(r"\s+", "", regex=True).astype(object)
