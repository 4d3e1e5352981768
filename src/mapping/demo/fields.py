"""Values that vary smoothly over the city: density, deprivation, age."""

import numpy as np

Bump = tuple[float, float, float, float]
"""Easting and northing (kilometres), spread (kilometres), height."""


def bumps(points: np.ndarray, table: tuple[Bump, ...]) -> np.ndarray:
    """
    Return the sum of Gaussian bumps at each point (coordinates in metres).

    >>> bumps(np.array([[1000.0, 0.0]]), ((1.0, 0.0, 2.0, 5.0),)).tolist()
    [5.0]
    """
    total = np.zeros(len(points))
    for east, north, spread, height in table:
        away = np.hypot(points[:, 0] / 1000 - east, points[:, 1] / 1000 - north)
        total += height * np.exp(-0.5 * (away / spread) ** 2)
    return total


def ripple(
    points: np.ndarray, *, scale: float, rng: np.random.Generator, waves: int = 60
) -> np.ndarray:
    """
    Return a smooth random field of mean 0 and variance about 1 at each point.

    A sum of random cosines approaches a Gaussian process with squared-exponential covariance
    (Rahimi and Recht, 2007); `scale` is its length, in metres.
    """
    frequency = rng.normal(0, 1 / scale, (2, waves))
    phase = rng.uniform(0, 2 * np.pi, waves)
    return np.cos(points @ frequency + phase).sum(axis=1) * np.sqrt(2 / waves)


def standard(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """
    Return values with weighted mean 0 and weighted standard deviation 1.

    >>> standard(np.array([1.0, 3.0]), np.array([1.0, 1.0])).tolist()
    [-1.0, 1.0]
    """
    centred = values - np.average(values, weights=weights)
    return centred / np.sqrt(np.average(centred**2, weights=weights))
