"""A planner's own points as a scenario holds them: "name@easting,northing"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from mapping.errors import InvalidScenarioError

FORM = re.compile(r"(?P<name>[^@]*\S)@(?P<x>\d+(?:\.\d+)?),(?P<y>\d+(?:\.\d+)?)")
# Land of Great Britain in the national grid.
EAST, NORTH = 660_000, 1_225_000


@dataclass(frozen=True)
class OwnPoint:
    """
    A point of the planner's own.

    Parameters
    ----------
    name
        What the planner calls it; without "@".
    x, y
        In metres of the national grid.

    Examples
    --------
    >>> OwnPoint.read("Hall by the park@334000,390500")
    OwnPoint(name='Hall by the park', x=334000.0, y=390500.0)
    >>> str(OwnPoint("Hall", 334000.4, 390500.6))
    'Hall@334000,390501'
    """

    name: str
    x: float
    y: float

    def __str__(self) -> str:
        return f"{self.name}@{self.x:.0f},{self.y:.0f}"

    @classmethod
    def read(cls, text: str) -> Self:
        """
        Read one from a scenario.

        Raises
        ------
        InvalidScenarioError
            If it is not "name@easting,northing" within Great Britain.
        """
        fault = fault_of(text)
        if fault:
            raise InvalidScenarioError(f"a point of your own: {fault}.")
        found = FORM.fullmatch(text)
        assert found is not None
        return cls(found["name"], float(found["x"]), float(found["y"]))


def fault_of(text: str) -> str:
    """
    Return what is wrong with a point as a scenario holds it, "" if nothing is.

    Examples
    --------
    >>> fault_of("Hall@334000,390500")
    ''
    >>> fault_of("Hall")
    "'Hall' must be name@easting,northing in metres of the national grid"
    """
    found = FORM.fullmatch(text)
    if found is None:
        return f"'{text}' must be name@easting,northing in metres of the national grid"
    if not (0 < float(found["x"]) < EAST and 0 < float(found["y"]) < NORTH):
        return f"'{text}' lies outside Great Britain; give easting, then northing"
    return ""


def own_name(names: Iterable[str], wanted: str) -> str:
    """
    Return a name for a point that no other has.

    Examples
    --------
    >>> own_name(["Own point"], "Own point"), own_name([], "Hall @ Park")
    ('Own point 2', 'Hall Park')
    """
    plain = " ".join(wanted.replace("@", " ").split()) or "Own point"
    taken = set(names)
    numbered = (plain if at == 1 else f"{plain} {at}" for at in range(1, len(taken) + 2))
    return next(name for name in numbered if name not in taken)
