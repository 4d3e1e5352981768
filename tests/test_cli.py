import re
import shutil
import subprocess
import sys
import zipfile

import pandas as pd
import pytest
from typer.main import get_command

from mapping import cli
from mapping.cli import app, screen
from mapping.scenario import Scenario
from mapping.scenario.siting import ward_of
from mapping.workspace import Workspace


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process: exit code, standard output, standard error."""

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["mapping", *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return stopped.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def copied(demo_workspace, tmp_path):
    for part in ("studies", "data"):
        shutil.copytree(demo_workspace.root / part, tmp_path / part)
    return Workspace(tmp_path)


BUS_ON_SATURDAYS = """bus_days = 2
bus_weekdays = ["mon", "tue", "wed", "thu", "fri", "sat"]"""


def rewritten(path, change):
    """Change a CSV file as text."""
    path.write_bytes(change(path.read_bytes()))


def one_sentence(code, out, err):
    """What a user's mistake must look like: exit code 1, no traceback."""
    assert code == 1
    assert "Traceback" not in out + err
    assert err.strip()
    return " ".join(err.split())


LOOKUP = "LSOA21_WD24_LAD24_EW_LU.csv"
IOD = "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"


def test_help_is_useful_and_names_every_verb(run):
    code, out, _ = run("--help")
    assert code == 0
    for verb in ("demo", "get", "verify", "build", "wards", "hubs", "bus", "compare", "export"):
        assert verb in out
        code, described, _ = run(verb, "--help")
        assert code == 0
        assert "Usage" in described
        # What stands in square brackets is no markup to be swallowed.
        meant = get_command(app).commands[verb].callback.__doc__
        assert set(re.findall(r"\[\w+\]", meant)) <= set(re.findall(r"\[\w+\]", described))
    assert "[defaults]" in " ".join(run("bus", "--help")[1].split())
    assert "[defaults]" in " ".join(run("hubs", "--help")[1].split())


