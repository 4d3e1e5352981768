"""From tidy area tables and boundaries to the needs of each area, with nothing lost on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import ward_gaps

AGES = (
    "age_16_24", "age_25_34", "age_35_49", "age_50_64", "age_65_74", "age_75_84", "age_85_over",
)  # fmt: skip
COUNTS = (
    "residents", "adults", *AGES,
    "households", "owned", "shared_ownership", "social_rented", "private_rented", "rent_free",
    "disability_base", "disabled",
)  # fmt: skip
# Rates and scores whose own denominators are not published for every area: carried to larger
# areas as means weighted by residents. Ranks and deciles are not carried at all.
WEIGHTED = (
    "imd_score", "income_rate", "employment_rate", "education_score", "health_score",
    "crime_score", "barriers_score", "living_score", "adult_skills_rate", "need",
)  # fmt: skip
# How figures of a planner's own tables are called: as an indicator, and as the count behind it.
OWN, OWN_COUNT = "own_", "count_"


@dataclass(frozen=True)
class Reconciliation:
    """
    What one measure adds up to before and after it was joined.

    Parameters
    ----------
    measure
        The column.
    source
        The file it came from.
    before
        Total over the place's rows of that file.
    lsoas, wards
        Totals over the joined tables.
    """

    measure: str
    source: str
    before: float
    lsoas: float
    wards: float

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or counted twice."""
        tolerance = 1e-6 * max(1.0, abs(self.before))
        return abs(self.before - self.lsoas) < tolerance > abs(self.before - self.wards)


