"""Routes exchanged one by one: none of them can be bettered alone."""

import time
from math import inf

import numpy as np
import pytest
from scipy import sparse

from mapping.bus import Returns
from mapping.bus.choice import choose
from mapping.bus.exchange import exchanged, wanted
from mapping.bus.hours import PROFILES
from mapping.bus.labels import Offers, Shift, all_routes
from mapping.bus.layout import Layout
from mapping.bus.question import Kind, Question
from mapping.bus.watch import Watch

ALL_WEEK = 31


def question(seed, *, stops=7, areas=9, must=(), budget=inf):
    """Return a question of two Mondays and a Tuesday, with every route there is."""
    rng = np.random.default_rng(seed)
    legs = rng.integers(5, 40, (stops + 1, stops + 1)).astype(float)
    offers = Offers(
        stop=np.arange(stops),
        length=np.full(stops, 60.0),
        earliest=np.full(stops, 540.0),
        latest=np.full(stops, 900.0),
        days=rng.choice([1, 2, 3], stops),
    )
    shift = Shift(
        legs[0, 1:], legs[1:, 0], legs[1:, 1:], 540, 840, ALL_WEEK, 10, 10, PROFILES["own"]
    )
    routes, complete = all_routes(offers, shift)
    assert complete
    return Question(
        offers=offers,
        stops=stops,
        routes=[routes],
        kinds=[Kind(0, 0, 4, 2), Kind(0, 1, 4, 1)],
        people=rng.integers(1, 200, areas).astype(float),
        cover=sparse.csr_array((rng.random((areas, stops)) < 0.4).astype(float)),
        returns=Returns(6),
        must=np.array(must, dtype=int),
        cost=[np.full(len(routes), 10.0)],
        budget=budget,
        shares=np.zeros((0, areas)),
        served=np.zeros(0),
    )


def reached(asked, held):
    routes = [route for route in held if route is not None]
    return float(asked.people @ Layout(asked).share(asked.hours(routes)))


def stops_of(asked, held):
    return [int(stop) for route in held if route for stop in asked.stops_of(route)]


@pytest.mark.parametrize("seed", range(8))
def test_no_route_can_be_exchanged_for_a_better_one(seed):
    asked = question(seed)
    layout, forever = Layout(asked), Watch(time.perf_counter() + 60)
    held = exchanged(layout, 1e6, forever)
    assert len(set(stops_of(asked, held))) == len(stops_of(asked, held))
    value = reached(asked, held)
    days = [0, 0, 1]
    for place, day in enumerate(days):
        others = [*held[:place], *held[place + 1 :]]
        taken = set(stops_of(asked, others))
        for number, bits in enumerate(asked.routes[0].days):
            route = (0, number, 4)
            if bits >> day & 1 and not taken & set(map(int, asked.stops_of(route))):
                assert reached(asked, [*others, route]) <= value + 1e-6
    assert exchanged(layout, 1e6, forever, held) == held


def test_a_known_choice_beyond_the_budget_is_not_taken_over():
    asked = question(3, budget=40.0)
    rich = exchanged(Layout(question(3)), 1e6, Watch(time.perf_counter() + 60))
    routes = tuple(route for route in rich if route is not None)
    assert len(routes) == 2
    found = choose(
        asked, Watch(time.perf_counter() + 9), complete=True, least=np.zeros(0), start=routes
    )
    assert len(found.routes) == 1


def test_exchanges_visit_what_must_be_visited_and_keep_the_budget():
    asked = question(3, must=[5], budget=80.0)
    held = exchanged(Layout(asked), 1e6, Watch(time.perf_counter() + 60))
    assert 5 in stops_of(asked, held)
    assert sum(route is not None for route in held) == 2  # each costs 10 pounds, four times
    for shift, prizes in wanted(Layout(asked), held, 1e6):
        assert shift == 0
        assert (prizes < 0).sum() > 0
        assert len(prizes) == asked.stops
