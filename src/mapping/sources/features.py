"""Layers of an ArcGIS feature service, page by page, as ONS Open Geography publishes them.

A service hands out at most some thousand rows at a time and says errors with status 200. Pages are
asked for in the order of the object id, so that none is missed or comes twice, and are kept until
the last is here: an interrupted download goes on where it stopped.
"""

import csv
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapping.errors import DownloadError
from mapping.sources.transfer import TRY_AGAIN, Again, Limits, Tell, ask, chunks, persist
from mapping.workspace import write_text

if TYPE_CHECKING:
    import requests

PAGE = 2_000
# What each form of answer is asked in: longitude and latitude, or the national grid.
REFERENCE = {"geojson": "4326", "json": "27700"}


def fetch_features(
    address: str,
    path: Path,
    *,
    session: "requests.Session",
    limits: Limits,
    tell: Tell,
    known: Mapping[str, str],
) -> dict[str, str] | None:
    """
    Write a whole layer to a file: GeoJSON in longitude and latitude, or CSV for a bare table.

    Parameters
    ----------
    address
        Of the layer's query: `…/FeatureServer/0/query`.
    path
        Where to; its suffix, `.geojson` or `.csv`, says what to write.
    known
        The version already held; nothing is brought if the layer was not edited since.

    Returns
    -------
    dict or None
        What names this version: number of rows and time of the last edit; None if nothing changed.

    Raises
    ------
    DownloadError
        If the service refuses, or its rows changed while they were fetched.
    """
    service = _Service(address, session, limits)
    layer = service.layer()
    version = {"rows": str(service.count()), "edited": _edited(layer)}
    if version["edited"] and version == dict(known):
        return None
    pages = path.with_name(f"{path.name}.pages")
    _start(pages, version)
    total = int(version["rows"])
    key, size = str(layer["objectIdField"]), min(int(layer.get("maxRecordCount") or PAGE), PAGE)
    form, write = ("geojson", _write_geojson) if path.suffix == ".geojson" else ("json", _write_csv)
    done = 0
    while done < total:
        rows = _page(pages, done, partial(service.page, done, size, key, form))
        done += len(rows)
        tell(done, total)
    seen = write(_rows(pages), path, key)
    shutil.rmtree(pages)
    if seen != total:
        raise DownloadError(
            f"{address}: {seen:,} different rows came instead of {total:,}: the layer changed "
            "while it was fetched. Run it again."
        )
    return version


class _Service:
    """The questions one layer answers; each is asked again where that may help."""

    def __init__(self, address: str, session: "requests.Session", limits: Limits) -> None:
        self.address, self._session, self._limits = address, session, limits

    def layer(self) -> dict[str, Any]:
        """Return what the layer says of itself."""
        found = self._json(self.address.removesuffix("/query"), {})
        if "objectIdField" not in found:
            raise DownloadError(
                f"{self.address}: no feature layer answers there (no objectIdField). The address "
                "may have moved; look on the publisher's page."
            )
        return found

    def count(self) -> int:
        """Return the number of rows."""
        found = self._json(self.address, {"where": "1=1", "returnCountOnly": "true"})
        if not isinstance(found.get("count"), int):
            raise DownloadError(f"{self.address}: the service does not say how many rows it has.")
        return int(found["count"])

    def page(self, offset: int, size: int, key: str, form: str) -> list[dict[str, Any]]:
        """Return rows from `offset` on: GeoJSON features, or attributes with a point in metres."""
        question = {
            "where": "1=1",
            "outFields": "*",
            "outSR": REFERENCE[form],
            "orderByFields": key,
            "resultOffset": str(offset),
            "resultRecordCount": str(size),
        }
        return list(self._json(self.address, question, form=form, wanted="features")["features"])

    def _json(
        self, address: str, question: Mapping[str, str], *, form: str = "json", wanted: str = ""
    ) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            found = _parsed(self._body(address, {"f": form, **question}))
            _refuse(found, address)
            if wanted and not found.get(wanted):
                raise Again("the service sent a page without rows")
            return found

        return dict(persist(once, address=address, limits=self._limits))

    def _body(self, address: str, question: Mapping[str, str]) -> bytes:
        response = ask(address, session=self._session, limits=self._limits, params=question)
        body = bytearray()
        for chunk in chunks(response, limits=self._limits):
            body += chunk
            if len(body) > self._limits.size:
                raise DownloadError(f"{address}: a page of more than {self._limits.size:,} bytes.")
        return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise Again("the service sent something that is no JSON") from None
    if not isinstance(found, dict):
        raise Again("the service sent something that is no answer")
    return found


def _refuse(found: Mapping[str, Any], address: str) -> None:
    """Refuse an error, which an ArcGIS service says in the body, with status 200."""
    error = found.get("error")
    if not isinstance(error, dict):
        return
    told = f"{error.get('code', '')} {error.get('message', '')}".strip()
    if error.get("code") in TRY_AGAIN:
        raise Again(f"the service answers {told}")
    raise DownloadError(
        f"{address}: the service answers: {told}. The layer may have been renamed; look on the "
        "publisher's page."
    )


def _edited(layer: Mapping[str, Any]) -> str:
    info = layer.get("editingInfo")
    return str(info.get("lastEditDate") or "") if isinstance(info, dict) else ""


def _start(pages: Path, version: Mapping[str, str]) -> None:
    """Keep the pages of an earlier attempt if they are of the same version."""
    note = pages / "version.json"
    same = note.is_file() and note.read_text(encoding="utf-8") == json.dumps(version)
    if not same or not version["edited"]:
        shutil.rmtree(pages, ignore_errors=True)
    write_text(json.dumps(version), note)


def _page(pages: Path, offset: int, asked: Callable[[], list[Any]]) -> list[Any]:
    """Return the rows from an offset on, from the disk if they came before."""
    path = pages / f"{offset:09d}.json"
    if path.is_file():
        return list(json.loads(path.read_text(encoding="utf-8")))
    rows = asked()
    write_text(json.dumps(rows, ensure_ascii=False), path)
    return rows


def _rows(pages: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(pages.glob("[0-9]*.json")):
        yield from json.loads(path.read_text(encoding="utf-8"))


def _write_geojson(rows: Iterable[dict[str, Any]], path: Path, key: str) -> int:
    seen: set[object] = set()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for row in rows:
            file.write(",\n" if seen else "\n")
            json.dump(row, file, ensure_ascii=False)
            seen.add(row["properties"].get(key, row.get("id")))
        file.write("\n]}\n")
    return len(seen)


def _write_csv(rows: Iterable[dict[str, Any]], path: Path, key: str) -> int:
    seen: set[object] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            cells = _point(row) | row["attributes"]
            if writer is None:
                writer = csv.DictWriter(file, list(cells), restval="", extrasaction="ignore")
                writer.writeheader()
            writer.writerow(cells)
            seen.add(cells[key])
    return len(seen)


def _point(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a row's point lies, in metres of the national grid, as the portal's CSV does."""
    place = row.get("geometry") or {}
    return {axis: place[axis] for axis in ("x", "y") if axis in place}
