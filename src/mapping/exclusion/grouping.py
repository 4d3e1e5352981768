"""Excluded people by who they are: of every area, and of all areas with intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from mapping.errors import InvalidTableError
from mapping.exclusion.cellrates import CellRates
from mapping.exclusion.cells import CELLS, Cells, chosen, levels
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
        """Return the table over all areas together; see `by_group`."""
        drawn = self.draws.groupby(level=levels(by), sort=False).sum()
        adults = self.adults.groupby(level=levels(by), sort=False).sum()
        low, high = np.quantile(drawn, TAILS, axis=1)
        mean = drawn.mean(axis=1)
        frame = {"adults": adults, "people": mean, "low": low, "high": high}
        return pd.DataFrame(frame).assign(share=mean / adults.where(adults > 0))


def by_group(
    exclusion: Exclusion,
    cells: Cells,
    rates: CellRates,
    *by: str,
    areas: "pd.Index | pd.Series | None" = None,
) -> pd.DataFrame:
    """
    Return estimated excluded people by age, tenure or disability, over any set of areas.

    Groups add up to the estimate, whatever it was learned from or brought to. How exclusion
    divides between them is what the published rates say; see `divided`.

    Parameters
    ----------
    exclusion, cells, rates, areas
        See `divided`.
    by
        "age", "tenure", "disability", or several.

    Returns
    -------
    pandas.DataFrame
        By group: `adults`, `people` (mean of the draws), `low`, `high` (95 %), `share` of the
        group's adults (NaN in an empty group).

    Raises
    ------
    InvalidTableError
        If no characteristic is named, one or an area is not known, or draws differ in number.
    """
    if not by:
        raise InvalidTableError(
            f"by group: no characteristic is named. Name one or more of {', '.join(CELLS.names)}."
        )
    return divided(exclusion, cells, rates, areas=areas).total(*by)


def divided(
    exclusion: Exclusion,
    cells: Cells,
    rates: CellRates,
    *,
    areas: "pd.Index | pd.Series | None" = None,
) -> Divided:
    """
    Divide an estimate among groups of people, in one pass over its areas.

    In each area and draw the odds of all cells are moved by one shift until its people are those
    of the estimate.

    Parameters
    ----------
    exclusion
        Of the same areas, with as many draws as `rates`.
    cells, rates
        Of which it was made, or, for an estimate made otherwise, of its areas.
    areas
        Areas to count, or the share (0 to 1) of each area's people to count (those a hub
        reaches); all by default. Areas without cells or estimate count nobody.

    Raises
    ------
    InvalidTableError
        If draws differ in number, or an area is not known.
    """
    if exclusion.draws.shape[1] != rates.odds.shape[1]:
        raise InvalidTableError(
            f"by cell: {exclusion.draws.shape[1]} draws of the estimate and {rates.odds.shape[1]} "
            "of the rates. Draw as many rates as the estimate has."
        )
    counted = _counted(exclusion, cells, areas)
    odds = rates.odds.to_numpy()
    total, means = np.zeros(odds.shape), np.zeros(counted.shape)
    for place, (area, counts) in enumerate(zip(counted.index, counted.to_numpy(), strict=True)):
        shift = shifts(odds, counts, exclusion.draws.loc[area].to_numpy())
        offline = counts[:, None] * expit(odds + shift)
        total += offline
        means[place] = offline.mean(axis=1)
    by_area = pd.DataFrame(means, counted.index, CELLS).reindex(exclusion.draws.index)
    return Divided(by_area, pd.DataFrame(total, CELLS), counted.sum())


def _counted(
    exclusion: Exclusion, cells: Cells, areas: "pd.Index | pd.Series | None"
) -> pd.DataFrame:
    """Return the people to count, of areas that have some and an estimate."""
    shares = chosen(cells.people, areas)
    people = cells.people.loc[shares.index].mul(shares, axis=0)
    known = exclusion.draws.index[exclusion.draws.notna().all(axis=1)]
    # In the estimate's order, so that sums do not depend on that of the areas asked for.
    known = known[known.isin(people.index[people.sum(axis=1) > 0])]
    return people.loc[known]
