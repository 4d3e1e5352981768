"""Add counts of small areas up to wards, by the finest method that the data at hand allow.

No small area follows every ward boundary. An output area of some 130 households errs least; an
LSOA is five times as large, and in some cities a ward has only one or two. Every result therefore
carries the name of its method, and wards that got nothing keep a row.
"""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError

NEAR = 250.0  # metres: how far outside every ward a point may lie and still belong to the nearest
SLIVER = 1e-6  # of an area: what two drawings of one boundary differ by


@dataclass(frozen=True, eq=False)
class Fitted:
    """
    Counts by ward, and how they came about.

    Parameters
    ----------
    table
        By `area` (ward); NaN in a ward that no small area was fitted to.
    method
        In words, to be printed with the figures.
    totals
        By column: `before` and `after`, which are equal.
    without
        Wards that no small area was fitted to.
    """

    table: pd.DataFrame
    method: str
    totals: pd.DataFrame
    without: pd.Index


def best_fit(
    counts: pd.DataFrame, ward: pd.Series, *, level: str, wards: pd.Index | None = None
) -> Fitted:
    """
    Give every small area whole to the ward that fits it best, by the publisher's lookup.

    Parameters
    ----------
    counts
        People, households …, by small area; NaN counts for nothing known, not for 0.
    ward
        The ward of each small area.
    level
        What the small areas are, such as "output areas" or "LSOAs", for the name of the method.
    wards
        Every ward there is; default: those of the lookup.

    Raises
    ------
    InvalidTableError
        If a small area stands twice or has no ward: nobody is lost or counted twice.

    Examples
    --------
    >>> counts = pd.DataFrame({"homes": [3, 4, 5]}, index=["a", "b", "c"])
    >>> ward = pd.Series({"c": "W2", "b": "W1", "a": "W1"})
    >>> found = best_fit(counts, ward, level="output areas", wards=pd.Index(["W1", "W2", "W3"]))
    >>> found.table["homes"].tolist(), found.without.tolist()
    ([7.0, 5.0, nan], ['W3'])
    """
    twice = [*ward.index[ward.index.duplicated()], *counts.index[counts.index.duplicated()]]
    without = counts.index.difference(ward.dropna().index)
    if twice or len(without):
        raise InvalidTableError(
            f"best fit of {level} to wards: {len(twice)} stand twice and {len(without)} have no "
            f"ward (first {[*twice, *without][0]}). Give each one ward, of one vintage."
        )
    shares = pd.DataFrame({"part": counts.index, "ward": ward.reindex(counts.index), "share": 1.0})
    every = pd.Index(ward.dropna().unique()) if wards is None else wards
    return _fitted(counts, shares, every, f"best fit of {level}")


def by_parts(
    counts: pd.DataFrame, parts: pd.DataFrame, *, method: str, wards: pd.Index | None = None
) -> Fitted:
    """
    Share small areas out among wards in parts that are known.

    Parameters
    ----------
    counts
        By small area.
    parts
        One row per area and ward that share people: `area`, `ward` and `part`, which add up to 1
        for every area.
    method
        How the parts came about, in words.
    wards
        Every ward there is; default: those of the parts.

    Raises
    ------
    InvalidTableError
        If the parts of an area do not add up to 1.

    Examples
    --------
    >>> parts = pd.DataFrame({"area": [*"abb"], "ward": [*"VVW"], "part": [1, 0.75, 0.25]})
    >>> counts = pd.DataFrame({"homes": [3, 4]}, ["a", "b"])
    >>> by_parts(counts, parts, method="parts").table["homes"].to_dict()
    {'V': 6.0, 'W': 1.0}
    """
    whole = parts.groupby("area")["part"].sum().reindex(counts.index)
    wrong = counts.index[(whole - 1).abs().fillna(1) > SLIVER]
    if len(wrong):
        raise InvalidTableError(
            f"{method}: the parts of {len(wrong)} areas in wards do not add up to 1 (first "
            f"{wrong[0]}). Give every output area of an area one ward."
        )
    shares = parts.rename(columns={"area": "part", "part": "share"})
    shares = shares[shares["part"].isin(counts.index)]
    every = pd.Index(parts["ward"].unique()) if wards is None else wards
    return _fitted(counts, shares, every, method)


