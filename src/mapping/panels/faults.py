"""A mistake in words: which controls it is about, and what those call their choices."""

import logging
import re
import traceback
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from mapping.workspace import Workspace

OURS = "Something went wrong that is not your mistake; logs/mapping.log says what."

# How sentences speak of choices whose names they do not use; see `Scenario`.
SPOKEN_OF = {
    "must_open": ("have to open", "must open", "must be open", "must all be open"),
    "never": ("never open", "may be opened", "out of never", "no site may be opened"),
    "in_wards": ("need a hub", "needs a hub", "have no site", "in_wards"),
    "new_hubs": ("new hubs are asked for", "hubs asked for", "new hubs"),
    "capacity": ("places a week", "capacity"),
    "one_per_building": ("at most one of", "one building"),
    "bus_first_day": ("no first day",),
    "bus_must": ("have to be visited", "has to be visited"),
    "bus_locked": ("has to start at",),
    "bus_shift": ("lengthen the shift", "shorten the shift"),
    "budget": ("pounds", "budget"),
    "share": ("share",),
    "beyond": ("beyond",),
}


def about(sentence: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return the controls that a sentence is about.

    Parameters
    ----------
    labels
        Control → its label.

    Examples
    --------
    >>> labels = {"must_open": "Must open", "never": "May never open", "within": "Within reach"}
    >>> about("Library cannot both have to open and never open.", labels)
    ('must_open', 'never')
    >>> about("There is nothing to compare.", labels)
    ()
    """
    return tuple(
        name
        for name, label in labels.items()
        if any(_said(words, sentence) for words in (*SPOKEN_OF.get(name, ()), f"“{label}”"))
        or _chosen(name).search(sentence)
    )


def reworded(sentence: str, labels: Mapping[str, str]) -> str:
    """
    Return a sentence that calls choices what their controls call them.

    Examples
    --------
    >>> labels = {"within": "Within reach", "beyond": "Nobody counts from"}
    >>> reworded("beyond is 20, it must be above within (30).", labels)
    '“Nobody counts from” is 20, it must be above “Within reach” (30).'
    """
    for name, label in labels.items():
        sentence = _chosen(name).sub(f"“{label}”", sentence)
    return sentence[:1].upper() + sentence[1:]


def _said(words: str, sentence: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", sentence) is not None


def _chosen(name: str) -> re.Pattern[str]:
    """Return where a choice is named as such, and not as a word of the language."""
    named = rf"(?<![\w“]){re.escape(name)}(?!\w)"
    return re.compile(named if "_" in name else rf"{named}(?= is | must be | and \w+ | \()")


def keep_log(workspace: Workspace) -> None:
    """Write faults of ours to `logs/mapping.log` from now on; planners do not meet a traceback."""
    path = workspace.root / "logs" / "mapping.log"
    log = logging.getLogger("mapping")
    if any(getattr(one, "baseFilename", None) == str(path.resolve()) for one in log.handlers):
        return
    handler = _Log(path.resolve(), delay=True, encoding="utf-8")
    handler.setFormatter(_WhereNotWhat())
    log.addHandler(handler)


class _WhereNotWhat(logging.Formatter):
    """
    Tells where something went wrong and of which kind it was, but no message of an exception.

    Libraries quote the cell they fail at, and a personal list may have been in hand.
    """

    def formatException(  # noqa: N802 - the name that logging calls
        self, ei: "tuple[Any, ...]"
    ) -> str:
        """Return file, line and kind of an exception and of those before it."""
        chain, error = [], ei[1]
        while error is not None and error not in chain:
            chain.append(error)
            error = error.__cause__ or error.__context__
        return "\n".join(
            f"{''.join(traceback.format_tb(one.__traceback__))}{type(one).__name__}"
            for one in reversed(chain)
        )


class _Log(logging.FileHandler):
    """A log whose folder is made when there is something to write."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()
