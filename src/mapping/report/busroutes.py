"""The bus's day routes as lines on a map, a day of the week each."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping import access, bus
from mapping.scenario import Outcome, Place, as_chosen
from mapping.scenario.routing import buses

STREETS = "Bus route"
STRAIGHT = "Bus route (straight lines: no streets are held)"
# Pixels of line and gap by weekday: told apart without colour.
DASHES = ((12, 4), (2, 3), (10, 3, 2, 3), (5, 5), (3, 8), (8, 3, 2, 3, 2, 3), (18, 4, 5, 4))
DAYS = {"mon": "Mondays", "tue": "Tuesdays", "wed": "Wednesdays", "thu": "Thursdays",
        "fri": "Fridays", "sat": "Saturdays", "sun": "Sundays"}  # fmt: skip


def bus_routes(outcome: Outcome, place: Place) -> gpd.GeoDataFrame | None:
    """
    Return where the bus drives on each day of the week, from the depot and back.

    Returns
    -------
    GeoDataFrame or None
        By weekday (Monday is 0): `name`, `dash`, `heading` (whether the lines follow streets) and
        the lines, each street once however often it is driven. None without a bus.
    """
    plan = outcome.bus_plan
    if plan is None:
        return None
    points = as_chosen(place, outcome.scenario).stops.geometry
    if place.depot_at is not None:
        points = pd.concat([place.depot_at.to_crs(points.crs), points])
    depots = [found.depot for found in buses(outcome.scenario, place)]
    rows = plan.timetable.sort_values(["slot", "order"]).groupby("slot")
    routes = {
        slot: [depots[part["bus"].iloc[0]], *part["stop"], depots[part["bus"].iloc[0]]]
        for slot, part in rows
    }
    known = {
        slot: [stop for stop in route if stop in points.index] for slot, route in routes.items()
    }
    drawn = {slot: route for slot, route in known.items() if len(route) > 1}
    if not drawn:
        return None
    used = points[points.index.isin({stop for route in drawn.values() for stop in route})]
    lines = access.ways(used, drawn, place.graph)
    weekday = rows["weekday"].first().reindex(lines.index)
    together = lines.groupby(weekday).agg(_once)
    names = [DAYS[bus.WEEKDAYS[int(day)]] for day in together.index]
    return gpd.GeoDataFrame(
        {
            "name": names,
            "dash": [DASHES[int(day)] for day in together.index],
            "heading": STRAIGHT if place.graph is None else STREETS,
        },
        index=together.index,
        geometry=gpd.GeoSeries(together.to_numpy(), together.index, crs=lines.crs),
    )


def _once(lines: gpd.GeoSeries) -> shapely.Geometry:
    """Join lines, each stretch once, whichever way and however often it is gone."""
    ends = np.vstack([np.hstack([xy[:-1], xy[1:]]) for xy in map(shapely.get_coordinates, lines)])
    back = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[back] = ends[back][:, [2, 3, 0, 1]]
    once = np.unique(ends, axis=0)
    once = once[(once[:, :2] != once[:, 2:]).any(axis=1)]
    return shapely.line_merge(shapely.multilinestrings(shapely.linestrings(once.reshape(-1, 2, 2))))