def by_points(counts: pd.DataFrame, points: gpd.GeoDataFrame, wards: gpd.GeoDataFrame) -> Fitted:
    """
    Spread each small area over wards as its people are spread: population-weighted interpolation.

    Parameters
    ----------
    counts
        By small area.
    points
        Where its people live: the small area in `part`, how many in `people` (such as the
        population-weighted centroids of output areas with their residents), geometry in the
        national grid. Where nobody lives in any point of an area, its points count alike.
    wards
        Outlines by `area`, in the national grid. A point on a boundary counts in the ward of the
        lower code, one outside all of them in the nearest within 250 m.

    Raises
    ------
    InvalidTableError
        If a small area has no point, or a point lies in no ward.

    Notes
    -----
    The idea is dasymetric mapping with point weights; see Wright (1936), "A method of mapping
    densities of population", Geographical Review 26.
    """
    inside = _ward_of(points, wards)
    weights = points[["part", "people"]].assign(ward=inside)
    weights = weights[weights["part"].isin(counts.index)]
    lost = counts.index.difference(weights["part"])
    if len(lost):
        raise InvalidTableError(
            f"population-weighted interpolation: {len(lost)} of {len(counts)} areas have no point "
            f"(first {lost[0]}). Give points of the same vintage."
        )
    total = weights.groupby("part")["people"].transform("sum")
    alike = 1 / weights.groupby("part")["people"].transform("size")
    weights["share"] = (weights["people"] / total.where(total > 0)).fillna(alike)
    return _fitted(counts, weights, wards.index, "population-weighted interpolation by points")


def by_area(counts: pd.DataFrame, areas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame) -> Fitted:
    """
    Spread each small area over wards by the ground they share: areal interpolation.

    The last resort: people are taken to live evenly over an area, which parks and docks
    contradict. Slivers outside every ward are shared out among the wards met.

    Parameters
    ----------
    counts
        By small area.
    areas, wards
        Outlines by `area`, in the national grid.

    Raises
    ------
    InvalidTableError
        If an area of `counts` has no outline or meets no ward.

    Notes
    -----
    Goodchild and Lam (1980), "Areal interpolation: a variant of the traditional spatial problem",
    Geo-Processing 1.
    """
    # Codes of areas are unique, and both frames may call their index the same.
    small = areas.loc[areas.index.intersection(counts.index), ["geometry"]]
    small = small.rename_axis("part").reset_index()
    large = wards[["geometry"]].rename_axis("ward").reset_index()
    pieces = gpd.overlay(small, large, how="intersection", keep_geom_type=True)
    pieces["share"] = pieces.area / pieces["part"].map(small.set_index("part").area)
    pieces = pieces[pieces["share"] > SLIVER]
    lost = counts.index.difference(pieces["part"])
    if len(lost):
        raise InvalidTableError(
            f"areal interpolation: {len(lost)} of {len(counts)} areas have no outline or meet no "
            f"ward (first {lost[0]}). Give outlines of the same place and vintage."
        )
    pieces["share"] /= pieces.groupby("part")["share"].transform("sum")
    return _fitted(counts, pd.DataFrame(pieces), wards.index, "areal interpolation")


def _ward_of(points: gpd.GeoDataFrame, wards: gpd.GeoDataFrame) -> pd.Series:
    """Return the ward of each point, in the order of `points`."""
    ordered = wards[["geometry"]].sort_index().rename_axis("ward").reset_index()
    places = gpd.GeoDataFrame(geometry=points.geometry.to_numpy(), crs=points.crs)
    found = gpd.sjoin(places, ordered, predicate="intersects", how="left")
    ward = found.sort_values("ward").groupby(level=0)["ward"].first().reindex(places.index)
    outside = places[ward.isna()]
    if len(outside):
        near = gpd.sjoin_nearest(outside, ordered, max_distance=NEAR)
        ward = ward.fillna(near.sort_values("ward").groupby(level=0)["ward"].first())
    if ward.isna().any():
        at = outside.geometry.loc[ward.index[ward.isna()][0]]
        raise InvalidTableError(
            f"population-weighted interpolation: {ward.isna().sum()} of {len(points)} points lie "
            f"more than {NEAR:.0f} m outside every ward (first at {at.x:.0f}, {at.y:.0f}). Give "
            "the wards of the whole place."
        )
    return pd.Series(ward.to_numpy(), index=points.index)


def _fitted(counts: pd.DataFrame, shares: pd.DataFrame, wards: pd.Index, method: str) -> Fitted:
    """Add up parts of counts by ward; a ward with an unknown part is unknown."""
    if counts.index.has_duplicates:
        twice = counts.index[counts.index.duplicated()][0]
        raise InvalidTableError(f"{method}: {twice} stands twice. Give each area one row.")
    parts = counts.reindex(shares["part"]).mul(shares["share"].to_numpy(), axis=0)
    ward = shares["ward"].to_numpy()
    table = parts.groupby(ward).sum().mask(parts.isna().groupby(ward).any())
    every = pd.Index(sorted({*wards, *table.index}), name="area")
    totals = pd.DataFrame({"before": counts.sum(), "after": table.sum()})
    without = every.difference(table.index)
    return Fitted(table.reindex(every), method, totals.astype(float), without)
