"""One future: every choice a user can make, what follows from it, and how futures compare."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import tomli_w

from mapping import access, bus, hubs
from mapping.access import TravelTimes
from mapping.bus import BusPlan
from mapping.errors import InfeasibleError, InvalidScenarioError
from mapping.exclusion import Exclusion
from mapping.hubs import HubPlan
from mapping.workspace import write_text

QUESTIONS = ("maximal_coverage", "p_median")
INTERVAL = 0.95

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Scenario:
    """
    Every choice a user can make; a text file that a person can read, and back.

    Parameters
    ----------
    name
        What people call it.
    study
        The study it belongs to.
    note
        Anything the planner wants to keep with it.
    question
        "maximal_coverage" (most excluded adults within reach of a hub) or "p_median" (least
        walking, summed over excluded adults).
    new_hubs
        How many sites to open beside those open already.
    within
        Service standard: minutes' walk that count as within reach.
    must_open, never
        Candidate sites that have to be, or may not be, chosen.
    bus_days
        Days in the bus's cycle; 0 = no bus.
    bus_stops
        How many candidate stops to choose among: those that most people live near.
    bus_walk
        Minutes' walk to the bus that count as within reach.
    bus_session
        Minutes at a stop: setting up, the session, packing.
    bus_shift
        Minutes from leaving the depot to being back.
    bus_starts, bus_first_day
        Time of day (HH:MM) and date of the first shift.
    bus_seconds
        Longest time to look for a better timetable.
    seed
        For the timetable search.
    """

    name: str
    study: str
    note: str = ""
    question: str = "maximal_coverage"
    new_hubs: int = 5
    within: float = 15.0
    must_open: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    bus_days: int = 10
    bus_stops: int = 40
    bus_walk: float = 10.0
    bus_session: float = 120.0
    bus_shift: float = 390.0
    bus_starts: str = "09:00"
    bus_first_day: date = date(2027, 1, 11)
    bus_seconds: float = 5.0
    seed: int = 2015

    def __post_init__(self) -> None:
        """Refuse choices that cannot be, all at once."""
        faults = _faults(self)
        if faults:
            raise InvalidScenarioError(f"scenario '{self.name}': {'; '.join(faults)}.")

    def save(self, path: Path) -> Path:
        """Write the scenario to a text file (TOML), whole or not at all."""
        choices = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }
        return write_text(tomli_w.dumps(choices), Path(path))

    @classmethod
    def load(cls, path: Path) -> Self:
        """
        Read a scenario back, equal to the one saved.

        Raises
        ------
        InvalidScenarioError
            If the file is missing, is no TOML, says something unknown, or its choices cannot be.
        """
        path = Path(path)
        try:
            choices = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise InvalidScenarioError(f"There is no scenario file {path}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidScenarioError(f"{path.name}: not readable as TOML: {error}.") from None
        return cls(**_typed(choices, path.name))


def _typed(choices: dict[str, Any], where: str) -> dict[str, Any]:
    kinds = {entry.name: entry.type for entry in fields(Scenario)}
    faults = [f"'{name}' is not known" for name in choices if name not in kinds]
    faults += [f"'{name}' is missing" for name in ("name", "study") if name not in choices]
    typed: dict[str, Any] = {}
    for name, value in choices.items():
        if isinstance(value, list):
            typed[name] = tuple(map(str, value))
        elif kinds.get(name) is float and isinstance(value, int):
            typed[name] = float(value)
        else:
            typed[name] = value
        kind = kinds.get(name)
        if isinstance(kind, type) and not isinstance(typed[name], kind):
            faults.append(f"'{name}' is {value!r}, it must be {WORDS_FOR[kind]}")
    if faults:
        raise InvalidScenarioError(f"{where}: {'; '.join(faults)}.")
    return typed


WORDS_FOR = {str: "text", int: "a whole number", float: "a number", date: "a date"}


def _faults(scenario: Scenario) -> list[str]:
    faults = []
    if scenario.question not in QUESTIONS:
        faults.append(f"question must be one of {', '.join(QUESTIONS)}")
    if scenario.new_hubs < 0 or scenario.bus_days < 0:
        faults.append("new_hubs and bus_days cannot be below 0")
    for name in ("within", "bus_walk", "bus_session", "bus_shift", "bus_seconds", "bus_stops"):
        if not getattr(scenario, name) > 0:
            faults.append(f"{name} must be above 0")
    both = sorted(set(scenario.must_open) & set(scenario.never))
    if both:
        faults.append(f"{', '.join(both)} cannot both have to open and never open")
    if len(scenario.must_open) > scenario.new_hubs:
        faults.append(
            f"{len(scenario.must_open)} sites must open, but only {scenario.new_hubs} new hubs are "
            "asked for"
        )
    if not _clock_time(scenario.bus_starts):
        faults.append(f"bus_starts is '{scenario.bus_starts}', it must be a time such as 09:00")
    return faults


def _clock_time(text: str) -> bool:
    hours, colon, minutes = text.partition(":")
    return bool(
        colon
        and hours.isdigit()
        and minutes.isdigit()
        and len(minutes) == 2
        and int(hours) < 24
        and int(minutes) < 60
    )


@dataclass(frozen=True, eq=False)
class Place:
    """
    A built study: everything a scenario is weighed against.

    Parameters
    ----------
    name
        Of the place.
    fictional
        Whether every output must say that it does not exist.
    lsoas, wards
        Needs by area.
    exclusion
        Estimate by LSOA.
    ward_exclusion
        The same draws by ward.
    sites
        Hubs open now and candidate sites, by `site`, with `open` and `counts`: open now, and
        provision for everybody (a suite for residents only is none for its neighbours).
    walk
        Minutes on foot, LSOAs by sites.
    stops
        Candidate bus stops by `site`.
    walk_to_stops
        Minutes on foot, LSOAs by stops.
    drive
        Minutes by road between the depot and the stops.
    depot
        The depot's label in `drive`.
    water
        Water outlines for maps, or None.
    caveats
        What every reader has to be told.
    attributions
        Lines that every map and paper must carry.
    reconciliation
        Totals of people and homes before and after every join; see `needs.Reconciliation`.
    disclosure
        What was suppressed in counts of personal records, by which rule, without the values.
    sources
        What was used: `title`, `publisher`, `vintage`, `licence`, `file`, `sha256`.
    fingerprint
        Hash of everything above that came from files.
    """

    name: str
    fictional: bool
    lsoas: gpd.GeoDataFrame
    wards: gpd.GeoDataFrame
    exclusion: Exclusion
    ward_exclusion: Exclusion
    sites: gpd.GeoDataFrame
    walk: TravelTimes
    stops: gpd.GeoDataFrame
    walk_to_stops: TravelTimes
    drive: TravelTimes
    depot: str
    water: gpd.GeoDataFrame | None
    caveats: tuple[str, ...]
    attributions: tuple[str, ...]
    reconciliation: pd.DataFrame
    disclosure: tuple[str, ...]
    sources: pd.DataFrame
    fingerprint: str


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
    draws, fixed = _measured(scenario, place, hub_plan, reached, by_bus)
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
        measures=_summarised(draws, fixed, bus_plan, scenario),
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


def _measured(
    scenario: Scenario,
    place: Place,
    plan: HubPlan | None,
    reached: pd.Series,
    by_bus: pd.Series,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the measures that depend on the estimate, by draw, and those that do not."""
    people = place.exclusion.draws.mul(
        place.exclusion.adults.reindex(place.exclusion.draws.index), axis=0
    )
    now = _within_reach(place, _serving(None, place), scenario.within)
    counted = {
        "excluded": pd.Series(data=True, index=people.index),
        "reach_now": now,
        "reach": reached,
        "gained": reached & ~now,
        "bus_reach": by_bus,
    }
    draws = pd.DataFrame(
        {name: people[mask.reindex(people.index)].sum() for name, mask in counted.items()}
    ).T
    if plan is not None:
        walked = plan.minutes.reindex(people.index)
        routed = people[walked.notna()]
        draws.loc["minutes"] = routed.mul(walked.dropna(), axis=0).sum() / routed.sum()
    new = [] if plan is None else list(plan.new)
    cost = place.sites.loc[new, "cost"]
    fixed = {"new_hubs": float(len(new))}
    if new and cost.notna().all():
        fixed["cost"] = float(cost.sum())
    return draws, fixed


