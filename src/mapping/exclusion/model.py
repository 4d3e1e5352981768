"""The area-level model: a binomial GLM with one extra variance between areas."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import bdtr, betaincinv, expit, ndtri

from mapping.errors import InvalidTableError
from mapping.exclusion.curve import EDGE
from mapping.exclusion.design import Design, design
from mapping.exclusion.glm import Coefficients, penalised, without_blocks
from mapping.exclusion.result import Exclusion, area_effects, by_name, tails
from mapping.exclusion.spread import (
    LEAST_AREA_EFFECT,
    Spread,
    constant_spread,
    graded_spread,
)
from mapping.tables import Column, check

# From this many areas the variance between them is measured on areas left out.
MANY_AREAS = 1000
# Left out together: neighbours err alike, so an area whose neighbours were learned from is not
# left out. Official codes run district by district; where an index does not, the blocks are as
# good as random. Few and large, because a place not learned from is as a rule a large one.
BLOCKS = 5
# A term known no better than this (logit scale, one standard deviation of it) is reported.
UNBOUND = 1.0
REFITS = 10
SETTLED = 1e-3
TINY = 1e-9
DRAWS = 1000
# Beyond this spread (logit scale), or with fewer people expected, a beta has another shape.
WIDE = 0.6
FEW_PEOPLE = 5
EQUAL_CHANCES = (np.arange(99) + 0.5) / 99
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
        Coefficients by term: "constant", a covariate (standardised), where areas are many its
        curve ("rank of age", "age²") and products ("age × rent"); see `Design.terms`.
    covariance
        Of the coefficients, terms × terms.
    spread
        How much areas differ beyond the terms, on the logit scale.
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
    spread: Spread
    typical_n: float
    areas: int
    caveats: tuple[str, ...] = ()

    @property
    def area_effect(self) -> float:
        """Standard deviation between areas, on the logit scale, that the terms do not explain."""
        return self.spread.typical

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
        chances = tails(level)
        centre, spread = self._logits(covariates)
        share = expit(centre)
        low, high = (_observed_quantile(centre, spread, self._sample, chance) for chance in chances)
        bounds = {"share": share, "low": np.minimum(low, share), "high": np.maximum(high, share)}
        return pd.DataFrame(bounds, index=covariates.index)

    def share(self, covariates: pd.DataFrame) -> pd.Series:
        """Return the share that `predict` gives, without the interval, which takes longer."""
        centre = self.design.matrix(covariates) @ self.terms.to_numpy()
        return pd.Series(expit(centre), covariates.index, name="share")

    def residuals(self, observed: pd.DataFrame, covariates: pd.DataFrame) -> pd.Series:
        """
        Return how far each area's observed share is from the predicted one.

        Parameters
        ----------
        observed
            By area: `share` and `n`, as for `fit`; other areas than those of the fit will do.
        covariates
            Numbers by area, at least of the areas observed.

        Returns
        -------
        pandas.Series
            By area, in standard deviations of the prediction (sampling of the area's own `n`,
            differences between areas and what is not known of the coefficients): above 0 where
            more was observed than predicted. About one in ten lies beyond 1.64 either way.

        Raises
        ------
        InvalidTableError
            If a share, sample size or covariate is impossible or missing.
        """
        observed = _checked(observed, least=1)
        centre, spread = self._logits(_rows(observed, covariates))
        mean, between, unit = _moments(centre, spread)
        deviation = np.sqrt(np.clip(between + unit / observed["n"].to_numpy(), TINY**2, None))
        return ((observed["share"] - mean) / deviation).rename("residual")

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
        formula = "binomial GLM, logit(share) ~ " + " + ".join(
            ["constant", *map(str, self.design.centre.index)]
        )
        if not self.design.curves:
            return formula
        curves = f"{len(self.design.curves)} of them as curves"
        pairs = len(self.design.pairs)
        return f"{formula}; {curves}, {pairs * (pairs - 1) // 2} products of two"

    @property
    def diagnostics(self) -> Mapping[str, float | str]:
        """What the fit found."""
        return {
            "areas": self.areas,
            "terms": len(self.terms),
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
        found = Coefficients(self.terms.to_numpy(), self.covariance.to_numpy())
        between = self.spread.of(self.design.unlikeness(covariates))
        return matrix @ found.terms, np.sqrt(found.variance(matrix) + between**2)

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
        effects *= self.spread.of(self.design.unlikeness(covariates))[:, None]
        effects += self.design.matrix(covariates) @ coefficients.T
        return pd.DataFrame(expit(effects, out=effects), covariates.index)

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

    Logit link, by statsmodels. Few areas get straight lines; some hundreds a curve for each
    covariate (its value, its rank and their squares); thousands also the products of each two.
    Variation between areas beyond sampling is estimated once, as the variance at which squared
    Pearson residuals are as large as expected (Williams, 1982, model III), and enters the
    weights, the coefficients' covariance and every interval. With 1,000 areas or more it is
    measured on areas left out in blocks, and is larger where an area is unlike the others.

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

    Each line has a log-F(1, 1) prior (Greenland and Mansournia, 2015), which holds no more than
    one imagined adult does: it keeps estimates finite when every share is 0, or when a covariate
    separates the areas or repeats others, and is not felt otherwise. The constant has one too,
    where they leave it free: without it, shares that are all 0 have no finite fit. Curves and
    products have strong ones (`Design.prior`), so that what is peculiar to the places learned from
    is not carried to others.
    """
    # In the order of names: which of two repeated columns is left out, and sums, depend on order.
    observed = by_name(_checked(observed))
    rows = _rows(observed, covariates)
    designed, caveats = design(rows, observed["share"])
    found, spread = _fitted(designed, rows, observed)
    names = designed.terms
    return Model(
        design=designed,
        terms=pd.Series(found.terms, names),
        covariance=pd.DataFrame(found.covariance, names, names),
        spread=spread,
        typical_n=float(observed["n"].median()),
        areas=len(rows),
        caveats=caveats + _unbound(names, found.covariance),
    )


