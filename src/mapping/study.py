"""A study: which place, whose files, which defaults; one text file a person can read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mapping.errors import InvalidStudyError
from mapping.geography import valid_code
from mapping.workspace import Workspace

LEARN_FROM = ("online_returns", "survey", "published_rates")
RECORDS = ("hubs", "venues", "stops", "depot", "stock", "survey")


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
class LevelChoice:
    """A published local level of exclusion; see `mapping.exclusion.Level`."""

    share: float
    se: float
    year: int
    outcome: str
    population: str
    source: str


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
        Its local authority district code, vintage 2024.
    fictional
        Whether every output must say that the place does not exist.
    sources
        Role → source id, where a particular source is wanted; see `sources.toml`.
    own
        The planner's own files, by what they are: hubs (open now), venues (that could become
        one), stops (for the bus; default: the venues), depot, stock, survey.
    weights
        Weight of each indicator in the index of need.
    learn_from
        What the pattern of exclusion is learned from: "online_returns" (census returns made
        online), "survey", or "published_rates" (national rates by age, tenure and disability).
    level
        How many are excluded altogether. None: as the survey says, or else as national rates
        imply.
    survey_year
        When the survey was made.
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
    weights: Mapping[str, float] = field(default_factory=dict)
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
        known = ", ".join(sorted(file.stem for file in workspace.studies.glob("*.toml")))
        raise InvalidStudyError(
            f"There is no study file {path}. Studies here: {known or 'none'}."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidStudyError(f"{path.name}: not readable as TOML: {error}.") from None
    return _checked(path, entries)


def _checked(path: Path, entries: dict[str, Any]) -> Study:
    faults = _unknown(entries, Study, besides="id")
    faults += [f"'{name}' is missing" for name in ("name", "district") if name not in entries]
    if not valid_code(str(entries.get("district", "")), "district"):
        faults.append(
            f"district '{entries.get('district')}' is no district code (such as E08000012)"
        )
    if entries.get("learn_from", LEARN_FROM[0]) not in LEARN_FROM:
        faults.append(f"learn_from must be one of {', '.join(LEARN_FROM)}")
    own = entries.pop("own", {})
    faults += [
        f"own.{name} is not known (known: {', '.join(RECORDS)})"
        for name in own
        if name not in RECORDS
    ]
    faults += [f"own.{name} names no file" for name, entry in own.items() if "file" not in entry]
    level = entries.pop("level", None)
    if level is not None:
        faults += _unknown(level, LevelChoice)
        faults += [f"level.{f.name} is missing" for f in fields(LevelChoice) if f.name not in level]
        faults += _level_faults(level)
    if entries.get("learn_from") == "survey" and "survey" not in own:
        faults.append("learn_from is 'survey', but own.survey is not given")
    if faults:
        raise InvalidStudyError(f"{path.name}: {'; '.join(faults)}.")
    return Study(
        id=path.stem,
        own={name: OwnFile(entry["file"], entry.get("columns", {})) for name, entry in own.items()},
        level=None if level is None else LevelChoice(**level),
        **entries,
    )


def _level_faults(level: Mapping[str, Any]) -> list[str]:
    share, se = level.get("share", 0.5), level.get("se", 0.01)
    faults = []
    if not (isinstance(share, float) and 0 < share < 1):
        faults.append(f"level.share is {share}, it must lie between 0 and 1")
    if not (isinstance(se, float) and 0 < se < 0.5):
        faults.append(f"level.se is {se}, it must lie between 0 and 0.5")
    return faults


def _unknown(entries: Mapping[str, Any], kind: type, *, besides: str = "") -> list[str]:
    known = {entry.name for entry in fields(kind)} - {besides}
    return [f"'{name}' is not known" for name in entries if name not in known]
