"""Good plans quickly: greedy adding, then swapping one site for another while that helps.

Hand-written in numpy because a swap is judged for all pairs at once from each area's two cheapest
sites (Whitaker, 1983; Resende and Werneck, 2007): one pass over the cost table a swap, where a
general solver would need a model.
"""

import numpy as np

from mapping.hubs.choice import Choice, fuzz


def greedy(choice: Choice) -> np.ndarray:
    """
    Pick the candidate that lowers the cost most, again and again.

    Ties go to the earlier candidate. Returns positions, in the order picked.
    """
    least = choice.base
    picked: list[int] = []
    for _ in range(choice.pick):
        gains = np.maximum(least - choice.cost, 0.0).sum(axis=1)
        gains[picked] = -1.0
        picked.append(int(gains.argmax()))
        least = np.minimum(least, choice.cost[picked[-1]])
    return np.array(picked, dtype=int)


def interchange(choice: Choice, picked: np.ndarray) -> np.ndarray:
    """Make the best swap of a picked candidate for another until none lowers the cost."""
    picked = picked.copy()
    while (swap := _best_swap(choice, picked)) is not None:
        out, candidate = swap
        picked[out] = candidate
    return np.sort(picked)


def _best_swap(choice: Choice, picked: np.ndarray) -> tuple[int, int] | None:
    """Return which picked one to drop (its place in `picked`) and which candidate to add."""
    first, second, owner = _two_cheapest(choice, picked)
    # Adding j helps every area that is nearer to j; dropping a site sends its areas to their
    # second cheapest, or to j where that is cheaper: `spared` is what j saves of that loss.
    gain = np.maximum(first - choice.cost, 0.0).sum(axis=1)
    spared = np.maximum(second - np.maximum(choice.cost, first), 0.0)
    owned = owner == np.arange(len(picked))[:, None]
    loss = owned @ (second - first)
    saving = gain + owned.astype(float) @ spared.T - loss[:, None]
    saving[:, picked] = -np.inf
    out, candidate = np.unravel_index(saving.argmax(), saving.shape)
    worth = saving[out, candidate] > fuzz(first.sum())
    return (int(out), int(candidate)) if worth else None


def _two_cheapest(choice: Choice, picked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Cheapest and second cheapest cost of each area, and the place in `picked` of the cheapest.

    The base, which cannot be dropped, counts as both; its place is beyond the last.
    """
    costs = np.vstack([choice.cost[picked], choice.base, choice.base])
    areas = np.arange(costs.shape[1])
    owner = costs.argmin(axis=0)
    first = costs[owner, areas]
    costs[owner, areas] = np.inf
    return first, costs.min(axis=0), owner
