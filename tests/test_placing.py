from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping import access, pipeline
from mapping.access import Walks
from mapping.errors import InvalidScenarioError
from mapping.panels.arranging import Arrangement
from mapping.report import siting, words
from mapping.scenario import (
    NOT_KNOWN,
    OwnPoint,
    Scenario,
    Trial,
    frontier,
    own_name,
    weigh,
    with_own,
)
from mapping.scenario.fairness import kappa
from mapping.scenario.placing import walks_of
from mapping.workspace import Workspace

HUBS = Scenario(name="Five", study="demo", bus_days=0)


@pytest.fixture(scope="module")
def outcome(place):
    return weigh(HUBS, place)


def beside(place, site, right=300.0, up=200.0):
    point = place.sites.geometry[site]
    return f"Hall@{point.x + right:.0f},{point.y + up:.0f}"


def test_walks_to_a_point_are_those_of_the_matrix(place):
    walks = walks_of(place)
    assert place.graph is not None
    for site, point in place.sites.geometry.iloc[::9].items():
        expected = place.walk.minutes[site]
        found = walks.minutes_to(point.x, point.y)
        pd.testing.assert_series_equal(found, expected, check_names=False)
        short = walks.minutes_to(point.x, point.y, limit=15)
        assert access.within(short.to_frame(), 15).equals(access.within(found.to_frame(), 15))


