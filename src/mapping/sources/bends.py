"""Take bends out of streets: nodes at which nobody can turn, so that a graph stays small."""

from typing import NamedTuple

import numpy as np
import pandas as pd

ALIKE = ["road_function", "road_structure", "walkable", "drivable", "one_way", "kmh"]


class _Joins(NamedTuple):
    node: np.ndarray
    first: np.ndarray
    second: np.ndarray


def without_bends(links: pd.DataFrame, *, step: float) -> pd.DataFrame:
    """
    Join links at nodes where there is no turn, as long as the joined link is short.

    Parameters
    ----------
    links
        `start_node` and `end_node` (whole numbers from 0), `length` in metres, and what has to be
        alike on both sides: road, tunnel, who may go there, which way, and the stated limit.
    step
        Metres up to which a link may grow.

    Returns
    -------
    pandas.DataFrame
        Links between the nodes that remain; all ways between those are as long as before.
    """
    alike = pd.factorize(pd.MultiIndex.from_frame(links[ALIKE].astype(str)))[0]
    kept = links.assign(alike=alike).reset_index(drop=True)
    while True:
        joins = _joins(kept, step)
        if not len(joins.node):
            return kept.drop(columns="alike")
        kept = _joined(kept, joins)


def _joins(links: pd.DataFrame, step: float) -> _Joins:
    """Return bends to take out now, no two of them on one link, with the two links at each."""
    start, end = links["start_node"].to_numpy(), links["end_node"].to_numpy()
    size = int(max(start.max(initial=-1), end.max(initial=-1))) + 1
    node, link = np.concatenate([start, end]), np.tile(np.arange(len(links)), 2)
    order = np.lexsort((link, node))
    node, link = node[order], link[order]
    degree = np.bincount(node, minlength=size)
    at = np.searchsorted(node, np.flatnonzero(degree == 2))
    first, second, bend = link[at], link[at + 1], node[at]
    far = [start[side] + end[side] - bend for side in (first, second)]
    table = {name: links[name].to_numpy() for name in ("alike", "length", "one_way")}
    onward = (end[first] == bend) != (end[second] == bend)
    fits = (
        (first != second)
        & (far[0] != far[1])
        & (table["alike"][first] == table["alike"][second])
        & (table["length"][first] + table["length"][second] <= step)
        & (~table["one_way"][first] | onward)
    )
    bend, first, second = bend[fits], first[fits], second[fits]
    # A bend waits for the next round where another, with a lower number, changes one of its links.
    least = np.full(len(links), size)
    np.minimum.at(least, first, bend)
    np.minimum.at(least, second, bend)
    now = (least[first] == bend) & (least[second] == bend)
    return _Joins(bend[now], first[now], second[now])


def _joined(links: pd.DataFrame, joins: _Joins) -> pd.DataFrame:
    start, end = links["start_node"].to_numpy().copy(), links["end_node"].to_numpy().copy()
    length = links["length"].to_numpy().copy()
    node, first, second = joins
    # The first link goes on to the far end of the second, whichever of its own ends the bend is.
    far = start[second] + end[second] - node
    ends_here = end[first] == node
    end[first[ends_here]] = far[ends_here]
    start[first[~ends_here]] = far[~ends_here]
    length[first] += length[second]
    changed = links.assign(start_node=start, end_node=end, length=length)
    return changed.drop(index=second).reset_index(drop=True)
