"""Shared worlds: the demo city built once, the open data where it is held."""

from pathlib import Path

import pytest

from mapping import demo, pipeline
from mapping.scenario import Place
from mapping.workspace import Workspace

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of real open data, or a plain skip."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the folder of open data is not beside this repository")
    return folder


@pytest.fixture(scope="session")
def city() -> demo.City:
    """Exampleton with its hidden truth."""
    return demo.city()


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the demo city's raw files, built and exported."""
    workspace = Workspace(tmp_path_factory.mktemp("demo"))
    pipeline.demo(workspace=workspace)
    return workspace


@pytest.fixture(scope="session")
def place(demo_workspace: Workspace) -> Place:
    """The built demo city."""
    return pipeline.load("demo", workspace=demo_workspace)
