"""Homes and learners counted by ward, and only what may leave is kept."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping import disclosure
from mapping.pipeline.inputs import Inputs
from mapping.sources import records

# Rows beside the wards in the released table of a list.
LISTED, ELSEWHERE, UNPLACED, REPEATED = "listed", "elsewhere", "unplaced", "repeated"


@dataclass(frozen=True, eq=False)
class Counted:
    """
    Wards with the released counts of a list of persons or homes.

    Parameters
    ----------
    wards
        As they came in, and a column of counts, NaN where suppressed.
    told
        What was left out and suppressed, without the values.
    logs
        Of each table released.
    columns
        Names of the columns that hold released counts.
    """

    wards: gpd.GeoDataFrame
    told: tuple[str, ...] = ()
    logs: tuple[disclosure.Log, ...] = ()
    columns: tuple[str, ...] = ()


def inside(points: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> pd.Series:
    """
    Return the area that each point lies in, missing outside all of them.

    A point on a boundary lies in the area of the lower code. An area without outline has none.
    """
    drawn = areas[areas.geometry.notna()][["geometry"]].sort_index().rename_axis("area")
    places = gpd.GeoDataFrame(geometry=gpd.GeoSeries(points.to_numpy(), crs=areas.crs))
    found = gpd.sjoin(places, drawn.reset_index(), predicate="intersects")
    first = found.sort_values("area").groupby(level=0)["area"].first()
    return first.reindex(places.index).set_axis(points.index)


def with_homes(inputs: Inputs, wards: gpd.GeoDataFrame) -> Counted:
    """Count the landlord's homes by ward, as `landlord_homes`."""
    if "stock" not in inputs.own:
        return Counted(wards)
    homes = records.homes(
        inputs.own["stock"], inputs.columns("stock"), postcodes=inputs.postcodes_of("homes")
    )
    ward = inside(homes.points, wards)
    released = _released(homes, ward, wards, "The landlord’s homes by ward, with those left out")
    shown = released.counts.reindex(wards.index)
    return Counted(
        wards.assign(landlord_homes=shown),
        (
            _told("The stock list holds", "homes", "outside the wards", released),
            *_more_than_social(shown, _by_ward(ward[homes.social], wards), wards),
            *inputs.sent("homes"),
            released.rule,
        ),
        (released.log,),
        ("landlord_homes",),
    )


def with_learners(inputs: Inputs, lsoas: gpd.GeoDataFrame, wards: gpd.GeoDataFrame) -> Counted:
    """Count learners by ward, as `learners`; they are known by their area or by where they live."""
    if "learners" not in inputs.own:
        return Counted(wards)
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
    released = _released(listed, ward, wards, "Learners by ward, with those left out")
    where = "elsewhere or in an area of another vintage"
    return Counted(
        wards.assign(learners=released.counts.reindex(wards.index)),
        (
            _told("The list of learners holds", "of them", where, released),
            *inputs.sent("learners"),
            released.rule,
        ),
        (released.log,),
        ("learners",),
    )


def _by_ward(ward: pd.Series, wards: pd.DataFrame) -> pd.Series:
    return ward.value_counts().reindex(wards.index, fill_value=0)


def _released(
    listed: records.Homes | records.Learners, ward: pd.Series, wards: pd.DataFrame, what: str
) -> disclosure.Released:
    """Release at once everything that is ever said of a list: it adds up to its rows."""
    left_out = pd.Series({UNPLACED: listed.unplaced, REPEATED: listed.repeated})
    counts = pd.concat([_by_ward(ward, wards), left_out])
    counts[ELSEWHERE] = listed.listed - counts.sum()
    return disclosure.release(counts, whole=LISTED, what=what)


def _told(begins: str, whom: str, elsewhere: str, released: disclosure.Released) -> str:
    said = released.counts.map(disclosure.printed)
    return (
        f"{begins} {said[LISTED]} {whom} ({elsewhere}: {said[ELSEWHERE]}; without a known place: "
        f"{said[UNPLACED]}; listed twice: {said[REPEATED]})."
    )


def _more_than_social(
    shown: pd.Series, social: pd.Series, wards: gpd.GeoDataFrame
) -> tuple[str, ...]:
    """
    Name wards where the list has clearly more homes than the census has in social renting.

    Only wards whose released count says so itself are named, so that the sentence tells little
    more: `social` leaves out homes that the list says are leased, owned or at market rent.
    """
    census = 1.1 * wards["social_rented"]
    odd = shown.index[(shown > census) & (social > census)]
    if odd.empty:
        return ()
    return (
        f"In {len(odd)} wards (first {odd[0]}) the list holds more homes than the census counted "
        "households in social renting: look for homes listed twice, sold or of another tenure.",
    )
