"""How many of those within reach come: an assumption with its doubt, drawn beside the estimate."""

import numpy as np
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
