"""The exported board paper of the demo city in a real browser: keyboard, screen reader, paper."""

import io
import re
from pathlib import Path

import axe_playwright_python
import numpy as np
import pypdf
import pytest
from PIL import Image

from mapping import maps

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def pages(demo_workspace):
    folder = demo_workspace.exports / "demo"
    return {name: (folder / f"{name}.html").read_text("utf-8") for name in ("board-map", "summary")}


@pytest.fixture
def board(pages, opened):
    return opened(pages["board-map"])


def violations(page) -> list[str]:
    # Through the debugger, which the page's own policy does not bind.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(found => found.violations)", TAGS
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


def walk(page, most: int = 40) -> list[str]:
    """What the Tab key stops at, from the top to the end of the page."""
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.outerHTML.slice(0, 160)")
        if name.startswith("<body") or (stops and name == stops[0]):
            break
        stops.append(name)
    return stops


@pytest.mark.parametrize("kind", ["board-map", "summary"])
def test_axe_finds_nothing_to_mend_and_nothing_is_asked_for(kind, pages, opened):
    seen = opened(pages[kind])
    assert violations(seen.page) == []
    assert seen.requests == []
    assert seen.errors == []


def test_axe_finds_nothing_to_mend_on_a_map_alone_with_its_table_open(areas, sites, opened):
    folium_map = maps.need_map(
        areas, value="people", low="low", high="high", title="Adults", label="adults",
        proposed=sites, wards=areas, caveats=["Straight lines."], attribution=["OGL"],
    )  # fmt: skip
    page = opened(maps.map_page(folium_map)).page
    page.locator("summary").click()
    assert violations(page) == []


def test_a_keyboard_passes_the_paper_in_twenty_stops_and_every_stop_is_seen(board):
    page = board.page
    stops = walk(page)
    assert 5 < len(stops) <= 20
    page.locator("table.sortable button").first.focus()
    page.keyboard.press("ArrowRight")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"


def test_rows_are_put_in_order_with_the_keyboard_and_back(board):
    page = board.page
    table = page.locator("table.sortable", has_text="Wards, in alphabetical order")
    head = table.locator("th", has_text="Adults offline")
    cells = table.locator("tbody tr td:nth-child(3)")
    given = cells.all_inner_texts()
    table.locator("button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    for order, sign in (("ascending", 1), ("descending", -1)):
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == order
        texts = [text for text in cells.all_inner_texts() if text != "no estimate"]
        values = [float(re.match(r"[\d,]+", text)[0].replace(",", "")) for text in texts]
        assert values == sorted(values, key=lambda value, sign=sign: sign * value)
        assert cells.all_inner_texts()[-1] == "no estimate"
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert cells.all_inner_texts() == given


def test_patterns_stand_beside_colours_when_asked_for(board):
    page = board.page
    frame = page.locator(".plate-map")
    plain = shot(frame)
    page.get_by_label("Patterns as well as colours").check()
    page.evaluate("atRest()")
    assert np.abs(shot(frame) - plain).mean() > 1
    assert page.locator(".is-patterned .plate-swatch[class*=mark-]").count() >= 4


def test_colours_keep_their_order_without_their_hue(board):
    swatches = board.page.locator(".plate-legend:visible .plate-swatch")
    tones = [shot(one).mean() for one in swatches.all() if "none" not in one.get_attribute("class")]
    assert tones == sorted(tones)
    assert min(np.diff(tones)) > 12


def test_a_phone_and_four_hundred_per_cent_need_no_sideways_scrolling(pages, opened):
    page = opened(pages["board-map"], width=320, height=256).page
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    wide = "[...document.querySelectorAll('caption span')].every(c => c.offsetWidth <= 320)"
    assert page.evaluate(wide)


def test_nothing_moves_where_the_reader_asked_for_stillness(pages, chromium, tmp_path):
    path = tmp_path / "still.html"
    path.write_text(pages["board-map"], encoding="utf-8", newline="\n")
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(path.as_uri())
    page.locator(".leaflet-control-zoom-in").click()
    moving = "document.querySelectorAll('.leaflet-zoom-anim, .leaflet-fade-anim').length"
    assert page.evaluate(moving) == 0
    context.close()


def test_the_one_page_summary_prints_on_one_page(pages, opened):
    paper = opened(pages["summary"]).page.pdf(prefer_css_page_size=True, print_background=True)
    (sheet,) = pypdf.PdfReader(io.BytesIO(paper)).pages
    assert "notes in the board paper" in sheet.extract_text()


def test_paper_holds_every_section_and_the_whole_map(board, tmp_path):
    path = tmp_path / "paper.pdf"
    path.write_bytes(
        board.page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    )
    sheets = pypdf.PdfReader(path).pages
    assert {tuple(round(float(at)) for at in sheet.mediabox[2:]) for sheet in sheets} == {
        (595, 842)
    }
    text = "\n".join(sheet.extract_text() for sheet in sheets)
    for part in (
        "What is recommended", "Do nothing", "Who gains and who loses", "disabled", "Public Sector",
        "Technical notes", "What was held back", "How this was made", "Walking times follow roads",
    ):  # fmt: skip
        assert part in text
    assert len(sheets) <= 17


def shot(place) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(place.screenshot())).convert("L")).astype(float)
