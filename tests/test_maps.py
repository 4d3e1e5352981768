"""Maps: what is drawn, what its key says, and what a page of it may and may not hold."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import folium
import folium.plugins
import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import maps
from mapping.errors import InvalidTableError, UnknownAssetError
from mapping.maps import assets, colours
from mapping.maps.classes import NO_ESTIMATE, Classes, classes
from mapping.maps.outlines import thinned
from mapping.rounding import about, between, rounded

ROOT = Path(__file__).parents[1]
HOSTILE = [
    "<img src=x onerror=window.pwned=1>",
    "${window.pwned=1}",
    "`${window.pwned=1}`",
    "</script><script>window.pwned=1</script>",
    "<!--<script>",
    '"onmouseover="window.pwned=1',
    "\u202egnop",
    "Ward " + "very " * 60 + "long",
]


def jagged(seed: int = 3, columns: int = 5, rows: int = 4) -> gpd.GeoDataFrame:
    """Twenty areas near Liverpool whose common edges wiggle; one has no estimate."""
    rng = np.random.default_rng(seed)
    steps = 12
    bend = {
        "x": rng.uniform(-60, 60, (columns + 1, rows * steps + 1)),
        "y": rng.uniform(-60, 60, (columns * steps + 1, rows + 1)),
    }

    def upright(c, start, end):
        ys = range(start, end + (1 if end > start else -1), 1 if end > start else -1)
        return [(c * 1000 + (bend["x"][c, y] if y % steps else 0), y * 1000 / steps) for y in ys]

    def level(r, start, end):
        xs = range(start, end + (1 if end > start else -1), 1 if end > start else -1)
        return [(x * 1000 / steps, r * 1000 + (bend["y"][x, r] if x % steps else 0)) for x in xs]

    shapes = [
        shapely.Polygon(
            level(r, c * steps, (c + 1) * steps)
            + upright(c + 1, r * steps, (r + 1) * steps)
            + level(r + 1, (c + 1) * steps, c * steps)
            + upright(c, (r + 1) * steps, r * steps)
        )
        for c in range(columns)
        for r in range(rows)
    ]
    people = rng.uniform(40, 400, len(shapes))
    people[4] = np.nan
    return gpd.GeoDataFrame(
        {
            "name": [f"Area {at}" for at in range(len(shapes))],
            "people": people,
            "low": people * 0.8,
            "high": people * 1.3,
        },
        geometry=shapely.transform(shapes, lambda at: at + np.array([334_000, 388_000])),
        index=pd.Index([f"X01{at:06d}" for at in range(len(shapes))], name="area"),
        crs="EPSG:27700",
    )


def points(names, *, east: float = 335_500.0) -> gpd.GeoDataFrame:
    """Sites in a column up the map."""
    places = [shapely.Point(east, 388_500 + 700 * at) for at in range(len(names))]
    return gpd.GeoDataFrame(
        {"name": names, "kind": "library", "people": 1234.0},
        geometry=places,
        index=pd.Index([f"s{at}" for at in range(len(names))], name="site"),
        crs="EPSG:27700",
    )


def drawn(areas: gpd.GeoDataFrame | None = None, **options) -> folium.Map:
    """A map with the options that hardly any test cares about."""
    given_options = {
        "value": "people",
        "title": "Adults likely to be offline, Exampleton, 2021",
        "label": "adults likely to be offline",
    }
    return maps.need_map(jagged() if areas is None else areas, **(given_options | options))


def properties(folium_map) -> pd.DataFrame:
    features = folium_map.data["areas"]["features"]
    return pd.DataFrame([feature["properties"] for feature in features]).set_index("code")


class Elements(HTMLParser):
    """Every element and the text of every script of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.scripts, self._in_script = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data):
        if self._in_script:
            self.scripts[-1] += data


# Colours and classes


def test_the_scale_is_cividis_reversed():
    scale = mpl.colormaps["cividis_r"]
    wanted = tuple(mpl.colors.to_hex(scale(at)) for at in (0.06, 0.28, 0.5, 0.72, 0.94))
    assert wanted == colours.CIVIDIS


@pytest.mark.parametrize("scale", [colours.CIVIDIS, colours.GREYS])
def test_each_class_prints_darker_than_the_one_below_in_greyscale(scale):
    shares = np.array([0.299, 0.587, 0.114])
    lightness = [shares @ np.array(mpl.colors.to_rgb(colour)) for colour in scale]
    assert (np.diff(lightness) < -0.08).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 3000), st.none()), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_classes_do_not_depend_on_row_order_and_every_class_is_used(numbers, random):
    values = pd.Series(numbers, dtype=float)
    order = list(values.index)
    random.shuffle(order)
    found = classes(values)
    assert found == classes(values.loc[order])
    assert len(found) <= 5
    placed = found.of(values)
    pd.testing.assert_series_equal(placed, found.of(values.loc[order]).loc[values.index])
    for at, value in values.items():
        plain = NO_ESTIMATE if np.isnan(value) else sum(value >= edge for edge in found.breaks)
        assert placed[at] == plain
    if values.notna().any():
        assert set(range(len(found))) <= set(placed)


