"""Travel times from areas to sites, and who can reach what.

`street_graph` makes a graph from road links, `travel_times` a matrix of minutes from it, and
`nearest`, `within` and `coverage` read that matrix. `Walks` follows a point that is being moved.
"""

from mapping.access.graph import StreetGraph, street_graph
from mapping.access.measures import coverage, nearest, within
from mapping.access.pointwise import Walks
from mapping.access.speeds import DRIVING_KMH, WALKING
from mapping.access.times import DETOUR, OFF_NETWORK, STRAIGHT, TravelTimes, travel_times

__all__ = [
    "DETOUR",
    "DRIVING_KMH",
    "OFF_NETWORK",
    "STRAIGHT",
    "WALKING",
    "StreetGraph",
    "TravelTimes",
    "Walks",
    "coverage",
    "nearest",
    "street_graph",
    "travel_times",
    "within",
]
