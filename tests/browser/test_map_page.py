"""Exported maps and board pages in a real browser with no network."""

import io
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import expect

from mapping import maps
from mapping.report.page import KeyFigure, Section, Table, board_page, summary_page

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=window.pwned=1>",
    "${window.pwned=1}",
    "`+(window.pwned=1)+`",
    "</script><script>window.pwned=1</script>",
    "<svg onload=window.pwned=1>",
    "{{ '<script>window.pwned=1</script>' }}{% raw %}",
    "'-(window.pwned=1)-'",
    "\\u003cimg src=x onerror=window.pwned=1\\u003e",
    "\u202eHall 🏛 " + "very" * 60,
]


def drawn(areas, **options):
    given = {
        "value": "people",
        "low": "low",
        "high": "high",
        "title": "Adults likely to be offline, Exampleton, 2021",
        "label": "adults likely to be offline",
    }
    return maps.need_map(areas, **(given | options))


def picture(page, **options) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(page.screenshot(**options))).convert("RGB")).astype(int)


def colour_at(page, folium_map, shapes) -> dict[str, tuple[int, ...]]:
    """The colour on the screen at a place of each area that no line, label or site covers."""
    shot = picture(page, full_page=True)
    places = shapes.to_crs("EPSG:27700").centroid.translate(-280, 280).to_crs("EPSG:4326")
    found = {}
    for code, place in places.items():
        x, y = on_screen(page, folium_map, place)
        found[code] = tuple(shot[round(y), round(x)])
    return found


def on_screen(page, folium_map, place) -> tuple[float, float]:
    """Where on the screen a place on the map is."""
    return tuple(
        page.evaluate(
            """([name, at]) => {
                const map = window[name], box = map.getContainer().getBoundingClientRect();
                const point = map.latLngToContainerPoint(at);
                return [box.x + scrollX + point.x, box.y + scrollY + point.y];
            }""",
            [folium_map.get_name(), [place.y, place.x]],
        )
    )


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def assert_painted(page, folium_map, areas, view) -> None:
    seen = colour_at(page, folium_map, areas)
    wrong = {
        code: colour
        for code, colour in seen.items()
        if view.classes[code] >= 0 and colour != rgb(view.colours[view.classes[code]])
    }
    assert not wrong


def test_every_area_is_painted_in_the_colour_of_its_class_and_nothing_is_asked_for(areas, opened):
    folium_map = drawn(areas)
    seen = opened(maps.map_page(folium_map))
    assert_painted(seen.page, folium_map, areas, folium_map.views[0])
    assert seen.requests == []
    assert seen.errors == []


def test_the_key_follows_the_layer(areas, opened):
    folium_map = drawn(areas)
    page = opened(maps.map_page(folium_map)).page
    page.get_by_label("How sure").check()
    page.evaluate("atRest()")
    assert_painted(page, folium_map, areas, folium_map.views[1])
    assert page.locator(".plate-legend:visible").get_attribute("data-view") == "uncertainty"
    page.get_by_label("Estimate", exact=True).check()
    page.evaluate("atRest()")
    assert_painted(page, folium_map, areas, folium_map.views[0])


def test_an_area_without_an_estimate_is_hatched(areas, opened):
    folium_map = drawn(areas)
    page = opened(maps.map_page(folium_map)).page
    middle = areas.geometry.iloc[[0]].centroid.to_crs("EPSG:4326").iloc[0]
    x, y = on_screen(page, folium_map, middle)
    tile = picture(page, clip={"x": x - 15, "y": y - 15, "width": 30, "height": 30})
    assert tile.std() > 15
    assert (np.ptp(tile, axis=2) < 25).all()  # greys only


