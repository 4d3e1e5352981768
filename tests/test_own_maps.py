"""An analyst's own folium map: every plugin that can be held is, and no name in it runs."""

import re
from html.parser import HTMLParser

import folium
import folium.plugins
import pytest

from mapping import maps
from mapping.errors import UnknownAssetError
from mapping.maps import assets
from mapping.maps.inert import literal, rendered

AT = [53.4, -2.95]


def own(*layers, **options) -> folium.Map:
    made = folium.Map(AT, tiles=None, **options)
    for layer in layers:
        layer.add_to(made)
    return made


class Whole(HTMLParser):
    """Elements and scripts of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.scripts = [], []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag == "script"
        self.scripts += [""] if self._inside else []

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "script"

    def handle_data(self, data):
        if self._inside:
            self.scripts[-1] += data


def test_every_address_that_is_said_to_be_held_is():
    for address, name in assets._plugins().items():
        text = assets.style(address) if "css" in address else assets.script(address)
        assert len(text) > 50, name
        assert not re.search(r"""url\((?!["']?(data:|#))""", text) or ".js" in name
        assert len(assets.licence(address)) > 30


def test_icons_come_with_their_fonts_and_nothing_else_of_bootstrap_3():
    glyphs = assets.style(
        "https://netdna.bootstrapcdn.com/bootstrap/3.0.0/css/bootstrap-glyphicons.css"
    )
    assert "data:font/woff2;base64," in glyphs
    assert ".glyphicon-info-sign" in glyphs
    assert ".container" not in glyphs


def test_folium_itself_asks_for_nothing_that_is_not_held():
    page = maps.map_page(own(folium.Marker(AT, icon=folium.Icon(icon="home"))))
    elements = Whole(page)
    assert not [a for _, a in elements.tags if {"src", "srcset"} & set(a)]
    assert "default-src 'none'" in page


def test_only_a_plugin_that_needs_it_may_make_functions_from_strings():
    assert "unsafe-eval" not in maps.map_page(own(folium.plugins.Draw()))
    assert "unsafe-eval" in maps.map_page(own(folium.plugins.MeasureControl()))


def test_licences_of_what_is_used_travel_with_the_page():
    page = maps.map_page(own(folium.plugins.MarkerCluster([AT])))
    assert "leaflet.markercluster 1.1.0" in page
    assert "leaflet-draw" not in page


@pytest.mark.parametrize(
    "layer",
    [
        folium.TileLayer("https://tiles.example/{z}/{x}/{y}.png", attr="x"),
        folium.Marker(AT, icon=folium.CustomIcon("https://tiles.example/pin.png")),
        folium.raster_layers.ImageOverlay("https://tiles.example/a.png", [[53, -3], [54, -2]]),
    ],
)
def test_layers_that_would_be_fetched_are_refused_by_name(layer):
    with pytest.raises(UnknownAssetError, match=r"tiles\.example"):
        maps.map_page(own(layer))


@pytest.mark.parametrize(
    "name",
    ["{{ 7 * 7 }}", "${7 * 7}", "a ` b", "\\` + 49 + `", "</script><script>x=1</script>", "{% raw"],
)
def test_text_that_folium_pastes_into_scripts_is_quoted(name):
    layers = (folium.Marker(AT, tooltip=name, popup=name), folium.Marker(AT, popup=name))
    clean, hostile = (
        Whole(maps.map_page(own(*made)))
        for made in ((folium.Marker(AT, tooltip="a", popup="a"),), layers[:1])
    )
    assert len(hostile.scripts) == len(clean.scripts)
    assert "49" not in re.sub(r"[\d.]{4,}|[0-9a-f]{20,}", "", hostile.scripts[-1].split("49 +")[0])


def test_exporting_leaves_the_map_as_it_was():
    marker = folium.Marker(AT, tooltip="a `b` ${c}")
    made = own(marker)
    before = made.get_root().render()
    rendered(made)
    assert made.get_root().render() == before
    assert next(iter(marker._children.values())).text == "a `b` ${c}"


def test_a_backslash_before_a_backtick_does_not_end_the_text():
    assert literal("\\\\`") == "\\\\\\`"
