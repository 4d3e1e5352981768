"""Time spent and time left."""

from dataclasses import dataclass, field
from math import inf
from time import perf_counter


@dataclass(frozen=True)
class Watch:
    """A stopwatch that is started when made; `limit` in seconds, None for no limit."""

    limit: float | None = None
    started: float = field(default_factory=perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return perf_counter() - self.started

    @property
    def left(self) -> float:
        """Seconds until the limit, never negative; infinite without a limit."""
        return inf if self.limit is None else max(0.0, self.limit - self.seconds)

    @property
    def over(self) -> bool:
        """Whether the limit has passed."""
        return self.left <= 0
