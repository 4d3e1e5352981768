"""A study: which place, whose files, which defaults; one text file a person can read."""

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from mapping.errors import InvalidStudyError
from mapping.geography import valid_code
from mapping.workspace import Workspace

TEMPLATE = "template"  # a file to copy, no study
LEARN_FROM = ("online_returns", "survey", "published_rates")
RECORDS = (
    "hubs", "venues", "stops", "depot", "stock", "learners", "survey", "survey_by_ward", "transit",
)  # fmt: skip
# Headers of what belongs to the areas it was made for.
RANKED = r"\b(rank|ranking|decile|quintile|quartile|percentile)s?\b"
PER = ("residents", "adults", "households")
VINTAGES = (
    "LSOA 2021", "LSOA 2011", "OA 2021", "wards 2025", "wards 2024", "wards 2023", "wards 2022",
)  # fmt: skip

# Where a study weighs nothing itself: age and skills say most about who is offline, tenure,
# disability and income the rest.
DEFAULT_WEIGHTS = MappingProxyType(
    {
        "share_age_65_74": 2,
        "share_age_75_over": 4,
        "share_disabled": 3,
        "share_social_rented": 3,
        "income_rate": 3,
        "adult_skills_rate": 4,
    }
)


@dataclass(frozen=True)
class OwnFile:
    """
    A file of the planner's own.

    Parameters
    ----------
    file
        Its path below the study's raw folder.
    columns
        Tidy name → the file's header, for those that differ.
    """

    file: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnTable:
    """
    A further table of figures by area, which become indicators called `own_<name>`.

    Parameters
    ----------
    file
        Its path below the study's raw folder.
    area
        The header of its column of area codes.
    vintage
        What the codes are of, one of `VINTAGES`. None: as the codes tell.
    counts
        Name → header, of counts: shared out by people where areas differ, then told `per` person
        or household.
    rates
        Name → header, of shares, rates and scores: carried as means weighted by people. Ranks and
        deciles can be neither.
    per
        What counts are told per: "residents", "adults" or "households".
    """

    file: str
    area: str = "area"
    vintage: str | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, str] = field(default_factory=dict)
    per: str = PER[0]


@dataclass(frozen=True)
class PostcodesIo:
    """
    Whose postcodes may be asked of postcodes.io, a service on the internet; by default nobody's.

    Parameters
    ----------
    places
        Those of hubs, venues, stops and the depot.
    homes, learners
        Personal: the postcodes leave this machine, without anything else, and nothing of the
        answers is kept.
    """

    places: bool = False
    homes: bool = False
    learners: bool = False


@dataclass(frozen=True)
class LevelChoice:
    """
    A published local level of exclusion; see `mapping.exclusion.Level`.

    Parameters
    ----------
    district
        Whose figure it is; a study of another district refuses it. None: the study's own.
    """

    share: float
    se: float
    year: int
    outcome: str
    population: str
    source: str
    district: str | None = None

    def figures(self) -> dict[str, Any]:
        """Return what `mapping.exclusion.Level` is made of."""
        return {name: value for name, value in asdict(self).items() if name != "district"}


@dataclass(frozen=True)
class Study:
    """
    What a study file says.

    Parameters
    ----------
    id
        The name of the file without its ending; its folders are named by it.
    name
        The place, as maps call it.
    district
        Its local authority district code, vintage 2024, in England (or X, a fictional place).
    fictional
        Whether every output must say that the place does not exist; a district of the country X
        never does.
    sources
        Role → source id, where a particular source is wanted; see `sources.toml`.
    own
        The planner's own files, by what they are: hubs (open now), venues (that could become
        one), stops (for the bus; default: the venues), depot, stock, learners, survey (answers) or
        survey_by_ward (its shares by ward with their samples), transit (minutes by bus and train,
        made by another tool).
    tables
        Further tables by area, by a name.
    postcodes_io
        Whose postcodes may be asked of a service, where no directory is on the disk.
    weights
        Weight of each indicator in the index of need; see `DEFAULT_WEIGHTS`.
    learn_from
        What the pattern of exclusion is learned from: "online_returns" (census returns made
        online), "survey", or "published_rates" (national rates by age, tenure and disability).
    level
        How many are excluded altogether. None: as the survey says, or else as national rates
        imply.
    survey_year
        When the survey was made; needed where it gives the level.
    defaults
        Choices of a scenario that this place starts from, by their names in
        `mapping.scenario.Scenario`.
    seed
        For every draw.
    """

    id: str
    name: str
    district: str
    fictional: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, OwnFile] = field(default_factory=dict)
    tables: Mapping[str, OwnTable] = field(default_factory=dict)
    postcodes_io: PostcodesIo = PostcodesIo()
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    learn_from: str = "online_returns"
    level: LevelChoice | None = None
    survey_year: int | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 2015


