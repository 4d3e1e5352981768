"""Write what other people read: board map, tables, summary, scenario files."""

import json
import re
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio

from mapping import figures
from mapping.disclosure import refuse_personal
from mapping.errors import InvalidScenarioError
from mapping.exclusion import Exclusion, probability_among_top
from mapping.needs import COUNTS, OWN_COUNT
from mapping.pipeline.loading import load
from mapping.pipeline.manifest import Progress, code_version, key_of
from mapping.report import board, estimates, tidy, timetables, words
from mapping.report.busfigures import bus_figures, left_out_table
from mapping.report.drawing import marked, plan_figure, ward_figure
from mapping.report.paper import Paper
from mapping.rounding import rounded
from mapping.scenario import Outcome, Place, Scenario, as_chosen, compare, files, weigh
from mapping.workspace import Workspace, replacing, sha256, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FICTIONAL = " (fictional)"

Writer = Callable[[Path], Path]
Entry = tuple[Path, str]


@dataclass(frozen=True)
class Made:
    """
    What was made, where, and what to do next.

    Parameters
    ----------
    story
        The result in a few sentences.
    files
        Each file and what it is.
    next
        What to open next.
    """

    story: str
    files: tuple[tuple[Path, str], ...]
    next: str


def export(
    scenarios: Sequence[Scenario | Path],
    *,
    paper: Paper | None = None,
    workspace: Workspace | None = None,
    progress: Progress | None = None,
) -> Made:
    """
    Write board map, tables, summary and scenario files of one study to `exports/<study>`.

    Nothing is computed again if neither the study nor the scenarios changed and every file is as
    it was made.

    Parameters
    ----------
    scenarios
        Scenarios or their files; the first is the one recommended, the others are compared to it.
    paper
        Title, purpose and note in the author's own words; what is left out is written for them.

    Raises
    ------
    InvalidScenarioError
        If there is none, they belong to different studies, or two have one name.
    NotBuiltError
        If the study was not built.
    """
    workspace = workspace or Workspace()
    tell = progress or (lambda *_: None)
    chosen = [item if isinstance(item, Scenario) else Scenario.load(item) for item in scenarios]
    study = same_study(chosen)
    place = load(study, workspace=workspace)
    folder = workspace.exports / Path(study).stem
    paper = paper or Paper()
    key = key_of(code_version(), place.fingerprint, chosen, asdict(paper))
    made = _unchanged(folder, key)
    if made is not None:
        tell("nothing has changed", 1, 1)
        return made
    place = as_chosen(place, *chosen)
    outcomes = outcomes_of(chosen, place, progress=progress)
    tell("writing exports", len(chosen), len(chosen) + 1)
    files = write_pack(outcomes, place, folder, paper=paper)
    made = Made(story(outcomes, place), files, f"Open {folder / 'board-map.html'} in a browser.")
    _remove_leftovers(folder, made)
    _record(folder, key, made)
    return made


def write_pack(
    outcomes: Sequence[Outcome], place: Place, folder: Path, *, paper: Paper
) -> tuple[Entry, ...]:
    """Write every file of an export into `folder`, all or none, and return what each is."""
    return _written(_writers(outcomes, place, paper), folder)


