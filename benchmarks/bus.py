"""Score the bus planner on published team orienteering instances with time windows.

Run from the repository, with the shared folder of instances beside it:

    python benchmarks/bus.py --vehicles 1 2 --seconds 10 --instances r101 c101

Prints people reached against the published value; a positive difference is better than published.
The published values are one heuristic's, up to 5 % below the best known for 2 to 4 vehicles.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mapping import bus

TOPTW = Path(__file__).parents[1].parent / "shared" / "benchmarks" / "orienteering" / "toptw"


def read_instance(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return stops, legs (Euclidean, cut to one decimal) and the latest return; the depot is 0."""
    lines = [line.split() for line in path.read_text().splitlines()[2:] if line.strip()]
    table = pd.DataFrame([[*line[:5], *line[-2:]] for line in lines]).astype(float)
    table.columns = ["stop", "x", "y", "dwell", "people", "opens", "closes"]
    table = table.set_index(table["stop"].astype(int))
    xy = table[["x", "y"]].to_numpy()
    length = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    legs = pd.DataFrame(np.floor(length * 10 + 1e-9) / 10, index=table.index, columns=table.index)
    stops = table.loc[table.index > 0, ["people", "dwell", "opens", "closes"]]
    return stops, legs, float(table.loc[0, "closes"])


def score(name: str, vehicles: int, seconds: float, seed: int) -> dict[str, float | str]:
    """Plan one instance and return one row of the table."""
    stops, legs, shift = read_instance(TOPTW / f"{name}.txt")
    began = time.perf_counter()
    found = bus.plan(stops, legs, depot=0, days=vehicles, shift=shift, seconds=seconds, seed=seed)
    return {
        "people": found.people,
        "bound": found.bound,
        "status": found.status,
        "seconds": time.perf_counter() - began,
    }


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--instances", nargs="*", help="names such as r101; all by default")
    parser.add_argument("--vehicles", nargs="*", type=int, default=[1, 2, 3, 4])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Print one line per instance, then the difference by number of vehicles."""
    asked = arguments()
    published = pd.read_csv(TOPTW / "published.csv")
    published = published[published["vehicles"].isin(asked.vehicles)]
    if asked.instances:
        published = published[published["instance"].isin(asked.instances)]
    rows = []
    for case in published.itertuples(index=False):
        row = score(case.instance, case.vehicles, asked.seconds, asked.seed)
        above = 100 * (row["people"] / case.published_best - 1)
        rows.append({**case._asdict(), **row, "above %": above})
        print(pd.DataFrame([rows[-1]]).round(2).to_string(header=len(rows) == 1, index=False))
    by = pd.DataFrame(rows).groupby("vehicles")["above %"]
    print(by.agg(["count", "mean", "min", "max"]).round(2).to_string())


if __name__ == "__main__":
    main()
