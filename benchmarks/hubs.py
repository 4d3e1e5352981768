"""Hub siting beside PySAL spopt, and on published p-median instances.

    python benchmarks/hubs.py city                         # this library alone
    python benchmarks/hubs.py city --peer PYTHON           # and spopt 0.7, from another environment
    python benchmarks/hubs.py agree --peer PYTHON          # same answers as spopt on small worlds
    python benchmarks/hubs.py places                       # p-median where hubs have a capacity
    python benchmarks/hubs.py longest                      # p-centre and equitable, 1,600 by 500
    python benchmarks/hubs.py kernel                       # p-median, 1,600 by 500: time to a proof
    python benchmarks/hubs.py published ../shared/benchmarks/pmedian
    python benchmarks/hubs.py coverage --areas 5000 --sites 2000 --hubs 20 --limit 60
    python benchmarks/hubs.py england ../shared/data/lsoa2021_points

The peer needs an environment of its own (`pip install "spopt<0.8" "highspy<1.15" "pulp<4"`), so
that no solver meets another's libraries; give the path of its Python. Every method gets the same
seeded tables and is timed end to end, tables in and sites out, imports excluded. Each `city` row is
the median over the repeats, each with fresh demand, with the quickest and slowest; ratios are of
one run.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd

WITHIN = 10.0
QUESTIONS = ("p-median", "maximal coverage")
AGREEING = (*QUESTIONS, "set cover", "p-centre")
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


def spopt_objective(
    question: str, demand: pd.Series, minutes: pd.DataFrame, hubs: int
) -> dict[str, object]:
    """Answer one question of `AGREEING` with spopt and CBC; only in the peer's environment."""
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    weights, table = demand.to_numpy(), minutes.to_numpy()
    if question == "p-median":
        model = PMedian.from_cost_matrix(table, weights, p_facilities=hubs)
    elif question == "maximal coverage":
        model = MCLP.from_cost_matrix(table, weights, WITHIN, hubs)
    elif question == "set cover":
        model = LSCP.from_cost_matrix(table, furthest(minutes))
    else:
        model = PCenter.from_cost_matrix(table, p_facilities=hubs)
    solved = model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=0.0))
    return {"objective": pulp.value(solved.problem.objective)}


def furthest(minutes: pd.DataFrame) -> float:
    """Return a standard that every area has some site within, with a fifth to spare."""
    return float(1.2 * minutes.min(axis=1).max())


def our_objective(
    question: str, demand: pd.Series, minutes: pd.DataFrame, hubs: int
) -> dict[str, object]:
    """Answer one question of `AGREEING` with this library."""
    from mapping.hubs import maximal_coverage, p_centre, p_median, set_cover

    if question == "p-median":
        plan = p_median(demand, minutes, hubs=hubs)
    elif question == "maximal coverage":
        plan = maximal_coverage(demand, minutes, hubs=hubs, within=WITHIN)
    elif question == "set cover":
        plan = set_cover(minutes, within=furthest(minutes))
    else:
        plan = p_centre(demand, minutes, hubs=hubs)
    return {"objective": plan.objective}


def run_peer(job: Path) -> None:
    """Answer the jobs in a file, in the peer's environment (called by `ask_peer`)."""
    answers = []
    for one in json.loads(job.read_text()):
        table = city(*one["city"])
        if "solver" in one:
            answers.append(spopt(one["question"], *table, one["hubs"], one["solver"]))
        else:
            answers.append(spopt_objective(one["question"], *table, one["hubs"]))
    sys.stdout.write(json.dumps(answers))


def run_agree(options: argparse.Namespace) -> None:
    """Print the largest difference from spopt's objectives over seeded worlds, by question."""
    for question in AGREEING:
        jobs: list[dict[str, object]] = [
            {"question": question, "city": (options.areas, options.sites, seed), "hubs": hubs}
            for seed, hubs in product(range(options.repeats), options.hubs)
        ]
        theirs = ask_peer(options.peer, jobs)
        mine = [
            our_objective(question, *city(*one["city"]), one["hubs"])["objective"] for one in jobs
        ]
        apart = [
            abs(one - float(two["objective"])) / max(1.0, abs(one))
            for one, two in zip(mine, theirs, strict=True)
        ]
        print(
            f"{question:17} {len(apart)} worlds of {options.areas} x {options.sites}: largest "
            f"difference {max(apart):.1e}",
            flush=True,
        )


