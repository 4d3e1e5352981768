"""The city as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mapping.demo.areas import areas
from mapping.demo.blocks import blocks
from mapping.demo.deprivation import deprivation
from mapping.demo.land import Land, land
from mapping.demo.people import people
from mapping.demo.records import records
from mapping.demo.streets import streets
from mapping.demo.surveys import survey

if TYPE_CHECKING:
    import geopandas as gpd

_HOUSEHOLD_SURVEY = 1_200
_TENANT_SURVEY = 600


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
    deprivation
        By area: `<domain>_score`, `_rank`, `_decile`, and four population denominators.
    stock, schemes, hubs, venues, depot
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
    deprivation: pd.DataFrame
    stock: gpd.GeoDataFrame
    schemes: gpd.GeoDataFrame
    hubs: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    depot: gpd.GeoDataFrame
    households_survey: pd.DataFrame
    tenants_survey: pd.DataFrame
    truth: pd.DataFrame
    cells: pd.DataFrame


def city(seed: int = 2015) -> City:
    """
    Draw the city: the same one for the same seed.

    The land is the same for every seed; blocks, areas, people and records are not. Each step has a
    random stream of its own, so that a change to one leaves the others as they are.
    """
    streams = np.random.default_rng(seed).spawn(6)
    ground = land()
    block = blocks(ground, rng=streams[0])
    divided = areas(block, rng=streams[1])
    roads = streets(block, ground, rng=streams[2])
    crowd = people(divided.areas, divided.members, block, rng=streams[3])
    own = records(block, divided, crowd, rng=streams[5])
    unasked = City(
        seed=seed,
        land=ground,
        areas=divided.areas,
        wards=divided.wards,
        old_wards=divided.old_wards,
        changes=divided.changes,
        nodes=roads.nodes,
        links=roads.links,
        ages=crowd.ages,
        disability=crowd.disability,
        households=crowd.households,
        deprivation=deprivation(crowd, rng=streams[4]),
        stock=own.stock,
        schemes=own.schemes,
        hubs=own.hubs,
        venues=own.venues,
        depot=own.depot,
        households_survey=pd.DataFrame(),
        tenants_survey=pd.DataFrame(),
        truth=crowd.truth,
        cells=crowd.cells,
    )
    return replace(
        unasked,
        households_survey=survey(unasked, _HOUSEHOLD_SURVEY, seed=seed + 1),
        tenants_survey=survey(unasked, _TENANT_SURVEY, seed=seed + 2, tenants_only=True),
    )
