"""A real Chromium that can reach nothing but this machine, and what it opens.

Pages come from files, from one JupyterLab, or from one app; both servers are started once.

A machine may be busy with other work, so nothing here or in the tests waits for a time: what is
waited for is seen in the page, and the longest wait is generous. In every page `atRest()` resolves
when what was asked of it is painted and no map moves; a panel counts its answers in `data-answers`,
and a live map has `data-asking` while a hub on its way has not been answered.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "test-results"  # screenshots of the last run
SETTINGS = {
    # Cells off the screen are in the page as well, and no news is asked for.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
TOKEN = "loopback"
LAB = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
LAB += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
APP = [sys.executable, "-c", "from mapping.cli import main; main()", "app", "--no-browser"]

PATIENCE = 120_000  # milliseconds; a kernel on a busy machine
expect.set_options(timeout=PATIENCE)

AT_REST = """
window.atRest = () => new Promise((done) => {
  let frames = 0;
  const moving = ".leaflet-pan-anim, .leaflet-zoom-anim";
  const next = () => {
    frames = document.querySelector(moving) ? 0 : frames + 1;
    if (frames < 5) requestAnimationFrame(next);
    else setTimeout(done);
  };
  next();
});
"""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",  # Chromium refuses to start as root with it, as in a container
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


@dataclass
class Opened:
    """A page in Chromium with what it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def chromium_path() -> str | None:
    """Where the system's Chromium is."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def new_context(browser: Browser, width: int, height: int, **options: Any) -> BrowserContext:
    """Return a context whose pages are waited for patiently and tell when they are at rest."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(AT_REST)
    return context


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or a plain skip."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open HTML as a file, every other address blocked and recorded."""
    contexts = []

    def open_page(html: str, *, width: int = 1366, height: int = 768) -> Opened:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8", newline="\n")
        context = new_context(chromium, width, height)
        contexts.append(context)
        seen = Opened(context.new_page())

        def guard(route: Route) -> None:
            if route.request.url == path.as_uri():
                route.continue_()
            else:
                seen.requests.append(route.request.url)
                route.abort()

        context.route("**/*", guard)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda line: seen.errors.append(line.text))
        seen.page.goto(path.as_uri())
        seen.page.wait_for_function("document.readyState === 'complete'")
        seen.page.evaluate("atRest()")  # the first size and the canvas after it
        return seen

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def areas() -> gpd.GeoDataFrame:
    """Thirty square areas, more people to the north-east; the first has no estimate."""
    cells = [(column, row) for column in range(6) for row in range(5)]
    people = np.array([40 + 30 * column + 45 * row for column, row in cells], dtype=float)
    people[0] = np.nan
    return gpd.GeoDataFrame(
        {
            "name": [f"Area {at}" for at in range(len(cells))],
            "people": people,
            "low": people * 0.8,
            "high": people * np.linspace(1.1, 1.9, len(cells)),
        },
        geometry=[
            shapely.box(334e3 + 1000 * c, 388e3 + 1000 * r, 335e3 + 1000 * c, 389e3 + 1000 * r)
            for c, r in cells
        ],
        index=pd.Index([f"X01{at:06d}" for at in range(len(cells))], name="area"),
        crs="EPSG:27700",
    )


@pytest.fixture(scope="session")
def sites() -> gpd.GeoDataFrame:
    """Three places on a diagonal, inside areas and off their middles."""
    return gpd.GeoDataFrame(
        {"name": ["Hall", "Library", "Church"], "kind": "venue", "people": [120.0, 80.0, np.nan]},
        geometry=[shapely.Point(335_200 + 1000 * at, 389_200 + 1000 * at) for at in range(3)],
        index=["a", "b", "c"],
        crs="EPSG:27700",
    )


