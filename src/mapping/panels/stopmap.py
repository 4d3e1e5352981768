"""The live map of the bus: stops are moved on it, and what that does is told at once."""

from collections.abc import Callable, Hashable
from dataclasses import replace

import geopandas as gpd
import ipywidgets as widgets
import pandas as pd

from mapping.geography import NATIONAL_GRID
from mapping.maps.live import Card, Move
from mapping.panels.arranging import ADDED, Arrangement
from mapping.panels.hubmap import area_card, place_map, site_card
from mapping.report import words
from mapping.report.busroutes import bus_routes
from mapping.report.siting import BESIDE, VULNERABLE, not_shown
from mapping.rounding import about, between
from mapping.scenario import (
    MAY_NOT_PARK,
    Outcome,
    OwnPoint,
    Place,
    StopTrial,
    TriedStop,
    as_chosen,
    at_scheme,
    lock_parts,
    own_points,
)
from mapping.scenario.routing import buses

HUB, DEPOT = "hub:", "depot:"
"""How the ids of hubs and depots begin on the map: a hub may be a stop as well."""

ROLES = {
    "own": "Your own stop",
    "candidate": "Place where the bus could stop",
    "stop": "Bus stop, in the order of the timetable",
}
WHOM = "adults likely to be offline"


class StopMap(widgets.VBox):
    """
    A live map that follows a bus plan, and lets its stops be moved.

    A timetable takes seconds, and whom stops reach milliseconds: a stop that is let go stays where
    it is with what it reaches, until the timetable is made anew.

    Parameters
    ----------
    place
        The study.
    arrangement
        Returns the stops that are moved or placed by hand at present.
    arrange
        Sets them.
    """

    def __init__(
        self,
        place: Place,
        *,
        arrangement: Callable[[], Arrangement],
        arrange: Callable[[Arrangement], None],
    ) -> None:
        self._base = self._place = place.cleared()
        self._arrangement, self._arrange = arrangement, arrange
        self._outcome: Outcome | None = None
        self._trial: tuple[Outcome, Arrangement, str, StopTrial] | None = None
        self.map = place_map(
            place, moved=self._moved, cancelled=self.show, placed=self._placed,
            removed=self._removed, asked=self.told,
        )  # fmt: skip
        self.map.noun, self.map.roles = "stop", ROLES
        super().__init__([self.map])
        self.add_class("mapping-stage")

    def follow(self, outcome: Outcome | None) -> None:
        """Show this outcome from now on; zoom, place and layer stay."""
        if outcome is None or outcome.areas is None:
            return
        self._outcome, self._place = outcome, as_chosen(self._base, outcome.scenario)
        scenario = outcome.scenario
        self.map.pattern = (
            f"Not within {scenario.within:g} minutes’ walk of a hub or {scenario.bus_walk:g} of "
            "the bus"
        )
        self.map.show_lines(bus_routes(outcome, self._base))
        self.show()

    def show(self) -> None:
        """Show the stops as they are arranged now, and whom they reach together."""
        outcome, held = self._outcome, self._arrangement()
        if outcome is None:
            return
        reached = StopTrial(outcome, self._base, others=standing(outcome, held)).without()
        ahead = set(held.placed) != set(outcome.scenario.bus_placed)
        self.map.stale = ahead
        self.map.show_sites(shown_stops(outcome, self._place, held))
        self.map.reached(reached.within)
        self.map.status = standing_words(reached, outcome.scenario.bus_walk, ahead=ahead)

    def told(self, what: str, label: str) -> Card | None:
        """Return what is told of an area, stop or hub; None before there is a plan."""
        outcome = self._outcome
        if outcome is None:
            return None
        if what == "area":
            return self._area(outcome, label)
        if label.startswith(HUB):
            return site_card(outcome, self._place, label.removeprefix(HUB))
        if label.startswith(DEPOT):
            return Card(_depot_name(self._place, label.removeprefix(DEPOT)), (STARTS,))
        return self._stop(outcome, label)

    def _moved(self, move: Move) -> None:
        if self._outcome is None:
            return
        if move.done:
            stops = self._base.stops["name"]
            self._settle(move, str(stops.get(move.site, "")) + " (moved)")
            return
        tried = self._try(move.site).at(move.x, move.y)
        self.map.reached(tried.within)
        self.map.status = here_words(
            tried, self._outcome.scenario.bus_walk, hidden=self._hidden(move.site, move.x, move.y)
        )

    def _placed(self, move: Move) -> None:
        if self._outcome is not None:
            self._settle(move, "Own stop")

    def _settle(self, move: Move, name: str) -> None:
        """Make the point a stop of the planner's own."""
        new = self._arrangement().with_point(move.site, name, move.x, move.y, kept=())
        own_points(new.placed, self._base)  # a place far away is refused here
        self._arrange(new)

    def _removed(self, key: str) -> None:
        self._arrange(self._arrangement().without(key))

    def _try(self, key: str) -> StopTrial:
        """Return the trial of one stop, made when its move begins."""
        outcome, held = self._outcome, self._arrangement()
        assert outcome is not None
        last = self._trial
        if last is None or last[0] is not outcome or last[1] != held or last[2] != key:
            without = {key, dict(held.points).get(key, key)}
            others = [stop for stop in standing(outcome, held) if stop not in without]
            trial = StopTrial(outcome, self._base, others=others)
            last = self._trial = (outcome, held, key, trial)
        return last[3]

    def _hidden(self, key: str, x: float, y: float) -> bool:
        """Whether the figure of a stop at a point would be of a sheltered scheme's own."""
        assert self._outcome is not None
        hidden = words.stop_count_hidden(self._outcome, self._base)
        return bool(hidden.get(key, False)) or at_scheme(self._base, x, y)

    def _area(self, outcome: Outcome, area: str) -> Card:
        card = area_card(outcome, self._place, area)
        stops = [*outcome.stops.index]
        minutes = self._place.walk_to_stops.minutes.loc[area, stops].dropna()
        if minutes.empty:
            return replace(card, lines=(*card.lines, "No bus stop can be walked to from here."))
        nearest, least = minutes.idxmin(), minutes.min()
        name = self._place.stops.loc[nearest, "name"]
        far = "" if least <= outcome.scenario.bus_walk else "Not near a stop of the timetable. "
        line = f"{far}Nearest stop: {name}, {least:.0f} minutes’ walk."
        return replace(card, lines=(*card.lines, line))

    def _stop(self, outcome: Outcome, key: str) -> Card | None:
        """Return what a stop reaches, and why it is in the plan or not."""
        held, listed = dict(self._arrangement().points), self._base.stops
        if key not in held and key not in listed.index:
            return None
        stop = held.get(key, key)
        point = OwnPoint.read(stop) if key in held else _listed(listed, key)
        walk = outcome.scenario.bus_walk
        lines = [
            (VULNERABLE if at_scheme(self._base, point.x, point.y) else BESIDE)
            if self._hidden(key, point.x, point.y)
            else alone_words(self._try(key).at(point.x, point.y), walk),
            when(outcome, self._base).get(stop, ""),
            why_words(outcome, stop, own=key in held),
            MAY_NOT_PARK if key in held else "",
        ]
        return Card(point.name, tuple(line for line in lines if line))


