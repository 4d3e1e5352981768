"""Time left for a search, and a way to end it sooner."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Watch:
    """
    Until when to search.

    Parameters
    ----------
    until
        On Python's performance counter.
    stop
        Asked often; once it returns True, the search ends with the best it has.
    """

    until: float
    stop: Callable[[], bool] | None = None

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.until - time.perf_counter())

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self.stop is not None and self.stop()

    @property
    def over(self) -> bool:
        """Whether to end now."""
        return self.left <= 0 or self.stopped

    def share(self, part: float) -> "Watch":
        """Return the same watch for a part of the time left."""
        return replace(self, until=time.perf_counter() + part * self.left)

    def within(self, seconds: float) -> "Watch":
        """Return the same watch for so many seconds from now, even if that is later."""
        return replace(self, until=time.perf_counter() + seconds)