def run_places(options: argparse.Namespace) -> None:
    """Solve the p-median with places for `--room` times the people at hubs of average size."""
    from mapping.hubs import p_median

    for assignment, hubs, seed in product(
        ("where there is room", "nearest"), options.hubs, range(options.repeats)
    ):
        demand, minutes = city(options.areas, options.sites, seed)
        share = np.random.default_rng(seed).uniform(0.5, 1.5, options.sites)
        room = (share * options.room * demand.sum() / hubs).round()
        capacity = pd.Series(room, index=minutes.columns)
        started = process_time()
        plan = p_median(
            demand,
            minutes,
            hubs=hubs,
            capacity=capacity,
            assignment=assignment,
            time_limit=options.limit,
        )
        print(
            f"{assignment:19} {options.areas} x {options.sites} k={hubs:<3} seed {seed}: "
            f"{plan.objective:.0f} gap {plan.gap:.2%} {plan.status}, {plan.seconds:.2f} s "
            f"({process_time() - started:.2f} s CPU)",
            flush=True,
        )


def run_longest(options: argparse.Namespace) -> None:
    """Time the two questions about long journeys."""
    from mapping.hubs import equitable, p_centre

    for ask, hubs, seed in product((p_centre, equitable), options.hubs, range(options.repeats)):
        table = city(options.areas, options.sites, seed)
        started = process_time()
        plan = ask(*table, hubs=hubs, time_limit=options.limit)
        print(
            f"{plan.question:9} {options.areas} x {options.sites} k={hubs:<3} seed {seed}: "
            f"{plan.objective:.3f} gap {plan.gap:.3%} {plan.status}, {plan.seconds:.2f} s "
            f"({process_time() - started:.2f} s CPU)",
            flush=True,
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
    times = sorted(float(one["seconds"]) for one in mine)
    seconds, worst = median(times), max(float(one["gap"]) for one in mine)
    row = (
        f"{question:17} k={hubs:<3} ours median {seconds:6.3f} s ({times[0]:.3f} to "
        f"{times[-1]:.3f}), largest gap {worst:.1e}"
    )
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
        row += f" | spopt+{solver} median {peer:6.2f} s, {peer / seconds:5.1f}x, "
        row += f"answers {apart:.0e} apart"
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


def run_kernel(options: argparse.Namespace) -> None:
    """Time the p-median kernel alone: to a first proof, to the end, and without one site."""
    import resource

    from mapping.hubs.nearest.choice import Choice
    from mapping.hubs.nearest.search import choose
    from mapping.hubs.watch import Watch

    for hubs, seed in product(options.hubs, range(options.seed, options.seed + options.repeats)):
        demand, minutes = city(options.areas, options.sites, seed)
        cost = demand.to_numpy() * minutes.to_numpy().T
        charge = 2 * minutes.to_numpy().max() * demand.to_numpy()
        told: list[tuple[float, float, float]] = []
        watch = Watch(options.limit, tell=lambda *pair: told.append((watch.seconds, *pair)))  # noqa: B023 - called at once
        choice = Choice.of(cost, charge, hubs)
        found = choose(choice, watch=watch, gap=options.gap)
        seconds = watch.seconds
        near = (at for at, value, bound in told if value - bound <= options.near * value)
        locked = Choice.of(np.delete(cost, found.picked[0], axis=0), charge, hubs)
        again = Watch(options.limit)
        choose(locked, watch=again, prices=found.prices, gap=options.gap)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(
            f"{options.areas} x {options.sites} k={hubs:<3} seed {seed}: value {found.value:.1f} "
            f"gap {(found.value - found.bound) / found.value:.1e} in {seconds:.2f} s, "
            f"within {options.near:.2%} at {next(near, np.inf):.2f} s; without its first site "
            f"{again.seconds:.2f} s; peak {peak:.0f} MB",
            flush=True,
        )


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


def covered(
    demand: pd.Series, minutes: pd.DataFrame, hubs: int, within: float, options: argparse.Namespace
) -> None:
    """Print one row of maximal coverage: what was found and proven, CPU seconds, peak memory."""
    from mapping.hubs import maximal_coverage

    started = process_time()
    plan = maximal_coverage(
        demand, minutes, hubs=hubs, within=within, time_limit=options.limit, gap=options.gap
    )
    spent = process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{len(demand)} x {minutes.shape[1]} k={hubs:<3} within {within:g}: covers "
        f"{plan.objective:.0f} of {demand.sum():.0f}, bound {plan.bound:.0f}, gap {plan.gap:.3%} "
        f"{plan.status}, {plan.seconds:.3f} s ({spent:.3f} s CPU), peak {peak:.2f} GB",
        flush=True,
    )


def run_coverage(options: argparse.Namespace) -> None:
    """Solve maximal coverage alone, at one size."""
    for hubs in options.hubs:
        for seed in range(options.repeats):
            table = city(options.areas, options.sites, seed)
            covered(*table, hubs, options.within, options)


