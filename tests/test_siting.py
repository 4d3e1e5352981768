"""Hubs of a scenario: every question, its conditions, its reasons, and how sure it is."""

import re
from dataclasses import replace
from itertools import chain, combinations
from math import exp, log

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from mapping import figures
from mapping.errors import InfeasibleError, InvalidScenarioError
from mapping.hubs.insight.confidence import LEFT_OUT
from mapping.report import board, siting
from mapping.scenario import COUNTED, EXPLAINED, QUESTIONS, Scenario, compare, frontier, weigh
from mapping.scenario.fairness import fair_minutes, kappa
from mapping.scenario.siting import buildings, ward_of

ASKED = Scenario("Asked", "demo", new_hubs=2, bus_days=0, budget=17e3, share=0.15, beyond=25.0)


@pytest.fixture(scope="module")
def small(place):
    """The demo city with two hubs, nine sites and twelve draws: few enough to try all plans."""
    open_ = place.sites.index[place.sites["counts"]][:2]
    other = place.sites.index[~place.sites["open"]][::13][:9]
    draws = place.exclusion.draws.iloc[:, :12]
    return replace(
        place,
        sites=place.sites.loc[[*open_, *other]],
        exclusion=replace(place.exclusion, draws=draws),
    )


def plans(place, scenario):
    """Every choice of new hubs beside those open now."""
    free = list(place.sites.index[~place.sites["open"]])
    sizes = [2] if scenario.question not in ("budgeted", "set_cover") else range(len(free) + 1)
    kept = list(place.sites.index[place.sites["counts"]])
    return [[*kept, *new] for new in chain(*(combinations(free, size) for size in sizes))]


def worth(place, scenario, sites, people):
    """What a plan comes to, the more the better; minus infinity where it may not be."""
    walk = place.walk.minutes[sites].min(axis=1).loc[people.index]
    reached = people[walk <= scenario.within].sum()
    cost = place.sites.loc[sites, "cost"][~place.sites.loc[sites, "open"]].sum()
    inequality = kappa(place)
    fall = (scenario.beyond - walk) / (scenario.beyond - scenario.within)
    return {
        "maximal_coverage": reached,
        "budgeted": reached if cost <= scenario.budget else -np.inf,
        "gradual": (people * fall.clip(0, 1)).sum(),
        "set_cover": -len(sites) if reached >= scenario.share * people.sum() else -np.inf,
        "p_median": -(people * walk).sum(),
        "p_centre": -walk[people > 0].max(),
        "equitable": -log((people * np.exp(-inequality * walk)).sum() / people.sum()) / -inequality,
    }[scenario.question]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_other_plan_answers_the_question_better(small, question):
    scenario = replace(ASKED, question=question)
    people = small.exclusion.people
    best = max(worth(small, scenario, sites, people) for sites in plans(small, scenario))
    found = weigh(scenario, small)
    assert worth(small, scenario, list(found.hub_plan.sites), people) == pytest.approx(best)
    assert found.hub_plan.status == "optimal"


@pytest.mark.parametrize("question", EXPLAINED)
def test_shares_of_draws_are_those_of_asking_every_draw_by_hand(small, question):
    scenario = replace(ASKED, question=question, draws=12)
    estimate = small.exclusion
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    choices = plans(small, scenario)
    scores = np.array([[worth(small, scenario, one, people[d]) for d in people] for one in choices])
    best = np.isclose(scores, scores.max(axis=0), rtol=1e-12)
    chance = best / best.sum(axis=0)
    shares = weigh(scenario, small).confidence.sites["share"]
    for site in small.sites.index[~small.sites["open"]]:
        holds = np.array([site in one for one in choices])
        assert shares[site] == pytest.approx(chance[holds].sum(axis=0).mean())


def test_questions_that_cannot_be_asked_of_draws_say_so(small):
    outcome = weigh(replace(ASKED, question="p_centre", draws=10), small)
    assert outcome.confidence is None
    assert any("cannot be asked draw by draw" in caveat for caveat in outcome.caveats)


def test_hubs_open_now_may_close_where_others_serve_better(small):
    stay = weigh(ASKED, small)
    move = weigh(replace(ASKED, may_close=True), small)
    assert not stay.closed_hubs
    assert set(move.closed_hubs) == set(stay.now) - set(move.hub_plan.sites)
    assert len(move.hub_plan.sites) == len(stay.hub_plan.sites)
    reach, now = move.measures["value"]["reach"], move.measures["value"]["reach_now"]
    assert reach >= stay.measures["value"]["reach"]
    gained, lost = move.measures["value"][["gained", "lost"]]
    assert reach == pytest.approx(now + gained - lost)


def test_a_ward_that_must_have_a_hub_has_one(place):
    free = weigh(replace(ASKED, new_hubs=3), place)
    wards = ward_of(place)
    served = set(wards.reindex(free.hub_plan.sites))
    empty = sorted(set(wards[~place.sites["open"]]) - served)[:2]
    bound = weigh(replace(ASKED, new_hubs=3, in_wards=tuple(empty)), place)
    assert set(empty) <= set(wards.reindex(bound.hub_plan.sites))


