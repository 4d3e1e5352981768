"""One whole HTML page that asks nothing of anybody: policy, language, title, styles and scripts."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mapping.maps.safe import escape, inline_script


@dataclass(frozen=True)
class Pieces:
    """
    What a page is made of.

    Parameters
    ----------
    markup
        HTML of the body.
    styles, scripts
        Texts of `<style>` and `<script>` elements, in the order in which they apply.
    notices
        Licences of third-party files, which must travel with them.
    evaluates
        Whether one of the scripts makes functions from strings, which the policy then allows.
    """

    markup: str
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    evaluates: bool = False


def document(pieces: Pieces, *, title: str) -> str:
    """
    Return a page in which nothing runs but the given scripts and no request leaves.

    The Content-Security-Policy names every script by its hash, so markup that slipped in through
    data cannot run, and forbids every connection. Frames may hold data of the page's own (tables in
    popups of folium), and are under the same policy. Styles may be inline: without connections they
    can do no harm, and maps position their layers with them.
    """
    scripts = [inline_script(_lines(text)) for text in pieces.scripts]
    allowed = policy(scripts, evaluates=pieces.evaluates)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en-GB">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{allowed}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(title)}</title>",
            *(f"<style>{_lines(text)}</style>" for text in pieces.styles),
            "</head>",
            "<body>",
            _lines(pieces.markup),
            *_notice(pieces.notices),
            *(f"<script>{text}</script>" for text in scripts),
            "</body>",
            "</html>",
            "",
        ]
    )


def policy(scripts: Iterable[str], *, evaluates: bool = False) -> str:
    """
    Return a Content-Security-Policy under which only these scripts run.

    Examples
    --------
    >>> policy([])[:35]
    "default-src 'none'; script-src 'non"
    """
    hashes = dict.fromkeys(f"'sha256-{_digest(text)}'" for text in scripts)
    allowed = " ".join([*hashes, *(["'unsafe-eval'"] if evaluates else [])])
    return (
        f"default-src 'none'; script-src {allowed or chr(39) + 'none' + chr(39)}; "
        "style-src 'unsafe-inline'; img-src data:; font-src data:; frame-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _notice(licences: Sequence[str]) -> list[str]:
    """Return licences as a comment, in which nothing can be taken for its end."""
    texts = [text.replace("--", "- -") for text in dict.fromkeys(licences)]
    return ["\n\n".join(["<!--", *texts, "-->"])] if texts else []


def _lines(text: str) -> str:
    # Browsers hash a script after turning line ends into "\n", so they must be that already.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
