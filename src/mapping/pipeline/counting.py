"""Learners counted by ward, and only what may leave is kept."""

import geopandas as gpd
import pandas as pd

from mapping import disclosure
from mapping.pipeline.inputs import Inputs
from mapping.sources import records


def inside(points: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> pd.Series:
    """
    Return the area that each point lies in, missing outside all of them.

    A point on a boundary lies in the area of the lower code. An area without outline has none.
    """
    drawn = areas[areas.geometry.notna()][["geometry"]].sort_index().rename_axis("area")
    places = gpd.GeoDataFrame(geometry=points.to_numpy(), crs=areas.crs)
    found = gpd.sjoin(places, drawn.reset_index(), predicate="intersects")
    first = found.sort_values("area").groupby(level=0)["area"].first()
    return first.reindex(places.index).set_axis(points.index)


def with_learners(
    inputs: Inputs, lsoas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """
    Count learners by ward, known by their area or by where they live.

    Returns
    -------
    geopandas.GeoDataFrame
        `wards` with `learners`, NaN where suppressed; as it was where there is no such list.
    tuple of str
        What was left out and suppressed, without the values.
    """
    if "learners" not in inputs.own:
        return wards, ()
    listed = records.learners(
        inputs.own["learners"],
        inputs.columns("learners"),
        postcodes=inputs.postcodes_of("learners"),
    )
    ward_of = pd.concat([lsoas["ward"], pd.Series(wards.index, wards.index)])
    # A point counts in its small area's ward, as everything else does.
    ward = pd.concat(
        [listed.areas.map(ward_of), inside(listed.points, lsoas).map(ward_of)], ignore_index=True
    )
    counts = ward.value_counts().reindex(wards.index, fill_value=0)
    released = disclosure.release(counts.rename("Learners by ward"))
    told = (
        f"The list of learners holds {homes_told(listed.listed)} of them, "
        f"{homes_told(int(ward.isna().sum()))} elsewhere or in an area of another vintage"
        + (f", {homes_told(listed.unplaced)} without a known place" if listed.unplaced else "")
        + (f", {homes_told(listed.repeated)} listed twice" if listed.repeated else "")
        + "."
    )
    return wards.assign(learners=released.counts), (
        told,
        *inputs.sent("learners"),
        released.rule,
    )


def homes_told(count: int) -> str:
    """Say how many homes or people as far as may be said."""
    released = disclosure.release(pd.Series([count])).counts.iloc[0]
    return f"fewer than {disclosure.FLOOR}" if pd.isna(released) else f"about {released:,.0f}"
