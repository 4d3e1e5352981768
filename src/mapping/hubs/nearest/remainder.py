"""What is left of a choice once some candidates are picked for good and others ruled out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mapping.hubs.nearest.choice import Choice
from mapping.hubs.nearest.journeys import Journeys
from mapping.hubs.nearest.selection import Selection
from mapping.hubs.rules import Rules


@dataclass(frozen=True, eq=False)
class Remainder:
    """
    A smaller choice inside a choice; its sites are numbered anew.

    Parameters
    ----------
    choice
        The whole choice.
    must
        Positions, in the whole choice, of the candidates picked for good.
    may
        Positions of those that are undecided, ascending: the sites of what is left.
    base
        Cost of each area when no undecided candidate is picked.
    ceiling
        Highest useful price of each area: the base, or less where dear journeys were left out.
    journeys
        The journeys of the undecided that a better plan may still use.
    rules
        What the rules still ask, in the new numbers.
    """

    choice: Choice
    must: np.ndarray
    may: np.ndarray
    base: np.ndarray
    ceiling: np.ndarray
    journeys: Journeys
    rules: Rules

    @classmethod
    def of(cls, choice: Choice, ceiling: np.ndarray, rules: Rules) -> "Remainder":
        """Leave everything undecided, but look only at journeys below the ceiling."""
        return cls(
            choice=choice,
            must=np.empty(0, dtype=int),
            may=np.arange(choice.candidates),
            base=choice.base,
            ceiling=np.minimum(ceiling, choice.base),
            journeys=Journeys.below(choice.cost, np.minimum(ceiling, choice.base)),
            rules=rules,
        )

    @property
    def pick(self) -> int:
        """How many of the undecided are to be picked."""
        return self.choice.pick - len(self.must)

    @cached_property
    def selection(self) -> Selection:
        """Which picks count when the rules are all there is to think of."""
        return Selection.of(len(self.may), self.pick, self.rules)

    @property
    def hopeless(self) -> bool:
        """Whether too few candidates are left, or none for a rule that asks for one."""
        enough = 0 <= self.pick <= len(self.may)
        return not enough or not all(len(one) for one in self.rules.at_least)

    @property
    def settled(self) -> bool:
        """Whether only one pick is left."""
        return self.pick in (0, len(self.may))

    @cached_property
    def floor(self) -> np.ndarray:
        """Lowest useful price of each area: its cheapest journey."""
        least = self.ceiling.copy()
        np.minimum.at(least, self.journeys.area, self.journeys.cost)
        return least

    def rows(self, picked: np.ndarray) -> np.ndarray:
        """Costs of some of the undecided, sites by areas, never above the base."""
        return np.minimum(self.choice.cost[self.may[picked]], self.base)

    def opened(self, picked: np.ndarray) -> np.ndarray:
        """Return the positions in the whole choice when `picked` join those picked for good."""
        return np.sort(np.r_[self.must, self.may[picked]])

    def known(self, positions: np.ndarray) -> np.ndarray:
        """Sites among the undecided that are at some positions of the whole choice."""
        return np.flatnonzero(np.isin(self.may, positions))

    def decided(
        self, into: np.ndarray, out: np.ndarray, journeys: Journeys | None = None
    ) -> "Remainder":
        """
        Pick the sites `into` for good and rule out the sites `out`.

        Rules decide more: what is barred beside those picked goes out, and the last candidate of
        a set that must have one comes in. `journeys` replaces the table where fewer matter.
        """
        table = self.journeys if journeys is None else journeys
        while True:
            out = np.union1d(out, np.setdiff1d(self.rules.barred(into), into))
            left = np.setdiff1d(np.arange(len(self.may)), np.r_[into, out])
            rules = self.rules.narrowed(left, into)
            last = [left[one[0]] for one in rules.at_least if len(one) == 1]
            if not last:
                break
            into = np.union1d(into, last)
        base = np.minimum(self.base, self.rows(into).min(axis=0, initial=np.inf))
        ceiling = np.minimum(self.ceiling, base)
        table = table.among(left)
        return Remainder(
            choice=self.choice,
            must=np.r_[self.must, self.may[into]],
            may=self.may[left],
            base=base,
            ceiling=ceiling,
            journeys=table.only(table.cost < ceiling[table.area]),
            rules=rules,
        )
