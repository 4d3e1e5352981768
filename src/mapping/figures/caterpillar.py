"""Wards with their intervals, grouped into bands that can be told apart."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion
from mapping.figures.drawing import (
    BODY,
    FULL_PAGE,
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

LEVELS = (0.95, 0.8)
NOTE = (
    "Dot: estimate. Thick line: 80 % interval. Thin line: 95 % interval. Dashed: all areas "
    "together. Whether two areas differ is for the joint draws to say, not for the overlap of "
    "their lines."
)
ONE_BAND = "all areas"
ROW = 0.155  # inches, for a line of 9 point type
DARK, MIDDLE = SEQUENCE[4], SEQUENCE[2]


def caterpillar(
    exclusion: Exclusion,
    names: Mapping[str, str] | pd.Series,
    *,
    place: str,
    bands: pd.Series | None = None,
    order: Sequence[str] | None = None,
) -> "Figure":
    """
    Draw each area's estimated share with its 80 % and 95 % interval.

    Within bands areas stand by name; no rank is printed, because neighbours in the list
    can mostly not be told apart.

    Parameters
    ----------
    exclusion
        The estimate by ward (or other area), few enough to be named.
    names
        The name of each area; its code where there is none.
    place
        Of which these are the areas.
    bands
        The band of each area, in words; None = no bands.
    order
        Bands from top to bottom; by default from the highest mean share to the lowest.

    Raises
    ------
    InvalidTableError
        If no area has an estimate, or bands are not given for all that have one.
    """
    rows = _rows(exclusion, names, bands, order)
    groups = list(dict.fromkeys(rows["band"]))
    height = min(max(2.2 + ROW * (len(rows) + 2 * len(groups)), 3.0), FULL_PAGE)
    made = figure(
        f"Share of {exclusion.population} who {exclusion.outcome}: {place}, {exclusion.year}",
        note=NOTE + _gaps(exclusion),
        height=height,
    )
    sizes = [int((rows["band"] == band).sum()) for band in groups]
    panels = made.subplots(
        len(groups), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": sizes}
    )[:, 0]
    average = exclusion.total(rows.index)["share"]
    for axes, band in zip(panels, groups, strict=True):
        _panel(axes, rows[rows["band"] == band], average, _heading(band))
    percent_axis(panels[-1])
    return made


def caterpillar_words(
    exclusion: Exclusion,
    names: Mapping[str, str] | pd.Series,
    *,
    place: str,
    bands: pd.Series | None = None,
    order: Sequence[str] | None = None,
) -> str:
    """Say what `caterpillar` shows."""
    rows = _rows(exclusion, names, bands, order)
    low, high = rows["share"].min(), rows["share"].max()
    half = 100 * (rows["high95"] - rows["low95"]).median() / 2
    told = (
        f"Estimated share of {exclusion.population} who {exclusion.outcome} in {len(rows)} areas "
        f"of {place}, {exclusion.year}: from {100 * low:.0f} % to {100 * high:.0f} %, with 95 % "
        f"intervals of typically plus or minus {half:.0f} points."
    )
    if bands is None:
        return told
    counts = rows["band"].value_counts()
    listed = "; ".join(
        f"{_heading(band)}: {counts[band]} areas" for band in dict.fromkeys(rows["band"])
    )
    return f"{told} {listed}."


def _heading(band: str) -> str:
    return "" if band == ONE_BAND else f"{band[:1].upper()}{band[1:]}"


def _gaps(exclusion: Exclusion) -> str:
    count = int(exclusion.draws.isna().any(axis=1).sum())
    return f" No estimate: {count} area{'' if count == 1 else 's'}." if count else ""


def _rows(
    exclusion: Exclusion,
    names: Mapping[str, str] | pd.Series,
    bands: pd.Series | None,
    order: Sequence[str] | None,
) -> pd.DataFrame:
    """Return estimate, bounds, name and band of each area that has them, top row first."""
    draws = exclusion.draws.dropna()
    if draws.empty:
        raise InvalidTableError("caterpillar: no area has an estimate, so there is none to draw.")
    rows = pd.DataFrame({"share": draws.mean(axis=1)})
    for level in LEVELS:
        bounds = np.quantile(draws.to_numpy(), ((1 - level) / 2, (1 + level) / 2), axis=1)
        rows[f"low{100 * level:.0f}"], rows[f"high{100 * level:.0f}"] = bounds
    called = dict(names.items())
    rows["name"] = [str(called.get(area, area)) for area in rows.index]
    rows["band"] = ONE_BAND if bands is None else bands.reindex(rows.index).astype(object)
    if rows["band"].isna().any():
        lost = rows.index[rows["band"].isna()]
        raise InvalidTableError(
            f"caterpillar: {len(lost)} areas are in no band (first {lost[0]}). Give a band for "
            "every area that has an estimate."
        )
    means = rows.groupby("band")["share"].mean().sort_values(ascending=False, kind="stable")
    wanted = list(means.index) if order is None else [band for band in order if band in means.index]
    rows["place"] = rows["band"].map({band: place for place, band in enumerate(wanted)})
    # Within a band by name: an order by estimate would be read as a ranking.
    return rows.sort_values(["place", "name"])


def _panel(axes: "Axes", rows: pd.DataFrame, average: float, band: str) -> None:
    height = np.arange(len(rows))[::-1]
    axes.axvline(average, color=SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.hlines(height, rows["low95"], rows["high95"], color=MIDDLE, linewidth=1.1, zorder=2)
    axes.hlines(height, rows["low80"], rows["high80"], color=DARK, linewidth=2.8, zorder=3)
    axes.plot(
        rows["share"], height, "o", color="white", markeredgecolor=INK, markersize=4.2, zorder=4
    )
    axes.set_yticks(height, rows["name"], parse_math=False)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    plain_axes(axes)
    axes.tick_params(axis="y", labelsize=SMALL)
    if band:
        axes.set_title(band, loc="left", fontsize=BODY, fontweight="bold", color=INK, pad=3)
