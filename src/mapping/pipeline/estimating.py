"""From files to the exclusion estimate of a study: which pattern, which level."""

from dataclasses import asdict, replace

import pandas as pd
from scipy.special import logit

from mapping import exclusion
from mapping.errors import InvalidStudyError
from mapping.exclusion import Exclusion, Level
from mapping.needs import indicators, joined, to_wards
from mapping.pipeline.inputs import Inputs
from mapping.pipeline.manifest import Step
from mapping.sources import records

DRAWS = 1000

# What census returns made online are explained by. The band 35 to 49 is the reference.
PATTERN_COVARIATES = (
    "share_age_16_24", "share_age_25_34", "share_age_50_64", "share_age_65_74",
    "share_age_75_84", "share_age_85_over", "share_social_rented", "share_private_rented",
    "share_disabled", "income_rate", "employment_rate", "education_score", "health_score",
    "adult_skills_rate",
)  # fmt: skip
# A survey of some 1,200 adults supports few: what published rates say, and what they leave out.
SURVEY_COVARIATES = ("published_logit", "adult_skills_rate")


def estimate(inputs: Inputs, lsoas: pd.DataFrame) -> Step:
    """Estimate exclusion by LSOA the way the study asks for."""
    study = inputs.study
    learned = {
        "online_returns": _from_online_returns,
        "survey": _from_survey,
        "published_rates": _from_published_rates,
    }[study.learn_from]
    estimated = learned(inputs, lsoas)
    published = exclusion.published_share(lsoas)
    agreement = published.corr(estimated.frame["share"], method="spearman")
    notes = {
        "outcome": estimated.outcome,
        "year": estimated.year,
        "population": estimated.population,
        "formula": estimated.formula,
        "diagnostics": {
            **estimated.diagnostics,
            "rank agreement with published rates alone": round(float(agreement), 2),
        },
        "caveats": estimated.caveats,
    }
    return Step({"draws": estimated.draws}, notes)


def _from_online_returns(inputs: Inputs, lsoas: pd.DataFrame) -> Exclusion:
    """Learn the pattern from census returns over all LSOAs held, then bring it to the level."""
    observed, covariates = online_returns(inputs)
    model = exclusion.fit(observed, covariates)
    estimated = model.estimate(
        indicators(lsoas)[list(PATTERN_COVARIATES)],
        lsoas["adults"],
        groups=lsoas["ward"],
        draws=DRAWS,
        seed=inputs.study.seed,
    )
    own = observed.index.isin(lsoas.index).sum()
    given = inputs.study.level is not None
    level = "the published figure" if given else "the one that national rates imply"
    caveat = (
        "The pattern between areas is that of census returns not made online "
        f"(ONS Digital Propensity Index, 2021, {len(observed):,} English LSOAs, {own} of them "
        f"in {inputs.study.name}; partly modelled by ONS). The level is not: it is {level}."
    )
    return _at_level(inputs, lsoas, replace(estimated, caveats=(caveat, *estimated.caveats)))


def online_returns(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return what the pattern is learned from, over every LSOA held.

    Returns
    -------
    observed
        By LSOA 2021 that did not change since 2011: `share` of census returns not made online,
        and `n` households.
    covariates
        `PATTERN_COVARIATES` by LSOA 2021; areas that lack any are left out.
    """
    known = everywhere(inputs)
    covariates = indicators(known)[list(PATTERN_COVARIATES)].dropna()
    observed = _offline_returns(inputs).join(known["households"].rename("n"), how="inner")
    return observed[observed.index.isin(covariates.index)], covariates


def everywhere(inputs: Inputs) -> pd.DataFrame:
    """Return people, homes and deprivation of every LSOA that all area tables hold."""
    tables = {inputs.file(role): inputs.table(role) for role in ("age", "tenure", "disability")}
    deprivation = inputs.table("deprivation")
    shared = deprivation.index
    for table in tables.values():
        shared = shared.intersection(table.index)
    return joined(deprivation.loc[shared], tables)


def _offline_returns(inputs: Inputs) -> pd.DataFrame:
    """Return the index by LSOA 2021, of those that did not change since 2011."""
    changes = inputs.table("changes")
    unchanged = changes.index[changes["change"] == "U"]
    offline = inputs.table("online_returns")["offline_returns"]
    kept = offline[offline.index.isin(unchanged)].rename("share").to_frame()
    kept.index.name = "area"
    return kept


def _from_survey(inputs: Inputs, lsoas: pd.DataFrame) -> Exclusion:
    """Learn the pattern from a survey's wards, and take the level from it unless one is given."""
    people = records.respondents(inputs.own["survey"], inputs.columns("survey"))
    known = to_wards(lsoas, lsoas["ward"])
    observed = exclusion.survey_shares(people)
    strange = observed.index.difference(known.index)
    observed = observed.drop(strange)
    model = exclusion.fit(observed, _survey_covariates(known))
    estimated = model.estimate(
        _survey_covariates(lsoas),
        lsoas["adults"],
        groups=lsoas["ward"],
        learned_from_groups=True,
        draws=DRAWS,
        seed=inputs.study.seed,
    )
    caveats = [
        f"The pattern is learned from {len(people):,} respondents in {len(observed)} wards. "
        "Weights repair that some groups answer less, not that people who are offline do."
    ]
    if len(strange):
        caveats.append(
            f"Respondents of {len(strange)} wards that have no areas here were left out of the "
            f"pattern ({', '.join(strange[:3])})."
        )
    estimated = replace(estimated, caveats=(*caveats, *estimated.caveats))
    year = inputs.study.survey_year
    if inputs.study.level is not None:
        return _at_level(inputs, lsoas, estimated)
    if year is None:
        raise InvalidStudyError(
            f"{inputs.study.id}.toml: survey_year is missing: the survey gives the level, so say "
            "of which year."
        )
    level = exclusion.survey_level(
        people,
        year=year,
        source=f"household survey, {len(people):,} adults, weighted",
    )
    return exclusion.at_level(estimated, level, seed=inputs.study.seed + 1)


def _survey_covariates(areas: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame({"published_logit": logit(exclusion.published_share(areas))})
    return frame.join(areas[[name for name in SURVEY_COVARIATES if name in areas]])


def _from_published_rates(inputs: Inputs, lsoas: pd.DataFrame) -> Exclusion:
    estimated = exclusion.synthetic(
        lsoas, groups=lsoas["ward"], draws=DRAWS, seed=inputs.study.seed
    )
    return _at_level(inputs, lsoas, estimated)


def _at_level(inputs: Inputs, lsoas: pd.DataFrame, estimated: Exclusion) -> Exclusion:
    chosen = inputs.study.level
    level = exclusion.published_level(lsoas) if chosen is None else Level(**asdict(chosen))
    told = replace(estimated, caveats=(*estimated.caveats, f"The level is from {level.source}."))
    return exclusion.at_level(told, level, seed=inputs.study.seed + 1)
