"""Output areas, the smallest that the census counts: their people, and the estimate among them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from mapping import exclusion, needs
from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion
from mapping.pipeline.explaining import central_groups
from mapping.pipeline.inputs import Inputs
from mapping.sources.census import holds

CENSUS = ("age", "tenure", "disability")
OUTLINES, LOOKUP = "output_area_boundaries", "output_areas"
CAVEAT = (
    "Output areas: no source says how many are offline in one. The estimate of each LSOA is "
    "divided by what national rates say of the people of its parts; how far they depart from that "
    "is an assumption. Tried where it can be checked, on wards divided among LSOAs, 97% of the "
    "true shares lay in their 95% range (census returns not made online, 2021)."
)


@dataclass(frozen=True, eq=False)
class OutputAreas:
    """
    A place's output areas.

    Parameters
    ----------
    table
        By `area` (output area): `lsoa`, the columns of the census tables, and those of
        `needs.WEIGHTED`, which are published for LSOAs only.
    census
        The census tables, by what messages call them.
    outlines
        Of all output areas that the file has, with its name; None where it is not held.
    """

    table: pd.DataFrame
    census: Mapping[str, pd.DataFrame]
    outlines: tuple[str, gpd.GeoDataFrame] | None


def output_areas(inputs: Inputs, lsoas: pd.DataFrame) -> OutputAreas | None:
    """
    Return a place's output areas with their people and homes, and the rates of the LSOA of each.

    None where the census files hold no output areas, or neither lookup nor outlines say which LSOA
    each is part of.

    Raises
    ------
    InvalidTableError
        If an LSOA has none, or a census table misses one.
    """
    known = next(filter(inputs.has, (LOOKUP, OUTLINES)), None)
    if known is None or not all(map(inputs.has, CENSUS)):
        return None
    if not all(holds(inputs.published[role][1], "oa") for role in CENSUS):
        return None
    outlines = inputs.table(OUTLINES) if inputs.has(OUTLINES) else None
    lookup = outlines if known == OUTLINES and outlines is not None else inputs.table(known)
    mine = lookup.loc[lookup["lsoa"].isin(lsoas.index), "lsoa"]
    empty = lsoas.index.difference(mine)
    if len(empty):
        raise InvalidTableError(
            f"{inputs.file(known)}: {len(empty)} LSOAs have no output area (first {empty[0]}). Use "
            "the whole file, of the vintage of the other tables."
        )
    rates = lsoas[[name for name in needs.WEIGHTED if name in lsoas]]
    census = {
        f"{inputs.file(role)} (output areas)": inputs.table(role, level="oa") for role in CENSUS
    }
    census = {name: table[table.index.isin(mine.index)] for name, table in census.items()}
    table = needs.joined(pd.DataFrame(mine), census).join(rates, on="lsoa")
    named = None if outlines is None else (inputs.file(OUTLINES), outlines[["geometry"]])
    return OutputAreas(table, census, named)


def drawn(small: OutputAreas | None, lsoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """
    Return output areas with outlines, for maps; None where either is not held.

    Parameters
    ----------
    small
        With `ward` and `ward_name` in its table where wards were fitted by them.

    Raises
    ------
    InvalidTableError
        If one has no outline.
    """
    if small is None or small.outlines is None:
        return None
    table = needs.joined(small.table, dict([small.outlines]))
    if "ward" not in table:
        table = table.join(lsoas[["ward", "ward_name"]], on="lsoa")
    within = table["lsoa"].map(lsoas["name"])
    table.insert(0, "name", [f"{code}, part of {lsoa}" for code, lsoa in within.items()])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=lsoas.crs)


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
