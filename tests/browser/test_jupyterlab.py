"""Every notebook opened in JupyterLab as a planner opens it: Run All, move a control, read on."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def answered(page, after=None):
    """Wait until the panel works on nothing; `after` an answer, until there is a later one."""
    if after is not None:
        expect(page.locator(".mapping-panel")).not_to_have_attribute("data-answers", after)
    expect(page.locator(".mapping-stale")).to_have_count(0)
    page.evaluate("atRest()")


def answers(page):
    """Return which answer is on the screen."""
    return page.locator(".mapping-panel").get_attribute("data-answers")


def wide(element, least):
    """Wait until an element is wider than so many pixels."""
    element.evaluate(
        """(node, least) => new Promise((done) => {
            const look = () => (node.clientWidth > least ? done() : requestAnimationFrame(look));
            look();
        })""",
        least,
    )


def lead(page):
    return page.locator(".mapping-lead")


def test_data_are_checked_in_jupyterlab_and_checked_again_when_asked(run, demo_workspace):
    page = run("1-get-data.ipynb")
    expect(lead(page)).to_have_text("Everything that Exampleton needs is here.")
    expect(page.locator(".mapping-table table:visible")).to_have_count(3)
    table = demo_workspace.raw / "demo" / "census2021-ts054.zip"
    aside = table.rename(table.with_suffix(".aside"))
    try:
        page.get_by_role("button", name="Check again").click()
        expect(lead(page)).to_contain_text("Still to get: tenure")
    finally:
        aside.rename(table)


def faultless(page):
    """Whether axe-core finds nothing wrong in the panel, and every target is 24 pixels wide."""
    page.evaluate("atRest()")
    found = Axe().run(page, context=".mapping-panel").response["violations"]
    assert not [(fault["id"], fault["nodes"][0]["html"]) for fault in found]
    small = page.locator(".mapping-panel").evaluate(
        """panel => [...panel.querySelectorAll("button, select, input, summary, [tabindex='0']")]
            .filter(one => one.offsetParent)
            .map(one => [one.className, one.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24)"""
    )
    assert not small


def test_need_is_explored_compared_weighed_by_keyboard_and_undone_and_all_is_named(run):
    page = run("2-see-need.ipynb")
    expect(lead(page)).to_contain_text("adults in Exampleton")
    expect(page.locator(".livemap[data-drawn]:visible")).to_have_count(1)
    page.get_by_label("Tell me about").select_option("Alder")
    expect(lead(page)).to_contain_text("adults in Alder")
    page.get_by_label("Beside it").select_option("Index of need")
    expect(page.locator(".livemap[data-drawn]:visible")).to_have_count(2)
    answered(page)
    page.locator(".mapping-side [aria-expanded]").press("Enter")
    weight = page.get_by_role(
        "slider", name=re.compile(r"Rented privately \(\d+% to \d+% of homes\)")
    )
    weight.press("ArrowRight")
    expect(page.locator(".mapping-shown")).to_contain_text("would be the same")
    answered(page)
    faultless(page)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".mapping-shown")).not_to_contain_text("would be the same")
    answered(page)
    before = answers(page)
    page.get_by_label("Show by").select_option("Output areas")
    answered(page, after=before)
    expect(page.locator(".mapping-shown")).to_contain_text("Output areas: no source says")


def test_wards_are_compared_and_a_survey_is_checked_when_chosen_and_its_name_never_runs(run):
    page = run("3-how-sure.ipynb")
    expect(lead(page)).to_contain_text("adults in Exampleton")
    picture = page.locator("img.mapping-picture")
    expect(picture).to_be_visible()
    wide(picture, 400)
    expect(picture).to_have_attribute("alt", re.compile("Likely above"))
    page.get_by_label("Tell me about").select_option("Alder")
    page.get_by_label("Compare it with").select_option("Birch")
    expect(page.locator(".mapping-panel")).to_contain_text("of draws")
    page.get_by_label("Look at").select_option("What goes with the ward’s difference")
    expect(picture).to_have_attribute("alt", re.compile("Alder"))
    page.locator(".mapping-panel summary", has_text="How this was checked").click()
    expect(page.locator(".mapping-panel details[open]")).to_contain_text("Each ward was estimated")
    a_survey_is_checked(page)


def a_survey_is_checked(page):
    page.get_by_label("Estimate", exact=True).select_option("with a survey of yours")
    expect(page.locator(".mapping-error")).to_contain_text("Choose the survey’s file")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a survey of yours").click()
    answers = b"ward,online\nPeter,yes\n,no\n"
    name = "<img src=x onerror=window.ran=1>.csv"
    chooser.value.set_files([{"name": name, "mimeType": "text/csv", "buffer": answers}])
    listed = page.locator(".mapping-wrong-list")
    expect(listed.locator("li")).to_have_text(
        ["ward: empty in row 3.", "ward: not a ward code in row 2."]
    )
    expect(listed).to_contain_text("<img src=x")
    assert not page.evaluate("window.ran")
    assert "Peter" not in page.locator(".mapping-panel").inner_text()


def test_a_plan_is_explained_doubted_changed_and_kept_by_the_controls_that_matter(run):
    page = run("5-place-hubs.ipynb")
    expect(lead(page)).to_contain_text("Open 5 new hubs")
    expect(page.locator(".livemap[data-drawn]")).to_be_visible()
    it_is_explained_and_doubted_with_progress_and_a_stop(page)
    page.locator(".noUi-handle").first.press("ArrowRight")
    expect(lead(page)).to_contain_text("Open 6 new hubs")
    expect(page.locator(".livemap-site.leaflet-marker-draggable")).to_have_count(6)
    page.get_by_role("button", name="Save scenario").click()
    expect(page.locator(".mapping-saver")).to_contain_text("Saved as scenarios/demo/6-new-hubs")
    only_the_controls_that_matter_for_a_question_are_shown(page)


def it_is_explained_and_doubted_with_progress_and_a_stop(page):
    why = page.get_by_label("Why here, or why not there")
    why.select_option(index=len(why.locator("option").all()) - 1)
    expect(page.locator(".mapping-part").first).to_contain_text("not chosen")
    page.get_by_role("button", name="How sure is this?").click()
    expect(page.locator(".mapping-picture")).to_be_visible(timeout=60_000)
    part = page.locator(".mapping-part").last
    expect(part).to_contain_text("draws (firm)")
    expect(part).to_contain_text("They leave out travel times")
    page.get_by_role("button", name="How sure is this?").click()
    page.get_by_role("button", name="Stop").click()
    expect(part).to_contain_text("stopped before the other")


def only_the_controls_that_matter_for_a_question_are_shown(page):
    budget = page.locator(".widget-label").get_by_text("Budget (£ a year)")
    expect(budget).to_be_hidden()
    before = answers(page)
    page.get_by_label("What matters most").select_option("Most people for a budget")
    expect(budget).to_be_visible()
    expect(page.locator(".widget-label").get_by_text("New hubs", exact=True)).to_be_hidden()
    answered(page, after=before)
    expect(lead(page)).to_contain_text("within 15 minutes")


def test_the_bus_is_routed_when_the_button_is_pressed(run):
    page = run("6-route-the-bus.ipynb")
    expect(lead(page)).to_contain_text("in 10 days")
    expect(lead(page)).to_contain_text("adults likely to be offline (")
    page.locator(".noUi-handle").first.press("ArrowLeft")
    expect(page.get_by_text("for the earlier choices")).to_be_visible()
    page.get_by_role("button", name="Route the bus").click()
    expect(lead(page)).to_contain_text("in 9 days")
    expect(page.locator(".livemap[data-drawn]")).to_be_visible()
    expect(page.locator(".livemap-keys")).to_contain_text("Thursdays")


def test_a_mistake_stands_beside_its_control_and_unsaved_work_outlives_the_kernel(run, lab):
    page = run("5-place-hubs.ipynb")
    page.locator(".mapping-side [aria-expanded]").click()
    for label in ("Must open", "May never open"):
        page.get_by_label(label).select_option(index=0)
    fault = page.locator(".mapping-fault p").first
    expect(fault).to_contain_text("cannot both have to open and never open")
    expect(page.get_by_label("Must open")).to_have_attribute("aria-invalid", "true")
    faultless(page)
    before = answers(page)
    page.get_by_role("button", name="Undo", exact=True).click()
    answered(page, after=before)
    expect(page.locator(".mapping-fault p")).to_have_count(0)
    lab.end_kernels()
    page = run("5-place-hubs.ipynb")
    expect(page.locator(".mapping-offer")).to_be_visible()
    page.get_by_role("button", name="Carry on with it").click()
    expect(page.get_by_label("Must open").locator("option:checked")).to_have_count(1)


def test_reach_is_asked_for_another_walk_in_jupyterlab(run):
    page = run("4-who-can-reach.ipynb")
    expect(page.locator(".mapping-panel")).to_contain_text("15 minutes")
    page.locator(".noUi-handle").first.press("ArrowRight")
    expect(lead(page)).to_contain_text("20 minutes")
    expect(page.locator(".mapping-panel iframe")).to_be_visible()


def test_futures_are_compared_in_another_way_in_jupyterlab(run):
    page = run("7-compare.ipynb")
    before = answers(page)
    page.get_by_label("Look at").select_option("People to run it")
    page.get_by_role("button", name="Compare", exact=True).click()
    answered(page, after=before)
    expect(page.locator(".mapping-panel img.mapping-picture")).to_be_visible()


def test_a_board_paper_is_shown_with_the_author_s_title_in_jupyterlab(run):
    page = run("8-board-paper.ipynb")
    before = answers(page)
    page.get_by_label("Title").fill("Five <b>hubs</b>")
    page.get_by_role("button", name="Show the paper").click()
    answered(page, after=before)
    paper = page.frame_locator(".mapping-panel iframe")
    expect(paper.get_by_role("heading", level=1)).to_have_text("Five <b>hubs</b>")