class Server:
    """A server on loopback, its home a folder of its own."""

    def __init__(self, command, home):
        self.home = home
        self.address = f"http://127.0.0.1:{self._port()}"
        with (home / "server.log").open("w") as log:
            self.process = subprocess.Popen(
                command(self.address.rsplit(":", 1)[1]),
                env=os.environ | self._folders(),
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def _folders(self):
        names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
        folders = {f"JUPYTER_{name}": str(self.home / name.lower()) for name in names}
        folders |= {f"JUPYTERLAB_{n}_DIR": str(self.home / n) for n in ("SETTINGS", "WORKSPACES")}
        for name, values in SETTINGS.items():
            path = self.home / "SETTINGS" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        return folders | {"HOME": str(self.home), "IPYTHONDIR": str(self.home / "ipython")}

    def _wait(self):
        until = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.ask("/")
            except OSError:
                time.sleep(0.1)
            else:
                return
        pytest.fail((self.home / "server.log").read_text())

    def ask(self, path, method="GET"):
        request = urllib.request.Request(
            self.address + path, method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as reply:
            return reply.read()

    def end_kernels(self):
        for session in json.loads(self.ask("/api/sessions")):
            self.ask(f"/api/sessions/{session['id']}", method="DELETE")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="session")
def lab(workbench, tmp_path_factory):
    """One JupyterLab for all tests."""
    root = workbench.root
    lab = Server(
        lambda port: [*LAB, f"--port={port}", f"--ServerApp.root_dir={root}"],
        tmp_path_factory.mktemp("lab"),
    )
    yield lab
    with suppress(OSError):
        lab.end_kernels()
    lab.stop()


@pytest.fixture(scope="session")
def app(workbench, tmp_path_factory):
    """One `mapping app` for all tests."""
    app = Server(
        lambda port: [*APP, "--port", port, "--workspace", str(workbench.root)],
        tmp_path_factory.mktemp("app"),
    )
    yield app
    app.stop()


@pytest.fixture(scope="session")
def offline(chromium):
    """A Chromium for which nothing exists but this machine."""
    rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    browser = chromium.browser_type.launch(
        executable_path=chromium_path(), args=[*FLAGS[:2], rules]
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def window(offline):
    """One context for every page of a server, so that its scripts are compiled once."""
    context = new_context(offline, 1366, 768)
    yield context
    context.close()


@pytest.fixture
def visit(window, offline, request):
    """Open pages of a server; other addresses do not exist, and asking for one is a failure."""
    pages, asked = [], []

    def open_page(address, *, width=1366, height=768, prepare=None, **options):
        # A page that is touched, say, has a context of its own.
        within = new_context(offline, width, height, **options) if options else window
        page = within.new_page()
        page.set_viewport_size({"width": width, "height": height})
        pages.append(page)
        own = re.match(r"http://[^/]+", address)[0]

        def note(asked_for):
            if asked_for.url.startswith("http") and not asked_for.url.startswith(own):
                asked.append(asked_for.url)

        page.on("request", note)
        if prepare:
            prepare(page)
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        keep_picture(page, request.node.name)
        page.close()
    assert asked == [], "the page asked for other addresses"


@pytest.fixture
def run(lab, visit, request):
    """Open a notebook in JupyterLab, run all its cells and return the page."""

    def open_and_run(name, **size):
        space = re.sub(r"\W+", "-", request.node.name)
        page = visit(
            f"{lab.address}/lab/workspaces/{space}/tree/notebooks/{name}?reset&token={TOKEN}",
            **size,
        )
        # Before the kernel is ready JupyterLab drops "Run All" without a word.
        expect(page.locator("#jp-main-statusbar")).to_contain_text(re.compile(r"\| Idle"))
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        answered(page)
        return page

    yield open_and_run
    lab.end_kernels()


def answered(page):
    """Wait until the panel shows an answer and is not working on another."""
    expect(page.locator(".mapping-lead")).to_be_visible()
    expect(page.locator(".mapping-stale")).to_have_count(0)
    page.evaluate("atRest()")


def keep_picture(page, name):
    """Write what was on the screen where it can be looked at after the run."""
    RESULTS.mkdir(exist_ok=True)
    with suppress(Exception):
        page.screenshot(path=RESULTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())[:90]}.png")
