"""Bring figures from areas of one vintage to those of another, with nothing lost on the way.

A code is not an area: of the LSOAs of 2011 some were split, merged or redrawn by 2021, and a join
on the code drops those in silence. Figures are carried along the publisher's own change lookup.
Counts are apportioned by people, so totals stay; rates are carried as means weighted by the people
behind them. Ranks and deciles belong to the areas they were made for and are not carried.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mapping.errors import InvalidTableError

KINDS = ("count", "rate")


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """
    Which earlier area became which later one, and in what parts.

    Parameters
    ----------
    links
        One row per pair: `before`, `after` (codes), `change` (U unchanged, S split, M merged,
        X irregular) and `part`, the part of the earlier area's people in the later one, 0 to 1;
        the parts of an earlier area add up to 1.
    before, after
        The vintages, such as "LSOA 2011" and "LSOA 2021".
    """

    links: pd.DataFrame
    before: str
    after: str


@dataclass(frozen=True, eq=False)
class Carried:
    """
    A table in areas of another vintage, and an account of how it got there.

    Parameters
    ----------
    table
        By later `area`; NaN in one whose earlier areas are not all in the table that was given.
    totals
        By counted column: `before` and `after`.
    incomplete
        Later areas without a figure because an earlier area was missing.
    changed
        How many later areas are not the same as an earlier one.
    left
        Columns that were left behind because they cannot be carried: ranks and deciles.
    """

    table: pd.DataFrame
    totals: pd.DataFrame
    incomplete: pd.Index
    changed: int
    left: tuple[str, ...] = ()


def crosswalk(
    changes: pd.DataFrame, people: pd.Series, *, before: str = "LSOA 2011", after: str = "LSOA 2021"
) -> Crosswalk:
    """
    Work out the parts of earlier areas in later ones from where people live now.

    An earlier area that was split is apportioned by the residents of its later areas. Where
    several earlier areas share a later one (irregular changes: 9 pairs in England and Wales from
    2011 to 2021), its residents are taken to come from them in equal parts, an assumption.

    Parameters
    ----------
    changes
        Indexed by earlier code, one row per pair, with `area` (the later code) and `change`.
    people
        Residents by later area.

    Raises
    ------
    InvalidTableError
        If a later area has no number of residents.

    Examples
    --------
    >>> changes = pd.DataFrame({"area": ["N1", "N2"], "change": ["S", "S"]}, index=["OLD", "OLD"])
    >>> crosswalk(changes, pd.Series({"N1": 300, "N2": 100})).links["part"].tolist()
    [0.75, 0.25]
    """
    links = pd.DataFrame(
        {
            "before": changes.index,
            "after": changes["area"].to_numpy(),
            "change": changes["change"].to_numpy(),
        }
    ).drop_duplicates(["before", "after"])
    residents = links["after"].map(people)
    if residents.isna().any():
        lost = links.loc[residents.isna(), "after"]
        raise InvalidTableError(
            f"residents are missing for {lost.nunique()} areas of {after} (first {lost.iloc[0]}). "
            "Give the people of every area in the change lookup."
        )
    coming = residents / links.groupby("after")["before"].transform("size")
    parent = coming.groupby(links["before"])
    total = parent.transform("sum")
    # Nobody lives in any of the parts: equal ones.
    part = (coming / total).where(total > 0, 1 / parent.transform("size"))
    return Crosswalk(links.assign(part=part).reset_index(drop=True), before, after)


def carried(
    table: pd.DataFrame,
    along: Crosswalk,
    *,
    kinds: Mapping[str, str],
    base: pd.Series | None = None,
) -> Carried:
    """
    Carry columns from earlier areas to later ones.

    Parameters
    ----------
    table
        By earlier area.
    along
        The crosswalk.
    kinds
        Column to "count" (apportioned, so that the total stays) or "rate" (mean weighted by the
        people behind it; shares, rates and scores).
    base
        People behind the rates, by earlier area; default: every earlier area of a merged one
        counts by its part, as if all had equally many people.

    Returns
    -------
    Carried
        With one row per later area of the crosswalk that any area of the table became.

    Raises
    ------
    InvalidTableError
        If an area stands twice or is not in the crosswalk, a column is missing, its kind is
        neither (ranks and deciles cannot be carried), or a rate's base is missing for an area.

    Examples
    --------
    >>> changes = pd.DataFrame({"area": ["N", "N"], "change": ["M", "M"]}, index=["A", "B"])
    >>> along = crosswalk(changes, pd.Series({"N": 400}))
    >>> old = pd.DataFrame({"homes": [30, 10], "rate": [0.1, 0.5]}, index=["A", "B"])
    >>> people = pd.Series({"A": 300, "B": 100})
    >>> kinds = {"homes": "count", "rate": "rate"}
    >>> carried(old, along, kinds=kinds, base=people).table.loc["N"].to_dict()
    {'homes': 40.0, 'rate': 0.2}
    """
    _refuse(table, along, kinds, base)
    wanted = along.links["after"].isin(
        along.links.loc[along.links["before"].isin(table.index), "after"]
    )
    links = along.links[wanted]
    part, area = links["part"], links["after"].rename("area")
    behind = part * (1.0 if base is None else links["before"].map(base))
    columns = {}
    for name, kind in kinds.items():
        values = links["before"].map(table[name])
        weight = part if kind == "count" else behind / behind.groupby(area).transform("sum")
        # One missing part leaves the sum unknown.
        columns[name] = (values * weight).groupby(area).sum(min_count=1)
        columns[name][(values * weight).isna().groupby(area).any()] = float("nan")
    found = pd.DataFrame(columns).rename_axis("area")
    known = links["before"].isin(table.index)
    return Carried(
        table=found,
        totals=_totals(table, found, kinds),
        incomplete=pd.Index(sorted(area[~known].unique()), name="area"),
        changed=int(area[links["change"] != "U"].nunique()),
    )


def cross_tabulated(earlier: pd.Series, later: pd.Series, people: pd.Series) -> pd.DataFrame:
    """
    Say how the people of each earlier ward are spread over later wards, and the other way round.

    Parameters
    ----------
    earlier, later
        The ward of each small area, by the same areas.
    people
        Residents by small area.

    Returns
    -------
    pandas.DataFrame
        One row per pair of wards that share people: `earlier`, `later`, `people`, `of_earlier`
        and `of_later` (that number as a share of each ward's people, 0 to 1), in the order of
        codes. Small areas are whole, so a boundary through one is not seen.

    Raises
    ------
    InvalidTableError
        If a small area is missing in one of the three.

    Examples
    --------
    >>> old, new = pd.Series({"a": "O1", "b": "O1"}), pd.Series({"a": "N1", "b": "N2"})
    >>> cross_tabulated(old, new, pd.Series({"a": 30, "b": 10}))["of_earlier"].tolist()
    [0.75, 0.25]
    """
    frame = pd.DataFrame({"earlier": earlier, "later": later, "people": people})
    if frame.isna().to_numpy().any():
        lost = frame.index[frame.isna().any(axis=1)]
        raise InvalidTableError(
            f"{len(lost)} small areas have no earlier ward, later ward or people (first "
            f"{lost[0]}). Complete the lookups; none may be left out."
        )
    pairs = frame.groupby(["earlier", "later"], as_index=False)["people"].sum()
    for ward in ("earlier", "later"):
        pairs[f"of_{ward}"] = pairs["people"] / pairs.groupby(ward)["people"].transform("sum")
    return pairs


def _refuse(
    table: pd.DataFrame, along: Crosswalk, kinds: Mapping[str, str], base: pd.Series | None
) -> None:
    faults = []
    if table.index.has_duplicates:
        faults.append(f"area {table.index[table.index.duplicated()][0]} stands twice")
    unknown = table.index.difference(along.links["before"], sort=False)
    if len(unknown):
        faults.append(
            f"{len(unknown)} of {len(table)} areas are no {along.before} ({', '.join(unknown[:3])})"
        )
    faults += [f"there is no column '{name}'" for name in kinds if name not in table]
    faults += [
        f"'{name}' is a {kind}, which cannot be carried to other areas (only {' or '.join(KINDS)})"
        for name, kind in kinds.items()
        if kind not in KINDS
    ]
    rated = table.index if "rate" in kinds.values() and base is not None else table.index[:0]
    lost = rated.difference(base.dropna().index) if base is not None else rated
    if len(lost):
        faults.append(f"the people behind the rates are missing for {len(lost)} areas ({lost[0]})")
    if faults:
        raise InvalidTableError(f"{along.before} to {along.after}: {'; '.join(faults)}.")


def _totals(table: pd.DataFrame, found: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    counts = [name for name, kind in kinds.items() if kind == "count"]
    return pd.DataFrame(
        {"before": table[counts].sum(), "after": found[counts].sum()}, index=pd.Index(counts)
    ).astype(float)
