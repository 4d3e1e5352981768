"""What follows from a scenario: hubs, bus and measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping import access
from mapping.bus import TermPlan
from mapping.hubs import Confidence, HubPlan, Reasons, gains
from mapping.scenario.choices import Scenario
from mapping.scenario.fairness import kappa
from mapping.scenario.measures import drawn, fixed, summarised
from mapping.scenario.place import Place
from mapping.scenario.placing import MAY_NOT_PARK, NOT_KNOWN, as_chosen
from mapping.scenario.routing import Routed, routed
from mapping.scenario.siting import siting

Progress = Callable[[str], None]

EVERY = 10  # draws

# The hub models count people; here they are these.
COUNTED = "Among adults likely to be offline: "

NOT_DRAWN = (
    "How sure the hub sites are was not worked out: this question cannot be asked draw by draw. "
    "Most people within reach, fewer from further away, or shortest walks can be."
)
BY_PLACES = (
    "A hub’s places in a week are set against all adults likely to be offline near it; how many of "
    "them would come in a week is not estimated."
)
BY_DISTANCE = (
    "That people count less the further they walk, evenly from all to none, is an assumption and "
    "no estimate of how many will come."
)


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
    areas
        By area, whether it is within reach of a hub today (`now`, where the hubs open now are
        known), of a hub in the scenario (`hub`), and of a bus stop and no hub (`bus`).
    now
        Hubs open now that count.
    kappa
        κ of the equally-distributed equivalent walk among the measures: the same for all
        scenarios of a place.
    gains
        What each hub brings; see `mapping.hubs.gains`. None where no hub is open.
    reasons
        Why the hubs are where they are; None for questions that have no simple reasons.
    confidence
        How the hubs stand under the draws of the estimate, where the scenario asks for draws and
        its question allows it.
    left_out
        By stop that the bus does not visit, why; None without a bus plan.
    """

    scenario: Scenario
    hub_plan: HubPlan | None
    bus_plan: TermPlan | None
    stops: gpd.GeoDataFrame
    measures: pd.DataFrame
    draws: pd.DataFrame
    caveats: tuple[str, ...]
    areas: pd.DataFrame | None = None
    now: tuple[str, ...] = ()
    kappa: float = 0.0
    gains: pd.DataFrame | None = None
    reasons: Reasons | None = None
    confidence: Confidence | None = None
    left_out: pd.Series | None = None

    @property
    def new_hubs(self) -> tuple[str, ...]:
        """Sites proposed, beside those open already."""
        return () if self.hub_plan is None else tuple(map(str, self.hub_plan.new))

    @property
    def reach_known(self) -> bool:
        """False where no hub is opened, and which hubs are open now is not known."""
        return bool(pd.notna(self.measures.loc["reach", "value"]))

    @property
    def closed_hubs(self) -> tuple[str, ...]:
        """Hubs open now that would close; none unless the scenario lets them."""
        if self.hub_plan is None or not self.scenario.may_close:
            return ()
        return tuple(site for site in self.now if site not in self.hub_plan.sites)


