"""What a scenario is measured by: people, minutes, pounds, each with what is known of it."""

import numpy as np
import pandas as pd

from mapping import access, hubs
from mapping.access import SLOW_WALKING
from mapping.bus import TermPlan
from mapping.exclusion.result import TAILS
from mapping.hubs import HubPlan
from mapping.scenario.attendance import expected, rates
from mapping.scenario.choices import Scenario
from mapping.scenario.fairness import excluded, fair_minutes
from mapping.scenario.place import Place

# Measure → unit and what it is called.
MEASURES = {
    "excluded": ("people", "Adults likely to be offline"),
    "reach_now": ("people", "Adults offline within reach of a hub today"),
    "reach": ("people", "Adults offline within reach of a hub in this scenario"),
    "reach_slow": (
        "people",
        f"Adults offline within reach of a hub if all walked at a slow walker’s {SLOW_WALKING} m/s",
    ),
    "gained": ("people", "Adults offline newly within reach of a hub"),
    "lost": ("people", "Adults offline no longer within reach of a hub"),
    "backup": ("people", "Adults offline within reach of two hubs or more"),
    "bus_reach": ("people", "Adults offline within reach of a bus stop only"),
    "any_reach": ("people", "Adults offline within reach of a hub or a bus stop"),
    "attenders": ("people", "Expected to come to a hub in a year"),
    "new_attenders": ("people", "Expected to come to a hub in a year, newly within reach"),
    "minutes": (
        "minutes",
        "Mean walk of adults offline to the nearest hub, where there is a route",
    ),
    "fair_minutes": (
        "minutes",
        "Walk of adults offline to the nearest hub, long ones weighing more (Kolm–Pollak)",
    ),
    "longest": ("minutes", "Longest walk to the nearest hub, where there is a route"),
    "least_served": ("minutes", "Mean walk of the tenth of adults offline who have furthest to go"),
    "counted": ("people", "Adults offline, counted less the further they walk to a hub"),
    "standard": ("minutes", "Longest walk that counts as within reach of a hub"),
    "bus_standard": ("minutes", "Longest walk that counts as within reach of a bus stop"),
    "new_hubs": ("hubs", "New hubs"),
    "closed": ("hubs", "Hubs open now that close"),
    "places": ("places", "Places a week in the new hubs"),
    "cost": ("£ a year", "Running cost of the new hubs"),
    "cost_each": ("£ a year", "Running cost for each adult offline newly within reach of a hub"),
    "attender_cost": ("£ a year", "Running cost for each expected to come, newly within reach"),
    "bus_sessions": ("sessions", "Bus sessions in the cycle"),
    "bus_driving": ("hours", "Bus driving in the cycle"),
    "bus_come": ("people", "Expected to come to the bus in the term"),
    "bus_places": ("places", "Places in the bus’s sessions in the term"),
    "bus_km": ("km", "Bus kilometres in the term"),
    "bus_duty": ("hours", "Hours of the bus on the road in the term"),
    "bus_cost": ("£ a term", "Cost of the bus’s driving and hours in the term"),
    "bus_each": ("£ each", "Cost of the bus for each expected to come to it in the term"),
}
# What is a sum of pounds for each of so many people: pounds ÷ the people expected, and not the mean
# of such ratios, so that the figures of a table divide as printed.
RATIOS = {
    "cost_each": ("cost", "gained"),
    "attender_cost": ("cost", "new_attenders"),
    "bus_each": ("bus_cost", "bus_come"),
}
# Those expected to come → those within reach, of whom they are the share.
ATTENDERS = {"attenders": "reach", "new_attenders": "gained"}
# What is not known where no hub is opened, and which are open now is not known.
OF_HUBS = ("reach", "reach_slow", "any_reach", "attenders")
LEAST_SERVED = 0.1  # share of people


