"""The landlord's and the planner's own records: homes, schemes, hubs, venues, the bus depot."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.demo import words
from mapping.demo.areas import Areas
from mapping.demo.blocks import Blocks
from mapping.demo.partition import whole
from mapping.demo.people import People

_HOMES = 15_000
_SCHEMES = 17
_SUITES = 14  # schemes with an IT suite
_DEPOT = (297_600.0, 482_600.0)


@dataclass(frozen=True)
class Kind:
    """
    A kind of venue.

    Attributes
    ----------
    hubs, venues
        How many are hubs already, and how many could be.
    hours
        Opening hours in the syntax of OpenStreetMap's `opening_hours`.
    capacity
        People a week, from and to.
    cost
        Pounds a year, from and to.
    open_to
        Who may come: public, patients or claimants.
    """

    hubs: int
    venues: int
    hours: str
    capacity: tuple[int, int]
    cost: tuple[int, int]
    open_to: str = "public"


KINDS = {
    "library": Kind(4, 12, "Mo-Fr 09:30-17:30; Sa 10:00-14:00", (60, 150), (6_000, 14_000)),
    "community centre": Kind(3, 28, "Mo-Fr 09:00-20:00", (40, 120), (5_000, 12_000)),
    "school": Kind(0, 26, "Mo-Th 16:00-19:00", (30, 80), (4_000, 9_000)),
    "church hall": Kind(1, 22, "Tu-Th 10:00-16:00", (20, 60), (2_500, 7_000)),
    "GP surgery": Kind(0, 14, "Mo-Fr 08:30-18:00", (10, 30), (3_000, 8_000), "patients"),
    "leisure centre": Kind(0, 10, "Mo-Su 07:00-21:00", (40, 100), (9_000, 18_000)),
    "children's centre": Kind(0, 8, "Mo-Fr 09:00-15:00", (20, 50), (4_000, 8_000)),
    "hospital": Kind(1, 0, "Mo-Fr 09:00-17:00", (40, 80), (8_000, 12_000), "patients"),
    "jobcentre": Kind(1, 0, "Mo-Fr 09:00-17:00", (40, 80), (6_000, 10_000), "claimants"),
}


@dataclass(frozen=True, eq=False)
class Records:
    """
    Own records, points in EPSG:27700.

    Attributes
    ----------
    stock
        By `home_id`: `property_ref`, `address`, `postcode`, `tenure`, `scheme` (empty outside
        sheltered schemes), `bedrooms`, `geometry`.
    schemes
        By `scheme`: `name`, `flats`, `it_suite` (yes or no), `open_to`, `geometry`.
    hubs
        By `site`: `name`, `kind`, `capacity` (people a week), `cost` (pounds a year), `open_to`,
        `hours`, `geometry`.
    venues
        Candidate sites: as `hubs`, and `step_free`, `wifi`, `parking` (yes or no).
    depot
        By `site`: `name`, `geometry`.
    """

    stock: gpd.GeoDataFrame
    schemes: gpd.GeoDataFrame
    hubs: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    depot: gpd.GeoDataFrame


def records(blocks: Blocks, areas: Areas, people: People, *, rng: np.random.Generator) -> Records:
    """Draw the landlord's homes where barriers are high, and sites where people live."""
    homes = _homes(blocks, areas, people, rng)
    schemes = _schemes(homes, blocks, people, rng)
    sites = _sites(blocks, areas, rng)
    venues = _numbered(sites[~sites["hub"]], "V").drop(columns="hub")
    for column, share in {"step_free": 0.75, "wifi": 0.85, "parking": 0.6}.items():
        venues.insert(len(venues.columns) - 1, column, _yes(rng.random(len(venues)) < share))
    return Records(
        stock=_stock(_sheltered(homes, schemes), schemes, blocks, rng),
        schemes=schemes.drop(columns=["block", "area"]),
        hubs=_numbered(sites[sites["hub"]], "H").drop(columns="hub"),
        venues=venues,
        depot=_depot(),
    )


