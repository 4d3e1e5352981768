"""Rows of a mixed-integer programme, and the ones that several questions share."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mapping.hubs.highs import Programme
from mapping.hubs.rules import Rules


@dataclass(frozen=True, eq=False)
class Rows:
    """
    Conditions `lower` ≤ `matrix` x ≤ `upper`.

    Rows may be written over the first few variables only; `programme` pads them with zeros.
    """

    matrix: sparse.sparray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def least(cls, matrix: sparse.sparray | np.ndarray, lower: np.ndarray | float) -> "Rows":
        """Rows that are at least `lower`."""
        return cls._one_sided(matrix, lower, np.inf)

    @classmethod
    def most(cls, matrix: sparse.sparray | np.ndarray, upper: np.ndarray | float) -> "Rows":
        """Rows that are at most `upper`."""
        return cls._one_sided(matrix, -np.inf, upper)

    @classmethod
    def _one_sided(
        cls,
        matrix: sparse.sparray | np.ndarray,
        lower: np.ndarray | float,
        upper: np.ndarray | float,
    ) -> "Rows":
        both = np.atleast_2d(matrix) if isinstance(matrix, np.ndarray) else matrix
        table = sparse.csr_array(both)
        ends = (np.broadcast_to(end, table.shape[0]).astype(float) for end in (lower, upper))
        return cls(table, *ends)


def rule_rows(rules: Rules, candidates: int) -> tuple[Rows, ...]:
    """Write groups and districts as rows over the candidates."""
    groups = Rows.most(_members(rules.at_most, candidates), 1.0)
    districts = Rows.least(_members(rules.at_least, candidates), 1.0)
    return groups, districts


def covering(cells: np.ndarray) -> sparse.csr_array:
    """Write, for each group of areas, which sites cover it: `cells` is sites by groups."""
    return sparse.csr_array(cells.T, dtype=float)


def merged(near: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Make one group of all areas that the same sites cover: no plan can tell them apart.

    Parameters
    ----------
    near
        Whether each site covers each area, sites by areas.
    weights
        People per area.

    Returns
    -------
    tuple
        Whether each site covers each group, people per group, and the group of each area.

    Examples
    --------
    >>> near = np.array([[True, False, True], [True, True, True]])
    >>> cells, people, group = merged(near, np.array([10.0, 5.0, 20.0]))
    >>> people[group].tolist()  # the first and the last area are covered by the same sites
    [30.0, 5.0, 30.0]
    """
    patterns = np.packbits(near, axis=0).T
    _, first, which = np.unique(patterns, axis=0, return_index=True, return_inverse=True)
    group = which.ravel()
    return near[:, first], np.bincount(group, weights=weights, minlength=len(first)), group


def programme(cost: np.ndarray, *rows: Rows, whole: int, maximise: bool = False) -> Programme:
    """Put rows together, each padded to the number of variables in `cost`; 0 ≤ x ≤ 1."""
    for one in rows:
        one.matrix.resize((one.matrix.shape[0], len(cost)))
    return Programme(
        cost=cost,
        matrix=sparse.csc_array(sparse.vstack([one.matrix for one in rows])),
        lower=np.concatenate([one.lower for one in rows]),
        upper=np.concatenate([one.upper for one in rows]),
        whole=whole,
        maximise=maximise,
    )


def _members(sets: tuple[np.ndarray, ...], candidates: int) -> sparse.csr_array:
    rows = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
    columns = np.concatenate([np.array([], dtype=int), *sets])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(sets), candidates))
