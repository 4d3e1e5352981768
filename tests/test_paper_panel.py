"""The panel that shows the board paper and exports it."""

from pathlib import Path

import pytest

from mapping import panels
from mapping.pipeline import exporting
from mapping.report.paper import Paper
from mapping.scenario import Scenario
from mapping.workspace import Workspace

HOSTILE = '<img src=x onerror="steal()">'


@pytest.fixture
def panel(place, tmp_path):
    scenario = Scenario(f"None {HOSTILE}", "demo", new_hubs=0, bus_days=0)
    scenario.save(tmp_path / "scenarios" / "demo" / "none.toml")
    made = panels.write_paper(place, study="demo", workspace=Workspace(tmp_path))
    made.controls["title"].value = f"Ours {HOSTILE}"
    return made


def test_the_paper_is_shown_in_a_frame_that_cannot_reach_the_notebook(panel):
    panel.refresh()
    shown = panel.answer.shown
    assert "sandbox" in shown._repr_html_()
    assert "Ours &lt;img" in shown.page
    assert HOSTILE not in shown.page
    assert "Nothing is written yet" in " ".join(panel.answer.notes)


def test_the_pack_is_exported_in_the_words_on_the_screen(panel, monkeypatch, tmp_path):
    asked = {}

    def export(scenarios, *, paper, workspace, progress):
        asked.update(scenarios=scenarios, paper=paper, root=workspace.root)
        progress("writing", 1, 2)
        path = tmp_path / "exports" / "demo" / "board-map.html"
        return exporting.Made("", ((path, f"board {HOSTILE}"),), "")

    monkeypatch.setattr("mapping.pipeline.export", export)
    exporter = next(one for one in every(panel) if hasattr(one, "export"))
    exporter.export()
    assert asked["paper"] == Paper(title=f"Ours {HOSTILE}")
    assert [scenario.name for scenario in asked["scenarios"]] == [f"None {HOSTILE}"]
    assert "exports/demo" in exporter.message.value
    assert HOSTILE not in exporter.message.value


def test_a_pack_that_cannot_be_written_says_why(panel, monkeypatch):
    def export(*_, **__):
        raise PermissionError(13, "denied", str(Path("exports")))

    monkeypatch.setattr("mapping.pipeline.export", export)
    exporter = next(one for one in every(panel) if hasattr(one, "export"))
    exporter.export()
    assert "Not exported" in exporter.message.value
    assert not exporter.button.disabled


def every(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)
