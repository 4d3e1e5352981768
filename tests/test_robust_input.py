"""Any file at all: read whole, or refused in one sentence; and a build that is killed."""

import csv
import io
import multiprocessing
import shutil
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapping import pipeline
from mapping.errors import MappingError
from mapping.sources import records
from mapping.sources.tabular import read_table
from mapping.workspace import Workspace

# What people type; a cell may hold line breaks, as Excel writes them.
LETTER = st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")) | st.just("\n")
CELL = st.text(LETTER, max_size=12)
QUICK = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8), data=st.data())
def test_a_table_is_never_silently_shorter(tmp_path, rows, data):
    """Written by a spreadsheet, perhaps damaged on its way: every filled row is there or none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerow(["site", "name", "note"])
    writer.writerows(rows)
    content = text.getvalue().encode(data.draw(st.sampled_from(["utf-8", "utf-8-sig"])))
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    table = read_table(path, {"site": "site", "name": "name", "note": "note"})
    filled = [row for row in rows if any(cell for cell in row)]
    assert len(table) == len(filled)
    kept = table.fillna("").to_numpy().tolist()
    assert [[c.splitlines() for c in row] for row in kept] == [
        [c.splitlines() for c in row] for row in filled
    ]


@QUICK
@given(content=st.binary(max_size=400))
def test_bytes_of_any_kind_are_answered_with_a_sentence(tmp_path, content):
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    for reader in (records.sites, records.homes, records.respondents):
        with pytest.raises(MappingError, match=r"^any\.csv: "):
            reader(path, {})


def killed_after(moment, workspace):
    """Start a build in a process of its own and kill it."""
    processes = multiprocessing.get_context("forkserver")  # the library is loaded once for all
    processes.set_forkserver_preload(["mapping.pipeline.building"])
    child = processes.Process(
        target=pipeline.build, args=("demo",), kwargs={"workspace": workspace}
    )
    child.start()
    time.sleep(moment)
    child.kill()
    child.join()
    child.close()


def test_a_build_killed_at_any_moment_leaves_what_was_built_before_whole(
    demo_workspace, tmp_path, unless_asked
):
    for part in ("studies", "data"):
        shutil.copytree(demo_workspace.root / part, tmp_path / part)
    workspace = Workspace(tmp_path)

    def built():
        return pipeline.load("demo", workspace=workspace).exclusion.frame

    before = built()
    study = workspace.studies / "demo.toml"
    study.write_text(study.read_text().replace("seed = ", "seed = 1", 1))  # other draws
    found = []
    for moment in (0.1, 0.8, 2.0):
        killed_after(moment, workspace)
        found.append(built())
    unless_asked("estimate")
    pipeline.build("demo", workspace=workspace)
    after = built()
    assert not after.equals(before)
    assert all(frame.equals(before) or frame.equals(after) for frame in found)
