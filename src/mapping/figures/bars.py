"""What an area's difference from its city goes with, group by group."""

from typing import TYPE_CHECKING

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion.explanation import REST
from mapping.figures.drawing import ABOVE, BELOW, BODY, INK, SMALL, SOFT, figure, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def explanation_bars(
    explained: pd.DataFrame, area: str, *, name: str, outcome: str, year: int, population: str
) -> "Figure":
    """
    Draw one area's contributions by group, in points above or below the city's average.

    Parameters
    ----------
    explained
        See `mapping.exclusion.explain`.
    area, name
        Which area, and what it is called.
    outcome, year, population
        Of the estimate.

    Raises
    ------
    InvalidTableError
        If the area was not explained.
    """
    shares = 100 * _of(explained, area)
    made = figure(
        f"{name}: {_difference(shares.sum())} in the share of {population} who {outcome}, {year}",
        note="Bars add up to the whole difference. They are associations between areas: they do "
        "not prove causes, nor describe every person who lives there.",
        height=1.7 + 0.32 * len(shares),
    )
    axes = made.subplots()
    for place, value in enumerate(shares[::-1]):
        _bar(axes, place, value)
    axes.axvline(0, color=SOFT, linewidth=1)
    axes.set_yticks(range(len(shares)), [_called(group) for group in shares.index[::-1]])
    edge = 1.25 * max(shares.abs().max(), 0.5)
    axes.set_xlim(-edge, edge)
    axes.set_xlabel("points below (hatched) and above the city's average", fontsize=BODY, color=INK)
    plain_axes(axes)
    axes.tick_params(axis="y", labelsize=BODY)
    return made


def explanation_bars_words(
    explained: pd.DataFrame, area: str, *, name: str, outcome: str, year: int, population: str
) -> str:
    """Say what `explanation_bars` shows."""
    shares = 100 * _of(explained, area)
    listed = ", ".join(f"{_called(group)} {_points(value)}" for group, value in shares.items())
    return (
        f"{name}: {_difference(shares.sum())} in the share of {population} who {outcome}, {year}. "
        f"Contributions in points: {listed}."
    )


def _bar(axes: "Axes", place: int, value: float) -> None:
    side = 1 if value >= 0 else -1
    axes.barh(
        place,
        value,
        height=0.62,
        color=ABOVE if side > 0 else BELOW,
        hatch="" if side > 0 else "////",
        edgecolor=INK,
        linewidth=0.6,
    )
    axes.annotate(
        _points(value),
        (value, place),
        xytext=(4 * side, 0),
        textcoords="offset points",
        va="center",
        ha="left" if side > 0 else "right",
        fontsize=SMALL,
        color=INK,
    )


def _points(value: float) -> str:
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")


def _called(group: str) -> str:
    return "none of these" if group == REST else str(group)


def _of(explained: pd.DataFrame, area: str) -> pd.Series:
    if area not in explained.index.get_level_values("area"):
        raise InvalidTableError(f"explanation: {area} was not explained. Explain it first.")
    return explained.loc[area, "share"]


def _difference(points: float) -> str:
    if abs(points) < 0.5:
        return "about the city's average"
    whole = abs(round(points))
    noun = "point" if whole == 1 else "points"
    return f"about {whole} {noun} {'above' if points > 0 else 'below'} the city's average"