def drawn(
    scenario: Scenario,
    place: Place,
    plan: HubPlan | None,
    *,
    areas: pd.DataFrame,
    inequality: float,
    bus_plan: TermPlan | None = None,
) -> pd.DataFrame:
    """
    Return the measures that depend on the estimate, measures × draws.

    Parameters
    ----------
    plan
        The hub plan, for the walk to the nearest hub; None where no hub is open.
    areas
        Whether each area is within reach of a hub today (`now`), of a hub in the scenario (`hub`),
        of one at a slow walker's pace (`slow`) and of a bus stop only (`bus`). Without `now`, as
        where the hubs open now are not known, what is measured against today is left out, and what
        is within reach of no hub at all is NaN.
    inequality
        κ of the equally-distributed equivalent walk; see `mapping.scenario.fairness`.
    bus_plan
        The bus's term; those expected to come are the people within reach, times the share that
        its hours bring, times the attendance rate of the draw.
    """
    estimate = place.exclusion
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    named = areas.reindex(people.index)
    counted, by_bus = _counted(named), named["bus"]
    if plan is not None:
        near = access.within(place.walk.minutes[list(plan.sites)], scenario.within)
        counted["backup"] = near.sum(axis=1).reindex(people.index) > 1
    draws = pd.DataFrame({name: people[mask].sum() for name, mask in counted.items()}).T
    come = rates(scenario, people.shape[1])
    for name, whom in ATTENDERS.items():
        if whom in draws.index:
            draws.loc[name] = draws.loc[whom] * come
    if bus_plan is not None:
        share = bus_plan.share.reindex(people.index).where(by_bus, 0.0).fillna(0.0)
        draws.loc["bus_come"] = people.mul(share, axis=0).sum() * come
        spent = _in_term(bus_plan)["bus_cost"]
        if spent and (draws.loc["bus_come"] > 0).all():
            draws.loc["bus_each"] = spent / draws.loc["bus_come"]
    if plan is not None:
        draws = pd.concat([draws, _walked(scenario, plan, people, inequality)])
        cost = _total(place, plan, "cost")
        for name, (total, each) in RATIOS.items():
            stated = cost is not None and each in draws.index
            if total == "cost" and stated and (draws.loc[each] > 0).all():
                draws.loc[name] = cost / draws.loc[each]
    if plan is None and "now" not in named:
        draws.loc[list(OF_HUBS)] = np.nan
    out = {"bus_reach": scenario.bus_days == 0, "lost": not scenario.may_close}
    left_out = [name for name, is_out in out.items() if is_out]
    return draws.drop(index=left_out, errors="ignore")


def _counted(areas: pd.DataFrame) -> dict[str, pd.Series]:
    """Return which areas count for each measure of people."""
    reached, slowly, by_bus = (areas[name] for name in ("hub", "slow", "bus"))
    counted = {
        "excluded": pd.Series(data=True, index=areas.index),
        "reach": reached,
        "reach_slow": slowly,
        "bus_reach": by_bus,
        "any_reach": reached | by_bus,
    }
    if "now" not in areas:
        return counted
    now = areas["now"]
    return counted | {"reach_now": now, "gained": reached & ~now, "lost": now & ~reached}


def _walked(
    scenario: Scenario, plan: HubPlan, people: pd.DataFrame, inequality: float
) -> pd.DataFrame:
    """Return what depends on the walk to the nearest hub."""
    walked = plan.minutes.reindex(people.index)
    routed = people[walked.notna()]
    found = {
        "minutes": routed.mul(walked.dropna(), axis=0).sum() / routed.sum(),
        "fair_minutes": fair_minutes(people, walked, inequality),
        "least_served": least_served(people, walked),
    }
    if scenario.question == "gradual":
        share = hubs.attendance(
            walked.fillna(np.inf).to_numpy(), within=scenario.within, beyond=scenario.beyond
        )
        found["counted"] = people.mul(share, axis=0).sum()
    return pd.DataFrame(found).T


