"""The rules of a choice, written as rows of a mixed-integer programme."""

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from scipy import sparse

from mapping.bus.layout import Layout


@dataclass(frozen=True, eq=False)
class Rules:
    """
    Rows and variables, all but the routes.

    Parameters
    ----------
    matrix
        Rows by variables.
    lower, upper
        Limits of the rows.
    most
        What each variable is at most; at least it is 0.
    """

    matrix: sparse.csc_array
    lower: np.ndarray
    upper: np.ndarray
    most: np.ndarray


def rules(layout: Layout, least: np.ndarray | None = None) -> Rules:
    """
    Write the rules of a question down.

    Parameters
    ----------
    least
        For a bound where not all routes are known: minutes that each session takes at least,
        which then stand in place of the routes; last, the minutes of a day.
    """
    sheet = _Sheet(layout)
    sheet.hours_and_visits(linked=least is None)
    sheet.slots()
    sheet.aims()
    if least is not None:
        sheet.minutes(least)
    return sheet.finished()


def worth(layout: Layout) -> np.ndarray:
    """Return the people that an hour more brings in each step of each neighbourhood."""
    return (layout.asked.people[:, None] * layout.slope).ravel()


class _Sheet:
    """Rows under way."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.asked = layout.asked
        self.lower = np.full(layout.rows, -inf)
        self.upper = np.zeros(layout.rows)
        self.entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, rows: Any, columns: Any, values: Any) -> None:
        """Write values where rows and columns meet."""
        found = np.broadcast_arrays(np.asarray(rows), np.asarray(columns), np.asarray(values))
        self.entries.append((found[0].ravel(), found[1].ravel(), found[2].ravel().astype(float)))

    def hours_and_visits(self, *, linked: bool) -> None:
        """Count hours within reach; let a stop be visited once, by routes that hold it."""
        at, asked, offers = self.layout, self.asked, self.asked.offers
        reached = np.arange(len(asked.people) * at.steps)
        self.add(reached // max(at.steps, 1), reached, 1.0)
        near = asked.cover.tocoo()
        for offer, stop in enumerate(offers.stop):
            inside = near.row[near.col == stop]
            for visits in at.levels:
                place = at.visit(np.array(offer), visits)
                self.add(inside, at.visit0 + place, -visits * at.lengths[offer])
                self.add(at.stop_row + stop, at.visit0 + place, 1.0)
                if linked:
                    self.add(at.link_row + place, at.visit0 + place, 1.0)
        self.upper[at.stop_row : at.link_row] = 1
        self.lower[at.stop_row + asked.must] = 1
        self.add(at.stop_row + asked.must, at.absent0 + np.arange(len(asked.must)), 1.0)
        self.lower[at.link_row : at.pattern_row] = 0 if linked else -inf

    def slots(self) -> None:
        """Put routes into slots, of which there are so many."""
        at, asked = self.layout, self.asked
        for place, (pattern, kind) in enumerate(at.spreads):
            self.add(at.pattern_row + pattern, at.spread0 + place, -1.0)
            self.add(at.kind_row + kind, at.spread0 + place, 1.0)
            for number, clash in enumerate(asked.clashes):
                if kind in clash:
                    self.add(at.clash_row + number, at.spread0 + place, 1.0)
        self.upper[at.kind_row : at.clash_row] = [kind.count for kind in asked.kinds]
        self.upper[at.clash_row : at.budget_row] = 1
        self.upper[at.budget_row] = asked.budget

    def aims(self) -> None:
        """Add people up, and keep every group's share above the lowest."""
        at, asked = self.layout, self.asked
        reached = np.arange(len(asked.people) * at.steps)
        self.add(at.people_row, reached, worth(at))
        self.upper[at.people_row] = inf
        for group, share in enumerate(asked.shares):
            self.add(at.fair_row + group, reached, -(share[:, None] * at.slope).ravel())
            self.add(at.fair_row + group, at.fair0, 1.0)
        self.upper[at.fair_row :] = asked.served

    def minutes(self, least: np.ndarray) -> None:
        """Put the minutes that sessions take at least in place of the routes."""
        at, offers = self.layout, self.asked.offers
        for visits in at.levels:
            kinds = [n for n, kind in enumerate(self.asked.kinds) if kind.visits == visits]
            row = at.kind_row + kinds[0]
            places = at.visit(np.arange(len(offers.stop)), visits)
            self.add(row, at.visit0 + places, least[:-1])
            self.upper[row] = sum(self.asked.kinds[kind].count for kind in kinds) * least[-1]

    def finished(self) -> Rules:
        """Return what was written, with what each variable is at most."""
        at, asked = self.layout, self.asked
        most = np.ones(at.route0)
        # Hours that all stops near a neighbourhood could bring it together.
        top = asked.cover.sum(axis=1) * max(at.levels) * at.lengths.max(initial=0.0)
        steps_most = np.diff(at.knots) * (at.knots[:-1] < top[:, None] - 1e-9)
        most[: at.visit0] = steps_most.ravel()
        most[at.spread0 : at.absent0] = inf
        row, column, value = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        matrix = sparse.csc_array((value, (row, column)), shape=(at.rows, at.route0))
        matrix.eliminate_zeros()
        return Rules(matrix, self.lower, self.upper, most)
