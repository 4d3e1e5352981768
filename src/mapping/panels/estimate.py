"""How sure: wards with their ranges, how the estimate was checked, who is affected, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypedDict

import pandas as pd

from mapping import figures
from mapping.exclusion.comparison import BANDS
from mapping.panels.answer import Answer, Grid
from mapping.panels.controls import choice
from mapping.panels.need import ward_words
from mapping.panels.panel import Panel, Values
from mapping.panels.picture import picture
from mapping.report import estimates, words
from mapping.report.drawing import outlined_wards
from mapping.scenario import Place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VIEWS = {
    "All wards, with their ranges": "wards",
    "Maps: the estimate, and how sure it is": "maps",
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


def check_estimate(place: Place) -> Panel:
    """
    Return the panel that shows how sure the estimate is, how it was checked, and of whom it is.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    """
    wards = {name: str(code) for code, name in place.wards["name"].sort_values().items()}

    @cache
    def draw(view: str, ward: str) -> Drawing | None:
        return drawing(view, ward, place)

    views = {
        words_: view
        for words_, view in VIEWS.items()
        if view != "calibration" or place.card is not None
    }
    return Panel(
        f"How sure, and of whom · {place.name}",
        controls={
            "view": choice("Look at", views, "wards"),
            "ward": choice("Tell me about", {"the whole place": ""} | wards, ""),
            "other": choice("Compare it with", {"no other ward": ""} | wards, ""),
        },
        reply=lambda values, _: estimate_answer(values, place, draw=draw),
        fictional=place.fictional,
    )


def estimate_answer(values: Values, place: Place, *, draw: Draw) -> Answer:
    """
    Return how sure the estimate is.

    Parameters
    ----------
    values
        `view`: one of `VIEWS`; `ward` and `other`: codes of wards, or "".
    draw
        Returns the figure of a view and a ward; the same one each time.
    """
    view, ward, other = values["view"], values["ward"], values["other"]
    if ward:
        beside = estimates.compared(ward, other, place) if other else ""
        notes = (beside, estimates.why(ward, place))
    elif view == "why":
        notes = ("Choose a ward under “Tell me about” to see what goes with its difference.", "")
    else:
        notes = (estimates.in_bands(place), estimates.who_told(place))
    return Answer(
        lead=ward_words(ward, place) if ward else words.headline(place),
        notes=(*notes, words.meaning(place.exclusion)),
        shown=draw(view, ward if view == "why" else ""),
        grids=(*checked_grids(place), who_grid(place)),
        caveats=place.caveats,
    )


def drawing(view: str, ward: str, place: Place) -> Drawing | None:
    """Return the figure of a view with its text alternative; None where there is none."""
    made = {"wards": _wards, "maps": _maps, "calibration": _calibration, "why": _why}[view]
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


def _maps(place: Place, _: str) -> "tuple[Figure, str]":
    areas = place.lsoas.geometry
    made = figures.map_pair(
        place.exclusion,
        areas,
        place=place.name,
        outlines=outlined_wards(place).geometry,
        attribution=" ".join(place.attributions),
    )
    return made, figures.map_pair_words(place.exclusion, areas, place=place.name)


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
