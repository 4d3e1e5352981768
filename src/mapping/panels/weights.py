"""Weights of the index of need: each indicator with the range it really has in the place."""

from collections.abc import Mapping
from types import MappingProxyType

import ipywidgets as widgets
import pandas as pd

from mapping import indices
from mapping.errors import InvalidTableError
from mapping.needs import indicators
from mapping.panels.controls import slider
from mapping.scenario import Place

MOST = 10
PREFIX = "weight_"

# Indicator → what it is called, and what its shares are of; "" where it is a score.
INDICATORS = MappingProxyType(
    {
        "share_age_65_74": ("Aged 65 to 74", "of adults"),
        "share_age_75_over": ("Aged 75 or older", "of adults"),
        "share_disabled": ("Disabled", "of residents"),
        "share_social_rented": ("Rented from a social landlord", "of homes"),
        "share_private_rented": ("Rented privately", "of homes"),
        "income_rate": ("Income deprivation", "of residents"),
        "employment_rate": ("Employment deprivation", "of working age"),
        "adult_skills_rate": ("Low skills", "of adults"),
        "health_score": ("Poor health", ""),
    }
)


def ranges(place: Place) -> dict[str, str]:
    """
    Return from what to what each indicator goes over the small areas of a place, in words.

    A weight says how much the step from the least to the most need counts, so it cannot be chosen
    without knowing how large that step is.
    """
    table = indicators(place.lsoas)
    return {
        name: _range(table[name].min(), table[name].max(), of)
        for name, (_, of) in INDICATORS.items()
        if name in table and table[name].notna().any()
    }


def _range(low: float, high: float, of: str) -> str:
    """
    Return a range in words.

    Examples
    --------
    >>> _range(0.019, 0.24, "of adults"), _range(-0.611, 3.2, "")
    ('2% to 24% of adults', '−0.6 to 3.2')
    """
    if of:
        return f"{low:.0%} to {high:.0%} {of}"
    return f"{low:.1f} to {high:.1f}".replace("-", "−")


def weight_controls(place: Place, start: Mapping[str, float]) -> dict[str, widgets.IntSlider]:
    """Return a slider for the weight of each indicator that the place has, its range beside it."""
    return {
        PREFIX + name: slider(
            INDICATORS[name][0],
            min(round(start.get(name, 0)), MOST),
            least=0,
            most=MOST,
            unit=words,
        )
        for name, words in ranges(place).items()
    }


def weights_of(values: Mapping[str, object]) -> dict[str, float]:
    """
    Return the weights among the values of controls.

    Examples
    --------
    >>> weights_of({"by": "lsoa", "weight_income_rate": 3})
    {'income_rate': 3.0}
    """
    return {
        name.removeprefix(PREFIX): float(str(value))
        for name, value in values.items()
        if name.startswith(PREFIX)
    }


def index(table: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """
    Return the index of need, 0 (least in this place) to 100.

    Raises
    ------
    InvalidTableError
        If nothing has a weight.
    """
    if not any(weights.values()):
        raise InvalidTableError("Every weight is 0. Give at least one indicator a weight above 0.")
    return indices.composite(table, weights)


def told(place: Place, weights: Mapping[str, float], start: Mapping[str, float]) -> str:
    """Return what the index is, how far these weights move it, and what it counts twice."""
    table = indicators(place.lsoas)
    used = [name for name, weight in weights.items() if weight > 0]
    said = [
        "The index of need says which areas have more, relative to this place, not how much more. "
        "Each weight is for the step from the least to the most that its indicator has here."
    ]
    before = {name: weight for name, weight in start.items() if name in table}
    if any(before.values()) and {k: v for k, v in weights.items() if v} != before:
        stay = indices.stability(index(table, before), index(table, weights))["stay"]
        said.append(
            f"With the study’s own weights {stay:.0%} of the tenth of areas with the highest index "
            "would be the same."
        )
    twice = indices.double_counting(table[used])
    for row in twice.head(2).itertuples():
        one, other = INDICATORS[row.one][0], INDICATORS[row.other][0]
        said.append(
            f"“{one}” and “{other}” order areas much alike: weighing both counts one thing twice."
        )
    return " ".join(said)
