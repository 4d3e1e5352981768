"""How many of those within reach come: an assumption with its doubt, drawn beside the estimate."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from mapping.scenario.choices import Scenario

TWO_SIDED = 2 * ndtri(0.975)


def rates(scenario: Scenario, draws: int) -> np.ndarray:
    """
    Return the share of excluded adults within reach who come in a year, one for each draw.

    Parameters
    ----------
    draws
        How many draws of the estimate they stand beside.

    Returns
    -------
    numpy.ndarray
        `draws` shares whose median is the scenario's `attendance`; on the log-odds scale they are
        normal, as wide as its 95 % bounds. The same seed gives the same shares, so that scenarios
        of one seed differ by what they do and not by luck.

    Notes
    -----
    No survey says how many of those who live near a hub come. Liverpool's More Independent
    programme reached 3,717 learners where about one adult in five, some 75,000, was offline: 5 in
    100. That is history of one programme and no causal rate, so the default bounds are wide.

    Examples
    --------
    >>> shares = rates(Scenario(name="", study="demo", seed=1), 1000)
    >>> bool(abs(np.median(shares) - 0.05) < 0.005)
    True
    """
    normal = np.random.default_rng([scenario.seed, 3717]).standard_normal(draws)
    spread = (logit(scenario.attendance_high) - logit(scenario.attendance_low)) / TWO_SIDED
    return expit(logit(scenario.attendance) + spread * normal)


def expected(coming: pd.DataFrame, scenario: Scenario) -> pd.Series:
    """
    Return how many come at the share that is stated, of draws of those who come.

    The shares drawn are skewed: their mean lies above the one stated, and a figure made of it could
    not be worked out from what is printed beside it.

    Parameters
    ----------
    coming
        Rows by draws: people within reach times `rates`.

    Examples
    --------
    >>> scenario = Scenario(name="", study="demo")
    >>> people = pd.DataFrame([[90.0, 100.0, 110.0]], index=["A"])
    >>> float(expected(people * rates(scenario, 3), scenario)["A"].round(6))
    5.0
    """
    return (coming / rates(scenario, coming.shape[1])).mean(axis=1) * scenario.attendance
