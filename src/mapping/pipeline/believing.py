"""Rival pictures of need: what else could be believed of the same place, where the data are in."""

from collections.abc import Mapping

import pandas as pd

from mapping import indices
from mapping.errors import MappingError
from mapping.exclusion import Exclusion
from mapping.needs import indicators
from mapping.pipeline.estimating import estimated_by
from mapping.pipeline.inputs import Inputs
from mapping.pipeline.manifest import Step
from mapping.pipeline.returns import Returns
from mapping.scenario.beliefs import Belief, believed, patterned

DRAWS = 300  # of each rival: enough to tell options apart

# An index like DERI (Greater Manchester Combined Authority, v1.4) of what every study holds: its
# weights for age, disability and skills, and as much for income and work as it gives to Pension
# Credit and claimants. It has no broadband here: where nearly all homes can have it, it tells
# areas apart by noise.
LIKE_DERI = {
    "demography": {"share_age_65_over": 5, "share_age_75_over": 5, "share_disabled": 2},
    "deprivation": {"adult_skills_rate": 4, "income_rate": 2, "employment_rate": 2, "imd_score": 2},
}


def beliefs(inputs: Inputs, lsoas: pd.DataFrame, returns: Returns | None) -> Step:
    """
    Build every picture of need that the study's data allow, besides the one it goes by.

    Returns
    -------
    Step
        Shares by LSOA and draw for each estimate, `patterns` (a column each, by LSOA) for what is
        a pattern only, and as a note which pictures could not be made and why.
    """
    tables: dict[str, pd.DataFrame] = {"patterns": patterns(lsoas)}
    left_out = {}
    for name, held in _rivals(inputs, returns).items():
        if not held:
            continue
        try:
            found = estimated_by(name, inputs, lsoas, returns, draws=DRAWS)
        except MappingError as error:  # a rival is welcome, not needed
            left_out[name] = str(error)
        else:
            tables[f"belief_{name}"] = found.draws
    return Step(tables, {"left_out": left_out})


def _rivals(inputs: Inputs, returns: Returns | None) -> Mapping[str, bool]:
    """Return the ways of estimating besides the study's own, and whether their data are in."""
    held = {
        "online_returns": returns is not None,
        "published_rates": True,
        "survey": "survey" in inputs.own and inputs.study.survey_year is not None,
    }
    return {name: there for name, there in held.items() if name != inputs.study.learn_from}


def patterns(lsoas: pd.DataFrame) -> pd.DataFrame:
    """Return what pictures that are patterns only give each LSOA, in proportion to its people."""
    shares = indicators(lsoas)
    shares["share_age_65_over"] = shares["share_age_65_74"] + shares["share_age_75_over"]
    weights: dict[str, Mapping[str, float]] = {
        component: {name: weight for name, weight in inside.items() if name in shares}
        for component, inside in LIKE_DERI.items()
    }
    score = indices.deri_like(shares, weights=weights, reverse=()).score
    return pd.DataFrame(
        {"risk_index": score * lsoas["adults"], "social_renting": lsoas["social_rented"]}
    )


def believed_of(
    step: Step | None, estimate: Exclusion, adults: pd.Series, *, own: str
) -> dict[str, Belief]:
    """
    Return the pictures of a built study, the one it goes by first.

    Parameters
    ----------
    step
        As built; None where a study was built before there were rivals.
    own
        What the study learns from.
    """

    def people(draws: pd.DataFrame) -> pd.DataFrame:
        return draws.mul(adults.reindex(draws.index), axis=0)

    found = {own: believed(own, people(estimate.draws))}
    if step is None:
        return found
    for table, draws in step.tables.items():
        if table.startswith("belief_"):
            name = table.removeprefix("belief_")
            found[name] = believed(name, people(draws))
    totals = found[own].people.sum()
    for name, weight in step.tables["patterns"].items():
        if weight.sum() > 0:
            found[str(name)] = patterned(str(name), weight, totals)
    return found
