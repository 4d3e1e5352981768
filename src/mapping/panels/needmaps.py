"""The live maps of need: one, or two beside each other that zoom and move together."""

from collections.abc import Mapping
from uuid import uuid4

import geopandas as gpd
import ipywidgets as widgets
import pandas as pd

from mapping.maps.live import Card, Layer, LiveMap
from mapping.panels.history import Values
from mapping.panels.layers import INDEX, PEOPLE, SURE, coloured, titled
from mapping.panels.weights import weights_of
from mapping.report import estimates, words
from mapping.report.drawing import outlined_wards
from mapping.scenario import Place
from mapping.study import DEFAULT_WEIGHTS


class NeedMaps(widgets.Box):
    """
    Live maps that follow the values of the need panel's controls; zoom and place stay.

    Where weights change, only areas whose class changes are painted anew.

    Parameters
    ----------
    place
        The study.
    start
        The study's own weights, whose classes the index keeps.
    """

    def __init__(self, place: Place, *, start: Mapping[str, float] = DEFAULT_WEIGHTS) -> None:
        self._place, self._start = place.cleared(), start
        self._values: Values = {}
        self._by = "lsoa"
        self._link = uuid4().hex
        self.maps: tuple[LiveMap, ...] = (self._made(),)
        super().__init__(self.maps)
        self.add_class("mapping-stage")
        self.add_class("mapping-need")

    def follow(self, values: Values, place: Place | None = None) -> None:
        """
        Show what the values ask for.

        Parameters
        ----------
        values
            `layer`, `beside` ("" for one map), `by`, and where wanted `group`, weights, and the
            wards told about and compared, `ward` and `other`, which are outlined.
        place
            The same place with another estimate; default: the one shown so far.

        Raises
        ------
        InvalidTableError
            If the index is asked for and nothing has a weight.
        """
        self._place = self._place if place is None else place.cleared()
        names = [name for name in (values["layer"], values["beside"]) if name]
        layers = [self._layer(name, values) for name in names]
        other = values["by"] != self._by
        self._by, self._values = values["by"], values
        if len(names) > len(self.maps):  # the second is made when it is first asked for
            self.children = self.maps = (*self.maps, self._made())
        for shown, layer in zip(self.maps, [*layers, layers[0]], strict=False):
            if other:
                shown.show_areas(_areas(self._place, self._by), [layer])
            else:
                shown.colour(layer)
        for shown, name in zip(self.maps, names, strict=False):
            shown.title = titled(name, self._place, group=_group(name, values))
        for shown in self.maps:
            shown.show_outlines(_outlines(self._place, values))
        for shown in self.maps[1:]:
            shown.layout.display = "none" if len(names) == 1 else None
        if len(names) == 1:
            self.remove_class("mapping-two")
        else:
            self.add_class("mapping-two")

    def away(self, *, away: bool) -> None:
        """Leave the page to the answer, or come back."""
        (self.add_class if away else self.remove_class)("mapping-away")

    def told(self, what: str, label: str) -> Card | None:
        """Return what is told of an area, or of a hub."""
        if what == "site":
            row = self._place.sites.loc[label]
            kind = str(row["kind"])
            return Card(str(row["name"]), (f"Hub open now: {kind}.",))
        values = self._values
        shown = [values.get("layer", PEOPLE), values.get("beside", "")]
        lines = [
            self._layer(name, values).told[label] + "."
            for name in shown
            if name and not _of_people(name, values)
        ]
        return need_card(label, self._place, by=self._by, lines=lines)

    def _layer(self, name: str, values: Values) -> Layer:
        return coloured(
            name,
            self._place,
            by=values["by"],
            weights=weights_of(values) if name == INDEX else {},
            group=_group(name, values),
            start=self._start,
        )

    def _made(self) -> LiveMap:
        place = self._place
        hubs = place.sites[place.sites["open"]]
        return LiveMap(
            _areas(place, self._by),
            layers=[coloured(PEOPLE, place, by=self._by, weights={})],
            title=titled(PEOPLE, place),
            sites=hubs.assign(role="open", told="Hub open now"),
            wards=outlined_wards(place),
            water=place.water,
            attribution=place.attributions,
            asked=self.told,
            link=self._link,
        )


def _areas(place: Place, by: str) -> pd.DataFrame:
    return place.level(by).areas[["name", "geometry"]]


def _outlines(place: Place, values: Values) -> gpd.GeoDataFrame:
    """Return the wards that are told about, and compared, to be outlined."""
    chosen = {"ward": ("told about", ()), "other": ("compared with it", (9, 6))}
    found = [(values[key], *look) for key, look in chosen.items() if values.get(key)]
    wards = place.wards.loc[[ward for ward, *_ in found], ["name", "geometry"]]
    names = [f"{name}, {why}" for name, (_, why, _) in zip(wards["name"], found, strict=True)]
    return wards.assign(name=names, dash=[dash for *_, dash in found])


def _group(name: str, values: Values) -> str:
    return values.get("group", "") if name == PEOPLE else ""


def _of_people(name: str, values: Values) -> bool:
    """Whether a layer shows what every card says."""
    return name in {PEOPLE, SURE} and not _group(name, values)


def need_card(area: str, place: Place, *, by: str, lines: list[str]) -> Card:
    """
    Return how many are likely to be offline in an area, how sure that is, and what goes with it.

    Parameters
    ----------
    by
        A level of the place: "oa", "lsoa" or "ward".
    lines
        What else is shown of it.
    """
    level = place.level(by)
    row = level.areas.loc[area]
    ward = area if by == "ward" else str(row["ward"])
    inside = "" if by == "ward" else f"Ward: {row['ward_name']}."
    said = (words.area_told(area, level.exclusion), *lines, inside, estimates.why(ward, place))
    return Card(str(row["name"]), tuple(line for line in said if line))
