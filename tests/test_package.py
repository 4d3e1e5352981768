"""The repository keeps its promises about itself."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def bounds(requirement):
    """Return a requirement's name and its bounds in one order."""
    name, rest = re.fullmatch(r"([A-Za-z0-9_-]+)\s*(.*)", requirement.strip()).groups()
    return name.lower(), tuple(sorted(part.strip() for part in rest.split(",") if part.strip()))


def conda_requirements():
    listed = set()
    for line in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines():
        item = line.strip().removeprefix("- ")
        if line.strip().startswith("- ") and re.match(r"[a-z][a-z0-9_-]*\s*[><=]", item):
            listed.add(bounds(item))
    return listed


def test_conda_and_pip_install_the_same_packages_and_bounds():
    pip = {bounds(requirement) for requirement in PROJECT["dependencies"]}
    conda = conda_requirements() - {bounds(f"python {PROJECT['requires-python']}")}
    assert conda == pip
    assert bounds(f"python {PROJECT['requires-python']}") in conda_requirements()


def test_every_locked_package_has_hashes_and_no_address():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9-]+(?:\[[a-z,]+\])?==\S+", text, flags=re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) == len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_the_lock_satisfies_what_the_project_asks_for():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    locked = {name.lower() for name in re.findall(r"^([a-z0-9-]+)(?:\[|==)", text, re.MULTILINE)}
    asked = {bounds(requirement)[0] for requirement in PROJECT["dependencies"]}
    asked |= {bounds(requirement)[0] for requirement in PROJECT["optional-dependencies"]["test"]}
    assert asked <= locked


def test_everything_the_library_imports_is_declared():
    imported = set()
    for path in (ROOT / "src" / "mapping").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"mapping"}
    owners = packages_distributions()
    declared = {bounds(requirement)[0].replace("_", "-") for requirement in PROJECT["dependencies"]}
    undeclared = {
        name
        for name in foreign
        if not {owner.lower().replace("_", "-") for owner in owners.get(name, [name])} & declared
    }
    # These come with a declared package, which re-exports them or takes them as its interface.
    assert undeclared <= {"branca", "IPython", "jupyter_server", "pyproj", "traitlets"}


def test_the_readme_shows_every_verb_of_the_command_line():
    from typer.main import get_command

    from mapping.cli import app

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for verb in get_command(app).commands:
        assert f"mapping {verb}" in readme


def test_every_file_that_the_readme_asks_of_is_made_there_before():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(part for part in readme.split("```") if "mapping export five" in part)
    made = set()
    for line in block.splitlines():
        asked = re.findall(r"(--save )?(\S+\.toml)", line.split("  #")[0])
        assert {file for saved, file in asked if not saved} <= made, line
        made |= {file for saved, file in asked if saved}
    assert len(made) > 1


def test_the_readme_lists_the_columns_of_bus_stops_and_what_the_demo_lacks(city):
    from mapping.sources import records

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = readme[readme.index("A list of bus stops may state") :].split("They may be CSV")[0]
    columns, lacks = told.split("shows all but")
    stated = {"hours", *records.STOP_COLUMNS}
    assert set(re.findall(r"`(\w+)`", columns)) == stated
    assert set(re.findall(r"`(\w+)`", lacks)) == stated - set(city.stops.columns)


def test_the_readme_names_every_source_and_its_licence():
    from mapping.sources import catalogue

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for source in catalogue().values():
        assert source.title in readme, source.id
        assert source.licence in readme, source.id


def test_every_reader_of_the_catalogue_exists_and_is_explained():
    from importlib import import_module

    from mapping.sources import catalogue

    for source in catalogue().values():
        module, function = source.reader.split(".")
        reader = getattr(import_module(f"mapping.sources.{module}"), function)
        assert reader.__doc__, source.id
        assert source.url
        assert source.attribution


@pytest.mark.parametrize(
    "study",
    sorted(set((ROOT / "studies").glob("*.toml")) - {ROOT / "studies" / "template.toml"}),
    ids=lambda p: p.stem,
)
def test_every_study_of_the_repository_can_be_read(study):
    from mapping.study import read_study
    from mapping.workspace import Workspace

    assert read_study(study, Workspace(ROOT)).weights


def test_no_tracked_file_is_data_of_somebody_else_or_very_large():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    paths = [ROOT / name for name in tracked if name and (ROOT / name).is_file()]
    if not paths:
        pytest.skip("this copy has no git history")
    assert all(path.stat().st_size < 1_500_000 for path in paths)
    assert not [path for path in paths if path.suffix in {".geojson", ".gpkg", ".parquet", ".zip"}]
