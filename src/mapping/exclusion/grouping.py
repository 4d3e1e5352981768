"""Excluded people by who they are: of every area, and of all areas with intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from mapping.errors import InvalidTableError
from mapping.exclusion.cellrates import CellRates
from mapping.exclusion.cells import CELLS, Cells, levels
from mapping.exclusion.result import TAILS, Exclusion
from mapping.exclusion.shifts import shifts


@dataclass(frozen=True, eq=False)
class Divided:
    """
    An estimate divided among age × tenure × disability.

    Parameters
    ----------
    areas
        Excluded people by `area`, a column per cell (levels `age`, `tenure`, `disability`): means
        over the draws, which add up to the people of the estimate. NaN where an area has no cells
        or no estimate.
    draws
        Excluded people over all areas together, cells × draws.
    adults
        People aged 16 and over by cell, of the areas that are counted.
    """

    areas: pd.DataFrame
    draws: pd.DataFrame
    adults: pd.Series

    def by_area(self, *by: str) -> pd.DataFrame:
        """Return excluded people of every area by one or more characteristics, as columns."""
        return self.areas.T.groupby(level=levels(by), sort=False).sum(min_count=1).T

    def total(self, *by: str) -> pd.DataFrame:
        """Return the same table over all areas as `mapping.exclusion.by_group` does."""
        drawn = self.draws.groupby(level=levels(by), sort=False).sum()
        adults = self.adults.groupby(level=levels(by), sort=False).sum()
        low, high = np.quantile(drawn, TAILS, axis=1)
        mean = drawn.mean(axis=1)
        frame = {"adults": adults, "people": mean, "low": low, "high": high}
        return pd.DataFrame(frame).assign(share=mean / adults.where(adults > 0))


def divided(exclusion: Exclusion, cells: Cells, rates: CellRates) -> Divided:
    """
    Divide an estimate among groups of people, in one pass over its areas.

    In each area and draw the odds of all cells are moved by one shift until its people are those
    of the estimate; see `by_group`.

    Parameters
    ----------
    exclusion
        Of the same areas, with as many draws as `rates`.
    cells, rates
        Of which it was made, or, for an estimate made otherwise, of its areas.

    Raises
    ------
    InvalidTableError
        If draws differ in number.
    """
    if exclusion.draws.shape[1] != rates.odds.shape[1]:
        raise InvalidTableError(
            f"by cell: {exclusion.draws.shape[1]} draws of the estimate and {rates.odds.shape[1]} "
            "of the rates. Draw as many rates as the estimate has."
        )
    people = cells.people.reindex(exclusion.draws.index)
    known = people.notna().all(axis=1) & exclusion.draws.notna().all(axis=1)
    counted = people[known & (people.sum(axis=1) > 0)]
    odds = rates.odds.to_numpy()
    total, means = np.zeros(odds.shape), np.zeros(counted.shape)
    for place, (area, counts) in enumerate(zip(counted.index, counted.to_numpy(), strict=True)):
        shift = shifts(odds, counts, exclusion.draws.loc[area].to_numpy())
        offline = counts[:, None] * expit(odds + shift)
        total += offline
        means[place] = offline.mean(axis=1)
    areas = pd.DataFrame(means, counted.index, CELLS).reindex(people.index)
    return Divided(areas, pd.DataFrame(total, CELLS), counted.sum())
