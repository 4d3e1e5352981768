"""Explore need: where adults are likely to be offline, and how sure that is."""

from collections.abc import Callable
from functools import cache

import pandas as pd

from mapping import maps
from mapping.exclusion import probability_among_top
from mapping.maps.figures import about, between
from mapping.panels.answer import Answer, Grid
from mapping.panels.controls import choice
from mapping.panels.panel import Panel, Values
from mapping.report import estimates, words
from mapping.report.drawing import place_map
from mapping.scenario import Place

MAP_HEIGHT = 640
AREAS = {"Small areas (LSOAs)": "lsoa", "Wards": "ward"}

Draw = Callable[[str], maps.Shown]


def explore_need(place: Place) -> Panel:
    """
    Return the panel that shows where need is.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    """
    wards = {name: str(code) for code, name in place.wards["name"].sort_values().items()}

    @cache
    def draw(by: str) -> maps.Shown:
        return maps.show(place_map(place, by=by, caveats=False), height=MAP_HEIGHT)

    return Panel(
        f"Where help is needed · {place.name}",
        controls={
            "by": choice("Show by", AREAS, "lsoa"),
            "ward": choice("Tell me about", {"the whole place": ""} | wards, ""),
        },
        reply=lambda values, _: need_answer(values, place, draw=draw),
        fictional=place.fictional,
    )


def need_answer(values: Values, place: Place, *, draw: Draw) -> Answer:
    """
    Return where need is.

    Parameters
    ----------
    values
        `by`: "lsoa" or "ward"; `ward`: the code of a ward to tell more about, or "".
    draw
        Returns the map by "lsoa" or "ward"; the same one each time, so that it keeps its view.
    """
    ward = values["ward"]
    return Answer(
        lead=ward_words(ward, place) if ward else words.headline(place),
        notes=(
            ward_facts(ward, place) if ward else estimates.in_bands(place),
            estimates.why(ward, place) if ward else estimates.who_told(place),
            words.meaning(place.exclusion),
        ),
        shown=draw(values["by"]),
        grids=(_wards(place), _checked(place)),
        caveats=(*place.caveats, *place.disclosure),
    )


def ward_words(ward: str, place: Place) -> str:
    """Return how many adults of a ward are estimated offline, with the interval."""
    name = place.wards.loc[ward, "name"]
    row = place.ward_exclusion.frame.reindex([ward]).iloc[0]
    if pd.isna(row["people"]):
        return f"There is no estimate for {name}: no LSOA fits best in it."
    return (
        f"About {about(row['people'])} adults in {name} "
        f"({between(row['people_low'], row['people_high'])}) are likely to be offline: "
        f"about {row['share']:.0%} of adults ({row['low']:.0%} to {row['high']:.0%})."
    )


def ward_facts(ward: str, place: Place) -> str:
    """Return what else is known about a ward: its place among others, and whom it houses."""
    row = place.wards.loc[ward]
    if pd.isna(row["adults"]):
        return ""
    count = words.among(place)
    among = probability_among_top(place.ward_exclusion, count)[ward]
    older = row[["age_75_84", "age_85_over"]].sum() / row["adults"]
    rented = row["social_rented"] / row["households"]
    return (
        f"It is among the {count} wards with the highest share of adults offline in "
        f"{in_a_hundred(among)} of 100 draws. {rented:.0%} of its households rent from a social "
        f"landlord and {older:.0%} of its adults are 75 or older "
        f"({words.census(place)})."
    )


def in_a_hundred(probability: float) -> str:
    """
    Return a probability as draws of a hundred, never as certain.

    Examples
    --------
    >>> in_a_hundred(0.002), in_a_hundred(0.424), in_a_hundred(1.0)
    ('fewer than 1', '42', 'more than 99')
    """
    if probability < 0.01:
        return "fewer than 1"
    return "more than 99" if probability > 0.99 else f"{100 * probability:.0f}"


def _wards(place: Place) -> Grid:
    what = f"adults likely to be offline ({place.exclusion.population}, {place.exclusion.year})"
    return Grid(f"All wards by name: {what}", estimates.ward_figures(place), folded=True)


def _checked(place: Place) -> Grid:
    told = pd.DataFrame({"What was found": estimates.how_checked(place)})
    return Grid("How this was checked", told, folded=True)
