"""The board paper: options, three separate figures, who gains, and files that leak nothing."""

import html
import json
import re
import shlex
import sys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pypdf
import pytest
import shapely

from mapping import cli, pipeline
from mapping.errors import InvalidScenarioError
from mapping.figures import futures as figures
from mapping.figures import plan_map, plan_map_words, save
from mapping.figures.plates import true_north
from mapping.needs import COUNTS
from mapping.panels.hubmap import reach_words
from mapping.pipeline import exporting, manifest
from mapping.report import board, equality, estimates, options, words
from mapping.report.drawing import marked, plan_figure
from mapping.report.paper import Paper
from mapping.rounding import rounded
from mapping.scenario import Scenario, compare, regret, weigh


@pytest.fixture(scope="module")
def outcomes(place):
    chosen = (
        Scenario("Two", "demo", new_hubs=2, bus_days=0),
        Scenario("Fewer", "demo", new_hubs=1, bus_days=0),
    )
    return [weigh(scenario, place) for scenario in chosen]


@pytest.fixture(scope="module")
def page(outcomes, place, tmp_path_factory):
    path = tmp_path_factory.mktemp("paper") / "board.html"
    paper = Paper("A title", "Asked to choose.", "Mind the <b>lift</b>.")
    return board.write_board_map(outcomes, place, path, paper=paper).read_text(encoding="utf-8")


def leading(text):
    return float(re.match(r"[\d,]+", text)[0].replace(",", ""))


# The three figures


def test_people_within_reach_expected_and_places_are_three_figures(outcomes, place):
    said = {figure.label: figure.value for figure in options.key_figures(outcomes[0], place)}
    reach = outcomes[0].measures.loc["reach", "value"]
    come = 0.05 * reach
    assert any(f"{rounded(reach):,.0f}" in value for value in said.values())
    assert any(f"{rounded(come):,.0f}" in value for value in said.values())
    assert sum("places a week" in label for label in said) == 1
    assert sum("expected to come" in label for label in said) == 1


def test_doing_nothing_is_the_first_option_and_changes_nothing(outcomes, place):
    frame = options.options_table(outcomes, place).frame
    assert list(frame["Option"]) == ["Do nothing", "Two", "Fewer"]
    assert frame.loc[0, "More than today"] == "none"
    assert frame.loc[0, "Cost of hubs a year"] == "£0 more"
    today = rounded(0.05 * outcomes[0].measures.loc["reach_now", "value"])
    assert leading(frame.loc[0, "Expected to come to a hub in a year"]) == today
    assert leading(frame.loc[1, "Within reach of a hub"]) >= leading(
        frame.loc[0, "Within reach of a hub"]
    )


def test_people_for_a_pound_are_people_over_pounds(outcomes, place):
    first = outcomes[0].measures["value"]
    table = options.options_table(outcomes, place).frame
    found = leading(table.loc[1, "Newly within reach for each £1,000"])
    assert found == rounded(1000 * first["gained"] / first["cost"])
    assert "is an assumption" in options.assumed(outcomes[0])


def test_an_unknown_cost_is_said_and_gives_no_figure_for_a_pound(outcomes):
    bare = replace(outcomes[0], measures=outcomes[0].measures.drop(index="cost"))
    (said,) = options.value_for_money(bare)
    assert "not known" in said
    assert "£1,000" not in said


def test_without_a_list_of_open_hubs_today_is_not_known_and_is_not_none(place, tmp_path):
    bare = replace(place, hubs_known=False, sites=place.sites[~place.sites["open"]])
    two, zero = (
        weigh(Scenario(name, "demo", new_hubs=hubs, bus_days=0), bare)
        for name, hubs in (("Two", 2), ("Zero", 0))
    )
    frame = options.options_table([two, zero], bare).frame.set_index("Option")
    known, unknown = "Within reach of a hub", "not known (no list of open hubs)"
    assert frame.loc["Do nothing", known] == frame.loc["Zero", known] == unknown
    assert frame.loc["Two", "More than today"] == unknown
    assert leading(frame.loc["Two", known]) > 0
    for table in (equality.excluded_groups([two, zero], bare), equality.residents([two], bare)):
        assert (table["Within reach today"] == unknown).all()
    assert (equality.excluded_groups([two, zero], bare)["Zero"] == unknown).all()
    assert not {"reach_now", "gained", "lost", "new_attenders"} & set(two.measures.index)
    page = board.write_board_map([two, zero], bare, tmp_path / "board.html").read_text()
    for claim in ("Nobody loses", "newly within reach", "none of the adults", "none are counted"):
        assert claim not in page
    assert "how many do so today is not known" in page
    assert figures.states(pd.DataFrame(two.areas)).isin(["hub", "beyond"]).all()
    # Nor is a plan that opens none told to reach nobody.
    assert zero.measures.loc[["reach", "attenders", "any_reach"]]["value"].isna().all()
    beside = compare([two, zero]).set_index(["measure", "scenario"]).loc[("reach", "Zero")]
    assert beside[["value", "difference", "more_likely"]].isna().all()
    assert "is not known: one of them opens no hub" in words.difference(two, zero)
    assert words.measure_table([zero])["Zero"].eq("not known").sum() == 3
    with pytest.raises(InvalidScenarioError, match=r"Zero.*opens no hub"):
        regret([two, zero], bare)
    assert reach_words(zero).startswith("How many are within reach of a hub is not known")
    assert "newly" not in reach_words(two)


