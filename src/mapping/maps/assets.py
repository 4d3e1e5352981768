"""Scripts and styles that pages need, found by the address folium would load them from.

The files were put into the package when it was built, so a page holds them instead of asking
someone else's server. An address that is not known here is refused, never fetched.
"""

import base64
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from mapping.errors import UnknownAssetError

# Any 1.9 of Leaflet may be asked for: the one that is held is the last of that line.
_LEAFLET = r"https://(cdn\.jsdelivr\.net/npm|unpkg\.com)/leaflet@1\.9\.\d+/dist/leaflet"
_HELD = {rf"{_LEAFLET}\.js": "leaflet.js", rf"{_LEAFLET}\.css": "leaflet.css"}
_CSS_ADDRESS = re.compile(r"""url\(\s*['"]?([^'")]+)['"]?\s*\)""")
_SOURCE_MAP = re.compile(r"(//|/\*)[#@]\s*sourceMappingURL=.*?(\*/|$)", re.MULTILINE)


def held(address: str) -> str | None:
    """
    Return the name of the built file that answers `address`, None if there is none.

    Examples
    --------
    >>> held("https://unpkg.com/leaflet@1.9.3/dist/leaflet.js")
    'leaflet.js'
    """
    names = (name for pattern, name in _HELD.items() if re.fullmatch(pattern, address))
    return next(names, None)


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
            "plugin that needs it, or start from mapping.maps.need_map."
        )


@cache
def script(address: str) -> str:
    """Return the script held for `address`."""
    name = _name(address)
    text = _SOURCE_MAP.sub("", _read(name).decode("utf-8"))
    return text + (_marker_pictures() if name == "leaflet.js" else "")


@cache
def style(address: str) -> str:
    """Return the style held for `address`, its pictures inside it as data."""
    name = _name(address)
    text = _SOURCE_MAP.sub("", _read(name).decode("utf-8"))
    return _CSS_ADDRESS.sub(lambda match: f'url("{_picture(match[1], name)}")', text)


def licences() -> str:
    """Return the licence texts that must travel with the held files."""
    return _read("leaflet.LICENSE.txt").decode("utf-8").strip()


def _name(address: str) -> str:
    refuse_unknown([address])
    return str(held(address))


def _picture(address: str, sheet: str) -> str:
    """Return a picture of a style sheet as data; references inside the page stay as they are."""
    if address.startswith(("#", "data:")):
        return address
    if not re.fullmatch(r"images/[\w-]+\.png", address):
        raise UnknownAssetError(
            f"{sheet} asks for {address}, which this package does not hold. Build it again from "
            "the versions in js/package-lock.json."
        )
    return f"data:image/png;base64,{base64.b64encode(_read(address)).decode('ascii')}"


def _marker_pictures() -> str:
    """Return a script that gives Leaflet's default marker its pictures, which it would fetch."""
    pictures = {
        "iconUrl": "images/marker-icon.png",
        "iconRetinaUrl": "images/marker-icon-2x.png",
        "shadowUrl": "images/marker-shadow.png",
    }
    options = {option: _picture(name, "leaflet.js") for option, name in pictures.items()}
    return f"\nL.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({json.dumps(options)});\n"


@cache
def _read(name: str) -> bytes:
    try:
        return files("mapping").joinpath("static", *name.split("/")).read_bytes()
    except FileNotFoundError as error:
        raise UnknownAssetError(
            f"{name} is missing from the installed package, so maps cannot be drawn. Install it "
            "again with: python -m pip install -e ."
        ) from error
