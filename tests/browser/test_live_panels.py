"""The live maps of the bus and of need, in the app: stops moved, layers weighed and linked."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = 150_000  # milliseconds: a notebook that runs beside others
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
TOGETHER = """() => {
    const views = [...document.querySelectorAll(".livemap")].map((map) => map.dataset.view);
    return new Set(views).size === 1;
}"""
INK = """() => {
    const canvas = document.querySelector(".livemap-map canvas");
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum = (sum * 31 + data[at] + data[at + 2]) % 999983;
    return sum;
}"""


# What a screen reader finds, in its order; what stands between is not repeated here.
NEED_PANEL = """
- region "Where help is needed · Exampleton":
  - heading "Where help is needed · Exampleton" [level=2]
  - combobox "Colour by"
  - combobox "Tell me about"
  - button /^Weights of the index of need/
  - group /^Adults likely to be offline, Exampleton/:
    - application /^Adults likely to be offline, Exampleton/
    - list:
      - listitem: Alder, told about
  - group /^How sure the estimate is, Exampleton/:
    - application /^How sure the estimate is, Exampleton/
    - list:
      - listitem: Alder, told about
  - paragraph: /^About .* adults in Alder/
"""
BUS_PANEL = """
- region "Route the bus · Exampleton":
  - heading "Route the bus · Exampleton" [level=2]
  - slider "Days on the road"
  - button "Put all back"
  - button "Stops asked for or ruled out"
  - button "Route the bus"
  - group /^Adults likely to be offline/:
    - application /^Adults likely to be offline/:
      - button "Depot"
      - button /, bus stop 1$/
      - button "Own stop, your own stop"
    - list:
      - listitem: Mondays
  - paragraph: /^A bus with/
  - table /^Stops, each person counted/:
    - rowgroup:
      - row:
        - columnheader "Stop"