# Who gains


def test_groups_of_adults_offline_add_up_to_those_within_reach(outcomes, place):
    frame = equality.excluded_groups(outcomes, place)
    reach = float(place.exclusion.people[outcomes[0].areas["hub"]].sum())
    for kind in ("Age", "Home", "Disability", equality.DEPRIVATION):
        cells = frame.loc[frame["By"] == kind, "Two"]
        parts = [leading(cell.partition(": ")[2]) for cell in cells if cell != "none"]
        assert sum(parts) == pytest.approx(reach, rel=0.06)
    # One number has one interval, wherever it stands in the paper.
    told = estimates.who_figures(place).set_index("Group")["Adults offline"]
    assert frame.set_index("Group")["Likely to be offline"].reindex(told.index).equals(told)


def test_residents_are_counted_apart_and_whole(outcomes, place):
    frame = equality.residents(outcomes, place)
    ages = frame[frame["By"] == "Age"]["Residents"].str.replace(",", "").astype(float)
    assert ages.sum() == pytest.approx(place.lsoas["adults"].sum(), abs=len(ages))
    near = place.lsoas[outcomes[0].areas["hub"]]
    disabled = frame.set_index("Group").loc["disabled", "Two"]
    assert f"({near['disabled'].sum():,.0f})" in disabled


def test_ethnic_groups_are_told_where_a_table_is_held_and_missed_where_not(outcomes, place):
    assert place.ethnicity is None
    assert equality.NO_ETHNICITY in equality.told(outcomes, place)
    parts = dict(zip(equality.ETHNIC_GROUPS, (0.1, 0.1, 0.1, 0.6, 0.1), strict=True))
    held = pd.DataFrame({name: place.lsoas["residents"] * part for name, part in parts.items()})
    known = replace(place, ethnicity=held)
    frame = equality.residents(outcomes, known).set_index("Group")
    everybody = place.lsoas["residents"].sum()
    assert float(frame.loc["white", "Residents"].replace(",", "")) == round(0.6 * everybody)
    assert equality.NO_ETHNICITY not in equality.told(outcomes, known)


def test_what_no_table_tells_is_said(outcomes, place):
    told = " ".join(equality.told(outcomes, place))
    for missing in ("sex", "religion", "Public Sector Equality Duty"):
        assert missing in told


def test_a_plan_without_any_hub_has_groups_and_no_shares(place):
    nothing = weigh(Scenario("None", "demo", new_hubs=0, within=0.1, bus_days=0), place)
    frame = equality.excluded_groups([nothing], place)
    assert (frame["None"] == "none").all()
    assert equality.tables([nothing], place)


# The page


def test_a_paper_says_everything_in_the_order_a_board_reads(page):
    wanted = (
        "A title", "Asked to choose.", "What is recommended", "Mind the ", "The options",
        "Do nothing", "Adults likely to be offline, Exampleton", "Who gains and who loses",
        "Why these places", "Where the need is", "How sure this is, and what it leaves out",
        "How the estimate was checked", "What was held back", "What was read", "Technical notes",
        "Sources and licences", "How this was made",
    )  # fmt: skip
    body = page[page.index("<body>") :]
    headings = [part for part in wanted[2:] if part not in ("Mind the ", "Do nothing")]
    places = [body.index(f">{part}") for part in headings]
    assert places == sorted(places)
    for part in wanted:
        assert part in body
    assert "<b>lift</b>" not in body


