"""Every plan that costs at most so much: a proof that nothing as good was left out.

A solver returns one best plan and is silent on the others. Here the prices of the Lagrangian bound
(see `relaxation`) do for lists what they do for proofs: a set of sites, extended one by one, is
given up as soon as no completion can cost little enough. Once some sites are open, no area pays
more than at the nearest of them, so the bound grows tighter with every site (Cornuejols, Fisher
and Nemhauser, 1977). Hand-written because solvers list plans by forbidding one after the other,
a model solved for each; this lists hundreds in a second.
"""

import numpy as np

from mapping.hubs.nearest.choice import Choice, fuzz

# Sets of sites extended together: enough for numpy, small enough to stay in the cache.
BATCH = 256

# Sets looked into before giving up: one or two seconds for a city of 300 areas and 100 sites.
EFFORT = 60_000


def shortlist(
    choice: Choice, prices: np.ndarray, *, limit: float, effort: int = EFFORT
) -> np.ndarray | None:
    """
    List every pick whose cost is at most `limit`.

    Side conditions on picks are not asked about: a pick that breaks them is listed too.

    Parameters
    ----------
    choice
        What to choose.
    prices
        What each area pays at most; any prices give the same list, those of the bound soonest.
    limit
        Greatest cost of a pick that is listed.
    effort
        Number of partial picks looked into before giving up.

    Returns
    -------
    ndarray or None
        Picks by candidates, sorted positions; None if the list could not be finished.

    Examples
    --------
    >>> cost, base = np.array([[0.0, 9.0], [3.0, 3.0], [9.0, 1.0]]), np.array([9.0, 9.0])
    >>> choice = Choice.of(cost, base, pick=1)
    >>> shortlist(choice, base, limit=7.0).tolist()  # they cost 9, 6 and 10
    [[1]]
    """
    ceiling, most = np.minimum(prices, choice.base), limit + fuzz(limit)
    reduced = np.minimum(choice.cost - ceiling, 0.0).sum(axis=1)
    order = reduced.argsort(kind="stable")
    order = order[_promise(reduced[order][None], ceiling.sum()[None], choice.pick)[0] <= most]
    listed = _listed(choice.cost[order], ceiling, choice.pick, most, effort)
    if listed is None:
        return None
    picks = np.sort(order[listed], axis=1)
    return picks[[choice.value(pick) <= limit for pick in picks]]


def _listed(
    cost: np.ndarray, ceiling: np.ndarray, pick: int, limit: float, effort: int
) -> np.ndarray | None:
    """Extend sets of rows of `cost`, depth first, batch by batch, always by a later row."""
    stack = [(np.zeros((1, 0), dtype=int), ceiling[None], np.arange(len(cost)))]
    full = [np.zeros((0, pick), dtype=int)]
    while stack:
        sets, paid, rows = stack.pop()
        if sets.shape[1] == pick:
            full.append(sets)
            continue
        effort -= len(sets)
        if effort < 0:
            return None
        worth = _bounds(cost[rows], rows, sets, paid, pick) <= limit
        parent, column = np.nonzero(worth)
        longer = np.c_[sets[parent], rows[column]]
        cheaper = np.minimum(paid[parent], cost[rows[column]])
        # What helps no set of this batch helps none that grows from it.
        rows = rows[worth.any(axis=0)]
        for start in range(0, len(parent), BATCH):
            part = slice(start, start + BATCH)
            stack.append((longer[part], cheaper[part], rows))
    return np.concatenate(full)


def _bounds(
    cost: np.ndarray, rows: np.ndarray, sets: np.ndarray, paid: np.ndarray, pick: int
) -> np.ndarray:
    """Bound the cost of every full pick that begins with each set and one row more."""
    reduced = np.array([np.minimum(cost - most, 0.0).sum(axis=1) for most in paid])
    if sets.shape[1]:
        reduced[rows <= sets[:, -1:]] = np.inf
    return _promise(reduced, paid.sum(axis=1), pick - sets.shape[1])


def _promise(reduced: np.ndarray, paid: np.ndarray, left: int) -> np.ndarray:
    """Add to each row's own reduced cost the least of `left` - 1 others."""
    if reduced.shape[1] < left or not left:
        return np.full(reduced.shape, np.inf)
    least = np.partition(reduced, left - 1, axis=1)[:, :left]
    last, others = least[:, left - 1 :], least[:, : left - 1].sum(axis=1, keepdims=True)
    return paid[:, None] + others + np.maximum(reduced, last)
