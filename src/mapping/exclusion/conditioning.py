"""
Condition ward log-odds on a survey: a latent Gaussian with a binomial likelihood.

How wards may differ from the estimate is what the estimate's own joint draws say, times a scale
that the survey decides. The scale is averaged over a grid, each point weighted by the Laplace
approximation of its likelihood (as Rue, Martino and Chopin, 2009, do), so it is never 0 and doubt
about it is in every draw. Given the scale, draws are conditioned by Matheron's rule: each is moved
by what the survey would have to say of it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

# The scale of the draws' standard deviations: our assumption is that 95 % of its prior lies within
# a factor of 2.7 either way.
SCALE_SD = 0.5
SCALES: np.ndarray = np.exp(SCALE_SD * np.linspace(-3, 3, 13))
STEPS = 100
LONGEST_STEP = 2.0
SETTLED = 1e-9
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Prior:
    """
    Ward log-odds before the survey is asked.

    Parameters
    ----------
    centre
        By ward.
    draws
        Wards × draws, about `centre`, in a joint distribution.
    covariance
        That of the draws.
    terms
        Wards × terms: what may be wrong with all wards together; the coefficient of each term is
        normal with standard deviation 1.
    bias
        Standard deviation of what the survey's answers in all wards have wrong in common.
    """

    centre: np.ndarray
    draws: np.ndarray
    covariance: np.ndarray
    terms: np.ndarray
    bias: float

    def of_truth(self, scale: float) -> np.ndarray:
        """Return the covariance of the wards' true log-odds, draws stretched by `scale`."""
        return scale**2 * self.covariance + self.terms @ self.terms.T

    def of_answers(self, scale: float) -> np.ndarray:
        """Return the covariance of the log-odds that all people of the wards would show."""
        return self.of_truth(scale) + self.bias**2


@dataclass(frozen=True, eq=False)
class Sample:
    """
    What the survey saw.

    Parameters
    ----------
    at
        The ward of each row, as a place in the prior; none twice.
    share
        Of the ward's respondents.
    n
        Effective number of them, above 0.
    """

    at: np.ndarray
    share: np.ndarray
    n: np.ndarray


@dataclass(frozen=True, eq=False)
class Mode:
    """
    The normal approximation for one scale.

    Parameters
    ----------
    scale
        Of the draws.
    working
        By ward seen, the log-odds that would say as much as its sample, were they normal.
    variance
        Of `working`, at the share that the model gives the ward.
    gain
        Wards × wards seen: how far a ward moves for what a sample differs from what is expected.
    evidence
        Log-likelihood of the scale.
    """

    scale: float
    working: np.ndarray
    variance: np.ndarray
    gain: np.ndarray
    evidence: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """
    What is known after the survey.

    Parameters
    ----------
    prior, sample
        What was known and seen.
    modes
        One for each of `SCALES`.
    chances
        Posterior probability of each.
    """

    prior: Prior
    sample: Sample
    modes: tuple[Mode, ...]
    chances: np.ndarray

    def weights(self) -> np.ndarray:
        """Return by ward how far its own sample moves it (0 to 1; 0 where none was seen)."""
        weights = np.zeros(len(self.prior.centre))
        for mode, chance in zip(self.modes, self.chances, strict=True):
            weights[self.sample.at] += chance * np.diag(mode.gain[self.sample.at])
        return weights

    def scale(self, probability: float) -> float:
        """Return a quantile of the scale."""
        place = int(np.searchsorted(self.chances.cumsum(), probability))
        return float(SCALES[min(place, len(SCALES) - 1)])

    def draws(self, random: np.random.Generator) -> np.ndarray:
        """Return the prior's draws conditioned on the survey, wards × draws."""
        prior, sample = self.prior, self.sample
        count = prior.draws.shape[1]
        own = prior.draws - prior.centre[:, None]
        common = prior.terms @ random.standard_normal((prior.terms.shape[1], count))
        bias = prior.bias * random.standard_normal((1, count))
        noise = random.standard_normal((len(sample.at), count))
        odds = np.empty_like(own)
        which = self._scale_of_draws(count, random)
        for place, mode in enumerate(self.modes):
            columns = which == place
            true = prior.centre[:, None] + mode.scale * own[:, columns] + common[:, columns]
            seen = true[sample.at] + bias[:, columns]
            seen += np.sqrt(mode.variance)[:, None] * noise[:, columns]
            odds[:, columns] = true + mode.gain @ (mode.working[:, None] - seen)
        return odds

    def _scale_of_draws(self, count: int, random: np.random.Generator) -> np.ndarray:
        """Return a place in the grid for each draw, as often as it is probable, in no order."""
        even = (np.arange(count) + random.random()) / count
        places = np.searchsorted(self.chances.cumsum(), even)
        return random.permutation(np.minimum(places, len(self.chances) - 1))


def posterior(prior: Prior, sample: Sample) -> Posterior:
    """
    Return what is known of the wards after the survey.

    Work grows with the cube of the number of wards seen: under a second for 150 of them.
    """
    modes = tuple(_mode(prior, sample, scale) for scale in SCALES)
    evidence = np.array([mode.evidence for mode in modes])
    evidence -= (np.log(SCALES) / SCALE_SD) ** 2 / 2
    chances = np.exp(evidence - evidence.max())
    return Posterior(prior, sample, modes, chances / chances.sum())


def _mode(prior: Prior, sample: Sample, scale: float) -> Mode:
    """Find the mode by Newton's steps (Rasmussen and Williams, 2006, algorithm 3.1)."""
    answers = prior.of_answers(scale)[np.ix_(sample.at, sample.at)]
    mean = prior.centre[sample.at]
    odds, pull = mean.copy(), np.zeros(len(mean))
    for _ in range(STEPS):
        variance, slope = _sampling(sample, odds)
        whole = answers + np.diag(variance)
        aim = np.linalg.solve(whole, odds + variance * slope - mean)
        step = mean + answers @ aim - odds
        # Steps of full length can run away where a large sample disagrees with the estimate.
        part = min(1.0, LONGEST_STEP / max(np.abs(step).max(), TINY))
        odds, pull = odds + part * step, pull + part * (aim - pull)
        if np.abs(step).max() < SETTLED:
            break
    variance, slope = _sampling(sample, odds)
    whole = answers + np.diag(variance)
    likelihood = sample.n @ (sample.share * odds - np.logaddexp(0, odds))
    spread = np.linalg.slogdet(whole)[1] - np.log(variance).sum()
    return Mode(
        scale=scale,
        working=odds + variance * slope,
        variance=variance,
        gain=np.linalg.solve(whole, prior.of_truth(scale)[sample.at]).T,
        evidence=float(likelihood - pull @ (odds - mean) / 2 - spread / 2),
    )


def _sampling(sample: Sample, odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of a sample's log-odds where the truth is `odds`, and the slope there."""
    share = expit(odds)
    variance = 1 / np.clip(sample.n * share * (1 - share), TINY, None)
    return variance, sample.n * (sample.share - share)
