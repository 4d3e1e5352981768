"""A map as a page: a file that opens anywhere, and a frame in a notebook that can do no harm."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium

from mapping.maps.document import document
from mapping.maps.parts import parts
from mapping.maps.safe import escape, plain
from mapping.workspace import write_text


@cache
def _asset(name: str) -> str:
    return files("mapping.maps").joinpath(name).read_text(encoding="utf-8")


def sorting() -> str:
    """Return the script that lets readers order the rows of every table that says it may."""
    return _asset("tables.js")


def map_page(folium_map: folium.Map, *, title: str | None = None) -> str:
    """
    Return one whole HTML page with the map on it.

    Parameters
    ----------
    folium_map
        A map made by `need_map`, or any folium map whose plugins are held (most are; see
        `held.toml`) and that asks for no map tiles.
    title
        The page's heading; the map's own title if not given.

    Raises
    ------
    UnknownAssetError
        If the map needs an address that this package does not hold.
    """
    heading = title or getattr(folium_map, "title", "Map")
    inner = parts(folium_map)
    markup = (
        f'<main class="map-page"><h1><bdi>{escape(heading)}</bdi></h1>\n{inner.markup}\n</main>'
    )
    page = replace(
        inner,
        markup=markup,
        styles=(*inner.styles, _asset("page.css")),
        scripts=(*inner.scripts, sorting()),
    )
    return document(page, title=plain(heading))


def export(folium_map: folium.Map, path: Path | str, *, title: str | None = None) -> Path:
    """
    Write the map as one self-contained HTML file, whole or not at all, and return its path.

    The file holds every script and style it needs and sends no request: it opens from a file
    share, from an e-mail and years from now.

    Parameters
    ----------
    folium_map, title
        As for `map_page`.
    path
        Where to write; folders are made.

    Raises
    ------
    UnknownAssetError
        If the map needs an address that this package does not hold; nothing is written then.
    """
    return write_text(map_page(folium_map, title=title), Path(path))


@dataclass(frozen=True)
class Shown:
    """
    A map in a notebook: Jupyter displays it as the value of a cell.

    The frame is sandboxed, so nothing in a map can reach the notebook, its cookies or its kernel.

    Parameters
    ----------
    page
        The whole HTML page of the map.
    title
        What a screen reader calls the frame.
    height
        Of the frame, in pixels.
    """

    page: str
    title: str
    height: int

    def __repr__(self) -> str:
        return f"Map: {self.title}. Run this cell in Jupyter to see it, or export it to a file."

    def _repr_html_(self) -> str:
        # A notebook from someone else is not trusted: Jupyter drops the frame and keeps the text.
        return (
            f'<iframe sandbox="allow-scripts" title="{escape(self.title)}" '
            f'style="width:100%;height:{int(self.height)}px;border:0" '
            f'srcdoc="{_attribute(self.page)}"></iframe>'
            f"<p><small>{escape(self.title)}. If no map is above this line, trust this notebook "
            "(File menu, Trust Notebook) and run the cell.</small></p>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def show(folium_map: folium.Map, *, height: int = 640) -> Shown:
    """
    Return the map for a notebook cell to display, in a frame that cannot reach the notebook.

    Parameters
    ----------
    folium_map
        As for `map_page`. Displaying a folium map itself instead gives its scripts, and any that
        hide in its data, the rights of the notebook.
    height
        Of the frame, in pixels.

    Raises
    ------
    UnknownAssetError
        If the map needs an address that this package does not hold.
    """
    title = plain(getattr(folium_map, "title", "Map"))
    return Shown(map_page(folium_map), title, height)


def _attribute(page: str) -> str:
    """Quote a page for `srcdoc`: only these two characters mean anything there."""
    return page.replace("&", "&amp;").replace('"', "&quot;")
