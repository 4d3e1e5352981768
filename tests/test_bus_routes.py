"""The bus on the map: along streets, by weekday; and whom it reaches, by group."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mapping import access
from mapping.bus import Bus, Settings, Slot, plan_term, verify_term
from mapping.errors import InfeasibleError, InvalidTableError
from mapping.maps.page import map_page
from mapping.report.busfigures import bus_figures, bus_figures_told
from mapping.report.busroutes import STRAIGHT, STREETS, bus_routes
from mapping.report.drawing import outcome_map, plan_figure
from mapping.scenario import Scenario, weigh
from mapping.sources import records


@pytest.fixture(scope="module")
def outcome(place):
    return weigh(Scenario("Plan", "demo", bus_days=5, bus_term=4), place)


def square():
    """Four junctions 1 km apart; the street from SW to SE is missing."""
    corners = {"SW": (0, 0), "SE": (1, 0), "NW": (0, 1), "NE": (1, 1)}
    nodes = gpd.GeoDataFrame(
        {"id": list(corners)},
        geometry=[shapely.Point(4e5 + 1e3 * x, 3e5 + 1e3 * y) for x, y in corners.values()],
        crs=27700,
    )
    ends = [("SW", "NW"), ("NW", "NE"), ("NE", "SE")]
    links = pd.DataFrame(ends, columns=["start_node", "end_node"]).assign(
        id=list("abc"), length=1000.0, road_function="Local Road"
    )
    return access.street_graph(links, nodes), nodes.set_index("id").geometry


def test_a_route_goes_round_by_the_streets_there_are():
    graph, points = square()
    found = access.ways(points, {"day": ["SW", "SE", "SW"]}, graph)
    assert found["day"].length == pytest.approx(6000)
    straight = access.ways(points, {"day": ["SW", "SE", "SW"]}, None)
    assert straight["day"].length == pytest.approx(2000)


def test_a_point_without_a_way_is_joined_by_a_straight_line():
    graph, points = square()
    cut = replace(graph, links=graph.links.iloc[:1])
    assert access.ways(points, {0: ["NW", "NE"]}, cut)[0].length == pytest.approx(1000)


def test_day_routes_pass_every_stop_and_are_as_long_as_the_ways_driven(outcome, place):
    routes = bus_routes(outcome, place)
    timetable = outcome.bus_plan.timetable
    assert set(routes.index) == set(timetable["weekday"])
    assert (routes["heading"] == STREETS).all()
    assert routes["dash"].is_unique
    for weekday, rows in timetable.groupby("weekday"):
        stops = place.stops.loc[rows["stop"]].to_crs(routes.crs)
        assert (stops.distance(routes.geometry[weekday]) < 1).all()
    points = pd.concat([place.depot_at, place.stops.geometry])
    legs = {stop: [place.depot, stop] for stop in place.stops.index}
    lines = access.ways(gpd.GeoSeries(points), legs, place.graph)
    # The quickest way is at least as long as the shortest, and seldom much longer.
    ratio = lines.length / 1000 / place.drive_km.loc[place.depot, list(legs)]
    assert ratio.min() > 0.98
    assert ratio.median() < 1.15


def test_the_map_draws_routes_names_their_days_and_stays_small(outcome, place):
    drawn = outcome_map(outcome, place)
    page = map_page(drawn)
    assert f">{STREETS}<" in page
    features = drawn.data["routes"]["features"]
    for feature in features:
        assert f"<span>{feature['properties']['name']}</span>" in page
        assert f'stroke-dasharray="{feature["properties"]["dash"]}"' in page
    plain = outcome_map(replace(outcome, bus_plan=None), place)
    assert plain.data["routes"] is None
    assert len(page) - len(map_page(plain)) < 20_000
    unstreeted = outcome_map(outcome, replace(place, graph=None))
    assert STRAIGHT in map_page(unstreeted)


def test_the_printed_map_has_the_routes_in_its_key(outcome, place):
    made, _ = plan_figure(outcome, place)
    texts = [text.get_text() for text in made.axes[1].get_legend().get_texts()]
    assert STREETS in texts
    assert set(bus_routes(outcome, place)["name"]) <= set(texts)


def test_groups_of_the_bus_have_intervals_and_add_up(outcome, place):
    figures = bus_figures(outcome, place).set_index(["by", "name"])
    reach = outcome.measures.loc["bus_reach"]
    for kind in ("age", "tenure", "disability", "deprivation"):
        rows = figures.loc[kind]
        assert rows["within_reach"].sum() == pytest.approx(reach["value"], rel=0.1)
        for name in ("within_reach", "expected"):
            some = rows[rows[name] > 20]
            assert len(some)
            assert (some[f"{name}_low"] < some[name]).all()
            assert (some[name] < some[f"{name}_high"]).all()
        assert np.all(rows["expected"] <= rows["within_reach"])
    parked = replace(place, stops=place.stops.assign(kind="car park"))
    told = bus_figures_told(outcome, parked)
    assert told["Within reach"].str.fullmatch(r"(under 5|[\d,]+) \(.+ to .+\)").all()
    hidden = replace(place, stops=place.stops.assign(kind="sheltered scheme"))
    stops = bus_figures_told(outcome, hidden).query("By == 'Stop'")
    assert (stops["Within reach"] == "–").all()


# The planner's own stops


def own_stops(place, tmp_path, **columns):
    """Read a small list of stops as a planner writes it, and put it in the place."""
    stops = place.stops.iloc[: len(next(iter(columns.values())))]
    listed = pd.DataFrame(
        {
            "site": stops.index,
            "name": stops["name"].to_numpy(),
            "kind": "estate",
            "easting": stops.geometry.x.to_numpy(),
            "northing": stops.geometry.y.to_numpy(),
            **columns,
        }
    )
    path = tmp_path / "stops.csv"
    listed.to_csv(path, index=False)
    return replace(place, stops=records.sites(path, {}))


def planned(place, **choices):
    scenario = Scenario("Plan", "demo", bus_term=4, **{"bus_days": 5, **choices})
    return weigh(scenario, place)


def test_a_list_of_stops_says_on_which_days_and_when_they_are_possible(place, tmp_path):
    own = own_stops(
        place, tmp_path,
        hours=["Tu 13:00-17:00", "Mo-Fr 09:00-11:00,14:00-18:00", "ask the warden", None, None],
        not_on=[None, None, None, "Mon-Wed/Fri", None],
        opens=[None, "14:30:00", None, None, "12:00"],
        closes=[None, None, None, None, "14:00"],
    )  # fmt: skip
    outcome = planned(own, bus_must=tuple(own.stops.index), bus_shift=540.0)
    rows = outcome.bus_plan.timetable.set_index("stop").loc[list(own.stops.index)]
    first, second, _, fourth, fifth = (row for _, row in rows.iterrows())
    assert (first["weekday"], first["open"] >= 13 * 60) == (1, True)
    assert second["open"] >= 14.5 * 60
    assert second["close"] <= 18 * 60
    assert fourth["weekday"] == 3
    assert 12 * 60 <= fifth["open"] < fifth["close"] <= 14 * 60
    unread = own.stops.index[2]
    assert any(f"1 of 5 bus stops cannot be read ({unread})" in told for told in outcome.caveats)


def test_hours_that_leave_no_day_are_a_clash_in_words(place, tmp_path):
    own = own_stops(place, tmp_path, hours=["Sa 09:00-12:00"])
    stop = own.stops.index[0]
    with pytest.raises(InfeasibleError, match="possible on Sat only and the buses run on Mon"):
        planned(own, bus_must=(stop,))
    with pytest.raises(InfeasibleError, match="open at no time on the days"):
        planned(own, bus_locked=(f"{stop} tue 10:00",))
    lunch = own_stops(place, tmp_path, hours=["Mo-Fr 09:00-12:00,13:00-17:00"])
    with pytest.raises(InfeasibleError, match="has to start at 11:30 and is open from 13:00"):
        planned(lunch, bus_locked=(f"{stop} tue 11:30",))


def test_the_verifier_refuses_a_session_outside_every_window():
    stops = pd.DataFrame({"windows": [((540.0, 720.0, (0,)), (780.0, 1020.0, (1,)))]}, ["a"])
    reach = pd.DataFrame({"a": [True]}, ["x"])
    legs = pd.DataFrame(5.0, ["depot", "a"], ["depot", "a"])
    rules = {
        "buses": [Bus("depot", 480, 1080)],
        "slots": [Slot(0, 1, (0, 1))],
        "settings": Settings((90.0,)),
    }
    plan = plan_term(stops, reach, pd.Series({"x": 9.0}), legs, **rules)
    assert plan.timetable["open"].tolist() == [780]
    verify_term(plan.timetable, plan.days, stops, legs, **rules)
    monday = stops.assign(windows=[((540.0, 1020.0, (0,)),)])
    with pytest.raises(InvalidTableError, match="when it is not open"):
        verify_term(plan.timetable, plan.days, monday, legs, **rules)


def test_only_stops_that_say_yes_to_what_is_needed_are_asked(place, tmp_path):
    own = own_stops(
        place, tmp_path, permission=["true", "no", None, "Y"], power=["yes", "yes", "yes", "no"]
    )
    both = planned(own, bus_needs=("permission", "power")).bus_plan
    assert both.stops == [own.stops.index[0]]
