"""A built study: everything a scenario is weighed against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping.access import TravelTimes
from mapping.exclusion import Exclusion, ValidationCard


@dataclass(frozen=True, eq=False)
class Place:
    """
    A built study: everything a scenario is weighed against.

    Parameters
    ----------
    name
        Of the place.
    fictional
        Whether every output must say that it does not exist.
    lsoas, wards
        Needs by area.
    exclusion
        Estimate by LSOA.
    ward_exclusion
        The same draws by ward.
    sites
        Hubs open now and candidate sites, by `site`, with `open` and `counts`: open now, and
        provision for everybody (a suite for residents only is none for its neighbours).
    walk
        Minutes on foot, LSOAs by sites.
    stops
        Candidate bus stops by `site`.
    walk_to_stops
        Minutes on foot, LSOAs by stops.
    drive
        Minutes by road between the depot and the stops.
    depot
        The depot's label in `drive`.
    defaults
        Choices that scenarios of this place start from; see `Scenario.starting_from`.
    water
        Water outlines for maps, or None.
    caveats
        What every reader has to be told.
    attributions
        Lines that every map and paper must carry.
    reconciliation
        Totals of people and homes before and after every join; see `needs.Reconciliation`.
    disclosure
        What was suppressed in counts of personal records, by which rule, without the values.
    sources
        What was used: `title`, `publisher`, `vintage`, `licence`, `file`, `sha256`.
    fingerprint
        Hash of everything above that came from files.
    groups
        Estimated excluded adults by group, LSOAs by two column levels: `kind` ("age", "tenure",
        "disability") and `label` ("75 to 84", "social renting", "not disabled"). The labels of one
        kind add up to the people of the estimate. NaN where an area has no estimate.
    who
        The same over the whole place, by `kind` and `label`: `adults`, `people`, `low`, `high`
        (95 %), `share` of the group's adults.
    explanation
        By `area` (ward) and `group` of barriers: how much it goes with the ward's difference from
        the place's average, as `share` and `people`; see `mapping.exclusion.explain`.
    card
        How the model did on places it had not seen; None where nothing could be checked.
    checked
        What has to be known to read the card, or why there is none.
    drive_km
        Kilometres along the shortest way by road, over the labels of `drive`; None if not held.
    """

    name: str
    fictional: bool
    lsoas: gpd.GeoDataFrame
    wards: gpd.GeoDataFrame
    exclusion: Exclusion
    ward_exclusion: Exclusion
    sites: gpd.GeoDataFrame
    walk: TravelTimes
    stops: gpd.GeoDataFrame
    walk_to_stops: TravelTimes
    drive: TravelTimes
    depot: str
    defaults: Mapping[str, Any]
    water: gpd.GeoDataFrame | None
    caveats: tuple[str, ...]
    attributions: tuple[str, ...]
    reconciliation: pd.DataFrame
    disclosure: tuple[str, ...]
    sources: pd.DataFrame
    fingerprint: str
    groups: pd.DataFrame
    who: pd.DataFrame
    explanation: pd.DataFrame
    card: ValidationCard | None
    checked: tuple[str, ...]
    drive_km: pd.DataFrame | None = None
