"""
How sure: wards with their ranges, how the estimate was checked, who is affected, and why.

The estimate can be tried at another level, and with a survey that is read in memory and kept there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypedDict

import ipywidgets as widgets
import pandas as pd

from mapping import figures
from mapping.errors import InvalidTableError
from mapping.exclusion import OUTCOMES, Level
from mapping.exclusion.comparison import BANDS
from mapping.panels.answer import Answer, Grid
from mapping.panels.controls import choice, slider
from mapping.panels.layers import PEOPLE, SURE
from mapping.panels.need import ward_words
from mapping.panels.needmaps import NeedMaps
from mapping.panels.panel import Panel, Values
from mapping.panels.picture import picture
from mapping.panels.upload import OwnList
from mapping.panels.work import Work
from mapping.pipeline import trying
from mapping.report import estimates, words
from mapping.scenario import Place
from mapping.sources import records
from mapping.sources.uploads import Upload

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAPS = "maps"
ON_MAPS = {"layer": PEOPLE, "beside": SURE, "by": "lsoa"}
VIEWS = {
    "All wards, with their ranges": "wards",
    "Maps: the estimate, and how sure it is": MAPS,
    "What was expected, and what was observed": "calibration",
    "What goes with the ward’s difference": "why",
}
OBSERVED_YEAR = {"census returns not made online": (2021, "households")}


class _Of(TypedDict):
    outcome: str
    year: int
    population: str


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure ready to be shown: its HTML."""

    markup: str

    def _repr_html_(self) -> str:
        return self.markup


Draw = Callable[[str, str], Drawing | None]

BUILT, LEVEL, SURVEY = "built", "level", "survey"
SOURCES = {
    "as it was built": BUILT,
    "brought to another level": LEVEL,
    "with a survey of yours": SURVEY,
}
# Control → the source that it matters for.
MATTERS = {"outcome": LEVEL, "level": LEVEL, "give_or_take": LEVEL, "level_year": LEVEL,
           "survey_year": SURVEY}  # fmt: skip
NORMAL = 1.96  # standard errors either side of a 95 % interval
FIRST_YEAR, LAST_YEAR = 2011, 2035
NO_SURVEY = "Choose the survey’s file below the figures first: it is read in memory and not kept."


class Trials:
    """
    The estimate that the controls ask for: as built, at another level, or with a survey.

    Parameters
    ----------
    place
        The study as built.
    """

    def __init__(self, place: Place) -> None:
        self.built = place
        self._people: pd.DataFrame | None = None
        self._asked: tuple[Any, ...] = ()
        self._tried = place

    def take(self, upload: Upload, columns: Mapping[str, str] | None = None) -> None:
        """Take a survey, in place of the one before."""
        self._people = records.respondents(upload, columns or {})
        self._asked = ()

    def of(self, values: Values) -> Place:
        """
        Return the place with the estimate that the values ask for.

        Raises
        ------
        InvalidTableError
            If the level or the survey cannot be used.
        """
        source = values.get("source", BUILT)
        if source == BUILT:
            return self.built
        asked = (source, *(values[name] for name, of in MATTERS.items() if of == source))
        if asked != self._asked:
            made = self._level(values) if source == LEVEL else self._survey(values)
            self._asked, self._tried = asked, made
        return self._tried

    def _level(self, values: Values) -> Place:
        outcome = OUTCOMES[values["outcome"]]
        level = Level(
            share=values["level"] / 100,
            se=values["give_or_take"] / 100 / NORMAL,
            outcome=outcome.name,
            year=values["level_year"],
            population=outcome.population,
            source="a figure tried out here",
        )
        return trying.at_level(self.built, level)

    def _survey(self, values: Values) -> Place:
        if self._people is None:
            raise InvalidTableError(NO_SURVEY)
        return trying.with_survey(self.built, self._people, year=values["survey_year"])