def least_served(
    people: pd.DataFrame, minutes: pd.Series, *, share: float = LEAST_SERVED
) -> pd.Series:
    """
    Return the mean walk of those who have furthest to walk, draw by draw.

    Parameters
    ----------
    people
        Areas by draws.
    minutes
        To the nearest hub, by area; NaN where there is no route, and then left out.
    share
        Of the people with a route, who count.

    Returns
    -------
    pandas.Series
        By draw; NaN where nobody has a route.

    Examples
    --------
    >>> people = pd.DataFrame({"draw": [80, 15, 5]}, index=["A", "B", "C"])
    >>> least_served(people, pd.Series({"A": 5.0, "B": 20.0, "C": 40.0})).tolist()
    [30.0]
    """
    walked = minutes.reindex(people.index).dropna().sort_values(ascending=False, kind="stable")
    routed = people.loc[walked.index]
    wanted = share * routed.sum()
    # Areas from the furthest on, the last of them in part, until the share is full.
    filled = np.minimum(routed.cumsum().to_numpy(), wanted.to_numpy())
    counted = pd.DataFrame(np.diff(filled, axis=0, prepend=0.0), routed.index, routed.columns)
    return counted.mul(walked, axis=0).sum(min_count=1) / wanted.where(wanted > 0)


def _total(place: Place, plan: HubPlan, column: str) -> float | None:
    """Add up what the new hubs state; None where there are none, or one states nothing."""
    stated = place.sites.loc[list(plan.new), column]
    return float(stated.sum()) if len(stated) and stated.notna().all() else None


def fixed(
    scenario: Scenario, place: Place, plan: HubPlan | None, bus_plan: TermPlan | None
) -> dict[str, float]:
    """Return the measures that do not depend on the estimate; what is not known is left out."""
    found = {"standard": scenario.within, "new_hubs": 0.0 if plan is None else len(plan.new) * 1.0}
    if plan is not None:
        totals = {"places": _total(place, plan, "capacity"), "cost": _total(place, plan, "cost")}
        found |= {name: total for name, total in totals.items() if total is not None}
        walks = plan.minutes[excluded(place).reindex(plan.minutes.index) > 0]
        if walks.notna().any():
            found["longest"] = float(walks.max())
        if scenario.may_close:
            found["closed"] = float(place.sites["counts"].sum() - len(plan.kept))
    if bus_plan is not None:
        found["bus_standard"] = scenario.bus_walk
        found["bus_sessions"] = float(len(bus_plan.timetable))
        found["bus_driving"] = bus_plan.minutes_driven / 60
        found["bus_places"] = float(bus_plan.timetable["visits"].sum() * scenario.bus_seats)
        found |= _in_term(bus_plan)
    return found


def _in_term(plan: TermPlan) -> dict[str, float]:
    """Return what the bus drives, works and costs in the term; what is not known is left out."""
    visits = plan.days["visits"]
    totals = {
        "bus_km": float((plan.days["km"] * visits).sum(skipna=False)),
        "bus_duty": float((plan.days["duty"] * visits).sum()) / 60,
        "bus_cost": float((plan.days["cost"] * visits).sum()),
    }
    return {name: total for name, total in totals.items() if not np.isnan(total)}


def summarised(draws: pd.DataFrame, known: dict[str, float], scenario: Scenario) -> pd.DataFrame:
    """
    Return every measure with its interval, in the order of `MEASURES`.

    Returns
    -------
    pandas.DataFrame
        By `measure`: `value` (mean of the draws, or as known; those expected to come by the share
        that is stated; pounds for each person are divided by the number of people), `low`, `high`
        (95 %; NaN where the measure does not depend on the estimate), `unit` and `label`.
    """
    frame = pd.DataFrame(
        {
            "value": draws.mean(axis=1),
            "low": draws.quantile(TAILS[0], axis=1),
            "high": draws.quantile(TAILS[1], axis=1),
        }
    )
    coming = [name for name in (*ATTENDERS, "bus_come") if name in draws.index]
    frame.loc[coming, "value"] = expected(draws.loc[coming], scenario)
    for name, value in known.items():
        frame.loc[name, "value"] = value
    for name, (total, each) in RATIOS.items():
        if name in frame.index:
            frame.loc[name, "value"] = frame.loc[total, "value"] / frame.loc[each, "value"]
    frame = frame.reindex([name for name in MEASURES if name in frame.index])
    frame["unit"] = [MEASURES[name][0] for name in frame.index]
    frame["label"] = [MEASURES[name][1] for name in frame.index]
    frame.index.name = "measure"
    return frame
