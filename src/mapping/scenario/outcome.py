"""What follows from a scenario: hubs, bus and measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping import access, bus, hubs
from mapping.bus import BusPlan
from mapping.errors import InfeasibleError, InvalidScenarioError
from mapping.hubs import HubPlan
from mapping.scenario.choices import Scenario
from mapping.scenario.measures import drawn, fixed, summarised
from mapping.scenario.place import Place

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Outcome:
    """
    What follows from a scenario.

    Parameters
    ----------
    scenario
        The choices.
    hub_plan
        Sites and allocation; None where no hub is open and none was asked for.
    bus_plan
        Timetable; None without a bus.
    stops
        The stops visited, by `site`, with the `people` reached there.
    measures
        By measure: `value`, `low`, `high` (95 % interval from the draws; NaN where the measure
        does not depend on the estimate), `unit` and `label`.
    draws
        The same measures draw by draw, where they depend on the estimate.
    caveats
        The place's and the plans'.
    """

    scenario: Scenario
    hub_plan: HubPlan | None
    bus_plan: BusPlan | None
    stops: gpd.GeoDataFrame
    measures: pd.DataFrame
    draws: pd.DataFrame
    caveats: tuple[str, ...]

    @property
    def new_hubs(self) -> tuple[str, ...]:
        """Sites proposed, beside those open already."""
        return () if self.hub_plan is None else tuple(map(str, self.hub_plan.new))


def weigh(scenario: Scenario, place: Place, *, progress: Progress | None = None) -> Outcome:
    """
    Return what follows from a scenario: hubs, bus and measures.

    The same scenario on the same place gives the same outcome.

    Parameters
    ----------
    progress
        Called with a few words before each step.

    Raises
    ------
    InvalidScenarioError
        If it names a site the place does not have.
    InfeasibleError
        If no plan meets its conditions.
    """
    _refuse_unknown_sites(scenario, place)
    tell = progress or (lambda _: None)
    tell("placing hubs")
    hub_plan = _hub_plan(scenario, place)
    reached = _within_reach(place, _serving(hub_plan, place), scenario.within)
    tell("routing the bus")
    bus_plan, stops, by_bus = _bus_plan(scenario, place, reached)
    now = _within_reach(place, _serving(None, place), scenario.within)
    draws = drawn(place, hub_plan, now=now, reached=reached, by_bus=by_bus)
    if scenario.bus_days == 0:
        draws = draws.drop(index="bus_reach")
    caveats = (
        *place.caveats,
        *(hub_plan.caveats if hub_plan else ()),
        *(bus_plan.caveats if bus_plan else ()),
    )
    return Outcome(
        scenario=scenario,
        hub_plan=hub_plan,
        bus_plan=bus_plan,
        stops=stops,
        measures=summarised(draws, fixed(place, hub_plan, bus_plan)),
        draws=draws,
        caveats=tuple(dict.fromkeys(caveats)),
    )


def _refuse_unknown_sites(scenario: Scenario, place: Place) -> None:
    named = [*scenario.must_open, *scenario.never]
    unknown = [site for site in named if site not in place.sites.index]
    if unknown:
        raise InvalidScenarioError(
            f"scenario '{scenario.name}': {place.name} has no site {', '.join(unknown)}. Sites are "
            f"named as in the venue file, such as {place.sites.index[0]}."
        )


def _hub_plan(scenario: Scenario, place: Place) -> HubPlan | None:
    """Choose among candidates; hubs that serve everybody stay open, others do not count."""
    kept = place.sites.index[place.sites["counts"]]
    candidates = place.sites.index[~place.sites["open"]]
    total = len(kept) + scenario.new_hubs
    if total == 0:
        return None
    if len(candidates) < scenario.new_hubs:
        raise InfeasibleError(
            f"{scenario.new_hubs} new hubs are asked for, but {place.name} has {len(candidates)} "
            "places that could host one. Ask for fewer, or list more in the study file, under "
            "[own.venues]."
        )
    minutes = place.walk.minutes[[*kept, *candidates]]
    demand = place.exclusion.people.reindex(minutes.index)
    conditions: dict[str, Any] = {
        "hubs": total,
        "open": (*kept, *scenario.must_open),
        "never": scenario.never,
    }
    if scenario.question == "p_median":
        plan = hubs.p_median(demand, minutes, **conditions)
    else:
        plan = hubs.maximal_coverage(demand, minutes, within=scenario.within, **conditions)
    return replace(plan, kept=tuple(kept))


def _serving(plan: HubPlan | None, place: Place) -> list[Any]:
    return list(place.sites.index[place.sites["counts"]]) if plan is None else list(plan.sites)


def _within_reach(place: Place, sites: Sequence[Any], minutes: float) -> pd.Series:
    return access.within(place.walk.minutes[list(sites)], minutes).any(axis=1)


def _bus_plan(
    scenario: Scenario, place: Place, reached: pd.Series
) -> tuple[BusPlan | None, gpd.GeoDataFrame, pd.Series]:
    """Shortlist stops by the people hubs leave out, give each area to one stop, then route."""
    nowhere = pd.Series(data=False, index=reached.index)
    left = place.exclusion.people.where(~reached, 0.0)
    near = access.within(place.walk_to_stops.minutes, scenario.bus_walk)
    useful = near.columns[near.mul(left, axis=0).sum() > 0]
    if scenario.bus_days == 0 or useful.empty:
        return None, place.stops.iloc[:0].assign(people=0.0), nowhere
    minutes = place.walk_to_stops.minutes[useful]
    shortlist = hubs.maximal_coverage(
        left, minutes, hubs=min(scenario.bus_stops, len(useful)), within=scenario.bus_walk
    )
    served = shortlist.minutes <= scenario.bus_walk
    people = left[served].groupby(shortlist.allocation[served]).sum()
    plan = bus.plan(
        people[people > 0].to_frame("people"),
        place.drive.minutes,
        depot=place.depot,
        days=scenario.bus_days,
        shift=scenario.bus_shift,
        dwell=scenario.bus_session,
        seconds=scenario.bus_seconds,
        seed=scenario.seed,
    )
    visited = pd.Index(plan.timetable["stop"])
    stops = place.stops.loc[visited].assign(people=people.reindex(visited).to_numpy())
    return plan, stops, served & shortlist.allocation.isin(visited) & ~reached
