"""What the paper prints, one figure to a cell: hubs, and who is within reach, with intervals."""

from collections.abc import Sequence

import pandas as pd

from mapping import access
from mapping.exclusion.result import TAILS
from mapping.geography import NATIONAL_GRID
from mapping.report import equality, words
from mapping.rounding import rounded
from mapping.scenario import Outcome, Place
from mapping.scenario.groups import shares
from mapping.scenario.placing import with_own

KIND = {
    "Age": "age", "Home": "tenure", "Disability": "disability", "Ethnic group": "ethnic group",
    equality.DEPRIVATION: "deprivation",
}  # fmt: skip
EVERYWHERE, TODAY = "everywhere", "within reach today"


def hubs(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """
    Return the new hubs of every scenario.

    Returns
    -------
    pandas.DataFrame
        By `scenario`: `number` on its map, `site`, `name`, `kind`, `easting`, `northing`,
        `pounds_a_year`, `within_reach` (adults likely to be offline; those near two hubs count at
        both) with `within_reach_low` and `within_reach_high` (95 % over the draws, rounded), and
        `in_best_plan` (share of draws). Blank where not known, and where the figure of a sheltered
        scheme would show or follow.
    """
    return pd.concat([_hubs(outcome, place) for outcome in outcomes])


def _hubs(outcome: Outcome, place: Place) -> pd.DataFrame:
    place, new = with_own(place, outcome.scenario.placed), list(outcome.new_hubs)
    sites, points = place.sites.loc[new], place.sites.geometry.loc[new].to_crs(NATIONAL_GRID)
    people = _people(place).fillna(0.0)
    near = access.within(place.walk.minutes.loc[people.index, new], outcome.scenario.within)
    drawn = near.astype(float).T @ people
    told = _ranged(drawn, "within_reach")
    told.loc[words.hub_count_hidden(outcome, place)] = float("nan")
    sure = outcome.confidence
    table = pd.DataFrame(
        {
            "scenario": outcome.scenario.name,
            "number": range(1, len(new) + 1),
            "site": new,
            "name": sites["name"],
            "kind": sites["kind"],
            "easting": points.x.round(),
            "northing": points.y.round(),
            "pounds_a_year": sites["cost"],
            **told,
            "in_best_plan": float("nan") if sure is None else sure.sites["share"].reindex(new),
        },
        index=pd.Index(new, dtype=object),
    )
    return table.round({"in_best_plan": 2}).set_index("scenario")


def who(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """
    Return adults likely to be offline by group: everywhere, within reach today, in every scenario.

    Returns
    -------
    pandas.DataFrame
        By `by` (age, tenure, disability, deprivation): `group`, `where` ("everywhere", "within
        reach today", or the name of a scenario), `value`, `low`, `high` (95 %, rounded). Only the
        ranges of whole groups hold the doubt of how people divide into groups. What is not known
        has no row.
    """
    people, parts = _people(place).fillna(0.0), shares(place)
    parts = parts.reindex(people.index).fillna(0.0)
    frames = {EVERYWHERE: _ranged(parts.T @ people)}
    whole = place.who.rename(columns={"people": "value"})[["value", "low", "high"]].map(rounded)
    frames[EVERYWHERE].update(whole)
    for where, near in _near(outcomes).items():
        inside = near.reindex(people.index).eq(True).astype(float)
        frames[where] = _ranged(parts.mul(inside, axis=0).T @ people)
    return _long(frames)


def residents(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """
    Return residents of the census by group: everywhere, within reach today, in every scenario.

    Returns
    -------
    pandas.DataFrame
        By `by`: `group`, `where` as in `who`, and `value`: adults by age, households by kind of
        home, residents of all ages by disability, ethnic group and deprivation of the area.
    """
    groups = equality.residents_by_group(place).rename(columns=KIND, level=0)
    frames = {EVERYWHERE: groups.sum().to_frame("value")}
    for where, near in _near(outcomes).items():
        inside = near.reindex(groups.index).eq(True)
        frames[where] = groups[inside].sum().to_frame("value")
    return _long({where: frame.round() for where, frame in frames.items()})


def who_by_ward(place: Place) -> pd.DataFrame:
    """
    Return adults likely to be offline by ward and group.

    Returns
    -------
    pandas.DataFrame
        By `area` (ward): `name`, `kind`, `label`, `offline_adults_estimate` with `…_low` and
        `…_high` (95 %, rounded), which hold the doubt of the areas, and not of how their people
        divide into groups.
    """
    people = _people(place)
    parts = shares(place).reindex(people.index)[place.groups.columns]
    name = "offline_adults_estimate"
    frames = {
        group: _ranged(place.in_wards(people.mul(share, axis=0)), name)
        for group, share in parts.items()
    }
    long = pd.concat(frames, names=["kind", "label", "area"]).reset_index(["kind", "label"])
    long.insert(0, "name", place.wards["name"].reindex(long.index))
    return long


def _people(place: Place) -> pd.DataFrame:
    """Return adults likely to be offline, areas by draws; NaN where there is no estimate."""
    draws = place.exclusion.draws
    return draws.mul(place.exclusion.adults.reindex(draws.index), axis=0)


def _ranged(drawn: pd.DataFrame, name: str = "") -> pd.DataFrame:
    """Return mean and interval over the draws, rounded."""
    value, low, high = (name, f"{name}_low", f"{name}_high") if name else ("value", "low", "high")
    ends = {low: drawn.quantile(TAILS[0], axis=1), high: drawn.quantile(TAILS[1], axis=1)}
    return pd.DataFrame({value: drawn.mean(axis=1), **ends}).map(rounded)


def _near(outcomes: Sequence[Outcome]) -> dict[str, pd.Series]:
    """Return whether each area is within reach of a hub, today and in every scenario, if known."""
    today = pd.DataFrame(outcomes[0].areas)
    near = {TODAY: today["now"]} if "now" in today else {}
    return near | {
        outcome.scenario.name: pd.DataFrame(outcome.areas)["hub"]
        for outcome in outcomes
        if outcome.reach_known
    }


def _long(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row for each group and part of the place."""
    long = pd.concat(frames, names=["where", "by", "group"]).reset_index(["where", "group"])
    order = ["group", "where", *[name for name in long if name not in ("group", "where")]]
    return long[order]