def test_help_loads_neither_geopandas_nor_statsmodels():
    script = (
        "import sys, mapping.cli as c; sys.argv = ['mapping', '--help']\n"
        "try: c.main()\nexcept SystemExit: pass\n"
        "heavy = {'geopandas', 'statsmodels', 'pandas', 'folium', 'scipy'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_importing_the_library_loads_nothing_and_submodules_come_when_used():
    script = (
        "import sys, mapping\n"
        "assert not {'numpy', 'pandas', 'typer', 'requests'} & set(sys.modules)\n"
        "assert 'hubs' in dir(mapping)\n"
        "assert callable(mapping.hubs.p_median)\n"
        "try: mapping.nothing\nexcept AttributeError: pass\nelse: sys.exit('nothing')"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "args",
    [
        ["hubs"],
        ["build", "--studie", "x"],
        ["fly"],
        ["hubs", "--study", "x", "--new", "five"],
        ["bus", "--study", "x", "--skip", "Blursday"],
        ["bus", "--study", "x", "--taster", "fri", "--taster", "holidays"],
    ],
)
def test_a_wrong_call_exits_with_2(run, args):
    code, out, err = run(*args)
    assert code == 2
    assert "Traceback" not in out + err


def test_hubs_names_sites_people_and_proof(run, demo_workspace, tmp_path, place):
    saved = tmp_path / "mine.toml"
    where = ("--study", "demo", "--workspace", demo_workspace.root)
    free = place.sites[~place.sites["open"]]
    must, never = free["name"].drop_duplicates(keep=False).iloc[:2]
    ward = place.wards.loc[ward_of(place)[free.index[-1]]]
    called = ("--must", must.upper(), "--never", never, "--in-ward", ward["name"].lower())
    code, out, _ = run("hubs", *where, "--new", 3, *called, "--save", saved)
    assert code == 0
    assert must in out
    chosen = Scenario.load(saved)
    assert chosen.must_open + chosen.never == tuple(free.index[free["name"].isin([must, never])])
    assert chosen.in_wards == (ward.name,)
    for option, what in (("--must", "site"), ("--in-ward", "ward")):
        said = one_sentence(*run("hubs", *where, option, "Nowhere"))
        assert f"has no {what} Nowhere. Give a {what}'s" in said
    assert "FICTIONAL" in out
    assert "Open 3 new hubs" in out
    assert "proven best" in out
    assert "Bear in mind" in out
    assert saved.is_file()


def test_hubs_answers_other_questions_with_reasons_doubt_and_what_more_would_bring(
    run, demo_workspace
):
    asked = ("hubs", "--study", "demo", "--workspace", demo_workspace.root)
    code, out, err = run(*asked, "--new", 2, "--draws", 20, "--more", "--why", "V001")
    assert code == 0
    said = " ".join(out.split())
    assert "Oak Library, not chosen" in said
    assert "They leave out travel times" in said
    assert "One more hub would bring" in said
    assert "10 of 20 draws answered" in err
    code, out, _ = run(*asked, "--question", "budgeted", "--budget", 20_000)
    assert code == 0
    assert "of £20,000 a year" in out
    code, out, _ = run(*asked, "--question", "set_cover", "--share", 0.3, "--one-per-building")
    assert code == 0
    assert "No fewer hubs bring 30%" in out
    said = one_sentence(*run(*asked, "--why", "Atlantis"))
    assert "has no site Atlantis" in said


def test_an_option_that_the_question_does_not_read_is_refused_in_one_sentence(run, demo_workspace):
    asked = ("hubs", "--study", "demo", "--workspace", demo_workspace.root)
    said = one_sentence(*run(*asked, "--budget", 20_000, "--share", 0.3))
    assert "--budget makes no difference to the question maximal_coverage" in said
    assert "add --question set_cover" in said
    assert "--new makes" in one_sentence(*run(*asked, "--question", "set_cover", "--new", 3))


@pytest.mark.parametrize("room", [50, 60, 80, 200])
def test_words_in_a_table_stay_whole_wherever_they_fit(room, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(room))
    frame = pd.DataFrame(
        {"Site": ["V026"], "Name": ["Willow Community Centre"], "Kind": ["community centre"]}
        | {"In the best plan": ["82% of 200 draws (firm)"], "Out of reach without it": ["2,900"]}
    )
    screen.show_table(frame, "New hubs")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= room
    words = {word for line in lines for word in line.split()}
    assert {"V026", "Community", "community", "(firm)", "without", "2,900"} <= words


def test_defaults_of_the_study_file_hold_where_nothing_is_said(run, copied):
    study = copied.studies / "demo.toml"
    study.write_text(study.read_text().replace("new_hubs = 5", "new_hubs = 2"))
    code, out, _ = run("hubs", "--study", "demo", "--workspace", copied.root)
    assert code == 0
    assert "Open 2 new hubs" in out
    study.write_text(study.read_text().replace("bus_days = 10", BUS_ON_SATURDAYS))
    saved = copied.root / "saturdays.toml"
    asked = ("bus", "--study", "demo", "--workspace", copied.root, "--seconds", 1)
    code, _, err = run(*asked, "--skip", "Friday", "--skip", "MON", "--taster", "Thursdays",
                       "--save", saved)  # fmt: skip
    assert code == 0, err
    assert Scenario.load(saved).bus_weekdays == ("tue", "wed", "thu", "sat")
    assert Scenario.load(saved).bus_tasters == ("thu",)
    # A mistake is told in the words that were typed.
    said = one_sentence(*run(*asked, "--need", "toilets"))
    assert "--need names toilets" in said
    assert "has no stop Nowhere" in one_sentence(*run(*asked, "--visit", "Nowhere"))


def test_a_study_file_anywhere_can_be_asked_and_its_scenario_exported(
    run, copied, tmp_path, unless_asked
):
    study = tmp_path / "elsewhere.toml"
    study.write_text((copied.studies / "demo.toml").read_text())
    (copied.raw / "demo").rename(copied.raw / "elsewhere")
    saved = tmp_path / "mine.toml"
    where = ("--workspace", copied.root)
    unless_asked()
    assert run("build", "--study", study, *where)[0] == 0
    assert run("hubs", "--study", study, "--new", 1, "--save", saved, *where)[0] == 0
    code, out, _ = run("export", saved, *where)
    assert code == 0
    assert (copied.exports / "elsewhere" / "board-map.html").is_file()
    assert "elsewhere" in out


def test_bus_prints_a_timetable_by_week_and_day_or_by_date(run, demo_workspace):
    asked = ("bus", "--study", "demo", "--days", 2, "--workspace", demo_workspace.root)
    code, out, _ = run(*asked)
    assert code == 0
    assert "Bus timetable" in out
    assert "Tue, week 1" in out
    _, dated, _ = run(*asked, "--first-day", "2027-01-11")
    assert "Tue 12 Jan" in dated


def test_a_first_day_at_a_weekend_is_one_sentence(run, demo_workspace):
    asked = ("bus", "--study", "demo", "--workspace", demo_workspace.root)
    assert "Saturday, it must be a weekday" in one_sentence(
        *run(*asked, "--first-day", "2027-01-09")
    )


def test_compare_says_whether_scenarios_can_be_told_apart(run, demo_workspace):
    folder = demo_workspace.exports / "demo"
    code, out, _ = run(
        "compare",
        folder / "scenario-most-people-within-reach.toml",
        folder / "scenario-shortest-walks.toml",
        "--workspace",
        demo_workspace.root,
    )
    assert code == 0
    assert "Side by side" in out
    assert "within reach of a hub than “Most people within reach”" in " ".join(out.split())


def test_compare_sweeps_believes_weighs_and_staffs(run, demo_workspace, tmp_path):
    folder = demo_workspace.exports / "demo"
    code, out, _ = run(
        "compare",
        folder / "scenario-most-people-within-reach.toml",
        folder / "scenario-shortest-walks.toml",
        *("--groups", "--beliefs", "--sweep", "within", "--weight", "reach=1", "--target", "900"),
        *("--maps", tmp_path / "maps.png", "--workspace", demo_workspace.root),
    )
    said = " ".join(out.split())
    assert code == 0
    assert "26 plans are proven best" in said
    assert "whichever picture of need is right" in said
    assert "comes first" in said
    assert "900 learners in a year take 75 champions" in said
    assert (tmp_path / "maps.png").is_file()
    # What cannot be weighed is refused before anything is printed.
    one = (folder / "scenario-shortest-walks.toml", "--workspace", demo_workspace.root)
    for weight, told in (("reach=60", "Name at least two"), ("reach:60", "is no weight")):
        code, out, err = run("compare", *one, "--weight", weight)
        assert told in one_sentence(code, out, err)
        assert "Side by side" not in out


def test_build_prints_totals_before_and_after_every_join(run, demo_workspace, place):
    code, out, _ = run("build", "--study", "demo", "--workspace", demo_workspace.root)
    assert code == 0
    assert "Nothing lost" in out
    assert out.count(f"{place.lsoas['households'].sum():,.0f}") >= 3
    assert "likely to be offline" in out


def test_an_unknown_study_is_one_sentence(run, tmp_path):
    said = one_sentence(*run("build", "--study", "atlantis", "--workspace", tmp_path))
    assert "There is no study file" in said


def test_an_unbuilt_study_says_what_to_run(run, copied):
    shutil.rmtree(copied.processed)
    said = one_sentence(*run("hubs", "--study", "demo", "--workspace", copied.root))
    assert "mapping build --study demo" in said


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        (
            LOOKUP,
            lambda text: text.replace(b"WD24CD", b"WARD_CODE"),
            "LSOA21_WD24_LAD24_EW_LU.csv: there is no column 'WD24CD'; the file has",
        ),
        (
            LOOKUP,
            lambda text: text + text.splitlines(keepends=True)[1],
            'area: repeated in row 304 ("X01000001")',
        ),
        (
            LOOKUP,
            lambda text: text.replace(b"X08000001", b"Exampleton"),
            'district: not a district code in rows 2 ("Exampleton")',
        ),
        (
            IOD,
            lambda text: text.replace(b"X01000003,", b"X01999999,"),
            "1 of 302 area codes are unknown to LSOA 2021, wards 2024 (X01999999)",
        ),
        (
            IOD,
            lambda text: b"".join(text.splitlines(keepends=True)[:-2]),
            "has no row for 2 of 302 areas",
        ),
        ("own/venues.csv", lambda _: b"", "venues.csv: the file is empty"),
        (
            "own/hubs.csv",
            lambda text: text.replace(b"public", b"everyone"),
            'open_to: "everyone" in row 2 and 7 more rows is not one of public, residents',
        ),
        (
            "own/survey_households.csv",
            lambda text: text.replace(b",yes,", b",maybe,"),
            "answers are neither yes nor no (first in row",
        ),
    ],
)
def test_a_faulty_file_is_one_sentence_and_the_earlier_build_stays(run, copied, file, change, said):
    path = copied.raw / "demo" / file
    rewritten(path, change)
    before = (copied.processed / "demo" / "manifest.json").read_bytes()
    told = one_sentence(*run("build", "--study", "demo", "--workspace", copied.root))
    assert said in told
    assert path.name in told
    assert (copied.processed / "demo" / "manifest.json").read_bytes() == before


