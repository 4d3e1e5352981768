"""Travel times on a road-like graph, beside networkx, pandana and igraph.

    python benchmarks/access.py matrix                  # 200,000 nodes, 300 by 500, and networkx
    python benchmarks/access.py matrix --peer PYTHON    # and pandana and igraph, elsewhere
    python benchmarks/access.py limit                   # with a cut-off of 30 minutes on foot
    python benchmarks/access.py city                    # 1,600 areas by 150 sites, and once more
    python benchmarks/access.py floating                # 2SFCA beside PySAL access

The peers need an environment of their own (`pip install pandana igraph`): their licences (AGPL,
GPL) keep them out of this one; give the path of its Python. All get the same seeded arrays and are
timed from links to matrix, imports excluded. Seconds on the clock depend on what else the machine
does; processor seconds, of all processes together, much less. networkx is timed on a few sources
and scaled up.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

WALKING = 1.3 * 60  # metres a minute
DRIVING = 30_000 / 60


class Roads(NamedTuple):
    """One-way links between points in metres; a street both ways stands twice."""

    xy: np.ndarray
    start: np.ndarray
    end: np.ndarray
    metres: np.ndarray


def road_like(nodes: int, seed: int) -> Roads:
    """
    Draw a planar street network of one piece, seeded.

    Corners of two to four streets on a jittered grid of 90 m; two fifths of the nodes are bends;
    a tenth of the streets are one-way, none of those that hold the network together.
    """
    from scipy import sparse
    from scipy.sparse.csgraph import minimum_spanning_tree

    rng = np.random.default_rng(seed)
    side = int(np.sqrt(0.6 * nodes))
    corners = side * side
    at = np.arange(corners).reshape(side, side)
    xy = 90.0 * np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    xy += rng.uniform(-30, 30, xy.shape)
    start = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    end = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    weights = sparse.csr_array((rng.uniform(1, 2, len(start)), (start, end)), (corners, corners))
    tree = minimum_spanning_tree(weights).tocoo()
    needed = np.isin(start * corners + end, tree.row.astype(np.int64) * corners + tree.col)
    degree = np.bincount(np.concatenate([start, end]))
    kept = np.ones(len(start), dtype=bool)
    for link in rng.permutation(np.flatnonzero(~needed)):
        if rng.random() < 0.6 and min(degree[start[link]], degree[end[link]]) > 2:
            kept[link] = False
            degree[[start[link], end[link]]] -= 1
    start, end, needed = start[kept], end[kept], needed[kept]
    one_way = ~needed & (rng.random(len(start)) < 0.1 / (~needed).mean())
    bent = rng.permutation(len(start))[: nodes - corners]
    bends = np.arange(corners, corners + len(bent))
    xy = np.vstack([xy, (xy[start[bent]] + xy[end[bent]]) / 2 + rng.uniform(-8, 8, (len(bent), 2))])
    straight = np.ones(len(start), dtype=bool)
    straight[bent] = False
    one_way = np.concatenate([one_way[straight], one_way[bent], one_way[bent]])
    start, end = (
        np.concatenate([start[straight], start[bent], bends]),
        np.concatenate([end[straight], bends, end[bent]]),
    )
    metres = np.hypot(*(xy[start] - xy[end]).T) * rng.uniform(1, 1.2, len(start))
    both = ~one_way
    return Roads(
        xy,
        np.concatenate([start, end[both]]),
        np.concatenate([end, start[both]]),
        np.concatenate([metres, metres[both]]),
    )


def used() -> float:
    """Return processor seconds of this process and those it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timed(work: Any) -> tuple[Any, float, float]:
    """Return an answer, seconds on the clock and processor seconds."""
    processor, clock = used(), perf_counter()
    found = work()
    return found, perf_counter() - clock, used() - processor


def ours(roads: Roads, sources: np.ndarray, targets: np.ndarray, limit: float | None) -> Any:
    """Search with this library, from links to matrix."""
    from scipy import sparse

    from mapping.access.searching import shortest

    size = len(roads.xy)
    network = sparse.csr_array((roads.metres, (roads.start, roads.end)), shape=(size, size))
    return shortest(network, sources, targets, limit)


def with_scipy(roads: Roads, sources: np.ndarray, targets: np.ndarray) -> Any:
    """Search with scipy alone."""
    from scipy import sparse
    from scipy.sparse.csgraph import dijkstra

    size = len(roads.xy)
    network = sparse.csr_array((roads.metres, (roads.start, roads.end)), shape=(size, size))
    parts = [dijkstra(network, indices=part)[:, targets] for part in np.array_split(sources, 10)]
    return np.vstack(parts)


