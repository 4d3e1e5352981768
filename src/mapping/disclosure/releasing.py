"""Counts, shares and means of personal records, as far as they may leave."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import InitVar, asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from mapping.disclosure.suppression import Sums, suppressed
from mapping.errors import DisclosureError

FLOOR = 10
BASE = 5

_SEAL = object()


@dataclass(frozen=True)
class Log:
    """
    What was suppressed in one table, without the values.

    Parameters
    ----------
    what
        What was counted.
    rule
        What was done and how often, as a sentence.
    floor, base
        Counts below the floor are hidden, others rounded to a multiple of the base.
    cells
        Cells of the table, totals among them.
    hidden
        Cells suppressed. How many of them are small is not told.
    """

    what: str
    rule: str
    floor: int
    base: int
    cells: int
    hidden: int

    def as_dict(self) -> dict[str, Any]:
        """Return the log as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Released:
    """
    Figures that may leave: made by this module alone.

    Parameters
    ----------
    counts
        As they came in and with the totals asked for, rounded; NaN = suppressed or no records.
    log
        What was done.
    """

    counts: pd.Series | pd.DataFrame
    log: Log
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise DisclosureError(
                "Released figures are made by mapping.disclosure alone: call release or tally."
            )

    @property
    def rule(self) -> str:
        """What was done, as a sentence, without the values."""
        return self.log.rule


def release(
    counts: pd.Series | pd.DataFrame,
    *,
    beneath: pd.Series | pd.DataFrame | None = None,
    within: Sequence[Mapping[Hashable, Hashable] | pd.Series] = (),
    whole: Hashable | None = None,
    every: Hashable | None = None,
    what: str | None = None,
    floor: int = FLOOR,
    base: int = BASE,
) -> Released:
    """
    Suppress small counts, and others that would give them away; round what is left.

    All totals that are ever to be shown beside the counts have to be released with them: two tables
    released apart can be subtracted. Nothing random is added, so the same records always give the
    same table.

    Parameters
    ----------
    counts
        People or homes by area, from personal records; a frame has groups of them as columns.
    beneath
        Other counts of the same cells that have to reach the floor too: tenants beneath homes.
    within
        Larger areas whose totals are shown too, the smallest first: area to its larger area, then
        that to the next.
    whole
        Name of the row of the grand total, if that is shown.
    every
        Name of the column of all groups together, if that is shown.
    what
        What is counted; default: the name of the series.
    floor
        Counts below it, zero included, are suppressed.
    base
        The rest is rounded to the nearest multiple.

    Examples
    --------
    >>> release(pd.Series({"A": 0, "B": 9, "C": 12, "D": 243})).counts.to_dict()
    {'A': nan, 'B': nan, 'C': 10.0, 'D': 245.0}

    A second area is hidden where the total would tell of the first.

    >>> release(pd.Series({"A": 4, "B": 12, "C": 33}), whole="all").counts.to_dict()
    {'A': nan, 'B': nan, 'C': 35.0, 'all': 50.0}
    """
    name = what or str(getattr(counts, "name", None) or "counts")
    table, sums = _with_totals(_framed(counts), within, whole, every)
    true = table.to_numpy(float)
    if np.isnan(true).any() or (true < 0).any():
        raise ValueError(f"{name}: counts are whole numbers, 0 or more; give zero where nobody is.")
    small = true < floor
    if beneath is not None:
        other, _ = _with_totals(_framed(beneath), within, whole, every)
        small |= other.reindex_like(table).fillna(0).to_numpy(float) < floor
    hidden = suppressed(true.ravel(), small.ravel(), sums, floor=floor, base=base)
    shown = (table / base).round() * base
    kept = shown.astype(float).mask(hidden.reshape(true.shape))
    log = _log(name, hidden, within, whole, every, floor=floor, base=base)
    one_column = isinstance(counts, pd.Series)
    return Released(kept.iloc[:, 0].rename(counts.name) if one_column else kept, log, _SEAL)


def _framed(counts: pd.Series | pd.DataFrame) -> pd.DataFrame:
    # Whatever class the counts came in, what is released is a plain table.
    if isinstance(counts, pd.Series):
        return pd.DataFrame({0: counts.to_numpy()}, index=counts.index)
    return pd.DataFrame(counts.to_numpy(), counts.index, counts.columns)


def _log(
    name: str,
    hidden: np.ndarray,
    within: Sequence[object],
    whole: object,
    every: object,
    *,
    floor: int,
    base: int,
) -> Log:
    adds_up = bool(within) or whole is not None or every is not None
    cells = "cells" if adds_up else "areas"
    why = f"fewer than {floor}" + (", or needed to hide those that are" if adds_up else "")
    rule = (
        f"{name}: {int(hidden.sum())} of {hidden.size} {cells} suppressed ({why}), the others "
        f"rounded to {base}."
    )
    return Log(name, rule, floor, base, int(hidden.size), int(hidden.sum()))


def _with_totals(
    table: pd.DataFrame,
    within: Sequence[Mapping[Hashable, Hashable] | pd.Series],
    whole: Hashable | None,
    every: Hashable | None,
) -> tuple[pd.DataFrame, Sums]:
    """Return a table with its totals, and which cells (row by row) add up."""
    frames, families = [table], []  # families: row of the total, rows of its parts
    start, level = 0, table
    for larger in within:
        above = pd.Series(level.index.map(larger), level.index)
        if above.isna().any():
            raise ValueError(f"No larger area is given for {above.index[above.isna()][0]}.")
        added = level.groupby(above.to_numpy(), sort=True).sum()
        families += _families(above, added.index, start, start + len(level))
        start += len(level)
        frames.append(added)
        level = added
    if whole is not None:
        rows = np.arange(start, start + len(level))
        families.append((start + len(level), rows))
        frames.append(pd.DataFrame([level.sum()], index=[whole]))
    long = pd.concat(frames)
    if not long.index.is_unique:
        raise ValueError("Areas and their totals need names that differ.")
    long.index.name = table.index.name
    groups = long.shape[1]
    width = groups + (every is not None)
    totals = [total * width + column for total, _ in families for column in range(width)]
    parts = [rows * width + column for _, rows in families for column in range(width)]
    if every is not None:
        totals += [row * width + groups for row in range(len(long))]
        parts += [row * width + np.arange(groups) for row in range(len(long))]
        long = long.assign(**{str(every): long.sum(axis=1)})
    return long, Sums(totals, parts)


