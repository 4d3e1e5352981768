"""The build: raw files → needs → exclusion → travel times, each step kept if nothing changed."""

from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd

from mapping import disclosure, indices, needs
from mapping.errors import InvalidStudyError, InvalidTableError
from mapping.geography import Lookup, matched, refuse_other_wards, refuse_unknown_areas
from mapping.needs import indicators
from mapping.pipeline.checking import check_estimate
from mapping.pipeline.estimating import estimate
from mapping.pipeline.inputs import Inputs, find_inputs
from mapping.pipeline.manifest import Manifest, Progress, Step, code_of, code_version, key_of
from mapping.pipeline.returns import Returns, returns
from mapping.pipeline.travelling import REGISTERS, travel
from mapping.sources import records
from mapping.study import Study, read_study
from mapping.workspace import Workspace

AREA_TABLES = ("age", "tenure", "disability", "deprivation")
NEEDS_FILES = (
    *AREA_TABLES, "lookup", "boundaries", "ward_boundaries", "changes", "stock", "postcodes",
)  # fmt: skip
RETURNS_FILES = ("online_returns", "changes", "ethnicity", "indicators")
ESTIMATE_FILES = (*AREA_TABLES, *RETURNS_FILES, "survey")
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
STEPS = 5
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
    key = key_of(code, "needs", study.district, dict(study.weights), inputs.key(NEEDS_FILES))
    merged = manifest.step("needs", key, lambda: _needs(inputs))
    lsoas, wards = merged.tables["lsoas"], merged.tables["wards"]

    tell("estimating exclusion", 2, STEPS)
    choices = (study.name, study.learn_from, study.level, study.survey_year, study.seed)
    key = key_of(key, "exclusion", choices, inputs.key(ESTIMATE_FILES))
    manifest.step("exclusion", key, lambda: estimate(inputs, lsoas, learned()))

    tell("checking the estimate on areas left out", 3, STEPS)
    basis = (code_of(*CHECK_CODE), study.district, choices[1:], inputs.key(CHECK_FILES))
    day = today or date.today()  # noqa: DTZ011 - the reader's own day
    manifest.step(
        "validation",
        key_of("validation", basis),
        lambda: check_estimate(inputs, lsoas, learned(), today=day),
    )

    tell("measuring travel times", 4, STEPS)
    kept_in = workspace.processed / "kept" / study.id
    within = study.defaults.get("within")
    key = key_of(key, "travel", within, inputs.key(TRAVEL_FILES))
    manifest.step("travel", key, lambda: travel(inputs, lsoas, kept_in=kept_in))

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
    frame["need"] = _need(study, frame)
    lsoas = gpd.GeoDataFrame(frame.drop(columns="imd_rank"), geometry="geometry", crs=outlines.crs)
    wards, caveats = _wards(inputs, lookup, lsoas)
    measured = {where: table for where, table in tables.items() if table is not outlines}
    checks = needs.reconciled(measured, lsoas, wards)
    wards, rules = _with_stock(inputs, lsoas, wards)
    notes = {
        "vintage": lookup.vintage,
        "matched": matched(places, tables).reset_index().to_dict("records"),
        "reconciliation": [asdict(check) for check in checks],
        "caveats": caveats,
        "disclosure": rules,
    }
    return Step({"lsoas": lsoas, "wards": wards}, notes)


def _need(study: Study, areas: pd.DataFrame) -> pd.Series:
    try:
        return indices.composite(indicators(areas), study.weights)
    except InvalidTableError as error:
        # Which indicators there are is known here only; the weights stand in the study file.
        raise InvalidStudyError(f"{study.id}.toml: {error}") from None


def _wards(
    inputs: Inputs, lookup: Lookup, lsoas: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    official, district = None, inputs.study.district
    if inputs.has("ward_boundaries"):
        everywhere = inputs.table("ward_boundaries")
        official = everywhere[everywhere["district"] == district]
        where = inputs.file("ward_boundaries")
        refuse_other_wards(lookup, official.index, district, where=where)
    outlines, caveats = needs.ward_outlines(lsoas, official)
    added = needs.to_wards(lsoas, lsoas["ward"])
    return gpd.GeoDataFrame(outlines.join(added), geometry="geometry", crs=lsoas.crs), caveats


def _with_stock(
    inputs: Inputs, lsoas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Count the landlord's homes by ward, and keep only what may leave."""
    if "stock" not in inputs.own:
        return wards, ()
    homes = records.homes(inputs.own["stock"], inputs.columns("stock"), postcodes=inputs.postcodes)
    counts = _inside(homes, wards)
    released = disclosure.release(counts.rename("The landlord's homes by ward"))
    told = (
        f"The stock list holds {_homes_told(homes.listed)} homes, "
        f"{_homes_told(len(homes.points) - int(counts.sum()))} of them outside the wards"
        + (f", {_homes_told(homes.unplaced)} without a known place" if homes.unplaced else "")
        + (f", {_homes_told(homes.repeated)} listed twice" if homes.repeated else "")
        + "."
    )
    rules = (told, *_more_than_social(_inside(homes, lsoas), lsoas), released.rule)
    return wards.assign(landlord_homes=released.counts), rules


def _inside(homes: records.Homes, areas: gpd.GeoDataFrame) -> pd.Series:
    """Count the homes in each area; one on a boundary counts once."""
    points = gpd.GeoDataFrame(geometry=homes.points)
    inside = gpd.sjoin(points, areas[["geometry"]], predicate="within")
    inside = inside[~inside.index.duplicated()]
    return inside.groupby("area").size().reindex(areas.index, fill_value=0)


def _more_than_social(homes: pd.Series, lsoas: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Name areas where the list has clearly more homes than the census has in social renting."""
    social = lsoas["social_rented"]
    # Where the census has few, naming the area would say that the landlord has few too.
    odd = homes.index[(homes > 1.1 * social) & (social >= disclosure.FLOOR)]
    if odd.empty:
        return ()
    return (
        f"In {len(odd)} LSOAs (first {odd[0]}) the list holds more homes than the census counted "
        "households in social renting: look for homes listed twice, sold or of another tenure.",
    )


def _homes_told(count: int) -> str:
    """Say how many homes as far as may be said."""
    released = disclosure.release(pd.Series([count])).counts.iloc[0]
    return f"fewer than {disclosure.FLOOR}" if pd.isna(released) else f"about {released:,.0f}"
