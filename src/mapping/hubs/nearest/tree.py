"""Branch and bound on sites with Lagrangian bounds: the last step of a proof.

Hand-written, after Beasley (1985) and Christofides and Beasley (1982), because a branch's bound
starts from its parent's prices and takes a few milliseconds, where a general solver would carry
the areas-by-sites model through every branch: measured in benchmarks/hubs.py.
"""

import heapq
from dataclasses import dataclass
from itertools import count

import numpy as np

from mapping.hubs.nearest.record import Record
from mapping.hubs.nearest.relaxation import Relaxation, narrowed, relax
from mapping.hubs.nearest.remainder import Remainder

# Rounds of price-setting in a branch before it is split, their first pace, and how many of them
# may pass without a higher bound before it is halved.
ROUNDS = 20
PACE = 0.5
PATIENCE = 5
# How often a branch is bounded again after narrowing took away much of it.
PASSES = 2


@dataclass(frozen=True, eq=False)
class Branch:
    """
    Part of the plans: sites of the trunk that are picked and ruled out, and where prices stand.

    `bound` holds for every plan of the branch.
    """

    bound: float
    into: np.ndarray
    out: np.ndarray
    prices: np.ndarray


def search(trunk: Remainder, prices: np.ndarray, record: Record) -> None:
    """
    Prove the best plan, or find a better one, branch by branch from the lowest bound.

    Parameters
    ----------
    trunk
        What is left to choose.
    prices
        The best prices known.
    record
        Holds the best plan and the bound, and is brought up to date all the time.
    """
    none, ticket = np.empty(0, dtype=int), count()
    heap = [(record.bound, next(ticket), Branch(record.bound, none, none, prices))]
    while heap and not record.watch.over:
        branch = heap[0][2]
        # The lowest bound of all branches holds for every plan. The branch stays on the heap
        # until it is split, so that an interruption loses nothing.
        record.prove(min(branch.bound, record.goal))
        if branch.bound >= record.goal:
            return
        parts = _split(trunk, branch, record)
        heapq.heappop(heap)
        for part in parts:
            heapq.heappush(heap, (part.bound, next(ticket), part))
    if not heap:
        record.prove(record.goal)


def _split(trunk: Remainder, branch: Branch, record: Record) -> list[Branch]:
    """Bound a branch; return nothing where it holds no better plan, else its two halves."""
    rest = trunk.decided(branch.into, branch.out)
    prices, pace = branch.prices, PACE
    for _ in range(PASSES):
        if rest.hopeless or rest.settled:
            return _leaf(rest, record)
        relaxed = _relaxed(rest, prices, pace, record)
        if relaxed.bound >= record.goal:
            return []
        less = narrowed(rest, relaxed, record.goal - relaxed.bound)
        share = relaxed.share[rest.known(less.may)]
        much = len(less.journeys.cost) < 0.7 * len(rest.journeys.cost)
        rest, prices, pace = less, relaxed.prices, relaxed.pace
        if not much:
            break
    if rest.hopeless or rest.settled:
        return _leaf(rest, record)
    return _halves(trunk, rest, share, max(branch.bound, relaxed.bound), prices)


def _leaf(rest: Remainder, record: Record) -> list[Branch]:
    """Try the only plan of a branch, where there is one."""
    if not rest.hopeless:
        record.offer(rest.opened(np.arange(rest.pick)))
    return []


def _relaxed(rest: Remainder, prices: np.ndarray, pace: float, record: Record) -> Relaxation:
    return relax(
        rest,
        prices,
        rounds=ROUNDS,
        pace=pace,
        patience=PATIENCE,
        goal=lambda: record.goal,
        met=lambda *_: record.watch.over,
    )


def _halves(
    trunk: Remainder, rest: Remainder, share: np.ndarray, bound: float, prices: np.ndarray
) -> list[Branch]:
    """Split on the site of which the prices are least sure."""
    into = trunk.known(rest.must)
    site = trunk.known(rest.may[[_pivot(share)]])
    out = np.setdiff1d(np.arange(len(trunk.may)), np.r_[into, trunk.known(rest.may)])
    return [
        Branch(bound, np.r_[into, site], out, prices),
        Branch(bound, into, np.r_[out, site], prices),
    ]


def _pivot(share: np.ndarray) -> int:
    """Return the site of which the prices are least sure."""
    return int(np.abs(share - 0.5).argmin())