def _written(writers: Mapping[str, tuple[str, Writer]], folder: Path) -> tuple[Entry, ...]:
    """Write every file beside the folder, and move them in when all are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as name:
        beside = Path(name)
        for file, (_, write) in writers.items():
            write(beside / file)
        for file in writers:
            (beside / file).replace(folder / file)
    return tuple((folder / file, what) for file, (what, _) in writers.items())


def same_study(scenarios: Sequence[Scenario]) -> str:
    """
    Return the study that all scenarios belong to.

    Raises
    ------
    InvalidScenarioError
        If there is no scenario, they belong to different studies, or two have one name.
    """
    studies = sorted({scenario.study for scenario in scenarios})
    # Names that differ in punctuation alone would be one file.
    files = [words.file_name(scenario) for scenario in scenarios]
    twice = [s.name for s, file in zip(scenarios, files, strict=True) if files.count(file) > 1]
    if not studies:
        raise InvalidScenarioError("No scenario was named. Make one with: mapping hubs --save FILE")
    if len(studies) > 1:
        raise InvalidScenarioError(
            f"The scenarios belong to different studies ({', '.join(studies)}). Compare those of "
            "one place."
        )
    if twice:
        raise InvalidScenarioError(
            f"Two scenarios are called {twice[0]}, or nearly so. Give each its own name."
        )
    return studies[0]


def outcomes_of(
    scenarios: Sequence[Scenario], place: Place, *, progress: Progress | None = None
) -> list[Outcome]:
    """Return what follows from each scenario, in their order."""
    tell = progress or (lambda *_: None)

    def told(name: str, done: int) -> Callable[[str], None]:
        return lambda doing: tell(f"{name}: {doing}", done, len(scenarios))

    return [
        weigh(scenario, place, progress=told(scenario.name, done))
        for done, scenario in enumerate(scenarios)
    ]


def story(outcomes: Sequence[Outcome], place: Place) -> str:
    """Return the result in a few sentences."""
    first = outcomes[0]
    lines = [
        words.headline(place),
        words.meaning(place.exclusion),
        words.recommendation(first, place),
        words.proof(first),
        *(words.difference(first, other) for other in outcomes[1:]),
    ]
    if place.fictional:
        lines.insert(0, f"{place.name} is fictional: every figure is made up.")
    return "\n".join(line for line in lines if line)


def _writers(
    outcomes: Sequence[Outcome], place: Place, paper: Paper
) -> dict[str, tuple[str, Writer]]:
    """Return what is written: file name → what it is, and how it is written."""
    first, place = outcomes[0], place.cleared()
    made = {
        "board-map.html": (
            "board map, one file that opens anywhere",
            lambda path: board.write_board_map(
                outcomes, place, path, paper=paper, version=code_version()
            ),
        ),
        "summary.html": (
            "one-page summary in plain language",
            lambda path: board.write_summary(
                outcomes, place, path, paper=paper, version=code_version()
            ),
        ),
        "needs-lsoas.csv": (
            "needs and estimate by LSOA",
            lambda path: write_csv(lsoa_table(place), path),
        ),
        "needs-wards.csv": (
            "needs and estimate by ward",
            lambda path: write_csv(ward_table(place), path),
        ),
        "comparison.csv": (
            "scenarios side by side",
            lambda path: write_csv(comparison_table(outcomes, place), path),
        ),
    }
    made |= _pictures(first, place)
    made["figures.gpkg"] = (
        "areas, wards, places and tables for a GIS (GeoPackage)",
        lambda path: write_geopackage(outcomes, place, path),
    )
    made["hubs.csv"] = (
        "new hubs of every scenario: whom each reaches, cost, how often it is in the best plan",
        lambda path: write_csv(_labelled(tidy.hubs(outcomes, place), place), path),
    )
    made["who.csv"] = (
        "adults likely to be offline by group: everywhere, within reach today, in every scenario",
        lambda path: write_csv(who_table(outcomes, place), path),
    )
    made["residents.csv"] = (
        "residents of the census by group: everywhere, within reach today, in every scenario",
        lambda path: write_csv(residents_table(outcomes, place), path),
    )
    made["who-wards.csv"] = (
        "adults likely to be offline by age, home and disability, by ward",
        lambda path: write_csv(group_table(place), path),
    )
    made["validation.json"] = (
        "how the estimate was checked",
        lambda path: write_checked(place, path),
    )
    made["disclosure.json"] = (
        "what was suppressed in counts of persons, and by which rule",
        lambda path: write_disclosure(place, path),
    )
    if first.bus_plan is not None:
        made["bus-timetable.csv"] = (
            "bus timetable of the first scenario",
            lambda path: write_csv(timetable_table(first, place), path),
        )
        made["bus-reach.csv"] = (
            "whom the bus reaches, by stop, ward and group",
            lambda path: write_csv(_labelled(bus_figures(first, place), place), path),
        )
        made["bus-left-out.csv"] = (
            "stops that the bus does not visit, and why",
            lambda path: write_csv(
                _labelled(left_out_table(first, place).set_index("Stop"), place), path
            ),
        )
        made["bus-timetables.html"] = (
            "sheets to print: one for each stop, one for each driver’s day",
            lambda path: timetables.write_timetables(first, place, path),
        )
    for outcome in outcomes:
        scenario = outcome.scenario
        made[words.file_name(scenario)] = (
            f"scenario “{scenario.name}”",
            partial(files.save, scenario, place=place),
        )
    return made


def _pictures(outcome: Outcome, place: Place) -> dict[str, tuple[str, Writer]]:
    """Return how figures are written for Word and print: each drawn once, saved several ways."""
    kinds = {"png": "picture", "svg": "drawing", "pdf": "page, text can be selected"}
    board_map, wards = cache(lambda: plan_figure(outcome, place)), cache(lambda: ward_figure(place))
    made = {
        f"board-map.{ending}": (f"the map for Word and print ({kind})", _saved(board_map))
        for ending, kind in kinds.items()
    }
    if place.ward_exclusion.draws.notna().any(axis=None):
        made |= {
            f"wards.{ending}": (f"wards with their ranges ({kinds[ending]})", _saved(wards))
            for ending in ("png", "svg")
        }
    return made


def _saved(drawn: "Callable[[], tuple[Figure, str]]") -> Writer:
    """Return a writer of a figure, with its text alternative, as the ending of the path says."""

    def writer(path: Path) -> Path:
        made, alt = drawn()
        return figures.save(made, path, alt=alt)

    return writer


def who_table(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """Return who is offline and within reach by group, one figure to a cell."""
    return _labelled(tidy.who(outcomes, place), place)


def residents_table(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """Return which residents live within reach, whether online or not, and what they are."""
    counted = tidy.residents(outcomes, place.cleared())
    named = place.name + (FICTIONAL if place.fictional else "")
    return counted.assign(source=words.census(place), place=named)


def write_geopackage(outcomes: Sequence[Outcome], place: Place, path: Path) -> Path:
    """Write the tables with their shapes as layers of one GeoPackage, whole or not at all."""
    layers = {
        "lsoas": _shaped(lsoa_table(place), place.lsoas),
        "wards": _shaped(ward_table(place), place.wards),
        "places": marked(outcomes[0], place).rename_axis("site"),
    }
    if place.output_areas is not None:
        small = place.output_areas
        table = _with_estimate(small.areas.drop(columns="geometry"), small.exclusion, place)
        layers["output_areas"] = _shaped(table, small.areas)
    with replacing(path) as temporary:
        temporary.unlink()  # GDAL makes the file itself
        for name, layer in layers.items():
            plain_layer = layer.reset_index()
            text = plain_layer.select_dtypes(["object", "string", "category"]).columns
            plain_layer[text] = plain_layer[text].astype(object)
            pyogrio.write_dataframe(
                plain_layer, temporary, layer=name, driver="GPKG", append=temporary.exists()
            )
        for name, table in {
            "comparison": comparison_table(outcomes, place),
            "who": who_table(outcomes, place),
        }.items():
            rows = table.reset_index().astype({"year": int})
            pyogrio.write_dataframe(rows, temporary, layer=name, driver="GPKG", append=True)
    return path


def _shaped(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=areas.geometry.reindex(table.index), crs=areas.crs)


def lsoa_table(place: Place) -> pd.DataFrame:
    """Return the needs of every LSOA with the rounded estimate and what it is of."""
    areas = place.lsoas.drop(columns=["geometry", "district"])
    return _with_estimate(areas, place.exclusion, place)


def ward_table(place: Place) -> pd.DataFrame:
    """Return the needs of every ward, its band, and how likely it is in the highest sixth."""
    wards = place.wards.drop(columns="geometry")
    table = _with_estimate(wards, place.ward_exclusion, place)
    table["offline_share_against_place"] = estimates.band_of(place).astype(object)
    count = words.among(place)
    probability = probability_among_top(place.ward_exclusion, count).round(2)
    return table.join(probability.rename(f"probability_among_{count}_highest_shares"))


def group_table(place: Place) -> pd.DataFrame:
    """Return adults likely to be offline by ward and group, with intervals, rounded."""
    return _labelled(tidy.who_by_ward(place), place)


def write_checked(place: Place, path: Path) -> Path:
    """Write the validation card, in sentences and as figures."""
    place = place.cleared()
    content = {
        "place": place.name + (FICTIONAL if place.fictional else ""),
        "outcome": place.exclusion.outcome,
        "sentences": estimates.how_checked(place),
        "card": None if place.card is None else place.card.as_dict(),
    }
    return write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", path)


def write_disclosure(place: Place, path: Path) -> Path:
    """Write what was suppressed and by which rule, without the values, and what needed no rule."""
    place = place.cleared()
    content = {
        "place": place.name + (FICTIONAL if place.fictional else ""),
        "sentences": place.disclosure,
        "suppressed": place.suppressed,
        "released_columns": place.released,
    }
    return write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", path)


def _with_estimate(areas: pd.DataFrame, exclusion: Exclusion, place: Place) -> pd.DataFrame:
    estimate = exclusion.frame.reindex(areas.index)
    table = _to_precision(areas, counts=place.released.get("wards", ()))
    for column in ("people", "people_low", "people_high"):
        name = column.replace("people", "offline_adults_estimate")
        table[name] = estimate[column].map(rounded)
    for column in ("share", "low", "high"):
        table[f"offline_{column}_percent"] = (100 * estimate[column]).round(0)
    return _labelled(table, place)


def _to_precision(table: pd.DataFrame, *, counts: Collection[str] = ()) -> pd.DataFrame:
    """
    Return figures as precise as their kind: people whole, scores to 0.01, rates to 0.001.

    Parameters
    ----------
    counts
        Columns that count people or homes, beside the known ones.
    """
    whole = {*COUNTS, *counts, "imd_decile"}
    digits = {
        name: 0 if name in whole or name.startswith(OWN_COUNT) else 2 if _scored(name) else 3
        for name in table.select_dtypes("number")
    }
    return table.round(digits)


def _scored(name: str) -> bool:
    """Whether a column is a score on a scale of its own."""
    return name == "need" or name.endswith("_score")


def comparison_table(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """Return every measure of every scenario, rounded to its precision."""
    table = compare(outcomes)
    people = table["unit"] == "people"
    for column in ("value", "low", "high", "difference", "difference_low", "difference_high"):
        table[column] = table[column].where(~people, table[column].map(rounded)).round(1)
    table["more_likely"] = table["more_likely"].round(2)
    return _labelled(table.set_index("measure"), place)


def timetable_table(outcome: Outcome, place: Place) -> pd.DataFrame:
    """Return the bus timetable in days and times of day, with the people within reach."""
    table = words.timetable(outcome, place)
    # As the drivers' sheets count: bus 1, 2, …
    return _labelled(table.assign(bus=table["bus"] + 1).drop(columns=["slot", "weekday"]), place)


def _labelled(table: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Say in every row what its people are, when, of whom and where, for a table that travels."""
    exclusion = place.cleared().exclusion
    return table.assign(
        outcome=exclusion.outcome,
        population=exclusion.population,
        year=exclusion.year,
        place=place.name + (FICTIONAL if place.fictional else ""),
    )