MEASURES = {
    "excluded": ("people", "Adults estimated excluded in the whole place"),
    "reach_now": ("people", "Excluded adults within reach of a hub today"),
    "reach": ("people", "Excluded adults within reach of a hub in this scenario"),
    "gained": ("people", "Newly within reach"),
    "minutes": ("minutes", "Mean walk of an excluded adult to the nearest hub"),
    "bus_reach": ("people", "Excluded adults within reach of a bus stop only"),
    "new_hubs": ("hubs", "New hubs"),
    "cost": ("£ a year", "Running cost of the new hubs"),
    "bus_sessions": ("sessions", "Bus sessions in the cycle"),
    "bus_driving": ("hours", "Bus driving in the cycle"),
}


def _summarised(
    draws: pd.DataFrame, fixed: dict[str, float], bus_plan: BusPlan | None, scenario: Scenario
) -> pd.DataFrame:
    tail = (1 - INTERVAL) / 2
    frame = pd.DataFrame(
        {
            "value": draws.mean(axis=1),
            "low": draws.quantile(tail, axis=1),
            "high": draws.quantile(1 - tail, axis=1),
        }
    )
    if bus_plan is not None:
        fixed = fixed | {
            "bus_sessions": float(len(bus_plan.timetable)),
            "bus_driving": bus_plan.minutes_driven / 60,
        }
    for name, value in fixed.items():
        frame.loc[name, "value"] = value
    if scenario.bus_days == 0:
        frame = frame.drop(index="bus_reach")
    frame = frame.reindex([name for name in MEASURES if name in frame.index])
    frame["unit"] = [MEASURES[name][0] for name in frame.index]
    frame["label"] = [MEASURES[name][1] for name in frame.index]
    frame.index.name = "measure"
    return frame


