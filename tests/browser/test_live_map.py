"""Hubs moved on the live map, by mouse, keys and clicks, in JupyterLab and in the app."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


# What a screen reader finds, in its order; what stands between is not repeated here.
HUB_PANEL = """
- region "Place hubs · Exampleton":
  - heading "Place hubs · Exampleton" [level=2]
  - button "Undo" [disabled]
  - combobox "What matters most"
  - slider "New hubs"
  - button "Sites fixed or ruled out, and other conditions"
  - group /^Adults likely to be offline, Exampleton/:
    - combobox "Show"
    - button "Place a hub"
    - application /^Adults likely to be offline, Exampleton/:
      - button /^Elm Library, hub open now$/
      - button /, proposed hub 1$/
      - button /, proposed hub 5$/
      - button "Zoom in"
    - list:
      - listitem: under 150
    - list:
      - listitem: Not within 15 minutes’ walk of a hub
  - paragraph: /^Open 5 new hubs/
  - 'table "New hubs: out of reach without it"':
    - rowgroup:
      - row:
        - columnheader "Hub"
    - rowgroup:
      - row:
        - rowheader /^1 /
  - heading "Bear in mind" [level=3]
  - combobox "Why here, or why not there"
  - textbox "Name of this scenario"
"""
MOVE_AND_ESCAPE = """node => {
    for (const key of ["ArrowUp", "ArrowUp", "Escape"])
        node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}"""


@pytest.fixture
def opened_app(app, visit):
    """A notebook of the app, answered."""

    def open_page(name, **options):
        page = visit(f"{app.address}/voila/render/{name}", **options)
        expect(page.locator(".mapping-lead")).to_be_visible()
        expect(page.locator(".mapping-stale")).to_have_count(0)
        if name.startswith("5-"):
            expect(page.locator(".livemap[data-drawn]")).to_be_visible()
            settled(page)
        page.evaluate("atRest()")
        return page

    return open_page


def settled(page):
    """
    Wait until the plan is what is on the screen, and nothing moves.

    A live map says what it works out from the moment when a hub is let go until the plan is there.
    """
    expect(page.locator(".mapping-stale")).to_have_count(0)
    expect(page.locator(".livemap-status")).to_contain_text(re.compile("^About"))
    page.evaluate("atRest()")


def hubs(page):
    """Return every hub that can be moved."""
    found = page.locator(".livemap-site.leaflet-marker-draggable")
    found.first.wait_for()
    return found


def centre(element):
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drawn(page, least=5):
    """Wait until there are more colours than this on the map's canvas: one is a blank map."""
    page.wait_for_function(
        """(least) => {
            const canvas = document.querySelector(".livemap-map canvas");
            const pen = canvas.getContext("2d");
            const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Set();
            for (let at = 0; at < data.length; at += 400) seen.add(data.slice(at, at + 3).join());
            return seen.size > least;
        }""",
        arg=least,
    )


def view(page):
    """Where the first ward's name is in the map's frame, and its scale."""
    label = page.locator(".livemap-label").first.bounding_box()
    frame = page.locator(".livemap-frame").bounding_box()
    scale = page.locator(".livemap .leaflet-control-scale-line").inner_text()
    return round(label["x"] - frame["x"]), round(label["y"] - frame["y"]), scale


def click(page, right, down):
    """Click on the map, so far from its middle."""
    page.locator(".livemap-frame").scroll_into_view_if_needed()
    x, y = centre(page.locator(".livemap-map"))
    page.mouse.click(x + right, y + down)


def drag(page, element, right, down, steps=12):
    """Drag and stay for a moment, then return what is said while the button is still pressed."""
    page.locator(".livemap-frame").scroll_into_view_if_needed()
    x, y = centre(element)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(x + right * step / steps, y + down * step / steps)
        page.wait_for_timeout(16)  # as a hand moves, about a frame each
    expect(page.locator(".livemap-status")).to_contain_text(re.compile("^Here: about"))
    page.evaluate("atRest()")  # the last of it has become a drag
    expect(page.locator(".livemap[data-asking]")).to_have_count(0)  # and is answered
    said = page.locator(".livemap-status").inner_text()
    page.mouse.up()
    return said


