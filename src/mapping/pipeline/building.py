"""The build: raw files → needs → exclusion → travel times, each step kept if nothing changed."""

from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import pandas as pd

from mapping import access, disclosure, indices, needs
from mapping.errors import InvalidTableError
from mapping.geography import Lookup, refuse_unknown_areas
from mapping.needs import indicators
from mapping.pipeline.estimating import estimate
from mapping.pipeline.inputs import Inputs, find_inputs
from mapping.pipeline.manifest import Manifest, Progress, Step, code_version, key_of
from mapping.sources import records
from mapping.sources.roads import open_roads
from mapping.study import Study, read_study
from mapping.workspace import Workspace

AREA_TABLES = ("age", "tenure", "disability", "deprivation")
NEEDS_FILES = (*AREA_TABLES, "lookup", "boundaries", "ward_boundaries", "changes", "stock")
ESTIMATE_FILES = (*AREA_TABLES, "online_returns", "changes", "survey")
TRAVEL_FILES = (
    "centroids",
    "roads",
    "hubs",
    "venues",
    "stops",
    "depot",
    "schools",
    "hospitals",
    "water",
)
DEPOT = "depot"


def build(
    study: str | Path | Study,
    *,
    raw: Path | None = None,
    workspace: Workspace | None = None,
    progress: Progress | None = None,
) -> dict[str, gpd.GeoDataFrame]:
    """
    Build a study's tables from raw files, reusing every step whose inputs are unchanged.

    Parameters
    ----------
    study
        Its name, its file, or a `Study`.
    raw
        The folder of published files; default: `data/raw/<study>`, then `data/raw`.
    workspace
        Where to build; default: the current folder.
    progress
        Called before every step.

    Returns
    -------
    dict
        "lsoa" and "ward" → needs by `area`: boundaries, people, homes, indicators and `need`
        (0 to 100, relative to the place). A ward that no LSOA fits best has NaN.

    Raises
    ------
    MappingError
        In one sentence; what was built before is then still whole.
    """
    workspace = workspace or Workspace()
    study = read_study(study, workspace)
    tell = progress or (lambda *_: None)
    tell("finding files", 0, 4)
    inputs = find_inputs(study, raw, workspace)
    manifest = Manifest(workspace.processed / study.id)
    code = code_version()

    tell("merging needs", 1, 4)
    key = key_of(code, "needs", study.district, dict(study.weights), inputs.key(NEEDS_FILES))
    merged = manifest.step("needs", key, lambda: _needs(inputs))
    lsoas, wards = merged.tables["lsoas"], merged.tables["wards"]

    tell("estimating exclusion", 2, 4)
    choices = (study.learn_from, study.level, study.survey_year, study.seed)
    key = key_of(key, "exclusion", choices, inputs.key(ESTIMATE_FILES))
    manifest.step("exclusion", key, lambda: estimate(inputs, lsoas, wards))

    tell("measuring travel times", 3, 4)
    key = key_of(key, "travel", inputs.key(TRAVEL_FILES), str(study.own))
    manifest.step("travel", key, lambda: _travel(inputs, lsoas))

    manifest.commit(
        study=study.id, name=study.name, fictional=study.fictional, sources=inputs.described()
    )
    tell("built", 4, 4)
    return {"lsoa": lsoas, "ward": wards}


def _needs(inputs: Inputs) -> Step:
    """Join every area table to the place's LSOAs, add them up to wards, check the totals."""
    study = inputs.study
    lookup = Lookup(inputs.table("lookup"), inputs.published["lookup"][0].vintage)
    places = lookup.district_areas(study.district)
    tables = {inputs.file(role): inputs.table(role) for role in AREA_TABLES}
    earlier = set(inputs.table("changes").index) if inputs.has("changes") else set()
    for where, table in tables.items():
        refuse_unknown_areas(table.index, lookup, where=where, earlier=earlier)
    outlines = inputs.table("boundaries")[["geometry"]]
    frame = needs.joined(places, {**tables, inputs.file("boundaries"): outlines})
    frame["need"] = indices.composite(indicators(frame), study.weights)
    lsoas = gpd.GeoDataFrame(frame.drop(columns="imd_rank"), geometry="geometry", crs=outlines.crs)
    wards, caveats = _wards(inputs, lsoas)
    checks = needs.reconciled(tables, lsoas, wards)
    wards, rules = _with_stock(inputs, wards)
    notes = {
        "vintage": lookup.vintage,
        "reconciliation": [asdict(check) for check in checks],
        "caveats": caveats,
        "disclosure": rules,
    }
    return Step({"lsoas": lsoas, "wards": wards}, notes)


