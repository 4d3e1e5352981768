"""The estimate as planners meet it: who, where, why, how it was checked; from files to panel."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mapping import exclusion, panels, pipeline
from mapping.exclusion import ValidationCard, cell_rates, fitted_cells
from mapping.exclusion.grouping import divided
from mapping.panels import estimate
from mapping.pipeline import checking, estimating, returns, surveying
from mapping.pipeline.inputs import OPTIONAL_FOR, find_inputs
from mapping.pipeline.returns import Returns
from mapping.report import estimates
from mapping.study import LevelChoice, read_study

TODAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def inputs(demo_workspace):
    return find_inputs(read_study("demo", demo_workspace), None, demo_workspace)


def choosing(inputs, **choices):
    return replace(inputs, study=replace(inputs.study, **choices))


def index_of_returns(areas, *, n=300, seed=0):
    """Made-up returns of four regions of a place's areas, driven by age and skills."""
    random = np.random.default_rng(seed)
    covariates = pd.DataFrame(
        {
            "share_age_75_84": areas["age_75_84"] / areas["adults"],
            "adult_skills_rate": areas["adult_skills_rate"],
        }
    )
    scaled = (covariates - covariates.mean()) / covariates.std()
    logits = -2.5 + scaled.to_numpy() @ [0.5, 0.3] + 0.1 * random.normal(size=len(areas))
    share = pd.Series(random.binomial(n, expit(logits)) / n, areas.index)
    region = pd.Series(np.array(["North", "East", "South", "West"])[np.arange(len(areas)) % 4])
    return Returns(
        observed=pd.DataFrame({"share": share, "n": float(n)}),
        covariates=covariates,
        region=region.set_axis(areas.index),
        paper_first=pd.Series(np.arange(len(areas)) % 3 == 0, areas.index),
        baselines=pd.DataFrame(
            {
                "age only": returns.age_only(areas),
                "national rates": exclusion.published_share(areas),
            }
        ),
        points=areas.geometry.centroid,
        caveats=(),
    )


# Who


def test_groups_of_each_kind_add_up_to_the_estimate_of_every_area(place):
    people = place.exclusion.people
    for kind in ("age", "tenure", "disability"):
        added = place.groups[kind].sum(axis=1)
        pd.testing.assert_series_equal(added, people, check_names=False, rtol=1e-6)
        assert place.who.loc[kind, "people"].sum() == pytest.approx(people.sum())
        assert place.who.loc[kind, "adults"].sum() == pytest.approx(place.lsoas["adults"].sum())
    assert place.groups.columns.names == ["kind", "label"]


def test_people_divided_by_area_add_up_to_the_groups_of_all_in_any_order(place):
    few = place.lsoas.iloc[:6]
    shown = replace(place.exclusion, draws=place.exclusion.draws.loc[few.index].iloc[:, :40])
    cells, rates = fitted_cells(few), cell_rates(draws=40, seed=3)
    parts = divided(shown, cells, rates)
    pd.testing.assert_series_equal(
        parts.by_area("age").sum(), parts.total("age")["people"], check_names=False
    )
    shuffled = divided(replace(shown, draws=shown.draws.iloc[::-1]), cells, rates)
    pd.testing.assert_frame_equal(shuffled.areas.loc[few.index], parts.areas)


def test_an_area_without_estimate_has_no_groups_and_spoils_no_total(place):
    few = place.lsoas.iloc[:4]
    draws = place.exclusion.draws.loc[few.index].iloc[:, :20].copy()
    draws.iloc[2] = np.nan
    parts = divided(
        replace(place.exclusion, draws=draws), fitted_cells(few), cell_rates(draws=20, seed=3)
    )
    assert parts.areas.iloc[2].isna().all()
    assert parts.areas.drop(index=few.index[2]).notna().all().all()
    assert parts.total("age")["people"].sum() == pytest.approx(np.nansum(parts.areas))


def test_older_people_are_offline_more_often_than_younger_ones(place):
    share = place.who.loc["age", "share"]
    assert share["85 and over"] > share["65 to 74"] > share["35 to 49"]
    assert "75 or older" in estimates.who_told(place)
    assert len(estimates.who_figures(place)) == len(place.who)


# Where


def test_wards_are_named_only_where_the_draws_agree_and_in_alphabetical_order(place):
    said = estimates.in_bands(place)
    adults = place.ward_exclusion.adults
    draws = place.ward_exclusion.draws.dropna()
    average = draws.mul(adults, axis=0).sum() / adults[draws.index].sum()
    above = draws.index[(draws > average).mean(axis=1) >= 0.8]
    named = sorted(place.wards.loc[above, "name"])
    assert ", ".join(named[:-1]) in said
    assert "cannot be put in order" in said
    assert "worst" not in said


