"""Read a built study back as the place that scenarios are weighed against."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.access import TravelTimes
from mapping.exclusion import Exclusion, ValidationCard, summed
from mapping.pipeline.manifest import key_of, read_steps
from mapping.pipeline.travelling import DEPOT
from mapping.scenario import Place
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
    return Place(
        name=manifest["name"],
        fictional=manifest["fictional"],
        lsoas=lsoas,
        wards=wards,
        exclusion=estimate,
        ward_exclusion=summed(estimate, lsoas["ward"]),
        sites=travel.tables["sites"],
        walk=TravelTimes(travel.tables["walk"], "walk", travel.notes["walk"]),
        stops=travel.tables["stops"],
        walk_to_stops=TravelTimes(travel.tables["walk_to_stops"], "walk", travel.notes["walk"]),
        drive=TravelTimes(travel.tables["drive"], "drive", travel.notes["drive"]),
        depot=DEPOT,
        defaults=study.defaults,
        water=travel.tables.get("water"),
        caveats=tuple(dict.fromkeys(caveats)),
        attributions=tuple(dict.fromkeys(line for line in sources["attribution"] if line)),
        reconciliation=pd.DataFrame(merged.notes["reconciliation"]),
        disclosure=tuple(merged.notes["disclosure"]),
        sources=sources,
        fingerprint=key_of(_without_day(manifest)),
        groups=estimated.tables["groups"],
        who=estimated.tables["who"],
        explanation=estimated.tables["explanation"],
        card=None if checked["card"] is None else ValidationCard.from_dict(checked["card"]),
        checked=tuple(checked["told"]),
        drive_km=travel.tables.get("drive_km"),
    )


def _without_day(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest without the day of its validation card: the same files, the same hash."""
    steps = dict(manifest["steps"])
    notes = steps["validation"]["notes"]
    if notes["card"] is not None:
        timeless = {**notes["card"], "made": ""}
        steps["validation"] = {**steps["validation"], "notes": {**notes, "card": timeless}}
    return {**manifest, "steps": steps}
