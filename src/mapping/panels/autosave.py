"""Every change is saved by itself, so that a crash of the kernel or the machine loses nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mapping.errors import InvalidScenarioError
from mapping.scenario import Place, Scenario, files

MOST = 10  # files kept for a panel


@dataclass(frozen=True)
class Left:
    """
    Work that was not saved under a name.

    Parameters
    ----------
    path
        Its file.
    scenario
        What was on the screen.
    when
        When it was last changed, in words.
    """

    path: Path
    scenario: Scenario
    when: str


class Autosave:
    """
    A file beside the scenarios that always holds what is on the screen.

    Each opening of a panel has a file of its own, so that two people, or the next day, do not write
    over each other; the newest few are kept.

    Parameters
    ----------
    folder
        Of the study's scenarios.
    kind
        A word for the panel.
    clock
        Returns the time.
    """

    def __init__(
        self, folder: Path, kind: str, *, clock: Callable[[], datetime] = datetime.now
    ) -> None:
        self._folder = folder / ".autosave"
        self._kind = kind
        self.path = self._folder / f"{kind}-{clock():%Y%m%dT%H%M%S%f}.toml"

    def keep(self, scenario: Scenario, *, place: Place | None = None) -> None:
        """Write what is on the screen, whole or not at all."""
        files.save(scenario, self.path, place=place)
        for old in self._all()[MOST:]:
            old.unlink(missing_ok=True)

    def done(self) -> None:
        """Forget it: it was saved under a name."""
        self.path.unlink(missing_ok=True)

    def left(self) -> Left | None:
        """Return the newest work of earlier openings; None if all was saved."""
        for path in self._all():
            if path == self.path:
                continue
            try:
                scenario = Scenario.load(path)
            except InvalidScenarioError:
                continue
            when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
            return Left(path, scenario, f"{when.day} {when:%B, %H:%M}")
        return None

    def _all(self) -> list[Path]:
        """Return the files of all openings, newest first."""
        return sorted(self._folder.glob(f"{self._kind}-*.toml"), reverse=True)
