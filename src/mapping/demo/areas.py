"""Areas (LSOAs of 2021), wards of 2022 and 2024, and the lookups between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from string import ascii_uppercase

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from mapping.demo import words
from mapping.demo.blocks import Blocks
from mapping.demo.partition import contiguous, even, nearest, relaxed, whole

_AREAS = 302
_NEIGHBOURHOODS = 61
_FATES = {"S": 7, "X": 1, "M": 3}
"""How many areas of 2011 were split, pairs whose border moved, and areas of 2021 that are mergers;
all others are unchanged, so that 302 areas of 2021 were 298 in 2011."""


@dataclass(frozen=True, eq=False)
class Areas:
    """
    How the city is divided; polygons in EPSG:27700.

    Attributes
    ----------
    areas
        By `area` (LSOA 2021): `name`, `ward` (2024, best fit), `ward_name`, `x`, `y`
        (population-weighted centroid) and `geometry`.
    wards
        By `ward` (2024): `name`, `geometry`. The waterfront is the best fit of no area.
    old_wards
        By `ward` (2022): `name`, `geometry`.
    changes
        One row per pair of areas of 2011 and 2021 that share people: `area_2011`, `name_2011`,
        `area`, `name`, `change` (U unchanged, S split, M merged, X irregular).
    members
        By `block`: the `area`, `ward` and `old_ward` it is part of.
    """

    areas: gpd.GeoDataFrame
    wards: gpd.GeoDataFrame
    old_wards: gpd.GeoDataFrame
    changes: pd.DataFrame
    members: pd.DataFrame


def areas(blocks: Blocks, *, rng: np.random.Generator) -> Areas:
    """Group blocks into areas and, independently, into two generations of wards."""
    group = _grouped(blocks, _AREAS, rng)
    names = _area_names(_middles(blocks, group), rng)
    changes = _changes(names, _neighbours(blocks, group), rng)
    code = changes.drop_duplicates("group").set_index("group")["area"]
    members = pd.DataFrame(
        {
            "area": group.map(code),
            "ward": _wards(blocks, rng),
            "old_ward": _old_wards(blocks, rng),
        }
    )
    wards = _outlines(blocks, members["ward"], _ward_names())
    outline = _outlines(blocks, members["area"], names.rename(code))
    points = _centroids(blocks, members["area"], outline.geometry)
    return Areas(
        areas=_fitted(outline, points, wards),
        wards=wards,
        old_wards=_outlines(blocks, members["old_ward"], _old_ward_names()).rename_axis("ward"),
        changes=changes.drop(columns="group"),
        members=members,
    )


def _grouped(
    blocks: Blocks, number: int, rng: np.random.Generator, *, pull: float = 1.0
) -> pd.Series:
    """
    Divide each bank into contiguous groups of blocks; return the group by block.

    With a pull of 1 they have about as many residents each; with less, those in dense places have
    more, as wards have and census areas have not.
    """
    table = blocks.table.assign(weight=blocks.table["residents"] ** pull)
    per_bank = table.groupby("bank")["weight"].sum()
    numbers = dict(zip(per_bank.index, whole(per_bank.to_numpy(), number), strict=True))
    groups = [_places(part, numbers[bank], rng, bank) for bank, part in table.groupby("bank")]
    return contiguous(pd.concat(groups).reindex(table.index), blocks.walls)


def _places(part: gpd.GeoDataFrame, number: int, rng: np.random.Generator, bank: str) -> pd.Series:
    points = part[["x", "y"]].to_numpy()
    group = even(points, part["weight"].to_numpy(), number, rng=rng)
    return pd.Series([f"{bank} {place}" for place in group], index=part.index)


def _middles(blocks: Blocks, group: pd.Series) -> pd.DataFrame:
    """Return the population-weighted centroid of each group."""
    people = blocks.table["residents"]
    weighted = blocks.table[["x", "y"]].mul(people, axis=0).groupby(group).sum()
    return weighted.div(people.groupby(group).sum(), axis=0)


def _neighbours(blocks: Blocks, group: pd.Series) -> list[tuple[str, str]]:
    """Return the pairs of groups that share a border."""
    sides = pd.DataFrame({side: blocks.walls[side].map(group) for side in ("left", "right")})
    between = sides[sides["left"] != sides["right"]]
    return sorted({tuple(sorted(pair)) for pair in between.itertuples(index=False)})


def _area_names(middles: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Name areas by neighbourhood, numbered from the north, and a letter, as publishers do."""
    points = middles[["x", "y"]].to_numpy()
    centres = relaxed(points, np.ones(len(points)), _NEIGHBOURHOODS, rng=rng)
    hood = nearest(points, centres[np.argsort(-centres[:, 1])])
    order = pd.DataFrame({"hood": hood + 1, "south": -middles["y"]}).sort_values(["hood", "south"])
    letter = order.groupby("hood").cumcount().map(lambda place: ascii_uppercase[place])
    return (words.PLACE + " " + order["hood"].map("{:03d}".format) + letter).rename("name")


def _changes(
    names: pd.Series, neighbours: list[tuple[str, str]], rng: np.random.Generator
) -> pd.DataFrame:
    """Give codes to both generations of areas and say how one came from the other."""
    rows = pd.DataFrame(
        _ancestry(names.index, _fates(names.index, neighbours, rng)),
        columns=["old", "group", "change"],
    )
    area_2011 = rows["old"].map(_code)
    created = rows.loc[rows["change"] != "U", "group"].drop_duplicates()
    fresh = dict(zip(created, count(rows["old"].max() + 1), strict=False))
    name = rows["group"].map(names)
    return pd.DataFrame(
        {
            "area_2011": area_2011,
            "name_2011": _old_names(rows, name),
            "area": rows["group"].map(fresh).fillna(rows["old"]).astype(int).map(_code),
            "name": name,
            "change": rows["change"],
            "group": rows["group"],
        }
    )