def check_estimate(place: Place) -> Panel:
    """
    Return the panel that shows how sure the estimate is, how it was checked, and of whom it is.

    Its maps are live, beside each other: they zoom and move together, and areas tell of themselves.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    """
    wards = {name: str(code) for code, name in place.wards["name"].sort_values().items()}
    views = {
        words_: view
        for words_, view in VIEWS.items()
        if view != "calibration" or place.card is not None
    }
    trials = Trials(place)
    drawer = _Drawer()
    stage = NeedMaps(place)
    stage.away(away=True)

    def reply(values: Values, work: Work) -> Answer:
        if values["source"] != BUILT:
            work("trying another estimate")
        shown = trials.of(values)
        work("drawing")
        answer = estimate_answer(values, shown, draw=drawer.of(shown), built=place)
        work.check()  # newer choices are under way: what is on the screen waits for them
        if values["view"] == MAPS:
            stage.follow({**values, **ON_MAPS}, shown)
        stage.away(away=values["view"] != MAPS)
        return answer

    def take(_: str, upload: Upload) -> None:
        trials.take(upload)
        if panel.controls["source"].value == SURVEY:
            panel.start()
        else:
            panel.controls["source"].value = SURVEY

    panel = Panel(
        f"How sure, and of whom · {place.name}",
        controls={
            "view": choice("Look at", views, "wards"),
            "ward": choice("Tell me about", {"the whole place": ""} | wards, ""),
            "other": choice("Compare it with", {"no other ward": ""} | wards, ""),
            **_trial_controls(place),
        },
        reply=reply,
        extras=(OwnList({"Choose a survey of yours": "survey"}, use=take),),
        fictional=place.fictional,
        stage=stage,
    )
    _show_what_matters(panel.controls)
    return panel


class _Drawer:
    """Draws each figure once, as long as the estimate is the same; one other is remembered."""

    def __init__(self) -> None:
        self._held: list[tuple[Place, Draw]] = []

    def of(self, place: Place) -> Draw:
        """Return what draws the figures of a place."""
        for known, draw in self._held:
            if known is place:
                return draw
        made = cache(partial(drawing, place=place))
        self._held = [*self._held[:1], (place, made)]
        return made


def _trial_controls(place: Place) -> dict[str, Any]:
    """Return the controls that try another estimate, from where the built one stands."""
    now = place.exclusion.total()
    half = max(1, round(50 * (now["high"] - now["low"]) / now["people"] * now["share"]))
    people = {
        outcome.name: outcome.id
        for outcome in OUTCOMES.values()
        if outcome.gives_level and outcome.population.startswith("adults")
    }
    words_for = {f"{name[:1].upper()}{name[1:]}": id_ for name, id_ in people.items()}
    year = place.exclusion.year
    return {
        "source": choice("Estimate", SOURCES, BUILT),
        "outcome": choice("Outcome", words_for, next(iter(words_for.values()))),
        "level": slider(
            "Benchmark level", round(100 * now["share"]), least=1, most=60, unit="% of adults"
        ),
        "give_or_take": slider(
            "Give or take", half, least=0, most=20, unit="points, 19 times in 20"
        ),
        "level_year": _year("Of the year", year),
        "survey_year": _year("Survey made in", year),
    }


def _year(label: str, value: int) -> widgets.IntSlider:
    control = slider(label, value, least=min(FIRST_YEAR, value), most=max(LAST_YEAR, value))
    control.readout_format = "d"  # 2025, not 2,025
    return control


def _show_what_matters(controls: Mapping[str, Any]) -> None:
    def show(source: str) -> None:
        for name, of in MATTERS.items():
            controls[name].layout.display = None if of == source else "none"

    controls["source"].observe(lambda change: show(change["new"]), names="value")
    show(controls["source"].value)


