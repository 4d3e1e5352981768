"""The live map: areas and movable sites that answer while the reader moves them.

`LiveMap` is a widget that knows nothing of plans: it is given areas, the layers that colour them
and sites, and tells what the reader does with them.
"""

from mapping.maps.live.journal import HERE, Journal
from mapping.maps.live.layers import Layer, count_layers, people_layer, score_layer
from mapping.maps.live.sites import SITE_ROLES, site_records
from mapping.maps.live.widget import Card, LiveMap, Move

__all__ = [
    "HERE",
    "SITE_ROLES",
    "Card",
    "Journal",
    "Layer",
    "LiveMap",
    "Move",
    "count_layers",
    "people_layer",
    "score_layer",
    "site_records",
]
