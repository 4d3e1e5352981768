"""The people: age, tenure, disability, and the hidden truth about who is offline."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from mapping.demo.blocks import Blocks
from mapping.demo.fields import bumps, ripple, standard

AGES = ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+")
"""Age bands of adults."""

TENURES = ("owned", "private rented", "social rented")

BANDS = (
    *(f"{low}-{low + 4}" for low in (0, 5, 10)), "15", "16-19",
    *(f"{low}-{low + 4}" for low in range(20, 85, 5)), "85+",
)  # fmt: skip
"""Finer ages, from which five-year census bands and bands of adults can both be summed."""

ADULT_BANDS = BANDS[4:]

# Per cent of residents at each of the finer ages, outside the student quarter and inside it.
_PROFILE = (
    5.6, 5.9, 5.9, 1.2, 4.6, 6.5, 7.8, 7.8, 6.8, 6.0, 5.6, 6.4, 6.4, 5.6, 4.8, 4.2, 2.8, 2.1, 1.8,
)  # fmt: skip
_STUDENTS = (1, 0.6, 0.5, 0.1, 24, 48, 14, 5, 2, 1.2, 0.9, 0.8, 0.6, 0.4, 0.3, 0.2, 0.2, 0.1, 0.1)
MIDDLES = (2, 7, 12, 15.5, 18, *range(22, 88, 5))
"""Years of age in the middle of each of the finer ages."""

_AGE_OF_BAND = (0, 0, *np.repeat(range(1, 7), 2), 7)

# Where barriers are high: an inner northern band and outer estates; low in two suburbs.
_DEPRIVED = (
    (293.8, 482.9, 1.5, 2.4), (295.6, 482.4, 1.2, 1.4), (298.3, 485.7, 1.1, 2.2),
    (298.4, 474.3, 1.1, 2.3), (293.6, 486.6, 0.9, 1.3), (293.2, 476.3, 0.9, 1.1),
    (296.2, 475.6, 1.3, -2.0), (298.3, 480.3, 1.4, -1.9), (295.6, 487.2, 1.1, -1.2),
)  # fmt: skip
_QUARTER = ((295.2, 480.1, 0.55, 0.8),)
_OLDER = ((296.4, 474.0, 1.6, 1.1), (296.6, 486.2, 1.6, 1.0), (298.8, 481.9, 1.3, 0.9))
_CENTRAL = ((294.2, 480.2, 1.0, 1.6),)

# City totals aimed at: tenures by household (roughly), disabled and offline by adult.
_SOCIAL, _PRIVATE, _DISABLED, _OFFLINE = 0.25, 0.262, 0.245, 0.16
_ADULTS_PER_HOME = {"owned": 2.05, "private rented": 2.05, "social rented": 1.65}
# How much likelier than at other ages people are to live in each tenure.
_TENURE_BY_AGE = {
    "owned": (0.6, 0.6, 0.95, 1.1, 1.2, 1.3, 1.3, 1.2),
    "private rented": (1.7, 1.8, 1.1, 0.75, 0.5, 0.3, 0.25, 0.25),
    "social rented": (0.9, 0.85, 1.0, 1.05, 1.1, 1.1, 1.1, 1.3),
}
# Log odds of being disabled, and of being offline, by age.
_DISABILITY_BY_AGE = (-2.1, -1.9, -1.6, -1.2, -0.8, -0.4, 0.2, 0.9)
_OFFLINE_BY_AGE = (-3.9, -3.6, -3.1, -2.6, -1.9, -1.0, 0.1, 1.0)
_AREA_EFFECT = 0.3


@dataclass(frozen=True, eq=False)
class People:
    """
    Who lives where; whole people and households by `area`.

    Attributes
    ----------
    ages
        Residents by `BANDS`.
    disability
        All residents: `limited a lot`, `limited a little`, `condition`, `none`.
    households
        Households by `TENURES`.
    cells
        Adults (16 and over) by area, age, tenure and disabled: `adults`, `excluded`.
    truth
        `adults`, `excluded` (offline) and `share`.
    latent
        What nobody can observe: `deprivation` (mean 0, standard deviation 1), `students` (share),
        `older` and `central` (no unit).
    """

    ages: pd.DataFrame
    disability: pd.DataFrame
    households: pd.DataFrame
    cells: pd.DataFrame
    truth: pd.DataFrame
    latent: pd.DataFrame


def people(
    areas: gpd.GeoDataFrame, members: pd.DataFrame, blocks: Blocks, *, rng: np.random.Generator
) -> People:
    """Draw everybody: ages from the place, tenure and disability from ages and deprivation."""
    residents = blocks.table["residents"].groupby(members["area"]).sum().loc[areas.index]
    points = areas[["x", "y"]].to_numpy()
    latent = _latent(points, residents, rng)
    ages = _ages(residents, latent, rng)
    cells = _excluded(_cells(ages, latent, rng), latent, points, rng)
    truth = cells.groupby("area", observed=True)[["adults", "excluded"]].sum()
    return People(
        ages=ages,
        disability=_disability(ages, cells, latent, rng),
        households=_households(cells),
        cells=cells,
        truth=truth.assign(share=truth["excluded"] / truth["adults"]),
        latent=latent,
    )


def calibrated(logit: np.ndarray, weights: np.ndarray, target: float) -> np.ndarray:
    """
    Return probabilities with the given weighted mean by shifting their log odds alike.

    >>> calibrated(np.array([0.0, 0.0]), np.array([1.0, 3.0]), 0.2).round(6).tolist()
    [0.2, 0.2]
    """
    shift = brentq(lambda by: np.average(expit(logit + by), weights=weights) - target, -20, 20)
    return expit(logit + shift)


def _latent(points: np.ndarray, residents: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    raw = bumps(points, _DEPRIVED) + 0.35 * ripple(points, scale=1_200, rng=rng)
    raw += rng.normal(0, 0.35, len(points))
    return pd.DataFrame(
        {
            "deprivation": standard(raw, residents.to_numpy()),
            "students": bumps(points, _QUARTER),
            "older": bumps(points, _OLDER) + 0.3 * rng.normal(size=len(points)),
            "central": bumps(points, _CENTRAL),
        },
        index=residents.index,
    )


def _ages(residents: pd.Series, latent: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    tilt = (np.array(MIDDLES) - 40) / 40
    older = latent[["older"]].to_numpy()
    noise = rng.normal(0, 0.08, (len(latent), len(BANDS)))
    settled = np.array(_PROFILE) * np.exp(0.8 * older * tilt + noise)
    settled /= settled.sum(axis=1, keepdims=True)
    students = latent[["students"]].to_numpy()
    shares = (1 - students) * settled + students * np.array(_STUDENTS) / sum(_STUDENTS)
    counts = rng.multinomial(residents.to_numpy(), shares / shares.sum(axis=1, keepdims=True))
    return pd.DataFrame(counts, index=residents.index, columns=pd.Index(BANDS, name="band"))


def _adults(ages: pd.DataFrame) -> np.ndarray:
    """Return adults by area and `AGES`."""
    adults = ages[list(ADULT_BANDS)].to_numpy()
    return np.stack(
        [adults[:, np.array(_AGE_OF_BAND) == age].sum(axis=1) for age in range(len(AGES))], axis=1
    )


def _tenure_shares(
    latent: pd.DataFrame, adults: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the share of each tenure among adults, by area, age and tenure."""
    total = adults.sum(axis=1)
    poor, students, central = (
        latent[key].to_numpy() for key in ("deprivation", "students", "central")
    )
    lumpy = rng.normal(0, 0.6, (2, len(latent)))
    social = calibrated(1.15 * poor - 2 * students + lumpy[0], total, _SOCIAL)
    letting = 2.5 * students + 0.8 * central + 0.3 * poor + lumpy[1]
    private = (1 - social) * calibrated(letting, total * (1 - social), _PRIVATE / (1 - _SOCIAL))
    homes = np.stack([1 - social - private, private, social], axis=1)
    per_home = np.array([_ADULTS_PER_HOME[tenure] for tenure in TENURES])
    by_age = np.array([_TENURE_BY_AGE[tenure] for tenure in TENURES]).T
    shares = (homes * per_home)[:, None, :] * by_age[None, :, :]
    return shares / shares.sum(axis=2, keepdims=True)


