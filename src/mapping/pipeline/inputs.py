"""Which files a study uses: found once, hashed once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from mapping import disclosure
from mapping.disclosure.hashing import MADE_UP as MADE_UP_KEY
from mapping.errors import InvalidStudyError, MissingSourceError
from mapping.sources import Source, locate, read
from mapping.sources.catalogue import catalogue, choice_faults, missing_sentence
from mapping.sources.postcodes_io import PostcodesIo
from mapping.sources.records import Postcodes
from mapping.study import Study
from mapping.workspace import Workspace, sha256

NEEDED = ("lookup", "boundaries", "age", "tenure", "disability", "deprivation")
KEPT = "postcodes_io/postcodes_io.csv"  # answers on places, below the raw folder
ASKED_FOR = ("places", "homes", "learners")
# Whose postcodes those of a record are; of all others, places'.
WHOSE = {"stock": "homes", "learners": "learners"}
# Records of persons: their hashes are keyed, so that no older list can be tested against them.
PERSONAL = ("stock", "survey", "survey_by_ward", "learners")
MADE_UP = "Every figure, place and person here is made up."
OPTIONAL = (
    "ward_boundaries", "changes", "centroids", "roads", "water", "schools", "hospitals",
    "libraries", "osm_venues", "postcodes", "output_areas", "output_area_wards",
    "output_area_boundaries", "earlier_ward_boundaries",
)  # fmt: skip
# What a way of learning can use besides; a study that learns otherwise is not said to use it.
OPTIONAL_FOR = {
    "online_returns": ("ethnicity", "indicators", "risk_index"),
    "published_rates": ("online_returns", "risk_index"),
    "survey": (),
}


@dataclass(frozen=True, eq=False)
class Inputs:
    """
    The files of one study.

    Parameters
    ----------
    study
        What was asked for.
    published
        Role → source and file.
    own
        Record → file of the planner's own.
    tables
        Further table → its file.
    hashes
        File → SHA-256; of personal records keyed, see `mapping.disclosure.hashing`.
    kept
        Where answers of postcodes.io on places are kept.
    """

    study: Study
    published: Mapping[str, tuple[Source, Path]]
    own: Mapping[str, Path]
    tables: Mapping[str, Path]
    hashes: Mapping[Path, str] = field(repr=False)
    kept: Path

    def has(self, role: str) -> bool:
        """Whether a published source of that role was found."""
        return role in self.published

    def table(self, role: str, **options: Any) -> pd.DataFrame:
        """Read the published source of a role; what its reader can be asked for goes along."""
        return read(*self.published[role], **options)

    @property
    def postcodes(self) -> Postcodes | None:
        """How to look up the postcodes of places; None where nothing can say."""
        return self.postcodes_of("places")

    def postcodes_of(self, whose: str) -> Postcodes | None:
        """
        Return how to look postcodes up: in the directory, which is large, or else at a service.

        Parameters
        ----------
        whose
            "places", "homes" or "learners"; the service is asked only if the study says so of
            them, and its answers are kept for places alone.
        """
        return postcodes_of(self.study, whose, self.published.get("postcodes"), self.kept)

    def sent(self, whose: str) -> tuple[str, ...]:
        """Return what has to be told of postcodes that were asked of the service, if they were."""
        if not isinstance(self.postcodes_of(whose), PostcodesIo):
            return ()
        return (
            f"The postcodes of {whose} without another position were sent to postcodes.io, and "
            "nothing else, as the study file allows.",
        )

    def file(self, role: str) -> str:
        """Return the file name of a role, for messages."""
        return self.published[role][1].name

    def columns(self, record: str) -> Mapping[str, str]:
        """Return the column mapping of an own file."""
        return self.study.own[record].columns

    def key(self, names: Iterable[str]) -> dict[str, Any]:
        """Return all that decides what is read of each named role or record that is there."""
        published = {role: self.hashes[path] for role, (_, path) in self.published.items()}
        own = {
            record: (self.hashes[path], dict(self.columns(record)))
            for record, path in self.own.items()
        }
        further = {
            f"tables.{name}": (self.hashes[path], asdict(self.study.tables[name]))
            for name, path in self.tables.items()
        }
        asked = {"postcodes_io": asdict(self.study.postcodes_io)}
        known: dict[str, Any] = published | own | further | asked
        return {name: known[name] for name in names if name in known}

    def described(self) -> list[dict[str, Any]]:
        """Return what was used, one entry per file, for the manifest and every paper."""
        published = [self._published(source, path) for source, path in self.published.values()]
        own = [
            self._entry(path, source=record, title=f"Own file: {record}", licence="own data")
            for record, path in self.own.items()
        ]
        further = [
            self._entry(
                path,
                source=f"tables.{name}",
                title=f"Own table: {name}",
                licence="own data",
                vintage=self.study.tables[name].vintage or "as its codes tell",
            )
            for name, path in self.tables.items()
        ]
        return published + own + further + self._asked()

    def _asked(self) -> list[dict[str, Any]]:
        """Describe the service that may have been asked for postcodes, which has no file."""
        if not any(isinstance(self.postcodes_of(whose), PostcodesIo) for whose in ASKED_FOR):
            return []
        source = catalogue()["postcodes_io"]
        facts = ("title", "publisher", "vintage", "licence", "attribution")
        return [
            {
                "source": source.id,
                **{name: getattr(source, name) for name in facts},
                "file": "asked when built",
                "sha256": "",
            }
        ]

    def _published(self, source: Source, path: Path) -> dict[str, Any]:
        """Describe a publisher's file; a made-up one only has its layout."""
        if self.study.fictional:
            return self._entry(
                path,
                source=source.id,
                title=f"Made-up figures in the layout of: {source.title}",
                licence="made up, nothing of the publisher's is in it",
                attribution=MADE_UP,
            )
        return self._entry(
            path,
            source=source.id,
            title=source.title,
            publisher=source.publisher,
            vintage=source.vintage,
            licence=source.licence,
            attribution=source.attribution,
        )

    def _entry(self, path: Path, **facts: str) -> dict[str, Any]:
        blank = {"publisher": self.study.name, "vintage": "as given", "attribution": ""}
        return blank | facts | {"file": path.name, "sha256": self.hashes[path]}


