"""Futures side by side: maps with one legend, options under rival pictures, a first year."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.figures.drawing import (
    BODY,
    INK,
    PAPER,
    SEQUENCE,
    SMALL,
    SOFT,
    WIDTH,
    figure,
    plain_axes,
    wrapped,
)
from mapping.figures.plates import _finish, add_north, add_scale_bar
from mapping.geography import to_grid
from mapping.rounding import about

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# State of an area → words of the legend, colour and hatching, so that greyscale tells them apart.
STATES: Mapping[str, tuple[str, str, str]] = {
    "now": ("within reach of a hub today and then", "#9e9e9e", ""),
    "new": ("newly within reach of a hub", SEQUENCE[4], ""),
    "hub": ("within reach of a new hub", SEQUENCE[4], ""),
    "lost": ("no longer within reach of a hub", PAPER, "xxxx"),
    "bus": ("within reach of a bus stop only", SEQUENCE[0], "////"),
    "none": ("not within reach", "#f2f2f2", ""),
    "beyond": ("not within reach of a new hub", "#f2f2f2", ""),
}
ACROSS = 3
MAP_HEIGHT, LEGEND_HEIGHT = 2.7, 0.75  # inches, of each small map and of what they share
ROW_HEIGHT, LINE_HEIGHT = 0.42, 0.17
DARK = 0.85  # of the scale: from here on white letters are read better


def states(areas: pd.DataFrame) -> pd.Series:
    """
    Return the state of each area in a scenario: one of `STATES`.

    Parameters
    ----------
    areas
        Whether it is within reach today (`now`, if known), in the scenario (`hub`), of a bus stop
        only (`bus`).

    Examples
    --------
    >>> rows = {"now": [True, True, False], "hub": [True, False, True], "bus": [False] * 3}
    >>> states(pd.DataFrame(rows)).tolist()
    ['now', 'lost', 'new']
    """
    found = pd.Series("none" if "now" in areas else "beyond", areas.index)
    now = areas.get("now", pd.Series(data=False, index=areas.index))
    found[now & ~areas["hub"]] = "lost"
    found[areas["bus"] & ~areas["hub"]] = "bus"
    found[areas["hub"]] = "new" if "now" in areas else "hub"
    found[areas["hub"] & now] = "now"
    return found


def reach_maps(
    reached: Mapping[str, pd.DataFrame],
    areas: gpd.GeoSeries,
    *,
    open_hubs: Mapping[str, gpd.GeoSeries],
    new_hubs: Mapping[str, gpd.GeoSeries],
    title: str,
    outlines: gpd.GeoSeries | None = None,
    attribution: str = "",
) -> "Figure":
    """
    Draw one small map for each scenario, all with one legend.

    Parameters
    ----------
    reached
        Scenario → areas as `states` takes them.
    areas
        Outlines by area.
    open_hubs, new_hubs
        Scenario → points of the hubs open today that stay, and of the new ones.
    title
        What is shown, of whom, where and when.
    outlines
        Larger areas drawn over them.
    attribution
        The source line of the boundaries.

    Raises
    ------
    InvalidTableError
        If there is no scenario, or the outlines do not state their coordinates.
    """
    if not reached:
        raise InvalidTableError("maps: there is no scenario to draw. Give at least one.")
    across = min(ACROSS, len(reached))
    down = math.ceil(len(reached) / across)
    lines = wrapped(attribution, size=SMALL).count("\n")
    height = 1.2 + MAP_HEIGHT * down + LEGEND_HEIGHT + LINE_HEIGHT * lines
    made = figure(title, note=attribution, height=height)
    heights = [*[MAP_HEIGHT] * down, LEGEND_HEIGHT]
    cells = made.add_gridspec(down + 1, across, height_ratios=heights)
    grid = [made.add_subplot(cells[at // across, at % across]) for at in range(len(reached))]
    shown = to_grid(areas[areas.notna() & ~areas.is_empty].to_frame("geometry"), where="outlines")
    for axes, (name, table) in zip(grid, reached.items(), strict=True):
        _reach_map(axes, shown, states(table.reindex(shown.index).fillna(value=False).astype(bool)))
        for points, marker, size in ((open_hubs[name], "o", 4), (new_hubs[name], "D", 5)):
            there = points.to_crs(shown.crs)
            axes.plot(
                there.x,
                there.y,
                marker,
                color=PAPER,
                markeredgecolor=INK,
                markersize=size,
                zorder=5,
            )
        _finish(axes, shown, outlines)
        axes.set_aspect("equal", adjustable="datalim")
        room = WIDTH / across
        axes.set_title(wrapped(name, size=BODY, width=room), loc="left", fontsize=BODY, color=INK)
    add_scale_bar(grid[0], shown)
    add_north(grid[0], shown)
    used = {state for table in reached.values() for state in states(table)}
    marks = {"hub open today": open_hubs, "new hub": new_hubs}
    shown_marks = {words for words, points in marks.items() if any(map(len, points.values()))}
    _one_legend(made.add_subplot(cells[down, :]), used | shown_marks)
    return made


def reach_maps_words(reached: Mapping[str, pd.DataFrame], people: pd.Series) -> str:
    """
    Say what `reach_maps` shows.

    Parameters
    ----------
    people
        Excluded adults by area.
    """
    said = []
    for name, table in reached.items():
        count = people.reindex(table.index).groupby(states(table)).sum()
        parts = [
            f"about {about(count[state])} {words}"
            for state, (words, *_) in STATES.items()
            if count.get(state, 0) > 0
        ]
        said.append(f"{name}: {', '.join(parts)}.")
    return f"Small maps with one legend, of adults likely to be offline. {' '.join(said)}"


def _reach_map(axes: "Axes", shown: gpd.GeoDataFrame, state: pd.Series) -> None:
    for name, (_, colour, hatch) in STATES.items():
        part = shown[state == name]
        if len(part):
            part.plot(
                ax=axes, color=colour, edgecolor=SOFT, linewidth=0.2, hatch=hatch, aspect=None
            )


def _one_legend(axes: "Axes", used: set[str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks = {"hub open today": "o", "new hub": "D"}
    handles = [
        Patch(facecolor=colour, edgecolor=SOFT, hatch=hatch, label=words)
        for state, (words, colour, hatch) in STATES.items()
        if state in used
    ] + [
        Line2D([], [], marker=marker, linestyle="", color=PAPER, markeredgecolor=INK, label=words)
        for words, marker in marks.items()
        if words in used
    ]
    axes.set_axis_off()
    axes.legend(
        handles=handles,
        loc="upper left",
        ncols=2,
        borderaxespad=0,
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
    )


def regret_grid(
    share: pd.DataFrame, reached: pd.DataFrame, *, labels: Mapping[str, str], title: str
) -> "Figure":
    """
    Draw how far every option is from the best under every picture of need.

    Parameters
    ----------
    share
        Options × pictures: shortfall as a share of the best, 0 to 1.
    reached
        The people reached, likewise.
    labels
        Picture → what it is called.
    """
    made = figure(
        title,
        note="Each cell: people within reach if that picture of need is right, and how many fewer "
        "that is than with the best of these options. Darker is further from the best.",
        height=1.9 + ROW_HEIGHT * len(share),
    )
    axes = made.subplots()
    from matplotlib.colors import LinearSegmentedColormap

    top = max(0.1, float(share.to_numpy().max()))
    scale = LinearSegmentedColormap.from_list("short", ["#ffffff", "#6b6b6b"])
    axes.imshow(share.to_numpy(), cmap=scale, vmin=0, vmax=top, aspect="auto")
    for row in range(len(share)):
        for column in range(share.shape[1]):
            short = share.iloc[row, column]
            words = "best" if short < 5e-4 else f"{short:.0%} fewer".replace("%", " %")
            axes.text(
                column,
                row,
                f"{about(reached.iloc[row, column])}\n{words}",
                ha="center",
                va="center",
                fontsize=SMALL,
                color=PAPER if short / top > DARK else INK,
                fontweight="bold" if short < 5e-4 else "normal",
            )
    columns = [wrapped(labels[name], size=SMALL, width=1.2) for name in share.columns]
    names = [wrapped(str(name), size=SMALL, width=2.1) for name in share.index]
    axes.set_xticks(range(share.shape[1]), columns)
    axes.set_yticks(range(len(share)), names)
    axes.xaxis.tick_top()
    axes.tick_params(labelsize=SMALL, colors=INK, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return made


def regret_grid_words(share: pd.DataFrame, *, labels: Mapping[str, str]) -> str:
    """Say what `regret_grid` shows."""
    worst = share.max(axis=1)
    each = "; ".join(
        f"{name}: at most {short:.0%} fewer people than the best"
        + (f" (by {labels[str(share.loc[name].idxmax())]})" if short >= 5e-4 else "")
        for name, short in worst.items()
    )
    return f"Options under {share.shape[1]} pictures of need. {each}.".replace("%", " %")


def ramp(quarters: pd.DataFrame, *, target: float, title: str, note: str = "") -> "Figure":
    """
    Draw learners so far by quarter, beside the target.

    Parameters
    ----------
    quarters
        By quarter: `learners`, `low`, `high`.
    target
        Learners wanted by the end.
    """
    made = figure(title, note=note, height=3.4)
    axes = made.subplots()
    at = quarters.index.to_numpy()
    axes.bar(at, quarters["learners"], color=SEQUENCE[2], width=0.55)
    axes.vlines(at, quarters["low"], quarters["high"], color=INK, linewidth=1.6)
    axes.axhline(target, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.annotate(
        f"target: {target:,.0f}",
        (at[0] - 0.4, target),
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=SMALL,
        color=INK,
    )
    axes.set_xticks(at, [f"quarter {quarter}" for quarter in at])
    axes.set_ylim(0, 1.12 * max(target, quarters["high"].max()))
    axes.set_title("Learners so far", loc="left", fontsize=BODY, color=SOFT)
    plain_axes(axes, grid="y")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return made


def ramp_words(quarters: pd.DataFrame, *, target: float) -> str:
    """Say what `ramp` shows."""
    each = ", ".join(
        f"{row.learners:,.0f} by the end of quarter {row.Index}" for row in quarters.itertuples()
    )
    last = quarters.iloc[-1]
    return (
        f"Learners so far: {each} (95 % interval {last['low']:,.0f} to {last['high']:,.0f}), "
        f"beside a target of {target:,.0f}."
    )