def test_the_map_fills_its_frame(areas, opened):
    folium_map = drawn(areas)
    page = opened(maps.map_page(folium_map)).page
    shot = picture(page, clip=page.locator(".plate-map").bounding_box())
    painted = np.zeros(shot.shape[:2], dtype=bool)
    for colour in folium_map.views[0].colours:
        painted |= (np.abs(shot - rgb(colour)) < 3).all(axis=2)
    rows, columns = np.flatnonzero(painted.any(axis=1)), np.flatnonzero(painted.any(axis=0))
    assert np.ptp(rows) > 0.85 * shot.shape[0] or np.ptp(columns) > 0.85 * shot.shape[1]
    assert rows[0] > 3
    assert rows[-1] < shot.shape[0] - 3


def test_a_tooltip_names_the_area_its_people_and_the_interval(areas, opened):
    page = opened(maps.map_page(drawn(areas))).page
    box = page.locator(".plate-map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 12, box["y"] + box["height"] / 2 + 12)
    expect(page.locator(".plate-tip")).to_have_text(
        re.compile(
            r"^Area \d+\s*About \d+ adults likely to be offline\s*Likely between \d+ and \d+\s*X01"
        )
    )


def test_sites_are_one_tab_stop_and_arrow_keys_walk_them(areas, sites, opened):
    page = opened(maps.map_page(drawn(areas, proposed=sites))).page
    stops = page.locator('.plate-site[tabindex="0"]')
    assert stops.count() == 1
    stops.focus()
    tip = page.locator(".plate-tip").last
    expect(tip).to_contain_text("Proposed hub 1: Hall")
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("Proposed hub 2: Library")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "Proposed hub 2: Library. venue, about 80 people"
    )
    page.keyboard.press("Escape")
    expect(page.locator(".plate-tip")).to_have_count(0)


