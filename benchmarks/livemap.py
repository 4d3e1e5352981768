"""
How quickly the live map answers, in a real Chromium and a real kernel.

    python benchmarks/livemap.py                  # 302 areas × 120 sites, and 1,600 areas
    python benchmarks/livemap.py --areas 1600
    python benchmarks/livemap.py --areas --notebooks 2-see-need 5-place-hubs 6-route-the-bus

Prints, for a grid of areas with a plan of five hubs, the time from the last pointer event to the
new coverage painted while a hub is dragged (a kernel, a comm and a browser in between), the first
paint of the map, the processor time of one answer in Python, and what one answer sends; and for
notebooks of the made-up city, the time from Run All to a live map in a kernel that has started.
A target is printed beside each figure; a machine that does other work at the same time is slower.
"""

import argparse
import importlib.util
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import expect, sync_playwright

from mapping.pipeline import build_demo
from mapping.workspace import Workspace

ROOT = Path(__file__).parents[1]

NOTEBOOK = """
import time
import geopandas as gpd, numpy as np, pandas as pd, shapely
from mapping.rounding import about
from mapping.maps.live import LiveMap, count_layers

side = int(np.ceil(np.sqrt({areas})))
rng = np.random.default_rng(1)
cells = [(x, y) for x in range(side) for y in range(side)][:{areas}]
edge = np.linspace(0, 1, 16)
def cell(x, y):
    ring = [(a, 0.08 * np.sin(9 * a) * a * (1 - a)) for a in edge]
    ring += [(1, a) for a in edge] + [(1 - a, 1) for a in edge] + [(0, 1 - a) for a in edge]
    return shapely.Polygon([(334e3 + 400 * (x + u), 388e3 + 400 * (y + v)) for u, v in ring])
codes = pd.Index([f"X{{at:05d}}" for at in range(len(cells))], name="area")
draws = rng.gamma(9, 20, (len(cells), 1000))
areas = gpd.GeoDataFrame(dict(name=codes, people=draws.mean(1), low=draws.mean(1) * 0.7,
    high=draws.mean(1) * 1.4), geometry=[cell(*c) for c in cells], index=codes, crs=27700)
sites = rng.uniform(0, 400 * side, ({sites}, 2)) + [334e3, 388e3]
centres = np.array([[p.x, p.y] for p in areas.centroid])
minutes = np.hypot(*(centres[:, None] - sites[None]).transpose(2, 0, 1)) * 1.3 / 78
others = (minutes[:, 1:5] <= 15).any(1)
spent, sent = [], []

def moved(move):
    start = time.process_time()
    near = np.hypot(*(centres - [move.x, move.y]).T) * 1.3 / 78 <= 15
    within = others | near
    low, high = np.quantile(draws[within].sum(0), [0.025, 0.975])
    live.reached(pd.Series(within, codes))
    live.status = f"Here: about {{about((low + high) / 2)}}"
    spent.append(1000 * (time.process_time() - start))

hub = np.arange({sites}) < 5
frame = gpd.GeoDataFrame(dict(name=[f"S{{at}}" for at in range({sites})],
    role=np.where(hub, "proposed", "candidate"), movable=hub),
    geometry=gpd.points_from_xy(*sites.T), index=[f"s{{at}}" for at in range({sites})], crs=27700)
live = LiveMap(areas, layers=count_layers(areas, value="people", low="low", high="high",
    label="adults"), title="Benchmark", sites=frame, moved=moved, pattern="Out of reach")
inner = live.send
def send(content, buffers=None):
    sent.append(len(str(content)) + sum(map(len, buffers or [])))
    inner(content, buffers)
live.send = send
live.reached(pd.Series((minutes[:, :5] <= 15).any(1), codes))
live
"""
TOLD = 'print("TOLD", np.median(spent), max(spent), len(spent), max(sent[1:]))'


