"""Patient Online Management Information (NHS England): patients who can use GP services online.

By practice and month. Having been given access is not the same as using it, and patients do not
all live near their practice.
"""

from pathlib import Path

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.sources.delimited import read_csv
from mapping.tables import Column, check

HEADERS = {
    "report_period_end": "month",
    "practice_code": "practice",
    "practice_name": "name",
    "field": "field",
    "value": "value",
}
# In lower case; the publisher changed the case of some between years.
FIELDS = {"patient_list_size": "patients", "total_pat_enbld": "enabled"}


def gp_online(path: Path) -> pd.DataFrame:
    """
    Read the last month of the file.

    Returns
    -------
    pandas.DataFrame
        By `practice` (its code): `name`, `month` (a date), `patients` on its list, `enabled`
        (those registered for at least one online service) and `share` of the two (0 to 1; NaN
        where a practice has no patients). The publisher's files have a few practices with more
        enabled than listed; there the share is 1.

    Raises
    ------
    InvalidTableError
        If a practice has no row or two rows of either measure, besides the faults of the table.
    """
    frame = read_csv(path, HEADERS)
    frame["field"] = frame["field"].str.strip().str.casefold().map(FIELDS)
    frame = frame.dropna(subset="field")
    rules = [Column(name, "text") for name in ("month", "practice", "name")]
    frame = check(frame, [*rules, Column("value", "count")], where=path.name)
    if frame.empty:
        raise InvalidTableError(
            f"{path.name}: no row has the field patient_list_size or Total_Pat_Enbld. Use the "
            "file of practices."
        )
    latest = _latest(frame, path.name)
    wide = latest.pivot(index="practice", columns="field", values="value")
    if set(wide) != set(FIELDS.values()) or wide.isna().to_numpy().any():
        lost = wide.reindex(columns=[*FIELDS.values()]).isna().any(axis=1)
        raise InvalidTableError(
            f"{path.name}: {lost.sum()} practices (first {lost.idxmax()}) lack patient_list_size "
            "or Total_Pat_Enbld. Download the file again."
        )
    share = (wide["enabled"] / wide["patients"].where(wide["patients"] > 0)).clip(upper=1)
    about = latest.drop_duplicates("practice").set_index("practice")[["name", "month"]]
    return about.join(wide[[*FIELDS.values()]]).assign(share=share)


def _latest(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the rows of the last month, one per practice and measure."""
    months = pd.to_datetime(frame["month"], format="mixed", dayfirst=True, errors="coerce")
    if months.isna().any():
        row = months.index[months.isna()][0]
        raise InvalidTableError(
            f'{where}: report_period_end: not a date in row {row} ("{frame["month"][row]}"). '
            "Correct the file and run again."
        )
    latest = frame.assign(month=months)[months == months.max()]
    again = latest.duplicated(["practice", "field"])
    if again.any():
        row = again.index[again][0]
        raise InvalidTableError(
            f"{where}: row {row} gives {latest['practice'][row]} a second time. Download the file "
            "again."
        )
    return latest
