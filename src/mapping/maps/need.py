"""The need map: people in need by area, with the hubs and stops that are to reach them."""

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import pandas as pd

from mapping.maps.checks import area_faults, frame_faults, refuse, site_faults
from mapping.maps.layers import (
    ROLES,
    area_facts,
    area_layer,
    road_layer,
    route_layer,
    site_layer,
    ward_labels,
    ward_layer,
    water_layer,
)
from mapping.maps.outlines import bounds, thinned
from mapping.maps.plate import Plate
from mapping.maps.safe import plain
from mapping.maps.views import View, estimate_view, uncertainty_view

# What faults in a table of sites are said of.
SITES = {
    "open": "open hubs",
    "one_group": "hubs open to one group",
    "proposed": "proposed hubs",
    "stop": "bus stops",
}


def need_map(
    areas: gpd.GeoDataFrame,
    *,
    value: str,
    title: str,
    label: str,
    low: str | None = None,
    high: str | None = None,
    breaks: Sequence[float] | None = None,
    water: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    wards: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    hubs: gpd.GeoDataFrame | None = None,
    one_group: gpd.GeoDataFrame | None = None,
    proposed: gpd.GeoDataFrame | None = None,
    stops: gpd.GeoDataFrame | None = None,
    routes: gpd.GeoDataFrame | None = None,
    caveats: Sequence[str] = (),
    attribution: Sequence[str] = (),
    fictional: bool = False,
) -> folium.Map:
    """
    Draw people in need by area, with hubs and bus stops, as a map that opens with no network.

    Figures are rounded before they are coloured and before they enter the map, so its source holds
    no more than it shows. With `low` and `high` the reader can switch to how wide each interval
    is; the key follows.

    Parameters
    ----------
    areas
        Areas by code, with `name`, boundaries in any stated coordinate system and the column
        `value`. An area without a boundary is not drawn; the key says how many.
    value
        Column of people per area; NaN means no estimate and is drawn hatched.
    title
        What the map shows, where and when: "Adults likely to be offline, Liverpool, 2021".
    label
        What is counted, to follow a number: "adults likely to be offline".
    low, high
        Columns of the interval, both or neither; NaN where there is none.
    breaks
        Where classes begin, rising, four at most; give them when two maps must share a key.
    water, wards, roads
        Context: rivers and sea, ward outlines with `name`, lines of main roads.
    hubs, one_group, proposed, stops
        Open hubs, those that serve one group only, hubs of the plan, and bus stops: points by site
        id with `name`, `kind` and, if known, `people`.
    routes
        Lines of the bus by id, with `name` (such as its day), `dash` (pixels of line and gap, so
        that they are told apart without colour) and `heading`, what all are called in the key.
    caveats, attribution
        Sentences printed with the map; attribution is what the licences of the sources ask for.
    fictional
        Whether the place is made up, which the map then says in so many words.

    Raises
    ------
    InvalidTableError
        If a table cannot be drawn, naming every fault, or `breaks` do not rise.
    """
    sites = {"open": hubs, "one_group": one_group, "proposed": proposed, "stop": stops}
    context = {"wards": wards, "water": water, "roads": roads, "routes": routes}
    _check(areas, [column for column in (value, low, high) if column is not None], sites, context)
    shapes = thinned(areas.geometry)
    drawn = areas.loc[shapes.index]
    missing = len(areas) - len(drawn)
    views = [estimate_view(drawn, value=value, label=label, breaks=breaks, undrawn=missing)]
    if low is not None and high is not None:
        views.append(uncertainty_view(drawn, value=value, low=low, high=high))
    facts = area_facts(drawn, value=value, low=low, high=high)
    data = {
        **_areas(drawn, shapes, facts, views, label=label),
        "water": water_layer(water),
        "wards": ward_layer(wards),
        "roads": road_layer(roads),
        "routes": route_layer(routes),
        "routes_heading": "" if routes is None else plain(routes["heading"].iloc[0]),
        "labels": ward_labels(wards),
        "sites": [site for role in sites for site in site_layer(sites[role], role=role)],
        "roles": ROLES,
    }
    return Plate(
        title,
        data=data,
        views=views,
        caveats=caveats,
        attribution=attribution,
        fictional=fictional,
    )


def _check(
    areas: gpd.GeoDataFrame,
    numbers: Sequence[str],
    sites: Mapping[str, gpd.GeoDataFrame | None],
    context: Mapping[str, gpd.GeoDataFrame | gpd.GeoSeries | None],
) -> None:
    wards, water, roads, routes = (context[k] for k in ("wards", "water", "roads", "routes"))
    faults = {
        "areas": area_faults(areas, numbers),
        "wards": [] if wards is None else area_faults(wards),
        "roads": [] if roads is None else frame_faults(roads.geometry.reset_index(drop=True)),
        "routes": [] if routes is None else frame_faults(routes.geometry),
        "water": [] if water is None else frame_faults(water.geometry.reset_index(drop=True)),
    }
    if len(numbers) == 2:
        faults["areas"].append("low and high must be given together")
    for role, table in sites.items():
        faults[SITES[role]] = [] if table is None else site_faults(table)
    refuse(faults)


def _areas(
    areas: gpd.GeoDataFrame,
    shapes: gpd.GeoSeries,
    facts: pd.DataFrame,
    views: Sequence[View],
    *,
    label: str,
) -> dict[str, Any]:
    """Return the areas with their facts and classes, and what the drawing needs beside them."""
    classed = facts.assign(**{view.name: view.classes for view in views})
    return {
        "areas": area_layer(areas, shapes, classed),
        "bounds": bounds([shapes]),
        "colours": {view.name: view.colours for view in views},
        "label": plain(label),
        "heading": views[0].heading,
        "intervals": bool((facts["interval"] != "").any()),
    }
