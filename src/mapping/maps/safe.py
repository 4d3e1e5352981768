"""Text from data, made harmless before it enters a page.

Names of areas, hubs and files come from other people's tables. Everything here turns such text
into text again: it may look odd, it never runs.
"""

import html
import json
import re
from typing import Any

# Folium reads what it is given as a Jinja template, where these begin something that runs.
_JINJA = re.compile(r"\{(?=[{%#])")
# Overrides and isolates reorder the text around them; controls have no place in a name, and half
# a surrogate pair cannot be written to a file.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_SCRIPT_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def plain(value: object) -> str:
    r"""
    Return `value` as one line of text without control or direction-changing characters.

    Examples
    --------
    >>> plain("Speke\n  Library\u202e")
    'Speke Library'
    """
    return " ".join(_UNPRINTABLE.sub(" ", str(value)).split())


def escape(value: object) -> str:
    """
    Return `value` as HTML text, safe between tags and inside a quoted attribute.

    Examples
    --------
    >>> escape('<b onclick="x">Aigburth</b>')
    '&lt;b onclick=&quot;x&quot;&gt;Aigburth&lt;/b&gt;'
    """
    return html.escape(plain(value))


def script_json(value: Any) -> str:
    r"""
    Return `value` as JSON that can stand inside a `<script>` element.

    Nothing in it can end the element or, as `${…}` in a template literal would, run: strings are
    JSON strings and the characters that HTML looks at are escaped.

    Examples
    --------
    >>> print(script_json({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = _JINJA.sub(r"\\u007b", text)  # only strings hold these
    return re.sub("[<>&\u2028\u2029]", lambda match: _SCRIPT_ESCAPES[match[0]], text)


def untemplated(markup: str) -> str:
    """
    Return HTML in which a template engine finds nothing to run.

    Examples
    --------
    >>> untemplated("<p>{{ 7 * 7 }}</p>")
    '<p>&#123;{ 7 * 7 }}</p>'
    """
    return _JINJA.sub("&#123;", markup)


def inline_script(text: str) -> str:
    r"""
    Return a script in which nothing can be taken for the end of its `<script>` element.

    Examples
    --------
    >>> print(inline_script('document.write("</script>")'))
    document.write("<\/script>")
    """
    return re.sub("<(?=!--)", r"\\x3c", re.sub("</(?=script)", r"<\\/", text, flags=re.IGNORECASE))
