"""Deprivation as the English Indices would publish it, ranks as if among all of England."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from mapping.demo.people import BANDS, People

NATIONAL = 33_755
"""Areas that the ranks pretend to be among."""

_KNOTS = (0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 1)


@dataclass(frozen=True)
class Domain:
    """
    One domain: its national distribution and how it follows hidden deprivation.

    Attributes
    ----------
    typical, slope, noise
        National standard score: city average, gain per unit of hidden deprivation, own noise.
    scores
        Rounded national quantiles of the score (English Indices of Deprivation 2025) at `_KNOTS`.
    """

    typical: float
    slope: float
    noise: float
    scores: tuple[float, ...]


# fmt: off
DOMAINS = {
    "imd": Domain(0.90, 1.05, 0.15, (0.2, 2, 3.8, 5.5, 9.7, 17.5, 29.7, 44.9, 54.3, 68.8, 94)),
    "income": Domain(0.75, 1.00, 0.20,
                     (0.002, 0.03, 0.05, 0.07, 0.11, 0.18, 0.32, 0.46, 0.54, 0.67, 0.99)),
    "employment": Domain(0.95, 0.95, 0.20,
                         (0.002, 0.03, 0.04, 0.05, 0.07, 0.11, 0.18, 0.26, 0.31, 0.39, 0.97)),
    "education": Domain(0.60, 0.90, 0.30, (0, 0.5, 1.7, 3.2, 7.5, 16.5, 31.2, 49.3, 59.3, 75, 99)),
    "health": Domain(1.40, 0.75, 0.30,
                     (-3.1, -1.97, -1.41, -1.11, -0.62, -0.03, 0.61, 1.17, 1.5, 2.05, 3.3)),
    "crime": Domain(0.55, 0.75, 0.55,
                    (-3.3, -1.82, -1.34, -1.08, -0.6, -0.01, 0.58, 1.09, 1.39, 1.94, 3.5)),
    "barriers": Domain(-1.10, 0.40, 0.65, (1.5, 4.5, 7.7, 9.8, 14.1, 20.1, 27.6, 36, 42, 50, 63)),
    "living": Domain(0.55, 0.15, 0.80, (0.1, 1, 2.6, 4.2, 8.6, 17.8, 31.7, 45, 53, 68, 85)),
    "children": Domain(0.50, 0.85, 0.45,
                       (-3, -1.93, -1.41, -1.11, -0.6, -0.03, 0.6, 1.16, 1.47, 2, 3.3)),
    "skills": Domain(0.55, 0.90, 0.30,
                     (0.02, 0.07, 0.1, 0.125, 0.17, 0.22, 0.3, 0.38, 0.42, 0.51, 0.74)),
    "distance": Domain(-0.80, -0.15, 0.40, (1.1, 5.8, 12, 17, 24, 33, 43, 59, 70, 83, 97)),
    "wider": Domain(-0.25, 0.50, 0.60, (-11, -6.4, -4.6, -3.7, -2.1, -0.2, 2, 4.2, 5.4, 7.1, 10)),
    "indoors": Domain(0.40, 0.10, 0.90,
                      (-2, -1.31, -0.96, -0.77, -0.45, -0.05, 0.43, 0.87, 1.1, 1.5, 2.3)),
    "outdoors": Domain(0.45, 0.20, 0.70,
                       (-2.6, -1.5, -1.11, -0.9, -0.53, -0.07, 0.45, 1, 1.38, 2.03, 2.8)),
    "idaci": Domain(0.70, 1.00, 0.30,
                    (0, 0.03, 0.06, 0.09, 0.15, 0.27, 0.45, 0.62, 0.71, 0.83, 1)),
    "idaopi": Domain(0.85, 0.90, 0.30,
                     (0, 0.03, 0.05, 0.07, 0.11, 0.18, 0.33, 0.53, 0.65, 0.82, 1)),
}
# fmt: on


def deprivation(people: People, *, rng: np.random.Generator) -> pd.DataFrame:
    """
    Return `<domain>_score`, `_rank` (1 = most deprived) and `_decile` by area, and people.

    Scores follow hidden deprivation with noise, so they are good but imperfect covariates. The
    four denominators are `total`, `children`, `older` (60 and over) and `working` (18 to 66).
    """
    hidden = people.latent["deprivation"].to_numpy()
    columns = {}
    for key, domain in DOMAINS.items():
        noise = rng.normal(0, domain.noise, len(hidden))
        rank = _ranks(domain.typical + domain.slope * hidden + noise)
        columns[f"{key}_score"] = _scores(rank, domain)
        columns[f"{key}_rank"] = rank
        columns[f"{key}_decile"] = -(-10 * rank // NATIONAL)
    measured = pd.DataFrame(columns, index=people.latent.index)
    return measured.join(_denominators(people.ages))


def _ranks(score: np.ndarray) -> np.ndarray:
    """
    Return distinct national ranks of standard scores, 1 the highest.

    >>> _ranks(np.array([0.0, 9.0, 9.0, -9.0])).tolist()
    [16878, 1, 2, 33755]
    """
    order = np.argsort(-score, kind="stable")
    step = np.arange(len(score))
    wished = np.rint(ndtr(-score[order]) * (NATIONAL - 1)).astype(int) + 1
    apart = np.maximum.accumulate(wished - step) + step
    # At the far end the last has nowhere to go: push those before it up instead.
    rank = np.empty(len(score), dtype=int)
    rank[order] = np.minimum(apart, NATIONAL - step[::-1])
    return rank


def _scores(rank: np.ndarray, domain: Domain) -> np.ndarray:
    return np.interp(1 - (rank - 0.5) / NATIONAL, _KNOTS, domain.scores).round(3)


def _denominators(ages: pd.DataFrame) -> pd.DataFrame:
    at = {band: place for place, band in enumerate(BANDS)}
    older, retired = at["60-64"], at["65-69"]
    return pd.DataFrame(
        {
            "total": ages.sum(axis=1),
            "children": ages.iloc[:, : at["16-19"]].sum(axis=1),
            "older": ages.iloc[:, older:].sum(axis=1),
            # Half of those 16 to 19 are 18 or 19; two fifths of those 65 to 69 are 65 or 66.
            "working": (
                ages["16-19"] // 2
                + ages.iloc[:, at["20-24"] : retired].sum(axis=1)
                + 2 * ages["65-69"] // 5
            ),
        }
    )