def weigh(
    scenario: Scenario,
    place: Place,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Outcome:
    """
    Return what follows from a scenario: hubs, bus and measures.

    The same scenario on the same place gives the same outcome, unless it was stopped.

    Parameters
    ----------
    progress
        Called with a few words before each step, and as the draws are answered.
    stop
        Asked often while hubs are placed, the bus is routed and draws answered; once it returns
        True the best plan so far, and the draws so far, are used.

    Raises
    ------
    InvalidScenarioError
        If it names a site or ward the place does not have, or asks for costs or places that its
        sites do not state.
    InfeasibleError
        If no plan meets its conditions.
    """
    tell = progress or (lambda _: None)
    place = as_chosen(place, scenario)
    tell("placing hubs")
    placed = _placed(scenario, place, tell, stop)
    reached = _within_reach(place, _serving(placed.plan, place), scenario.within)
    if scenario.bus_days:
        tell("routing the bus")
    by_bus = routed(scenario, place, reached, tell=tell, stop=stop)
    areas = pd.DataFrame({"hub": reached, "bus": by_bus.areas})
    if place.hubs_known:
        areas.insert(0, "now", _within_reach(place, _serving(None, place), scenario.within))
    inequality = kappa(place)
    slowly = _within_reach(place, _serving(placed.plan, place), scenario.within, slowly=True)
    draws = drawn(
        scenario,
        place,
        placed.plan,
        areas=areas.assign(slow=slowly),
        inequality=inequality,
        bus_plan=by_bus.plan,
    )
    return Outcome(
        scenario=scenario,
        hub_plan=placed.plan,
        bus_plan=by_bus.plan,
        stops=by_bus.stops,
        measures=summarised(draws, fixed(scenario, place, placed.plan, by_bus.plan), scenario),
        draws=draws,
        caveats=_caveats(scenario, place, placed, by_bus),
        areas=areas,
        now=tuple(map(str, place.sites.index[place.sites["counts"]])),
        kappa=inequality,
        gains=placed.gains,
        reasons=placed.reasons,
        confidence=placed.confidence,
        left_out=by_bus.left_out if by_bus.plan else None,
    )


@dataclass(frozen=True, eq=False)
class _Placed:
    """Hubs, why they are where they are, and how sure that is."""

    plan: HubPlan | None = None
    gains: pd.DataFrame | None = None
    reasons: Reasons | None = None
    confidence: Confidence | None = None
    caveats: tuple[str, ...] = ()


def _placed(
    scenario: Scenario, place: Place, tell: Progress, stop: Callable[[], bool] | None
) -> _Placed:
    asked = siting(scenario, place)
    if asked is None:
        return _Placed()
    plan = asked.plan(stop=stop)
    sure = asked.confidence(
        plan,
        place,
        draws=scenario.draws,
        seed=scenario.seed,
        tell=lambda done, all_: _told(tell, done, all_),
        stop=stop,
    )
    unasked = (NOT_DRAWN,) if scenario.draws and sure is None else ()
    return _Placed(
        plan=asked.proposal(plan),
        gains=gains(plan, asked.demand, asked.minutes),
        reasons=asked.reasons(plan, place),
        confidence=sure,
        caveats=(*asked.caveats, *_said(plan.caveats), *unasked),
    )


def _told(tell: Progress, done: int, all_: int) -> None:
    """Tell of draws now and then: a line for each would fill a log."""
    if done % EVERY == 0 or done == all_:
        tell(f"{done} of {all_} draws answered")


def _said(caveats: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(COUNTED + caveat[:1].lower() + caveat[1:] for caveat in caveats)


def _caveats(scenario: Scenario, place: Place, placed: _Placed, by_bus: Routed) -> tuple[str, ...]:
    caveats = (
        *place.caveats,
        *placed.caveats,
        attendance_told(scenario),
        *((NOT_KNOWN,) if scenario.placed else ()),
        *((MAY_NOT_PARK,) if scenario.bus_placed and by_bus.plan else ()),
        *((BY_PLACES,) if scenario.capacity else ()),
        *((BY_DISTANCE,) if scenario.question == "gradual" else ()),
        *(by_bus.plan.caveats if by_bus.plan else ()),
    )
    return tuple(dict.fromkeys(caveats))


def attendance_told(scenario: Scenario) -> str:
    """Return the assumption of how many come, in a sentence."""
    low, middle, high = (
        f"{100 * share:g}"
        for share in (scenario.attendance_low, scenario.attendance, scenario.attendance_high)
    )
    return (
        f"How many are expected to come to a hub is an assumption and no estimate: {middle} in 100 "
        f"of those within reach in a year ({low} to {high})."
    )


def _serving(plan: HubPlan | None, place: Place) -> list[Any]:
    return list(place.sites.index[place.sites["counts"]]) if plan is None else list(plan.sites)


def _within_reach(
    place: Place, sites: Sequence[Any], minutes: float, *, slowly: bool = False
) -> pd.Series:
    walk = (place.walk_slow or place.walk.slowly()) if slowly else place.walk
    return access.within(walk.minutes[list(sites)], minutes).any(axis=1)
