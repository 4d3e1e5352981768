"""The bare choice behind coverage: pick sites so that the groups they reach weigh the most.

Sparse both ways, because a site reaches a few hundred of a country's areas: the table of England
(33,755 areas by 3,000 sites) has 100 million cells, of which one in three hundred counts.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from mapping.hubs.rules import FREE, Rules


@dataclass(frozen=True, eq=False)
class Cover:
    """
    Pick `pick` candidates so that the groups of which one is picked weigh the most.

    Parameters
    ----------
    sites
        Candidates by groups of areas, 1 where the candidate covers the group.
    weights
        People per group, above 0.
    pick
        Number of candidates to pick.
    rules
        Side conditions on the candidates.
    """

    sites: sparse.csr_array
    weights: np.ndarray
    pick: int
    rules: Rules = FREE

    @classmethod
    def of(
        cls, near: sparse.csr_array, people: np.ndarray, pick: int, rules: Rules = FREE
    ) -> "Cover":
        """
        Make one group of all areas that the same sites cover: no plan can tell them apart.

        Parameters
        ----------
        near
            Candidates by areas, stored where the candidate covers the area.
        people
            People per area; areas without people, or that no candidate covers, play no part.
        pick
            Number of candidates to pick.
        rules
            Side conditions on the candidates.
        """
        columns = near.tocsc()
        live = np.flatnonzero((np.diff(columns.indptr) > 0) & (people > 0))
        first, which = _alike(columns[:, live])
        weights = np.bincount(which, weights=people[live], minlength=len(first))
        return cls(_ones(columns[:, live[first]]), weights, pick, rules)

    @property
    def candidates(self) -> int:
        """Number of candidates to pick from."""
        return self.sites.shape[0]

    @cached_property
    def groups(self) -> sparse.csr_array:
        """Groups by candidates: the same table, readable by group."""
        return _ones(self.sites.T)

    def covered(self, picked: np.ndarray) -> np.ndarray:
        """Whether each group is covered when the candidates at positions `picked` are picked."""
        found = np.zeros(len(self.weights), dtype=bool)
        found[entries(self.sites, picked)] = True
        return found

    def value(self, picked: np.ndarray) -> float:
        """Return the people covered when the candidates at positions `picked` are picked."""
        return float(self.weights[self.covered(picked)].sum())

    def only(self, keep: np.ndarray, pick: int) -> "Cover":
        """Leave only the candidates at `keep`, of a choice without rules."""
        return Cover.of(self.sites[keep], self.weights, pick)


def entries(table: sparse.csr_array, rows: np.ndarray) -> np.ndarray:
    """Columns stored in the rows at positions `rows`, one row after the other."""
    return table.indices[_places(table, rows)[0]]


def spread(table: sparse.csr_array, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Add up, by column, `values` (one for each of `rows`) over what those rows store."""
    places, sizes = _places(table, rows)
    return np.bincount(
        table.indices[places], weights=np.repeat(values, sizes), minlength=table.shape[1]
    )


def undominated(cover: Cover) -> np.ndarray:
    """
    Positions of candidates that no other covers all of (of equal ones, the first).

    Whoever covers all that a candidate covers also covers the group of it that the fewest
    candidates cover, so only those few are compared, group by group until none is left.
    """
    table, size = cover.groups, np.diff(cover.sites.indptr)
    filled = np.zeros(cover.sites.shape, dtype=bool)
    filled[np.repeat(np.arange(cover.candidates), size), cover.sites.indices] = True
    ranked = _rarest_first(cover)
    one = np.flatnonzero(size)
    rivals, counts = _places(table, ranked[cover.sites.indptr[one]])
    one, other = np.repeat(one, counts), table.indices[rivals]
    smaller = (size[one] < size[other]) | ((size[one] == size[other]) & (other < one))
    one, other, turn = one[smaller], other[smaller], 1
    beaten = [one[:0]]
    while len(one):
        done = size[one] <= turn
        beaten.append(one[done])
        one, other = one[~done], other[~done]
        still = filled[other, ranked[cover.sites.indptr[one] + turn]]
        one, other, turn = one[still], other[still], turn + 1
    return np.setdiff1d(np.flatnonzero(size), np.concatenate(beaten))


def _rarest_first(cover: Cover) -> np.ndarray:
    """Order the groups of every candidate, in the layout of `sites`, the least covered first."""
    owner = np.repeat(np.arange(cover.candidates), np.diff(cover.sites.indptr))
    degree = np.diff(cover.groups.indptr)[cover.sites.indices]
    return cover.sites.indices[np.lexsort((cover.sites.indices, degree, owner))]


def _places(table: sparse.csr_array, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the entries of some rows are stored, and how many each row has."""
    starts = table.indptr[rows]
    sizes = table.indptr[rows + 1] - starts
    ends = sizes.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + sizes, sizes), sizes


def _ones(table: sparse.sparray) -> sparse.csr_array:
    """Return the same cells as rows of ones, in order."""
    rows = sparse.csr_array(table)
    rows.sort_indices()
    return sparse.csr_array(
        (np.ones(rows.nnz), rows.indices.astype(np.int32), rows.indptr.astype(np.int64)),
        shape=rows.shape,
    )


def _alike(columns: sparse.csc_array) -> tuple[np.ndarray, np.ndarray]:
    """
    First column of each kind, and the kind of each column.

    Columns are told apart by 128-bit sums of scattered row numbers: the chance that two different
    ones of a country's areas agree is below one in 10^28, so the cells are not compared.
    """
    if not columns.nnz:
        return np.arange(0), np.zeros(columns.shape[1], dtype=int)
    rows = np.arange(columns.shape[0], dtype=np.uint64)
    starts = columns.indptr[:-1]
    keys = [np.add.reduceat(_scattered(rows, salt)[columns.indices], starts) for salt in (0, 1)]
    pairs = np.rec.fromarrays(keys)
    _, first, which = np.unique(pairs, return_index=True, return_inverse=True)
    return first, which


def _scattered(numbers: np.ndarray, salt: int) -> np.ndarray:
    """Scatter whole numbers over 64 bits (SplitMix64; Steele, Lea and Flood, 2014)."""
    mixed = (2 * numbers + np.uint64(salt + 1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
