"""A household survey and what is known besides: blended by ward, and checked ward by ward."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mapping import disclosure, exclusion
from mapping.errors import InvalidStudyError, InvalidTableError
from mapping.exclusion import OUTCOMES, Blended, Exclusion, Level, stated_estimates
from mapping.exclusion.outcomes import same_outcome
from mapping.exclusion.result import tails
from mapping.needs import to_wards
from mapping.pipeline.inputs import Inputs
from mapping.sources import records

# What may explain where national rates are wrong; a survey of some 1,200 adults supports few.
COVARIATES = ["adult_skills_rate"]
OUTCOME = "were not online, as they said themselves"
ALONE = "Nothing local was observed"  # what estimates from rates alone say, true no longer
# Bands that surveys and the census tables can have in common: first and last year, and columns.
AGE_BANDS = {
    (16, 34): ("age_16_24", "age_25_34"),
    (35, 64): ("age_35_49", "age_50_64"),
    (65, 74): ("age_65_74",),
    (75, 84): ("age_75_84",),
    (85, 200): ("age_85_over",),
}


@dataclass(frozen=True, eq=False)
class Asked:
    """
    A survey, by ward.

    Parameters
    ----------
    answers
        Respondents in wards that have areas: personal, to be summed and dropped. None where the
        survey was given by ward, with its samples.
    ages
        What of their ages is known of each ward, for `direct_estimates`; empty where the survey
        does not tell them.
    direct
        See `mapping.exclusion.direct_estimates`; adjusted for age where the survey tells it.
    plain
        The same as asked, for comparison with what a model expects.
    wards
        People, homes and rates of every ward.
    year
        When people were asked; None = not said.
    respondents
        How many were asked.
    caveats
        What a reader has to be told.
    """

    answers: pd.DataFrame | None
    ages: Mapping[str, pd.DataFrame]
    direct: pd.DataFrame
    plain: pd.DataFrame
    wards: pd.DataFrame
    year: int | None
    respondents: int
    caveats: tuple[str, ...]

    def told_by(self, wards: pd.Index) -> pd.DataFrame:
        """Return `direct` as the respondents of these wards alone would have it."""
        if self.answers is None:
            return self.direct[self.direct.index.isin(wards)]
        answers = self.answers[self.answers["ward"].isin(wards)]
        return _by_enough(exclusion.direct_estimates(answers, known=self.ages))


def asked(inputs: Inputs, lsoas: pd.DataFrame) -> Asked:
    """
    Read the study's survey.

    Raises
    ------
    InvalidStudyError
        If the survey gives the level and the study does not say of which year.
    InvalidTableError
        If no ward has respondents enough.
    """
    study = inputs.study
    if study.survey_year is None and study.level is None:
        raise InvalidStudyError(
            f"{study.id}.toml: survey_year is missing: the survey gives the level, so say of "
            "which year."
        )
    if "survey_by_ward" in inputs.own:
        return _asked_by_ward(inputs, to_wards(lsoas, lsoas["ward"]))
    people = records.respondents(inputs.own["survey"], inputs.columns("survey"))
    return answered(people, lsoas, year=study.survey_year, where=inputs.own["survey"].name)


def answered(
    people: pd.DataFrame, lsoas: pd.DataFrame, *, year: int | None, where: str = "survey"
) -> Asked:
    """
    Return a survey by ward.

    Parameters
    ----------
    people
        See `mapping.sources.records.respondents`.
    year
        When they were asked; None = not said.
    where
        The name of the list, for messages.

    Raises
    ------
    InvalidTableError
        If no ward has as many respondents as its answers need to be used.
    """
    wards = to_wards(lsoas, lsoas["ward"])
    inside = people["ward"].isin(wards.index)
    answers, ages = _known(people[inside], wards)
    direct = _by_enough(exclusion.direct_estimates(answers, known=ages))
    if direct.empty:
        raise InvalidTableError(
            f"{where}: no ward has {disclosure.FLOOR} respondents or more, so "
            "no ward's answers may be used. Learn from published rates (learn_from = "
            '"published_rates"), or ask more people.'
        )
    return Asked(
        answers=answers,
        ages=ages,
        direct=direct,
        plain=_by_enough(exclusion.direct_estimates(people[inside])),
        wards=wards,
        year=year,
        respondents=len(people),
        caveats=_caveats(people, inside, by_age=bool(ages)),
    )


def _asked_by_ward(inputs: Inputs, wards: pd.DataFrame) -> Asked:
    """Take a survey's shares by ward as they were worked out elsewhere."""
    path = inputs.own["survey_by_ward"]
    found = records.ward_estimates(path, inputs.columns("survey_by_ward"))
    inside = found[found.index.isin(wards.index)]
    if inside.empty:
        raise InvalidTableError(
            f"{path.name}: none of its {len(found)} wards has areas here. Use wards of the vintage "
            "of the lookup."
        )
    direct = _by_enough(stated_estimates(inside))
    told = [
        f"National rates are corrected by a survey of {int(found['n'].sum()):,} adults in "
        f"{len(inside)} wards, as its shares by ward were given. Its answers were not, so wards "
        "are not adjusted here for whom it happened to ask."
    ]
    if inside["se"].isna().any():
        told.append(
            "Standard errors of the survey's wards are those of a simple sample, where it states "
            "none; a survey with weights or clusters is less sure."
        )
    strange = sorted(found.index.difference(wards.index))
    if strange:
        told.append(
            f"Shares of {len(strange)} wards that have no areas here were left out of the pattern "
            f"({', '.join(strange[:3])})."
        )
    return Asked(
        answers=None,
        ages={},
        direct=direct,
        plain=direct,
        wards=wards,
        year=inputs.study.survey_year,
        respondents=int(found["n"].sum()),
        caveats=tuple(told),
    )


