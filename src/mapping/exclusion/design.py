"""Covariates made fit for a model: checked, cleared of what says nothing, standardised."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import qr

from mapping.errors import InvalidTableError

# Beyond this many standard deviations of the training areas an area is reported as extrapolated;
# a model with squares is held at the edge there, because a square would run away (student
# quarters reach 11).
EDGE = 3.0
# Squares are fitted when there are this many areas per term, so that a ward survey stays linear.
AREAS_PER_TERM = 30


@dataclass(frozen=True, eq=False)
class Design:
    """
    How covariates become terms.

    Parameters
    ----------
    centre, scale
        Mean and standard deviation of each covariate over the training areas.
    squares
        Covariates whose square is a term too.
    """

    centre: pd.Series
    scale: pd.Series
    squares: pd.Index

    @property
    def terms(self) -> list[str]:
        """The terms by name: "constant", each covariate, its square ("age²")."""
        squares = [f"{name}²" for name in self.squares]
        return ["constant", *map(str, self.centre.index), *squares]

    def matrix(self, covariates: pd.DataFrame) -> np.ndarray:
        """
        Return areas × terms.

        Raises
        ------
        InvalidTableError
            If a covariate is missing, or blank for an area.
        """
        scaled = self.standardised(covariates)
        if len(self.squares):
            scaled = scaled.clip(-EDGE, EDGE)
        constant = np.ones((len(scaled), 1))
        return np.hstack([constant, scaled.to_numpy(), scaled[self.squares].to_numpy() ** 2])

    def standardised(self, covariates: pd.DataFrame) -> pd.DataFrame:
        """Return covariates in standard deviations from the mean of the training areas."""
        return (numbers(covariates, self.centre.index) - self.centre) / self.scale


def design(rows: pd.DataFrame) -> tuple[Design, tuple[str, ...]]:
    """
    Return the design that training areas support, and caveats naming what was left out.

    Parameters
    ----------
    rows
        Covariates of the training areas.
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
    return Design(centre[kept], scale[kept], _squared(rows[kept])), _left_out(left)


def _squared(rows: pd.DataFrame) -> pd.Index:
    """Return the covariates to square: none where areas are few, and nothing that is yes or no."""
    if len(rows) < AREAS_PER_TERM * (2 * rows.shape[1] + 1):
        return rows.columns[:0]
    return rows.columns[(rows.nunique() > 2).to_numpy(bool)]


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
