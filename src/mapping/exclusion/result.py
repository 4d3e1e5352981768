"""The estimate: shares and people by area, with the draws behind every interval."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError

INTERVAL = 0.95
TAILS = ((1 - INTERVAL) / 2, 1 - (1 - INTERVAL) / 2)  # quantiles that bound it

# Of the variation that a model leaves between English LSOAs, two fifths is shared within wards
# (measured on the Digital Propensity Index: 0.48 over England, 0.32 within districts).
SHARED_WITHIN_GROUP = 0.4


@dataclass(frozen=True, eq=False)
class Exclusion:
    """
    Estimated exclusion by area.

    Parameters
    ----------
    outcome
        What is estimated, such as "had not used the internet in the last three months".
    year
        When it is of.
    population
        Who is counted, such as "adults aged 16 and over".
    formula
        How it was made, in one line.
    adults
        The population by area.
    draws
        Possible shares (0 to 1), areas × draws, drawn jointly; every interval, rank and total
        comes from them.
    diagnostics
        What was found while fitting: name to value.
    caveats
        What a reader has to be told.
    """

    outcome: str
    year: int
    population: str
    formula: str
    adults: pd.Series
    draws: pd.DataFrame
    diagnostics: Mapping[str, float | str] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()

    @property
    def frame(self) -> pd.DataFrame:
        """The estimate by area, with 95 % intervals; see `interval`."""
        return self.interval(INTERVAL)

    def interval(self, level: float) -> pd.DataFrame:
        """
        Return the estimate by area, with intervals.

        Parameters
        ----------
        level
            Coverage of the interval, such as 0.8 or 0.95.

        Returns
        -------
        pandas.DataFrame
            By `area`: `share`, `low`, `high` (0 to 1; share is the mean of the draws), `people`,
            `people_low`, `people_high`. NaN where an area has no estimate.

        Raises
        ------
        InvalidTableError
            If `level` is not between 0 and 1.
        """
        shares = self.draws.to_numpy()
        low, high = np.quantile(shares, tails(level), axis=1)
        frame = pd.DataFrame(
            {"share": shares.mean(axis=1), "low": low, "high": high}, index=self.draws.index
        )
        people = frame.mul(self.adults.reindex(frame.index), axis=0)
        people.columns = pd.Index(["people", "people_low", "people_high"])
        return frame.join(people)

    @property
    def people(self) -> pd.Series:
        """Estimated excluded people by area."""
        return self.frame["people"].rename("people")

    def total(
        self, areas: Iterable[Hashable] | None = None, *, level: float = INTERVAL
    ) -> pd.Series:
        """
        Return people excluded over areas together: `people`, `low`, `high`, `share`.

        The bounds come from the joint draws: the bounds of areas must not be added up. Areas
        without an estimate count nobody: `share` is of the adults of the others, NaN where there
        are none.

        Parameters
        ----------
        areas
            Which areas, in any order; one given twice counts once. None = all.
        level
            Coverage of the interval, 0 to 1.

        Raises
        ------
        InvalidTableError
            If an area is not in the estimate, or `level` is not between 0 and 1.
        """
        draws = self.draws if areas is None else self.draws.loc[self._known(areas)]
        # Areas without an estimate add nobody, so `share` is that of the others' people.
        adults = self.adults.reindex(draws.index).where(draws.notna().all(axis=1), 0.0)
        totals = draws.mul(adults, axis=0).sum()
        low, high = np.quantile(totals, tails(level))
        people, everybody = totals.mean(), adults.sum()
        share = people / everybody if everybody > 0 else np.nan
        return pd.Series({"people": people, "low": low, "high": high, "share": share})

    def _known(self, areas: Iterable[Hashable]) -> pd.Index:
        """Return the areas once each, or refuse those the estimate does not have."""
        wanted = pd.Index(list(areas)).unique()
        unknown = wanted.difference(self.draws.index, sort=False)
        if len(unknown):
            raise InvalidTableError(
                f"{len(unknown)} of {len(wanted)} areas are not in the estimate (first "
                f"{', '.join(map(str, unknown[:3]))}). Use the codes of its {len(self.draws)} "
                "areas."
            )
        return wanted


def tails(level: float) -> tuple[float, float]:
    """
    Return the quantiles that bound an interval.

    Raises
    ------
    InvalidTableError
        If `level` is not between 0 and 1.

    Examples
    --------
    >>> tails(0.5)
    (0.25, 0.75)
    """
    if not 0 < level < 1:
        raise InvalidTableError(f"level is {level}; give a coverage between 0 and 1.")
    return (1 - level) / 2, 1 - (1 - level) / 2


def summed(exclusion: Exclusion, groups: pd.Series) -> Exclusion:
    """
    Add areas up to larger ones, draw by draw.

    Parameters
    ----------
    groups
        The larger area (a ward, a district) of each area.

    Returns
    -------
    Exclusion
        By larger area; NaN where people of one of its areas have no estimate.

    Raises
    ------
    InvalidTableError
        If an area of the estimate has no group, or two: nobody is dropped silently or counted
        twice.
    """
    groups = groups_of(exclusion.draws.index, groups)
    adults = exclusion.adults.reindex(exclusion.draws.index)
    people = exclusion.draws.mul(adults, axis=0).where(adults > 0, 0.0)
    larger = adults.groupby(groups).sum()
    shares = people.groupby(groups).sum().div(larger, axis=0)
    unknown = people.isna().any(axis=1).groupby(groups).any()
    shares.index.name = larger.index.name = "area"
    return replace(exclusion, adults=larger, draws=shares.mask(unknown))


def shared_out(exclusion: Exclusion, parts: pd.DataFrame) -> Exclusion:
    """
    Share areas out among larger ones that cut through them, draw by draw.

    Parameters
    ----------
    parts
        One row per pair: `area`, `ward` (the larger area) and `part`, the part of the area's
        adults who live there, 0 to 1; the parts of an area add up to 1.

    Returns
    -------
    Exclusion
        By larger area; NaN where people of one of its areas have no estimate. All parts of an area
        have its share.

    Raises
    ------
    InvalidTableError
        If an area of the estimate has no part, or its parts do not add up to 1.
    """
    areas = exclusion.draws.index
    whole = parts.groupby("area")["part"].sum().reindex(areas)
    wrong = areas[~np.isclose(whole, 1)]
    if len(wrong):
        raise InvalidTableError(
            f"the parts of {len(wrong)} areas in wards do not add up to 1 (first {wrong[0]}). Give "
            "every output area of an area one ward."
        )
    table = parts.pivot_table(index="ward", columns="area", values="part", aggfunc="sum")
    weight = table.reindex(columns=areas).fillna(0.0)
    adults = exclusion.adults.reindex(areas)
    people = exclusion.draws.mul(adults, axis=0).where(adults > 0, 0.0)
    larger = (weight @ adults).rename_axis("area")
    shares = (weight @ people.fillna(0.0)).rename_axis("area").div(larger, axis=0)
    unknown = weight @ people.isna().any(axis=1).astype(float) > 0
    return replace(exclusion, adults=larger, draws=shares.mask(unknown))


def groups_of(areas: pd.Index, groups: pd.Series) -> pd.Series:
    """
    Return the larger area of each area, in the order of `areas`.

    Raises
    ------
    InvalidTableError
        If an area has none, or stands twice.
    """
    if groups.index.has_duplicates:
        raise InvalidTableError(
            f"area {groups.index[groups.index.duplicated()][0]} stands twice among the larger "
            "areas. Give every area one of them."
        )
    groups = groups.reindex(areas)
    if groups.isna().any():
        raise InvalidTableError(
            f"{groups.isna().sum()} areas belong to no larger area "
            f"(first {groups.index[groups.isna()][0]}). Complete the lookup."
        )
    return groups


def probability_among_top(exclusion: Exclusion, count: int) -> pd.Series:
    """
    Return each area's probability of being among the `count` areas with the highest share.

    Joint draws decide, so areas that cannot be told apart share the probability; it is not a
    ranking. The probabilities add up to `count`.

    Returns
    -------
    pandas.Series
        By area, 0 to 1; NaN where an area has no estimate.
    """
    first = exclusion.draws.rank(ascending=False, method="min")
    last = exclusion.draws.rank(ascending=False, method="max")
    # Areas with equal shares in a draw share the places that are left for them.
    places = (count - first + 1) / (last - first + 1)
    return places.clip(0, 1).mean(axis=1).rename("probability")


def by_name(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of their names, so that draws do not depend on row order."""
    return table.iloc[np.argsort(table.index.map(str), kind="stable")]


def area_effects(
    random: np.random.Generator,
    areas: pd.Index,
    groups: pd.Series | None,
    count: int,
    *,
    group_means: bool = False,
) -> np.ndarray:
    """
    Draw normal effects, areas × count, that areas of one group share in part.

    Parameters
    ----------
    groups
        The group (ward) of each area; None = no area has a neighbour.
    group_means
        Whether it is the mean effect of a group that has standard deviation 1, not that of an
        area.

    Raises
    ------
    InvalidTableError
        If an area has no group, or two.
    """
    own = random.standard_normal((len(areas), count))
    if groups is None:
        return own
    codes, labels = pd.factorize(groups_of(areas, groups), sort=True)
    shared = random.standard_normal((len(labels), count))[codes]
    effects = np.sqrt(SHARED_WITHIN_GROUP) * shared + np.sqrt(1 - SHARED_WITHIN_GROUP) * own
    if not group_means:
        return effects
    members = len(areas) / len(labels)
    return effects / np.sqrt(SHARED_WITHIN_GROUP + (1 - SHARED_WITHIN_GROUP) / members)
