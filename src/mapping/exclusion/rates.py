"""Published rates of internet non-use, applied to an area's people.

A national rate by age says most of what can be said about an area nobody surveyed. Tenure and
disability move it further; their published ratios are crude (not adjusted for age), so only a part
of each is used.
"""

from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.exclusion.level import Level
from mapping.exclusion.result import Exclusion, area_effects, by_name

# Adults who had not used the internet in the last three months, UK, 2018: ONS, Internet users,
# Labour Force Survey January to March 2018 (16-44 1 %, 45-54 3 %, 55-64 8 %, 65-74 20 %, 75 and
# over 56 %). Bands that straddle the published ones are means weighted by years of age.
PUBLISHED_RATES = MappingProxyType(
    {
        "age_16_24": 0.010,
        "age_25_34": 0.010,
        "age_35_49": (10 * 0.01 + 5 * 0.03) / 15,
        "age_50_64": (5 * 0.03 + 10 * 0.08) / 15,
        "age_65_74": 0.200,
        "age_75_84": 0.560,
        "age_85_over": 0.560,
    }
)
PUBLISHED_YEAR = 2018

# Odds ratios: Scottish Household Survey 2023, home internet 85 % in social renting against 93 %
# of owners (2.34); adults of 60 and over using the internet, 69 % of disabled against 83 % of
# others (2.19). Our assumption: 60 % of each log ratio holds at a given age.
SOCIAL_RENTING_ODDS = 2.34
DISABILITY_ODDS = 2.19
KEPT = 0.6

# England, Census 2021 (TS054, TS038): where the rates above are taken to hold.
NATIONAL_SOCIAL_RENTING = 0.171
NATIONAL_DISABILITY = 0.173

# How far areas lie from what national rates say of them, on the logit scale: census returns not
# made online, of English LSOAs, differ from it by 0.32 (0.27 within a district).
UNEXPLAINED = 0.3
# Our assumption: a whole place's share differs by this much from what national rates say of it.
PLACE_SE = 0.02

OUTCOME = "had not used the internet in the last three months"
POPULATION = "adults aged 16 and over"
SOURCE = (
    "ONS, Internet users 2018 (UK rates by age), with part of the ratios for social renting and "
    "disability in the Scottish Household Survey 2023, applied to the place's Census 2021 people"
)


def published_share(needs: pd.DataFrame) -> pd.Series:
    """
    Return the share of adults offline that published national rates imply for each area.

    Tenure and disability enter as the area's share of households and residents, the same at every
    age (individuals' joint distribution is not used: an approximation).

    Parameters
    ----------
    needs
        By area: `adults`, the seven age columns, `social_rented`, `households`, `disabled`,
        `disability_base`.

    Returns
    -------
    pandas.Series
        Shares of adults, 0 to 1, for 2018; NaN in an area without adults, households or
        residents.

    Examples
    --------
    >>> ages = dict.fromkeys(PUBLISHED_RATES, 0) | {"age_35_49": 900, "age_75_84": 100}
    >>> place = {"adults": 1000, "social_rented": 171, "households": 1000}
    >>> place |= {"disabled": 173, "disability_base": 1000}
    >>> published_share(pd.DataFrame([ages | place])).round(3).tolist()
    [0.071]
    """
    social = needs["social_rented"] / needs["households"] - NATIONAL_SOCIAL_RENTING
    disabled = needs["disabled"] / needs["disability_base"] - NATIONAL_DISABILITY
    shift = KEPT * (np.log(SOCIAL_RENTING_ODDS) * social + np.log(DISABILITY_ODDS) * disabled)
    offline = sum(needs[age] * expit(logit(rate) + shift) for age, rate in PUBLISHED_RATES.items())
    return (offline / needs["adults"]).rename("published_share")


def published_level(needs: pd.DataFrame) -> Level:
    """
    Return the level that national rates imply for a place as a whole; see `published_share`.

    Its standard error of 2 points is an assumption, and `source` says so.
    """
    share = (published_share(needs) * needs["adults"]).sum() / needs["adults"].sum()
    source = f"{SOURCE}; its standard error of {100 * PLACE_SE:g} points is our assumption"
    return Level(float(share), PLACE_SE, OUTCOME, PUBLISHED_YEAR, POPULATION, source)


def synthetic(
    needs: pd.DataFrame, *, groups: pd.Series | None = None, draws: int, seed: int
) -> Exclusion:
    """
    Estimate exclusion from national rates alone.

    Nothing local was observed, so how far areas may lie from what the rates say of them is taken
    from census returns over England (0.3 on the logit scale, a part of it shared within `groups`).

    Parameters
    ----------
    needs
        See `published_share`.
    groups
        The ward of each area.
    """
    areas = by_name(needs)
    centre = logit(published_share(areas).to_numpy())[:, None]
    random = np.random.default_rng(seed)
    effects = UNEXPLAINED * area_effects(random, areas.index, groups, draws)
    return Exclusion(
        outcome=OUTCOME,
        year=PUBLISHED_YEAR,
        population=POPULATION,
        formula=f"national rates by age, tenure and disability ({SOURCE})",
        adults=needs["adults"],
        draws=pd.DataFrame(expit(centre + effects), areas.index).loc[needs.index],
        caveats=(
            "Nothing local was observed: the pattern is what national rates say of each area's "
            "people.",
        ),
    )