def test_codes_of_2011_are_recognised_where_2021_is_meant(run, copied, city):
    changed = city.changes[city.changes["change"] == "S"]
    old, new = changed.iloc[0][["area_2011", "area"]]
    if old == new:
        old = next(c for c in city.changes["area_2011"] if c not in set(city.areas.index))
    rewritten(
        copied.raw / "demo" / IOD,
        lambda text: text.replace(new.encode() + b",", old.encode() + b","),
    )
    told = one_sentence(*run("build", "--study", "demo", "--workspace", copied.root))
    assert "have codes of 2011" in told
    assert "Use the table of 2021" in told


def test_files_saved_by_spreadsheets_build_the_same(run, copied, unless_asked):
    from mapping import pipeline
    from mapping.sources import records

    path = copied.raw / "demo" / "own" / "venues.csv"
    venues = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    venues.loc[0, "name"] = "Café Zoë"
    read = []
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        venues.to_csv(path, index=False, encoding=encoding)
        read.append(records.sites(path, {}))
    assert all(each.equals(read[0]) for each in read)
    unless_asked("travel")
    code, _, _ = run("build", "--study", "demo", "--workspace", copied.root)
    assert code == 0
    assert "Café Zoë" in set(pipeline.load("demo", workspace=copied).sites["name"])


