"""A covariate's curve: its value, bent by its rank among the areas learned from."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

# Beyond this many standard deviations everything counts as this far: curves go flat there.
EDGE = 3.0
# Points at which ranks are kept.
KNOTS = 200


@dataclass(frozen=True, eq=False)
class Curve:
    """
    How a standardised covariate is ranked.

    Shares by area are skewed: most areas have few people over 85 or few homes rented. The rank
    spreads out the many low values, the value itself the few high ones; a model that is given
    both can follow either.

    Parameters
    ----------
    name
        The covariate.
    values
        Standardised values, ascending.
    ranks
        The normal score of each: where it stands among the training areas, as the quantile of a
        standard normal.
    slope
        Of ranks on values. What is left of the ranks beyond it is the bend of the curve.
    """

    name: Hashable
    values: np.ndarray
    ranks: np.ndarray
    slope: float

    def rank(self, scaled: np.ndarray) -> np.ndarray:
        """Return the normal score of standardised values; beyond the training areas, the last."""
        return np.interp(scaled, self.values, self.ranks)


def curve(name: Hashable, scaled: np.ndarray) -> Curve:
    """
    Return the curve of a covariate with these standardised values over the training areas.

    Examples
    --------
    >>> one = curve("age", np.array([-1.2, 0.0, 0.0, 1.2]))
    >>> one.rank(np.array([-9.0, 0.0, 1.2])).round(2).tolist()
    [-1.15, 0.0, 1.15]
    """
    scaled = np.clip(scaled, -EDGE, EDGE)
    values, counts = np.unique(scaled, return_counts=True)
    ranks = np.clip(ndtri((np.cumsum(counts) - counts / 2) / len(scaled)), -EDGE, EDGE)
    kept = np.unique(np.linspace(0, len(values) - 1, KNOTS).round().astype(int))
    every = np.repeat(ranks, counts)
    slope = float(np.polyfit(np.repeat(values, counts), every, 1)[0])
    return Curve(name, values[kept], ranks[kept], slope)


def curved(scaled: pd.DataFrame, curves: tuple[Curve, ...]) -> list[np.ndarray]:
    """
    Return the terms of the curves: bends, squares of values, squares of ranks.

    Parameters
    ----------
    scaled
        Standardised covariates by area.
    """
    values, ranks = _both(scaled, curves)
    bends = ranks - values * [curve.slope for curve in curves]
    return [bends, values**2 - 1, ranks**2 - 1]


def paired(scaled: pd.DataFrame, curves: tuple[Curve, ...]) -> list[np.ndarray]:
    """Return the products of each two covariates: of their values, and of their ranks."""
    one, other = np.triu_indices(len(curves), 1)
    return [table[:, one] * table[:, other] for table in _both(scaled, curves)]


def curved_names(curves: tuple[Curve, ...]) -> list[str]:
    """Return the names of the terms of `curved`."""
    names = [str(curve.name) for curve in curves]
    ranks = [f"rank of {name}" for name in names]
    return [*ranks, *(f"{name}²" for name in (*names, *ranks))]


def paired_names(curves: tuple[Curve, ...]) -> list[str]:
    """Return the names of the terms of `paired`."""
    names = [str(curve.name) for curve in curves]
    couples = [
        f"{one} × {other}" for place, one in enumerate(names) for other in names[place + 1 :]
    ]
    return [*couples, *(f"ranks of {couple}" for couple in couples)]


def _both(scaled: pd.DataFrame, curves: tuple[Curve, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return values and ranks, areas × curves, held at the edge."""
    values = scaled[[curve.name for curve in curves]].to_numpy().clip(-EDGE, EDGE)
    columns = [curve.rank(values[:, place]) for place, curve in enumerate(curves)]
    return values, np.column_stack([np.empty((len(values), 0)), *columns])
