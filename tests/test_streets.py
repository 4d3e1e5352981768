"""OpenStreetMap: whatever the file, the same streets come out of one door."""

import bz2
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise

import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import access
from mapping.errors import DownloadError, InvalidTableError
from mapping.sources import streets
from mapping.sources.bends import without_bends
from mapping.sources.catalogue import catalogue, locate
from mapping.sources.readers import read

WAYS = {
    # way: nodes, tags; one degree is cut into steps of about 66 m east and 111 m north
    1: ((1, 2, 3, 4), {"highway": "residential"}),
    2: ((3, 5), {"highway": "footway"}),
    3: ((4, 6, 7), {"highway": "primary", "oneway": "yes", "maxspeed": "20 mph"}),
    4: ((7, 1), {"highway": "motorway"}),
    5: ((5, 7), {"highway": "service", "access": "private"}),
    6: ((6, 8), {"highway": "construction"}),
    7: ((7, 8), {"highway": "tertiary", "oneway": "-1", "foot": "no"}),
}
PLACES = {
    1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (2, 1), 6: (3, 1), 7: (3, 2), 8: (4, 2),
}  # fmt: skip


def degrees(node):
    east, north = PLACES[node]
    return round(-2.98 + east * 0.001, 7), round(53.4 + north * 0.001, 7)


@pytest.fixture
def town(tmp_path):
    lines = ['<?xml version="1.0"?><osm version="0.6" generator="hand">']
    for node in PLACES:
        lon, lat = degrees(node)
        lines.append(f'<node id="{node}" version="1" lat="{lat}" lon="{lon}"/>')
    for way, (nodes, tags) in WAYS.items():
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        lines.append(f'<way id="{way}" version="1">{refs}{said}</way>')
    path = tmp_path / "town.osm"
    path.write_text("\n".join([*lines, "</osm>"]))
    return path


def summary(roads):
    """Links without the nodes' names: their ends in degrees, who may go there, and how far."""
    at = {node: (round(p.x, 6), round(p.y, 6)) for node, p in roads.nodes.geometry.items()}
    rows = []
    for link in roads.links.itertuples():
        ends = (at[link.start_node], at[link.end_node])
        ends = ends if link.one_way else tuple(sorted(ends))
        rows.append((*ends, round(link.length, 3), link.road_function, link.walkable,
                     link.drivable, link.one_way, str(link.kmh)))  # fmt: skip
    return sorted(rows)


def test_who_may_use_a_street_and_which_way(town):
    found = streets.open_streets(town).links
    by_road = found.groupby("road_function")[["walkable", "drivable", "one_way"]].first()
    assert by_road.loc["Local Road"].tolist() == [True, True, False]
    assert by_road.loc["Path"].tolist() == [True, False, False]
    assert by_road.loc["A Road"].tolist() == [True, True, True]
    assert by_road.loc["Motorway"].tolist() == [False, True, False]
    assert by_road.loc["Minor Road"].tolist() == [False, True, True]
    assert "Restricted Local Access Road" not in by_road.index
    assert found.set_index("road_function")["kmh"]["A Road"].tolist() == pytest.approx(
        [32.19] * 2, abs=0.01
    )
    backwards = found[found["road_function"] == "Minor Road"].iloc[0]
    assert (backwards["start_node"], backwards["end_node"]) == (8, 7)


def test_every_kind_of_file_gives_the_same_streets(town, tmp_path):
    plain = summary(streets.open_streets(town))
    packed = tmp_path / "town.osm.bz2"
    packed.write_bytes(bz2.compress(town.read_bytes()))
    assert summary(streets.open_streets(packed)) == plain
    with streets._settings():
        graph = ox.graph_from_xml(town, simplify=False, retain_all=True)
    ox.save_graphml(graph, tmp_path / "streets.graphml")
    assert summary(streets.open_streets(tmp_path / "streets.graphml")) == plain
    ox.save_graphml(ox.project_graph(graph, to_crs="EPSG:27700"), tmp_path / "projected.graphml")
    assert summary(streets.open_streets(tmp_path / "projected.graphml")) == plain
    # GDAL reads PBF and XML with one driver, and writes neither; the XML stands for both.
    through_gdal = streets._roads(*streets._through_gdal(town, None), None, "town")
    assert summary(through_gdal) == plain