PRESS = "Press “Route the bus” for a timetable"
ONLY = "whom no hub and no other stop reaches"
STARTS = "The bus leaves from here and comes back to it."


def standing(outcome: Outcome, held: Arrangement) -> list[str]:
    """Return the stops of a plan that stay, and those that are moved or placed by hand."""
    gone = {*outcome.scenario.bus_placed, *held.moved}
    return [*(stop for stop in map(str, outcome.stops.index) if stop not in gone), *held.placed]


def here_words(tried: TriedStop, walk: float, *, hidden: bool) -> str:
    """Return in a line whom a stop on its way would reach."""
    if hidden:
        together = f"{_people(*tried.together)} {_near(walk)} whom no hub reaches"
        return f"Here, with the other stops: {together}. {VULNERABLE}"
    return (
        f"Here: {_people(tried.people, tried.low, tried.high)} {_near(walk)} {ONLY}; "
        f"with the other stops about {about(tried.together[0])} ({between(*tried.together[1:])})."
    )


def standing_words(reached: TriedStop, walk: float, *, ahead: bool) -> str:
    """Return in a line whom all stops reach; `ahead` of the timetable, or as it has them."""
    said = _people(*reached.together)
    told = f"{said[:1].upper()}{said[1:]} {_near(walk)} whom no hub reaches."
    if not ahead:
        return told
    return f"{told} {PRESS} with your stops. {MAY_NOT_PARK}"


def _near(walk: float) -> str:
    return f"within {walk:g} minutes’ walk"


def _people(people: float, low: float, high: float) -> str:
    return f"about {about(people)} {WHOM} ({between(low, high)})" if people else "nobody"


def alone_words(tried: TriedStop, walk: float) -> str:
    """Return whom a stop reaches that no other does."""
    if not tried.people:
        return f"Nobody lives {_near(walk)} {ONLY}."
    said = _people(tried.people, tried.low, tried.high)
    return f"{said[:1].upper()}{said[1:]} live {_near(walk)} {ONLY}."


def why_words(outcome: Outcome, stop: str, *, own: bool) -> str:
    """Return why a stop is in the plan or not, as far as that can be told."""
    if own:
        ahead = "" if stop in outcome.stops.index else f" {PRESS} with it."
        return f"It is where you put it.{ahead}"
    if stop not in outcome.stops.index:
        left_out = outcome.left_out
        return "" if left_out is None else str(left_out.get(stop, ""))
    plan = outcome.bus_plan
    assert plan is not None
    firm = ""
    if stop in plan.firm.index:
        firm = f" Chosen in {plan.firm[stop]:.0%} of the draws."
    locked = {lock_parts(lock)[0] for lock in outcome.scenario.bus_locked}
    if stop in {*outcome.scenario.bus_must, *locked}:
        return f"You asked for it.{firm}"
    return f"In the plan, as the stops together reach the most people.{firm}"


