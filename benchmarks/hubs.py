"""Hub siting beside PySAL spopt, and on published p-median instances.

    python benchmarks/hubs.py city                         # this library alone
    python benchmarks/hubs.py city --peer PYTHON           # and spopt 0.7, from another environment
    python benchmarks/hubs.py published ../shared/benchmarks/pmedian

The peer needs an environment of its own (`pip install "spopt<0.8" "highspy<1.15" "pulp<4"`), so
that no solver meets another's libraries; give the path of its Python. Every method gets the same
seeded tables and is timed end to end, tables in and sites out, imports excluded; each row is the
median over the repeats, each with fresh demand, and ratios are of one run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd

WITHIN = 10.0
QUESTIONS = ("p-median", "maximal coverage")
SOLVERS = {"highs": "HiGHS", "cbc": "PULP_CBC_CMD"}


def city(areas: int, sites: int, seed: int) -> tuple[pd.Series, pd.DataFrame]:
    """People, and minutes on foot in a straight line, around eight town centres (seeded)."""
    place, people = np.random.default_rng(0), np.random.default_rng(seed)
    towns = place.uniform(0, 20, (8, 2))
    here = towns[place.integers(0, 8, areas)] + place.normal(0, 2.5, (areas, 2))
    there = towns[place.integers(0, 8, sites)] + place.normal(0, 3.0, (sites, 2))
    minutes = 5.2 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    index = [f"X{i:05d}" for i in range(areas)]
    demand = pd.Series(people.integers(20, 400, areas), index=index, dtype=float)
    return demand, pd.DataFrame(minutes, index=index, columns=[f"V{j}" for j in range(sites)])


def ours(question: str, demand: pd.Series, minutes: pd.DataFrame, hubs: int) -> dict[str, object]:
    """Solve with this library."""
    from mapping.hubs import maximal_coverage, p_median

    started = perf_counter()
    if question == "p-median":
        plan = p_median(demand, minutes, hubs=hubs, time_limit=60)
    else:
        plan = maximal_coverage(demand, minutes, hubs=hubs, within=WITHIN, time_limit=60)
    seconds = perf_counter() - started
    return {"seconds": seconds, "objective": plan.objective, "gap": plan.gap}


def spopt(
    question: str, demand: pd.Series, minutes: pd.DataFrame, hubs: int, solver: str
) -> dict[str, object]:
    """Solve with spopt; only in the peer's environment."""
    import pulp
    from spopt.locate import MCLP, PMedian

    weights, table = demand.to_numpy(), minutes.to_numpy()
    engine = getattr(pulp, SOLVERS[solver])(msg=False)
    started = perf_counter()
    if question == "p-median":
        model = PMedian.from_cost_matrix(table, weights, p_facilities=hubs)
    else:
        model = MCLP.from_cost_matrix(table, weights, WITHIN, hubs)
    model = model.solve(engine)
    seconds = perf_counter() - started
    return {"seconds": seconds, "objective": pulp.value(model.problem.objective), "gap": None}


def run_peer(job: Path) -> None:
    """Answer the jobs in a file, in the peer's environment (called by `ask_peer`)."""
    sys.stdout.write(
        json.dumps(
            [
                spopt(one["question"], *city(*one["city"]), one["hubs"], one["solver"])
                for one in json.loads(job.read_text())
            ]
        )
    )


