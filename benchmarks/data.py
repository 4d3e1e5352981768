"""Read, check and merge the area tables of all England, and a landlord's list of a city.

Run from the repository, with the shared folder of open data beside it:

    python benchmarks/data.py

Prints seconds and peak memory of one process: Indices of Deprivation, four census tables and both
lookups of 33,755 LSOAs read, checked, merged and reconciled; 15,000 made-up homes counted by LSOA
and by ward; and a build of Liverpool repeated with nothing changed.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping import needs, pipeline
from mapping.geography import best_fit, matched
from mapping.sources import locate, read
from mapping.sources.carrying import to_later
from mapping.vintages import crosswalk
from mapping.workspace import Workspace

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"
TABLES = ("deprivation", "age", "tenure", "disability", "ethnicity")
HOMES = 15_000


def england(folder: Path) -> dict[str, float]:
    """Merge every area table of England; the totals before and after must be equal."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    found = locate(files, chosen={})
    lookup = read(*found["lookup"])
    places = lookup[lookup.index.str.startswith("E")]
    tables = {found[role][1].name: read(*found[role]) for role in TABLES if role in found}
    merged = needs.joined(places, tables)
    wards = needs.to_wards(merged, merged["ward"])
    checks = needs.reconciled(
        {name: table.loc[places.index] for name, table in tables.items()}, merged, wards
    )
    along = crosswalk(read(*found["changes"]), read(*found["age"])["residents"])
    index = read(*found["risk_index"])
    later = to_later(found["risk_index"][0], index, along)
    fitted = best_fit(merged[["residents", "adults"]], merged["ward"], level="LSOAs")
    people = fitted.totals.loc["residents"]
    return {
        "areas": len(merged),
        "wards": len(wards),
        "columns": merged.shape[1],
        "areas carried": len(later.table),
        "missing": int(matched(places, tables)["missing"].sum()),
        "totals kept": float(all(check.holds for check in checks) and people.diff().iloc[1] == 0),
    }


def stock(lsoas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame) -> int:
    """Count homes at random points of the city by LSOA and by ward."""
    random = np.random.default_rng(0)
    west, south, east, north = lsoas.total_bounds
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(
            random.uniform(west, east, HOMES), random.uniform(south, north, HOMES), crs=lsoas.crs
        )
    )
    counts = [
        gpd.sjoin(points, areas[["geometry"]], predicate="within").groupby("area").size().sum()
        for areas in (lsoas, wards)
    ]
    return int(counts[0])


def timed(work: Callable[[], object], repeats: int) -> tuple[float, object]:
    """Return the median seconds of some runs, and what the last returned."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
    return median(seconds), result


def main() -> None:
    """Print one line per task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=SHARED, help="the folder of open data")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    seconds, found = timed(lambda: england(asked.data), asked.repeats)
    print(f"England read, checked and merged: {seconds:.1f} s, {found}", flush=True)
    print(f"peak memory so far: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    with tempfile.TemporaryDirectory() as folder:
        place = Workspace(Path(folder))
        study = REPOSITORY / "studies" / "liverpool.toml"
        tables = pipeline.build(study, raw=asked.data, workspace=place)
        again, _ = timed(lambda: pipeline.build(study, raw=asked.data, workspace=place), 3)
    print(f"Liverpool built again with nothing changed: {again:.2f} s")
    seconds, count = timed(lambda: stock(tables["lsoa"], tables["ward"]), asked.repeats)
    print(f"{HOMES:,} homes to LSOAs and wards: {seconds:.2f} s ({count:,} inside)")
    print(f"pandas {pd.__version__}, geopandas {gpd.__version__}")


if __name__ == "__main__":
    main()