def read_study(study: str | Path | Study, workspace: Workspace) -> Study:
    """
    Return a study, from its name, its file, or as it is.

    Parameters
    ----------
    study
        A name, for `studies/<name>.toml` of the workspace, or the path of a study file.

    Raises
    ------
    InvalidStudyError
        If there is no such file, it is no TOML, or it says something unknown or impossible.
    """
    if isinstance(study, Study):
        return study
    path = Path(study)
    if path.suffix != ".toml":
        path = workspace.studies / f"{study}.toml"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        here = {file.stem for file in workspace.studies.glob("*.toml")} - {TEMPLATE}
        known = ", ".join(sorted(here))
        raise InvalidStudyError(
            f"There is no study file {path}. Studies here: {known or 'none'}."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidStudyError(f"{path.name}: not readable as TOML: {error}.") from None
    return _checked(path, entries)


def _checked(path: Path, entries: dict[str, Any]) -> Study:
    faults = _faults("", {**entries, "id": path.stem}, Study)
    if "id" in entries:
        faults.append("'id' is not known (a study is called as its file is)")
    sound = _sound(entries)
    faults += _district_faults(sound) + _weight_faults(sound) + _level_faults(sound)
    faults += _record_faults(sound) + _table_key_faults(sound) + _learning_faults(entries)
    if faults:
        raise InvalidStudyError(f"{path.name}: {'; '.join(faults)}.")
    level = entries.get("level")
    code = _code(entries["district"])
    return Study(
        **entries
        | {
            "id": path.stem,
            "district": code,
            "fictional": entries.get("fictional", False) or code.startswith("X"),
            "own": {name: OwnFile(**entry) for name, entry in entries.get("own", {}).items()},
            "tables": {
                name: OwnTable(**entry) for name, entry in entries.get("tables", {}).items()
            },
            "postcodes_io": PostcodesIo(**entries.get("postcodes_io", {})),
            "weights": entries.get("weights") or dict(DEFAULT_WEIGHTS),
            "level": None if level is None else LevelChoice(**level),
        }
    )


_WORDS: Mapping[type, tuple[str, Callable[[Any], bool]]] = MappingProxyType(
    {
        str: ("text in quotes", lambda value: isinstance(value, str) and value.strip() != ""),
        bool: ("true or false", lambda value: isinstance(value, bool)),
        int: ("a whole number", lambda value: type(value) is int),
        float: ("a number", lambda value: type(value) in {int, float} and math.isfinite(value)),
    }
)
"""What a field of each type must be, in words and as a test; true and false are no numbers."""


def _faults(name: str, value: Any, hint: Any) -> list[str]:
    """Say what of an entry does not fit the type its field declares, whatever lies inside it."""
    if get_origin(hint) is UnionType:  # "… | None": a file leaves out what is None
        hint = get_args(hint)[0]
    if hint in _WORDS:
        wanted, fits = _WORDS[hint]
        return [] if fits(value) else [f"{name} must be {wanted}, it is {_shown(value)}"]
    if is_dataclass(hint) or get_origin(hint) is Mapping:
        if not isinstance(value, dict):
            return [f"{name} must be a table ([{name}]), it is {_shown(value)}"]
        return _table_faults(name, value, hint)
    return []


def _table_faults(name: str, table: Mapping[str, Any], hint: Any) -> list[str]:
    dotted = f"{name}." if name else ""
    if get_origin(hint) is Mapping:
        inner = get_args(hint)[1]
        return [f for key in table for f in _faults(f"{dotted}{key}", table[key], inner)]
    kinds = get_type_hints(hint)
    needed = [
        entry.name
        for entry in fields(hint)
        if entry.default is MISSING and entry.default_factory is MISSING
    ]
    faults = [f"'{dotted}{key}' is not known" for key in table if key not in kinds]
    faults += [f"'{dotted}{key}' is missing" for key in needed if key not in table]
    for key in table:
        faults += _faults(f"{dotted}{key}", table[key], kinds.get(key, Any))
    return faults


def _shown(value: Any) -> str:
    """Return a value as the file has it, near enough to be found there."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _sound(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of the right type, whose values can be looked at."""
    kinds = get_type_hints(Study)
    return {
        name: value
        for name, value in entries.items()
        if name in kinds and not _faults(name, value, kinds[name])
    }


def _code(district: str) -> str:
    return district.strip().upper()


def _district_faults(study: Mapping[str, Any]) -> list[str]:
    if "district" not in study:
        return []
    code = _code(study["district"])
    country = {"W": "Wales", "S": "Scotland", "N": "Northern Ireland"}.get(code[0])
    if country and code[1:].isdigit():
        return [
            f"district '{code}' is in {country}, and this covers England, whose codes start with "
            "E06 to E09 (X: fictional)"
        ]
    if not valid_code(code, "district"):
        return [f"district '{study['district']}' is no district code (such as E08000012)"]
    return []


def _record_faults(study: Mapping[str, Any]) -> list[str]:
    return [
        f"own.{name} is not known (known: {', '.join(RECORDS)})"
        for name in study.get("own", {})
        if name not in RECORDS
    ]


def _table_key_faults(study: Mapping[str, Any]) -> list[str]:
    """Say what of the further tables cannot be: names, vintages, what counts are told per."""
    tables, faults = study.get("tables", {}), []
    names = [
        name
        for table in tables.values()
        for name in (*table.get("counts", {}), *table.get("rates", {}))
    ]
    for table, entry in tables.items():
        if not _figures(entry):
            faults.append(f"tables.{table} names no figures: give counts or rates")
        faults += [
            f"tables.{table}: '{name}' is no name (small letters, digits and _)"
            for name in _figures(entry)
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name)
        ]
        faults += [
            f"tables.{table}: '{header}' looks like ranks or bands, which cannot be averaged or "
            "shared out; give the score or the count behind them"
            for header in _figures(entry).values()
            if re.search(RANKED, header.lower())
        ]
        faults += [
            f'tables.{table}.{key} is "{entry[key]}", it must be one of {", ".join(known)}'
            for key, known in (("vintage", VINTAGES), ("per", PER))
            if entry.get(key, known[0]) not in known
        ]
    twice = sorted({name for name in names if names.count(name) > 1})
    return faults + [f"tables: '{name}' is the name of two figures" for name in twice]


