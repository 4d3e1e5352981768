"""The land of the city: its outline, its river, its docks, and the sea."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon

CENTRE = (294_000.0, 480_100.0)
"""The city centre, on the north bank near the mouth of the river."""

# Kilometres of the national grid, open sea between Cumbria and the Isle of Man.
_COAST = (
    (292.7, 488.2), (292.2, 486.2), (292.6, 484.2), (292.1, 482.2), (292.4, 480.4), (292.2, 479.0),
    (291.7, 477.4), (292.1, 475.4), (292.8, 473.7), (294.0, 472.2),
)  # fmt: skip
_COAST_NORTH = (
    (298.0, 509.0), (296.1, 502.5), (297.0, 497.0), (295.2, 493.2), (295.4, 490.4), (293.9, 488.9),
    (294.2, 487.5),
)  # fmt: skip
_COAST_SOUTH = (
    (294.8, 473.2), (294.3, 471.6), (295.3, 469.9), (294.9, 467.2), (296.6, 463.8), (295.9, 458.5),
    (297.5, 451.0),
)  # fmt: skip
_INLAND = (
    (296.0, 471.8), (298.3, 472.4), (299.7, 473.8), (299.4, 475.6), (300.2, 477.5), (299.7, 480.0),
    (300.3, 482.3), (299.3, 484.4), (299.7, 486.2), (298.2, 487.5), (296.2, 488.3), (294.2, 488.5),
)  # fmt: skip
_RIVER = (
    (302.0, 476.5), (300.0, 476.9), (298.3, 478.2), (296.7, 477.9), (295.0, 477.5), (293.5, 478.4),
    (290.0, 478.9),
)  # fmt: skip
_DOCKS = ((292.0, 485.0), (292.0, 480.2))  # northings matter: where the docks begin and end
_BRIDGES = (293_700.0, 296_300.0, 298_900.0)  # eastings where a bridge crosses


@dataclass(frozen=True, eq=False)
class Land:
    """
    Where the city stands; every shape in EPSG:27700.

    Attributes
    ----------
    banks
        The land north and south of the river.
    docks
        The waterfront strip of the north bank, where nobody lives.
    river
        The river between the banks.
    sea
        The sea around the coast, for maps.
    bridges
        Three points on the river where a bridge crosses it.
    """

    banks: dict[str, Polygon]
    docks: Polygon
    river: Polygon
    sea: Polygon
    bridges: tuple[Point, ...]

    @property
    def whole(self) -> MultiPolygon:
        """Both banks together."""
        return MultiPolygon(list(self.banks.values()))


def land() -> Land:
    """Return the land, the same for every seed."""
    outline = _smooth((*_COAST, *_INLAND), ring=True)
    middle = _smooth(_RIVER, ring=False)
    river = _widening(middle)
    north, south = sorted(
        shapely.get_parts(outline.difference(river)), key=lambda part: -part.centroid.y
    )
    return Land(
        banks={"north": north, "south": south},
        docks=_docks(outline, north),
        river=outline.intersection(river),
        sea=_sea(outline, river),
        bridges=tuple(_crossing(middle, east) for east in _BRIDGES),
    )


def _smooth(kilometres: tuple[tuple[float, float], ...], *, ring: bool) -> Polygon | LineString:
    """Cut corners three times (Chaikin, 1974)."""
    points = np.array(kilometres) * 1000
    for _ in range(3):
        ahead = np.roll(points, -1, axis=0)
        cut = np.stack([0.75 * points + 0.25 * ahead, 0.25 * points + 0.75 * ahead], axis=1)
        points = (cut if ring else cut[:-1]).reshape(-1, 2)
    return Polygon(points) if ring else LineString(points)


def _widening(middle: LineString) -> Polygon:
    """Return the river: 200 m wide inland and 500 m at the mouth."""
    along = np.linspace(0, 1, 160)
    points = shapely.line_interpolate_point(middle, along, normalized=True)
    return shapely.union_all(shapely.buffer(points, 100 + 150 * along**2)).simplify(5)


def _docks(outline: Polygon, north: Polygon) -> Polygon:
    """Return the strip within 170 m of the western coast between the two northings."""
    (_, top), (_, bottom) = np.array(_DOCKS) * 1000
    west = shapely.box(291_000, bottom, 293_200, top)
    strip = outline.exterior.intersection(west).buffer(170).intersection(north).intersection(west)
    return max(shapely.get_parts(strip), key=lambda part: part.area).simplify(15)


def _sea(outline: Polygon, river: Polygon) -> Polygon:
    """Return the water off the western coast, past the edge of any map, with the river's mouth."""
    left = outline.bounds[0] - 20_000
    # The coast goes on north and south of the city where the city's own ends, inside its outline.
    north, south = (_smooth(coast, ring=False).coords for coast in (_COAST_NORTH, _COAST_SOUTH))
    frame = Polygon([(left, north[0][1]), *north, *south, (left, south[-1][1])])
    water = frame.difference(outline).union(river.intersection(frame).difference(outline))
    return max(shapely.get_parts(water), key=lambda part: part.area)


def _crossing(middle: LineString, east: float) -> Point:
    return middle.intersection(LineString([(east, 470_000), (east, 490_000)]))
