import re
import shutil
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mapping.errors import InvalidScenarioError, InvalidTableError
from mapping.maps.live import Card, LiveMap, count_layers, score_layer, site_records
from mapping.maps.live.layers import NO_CLASS
from mapping.maps.live.shapes import decoded, encoded
from mapping.maps.outlines import thinned

HOSTILE = '<img src=x onerror="steal()">${steal()}</script>\u202e'
ROOT = Path(__file__).parents[1]


@pytest.fixture
def areas():
    cells = [(x, y) for x in range(4) for y in range(3)]
    people = pd.Series(range(100, 100 + 20 * len(cells), 20), dtype=float)
    people.iloc[2] = np.nan
    return gpd.GeoDataFrame(
        {"name": [f"Area {x}{y}" for x, y in cells], "people": people.to_numpy()},
        geometry=[
            shapely.box(334e3 + 1e3 * x, 388e3 + 1e3 * y, 335e3 + 1e3 * x, 389e3 + 1e3 * y)
            for x, y in cells
        ],
        index=pd.Index([f"E{at:02d}" for at in range(len(cells))], name="area"),
        crs="EPSG:27700",
    ).assign(low=lambda a: 0.8 * a["people"], high=lambda a: 1.3 * a["people"])


def layers(areas):
    return count_layers(areas, value="people", low="low", high="high", label="adults offline")


def live(areas, **options):
    made = LiveMap(areas, layers=layers(areas), title="Adults offline", **options)
    made.sent = []
    made.send = lambda content, buffers=None: made.sent.append((content, buffers))
    return made


def test_shapes_travel_as_whole_steps_and_arrive_as_they_were_thinned(areas):
    holed = areas.geometry.copy()
    holed.iloc[0] = holed.iloc[0].difference(holed.iloc[0].centroid.buffer(200))
    holed.iloc[1] = shapely.MultiPolygon([holed.iloc[1], shapely.box(3e5, 4e5, 301e3, 401e3)])
    holed.iloc[3] = None
    sent = encoded(holed)
    assert sent[3] == []
    thin = thinned(holed)
    for at, label in enumerate(holed.index):
        if label in thin.index:
            assert (
                decoded(sent[at]).equals_exact(
                    shapely.multipolygons([[*shapely.get_parts(thin[label])]])[0].normalize(), 1e-9
                )
                or decoded(sent[at]).symmetric_difference(thin[label]).area < 1e-12
            )


def test_the_order_of_rows_does_not_matter_to_what_an_area_is(areas):
    shuffled = areas.sample(frac=1, random_state=1)
    first, second = live(areas), live(shuffled)
    for code in areas.index:
        here, there = areas.index.get_loc(code), shuffled.index.get_loc(code)
        assert first.names[here] == second.names[there]
        assert first.layers[0]["classes"][here] == second.layers[0]["classes"][there]
        one, other = decoded(first.shapes[here]), decoded(second.shapes[there])
        assert one.symmetric_difference(other).area < 1e-12


def test_an_area_without_an_estimate_has_no_class_and_says_so(areas):
    record = live(areas).layers[0]
    assert record["classes"][2] == NO_CLASS
    assert record["unknown"]
    assert record["told"][2] == "No estimate"
    assert record["told"][0] == "About 100 adults offline (80 to 130)"


def test_only_areas_whose_reach_changed_travel(areas):
    made = live(areas)
    within = pd.Series(data=False, index=areas.index)
    made.reached(within)
    assert len(made.sent[0][1][1]) == len(areas)
    within.iloc[[3, 7]] = True
    made.reached(within.sample(frac=1, random_state=2))
    content, (where, what) = made.sent[1]
    assert content["of"] == "reach"
    assert np.frombuffer(where, "<u4").tolist() == [3, 7]
    assert what == bytes([0, 0])
    made.reached(within)
    assert len(made.sent) == 2
    # Whoever opens the map anew still gets the whole.
    assert made.get_state("reach")["reach"][3] == 0
    assert not made._should_send_property("reach", made.reach)


def test_a_layer_with_the_same_key_sends_its_changes_and_another_key_the_whole(areas):
    made = live(areas)
    need = pd.Series(np.linspace(0, 100, len(areas)), index=areas.index)
    first = score_layer(need, name="need", choice="Need", heading="Need")
    made.colour(first)
    assert [layer["name"] for layer in made.layers] == ["estimate", "uncertainty", "need"]
    swapped = need.copy()
    swapped.iloc[[0, -1]] = swapped.iloc[[-1, 0]].to_numpy()
    made.colour(score_layer(swapped, name="need", choice="Need", heading="Need"))
    content, (where, _) = made.sent[-1]
    assert np.frombuffer(where, "<u4").tolist() == [0, len(areas) - 1]
    assert content["told"] == {0: "Need: 100", len(areas) - 1: "Need: 0"}
    made.colour(score_layer(need, name="need", choice="Need", heading="Other words"))
    assert made.layers[2]["heading"] == "Other words"


def test_a_page_that_was_being_put_up_is_told_once_what_changed_meanwhile(areas):
    made, told = live(areas), []
    need = pd.Series(np.linspace(0, 100, len(areas)), index=areas.index)
    other = need[::-1].set_axis(areas.index)
    made.colour(score_layer(need, name="need", choice="Need", heading="Need"))
    made._journal.changed()
    made.reached(pd.Series(data=True, index=areas.index))
    made.colour(score_layer(other, name="need", choice="Need", heading="Need"))
    made.layout.width = "50%"
    changed = made._journal.changed()
    assert changed == {made: {"reach", "layers"}, made.layout: {"width"}}
    made.status = "Five hubs"
    made.send_state = told.append
    for _ in range(2):
        made._hear({"kind": "here"})
    assert told == [{"status"}]


