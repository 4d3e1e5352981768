"""The live map of a hub plan: hubs are moved on it, and what that does is told at once."""

from collections.abc import Callable

import geopandas as gpd
import ipywidgets as widgets
import pandas as pd

from mapping import access
from mapping.errors import InvalidScenarioError
from mapping.maps.live import Card, LiveMap, Move, count_layers, score_layer
from mapping.panels.arranging import ADDED, Arrangement
from mapping.report import siting, words
from mapping.report.drawing import LABEL, outlined_wards
from mapping.rounding import about, between
from mapping.scenario import NOT_KNOWN, Outcome, Place, Trial, with_own

Arrange = Callable[[Arrangement, int], None]
"""Sets an arrangement, and how many hubs more (or, below 0, fewer) are asked for."""

NEED_NOTE = "Relative to this place: it says who has more, not how much more."


class HubMap(widgets.VBox):
    """
    A live map that follows a plan, and lets its new hubs be moved.

    Parameters
    ----------
    place
        The study.
    arrangement
        Returns what is arranged at present.
    arrange
        Sets what the reader arranged.
    """

    def __init__(
        self, place: Place, *, arrangement: Callable[[], Arrangement], arrange: Arrange
    ) -> None:
        self._base = self._place = place
        self._arrangement, self._arrange = arrangement, arrange
        self._outcome: Outcome | None = None
        self._shown = Arrangement()  # the outcome's own; the controls may be ahead of it
        self._trial: tuple[Outcome, str, Trial] | None = None
        self.map = place_map(
            place, moved=self._moved, cancelled=self._cancelled, placed=self._placed,
            removed=self._removed, asked=self.told,
        )  # fmt: skip
        super().__init__([self.map])
        self.add_class("mapping-stage")

    def follow(self, outcome: Outcome | None, arrangement: Arrangement) -> None:
        """Show this outcome of an arrangement from now on; zoom, place and layer stay."""
        if outcome is None or outcome.areas is None:
            return
        self._outcome = outcome
        self._place = with_own(self._base, outcome.scenario.placed)
        self._shown = arrangement
        within = outcome.scenario.within
        self.map.pattern = f"Not within {within:g} minutes’ walk of a hub"
        self.map.show_sites(shown_sites(outcome, self._place, self._shown))
        self.map.reached(outcome.areas["hub"])
        self.map.status = reach_words(outcome)

    def told(self, what: str, label: str) -> Card | None:
        """Return what is told of an area or site; None before there is a plan."""
        if self._outcome is None:
            return None
        if what == "area":
            return area_card(self._outcome, self._place, label)
        site = dict(self._shown.points).get(label, label)
        return site_card(self._outcome, self._place, site)

    def _moved(self, move: Move) -> None:
        if self._outcome is None:
            return
        if move.done:
            self._settle(move, str(self._place.sites["name"].get(move.site, "")) + " (moved)")
            return
        tried = self._try(move.site).at(move.x, move.y)
        self.map.reached(tried.within)
        self.map.status = (
            f"Here: about {about(tried.people)} adults likely to be offline "
            f"({between(tried.low, tried.high)}) within {self._outcome.scenario.within:g} minutes’ "
            f"walk of a hub{_newly(tried.gained)}."
        )

    def _cancelled(self) -> None:
        self.follow(self._outcome, self._shown)

    def _placed(self, move: Move) -> None:
        if self._outcome is not None:
            self._settle(move, "Own point")

    def _settle(self, move: Move, name: str) -> None:
        """Make the point a part of the plan; the other new hubs stay where they are."""
        assert self._outcome is not None
        placed = self._outcome.scenario.placed
        kept = tuple(
            site for site in self._outcome.new_hubs if site not in placed and site != move.site
        )
        held = self._arrangement()
        own = self._shown.keys
        order = tuple(own.get(site, site) for site in self._outcome.new_hubs)
        new = held.with_point(move.site, name, move.x, move.y, kept=kept, order=order)
        try:
            with_own(self._base, new.placed)
        except InvalidScenarioError:
            self.map.show_sites(shown_sites(self._outcome, self._place, self._shown))
            raise
        more = new.added - held.added
        self.map.status = "Working out what that does …"
        self._arrange(new, more)

    def _removed(self, key: str) -> None:
        held = self._arrangement()
        self._arrange(held.without(key), -1 if key.startswith(ADDED) else 0)

    def _try(self, key: str) -> Trial:
        """Return the trial of one site, made when its move begins."""
        assert self._outcome is not None
        held = self._trial
        if held is None or held[0] is not self._outcome or held[1] != key:
            site = dict(self._shown.points).get(key, key)
            trial = Trial(self._outcome, self._place, without=(site,))
            held = self._trial = (self._outcome, key, trial)
        return held[2]


def place_map(
    place: Place,
    *,
    by: str = "lsoa",
    moved: Callable[[Move], None] | None = None,
    cancelled: Callable[[], None] | None = None,
    placed: Callable[[Move], None] | None = None,
    removed: Callable[[str], None] | None = None,
    asked: Callable[[str, str], Card | None] | None = None,
) -> LiveMap:
    """
    Return a live map of where adults are likely to be offline, how sure that is, and need.

    Parameters
    ----------
    by
        "lsoa" or "ward".
    moved, cancelled, placed, removed, asked
        See `LiveMap`.
    """
    level = place.level(by)
    areas, exclusion = level.areas, level.exclusion
    shown = areas[["name", "geometry"]].join(exclusion.frame)
    counted = count_layers(shown, value="people", low="people_low", high="people_high", label=LABEL)
    need = score_layer(
        areas["need"], name="need", choice="Need (index)", heading="Index of need, 0 to 100",
        note=NEED_NOTE,
    )  # fmt: skip
    made_up = ", a made-up place" if place.fictional else ""
    return LiveMap(
        shown,
        layers=(*counted, need),
        title=f"Adults likely to be offline, {place.name}{made_up}, {exclusion.year}",
        wards=outlined_wards(place),
        water=place.water,
        attribution=place.attributions,
        moved=moved,
        cancelled=cancelled,
        placed=placed,
        removed=removed,
        asked=asked,
    )


