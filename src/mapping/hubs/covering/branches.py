"""Prove the best coverage: open or close one site after the other, with a bound for each branch.

Branch and bound with prices in place of linear programmes: a branch takes over the prices of the
one before and needs a few dozen sparse products, milliseconds, where HiGHS warm-starts a simplex
of thousands of rows for a tenth of a second. For choices without rules.
"""

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

import numpy as np

from mapping.hubs.covering.ceiling import Ceiling, decided, lowered
from mapping.hubs.covering.cover import Cover
from mapping.hubs.covering.exchange import exchange
from mapping.hubs.covering.proof import Proof

# Steps on the prices in each branch; more of them leave fewer branches but cost more.
ROUNDS = 60
# A plan is made from every so many branches.
EVERY = 5
# Numbers (prices) that waiting branches may hold; later ones start from those of the root.
MEMORY = 50_000_000
# A site that the prices open, or close, nearly always is not worth a branch.
SELDOM = 0.02


@dataclass(frozen=True, eq=False)
class Branch:
    """
    All plans that hold every site in `inside`, and otherwise only sites in `free`.

    All are positions; `prices` are those to start from, `site` is the last one decided (None at
    the root) and `above` the bound before that.
    """

    inside: np.ndarray
    free: np.ndarray
    prices: np.ndarray
    above: float
    site: int | None = None

    def halves(self, site: int) -> tuple["Branch", "Branch"]:
        """Return the plans without a free site, and those with it."""
        without = replace(self, free=self.free[self.free != site], site=site)
        return without, replace(without, inside=np.r_[self.inside, site])


class Drops:
    """How far closing or opening each site took the bound down so far (Bénichou et al., 1971)."""

    def __init__(self, candidates: int) -> None:
        self.total, self.times = np.zeros((2, candidates)), np.zeros((2, candidates))

    def note(self, branch: Branch, bound: float) -> None:
        """Learn from the bound of a branch."""
        if branch.site is None:
            return
        opened = int(branch.site in branch.inside)
        self.total[opened, branch.site] += max(branch.above - bound, 0.0)
        self.times[opened, branch.site] += 1

    def choose(self, free: np.ndarray, share: np.ndarray) -> int:
        """Return the site that promises to take both bounds down, of those opened half the time."""
        usual = self.total.sum(axis=1) / np.maximum(self.times.sum(axis=1), 1.0)
        total, times = self.total[:, free], self.times[:, free]
        mean = np.where(times > 0, total / np.maximum(times, 1.0), usual[:, None])
        promise = np.maximum(mean, 1e-9 + usual.max() / 1e3).prod(axis=0)
        open_ended = np.minimum(share, 1.0 - share)
        worth = np.where(open_ended > SELDOM, promise * (0.1 + open_ended), 0.0)
        return int(free[np.lexsort((-open_ended, -worth))[0]])


def search(proof: Proof, root: Ceiling) -> None:
    """Work through the branches, the least proven first, until the best plan is proven."""
    cover, turns, drops = proof.cover, count(), Drops(proof.cover.candidates)
    whole = Branch(np.empty(0, dtype=int), np.arange(cover.candidates), root.prices, root.bound)
    waiting = [(-root.bound, next(turns), whole)]
    while waiting and -waiting[0][0] > proof.goal:
        # What is given up lies at or below the goal, so no bound may be lower than that.
        proof.prove(max(-waiting[0][0], proof.goal))
        if proof.watch.over:
            return
        above, turn, branch = heappop(waiting)
        bound, halves = _explored(proof, branch, drops, polish=turn % EVERY == 0)
        room = len(waiting) * len(root.prices) < MEMORY
        for half in halves:
            kept = half if room else replace(half, prices=root.prices)
            heappush(waiting, (max(above, -bound), next(turns), kept))
    proof.prove(proof.goal)


def _explored(
    proof: Proof, branch: Branch, drops: Drops, *, polish: bool
) -> tuple[float, tuple[Branch, ...]]:
    """Bound a branch and part it in two, unless nothing in it can beat the best plan."""
    rest, sure = _rest(proof.cover, branch)
    if rest.pick in (0, rest.candidates):
        proof.offer(np.r_[branch.inside, branch.free[: rest.pick]])
        return -np.inf, ()
    ceiling = lowered(rest, branch.prices, goal=proof.goal - sure, rounds=ROUNDS)
    if polish:
        likely = np.argpartition(-ceiling.share, rest.pick)[: rest.pick]
        proof.offer(exchange(proof.cover, np.r_[branch.inside, branch.free[likely]]))
    bound = ceiling.bound + sure
    drops.note(branch, bound)
    if bound <= proof.goal:
        return bound, ()
    return bound, _halved(proof, branch, rest, ceiling, drops)


def _halved(
    proof: Proof, branch: Branch, rest: Cover, ceiling: Ceiling, drops: Drops
) -> tuple[Branch, ...]:
    """Drop and keep what the prices decide, and part the plans left by one more site."""
    sure = proof.cover.value(branch.inside)
    out, into = decided(rest, ceiling, proof.goal - sure)
    left = ~out & ~into
    inside, free = np.r_[branch.inside, branch.free[into]], branch.free[left]
    missing = proof.cover.pick - len(inside)
    if len(free) <= missing or not missing:
        proof.offer(np.r_[inside, free[:missing]])
        return ()
    narrow = Branch(inside, free, ceiling.prices.astype(np.float32), ceiling.bound + sure)
    return narrow.halves(drops.choose(free, ceiling.share[left]))


def _rest(cover: Cover, branch: Branch) -> tuple[Cover, float]:
    """Return what is left to choose in a branch, and the people whom its sites cover already."""
    covered = cover.covered(branch.inside)
    weights = np.where(covered, 0.0, cover.weights)
    rest = Cover(cover.sites[branch.free], weights, cover.pick - len(branch.inside))
    return rest, float(cover.weights[covered].sum())
