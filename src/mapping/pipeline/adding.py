"""A planner's further tables by area, brought to the place's LSOAs with nothing lost unsaid.

Each is of one vintage, stated or told by its codes. Counts are shared out by people where areas
differ, rates are carried as means; every table says what of it matched, what did not, and what its
counts add up to before and after.
"""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import Lookup, by_parts, matched, vintage_of
from mapping.needs import OWN, OWN_COUNT, Reconciliation, ward_means
from mapping.pipeline.atlas import WAYS, Atlas
from mapping.pipeline.fitting_wards import Wards
from mapping.pipeline.inputs import Inputs
from mapping.sources import records
from mapping.study import OwnTable


@dataclass(frozen=True, eq=False)
class Added:
    """
    What the further tables brought.

    Parameters
    ----------
    lsoas, wards
        The tables with `own_…` indicators and `count_…` counts; NaN where a table has no figure.
    matched
        One entry per table; see `mapping.geography.matched`, with its `vintage` and `way`.
    checks
        Totals of the counts before and after.
    caveats
        What does not reach every area.
    """

    lsoas: gpd.GeoDataFrame
    wards: gpd.GeoDataFrame
    matched: tuple[dict[str, object], ...]
    checks: tuple[Reconciliation, ...]
    caveats: tuple[str, ...]


def with_tables(inputs: Inputs, lookup: Lookup, lsoas: gpd.GeoDataFrame, fitted: Wards) -> Added:
    """
    Join the study's further tables to a place's areas, and to its wards as all else was fitted.

    Raises
    ------
    InvalidTableError
        If a table is of no one vintage, of another than stated, or has none of the place's areas.
    """
    made = Added(lsoas, fitted.table, (), (), ())
    atlas = Atlas(inputs, lookup, lsoas)
    for name in inputs.study.tables:
        made = _with_one(made, name, atlas, fitted)
    return made


def _with_one(made: Added, name: str, atlas: Atlas, fitted: Wards) -> Added:
    path, told = atlas.inputs.tables[name], atlas.inputs.study.tables[name]
    given = records.area_table(path, told.area, counts=told.counts, rates=told.rates)
    where = path.name
    vintage = _vintage(told, given.index, atlas, where)
    spread = atlas.to_lsoas(given, told, vintage)
    here = spread.reindex(made.lsoas.index)
    row = matched(made.lsoas, {where: spread}).reset_index().to_dict("records")[0]
    if row["matched"] == 0:
        raise InvalidTableError(
            f"{where}: none of its {len(given)} areas ({vintage}) is in the place. Give a table of "
            "the place."
        )
    row |= {"vintage": vintage, "given": len(given), "way": WAYS[vintage.split()[0]]}
    lsoas, wards = made.lsoas.copy(), made.wards.copy()
    fit = by_parts(here[[*told.counts]], fitted.parts, method=fitted.method, wards=wards.index)
    for figure in told.counts:
        for frame, count in ((lsoas, here[figure]), (wards, fit.table[figure])):
            people = frame[told.per]
            frame[OWN_COUNT + figure] = count
            frame[OWN + figure] = count / people.where(people > 0)
    rates = here[[*told.rates]].add_prefix(OWN)
    lsoas = lsoas.join(rates)
    wards = wards.join(ward_means(rates, lsoas["residents"], fitted.parts))
    elsewhere = spread.drop(index=lsoas.index, errors="ignore")
    checks = [
        Reconciliation(
            measure=figure,
            source=where,
            before=float(given[figure].sum() - elsewhere[figure].sum()),
            lsoas=float(here[figure].sum()),
            wards=float(fit.table[figure].sum()),
        )
        for figure in told.counts
    ]
    caveats = (*_not_everywhere(here, where), *map(_not_kept, filter(_fails, checks)))
    return Added(
        lsoas,
        wards,
        (*made.matched, row),
        (*made.checks, *checks),
        (*made.caveats, *caveats),
    )


def _fails(check: Reconciliation) -> bool:
    return not check.holds


def _vintage(told: OwnTable, codes: pd.Index, atlas: Atlas, where: str) -> str:
    """Return the vintage of a table: as stated, if its codes bear it out, or as they tell."""
    if told.vintage is None:
        return vintage_of(codes, atlas.known, where=where)
    if told.vintage not in atlas.known:
        raise InvalidTableError(
            f"{where}: areas of {told.vintage} cannot be brought to LSOAs with the files that are "
            f"here (only of {', '.join(atlas.known)}). Get the lookup or outlines of that year."
        )
    return vintage_of(codes, {told.vintage: atlas.known[told.vintage]}, where=where)


def _not_everywhere(here: pd.DataFrame, where: str) -> tuple[str, ...]:
    lacking = here.index[here.isna().any(axis=1)]
    if lacking.empty:
        return ()
    return (
        f"{where} has no figure for {len(lacking)} of {len(here)} areas (first {lacking[0]}); "
        "wards with one of them have no count from it.",
    )


def _not_kept(check: Reconciliation) -> str:
    return (
        f"{check.source}: of {check.before:,.0f} {check.measure.replace('_', ' ')}, "
        f"{check.lsoas:,.0f} could be told by LSOA and {check.wards:,.0f} by ward; the rest is in "
        "areas of which only a part is in the table, or that are not known."
    )
