"""A panel: controls, a button where the answer takes a while, and the answer itself."""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from mapping.errors import MappingError
from mapping.maps.safe import escape
from mapping.panels.answer import Answer, detail_markup, lead_markup
from mapping.scenario import Progress

Values = Mapping[str, Any]
"""Values of controls by name."""

Reply = Callable[[Values, Progress], Answer]
"""What a panel works out; it may say on the way what it is doing."""

UNCHANGED = "The answer below is the last one that could be worked out."


class Panel(widgets.VBox):
    """
    Controls, and what follows from them, beside or below each other as the page has room.

    The first answer is worked out when the panel is shown. A mistake is one sentence under the
    controls; the last good answer stays.

    Parameters
    ----------
    title
        The panel's heading.
    controls
        By name; a name is the key of the control's value in `values`.
    reply
        What follows from the values.
    folded
        Names of controls that are needed rarely and start folded away, and the words for them.
    button
        The words on the button, where an answer takes seconds; "" answers each change at once.
    extras
        More widgets below the answer.
    fictional
        Whether the panel has to say that the place does not exist.
    """

    def __init__(
        self,
        title: str,
        *,
        controls: Mapping[str, widgets.ValueWidget],
        reply: Reply,
        folded: tuple[str, Sequence[str]] = ("", ()),
        button: str = "",
        extras: Sequence[widgets.Widget] = (),
        fictional: bool = False,
    ) -> None:
        self.title = title
        self.controls = dict(controls)
        self.answer: Answer | None = None
        self._reply = reply
        self._button = widgets.Button(description=button, button_style="primary")
        self._message = widgets.HTML()
        self._lead = widgets.HTML()
        self._map = widgets.HTML()
        self._detail = widgets.HTML()
        side = self._side(folded, button=bool(button))
        body = _classed(widgets.Box([side, self._answers(extras)]), "mapping-body")
        heading = widgets.HTML(_heading(title, fictional=fictional))
        super().__init__([heading, body])
        self.add_class("mapping-panel")
        self._listen(button=bool(button))

    @property
    def values(self) -> dict[str, Any]:
        """The values of the controls by name."""
        return {name: control.value for name, control in self.controls.items()}

    def refresh(self) -> None:
        """Work out the answer for the present values and show it; a mistake keeps the last one."""
        self._working("working it out")
        try:
            answer = self._reply(self.values, self._working)
        except MappingError as error:
            self._refuse(str(error))
        except BaseException:
            self._refuse("Something went wrong that is not your mistake; the log says what.")
            raise
        else:
            self._show(answer)
        finally:
            self._button.disabled = False

    def __repr__(self) -> str:
        return (
            f"Panel “{self.title}”. To use it, open this notebook in JupyterLab, trust it (File "
            "menu, Trust Notebook) and run all cells (Run menu, Run All Cells)."
        )

    def _ipython_display_(self) -> None:
        """Show the controls at once, then the first answer as soon as it is there."""
        bundle = self._repr_mimebundle_()
        display(bundle | {"text/plain": repr(self)}, raw=True)
        if self.answer is None:
            self.refresh()

    def _side(self, folded: tuple[str, Sequence[str]], *, button: bool) -> widgets.Box:
        words, names = folded
        always = [control for name, control in self.controls.items() if name not in names]
        parts: list[widgets.Widget] = [_classed(widgets.Box(always), "mapping-controls")]
        if names:
            inner = _classed(
                widgets.Box([self.controls[name] for name in names]), "mapping-controls"
            )
            parts.append(widgets.Accordion([inner], titles=(words,), selected_index=None))
        if button:
            parts.append(self._button)
        return _classed(widgets.VBox(parts), "mapping-side")

    def _answers(self, extras: Sequence[widgets.Widget]) -> widgets.VBox:
        self._shown = _classed(widgets.VBox([self._lead, self._map, self._detail]), "mapping-shown")
        return _classed(widgets.VBox([self._message, self._shown, *extras]), "mapping-answer")

    def _listen(self, *, button: bool) -> None:
        heard = self._changed if button else lambda _: self.refresh()
        for control in self.controls.values():
            control.observe(heard, names="value")
        self._button.on_click(lambda _: self.refresh())

    def _changed(self, _: object) -> None:
        if self.answer is not None:
            words = (
                f"The answer below is for the earlier choices. Press “{self._button.description}”."
            )
            self._message.value = f'<p class="mapping-note" role="status">{escape(words)}</p>'
            self._shown.add_class("mapping-stale")

    def _working(self, doing: str) -> None:
        self._button.disabled = True
        self._message.value = (
            f'<p class="mapping-note" role="status"><progress aria-label="working"></progress> '
            f"{escape(doing[:1].upper() + doing[1:])} …</p>"
        )
        self._shown.add_class("mapping-stale")

    def _refuse(self, sentence: str) -> None:
        kept = "" if self.answer is None else f"<br>{UNCHANGED}"
        self._message.value = (
            f'<p class="mapping-error" role="alert"><strong>{escape(sentence)}</strong>{kept}</p>'
        )

    def _show(self, answer: Answer) -> None:
        before, self.answer = self.answer, answer
        self._message.value = ""
        self._lead.value = lead_markup(answer)
        if before is None or answer.shown is not before.shown:
            self._map.value = "" if answer.shown is None else answer.shown._repr_html_()
        self._detail.value = detail_markup(answer)
        self._shown.remove_class("mapping-stale")


def _heading(title: str, *, fictional: bool) -> str:
    style = files("mapping.panels").joinpath("panel.css").read_text(encoding="utf-8")
    made_up = (
        '<p class="mapping-fictional"><strong>Fictional</strong> This place does not exist; every '
        "figure is made up.</p>"
        if fictional
        else ""
    )
    heading = f"<h2>{escape(title)}</h2>{made_up}"
    return f'<style>{style}</style><div class="mapping-heading">{heading}</div>'


def _classed(widget: widgets.DOMWidget, name: str) -> widgets.DOMWidget:
    widget.add_class(name)
    return widget