def when(outcome: Outcome, place: Place) -> dict[str, str]:
    """Return when the bus is at each stop, in a sentence."""
    table = words.timetable(outcome, place)
    if table.empty:
        return {}
    times = table["on"] + ", " + table["opens"] + " to " + table["closes"]
    return {str(stop): f"Open {'; '.join(part)}." for stop, part in times.groupby(table["stop"])}


def shown_stops(outcome: Outcome, place: Place, held: Arrangement) -> gpd.GeoDataFrame:
    """
    Return stops, hubs and depots for the live map, those that count first.

    Parameters
    ----------
    place
        With the stops of the planner's own that the outcome has.
    held
        Stops moved or placed by hand, which may be ahead of the outcome.
    """
    own = held.keys
    order = {str(stop): at for at, stop in enumerate(outcome.stops.index, start=1)}
    told = _told(outcome, place)
    stay = standing(outcome, held)
    base = (place.base or place).stops
    rest = base[~base.index.isin({*stay, *held.moved})]
    rows = [
        *_hub_rows(outcome, place),
        *_depot_rows(outcome, place),
        *(_row(stop, base["name"][stop], "stop", base.geometry[stop], movable=True,
               number=order[stop], told=told.get(stop, ""))
          for stop in stay if stop not in own),
        *(_row(key, point.name, "own", _at(point, base), movable=True, number=order.get(text),
               told=told.get(text, "Your own stop"), remove=_remove_words(key))
          for (key, text), point in zip(held.points, own_points(held.placed, place), strict=True)),
        *(_row(stop, row["name"], "candidate", row.geometry, told="The bus could stop here")
          for stop, row in rest.iterrows()),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=COLUMNS).set_index("id")
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=base.crs)


COLUMNS = ["id", "name", "role", "movable", "number", "remove", "told", "geometry"]


def _row(
    id_: Hashable,
    name: object,
    role: str,
    geometry: object,
    *,
    movable: bool = False,
    number: int | None = None,
    told: str = "",
    remove: str = "",
) -> tuple[object, ...]:
    return (str(id_), str(name), role, movable, number, remove, told, geometry)


def _at(point: OwnPoint, like: gpd.GeoDataFrame) -> object:
    return gpd.GeoSeries.from_xy([point.x], [point.y], crs=NATIONAL_GRID).to_crs(like.crs).iloc[0]


def _listed(stops: gpd.GeoDataFrame, stop: str) -> OwnPoint:
    at = stops.loc[[stop]].geometry.to_crs(NATIONAL_GRID).iloc[0]
    return OwnPoint(str(stops.loc[stop, "name"]), at.x, at.y)


def _remove_words(key: str) -> str:
    return "Take away" if key.startswith(ADDED) else "Put back"


def _told(outcome: Outcome, place: Place) -> dict[str, str]:
    """Return a line about each stop of the plan: when, and whom it reaches."""
    hidden, times = words.stop_count_hidden(outcome, place), when(outcome, place)
    return {
        str(stop): f"{times.get(str(stop), '')} "
        + (
            not_shown(place.stops.loc[stop])
            if hidden[stop]
            else f"About {about(people)} {WHOM} have it nearest."
        )
        for stop, people in outcome.stops["people"].items()
    }


def _hub_rows(outcome: Outcome, place: Place) -> list[tuple[object, ...]]:
    sites, new = place.sites, list(outcome.new_hubs)
    counted = sites.index[sites["counts"] & ~sites.index.isin(outcome.closed_hubs)]
    return [
        _row(f"{HUB}{site}", sites["name"][site], role, sites.geometry[site], told=told)
        for ids, role, told in (
            (counted, "open", "Hub open now"),
            (new, "proposed", "Proposed hub"),
        )
        for site in ids
    ]


def _depot_rows(outcome: Outcome, place: Place) -> list[tuple[object, ...]]:
    """Return where the buses start, as far as that is known."""
    points = place.stops.geometry
    if place.depot_at is not None:
        points = pd.concat([place.depot_at.to_crs(points.crs), points])
    used = dict.fromkeys(bus.depot for bus in buses(outcome.scenario, place))
    return [
        _row(f"{DEPOT}{depot}", _depot_name(place, str(depot)), "depot", points[depot], told=STARTS)
        for depot in used
        if depot in points.index
    ]


def _depot_name(place: Place, depot: str) -> str:
    return f"Depot: {place.stops.loc[depot, 'name']}" if depot in place.stops.index else "Depot"
