"""Scenarios as files of a workspace: name, save, reopen and duplicate them, and lose nothing."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from mapping.errors import InvalidScenarioError, MappingError
from mapping.maps.safe import escape
from mapping.panels.autosave import Autosave, Left
from mapping.panels.panel import Panel
from mapping.scenario import Place, Scenario, files
from mapping.workspace import Workspace

Positions = Callable[[Scenario], Mapping[str, Any]]
"""The values of a panel's controls that ask for a scenario."""

# What the draws are asked of is worked out anew; name and note stand beside the controls.
BESIDE = ("name", "note", "study", "draws")


def path_of(name: str, study: str, workspace: Workspace) -> Path:
    """
    Return where a scenario is kept.

    Examples
    --------
    >>> path_of("Five by bus stops!", "demo", Workspace()).as_posix()
    'scenarios/demo/five-by-bus-stops.toml'
    """
    return folder_of(study, workspace) / f"{files.slug(name)}.toml"


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


# Choices whose sliders count in hundredths: per cent, pence.
HUNDREDTHS = ("share", "bus_km_cost")


class Saver(widgets.VBox):
    """
    A scenario's name and note, buttons to keep it, and those kept before.

    Parameters
    ----------
    scenario
        Returns the scenario on the screen under the name given; "" leaves its own.
    workspace
        Where it is kept.
    place
        The study it is made on, which the file then describes.
    """

    def __init__(
        self,
        scenario: Callable[[str], Scenario],
        workspace: Workspace,
        *,
        place: Place | None = None,
    ) -> None:
        self._scenario = scenario
        self._workspace = workspace
        self._place = place
        self._own: Path | None = None  # the file that was opened or written here
        self._warned: Path | None = None
        self._carried: Path | None = None
        self._autosave: Autosave | None = None
        self.name = widgets.Text(
            description="Name of this scenario", placeholder="chosen for you if left empty"
        )
        self.note = widgets.Textarea(description="Note", placeholder="why, and what to ask", rows=2)
        self.button = widgets.Button(description="Save scenario", icon="save")
        self.kept = widgets.Dropdown(description="Saved scenarios", options=())
        self.reopen = widgets.Button(description="Open", icon="folder-open")
        self.duplicate = widgets.Button(description="Duplicate", icon="copy")
        self.message = widgets.HTML()
        self.message.add_class("mapping-live")
        self.offer = _Offer(self._carry_on, self._throw_away)
        self._list = _row(self.kept, self.reopen, self.duplicate)
        self._list.layout.display = "none"
        super().__init__([_row(self.name, self.note, self.button), self._list, self.message])
        self.add_class("mapping-saver")
        self.button.on_click(lambda _: self.save())
        self.reopen.on_click(lambda _: self._reopen(self.kept.value))
        self.duplicate.on_click(lambda _: self._duplicate(self.kept.value))

    def attend(
        self, panel: Panel, *, study: str, kind: str, values_of: Positions | None = None
    ) -> None:
        """
        Save every change of a panel by itself, list what was saved, and reopen it there.

        Parameters
        ----------
        kind
            A word for the panel in file names.
        values_of
            The values of the panel's controls that ask for a scenario; default: `positions`.
        """
        self._panel = panel
        self._values_of = values_of or partial(positions, controls=panel.controls)
        self._study = study
        self._autosave = Autosave(folder_of(study, self._workspace), kind)
        self._refresh()
        self.offer.ask(self._autosave.left())
        panel.on_change(self._keep)
        for text in (self.name, self.note):
            text.observe(lambda _: self._keep(), names="value")

    def save(self) -> None:
        """Write the scenario and say where, or say why not."""
        try:
            scenario = self._named()
            path = path_of(scenario.name, scenario.study, self._workspace)
            earlier = path.exists()
            if earlier and path not in {self._own, self._warned}:
                self._warned = path
                self._say(
                    f"There is a scenario “{scenario.name}” already. Press “Save scenario” once "
                    "more to replace it, or give another name.",
                    role="alert",
                )
                return
            files.save(scenario, path, place=self._place)
        except (MappingError, OSError) as error:
            self._say(f"Not saved: {error}", role="alert")
        else:
            self._own = path
            shown = path.relative_to(self._workspace.root).as_posix()
            self._say(f"{'Replaced' if earlier else 'Saved as'} {shown}.")
            if self._autosave is not None:
                self._autosave.done()
                if self._carried is not None:
                    self._carried.unlink(missing_ok=True)
                self._refresh(path)

    def _named(self) -> Scenario:
        scenario = self._scenario(self.name.value.strip())
        return replace(scenario, note=self.note.value.strip())

    def _keep(self) -> None:
        """Save by itself what is on the screen, if it is a scenario at all."""
        if self._autosave is None:
            return
        try:
            self._autosave.keep(self._named(), place=self._place)
        except InvalidScenarioError:
            return  # these choices exclude each other: nothing that a file could hold
        except OSError as error:
            self._say(f"This cannot be saved by itself: {error}", role="alert")

    def _reopen(self, path: Path | None) -> None:
        if path is None:
            return
        try:
            opened = files.open_file(path, place=self._place)
        except MappingError as error:
            self._say(f"Not opened: {error}", role="alert")
            return
        self._put(opened.scenario)
        self._own = path
        self._say(
            f"Opened “{opened.scenario.name}”.", *opened.changes, *self._lost(opened.scenario)
        )

    def _put(self, scenario: Scenario) -> None:
        self.name.value, self.note.value = scenario.name, scenario.note
        self._panel.put(self._values_of(scenario))

    def _lost(self, scenario: Scenario) -> tuple[str, ...]:
        """Say which choices of a scenario these controls do not have."""
        try:
            now = self._scenario(scenario.name)
        except InvalidScenarioError:
            return ()
        other = [
            entry.name
            for entry in fields(Scenario)
            if entry.name not in BESIDE
            and getattr(now, entry.name) != getattr(scenario, entry.name)
        ]
        if not other:
            return ()
        return (f"Its file also chooses what is not asked here: {', '.join(other)}.",)

    def _duplicate(self, path: Path | None) -> None:
        if path is None:
            return
        try:
            name = Scenario.load(path).name
            taken = saved(self._study, self._workspace)[0]
            copy = files.duplicate(path, name=_copied(name, taken))
        except (MappingError, OSError) as error:
            self._say(f"Not duplicated: {error}", role="alert")
        else:
            self._refresh(copy)
            self._say(f"Copied to {copy.relative_to(self._workspace.root).as_posix()}.")

    def _refresh(self, chosen: Path | None = None) -> None:
        """List what is kept now."""
        kept, faults = saved(self._study, self._workspace)
        paths = {name: path_of(name, self._study, self._workspace) for name in kept}
        listed = {name: path for name, path in paths.items() if path.exists()}
        self.kept.options = list(listed.items())
        if listed:
            self.kept.value = chosen if chosen in listed.values() else next(iter(listed.values()))
        self._list.layout.display = None if listed else "none"
        if faults:
            self._say(*faults, role="alert")

    def _carry_on(self, left: Left) -> None:
        self._carried = left.path
        self._put(left.scenario)
        self._say(f"Carried on from {left.when}.", *self._lost(left.scenario))

    def _throw_away(self, left: Left) -> None:
        left.path.unlink(missing_ok=True)
        self._say("Thrown away.")

    def _say(self, *sentences: str, role: str = "") -> None:
        told = f' role="{role}"' if role else ""
        self.message.value = "".join(f"<p{told}>{escape(one)}</p>" for one in sentences)


