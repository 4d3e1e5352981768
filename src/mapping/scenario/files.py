"""Scenarios as files: choices, what data they were made on, and what has changed since."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from mapping import __version__
from mapping.disclosure import comparable
from mapping.errors import InvalidScenarioError
from mapping.scenario.choices import MADE_ON, Scenario, read, write
from mapping.scenario.place import Place

# Files, sites and wards are named up to this number.
NAMED = 3
TEXTS = ("code", "place", "study")


@dataclass(frozen=True)
class MadeOn:
    """
    What a scenario was made on.

    Parameters
    ----------
    code
        Version of this library.
    place
        Name of the place.
    study
        Fingerprint of the built study.
    sources
        File → SHA-256 of every file the study was built from, of personal ones keyed.
    """

    code: str
    place: str
    study: str
    sources: Mapping[str, str]

    @classmethod
    def of(cls, place: Place) -> Self:
        """Describe a place as it is built now."""
        hashes = zip(place.sources["file"], place.sources["sha256"], strict=True)
        return cls(__version__, place.name, place.fingerprint, dict(sorted(hashes)))

    def changes(self, now: Self) -> Iterator[str]:
        """Say what differs now, a sentence each; nothing where nothing does."""
        if self.place != now.place:
            yield f"It was made for {self.place}, not for {now.place}."
            return
        if self.code != now.code:
            yield (
                f"It was made with version {self.code}; this is {now.code}, so that figures may "
                "differ."
            )
        known = self.sources.keys() & now.sources.keys()
        untold = {file for file in known if not comparable(self.sources[file], now.sources[file])}
        altered = {file for file in known if self.sources[file] != now.sources[file]}
        for files, one, more in (
            (altered - untold, "has changed since", "have changed since"),
            (now.sources.keys() - known, "is used now and was not", "are used now and were not"),
            (self.sources.keys() - known, "is no longer used", "are no longer used"),
        ):
            if files:
                yield f"{_some(sorted(files))} {one if len(files) == 1 else more}."
        if untold:
            yield (
                f"Whether {_some(sorted(untold))} changed since cannot be told: hashes of personal "
                "files are keyed, and these were made with another key."
            )
        if self.study != now.study and self.code == now.code and self.sources == now.sources:
            yield (
                f"{now.place} was built anew from the same files in another way: figures may "
                "differ."
            )


@dataclass(frozen=True)
class Opened:
    """
    A scenario read from a file.

    Parameters
    ----------
    scenario
        Its choices.
    changes
        What has changed since it was saved, a sentence each; empty where nothing has, or no place
        was given to compare with.
    made_on
        What it was made on; None where the file does not say.
    """

    scenario: Scenario
    changes: tuple[str, ...] = ()
    made_on: MadeOn | None = None


def save(scenario: Scenario, path: Path, *, place: Place | None = None) -> Path:
    """
    Write a scenario to a text file (TOML), with what it was made on.

    Parameters
    ----------
    place
        The built study it was made on; None to write the choices alone.

    Raises
    ------
    InvalidScenarioError
        If the file exists and is something else: nothing of another kind is overwritten.
    """
    return _written(scenario, path, None if place is None else MadeOn.of(place.cleared()))


def open_file(path: Path, *, place: Place | None = None) -> Opened:
    """
    Read a scenario, and say what has changed since it was saved.

    Parameters
    ----------
    place
        The study as built now; None to compare with nothing.

    Raises
    ------
    InvalidScenarioError
        If the file is missing, is no TOML, says something unknown, or its choices cannot be.
    """
    scenario, made_on = Scenario.load(path), _made_on(read(path).get(MADE_ON), Path(path).name)
    if place is None:
        return Opened(scenario, made_on=made_on)
    if made_on is None:
        told = ["The file does not say what data it was made on: figures may differ."]
    else:
        told = [*made_on.changes(MadeOn.of(place))]
    return Opened(scenario, (*told, *_gone(scenario, place)), made_on)


def duplicate(path: Path, *, name: str) -> Path:
    """
    Write a copy of a scenario file beside it, under another name.

    Returns
    -------
    Path
        Of the copy; its file name follows from `name`.

    Raises
    ------
    InvalidScenarioError
        If the file is no scenario, or there is a file of the new name already.
    """
    opened = open_file(path)
    copy = Path(path).with_name(f"{slug(name)}.toml")
    if copy.exists():
        raise InvalidScenarioError(f"{copy} exists already. Choose another name.")
    return _written(replace(opened.scenario, name=name), copy, opened.made_on)


def describe(path: Path, *, name: str | None = None, note: str | None = None) -> Path:
    """
    Give a scenario file another name or note; its choices and its own file name stay.

    Raises
    ------
    InvalidScenarioError
        If the file is no scenario.
    """
    opened = open_file(path)
    given = {"name": name, "note": note}
    words: dict[str, Any] = {key: text for key, text in given.items() if text is not None}
    return _written(replace(opened.scenario, **words), path, opened.made_on)


def slug(name: str) -> str:
    """
    Return a scenario's name as a file name without its ending.

    Examples
    --------
    >>> slug("Five by bus stops!")
    'five-by-bus-stops'
    """
    return re.sub(r"\W+", "-", name.lower()).strip("-")[:60] or "scenario"


def _written(scenario: Scenario, path: Path, made_on: MadeOn | None) -> Path:
    if made_on is None:
        return write(scenario, path)
    table = {
        "code": made_on.code,
        "place": made_on.place,
        "study": made_on.study,
        "sources": dict(made_on.sources),
    }
    return write(scenario, path, **{MADE_ON: table})


def _made_on(table: Any, where: str) -> MadeOn | None:
    """Read the table, if the file has one."""
    if table is None:
        return None
    held: dict[str, Any] = table if isinstance(table, dict) else {}
    named: dict[str, Any] = {name: held.get(name) for name in TEXTS}
    sources = held.get("sources")
    hashes: dict[str, Any] = sources if isinstance(sources, dict) else {"": None}
    if not all(isinstance(text, str) for text in (*named.values(), *hashes.values())):
        raise InvalidScenarioError(
            f"{where}: [{MADE_ON}] cannot be read; it holds the texts {', '.join(TEXTS)} and the "
            "table sources. Remove it, and save the scenario again."
        )
    return MadeOn(**named, sources=dict(hashes))


def _gone(scenario: Scenario, place: Place) -> Iterator[str]:
    """Say which sites and wards it names are there no longer."""
    for kind, named, known in (
        ("site", (*scenario.must_open, *scenario.never), place.sites.index),
        ("ward", scenario.in_wards, place.wards.index),
    ):
        gone = [name for name in named if name not in known]
        if gone:
            yield (
                f"It names the {kind}{'s' * (len(gone) > 1)} {_some(gone)}, which {place.name} "
                "does not have now."
            )


def _some(names: list[str]) -> str:
    """
    Return names as a list in a sentence, cut short.

    Examples
    --------
    >>> _some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
