"""Where raw, processed and exported files live: a value that is passed in, never a global."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Workspace:
    """
    The folders of one working copy.

    Parameters
    ----------
    root
        The folder that holds `studies/`, `data/` and `exports/`; nothing is made until written to.
    """

    root: Path = Path()

    @classmethod
    def around(cls, folder: Path) -> Self:
        """
        Return the workspace that `folder` lies in: a notebook need not know where it was opened.

        It is the nearest folder, upwards from `folder` itself, that holds `studies/` or
        `pyproject.toml`; `folder` itself where there is none.

        Examples
        --------
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp()).resolve()
        >>> for folder in ("studies", "notebooks"):
        ...     (root / folder).mkdir()
        >>> Workspace.around(root / "notebooks").root == root
        True
        """
        start = folder.resolve()
        marked = (
            place
            for place in (start, *start.parents)
            if (place / "studies").is_dir() or (place / "pyproject.toml").is_file()
        )
        return cls(next(marked, start))

    @property
    def studies(self) -> Path:
        """Study files, one TOML text each."""
        return self.root / "studies"

    @property
    def raw(self) -> Path:
        """Downloads and the analyst's own files, never edited."""
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        """Built tables, one folder per study."""
        return self.root / "data" / "processed"

    @property
    def exports(self) -> Path:
        """Maps, tables and summaries for other people, one folder per study."""
        return self.root / "exports"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """
    Give a temporary name beside `path` to write to, and rename it when the block succeeds.

    The file at `path` is therefore always whole: the old one until the block ends, the new one
    after. If the block fails or is interrupted the temporary file is removed and `path` is as it
    was.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "needs.csv") as temporary:
    ...     _ = temporary.write_text("area,need")
    >>> [file.name for file in folder.iterdir()]
    ['needs.csv']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays, because file formats are chosen by it.
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: Path) -> Path:
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return path


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