def test_a_move_is_told_in_metres_and_always_answered(areas):
    moves = []
    made = live(areas, moved=moves.append)
    point = gpd.GeoSeries.from_xy([334_500], [388_500], crs="EPSG:27700").to_crs("EPSG:4326")[0]
    made._hear({"kind": "move", "id": "a", "at": [point.y, point.x], "done": False, "seq": 7})
    assert (round(moves[0].x), round(moves[0].y)) == (334_500, 388_500)
    assert (moves[0].site, moves[0].done) == ("a", False)
    assert made.sent == [({"kind": "done", "seq": 7, "last": False}, None)]

    def refuse(_):
        raise InvalidScenarioError("That is in the sea.")

    made = live(areas, moved=refuse)
    made._hear({"kind": "move", "id": "a", "at": [53.4, -2.9], "done": True, "seq": 8})
    assert made.status == "That is in the sea."
    # What was refused goes back to where it was.
    done = {"kind": "done", "seq": 8, "last": True}
    assert made.sent == [({"kind": "back"}, None), (done, None)]


def test_what_is_asked_of_an_area_is_told_by_its_code(areas):
    asked = []

    def tell(what, label):
        asked.append((what, label))
        return Card(HOSTILE, (HOSTILE,))

    made = live(areas, asked=tell)
    made._hear({"kind": "ask", "area": 4})
    made._hear({"kind": "ask", "site": "a"})
    made._hear({"kind": "nonsense"})
    told = [(sent.get("area"), sent["site"]) for sent, _ in made.sent]
    assert told == [(4, ""), (None, "a")]  # the area is picked out, the site has the card's buttons
    assert asked == [("area", areas.index[4]), ("site", "a")]
    assert "\u202e" not in made.sent[0][0]["title"]


def test_other_areas_are_shown_in_the_same_map(areas):
    made = live(areas)
    made.layer = "uncertainty"
    half = areas.iloc[:5]
    made.show_areas(half, layers(half))
    assert (len(made.shapes), len(made.names), len(made.reach)) == (5, 5, 5)
    assert made.layer == "uncertainty"


def test_areas_that_cannot_be_drawn_are_refused(areas):
    with pytest.raises(InvalidTableError, match="coordinate system is not stated"):
        live(areas.set_crs(None, allow_override=True))


def test_a_map_that_cannot_be_shown_says_what_to_do(areas):
    bundle = live(areas)._repr_mimebundle_()[0]
    assert "trust it" in bundle["text/plain"]
    assert "Run All Cells" in bundle["text/plain"]


def test_sites_travel_with_their_shape_and_words():
    sites = gpd.GeoDataFrame(
        {"name": [HOSTILE], "role": ["own"], "movable": [True], "number": [2], "told": ["Here"]},
        geometry=gpd.points_from_xy([334_500], [388_500]),
        index=["a"],
        crs="EPSG:27700",
    )
    (record,) = site_records(sites)
    assert (record["number"], record["lines"], record["movable"]) == ("2", ["Here"], True)
    assert 53 < record["at"][0] < 54
    assert "\u202e" not in record["name"]


def test_no_name_enters_the_page_as_markup():
    script = "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "js/livemap").glob("*.js"))
    )
    # Leaflet takes a string as markup: it is given elements and numbers only.
    assert not re.search(r"innerHTML|insertAdjacentHTML|outerHTML|document\.write", script)
    assert not re.search(r"html: [`\"']", script)
    assert re.findall(r"setContent\((\w+)", script) == ["facts"]
    assert all(call == "() => this.tip" for call in re.findall(r"bindTooltip\((.{14})", script))


@pytest.fixture
def hook(monkeypatch):
    """The build of the web files, without the builder that runs it."""
    interface = ModuleType("interface")
    interface.BuildHookInterface = object
    monkeypatch.setitem(sys.modules, "hatchling.builders.hooks.plugin.interface", interface)
    for name in ("hatchling", "builders", "hooks", "plugin"):
        at = "hatchling.builders.hooks.plugin"
        whole = at[: at.index(name) + len(name)]
        monkeypatch.setitem(sys.modules, whole, ModuleType(whole))
    spec = spec_from_file_location("build_hook", ROOT / "js" / "build_hook.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_of_the_package_is_what_its_sources_make(hook, tmp_path):
    static = ROOT / "src" / "mapping" / "static"
    for name in ("leaflet.js", "leaflet.css"):
        shutil.copyfile(static / name, tmp_path / name)
    hook.bundle_live_map(ROOT / "js" / "livemap", tmp_path)
    for name in ("livemap.js", "livemap.css"):
        built = (static / name).read_text(encoding="utf-8")
        assert built == (tmp_path / name).read_text(encoding="utf-8"), "pip install -e . again"
    script = (tmp_path / "livemap.js").read_text(encoding="utf-8")
    assert not re.search(r"^import\b|sourceMappingURL", script, re.MULTILINE)
    assert script.count("export default") == 1
    assert "url(" not in (tmp_path / "livemap.css").read_text(encoding="utf-8").replace(
        "url(#default#VML)", ""
    )


def test_no_name_stands_twice_in_the_joined_script_and_order_is_kept(hook, tmp_path):
    source = ROOT / "js" / "livemap"
    assert {path.name for path in source.glob("*.js")} == set(hook.MODULES)
    text = "\n".join((source / name).read_text(encoding="utf-8") for name in hook.MODULES)
    names = re.findall(
        r"^(?:export )?(?:const|let|function|class) \[?(\w+)", text, flags=re.MULTILINE
    )
    assert len(names) == len(set(names)) > 15
    hook.MODULES = tuple(reversed(hook.MODULES))
    with pytest.raises(hook.WebFilesError, match="does not come before it"):
        hook.bundle_live_map(source, tmp_path)
