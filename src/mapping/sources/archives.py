"""Zip files from elsewhere, looked at before anything in them is used."""

import zipfile
from pathlib import Path, PurePosixPath

from mapping.errors import DownloadError

# Open data compresses ten times, census tables of small areas up to forty; a bomb a thousand times.
MOST_EXPANDED = 200
MOST_BYTES = 5_000_000_000
MOST_MEMBERS = 2_000


def check_zip(path: Path, *, where: str) -> None:
    """
    Refuse a zip file that is damaged, would write outside its folder or would fill the disk.

    Parameters
    ----------
    where
        What the sentence begins with: an address or a file name.

    Raises
    ------
    DownloadError
        Naming the member at fault.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            fault = _fault(members) or _damage(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        fault = f"is no readable zip file ({error})"
    if fault:
        raise DownloadError(f"{where}: {fault}. Nothing of it was used; fetch it again.")


def _fault(members: list[zipfile.ZipInfo]) -> str:
    """Return what is wrong by the table of contents alone, before a byte is unpacked."""
    if len(members) > MOST_MEMBERS:
        return f"holds {len(members):,} files, more than {MOST_MEMBERS:,}"
    outside = [member.filename for member in members if _leaves(member)]
    if outside:
        return f"holds a file that would land outside its folder ({outside[0][:80]!r})"
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if size > MOST_BYTES or size > MOST_EXPANDED * max(packed, 1) + 1_000_000:
        return f"would unpack to {size:,} bytes from {packed:,}"
    return ""


def _leaves(member: zipfile.ZipInfo) -> bool:
    name = member.filename.replace("\\", "/")
    path = PurePosixPath(name)
    link = (member.external_attr >> 16) & 0o170000 == 0o120000
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or link


def _damage(archive: zipfile.ZipFile) -> str:
    damaged = archive.testzip()
    return f"is damaged at {damaged!r}" if damaged else ""
