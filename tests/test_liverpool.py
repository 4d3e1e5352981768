"""The real city, from published files to a plan."""

from pathlib import Path

import pytest

from mapping import pipeline
from mapping.scenario import Scenario, weigh
from mapping.study import read_study
from mapping.workspace import Workspace

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def liverpool(open_data, tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("liverpool"))
    study = read_study("liverpool", Workspace(Path(__file__).parents[1]))
    pipeline.build(study, raw=open_data, workspace=workspace)
    return pipeline.load(study, workspace=workspace)


def test_liverpool_has_302_areas_and_64_wards_one_of_them_a_stated_gap(liverpool):
    assert len(liverpool.lsoas) == 302
    assert len(liverpool.wards) == 64
    gap = liverpool.wards.loc["E05015332"]
    assert gap.drop(["name", "geometry"]).isna().all()
    assert any("E05015332" in caveat for caveat in liverpool.caveats)


def test_26_4_per_cent_of_households_rent_from_a_social_landlord(liverpool):
    lsoas = liverpool.lsoas
    assert lsoas["households"].sum() == 207_523
    assert lsoas["social_rented"].sum() / lsoas["households"].sum() == pytest.approx(
        0.264, abs=5e-4
    )


def test_city_totals_are_equal_before_and_after_every_join(liverpool):
    checks = liverpool.reconciliation
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


def test_five_hubs_are_sited_and_proven(liverpool):
    outcome = weigh(Scenario("Five", "liverpool", bus_days=0), liverpool)
    assert len(outcome.new_hubs) == 5
    assert outcome.hub_plan.gap < 1e-6
    assert 5_000 < outcome.measures.loc["reach", "value"] < 30_000
    assert any("straight line" in caveat for caveat in outcome.caveats)
