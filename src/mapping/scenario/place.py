"""A built study: everything a scenario is weighed against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import geopandas as gpd
import pandas as pd

from mapping import disclosure
from mapping.access import StreetGraph, TravelTimes
from mapping.errors import InvalidScenarioError
from mapping.exclusion import Exclusion, ValidationCard
from mapping.geography import best_fit, by_parts
from mapping.scenario.beliefs import Belief


@dataclass(frozen=True, eq=False)
class Level:
    """
    Areas of one size, with what is estimated of them.

    Parameters
    ----------
    areas
        Needs by `area`: outlines, `name`, people, homes and indicators.
    exclusion
        The estimate by area.
    groups
        See `Place.groups`.
    """

    areas: gpd.GeoDataFrame
    exclusion: Exclusion
    groups: pd.DataFrame


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
        What was suppressed in counts of personal records, by which rule, without the values; last
        what the estimates are made of.
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
    ward_parts
        Where output areas were fitted to wards: `area` (LSOA), `ward` and `part` of its adults who
        live there. None where every LSOA counts whole in its `ward`.
    earlier_wards
        How people of earlier wards are spread over the present ones; see
        `mapping.vintages.cross_tabulated`. None where their outlines are not held.
    matched
        What of each table matched and what did not; see `mapping.geography.matched`.
    walk_slow
        The same walks at the pace of older and disabled residents; None in a place built by hand.
    transit
        Minutes by bus and train, LSOAs by sites, where another tool made them.
    neighbours
        Areas outside from which people can walk in: `adults` and where they live, by `area`.
    walk_in
        Minutes on foot, neighbours by sites.
    catchments
        Land from which each hub open now is `within` so many minutes' walk, by `site`; None
        without streets.
    joined
        By area or site (`what`): `metres` to the street it joins, and whether that is connected
        to the `main` streets; None without streets.
    streets
        How large the street graph is and how far it hangs together, a sentence for each mode.
    beliefs
        Rival pictures of where people offline live, by name as in `beliefs.PICTURES`, the one the
        estimate goes by first.
    suppressed
        The log of each table released of personal records; see `mapping.disclosure`.
    declared
        Columns of each table above that the build made of open data, model estimates or released
        counts. No other leaves.
    released
        Those of them that are released counts of personal records.
    ethnicity
        Residents by LSOA and ethnic group; see `mapping.sources.census.ethnicity`. None where no
        such table is held.
    main_roads
        Lines of motorways and A roads for maps, or None.
    centres
        Where the people of each LSOA are taken to be, from which walks were measured; None where
        that was not kept.
    graph
        Streets that walks follow; None for straight lines.
    base
        The place without a planner's own points; None where it has none. See
        `mapping.scenario.placing`.
    drive_km
        Kilometres along the shortest way by road, over the labels of `drive`; None if not held.
    depot_at
        Where the depot is, by its label; None if that was not kept.
    output_areas
        Areas below LSOAs, with the `lsoa` of each and the rates of that; None where they are not
        held. Their `groups` are of the means of the draws.
    hubs_known
        Whether a list of the hubs open now was given. Without one, who is within reach today is not
        known; it is not none.
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
    ward_parts: pd.DataFrame | None = None
    earlier_wards: pd.DataFrame | None = None
    matched: pd.DataFrame = field(default_factory=pd.DataFrame)
    walk_slow: TravelTimes | None = None
    transit: TravelTimes | None = None
    neighbours: gpd.GeoDataFrame | None = None
    walk_in: TravelTimes | None = None
    catchments: gpd.GeoDataFrame | None = None
    joined: pd.DataFrame | None = None
    streets: tuple[str, ...] = ()
    beliefs: Mapping[str, Belief] = field(default_factory=dict)
    suppressed: tuple[Mapping[str, Any], ...] = ()
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    released: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ethnicity: pd.DataFrame | None = None
    main_roads: gpd.GeoDataFrame | None = None
    centres: gpd.GeoSeries | None = None
    graph: StreetGraph | None = None
    base: "Place | None" = None
    drive_km: pd.DataFrame | None = None
    depot_at: gpd.GeoSeries | None = None
    output_areas: Level | None = None
    hubs_known: bool = True

    def level(self, name: str) -> Level:
        """
        Return the areas of a level with what is estimated of them.

        Parameters
        ----------
        name
            "oa", "lsoa" or "ward".

        Raises
        ------
        InvalidScenarioError
            If output areas are asked for and not held.
        """
        if name == "ward":
            return self._by_ward
        if name == "lsoa":
            return Level(self.lsoas, self.exclusion, self.groups)
        if self.output_areas is None:
            raise InvalidScenarioError(
                f"{self.name} has no output areas: their outlines and census tables are not held. "
                "Choose small areas or wards."
            )
        return self.output_areas

    @cached_property
    def _by_ward(self) -> Level:
        groups = self.in_wards(self.groups).reindex(self.wards.index)
        return Level(self.wards, self.ward_exclusion, groups)

    def cleared(self) -> Self:
        """
        Return this place if nothing in it is personal: whatever writes or draws it asks first.

        Raises
        ------
        DisclosureError
            If a table has a column that the build did not declare, or a released one holds what
            may not leave.
        """
        disclosure.cleared(self.tables(), self.declared, self.released)
        return self

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table that outputs are made of, by name."""
        names = ("lsoas", "wards", "sites", "stops", "water", "groups", "who", "explanation")
        held = {name: getattr(self, name) for name in names}
        if self.output_areas is not None:
            held["output_areas"] = self.output_areas.areas
            held["output_area_groups"] = self.output_areas.groups
        return {name: table for name, table in held.items() if table is not None}

    def in_wards(self, people: pd.DataFrame) -> pd.DataFrame:
        """Add numbers of people by LSOA up to wards; NaN where one of a ward's is not known."""
        if self.ward_parts is None:
            return best_fit(people, self.lsoas["ward"], level="LSOAs").table
        return by_parts(people, self.ward_parts, method="best fit of output areas").table