def test_a_place_whose_wards_cannot_be_told_apart_names_none(place):
    draws = place.ward_exclusion.draws
    noise = np.random.default_rng(0).normal(0.2, 0.01, draws.shape)
    alike = replace(place.ward_exclusion, draws=pd.DataFrame(noise, draws.index))
    assert estimates.in_bands(replace(place, ward_exclusion=alike)).startswith("No ward can be")


def test_every_figure_of_a_ward_stands_with_its_range_and_its_band(place):
    table = estimates.ward_figures(place)
    assert list(table["Ward"]) == sorted(place.wards["name"])
    known = table[table["Adults offline"].notna()]
    assert known["Adults offline"].str.contains(" to ").all()
    assert set(known.iloc[:, 1]) <= {"likely above", "about average", "likely below"}
    assert table["Adults offline"].isna().sum() == 1


def test_two_wards_are_compared_by_their_joint_draws(place):
    one, other = place.ward_exclusion.frame["share"].sort_values().index[[-1, 0]]
    names = place.wards["name"]
    assert estimates.compared(one, other, place).startswith(
        f"{names[one]} has a higher share than {names[other]} in "
    )
    gap = place.wards.index[place.wards["adults"].isna()][0]
    assert "no estimate" in estimates.compared(one, gap, place)
    assert "another ward" in estimates.compared(one, one, place)


# Why


def test_contributions_add_up_to_a_ward_s_difference_from_the_place(place):
    total = place.exclusion.total()["share"]
    difference = place.ward_exclusion.frame["share"] - total
    added = place.explanation["share"].groupby(level="area").sum()
    pd.testing.assert_series_equal(added, difference.loc[added.index], check_names=False, atol=1e-9)


def test_an_explanation_is_of_associations_and_says_so(place):
    ward = place.ward_exclusion.draws.index[0]
    assert "neither prove causes" in estimates.why(ward, place)
    gap = place.wards.index[place.wards["adults"].isna()][0]
    assert estimates.why(gap, place) == ""
    figures = estimates.why_figures(place)
    assert len(figures) == (estimates.band_of(place) == "likely above").sum()
    assert figures["What goes with the difference"].str[0].str.isupper().all()


# How it was checked


def test_a_survey_is_checked_on_wards_whose_answers_were_not_used(place):
    card = place.card
    assert (card.grouping, card.areas) == ("group of wards", 63)
    assert card.outcome == "the survey's answers"
    assert 0.8 < card.coverage <= 1
    assert "national rates" in card.baselines.index
    assert estimates.how_checked(place)[0] == checking.FROM_SURVEY


def test_the_card_of_a_survey_repeats_and_does_not_heed_the_order_of_areas(inputs, place):
    small = choosing(inputs, seed=5)
    made = [
        checking.check_estimate(small, lsoas, None, today=TODAY).notes["card"]
        for lsoas in (place.lsoas, place.lsoas.sample(frac=1, random_state=0))
    ]
    assert made[0]["made"] == "2026-03-01"
    assert made[0]["agreement"] == pytest.approx(made[1]["agreement"])
    assert made[0]["coverage"] == pytest.approx(made[1]["coverage"])


def test_the_blend_of_a_ward_left_out_does_not_see_its_answers(inputs, place):
    survey = surveying.asked(inputs, place.lsoas)
    before = exclusion.summed(surveying.before(inputs, place.lsoas, draws=50), place.lsoas["ward"])
    groups = pd.Series(survey.wards.index, survey.wards.index)
    out = survey.direct.index[:6]
    others = survey.direct.index.difference(out)
    there = survey.answers["ward"].isin(out)
    spoiled = replace(survey, answers=survey.answers.assign(
        offline=survey.answers["offline"].mask(there, 1)))  # fmt: skip
    assert survey.told_by(survey.direct.index).equals(survey.direct)
    assert not spoiled.told_by(survey.direct.index).loc[others].equals(survey.direct.loc[others])
    found = [
        surveying.blended(before, each.told_by(others), groups, survey, keep_level=False, seed=1)
        for each in (survey, spoiled)
    ]
    pd.testing.assert_frame_equal(found[0].draws, found[1].draws)


