"""A rendered folium map taken apart, so that it can be put into a page of its own or a report."""

import re
from html.parser import HTMLParser

import folium

from mapping.maps import assets
from mapping.maps.document import Pieces
from mapping.maps.inert import rendered

# Attributes through which markup makes a browser fetch something; links to click are no matter.
_FETCHING = ("src", "srcset", "poster", "data", "background")
_FETCHING_HREF = ("image", "use", "feimage")
_REMOTE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
_REMOTE_STYLE = re.compile(
    r"""(?:url\(\s*|@import\s+)['"]?((?:https?:)?//[^'")\s;]+)""", re.IGNORECASE
)
# Layers, pictures and data that the script itself would fetch.
_REMOTE_LAYER = re.compile(
    r"""(?:L\.(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay)\(\s*"""
    r"""|["']?(?:iconUrl|iconRetinaUrl|shadowUrl)["']?\s*:\s*|(?:fetch\(|\burl\s*:)\s*)"""
    r"""["']((?:https?:)?//[^"']+)"""
)


def parts(folium_map: folium.Map) -> Pieces:
    """
    Return the markup, styles and scripts of a map, every address replaced by the file it names.

    Raises
    ------
    UnknownAssetError
        If the map needs an address that is not held: a script, a style, a picture or map tiles.
    """
    found = rendered(folium_map)
    reader = _Reader()
    reader.feed(f"<head>{found.header}</head><body>{found.html}</body>")
    reader.close()
    reader.add_script(found.script)
    assets.refuse_unknown(reader.addresses)
    named = [at for at, _ in (*reader.scripts, *reader.styles) if at]
    return Pieces(
        markup="".join(reader.markup).strip(),
        styles=tuple(assets.style(at) if at else text for at, text in reader.styles),
        scripts=tuple(assets.script(at) if at else text for at, text in reader.scripts),
        notices=tuple(dict.fromkeys(assets.licence(at) for at in named)),
        evaluates=any(map(assets.evaluates, named)),
    )


class _Reader(HTMLParser):
    """Sort a page into markup, styles and scripts; each of the last two is (address, text)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.markup: list[str] = []
        self.styles: list[tuple[str, str]] = []
        self.scripts: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self._inside = ""
        self._in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort one element by what it is."""
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._open(tag, given)
        elif tag == "link":
            self._link(given)
        elif tag == "body":
            self._in_body = True
        elif self._in_body:
            self.addresses += _fetched(tag, given)
            self.markup.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep `<path/>` as it was written."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        if tag == self._inside:
            self._inside = ""
        elif tag == "body":
            self._in_body = False
        elif self._in_body and tag not in ("script", "style", "link"):
            self.markup.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Add text to the script, style or markup it stands in."""
        if self._inside:
            self._add(data)
        elif self._in_body:
            self.markup.append(data)

    def handle_entityref(self, name: str) -> None:
        """Keep `&name;` as it was written."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Keep `&#name;` as it was written."""
        self.handle_data(f"&#{name};")

    def add_script(self, text: str) -> None:
        """Add a script as it is, whatever stands in it."""
        self._open("script", {})
        self._add(text)

    def _open(self, tag: str, given: dict[str, str]) -> None:
        self._inside = tag
        kept = self.scripts if tag == "script" else self.styles
        kept.append((given.get("src", ""), ""))
        self.addresses += [given["src"]] if given.get("src") else []

    def _link(self, given: dict[str, str]) -> None:
        self.addresses.append(given.get("href", ""))
        if "stylesheet" in given.get("rel", "").lower():
            self.styles.append((given.get("href", ""), ""))

    def _add(self, data: str) -> None:
        kept = self.scripts if self._inside == "script" else self.styles
        address, text = kept[-1]
        kept[-1] = (address, text + data)
        remote = _REMOTE_LAYER if self._inside == "script" else _REMOTE_STYLE
        self.addresses += remote.findall(data)


def _fetched(tag: str, given: dict[str, str]) -> list[str]:
    names = (*_FETCHING, "href") if tag in _FETCHING_HREF else _FETCHING
    found = [given[name] for name in names if _REMOTE.match(given.get(name, ""))]
    return [*found, *_REMOTE_STYLE.findall(given.get("style", ""))]