def test_a_cut_download_is_one_sentence(run, copied):
    path = copied.raw / "demo" / "census2021-ts038.zip"
    rewritten(path, lambda content: content[: len(content) // 2])
    told = one_sentence(*run("build", "--study", "demo", "--workspace", copied.root))
    assert "census2021-ts038.zip: not a whole zip file. Download it again." in told


def test_a_census_zip_of_another_table_is_one_sentence(run, copied):
    path = copied.raw / "demo" / "census2021-ts038.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("census2021-ts001-lsoa.csv", "a,b\n1,2\n")
    told = one_sentence(*run("build", "--study", "demo", "--workspace", copied.root))
    assert "there is no census2021-ts038-lsoa.csv inside" in told


def test_an_interrupted_build_says_so_and_exits_with_1(run, copied, monkeypatch):
    from mapping import pipeline

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "build", interrupted)
    told = one_sentence(*run("build", "--study", "demo", "--workspace", copied.root))
    assert told == "Interrupted. Nothing half-made is left; run it again."


def test_a_study_file_with_several_mistakes_names_them_all(run, copied):
    study = copied.studies / "demo.toml"
    study.write_text('name = "X"\ndistrict = "Liverpool"\nhubs = 3\nlearn_from = "tea leaves"\n')
    told = one_sentence(*run("build", "--study", "demo", "--workspace", copied.root))
    assert "'hubs' is not known" in told
    assert "district 'Liverpool' is no district code" in told
    assert "learn_from must be one of" in told


def test_a_folder_in_place_of_a_file_is_one_sentence(run, demo_workspace, tmp_path):
    code, out, err = run("export", tmp_path, "--workspace", demo_workspace.root)
    assert "is a directory" in one_sentence(code, out, err)


def test_answers_go_to_standard_output_and_progress_does_not(run, demo_workspace):
    code, out, err = run("hubs", "--study", "demo", "--workspace", demo_workspace.root)
    assert code == 0
    assert "placing hubs" not in out
    assert "placing hubs" in err
    assert "adults aged 16 and over, 2025" in out


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("income_rate = 3", "incomes = 3", "demo.toml: index weights: 'incomes' cannot be used"),
        (
            'file = "own/venues.csv"',
            'file = "own/venues.csv"\ncolumns = { cost = "Annual cost" }',
            "venues.csv: there is no column 'Annual cost'",
        ),
        ("fictional = true", 'fictional = "no"', "demo.toml: fictional must be true or false"),
        ("survey_year = 2025", "", "demo.toml: survey_year is missing"),
        ('name = "Exampleton"', 'name = "E"\nsources = {age = "x"}', "(known for age: census2021"),
    ],
)
def test_a_faulty_study_file_is_one_sentence(run, copied, before, after, said):
    study = copied.studies / "demo.toml"
    text = study.read_text()
    assert before in text
    study.write_text(text.replace(before, after))
    assert said in one_sentence(*run("build", "--study", "demo", "--workspace", copied.root))


