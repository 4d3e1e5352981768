"""Published figures of internet non-use: by age, for all adults, for disabled people, by tenure."""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

# Ages that one rate covers, and the part of them in each published band (by years of age).
MARGINS: Mapping[str, tuple[str, ...]] = {
    "16 to 24": ("age_16_24",),
    "25 to 34": ("age_25_34",),
    "35 to 49": ("age_35_49",),
    "50 to 64": ("age_50_64",),
    "65 to 74": ("age_65_74",),
    "75 and over": ("age_75_84", "age_85_over"),
}
BANDS = pd.DataFrame(
    [
        (1, 0, 0, 0, 0),
        (1, 0, 0, 0, 0),
        (10 / 15, 5 / 15, 0, 0, 0),
        (0, 5 / 15, 10 / 15, 0, 0),
        (0, 0, 0, 1, 0),
        (0, 0, 0, 0, 1),
    ],
    index=list(MARGINS),
    columns=["16 to 44", "45 to 54", "55 to 64", "65 to 74", "75 and over"],
)
# ONS, Internet users 2018 (Labour Force Survey, January to March): 99, 97, 92, 80 and 44 % had used
# the internet in the last three months.
BAND_RATES = pd.Series([0.01, 0.03, 0.08, 0.20, 0.56], BANDS.columns)
PUBLISHED_RATES = MappingProxyType(
    {age: float(BANDS.loc[name] @ BAND_RATES) for name, ages in MARGINS.items() for age in ages}
)
PUBLISHED_YEAR = 2018

# Not online in the last three months, 2019, disabled adults and others: ONS, Internet users 2019
# (78.3 and 94.8 % recent users, as quoted from its tables; the bulletin prints 78 %). The ratio of
# their odds, 5.05, is the margin that is kept: more adults count as disabled in that survey (about
# 24 %) than in the census (19.8 %).
DISABLED_2019, OTHERS_2019 = 0.217, 0.052
# All adults, 2018 (90 % recent users), in private households. Adults of 75 and over were 9.6 % of
# those: 2.6 of 53.6 million (4.5 million never users are 8.4 %), as never users aged 75 and over
# are 2.6 million and 50.3 % (44 % recent, 5.7 % lapsed; ONS, Internet users 2018, as quoted in the
# press). They are 10.5 % of England's residents in the 2021 census, care homes included.
ALL_2018 = 0.10
AGED_75_2018 = (2.6 / 0.503) / (4.5 / 0.084)

# Social renting: Scottish Household Survey 2023, home internet 85 % in social renting against 93 %
# of owners, as an odds ratio.
SOCIAL_RENTING_ODDS = 2.34
