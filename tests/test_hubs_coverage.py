"""Coverage at any size: plans against exhaustive search, bounds against the true optimum."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from mapping.errors import InfeasibleError
from mapping.hubs import maximal_coverage
from mapping.hubs.covering.branches import search
from mapping.hubs.covering.ceiling import decided, linear, lowered, priced
from mapping.hubs.covering.cover import Cover, entries, undominated
from mapping.hubs.covering.exchange import Opened, exchange, greedy, kicks
from mapping.hubs.covering.proof import Proof
from mapping.hubs.highs import Programme, prices, solve
from mapping.hubs.problem import problem
from mapping.hubs.questions.coverage import cover
from mapping.hubs.rules import Rules
from mapping.hubs.watch import Watch


@st.composite
def tables(draw, sites=6, areas=8):
    """Which site covers which area, people with zeros and ties, and a number to pick."""
    shape = draw(st.integers(1, sites)), draw(st.integers(1, areas))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    near = rng.random(shape) < draw(st.sampled_from([0.1, 0.3, 0.6]))
    if shape[0] > 1 and draw(st.booleans()):
        near[-1] = near[0]
    people = rng.integers(0, 6, shape[1]).astype(float)
    if draw(st.booleans()):
        people = people * 0.7 + rng.random(shape[1])
    return near, people, draw(st.integers(0, shape[0]))


@st.composite
def rules(draw, sites):
    """Sets of which at most one, or at least one, must be picked."""
    positions = st.lists(st.integers(0, sites - 1), min_size=1, unique=True).map(np.array)
    sets = st.lists(positions, max_size=2).map(tuple)
    return Rules(draw(sets), draw(sets))


def people_covered(near, people, picked):
    """Count them one area at a time."""
    return math.fsum(
        people[area] for area in range(near.shape[1]) if any(near[site, area] for site in picked)
    )


def every_plan(near, people, pick, conditions=Rules()):  # noqa: B008 - frozen
    for picked in itertools.combinations(range(len(near)), pick):
        if conditions.allows(np.array(picked, dtype=int)):
            yield people_covered(near, people, picked), picked


def asked_of(near, people, pick):
    minutes = pd.DataFrame(np.where(near.T, 1.0, np.nan))
    asked = problem(pd.Series(people), minutes, hubs=max(pick, 1))
    return asked, asked.near(1.0)


def bare(near, people, pick):
    return Cover.of(sparse.csr_array(near), people, pick)


def towns(areas, sites, seed):
    """Areas and sites along a few roads: near neighbours overlap, as in a city."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((areas, 2)), rng.random((sites, 2))
    near = np.hypot(*(there[:, None] - here[None]).transpose(2, 0, 1)) < 0.17
    return near, rng.integers(1, 400, areas).astype(float)


