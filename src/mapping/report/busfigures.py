"""Whom the bus reaches, by stop, ward and group: within reach, expected to come, and places."""

import pandas as pd

from mapping import access
from mapping.exclusion.result import TAILS
from mapping.maps.figures import rounded
from mapping.report.words import stop_count_hidden
from mapping.scenario import Outcome, Place
from mapping.scenario.attendance import rates


def bus_figures(outcome: Outcome, place: Place) -> pd.DataFrame:
    """
    Return people within reach of the bus and no hub, and those expected to come, with intervals.

    Parameters
    ----------
    outcome
        With a bus plan; without one the table is empty.

    Returns
    -------
    pandas.DataFrame
        One row each: `by` ("stop", "ward" or a kind of group), `name`, `within_reach`,
        `within_reach_low`, `within_reach_high`, `expected`, `expected_low`, `expected_high` (95 %
        over the draws, rounded) and `places` (stops only). Each area counts at its nearest stop.
        The figures of a sheltered scheme are left blank, as in `words.stop_count_hidden`.
        Groups have no intervals: only their means are estimated.
    """
    plan = outcome.bus_plan
    if plan is None or outcome.areas is None:
        return pd.DataFrame(columns=COLUMNS)
    estimate, scenario = place.exclusion, outcome.scenario
    by_bus = outcome.areas["bus"]
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    people = people[by_bus.reindex(people.index, fill_value=False)]
    share = plan.share.reindex(people.index).fillna(0.0)
    come = people.mul(share, axis=0) * rates(scenario, people.shape[1])
    minutes = place.walk_to_stops.minutes.loc[people.index, plan.stops]
    nearest = access.nearest(minutes)["site"]
    stops = _summed("stop", nearest, place.stops["name"], people, come)
    visits = plan.timetable.groupby("stop")["visits"].sum() * scenario.bus_seats
    stops["places"] = visits.reindex(stops.index)
    hidden = stop_count_hidden(outcome, place).reindex(stops.index)
    stops.loc[hidden, list(FIGURES)] = float("nan")
    wards = _summed(
        "ward", place.lsoas["ward"].reindex(people.index), place.wards["name"], people, come
    )
    return pd.concat([stops, wards, _groups(place, share, rates(scenario, 1000).mean())])[COLUMNS]


FIGURES = (
    "within_reach", "within_reach_low", "within_reach_high",
    "expected", "expected_low", "expected_high",
)  # fmt: skip
COLUMNS = ["by", "name", *FIGURES, "places"]


def _summed(
    by: str, where: pd.Series, names: pd.Series, people: pd.DataFrame, come: pd.DataFrame
) -> pd.DataFrame:
    parts = []
    for name, draws in (("within_reach", people), ("expected", come)):
        summed = draws.groupby(where).sum()
        parts += [
            summed.mean(axis=1).rename(name),
            summed.quantile(TAILS[0], axis=1).rename(f"{name}_low"),
            summed.quantile(TAILS[1], axis=1).rename(f"{name}_high"),
        ]
    table = pd.concat(parts, axis=1).map(rounded)
    table.insert(0, "by", by)
    table.insert(1, "name", names.reindex(table.index))
    return table.assign(places=float("nan"))


def _groups(place: Place, share: pd.Series, rate: float) -> pd.DataFrame:
    people = place.groups.reindex(share.index).fillna(0.0)
    table = pd.DataFrame(
        {
            "within_reach": people.sum().map(rounded),
            "expected": (people.mul(share, axis=0).sum() * rate).map(rounded),
        }
    ).reset_index()
    return table.rename(columns={"kind": "by", "label": "name"}).reindex(columns=COLUMNS)
