"""The live map as a widget of notebooks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import anywidget
import geopandas as gpd
import pandas as pd
import traitlets
from pyproj import Transformer

from mapping.errors import MappingError, UnknownAssetError
from mapping.maps.checks import area_faults, refuse
from mapping.maps.layers import ward_labels
from mapping.maps.live.journal import Journal
from mapping.maps.live.layers import NO_CLASS, Layer, as_bytes, changes
from mapping.maps.live.shapes import encoded, encoded_lines
from mapping.maps.live.sites import site_records
from mapping.maps.outlines import LONGITUDE_LATITUDE, NATIONAL_GRID, bounds
from mapping.maps.safe import plain

WITHIN, OUT = 0, 1
"""The byte of an area within reach, and of one that is not."""

KEY = ("choice", "heading", "note", "labels", "colours", "unknown")
"""What a layer's key is made of."""

NOWHERE = [[50.0, -6.0], [56.0, 2.0]]  # where nothing is drawn: England


@dataclass(frozen=True)
class Move:
    """
    A site that the reader moves, or puts on the map.

    Parameters
    ----------
    site
        Its id; "" for a new one.
    x, y
        Where it is now, in metres of the national grid.
    done
        Whether it was let go; until then it is on its way.
    """

    site: str
    x: float
    y: float
    done: bool


@dataclass(frozen=True)
class Card:
    """
    What is told of an area or site.

    Parameters
    ----------
    title
        Its name.
    lines
        Sentences about it, in plain text.
    """

    title: str
    lines: tuple[str, ...] = ()


