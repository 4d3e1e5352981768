"""What a scenario is measured by: people, minutes, pounds, each with what is known of it."""

import numpy as np
import pandas as pd

from mapping import hubs
from mapping.bus import TermPlan
from mapping.exclusion.result import TAILS
from mapping.hubs import HubPlan
from mapping.scenario.attendance import rates
from mapping.scenario.choices import Scenario
from mapping.scenario.fairness import excluded, fair_minutes
from mapping.scenario.place import Place

# Measure → unit and what it is called.
MEASURES = {
    "excluded": ("people", "Adults likely to be offline"),
    "reach_now": ("people", "Of them, within reach of a hub today"),
    "reach": ("people", "Of them, within reach of a hub in this scenario"),
    "gained": ("people", "Of them, newly within reach of a hub"),
    "lost": ("people", "Of them, no longer within reach of a hub"),
    "bus_reach": ("people", "Of them, within reach of a bus stop only"),
    "any_reach": ("people", "Of them, within reach of a hub or a bus stop"),
    "minutes": ("minutes", "Their mean walk to the nearest hub, where there is a route"),
    "fair_minutes": ("minutes", "The same walk, long ones weighing more (Kolm–Pollak)"),
    "longest": ("minutes", "Longest walk to the nearest hub, where there is a route"),
    "counted": ("people", "Of them, counted less the further they walk"),
    "standard": ("minutes", "Counted as within reach of a hub: up to"),
    "bus_standard": ("minutes", "Counted as within reach of a bus stop: up to"),
    "new_hubs": ("hubs", "New hubs"),
    "closed": ("hubs", "Hubs open now that close"),
    "places": ("places", "Places a week in the new hubs"),
    "cost": ("£ a year", "Running cost of the new hubs"),
    "cost_each": ("£ a year", "The same for each adult newly within reach"),
    "bus_sessions": ("sessions", "Bus sessions in the cycle"),
    "bus_driving": ("hours", "Bus driving in the cycle"),
    "bus_come": ("people", "Expected to come to the bus in a year"),
    "bus_places": ("places", "Places in the bus’s sessions in the term"),
    "bus_km": ("km", "Bus kilometres in the term"),
    "bus_duty": ("hours", "Hours of the bus on the road in the term"),
    "bus_cost": ("£ a term", "Cost of the bus’s driving and hours"),
    "bus_each": ("£ each", "The same for each adult expected to come"),
}


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
        Whether each area is within reach of a hub today (`now`), of a hub in the scenario (`hub`)
        and of a bus stop only (`bus`).
    inequality
        κ of the equally-distributed equivalent walk; see `mapping.scenario.fairness`.
    bus_plan
        The bus's term; those expected to come are the people within reach, times the share that
        its hours bring, times the attendance rate of the draw.
    """
    estimate = place.exclusion
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    now, reached, by_bus = (areas[name].reindex(people.index) for name in ("now", "hub", "bus"))
    counted = {
        "excluded": pd.Series(data=True, index=people.index),
        "reach_now": now,
        "reach": reached,
        "gained": reached & ~now,
        "lost": now & ~reached,
        "bus_reach": by_bus,
        "any_reach": reached | by_bus,
    }
    draws = pd.DataFrame({name: people[mask].sum() for name, mask in counted.items()}).T
    if bus_plan is not None:
        share = bus_plan.share.reindex(people.index).where(by_bus, 0.0).fillna(0.0)
        draws.loc["bus_come"] = people.mul(share, axis=0).sum() * rates(scenario, people.shape[1])
        spent = _in_term(bus_plan)["bus_cost"]
        if spent and (draws.loc["bus_come"] > 0).all():
            draws.loc["bus_each"] = spent / draws.loc["bus_come"]
    if plan is not None:
        draws = pd.concat([draws, _walked(scenario, plan, people, inequality)])
        cost = _total(place, plan, "cost")
        if cost is not None and (draws.loc["gained"] > 0).all():
            draws.loc["cost_each"] = cost / draws.loc["gained"]
    out = {"bus_reach": scenario.bus_days == 0, "lost": not scenario.may_close}
    return draws.drop(index=[name for name, left_out in out.items() if left_out])


def _walked(
    scenario: Scenario, plan: HubPlan, people: pd.DataFrame, inequality: float
) -> pd.DataFrame:
    """Return what depends on the walk to the nearest hub."""
    walked = plan.minutes.reindex(people.index)
    routed = people[walked.notna()]
    found = {
        "minutes": routed.mul(walked.dropna(), axis=0).sum() / routed.sum(),
        "fair_minutes": fair_minutes(people, walked, inequality),
    }
    if scenario.question == "gradual":
        share = hubs.attendance(
            walked.fillna(np.inf).to_numpy(), within=scenario.within, beyond=scenario.beyond
        )
        found["counted"] = people.mul(share, axis=0).sum()
    return pd.DataFrame(found).T


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


def summarised(draws: pd.DataFrame, known: dict[str, float]) -> pd.DataFrame:
    """
    Return every measure with its interval, in the order of `MEASURES`.

    Returns
    -------
    pandas.DataFrame
        By `measure`: `value` (mean of the draws, or as known), `low`, `high` (95 %; NaN where the
        measure does not depend on the estimate), `unit` and `label`.
    """
    frame = pd.DataFrame(
        {
            "value": draws.mean(axis=1),
            "low": draws.quantile(TAILS[0], axis=1),
            "high": draws.quantile(TAILS[1], axis=1),
        }
    )
    for name, value in known.items():
        frame.loc[name, "value"] = value
    frame = frame.reindex([name for name in MEASURES if name in frame.index])
    frame["unit"] = [MEASURES[name][0] for name in frame.index]
    frame["label"] = [MEASURES[name][1] for name in frame.index]
    frame.index.name = "measure"
    return frame
