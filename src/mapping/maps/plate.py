"""The map that planners read and boards are given: need by area, hubs, stops, and a key to it all.

It is a folium map, so an analyst can add layers of their own to it; it carries its key, caveats
and sources with it, and asks nothing of the internet.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import folium
import jinja2
from folium.template import Template

from mapping.maps.layers import ROLES
from mapping.maps.page import export, map_page, show
from mapping.maps.safe import plain, script_json, untemplated
from mapping.maps.views import View

# More names than this are found on the map and in the tables, not in the key.
LISTED = 12
LEAFLET = "https://cdn.jsdelivr.net/npm/leaflet@1.9.4/dist/leaflet"


class Plate(folium.Map):
    """
    A folium map that carries its own key, caveats and sources, and needs only Leaflet.

    Made by `need_map`. Saving it writes a page that opens with no network, displaying it in a
    notebook shows that page in a sandbox; layers added with folium's `add_to` are drawn on top.

    Parameters
    ----------
    title
        What the map shows, with population and year.
    data
        Everything that is drawn, as JSON values.
    views
        Ways of colouring the areas; the reader switches where there are two.
    caveats, attribution
        Sentences printed with the map.
    fictional
        Whether to say on the map that the place does not exist.
    """

    # Folium's own maps load ten files more; lists of this class leave folium's lists alone.
    default_js = [("leaflet", f"{LEAFLET}.js")]  # noqa: RUF012 (folium's own interface)
    default_css = [("leaflet_css", f"{LEAFLET}.css")]  # noqa: RUF012
    _template = Template(
        "{% macro header(this, kwargs) %}{{ this.head() }}{% endmacro %}"
        "{% macro html(this, kwargs) %}{{ this.markup() }}{% endmacro %}"
        "{% macro script(this, kwargs) %}{{ this.drawing() }}{% endmacro %}"
    )

    def __init__(
        self,
        title: str,
        *,
        data: Mapping[str, Any],
        views: Sequence[View],
        caveats: Sequence[str] = (),
        attribution: Sequence[str] = (),
        fictional: bool = False,
    ) -> None:
        # Before anything else, because folium asks for the map's name, which is made from these.
        self.title = plain(title)
        self.data = data
        self.views = tuple(views)
        self.caveats = tuple(map(plain, caveats))
        self.attribution = tuple(map(plain, attribution))
        self.fictional = fictional
        content = script_json([self.title, self.caveats, self.attribution, fictional, data])
        self._key = hashlib.sha256(content.encode()).hexdigest()[:12]
        super().__init__(tiles=None, prefer_canvas=True)

    def get_name(self) -> str:
        """Return a name that depends on the content alone, so that equal maps make equal files."""
        return f"map_{self._key}"

    def save(
        self,
        outfile: str | bytes | Path | BinaryIO,
        close_file: bool = True,  # noqa: FBT001, FBT002 (folium's own signature)
        **_: Any,
    ) -> None:
        """Write the map as one self-contained page; see `mapping.maps.export`."""
        if isinstance(outfile, str | bytes | Path):
            export(self, Path(os.fsdecode(outfile)))
            return
        outfile.write(map_page(self).encode())
        if close_file:
            outfile.close()

    def _repr_html_(self, **_: Any) -> str:
        """Return a frame that cannot reach the notebook; see `mapping.maps.show`."""
        return show(self)._repr_html_()

    def head(self) -> str:
        """Return the styles and the drawing script."""
        scale = {colour.lstrip("#") for view in self.views for colour in view.colours}
        swatches = "".join(
            f".swatch-{colour}{{background-color:#{colour}}}" for colour in sorted(scale)
        )
        return (
            f"<style>{_asset('plate.css')}{swatches}</style><script>{_asset('plate.js')}</script>"
        )

    def markup(self) -> str:
        """Return the frame of the map with its key and notes."""
        template = _environment().get_template("plate.html")
        return untemplated(
            template.render(
                plate=self, name=self.get_name(), roles=self._roles(), routes=self._routes()
            )
        )

    def drawing(self) -> str:
        """Return the script that draws the map and leaves it in a variable of the map's name."""
        name = self.get_name()
        return f'var {name} = mappingPlate("{name}", {script_json(self.data)});'

    def _roles(self) -> list[dict[str, Any]]:
        by_role = {key: [s for s in self.data["sites"] if s["role"] == key] for key in ROLES}
        return [
            {
                "key": key,
                "name": ROLES[key],
                "count": len(sites),
                "sites": sites if key == "proposed" and len(sites) <= LISTED else [],
            }
            for key, sites in by_role.items()
            if sites
        ]

    def _routes(self) -> list[dict[str, Any]]:
        routes = self.data.get("routes")
        return [] if routes is None else routes["features"]


@cache
def _asset(name: str) -> str:
    return files("mapping.maps").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mapping.maps", "."), autoescape=True, trim_blocks=True
    )
