"""The ways of colouring a live map, and what travels when a colour changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.maps.classes import NO_ESTIMATE, classes
from mapping.maps.colours import CIVIDIS, spread
from mapping.maps.safe import plain
from mapping.maps.views import View, estimate_view, uncertainty_view
from mapping.rounding import about, between, number

NO_CLASS = 255
"""The byte of an area that has no class."""


@dataclass(frozen=True, eq=False)
class Layer:
    """
    One way of colouring the areas, and what it says of each.

    Parameters
    ----------
    view
        Classes, colours and key.
    told
        A line about each area, for its tooltip; "" where there is nothing to say.
    """

    view: View
    told: pd.Series

    def record(self, areas: pd.Index) -> dict[str, Any]:
        """Return the layer as it travels: a byte for each area, in the order of `areas`."""
        marks = as_bytes(self.view.classes, areas)
        return {
            "name": self.view.name,
            "choice": plain(self.view.choice),
            "heading": plain(self.view.heading),
            "note": plain(self.view.note),
            "labels": [plain(label) for label in self.view.labels],
            "colours": list(self.view.colours),
            "classes": marks,
            "unknown": NO_CLASS in marks,
            "told": [plain(line) for line in self.told.reindex(areas).fillna("")],
        }


def count_layers(
    areas: gpd.GeoDataFrame,
    *,
    value: str,
    low: str,
    high: str,
    label: str,
    breaks: Sequence[float] | None = None,
) -> tuple[Layer, Layer]:
    """
    Return how many people there are, and how sure that is, as two layers.

    Parameters
    ----------
    areas
        By area, with the columns `value`, `low` and `high` of people; NaN where there is no
        estimate.
    label
        Who they are: "adults likely to be offline".
    breaks
        See `mapping.maps.classes.classes`.
    """
    undrawn = int((areas.geometry.isna() | areas.geometry.is_empty).sum())
    estimate = estimate_view(areas, value=value, label=label, breaks=breaks, undrawn=undrawn)
    sure = uncertainty_view(areas, value=value, low=low, high=high)
    told = pd.Series(
        [
            f"About {about(people)} {label} ({between(least, most)})"
            if pd.notna(people)
            else "No estimate"
            for people, least, most in zip(
                *(areas[column].astype(float) for column in (value, low, high)), strict=True
            )
        ],
        index=areas.index,
    )
    return Layer(estimate, told), Layer(sure, told)


def score_layer(
    scores: pd.Series,
    *,
    name: str,
    choice: str,
    heading: str,
    note: str = "",
    unit: str = "",
    breaks: Sequence[float] | None = None,
) -> Layer:
    """
    Return a layer of whole scores such as an index of need, dark = more.

    Parameters
    ----------
    scores
        By area; NaN where there is none.
    unit
        Printed after a score.
    breaks
        See `mapping.maps.classes.classes`; the key then stays the same whatever the scores.

    Examples
    --------
    >>> need = pd.Series({"A": 12.3, "B": 61.0})
    >>> score_layer(need, name="need", choice="Need", heading="Need, 0 to 100").told["A"]
    'Need: 12'
    """
    whole = scores.astype(float).round()
    found = classes(whole, count=len(CIVIDIS), breaks=breaks)
    known = whole.notna().any()
    view = View(
        name=name,
        choice=choice,
        heading=heading,
        note=note,
        labels=tuple(found.labels(unit)) if known else (),
        colours=spread(CIVIDIS, len(found)) if known else (),
        classes=found.of(whole),
    )
    told = whole.map(
        lambda score: f"{choice}: {'none' if pd.isna(score) else number(score) + unit}"
    )
    return Layer(view, told)


def people_layer(people: pd.Series, *, label: str) -> Layer:
    """
    Return a layer of people of whom no interval is held, rounded.

    Parameters
    ----------
    people
        By area; NaN where there is no estimate.
    label
        Who they are, to follow a number.
    """
    view = estimate_view(
        people.to_frame("people"), value="people", label=label, breaks=None, undrawn=0
    )
    told = people.map(
        lambda value: "No estimate" if pd.isna(value) else f"About {about(value)} {label}"
    )
    return Layer(view, told)


def as_bytes(marks: pd.Series, areas: pd.Index) -> bytes:
    """Return a byte for each area in the order of `areas`; `NO_CLASS` where there is none."""
    found = marks.reindex(areas)
    known = found.where(found.notna() & (found != NO_ESTIMATE), NO_CLASS)
    return bytes(known.astype(np.uint8).to_numpy().tobytes())


def changes(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    r"""
    Return which places differ (32-bit, little-endian) and the new bytes there: all that travels.

    Examples
    --------
    >>> changes(b"aaaa", b"abab")
    (b'\x01\x00\x00\x00\x03\x00\x00\x00', b'bb')
    """
    old, new = np.frombuffer(before, np.uint8), np.frombuffer(after, np.uint8)
    places = np.flatnonzero(old != new)
    return places.astype("<u4").tobytes(), new[places].tobytes()