def test_a_site_lies_in_the_ward_whose_outline_holds_its_point(place):
    wards = ward_of(place)
    for site, ward in wards.items():
        assert place.wards.geometry[ward].intersects(place.sites.geometry[site])
    shuffled = replace(place, wards=place.wards.sample(frac=1, random_state=1))
    pd.testing.assert_series_equal(ward_of(shuffled), wards)


def test_one_building_has_one_hub(small):
    best = weigh(ASKED, small).new_hubs
    sites = small.sites.assign(building=None)
    sites.loc[list(best), "building"] = "Town Hall"
    bound = weigh(replace(ASKED, one_per_building=True), replace(small, sites=sites))
    assert len(set(best) & set(bound.new_hubs)) <= 1


def test_sites_at_one_point_are_one_building_and_hubs_there_already_stay():
    points = gpd.points_from_xy([0, 0, 0, 5], [0, 0, 0, 5], crs=27700)
    sites = gpd.GeoDataFrame(geometry=points, index=["a", "b", "c", "d"])
    assert list(buildings(sites, ()).index) == ["a", "b", "c"]
    assert list(buildings(sites, ("a", "b")).index) == ["a", "c"]


def test_only_people_with_a_place_count_where_places_limit(small):
    outcome = weigh(replace(ASKED, capacity=True), small)
    stated = small.sites.loc[list(outcome.hub_plan.sites), "capacity"].sum()
    assert outcome.hub_plan.objective <= stated + 1e-6
    assert outcome.reasons is None
    assert any("places in a week" in caveat for caveat in outcome.caveats)
    assert "place in the same week" in siting.aim_met(outcome, small)
    assert siting.aim_met(outcome, small).endswith("an assumption, not an estimate.")


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"in_wards": ("W1",)}, "has no ward W1"),
        ({"question": "budgeted", "must_open": ("unpriced",)}, "unpriced states no cost"),
        ({"capacity": True}, "sites state no weekly places"),
    ],
)
def test_what_the_place_cannot_meet_is_refused_in_a_sentence(small, choices, said):
    sites = small.sites.rename(index={small.sites.index[-1]: "unpriced"})
    sites.loc["unpriced", ["cost", "capacity"]] = np.nan
    minutes = small.walk.minutes.rename(columns={small.sites.index[-1]: "unpriced"})
    poor = replace(small, sites=sites, walk=replace(small.walk, minutes=minutes))
    with pytest.raises(InvalidScenarioError, match=said):
        weigh(replace(ASKED, **choices), poor)
    unasked = weigh(replace(ASKED, question="budgeted"), poor)
    assert "unpriced" not in unasked.new_hubs
    assert any("state no cost a year and were left out" in line for line in unasked.caveats)


def test_a_budget_that_buys_nothing_leaves_things_as_they_are(small):
    outcome = weigh(replace(ASKED, question="budgeted", budget=1.0), small)
    assert outcome.new_hubs == ()
    assert outcome.measures.loc["gained", "value"] == 0


def test_too_large_a_share_is_refused_with_what_can_be_reached(small):
    with pytest.raises(InfeasibleError):
        weigh(replace(ASKED, question="set_cover", share=1.0), small)


def test_the_fair_walk_is_the_textbook_s_and_one_inequality_serves_all_scenarios(small):
    people = pd.DataFrame({0: [50.0, 30, 20], 1: [1.0, 0, 9]}, index=["A", "B", "C"])
    walks = pd.Series({"A": 4.0, "B": np.nan, "C": 30.0})
    found = fair_minutes(people, walks, -0.05)
    for draw in people:
        weights = people.loc[["A", "C"], draw]
        mean = (weights["A"] * exp(0.05 * 4) + weights["C"] * exp(0.05 * 30)) / weights.sum()
        assert found[draw] == pytest.approx(log(mean) / 0.05)
    outcomes = [weigh(replace(ASKED, name=q, question=q), small) for q in QUESTIONS]
    assert len({outcome.kappa for outcome in outcomes}) == 1
    for outcome in outcomes:
        values = outcome.measures["value"]
        assert values["minutes"] <= values["fair_minutes"] <= values["longest"]
    table = compare(outcomes).set_index(["measure", "scenario"])["value"]["fair_minutes"]
    assert table["equitable"] == min(table[name] for name in COUNTED)  # as many hubs in each


def test_a_place_without_hubs_has_an_inequality_too(place):
    none = replace(place, sites=place.sites[~place.sites["open"]])
    assert kappa(none) < 0
    assert weigh(ASKED, none).kappa == kappa(none)


