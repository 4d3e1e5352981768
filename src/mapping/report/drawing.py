"""The maps and figures of a scenario's outcome."""

from typing import TYPE_CHECKING

import folium
import geopandas as gpd
import pandas as pd

from mapping import access, figures
from mapping.exclusion.comparison import BANDS
from mapping.maps import need_map
from mapping.maps.classes import classes, display
from mapping.maps.colours import CIVIDIS
from mapping.maps.safe import plain
from mapping.report import estimates, words
from mapping.report.busroutes import bus_routes
from mapping.report.reaching import Reach, areas
from mapping.scenario import Outcome, Place, as_chosen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABEL = "adults likely to be offline"


def outcome_map(outcome: Outcome, place: Place) -> folium.Map:
    """Draw what a scenario proposes over where adults are likely to be offline."""
    place = as_chosen(place.cleared(), outcome.scenario)
    standing = _standing(outcome, place)
    proposed = place.sites.loc[list(outcome.new_hubs)]
    within = access.within(place.walk.minutes[list(outcome.new_hubs)], outcome.scenario.within)
    people = within.mul(place.exclusion.people, axis=0).sum()
    people = people.mask(words.hub_count_hidden(outcome, place))
    return need_map(
        place.lsoas[["name", "geometry"]].join(place.exclusion.frame),
        value="people",
        low="people_low",
        high="people_high",
        title=f"Adults likely to be offline, {place.name}, {place.exclusion.year}",
        label=LABEL,
        water=place.water,
        roads=place.main_roads,
        wards=outlined_wards(place),
        hubs=standing["open"],
        one_group=standing["one_group"],
        proposed=proposed.assign(people=people.reindex(proposed.index)),
        stops=_told_stops(outcome, place),
        routes=bus_routes(outcome, place),
        caveats=outcome.caveats,
        attribution=(*place.attributions, *place.disclosure[-1:]),
        fictional=place.fictional,
    )


def _told_stops(outcome: Outcome, place: Place) -> gpd.GeoDataFrame:
    stops = outcome.stops
    if "people" not in stops:
        return stops
    return stops.assign(people=stops["people"].mask(words.stop_count_hidden(outcome, place)))


def reach_map(found: Reach, place: Place, *, by: str, outline: str = "wards") -> folium.Map:
    """
    Draw where the adults live who are likely to be offline and beyond reach of every hub.

    Parameters
    ----------
    by
        "lsoa" or "ward".
    outline
        "wards", or "catchments": the land within reach of each hub, along streets.
    """
    shapes = place.level(by).areas
    return need_map(
        shapes[["name", "geometry"]].join(areas(found, place, by)),
        value="people",
        low="people_low",
        high="people_high",
        title=(
            f"Adults likely to be offline beyond {found.within:g} minutes of any hub, "
            f"{place.name}, {place.exclusion.year}"
        ),
        label=f"{LABEL} beyond {found.within:g} minutes of any hub",
        water=place.water,
        wards=_within_reach(place) if outline == "catchments" else outlined_wards(place),
        hubs=place.sites.loc[list(found.hubs)],
        attribution=place.attributions,
        fictional=place.fictional,
    )


def _within_reach(place: Place) -> gpd.GeoDataFrame | None:
    if place.catchments is None:
        return None
    return place.catchments.assign(name=place.sites["name"].reindex(place.catchments.index))


def plan_figure(outcome: Outcome, place: Place) -> "tuple[Figure, str]":
    """Draw what `outcome_map` shows on a page of A4, and say in words what that is."""
    place = place.cleared()
    people = display(place.exclusion.people.reindex(place.lsoas.index))
    found = classes(people, count=len(CIVIDIS))
    sites = marked(outcome, place)
    shown = {
        "classes": found.of(people),
        "labels": found.labels(),
        "title": f"Adults likely to be offline, {place.name}, {place.exclusion.year}"
        + (" (fictional)" if place.fictional else ""),
    }
    made = figures.plan_map(
        place.lsoas[["geometry"]],
        **shown,
        heading="Adults likely to be offline, per area",
        wards=outlined_wards(place).assign(name=lambda wards: wards["name"].map(plain)),
        water=place.water,
        main_roads=place.main_roads,
        sites=sites,
        routes=bus_routes(outcome, place),
        note=" ".join(map(plain, (outcome.scenario.name + ".", *place.attributions))),
    )
    return made, figures.plan_map_words(**shown, sites=sites)


def ward_figure(place: Place) -> "tuple[Figure, str]":
    """Draw each ward's share with its interval, in bands, and say in words what that is."""
    place = place.cleared()
    shown = {
        "exclusion": place.ward_exclusion,
        "names": place.wards["name"].map(plain),
        "place": place.name + (" (fictional)" if place.fictional else ""),
        "bands": estimates.band_of(place),
        "order": BANDS,
    }
    return figures.caterpillar(**shown), figures.caterpillar_words(**shown)


def marked(outcome: Outcome, place: Place) -> gpd.GeoDataFrame:
    """Return what a scenario marks on a map: hubs open today, hubs proposed, and bus stops."""
    parts = {
        **_standing(outcome, place),
        "proposed": place.sites.loc[list(outcome.new_hubs)],
        "stop": outcome.stops,
    }
    kept = [part[["name", "kind", "geometry"]].assign(role=role) for role, part in parts.items()]
    together = gpd.GeoDataFrame(pd.concat(kept), geometry="geometry", crs=place.lsoas.crs)
    return together.assign(
        name=together["name"].map(plain), kind=together["kind"].fillna("").map(plain)
    )


def _standing(outcome: Outcome, place: Place) -> dict[str, gpd.GeoDataFrame]:
    """Return the hubs open today that stay: those that count, and those that serve one group."""
    today = place.sites[place.sites["open"] & ~place.sites.index.isin(outcome.closed_hubs)]
    return {"open": today[today["counts"]], "one_group": today[~today["counts"]]}


def outlined_wards(place: Place) -> gpd.GeoDataFrame:
    """Return the wards that have an outline."""
    drawn = place.wards.geometry.notna() & ~place.wards.geometry.is_empty
    return place.wards.loc[drawn, ["name", "geometry"]]