def estimate_answer(
    values: Values, place: Place, *, draw: Draw, built: Place | None = None
) -> Answer:
    """
    Return how sure the estimate is.

    Parameters
    ----------
    values
        `view`: one of `VIEWS`; `ward` and `other`: codes of wards, or "".
    place
        With the estimate that is looked at.
    draw
        Returns the figure of a view and a ward; the same one each time.
    built
        With the estimate as it was built, where another one is looked at.
    """
    view, ward, other = values["view"], values["ward"], values["other"]
    tried = built is not None and place is not built
    if ward:
        beside = estimates.compared(ward, other, place) if other else ""
        notes = (beside, estimates.why(ward, place))
    elif view == "why" and not tried:
        notes = ("Choose a ward under “Tell me about” to see what goes with its difference.", "")
    else:
        notes = (estimates.in_bands(place), "" if tried else estimates.who_told(place))
    shown = None if view == MAPS else draw(view, ward if view == "why" else "")
    return Answer(
        lead=ward_words(ward, place) if ward else words.headline(place),
        notes=(
            *((_as_built(ward, built), trying.TRIED) if tried and built is not None else ()),
            *notes,
            UNSHOWN if shown is None and view != MAPS and (tried or view != "why") else "",
            words.meaning(place.exclusion),
        ),
        shown=shown,
        grids=(checked_grids(place) + (() if tried else (who_grid(place),))),
        caveats=place.caveats,
    )


UNSHOWN = "There is no such picture of this estimate: nothing was held back to check it on."


def _as_built(ward: str, built: Place) -> str:
    """Return what the built estimate says of the same, to compare with."""
    said = ward_words(ward, built) if ward else words.headline(built)
    return f"As it was built: {said[:1].lower()}{said[1:]}"


def drawing(view: str, ward: str, place: Place) -> Drawing | None:
    """Return the figure of a view with its text alternative; None where there is none."""
    made = {"wards": _wards, "calibration": _calibration, "why": _why}[view]
    found = made(place, ward)
    return None if found is None else Drawing(picture(found[0], alt=found[1]))


def checked_grids(place: Place) -> tuple[Grid, ...]:
    """Return how the estimate was checked: sentences, and simpler orders beside the model."""
    told = pd.DataFrame({"What was found": estimates.how_checked(place)})
    grids = [Grid("How this was checked", told, folded=True)]
    if place.card is not None:
        simpler = "How simpler ways do (agreement: 1 is the same order, 0 is chance)"
        grids.append(Grid(simpler, estimates.baseline_figures(place), folded=True))
    return tuple(grids)


def who_grid(place: Place) -> Grid:
    """Return who is likely to be offline, by age, home and disability."""
    what = f"{place.exclusion.population}, {place.exclusion.year}; 95% intervals in brackets"
    caption = f"Who is likely to be offline in {place.name} ({what})"
    return Grid(caption, estimates.who_figures(place), grouped=True)


def _wards(place: Place, _: str) -> "tuple[Figure, str]":
    names, bands = place.wards["name"], estimates.band_of(place)
    options = {"place": place.name, "bands": bands, "order": BANDS}
    shown = place.ward_exclusion
    return (
        figures.caterpillar(shown, names, **options),
        figures.caterpillar_words(shown, names, **options),
    )


def _calibration(place: Place, _: str) -> "tuple[Figure, str] | None":
    if place.card is None:
        return None
    year, population = OBSERVED_YEAR.get(
        place.card.outcome, (place.exclusion.year, place.exclusion.population)
    )
    return (
        figures.calibration(place.card, year=year, population=population),
        figures.calibration_words(place.card, year=year, population=population),
    )


def _why(place: Place, ward: str) -> "tuple[Figure, str] | None":
    if ward not in place.explanation.index.get_level_values("area"):
        return None
    shown = place.exclusion
    name = str(place.wards.loc[ward, "name"])
    options = _Of(outcome=shown.outcome, year=shown.year, population=shown.population)
    return (
        figures.explanation_bars(place.explanation, ward, name=name, **options),
        figures.explanation_bars_words(place.explanation, ward, name=name, **options),
    )
