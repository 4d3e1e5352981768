"""Iterative proportional fitting of small tables, many areas at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mapping.errors import InvalidTableError

ROUNDS = 500
# People: a thousandth of a person is beneath anybody's notice, and this is a thousandth of that.
TOLERANCE = 1e-6
AGREEMENT = 1e-6


@dataclass(frozen=True, eq=False)
class Fitted:
    """
    Tables fitted to margins.

    Parameters
    ----------
    tables
        Areas × the axes of the seed.
    rounds
        How often every margin was fitted.
    gaps
        By area, the largest difference that is left between a table and a margin, in the
        margins' unit.
    """

    tables: np.ndarray
    rounds: int
    gaps: np.ndarray

    @property
    def converged(self) -> np.ndarray:
        """By area, whether its table keeps every margin."""
        return self.gaps <= TOLERANCE


def proportional_fit(seed: np.ndarray, margins: Sequence[np.ndarray]) -> Fitted:
    """
    Fit one seed to the margins of every area (Deming and Stephan, 1940).

    The tables are those that keep each area's margins and the seed's odds ratios. A seed of ones
    gives independence. What is zero in the seed stays zero; an area whose margins ask for people
    there is left with a gap.

    Parameters
    ----------
    seed
        The joint distribution whose odds ratios are taken over, 0 or more, one axis per margin.
    margins
        By axis of the seed: areas × categories, 0 or more. All margins of one area have one total.

    Raises
    ------
    InvalidTableError
        If a margin is below 0 or no number, does not fit the seed, or if the margins of an area
        have different totals.

    Examples
    --------
    >>> fitted = proportional_fit(np.ones((2, 2)), [np.array([[30.0, 70]]), np.array([[40.0, 60]])])
    >>> fitted.tables[0].tolist()
    [[12.0, 18.0], [28.0, 42.0]]
    """
    _refuse(seed, margins)
    areas = len(margins[0])
    tables = np.broadcast_to(seed, (areas, *seed.shape)).astype(float)
    gaps = np.full(areas, np.inf)
    rounds = 0
    while rounds < ROUNDS and not (gaps <= TOLERANCE).all():
        rounds += 1
        for axis, margin in enumerate(margins):
            tables *= _factor(tables, margin, axis)
        gaps = _gaps(tables, margins)
    return Fitted(tables, rounds, gaps)


def _refuse(seed: np.ndarray, margins: Sequence[np.ndarray]) -> None:
    faults = []
    if len(margins) != seed.ndim or any(
        margin.shape[1] != size for margin, size in zip(margins, seed.shape, strict=False)
    ):
        faults.append(f"{len(margins)} margins do not fit a seed of shape {seed.shape}")
    elif not all((margin >= 0).all() for margin in (seed, *margins)):
        faults.append("a count is below 0 or no number")
    else:
        totals = np.stack([margin.sum(axis=1) for margin in margins])
        apart = np.ptp(totals, axis=0) > AGREEMENT * np.maximum(totals.max(axis=0), 1)
        if apart.any():
            place = int(np.argmax(apart))
            faults.append(
                f"the margins of {apart.sum()} of {apart.size} areas have different totals (first, "
                f"at place {place}: {', '.join(f'{total:,.0f}' for total in totals[:, place])})"
            )
    if faults:
        raise InvalidTableError(
            f"proportional fit: {'; '.join(faults)}. Give each axis of the seed a margin of the "
            "same people."
        )


def _factor(tables: np.ndarray, margin: np.ndarray, axis: int) -> np.ndarray:
    """Return what multiplies tables so that they keep one margin; 0 where there is nobody."""
    sums = _sums(tables, axis)
    factor = np.divide(margin, sums, out=np.zeros_like(sums), where=sums > 0)
    shape = [len(tables)] + [1] * (tables.ndim - 1)
    shape[axis + 1] = margin.shape[1]
    return factor.reshape(shape)


def _gaps(tables: np.ndarray, margins: Sequence[np.ndarray]) -> np.ndarray:
    apart = [abs(_sums(tables, axis) - margin).max(axis=1) for axis, margin in enumerate(margins)]
    return np.max(apart, axis=0)


def _sums(tables: np.ndarray, axis: int) -> np.ndarray:
    return tables.sum(axis=tuple(other for other in range(1, tables.ndim) if other != axis + 1))
