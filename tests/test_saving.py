"""Scenarios on the screen: saved, reopened, duplicated, and saved by themselves at every change."""

import html
from dataclasses import replace
from datetime import datetime, timedelta

import ipywidgets as widgets
import pytest

from mapping import panels
from mapping.panels import saving
from mapping.panels.answer import Answer
from mapping.panels.autosave import MOST, Autosave
from mapping.panels.controls import slider
from mapping.scenario import Scenario, files
from mapping.workspace import Workspace

HOSTILE = '<img src=x onerror="steal()">${steal()}</script>'
BEGAN = datetime(2026, 11, 28, 9, 0)  # noqa: DTZ001 - a clock on the wall


class Desk:
    """A small panel with its saver, opened in a workspace."""

    def __init__(self, root, place=None):
        self.workspace = Workspace(root)
        self.controls = {
            "new_hubs": slider("New hubs", 5, least=0, most=10),
            "share": slider("Share", 50, least=5, most=100),
            "never": widgets.SelectMultiple(description="Never", options=[("A", "a"), ("B", "b")]),
        }
        self.saver = saving.Saver(self.scenario, self.workspace, place=place)
        self.panel = panels.Panel(
            "Trial",
            controls=self.controls,
            reply=lambda values, _: Answer(str(values)),
            extras=(self.saver,),
            bar=(self.saver.offer,),
        )
        self.saver.attend(self.panel, study="demo", kind="hubs")

    def scenario(self, name):
        values = self.panel.values
        return Scenario(
            name=name or f"{values['new_hubs']} hubs",
            study="demo",
            new_hubs=values["new_hubs"],
            share=values["share"] / 100,
            never=values["never"],
        )

    @property
    def said(self):
        return html.unescape(self.saver.message.value)

    def open(self, name):
        self.saver.kept.value = dict(self.saver.kept.options)[name]
        self.saver.reopen.click()

    def autosaved(self):
        return sorted((self.workspace.root / "scenarios" / "demo" / ".autosave").glob("*"))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_scenario_is_saved_with_its_note_and_opens_again_in_the_controls(desk):
    desk.panel.put({"new_hubs": 7, "share": 35, "never": ("b",)})
    desk.saver.name.value, desk.saver.note.value = "Seven", "ask the library"
    desk.saver.save()
    desk.panel.put({"new_hubs": 2, "share": 80, "never": ()})
    desk.open("Seven")
    assert desk.panel.values == {"new_hubs": 7, "share": 35, "never": ("b",)}
    assert (desk.saver.name.value, desk.saver.note.value) == ("Seven", "ask the library")
    assert "Opened “Seven”" in desk.said
    desk.panel.undo()
    assert desk.panel.values["new_hubs"] == 2


def test_a_scenario_made_on_older_data_says_what_changed_when_it_opens(tmp_path, place):
    desk = Desk(tmp_path, place)
    desk.saver.name.value = "Old"
    desk.saver.save()
    newer = place.sources.assign(sha256=["0" * 64, *place.sources["sha256"][1:]])
    later = Desk(tmp_path, replace(place, sources=newer, fingerprint="another"))
    later.open("Old")
    assert f"{place.sources['file'].iloc[0]} has changed since." in later.said


def test_choices_that_the_controls_do_not_have_are_named_when_a_scenario_opens(desk):
    wide = Scenario(name="Wide", study="demo", new_hubs=30, within=25.0, bus_days=3)
    files.save(wide, saving.path_of("Wide", "demo", desk.workspace))
    desk.saver._refresh()
    desk.open("Wide")
    assert desk.panel.values["new_hubs"] == 30
    assert "chooses what is not asked here: within, bus_days" in desk.said


def test_sites_that_are_gone_are_left_out_and_named(tmp_path, place):
    gone = Scenario(name="Gone", study="demo", never=("a", "razed"))
    files.save(gone, saving.path_of("Gone", "demo", Workspace(tmp_path)))
    desk = Desk(tmp_path, place)
    desk.open("Gone")
    assert desk.panel.values["never"] == ("a",)
    assert "razed" in desk.said