def fingers(page, hand, *ways, steps=10):
    """Move fingers over the screen, each from one place to another, and lift them."""

    def touch(kind, step):
        points = [
            {"id": finger, "x": x + step * (to_x - x) / steps, "y": y + step * (to_y - y) / steps}
            for finger, ((x, y), (to_x, to_y)) in enumerate(ways)
        ]
        shown = [] if kind == "touchEnd" else points
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": shown})

    touch("touchStart", 0)
    for step in range(1, steps + 1):
        touch("touchMove", step)
        page.wait_for_timeout(16)
    page.evaluate("atRest()")
    touch("touchEnd", steps)


def test_a_hub_is_dragged_and_moved_by_keys_in_jupyterlab_and_the_way_back_is_undo(run):
    page = run("5-place-hubs.ipynb")
    settled(page)
    drawn(page)
    plan, before = page.locator(".mapping-lead").inner_text(), view(page)
    hub = hubs(page).first
    site = hub.get_attribute("data-site")
    told = drag(page, hub, 60, 40)
    settled(page)
    expect(page.locator(".mapping-lead")).to_contain_text("(moved)")
    # What was said on the way is what the plan then says: the same walks, the same draws.
    told_then = page.locator(".livemap-status").inner_text()
    assert told.removeprefix("Here: about") == told_then.removeprefix("About")
    assert view(page) == before
    expect(page.locator(".mapping-answer, .mapping-below").last).to_contain_text(
        "whether there is a venue"
    )
    moved = page.locator(f'.livemap-site[data-site="{site}"]')
    moved.focus()
    page.evaluate("atRest()")  # the map may have come to meet it
    place = moved.bounding_box()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    expect(page.locator(".livemap-status")).not_to_contain_text(told_then)
    settled(page)
    assert moved.bounding_box()["y"] < place["y"] - 20  # the page does not scroll on the way
    assert page.evaluate("document.activeElement.dataset.site") == site
    undo = page.get_by_role("button", name="Undo")
    while undo.is_enabled():  # a slow keyboard makes more than one move of five keys
        before = page.locator(".mapping-panel").get_attribute("data-answers")
        undo.click()
        expect(page.locator(".mapping-panel")).not_to_have_attribute("data-answers", before)
        settled(page)
    expect(page.locator(".mapping-lead")).to_have_text(plan)


def test_a_hub_is_placed_moved_and_taken_away_by_taps_alone_or_dragged_by_a_finger(opened_app):
    page = opened_app("5-place-hubs.ipynb", width=1024, has_touch=True)
    drawn(page)
    page.get_by_role("button", name="Place a hub").click()
    expect(page.locator(".livemap-status")).to_contain_text("Click where a hub of your own")
    click(page, 0, 30)
    expect(page.locator(".mapping-lead")).to_contain_text("Open 6 new hubs")
    settled(page)
    own = page.locator('.livemap-site[data-site="own-1"]')
    own.click()
    expect(page.locator(".livemap-card")).to_contain_text("whether there is a venue")
    page.get_by_role("button", name="Move by clicking").click()
    click(page, -60, -40)
    settled(page)
    middle = centre(page.locator(".livemap-map"))
    there = centre(own)
    assert abs(there[0] - middle[0] + 60) < 3
    assert abs(there[1] - middle[1] + 40) < 3
    own.press("Enter")
    page.get_by_role("button", name="Take away").click()
    expect(page.locator(".mapping-lead")).to_contain_text("Open 5 new hubs")
    settled(page)
    page.locator(".livemap-frame").scroll_into_view_if_needed()
    x, y = centre(page.locator(".livemap-map"))
    page.touchscreen.tap(x, y + 60)
    expect(page.locator(".livemap-card")).to_contain_text("Nearest hub")
    page.get_by_role("button", name="Close").tap()
    scale = view(page)[2]
    hand = page.context.new_cdp_session(page)
    fingers(page, hand, ((x - 270, y), (x - 330, y)), ((x - 230, y), (x - 170, y)))
    page.wait_for_function(
        "scale => document.querySelector('.leaflet-control-scale-line').innerText !== scale",
        arg=scale,
    )
    expect(page.locator(".livemap-card")).to_be_hidden()
    page.evaluate("atRest()")
    page.get_by_role("button", name="Whole map").tap()
    page.evaluate("atRest()")
    hub = centre(hubs(page).first)
    fingers(page, hand, (hub, (hub[0] - 40, hub[1] + 30)))
    expect(page.locator(".mapping-lead")).to_contain_text("(moved)")


