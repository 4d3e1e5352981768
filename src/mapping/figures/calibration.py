"""Whether what a model expects is what is observed."""

from typing import TYPE_CHECKING

import pandas as pd

from mapping.exclusion import ValidationCard
from mapping.exclusion.card import plural
from mapping.figures.drawing import (
    BODY,
    INK,
    SEQUENCE,
    SMALL,
    SOFT,
    figure,
    percent_axis,
    plain_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DARK, MIDDLE = SEQUENCE[4], SEQUENCE[2]


def calibration(card: ValidationCard, *, year: int, population: str) -> "Figure":
    """
    Draw observed against predicted shares, by band of predicted share, on areas not seen.

    Parameters
    ----------
    card
        See `mapping.exclusion.validate`.
    year, population
        Of what was observed.
    """
    table = card.calibration
    made = figure(
        f"Predicted and observed: {card.outcome}, {population}, {year}",
        note=f"Each dot is a band of about {table['areas'].mean():,.0f} areas, predicted from "
        f"other {plural(card.grouping)}. Lines: the middle 80 % of the areas in it. On the dashed "
        "line, as many were observed as expected.",
    )
    left, right = made.subplots(1, 2, width_ratios=(7, 4))
    _bands(left, table)
    _coverage(right, card)
    return made


def _bands(left: "Axes", table: pd.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    top = 1.05 * max(table["high"].max(), table["predicted"].max())
    left.plot([0, top], [0, top], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    left.vlines(table["predicted"], table["low"], table["high"], color=MIDDLE, linewidth=1.6)
    left.plot(table["predicted"], table["observed"], "o", color=DARK, markersize=6)
    left.set(xlim=(0, top), ylim=(0, top))
    left.set_title("Observed share, by predicted", loc="left", fontsize=BODY, color=INK)
    left.set_xlabel("predicted", fontsize=BODY, color=INK)
    left.set_ylabel("observed", fontsize=BODY, color=INK)
    plain_axes(left, grid="both")
    left.tick_params(pad=7)
    for which, axis in (("x", left.xaxis), ("y", left.yaxis)):
        axis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
        percent_axis(left, which=which)


def calibration_words(card: ValidationCard, *, year: int, population: str) -> str:
    """Say what `calibration` shows."""
    gap = (card.calibration["observed"] - card.calibration["predicted"]).abs().max()
    low, high = card.groups["coverage"].min(), card.groups["coverage"].max()
    return (
        f"Predicted against observed {card.outcome}, {population}, {year}, in "
        f"{len(card.calibration)} bands: they differ by {100 * gap:.1f} points at most. Beside it, "
        f"by {card.grouping}, how many areas lie inside their {100 * card.level:.0f} % interval: "
        f"{100 * low:.0f} to {100 * high:.0f} %."
    )


def _coverage(axes: "Axes", card: ValidationCard) -> None:
    found = card.groups["coverage"].sort_index(ascending=False)
    height = range(len(found))
    axes.axvline(card.level, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(found, height, "o", color=DARK, markersize=6)
    axes.set_yticks(list(height), list(found.index))
    axes.set_ylim(-0.7, len(found) - 0.3)
    axes.set_xlim(
        min(found.min(), card.level) - 0.03, min(1.0, max(found.max(), card.level) + 0.03)
    )
    axes.set_title(
        f"In their {100 * card.level:.0f} % interval",
        loc="right",
        fontsize=BODY,
        color=INK,
    )
    plain_axes(axes)
    axes.tick_params(axis="y", labelsize=SMALL)
    percent_axis(axes)
