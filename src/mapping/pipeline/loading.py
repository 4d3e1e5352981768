"""Read a built study back as the place that scenarios are weighed against."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mapping import disclosure
from mapping.access import StreetGraph, TravelTimes
from mapping.exclusion import Exclusion, ValidationCard, shared_out, summed
from mapping.pipeline.believing import believed_of
from mapping.pipeline.manifest import Step, key_of, read_steps
from mapping.pipeline.output_areas import among
from mapping.pipeline.travelling import DEPOT
from mapping.scenario import Level, Place
from mapping.study import Study, read_study
from mapping.workspace import Workspace


def load(study: str | Path | Study, *, workspace: Workspace | None = None) -> Place:
    """
    Read a built study.

    Raises
    ------
    NotBuiltError
        If it was not built, or its tables were damaged since.
    """
    workspace = workspace or Workspace()
    study = read_study(study, workspace)
    manifest, steps = read_steps(workspace.processed / study.id, study.id)
    merged, estimated, travel = steps["needs"], steps["exclusion"], steps["travel"]
    lsoas, wards = merged.tables["lsoas"], merged.tables["wards"]
    parts = merged.tables.get("ward_parts")
    estimate = Exclusion(
        **{name: estimated.notes[name] for name in ("outcome", "year", "population", "formula")},
        adults=lsoas["adults"],
        draws=estimated.tables["draws"],
        diagnostics=estimated.notes["diagnostics"],
        caveats=tuple(estimated.notes["caveats"]),
    )
    sources = pd.DataFrame(manifest["sources"])
    checked = steps["validation"].notes
    caveats = [line for step in (estimated, merged, travel) for line in step.notes["caveats"]]
    pace, along = travel.notes["walk_speed"], travel.notes["walk"]
    walk = TravelTimes(travel.tables["walk"], "walk", along, speed=pace)
    place = Place(
        name=manifest["name"],
        fictional=manifest["fictional"],
        lsoas=lsoas,
        wards=wards,
        exclusion=estimate,
        ward_exclusion=(
            summed(estimate, lsoas["ward"]) if parts is None else shared_out(estimate, parts)
        ),
        sites=travel.tables["sites"],
        walk=walk,
        stops=travel.tables["stops"],
        walk_to_stops=TravelTimes(travel.tables["walk_to_stops"], "walk", travel.notes["walk"]),
        drive=TravelTimes(travel.tables["drive"], "drive", travel.notes["drive"]),
        depot=DEPOT,
        defaults=study.defaults,
        water=travel.tables.get("water"),
        caveats=tuple(dict.fromkeys(caveats)),
        attributions=tuple(dict.fromkeys(line for line in sources["attribution"] if line)),
        reconciliation=pd.DataFrame(merged.notes["reconciliation"]),
        disclosure=(*merged.notes["disclosure"], _made_of(sources)),
        sources=sources,
        fingerprint=key_of(_without_day(manifest)),
        groups=estimated.tables["groups"],
        who=estimated.tables["who"],
        explanation=estimated.tables["explanation"],
        card=None if checked["card"] is None else ValidationCard.from_dict(checked["card"]),
        checked=tuple(checked["told"]),
        ward_parts=parts,
        earlier_wards=merged.tables.get("earlier_wards"),
        matched=pd.DataFrame(merged.notes["matched"]),
        walk_slow=walk.slowly(),
        transit=(
            TravelTimes(travel.tables["transit"], "transit", travel.notes["transit"])
            if "transit" in travel.tables
            else None
        ),
        neighbours=travel.tables["neighbours"],
        walk_in=TravelTimes(travel.tables["walk_in"], "walk", along, speed=pace),
        catchments=travel.tables.get("catchments"),
        joined=travel.tables["joined"],
        streets=tuple(travel.notes["streets"]),
        beliefs=believed_of(steps.get("beliefs"), estimate, lsoas["adults"], own=study.learn_from),
        suppressed=tuple(merged.notes["suppressed"]),
        released=merged.notes["released"],
        ethnicity=steps["context"].tables.get("ethnicity") if "context" in steps else None,
        main_roads=steps["context"].tables.get("main_roads") if "context" in steps else None,
        centres=travel.tables["centres"].geometry,
        graph=_graph(travel),
        drive_km=travel.tables.get("drive_km"),
        depot_at=travel.tables["depot"].geometry if "depot" in travel.tables else None,
        output_areas=_output_areas(merged, estimated, estimate),
        hubs_known=bool((sources["source"] == "hubs").any()),
    )
    # What was built is declared; what is added to a place in memory is not.
    columns = {name: tuple(map(str, table.columns)) for name, table in place.tables().items()}
    return replace(place, declared=columns)


def _output_areas(merged: Step, estimated: Step, estimate: Exclusion) -> Level | None:
    """Return what a place holds of output areas; None where they are not held."""
    areas, tables = merged.tables.get("output_areas"), estimated.tables
    if areas is None:
        return None
    adults = tables["output_area_adults"]["adults"]
    found = among(estimate, tables["output_area_draws"], adults)
    return Level(areas, found, tables["output_area_groups"])


def _made_of(sources: pd.DataFrame) -> str:
    """Say whether estimates are made of open data alone."""
    surveyed = (sources["source"] == "survey").any()
    return disclosure.WITH_SURVEY if surveyed else disclosure.OPEN_ONLY


def _graph(travel: Step) -> StreetGraph | None:
    """Return the streets that walks were measured along; None for straight lines."""
    if "street_nodes" not in travel.tables:
        return None
    nodes, links = travel.tables["street_nodes"], travel.tables["street_links"]
    return StreetGraph(nodes, links, travel.notes["walk"])


def _without_day(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest without the day of its validation card: the same files, the same hash."""
    steps = dict(manifest["steps"])
    notes = steps["validation"]["notes"]
    if notes["card"] is not None:
        timeless = {**notes["card"], "made": ""}
        steps["validation"] = {**steps["validation"], "notes": {**notes, "card": timeless}}
    return {**manifest, "steps": steps}
