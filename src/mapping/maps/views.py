"""The ways of colouring one map, estimate or uncertainty, each with the key that explains it."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping.maps.classes import NO_ESTIMATE, Classes, classes, display, uncertainty
from mapping.maps.colours import CIVIDIS, GREYS, spread
from mapping.maps.safe import plain
from mapping.rounding import number


@dataclass(frozen=True)
class Row:
    """One line of a key: a colour without its "#" (or "none"), its words, areas, and pattern."""

    swatch: str
    label: str
    count: str
    mark: str = ""


@dataclass(frozen=True, eq=False)
class View:
    """
    One way of colouring the areas of a map.

    Parameters
    ----------
    name
        "estimate" or "uncertainty".
    choice
        The words beside the button that shows the view.
    heading, note
        Printed above and below the key; the note may be "".
    labels
        The words of every class, lowest first.
    colours
        One per class, lightest first.
    classes
        The class of each area, `NO_ESTIMATE` where there is none.
    undrawn
        Areas without a boundary.
    """

    name: str
    choice: str
    heading: str
    note: str
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    classes: pd.Series
    undrawn: int = 0

    @property
    def rows(self) -> list[Row]:
        """The lines of the key, highest class first, areas without an estimate last."""
        counts = self.classes.value_counts()
        lines = [
            Row(colour.lstrip("#"), label, counted(counts.get(at, 0)), _mark(at, len(self.labels)))
            for at, (label, colour) in enumerate(zip(self.labels, self.colours, strict=True))
        ]
        unknown = int(counts.get(NO_ESTIMATE, 0))
        apart = [Row("none", "no estimate", counted(unknown))] if unknown else []
        return [*reversed(lines), *apart]


def estimate_view(
    areas: gpd.GeoDataFrame, *, value: str, label: str, breaks: Sequence[float] | None, undrawn: int
) -> View:
    """Colour areas by people, as printed, in cividis: dark is more."""
    people = display(areas[value])
    found = classes(people, count=len(CIVIDIS), breaks=breaks)
    return View(
        name="estimate",
        choice="Estimate",
        heading=f"{_sentence(plain(label))}, per area",
        note=f"{counted(undrawn)} not drawn: no boundary is held." if undrawn else "",
        labels=tuple(found.labels()) if people.notna().any() else (),
        colours=spread(CIVIDIS, len(found)) if people.notna().any() else (),
        classes=found.of(people),
    )


def uncertainty_view(areas: gpd.GeoDataFrame, *, value: str, low: str, high: str) -> View:
    """Colour areas by how wide the interval is against the estimate, in greys: dark is wider."""
    percent = uncertainty(*(areas[column].astype(float) for column in (value, low, high)))
    found: Classes = classes(percent, count=len(GREYS))
    known = percent.notna().any()
    return View(
        name="uncertainty",
        choice="How sure",
        heading="Likely range, either side of the estimate",
        note="Half the width of the interval as a share of the estimate. Darker is less sure.",
        labels=tuple(found.labels(" %")) if known else (),
        colours=spread(GREYS, len(found)) if known else (),
        classes=found.of(percent),
    )


def counted(count: int) -> str:
    """
    Return a number of areas in words.

    Examples
    --------
    >>> counted(1), counted(1204)
    ('1 area', '1,204 areas')
    """
    return "1 area" if count == 1 else f"{number(count)} areas"


def _mark(at: int, count: int) -> str:
    """Return how dense the marks of a class stand, and in which ink; "" for the lowest."""
    density = round(4 * at / max(1, count - 1))
    ink = "light" if at > (count - 1) / 2 else "dark"
    return f"{density} mark-{ink}" if density else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