class LiveMap(anywidget.AnyWidget):
    """
    Areas coloured by class, and sites that can be moved by mouse, keys or clicks.

    Nothing is fetched: what is drawn travels once, and from then on only what changes. Everything
    named by data is shown as text.

    Parameters
    ----------
    areas
        By area: `name` and polygons of a known coordinate system.
    layers
        Ways of colouring them; the first is shown.
    title
        What the map shows, for those who cannot see it.
    sites
        See `mapping.maps.live.site_records`; None for none.
    wards
        Outlines drawn over the areas, with their `name`; None for none.
    water
        Rivers and sea; None for none.
    attribution
        Lines that the map must carry.
    pattern
        What dots on an area mean: "not within 15 minutes’ walk of a hub"; "" where reach is not
        shown.
    roles
        Words of the key for roles of sites, where others than the usual ones are wanted.
    moved
        Called with every `Move` of a site that is there; `reached` and `status` answer it.
    cancelled
        Called where a move is given up, to show what there was before it.
    placed
        Called where the reader puts a new site; None for no such button.
    removed
        Called with the id of a site of the reader's own that is taken away.
    asked
        Called with ("area" or "site", id); returns what is told of it, or None.
    noun
        What the reader may place: "hub" or "stop".
    link
        Maps of one word on a page zoom and move together; "" for a map by itself.

    Raises
    ------
    InvalidTableError
        If the areas cannot be drawn.
    """

    shapes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    names: traitlets.List[Any] = traitlets.List().tag(sync=True)
    layers: traitlets.List[Any] = traitlets.List().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    reach = traitlets.Bytes().tag(sync=True)
    pattern = traitlets.Unicode().tag(sync=True)
    roles = traitlets.Dict().tag(sync=True)
    sites: traitlets.List[Any] = traitlets.List().tag(sync=True)
    backdrop = traitlets.Dict().tag(sync=True)
    bounds: traitlets.List[Any] = traitlets.List().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    attribution: traitlets.List[Any] = traitlets.List().tag(sync=True)
    placing = traitlets.Bool().tag(sync=True)
    noun = traitlets.Unicode("hub").tag(sync=True)
    still = traitlets.Bool().tag(sync=True)
    """Whether nothing can be moved or placed, so that there is nothing to tell of that."""
    lines: traitlets.List[Any] = traitlets.List().tag(sync=True)
    stale = traitlets.Bool().tag(sync=True)
    """Whether the lines are of earlier choices; they are then faint."""
    outlines: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """What is picked out by a thick line around it."""
    link = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        areas: gpd.GeoDataFrame,
        *,
        layers: Sequence[Layer],
        title: str,
        sites: gpd.GeoDataFrame | None = None,
        wards: gpd.GeoDataFrame | None = None,
        water: gpd.GeoDataFrame | None = None,
        attribution: Sequence[str] = (),
        pattern: str = "",
        roles: Mapping[str, str] | None = None,
        moved: Callable[[Move], None] | None = None,
        cancelled: Callable[[], None] | None = None,
        placed: Callable[[Move], None] | None = None,
        removed: Callable[[str], None] | None = None,
        asked: Callable[[str, str], Card | None] | None = None,
        noun: str = "hub",
        link: str = "",
    ) -> None:
        refuse({"areas": area_faults(areas)})
        self._areas = areas.index
        self._calls: dict[str, Callable[..., Any] | None] = {
            "move": moved,
            "cancel": cancelled,
            "place": placed,
            "remove": removed,
            "ask": asked,
        }
        records = [layer.record(areas.index) for layer in layers]
        shown = [geometry for geometry in (areas.geometry, getattr(wards, "geometry", None))
                 if geometry is not None]  # fmt: skip
        super().__init__(
            shapes=encoded(areas.geometry),
            names=_names(areas),
            layers=records,
            layer=records[0]["name"] if records else "",
            reach=bytes([NO_CLASS]) * len(areas),
            pattern=plain(pattern),
            roles=dict(roles or {}),
            sites=[] if sites is None else site_records(sites),
            backdrop=_backdrop(wards, water),
            bounds=bounds([_drawn(geometry) for geometry in shown]) or NOWHERE,
            title=plain(title),
            attribution=[plain(line) for line in attribution],
            placing=placed is not None,
            noun=noun,
            still=moved is None and placed is None,
            link=link,
        )
        self._journal = Journal(self)
        self.on_msg(lambda _, message, __: self._hear(message))

    @property
    def _esm(self) -> str:
        return _built("livemap.js")

    @property
    def _css(self) -> str:
        return _built("livemap.css")

    def reached(self, within: pd.Series) -> None:
        """Show which areas are within reach (bool by area; NaN: not told); only changes travel."""
        marks = within.map({True: WITHIN, False: OUT}).astype(float)
        before, self.reach = self.reach, as_bytes(marks, self._areas)
        self._repaint("reach", before, self.reach)

    def colour(self, layer: Layer) -> None:
        """
        Show a layer anew.

        Where only classes differ, with the same key, only those travel and nothing else is drawn.
        A layer of another name is added.
        """
        record = layer.record(self._areas)
        held = {one["name"]: one for one in self.layers}
        before = held.get(record["name"])
        if before is not None and all(before[part] == record[part] for part in KEY):
            lines = zip(before["told"], record["told"], strict=True)
            told = {at: new for at, (old, new) in enumerate(lines) if old != new}
            marks = before["classes"]
            before |= {"classes": record["classes"], "told": record["told"]}
            self._journal.note(self, "layers")
            self._repaint(record["name"], marks, record["classes"], told)
        else:
            self.layers = [*(held | {record["name"]: record}).values()]

    def show_sites(self, sites: gpd.GeoDataFrame) -> None:
        """Show other sites; those that stay keep their focus."""
        records = site_records(sites)
        if records != self.sites:
            self.sites = records

    def show_lines(self, lines: gpd.GeoDataFrame | None) -> None:
        """
        Draw lines over the areas, and list them in the key.

        Parameters
        ----------
        lines
            `name`, `dash` (pixels of line and gap), `heading` (printed over them in the key, the
            same for all) and lines of a known coordinate system; None for none.
        """
        if lines is None:
            self.lines = []
            return
        drawn = zip(lines.itertuples(), encoded_lines(lines.geometry), strict=True)
        self.lines = [
            {
                "name": plain(line.name),
                "dash": [*line.dash],
                "heading": plain(line.heading),
                "paths": paths,
            }
            for line, (paths,) in drawn
        ]

    def show_outlines(self, outlines: gpd.GeoDataFrame | None) -> None:
        """
        Pick out what has been chosen by a thick line around it, and name it in the key.

        Parameters
        ----------
        outlines
            `name` (as the key says it), `dash` (pixels of line and gap, none for a whole line) and
            polygons of a known coordinate system; None for none.
        """
        drawn = None if outlines is None else outlines[_there(outlines.geometry)]
        records = (
            []
            if drawn is None
            else [
                {"name": plain(row.name), "dash": [*row.dash], "shape": shape}
                for row, shape in zip(
                    drawn[["name", "dash"]].itertuples(index=False),
                    encoded(drawn.geometry),
                    strict=True,
                )
            ]
        )
        if records != self.outlines:
            self.outlines = records

    def show_areas(self, areas: gpd.GeoDataFrame, layers: Sequence[Layer]) -> None:
        """
        Show other areas, wards in place of LSOAs; zoom and place stay.

        Raises
        ------
        InvalidTableError
            If the areas cannot be drawn.
        """
        refuse({"areas": area_faults(areas)})
        records = [layer.record(areas.index) for layer in layers]
        names = {record["name"] for record in records}
        self._areas = areas.index
        with self.hold_sync():
            self.reach = bytes([NO_CLASS]) * len(areas)
            self.send_state("reach")
            self.names, self.layers = _names(areas), records
            self.layer = self.layer if self.layer in names else next(iter(names), "")
            self.shapes = encoded(areas.geometry)

    def tell(self, card: Card) -> None:
        """Show what is told of a place."""
        lines = [plain(line) for line in card.lines]
        self.send({"kind": "told", "title": plain(card.title), "lines": lines, "site": ""})

    def __repr__(self) -> str:
        return (
            f"Map “{self.title}”. To see it, open this notebook in JupyterLab, trust it (File "
            "menu, Trust Notebook) and run all cells (Run menu, Run All Cells)."
        )

    def _should_send_property(self, key: str, value: Any) -> bool:
        """Keep `reach` from travelling whole: `reached` sends what changed."""
        return key != "reach" and super()._should_send_property(key, value)

    def _repaint(
        self, of: str, before: bytes, after: bytes, told: Mapping[int, str] | None = None
    ) -> None:
        """Send what changed, and nothing else."""
        where, what = changes(before, after)
        if what or told:
            self.send({"kind": "marks", "of": of, "told": dict(told or {})}, [where, what])

    def _hear(self, message: Mapping[str, Any]) -> None:
        """Do what the reader did; a mistake is one sentence under the map."""
        kind = message.get("kind")
        call = self._calls.get(str(kind))
        if kind == "here":
            self._journal.tell()
        try:
            if call is None:
                return
            if kind in ("move", "place"):
                call(self._move(message))
            elif kind == "remove":
                call(str(message["id"]))
            elif kind == "cancel":
                call()
            else:
                self._answer(message, call)
        except MappingError as error:
            self.status = plain(error)
            self.send({"kind": "back"})  # to where the sites were
        finally:
            if kind in ("move", "place", "cancel"):
                # What came of it is read out; that a move was given up is said by the page.
                last = kind != "cancel" and bool(message.get("done", True))
                self.send({"kind": "done", "seq": message.get("seq"), "last": last})

    def _move(self, message: Mapping[str, Any]) -> Move:
        latitude, longitude = (float(part) for part in message["at"])
        x, y = _to_grid().transform(longitude, latitude)
        return Move(str(message.get("id", "")), x, y, bool(message.get("done", True)))

    def _answer(self, message: Mapping[str, Any], call: Callable[..., Any]) -> None:
        if "area" in message:
            what, label = "area", self._areas[int(message["area"])]
        else:
            what, label = "site", str(message["site"])
        card = call(what, label)
        if card is not None:
            told = {"title": plain(card.title), "lines": [plain(line) for line in card.lines]}
            self.send({"kind": "told", "site": "", **told, what: message[what]})


