"""A scenario: every choice a user can make, as a text file and back."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

import tomli_w

from mapping.bus import CLOCK, PROFILES, WEEKDAYS
from mapping.errors import InvalidScenarioError
from mapping.scenario.points import fault_of
from mapping.workspace import write_text

# Question → what is looked for, in the words that name a scenario.
QUESTIONS = {
    "maximal_coverage": "most people within {within:g} minutes",
    "budgeted": "most people within {within:g} minutes for £{budget:,.0f} a year",
    "gradual": "most people within {within:g} minutes, fewer up to {beyond:g}",
    "set_cover": "fewest hubs for {share:.0%} within {within:g} minutes",
    "p_median": "shortest walks",
    "p_centre": "shortest longest walk",
    "equitable": "fairest walks",
}
# The number of hubs is given, or else it is part of the answer.
COUNTED = ("maximal_coverage", "gradual", "p_median", "p_centre", "equitable")
WITH_PLACES = ("maximal_coverage", "p_median")
# Choices that make a difference for some questions only.
READ_BY = {
    "new_hubs": COUNTED,
    "beyond": ("gradual",),
    "budget": ("budgeted",),
    "share": ("set_cover",),
    "capacity": WITH_PLACES,
}
FRIDAY = 4  # as date.weekday() counts
LONGEST = 10_000  # minutes, stops or seconds: a slip of the hand is more likely
MINUTES = (
    "within", "beyond", "bus_walk", "bus_session", "bus_shift", "bus_seconds", "bus_stops",
)  # fmt: skip
DEAREST = 1_000_000_000  # pounds a year
SEEDS = 2**32
MOST_BUSES = 10
YEAR = 52  # weeks
MOST_DRAWS = 1_000
LISTS = (
    "must_open", "never", "in_wards", "placed", "bus_depots", "bus_weekdays", "bus_tasters",
    "bus_holidays", "bus_must", "bus_never", "bus_locked", "bus_needs", "bus_placed",
)  # fmt: skip
BUS_AIMS = ("most", "wards", "groups")
BUS_NEEDS = ("permission", "level_access", "power")
LOCK = re.compile(r"(\S|\S.*\S) ([a-z]{3}) (\d{1,2}:\d{2})")
NOT_BELOW = (
    "bus_setup", "bus_packup", "bus_half", "bus_driving", "bus_duty", "bus_work", "bus_rest",
    "bus_km_cost", "bus_hour_cost", "bus_budget",
)  # fmt: skip
# A table of the file beside the choices: what data they were made on; see `scenario.files`.
MADE_ON = "made_on"


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
        What the hubs are for: "maximal_coverage" (most excluded adults within reach of a hub),
        "budgeted" (the same for a yearly budget), "gradual" (the same, those further away counting
        less), "set_cover" (fewest hubs that bring a share of them within reach), "p_median" (least
        walking, summed over them), "p_centre" (shortest longest walk) or "equitable" (shortest
        walks, long ones weighing more; see `mapping.hubs.equitable`).
    new_hubs
        How many sites to open beside those open already, or, where hubs may close, how many more
        hubs than today; part of the answer, and not asked, in
        "budgeted" and "set_cover".
    within
        Service standard: minutes' walk that count as within reach.
    beyond
        For "gradual": minutes' walk from which nobody is counted.
    budget
        For "budgeted": pounds a year for the new hubs; where hubs open now may close, for all.
    share
        For "set_cover": share of excluded adults to be within reach, above 0 and up to 1.
    must_open, never
        Candidate sites that have to be, or may not be, chosen.
    in_wards
        Codes of wards that must each have at least one hub inside.
    one_per_building
        Whether to open at most one hub in a building: sites of one `building`, where the list of
        venues names them, or else at one point.
    may_close
        Whether hubs open now may close where another site serves better; else they stay.
    capacity
        Whether only people with one of a hub's weekly places count; all sites must state theirs.
    attendance, attendance_low, attendance_high
        Share of the excluded adults within reach who come in a year, and its 95 % bounds: an
        assumption, see `mapping.scenario.attendance`.
    draws
        How many draws of the estimate to ask, to say how sure the hub sites are; 0 = none.
    bus_days
        Days in the bus's cycle; 0 = no bus.
    bus_stops
        How many candidate stops to choose among: those that most people live near whom no other
        of them reaches.
    bus_walk
        Minutes' walk to the bus that count as within reach.
    bus_session
        Minutes of a session, from opening to closing.
    bus_lengths
        Other lengths of a session, in minutes, that the plan may choose.
    bus_setup, bus_packup
        Minutes at a stop before the session and after it.
    bus_shift
        Minutes from leaving the depot to being back.
    bus_starts, bus_first_day
        Time of day (HH:MM) of every shift and date of the first, a weekday; without a date the
        timetable says week and day.
    bus_seconds
        Longest time to look for a better timetable.
    bus_count
        How many buses; each has `bus_days` days and `bus_shift`.
    bus_depots
        Stops to start from, bus by bus; left out, the place's depot.
    bus_weekdays
        Days of the week the buses run: "mon" to "sun".
    bus_tasters
        Those on which they give tasters, one visit to a stop in the term; on the others courses.
    bus_term
        Weeks in which the cycle is repeated.
    bus_visits
        Visits to a course's stop in one cycle, on the same weekday at the same hour. A list of
        stops may ask for more at some.
    bus_holidays
        Dates (2026-12-25) on which no bus runs; they need `bus_first_day`.
    bus_bank_holidays
        Whether no bus runs on bank holidays of England and Wales either; they are known once
        `bus_first_day` is given.
    bus_must, bus_never
        Stops that have to be visited, or may not be.
    bus_locked
        Stops, or points of `bus_placed`, with their day and time: "S07 tue 10:00".
    bus_needs
        What a stop has to have, as its list states: "permission", "level_access", "power".
    bus_aim
        "most" (most people), "wards" or "groups" (the lowest share of a ward or group first).
    bus_half
        Hours of sessions after which half of those who would come have; see `mapping.bus.Returns`.
    bus_hours
        The driver's hours: "passenger", "goods" or "own"; see `mapping.bus.PROFILES`.
    bus_driving, bus_duty, bus_work, bus_rest
        To edit them, in minutes: most driving and duty in a day, most work without a break, and
        the break; 0 = as in the profile.
    bus_km_cost, bus_hour_cost
        Pounds for a kilometre, and for an hour between leaving the depot and being back.
    bus_budget
        Pounds for the term; 0 = no limit.
    bus_seats
        Places in a session.
    bus_placed
        Stops of the planner's own, as `placed` for hubs; each has to be visited.
    seed
        For the timetable search.
    placed
        The planner's own points, each of which opens as a new hub: "name@easting,northing" in
        metres of the national grid. Whether there is a venue is not known.
    """

    name: str
    study: str
    note: str = ""
    question: str = "maximal_coverage"
    new_hubs: int = 5
    within: float = 15.0
    beyond: float = 30.0
    budget: float = 50_000.0
    share: float = 0.5
    must_open: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    in_wards: tuple[str, ...] = ()
    one_per_building: bool = False
    may_close: bool = False
    capacity: bool = False
    attendance: float = 0.05
    attendance_low: float = 0.02
    attendance_high: float = 0.10
    draws: int = 0
    bus_days: int = 10
    bus_stops: int = 40
    bus_walk: float = 10.0
    bus_session: float = 90.0
    bus_shift: float = 390.0
    bus_starts: str = "09:00"
    bus_first_day: date | None = None
    bus_seconds: float = 5.0
    seed: int = 2015
    placed: tuple[str, ...] = ()
    bus_lengths: tuple[float, ...] = ()
    bus_setup: float = 15.0
    bus_packup: float = 15.0
    bus_count: int = 1
    bus_depots: tuple[str, ...] = ()
    bus_weekdays: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    bus_tasters: tuple[str, ...] = ()
    bus_term: int = 12
    bus_visits: int = 1
    bus_holidays: tuple[str, ...] = ()
    bus_bank_holidays: bool = True
    bus_must: tuple[str, ...] = ()
    bus_never: tuple[str, ...] = ()
    bus_locked: tuple[str, ...] = ()
    bus_needs: tuple[str, ...] = ()
    bus_aim: str = "most"
    bus_half: float = 6.0
    bus_hours: str = "passenger"
    bus_driving: float = 0.0
    bus_duty: float = 0.0
    bus_work: float = 0.0
    bus_rest: float = 0.0
    bus_km_cost: float = 0.5
    bus_hour_cost: float = 18.0
    bus_budget: float = 0.0
    bus_seats: int = 8
    bus_placed: tuple[str, ...] = ()

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
        return write(self, path)

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
        choices = read(path)
        choices.pop(MADE_ON, None)
        return cls(**_typed(choices, Path(path).name))