def test_a_survey_in_which_nobody_is_offline_is_blended_too(inputs, place, tmp_path):
    path = tmp_path / "survey.csv"
    pd.read_csv(inputs.own["survey"], dtype=str).assign(online="yes").to_csv(path, index=False)
    study = replace(inputs, own={"survey": path})
    survey = surveying.asked(study, place.lsoas)
    before = surveying.before(study, place.lsoas, draws=50)
    found = surveying.blended(
        before, survey.direct, place.lsoas["ward"], survey, keep_level=False, seed=1
    )
    assert 0 < found.total()["share"] < before.total()["share"] / 2


def test_the_intervals_of_a_ward_model_hold_what_samples_of_it_find(inputs, place):
    survey = surveying.asked(inputs, place.lsoas)
    before = exclusion.summed(surveying.before(inputs, place.lsoas, draws=300), place.lsoas["ward"])
    groups = pd.Series(survey.wards.index, survey.wards.index)
    found = surveying.blended(before, survey.direct, groups, survey, keep_level=False, seed=1)
    model = surveying.WardModel(found, survey.plain["n"], seed=1)
    wards = survey.plain.index
    bounds = model.predict(pd.DataFrame(index=wards), level=0.9)
    assert ((bounds["low"] <= bounds["share"]) & (bounds["share"] <= bounds["high"])).all()
    random = np.random.default_rng(0)
    n = survey.plain["n"].round().astype(int)
    inside = []
    for draw in random.integers(0, 300, 60):
        seen = random.binomial(n, found.draws.loc[wards, draw]) / n
        inside.append(((seen >= bounds["low"]) & (seen <= bounds["high"])).mean())
    assert 0.9 < np.mean(inside) < 0.98  # few are asked in a ward, so shares come in steps


def test_regions_are_left_out_where_census_returns_are_held(inputs, place, monkeypatch):
    learned = index_of_returns(place.lsoas)
    study = choosing(inputs, learn_from="online_returns")
    notes = checking.check_estimate(study, place.lsoas, learned, today=TODAY).notes
    card = ValidationCard.from_dict(notes["card"])
    assert (card.grouping, card.areas, len(card.groups)) == ("region", 302, 4)
    assert card.agreement > card.baselines.loc["age only", "agreement"]
    assert card.groups["moran"].notna().all()
    assert any("most adults with low skills" in kind for kind in card.kinds.index)
    assert card.kinds.loc["areas: first sent paper (predicted by ONS)", "areas"] == 101
    assert notes["told"] == (checking.PATTERN,)  # 302 areas are not sampled
    monkeypatch.setattr(checking, "SAMPLED", 100)
    sampled = checking.check_estimate(study, place.lsoas, learned, today=TODAY).notes
    fewer = sampled["card"]
    assert sampled["told"] == (checking.PATTERN, checking.QUICK)
    assert fewer["agreement"] != notes["card"]["agreement"]
    assert fewer["agreement"] == pytest.approx(card.agreement, abs=0.1)


def test_national_rates_are_held_against_census_returns_where_there_are_any(inputs, place):
    learned = index_of_returns(place.lsoas)
    study = choosing(inputs, learn_from="published_rates")
    notes = checking.check_estimate(study, place.lsoas, learned, today=TODAY).notes
    assert notes["told"][0] == checking.RATES
    assert notes["card"]["areas"] == 302
    assert "national rates" not in ValidationCard.from_dict(notes["card"]).baselines.index
    without = checking.check_estimate(study, place.lsoas, None, today=TODAY).notes
    assert without == {"card": None, "told": (checking.NOTHING,)}


def test_regions_that_are_blank_or_one_only_give_no_card(inputs, place):
    learned = index_of_returns(place.lsoas)
    study = choosing(inputs, learn_from="online_returns")
    for region in ("North", None):
        alone = replace(learned, region=pd.Series(region, learned.region.index, dtype=object))
        notes = checking.check_estimate(study, place.lsoas, alone, today=TODAY).notes
        assert notes == {"card": None, "told": (checking.NOTHING,)}


def test_a_place_that_could_not_be_checked_says_so_on_paper_and_panel(place):
    unchecked = replace(place, card=None, checked=(checking.NOTHING,))
    assert estimates.how_checked(unchecked) == (checking.NOTHING,)
    assert estimates.briefly_checked(unchecked) == checking.NOTHING
    panel = panels.check_estimate(unchecked)
    assert "calibration" not in dict(panel.controls["view"].options).values()
    panel.refresh()
    assert checking.NOTHING in panel.answer.grids[0].frame.to_string()


