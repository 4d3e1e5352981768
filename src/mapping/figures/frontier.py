"""What one more hub, or pound, brings."""

from typing import TYPE_CHECKING

import pandas as pd

from mapping.figures.drawing import BODY, INK, SEQUENCE, SMALL, SOFT, figure, plain_axes
from mapping.rounding import about

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DARK, MIDDLE = SEQUENCE[4], SEQUENCE[2]
HEIGHT = 3.2  # inches: a line needs no half page
APART = 0.06  # share of the height that a label keeps from another


def frontier(
    curve: pd.Series,
    *,
    title: str,
    by: str,
    counts: str,
    at: float,
    knee: float | None = None,
    proven: bool = False,
) -> "Figure":
    """
    Draw the best that every number of hubs, or every budget, can do.

    Parameters
    ----------
    curve
        What is reached, or left to walk, by number of new hubs or pounds a year, ascending.
    title
        Of whom, where and when.
    by, counts
        What the two axes are, in words.
    at
        The plan at hand, on the axis of `by`.
    knee
        Where more stops bringing much more; None to leave it out.
    proven
        Whether every plan on the line is proven best.
    """
    made = figure(title, note=_note(knee, proven=proven), height=HEIGHT)
    axes = made.subplots()
    axes.plot(curve.index, curve, color=MIDDLE, linewidth=1.6)
    axes.plot(curve.index, curve, "o", color=DARK, markersize=5)
    _label(axes, curve, at, "this plan, at the knee" if knee == at else "this plan", above=True)
    if knee is not None and knee != at:
        _label(axes, curve, knee, "knee", above=False)
    _scales(axes, curve, by=by, counts=counts)
    return made


def frontier_words(
    curve: pd.Series, *, by: str, counts: str, at: float, knee: float | None = None
) -> str:
    """Say what `frontier` shows."""
    first, last = curve.index[0], curve.index[-1]
    here = f"; {_amount(at, by)}: {_value(curve, at, counts)}" if at in curve.index else ""
    bend = "" if knee is None else f" More stops bringing much more at {_amount(knee, by)}."
    return (
        f"The best plan for each number on the line, {counts}: {_amount(first, by)}: "
        f"{_value(curve, first, counts)}{here}; {_amount(last, by)}: "
        f"{_value(curve, last, counts)}.{bend}"
    )


def _note(knee: float | None, *, proven: bool) -> str:
    how = "best plan of its size, proven and" if proven else "best plan found of its size,"
    best = f"Each dot is the {how} chosen afresh."
    if knee is None:
        return best
    return f"{best} The knee is a place to look, not a recommendation: it moves with the range."


def _label(axes: "Axes", curve: pd.Series, at: float, words: str, *, above: bool) -> None:
    """Name a dot, above it or below, and ring it so that it is found without colour."""
    if at not in curve.index:
        return
    axes.plot([at], [curve[at]], "o", markersize=11, markerfacecolor="none", markeredgecolor=INK)
    axes.annotate(
        words,
        (at, curve[at]),
        xytext=(0, 11 if above else -11),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        fontsize=SMALL,
        color=INK,
    )


def _scales(axes: "Axes", curve: pd.Series, *, by: str, counts: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    low, high = min(0.0, curve.min()), curve.max()
    axes.set_ylim(low, high + 4 * APART * (high - low or 1.0))
    axes.set_xlabel(by, fontsize=BODY, color=INK)
    axes.set_title(counts[:1].upper() + counts[1:], loc="left", fontsize=BODY, color=SOFT)
    plain_axes(axes, grid="y")
    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _amount(size: float, by: str) -> str:
    if "£" in by:
        return f"£{size:,.0f} a year"
    return f"{size:,.0f} {by.removesuffix('s') if size == 1 else by}"


def _value(curve: pd.Series, at: float, counts: str) -> str:
    """Return people rounded, or whole minutes."""
    value = float(curve[at])
    return f"{value:.0f}" if counts.endswith("in minutes") else f"about {about(value)}"
