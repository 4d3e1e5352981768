"""Maps on paper: an estimate beside its uncertainty, and where a model was out."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion
from mapping.figures.drawing import (
    BODY,
    GREYS,
    HALF_PAGE,
    INK,
    LAND,
    SEQUENCE,
    SMALL,
    SOFT,
    add_key,
    figure,
)
from mapping.geography import to_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASSES = 5
STEPS = (5.0, 2.0, 1.0, 0.5, 0.2, 0.1)  # of breaks, in points, coarsest first
# Standard deviations at which residuals change class, and the colours of the five classes: brown
# for more than predicted, blue for less, alike in lightness; dots mark the highest in greyscale.
RESIDUAL_BREAKS = (-2.0, -1.0, 1.0, 2.0)
RESIDUALS = ("#1f4e79", "#9dbad7", "#f5f5f5", "#d9b57c", "#8c5a0f")
RESIDUAL_LABELS = (
    "far fewer than predicted (below −2)",
    "fewer (−2 to −1)",
    "as predicted (−1 to 1)",
    "more (1 to 2)",
    "far more than predicted (above 2)",
)


def map_pair(
    exclusion: Exclusion,
    areas: gpd.GeoSeries,
    *,
    place: str,
    outlines: gpd.GeoSeries | None = None,
    attribution: str = "",
) -> "Figure":
    """
    Draw the estimated share by area, and beside it how sure that is.

    Parameters
    ----------
    exclusion
        The estimate by area.
    areas
        Outlines by area; areas without an estimate are hatched.
    place
        What the map is of.
    outlines
        Larger areas drawn over them, such as wards.
    attribution
        The source line of the boundaries.

    Raises
    ------
    InvalidTableError
        If the outlines do not state their coordinates, or no area has both outline and estimate.
    """
    shown = shown_on_grid(areas, _pair(exclusion))
    made = figure(
        f"Share of {exclusion.population} who {exclusion.outcome}: {place}, {exclusion.year}",
        note=f"Uncertainty: half the width of the 95 % interval. {attribution}".strip(),
        height=HALF_PAGE + 0.7,
    )
    left, right = made.subplots(1, 2)
    _classed(left, shown, "share", SEQUENCE, "Estimate, %")
    _classed(right, shown, "half", GREYS, "Uncertainty, ± points")
    for axes in (left, right):
        _finish(axes, shown, outlines)
    add_scale_bar(left, shown)
    add_north(left, shown)
    return made


def map_pair_words(exclusion: Exclusion, areas: gpd.GeoSeries, *, place: str) -> str:
    """Say what `map_pair` shows."""
    values = _pair(exclusion).reindex(areas.index).dropna()
    share, half = values["share"], values["half"]
    return (
        f"Two maps of {place}, {exclusion.year}. Left: the estimated share of "
        f"{exclusion.population} who {exclusion.outcome}, in {len(values)} areas, from "
        f"{share.min():.0f} % to {share.max():.0f} %, half of the areas between "
        f"{share.quantile(0.25):.0f} % and {share.quantile(0.75):.0f} %. Right: how sure that is, "
        f"from ±{half.min():.0f} to ±{half.max():.0f} points."
    )


def residual_map(
    residuals: pd.Series,
    areas: gpd.GeoSeries,
    *,
    place: str,
    outcome: str,
    year: int,
    population: str,
    outlines: gpd.GeoSeries | None = None,
    attribution: str = "",
) -> "Figure":
    """
    Draw where more, and where fewer, were observed than a model predicted.

    Parameters
    ----------
    residuals
        By area, in standard deviations (`residual` of `mapping.exclusion.left_out`); areas that
        were not observed are hatched.
    areas, outlines, place, attribution
        See `map_pair`.
    outcome, year, population
        Of what was observed.

    Raises
    ------
    InvalidTableError
        See `map_pair`.
    """
    shown = shown_on_grid(areas, residuals.rename("residual").to_frame())
    made = figure(
        f"{outcome[:1].upper()}{outcome[1:]}, against what was predicted: {place}, {year} "
        f"({population})",
        note="In standard deviations of what the model finds possible: if it is right, about one "
        f"area in twenty is beyond 2. {attribution}".strip(),
        height=HALF_PAGE + 0.4,
    )
    axes, key = made.subplots(1, 2, width_ratios=(3, 2))
    classes = pd.Series(
        np.searchsorted(RESIDUAL_BREAKS, shown["residual"], side="right"), shown.index
    ).where(shown["residual"].notna(), -1)
    _fill(axes, shown, classes, RESIDUALS)
    _legend(key, classes, RESIDUALS, RESIDUAL_LABELS, "Observed, against predicted")
    _bare(key)
    _mark_highest(axes, shown[classes == len(RESIDUALS) - 1])
    _finish(axes, shown, outlines)
    add_scale_bar(axes, shown)
    add_north(axes, shown)
    return made


def residual_map_words(
    residuals: pd.Series, *, place: str, outcome: str, year: int, population: str
) -> str:
    """Say what `residual_map` shows."""
    known = residuals.dropna()
    return (
        f"Map of {place}: where {outcome} ({population}, {year}) differed from the model. Of "
        f"{len(known)} areas, {(known > 2).sum()} had far more than predicted and "
        f"{(known < -2).sum()} far fewer; {((known >= -1) & (known <= 1)).mean():.0%} were within "
        "one standard deviation.".replace("%", " %")
    )


def class_breaks(values: pd.Series, *, count: int = CLASSES) -> tuple[float, ...]:
    """
    Return round breaks that put about as many values in each class.

    The coarsest step of 5, 2, 1, 0.5 … that keeps the breaks apart is used; fewer classes if none
    does.

    Examples
    --------
    >>> class_breaks(pd.Series(range(0, 50)))
    (10.0, 20.0, 30.0, 40.0)
    """
    known = values.dropna().to_numpy(float)
    for wanted in range(min(count, len(np.unique(known))), 1, -1):
        quantiles = np.quantile(known, np.arange(1, wanted) / wanted)
        for step in STEPS:
            breaks = np.round(step * np.floor(quantiles / step + 0.5), 6)
            sizes = np.bincount(np.searchsorted(breaks, known, side="right"), minlength=wanted)
            if (np.diff(breaks) > 0).all() and sizes.min() >= len(known) / wanted / 2:
                return tuple(map(float, breaks))
    return ()


def _pair(exclusion: Exclusion) -> pd.DataFrame:
    """Return estimate and half the width of its interval, in per cent."""
    frame = 100 * exclusion.frame[["share", "low", "high"]]
    return pd.DataFrame({"share": frame["share"], "half": (frame["high"] - frame["low"]) / 2})


def shown_on_grid(areas: gpd.GeoSeries, values: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the areas that have an outline, in the national grid, with their values."""
    drawn = areas[areas.notna() & ~areas.is_empty]
    shown = to_grid(drawn.to_frame("geometry"), where="outlines").join(values)
    if shown[values.columns].isna().all(axis=None):
        raise InvalidTableError(
            "map: no area has both an outline and a value. Use outlines of the same areas and "
            "vintage as the estimate."
        )
    return shown


