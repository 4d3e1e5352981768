"""What a made-up city holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from mapping.demo.land import Land
    from mapping.demo.output_areas import OutputAreas


@dataclass(frozen=True, eq=False)
class Census:
    """
    What the census counts at one level of areas.

    Attributes
    ----------
    names
        By `area`.
    ages, disability, households
        By `area`; see `City`.
    seed
        For what the publisher perturbs and divides.
    """

    names: pd.Series
    ages: pd.DataFrame
    disability: pd.DataFrame
    households: pd.DataFrame
    seed: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class City:
    """
    A fictional city and the truth about it. Every table is labelled; every shape is EPSG:27700.

    Attributes
    ----------
    seed
        What it was drawn from.
    land
        Banks, docks, river, sea, bridges.
    areas
        By `area` (LSOA 2021): `name`, `ward` (2024, best fit), `ward_name`, `x`, `y`
        (population-weighted centroid), `geometry`.
    wards, old_wards
        By `ward` (2024 and 2022): `name`, `geometry`. One ward of 2024, the waterfront, has no
        area.
    changes
        Areas of 2011 and 2021 that share people: `area_2011`, `name_2011`, `area`, `name`,
        `change` (U unchanged, S split, M merged, X irregular).
    nodes, links
        The street graph; `links` has `start`, `end`, `length` (metres), `road_class`, `name`.
    ages
        Residents by area and age: five-year bands, with 15 to 19 in two parts (15; 16-19).
    disability
        Residents by area: `limited a lot`, `limited a little`, `condition`, `none`.
    households
        Households by area: `owned`, `private rented`, `social rented`.
    output_areas
        The parts of each area, with `ages`, `disability` and `households` of their own.
    deprivation
        By area: `<domain>_score`, `_rank`, `_decile`, and four population denominators.
    stock, schemes, hubs, venues, stops, depot
        Own records as points.
    households_survey, tenants_survey
        Respondents of a survey of all adults and of one of social renters.
    truth
        By area: `adults` (16 and over), `excluded` (those offline) and `share`.
    cells
        The same by area, age, tenure and disabled: `adults`, `excluded`.
    """

    seed: int
    land: Land
    areas: gpd.GeoDataFrame
    wards: gpd.GeoDataFrame
    old_wards: gpd.GeoDataFrame
    changes: pd.DataFrame
    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    ages: pd.DataFrame
    disability: pd.DataFrame
    households: pd.DataFrame
    output_areas: OutputAreas
    deprivation: pd.DataFrame
    stock: gpd.GeoDataFrame
    schemes: gpd.GeoDataFrame
    hubs: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    depot: gpd.GeoDataFrame
    households_survey: pd.DataFrame
    tenants_survey: pd.DataFrame
    truth: pd.DataFrame
    cells: pd.DataFrame

    def census(self, level: str) -> Census:
        """Return what the census counts of LSOAs ("lsoa") or output areas ("oa")."""
        if level == "lsoa":
            seed = (self.seed,)
            return Census(self.areas["name"], self.ages, self.disability, self.households, seed)
        small = self.output_areas
        names = small.areas.index.to_series()
        return Census(names, small.ages, small.disability, small.households, (self.seed, 1))