def with_networkx(roads: Roads, sources: np.ndarray, targets: np.ndarray) -> tuple[Any, float]:
    """Search with networkx; its answers for a few sources, and processor seconds for all."""
    import networkx as nx

    begun = used()
    graph = nx.DiGraph()
    links = zip(roads.start.tolist(), roads.end.tolist(), roads.metres.tolist(), strict=True)
    graph.add_weighted_edges_from(links)
    built, few = used() - begun, sources[:: max(1, len(sources) // 4)][:4]
    begun = used()
    found = [nx.single_source_dijkstra_path_length(graph, source) for source in few.tolist()]
    rows = np.array([[row[target] for target in targets.tolist()] for row in found])
    return rows, built + (used() - begun) * len(sources) / len(few)


def with_pandana(roads: Roads, sources: np.ndarray, targets: np.ndarray) -> Any:
    """Search with pandana; only in the peers' environment."""
    import pandana
    import pandas as pd

    x, y = (pd.Series(axis) for axis in roads.xy.T)
    start, end = pd.Series(roads.start), pd.Series(roads.end)
    network = pandana.Network(x, y, start, end, pd.DataFrame({"m": roads.metres}), twoway=False)
    pairs = np.repeat(sources, len(targets)), np.tile(targets, len(sources))
    found = network.shortest_path_lengths(*pairs, imp_name="m")
    return np.array(found).reshape(len(sources), len(targets))


def with_igraph(roads: Roads, sources: np.ndarray, targets: np.ndarray) -> Any:
    """Search with igraph; only in the peers' environment."""
    import igraph

    links = np.column_stack([roads.start, roads.end])
    graph = igraph.Graph(n=len(roads.xy), edges=links, directed=True)
    found = graph.distances(sources, targets, weights=roads.metres.tolist(), mode="out")
    return np.array(found)


PEERS = {"pandana": with_pandana, "igraph": with_igraph}


def run_peer(options: argparse.Namespace) -> None:
    """Answer one question in the peers' environment (called by `ask_peer`)."""
    held = np.load(options.job)
    roads = Roads(*(held[name] for name in Roads._fields))
    warnings.simplefilter("ignore")
    work = PEERS[options.name]
    __import__(options.name)
    found, clock, processor = timed(lambda: work(roads, held["sources"], held["targets"]))
    answer = {"clock": clock, "processor": processor, "mean": float(found.mean())}
    options.job.with_suffix(".json").write_text(json.dumps(answer))


def ask_peer(python: str, name: str, job: Path) -> dict[str, float]:
    """Ask a peer in its own environment."""
    command = [python, __file__, "peer", "--name", name, "--job", str(job)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return json.loads(job.with_suffix(".json").read_text())


def chosen(roads: Roads, options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Return seeded origins and sites."""
    rng = np.random.default_rng(options.seed + 1)
    nodes = len(roads.xy)
    return (
        rng.choice(nodes, options.origins, replace=False),
        rng.choice(nodes, options.sites, replace=False),
    )


def memory() -> float:
    """Return the largest memory so far, in MB."""
    own, helpers = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return (own + helpers) / 1000


def run_matrix(options: argparse.Namespace) -> None:
    """Print times and ratios of all ways to fill one matrix."""
    roads = road_like(options.nodes, options.seed)
    sources, targets = chosen(roads, options)
    print(f"{len(roads.xy):,} nodes, {len(roads.metres):,} links, {len(sources)} × {len(targets)}")
    print("| method | clock s | processor s | times ours, clock | processor |")
    print("|---|---|---|---|---|")
    mine, clock, processor = timed(lambda: ours(roads, sources, targets, None))
    peak = memory()
    print(f"| this library | {clock:.2f} | {processor:.2f} | 1 | 1 |")
    plain, *seconds = timed(lambda: with_scipy(roads, sources, targets))
    told(("scipy", *seconds), (clock, processor))
    if options.peer:
        with tempfile.TemporaryDirectory() as folder:
            job = Path(folder) / "job.npz"
            np.savez(job, **roads._asdict(), sources=sources, targets=targets)
            for name in PEERS:
                answer = ask_peer(options.peer, name, job)
                told((name, answer["clock"], answer["processor"]), (clock, processor))
                print(f"|   its mean is {100 * (answer['mean'] / mine.mean() - 1):+.3f} % off ||||")
    rows, seconds_all = with_networkx(roads, sources, targets)
    told(("networkx", seconds_all, seconds_all), (clock, processor))
    sample = mine[:: max(1, len(sources) // 4)][:4]
    print(f"largest relative difference from networkx {np.abs(rows / sample - 1).max():.1e}")
    print(f"largest relative difference from scipy {np.abs(plain / mine - 1).max():.1e}")
    print(f"largest memory, helpers added: {peak:,.0f} MB")


def told(theirs: tuple[str, float, float], mine: tuple[float, float]) -> None:
    """Print one line of the table."""
    name, clock, processor = theirs
    ratios = f"{clock / mine[0]:.1f} | {processor / mine[1]:.1f}"
    print(f"| {name} | {clock:.2f} | {processor:.2f} | {ratios} |", flush=True)


def run_limit(options: argparse.Namespace) -> None:
    """Print how much quicker a search is with a cut-off, walking and driving."""
    roads = road_like(options.nodes, options.seed)
    sources, targets = chosen(roads, options)
    for name, pace in (("on foot", WALKING), ("by car", DRIVING)):
        minutes = roads._replace(metres=roads.metres / pace)
        free, *all_seconds = timed(lambda: ours(minutes, sources, targets, None))  # noqa: B023
        short, *seconds = timed(lambda: ours(minutes, sources, targets, options.limit))  # noqa: B023
        expected = np.where(free <= options.limit, free, np.inf)
        same = np.allclose(np.where(short <= options.limit, short, np.inf), expected, rtol=1e-12)
        print(
            f"{name}: {np.median(free):.0f} minutes as a rule; within {options.limit:g} "
            f"{np.isfinite(expected).mean():.1%}; without {all_seconds[1]:.2f}, with "
            f"{seconds[1]:.2f} processor s: {all_seconds[1] / seconds[1]:.1f} times as quick; same "
            f"answers: {same}"
        )


def run_city(options: argparse.Namespace) -> None:
    """Print the time of a city's whole matrix, and of asking for it again."""
    import geopandas as gpd
    import pandas as pd

    from mapping import access

    roads = road_like(options.nodes, options.seed)
    xy = roads.xy + 300_000
    ids = [f"n{node}" for node in range(len(xy))]
    frame = gpd.GeoDataFrame({"id": ids}, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:27700")
    links = pd.DataFrame(
        {
            "id": np.arange(len(roads.metres)),
            "start_node": np.array(ids)[roads.start],
            "end_node": np.array(ids)[roads.end],
            "length": roads.metres,
            "road_function": "Local Road",
            "one_way": True,
        }
    )
    graph = access.street_graph(links, frame)
    rng, low, high = np.random.default_rng(options.seed), xy.min(axis=0), xy.max(axis=0)
    points = gpd.points_from_xy(*rng.uniform(low, high, (options.origins + options.sites, 2)).T)
    where = gpd.GeoSeries(points, crs="EPSG:27700").rename(str)
    areas, sites = where[: options.origins], where[options.origins :]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "again"):

            def ask() -> Any:
                return access.travel_times(areas, sites, graph=graph, kept_in=Path(folder))

            found, clock, processor = timed(ask)
            print(
                f"{name}: {len(areas):,} × {len(sites)} on {len(xy):,} nodes, clock {clock:.2f} s, "
                f"processor {processor:.2f} s, median {np.nanmedian(found.minutes):.0f} minutes"
            )
    print(f"largest memory, helpers added: {memory():,.0f} MB")


def run_floating(options: argparse.Namespace) -> None:
    """Print the largest difference of the 2SFCA from PySAL's over seeded worlds."""
    import pandas as pd

    from mapping import access

    warnings.simplefilter("ignore")
    from access import fca

    worst = 0.0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        areas, sites = np.arange(options.origins), np.arange(options.sites)
        minutes = pd.DataFrame(rng.uniform(0, 60, (len(areas), len(sites))), areas, sites)
        demand = pd.Series(rng.integers(1, 900, len(areas)), areas).astype(float)
        supply = pd.Series(rng.integers(1, 80, len(sites)), sites).astype(float)
        table = minutes.rename_axis("origin").reset_index()
        theirs = fca.two_stage_fca(
            demand.to_frame("pop"),
            supply.to_frame("places"),
            table.melt("origin", var_name="dest", value_name="cost"),
            max_cost=20,
            demand_index=True,
            demand_name="pop",
            supply_index=True,
            supply_name="places",
        )
        mine = access.floating_catchment(demand, supply, minutes, within=20)
        worst = max(worst, float((mine - theirs.reindex(mine.index).fillna(0)).abs().max()))
    print(f"20 worlds of {options.origins} × {options.sites}: largest difference {worst:.1e}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    runs = parser.add_subparsers(required=True)
    sizes = {
        "matrix": (run_matrix, 200_000, 300, 500),
        "limit": (run_limit, 200_000, 300, 500),
        "city": (run_city, 50_000, 1_600, 150),
        "floating": (run_floating, 0, 300, 40),
    }
    for name, (run, nodes, origins, sites) in sizes.items():
        one = runs.add_parser(name)
        one.add_argument("--nodes", type=int, default=nodes)
        one.add_argument("--origins", type=int, default=origins)
        one.add_argument("--sites", type=int, default=sites)
        one.add_argument("--seed", type=int, default=1)
        one.add_argument("--limit", type=float, default=30.0)
        one.add_argument("--peer", default="", help="Python of an environment with the peers")
        one.set_defaults(run=run)
    peer = runs.add_parser("peer")
    peer.add_argument("--name", choices=PEERS)
    peer.add_argument("--job", type=Path)
    peer.set_defaults(run=run_peer)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.path.pop(0)  # this file is called as PySAL's package is
    main()
