"""The city's tables in the columns the publishers use; codes and headers as in the real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.demo import words

if TYPE_CHECKING:
    from mapping.demo.contents import Census, City

# File 7 names each measure by its domain; rates say so.
_FILE_7 = {
    "imd": "Index of Multiple Deprivation (IMD)",
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "crime": "Crime",
    "barriers": "Barriers to Housing and Services",
    "living": "Living Environment",
    "idaci": "Income Deprivation Affecting Children Index (IDACI)",
    "idaopi": "Income Deprivation Affecting Older People (IDAOPI)",
    "children": "Children and Young People Sub-domain",
    "skills": "Adult Skills Sub-domain",
    "distance": "Geographical Barriers Sub-domain",
    "wider": "Wider Barriers Sub-domain",
    "indoors": "Indoors Sub-domain",
    "outdoors": "Outdoors Sub-domain",
}
_RATES = ("income", "employment", "idaci", "idaopi")
_CUT = 80  # the publisher's file cuts the longest header after so many characters
_DENOMINATORS = {
    "total": "Total population: mid 2022",
    "children": "Dependent Children aged 0-15: mid 2022",
    "older": "Older population aged 60 and over: mid 2022",
    "working": (
        "Working age population 18-66 (for use with Employment Deprivation Domain): mid 2022"
    ),
}
_FUNCTIONS = {"A Road": "A Road", "B Road": "B Road", "Unclassified": "Local Road"}


def file_7(city: City) -> pd.DataFrame:
    """Return File 7 of the Indices of Deprivation 2025."""
    columns = {
        "LSOA code (2021)": city.areas.index,
        "LSOA name (2021)": city.areas["name"],
        "Local Authority District code (2024)": words.DISTRICT,
        "Local Authority District name (2024)": words.DISTRICT_NAME,
    }
    table = city.deprivation
    for key, title in _FILE_7.items():
        rate = " (rate)" if key in _RATES else ""
        decile = f"{title} Decile (where 1 is most deprived 10% of LSOAs)"
        columns[f"{title} Score{rate}"] = table[f"{key}_score"]
        columns[f"{title} Rank (where 1 is most deprived)"] = table[f"{key}_rank"]
        columns[decile[:_CUT] if key == "children" else decile] = table[f"{key}_decile"]
    columns |= {header: table[key] for key, header in _DENOMINATORS.items()}
    return pd.DataFrame(columns, index=city.areas.index)


def ts007a(census: Census) -> pd.DataFrame:
    """Return Census 2021 TS007A, age by five-year bands."""
    bands = census.ages.rename(columns={"15": "15-19", "16-19": "15-19"})
    counts = _perturbed(bands.T.groupby(level=0, sort=False).sum().T, census, 7)
    headers = {band: f"Age: {_aged(band)}" for band in counts}
    return _laid_out(census, {"Age: Total": counts.sum(axis=1), **_renamed(counts, headers)})


def _aged(band: str) -> str:
    if band == "0-4":
        return "Aged 4 years and under"
    if band == "85+":
        return "Aged 85 years and over"
    return f"Aged {band.replace('-', ' to ')} years"


def ts038(census: Census) -> pd.DataFrame:
    """Return Census 2021 TS038, disability."""
    counts = _perturbed(census.disability, census, 38)
    yes = "Disability: Disabled under the Equality Act"
    no = "Disability: Not disabled under the Equality Act"
    activities = f"{yes}: Day-to-day activities limited"
    columns = {
        "Disability: Total: All usual residents": counts.sum(axis=1),
        yes: counts["limited a lot"] + counts["limited a little"],
        f"{activities} a lot": counts["limited a lot"],
        f"{activities} a little": counts["limited a little"],
        no: counts["condition"] + counts["none"],
        f"{no}: Has long term physical or mental health condition but day-to-day activities are "
        "not limited": counts["condition"],
        f"{no}: No long term physical or mental health conditions": counts["none"],
    }
    return _laid_out(census, columns)


def ts054(census: Census) -> pd.DataFrame:
    """Return Census 2021 TS054, tenure of household; groups are divided in typical shares."""
    counts = _perturbed(census.households, census, 54)
    rng = np.random.default_rng([*census.seed, 541])
    outright, mortgage, shared = _divided(counts["owned"], (0.51, 0.475, 0.015), rng)
    council, other = _divided(counts["social rented"], (0.17, 0.83), rng)
    agency, private, free = _divided(counts["private rented"], (0.92, 0.075, 0.005), rng)
    parts = {
        "Owned": outright + mortgage,
        "Owned: Owns outright": outright,
        "Owned: Owns with a mortgage or loan": mortgage,
        "Shared ownership": shared,
        "Shared ownership: Shared ownership": shared,
        "Social rented": council + other,
        "Social rented: Rents from council or Local Authority": council,
        "Social rented: Other social rented": other,
        "Private rented": agency + private,
        "Private rented: Private landlord or letting agency": agency,
        "Private rented: Other private rented": private,
        "Lives rent free": free,
    }
    stem = "Tenure of household: "
    total = {f"{stem}Total: All households": counts.sum(axis=1)}
    return _laid_out(census, total | {f"{stem}{key}": part for key, part in parts.items()})


def _perturbed(counts: pd.DataFrame, census: Census, table: int) -> pd.DataFrame:
    """Move counts by up to two people, as the publisher does, so totals of tables differ."""
    step = np.random.default_rng([*census.seed, table]).choice(
        [-2, -1, 0, 1, 2], counts.shape, p=[0.03, 0.12, 0.7, 0.12, 0.03]
    )
    return (counts + step).where(counts > 0, counts).clip(lower=0)


def _divided(
    counts: pd.Series, shares: tuple[float, ...], rng: np.random.Generator
) -> list[pd.Series]:
    parts = rng.multinomial(counts.to_numpy(), shares)
    return [pd.Series(part, index=counts.index) for part in parts.T]


def _renamed(counts: pd.DataFrame, headers: dict[str, str]) -> dict[str, pd.Series]:
    return {header: counts[key] for key, header in headers.items()}


def _laid_out(census: Census, columns: dict[str, pd.Series]) -> pd.DataFrame:
    place = {"date": 2021, "geography": census.names, "geography code": census.names.index}
    return pd.DataFrame({**place, **columns}, index=census.names.index)


def output_area_boundaries(city: City) -> gpd.GeoDataFrame:
    """Return outlines of output areas as Open Geography issues them."""
    areas = city.output_areas.areas
    return _boundaries(areas, {"OA21CD": areas.index, "LSOA21CD": areas["lsoa"]})


def lsoa_boundaries(city: City) -> gpd.GeoDataFrame:
    """Return LSOA outlines as Open Geography issues them."""
    return _boundaries(city.areas, {"LSOA21CD": city.areas.index, "LSOA21NM": city.areas["name"]})


def ward_boundaries(city: City, *, year: int) -> gpd.GeoDataFrame:
    """Return ward outlines of 2022 or 2024 as Open Geography issues them."""
    wards = {2022: city.old_wards, 2024: city.wards}[year]
    mark = year % 100
    columns = {f"WD{mark}CD": wards.index, f"WD{mark}NM": wards["name"]}
    district = {f"LAD{mark}CD": words.DISTRICT, f"LAD{mark}NM": words.DISTRICT_NAME}
    return _boundaries(wards, {**columns, **district})


def _boundaries(frame: gpd.GeoDataFrame, columns: dict[str, object]) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"FID": range(1, len(frame) + 1), **columns}, index=frame.index)
    return gpd.GeoDataFrame(table, geometry=frame.geometry)


def ward_lookup(city: City) -> pd.DataFrame:
    """Return the best-fit lookup from LSOA 2021 to ward and district 2024."""
    areas = city.areas
    return pd.DataFrame(
        {
            "LSOA21CD": areas.index,
            "LSOA21NM": areas["name"],
            "WD24CD": areas["ward"],
            "WD24NM": areas["ward_name"],
            "LAD24CD": words.DISTRICT,
            "LAD24NM": words.DISTRICT_NAME,
        }
    )


def change_lookup(city: City) -> pd.DataFrame:
    """Return the lookup from LSOA 2011 to LSOA 2021."""
    names = {
        "area_2011": "LSOA11CD",
        "name_2011": "LSOA11NM",
        "area": "LSOA21CD",
        "name": "LSOA21NM",
        "change": "CHGIND",
    }
    table = city.changes[list(names)].rename(columns=names)
    return table.assign(LAD22CD=words.DISTRICT, LAD22NM=words.DISTRICT_NAME)


def centroids(city: City) -> pd.DataFrame:
    """Return population-weighted centroids."""
    areas = city.areas
    fid = range(1, len(areas) + 1)
    return pd.DataFrame({"FID": fid, "LSOA21CD": areas.index, "x": areas["x"], "y": areas["y"]})


def road_links(city: City) -> gpd.GeoDataFrame:
    """Return the layer road_link of OS Open Roads."""
    links = city.links
    return gpd.GeoDataFrame(
        {
            "id": links.index,
            "fictitious": False,
            "road_classification": links["road_class"],
            "road_function": links["road_class"].map(_FUNCTIONS),
            "form_of_way": "Single Carriageway",
            "name_1": links["name"],
            "road_structure": pd.Series([None] * len(links), index=links.index, dtype=object),
            "length": links["length"].round().clip(lower=1).astype("int32"),
            "start_node": links["start"],
            "end_node": links["end"],
        },
        geometry=links.geometry,
    )


def road_nodes(city: City) -> gpd.GeoDataFrame:
    """Return the layer road_node of OS Open Roads."""
    columns = {"id": city.nodes.index, "form_of_road_node": city.nodes["kind"]}
    return gpd.GeoDataFrame(columns, geometry=city.nodes.geometry)


def water(city: City) -> gpd.GeoDataFrame:
    """Return river and sea, for the background of maps."""
    names = {"name": ["River Example (fictional)", "Fictional Sea"]}
    return gpd.GeoDataFrame(names, geometry=[city.land.river, city.land.sea], crs=27700)


def own(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table of points as a spreadsheet has it: coordinates in columns, no geometry."""
    table = frame.reset_index().drop(columns="geometry")
    before = [name for name in ("name", "kind", "postcode") if name in table]
    at = max(table.columns.get_loc(name) for name in before) + 1
    table.insert(at, "easting", _whole(frame.geometry.x))
    table.insert(at + 1, "northing", _whole(frame.geometry.y))
    return table


def _whole(metres: pd.Series) -> np.ndarray:
    """Return whole metres as integers, as people type them; finer positions as they are."""
    values = metres.to_numpy()
    return values.astype(int) if (values % 1 == 0).all() else values
