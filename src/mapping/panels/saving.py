"""Scenarios as files of a workspace: keep the one on the screen, find those kept before."""

import re
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets

from mapping.errors import InvalidScenarioError, MappingError
from mapping.maps.safe import escape
from mapping.scenario import Scenario
from mapping.workspace import Workspace


def path_of(name: str, study: str, workspace: Workspace) -> Path:
    """
    Return where a scenario is kept.

    Examples
    --------
    >>> path_of("Five by bus stops!", "demo", Workspace()).as_posix()
    'scenarios/demo/five-by-bus-stops.toml'
    """
    slug = re.sub(r"\W+", "-", name.lower()).strip("-") or "scenario"
    return folder_of(study, workspace) / f"{slug}.toml"


def folder_of(study: str, workspace: Workspace) -> Path:
    """Return the folder of a study's scenarios."""
    return workspace.root / "scenarios" / Path(study).stem


def saved(study: str, workspace: Workspace) -> tuple[dict[str, Scenario], tuple[str, ...]]:
    """
    Return the scenarios kept for a study by name, and a sentence for every file that is none.

    A broken file must not keep anybody from the others.
    """
    found: dict[str, Scenario] = {}
    faults = []
    for path in sorted(folder_of(study, workspace).glob("*.toml")):
        try:
            scenario = Scenario.load(path)
        except InvalidScenarioError as error:
            faults.append(str(error))
        else:
            found[scenario.name] = scenario
    return found, tuple(faults)


class Saver(widgets.VBox):
    """
    A name, a button and what became of it.

    Parameters
    ----------
    scenario
        Returns the scenario on the screen under the name given; "" leaves its own.
    workspace
        Where it is kept.
    """

    def __init__(self, scenario: Callable[[str], Scenario], workspace: Workspace) -> None:
        self._scenario = scenario
        self._workspace = workspace
        self.name = widgets.Text(
            description="Name of this scenario", placeholder="chosen for you if left empty"
        )
        self.button = widgets.Button(description="Save scenario", icon="save")
        self.message = widgets.HTML()
        named = widgets.Box([self.name])
        named.add_class("mapping-controls")
        super().__init__([named, self.button, self.message])
        self.add_class("mapping-saver")
        self.button.on_click(lambda _: self.save())

    def save(self) -> None:
        """Write the scenario and say where, or say why not."""
        try:
            scenario = self._scenario(self.name.value.strip())
            path = path_of(scenario.name, scenario.study, self._workspace)
            earlier = path.exists()
            scenario.save(path)
        except (MappingError, OSError) as error:
            self._say(f"Not saved: {error}", role="alert")
        else:
            shown = path.relative_to(self._workspace.root).as_posix()
            self._say(f"{'Replaced' if earlier else 'Saved as'} {shown}.", role="status")

    def _say(self, sentence: str, *, role: str) -> None:
        self.message.value = f'<p role="{role}">{escape(sentence)}</p>'
