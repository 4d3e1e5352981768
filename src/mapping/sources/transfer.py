"""One address to one file over HTTP: whole, checked and resumable, or not at all.

Councils and hospitals sit behind proxies with certificates of their own: requests reads both from
the environment (`HTTPS_PROXY`, `REQUESTS_CA_BUNDLE`). Public servers are asked politely: they are
told who asks, `Retry-After` is kept, and nothing is sent again that is here already.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapping import __version__
from mapping.errors import DownloadError
from mapping.workspace import write_text

if TYPE_CHECKING:
    import requests

AGENT = f"digital-inclusion-mapping/{__version__} (needs mapping; asks once, keeps what it gets)"
CHUNK = 1 << 16
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
PAGE_STARTS = (b"<!doctype html", b"<html")

Tell = Callable[[int, int | None], None]
"""Called with the bytes that are here and the bytes there will be (None where unknown)."""


@dataclass(frozen=True)
class Limits:
    """
    How patient a download is.

    Parameters
    ----------
    size
        Most bytes of one file.
    attempts
        How often an address is asked before giving up.
    silence
        Seconds without a byte after which a connection counts as dead.
    slowest
        Bytes a second; a transfer that is slower after `silence` seconds counts as dead too.
    wait
        Seconds before the second attempt, doubled before each further one.
    longest_wait
        Most seconds a server may ask for with `Retry-After`.
    """

    size: int = 3_000_000_000
    attempts: int = 5
    silence: float = 30.0
    slowest: float = 500.0
    wait: float = 1.0
    longest_wait: float = 120.0


@dataclass(frozen=True)
class Answer:
    """What came of asking: whether the file is new, and what names its version (`ETag` …)."""

    changed: bool
    version: Mapping[str, str]


class Again(Exception):  # noqa: N818 - a signal to `persist`, never shown to a user
    """Says that an attempt failed where another may not; `wait`: seconds the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def new_session() -> "requests.Session":
    """Return a session that says who asks and takes no compression (lengths must mean bytes)."""
    import requests

    session = requests.Session()
    session.headers.update({"User-Agent": AGENT, "Accept-Encoding": "identity"})
    return session


def transfer(
    address: str,
    part: Path,
    *,
    session: "requests.Session",
    limits: Limits | None = None,
    known: Mapping[str, str] | None = None,
    tell: Tell | None = None,
) -> Answer:
    """
    Bring an address to the file `part`, going on from what an earlier call left there.

    Parameters
    ----------
    part
        Where the bytes gather. It is whole when this returns; if this raises, it holds what came
        and the next call asks for the rest only.
    known
        The version already held (`Answer.version`): if the server has no newer one, nothing is
        brought and `changed` is False.

    Raises
    ------
    DownloadError
        If the address cannot be had, is too large, or answers with a web page.
    """
    limits = limits or Limits()
    asked = _Transfer(address, part, session, limits, tell or (lambda *_: None))
    return persist(lambda: asked.attempt(known or {}), address=address, limits=limits)


def persist(attempt: Callable[[], Any], *, address: str, limits: Limits) -> Any:
    """
    Make an attempt until it succeeds, waiting longer each time, and give up in one sentence.

    Raises
    ------
    DownloadError
        With the reason of the last attempt.
    """
    for turn in range(limits.attempts):
        try:
            return attempt()
        except Again as failed:
            reason, wait = str(failed), failed.wait
        last = turn + 1 == limits.attempts
        if not last:
            time.sleep(min(limits.longest_wait, limits.wait * 2**turn if wait is None else wait))
    raise DownloadError(
        f"{address}: {reason}, {limits.attempts} times. Try again later, or fetch the file on "
        "another machine and bring it with: mapping get --from FILE."
    )


def ask(
    address: str,
    *,
    session: "requests.Session",
    limits: Limits,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    **options: Any,
) -> "requests.Response":
    """
    Ask once; what may pass is signalled to `persist`, what will not is a DownloadError.

    Used within an attempt of `persist`. The answer's body is not read yet.
    """
    import requests

    try:
        response = session.request(
            method,
            address,
            headers=dict(headers or {}),
            timeout=limits.silence,
            stream=True,
            **options,
        )
    except requests.TooManyRedirects:
        raise DownloadError(
            f"{address}: the server sends the question in a circle (too many redirects). The "
            "address has probably moved; look for the new one on the publisher's page."
        ) from None
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Again(_connection_words(error)) from None
    except requests.RequestException as error:
        raise DownloadError(f"{address}: cannot be asked for ({error}).") from None
    if response.status_code in TRY_AGAIN:
        raise Again(
            f"the server answers {response.status_code} {response.reason}", _asked_wait(response)
        )
    if response.status_code >= 400 and response.status_code != 416:
        response.close()
        raise DownloadError(
            f"{address}: the server answers {response.status_code} {response.reason}. The address "
            "may have moved: look on the publisher's page, download it there and bring it with: "
            "mapping get --from FILE."
        )
    return response


