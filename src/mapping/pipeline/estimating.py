"""From files to the exclusion estimate of a study: which pattern, which level."""

from dataclasses import dataclass, replace

import pandas as pd

from mapping import exclusion
from mapping.exclusion import OUTCOMES, Exclusion, Level
from mapping.exclusion.explanation import Shares
from mapping.pipeline.explaining import (
    contributions,
    national_rates,
    people_by_group,
    rate_covariates,
)
from mapping.pipeline.inputs import Inputs
from mapping.pipeline.manifest import Step
from mapping.pipeline.output_areas import divided
from mapping.pipeline.returns import Returns
from mapping.pipeline.surveying import asked, before, blended, keeps_level

DRAWS = 1000
RETURNS_YEAR = 2021  # the census whose returns are counted


@dataclass(frozen=True, eq=False)
class Learned:
    """
    An estimate and what its pattern was learned by.

    Parameters
    ----------
    estimate
        By LSOA.
    shares
        Returns the share that an area's covariates imply.
    covariates
        What it goes by, by LSOA.
    """

    estimate: Exclusion
    shares: Shares
    covariates: pd.DataFrame


def estimate(
    inputs: Inputs,
    lsoas: pd.DataFrame,
    returns: Returns | None,
    output_areas: pd.DataFrame | None = None,
) -> Step:
    """
    Estimate exclusion by LSOA the way the study asks for, by whom and why.

    Parameters
    ----------
    returns
        Census returns, where the study learns from them.
    output_areas
        Of the place, where they are held: the estimate is divided among them.
    """
    learned = _learned(inputs, lsoas, returns, way=inputs.study.learn_from)
    estimated = learned.estimate
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
        "matched": [] if returns is None else [dict(returns.matched)],
    }
    why = contributions(estimated, lsoas, learned.shares, learned.covariates)
    tables = people_by_group(estimated, lsoas, seed=inputs.study.seed)
    if output_areas is not None:
        tables |= divided(estimated, output_areas, seed=inputs.study.seed + 3)
    return Step({"draws": estimated.draws, "explanation": why, **tables}, notes)


def estimated_by(
    way: str, inputs: Inputs, lsoas: pd.DataFrame, returns: Returns | None, *, draws: int = DRAWS
) -> Exclusion:
    """Estimate exclusion by LSOA in one of the ways a study can learn; see `study.LEARN_FROM`."""
    return _learned(inputs, lsoas, returns, way=way, draws=draws).estimate


def _learned(
    inputs: Inputs,
    lsoas: pd.DataFrame,
    returns: Returns | None,
    *,
    way: str,
    draws: int = DRAWS,
) -> Learned:
    if way == "online_returns" and returns is not None:
        return _from_online_returns(inputs, lsoas, returns, draws=draws)
    ways = {"survey": _from_survey, "published_rates": _from_published_rates}
    estimated = ways[way](inputs, lsoas, draws=draws)
    # The answers of a survey correct the rates ward by ward: what they add is explained by nothing.
    return Learned(estimated, national_rates(lsoas), rate_covariates(lsoas))


def _from_online_returns(
    inputs: Inputs, lsoas: pd.DataFrame, returns: Returns, *, draws: int
) -> Learned:
    """Learn the pattern from census returns over all LSOAs held, then bring it to the level."""
    model = exclusion.fit(returns.observed, returns.covariates)
    covariates = returns.covariates.reindex(lsoas.index)
    estimated = model.estimate(
        covariates, lsoas["adults"], groups=lsoas["ward"], draws=draws, seed=inputs.study.seed
    )
    named = replace(
        estimated,
        outcome=OUTCOMES["offline_return"].name,
        population=OUTCOMES["offline_return"].population,
        year=RETURNS_YEAR,
        caveats=(_pattern_told(inputs, lsoas, returns), *returns.caveats, *estimated.caveats),
    )
    return Learned(_at_level(inputs, lsoas, named), model.share, covariates)


def _pattern_told(inputs: Inputs, lsoas: pd.DataFrame, returns: Returns) -> str:
    own = returns.observed.index.isin(lsoas.index).sum()
    given = inputs.study.level is not None
    level = "the published figure" if given else "the one that national rates imply"
    return (
        "The pattern between areas is that of census returns not made online "
        f"(ONS Digital Propensity Index, 2021, {len(returns.observed):,} English LSOAs, {own} of "
        f"them in {inputs.study.name}; partly modelled by ONS). The level is not: it is {level}."
    )


def _from_survey(inputs: Inputs, lsoas: pd.DataFrame, *, draws: int) -> Exclusion:
    """Correct national rates by a survey's wards; it gives the level unless the study does."""
    survey = asked(inputs, lsoas)
    keep = keeps_level(inputs)
    found = blended(
        before(inputs, lsoas, draws=draws),
        survey.direct,
        lsoas["ward"],
        survey,
        keep_level=keep,
        seed=inputs.study.seed + 2,
    )
    told = replace(found, caveats=(*survey.caveats, *found.caveats))
    elsewhere = inputs.study.level is not None and not keep
    return _at_level(inputs, lsoas, told) if elsewhere else told


def _from_published_rates(inputs: Inputs, lsoas: pd.DataFrame, *, draws: int) -> Exclusion:
    estimated = exclusion.synthetic(
        lsoas, groups=lsoas["ward"], draws=draws, seed=inputs.study.seed
    )
    return _at_level(inputs, lsoas, estimated)


def _at_level(inputs: Inputs, lsoas: pd.DataFrame, estimated: Exclusion) -> Exclusion:
    chosen = inputs.study.level
    level = exclusion.published_level(lsoas) if chosen is None else Level(**chosen.figures())
    told = replace(estimated, caveats=(*estimated.caveats, f"The level is from {level.source}."))
    return exclusion.at_level(told, level, seed=inputs.study.seed + 1)