def _plain_cell(cell: Any) -> Any:
    """Return text that a spreadsheet takes for a formula so that it stays text, and on its line."""
    if not isinstance(cell, str):
        return cell
    text = re.sub(r"[\t\r\n\f\v]+", " ", cell).strip()
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV that spreadsheets open with the right letters, whole or not at all."""
    refuse_personal(table, what=path.name)
    # Names stand in the index and in headers too.
    flat = table.reset_index() if table.index.name is not None else table
    plain = flat.map(_plain_cell).rename(columns=_plain_cell)
    with replacing(path) as temporary:
        plain.to_csv(temporary, encoding="utf-8-sig", index=False)
    return path


def _record(folder: Path, key: str, made: Made) -> None:
    content = {
        "key": key,
        "story": made.story,
        "next": made.next,
        "files": [[path.name, what, sha256(path)] for path, what in made.files],
    }
    write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", folder / "made.json")


def _recorded(folder: Path) -> dict[str, Any]:
    """Return what was made before, nothing if that cannot be known."""
    try:
        content = json.loads((folder / "made.json").read_text(encoding="utf-8"))
        _ = [content[name] for name in ("key", "story", "next", "files")]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return content


def _unchanged(folder: Path, key: str) -> Made | None:
    """Return what was made before, if it was made from the same and is still whole."""
    content = _recorded(folder)
    if content.get("key") != key:
        return None
    files = [(folder / name, what, digest) for name, what, digest in content["files"]]
    if not all(path.is_file() and sha256(path) == digest for path, _, digest in files):
        return None
    return Made(content["story"], tuple((path, what) for path, what, _ in files), content["next"])


def _remove_leftovers(folder: Path, made: Made) -> None:
    """Remove pages and tables of an earlier export; scenario files are somebody's choices."""
    kept = {path.name for path, _ in made.files}
    for name, *_ in _recorded(folder).get("files", ()):
        if name not in kept and Path(name).suffix in {
            ".html",
            ".csv",
            ".json",
            ".png",
            ".svg",
            ".pdf",
            ".gpkg",
        }:
            (folder / Path(name).name).unlink(missing_ok=True)
