"""Score the bus planner on published team orienteering instances with time windows.

Run from the repository, with the shared folder of instances beside it:

    python benchmarks/bus.py                                  # all instances, 2 to 4 vehicles
    python benchmarks/bus.py --vehicles 2 3 --instances r101 c101
    python benchmarks/bus.py --plain --peer PYTHON            # PyVRP and OR-Tools in the same run

Prints people reached against the published value; a positive difference is better than published.
The published values are one heuristic's, up to 8 % below the best known for 2 to 4 vehicles.
`--plain` runs PyVRP alone, one seed; `--peer` names the Python of an environment with OR-Tools.
Every one has the same seconds by the clock, and every route is checked here.

    python benchmarks/bus.py --city

plans a term over 60 candidate stops with overlapping catchments, ten days and one bus, and prints
the proven gap. Seconds are wall clock and mean little on a busy machine: the processor's are
printed too.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
from pyvrp import solve
from pyvrp.stop import MaxRuntime

from mapping import bus
from mapping.bus import runs
from mapping.bus.problem import Problem, read_problem

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


def plain(name: str, vehicles: int, seconds: float, seed: int) -> float:
    """Return what one run of PyVRP reaches alone, with the same prizes and costs."""
    problem = problem_of(name, vehicles)
    stops = np.arange(len(problem.stops))
    found = solve(runs.model(problem, stops), MaxRuntime(seconds), seed, display=False)
    if not found.is_feasible():
        return 0.0
    return reached(
        problem,
        [[visit.idx for visit in route if visit.is_client()] for route in found.best.routes()],
    )


def ortools(python: str, name: str, vehicles: int, seconds: float) -> float:
    """Return what OR-Tools reaches, in the process of another environment."""
    problem = problem_of(name, vehicles)
    columns = {
        part: getattr(problem, part).tolist() for part in ("people", "dwell", "opens", "closes")
    }
    asked = {
        **columns,
        "minutes": problem.travel.tolist(),
        "days": vehicles,
        "shift": problem.shift,
        "seconds": seconds,
    }
    script = Path(__file__).with_name("ortools_peer.py")
    told = subprocess.run(  # noqa: S603 - the caller's own Python
        [python, str(script)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return reached(problem, [[stop - 1 for stop in route] for route in json.loads(told.stdout)])


def problem_of(name: str, vehicles: int) -> Problem:
    """Return an instance as the planner reads it."""
    stops, legs, shift = read_instance(TOPTW / f"{name}.txt")
    return read_problem(
        stops, legs, depot=0, days=vehicles, shift=shift, dwell=0, opens=None, closes=None
    )


def reached(problem: Problem, routes: list[list[int]]) -> float:
    """Return the people of routes, each followed through its windows; a fault ends the run."""
    stops = [stop for route in routes for stop in route]
    assert len(set(stops)) == len(stops), "a stop is visited twice"
    for route in routes:
        at, now = 0, 0.0
        for stop in route:
            now = max(now + problem.travel[at, stop + 1], problem.opens[stop])
            assert now <= problem.closes[stop] + 1e-6, "a session starts after its stop has closed"
            at, now = stop + 1, now + problem.dwell[stop]
        assert now + problem.travel[at, 0] <= problem.shift + 1e-6, "a bus is back too late"
    return float(problem.people[stops].sum())


def city(seconds: float, seed: int) -> None:
    """Plan a term in a made-up city and print its proven gap, for several kinds of sessions."""
    rng = np.random.default_rng(seed)
    xy = np.vstack([[7, 7], rng.uniform(0, 14, (60, 2))])
    labels = ["depot", *(f"s{k:02d}" for k in range(60))]
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    legs = pd.DataFrame(apart * 1.3 / 25 * 60, labels, labels)
    homes, people = rng.uniform(0, 14, (300, 2)), pd.Series(rng.gamma(2, 60, 300))
    walks = np.hypot(*(homes[:, None] - xy[None, 1:]).transpose(2, 0, 1))
    for session, half, reach in ((90, 6, 1.0), (90, 6, 1.6), (90, 0, 1.6), (60, 6, 1.2)):
        began, worked = time.perf_counter(), time.process_time()
        found = bus.plan_term(
            pd.DataFrame(index=labels[1:]),
            pd.DataFrame(walks <= reach, columns=labels[1:]),
            people,
            legs,
            buses=[bus.Bus("depot", 540, 930)],
            slots=bus.slots(days=10),
            settings=bus.Settings((float(session),), returns=bus.Returns(half)),
            seconds=seconds,
        )
        print(
            f"sessions of {session} min, half after {half} h, {reach} km: "
            f"{found.people:,.0f} people, "
            f"gap {found.gap:.3%}, {len(found.timetable)} stops, "
            f"{time.perf_counter() - began:.1f} s ({time.process_time() - worked:.1f} s processor)"
        )


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--instances", nargs="*", help="names such as r101; all by default")
    parser.add_argument("--vehicles", nargs="*", type=int, default=[2, 3, 4])
    parser.add_argument("--city", action="store_true", help="the city of 60 stops instead")
    parser.add_argument("--plain", action="store_true", help="PyVRP alone as a peer")
    parser.add_argument("--peer", help="Python of an environment that holds OR-Tools")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Print one line per instance, then the difference by number of vehicles."""
    asked = arguments()
    if asked.city:
        city(30, asked.seed)
        return
    published = pd.read_csv(TOPTW / "published.csv")
    published = published[published["vehicles"].isin(asked.vehicles)]
    if asked.instances:
        published = published[published["instance"].isin(asked.instances)]
    rows = []
    for case in published.itertuples(index=False):
        at = case.instance, case.vehicles, asked.seconds
        row = score(*at, asked.seed)
        others = {"planner": row["people"]}
        if asked.plain:
            others["PyVRP"] = plain(*at, asked.seed)
        if asked.peer:
            others["OR-Tools"] = ortools(asked.peer, *at)
        above = {f"{who} %": 100 * (n / case.published_best - 1) for who, n in others.items()}
        rows.append({**case._asdict(), **row, **above})
        line = pd.DataFrame([rows[-1]]).round(2)
        print(line.to_string(header=len(rows) == 1, index=False), flush=True)
    table = pd.DataFrame(rows)
    who = [column for column in table.columns if column.endswith(" %")]
    both = pd.concat([table, table.assign(vehicles="all")])
    told = both.groupby("vehicles", sort=False)[who].agg(["count", "mean", "min", "max"])
    print(told.round(2).to_string())
    proven = (table["status"] == "optimal").sum()
    print(f"most seconds: {table['seconds'].max():.2f}; proven best: {proven} of {len(table)}")


if __name__ == "__main__":
    main()