def postcodes_of(
    study: Study, whose: str, directory: tuple[Source, Path] | None, kept: Path
) -> Postcodes | None:
    """Return how a study looks postcodes up; see `Inputs.postcodes_of`."""
    if directory is not None:
        return lambda _: read(*directory)
    if not getattr(study.postcodes_io, whose):
        return None
    return PostcodesIo(kept if whose == "places" else None)


def find_inputs(study: Study, raw: Path | None, workspace: Workspace) -> Inputs:
    """
    Find every file the study needs and those it can use.

    Parameters
    ----------
    raw
        A folder of published files, searched with its subfolders. Default: `data/raw/<study>` with
        its subfolders, then `data/raw` without, where other studies have theirs.

    Raises
    ------
    MissingSourceError
        Names every file that is needed and was not found, and where it can be had.
    InvalidStudyError
        If the study chooses a source that is not in the catalogue.
    """
    if faults := choice_faults(study.sources):
        raise InvalidStudyError(f"{study.id}.toml: sources: {'; '.join(faults)}.")
    folders = [raw] if raw is not None else [workspace.raw / study.id, workspace.raw]
    absent = [folder for folder in folders if not folder.is_dir()]
    if len(absent) == len(folders):
        raise MissingSourceError(
            f"There is no folder {absent[0]}. Name the folder of open data with --from."
        )
    found = _published(study, folders)
    places = [*folders, workspace.raw / study.id]
    own = {name: _own_file(f"own.{name}", own.file, places) for name, own in study.own.items()}
    tables = {
        name: _own_file(f"tables.{name}", table.file, places)
        for name, table in study.tables.items()
    }
    personal = {path for record, path in own.items() if record in PERSONAL}
    plain = {path for _, path in found.values()} | {*own.values(), *tables.values()}
    hashes = {path: _hashed(path, sha256) for path in plain - personal}
    if personal:
        key = MADE_UP_KEY if study.fictional else disclosure.secret(workspace.processed)
        keyed = partial(disclosure.keyed_hash, key=key)
        hashes |= {path: _hashed(path, keyed) for path in personal}
    return Inputs(study, found, own, tables, hashes, workspace.raw / KEPT)


def _published(study: Study, folders: Sequence[Path]) -> dict[str, tuple[Source, Path]]:
    wanted = _wanted(study)
    found = locate(_candidates(folders), chosen=study.sources)
    missing = [role for role in sorted(wanted | study.sources.keys()) if role not in found]
    if missing:
        first = {source.role: source.id for source in reversed(list(catalogue().values()))}
        ids = [study.sources.get(role, first[role]) for role in missing]
        raise MissingSourceError(missing_sentence(ids, folders))
    usable = {*wanted, *OPTIONAL, *OPTIONAL_FOR[study.learn_from]}
    return {role: entry for role, entry in found.items() if role in usable}


def _candidates(folders: Sequence[Path]) -> list[Path]:
    """
    Return the files of the first folder and its subfolders, and of the rest without other studies.

    In the rest, a subfolder counts if it is named after a source, as downloads are.
    """
    first, *others = folders
    paths = _visible(first)
    for folder in others:
        paths += [path for path in sorted(folder.glob("*")) if path.is_file()]
        paths += [path for id_ in catalogue() for path in _visible(folder / id_)]
    return paths


def _visible(folder: Path) -> list[Path]:
    """Return the files below a folder; hidden ones are half-made downloads and the like."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _hashed(path: Path, digest: Callable[[Path], str]) -> str:
    try:
        return digest(path)
    except OSError as error:
        raise MissingSourceError(
            f"{path} cannot be opened ({error.strerror}). Put a readable file in its place."
        ) from None


def _wanted(study: Study) -> set[str]:
    wanted = set(NEEDED)
    if study.learn_from == "online_returns":
        wanted |= {"online_returns", "changes"}
    return wanted


def _own_file(called: str, name: str, folders: Sequence[Path]) -> Path:
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise MissingSourceError(
        f"{called}: {name} was not found in "
        f"{', '.join(str((folder / name).parent) for folder in dict.fromkeys(folders))}. Put it "
        "there or correct the study file."
    )
