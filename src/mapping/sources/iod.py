"""English Indices of Deprivation (Ministry of Housing, Communities and Local Government)."""

from pathlib import Path

import pandas as pd

from mapping.sources.delimited import read_csv
from mapping.tables import Column, check

# Headers of File 7, 2025. Long ones are matched by their beginning: some copies cut them.
FILE_7 = {
    "LSOA code (2021)": "area",
    "Index of Multiple Deprivation (IMD) Score": "imd_score",
    "Index of Multiple Deprivation (IMD) Rank…": "imd_rank",
    "Index of Multiple Deprivation (IMD) Decile…": "imd_decile",
    "Income Score (rate)": "income_rate",
    "Employment Score (rate)": "employment_rate",
    "Education, Skills and Training Score": "education_score",
    "Health Deprivation and Disability Score": "health_score",
    "Crime Score": "crime_score",
    "Barriers to Housing and Services Score": "barriers_score",
    "Living Environment Score": "living_score",
    "Adult Skills Sub-domain Score": "adult_skills_rate",
}
COLUMNS = (
    Column("area", "lsoa", unique=True),
    Column("imd_score", low=0, high=100),
    Column("imd_rank", "count", low=1),
    Column("imd_decile", "count", low=1, high=10),
    Column("income_rate", "share"),
    Column("employment_rate", "share"),
    Column("education_score"),
    Column("health_score"),
    Column("crime_score"),
    Column("barriers_score"),
    Column("living_score"),
    Column("adult_skills_rate", "share"),
)


def deprivation(path: Path) -> pd.DataFrame:
    """
    Read File 7 of the English Indices of Deprivation 2025.

    Returns
    -------
    pandas.DataFrame
        By `area` (LSOA 2021): `imd_score` and the scores of domains, `education_score`,
        `health_score`, `crime_score`, `barriers_score` (to housing and services) and `living_score`
        (living environment), of which higher = more deprived; `income_rate`, `employment_rate` and
        `adult_skills_rate` (shares of the people each domain counts, 0 to 1), `imd_rank` (1 = most
        deprived in England) and `imd_decile` (1 = most deprived tenth). Ranks and deciles are never
        averaged.
    """
    return check(read_csv(path, FILE_7), COLUMNS, where=path.name).set_index("area")


# Headers of File 7, 2019. Some re-distributions hold the ranks and deciles only.
FILE_7_2019 = {
    "LSOA code (2011)": "area11",
    "Index of Multiple Deprivation (IMD) Rank…": "imd_rank",
    "Index of Multiple Deprivation (IMD) Decile…": "imd_decile",
}
FILE_7_2019_SCORES = {
    "Index of Multiple Deprivation (IMD) Score": "imd_score",
    "Income Score (rate)": "income_rate",
    "Employment Score (rate)": "employment_rate",
    "Education, Skills and Training Score": "education_score",
    "Health Deprivation and Disability Score": "health_score",
    "Crime Score": "crime_score",
    "Barriers to Housing and Services Score": "barriers_score",
    "Living Environment Score": "living_score",
    "Adult Skills Sub-domain Score": "adult_skills_rate",
    "Total population: mid 2015…": "population_2015",
}
KINDS = {
    "iod2019": {
        "imd_rank": "rank",
        "imd_decile": "rank",
        "imd_score": "rate",
        "income_rate": "rate",
        "employment_rate": "rate",
        "education_score": "rate",
        "health_score": "rate",
        "crime_score": "rate",
        "barriers_score": "rate",
        "living_score": "rate",
        "adult_skills_rate": "rate",
        "population_2015": "count",
    }
}


def deprivation_2019(path: Path) -> pd.DataFrame:
    """
    Read File 7 of the English Indices of Deprivation 2019.

    Returns
    -------
    pandas.DataFrame
        By `area11` (LSOA 2011): `imd_rank` (1 = most deprived of 32,844) and `imd_decile`; and,
        where the file has them, the scores and rates of `deprivation` and `population_2015`
        (mid-2015, without prisoners), the people behind them. Neither ranks nor scores of 2019
        and 2025 measure change: the indicators differ.
    """
    frame = read_csv(path, FILE_7_2019, optional=FILE_7_2019_SCORES)
    known = {column.name: column for column in COLUMNS}
    rules = [Column("area11", "lsoa", unique=True)]
    rules += [known[name] for name in frame if name in known]
    rules += [Column("population_2015", "count")] if "population_2015" in frame else []
    return check(frame, rules, where=path.name).set_index("area11")


# Headers of the underlying indicators, 2025, as one table (the publisher issues a workbook with
# one sheet per domain), and where blank = suppressed by the publisher.
INDICATORS = {
    "lsoa21_code": "area",
    "digital_connectivity…": "digital_connectivity",
    "income_deprivation_affecting_older_people_index_idaopi_numerator": "older_income_deprived",
}
INDICATOR_COLUMNS = (
    Column("area", "lsoa", unique=True),
    Column("digital_connectivity"),
    Column("older_income_deprived", "count", blank=True),
)


def indicators(path: Path) -> pd.DataFrame:
    """
    Read underlying indicators of the English Indices of Deprivation 2025.

    Returns
    -------
    pandas.DataFrame
        By `area` (LSOA 2021): `digital_connectivity` (the publisher's score of broadband
        download and upload speeds, 0 on average over England) and `older_income_deprived` (people
        aged 60 and over in income-deprived households, the numerator of IDAOPI; NaN where the
        publisher suppressed a small count, never 0).
    """
    frame = read_csv(path, INDICATORS)
    return check(frame, INDICATOR_COLUMNS, where=path.name).set_index("area")