def test_a_study_without_weights_builds_with_the_documented_ones(run, copied):
    from mapping import pipeline

    before = pipeline.load("demo", workspace=copied).lsoas["need"]
    study = copied.studies / "demo.toml"
    study.write_text(study.read_text().partition("[weights]")[0])
    assert run("build", "--study", "demo", "--workspace", copied.root)[0] == 0
    pd.testing.assert_series_equal(pipeline.load("demo", workspace=copied).lsoas["need"], before)


def test_files_brought_from_a_folder_are_verified_and_found_by_a_build(
    run, demo_workspace, tmp_path
):
    shutil.copytree(demo_workspace.studies, tmp_path / "studies")
    at = ("--workspace", tmp_path)
    code, out, _ = run("get", "--from", demo_workspace.raw / "demo", *at)
    assert code == 0
    assert "new       census2021_ts054" in out
    code, out, _ = run("verify", *at)
    assert code == 0
    assert "0 not" in out
    brought = tmp_path / "data" / "raw" / "iod2025" / IOD
    rewritten(brought, lambda text: text + b"\n")
    code, out, _ = run("verify", *at)
    assert code == 1
    assert "changed" in out


def test_the_catalogue_is_listed_with_how_each_source_comes(run):
    code, out, _ = run("get", "--list")
    assert code == 0
    assert "by hand" in out
    assert "OGL v3.0" in out


def test_earlier_wards_are_shown_and_written_with_where_their_people_live_now(
    run, demo_workspace, tmp_path
):
    path = tmp_path / "wards.csv"
    root = demo_workspace.root
    code, out, _ = run("wards", "--study", "demo", "--workspace", root, "--save", path)
    assert code == 0
    assert "FICTIONAL" in out
    assert "Abbey" in out
    table = pd.read_csv(path)
    assert table.groupby("earlier")["of_earlier"].sum().to_numpy() == pytest.approx(1)
    assert set(table["place"]) == {"Exampleton (fictional)"}