def joined(places: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Join area tables to a list of areas, each on its index.

    Parameters
    ----------
    places
        The areas wanted, by `area`.
    tables
        File name to table by `area`; rows of other areas are ignored.

    Raises
    ------
    InvalidTableError
        Names every table that misses an area, repeats one, or brings a column twice.
    """
    faults = []
    seen = set(places.columns)
    for where, table in tables.items():
        missing = places.index.difference(table.index)
        if len(missing):
            faults.append(
                f"{where} has no row for {len(missing)} of {len(places)} areas "
                f"({', '.join(missing[:3])}{' …' if len(missing) > 3 else ''})"
            )
        if table.index.has_duplicates:
            faults.append(f"{where} repeats {table.index[table.index.duplicated()][0]}")
        twice = seen & set(table.columns)
        if twice:
            faults.append(f"{where} brings {', '.join(sorted(twice))} a second time")
        seen |= set(table.columns)
    if faults:
        raise InvalidTableError(f"{'; '.join(faults)}. Use tables of the same place and vintage.")
    return places.join([table.reindex(places.index) for table in tables.values()])


def indicators(areas: pd.DataFrame) -> pd.DataFrame:
    """
    Return shares and scores by area, higher = more need, for indices and models.

    Returns
    -------
    pandas.DataFrame
        Shares of adults by age, of residents who are disabled, of households in social and
        private renting (0 to 1), the deprivation rates and scores as published, and what own tables
        brought. NaN where an area has no adults, residents or households.
    """
    frame = pd.DataFrame({f"share_{age}": areas[age] / areas["adults"] for age in AGES})
    frame["share_age_75_over"] = frame["share_age_75_84"] + frame["share_age_85_over"]
    frame["share_disabled"] = areas["disabled"] / areas["disability_base"]
    frame["share_social_rented"] = areas["social_rented"] / areas["households"]
    frame["share_private_rented"] = areas["private_rented"] / areas["households"]
    given = [name for name in WEIGHTED if name in areas and name != "need"]
    return frame.join(areas[[*given, *(name for name in areas if name.startswith(OWN))]])


def to_wards(areas: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """
    Add areas up to wards: counts are summed, rates and scores weighted by residents.

    A ward's rate is the mean over those of its areas where it is known, NaN where none is.

    Parameters
    ----------
    areas
        By `area`, with any of `COUNTS` and `WEIGHTED`.
    groups
        The ward of each area.

    Raises
    ------
    InvalidTableError
        If an area has no ward, or more than one: nobody is lost or counted twice.
    """
    twice = groups.index[groups.index.duplicated()]
    without = areas.index.difference(groups.dropna().index)
    if len(twice) or len(without):
        raise InvalidTableError(
            f"ward lookup: {len(twice)} areas stand twice and {len(without)} have no ward (first "
            f"{[*twice, *without][0]}). Give every area one ward."
        )
    ward = groups.reindex(areas.index)
    counts = areas[[name for name in COUNTS if name in areas]].groupby(ward).sum()
    rates = areas[[name for name in WEIGHTED if name in areas]]
    parts = pd.DataFrame({"area": areas.index, "ward": ward.to_numpy(), "part": 1.0})
    frame = counts.join(ward_means(rates, areas["residents"], parts))
    frame.index.name = "area"
    return frame


def ward_means(rates: pd.DataFrame, residents: pd.Series, parts: pd.DataFrame) -> pd.DataFrame:
    """
    Return mean rates by ward, weighted by residents, over those of its areas where it is known.

    Parameters
    ----------
    rates
        By area; NaN where not known.
    residents
        By area.
    parts
        One row per area and ward that share people: `area`, `ward` and `part` of the area's people
        who live there.

    Examples
    --------
    >>> rates = pd.DataFrame({"rate": [0.1, 0.5]}, index=["A", "B"])
    >>> people = pd.Series({"A": 300, "B": 200})
    >>> parts = pd.DataFrame({"area": [*"ABB"], "ward": [*"WWV"], "part": [1, 0.5, 0.5]})
    >>> ward_means(rates, people, parts)["rate"].to_dict()
    {'V': 0.5, 'W': 0.2}
    """
    here = rates.reindex(parts["area"])
    ward = parts["ward"].to_numpy()
    weight = residents.reindex(parts["area"]).to_numpy() * parts["part"].to_numpy()
    weighted = here.mul(weight, axis=0).groupby(ward).sum()
    # An area whose rate is not known has no say in the mean, or it would count as 0.
    known = here.notna().mul(weight, axis=0).groupby(ward).sum()
    return (weighted / known).rename_axis("area")


def ward_outlines(
    areas: gpd.GeoDataFrame,
    official: gpd.GeoDataFrame | None,
    *,
    finer: pd.Series | None = None,
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """
    Return an outline and a name for every ward, those without a best-fit area included.

    Official outlines say which wards there are. Without them, a code missing from the run of ward
    codes is taken for one more.

    Parameters
    ----------
    areas
        LSOAs with `ward`, `ward_name` and geometry.
    official
        Published ward outlines of the district by `area`, or None: then wards are drawn as the
        areas that fit them best.
    finer
        Name by code of the wards that output areas fit best, where those are held: they have
        figures although no LSOA fits them best.

    Returns
    -------
    geopandas.GeoDataFrame
        `name`, geometry by `area` (ward); a ward without outline has no geometry.
    tuple of str
        Caveats.
    """
    finer = pd.Series(dtype=object) if finer is None else finer
    if official is None:
        return _best_fit_outlines(areas, finer)
    wards = official[["name", "geometry"]].sort_index()
    without = wards.loc[wards.index.difference([*areas["ward"], *finer.index]), "name"]
    told = ", ".join(f"{name} ({code})" for code, name in without.items())
    caveat = (
        f"No {'LSOA' if finer.empty else 'output area'} fits best in {told}, so ward tables show "
        "no estimate there; its residents are counted in the neighbouring wards."
    )
    return wards, (caveat,) if len(without) else ()


def _best_fit_outlines(
    areas: gpd.GeoDataFrame, finer: pd.Series
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Put the LSOAs that fit each ward best together, and name the codes missing from the run."""
    wards = areas[["ward", "ward_name", "geometry"]].dissolve("ward")
    wards = wards.rename(columns={"ward_name": "name"}).rename_axis("area")
    caveat = (
        "Ward outlines are the LSOAs that fit each ward best, put together; the official outlines "
        "were not given."
    )
    known = finer[~finer.index.isin(wards.index)]
    gaps = ward_gaps([*wards.index, *known.index])
    names = [*known, *gaps]
    if not names:
        return wards, (caveat,)
    blank = gpd.GeoDataFrame(
        {"name": names},
        index=pd.Index([*known.index, *gaps], name="area"),
        geometry=[None] * len(names),
        crs=areas.crs,
    )
    wards = gpd.GeoDataFrame(pd.concat([wards, blank]), crs=areas.crs).sort_index()
    return wards, (caveat, *map(_gap_sentence, gaps))


def _gap_sentence(code: str) -> str:
    return (
        f"{code} is missing from the run of ward codes: no LSOA fits best in it, if it is a ward; "
        "ward tables show no estimate there, and its residents are counted in neighbouring wards."
    )


def reconciled(
    tables: Mapping[str, pd.DataFrame],
    lsoas: pd.DataFrame,
    wards: pd.DataFrame,
    *,
    measures: Sequence[str] = ("residents", "adults", "households", "social_rented", "disabled"),
) -> tuple[Reconciliation, ...]:
    """
    Compare totals of people and homes in the files with those after every join.

    Raises
    ------
    InvalidTableError
        If a total changed: the build stops rather than lose anybody.
    """
    checks = []
    for measure in measures:
        for where, table in tables.items():
            if measure in table:
                before = float(table.loc[table.index.isin(lsoas.index), measure].sum())
                after = float(lsoas[measure].sum()), float(wards[measure].sum())
                checks.append(Reconciliation(measure, where, before, *after))
    broken = [check for check in checks if not check.holds]
    if broken:
        raise InvalidTableError(
            "; ".join(
                f"{check.measure}: {check.before:,.0f} in {check.source}, {check.lsoas:,.0f} in "
                f"LSOAs, {check.wards:,.0f} in wards"
                for check in broken
            )
            + ". The ward lookup does not cover every area once."
        )
    return tuple(checks)
