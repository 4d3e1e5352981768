"""Search a part of the sources in a process of its own: started as a file, so it starts quickly.

    python worker.py FOLDER PART

Nothing else of this library is imported there.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

# Minutes: two ways of adding the same legs may differ by this much.
ROUNDING = 1e-9

# Shortest-path rows held at a time, in cells (64 MB).
BLOCK = 8_000_000


def search(
    network: sparse.csr_array, sources: np.ndarray, targets: np.ndarray, limit: float
) -> np.ndarray:
    """Return minutes, sources by targets, in blocks that fit into memory."""
    minutes = np.empty((len(sources), len(targets)))
    step = max(1, BLOCK // max(1, network.shape[0]))
    for first in range(0, len(sources), step):
        block = slice(first, first + step)
        minutes[block] = dijkstra(network, indices=sources[block], limit=limit)[:, targets]
    return minutes


def leave(
    folder: Path,
    network: sparse.csr_array,
    parts: Sequence[np.ndarray],
    targets: np.ndarray,
    limit: float,
) -> None:
    """Write what the processes need."""
    for name in ("data", "indices", "indptr"):
        np.save(folder / f"{name}.npy", getattr(network, name))
    np.save(folder / "targets.npy", targets)
    np.save(folder / "limit.npy", limit)
    for at, sources in enumerate(parts):
        np.save(folder / f"sources-{at}.npy", sources)


def main(folder: Path, part: str) -> None:
    """Search one part of what was left."""
    arrays = [np.load(folder / f"{name}.npy") for name in ("data", "indices", "indptr")]
    size = len(arrays[2]) - 1
    network = sparse.csr_array(tuple(arrays), shape=(size, size))
    sources, targets = np.load(folder / f"sources-{part}.npy"), np.load(folder / "targets.npy")
    found = search(network, sources, targets, float(np.load(folder / "limit.npy")))
    np.save(folder / f"found-{part}.npy", found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