def shown_sites(
    outcome: Outcome, place: Place, arrangement: Arrangement | None = None
) -> gpd.GeoDataFrame:
    """
    Return the sites of a plan for the live map, those that count first.

    New hubs can be moved. A point of the planner's own keeps the id of what it was moved from, so
    that the map knows it again.

    Parameters
    ----------
    place
        With the planner's own points.
    """
    new, closed = list(outcome.new_hubs), outcome.closed_hubs
    own = (arrangement or Arrangement()).keys
    sites = place.sites
    counted = sites[sites["counts"] & ~sites.index.isin(closed)]
    rest = sites[~sites["open"] & ~sites.index.isin(new)]
    # A venue that was moved away would lie under its own marker's id.
    rest = rest[~rest.index.isin(own.values())]
    people = _people_within(outcome, place)
    untold = words.hub_count_hidden(outcome, place)
    hidden = words.own_count_hidden(sites) | untold.reindex(sites.index, fill_value=False)
    within = f"{outcome.scenario.within:g} minutes’ walk"
    parts = {
        "open": (counted.index, "Open now"),
        "proposed": ([site for site in new if site not in outcome.scenario.placed], "Proposed"),
        "own": ([site for site in new if site in outcome.scenario.placed], "Your own point"),
        "candidate": (rest.index, "Could host a hub"),
    }
    rows = [
        {
            "id": own.get(site, site),
            "name": sites.loc[site, "name"],
            "role": role,
            "movable": role in ("proposed", "own"),
            "number": new.index(site) + 1 if site in new else None,
            "remove": _remove_words(own.get(site, "")) if role == "own" else "",
            "told": f"{word}. {siting.not_shown(sites.loc[site])}"
            if hidden[site]
            else f"{word}: about {about(people[site])} adults likely to be offline within {within}",
            "geometry": sites.geometry[site],
        }
        for role, (ids, word) in parts.items()
        for site in ids
    ]
    columns = ["id", "name", "role", "movable", "number", "remove", "told", "geometry"]
    frame = pd.DataFrame(rows, columns=columns).set_index("id")
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=sites.crs)


def _remove_words(key: str) -> str:
    return "Take away" if key.startswith(ADDED) or not key else "Put back"


def _people_within(outcome: Outcome, place: Place) -> pd.Series:
    within = access.within(place.walk.minutes, outcome.scenario.within)
    return within.mul(place.exclusion.people.reindex(within.index), axis=0).sum()


def reach_words(outcome: Outcome) -> str:
    """Return in a line whom a plan reaches."""
    if not outcome.reach_known or not outcome.measures.loc["reach", "value"]:
        return words.reach(outcome)
    reach, gained = outcome.measures.loc["reach"], outcome.measures["value"].get("gained")
    return (
        f"About {about(reach['value'])} adults likely to be offline "
        f"({between(reach['low'], reach['high'])}) within {outcome.scenario.within:g} minutes’ "
        f"walk of a hub{_newly(gained)}."
    )


def _newly(people: float | None) -> str:
    """Return how many of them are so newly; nothing where that is not known."""
    if people is None:
        return ""
    return f", about {about(people)} of them newly" if people else ", none of them newly"


def area_card(outcome: Outcome, place: Place, area: str) -> Card:
    """Return how many are likely to be offline in an area, and how near the nearest hub is."""
    row = place.lsoas.loc[area]
    people = words.area_told(area, place.exclusion)
    lines = (f"Ward: {row['ward_name']}.", people, _walk(outcome, place, area))
    return Card(str(row["name"]), lines)


def _walk(outcome: Outcome, place: Place, area: str) -> str:
    sites = outcome.now if outcome.hub_plan is None else outcome.hub_plan.sites
    minutes = place.walk.minutes.loc[area, list(sites)].dropna()
    if not sites:
        return "No hub is opened or known to be open now."
    if minutes.empty:
        return "No hub can be walked to from here."
    nearest, least = minutes.idxmin(), minutes.min()
    reached = "" if least <= outcome.scenario.within else "Not within reach. "
    return f"{reached}Nearest hub: {place.sites.loc[nearest, 'name']}, {least:.0f} minutes’ walk."


def site_card(outcome: Outcome, place: Place, site: str) -> Card | None:
    """Return what a site would do, and why it is in the plan or not."""
    if site not in place.sites.index:
        return None
    row, people = place.sites.loc[site], _people_within(outcome, place)[site]
    kind = str(row["kind"])
    near = (
        ""
        if words.own_count_hidden(place.sites.loc[[site]]).item()
        or words.hub_count_hidden(outcome, place).get(site, default=False)
        else f" About {about(people)} adults likely to be offline live within "
        f"{outcome.scenario.within:g} minutes’ walk."
    )
    lines = [f"{kind[:1].upper()}{kind[1:]}.{near}", siting.why(outcome, place, site)]
    if site in outcome.scenario.placed:
        lines.append(NOT_KNOWN)
    return Card(str(row["name"]), tuple(lines))
