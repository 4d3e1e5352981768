"""Why here and not there: what each hub of a plan brings, and what the other sites would."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.hubs.insight.tally import Columns, Tally, tally
from mapping.hubs.plan import HubPlan
from mapping.hubs.problem import problem
from mapping.hubs.words import name, people
from mapping.rounding import about

# Wards are named until they hold this share of the people meant, and at most so many.
MOSTLY, NAMED = 0.5, 3


@dataclass(frozen=True, eq=False)
class Reasons:
    """
    Why a plan has the sites it has.

    Parameters
    ----------
    chosen
        By `site`, the hubs of the plan: `kept` (had to be open); `people`, those who lose by its
        closing (coverage: who would be out of reach; gradual coverage: who would stay away;
        p-median: whose journey would be longer); `minutes`, by how many person-minutes those with
        another route would travel longer (NaN where the question does not count them);
        `unrouted`, people left without a route; `second`, the site that would replace it best;
        `shortfall`, how much worse the objective would be then, and `shortfall_unrouted`, how many
        more would be without a route. Of equally good sites the earlier column; NaN where no
        other site may be opened.
    rejected
        By `site`, all others: `added`, by how much one more hub there would better the objective,
        and `added_routed`, to how many it would give a route they lack; `loses_to`, the hub whose
        place it could take best (of hubs that need not stay); `difference`, how much worse the
        objective would be (below 0: better) and `difference_unrouted`; `ruled_out`, why it may not
        be opened beside the plan, or empty.
    wards
        Columns `site`, `ward`, `people`: where the `people` of `chosen` live; None without wards.
    groups
        By `site`, the people of each group meant by `people`; None without groups.
    question
        What the plan answers.
    """

    chosen: pd.DataFrame
    rejected: pd.DataFrame
    wards: pd.DataFrame | None
    groups: pd.DataFrame | None
    question: str

    def sentences(
        self, names: Mapping[Hashable, str] | None = None, *, most: int = 5
    ) -> tuple[str, ...]:
        """
        Say it in words: every hub, then the rejected sites that come nearest.

        Parameters
        ----------
        names
            Name by site; None to use the ids.
        most
            Number of rejected sites to tell of.
        """
        shown = _Names(dict(names or {}))
        near = self.rejected[self.rejected["loses_to"].notna()].sort_values(
            ["difference_unrouted", "difference"], kind="stable"
        )
        return (
            *(self._chosen(site, row, shown) for site, row in self.chosen.iterrows()),
            *(self._rejected(site, row, shown) for site, row in near.head(most).iterrows()),
        )

    def _chosen(self, site: Hashable, row: pd.Series, shown: "_Names") -> str:
        lost = {
            "maximal coverage": "would be out of reach without it",
            "gradual coverage": "would stay away without it",
        }.get(self.question, "would travel further without it")
        if not row["people"]:
            return f"{shown[site]}: nobody {lost}{self._second(row, shown)}."
        return (
            f"{shown[site]}: {people(row['people'])} {lost}{_each(row)}"
            f"{self._mostly(site)}{self._second(row, shown)}."
        )

    def _mostly(self, site: Hashable) -> str:
        """Name the wards where most of them live."""
        if self.wards is None:
            return ""
        here = self.wards[self.wards["site"] == site].sort_values(
            ["people", "ward"], ascending=[False, True]
        )
        before = here["people"].cumsum() - here["people"]
        named = here[before < MOSTLY * here["people"].sum()]["ward"].head(NAMED)
        return f", most in {_joined(named)}" if len(named) else ""

    def _second(self, row: pd.Series, shown: "_Names") -> str:
        if pd.isna(row["second"]):
            return ""
        worse = self._worse(row["shortfall"], row["shortfall_unrouted"])
        return f"; the next best place, {shown[row['second']]}, would {worse}"

    def _rejected(self, site: Hashable, row: pd.Series, shown: "_Names") -> str:
        worse = self._worse(row["difference"], row["difference_unrouted"])
        more = row["ruled_out"] or f"one more hub there would {self._better(row)}"
        place = f"in place of {shown[row['loses_to']]} it would {worse}"
        return f"{shown[site]}, not chosen: {more}; {place}."

    def _worse(self, value: float, unrouted: float) -> str:
        """Say how far behind a plan would be."""
        if abs(unrouted) >= 0.5:
            more = "more" if unrouted > 0 else "fewer"
            return f"leave {people(abs(unrouted))} {more} without a route"
        if self.question == "p-median":
            longer = "longer" if value > 0 else "shorter"
            if abs(value) < 0.5:
                return "make the journeys no longer"
            return f"make everybody's journeys together {about(abs(value))} minutes {longer}"
        if abs(value) < 0.5:
            return "reach as many"
        return f"reach {about(abs(value))} {'fewer' if value > 0 else 'more'}"

    def _better(self, row: pd.Series) -> str:
        if row["added_routed"] >= 0.5:
            return f"give {people(row['added_routed'])} a route"
        return self._worse(-row["added"], 0.0)


class _Names:
    """Names of sites, the ids where there are none."""

    def __init__(self, names: Mapping[Hashable, str]) -> None:
        self.names = names

    def __getitem__(self, site: Hashable) -> str:
        return str(self.names.get(site, site))


def reasons(
    plan: HubPlan,
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    wards: pd.Series | None = None,
    who: pd.DataFrame | None = None,
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
    **options: Any,
) -> Reasons:
    """
    Say what each hub of a plan brings, what would replace it, and what the other sites lack.

    Everything is one change to the plan, the rest staying as it is: a hub dropped, a site added,
    one swapped for the other. All swaps are judged at once from what each area would pay without
    a hub (the bookkeeping of Whitaker, 1983), so nothing is solved afresh.

    Parameters
    ----------
    plan
        An answer of `maximal_coverage`, `p_median` or `gradual` to these tables.
    demand
        People per area, indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route.
    wards
        Ward by area; NaN where it has none. None to leave wards out.
    who
        People by area and group (columns: aged 75 and over, social tenants …), to count whom
        each hub serves. None to leave groups out.
    never, groups, districts
        The conditions the plan was made under: sites that break them are not offered as a
        replacement.
    options
        For gradual coverage: `beyond` and `decay`, as asked.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas, or miss a site of the plan.
    InfeasibleError
        If the plan answers another kind of question.

    Examples
    --------
    >>> from mapping.hubs import maximal_coverage
    >>> demand = pd.Series({"A": 90, "B": 60, "C": 50})
    >>> minutes = pd.DataFrame(
    ...     {"x": [5, 30, 30], "y": [30, 10, 10], "z": [30, 30, 10]}, index=["A", "B", "C"]
    ... )
    >>> plan = maximal_coverage(demand, minutes, hubs=2, within=15)
    >>> why = reasons(plan, demand, minutes, wards=pd.Series({"A": "Ash", "B": "Elm", "C": "Elm"}))
    >>> why.sentences()[0]
    'x: 90 people would be out of reach without it, most in Ash; the next best place, z, would \
reach 90 fewer.'
    >>> why.sentences()[2]
    'z, not chosen: one more hub there would reach as many; in place of y it would reach 60 fewer.'
    """
    conditions: dict[str, Any] = {"never": never, "groups": groups, "districts": districts}
    asked = problem(demand, minutes, hubs=len(plan.sites), open=plan.kept, **conditions)
    faults = [*_faults(plan, asked.sites, asked.demand.index, wards, who)]
    if faults:
        raise InvalidTableError("; ".join(faults))
    change = _Changes.of(tally(asked, plan, options), plan, asked.people)
    lost = change.affected()
    return Reasons(
        chosen=change.chosen(lost),
        rejected=change.rejected(set(never)),
        wards=None if wards is None else _by_ward(lost.mul(asked.demand, axis=0), wards),
        groups=None if who is None else lost.T @ who.reindex(lost.index).astype(float),
        question=plan.question,
    )


@dataclass(frozen=True, eq=False)
class _Changes:
    """
    A plan, and what it comes to after one change.

    `now` is what a person pays in each area; `without`, by hub, what they would pay if it closed;
    `swap`, hubs by sites, the total loss with the site in the hub's place (infinite where that
    may not be).
    """

    tally: Tally
    people: np.ndarray
    plan: Columns
    now: np.ndarray
    without: np.ndarray
    swap: np.ndarray

    @classmethod
    def of(cls, counts: Tally, plan: HubPlan, people: np.ndarray) -> "_Changes":
        columns = counts.columns(plan.sites)
        rest = [tuple(one for one in columns if one != out) for out in columns]
        without = counts.paid(rest)
        swap = np.array([np.minimum(counts.loss, paid) @ people for paid in without])
        for place, others in enumerate(rest):
            for site in np.flatnonzero(counts.asked.free | counts.asked.kept):
                if site in columns or not counts.permits(tuple(sorted((*others, int(site))))):
                    swap[place, site] = np.inf
        swap[:, ~(counts.asked.free | counts.asked.kept)] = np.inf
        return cls(counts, people, columns, counts.paid([columns])[0], without, swap)

    def affected(self) -> pd.DataFrame:
        """Share of each area's people, by hub, who lose by its closing."""
        share = self.without - self.now
        if not self.tally.maximise:
            share = (share > 0).astype(float)
        index = self.tally.asked.demand.index
        return pd.DataFrame(share.T, index, pd.Index(self.tally.names(self.plan), name="site"))

    def chosen(self, lost: pd.DataFrame) -> pd.DataFrame:
        """Tabulate the hubs of the plan."""
        closed = [self._worse(paid) for paid in self.without]
        second = [int(row.argmin()) if np.isfinite(row).any() else -1 for row in self.swap]
        swapped = [
            self._worse(np.minimum(paid, self.tally.loss[site])) if site >= 0 else (np.nan, np.nan)
            for paid, site in zip(self.without, second, strict=True)
        ]
        return pd.DataFrame(
            {
                "kept": self.tally.asked.kept[list(self.plan)],
                "people": lost.to_numpy().T @ self.people,
                "minutes": [np.nan if self.tally.maximise else longer for longer, _ in closed],
                "unrouted": [unrouted for _, unrouted in closed],
                "second": self._named(second),
                "shortfall": [value for value, _ in swapped],
                "shortfall_unrouted": [unrouted for _, unrouted in swapped],
            },
            index=lost.columns,
        )

    def rejected(self, never: set[Hashable]) -> pd.DataFrame:
        """Tabulate the sites that are not in the plan."""
        sites = np.setdiff1d(np.arange(len(self.tally.loss)), self.plan)
        added = [self._worse(np.minimum(self.now, self.tally.loss[site])) for site in sites]
        may_go = np.where(self.tally.asked.kept[list(self.plan)][:, None], np.inf, self.swap)
        rival = [
            int(may_go[:, site].argmin()) if np.isfinite(may_go[:, site]).any() else -1
            for site in sites
        ]
        behind = [
            self._worse(np.minimum(self.without[place], self.tally.loss[site]))
            if place >= 0
            else (np.nan, np.nan)
            for place, site in zip(rival, sites, strict=True)
        ]
        return pd.DataFrame(
            {
                "added": [-value for value, _ in added],
                "added_routed": [-unrouted for _, unrouted in added],
                "loses_to": self._named([self.plan[i] if i >= 0 else -1 for i in rival]),
                "difference": [value for value, _ in behind],
                "difference_unrouted": [unrouted for _, unrouted in behind],
                "ruled_out": [self._barred(int(site), never) for site in sites],
            },
            index=self.tally.asked.sites[sites].rename("site"),
        )

    def _worse(self, paid: np.ndarray) -> tuple[float, float]:
        """How much worse the objective gets, and how many more are without a route."""
        if self.tally.maximise:
            return float(self.people @ (paid - self.now)), 0.0
        none = self.tally.none
        routed = (paid < none) & (self.now < none)
        stranded = np.where(none > 0, (paid >= none) * 1.0 - (self.now >= none), 0.0)
        longer = np.where(routed, paid - self.now, 0.0)
        return float(self.people @ longer), float(self.people @ stranded)

    def _barred(self, site: int, never: set[Hashable]) -> str:
        """Say why a site may not be opened beside the plan."""
        asked = self.tally.asked
        if asked.sites[site] in never:
            return "ruled out"
        if not asked.free[site]:
            return "of its group another hub stays open"
        column = int(np.searchsorted(np.flatnonzero(asked.free), site))
        picked = self.tally.picked(self.plan)
        for group in asked.rules.at_most:
            if column in group and np.isin(group, picked).any():
                return "of its group another hub is open"
        return ""

    def _named(self, columns: list[int]) -> pd.Series:
        sites = self.tally.asked.sites
        return np.array([sites[i] if i >= 0 else np.nan for i in columns], dtype=object)


