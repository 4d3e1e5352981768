"""Which variable and which row of the choice's programme stands where."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mapping.bus.question import Question


@dataclass(frozen=True, eq=False)
class Layout:
    """
    The variables and rows of a question, in blocks.

    Variables are `reached` (hours that count in each neighbourhood, in steps of falling worth),
    `visit` (each session at each number of visits), `spread` (routes of one pattern of weekdays
    over kinds of slots), `absent` (a stop that has to be visited and is not), `fair` (the lowest
    share) and one for each route. Names that end in 0 are where a block of variables begins,
    those in `_row` where a block of rows does.

    Parameters
    ----------
    asked
        What is chosen among.
    """

    asked: Question

    @cached_property
    def levels(self) -> list[int]:
        """How often a slot can run in the term."""
        return sorted({kind.visits for kind in self.asked.kinds})

    @cached_property
    def lengths(self) -> np.ndarray:
        """Hours of each session."""
        return self.asked.offers.length / 60

    @cached_property
    def knots(self) -> np.ndarray:
        """Totals of hours between which the curve of returns is straight."""
        return self.asked.returns.knots(
            visits * hours for visits in self.levels for hours in set(self.lengths)
        )

    @cached_property
    def slope(self) -> np.ndarray:
        """Share that an hour more brings in each step between two knots."""
        return np.diff(self.asked.returns.share(self.knots)) / np.diff(self.knots)

    def share(self, hours: np.ndarray) -> np.ndarray:
        """Return the share that counts after so many hours, as the programme reckons it."""
        return np.interp(hours, self.knots, self.asked.returns.share(self.knots))

    @cached_property
    def days(self) -> dict[tuple[int, int], np.ndarray]:
        """By shift and visits, bits of the weekdays on which each route has a slot; 0 is none."""
        return {
            (shift, visits): self._days(shift, visits)
            for shift in range(len(self.asked.routes))
            for visits in self.levels
        }

    def _days(self, shift: int, visits: int) -> np.ndarray:
        routes = self.asked.routes[shift]
        need = np.append(self.often, 0)[
            np.append(self.asked.offers.stop, self.asked.stops)[routes.offers]
        ].max(axis=1, initial=0)
        days = np.zeros(len(routes), dtype=int)
        for least in np.unique(need):
            bits = 0
            for kind in self.asked.kinds:
                if (kind.shift, kind.visits) == (shift, visits) and kind.often >= least:
                    bits |= 1 << kind.weekday
            days[need == least] = routes.days[need == least] & bits
        return days

    @cached_property
    def often(self) -> np.ndarray:
        """How often in a cycle each stop is to be visited at least."""
        return self.asked.often if len(self.asked.often) else np.zeros(self.asked.stops)

    @cached_property
    def patterns(self) -> dict[tuple[int, int, int], int]:
        """Number of each pattern of weekdays of a shift's routes at so many visits."""
        found: dict[tuple[int, int, int], int] = {}
        for (shift, visits), bits in self.days.items():
            for pattern in np.unique(bits[bits > 0]):
                found.setdefault((shift, visits, int(pattern)), len(found))
        return found

    @cached_property
    def spreads(self) -> list[tuple[int, int]]:
        """Which pattern can be put into which kind of slots."""
        return [
            (place, number)
            for (shift, visits, bits), place in self.patterns.items()
            for number, kind in enumerate(self.asked.kinds)
            if (kind.shift, kind.visits) == (shift, visits) and bits >> kind.weekday & 1
        ]

    @cached_property
    def steps(self) -> int:
        """How many steps each neighbourhood has."""
        return len(self.slope)

    @cached_property
    def visit0(self) -> int:
        """Where `visit` begins: sessions by levels."""
        return len(self.asked.people) * self.steps

    @cached_property
    def spread0(self) -> int:
        """Where `spread` begins."""
        return self.visit0 + len(self.asked.offers.stop) * len(self.levels)

    @cached_property
    def absent0(self) -> int:
        """Where `absent` begins."""
        return self.spread0 + len(self.spreads)

    @cached_property
    def fair0(self) -> int:
        """Where the lowest share stands."""
        return self.absent0 + len(self.asked.must)

    @cached_property
    def route0(self) -> int:
        """Where the routes begin."""
        return self.fair0 + 1

    @cached_property
    def stop_row(self) -> int:
        """Each stop has one place in the term at most; before it, hours reached by area."""
        return len(self.asked.people)

    @cached_property
    def link_row(self) -> int:
        """A session is held by the routes that hold it."""
        return self.stop_row + self.asked.stops

    @cached_property
    def pattern_row(self) -> int:
        """Routes of a pattern go into slots."""
        return self.link_row + len(self.asked.offers.stop) * len(self.levels)

    @cached_property
    def kind_row(self) -> int:
        """There are only so many slots of a kind."""
        return self.pattern_row + len(self.patterns)

    @cached_property
    def clash_row(self) -> int:
        """Of slots that need the same day one runs."""
        return self.kind_row + len(self.asked.kinds)

    @cached_property
    def budget_row(self) -> int:
        """What the term costs."""
        return self.clash_row + len(self.asked.clashes)

    @cached_property
    def people_row(self) -> int:
        """People reached."""
        return self.budget_row + 1

    @cached_property
    def fair_row(self) -> int:
        """No group's share is below the lowest."""
        return self.people_row + 1

    @cached_property
    def rows(self) -> int:
        """How many rows there are."""
        return self.fair_row + len(self.asked.shares)

    def visit(self, offers: np.ndarray, visits: int) -> np.ndarray:
        """Return where sessions stand at so many visits, counted from `visit0` or `link_row`."""
        return offers * len(self.levels) + self.levels.index(visits)
