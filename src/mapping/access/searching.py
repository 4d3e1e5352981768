"""Quickest ways between many nodes and many others: from the smaller side, on all cores."""

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from mapping.access import worker
from mapping.access.core import core
from mapping.access.worker import ROUNDING

# Searches over the whole graph from which it pays to make a core first.
PAYS = 30

# Nodes to be visited (each in about a fifth of a microsecond) from which a second process pays.
SHARED = 4_000_000

# Searches that are made first where there is a limit, to see how far they go.
PROBES = 4


def shortest(
    network: sparse.csr_array,
    origins: np.ndarray,
    sites: np.ndarray,
    limit: float | None = None,
    *,
    cores: int | None = None,
) -> np.ndarray:
    """
    Find the minutes along a graph from every origin to every site (Dijkstra, 1959).

    Parameters
    ----------
    network
        Minutes along the quickest link from row to column, 0 or more.
    origins, sites
        Positions of nodes; one may stand more than once.
    limit
        Minutes beyond which a way is not wanted.
    cores
        How many processes may work; default: as many as this one may use.

    Returns
    -------
    numpy.ndarray
        Origins by sites; infinite where there is no way, or none within the limit.

    Notes
    -----
    The search runs from whichever side has fewer nodes, backwards from the sites if they are
    fewer. scipy's search holds the interpreter's lock, so that threads would wait for one another:
    other cores work in processes of their own, which know numpy and scipy only.
    """
    sources, row = np.unique(origins, return_inverse=True)
    targets, column = np.unique(sites, return_inverse=True)
    if len(targets) < len(sources):
        found = _searched(network.T.tocsr(), targets, sources, limit, cores).T
    else:
        found = _searched(network, sources, targets, limit, cores)
    return found[np.ix_(row, column)]


def _searched(
    network: sparse.csr_array,
    sources: np.ndarray,
    targets: np.ndarray,
    limit: float | None,
    cores: int | None,
) -> np.ndarray:
    share = _share_reached(network, sources, limit)
    if len(sources) * share > PAYS:
        small = core(network, np.union1d(sources, targets))
        network, sources, targets = (
            small.network, small.position[sources], small.position[targets],
        )  # fmt: skip
    most = np.inf if limit is None else limit + ROUNDING
    work = len(sources) * network.shape[0] * share
    cores = (cores or _cores()) if work > SHARED else 1
    parts = np.array_split(sources, cores)
    return np.vstack(_in_parts(network, parts, targets, most))


def _share_reached(network: sparse.csr_array, sources: np.ndarray, limit: float | None) -> float:
    """Return which share of the nodes a search visits, by a few searches from among them."""
    if limit is None or not len(sources):
        return 1.0
    some = sources[:: max(1, len(sources) // PROBES)][:PROBES]
    return float(np.isfinite(dijkstra(network, indices=some, limit=limit)).mean())


def _cores() -> int:
    able = getattr(os, "sched_getaffinity", None)
    return len(able(0)) if able else os.cpu_count() or 1


def _in_parts(
    network: sparse.csr_array, parts: list[np.ndarray], targets: np.ndarray, limit: float
) -> list[np.ndarray]:
    """Search the first part here and each other one in a process; one that fails is done here."""
    first, *others = parts
    if not others:
        return [worker.search(network, first, targets, limit)]
    with tempfile.TemporaryDirectory(prefix="mapping-") as name:
        folder = Path(name)
        worker.leave(folder, network, others, targets, limit)
        helpers = [_started(folder, at) for at in range(len(others))]
        found = [worker.search(network, first, targets, limit)]
        for at, (helper, sources) in enumerate(zip(helpers, others, strict=True)):
            done = helper is not None and helper.wait() == 0
            found.append(
                np.load(folder / f"found-{at}.npy")
                if done
                else worker.search(network, sources, targets, limit)
            )
    return found


def _started(folder: Path, part: int) -> "subprocess.Popen[bytes] | None":
    """Start the search of a part; None where no process can be started."""
    command = [sys.executable, "-I", str(worker.__file__), str(folder), str(part)]
    with suppress(OSError):
        return subprocess.Popen(  # noqa: S603 - this library's own file, by this interpreter
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    return None
