"""Time spent and time left, a way to stop, and a way to be told how a search is doing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from threading import Event
from time import perf_counter


@dataclass(frozen=True)
class Watch:
    """
    A stopwatch that is started when made.

    Parameters
    ----------
    limit
        Seconds after which a search ends with its best plan so far; None for no limit.
    tell
        Called with the best value and the proven bound whenever one of them improves.
    stop
        Asked often; a search ends with its best plan so far once it returns True.
    started
        Time of the start on Python's performance counter.

    Examples
    --------
    >>> heard = []
    >>> Watch(tell=lambda value, bound: heard.append((value, bound))).report(12.0, 9.0)
    >>> heard
    [(12.0, 9.0)]
    """

    limit: float | None = None
    tell: Callable[[float, float], object] | None = None
    stop: Callable[[], bool] | None = None
    started: float = field(default_factory=perf_counter)
    halted: Event = field(default_factory=Event, repr=False, compare=False)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.started

    @property
    def left(self) -> float:
        """Seconds until the limit, never negative; infinite without a limit."""
        return inf if self.limit is None else max(0.0, self.limit - self.seconds)

    @property
    def late(self) -> bool:
        """Whether the limit has passed."""
        return self.left <= 0

    @property
    def over(self) -> bool:
        """Whether to end now: the limit has passed, or someone asked to stop."""
        return self.late or self.halted.is_set() or (self.stop is not None and self.stop())

    def halt(self) -> None:
        """End every search that looks at this watch."""
        self.halted.set()

    def report(self, value: float, bound: float) -> None:
        """Tell whoever listens the best value and the proven bound."""
        if self.tell is not None:
            self.tell(value, bound)

    @property
    def quiet(self) -> "Watch":
        """The same watch for a search within a search, whose totals are nobody's answer."""
        return replace(self, tell=None)

    def counting(self, change: Callable[[float], float]) -> "Watch":
        """Return the same watch for a search whose totals are told after `change`."""
        tell = self.tell
        if tell is None:
            return self
        return replace(self, tell=lambda value, bound: tell(change(value), change(bound)))
