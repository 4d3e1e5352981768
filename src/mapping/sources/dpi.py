"""Digital Propensity Index for Census 2021 (Office for National Statistics).

The share of census returns made online. It is observed where households were first asked to
answer online, and predicted by ONS's own model where they were first sent paper (about 9 % of
English households). Use it for pattern, never for level.
"""

from pathlib import Path

import pandas as pd

from mapping.sources.delimited import read_csv
from mapping.tables import Column, check


def online_returns(path: Path) -> pd.DataFrame:
    """
    Read the index.

    Returns
    -------
    pandas.DataFrame
        By `area11` (LSOA 2011): `offline_returns`, the share of returns not made online (0 to 1).
    """
    columns = {"lsoa11_code": "area11", "percent_online": "percent_online"}
    rules = (Column("area11", "lsoa", unique=True), Column("percent_online", low=0, high=100))
    frame = check(read_csv(path, columns), rules, where=path.name).set_index("area11")
    return (1 - frame[["percent_online"]] / 100).rename(
        columns={"percent_online": "offline_returns"}
    )
