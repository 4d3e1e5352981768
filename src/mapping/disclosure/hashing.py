"""Hashes of personal files that tell when a file changes, and nothing else.

Whoever has an older list could find by a plain hash which row was deleted since: hash the list
without each row in turn and compare. A keyed hash (HMAC; RFC 2104) cannot be worked out without the
workspace's secret, which never leaves it.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from mapping.errors import DisclosureError

# Made-up persons need no secret; a fixed key lets their builds come out alike everywhere.
MADE_UP = "00" * 32
MARK = "keyed"
LENGTH = 64  # hexadecimal digits, of the secret as of a hash


def secret(folder: Path) -> str:
    """
    Return the secret of a workspace, in hexadecimal; made at random where there is none yet.

    Parameters
    ----------
    folder
        `data/processed`; the file in it can be read by its owner alone.

    Raises
    ------
    DisclosureError
        If the file was damaged.
    """
    path = folder / "secret.key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        held = path.read_text(encoding="ascii", errors="replace").strip()
        if len(held) != LENGTH or not set(held) <= set("0123456789abcdef"):
            raise DisclosureError(
                f"{path} is damaged. Delete it; studies are then built anew, and scenarios no "
                "longer say whether personal files changed before that."
            ) from None
        return held
    with os.fdopen(handle, "w", encoding="ascii") as file:
        made = secrets.token_hex(LENGTH // 2)
        file.write(made)
    return made


def keyed_hash(path: Path, key: str) -> str:
    """
    Return the HMAC-SHA-256 of a file, marked as keyed and by which key.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "stock.csv"
    >>> _ = path.write_text("home,1")
    >>> keyed_hash(path, MADE_UP)[:20]
    'keyed-2d5b7d26-9d55e'
    """
    raw = bytes.fromhex(key)
    with path.open("rb") as file:
        made = hmac.new(raw, digestmod="sha256")
        while part := file.read(1 << 20):
            made.update(part)
    # The name of the key tells hashes of two workspaces apart, and nothing of the key.
    name = hashlib.sha256(b"name of the key" + raw).hexdigest()[:8]
    return f"{MARK}-{name}-{made.hexdigest()}"


def comparable(one: str, other: str) -> bool:
    """
    Return whether two hashes tell if a file changed: both plain, or made with the same key.

    Examples
    --------
    >>> comparable("keyed-1a-9f", "keyed-1a-7c"), comparable("keyed-1a-9f", "keyed-2b-9f")
    (True, False)
    """
    return _key_name(one) == _key_name(other)


def shown_hash(said: str, digits: int) -> str:
    """
    Return how a hash begins, for a paper; a keyed one is labelled so.

    Examples
    --------
    >>> shown_hash("9f2c77aa", 4), shown_hash("keyed-1a-9f2c77aa", 4)
    ('9f2c', 'keyed: 9f2c')
    """
    begins = said.rpartition("-")[2][:digits]
    return f"{MARK}: {begins}" if _key_name(said) else begins


def _key_name(said: str) -> str:
    return said.split("-")[1] if said.startswith(f"{MARK}-") and said.count("-") > 1 else ""
