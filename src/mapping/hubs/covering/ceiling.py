"""How much any plan could cover: a price on every group of areas, and the bound it proves.

Paying a price for each group to whichever sites cover it, instead of its people once, leaves a
choice that is solved by sorting: the best prices give the bound of the linear programme, and any
prices give a valid one (Galvão and ReVelle, 1996). So the bound never leans on a solver's
tolerances: HiGHS only proposes prices.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mapping.hubs.covering.cover import Cover, spread
from mapping.hubs.highs import Programme, prices
from mapping.hubs.rows import rule_rows
from mapping.hubs.watch import Watch

# Beyond this many cells the linear programme takes longer than plain steps on the prices.
CELLS = 2_000_000
# A step goes this share of the way beyond the goal, so as not to creep up on it for ever.
BEYOND = 0.3
# Share of the step before that a step keeps (Camerini, Fratta and Maffioli, 1975).
KEEP = 0.6


@dataclass(frozen=True, eq=False)
class Ceiling:
    """
    A proven upper bound and the prices behind it.

    Parameters
    ----------
    bound
        No plan covers more.
    prices
        One for each group, from 0 to its weight (more where it is worth it nowhere).
    worth
        Prices of all groups that each candidate covers; the relaxed plan opens the worthiest.
    share
        How often, from 0 to 1, the relaxed plans near these prices opened each candidate.
    """

    bound: float
    prices: np.ndarray
    worth: np.ndarray
    share: np.ndarray


def priced(cover: Cover, prices: np.ndarray, share: np.ndarray | None = None) -> Ceiling:
    """Work out the bound at some prices; the rules are left out, which only raises it."""
    prices = np.clip(prices, 0.0, cover.weights)
    worth = cover.sites @ prices
    top = _worthiest(worth, cover.pick)
    bound = float((cover.weights - prices).sum() + worth[top].sum())
    opened = np.zeros(cover.candidates)
    opened[top] = 1.0
    return Ceiling(bound, prices, worth, opened if share is None else share)


def linear(cover: Cover, *, seconds: float, watch: Watch | None = None) -> Ceiling | None:
    """Take the prices of the linear programme; None where it is too large or out of time."""
    if cover.sites.nnz > CELLS:
        return None
    found = prices(programme(cover, ruled=False), seconds=seconds, watch=watch)
    if found is None:
        return None
    values, duals = found
    scale = _scale(cover)
    share = np.clip(values[: cover.candidates], 0.0, 1.0)
    return priced(cover, -duals[: len(cover.weights)] * scale, share)


def lowered(cover: Cover, prices: np.ndarray, *, goal: float, rounds: int) -> Ceiling:
    """
    Lower the bound by subgradient steps, until it is at the goal or for some rounds.

    Steps are as long as would reach the goal if the bound were straight (Polyak, 1969), keep part
    of the direction before, and halve when they stop helping. Prices move in proportion to the
    people of their group: steps are in prices for a person, which are alike where groups are not.
    """
    best = priced(cover, prices)
    people = cover.weights / (_scale(cover) or 1.0)
    now, pace, stalled, step = best, 1.0, 0, np.zeros(len(cover.weights))
    share = best.share
    for _ in range(rounds):
        if best.bound <= goal:
            break
        step = _slope(cover, now) + KEEP * step
        steepness = step @ (people * step)
        if not steepness:
            break
        reach = now.bound - goal + BEYOND * (best.bound - goal)
        now = priced(cover, now.prices - pace * reach / steepness * people * step)
        share = 0.9 * share + 0.1 * now.share
        stalled = 0 if now.bound < best.bound - 1e-4 * (best.bound - goal) else stalled + 1
        best = now if now.bound < best.bound else best
        if stalled >= 8:
            pace, stalled = pace / 2, 0
    return Ceiling(best.bound, best.prices, best.worth, share)


def decided(cover: Cover, ceiling: Ceiling, goal: float) -> tuple[np.ndarray, np.ndarray]:
    """
    Whether each candidate is out of, or in, every plan that covers more than `goal`.

    Forcing a candidate in or out lowers the bound by its distance from the last of the worthiest
    or the first of the others; where that takes it to the goal, no such plan is left.
    """
    worth, room = ceiling.worth, ceiling.bound - goal
    if cover.pick in (0, len(worth)):
        return np.full(len(worth), not cover.pick), np.full(len(worth), bool(cover.pick))
    ranked = np.partition(worth, (-cover.pick - 1, -cover.pick))
    following, last = ranked[-cover.pick - 1], ranked[-cover.pick]
    return last - worth >= max(room, 0.0), worth - following >= max(room, 0.0)


def programme(cover: Cover, *, ruled: bool = True) -> Programme:
    """
    Write the model of maximal coverage, to be made least: sites, then groups.

    People are counted in average groups, so that a solver's tolerances mean the same anywhere.
    """
    sites, groups = cover.sites.shape
    linked = sparse.hstack([-cover.groups, sparse.eye_array(groups)])
    total = sparse.csr_array(np.r_[np.ones(sites), np.zeros(groups)][None])
    tables, lower, upper = [linked, total], [np.full(groups, -np.inf)], [np.zeros(groups)]
    lower.append(np.array([float(cover.pick) if cover.rules and ruled else -np.inf]))
    upper.append(np.array([float(cover.pick)]))
    for rows in rule_rows(cover.rules, sites) if ruled else ():
        beyond = sparse.csr_array((rows.matrix.shape[0], groups))
        tables.append(sparse.hstack([rows.matrix, beyond]))
        lower.append(rows.lower)
        upper.append(rows.upper)
    return Programme(
        cost=np.r_[np.zeros(sites), -cover.weights / _scale(cover)],
        matrix=sparse.csc_array(sparse.vstack(tables)),
        lower=np.concatenate(lower),
        upper=np.concatenate(upper),
        whole=sites,
    )


def _scale(cover: Cover) -> float:
    return float(cover.weights.mean()) if len(cover.weights) else 1.0


def _worthiest(worth: np.ndarray, pick: int) -> np.ndarray:
    if pick >= len(worth):
        return np.arange(len(worth))
    return np.argpartition(-worth, pick)[:pick]


def _slope(cover: Cover, now: Ceiling) -> np.ndarray:
    """By how much the bound grows with each price; 0 where the price cannot go further."""
    opened = np.flatnonzero(now.share)
    slope = spread(cover.sites, opened, np.ones(len(opened))) - 1.0
    stuck = ((now.prices <= 0.0) & (slope > 0)) | ((now.prices >= cover.weights) & (slope < 0))
    slope[stuck] = 0.0
    return slope