def test_the_work_of_somebody_else_is_not_replaced_without_a_word(desk):
    other = Scenario(name="Mine", study="demo", new_hubs=1)
    path = files.save(other, saving.path_of("Mine", "demo", desk.workspace))
    desk.saver.name.value = "Mine"
    desk.saver.save()
    assert "There is a scenario “Mine” already" in desk.said
    assert Scenario.load(path) == other
    desk.saver.save()
    assert "Replaced" in desk.said
    assert Scenario.load(path).new_hubs == 5


def test_a_scenario_is_duplicated_under_a_name_that_is_free(desk):
    desk.saver.name.value = "Five"
    desk.saver.save()
    desk.saver.duplicate.click()
    assert set(dict(desk.saver.kept.options)) == {"Five", "Five, copy"}
    desk.saver.kept.value = dict(desk.saver.kept.options)["Five"]
    desk.saver.duplicate.click()
    assert "Five, copy 2" in dict(desk.saver.kept.options)


def test_every_change_is_saved_by_itself_and_offered_after_a_crash(desk, tmp_path):
    desk.panel.controls["new_hubs"].value = 8
    desk.saver.note.value = "half done"
    assert len(desk.autosaved()) == 1
    assert Scenario.load(desk.autosaved()[0]).new_hubs == 8
    again = Desk(tmp_path)  # the kernel died; nobody saved
    assert again.panel.values["new_hubs"] == 5
    assert again.saver.offer.layout.display is None
    assert "“8 hubs”" in html.unescape(again.saver.offer.words.value)
    again.saver.offer.yes.click()
    assert again.panel.values["new_hubs"] == 8
    assert again.saver.note.value == "half done"
    assert again.saver.offer.layout.display == "none"
    again.saver.save()
    assert again.autosaved() == []


def test_an_offer_that_is_not_answered_is_not_written_over(desk, tmp_path):
    desk.panel.controls["new_hubs"].value = 8
    again = Desk(tmp_path)
    again.panel.controls["new_hubs"].value = 1
    assert sorted(Scenario.load(path).new_hubs for path in again.autosaved()) == [1, 8]


def test_work_that_was_saved_under_a_name_or_thrown_away_is_not_offered(desk, tmp_path):
    desk.panel.controls["new_hubs"].value = 8
    desk.saver.save()
    assert Desk(tmp_path).saver.offer.layout.display == "none"
    desk.panel.controls["new_hubs"].value = 9
    again = Desk(tmp_path)
    again.saver.offer.no.click()
    assert again.autosaved() == []


def test_a_save_that_breaks_off_leaves_the_last_one_whole(tmp_path, monkeypatch):
    kept = Autosave(tmp_path, "hubs", clock=lambda: BEGAN)
    kept.keep(Scenario(name="First", study="demo"))

    def broken(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.replace", broken)
    with pytest.raises(OSError, match="no space"):
        kept.keep(Scenario(name="Second", study="demo"))
    monkeypatch.undo()
    assert Scenario.load(kept.path).name == "First"
    assert [path.name for path in kept.path.parent.iterdir()] == [kept.path.name]


def test_only_the_newest_work_is_kept(tmp_path):
    for minute in range(MOST + 3):
        kept = Autosave(tmp_path, "hubs", clock=lambda m=minute: BEGAN + timedelta(minutes=m))
        kept.keep(Scenario(name=str(minute), study="demo"))
    assert len(list((tmp_path / ".autosave").iterdir())) == MOST
    later = Autosave(tmp_path, "hubs", clock=lambda: BEGAN + timedelta(days=1))
    assert later.left().scenario.name == str(MOST + 2)


def test_names_of_scenarios_never_run_in_the_saver(desk, tmp_path):
    desk.saver.name.value = desk.saver.note.value = HOSTILE
    desk.saver.save()
    desk.open(HOSTILE.strip())
    again = Desk(tmp_path)
    desk.panel.controls["new_hubs"].value = 9
    again = Desk(tmp_path)
    for shown in (desk.saver.message.value, again.saver.offer.words.value):
        assert "img src" in shown
        assert "<img" not in shown
        assert "</script" not in shown