@cache
def _to_grid() -> Transformer:
    """Return what turns longitude and latitude into metres; making it takes far longer than use."""
    return Transformer.from_crs(LONGITUDE_LATITUDE, NATIONAL_GRID, always_xy=True)


def _built(name: str) -> str:
    """Return a file of the package that its build makes."""
    try:
        return files("mapping").joinpath("static", name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UnknownAssetError(
            f"{name} is missing from the installed package, so live maps cannot be drawn. Install "
            "it again with: python -m pip install -e ."
        ) from error


def _names(areas: gpd.GeoDataFrame) -> list[str]:
    names = areas["name"].where(areas["name"].notna(), areas.index.to_series())
    return [plain(name) for name in names]


def _drawn(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    return shapes[_there(shapes)].to_crs(LONGITUDE_LATITUDE)


def _there(shapes: gpd.GeoSeries) -> pd.Series:
    return shapes.notna() & ~shapes.is_empty


def _backdrop(wards: gpd.GeoDataFrame | None, water: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return what is drawn for orientation: outlines and names of wards, water."""
    found: dict[str, Any] = {"labels": ward_labels(wards)}
    if wards is not None and len(wards):
        found["wards"] = encoded(wards.geometry)
    if water is not None and len(water):
        parts = water.geometry.explode(ignore_index=True)
        found["water"] = encoded(parts, tolerance=20.0)
    return found
