"""How fast people walk and drive, as average speeds door to door."""

import numpy as np
import pandas as pd

WALKING = 1.3
"""Metres per second: an ordinary adult on level ground."""

SLOW_WALKING = 0.8
"""Metres per second: the pace assumed for older and disabled residents."""

DRIVING_KMH = {
    "Motorway": 80.0,
    "A Road": 32.0,
    "B Road": 30.0,
    "Minor Road": 28.0,
    "Local Road": 24.0,
    "Secondary Access Road": 16.0,
    "Local Access Road": 16.0,
    "Restricted Local Access Road": 12.0,
}
"""
Kilometres per hour by OS road function, averages that include waiting at junctions.

They are assumptions of this library, not measurements: half to two thirds of the usual urban
limit, because traffic on English urban A roads runs far below it. Check them against a drive you
know before a timetable depends on them.
"""

LOCAL = "Local Road"
"""The road a point off the network is reached by, and the speed of a function not in the table."""


def driving_speed(road: pd.Series, limit: pd.Series | None = None) -> pd.Series:
    """
    Return the driving speed on each link, in metres per second.

    Parameters
    ----------
    road
        OS road function; a function not in `DRIVING_KMH`, or a missing one, counts as a local
        road.
    limit
        Stated speed limit in kilometres per hour, NaN where none is: nobody drives faster.
    """
    kmh = road.map(DRIVING_KMH).astype(float).fillna(DRIVING_KMH[LOCAL])
    if limit is not None:
        kmh = np.minimum(kmh, limit.fillna(np.inf))
    return kmh / 3.6