def test_an_area_is_told_about_and_a_hub_placed_by_the_keyboard_alone(opened_app):
    page = opened_app("5-place-hubs.ipynb")
    expect(page.locator(".mapping-panel")).to_match_aria_snapshot(HUB_PANEL)
    assert page.locator("[aria-live] table").count() == 0, "a whole table would be read out"
    shown = page.get_by_role("application")
    expect(shown).to_have_accessible_description(re.compile("^Arrow keys move the map"))
    shown.focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    expect(card).to_be_focused()
    expect(card).to_have_accessible_description(re.compile("Nearest hub"))
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(shown).to_be_focused()
    hub = hubs(page).first
    hub.focus()
    expect(hub).to_have_accessible_description(
        re.compile("^Proposed: about .* walk Arrow keys move it")
    )
    page.evaluate("atRest()")
    before = hub.bounding_box(), page.locator(".livemap-status").inner_text()
    hub.evaluate(MOVE_AND_ESCAPE)
    expect(page.locator(".livemap-read")).to_have_text("It is back where it was.")
    expect(page.locator(".livemap[data-asking]")).to_have_count(0)  # and the kernel has heard it
    settled(page)
    assert (hub.bounding_box(), page.locator(".livemap-status").inner_text()) == before
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Place a hub").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".livemap-read")).to_contain_text("press Enter. Escape leaves all")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".mapping-said")).to_contain_text(re.compile("^Open 6 new hubs"))
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")  # nothing is left to undo: the focus is not lost
    expect(page.get_by_role("button", name="Redo")).to_be_focused()


def test_the_key_follows_the_layer(opened_app):
    page = opened_app("5-place-hubs.ipynb")
    key = page.locator(".livemap-keys")
    expect(key).to_contain_text("Adults likely to be offline, per area")
    page.get_by_label("Show", exact=True).select_option("How sure")
    expect(key).to_contain_text("either side of the estimate")
    page.get_by_label("Show", exact=True).select_option("Need (index)")
    expect(key).to_contain_text("Index of need")
    drawn(page)


