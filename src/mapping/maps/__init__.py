"""Maps that open anywhere: need by area with hubs and stops, as folium maps and whole pages."""

from mapping.maps.document import Pieces, document
from mapping.maps.need import need_map
from mapping.maps.page import Shown, export, map_page, show
from mapping.maps.parts import parts
from mapping.maps.plate import Plate

__all__ = [
    "Pieces",
    "Plate",
    "Shown",
    "document",
    "export",
    "map_page",
    "need_map",
    "parts",
    "show",
]
