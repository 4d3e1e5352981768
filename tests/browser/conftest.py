"""A real Chromium that can reach nothing, and pages opened in it from files."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser, Page, Route, sync_playwright

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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or a plain skip."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
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
        context = chromium.new_context(viewport={"width": width, "height": height})
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
        seen.page.wait_for_timeout(150)  # the first size and the canvas after it
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
