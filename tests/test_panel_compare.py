"""The comparison panel: pure values to what is compared."""

import pytest

from mapping.errors import InvalidScenarioError
from mapping.panels.compare import (
    SEEN_IN,
    VIEWS,
    Shelf,
    compare_answer,
    compare_futures,
    opened,
    usual,
)
from mapping.scenario import Scenario, files, weigh
from mapping.workspace import Workspace

START = Scenario(name="", study="demo", new_hubs=3)
VALUES = {
    "sweep": "new_hubs",
    "weight_reach": 50,
    "weight_least_served": 30,
    "weight_cost": 20,
    "target": 1_500,
    "learners_per_champion": 12,
    "recruits": 30,
}


@pytest.fixture(scope="module")
def weighed(place):
    options = usual(START)
    return options, {name: weigh(scenario, place) for name, scenario in options.items()}


def answer(place, weighed, view, names=None):
    options, outcomes = weighed
    return compare_answer(
        {**VALUES, "view": view, "scenarios": tuple(names or options)},
        place,
        options=options,
        weigh_one=lambda scenario, _: outcomes[scenario.name],
        progress=lambda _: None,
    )


@pytest.mark.parametrize("view", VIEWS.values())
def test_every_view_answers_in_a_sentence_with_a_table(place, weighed, view):
    found = answer(place, weighed, view)
    assert found.lead.endswith(".")
    assert found.grids
    assert "assumption" in " ".join(found.caveats)
    if view != "weights":
        assert 'alt="' in found.shown._repr_html_()


def test_one_scenario_alone_is_set_against_the_plans_of_each_picture(place, weighed):
    found = answer(place, weighed, "beliefs", [next(iter(weighed[0]))])
    assert found.grids[0].frame["Scenario"].str.startswith("Best by").all()


def test_no_scenario_is_a_sentence(place):
    values = {**VALUES, "view": "reach", "scenarios": ()}
    with pytest.raises(InvalidScenarioError, match="No scenario is chosen"):
        compare_answer(values, place, options={}, weigh_one=weigh, progress=print)


def test_the_panel_shows_the_controls_that_matter_and_answers(place, tmp_path):
    panel = compare_futures(place, study="demo", workspace=Workspace(tmp_path))
    assert panel.controls["target"].layout.display == "none"
    panel.controls["view"].value = "people"
    assert panel.controls["target"].layout.display is None
    assert set(SEEN_IN) <= set(panel.controls)
    panel.controls["scenarios"].value = ("Change nothing",)
    panel.refresh()
    assert "champions" in panel.answer.lead


def test_scenario_files_are_listed_with_what_changed(place, tmp_path):
    workspace = Workspace(tmp_path)
    folder = tmp_path / "scenarios" / "demo"
    START.save(folder / "old.toml")
    (folder / "broken.toml").write_text("name = ")
    kept, told = opened("demo", place, workspace)
    assert list(kept) == [""]
    assert any("not readable" in line for line in told)
    assert any("does not say what data" in line for line in told)


def test_a_scenario_file_is_copied_renamed_and_noted(place, tmp_path):
    workspace = Workspace(tmp_path)
    folder = tmp_path / "scenarios" / "demo"
    path = files.save(Scenario(name="Three", study="demo"), folder / "three.toml", place=place)
    shelf = Shelf("demo", workspace)
    assert shelf.name.value == "Three"
    shelf.name.value, shelf.note.value = "Three again", "For June."
    shelf.copy.click()
    assert (folder / "three-again.toml").is_file()
    shelf.copy.click()
    assert "exists already" in shelf.message.value
    shelf.note.value = "For <July>."
    shelf.keep.click()
    assert files.open_file(folder / "three-again.toml").scenario.note == "For <July>."
    assert files.open_file(path).scenario.note == ""
