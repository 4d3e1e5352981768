"""Areas of England and Wales: codes and vintages, best-fit lookups, counts fitted to wards.

An area is named by its nine-character code, never by its name: names move between codes.
"""

from mapping.geography.codes import (
    CODE_PATTERNS,
    LONGITUDE_LATITUDE,
    NATIONAL_GRID,
    Lookup,
    matched,
    refuse_other_wards,
    refuse_unknown_areas,
    to_grid,
    valid_code,
    vintage_of,
    ward_gaps,
)
from mapping.geography.fitting import Fitted, best_fit, by_area, by_parts, by_points

__all__ = [
    "CODE_PATTERNS",
    "LONGITUDE_LATITUDE",
    "NATIONAL_GRID",
    "Fitted",
    "Lookup",
    "best_fit",
    "by_area",
    "by_parts",
    "by_points",
    "matched",
    "refuse_other_wards",
    "refuse_unknown_areas",
    "to_grid",
    "valid_code",
    "vintage_of",
    "ward_gaps",
]