def _by_ward(lost: pd.DataFrame, wards: pd.Series) -> pd.DataFrame:
    """Add up people by hub and ward; nobody is no row."""
    table = lost.groupby(wards.reindex(lost.index).rename("ward")).sum()
    long = table.T.melt(value_name="people", ignore_index=False).reset_index()
    return long[long["people"] > 0].reset_index(drop=True)


def _faults(
    plan: HubPlan,
    sites: pd.Index,
    areas: pd.Index,
    wards: pd.Series | None,
    who: pd.DataFrame | None,
) -> Iterator[str]:
    unknown = [site for site in plan.sites if site not in sites]
    if unknown:
        yield f"plan: minutes has no column for {name(unknown)}; give the table it was made from"
    for table, given in (("wards", wards), ("who", who)):
        if given is None:
            continue
        if not given.index.is_unique:
            twice = given.index[given.index.duplicated()].unique()
            yield f"{table}: areas must be unique; repeated: {name(twice)}"
        lost = areas.difference(given.index)
        if len(lost):
            count = f"{len(lost)} of {len(areas)} areas with demand"
            yield f"{table}: {count} have no row: {name(lost)}"


def _each(row: pd.Series) -> str:
    """Give the mean of the longer journeys, where journeys are what counts."""
    if row["unrouted"] >= 0.5:
        return f", {people(row['unrouted'])} of them with no route to another hub"
    if pd.isna(row["minutes"]):
        return ""
    return f", {row['minutes'] / row['people']:,.1f} minutes each on average"


def _joined(names: Iterable[object]) -> str:
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last
