"""Whether a study's data are here and in order, as the notebook “get data” says it."""

import shutil

import pandas as pd
import pytest

from mapping import panels
from mapping.panels.data import data_answer, lead
from mapping.pipeline.inputs import NEEDED
from mapping.sources import catalogue, standing
from mapping.sources.receipts import Receipt
from mapping.study import read_study
from mapping.workspace import Workspace, sha256

AGE, TENURE = "census2021-ts007a.zip", "census2021-ts054.zip"


@pytest.fixture
def copied(demo_workspace, tmp_path):
    for part in ("studies", "data"):
        shutil.copytree(demo_workspace.root / part, tmp_path / part)
    return Workspace(tmp_path)


def received(workspace, source, path):
    """Lay a file where a download would be, with its receipt."""
    target = workspace.raw / source.id / path.name
    target.parent.mkdir(parents=True)
    shutil.move(path, target)
    Receipt(
        source=source.id, title=source.title, publisher=source.publisher, licence=source.licence,
        vintage=source.vintage, address=source.url, fetched="2026-11-22T00:00:00+00:00",
        sha256=sha256(target), size=target.stat().st_size, version={},
    ).save(target)  # fmt: skip
    return target


def roles(workspace):
    found = standing.published(
        workspace.raw, "demo", needed=NEEDED, useful=("schools", "water", "age"), chosen={}
    )
    return found.set_index("role")


def test_every_needed_and_useful_kind_of_data_has_one_row(copied):
    found = roles(copied)
    assert found.index.tolist() == [*NEEDED, "schools", "water"]
    assert found["needed"].tolist() == [True] * len(NEEDED) + [False, False]
    assert found.loc["schools", ["state", "file"]].tolist() == ["missing", ""]
    assert found.loc["schools", "todo"].startswith("download it (mapping get --list says where)")
    assert (found.drop(index="schools")["state"] == "no receipt").all()


def test_a_missing_file_says_what_to_type(copied):
    (copied.raw / "demo" / AGE).unlink()
    (copied.raw / "demo" / "water.geojson").unlink()
    found = roles(copied)
    assert found.loc["age", ["state", "todo"]].tolist() == [
        "missing",
        "mapping get census2021_ts007a",
    ]
    assert found.loc["water", "todo"] == "a file of your own, called water.geojson"


def test_a_fetched_file_is_known_by_its_receipt_and_one_that_was_edited_is_told(copied):
    path = received(copied, catalogue()["census2021_ts054"], copied.raw / "demo" / TENURE)
    assert roles(copied).loc["tenure", "state"] == "as fetched"
    path.write_bytes(path.read_bytes() + b"x")
    assert roles(copied).loc["tenure", "state"] == "changed"
    assert "Not as fetched: census2021-ts054.zip." in answer(copied).lead


def test_hidden_files_and_those_of_other_studies_are_not_taken(copied):
    folder = copied.raw / "elsewhere"
    folder.mkdir()
    shutil.move(copied.raw / "demo" / AGE, folder / AGE)
    hidden = copied.raw / "census2021_ts007a" / ".fetching"
    hidden.mkdir(parents=True)
    shutil.copy(folder / AGE, hidden / AGE)
    assert roles(copied).loc["age", "state"] == "missing"


def answer(workspace):
    return data_answer(read_study("demo", workspace), workspace)


def test_a_study_whose_data_are_all_here_is_told_so_with_its_totals(copied):
    said = answer(copied)
    assert said.lead == "Everything that Exampleton needs is here."
    assert said.notes == ("As last built, nobody was lost or counted twice; see the totals below.",)
    files, _, lists, totals, matched, earlier = (grid.frame for grid in said.grids)
    assert set(files["State"]) == {"made up", "not here (it can do without)"}
    assert set(lists["State"]) == {"read"}
    assert (totals["In the file"] == totals["In wards"]).all()
    assert (matched["Missing"] == "0").all()
    assert {"Earlier ward", "Present ward", "People"} <= set(earlier)


def test_what_is_missing_or_wrong_stands_first_and_all_at_once(copied):
    (copied.raw / "demo" / TENURE).unlink()
    venues = copied.raw / "demo" / "own" / "venues.csv"
    lines = venues.read_text(encoding="utf-8-sig").splitlines()
    venues.write_text("\n".join([*lines, lines[1]]))
    said = answer(copied)
    assert said.lead == "Exampleton is not ready. Still to get: tenure. To correct: venues.csv."
    assert said.grids[0].frame["Used for"].iloc[0] == "tenure"
    told = said.grids[2].frame.set_index("List")["What it says"]
    assert told["venues"].startswith("venues.csv: ")
    assert "repeated in row" in told["venues"]


def test_a_study_that_is_not_built_says_how_to_build_it(copied):
    shutil.rmtree(copied.processed)
    said = answer(copied)
    assert said.lead == "Everything that Exampleton needs is here."
    assert said.notes[0].endswith("mapping build --study demo")
    assert len(said.grids) == 3


def test_an_empty_workspace_lists_everything_there_is_to_get(tmp_path):
    found = standing.published(
        tmp_path / "data" / "raw", "any", needed=NEEDED, useful=(), chosen={}
    )
    assert found["state"].eq("missing").all()
    nothing = pd.DataFrame(columns=["file", "state"])
    assert lead("Any", found, nothing).startswith(
        "Any is not ready. Still to get: wards of small areas, outl"
    )


def test_numbers_of_homes_are_rounded_and_small_ones_not_told(tmp_path):
    path = tmp_path / "stock.csv"
    rows = "".join(f"{at},335000,391000\n" for at in range(13))
    path.write_text("uprn,easting,northing\n" + rows + "0,335000,391000\n99,,\n")
    told = standing.own({"stock": (path, {})})["told"].tolist()
    assert told == ["About 15 homes; no known place: see rows 16."]


def test_the_panel_checks_again_when_asked(copied):
    panel = panels.check_data("demo", workspace=copied)
    panel.refresh()
    assert panel.answer.lead == "Everything that Exampleton needs is here."
    (copied.raw / "demo" / AGE).unlink()
    panel.refresh()
    assert "Still to get: age" in panel.answer.lead