def _figures(table: Mapping[str, Any]) -> dict[str, str]:
    """Return name and header of every figure."""
    return {**table.get("counts", {}), **table.get("rates", {})}


def _weight_faults(study: Mapping[str, Any]) -> list[str]:
    weights = study.get("weights", {})
    return [
        f"weights.{name} is {weight}, it must be 0 or more"
        for name, weight in weights.items()
        if weight < 0
    ]


def _learning_faults(entries: Mapping[str, Any]) -> list[str]:
    """Say what the way of learning needs and is not there; only whether it is there is asked."""
    way, own = entries.get("learn_from", LEARN_FROM[0]), entries.get("own", {})
    if way not in LEARN_FROM:
        return [f"learn_from must be one of {', '.join(LEARN_FROM)}"]
    faults = []
    surveys = {"survey", "survey_by_ward"} & own.keys() if isinstance(own, dict) else {"survey"}
    if way == "survey" and not surveys:
        faults.append("learn_from is 'survey', but own.survey is not given")
    if len(surveys) > 1:
        faults.append("own.survey and own.survey_by_ward are both given: keep one")
    if way == "survey" and not {"level", "survey_year"} & entries.keys():
        faults.append("survey_year is missing: the survey gives the level, so say of which year")
    return faults


def _level_faults(study: Mapping[str, Any]) -> list[str]:
    level = study.get("level", {})
    share, se = level.get("share", 0.5), level.get("se", 0.01)
    faults = []
    if not 0 < share < 1:
        faults.append(f"level.share is {share}, it must lie between 0 and 1 (15.8 % is 0.158)")
    if not 0 < se < 0.5:
        faults.append(f"level.se is {se}, it must lie between 0 and 0.5 (2 points are 0.02)")
    whose, district = _code(level.get("district", "")), _code(study.get("district", ""))
    if whose and district and whose != district:
        faults.append(
            f"level is a figure of {whose}, and the study is of {district}: leave [level] out, or "
            "give a figure of this district"
        )
    return faults