def read(path: Path) -> dict[str, Any]:
    """
    Return what a scenario file says, unchecked.

    Raises
    ------
    InvalidScenarioError
        If the file is missing or is no TOML.
    """
    path = Path(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InvalidScenarioError(f"There is no scenario file {path}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidScenarioError(f"{path.name}: not readable as TOML: {error}.") from None


def write(scenario: Scenario, path: Path, **tables: Mapping[str, Any]) -> Path:
    """
    Write a scenario and tables beside its choices, whole or not at all.

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
        for key, value in asdict(scenario).items()
        if value is not None  # TOML has no word for nothing
    }
    return write_text(tomli_w.dumps(choices | tables), path)


WORDS_FOR = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    date: "a date",
    tuple: "a list of names (of numbers, for bus_lengths)",
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
    if name in LISTS and isinstance(choice, list | tuple):
        return tuple(choice)
    if name == "bus_lengths" and isinstance(choice, list | tuple):
        return tuple(_as_held("bus_session", entry) for entry in choice)
    whole = isinstance(choice, int) and not isinstance(choice, bool)
    return float(choice) if KINDS[name] is float and whole else choice


def _type_faults(choices: Mapping[str, Any]) -> list[str]:
    """Say which choices are not of their kind."""
    faults = []
    for name, choice in choices.items():
        kind = KINDS[name]
        fits = isinstance(choice, kind) and not (kind is int and isinstance(choice, bool))
        if name in LISTS and fits:
            fits = all(isinstance(entry, str) for entry in choice)
        if name == "bus_lengths" and fits:
            fits = all(isinstance(entry, float) for entry in choice)
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
    # A hub open now may be named where it may close, and is then no new one.
    counted = scenario.question in COUNTED and not scenario.may_close
    fixed = (*scenario.must_open, *scenario.placed)
    if counted and len(fixed) > scenario.new_hubs:
        yield (f"{', '.join(fixed)} must open, but only {scenario.new_hubs} new hubs are asked for")
    if scenario.question == "gradual" and scenario.beyond <= scenario.within:
        yield f"beyond is {scenario.beyond:g}, it must be above within ({scenario.within:g})"
    yield from filter(None, map(fault_of, scenario.placed))
    if len(set(scenario.placed)) < len(scenario.placed):
        yield "placed names a point twice"
    if scenario.capacity and scenario.placed:
        yield (
            "places a week of your own points are not known: take them away, or do not count places"
        )
    if scenario.capacity and scenario.question not in WITH_PLACES:
        yield f"capacity can be asked of {' and '.join(WITH_PLACES)} only"


def _bus_faults(scenario: Scenario) -> Iterator[str]:
    if scenario.bus_first_day is not None and scenario.bus_first_day.weekday() > FRIDAY:
        yield f"bus_first_day is {scenario.bus_first_day:%A}, it must be a weekday"
    if not CLOCK.fullmatch(scenario.bus_starts):
        yield f"bus_starts is '{scenario.bus_starts}', it must be a time such as 09:00"

    yield from _bus_words(scenario)
    if any(not 0 < length <= LONGEST for length in scenario.bus_lengths):
        yield f"bus_lengths must be above 0 and at most {LONGEST:,}"
    for name in NOT_BELOW:
        if not 0 <= getattr(scenario, name) < DEAREST:
            yield f"{name} cannot be below 0"
    if not 1 <= scenario.bus_count <= MOST_BUSES or len(scenario.bus_depots) > scenario.bus_count:
        yield f"bus_count must lie between 1 and {MOST_BUSES}, with at most as many bus_depots"
    if not 1 <= scenario.bus_term <= YEAR or scenario.bus_visits < 1 or scenario.bus_seats < 1:
        yield f"bus_term must lie between 1 and {YEAR}; bus_visits and bus_seats are at least 1"
    both = sorted(set(scenario.bus_must) & set(scenario.bus_never))
    if both:
        yield f"{', '.join(both)} cannot both have to be visited and never be"
    yield from (f"bus_placed: {fault}" for fault in map(fault_of, scenario.bus_placed) if fault)
    if len(set(scenario.bus_placed)) < len(scenario.bus_placed):
        yield "bus_placed names a stop twice"


def _bus_words(scenario: Scenario) -> Iterator[str]:
    """Refuse words that mean nothing."""
    for name, known in {
        "bus_weekdays": WEEKDAYS, "bus_tasters": WEEKDAYS, "bus_needs": BUS_NEEDS
    }.items():  # fmt: skip
        strange = [word for word in getattr(scenario, name) if word not in known]
        if strange:
            yield f"{name} names {', '.join(strange)}, it knows {', '.join(known)}"
    if scenario.bus_aim not in BUS_AIMS:
        yield f"bus_aim must be one of {', '.join(BUS_AIMS)}"
    if scenario.bus_hours not in PROFILES:
        yield f"bus_hours must be one of {', '.join(PROFILES)}"
    for lock in scenario.bus_locked:
        parts = LOCK.fullmatch(lock)
        if parts is None or parts[2] not in WEEKDAYS or not CLOCK.fullmatch(parts[3]):
            yield f"bus_locked has “{lock}”, it must be a stop, day and time such as S07 tue 10:00"
    for text in scenario.bus_holidays:
        try:
            date.fromisoformat(text)
        except ValueError:
            yield f"bus_holidays has “{text}”, it must be a date such as 2026-12-25"


def _range_faults(scenario: Scenario) -> Iterator[str]:
    if scenario.new_hubs < 0 or scenario.bus_days < 0:
        yield "new_hubs and bus_days cannot be below 0"
    for name in MINUTES:
        if not 0 < getattr(scenario, name) <= LONGEST:
            yield f"{name} must be above 0 and at most {LONGEST:,}"
    if not 0 < scenario.budget <= DEAREST:
        yield f"budget must be above 0 and at most {DEAREST:,}"
    if not 0 < scenario.share <= 1:
        yield "share must be above 0 and at most 1"
    if not 0 < scenario.attendance_low <= scenario.attendance <= scenario.attendance_high < 1:
        yield "attendance must lie between attendance_low and attendance_high, from 0 to 1"
    if not 0 <= scenario.draws <= MOST_DRAWS:
        yield f"draws must lie between 0 and {MOST_DRAWS:,}"
    if not 0 <= scenario.seed < SEEDS:
        yield f"seed must lie between 0 and {SEEDS - 1}"


def lock_parts(lock: str) -> tuple[str, str, str]:
    """
    Return the stop, weekday and time of one of `Scenario.bus_locked`.

    Examples
    --------
    >>> lock_parts("Hall by the park@334000,390500 tue 10:00")
    ('Hall by the park@334000,390500', 'tue', '10:00')
    """
    stop, weekday, time = lock.rsplit(maxsplit=2)
    return stop, weekday, time


def name_of(scenario: Scenario) -> str:
    """
    Return a scenario's choices as its name.

    Examples
    --------
    >>> name_of(Scenario(name="", study="demo", new_hubs=1, bus_days=0))
    '1 new hub, most people within 15 minutes'
    >>> name_of(Scenario(name="", study="demo", question="set_cover", share=0.5, bus_days=0))
    'Fewest hubs for 50% within 15 minutes'
    """
    plural = "" if scenario.new_hubs == 1 else "s"
    hubs = f"{scenario.new_hubs} new hub{plural}"
    if scenario.may_close:
        hubs = f"{scenario.new_hubs} hub{plural} more than today"
    aim = QUESTIONS[scenario.question].format_map(asdict(scenario))
    what = f"{hubs}, {aim}" if scenario.question in COUNTED else aim[:1].upper() + aim[1:]
    limits = ", hubs open now may close" * scenario.may_close + ", by places" * scenario.capacity
    return f"{what}{limits}{', and a bus' if scenario.bus_days else ''}"
