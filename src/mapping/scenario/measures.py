"""What a scenario is measured by: people, minutes, pounds, each with what is known of it."""

import pandas as pd

from mapping.bus import BusPlan
from mapping.exclusion.result import TAILS
from mapping.hubs import HubPlan
from mapping.scenario.choices import Scenario
from mapping.scenario.place import Place

# Measure → unit and what it is called.
MEASURES = {
    "excluded": ("people", "Adults likely to be offline"),
    "reach_now": ("people", "Of them, within reach of a hub today"),
    "reach": ("people", "Of them, within reach of a hub in this scenario"),
    "gained": ("people", "Of them, newly within reach of a hub"),
    "bus_reach": ("people", "Of them, within reach of a bus stop only"),
    "any_reach": ("people", "Of them, within reach of a hub or a bus stop"),
    "minutes": ("minutes", "Their mean walk to the nearest hub, where there is a route"),
    "standard": ("minutes", "Counted as within reach of a hub: up to"),
    "bus_standard": ("minutes", "Counted as within reach of a bus stop: up to"),
    "new_hubs": ("hubs", "New hubs"),
    "cost": ("£ a year", "Running cost of the new hubs"),
    "bus_sessions": ("sessions", "Bus sessions in the cycle"),
    "bus_driving": ("hours", "Bus driving in the cycle"),
}


def drawn(
    place: Place, plan: HubPlan | None, *, now: pd.Series, reached: pd.Series, by_bus: pd.Series
) -> pd.DataFrame:
    """
    Return the measures that depend on the estimate, measures × draws.

    Parameters
    ----------
    plan
        The hub plan, for the walk to the nearest hub; None where no hub is open.
    now, reached, by_bus
        Whether each area is within reach of a hub today, of a hub in the scenario, and of a bus
        stop only.
    """
    estimate = place.exclusion
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    counted = {
        "excluded": pd.Series(data=True, index=people.index),
        "reach_now": now,
        "reach": reached,
        "gained": reached & ~now,
        "bus_reach": by_bus,
        "any_reach": reached | by_bus,
    }
    draws = pd.DataFrame(
        {name: people[mask.reindex(people.index)].sum() for name, mask in counted.items()}
    ).T
    if plan is not None:
        walked = plan.minutes.reindex(people.index).dropna()
        routed = people.loc[walked.index]
        draws.loc["minutes"] = routed.mul(walked, axis=0).sum() / routed.sum()
    return draws


def fixed(
    scenario: Scenario, place: Place, plan: HubPlan | None, bus_plan: BusPlan | None
) -> dict[str, float]:
    """Return the measures that do not depend on the estimate; what is not known is left out."""
    new = [] if plan is None else list(plan.new)
    found = {"standard": scenario.within, "new_hubs": float(len(new))}
    cost = place.sites.loc[new, "cost"]
    if new and cost.notna().all():
        found["cost"] = float(cost.sum())
    if bus_plan is not None:
        found["bus_standard"] = scenario.bus_walk
        found["bus_sessions"] = float(len(bus_plan.timetable))
        found["bus_driving"] = bus_plan.minutes_driven / 60
    return found


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
