"""Output areas: the parts of each LSOA, and its people and homes divided among them."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.demo import words
from mapping.demo.areas import Areas
from mapping.demo.blocks import Blocks
from mapping.demo.partition import contiguous, whole
from mapping.demo.people import MIDDLES, People

_RESIDENTS, _FEWEST = 300, 100  # of an output area: on average, at least
# How much output areas of one LSOA differ: standard deviations of logarithms.
_OLDER, _LIMITED, _TENURE = 0.35, 0.25, 0.8
_ROUNDS = 8  # of proportional fitting


@dataclass(frozen=True, eq=False)
class OutputAreas:
    """
    The smallest areas of the census; people and homes add up to those of the LSOAs.

    Attributes
    ----------
    areas
        By `area` (output area 2021): `lsoa` and `geometry`.
    ages, disability, households
        As in `People`, by output area.
    """

    areas: gpd.GeoDataFrame
    ages: pd.DataFrame
    disability: pd.DataFrame
    households: pd.DataFrame


def output_areas(
    blocks: Blocks, divided: Areas, people: People, *, rng: np.random.Generator
) -> OutputAreas:
    """Divide each LSOA into groups of blocks, and its people among them unevenly."""
    table = blocks.table[["x", "y", "residents"]]
    lsoa = divided.members["area"]
    parts = pd.concat([_parts(mine) for _, mine in table.groupby(lsoa)]).reindex(table.index)
    walls = blocks.walls[blocks.walls["left"].map(lsoa) == blocks.walls["right"].map(lsoa)]
    group = _large(contiguous(lsoa + parts.map(" {:02d}".format), walls), table, walls)
    named = sorted(group.unique())
    codes = {name: f"{words.OUTPUT_AREA_PREFIX}{at:06d}" for at, name in enumerate(named, 1)}
    code = group.map(codes).rename("area")
    outline = blocks.table[["geometry"]].dissolve(by=code, method="coverage").sort_index()
    outline.insert(0, "lsoa", lsoa.groupby(code).first())
    residents = table["residents"].groupby(code).sum()
    drawn = list(_divided(outline["lsoa"], residents, people, rng))
    return OutputAreas(
        outline, *(pd.concat(tables).sort_index() for tables in zip(*drawn, strict=True))
    )


def _large(group: pd.Series, blocks: pd.DataFrame, walls: pd.DataFrame) -> pd.Series:
    """Join groups of too few residents to the neighbour with the longest border."""
    group = group.copy()
    while True:
        people = blocks["residents"].groupby(group).sum()
        sides = pd.DataFrame({side: walls[side].map(group) for side in ("left", "right")})
        both = pd.concat([sides, sides.set_axis(["right", "left"], axis=1)])
        apart = both[both["left"] != both["right"]].assign(length=walls["length"])
        length = apart.groupby(["left", "right"])["length"].sum()
        few = [name for name in people.index[people < _FEWEST] if name in length.index]
        if not few:
            return group
        group = group.replace(few[0], length[few[0]].idxmax())


def _parts(blocks: pd.DataFrame) -> pd.Series:
    """Return which part of its LSOA each block is in."""
    residents = blocks["residents"].to_numpy()
    count = max(1, min(round(residents.sum() / _RESIDENTS), int((residents > 0).sum())))
    return pd.Series(_halved(blocks[["x", "y"]].to_numpy(), residents, count), blocks.index)


def _halved(points: np.ndarray, residents: np.ndarray, count: int) -> np.ndarray:
    """Cut points across their longer side into `count` parts of about as many residents."""
    if count == 1 or len(points) < 2:
        return np.zeros(len(points), dtype=int)
    order = np.argsort(points[:, np.ptp(points, axis=0).argmax()], kind="stable")
    first, people = count // 2, residents[order]
    middle = people.cumsum() - people / 2
    cut = int(np.clip((middle < people.sum() * first / count).sum(), 1, len(points) - 1))
    part = np.empty(len(points), dtype=int)
    for at, parts, before in ((order[:cut], first, 0), (order[cut:], count - first, first)):
        part[at] = before + _halved(points[at], residents[at], parts)
    return part


def _divided(
    lsoa: pd.Series, residents: pd.Series, people: People, rng: np.random.Generator
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """Yield ages, disability and households of the output areas of one LSOA after another."""
    tilt = (np.array(MIDDLES) - 40) / 40
    for area, mine in residents.groupby(lsoa):
        lived = mine.to_numpy()[:, None] / max(mine.sum(), 1)
        older = rng.normal(0, _OLDER, (len(mine), 1))
        limited = rng.normal(0, _LIMITED, (len(mine), 1)) * np.array([1, 1, 0, 0])
        homes = rng.normal(0, _TENURE, (len(mine), 3))
        pulls = (older * tilt, limited, homes)
        tables = (people.ages, people.disability, people.households)
        yield tuple(
            _shared(table.loc[area], lived * np.exp(pull), lived[:, 0], mine.index)
            for table, pull in zip(tables, pulls, strict=True)
        )


def _shared(
    counts: pd.Series, weight: np.ndarray, lived: np.ndarray, areas: pd.Index
) -> pd.DataFrame:
    """Share whole numbers out: the totals of parts go by residents, the rest by weights."""
    for _ in range(_ROUNDS):
        weight = weight / np.maximum(weight.sum(axis=0), 1e-12)
        total = (weight * counts.to_numpy()).sum(axis=1)
        weight = weight * (lived * counts.sum() / np.maximum(total, 1e-12))[:, None]
    parts = [whole(part, total) for part, total in zip(weight.T, counts, strict=True)]
    return pd.DataFrame(np.array(parts).T, areas, counts.index)
