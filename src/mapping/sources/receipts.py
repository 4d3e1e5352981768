"""What is known of a fetched file, kept beside it: address, time, hash, licence."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from mapping.workspace import write_text

SUFFIX = ".source.json"


@dataclass(frozen=True)
class Receipt:
    """
    Where a file came from.

    Parameters
    ----------
    source
        Its id in the catalogue.
    title, publisher, licence, vintage
        As in the catalogue when it was fetched.
    address
        Where it was fetched from.
    fetched
        When, in UTC (ISO 8601).
    sha256, size
        Of the file, in hexadecimal and bytes.
    version
        What the server calls this version (`ETag`, `Last-Modified`).
    """

    source: str
    title: str
    publisher: str
    licence: str
    vintage: str
    address: str
    fetched: str
    sha256: str
    size: int
    version: Mapping[str, str] = field(default_factory=dict)

    def save(self, path: Path) -> Path:
        """Write the receipt of the file at `path` beside it."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        return write_text(text + "\n", beside(path))

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """Return the receipt beside a file; None if there is none that can be read."""
        try:
            return cls(**json.loads(beside(path).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def beside(path: Path) -> Path:
    """Return where the receipt of a file lies."""
    return path.with_name(path.name + SUFFIX)
