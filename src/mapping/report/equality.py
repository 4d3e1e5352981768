"""Who gains and who loses, group by group: evidence for the Public Sector Equality Duty.

Residents counted by the census and adults estimated to be offline are different people in different
years, so each has its own table; what no table tells is said.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mapping.exclusion.result import TAILS
from mapping.report import words
from mapping.report.estimates import KINDS
from mapping.report.page import Table
from mapping.report.words import UNKNOWN_TODAY
from mapping.rounding import about, between, number
from mapping.scenario import Outcome, Place

FIFTHS = {
    "most deprived fifth of England": (1, 2),
    "second fifth": (3, 4),
    "third fifth": (5, 6),
    "fourth fifth": (7, 8),
    "least deprived fifth of England": (9, 10),
}
DEPRIVATION = "Deprivation of the area"
TODAY = "Within reach today"
ETHNIC_GROUPS = {
    "asian": "Asian",
    "black": "Black",
    "mixed": "mixed or multiple",
    "white": "white",
    "other_ethnic": "other",
}
AGES = {
    "16 to 24": ("age_16_24",),
    "25 to 34": ("age_25_34",),
    "35 to 49": ("age_35_49",),
    "50 to 64": ("age_50_64",),
    "65 to 74": ("age_65_74",),
    "75 to 84": ("age_75_84",),
    "85 and over": ("age_85_over",),
}
HOMES = {
    "social renting": ("social_rented",),
    "private renting": ("private_rented",),
    "owned or shared": ("owned", "shared_ownership"),
}
DUTY = (
    "This is evidence for the Public Sector Equality Duty (Equality Act 2010, section 149), by "
    "group and for every option. It says who lives within reach, not who is welcome, comes or "
    "gains: an equality impact assessment has to ask those it concerns."
)
NOT_KNOWN = (
    "Not known here: sex, religion or belief, sexual orientation, gender reassignment, pregnancy "
    "and maternity, and marriage. No table by small area is among the sources, so nothing can be "
    "said of them either way."
)
NO_ETHNICITY = (
    "Ethnic group is not known here either: no table of it (Census 2021, TS021) is among the files."
)
NOT_DIVIDED = (
    "Ethnic groups are told for residents only: how many of each are offline is not estimated."
)
BY_AREA = (
    "How an area’s people divide into groups follows from national rates and was not observed. The "
    "ranges of all who are likely to be offline hold the doubt of that; those of the people within "
    "reach hold the doubt of each area’s estimate only. Groups of different kinds overlap."
)


def told(outcomes: Sequence[Outcome], place: Place) -> tuple[str, ...]:
    """Return who loses, how the groups fare in the first option, and what is not known."""
    first = outcomes[0]
    gaps = (NO_ETHNICITY,) if place.ethnicity is None else (NOT_DIVIDED,)
    return (DUTY, _losers(first), *_spread(first, place), NOT_KNOWN, *gaps)


def tables(outcomes: Sequence[Outcome], place: Place) -> tuple[Table, ...]:
    """Return who is within reach today and in every option: adults offline, then residents."""
    what = f"{place.exclusion.population}, {place.exclusion.year}; 95% intervals in brackets"
    return (
        Table(
            f"Adults likely to be offline within reach of a hub, by group ({what})",
            excluded_groups(outcomes, place),
            note=BY_AREA,
        ),
        Table(
            f"Residents within reach of a hub, by group, whether online or not "
            f"({words.census(place)})",
            residents(outcomes, place),
            note="Counts of the census, added up over the areas within reach. Age: adults; homes: "
            "households; disability, ethnic group and deprivation: residents of all ages.",
        ),
    )


def excluded_groups(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """
    Return how many adults likely to be offline of each group are within reach, as text.

    Returns
    -------
    pandas.DataFrame
        One row per group: all of them, those within reach today, and those in each option, with
        shares and 95 % intervals.
    """
    groups = _offline_by_group(place)
    everybody = _ranged(groups, place)
    # Of whole groups the doubt of how areas divide is known too.
    everybody.update(place.who[["low", "high"]])
    columns = {"Likely to be offline": [_cell(*row) for row in everybody.to_numpy()]}
    for name, held in _near(outcomes, groups).items():
        inside = _ranged(held, place)
        share = inside["people"] / everybody["people"].where(everybody["people"] > 0)
        columns[name] = [_cell(*row) for row in inside.assign(share=share).to_numpy()]
    return _labelled(groups, columns, outcomes)


def _ranged(held: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return `people`, `low` and `high` by group over some areas, by the doubt of the areas."""
    draws = place.exclusion.draws
    ratio = draws.div(draws.mean(axis=1), axis=0).reindex(held.index).fillna(1.0)
    low, high = np.quantile(held.T.to_numpy() @ ratio.to_numpy(), TAILS, axis=1)
    return pd.DataFrame({"people": held.sum(), "low": low, "high": high})