def _by_enough(direct: pd.DataFrame) -> pd.DataFrame:
    """Leave out wards with few respondents: how they move an estimate tells what they answered."""
    return direct[direct["respondents"] >= disclosure.FLOOR]


def before(inputs: Inputs, lsoas: pd.DataFrame, *, draws: int) -> Exclusion:
    """Return what national rates say of the areas, at the published level if that counts too."""
    study = inputs.study
    rates = exclusion.synthetic(lsoas, groups=lsoas["ward"], draws=draws, seed=study.seed)
    rates = replace(rates, caveats=tuple(c for c in rates.caveats if not c.startswith(ALONE)))
    if study.level is None or not keeps_level(inputs):
        return rates
    return exclusion.at_level(rates, Level(**study.level.figures()), seed=study.seed + 1)


def keeps_level(inputs: Inputs) -> bool:
    """Whether the study gives a published level of the outcome that the survey asks about."""
    level = inputs.study.level
    return level is not None and same_outcome(level.outcome, OUTCOMES["non_user"].name)


def blended(
    estimate: Exclusion,
    direct: pd.DataFrame,
    groups: pd.Series,
    survey: Asked,
    *,
    keep_level: bool,
    seed: int,
) -> Blended:
    """Blend an estimate with the survey's wards; see `mapping.exclusion.blend`."""
    return exclusion.blend(
        estimate,
        direct,
        groups,
        population=OUTCOMES["non_user"].population,
        outcome=None if keep_level else OUTCOME,
        year=None if keep_level else survey.year,
        covariates=survey.wards[COVARIATES],
        keep_level=keep_level,
        seed=seed,
    )


