"""The real city, from published files to a plan."""

from pathlib import Path

import pytest

from mapping import pipeline
from mapping.report import equality, estimates, words
from mapping.scenario import Scenario, weigh
from mapping.study import read_study
from mapping.workspace import Workspace

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def liverpool(open_data, once):
    study = read_study("liverpool", Workspace(Path(__file__).parents[1]))
    built = once(
        "liverpool",
        lambda folder: pipeline.build(study, raw=open_data, workspace=Workspace(folder)),
    )
    return pipeline.load(study, workspace=Workspace(built))


def test_liverpool_has_302_areas_and_64_wards_one_of_them_a_stated_gap(liverpool):
    assert len(liverpool.lsoas) == 302
    assert list(liverpool.wards.index) == [f"E0501{code}" for code in range(5277, 5341)]
    assert list(liverpool.wards.index[liverpool.wards["residents"].isna()]) == ["E05015332"]
    gap = liverpool.wards.loc["E05015332"]
    assert gap.drop(["name", "geometry"]).isna().all()
    assert any("E05015332" in caveat for caveat in liverpool.caveats)


def test_26_4_per_cent_of_households_rent_from_a_social_landlord(liverpool):
    lsoas = liverpool.lsoas
    assert lsoas["households"].sum() == liverpool.wards["households"].sum() == 207_523
    assert lsoas["social_rented"].sum() / lsoas["households"].sum() == pytest.approx(
        0.264, abs=5e-4
    )


def test_city_totals_are_equal_before_and_after_every_join(liverpool):
    checks = liverpool.reconciliation
    assert len(checks) == 5
    assert (checks["before"] == checks["lsoas"]).all()
    assert (checks["lsoas"] - checks["wards"]).abs().max() < 1e-6


def test_the_level_is_the_published_one_with_its_uncertainty(liverpool):
    total = liverpool.exclusion.total()
    assert total["share"] == pytest.approx(0.158, abs=0.003)
    adults = liverpool.lsoas["adults"].sum()
    assert (total["high"] - total["low"]) / adults == pytest.approx(4 * 0.019, rel=0.1)
    assert (liverpool.exclusion.year, liverpool.exclusion.population) == (
        2020,
        "adults aged 16 and over",
    )


def test_no_online_return_of_liverpool_was_learned_from(liverpool):
    assert any("0 of them in Liverpool" in caveat for caveat in liverpool.caveats)


def test_the_pattern_was_checked_on_regions_left_out_and_beats_every_simple_order(liverpool):
    card = liverpool.card
    assert card.areas == 27_426
    assert card.agreement > 0.77
    assert 0.87 <= card.coverage <= 0.93
    assert card.groups["coverage"].between(0.84, 0.95).all()
    assert card.as_good == card.not_compared == ()
    assert card.groups["moran"].notna().all()


def test_pattern_and_level_are_said_to_count_different_things(liverpool):
    assert any("Pattern and level count different things" in line for line in liverpool.caveats)
    assert not any("was learned without" in line for line in liverpool.caveats)


def test_wards_come_in_bands_and_with_what_goes_with_them(liverpool):
    said = estimates.in_bands(liverpool)
    assert "Everton" in said
    assert "cannot be put in order" in said
    groups = liverpool.explanation.index.get_level_values("group").unique()
    assert {"age", "homes and households", "connectivity", "skills and schooling"} <= set(groups)
    people = liverpool.who["people"]
    assert people["tenure"].sum() == pytest.approx(liverpool.exclusion.total()["people"])


def test_five_hubs_are_sited_and_proven(liverpool):
    outcome = weigh(Scenario("Five", "liverpool", bus_days=0), liverpool)
    assert len(outcome.new_hubs) == 5
    assert outcome.hub_plan.gap < 1e-6
    assert 5_000 < outcome.measures.loc["reach", "value"] < 30_000
    assert any("straight line" in caveat for caveat in outcome.caveats)
    # No list of the hubs open now is published: reach today is not known.
    assert not liverpool.hubs_known
    assert "reach_now" not in outcome.measures.index
    assert "how many do so today is not known" in words.recommendation(outcome, liverpool)


def test_ethnic_groups_of_residents_are_told_and_add_up(liverpool):
    plan = weigh(Scenario("One", "liverpool", new_hubs=1, bus_days=0), liverpool)
    frame = equality.residents([plan], liverpool)
    groups = frame.loc[frame["By"] == "Ethnic group", "Residents"]
    total = groups.str.replace(",", "").astype(float).sum()
    # The census moves people between neighbouring areas a little, table by table.
    assert total == pytest.approx(liverpool.lsoas["residents"].sum(), rel=0.001)
    assert equality.NO_ETHNICITY not in equality.told([plan], liverpool)