def ask_peer(python: str, jobs: list[dict[str, object]]) -> list[dict[str, float]]:
    """Run the peer in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.json"
        path.write_text(json.dumps(jobs))
        command = [python, "-W", "ignore", __file__, "peer", str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - the caller's own Python
    return json.loads(done.stdout.strip().splitlines()[-1])


def compare(question: str, hubs: int, options: argparse.Namespace) -> None:
    """Print one row: median seconds of each method, ratios, and whether the answers agree."""
    cities = [(options.areas, options.sites, seed) for seed in range(options.repeats)]
    mine = [ours(question, *city(*one), hubs) for one in cities]
    seconds = median(float(one["seconds"]) for one in mine)
    worst = max(float(one["gap"]) for one in mine)
    row = f"{question:17} k={hubs:<3} ours {seconds:6.3f} s, gap {worst:.1e}"
    for solver in options.solvers if options.peer else []:
        jobs = [
            {"question": question, "city": one, "hubs": hubs, "solver": solver} for one in cities
        ]
        theirs = ask_peer(options.peer, jobs)
        peer = median(one["seconds"] for one in theirs)
        apart = max(
            abs(float(one["objective"]) / float(two["objective"]) - 1)
            for one, two in zip(mine, theirs, strict=True)
        )
        row += f" | spopt+{solver} {peer:6.2f} s, {peer / seconds:5.1f}x, answers {apart:.0e} apart"
    print(row, flush=True)


def run_city(options: argparse.Namespace) -> None:
    """Compare both questions at one size."""
    names = ("highspy", "numpy", "scipy", "pandas")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print(f"{options.areas} areas, {options.sites} sites, {options.repeats} repeats (median)")
    ours("p-median", *city(20, 5, 0), 2)  # imports
    for question in options.questions:
        for hubs in options.hubs:
            compare(question, hubs, options)


def published(path: Path) -> tuple[pd.Series, pd.DataFrame, int]:
    """Read an OR-Library p-median file (of duplicate edges the later one holds)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    lines = [[int(word) for word in line.split()] for line in path.read_text().splitlines()]
    (nodes, _, hubs), edges = lines[0], [line for line in lines[1:] if line]
    costs = {(min(i, j) - 1, max(i, j) - 1): float(cost) for i, j, cost in edges}
    ends = np.array(list(costs)).T
    graph = coo_array((list(costs.values()), ends), shape=(nodes, nodes)).tocsr()
    names = [f"n{node}" for node in range(nodes)]
    minutes = pd.DataFrame(dijkstra(graph, directed=False), index=names, columns=names)
    return pd.Series(1.0, index=names), minutes, hubs


def run_published(options: argparse.Namespace) -> None:
    """Solve each published instance once and set it beside its proven optimum."""
    from mapping.hubs import p_median

    optima = pd.read_csv(options.folder / "optima.csv", index_col="instance")["optimum"]
    for name, optimum in optima.items():
        demand, minutes, hubs = published(options.folder / f"{name}.txt")
        plan = p_median(demand, minutes, hubs=hubs, time_limit=options.limit)
        above = plan.objective / optimum - 1
        print(
            f"{name:7} {len(demand):4} nodes k={hubs:<4} optimum {optimum:6} {above:+.3%} "
            f"gap {plan.gap:.3%} {plan.status:10} {plan.seconds:6.2f} s",
            flush=True,
        )


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = found.add_subparsers(required=True)
    beside = verbs.add_parser("city", help="seeded cities, beside spopt")
    beside.add_argument("--areas", type=int, default=300)
    beside.add_argument("--sites", type=int, default=100)
    beside.add_argument("--hubs", type=int, nargs="+", default=[5, 10, 20])
    beside.add_argument("--questions", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    beside.add_argument("--repeats", type=int, default=3)
    beside.add_argument("--peer", help="Python of an environment that holds spopt 0.7")
    beside.add_argument("--solvers", nargs="+", choices=SOLVERS, default=["highs", "cbc"])
    beside.set_defaults(run=run_city)
    known = verbs.add_parser("published", help="OR-Library p-median instances")
    known.add_argument("folder", type=Path)
    known.add_argument("--limit", type=float, default=30.0)
    known.set_defaults(run=run_published)
    peer = verbs.add_parser("peer")
    peer.add_argument("job", type=Path)
    peer.set_defaults(run=lambda options: run_peer(options.job))
    return found


if __name__ == "__main__":
    chosen = parser().parse_args()
    chosen.run(chosen)