def test_a_file_of_streets_becomes_travel_times(town):
    roads = read(catalogue()["osm_streets"], town, bounds=(330_000, 380_000, 340_000, 395_000))
    graph = access.street_graph(
        roads.links.reset_index(), roads.nodes, caveats=access.STREETS_AND_PATHS
    )
    where = roads.nodes.geometry
    found = access.travel_times(where[[1]], where[[5]], graph=graph)
    assert found.minutes.iloc[0, 0] * 60 * 1.3 == pytest.approx(2 * 66.3 + 111.2, rel=0.01)
    assert found.caveats[0] == access.STREETS_AND_PATHS["walk"]
    drive = access.travel_times(where[[4]], where[[7]], graph=graph, mode="drive")
    assert drive.minutes.iloc[0, 0] == pytest.approx(2 * 0.1112 / 32 * 60, rel=0.01)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.osm", '<osm version="0.6"></osm>', "cannot be read|no street"),
        ("x.osm", "nonsense", "cannot be read"),
        ("x.osm.pbf", "nonsense", "cannot be read"),
        ("x.graphml", "nonsense", "cannot be read"),
        ("x.csv", "a,b", r"no file of OpenStreetMap streets. Use .osm"),
    ],
)
def test_a_file_without_streets_is_refused_in_a_sentence(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidTableError, match=words):
        streets.open_streets(tmp_path / name)


def test_an_extract_of_another_place_is_refused(town):
    with pytest.raises(
        InvalidTableError, match="no street or path lies in it and inside the place"
    ):
        streets.open_streets(town, bounds=(500_000, 100_000, 510_000, 110_000))


def test_open_roads_come_first_and_a_study_can_choose_the_other(tmp_path):
    files = [tmp_path / "england.osm.pbf", tmp_path / "oproad_gb.gpkg"]
    assert locate(files, chosen={})["roads"][1] == files[1]
    assert locate(files, chosen={"roads": "osm_streets"})["roads"][1] == files[0]
    assert locate(files[:1], chosen={})["roads"][0].attribution.startswith("© OpenStreetMap")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), step=st.sampled_from([50.0, 200.0, 1e9]))
def test_taking_bends_out_changes_no_way_between_the_nodes_that_remain(seed, step):
    rng = np.random.default_rng(seed)
    graph = nx.gnm_random_graph(14, 16, seed=seed)
    rows = []
    for one, other in graph.edges:
        inner = [100 + len(rows) + k for k in range(rng.integers(0, 4))]
        way, one_way = [one, *inner, other], rng.random() < 0.4
        rows += [(a, b, rng.uniform(5, 60), one_way) for a, b in pairwise(way)]
        rows += [(0, 0, 0.0, False)] * 3  # keeps the inner names apart
    links = pd.DataFrame(rows, columns=["start_node", "end_node", "length", "one_way"])
    links = links[links["start_node"] != links["end_node"]].assign(
        road_function="Local Road", road_structure="", walkable=True, drivable=True, kmh=np.nan
    )
    fewer = without_bends(links, step=step)
    before, after = ways(links), ways(fewer)
    assert set(after) <= set(before)
    assert fewer["length"].sum() <= links["length"].sum() + 1e-9
    for start, reached in after.items():
        for end, metres in reached.items():
            assert metres == pytest.approx(before[start][end])
        assert set(reached) == set(before[start]) & set(after)
    if len(fewer) < len(links):
        assert fewer["length"].max() <= max(step, links["length"].max())


def ways(links):
    graph = nx.MultiDiGraph()
    for link in links.itertuples():
        graph.add_edge(link.start_node, link.end_node, weight=link.length)
        if not link.one_way:
            graph.add_edge(link.end_node, link.start_node, weight=link.length)
    return dict(nx.all_pairs_dijkstra_path_length(graph))


