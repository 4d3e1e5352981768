"""Output areas, the smallest that the census counts: their people, and the estimate among them."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from mapping import exclusion, needs
from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion
from mapping.pipeline.explaining import central_groups
from mapping.pipeline.inputs import Inputs
from mapping.sources.census import holds

CENSUS = ("age", "tenure", "disability")
# Which LSOA an output area is part of, stands in the lookup and beside the outlines.
LOOKUPS = ("output_areas", "output_area_boundaries")
CAVEAT = (
    "Output areas: no source says how many are offline in one. The estimate of each LSOA is "
    "divided by what national rates say of the people of its parts; how far they depart from that "
    "is an assumption. Tried where it can be checked, on wards divided among LSOAs, 97% of the "
    "true shares lay in their 95% range (census returns not made online, 2021)."
)


def output_areas(inputs: Inputs, lsoas: pd.DataFrame) -> pd.DataFrame | None:
    """
    Return people and homes of a place's output areas, and the rates of the LSOA of each.

    Returns
    -------
    pandas.DataFrame or None
        By `area` (output area): `lsoa`, the columns of the census tables, and those of
        `needs.WEIGHTED`, which are published for LSOAs only. None where the census files hold no
        output areas, or nothing says which LSOA each is part of.

    Raises
    ------
    InvalidTableError
        If an LSOA has none, or a census table misses one.
    """
    known = next(filter(inputs.has, LOOKUPS), None)
    if known is None or not all(map(inputs.has, CENSUS)):
        return None
    if not all(holds(inputs.published[role][1], "oa") for role in CENSUS):
        return None
    lsoa = inputs.table(known)["lsoa"]
    mine = lsoa[lsoa.isin(lsoas.index)]
    empty = lsoas.index.difference(mine)
    if len(empty):
        raise InvalidTableError(
            f"{inputs.file(known)}: {len(empty)} LSOAs have no output area (first {empty[0]}). Use "
            "the whole file, of the vintage of the other tables."
        )
    rates = lsoas[[name for name in needs.WEIGHTED if name in lsoas]]
    tables = census_tables(inputs, mine.index)
    return needs.joined(mine.to_frame(), tables).join(rates, on="lsoa")


def census_tables(inputs: Inputs, areas: pd.Index) -> dict[str, pd.DataFrame]:
    """Return the census tables of output areas, by what messages call them."""
    tables = {
        f"{inputs.file(role)} (output areas)": inputs.table(role, level="oa") for role in CENSUS
    }
    return {name: table[table.index.isin(areas)] for name, table in tables.items()}


def drawn(
    inputs: Inputs, small: pd.DataFrame | None, lsoas: gpd.GeoDataFrame
) -> gpd.GeoDataFrame | None:
    """
    Return output areas with outlines, for maps; None where either is not held.

    Parameters
    ----------
    small
        See `output_areas`; with `ward` and `ward_name` where wards were fitted by them.

    Raises
    ------
    InvalidTableError
        If one has no outline.
    """
    role = "output_area_boundaries"
    if small is None or not inputs.has(role):
        return None
    outlines = needs.joined(small, {inputs.file(role): inputs.table(role)[["geometry"]]})
    if "ward" not in outlines:
        outlines = outlines.join(lsoas[["ward", "ward_name"]], on="lsoa")
    within = outlines["lsoa"].map(lsoas["name"])
    outlines.insert(0, "name", [f"{code}, part of {lsoa}" for code, lsoa in within.items()])
    return gpd.GeoDataFrame(outlines, geometry="geometry", crs=lsoas.crs)


def divided(estimate: Exclusion, small: pd.DataFrame, *, seed: int) -> dict[str, pd.DataFrame]:
    """
    Divide an estimate by LSOA among output areas.

    Returns
    -------
    dict
        "output_area_draws": shares, output areas × draws. "output_area_adults": `adults` that they
        are of. "output_area_groups": excluded people, output areas × (kind, label), means only.
    """
    count = estimate.draws.shape[1]
    # Without groups: what parts of an LSOA have in common is in its own estimate already.
    pattern = exclusion.synthetic(small, draws=count, seed=seed)
    found = exclusion.nested(pattern, estimate, small["lsoa"])
    return {
        "output_area_draws": found.draws,
        "output_area_adults": found.adults.rename("adults").to_frame(),
        "output_area_groups": central_groups(found, small),
    }


def among(estimate: Exclusion, draws: pd.DataFrame, adults: pd.Series) -> Exclusion:
    """Return the estimate by output area again, from what `divided` kept."""
    return replace(estimate, adults=adults, draws=draws, caveats=(*estimate.caveats, CAVEAT))
