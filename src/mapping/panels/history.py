"""Undo and redo: the values that controls had before, and those that were undone."""

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]
"""Values of controls by name."""

MOST = 100  # steps


class History:
    """
    Earlier and later values of controls.

    Examples
    --------
    >>> history = History()
    >>> history.add({"new_hubs": 5})
    >>> history.undo({"new_hubs": 6})
    {'new_hubs': 5}
    >>> history.redo({"new_hubs": 5})
    {'new_hubs': 6}
    >>> history.redo({"new_hubs": 6}) is None
    True
    """

    def __init__(self) -> None:
        self._earlier: list[Values] = []
        self._later: list[Values] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._earlier)

    @property
    def can_redo(self) -> bool:
        """Whether there is anything to redo."""
        return bool(self._later)

    def add(self, before: Values) -> None:
        """Note the values before a change; what was undone can no longer be redone."""
        self._earlier = [*self._earlier, before][-MOST:]
        self._later = []

    def undo(self, now: Values) -> Values | None:
        """Return the values before the last change; None if there was none."""
        if not self._earlier:
            return None
        self._later.append(now)
        return self._earlier.pop()

    def redo(self, now: Values) -> Values | None:
        """Return the values that were undone last; None if there are none."""
        if not self._later:
            return None
        self._earlier.append(now)
        return self._later.pop()
