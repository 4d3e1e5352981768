"""The sum-of-distance kernel: every answer and every bound against exhaustive search."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InfeasibleError
from mapping.hubs.nearest import residue, search, tree
from mapping.hubs.nearest.choice import Choice
from mapping.hubs.nearest.journeys import Journeys
from mapping.hubs.nearest.relaxation import narrowed, relax
from mapping.hubs.nearest.remainder import Remainder
from mapping.hubs.nearest.search import choose
from mapping.hubs.nearest.selection import Selection
from mapping.hubs.rules import Rules
from mapping.hubs.watch import Watch


@st.composite
def choices(draw, *, whole=None):
    """A small choice with ties, twin sites, free areas and a base that some sites never beat."""
    sites, areas = draw(st.integers(1, 7)), draw(st.integers(0, 7))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    whole = draw(st.booleans()) if whole is None else whole
    cost = rng.integers(0, draw(st.sampled_from([2, 9, 99])), (sites, areas)).astype(float)
    cost = cost if whole else cost / 7
    if sites > 1 and draw(st.booleans()):
        cost[1] = cost[0]
    cost *= rng.random(areas) < draw(st.sampled_from([0.7, 1.0]))
    base = rng.integers(0, 80, areas).astype(float) + draw(st.sampled_from([0.0, 90.0]))
    return Choice.of(cost, base, draw(st.integers(0, sites)))


@st.composite
def rules(draw, sites):
    """Any sets, overlapping or not."""
    sets = st.lists(st.sets(st.integers(0, sites - 1), min_size=1, max_size=4), max_size=2)
    most, least = ([np.array(sorted(one)) for one in draw(sets)] for _ in range(2))
    return Rules(tuple(most), tuple(least))


def every_pick(choice, asked):
    return [
        np.array(pick, dtype=int)
        for pick in itertools.combinations(range(choice.candidates), choice.pick)
        if all(len(set(one) & set(pick)) <= 1 for one in asked.at_most)
        and all(set(one) & set(pick) for one in asked.at_least)
    ]


def plain_value(choice, pick):
    return sum(
        min([choice.base[area], *(choice.cost[site, area] for site in pick)])
        for area in range(len(choice.base))
    )


def city(sites, areas, pick, seed=0):
    rng = np.random.default_rng(seed)
    here, there = rng.uniform(0, 20, (areas, 2)), rng.uniform(0, 20, (sites, 2))
    cost = np.hypot(*(there[:, None] - here[None]).transpose(2, 0, 1)) * rng.integers(1, 9, areas)
    return Choice.of(cost, np.full(areas, 400.0), pick)


@pytest.fixture(params=["tree", "model"])
def last_step(request, monkeypatch):
    """Leave everything to one last step: hardly any prices, and not the other step."""
    monkeypatch.setattr(search, "FEW", 0 if request.param == "tree" else 10**9)
    monkeypatch.setattr(search, "TRIAL", math.inf)
    monkeypatch.setattr(tree, "ROUNDS", 3)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_pick_is_as_good_as_exhaustive_search_whatever_the_rules(data):
    choice = data.draw(choices())
    asked = data.draw(rules(choice.candidates))
    every = every_pick(choice, asked)
    passes = data.draw(st.sampled_from([search.PASSES, (1,), (5, 5)]))
    if not every:
        with pytest.raises(InfeasibleError, match="meet all rules together"):
            choose(choice, watch=Watch(), rules=asked, passes=passes)
        return
    best = min(plain_value(choice, pick) for pick in every)
    found = choose(choice, watch=Watch(), rules=asked, passes=passes)
    assert found.picked.tolist() in [pick.tolist() for pick in every]
    assert found.value == pytest.approx(plain_value(choice, found.picked), abs=1e-9)
    assert found.value == pytest.approx(best, abs=1e-7)
    assert found.bound == pytest.approx(best, abs=1e-7)


@pytest.mark.usefixtures("last_step")
@pytest.mark.parametrize("seed", range(4))
def test_branches_and_the_last_model_both_prove_what_exhaustive_search_finds(seed):
    choice = city(12, 40, 4, seed)
    for asked in (Rules(), Rules((np.array([0, 1, 2]),), (np.array([3, 4]), np.array([4, 5])))):
        best = min(choice.value(pick) for pick in every_pick(choice, asked))
        found = choose(choice, watch=Watch(), rules=asked, passes=(1,))
        assert found.value == pytest.approx(best, rel=1e-9)
        assert found.bound == pytest.approx(best, rel=1e-8)


@settings(deadline=None, max_examples=40)
@given(choices(), st.floats(0.01, 0.5))
def test_a_gap_is_kept_and_its_bound_holds(choice, gap):
    best = min(plain_value(choice, pick) for pick in every_pick(choice, Rules()))
    found = choose(choice, watch=Watch(), gap=gap, passes=(3,))
    assert found.bound <= best + 1e-7
    assert found.value - found.bound <= gap * found.value + 1e-7


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_prices_give_a_bound_and_narrowing_keeps_every_better_plan(data):
    choice = data.draw(choices())
    asked = data.draw(rules(choice.candidates))
    every = every_pick(choice, asked)
    if not every or choice.pick in (0, choice.candidates):
        return
    best = min(every, key=choice.value)
    ceiling = choice.base * data.draw(st.sampled_from([0.5, 1.0]))
    rest = Remainder.of(choice, ceiling, asked)
    goal = choice.value(best)
    prices = np.random.default_rng(1).uniform(0, 99, len(choice.base))
    relaxed = relax(
        rest, prices, rounds=4, pace=1.0, patience=3, goal=lambda: goal, met=lambda *_: False
    )
    assert relaxed.bound <= goal + 1e-7
    less = narrowed(Remainder.of(choice, choice.base, asked), relaxed, goal - relaxed.bound)
    assert set(less.must) <= set(best)
    assert set(best) <= {*less.must, *less.may}
    # The journeys left still tell what the best plan costs.
    served = less.base.copy()
    inside = np.isin(less.may[less.journeys.site], best)
    np.minimum.at(served, less.journeys.area[inside], less.journeys.cost[inside])
    assert served.sum() == pytest.approx(goal, abs=1e-7)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_sorting_finds_the_cheapest_pick_under_rules_that_do_not_overlap(data):
    sites = data.draw(st.integers(2, 7))
    asked = data.draw(rules(sites)).nested()
    cost = -np.array(data.draw(st.lists(st.floats(0, 9), min_size=sites, max_size=sites)))
    choice = Choice.of(np.zeros((sites, 0)), np.zeros(0), data.draw(st.integers(1, sites - 1)))
    every = every_pick(choice, asked)
    selection = Selection.of(sites, choice.pick, asked)
    if not every:
        assert len(selection.cheapest(cost)) < choice.pick
        return
    least = min(cost[pick].sum() for pick in every)
    assert cost[selection.cheapest(cost)].sum() == pytest.approx(least)
    within, without = selection.forcing(cost)
    for site in range(sites):
        with_it = [cost[pick].sum() for pick in every if site in pick]
        rest = [cost[pick].sum() for pick in every if site not in pick]
        assert least + within[site] == pytest.approx(min(with_it, default=math.inf))
        assert least + without[site] == pytest.approx(min(rest, default=math.inf))


@settings(deadline=None, max_examples=25)
@given(choices(), st.integers(0, 99))
def test_the_order_of_areas_and_sites_never_changes_the_value(choice, seed):
    rng = np.random.default_rng(seed)
    sites, areas = rng.permutation(choice.candidates), rng.permutation(len(choice.base))
    other = Choice.of(choice.cost[np.ix_(sites, areas)], choice.base[areas], choice.pick)
    one, two = choose(choice, watch=Watch()), choose(other, watch=Watch())
    assert one.value == pytest.approx(two.value, abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(choices(whole=True))
def test_whole_numbers_and_the_same_costs_in_fractions_agree(choice):
    found = choose(choice, watch=Watch())
    parts = choose(Choice.of(choice.cost / 7, choice.base / 7, choice.pick), watch=Watch())
    assert found.value == found.bound
    assert parts.value * 7 == pytest.approx(found.value, abs=1e-6)


def test_an_interrupted_search_returns_its_best_plan_and_a_bound_that_holds():
    choice = city(60, 200, 6)
    best = choose(choice, watch=Watch()).value
    for after in (1, 2, 5):
        heard = []

        def interrupt(value, bound, heard=heard, after=after):
            heard.append((value, bound))
            if len(heard) == after:
                raise KeyboardInterrupt

        watch = Watch(tell=interrupt)
        found = choose(choice, watch=watch)
        assert watch.over
        assert not watch.late
        assert len(found.picked) == 6
        assert found.value == pytest.approx(choice.value(found.picked))
        assert found.bound <= best + 1e-6 <= found.value + 2e-6


def test_a_stop_ends_the_search_and_what_is_told_only_improves():
    choice, heard = city(60, 200, 6, seed=1), []
    watch = Watch(tell=lambda *told: heard.append(told), stop=lambda: len(heard) > 3)
    found = choose(choice, watch=watch)
    assert len(heard) <= 6
    values, bounds = zip(*heard, strict=True)
    assert list(values) == sorted(values, reverse=True)
    assert list(bounds) == sorted(bounds)
    assert found.value == values[-1]


def test_what_is_told_can_be_counted_otherwise():
    heard = []
    watch = Watch(tell=lambda *told: heard.append(told)).counting(lambda total: 100 - total)
    watch.report(30, 10)
    watch.halt()
    assert heard == [(70, 90)]
    assert watch.over


def test_a_search_starts_from_known_prices_and_from_a_plan_of_another_size():
    choice = city(60, 200, 6)
    first = choose(choice, watch=Watch())
    again = choose(
        Choice.of(choice.cost, choice.base, 7),
        watch=Watch(),
        start=first.picked,
        prices=first.prices,
    )
    fresh = choose(Choice.of(choice.cost, choice.base, 7), watch=Watch())
    assert again.value == pytest.approx(fresh.value, rel=1e-9)
    assert again.bound == pytest.approx(fresh.bound, rel=1e-8)
    fewer = choose(
        Choice.of(choice.cost, choice.base, 5),
        watch=Watch(),
        start=first.picked,
        prices=first.prices,
    )
    assert fewer.value >= first.value


def test_the_last_model_counts_areas_without_a_journey():
    cost = np.array([[1.0, 9.0, 4.0], [2.0, 9.0, 1.0], [0.0, 9.0, 5.0]])
    choice = Choice.of(cost, np.full(3, 9.0), 1)
    record = search.Record(choice, Rules(), 0.0, Watch())
    record.offer(np.array([0]))
    rest = Remainder.of(choice, choice.base, Rules())
    assert 1 not in rest.journeys.area
    residue.settle(rest, record)
    assert record.found().value == record.found().bound == 12.0


@given(st.lists(st.integers(0, 3), max_size=12), st.sets(st.integers(0, 3)))
def test_journeys_add_up_by_site_as_a_loop_does(numbers, wanted):
    site = np.sort(np.array(numbers, dtype=int))
    table = Journeys(site, np.zeros_like(site), np.arange(len(site), dtype=float), 4, 1)
    added = table.by_site(table.cost)
    assert added.tolist() == [table.cost[site == number].sum() for number in range(4)]
    chosen = np.array(sorted(wanted), dtype=int)
    assert table.of(chosen).tolist() == np.flatnonzero(np.isin(site, chosen)).tolist()
