"""Rival pictures of need, swing weights, people to run it, and predictions against the truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import demo, exclusion, figures
from mapping.errors import InvalidScenarioError
from mapping.needs import to_wards
from mapping.pipeline.believing import believed_of, patterns
from mapping.pipeline.surveying import COVARIATES, _known
from mapping.report import board, crews, futures
from mapping.report.comparison import Comparison
from mapping.scenario import (
    Crew,
    Scenario,
    best_by_belief,
    regret,
    staffing,
    sweep,
    swing,
    weigh,
)
from mapping.scenario.weights import flips

FIVE = Scenario(name="Five", study="demo", bus_days=0)


@pytest.fixture(scope="module")
def outcomes(place):
    walks = replace(FIVE, name="Short walks", question="p_median")
    asked = (FIVE, replace(FIVE, name="Two", new_hubs=2), walks)
    return [weigh(scenario, place) for scenario in asked]


# ------------------------------------------------------------------------------------- beliefs


def test_a_built_study_holds_rival_pictures_its_own_first(place):
    assert next(iter(place.beliefs)) == "survey"
    assert set(place.beliefs) == {"survey", "published_rates", "risk_index", "social_renting"}
    own = place.beliefs["survey"].people.mean(axis=1)
    pd.testing.assert_series_equal(own, place.exclusion.people, check_names=False)
    totals = place.beliefs["survey"].people.sum()
    for belief in place.beliefs.values():
        assert (belief.people.fillna(0) >= 0).all(axis=None)
        if belief.pattern:
            pd.testing.assert_series_equal(belief.people.sum(), totals, check_names=False)


def test_an_index_like_deri_follows_age_and_skills_and_scores_within_its_scale(place):
    shares = patterns(place.lsoas)
    score = shares["risk_index"] / place.lsoas["adults"]
    assert score.between(0, 10).all()
    older = place.lsoas["age_75_84"] / place.lsoas["adults"]
    assert score.corr(older + place.lsoas["adult_skills_rate"], method="spearman") > 0.4
    assert shares["social_renting"].equals(place.lsoas["social_rented"].rename("social_renting"))


def test_a_study_built_before_there_were_rivals_has_its_own_picture_only(place):
    found = believed_of(None, place.exclusion, place.lsoas["adults"], own="survey")
    assert list(found) == ["survey"]


def test_regret_is_the_shortfall_from_the_best_counted_by_hand(outcomes, place):
    found = regret(outcomes, place)
    for picture, belief in place.beliefs.items():
        reached = {}
        for outcome in outcomes:
            near = outcome.areas["hub"] | outcome.areas["bus"]
            reached[outcome.scenario.name] = belief.people[near.reindex(belief.people.index)].sum()
        drawn = pd.DataFrame(reached)
        means = drawn.mean()
        np.testing.assert_allclose(found.reached[picture], means)
        np.testing.assert_allclose(found.share[picture], 1 - means / means.max(), atol=1e-12)
        lost = drawn.max(axis=1).to_numpy()[:, None] - drawn.to_numpy()
        np.testing.assert_allclose(found.regret[picture], lost.mean(axis=0), atol=1e-6)
        assert found.first[picture].sum() == pytest.approx(1)


def test_the_steadiest_option_has_the_least_largest_shortfall(outcomes, place):
    found = regret(outcomes, place)
    worst = found.share.max(axis=1)
    assert worst[found.steadiest] == worst.min()
    assert set(found.never_bad) == set(worst.index[worst <= 0.05])


def test_what_an_option_depends_on_is_found_by_leaving_pictures_out():
    share = pd.DataFrame(
        {"a": [0.0, 0.10, 0.04], "b": [0.20, 0.0, 0.05]}, index=["by a", "by b", "between"]
    )
    blank = share * 0
    labels = {"a": "picture a", "b": "picture b"}
    found = futures.RegretTable(blank, blank, blank, share, blank, labels)
    assert found.steadiest == "between"
    assert found.never_bad == ("between",)
    table = found.dependence
    assert table.loc["by a", "depends_on"] == ("a",)
    assert table.loc["by a", "hardest"] == "b"
    assert table.loc["between", "best_under"] == ()
    assert table.loc["between", "depends_on"] == ("a", "b"), "either alone would choose another"
    said = futures.regret_told(found)
    assert said[0].startswith("“between” is never bad")
    assert "at most 5% fewer" in said[0]
    assert "“by a” is the best only if one goes by picture a" in said[1]


def test_each_picture_has_a_plan_that_nobody_beats_under_it(place):
    options = best_by_belief(FIVE, place)
    found = regret(options, place)
    assert (found.share.min() == 0).all()
    others = [weigh(FIVE, place), *options]
    beside = regret(others, place)
    for picture in place.beliefs:
        best = beside.reached[picture]
        assert best["Five"] <= best.drop("Five").max() + 1e-6


def test_scenarios_of_two_standards_are_not_scored_together(outcomes, place):
    wider = weigh(replace(FIVE, name="Wider", within=20.0), place)
    with pytest.raises(InvalidScenarioError, match="one standard"):
        regret([outcomes[0], wider], place)
    assert regret(outcomes, place).counts == "within reach of a hub"
    # A bus counts beside hubs: that is said, and its standard has to be one too.
    riding = replace(outcomes[0], bus_plan=object())
    scored = regret([riding, outcomes[1]], place)
    assert "of a hub or a bus stop" in futures.regret_caption(scored)
    assert "of a hub or a bus stop" in futures.regret_told(scored)[0]
    further = replace(riding, scenario=replace(FIVE, name="Further", bus_walk=20.0))
    with pytest.raises(InvalidScenarioError, match="minutes as within reach of a bus stop"):
        regret([riding, further], place)
    with pytest.raises(InvalidScenarioError, match="built without pictures"):
        regret(outcomes, replace(place, beliefs={}))


# -------------------------------------------------------------------------------------- weights


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda options: st.integers(2, 4).flatmap(
            lambda measures: st.tuples(
                st.lists(
                    st.lists(st.integers(0, 10), min_size=measures, max_size=measures),
                    min_size=options,
                    max_size=options,
                ),
                st.lists(st.integers(0, 5), min_size=measures, max_size=measures).filter(any),
            )
        )
    )
)
def test_the_choice_flips_where_a_fine_search_over_weights_flips(case):
    numbers, given_weights = case
    scores = pd.DataFrame(numbers, dtype=float) / 10
    scores.index, scores.columns = scores.index.map(str), scores.columns.map("m{}".format)
    weights = pd.Series(given_weights, scores.columns, dtype=float)
    weights /= weights.sum()
    preferred = (scores @ weights).round(12).idxmax()
    found = flips(scores, weights)
    for measure in scores:
        others = weights.drop(measure)
        others = others / others.sum() if others.sum() else others * 0 + 1 / len(others)
        rest = scores[others.index] @ others

        def ahead(t, measure=measure, rest=rest):
            sums = t * scores[measure] + (1 - t) * rest
            return sums[preferred] - sums.drop(preferred).max()

        rows = found[found["measure"] == measure].set_index("way")["at"]
        low, high = rows.get("below", -1.0), rows.get("above", 2.0)
        for t in np.linspace(0, 1, 21):
            if low + 1e-9 < t < high - 1e-9:
                assert ahead(t) >= -1e-9
            elif t < low - 1e-9 or t > high + 1e-9:
                assert ahead(t) <= 1e-9


def test_weights_are_set_against_the_steps_on_offer(outcomes):
    found = swing(outcomes, {"reach": 60, "cost": 40})
    assert found.ranges["weight"].to_dict() == {"reach": 0.6, "cost": 0.4}
    assert found.ranges.loc["cost", "best_in"] == "Two"
    assert found.scores.min().eq(0).all()
    assert found.scores.max().eq(1).all()
    assert found.first.sum() == pytest.approx(1)
    every = swing(outcomes, {"reach": 1, "cost": 0})
    assert every.preferred == "Five"
    assert "“Five” comes first" in futures.swing_told(every)


def test_a_measure_in_which_options_agree_weighs_nothing(outcomes):
    same = swing([outcomes[0], outcomes[2]], {"reach": 10, "new_hubs": 90})
    assert same.ranges["weight"].to_dict() == {"reach": 1.0, "new_hubs": 0.0}


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"speed": 1}, "speed cannot be weighed"),
        ({"reach": -1}, "reach: -1 is no weight"),
        ({"reach": float("nan")}, "no weight"),
        ({"counted": 1}, "counted is not known for Five"),
        ({"reach": 0}, "Nothing is left to weigh"),
    ],
)
def test_weights_that_cannot_be_are_refused_in_a_sentence(outcomes, weights, said):
    with pytest.raises(InvalidScenarioError, match=said):
        swing(outcomes, weights)


def test_one_scenario_alone_is_not_weighed(outcomes):
    with pytest.raises(InvalidScenarioError, match="Name at least two"):
        swing(outcomes[:1], {"reach": 1})


# ------------------------------------------------------------------------------- people to run it


def test_a_target_takes_the_champions_and_sessions_of_the_assumptions(outcomes, place):
    found = staffing(outcomes[0], place)
    assert (found.champions, found.sessions, found.weekly) == (125, 1_500, 30)
    assert found.shortfall == pytest.approx(1_500 - found.learners.mean())
    assert (found.quarters["learners"].diff().dropna() >= 0).all()
    assert (found.quarters["low"] <= found.quarters["high"]).all()


def test_the_ramp_is_that_of_a_ledger_kept_by_hand(outcomes, place):
    crew = Crew(target=100, recruits=10, champions_now=20, leaving=0.1, first_quarter=0.5)
    found = staffing(outcomes[0], place, crew)
    # 20 stay as 18, ten join: 18 + 5 at work, three learners each a quarter.
    assert found.quarters.loc[1, "could_teach"] == pytest.approx(69)
    assert found.quarters.loc[1, "champions"] == 28
    assert found.quarters.loc[2, "could_teach"] == pytest.approx((25.2 + 5) * 3)


def test_the_recruits_named_suffice_and_one_fewer_do_not(outcomes, place):
    crew = Crew(target=900)
    needed = staffing(outcomes[0], place, crew).recruits_needed
    enough = staffing(outcomes[0], place, replace(crew, recruits=needed))
    short = staffing(outcomes[0], place, replace(crew, recruits=needed - 1))
    assert enough.limits["champions"] >= 900 > short.limits["champions"]


def test_no_more_are_taught_than_come_or_have_a_place(outcomes, place):
    many = staffing(outcomes[0], place, Crew(recruits=1_000))
    assert many.binding == "attenders"
    np.testing.assert_allclose(many.learners, outcomes[0].draws.loc["attenders"])
    sites = place.sites.assign(capacity=1.0)
    few = staffing(outcomes[0], replace(place, sites=sites), Crew(recruits=1_000))
    assert few.binding == "places"
    said = " ".join(crews.staffing_told(few, outcomes[0]))
    assert "more weekly places" in said
    assert "Assumed: a champion in full swing brings 12 learners" in said


def test_assumptions_that_cannot_be_are_refused_at_once():
    with pytest.raises(InvalidScenarioError, match="target must be above 0; leaving must lie"):
        Crew(target=0, leaving=2)
    with pytest.raises(InvalidScenarioError, match="recruits is -1"):
        Crew(recruits=-1)


# ------------------------------------------------------------------------------ words and figures


def test_a_board_paper_holds_the_comparison(outcomes, place, tmp_path):
    page = board.write_board_map(outcomes, place, tmp_path / "board.html").read_text()
    for said in (
        "What would change, and who is expected to come",
        "If need is not as we think",
        "What the choice hangs on",
        "People to run it",
        "Who is within reach of a hub in each scenario",
    ):
        assert said in page
    assert "Liverpool" not in page  # what is history of one city is no assumption of another's
    assert "worst ward" not in page
    # Nobody gave weights: the paper recommends nothing by them, nor says how often that holds.
    sections = Comparison(outcomes, place).sections()
    weighed = next(part for part in sections if "hangs" in part.heading)
    assert "nobody has given weights here" in weighed.paragraphs[0]
    assert weighed.paragraphs[1].startswith("With equal weights, as an example, “")
    assert "draws" not in " ".join(weighed.paragraphs)


def test_a_sweep_is_told_with_its_proof(place):
    found = sweep(FIVE, place, "new_hubs", (1, 2, 3, 4))
    said = futures.sweep_told(found)
    assert "All 4 plans are proven best." in said
    assert found.knee is None or "Between these, more stops bringing much more" in said
    assert list(futures.sweep_table(found)["Proof"].unique()) == ["proven best"]


def test_small_maps_share_one_legend_and_say_what_they_show(outcomes, place, tmp_path):
    made = futures.reach_figure(outcomes, place)
    legends = [axes.get_legend() for axes in made.axes if axes.get_legend() is not None]
    assert len(legends) == 1
    assert [axes.get_title(loc="left") for axes in made.axes[:3]] == ["Five", "Two", "Short walks"]
    said = futures.reach_figure_words(outcomes, place)
    assert "Two: about" in said
    path = figures.save(made, tmp_path / "maps.svg", alt=said)
    assert said in path.read_text()


def test_figures_of_pictures_and_of_the_first_year_say_what_they_show(outcomes, place):
    found = regret(outcomes, place)
    assert "at most" in futures.regret_words(found)
    assert len(futures.regret_figure(found, place).axes[0].texts) == found.share.size
    staffed = staffing(outcomes[0], place)
    assert "a target of 1,500" in crews.staffing_words(staffed)
    assert crews.staffing_figure(staffed, outcomes[0], place).axes


def test_weights_on_a_command_line_are_read_or_refused():
    assert futures.weights_of(["reach = 60"]) == {"reach": 60.0}
    with pytest.raises(InvalidScenarioError, match="“reach” is no weight"):
        futures.weights_of(["reach"])


# ---------------------------------------------------------------------------------- the truth


def test_predicted_reach_holds_what_is_truly_reached_as_often_as_promised(place, city):
    """Ask the city again and again, plan by each estimate, and count those truly reached."""
    rates = exclusion.synthetic(place.lsoas, groups=place.lsoas["ward"], draws=400, seed=1)
    wards = to_wards(place.lsoas, place.lsoas["ward"])
    inside, error = [], []
    for seed in range(5):
        people = demo.survey(city, 1_200, seed=seed)
        people = people.assign(offline=(people["online"] == "no").astype(int))
        answers, ages = _known(people, wards)
        found = exclusion.blend(
            rates,
            exclusion.direct_estimates(answers, known=ages),
            place.lsoas["ward"],
            population=rates.population,
            outcome=place.exclusion.outcome,
            year=2025,
            covariates=wards[COVARIATES],
            seed=seed,
        )
        believed = replace(place, exclusion=found)
        for question, hubs in (("maximal_coverage", 3), ("maximal_coverage", 8), ("p_median", 5)):
            outcome = weigh(replace(FIVE, question=question, new_hubs=hubs), believed)
            near = outcome.areas["hub"]
            truth = city.truth["excluded"].reindex(near.index)[near].sum()
            row = outcome.measures.loc["reach"]
            inside.append(row["low"] <= truth <= row["high"])
            error.append(row["value"] / truth - 1)
    assert np.mean(inside) >= 0.9
    assert abs(np.mean(error)) < 0.1
