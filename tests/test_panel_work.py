"""A panel at work: beside the controls, stopped, superseded, undone, mistaken."""

import html
import logging
import re
from threading import Event

import ipywidgets as widgets
import pytest

from mapping import panels
from mapping.errors import InvalidScenarioError, MappingError
from mapping.panels import faults
from mapping.panels.answer import Answer
from mapping.panels.controls import slider
from mapping.panels.panel import OURS, told
from mapping.scenario import Scenario
from mapping.workspace import Workspace

PATIENCE = 10  # seconds


def controls():
    return {
        "new_hubs": slider("New hubs", 5, least=0, most=20),
        "within": slider("Within reach", 15, least=5, most=45, unit="minutes’ walk"),
    }


def said(values):
    return Answer(f"{values['new_hubs']} within {values['within']}")


def panel(reply=lambda values, _: said(values), **options):
    return panels.Panel("Trial", controls=controls(), reply=reply, **options)


class Slow:
    """A reply that works until it is let go or told to stop."""

    def __init__(self):
        self.begun, self.go = Event(), Event()
        self.asked, self.heard = [], []

    def __call__(self, values, work):
        self.asked.append(values["new_hubs"])
        self.begun.set()
        while not self.go.wait(0.005) and not work.stopped():
            pass
        self.heard.append(work.stopped())
        return said(values)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def busy(slow):
    """A panel that has answered once and is at work on 6 new hubs."""
    made = panel(slow)
    slow.go.set()
    made.refresh()
    slow.go.clear()
    slow.begun.clear()
    made.background = True
    made.controls["new_hubs"].value = 6
    assert slow.begun.wait(PATIENCE)
    return made


def screen(made):
    texts, pending = [], list(made.children)
    while pending:
        widget = pending.pop()
        texts += [widget.value] if isinstance(widget, widgets.HTML) else []
        pending += getattr(widget, "children", ())
    return html.unescape("\n".join(texts))


def stale(made):
    return "mapping-stale" in made._shown._dom_classes


def test_the_controls_are_heard_and_the_last_answer_stays_greyed_while_a_panel_works(busy, slow):
    assert busy.answer.lead == "5 within 15"
    assert stale(busy)
    assert "<progress" in screen(busy)
    assert busy._halt.layout.display is None
    slow.go.set()
    busy.wait()
    assert busy.answer.lead == "6 within 15"
    assert not stale(busy)
    assert busy._halt.layout.display == "none"


def test_work_that_is_stopped_keeps_the_last_answer_and_can_be_begun_again(busy, slow):
    busy._halt.click()
    busy.wait()
    assert slow.heard[-1]
    assert busy.answer.lead == "5 within 15"
    assert stale(busy)
    assert "Stopped. The answer below is for earlier choices." in screen(busy)
    assert busy._button.layout.display is None
    slow.go.set()
    busy._button.click()
    busy.wait()
    assert busy.answer.lead == "6 within 15"
    assert busy._button.layout.display == "none"


def test_a_newer_change_supersedes_older_work_and_what_came_between_is_never_begun(busy, slow):
    seen = []
    busy._lead.observe(lambda change: seen.append(change["new"]), names="value")
    for hubs in (7, 8, 9):
        busy.controls["new_hubs"].value = hubs
    slow.go.set()
    busy.wait()
    assert busy.answer.lead == "9 within 15"
    assert slow.asked[0] == 5
    assert slow.asked[-1] == 9
    assert 6 in slow.asked
    assert all("9 within" in one for one in seen)
    assert not stale(busy)
    assert "Stopped" not in screen(busy)


def test_work_ends_at_the_next_words_it_says_once_it_was_told_to_stop():
    begun, after = Event(), []

    def reply(values, work):
        begun.set()
        while not work.stopped():
            pass
        work("the next step")
        after.append(values)

    made = panel(reply)
    made.background = True
    made.start()
    assert begun.wait(PATIENCE)
    made.stop()
    made.wait()
    assert not after
    assert made.answer is None
    assert "Stopped." in screen(made)


def test_a_change_after_the_button_was_pressed_is_what_is_worked_out(slow):
    made = panel(slow, button="Route it")
    made.background = True
    made.start()
    assert slow.begun.wait(PATIENCE)
    made.controls["new_hubs"].value = 6
    slow.go.set()
    made.wait()
    assert made.answer.lead == "6 within 15"
    assert not stale(made)
    made.controls["new_hubs"].value = 7  # nobody has pressed for this one
    made.wait()
    assert made.answer.lead == "6 within 15"
    assert "for the earlier choices. Press “Route it”." in screen(made)


