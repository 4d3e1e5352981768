"""What a page that is still being put up may miss, told once more when it is there."""

from collections.abc import Iterable
from typing import Any

import ipywidgets as widgets

HERE = {"kind": "here"}
"""The message with which a page tells that it is there."""


class Journal:
    """
    What changed in a widget and those within it since a page was last put up.

    A page asks for the state of all widgets first, then loads the scripts that draw them; what
    changes in between finds nobody there and is dropped without a word (ipywidgets). A panel whose
    answer came just then would seem to work on it for ever.

    Parameters
    ----------
    root
        The outermost widget.
    leave
        Widgets that keep a journal of their own.

    Examples
    --------
    >>> text = widgets.HTML()
    >>> journal = Journal(widgets.VBox([text]))
    >>> text.value = "found"
    >>> journal.changed() == {text: {"value"}}
    True
    >>> journal.changed()
    {}
    """

    def __init__(self, root: widgets.Widget, *, leave: tuple[type, ...] = ()) -> None:
        self._leave = leave
        self._noted: dict[widgets.Widget, set[str]] = {}
        self._watch([root])

    def note(self, widget: widgets.Widget, name: str) -> None:
        """Take down that a widget's trait changed; only needed where it changed unseen."""
        self._noted[widget].add(name)

    def changed(self) -> dict[widgets.Widget, set[str]]:
        """Return the names of traits that changed by widget, and begin a new page."""
        found = {widget: names for widget, names in self._noted.items() if names}
        for widget in found:
            self._noted[widget] = set()
        return found

    def tell(self) -> None:
        """Tell the page that is there now what changed before."""
        for widget, names in self.changed().items():
            widget.send_state(names)

    def _watch(self, found: Iterable[Any]) -> None:
        for widget in found:
            if widget in self._noted or isinstance(widget, self._leave):
                continue
            self._noted[widget] = set()
            widget.observe(self._seen)
            for name in widget.keys:
                self._watch(_widgets(getattr(widget, name)))

    def _seen(self, change: Any) -> None:
        if change.name in change.owner.keys:
            self.note(change.owner, change.name)
            self._watch(_widgets(change.new))


def _widgets(value: Any) -> list[widgets.Widget]:
    parts = value if isinstance(value, list | tuple) else [value]
    return [part for part in parts if isinstance(part, widgets.Widget)]
