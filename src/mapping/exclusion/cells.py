"""Who lives where: adults by age, tenure and disability together, area by area.

The census publishes each by itself for small areas. What lives together is fitted: the tables that
keep every area's own margins and otherwise the associations of a stated seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion.fitting import proportional_fit
from mapping.exclusion.persons import (
    AGES,
    DISABILITIES,
    DISABLED_BY_AGE,
    ENGLAND,
    TENURES,
    persons,
)

Seed = Literal["england", "independence"]
CELLS = pd.MultiIndex.from_product(
    [AGES, TENURES, DISABILITIES], names=["age", "tenure", "disability"]
)
SHAPE = (len(AGES), len(TENURES), len(DISABILITIES))

# How much more often disabled people rent from a social landlord, as an odds ratio at a given age:
# 24.7 % of disabled people of 16 to 64 and 8.2 % of others (ONS, Disability and housing, UK 2019,
# Annual Population Survey): 3.67. Assumption: from 65, where disability is commoner in every
# tenure, half of its logarithm. Assumption: age and social renting are not associated (about one
# adult in seven at every age).
DISABLED_SOCIAL_ODDS = (0.247 / 0.753) / (0.082 / 0.918)
OLD = ("age_65_74", "age_75_84", "age_85_over")

# Thousands of adults in England by age (rows), and within a row: social renting and disabled, not
# disabled; other tenure and disabled, not disabled; each by the seeds "england" and "independence".
# The sum over the cells of all 33,755 LSOAs (Census 2021), which holds what one table of England
# would not: that older people live where fewer homes are let by social landlords. A test makes it
# again from the published files.
_THOUSANDS = (
    (274.4, 213.4), (721.4, 782.0), (470.8, 939.6), (4522.5, 4054.2),  # 16 to 24
    (349.7, 273.4), (928.0, 1003.5), (595.5, 1202.3), (5794.5, 5188.5),  # 25 to 34
    (527.3, 365.6), (1160.6, 1321.4), (1007.4, 1756.2), (8283.1, 7535.1),  # 35 to 49
    (676.6, 347.0), (869.9, 1198.0), (1604.5, 1841.6), (7819.0, 7583.4),  # 50 to 64
    (281.3, 162.4), (423.6, 544.2), (1203.2, 969.6), (3655.8, 3887.6),  # 65 to 74
    (220.3, 97.5), (200.0, 323.9), (1072.9, 613.6), (1971.5, 2429.7),  # 75 to 84
    (120.1, 39.5), (48.4, 129.8), (663.2, 245.5), (540.4, 957.3),  # 85 and over
)  # fmt: skip
ENGLAND_CELLS = 1000.0 * pd.DataFrame(_THOUSANDS, CELLS, ["england", "independence"])

CAVEAT = (
    "People by age, tenure and disability together are fitted to each area's Census 2021 tables, "
    "not counted: adults per home by tenure (1.65 and 1.98), the rise of disability with age and "
    "its association with social renting past 65 are assumptions (other plausible values move an "
    "area by 0.1 points on average, by 1 at most)."
)
INDEPENDENCE = (
    "Age, tenure and disability are taken as independent within each area, which they are not; "
    "seed_effect shows what that changes."
)


@dataclass(frozen=True, eq=False)
class Cells:
    """
    Adults of each area by age, tenure and disability together.

    Parameters
    ----------
    people
        By `area`: people aged 16 and over in each of `CELLS` (columns `age`, `tenure`,
        `disability`). NaN where an area lacks adults, homes or residents.
    adults
        People aged 16 and over by area, those of areas without cells too; NaN where blank.
    seed
        Whose associations were taken: "england" or "independence".
    diagnostics
        How the fit went: rounds, the largest gap left between a table and a margin (people), and
        areas that did not converge.
    caveats
        What a reader has to be told.
    """

    people: pd.DataFrame
    adults: pd.Series
    seed: str
    diagnostics: Mapping[str, float | str]
    caveats: tuple[str, ...]

    def people_by(self, *by: str, areas: "pd.Index | pd.Series | None" = None) -> pd.Series:
        """
        Return adults by one or more characteristics, over any set of areas.

        Parameters
        ----------
        by
            "age", "tenure", "disability"; none = everybody, as one number per cell.
        areas
            Areas to count, or the share (0 to 1) of each area's people to count; all by default.
            Areas without cells count nobody.

        Raises
        ------
        InvalidTableError
            If a characteristic or an area is not known.

        Examples
        --------
        >>> (england_cells().people_by("disability") / 1e6).round(1).to_dict()
        {'disabled': 9.1, 'not disabled': 36.9}
        """
        counted = chosen(self.people, areas)
        total = self.people.loc[counted.index].mul(counted, axis=0).sum()
        return total if not by else total.groupby(level=levels(by), sort=False).sum()


def fitted_cells(needs: pd.DataFrame, *, seed: Seed = "england") -> Cells:
    """
    Fit people by age × tenure × disability in every area.

    Iterative proportional fitting (Deming and Stephan, 1940) to the margins that `persons` makes
    of the census tables: the three margins of an area are kept exactly, and the odds ratios
    between the characteristics are the seed's.

    Parameters
    ----------
    needs
        See `persons`.
    seed
        "england": disabled people rent from a social landlord more often (odds ratio 3.67 up to
        64, 1.92 from 65), and disability rises with age. "independence": a fallback that ignores
        both; its effect is shown by `seed_effect`.

    Raises
    ------
    InvalidTableError
        See `persons`; or if the seed is neither.
    """
    margins = persons(needs)
    known = margins.age.notna().all(axis=1)
    tables = [table[known].to_numpy() for table in (margins.age, margins.tenure)]
    fitted = proportional_fit(_joint(seed), [*tables, margins.disability[known].to_numpy()])
    people = pd.DataFrame(
        fitted.tables.reshape(known.sum(), -1), margins.age.index[known], CELLS
    ).reindex(needs.index)
    unfitted = int((~fitted.converged).sum())
    return Cells(
        people,
        needs["adults"].astype(float),
        seed,
        {
            "rounds of proportional fitting": fitted.rounds,
            "largest gap to a margin (people)": float(fitted.gaps.max(initial=0.0)),
            "areas not converged": unfitted,
        },
        _caveats(seed, int((~known).sum()), unfitted),
    )


def england_cells(*, seed: Seed = "england") -> Cells:
    """Return the cells of England as one area, "England": `ENGLAND_CELLS`."""
    people = pd.DataFrame([ENGLAND_CELLS[seed]], index=pd.Index(["England"], name="area"))
    return Cells(people, people.sum(axis=1), seed, {}, _caveats(seed, 0, 0))


def _caveats(seed: str, without: int, unfitted: int) -> tuple[str, ...]:
    caveats = [CAVEAT] if seed == "england" else [CAVEAT, INDEPENDENCE]
    if without:
        caveats.append(f"{without} areas lack adults, homes or residents and have no estimate.")
    if unfitted:
        caveats.append(f"In {unfitted} areas the fitted people miss a census margin.")
    return tuple(caveats)


def _joint(seed: str) -> np.ndarray:
    """Return the seed: only its odds ratios matter."""
    joint = np.ones(SHAPE)
    if seed == "independence":
        return joint
    if seed != "england":
        raise InvalidTableError(f"seed is “{seed}”; give “england” or “independence”.")
    one = pd.DataFrame([dict(ENGLAND)])
    margins = persons(one)
    joint[:, 0, 0] = [DISABLED_SOCIAL_ODDS ** (0.5 if age in OLD else 1.0) for age in AGES]
    return _with_disability_by_age(joint, margins.age.to_numpy()[0], margins.tenure.to_numpy()[0])


def _with_disability_by_age(joint: np.ndarray, ages: np.ndarray, tenures: np.ndarray) -> np.ndarray:
    """Return England's people: one table of tenure × disability at each age."""
    disabled = ages * [DISABLED_BY_AGE[age] for age in AGES]
    by_tenure = np.outer(ages, tenures / tenures.sum())
    by_disability = np.column_stack([disabled, ages - disabled])
    return np.stack(
        [
            proportional_fit(table, [rents[None], able[None]]).tables[0]
            for table, rents, able in zip(joint, by_tenure, by_disability, strict=True)
        ]
    )


