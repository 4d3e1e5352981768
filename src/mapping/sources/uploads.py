"""A file that somebody chose in a browser: read from memory, never written anywhere."""

from dataclasses import dataclass, field
from pathlib import PurePath


@dataclass(frozen=True)
class Upload:
    """
    A file in memory that the readers of tables take like one on disk.

    Parameters
    ----------
    name
        As the browser gave it, without folders.
    content
        Its bytes; no part of what is printed of it.

    Examples
    --------
    >>> Upload("survey.csv", b"ward,online")
    Upload(name='survey.csv')
    """

    name: str
    content: bytes = field(repr=False)

    @property
    def suffix(self) -> str:
        """The ending of its name."""
        return PurePath(self.name).suffix

    def is_file(self) -> bool:
        """Return True: it is here."""
        return True

    def read_bytes(self) -> bytes:
        """Return its bytes."""
        return self.content