def _cells(ages: pd.DataFrame, latent: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw adults by area, age, tenure and disabled."""
    adults = _adults(ages)
    tenure = _tenure_shares(latent, adults, rng)
    logit = (
        np.array(_DISABILITY_BY_AGE)[None, :, None]
        + np.array([0.0, 0.1, 0.6])[None, None, :]
        + 0.3 * latent["deprivation"].to_numpy()[:, None, None]
    )
    disabled = calibrated(logit, adults[:, :, None] * tenure, _DISABLED)
    shares = np.stack([tenure * (1 - disabled), tenure * disabled], axis=3)
    flat = shares.reshape(*adults.shape, -1)
    counts = rng.multinomial(adults, flat / flat.sum(axis=2, keepdims=True))
    index = pd.MultiIndex.from_product(
        [ages.index, AGES, TENURES, (False, True)], names=["area", "age", "tenure", "disabled"]
    )
    return pd.DataFrame({"adults": counts.ravel()}, index=index)


def _excluded(
    cells: pd.DataFrame, latent: pd.DataFrame, points: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """
    Draw who is offline: log odds by age, tenure, disability and deprivation, plus the area's own.

    Deprivation weighs more from 65 on. Half of the area effect's variance is shared with the
    neighbourhood, so part of it can be learnt from nearby areas and part cannot.
    """
    own = rng.normal(size=len(latent))
    effect = _AREA_EFFECT * (ripple(points, scale=1_500, rng=rng) + own) / np.sqrt(2)
    poor = latent["deprivation"].to_numpy()[:, None, None, None]
    age = np.array(_OFFLINE_BY_AGE)[None, :, None, None]
    later = (np.arange(len(AGES)) >= AGES.index("65-74"))[None, :, None, None]
    tenure = np.array([0.0, 0.15, 0.75])[None, None, :, None]
    disabled = np.array([0.0, 0.6])[None, None, None, :]
    logit = age + tenure + disabled + (0.22 + 0.15 * later) * poor + effect[:, None, None, None]
    adults = cells["adults"].to_numpy()
    share = calibrated(logit.ravel(), adults, _OFFLINE)
    return cells.assign(excluded=rng.binomial(adults, share))


def _disability(
    ages: pd.DataFrame, cells: pd.DataFrame, latent: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    children = ages.drop(columns=list(ADULT_BANDS)).sum(axis=1)
    grown = cells["adults"].groupby(["disabled", "area"]).sum()
    share = expit(-2.5 + 0.2 * latent["deprivation"].to_numpy())
    disabled = grown[True] + rng.binomial(children, share)
    others = children + grown[True] + grown[False] - disabled
    lot, condition = rng.binomial(disabled, 0.47), rng.binomial(others, 0.075)
    return pd.DataFrame(
        {
            "limited a lot": lot,
            "limited a little": disabled - lot,
            "condition": condition,
            "none": others - condition,
        },
        index=ages.index,
    )


def _households(cells: pd.DataFrame) -> pd.DataFrame:
    adults = cells["adults"].groupby(["area", "tenure"]).sum().unstack()[list(TENURES)]
    return (adults / pd.Series(_ADULTS_PER_HOME)).round().astype(int)
