"""Shared worlds: the demo city built once, the open data where it is held."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from mapping import demo, panels, pipeline
from mapping.pipeline import building, manifest
from mapping.scenario import Place
from mapping.workspace import Workspace

SHARED = Path(__file__).parents[1].parent / "shared"
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

PATIENCE = 600  # seconds that a worker waits for what another makes

# How long an example takes depends on what else the machine does.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that need no demo city first: a worker does them while another makes it."""
    need = {one.path for one in items if "demo_workspace" in getattr(one, "fixturenames", ())}
    items.sort(key=lambda one: one.path in need)


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
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return what takes long to make: one worker makes it in a folder, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        try:
            folder.mkdir()
        except FileExistsError:
            until = time.monotonic() + PATIENCE
            while not done.exists():
                if time.monotonic() > until:
                    pytest.fail(f"{name} was not made in {PATIENCE} seconds")
                time.sleep(0.2)
        else:
            try:
                make(folder)
                done.write_text("made")
            finally:
                if not done.exists():
                    done.write_text("failed")
        if done.read_text() != "made":
            pytest.fail(f"{name} could not be made; the worker that tried says why")
        return folder

    return made


def as_made_on_the_spot(folder: Path) -> None:
    """Make the demo city as a notebook makes it that finds nothing there, and export it."""
    workspace = Workspace(folder)
    panels.check_data("demo", workspace=workspace)
    pipeline.demo(workspace=workspace)


@pytest.fixture(scope="session")
def demo_workspace(
    once: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """A workspace of this worker with the demo city's raw files, built and exported."""
    built = once("demo", as_made_on_the_spot)
    folder = tmp_path_factory.mktemp("demo")
    # Times are kept: files that are as they were read are not read again.
    shutil.copytree(built, folder, dirs_exist_ok=True)
    return Workspace(folder)


@pytest.fixture(scope="session")
def workbench(demo_workspace: Workspace) -> Workspace:
    """The demo workspace with the notebooks in it, as in a working copy."""
    shutil.copytree(NOTEBOOKS, demo_workspace.root / "notebooks", dirs_exist_ok=True)
    return demo_workspace


@pytest.fixture(scope="session")
def place(demo_workspace: Workspace) -> Place:
    """The built demo city."""
    return pipeline.load("demo", workspace=demo_workspace)


# A function of the build → the step that it makes.
LONG = {
    "estimate": "exclusion",
    "beliefs": "beliefs",
    "check_estimate": "validation",
    "travel": "travel",
    "context": "context",
}


@pytest.fixture
def unless_asked(demo_workspace: Workspace) -> Iterator[Callable[..., None]]:
    """
    Let a build take its long steps as the demo has them, but for those that are named.

    They take most of the time and are not what the test is about.
    """
    _, steps = manifest.read_steps(demo_workspace.processed / "demo", "demo")
    with pytest.MonkeyPatch.context() as patch:

        def take(*made: str) -> None:
            for function, step in LONG.items():
                if function not in made:
                    patch.setattr(building, function, lambda *_, held=steps[step], **__: held)

        yield take


class Request(BaseHTTPRequestHandler):
    """A request to a server on loopback."""

    protocol_version = "HTTP/1.1"

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Send a whole answer; an underscore in a header's name stands for a hyphen."""
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Start a server on loopback that does with each request what it is told; return where."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as held:

        def serve(answer: Callable[[Request], None]) -> str:
            class Answered(Request):
                def do_GET(self) -> None:
                    answer(self)

                def do_POST(self) -> None:
                    answer(self)

            running = held.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Answered))
            running.daemon_threads = True
            running.block_on_close = False
            threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
            held.callback(running.shutdown)
            return f"http://127.0.0.1:{running.server_port}"

        yield serve
