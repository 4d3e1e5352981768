import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mapping import app
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
