"""
Blend an estimate with a survey: small samples lean on the estimate, large ones on themselves.

A Fay–Herriot model (Fay and Herriot, 1979) of wards on the logit scale, with the binomial
likelihood in place of estimated sampling variances: the variance of a sample is that of the share
the model gives its ward, so 0 of 5 is not taken for certainty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.errors import InvalidTableError
from mapping.exclusion.conditioning import Posterior, Prior, Sample, posterior
from mapping.exclusion.outcomes import same_outcome
from mapping.exclusion.result import TAILS, Exclusion, by_name, groups_of
from mapping.exclusion.shifts import shifts
from mapping.exclusion.survey import NON_RESPONSE_SE
from mapping.tables import Column, check

# Standard deviations on the logit scale; all are our assumptions. The level of the estimate may be
# wrong by a factor of 4 in the odds (two published figures for Liverpool two years apart, 8.6 %
# and 15.8 %, differ by 2), its contrast between wards be nought or double, and a covariate move
# the odds by a factor of 1.8 a standard deviation.
LEVEL_SD = 0.7
CONTRAST_SD = 0.5
COVARIATE_SD = 0.3
# Wards differ from any estimate by at least this much before the survey is asked: what areas that
# differ by 0.2 (the least that `fit` takes few of them to) leave in a ward of five.
LEAST_WARD_EFFECT = 0.15
# A share of exactly 0 or 1 has no finite odds.
TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Blended(Exclusion):
    """
    An estimate that has been blended with a survey.

    Parameters
    ----------
    wards
        By `area` (the ward): `direct` and `n` (the survey's share and effective sample; NaN where
        nobody was asked), `estimate` (the share before the survey), `weight` (how far the ward's
        own sample decides its log-odds, 0 to 1: the gamma of Fay and Herriot) and `share`, `low`,
        `high` (95 %). As blended: bringing the estimate to a level later does not change it.
    """

    wards: pd.DataFrame = field(default_factory=pd.DataFrame)


def blend(
    estimate: Exclusion,
    direct: pd.DataFrame,
    groups: pd.Series,
    *,
    population: str,
    outcome: str | None = None,
    year: int | None = None,
    covariates: pd.DataFrame | None = None,
    keep_level: bool = False,
    design_effect: float = 1.0,
    non_response_se: float = NON_RESPONSE_SE,
    seed: int = 0,
) -> Blended:
    """
    Blend an estimate by area with a survey's shares by ward.

    Parameters
    ----------
    estimate
        By area, with its joint draws. Neither learned from this survey nor brought to its level,
        or the survey would count twice.
    direct
        By ward: `share` (0 to 1; one adjusted for who was asked may lie a little outside) and
        `n`, the effective sample size; see `direct_estimates`. Wards may be missing.
    groups
        The ward of each area.
    population
        Whom the survey asked; must be whom the estimate is of.
    outcome, year
        What the survey asked, and when; None = as the estimate. With another outcome the estimate
        gives the pattern only; the result is of the survey's outcome, and a caveat says so.
    covariates
        A few numbers for every ward that may explain where the estimate is wrong, such as a
        deprivation score; standardised, and their coefficients shrunk towards 0.
    keep_level
        Whether the estimate's own level counts, as surely as its draws have it (such as a
        published figure with its standard error). False = the survey decides the level.
    design_effect
        What the survey's design adds to the variance beyond what `n` counts, such as interviews
        in clusters: `n` is divided by it.
    non_response_se
        Standard error, as a share, of what the answers of all wards have wrong in common and
        weights do not repair. Its default of 1 point is our assumption.
    seed
        For the draws.

    Returns
    -------
    Blended
        An `Exclusion` by area, NaN where the estimate is. Areas of one ward are moved alike, draw
        by draw, so what the estimate says of differences within a ward stays.

    Raises
    ------
    InvalidTableError
        If the survey is of another population; if a table or option is faulty; if no ward of the
        survey has areas; or if `keep_level` is asked for with another outcome.

    Notes
    -----
    With y a ward's share and n its effective sample, n y is binomial given the ward's log-odds:
    the estimate's, plus the scaled deviation of a draw, plus level, contrast (the estimate's
    differences between wards may be too small or too large) and covariates, each with a normal
    prior. See `conditioning` for the scale. Wards where nobody was asked get what the others say
    of all these. What all wards of the survey have wrong in common is part of the answers, not of
    the truth.
    """
    _refuse_options(design_effect, non_response_se)
    _refuse_mixing(estimate, population, outcome, keep_level=keep_level)
    known, adults, larger = _peopled(estimate, groups)
    wards = by_name(_ward_draws(known, adults, larger))
    observed, strange = _observed(direct, wards.index)
    sample = Sample(
        at=wards.index.get_indexer(observed.index),
        share=observed["share"].to_numpy(),
        n=observed["n"].to_numpy() / design_effect,
    )
    random = np.random.default_rng(seed)
    odds = _log_odds(wards.to_numpy())
    terms = _terms(wards.index, odds.mean(axis=1), covariates, keep_level=keep_level)
    bias = _bias(sample, non_response_se)
    after = posterior(_prior(odds, terms, bias, random), sample)
    shares = pd.DataFrame(expit(after.draws(random)), wards.index, known.columns)
    table = _ward_table(after, shares, observed)
    moved = estimate.draws.copy()
    moved.loc[known.index] = _moved(known, adults, larger, shares)
    return Blended(
        outcome=outcome or estimate.outcome,
        year=year or estimate.year,
        population=population,
        formula=f"{estimate.formula}; blended with a survey by ward (Fay–Herriot, logit scale)",
        adults=estimate.adults,
        draws=moved,
        diagnostics={**estimate.diagnostics, **_diagnostics(after, table)},
        caveats=(*estimate.caveats, *_caveats(estimate, outcome, table, strange)),
        wards=table,
    )


def _refuse_options(design_effect: float, non_response_se: float) -> None:
    faults = []
    if not 0 < design_effect < np.inf:
        faults.append(f"a design effect of {design_effect} (give 1 or more)")
    if not 0 <= non_response_se < 1:
        faults.append(f"a non-response error of {non_response_se} (1 point is 0.01)")
    if faults:
        raise InvalidTableError(f"survey: {' and '.join(faults)} cannot be. Correct it.")


def _refuse_mixing(
    estimate: Exclusion, population: str, outcome: str | None, *, keep_level: bool
) -> None:
    if not estimate.year:
        # A model's estimate that nobody has named yet: it says neither of what nor of whom.
        raise InvalidTableError(
            "survey: the estimate it is to be blended with does not say what it counts, when and "
            "among whom. Bring it to a level first (at_level), or give it outcome, year and "
            "population with dataclasses.replace."
        )
    if population != estimate.population:
        raise InvalidTableError(
            f"survey: it asked {population}, but the estimate is of {estimate.population}. A "
            "survey says nothing about people it did not ask: blend it with an estimate of "
            f"{population}, or take a survey of {estimate.population}."
        )
    if keep_level and not same_outcome(outcome or estimate.outcome, estimate.outcome):
        raise InvalidTableError(
            f"survey: it counts “{outcome}”, the estimate “{estimate.outcome}”; one level cannot "
            "hold for both. Leave keep_level out, so that the estimate gives the pattern only."
        )


def _peopled(estimate: Exclusion, groups: pd.Series) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return draws, adults and ward of the areas with an estimate, in wards with people."""
    known = by_name(estimate.draws.dropna())
    larger = groups_of(known.index, groups)
    adults = estimate.adults.reindex(known.index).fillna(0.0).astype(float)
    lived_in = adults.groupby(larger).transform("sum") > 0
    if not lived_in.any():
        raise InvalidTableError(
            "survey: the estimate it is to be blended with has no area with people and a share. "
            "Give areas where people live."
        )
    return known[lived_in], adults[lived_in], larger[lived_in]


