"""A study file is understood, or refused in one sentence that names it and every fault."""

import re
import tomllib
from pathlib import Path

import pytest

from mapping.errors import InvalidStudyError
from mapping.study import DEFAULT_WEIGHTS, read_study
from mapping.workspace import Workspace

ROOT = Path(__file__).parents[1]
PLACE = 'name = "Liverpool"\ndistrict = "E08000012"\n'
LEVEL = """[level]
share = {share}
se = 0.02
year = 2020
outcome = "offline"
population = "adults"
source = "a survey"
"""


@pytest.fixture
def reading(tmp_path):
    """Read a study file with these lines."""

    def read(text):
        path = tmp_path / "liverpool.toml"
        path.write_text(text, encoding="utf-8")
        return read_study(path, Workspace(tmp_path))

    return read


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("level = 0.15", "level must be a table ([level]), it is 0.15"),
        ("own = 3", "own must be a table ([own]), it is 3"),
        ('[own]\nhubs = "file.csv"', 'own.hubs must be a table ([own.hubs]), it is "file.csv"'),
        ("[own.hubs]\nfile = 3", "own.hubs.file must be text in quotes, it is 3"),
        ("[own.hubs]\npath = 'x'", "'own.hubs.file' is missing"),
        (
            '[own.hubs]\nfile = "x.csv"\ncolumns = { cost = 3 }',
            "own.hubs.columns.cost must be text in quotes, it is 3",
        ),
        ('[own.pubs]\nfile = "x.csv"', "own.pubs is not known (known: hubs, venues"),
        ('weights = {a = "b"}', 'weights.a must be a number, it is "b"'),
        ("weights = 3", "weights must be a table ([weights]), it is 3"),
        ("weights = {income_rate = -1}", "weights.income_rate is -1, it must be 0 or more"),
        ("weights = {income_rate = nan}", "weights.income_rate must be a number, it is nan"),
        ("weights = {income_rate = true}", "weights.income_rate must be a number, it is true"),
        ('fictional = "no"', 'fictional must be true or false, it is "no"'),
        ('seed = "x"', 'seed must be a whole number, it is "x"'),
        ("seed = 1.5", "seed must be a whole number, it is 1.5"),
        ('survey_year = "2025"', 'survey_year must be a whole number, it is "2025"'),
        ("sources = 3", "sources must be a table ([sources]), it is 3"),
        ("sources = {age = 3}", "sources.age must be text in quotes, it is 3"),
        ("defaults = 3", "defaults must be a table ([defaults]), it is 3"),
        ("id = 'x'", "'id' is not known"),
        ("learn_from = ['survey']", "learn_from must be text in quotes, it is ['survey']"),
        ('learn_from = "survey"', "learn_from is 'survey', but own.survey is not given"),
        (LEVEL.format(share=15.8), "level.share is 15.8, it must lie between 0 and 1 (15.8 % is"),
        (LEVEL.format(share=16), "level.share is 16, it must lie between 0 and 1"),
        (LEVEL.format(share='"15.8%"'), 'level.share must be a number, it is "15.8%"'),
        (
            LEVEL.format(share=0.1) + 'district = "E08000014"',
            "level is a figure of E08000014, and the study is of E08000012: leave [level] out, or",
        ),
        ("[level]\nshare = 0.1\nlevel = 2", "'level.level' is not known; 'level.se' is missing"),
    ],
)
def test_an_entry_of_the_wrong_kind_is_one_sentence_that_names_file_and_entry(reading, line, said):
    with pytest.raises(InvalidStudyError) as error:
        reading(PLACE + line)
    assert str(error.value).startswith("liverpool.toml: ")
    assert said in str(error.value)


def test_every_fault_of_a_study_file_is_said_at_once(reading):
    text = 'name = 3\nown = 3\nlearn_from = "survey"\nseed = "x"\n[weights]\nincome_rate = -1\n'
    with pytest.raises(InvalidStudyError) as error:
        reading(text)
    assert str(error.value) == (
        "liverpool.toml: 'district' is missing; name must be text in quotes, it is 3; own must be "
        'a table ([own]), it is 3; seed must be a whole number, it is "x"; weights.income_rate is '
        "-1, it must be 0 or more; survey_year is missing: the survey gives the level, so say of "
        "which year."
    )


@pytest.mark.parametrize("lines", ["", "[weights]\n"])
def test_a_study_without_weights_has_the_documented_ones(reading, lines):
    assert reading(PLACE + lines).weights == dict(DEFAULT_WEIGHTS)
    assert reading(PLACE + "[weights]\nincome_rate = 1").weights == {"income_rate": 1}