def _wards(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    official = None
    if inputs.has("ward_boundaries"):
        everywhere = inputs.table("ward_boundaries")
        official = everywhere[everywhere["district"] == inputs.study.district]
    outlines, caveats = needs.ward_outlines(lsoas, official)
    added = needs.to_wards(lsoas, lsoas["ward"])
    return gpd.GeoDataFrame(outlines.join(added), geometry="geometry", crs=lsoas.crs), caveats


def _with_stock(
    inputs: Inputs, wards: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Count the landlord's homes by ward, and keep only what may leave."""
    if "stock" not in inputs.own:
        return wards, ()
    homes = records.homes(inputs.own["stock"], inputs.columns("stock"))
    inside = gpd.sjoin(gpd.GeoDataFrame(geometry=homes), wards[["geometry"]], predicate="within")
    inside = inside[~inside.index.duplicated()]
    counts = inside.groupby("area").size().reindex(wards.index, fill_value=0)
    released = disclosure.release(counts.rename("The landlord's homes by ward"))
    outside = len(homes) - len(inside)
    told = (
        f"The stock list holds {len(homes):,} homes, {outside or 'none'} of them outside the wards."
    )
    return wards.assign(landlord_homes=released.counts), (told, released.rule)


def _travel(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> Step:
    """Measure minutes on foot to hubs and stops, and by road between depot and stops."""
    centres, caveats = _centres(inputs, lsoas)
    sites, told = _sites(inputs, lsoas)
    stops = _stops(inputs, sites)
    depot, said = _depot(inputs, lsoas, centres)
    graph = _street_graph(inputs, lsoas)
    walk = access.travel_times(centres, sites, graph=graph)
    walk_to_stops = access.travel_times(centres, stops, graph=graph)
    points = gpd.GeoSeries(pd.concat([depot, stops.geometry]), crs=stops.crs)
    drive = access.travel_times(points, points, graph=graph, mode="drive")
    notes = {
        "walk": walk.source,
        "drive": drive.source,
        "caveats": (*caveats, *told, *said, *walk.caveats, *walk_to_stops.caveats, *drive.caveats),
    }
    tables = {
        "sites": sites,
        "stops": stops,
        "walk": walk.minutes,
        "walk_to_stops": walk_to_stops.minutes,
        "drive": drive.minutes,
    }
    if inputs.has("water"):
        tables["water"] = inputs.table("water")
    return Step(tables, notes)


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
    caveats = []
    parts = []
    if "hubs" in inputs.own:
        hubs = records.sites(inputs.own["hubs"], inputs.columns("hubs"))
        closed = int((hubs["open_to"] != "public").sum())
        if closed:
            caveats.append(
                f"{closed} of {len(hubs)} hubs open now serve one group only and do not count as "
                "provision for everybody."
            )
        parts.append(hubs.assign(open=True))
    else:
        caveats.append("No list of hubs open now was given: reach today is counted as none.")
    parts.append(_candidates(inputs, lsoas, caveats).assign(open=False))
    sites = pd.concat(parts)
    if sites.index.has_duplicates:
        twice = sites.index[sites.index.duplicated()][0]
        raise InvalidTableError(
            f"site {twice} is in the list of hubs and in that of venues, or twice in one. Give "
            "every site its own id."
        )
    for column in ("capacity", "cost"):
        if column not in sites:
            sites[column] = float("nan")
    sites["counts"] = sites["open"] & (sites["open_to"] == "public")
    return gpd.GeoDataFrame(sites, geometry="geometry", crs=lsoas.crs), tuple(caveats)


def _candidates(inputs: Inputs, lsoas: gpd.GeoDataFrame, caveats: list[str]) -> gpd.GeoDataFrame:
    if "venues" in inputs.own:
        venues = records.sites(inputs.own["venues"], inputs.columns("venues"))
        return venues[venues["open_to"] == "public"]
    roles = [role for role in ("schools", "hospitals") if inputs.has(role)]
    found = [inputs.table(role) for role in roles]
    venues = gpd.GeoDataFrame(pd.concat(found), crs=lsoas.crs) if found else _no_venues(lsoas)
    venues = venues[venues.within(lsoas.union_all())]
    caveats.append(
        f"Candidate sites are the {len(venues)} schools and hospitals of public registers inside "
        "the boundary; whether they have room, and what they would cost, is not known."
        if len(venues)
        else "No place that could host a hub is known, so no hubs can be sited: list some in the "
        "study file, under [own.venues]."
    )
    return venues.assign(open_to="public")


def _no_venues(lsoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    index = pd.Index([], name="site", dtype=object)
    return gpd.GeoDataFrame({"name": [], "kind": []}, index=index, geometry=[], crs=lsoas.crs)


def _stops(inputs: Inputs, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "stops" in inputs.own:
        return records.sites(inputs.own["stops"], inputs.columns("stops"))[
            ["name", "kind", "geometry"]
        ]
    return sites.loc[~sites["open"], ["name", "kind", "geometry"]]


def _depot(
    inputs: Inputs, lsoas: gpd.GeoDataFrame, centres: gpd.GeoSeries
) -> tuple[gpd.GeoSeries, tuple[str, ...]]:
    if "depot" in inputs.own:
        depot = records.sites(inputs.own["depot"], inputs.columns("depot")).geometry.iloc[:1]
        return depot.set_axis([DEPOT]), ()
    weight = lsoas["residents"] / lsoas["residents"].sum()
    x, y = (centres.x * weight).sum(), (centres.y * weight).sum()
    middle = gpd.GeoSeries(gpd.points_from_xy([x], [y]), index=[DEPOT], crs=centres.crs)
    return middle, ("No depot was given: the bus starts in the middle of the population.",)


def _street_graph(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> access.StreetGraph | None:
    if not inputs.has("roads"):
        return None
    # Routes may leave the place on their way: streets up to two kilometres outside are kept.
    bounds = tuple(lsoas.buffer(2000).total_bounds)
    roads = open_roads(inputs.published["roads"][1], bounds=bounds)
    return access.street_graph(roads.links.reset_index(), roads.nodes.reset_index())
