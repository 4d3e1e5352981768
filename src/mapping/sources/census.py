"""Census 2021 topic summaries (Office for National Statistics, through Nomis).

A bulk file holds one CSV per level of areas; every reader takes `level`, "lsoa" or "oa" (output
areas). Each table's own total is its denominator: counts are perturbed by the publisher, so totals
of different tables, and of different levels, differ by a few people or households in most areas.
"""

from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile

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


def tenure(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
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
    return _counts(path, "ts054", level, columns)


def disability(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
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
    return _counts(path, "ts038", level, columns)


def ethnicity(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
    """
    Read TS021, its five main groups.

    Returns
    -------
    pandas.DataFrame
        Usual residents of all ages by `area`: `residents_ethnicity` (the table's total, the
        denominator of shares), `asian`, `black`, `mixed`, `white` and `other_ethnic`. The census
        groups Asian, Asian British or Asian Welsh as `asian`; Black, Black British, Black Welsh,
        Caribbean or African as `black`; mixed or multiple ethnic groups as `mixed`.
    """
    stem = "Ethnic group: "
    columns = {
        f"{stem}Total: All usual residents": "residents_ethnicity",
        f"{stem}Asian, Asian British or Asian Welsh": "asian",
        f"{stem}Black, Black British, Black Welsh, Caribbean or African": "black",
        f"{stem}Mixed or Multiple ethnic groups": "mixed",
        f"{stem}White": "white",
        f"{stem}Other ethnic group": "other_ethnic",
    }
    return _counts(path, "ts021", level, columns)


def age_five_year(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
    """
    Read TS007A and bridge its five-year bands to the bands used here.

    Returns
    -------
    pandas.DataFrame
        Usual residents by `area`: `residents`, `adults` (16 and over) and `age_16_24`,
        `age_25_34`, `age_35_49`, `age_50_64`, `age_65_74`, `age_75_84`, `age_85_over`, which add
        up to `adults`. Four fifths of those aged 15 to 19 are counted as adults.
    """
    bands = _counts(path, "ts007a", level, FIVE_YEAR)
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


def qualifications(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
    """
    Read TS067, highest level of qualification.

    Returns
    -------
    pandas.DataFrame
        Usual residents aged 16 and over by `area`: `residents_16_over` (the table's total),
        `no_qualifications`, `level_1`, `level_2`, `apprenticeship`, `level_3`, `level_4_over` and
        `other_qualifications`.
    """
    stem = "Highest level of qualification: "
    columns = {
        f"{stem}Total: All usual residents aged 16 years and over": "residents_16_over",
        f"{stem}No qualifications": "no_qualifications",
        f"{stem}Level 1 and entry level qualifications": "level_1",
        f"{stem}Level 2 qualifications": "level_2",
        f"{stem}Apprenticeship": "apprenticeship",
        f"{stem}Level 3 qualifications": "level_3",
        # "or above" in some issues, "and above" in others.
        f"{stem}Level 4 qualifications…": "level_4_over",
        f"{stem}Other qualifications": "other_qualifications",
    }
    return _counts(path, "ts067", level, columns)


def activity(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
    """
    Read TS066, economic activity status.

    Returns
    -------
    pandas.DataFrame
        Usual residents aged 16 and over by `area`: `residents_activity` (the table's total),
        `active` (without full-time students), `unemployed` (of those), `active_students`,
        `inactive`, and of the inactive `retired`, `students`, `looking_after_home`,
        `long_term_sick` and `other_inactive`. In March 2021 many people were on furlough, whom the
        census asked to count as working.
    """
    stem = "Economic activity status: "
    active = f"{stem}Economically active (excluding full-time students)"
    inactive = f"{stem}Economically inactive"
    columns = {
        f"{stem}Total: All usual residents aged 16 years and over": "residents_activity",
        active: "active",
        f"{active}: Unemployed": "unemployed",
        f"{stem}Economically active and a full-time student": "active_students",
        inactive: "inactive",
        f"{inactive}: Retired": "retired",
        f"{inactive}: Student": "students",
        f"{inactive}: Looking after home or family": "looking_after_home",
        f"{inactive}: Long-term sick or disabled": "long_term_sick",
        f"{inactive}: Other": "other_inactive",
    }
    return _counts(path, "ts066", level, columns)


def household_composition(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
    """
    Read TS003, who lives with whom.

    Returns
    -------
    pandas.DataFrame
        Households by `area`: `households_composition` (the table's total), `alone`, and of those
        `alone_66_over` (one person aged 66 and over), `family` and `other_households`.
    """
    stem = "Household composition: "
    columns = {
        f"{stem}Total": "households_composition",
        f"{stem}One person household": "alone",
        f"{stem}One person household: Aged 66 years and over": "alone_66_over",
        f"{stem}Single family household": "family",
        f"{stem}Other household types": "other_households",
    }
    return _counts(path, "ts003", level, columns)


def cars(path: Path, *, level: str = "lsoa") -> pd.DataFrame:
    """
    Read TS045, cars and vans.

    Returns
    -------
    pandas.DataFrame
        Households by `area`: `households_cars` (the table's total), `no_car`, `one_car`,
        `two_cars` and `three_cars_over`.
    """
    stem = "Number of cars or vans: "
    columns = {
        f"{stem}Total: All households": "households_cars",
        f"{stem}No cars or vans in household": "no_car",
        f"{stem}1 car or van in household": "one_car",
        f"{stem}2 cars or vans in household": "two_cars",
        f"{stem}3 or more cars or vans in household": "three_cars_over",
    }
    return _counts(path, "ts045", level, columns)


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


def holds(path: Path, level: str) -> bool:
    """Return whether a bulk file has a member of that level of areas."""
    try:
        with ZipFile(path) as archive:
            return any(name.endswith(f"-{level}.csv") for name in archive.namelist())
    except (BadZipFile, OSError):
        return False


def _counts(path: Path, table: str, level: str, columns: Mapping[str, str]) -> pd.DataFrame:
    member = f"census2021-{table}-{level}.csv"
    frame = read_zipped_csv(path, member, {**AREA, **columns})
    rules = [Column("area", level, unique=True)]
    rules += [Column(name, "count") for name in columns.values()]
    return check(frame, rules, where=f"{path.name}/{member}").set_index("area")


def _with_totals(residents: pd.Series, bands: Mapping[str, pd.Series]) -> pd.DataFrame:
    adults = pd.DataFrame(bands)
    return pd.concat(
        [residents.rename("residents"), adults.sum(axis=1).rename("adults"), adults], axis=1
    )
