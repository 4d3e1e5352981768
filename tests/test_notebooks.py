"""Every notebook is thin, and runs from top to bottom."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    found = nbformat.read(request.param, as_version=4)
    nbformat.validate(found)
    return found


def codes(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_one_numbered_notebook_per_job():
    numbers = [int(path.name.split("-")[0]) for path in PATHS]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1


def test_a_notebook_begins_with_its_question_and_ends_with_what_to_do_next(notebook):
    first, last = notebook.cells[0], notebook.cells[-1]
    assert first.cell_type == last.cell_type == "markdown"
    assert first.source.splitlines()[0].endswith("?")
    assert "How to use it" in first.source
    assert last.source.startswith("## What to do next")


def test_a_notebook_is_thin(notebook):
    assert len(codes(notebook)) <= 2
    for cell in codes(notebook):
        tree = ast.parse(cell.source)
        assert not any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in ast.walk(tree))
        assert len(cell.source.splitlines()) <= 5


def test_the_study_is_one_word_in_one_place(notebook):
    assert sum(cell.source.count('"demo"') for cell in codes(notebook)) == 1


def test_a_notebook_stores_no_outputs_and_is_small(notebook):
    assert all(not cell.outputs and cell.execution_count is None for cell in codes(notebook))
    assert len(nbformat.writes(notebook)) < 100_000


def test_cells_keep_their_names_from_one_version_to_the_next(notebook):
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert [c.id for c in notebook.cells] == ["question", "open", "panel", "meaning", "next"]
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.fixture(scope="module")
def kernel(workbench):
    """A kernel for all notebooks, in their folder: to load the library takes longest."""
    folder = {"metadata": {"path": str(workbench.root / "notebooks")}}
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=600, resources=folder)
    with client.setup_kernel():
        yield client


def test_a_notebook_runs_from_top_to_bottom(notebook, kernel):
    forget = nbformat.v4.new_code_cell("%reset -f")  # so that no name comes from another notebook
    kernel.nb = nbformat.v4.new_notebook(cells=[forget, *notebook.cells])
    kernel.reset_execution_trackers()
    for number, cell in enumerate(kernel.nb.cells):
        kernel.execute_cell(cell, number)
    shown = [output for cell in codes(kernel.nb) for output in cell.outputs]
    assert not [output for output in shown if output.get("name") == "stderr"]
    assert any("application/vnd.jupyter.widget-view+json" in one.get("data", {}) for one in shown)