"""

# How much of a map is as dark as a thick outline.
DARK = """(at) => {
    const canvas = document.querySelectorAll(".livemap-map canvas")[at];
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const black = (at) => data[at] < 30 && data[at + 1] < 30 && data[at + 2] < 30;
    let dark = 0;
    for (let at = 0; at < data.length; at += 4) dark += black(at) && data[at + 3] > 200;
    return dark;
}"""


def outlined(page, at, than, *, more):
    """Wait until a map has, or has no longer, an outline that it did not have."""
    sign = ">" if more else "<"
    page.wait_for_function(f"({DARK})({at}) {sign} {than + 60}", timeout=LONG)


@pytest.fixture
def opened(app, visit):
    """A notebook of the app, answered and drawn."""

    def open_page(name, *, map_shown=True, **size):
        page = visit(f"{app.address}/voila/render/{name}", **size)
        expect(page.locator(".mapping-lead")).to_be_visible(timeout=LONG)
        expect(page.locator(".mapping-stale")).to_have_count(0, timeout=LONG)
        if map_shown:
            expect(page.locator(".livemap[data-drawn]").first).to_be_visible(timeout=LONG)
        return page

    return open_page


def faultless(page):
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, json.dumps([[v["id"], v["nodes"][0]["html"]] for v in found], indent=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def middle(element):
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, element, right, down):
    """Drag a site, and wait before it is let go until the map tells whom it reaches there."""
    page.locator(".livemap-frame").scroll_into_view_if_needed()
    x, y = middle(element)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 13):
        page.mouse.move(x + right * step / 12, y + down * step / 12)
    said = page.locator(".livemap-status")
    # The figure of a sheltered scheme is not told, that of all stops together is.
    expect(said).to_contain_text(re.compile("^Here(:|, with the other stops:) "), timeout=LONG)
    page.mouse.up()


def test_a_stop_is_dragged_planned_where_it_was_let_go_and_put_back(opened):
    page = opened("6-route-the-bus.ipynb")
    said, stops = page.locator(".livemap-status"), page.locator(".leaflet-marker-draggable")
    expect(stops.first).to_be_visible(timeout=LONG)
    expect(page.locator(".livemap-keys")).to_contain_text("Mondays", timeout=LONG)
    site = stops.first.get_attribute("data-site")
    stop = page.locator(f'.livemap-site[data-site="{site}"]')
    drag(page, stop, 14, 8)
    expect(said).to_contain_text("Press “Route the bus”", timeout=LONG)
    expect(said).to_contain_text("whether the bus may park there is not known")
    expect(stop).to_have_attribute("aria-label", re.compile(r"\(moved\)"))
    expect(page.locator(".mapping-side")).to_contain_text("(moved)")
    page.get_by_role("button", name="Route the bus").click()
    expect(page.locator(".mapping-what table")).to_contain_text("(moved)", timeout=LONG)
    expect(page.locator(".mapping-stale")).to_have_count(0, timeout=LONG)
    expect(page.locator(".mapping-below")).to_contain_text("Your own stops: whether the bus may")
    expect(said).not_to_contain_text("Press", timeout=LONG)
    stop.press("Enter")
    card = page.locator(".livemap-card")
    expect(card).to_contain_text("It is where you put it", timeout=LONG)
    faultless(page)
    card.get_by_role("button", name="Put back").click()
    expect(page.locator('.livemap-site[aria-label*="(moved)"]')).to_have_count(0, timeout=LONG)
    page.get_by_role("button", name="Undo").click()
    expect(stop).to_have_attribute("aria-label", re.compile(r"\(moved\)"), timeout=LONG)


def test_a_stop_is_placed_and_moved_by_the_keyboard_alone(opened):
    page = opened("6-route-the-bus.ipynb")
    expect(page.locator(".leaflet-marker-draggable").first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Place a stop").press("Enter")
    expect(page.locator(".livemap-status")).to_contain_text("Click where a stop of your own")
    page.keyboard.press("Enter")  # under the cross in the middle of the map
    own = page.locator('.livemap-site[data-site="own-1"]')
    expect(own).to_be_visible(timeout=LONG)
    expect(page.locator(".livemap-keys")).to_contain_text("Your own stop")
    expect(page.locator(".mapping-panel")).to_match_aria_snapshot(BUS_PANEL)
    x, y = middle(own)
    own.press("ArrowLeft")
    expect(page.locator(".mapping-side")).to_contain_text("Own stop", timeout=LONG)
    page.wait_for_function(
        """([x, y]) => {
            const box = document.querySelector('[data-site="own-1"]').getBoundingClientRect();
            return box.left + box.width / 2 < x - 4;
        }""",
        arg=[x, y],
        timeout=LONG,
    )
    expect(page.locator(".livemap-read")).to_contain_text("Press “Route the bus”", timeout=LONG)
    own.press("Enter")
    expect(page.locator(".livemap-card")).to_contain_text("may park there", timeout=LONG)
    page.get_by_role("button", name="Take away").press("Enter")
    expect(own).to_have_count(0, timeout=LONG)
    expect(page.get_by_role("application")).to_be_focused()


def test_a_weight_recolours_the_map_of_need_and_its_key_stays(opened):
    page = opened("2-see-need.ipynb", width=600)
    key = page.locator(".livemap-keys").first
    page.get_by_label("Colour by").select_option("Index of need")
    expect(key).to_contain_text("Index of need, 0 to 100", timeout=LONG)
    words = key.inner_text()
    page.locator(".mapping-side [aria-expanded]").press("Enter")
    before = page.evaluate(INK)
    page.get_by_role("slider", name=re.compile("Income deprivation")).press("Home")
    expect(page.locator(".mapping-shown")).to_contain_text("would be the same", timeout=LONG)
    page.wait_for_function(f"before => ({INK})() !== before", arg=before, timeout=LONG)
    assert key.inner_text() == words


def test_the_estimate_and_how_sure_it_is_are_live_maps_on_a_narrow_page_too(opened):
    page = opened("3-how-sure.ipynb", width=600, map_shown=False)
    expect(page.locator(".livemap-map:visible")).to_have_count(0)
    page.get_by_label("Look at").select_option("Maps: the estimate, and how sure it is")
    expect(page.locator(".livemap[data-drawn]:visible")).to_have_count(2, timeout=LONG)
    expect(page.locator(".mapping-picture")).to_have_count(0, timeout=LONG)
    faultless(page)


def test_two_maps_of_need_go_together_and_an_area_says_why(opened):
    page = opened("2-see-need.ipynb", width=1280)
    page.get_by_label("Beside it").select_option("How sure the estimate is")
    maps = page.locator(".livemap[data-drawn]:visible")
    expect(maps).to_have_count(2, timeout=LONG)
    expect(page.locator(".livemap-keys").nth(1)).to_contain_text("Likely range", timeout=LONG)
    page.wait_for_function(TOGETHER, timeout=LONG)
    before = maps.first.get_attribute("data-view")
    maps.last.get_by_role("button", name="Zoom in").click()
    expect(maps.first).not_to_have_attribute("data-view", before)
    page.wait_for_function(TOGETHER, timeout=LONG)
    page.evaluate("atRest()")
    plain = [page.evaluate(DARK, at) for at in (0, 1)]
    page.get_by_label("Tell me about").select_option("Alder")
    for at in (0, 1):
        expect(page.locator(".livemap-keys").nth(at)).to_contain_text("Alder, told about")
        outlined(page, at, plain[at], more=True)
    expect(page.locator(".mapping-said")).to_contain_text(re.compile("adults in Alder .* draws"))
    expect(page.locator(".mapping-panel")).to_match_aria_snapshot(NEED_PANEL)
    page.get_by_label("Tell me about").select_option("the whole place")
    for at in (0, 1):
        outlined(page, at, plain[at], more=False)
    page.locator(".livemap-map").first.press("Enter")
    outlined(page, 1, plain[1], more=True)  # picked out there too
    card = page.locator(".livemap-card").first
    expect(card).to_contain_text("adults likely to be offline (", timeout=LONG)
    expect(card).to_contain_text("Ward: ")
    faultless(page)
    page.keyboard.press("Escape")
    outlined(page, 1, plain[1], more=False)
    page.locator(".livemap-map").first.press("Enter")
    expect(card).to_be_visible()
    page.get_by_label("Show by").select_option("Wards")
    expect(card).to_be_hidden(timeout=LONG)