def test_a_paper_can_be_made_again_from_what_it_says(outcomes, place):
    made = board.made(outcomes, place, Paper(title="It's time", note="a b"))
    assert made["Inputs (hash)"] == place.fingerprint
    files = "exports/demo/scenario-two.toml exports/demo/scenario-fewer.toml"
    assert made["Make it again"].startswith(f"mapping demo; mapping export {files} --title")
    elsewhere = [
        replace(outcome, scenario=replace(outcome.scenario, study="my place"))
        for outcome in outcomes
    ]
    again = board.made(elsewhere, place)["Make it again"]
    assert again.startswith("mapping build --study 'my place' --from FOLDER; mapping export ")
    assert shlex.split(again)[-2] == "exports/my place/scenario-two.toml"
    assert """--title 'It'"'"'s time' --note 'a b'""" in made["Make it again"]
    table = board.inputs_table(place).frame
    assert len(table) == len(place.sources)
    begins = table["SHA-256 begins"]
    assert begins.str.fullmatch(r"(keyed: )?[0-9a-f]{12}").all()
    personal = place.sources["source"].isin(["stock", "survey", "learners"]).to_numpy()
    assert begins.str.startswith("keyed: ").tolist() == personal.tolist()
    assert board.inputs_table(place).note.startswith("Hashes of personal files are keyed")


def test_nobody_is_called_worst_and_no_ward_is_ranked(page):
    # "At worst" is said of a plan's regret, never of a place or a person.
    assert "worst" not in re.sub(r"\bat worst\b", "", page[page.index("<body>") :].lower())
    assert "league" not in page


# The map for Word and print


def test_a_hub_for_one_group_looks_unlike_a_hub_for_everybody(outcomes, place, page):
    today = place.sites[place.sites["open"]]
    some = int((~today["counts"]).sum())
    assert some == 2
    sites = marked(outcomes[0], place)
    roles = sites["role"].value_counts()
    assert (roles["open"], roles["one_group"]) == (len(today) - some, some)
    assert f"{some} × open to one group" in plan_figure(outcomes[0], place)[1]
    assert "<span>Open to one group</span>" in page
    assert f'<span class="plate-count">{some}</span>' in page


def squares():
    shapes = [shapely.box(334e3 + 1e3 * at, 388e3, 335e3 + 1e3 * at, 390e3) for at in range(3)]
    index = pd.Index(["a", "b", "c"], name="area")
    areas = gpd.GeoDataFrame({"name": ["A", "B", "C"]}, geometry=shapes, index=index, crs=27700)
    sites = gpd.GeoDataFrame(
        {"name": ["Hall $x$ <i>", "Old"], "role": ["proposed", "open"]},
        geometry=[shapely.Point(334500, 389000), shapely.Point(336500, 389000)],
        index=["h", "o"],
        crs=27700,
    )
    return areas, sites


def test_the_map_is_saved_three_ways_and_its_words_can_be_selected(tmp_path):
    areas, sites = squares()
    shown = {"classes": pd.Series([0, 1, -1], areas.index), "labels": ["under 10", "10 or more"]}
    made = plan_map(
        areas, **shown, title="Adults offline", heading="Adults", wards=areas, sites=sites,
        note="Contains OS data.",
    )  # fmt: skip
    alt = plan_map_words(**shown, title="Adults offline", sites=sites)
    assert "no estimate: 1 areas" in alt
    for ending in ("png", "svg", "pdf"):
        assert save(made, tmp_path / f"m.{ending}", alt=alt).stat().st_size > 5000
    text = pypdf.PdfReader(tmp_path / "m.pdf").pages[0].extract_text()
    for part in (
        "Adults offline",
        "10 or more",
        "Contains OS data.",
        "0.5 km",
        "N",
        "1 Hall $x$ <i>",
    ):
        assert part in text
    drawing = (tmp_path / "m.svg").read_text(encoding="utf-8")
    assert "Proposed hub" in drawing
    assert "Hall $x$ &lt;i&gt;" in drawing
    assert "<i>" not in drawing


def test_north_is_where_the_meridian_goes_and_not_where_the_grid_does():
    west = gpd.GeoDataFrame(geometry=[shapely.box(330e3, 380e3, 340e3, 400e3)], crs=27700)
    middle = gpd.GeoDataFrame(geometry=[shapely.box(399e3, 380e3, 401e3, 400e3)], crs=27700)
    east, north = true_north(west)
    # West of 2° W the meridian leans east of the grid: by (λ − λ₀) sin φ, here 0.8°.
    assert np.degrees(np.arctan2(east, north)) == pytest.approx(0.8, abs=0.05)
    assert true_north(middle)[0] == pytest.approx(0, abs=1e-3)


