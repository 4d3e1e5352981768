"""The area-level model: a binomial GLM with one extra variance between areas."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.special import betaincinv, expit

from mapping.errors import InvalidTableError
from mapping.exclusion.design import EDGE, Design, design
from mapping.exclusion.result import Exclusion, area_effects, by_name
from mapping.tables import Column, check

# How much areas differ beyond the model cannot be told from a few dozen wards, nor from small
# samples. Assumption, unless the residuals of this many areas rule it out (one-sided, 5 %): at
# least this much on the logit scale. English LSOAs, measured against census returns, differ by
# 0.18.
LEAST_AREA_EFFECT = 0.2
FEW_AREAS = 100
RULED_OUT = 1.645
# A term known no better than this (logit scale, one standard deviation of it) is reported.
UNBOUND = 1.0
REFITS = 10
SETTLED = 1e-3
TINY = 1e-9
DRAWS = 1000
# Points and weights at which a standard normal is averaged over.
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(21)


@dataclass(frozen=True, eq=False)
class Model:
    """
    A fitted model.

    Parameters
    ----------
    design
        How covariates become terms.
    terms
        Coefficients by term: "constant", a covariate (standardised), or its square ("age²").
    covariance
        Of the coefficients, terms × terms.
    area_effect
        Standard deviation between areas, on the logit scale, of what the terms do not explain.
    typical_n
        Median sample size of the training areas.
    areas
        Number of training areas.
    caveats
        What the data could not support.
    """

    design: Design
    terms: pd.Series
    covariance: pd.DataFrame
    area_effect: float
    typical_n: float
    areas: int
    caveats: tuple[str, ...] = ()

    def predict(self, covariates: pd.DataFrame, *, level: float = 0.9) -> pd.DataFrame:
        """
        Predict the share that would be observed in areas like these.

        Parameters
        ----------
        covariates
            Numbers by area; at least the columns of the fit, in any order.
        level
            Coverage of the interval, 0 to 1.

        Returns
        -------
        pandas.DataFrame
            By area: `share`, `low`, `high`. The interval holds what a sample of the training
            areas' typical size would show, so it includes sampling noise, and its bounds are
            shares that such a sample can show (0, 1 in 20, 2 in 20 …).

        Raises
        ------
        InvalidTableError
            If a covariate is missing, or blank for an area, or `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise InvalidTableError(f"level is {level}; give a coverage between 0 and 1.")
        centre, spread = self._logits(covariates)
        share = expit(centre)
        low, high = (
            _observed_quantile(centre, spread, self._sample, (1 + side * level) / 2)
            for side in (-1, 1)
        )
        bounds = {"share": share, "low": np.minimum(low, share), "high": np.maximum(high, share)}
        return pd.DataFrame(bounds, index=covariates.index)

    def draws(self, covariates: pd.DataFrame, n: int, *, seed: int) -> pd.DataFrame:
        """Return `n` possible observed shares per area (areas × n); see `predict`."""
        random = np.random.default_rng(seed)
        true = self._true_shares(by_name(covariates), n, random)
        observed = random.binomial(self._sample, true) / self._sample
        return pd.DataFrame(observed, true.index).loc[covariates.index]

    def estimate(
        self,
        covariates: pd.DataFrame,
        adults: pd.Series,
        *,
        groups: pd.Series | None = None,
        learned_from_groups: bool = False,
        draws: int = DRAWS,
        seed: int = 0,
    ) -> Exclusion:
        """
        Estimate the true share and number of people in each area.

        Parameters
        ----------
        adults
            People per area.
        groups
            The ward of each area: neighbours in one share a part of what the model does not
            explain, so that ward totals are not falsely sure.
        learned_from_groups
            Whether the training areas were such groups, as with a survey by ward. The area effect
            is then that of a whole group, and the areas inside differ by more.
        draws, seed
            How many joint draws, and from which seed.

        Raises
        ------
        InvalidTableError
            If a covariate, or the adults or the group of an area, are missing.
        """
        adults = _adults_of(covariates.index, adults)
        random = np.random.default_rng(seed)
        true = self._true_shares(
            by_name(covariates), draws, random, groups=groups, group_means=learned_from_groups
        )
        return Exclusion(
            outcome="as observed in the training data",
            year=0,
            population="as observed in the training data",
            formula=self.formula,
            adults=adults,
            draws=true.loc[covariates.index],
            diagnostics=self.diagnostics,
            caveats=self.caveats + self._extrapolation(covariates),
        )

    @property
    def formula(self) -> str:
        """The right-hand side, readable."""
        return "binomial GLM, logit(share) ~ " + " + ".join(self.terms.index)

    @property
    def diagnostics(self) -> Mapping[str, float | str]:
        """What the fit found."""
        return {
            "areas": self.areas,
            "area effect (logit s.d.)": round(self.area_effect, 3),
            "typical sample": round(self.typical_n, 1),
        }

    def summary(self) -> pd.DataFrame:
        """Return each term's `coefficient`, `se` and `z`; covariates are standardised."""
        se = pd.Series(np.sqrt(np.diag(self.covariance)), self.terms.index)
        return pd.DataFrame({"coefficient": self.terms, "se": se, "z": self.terms / se})

    @property
    def _sample(self) -> int:
        """The typical sample in whole people."""
        return max(round(self.typical_n), 1)

    def _logits(self, covariates: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return centre and standard deviation of each area's true share on the logit scale."""
        matrix = self.design.matrix(covariates)
        variance = ((matrix @ self.covariance.to_numpy()) * matrix).sum(axis=1)
        return matrix @ self.terms.to_numpy(), np.sqrt(variance + self.area_effect**2)

    def _true_shares(
        self,
        covariates: pd.DataFrame,
        count: int,
        random: np.random.Generator,
        *,
        groups: pd.Series | None = None,
        group_means: bool = False,
    ) -> pd.DataFrame:
        coefficients = random.multivariate_normal(
            self.terms, self.covariance, count, method="cholesky"
        )
        effects = area_effects(random, covariates.index, groups, count, group_means=group_means)
        logits = self.design.matrix(covariates) @ coefficients.T + self.area_effect * effects
        return pd.DataFrame(expit(logits), covariates.index)

    def _extrapolation(self, covariates: pd.DataFrame) -> tuple[str, ...]:
        outside = (self.design.standardised(covariates).abs() > EDGE).any(axis=1)
        if not outside.any():
            return ()
        return (
            f"{outside.sum()} of {len(outside)} areas are unlike most areas the model learned "
            "from; estimates there extrapolate.",
        )


def fit(observed: pd.DataFrame, covariates: pd.DataFrame) -> Model:
    """
    Fit a binomial GLM of observed shares on area covariates.

    Logit link, by iteratively reweighted least squares (statsmodels). Variation between areas
    beyond sampling is estimated once, as the variance at which the squared Pearson residuals add
    up to their number (Williams, 1982, model III), and enters the weights, the coefficients'
    covariance and every interval.

    Parameters
    ----------
    observed
        By area: `share` (0 to 1) and `n`, the (effective) sample size behind it.
    covariates
        Numbers by area. Areas that are not observed are ignored; constant columns and those that
        others determine are left out and named in a caveat.

    Raises
    ------
    InvalidTableError
        If a share or sample size is impossible, a covariate is blank or no number, an observed
        area has no covariates, or fewer than three areas are observed.

    Notes
    -----
    Coefficients describe areas, not people (ecological fallacy).

    Each term has a log-F(1, 1) prior (Greenland and Mansournia, 2015), which holds no more than
    one imagined adult does: it keeps estimates finite when every share is 0, or when a covariate
    separates the areas or repeats others, and is not felt otherwise.
    """
    observed = _checked(observed)
    missing = observed.index.difference(covariates.index)
    if len(missing):
        raise InvalidTableError(
            f"covariates: no row for {len(missing)} of {len(observed)} observed areas (first "
            f"{missing[0]}). Add them, or leave those areas out of the observations."
        )
    rows = covariates.loc[observed.index]
    designed, caveats = design(rows)
    share, n = observed["share"].to_numpy(), observed["n"].to_numpy()
    terms, covariance, effect = _fitted(designed.matrix(rows), share, n)
    names = designed.terms
    return Model(
        design=designed,
        terms=pd.Series(terms, names),
        covariance=pd.DataFrame(covariance, names, names),
        area_effect=effect,
        typical_n=float(np.median(n)),
        areas=len(rows),
        caveats=caveats + _unbound(names, covariance),
    )


def _unbound(names: list[str], covariance: np.ndarray) -> tuple[str, ...]:
    """Return a caveat if terms are hardly known: separation, near repeats, all shares 0 or 1."""
    vague = [
        name for name, se in zip(names, np.sqrt(np.diag(covariance)), strict=True) if se > UNBOUND
    ]
    if not vague:
        return ()
    return (
        f"The observations hardly tell the effect of {', '.join(vague)}; estimates lean on the "
        "model's weak prior.",
    )


def _checked(observed: pd.DataFrame) -> pd.DataFrame:
    rules = (Column("share", "share"), Column("n", low=1e-9, high=1e12))
    typed = check(observed, rules, where="observed shares")
    if observed.index.has_duplicates:
        raise InvalidTableError(
            f"observed shares: area {observed.index[observed.index.duplicated()][0]} stands "
            "twice. Keep one row per area."
        )
    if len(observed) < 3:
        raise InvalidTableError(
            "observed shares: fewer than three areas are too few to learn from "
            f"({len(observed)} given). Give three or more."
        )
    return typed


def _adults_of(areas: pd.Index, adults: pd.Series) -> pd.Series:
    if adults.index.has_duplicates:
        raise InvalidTableError(
            f"adults: area {adults.index[adults.index.duplicated()][0]} stands twice. Keep one "
            "row per area."
        )
    adults = adults.reindex(areas)
    if adults.isna().any():
        raise InvalidTableError(
            f"adults are missing for {adults.isna().sum()} of {len(adults)} areas "
            f"(first {adults.index[adults.isna()][0]}). Give the population of every area."
        )
    return adults


def _fitted(
    matrix: np.ndarray, share: np.ndarray, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Alternate between the GLM and the variance between areas until both hold."""
    effect, weight = 0.0, n
    for _ in range(REFITS):
        terms, covariance = _penalised(matrix, share, weight)
        fitted = expit(matrix @ terms)
        unit = np.clip(fitted * (1 - fitted), TINY, None)
        leverage = weight * unit * ((matrix @ covariance) * matrix).sum(axis=1)
        before, effect = effect, _area_effect((share - fitted) ** 2, unit, n, leverage)
        weight = 1 / (1 / n + effect**2 * unit)
        if abs(effect - before) < SETTLED:
            break
    return terms, covariance, effect


def _penalised(
    matrix: np.ndarray, share: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the GLM; the prior of a term is one more adult, half offline, with that term alone."""
    # Slow to import, and not needed where a build is reused.
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    terms = matrix.shape[1]
    share = np.concatenate([share, np.full(terms, 0.5)])
    matrix = np.vstack([matrix, np.eye(terms)])
    weight = np.concatenate([weight, np.ones(terms)])
    model = GLM(share, matrix, family=Binomial(), var_weights=weight)
    with warnings.catch_warnings():
        # Said when every share is fitted exactly, as equal shares are: no fault here.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                result = model.fit(scale=1.0)
        except FloatingPointError:
            # Steps of full length can run away where samples of very unequal size disagree.
            start = _by_trust_region(matrix, share, weight)
            result = model.fit(start_params=start, scale=1.0)
    return result.params, result.cov_params()


def _by_trust_region(matrix: np.ndarray, share: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the coefficients that maximise the binomial likelihood, by steps kept short."""
    weight = weight / weight.sum()

    def loss(terms: np.ndarray) -> float:
        logits = matrix @ terms
        return float(weight @ (np.logaddexp(0, logits) - share * logits))

    def slope(terms: np.ndarray) -> np.ndarray:
        return matrix.T @ (weight * (expit(matrix @ terms) - share))

    def curve(terms: np.ndarray) -> np.ndarray:
        fitted = expit(matrix @ terms)
        return (matrix.T * (weight * fitted * (1 - fitted))) @ matrix

    start = np.zeros(matrix.shape[1])
    found = minimize(
        loss, start, method="trust-exact", jac=slope, hess=curve, options={"gtol": TINY}
    )
    return found.x


def _area_effect(
    squares: np.ndarray, unit: np.ndarray, n: np.ndarray, leverage: np.ndarray
) -> float:
    """
    Return the standard deviation between areas that the residuals show beyond sampling.

    Parameters
    ----------
    squares
        Squared differences between observed and fitted shares.
    unit
        Variance of one adult's answer, fitted share × (1 - share).
    leverage
        How far each area pulls its own fit, 0 to 1.
    """
    squares = squares / np.clip(1 - leverage, 0.1, None)

    def excess(variance: float) -> float:
        return float((squares / (unit / n + variance * unit**2)).mean() - 1)

    # A mean of squared Pearson residuals has a standard error of about √(2 / areas).
    ruled_out = excess(LEAST_AREA_EFFECT**2) < -RULED_OUT * np.sqrt(2 / len(n))
    least = 0.0 if ruled_out and len(n) >= FEW_AREAS else LEAST_AREA_EFFECT
    if excess(least**2) <= 0:
        return least
    # With no sampling noise at all the residuals would show this much; it cannot be more.
    most = float((squares / unit**2).mean())
    return float(np.sqrt(brentq(excess, least**2, most)))


def _observed_quantile(
    centre: np.ndarray, spread: np.ndarray, sample: int, probability: float
) -> np.ndarray:
    """
    Return a quantile of the share that a sample shows, given its area's logit-normal true share.

    Over areas like this one the observed share has a mean and a variance, which a beta
    distribution matches; its quantile is moved to the nearest share that the sample can show.
    """
    weights = NODE_WEIGHTS / NODE_WEIGHTS.sum()
    true = expit(centre[:, None] + spread[:, None] * NODES)
    mean = np.clip(true @ weights, TINY, 1 - TINY)
    between = ((true - mean[:, None]) ** 2) @ weights
    variance = between + ((true * (1 - true)) @ weights) / sample
    size = np.clip(mean * (1 - mean) / np.clip(variance, TINY, None) - 1, TINY, None)
    quantile = betaincinv(size * mean, size * (1 - mean), probability)
    return np.clip(np.round(quantile * sample), 0, sample) / sample
