"""How sure a plan is and what more would bring: worked out on demand, with progress and a stop."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

import ipywidgets as widgets

from mapping import figures
from mapping.errors import MappingError
from mapping.maps.safe import escape
from mapping.panels.answer import Answer, Grid, detail_markup
from mapping.panels.picture import picture
from mapping.report import siting
from mapping.scenario import Frontier, Outcome, Place, Progress, frontier, weigh, with_own

DRAWS = 100

CAPTION = (
    "Sites in the best plan of a fifth of the draws or more (uncertainty of the estimate only)"
)
NOT_ASKED = (
    "Draws cannot be asked for this question: only for most people within reach, for those further "
    "away counting less, and for shortest walks."
)


class HowSure(widgets.VBox):
    """
    A button that asks the question of draws of the estimate; it works beside the panel.

    The work runs in a thread of its own, so that the controls stay alive and Stop is heard; once
    the plan on the screen changes, what was worked out for another is taken away.

    Parameters
    ----------
    place
        The study.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._outcome: Outcome | None = None
        self._thread: Thread | None = None
        self._stopped = Event()
        self.draws = 0
        self.heard: Callable[[Outcome], None] = lambda _: None
        self.button = widgets.Button(description="How sure is this?", icon="random")
        self.halt = widgets.Button(description="Stop", icon="stop")
        self.halt.layout.display = "none"
        self.message, self.detail = widgets.HTML(), widgets.HTML()
        buttons = widgets.HBox([self.button, self.halt])
        super().__init__([buttons, self.message, self.detail])
        self.add_class("mapping-part")
        self.button.on_click(lambda _: self.start())
        self.halt.on_click(lambda _: self.stop())

    def follow(self, outcome: Outcome | None) -> None:
        """Be about this outcome from now on; work on another is given up."""
        self.stop()
        self._outcome, self.draws = outcome, 0
        self.message.value = self.detail.value = ""
        self._idle(idle=True)

    def start(self) -> None:
        """Begin the work; what is there stays until it is done."""
        if self._outcome is None or (self._thread is not None and self._thread.is_alive()):
            return
        self._stopped = Event()
        self._idle(idle=False)
        self._thread = Thread(target=self._work, args=(self._outcome, self._stopped), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the work with what was found so far."""
        self._stopped.set()

    def wait(self) -> None:
        """Return when the work is done."""
        if self._thread is not None:
            self._thread.join()

    def _work(self, outcome: Outcome, stopped: Event) -> None:
        def current() -> bool:
            return self._outcome is outcome

        def tell(doing: str) -> None:
            if current():
                self._say(doing)

        try:
            weighed, curve = worked_out(outcome, self._place, tell=tell, stop=stopped.is_set)
            shown = markup(weighed, curve, self._place)
        except MappingError as error:
            self._end(outcome, f'<p class="mapping-error" role="alert">{escape(error)}</p>', "")
        except BaseException:
            self._end(outcome, '<p class="mapping-error" role="alert">This went wrong.</p>', "")
            raise
        else:
            whole = weighed.confidence is not None and not stopped.is_set()
            self._end(outcome, "", shown, draws=DRAWS if whole else 0)
            if current() and weighed.confidence is not None:
                self.heard(weighed)

    def _end(self, outcome: Outcome, message: str, shown: str, *, draws: int = 0) -> None:
        if self._outcome is not outcome:
            return
        self.message.value, self.detail.value, self.draws = message, shown, draws
        self._idle(idle=True)

    def _idle(self, *, idle: bool) -> None:
        self.button.disabled = not idle
        self.halt.layout.display = "none" if idle else None

    def _say(self, doing: str) -> None:
        self.message.value = (
            f'<p class="mapping-note" role="status"><progress aria-label="working"></progress> '
            f"{escape(doing[:1].upper() + doing[1:])} …</p>"
        )


def worked_out(
    outcome: Outcome,
    place: Place,
    *,
    tell: Progress,
    stop: Callable[[], bool],
) -> tuple[Outcome, Frontier | None]:
    """Return the outcome with its question asked of draws, and what more or less would bring."""
    scenario = replace(outcome.scenario, bus_days=0, draws=DRAWS)
    weighed = weigh(scenario, place, progress=tell, stop=stop)
    curve = frontier(
        scenario,
        place,
        tell=lambda done, all_: tell(f"planning size {done} of {all_}"),
        stop=stop,
    )
    return weighed, curve


def markup(outcome: Outcome, curve: Frontier | None, place: Place) -> str:
    """Return how sure the plan is and what more would bring, as HTML."""
    place = with_own(place, outcome.scenario.placed)
    sure = outcome.confidence
    if sure is None:
        said = f"<p>{escape(NOT_ASKED)}</p>"
    else:
        table = siting.sure_table(sure, place)
        grid = Grid(CAPTION, table)
        told = "".join(f"<li>{escape(one)}</li>" for one in siting.how_sure(sure, place))
        said = f"<h3>How sure this is</h3><ul>{told}</ul>"
        if len(table):
            said = detail_markup(Answer("", grids=(grid,))) + said
    return said + ("" if curve is None else _curve(curve, place))


def _curve(found: Frontier, place: Place) -> str:
    value, counts, by = found.curve["value"], found.counts, found.by
    at, knee = found.at, found.knee
    title = f"What more would bring in {place.name}"
    drawn = figures.frontier(value, title=title, by=by, counts=counts, at=at, knee=knee)
    alt = figures.frontier_words(value, by=by, counts=counts, at=at, knee=knee)
    return picture(drawn, alt=alt) + f"<p>{escape(siting.more(found))}</p>"