def test_work_that_is_stopped_keeps_what_was_found(place):
    outcome = weigh(replace(ASKED, draws=50), place, stop=lambda: True)
    assert len(outcome.hub_plan.sites) == len(outcome.now) + 2
    assert 1 <= len(outcome.confidence.draws) < 50
    said = siting.how_sure(outcome.confidence, place)
    assert any("stopped" in line for line in said)
    assert siting.SO_FEW in said


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_site_is_told_why_it_is_in_the_plan_or_not(place, question):
    outcome = weigh(replace(ASKED, question=question), place)
    names = siting.site_names(place)
    for site in place.sites.index:
        said = siting.why(outcome, place, site)
        assert names[site] in said
        assert "nan" not in said.lower().replace(names[site].lower(), "")
    assert len(siting.hub_table(outcome, place)) == len(outcome.new_hubs)


def test_what_a_hub_alone_brings_is_counted_by_hand(small):
    for question in ("maximal_coverage", "budgeted"):
        outcome = weigh(replace(ASKED, question=question), small)
        table = siting._brings(outcome)
        for site in outcome.new_hubs:
            others = [one for one in outcome.hub_plan.sites if one != site]
            near = small.walk.minutes[[site]].le(15).any(axis=1)
            alone = near & ~small.walk.minutes[others].le(15).any(axis=1)
            people = small.exclusion.people
            assert table[site] == pytest.approx(people[alone.reindex(people.index)].sum())


def test_who_gains_adds_up_over_the_groups_of_a_kind(place):
    outcome = weigh(ASKED, place)
    table = siting.who_gains(outcome, place)
    assert len(table) == place.groups.shape[1]
    assert set(table["By"]) == {"Age", "Home", "Disability"}
    by_kind = place.groups[outcome.areas["hub"].reindex(place.groups.index)].sum()
    reach = outcome.measures.loc["reach", "value"]
    for kind in place.groups.columns.unique(level=0):
        assert by_kind[kind].sum() == pytest.approx(reach, rel=1e-6)


def test_a_site_is_found_by_id_or_by_name_and_never_guessed(place):
    site = place.sites.index[-1]
    assert siting.site_called(site, place) == site
    assert siting.site_called(str(place.sites.loc[site, "name"]).upper(), place) == site
    with pytest.raises(InvalidScenarioError, match="has no site Nowhere"):
        siting.site_called("Nowhere", place)
    twins = replace(place, sites=place.sites.assign(name="Hall"))
    with pytest.raises(InvalidScenarioError, match="Several sites are called Hall"):
        siting.site_called("Hall", twins)


def test_every_share_of_draws_stands_beside_what_the_draws_leave_out(place):
    outcome = weigh(replace(ASKED, draws=20), place)
    assert LEFT_OUT in siting.how_sure(outcome.confidence, place)[0]
    assert LEFT_OUT in siting.table_note(outcome)
    shares = siting.hub_table(outcome, place)["In the best plan"]
    assert shares.str.contains("draws").all()
    said = " ".join(siting.section(outcome, place))
    assert "%" not in said or LEFT_OUT in said
    assert LEFT_OUT not in siting.table_note(weigh(ASKED, place))


def test_a_board_paper_says_why_and_how_sure(place, tmp_path):
    outcome = weigh(replace(ASKED, draws=20), place)
    page = board.write_board_map([outcome], place, tmp_path / "board.html").read_text()
    assert "Why these places, and how sure" in page
    assert "Next best place" in page
    assert "Who gains and who loses" in page


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_curve_passes_through_the_plan_and_never_turns_back(small, question):
    scenario = replace(ASKED, question=question)
    found = frontier(scenario, small)
    if question == "set_cover":
        assert found is None
        return
    value = found.curve["value"]
    sign = -1 if question in ("p_median", "p_centre", "equitable") else 1
    assert (sign * value).diff().dropna().ge(-1e-6).all()
    if found.at in value.index:
        objective = weigh(scenario, small).hub_plan.objective
        if question == "p_median":
            objective /= small.exclusion.people.sum()
        assert value[found.at] == pytest.approx(objective, rel=2e-3)
    said = siting.more(found)
    assert "nan" not in said
    if found.knee is not None:  # which depends on the range, so that the range is named
        ends = "and".join(rf" £?{size:,.0f} " for size in (value.index[0], value.index[-1]))
        assert re.search(rf"Between{ends}.*, more stops bringing much more at", said)
    assert len(siting.curve_table(found)) == len(value)


def test_a_curve_is_drawn_and_told(small):
    found = frontier(ASKED, small)
    options = {"by": found.by, "counts": found.counts, "at": found.at, "knee": found.knee}
    drawn = figures.frontier(found.curve["value"], title="More", **options)
    texts = [text.get_text() for text in drawn.axes[0].texts]
    assert any("this plan" in text for text in texts)
    said = figures.frontier_words(found.curve["value"], **options)
    assert "2 new hubs" in said
    assert "1 new hubs" not in said


def test_a_curve_that_is_stopped_is_shorter(small):
    done = []
    found = frontier(ASKED, small, tell=lambda n, _: done.append(n), stop=lambda: len(done) >= 3)
    assert len(found.curve) == 3
