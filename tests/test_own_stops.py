"""Stops of the planner's own: planned like any other, tried while they move, kept in files."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mapping import access
from mapping.errors import InvalidScenarioError
from mapping.exclusion.result import TAILS
from mapping.report import words
from mapping.report.busfigures import bus_figures
from mapping.report.busroutes import bus_routes
from mapping.report.drawing import outcome_map
from mapping.report.timetables import timetables_page
from mapping.scenario import (
    MAY_NOT_PARK,
    Scenario,
    StopTrial,
    as_chosen,
    files,
    weigh,
    with_own,
)

BUS = Scenario(name="Bus", study="demo", new_hubs=3, bus_days=3, bus_seconds=3.0)


@pytest.fixture(scope="module")
def outcome(place):
    return weigh(BUS, place)


@pytest.fixture(scope="module")
def first(place, outcome):
    """A stop of the plan whose own figure may be shown."""
    hidden = words.own_count_hidden(place.stops.loc[outcome.bus_plan.stops])
    return hidden.index[~hidden][0]


@pytest.fixture(scope="module")
def text(place, first):
    """The same, 300 m east of where it was."""
    point = place.stops.geometry[first]
    return f"By the shops@{point.x + 300:.0f},{point.y:.0f}"


@pytest.fixture(scope="module")
def moved(place, first, text):
    scenario = replace(BUS, bus_placed=(text,), bus_never=(first,))
    return weigh(scenario, place)


def test_a_stop_that_was_moved_is_visited_where_it_is_now_and_the_caveat_is_told(
    place, outcome, moved, first, text
):
    assert text in moved.bus_plan.stops
    assert first not in moved.bus_plan.stops
    assert MAY_NOT_PARK in moved.caveats
    assert MAY_NOT_PARK not in outcome.caveats
    assert "By the shops" in set(words.bus_table(moved, place)["Stop"])
    assert "By the shops" in timetables_page(moved, place)
    assert "By the shops" in outcome_map(moved, place).get_root().render()
    assert bus_figures(moved, place).loc[text, "name"] == "By the shops"
    assert bus_routes(moved, place) is not None


def test_ways_by_road_to_an_own_stop_are_measured_like_all_others(place, text):
    with_it = with_own(place, (), (text,))
    point = with_it.stops.to_crs("EPSG:27700").geometry[[text]]
    stops = place.stops.geometry.iloc[:5]
    there = access.travel_times(point, stops, graph=place.graph, mode="drive").minutes
    back = access.travel_times(stops, point, graph=place.graph, mode="drive").minutes
    drive = with_it.drive.minutes
    pd.testing.assert_frame_equal(drive.loc[[text], stops.index], there, check_names=False)
    pd.testing.assert_frame_equal(drive.loc[stops.index, [text]], back, check_names=False)
    assert drive.notna().all(axis=None)
    assert with_it.drive_km.loc[place.depot, text] > 0
    pd.testing.assert_frame_equal(drive.loc[place.drive.minutes.index, place.drive.minutes.columns],
                                  place.drive.minutes, check_names=False)  # fmt: skip
    assert with_own(with_it, ()) is place


def test_hubs_and_stops_of_ones_own_stand_beside_each_other(place, text):
    chosen = replace(BUS, new_hubs=3, placed=(text,), bus_placed=(text,))
    with_both = as_chosen(place, chosen)
    assert text in with_both.sites.index
    assert text in with_both.stops.index
    np.testing.assert_allclose(with_both.walk.minutes[text], with_both.walk_to_stops.minutes[text])


def test_what_is_told_on_the_way_is_what_the_plan_then_says(place, outcome, moved, text):
    others = [stop for stop in moved.bus_plan.stops if stop != text]
    x, y = map(float, text.split("@")[1].split(","))
    tried = StopTrial(outcome, place, others=others).at(x, y)
    reach = moved.measures.loc["bus_reach"]
    np.testing.assert_allclose(tried.together, reach[["value", "low", "high"]].astype(float))
    by_any = moved.areas["hub"] | moved.areas["bus"]
    assert (tried.within[by_any]).all()
    # Counted by hand: within the walk of this stop, and of no hub and no other stop.
    minutes = as_chosen(place, moved.scenario).walk_to_stops.minutes
    near = minutes[text] <= BUS.bus_walk
    elsewhere = (minutes[others] <= BUS.bus_walk).any(axis=1)
    draws = place.exclusion.draws.mul(place.exclusion.adults, axis=0)
    counted = draws[(near & ~elsewhere & ~moved.areas["hub"]).reindex(draws.index)].sum()
    assert tried.people == pytest.approx(counted.mean())
    assert (tried.low, tried.high) == pytest.approx(tuple(np.quantile(counted, TAILS)))


def test_an_own_stop_among_the_others_counts_like_one_that_is_listed(place, outcome):
    first, *rest = outcome.bus_plan.stops
    point = place.stops.geometry[first]
    same = f"The same@{point.x:.0f},{point.y:.0f}"
    listed = StopTrial(outcome, place, others=[first, *rest]).without()
    own = StopTrial(outcome, place, others=[same, *rest]).without()
    assert own.together == pytest.approx(listed.together)
    assert StopTrial(outcome, place, others=()).without().together == (0.0, 0.0, 0.0)


def test_own_stops_survive_a_file_and_impossible_ones_are_refused(place, text, tmp_path):
    scenario = replace(BUS, bus_placed=(text,), bus_needs=("permission",))
    kept = files.save(scenario, tmp_path / "kept.toml", place=place)
    assert files.open_file(kept, place=place).scenario == scenario
    with pytest.raises(InvalidScenarioError, match="bus_placed names a stop twice"):
        replace(BUS, bus_placed=(text, text))
    with pytest.raises(InvalidScenarioError, match="easting,northing"):
        replace(BUS, bus_placed=("Shops",))
    with pytest.raises(InvalidScenarioError, match="more than 20 km"):
        with_own(place, (), ("Shops@500000,200000",))


def test_a_permission_that_is_asked_of_listed_stops_does_not_take_an_own_one_away(place, text):
    outcome = weigh(replace(BUS, bus_placed=(text,), bus_needs=("permission",)), place)
    assert text in outcome.bus_plan.stops


def test_the_figure_of_an_own_stop_at_the_door_of_a_sheltered_scheme_is_not_shown(place):
    stops = place.stops.copy()
    point = stops.geometry.iloc[0]
    stops.loc[stops.index[0], "kind"] = "sheltered scheme"
    at_door, away = (f"Stop@{point.x + far:.0f},{point.y:.0f}" for far in (60, 160))
    with_them = with_own(replace(place, stops=stops), (), (at_door, away))
    hidden = words.own_count_hidden(with_them.stops.loc[[at_door, away]])
    assert hidden.tolist() == [True, False]
