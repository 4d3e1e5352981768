"""Census 2021 topic summaries (Office for National Statistics, through Nomis).

Each table's own total is its denominator: counts are perturbed by the publisher, so totals of
different tables differ by a few people or households in most areas.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mapping.sources.delimited import read_csv, read_zipped_csv
from mapping.tables import Column, check

AREA = {"geography code": "area"}

FIVE_YEAR = {
    "Age: Aged 4 years and under": "0_4",
    **{f"Age: Aged {low} to {low + 4} years": f"{low}_{low + 4}" for low in range(5, 85, 5)},
    "Age: Aged 85 years and over": "85_over",
}
SIX_BANDS = {
    "lsoa21_code": "area",
    "age_0_15": "0_15",
    "age_16_24": "16_24",
    "age_25_34": "25_34",
    "age_35_49": "35_49",
    "age_50_64": "50_64",
    "a65": "65",
    "a66_69": "66_69",
    "a70_74": "70_74",
    "a75_79": "75_79",
    "a80_84": "80_84",
    "a85p": "85_over",
}
# A census table of five-year bands cuts at 15, adulthood begins at 16: four of the five single
# years 15 to 19 are taken to be equally large. In England in 2021 that is within 1 % of the count.
ADULT_SHARE_OF_15_TO_19 = 0.8


def tenure(path: Path) -> pd.DataFrame:
    """
    Read TS054.

    Returns
    -------
    pandas.DataFrame
        Households by `area`: `households`, `owned`, `shared_ownership`, `social_rented`,
        `private_rented`, `rent_free`.
    """
    stem = "Tenure of household: "
    columns = {
        f"{stem}Total: All households": "households",
        f"{stem}Owned": "owned",
        f"{stem}Shared ownership": "shared_ownership",
        f"{stem}Social rented": "social_rented",
        f"{stem}Private rented": "private_rented",
        f"{stem}Lives rent free": "rent_free",
    }
    return _counts(path, "census2021-ts054-lsoa.csv", columns)


def disability(path: Path) -> pd.DataFrame:
    """
    Read TS038.

    Returns
    -------
    pandas.DataFrame
        Usual residents of all ages by `area`: `disability_base` (the table's total) and
        `disabled` (under the Equality Act: day-to-day activities limited a little or a lot).
    """
    columns = {
        "Disability: Total: All usual residents": "disability_base",
        "Disability: Disabled under the Equality Act": "disabled",
    }
    return _counts(path, "census2021-ts038-lsoa.csv", columns)


def age_five_year(path: Path) -> pd.DataFrame:
    """
    Read TS007A and bridge its five-year bands to the bands used here.

    Returns
    -------
    pandas.DataFrame
        Usual residents by `area`: `residents`, `adults` (16 and over) and `age_16_24`,
        `age_25_34`, `age_35_49`, `age_50_64`, `age_65_74`, `age_75_84`, `age_85_over`, which add
        up to `adults`. Four fifths of those aged 15 to 19 are counted as adults.
    """
    bands = _counts(path, "census2021-ts007a-lsoa.csv", FIVE_YEAR)
    teenagers = ADULT_SHARE_OF_15_TO_19 * bands["15_19"]
    return _with_totals(
        bands.sum(axis=1),
        {
            "age_16_24": teenagers + bands["20_24"],
            "age_25_34": bands["25_29"] + bands["30_34"],
            "age_35_49": bands["35_39"] + bands["40_44"] + bands["45_49"],
            "age_50_64": bands["50_54"] + bands["55_59"] + bands["60_64"],
            "age_65_74": bands["65_69"] + bands["70_74"],
            "age_75_84": bands["75_79"] + bands["80_84"],
            "age_85_over": bands["85_over"],
        },
    )


def age_six_bands(path: Path) -> pd.DataFrame:
    """
    Read a table of six age bands with detail over 65; see `age_five_year` for what is returned.

    The bands up to 64 and the detail from 65 come from two census tables, so `residents` may
    differ by a few from either table's own total. No bridge is needed: the bands cut at 16.
    """
    frame = read_csv(path, SIX_BANDS)
    rules = [Column("area", "lsoa", unique=True)]
    rules += [Column(name, "count") for name in SIX_BANDS.values() if name != "area"]
    bands = check(frame, rules, where=path.name).set_index("area")
    return _with_totals(
        bands.sum(axis=1),
        {
            "age_16_24": bands["16_24"],
            "age_25_34": bands["25_34"],
            "age_35_49": bands["35_49"],
            "age_50_64": bands["50_64"],
            "age_65_74": bands["65"] + bands["66_69"] + bands["70_74"],
            "age_75_84": bands["75_79"] + bands["80_84"],
            "age_85_over": bands["85_over"],
        },
    )


def _counts(path: Path, member: str, columns: Mapping[str, str]) -> pd.DataFrame:
    frame = read_zipped_csv(path, member, {**AREA, **columns})
    rules = [Column("area", "lsoa", unique=True)]
    rules += [Column(name, "count") for name in columns.values()]
    return check(frame, rules, where=f"{path.name}/{member}").set_index("area")


def _with_totals(residents: pd.Series, bands: Mapping[str, pd.Series]) -> pd.DataFrame:
    adults = pd.DataFrame(bands)
    return pd.concat(
        [residents.rename("residents"), adults.sum(axis=1).rename("adults"), adults], axis=1
    )
