"""Statistical disclosure control: what may leave of tables made from personal records.

Counts below the floor are suppressed, zero included, and the rest rounded, before anything is
stored or shown ("10-5 rule" of the Office for National Statistics). Counts from one set of records
come on one geography only, so that no two tables can be subtracted.
"""

from dataclasses import dataclass

import pandas as pd

FLOOR = 10
BASE = 5


@dataclass(frozen=True, eq=False)
class Released:
    """
    A column that may leave.

    Parameters
    ----------
    counts
        By area, rounded; NaN = suppressed or no records.
    rule
        What was done, in words, without the values.
    """

    counts: pd.Series
    rule: str


def release(counts: pd.Series, *, floor: int = FLOOR, base: int = BASE) -> Released:
    """
    Suppress small counts and round the others.

    Parameters
    ----------
    counts
        People or homes by area, from personal records.
    floor
        Counts below it, zero included, are suppressed.
    base
        The rest is rounded to the nearest multiple.

    Examples
    --------
    >>> release(pd.Series({"A": 0, "B": 9, "C": 12, "D": 243})).counts.to_dict()
    {'A': nan, 'B': nan, 'C': 10.0, 'D': 245.0}
    """
    kept = counts.astype(float).where(counts >= floor)
    rounded = (kept / base).round() * base
    rule = (
        f"{counts.name or 'counts'}: {int(kept.isna().sum())} of {len(counts)} areas suppressed "
        f"(fewer than {floor}), the others rounded to {base}."
    )
    return Released(rounded, rule)
