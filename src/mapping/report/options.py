"""The options of a board paper, doing nothing among them, by what they bring and cost.

People within reach, people expected to come and places are three different figures; each stands
by itself, and none is put for another.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mapping.exclusion.result import TAILS
from mapping.maps.figures import about, between, number
from mapping.report.page import KeyFigure, Table
from mapping.scenario import Outcome, Place
from mapping.scenario.attendance import rates

NOTHING = "Do nothing"
UNKNOWN = "not known"
THREE = (
    "Living within reach is not coming, and coming is not having a place. “Within reach” counts "
    "adults likely to be offline who live near a hub; “expected to come” is the share of them that "
    "is assumed to come in a year; “places” are what the venues say they hold in a week."
)


def expected(outcome: Outcome, *, of: str = "reach") -> pd.Series:
    """
    Return how many are expected to come in a year: `value`, `low` and `high`.

    Parameters
    ----------
    of
        Of whom: "reach" (within reach of a hub), "gained" (newly so) or "reach_now" (today).
    """
    named = {"reach": "attenders", "gained": "new_attenders"}.get(of)
    if named in outcome.measures.index:
        return outcome.measures.loc[named, ["value", "low", "high"]].astype(float)
    people = outcome.draws.loc[of].to_numpy(float)
    come = people * rates(outcome.scenario, len(people))
    low, high = np.quantile(come, TAILS)
    return pd.Series({"value": come.mean(), "low": low, "high": high})


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
    reach, come = outcome.measures.loc["reach"], expected(outcome)
    within = f"{outcome.scenario.within:g} minutes’ walk of a hub"
    figures = [
        _figure(total, "people", f"adults likely to be offline in {place.name}, {year}"),
        _figure(reach, "value", f"of them would live within reach: {within}"),
        _figure(come, "value", "of those are expected to come in a year (an assumption)"),
    ]
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
    return tuple(figures)


def options_table(outcomes: Sequence[Outcome], place: Place) -> Table:
    """Return the options side by side, doing nothing first."""
    first = outcomes[0]
    bus = any(outcome.bus_plan is not None for outcome in outcomes)
    rows = [_nothing(first), *(_row(outcome) for outcome in outcomes)]
    frame = pd.DataFrame(rows)
    if not bus:
        frame = frame.drop(columns="By bus only")
    return Table(
        f"The options: adults likely to be offline ({place.exclusion.population}, "
        f"{place.exclusion.year}; 95% intervals in brackets)",
        frame,
        note=" ".join([*_standards(outcomes), assumed(first)]),
        sortable=False,
    )


def value_for_money(outcome: Outcome) -> tuple[str, ...]:
    """Return what a pound brings, or why that cannot be said."""
    cost = _known(outcome, "cost")
    if not outcome.new_hubs:
        return ()
    if cost is None:
        return (
            "What the new hubs would cost is not known, because the list of venues does not state "
            "it for each of them: no figure per pound is given.",
        )
    gained, come = outcome.measures.loc["gained"], expected(outcome, of="gained")
    if not cost or not gained["value"]:
        return ()
    return (
        f"The new hubs cost £{number(cost)} a year: each £1,000 brings about "
        f"{about(1000 * gained['value'] / cost)} adults likely to be offline newly within reach, "
        f"and about {come['value'] * 1000 / cost:.0f} of them are expected to come "
        f"({come['low'] * 1000 / cost:.0f} to {come['high'] * 1000 / cost:.0f}), which is "
        f"£{number(cost / come['value'])} for each.",
    )


def _nothing(outcome: Outcome) -> dict[str, str]:
    now = outcome.measures.loc["reach_now"]
    return {
        "Option": NOTHING,
        "Within reach of a hub": _people(now),
        "More than today": "none",
        "By bus only": "none",
        "Expected to come in a year": _people(expected(outcome, of="reach_now")),
        "New places a week": "none",
        "Cost a year": "£0 more",
        "Newly within reach for each £1,000": "–",
    }


def _row(outcome: Outcome) -> dict[str, str]:
    measures = outcome.measures
    cost, places = _known(outcome, "cost"), _known(outcome, "places")
    gained = float(measures.loc["gained", "value"])
    nothing_new = not outcome.new_hubs
    return {
        "Option": outcome.scenario.name,
        "Within reach of a hub": _people(measures.loc["reach"]),
        "More than today": _people(measures.loc["gained"]),
        "By bus only": _people(measures.loc["bus_reach"]) if "bus_reach" in measures.index else "–",
        "Expected to come in a year": _people(expected(outcome)),
        "New places a week": "none" if nothing_new else _stated(places),
        "Cost a year": "£0 more" if nothing_new else _stated(cost, pounds=True),
        "Newly within reach for each £1,000": about(1000 * gained / cost) if cost else "–",
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


def _people(row: pd.Series) -> str:
    if not row["value"]:
        return "none"
    return f"{about(row['value'])} ({between(row['low'], row['high'])})"


def _figure(row: pd.Series, name: str, label: str) -> KeyFigure:
    if not row[name]:
        return KeyFigure("none", label)
    return KeyFigure(f"about {about(row[name])}", label, between(row["low"], row["high"]))