def _ward_draws(draws: pd.DataFrame, adults: pd.Series, groups: pd.Series) -> pd.DataFrame:
    people = draws.mul(adults, axis=0).groupby(groups).sum()
    return people.div(adults.groupby(groups).sum(), axis=0).rename_axis("area")


def _observed(direct: pd.DataFrame, wards: pd.Index) -> tuple[pd.DataFrame, list[str]]:
    """Return the survey's rows in the order of their names, and the wards that have no areas."""
    # A share adjusted for who was asked may lie outside 0 to 1.
    rules = (Column("share", low=-1, high=2), Column("n", low=1e-9, high=1e12))
    typed = by_name(check(direct, rules, where="survey shares"))
    if typed.index.has_duplicates:
        raise InvalidTableError(
            f"survey shares: ward {typed.index[typed.index.duplicated()][0]} stands twice. Keep "
            "one row per ward."
        )
    known = typed.index.isin(wards)
    strange = [str(ward) for ward in typed.index[~known]]
    if not known.any():
        raise InvalidTableError(
            f"survey shares: none of its {len(typed)} wards has areas with people (first "
            f"{', '.join(strange[:3]) or 'none'}). Use ward codes of one year in survey and lookup."
        )
    if not 0 <= np.average(typed["share"], weights=typed["n"]) <= 1:
        raise InvalidTableError(
            "survey shares: altogether they are not between 0 and 1. Give shares, not per cent "
            "(15.8 % is 0.158)."
        )
    return typed[known], strange


def _log_odds(shares: np.ndarray) -> np.ndarray:
    return logit(np.clip(shares, TINY, 1 - TINY))


def _bias(sample: Sample, se: float) -> float:
    """Return the standard error of the survey's share as one of its log-odds."""
    share = float(np.average(sample.share, weights=sample.n))
    # Near 0 or 1 a point is many log-odds; there the error is taken to be half of the share.
    least = min(2 * se, 0.5)
    share = min(max(share, least, TINY), 1 - least, 1 - TINY)
    return se / (share * (1 - share))


