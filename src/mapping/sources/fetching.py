"""Get published files: fetched, looked at with their own reader, then put in place with a receipt.

A file that cannot be read as its source's is never put in place, so what was there before stays.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mapping.errors import DownloadError, MappingError
from mapping.sources.archives import check_zip
from mapping.sources.catalogue import Source
from mapping.sources.features import fetch_features
from mapping.sources.readers import read
from mapping.sources.receipts import Receipt
from mapping.sources.transfer import Limits, new_session, transfer
from mapping.workspace import sha256

if TYPE_CHECKING:
    import requests

HALF_MADE = ".fetching"

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, what is here of it, and what there will be (None where unknown)."""


@dataclass(frozen=True)
class Got:
    """A source's file in its place; `changed` tells whether it is newer than what was there."""

    source: Source
    path: Path
    changed: bool


def get(
    source: Source,
    folder: Path,
    *,
    session: "requests.Session | None" = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Got:
    """
    Fetch a source into `folder/<source id>/`, or keep what is there if the publisher has no newer.

    Parameters
    ----------
    source
        Of the catalogue; one with a `download` name.
    folder
        Of raw data.
    session
        Default: one that says who asks.

    Raises
    ------
    DownloadError
        If it cannot be fetched, is not what it was, or has to be downloaded by hand. What was in
        place before stays there.
    """
    if not source.download:
        raise DownloadError(by_hand(source))
    path = folder / source.id / source.download
    part = path.parent / HALF_MADE / path.name
    part.parent.mkdir(parents=True, exist_ok=True)
    version = _fetch(
        source,
        part,
        session=session or new_session(),
        limits=limits or Limits(),
        known=_version_of(path),
        progress=progress or (lambda *_: None),
    )
    if version is None:
        return Got(source, path, changed=False)
    place(source, part, path, address=source.url, version=version)
    return Got(source, path, changed=True)


def by_hand(source: Source) -> str:
    """Say how a source without a fixed address is brought."""
    return (
        f"{source.id}: {source.title} has no address that a program may fetch. Download it from "
        f"{source.url} (it is recognised by the name {' or '.join(source.files)}) and bring it "
        "with: mapping get --from FOLDER."
    )


def place(
    source: Source, part: Path, path: Path, *, address: str, version: Mapping[str, str]
) -> None:
    """
    Move a fetched file into its place, if it is what it should be, and write its receipt.

    Raises
    ------
    DownloadError
        If it is not; the file is removed, what was in place stays.
    """
    with _removed_on_fault(part):
        digest = sha256(part)
        _check(source, part, digest, address)
    receipt = Receipt(
        source=source.id,
        title=source.title,
        publisher=source.publisher,
        licence=source.licence,
        vintage=source.vintage,
        address=address,
        fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        sha256=digest,
        size=part.stat().st_size,
        version=version,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Before the file: a receipt that does not fit is noticed, a file without one looks hand-made.
    receipt.save(path)
    part.replace(path)
    if not any(part.parent.iterdir()):
        part.parent.rmdir()


def _fetch(
    source: Source,
    part: Path,
    *,
    session: "requests.Session",
    limits: Limits,
    known: Mapping[str, str],
    progress: Progress,
) -> Mapping[str, str] | None:
    """Bring a source to `part` by the way its address asks for; None if nothing is newer."""

    def tell(done: int, total: int | None) -> None:
        progress(source.download, done, total)

    if "/FeatureServer/" in source.url:
        return fetch_features(
            source.url, part, session=session, limits=limits, tell=tell, known=known
        )
    answer = transfer(source.url, part, session=session, limits=limits, known=known, tell=tell)
    return answer.version if answer.changed else None


def _version_of(path: Path) -> Mapping[str, str]:
    """Return what the server called the version held; nothing if the file is not as fetched."""
    receipt = Receipt.of(path)
    if receipt is None or not path.is_file() or sha256(path) != receipt.sha256:
        return {}
    return receipt.version


def _check(source: Source, part: Path, digest: str, address: str) -> None:
    if source.sha256 and digest != source.sha256:
        raise DownloadError(
            f"{address}: what came is not the file that the catalogue knows (SHA-256 {digest} "
            f"instead of {source.sha256}). Nothing of it was used; fetch it again, and if that "
            "does not help, ask the publisher whether it was reissued."
        )
    if part.suffix == ".zip":
        check_zip(part, where=address)
    try:
        read(source, part)
    except MappingError as error:
        raise DownloadError(
            f"{address}: what came cannot be read as {source.title}: {error} The publisher may "
            "have changed it. What was there before was kept."
        ) from error


@contextmanager
def _removed_on_fault(part: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def copied(file: Path, part: Path) -> Path:
    """Copy a file to where half-made ones lie."""
    part.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, part)
    return part


def downloadable(sources: Sequence[Source]) -> list[Source]:
    """Return the sources that a program fetches unasked: those a plain study uses."""
    return [source for source in sources if source.download and not source.aside]