@pytest.fixture
def overpass():
    """An Overpass service on loopback that answers what it is told to."""
    answer = {"elements": []}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield answer, f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    thread.join()
    server.server_close()


BOX = shapely.box(-3, 53.39, -2.96, 53.42)


def test_streets_of_a_place_are_downloaded_and_read_back(overpass, town, tmp_path):
    answer, address = overpass
    answer["elements"] = [
        {"type": "node", "id": n, "lon": degrees(n)[0], "lat": degrees(n)[1]} for n in PLACES
    ] + [
        {"type": "way", "id": way, "nodes": list(nodes), "tags": tags}
        for way, (nodes, tags) in WAYS.items()
    ]
    before = ox.settings.overpass_url
    path = streets.download_streets(BOX, tmp_path / "streets", service=address)
    assert ox.settings.overpass_url == before
    assert summary(streets.open_streets(path)) == summary(streets.open_streets(town))


def test_an_empty_answer_is_a_sentence_and_leaves_no_file(overpass, tmp_path):
    with pytest.raises(DownloadError, match="knows no street there"):
        streets.download_streets(BOX, tmp_path / "streets", service=overpass[1])
    with pytest.raises(DownloadError, match="gave no streets"):
        streets.download_streets(BOX, tmp_path / "streets", service="http://127.0.0.1:9/api")
    assert not list(tmp_path.iterdir())


@pytest.mark.real
def test_a_real_extract_goes_through_the_same_door(open_data):
    path = open_data.parent / "benchmarks" / "roads" / "West-Oakland.osm.bz2"
    roads = streets.open_streets(path)
    graph = access.street_graph(
        roads.links.reset_index(), roads.nodes, crs="EPSG:32610", caveats=access.STREETS_AND_PATHS
    )
    assert "94 of them in the largest" in graph.in_words("walk")
    with streets._settings():
        whole = ox.graph_from_xml(path, simplify=False, retain_all=True)
    walked = nx.MultiGraph()
    for start, end, tags in whole.edges(data=True):
        shut = tags.get("access") in ("private", "no") and "foot" not in tags
        if tags.get("highway") not in (None, "motorway", "motorway_link") and not shut:
            walked.add_edge(start, end, weight=tags["length"])
    piece = graph.pieces("walk")
    points = roads.nodes.geometry[piece == piece.mode()[0]].iloc[:30]
    found = access.travel_times(points, points, graph=graph).minutes * 1.3 * 60
    for start in points.index[:10]:
        reached = nx.single_source_dijkstra_path_length(walked, start)
        for end in points.index[10:]:
            assert found.loc[start, end] == pytest.approx(reached[end], abs=1e-6)


def test_a_study_builds_its_graph_from_such_a_file_once(town, tmp_path):
    from types import SimpleNamespace

    import geopandas as gpd

    from mapping.pipeline.travelling import _street_graph

    source, asked = catalogue()["osm_streets"], []
    inputs = SimpleNamespace(
        has=lambda _: True,
        published={"roads": (source, town)},
        hashes={town: "abc"},
        table=lambda _, **options: asked.append(1) or read(source, town, **options),
    )
    place = gpd.GeoDataFrame(geometry=[BOX], crs=4326).to_crs(27700)
    first = _street_graph(inputs, place, tmp_path)
    again = _street_graph(inputs, place, tmp_path)
    assert (first.source, len(asked)) == ("street graph, OpenStreetMap", 1)
    pd.testing.assert_frame_equal(first.links, again.links)
    assert first.digest == again.digest


def test_the_streets_of_a_built_study_are_asked_for_around_it(demo_workspace, monkeypatch):
    from mapping import pipeline
    from mapping.pipeline import getting

    asked = {}
    monkeypatch.setattr(
        getting, "download_streets", lambda area, path, **_: asked.update(area=area) or path
    )
    path = pipeline.get_streets("demo", workspace=demo_workspace)
    assert path == demo_workspace.raw / "demo" / "streets.graphml"
    place = pipeline.load("demo", workspace=demo_workspace)
    assert place.lsoas.to_crs(4326).within(asked["area"]).all()
