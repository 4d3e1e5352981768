"""Bring a pattern to a level: benchmarking on the logit scale."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.errors import InvalidTableError
from mapping.exclusion.outcomes import outcome_of, same_outcome
from mapping.exclusion.result import Exclusion
from mapping.exclusion.shifts import shifts

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
        If the share is not between 0 and 1, the standard error is below 0 or infinite, or the
        outcome is one that shows a pattern only (census returns; see `mapping.exclusion.outcomes`).
    """

    share: float
    se: float
    outcome: str
    year: int
    population: str
    source: str

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and 0 <= self.se < np.inf):
            raise InvalidTableError(
                f"level: a share of {self.share} with a standard error of {self.se} is impossible. "
                "Give a share between 0 and 1 (15.8 % is 0.158)."
            )
        known = outcome_of(self.outcome)
        if known is not None and not known.gives_level:
            raise InvalidTableError(
                f"level: “{known.name}” shows which areas have more, not how many are excluded. "
                "Give the level of another outcome."
            )


def at_level(exclusion: Exclusion, level: Level, *, seed: int) -> Exclusion:
    """
    Shift an estimate so that its total is the level's, within the level's own uncertainty.

    Each draw is given one possible total and moved there by one shift of the log-odds of all
    areas, which keeps shares between 0 and 1 and the pattern as it is (ratio scaling would not).
    Totals are drawn on the logit scale, with the standard error carried over to it.

    The pattern may be of another outcome, population or year than the level, such as census
    returns brought to internet use. This is the one place where two outcomes meet: the formula and
    a caveat of what is returned then say so.

    Parameters
    ----------
    seed
        For the draws of the total.

    Returns
    -------
    Exclusion
        As given, with the level's outcome, year and population; NaN where it was NaN.

    Raises
    ------
    InvalidTableError
        If no area has both an estimate and adults: there is nothing to bring to a level.
    """
    random = np.random.default_rng(seed)
    count = exclusion.draws.shape[1]
    # On the logit scale too, so that no drawn total leaves 0 to 1.
    spread = level.se / (level.share * (1 - level.share))
    targets = expit(random.normal(logit(level.share), spread, count))
    known = exclusion.draws.dropna()
    adults = exclusion.adults.reindex(known.index).fillna(0.0).to_numpy(float)
    if not adults.sum() > 0:
        raise InvalidTableError(
            "level: no area has both an estimate and adults. Give areas where people live."
        )
    odds = logit(np.clip(known.to_numpy(), TINY, 1 - TINY))
    shares = expit(odds + shifts(odds, adults, targets))
    draws = pd.DataFrame(shares, known.index, exclusion.draws.columns)
    return replace(
        exclusion,
        outcome=level.outcome,
        year=level.year,
        population=level.population,
        formula=f"{exclusion.formula}; level: {_named(exclusion, level)}{level.source}",
        draws=draws.reindex(exclusion.draws.index),
        caveats=(*exclusion.caveats, *_differences(exclusion, level)),
    )


def _named(exclusion: Exclusion, level: Level) -> str:
    """Return the level's outcome, where it is not the pattern's."""
    alike = not exclusion.year or same_outcome(exclusion.outcome, level.outcome)
    return "" if alike else f"“{level.outcome}”, "


def _differences(exclusion: Exclusion, level: Level) -> tuple[str, ...]:
    """Return what has to be said where pattern and level are not of the same thing."""
    if not exclusion.year:
        return ()  # a model's estimate that nobody has named yet: its maker says what it is of
    alike = same_outcome(exclusion.outcome, level.outcome)
    if alike and exclusion.population == level.population:
        if exclusion.year == level.year:
            return ()
        return (
            f"The pattern between areas is of {exclusion.year}, the level of {level.year}: areas "
            "are taken to have changed alike.",
        )
    return (
        f"Pattern and level count different things: the pattern is “{exclusion.outcome}” "
        f"({exclusion.population}), the level “{level.outcome}” ({level.population}, "
        f"{level.year}). Areas are taken to differ alike in both.",
    )
