"""What a plan is chosen among, what counts, and what was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from mapping.bus.labels import Labels, Offers
from mapping.bus.returns import Returns

Route = tuple[int, int, int]
"""Shift, position of the route among those of the shift, and how often it is driven in the term."""


@dataclass(frozen=True)
class Kind:
    """
    Slots that are alike.

    Parameters
    ----------
    shift
        Position of their shift.
    weekday
        Monday is 0.
    visits
        How often each runs in the term.
    count
        How many there are.
    often
        How often each runs in one cycle.
    """

    shift: int
    weekday: int
    visits: int
    count: int
    often: int = 1


@dataclass(frozen=True, eq=False)
class Question:
    """
    What is chosen among, and what counts.

    Parameters
    ----------
    offers
        Sessions that could be held.
    stops
        How many stops there are.
    routes
        By shift, the routes it can hold.
    kinds
        Slots that are alike.
    people
        By neighbourhood: areas that the same stops reach.
    cover
        Neighbourhoods by stops, whether it is within reach.
    returns
        How the hours of sessions near them count.
    must
        Positions of stops that have to be visited.
    cost
        By shift, pounds that each route costs each time it is driven.
    budget
        Pounds for the term; infinite for none.
    shares
        Groups by neighbourhoods: share of the group's people who live there; no rows unless the
        aim is the fairest plan.
    served
        By group, the share that hubs serve already.
    often
        By stop, how often in a cycle it is to be visited at least.
    clashes
        Sets of kinds, one slot each, of which one alone can run: they need the same day.
    """

    offers: Offers
    stops: int
    routes: Sequence[Labels]
    kinds: Sequence[Kind]
    people: np.ndarray
    cover: sparse.csr_array
    returns: Returns
    must: np.ndarray
    cost: Sequence[np.ndarray]
    budget: float
    shares: np.ndarray
    served: np.ndarray
    often: np.ndarray = field(default_factory=lambda: np.zeros(0))
    clashes: Sequence[tuple[int, ...]] = ()

    def stops_of(self, route: Route) -> np.ndarray:
        """Return the positions of a route's stops, in its order."""
        shift, place, _ = route
        held = self.routes[shift].offers[place]
        return self.offers.stop[held[held >= 0]]

    def missing(self, routes: Sequence[Route]) -> tuple[int, ...]:
        """Return the stops that have to be visited and are on none of these routes."""
        visited = {int(stop) for route in routes for stop in self.stops_of(route)}
        return tuple(int(stop) for stop in self.must if int(stop) not in visited)

    def pounds(self, routes: Sequence[Route]) -> float:
        """Return what these routes cost in the term."""
        return sum(float(self.cost[shift][place]) * visits for shift, place, visits in routes)

    def hours(self, routes: Sequence[Route]) -> np.ndarray:
        """Return the hours of sessions within reach of each neighbourhood."""
        hours = np.zeros(self.stops)
        for shift, place, visits in routes:
            held = self.routes[shift].offers[place]
            held = held[held >= 0]
            np.add.at(hours, self.offers.stop[held], visits * self.offers.length[held] / 60)
        return self.cover @ hours


@dataclass(frozen=True, eq=False)
class Chosen:
    """
    Routes chosen, and what is known of the choice.

    Parameters
    ----------
    routes
        One for each slot that is used.
    value
        People counted.
    bound
        People that no choice exceeds.
    least
        For the fairest plan: the lowest share, and the highest it could be; else None.
    clocked
        Whether the search was ended before proof, by the clock or by somebody.
    missing
        Positions of stops that have to be visited and for which no choice has room, where this
        is proven or nothing better was found.
    """

    routes: tuple[Route, ...]
    value: float
    bound: float
    least: tuple[float, float] | None = None
    clocked: bool = False
    missing: tuple[int, ...] = ()
