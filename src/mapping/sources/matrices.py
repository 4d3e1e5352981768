"""Tables of travel times that another tool wrote: r5py, OpenTripPlanner, TravelTime, ArcGIS."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mapping.errors import InvalidTableError


def travel_matrix(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """
    Read a table of travel times as it stands, long or wide; `mapping.access.imported` reads on.

    Parameters
    ----------
    path
        CSV (also .csv.gz) or Parquet.
    columns
        Tidy name (`area`, `site`, `minutes` or `seconds`) → the file's header, for those that
        differ from what the tools call them.

    Raises
    ------
    InvalidTableError
        If the file cannot be read, is empty, or lacks a column that is named.
    """
    try:
        if path.suffix.lower() == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=True)
    except (OSError, ValueError) as error:
        raise InvalidTableError(
            f"{path.name}: cannot be read as a table of travel times ({str(error)[:80]}). Save it "
            "as CSV UTF-8."
        ) from None
    absent = [header for header in columns.values() if header not in table.columns]
    if absent:
        raise InvalidTableError(
            f"{path.name}: there is no column {', '.join(map(repr, absent))}; found "
            f"{', '.join(map(str, table.columns[:8]))}."
        )
    if table.empty:
        raise InvalidTableError(f"{path.name}: there are no rows under the header.")
    return table.rename(columns={header: tidy for tidy, header in columns.items()})
