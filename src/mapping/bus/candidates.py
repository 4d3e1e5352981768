"""The day routes that a plan is chosen among: all, or the most promising of too many."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mapping.bus.choice import prices
from mapping.bus.exchange import exchanged, wanted
from mapping.bus.labels import Labels, all_routes, joined, shortest
from mapping.bus.layout import Layout
from mapping.bus.question import Question, Route
from mapping.bus.resources import Resources
from mapping.bus.watch import Watch

# How many unfinished routes are carried on where there are too many for all, and how often.
BEAM = 2_000
ROUNDS = 12
ENOUGH = 1e-4  # what another round has to add at least

# Shares of the time left: to draw up routes at the prices of all days together, and then at what
# stops would add to the others of a good choice.
TO_PRICE = 0.4
TO_TAILOR = 0.5


def few_enough(resources: Resources) -> tuple[list[Labels], bool]:
    """Return the routes of every shift, and whether these are all."""
    found = [all_routes(resources.offers, shift) for shift in resources.shifts]
    return [routes for routes, _ in found], all(complete for _, complete in found)


def with_promising(
    asked: Question, resources: Resources, watch: Watch
) -> tuple[Question, tuple[Route, ...]]:
    """
    Draw up the most promising routes where there are too many for all.

    Returns
    -------
    Question
        With these routes too, and what each costs.
    tuple
        A good choice among them; empty where none was looked for.
    """
    start: tuple[Route, ...] = ()
    asked = _priced(asked, resources, watch.share(TO_PRICE))
    if not len(asked.shares) and not asked.clashes:
        asked, start = _tailored(asked, resources, watch.share(TO_TAILOR))
    return replace(asked, cost=resources.pounds(asked.routes)), start


def _priced(asked: Question, resources: Resources, watch: Watch) -> Question:
    """
    Draw up more routes: those that pay at the present prices.

    Each round solves the relaxation over the routes there are, and grows the most promising
    routes at its prices, best first, until none is new or the time is up.
    """
    before = -np.inf
    for _ in range(ROUNDS):
        found = prices(asked, watch)
        if found is None or found[0] <= before + ENOUGH * abs(before):
            break
        before, worth = found
        asked = _with_more(
            asked, resources, [(shift, worth) for shift in range(len(resources.shifts))]
        )
    return asked


def _tailored(
    asked: Question, resources: Resources, watch: Watch
) -> tuple[Question, tuple[Route, ...]]:
    """Draw up routes for each day of a good choice, at what stops add beside its other days."""
    bonus = 10 * (1 + float(asked.people.sum()))
    before, held = -np.inf, exchanged(Layout(asked), bonus, watch)
    while True:
        routes = tuple(route for route in held if route is not None)
        layout = Layout(asked)
        reached = float(asked.people @ layout.share(asked.hours(routes)))
        if watch.over or reached <= before * (1 + ENOUGH):
            return asked, routes
        before, keys = reached, [None if one is None else _key(asked, one) for one in held]
        asked = _with_more(asked, resources, list(wanted(layout, held, bonus)))
        again = [None if key is None else _route(asked, key) for key in keys]
        held = exchanged(Layout(asked), bonus, watch, again)


def _key(asked: Question, route: Route) -> tuple[int, np.uint64, int]:
    """Return what names a route whatever its position is."""
    shift, place, visits = route
    return shift, asked.routes[shift].key[place], visits


def _route(asked: Question, key: tuple[int, np.uint64, int]) -> Route:
    shift, name, visits = key
    return shift, int(np.flatnonzero(asked.routes[shift].key == name)[0]), visits


def _with_more(
    asked: Question, resources: Resources, worth: Sequence[tuple[int, np.ndarray]]
) -> Question:
    """Add the most promising routes of shifts, at what sessions are worth in each."""
    routes = list(asked.routes)
    for shift, prizes in worth:
        more, _ = all_routes(asked.offers, resources.shifts[shift], worth=prizes, beam=BEAM)
        routes[shift] = shortest(joined([routes[shift], more]))
    return replace(asked, routes=routes, cost=[np.zeros(len(found)) for found in routes])
