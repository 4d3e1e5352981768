"""Confidence in a hub plan: every figure against all plans under all draws, one by one."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import hubs
from mapping.errors import InfeasibleError, InvalidTableError
from mapping.hubs.insight.confidence import confidence
from mapping.hubs.insight.equals import equals
from mapping.hubs.insight.optima import Optimiser
from mapping.hubs.insight.shortlist import shortlist
from mapping.hubs.insight.tally import tally
from mapping.hubs.nearest.choice import Choice
from mapping.hubs.problem import problem

WITHIN = 3.0
GRADUAL = {"within": 1.0, "beyond": 5.0}


@st.composite
def drawn_worlds(draw):
    """A small world under a few draws: ties, missing routes, twin sites, nobody at home."""
    areas, sites = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    minute = st.one_of(st.integers(0, 6), st.just(math.nan))
    row = st.lists(minute, min_size=sites, max_size=sites)
    index, names = [f"a{i}" for i in range(areas)], [f"s{i}" for i in range(sites)]
    table = draw(st.lists(row, min_size=areas, max_size=areas))
    minutes = pd.DataFrame(table, index=index, columns=names, dtype=float)
    if sites > 1 and draw(st.booleans()):
        minutes["s1"] = minutes["s0"]
    count = draw(st.integers(1, 4))
    people = st.lists(st.integers(0, 9), min_size=count, max_size=count)
    draws = pd.DataFrame(
        draw(st.lists(people, min_size=areas, max_size=areas)), index=index, dtype=float
    )
    never = names[-1:] if sites > 2 and draw(st.booleans()) else []
    kept = names[:1] if draw(st.booleans()) else []
    size = draw(st.integers(max(1, len(kept)), sites - len(never)))
    return draws, minutes, {"hubs": size, "open": kept, "never": never}


QUESTIONS = [
    (hubs.maximal_coverage, {"within": WITHIN}),
    (hubs.p_median, {}),
    (hubs.gradual, GRADUAL),
]


def every_plan(minutes, chosen):
    for sites in itertools.combinations(minutes.columns, chosen["hubs"]):
        if set(chosen["open"]) <= set(sites) and not set(chosen["never"]) & set(sites):
            yield frozenset(sites)


def loss(question, draws, minutes, sites, never):
    """Loss of a plan in each draw, area by area, straight from the definition."""
    total = pd.Series(0.0, draws.columns)
    charge = 1000.0 * max(1.0, minutes.fillna(0.0).to_numpy().max())
    for area in draws.index:
        times = minutes.loc[area, sorted(sites)].dropna()
        if question is hubs.maximal_coverage:
            one = 0.0 if (times <= WITHIN).any() else 1.0
        elif question is hubs.gradual:
            gone = (times.min() - 1.0) / 4.0 if len(times) else 1.0
            one = min(1.0, max(0.0, gone))
        elif minutes.loc[area].drop(never).isna().all():
            one = 0.0
        else:
            one = times.min() if len(times) else charge
        total += one * draws.loc[area]
    return total


def key(sites):
    return " ".join(sorted(sites))


def all_losses(question, draws, minutes, chosen):
    return pd.DataFrame(
        {
            key(plan): loss(question, draws, minutes, plan, chosen["never"])
            for plan in every_plan(minutes, chosen)
        }
    ).T


def near(value):
    return pytest.approx(value, rel=1e-6, abs=1e-4)


@settings(deadline=None, max_examples=25)
@given(drawn_worlds(), st.sampled_from(QUESTIONS), st.integers(0, 99))
def test_every_figure_is_what_all_plans_under_all_draws_say(world, asked, seed):
    (draws, minutes, chosen), (question, options) = world, asked
    rng = np.random.default_rng(seed)
    table = minutes.loc[rng.permutation(minutes.index), rng.permutation(minutes.columns)]
    found = confidence(question, draws, table, **options, **chosen)
    lost = all_losses(question, draws, minutes, chosen)
    best = lost.min()
    assert found.draws["proven"].all()
    assert found.draws["complete"].all()

    ties = lost <= best + 1e-6 * np.maximum(1.0, best)
    fair = ties / ties.sum()
    for site, row in found.sites.iterrows():
        holds = fair[[site in plan.split() for plan in fair.index]].sum()
        assert row["share"] == near(holds.mean())
        if draws.shape[1] > 1:
            assert row["se"] == near(holds.std(ddof=1) / math.sqrt(draws.shape[1]))
    assert set(found.sites.index) == set(minutes.columns) - set(chosen["never"])

    regret = lost - best
    judged = key(found.recommended)
    assert found.draws["regret"].to_numpy() == near(regret.loc[judged].to_numpy())
    for _, row in found.plans.iterrows():
        mine = regret.loc[key(row["sites"])]
        assert row["expected_regret"] == near(mine.mean())
        assert row["worst_regret"] == near(mine.max())

    assert lost.loc[key(found.average)].mean() == near(lost.mean(axis=1).min())
    assert lost.loc[judged].mean() == near(lost.mean(axis=1).min())
    least = regret.max(axis=1).min()
    assert found.least_worst == near(least)
    assert found.least_worst_bound == near(least)
    assert regret.loc[key(found.least_regret)].max() == near(least)


@settings(deadline=None, max_examples=25)
@given(drawn_worlds(), st.sampled_from([0.0, 0.01, 0.2]))
def test_the_equals_are_all_plans_within_the_share_of_the_best(world, share):
    draws, minutes, chosen = world
    found = confidence(hubs.maximal_coverage, draws, minutes, within=WITHIN, equal=share, **chosen)
    mean = draws.mean(axis=1).sum() - all_losses(
        hubs.maximal_coverage, draws, minutes, chosen
    ).mean(axis=1)
    expected = {plan for plan, value in mean.items() if value >= (1 - share) * mean.max() - 1e-7}
    assert {key(sites) for sites in found.equals["sites"]} == expected


@settings(deadline=None, max_examples=15)
@given(drawn_worlds(), st.sampled_from(QUESTIONS), st.integers(0, 99))
def test_the_order_of_rows_and_columns_never_changes_a_figure(world, asked, seed):
    (draws, minutes, chosen), (question, options) = world, asked
    plan = question(draws.mean(axis=1), minutes, **options, **chosen)
    rng = np.random.default_rng(seed)
    one = confidence(question, draws, minutes, plan=plan, **options, **chosen)
    two = confidence(
        question,
        draws.loc[rng.permutation(draws.index), rng.permutation(draws.columns)],
        minutes.loc[rng.permutation(minutes.index), rng.permutation(minutes.columns)],
        plan=plan,
        **options,
        **chosen,
    )
    pd.testing.assert_frame_equal(one.sites, two.sites.loc[one.sites.index], atol=1e-9)
    assert one.draws["regret"].to_dict() == near(two.draws["regret"].to_dict())
    assert one.least_worst == near(two.least_worst)
    assert set(one.recommended) == set(two.recommended)
    assert {frozenset(s) for s in one.equals["sites"]} == {
        frozenset(s) for s in two.equals["sites"]
    }


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000))
def test_a_shortlist_holds_every_pick_under_the_limit_whatever_the_prices(seed):
    rng = np.random.default_rng(seed)
    sites, areas = rng.integers(1, 8), rng.integers(1, 6)
    pick = int(rng.integers(0, sites + 1))
    cost = rng.integers(0, 6, (sites, areas)).astype(float)
    choice = Choice.of(cost, rng.integers(0, 9, areas).astype(float), pick)
    limit = float(rng.integers(0, 15))
    found = shortlist(choice, rng.uniform(0, 8, areas), limit=limit)
    expected = [
        list(one)
        for one in itertools.combinations(range(sites), pick)
        if choice.value(np.array(one, dtype=int)) <= limit
    ]
    assert sorted(found.tolist()) == expected


def city(areas, sites, count, seed, spread=0.2):
    rng = np.random.default_rng(seed)
    here, there = rng.uniform(0, 10, (areas, 2)), rng.uniform(0, 10, (sites, 2))
    index, names = [f"X{i:03d}" for i in range(areas)], [f"V{j}" for j in range(sites)]
    table = 5 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    people = rng.integers(20, 400, areas)[:, None] * np.exp(rng.normal(0, spread, (areas, count)))
    return pd.DataFrame(people, index), pd.DataFrame(table, index, names)


@pytest.mark.parametrize(("question", "options"), QUESTIONS[:2])
def test_a_town_is_judged_as_by_every_one_of_its_plans(question, options):
    draws, minutes = city(40, 14, 12, seed=3)
    options = {"within": 12} if options else {}
    found = confidence(question, draws, minutes, hubs=4, **options)
    places = list(itertools.combinations(range(14), 4))
    table = minutes.to_numpy()
    loss_of = (table > 12).astype(float) if options else table
    lost = np.array([loss_of[:, list(one)].min(axis=1) @ draws.to_numpy() for one in places])
    regret = lost - lost.min(axis=0)
    assert found.least_worst == pytest.approx(regret.max(axis=1).min())
    assert found.least_worst_bound == pytest.approx(found.least_worst)
    assert found.draws["regret"].mean() == pytest.approx(regret[lost.mean(axis=1).argmin()].mean())
    ties = lost <= lost.min(axis=0) * (1 + 1e-9) + 1e-9
    fair = (ties / ties.sum(axis=0)).mean(axis=1)
    for place in range(14):
        share = sum(part for part, one in zip(fair, places, strict=True) if place in one)
        assert found.sites["share"].iloc[place] == pytest.approx(share)


def test_groups_and_districts_hold_for_every_plan_met():
    draws, minutes = city(30, 10, 8, seed=5)
    groups = pd.Series({"V0": "hall", "V1": "hall", "V2": "hall"})
    districts = pd.Series(dict.fromkeys(["V3", "V4"], "north"))
    found = confidence(
        hubs.p_median, draws, minutes, hubs=3, groups=groups, districts=districts, equal=0.1
    )
    assert len(found.plans) > 3
    for sites in found.plans["sites"]:
        assert len({"V0", "V1", "V2"} & set(sites)) <= 1
        assert {"V3", "V4"} & set(sites)
    assert found.draws["proven"].all()


def test_where_not_all_equals_can_be_listed_those_near_by_are_and_none_is_false():
    draws, minutes = city(40, 14, 3, seed=3)
    demand = draws.mean(axis=1)
    plan = hubs.p_median(demand, minutes, hubs=4)
    asked = problem(demand, minutes, hubs=4)
    counts = tally(asked, plan)
    met = [counts.columns(plan.sites)]
    every = equals(Optimiser(counts), asked.people, met, 0.05)
    some = equals(Optimiser(counts), asked.people, met, 0.05, effort=0)
    assert every.complete
    assert not some.complete
    assert 1 < len(some.plans) <= len(every.plans)
    assert set(some.plans) <= set(every.plans)


def test_a_plan_can_be_given_to_be_judged():
    draws, minutes = city(20, 8, 6, seed=1)
    other = hubs.p_median(pd.Series(1.0, draws.index), minutes, hubs=3, open=["V0"])
    found = confidence(hubs.p_median, draws, minutes, plan=other, hubs=3)
    assert found.recommended == other.sites
    paid = minutes[list(other.sites)].min(axis=1)
    assert found.draws["objective"].to_numpy() == pytest.approx((draws.mul(paid, axis=0)).sum())
    assert found.of(other.sites)["worst_regret"] == pytest.approx(found.draws["regret"].max())


def test_a_seeded_part_of_the_draws_is_taken_and_said():
    draws, minutes = city(20, 8, 30, seed=1)
    one, two, three = (
        confidence(hubs.p_median, draws, minutes, hubs=2, take=10, seed=seed) for seed in (1, 1, 2)
    )
    assert list(one.draws.index) == list(two.draws.index)
    assert list(one.draws.index) != list(three.draws.index)
    assert "Asked of 10 of 30 draws of the estimate, picked from seed 1." in one.caveats


def test_it_can_be_followed_and_stopped():
    draws, minutes = city(20, 8, 9, seed=1)
    heard = []
    found = confidence(
        hubs.p_median,
        draws,
        minutes,
        hubs=2,
        tell=lambda *seen: heard.append(seen),
        stop=lambda: len(heard) >= 4,
    )
    assert heard == [(1, 9), (2, 9), (3, 9), (4, 9)]
    assert len(found.draws) == 4
    assert "Asked of 4 of 9 draws of the estimate; stopped before the other 5." in found.caveats


def test_it_says_how_sure_each_site_is_and_what_the_draws_leave_out():
    index = ["A", "B", "C"]
    draws = pd.DataFrame([[50] * 10, [9] * 4 + [4] * 6, [5] * 10], index=index)
    minutes = pd.DataFrame(
        {"x": [1, 99, 99], "y": [99, 1, 99], "z": [99, 99, 1]}, index=index, dtype=float
    )
    found = confidence(hubs.maximal_coverage, draws, minutes, hubs=2, within=10)
    assert found.recommended == ("x", "y")  # 9 and 4 are 6 on average
    assert found.sites["word"].to_dict() == {"x": "firm", "y": "swing", "z": "swing"}
    said = found.sentences({"x": "Library A", "z": "St Mary's Hall"})
    assert said[0] == "Library A is in the best plan in 100% of draws."
    assert said[1] == "Not chosen: St Mary's Hall is in the best plan in 60% of draws."
    assert said[2] == "y is in the best plan in 40% of draws (a swing site)."
    assert said[3] == (
        "The recommended plan is the best in 40% of draws; it has under 5 people fewer than the "
        "best plan of each draw on average, and under 5 people fewer than it at worst."
    )
    assert any("leave out travel times" in sentence for sentence in said)


def test_kept_hubs_are_fixed_not_firm():
    draws, minutes = city(20, 6, 4, seed=2)
    found = confidence(hubs.p_median, draws, minutes, hubs=2, open=["V5"])
    assert found.sites.loc["V5", ["share", "word"]].tolist() == [1.0, "fixed"]


def test_draws_that_cannot_be_used_are_named_all_at_once():
    draws, minutes = city(5, 3, 2, seed=0)
    draws.loc["X001", 0], draws.loc["X002", 1] = math.nan, -4
    with pytest.raises(InvalidTableError) as caught:
        confidence(hubs.p_median, draws, minutes, hubs=1, take=0)
    for words in ("take is 0", "missing or infinite in 1 of 5 areas: X001", "below 0 in 1 of 5"):
        assert words in str(caught.value)


def test_a_question_that_does_not_add_up_over_areas_is_refused_in_words():
    draws, minutes = city(8, 4, 2, seed=0)
    with pytest.raises(InfeasibleError, match="ask about maximal coverage or p-median"):
        confidence(hubs.equitable, draws, minutes, hubs=1)
