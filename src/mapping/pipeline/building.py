"""The build: raw files → needs → exclusion → travel times, each step kept if nothing changed."""

from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd

from mapping import indices, needs
from mapping.errors import InvalidStudyError, InvalidTableError
from mapping.geography import Lookup, matched, refuse_unknown_areas
from mapping.needs import OWN, indicators
from mapping.pipeline.adding import with_tables
from mapping.pipeline.believing import beliefs
from mapping.pipeline.checking import check_estimate
from mapping.pipeline.context import context
from mapping.pipeline.counting import with_homes, with_learners
from mapping.pipeline.estimating import estimate
from mapping.pipeline.fitting_wards import earlier_wards, fitted_wards
from mapping.pipeline.inputs import Inputs, find_inputs
from mapping.pipeline.manifest import Manifest, Progress, Step, code_of, code_version, key_of
from mapping.pipeline.output_areas import drawn, output_areas
from mapping.pipeline.returns import Returns, returns
from mapping.pipeline.travelling import REGISTERS, travel
from mapping.study import Study, read_study
from mapping.workspace import Workspace

AREA_TABLES = ("age", "tenure", "disability", "deprivation")
NEEDS_FILES = (
    *AREA_TABLES, "lookup", "boundaries", "ward_boundaries", "changes", "stock", "learners",
    "postcodes", "postcodes_io", "output_areas", "output_area_wards", "earlier_ward_boundaries",
    "output_area_boundaries", "centroids",
)  # fmt: skip
RETURNS_FILES = ("online_returns", "changes", "ethnicity", "indicators")
ESTIMATE_FILES = (*AREA_TABLES, *RETURNS_FILES, "survey", "survey_by_ward")
CHECK_FILES = (*ESTIMATE_FILES, "risk_index", "centroids", "lookup")
# What decides the validation card, which takes long: it is not made again when a map changes.
CHECK_CODE = (
    "exclusion",
    "sources",
    "needs.py",
    "tables.py",
    "geography",
    "pipeline/checking.py",
    "pipeline/returns.py",
    "pipeline/surveying.py",
)
STEPS = 6
CONTEXT_FILES = ("ethnicity", "roads", "lookup", "boundaries")
TRAVEL_FILES = (
    "centroids",
    "roads",
    "hubs",
    "venues",
    "stops",
    "depot",
    "transit",
    "age",
    *REGISTERS,
    "water",
    "postcodes",
    "postcodes_io",
)


