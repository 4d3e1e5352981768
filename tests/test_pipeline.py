import csv
import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet as pq

from mapping import demo, exclusion, pipeline
from mapping.disclosure import hashing
from mapping.errors import (
    InvalidScenarioError,
    InvalidTableError,
    MissingSourceError,
    NotBuiltError,
)
from mapping.pipeline import building, manifest
from mapping.scenario import Scenario, weigh
from mapping.study import read_study
from mapping.workspace import Workspace


@pytest.fixture
def copied(demo_workspace, tmp_path):
    """A copy of the built demo that a test may damage."""
    for part in ("studies", "data", "exports"):
        shutil.copytree(demo_workspace.root / part, tmp_path / part)
    return Workspace(tmp_path)


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_build_returns_needs_by_geography(demo_workspace):
    needs = pipeline.build("demo", workspace=demo_workspace)
    assert set(needs) == {"lsoa", "ward"}
    assert isinstance(needs["lsoa"], gpd.GeoDataFrame)
    assert len(needs["lsoa"]) == 302
    assert len(needs["ward"]) == 64
    assert needs["lsoa"].index.name == "area"
    assert needs["lsoa"]["need"].between(0, 100).all()


def test_nobody_is_lost_between_file_and_ward(place, city):
    checks = place.reconciliation.set_index("measure")
    assert (checks["before"] == checks["lsoas"]).all()
    assert (checks["lsoas"] == checks["wards"]).all()
    assert set(checks.index) >= {"residents", "adults", "households", "social_rented", "disabled"}
    assert checks.loc["residents", "before"] == pytest.approx(
        city.truth["adults"].sum() / 0.84, rel=0.1
    )


def test_the_ward_without_a_best_fit_area_is_a_row_without_an_estimate(place):
    waterfront = place.wards[place.wards["name"] == "Waterfront"]
    assert waterfront["residents"].isna().all()
    assert waterfront.index[0] not in place.ward_exclusion.frame.index
    assert any("Waterfront" in caveat for caveat in place.caveats)


def test_the_estimate_is_near_the_hidden_truth(place, city):
    truth = city.truth
    total = place.exclusion.total()
    assert total["low"] < truth["excluded"].sum() < total["high"]
    estimate = place.exclusion.frame["share"]
    assert estimate.corr(truth["share"], method="spearman") > 0.6
    wards = exclusion.summed(place.exclusion, place.lsoas["ward"]).frame["share"]
    people = truth[["adults", "excluded"]].groupby(place.lsoas["ward"]).sum()
    error = (wards - people["excluded"] / people["adults"]).abs()
    assert error.mean() < 0.035


def test_a_second_build_reuses_every_step(demo_workspace, monkeypatch):
    def refused(*_, **__):
        pytest.fail("a step was made again although nothing has changed")

    for step in ("_needs", "estimate", "beliefs", "check_estimate", "travel"):
        monkeypatch.setattr(building, step, refused)
    before = files_of(demo_workspace.processed / "demo")
    pipeline.build("demo", workspace=demo_workspace)
    assert files_of(demo_workspace.processed / "demo") == before


def test_a_changed_venue_file_leaves_needs_and_estimate_as_they_are(copied, monkeypatch):
    venues = copied.raw / "demo" / "own" / "venues.csv"
    lines = venues.read_text(encoding="utf-8-sig").splitlines()
    venues.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    monkeypatch.setattr(building, "_needs", lambda _: pytest.fail("needs were made again"))
    monkeypatch.setattr(building, "estimate", lambda *_: pytest.fail("estimated again"))
    before = len(pipeline.load("demo", workspace=copied).sites)
    pipeline.build("demo", workspace=copied)
    assert len(pipeline.load("demo", workspace=copied).sites) == before - 1


