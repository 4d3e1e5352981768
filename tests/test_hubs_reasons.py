"""Why here and not there: every figure against plans made anew by dropping, adding, swapping."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import hubs
from mapping.errors import InvalidTableError
from mapping.hubs.insight.reasons import reasons


@st.composite
def worlds(draw):
    areas, sites = draw(st.integers(1, 6)), draw(st.integers(2, 5))
    minute = st.one_of(st.integers(0, 6), st.just(math.nan))
    row = st.lists(minute, min_size=sites, max_size=sites)
    index, names = [f"a{i}" for i in range(areas)], [f"s{i}" for i in range(sites)]
    table = draw(st.lists(row, min_size=areas, max_size=areas))
    minutes = pd.DataFrame(table, index=index, columns=names, dtype=float)
    demand = pd.Series(
        draw(st.lists(st.integers(0, 9), min_size=areas, max_size=areas)), index, dtype=float
    )
    never = names[-1:] if sites > 2 and draw(st.booleans()) else []
    kept = names[:1] if draw(st.booleans()) else []
    size = draw(st.integers(max(1, len(kept)), sites - len(never)))
    return demand, minutes, {"hubs": size, "open": kept, "never": never}


def minutes_and_unrouted(demand, minutes, sites):
    """Minutes by area, infinite where no route."""
    if not sites:
        return pd.Series(math.inf, demand.index)
    return minutes[sorted(sites)].min(axis=1).fillna(math.inf).loc[demand.index]


def covered(demand, minutes, sites, within):
    return demand[minutes_and_unrouted(demand, minutes, sites) <= within].sum()


def shuffled(demand, minutes, seed):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(minutes.index)
    return demand[rng.permutation(demand.index)], minutes.loc[rows]


@settings(deadline=None, max_examples=25)
@given(worlds(), st.sampled_from([0.0, 2.0, 4.0]), st.integers(0, 99))
def test_reasons_for_coverage_are_what_plans_made_anew_say(world, within, seed):
    demand, minutes, chosen = world
    plan = hubs.maximal_coverage(demand, minutes, within=within, **chosen)
    why = reasons(plan, *shuffled(demand, minutes, seed), never=chosen["never"])
    here, free = set(plan.sites), set(minutes.columns) - set(chosen["never"])

    def reach(sites):
        return covered(demand, minutes, sites, within)

    now = reach(here)
    for site, row in why.chosen.iterrows():
        assert row["people"] == pytest.approx(now - reach(here - {site}))
        others = {other: now - reach(here - {site} | {other}) for other in free - here}
        if others:
            assert row["shortfall"] == pytest.approx(min(others.values()))
            assert others[row["second"]] == pytest.approx(min(others.values()))
        else:
            assert pd.isna(row["second"])
    assert set(why.rejected.index) == set(minutes.columns) - here
    for site, row in why.rejected.iterrows():
        assert row["added"] == pytest.approx(reach(here | {site}) - now)
        may_go = here - set(plan.kept)
        if site in free and may_go:
            rivals = {hub: now - reach(here - {hub} | {site}) for hub in may_go}
            assert row["difference"] == pytest.approx(min(rivals.values()))
            assert rivals[row["loses_to"]] == pytest.approx(min(rivals.values()))
            assert row["difference"] >= -1e-6
            assert row["ruled_out"] == ""
        else:
            assert pd.isna(row["loses_to"])
        assert (row["ruled_out"] == "ruled out") == (site in chosen["never"])


@settings(deadline=None, max_examples=25)
@given(worlds(), st.integers(0, 99))
def test_reasons_for_journeys_are_what_plans_made_anew_say(world, seed):
    demand, minutes, chosen = world
    plan = hubs.p_median(demand, minutes, **chosen)
    why = reasons(plan, *shuffled(demand, minutes, seed), never=chosen["never"])
    here = set(plan.sites)
    now = minutes_and_unrouted(demand, minutes, here)
    for site, row in why.chosen.iterrows():
        then = minutes_and_unrouted(demand, minutes, here - {site})
        longer = then > now
        stranded = np.isinf(then) & ~np.isinf(now)
        routed = ~np.isinf(then)
        assert row["people"] == pytest.approx(demand[longer].sum())
        assert row["unrouted"] == pytest.approx(demand[stranded].sum())
        assert row["minutes"] == pytest.approx((demand * (then - now))[routed].sum())
    for site, row in why.rejected.iterrows():
        then = minutes_and_unrouted(demand, minutes, here | {site})
        both = ~np.isinf(now)
        if site not in chosen["never"]:
            assert row["added"] == pytest.approx((demand * (now - then))[both].sum())
            assert row["added_routed"] == pytest.approx(demand[~both & ~np.isinf(then)].sum())
            if pd.notna(row["loses_to"]):
                swap = here - {row["loses_to"]} | {site}
                then = minutes_and_unrouted(demand, minutes, swap)
                routed = both & ~np.isinf(then)
                assert row["difference"] == pytest.approx((demand * (then - now))[routed].sum())


def town():
    index = ["A", "B", "C", "D"]
    demand = pd.Series([900, 340, 1_060, 5], index)
    minutes = pd.DataFrame(
        {
            "walton": [5, 5, 30, 30],
            "mary": [5, 30, 30, 5],
            "kirk": [30, 30, 5, 30],
            "hall": [30, 30, 5, 30],
        },
        index=index,
        dtype=float,
    )
    wards = pd.Series(["Walton", "Anfield", "Kirkdale", "Anfield"], index)
    return demand, minutes, wards


NAMES = {"walton": "Walton Library", "mary": "St Mary's Hall", "kirk": "Kirkdale Hub"}


def test_it_reads_as_a_planner_would_say_it():
    demand, minutes, wards = town()
    plan = hubs.maximal_coverage(demand, minutes, hubs=2, within=10, never=["hall"])
    why = reasons(plan, demand, minutes, wards=wards, never=["hall"])
    assert why.sentences(NAMES) == (
        "Walton Library: 1,200 people would be out of reach without it, most in Walton; the next "
        "best place, St Mary's Hall, would reach 340 fewer.",
        "Kirkdale Hub: 1,100 people would be out of reach without it, most in Kirkdale; the next "
        "best place, St Mary's Hall, would reach 1,100 fewer.",
        "St Mary's Hall, not chosen: one more hub there would reach 5 more; in place of Walton "
        "Library it would reach 340 fewer.",
    )


def test_wards_and_groups_add_up_to_the_people_meant():
    demand, minutes, wards = town()
    who = pd.DataFrame({"aged 75 and over": demand * 0.25, "others": demand * 0.75})
    for plan in (
        hubs.maximal_coverage(demand, minutes, hubs=2, within=10),
        hubs.p_median(demand, minutes, hubs=2),
    ):
        why = reasons(plan, demand, minutes, wards=wards.sample(frac=1, random_state=1), who=who)
        assert why.wards.groupby("site")["people"].sum().to_dict() == pytest.approx(
            why.chosen["people"].to_dict()
        )
        assert why.groups.sum(axis=1).to_dict() == pytest.approx(why.chosen["people"].to_dict())
        assert why.groups["others"].to_dict() == pytest.approx(
            (0.75 * why.chosen["people"]).to_dict()
        )


def test_a_site_whose_group_has_a_hub_is_said_to_be_barred_but_may_take_its_place():
    demand, minutes, _ = town()
    groups = pd.Series({"kirk": "precinct", "hall": "precinct"})
    plan = hubs.p_median(demand, minutes, hubs=2, groups=groups)
    why = reasons(plan, demand, minutes, groups=groups)
    barred = why.rejected.loc["hall"]
    assert barred["ruled_out"] == "of its group another hub is open"
    assert (barred["loses_to"], barred["difference"]) == ("kirk", 0.0)


def test_reasons_for_gradual_coverage_speak_of_who_would_stay_away():
    demand, minutes, wards = town()
    shape = {"within": 5.0, "beyond": 55.0}
    plan = hubs.gradual(demand, minutes, hubs=2, **shape)
    why = reasons(plan, demand, minutes, wards=wards, beyond=55.0)
    # From 5 to 30 of 55 minutes: half of those of A and B would stay away.
    assert why.chosen.loc["walton", "people"] == pytest.approx((900 + 340) / 2)
    assert "620 people would stay away without it" in why.sentences(NAMES)[0]


def test_tables_that_miss_areas_or_sites_are_named_all_at_once():
    demand, minutes, wards = town()
    plan = hubs.maximal_coverage(demand, minutes, hubs=2, within=10)
    with pytest.raises(InvalidTableError) as caught:
        reasons(plan, demand, minutes.drop(columns="walton"), wards=wards.drop("A"))
    assert "minutes has no column for walton" in str(caught.value)
    assert "wards: 1 of 4 areas with demand have no row: A" in str(caught.value)


def test_the_curve_of_journeys_falls_and_that_of_coverage_rises_with_hubs_each_row_proven():
    rng = np.random.default_rng(4)
    index = [f"a{i}" for i in range(30)]
    demand = pd.Series(rng.integers(1, 50, 30), index)
    minutes = pd.DataFrame(rng.uniform(0, 30, (30, 8)), index, [f"s{j}" for j in range(8)])
    journeys = hubs.marginal(demand, minutes, upto=6, open=["s2"])
    reached = hubs.marginal(demand, minutes, upto=6, open=["s2"], within=8)
    assert list(journeys.index) == list(reached.index) == list(range(7))
    assert (journeys["added"].dropna() >= -1e-6).all()
    assert (reached["added"].dropna() >= -1e-6).all()
    assert (journeys["status"] == "optimal").all()
    for new, row in journeys.iterrows():
        plan = hubs.p_median(demand, minutes, hubs=new + 1, open=["s2"])
        assert row["minutes"] == pytest.approx(plan.objective)


def test_a_bigger_budget_never_covers_fewer_and_is_never_passed():
    rng = np.random.default_rng(4)
    index, names = [f"a{i}" for i in range(30)], [f"s{j}" for j in range(8)]
    demand = pd.Series(rng.integers(1, 50, 30), index)
    minutes = pd.DataFrame(rng.uniform(0, 30, (30, 8)), index, names)
    cost = pd.Series(rng.integers(5, 20, 8) * 1_000, names)
    curve = hubs.by_budget(demand, minutes, cost=cost, budgets=[40_000, 10_000, 20_000], within=8)
    assert list(curve.index) == [10_000, 20_000, 40_000]
    assert (curve["added"].dropna() >= 0).all()
    for budget, row in curve.iterrows():
        assert row["cost"] == cost[list(row["sites"])].sum() <= budget
        assert row["each"] == pytest.approx(row["cost"] / row["people"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10, 18, 19, 19.5, 20], 2),
        ([100, 40, 20, 15, 12], 2),
        ([1, 2, 3], None),
        ([5, 5, 5], None),
        ([1, 2], None),
    ],
)
def test_the_knee_is_where_the_curve_bends_most_rising_or_falling(values, expected):
    curve = pd.Series(values, range(1, len(values) + 1), dtype=float)
    assert hubs.knee(curve.sample(frac=1, random_state=3)) == expected
