"""A scenario: every choice a user can make, as a text file and back."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

import tomli_w

from mapping.bus import CLOCK
from mapping.errors import InvalidScenarioError
from mapping.workspace import write_text

QUESTIONS = ("maximal_coverage", "p_median")
FRIDAY = 4  # as date.weekday() counts
LONGEST = 10_000  # minutes, stops or seconds: a slip of the hand is more likely
SEEDS = 2**32
SITE_LISTS = ("must_open", "never")


@dataclass(frozen=True)
class Scenario:
    """
    Every choice a user can make; a text file that a person can read, and back.

    Parameters
    ----------
    name
        What people call it.
    study
        The study it belongs to.
    note
        Anything the planner wants to keep with it.
    question
        "maximal_coverage" (most excluded adults within reach of a hub) or "p_median" (least
        walking, summed over excluded adults).
    new_hubs
        How many sites to open beside those open already.
    within
        Service standard: minutes' walk that count as within reach.
    must_open, never
        Candidate sites that have to be, or may not be, chosen.
    bus_days
        Days in the bus's cycle; 0 = no bus.
    bus_stops
        How many candidate stops to choose among: those that most people live near.
    bus_walk
        Minutes' walk to the bus that count as within reach.
    bus_session
        Minutes at a stop: setting up, the session, packing.
    bus_shift
        Minutes from leaving the depot to being back.
    bus_starts, bus_first_day
        Time of day (HH:MM) of every shift and date of the first, a weekday; without a date the
        timetable says week and day.
    bus_seconds
        Longest time to look for a better timetable.
    seed
        For the timetable search.
    """

    name: str
    study: str
    note: str = ""
    question: str = "maximal_coverage"
    new_hubs: int = 5
    within: float = 15.0
    must_open: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    bus_days: int = 10
    bus_stops: int = 40
    bus_walk: float = 10.0
    bus_session: float = 120.0
    bus_shift: float = 390.0
    bus_starts: str = "09:00"
    bus_first_day: date | None = None
    bus_seconds: float = 5.0
    seed: int = 2015

    def __post_init__(self) -> None:
        """Refuse choices that cannot be, all at once."""
        faults = _faults(self)
        if faults:
            raise InvalidScenarioError(f"{self.called}{'; '.join(faults)}.")

    @property
    def called(self) -> str:
        """How a sentence about it begins: nothing if it has no name."""
        return f"scenario “{self.name}”: " if self.name else ""

    def save(self, path: Path) -> Path:
        """
        Write the scenario to a text file (TOML), whole or not at all.

        Raises
        ------
        InvalidScenarioError
            If the file exists and is something else: nothing of another kind is overwritten.
        """
        path = Path(path)
        if path.exists():
            _refuse_other_file(path)
        choices = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if value is not None  # TOML has no word for nothing
        }
        return write_text(tomli_w.dumps(choices), path)

    @classmethod
    def starting_from(cls, defaults: Mapping[str, Any], **choices: Any) -> Self:
        """
        Make a scenario from a study's defaults and the choices that differ.

        Parameters
        ----------
        defaults
            As in the study file.
        choices
            Fields of a scenario; those that are None are left to the defaults.

        Raises
        ------
        InvalidScenarioError
            If a default or choice is unknown, or they exclude each other.

        Examples
        --------
        >>> defaults = {"new_hubs": 3, "within": 20}
        >>> Scenario.starting_from(defaults, name="Mine", study="demo", new_hubs=4).within
        20.0
        """
        given = {name: choice for name, choice in choices.items() if choice is not None}
        return cls(**_typed({**defaults, **given}, "the study's defaults"))

    @classmethod
    def load(cls, path: Path) -> Self:
        """
        Read a scenario back, equal to the one saved.

        Raises
        ------
        InvalidScenarioError
            If the file is missing, is no TOML, says something unknown, or its choices cannot be.
        """
        path = Path(path)
        try:
            choices = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise InvalidScenarioError(f"There is no scenario file {path}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidScenarioError(f"{path.name}: not readable as TOML: {error}.") from None
        return cls(**_typed(choices, path.name))


WORDS_FOR = {
    str: "text",
    int: "a whole number",
    float: "a number",
    date: "a date",
    tuple: "a list of site names",
}
KINDS: dict[str, type] = {
    entry.name: entry.type if isinstance(entry.type, type) else tuple for entry in fields(Scenario)
} | {"bus_first_day": date}


def _typed(choices: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Turn what TOML holds into what a scenario holds; what is unknown or missing is a fault."""
    known = {entry.name for entry in fields(Scenario)}
    faults = [f"'{name}' is not known" for name in choices if name not in known]
    faults += [f"'{name}' is missing" for name in ("name", "study") if name not in choices]
    typed = {name: _as_held(name, choice) for name, choice in choices.items() if name in known}
    faults += _type_faults(typed)
    if faults:
        raise InvalidScenarioError(f"{where}: {'; '.join(faults)}.")
    return typed


