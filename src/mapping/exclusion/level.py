"""Bring a pattern to a level: benchmarking on the logit scale."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.errors import InvalidTableError
from mapping.exclusion.result import Exclusion

NEWTON_STEPS = 50
TOLERANCE = 1e-10
# A share of exactly 0 or 1 has no finite odds to be shifted.
TINY = 1e-12


@dataclass(frozen=True)
class Level:
    """
    How many are excluded altogether, from a source that can say so.

    Parameters
    ----------
    share
        Of the population, 0 to 1.
    se
        Its standard error.
    outcome, year, population
        What it is of, when, and of whom: an estimate brought to this level takes them over.
    source
        Who published it, and what in it is assumed.

    Raises
    ------
    InvalidTableError
        If the share is not between 0 and 1, or the standard error is below 0.
    """

    share: float
    se: float
    outcome: str
    year: int
    population: str
    source: str

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and self.se >= 0):
            raise InvalidTableError(
                f"level: a share of {self.share} with a standard error of {self.se} is impossible. "
                "Give a share between 0 and 1 (15.8 % is 0.158)."
            )


def at_level(exclusion: Exclusion, level: Level, *, seed: int) -> Exclusion:
    """
    Shift an estimate so that its total is the level's, within the level's own uncertainty.

    Each draw is given one possible total and moved there by one shift of the log-odds of all
    areas, which keeps shares between 0 and 1 and the pattern as it is (ratio scaling would not).

    Parameters
    ----------
    seed
        For the draws of the total.

    Returns
    -------
    Exclusion
        As given, with the level's outcome, year and population; NaN where it was NaN.
    """
    random = np.random.default_rng(seed)
    count = exclusion.draws.shape[1]
    # On the logit scale too, so that no drawn total leaves 0 to 1.
    spread = level.se / (level.share * (1 - level.share))
    targets = expit(random.normal(logit(level.share), spread, count))
    known = exclusion.draws.dropna()
    adults = exclusion.adults.reindex(known.index).to_numpy(float)
    odds = logit(np.clip(known.to_numpy(), TINY, 1 - TINY))
    shares = expit(odds + _shifts(odds, adults / adults.sum(), targets))
    draws = pd.DataFrame(shares, known.index, exclusion.draws.columns)
    return replace(
        exclusion,
        outcome=level.outcome,
        year=level.year,
        population=level.population,
        formula=f"{exclusion.formula}; level: {level.source}",
        draws=draws.reindex(exclusion.draws.index),
    )


def _shifts(odds: np.ndarray, weights: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the shift of each draw that makes the weighted mean share its target (Newton)."""
    shift = np.zeros(targets.size)
    for _ in range(NEWTON_STEPS):
        shares = expit(odds + shift)
        error = weights @ shares - targets
        shift -= np.clip(error / (weights @ (shares * (1 - shares))), -2, 2)
        if np.abs(error).max() < TOLERANCE:
            break
    return shift
