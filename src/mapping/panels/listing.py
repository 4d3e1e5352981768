"""A list that the planner makes: entries are added one by one, and each can be taken out again."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets
import traitlets

from mapping.maps.safe import escape


class Listed(widgets.VBox):
    """
    A list of entries, fields for the next one, and buttons to add it and to take entries out.

    Its `value` is a tuple of texts, each as a scenario keeps it.

    Parameters
    ----------
    label
        What the list is of.
    fields
        Controls that say the next entry.
    entry
        Returns it as a text; "" while the fields say none.
    told
        Returns an entry as the planner reads it.
    instead
        Returns the part of an entry that may stand once: a new one takes the place of the old.
    """

    value = traitlets.Tuple()

    def __init__(
        self,
        label: str,
        fields: Sequence[widgets.ValueWidget],
        *,
        entry: Callable[[], str],
        told: Callable[[str], str],
        instead: Callable[[str], str] = str,
    ) -> None:
        self.description = label
        self._entry, self._told, self._instead = entry, told, instead
        self.add_button = widgets.Button(description="Add", icon="plus", tooltip=f"{label}: add")
        self._entries = widgets.VBox([])
        heading = widgets.HTML(f"<p><strong>{escape(label)}</strong></p>")
        super().__init__([heading, *fields, self.add_button, self._entries])
        self.add_class("mapping-listed")
        self.add_button.on_click(lambda _: self.add())
        self.observe(lambda _: self.show(), names="value")

    def add(self) -> None:
        """Take in what the fields say."""
        entry = self._entry()
        if entry:
            kept = [one for one in self.value if self._instead(one) != self._instead(entry)]
            self.value = (*kept, entry)

    def take_out(self, entry: str) -> None:
        """Leave an entry out from now on."""
        self.value = tuple(one for one in self.value if one != entry)

    def show(self) -> None:
        """Show the entries as they are called now."""
        self._entries.children = [self._row(entry) for entry in self.value]

    @traitlets.validate("value")
    def _texts(self, proposal: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(one) for one in proposal["value"])

    def _row(self, entry: str) -> widgets.HBox:
        said = self._told(entry)
        out = widgets.Button(description="Remove", tooltip=f"Remove {said}")
        out.on_click(lambda _: partial(self.take_out, entry)())
        return widgets.HBox([widgets.HTML(f"<span>{escape(said)}</span>"), out])