def main() -> None:
    """Print the figures for each size asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--areas", type=int, nargs="*", default=[302, 1600])
    parser.add_argument("--sites", type=int, default=120)
    parser.add_argument("--notebooks", nargs="*", default=["2-see-need", "5-place-hubs"])
    asked = parser.parse_args()
    servers = _servers()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=servers.chromium_path(), args=flags)
        root = Path(scratch)
        lab = servers.Server(
            lambda port: [*servers.LAB, f"--port={port}", f"--ServerApp.root_dir={root}"],
            Path(tempfile.mkdtemp(dir=scratch)),
        )
        try:
            for areas in asked.areas:
                _report(browser, lab, servers, root, areas, asked.sites)
            if asked.notebooks:
                _built(root)
            for name in asked.notebooks:
                _open(browser, lab, servers, name)
        finally:
            lab.stop()
            browser.close()


def _servers() -> object:
    """Return the servers of the browser tests."""
    spec = importlib.util.spec_from_file_location("servers", ROOT / "tests/browser/conftest.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["servers"] = module
    spec.loader.exec_module(module)
    return module


def _report(browser, lab, servers, root, areas, sites) -> None:  # noqa: ANN001, PLR0917
    code = [NOTEBOOK.format(areas=areas, sites=sites), TOLD]
    cells = [
        {
            "cell_type": "code",
            "source": text,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "id": f"c{at}",
        }
        for at, text in enumerate(code)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (root / "bench.ipynb").write_text(json.dumps(book))
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    page.goto(f"{lab.address}/lab/workspaces/b/tree/bench.ipynb?reset&token={servers.TOKEN}")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=60_000)
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    page.locator(".livemap[data-drawn]").wait_for(timeout=60_000)
    page.locator(".livemap-frame").scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    _drag(page)
    page.locator(".jp-Notebook .cm-content").last.click()
    page.keyboard.press("Control+Enter")
    told = page.locator(".jp-OutputArea-output", has_text="TOLD").last.inner_text().split()
    taken = np.array(_measured(page, "livemap-move"))
    first = _measured(page, "livemap-first-paint")[0]
    target = (100, 200) if areas <= 302 else (300, 300)
    print(
        f"{areas:,} areas × {sites} sites: {len(taken)} answers while a hub was dragged\n"
        f"  last pointer event → painted: median {np.median(taken):.0f} ms (target {target[0]}), "
        f"95% within {np.quantile(taken, 0.95):.0f} ms (target {target[1]})\n"
        f"  first paint {first:.0f} ms (target 500 for 302 areas)\n"
        f"  Python: median {float(told[1]):.1f} ms of processor time an answer; the largest answer "
        f"sent {int(told[4]):,} bytes",
        flush=True,
    )
    page.close()
    lab.end_kernels()


def _built(root) -> None:  # noqa: ANN001
    """Build the made-up city, with the notebooks beside it."""
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    build_demo(workspace=Workspace(root))


def _open(browser, lab, servers, name, times: int = 5) -> None:  # noqa: ANN001
    """Print how long a notebook takes from Run All to a live map that is drawn."""
    taken = []
    for _ in range(times):
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        address = f"{lab.address}/lab/workspaces/n/tree/notebooks/{name}.ipynb"
        page.goto(f"{address}?reset&token={servers.TOKEN}")
        expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        start = time.monotonic()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.locator(".livemap[data-drawn]:visible").first.wait_for(timeout=60_000)
        taken.append(time.monotonic() - start)
        page.close()
        lab.end_kernels()
    print(
        f"{name}: Run All → live map median {np.median(taken):.1f} s, from {min(taken):.1f} to "
        f"{max(taken):.1f} (target 5)",
        flush=True,
    )


def _drag(page) -> None:  # noqa: ANN001
    box = page.locator(".livemap-site").first.bounding_box()
    x, y = box["x"] + 15, box["y"] + 15
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(150):
        turn = step / 12
        page.mouse.move(x + 60 * np.sin(turn), y + 40 * (1 - np.cos(turn)))
        time.sleep(0.016)
    page.wait_for_timeout(600)
    page.mouse.up()
    page.wait_for_timeout(600)


def _measured(page, name) -> list[float]:  # noqa: ANN001
    return page.evaluate(
        "(name) => performance.getEntriesByName(name).map((entry) => entry.duration)", name
    )


if __name__ == "__main__":
    main()
