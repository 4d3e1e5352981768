"""The maps of a place and of a scenario's outcome."""

import folium
import geopandas as gpd

from mapping.maps import need_map
from mapping.scenario import Outcome, Place, with_own

LABEL = "adults likely to be offline"


def place_map(place: Place, *, by: str = "lsoa", caveats: bool = True) -> folium.Map:
    """
    Draw where adults are likely to be offline, with the hubs open now.

    Parameters
    ----------
    by
        "lsoa" or "ward".
    caveats
        Whether to print them with the map; False only where they stand beside it.
    """
    told = place.caveats if caveats else ()
    return _map(place, by=by, proposed=None, stops=None, caveats=told)


def outcome_map(outcome: Outcome, place: Place, *, caveats: bool = True) -> folium.Map:
    """Draw what a scenario proposes over where adults are likely to be offline; see `place_map`."""
    place = with_own(place, outcome.scenario.placed)
    proposed = place.sites.loc[list(outcome.new_hubs)]
    within = place.walk.minutes[list(outcome.new_hubs)] <= outcome.scenario.within
    people = within.mul(place.exclusion.people, axis=0).sum()
    return _map(
        place,
        by="lsoa",
        proposed=proposed.assign(people=people.reindex(proposed.index)),
        stops=outcome.stops,
        caveats=outcome.caveats if caveats else (),
    )


def _map(
    place: Place,
    *,
    by: str,
    proposed: gpd.GeoDataFrame | None,
    stops: gpd.GeoDataFrame | None,
    caveats: tuple[str, ...],
) -> folium.Map:
    areas, exclusion = {
        "lsoa": (place.lsoas, place.exclusion),
        "ward": (place.wards, place.ward_exclusion),
    }[by]
    shown = areas[["name", "geometry"]].join(exclusion.frame)
    return need_map(
        shown,
        value="people",
        low="people_low",
        high="people_high",
        title=f"Adults likely to be offline, {place.name}, {exclusion.year}",
        label=LABEL,
        water=place.water,
        wards=outlined_wards(place),
        hubs=place.sites[place.sites["open"]],
        proposed=proposed,
        stops=stops,
        caveats=caveats,
        attribution=place.attributions,
        fictional=place.fictional,
    )


def outlined_wards(place: Place) -> gpd.GeoDataFrame:
    """Return the wards that have an outline."""
    drawn = place.wards.geometry.notna() & ~place.wards.geometry.is_empty
    return place.wards.loc[drawn, ["name", "geometry"]]
