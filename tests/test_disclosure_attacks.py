"""Attempts to learn of one person, home or scheme from what leaves."""

import json
import logging
import pickle
import re
import shutil
import traceback
from dataclasses import fields
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from mapping import disclosure
from mapping.disclosure import Personal, PersonalPoints, PersonalSeries, release, tally
from mapping.errors import DisclosureError, MappingError
from mapping.maps import export as export_map
from mapping.maps.layers import site_layer
from mapping.panels import faults
from mapping.panels.arranging import Arrangement
from mapping.panels.needmaps import NeedMaps
from mapping.panels.stopmap import StopMap
from mapping.pipeline import exporting
from mapping.pipeline.building import NEEDS_FILES, _needs
from mapping.pipeline.inputs import find_inputs
from mapping.pipeline.manifest import Manifest, Step, key_of
from mapping.pipeline.surveying import asked
from mapping.report import board, futures
from mapping.report.drawing import outcome_map
from mapping.report.paper import Paper
from mapping.scenario import Scenario, weigh
from mapping.sources import records, standing
from mapping.study import DEFAULT_WEIGHTS, PostcodesIo, read_study
from mapping.workspace import Workspace

DOCS = Path(__file__).parents[1] / "docs"

# Planted: nobody of this name lives at this postcode, and no count is this large.
NAME, POSTCODE, UPRN, X, Y = (
    "Zebulon Quillfeather",
    "ZZ9 9ZQ",
    "990000777123",
    "334567.89",
    "391234.56",
)
PLANTED = (NAME, POSTCODE, UPRN, X, Y, "Quillfeather", "ZZ99ZQ")


@pytest.fixture(scope="module")
def outcome(place):
    return weigh(Scenario.starting_from(place.defaults, name="Attacked", study="demo"), place)