def _code(number: int) -> str:
    return f"{words.AREA_PREFIX}{number:06d}"


def _fates(
    groups: pd.Index, neighbours: list[tuple[str, str]], rng: np.random.Generator
) -> dict[str, tuple[str, str]]:
    """Choose what became of whom: group → (change, partner)."""
    free = set(groups)
    fates: dict[str, tuple[str, str]] = {}
    pairs = iter([neighbours[place] for place in rng.permutation(len(neighbours))])
    for change in ("S", "X"):
        for _ in range(_FATES[change]):
            one, other = next(pair for pair in pairs if free.issuperset(pair))
            fates |= {one: (change, other), other: (change, one)}
            free -= {one, other}
    merged = rng.choice(sorted(free), _FATES["M"], replace=False)
    return fates | {str(group): ("M", str(group)) for group in merged}


def _ancestry(
    groups: pd.Index, fates: dict[str, tuple[str, str]]
) -> Iterator[tuple[int, str, str]]:
    """Yield number in 2011, group of 2021 and change, numbering 2011 in the order given."""
    number, seen = count(1), set()
    for group in groups:
        change, partner = fates.get(group, ("U", group))
        if group in seen:
            continue
        seen |= {group, partner}
        first = next(number)
        yield first, group, change
        if change in ("S", "X"):
            yield first, partner, change
        if change in ("M", "X"):
            yield next(number), partner, change


def _old_names(rows: pd.DataFrame, name: pd.Series) -> pd.Series:
    """Name areas of 2011 as their successors, those changed by letters no longer in use."""
    changed = rows.loc[rows["change"] != "U"].drop_duplicates("old").set_index("old")["group"]
    hood = changed.map(name.groupby(rows["group"]).first()).str[:-1]
    letter = hood.groupby(hood).cumcount().map(lambda place: ascii_uppercase[-1 - place])
    return rows["old"].map(hood + letter).fillna(name)


def _ward_names() -> pd.Series:
    names = sorted([*words.WARDS, words.WATERFRONT])
    return pd.Series(names, index=[f"{words.WARD_PREFIX}{n:03d}" for n in range(1, 65)])


def _old_ward_names() -> pd.Series:
    codes = [f"{words.OLD_WARD_PREFIX}{n:03d}" for n in range(1, 31)]
    return pd.Series(list(words.OLD_WARDS), index=codes)


def _wards(blocks: Blocks, rng: np.random.Generator) -> pd.Series:
    """Return the 2024 ward of each block; the docks are a ward of their own."""
    names = _ward_names()
    waterfront = names.index[names == words.WATERFRONT][0]
    ward = _grouped(blocks, len(words.WARDS), rng, pull=0.4)
    code = _shuffled(ward, names.index.drop(waterfront), rng)
    return contiguous(ward.map(code).mask(blocks.table["docks"], waterfront), blocks.walls)


def _old_wards(blocks: Blocks, rng: np.random.Generator) -> pd.Series:
    ward = _grouped(blocks, len(words.OLD_WARDS), rng, pull=0.6)
    return ward.map(_shuffled(ward, _old_ward_names().index, rng))


def _shuffled(group: pd.Series, codes: pd.Index, rng: np.random.Generator) -> dict[str, str]:
    return dict(zip(sorted(group.unique()), rng.permutation(codes.to_numpy()), strict=True))


def _outlines(blocks: Blocks, group: pd.Series, names: pd.Series) -> gpd.GeoDataFrame:
    """Join the blocks of each group into one polygon."""
    outline = blocks.table[["geometry"]].dissolve(by=group, method="coverage").sort_index()
    outline.insert(0, "name", names.reindex(outline.index))
    return outline


def _centroids(blocks: Blocks, group: pd.Series, outline: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return where people live on average, moved to a block with people if that is elsewhere."""
    middles = _middles(blocks, group)
    points = gpd.GeoSeries.from_xy(middles["x"], middles["y"], crs=outline.crs)
    docks = blocks.table.loc[blocks.table["docks"], "geometry"].union_all()
    astray = ~outline.contains(points.loc[outline.index]) | points.within(docks)
    lived = blocks.table[blocks.table["residents"] > 0]
    for area in astray.index[astray]:
        own = lived[group[lived.index] == area]
        away = np.hypot(*(own[["x", "y"]] - middles.loc[area]).to_numpy().T)
        points[area] = Point(*own.iloc[away.argmin()][["x", "y"]])
    return points


def _fitted(
    outline: gpd.GeoDataFrame, points: gpd.GeoSeries, wards: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Add each area's centroid and its best-fit ward, the one that holds the centroid."""
    within = gpd.sjoin(gpd.GeoDataFrame(geometry=points), wards[["geometry"]], predicate="within")
    ward = within[wards.index.name]
    columns = {"ward": ward, "ward_name": ward.map(wards["name"]), "x": points.x, "y": points.y}
    fitted = outline.assign(
        **{key: value.round(1) if key in "xy" else value for key, value in columns.items()}
    )
    return fitted[["name", "ward", "ward_name", "x", "y", "geometry"]]