class _Offer(widgets.VBox):
    """Work that was not saved by name, to carry on with or to throw away; nothing if none."""

    def __init__(self, carry_on: Callable[[Left], None], throw: Callable[[Left], None]) -> None:
        self.words = widgets.HTML()
        self.yes = widgets.Button(description="Carry on with it")
        self.no = widgets.Button(description="Throw it away")
        super().__init__([self.words, widgets.HBox([self.yes, self.no])])
        self.add_class("mapping-offer")
        self._left: Left | None = None
        for button, do in ((self.yes, carry_on), (self.no, throw)):
            button.on_click(lambda _, do=do: self._take(do))
        self.ask(None)

    def ask(self, left: Left | None) -> None:
        """Offer this, or nothing any more."""
        self._left = left
        self.layout.display = "none" if left is None else None
        if left is not None:
            said = f"Not saved under a name, from {left.when}: “{left.scenario.name}”."
            self.words.value = f"<p>{escape(said)}</p>"

    def _take(self, do: Callable[[Left], None]) -> None:
        if self._left is not None:
            do(self._left)
        self.ask(None)


def positions(scenario: Scenario, controls: Mapping[str, widgets.ValueWidget]) -> dict[str, Any]:
    """
    Return the values of controls that ask for a scenario: those named as its choices.

    Sliders reach further where they have to; sites and wards that a list does not have are left
    out of it.
    """
    known = {entry.name for entry in fields(Scenario)}
    return {
        name: _position(getattr(scenario, name), name, control)
        for name, control in controls.items()
        if name in known
    }


def _position(choice: Any, name: str, control: widgets.ValueWidget) -> Any:
    if isinstance(control, widgets.IntSlider):
        value = round(100 * choice) if name in HUNDREDTHS else round(choice)
        control.min, control.max = min(control.min, value), max(control.max, value)
        return value
    if isinstance(control, widgets.SelectMultiple):
        options = {value for _, value in control.options}
        return tuple(entry for entry in choice if entry in options)
    return choice


def _copied(name: str, taken: Mapping[str, object]) -> str:
    """
    Return a name for a copy that is not taken.

    Examples
    --------
    >>> _copied("Five", {"Five": 1, "Five, copy": 1})
    'Five, copy 2'
    """
    copy, number = f"{name}, copy", 1
    while copy in taken:
        number += 1
        copy = f"{name}, copy {number}"
    return copy


def _row(*parts: widgets.Widget) -> widgets.Box:
    """Return fields with their buttons behind them, on as many lines as it takes."""
    row = widgets.Box([_field(part) for part in parts])
    row.add_class("mapping-row")
    return row


def _field(part: widgets.Widget) -> widgets.Widget:
    if isinstance(part, widgets.Button):
        return part
    box = widgets.Box([part])
    box.add_class("mapping-controls")
    return box
