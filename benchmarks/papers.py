"""How large a board paper of Liverpool is, how soon it draws offline, how long its pack takes.

Run: python benchmarks/papers.py [--data FOLDER]

Builds the study from the folder of open data (real boundaries: 302 LSOAs, 64 wards), weighs two
scenarios, writes every file of an export, and opens the page in the system's Chromium with every
address blocked. Exit code 1 if a figure is missed. Times are of the processor for the export, so
that a busy machine does not fail it, and of the clock for the drawing.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from mapping import pipeline
from mapping.pipeline.exporting import write_pack
from mapping.report.paper import Paper
from mapping.scenario import Scenario
from mapping.workspace import Workspace

ROOT = Path(__file__).parents[1]
LARGEST, SLOWEST_DRAWING, SLOWEST_EXPORT = 0.8e6, 0.5, 10.0  # bytes, seconds, seconds
SCENARIOS = (
    Scenario("Five hubs and a bus", "liverpool", bus_seconds=2.0),
    Scenario("Ten hubs", "liverpool", new_hubs=10, bus_days=0),
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"]
# From the start of the page to the frame in which the map's canvas holds areas and sites.
DRAWN = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
    done([document.querySelectorAll('canvas.leaflet-zoom-animated, .plate-map canvas').length,
          document.querySelectorAll('.plate-site').length,
          performance.now() / 1000]))))"""


def main() -> int:
    """Print every figure; return 1 if one is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"There is no folder {given.data}: say where the open data are with --data.")
        return 1
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name))
        workspace.studies.mkdir()
        shutil.copy(ROOT / "studies" / "liverpool.toml", workspace.studies)
        pipeline.build("liverpool", raw=given.data, workspace=workspace)
        place = pipeline.load("liverpool", workspace=workspace)
        outcomes = pipeline.outcomes_of(SCENARIOS, place)
        clock, processor = time.perf_counter(), time.process_time()
        files = write_pack(outcomes, place, workspace.exports / "liverpool", paper=Paper())
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        page = workspace.exports / "liverpool" / "board-map.html"
        sizes = {path.name: path.stat().st_size for path, _ in files}
        drawing = opened(page)
    for file, size in sizes.items():
        print(f"{size / 1e6:7.3f} MB  {file}")
    print(f"areas {len(place.lsoas)}, wards {len(place.wards)}")
    print(f"page {sizes['board-map.html'] / 1e6:.2f} MB (at most {LARGEST / 1e6})")
    print(f"drawn after {drawing:.2f} s, every address blocked (at most {SLOWEST_DRAWING})")
    print(f"pack {processor:.1f} s of the processor, {clock:.1f} s (at most {SLOWEST_EXPORT})")
    met = (
        sizes["board-map.html"] <= LARGEST,
        drawing <= SLOWEST_DRAWING,
        processor <= SLOWEST_EXPORT,
    )
    return 0 if all(met) else 1


def opened(page: Path) -> float:
    """Return how long the page takes to be drawn, the median of five openings, in seconds."""
    path = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        taken = []
        for _ in range(5):
            tab = browser.new_page(viewport={"width": 1366, "height": 768})
            tab.goto(page.as_uri())
            canvases, sites, seconds = tab.evaluate(DRAWN)
            if not canvases or not sites:
                raise SystemExit("The map was not drawn.")
            taken.append(seconds)
            tab.close()
        browser.close()
    return sorted(taken)[2]


if __name__ == "__main__":
    sys.exit(main())
