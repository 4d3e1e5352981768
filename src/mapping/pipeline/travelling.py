"""From sites and streets to travel times: on foot to hubs and stops, by road for the bus."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping import access
from mapping.errors import InvalidTableError
from mapping.pipeline.inputs import Inputs
from mapping.pipeline.manifest import Step
from mapping.sources import records
from mapping.sources.matrices import travel_matrix

# Public registers of places that could host a hub for everybody: role and what they are.
# Jobcentres are read too, but serve claimants.
REGISTERS = {
    "schools": "schools",
    "hospitals": "hospitals",
    "libraries": "libraries",
    "osm_venues": "places on OpenStreetMap",
}
DEPOT = "(depot)"  # no id of a site, so that none can be taken for it
BEYOND = 2_400  # metres outside the place from which people can walk in, half an hour
STREETS = 3_000  # metres outside the place to which streets are kept, for them and for detours
STANDARD = 15.0  # minutes, where the study names none
OSM = "osm_streets"
OF_OSM: dict[str, Any] = {
    "source": "street graph, OpenStreetMap",
    "caveats": access.STREETS_AND_PATHS,
}
FAR = 20_000  # metres beyond the place from which a position is doubted


def travel(inputs: Inputs, lsoas: gpd.GeoDataFrame, *, kept_in: Path) -> Step:
    """
    Measure minutes on foot to hubs and stops, and by road between depot and stops.

    Parameters
    ----------
    kept_in
        Where streets and matrices are kept, to be used again while they are of the same files.
    """
    centres, caveats = _centres(inputs, lsoas)
    sites, told = _sites(inputs, lsoas)
    doubts: list[str] = []
    stops = _stops(inputs, sites, lsoas, doubts)
    depot, said = _depot(inputs, lsoas, centres, doubts)
    graph = _street_graph(inputs, lsoas, kept_in)
    neighbours = _neighbours(inputs, lsoas)
    walk = access.travel_times(centres, sites, graph=graph, kept_in=kept_in)
    walk_in = access.travel_times(neighbours.geometry, sites, graph=graph, kept_in=kept_in)
    walk_to_stops = access.travel_times(centres, stops, graph=graph, kept_in=kept_in)
    points = gpd.GeoSeries(pd.concat([depot, stops.geometry]), crs=stops.crs)
    drive = access.travel_times(points, points, graph=graph, mode="drive", kept_in=kept_in)
    # At a kilometre a minute, minutes are kilometres along the shortest way.
    km = access.travel_times(
        points, points, graph=graph, mode="drive", speed=1000 / 60, kept_in=kept_in
    )
    transit = _transit(inputs, walk)
    access.prune(kept_in)
    notes = {
        "walk": walk.source,
        "walk_speed": walk.speed,
        "drive": drive.source,
        "transit": "" if transit is None else transit.source,
        "streets": [] if graph is None else [graph.in_words("walk"), graph.in_words("drive")],
        "caveats": (
            *caveats,
            *told,
            *doubts,
            *said,
            *walk.caveats,
            *walk_to_stops.caveats,
            *drive.caveats,
            *(() if transit is None else transit.caveats),
        ),
    }
    tables = {
        "sites": sites,
        "stops": stops,
        "walk": walk.minutes,
        "walk_to_stops": walk_to_stops.minutes,
        "drive": drive.minutes,
        "neighbours": neighbours,
        "walk_in": walk_in.minutes,
        "joined": _joined(walk),
        "drive_km": km.minutes,
    }
    if transit is not None:
        tables["transit"] = transit.minutes
    tables["centres"] = gpd.GeoDataFrame(geometry=centres)
    tables["depot"] = gpd.GeoDataFrame(geometry=depot)
    if graph is not None:
        tables |= {"street_nodes": graph.nodes, "street_links": graph.links}
    if inputs.has("water"):
        tables["water"] = inputs.table("water")
    if graph is not None and sites["counts"].any():
        tables["catchments"] = _catchments(inputs, graph, sites, tables.get("water"))
    return Step(tables, notes)


def _joined(walk: access.TravelTimes) -> pd.DataFrame:
    """Return how far areas and sites lie from the streets they join; empty without streets."""
    parts = {"area": walk.joined_origins, "site": walk.joined_sites}
    found = [
        part[["metres", "main"]].assign(what=what).rename_axis("id")
        for what, part in parts.items()
        if part is not None
    ]
    return pd.concat(found) if found else pd.DataFrame(columns=["metres", "main", "what"])


def _neighbours(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return areas outside from which people can walk in: their `adults`, where they live."""
    if not inputs.has("centroids"):
        return gpd.GeoDataFrame({"adults": []}, geometry=[], crs=lsoas.crs)
    points = inputs.table("centroids").geometry
    outside = points[~points.index.isin(lsoas.index)]
    west, south, east, north = lsoas.buffer(BEYOND).total_bounds
    near = outside.cx[west:east, south:north]
    near = near[near.distance(lsoas.union_all()) <= BEYOND]
    adults = inputs.table("age")["adults"].reindex(near.index)
    return gpd.GeoDataFrame({"adults": adults}, geometry=near).dropna()