def test_a_change_after_stop_was_pressed_begins_nothing(slow):
    made = panel(slow, button="Route it")
    made.background = True
    made.start()
    assert slow.begun.wait(PATIENCE)
    made.stop()
    made.controls["new_hubs"].value = 6
    made.wait()
    assert made.answer is None
    assert slow.asked == [5]


def test_a_fault_of_ours_beside_the_controls_is_logged_and_shown_in_one_sentence(caplog):
    def reply(*_):
        raise ZeroDivisionError("secret")

    made = panel(reply)
    made.background = True
    with caplog.at_level(logging.ERROR):
        made.start()
        made.wait()
    assert OURS in screen(made)
    assert "secret" not in screen(made)
    assert "ZeroDivisionError" in caplog.text
    assert not made._button.disabled


def test_faults_of_ours_are_kept_in_a_log_of_the_workspace(tmp_path):
    log = logging.getLogger("mapping")
    before = list(log.handlers)
    try:
        faults.keep_log(Workspace(tmp_path))
        faults.keep_log(Workspace(tmp_path))
        assert len(log.handlers) == len(before) + 1
        assert not (tmp_path / "logs").exists()
        log.error("odd")
        assert "odd" in (tmp_path / "logs" / "mapping.log").read_text()
    finally:
        for handler in set(log.handlers) - set(before):
            handler.close()
            log.removeHandler(handler)


def test_changes_are_undone_and_redone_one_by_one():
    made = panel()
    made.refresh()
    assert made._undo.disabled
    assert made._redo.disabled
    made.controls["new_hubs"].value = 6
    made.controls["within"].value = 20
    made._undo.click()
    assert made.answer.lead == "6 within 15"
    made._undo.click()
    assert made.answer.lead == "5 within 15"
    assert made._undo.disabled
    made._redo.click()
    assert made.answer.lead == "6 within 15"
    made.controls["within"].value = 25
    assert made._redo.disabled
    made.undo()
    assert made.answer.lead == "6 within 15"


def test_several_controls_set_at_once_are_one_answer_and_one_step():
    asked = []

    def reply(values, _):
        asked.append(values)
        return said(values)

    made = panel(reply)
    changes = []
    made.on_change(lambda: changes.append(made.values))
    made.put({"new_hubs": 8, "within": 30})
    assert asked == changes == [{"new_hubs": 8, "within": 30}]
    made.undo()
    assert made.values == {"new_hubs": 5, "within": 15}


def test_a_mistake_stands_beside_the_controls_that_it_is_about_in_their_own_words():
    def reply(values, _):
        if values["within"] > 30:
            raise InvalidScenarioError("within is 40, it must be above <b>beyond</b> (30).")
        return said(values)

    made = panel(reply, folded={"More": ["within"]})
    made.refresh()
    made.controls["within"].value = 40
    beside = {name: html.unescape(one.value) for name, one in made._faults.items()}
    assert beside["new_hubs"] == ""
    assert "“Within reach” is 40" in beside["within"]
    assert "<b>" not in made._faults["within"].value
    assert made._fold.selected_index == 0
    assert 'role="alert"' in screen(made)
    made.controls["within"].value = 20
    assert made._faults["within"].value == ""
    assert 'role="alert"' not in screen(made)


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"must_open": ("a",), "never": ("a",)}, {"must_open", "never"}),
        ({"must_open": ("a", "b"), "new_hubs": 1}, {"must_open", "new_hubs"}),
        ({"question": "gradual", "beyond": 10.0}, {"beyond", "within"}),
        ({"question": "set_cover", "share": 2.0}, {"share"}),
        ({"budget": -1.0}, {"budget"}),
        ({"question": "p_centre", "capacity": True}, {"capacity"}),
    ],
)
def test_whatever_choices_exclude_each_other_the_sentence_names_their_controls(choices, named):
    labels = {
        "question": "What matters most", "new_hubs": "New hubs", "within": "Within reach",
        "beyond": "Nobody counts from", "must_open": "Must open", "never": "May never open",
        "budget": "Budget", "share": "Share to reach", "capacity": "Places a week",
        "in_wards": "At least one hub in", "one_per_building": "Hubs in one building",
    }  # fmt: skip
    with pytest.raises(MappingError) as caught:
        Scenario(name="", study="demo", **choices)
    assert set(faults.about(str(caught.value), labels)) == named


def test_progress_fills_a_bar_where_it_is_known_and_its_words_never_run():
    assert re.search(r'value="3" max="12"', told("planning size 3 of 12"))
    assert "value=" not in told("placing hubs")
    assert "<img" not in told("<img src=x onerror=steal()>")