@pytest.mark.parametrize("moment", ["_needs", "estimate", "travel", "commit"])
def test_an_interrupted_build_leaves_the_earlier_one_whole(
    copied, monkeypatch, unless_asked, moment
):
    unless_asked()
    folder = copied.processed / "demo"
    kept = json.loads((folder / "manifest.json").read_text())
    before = pipeline.load("demo", workspace=copied)
    study = copied.studies / "demo.toml"
    study.write_text(study.read_text().replace("income_rate = 3", "income_rate = 9"))

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    owner = manifest.Manifest if moment == "commit" else building
    monkeypatch.setattr(owner, moment, interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.build("demo", workspace=copied)
    monkeypatch.undo()
    assert json.loads((folder / "manifest.json").read_text()) == kept
    after = pipeline.load("demo", workspace=copied)
    pd.testing.assert_frame_equal(before.lsoas, after.lsoas)
    assert before.fingerprint == after.fingerprint
    rebuilt = pipeline.build("demo", workspace=copied)["lsoa"]
    assert not rebuilt["need"].equals(before.lsoas["need"])
    orphans = {path.name for path in folder.glob("*.parquet")} - {
        table["file"]
        for step in json.loads((folder / "manifest.json").read_text())["steps"].values()
        for table in step["tables"].values()
    }
    assert not orphans


def test_a_damaged_table_is_noticed_and_built_again(copied):
    table = next((copied.processed / "demo").glob("lsoas-*.parquet"))
    table.write_bytes(table.read_bytes()[:100])
    with pytest.raises(NotBuiltError, match="missing or damaged"):
        pipeline.load("demo", workspace=copied)
    pipeline.build("demo", workspace=copied)
    assert len(pipeline.load("demo", workspace=copied).lsoas) == 302


@pytest.mark.parametrize("columns", [3, manifest.WIDE - 1, manifest.WIDE, 1000])
def test_a_wide_table_of_draws_is_read_as_it_was_written(tmp_path, columns):
    index = pd.Index(["X01000002", "X01000001"], name="area")
    draws = pd.DataFrame(np.random.default_rng(1).random((2, columns)), index)
    draws.iloc[1, 2] = np.nan
    path = tmp_path / "draws.parquet"
    manifest._write_table(draws, path)
    pd.testing.assert_frame_equal(
        manifest._read_table(path), draws.rename(columns=str), check_index_type=False,
        check_column_type=False,
    )  # fmt: skip
    assert pq.read_schema(path).names[-1] == ("numbers" if columns >= manifest.WIDE else "area")


def test_a_study_that_was_not_built_says_how_to_build_it(tmp_path, demo_workspace):
    empty = Workspace(tmp_path)
    study = read_study("demo", demo_workspace)
    with pytest.raises(NotBuiltError, match="mapping build --study demo"):
        pipeline.load(study, workspace=empty)


def test_a_missing_source_says_which_file_and_where_to_get_it(copied):
    (copied.raw / "demo" / "census2021-ts054.zip").unlink()
    with pytest.raises(MissingSourceError, match=r"TS054.*census2021-ts054\.zip.*https://"):
        pipeline.build("demo", workspace=copied)


def test_row_order_of_raw_files_does_not_change_the_needs(copied, unless_asked):
    unless_asked("estimate", "travel")
    before = pipeline.load("demo", workspace=copied)
    for name in ("LSOA21_WD24_LAD24_EW_LU.csv", "LSOA_PopCentroids_EW_2021_V4.csv"):
        path = copied.raw / "demo" / name
        frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig").sample(frac=1, random_state=1)
        frame.to_csv(path, index=False)
    needs = pipeline.build("demo", workspace=copied)
    pd.testing.assert_frame_equal(needs["lsoa"], before.lsoas)
    after = pipeline.load("demo", workspace=copied)
    pd.testing.assert_frame_equal(after.exclusion.frame, before.exclusion.frame)
    pd.testing.assert_frame_equal(after.walk.minutes, before.walk.minutes)


def test_every_used_file_is_in_the_manifest_with_its_hash(demo_workspace):
    content = json.loads((demo_workspace.processed / "demo" / "manifest.json").read_text())
    raw = demo_workspace.raw / "demo"
    for entry in content["sources"]:
        (path,) = raw.rglob(entry["file"])
        personal = entry["sha256"].startswith(hashing.MARK)
        expected = hashing.keyed_hash(path, hashing.MADE_UP) if personal else manifest.sha256(path)
        assert entry["sha256"] == expected
        assert entry["licence"]
        assert entry["vintage"]


def test_exports_hold_every_area_and_say_what_their_figures_are_of(demo_workspace, place):
    folder = demo_workspace.exports / "demo"
    lsoas = pd.read_csv(folder / "needs-lsoas.csv")
    assert set(lsoas["area"]) == set(place.lsoas.index)
    assert set(lsoas["place"]) == {"Exampleton (fictional)"}
    assert lsoas[["outcome", "population", "year"]].notna().all().all()
    assert len(pd.read_csv(folder / "needs-wards.csv")) == 64
    assert (lsoas["offline_adults_estimate"] % 5 == 0).all()


def test_every_page_of_the_demo_says_that_it_is_fictional(demo_workspace):
    for name in ("board-map.html", "summary.html"):
        page = (demo_workspace.exports / "demo" / name).read_text(encoding="utf-8")
        assert "This place and its people do not exist" in page


def test_no_home_no_postcode_and_no_respondent_leaves(demo_workspace, city):
    postcodes = set(city.stock["postcode"])
    addresses = set(city.stock["address"])
    stored = [*demo_workspace.exports.rglob("*"), *demo_workspace.processed.rglob("*")]
    texts = [path.read_bytes() for path in stored if path.is_file()]
    for secret in [*sorted(postcodes)[:200], *sorted(addresses)[:200]]:
        assert not any(secret.encode() in text for text in texts)


def test_homes_of_the_landlord_leave_only_by_ward_rounded_and_suppressed(place, demo_workspace):
    homes = place.wards["landlord_homes"].dropna()
    assert (homes >= 10).all()
    assert (homes % 5 == 0).all()
    assert "landlord_homes" not in place.lsoas
    assert "landlord_homes" not in pd.read_csv(demo_workspace.exports / "demo/needs-lsoas.csv")
    assert any("suppressed" in line for line in place.disclosure)


def test_exporting_again_writes_nothing(demo_workspace):
    folder = demo_workspace.exports / "demo"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    made = pipeline.export(
        [
            folder / "scenario-most-people-within-reach.toml",
            folder / "scenario-shortest-walks.toml",
        ],
        workspace=demo_workspace,
    )
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert all(path.is_file() for path, _ in made.files)


def test_a_removed_export_is_made_again(copied):
    page = copied.exports / "demo" / "summary.html"
    texts = set()
    for _ in range(2):
        page.unlink()
        pipeline.export([Scenario("No bus", "demo", new_hubs=1, bus_days=0)], workspace=copied)
        texts.add(page.read_text())
    assert len(texts) == 1


def test_scenarios_of_two_studies_are_not_mixed():
    with pytest.raises(InvalidScenarioError, match="different studies"):
        pipeline.same_study([Scenario("a", "demo"), Scenario("b", "liverpool")])
    with pytest.raises(InvalidScenarioError, match="Two scenarios are called a"):
        pipeline.same_study([Scenario("a", "demo"), Scenario("a", "demo", new_hubs=3)])
    with pytest.raises(InvalidScenarioError, match="Two scenarios are called Five hubs"):
        pipeline.same_study([Scenario("Five hubs", "demo"), Scenario("five-hubs!", "demo")])
    with pytest.raises(InvalidScenarioError, match="No scenario"):
        pipeline.same_study([])


def test_the_demo_city_is_the_same_every_time(city):
    pd.testing.assert_frame_equal(city.truth, demo.city().truth)


@pytest.mark.parametrize("learn_from", ["published_rates"])
def test_a_place_without_survey_or_online_returns_has_an_estimate_too(
    copied, unless_asked, learn_from
):
    unless_asked("estimate")
    study = copied.studies / "demo.toml"
    study.write_text(study.read_text().replace('"survey"', f'"{learn_from}"'))
    pipeline.build("demo", workspace=copied)
    place = pipeline.load("demo", workspace=copied)
    frame = place.exclusion.frame
    assert frame["share"].between(0, 1).all()
    assert (frame["low"] < frame["share"]).all()
    assert any("Nothing local was observed" in caveat for caveat in place.caveats)


def test_an_export_that_fails_leaves_the_earlier_one_whole(copied, monkeypatch):
    from mapping.pipeline import exporting

    folder = copied.exports / "demo"
    before = files_of(folder)
    monkeypatch.setattr(exporting, "comparison_table", lambda *_: 1 / 0)
    other = Scenario("Other", "demo", new_hubs=1, bus_days=0)
    with pytest.raises(ZeroDivisionError):
        pipeline.export([other], workspace=copied)
    assert files_of(folder) == before
    assert [path.name for path in copied.exports.iterdir()] == ["demo"]


def test_tables_of_an_earlier_export_do_not_stand_beside_a_new_map(copied):
    folder = copied.exports / "demo"
    assert (folder / "bus-timetable.csv").is_file()
    pipeline.export([Scenario("No bus", "demo", new_hubs=1, bus_days=0)], workspace=copied)
    assert not (folder / "bus-timetable.csv").exists()
    assert (folder / "scenario-no-bus.toml").is_file()
    assert (folder / "scenario-shortest-walks.toml").is_file()


def test_a_renamed_place_is_exported_again(copied, unless_asked):
    unless_asked()
    study = copied.studies / "demo.toml"
    study.write_text(study.read_text().replace('name = "Exampleton"', 'name = "Sampleford"'))
    pipeline.build("demo", workspace=copied)
    folder = copied.exports / "demo"
    pipeline.export([folder / "scenario-shortest-walks.toml"], workspace=copied)
    assert "Sampleford" in (folder / "board-map.html").read_text(encoding="utf-8")


def test_a_name_that_looks_like_a_formula_stays_text_in_a_spreadsheet(tmp_path):
    from mapping.pipeline.exporting import write_csv

    path = write_csv(pd.DataFrame({"name": ["=1+2", "Hall"]}), tmp_path / "t.csv")
    assert pd.read_csv(path)["name"].tolist() == ["'=1+2", "Hall"]
    risky = ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n@x"]
    table = pd.DataFrame({"=1+1": risky, "n": -1}, pd.Index(risky, name="@stop"))
    path = write_csv(table, tmp_path / "t.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["'@stop", "'=1+1", "n"]
    assert rows[1:] == [[f"'{text.strip()}", f"'{text.strip()}", "-1"] for text in risky]
    # A line that ends inside a cell would begin a row of its own.
    path = write_csv(pd.DataFrame({"name": ["Hall\r=1+1"]}), tmp_path / "t.csv")
    assert path.read_bytes().splitlines()[1:] == [b"Hall =1+1"]


def with_lines(workspace, before, after):
    """Change the demo's study file."""
    study = workspace.studies / "demo.toml"
    text = study.read_text(encoding="utf-8")
    assert before in text
    study.write_text(text.replace(before, after), encoding="utf-8")


def test_another_column_of_an_own_file_is_read_although_the_file_is_the_same(copied, monkeypatch):
    monkeypatch.setattr(building, "_needs", lambda _: pytest.fail("needs were made again"))
    monkeypatch.setattr(building, "estimate", lambda *_: pytest.fail("estimated again"))
    venues = 'file = "own/venues.csv"\n'
    with_lines(copied, venues, venues + 'columns = { cost = "capacity" }\n')
    pipeline.build("demo", workspace=copied)
    sites = pipeline.load("demo", workspace=copied).sites
    assert (sites["cost"] == sites["capacity"])[~sites["open"]].all()


@pytest.mark.parametrize("record", ["hubs", "venues", "depot", "stock", "survey"])
def test_every_key_names_hash_and_columns_of_own_files(demo_workspace, record):
    from dataclasses import replace

    from mapping.pipeline.inputs import find_inputs

    inputs = find_inputs(read_study("demo", demo_workspace), None, demo_workspace)
    own = inputs.study.own
    mapped = {**own, record: replace(own[record], columns={"name": "title"})}
    other = replace(inputs, study=replace(inputs.study, own=mapped))
    names = (*building.NEEDS_FILES, *building.CHECK_FILES, *building.TRAVEL_FILES)
    assert set(inputs.study.own) <= set(names)
    assert manifest.key_of(inputs.key(names)) != manifest.key_of(other.key(names))
    assert inputs.key(["age"]) == other.key(["age"])


def test_files_of_another_study_are_never_taken(copied):
    from dataclasses import replace

    from mapping.pipeline.inputs import find_inputs

    other = replace(read_study("demo", copied), id="other", own={})
    with pytest.raises(MissingSourceError, match="Not found in"):
        find_inputs(other, None, copied)
    assert find_inputs(other, copied.raw, copied).has("tenure")
    for path in (copied.raw / "demo").iterdir():
        if path.is_file():
            path.rename(copied.raw / path.name)
    assert find_inputs(other, None, copied).published["tenure"][1].parent == copied.raw


def test_a_chosen_source_is_taken_or_its_absence_said(demo_workspace):
    from dataclasses import replace

    from mapping.errors import InvalidStudyError
    from mapping.pipeline.inputs import find_inputs

    def choosing(**sources):
        study = replace(read_study("demo", demo_workspace), sources=sources)
        return find_inputs(study, None, demo_workspace)

    assert choosing(age="census2021_ts007a").published["age"][0].id == "census2021_ts007a"
    with pytest.raises(MissingSourceError, match=r"RM121.*census2021_age_lsoa21\.csv"):
        choosing(age="census2021_age")
    with pytest.raises(InvalidStudyError) as error:
        choosing(age="census1801", pubs="x")
    assert str(error.value).startswith("demo.toml: sources: 'pubs' is no role of a source (known: ")
    assert "(known for age: census2021_ts007a, census2021_age)" in str(error.value)


@pytest.mark.parametrize("rows", [0, 2])
def test_a_depot_list_has_exactly_one_row(copied, rows):
    from mapping.errors import InvalidTableError

    path = copied.raw / "demo" / "own" / "depot.csv"
    header, row = path.read_text(encoding="utf-8").splitlines()
    lines = [header, row, row.replace("D1", "D2")][: rows + 1]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InvalidTableError, match=rf"depot\.csv: {rows} rows under the header"):
        pipeline.build("demo", workspace=copied)


def test_numbers_of_homes_in_sentences_are_suppressed_and_rounded_too(copied, place, unless_asked):
    unless_asked()
    said = (
        "The stock list holds about 15,000 homes (outside the wards: not told; without a known "
        "place: not told; listed twice: not told)."
    )
    assert place.disclosure[0] == said
    stock = copied.raw / "demo" / "own" / "stock.csv"
    frame = pd.read_csv(stock, dtype=str)
    frame.loc[:2, "easting"] = "100000"
    frame.to_csv(stock, index=False)
    pipeline.build("demo", workspace=copied)
    assert pipeline.load("demo", workspace=copied).disclosure[0] == said


def test_the_level_says_where_it_is_from_and_what_of_it_is_assumed(
    place, demo_workspace, monkeypatch
):
    from dataclasses import replace
    from types import SimpleNamespace

    from mapping.needs import indicators
    from mapping.pipeline import estimating
    from mapping.pipeline.returns import Returns
    from mapping.study import LevelChoice

    covariates = indicators(place.lsoas)[["share_age_75_over", "income_rate", "share_disabled"]]
    share = exclusion.published_share(place.lsoas).rename("share")
    observed = pd.concat([share, place.lsoas["households"].rename("n")], axis=1)
    none = pd.Series(dtype=object)
    held = Returns(observed, covariates, none, none, pd.DataFrame(), None, ())
    monkeypatch.setattr(estimating, "DRAWS", 20)
    study = read_study("demo", demo_workspace)

    def learned(study):
        inputs = SimpleNamespace(study=study)
        return estimating._from_online_returns(inputs, place.lsoas, held, draws=20).estimate

    implied = learned(study)
    assert any("is the one that national rates imply" in line for line in implied.caveats)
    assert any("standard error of 2 points is our assumption" in line for line in implied.caveats)
    level = LevelChoice(0.158, 0.019, 2020, "offline", "adults", "ONS")
    given = learned(replace(study, level=level))
    assert any("it is the published figure" in line for line in given.caveats)


def test_raw_files_of_the_demo_that_are_gone_or_changed_are_made_again(copied):
    from mapping.pipeline import demonstration

    folder = copied.raw / "demo"
    lookup, venues = folder / "LSOA21_WD24_LAD24_EW_LU.csv", folder / "own" / "venues.csv"
    before = {path: path.read_bytes() for path in (lookup, venues)}
    lookup.unlink()
    venues.write_text("mine\n")
    demonstration._write_raw(copied)
    assert {path: path.read_bytes() for path in before} == before
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    demonstration._write_raw(copied)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == times


def test_templates_styles_and_scripts_are_part_of_the_code_version(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "files", lambda _: tmp_path)
    versions = set()
    for name in ("page.html", "page.css", "static/leaflet.js", "static/images/marker.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        versions.add(manifest.code_version.__wrapped__())
    assert len(versions) == 4
    cache = tmp_path / "__pycache__" / "page.pyc"
    cache.parent.mkdir()
    cache.write_bytes(b"x")
    assert manifest.code_version.__wrapped__() in versions


@pytest.mark.parametrize("content", ["[]", "null", "{", '{"steps": {}}', '{"steps": [1]}'])
def test_a_damaged_manifest_is_as_no_build_at_all(copied, unless_asked, content):
    unless_asked()
    (copied.processed / "demo" / "manifest.json").write_text(content)
    with pytest.raises(NotBuiltError, match="is not built yet"):
        pipeline.load("demo", workspace=copied)
    pipeline.build("demo", workspace=copied)
    assert len(pipeline.load("demo", workspace=copied).lsoas) == 302


def test_sites_far_from_the_place_are_doubted_and_swapped_ones_refused(copied):
    path = copied.raw / "demo" / "own" / "venues.csv"
    venues = pd.read_csv(path, encoding="utf-8-sig")
    venues.loc[0, ["easting", "northing"]] = [530_000, 180_000]
    venues.to_csv(path, index=False)
    pipeline.build("demo", workspace=copied)
    caveats = pipeline.load("demo", workspace=copied).caveats
    assert any(f"1 of {len(venues)} venues lie more than 20 km" in line for line in caveats)
    swapped = venues.rename(columns={"easting": "northing", "northing": "easting"})
    swapped.to_csv(path, index=False)
    with pytest.raises(InvalidTableError, match="easting and northing are not swapped"):
        pipeline.build("demo", workspace=copied)


def test_a_list_of_bus_stops_is_what_the_bus_may_choose(copied):
    raw = copied.raw / "demo"
    venues = pd.read_csv(raw / "own" / "venues.csv", encoding="utf-8-sig").iloc[:3]
    told = {"not_on": "Mon, Tue", "opens": "10:00", "closes": "16:00", "hours": "Mo-Th 09:00-15:00"}
    stops = venues[["name", "easting", "northing"]].assign(site=["P1", "P2", "P3"], **told)
    stops.to_csv(raw / "own" / "stops.csv", index=False)
    pipeline.build("demo", workspace=copied)
    place = pipeline.load("demo", workspace=copied)
    assert place.stops.index.tolist() == ["P1", "P2", "P3"]
    plan = weigh(Scenario("Bus", "demo", bus_days=5, bus_must=("P2",)), place).bus_plan
    assert set(plan.timetable["weekday"]) <= {2, 3}
    assert plan.timetable["open"].min() >= 600
    assert plan.timetable["close"].max() <= 900
    assert place.depot_at.index.tolist() == [place.depot]


def test_libraries_of_the_public_register_are_places_that_could_host_a_hub(copied, unless_asked):
    unless_asked("travel")
    study = copied.studies / "demo.toml"
    text = study.read_text()
    start = text.index("[own.venues]")
    end = text.find("\n[", start)
    study.write_text(text[:start] + text[end + 1 :])  # the registers are used where no list is
    venue = pd.read_csv(copied.raw / "demo" / "own" / "venues.csv", encoding="utf-8-sig").iloc[0]
    raw = copied.raw / "demo"
    (raw / "basic-dataset-for-libraries.csv").write_text(
        "Library name,Postcode,Year closed\nCentral Library,XE1 1AA,\nNorth Library,XE9 9ZZ,\n"
    )
    (raw / "ONSPD_MAY_2026_UK.csv").write_text(
        f"pcds,oseast1m,osnrth1m\nXE1 1AA,{venue.easting:.0f},{venue.northing:.0f}\n"
    )
    pipeline.build("demo", workspace=copied)
    place = pipeline.load("demo", workspace=copied)
    candidates = place.sites[~place.sites["open"]]
    assert candidates["name"].tolist() == ["Central Library"]
    assert any("1 of 2 places in public registers could not be placed" in c for c in place.caveats)
    assert any("registers (libraries): 1 inside the boundary" in c for c in place.caveats)


def test_a_list_of_hubs_with_its_header_alone_says_that_none_is_open(copied, unless_asked):
    unless_asked("travel")
    path = copied.raw / "demo" / "own" / "hubs.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    pipeline.build("demo", workspace=copied)
    place = pipeline.load("demo", workspace=copied)
    assert place.hubs_known
    none = weigh(Scenario("None", "demo", new_hubs=0, bus_days=0), place)
    assert none.reach_known
    assert none.measures.loc["reach", "value"] == 0


def test_ward_outlines_of_another_year_are_refused(copied):
    path = copied.raw / "demo" / "LSOA21_WD24_LAD24_EW_LU.csv"
    text = path.read_text(encoding="utf-8-sig")
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    ward = frame["WD24CD"].iloc[0]
    path.write_text(text.replace(ward, "X05999999"))
    with pytest.raises(InvalidTableError, match="Use outlines and lookup of the same year"):
        pipeline.build("demo", workspace=copied)


def test_the_manifest_says_what_matched_in_every_table(demo_workspace):
    text = (demo_workspace.processed / "demo" / "manifest.json").read_text(encoding="utf-8")
    told = json.loads(text)["steps"]["needs"]["notes"]["matched"]
    assert len(told) == 5
    assert all(row["matched"] == row["wanted"] == 302 for row in told)
    assert all(row["missing"] == row["repeated"] == 0 for row in told)
