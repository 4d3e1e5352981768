"""Where the bus could stand: estates, sheltered schemes, car parks, schools and libraries."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.demo import words
from mapping.demo.areas import Areas
from mapping.demo.blocks import Blocks
from mapping.demo.records import Records

_APART = 800.0  # metres between two estates, at least
_CAR_PARKS = 12
_KERB = (17.0, 11.0)  # metres from the middle of a place to where the bus stands: nobody's door


@dataclass(frozen=True)
class Kind:
    """
    What the planner was told about the stops of a kind.

    Attributes
    ----------
    count
        How many there are.
    hours
        When the bus may stand there, in the syntax of OpenStreetMap's `opening_hours`; "" = any
        time.
    permission
        Shares of owners who said yes and who said no; the others have not answered.
    level_access, power
        Shares of stops that have it.
    not_on
        Days that are not possible at some of them, such as a market day; "" = none.
    weekend
        Share that is free at weekends only, such as the car park of a works.
    """

    count: int
    hours: str = ""
    permission: tuple[float, float] = (1.0, 0.0)
    level_access: float = 1.0
    power: float = 0.0
    not_on: str = ""
    weekend: float = 0.0


KINDS = {
    "estate": Kind(40, level_access=0.9),
    "sheltered scheme": Kind(8, "Mo-Fr 10:00-12:30,13:30-16:30", power=1.0),
    "car park": Kind(_CAR_PARKS, permission=(0.6, 0.2), power=0.2, not_on="sat, tue", weekend=0.25),
    "school": Kind(9, "Mo-Fr 09:15-14:45", permission=(0.6, 0.2), power=0.5, not_on="fri"),
    "library": Kind(6, "Mo-Fr 09:30-17:30", permission=(0.8, 0.1), level_access=0.8, power=0.8),
}
_MUST = 1  # sheltered schemes whose residents were promised a visit


def stops(
    blocks: Blocks, areas: Areas, records: Records, *, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """
    Draw the planner's list of stops: not every owner agrees, and not every place suits.

    Returns
    -------
    geopandas.GeoDataFrame
        By `site`: `name`, `kind`, `permission` (yes, no, or empty where nobody answered yet),
        `level_access`, `power`, `hours`, `not_on` (days that are not possible), `must_visit`, and
        the point in EPSG:27700.
    """
    places = {
        "estate": _estates(blocks, areas, records),
        "sheltered scheme": _some(records.schemes, "sheltered scheme", rng),
        "car park": _car_parks(blocks, areas, rng),
        "school": _some(_of_kind(records, "school"), "school", rng),
        "library": _some(_of_kind(records, "library"), "library", rng),
    }
    rows = pd.concat([_asked(found, kind, rng) for kind, found in places.items()])
    codes = pd.Index([f"B{n:02d}" for n in range(1, len(rows) + 1)], name="site")
    return gpd.GeoDataFrame(rows.set_axis(codes), geometry="geometry", crs=27700)


def _asked(found: gpd.GeoDataFrame, kind: str, rng: np.random.Generator) -> pd.DataFrame:
    """Add what was asked about each stop of a kind."""
    row, count = KINDS[kind], len(found)
    yes, no = row.permission
    drawn = rng.random((4, count))
    weekend = drawn[3] > 1 - row.weekend
    agreed = (drawn[0] < yes) | weekend  # whoever lends a place at weekends has agreed
    must = np.arange(count) < (_MUST if kind == "sheltered scheme" else 0)
    return pd.DataFrame(
        {
            "name": found["name"].to_numpy(),
            "kind": kind,
            "permission": np.select([agreed, drawn[0] < yes + no], ["yes", "no"], ""),
            "level_access": np.where(drawn[1] < row.level_access, "yes", "no"),
            "power": np.where(drawn[2] < row.power, "yes", "no"),
            "hours": np.where(weekend, "Sa-Su 08:00-18:00", row.hours),
            "not_on": np.where(drawn[3] < 1 / 3, row.not_on, ""),
            "must_visit": np.where(must, "yes", ""),
            "geometry": found.geometry.translate(*_KERB).to_numpy(),
        }
    )


def _estates(blocks: Blocks, areas: Areas, records: Records) -> gpd.GeoDataFrame:
    """Return the blocks with most of the landlord's homes, no two of them close together."""
    _, within = blocks.table.sindex.query(records.stock.geometry, predicate="within")
    homes = pd.Series(np.bincount(within, minlength=len(blocks.table)))
    chosen: list[int] = []
    where = blocks.table[["x", "y"]].to_numpy()
    for block in homes.sort_values(ascending=False, kind="stable").index:
        apart = np.hypot(*(where[chosen] - where[block]).T) if chosen else np.array([np.inf])
        if apart.min() >= _APART:
            chosen.append(int(block))
        if len(chosen) == KINDS["estate"].count:
            break
    return _standing(pd.Series(chosen), "Estate", blocks, areas)


def _car_parks(blocks: Blocks, areas: Areas, rng: np.random.Generator) -> gpd.GeoDataFrame:
    weight = np.sqrt(blocks.table["residents"].to_numpy())
    drawn = rng.choice(len(weight), _CAR_PARKS, replace=False, p=weight / weight.sum())
    return _standing(pd.Series(np.sort(drawn)), "Car Park", blocks, areas)


def _standing(block: pd.Series, title: str, blocks: Blocks, areas: Areas) -> gpd.GeoDataFrame:
    """Name blocks by ward, and by street where a ward has several."""
    ward = block.map(areas.members["ward"]).map(areas.wards["name"])
    street = block.map(lambda place: words.STREETS[place % len(words.STREETS)])
    twice = ward.duplicated(keep=False)
    name = (ward + " " + title).mask(twice, ward + " " + title + ", " + street)
    points = shapely.points(blocks.table.loc[block, ["x", "y"]].round().to_numpy())
    return gpd.GeoDataFrame({"name": name}, geometry=points, crs=27700)


def _of_kind(records: Records, kind: str) -> gpd.GeoDataFrame:
    return records.venues[records.venues["kind"] == kind]


def _some(found: gpd.GeoDataFrame, kind: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    drawn = rng.choice(len(found), KINDS[kind].count, replace=False)
    return found.iloc[np.sort(drawn)][["name", "geometry"]]
