"""The best plan so far and the bound proven so far: all that an interrupted search must keep."""

from math import inf

import numpy as np

from mapping.hubs.nearest.choice import Choice, Found, fuzz
from mapping.hubs.rules import Rules
from mapping.hubs.watch import Watch


class Record:
    """
    The state of one search.

    Parameters
    ----------
    choice
        What to choose.
    rules
        Plans that break them are not taken.
    gap
        Share of the objective within which the proof may stop.
    watch
        Told of every improvement.
    """

    def __init__(self, choice: Choice, rules: Rules, gap: float, watch: Watch) -> None:
        self.choice, self.rules, self.gap, self.watch = choice, rules, gap, watch
        self.plan, self.bound = (np.empty(0, dtype=int), inf), -inf
        self.prices: np.ndarray | None = None

    @property
    def picked(self) -> np.ndarray:
        """The best plan's positions."""
        return self.plan[0]

    @property
    def value(self) -> float:
        """The best plan's cost; infinite before there is one."""
        return self.plan[1]

    @property
    def goal(self) -> float:
        """A bound as high as this ends the search."""
        return self.value - self.choice.slack(self.value, self.gap)

    @property
    def room(self) -> float:
        """What forcing may add to the best bound before no better plan is left."""
        return self.goal - self.bound

    @property
    def done(self) -> bool:
        """Whether the best plan is proven, or the time is over."""
        return self.bound >= self.goal or self.watch.over

    def offer(self, picked: np.ndarray) -> None:
        """Keep a plan, given as sorted positions, if it is better and meets the rules."""
        value = self.choice.value(picked)
        if value < self.value - fuzz(value) and self.rules.allows(picked):
            # One assignment, so that an interruption cannot part a plan from its value.
            self.plan = picked, value
            self._tell()

    def prove(self, bound: float) -> None:
        """Keep a bound on every pick's value, if it is higher."""
        higher = bound > self.bound + fuzz(bound)
        self.bound = max(self.bound, bound)
        if higher:
            self._tell()

    def found(self) -> Found:
        """Return the plan and its proof."""
        return Found(self.picked, self.value, self._proven(), self.prices)

    def _tell(self) -> None:
        self.watch.report(self.value, self._proven())

    def _proven(self) -> float:
        """
        Return the bound that can be claimed.

        At the goal nothing is left that is better by more than rounding, a step or the gap; of
        these only the gap stays open.
        """
        share = self.gap * abs(self.choice.whole - self.value) if self.gap else 0.0
        spare = share if share > self.choice.slack(self.value) else 0.0
        closed = self.value - spare if self.bound >= self.goal else -inf
        return min(self.value, max(closed, self.choice.lifted(self.bound)))
