"""Limited places and interrupted searches: bounds against every plan, stops that keep the best."""

import functools
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import hubs
from mapping.hubs.nearest.choice import Choice
from mapping.hubs.nearest.search import choose
from mapping.hubs.problem import problem
from mapping.hubs.questions.centre import _bare
from mapping.hubs.questions.places import Rooms
from mapping.hubs.questions.tariff import Tariff, bid, raised, ruled_out
from mapping.hubs.rules import Rules
from mapping.hubs.watch import Watch


def town(areas, sites, seed=0):
    """Areas and sites in a square, with people and places."""
    rng = np.random.default_rng(seed)
    here, there = rng.uniform(0, 20, (areas, 2)), rng.uniform(0, 20, (sites, 2))
    minutes = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1)).round(2)
    demand = pd.Series(rng.integers(20, 400, areas), index=[f"a{i}" for i in range(areas)])
    table = pd.DataFrame(minutes, index=demand.index, columns=[f"s{j}" for j in range(sites)])
    return demand.astype(float), table


def places(demand, minutes, hubs, seed=0):
    """Just room enough for everyone at so many hubs of mixed size."""
    share = np.random.default_rng(seed).uniform(0.6, 1.6, minutes.shape[1])
    return pd.Series((share * demand.sum() / hubs).round(), index=minutes.columns)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), picks=st.integers(1, 3), charge=st.sampled_from([25.0, np.inf]))
def test_no_prices_promise_less_than_a_plan_costs_or_close_a_site_of_the_best(seed, picks, charge):
    demand, minutes = town(6, 5, seed)
    room = places(demand, minutes, picks, seed)
    rooms = Rooms.of(problem(demand, minutes, hubs=picks), room, "where there is room", math.inf)
    everyone, costs = demand.sum(), {}
    for picked in itertools.combinations(range(5), picks):
        placed = rooms.placed(np.array(picked))
        without = everyone - placed.sum()
        if charge < np.inf or without < 1e-6:
            beyond = charge * without if charge < np.inf else 0.0
            costs[picked] = placed @ rooms.minutes + beyond
    if not costs:
        return
    # Without a charge a place must be found for all, and only those plans cost anything.
    tariff, best = Tariff.of(rooms, rooms.minutes, charge), min(costs, key=costs.get)
    wild = np.random.default_rng(seed).uniform(0, 30, 6)
    assert bid(tariff, np.minimum(wild, charge)).bound <= costs[best] * (1 + 1e-9)
    found = raised(
        tariff, wild, rounds=60, goal=lambda: costs[best], met=lambda now: bool(np.isnan(now.bound))
    )
    assert found.bound <= costs[best] * (1 + 1e-9)
    left = ruled_out(tariff, found, costs[best] * (1 + 1e-6))
    assert set(left.inside) <= set(best)
    assert not set(left.outside) & set(best)


@pytest.mark.parametrize("assignment", ["where there is room", "nearest"])
def test_short_of_time_the_journeys_to_places_still_have_a_bound_worth_having(assignment):
    demand, minutes = town(120, 40)
    ask = {"hubs": 8, "capacity": places(demand, minutes, 8), "assignment": assignment}
    hasty = hubs.p_median(demand, minutes, **ask, time_limit=0.3)
    longer = hubs.p_median(demand, minutes, **ask, time_limit=2)
    assert hasty.bound <= longer.objective * (1 + 1e-9)
    assert 0.8 * longer.objective < longer.bound <= longer.objective
    assert longer.status in {"optimal", "time limit"}


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    tight=st.sampled_from([0.3, 0.8, 1.0, 1.3]),
    assignment=st.sampled_from(["where there is room", "nearest"]),
)
def test_places_short_or_ample_go_to_the_most_people_and_then_the_nearest(seed, tight, assignment):
    demand, minutes = town(7, 5, seed)
    room = (tight * places(demand, minutes, 2, seed)).round()
    rooms = Rooms.of(problem(demand, minutes, hubs=2), room, assignment, math.inf)
    worth = {}
    for picked in itertools.combinations(range(5), 2):
        placed = rooms.placed(np.array(picked))
        nearest = demand @ minutes.iloc[:, list(picked)].min(axis=1)
        burden = nearest if assignment == "nearest" else placed @ rooms.minutes
        worth[picked] = (-round(placed.sum(), 6), round(burden, 6))
    most, burden = min(worth.values())
    plan = hubs.p_median(demand, minutes, hubs=2, capacity=room, assignment=assignment)
    assert plan.flows["people"].sum() == pytest.approx(-most)
    assert plan.objective == pytest.approx(burden)
    assert plan.bound == pytest.approx(burden, rel=1e-6)


def hard():
    """Questions that take HiGHS, or the branches, seconds."""
    demand, minutes = town(500, 160)
    rng = np.random.default_rng(1)
    cost = pd.Series(rng.integers(10, 40, 160) * 1000.0, index=minutes.columns)
    room = places(demand, minutes, 12)
    return {
        "budgeted": (
            hubs.budgeted,
            (demand, minutes),
            {"cost": cost, "budget": 300_000, "within": 3},
        ),
        "set cover": (hubs.set_cover, (minutes,), {"within": 3.4, "share": 0.97, "demand": demand}),
        "p-centre": (hubs.p_centre, (demand, minutes), {"hubs": 12}),
        "places": (hubs.p_median, (demand, minutes), {"hubs": 12, "capacity": room}),
        "nearest": (
            hubs.p_median,
            (demand, minutes),
            {"hubs": 12, "capacity": room, "assignment": "nearest"},
        ),
    }


