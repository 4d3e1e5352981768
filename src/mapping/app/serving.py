"""Serve the notebooks of a workspace through voila, for this machine alone."""

import os
import signal
import socket
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

from mapping.errors import NotBuiltError
from mapping.workspace import Workspace

HOST = "127.0.0.1"
IDLE = 3600  # seconds after which a page that was closed without a word loses its kernel

KERNELS = (
    "Every visitor gets a kernel of their own, which takes some 300 MB of memory until the page is "
    "closed; only this machine can reach the pages. Stop with Ctrl-C."
)


def about(port: int) -> str:
    """
    Return where the app is and what it costs.

    Examples
    --------
    >>> about(8866).splitlines()[0]
    'The notebooks are at http://127.0.0.1:8866/'
    """
    return f"The notebooks are at http://{HOST}:{port}/\n{KERNELS}"


def command(notebooks: Path, port: int, *, browser: bool) -> list[str]:
    """
    Return the command that serves a folder of notebooks without their code.

    Parameters
    ----------
    browser
        Whether to open a browser on it.
    """
    options = {
        "Voila.ip": HOST,
        "Voila.port": port,
        "Voila.open_browser": browser,
        "VoilaConfiguration.template": "mapping",
        "VoilaConfiguration.theme": "light",
        "VoilaConfiguration.classic_tree": True,
        "VoilaConfiguration.strip_sources": True,
        "VoilaConfiguration.show_tracebacks": False,
        "MappingKernelManager.cull_idle_timeout": IDLE,
        "Voila.kernel_websocket_connection_class": "mapping.app.sockets.PromptConnection",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "voila", str(notebooks), *flags]


def free_port(wanted: int) -> int:
    """Return a port that nobody listens on: the one wanted if it can be had."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted


def serve(workspace: Workspace, port: int, *, browser: bool = True) -> int:
    """
    Serve the workspace's notebooks until stopped, and return the server's exit code.

    Raises
    ------
    NotBuiltError
        If the workspace has no notebooks.
    """
    notebooks = (workspace.root / "notebooks").resolve()
    if not any(notebooks.glob("*.ipynb")):
        raise NotBuiltError(
            f"There are no notebooks in {notebooks}. Run it where this repository is, or say where "
            "with --workspace."
        )
    with as_file(files("mapping.app")) as templates:
        held = os.environ.get("JUPYTER_PATH")
        paths = os.pathsep.join(filter(None, [str(templates), held]))
        environment = os.environ | {"JUPYTER_PATH": paths}
        asked = command(notebooks, port, browser=browser)
        server = subprocess.Popen(asked, env=environment)  # noqa: S603 - our own interpreter
        # Whoever ends this process ends the server and its kernels with it.
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        try:
            return server.wait()
        except KeyboardInterrupt:  # which the server hears as well
            server.wait()
            return 0