def chunks(response: "requests.Response", *, limits: Limits) -> Iterator[bytes]:
    """Yield a body as it comes; a connection that breaks, falls silent or drips is signalled."""
    from urllib3.exceptions import HTTPError

    began, size = time.monotonic(), 0
    try:
        # Not `iter_content`: it waits until a chunk is full, and loses it if the rest never comes.
        while chunk := response.raw.read1(CHUNK):
            yield chunk
            size += len(chunk)
            passed = time.monotonic() - began
            if passed > limits.silence and size / passed < limits.slowest:
                raise Again(f"the transfer is slower than {limits.slowest:g} bytes a second")
    except (HTTPError, OSError):
        raise Again("the connection broke off") from None
    finally:
        response.close()


@dataclass(frozen=True, eq=False)
class _Transfer:
    """One address on its way to one file."""

    address: str
    part: Path
    session: "requests.Session"
    limits: Limits
    tell: Tell

    def attempt(self, known: Mapping[str, str]) -> Answer:
        """Ask for the whole, or for the rest of what is held."""
        held, version = _held(self.part)
        asking = _resume(held, version) if held else _unless(known)
        response = ask(self.address, session=self.session, limits=self.limits, headers=asking)
        if response.status_code == 304:
            response.close()
            return Answer(changed=False, version=known)
        if response.status_code == 416 or not _goes_on(response, held):
            _forget(self.part)
            held = 0
        if response.status_code == 416:  # what is held does not fit what is there now
            response.close()
            raise Again("the file changed while it was fetched", wait=0.0)
        version = _version(response)
        write_text(json.dumps(version), _note(self.part))
        self._receive(response, held)
        _note(self.part).unlink(missing_ok=True)
        return Answer(changed=True, version=version)

    def _receive(self, response: "requests.Response", held: int) -> None:
        """Append the body to what is held; the total must be what the server announced."""
        announced = response.headers.get("Content-Length", "")
        total = held + int(announced) if announced.isdigit() else None
        self._refuse_size(total or 0)
        with self.part.open("ab" if held else "wb") as file:
            for chunk in chunks(response, limits=self.limits):
                if held == 0:
                    self._refuse_page(response, chunk)
                file.write(chunk)
                held += len(chunk)
                self._refuse_size(held)
                self.tell(held, total)
        if total is not None and held != total:
            if held > total:
                _forget(self.part)
            raise Again(f"{held:,} bytes came instead of {total:,}")

    def _refuse_size(self, size: int) -> None:
        if size > self.limits.size:
            _forget(self.part)
            raise DownloadError(
                f"{self.address}: more than {self.limits.size:,} bytes, which no source of this "
                "kind has. Nothing was kept; check the address."
            )

    def _refuse_page(self, response: "requests.Response", start: bytes) -> None:
        """Refuse a page where a file was asked for: a login or an error, with status 200."""
        kind = response.headers.get("Content-Type", "").lower()
        if kind.startswith("text/html") or start.lstrip()[:20].lower().startswith(PAGE_STARTS):
            _forget(self.part)
            raise DownloadError(
                f"{self.address}: the server sent a web page instead of the file. A login or a "
                "block page may stand in between; open the address in a browser to see."
            )


def _held(part: Path) -> tuple[int, dict[str, str]]:
    """Bytes of an earlier attempt and their version; nothing if the version is not known."""
    version: dict[str, str] = {}
    with suppress(OSError, ValueError):
        version = dict(json.loads(_note(part).read_text(encoding="utf-8")))
    if not version or not part.is_file():
        return 0, {}
    return part.stat().st_size, version


def _resume(held: int, version: Mapping[str, str]) -> dict[str, str]:
    return {
        "Range": f"bytes={held}-",
        "If-Range": version.get("ETag") or version["Last-Modified"],
    }


def _unless(known: Mapping[str, str]) -> dict[str, str]:
    pairs = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    return {question: known[name] for name, question in pairs.items() if name in known}


def _goes_on(response: "requests.Response", held: int) -> bool:
    """Whether the body is the rest of what is held, from exactly there."""
    starts = response.headers.get("Content-Range", "").startswith(f"bytes {held}-")
    return response.status_code == 206 and starts


def _version(response: "requests.Response") -> dict[str, str]:
    """Return what names this version; a weak ETag does not promise equal bytes, so none."""
    found = {name: response.headers.get(name, "") for name in ("ETag", "Last-Modified")}
    return {name: text for name, text in found.items() if text and not text.startswith("W/")}


def _asked_wait(response: "requests.Response") -> float | None:
    """Return the seconds that `Retry-After` asks for: a number, or a date."""
    asked = response.headers.get("Retry-After", "").strip()
    response.close()
    if asked.isdigit():
        return float(asked)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    return None


def _connection_words(error: Exception) -> str:
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return (
            "the certificate is not trusted (behind a council's or hospital's proxy, set "
            "REQUESTS_CA_BUNDLE to its certificate file)"
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer (HTTPS_PROXY names it)"
    if isinstance(error, requests.Timeout):
        return "the server does not answer"
    return "no connection"


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)
