"""Good plans quickly: greedy adding, then swapping one site for another while that helps.

Hand-written in numpy because a swap is judged for all pairs at once from each area's two cheapest
sites (Whitaker, 1983; Resende and Werneck, 2007): one pass over the journeys a swap, where a
general solver would need a model.
"""

import numpy as np

from mapping.hubs.nearest.choice import Choice, fuzz
from mapping.hubs.nearest.remainder import Remainder
from mapping.hubs.rules import Rules

# How many swaps are tried before all pairs are judged anew.
AT_ONCE = 8


def greedy(
    choice: Choice, picked: np.ndarray | None = None, rules: Rules | None = None
) -> np.ndarray:
    """
    Pick the candidate that lowers the cost most, again and again.

    Starts from `picked`, if given. Ties go to the earlier candidate, and what `rules` bar is
    passed over where anything else is left. Returns positions, in the order picked.
    """
    chosen = [] if picked is None else list(picked[: choice.pick])
    least = np.minimum(choice.base, choice.cost[chosen].min(axis=0, initial=np.inf))
    while len(chosen) < choice.pick:
        gains = np.maximum(least - choice.cost, 0.0).sum(axis=1)
        if rules:
            gains[rules.barred(np.array(chosen, dtype=int))] = -1.0
        gains[chosen] = -2.0
        chosen.append(int(gains.argmax()))
        least = np.minimum(least, choice.cost[chosen[-1]])
    return np.array(chosen, dtype=int)


def interchange(rest: Remainder, picked: np.ndarray) -> np.ndarray:
    """
    Make the best swaps of a picked site for another until none lowers the cost.

    Only swaps that keep the rules are made. Returns sites, sorted.
    """
    picked, improved = np.array(picked), True
    while improved:
        improved = False
        value = _value(rest, picked)
        for out, site in _good_swaps(rest, picked):
            other = picked.copy()
            other[out] = site
            cost = _value(rest, other)
            if site not in picked and cost < value - fuzz(value) and rest.rules.allows(other):
                picked, value, improved = other, cost, True
    return np.sort(picked)


def _value(rest: Remainder, picked: np.ndarray) -> float:
    return float(rest.rows(picked).min(axis=0, initial=np.inf).clip(max=rest.base).sum())


def _good_swaps(rest: Remainder, picked: np.ndarray) -> list[tuple[int, int]]:
    """
    Return the best swaps, best first: places in `picked` to drop, and sites to add.

    One for each place at most, for several often help in turn, and to judge all pairs is the dear
    part.
    """
    first, second, owner = _two_cheapest(rest, picked)
    saving = _savings(rest, first, second, owner, len(picked))
    saving[:, picked] = -np.inf
    _forbid(saving, picked, rest.rules)
    site = saving.argmax(axis=1)
    worth = saving[np.arange(len(picked)), site]
    order = np.argsort(-worth, kind="stable")[:AT_ONCE]
    return [(int(out), int(site[out])) for out in order if worth[out] > fuzz(first.sum())]


def _savings(
    rest: Remainder, first: np.ndarray, second: np.ndarray, owner: np.ndarray, count: int
) -> np.ndarray:
    """
    Return what each swap saves: places in the pick by sites.

    Adding a site helps every area that is nearer to it; dropping one sends its areas to their
    second cheapest, or to the new site where that is cheaper, which spares part of the loss.
    """
    table, sites = rest.journeys, rest.journeys.sites
    useful = np.flatnonzero(table.cost < second[table.area])
    site, area, cost = table.site[useful], table.area[useful], table.cost[useful]
    now = first[area]
    gain = np.bincount(site, np.maximum(now - cost, 0.0), minlength=sites)
    spared = second[area] - np.maximum(cost, now)
    pair = owner[area] * sites + site
    spare = np.bincount(pair, spared, minlength=(count + 1) * sites).reshape(count + 1, sites)
    loss = np.bincount(owner, second - first, minlength=count + 1)
    # Without a journey numpy counts in whole numbers.
    return (gain + spare - loss[:, None])[:count].astype(float)


def _two_cheapest(rest: Remainder, picked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Cheapest and second cheapest cost of each area, and the place in `picked` of the cheapest.

    The base, which cannot be dropped, counts as both; its place is beyond the last.
    """
    costs = np.vstack([rest.rows(picked), rest.base, rest.base])
    areas = np.arange(costs.shape[1])
    owner = costs.argmin(axis=0)
    # Where a site costs as much as the base, dropping it loses nothing.
    first = costs[owner, areas]
    costs[owner, areas] = np.inf
    return first, costs.min(axis=0), owner


def _forbid(saving: np.ndarray, picked: np.ndarray, rules: Rules) -> None:
    """Rule out swaps that break a rule which the pick keeps."""
    for one in rules.at_most:
        inside = np.isin(picked, one)
        if inside.any():
            saving[np.ix_(~inside, one)] = -np.inf
    for one in rules.at_least:
        inside = np.isin(picked, one)
        if inside.sum() == 1:
            outside = np.setdiff1d(np.arange(saving.shape[1]), one)
            saving[np.ix_(inside, outside)] = -np.inf
