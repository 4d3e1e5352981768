"""Secondary suppression: which more cells to hide, and whether small counts still follow.

Cells that add up betray one another: a total less its published parts is the part that was hidden.
`suppressed` hides further cells until an attacker who knows every sum, every rounded figure and the
rules cannot rule out any value below the floor for any small cell; `exposed` is that attacker, a
linear program (Fischetti and Salazar-González, 2001, Mathematical Programming 90:249-278).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

ALONE = 4  # so few cells that are in doubt are looked at one by one
SURE = 1e-6  # how near to a bound a solution of the linear program counts as at it


@dataclass(frozen=True, eq=False)
class Sums:
    """
    Which cells add up to which.

    Parameters
    ----------
    totals
        Position of the total of each sum.
    parts
        Positions of its parts.
    """

    totals: Sequence[int]
    parts: Sequence[np.ndarray]

    def equations(self, cells: int) -> csr_array:
        """Return one row per sum: 1 at its parts, -1 at its total."""
        sizes = [len(part) for part in self.parts]
        rows = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.arange(len(sizes))])
        columns = np.concatenate([*self.parts, np.array(self.totals)]).astype(int)
        signs = np.concatenate([np.ones(sum(sizes)), -np.ones(len(sizes))])
        return csr_array((signs, (rows, columns)), shape=(len(sizes), cells))


def suppressed(
    counts: np.ndarray, small: np.ndarray, sums: Sums, *, floor: int, base: int
) -> np.ndarray:
    """
    Return which cells to hide: the small ones, and others that would give them away.

    Every sum with one hidden cell gets a second one, the smallest of its parts; then cells are
    hidden, smallest first, until the attacker of `exposed` finds nothing.

    Parameters
    ----------
    counts
        True counts, cells in any order.
    small
        Cells that are to be protected.
    sums
        Which cells add up.
    floor, base
        As for `mapping.disclosure.release`.

    Returns
    -------
    numpy.ndarray
        True where a cell is to be hidden.
    """
    hidden = _in_pairs(counts, small, sums)
    found = small
    # What is safe stays safe when more is hidden, so that only what was exposed is looked at again.
    while (
        found := _exposed(counts, found, hidden, sums, floor=floor, base=base, alone=ALONE)
    ).any():
        for cell in _apart(found, hidden, sums):
            hidden[_beside(cell, counts, hidden, sums)] = True
        hidden = _in_pairs(counts, hidden, sums)
    return hidden


def _apart(found: np.ndarray, hidden: np.ndarray, sums: Sums) -> list[int]:
    """Return those of the cells found of which no two are in one sum: one may help the next."""
    members = _members(sums)
    near: set[int] = set()
    apart = []
    for cell in np.flatnonzero(found):
        if cell not in near:
            apart.append(int(cell))
            near |= {int(other) for row in members if cell in row for other in row if hidden[other]}
    return apart


def _members(sums: Sums) -> list[np.ndarray]:
    return [np.append(part, total) for total, part in zip(sums.totals, sums.parts, strict=True)]


def _in_pairs(counts: np.ndarray, hidden: np.ndarray, sums: Sums) -> np.ndarray:
    """Hide the smallest shown part of every sum in which one cell alone is hidden."""
    hidden = hidden.copy()
    cells = [np.append(parts, total) for total, parts in zip(sums.totals, sums.parts, strict=True)]
    changed = True
    while changed:
        changed = False
        for members, parts in zip(cells, sums.parts, strict=True):
            if hidden[members].sum() != 1:
                continue
            shown = parts[~hidden[parts]]
            # Of a sum of one part the part and the total are the same figure.
            chosen = shown[np.argmin(counts[shown])] if shown.size else members[-1]
            hidden[chosen] = changed = True
    return hidden


def _beside(cell: int, counts: np.ndarray, hidden: np.ndarray, sums: Sums) -> int:
    """Return the smallest shown cell that shares a sum with a cell, or with one hidden near it."""
    members = _members(sums)
    reached = {cell}
    while True:
        near = {int(other) for row in members if reached & set(row.tolist()) for other in row}
        shown = [other for other in near if not hidden[other]]
        if shown or near <= reached:
            return min(shown, key=lambda other: (counts[other], other), default=cell)
        reached |= near


def exposed(
    counts: np.ndarray,
    small: np.ndarray,
    hidden: np.ndarray,
    sums: Sums,
    *,
    floor: int,
    base: int,
) -> np.ndarray:
    """
    Return the small cells of which an attacker can rule out a value from 0 to `floor` - 1.

    The attacker knows what adds up to what, that a published figure is `base` / 2 or less from the
    true one and not below the floor, and that a hidden cell is 0 or more.

    Parameters
    ----------
    counts, small, sums, floor, base
        As for `suppressed`.
    hidden
        Cells that are not published.

    Returns
    -------
    numpy.ndarray
        Positions, in order.
    """
    return np.flatnonzero(_exposed(counts, small, hidden, sums, floor=floor, base=base))


def _exposed(
    counts: np.ndarray,
    small: np.ndarray,
    hidden: np.ndarray,
    sums: Sums,
    *,
    floor: int,
    base: int,
    alone: int | None = None,
) -> np.ndarray:
    """Mark what `exposed` returns; where more than `alone` are left, those that may be safe too."""
    found = small & ~hidden
    if not sums.totals or not small.any():
        return found
    published = np.round(counts / base) * base
    reach = (base - 1) // 2 if base % 2 else base // 2
    low = np.where(hidden, 0, np.maximum(published - reach, floor))
    bounds = np.column_stack([low, np.where(hidden, np.inf, published + reach)])
    equations = sums.equations(len(counts))
    targets = np.flatnonzero(small & hidden)
    # One possible table shows for many cells at once that they may be nothing, or nearly enough.
    none = np.zeros(targets.size)
    most = np.maximum(counts[targets], floor - 1)
    never_none = _unreached(targets, equations, bounds, none, alone)
    never_most = _unreached(targets, equations, bounds, most, alone)
    found[never_none] = found[never_most] = True
    return found


def _unreached(
    targets: np.ndarray,
    equations: csr_array,
    bounds: np.ndarray,
    limits: np.ndarray,
    alone: int | None,
) -> np.ndarray:
    """Return the targets that are at their limit (least if 0, else most) in no possible table."""
    left = np.arange(targets.size)
    while left.size:
        reached = _reached(targets[left], equations, bounds, limits[left])
        if not reached.any() and alone is not None and left.size > alone:
            break
        if not reached.any():
            single = [_reached(targets[[i]], equations, bounds, limits[[i]])[0] for i in left]
            return targets[left[~np.array(single, bool)]]
        left = left[~reached]
    return targets[left]


def _reached(
    targets: np.ndarray, equations: csr_array, bounds: np.ndarray, limits: np.ndarray
) -> np.ndarray:
    """Push all targets towards their limits in one table, and say which got there."""
    upwards = bool(limits.any())
    bounds = bounds.copy()
    if upwards:  # what lies beyond the limit earns nothing, so that every target is worth the same
        bounds[targets, 1] = limits
    weight = np.zeros(len(bounds))
    weight[targets] = -1 if upwards else 1
    found = linprog(
        weight,
        A_eq=equations,
        b_eq=np.zeros(equations.shape[0]),
        bounds=bounds,
        method="highs-ds",
    )
    # The true table is always possible, so there is a solution.
    values = found.x[targets]
    return values >= limits - SURE if upwards else values <= SURE
