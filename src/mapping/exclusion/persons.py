"""From census tables of homes and residents to margins of adults: by age, tenure, disability.

TS054 counts households and TS038 residents of all ages; an estimate needs people aged 16 and over.
Both conversions are stated here, with what of them is assumed.
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.errors import InvalidTableError
from mapping.exclusion.shifts import shifts

AGES = (
    "age_16_24", "age_25_34", "age_35_49", "age_50_64", "age_65_74", "age_75_84", "age_85_over",
)  # fmt: skip
TENURES = ("social renting", "other tenure")
DISABILITIES = ("disabled", "not disabled")
NEEDED = (*AGES, "adults", "social_rented", "households", "disabled", "disability_base")

# Assumption: adults per household. England has 1.96 adults to a household (Census 2021, adults of
# the age tables over households of TS054); homes rented from a social landlord hold fewer, as more
# of them have one adult. A regression of adults on homes by tenure over 33,755 LSOAs gives 1.78
# and 1.95, which understates the gap: what is around such homes is mixed into it.
ADULTS_PER_SOCIAL_HOME = 1.65
ADULTS_PER_OTHER_HOME = 1.98

# Disabled under the Equality Act, by age, England. Assumption as to its shape: the figures make up
# the published 17.3 % of residents (ONS, Census 2021, TS038) and rise with age as in the Family
# Resources Survey 2022/23 (DWP, through House of Commons Library CBP-9602: children 11 %, working
# age 23 %, pension age 45 %, 85 and over 67 %; it counts more people disabled at every age). Only
# the odds ratios between ages are used: the level is each area's own, from TS038.
DISABLED_BY_AGE = MappingProxyType(
    {
        "age_16_24": 0.12,
        "age_25_34": 0.12,
        "age_35_49": 0.14,
        "age_50_64": 0.21,
        "age_65_74": 0.27,
        "age_75_84": 0.38,
        "age_85_over": 0.58,
    }
)
DISABLED_CHILDREN = 0.065

# Census 2021, England, all 33,755 LSOAs: TS007A/RM121 by age, TS054, TS038 (counts as published,
# perturbed by the publisher).
ENGLAND = MappingProxyType(
    {
        "age_16_24": 5_989_116,
        "age_25_34": 7_667_733,
        "age_35_49": 10_978_353,
        "age_50_64": 10_970_034,
        "age_65_74": 5_563_803,
        "age_75_84": 3_464_705,
        "age_85_over": 1_372_160,
        "adults": 46_005_904,
        "social_rented": 4_005_505,
        "households": 23_436_382,
        "disabled": 9_774_486,
        "disability_base": 56_490_046,
    }
)
# Ages are the sum of adults; tables the publisher perturbed apart may differ by a few people.
AGES_AGREE = 0.01


@dataclass(frozen=True, eq=False)
class Persons:
    """
    Adults by area, by one characteristic at a time.

    Parameters
    ----------
    age
        By `area`: people in each of `AGES`.
    tenure
        By `area`: people in each of `TENURES`.
    disability
        By `area`: people in each of `DISABILITIES`.

    Every table has the rows it was made from and adds up to the same adults; NaN where an area
    lacks adults, homes or residents, or where they are blank.
    """

    age: pd.DataFrame
    tenure: pd.DataFrame
    disability: pd.DataFrame


def persons(needs: pd.DataFrame) -> Persons:
    """
    Return adults by age, by tenure and by disability.

    *Tenure.* Households of TS054 times adults per household, 1.65 where a social landlord lets the
    home and 1.98 elsewhere (assumption), as shares of all adults; people in communal
    establishments are spread like the others.

    *Disability.* TS038 counts children too. The disability rates of England by age are moved by
    one shift of their log-odds until they give the area's own share of disabled residents, its
    children included; the adults among those are taken.

    Parameters
    ----------
    needs
        By area: the seven age columns and `adults`, `social_rented` of `households`, `disabled` of
        `disability_base` (residents of all ages).

    Raises
    ------
    InvalidTableError
        If a column is missing, an area stands twice, a count is below 0, a part exceeds its
        whole, or ages do not add up to adults. A blank count is no fault: its area is NaN.
    """
    _refuse(needs)
    counts = needs[list(NEEDED)].astype(float)
    people = counts[list(AGES)].where(_complete(counts), axis=0)
    adults = people.sum(axis=1, skipna=False)
    social = _social(counts["social_rented"] / counts["households"].where(_complete(counts)))
    disabled = _disabled(people, counts)
    return Persons(
        people,
        pd.DataFrame({TENURES[0]: adults * social, TENURES[1]: adults * (1 - social)}),
        pd.DataFrame({DISABILITIES[0]: disabled, DISABILITIES[1]: adults - disabled}),
    )


def _complete(counts: pd.DataFrame) -> pd.Series:
    """Return which areas have adults, homes and residents, and no blank."""
    there = (counts[["adults", "households", "disability_base"]] > 0).all(axis=1)
    return there & counts.notna().all(axis=1)


def _social(homes: pd.Series) -> pd.Series:
    """Return the share of adults that rent from a social landlord, from that of homes."""
    let = homes * ADULTS_PER_SOCIAL_HOME
    return let / (let + (1 - homes) * ADULTS_PER_OTHER_HOME)


def _disabled(people: pd.DataFrame, counts: pd.DataFrame) -> pd.Series:
    """Return disabled adults; see `persons`."""
    children = (counts["disability_base"] - people.sum(axis=1)).clip(lower=0)
    residents = np.vstack([people.to_numpy().T, children.to_numpy()])
    rates = np.array([*(DISABLED_BY_AGE[age] for age in AGES), DISABLED_CHILDREN])
    odds = np.broadcast_to(logit(rates)[:, None], residents.shape)
    share = (counts["disabled"] / counts["disability_base"]).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = expit(odds + shifts(odds, residents, share))
    adults = np.minimum((residents * moved)[:-1].sum(axis=0), people.sum(axis=1).to_numpy())
    adults = np.where(share == 0, 0.0, np.where(share == 1, people.sum(axis=1), adults))
    return pd.Series(adults, people.index).where(people.notna().all(axis=1))


def _refuse(needs: pd.DataFrame) -> None:
    missing = [name for name in NEEDED if name not in needs]
    if missing:
        raise InvalidTableError(
            f"areas: there is no column {', '.join(missing)}. Cells of age, tenure and disability "
            "need them all."
        )
    faults = []
    if needs.index.has_duplicates:
        faults.append(f"area {needs.index[needs.index.duplicated()][0]} stands twice")
    wrong = {f"{name} is below 0": needs[name] < 0 for name in NEEDED}
    for part, whole in (("social_rented", "households"), ("disabled", "disability_base")):
        wrong[f"{part} exceeds {whole}"] = needs[part] > needs[whole]
    apart = (needs[list(AGES)].sum(axis=1, skipna=False) - needs["adults"]).abs()
    wrong["ages do not add up to adults"] = apart > AGES_AGREE * needs["adults"] + 1
    faults += [
        f"{fault} in {rows.sum()} of {len(needs)} areas (first {needs.index[rows][0]})"
        for fault, rows in wrong.items()
        if rows.any()
    ]
    if faults:
        raise InvalidTableError(f"areas: {'; '.join(faults)}. Mend the census tables.")
