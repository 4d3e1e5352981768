"""Solve a `Choice` with proof: a good plan, a bound, and HiGHS for what lies between.

The bound's prices rule out most sites and nearly all journeys (see `relaxation`), so that HiGHS
gets a model of hundreds of variables where the textbook model has areas by sites.
"""

import numpy as np
from scipy import sparse

from mapping.hubs.choice import Choice, Found
from mapping.hubs.highs import Programme, solve
from mapping.hubs.interchange import greedy, interchange
from mapping.hubs.relaxation import Relaxation, journeys, promising, relax
from mapping.hubs.watch import Watch

# Rounds of price-setting before each narrowing: later ones work on what the earlier left over.
PASSES = (120, 120, 240)


def choose(
    choice: Choice,
    *,
    watch: Watch,
    gap: float = 0.0,
    start: np.ndarray | None = None,
    passes: tuple[int, ...] = PASSES,
) -> Found:
    """
    Find the best candidates to pick.

    Parameters
    ----------
    choice
        What to choose.
    watch
        Stops the search when its time is over.
    gap
        Share of the objective within which the proof may stop.
    start
        Positions to start from besides those found greedily.
    passes
        Rounds of price-setting in each pass, at least one pass.
    """
    picked = _first(choice, start)
    if _forced(choice):
        return Found(picked, choice.value(picked), choice.value(picked))
    relaxed = relax(choice, picked, rounds=passes[0], watch=watch, gap=gap)
    return _narrow(choice, relaxed, passes=passes[1:], watch=watch, gap=gap)


def _first(choice: Choice, start: np.ndarray | None) -> np.ndarray:
    if _forced(choice):
        return np.arange(choice.pick)
    plans = [greedy(choice)] if start is None else [greedy(choice), start]
    return min((interchange(choice, plan) for plan in plans), key=choice.value)


def _forced(choice: Choice) -> bool:
    return choice.pick in (0, choice.candidates)


def _narrow(
    choice: Choice, relaxed: Relaxation, *, passes: tuple[int, ...], watch: Watch, gap: float
) -> Found:
    """Rule out what no better plan can hold and look again at the rest; HiGHS comes last."""
    value = relaxed.value
    if relaxed.near(choice, gap) or watch.over:
        return Found(relaxed.picked, value, min(value, choice.lifted(relaxed.bound)))
    if not passes:
        return _settle(choice, relaxed, watch=watch, gap=gap)
    may, must = promising(choice, relaxed)
    inner = choice.narrowed(may, must)
    if _forced(inner):
        return Found(relaxed.picked, value, value)
    known = np.flatnonzero(np.isin(may, relaxed.picked))
    again = relax(inner, known, rounds=passes[0], watch=watch, gap=gap, after=relaxed)
    found = _narrow(inner, again, passes=passes[1:], watch=watch, gap=gap)
    picked = np.sort(np.r_[must, may[found.picked]])
    return Found(picked, found.value, max(found.bound, min(found.value, relaxed.bound)))


def _settle(choice: Choice, relaxed: Relaxation, *, watch: Watch, gap: float) -> Found:
    """Let HiGHS search the sites and journeys that a better plan could still use."""
    known = relaxed.value
    scale = max(known, 1e-9) / len(choice.base)
    programme, sites = _programme(choice, journeys(choice, relaxed), scale)
    slack = choice.slack(known, gap) / scale
    start = np.isin(sites, relaxed.picked)
    answer = solve(programme, start=start, slack=slack, seconds=watch.left)
    picked = _filled(choice, sites, answer.values, relaxed.picked)
    value = choice.value(picked)
    bound = min(value, choice.lifted(max(relaxed.bound, answer.bound * scale)))
    return Found(picked, value, bound)


def _programme(choice: Choice, allowed: np.ndarray, scale: float) -> tuple[Programme, np.ndarray]:
    """
    Write the model of the `allowed` journeys (candidates and the base, by areas).

    Journeys of one area that cost the same are one variable, open if any of their sites is:
    where costs take two values this is the usual model of maximal coverage. Variables: sites,
    then journeys. Rows: each area takes one journey; a journey needs one of its sites; at most
    `pick` sites. Costs are divided by `scale`, so that the solver's tolerances mean the same
    for any city. Returns the sites too, as positions.
    """
    row, area, cost, level = _levels(choice, allowed)
    by_site = row < choice.candidates
    sites = np.unique(row[by_site])
    areas, opened, first = len(choice.base), len(sites), np.flatnonzero(np.diff(level, prepend=-1))
    needing = np.unique(level[by_site])
    needs = areas + np.searchsorted(needing, level[by_site])
    last = areas + len(needing)
    entries = [
        (area[first], opened + np.arange(len(first)), 1.0),
        (areas + np.arange(len(needing)), opened + needing, 1.0),
        (needs, np.searchsorted(sites, row[by_site]), -1.0),
        (np.full(opened, last), np.arange(opened), 1.0),
    ]
    rows, columns = (np.concatenate([entry[axis] for entry in entries]) for axis in (0, 1))
    values = np.concatenate([np.full(len(entry[0]), entry[2]) for entry in entries])
    programme = Programme(
        cost=np.r_[np.zeros(opened), cost[first] / scale],
        matrix=sparse.csc_array((values, (rows, columns)), shape=(last + 1, opened + len(first))),
        lower=np.r_[np.ones(areas), np.full(len(needing) + 1, -np.inf)],
        upper=np.r_[np.ones(areas), np.zeros(len(needing)), choice.pick],
        whole=opened,
    )
    return programme, sites


def _levels(
    choice: Choice, allowed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """List the journeys by area and cost: site (or base), area, cost, number of the level."""
    row, area = np.nonzero(allowed)
    cost = np.vstack([choice.cost, choice.base])[row, area]
    order = np.lexsort((row, cost, area))
    row, area, cost = row[order], area[order], cost[order]
    new = np.r_[True, (np.diff(area) > 0) | (np.diff(cost) > 0)]
    return row, area, cost, np.cumsum(new) - 1


def _filled(
    choice: Choice, sites: np.ndarray, values: np.ndarray | None, known: np.ndarray
) -> np.ndarray:
    """Return the solver's sites, made up to `pick`, where they beat the known plan."""
    if values is None:
        return known
    found = sites[values]
    spare = np.setdiff1d(np.r_[known, np.arange(choice.candidates)], found)
    picked = np.sort(np.r_[found, spare[: choice.pick - len(found)]])
    return picked if choice.value(picked) < choice.value(known) else known