@given(
    st.lists(
        st.tuples(st.integers(300_000, 310_000), st.integers(400_000, 410_000)),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    st.tuples(st.integers(295_000, 315_000), st.integers(395_000, 415_000)),
    st.randoms(),
)
def test_walks_without_streets_are_straight_lines_whatever_the_order(places, point, random):
    origins = gpd.GeoSeries.from_xy(*np.array(places, float).T, crs="EPSG:27700")
    sites = gpd.GeoSeries.from_xy([point[0]], [point[1]], index=["p"], crs="EPSG:27700")
    expected = access.travel_times(origins, sites, graph=None).minutes["p"]
    order = random.sample(range(len(origins)), len(origins))
    found = Walks(origins.iloc[order], None).minutes_to(*point)
    pd.testing.assert_series_equal(found.loc[expected.index], expected, check_names=False)


@pytest.mark.parametrize(
    ("text", "words_"),
    [
        ("Hall", "name@easting,northing"),
        ("@334000,390000", "name@easting,northing"),
        ("Hall@390000", "name@easting,northing"),
        ("Hall@-3.0,53.4", "name@easting,northing"),
        ("Hall@334000,2390000", "outside Great Britain"),
    ],
)
def test_a_point_that_cannot_be_is_refused_in_words(text, words_):
    with pytest.raises(InvalidScenarioError, match=words_):
        replace(HUBS, placed=(text,))


def test_a_point_far_from_the_place_and_one_named_twice_are_refused(place):
    with pytest.raises(InvalidScenarioError, match="more than 20 km from Exampleton"):
        weigh(replace(HUBS, placed=("Hall@500000,200000",)), place)
    with pytest.raises(InvalidScenarioError, match="twice"):
        replace(HUBS, placed=("Hall@334000,390000",) * 2)
    with pytest.raises(InvalidScenarioError, match="only 1 new hubs are asked for"):
        replace(HUBS, new_hubs=1, placed=("A@334000,390000", "B@334000,390001"))


@given(
    st.text(st.characters(exclude_characters="@", exclude_categories=["C", "Z"]), min_size=1),
    st.floats(5_000, 655_000),
    st.floats(5_000, 1_220_000),
)
def test_any_point_survives_a_scenario_file(tmp_path_factory, name, x, y):
    point = OwnPoint(name, round(x), round(y))
    assert OwnPoint.read(str(point)) == point
    scenario = replace(HUBS, placed=(str(point),))
    path = tmp_path_factory.mktemp("kept") / "scenario.toml"
    assert Scenario.load(scenario.save(path)) == scenario


def test_a_point_opens_and_is_weighed_like_any_other_hub(place, outcome):
    text = beside(place, outcome.new_hubs[0])
    moved = weigh(replace(HUBS, placed=(text,), must_open=outcome.new_hubs[1:]), place)
    assert set(moved.new_hubs) == {text, *outcome.new_hubs[1:]}
    assert NOT_KNOWN in moved.caveats
    with_it = with_own(place, (text,))
    assert "nothing was left to choose" in words.proof(moved)
    assert "Hall" in words.recommendation(moved, with_it)
    assert "Hall" in siting.why(moved, with_it, text)
    reached = access.within(with_it.walk.minutes[[*moved.hub_plan.sites]], 15).any(axis=1)
    pd.testing.assert_series_equal(moved.areas["hub"], reached, check_names=False)


def test_where_one_is_left_to_choose_it_is_chosen_around_the_point(place, outcome):
    text = beside(place, outcome.new_hubs[0])
    free = weigh(replace(HUBS, placed=(text,)), place)
    fixed = weigh(replace(HUBS, placed=(text,), must_open=outcome.new_hubs[1:]), place)
    assert len(free.new_hubs) == HUBS.new_hubs
    assert text in free.new_hubs
    reach = "reach", "value"
    assert free.measures.loc[reach] >= fixed.measures.loc[reach]
    assert "proven best" in words.proof(free)


@pytest.mark.parametrize("question", ["budgeted", "set_cover", "p_centre", "equitable", "gradual"])
def test_every_question_takes_points_of_ones_own(place, outcome, question):
    text = beside(place, outcome.new_hubs[0])
    asked = replace(HUBS, question=question, placed=(text,), new_hubs=2)
    assert text in weigh(asked, place).new_hubs


def test_scenarios_are_compared_by_the_same_measure_whatever_was_placed(place, outcome):
    with_it = with_own(place, (beside(place, outcome.new_hubs[0]),))
    assert kappa(with_it) == kappa(place)
    # Points of another scenario are no candidates of this one.
    assert weigh(HUBS, with_it).new_hubs == outcome.new_hubs
    assert with_own(with_it, ()) is place


def test_a_place_and_its_sites_are_not_changed(place, outcome):
    sites, minutes = place.sites.copy(), place.walk.minutes.copy()
    with_own(place, (beside(place, outcome.new_hubs[1]),))
    pd.testing.assert_frame_equal(place.sites, sites)
    pd.testing.assert_frame_equal(place.walk.minutes, minutes)


def test_a_trial_says_what_the_plan_then_says(place, outcome):
    moved = outcome.new_hubs[2]
    text = beside(place, moved, right=-400)
    point = OwnPoint.read(text)
    tried = Trial(outcome, place, without=(moved,)).at(point.x, point.y)
    kept = tuple(site for site in outcome.new_hubs if site != moved)
    then = weigh(replace(HUBS, placed=(text,), must_open=kept), place)
    reach, gained = then.measures.loc["reach"], then.measures.loc["gained"]
    assert tried.people == pytest.approx(reach["value"])
    assert (tried.low, tried.high) == pytest.approx((reach["low"], reach["high"]))
    assert tried.gained == pytest.approx(gained["value"])
    pd.testing.assert_series_equal(tried.within, then.areas["hub"], check_names=False)
    # One hub more never reaches fewer.
    assert (
        Trial(outcome, place).at(point.x, point.y).people
        >= outcome.measures.loc["reach", "value"] - 1e-6
    )


def test_what_more_hubs_bring_can_be_asked_with_a_point(place, outcome):
    text = beside(place, outcome.new_hubs[0])
    found = frontier(replace(HUBS, new_hubs=2, placed=(text,)), place)
    assert found is not None
    assert found.curve["value"].is_monotonic_increasing


def test_a_scenario_with_points_is_told_compared_and_exported(
    demo_workspace, place, outcome, tmp_path
):
    text = beside(place, outcome.new_hubs[0])
    named = replace(HUBS, name="By hand", placed=(text,), must_open=outcome.new_hubs[1:])
    moved = weigh(named, place)
    assert "Hall" in words.recommendation(moved, place)
    assert "Hall" in set(siting.hub_table(moved, place)["Name"])
    assert any("Hall" in line for line in siting.section(moved, place))
    assert "By hand" in words.difference(outcome, moved)
    for folder in ("data", "studies"):
        (tmp_path / folder).symlink_to(demo_workspace.root / folder)
    files = [
        scenario.save(tmp_path / f"{at}.toml") for at, scenario in enumerate((named, HUBS), start=1)
    ]
    made = pipeline.export(files, workspace=Workspace(tmp_path))
    assert "Hall" in made.story
    board = next(path for path, _ in made.files if path.name == "board-map.html")
    page = board.read_text(encoding="utf-8")
    assert "Hall" in page
    assert NOT_KNOWN.split(":")[1].strip()[:30] in page


def test_moving_and_letting_go_are_values():
    start = Arrangement().with_point("V1", "Hall (moved)", 334_000, 390_000, kept=("V2", "V3"))
    further = start.with_point("V1", "ignored", 334_100, 390_000, kept=("V2", "V3"))
    assert further.placed == ("Hall (moved)@334100,390000",)
    more = further.with_point("", "Own point", 1_000, 2_000, kept=())
    more = more.with_point("", "Own point", 3_000, 4_000, kept=())
    assert [key for key, _ in more.points] == ["V1", "own-1", "own-2"]
    assert more.placed[1:] == ("Own point@1000,2000", "Own point 2@3000,4000")
    assert more.added == 2
    second = more.with_point("V2", "B (moved)", 5_000, 6_000, kept=("V3",))
    assert second.kept == ("V3",)
    ordered = start.with_point("V3", "C", 7_000, 8_000, kept=("V2",), order=("V2", "V1", "V3"))
    sites = ("V2", "V8", *ordered.placed)
    assert ordered.numbered(sites) == ("V2", *ordered.placed, "V8")
    assert ordered.without("V1").order == ordered.order
    assert second.without("V2").kept == ("V3", "V2")
    assert start.without("V1") == Arrangement()
    assert Arrangement.of(more.placed).placed == more.placed


def test_a_name_is_never_taken_twice():
    assert own_name(["Own point", "Own point 2"], "Own point") == "Own point 3"
    assert own_name([], "  ") == "Own point"
