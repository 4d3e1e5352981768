"""Census returns made online, over every small area held: what patterns are learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from mapping.exclusion import PUBLISHED_RATES, published_share
from mapping.needs import indicators, joined
from mapping.pipeline.inputs import Inputs

# What census returns made online are explained by. The band 35 to 49 is the reference.
PATTERN_COVARIATES = (
    "share_age_16_24", "share_age_25_34", "share_age_50_64", "share_age_65_74",
    "share_age_75_84", "share_age_85_over", "share_social_rented", "share_private_rented",
    "share_disabled", "income_rate", "employment_rate", "education_score", "health_score",
    "adult_skills_rate", "household_size",
)  # fmt: skip
# Where their sources are held. White is the reference.
ETHNIC_GROUPS = ("asian", "black", "mixed", "other_ethnic")
INDICATORS = ("digital_connectivity", "older_poverty")
# Counts of fewer than about five people are suppressed; our assumption is that they are two.
SUPPRESSED = 2


@dataclass(frozen=True, eq=False)
class Returns:
    """
    What the pattern is learned from and checked against, by LSOA 2021.

    Parameters
    ----------
    observed
        Of LSOAs that did not change since 2011: `share` of census returns not made online, and
        `n` households.
    covariates
        Numbers of every LSOA that has them all, the place's own among them.
    region
        Of each observed LSOA; missing where the index does not say.
    paper_first
        Whether households there were first sent paper, so that the publisher's own model predicted
        the share; missing where the index does not say.
    baselines
        Simpler orders of the observed LSOAs; see `mapping.exclusion.BASELINES`.
    points
        A point in each LSOA, or None.
    caveats
        Which sources were not held.
    matched
        How many rows of the index were used, and why the others were not.
    """

    observed: pd.DataFrame
    covariates: pd.DataFrame
    region: pd.Series
    paper_first: pd.Series
    baselines: pd.DataFrame
    points: gpd.GeoSeries | None
    caveats: tuple[str, ...]
    matched: Mapping[str, int | str] = field(default_factory=dict)


def returns(inputs: Inputs) -> Returns:
    """Read census returns and what may explain them, over every LSOA held."""
    known = everywhere(inputs)
    covariates, caveats = _covariates(inputs, known)
    given = inputs.table("online_returns")
    unchanged = _unchanged(inputs, given)
    index = unchanged.join(known["households"].rename("n"))
    counted = index[index["n"].notna()]
    index = counted[counted.index.isin(covariates.index)]
    matched: dict[str, int | str] = {
        "table": inputs.file("online_returns"),
        "rows": len(given),
        "changed since 2011": len(given) - len(unchanged),
        "not in the census tables": len(unchanged) - len(counted),
        "without all covariates": len(counted) - len(index),
        "used": len(index),
    }
    return Returns(
        observed=index[["share", "n"]],
        covariates=covariates,
        region=index["region"],
        paper_first=index["paper_first"],
        baselines=_baselines(inputs, known.loc[index.index]),
        points=inputs.table("centroids").geometry if inputs.has("centroids") else None,
        caveats=caveats,
        matched=matched,
    )


def everywhere(inputs: Inputs) -> pd.DataFrame:
    """Return people, homes and deprivation of every LSOA that all area tables hold."""
    tables = {inputs.file(role): inputs.table(role) for role in ("age", "tenure", "disability")}
    deprivation = inputs.table("deprivation")
    shared = deprivation.index
    for table in tables.values():
        shared = shared.intersection(table.index)
    return joined(deprivation.loc[shared], tables)


def age_only(areas: pd.DataFrame) -> pd.Series:
    """Return the share offline that national rates by age alone imply, for comparison."""
    return sum(areas[age] * rate for age, rate in PUBLISHED_RATES.items()) / areas["adults"]


def _covariates(inputs: Inputs, known: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the covariates of areas that have them all, and what was not held."""
    table = indicators(known).assign(household_size=known["residents"] / known["households"])
    table, absent = table[list(PATTERN_COVARIATES)], []
    for role, words, read in (
        ("ethnicity", "ethnic groups (Census 2021 TS021)", _ethnic_groups),
        ("indicators", "digital connectivity and poverty among older people", _indicators),
    ):
        if inputs.has(role):
            table = table.join(read(inputs, known))
        else:
            absent.append(words)
    told = f"The pattern was learned without {' and without '.join(absent)}: not among the files."
    return table.dropna(), (told,) if absent else ()


def _ethnic_groups(inputs: Inputs, known: pd.DataFrame) -> pd.DataFrame:
    groups = inputs.table("ethnicity").reindex(known.index)
    return groups[list(ETHNIC_GROUPS)].div(groups["residents_ethnicity"], axis=0)


def _indicators(inputs: Inputs, known: pd.DataFrame) -> pd.DataFrame:
    given = inputs.table("indicators").reindex(known.index)
    older = known[["age_65_74", "age_75_84", "age_85_over"]].sum(axis=1).clip(lower=1)
    poor = given["older_income_deprived"].fillna(SUPPRESSED) / older
    return given[["digital_connectivity"]].assign(older_poverty=poor.clip(0, 1))


def _unchanged(inputs: Inputs, table: pd.DataFrame) -> pd.DataFrame:
    """Return the index by LSOA 2021, of those that did not change since 2011."""
    changes = inputs.table("changes")
    kept = table[table.index.isin(changes.index[changes["change"] == "U"])]
    named = kept.rename(columns={"offline_returns": "share"}).rename_axis("area")
    return named.reindex(columns=["share", "region", "paper_first"])


def _baselines(inputs: Inputs, areas: pd.DataFrame) -> pd.DataFrame:
    """Return simpler orders; codes of areas that did not change serve for DERI too."""
    given = {
        "age only": age_only(areas),
        "IoD rank": areas["imd_rank"],
        "national rates": published_share(areas),
    }
    if inputs.has("risk_index"):
        given["DERI"] = inputs.table("risk_index")["deri"].reindex(areas.index)
    return pd.DataFrame(given)