def build(
    study: str | Path | Study,
    *,
    raw: Path | None = None,
    workspace: Workspace | None = None,
    progress: Progress | None = None,
    today: date | None = None,
) -> dict[str, gpd.GeoDataFrame]:
    """
    Build a study's tables from raw files, reusing every step whose inputs are unchanged.

    Parameters
    ----------
    study
        Its name, its file, or a `Study`.
    raw
        The folder of published files; see `mapping.pipeline.inputs.find_inputs`.
    workspace
        Where to build; default: the current folder.
    progress
        Called before every step.
    today
        The day that a validation card made now is to name; default: the day it is.

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
    tell("finding files", 0, STEPS)
    inputs = find_inputs(study, raw, workspace)
    manifest = Manifest(workspace.processed / study.id)
    code = code_version()
    learned = cache(lambda: _returns(inputs))

    tell("merging needs", 1, STEPS)
    key = key_of(
        code,
        "needs",
        study.district,
        dict(study.weights),
        inputs.key((*NEEDS_FILES, *(f"tables.{name}" for name in study.tables))),
    )
    merged = manifest.step("needs", key, lambda: _needs(inputs))
    lsoas, wards = merged.tables["lsoas"], merged.tables["wards"]

    tell("estimating exclusion", 2, STEPS)
    choices = (study.name, study.learn_from, study.level, study.survey_year, study.seed)
    key = key_of(key, "exclusion", choices, inputs.key(ESTIMATE_FILES))
    small = merged.tables.get("output_areas")
    manifest.keep("exclusion", key, lambda: estimate(inputs, lsoas, learned(), small))

    tell("picturing need in other ways", 3, STEPS)
    rivals = key_of(key, "beliefs")
    manifest.keep("beliefs", rivals, lambda: beliefs(inputs, lsoas, learned()))

    tell("checking the estimate on areas left out", 4, STEPS)
    basis = (code_of(*CHECK_CODE), study.district, choices[1:], inputs.key(CHECK_FILES))
    day = today or date.today()  # noqa: DTZ011 - the reader's own day
    manifest.keep(
        "validation",
        key_of("validation", basis),
        lambda: check_estimate(inputs, lsoas, learned(), today=day),
    )

    tell("measuring travel times", 5, STEPS)
    kept_in = workspace.processed / "kept" / study.id
    within = study.defaults.get("within")
    key = key_of(key, "travel", within, inputs.key(TRAVEL_FILES))
    manifest.keep("travel", key, lambda: travel(inputs, lsoas, kept_in=kept_in))

    key = key_of(code, "context", study.district, inputs.key(CONTEXT_FILES))
    manifest.keep("context", key, lambda: context(inputs, lsoas))

    manifest.commit(
        study=study.id, name=study.name, fictional=study.fictional, sources=inputs.described()
    )
    tell("built", STEPS, STEPS)
    return {"lsoa": lsoas, "ward": wards}


def _returns(inputs: Inputs) -> Returns | None:
    """Read census returns, if the study does not learn from a survey and they are held."""
    held = inputs.has("online_returns") and inputs.has("changes")
    return returns(inputs) if held and inputs.study.learn_from != "survey" else None


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
    tables |= {inputs.file("boundaries"): outlines}
    frame = needs.joined(places, tables)
    lsoas = gpd.GeoDataFrame(frame.drop(columns="imd_rank"), geometry="geometry", crs=outlines.crs)
    small = output_areas(inputs, lsoas)
    fitted = fitted_wards(inputs, lookup, lsoas, small)
    measured = {where: table for where, table in tables.items() if table is not outlines}
    wards = needs.to_wards(lsoas, lsoas["ward"]).reindex(fitted.table.index)
    checks = (*needs.reconciled(measured, lsoas, wards), *fitted.checks)
    added = with_tables(inputs, lookup, lsoas, fitted)
    lsoas = added.lsoas.assign(need=_need(study, added.lsoas))
    ward_need = needs.ward_means(lsoas[["need"]], lsoas["residents"], fitted.parts)["need"]
    homes = with_homes(inputs, added.wards.assign(need=ward_need))
    learners = with_learners(inputs, lsoas, homes.wards)
    wards = learners.wards
    found = matched(places, tables)
    found["vintage"] = found.index.map(_vintages(inputs))
    notes = {
        "vintage": lookup.vintage,
        "matched": [
            *found.reset_index().to_dict("records"),
            *(
                matched(areas, {name: table}).reset_index().to_dict("records")[0]
                for name, (areas, table) in fitted.matched.items()
            ),
            *added.matched,
        ],
        "wards": {"method": fitted.method, "without": fitted.without},
        "reconciliation": [asdict(check) for check in (*checks, *added.checks)],
        "caveats": (*fitted.caveats, *added.caveats),
        "disclosure": (*homes.told, *learners.told),
        "suppressed": [log.as_dict() for log in (*homes.logs, *learners.logs)],
        "released": {"wards": [*homes.columns, *learners.columns]},
    }
    made = {"lsoas": lsoas, "wards": wards}
    if fitted.small is not None:
        made["ward_parts"] = fitted.parts
    outlined = drawn(fitted.small or small, lsoas)
    if outlined is not None:
        made["output_areas"] = outlined
    redrawn = earlier_wards(inputs, lsoas, wards)
    if redrawn is not None:
        made["earlier_wards"] = redrawn
    return Step(made, notes)


def _vintages(inputs: Inputs) -> dict[str, str]:
    """Return what the codes and figures of each published file are of."""
    return {path.name: source.vintage for source, path in inputs.published.values()}


def _need(study: Study, areas: pd.DataFrame) -> pd.Series:
    lacking = [
        f"weights.{name}: the table has no figure for {areas[name].isna().sum()} of {len(areas)} "
        f"areas (first {areas.index[areas[name].isna()][0]})"
        for name, weight in study.weights.items()
        if weight and name.startswith(OWN) and name in areas and areas[name].isna().any()
    ]
    if lacking:
        raise InvalidStudyError(
            f"{study.id}.toml: {'; '.join(lacking)}. Complete the table, or give no weight."
        )
    try:
        return indices.composite(indicators(areas), study.weights)
    except InvalidTableError as error:
        # Which indicators there are is known here only; the weights stand in the study file.
        raise InvalidStudyError(f"{study.id}.toml: {error}") from None
