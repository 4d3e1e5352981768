"""Good coverage quickly: greedy adding, then closing a site for a better one while that helps.

Hand-written because every step touches only the groups around one site: how many open sites cover
a group, and what each closed site would add, are kept up to date instead of being worked out again
(the bookkeeping of Resende and Werneck, 2007, on a sparse table). A swap in England takes 50
microseconds; judging all pairs of sites afresh would take a second.
"""

from collections.abc import Iterator

import numpy as np

from mapping.hubs.covering.cover import Cover, entries, spread
from mapping.hubs.nearest.choice import fuzz

# How much of a site's gain luck may take away when sites are opened again after a kick.
LUCK = 0.3


class Opened:
    """Which sites are open, how often each group is covered, and what each site would add."""

    def __init__(self, cover: Cover, picked: np.ndarray) -> None:
        self.cover = cover
        self.open = np.zeros(cover.candidates, dtype=bool)
        self.count = np.zeros(len(cover.weights), dtype=np.int64)
        self.gain = cover.sites @ cover.weights
        self.fuzz = fuzz(float(cover.weights.sum()))
        for site in picked:
            self.add(site)

    @property
    def picked(self) -> np.ndarray:
        """Positions of the open sites."""
        return np.flatnonzero(self.open)

    @property
    def value(self) -> float:
        """People covered."""
        return float(self.cover.weights[self.count > 0].sum())

    def add(self, site: int) -> None:
        """Open a site."""
        rows = self._rows(site)
        new = rows[self.count[rows] == 0]
        self.count[rows] += 1
        self.open[site] = True
        self.gain -= spread(self.cover.groups, new, self.cover.weights[new])

    def drop(self, site: int) -> None:
        """Close a site."""
        rows = self._rows(site)
        self.count[rows] -= 1
        lost = rows[self.count[rows] == 0]
        self.open[site] = False
        self.gain += spread(self.cover.groups, lost, self.cover.weights[lost])

    def best(self) -> int:
        """Return the closed site that would add most and that the rules allow beside the open."""
        gain = np.where(self.open, -1.0, self.gain)
        rules = self.cover.rules
        if rules:
            picked = self.picked
            gain[rules.barred(picked)] = -1.0
            for one in rules.at_least:
                if not self.open[one].any():
                    gain[np.setdiff1d(np.arange(len(gain)), one)] = -1.0
        return int(gain.argmax())

    def swap(self, site: int) -> int | None:
        """Close a site for the one that adds most, if that is more; return what was opened."""
        self.drop(site)
        other = self.best()
        better = self.gain[other] > self.gain[site] + self.fuzz
        self.add(other if better else site)
        return other if better else None

    def turn_into(self, picked: np.ndarray) -> None:
        """Open exactly the sites at positions `picked`."""
        now = self.picked
        for site in np.setdiff1d(now, picked):
            self.drop(site)
        for site in np.setdiff1d(picked, now):
            self.add(site)

    def beside(self, sites: np.ndarray) -> np.ndarray:
        """Positions of the open sites that share a group with some of `sites`."""
        near = np.unique(entries(self.cover.groups, np.unique(entries(self.cover.sites, sites))))
        return near[self.open[near]]

    def _rows(self, site: int) -> np.ndarray:
        table = self.cover.sites
        return table.indices[table.indptr[site] : table.indptr[site + 1]]


def greedy(cover: Cover) -> np.ndarray:
    """Open the site that adds most, again and again; ties go to the earlier. Without rules."""
    state = Opened(cover, np.arange(0))
    for _ in range(cover.pick):
        state.add(state.best())
    return state.picked


def exchange(cover: Cover, picked: np.ndarray) -> np.ndarray:
    """Swap open sites for better ones until none is left; keeps to the rules if `picked` does."""
    state = Opened(cover, picked)
    _settle(state, state.picked)
    return state.picked


def kicks(cover: Cover, picked: np.ndarray, *, seed: int, rounds: int) -> Iterator[np.ndarray]:
    """
    Close a few neighbouring sites, open others half at random, exchange, and keep what is no worse.

    Iterated local search (Lourenço, Martin and Stützle, 2003). Yields every better plan and, in
    every round, the best one so far, so that the caller can stop. Without rules.
    """
    rng = np.random.default_rng(seed)
    state = Opened(cover, picked)
    value = state.value
    for _ in range(rounds):
        before = state.picked
        _kick(state, rng)
        changed = np.setxor1d(before, state.picked)
        _settle(state, state.beside(changed))
        if state.value < value:
            state.turn_into(before)
        value = max(value, state.value)
        yield state.picked


def _kick(state: Opened, rng: np.random.Generator) -> None:
    site = rng.choice(state.picked)
    around = state.beside(state.beside(np.array([site])))
    others = around[around != site]
    size = min(len(others), int(rng.integers(0, 4)))
    out = np.r_[site, rng.choice(others, size, replace=False)]
    for one in out:
        state.drop(one)
    for _ in out:
        luck = rng.uniform(1.0 - LUCK, 1.0, len(state.gain))
        luck[out] *= 1.0 - LUCK / 2
        state.add(int(np.where(state.open, -1.0, state.gain * luck).argmax()))


def _settle(state: Opened, sites: np.ndarray) -> None:
    """Try to swap some open sites, and again all those beside a swap."""
    queue = dict.fromkeys(sites.tolist())
    while queue:
        site, _ = queue.popitem()
        other = state.swap(site) if state.open[site] else None
        if other is not None:
            queue |= dict.fromkeys(state.beside(np.array([site, other])).tolist())
