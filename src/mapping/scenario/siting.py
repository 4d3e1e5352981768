"""The hubs of a scenario: its question as the hub models are asked it, their plan, and why."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping import hubs
from mapping.errors import InfeasibleError, InvalidScenarioError
from mapping.hubs import Confidence, HubPlan, Reasons
from mapping.scenario.choices import COUNTED, Scenario
from mapping.scenario.fairness import excluded, kappa
from mapping.scenario.place import Place
from mapping.scenario.placing import with_own

ASK: Mapping[str, Callable[..., HubPlan]] = {
    "maximal_coverage": hubs.maximal_coverage,
    "budgeted": hubs.budgeted,
    "gradual": hubs.gradual,
    "p_median": hubs.p_median,
    "p_centre": hubs.p_centre,
    "equitable": hubs.equitable,
}
# Which choices each question takes beside its conditions.
TAKES = {
    "maximal_coverage": ("within",),
    "budgeted": ("within", "budget"),
    "gradual": ("within", "beyond"),
    "set_cover": ("within", "share"),
}
# Their totals are sums over areas of people times what the nearest hub gives each, so that draws
# and single changes can be weighed.
EXPLAINED = ("maximal_coverage", "gradual", "p_median")


@dataclass(frozen=True, eq=False)
class Siting:
    """
    A scenario's question, as the hub models are asked it.

    Parameters
    ----------
    question
        As in `Scenario`.
    demand
        Excluded adults by area.
    minutes
        On foot, areas by the hubs open now that count and the candidate sites.
    now
        Hubs open now that count.
    options
        What the question takes, conditions included.
    caveats
        What was left out on the way, as sentences.
    """

    question: str
    demand: pd.Series
    minutes: pd.DataFrame
    now: tuple[str, ...]
    options: Mapping[str, Any]
    caveats: tuple[str, ...] = ()

    @property
    def explained(self) -> bool:
        """Whether plans for this question can be explained and asked of draws."""
        return self.question in EXPLAINED and "capacity" not in self.options

    def plan(self, **how: Any) -> HubPlan:
        """Answer it; `how` are options of the models such as `tell`, `stop` and `gap`."""
        if self.question == "set_cover":
            return hubs.set_cover(self.minutes, demand=self.demand, **self.options, **how)
        return ASK[self.question](self.demand, self.minutes, **self.options, **how)

    def proposal(self, plan: HubPlan) -> HubPlan:
        """Return a plan of which what is open now, and stays, counts as kept."""
        kept = tuple(site for site in self.now if site in set(plan.sites))
        return replace(plan, kept=kept)

    def reasons(self, plan: HubPlan, place: Place) -> Reasons | None:
        """Say why a plan is as it is; None where the question has no simple reasons."""
        if not self.explained:
            return None
        named = ("never", "groups", "districts", "beyond")
        options = {name: self.options[name] for name in named if name in self.options}
        return hubs.reasons(
            plan,
            self.demand,
            self.minutes,
            wards=place.lsoas["ward_name"],
            who=place.groups.reindex(self.demand.index).fillna(0.0),
            **options,
        )

    def confidence(
        self,
        plan: HubPlan,
        place: Place,
        *,
        draws: int,
        seed: int,
        tell: Callable[[int, int], object] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Confidence | None:
        """Ask the question of draws of the estimate; None where it cannot be."""
        if not self.explained or draws == 0:
            return None
        estimate = place.exclusion
        people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
        return hubs.confidence(
            ASK[self.question],
            people,
            self.minutes,
            plan=plan,
            take=draws,
            seed=seed,
            tell=tell,
            stop=stop,
            **self.options,
        )


def siting(scenario: Scenario, place: Place) -> Siting | None:
    """
    Put a scenario's question to a place; None where no hub is open and none is asked for.

    Hubs that serve everybody stay open, unless hubs may close; others do not count.

    Raises
    ------
    InvalidScenarioError
        If it names a site or ward the place does not have, or asks for costs or places that the
        sites do not state.
    InfeasibleError
        If there are fewer candidate sites than new hubs, or a ward has none.
    """
    place = with_own(place, scenario.placed)
    # In alphabetical order: of plans that are equally good the same one is found, whatever the
    # order of rows in the files.
    now = tuple(sorted(map(str, place.sites.index[place.sites["counts"]])))
    candidates = sorted(place.sites.index[~place.sites["open"]])
    _refuse(scenario, place)
    if scenario.question in COUNTED:
        if len(now) + scenario.new_hubs == 0:
            return None
        _enough(scenario, place, len(candidates))
    elif not now and not candidates:
        return None
    minutes = place.walk.minutes[[*now, *candidates]].sort_index()
    conditions, caveats = _conditions(scenario, place, now, minutes.columns)
    return Siting(
        question=scenario.question,
        demand=excluded(place).reindex(minutes.index),
        minutes=minutes,
        now=now,
        options=_options(scenario, place, now) | conditions,
        caveats=caveats,
    )


def _options(scenario: Scenario, place: Place, now: tuple[str, ...]) -> dict[str, Any]:
    """Return what the question takes beside its conditions."""
    options = {name: getattr(scenario, name) for name in TAKES.get(scenario.question, ())}
    if scenario.question in COUNTED:
        options["hubs"] = len(now) + scenario.new_hubs
    if scenario.question == "budgeted":
        options["cost"] = place.sites["cost"].fillna(0.0)  # those that state none are ruled out
        options["paid"] = tuple(site for site in scenario.must_open if site not in now)
    if scenario.question == "equitable":
        options["kappa"] = kappa(place)
    if scenario.capacity:
        options["capacity"] = place.sites["capacity"].astype(float)
    return options


def _conditions(
    scenario: Scenario, place: Place, now: tuple[str, ...], sites: pd.Index
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return which sites may be open together, and what was ruled out for the planner."""
    stay = () if scenario.may_close else now
    never, caveats = list(scenario.never), []
    conditions: dict[str, Any] = {
        "open": tuple(dict.fromkeys((*stay, *scenario.must_open, *scenario.placed)))
    }
    if scenario.question == "budgeted":
        free = [site for site in sites if site not in conditions["open"]]
        unknown = [site for site in free if pd.isna(place.sites.loc[site, "cost"])]
        never += [site for site in unknown if site not in never]
        if unknown:
            caveats.append(
                f"{len(unknown)} of {len(free)} places that could host a hub state no cost a year "
                "and were left out."
            )
    conditions["never"] = tuple(never)
    if scenario.one_per_building:
        conditions["groups"] = buildings(place.sites.loc[sites], conditions["open"])
    if scenario.in_wards:
        wards = ward_of(place)
        conditions["districts"] = wards[wards.isin(scenario.in_wards) & wards.index.isin(sites)]
    return conditions, tuple(caveats)