def compare(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """
    Put outcomes side by side, each against the first.

    Returns
    -------
    pandas.DataFrame
        One row per measure and scenario: `label`, `unit`, `scenario`, `value`, `low`, `high`, and
        against the first scenario `difference`, its `difference_low` and `difference_high`, and
        `more_likely`, the probability in joint draws that it is above the first's. NaN for the
        first itself and for measures without draws.

    Raises
    ------
    InfeasibleError
        If there are no outcomes.
    """
    if not outcomes:
        raise InfeasibleError("There is nothing to compare. Name at least one scenario.")
    first = outcomes[0]
    rows = []
    for outcome in outcomes:
        for measure, row in outcome.measures.iterrows():
            rows.append(
                {"measure": measure, "scenario": outcome.scenario.name}
                | row[["label", "unit", "value", "low", "high"]].to_dict()
                | _difference(outcome, first, str(measure))
            )
    frame = pd.DataFrame(rows)
    order = {name: place for place, name in enumerate(MEASURES)}
    return frame.sort_values("measure", key=lambda m: m.map(order), kind="stable").reset_index(
        drop=True
    )


def _difference(outcome: Outcome, first: Outcome, measure: str) -> dict[str, float]:
    blank = dict.fromkeys(
        ("difference", "difference_low", "difference_high", "more_likely"), np.nan
    )
    if outcome is first or measure not in first.measures.index:
        return blank
    difference = outcome.measures.loc[measure, "value"] - first.measures.loc[measure, "value"]
    if measure not in outcome.draws.index or measure not in first.draws.index:
        return blank | {"difference": difference}
    drawn = outcome.draws.loc[measure] - first.draws.loc[measure]
    tail = (1 - INTERVAL) / 2
    return {
        "difference": difference,
        "difference_low": drawn.quantile(tail),
        "difference_high": drawn.quantile(1 - tail),
        "more_likely": float((drawn > 0).mean()),
    }
