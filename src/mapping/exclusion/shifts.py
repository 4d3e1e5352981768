"""The shift of log-odds that brings a weighted mean share to a target."""

import numpy as np
from scipy.special import expit

STEPS = 100
TOLERANCE = 1e-11
# Odds beyond this are 0 or 1 to the last digit of a float.
FARTHEST = 60.0


def shifts(odds: np.ndarray, weights: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """
    Return by column the number to add to log-odds so that their weighted mean share is the target.

    One shift moves every row alike, so odds ratios between rows stay as they are and no share
    leaves 0 to 1. Newton's steps, halved where they would leave the interval known to hold the
    answer.

    Parameters
    ----------
    odds
        Log-odds, rows × columns.
    weights
        By row, or rows × columns; they need not add up to 1. A row of weight 0 is ignored.
    targets
        By column, 0 to 1. NaN gives NaN; 0 and 1 give the farthest shift that is looked at.

    Examples
    --------
    >>> shifts(np.zeros((2, 1)), np.array([1.0, 3.0]), np.array([0.5])).tolist()
    [0.0]
    """
    total = weights.sum(axis=0)
    low = np.full(targets.shape, -FARTHEST - np.max(odds, initial=0.0))
    high = np.full(targets.shape, FARTHEST - np.min(odds, initial=0.0))
    shift = np.zeros(targets.shape)
    for _ in range(STEPS):
        shares = expit(odds + shift)
        error = _mean(weights, shares, total) - targets
        if not (np.abs(error) > TOLERANCE).any():
            break
        low, high = np.where(error < 0, shift, low), np.where(error > 0, shift, high)
        shares *= 1 - shares
        shift = _step(shift, error, _mean(weights, shares, total), low, high)
    return np.where(np.isnan(error), np.nan, shift)


def _mean(weights: np.ndarray, values: np.ndarray, total: np.ndarray) -> np.ndarray:
    if weights.ndim == 1:
        return weights @ values / total
    return (weights * values).sum(axis=0) / total


def _step(
    shift: np.ndarray, error: np.ndarray, slope: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    newton = shift - error / np.maximum(slope, 1e-300)
    return np.where((newton > low) & (newton < high), newton, (low + high) / 2)