class Interrupted:
    """Hears of plans, and interrupts as a planner's Ctrl-C would, after some of them."""

    def __init__(self, after):
        self.after, self.heard = after, []

    def __call__(self, value, bound):
        self.heard.append((value, bound))
        if len(self.heard) > self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("question", hard())
def test_whoever_stops_a_search_gets_its_plan_with_a_bound_and_the_word_stopped(question):
    ask, tables, options = hard()[question]
    watch = Watch(1.0)
    plan = ask(*tables, **options, stop=lambda: watch.late)
    assert watch.seconds < 8
    assert plan.status == ("stopped" if plan.gap > 1e-7 else "optimal")
    most = question == "budgeted"
    better, worse = (plan.bound, plan.objective) if most else (plan.objective, plan.bound)
    assert better >= worse
    assert len(plan.sites) > 0


@pytest.mark.parametrize("question", ["budgeted", "set cover", "places"])
def test_ctrl_c_keeps_the_best_plan_and_bound_that_were_told(question):
    ask, tables, options = hard()[question]
    tell = Interrupted(after=2)
    plan = ask(*tables, **options, tell=tell)
    value, bound = tell.heard[-1]
    assert plan.status == "stopped"
    sign = 1 if question == "budgeted" else -1
    assert sign * plan.objective >= sign * value - 1e-6 * abs(value)
    assert sign * plan.bound <= sign * bound + 1e-6 * abs(bound)


@settings(deadline=None, max_examples=40)
@given(
    near=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=6),
    ruled=st.booleans(),
)
def test_the_areas_and_sites_left_of_a_cover_need_as_many_sites_as_all(near, ruled):
    near = np.array(near)

    def fewest(cells):
        for size in range(len(cells) + 1):
            for some in itertools.combinations(range(len(cells)), size):
                if cells[list(some)].any(axis=0).all():
                    return size
        return None

    cells, sites = _bare(near, ruled=ruled)
    assert fewest(cells) == fewest(near)
    assert not ruled or len(sites) == len(near)
    for some in itertools.combinations(range(len(cells)), fewest(near) or 0):
        if cells[list(some)].any(axis=0).all():
            assert fewest(near) is None or near[sites[list(some)]].any(axis=0).all()


def test_the_marginal_curve_keeps_groups_and_starts_where_every_district_has_a_hub():
    demand, minutes = town(40, 10)
    districts = pd.Series(["east"] * 5 + ["west"] * 5, index=minutes.columns)
    rooms = pd.Series({"s0": "hall", "s1": "hall", "s7": "school", "s8": "school"})
    curve = hubs.marginal(demand, minutes, upto=4, groups=rooms, districts=districts)
    assert curve.index.tolist() == [2, 3, 4]
    for sites in curve["sites"]:
        assert districts[list(sites)].nunique() == 2
        assert not {"s0", "s1"} <= set(sites)
        assert not {"s7", "s8"} <= set(sites)
    with_one = hubs.marginal(demand, minutes, upto=2, open=["s0"], districts=districts)
    assert with_one.index.tolist() == [1, 2]


@pytest.mark.parametrize("rules", [Rules(), Rules(at_least=(np.array([2, 3]),))])
def test_where_nobody_counts_any_pick_that_keeps_the_rules_will_do(rules):
    found = choose(Choice.of(np.zeros((5, 0)), np.zeros(0), 2), watch=Watch(), rules=rules)
    assert len(found.picked) == 2
    assert rules.allows(found.picked)
    assert found.value == found.bound == 0


@pytest.mark.parametrize(
    ("assignment", "within", "seed"),
    [
        ("where there is room", None, 1),
        ("where there is room", 8.0, 6),
        ("nearest", None, 28),
        ("nearest", 8.0, 517),
    ],
)
def test_people_beyond_every_site_never_pass_a_plan_off_as_the_best(assignment, within, seed):
    rng = np.random.default_rng(seed)
    minutes = pd.DataFrame(rng.integers(1, 20, (6, 5)) * 1.0, list("ABCDEF"), list("vwxyz"))
    minutes.loc["F"] = np.nan if within is None else 90.0
    demand = pd.Series([*rng.uniform(1, 50, 5), 5000.0], minutes.index)
    places = pd.Series(rng.choice([0.0, 5.0, 20.0, 90.0], 5), minutes.columns)
    options = {"hubs": 2, "capacity": places, "assignment": assignment}
    ask = hubs.p_median
    if within is not None:
        ask = functools.partial(hubs.maximal_coverage, within=within)

    def order(plan):
        journeys = plan.objective if within is None else 0.0
        return -round(plan.flows["people"].sum(), 5), round(journeys, 5)

    pairs = itertools.combinations(minutes.columns, 2)
    best = min(order(ask(demand, minutes, open=pair, **options)) for pair in pairs)
    plan = ask(demand, minutes, **options)
    assert plan.status == "optimal"
    assert order(plan) == best