@dataclass(frozen=True, eq=False)
class WardModel:
    """
    The blend as a model of wards, so that it can be checked on wards it was not told about.

    Parameters
    ----------
    blended
        By ward.
    n
        Effective sample of every ward asked.
    seed
        For the answers of samples.
    """

    blended: Blended
    n: pd.Series
    seed: int

    def predict(self, covariates: pd.DataFrame, *, level: float = 0.9) -> pd.DataFrame:
        """Return the share that the survey would find, with an interval, by ward."""
        true = self.blended.draws.loc[covariates.index].to_numpy()
        n = self.n.loc[covariates.index].round().clip(lower=1).to_numpy(int)[:, None]
        # The same chances for every ward, so that bounds do not depend on the order of rows.
        chances = np.random.default_rng(self.seed).random(true.shape[1])
        bounds = np.quantile(_found(chances, n, true), tails(level), axis=1)
        frame = {"share": true.mean(axis=1), "low": bounds[0], "high": bounds[1]}
        return pd.DataFrame(frame, covariates.index)

    def estimate(
        self, covariates: pd.DataFrame, adults: pd.Series, *, draws: int, seed: int
    ) -> Exclusion:
        """Return possible true shares by ward."""
        chosen = np.random.default_rng(seed).permutation(self.blended.draws.shape[1])[:draws]
        shares = self.blended.draws.loc[covariates.index].iloc[:, chosen]
        return replace(self.blended, adults=adults, draws=shares)

    def residuals(
        self,
        observed: pd.DataFrame,
        covariates: pd.DataFrame,  # noqa: ARG002 - the wards' own draws hold what they tell
    ) -> pd.Series:
        """Return observed less expected shares, in standard deviations of what is possible."""
        true = self.blended.draws.loc[observed.index]
        mean = true.mean(axis=1)
        variance = true.var(axis=1) + (true * (1 - true)).mean(axis=1) / observed["n"]
        return (observed["share"] - mean) / np.sqrt(variance)


def _found(chances: np.ndarray, n: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the shares that samples of `n` find where the truth is `true`, draw by draw."""
    from scipy.stats import binom

    return binom.ppf(chances[None, :], n, true) / n


def _known(
    people: pd.DataFrame, wards: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return respondents with their age band, and the ages of each ward, if all can be told."""
    bands = people["age"].map(age_band)
    if bands.isna().any():
        return people.drop(columns="age"), {}
    counts = {_called(band): wards[list(names)].sum(axis=1) for band, names in AGE_BANDS.items()}
    shares = pd.DataFrame(counts).div(wards["adults"], axis=0)
    return people.assign(age=bands), {"age": shares}


def age_band(age: object) -> str | None:
    """
    Return the band of `AGE_BANDS` that holds an age, in years or as a survey's own band.

    Returns
    -------
    str or None
        None where it says nothing, or straddles two bands.

    Examples
    --------
    >>> [age_band(age) for age in ("16-24", "47", "85+", "60 to 74", None)]
    ['16-34', '35-64', '85+', None, None]
    """
    years = [int(number) for number in re.findall(r"\d+", str(age))]
    if not years:
        return None
    last = years[-1] if len(years) > 1 or "+" not in str(age) else 200
    for first_year, last_year in AGE_BANDS:
        if first_year <= years[0] and last <= last_year:
            return _called((first_year, last_year))
    return None


def _called(band: tuple[int, int]) -> str:
    first, last = band
    return f"{first}+" if last >= 100 else f"{first}-{last}"


def _caveats(people: pd.DataFrame, inside: pd.Series, *, by_age: bool) -> tuple[str, ...]:
    wards = people.loc[inside, "ward"].nunique()
    said = [
        f"National rates are corrected by {disclosure.told(len(people))} respondents in {wards} "
        "wards. Weights repair that some groups answer less, not that people who are offline do."
    ]
    strange = people.loc[~inside, "ward"].unique()
    if len(strange):
        said.append(
            f"Respondents of wards that have no areas here ({len(strange)}) were left out of the "
            "pattern."
        )
    few = int((people.loc[inside, "ward"].value_counts() < disclosure.FLOOR).sum())
    if few:
        said.append(
            f"In {few} of the wards fewer than {disclosure.FLOOR} people answered. Their answers "
            "correct no ward, so that nobody's answer can be told from an estimate."
        )
    if not by_age:
        said.append(
            "The survey does not tell the age of everybody in bands that the census has (16 to 34, "
            "35 to 64, 65 to 74, 75 to 84, 85 and over), so wards are not adjusted for whom it "
            "happened to ask."
        )
    return tuple(said)