def test_the_card_is_not_made_again_when_a_map_or_a_weight_changes(
    demo_workspace, monkeypatch, tmp_path, unless_asked
):
    import shutil

    from mapping.pipeline import building, manifest
    from mapping.workspace import Workspace

    for part in ("studies", "data"):
        shutil.copytree(demo_workspace.root / part, tmp_path / part)
    copied = Workspace(tmp_path)
    before = pipeline.load("demo", workspace=copied)
    study = copied.studies / "demo.toml"
    study.write_text(study.read_text().replace("income_rate = 3", "income_rate = 9"))
    monkeypatch.setattr(building, "code_version", lambda: "a new map")
    unless_asked("check_estimate")
    monkeypatch.setattr(
        building, "check_estimate", lambda *_, **__: pytest.fail("checked once more")
    )
    pipeline.build("demo", workspace=copied)
    after = pipeline.load("demo", workspace=copied)
    assert after.fingerprint != before.fingerprint
    assert after.card.as_dict() == before.card.as_dict()
    monkeypatch.setattr(building, "code_of", lambda *_: "another model")
    with pytest.raises(BaseException, match="checked once more"):
        pipeline.build("demo", workspace=copied)
    assert manifest.code_of("exclusion") != manifest.code_of("exclusion", "sources")


def test_the_day_of_the_card_does_not_change_the_hash_of_the_inputs(demo_workspace):
    from mapping.pipeline.loading import _without_day

    path = demo_workspace.processed / "demo" / "manifest.json"
    content = json.loads(path.read_text())
    later = json.loads(path.read_text())
    later["steps"]["validation"]["notes"]["card"]["made"] = "2030-01-01"
    assert _without_day(content) == _without_day(later)
    later["steps"]["validation"]["notes"]["card"]["agreement"] = 0.0
    assert _without_day(content) != _without_day(later)


# From files


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("16-24", "16-34"), ("25 to 34", "16-34"), ("45–54", "35-64"), ("65-74", "65-74"),
        ("75-84", "75-84"), ("85+", "85+"), ("91", "85+"), ("47", "35-64"), ("16", "16-34"),
        ("60-74", None), ("75+", None), ("12", None), ("", None), (None, None), ("n/a", None),
        (float("nan"), None),
    ],
)  # fmt: skip
def test_ages_of_a_survey_are_taken_where_the_census_has_the_same_bands(age, band):
    assert surveying.age_band(age) == band


def test_wards_are_adjusted_for_age_only_where_the_survey_tells_all_ages(inputs, place, tmp_path):
    told = surveying.asked(inputs, place.lsoas)
    assert not any("does not tell the age" in caveat for caveat in told.caveats)
    assert (told.direct["share"] - told.plain["share"]).abs().max() > 0.005
    frame = pd.read_csv(inputs.own["survey"], dtype=str)
    path = tmp_path / "survey.csv"
    frame.assign(age=frame["age"].mask(frame.index == 0, "60-74")).to_csv(path, index=False)
    untold = surveying.asked(replace(inputs, own={"survey": path}), place.lsoas)
    assert any("does not tell the age" in caveat for caveat in untold.caveats)
    pd.testing.assert_frame_equal(untold.direct, untold.plain)


def test_respondents_of_wards_elsewhere_are_left_out_and_told(inputs, place, tmp_path):
    frame = pd.read_csv(inputs.own["survey"], dtype=str)
    frame.loc[:4, "ward"] = "X05009999"
    path = tmp_path / "survey.csv"
    frame.to_csv(path, index=False)
    told = surveying.asked(replace(inputs, own={"survey": path}), place.lsoas)
    assert any("no areas here (1) were left out" in caveat for caveat in told.caveats)
    assert not any("X05009999" in caveat for caveat in told.caveats)
    assert "X05009999" not in told.direct.index


def test_a_published_level_of_the_same_outcome_is_kept_and_of_another_brought_to(
    inputs, place, monkeypatch
):
    monkeypatch.setattr(estimating, "DRAWS", 60)
    same = LevelChoice(
        0.10, 0.002, 2024, "non_user", "adults aged 16 and over", "a national survey"
    )
    other = replace(same, outcome="below_foundation", population="adults aged 18 and over")
    for level in (same, other):
        study = choosing(inputs, level=level)
        found = estimating._from_survey(study, place.lsoas, draws=60)
        assert found.total()["share"] == pytest.approx(0.10, abs=0.02)
        assert surveying.keeps_level(study) == (level is same)
    assert found.outcome == "below_foundation"
    assert any("count different things" in caveat for caveat in found.caveats)


