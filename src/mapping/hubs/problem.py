"""A siting problem, checked and aligned: labelled tables in, arrays that match out."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import TypeVar

import numpy as np
import pandas as pd

from mapping.errors import InfeasibleError, InvalidTableError
from mapping.hubs.words import name

Table = TypeVar("Table", pd.Series, pd.DataFrame)


@dataclass(frozen=True, eq=False)
class Problem:
    """
    Demand and travel times that belong together, and what may be opened.

    Parameters
    ----------
    areas
        Area codes in the order the planner gave them.
    demand
        People per area, sorted by area code, so that the order of rows cannot matter.
    minutes
        Travel time, the same areas by sites; NaN where no route.
    hubs
        Number of sites to open, `kept` included.
    kept
        Whether each site must be open.
    free
        Whether each site may be opened but need not be.
    """

    areas: pd.Index
    demand: pd.Series
    minutes: pd.DataFrame
    hubs: int
    kept: np.ndarray
    free: np.ndarray

    @cached_property
    def people(self) -> np.ndarray:
        """Demand as an array."""
        return self.demand.to_numpy()

    @cached_property
    def reach(self) -> np.ndarray:
        """Minutes, sites by areas, infinite where there is no route."""
        return np.nan_to_num(self.minutes.to_numpy().T, nan=np.inf)

    @property
    def pick(self) -> int:
        """Number of free sites to open."""
        return self.hubs - int(self.kept.sum())

    def only(self, areas: np.ndarray) -> "Problem":
        """Return the same problem over a mask of areas."""
        return replace(self, demand=self.demand[areas], minutes=self.minutes[areas])

    def opened(self, picked: np.ndarray) -> np.ndarray:
        """Return the columns of all open sites: the kept and the `picked` (places among free)."""
        return np.sort(np.r_[np.flatnonzero(self.kept), np.flatnonzero(self.free)[picked]])


def problem(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
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
        Number of sites to open, those in `open` included.
    open
        Ids of sites that must be open.
    never
        Ids of sites that may not be.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values or do not belong together; names every fault.
    InfeasibleError
        If the tables are sound but the choices exclude each other.
    """
    faults = [*_table_faults(demand, minutes)]
    kept, barred = _ids(open), _ids(never)
    sites = minutes.columns if isinstance(minutes, pd.DataFrame) else pd.Index([])
    faults += [*_id_faults("open", open, kept, sites), *_id_faults("never", never, barred, sites)]
    clashes = [*_clashes(hubs, kept, barred, sites)]
    if faults:
        raise InvalidTableError("; ".join([*faults, *clashes]))
    if clashes:
        raise InfeasibleError("; ".join(clashes))
    order = demand.index[demand.index.astype(str).argsort()]
    must, may_not = sites.isin(kept), sites.isin(barred)
    return Problem(
        areas=demand.index,
        demand=_numbers(demand.loc[order]),
        minutes=_numbers(minutes.loc[order]),
        hubs=int(hubs),
        kept=must,
        free=~must & ~may_not,
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
        times = _numbers(minutes)
    except (TypeError, ValueError):
        yield "minutes: every value must be a number of minutes, or NaN where there is no route"
        return
    for what, wrong in (
        ("below 0", (times < 0).to_numpy()),
        ("infinite (write NaN where there is no route)", np.isposinf(times.to_numpy())),
    ):
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            where = f"area {times.index[row]}, site {times.columns[column]}"
            yield f"minutes: {what} for {int(wrong.sum())} of {wrong.size} pairs, first at {where}"


def _ids(sites: Iterable[Hashable]) -> list[Hashable]:
    return [] if isinstance(sites, str) else list(dict.fromkeys(sites))


def _id_faults(
    option: str, given: Iterable[Hashable], ids: list[Hashable], sites: pd.Index
) -> Iterable[str]:
    if isinstance(given, str):
        yield f"{option}: give a list of site ids, such as [{given!r}]"
    unknown = [site for site in ids if site not in sites]
    if unknown:
        yield f"{option}: minutes has no column for {name(unknown)}; check the site ids"


def _clashes(
    hubs: object, kept: list[Hashable], barred: list[Hashable], sites: pd.Index
) -> Iterable[str]:
    both = [site for site in kept if site in set(barred)]
    if both:
        yield f"both open and never: {name(both)}; take each out of one of the two"
    if isinstance(hubs, bool) or not isinstance(hubs, int | np.integer) or hubs < 1:
        yield f"hubs is {hubs}: give a whole number of at least 1"
        return
    if hubs < len(kept):
        yield (
            f"{len(kept)} sites must be open but hubs is {hubs}: hubs counts the open ones too, "
            f"so ask for at least {len(kept)}"
        )
    permitted = len(sites) - int(sites.isin(barred).sum())
    if hubs > permitted:
        yield f"{hubs} hubs asked for, but only {permitted} of {len(sites)} sites may be opened"


def _numbers(table: Table) -> Table:
    return table.astype(float)