def test_all_figures_can_be_reached_without_a_mouse(areas, opened):
    page = opened(maps.map_page(drawn(areas))).page
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.tagName"))
        if stops[-1] == "SUMMARY":
            break
    assert stops[-1] == "SUMMARY"
    page.keyboard.press("Enter")
    rows = page.locator(".plate-table tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() == len(areas)
    assert "no estimate" in rows.first.inner_text()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ever_runs(name, areas, sites, opened):
    hostile = areas.assign(name=name)
    folium_map = drawn(
        hostile, title=name, label=name, caveats=[name], attribution=[name], wards=hostile,
        hubs=sites.assign(name=name, kind=name), proposed=sites.assign(name=name),
    )  # fmt: skip
    frame = pd.DataFrame({name: [name]})
    page = board_page(
        folium_map, title=name, lead=name, sections=[Section(name, [name])],
        tables=[Table(name, frame)], caveats=[name], sources=[name], made={name: name},
    )  # fmt: skip
    seen = opened(page)
    box = seen.page.locator(".plate-map").bounding_box()
    seen.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    seen.page.locator('.plate-site[tabindex="0"]').focus()
    seen.page.locator("summary").click()
    seen.page.evaluate("atRest()")
    assert seen.page.evaluate("window.pwned === undefined")
    assert seen.requests == []
    assert seen.errors == []
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_markup_that_slips_in_is_stopped_by_the_policy(areas, opened):
    page = maps.map_page(drawn(areas)).replace(
        "</main>", "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script></main>"
    )
    seen = opened(page)
    assert seen.page.evaluate("window.pwned === undefined")
    assert len(seen.errors) >= 2


def test_a_map_in_a_notebook_draws_and_cannot_read_its_host(areas, opened):
    folium_map = drawn(areas)
    host = f"<!DOCTYPE html><body>{maps.show(folium_map, height=600)._repr_html_()}</body>"
    seen = opened(host)
    frame = seen.page.frames[1]
    frame.locator("canvas").wait_for(state="attached")
    frame.evaluate("atRest()")
    assert frame.evaluate("document.querySelectorAll('canvas').length") == 1
    denied = "() => { try { return parent.document.cookie } catch (error) { return error.name } }"
    assert frame.evaluate(denied) == "SecurityError"
    assert frame.evaluate("window.origin") == "null"
    shot = picture(seen.page)
    assert ((np.abs(shot - rgb(folium_map.views[0].colours[-1])) < 3).all(axis=2)).sum() > 1000


@pytest.mark.parametrize("kind", ["map", "board"])
def test_paper_gets_the_whole_map(kind, areas, sites, opened, tmp_path):
    folium_map = drawn(areas, proposed=sites)
    page = (
        maps.map_page(folium_map) if kind == "map" else board_page(folium_map, title="T", lead="L")
    )
    seen = opened(page)
    seen.page.evaluate(
        """(name) => window.addEventListener("beforeprint", () => {
            const map = window[name], frame = map.getContainer().getBoundingClientRect();
            const layers = [];
            map.eachLayer((layer) => layer.getBounds && layers.push(layer.getBounds()));
            const whole = layers.reduce((all, one) => all.extend(one), L.latLngBounds(layers[0]));
            window.printed = [map.getBounds().contains(whole), frame.width, frame.height];
        })""",
        folium_map.get_name(),
    )
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(seen.page.pdf(prefer_css_page_size=True, print_background=True))
    whole, width, height = seen.page.evaluate("window.printed")
    seen.page.evaluate("atRest()")
    assert whole
    assert width < 186 / 25.4 * 96
    assert height < 180 / 25.4 * 96
    # Afterwards the screen is as it was.
    assert_painted(seen.page, folium_map, areas, folium_map.views[0])
    if shutil.which("pdftoppm"):
        assert_edges_are_free(paper, folium_map)


def assert_edges_are_free(paper, folium_map) -> None:
    """On paper the painted areas end before the frame does, on every side."""
    subprocess.run(
        ["pdftoppm", "-r", "60", "-png", "-singlefile", paper, paper.with_suffix("")], check=True
    )
    shot = np.asarray(Image.open(paper.with_suffix(".png")).convert("RGB")).astype(int)
    darkest = (np.abs(shot - rgb(folium_map.views[0].colours[-1])) < 6).all(axis=2)
    lightest = (np.abs(shot - rgb(folium_map.views[0].colours[0])) < 6).all(axis=2)
    # The first area is in the south-west, the last in the north-east: both are on the page.
    assert darkest.sum() > 300
    assert lightest.sum() > 300


def test_a_summary_of_four_hundred_words_prints_on_one_page_of_a4(opened):
    section = Section("What we recommend", ["Open five hubs near bus stops. " * 16])
    page = summary_page(
        title="Digital help in Exampleton: what we found",
        lead="About 41,000 adults (35,000 to 48,000) are likely to be offline.",
        figures=[KeyFigure("41,000", "adults likely to be offline", "35,000 to 48,000")] * 3,
        sections=[section] * 4,
        caveats=["Survey of 2025; population of Census 2021."] * 5,
        sources=[f"Census 2021, table {at}, Open Government Licence v3.0." for at in range(4)],
        made={"Software": "mapping 0.1.0", "Inputs": "9f2c5e0b7a1d"},
        fictional=True,
    )
    paper = opened(page).page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


@pytest.mark.parametrize("kind", ["map", "board"])
def test_pages_reflow_at_320_pixels(kind, areas, sites, opened):
    folium_map = drawn(areas, hubs=sites)
    frame = pd.DataFrame({f"A long heading {at}": [1000 * at] for at in range(8)})
    page = (
        maps.map_page(folium_map)
        if kind == "map"
        else board_page(folium_map, title="T", lead="L", tables=[Table("Wide", frame)])
    )
    seen = opened(page, width=320, height=640)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 320
    assert_painted(seen.page, folium_map, areas, folium_map.views[0])


def test_a_map_hidden_at_first_fits_when_it_is_shown(areas, opened):
    folium_map = drawn(areas)
    page = maps.map_page(folium_map).replace("<main ", '<main style="display:none" ')
    seen = opened(page)
    seen.page.evaluate("document.querySelector('main').removeAttribute('style')")
    seen.page.evaluate("atRest()")
    assert_painted(seen.page, folium_map, areas, folium_map.views[0])