def texts(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def nothing_planted(said):
    raw = said if isinstance(said, bytes) else str(said).encode()
    assert not [word for word in PLANTED if word.encode() in raw]


# -- subtracting ---------------------------------------------------------------------------------


def test_1000_overlapping_tables_subtracted_never_give_a_small_count():
    rng = np.random.default_rng(2026)
    lsoas = pd.Index([f"L{i}" for i in range(30)])
    ward_of = dict(zip(lsoas, np.repeat(list("ABCDEF"), 5), strict=True))
    families = [(30 + ward, list(range(5 * ward, 5 * ward + 5))) for ward in range(6)]
    families.append((36, list(range(30, 36))))
    won = tried = 0
    while tried < 1000:
        counts = pd.Series(rng.poisson(rng.choice([3, 14, 60], 30)), lsoas)
        shown = release(counts, within=(ward_of,), whole="all").counts
        low, high = known(shown.tolist(), families)
        for i in np.flatnonzero(counts < 10):
            tried += 1
            won += low[i] > 0 or high[i] < 9
    assert won == 0


def known(shown, families):
    """What an attacker knows of each cell: sums worked up and down until nothing changes."""
    low = [0 if np.isnan(x) else max(x - 2, 10) for x in shown]
    high = [np.inf if np.isnan(x) else x + 2 for x in shown]
    for _ in range(3):
        for total, parts in families:
            low[total] = max(low[total], sum(low[i] for i in parts))
            high[total] = min(high[total], sum(high[i] for i in parts))
            for i in parts:
                others = [j for j in parts if j != i]
                low[i] = max(low[i], low[total] - sum(high[j] for j in others))
                high[i] = min(high[i], high[total] - sum(low[j] for j in others))
    return low, high


def test_1000_catchments_drawn_round_one_home_say_nothing_of_it():
    rng = np.random.default_rng(5)
    wards = pd.Index(["A", "B", "C"])
    edges = np.array([0.0, 1, 2, 3])  # three wards in a row
    told = 0
    for _ in range(50):
        at = rng.uniform(0, 3, 200)
        made = tally(pd.Series(wards[at.astype(int)]), wards, what="homes", whole="all")
        lines = np.array([at[:20] - 1e-9, at[:20] + 1e-9])  # just short of a home, and beyond it
        reach = np.clip(lines.reshape(1, -1) - edges[:-1, None], 0, 1)
        short, beyond = (
            disclosure.spread(made, pd.DataFrame(reach, wards)).to_numpy().reshape(2, -1)
        )
        told += int((~np.isclose(short, beyond, equal_nan=True)).sum())
    assert told == 0


def test_wards_with_a_scheme_of_nine_and_of_none_look_alike():
    shown = [
        release(pd.Series({"scheme": few, "next": 240, "third": 180}), whole="all").counts[:3]
        for few in range(10)
    ]
    assert all(one.equals(shown[0]) for one in shown)
    assert shown[0].isna().sum() == 2


# -- messages, displays and crashes --------------------------------------------------------------

HEADER = "name,uprn,easting,northing,postcode\n"
GOOD = f"{NAME},{UPRN},{X},{Y},{POSTCODE}\n"
WRONG = {
    "a number that is none": HEADER + GOOD + f'"{NAME}",1,{NAME},{Y},\n',
    "a number out of range": HEADER + f"{NAME},1,99{X},{Y},\n",
    "no header": GOOD + GOOD.replace("123,", "124,"),
    "no header, names twice": f"{NAME},{NAME},{X},{Y}\n",
    "cells too many": HEADER + f"{NAME},{UPRN},{X},{Y},{POSTCODE},{NAME}\n",
    "nowhere": HEADER + f"{NAME},{UPRN},,,{POSTCODE}\n",
    "abroad": HEADER + f"{NAME},{UPRN},1.5,2.5,\n" + f"{NAME},2,{X},-7,\n",
    "semicolons": (HEADER + GOOD).replace(",", ";"),
    "no text": "\x00" + NAME,
}


@pytest.mark.parametrize("fault", WRONG)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson"])
def test_no_message_about_a_list_of_persons_says_what_is_in_it(fault, kind, tmp_path):
    path = tmp_path / f"stock.{kind}"
    path.write_text(WRONG[fault], encoding="utf-8")
    for read in (records.homes, records.respondents):
        try:
            read(path, {})
        except MappingError as error:
            nothing_planted("".join(traceback.format_exception(error)))
        told = standing.own({"stock": (path, {}), "survey": (path, {})})
        nothing_planted(told.to_string())


def test_faults_of_survey_answers_name_row_and_column_alone(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text(f"ward,online\n{NAME},yes\nE05000001,{NAME}\n", encoding="utf-8")
    with pytest.raises(MappingError) as error:
        records.respondents(path, {})
    assert str(error.value) == (
        "survey.csv: ward: not a ward code in row 2. Correct the file and run again."
    )


def test_a_workbook_and_a_layer_of_persons_keep_their_cells_to_themselves(tmp_path):
    rows = pd.DataFrame({"name": [NAME], "easting": [NAME], "northing": [1.0]})
    rows.to_excel(tmp_path / "stock.xlsx", index=False)
    points = gpd.GeoDataFrame(
        rows, geometry=gpd.points_from_xy([334567.89], [391234.56]), crs=27700
    )
    points.to_file(tmp_path / "stock.gpkg")
    for kind in ("xlsx", "gpkg"):
        with pytest.raises(MappingError, match="easting: not a number in row 2") as error:
            records.homes(tmp_path / f"stock.{kind}", {})
        nothing_planted("".join(traceback.format_exception(error.value)))


def upload(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text(HEADER + GOOD, encoding="utf-8")
    return records.homes(path, {})


def test_a_notebook_that_checked_a_list_of_persons_stores_no_cell_of_it():
    """Run the panel in a cell and read the notebook's outputs, widget state among them."""
    import nbformat
    from nbclient import NotebookClient

    source = f"""
from mapping.panels.upload import LISTS, OwnList
made = OwnList(LISTS)
made.kind.value = "stock"
for text in ({HEADER + GOOD!r}, {WRONG["a number that is none"]!r}, {WRONG["no header"]!r}):
    made.upload.value = ({{"name": "stock.csv", "type": "", "size": len(text),
        "content": memoryview(text.encode()), "last_modified": __import__("datetime").datetime(
        2026, 11, 28, tzinfo=__import__("datetime").UTC)}},)
    display(made)
    print(made.message.value)
"""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(book, timeout=120, kernel_name="python3", store_widget_state=True).execute()
    (cell,) = book.cells
    stored = json.dumps([cell.outputs, book.metadata])
    assert "stock.csv can be used" in stored
    assert "stock.csv cannot be" in stored
    assert "FileUploadModel" in stored
    nothing_planted(stored)


def test_a_crash_while_a_list_of_persons_is_in_hand_logs_where_and_not_what(tmp_path):
    log = logging.getLogger("mapping")
    before = list(log.handlers)
    faults.keep_log(Workspace(tmp_path))
    people = Personal({"name": [NAME], "easting": [NAME]})
    try:
        for crash in (lambda: people["easting"].astype(float), lambda: {}[NAME], again):
            try:
                crash()
            except (ValueError, KeyError, RuntimeError):
                log.exception("a panel's answer failed")
        said = (tmp_path / "logs" / "mapping.log").read_text("utf-8")
    finally:
        for handler in set(log.handlers) - set(before):
            handler.close()
            log.removeHandler(handler)
    nothing_planted(said.replace(__file__, ""))
    for told in ("a panel's answer failed", "ValueError", "KeyError", "RuntimeError", "line "):
        assert told in said


def again():
    try:
        _ = float(NAME)
    except ValueError as error:
        raise RuntimeError(POSTCODE) from error


def test_an_upload_does_not_show_itself_in_a_notebook_or_a_crash_report(tmp_path):
    homes = upload(tmp_path)
    people = Personal({"name": [NAME], "postcode": [POSTCODE]})
    shown = [homes, homes.points, homes.points.head(), homes.points[:1], people, people["name"],
             people.head(1), people[people["name"] == NAME], people.T, people.iloc[0]]  # fmt: skip
    for thing in shown:
        for text in (repr(thing), str(thing), f"{thing}"):
            nothing_planted(text)
            assert "334567" not in text
        if hasattr(thing, "_repr_html_"):
            assert "not shown" in thing._repr_html_()

    try:
        _ = len(people) / 0
    except ZeroDivisionError as error:
        seen = traceback.TracebackException.from_exception(error, capture_locals=True)
        nothing_planted("".join(seen.format()))


WRITING = [
    (kind, name)
    for kind in (Personal, PersonalSeries, PersonalPoints)
    for name in ("to_csv", "to_json", "to_pickle", "to_string", "to_parquet", "to_file", "to_wkt")
]


@pytest.mark.parametrize(("kind", "way"), WRITING)
def test_records_of_persons_cannot_be_written(kind, way, tmp_path):
    with pytest.raises(DisclosureError, match="not shown, written or copied"):
        getattr(kind([]), way)(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_records_of_persons_go_to_no_other_process(tmp_path):
    for thing in (Personal({"name": [NAME]}), upload(tmp_path).points):
        with pytest.raises(DisclosureError):
            pickle.dumps(thing)


# -- the gate ------------------------------------------------------------------------------------

SMUGGLED = ("lsoas", "wards", "sites", "stops")
WAYS = {
    "board map": lambda outcome, place, path: board.write_board_map([outcome], place, path),
    "summary": lambda outcome, place, path: board.write_summary([outcome], place, path),
    "live maps of need": lambda _, place, path: path.write_text(
        str(NeedMaps(place, start=DEFAULT_WEIGHTS).maps)
    ),
    "live map of the bus": lambda _, place, path: path.write_text(
        str(StopMap(place, arrangement=Arrangement, arrange=print).map)
    ),
    "map of the outcome": lambda outcome, place, path: export_map(
        outcome_map(outcome, place), path
    ),
    "LSOA table": lambda _, place, path: exporting.write_csv(exporting.lsoa_table(place), path),
    "ward table": lambda _, place, path: exporting.write_csv(exporting.ward_table(place), path),
    "group table": lambda _, place, path: exporting.write_csv(exporting.group_table(place), path),
    "comparison": lambda outcome, place, path: exporting.write_csv(
        exporting.comparison_table([outcome], place), path
    ),
    "timetable": lambda outcome, place, path: exporting.write_csv(
        exporting.timetable_table(outcome, place), path
    ),
    "the whole pack": lambda outcome, place, path: exporting._written(
        exporting._writers([outcome], place, Paper()), path
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", SMUGGLED)
def test_a_column_that_nobody_declared_is_refused_before_anything_is_written(
    way, table, place, outcome, tmp_path
):
    from dataclasses import replace

    held = getattr(place, table)
    smuggled = replace(place, **{table: held.assign(income=[3] * len(held))})
    with pytest.raises(DisclosureError, match=f"{table}: 'income' was neither declared"):
        WAYS[way](outcome, smuggled, tmp_path / "out.html")
    assert not list(tmp_path.iterdir())


def copied(place):
    """The place with tables of its own, so that they can be tampered with."""
    from dataclasses import replace

    return replace(place, **{table: getattr(place, table).copy() for table in SMUGGLED})


def test_every_writer_of_an_export_asks_at_the_gate_for_itself(place, outcome, tmp_path):
    held = copied(place)
    writers = exporting._writers([outcome], held, Paper())
    assert {"bus-reach.csv", "who.csv", "board-map.svg", "figures.gpkg"} <= writers.keys()
    # Whatever was asked when the list of writers was made, each meets this on its own.
    held.sites["income"] = 3
    for name, (_, write) in writers.items():
        with pytest.raises(DisclosureError, match="sites: 'income' was neither declared"):
            write(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_what_the_command_line_writes_beside_exports_asks_at_the_gate(
    place, outcome, tmp_path, monkeypatch
):
    from dataclasses import replace

    from typer.testing import CliRunner

    from mapping import cli, pipeline

    held = copied(place)
    held.sites["income"] = 3
    earlier = pd.DataFrame(
        {"earlier_name": ["A"], "later_name": ["B"], "people": [9.0], "of_earlier": [1.0],
         "of_later": [1.0]}
    )  # fmt: skip
    with pytest.raises(DisclosureError, match="'income' was neither declared"):
        futures.reach_figure([outcome], held)
    for kept in (
        replace(held, earlier_wards=earlier),
        replace(place, earlier_wards=earlier.assign(uprn=UPRN)),
    ):
        monkeypatch.setattr(pipeline, "load", lambda *_, kept=kept, **__: kept)
        said = CliRunner().invoke(
            cli.app, ["wards", "--study", "demo", "--save", str(tmp_path / "w.csv")]
        )
        assert isinstance(said.exception, DisclosureError)
        assert UPRN not in said.output
    assert not list(tmp_path.iterdir())


def test_small_or_exact_counts_under_a_released_name_are_refused(place):
    from dataclasses import replace

    for counts in (7.0, 23.0):
        forged = replace(place, wards=place.wards.assign(landlord_homes=counts))
        with pytest.raises(DisclosureError, match="below 10 or not rounded to 5"):
            forged.cleared()


def test_no_table_of_persons_is_stored_or_exported(tmp_path):
    people = Personal({"ward": ["A"], "offline": [1]})
    with pytest.raises(DisclosureError):
        Manifest(tmp_path / "processed").step("needs", "key", lambda: Step({"people": people}))
    for table in (people, pd.DataFrame({"Tenants": [3]}), pd.DataFrame({"uprn": [UPRN]})):
        with pytest.raises(DisclosureError) as error:
            exporting.write_csv(table, tmp_path / "out.csv")
        nothing_planted(error.value)
    assert not [path for path, _ in texts(tmp_path)]


# -- what is on disk -----------------------------------------------------------------------------


def test_nothing_of_a_home_or_a_tenant_is_in_anything_built_or_exported(demo_workspace):
    own = demo_workspace.raw / "demo" / "own"
    stock = pd.read_csv(own / "stock.csv", dtype=str)
    asked = pd.read_csv(own / "survey_households.csv", dtype=str)["respondent"]
    homes = set(zip(stock["easting"], stock["northing"], strict=True))
    rng = np.random.default_rng(11)
    chosen = stock.iloc[rng.choice(len(stock), 200, replace=False)]
    words = {*asked.sample(100, random_state=1)}
    for column in ("home_id", "property_ref", "address", "postcode", "easting"):
        words |= set(chosen[column])
    assert len(words) > 900
    built = [path for path, _ in texts(demo_workspace.root) if "raw" not in path.parts]
    assert len(built) > 20
    for path in built:
        if path.suffix == ".parquet":  # compressed, so read; what identifies is text
            text = pd.read_parquet(path).select_dtypes(exclude="float").to_csv()
        elif path.suffix == ".gpkg":
            layers = {name: pyogrio.read_dataframe(path, layer=name)
                      for name, _ in pyogrio.list_layers(path)}  # fmt: skip
            assert len(layers) == 6
            text = path.read_bytes().decode("utf-8", "replace") + "".join(
                layer.drop(columns="geometry", errors="ignore")
                .select_dtypes(exclude="float")
                .to_csv()
                for layer in layers.values()
            )
            shown = layers["places"].geometry
            assert not homes & {(f"{at.x:.1f}", f"{at.y:.1f}") for at in shown}
        else:
            text = path.read_text("utf-8", "replace")
        assert not [word for word in words if word in text], path


def test_every_pack_says_what_was_suppressed_and_by_which_rule(demo_workspace, place):
    said = json.loads((demo_workspace.exports / "demo" / "disclosure.json").read_text("utf-8"))
    log = said["suppressed"][0]
    assert log["floor"] == 10
    assert log["hidden"] >= place.wards["landlord_homes"].isna().sum() > 0
    assert "suppressed (fewer than 10" in log["rule"]
    assert said["sentences"][-1].endswith("no answers are shown.")
    page = (demo_workspace.exports / "demo" / "board-map.html").read_text("utf-8")
    assert said["sentences"][-1] in page


def test_a_site_where_vulnerable_people_live_shows_no_count_of_its_own():
    sites = gpd.GeoDataFrame(
        {
            "name": ["Elm Court", "Extra-care at Oak House", "Library"],
            "kind": ["sheltered scheme", "venue", "library"],
            "people": [37.0, 41.0, 90.0],
        },
        geometry=gpd.points_from_xy([0, 1, 2], [52, 52, 52]),
        crs=4326,
    )
    assert [site["people"] for site in site_layer(sites, role="stop")][:2] == ["", ""]
    assert site_layer(sites, role="stop")[2]["people"] == "90"


def test_a_row_that_is_erased_leaves_no_trace_after_the_next_build(demo_workspace, tmp_path):
    for part in ("studies", "data/raw"):
        shutil.copytree(demo_workspace.root / part, tmp_path / part)
    copied = Workspace(tmp_path)
    path = copied.raw / "demo" / "own" / "stock.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)

    def built():
        inputs = find_inputs(read_study("demo", copied), None, copied)
        manifest = Manifest(copied.processed / "demo")
        key = key_of(inputs.key(NEEDS_FILES))
        wards = manifest.step("needs", key, lambda: _needs(inputs)).tables["wards"]
        manifest.commit(sources=inputs.described())
        return wards["landlord_homes"]

    before = built()
    path.write_text("".join(rows[:1] + rows[31:]), encoding="utf-8")
    after = built()
    assert not after.equals(before)
    kept = dict(texts(copied.processed))
    shutil.rmtree(copied.processed)
    built()
    # What stays is to the byte what a build makes that has never seen the erased rows.
    assert kept == dict(texts(copied.processed))


def test_the_answers_of_a_ward_with_few_respondents_correct_nothing(
    demo_workspace, place, tmp_path
):
    from dataclasses import replace

    inputs = find_inputs(read_study("demo", demo_workspace), None, demo_workspace)
    answers = pd.read_csv(inputs.own["survey"], dtype=str)
    ward = answers["ward"].iloc[0]
    few = pd.concat([answers[answers["ward"] != ward], answers[answers["ward"] == ward].head(9)])

    def asked_of(people):
        people.to_csv(tmp_path / "survey.csv", index=False)
        own = {**inputs.own, "survey": tmp_path / "survey.csv"}
        return asked(replace(inputs, own=own), place.lsoas)

    assert ward in asked_of(answers).direct.index
    survey = asked_of(few)
    for used in (survey.direct, survey.plain, survey.told_by(place.wards.index)):
        assert ward not in used.index
    assert any("In 1 of the wards fewer than 10 people answered" in line for line in survey.caveats)
    with pytest.raises(MappingError, match=r"survey.csv: no ward has 10 respondents or more"):
        asked_of(few[few["ward"] == ward])


def test_scenario_files_hold_choices_and_nothing_of_persons(place, tmp_path):
    path = Scenario.starting_from(place.defaults, name="Kept", study="demo").save(
        tmp_path / "s.toml"
    )
    text = path.read_text("utf-8")
    assert "landlord_homes" not in text
    assert "easting" not in text


@pytest.mark.parametrize(
    ("record", "reads"),
    [
        ("Landlord's homes", records.homes),
        ("Household survey", records.respondents),
        ("Learner records", records.learners),
    ],
)
def test_the_impact_assessment_tells_every_column_of_persons_that_is_read(
    record, reads, tmp_path, monkeypatch
):
    asked_for = set()

    def read(_, __, needed, optional, **___):
        asked_for.update(column.name for column in (*needed, *optional))
        raise FileNotFoundError

    monkeypatch.setattr(records, "_read", read)
    with pytest.raises(FileNotFoundError):
        reads(tmp_path / "list.csv", {})
    template = (DOCS / "data-protection-impact-assessment.md").read_text(encoding="utf-8")
    row = next(line for line in template.splitlines() if line.startswith(f"| {record}"))
    _, _, told, _, unread, _ = row.split("|")
    assert set(re.findall(r"`(\w+)`", told)) == asked_for
    assert not set(re.findall(r"\w+", unread)) & asked_for
    # What is sent, where and when, is told too.
    for entry in fields(PostcodesIo):
        assert entry.name == "places" or f"`{entry.name} = true`" in template
    assert "it sends nothing" not in template
