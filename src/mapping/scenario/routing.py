"""The bus of a scenario: which stops to choose among, the term's timetable, and whom it reaches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import inf
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping import access, bus
from mapping.access.points import some
from mapping.bus import Bus, Hours, Settings, TermPlan
from mapping.bus.tables import Window
from mapping.errors import InvalidScenarioError
from mapping.scenario.choices import Scenario, lock_parts
from mapping.scenario.leftout import caveats_named, left_out
from mapping.scenario.place import Place
from mapping.weekdays import weekdays

# Own words of a scenario for the driver's hours, and what they are called in a profile.
EDITED = {
    "bus_driving": "driving",
    "bus_duty": "duty",
    "bus_work": "work_before_break",
    "bus_rest": "rest",
}


@dataclass(frozen=True, eq=False)
class Routed:
    """
    A timetable and whom it reaches.

    Parameters
    ----------
    plan
        The timetable; None without a bus, or where no stop is near anybody left.
    stops
        The stops visited, by `site`, with the `people` within reach, each area counted at the
        nearest of them.
    areas
        Whether each area is within reach of a visited stop and of no hub.
    share
        By area, the share of those who would ever come that the hours of sessions near it bring.
    left_out
        By stop that is not visited, why; empty without a plan.
    """

    plan: TermPlan | None
    stops: gpd.GeoDataFrame
    areas: pd.Series
    share: pd.Series
    left_out: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))


def routed(
    scenario: Scenario,
    place: Place,
    reached: pd.Series,
    *,
    tell: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Routed:
    """
    Plan the bus's term for the people whom no hub reaches.

    Parameters
    ----------
    reached
        Whether each area is within reach of a hub.
    tell
        Told what is being done.
    stop
        Asked often; once it returns True the best timetable so far is returned.

    Raises
    ------
    InvalidScenarioError
        If a stop is named that the place does not have.
    InfeasibleError
        If stops that have to be visited cannot be, with the smallest change that resolves it.
    """
    minutes = place.walk_to_stops.minutes
    left = place.exclusion.people.reindex(minutes.index).where(~reached, 0.0).fillna(0.0)
    asked = stops_asked(scenario, place)
    near = access.within(minutes[list(asked.index)], scenario.bus_walk)
    useful = near.mul(left, axis=0).sum() > 0
    asked = asked[useful.reindex(asked.index) | asked["must"]]
    if scenario.bus_days == 0 or asked.empty:
        nowhere = pd.Series(data=False, index=reached.index)
        return Routed(None, place.stops.iloc[:0].assign(people=0.0), nowhere, nowhere * 0.0)
    asked = asked.loc[_shortlist(scenario, asked, left, minutes)]
    groups, served = _groups(scenario, place, reached)
    plan = bus.plan_term(
        asked,
        near[list(asked.index)],
        left,
        place.drive.minutes,
        buses=buses(scenario, place),
        slots=slots(scenario, place),
        settings=settings(scenario),
        groups=groups,
        served=served,
        km=place.drive_km,
        draws=_drawn(scenario, place, left),
        seconds=scenario.bus_seconds,
        progress=tell,
        stop=stop,
    )
    visited = minutes[plan.stops]
    people = _people_at(left, visited, scenario.bus_walk)
    areas = access.within(visited, scenario.bus_walk).any(axis=1) & (left > 0)
    stops = place.stops.loc[visited.columns].assign(people=people)
    plan = replace(plan, caveats=(*caveats_named(plan, place.stops), *_unread(stops)))
    why = left_out(
        scenario,
        place.stops,
        plan,
        near=access.within(minutes, scenario.bus_walk),
        people=left,
        compared=list(asked.index),
    )
    return Routed(plan, stops, areas, plan.share.reindex(reached.index).fillna(0.0), why)


def stops_asked(scenario: Scenario, place: Place) -> pd.DataFrame:
    """
    Return the stops a plan may choose, with their limits as `plan_term` reads them.

    Raises
    ------
    InvalidScenarioError
        If the scenario names a stop that the place does not have.
    """
    locks = [lock_parts(lock) for lock in scenario.bus_locked]
    locked = {where: (day, at) for where, day, at in locks}
    named = {*scenario.bus_must, *scenario.bus_never, *locked}
    strange = sorted(named - set(map(str, place.stops.index)))
    if strange:
        raise InvalidScenarioError(
            f"{scenario.called}there is no stop {', '.join(strange)} in {place.name}."
        )
    stops = place.stops[~place.stops.index.isin(scenario.bus_never)]
    for need in scenario.bus_needs:
        stated = stops[need] if need in stops else pd.Series(None, stops.index, dtype=object)
        # A planner who puts a stop somewhere is asked to see to that.
        stops = stops[(stated == "yes") | stops.index.isin(scenario.bus_placed)]
    limits = [_limits(stop, row, scenario, locked) for stop, row in stops.iterrows()]
    names = ["opens", "closes", "starts", "weekdays", "windows", "must"]
    found = pd.DataFrame(limits, index=stops.index, columns=names)
    return found.assign(visits=stops.get("visits", np.nan))


def _limits(
    stop: Any, row: pd.Series, scenario: Scenario, locked: Mapping[str, tuple[str, str]]
) -> tuple[float, float, float, tuple[int, ...], tuple[Window, ...] | None, bool]:
    """Return when a stop is possible and whether it has to be visited."""
    closed = weekdays(_text(row, "not_on"))
    days = tuple(day for day, name in enumerate(bus.WEEKDAYS) if name not in closed)
    opens, closes = _clock(row, "opens"), _clock(row, "closes")
    asked = stop in scenario.bus_must or stop in scenario.bus_placed
    must = asked or _text(row, "must_visit").lower() == "yes"
    if stop not in locked:
        return opens, closes, np.nan, days, _windows(row), must
    day, at = locked[stop]
    return opens, closes, _minutes(at), (bus.WEEKDAYS.index(day),), _windows(row), True


def _windows(row: pd.Series) -> tuple[Window, ...] | None:
    """Return when a stop is open by its `hours`; None where they say nothing that can be read."""
    week = access.week(row.get("hours"))
    if week is None:
        return None
    return tuple(
        (float(opens), float(closes), (day,))
        for day, spans in enumerate(week)
        for opens, closes in spans
    )


def _unread(stops: pd.DataFrame) -> tuple[str, ...]:
    """Say which of the stops visited state hours that cannot be read."""
    lost = [stop for stop, row in stops.iterrows() if _text(row, "hours") and _windows(row) is None]
    if not lost:
        return ()
    return (
        f"The opening hours of {len(lost)} of {len(stops)} bus stops cannot be read "
        f"({some(lost)}): ask whether they are open when the bus comes.",
    )


def _text(row: pd.Series, column: str) -> str:
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _clock(row: pd.Series, column: str) -> float:
    text = _text(row, column)
    return _minutes(text) if bus.CLOCK.fullmatch(text) else np.nan


def _minutes(text: str) -> float:
    hour, minute = text.split(":")
    return 60.0 * int(hour) + int(minute)


def _shortlist(
    scenario: Scenario, asked: pd.DataFrame, left: pd.Series, minutes: pd.DataFrame
) -> list[Any]:
    """
    Return as many stops as the scenario allows: those most people live near.

    Each adds the most whom none before it reaches; once all are reached, they count anew for the
    stops that are left. So a longer list holds every shorter one, and never reaches fewer.
    """
    if len(asked) <= scenario.bus_stops:
        return list(asked.index)
    people = left.to_numpy()
    near = access.within(minutes[list(asked.index)], scenario.bus_walk).to_numpy()
    order: list[int] = np.flatnonzero(asked["must"]).tolist()
    rest = [stop for stop in range(len(asked)) if stop not in order]
    missed = people * ~near[:, order].any(axis=1)
    while rest and len(order) < scenario.bus_stops:
        adds = missed @ near[:, rest]
        if adds.max() <= 0:
            missed = people
            adds = missed @ near[:, rest]
        order.append(rest.pop(int(adds.argmax())))
        missed = missed * ~near[:, order[-1]]
    return list(asked.index[order])


def buses(scenario: Scenario, place: Place) -> list[Bus]:
    """
    Return the vehicles.

    Raises
    ------
    InvalidScenarioError
        If a depot is none of the place's stops.
    """
    strange = [depot for depot in scenario.bus_depots if depot not in place.drive.minutes.index]
    if strange:
        raise InvalidScenarioError(
            f"{scenario.called}{', '.join(strange)} cannot be a depot: it is no stop of "
            f"{place.name}. Name one that is, or leave bus_depots out."
        )
    starts = _minutes(scenario.bus_starts)
    depots = [*scenario.bus_depots, *[place.depot] * scenario.bus_count][: scenario.bus_count]
    return [Bus(depot, starts, starts + scenario.bus_shift) for depot in depots]


def slots(scenario: Scenario, place: Place) -> tuple[bus.Slot, ...]:
    """Return the days of the term, and those that come round as often as some stops ask."""
    asked = set(place.stops.get("visits", pd.Series(dtype=float)).dropna().astype(int))
    return bus.slots(
        days=scenario.bus_days,
        buses=scenario.bus_count,
        weekdays=[bus.WEEKDAYS.index(day) for day in scenario.bus_weekdays],
        term=scenario.bus_term,
        visits=scenario.bus_visits,
        tasters=[bus.WEEKDAYS.index(day) for day in scenario.bus_tasters],
        first=scenario.bus_first_day,
        holidays=list(days_off(scenario)),
        also={often for often in asked if often > scenario.bus_visits},
    )


def days_off(scenario: Scenario) -> dict[date, str]:
    """
    Return the dates of the term on which no bus runs, and what each is called.

    Bank holidays of England and Wales are among them where the scenario says so and gives a first
    day; without one, no date is known.
    """
    off = {date.fromisoformat(text): "" for text in scenario.bus_holidays}
    first = scenario.bus_first_day
    if first is None:
        return off
    last = first + timedelta(weeks=scenario.bus_term)
    named = bus.bank_holidays(first, last) if scenario.bus_bank_holidays else {}
    return dict(sorted((off | named).items()))


def settings(scenario: Scenario) -> Settings:
    """Return how sessions are held and what they may cost."""
    return Settings(
        lengths=tuple(dict.fromkeys([scenario.bus_session, *scenario.bus_lengths])),
        setup=scenario.bus_setup,
        packup=scenario.bus_packup,
        hours=_hours(scenario),
        returns=bus.Returns(scenario.bus_half),
        fairest=scenario.bus_aim != "most",
        km_cost=scenario.bus_km_cost,
        hour_cost=scenario.bus_hour_cost,
        budget=scenario.bus_budget or inf,
    )


def _hours(scenario: Scenario) -> Hours:
    edited = {
        name: getattr(scenario, field)
        for field, name in EDITED.items()
        if getattr(scenario, field) > 0
    }
    return replace(bus.PROFILES[scenario.bus_hours], **edited)


def _groups(
    scenario: Scenario, place: Place, reached: pd.Series
) -> tuple[pd.DataFrame | None, pd.Series | None]:
    """Return people left by area and group, and those of each group whom hubs serve."""
    if scenario.bus_aim == "most":
        return None, None
    people = place.groups.fillna(0.0)
    if scenario.bus_aim == "wards":
        ward = pd.get_dummies(place.lsoas["ward"]).astype(float)
        people = ward.mul(place.exclusion.people.reindex(ward.index).fillna(0.0), axis=0)
    by_hub = reached.reindex(people.index).astype(float)
    return people.mul(1 - by_hub, axis=0), people.mul(by_hub, axis=0).sum()


def _drawn(scenario: Scenario, place: Place, left: pd.Series) -> pd.DataFrame | None:
    """Return people left in as many draws of the estimate as the scenario asks."""
    if not scenario.draws:
        return None
    estimate = place.exclusion
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    return people.iloc[:, : scenario.draws].where(left.reindex(people.index) > 0, 0.0)


def _people_at(left: pd.Series, minutes: pd.DataFrame, walk: float) -> pd.Series:
    """Return the people of each stop, every area within the walk counted at its nearest."""
    nearest = access.nearest(minutes.where(access.within(minutes, walk)))["site"].dropna()
    people = left.reindex(nearest.index).groupby(nearest).sum()
    return people.reindex(minutes.columns, fill_value=0.0)
