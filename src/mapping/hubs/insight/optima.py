"""Every best plan under one demand, quickly, for demand after demand.

The plans met so far are good guesses for the next demand, and so are the prices of the bound. Some
rounds of price-setting (see `relaxation`) and a list of everything that could be as good (see
`shortlist`) prove which plans are best, ties included; only where the list cannot be finished is
the whole search needed (see `search`), and then ties are known only among the plans met.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mapping.hubs.insight.shortlist import shortlist
from mapping.hubs.insight.tally import Columns, Tally
from mapping.hubs.nearest.choice import Choice, fuzz
from mapping.hubs.nearest.interchange import interchange
from mapping.hubs.nearest.relaxation import relax
from mapping.hubs.nearest.remainder import Remainder
from mapping.hubs.nearest.search import choose
from mapping.hubs.plan import EQUAL
from mapping.hubs.watch import Watch

# Partial picks looked into before the whole search is run: hard draws take as long there.
EFFORT = 25_000

# Rounds of price-setting for the first demand, and for each of the next from where it ended.
FIRST, NEXT = 300, 150

# Length of the first steps, steps without a higher bound before they are halved, and what they aim
# at as a multiple of the known plan (see `relaxation`): measured on cities of 300 areas.
PACE, PATIENCE, AIM = 1.5, 8, 1.01


@dataclass(frozen=True, eq=False)
class Optima:
    """
    The best plans under one demand.

    Parameters
    ----------
    plans
        Plans that tie for the best.
    lost
        Their total loss.
    bound
        Proven: no plan loses less.
    complete
        Whether every plan that is best is among `plans`.
    """

    plans: tuple[Columns, ...]
    lost: float
    bound: float
    complete: bool


@dataclass(frozen=True, eq=False)
class Optimiser:
    """
    Finds the best plans under any demand.

    Parameters
    ----------
    tally
        What plans lose.
    guide
        Price per person and area, from an earlier demand; None to start without.
    """

    tally: Tally
    guide: np.ndarray | None = None

    def guided(self, people: np.ndarray, plan: Columns) -> "Optimiser":
        """Return the same with the prices of one demand, learned from its best plan."""
        rest = self._rest(people)
        prices = self._prices(rest, people, self.tally.picked(plan), rounds=FIRST)
        none = self.tally.choice(np.ones_like(people)).base
        return replace(self, guide=np.divide(prices, people, out=none, where=people > 0))

    def best(self, people: np.ndarray, met: Sequence[Columns]) -> Optima:
        """
        Find every plan that is best under one demand.

        Parameters
        ----------
        people
            By area, in the order of the tally.
        met
            Plans known, at least one: the first guesses.
        """
        rest, lost = self._rest(people), self.tally.lost(met, people)
        picked = self.tally.picked(met[int(lost.argmin())])
        if not rest.settled:
            picked = interchange(rest, picked)
        prices = self._prices(rest, people, picked, rounds=NEXT)
        limit = rest.choice.value(picked) + self.slack(people, self.tally.plan(picked))
        listed = self._listed(rest.choice, prices, limit, EFFORT)
        if listed is not None:
            return self._tied(people, listed, np.inf, complete=True)
        found = choose(rest.choice, watch=Watch(), start=picked, rules=rest.rules)
        plans = sorted({self.tally.plan(found.picked), *met})
        return self._tied(people, plans, found.bound, complete=False)

    def within(
        self, people: np.ndarray, plan: Columns, extra: float, *, effort: int
    ) -> list[Columns] | None:
        """List every plan that loses at most `extra` more than `plan`; None if that is too long."""
        rest = self._rest(people)
        prices = self._prices(rest, people, self.tally.picked(plan), rounds=FIRST)
        limit = self.tally.lost([plan], people)[0] + extra + self.slack(people, plan)
        return self._listed(rest.choice, prices, limit, effort)

    def slack(self, people: np.ndarray, plan: Columns) -> float:
        """How much two plans' totals may differ and still count as equal."""
        return EQUAL * max(1.0, float(self.tally.objective([plan], people)[0]))

    def _rest(self, people: np.ndarray) -> Remainder:
        """Return the whole choice under one demand, nothing decided yet."""
        choice = self.tally.choice(people)
        return Remainder.of(choice, choice.base, self.tally.asked.rules)

    def _prices(
        self, rest: Remainder, people: np.ndarray, picked: np.ndarray, *, rounds: int
    ) -> np.ndarray:
        """Raise the bound of a whole choice from the guide, with a good plan to aim at."""
        if rest.settled:
            return rest.base
        value = rest.choice.value(picked)
        relaxed = relax(
            rest,
            _halfway(rest, picked) if self.guide is None else self.guide * people,
            rounds=rounds,
            pace=PACE,
            patience=PATIENCE,
            goal=lambda: AIM * value,
            met=lambda _, bound: bound >= value - fuzz(value),
        )
        return relaxed.prices

    def _listed(
        self, choice: Choice, prices: np.ndarray, limit: float, effort: int
    ) -> list[Columns] | None:
        picks = shortlist(choice, prices, limit=limit, effort=effort)
        if picks is None:
            return None
        plans = [self.tally.plan(pick) for pick in picks]
        return [plan for plan in plans if self.tally.permits(plan)]

    def _tied(
        self, people: np.ndarray, plans: list[Columns], bound: float, *, complete: bool
    ) -> Optima:
        """Keep the best of some plans and all that tie with it."""
        lost = self.tally.lost(plans, people)
        least = float(lost.min())
        ties = lost <= least + self.slack(people, plans[int(lost.argmin())])
        tied = tuple(plan for plan, tie in zip(plans, ties, strict=True) if tie)
        return Optima(tied, least, min(bound, least), complete)


def _halfway(rest: Remainder, picked: np.ndarray) -> np.ndarray:
    """Return prices midway between each area's cheapest and second cheapest cost in a plan."""
    costs = np.sort(np.vstack([rest.rows(picked), rest.base, rest.base]), axis=0)
    return (costs[0] + costs[1]) / 2
