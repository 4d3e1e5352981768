"""Small areas fitted to wards: by output areas where they are held, else by LSOAs.

Output areas follow a ward's boundary more closely, so a ward that no LSOA fits best may still have
some. Which way was taken is named in the notes of the build.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from mapping import needs
from mapping.errors import InvalidTableError
from mapping.geography import Lookup, best_fit, refuse_other_wards
from mapping.needs import Reconciliation
from mapping.pipeline.counting import inside
from mapping.pipeline.inputs import Inputs
from mapping.pipeline.output_areas import OutputAreas
from mapping.vintages import cross_tabulated


@dataclass(frozen=True, eq=False)
class Wards:
    """
    Wards with their figures, and how they came about.

    Parameters
    ----------
    table
        Outlines and figures by `area`; NaN in a ward that no small area fits best.
    small
        Output areas with their `ward` and `ward_name` in the table, where they were fitted.
    parts
        `area` (LSOA), `ward` and `part` of its adults who live there: 1 where LSOAs were fitted.
    method
        In words.
    without
        Wards that no small area fits best.
    checks
        Totals of output areas before and after.
    matched
        File to output areas and what of them it has; see `mapping.geography.matched`.
    caveats
        What every reader has to be told.
    """

    table: gpd.GeoDataFrame
    small: OutputAreas | None
    parts: pd.DataFrame
    method: str
    without: tuple[str, ...]
    checks: tuple[Reconciliation, ...]
    matched: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]
    caveats: tuple[str, ...]


def fitted_wards(
    inputs: Inputs,
    lookup: Lookup,
    lsoas: gpd.GeoDataFrame,
    output_areas: OutputAreas | None = None,
) -> Wards:
    """
    Add a place's small areas up to wards by the finest lookup held.

    Parameters
    ----------
    output_areas
        Where they are held; see `mapping.pipeline.output_areas`.

    Raises
    ------
    InvalidTableError
        If outlines are of other wards than the lookup, or an output area has no ward.
    """
    official, district = None, inputs.study.district
    if inputs.has("ward_boundaries"):
        everywhere = inputs.table("ward_boundaries")
        official = everywhere[everywhere["district"] == district]
        where = inputs.file("ward_boundaries")
        refuse_other_wards(lookup, official.index, district, where=where)
    small = _with_wards(inputs, lookup, output_areas)
    finer = None if small is None else small.table.groupby("ward")["ward_name"].first()
    outlines, caveats = needs.ward_outlines(lsoas, official, finer=finer)
    if small is None:
        added = needs.to_wards(lsoas, lsoas["ward"])
        fit = best_fit(lsoas[["residents"]], lsoas["ward"], level="LSOAs", wards=outlines.index)
        parts = pd.DataFrame({"area": lsoas.index, "ward": lsoas["ward"].to_numpy(), "part": 1.0})
        matched: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        checks: tuple[Reconciliation, ...] = ()
    else:
        table = small.table
        added = needs.to_wards(table, table["ward"])
        level = "output areas"
        fit = best_fit(table[["residents"]], table["ward"], level=level, wards=outlines.index)
        parts = _parts(table)
        checks = needs.reconciled(small.census, table, added)
        matched = {name: (table, counted) for name, counted in small.census.items()}
    strange = added.index.difference(outlines.index)
    if len(strange):
        raise InvalidTableError(
            f"{inputs.file('output_area_wards')}: {len(strange)} wards that areas of {district} "
            f"fit best have no outline (first {strange[0]}). Use outlines and lookup of the same "
            "year."
        )
    table = gpd.GeoDataFrame(outlines.join(added), geometry="geometry", crs=lsoas.crs)
    return Wards(table, small, parts, fit.method, tuple(fit.without), checks, matched, caveats)


def _with_wards(inputs: Inputs, lookup: Lookup, small: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return output areas with their wards; None where no lookup of the same wards is held."""
    role = "output_area_wards"
    if small is None or not inputs.has(role):
        return None
    if not lookup.vintage.endswith(inputs.published[role][0].vintage.split(", ")[1]):
        return None
    wards = {inputs.file(role): inputs.table(role)[["ward", "ward_name"]]}
    return replace(small, table=needs.joined(small.table, wards))


def _parts(small: pd.DataFrame) -> pd.DataFrame:
    """Return what part of each LSOA's adults lives in which ward, by its output areas."""
    pairs = small.groupby(["lsoa", "ward"])["adults"].sum().reset_index()
    total = pairs.groupby("lsoa")["adults"].transform("sum")
    alike = 1 / pairs.groupby("lsoa")["adults"].transform("size")
    pairs["part"] = (pairs["adults"] / total.where(total > 0)).fillna(alike)
    return pairs.rename(columns={"lsoa": "area"})[["area", "ward", "part"]]


def earlier_wards(
    inputs: Inputs, lsoas: gpd.GeoDataFrame, wards: pd.DataFrame
) -> pd.DataFrame | None:
    """
    Say how the people of earlier wards are spread over the present ones, and the other way round.

    Returns
    -------
    pandas.DataFrame or None
        See `mapping.vintages.cross_tabulated`; and `earlier_name`, `later_name`. None where the
        outlines of earlier wards are not held, or show none of the place.
    """
    role = "earlier_ward_boundaries"
    if not inputs.has(role):
        return None
    outlines = inputs.table(role)
    points = points_in(inputs, lsoas)
    earlier = inside(points, outlines)
    if earlier.isna().all():
        return None
    near = gpd.GeoDataFrame(geometry=points[earlier.isna()])
    # Simplified outlines leave a point of the shore outside: the nearest ward is meant.
    nearest = gpd.sjoin_nearest(near, outlines[["geometry"]].rename_axis("ward").reset_index())
    earlier = earlier.fillna(nearest["ward"][~nearest.index.duplicated()])
    table = cross_tabulated(earlier, lsoas["ward"], lsoas["residents"])
    table.insert(1, "earlier_name", table["earlier"].map(outlines["name"]))
    table.insert(3, "later_name", table["later"].map(wards["name"]))
    return table


def points_in(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return where the people of each area are taken to be: its centroid, or a point inside."""
    inner = lsoas.representative_point()
    if not inputs.has("centroids"):
        return inner
    return inputs.table("centroids").geometry.reindex(lsoas.index).fillna(inner)
