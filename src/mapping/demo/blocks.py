"""Street blocks: the smallest pieces of land, from which areas, wards and streets are made."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Voronoi

from mapping.demo.fields import bumps, ripple
from mapping.demo.land import CENTRE, Land
from mapping.demo.partition import relaxed

RESIDENTS = 500_000
_BLOCKS = 2_520
_MARSH = (294_300.0, 473_000.0)
"""A corner without people; the road piece cut off from the rest lies here."""

# Residents per hectare, roughly: a dense centre, inner terraces, suburbs, estates at the edge.
_DENSE = (
    (294.4, 480.2, 1.3, 60.0), (294.6, 482.6, 1.6, 45.0), (295.6, 480.2, 1.3, 40.0),
    (294.6, 475.6, 1.8, 28.0), (297.8, 481.8, 1.6, 22.0), (298.2, 485.6, 1.2, 34.0),
    (298.2, 474.4, 1.2, 32.0), (293.6, 486.4, 1.2, 26.0),
)  # fmt: skip
_EMPTY = ((294.3, 473.0, 0.4, 1.2), (297.2, 483.6, 0.35, 1.2), (296.2, 476.6, 0.35, 1.2))


@dataclass(frozen=True, eq=False)
class Blocks:
    """
    The blocks of the city and the walls between them.

    Attributes
    ----------
    table
        One row per block: `bank`, `docks` (true on the waterfront strip), `residents`, `x`, `y` (a
        point inside) and `geometry`.
    walls
        One row per straight piece of border between two blocks of one bank: `left`, `right`
        (blocks), `start`, `end` (corners), `length` (metres).
    corners
        Coordinates of the corners, in whole metres.
    """

    table: gpd.GeoDataFrame
    walls: pd.DataFrame
    corners: np.ndarray


def blocks(land: Land, *, rng: np.random.Generator) -> Blocks:
    """Divide the land into blocks, smaller where more people live."""
    faces = _faces(land, _seeds(land, rng))
    walls, corners = _walls(faces)
    table = _table(faces, land)
    table["residents"] = _residents(table, rng)
    return Blocks(table, walls, corners)


def density(points: np.ndarray) -> np.ndarray:
    """Return residents per hectare before noise, 0 in parks and on the marsh."""
    lived = np.clip(1 - bumps(points, _EMPTY), 0, 1)
    return (14 + bumps(points, _DENSE)) * np.where(lived < 0.35, 0, lived)


def _seeds(land: Land, rng: np.random.Generator) -> np.ndarray:
    left, bottom, right, top = land.whole.bounds
    points = rng.uniform((left, bottom), (right, top), (60_000, 2))
    inside = points[shapely.contains_xy(land.whole, points)]
    # Blocks are larger where fewer people live, but by less than the density.
    return relaxed(inside, np.sqrt(10 + density(inside)), _BLOCKS, rng=rng, rounds=3)


def _faces(land: Land, seeds: np.ndarray) -> np.ndarray:
    """Cut the land along the Voronoi diagram of the seeds; corners fall on whole metres."""
    ridges = _ridges(seeds)
    outlines = [bank.boundary for bank in land.banks.values()]
    inland = land.docks.boundary
    cuts = shapely.union_all([*ridges, *outlines, inland], grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(cuts)))
    inside = shapely.contains(land.whole, shapely.point_on_surface(faces))
    faces = faces[inside]
    centre = shapely.get_coordinates(shapely.centroid(faces)).round(2)
    return faces[np.lexsort(centre.T)]


def _ridges(seeds: np.ndarray) -> np.ndarray:
    low, high = seeds.min(axis=0) - 20_000, seeds.max(axis=0) + 20_000
    far = np.array([low, high, (low[0], high[1]), (high[0], low[1])])
    diagram = Voronoi(np.vstack([seeds, far]))
    pairs = np.array([pair for pair in diagram.ridge_vertices if -1 not in pair])
    return shapely.linestrings(diagram.vertices[pairs])


def _walls(faces: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return borders shared by two faces and the corners at which they end."""
    points, face = shapely.get_coordinates(faces, return_index=True)
    corners, corner = np.unique(points, axis=0, return_inverse=True)
    same = face[:-1] == face[1:]
    ends = np.sort(np.column_stack([corner[:-1], corner[1:]])[same], axis=1)
    sides = pd.DataFrame({"start": ends[:, 0], "end": ends[:, 1], "face": face[:-1][same]})
    shared = sides.groupby(["start", "end"])["face"].agg(["min", "max"]).reset_index()
    shared = shared[shared["min"] != shared["max"]].rename(columns={"min": "left", "max": "right"})
    step = corners[shared["start"]] - corners[shared["end"]]
    return shared.assign(length=np.hypot(*step.T)).reset_index(drop=True), corners


def _table(faces: np.ndarray, land: Land) -> gpd.GeoDataFrame:
    inside = shapely.point_on_surface(faces)
    x, y = shapely.get_coordinates(inside).T
    return gpd.GeoDataFrame(
        {
            "bank": np.where(shapely.contains(land.banks["north"], inside), "north", "south"),
            "docks": shapely.contains(land.docks, inside),
            "x": x,
            "y": y,
        },
        index=pd.RangeIndex(len(faces), name="block"),
        geometry=faces,
        crs=27700,
    )


def _residents(table: gpd.GeoDataFrame, rng: np.random.Generator) -> np.ndarray:
    points = table[["x", "y"]].to_numpy()
    lumpy = np.exp(0.25 * ripple(points, scale=700, rng=rng) + rng.normal(0, 0.2, len(points)))
    expected = density(points) * table.area.to_numpy() * lumpy * ~table["docks"].to_numpy()
    return rng.poisson(expected / expected.sum() * RESIDENTS)


def marsh() -> np.ndarray:
    """Return the middle of the corner without people."""
    return np.array(_MARSH)


def centre() -> np.ndarray:
    """Return the city centre."""
    return np.array(CENTRE)