def residents(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """Return what share of each group of residents lives within reach, as text."""
    groups = residents_by_group(place)
    total = groups.sum()
    columns = {"Residents": total.map(number).tolist()}
    for name, held in _near(outcomes, groups).items():
        columns[name] = [
            "–" if not of else f"{part / of:.0%} ({number(part)})" if part else "none"
            for part, of in zip(held.sum(), total, strict=True)
        ]
    return _labelled(groups, columns, outcomes)


def _near(outcomes: Sequence[Outcome], groups: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the areas within reach of a hub, today and in every option, where that is known."""
    first = pd.DataFrame(outcomes[0].areas)
    near = {TODAY: first["now"]} if "now" in first else {}
    near |= {o.scenario.name: pd.DataFrame(o.areas)["hub"] for o in outcomes if o.reach_known}
    return {name: groups[inside.reindex(groups.index).eq(True)] for name, inside in near.items()}


def _offline_by_group(place: Place) -> pd.DataFrame:
    groups = place.groups.fillna(0.0)
    people = place.exclusion.people.reindex(groups.index).fillna(0.0)
    fifths = _by_fifth(place, people)
    fifths.columns = pd.MultiIndex.from_product([[DEPRIVATION], fifths.columns])
    return pd.concat([groups, fifths], axis=1)


def residents_by_group(place: Place) -> pd.DataFrame:
    """Return residents of the census, areas by kind of group and group."""
    areas = place.lsoas
    parts: dict[tuple[str, str], pd.Series] = {}
    for kind, named in (("Age", AGES), ("Home", HOMES)):
        for label, columns in named.items():
            parts[kind, label] = areas[list(columns)].sum(axis=1)
    parts["Disability", "disabled"] = areas["disabled"]
    parts["Disability", "not disabled"] = areas["disability_base"] - areas["disabled"]
    if place.ethnicity is not None:
        held = place.ethnicity.reindex(areas.index).fillna(0.0)
        parts |= {("Ethnic group", label): held[name] for name, label in ETHNIC_GROUPS.items()}
    fifths = _by_fifth(place, areas["residents"])
    parts |= {(DEPRIVATION, str(label)): fifths[label] for label in fifths}
    return pd.DataFrame(parts)


def _by_fifth(place: Place, people: pd.Series) -> pd.DataFrame:
    decile = place.lsoas["imd_decile"].reindex(people.index)
    parts = {label: people.where(decile.isin(ends), 0.0) for label, ends in FIFTHS.items()}
    frame = pd.DataFrame(parts)
    return frame.loc[:, frame.sum() > 0]


def _labelled(
    groups: pd.DataFrame, columns: dict[str, list[str]], outcomes: Sequence[Outcome]
) -> pd.DataFrame:
    """Name the rows, and say where what is within reach today or in an option is not known."""
    kinds = [KINDS.get(str(kind), str(kind)) for kind, _ in groups.columns]
    labels = [str(label) for _, label in groups.columns]
    frame = pd.DataFrame({"Group": labels, "By": kinds, **columns})
    whole = [*frame.columns[:3], TODAY, *(outcome.scenario.name for outcome in outcomes)]
    return frame.reindex(columns=list(dict.fromkeys(whole)), fill_value=UNKNOWN_TODAY)


def _cell(people: float, low: float, high: float, share: float = math.nan) -> str:
    if not people:
        return "none"
    told_ = f"{about(people)} ({between(low, high)})"
    return told_ if math.isnan(share) else f"{share:.0%}: {told_}"


def _losers(outcome: Outcome) -> str:
    values = outcome.measures["value"]
    if "reach_now" not in values:
        return (
            "Who is within reach of a hub today is not known, as no list of open hubs was given: "
            "who would gain or lose against today cannot be told."
        )
    lost = values.get("lost", 0.0)
    if not lost:
        return (
            "Nobody loses a hub: everybody who is within reach today stays so in the option "
            "recommended. The groups that gain least are those whose shares hardly rise."
        )
    row = outcome.measures.loc["lost"]
    return (
        f"About {about(lost)} adults likely to be offline ({between(row['low'], row['high'])}) "
        "would lose the hub that is within their reach today."
    )


def _spread(outcome: Outcome, place: Place) -> tuple[str, ...]:
    """Say between which groups of a kind the shares within reach lie."""
    groups = _offline_by_group(place)
    near = pd.DataFrame(outcome.areas)["hub"].reindex(groups.index).eq(True)
    share = groups[near].sum() / groups.sum().where(groups.sum() > 0)
    if not near.any():
        return ()
    parts = []
    for kind, part in share.dropna().groupby(level=0, sort=False):
        low, high = part.idxmin(), part.idxmax()
        parts.append(
            f"{KINDS.get(str(kind), str(kind)).lower()}, {part[low]:.0%} ({low[1]}) to "
            f"{part[high]:.0%} ({high[1]})"
        )
    return (
        f"In “{outcome.scenario.name}” the share of the adults likely to be offline who live "
        f"within reach lies between: {'; '.join(parts)}.",
    )
