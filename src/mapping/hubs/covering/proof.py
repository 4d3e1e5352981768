"""The best coverage found so far and the bound proven so far."""

from math import floor, inf

import numpy as np

from mapping.hubs.covering.cover import Cover
from mapping.hubs.nearest.choice import fuzz
from mapping.hubs.watch import Watch


class Proof:
    """
    The state of one search for coverage: all that an interrupted one must keep.

    Parameters
    ----------
    cover
        What to choose.
    sure
        People covered in any case, of whom a gap is a share too.
    gap
        Share of the people covered within which the proof may stop.
    watch
        Told of every improvement.
    """

    def __init__(self, cover: Cover, *, sure: float, gap: float, watch: Watch) -> None:
        self.cover, self.sure, self.gap, self.watch = cover, sure, gap, watch
        self.plan, self.bound = (np.empty(0, dtype=int), -inf), inf
        # Where people are counted in whole numbers, less than one more is no more.
        self.whole = bool((cover.weights == np.rint(cover.weights)).all())

    @property
    def picked(self) -> np.ndarray:
        """The best plan's positions."""
        return self.plan[0]

    @property
    def value(self) -> float:
        """People whom the best plan covers; minus infinity before there is one."""
        return self.plan[1]

    @property
    def goal(self) -> float:
        """A bound as low as this ends the search."""
        value = self.value + self.sure
        rounding = fuzz(value)
        # Short of one more by more than rounding can lift a bound at the goal itself.
        short_of_one = self.whole - 4 * rounding
        return self.value + max(rounding, short_of_one, self.gap * max(1.0, value))

    def done(self) -> bool:
        """Tell whether the best plan is proven, or the time is over."""
        return self.bound <= self.goal or self.watch.over

    def offer(self, picked: np.ndarray) -> None:
        """Keep a plan if it is better and meets the rules."""
        value = self.cover.value(picked)
        if value > self.value + fuzz(value) and self.cover.rules.allows(picked):
            # One assignment, so that an interruption cannot part a plan from its value.
            self.plan = np.sort(picked), value
            self._tell()

    def prove(self, bound: float) -> None:
        """Keep a bound on every plan's value, if it is lower."""
        lower = bound < self.bound - fuzz(bound)
        self.bound = min(self.bound, bound)
        if lower:
            self._tell()

    @property
    def proven(self) -> float:
        """The bound, taken down to what can be reached: whole people, at least the best plan."""
        bound = floor(self.bound + fuzz(self.bound)) if self.whole else self.bound
        near = bound <= self.value + fuzz(self.value + self.sure)
        return self.value if near else float(bound)

    def _tell(self) -> None:
        if np.isfinite(self.bound) and np.isfinite(self.value):
            self.watch.report(self.value + self.sure, self.proven + self.sure)
