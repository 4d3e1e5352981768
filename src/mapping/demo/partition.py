"""Divide points among groups: compact, contiguous, whole numbers."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree


def relaxed(
    points: np.ndarray,
    weights: np.ndarray,
    count: int,
    *,
    rng: np.random.Generator,
    rounds: int = 12,
) -> np.ndarray:
    """
    Return `count` centres spread over the points as the weights are (Lloyd, 1982).

    Parameters
    ----------
    points
        Coordinates, one row per point, in metres.
    weights
        How much each point attracts a centre; points of weight zero attract none.
    count
        Number of centres, at most the number of points with weight.
    rng
        Where the first guess comes from.
    rounds
        How often the centres move to the middle of their points; more is rounder.
    """
    first = rng.choice(len(points), count, replace=False, p=weights / weights.sum())
    centres = points[first].astype(float)
    for _ in range(rounds):
        centres = _middles(points, weights, nearest(points, centres), centres)
    return centres


def _middles(
    points: np.ndarray, weights: np.ndarray, group: np.ndarray, centres: np.ndarray
) -> np.ndarray:
    """Return the weighted middle of each group; a group without weight stays where it was."""
    total = np.bincount(group, weights, len(centres))
    sums = [np.bincount(group, weights * axis, len(centres)) for axis in points.T]
    kept = total > 0
    moved = centres.copy()
    moved[kept] = np.column_stack(sums)[kept] / total[kept, None]
    return moved


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the position of the nearest centre of every point."""
    return cKDTree(centres).query(points)[1]


def even(
    points: np.ndarray, weights: np.ndarray, count: int, *, rng: np.random.Generator
) -> np.ndarray:
    """
    Group points into `count` compact groups of roughly equal weight; return the group of each.

    A power diagram: every centre has a handicap, which grows while its group is too heavy
    (Aurenhammer, Hoffmann and Aronov, 1998, here by plain iteration).
    """
    centres = relaxed(points, weights, count, rng=rng)
    handicap, best, least = np.zeros(count), np.zeros(len(points), dtype=int), np.inf
    for _ in range(60):
        group = _handicapped(points, centres, handicap)
        load = np.bincount(group, weights, count) / weights.sum() * count
        # An empty group is worse than any unevenness.
        if (uneven := load.std() + count * (load == 0).sum()) < least:
            best, least = group, uneven
        apart = cKDTree(centres).query(centres, 2)[0][:, 1] ** 2
        handicap += 0.1 * apart * np.clip(load - 1, -0.5, 0.5)
        centres = _middles(points, weights, group, centres)
    return best


def _handicapped(points: np.ndarray, centres: np.ndarray, handicap: np.ndarray) -> np.ndarray:
    # Height above the plane adds to squared distance what the handicap asks for.
    height = np.sqrt(handicap - handicap.min())
    raised = np.column_stack([centres, height])
    return nearest(np.column_stack([points, np.zeros(len(points))]), raised)


def contiguous(groups: pd.Series, borders: pd.DataFrame) -> pd.Series:
    """
    Move stray pieces of a group to the neighbour with the longest border, until none is left.

    Parameters
    ----------
    groups
        Group of each block, by block.
    borders
        Columns `left` and `right` (blocks) and `length` (metres), each border once.

    Examples
    --------
    >>> row = pd.Series(["a", "b", "a", "a"], index=[1, 2, 3, 4])
    >>> borders = pd.DataFrame({"left": [1, 2, 3], "right": [2, 3, 4], "length": [5, 5, 5]})
    >>> contiguous(row, borders).to_list()
    ['b', 'b', 'a', 'a']
    """
    both = pd.concat([borders, borders.rename(columns={"left": "right", "right": "left"})])
    groups = groups.copy()
    while (stray := _stray(groups, borders)).any():
        edge = both[both["left"].map(stray) & ~both["right"].map(stray)]
        by_group = edge.groupby([edge["left"], edge["right"].map(groups)])["length"].sum()
        best = by_group.groupby(level=0).idxmax()
        groups.update(best.map(lambda pair: pair[1]))
    return groups


def _stray(groups: pd.Series, borders: pd.DataFrame) -> pd.Series:
    """Mark the blocks that are not in the largest piece of their group."""
    inside = borders[borders["left"].map(groups) == borders["right"].map(groups)]
    at = pd.Series(range(len(groups)), index=groups.index)
    links = (np.ones(len(inside)), (inside["left"].map(at), inside["right"].map(at)))
    piece = connected_components(coo_array(links, shape=(len(groups),) * 2), directed=False)[1]
    pieces = pd.Series(piece, index=groups.index)
    size = pieces.map(pieces.value_counts())
    # The piece number breaks ties, so that exactly one piece of a group stays.
    largest = (size * len(groups) - pieces).groupby(groups).transform("max")
    return size * len(groups) - pieces < largest


def whole(shares: np.ndarray, total: int) -> np.ndarray:
    """
    Share out a whole number by largest remainders (Hamilton's method).

    >>> whole(np.array([1, 1, 1]), 10).tolist()
    [4, 3, 3]
    """
    exact = shares / shares.sum() * total
    floor = np.floor(exact).astype(int)
    order = np.argsort(floor - exact, kind="stable")
    floor[order[: total - floor.sum()]] += 1
    return floor
