"""The map of a board paper for Word and print: need by area, ward names, hubs and stops."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.figures.drawing import (
    BODY,
    FULL_PAGE,
    INK,
    SEQUENCE,
    SMALL,
    SOFT,
    add_key,
    figure,
    wrapped,
)
from mapping.figures.plates import add_north, add_scale_bar, shown_on_grid
from mapping.geography import to_grid

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WATER, ROAD, ROUTE = "#c9dbe6", "#6f777b", "#7b0a5c"
HEIGHT = FULL_PAGE - 1.6  # inches: a page of A4 with room for a heading and a caption
POINTS = 72  # to the inch
KEY = 2.1  # inches beside the map
LISTED = 12  # more proposed hubs than this are found on the map, not in the key
# Role → matplotlib's mark, its face and its size; shape tells the roles apart in greyscale.
MARKS = {
    "proposed": ("D", "#b3261e", 12.0),
    "open": ("o", INK, 8.0),
    "one_group": ("o", "white", 8.0),
    "stop": ("^", "white", 7.0),
}
ROLES = {
    "open": "Open hub",
    "one_group": "Open to one group",
    "proposed": "Proposed hub",
    "stop": "Bus stop",
}


def plan_map(
    areas: gpd.GeoDataFrame,
    *,
    classes: pd.Series,
    labels: Sequence[str],
    title: str,
    heading: str,
    wards: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    main_roads: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    routes: gpd.GeoDataFrame | None = None,
    note: str = "",
) -> "Figure":
    """
    Draw need by area with hubs and stops on a page of A4, in the national grid.

    Parameters
    ----------
    areas
        Areas by code; those without a boundary are not drawn.
    classes
        The class of each area, lowest 0; -1 where there is no estimate, which is hatched.
    labels
        The words of every class, lowest first.
    title, heading, note
        Above the map, above the key, and below both: caveats and the lines that licences ask for.
    wards
        Outlines with `name`: names are written where they fit, the largest first.
    water, main_roads
        Context; may be None.
    sites
        Points by id with `name` and `role` (one of `ROLES`); the proposed are numbered in their
        order and listed in the key.
    routes
        Lines of the bus with `name`, `dash` (line and gap) and `heading`, for the key.

    Raises
    ------
    InvalidTableError
        If the areas do not state their coordinates, or none has both outline and class.
    """
    shown = shown_on_grid(areas.geometry, classes.where(classes >= 0).rename("class").to_frame())
    made = figure(title, note=note, height=HEIGHT)
    axes, key = made.subplots(1, 2, width_ratios=(6.7 - KEY, KEY))
    _context(axes, water, "water")
    _areas(axes, shown, labels)
    _roads(axes, main_roads)
    if wards is not None and len(wards):
        outlined = to_grid(wards[wards.geometry.notna()], where="wards")
        outlined.boundary.plot(ax=axes, color=INK, linewidth=0.6, aspect=None)
    _routes(axes, routes)
    _frame(axes, shown)
    points = _sites(axes, sites)
    if wards is not None and len(wards):
        _names(axes, outlined, points, shown)
    add_scale_bar(axes, shown)
    add_north(axes, shown)
    _key(key, shown, labels, heading, sites=sites, routes=routes)
    return made


def plan_map_words(
    *, classes: pd.Series, labels: Sequence[str], title: str, sites: gpd.GeoDataFrame | None = None
) -> str:
    """Say what `plan_map` shows."""
    counts = classes.value_counts()
    listed = "; ".join(f"{label}: {counts.get(at, 0)} areas" for at, label in enumerate(labels))
    gaps = f"; no estimate: {counts[-1]} areas" if -1 in counts.index else ""
    told = f"Map. {title}. {listed}{gaps}."
    if sites is None or sites.empty:
        return told
    roles = sites["role"].value_counts()
    marks = ", ".join(f"{roles[role]} × {ROLES[role].lower()}" for role in ROLES if role in roles)
    named = ", ".join(sites.loc[sites["role"] == "proposed", "name"].astype(str))
    return f"{told} Marked: {marks}." + (f" Proposed hubs: {named}." if named else "")


def _areas(axes: "Axes", shown: gpd.GeoDataFrame, labels: Sequence[str]) -> None:
    for at, colour in enumerate(_colours(labels)):
        part = shown[shown["class"] == at]
        if len(part):
            # Light lines between dark areas, dark lines between light ones.
            edge = "white" if at > (len(labels) - 1) / 2 else SOFT
            part.plot(ax=axes, color=colour, edgecolor=edge, linewidth=0.25, aspect=None)
    gaps = shown[shown["class"].isna()]
    if len(gaps):
        gaps.plot(ax=axes, color="white", edgecolor=SOFT, hatch="////", linewidth=0.3, aspect=None)


def _context(axes: "Axes", shapes: gpd.GeoDataFrame | None, where: str) -> None:
    if shapes is not None and len(shapes):
        to_grid(shapes, where=where).plot(ax=axes, color=WATER, linewidth=0, aspect=None)


def _roads(axes: "Axes", roads: gpd.GeoDataFrame | None) -> None:
    if roads is not None and len(roads):
        lines = to_grid(roads, where="main roads")
        lines.plot(ax=axes, color="white", linewidth=1.7, aspect=None)
        lines.plot(ax=axes, color=ROAD, linewidth=0.8, aspect=None)


def _routes(axes: "Axes", routes: gpd.GeoDataFrame | None) -> None:
    if routes is None or routes.empty:
        return
    lines = to_grid(routes, where="routes")
    lines.plot(ax=axes, color="white", linewidth=2.2, aspect=None)
    for route, row in lines.iterrows():
        lines.loc[[route]].plot(
            ax=axes, color=ROUTE, linewidth=1.1, linestyle=_dashed(row["dash"]), aspect=None
        )


def _dashed(dash: Sequence[int]) -> tuple[int, tuple[float, ...]]:
    """Return a line style of matplotlib, which counts dashes in widths of the line."""
    return 0, tuple(length / 2 for length in dash)


def _frame(axes: "Axes", shown: gpd.GeoDataFrame) -> None:
    """Show the areas whole with a margin, whatever the water around them covers."""
    west, south, east, north = shown.total_bounds
    margin = 0.03 * max(east - west, north - south)
    axes.set(xlim=(west - margin, east + margin), ylim=(south - 2 * margin, north + margin))
    axes.set_aspect("equal")
    axes.set_axis_off()


def _sites(axes: "Axes", sites: gpd.GeoDataFrame | None) -> list[shapely.Point]:
    """Draw the sites, the proposed last and numbered; return where they are."""
    if sites is None or sites.empty:
        return []
    placed = to_grid(sites, where="sites")
    for role in ("stop", "one_group", "open", "proposed"):
        part = placed[placed["role"] == role]
        mark, face, size = MARKS[role]
        axes.plot(
            part.geometry.x, part.geometry.y, mark, color=face, markersize=size,
            markeredgecolor=INK if face == "white" else "white", zorder=6,
        )  # fmt: skip
    for number, point in enumerate(placed.geometry[placed["role"] == "proposed"], start=1):
        axes.annotate(
            str(number), (point.x, point.y), ha="center", va="center_baseline", fontsize=SMALL,
            fontweight="bold", color="white", zorder=7,
        )  # fmt: skip
    return list(placed.geometry)


def _names(
    axes: "Axes", wards: gpd.GeoDataFrame, points: Sequence[shapely.Point], shown: gpd.GeoDataFrame
) -> None:
    """Write ward names where they fit: the largest ward first, none over another or a site."""
    from matplotlib.patheffects import withStroke

    west, south, east, north = shown.total_bounds
    metres = max((east - west) / (6.7 - KEY), (north - south) / (HEIGHT - 1.2)) / POINTS
    taken = [point.buffer(7 * metres).envelope for point in points]
    order = wards.geometry.area.sort_values(ascending=False, kind="stable").index
    halo = [withStroke(linewidth=2.2, foreground="white")]
    for ward in order:
        text = "\n".join(_halves(str(wards.loc[ward, "name"])))
        at = shapely.get_point(
            shapely.maximum_inscribed_circle(wards.loc[ward, "geometry"], tolerance=25.0), 0
        )
        box = _box(at, text, metres)
        if any(box.intersects(other) for other in taken):
            continue
        taken.append(box)
        axes.annotate(
            text, (at.x, at.y), ha="center", va="center", fontsize=SMALL, color=INK,
            linespacing=0.95, path_effects=halo, zorder=5, parse_math=False,
        )  # fmt: skip


def _halves(name: str) -> Iterator[str]:
    """Break a long name once, near its middle."""
    breaks = [at for at, letter in enumerate(name) if letter == " "]
    if len(name) <= 12 or not breaks:
        yield name
        return
    middle = min(breaks, key=lambda at: abs(at - len(name) / 2))
    yield name[:middle]
    yield name[middle + 1 :]


def _box(at: shapely.Point, text: str, metres: float) -> shapely.Polygon:
    lines = text.split("\n")
    wide = 0.56 * SMALL * max(map(len, lines)) * metres / 2
    high = 1.15 * SMALL * len(lines) * metres / 2
    return shapely.box(at.x - wide, at.y - high, at.x + wide, at.y + high)


def _key(
    axes: "Axes",
    shown: gpd.GeoDataFrame,
    labels: Sequence[str],
    heading: str,
    *,
    sites: gpd.GeoDataFrame | None,
    routes: gpd.GeoDataFrame | None,
) -> None:
    axes.set_axis_off()
    rows = [*_class_rows(shown, labels), *_site_rows(sites), *_route_rows(routes)]
    title = wrapped(heading, size=BODY, weight="bold", width=KEY)
    add_key(axes, rows, title, loc="upper left")


def _class_rows(shown: gpd.GeoDataFrame, labels: Sequence[str]) -> Iterator["Artist"]:
    from matplotlib.patches import Patch

    counts = shown["class"].value_counts()
    rows = list(enumerate(zip(labels, _colours(labels), strict=True)))
    for at, (label, colour) in reversed(rows):
        told = f"{label}  ({counts.get(at, 0):.0f} areas)"
        yield Patch(facecolor=colour, edgecolor=SOFT, label=told)
    gaps = int(shown["class"].isna().sum())
    if gaps:
        told = f"no estimate  ({gaps} areas)"
        yield Patch(facecolor="white", edgecolor=SOFT, hatch="////", label=told)


def _site_rows(sites: gpd.GeoDataFrame | None) -> Iterator["Artist"]:
    from matplotlib.lines import Line2D

    if sites is None or sites.empty:
        return
    yield Line2D([], [], linestyle="", label=" ")
    for role, called in ROLES.items():
        part = sites[sites["role"] == role]
        if part.empty:
            continue
        mark, face, size = MARKS[role]
        yield Line2D(
            [], [], marker=mark, linestyle="", color=face, markersize=min(size, 9),
            markeredgecolor=INK if face == "white" else face, label=f"{called}  ({len(part)})",
        )  # fmt: skip
        named = part["name"] if role == "proposed" and len(part) <= LISTED else []
        for number, name in enumerate(named, start=1):
            text = wrapped(f"{number} {name}", size=SMALL, width=KEY - 0.3)
            yield Line2D([], [], linestyle="", label=text)


def _route_rows(routes: gpd.GeoDataFrame | None) -> Iterator["Artist"]:
    from matplotlib.lines import Line2D

    if routes is None or routes.empty:
        return
    text = wrapped(str(routes["heading"].iloc[0]), size=SMALL, width=KEY - 0.3)
    yield Line2D([], [], linestyle="", label=text)
    for _, row in routes.iterrows():
        yield Line2D([], [], color=ROUTE, linestyle=_dashed(row["dash"]), label=str(row["name"]))


def _colours(labels: Sequence[str]) -> list[str]:
    count = len(labels)
    if count <= 1:
        return [SEQUENCE[2]] * count
    return [SEQUENCE[int(at)] for at in np.round(np.linspace(0, len(SEQUENCE) - 1, count))]
