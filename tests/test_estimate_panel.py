"""The estimate tried out: another level, or a survey read in memory."""

import html
import re

import pytest

from mapping import panels
from mapping.errors import InvalidTableError
from mapping.exclusion import Level
from mapping.panels import estimate
from mapping.panels.estimate import BUILT, LEVEL, SURVEY, Drawing
from mapping.panels.needmaps import NeedMaps
from mapping.panels.upload import OwnList
from mapping.pipeline import trying
from mapping.rounding import about
from mapping.sources import records
from mapping.sources.uploads import Upload
from mapping.study import read_study

HOSTILE = '<img src=x onerror="steal()">${steal()}</script>'


@pytest.fixture(scope="module")
def survey(demo_workspace):
    own = read_study("demo", demo_workspace).own["survey"]
    return Upload(own.file, (demo_workspace.raw / "demo" / own.file).read_bytes())


@pytest.fixture
def panel(place, monkeypatch):
    monkeypatch.setattr(estimate, "drawing", lambda view, ward, **_: Drawing(f"{view}{ward}"))
    made = panels.check_estimate(place)
    made.refresh()
    return made


def uploader(panel):
    return next(w for w in panel.children[1].children[-1].children if isinstance(w, OwnList))


def notes(panel):
    return " ".join(panel.answer.notes)


def hidden(panel):
    return {name for name, one in panel.controls.items() if one.layout.display == "none"}


def test_a_trial_with_the_study_s_own_survey_says_what_the_build_says(place, survey):
    people = records.respondents(survey, {})
    tried = trying.with_survey(place, people, year=2025)
    built, found = place.exclusion.total(), tried.exclusion.total()
    assert found["people"] == pytest.approx(built["people"], rel=0.02)
    assert found["low"] == pytest.approx(built["low"], rel=0.04)
    assert tried.exclusion.outcome == place.exclusion.outcome
    agreement = tried.ward_exclusion.frame["share"].corr(place.ward_exclusion.frame["share"])
    assert agreement > 0.98
    assert tried.card is None
    assert trying.TRIED in tried.caveats


def test_a_level_that_is_tried_moves_the_total_and_keeps_the_pattern(place):
    level = Level(0.25, 0.0, "had not used the internet in the last three months", 2024,
                  "adults aged 16 and over", "a test")  # fmt: skip
    tried = trying.at_level(place, level)
    assert tried.exclusion.total()["share"] == pytest.approx(0.25, abs=1e-6)
    one, other = (each.exclusion.frame["share"] for each in (tried, place))
    assert one.corr(other, method="spearman") > 0.999
    assert place.exclusion.total()["share"] < 0.2


def test_only_the_controls_of_the_estimate_looked_at_are_shown(panel):
    levels = {"outcome", "level", "give_or_take", "level_year"}
    assert hidden(panel) == levels | {"survey_year"}
    panel.controls["source"].value = LEVEL
    assert hidden(panel) == {"survey_year"}
    panel.controls["source"].value = SURVEY
    assert hidden(panel) == levels


def test_another_level_is_answered_with_its_interval_and_what_was_built_beside_it(panel, place):
    built = panel.answer.lead
    panel.put({"source": LEVEL, "level": 30, "give_or_take": 2})
    adults = place.lsoas["adults"].sum()
    assert panel.answer.lead.startswith(f"About {about(0.3 * adults)} adults")
    assert re.search(r"\([\d,]+ to [\d,]+\)", panel.answer.lead)
    assert f"As it was built: {built[:1].lower()}{built[1:]}" in notes(panel)
    assert trying.TRIED in notes(panel)
    assert not any("Who is likely" in grid.caption for grid in panel.answer.grids)
    panel.put({"source": BUILT})
    assert panel.answer.lead == built
    assert trying.TRIED not in notes(panel)


def test_an_outcome_of_another_kind_says_that_pattern_and_level_count_different_things(panel):
    panel.put({"source": LEVEL, "outcome": "below_foundation"})
    assert "lacked foundation digital skills" in notes(panel)
    assert any("count different things" in caveat for caveat in panel.answer.caveats)


def test_a_survey_is_asked_for_and_then_used_and_never_stored(panel, survey, demo_workspace):
    before = {path for path in demo_workspace.root.rglob("*") if path.is_file()}
    panel.controls["source"].value = SURVEY
    assert "Choose the survey’s file" in panel._message.value
    uploader(panel).take(survey)
    assert trying.TRIED in notes(panel)
    assert "1,200 respondents" in " ".join(panel.answer.caveats)
    assert {path for path in demo_workspace.root.rglob("*") if path.is_file()} == before
    lead = panel.answer.lead
    panel.controls["survey_year"].value = 2024
    assert ", 2024)" in notes(panel)
    assert panel.answer.lead == lead


def test_choosing_a_survey_turns_to_it(panel, survey):
    uploader(panel).take(survey)
    assert panel.controls["source"].value == SURVEY
    assert trying.TRIED in notes(panel)


def test_a_survey_of_another_place_or_with_faults_is_refused_in_words(panel, place):
    other = Upload("other.csv", b"ward,online\nE05000001,yes\nE05000002,no\n")
    uploader(panel).take(other)
    assert f"no answer is from a ward of {place.name}" in html.unescape(panel._message.value)
    uploader(panel).take(Upload("bad.csv", b"ward,online\nPeter,perhaps\n"))
    said = html.unescape(uploader(panel).message.value)
    assert "not a ward code in row 2" in said
    assert "Peter" not in said
    with pytest.raises(InvalidTableError, match="no answer is from a ward"):
        trying.with_survey(place, records.respondents(other, {}), year=2025)


def test_a_figure_stays_while_wards_are_read_about_and_changes_with_the_estimate(panel):
    shown = panel.answer.shown
    panel.controls["ward"].value = panel.controls["ward"].options[1][1]
    assert panel.answer.shown is shown
    panel.controls["source"].value = LEVEL
    assert panel.answer.shown is not shown
    panel.controls["source"].value = BUILT
    assert panel.answer.shown is shown


def test_the_maps_are_live_follow_the_estimate_and_leave_the_page_to_other_views(panel, place):
    stage = next(one for one in panel.children[1].children if isinstance(one, NeedMaps))
    assert "mapping-away" in stage._dom_classes
    panel.put({"view": estimate.MAPS, "source": LEVEL, "level": 60})
    assert "mapping-away" not in stage._dom_classes
    assert panel.answer.shown is None
    assert estimate.UNSHOWN not in notes(panel)
    left, right = stage.maps
    assert [one.layers[0]["choice"] for one in (left, right)] == [
        "Adults likely to be offline", "How sure the estimate is"
    ]  # fmt: skip
    area = place.exclusion.people.dropna().index[0]
    tried = stage.told("area", area).lines[0]
    assert about(place.exclusion.people[area]) not in tried
    first, second = place.wards.index[:2]
    panel.put({"ward": first, "other": second})
    for one in (left, right):
        outlined = {outline["name"]: bool(outline["dash"]) for outline in one.outlines}
        assert outlined == {
            f"{place.wards['name'][first]}, told about": False,
            f"{place.wards['name'][second]}, compared with it": True,
        }
    panel.put({"ward": "", "other": ""})
    assert left.outlines == right.outlines == []
    panel.put({"view": "wards", "source": BUILT})
    assert "mapping-away" in stage._dom_classes
    assert panel.answer.shown is not None


def test_names_of_survey_files_never_run(panel, survey):
    uploader(panel).take(Upload(HOSTILE, survey.content))
    assert "<img" not in uploader(panel).message.value
