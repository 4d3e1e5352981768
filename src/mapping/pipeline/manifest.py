"""What was built from what: reuse of steps, and tables that are whole or not there.

A table's file name ends in the key of the step that made it, and the manifest, written last, says
which files belong together. An interrupted build therefore leaves the earlier manifest and every
table it names as they were.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from mapping import __version__
from mapping.disclosure import refuse_personal
from mapping.errors import NotBuiltError
from mapping.workspace import replacing, sha256, write_text

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done, and how many there are."""

KEY_LENGTH = 12
WIDE = 200  # columns from which on a table of numbers (draws) is packed
PACKED = b"packed"


@dataclass(frozen=True, eq=False)
class Step:
    """Tables made by one step, and notes that JSON can hold."""

    tables: Mapping[str, pd.DataFrame]
    notes: Mapping[str, Any] = field(default_factory=dict)


def key_of(*parts: object) -> str:
    """Return a short hash of anything JSON can hold (other things by their text)."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


@cache
def code_version() -> str:
    """Return the version and a hash of this library's own files: other code, other results."""
    return f"{__version__}+{code_of('.')}"


def code_of(*parts: str) -> str:
    """
    Return a hash of some of this library's files and folders, named from its root.

    Raises
    ------
    FileNotFoundError
        If one is not there: a part that was renamed would no longer be heeded.
    """
    digest = hashlib.sha256()
    root = Path(str(files("mapping")))
    for part in parts:
        (root / part).stat()
    found = {path for part in parts for path in [root / part, *(root / part).rglob("*")]}
    # Templates, styles and scripts make pages as much as code does; caches come and go.
    for path in sorted(found):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:KEY_LENGTH]


class Manifest:
    """
    The record of one processed folder.

    Parameters
    ----------
    folder
        `data/processed/<study>`; made when something is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._earlier = _read_manifest(folder)
        self._steps: dict[str, Any] = {}
        self.reused: list[str] = []

    def step(self, name: str, key: str, make: Callable[[], Step]) -> Step:
        """Return a step's result: as it was saved if its key is the same, else made and saved."""
        self.keep(name, key, make)
        return _read_step(self.folder, self._steps[name])

    def keep(self, name: str, key: str, make: Callable[[], Step]) -> None:
        """Make and save a step unless it was saved with the same key; nothing is read back."""
        earlier = self._earlier.get("steps", {}).get(name)
        if earlier and earlier["key"] == key and _whole(self.folder, earlier):
            self._steps[name] = earlier
            self.reused.append(name)
            return
        made = make()
        tables = {}
        for table, frame in made.tables.items():
            path = self.folder / f"{table}-{key}.parquet"
            _write_table(frame, path)
            tables[table] = {"file": path.name, "sha256": sha256(path)}
        self._steps[name] = {"key": key, "tables": tables, "notes": dict(made.notes)}

    def commit(self, **facts: Any) -> None:
        """Put the manifest in place and remove tables that no step names any more."""
        content = {"code": code_version(), **facts, "steps": self._steps}
        if content == self._earlier:
            return
        text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
        write_text(text + "\n", self.folder / "manifest.json")
        named = {t["file"] for step in self._steps.values() for t in step["tables"].values()}
        for path in self.folder.glob("*.parquet"):
            if path.name not in named:
                path.unlink()


def read_steps(folder: Path, study: str) -> tuple[dict[str, Any], dict[str, Step]]:
    """
    Read everything a build saved.

    Raises
    ------
    NotBuiltError
        If the study was not built, or a table is missing or not the one that was saved.
    """
    content = _read_manifest(folder)
    if not content.get("steps"):
        raise NotBuiltError(f"Study '{study}' is not built yet. Run: mapping build --study {study}")
    for step in content["steps"].values():
        if not _whole(folder, step):
            raise NotBuiltError(
                f"Built tables of '{study}' are missing or damaged in {folder}. Run: mapping build "
                f"--study {study}"
            )
    return content, {name: _read_step(folder, step) for name, step in content["steps"].items()}


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest, nothing if there is none that can be relied on."""
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for step in content["steps"].values():
            _ = step["key"], step["notes"], [(t["file"], t["sha256"]) for t in _tables(step)]
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return content


def _tables(step: Mapping[str, Any]) -> list[dict[str, str]]:
    return list(step["tables"].values())


def _whole(folder: Path, step: Mapping[str, Any]) -> bool:
    paths = [(folder / table["file"], table["sha256"]) for table in _tables(step)]
    return all(path.is_file() and sha256(path) == digest for path, digest in paths)


def _read_step(folder: Path, step: Mapping[str, Any]) -> Step:
    tables = {name: _read_table(folder / table["file"]) for name, table in step["tables"].items()}
    return Step(tables, step["notes"])


def _write_table(frame: pd.DataFrame, path: Path) -> None:
    refuse_personal(frame, what=path.name)
    stored = frame.rename(columns=str)
    with replacing(path) as temporary:
        if stored.shape[1] >= WIDE:
            parquet.write_table(_packed(stored), temporary)
        else:
            stored.to_parquet(temporary)


def _read_table(path: Path) -> pd.DataFrame:
    metadata = parquet.read_schema(path).metadata or {}
    if PACKED in metadata:
        return _unpacked(parquet.read_table(path), json.loads(metadata[PACKED]))
    return gpd.read_parquet(path) if b"geo" in metadata else pd.read_parquet(path)


def _packed(frame: pd.DataFrame) -> pa.Table:
    """Return a table of numbers with one list a row: reading a thousand columns takes long."""
    numbers = pa.array(frame.to_numpy(float).ravel())
    rows = pa.FixedSizeListArray.from_arrays(numbers, frame.shape[1])
    told = {"index": frame.index.name, "columns": list(frame.columns)}
    table = pa.table({"index": pa.array(frame.index), "numbers": rows})
    return table.replace_schema_metadata({PACKED: json.dumps(told)})


def _unpacked(table: pa.Table, told: Mapping[str, Any]) -> pd.DataFrame:
    numbers = table["numbers"].combine_chunks().flatten().to_numpy()
    index = pd.Index(table["index"].to_pandas(), name=told["index"])
    return pd.DataFrame(numbers.reshape(len(index), -1).copy(), index, told["columns"])
