"""Futures side by side: measures, groups, areas that change hands, and curves with proof."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InvalidScenarioError
from mapping.report import futures
from mapping.scenario import (
    MEASURES,
    Scenario,
    by_group,
    changed_hands,
    compare,
    frontier,
    more_likely,
    sweep,
    weigh,
)
from mapping.scenario.attendance import rates
from mapping.scenario.measures import least_served

FIVE = Scenario(name="Five", study="demo", bus_days=0)


@pytest.fixture(scope="module")
def outcomes(place):
    asked = (FIVE, replace(FIVE, name="Nothing", new_hubs=0), replace(FIVE, name="Two", new_hubs=2))
    return [weigh(scenario, place) for scenario in asked]


# ------------------------------------------------------------------------------------- measures


def test_attenders_are_those_within_reach_times_the_rate_draw_by_draw(outcomes):
    five = outcomes[0]
    come = rates(FIVE, five.draws.shape[1])
    np.testing.assert_allclose(five.draws.loc["attenders"], five.draws.loc["reach"] * come)
    row = five.measures.loc["attenders"]
    assert row["low"] < row["value"] < row["high"]
    # As printed: 5% of those within reach, although the shares drawn average more.
    assert row["value"] == pytest.approx(0.05 * five.measures.loc["reach", "value"])
    assert row["value"] < five.draws.loc["attenders"].mean()
    assert row["value"] < five.measures.loc["reach", "low"], "far fewer come than live near"


def test_expected_attenders_follow_the_assumption_and_the_assumption_is_told(place):
    more = weigh(replace(FIVE, attendance=0.1, attendance_high=0.2), place)
    less = weigh(FIVE, place)
    ratio = more.measures["value"]["attenders"] / less.measures["value"]["attenders"]
    assert 1.8 < ratio < 2.2
    assert any("assumption and no estimate: 5 in 100" in caveat for caveat in less.caveats)


def test_what_a_measure_is_called_stands_by_itself(outcomes):
    labels = [label for _, label in MEASURES.values()]
    assert len(set(labels)) == len(labels)
    for label in labels:
        assert not re.match(r"(Of |Their |The same)", label)
    assert set(outcomes[0].measures["label"]) <= set(labels)


def test_pounds_for_each_divide_as_printed(outcomes):
    values = outcomes[0].measures["value"]
    assert values["cost_each"] == pytest.approx(values["cost"] / values["gained"])
    assert values["attender_cost"] == pytest.approx(values["cost"] / values["new_attenders"])
    assert values["attender_cost"] > values["cost_each"]


def test_backup_counts_those_near_two_hubs(outcomes, place):
    near = place.walk.minutes[list(outcomes[0].hub_plan.sites)] <= 15
    twice = near.sum(axis=1) > 1
    by_hand = place.exclusion.people[twice[twice].index].sum()
    assert outcomes[0].measures.loc["backup", "value"] == pytest.approx(by_hand)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 90)), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_least_served_tenth_is_that_of_a_list_of_people(areas, order):
    people = [count for count, _ in areas]
    walks = [float(minutes) for _, minutes in areas]
    everyone = sorted(
        (walk for walk, count in zip(walks, people, strict=True) for _ in range(10 * count)),
        reverse=True,
    )
    mixed = list(range(len(areas)))
    order.shuffle(mixed)
    found = least_served(pd.DataFrame({"draw": people}, dtype=float).iloc[mixed], pd.Series(walks))
    if not everyone:
        assert found.isna().all()
    else:
        tenth = everyone[: len(everyone) // 10]
        assert found["draw"] == pytest.approx(np.mean(tenth))


def test_one_aversion_serves_all_scenarios_of_a_place(outcomes):
    assert len({outcome.kappa for outcome in outcomes}) == 1


# ------------------------------------------------------------------------------- side by side


def test_any_number_of_scenarios_stand_side_by_side(outcomes):
    table = compare(outcomes).set_index(["measure", "scenario"])
    assert set(table.index.get_level_values("scenario")) == {"Five", "Nothing", "Two"}
    assert table.loc[("reach", "Two"), "difference"] < 0
    assert table.loc[("attenders", "Two"), "difference_high"] <= 0


def test_the_probability_of_more_is_counted_in_joint_draws(outcomes):
    chance = more_likely(outcomes)
    assert chance.loc["Five", "Nothing"] == 1
    assert chance.loc["Nothing", "Five"] == 0
    assert np.isnan(chance.loc["Two", "Two"])
    for one, other in combinations(chance.index, 2):
        assert chance.loc[one, other] + chance.loc[other, one] == pytest.approx(1)
    with pytest.raises(InvalidScenarioError, match="cost: not drawn for Five"):
        more_likely(outcomes, "cost")


def test_groups_of_one_kind_add_up_to_the_people_within_reach(outcomes, place):
    groups = by_group(outcomes, place)
    reach = {outcome.scenario.name: outcome.measures.loc["reach"] for outcome in outcomes}
    for (kind, name), part in groups.groupby([groups.index.get_level_values(0), "scenario"]):
        assert part["value"].sum() == pytest.approx(reach[name]["value"], rel=1e-6), kind
        assert (part["value"] <= part["total"] + 1e-9).all()
        assert part["low"].le(part["value"]).all()


def test_groups_are_set_against_the_first_scenario(outcomes, place):
    groups = by_group(outcomes, place).reset_index().set_index("scenario")
    assert groups.loc["Five", "difference"].isna().all()
    assert (groups.loc["Nothing", "difference"] <= 0).all()
    assert (groups.loc["Nothing", "more_likely"] <= 0.5).all()
    assert {"age", "tenure", "disability", "deprivation"} == set(groups["kind"])


def test_areas_change_hands_where_their_nearest_hub_is_another(outcomes, place):
    five, nothing, _ = outcomes
    moved = changed_hands(nothing, five, place)
    new = set(five.new_hubs)
    assert len(moved)
    assert set(moved["after"]) <= new, "hubs open now stay, so that areas move to new ones only"
    assert (moved["minutes_after"] < moved["minutes_before"]).all()
    stayed = place.walk.minutes.index.difference(moved.index)
    sites = list(five.hub_plan.sites)
    assert set(place.walk.minutes.loc[stayed, sites].idxmin(axis=1)).isdisjoint(new)
    assert changed_hands(five, five, place).empty
    # Without any hub nothing is “another nearest hub”, nor further away.
    none = replace(nothing, hub_plan=None)
    there, back = futures.hands_told(five, none, place), futures.hands_told(none, five, place)
    assert there == "In “Nothing” no hub is opened or known to be open now."
    assert "have a hub to go to; in “Nothing” no hub is opened" in back
    assert "further away" not in there + back
    # Who had no way to a hub and gets one goes no further for it.
    cut = five.hub_plan.minutes.where(~five.hub_plan.minutes.index.isin(moved.index))
    allocated = five.hub_plan.allocation.where(cut.notna())
    unrouted = replace(five, hub_plan=replace(five.hub_plan, minutes=cut, allocation=allocated))
    assert "further away" not in futures.hands_told(unrouted, five, place)
    nobody = five.measures.copy()
    nobody.loc["attenders", "value"] = 0.0
    told = futures.attenders_told(replace(five, measures=nobody))
    assert told.startswith("In “Five” nobody is within reach")


# -------------------------------------------------------------------------------------- sweeps


def test_every_point_of_a_sweep_is_proven_and_no_curve_falls(place):
    swept = sweep(FIVE, place, "new_hubs", range(1, 9))
    assert swept.proven == len(swept.curve) == 8
    assert (swept.curve["added"].dropna() >= 0).all()
    five = weigh(FIVE, place).measures["value"]["reach"]
    assert swept.curve.loc[5, "value"] == pytest.approx(five)
    near = frontier(FIVE, place)
    both = near.curve.index.intersection(swept.curve.index)
    assert (near.curve.loc[both, "value"] <= swept.curve.loc[both, "value"] + 1e-6).all()


def test_standards_and_budgets_are_swept_too(place):
    walks = sweep(FIVE, place, "within", (5, 15, 30))
    assert walks.curve["value"].is_monotonic_increasing
    assert walks.knee is None
    pounds = sweep(FIVE, place, "budget", (0, 30_000, 60_000, 90_000))
    assert pounds.curve.index.name == "budget"
    assert pounds.curve.loc[0, "value"] == pytest.approx(
        weigh(FIVE, place).measures["value"]["reach_now"]
    )
    assert pounds.proven == 4


def test_a_sweep_leaves_out_what_cannot_be_planned_and_refuses_what_makes_no_difference(place):
    sites = place.sites.index[~place.sites["open"]]
    named = replace(FIVE, must_open=tuple(sites[:2]))
    swept = sweep(named, place, "new_hubs", (1, 2, 3, len(sites) + 1))
    assert list(swept.curve.index) == [2, 3]
    with pytest.raises(InvalidScenarioError, match="'seed' cannot be swept"):
        sweep(FIVE, place, "seed")
    with pytest.raises(InvalidScenarioError, match="within makes no difference"):
        sweep(replace(FIVE, question="p_median"), place, "within")


def test_a_sweep_tells_how_far_it_is_and_can_be_stopped(place):
    told = []
    sweep(FIVE, place, "new_hubs", (1, 2, 3), tell=lambda done, all_: told.append((done, all_)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert sweep(FIVE, place, "new_hubs", (1, 2, 3), stop=lambda: True) is None


# ------------------------------------------------------------------------------ order of rows


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000), question=st.sampled_from(["maximal_coverage", "p_median"]))
def test_the_order_of_rows_areas_and_sites_never_matters(place, seed, question):
    def mixed(table):
        return table.sample(frac=1, random_state=seed)

    def both(times):
        return replace(times, minutes=mixed(mixed(times.minutes).T).T)

    estimate = place.exclusion
    shuffled = replace(
        place,
        lsoas=mixed(place.lsoas),
        wards=mixed(place.wards),
        sites=mixed(place.sites),
        walk=both(place.walk),
        groups=mixed(place.groups),
        exclusion=replace(estimate, draws=mixed(estimate.draws), adults=mixed(estimate.adults)),
    )
    asked = [replace(FIVE, question=question), replace(FIVE, name="Two", new_hubs=2)]
    ordered, other = ([weigh(scenario, where) for scenario in asked] for where in (place, shuffled))
    for one, two in zip(ordered, other, strict=True):
        assert one.new_hubs == two.new_hubs
        pd.testing.assert_frame_equal(one.measures, two.measures)
        pd.testing.assert_frame_equal(one.areas.sort_index(), two.areas.sort_index())
    pd.testing.assert_frame_equal(compare(ordered), compare(other))
    pd.testing.assert_frame_equal(
        changed_hands(*ordered, place).sort_index(), changed_hands(*other, shuffled).sort_index()
    )
    pd.testing.assert_frame_equal(by_group(ordered, place), by_group(other, shuffled))
