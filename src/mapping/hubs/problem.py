"""A siting problem, checked and aligned: labelled tables in, arrays that match out."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from mapping.errors import InfeasibleError, InvalidTableError
from mapping.hubs.conditions import clashes, condition_faults, conditions, ids
from mapping.hubs.rules import Rules
from mapping.hubs.words import name

Table = TypeVar("Table", pd.Series, pd.DataFrame)


@dataclass(frozen=True, eq=False)
class Problem:
    """
    Demand and travel times that belong together, and what may be opened.

    Travel times are by far the largest table, so they are kept as they were given; `rows` tells
    which of their rows belong to which area.

    Parameters
    ----------
    areas
        Area codes in the order the planner gave them.
    demand
        People per area, sorted by area code, so that the order of rows cannot matter.
    table
        Travel time, areas by sites, in minutes; NaN where no route.
    rows
        Position in `table` of each area of `demand`.
    hubs
        Number of sites to open, `kept` included; where the question sets none, all permitted.
    kept
        Whether each site must be open.
    free
        Whether each site may be opened but need not be.
    rules
        Conditions on which free sites are opened together, by their positions among the free.
    """

    areas: pd.Index
    demand: pd.Series
    table: pd.DataFrame
    rows: np.ndarray
    hubs: int
    kept: np.ndarray
    free: np.ndarray
    rules: Rules = field(default_factory=Rules)

    @property
    def sites(self) -> pd.Index:
        """Every candidate site."""
        return self.table.columns

    @cached_property
    def people(self) -> np.ndarray:
        """Demand as an array."""
        return self.demand.to_numpy()

    @cached_property
    def minutes(self) -> pd.DataFrame:
        """Travel time in the order of `demand`; a copy where that is not the order given."""
        return self.table if self._in_order else self.table.iloc[self.rows]

    @cached_property
    def reach(self) -> np.ndarray:
        """Minutes, sites by areas, infinite where there is no route: one copy of the table."""
        times = self.table.to_numpy()
        times = times.copy() if self._in_order else times[self.rows]
        times[np.isnan(times)] = np.inf
        return times.T

    @cached_property
    def burden(self) -> np.ndarray:
        """Person-minutes, sites by areas; infinite where no route, NaN where nobody lives too."""
        with np.errstate(invalid="ignore"):
            return self.reach * self.people

    @property
    def pick(self) -> int:
        """Number of free sites to open."""
        return self.hubs - int(self.kept.sum())

    def near(self, within: float) -> np.ndarray:
        """Return whether each site covers each area, sites by areas; no copy of the minutes."""
        near = self.table.to_numpy() <= within
        return (near if self._in_order else near[self.rows]).T

    def only(self, areas: np.ndarray) -> "Problem":
        """Return the same problem over a mask of areas."""
        return replace(self, demand=self.demand[areas], rows=self.rows[areas])

    def opened(self, picked: np.ndarray) -> np.ndarray:
        """Return the columns of all open sites: the kept and the `picked` (places among free)."""
        return np.sort(np.r_[np.flatnonzero(self.kept), np.flatnonzero(self.free)[picked]])

    @property
    def _in_order(self) -> bool:
        return np.array_equal(self.rows, np.arange(len(self.table)))


def problem(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int | None,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
) -> Problem:
    """
    Check both tables and all choices, and align them by label.

    Parameters
    ----------
    demand
        People per area, indexed by area; may be 0, not negative, not NaN.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    hubs
        Number of sites to open, those in `open` included; None where the question sets none.
    open
        Ids of sites that must be open. A hub that is open today and is not listed may close.
    never
        Ids of sites that may not be.
    groups
        Group by site, such as the building of a room; of each group at most one site may be
        open. NaN, and sites left out, have none.
    districts
        District by site; in each district named at least one site must be open. NaN, and sites
        left out, have none.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values or do not belong together; names every fault.
    InfeasibleError
        If the tables are sound but the choices exclude each other.
    """
    sites = minutes.columns if isinstance(minutes, pd.DataFrame) else pd.Index([])
    wishes: dict[str, Any] = {
        "open": ids(open) if not isinstance(open, str) else open,
        "never": ids(never) if not isinstance(never, str) else never,
        "groups": groups,
        "districts": districts,
    }
    unreadable = [*condition_faults(sites, **wishes)]
    faults = [*_table_faults(demand, minutes), *unreadable]
    named = {**wishes, "groups": None, "districts": None} if unreadable else wishes
    wanted = conditions(sites, **named)
    clashing = [*clashes(wanted, hubs, ids(wishes["never"]))] if sites.is_unique else []
    if faults:
        raise InvalidTableError("; ".join([*faults, *clashing]))
    if clashing:
        raise InfeasibleError("; ".join(clashing))
    order = demand.index[np.argsort(demand.index.astype(str), kind="stable")]
    return Problem(
        areas=demand.index,
        demand=_numbers(demand.loc[order]),
        table=_numbers(minutes),
        rows=minutes.index.get_indexer(order),
        hubs=int(wanted.kept.sum() + wanted.free.sum()) if hubs is None else int(hubs),
        kept=wanted.kept,
        free=wanted.free,
        rules=wanted.rules,
    )


def check_options(
    *, within: float | None = None, time_limit: float | None = None, gap: float = 0.0
) -> None:
    """Raise InfeasibleError, naming all, where an option is outside its range."""
    faults = []
    if within is not None and not (within >= 0 and isfinite(within)):
        faults.append(f"within is {within}: give the service standard in minutes, 0 or more")
    if time_limit is not None and not time_limit > 0:
        faults.append(f"time_limit is {time_limit}: give seconds above 0, or None for no limit")
    if not 0 <= gap < 1:
        faults.append(f"gap is {gap}: give a share from 0 (proven best) to below 1")
    if faults:
        raise InfeasibleError("; ".join(faults))


def _table_faults(demand: pd.Series, minutes: pd.DataFrame) -> Iterable[str]:
    if not isinstance(demand, pd.Series) or not isinstance(minutes, pd.DataFrame):
        yield "give demand as a Series by area and minutes as a DataFrame, areas by sites"
        return
    yield from _label_faults("demand", "areas", demand.index)
    yield from _label_faults("minutes", "areas", minutes.index)
    yield from _label_faults("minutes", "sites", minutes.columns)
    yield from _match_faults(demand.index, minutes.index)
    yield from _demand_faults(demand)
    yield from _minutes_faults(minutes)


def _label_faults(table: str, kind: str, labels: pd.Index) -> Iterable[str]:
    if labels.empty:
        yield f"{table}: there are no {kind}; give at least one"
    twice = labels[labels.duplicated()].unique()
    if len(twice):
        yield f"{table}: {kind} must be unique; repeated: {name(twice)}"


def _match_faults(demand: pd.Index, minutes: pd.Index) -> Iterable[str]:
    if demand.equals(minutes):
        return
    lost, extra = demand.difference(minutes, sort=False), minutes.difference(demand, sort=False)
    if len(lost):
        yield (
            f"minutes: {len(lost)} of {len(demand)} areas with demand have no row: {name(lost)}; "
            "add them, with NaN where there is no route"
        )
    if len(extra):
        yield (
            f"demand: {len(extra)} of {len(minutes)} areas with travel times have no row: "
            f"{name(extra)}; add them (0 if nobody lives there) or leave them out of minutes"
        )


def _demand_faults(demand: pd.Series) -> Iterable[str]:
    try:
        people = _numbers(demand)
    except (TypeError, ValueError):
        yield "demand: every value must be a number of people"
        return
    for what, wrong in (
        ("missing", people.isna()),
        ("below 0", people < 0),
        ("infinite", people == np.inf),
    ):
        if wrong.any():
            where = name(people.index[wrong])
            yield f"demand: {what} for {int(wrong.sum())} of {len(people)} areas: {where}"


def _minutes_faults(minutes: pd.DataFrame) -> Iterable[str]:
    try:
        times = _numbers(minutes).to_numpy()
    except (TypeError, ValueError):
        yield "minutes: every value must be a number of minutes, or NaN where there is no route"
        return
    # The extremes first: they need no second table, and a sound one has nothing to look up.
    if np.fmin.reduce(times, axis=None, initial=0.0) < 0:
        yield _first("below 0", times < 0, minutes)
    if np.fmax.reduce(times, axis=None, initial=0.0) == np.inf:
        yield _first("infinite (write NaN where there is no route)", np.isposinf(times), minutes)


def _first(what: str, wrong: np.ndarray, minutes: pd.DataFrame) -> str:
    row, column = np.argwhere(wrong)[0]
    where = f"area {minutes.index[row]}, site {minutes.columns[column]}"
    return f"minutes: {what} for {int(wrong.sum())} of {wrong.size} pairs, first at {where}"


def _numbers(table: Table) -> Table:
    """Return the table itself where it holds float64 numbers already, a converted one if not."""
    kinds = table.dtypes if isinstance(table, pd.DataFrame) else [table.dtype]
    return table if all(kind == np.float64 for kind in kinds) else table.astype(float)
