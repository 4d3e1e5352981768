"""The plan with the least worst regret over draws, and a proven bound on it.

A plan's regret in a draw is how much better the best plan for that draw does (Savage, 1951). No
plan's worst regret over the draws is below its average under any weights on them, and for given
weights the least average regret is one ordinary siting problem: demand weighted likewise. The
weights that raise that bound most are found by adding, round by round, the plan that answers the
weights found so far to a small linear programme (the double oracle of McMahan, Gordon and Blum,
2003). What the bound leaves open is closed, where it can be, by listing every plan that could
still do better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mapping.hubs.insight.optima import Optimiser
from mapping.hubs.insight.tally import Columns
from mapping.hubs.watch import Watch

# Rounds of the double oracle: cities settle in 5 to 15.
ROUNDS = 30

# Partial picks looked into for the final proof: about a second for a city.
EFFORT = 50_000


@dataclass(frozen=True, eq=False)
class LeastRegret:
    """
    The plan whose worst regret over the draws is least.

    Parameters
    ----------
    plan
        The best one found.
    worst
        Its worst regret.
    bound
        Proven: no plan's worst regret over these draws is below this.
    met
        Plans found on the way, itself included.
    """

    plan: Columns
    worst: float
    bound: float
    met: tuple[Columns, ...]


def least_regret(
    optimiser: Optimiser,
    people: np.ndarray,
    best: np.ndarray,
    met: Sequence[Columns],
    *,
    watch: Watch,
) -> LeastRegret:
    """
    Find the plan with the least worst regret.

    Parameters
    ----------
    optimiser
        Finds the best plan under any demand.
    people
        Areas by draws.
    best
        Loss of the best plan in each draw.
    met
        Plans to start from, at least one.
    watch
        Stops the search when its time is over; what is found by then stands.
    """
    game = _Game(optimiser, people, best)
    game.add(met)
    game.descend(watch)
    for _ in range(ROUNDS):
        if watch.over or game.closed or not game.answer():
            break
    game.descend(watch)
    if not (watch.over or game.closed):
        game.settle()
    return LeastRegret(game.plan, game.worst, max(0.0, min(game.bound, game.worst)), game.met)


class _Game:
    """Plans against draws: what is known so far, kept in one place."""

    def __init__(self, optimiser: Optimiser, people: np.ndarray, best: np.ndarray) -> None:
        self.optimiser, self.people, self.best = optimiser, people, best
        self.regrets: dict[Columns, np.ndarray] = {}
        self.bound, self.odds = -np.inf, np.full(len(best), 1 / len(best))
        self.plan: Columns = ()
        self.worst = np.inf

    @property
    def met(self) -> tuple[Columns, ...]:
        """Every plan met."""
        return tuple(self.regrets)

    @property
    def closed(self) -> bool:
        """Whether the bound has reached the best plan's worst regret."""
        slack = self.optimiser.slack(self.people.mean(axis=1), self.plan)
        return self.worst - self.bound <= slack

    def add(self, plans: Sequence[Columns]) -> None:
        """Judge plans under every draw; of equally good ones the first in order is kept."""
        new = sorted(set(plans) - set(self.regrets))
        if not new:
            return
        regrets = self.optimiser.tally.lost(new, self.people) - self.best
        self.regrets.update(zip(new, regrets, strict=True))
        least = int(regrets.max(axis=1).argmin())
        if regrets[least].max() < self.worst:
            self.plan, self.worst = new[least], float(regrets[least].max())

    def descend(self, watch: Watch) -> None:
        """Swap one site for another, the best swap first, until none lowers the worst regret."""
        while not watch.over:
            before = self.plan
            self.add(self._swaps())
            if self.plan == before:
                return

    def answer(self) -> bool:
        """Weigh the draws against the plans met and answer; False where nothing new comes."""
        odds = _odds(np.array(list(self.regrets.values())))
        found = self.optimiser.best(self.people @ odds, self.met)
        bound = found.bound - self.best @ odds
        if bound > self.bound:
            self.bound, self.odds = float(bound), odds
        known = len(self.regrets)
        self.add(found.plans)
        return len(self.regrets) > known

    def settle(self) -> None:
        """List every plan that could have less regret under the best weights found."""
        demand = self.people @ self.odds
        total = self.optimiser.tally.lost([self.plan], demand)[0]
        room = self.worst + self.best @ self.odds - total
        listed = self.optimiser.within(demand, self.plan, room, effort=EFFORT)
        if listed is not None:
            self.add(listed)
            self.bound = self.worst

    def _swaps(self) -> list[Columns]:
        """Return the permitted swap that lowers the worst regret most, if any does."""
        found, least = [], self.worst
        for place, lost in self.optimiser.tally.swapped(self.plan, self.people):
            worst = (lost - self.best).max(axis=1)
            for other in np.flatnonzero(worst < least):
                plan = tuple(sorted({*self.plan, int(other)} - {place}))
                if worst[other] < least and self.optimiser.tally.permits(plan):
                    found, least = [plan], worst[other]
        return found


def _odds(regrets: np.ndarray) -> np.ndarray:
    """Weigh the draws so that the least average regret of the plans (rows) is greatest."""
    from scipy.optimize import linprog

    plans, draws = regrets.shape
    scaled = regrets / max(1e-12, regrets.max())
    found = linprog(
        np.r_[np.zeros(draws), -1.0],
        A_ub=np.c_[-scaled, np.ones(plans)],
        b_ub=np.zeros(plans),
        A_eq=np.r_[np.ones(draws), 0.0][None],
        b_eq=[1.0],
        bounds=[(0, None)] * draws + [(None, None)],
    )
    odds = np.clip(found.x[:draws], 0.0, None) if found.x is not None else np.ones(draws)
    return odds / odds.sum()