def levels(by: tuple[str, ...]) -> list[str]:
    """
    Return characteristics that cells have.

    Raises
    ------
    InvalidTableError
        If one is not known.
    """
    strange = [name for name in by if name not in CELLS.names]
    if strange:
        raise InvalidTableError(
            f"cells have no {', '.join(strange)}. Ask for {', '.join(CELLS.names)}."
        )
    return list(by)


def chosen(people: pd.DataFrame, areas: "pd.Index | pd.Series | None") -> pd.Series:
    """
    Return the share (0 to 1) of each area's people to count, of areas that have cells.

    Raises
    ------
    InvalidTableError
        If an area is not known or stands twice, or a share is not between 0 and 1.
    """
    if areas is None:
        shares = pd.Series(1.0, people.index)
    elif isinstance(areas, pd.Series):
        shares = areas.astype(float)
    else:
        shares = pd.Series(1.0, pd.Index(areas))
    strange = shares.index.difference(people.index)
    if len(strange) or shares.index.has_duplicates or not shares.between(0, 1).all():
        raise InvalidTableError(
            f"areas to count: {len(strange)} are not known{_first(strange)}, "
            f"{shares.index.duplicated().sum()} stand twice, {(~shares.between(0, 1)).sum()} have "
            "a share that is not between 0 and 1. Give each area once."
        )
    return shares[people.loc[shares.index].notna().all(axis=1).to_numpy()]


def _first(names: pd.Index) -> str:
    return f" (first {names[0]})" if len(names) else ""
