"""A panel: controls, a button where the answer takes a while, and the answer itself."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.resources import files
from threading import RLock
from typing import Any

import anywidget
import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display
from traitlets import Int, TraitError, dlink

from mapping.errors import MappingError
from mapping.maps.live import HERE, Journal, LiveMap
from mapping.maps.safe import escape
from mapping.panels.answer import Answer, detail_markup, lead_markup
from mapping.panels.faults import OURS, about, reworded
from mapping.panels.history import History, Values
from mapping.panels.work import Stopped, Work, Worker

Reply = Callable[[Values, Work], Answer]
"""
What a panel works out. It may say on the way what it is doing, by calling the work with a few words
as any `Progress`, and hand `work.stopped` to solvers that ask whether to stop.
"""

__all__ = ["Panel", "Reply", "Values"]

UNCHANGED = "The answer below is the last one that could be worked out."
HALTED = "Stopped."
AGAIN = "Work it out"


class Panel(widgets.VBox):
    """
    Controls, and what follows from them, beside or below each other as the page has room.

    The first answer is worked out when the panel is shown. A mistake is one sentence beside the
    controls that it is about; the last good answer stays. In a notebook answers are worked out
    beside the controls: Stop is heard, and a newer change takes the place of an older one.

    Parameters
    ----------
    title
        The panel's heading.
    controls
        By name; a name is the key of the control's value in `values`.
    reply
        What follows from the values.
    folded
        Controls that are needed rarely and start folded away: words for a group → their names.
    button
        The words on the button, where an answer takes seconds; "" answers each change at once.
    extras
        More widgets below the answer.
    fictional
        Whether the panel has to say that the place does not exist.
    bar
        More widgets between the heading and the controls.
    stage
        A live widget between the controls and the answer, in three columns where they fit; tables
        and extras then stand below it.
    """

    def __init__(
        self,
        title: str,
        *,
        controls: Mapping[str, widgets.ValueWidget],
        reply: Reply,
        folded: Mapping[str, Sequence[str]] | None = None,
        button: str = "",
        extras: Sequence[widgets.Widget] = (),
        fictional: bool = False,
        bar: Sequence[widgets.Widget] = (),
        stage: widgets.Widget | None = None,
    ) -> None:
        self.title = title
        self.controls = dict(controls)
        self.answer: Answer | None = None
        self.background = _in_kernel()
        self._reply = reply
        self._waits = bool(button)
        self._make_buttons(button)
        self._message = _classed(widgets.HTML(), "mapping-live")
        self._lead = widgets.HTML()
        self._map = widgets.HTML()
        self._detail = widgets.HTML()
        self._faults = {name: _classed(widgets.HTML(), "mapping-fault") for name in self.controls}
        self._fold: widgets.Accordion | None = None
        self._folded = dict(folded or {})
        parts = self._staged(stage, extras) if stage else [self._answers(extras)]
        body = _classed(widgets.Box([self._side(), *parts]), "mapping-body")
        if stage:
            body.add_class("mapping-staged")
        super().__init__([self._head(title, fictional=fictional, bar=bar), body])
        self.add_class("mapping-panel")
        self._worker = Worker()
        self._screen = RLock()
        self._history = History()
        self._values = self.values
        self._quiet = False
        self._heard: list[Callable[[], None]] = []
        self._journal = Journal(self, leave=(LiveMap,))
        self._mend.on_msg(lambda _, message, __: self._journal.tell() if message == HERE else None)
        for control in self.controls.values():
            control.observe(self._moved, names="value")

    @property
    def values(self) -> dict[str, Any]:
        """The values of the controls by name."""
        return {name: control.value for name, control in self.controls.items()}

    def on_change(self, heard: Callable[[], None]) -> None:
        """Call this after every change of the controls, undone ones included."""
        self._heard.append(heard)

    def put(self, values: Values) -> None:
        """
        Set several controls at once: one change, one answer, one step to undo.

        What a control cannot take, because the place has no such site or ward, it does not take.
        """
        self._history.add(self.values)
        self._set(values)

    def revise(self, answer: Answer) -> None:
        """Say more of the answer that is on the screen."""
        with self._screen:
            self._show(answer, None)

    def undo(self) -> None:
        """Take the last change of the controls back."""
        self._step(self._history.undo(self.values))

    def redo(self) -> None:
        """Make the change that was undone last again."""
        self._step(self._history.redo(self.values))

    def start(self) -> None:
        """Answer the present values: beside the controls in a notebook, at once elsewhere."""
        if not self.background:
            self.refresh()
            return
        values = self.values
        with self._screen:
            self._busy(busy=True)
            self._worker.start(Work(self._tell), lambda work: self._logged(values, work))

    def stop(self) -> None:
        """Give up what is being worked out; the last good answer stays."""
        with self._screen:
            if self._button.disabled:
                self._note("Stopping …")
            self._worker.stop()

    def wait(self) -> None:
        """Return when nothing is being worked out any more."""
        self._worker.wait()

    def refresh(self) -> None:
        """Work out the answer for the present values and show it; a mistake keeps the last one."""
        self._worker.stop()
        self._worker.wait()
        self._answer(self.values, Work(self._tell))

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
            self.start()

    # What is on the screen

    def _make_buttons(self, button: str) -> None:
        self._button = widgets.Button(description=button or AGAIN, button_style="primary")
        self._halt = _classed(widgets.Button(description="Stop", icon="stop"), "mapping-stop")
        self._undo = widgets.Button(description="Undo", icon="undo", disabled=True)
        self._redo = widgets.Button(description="Redo", icon="repeat", disabled=True)
        self._halt.layout.display = "none"
        self._button.layout.display = None if button else "none"
        for clicked, do in (
            (self._button, self.start),
            (self._halt, self.stop),
            (self._undo, self.undo),
            (self._redo, self.redo),
        ):
            clicked.on_click(lambda _, do=do: do())

    def _head(self, title: str, *, fictional: bool, bar: Sequence[widgets.Widget]) -> widgets.Box:
        tools = _classed(widgets.HBox([self._undo, self._redo]), "mapping-tools")
        tools.layout.display = None if self.controls else "none"
        heading = widgets.HTML(_heading(title, fictional=fictional))
        self._mend = _classed(_Mend(), "mapping-mend")
        return _classed(widgets.Box([heading, tools, *bar, self._mend]), "mapping-head")

    def _side(self) -> widgets.Box:
        away = {name for names in self._folded.values() for name in names}
        parts: list[widgets.Widget] = [
            self._fields([name for name in self.controls if name not in away])
        ]
        if self._folded:
            self._fold = widgets.Accordion(
                [self._fields(names) for names in self._folded.values()],
                titles=tuple(self._folded),
                selected_index=None,
            )
            parts.append(self._fold)
        return _classed(widgets.VBox([*parts, self._button]), "mapping-side")

    def _fields(self, names: Sequence[str]) -> widgets.Box:
        """Return controls, each with room below it for what is wrong with it."""
        return _classed(widgets.Box([self._field(name) for name in names]), "mapping-controls")

    def _field(self, name: str) -> widgets.VBox:
        control = self.controls[name]
        field = _classed(widgets.VBox([control, self._faults[name]]), "mapping-field")
        if isinstance(control, widgets.DOMWidget):
            dlink((control.layout, "display"), (field.layout, "display"))
        return field

    def _answers(self, extras: Sequence[widgets.Widget]) -> widgets.VBox:
        self._shown = _classed(widgets.VBox([self._lead, self._map, self._detail]), "mapping-shown")
        status = _classed(widgets.Box([self._message, self._halt]), "mapping-status")
        return _classed(widgets.VBox([status, self._shown, *extras]), "mapping-answer")

    def _staged(
        self, stage: widgets.Widget, extras: Sequence[widgets.Widget]
    ) -> list[widgets.Widget]:
        """Return the live widget, the answer beside it, and what stands below them both."""
        self._shown = _classed(widgets.VBox([self._lead]), "mapping-shown")
        status = _classed(widgets.Box([self._message, self._halt]), "mapping-status")
        what = _classed(widgets.VBox([status, self._shown]), "mapping-what")
        below = widgets.VBox([self._map, self._detail, *extras])
        return [stage, what, _classed(below, "mapping-below")]

    # What happens when a control moves

    def _moved(self, _: object) -> None:
        if self._quiet:
            return
        self._history.add(self._values)
        self._changed()

    def _step(self, values: Values | None) -> None:
        if values is not None:
            self._set(values)

    def _set(self, values: Values) -> None:
        with self._quietly():
            for name, value in values.items():
                # An option that is gone: the control keeps what it has.
                with suppress(TraitError):
                    self.controls[name].value = value
        self._changed()

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def _changed(self) -> None:
        self._values = self.values
        self._undo.disabled = not self._history.can_undo
        self._redo.disabled = not self._history.can_redo
        # What a field is left with reaches the kernel after the press of the button that leaves it.
        if self._waits and not self._worker.working:
            self._doubt()
        else:
            self.start()
        for heard in self._heard:
            heard()

    def _doubt(self) -> None:
        if self.answer is not None:
            self._note(
                f"The answer below is for the earlier choices. Press “{self._button.description}”."
            )
            self._shown.add_class("mapping-stale")

    # The answer, in whatever thread works it out

    def _logged(self, values: Values, work: Work) -> None:
        try:
            self._answer(values, work)
        except Exception:
            logging.getLogger(__name__).exception("a panel's answer failed")

    def _answer(self, values: Values, work: Work) -> None:
        try:
            work("working it out")
            answer = self._reply(values, work)
            shown = self._drawn(answer)
        except Stopped:
            self._end(work, self._say_stopped)
        except MappingError as error:
            self._end(work, partial(self._refuse, str(error)))
        except BaseException:
            self._end(work, partial(self._refuse, OURS))
            raise
        else:
            self._end(work, partial(self._show, answer, shown))

    def _end(self, work: Work, say: Callable[[], None]) -> None:
        """Say what came of the work, unless newer work has taken its place."""
        with self._screen:
            if not work.superseded:
                self._mend.answers += 1
                (self._say_stopped if work.stopped() else say)()
                self._busy(busy=False)

    def _say_stopped(self) -> None:
        kept = "" if self.answer is None else " The answer below is for earlier choices."
        self._note(f"{HALTED}{kept}")
        self._button.layout.display = None

    def _busy(self, *, busy: bool) -> None:
        self._button.disabled = busy
        self._halt.layout.display = None if busy and self.background else "none"

    def _tell(self, doing: str) -> None:
        self._busy(busy=True)
        self._clear_faults()
        self._message.value = told(doing)
        self._shown.add_class("mapping-stale")

    def _note(self, sentence: str) -> None:
        self._message.value = f'<p class="mapping-note">{escape(sentence)}</p>'

    def _clear_faults(self) -> None:
        for fault in self._faults.values():
            fault.value = ""

    def _refuse(self, sentence: str) -> None:
        """Say what is wrong, beside the controls that it is about as far as it names any."""
        labels = {
            name: _label(control)
            for name, control in self.controls.items()
            if control.layout.display != "none"
        }
        named, said = about(sentence, labels), reworded(sentence, labels)
        for name in named:
            self._faults[name].value = f'<p class="mapping-wrong">{escape(said)}</p>'
        for place, names in enumerate(self._folded.values()):
            if self._fold is not None and set(named) & set(names):
                self._fold.selected_index = place
        kept = "" if self.answer is None else f"<br>{UNCHANGED}"
        self._message.value = (
            f'<p class="mapping-error" role="alert"><strong>{escape(said)}</strong>{kept}</p>'
        )

    def _drawn(self, answer: Answer) -> str | None:
        """Return the map or figure as HTML; None where what is on the screen stays as it is."""
        if self.answer is not None and answer.shown is self.answer.shown:
            return None
        return "" if answer.shown is None else answer.shown._repr_html_()

    def _show(self, answer: Answer, shown: str | None) -> None:
        self.answer = answer
        self._message.value = ""
        self._lead.value = lead_markup(answer)
        if shown is not None:
            self._map.value = shown
        self._detail.value = detail_markup(answer)
        self._shown.remove_class("mapping-stale")
        if not self._waits:
            self._button.layout.display = "none"


class _Mend(anywidget.AnyWidget):
    """
    Nothing to see: it gives the panel around it what assistive technology needs.

    It also tells when the page is there, and counts the answers in the panel's `data-answers`.
    """

    answers = Int().tag(sync=True)
    _esm = files("mapping.panels").joinpath("panel.js").read_text(encoding="utf-8")


def told(doing: str) -> str:
    """
    Return what is being done as HTML, with a bar that fills where it says "3 of 12".

    Examples
    --------
    >>> "value=3 max=12" in told("planning size 3 of 12").replace('"', "")
    True
    """
    found = re.search(r"(\d+) of (\d+)", doing)
    done = f' value="{found[1]}" max="{max(int(found[2]), 1)}"' if found else ""
    return (
        f'<p class="mapping-note mapping-doing" aria-live="off">'
        f'<progress aria-label="working"{done}></progress> '
        f"{escape(doing[:1].upper() + doing[1:])} …</p>"
    )


def _in_kernel() -> bool:
    """Whether there is a kernel, which hears the controls while a thread works."""
    return getattr(get_ipython(), "kernel", None) is not None


def _label(control: widgets.ValueWidget) -> str:
    """Return a control's label without its unit or the advice in brackets."""
    return re.sub(r" \([^)]*\)$", "", str(getattr(control, "description", "")))


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
