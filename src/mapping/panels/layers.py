"""What a map of need can show: the estimate, a group of people, the index, or one indicator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from mapping.maps import live
from mapping.maps.classes import classes
from mapping.needs import indicators
from mapping.panels.hubmap import NEED_NOTE
from mapping.panels.weights import INDICATORS, index, ranges
from mapping.report.drawing import LABEL
from mapping.scenario import Place
from mapping.study import DEFAULT_WEIGHTS

PEOPLE, SURE, INDEX = "people", "sure", "index"
TITLES = {PEOPLE: LABEL, SURE: "how sure the estimate is", INDEX: "index of need"}
SHOWN = "shown"
"""The name of every layer of these maps, so that one takes the place of another."""


@dataclass(frozen=True, eq=False)
class Layer:
    """
    One thing that areas are coloured by.

    Parameters
    ----------
    title
        What the map shows.
    label
        What is counted, to follow a number.
    column
        By area; NaN where unknown.
    """

    title: str
    label: str
    column: pd.Series


def layers(place: Place) -> dict[str, str]:
    """Return what areas can be coloured by: words → name; a score of its own says little."""
    shares = [name for name in ranges(place) if INDICATORS[name][1]]
    single = {f"Only: {INDICATORS[name][0]}": name for name in shares}
    return {_sentence(words): name for name, words in TITLES.items()} | single


def groups(place: Place) -> dict[str, str]:
    """Return the groups of adults that can be looked at: words → name."""
    prefix = {"age": "Aged ", "tenure": "", "disability": ""}
    named = {
        f"{prefix.get(kind, '')}{label}": f"{kind}|{label}" for kind, label in place.groups.columns
    }
    return {"All adults": ""} | {
        words[:1].upper() + words[1:]: name for words, name in named.items()
    }


def layer(
    name: str, place: Place, *, by: str, weights: Mapping[str, float], group: str = ""
) -> Layer | None:
    """
    Return what a layer is made of; None for the estimate of all adults, which has ranges.

    Parameters
    ----------
    name
        One of `layers`.
    by
        A level of the place: "oa", "lsoa" or "ward".
    weights
        Of the index.
    group
        One of `groups`; for people only.
    """
    if name == SURE or (name == PEOPLE and not group):
        return None
    if name == PEOPLE:
        label = f"{LABEL}: {_words(group, place)}"
        return Layer(_sentence(label), label, people_of(group, place, by=by))
    table = indicators(place.level(by).areas)
    if name == INDEX:
        return Layer("Index of need", "on the index of need (0 to 100)", index(table, weights))
    words, of = INDICATORS[name]
    return Layer(words, f"% {of}", 100 * table[name])


def people_of(group: str, place: Place, *, by: str) -> pd.Series:
    """Return the adults of a group likely to be offline, by area of a level."""
    kind, _, label = group.partition("|")
    return place.level(by).groups[kind, label]


def coloured(
    name: str,
    place: Place,
    *,
    by: str,
    weights: Mapping[str, float],
    group: str = "",
    start: Mapping[str, float] = DEFAULT_WEIGHTS,
) -> live.Layer:
    """
    Return a layer for a live map, one of any kind in place of another.

    Parameters
    ----------
    name, by, weights, group
        As for `layer`.
    start
        Weights whose classes the index keeps, so that moving a weight moves areas and not the key.

    Raises
    ------
    InvalidTableError
        If the index is asked for and nothing has a weight.
    """
    found = layer(name, place, by=by, weights=weights, group=group)
    if found is None:
        made = _of_people(name, place, by=by)
    elif name == PEOPLE:
        made = live.people_layer(found.column, label=found.label)
    elif name == INDEX:
        made = live.score_layer(
            found.column, name=SHOWN, choice=found.title, heading="Index of need, 0 to 100",
            note=NEED_NOTE, breaks=_index_breaks(place, by, start),
        )  # fmt: skip
    else:
        made = live.score_layer(
            found.column, name=SHOWN, choice=found.title, unit="%",
            heading=f"{found.title}, {found.label}",
        )  # fmt: skip
    return replace(made, view=replace(made.view, name=SHOWN))


def _of_people(name: str, place: Place, *, by: str) -> live.Layer:
    level = place.level(by)
    shown = level.areas[["name", "geometry"]].join(level.exclusion.frame)
    people, sure = live.count_layers(
        shown, value="people", low="people_low", high="people_high", label=LABEL
    )
    made = people if name == PEOPLE else sure
    return replace(made, view=replace(made.view, choice=_sentence(TITLES[name])))


def _index_breaks(place: Place, by: str, start: Mapping[str, float]) -> tuple[float, ...] | None:
    """Return the classes of the index with the study's own weights; None if it has none."""
    table = indicators(place.level(by).areas)
    held = {name: weight for name, weight in start.items() if name in table}
    return classes(index(table, held).round()).breaks if any(held.values()) else None


def titled(name: str, place: Place, *, group: str = "") -> str:
    """Return what a map of a layer shows, for those who cannot see it."""
    made_up = ", a made-up place" if place.fictional else ""
    what = TITLES.get(name, "")
    if group:
        what = f"{LABEL}: {_words(group, place)}"
    elif not what:
        what = INDICATORS[name][0]
    return f"{_sentence(what)}, {place.name}{made_up}, {place.exclusion.year}"


def _words(group: str, place: Place) -> str:
    words = next(words for words, known in groups(place).items() if known == group)
    return f"{words[:1].lower()}{words[1:]}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