def england(folder: Path, sites: int, seed: int) -> tuple[pd.Series, pd.DataFrame]:
    """
    Every neighbourhood (LSOA 2021) of England, with seeded people, and seeded sites among them.

    Sites stand a few hundred metres from the representative points of a random choice of areas.
    The table holds kilometres in a straight line; NaN beyond 10.
    """
    points = pd.read_csv(next(folder.glob("*.csv")), index_col="LSOA21CD")
    here = points[["x_epsg27700", "y_epsg27700"]].to_numpy() / 1000
    rng = np.random.default_rng(seed)
    demand = pd.Series(rng.integers(1000, 3000, len(here)), index=points.index, dtype=float)
    there = here[rng.choice(len(here), sites, replace=False)] + rng.normal(0, 0.2, (sites, 2))
    away = np.empty((len(here), sites))
    for column, site in enumerate(there):
        away[:, column] = np.hypot(*(here - site).T)
    away[away > 10] = np.nan
    return demand, pd.DataFrame(away, index=points.index, columns=[f"S{j}" for j in range(sites)])


def run_england(options: argparse.Namespace) -> None:
    """Solve maximal coverage for the whole country."""
    for hubs in options.hubs:
        covered(*england(options.folder, options.sites, options.seed), hubs, 5.0, options)


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = found.add_subparsers(required=True)
    peer = "Python of an environment that holds spopt 0.7"
    small, large, three = (300, 100), (1600, 500), [5, 10, 20]
    beside = sized(
        verbs, "city", run_city, "seeded cities, beside spopt", size=small, hubs=three, repeats=3
    )
    beside.add_argument("--questions", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    beside.add_argument("--peer", help=peer)
    beside.add_argument("--solvers", nargs="+", choices=SOLVERS, default=["highs", "cbc"])
    same = sized(
        verbs, "agree", run_agree, "difference from spopt", size=(60, 20), hubs=[2, 4, 6], repeats=5
    )
    same.add_argument("--peer", required=True, help=peer)
    limited = sized(
        verbs, "places", run_places, "p-median with a capacity", size=small, hubs=three, repeats=2
    )
    limited.add_argument("--room", type=float, default=1.2)
    limited.add_argument("--limit", type=float, default=10.0)
    long = sized(
        verbs,
        "longest",
        run_longest,
        "p-centre and equitable plans",
        size=large,
        hubs=[10],
        repeats=2,
    )
    long.add_argument("--limit", type=float, default=20.0)
    kernel = sized(
        verbs,
        "kernel",
        run_kernel,
        "p-median: seconds to a proof",
        size=large,
        hubs=three,
        repeats=3,
    )
    kernel.add_argument("--seed", type=int, default=0)
    kernel.add_argument("--near", type=float, default=0.0015)
    alone = sized(
        verbs,
        "coverage",
        run_coverage,
        "maximal coverage, alone",
        size=large,
        hubs=three,
        repeats=3,
    )
    alone.add_argument("--within", type=float, default=WITHIN)
    for one in (kernel, alone):
        one.add_argument("--limit", type=float, default=60.0)
        one.add_argument("--gap", type=float, default=0.0)
    unsized(verbs)
    return found


def sized(
    verbs: Any,
    name: str,
    run: Callable[[argparse.Namespace], None],
    text: str,
    *,
    size: tuple[int, int],
    hubs: list[int],
    repeats: int,
) -> argparse.ArgumentParser:
    """Add a verb over seeded cities of one size."""
    verb: argparse.ArgumentParser = verbs.add_parser(name, help=text)
    verb.add_argument("--areas", type=int, default=size[0])
    verb.add_argument("--sites", type=int, default=size[1])
    verb.add_argument("--hubs", type=int, nargs="+", default=hubs)
    verb.add_argument("--repeats", type=int, default=repeats)
    verb.set_defaults(run=run)
    return verb


def unsized(verbs: Any) -> None:
    """Add the verbs over published and real places, and the peer's own."""
    known = verbs.add_parser("published", help="OR-Library p-median instances")
    known.add_argument("folder", type=Path)
    known.add_argument("--limit", type=float, default=30.0)
    known.set_defaults(run=run_published)
    country = verbs.add_parser("england", help="maximal coverage of all LSOAs")
    country.add_argument("folder", type=Path)
    country.add_argument("--sites", type=int, default=3000)
    country.add_argument("--hubs", type=int, nargs="+", default=[300])
    country.add_argument("--seed", type=int, default=0)
    country.add_argument("--limit", type=float, default=120.0)
    country.add_argument("--gap", type=float, default=0.0)
    country.set_defaults(run=run_england)
    peer = verbs.add_parser("peer")
    peer.add_argument("job", type=Path)
    peer.set_defaults(run=lambda options: run_peer(options.job))


if __name__ == "__main__":
    chosen = parser().parse_args()
    chosen.run(chosen)