@pytest.mark.parametrize("code", ["e08000012", " E08000012 "])
def test_a_district_code_is_known_in_lower_case_and_with_spaces(reading, code):
    assert reading(f'name = "Liverpool"\ndistrict = "{code}"').district == "E08000012"


@pytest.mark.parametrize(
    ("code", "country"), [("W06000015", "Wales"), ("S12000036", "Scotland"), ("N09000003", "North")]
)
def test_a_district_outside_england_is_refused_with_its_country(reading, code, country):
    with pytest.raises(InvalidStudyError, match=f"{code}' is in {country}.*this covers England"):
        reading(f'name = "Cardiff"\ndistrict = "{code}"')


def test_a_survey_that_gives_the_level_must_say_its_year(reading):
    survey = PLACE + 'learn_from = "survey"\n'
    own = '[own.survey]\nfile = "survey.csv"\n'
    with pytest.raises(InvalidStudyError, match="survey_year is missing"):
        reading(survey + own)
    assert reading(survey + "survey_year = 2025\n" + own).survey_year == 2025
    assert reading(survey + own + LEVEL.format(share=0.1)).level.share == 0.1


def test_the_template_filled_in_is_a_plain_study_and_as_it_is_none(tmp_path, reading):
    template = (ROOT / "studies" / "template.toml").read_text(encoding="utf-8")
    with pytest.raises(InvalidStudyError, match="'E0XXXXXXX' is no district code"):
        reading(template)
    filled = template.replace("Name of the place", "Liverpool").replace("E0XXXXXXX", "E08000012")
    assert reading(filled) == reading(PLACE)
    # What it offers under # can be said as it stands there, each [section] and key.
    said = "\n".join(
        line.removeprefix("# ")
        for line in filled.splitlines()
        if re.match(r"# (\[[a-z_.]+\]|[a-z_0-9]+ = )", line)
    )
    whole = reading(PLACE + said)
    assert whole.level.district == whole.district
    assert {"hubs", "stock", "survey"} <= whole.own.keys()
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "template.toml").write_text(template, encoding="utf-8")
    with pytest.raises(InvalidStudyError, match="Studies here: none"):
        read_study("leeds", Workspace(tmp_path))


def test_the_level_of_one_place_is_not_carried_to_another():
    liverpool = (ROOT / "studies" / "liverpool.toml").read_text(encoding="utf-8")
    assert tomllib.loads(liverpool)["level"]["district"] == tomllib.loads(liverpool)["district"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "Copy [`studies/template.toml`]" in readme


def test_a_folder_in_place_of_a_study_file_is_one_sentence(tmp_path):
    (tmp_path / "liverpool.toml").mkdir()
    with pytest.raises(InvalidStudyError, match=r"liverpool\.toml: not readable"):
        read_study(tmp_path / "liverpool.toml", Workspace(tmp_path))


def test_a_district_of_no_country_is_always_fictional(reading):
    assert reading('name = "A"\ndistrict = "X08000001"').fictional
    assert reading('name = "A"\ndistrict = "X08000001"\nfictional = false').fictional
    assert not reading(PLACE).fictional


TABLE = '[tables.mine]\nfile = "mine.csv"\n'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (TABLE, "tables.mine names no figures: give counts or rates"),
        (TABLE + 'counts = { "Two words" = "A" }', "'Two words' is no name"),
        (
            TABLE + 'counts = { a = "A" }\nper = "dogs"',
            'per is "dogs", it must be one of residents',
        ),
        (
            TABLE + 'rates = { a = "A" }\nvintage = "2011"',
            'vintage is "2011", it must be one of LSOA',
        ),
        (TABLE + 'rates = { a = "IMD Rank (1 = most)" }', "'IMD Rank (1 = most)' looks like ranks"),
        (TABLE + "rates = { a = 3 }", "tables.mine.rates.a must be text in quotes, it is 3"),
        (TABLE + 'counts = { a = "A" }\nrates = { a = "B" }', "'a' is the name of two figures"),
        ('[own.survey]\nfile = "a"\n[own.survey_by_ward]\nfile = "b"', "both given: keep one"),
    ],
)
def test_a_further_table_that_cannot_be_is_said(reading, lines, said):
    with pytest.raises(InvalidStudyError) as error:
        reading(PLACE + lines)
    assert said in str(error.value)


def test_a_further_table_is_read_with_what_its_columns_are(reading):
    table = reading(PLACE + TABLE + 'counts = { a = "A" }\nper = "adults"').tables["mine"]
    assert (table.file, table.area, table.vintage, table.per) == (
        "mine.csv",
        "area",
        None,
        "adults",
    )
    assert (dict(table.counts), dict(table.rates)) == ({"a": "A"}, {})