def test_an_estimate_with_a_survey_does_not_say_that_nothing_local_was_observed(place):
    assert not any("Nothing local was observed" in caveat for caveat in place.caveats)
    assert any("corrected by about 1,200 respondents in 63 wards" in c for c in place.caveats)


def test_a_pattern_of_census_returns_is_named_before_it_is_brought_to_a_level(inputs, place):
    learned = index_of_returns(place.lsoas)
    study = choosing(inputs, learn_from="online_returns")
    step = estimating.estimate(study, place.lsoas, learned)
    told = " ".join(step.notes["caveats"])
    assert "Pattern and level count different things" in told
    assert "did not return the census form online" in told
    assert step.notes["outcome"] == "had not used the internet in the last three months"
    assert set(step.tables) == {"draws", "groups", "who", "explanation"}
    groups = step.tables["explanation"].index.get_level_values("group")
    assert {"age", "skills and schooling", "rest"} <= set(groups)


def test_sources_that_a_way_of_learning_does_not_use_are_not_said_to_be_used():
    assert "online_returns" not in OPTIONAL_FOR["survey"]
    assert set(OPTIONAL_FOR) == {"online_returns", "survey", "published_rates"}


def test_exports_say_who_and_how_it_was_checked(demo_workspace, place):
    folder = demo_workspace.exports / "demo"
    who = pd.read_csv(folder / "who-wards.csv")
    assert set(who["kind"]) == {"age", "tenure", "disability"}
    assert who.groupby("kind")["area"].nunique().eq(63).all()
    checked = json.loads((folder / "validation.json").read_text(encoding="utf-8"))
    assert checked["sentences"] == list(estimates.how_checked(place))
    assert ValidationCard.from_dict(checked["card"]).areas == place.card.areas
    wards = pd.read_csv(folder / "needs-wards.csv")
    assert set(wards["offline_share_against_place"].dropna()) <= {
        "likely above", "about average", "likely below",
    }  # fmt: skip


def test_the_board_paper_says_who_why_and_how_it_was_checked(demo_workspace, place):
    folder = demo_workspace.exports / "demo"
    page = (folder / "board-map.html").read_text(encoding="utf-8")
    for words in (
        "How the estimate was checked",
        "Who is likely to be offline",
        "neither prove causes",
    ):
        assert words in page
    assert estimates.how_checked(place)[-1] in page
    assert "How this was checked" in (folder / "summary.html").read_text(encoding="utf-8")


# Panels


@pytest.fixture(scope="module")
def panel(place):
    panel = panels.check_estimate(place)
    panel.refresh()
    return panel


def test_every_view_is_a_picture_with_words_for_who_cannot_see_it(panel, place):
    views = set(dict(panel.controls["view"].options).values()) - {estimate.MAPS}
    assert len(views) == 3
    for view in views:
        ward = place.ward_exclusion.draws.index[0]
        shown = estimate.drawing(view, ward, place)
        assert '<img class="mapping-picture" alt="' in shown.markup
        assert len(shown.markup.split('alt="')[1].split('"')[0]) > 60


def test_the_panel_tells_of_the_place_of_a_ward_and_of_two(panel, place):
    assert place.name in panel.answer.lead
    (_, none), (name, ward), (_, other) = panel.controls["ward"].options[:3]
    shown = panel.answer.shown
    panel.controls["ward"].value = ward
    assert name in panel.answer.lead
    assert panel.answer.shown is shown
    panel.controls["other"].value = other
    assert "draws" in panel.answer.notes[0]
    panel.controls["other"].value = panel.controls["ward"].value = none


def test_a_ward_without_an_estimate_can_be_asked_about(panel, place):
    gap = place.wards.index[place.wards["adults"].isna()][0]
    for view in dict(panel.controls["view"].options).values():
        values = {"view": view, "ward": gap, "other": place.wards.index[0]}
        said = estimate.estimate_answer(
            values, place, draw=lambda view, ward: estimate.drawing(view, ward, place)
        )
        assert said.lead.startswith("There is no estimate")
        assert "nan" not in " ".join(said.notes)


def test_what_goes_with_a_difference_asks_for_a_ward_first(place):
    values = {"view": "why", "ward": "", "other": ""}
    said = estimate.estimate_answer(values, place, draw=lambda *_: None)
    assert "Choose a ward" in said.notes[0]