def test_breaks_are_round_and_read_well():
    rng = np.random.default_rng(5)
    found = classes(pd.Series(rng.uniform(40, 400, 302)).map(rounded))
    assert len(found) == 5
    assert all(edge % 10 == 0 for edge in found.breaks)
    assert found.labels()[1] == f"{found.breaks[0]} to {found.breaks[1] - 1}"


def test_two_maps_can_share_a_key():
    low = drawn(breaks=(100, 200, 300))
    assert low.views[0].labels == ("under 100", "100 to 199", "200 to 299", "300 or more")


@pytest.mark.parametrize("breaks", [(200, 100), (1, 2, 3, 4, 5), (100, 100)])
def test_breaks_that_cannot_make_a_key_are_refused(breaks):
    with pytest.raises(InvalidTableError, match="breaks"):
        drawn(breaks=breaks)


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 5e6), st.floats(0, 5e6))
def test_rounding_keeps_order_and_stays_within_its_precision(one, other):
    low, high = sorted((one, other))
    assert rounded(low) <= rounded(high)
    assert abs(rounded(low) - low) <= max(2.5, 0.05 * low)
    assert Classes((100,)).labels() == ["under 100", "100 or more"]


def test_nobody_is_told_that_nought_people_need_help():
    assert about(1.2) == "under 5"
    assert between(float("nan"), 3.0) == ""


# What a map draws


def test_a_tooltip_never_contradicts_its_colour():
    folium_map = drawn(jagged(seed=8))
    edges = folium_map.views[0].labels
    for _, facts in properties(folium_map).iterrows():
        if facts["people"]:
            shown = int(facts["people"].replace(",", ""))
            words = edges[facts["estimate"]]
            bounds = [int(part.replace(",", "")) for part in re.findall(r"[\d,]+", words)]
            fits = {
                "under": shown < bounds[0],
                "or more": shown >= bounds[0],
                "to": bounds[0] <= shown <= bounds[-1],
            }
            assert next(fits[word] for word in fits if word in words)


def test_rows_in_another_order_draw_the_same_areas():
    areas = jagged()
    one, other = drawn(areas), drawn(areas.sample(frac=1, random_state=7))
    pd.testing.assert_frame_equal(properties(one), properties(other).loc[properties(one).index])


def test_areas_in_either_coordinate_system_draw_alike():
    grid = drawn(jagged()).data["bounds"]
    degrees = drawn(jagged().to_crs("EPSG:4326")).data["bounds"]
    np.testing.assert_allclose(grid, degrees, atol=2e-5)


def test_drawing_leaves_the_table_as_it_was():
    areas = jagged()
    before = areas.copy(deep=True)
    drawn(areas, low="low", high="high")
    assert_geodataframe_equal(areas, before)


def test_neighbours_keep_their_common_edge_when_they_are_thinned():
    areas = jagged()
    thin = thinned(areas.geometry, tolerance=80)
    assert shapely.get_num_coordinates(thin.to_numpy()).sum() < 0.7 * (
        shapely.get_num_coordinates(areas.geometry.to_numpy()).sum()
    )
    assert shapely.coverage_is_valid(thin.to_numpy())
    whole = shapely.union_all(thin.to_numpy())
    assert whole.area == pytest.approx(shapely.area(thin.to_numpy()).sum(), rel=1e-9)
    assert not whole.interiors


def test_coordinates_have_five_decimals_at_most():
    page = maps.map_page(drawn())
    long = re.findall(r"\[-?\d+\.\d{6,}", page)
    assert not long


def test_the_key_counts_every_area_once_and_names_those_without_an_estimate():
    areas = jagged()
    areas.loc["X01000007", "geometry"] = None
    view = drawn(areas).views[0]
    counts = {row.label: int(row.count.split()[0]) for row in view.rows}
    assert sum(counts.values()) == len(areas) - 1
    assert counts["no estimate"] == 1
    assert view.note == "1 area not drawn: no boundary is held."


def test_a_map_without_any_estimate_still_draws():
    areas = jagged().assign(people=np.nan)
    assert [row.label for row in drawn(areas).views[0].rows] == ["no estimate"]


