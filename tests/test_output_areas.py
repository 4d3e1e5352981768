"""Output areas: people divided among the parts of each LSOA, with nobody lost and doubt kept."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import expit, logit

from mapping import exclusion, panels
from mapping.errors import InvalidScenarioError, InvalidTableError
from mapping.exclusion import Exclusion, Level
from mapping.panels.need import levels
from mapping.panels.needmaps import NeedMaps
from mapping.pipeline import trying
from mapping.pipeline.building import _needs
from mapping.pipeline.inputs import find_inputs
from mapping.pipeline.returns import everywhere
from mapping.study import read_study
from mapping.workspace import Workspace

REPOSITORY = Workspace(Path(__file__).parents[1])


@pytest.fixture(scope="module")
def small(place):
    """The demo's output areas."""
    return place.level("oa")


def estimate(draws, adults):
    return Exclusion("offline", 2021, "adults", "made", adults, draws)


def world(seed, sizes, draws=5):
    """Make an estimate of larger areas, one of their parts, and which is part of which."""
    random = np.random.default_rng(seed)
    whole = pd.Index([f"L{at}" for at in range(len(sizes))], name="area")
    groups = pd.Series(np.repeat(whole, sizes), [f"s{at:02d}" for at in range(sum(sizes))])
    shares = random.uniform(0.01, 0.9, (len(whole), draws))
    large = estimate(
        pd.DataFrame(shares, whole), pd.Series(random.integers(200, 900, len(whole)), whole)
    )
    parts = random.uniform(0.01, 0.9, (len(groups), draws))
    people = pd.Series(random.integers(20, 300, len(groups)), groups.index)
    return large, estimate(pd.DataFrame(parts, groups.index), people), groups


@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=30, deadline=None)
def test_parts_add_up_in_every_draw_as_by_one_shift_of_the_odds_in_any_order(seed, sizes, order):
    large, parts, groups = world(seed, sizes)
    rows = list(groups.index)
    order.shuffle(rows)
    shuffled = replace(parts, draws=parts.draws.loc[rows], adults=parts.adults.sample(frac=1))
    found = exclusion.nested(shuffled, large, groups)
    assert found.draws.index.tolist() == rows
    people = found.draws.mul(found.adults, axis=0)
    again = people.groupby(groups).sum()
    expected = large.draws.mul(large.adults, axis=0)
    assert again.loc[expected.index].to_numpy() == pytest.approx(expected.to_numpy())
    assert found.adults.groupby(groups).sum().to_numpy() == pytest.approx(large.adults.to_numpy())
    name = large.draws.index[0]
    mine = groups.index[groups == name]
    odds, weight = logit(parts.draws.loc[mine, 0]), parts.adults[mine]
    by = brentq(
        lambda by: np.average(expit(odds + by), weights=weight) - large.draws.loc[name, 0], -30, 30
    )
    assert found.draws.loc[mine, 0].to_numpy() == pytest.approx(expit(odds + by).to_numpy())


def test_a_part_without_an_estimate_has_the_share_of_the_whole_and_none_where_that_has_none():
    large, parts, groups = world(3, [3, 2])
    parts.draws.loc["s01"] = np.nan
    large.draws.loc["L1"] = np.nan
    found = exclusion.nested(parts, large, groups)
    assert found.draws.loc["s01"].to_numpy() == pytest.approx(large.draws.loc["L0"].to_numpy())
    assert found.draws.loc[["s03", "s04"]].isna().all(axis=None)
    people = found.draws.mul(found.adults, axis=0).loc[["s00", "s01", "s02"]].sum()
    assert people.to_numpy() == pytest.approx((large.draws.loc["L0"] * large.adults["L0"]).array)


def test_parts_of_unknown_areas_and_other_draws_are_refused():
    large, parts, groups = world(5, [2, 2])
    with pytest.raises(
        InvalidTableError, match=r"1 larger areas are not in the estimate \(first L1"
    ):
        exclusion.nested(parts, replace(large, draws=large.draws.iloc[:1]), groups)
    with pytest.raises(InvalidTableError, match="5 draws of the small areas and 4"):
        exclusion.nested(parts, replace(large, draws=large.draws.iloc[:, :4]), groups)


def test_the_city_s_output_areas_add_up_to_its_lsoas_draw_by_draw(place, small):
    lsoa = small.areas["lsoa"]
    assert small.areas.geometry.area.sum() == pytest.approx(place.lsoas.geometry.area.sum())
    people = small.exclusion.draws.mul(small.exclusion.adults, axis=0).groupby(lsoa).sum()
    whole = place.exclusion.draws.mul(place.exclusion.adults, axis=0)
    assert people.loc[whole.index].to_numpy() == pytest.approx(whole.to_numpy())
    of_ages = small.groups["age"].sum(axis=1)
    assert of_ages.to_numpy() == pytest.approx(small.exclusion.people.to_numpy())
    # Counts are perturbed level by level, as a census does, so totals are close and not equal.
    homes = small.areas["households"].groupby(lsoa).sum()
    assert homes.corr(place.lsoas["households"]) > 0.99
    assert not homes.equals(place.lsoas["households"])