def _rows(observed: pd.DataFrame, covariates: pd.DataFrame) -> pd.DataFrame:
    """Return the covariates of the areas observed."""
    missing = observed.index.difference(covariates.index)
    if len(missing):
        raise InvalidTableError(
            f"covariates: no row for {len(missing)} of {len(observed)} observed areas (first "
            f"{missing[0]}). Add them, or leave those areas out of the observations."
        )
    return covariates.loc[observed.index]


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


def _checked(observed: pd.DataFrame, *, least: int = 3) -> pd.DataFrame:
    rules = (Column("share", "share"), Column("n", low=1e-9, high=1e12))
    typed = check(observed, rules, where="observed shares")
    if observed.index.has_duplicates:
        raise InvalidTableError(
            f"observed shares: area {observed.index[observed.index.duplicated()][0]} stands "
            "twice. Keep one row per area."
        )
    if len(observed) < least:
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
    designed: Design, rows: pd.DataFrame, observed: pd.DataFrame
) -> tuple[Coefficients, Spread]:
    """Alternate between the GLM and the variance between areas until both hold."""
    matrix, unlikeness = designed.matrix(rows), designed.unlikeness(rows)
    share, n = observed["share"].to_numpy(), observed["n"].to_numpy()
    blocks = _blocks(rows.index) if len(rows) >= MANY_AREAS else None
    mean = np.clip(np.average(share, weights=n), TINY, 1 - TINY)
    unit = np.full(len(n), mean * (1 - mean))
    spread, start = Spread(LEAST_AREA_EFFECT), None
    if designed.curves:
        lines, once = matrix[:, : 1 + len(designed.centre)], np.ones(1 + len(designed.centre))
        start = penalised(lines, share, n, prior=once).terms
    for _ in range(REFITS):
        weight = 1 / (1 / n + spread.of(unlikeness) ** 2 * unit)
        prior = np.clip(4 * designed.prior * (weight * unit).sum(), 1, None)
        found = penalised(matrix, share, weight, prior=prior, start=start)
        start = found.terms
        fitted = expit(matrix @ found.terms)
        unit = np.clip(fitted * (1 - fitted), TINY, None)
        before = spread
        if blocks is None:
            leverage = weight * unit * found.variance(matrix)
            spread = constant_spread((share - fitted) ** 2, unit, n, leverage)
        else:
            unseen = expit(without_blocks(found, matrix, share, weight, blocks))
            squares, varied = (share - unseen) ** 2, np.clip(unseen * (1 - unseen), TINY, None)
            spread = graded_spread(squares, varied, n, unlikeness)
        if abs(spread.typical - before.typical) < SETTLED:
            break
    return found, spread


def _blocks(areas: pd.Index) -> np.ndarray:
    """Return the block of each area: consecutive codes together."""
    places = np.argsort(np.argsort(areas.map(str), kind="stable"), kind="stable")
    return places * BLOCKS // len(areas)


def _moments(centre: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Return mean and variance of logit-normal shares, and the mean variance of one adult's answer.

    Parameters
    ----------
    centre, spread
        Mean and standard deviation on the logit scale.
    """
    weights = NODE_WEIGHTS / NODE_WEIGHTS.sum()
    true = expit(centre[:, None] + spread[:, None] * NODES)
    mean = np.clip(true @ weights, TINY, 1 - TINY)
    return mean, ((true - mean[:, None]) ** 2) @ weights, (true * (1 - true)) @ weights


def _observed_quantile(
    centre: np.ndarray, spread: np.ndarray, sample: int, probability: float
) -> np.ndarray:
    """
    Return a quantile of the share that a sample shows, given its area's logit-normal true share.

    Over areas like this one the observed share has a mean and a variance, which a beta
    distribution matches; its quantile is moved to the nearest share that the sample can show.
    Where little is known of an area, or a sample would hold next to nobody, that is too coarse,
    and the quantile is counted out, which takes longer.
    """
    mean, between, unit = _moments(centre, spread)
    variance = between + unit / sample
    size = np.clip(mean * (1 - mean) / np.clip(variance, TINY, None) - 1, TINY, None)
    quantile = betaincinv(size * mean, size * (1 - mean), probability)
    found = np.clip(np.round(quantile * sample), 0, sample)
    coarse = (spread > WIDE) | (np.minimum(mean, 1 - mean) * sample < FEW_PEOPLE)
    found[coarse] = _counted(centre[coarse], spread[coarse], sample, probability)
    return found / sample


def _counted(centre: np.ndarray, spread: np.ndarray, sample: int, probability: float) -> np.ndarray:
    """Return the least number of people that a sample shows with at least this probability."""
    true = expit(centre[:, None] + spread[:, None] * ndtri(EQUAL_CHANCES))
    below, found = np.full(len(centre), -1.0), np.full(len(centre), float(sample))
    while (found - below > 1).any():
        middle = np.floor((below + found) / 2)
        enough = bdtr(middle[:, None], sample, true).mean(axis=1) >= probability
        below, found = np.where(enough, below, middle), np.where(enough, middle, found)
    return found
