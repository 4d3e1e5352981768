"""Which route goes into which slot."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp


def assigned(
    cost: np.ndarray, fits: np.ndarray, clashes: Sequence[tuple[int, ...]]
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return rows and the columns given to them, for least cost: each row one, each column once.

    Parameters
    ----------
    cost
        Rows by columns.
    fits
        Which columns each row may have.
    clashes
        Sets of columns of which one alone can be given away.

    Examples
    --------
    >>> cost, fits = np.array([[1.0, 2, 4], [1, 3, 6]]), np.ones((2, 3), bool)
    >>> assigned(cost, fits, [])[1].tolist(), assigned(cost, fits, [(0, 1)])[1].tolist()
    ([1, 0], [2, 0])
    """
    if not clashes:
        wrong = 10 * (1 + np.abs(cost).sum())
        return linear_sum_assignment(np.where(fits, cost, wrong))
    count, width = cost.shape
    row, column = np.divmod(np.arange(count * width), width)
    once = [column == place for place in range(width)]
    together = [np.isin(column, clash) for clash in clashes]
    rules = [
        LinearConstraint(sparse.csr_array([row == place for place in range(count)]), 1, 1),
        LinearConstraint(sparse.csr_array([*once, *together]), 0, 1),
    ]
    found = milp(
        cost.ravel(), integrality=1, bounds=Bounds(0, fits.ravel().astype(float)), constraints=rules
    )
    given = np.flatnonzero(found.x > 0.5)
    return row[given], column[given]