def test_an_output_area_is_told_with_more_doubt_than_its_lsoa(place, small):
    def width(level):
        frame = level.exclusion.frame
        return ((frame["high"] - frame["low"]) / frame["share"]).median()

    assert width(small) > 1.3 * width(place.level("lsoa")) > 1.3 * width(place.level("ward"))
    assert "Output areas: no source says" in small.exclusion.caveats[-1]
    assert "97%" in small.exclusion.caveats[-1]


def test_the_need_panel_shows_output_areas_where_they_are_held(place, small):
    panel = panels.explore_need(place)
    panel.put({"by": "oa", "beside": "sure"})
    maps = next(one for one in panel.children[1].children if isinstance(one, NeedMaps))
    left, right = maps.maps
    assert len(left.names) == len(right.names) == len(small.areas)
    area = small.areas.index[7]
    card = maps.told("area", area)
    assert card.title == f"{area}, part of {place.lsoas.loc[small.areas.loc[area, 'lsoa'], 'name']}"
    assert "adults likely to be offline (" in card.lines[0]
    assert f"Ward: {small.areas.loc[area, 'ward_name']}." in card.lines
    assert "no source says how many are offline in one" in " ".join(panel.answer.notes)
    assert "Deprivation" not in " ".join(panel.answer.notes)
    panel.put({"layer": "income_rate"})
    assert "Deprivation is published for LSOAs" in " ".join(panel.answer.notes)
    panel.put({"by": "lsoa"})
    assert "Output areas" not in " ".join(panel.answer.notes)


def test_a_place_without_output_areas_neither_offers_nor_invents_them(place):
    without = replace(place, output_areas=None)
    assert [*levels(without).values()] == ["lsoa", "ward"]
    assert [*levels(place).values()] == ["oa", "lsoa", "ward"]
    with pytest.raises(
        InvalidScenarioError, match="Exampleton has no output areas: their outlines"
    ):
        without.level("oa")


def test_a_build_without_the_outlines_has_no_output_areas(demo_workspace, tmp_path):
    for path in (demo_workspace.raw / "demo").iterdir():
        if path.is_file() and not path.name.startswith("Output_Areas"):
            (tmp_path / path.name).symlink_to(path)
    study = replace(read_study("demo", demo_workspace), own={}, learn_from="published_rates")
    step = _needs(find_inputs(study, tmp_path, demo_workspace))
    assert "output_areas" not in step.tables
    outlines = demo_workspace.raw / "demo" / "Output_Areas_2021_EW_BGC.geojson"
    cut = outlines.read_text().replace('"LSOA21CD":"X01000001"', '"LSOA21CD":"X01999999"')
    (tmp_path / outlines.name).write_text(cut)
    with pytest.raises(InvalidTableError, match=r"BGC\.geojson: 1 LSOAs have no output area"):
        _needs(find_inputs(study, tmp_path, demo_workspace))


def test_another_estimate_tried_on_the_place_drops_figures_of_the_first(place):
    other = Level(0.2, 0.01, "had never been online", 2025, "adults aged 16 and over", "made up")
    assert trying.at_level(place, other).output_areas is None


@pytest.mark.real
def test_wards_divided_among_lsoas_leave_the_truth_in_its_range(open_data):
    # What is done with output areas, one level up, where the truth is known.
    inputs = find_inputs(read_study("liverpool", REPOSITORY), open_data, REPOSITORY)
    changes = inputs.table("changes")
    areas = everywhere(inputs)
    truth = inputs.table("online_returns")["offline_returns"]
    truth = truth.reindex(changes.index[changes["change"] == "U"].intersection(areas.index))
    ward = inputs.table("lookup")["ward"].reindex(truth.dropna().index)
    kept = ward[ward.groupby(ward).transform("size") > 2]
    kept = kept[kept.isin(np.sort(kept.unique())[::12])]
    truth, draws = truth.reindex(kept.index), 200
    pattern = exclusion.synthetic(areas.reindex(kept.index), draws=draws, seed=1)
    known = replace(pattern, draws=pd.DataFrame(dict.fromkeys(range(draws), truth)))
    found = exclusion.nested(pattern, exclusion.summed(known, kept), kept)
    held = [
        truth.between(*(found.interval(level)[end] for end in ("low", "high"))).mean()
        for level in (0.5, 0.8, 0.95)
    ]
    assert all(one < other for one, other in pairwise(held))
    assert 0.80 < held[1] < 0.92
    assert 0.95 < held[2] < 0.985
