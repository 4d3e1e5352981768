"""What follows from a scenario: hubs, bus and measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping import access, hubs
from mapping.bus import BusPlan
from mapping.errors import InfeasibleError, InvalidScenarioError
from mapping.hubs import HubPlan
from mapping.scenario.choices import Scenario
from mapping.scenario.measures import drawn, fixed, summarised
from mapping.scenario.place import Place
from mapping.scenario.routing import routed

Progress = Callable[[str], None]

# The hub models count people; here they are these.
COUNTED = "Among adults likely to be offline: "


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
    _refuse_sites(scenario, place)
    tell = progress or (lambda _: None)
    tell("placing hubs")
    hub_plan = _hub_plan(scenario, place)
    reached = _within_reach(place, _serving(hub_plan, place), scenario.within)
    if scenario.bus_days:
        tell("routing the bus")
    by_bus = routed(scenario, place, reached)
    now = _within_reach(place, _serving(None, place), scenario.within)
    draws = drawn(place, hub_plan, now=now, reached=reached, by_bus=by_bus.areas)
    if scenario.bus_days == 0:
        draws = draws.drop(index="bus_reach")
    caveats = (
        *place.caveats,
        *(
            COUNTED + caveat[:1].lower() + caveat[1:]
            for caveat in (hub_plan.caveats if hub_plan else ())
        ),
        *(by_bus.plan.caveats if by_bus.plan else ()),
    )
    return Outcome(
        scenario=scenario,
        hub_plan=hub_plan,
        bus_plan=by_bus.plan,
        stops=by_bus.stops,
        measures=summarised(draws, fixed(scenario, place, hub_plan, by_bus.plan)),
        draws=draws,
        caveats=tuple(dict.fromkeys(caveats)),
    )


def _refuse_sites(scenario: Scenario, place: Place) -> None:
    named = [*scenario.must_open, *scenario.never]
    unknown = [site for site in named if site not in place.sites.index]
    open_now = [site for site in named if site not in unknown and place.sites.loc[site, "open"]]
    faults = []
    if unknown:
        faults.append(f"{place.name} has no site {', '.join(unknown)}")
    if open_now:
        faults.append(f"{', '.join(open_now)} is open already and stays so")
    if faults:
        candidates = place.sites.index[~place.sites["open"]]
        raise InvalidScenarioError(
            f"{scenario.called}{'; '.join(faults)}. Name candidate sites as in the venue file"
            f"{', such as ' + str(candidates[0]) if len(candidates) else ''}."
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
