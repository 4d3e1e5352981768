"""Rates by cell, people by cell: shares by area."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.errors import InvalidTableError
from mapping.exclusion.cellrates import CellRates, cell_rates
from mapping.exclusion.cells import Cells, england_cells, fitted_cells
from mapping.exclusion.level import Level
from mapping.exclusion.result import Exclusion, area_effects, by_name

# How far areas lie from what their people's rates say, on the logit scale: census returns not made
# online, of English LSOAs, differ from it by 0.32 (0.27 within a district; ONS Digital Propensity
# Index 2021). Another outcome in another year may differ more or less: drawn between these.
AREA_EFFECT = (0.2, 0.4)
# Averaged over a normal effect, the logistic function is about that of the centre divided by the
# root of one plus the square of this times the standard deviation (Zeger, Liang and Albert, 1988).
# A centre multiplied by that root first leaves the mean where the rates put it.
LOGISTIC = 16 * np.sqrt(3) / (15 * np.pi)
# Our assumption: a whole place's share differs by this much from what national rates say of it.
PLACE_SE = 0.02
# Draws made at once: 200 of all English areas are 54 MB a table.
BLOCK = 200
TINY = 1e-12


def poststratified(
    cells: Cells, rates: CellRates, *, groups: pd.Series | None = None, seed: int
) -> Exclusion:
    """
    Estimate exclusion by area from what published rates say of its people.

    Shares are rates weighted by an area's people in each cell; each draw takes one drawn set of
    rates for all areas. Nothing local was observed, so areas differ from that by an effect of
    their own (standard deviation 0.2 to 0.4 on the logit scale, drawn; two fifths of its variance
    shared within `groups`).

    Parameters
    ----------
    cells
        People by area; see `fitted_cells`.
    rates
        Drawn rates by cell; see `cell_rates`. There are as many draws as it has.
    groups
        The ward of each area.
    seed
        For the effects of areas.

    Returns
    -------
    Exclusion
        By area; NaN without cells. Row order does not matter.

    Raises
    ------
    InvalidTableError
        If the rates hold no draws, or an area has no group, or two.
    """
    if rates.odds.empty:
        raise InvalidTableError("rates: nothing was drawn. Ask cell_rates for 1,000 draws.")
    people = by_name(cells.people)
    weights = people.div(people.sum(axis=1).where(lambda total: total > 0), axis=0)
    draws = _drawn(weights, rates, groups, np.random.default_rng([seed, 1]))
    return Exclusion(
        outcome=rates.outcome,
        year=rates.year,
        population=rates.population,
        formula=f"rates by age × tenure × disability, by the people of each area ({rates.source})",
        adults=cells.adults,
        draws=draws.loc[cells.people.index],
        diagnostics=dict(cells.diagnostics),
        caveats=(
            "Nothing local was observed: the pattern is what national rates say of each area's "
            "people.",
            *cells.caveats,
            *rates.caveats,
        ),
    )


def published_share(needs: pd.DataFrame) -> pd.Series:
    """
    Return the share of adults offline that published national rates imply for each area.

    Parameters
    ----------
    needs
        See `fitted_cells`.

    Returns
    -------
    pandas.Series
        Shares of adults, 0 to 1, for 2018; NaN in an area without adults, homes or residents.

    Examples
    --------
    >>> ages = {"age_16_24": 0, "age_25_34": 0, "age_35_49": 900, "age_50_64": 0}
    >>> ages |= {"age_65_74": 0, "age_75_84": 100, "age_85_over": 0, "adults": 1000}
    >>> homes = {"social_rented": 171, "households": 1000, "disabled": 173, "disability_base": 1000}
    >>> published_share(pd.DataFrame([ages | homes])).round(2).tolist()
    [0.06]
    """
    return cell_rates(draws=0).share(fitted_cells(needs))


def published_level(needs: pd.DataFrame) -> Level:
    """
    Return the level that national rates imply for a place as a whole; see `published_share`.

    Its standard error of 2 points is an assumption, and `source` says so.
    """
    rates, people = cell_rates(draws=0), fitted_cells(needs)
    share = rates.share(people).mul(people.adults).sum() / people.adults.sum()
    source = (
        f"{rates.source}, applied to the place's Census 2021 people; its standard error of "
        f"{100 * PLACE_SE:g} points is our assumption"
    )
    return Level(float(share), PLACE_SE, rates.outcome, rates.year, rates.population, source)


def synthetic(
    needs: pd.DataFrame, *, groups: pd.Series | None = None, draws: int, seed: int
) -> Exclusion:
    """
    Estimate exclusion from national rates alone: `poststratified`, from the area tables.

    Parameters
    ----------
    needs
        See `fitted_cells`.
    groups
        The ward of each area.
    draws, seed
        How many possible values, and where they start.
    """
    rates = cell_rates(draws=draws, seed=seed)
    return poststratified(fitted_cells(needs), rates, groups=groups, seed=seed)


def _drawn(
    weights: pd.DataFrame, rates: CellRates, groups: pd.Series | None, random: np.random.Generator
) -> pd.DataFrame:
    """Return drawn shares, areas × draws, a block of draws at a time to spare memory."""
    chances = expit(rates.odds.to_numpy())
    count = chances.shape[1]
    spread = random.uniform(*AREA_EFFECT, count)
    shares = np.empty((len(weights), count))
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        implied = np.clip(weights.to_numpy() @ chances[:, block], TINY, 1 - TINY)
        effects = area_effects(random, weights.index, groups, implied.shape[1])
        centre = logit(implied, out=implied) * np.sqrt(1 + (LOGISTIC * spread[block]) ** 2)
        shares[:, block] = expit(centre + spread[block] * effects)
    return pd.DataFrame(shares, weights.index)


def seed_effect(needs: pd.DataFrame) -> pd.DataFrame:
    """
    Return what it changes to take age, tenure and disability as independent within areas.

    Rates are re-centred on each seed's own cells of England, so both give every published margin.

    Parameters
    ----------
    needs
        See `fitted_cells`.

    Returns
    -------
    pandas.DataFrame
        By area: `england`, `independence` (shares by the central rates) and `difference`
        (independence less England). NaN without cells.
    """
    shares = {}
    for seed in ("england", "independence"):
        rates = cell_rates(draws=0, reference=england_cells(seed=seed))
        shares[seed] = rates.share(fitted_cells(needs, seed=seed))
    frame = pd.DataFrame(shares)
    return frame.assign(difference=frame["independence"] - frame["england"])