def _terms(
    wards: pd.Index, centre: np.ndarray, covariates: pd.DataFrame | None, *, keep_level: bool
) -> np.ndarray:
    """Return what may be wrong with all wards together: level, contrast, covariates."""
    columns = [CONTRAST_SD * (centre - centre.mean())]
    if not keep_level:
        columns.append(np.full(len(wards), LEVEL_SD))
    if covariates is not None:
        columns += list(COVARIATE_SD * _standardised(covariates, wards).T)
    return np.column_stack(columns)


def _standardised(covariates: pd.DataFrame, wards: pd.Index) -> np.ndarray:
    """Return the covariates of the wards, constant columns left out."""
    named = covariates.set_axis(covariates.columns.map(str), axis=1)
    if covariates.index.has_duplicates:
        twice = covariates.index[covariates.index.duplicated()][0]
        raise InvalidTableError(f"covariates: ward {twice} stands twice. Keep one row per ward.")
    missing = wards.difference(named.index)
    if len(missing):
        raise InvalidTableError(
            f"covariates: {len(missing)} of {len(wards)} wards have no row (first "
            f"{', '.join(map(str, missing[:3]))}). Give every ward that has areas a row."
        )
    values = check(named.loc[wards], [Column(name) for name in named], where="covariates")
    centred = values - values.mean()
    spread = centred.std(ddof=0)
    varying = spread > TINY * values.abs().max()
    return (centred.loc[:, varying] / spread[varying]).to_numpy()


def _prior(odds: np.ndarray, terms: np.ndarray, bias: float, random: np.random.Generator) -> Prior:
    """Return the prior; ward effects are added where the draws have less than the least."""
    covariance = np.zeros((len(odds), len(odds)))
    if odds.shape[1] > 1:
        covariance += np.cov(odds)
    lacking = np.clip(LEAST_WARD_EFFECT**2 - _own(covariance), 0, None)
    added = np.sqrt(lacking)[:, None] * random.standard_normal(odds.shape)
    return Prior(
        centre=odds.mean(axis=1),
        draws=odds + added,
        covariance=covariance + np.diag(lacking),
        terms=terms,
        bias=bias,
    )


def _own(covariance: np.ndarray) -> np.ndarray:
    """Return the variance of each ward's log-odds that it does not share with all others."""
    return np.diag(covariance) - covariance.mean()


def _moved(
    draws: pd.DataFrame, adults: pd.Series, groups: pd.Series, targets: pd.DataFrame
) -> pd.DataFrame:
    """Shift the log-odds of a ward's areas alike, draw by draw, so that they make its share."""
    parts = []
    for ward, part in draws.groupby(groups):
        odds = _log_odds(part.to_numpy())
        by = shifts(odds, adults[part.index].to_numpy(), targets.loc[ward].to_numpy())
        parts.append(pd.DataFrame(expit(odds + by), part.index, draws.columns))
    return pd.concat(parts).loc[draws.index]


def _ward_table(after: Posterior, shares: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    low, high = np.quantile(shares, TAILS, axis=1)
    return pd.DataFrame(
        {
            "direct": observed["share"].reindex(shares.index),
            "n": observed["n"].reindex(shares.index),
            "estimate": expit(after.prior.centre),
            "weight": after.weights(),
            "share": shares.mean(axis=1),
            "low": low,
            "high": high,
        },
        index=shares.index,
    )


def _diagnostics(after: Posterior, wards: pd.DataFrame) -> dict[str, float | str]:
    seen = wards["weight"][wards["direct"].notna()]
    before = np.sqrt(_own(after.prior.covariance).clip(0).mean())
    low, middle, high = (before * after.scale(point) for point in (TAILS[0], 0.5, TAILS[1]))
    return {
        "wards observed": len(seen),
        "wards filled from the others": len(wards) - len(seen),
        "adults asked (effective)": round(float(wards["n"].sum()), 1),
        "ward effect (logit s.d.)": f"{middle:.2f} ({low:.2f} to {high:.2f})",
        "weight of a ward's own sample": (
            f"{seen.median():.2f} ({seen.min():.2f} to {seen.max():.2f})"
        ),
    }


def _caveats(
    estimate: Exclusion, outcome: str | None, wards: pd.DataFrame, strange: Sequence[str]
) -> tuple[str, ...]:
    said = []
    empty = int(wards["direct"].isna().sum())
    if empty:
        said.append(
            f"Nobody was asked in {empty} of {len(wards)} wards: their estimates are what the "
            "others say of them."
        )
    if strange:
        said.append(
            f"The survey's answers from {len(strange)} wards that have no areas here were left "
            f"out ({', '.join(strange)})."
        )
    if not same_outcome(outcome or estimate.outcome, estimate.outcome):
        said.append(
            f"The pattern that the survey was blended with is that of another outcome: "
            f"{estimate.outcome} ({estimate.year})."
        )
    return tuple(said)
