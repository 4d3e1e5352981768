"""Covariates made fit for a model: checked, cleared of what says nothing, turned into terms.

How many terms there are depends on how many areas were observed. A survey of some dozen wards
supports straight lines; some hundred areas support a curve for each covariate; the small areas of
a country also support what covariates do together, such as old age and deprivation.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import qr

from mapping.errors import InvalidTableError
from mapping.exclusion.curve import (
    EDGE,
    Curve,
    curve,
    curved,
    curved_names,
    paired,
    paired_names,
)

# Curves, then pairs, are fitted where there are this many areas per term.
AREAS_PER_TERM = 30
# The time of a fit grows with the square of its terms.
MOST_TERMS = 600
# How strongly the terms of curves and of pairs are held towards nothing: the prior's share of all
# that the observations tell of a term. It does not fade as areas are added, because what it guards
# against does not: what holds in the places observed and not in others. Chosen by leaving out
# English regions; a third or three times as much changes the rank correlation by about 0.001.
CURVE_PRIOR = 0.002
PAIR_PRIOR = 0.06
# Keeps the logarithm of the distance from the middle finite in the very middle.
NEAR = 0.2


@dataclass(frozen=True, eq=False)
class Design:
    """
    How covariates become terms.

    Parameters
    ----------
    centre, scale
        Mean and standard deviation of each covariate over the training areas.
    curves
        Of the covariates that have one.
    pairs
        Of the covariates that are multiplied with each other.
    usual
        Mean and standard deviation of the distance from the middle over the training areas; see
        `unlikeness`.
    """

    centre: pd.Series
    scale: pd.Series
    curves: tuple[Curve, ...]
    pairs: tuple[Curve, ...]
    usual: tuple[float, float]

    @property
    def terms(self) -> list[str]:
        """
        The terms by name.

        "constant"; each covariate; the bend of its curve ("rank of age") and the squares of value
        and rank ("age²"); products of two covariates ("age × rent") and of their ranks.
        """
        lines = map(str, self.centre.index)
        return ["constant", *lines, *curved_names(self.curves), *paired_names(self.pairs)]

    @property
    def prior(self) -> np.ndarray:
        """
        How strongly each of the `terms` is held towards nothing.

        As a share of all that the observations tell of a term; 0 = by one imagined adult only.
        """
        counts = [1 + len(self.centre), 3 * len(self.curves)]
        counts.append(len(self.pairs) * (len(self.pairs) - 1))
        return np.repeat([0.0, CURVE_PRIOR, PAIR_PRIOR], counts)

    def matrix(self, covariates: pd.DataFrame) -> np.ndarray:
        """
        Return areas × terms.

        Raises
        ------
        InvalidTableError
            If a covariate is missing, or blank for an area.
        """
        scaled = self.standardised(covariates)
        if self.curves:
            scaled = scaled.clip(-EDGE, EDGE)
        parts = [np.ones((len(scaled), 1)), scaled.to_numpy()]
        return np.hstack(parts + curved(scaled, self.curves) + paired(scaled, self.pairs))

    def standardised(self, covariates: pd.DataFrame) -> pd.DataFrame:
        """Return covariates in standard deviations from the mean of the training areas."""
        return (numbers(covariates, self.centre.index) - self.centre) / self.scale

    def unlikeness(self, covariates: pd.DataFrame) -> np.ndarray:
        """
        Return how unlike the training areas each area is.

        The logarithm of its squared distance from their middle, in standard deviations from what
        is usual among them: 0 is as most are, 3 (the edge) as hardly any is.
        """
        mean, deviation = self.usual
        return np.clip((_remote(self.standardised(covariates)) - mean) / deviation, -EDGE, EDGE)


def design(rows: pd.DataFrame, share: pd.Series) -> tuple[Design, tuple[str, ...]]:
    """
    Return the design that training areas support, and caveats naming what was left out.

    Parameters
    ----------
    rows
        Covariates of the training areas.
    share
        What was observed in each: where there are more covariates than can be paired, those
        whose ranks go with it most are.
    """
    rows = numbers(rows, rows.columns)
    peak = rows.abs().max().where(lambda top: top > 0, 1.0)
    # Divided by the largest value first: squares of very large numbers would overflow.
    spread = (rows / peak).std(ddof=0)
    varying = rows.columns[spread > 1e-12]
    centre, scale = rows[varying].mean(), (spread * peak)[varying]
    kept = varying[_independent(((rows[varying] - centre) / scale).to_numpy())]
    kept = kept[: len(rows) - 2]
    left = rows.columns.difference(kept, sort=False)
    centre, scale = centre[kept], scale[kept]
    scaled = (rows[kept] - centre) / scale
    curves = _curves(scaled)
    remote = _remote(scaled)
    usual = float(remote.mean()), max(float(remote.std()), 1e-6)
    return Design(centre, scale, curves, _pairs(scaled, curves, share), usual), _left_out(left)


def _curves(scaled: pd.DataFrame) -> tuple[Curve, ...]:
    """Return a curve for each covariate but yes or no; none where areas are few."""
    if len(scaled) < AREAS_PER_TERM * (4 * scaled.shape[1] + 1):
        return ()
    return tuple(
        curve(name, column.to_numpy()) for name, column in scaled.items() if column.nunique() > 2
    )


def _pairs(scaled: pd.DataFrame, curves: tuple[Curve, ...], share: pd.Series) -> tuple[Curve, ...]:
    """Return the curves to pair: as many as the areas support, the most telling first."""
    if not curves:
        return ()
    spare = min(len(scaled) // AREAS_PER_TERM, MOST_TERMS) - 4 * scaled.shape[1] - 1
    # So many covariates have count × (count - 1) products, of values and of ranks.
    count = int((1 + np.sqrt(1 + 4 * max(spare, 0))) / 2)
    told = share.loc[scaled.index].rank()
    telling = [-abs(scaled[one.name].rank().corr(told)) for one in curves]
    chosen = np.argsort(telling, kind="stable")[:count]
    return tuple(one for place, one in enumerate(curves) if place in chosen)


def _remote(scaled: pd.DataFrame) -> np.ndarray:
    """Return the logarithm of each area's mean squared distance from the middle."""
    squares = scaled.clip(-EDGE, EDGE).to_numpy() ** 2
    return np.log(squares.sum(axis=1) / max(squares.shape[1], 1) + NEAR)


