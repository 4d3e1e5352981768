"""Which sites may be opened together, and in words why some wishes exclude each other."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import maximum_bipartite_matching

from mapping.hubs.rules import Rules
from mapping.hubs.words import name

# Where a district needs no hub beyond those that are open in any case.
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Conditions:
    """
    What the planner's wishes leave open.

    Parameters
    ----------
    sites
        Every candidate site.
    kept
        Whether each site must be open.
    free
        Whether each site may be opened but need not be. A site whose group has a kept site is
        not free.
    group
        Group of each site; NaN where it has none.
    district
        District of each site; NaN where it has none.
    """

    sites: pd.Index
    kept: np.ndarray
    free: np.ndarray
    group: pd.Series
    district: pd.Series

    @property
    def rules(self) -> Rules:
        """Groups and districts as conditions on the positions among the free sites."""
        groups = _members(self.group[self.free])
        return Rules(
            at_most=tuple(places for places in groups.values() if len(places) > 1),
            at_least=tuple(self.districts_left.values()),
        )

    @property
    def districts_left(self) -> dict[Hashable, np.ndarray]:
        """Free sites, as positions, of each district that no kept site serves yet."""
        served = set(self.district[self.kept].dropna())
        free = _members(self.district[self.free])
        wanted = dict.fromkeys(self.district.dropna())
        none = np.array([], dtype=int)
        return {each: free.get(each, none) for each in wanted if each not in served}

    @property
    def units(self) -> np.ndarray:
        """Number the free sites so that those of one group share a number: one hub a number."""
        codes = pd.factorize(self.group[self.free])[0]
        alone = codes == NOWHERE
        codes[alone] = codes.max(initial=NOWHERE) + 1 + np.arange(alone.sum())
        return codes


def conditions(
    sites: pd.Index,
    *,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
) -> Conditions:
    """Put the planner's wishes together; `condition_faults` must have found nothing."""
    kept, barred = sites.isin(ids(open)), sites.isin(ids(never))
    group, district = _labels(groups, sites), _labels(districts, sites)
    taken = group.isin(group[kept].dropna()).to_numpy()
    return Conditions(sites, kept, ~kept & ~barred & ~taken, group, district)


def ids(sites: Iterable[Hashable]) -> list[Hashable]:
    """List site ids once each, in the order given; a bare text is no list of ids."""
    return [] if isinstance(sites, str) else list(dict.fromkeys(sites))


def condition_faults(
    sites: pd.Index,
    *,
    open: Iterable[Hashable],  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable],
    groups: pd.Series | None,
    districts: pd.Series | None,
) -> Iterator[str]:
    """Name what cannot be read: unknown sites, and what is not a list or a Series."""
    for option, given in (("open", open), ("never", never)):
        if isinstance(given, str):
            yield f"{option}: give a list of site ids, such as [{given!r}]"
        yield from _unknown(option, pd.Index(ids(given), dtype=object), sites)
    for option, of in (("groups", groups), ("districts", districts)):
        yield from _series_faults(option, of, sites)


def clashes(wanted: Conditions, hubs: int | None, barred: list[Hashable]) -> Iterator[str]:
    """
    Say in words which wishes exclude each other; nothing where some set of sites meets them all.

    Complete for groups, districts and the number of hubs together: sets with at most one site of
    each group are the independent sets of a partition matroid, so a pick that serves every
    district can always be made up to any size that the groups allow.
    """
    both = [site for site in wanted.sites[wanted.kept] if site in set(barred)]
    if both:
        yield f"both open and never: {name(both)}; take each out of one of the two"
    yield from _crowded(wanted)
    if hubs is not None and not _whole(hubs):
        yield f"hubs is {hubs}: give a whole number of at least 1"
        hubs = None
    if hubs is not None:
        yield from _wrong_number(wanted, hubs, barred)
    yield from _unserved(wanted, hubs)


def _whole(hubs: object) -> bool:
    number = isinstance(hubs, int | np.integer) and not isinstance(hubs, bool)
    return number and int(hubs) >= 1  # type: ignore[call-overload]


def _unknown(option: str, given: pd.Index, sites: pd.Index) -> Iterator[str]:
    unknown = given[~given.isin(sites)]
    if len(unknown):
        yield f"{option}: minutes has no column for {name(unknown)}; check the site ids"


