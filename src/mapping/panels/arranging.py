"""Hubs where the planner wants them: what was moved or placed by hand, and its way back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import ipywidgets as widgets
import traitlets

from mapping.maps.safe import escape
from mapping.scenario import OwnPoint, lock_parts, own_name

ADDED = "own-"
"""How the key of a point begins that was no venue before."""


@dataclass(frozen=True)
class Arrangement:
    """
    What a planner moved or placed by hand: a value, so that undoing is setting an earlier one.

    Parameters
    ----------
    points
        (key, point as in `Scenario.placed`) each; the key is the site that was moved, or
        "own-1" and so on for points that were added.
    kept
        Sites that stay where they are while points are moved.
    order
        Keys of points and sites as they are numbered on the map; whatever is moved or planned
        later comes after them.

    Examples
    --------
    >>> held = Arrangement((("S7", "Hall (moved)@334000,390000"),))
    >>> held.at_points(("S7 tue 10:00", "S8 mon 09:00"))
    ('Hall (moved)@334000,390000 tue 10:00', 'S8 mon 09:00')
    >>> held.by_keys(("Hall (moved)@334000,390000 tue 10:00", "S8 mon 09:00"))
    ('S7 tue 10:00', 'S8 mon 09:00')
    """

    points: tuple[tuple[str, str], ...] = ()
    kept: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @classmethod
    def of(cls, placed: Sequence[str]) -> Self:
        """Return the points of a scenario that was saved; what it must open stays its own."""
        numbered = enumerate(placed, start=1)
        return cls(points=tuple((f"{ADDED}{at}", text) for at, text in numbered))

    @property
    def placed(self) -> tuple[str, ...]:
        """The points as a scenario holds them."""
        return tuple(text for _, text in self.points)

    @property
    def moved(self) -> tuple[str, ...]:
        """Sites that points were moved from."""
        return tuple(key for key, _ in self.points if not key.startswith(ADDED))

    @property
    def added(self) -> int:
        """How many points are no moved venues."""
        return sum(key.startswith(ADDED) for key, _ in self.points)

    @property
    def keys(self) -> dict[str, str]:
        """The key of each point, by the point as a scenario holds it."""
        return {text: key for key, text in self.points}

    def at_points(self, locks: Sequence[str]) -> tuple[str, ...]:
        """Return locks of stops, by key, as a scenario holds them: they go where the stops went."""
        return _named(locks, dict(self.points))

    def by_keys(self, locks: Sequence[str]) -> tuple[str, ...]:
        """Return locks as a scenario holds them by the keys of the stops."""
        return _named(locks, self.keys)

    def numbered(self, sites: Sequence[str]) -> tuple[str, ...]:
        """
        Return sites of a plan, points among them, in the order of their numbers.

        Examples
        --------
        >>> held = Arrangement((("V2", "Hall (moved)@334000,390000"),), order=("V1", "V2", "V3"))
        >>> held.numbered(("V3", "V9", "V1", "Hall (moved)@334000,390000"))
        ('V1', 'Hall (moved)@334000,390000', 'V3', 'V9')
        """
        held = dict(self.points)
        first = [held.get(key, key) for key in self.order]
        return tuple(site for site in dict.fromkeys((*first, *sites)) if site in sites)

    def with_point(
        self,
        key: str,
        name: str,
        x: float,
        y: float,
        *,
        kept: tuple[str, ...],
        order: tuple[str, ...] = (),
    ) -> "Arrangement":
        """
        Return it with a point put, or moved, to a place.

        Parameters
        ----------
        key
            Of the point that moves, a site's id, or "" for a new point.
        name
            What a new point is called.
        kept
            The other sites of the plan, which stay.
        order
            Keys of the sites of the plan in the order of their numbers.

        Examples
        --------
        >>> moved = Arrangement().with_point("V1", "Hall (moved)", 334000, 390000, kept=("V2",))
        >>> moved.points, moved.kept
        ((('V1', 'Hall (moved)@334000,390000'),), ('V2',))
        """
        held = dict(self.points)
        key = key or next(f"{ADDED}{at}" for at in range(1, 10_000) if f"{ADDED}{at}" not in held)
        if key in held:
            name = OwnPoint.read(held[key]).name
        else:
            name = own_name([OwnPoint.read(text).name for text in held.values()], name)
        held[key] = str(OwnPoint(name, x, y))
        stay = dict.fromkeys((*self.kept, *kept))
        left = tuple(site for site in stay if site not in held)
        return Arrangement(tuple(held.items()), left, order or self.order)

    def without(self, key: str) -> "Arrangement":
        """Return it without a point; a venue that was moved is back where it was."""
        points = tuple(one for one in self.points if one[0] != key)
        if not points:
            return Arrangement()
        back = () if key.startswith(ADDED) else (key,)
        return Arrangement(points, (*self.kept, *back), self.order)


def _named(locks: Sequence[str], names: dict[str, str]) -> tuple[str, ...]:
    parts = [lock_parts(lock) for lock in locks]
    return tuple(f"{names.get(stop, stop)} {day} {at}" for stop, day, at in parts)


class Arranged(widgets.VBox):
    """
    The planner's own points in words, and buttons to let them go.

    Its `value` is an `Arrangement`; set to `Scenario.placed`, as when a scenario is opened, it
    becomes one.

    Parameters
    ----------
    put
        Sets the arrangement and how many hubs more (or, below 0, fewer) are asked for.
    """

    value = traitlets.Any(Arrangement())

    description = "Your own points"

    def __init__(self, put: Callable[[Arrangement, int], None]) -> None:
        self._said = widgets.HTML()
        self.free = widgets.Button(
            description="Place the others anew", tooltip="The other hubs may move again"
        )
        self.back = widgets.Button(
            description="Put all back", tooltip="Take all your own points away"
        )
        super().__init__([])
        self.add_class("mapping-arranged")
        self.free.on_click(lambda _: put(replace(self.value, kept=()), 0))
        self.back.on_click(lambda _: put(Arrangement(), -self.value.added))
        self.observe(lambda _: self._show(), names="value")

    @traitlets.validate("value")
    def _arrangement(self, proposal: dict[str, Any]) -> Arrangement:
        given = proposal["value"]
        return given if isinstance(given, Arrangement) else Arrangement.of(given)

    def _show(self) -> None:
        """Show nothing while nothing is arranged."""
        points = [OwnPoint.read(text).name for text in self.value.placed]
        kept = len(self.value.kept)
        stay = f" {_hubs(kept)} where {'it is' if kept == 1 else 'they are'}." if kept else ""
        names = "".join(f"<li>{escape(name)}</li>" for name in points)
        self._said.value = (
            f"<p><strong>{escape(self.description)}</strong>.{stay}</p><ul>{names}</ul>"
        )
        self.free.layout.display = None if kept else "none"
        buttons = widgets.HBox([self.free, self.back])
        self.children = (self._said, buttons) if points else ()


def _hubs(count: int) -> str:
    return "The other new hub stays" if count == 1 else f"The other {count} new hubs stay"