def _transit(inputs: Inputs, walk: access.TravelTimes) -> access.TravelTimes | None:
    """Read minutes by bus and train that another tool made."""
    if "transit" not in inputs.own:
        return None
    path = inputs.own["transit"]
    table = travel_matrix(path, inputs.columns("transit"))
    return access.imported(
        table,
        walk.minutes.index,
        walk.minutes.columns,
        mode="transit",
        source=path.name,
        walk=walk,
    )


def _catchments(
    inputs: Inputs,
    graph: access.StreetGraph,
    sites: gpd.GeoDataFrame,
    water: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """Draw the land from which each hub open to everybody is within the study's standard."""
    within = float(inputs.study.defaults.get("within", STANDARD))
    hubs = sites[sites["counts"]]
    shapes = access.isochrones(hubs.geometry, graph, within=within, water=water)
    drawn = gpd.GeoDataFrame({"within": within}, index=hubs.index, geometry=shapes)
    return drawn[~drawn.is_empty]


def _centres(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> tuple[gpd.GeoSeries, tuple[str, ...]]:
    """Return where the people of each area are taken to be."""
    weighted = (
        inputs.has("centroids") and inputs.published["centroids"][0].id == "lsoa2021_centroids"
    )
    points = (
        inputs.table("centroids").geometry
        if inputs.has("centroids")
        else lsoas.representative_point()
    )
    missing = lsoas.index.difference(points.index)
    if len(missing):
        raise InvalidTableError(
            f"{inputs.file('centroids')} has no row for {len(missing)} of {len(lsoas)} areas "
            f"(first {missing[0]}). Use the file of the same vintage as the boundaries."
        )
    caveat = (
        "Each area's people are taken to be at a point inside it that is not weighted by where "
        "they live (population-weighted centroids were not given)."
    )
    return points.reindex(lsoas.index), () if weighted else (caveat,)


def _sites(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return hubs open now and candidates, told apart by `open`; `counts` = open to everybody."""
    caveats: list[str] = []
    parts = []
    if "hubs" in inputs.own:
        hubs = _own_sites(inputs, "hubs", lsoas, caveats)
        closed = int((hubs["open_to"] != "public").sum())
        if closed:
            caveats.append(
                f"{closed} of {len(hubs)} hubs open now serve one group only and do not count as "
                "provision for everybody."
            )
        parts.append(hubs.assign(open=True))
    else:
        caveats.append(
            "No list of hubs open now was given: who is within reach of one today is not known, "
            "and no plan counts them."
        )
    parts.append(_candidates(inputs, lsoas, caveats).assign(open=False))
    sites = pd.concat(parts)
    if sites.index.has_duplicates:
        twice = sites.index[sites.index.duplicated()][0]
        raise InvalidTableError(
            f"site {twice} is in the list of hubs and in that of venues, or twice in one. Give "
            "every site its own id."
        )
    for column in ("capacity", "cost", "seats"):
        if column not in sites:
            sites[column] = float("nan")
    for column in records.ANSWERS:
        known = sites[column] if column in sites else pd.Series(pd.NA, sites.index)
        sites[column] = known.astype("boolean")
    sites["counts"] = sites["open"] & (sites["open_to"] == "public")
    return gpd.GeoDataFrame(sites, geometry="geometry", crs=lsoas.crs), tuple(caveats)


def _own_sites(
    inputs: Inputs, record: str, lsoas: gpd.GeoDataFrame, caveats: list[str]
) -> gpd.GeoDataFrame:
    """Read sites of the planner's own, and doubt those that lie far from the place."""
    path = inputs.own[record]
    sites = records.sites(path, inputs.columns(record), postcodes=inputs.postcodes)
    far = sites.index[sites.distance(lsoas.union_all()) > FAR]
    if len(far) and len(far) == len(sites):
        raise InvalidTableError(
            f"{path.name}: every site lies more than {FAR // 1000} km from {inputs.study.name}. "
            "Check that easting and northing are not swapped."
        )
    if len(far):
        caveats.append(
            f"{len(far)} of {len(sites)} {record} lie more than {FAR // 1000} km from "
            f"{inputs.study.name} (first {far[0]})."
        )
    return sites


def _candidates(inputs: Inputs, lsoas: gpd.GeoDataFrame, caveats: list[str]) -> gpd.GeoDataFrame:
    if "venues" in inputs.own:
        venues = _own_sites(inputs, "venues", lsoas, caveats)
        return venues[venues["open_to"] == "public"]
    roles = [role for role in REGISTERS if inputs.has(role)]
    found = [_register(inputs, role) for role in roles]
    venues = gpd.GeoDataFrame(pd.concat(found), crs=lsoas.crs) if found else _no_venues(lsoas)
    nowhere = int(venues.geometry.is_empty.sum())
    if nowhere:
        caveats.append(
            f"{nowhere} of {len(venues)} places in public registers could not be placed (their "
            "postcode is in no directory that was given) and cannot be chosen."
        )
    venues = venues[venues.within(lsoas.union_all())]
    caveats.append(
        f"Places that could host a hub come from public registers ("
        f"{_listed([REGISTERS[role] for role in roles])}): {len(venues)} inside the boundary. "
        "Whether they have room, and what they would cost, is not known."
        if len(venues)
        else "No place that could host a hub is known, so no hubs can be sited: list some in the "
        "study file, under [own.venues]."
    )
    return venues.assign(open_to="public")


def _register(inputs: Inputs, role: str) -> gpd.GeoDataFrame:
    """Read a public register of places; one without a name goes by what it is."""
    options = {"postcodes": inputs.postcodes} if role == "libraries" else {}
    found = inputs.table(role, **options)
    places = found[[c for c in ("name", "kind", *records.ANSWERS, "geometry") if c in found]]
    named = places["name"].astype(str).str.strip() != ""
    return places.assign(name=places["name"].where(named, places["kind"]))


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _no_venues(lsoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    index = pd.Index([], name="site", dtype=object)
    return gpd.GeoDataFrame({"name": [], "kind": []}, index=index, geometry=[], crs=lsoas.crs)


def _stops(
    inputs: Inputs, sites: gpd.GeoDataFrame, lsoas: gpd.GeoDataFrame, caveats: list[str]
) -> gpd.GeoDataFrame:
    if "stops" in inputs.own:
        own = _own_sites(inputs, "stops", lsoas, caveats)
        told = [column for column in ("hours", *records.STOP_COLUMNS) if column in own]
        stated = [column for column in told if own[column].notna().any()]
        return own[["name", "kind", *stated, "geometry"]]
    return sites.loc[~sites["open"], ["name", "kind", "geometry"]]


def _depot(
    inputs: Inputs, lsoas: gpd.GeoDataFrame, centres: gpd.GeoSeries, caveats: list[str]
) -> tuple[gpd.GeoSeries, tuple[str, ...]]:
    if "depot" in inputs.own:
        depot = _own_sites(inputs, "depot", lsoas, caveats).geometry
        if len(depot) != 1:
            raise InvalidTableError(
                f"{inputs.own['depot'].name}: {len(depot)} rows under the header, and the bus "
                "starts from one depot. Keep one row."
            )
        return depot.set_axis([DEPOT]), ()
    weight = lsoas["residents"] / lsoas["residents"].sum()
    x, y = (centres.x * weight).sum(), (centres.y * weight).sum()
    middle = gpd.GeoSeries(gpd.points_from_xy([x], [y]), index=[DEPOT], crs=centres.crs)
    return middle, ("No depot was given: the bus starts in the middle of the population.",)


def _street_graph(
    inputs: Inputs, lsoas: gpd.GeoDataFrame, kept_in: Path
) -> access.StreetGraph | None:
    """Make the street graph, or read the one that was kept of the same file and place."""
    if not inputs.has("roads"):
        return None
    source, path = inputs.published["roads"]
    # Routes may leave the place on their way, and people outside may walk in.
    bounds = tuple(lsoas.buffer(STREETS).total_bounds)
    folder = kept_in / f"streets-{access.key(inputs.hashes[path], source.id, bounds)}"
    try:
        return access.open_graph(folder)
    except InvalidTableError:
        roads = inputs.table("roads", bounds=bounds)
    told = OF_OSM if source.id == OSM else {}
    graph = access.street_graph(roads.links.reset_index(), roads.nodes.reset_index(), **told)
    access.save(graph, folder)
    return graph
