"""How much areas differ beyond the model's terms and beyond sampling: the area effect."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

# How much areas differ beyond the model cannot be told from a few dozen wards, nor from small
# samples. Assumption, unless the residuals of this many areas rule it out (one-sided, 5 %): at
# least this much on the logit scale. English LSOAs, measured against census returns, differ by
# 0.16.
LEAST_AREA_EFFECT = 0.2
FEW_AREAS = 100
RULED_OUT = 1.645
STEPS = 100
LONGEST_STEP = 1.0
SETTLED = 1e-6
# Log-variances between which an area effect is looked for: nothing at all, and certainty that
# every area is all or nothing.
SMALLEST, LARGEST = -16.0, 6.0
STEEPEST = 2.0


@dataclass(frozen=True)
class Spread:
    """
    Standard deviation between areas on the logit scale, by how unlike the training areas they are.

    Parameters
    ----------
    typical
        Of an area as unlike as most are.
    slope
        Of the logarithm of its variance on the unlikeness; 0 = the same everywhere.
    """

    typical: float
    slope: float = 0.0

    def of(self, unlikeness: np.ndarray) -> np.ndarray:
        """
        Return the standard deviation of each area; see `Design.unlikeness`.

        Examples
        --------
        >>> Spread(0.2, slope=0.7).of(np.array([0.0, 2.0])).round(2).tolist()
        [0.2, 0.4]
        """
        return self.typical * np.exp(self.slope * unlikeness / 2)


def constant_spread(
    squares: np.ndarray, unit: np.ndarray, n: np.ndarray, leverage: np.ndarray
) -> Spread:
    """
    Return the spread at which squared Pearson residuals average one (Williams, 1982, model III).

    Parameters
    ----------
    squares
        Squared differences between observed and fitted shares.
    unit
        Variance of one adult's answer, fitted share × (1 - share).
    n
        Sample size.
    leverage
        How far each area pulls its own fit, 0 to 1.
    """
    squares = squares / np.clip(1 - leverage, 0.1, None)

    def excess(variance: float) -> float:
        return float((squares / (unit / n + variance * unit**2)).mean() - 1)

    # A mean of squared Pearson residuals has a standard error of about √(2 / areas).
    ruled_out = excess(LEAST_AREA_EFFECT**2) < -RULED_OUT * np.sqrt(2 / len(n))
    least = 0.0 if ruled_out and len(n) >= FEW_AREAS else LEAST_AREA_EFFECT
    if excess(least**2) <= 0:
        return Spread(least)
    # With no sampling noise at all the residuals would show this much; it cannot be more.
    most = float((squares / unit**2).mean())
    return Spread(float(np.sqrt(brentq(excess, least**2, most))))


def graded_spread(
    squares: np.ndarray, unit: np.ndarray, n: np.ndarray, unlikeness: np.ndarray
) -> Spread:
    """
    Return the spread that grows or falls with unlikeness.

    Squared residuals have mean unit / n + exp(level + slope × unlikeness) unit², and are as
    variable as a gamma's; the two are found by Fisher scoring.

    Parameters
    ----------
    squares, unit, n
        As for `constant_spread`; the residuals are those of areas left out.
    unlikeness
        See `Design.unlikeness`.
    """
    rows = np.column_stack([np.ones(len(unlikeness)), unlikeness])
    noise, scale = unit / n, unit**2
    level = np.log(np.clip((squares - noise).sum() / scale.sum(), 1e-6, None))
    line = np.array([level, 0.0])
    for _ in range(STEPS):
        between = scale * np.exp(rows @ line)
        mean = noise + between
        by_line = rows * (between / mean)[:, None]
        # One imagined area in a hundred thousand keeps the slope bound where there is no effect.
        curve = by_line.T @ by_line + np.eye(2) * 1e-5 * len(n)
        step = np.linalg.solve(curve, by_line.T @ ((squares - mean) / mean))
        step = np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        before = line
        line = np.clip(line + step, [SMALLEST, -STEEPEST], [LARGEST, STEEPEST])
        if np.abs(line - before).max() < SETTLED:
            break
    return Spread(float(np.exp(line[0] / 2)), float(line[1]))
