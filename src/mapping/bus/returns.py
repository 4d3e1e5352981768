"""How much more another hour of sessions brings: diminishing returns, stated and adjustable."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mapping.errors import InvalidTableError

# Half-lives after which more sessions count for nothing: 0.4 % is left.
LAST = 8

# More totals of hours than these are told apart by straight lines between them.
MOST_KNOTS = 24


@dataclass(frozen=True)
class Returns:
    """
    Share of those who would ever come that have come after so many hours of sessions near them.

    Parameters
    ----------
    half
        Hours after which half of them have come; 0 counts everybody from the first session on.

    Raises
    ------
    InvalidTableError
        If `half` is below 0.

    Notes
    -----
    The share after h hours is 1 - 2^(-h / half): each further `half` hours bring half of those who
    are left. No study says how quickly a neighbourhood takes up a bus's sessions, so this is an
    assumption to be adjusted, and not an estimate.

    Examples
    --------
    >>> Returns(half=6).share(np.array([0, 6, 12, 18])).tolist()
    [0.0, 0.5, 0.75, 0.875]
    >>> Returns(half=0).share(np.array([0, 0.5])).tolist()
    [0.0, 1.0]
    """

    half: float = 6.0

    def __post_init__(self) -> None:
        """Refuse a curve that falls."""
        if not 0 <= self.half < np.inf:
            raise InvalidTableError(f"returns: half is {self.half} hours; it cannot be below 0.")

    def share(self, hours: np.ndarray) -> np.ndarray:
        """Return the share that has come after `hours` of sessions."""
        if self.half == 0:
            return (np.asarray(hours) > 0).astype(float)
        return 1 - np.exp2(-np.minimum(np.asarray(hours) / self.half, LAST))

    def knots(self, offers: Iterable[float]) -> np.ndarray:
        """
        Return the totals of hours that visits can add up to, from 0, as far as they count.

        Parameters
        ----------
        offers
            Hours that a single stop may bring.
        """
        each = np.unique([hours for hours in offers if hours > 0])
        if not len(each):
            return np.zeros(1)
        if self.half == 0:
            return np.array([0.0, each[0]])
        end, totals = LAST * self.half, np.zeros(1)
        while True:
            more = np.unique(np.minimum((totals[:, None] + each).round(9), end))
            more = np.union1d(totals, more)
            if len(more) == len(totals):
                return totals
            if len(more) > MOST_KNOTS:
                return np.union1d(np.arange(0, end, max(each[0], end / MOST_KNOTS)), [end, *each])
            totals = more