def _families(
    above: pd.Series, larger: pd.Index, first: int, first_larger: int
) -> list[tuple[int, np.ndarray]]:
    members = pd.Series(np.arange(first, first + len(above))).groupby(above.to_numpy())
    return [(first_larger + int(larger.get_loc(area)), rows.to_numpy()) for area, rows in members]


def tally(
    areas: pd.Series,
    known: pd.Index,
    *,
    what: str,
    groups: pd.Series | None = None,
    elsewhere: Hashable | None = None,
    **options: Any,
) -> Released:
    """
    Count personal records by area, and release the counts.

    Parameters
    ----------
    areas
        The area of each record; missing where it is not known.
    known
        Areas to count, the same set for every table of this data set.
    what
        What is counted: "Learners by ward".
    groups
        The group of each record, if they are to be told apart; columns of the result.
    elsewhere
        Name of a row for records in no known area, if their number is to be shown; where it is
        not, they are not counted.
    **options
        As for `release`.

    Examples
    --------
    >>> wards = pd.Series(["A"] * 31 + ["B"] * 3 + ["X"] * 12)
    >>> tally(wards, pd.Index(["A", "B"]), what="Learners by ward").counts.to_dict()
    {'A': 30.0, 'B': nan}
    """
    where = pd.Series(areas.to_numpy(), areas.index).where(areas.isin(known).to_numpy(bool))
    rows = known
    if elsewhere is not None:
        where = where.fillna(elsewhere)
        rows = known.append(pd.Index([elsewhere]))
    if groups is None:
        counts = where.value_counts().reindex(rows, fill_value=0)
    else:
        told_apart = pd.Series(groups.to_numpy(), groups.index).reindex(where.index)
        counts = pd.crosstab(where, told_apart).reindex(rows, fill_value=0)
    counts.index.name = known.name
    return release(counts, what=what, **options)


def share(part: Released, of: Released) -> pd.Series:
    """
    Return percentages in whole numbers; NaN where a count under them is suppressed or small.

    They are worked out from released figures, so that they tell nothing that those do not. What is
    left of the whole has to reach the floor too: "all of them" is said of nobody.
    """
    whole = of.counts.reindex(part.counts.index)
    enough = (whole - part.counts) >= max(part.log.floor, of.log.floor)
    return (100 * part.counts / whole).where(enough).round(0)


def mean(values: pd.Series, areas: pd.Series, *, beneath: Released, to: float) -> pd.Series:
    """
    Return means of a personal quantity by area; NaN where the count beneath is suppressed.

    Parameters
    ----------
    values
        One per record, none missing.
    areas
        The area of each record.
    beneath
        Released counts of the same records by the same areas.
    to
        What means are rounded to: 5 for pounds a week, say. Where one record makes up half of an
        area's sum or more, its mean is suppressed.
    """
    by_area = pd.Series(values.to_numpy(float)).abs().groupby(areas.to_numpy())
    means = pd.Series(values.to_numpy(float)).groupby(areas.to_numpy()).mean()
    spread = by_area.max() < by_area.sum() / 2
    shown = beneath.counts.notna()
    wanted = means.where(spread).reindex(shown.index).where(shown)
    return (wanted / to).round() * to


def spread(made: Released, shares: pd.DataFrame) -> pd.Series:
    """
    Return about how many are in each of some other areas, from released counts alone.

    For catchments and surroundings of stops: since no record is counted again, no line, however it
    is drawn, tells more than the released table does.

    Parameters
    ----------
    made
        Counts by area, without groups.
    shares
        Share of each area that lies in each other one: areas by others, 0 to 1.

    Returns
    -------
    pandas.Series
        By column of `shares`, rounded; NaN below the floor, or where an area with a suppressed
        count has a part.

    Examples
    --------
    >>> wards = release(pd.Series({"A": 120, "B": 81, "C": 3}))
    >>> parts = pd.DataFrame({"near": [0.5, 0.25, 0], "far": [0, 0, 1.0]}, index=["A", "B", "C"])
    >>> spread(wards, parts).to_dict()
    {'near': 80.0, 'far': nan}
    """
    counts = made.counts.reindex(shares.index)
    parts = shares.mul(counts.fillna(0), axis=0).sum()
    untold = (shares.gt(0) & counts.isna().to_numpy()[:, None]).any()
    floor, base = made.log.floor, made.log.base
    return ((parts / base).round() * base).mask(untold | (parts < floor))


def told(count: int, *, floor: int = FLOOR, base: int = BASE) -> str:
    """
    Say a count of personal records as far as it may be said.

    Examples
    --------
    >>> told(0), told(9), told(1203)
    ('fewer than 10', 'fewer than 10', 'about 1,205')
    """
    if count < floor:
        return f"fewer than {floor}"
    return printed(release(pd.Series([count]), floor=floor, base=base).counts.iloc[0])


def printed(count: float) -> str:
    """Say a released count in words; why one was suppressed is not told."""
    return "not told" if pd.isna(count) else f"about {count:,.0f}"
