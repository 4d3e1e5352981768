import json
import socket
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from typer.testing import CliRunner

from mapping import app
from mapping.app import sockets
from mapping.cli import app as cli
from mapping.errors import NotBuiltError
from mapping.workspace import Workspace

TEMPLATES = Path(app.__file__).parent / "voila" / "templates" / "mapping"


def test_the_app_is_for_this_machine_alone_and_hides_code():
    asked = app.command(Path("notebooks"), 9000, browser=False)
    assert asked[:3] == [sys.executable, "-m", "voila"]
    assert "--Voila.ip=127.0.0.1" in asked
    assert "--VoilaConfiguration.strip_sources=True" in asked
    assert "--VoilaConfiguration.show_tracebacks=False" in asked


def test_it_is_said_plainly_that_every_visitor_costs_a_kernel():
    assert "Every visitor gets a kernel of their own" in app.about(9000)
    assert "only this machine" in app.about(9000)


def test_a_port_that_is_taken_is_not_asked_for():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert app.free_port(port) != port
    assert app.free_port(port) == port


def test_a_folder_without_notebooks_is_refused_in_words(tmp_path):
    with pytest.raises(NotBuiltError, match=r"no notebooks in .* --workspace"):
        app.serve(Workspace(tmp_path), 9000)
    shown = CliRunner().invoke(cli, ["app", "--no-browser", "--workspace", str(tmp_path)])
    assert isinstance(shown.exception, NotBuiltError)


def test_pages_of_the_app_name_no_address_but_to_replace_it():
    for path in TEMPLATES.iterdir():
        text = path.read_text(encoding="utf-8")
        assert text.count("https://") == text.count("| replace('https://"), path.name


def test_what_a_kernel_answers_waits_for_no_acknowledgement(monkeypatch):
    told = []
    handler = KernelWebsocketHandler.__new__(KernelWebsocketHandler)
    handler.set_nodelay = told.append
    monkeypatch.setattr(
        ZMQChannelsWebsocketConnection, "connect", lambda _: told.append("connected")
    )
    sockets.PromptConnection(websocket_handler=handler).connect()
    assert told == [True, "connected"]
    asked = app.command(Path("notebooks"), 9000, browser=False)
    name = f"{sockets.__name__}.{sockets.PromptConnection.__name__}"
    assert f"--Voila.kernel_websocket_connection_class={name}" in asked


def test_jupyterlab_is_told_of_it_by_the_installed_package():
    root = Path(__file__).parents[1]
    build = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    [(folder, installed)] = build["targets"]["wheel"]["shared-data"].items()
    assert installed == "etc/jupyter/jupyter_server_config.d"
    [listed] = (root / folder).iterdir()
    [name] = json.loads(listed.read_text("utf-8"))["ServerApp"]["jpserver_extensions"]
    extension = import_module(name)
    assert extension._jupyter_server_extension_points() == [{"module": name}]
    for given, then in (
        (ZMQChannelsWebsocketConnection, sockets.PromptConnection),
        ("a gateway's", "a gateway's"),
    ):
        settings = {sockets.CLASS: given}
        server = SimpleNamespace(web_app=SimpleNamespace(settings=settings))
        extension._load_jupyter_server_extension(server)
        assert settings == {sockets.CLASS: then}
