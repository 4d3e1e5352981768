"""Digital Exclusion Risk Index (Greater Manchester Combined Authority), version 1.6."""

from pathlib import Path

import pandas as pd

from mapping.sources.delimited import read_csv
from mapping.tables import Column, check

HEADERS = {
    "LSOA code": "area11",
    "Broadband component (national)": "deri_broadband",
    "Demography component (national)": "deri_demography",
    "Deprivation component (national, England IMD)": "deri_deprivation",
    "DERI score (national, England IMD)": "deri",
}
KINDS = {"deri_v1_6": dict.fromkeys((n for n in HEADERS.values() if n != "area11"), "rate")}


def scores(path: Path) -> pd.DataFrame:
    """
    Read the index and its three components, relative to England.

    Returns
    -------
    pandas.DataFrame
        By `area11` (LSOA 2011): `deri_broadband`, `deri_demography`, `deri_deprivation` and
        `deri`, each 0 to 10, higher = more risk. The score is the plain mean of the components.
    """
    rules = [Column(name, low=0, high=10) for name in HEADERS.values() if name != "area11"]
    frame = check(
        read_csv(path, HEADERS), (Column("area11", "lsoa", unique=True), *rules), where=path.name
    )
    return frame.set_index("area11")