def textbook(near, people, pick):
    """The model of Church and ReVelle (1974) in SciPy's solver."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    sites, areas = near.shape
    reached = np.hstack([-near.T.astype(float), np.eye(areas)])
    number = np.r_[np.ones(sites), np.zeros(areas)]
    found = milp(
        -np.r_[np.zeros(sites), people],
        constraints=[LinearConstraint(reached, -np.inf, 0), LinearConstraint(number, pick, pick)],
        integrality=np.r_[np.ones(sites), np.zeros(areas)],
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    return -found.fun


@settings(deadline=None, max_examples=60)
@given(tables(), st.data())
def test_under_any_rules_the_best_plan_is_found_or_there_is_none(table, data):
    near, people, pick = table
    pick = max(pick, 1)
    conditions = data.draw(rules(len(near)))
    plans = [*every_plan(near, people, pick, conditions)]
    asked, reach = asked_of(near, people, pick)
    if not plans:
        with pytest.raises(InfeasibleError, match="meet all rules together"):
            cover(asked, reach, watch=Watch(), rules=conditions)
        return
    found = cover(asked, reach, watch=Watch(), rules=conditions)
    best = max(value for value, _ in plans)
    assert found.value == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert found.bound == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert people_covered(near, people, found.picked) == pytest.approx(best)
    assert len(set(found.picked)) == pick
    assert conditions.allows(found.picked)


@settings(deadline=None, max_examples=50)
@given(tables(), st.sampled_from([0.0, 0.03, 0.3]))
def test_a_gap_asked_for_is_kept_and_the_bound_holds(table, gap):
    near, people, pick = table
    pick = max(pick, 1)
    asked, reach = asked_of(near, people, pick)
    best = max(value for value, _ in every_plan(near, people, pick))
    found = cover(asked, reach, watch=Watch(), gap=gap)
    assert found.value <= best + 1e-9
    assert found.bound >= best - 1e-9
    assert found.bound - found.value <= gap * max(1.0, found.value) + 1e-6


@settings(deadline=None, max_examples=50)
@given(tables(), st.integers(0, 99))
def test_any_prices_bound_every_plan(table, seed):
    near, people, pick = table
    choice = bare(near, people, pick)
    rng = np.random.default_rng(seed)
    best = max(value for value, _ in every_plan(near, people, pick))
    drawn = priced(choice, rng.uniform(-1, 2, len(choice.weights)) * choice.weights)
    assert drawn.bound >= best - 1e-9
    better = lowered(choice, drawn.prices, goal=best, rounds=20)
    assert best - 1e-9 <= better.bound <= drawn.bound + 1e-9


@settings(deadline=None, max_examples=50)
@given(tables(), st.integers(0, 99))
def test_what_prices_rule_out_or_in_no_better_plan_contradicts(table, seed):
    near, people, pick = table
    choice = bare(near, people, pick)
    rng = np.random.default_rng(seed)
    ceiling = priced(choice, rng.uniform(0, 1, len(choice.weights)) * choice.weights)
    plans = [*every_plan(near, people, pick)]
    goal = plans[rng.integers(len(plans))][0] + 1e-6
    out, into = decided(choice, ceiling, goal)
    for value, picked in plans:
        if value > goal:
            assert not out[list(picked)].any()
            assert set(np.flatnonzero(into)) <= set(picked)


@settings(deadline=None, max_examples=50)
@given(tables())
def test_branches_alone_prove_the_best_plan(table):
    near, people, pick = table
    choice = bare(near, people, pick)
    proof = Proof(choice, sure=0.0, gap=0.0, watch=Watch())
    proof.offer(np.arange(pick))
    search(proof, priced(choice, np.zeros(len(choice.weights))))
    best = max(value for value, _ in every_plan(near, people, pick))
    assert proof.value == pytest.approx(best)
    assert proof.proven == pytest.approx(best)


@settings(deadline=None, max_examples=50)
@given(tables())
def test_leaving_out_sites_that_another_covers_all_of_loses_nobody(table):
    near, people, pick = table
    choice = bare(near, people, pick)
    kept = undominated(choice)
    counted = near[:, people > 0]
    for site in set(range(len(near))) - set(kept):
        assert not counted[site].any() or any(
            (counted[other] >= counted[site]).all() for other in kept
        )
    for one, other in itertools.permutations(kept, 2):
        assert (counted[one] & ~counted[other]).any()


@settings(deadline=None, max_examples=50)
@given(tables(), st.data())
def test_opening_and_closing_keeps_the_count(table, data):
    near, people, _ = table
    choice = bare(near, people, 0)
    state = Opened(choice, np.arange(0))
    for site in data.draw(st.lists(st.integers(0, len(near) - 1), max_size=12)):
        (state.drop if state.open[site] else state.add)(site)
        now = people_covered(near, people, state.picked)
        assert state.value == pytest.approx(now)
        for other in np.flatnonzero(~state.open):
            more = people_covered(near, people, [*state.picked, other])
            assert state.gain[other] == pytest.approx(more - now, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_single_swap_improves_an_exchanged_plan_of_neighbours(seed):
    near, people = towns(120, 30, seed)
    choice = bare(near, people, 5)
    first = greedy(choice)
    better = exchange(choice, first)
    assert choice.value(better) >= choice.value(first)
    for kicked in kicks(choice, better, seed=seed, rounds=15):
        assert len(kicked) == 5
        assert choice.value(kicked) >= choice.value(better)


def test_kicks_depend_on_nothing_but_the_seed():
    near, people = towns(150, 50, 8)
    choice = bare(near, people, 6)
    first = greedy(choice)
    one, two = ([*kicks(choice, first, seed=4, rounds=20)] for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("seed", range(6))
def test_a_town_is_proven_and_agrees_with_the_textbook_model(seed):
    near, people = towns(150, 60, seed)
    for pick in (2, 5, 12):
        asked, reach = asked_of(near, people, pick)
        found = cover(asked, reach, watch=Watch())
        best = textbook(near, people, pick)
        assert found.value == pytest.approx(best)
        assert found.bound == pytest.approx(best)
        choice = bare(near, people, pick)
        proof = Proof(choice, sure=0.0, gap=0.0, watch=Watch())
        proof.offer(greedy(choice))
        search(proof, priced(choice, choice.weights / 2))
        assert proof.proven == proof.value == pytest.approx(best)


def test_the_prices_of_the_linear_programme_are_the_best_ones():
    near, people = towns(150, 60, 3)
    choice = bare(near, people, 12)
    ceiling = linear(choice, seconds=10)
    stepped = lowered(choice, choice.weights / 2, goal=0.0, rounds=400)
    assert ceiling.bound <= stepped.bound + 1e-6 * stepped.bound
    assert stepped.bound <= 1.01 * ceiling.bound


def test_a_search_that_is_stopped_returns_its_plan_and_a_bound_that_holds():
    near, people = towns(400, 150, 5)
    asked, reach = asked_of(near, people, 10)
    best = textbook(near, people, 10)
    for limit in (1e-6, 0.02, 0.1):
        found = cover(asked, reach, watch=Watch(limit))
        assert len(found.picked) == 10
        assert found.value <= best + 1e-6 <= found.bound + 2e-6


def test_an_interrupted_search_returns_its_plan_and_a_bound_that_holds():
    near, people = towns(400, 150, 5)
    asked, reach = asked_of(near, people, 10)
    best = textbook(near, people, 10)
    told = []

    def tell(value, bound):
        told.append((value, bound))
        raise KeyboardInterrupt

    watch = Watch(tell=tell)
    found = cover(asked, reach, watch=watch)
    assert len(told) == 1
    assert watch.over
    assert found.value <= best + 1e-6 <= found.bound + 2e-6


def test_what_is_told_on_the_way_only_improves():
    near, people = towns(400, 150, 5)
    asked, reach = asked_of(near, people, 10)
    told = []
    found = cover(asked, reach, watch=Watch(tell=lambda *both: told.append(both)))
    values, bounds = np.array(told).T
    assert (np.diff(values) >= 0).all()
    assert (np.diff(bounds) <= 0).all()
    assert told[-1] == (found.value, found.bound)


def test_areas_that_the_same_sites_cover_become_one_group():
    near = np.array([[1, 1, 0, 1, 0], [0, 0, 1, 0, 0]], dtype=bool)
    choice = bare(near, np.array([1.0, 2.0, 4.0, 0.0, 8.0]), 1)
    assert sorted(choice.weights) == [3.0, 4.0]
    assert choice.value(np.array([0])) == 3.0
    assert entries(choice.groups, np.array([0, 1])).tolist() in ([0, 1], [1, 0])


def test_people_counted_in_fractions_are_proven_too():
    near, people = towns(120, 40, 11)
    people = people / 7
    asked, reach = asked_of(near, people, 5)
    found = cover(asked, reach, watch=Watch())
    assert found.value == pytest.approx(textbook(near, people, 5))
    assert found.bound == pytest.approx(found.value, rel=1e-8)


def test_rows_in_any_order_give_the_same_sites():
    near, people = towns(150, 60, 2)
    areas = pd.Index([f"a{i:03}" for i in range(150)])
    minutes = pd.DataFrame(np.where(near.T, 9.0, np.nan), index=areas)
    demand = pd.Series(people, index=areas)
    mixed = np.random.default_rng(0).permutation(areas)
    one = maximal_coverage(demand, minutes, hubs=7, within=10)
    two = maximal_coverage(demand[mixed[::-1]], minutes.loc[mixed], hubs=7, within=10)
    assert one.sites == two.sites
    assert (one.objective, one.bound) == (two.objective, two.bound)


def programme(cost, rows, lower, upper, **more):
    matrix = sparse.csc_array(np.array(rows, dtype=float))
    return Programme(np.array(cost, float), matrix, np.array(lower), np.array(upper), **more)


def test_a_solver_tells_infeasible_from_unbounded_and_from_out_of_time():
    best = {"cost": [3, 2, 1], "rows": [[1, 1, 1]], "maximise": True}
    wide = np.array([2.0, 3.0, np.inf])
    answer = solve(programme(**best, lower=[4.0], upper=[5.5], whole=2, most=wide))
    assert answer.found == pytest.approx([2, 3, 0.5])
    assert (answer.bound, answer.status) == (pytest.approx(12.5), "optimal")
    assert solve(programme(**best, lower=[4.0], upper=[5.0], whole=3)).infeasible
    endless = solve(programme(**best, lower=[4.0], upper=[np.inf], whole=1, most=np.inf))
    assert (endless.found, endless.status) == (None, "stopped")
    near, people = towns(400, 150, 5)
    from mapping.hubs.covering.ceiling import programme as model

    late = solve(model(bare(near, people, 10)), seconds=1e-3)
    assert late.status == "time limit"
    assert not late.infeasible
    assert not late.finished


def test_prices_out_of_time_are_none():
    near, people = towns(400, 150, 5)
    from mapping.hubs.covering.ceiling import programme as model

    assert prices(model(bare(near, people, 10)), seconds=1e-9) is None
