"""Searching street graphs: a small core, several processes and a disk change no minute."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from shapely import Point

from mapping import access
from mapping.access import keeping, searching
from mapping.access.core import core
from mapping.errors import InvalidTableError

CORNER = np.array([335_000.0, 390_000.0])


def road_like(size, seed, one_ways=0.2):
    """A planar grid of streets, jittered, with gaps, one-ways and bends between the corners."""
    rng = np.random.default_rng(seed)
    at = np.arange(size * size).reshape(size, size)
    pairs = np.concatenate(
        [np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]]
    )
    pairs = pairs[rng.random(len(pairs)) < 0.8]
    bends = size * size + np.arange(len(pairs))
    start, end = np.r_[pairs[:, 0], bends], np.r_[bends, pairs[:, 1]]
    minutes = rng.uniform(0.1, 2, len(start))
    both = np.tile(rng.random(len(pairs)) > one_ways, 2)
    row, column = np.r_[start, end[both]], np.r_[end, start[both]]
    count = size * size + len(pairs)
    return sparse.csr_array((np.r_[minutes, minutes[both]], (row, column)), shape=(count, count))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.none() | st.floats(1, 20))
def test_a_core_of_one_way_streets_keeps_every_minute(seed, limit):
    network = road_like(9, seed)
    rng = np.random.default_rng(seed)
    sources, targets = rng.choice(network.shape[0], 5), rng.choice(network.shape[0], 7)
    small = core(network, np.union1d(sources, targets))
    assert small.network.shape[0] < 0.6 * network.shape[0]
    most = np.inf if limit is None else limit
    found = dijkstra(small.network, indices=small.position[sources], limit=most)
    expected = dijkstra(network, indices=sources, limit=most)[:, targets]
    np.testing.assert_allclose(found[:, small.position[targets]], expected, rtol=1e-12)


def test_searches_agree_with_networkx_from_either_side():
    network = road_like(12, 4)
    graph = nx.from_scipy_sparse_array(network, create_using=nx.DiGraph)
    rng = np.random.default_rng(1)
    few, many = rng.choice(144, 4), np.repeat(rng.choice(144, 40), 2)
    for origins, sites in ((few, many), (many, few)):
        found = searching.shortest(network, origins, sites)
        for row, origin in enumerate(origins[:4]):
            reached = nx.single_source_dijkstra_path_length(graph, origin)
            expected = [reached.get(site, np.inf) for site in sites]
            np.testing.assert_allclose(found[row], expected, rtol=1e-12)


def test_two_processes_find_what_one_finds(monkeypatch):
    network, rng = road_like(25, 2), np.random.default_rng(3)
    sources, targets = rng.choice(600, 60, replace=False), rng.choice(600, 90, replace=False)
    alone = searching.shortest(network, sources, targets, cores=1)
    monkeypatch.setattr(searching, "SHARED", 0)
    np.testing.assert_array_equal(searching.shortest(network, sources, targets, cores=2), alone)
    monkeypatch.setattr(searching.sys, "executable", "/no/such/interpreter")
    np.testing.assert_array_equal(searching.shortest(network, sources, targets, cores=2), alone)


def at(east):
    return Point(CORNER[0] + east, CORNER[1])


def grid(one_way=()):
    """Three streets in a row, 100 m each, and a bend."""
    nodes = gpd.GeoDataFrame(
        {"id": list("abcd")},
        geometry=[at(0), at(100), at(200), at(300)],
        crs="EPSG:27700",
    )
    links = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "start_node": list("abc"),
            "end_node": list("bcd"),
            "length": [100.0, 100.0, 100.0],
            "road_function": "Local Road",
            "one_way": [link in one_way for link in (1, 2, 3)],
            "kmh": [np.nan, 6.0, np.nan],
        }
    )
    return links, nodes


def ends():
    return [
        gpd.GeoSeries([at(x)], index=[name], crs="EPSG:27700") for x, name in ((0, "A"), (200, "s"))
    ]


def test_drivers_heed_one_way_streets_and_limits_and_walkers_do_not():
    graph = access.street_graph(*grid(one_way=(1, 2)))
    here, there = ends()
    drive = access.travel_times(here, there, graph=graph, mode="drive")
    assert drive.minutes.loc["A", "s"] == pytest.approx(0.1 / 24 * 60 + 0.1 / 6 * 60)
    assert drive.directed
    assert any("from the first place to the second" in told for told in drive.caveats)
    back = access.travel_times(there, here, graph=graph, mode="drive")
    assert back.minutes.isna().all(axis=None)
    walk = [access.travel_times(*pair, graph=graph) for pair in ((here, there), (there, here))]
    assert [times.directed for times in walk] == [False, False]
    pd.testing.assert_frame_equal(walk[0].minutes, walk[1].minutes.T)


def test_a_slow_walk_is_the_same_way_at_another_pace():
    graph = access.street_graph(*grid())
    here, there = ends()
    usual = access.travel_times(here, there, graph=graph)
    slow = access.travel_times(here, there, graph=graph, speed=access.SLOW_WALKING)
    pd.testing.assert_frame_equal(usual.slowly().minutes, slow.minutes)
    assert slow.minutes.loc["A", "s"] == pytest.approx(200 / 0.8 / 60)
    with pytest.raises(InvalidTableError, match="drive at no single speed"):
        access.travel_times(here, there, graph=graph, mode="drive").slowly()


def test_every_point_says_where_it_joins_the_streets():
    here, there = ends()
    times = access.travel_times(here, there, graph=access.street_graph(*grid()))
    assert times.joined_origins.loc["A", ["node", "metres", "main"]].tolist() == ["a", 0.0, True]
    assert times.joined_sites.loc["s", "node"] == "c"


def test_a_graph_says_how_it_hangs_together_and_doubts_links_of_no_length():
    links, nodes = grid(one_way=(3,))
    graph = access.street_graph(links.assign(length=[0.0, 100.0, 100.0]), nodes)
    assert graph.in_words("walk") == (
        "On foot: 3 links between 4 nodes, 4 of them in the largest of 1 connected pieces."
    )
    assert "3 of them in the largest of 2" in graph.in_words("drive")
    assert graph.notes[0].startswith("1 of 3 street links have length 0 although their ends lie")
    here, there = ends()
    assert graph.notes[0] in access.travel_times(here, there, graph=graph).caveats


def test_a_graph_comes_back_from_disk_equal(tmp_path):
    graph = access.street_graph(*grid(one_way=(2,)), caveats=access.STREETS_AND_PATHS)
    again = access.open_graph(access.save(graph, tmp_path / "g"))
    pd.testing.assert_frame_equal(again.nodes, graph.nodes)
    pd.testing.assert_frame_equal(again.links, graph.links)
    assert (again.source, again.crs, again.notes) == (graph.source, graph.crs, graph.notes)
    assert again.caveats == graph.caveats
    (tmp_path / "g" / "links.parquet").write_bytes(b"broken")
    with pytest.raises(InvalidTableError, match="no street graph can be read there"):
        access.open_graph(tmp_path / "g")


def test_a_matrix_is_made_once_and_again_when_anything_changes(tmp_path, monkeypatch):
    made = []
    real = access.times.shortest
    monkeypatch.setattr(access.times, "shortest", lambda *a: made.append(1) or real(*a))
    graph = access.street_graph(*grid())
    here, there = ends()

    def measured(**options):
        given = {"graph": graph, "kept_in": tmp_path} | options
        return access.travel_times(here, there, **given).minutes

    first = measured()
    pd.testing.assert_frame_equal(measured(), first)
    assert len(made) == 1
    links, nodes = grid()
    measured(graph=access.street_graph(links.assign(length=[100.0, 100.0, 101.0]), nodes))
    measured(mode="drive")
    measured(limit=1.0)
    here = here.set_axis(["B"])
    assert measured().index.tolist() == ["B"]
    assert len(made) == 5
    for path in tmp_path.glob("*.parquet"):
        path.write_bytes(b"broken")
    here = here.set_axis(["A"])
    pd.testing.assert_frame_equal(measured(), first)
    keeping.prune(tmp_path, keep=2)
    assert len(list(tmp_path.iterdir())) == 2


def test_coordinates_of_another_place_are_refused_by_name():
    links, nodes = grid()
    swapped = nodes.to_crs(4326)
    swapped["geometry"] = gpd.points_from_xy(swapped.geometry.y, swapped.geometry.x)
    with pytest.raises(InvalidTableError, match=r"street nodes: 4 of 4 .* swapped"):
        access.street_graph(links, swapped)
    with pytest.raises(InvalidTableError, match="ids must be unique, repeated a"):
        access.street_graph(links, nodes.assign(id=list("aacd")))


def test_an_origin_in_water_is_said_to_lie_far_from_streets():
    here, there = ends()
    sea = here.translate(0, 900)
    found = access.travel_times(sea, there, graph=access.street_graph(*grid()))
    assert any("1 of 1 origins lie more than 300 m" in told for told in found.caveats)
    assert found.minutes.loc["A", "s"] == pytest.approx(1100 / 1.3 / 60)
