"""The options of a board paper, doing nothing among them, by what they bring and cost.

People within reach, people expected to come and places are three different figures; each stands
by itself, and none is put for another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mapping.exclusion.result import TAILS
from mapping.report.page import KeyFigure, Table
from mapping.report.words import UNKNOWN, UNKNOWN_TODAY, printed, within_reach
from mapping.rounding import about, between, number
from mapping.scenario import Outcome, Place
from mapping.scenario.attendance import expected, rates

NOTHING = "Do nothing"
BUS_COLUMNS = (
    "Within reach of a bus stop only",
    "Expected to come in the term",
    "Places in the term",
    "Cost in the term",
    "Cost for each expected to come",
)
THREE = (
    "Living within reach is not coming, and coming is not having a place. “Within reach” counts "
    "adults likely to be offline who live near a hub; “expected to come” is the share of them that "
    "is assumed to come in a year; “places” are what the venues say they hold in a week."
)


def expected_today(outcome: Outcome) -> pd.Series:
    """Return how many are expected to come in a year to the hubs open today."""
    people = outcome.draws.loc[["reach_now"]]
    come = people * rates(outcome.scenario, people.shape[1])
    low, high = np.quantile(come, TAILS)
    middle = expected(come, outcome.scenario)["reach_now"]
    return pd.Series({"value": middle, "low": low, "high": high})


def assumed(outcome: Outcome) -> str:
    """Return what is assumed about coming."""
    scenario = outcome.scenario
    return (
        f"How many come is an assumption, not an estimate: {scenario.attendance:.0%} of the adults "
        f"likely to be offline within reach in a year ({scenario.attendance_low:.0%} to "
        f"{scenario.attendance_high:.0%}), the same for every place and group."
    )


def key_figures(outcome: Outcome, place: Place) -> tuple[KeyFigure, ...]:
    """Return the figures a board asks for first, each with its interval."""
    total, year = place.exclusion.total(), place.exclusion.year
    reach, come = outcome.measures.loc["reach"], outcome.measures.loc["attenders"]
    within = f"{outcome.scenario.within:g} minutes’ walk of a hub"
    figures = [
        _figure(total, "people", f"adults likely to be offline in {place.name}, {year}"),
        _figure(reach, "value", f"of them would live within reach: {within}"),
        _figure(come, "value", "of those are expected to come to a hub in a year (an assumption)"),
    ]
    if not outcome.reach_known:
        figures[1:] = [replace(figure, value=UNKNOWN, note="") for figure in figures[1:]]
    places, cost = _known(outcome, "places"), _known(outcome, "cost")
    if outcome.new_hubs:
        figures += [
            KeyFigure(
                UNKNOWN if places is None else number(places), "places a week in the new hubs"
            ),
            KeyFigure(
                UNKNOWN if cost is None else f"£{number(cost)}", "cost of the new hubs a year"
            ),
        ]
    if "bus_reach" in outcome.measures.index:
        row = outcome.measures.loc["bus_reach"]
        figures.append(_figure(row, "value", "more live within reach of a bus stop only"))
    if outcome.bus_plan is not None:
        come, cost = outcome.measures.loc["bus_come"], _known(outcome, "bus_cost")
        label = "of those are expected to come to the bus in the term (an assumption)"
        figures += [
            _figure(come, "value", label),
            KeyFigure(_stated(cost, pounds=True), "cost of the bus’s driving and hours in a term"),
        ]
    return tuple(figures)


def options_table(outcomes: Sequence[Outcome], place: Place) -> Table:
    """Return the options side by side, doing nothing first; of hubs only, as `bus_table` is."""
    first = outcomes[0]
    beside = any(outcome.bus_plan is not None for outcome in outcomes)
    return Table(
        f"The options{': hubs' if beside else ''} (adults likely to be offline: "
        f"{place.exclusion.population}, {place.exclusion.year}; 95% intervals in brackets)",
        pd.DataFrame([_nothing(first), *(_row(outcome) for outcome in outcomes)]),
        note=" ".join(
            [
                *_standards(outcomes),
                assumed(first),
                *(["The bus is not in this table: the next one tells of it."] if beside else []),
            ]
        ),
        sortable=False,
    )


def bus_table(outcomes: Sequence[Outcome], place: Place) -> tuple[Table, ...]:
    """Return what the bus of each option adds to its hubs and costs; () without a bus."""
    riding = [outcome for outcome in outcomes if outcome.bus_plan is not None]
    if not riding:
        return ()
    first = riding[0].scenario
    caption = (
        f"The options: the bus (adults likely to be offline: {place.exclusion.population}, "
        f"{place.exclusion.year}; 95% intervals in brackets)"
    )
    note = (
        f"Up to {_each(outcome.scenario.bus_walk for outcome in riding)} minutes’ walk of a stop. "
        f"A term has {_each(outcome.scenario.bus_term for outcome in riding)} weeks; a year has as "
        "many terms as are run. How many come is assumed as for hubs, and fewer where a stop has "
        f"few hours: half of them have come after {first.bus_half:g} hours of sessions. The cost "
        "is that of driving and of the hours on the road."
    )
    frame = pd.DataFrame([_bus_row(outcome) for outcome in outcomes])
    return (Table(caption, frame, note=note, sortable=False),)


def _bus_row(outcome: Outcome) -> dict[str, str]:
    measures, cost = outcome.measures, _known(outcome, "bus_cost")
    if outcome.bus_plan is None:
        return {"Option": outcome.scenario.name} | dict.fromkeys(BUS_COLUMNS, "none")
    come = measures.loc["bus_come"]
    each = _known(outcome, "bus_each")
    cells = (
        within_reach(measures.loc["bus_reach"]),
        within_reach(come),
        number(measures.loc["bus_places", "value"]),
        _stated(cost, pounds=True),
        "–" if each is None else printed(measures.loc["bus_each"]),
    )
    return {"Option": outcome.scenario.name} | dict(zip(BUS_COLUMNS, cells, strict=True))


def _each(values: Iterable[float]) -> str:
    """Return the different values of the options, such as “10 or 15”."""
    return " or ".join(f"{value:g}" for value in sorted(set(values)))


def value_for_money(outcome: Outcome) -> tuple[str, ...]:
    """Return what a pound brings, or why that cannot be said."""
    return (*_hubs_for_money(outcome), *_bus_for_money(outcome))


def _hubs_for_money(outcome: Outcome) -> tuple[str, ...]:
    cost = _known(outcome, "cost")
    if not outcome.new_hubs:
        return ()
    if cost is None:
        return (
            "What the new hubs would cost is not known, because the list of venues does not state "
            "it for each of them: no figure per pound is given.",
        )
    if "gained" not in outcome.measures.index:
        return (
            f"The new hubs cost £{number(cost)} a year. How many more they bring within reach than "
            "today is not known, so that no figure per pound is given.",
        )
    gained, come = outcome.measures.loc["gained"], outcome.measures.loc["new_attenders"]
    if not cost or not gained["value"]:
        return ()
    return (
        f"The new hubs cost £{number(cost)} a year: each £1,000 brings about "
        f"{about(1000 * gained['value'] / cost)} adults likely to be offline newly within reach, "
        f"and about {come['value'] * 1000 / cost:.0f} of them are expected to come "
        f"({come['low'] * 1000 / cost:.0f} to {come['high'] * 1000 / cost:.0f}), which is "
        f"£{number(cost / come['value'])} for each.",
    )


def _bus_for_money(outcome: Outcome) -> tuple[str, ...]:
    cost, each = _known(outcome, "bus_cost"), _known(outcome, "bus_each")
    if not cost or each is None:
        return ()
    return (
        f"The bus’s driving and hours cost £{number(cost)} in the term, which is "
        f"{printed(outcome.measures.loc['bus_each'])} for each of those expected to come to it.",
    )


def _nothing(outcome: Outcome) -> dict[str, str]:
    known = "reach_now" in outcome.measures.index
    now = outcome.measures.loc["reach_now"] if known else None
    return {
        "Option": NOTHING,
        "Within reach of a hub": within_reach(now, known=known),
        "More than today": "none",
        "Expected to come to a hub in a year": within_reach(
            expected_today(outcome) if known else None, known=known
        ),
        "New places a week": "none",
        "Cost of hubs a year": "£0 more",
        "Newly within reach for each £1,000": "–",
    }


def _row(outcome: Outcome) -> dict[str, str]:
    measures = outcome.measures
    cost, places = _known(outcome, "cost"), _known(outcome, "places")
    gained, nothing_new = _known(outcome, "gained"), not outcome.new_hubs
    known = outcome.reach_known
    return {
        "Option": outcome.scenario.name,
        "Within reach of a hub": within_reach(measures.loc["reach"], known=known),
        "More than today": (
            "none"
            if nothing_new
            else UNKNOWN_TODAY
            if gained is None
            else within_reach(measures.loc["gained"])
        ),
        "Expected to come to a hub in a year": within_reach(measures.loc["attenders"], known=known),
        "New places a week": "none" if nothing_new else _stated(places),
        "Cost of hubs a year": "£0 more" if nothing_new else _stated(cost, pounds=True),
        "Newly within reach for each £1,000": (
            about(1000 * gained / cost) if cost and gained is not None else "–"
        ),
    }


def _standards(outcomes: Sequence[Outcome]) -> list[str]:
    """Say up to how far a hub counts as within reach, once where all options agree."""
    walks = {outcome.scenario.within for outcome in outcomes}
    if len(walks) == 1:
        return [f"Within reach: up to {walks.pop():g} minutes’ walk."]
    return [
        f"Within reach in “{outcome.scenario.name}”: up to {outcome.scenario.within:g} minutes’ "
        "walk."
        for outcome in outcomes
    ]


def _known(outcome: Outcome, measure: str) -> float | None:
    held = measure in outcome.measures.index
    return float(outcome.measures.loc[measure, "value"]) if held else None


def _stated(value: float | None, *, pounds: bool = False) -> str:
    return UNKNOWN if value is None else f"{'£' if pounds else ''}{number(value)}"


def _figure(row: pd.Series, name: str, label: str) -> KeyFigure:
    if not row[name]:
        return KeyFigure("none", label)
    return KeyFigure(f"about {about(row[name])}", label, between(row["low"], row["high"]))
