"""Travel times: checked against networkx, against hand-made streets, and with shuffled rows."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from mapping import access
from mapping.errors import InvalidTableError

CORNER = np.array([335_000.0, 390_000.0])


def points(xy, ids=None, crs="EPSG:27700"):
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    return gpd.GeoSeries(gpd.points_from_xy(*xy.T), index=ids, crs=crs)


def nodes(xy):
    """Node ids n0, n1, ... at metres east and north of the corner of the map."""
    xy = np.asarray(xy, dtype=float) + CORNER
    return gpd.GeoDataFrame(
        {"id": [f"n{k}" for k in range(len(xy))]}, geometry=points(xy).to_numpy(), crs="EPSG:27700"
    )


def links(pairs, lengths, road="Local Road"):
    return pd.DataFrame(
        {
            "id": [f"l{k}" for k in range(len(pairs))],
            "start_node": [f"n{a}" for a, _ in pairs],
            "end_node": [f"n{b}" for _, b in pairs],
            "length": np.asarray(lengths, dtype=float),
            "road_function": road,
        }
    )


def at(*xy, ids=None):
    return points(np.asarray(xy, dtype=float) + CORNER, ids)


def town(seed=3, size=120):
    """Return links and nodes of a planar town with a detached suburb 20 km away."""
    rng = np.random.default_rng(seed)
    main = rng.uniform(0, 4000, (size, 2))
    suburb = rng.uniform((20_000, 0), (20_300, 300), (5, 2))
    edges = {
        tuple(sorted((int(a), int(b))))
        for corner in Delaunay(main).simplices
        for a, b in zip(corner, np.roll(corner, 1), strict=True)
    }
    pairs = sorted(edges) + [(size + k, size + k + 1) for k in range(4)]
    xy = np.vstack([main, suburb])
    length = [np.hypot(*(xy[a] - xy[b])) * rng.uniform(1, 1.5) for a, b in pairs]
    return links(pairs, length), nodes(xy)


def people_and_sites(seed=5):
    rng = np.random.default_rng(seed)
    origins = np.vstack([rng.uniform(0, 4000, (14, 2)), [[20_100, 100]]])
    sites = np.vstack([rng.uniform(0, 4000, (5, 2)), [[20_200, 50]]])
    return (
        at(*origins, ids=[f"A{k}" for k in range(15)]),
        at(*sites, ids=[f"s{k}" for k in range(6)]),
    )


def plain_minutes(street, where, origins, sites):
    """Walk every pair by networkx: nearest node, path, nearest node."""
    graph = nx.Graph()
    for row in street.itertuples():
        graph.add_edge(row.start_node, row.end_node, weight=row.length)
    xy = where.set_index("id").geometry
    table = pd.DataFrame(np.nan, index=origins.index, columns=sites.index)
    for a, origin in origins.items():
        for s, site in sites.items():
            first, last = xy.distance(origin).idxmin(), xy.distance(site).idxmin()
            if first == last:
                metres = origin.distance(site)
            elif nx.has_path(graph, first, last):
                metres = nx.dijkstra_path_length(graph, first, last)
                metres += xy[first].distance(origin) + xy[last].distance(site)
            else:
                continue
            table.loc[a, s] = metres / 1.3 / 60
    return table


def test_walking_times_agree_with_networkx_and_none_leads_to_a_detached_suburb():
    street, where = town()
    origins, sites = people_and_sites()
    found = access.travel_times(origins, sites, graph=access.street_graph(street, where))
    expected = plain_minutes(street, where, origins, sites)
    pd.testing.assert_frame_equal(found.minutes, expected)
    assert expected.isna().to_numpy().any()
    assert any("1 of 15 origins" in text and "A14" in text for text in found.caveats)
    assert any("1 of 6 sites" in text and "s5" in text for text in found.caveats)
    assert found.source == "street graph, OS Open Roads"


def test_there_and_back_take_equally_long():
    graph = access.street_graph(*town())
    origins, sites = people_and_sites()
    there = access.travel_times(origins, sites, graph=graph).minutes
    back = access.travel_times(sites, origins, graph=graph).minutes
    pd.testing.assert_frame_equal(there, back.T)


@settings(max_examples=15, deadline=None)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(order):
    street, where = town(size=30)
    origins, sites = people_and_sites()
    before = access.travel_times(origins, sites, graph=access.street_graph(street, where))

    def shuffled(table):
        return table.iloc[order.sample(range(len(table)), len(table))]

    graph = access.street_graph(shuffled(street), shuffled(where))
    after = access.travel_times(shuffled(origins), shuffled(sites), graph=graph)
    pd.testing.assert_frame_equal(
        before.minutes, after.minutes.loc[before.minutes.index, before.minutes.columns]
    )
    assert before.caveats == after.caveats


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_a_limit_only_hides_what_lies_beyond_it(mode):
    graph = access.street_graph(*town())
    origins, sites = people_and_sites()
    free = access.travel_times(origins, sites, graph=graph, mode=mode).minutes
    limit = float(np.nanmedian(free))  # one route is exactly this long
    short = access.travel_times(origins, sites, graph=graph, mode=mode, limit=limit).minutes
    pd.testing.assert_frame_equal(short, free.where(free <= limit))
    assert (short == limit).to_numpy().any()


def test_a_river_makes_the_walk_over_the_bridge_longer_than_the_straight_line():
    bridge = [[0, 0], [1000, 0], [1000, 200], [0, 200]]
    graph = access.street_graph(links([(0, 1), (1, 2), (2, 3)], [1000, 200, 1000]), nodes(bridge))
    here, opposite = at([0, 0], ids=["A"]), at([0, 200], ids=["s"])
    street = access.travel_times(here, opposite, graph=graph)
    straight = access.travel_times(here, opposite, graph=None)
    assert street.minutes.loc["A", "s"] == pytest.approx(2200 / 1.3 / 60)
    assert straight.minutes.loc["A", "s"] == pytest.approx(200 * 1.3 / 1.3 / 60)
    assert "rivers" in straight.caveats[0]
    assert straight.source == access.STRAIGHT


def test_nobody_walks_on_a_motorway_or_through_a_long_tunnel():
    table = links([(0, 1), (1, 2), (0, 2)], [1000, 1000, 3000])
    table["road_function"] = ["Motorway", "A Road", "Local Road"]
    table["road_structure"] = [None, "Road In Tunnel", None]
    graph = access.street_graph(table, nodes([[0, 0], [1000, 0], [2000, 0]]))
    here, there = at([0, 0], ids=["A"]), at([2000, 0], ids=["s"])
    walk = access.travel_times(here, there, graph=graph)
    drive = access.travel_times(here, there, graph=graph, mode="drive")
    assert walk.minutes.loc["A", "s"] == pytest.approx(3000 / 1.3 / 60)
    assert drive.minutes.loc["A", "s"] == pytest.approx((1 / 80 + 1 / 32) * 60)


def test_of_parallel_links_walkers_take_the_shortest_and_drivers_the_quickest():
    table = links([(0, 1), (1, 0), (0, 0)], [1000, 1200, 5])
    table["road_function"] = ["Local Road", "Motorway", "Local Road"]
    graph = access.street_graph(table, nodes([[0, 0], [900, 0]]))
    assert graph.metres[0, 1] == 1000
    assert graph.metres[0, 0] == 0
    assert graph.minutes("drive")[0, 1] == pytest.approx(1.2 / 80 * 60)


def test_a_link_of_no_length_still_joins_its_ends():
    graph = access.street_graph(
        links([(0, 1), (1, 2)], [0, 650]), nodes([[0, 0], [10, 0], [600, 0]])
    )
    found = access.travel_times(at([0, 0], ids=["A"]), at([600, 0], ids=["s"]), graph=graph)
    assert found.minutes.loc["A", "s"] == pytest.approx(650 / 1.3 / 60)


def test_a_point_far_from_streets_is_named_and_its_way_there_is_counted():
    graph = access.street_graph(links([(0, 1)], [1000]), nodes([[0, 0], [1000, 0]]))
    found = access.travel_times(at([0, 400], ids=["A"]), at([1000, 0], ids=["s"]), graph=graph)
    assert found.minutes.loc["A", "s"] == pytest.approx(1400 / 1.3 / 60)
    assert any(
        "1 of 1 origins lie more than 300 m" in text and "A" in text for text in found.caveats
    )


def test_a_point_beside_a_slip_of_street_joins_the_town_instead():
    pairs = [(k, k + 1) for k in range(40)] + [(41, 42)]
    xy = [[k * 100, 0] for k in range(41)] + [[0, 60], [10, 60]]
    graph = access.street_graph(links(pairs, [100] * 40 + [10]), nodes(xy))
    found = access.travel_times(at([0, 50], ids=["A"]), at([500, 0], ids=["s"]), graph=graph)
    assert found.minutes.loc["A", "s"] == pytest.approx(550 / 1.3 / 60)


def test_neighbours_at_one_node_are_as_far_apart_as_the_straight_line():
    graph = access.street_graph(links([(0, 1)], [1000]), nodes([[0, 0], [1000, 0]]))
    found = access.travel_times(at([0, 30], ids=["A"]), at([40, 0], ids=["s"]), graph=graph)
    assert found.minutes.loc["A", "s"] == pytest.approx(50 / 1.3 / 60)


def test_longitude_and_latitude_are_converted_not_taken_for_metres():
    degrees = points([[-2.98, 53.40]], ["A"], crs="EPSG:4326")
    metres = degrees.to_crs("EPSG:27700")
    found = access.travel_times(degrees, metres, graph=None)
    assert found.minutes.loc["A", "A"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (points([[335_000, 390_000]], ["A"], crs=None), "not stated"),
        (points([[53.4, -2.98]], ["A"], crs="EPSG:4326"), "swapped"),
        (points([[0.1, 52.2]], ["A"], crs="EPSG:27700"), "Great Britain"),
        (points([[335_000, 390_000]] * 2, ["A", "A"]), "repeated"),
        (gpd.GeoSeries([None], index=["A"], crs="EPSG:27700"), "no geometry"),
        (points([[335_000, 390_000]], ["A"]).buffer(5), "not a point"),
    ],
)
def test_points_that_cannot_be_placed_are_refused_in_words(bad, words):
    with pytest.raises(InvalidTableError, match=words):
        access.travel_times(bad, at([0, 0], ids=["s"]), graph=None)


def test_all_faults_of_a_street_table_are_named_at_once():
    table = links([(0, 1), (0, 9), (1, 0)], [-5, 10, np.nan])
    table["id"] = ["a", "b", "b"]
    with pytest.raises(InvalidTableError) as caught:
        access.street_graph(table, nodes([[0, 0], [10, 0]]))
    for words in ("repeated b", "unknown nodes n9", "missing at b", "below 0 m at a"):
        assert words in str(caught.value)


def test_a_street_table_without_a_column_says_what_it_found():
    with pytest.raises(InvalidTableError, match="no column length; found id"):
        access.street_graph(links([(0, 1)], [10]).drop(columns="length"), nodes([[0, 0], [10, 0]]))


def test_nodes_without_a_crs_and_options_without_sense_are_refused():
    table, where = links([(0, 1)], [10]), nodes([[0, 0], [10, 0]])
    with pytest.raises(InvalidTableError, match=r"street nodes: .*not stated"):
        access.street_graph(table, where.set_crs(None, allow_override=True))
    with pytest.raises(InvalidTableError, match=r"transit.*speed is 0.*limit is -1"):
        access.travel_times(where, where, graph=None, mode="transit", speed=0, limit=-1)


def test_measures_agree_with_a_plain_loop_and_leave_no_route_out():
    minutes = pd.DataFrame(
        {"y": [4, np.nan, np.nan], "x": [4, 20, np.nan]}, index=["A", "B", "C"], dtype=float
    )
    demand = pd.Series({"C": 1.0, "B": 10.0, "A": 100.0})
    closest = access.nearest(minutes)
    assert closest["site"].tolist() == ["x", "x", None]
    assert closest["minutes"].tolist()[:2] == [4, 20]
    assert np.isnan(closest["minutes"].iloc[2])
    assert access.nearest(minutes, ["y"])["site"].tolist() == ["y", None, None]
    assert access.nearest(minutes, [])["site"].isna().all()
    assert access.within(minutes, 20).loc["B", "x"]
    assert not access.within(minutes, 20).loc["B", "y"]
    assert access.coverage(demand, minutes, within=20) == 110
    assert access.coverage(demand, minutes, within=19.99) == 100


def test_a_site_exactly_on_the_standard_is_within_it_however_the_legs_were_added():
    minutes = pd.DataFrame({"x": [0.1 + 0.2]}, index=["A"])
    assert access.coverage(pd.Series({"A": 7}), minutes, within=0.3) == 7


def test_coverage_refuses_demand_that_it_cannot_place():
    minutes = pd.DataFrame({"x": [1.0, 2.0]}, index=["A", "B"])
    with pytest.raises(InvalidTableError, match=r"missing at A.*below 0 at B.*travel times: Z"):
        access.coverage(pd.Series({"A": np.nan, "B": -1, "Z": 2}), minutes, within=5)
    with pytest.raises(InvalidTableError, match="no column for the sites q"):
        access.nearest(minutes, ["q"])
