"""The validation card of a study's estimate: how its model does on places it has not seen."""

from datetime import date

import pandas as pd

from mapping.exclusion import Blended, Model, ValidationCard, fit, folds, summed, validate
from mapping.exclusion.validation import unusual
from mapping.needs import indicators
from mapping.pipeline.inputs import Inputs
from mapping.pipeline.manifest import Step
from mapping.pipeline.returns import Returns, age_only
from mapping.pipeline.surveying import Asked, WardModel, asked, before, blended, keeps_level

OBSERVED = "census returns not made online"
# A region is predicted from so many areas of the others, drawn at random. From all of them takes
# six times as long and agrees better by 0.01 (0.789 instead of 0.780 over eight regions, Census
# 2021), so the card is a little hard on the model.
SAMPLED = 8_000
DRAWS = 400  # of the blends that are checked
FOLDS = 10
SMALLEST = 10  # observed areas, or wards, without which nothing can be said

PATTERN = (
    "What is checked is which areas have more and which fewer. How many there are altogether comes "
    "from another source and cannot be checked in this way."
)
FROM_SURVEY = (
    "The wards were divided at random into ten groups. Each ward was estimated without the answers "
    "given in its group, and compared with those given there. Few people were asked in each ward, "
    "so chance alone keeps agreement well below 1."
)
NOTHING = (
    "Too little was observed to check this estimate: that takes a survey of at least twenty wards, "
    "or the index of census returns made online for two regions."
)
QUICK = (
    f"To be quick, each region was predicted from {SAMPLED:,} areas of the others, drawn at "
    "random; the estimate itself is learned from all areas held, so it can be expected to do "
    "a little better than this."
)
RATES = (
    "The estimate rests on national rates alone. Their order of areas is compared with census "
    "returns, after one curve has brought rates to returns; intervals are those of that curve."
)

KINDS = {
    "share_age_16_24": "adults aged 16 to 24",
    "share_age_85_over": "adults aged 85 and over",
    "share_social_rented": "social renting",
    "share_private_rented": "private renting",
    "share_disabled": "disabled residents",
    "income_rate": "income deprivation",
    "adult_skills_rate": "adults with low skills",
}

# Shares of the second kind are predicted by the publisher's own model: scored by themselves.
FIRST_ASKED = {False: "first asked online", True: "first sent paper (predicted by ONS)"}


def check_estimate(
    inputs: Inputs, lsoas: pd.DataFrame, learned: Returns | None, *, today: date
) -> Step:
    """
    Make the validation card of the way in which the study learns.

    Parameters
    ----------
    learned
        Census returns, where they are held.
    today
        The day that the card names.

    Returns
    -------
    Step
        Notes: `card` (see `ValidationCard.as_dict`; None where nothing could be checked) and
        `told`, sentences that go before the card's own.
    """
    told: tuple[str, ...]
    if inputs.study.learn_from == "survey":
        card, told = _of_survey(inputs, lsoas, today), (FROM_SURVEY,)
    elif learned is None:
        card, told = None, ()
    elif inputs.study.learn_from == "published_rates":
        card, told = _of_rates(learned, inputs.study.seed, today), (RATES, PATTERN)
    else:
        card = _of_returns(learned, inputs.study.seed, today)
        told = (PATTERN, QUICK) if _few_of_many(learned.region) else (PATTERN,)
    told = told if card else (NOTHING,)
    return Step({}, {"card": None if card is None else card.as_dict(), "told": told})


def _of_returns(learned: Returns, seed: int, today: date) -> ValidationCard | None:
    """Leave regions out, each predicted from a sample of the areas of the others."""
    return _by_region(learned, learned.covariates, seed, today)


def _of_rates(learned: Returns, seed: int, today: date) -> ValidationCard | None:
    """Check the order that national rates alone give, brought to what was observed by a curve."""
    rates = learned.baselines[["national rates"]].dropna()
    kept = pd.Series(learned.observed.index.isin(rates.index), learned.observed.index)
    return _by_region(learned, rates, seed, today, kept=kept)


def _by_region(
    learned: Returns,
    covariates: pd.DataFrame,
    seed: int,
    today: date,
    *,
    kept: pd.Series | None = None,
) -> ValidationCard | None:
    known = learned.region.notna() if kept is None else learned.region.notna() & kept
    observed, region = learned.observed[known], learned.region[known]
    if region.nunique() < 2 or region.value_counts().max() < SMALLEST:
        return None

    def learn(rest: pd.DataFrame, table: pd.DataFrame) -> Model:
        return fit(_sampled(rest, seed), table)

    return validate(
        observed,
        covariates,
        region,
        outcome=OBSERVED,
        made=today,
        # What the model is told is no baseline to it: the order is the same.
        baselines=learned.baselines.drop(columns=covariates.columns, errors="ignore"),
        kinds=_kinds(learned.covariates.loc[observed.index]).assign(
            areas=learned.paper_first.map(FIRST_ASKED)
        ),
        geometry=learned.points,
        learn=learn,
        seed=seed,
    )


def _few_of_many(region: pd.Series) -> bool:
    """Whether a region is predicted from fewer areas than the others have."""
    return bool(region.count() - region.value_counts().min() > SAMPLED)


def _sampled(rest: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return some of the areas: the same whatever the order of rows."""
    return rest.sort_index().sample(min(SAMPLED, len(rest)), random_state=seed)


def _kinds(covariates: pd.DataFrame) -> pd.DataFrame:
    """Return the tenth of areas with most of what a planner would name, in words."""
    held = covariates[[name for name in KINDS if name in covariates]]
    called = {name: f"areas with most {words}" for name, words in KINDS.items()}
    return unusual(held.rename(columns=called))


def _of_survey(inputs: Inputs, lsoas: pd.DataFrame, today: date) -> ValidationCard | None:
    """Leave a tenth of the wards out, each estimated from the answers of the others."""
    survey = asked(inputs, lsoas)
    observed = survey.plain[["share", "n"]]
    if len(observed) < 2 * SMALLEST:
        return None
    estimate = summed(before(inputs, lsoas, draws=DRAWS), lsoas["ward"])
    groups = pd.Series(survey.wards.index, survey.wards.index)
    seed = inputs.study.seed

    def learn(rest: pd.DataFrame, _: pd.DataFrame) -> WardModel:
        direct = survey.told_by(rest.index)
        keep = keeps_level(inputs)
        found: Blended = blended(estimate, direct, groups, survey, keep_level=keep, seed=seed)
        return WardModel(found, survey.plain["n"], seed)

    return validate(
        observed,
        indicators(survey.wards).loc[observed.index],
        folds(observed.index, count=FOLDS, seed=seed),
        outcome="the survey's answers",
        made=today,
        grouping="group of wards",
        pooled=True,
        baselines=_ward_baselines(survey, estimate.frame["share"]),
        kinds=_kinds(indicators(survey.wards).loc[observed.index]),
        learn=learn,
        seed=seed,
    )


def _ward_baselines(survey: Asked, rates: pd.Series) -> pd.DataFrame:
    """Return simpler orders of the wards; ranks are not averaged, so scores stand for them."""
    given = {"age only": age_only(survey.wards), "IoD rank": survey.wards["imd_score"]}
    return pd.DataFrame(given | {"national rates": rates.reindex(survey.wards.index)})