def test_main_roads_are_drawn_where_a_street_file_is_held(place, outcomes):
    assert set(place.main_roads["road_classification"]) <= {"Motorway", "A Road"}
    assert place.main_roads.geom_type.isin(["LineString", "MultiLineString"]).all()
    roads = board.outcome_map(outcomes[0], place).data["roads"]
    assert len(roads["features"]) == len(place.main_roads)


# Files


@pytest.fixture(scope="module")
def exported(demo_workspace):
    return demo_workspace.exports / "demo"


def test_an_export_holds_page_pictures_tables_and_layers(exported, place):
    names = {path.name for path in exported.iterdir()}
    wanted = {"board-map.html", "board-map.png", "board-map.svg", "board-map.pdf", "figures.gpkg"}
    assert wanted | {"wards.png", "wards.svg"} <= names
    layers = {name for name, _ in pyogrio.list_layers(exported / "figures.gpkg")}
    assert layers == {"lsoas", "wards", "output_areas", "places", "comparison", "who"}
    lsoas = gpd.read_file(exported / "figures.gpkg", layer="lsoas").set_index("area")
    csv = pd.read_csv(exported / "needs-lsoas.csv", index_col="area")
    column = "offline_adults_estimate"
    pd.testing.assert_series_equal(lsoas[column], csv[column], check_dtype=False)
    assert lsoas.crs.to_epsg() == 27700
    # Every figure as precise as its kind: z-scores and rates are no whole numbers.
    wards = pd.read_csv(exported / "needs-wards.csv", index_col="area")
    for table, built in ((csv, place.lsoas), (wards, place.wards)):
        for name in built.select_dtypes("number"):
            error = (table[name] - built[name]).abs().max()
            count = name in COUNTS or name in ("imd_decile", "landlord_homes")
            assert error <= (
                0.5 if count else 0.0051 if "score" in name or name == "need" else 6e-4
            )
            assert not count or table[name].dropna().mod(1).eq(0).all()
    own = pd.DataFrame({"own_members": [0.0312, 12.3456], "count_members": [3.2, 8.0]})
    assert exporting._to_precision(own)["own_members"].tolist() == [0.031, 12.346]
    assert exporting._to_precision(own)["count_members"].tolist() == [3, 8]


def test_every_figure_of_the_paper_stands_in_a_cell_of_its_own(exported, place):
    hubs, who, residents, wards = (
        pd.read_csv(exported / f"{name}.csv") for name in ("hubs", "who", "residents", "who-wards")
    )
    scenarios = {"Most people within reach", "Shortest walks"}
    assert set(hubs["scenario"]) == scenarios
    assert hubs.groupby("scenario")["number"].max().eq(5).all()
    assert hubs[["pounds_a_year", "easting", "within_reach"]].notna().all(axis=None)
    assert (
        hubs.loc[hubs["scenario"] == "Most people within reach", "in_best_plan"].between(0, 1).all()
    )
    assert (hubs["within_reach_low"] < hubs["within_reach"]).all()
    assert (hubs["within_reach"] < hubs["within_reach_high"]).all()
    assert set(who["where"]) == {"everywhere", "within reach today"} | scenarios
    assert who[["value", "low", "high"]].notna().all(axis=None)
    whole = who[who["where"] == "everywhere"].set_index(["by", "group"])
    for end in ("low", "high"):
        told = place.who[end].map(rounded)
        assert whole[end].reindex(told.index).eq(told).all()
    people = float(place.exclusion.people.sum())
    assert np.allclose(whole.groupby("by")["value"].sum(), people, rtol=0.03)
    assert set(residents["by"]) == {"age", "tenure", "disability", "deprivation"}
    everybody = residents[residents["where"] == "everywhere"].groupby("by")["value"].sum()
    assert everybody["deprivation"] == place.lsoas["residents"].sum()
    now = residents.set_index(["where", "by", "group"])["value"].unstack("where")
    assert (now.max(axis=1) == now["everywhere"]).all()
    ends = [f"offline_adults_estimate{end}" for end in ("_low", "", "_high")]
    assert (wards[ends[0]] <= wards[ends[1]]).all()
    assert (wards[ends[1]] <= wards[ends[2]]).all()
    buses = pd.read_csv(exported / "bus-timetable.csv")
    assert buses["bus"].min() == 1
    assert not {"slot", "weekday"} & set(buses)