def _refuse_other_file(path: Path) -> None:
    try:
        Scenario.load(path)
    except (InvalidScenarioError, OSError):
        raise InvalidScenarioError(
            f"{path} exists and is no scenario. Choose another name to save under."
        ) from None


def _as_held(name: str, choice: Any) -> Any:
    if name in SITE_LISTS and isinstance(choice, list | tuple):
        return tuple(choice)
    whole = isinstance(choice, int) and not isinstance(choice, bool)
    return float(choice) if KINDS[name] is float and whole else choice


def _type_faults(choices: Mapping[str, Any]) -> list[str]:
    """Say which choices are not of their kind."""
    faults = []
    for name, choice in choices.items():
        kind = KINDS[name]
        fits = isinstance(choice, kind) and not (kind is int and isinstance(choice, bool))
        if name in SITE_LISTS and fits:
            fits = all(isinstance(site, str) for site in choice)
        if not fits and not (name == "bus_first_day" and choice is None):
            faults.append(f"'{name}' is {choice!r}, it must be {WORDS_FOR[kind]}")
    return faults


def _faults(scenario: Scenario) -> list[str]:
    faults = _type_faults(asdict(scenario))
    return faults or [*_hub_faults(scenario), *_bus_faults(scenario), *_range_faults(scenario)]


def _hub_faults(scenario: Scenario) -> Iterator[str]:
    if scenario.question not in QUESTIONS:
        yield f"question must be one of {', '.join(QUESTIONS)}"
    both = sorted(set(scenario.must_open) & set(scenario.never))
    if both:
        yield f"{', '.join(both)} cannot both have to open and never open"
    if len(scenario.must_open) > scenario.new_hubs:
        yield (
            f"{', '.join(scenario.must_open)} must open, but only {scenario.new_hubs} new hubs are "
            "asked for"
        )


def _bus_faults(scenario: Scenario) -> Iterator[str]:
    if scenario.bus_first_day is not None and scenario.bus_first_day.weekday() > FRIDAY:
        yield f"bus_first_day is {scenario.bus_first_day:%A}, it must be a weekday"
    if not CLOCK.fullmatch(scenario.bus_starts):
        yield f"bus_starts is '{scenario.bus_starts}', it must be a time such as 09:00"


def _range_faults(scenario: Scenario) -> Iterator[str]:
    if scenario.new_hubs < 0 or scenario.bus_days < 0:
        yield "new_hubs and bus_days cannot be below 0"
    for name in ("within", "bus_walk", "bus_session", "bus_shift", "bus_seconds", "bus_stops"):
        if not 0 < getattr(scenario, name) <= LONGEST:
            yield f"{name} must be above 0 and at most {LONGEST:,}"
    if not 0 <= scenario.seed < SEEDS:
        yield f"seed must lie between 0 and {SEEDS - 1}"


def name_of(scenario: Scenario) -> str:
    """
    Return a scenario's choices as its name.

    Examples
    --------
    >>> name_of(Scenario(name="", study="demo", new_hubs=1, bus_days=0))
    '1 new hub, most people within 15 minutes'
    """
    hubs = f"{scenario.new_hubs} new hub{'' if scenario.new_hubs == 1 else 's'}"
    aim = (
        "shortest walks"
        if scenario.question == "p_median"
        else f"most people within {scenario.within:g} minutes"
    )
    return f"{hubs}, {aim}{', and a bus' if scenario.bus_days else ''}"