def buildings(sites: gpd.GeoDataFrame, stay: tuple[str, ...]) -> pd.Series:
    """
    Return the building of every site that shares one.

    Sites of one `building`, where the list of venues has that column, or else at one point. Of
    several hubs that stay open in one building only the first is named: they are there already.

    Parameters
    ----------
    sites
        By `site`, with a point and perhaps `building`.
    stay
        Hubs that are open in any case.
    """
    building = pd.Series(sites.geometry.to_wkb(hex=True), sites.index, dtype=object)
    if "building" in sites:
        building = sites["building"].where(sites["building"].notna(), building)
    shared = building[building.duplicated(keep=False)]
    staying = shared[shared.index.isin(stay)]
    return shared.drop(staying.index[staying.duplicated()])


def ward_of(place: Place) -> pd.Series:
    """Return the code of the ward in whose outline each site lies; outside all of them none."""
    outlined = place.wards.loc[place.wards.geometry.notna(), ["geometry"]].sort_index()
    found = gpd.sjoin(place.sites[["geometry"]], outlined, predicate="intersects")
    # A site on a border is in the first of the two, whatever the order of rows.
    wards = found.iloc[:, -1].sort_values(kind="stable")
    return wards[~wards.index.duplicated()].reindex(place.sites.index).dropna().rename("ward")


def _enough(scenario: Scenario, place: Place, candidates: int) -> None:
    if candidates < scenario.new_hubs:
        raise InfeasibleError(
            f"{scenario.new_hubs} new hubs are asked for, but {place.name} has {candidates} "
            "places that could host one. Ask for fewer, or list more in the study file, under "
            "[own.venues]."
        )


def _refuse(scenario: Scenario, place: Place) -> None:
    """Refuse choices that this place cannot meet, all at once."""
    faults = [*_site_faults(scenario, place), *_ward_faults(scenario, place)]
    faults += [*_cost_faults(scenario, place), *_capacity_faults(scenario, place)]
    if faults:
        raise InvalidScenarioError(f"{scenario.called}{'; '.join(faults)}.")


def _site_faults(scenario: Scenario, place: Place) -> Iterator[str]:
    named = [*scenario.must_open, *scenario.never]
    candidates = place.sites.index[~place.sites["open"]]
    unknown = [site for site in named if site not in place.sites.index]
    if unknown:
        such = f", such as {candidates[0]}" if len(candidates) else ""
        yield (
            f"{place.name} has no site {', '.join(unknown)}: name candidate sites as in the venue "
            f"file{such}"
        )
    open_now = [site for site in named if site not in unknown and place.sites.loc[site, "open"]]
    if scenario.may_close:
        open_now = [site for site in open_now if not place.sites.loc[site, "counts"]]
    if open_now:
        stays = "" if scenario.may_close else " and stays so"
        yield f"{', '.join(open_now)} is open already{stays}: name sites that could become a hub"


def _ward_faults(scenario: Scenario, place: Place) -> Iterator[str]:
    if not scenario.in_wards:
        return
    unknown = [ward for ward in scenario.in_wards if ward not in place.wards.index]
    if unknown:
        yield f"in_wards: {place.name} has no ward {', '.join(unknown)}; give ward codes"
    sites = place.sites[place.sites["counts"] | ~place.sites["open"]]
    hosts = set(ward_of(place).reindex(sites.index).dropna())
    empty = [w for w in scenario.in_wards if w not in unknown and w not in hosts]
    if empty:
        names = ", ".join(map(str, place.wards.loc[empty, "name"]))
        yield f"in_wards: no hub and no place that could host one lies in {names}"


def _cost_faults(scenario: Scenario, place: Place) -> Iterator[str]:
    if scenario.question != "budgeted":
        return
    cost = place.sites["cost"]
    needed = [site for site in scenario.must_open if site in cost.index]
    if scenario.may_close:
        needed += list(cost.index[place.sites["counts"]])
    without = [site for site in dict.fromkeys(needed) if pd.isna(cost[site])]
    if without:
        yield f"budget: {', '.join(without)} states no cost a year; give it in the file of sites"
    elif cost[~place.sites["open"]].isna().all():
        yield (
            "budget: no place that could host a hub states its cost a year; give it in the file "
            "of venues (column cost), or ask for a number of hubs"
        )


def _capacity_faults(scenario: Scenario, place: Place) -> Iterator[str]:
    if not scenario.capacity:
        return
    used = place.sites[place.sites["counts"] | ~place.sites["open"]]
    without = used.index[used["capacity"].isna()]
    if len(without):
        yield (
            f"capacity: {len(without)} of {len(used)} sites state no weekly places (first "
            f"{without[0]}); give them in the files of hubs and venues (column capacity)"
        )