def test_the_command_that_a_paper_prints_makes_it_again(exported, demo_workspace, monkeypatch):
    page = (exported / "board-map.html").read_text(encoding="utf-8")
    assert f"mapping {manifest.code_version()}" in page
    told = html.unescape(re.search(r"mapping demo; (mapping export [^<]+)<", page)[1])
    monkeypatch.chdir(demo_workspace.root)
    monkeypatch.setattr(sys, "argv", shlex.split(told))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert (exported / "board-map.html").read_text(encoding="utf-8") == page


def everything(folder) -> str:
    """All text of all exported files."""
    told = []
    for path in folder.iterdir():
        if path.suffix == ".gpkg":
            layers = [name for name, _ in pyogrio.list_layers(path)]
            frames = [gpd.read_file(path, layer=name) for name in layers]
            told += [frame.to_csv(index=False) for frame in frames]
        elif path.suffix == ".pdf":
            told += [sheet.extract_text() for sheet in pypdf.PdfReader(path).pages]
        elif path.suffix != ".png":
            told.append(path.read_text(encoding="utf-8-sig"))
    return "\n".join(told)


def test_no_personal_point_postcode_or_answer_is_in_any_exported_file(exported, demo_workspace):
    text = everything(exported)
    own = demo_workspace.raw / "demo" / "own"
    homes = pd.read_csv(own / "stock.csv", dtype=str)
    asked = pd.read_csv(own / "survey_households.csv", dtype=str)
    planted = {
        r"[A-Z]{2}\d \d[A-Z]{2}": homes["postcode"],
        r"EH\d{5}": homes["home_id"],
        r"\d+ [A-Z]\w+ \w+, Exampleton": homes["address"],
        r"X\d{11}": homes["property_ref"],
        r"\bR\d{5}\b": asked["respondent"],
    }
    for pattern, values in planted.items():
        assert values.str.contains(pattern).any(), pattern
        assert not (set(re.findall(pattern, text)) & set(values)), pattern
    pairs = set(re.findall(r"(\d{6}(?:\.\d+)?)[ ,](\d{6}(?:\.\d+)?)", text))
    assert len(pairs) > 1000
    held = set(zip(homes["easting"].astype(float), homes["northing"].astype(float), strict=True))
    assert not held & {(round(float(e), 1), round(float(n), 1)) for e, n in pairs}
    points = gpd.GeoSeries.from_xy(homes["easting"].astype(float), homes["northing"].astype(float))
    lonlat = points.set_crs(27700).to_crs(4326)
    drawn = set(re.findall(r"\[(-?\d+\.\d{3,5},\d+\.\d{3,5})\]", text))
    assert len(drawn) > 1000
    assert not drawn & set(lonlat.x.round(5).astype(str) + "," + lonlat.y.round(5).astype(str))


def test_no_small_count_of_homes_is_in_any_exported_file(exported):
    for frame in (
        pd.read_csv(exported / "needs-wards.csv"),
        gpd.read_file(exported / "figures.gpkg", layer="wards"),
    ):
        homes = frame["landlord_homes"].dropna()
        assert (homes >= 10).all()
        assert (homes % 5 == 0).all()
        assert frame["landlord_homes"].isna().any()


def test_another_paper_is_written_anew_and_the_same_is_not(tmp_path, demo_workspace, monkeypatch):
    scenario = Scenario("One", "demo", new_hubs=1, bus_days=0)
    monkeypatch.setattr(exporting, "_writers", lambda _, __, paper: {"p.txt": ("", writer(paper))})
    elsewhere = replace(demo_workspace)
    monkeypatch.setattr(type(elsewhere), "exports", property(lambda _: tmp_path))
    for title, anew in (("A", True), ("A", False), ("B", True)):
        told = []
        pipeline.export(
            [scenario], paper=Paper(title), workspace=elsewhere,
            progress=lambda doing, *_, told=told: told.append(doing),
        )  # fmt: skip
        assert ("nothing has changed" not in told) is anew
        assert (tmp_path / "demo" / "p.txt").read_text() == title
    assert json.loads((tmp_path / "demo" / "made.json").read_text())["files"]


def writer(paper):
    def write(path):
        path.write_text(paper.title)
        return path

    return write
