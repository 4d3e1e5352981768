r"""Folium's rendering with the ways closed in which a name could run.

Folium pastes the text of tooltips and popups into JavaScript template literals, where `${…}` runs,
and treats what it has rendered as a Jinja template once more, where `{{ … }}` runs in Python, on
the machine of whoever exports. Both are closed here for any folium map, for as long as it renders.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any

import branca.element
import folium
from folium.plugins import Search

_ONE_AT_A_TIME = RLock()
# What is pasted between quotes or backticks as it is; all else folium turns into JSON.
_PASTED: dict[type, tuple[str, ...]] = {
    folium.Tooltip: ("text",),
    branca.element.Html: ("data",),
    Search: ("search_label", "placeholder"),
}


@dataclass(frozen=True)
class Rendered:
    """
    What folium rendered, in its three parts.

    Parameters
    ----------
    header, html
        Of the page.
    script
        The text of its last `<script>` element, without the element: nothing in it can end it.
    """

    header: str
    html: str
    script: str


def rendered(folium_map: folium.Map) -> Rendered:
    """Render a map and all that was added to it; the map is left as it was."""
    figure: Any = folium_map.get_root()
    with _ONE_AT_A_TIME, _verbatim(), _literal(figure):
        figure.render()
        return Rendered(figure.header.render(), figure.html.render(), figure.script.render())


class _Verbatim:
    """Stands for a Jinja template that is text only."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render(self, **_: Any) -> str:
        return self._text


@contextmanager
def _verbatim() -> Iterator[None]:
    """Keep what was rendered from being rendered again: it holds names by now."""
    template, held = branca.element.Template, vars(branca.element)
    held["Template"] = _Verbatim
    try:
        yield
    finally:
        held["Template"] = template


@contextmanager
def _literal(root: branca.element.Element) -> Iterator[None]:
    """Quote every text that is pasted into a template literal, and put it back."""
    found = ((holder, name, getattr(holder, name)) for holder, name in _pasted(root))
    texts = [one for one in found if isinstance(one[2], str)]
    try:
        for holder, name, text in texts:
            setattr(holder, name, literal(text))
        yield
    finally:
        for holder, name, text in texts:
            setattr(holder, name, text)


def _pasted(element: branca.element.Element) -> Iterator[tuple[Any, str]]:
    """Return where below an element text is pasted: each holder and its attribute, once."""
    seen: set[int] = set()
    waiting = [element]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        waiting += one._children.values()  # noqa: SLF001 (branca has no other way to walk a map)
        if isinstance(one, folium.Popup):
            waiting += one.html._children.values()  # noqa: SLF001
        for kind, names in _PASTED.items():
            if isinstance(one, kind):
                yield from ((one, name) for name in names)


def literal(text: str) -> str:
    r"""
    Return `text` so that between quotes or backticks of a script it means itself.

    Folium quotes backticks already, but not what stands before them.

    Examples
    --------
    >>> print(literal("Hall `${x}` \\"))
    Hall \`\${x}\` \\
    """
    return re.sub(r"[\\`$'\"]", r"\\\g<0>", text.replace("\\`", "`"))
