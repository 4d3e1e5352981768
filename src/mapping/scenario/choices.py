"""A scenario: every choice a user can make, as a text file and back."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

import tomli_w

from mapping.errors import InvalidScenarioError
from mapping.workspace import write_text

QUESTIONS = ("maximal_coverage", "p_median")
FRIDAY = 4  # as date.weekday() counts


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
            raise InvalidScenarioError(f"scenario '{self.name}': {'; '.join(faults)}.")

    def save(self, path: Path) -> Path:
        """Write the scenario to a text file (TOML), whole or not at all."""
        choices = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if value is not None  # TOML has no word for nothing
        }
        return write_text(tomli_w.dumps(choices), Path(path))

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


def _typed(choices: dict[str, Any], where: str) -> dict[str, Any]:
    kinds = {entry.name: entry.type for entry in fields(Scenario)}
    faults = [f"'{name}' is not known" for name in choices if name not in kinds]
    faults += [f"'{name}' is missing" for name in ("name", "study") if name not in choices]
    typed: dict[str, Any] = {}
    for name, value in choices.items():
        if isinstance(value, list | tuple):
            typed[name] = tuple(map(str, value))
        elif kinds.get(name) is float and isinstance(value, int):
            typed[name] = float(value)
        else:
            typed[name] = value
        kind = date if name == "bus_first_day" else kinds.get(name)
        if isinstance(kind, type) and not isinstance(typed[name], kind):
            faults.append(f"'{name}' is {value!r}, it must be {WORDS_FOR[kind]}")
    if faults:
        raise InvalidScenarioError(f"{where}: {'; '.join(faults)}.")
    return typed


WORDS_FOR = {str: "text", int: "a whole number", float: "a number", date: "a date"}


def _faults(scenario: Scenario) -> list[str]:
    faults = []
    if scenario.question not in QUESTIONS:
        faults.append(f"question must be one of {', '.join(QUESTIONS)}")
    if scenario.new_hubs < 0 or scenario.bus_days < 0:
        faults.append("new_hubs and bus_days cannot be below 0")
    for name in ("within", "bus_walk", "bus_session", "bus_shift", "bus_seconds", "bus_stops"):
        if not getattr(scenario, name) > 0:
            faults.append(f"{name} must be above 0")
    both = sorted(set(scenario.must_open) & set(scenario.never))
    if both:
        faults.append(f"{', '.join(both)} cannot both have to open and never open")
    if len(scenario.must_open) > scenario.new_hubs:
        faults.append(
            f"{len(scenario.must_open)} sites must open, but only {scenario.new_hubs} new hubs are "
            "asked for"
        )
    if scenario.bus_first_day is not None and scenario.bus_first_day.weekday() > FRIDAY:
        faults.append(f"bus_first_day is {scenario.bus_first_day:%A}, it must be a weekday")
    if not _clock_time(scenario.bus_starts):
        faults.append(f"bus_starts is '{scenario.bus_starts}', it must be a time such as 09:00")
    return faults


def _clock_time(text: str) -> bool:
    hours, colon, minutes = text.partition(":")
    return bool(
        colon
        and hours.isdigit()
        and minutes.isdigit()
        and len(minutes) == 2
        and int(hours) < 24
        and int(minutes) < 60
    )
