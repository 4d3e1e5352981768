"""Scripts and styles that pages need, found by the address folium would load them from.

The files were put into the package when it was built, so a page holds them instead of asking
someone else's server. An address that is not known here is refused, never fetched.
"""

import base64
import json
import posixpath
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from mapping.errors import UnknownAssetError

# Any 1.9 of Leaflet may be asked for: the one that is held is the last of that line.
_LEAFLET = r"https://(cdn\.jsdelivr\.net/npm|unpkg\.com)/leaflet@1\.9\.\d+/dist/leaflet"
_FLAT = {rf"{_LEAFLET}\.js": "leaflet.js", rf"{_LEAFLET}\.css": "leaflet.css"}
# Folium brings its heat map's script itself, and its turned icons are a rule for each degree.
_FOLIUM = "https://cdn.jsdelivr.net/gh/python-visualization/folium"
_HEAT, _TURNED = "folium/leaflet_heat.min.js", "folium/turned icons"
_OF_FOLIUM = {
    f"{_FOLIUM}@main/folium/templates/leaflet_heat.min.js": _HEAT,
    f"{_FOLIUM}/folium/templates/leaflet.awesome.rotate.min.css": _TURNED,
}
# Makes its window from a string: the page's policy has to allow that.
_EVALUATING = "plugins/leaflet-measure/"
_GLYPHICONS = "plugins/bootstrap-3/dist/css/bootstrap.min.css"
_CSS_ADDRESS = re.compile(r"""url\(\s*['"]?([^'")]+)['"]?\s*\)""")
_SOURCE_MAP = re.compile(r"(//|/\*)[#@]\s*sourceMappingURL=.*?(\*/|$)", re.MULTILINE)
_TYPES = {
    ".gif": "image/gif",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
# Formats that a style names for old browsers only, beside one that is held.
_OLD_FONTS = (".eot", ".otf", ".svg", ".ttf", ".woff")
_NOTHING = "data:,"


def held(address: str) -> str | None:
    """
    Return the name of the built file that answers `address`, None if there is none.

    Examples
    --------
    >>> held("https://unpkg.com/leaflet@1.9.3/dist/leaflet.js")
    'leaflet.js'
    >>> held("https://code.jquery.com/jquery-3.7.1.min.js")
    'plugins/jquery/dist/jquery.min.js'
    """
    names = (name for pattern, name in _FLAT.items() if re.fullmatch(pattern, address))
    return next(names, None) or _plugins().get(address)


def refuse_unknown(addresses: Iterable[str]) -> None:
    """
    Refuse a page that needs what is not held.

    Raises
    ------
    UnknownAssetError
        Names every address.
    """
    unknown = list(dict.fromkeys(address for address in addresses if held(address) is None))
    if unknown:
        raise UnknownAssetError(
            f"The map asks other people's servers for {', '.join(unknown)}, which this package "
            "does not hold, so the page would be blank without internet. Remove the layer or "
            "plugin that needs it (map tiles: tiles=None), or start from mapping.maps.need_map."
        )


@cache
def script(address: str) -> str:
    """Return the script held for `address`."""
    name = _name(address)
    text = _SOURCE_MAP.sub("", _text(name))
    return text + (_for_leaflet() if name == "leaflet.js" else "")


@cache
def style(address: str) -> str:
    """Return the style held for `address`, its pictures and fonts inside it as data."""
    name = _name(address)
    text = _icons_only(_text(name)) if name == _GLYPHICONS else _text(name)
    return _CSS_ADDRESS.sub(
        lambda match: f'url("{_part(match[1], name)}")', _SOURCE_MAP.sub("", text)
    )


def evaluates(address: str) -> bool:
    """Tell whether the script held for `address` makes functions from strings."""
    return _name(address).startswith(_EVALUATING)


@cache
def licence(address: str) -> str:
    """Return the licence text that must travel with the file held for `address`."""
    name = _name(address)
    if name.startswith("folium/"):
        return "folium and Leaflet.heat, MIT and BSD-2-Clause as their packages state it"
    if not name.startswith("plugins/"):
        return _read("leaflet.LICENSE.txt").decode("utf-8").strip()
    package = next(held for held in _packages() if name.startswith(f"plugins/{held}/"))
    return _read(f"plugins/{package}/NOTICE").decode("utf-8").strip()


@cache
def _packages() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("mapping.maps").joinpath("held.toml").read_text(encoding="utf-8"))


@cache
def _plugins() -> dict[str, str]:
    """Return the name of the file that answers each address of a plugin."""
    return _OF_FOLIUM | {
        address: f"plugins/{package}/{file}"
        for package, answers in _packages().items()
        for file, addresses in answers.items()
        for address in addresses
    }


def _name(address: str) -> str:
    refuse_unknown([address])
    return str(held(address))


def _text(name: str) -> str:
    if name == _HEAT:
        return files("folium").joinpath("templates", "leaflet_heat.min.js").read_text("utf-8")
    if name == _TURNED:
        return "".join(f".fa-rotate-{at}{{transform:rotate({at}deg)}}" for at in range(360))
    return _read(name).decode("utf-8")


def _icons_only(text: str) -> str:
    """Return the rules of Bootstrap 3 that draw its icons."""
    return "".join(
        re.findall(r"@font-face\{[^}]*\}|\.glyphicon[\w-]*(?:::?before)?\{[^}]*\}", text)
    )


def _part(address: str, sheet: str) -> str:
    """Return what a style names, as data; references inside the page stay as they are."""
    if address.startswith(("#", "data:")):
        return address
    path = re.split(r"[?#]", address)[0]
    name = posixpath.normpath(posixpath.join(posixpath.dirname(sheet), path))
    ending = posixpath.splitext(name)[1]
    if ending in _TYPES and not path.startswith(("/", "http")) and _is_held(name):
        return f"data:{_TYPES[ending]};base64,{base64.b64encode(_read(name)).decode('ascii')}"
    if ending in _OLD_FONTS and not path.startswith(("/", "http")):
        return _NOTHING
    raise UnknownAssetError(
        f"{sheet} asks for {address}, which this package does not hold. Build it again from the "
        "versions in js/package-lock.json."
    )


def _for_leaflet() -> str:
    """Return a script that gives Leaflet what it would fetch, or take from map tiles."""
    pictures = {
        "iconUrl": "images/marker-icon.png",
        "iconRetinaUrl": "images/marker-icon-2x.png",
        "shadowUrl": "images/marker-shadow.png",
    }
    options = {option: _part(name, "leaflet.js") for option, name in pictures.items()}
    markers = f"L.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({json.dumps(options)});"
    return f"\n{markers}L.Map.mergeOptions({{maxZoom:20}});\n"


def _is_held(name: str) -> bool:
    return files("mapping").joinpath("static", *name.split("/")).is_file()


@cache
def _read(name: str) -> bytes:
    try:
        return files("mapping").joinpath("static", *name.split("/")).read_bytes()
    except FileNotFoundError as error:
        raise UnknownAssetError(
            f"{name} is missing from the installed package, so maps cannot be drawn. Install it "
            "again with: python -m pip install -e ."
        ) from error
