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
    Column("adult_skills_rate", "share"),
)


def deprivation(path: Path) -> pd.DataFrame:
    """
    Read File 7 of the English Indices of Deprivation 2025.

    Returns
    -------
    pandas.DataFrame
        By `area` (LSOA 2021): `imd_score`, `education_score` and `health_score` (higher = more
        deprived), `income_rate`, `employment_rate` and `adult_skills_rate` (shares of the people
        each domain counts, 0 to 1), `imd_rank` (1 = most deprived in England) and `imd_decile`
        (1 = most deprived tenth). Ranks and deciles are never averaged.
    """
    return check(read_csv(path, FILE_7), COLUMNS, where=path.name).set_index("area")