@pytest.mark.parametrize(
    ("name", "width"),
    [(path.name, 1366) for path in NOTEBOOKS] + [("5-place-hubs.ipynb", 600)],
)
def test_every_page_of_the_app_opens_and_has_nothing_that_axe_finds(opened_app, name, width):
    page = opened_app(name, width=width)
    if name.startswith("5-"):
        hubs(page).first.press("Enter")
        expect(page.locator(".livemap-card")).to_be_visible()
    page.evaluate("atRest()")
    assert page.get_by_text("Error displaying widget").count() == 0
    assert page.locator(".jp-InputArea-editor:visible").count() == 0
    options = page.locator("select[multiple] option").all_text_contents()
    assert not [one for one in options if "\u00a0" in one], "long names are cut, not wrapped"
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, json.dumps([[v["id"], v["nodes"][0]["html"]] for v in found], indent=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_app_starts_with_a_list_of_what_can_be_done(app, visit):
    page = visit(app.address)
    expect(page.get_by_role("link")).to_have_count(len(list(page.locator("li").all())))
    page.evaluate("atRest()")
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, found
    page.get_by_role("link", name="Place hubs").click()
    expect(page.locator("h1")).to_contain_text("Where should new hubs open?")


@pytest.fixture
def notebook(workbench):
    """Write a notebook of some cells beside the others, for the length of a test."""
    made = []

    def write(name, cells):
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        made.append(workbench.root / "notebooks" / f"{name}.ipynb")
        nbformat.write(notebook, made[-1])
        return made[-1]

    yield write
    for path in made:
        path.unlink()


def code(*cells):
    return [nbformat.v4.new_code_cell(cell) for cell in cells]


def test_wards_take_the_place_of_small_areas_and_hostile_names_stay_text(app, visit, notebook):
    name = "<img src=x onerror=window.pwned=1>${window.pwned=1}"
    cells = code(
        "from mapping import panels\nfrom mapping.panels.hubmap import place_map\n"
        "place = panels.open_study('demo')",
        f"place.lsoas['name'] = place.wards['name'] = {name!r}\n"
        "live, wards = place_map(place), place_map(place, by='ward')\nlive",
        "from ipywidgets import Button\nfrom mapping.maps.live import score_layer\n"
        "need = score_layer(place.wards['need'], name='need', choice='Need', heading='Of wards')\n"
        "button = Button(description='Wards')\n"
        "button.on_click(lambda _: live.show_areas(place.wards[['name', 'geometry']], [need]))\n"
        "button",
    )
    page = visit(f"{app.address}/voila/render/{notebook('hostile', cells).name}")
    page.locator(".livemap[data-drawn]").wait_for()
    page.get_by_role("button", name="Zoom in").click()
    page.evaluate("atRest()")
    before = page.locator(".livemap .leaflet-control-scale-line").inner_text()
    page.get_by_role("button", name="Wards").click()
    expect(page.locator(".livemap-keys")).to_contain_text("Of wards")
    page.evaluate("atRest()")
    page.mouse.move(*centre(page.locator(".livemap-map")))
    expect(page.locator(".livemap-tip").last).to_contain_text("<img src=x")
    drawn(page, least=3)
    # The same map: zoom and place stay.
    assert page.locator(".livemap .leaflet-control-scale-line").inner_text() == before
    assert page.evaluate("window.pwned === undefined")


def test_an_answer_that_comes_while_its_page_is_put_up_is_shown(app, visit, notebook, tmp_path):
    go = tmp_path / "go"
    cells = code(
        "import time\nfrom pathlib import Path\nfrom mapping import panels\n"
        "from mapping.panels.answer import Answer\n"
        "def reply(values, work):\n"
        f"    while not Path({str(go)!r}).exists():\n        time.sleep(0.05)\n"
        "    return Answer('FOUND')\n"
        "panels.Panel('Trial', controls={}, reply=reply)"
    )
    held = []

    def hear(frame):
        said = frame if isinstance(frame, str) else frame.decode("utf-8", "ignore")
        if "update_states" in said:
            go.touch()  # the page has asked for what there is: only now the answer comes
        elif "FOUND" in said:
            for route in held:
                route.continue_()

    def prepare(page):
        page.on("websocket", lambda socket: socket.on("framereceived", hear))
        page.route(
            "**/jupyterlab-manager/static/*",  # what draws widgets comes after the answer
            lambda route: held.append(route) if go.exists() else route.continue_(),
        )

    page = visit(f"{app.address}/voila/render/{notebook('waiting', cells).name}", prepare=prepare)
    expect(page.locator(".mapping-lead")).to_have_text("FOUND")
    assert held


def test_a_notebook_that_is_not_trusted_says_what_to_do(lab, visit, notebook):
    cell = nbformat.v4.new_code_cell("panel")
    data = {
        "text/plain": "Map “Adults”. To see it, trust it",
        "application/vnd.jupyter.widget-view+json": {"model_id": "gone", "version_major": 2},
    }
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    path = notebook("untrusted", [cell])
    page = visit(f"{lab.address}/lab/workspaces/u/tree/notebooks/{path.name}?reset&token=loopback")
    expect(page.locator(".jp-OutputArea")).to_contain_text("trust it")
    lab.end_kernels()
