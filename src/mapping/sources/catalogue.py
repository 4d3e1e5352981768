"""The catalogue of sources, and finding their files in a folder."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True)
class Source:
    """
    One published source.

    Parameters
    ----------
    id
        Its name in study files and in the manifest.
    role
        What a study uses it for, such as "tenure"; the first source of a role whose file is found
        is used.
    title, publisher, licence, vintage, url
        As the publisher states them.
    attribution
        The line that maps and papers made with it must carry.
    geography
        The level of its rows: "lsoa21", "lsoa11", "ward24", "point", "link".
    reader
        The name of its reader in `mapping.sources.readers`.
    files
        File-name patterns, in order of preference.
    download
        The name under which a program keeps what `url` answers; "" = a person has to download it.
    columns
        Headers without which a file is not what it should be; one that ends in "…" is known by its
        beginning. Empty for shapes and answers that are no tables.
    sha256
        Of the publisher's file, where that never changes; "" = not fixed.
    aside
        Whether it is fetched only when asked for by name.
    proven
        Whether `url` was called and gave what the reader reads.
    """

    id: str
    role: str
    title: str
    publisher: str
    licence: str
    vintage: str
    geography: str
    reader: str
    url: str
    attribution: str
    files: tuple[str, ...]
    columns: tuple[str, ...] = ()
    download: str = ""
    sha256: str = ""
    aside: bool = False
    proven: bool = False


@cache
def catalogue() -> Mapping[str, Source]:
    """Return every source by id, in the order of the catalogue file."""
    text = files("mapping.sources").joinpath("sources.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)
    attributions = entries.pop("attribution")
    return MappingProxyType(
        {
            id_: Source(
                id=id_,
                **entry
                | {
                    "files": tuple(entry["files"]),
                    "columns": tuple(entry.get("columns", ())),
                    "attribution": attributions[entry["attribution"]],
                },
            )
            for id_, entry in entries.items()
        }
    )


def locate(
    candidates: Sequence[Path], *, chosen: Mapping[str, str]
) -> dict[str, tuple[Source, Path]]:
    """
    Find the file of each role among `candidates`.

    Parameters
    ----------
    candidates
        Files, known by their names; of two that fit equally well the first is taken.
    chosen
        Role to source id, where a study insists on one; see `choice_faults`.

    Returns
    -------
    dict
        Role to source and file, for the roles that were found.
    """
    found: dict[str, tuple[Source, Path]] = {}
    for source in catalogue().values():
        if source.role in found or chosen.get(source.role, source.id) != source.id:
            continue
        path = _first_match(candidates, source.files)
        if path is not None:
            found[source.role] = (source, path)
    return found


def _first_match(candidates: Iterable[Path], patterns: Iterable[str]) -> Path | None:
    for pattern in patterns:
        for path in candidates:
            if fnmatchcase(path.name.lower(), pattern.lower()):
                return path
    return None


def choice_faults(chosen: Mapping[str, str]) -> list[str]:
    """
    Say which choices of a source are not in the catalogue, and what can be chosen instead.

    Examples
    --------
    >>> choice_faults({"tenure": "census2011"})
    ["tenure = 'census2011' is not in the catalogue (known for tenure: census2021_ts054)"]
    """
    known: dict[str, list[str]] = {}
    for source in catalogue().values():
        known.setdefault(source.role, []).append(source.id)
    faults = [
        f"'{role}' is no role of a source (known: {', '.join(known)})"
        for role in chosen
        if role not in known
    ]
    return faults + [
        f"{role} = '{id_}' is not in the catalogue (known for {role}: {', '.join(known[role])})"
        for role, id_ in chosen.items()
        if id_ not in known.get(role, [id_])
    ]


def listing() -> str:
    """
    Return the catalogue as a table in Markdown, as the README shows it.

    `python -c "from mapping.sources.catalogue import listing; print(listing())"` prints it.
    """
    head = ("used for", "source", "publisher", "vintage", "licence")
    rows = [
        (source.role.replace("_", " "), source.title, source.publisher, source.vintage,
         source.licence)
        for source in catalogue().values()
    ]  # fmt: skip
    rule = "|---" * len(head) + "|"
    return "\n".join([_line(head), rule, *map(_line, rows)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def missing_sentence(ids: Iterable[str], folders: Iterable[Path]) -> str:
    """Say which sources were not found where, and where each can be had."""
    wanted = "; ".join(
        f"{source.title} (file {source.files[0]}, from {source.url})"
        for source in map(catalogue().__getitem__, ids)
    )
    places = ", ".join(str(folder) for folder in folders)
    return f"Not found in {places}: {wanted}. Put the file there, or name its folder with --from."