def _left_out(names: pd.Index) -> tuple[str, ...]:
    if names.empty:
        return ()
    return (
        "Left out of the model, as constant, determined by others or too many for the areas "
        f"observed: {', '.join(map(str, names))}.",
    )


def _independent(table: np.ndarray) -> np.ndarray:
    """Return which columns a pivoted QR finds independent, in their own order."""
    if table.shape[1] == 0:
        return np.arange(0)
    _, triangle, order = qr(table, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(triangle))
    return np.sort(order[: int((sizes > 1e-7 * sizes[0]).sum())])


def numbers(covariates: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    """
    Return the named covariates as floats.

    Raises
    ------
    InvalidTableError
        If a column is missing, stands twice, holds no numbers or is blank for an area, or if an
        area stands twice.
    """
    _refuse_columns(covariates, names)
    table = covariates[names].astype(float)
    blank = ~np.isfinite(table)
    if blank.to_numpy().any():
        column = blank.any().idxmax()
        raise InvalidTableError(
            f"covariates: {column} is blank for {blank[column].sum()} of {len(table)} areas (first "
            f"{table.index[blank[column]][0]}). Fill it in or leave the column out."
        )
    return table


def _refuse_columns(covariates: pd.DataFrame, names: pd.Index) -> None:
    faults = []
    missing = names.difference(covariates.columns, sort=False)
    if len(missing):
        faults.append(f"there is no column {_quoted(missing)}")
    twice = names[names.duplicated()].union(
        covariates.columns[covariates.columns.duplicated()].intersection(names), sort=False
    )
    if len(twice):
        faults.append(f"column {_quoted(twice.unique())} stands twice")
    there = [name for name in names if name in covariates and name not in twice]
    words = [name for name in there if not pd.api.types.is_numeric_dtype(covariates[name])]
    if words:
        faults.append(f"{_quoted(words)} hold no numbers")
    if covariates.index.has_duplicates:
        faults.append(f"area {covariates.index[covariates.index.duplicated()][0]} stands twice")
    if faults:
        raise InvalidTableError(
            f"covariates: {'; '.join(faults)}. Give every covariate of the fit once, as numbers, "
            "with one row per area."
        )


def _quoted(names: object) -> str:
    return ", ".join(f"'{name}'" for name in names)  # type: ignore[attr-defined]
