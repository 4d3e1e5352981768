"""Who is excluded, and why a ward differs from the city's average."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
from scipy.special import logit

from mapping.exclusion import (
    Exclusion,
    cell_rates,
    explain,
    fitted_cells,
    published_share,
)
from mapping.exclusion.explanation import Shares
from mapping.exclusion.grouping import divided
from mapping.needs import AGES, indicators

# Contributions are told of these groups; what is in none becomes "other".
BARRIERS: Mapping[str, tuple[str, ...]] = {
    "age": (
        "share_age_16_24", "share_age_25_34", "share_age_35_49", "share_age_50_64",
        "share_age_65_74", "share_age_75_84", "share_age_85_over",
    ),
    "homes and households": ("share_social_rented", "share_private_rented", "household_size"),
    "disability and health": ("share_disabled", "health_score"),
    "skills and schooling": ("adult_skills_rate", "education_score"),
    "income and work": ("income_rate", "employment_rate", "older_poverty"),
    "connectivity": ("digital_connectivity",),
}  # fmt: skip
KINDS = ("age", "tenure", "disability")
WORDS = {
    **{age: age.removeprefix("age_").replace("_", " to ") for age in AGES},
    "age_85_over": "85 and over",
    "other tenure": "other homes",
}


def people_by_group(
    exclusion: Exclusion, lsoas: pd.DataFrame, *, seed: int
) -> dict[str, pd.DataFrame]:
    """
    Divide the estimate among groups of people.

    Returns
    -------
    dict
        "groups": excluded people, LSOAs × (kind, label). "who": by kind and label over the whole
        place, `adults`, `people`, `low`, `high`, `share`.
    """
    rates = cell_rates(draws=exclusion.draws.shape[1], seed=seed)
    parts = divided(exclusion, fitted_cells(lsoas), rates)
    groups = pd.concat({kind: parts.by_area(kind) for kind in KINDS}, axis=1)
    who = pd.concat({kind: parts.total(kind) for kind in KINDS})
    groups.columns = who.index = _labelled(who.index)
    return {"groups": groups, "who": who}


def central_groups(exclusion: Exclusion, areas: pd.DataFrame) -> pd.DataFrame:
    """
    Divide the means of an estimate among groups of people by the central rates.

    Returns
    -------
    pandas.DataFrame
        Excluded people, areas × (kind, label): those of one kind add up to an area's people. NaN
        where an area has no estimate or no homes.
    """
    rates = cell_rates(draws=0)
    central = replace(rates, odds=logit(rates.central).to_frame())
    mean = replace(exclusion, draws=exclusion.draws.mean(axis=1).to_frame())
    parts = divided(mean, fitted_cells(areas), central)
    groups = pd.concat({kind: parts.by_area(kind) for kind in KINDS}, axis=1)
    groups.columns = _labelled(groups.columns)
    # Adults of an estimate may be scaled to those of larger areas.
    return groups.mul(exclusion.adults / areas["adults"].where(areas["adults"] > 0), axis=0)


def _labelled(cells: pd.MultiIndex) -> pd.MultiIndex:
    """Return kinds and labels of groups in the words of a planner."""
    labels = [(kind, WORDS.get(label, label)) for kind, label in cells]
    return pd.MultiIndex.from_tuples(labels, names=["kind", "label"])


def contributions(
    exclusion: Exclusion, lsoas: pd.DataFrame, shares: Shares, covariates: pd.DataFrame
) -> pd.DataFrame:
    """
    Divide each ward's difference from the place's average among groups of barriers.

    Parameters
    ----------
    shares
        The model that the pattern was learned by, or `national_rates`.
    covariates
        What it expects, by LSOA.

    Returns
    -------
    pandas.DataFrame
        See `mapping.exclusion.explain`.
    """
    groups = {
        group: [name for name in names if name in covariates] for group, names in BARRIERS.items()
    }
    return explain(
        shares,
        covariates,
        lsoas["ward"],
        weights=lsoas["adults"],
        groups={group: names for group, names in groups.items() if names},
        estimate=exclusion,
    )


def rate_covariates(lsoas: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of people by LSOA that national rates go by."""
    ages = [f"share_{age}" for age in AGES]
    return indicators(lsoas)[[*ages, "share_social_rented", "share_disabled"]]


def national_rates(lsoas: pd.DataFrame) -> Callable[[pd.DataFrame], pd.Series]:
    """Return the function from `rate_covariates` to the share that national rates imply."""

    def implied(shares: pd.DataFrame) -> pd.Series:
        areas = lsoas.loc[shares.index]
        counts = {age: shares[f"share_{age}"] * areas["adults"] for age in AGES}
        return published_share(
            areas.assign(
                **counts,
                social_rented=shares["share_social_rented"] * areas["households"],
                disabled=shares["share_disabled"] * areas["disability_base"],
            )
        )

    return implied
