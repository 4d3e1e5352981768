"""Travel times from areas to sites, and who can reach what.

`street_graph` makes a graph from road links, `travel_times` a matrix of minutes from it, and
`imported` one from a table that another tool made. Measures read that matrix: `nearest`, `coverage`
and their kin, `floating_catchment`, `by_group`; `isochrones` are shapes.
`Walks` follows a point that is being moved.
"""

from mapping.access.catchments import isochrones
from mapping.access.equity import BEYOND, by_group, concentration, fair_minutes, gini
from mapping.access.floating import floating_catchment, gaussian, steps
from mapping.access.graph import ROADS_ONLY, STREETS_AND_PATHS, Mode, StreetGraph, street_graph
from mapping.access.imported import imported
from mapping.access.keeping import key, open_graph, prune, save
from mapping.access.measures import (
    backup_coverage,
    coverage,
    nearest,
    opportunities,
    people_per_hub,
    within,
)
from mapping.access.opening import open_sites, week
from mapping.access.pointwise import Walks
from mapping.access.speeds import DRIVING_KMH, SLOW_WALKING, WALKING
from mapping.access.times import DETOUR, OFF_NETWORK, STRAIGHT, TravelTimes, travel_times
from mapping.access.ways import ways

__all__ = [
    "BEYOND",
    "DETOUR",
    "DRIVING_KMH",
    "OFF_NETWORK",
    "ROADS_ONLY",
    "SLOW_WALKING",
    "STRAIGHT",
    "STREETS_AND_PATHS",
    "WALKING",
    "Mode",
    "StreetGraph",
    "TravelTimes",
    "Walks",
    "backup_coverage",
    "by_group",
    "concentration",
    "coverage",
    "fair_minutes",
    "floating_catchment",
    "gaussian",
    "gini",
    "imported",
    "isochrones",
    "key",
    "nearest",
    "open_graph",
    "open_sites",
    "opportunities",
    "people_per_hub",
    "prune",
    "save",
    "steps",
    "street_graph",
    "travel_times",
    "ways",
    "week",
    "within",
]
