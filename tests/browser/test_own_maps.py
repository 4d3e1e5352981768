"""An analyst's own folium map with plugins, exported and opened with every address blocked."""

import branca.colormap
import branca.element
import folium
import folium.plugins
import pytest

from mapping import maps

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=window.pwned=1>",
    "${window.pwned=1}",
    "`+(window.pwned=1)+`",
    "\\`+(window.pwned=1)+`",
    "\\\\`+(window.pwned=1)+`",
    "</script><script>window.pwned=1</script>",
    "{{ '<script>window.pwned=1</script>' }}",
    "'+(window.pwned=1)+'",
    '"+(window.pwned=1)+"',
    "\u202eHall 🏛 " + "very" * 60,
]


def own(name: str) -> folium.Map:
    """A map with a name in every place that folium has for one."""
    made = folium.Map([53.4, -2.95], zoom_start=12, tiles=None)
    at = [53.4, -2.95]
    folium.Marker(at, tooltip=name, popup=folium.Popup(name, lazy=True)).add_to(made)
    folium.Marker(
        [53.41, -2.95], popup=folium.Popup(name, parse_html=True), icon=folium.Icon("red")
    ).add_to(made)
    folium.Marker(
        [53.42, -2.97],
        popup=folium.Popup(name, show=True),
        icon=folium.Icon(icon="home", prefix="fa", angle=30),
    ).add_to(made)
    folium.Marker([53.39, -2.9], icon=folium.DivIcon(html=name)).add_to(made)
    area = {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[-2.98, 53.38], [-2.95, 53.38], [-2.95, 53.41], [-2.98, 53.38]]],
        },
    }
    areas = folium.GeoJson(
        {"type": "FeatureCollection", "features": [area]},
        name=name,
        tooltip=folium.GeoJsonTooltip(["name"], aliases=[name]),
        popup=folium.GeoJsonPopup(["name"]),
    ).add_to(made)
    cluster = folium.plugins.MarkerCluster(name=name).add_to(made)
    for step in range(12):
        folium.Marker([53.4 + step / 2000, -2.9], tooltip=name).add_to(cluster)
    folium.plugins.HeatMap([[53.4 + step / 500, -2.93, 1] for step in range(30)]).add_to(made)
    folium.plugins.Search(areas, search_label="name", placeholder=name).add_to(made)
    for plugin in (
        folium.plugins.Fullscreen(title=name),
        folium.plugins.MeasureControl(),
        folium.plugins.Draw(),
        folium.plugins.MousePosition(prefix=name),
        folium.plugins.AntPath([at, [53.42, -2.9]], tooltip=name),
    ):
        plugin.add_to(made)
    branca.colormap.LinearColormap(["#ffffff", "#002d68"], caption=name).add_to(made)
    folium.FeatureGroup(name=name).add_to(made)
    folium.LayerControl(collapsed=False).add_to(made)
    return made


def faults(seen) -> list[str]:
    """What the page complained of, but for the browser's advice on speed."""
    return [line for line in seen.errors if not line.startswith("Canvas2D")]


def test_a_map_with_plugins_draws_with_every_address_blocked(opened):
    seen = opened(maps.map_page(own("Town hall")))
    assert faults(seen) == []
    assert seen.requests == []
    page = seen.page
    assert page.locator(".marker-cluster").inner_text() == "12"
    assert page.locator("canvas.leaflet-heatmap-layer").count() == 1
    assert page.locator(".leaflet-draw-draw-polygon").is_visible()
    assert page.locator(".leaflet-control-fullscreen, .fullscreen-icon").first.is_visible()
    assert page.locator(".leaflet-control-measure").is_visible()
    for font in ("Glyphicons Halflings", "Font Awesome 6 Free"):
        loaded = "f => [...document.fonts].some(x => x.family.includes(f) && x.status === 'loaded')"
        page.wait_for_function(loaded, arg=font)
    assert page.locator(".leaflet-popup-content").inner_text() == "Town hall"


def test_a_table_in_a_popup_is_shown_and_runs_nothing(opened):
    frame = branca.element.IFrame("<p>Table</p><script>document.body.textContent = 1</script>")
    made = folium.Map([53.4, -2.95], tiles=None)
    folium.Marker([53.4, -2.95], popup=folium.Popup(frame, show=True)).add_to(made)
    page = opened(maps.map_page(made)).page
    page.evaluate("atRest()")
    assert page.frames[1].locator("body").inner_text().strip() == "Table"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_runs_in_an_analysts_own_map(name, opened):
    seen = opened(maps.map_page(own(name)))
    page = seen.page
    page.locator(".leaflet-marker-icon").first.hover(force=True)
    page.locator("path.leaflet-interactive").first.hover(force=True)
    page.locator("path.leaflet-interactive").first.click(force=True)
    page.evaluate("atRest()")
    assert page.evaluate("window.pwned === undefined")
    assert [line for line in seen.requests if not line.endswith("/x")] == []
    # Markup may be shown, as folium means it to be; the policy keeps it from running.
    assert all("Content Security Policy" in line for line in faults(seen))
