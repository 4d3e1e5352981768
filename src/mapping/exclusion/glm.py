"""The binomial GLM under the area-level model: statsmodels, with priors as imagined adults."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

if TYPE_CHECKING:
    from statsmodels.genmod.generalized_linear_model import GLM

TINY = 1e-9
SETTLED = 1e-6
# In a design of more numbers than this the cross-products of Newton's method are far quicker than
# the decompositions of iteratively reweighted least squares, and many areas keep its steps short.
LARGE = 100_000


@dataclass(frozen=True, eq=False)
class Coefficients:
    """
    What a GLM found.

    Parameters
    ----------
    terms
        The coefficients.
    covariance
        Of the coefficients.
    """

    terms: np.ndarray
    covariance: np.ndarray

    def variance(self, matrix: np.ndarray) -> np.ndarray:
        """Return the variance of each row's logit that comes from not knowing the coefficients."""
        return ((matrix @ self.covariance) * matrix).sum(axis=1)


def penalised(
    matrix: np.ndarray,
    share: np.ndarray,
    weight: np.ndarray,
    *,
    prior: np.ndarray,
    start: np.ndarray | None = None,
) -> Coefficients:
    """
    Fit a binomial GLM with logit link whose terms are held towards 0.

    Parameters
    ----------
    matrix
        Areas × terms.
    share, weight
        Observed by area, and how many adults' answers it counts as.
    prior
        Imagined adults per term: half offline, with that term alone (a log-F prior; Greenland and
        Mansournia, 2015).
    start
        Coefficients to begin from, of the first terms; the others begin from 0.
    """
    terms = matrix.shape[1]
    mean = float(np.clip(np.average(share, weights=weight), TINY, 1 - TINY))
    share = np.concatenate([share, np.full(terms, 0.5)])
    matrix = np.vstack([matrix, np.eye(terms)])
    weight = np.concatenate([weight, prior])
    model = _model(matrix, share, weight)
    options: dict[str, object] = {}
    if matrix.size > LARGE:
        options = {"method": "newton", "disp": False, "tol": SETTLED}
        start = np.array([logit(mean)]) if start is None else start
    if start is not None:
        start = np.pad(start, (0, terms - len(start)))
    return _solved(model, start, options)


def _model(matrix: np.ndarray, share: np.ndarray, weight: np.ndarray) -> "GLM":
    """Return the binomial GLM of shares that count as many answers as their weights."""
    # Slow to import, and not needed where a build is reused.
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    class FullRank(GLM):
        """A GLM told that its columns are independent, which the imagined adults see to."""

        def initialize(self) -> None:
            """Count degrees of freedom without a decomposition that takes as long as the fit."""
            self.wnobs, columns = self.exog.shape
            self.df_model, self.df_resid = columns - 1, self.wnobs - columns

    return FullRank(share, matrix, family=Binomial(), var_weights=weight, hasconst=True)


def _solved(model: "GLM", start: np.ndarray | None, options: Mapping[str, object]) -> Coefficients:
    """Return the coefficients, by a slower and surer search where the options' own runs away."""
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

    with warnings.catch_warnings():
        # Said when every share is fitted exactly, as equal shares are: no fault here.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                result = model.fit(start_params=start, scale=1.0, **options)
        except (FloatingPointError, ConvergenceWarning, np.linalg.LinAlgError):
            # Steps of full length can run away where samples of very unequal size disagree.
            start = _by_trust_region(model.exog, model.endog, model.var_weights)
            warnings.simplefilter("ignore", ConvergenceWarning)
            result = model.fit(start_params=start, scale=1.0)
    return Coefficients(result.params, result.cov_params())


def without_blocks(
    found: Coefficients,
    matrix: np.ndarray,
    share: np.ndarray,
    weight: np.ndarray,
    blocks: np.ndarray,
) -> np.ndarray:
    """
    Return each area's logit as the other blocks' areas alone would have it.

    One Newton step from the fit to all areas, with the block's areas taken away.

    Parameters
    ----------
    found, matrix, share, weight
        The fit and what it was made of.
    blocks
        The block of each area.
    """
    logits = matrix @ found.terms
    fitted = expit(logits)
    information = np.linalg.inv(found.covariance)
    for block in np.unique(blocks):
        rows = matrix[blocks == block]
        at, counts = fitted[blocks == block], weight[blocks == block]
        own = (rows.T * (counts * at * (1 - at))) @ rows
        slope = rows.T @ (counts * (share[blocks == block] - at))
        terms = found.terms - np.linalg.solve(information - own, slope)
        logits[blocks == block] = rows @ terms
    return logits


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