def _series_faults(option: str, of: pd.Series | None, sites: pd.Index) -> Iterator[str]:
    if of is None:
        return
    if not isinstance(of, pd.Series):
        yield f"{option}: give a Series by site id, such as venues['{option[:-1]}']"
        return
    twice = of.index[of.index.duplicated()].unique()
    if len(twice):
        yield f"{option}: sites must be unique; repeated: {name(twice)}"
    yield from _unknown(option, of.index, sites)


def _labels(of: pd.Series | None, sites: pd.Index) -> pd.Series:
    if of is None:
        return pd.Series(np.nan, index=sites, dtype=object)
    return of.astype(object).reindex(sites)


def _members(labels: pd.Series) -> dict[Hashable, np.ndarray]:
    """Positions by label, in the order in which labels appear; NaN is no label."""
    codes, names = pd.factorize(labels)
    return {label: np.flatnonzero(codes == code) for code, label in enumerate(names)}


def _crowded(wanted: Conditions) -> Iterator[str]:
    """Name the groups of which more than one site must be open."""
    group = wanted.group[wanted.kept]
    for label, places in _members(group).items():
        if len(places) > 1:
            yield (
                f"groups: {name(group.index[places])} must all be open, but of {label} at most "
                "one may be; take the others out of open, or out of the group"
            )


def _wrong_number(wanted: Conditions, hubs: int, barred: list[Hashable]) -> Iterator[str]:
    kept, sites = int(wanted.kept.sum()), len(wanted.sites)
    if hubs < kept:
        yield (
            f"{kept} sites must be open but hubs is {hubs}: hubs counts the open ones too, "
            f"so ask for at least {kept}"
        )
    permitted = sites - int(wanted.sites.isin(barred).sum())
    most = kept + len(np.unique(wanted.units))
    if hubs > permitted:
        yield f"{hubs} hubs asked for, but only {permitted} of {sites} sites may be opened"
    elif hubs > most:
        yield (
            f"{hubs} hubs asked for, but only {most} may be open at once: {permitted} sites may be "
            "opened, and of each group at most one; ask for fewer, or leave some groups out"
        )


def _unserved(wanted: Conditions, hubs: int | None) -> Iterator[str]:
    """Name the districts that cannot each have a hub."""
    left = wanted.districts_left
    empty = [district for district, places in left.items() if not len(places)]
    if empty:
        yield (
            f"districts: no site may be opened in {name(empty)}; take a site there out of never "
            "(or out of the group of an open one), or leave the district out"
        )
    pick = None if hubs is None else hubs - int(wanted.kept.sum())
    if pick is not None and 0 <= pick < len(left):
        yield (
            f"districts: {len(left)} still need a hub ({name(left)}), but only {pick} of {hubs} "
            f"hubs {'is' if pick == 1 else 'are'} left to choose; ask for at least "
            f"{int(wanted.kept.sum()) + len(left)}, or leave districts out"
        )
    crowd = [] if empty else _sharing(left, wanted.units)
    if crowd:
        groups = wanted.group[wanted.free].iloc[np.concatenate([left[each] for each in crowd])]
        yield (
            f"districts: {name(crowd)} each need a hub, but have no sites beyond those of "
            f"{name(dict.fromkeys(groups))}, of which at most one may open; change the groups, "
            "or leave a district out"
        )


def _sharing(left: dict[Hashable, np.ndarray], units: np.ndarray) -> list[Hashable]:
    """
    Districts that together have fewer units than they are: a violator of Hall's condition.

    From a district that a largest matching leaves out, every district reached by alternating
    paths; empty where each district can have a unit of its own.
    """
    names, places = list(left), list(left.values())
    if not names:
        return []
    rows = np.repeat(np.arange(len(names)), [len(each) for each in places])
    columns = units[np.concatenate(places)]
    shape = (len(names), int(units.max(initial=0)) + 1)
    graph = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    unit_of = maximum_bipartite_matching(graph, perm_type="column")
    lost = np.flatnonzero(unit_of == NOWHERE)
    if not len(lost):
        return []
    owner = {unit: row for row, unit in enumerate(unit_of) if unit != NOWHERE}
    found = [int(lost[0])]
    for row in found:  # grows while it is read
        shared = graph.indices[graph.indptr[row] : graph.indptr[row + 1]]
        found += [owner[u] for u in dict.fromkeys(shared) if owner[u] not in found]
    return [names[row] for row in sorted(found)]