def _classed(
    axes: "Axes", shown: gpd.GeoDataFrame, column: str, colours: Sequence[str], title: str
) -> None:
    breaks = class_breaks(shown[column])
    found = np.searchsorted(breaks, shown[column], side="right")
    classes = pd.Series(found, shown.index).where(shown[column].notna(), -1)
    used = [colours[place] for place in _spread(len(breaks) + 1, len(colours))]
    _fill(axes, shown, classes, used)
    _legend(axes, classes, used, _labels(breaks), title, below=True)


def _spread(count: int, of: int) -> list[int]:
    """Return `count` places out of `of`, the ends included."""
    return [of // 2] if count == 1 else [round(k * (of - 1) / (count - 1)) for k in range(count)]


def _labels(breaks: Sequence[float]) -> list[str]:
    if not breaks:
        return ["all areas"]
    inner = [f"{low:g} to {high:g}" for low, high in pairwise(breaks)]
    return [f"under {breaks[0]:g}", *inner, f"{breaks[-1]:g} or more"]


def _fill(
    axes: "Axes", shown: gpd.GeoDataFrame, classes: pd.Series, colours: Sequence[str]
) -> None:
    for place, colour in enumerate(colours):
        part = shown[classes == place]
        if len(part):
            part.plot(ax=axes, color=colour, edgecolor=SOFT, linewidth=0.25, aspect=None)
    gaps = shown[classes == -1]
    if len(gaps):
        gaps.plot(ax=axes, color=LAND, edgecolor=SOFT, linewidth=0.25, hatch="xxxx", aspect=None)


def _mark_highest(axes: "Axes", part: gpd.GeoDataFrame) -> None:
    if len(part):
        points = part.geometry.representative_point()
        axes.plot(points.x, points.y, "o", color="white", markeredgecolor=INK, markersize=3.5)


def _legend(
    axes: "Axes",
    classes: pd.Series,
    colours: Sequence[str],
    labels: Sequence[str],
    title: str,
    *,
    below: bool = False,
) -> None:
    from matplotlib.patches import Patch

    counts = classes.value_counts()
    patches = [
        Patch(facecolor=colour, edgecolor=SOFT, label=f"{label}  ({counts.get(place, 0)} areas)")
        for place, (colour, label) in enumerate(zip(colours, labels, strict=True))
    ]
    if -1 in counts.index:
        patches.append(
            Patch(
                facecolor=LAND,
                edgecolor=SOFT,
                hatch="xxxx",
                label=f"no value  ({counts[-1]} areas)",
            )
        )
    where = (
        {"loc": "upper left", "bbox_to_anchor": (0.0, -0.02)}
        if below
        else {"loc": "center left", "bbox_to_anchor": (0.0, 0.6)}
    )
    add_key(axes, patches, title, **where)


def _finish(axes: "Axes", shown: gpd.GeoDataFrame, outlines: gpd.GeoSeries | None) -> None:
    if outlines is not None:
        drawn = outlines[outlines.notna() & ~outlines.is_empty]
        to_grid(drawn.to_frame("geometry"), where="outlines").boundary.plot(
            ax=axes, color=INK, linewidth=0.45, aspect=None
        )
    gpd.GeoSeries([shown.geometry.union_all()], crs=shown.crs).boundary.plot(
        ax=axes, color=INK, linewidth=1.0, aspect=None
    )
    axes.set_aspect("equal")
    _bare(axes)


def _bare(axes: "Axes") -> None:
    axes.set_axis_off()
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="")