def _yes(marks: np.ndarray) -> np.ndarray:
    return np.where(marks, "yes", "no")


def _homes(blocks: Blocks, areas: Areas, people: People, rng: np.random.Generator) -> pd.DataFrame:
    """Return `block` and `area` of each home; no area has more than social renters' homes."""
    social = people.households["social rented"]
    drawn = people.latent["deprivation"] + rng.normal(0, 0.8, len(social))
    share = np.clip(0.27 * np.exp(0.5 * drawn), 0, 0.85)
    homes = pd.Series(whole((social * share).to_numpy(), _HOMES), index=social.index)
    homes = homes.clip(upper=social)
    spare = (social - homes).clip(lower=0)
    homes += whole(spare.to_numpy(), _HOMES - homes.sum())
    rows = []
    for area, part in blocks.table.groupby(areas.members["area"]):
        weight = part["residents"].to_numpy()
        counts = rng.multinomial(homes[area], weight / weight.sum())
        rows.append(pd.DataFrame({"block": np.repeat(part.index, counts), "area": area}))
    return pd.concat(rows, ignore_index=True)


def _schemes(
    homes: pd.DataFrame, blocks: Blocks, people: People, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Put sheltered schemes where the landlord has most homes and people are older."""
    per_area = homes["area"].value_counts().sort_index()
    old = people.ages.iloc[:, -5:].sum(axis=1).loc[per_area.index]
    weight = (per_area * old).where(per_area > 70, 0)
    chosen = rng.choice(per_area.index, _SCHEMES, replace=False, p=weight / weight.sum())
    inside = homes[homes["area"].isin(chosen)].groupby("area")["block"]
    block = inside.agg(lambda part: part.value_counts().index[0])[sorted(chosen)]
    names = rng.choice(words.WARDS, _SCHEMES, replace=False)
    return gpd.GeoDataFrame(
        {
            "name": [f"{name} Court" for name in names],
            "flats": rng.integers(22, 46, _SCHEMES),
            "it_suite": _yes(np.arange(_SCHEMES) < _SUITES),
            "open_to": "residents",
            "block": block.to_numpy(),
            "area": block.index,
        },
        index=pd.Index([f"S{n:02d}" for n in range(1, _SCHEMES + 1)], name="scheme"),
        geometry=_inside(blocks, block),
        crs=27700,
    )


def _inside(blocks: Blocks, block: pd.Series) -> np.ndarray:
    points = blocks.table.loc[block, ["x", "y"]].round().to_numpy()
    return shapely.points(points)


def _sheltered(homes: pd.DataFrame, schemes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Turn as many homes of a scheme's area as it has flats into its flats."""
    homes = homes.assign(scheme="", flat=0)
    for scheme, row in schemes.iterrows():
        mine = homes.index[homes["area"] == row["area"]][: row["flats"]]
        homes.loc[mine, ["block", "scheme"]] = [row["block"], scheme]
        homes.loc[mine, "flat"] = range(1, len(mine) + 1)
    return homes


def _stock(
    homes: pd.DataFrame, schemes: gpd.GeoDataFrame, blocks: Blocks, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    ids = range(1, len(homes) + 1)
    homes = homes.sort_values(["block", "scheme", "flat"])
    homes.index = pd.Index([f"EH{n:05d}" for n in ids], name="home_id")
    place, flat = homes["block"].astype(int), homes["scheme"] != ""
    street = place.map(lambda block: words.STREETS[block % len(words.STREETS)])
    number = (homes.groupby("block").cumcount() * 2 + 1 + place % 2).astype(str)
    court = "Flat " + homes["flat"].astype(str) + ", " + homes["scheme"].map(schemes["name"])
    tenures = rng.choice(["social rent", "affordable rent"], len(homes), p=[0.88, 0.12])
    return gpd.GeoDataFrame(
        {
            "property_ref": [f"X{n:011d}" for n in ids],
            "address": (number + " " + street).mask(flat, court) + f", {words.PLACE}",
            "postcode": place.map(words.postcode),
            "tenure": np.where(flat, "social rent", tenures),
            "scheme": homes["scheme"],
            "bedrooms": np.where(flat, 1, rng.choice([1, 2, 3, 4], len(homes), p=_BEDROOMS)),
        },
        index=homes.index,
        geometry=_doors(homes, schemes, blocks, rng),
        crs=27700,
    )


_BEDROOMS = (0.22, 0.34, 0.36, 0.08)


def _doors(
    homes: pd.DataFrame, schemes: gpd.GeoDataFrame, blocks: Blocks, rng: np.random.Generator
) -> np.ndarray:
    """Return where homes stand: near the edge of their block, flats at their scheme."""
    shape = blocks.table.geometry.loc[homes["block"]].to_numpy()
    middle = blocks.table.loc[homes["block"], ["x", "y"]].to_numpy()
    street = shapely.line_interpolate_point(
        shapely.get_exterior_ring(shape), rng.random(len(homes)), normalized=True
    )
    step = (shapely.get_coordinates(street) - middle) * rng.uniform(0.6, 0.9, (len(homes), 1))
    points = (middle + step).round(1)
    points = np.where(shapely.contains_xy(shape, points)[:, None], points, middle.round(1))
    flat = (homes["scheme"] != "").to_numpy()
    points[flat] = shapely.get_coordinates(schemes.geometry.loc[homes.loc[flat, "scheme"]])
    return shapely.points(points)


def _sites(blocks: Blocks, areas: Areas, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Draw all hubs and venues at once, each in a block of its own, more where people live."""
    kinds = [kind for kind, row in KINDS.items() for _ in range(row.hubs + row.venues)]
    hub = np.concatenate([np.arange(row.hubs + row.venues) < row.hubs for row in KINDS.values()])
    weight = np.sqrt(blocks.table["residents"].to_numpy())
    block = pd.Series(rng.choice(len(weight), len(kinds), replace=False, p=weight / weight.sum()))
    low, high = (
        np.array(
            [[getattr(KINDS[kind], key)[end] for kind in kinds] for key in ("capacity", "cost")]
        )
        for end in (0, 1)
    )
    capacity, cost = rng.uniform(low, high)
    return gpd.GeoDataFrame(
        {
            "name": _site_names(kinds, block, areas),
            "kind": kinds,
            "capacity": (capacity / 5).round().astype(int) * 5,
            "cost": (cost / 100).round().astype(int) * 100,
            "open_to": [KINDS[kind].open_to for kind in kinds],
            "hours": [KINDS[kind].hours for kind in kinds],
            "hub": hub,
        },
        geometry=_inside(blocks, block),
        crs=27700,
    )


def _site_names(kinds: list[str], block: pd.Series, areas: Areas) -> pd.Series:
    """Name sites by ward and kind; where a ward has several of a kind, by street as well."""
    ward = block.map(areas.members["ward"]).map(areas.wards["name"])
    title = pd.Series(kinds, index=block.index).map(_title)
    street = block.map(lambda place: words.STREETS[place % len(words.STREETS)])
    name = ward + " " + title
    name = name.mask(name.duplicated(), street + " " + title)
    return name.mask(name.duplicated(), ward + " " + street + " " + title)


def _title(kind: str) -> str:
    return " ".join(word[0].upper() + word[1:] for word in kind.split())


def _numbered(sites: gpd.GeoDataFrame, letter: str) -> gpd.GeoDataFrame:
    width = len(str(len(sites)))
    codes = [f"{letter}{n:0{width}d}" for n in range(1, len(sites) + 1)]
    return sites.set_axis(pd.Index(codes, name="site"))


def _depot() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": [f"Bus depot of {words.LANDLORD}"]},
        index=pd.Index(["D1"], name="site"),
        geometry=[shapely.Point(_DEPOT)],
        crs=27700,
    )
