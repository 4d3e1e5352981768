"""The demo city, end to end: raw files, build, two scenarios, everything for a board."""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from mapping.pipeline.building import build
from mapping.pipeline.exporting import Made, export
from mapping.pipeline.manifest import Progress, code_version
from mapping.scenario import Scenario
from mapping.workspace import Workspace, sha256, write_text

STUDY = "demo"

SCENARIOS = (
    Scenario(
        name="Most people within reach",
        study=STUDY,
        note="Five new hubs where most adults likely to be offline live within 15 minutes' walk.",
        draws=100,
        bus_needs=("permission", "level_access"),
    ),
    Scenario(
        name="Shortest walks",
        study=STUDY,
        note="Five new hubs that make the walk to the nearest hub shortest, summed over everybody.",
        question="p_median",
        bus_needs=("permission", "level_access"),
    ),
)


def demo(*, workspace: Workspace | None = None, progress: Progress | None = None) -> Made:
    """
    Make the fictional city's raw files, build it, weigh two scenarios and export the result.

    A second run reuses whatever has not changed.

    Parameters
    ----------
    workspace
        Where to make it; default: the current folder.
    """
    workspace = workspace or Workspace()
    build_demo(workspace=workspace, progress=progress)
    return export(SCENARIOS, workspace=workspace, progress=progress)


def build_demo(*, workspace: Workspace | None = None, progress: Progress | None = None) -> None:
    """Make the fictional city's raw files and build it, as far as either has changed."""
    workspace = workspace or Workspace()
    tell = progress or (lambda *_: None)
    tell("making raw files", 0, 4)
    _write_study(workspace)
    _write_raw(workspace)
    build(STUDY, workspace=workspace, progress=progress)


def _write_study(workspace: Workspace) -> None:
    """Put the demo's study file beside the others, unless there is one already."""
    path = workspace.studies / f"{STUDY}.toml"
    if not path.exists():
        text = files("mapping.demo").joinpath("study.toml").read_text(encoding="utf-8")
        write_text(text, path)


def _write_raw(workspace: Workspace) -> None:
    """Write the city's files, unless all are there as the same code wrote them."""
    folder = workspace.raw / STUDY
    stamp = folder / "made-by.txt"
    if stamp.is_file() and _holds(stamp.read_text(encoding="utf-8"), folder):
        return
    from mapping import demo

    paths = demo.write(demo.city(), folder)
    write_text(_stamp([path.relative_to(folder).as_posix() for path in paths], folder), stamp)


def _stamp(names: Iterable[str], folder: Path) -> str:
    """Return which code made which bytes, one file a line."""
    lines = [f"{sha256(folder / name)}  {name}" for name in names]
    return "\n".join([code_version(), *lines]) + "\n"


def _holds(stamp: str, folder: Path) -> bool:
    names = [line.partition("  ")[2] for line in stamp.splitlines()[1:]]
    return all((folder / name).is_file() for name in names) and stamp == _stamp(names, folder)