def add_scale_bar(axes: "Axes", shown: gpd.GeoDataFrame) -> None:
    """Draw a bar of a round number of kilometres in the lower left corner."""
    west, south, east, north = shown.total_bounds
    wanted = (east - west) / 4
    power = 10 ** np.floor(np.log10(wanted))
    length = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    height = south + 0.01 * (north - south)
    axes.plot(
        [west, west + length], [height, height], color=INK, linewidth=2.5, solid_capstyle="butt"
    )
    axes.annotate(
        f"{length / 1000:g} km",
        (west + length / 2, height),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=SMALL,
        color=INK,
    )


def add_north(axes: "Axes", shown: gpd.GeoDataFrame) -> None:
    """Draw an arrow to true north, which the lines of the national grid miss by a little."""
    east, north = true_north(shown)
    axes.annotate(
        "",
        (0.05 + 0.07 * east, 0.12 + 0.07 * north),
        xytext=(0.05, 0.12),
        xycoords="axes fraction",
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "mutation_scale": 14},
    )
    axes.annotate(
        "N",
        (0.05 + 0.085 * east, 0.12 + 0.085 * north),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontsize=BODY,
        fontweight="bold",
        color=INK,
    )


def true_north(shown: gpd.GeoDataFrame) -> tuple[float, float]:
    """
    Return the direction of true north in the middle of a map on the national grid.

    Returns
    -------
    tuple
        East and north parts, of length one: at Liverpool about 0.8° east of the grid's north.
    """
    west, south, east, north = shown.total_bounds
    middle = gpd.GeoSeries.from_xy([(west + east) / 2], [(south + north) / 2], crs=shown.crs)
    there = middle.to_crs("EPSG:4326").translate(yoff=0.01).to_crs(shown.crs).iloc[0]
    step = np.array([there.x - middle.iloc[0].x, there.y - middle.iloc[0].y])
    unit = step / np.linalg.norm(step)
    return float(unit[0]), float(unit[1])
