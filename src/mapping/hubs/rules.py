"""Side conditions on which candidates may be picked together."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Rules:
    """
    Conditions on a pick, as sets of positions among the candidates.

    Parameters
    ----------
    at_most
        Of each of these sets at most one candidate may be picked.
    at_least
        Of each of these sets at least one candidate must be picked.

    Examples
    --------
    >>> rules = Rules(at_most=(np.array([0, 1]),), at_least=(np.array([2, 3]),))
    >>> rules.allows(np.array([0, 2])), rules.allows(np.array([0, 1, 2]))
    (True, False)
    """

    at_most: tuple[np.ndarray, ...] = ()
    at_least: tuple[np.ndarray, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return bool(self.at_most or self.at_least)

    def allows(self, picked: np.ndarray) -> bool:
        """Whether the candidates at positions `picked` meet every condition."""
        return all(np.isin(one, picked).sum() <= 1 for one in self.at_most) and all(
            np.isin(one, picked).any() for one in self.at_least
        )

    def barred(self, picked: np.ndarray) -> np.ndarray:
        """Positions that may no longer be picked beside those already `picked`."""
        beside = [np.setdiff1d(one, picked) for one in self.at_most if np.isin(one, picked).any()]
        return np.unique(np.concatenate([*beside, np.empty(0, dtype=int)]))

    def narrowed(self, may: np.ndarray, must: np.ndarray) -> "Rules":
        """
        Return what the rules still ask of the candidates at `may` (sorted, numbered anew).

        Those at `must` are picked already, and what they bar is no longer among `may`.
        """
        if not self:
            return self
        most = [_among(may, one) for one in self.at_most if not np.isin(one, must).any()]
        least = [_among(may, one) for one in self.at_least if not np.isin(one, must).any()]
        return Rules(tuple(one for one in most if len(one) > 1), tuple(least))

    def nested(self) -> "Rules":
        """
        Leave out rules until sorting can answer the rest.

        Then no two sets of a kind overlap, and each `at_most` lies inside or outside of each
        `at_least`. Rooms of one building in one district, with a hub for each district, lose
        nothing.
        """
        most = _apart(self.at_most)
        least = [
            one
            for one in _apart(self.at_least)
            if all(np.isin(group, one).sum() in (0, len(group)) for group in most)
        ]
        return Rules(tuple(most), tuple(least))


def _among(may: np.ndarray, positions: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.isin(may, positions))


def _apart(sets: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Keep each set that shares nothing with those kept before it."""
    kept: list[np.ndarray] = []
    for one in sets:
        if not any(np.isin(one, other).any() for other in kept):
            kept.append(one)
    return kept


FREE = Rules()
