"""Whom the bus reaches, by stop, ward and group: within reach, expected to come, and places."""

import pandas as pd

from mapping import access
from mapping.exclusion.result import TAILS
from mapping.report.words import joined, stop_count_hidden
from mapping.rounding import about, between, number, rounded
from mapping.scenario import Outcome, Place, Scenario, as_chosen
from mapping.scenario.attendance import expected, rates
from mapping.scenario.groups import shares


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
        The figures of a sheltered scheme are left blank, as in `words.stop_count_hidden`; wards
        and deciles with people of such stops are told in one row, as in `told_together`.

    Notes
    -----
    The people of an area are divided among groups in the same shares in every draw, as in
    `mapping.scenario.groups.by_group`: the doubt of those shares is left out.
    """
    plan = outcome.bus_plan
    if plan is None or outcome.areas is None:
        return pd.DataFrame(columns=COLUMNS)
    place = as_chosen(place, outcome.scenario)
    estimate, scenario = place.exclusion, outcome.scenario
    by_bus = outcome.areas["bus"]
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    people = people[by_bus.reindex(people.index, fill_value=False)]
    share = plan.share.reindex(people.index).fillna(0.0)
    come = people.mul(share, axis=0) * rates(scenario, people.shape[1])
    minutes = place.walk_to_stops.minutes.loc[people.index, plan.stops]
    nearest = access.nearest(minutes)["site"]
    stops = _summed("stop", nearest, place.stops["name"], people, come, scenario)
    visits = plan.timetable.groupby("stop")["visits"].sum() * scenario.bus_seats
    stops["places"] = visits.reindex(stops.index)
    hidden = stop_count_hidden(outcome, place).reindex(stops.index)
    stops.loc[hidden, list(FIGURES)] = float("nan")
    untold = nearest.isin(hidden.index[hidden])
    ward = place.lsoas["ward"].map(place.wards["name"]).reindex(people.index)
    ward = told_together(ward, untold)
    wards = _summed("ward", ward, pd.Series(ward.unique(), ward.unique()), people, come, scenario)
    return pd.concat([stops, wards, _groups(place, people, come, untold, scenario)])[COLUMNS]


def told_together(parts: pd.Series, untold: pd.Series) -> pd.Series:
    """
    Return the part each area is told in: those that hold untold areas become one.

    Then every sum that is published holds all areas of the stops that are not shown, or none of
    them: how these areas divide among the stops changes no figure, so that none tells of it.

    Parameters
    ----------
    parts
        Of each area, the name of the ward or group it is in.
    untold
        Whether an area is counted at a stop that is not shown.

    Examples
    --------
    >>> parts = pd.Series({"a": "Elm", "b": "Oak", "c": "Oak", "d": "Yew"})
    >>> told_together(parts, pd.Series({"a": True, "b": True, "c": False, "d": False})).tolist()
    ['Elm and Oak', 'Elm and Oak', 'Elm and Oak', 'Yew']
    """
    among = list(parts[untold].dropna().unique())
    return parts.mask(parts.isin(among), joined(among)) if len(among) > 1 else parts


def bus_figures_told(outcome: Outcome, place: Place) -> pd.DataFrame:
    """Return `bus_figures` as text, a figure and its interval in one cell; "–" where not told."""
    found = bus_figures(outcome, place)
    told = {
        "By": found["by"].str.capitalize(),
        "Name": found["name"].fillna("–"),
        "Within reach": _cells(found, "within_reach"),
        "Expected to come in the term": _cells(found, "expected"),
        "Places": ["–" if pd.isna(places) else number(places) for places in found["places"]],
    }
    return pd.DataFrame(told)


def _cells(found: pd.DataFrame, name: str) -> list[str]:
    columns = (found[column] for column in (name, f"{name}_low", f"{name}_high"))
    return [
        "–" if pd.isna(value) else f"{about(value)} ({between(low, high)})"
        for value, low, high in zip(*columns, strict=True)
    ]


FIGURES = (
    "within_reach", "within_reach_low", "within_reach_high",
    "expected", "expected_low", "expected_high",
)  # fmt: skip
COLUMNS = ["by", "name", *FIGURES, "places"]


def _summed(  # noqa: PLR0917 (what is summed, by what, and for whom)
    by: str,
    where: pd.Series,
    names: pd.Series,
    people: pd.DataFrame,
    come: pd.DataFrame,
    scenario: Scenario,
) -> pd.DataFrame:
    table = _told(people.groupby(where).sum(), come.groupby(where).sum(), scenario)
    table.insert(0, "by", by)
    table.insert(1, "name", names.reindex(table.index))
    return table.assign(places=float("nan"))


def _groups(
    place: Place,
    people: pd.DataFrame,
    come: pd.DataFrame,
    untold: pd.Series,
    scenario: Scenario,
) -> pd.DataFrame:
    parts = shares(place).reindex(people.index).fillna(0.0).T
    # Unlike people of an age, those of a decile are whole areas, which add up as wards do.
    decile = pd.Series(parts.index.get_level_values("label"), parts.index, name="label")
    apart = parts.index.get_level_values("kind") == "deprivation"
    decile[apart] = told_together(decile[apart], parts.loc[apart, untold].gt(0).any(axis=1))
    parts.index = pd.MultiIndex.from_arrays([parts.index.get_level_values("kind"), decile])
    parts = parts.groupby(level=["kind", "label"], sort=False).sum()
    table = _told(parts @ people.fillna(0.0), parts @ come.fillna(0.0), scenario)
    named = table.reset_index().rename(columns={"kind": "by", "label": "name"})
    return named.reindex(columns=COLUMNS)


def _told(people: pd.DataFrame, come: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return middle and interval over the draws of each figure, rounded."""
    middle = {"within_reach": people.mean(axis=1), "expected": expected(come, scenario)}
    parts = []
    for name, draws in {"within_reach": people, "expected": come}.items():
        parts += [
            middle[name].rename(name),
            draws.quantile(TAILS[0], axis=1).rename(f"{name}_low"),
            draws.quantile(TAILS[1], axis=1).rename(f"{name}_high"),
        ]
    return pd.concat(parts, axis=1).map(rounded)


def left_out_table(outcome: Outcome, place: Place) -> pd.DataFrame:
    """Return the stops that the bus does not visit, and why, those of one reason together."""
    if outcome.left_out is None:
        return pd.DataFrame(columns=["Stop", "Kind", "Why not"])
    stops = place.stops.reindex(outcome.left_out.index)
    table = pd.DataFrame(
        {"Stop": stops["name"], "Kind": stops["kind"], "Why not": outcome.left_out}
    )
    return table.sort_values(["Why not", "Stop"], ignore_index=True)