def test_uncertainty_is_offered_where_intervals_are_given_and_its_key_is_its_own():
    page = maps.map_page(drawn(low="low", high="high"))
    assert page.count('class="plate-legend"') == 2
    assert '<fieldset class="plate-switch">' in page
    assert '<fieldset class="plate-switch">' not in maps.map_page(drawn())


def test_the_source_of_a_map_holds_no_more_than_it_shows():
    areas = jagged().assign(people=143.237, low=101.731, high=187.119, home="Flat 3")
    folium_map = drawn(areas, low="low", high="high")
    facts = properties(folium_map)
    assert set(facts["people"]) == {"140"}
    assert set(facts["interval"]) == {"100 to 190"}
    page = maps.map_page(folium_map)
    assert not re.search(r"143\.2|101\.7|187\.1|Flat 3", page)


def test_proposed_hubs_are_named_and_numbered_beside_the_map():
    page = maps.map_page(drawn(proposed=points(["Mill Lane Library", "St Ann's Hall"])))
    assert re.search(r"<ol><li><bdi>Mill Lane Library</bdi></li>", page)
    assert "St Ann&#39;s Hall" in page


def test_a_made_up_place_says_so_on_the_map():
    assert "Fictional" in maps.map_page(drawn(fictional=True))
    assert "Fictional" not in maps.map_page(drawn(fictional=False))


def test_every_fault_of_every_table_is_told_at_once():
    areas = jagged().drop(columns="name")
    areas.loc["X01000003", "people"] = -4
    hubs = points(["A"]).drop(columns="kind").set_crs(None, allow_override=True)
    with pytest.raises(InvalidTableError) as told:
        drawn(areas, hubs=hubs, low="low")
    for part in (
        "areas: no column name",
        "people is below 0 at X01000003",
        "low and high must be given together",
        "open hubs: the coordinate system is not stated; no column kind",
    ):
        assert part in str(told.value)


# Pages


def test_a_page_holds_everything_it_needs(tmp_path):
    page = maps.export(drawn(), tmp_path / "new" / "map.html").read_text(encoding="utf-8")
    elements = Elements(page)
    assert not [a for _, a in elements.tags if {"src", "href", "srcset"} & set(a)]
    assert not re.search(r"""url\((?!["']?(data:|#))""", page.split("<script>")[0])
    assert "sourceMappingURL" not in page
    assert "user-scalable" not in page
    assert ("html", {"lang": "en-GB"}) in elements.tags
    assert "Vladimir Agafonkin" in page
    assert "Redistributions in binary form" in page


def test_saving_the_map_as_folium_does_writes_the_same_self_contained_page(tmp_path):
    folium_map = drawn()
    page = maps.map_page(folium_map)
    folium_map.save(tmp_path / "path.html")
    folium_map.save(str(tmp_path / "text.html"))
    with (tmp_path / "open.html").open("wb") as file:
        folium_map.save(file)
    for name in ("path", "text", "open"):
        assert (tmp_path / f"{name}.html").read_bytes() == page.encode()


def test_displaying_the_map_shows_it_in_a_sandbox():
    shown = drawn()._repr_html_()
    assert '<iframe sandbox="allow-scripts"' in shown
    assert "cdn.jsdelivr.net" not in shown


