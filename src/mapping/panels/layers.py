"""What a map of need can show: the estimate, a group of people, the index, or one indicator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from mapping import maps
from mapping.needs import indicators
from mapping.panels.weights import INDICATORS, index, ranges
from mapping.report.drawing import outlined_wards, place_map
from mapping.scenario import Place

PEOPLE, INDEX = "people", "index"
PAIR_HEIGHT = 860


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


@dataclass(frozen=True, eq=False)
class Pair:
    """Two maps beside each other, below each other where there is no room."""

    left: maps.Shown
    right: maps.Shown

    def _repr_html_(self) -> str:
        # The key stands below a narrow map, so that two need more height than one.
        pair = (replace(one, height=PAIR_HEIGHT) for one in (self.left, self.right))
        both = "".join(f"<div>{one._repr_html_()}</div>" for one in pair)
        return f'<div class="mapping-pair">{both}</div>'


def layers(place: Place) -> dict[str, str]:
    """Return what areas can be coloured by: words → name; a score of its own says little."""
    shares = [name for name in ranges(place) if INDICATORS[name][1]]
    single = {f"Only: {INDICATORS[name][0]}": name for name in shares}
    return {"Adults likely to be offline": PEOPLE, "Index of need": INDEX} | single


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
    Return a layer; None for the estimate of all adults, which has a map of its own.

    Parameters
    ----------
    name
        One of `layers`.
    by
        "lsoa" or "ward".
    weights
        Of the index.
    group
        One of `groups`; for people only.
    """
    areas = place.lsoas if by == "lsoa" else place.wards
    if name == PEOPLE:
        if not group:
            return None
        words = next(words for words, known in groups(place).items() if known == group)
        label = f"adults likely to be offline: {words[:1].lower()}{words[1:]}"
        return Layer(_sentence(label), label, people_of(group, place, by=by))
    table = indicators(areas)
    if name == INDEX:
        return Layer("Index of need", "on the index of need (0 to 100)", index(table, weights))
    words, of = INDICATORS[name]
    return Layer(words, f"% {of}", 100 * table[name])


def people_of(group: str, place: Place, *, by: str) -> pd.Series:
    """Return the adults of a group likely to be offline, by LSOA or ward."""
    kind, _, label = group.partition("|")
    people = place.groups[kind, label]
    if by == "lsoa":
        return people
    wards = people.groupby(place.lsoas["ward"]).sum(min_count=1)
    return wards.reindex(place.wards.index)


def drawn(place: Place, found: Layer | None, *, by: str, height: int) -> maps.Shown:
    """Return the map of a layer, ready to be shown."""
    if found is None:
        return maps.show(place_map(place, by=by, caveats=False), height=height)
    areas = place.lsoas if by == "lsoa" else place.wards
    shown = gpd.GeoDataFrame(areas[["name", "geometry"]].assign(value=found.column))
    made = maps.need_map(
        shown,
        value="value",
        title=f"{found.title}, {place.name}",
        label=found.label,
        water=place.water,
        wards=outlined_wards(place),
        hubs=place.sites[place.sites["open"]],
        attribution=place.attributions,
        fictional=place.fictional,
    )
    return maps.show(made, height=height)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
