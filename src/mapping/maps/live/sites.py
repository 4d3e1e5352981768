"""Hubs and stops as they travel to a live map."""

from typing import Any

import geopandas as gpd
import pandas as pd

from mapping.maps.outlines import DECIMALS, LONGITUDE_LATITUDE
from mapping.maps.safe import plain

SITE_ROLES = ("open", "proposed", "own", "candidate", "stop", "depot")


def site_records(sites: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """
    Return sites as they travel.

    Parameters
    ----------
    sites
        By id, points in any known coordinate system: `name`, `role` (one of `SITE_ROLES`), and
        where given `movable` (default: no), `number` (printed on the shape; default: none), `told`
        (a line for the tooltip) and `remove` (words on the button that takes it away; default:
        no such button).
    """
    placed = sites.to_crs(LONGITUDE_LATITUDE)
    return [
        {
            "id": str(site),
            "name": plain(row["name"]),
            "role": row["role"],
            "movable": bool(row.get("movable", False)),
            "number": _number(row.get("number")),
            "remove": plain(row.get("remove") or ""),
            "lines": [plain(row["told"])] if row.get("told") else [],
            "at": [round(point.y, DECIMALS), round(point.x, DECIMALS)],
        }
        for (site, row), point in zip(placed.iterrows(), placed.geometry, strict=True)
    ]


def _number(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(int(value))
