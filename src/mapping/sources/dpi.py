"""Digital Propensity Index for Census 2021 (Office for National Statistics).

The share of census returns made online. It is observed where households were first asked to
answer online, and predicted by ONS's own model where they were first sent paper (about 9 % of
English households), with an uncertainty that is published beside it. Use it for pattern, never for
level. See ONS, "Digital Propensity Index for England and Wales LSOAs: Census 2021".
"""

from pathlib import Path

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.sources.delimited import read_csv
from mapping.tables import Column, check

HEADERS = {"lsoa11_code": "area11", "percent_online": "percent_online"}
# The publisher's own file was not seen by us: these headers are an assumption, and optional.
OPTIONAL = {
    "region": "region",
    "contact": "contact",
    "percent_online_low": "percent_low",
    "percent_online_high": "percent_high",
}
PAPER_FIRST = {"paper-first": True, "online-first": False}
KINDS = {
    "dpi2021": {
        "offline_returns": "rate",
        "offline_low": "rate",
        "offline_high": "rate",
        "region": "text",
        "paper_first": "text",
    }
}


def online_returns(path: Path) -> pd.DataFrame:
    """
    Read the index.

    Returns
    -------
    pandas.DataFrame
        By `area11` (LSOA 2011): `offline_returns`, the share of returns not made online (0 to 1);
        and, where the file has them, `region` (its name), `paper_first` (whether the share is
        predicted and not observed), `offline_low` and `offline_high` (the published interval).
    """
    rules = [Column("area11", "lsoa", unique=True), Column("percent_online", low=0, high=100)]
    frame = read_csv(path, HEADERS, optional=OPTIONAL)
    rules += [Column(name, low=0, high=100) for name in ("percent_low", "percent_high")
              if name in frame]  # fmt: skip
    rules += [Column(name, "text") for name in ("region", "contact") if name in frame]
    frame = check(frame, rules, where=path.name)
    # The end of the interval that is low online is the high one offline.
    shares = {"percent_online": "offline_returns", "percent_high": "offline_low",
              "percent_low": "offline_high"}  # fmt: skip
    found = pd.DataFrame(
        {tidy: 1 - frame[name] / 100 for name, tidy in shares.items() if name in frame}
    )
    if "contact" in frame:
        found["paper_first"] = _paper_first(frame["contact"], path.name)
    if "region" in frame:
        found["region"] = frame["region"]
    return found.set_index(pd.Index(frame["area11"]))


def _paper_first(contact: pd.Series, where: str) -> pd.Series:
    known = contact.str.casefold().map(PAPER_FIRST)
    if known.isna().any():
        row = known.index[known.isna()][0]
        raise InvalidTableError(
            f'{where}: contact: neither online-first nor paper-first in row {row} ("'
            f'{contact[row]}"). Correct the file and run again.'
        )
    return known.astype(bool)
