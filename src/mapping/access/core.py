"""A small core of a street graph on which the quickest ways between chosen nodes are unchanged.

Nodes that nobody asks about are taken out in rounds, each node giving way to direct links between
its neighbours (node contraction; Geisberger, Sanders, Schultes and Delling, 2008). The search on
what remains is many times quicker, and exact.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

# A node with more neighbours stays: taking it out would add more links than it saves.
MOST_NEIGHBOURS = 8

# A round that takes out less than this share of the nodes costs more than it saves.
LEAST_GAIN = 0.07


class Core(NamedTuple):
    """
    What remains of a graph.

    Parameters
    ----------
    network
        Minutes from row to column.
    position
        Position in `network` of each node of the whole graph, -1 where it was taken out.
    """

    network: sparse.csr_array
    position: np.ndarray


def core(network: sparse.csr_array, kept: np.ndarray) -> Core:
    """
    Take out nodes, none of those in `kept`.

    Parameters
    ----------
    network
        Minutes along the quickest link from row to column, 0 or more.
    kept
        Positions of the nodes between which ways are asked.

    Returns
    -------
    Core
        The same shortest minutes between all nodes that remain.
    """
    size = network.shape[0]
    row, column, minutes = _arcs(network)
    alive, wanted = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
    wanted[kept] = True
    while True:
        out = _independent(row, column, alive & ~wanted)
        if not len(row) or out.sum() < LEAST_GAIN * alive.sum():
            break
        row, column, minutes = _without(out, row, column, minutes)
        alive &= ~out
    position = np.full(size, -1)
    position[alive] = np.arange(alive.sum())
    shape = (int(alive.sum()),) * 2
    arcs = (minutes, (position[row], position[column]))
    return Core(sparse.csr_array(arcs, shape=shape), position)


def _arcs(network: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    arcs = network.tocoo()
    return arcs.row.astype(np.int64), arcs.col.astype(np.int64), arcs.data


def _independent(row: np.ndarray, column: np.ndarray, can: np.ndarray) -> np.ndarray:
    """Mark nodes with few neighbours, no two of them neighbours, those with fewest first."""
    size = len(can)
    pairs = np.unique(np.minimum(row, column) * size + np.maximum(row, column))
    one, other = pairs // size, pairs % size
    neighbours = np.bincount(one, minlength=size) + np.bincount(other, minlength=size)
    out = can & (neighbours <= MOST_NEIGHBOURS)
    # Equals are told apart by a scattering that is the same each time (Knuth's hash).
    scattered = (np.arange(size, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)
    rank = neighbours + scattered / 2**32
    both = out[one] & out[other]
    loses = np.where(rank[one] < rank[other], other, one)
    out[loses[both]] = False
    return out


def _without(
    out: np.ndarray, row: np.ndarray, column: np.ndarray, minutes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join every arc into a node that goes with every arc out of it; the quickest of each stay."""
    size = len(out)
    inward, outward = np.flatnonzero(out[column]), np.flatnonzero(out[row])
    outward = outward[np.argsort(row[outward], kind="stable")]
    count = np.bincount(row[outward], minlength=size)
    first = np.cumsum(count) - count
    ways = count[column[inward]]
    before = np.repeat(inward, ways)
    step = np.arange(len(before)) - np.repeat(np.cumsum(ways) - ways, ways)
    after = outward[first[column[before]] + step]
    real = row[before] != column[after]
    stays = ~(out[row] | out[column])
    return _quickest(
        np.concatenate([row[stays], row[before][real]]),
        np.concatenate([column[stays], column[after][real]]),
        np.concatenate([minutes[stays], (minutes[before] + minutes[after])[real]]),
        size,
    )


def _quickest(
    row: np.ndarray, column: np.ndarray, minutes: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pair = row * size + column
    order = np.lexsort((minutes, pair))
    pair = pair[order]
    best = np.concatenate([[True], pair[1:] != pair[:-1]])[: len(pair)]
    return pair[best] // size, pair[best] % size, minutes[order][best]
