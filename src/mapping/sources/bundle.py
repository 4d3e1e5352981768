"""Raw files on a stick: from a machine with internet to one without."""

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from mapping.errors import DownloadError, MissingSourceError
from mapping.sources.archives import check_zip
from mapping.sources.catalogue import Source, catalogue, locate
from mapping.sources.fetching import HALF_MADE, Got, copied, place
from mapping.sources.receipts import SUFFIX, Receipt, beside
from mapping.workspace import replacing, sha256

INDEX = "bundle.json"


def write_bundle(folder: Path, path: Path) -> list[Path]:
    """
    Write every file below `folder` that has a receipt into one zip file, whole or not at all.

    Returns
    -------
    list
        What it holds.

    Raises
    ------
    MissingSourceError
        If there is nothing to bundle.
    DownloadError
        If a file is not as it was fetched.
    """
    held = {file: Receipt.of(file) for file in with_receipt(folder)}
    if not held:
        raise MissingSourceError(f"{folder} holds no fetched files. Fetch some first: mapping get.")
    hashes = {str(file.relative_to(folder).as_posix()): sha256(file) for file in held}
    changed = [
        file.name
        for file, receipt in held.items()
        if receipt is None or hashes[file.relative_to(folder).as_posix()] != receipt.sha256
    ]
    if changed:
        raise DownloadError(
            f"{', '.join(changed)}: not as fetched. Fetch them again before they are bundled: "
            "mapping get."
        )
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(INDEX, json.dumps(hashes, indent=1))
        for file in held:
            for member in (file, beside(file)):
                # Publishers' zip files do not shrink again; tables and outlines do.
                packing = zipfile.ZIP_STORED if member.suffix == ".zip" else zipfile.ZIP_DEFLATED
                archive.write(member, member.relative_to(folder).as_posix(), packing)
    return list(held)


def bring(origin: Path, folder: Path) -> list[Got]:
    """
    Bring files from a bundle, or from a folder of downloads, into the folder of raw data.

    Each goes through the checks of a download.

    Parameters
    ----------
    origin
        A bundle (see `write_bundle`), or a folder whose files are recognised by their names.
    folder
        Of raw data.

    Raises
    ------
    MissingSourceError
        If there is nothing to bring.
    DownloadError
        If the bundle or a file is damaged or not what it should be; what was there stays.
    """
    if not origin.exists():
        raise MissingSourceError(f"There is no file or folder {origin}.")
    unpacked = folder / HALF_MADE
    try:
        found = list(_recognised(origin) if origin.is_dir() else _unpacked(origin, unpacked))
        if not found:
            raise MissingSourceError(
                f"{origin} holds no file that the catalogue knows. The README lists the names."
            )
        return [_brought(source, file, folder) for source, file in found]
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def with_receipt(folder: Path) -> list[Path]:
    """Return the files below a folder that have a receipt, in the order of their names."""
    receipts = sorted(folder.rglob(f"*{SUFFIX}"))
    files = (path.with_name(path.name.removesuffix(SUFFIX)) for path in receipts)
    return [file for file in files if file.is_file()]


def _brought(source: Source, file: Path, folder: Path) -> Got:
    path = folder / source.id / file.name
    receipt = Receipt.of(file)
    if path.is_file() and sha256(path) == sha256(file) and Receipt.of(path):
        return Got(source, path, changed=False)
    part = copied(file, path.parent / HALF_MADE / path.name)
    known = receipt is not None and receipt.sha256 == sha256(file)
    address = receipt.address if receipt and known else f"brought from {file.name}"
    place(source, part, path, address=address, version=receipt.version if receipt and known else {})
    return Got(source, path, changed=True)


def _recognised(folder: Path) -> Iterator[tuple[Source, Path]]:
    """Find every source whose file is there, of one role or not."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for source in catalogue().values():
        found = locate(files, chosen={source.role: source.id}).get(source.role)
        if found is not None:
            yield found


def _unpacked(bundle: Path, folder: Path) -> Iterator[tuple[Source, Path]]:
    """Unpack a bundle and compare every file with the list in it."""
    check_zip(bundle, where=bundle.name)
    with zipfile.ZipFile(bundle) as archive:
        if INDEX not in archive.namelist():
            raise DownloadError(
                f"{bundle.name}: no bundle of this workbench (it holds no {INDEX}). Write one with "
                "mapping get --bundle FILE, or name a folder of downloads."
            )
        held = set(archive.namelist())
        archive.extractall(folder)  # check_zip has refused what would leave the folder
    hashes = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    damaged = [
        name
        for name, digest in hashes.items()
        if name not in held or _digest(folder / name) != digest
    ]
    if damaged:
        raise DownloadError(
            f"{bundle.name}: damaged or incomplete: {', '.join(damaged)}. Write it again with: "
            "mapping get --bundle FILE."
        )
    yield from _by_receipt(folder / name for name in hashes)


def _by_receipt(files: Iterable[Path]) -> Iterator[tuple[Source, Path]]:
    for file in files:
        receipt = Receipt.of(file)
        if receipt is None or receipt.source not in catalogue():
            raise DownloadError(
                f"{file.name}: its source is not in this version's catalogue. Use the same version "
                "of the workbench on both machines."
            )
        yield catalogue()[receipt.source], file


def _digest(path: Path) -> str:
    return sha256(path) if path.is_file() else ""
