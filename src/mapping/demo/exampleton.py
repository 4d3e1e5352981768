"""Exampleton: the city as a whole."""

from dataclasses import replace

import numpy as np
import pandas as pd

from mapping.demo.areas import areas
from mapping.demo.blocks import blocks
from mapping.demo.contents import City
from mapping.demo.deprivation import deprivation
from mapping.demo.land import land
from mapping.demo.output_areas import output_areas
from mapping.demo.people import people
from mapping.demo.records import records
from mapping.demo.stops import stops
from mapping.demo.streets import streets
from mapping.demo.surveys import survey

_HOUSEHOLD_SURVEY = 1_200
_TENANT_SURVEY = 600


def city(seed: int = 2015) -> City:
    """
    Draw the city: the same one for the same seed.

    The land is the same for every seed; blocks, areas, people and records are not. Each step has a
    random stream of its own, so that a change to one leaves the others as they are.
    """
    streams = np.random.default_rng(seed).spawn(8)
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
        output_areas=output_areas(block, divided, crowd, rng=streams[7]),
        deprivation=deprivation(crowd, rng=streams[4]),
        stock=own.stock,
        schemes=own.schemes,
        hubs=own.hubs,
        venues=own.venues,
        stops=stops(block, divided, own, rng=streams[6]),
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