def test_a_page_lets_nothing_run_but_its_own_scripts():
    page = maps.map_page(drawn())
    elements = Elements(page)
    policy = next(
        a["content"]
        for tag, a in elements.tags
        if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    hashes = {
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in elements.scripts
    }
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert not [a for _, a in elements.tags if any(name.startswith("on") for name in a)]


def test_equal_maps_make_equal_files():
    assert maps.map_page(drawn()) == maps.map_page(drawn())
    assert maps.map_page(drawn()) != maps.map_page(drawn(jagged(seed=4)))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_adds_no_element_to_the_page(name):
    areas = jagged()
    clean = Elements(maps.map_page(drawn(proposed=points(["Hall"]))))
    areas.loc["X01000002", "name"] = name
    hostile = drawn(
        areas, title=f"Map {name}", label=name, caveats=[name], attribution=[name],
        proposed=points([name]), wards=areas.assign(name=name),
    )  # fmt: skip
    page = maps.map_page(hostile)
    tags = [tag for tag, _ in Elements(page).tags]
    added = [tag for tag in set(tags) if tags.count(tag) > sum(t == tag for t, _ in clean.tags)]
    assert set(added) <= {"div", "p", "ul", "li"}  # the caveats and sources themselves
    assert "\u202e" not in page


def test_an_analysts_own_layer_travels_with_the_map():
    folium_map = drawn()
    folium.CircleMarker([53.4, -2.95], radius=4).add_to(folium_map)
    assert "L.circleMarker" in maps.map_page(folium_map)


def test_folium_maps_made_afterwards_are_as_folium_makes_them():
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    drawn()
    assert (list(folium.Map.default_js), list(folium.Map.default_css)) == before
    assert "jquery" in folium.Map().get_root().render()


def test_addresses_that_are_not_held_are_refused_by_name(tmp_path):
    target = tmp_path / "map.html"
    target.write_text("kept", encoding="utf-8")
    asking = folium.Map()
    folium.plugins.Realtime("https://elsewhere.example/live").add_to(asking)
    with pytest.raises(UnknownAssetError, match=r"leaflet-realtime.*tile\.openstreetmap") as told:
        maps.export(asking, target)
    assert "jquery" not in str(told.value)
    assert target.read_text(encoding="utf-8") == "kept"
    assert [file.name for file in tmp_path.iterdir()] == ["map.html"]


@pytest.mark.parametrize(
    "element",
    [
        '<img src="https://elsewhere.example/a.png">',
        '<svg><image href="//elsewhere.example/a.png"/></svg>',
        "<style>@import url(https://elsewhere.example/a.css)</style>",
        '<p style="background:url(http://elsewhere.example/a.png)"></p>',
        '<link rel="icon" href="https://elsewhere.example/a.ico">',
        '<iframe src="https://elsewhere.example/"></iframe>',
    ],
)
def test_anything_that_would_be_fetched_is_refused(element):
    folium_map = drawn()
    folium_map.get_root().html.add_child(folium.Element(element))
    with pytest.raises(UnknownAssetError, match=r"elsewhere\.example"):
        maps.map_page(folium_map)


def test_a_map_in_a_notebook_cannot_reach_the_notebook():
    shown = maps.show(drawn(title='Need "now" & here'))
    bundle = shown._repr_mimebundle_()
    frame = dict(Elements(bundle["text/html"]).tags)["iframe"]
    assert frame["sandbox"] == "allow-scripts"
    assert frame["title"] == 'Need "now" & here'
    assert frame["srcdoc"] == maps.map_page(drawn(title='Need "now" & here'))
    assert "trust this notebook" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Map: Need")


def test_a_missing_web_file_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "files", lambda _: tmp_path)
    assets._read.cache_clear()
    try:
        with pytest.raises(UnknownAssetError, match=r"images/layers\.png is missing.*pip install"):
            assets._read("images/layers.png")
    finally:
        assets._read.cache_clear()


def test_the_lock_file_names_hashes_and_no_registry():
    text = (ROOT / "js" / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert "resolved" not in text
    assert "http" not in text
    assert all("integrity" in entry for name, entry in packages.items() if name)


def test_the_built_web_files_are_those_of_the_lock_file():
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text(encoding="utf-8"))
    record = json.loads((Path(assets.files("mapping")) / "static" / "versions.json").read_text())
    assert record["packages"] == {
        name: lock["packages"][f"node_modules/{name}"]["integrity"] for name in record["packages"]
    }
    for name, digest in record["files"].items():
        assert hashlib.sha256(assets._read(name)).hexdigest() == digest


def test_a_name_that_is_a_template_stays_text():
    areas = jagged()
    areas.loc["X01000002", "name"] = "Hall {{ 7 * 7 }}{% raw %}"
    given = drawn(areas, title="{{ 7 * 7 }}", label="{# x #}", caveats=["{{ 7 * 7 }}"])
    text = given.get_root().render() + maps.map_page(given)
    assert ">49<" not in text
    assert "Hall 49" not in text
    assert "{# x #}" in properties(given).to_json() or "{# x #}" in given.data["label"]


# Real boundaries


@pytest.mark.real
def test_a_page_of_the_302_areas_of_liverpool_is_small(open_data):
    lookup = pd.read_csv(
        open_data / "lookup_lsoa21_ward24_lad24" / "LSOA21_WD24_LAD24_EW_LU.csv", dtype=str
    )
    codes = lookup.loc[lookup["LAD24CD"] == "E08000012", "LSOA21CD"]
    shapes = gpd.read_file(
        open_data / "lsoa2021_boundaries" / "lsoa21_bsc_liverpool_city_region.geojson"
    ).set_index("LSOA21CD")
    areas = shapes.loc[codes].rename(columns={"LSOA21NM": "name"})
    areas["people"] = np.random.default_rng(1).uniform(40, 400, len(areas))
    wards = gpd.read_file(open_data / "ward2024_bestfit" / "wd24_bestfit_liverpool_DERIVED.geojson")
    wards = wards.rename(columns={"WD24NM": "name"}).set_index("WD24CD")
    folium_map = drawn(areas, wards=wards)
    assert len(folium_map.data["areas"]["features"]) == 302
    assert len(maps.map_page(folium_map).encode()) < 400_000
