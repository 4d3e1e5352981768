"""Explore need: where adults are likely to be offline, and how sure that is."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from mapping.exclusion import probability_among_top
from mapping.needs import WEIGHTED
from mapping.panels.answer import Answer, Grid
from mapping.panels.controls import choice
from mapping.panels.layers import (
    INDEX,
    PEOPLE,
    groups,
    layers,
    people_of,
)
from mapping.panels.needmaps import NeedMaps
from mapping.panels.panel import Panel, Values
from mapping.panels.weights import told, weight_controls, weights_of
from mapping.panels.work import Work
from mapping.report import estimates, words
from mapping.rounding import about, between
from mapping.scenario import Place
from mapping.study import DEFAULT_WEIGHTS, read_study
from mapping.workspace import Workspace

AREAS = {"Small areas (LSOAs)": "lsoa", "Wards": "ward"}
SMALLEST = {"Output areas": "oa"}


def explore_need(place: Place, *, study: str = "", workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that shows where need is, and what weighs how much in an index of it.

    Its live map, or two beside each other, tell of an area that is clicked on.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    study
        Its name, whose weights the index starts from; "" = the usual ones.
    workspace
        Where its file is; default: the one that the notebook lies in.
    """
    wards = {name: str(code) for code, name in place.wards["name"].sort_values().items()}
    weights: Mapping[str, float] = DEFAULT_WEIGHTS
    if study:
        weights = read_study(study, workspace or Workspace.around(Path.cwd())).weights
    sliders = weight_controls(place, weights)
    known = layers(place)
    stage = NeedMaps(place, start=weights)

    def reply(values: Values, work: Work) -> Answer:
        answer = need_answer(values, place, start=weights)
        work.check()  # newer choices are under way: what is on the screen waits for them
        stage.follow(values)
        return answer

    return Panel(
        f"Where help is needed · {place.name}",
        controls={
            "layer": choice("Colour by", known, PEOPLE),
            "beside": choice("Beside it", {"no second map": ""} | known, ""),
            "group": choice("Of whom", groups(place), ""),
            "by": choice("Show by", levels(place), "lsoa"),
            "ward": choice("Tell me about", {"the whole place": ""} | wards, ""),
            **sliders,
        },
        folded={"Weights of the index of need, from lowest to highest area": list(sliders)},
        reply=reply,
        fictional=place.fictional,
        stage=stage,
    )


def levels(place: Place) -> dict[str, str]:
    """Return the levels of areas that a place can be shown by: words → name."""
    return AREAS if place.output_areas is None else SMALLEST | AREAS


def need_answer(
    values: Values, place: Place, *, start: Mapping[str, float] = DEFAULT_WEIGHTS
) -> Answer:
    """
    Return where need is.

    Parameters
    ----------
    values
        `by`: a level of the place; `ward`: a ward to tell more about, or ""; `layer` and
        `beside`: what the map, and a second one, are coloured by; `group`: whom the estimate is
        of; and the weights of the index.
    start
        The study's own weights.

    Raises
    ------
    InvalidTableError
        If the index is asked for and nothing has a weight.
    """
    ward, group = values["ward"], values.get("group", "")
    return Answer(
        lead=_lead(ward, group, place),
        notes=(
            _group_note(ward, group, place) if group else "",
            _index_note(values, place, start),
            ward_facts(ward, place) if ward else estimates.in_bands(place),
            estimates.why(ward, place) if ward else estimates.who_told(place),
            words.meaning(place.exclusion),
            _small(values, place),
        ),
        grids=(_wards(place), _checked(place)),
        caveats=(*place.caveats, *place.disclosure),
    )


def _small(values: Values, place: Place) -> str:
    """Return what figures of output areas are, where they are shown."""
    if values.get("by") != "oa":
        return ""
    said = place.level("oa").exclusion.caveats[-1]
    if {values.get("layer"), values.get("beside")}.isdisjoint({INDEX, *WEIGHTED}):
        return said
    return f"{said} Deprivation is published for LSOAs: each output area shows that of its own."


def _lead(ward: str, group: str, place: Place) -> str:
    if ward:
        return ward_words(ward, place)
    return group_words(group, place) if group else words.headline(place)


def group_words(group: str, place: Place) -> str:
    """Return how many adults of a group are estimated offline, with the interval."""
    kind, _, label = group.partition("|")
    row = place.who.loc[(kind, label)]
    return (
        f"About {about(row['people'])} adults in {place.name} "
        f"({between(row['low'], row['high'])}) are likely to be offline and {OF[kind](label)}: "
        f"about {row['share']:.0%} of them all."
    )


def _index_note(values: Values, place: Place, start: Mapping[str, float]) -> str:
    """Return what the index is where it is shown, or where to see what the weights do."""
    weights = weights_of(values)
    if INDEX in {values.get("layer"), values.get("beside")}:
        return told(place, weights, start)
    if any(weight != round(start.get(name, 0)) for name, weight in weights.items()):
        return "To see what the weights do, choose the index of need under “Colour by”."
    return ""


OF: Mapping[str, Callable[[str], str]] = {
    "age": lambda label: f"aged {label}",
    "tenure": lambda label: {
        "social renting": "rent from a social landlord", "other homes": "live in other homes"
    }.get(label, label),
    "disability": lambda label: label,
}  # fmt: skip


def _group_note(ward: str, group: str, place: Place) -> str:
    """Return what is known of a group in one ward, or what figures by area are."""
    kind, _, label = group.partition("|")
    if not ward:
        return (
            "The map’s figures for this group follow from national rates and the estimate of each "
            "area; they are rounded, and no interval is held for them."
        )
    people = people_of(group, place, by="ward").get(ward)
    if people is None or pd.isna(people):
        return ""
    return f"Of them about {about(people)} are {OF[kind](label)} (rounded; no interval is held)."


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
    ('under 1', '42', 'over 99')
    """
    if probability < 0.01:
        return "under 1"
    return "over 99" if probability > 0.99 else f"{100 * probability:.0f}"


def _wards(place: Place) -> Grid:
    what = f"adults likely to be offline ({place.exclusion.population}, {place.exclusion.year})"
    return Grid(f"All wards by name: {what}", estimates.ward_figures(place), folded=True)


def _checked(place: Place) -> Grid:
    told = pd.DataFrame({"What was found": estimates.how_checked(place)})
    return Grid("How this was checked", told, folded=True)
