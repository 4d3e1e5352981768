"""Where postcodes lie, asked of postcodes.io: on the internet, so only when switched on.

Only postcodes are sent, each once and in alphabetical order, so that neither the order of a list
nor how many live behind a postcode can be told from a question. What is kept of the answers is
decided by the caller: those for places may lie on the disk, those for homes and people may not. A
hash would not hide them: all 1.7 million postcodes can be hashed in a second.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mapping.errors import DownloadError, InvalidTableError
from mapping.sources.delimited import read_csv
from mapping.sources.transfer import Again, Limits, ask, chunks, new_session, persist
from mapping.tables import Column, check
from mapping.workspace import write_text

if TYPE_CHECKING:
    import requests

ADDRESS = "https://api.postcodes.io/postcodes"
BATCH = 100  # the most that the service takes at once
ANSWER = 1_000_000  # bytes: ten times what an answer to a full batch has
EAST, NORTH = 800_000, 1_400_000  # metres: what the national grid can hold
KEPT = ("postcode", "easting", "northing")


@dataclass(frozen=True, eq=False)
class PostcodesIo:
    """
    The service as a directory of postcodes; see `mapping.sources.records.Postcodes`.

    Parameters
    ----------
    cache
        A file that keeps answers for later; None = nothing is kept, as for personal records.
    address
        Where the service is.
    limits
        As for `mapping.sources.transfer.transfer`.
    """

    cache: Path | None = None
    address: str = ADDRESS
    limits: Limits | None = None

    def __call__(self, wanted: pd.Index) -> pd.DataFrame:
        """
        Return the position of each postcode that the service knows.

        Parameters
        ----------
        wanted
            In upper case and without spaces.

        Returns
        -------
        pandas.DataFrame
            By `postcode`: `easting` and `northing`. One that is not known has no row.

        Raises
        ------
        DownloadError
            If the service cannot be asked, or answers another question than was put.
        """
        known = _held(self.cache)
        missing = sorted({*wanted} - known.keys())
        limits = self.limits or Limits()
        with new_session() as session:
            for at in range(0, len(missing), BATCH):
                known |= _asked(missing[at : at + BATCH], self.address, session, limits)
                # Batch by batch: what was answered before a fault need not be asked again.
                _keep(known, self.cache)
        rows = {code: known[code] for code in wanted if code in known}
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(KEPT[1:]), dtype=float)
        return frame.rename_axis(KEPT[0])


def _asked(
    batch: list[str], address: str, session: "requests.Session", limits: Limits
) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = persist(
        lambda: _attempt(batch, address, session, limits), address=address, limits=limits
    )
    return found


def _attempt(
    batch: list[str], address: str, session: "requests.Session", limits: Limits
) -> dict[str, tuple[float, float]]:
    response = ask(
        address,
        session=session,
        limits=limits,
        method="POST",
        json={"postcodes": batch},
        # Nobody else is told: an answer that points elsewhere is no answer.
        allow_redirects=False,
    )
    if response.status_code != 200:
        response.close()
        raise DownloadError(_strange(address, f"status {response.status_code}"))
    body = b""
    for chunk in chunks(response, limits=limits):
        body += chunk
        if len(body) > ANSWER:
            response.close()
            raise DownloadError(_strange(address, "far more than was asked for"))
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and len(body) != int(announced):
        raise Again("the answer broke off")
    try:
        return dict(_positions(json.loads(body)["result"], batch))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DownloadError(_strange(address, "no list of the postcodes asked for")) from None


def _positions(result: Any, batch: list[str]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the postcodes that have a place; one answer for each question, none for another."""
    if sorted(entry["query"] for entry in result) != batch:
        raise ValueError(result)
    for entry in result:
        place: Mapping[str, Any] = entry["result"] or {}
        # A postcode of the Channel Islands is known and has no place in the grid.
        if place.get("eastings") is None or place.get("northings") is None:
            continue
        x, y = float(place["eastings"]), float(place["northings"])
        if not (0 < x < EAST and 0 < y < NORTH):
            raise ValueError(place)
        yield entry["query"], (x, y)


def _strange(address: str, what: str) -> str:
    return (
        f"{address}: the service answers with {what}, so no postcode was placed by it. Try again "
        "later, or put the ONS Postcode Directory or Code-Point Open among the raw files."
    )


def kept(path: Path) -> pd.DataFrame:
    """Read what was kept of answers: `easting` and `northing` by `postcode`."""
    rules = (
        Column("postcode", "text", unique=True),
        Column("easting", low=0, high=EAST),
        Column("northing", low=0, high=NORTH),
    )
    frame = read_csv(path, {name: name for name in KEPT})
    return check(frame, rules, where=path.name).set_index("postcode")[list(KEPT[1:])]


def _held(cache: Path | None) -> dict[str, tuple[float, float]]:
    """Return what was kept; a file that cannot be read holds nothing, and is written anew."""
    if cache is None or not cache.is_file():
        return {}
    with suppress(InvalidTableError):
        return {code: (x, y) for code, x, y in kept(cache).itertuples()}
    return {}


def _keep(known: Mapping[str, tuple[float, float]], cache: Path | None) -> None:
    if cache is None:
        return
    lines = [f"{code},{x:.0f},{y:.0f}" for code, (x, y) in sorted(known.items())]
    write_text("\n".join([",".join(KEPT), *lines]) + "\n", cache)
