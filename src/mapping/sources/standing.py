"""What of the catalogue and of a planner's own lists is here, in order, or missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.disclosure import FLOOR, told
from mapping.errors import MappingError
from mapping.sources import records
from mapping.sources.catalogue import Source, catalogue, locate
from mapping.sources.tabular import ranges
from mapping.sources.uploads import Upload
from mapping.sources.verifying import verify

MISSING = "missing"
READ = "read"
COLUMNS = ["role", "needed", "source", "title", "vintage", "file", "state", "todo"]


def published(
    raw: Path,
    study: str,
    *,
    needed: Sequence[str],
    useful: Sequence[str],
    chosen: Mapping[str, str],
) -> pd.DataFrame:
    """
    Say for each role of a source whether its file is here, and whether it still is what came.

    Parameters
    ----------
    raw
        The folder of raw data.
    study
        Whose files come first; see `files_of`.
    needed, useful
        Roles that the study cannot do without, and those it can use.
    chosen
        Role to source id, where the study insists on one.

    Returns
    -------
    pandas.DataFrame
        One row per role: `role`, `needed` (True or False), `source` (its id), `title`, `vintage`,
        `file` ("" if there is none), `state` ("missing", or one of `mapping.sources.verifying`)
        and `todo`, "" where all is well.
    """
    found = locate(files_of(raw, study), chosen=chosen)
    states = verify(raw).set_index("file") if raw.is_dir() else pd.DataFrame()
    # A role in both is needed; one named twice is one.
    roles = dict.fromkeys([*needed, *useful])
    rows = [_standing(role, found.get(role), raw, states, chosen) for role in roles]
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "needed"])
    table.insert(1, "needed", table["role"].isin(needed))
    return table


def _standing(
    role: str,
    entry: tuple[Source, Path] | None,
    raw: Path,
    states: pd.DataFrame,
    chosen: Mapping[str, str],
) -> tuple[str, ...]:
    if entry is None:
        source = catalogue()[chosen.get(role) or _first_of(role)]
        return role, source.id, source.title, source.vintage, "", MISSING, how(source)
    source, path = entry
    state, todo = states.loc[path.relative_to(raw).as_posix(), ["state", "todo"]]
    return role, source.id, source.title, source.vintage, path.name, state, todo


def _first_of(role: str) -> str:
    return next(source.id for source in catalogue().values() if source.role == role)


def how(source: Source) -> str:
    """
    Say how a missing source is got.

    Examples
    --------
    >>> how(catalogue()["census2021_ts054"])
    'mapping get census2021_ts054'
    """
    if source.download:
        return f"mapping get {source.id}"
    if not source.url.startswith("http"):
        return f"a file of your own, called {source.files[0]}"
    return "download it (mapping get --list says where), then: mapping get --from FOLDER"


def files_of(raw: Path, study: str) -> list[Path]:
    """Return the files a study may use: its own folder's first, then what was fetched."""
    folders = [raw / study, *(raw / id_ for id_ in catalogue())]
    loose = [path for path in sorted(raw.glob("*")) if path.is_file()]
    return [*_below(folders[:1]), *loose, *_below(folders[1:])]


def _below(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.is_file() and not hidden:
                yield path


def own(
    lists: Mapping[str, tuple[Path, Mapping[str, str]]],
    *,
    postcodes: Mapping[str, records.Postcodes | None] | None = None,
    tables: Mapping[str, tuple[Path, Mapping[str, Any]]] | None = None,
) -> pd.DataFrame:
    """
    Read the planner's own lists and say of each what it holds or what is wrong with it.

    Parameters
    ----------
    lists
        Record (as in a study's `own`) to file and the mapping of its columns.
    postcodes
        Record to how its postcodes are looked up; see `mapping.sources.records.sites`.
    tables
        Further table to file and what `mapping.sources.records.area_table` is told of it.

    Returns
    -------
    pandas.DataFrame
        One row per list: `record`, `file`, `state` ("read" or "to correct") and `told`, a
        sentence. Numbers of persons and homes are rounded, small ones not told; the rows of those
        that could not be placed are all listed, for whoever keeps the list.
    """
    known = postcodes or {}
    rows = [_own(record, *entry, known.get(record)) for record, entry in lists.items()]
    rows += [_table(name, *entry) for name, entry in (tables or {}).items()]
    return pd.DataFrame(rows, columns=["record", "file", "state", "told"])


def _own(
    record: str,
    path: Path | Upload,
    columns: Mapping[str, str],
    postcodes: records.Postcodes | None,
) -> tuple[str, str, str, str]:
    try:
        holds = told_of(record, path, columns, postcodes)
    except MappingError as error:
        return record, path.name, "to correct", str(error)
    return record, path.name, READ, holds


def _table(name: str, path: Path | Upload, told: Mapping[str, Any]) -> tuple[str, str, str, str]:
    try:
        table = records.area_table(path, **told)
    except MappingError as error:
        return name, path.name, "to correct", str(error)
    blank = int(table.isna().any(axis=1).sum())
    lacking = f"; a figure is missing in {blank:,} of them" if blank else ""
    return name, path.name, READ, f"{len(table):,} areas, {', '.join(table)}{lacking}."


def told_of(
    record: str,
    path: Path | Upload,
    columns: Mapping[str, str],
    postcodes: records.Postcodes | None = None,
) -> str:
    """
    Read one of the planner's own lists and say in a sentence what it holds; see `own`.

    Raises
    ------
    InvalidTableError
        If it cannot be used, naming what is wrong.
    """
    if record == "survey":
        people = records.respondents(path, columns)
        return f"{told(len(people)).capitalize()} respondents."
    if record == "survey_by_ward":
        wards = records.ward_estimates(path, columns)
        return f"{told(int(wards['n'].sum())).capitalize()} adults asked in {len(wards)} wards."
    if record == "stock":
        homes = records.homes(path, columns, postcodes=postcodes)
        return f"{told(homes.listed).capitalize()} homes{_left_out(homes)}."
    if record == "learners":
        learners = records.learners(path, columns, postcodes=postcodes)
        return f"{told(learners.listed).capitalize()} learners{_left_out(learners)}."
    count = len(records.sites(path, columns, postcodes=postcodes))
    return f"{count:,} {'places' if count != 1 else 'place'}, each with a position."


def _left_out(listed: records.Homes | records.Learners) -> str:
    """Say where to look; how many are left out is released with the counts by ward alone."""
    nowhere = f"; no known place: see rows {ranges(listed.rows)}" if listed.rows else ""
    return nowhere + ("; some are listed twice" if listed.repeated >= FLOOR else "")
