"""Explanations add up exactly, against Shapley values worked out order by order."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from mapping.errors import InvalidTableError
from mapping.exclusion import (
    Exclusion,
    Level,
    at_level,
    explain,
    explanation_in_words,
    fit,
    published_share,
)
from mapping.exclusion.rates import PUBLISHED_RATES

GROUPS = {"age": ["old", "very_old"], "tenure": ["rent"], "skills": ["skills"]}
LEVEL = Level(0.158, 0.019, "offline", 2020, "adults aged 16 and over", "a source")


def city(areas=24, *, seed=0):
    random = np.random.default_rng(seed)
    index = pd.Index([f"A{place:03d}" for place in range(areas)], name="area")
    names = ["old", "very_old", "rent", "skills"]
    covariates = pd.DataFrame(random.normal(size=(areas, 4)), index, names)
    adults = pd.Series(random.integers(500, 2500, areas).astype(float), index)
    wards = pd.Series([f"W{place % 5}" for place in range(areas)], index)
    return covariates, adults, wards


def curved(covariates):
    """A share in which covariates bend and act on one another."""
    old, rent, skills = (covariates[name] for name in ("old", "rent", "skills"))
    return expit(
        -1.5 + 0.6 * old + 0.2 * old * rent + 0.3 * skills**2 - 0.1 * covariates["very_old"]
    )


def by_orders(function, covariates, adults, groups):
    """Each group's mean gain over every order in which groups go from the average to the area."""
    average = (covariates.mul(adults, axis=0)).sum() / adults.sum()
    gains = {name: [] for name in groups}
    for order in permutations(groups):
        table = covariates.assign(**average)
        before = function(table)
        for name in order:
            table = table.assign(**{column: covariates[column] for column in groups[name]})
            after = function(table)
            gains[name].append(after - before)
            before = after
    return pd.DataFrame({name: sum(found) / len(found) for name, found in gains.items()})


def test_contributions_are_shapley_values_less_their_mean_over_the_city():
    covariates, adults, _ = city()
    found = explain(curved, covariates, weights=adults, groups=GROUPS)["share"].unstack()
    plain = by_orders(curved, covariates, adults, GROUPS)
    plain -= plain.mul(adults, axis=0).sum() / adults.sum()
    pd.testing.assert_frame_equal(found[list(GROUPS)], plain, check_names=False)
    assert (found["rest"] == 0).all()


def test_contributions_add_up_exactly_to_the_difference_from_the_city():
    covariates, adults, _ = city()
    found = explain(curved, covariates, weights=adults, groups=GROUPS)
    shares = curved(covariates)
    difference = shares - np.average(shares, weights=adults)
    sums = found.groupby(level="area").sum()
    np.testing.assert_allclose(sums["share"], difference, atol=1e-12)
    np.testing.assert_allclose(sums["people"], difference * adults, atol=1e-9)


def test_over_the_whole_city_every_group_adds_up_to_nought():
    covariates, adults, _ = city()
    people = explain(curved, covariates, weights=adults, groups=GROUPS)["people"].unstack()
    np.testing.assert_allclose(people.sum(), 0, atol=1e-8)


def test_a_covariate_that_does_nothing_contributes_nothing():
    covariates, adults, _ = city()
    noise = covariates.assign(noise=np.arange(24.0))
    groups = GROUPS | {"noise": ["noise"]}
    found = explain(curved, noise, weights=adults, groups=groups)["share"].unstack()
    assert found["noise"].abs().max() < 1e-12


def test_a_ward_is_the_mean_of_its_areas_by_adults():
    covariates, adults, wards = city()
    by_area = explain(curved, covariates, weights=adults, groups=GROUPS)
    by_ward = explain(curved, covariates, wards, weights=adults, groups=GROUPS)
    members = wards.index[wards == "W2"]
    for group in GROUPS:
        shares = by_area["share"].xs(group, level="group")[members]
        expected = np.average(shares, weights=adults[members])
        assert by_ward.loc[("W2", group), "share"] == pytest.approx(expected)
    people = by_ward["people"].groupby(level="group").sum()
    np.testing.assert_allclose(people, 0, atol=1e-8)


def test_a_fitted_model_is_explained_up_to_the_estimate_after_benchmarking():
    covariates, adults, _ = city(60)
    random = np.random.default_rng(1)
    observed = pd.DataFrame({"share": random.binomial(300, curved(covariates)) / 300, "n": 300.0})
    observed.index = covariates.index
    model = fit(observed, covariates)
    estimate = at_level(model.estimate(covariates, adults, draws=400), LEVEL, seed=2)
    found = explain(model, covariates, weights=adults, groups=GROUPS, estimate=estimate)
    share = estimate.frame["share"]
    sums = found["share"].groupby(level="area").sum()
    np.testing.assert_allclose(sums, share - np.average(share, weights=adults), atol=1e-12)
    # What is left is the spread of the draws, not the pattern.
    assert found["share"].xs("rest", level="group").abs().max() < 0.03
    assert found["share"].xs("age", level="group").abs().max() > 0.03


def test_an_area_effect_learned_from_a_survey_is_what_is_left():
    covariates, adults, _ = city()
    shares = curved(covariates)
    moved = shares.copy()
    moved["A003"] += 0.1
    draws = pd.DataFrame({0: moved, 1: moved})
    estimate = Exclusion("offline", 2020, "adults", "made", adults, draws)
    rest = explain(curved, covariates, weights=adults, groups=GROUPS, estimate=estimate)
    rest = rest["share"].xs("rest", level="group")
    assert rest.idxmax() == "A003"
    assert rest["A003"] == pytest.approx(0.1, abs=0.02)
    assert rest.drop("A003").abs().max() < 0.01


def test_published_rates_are_explained_too():
    random = np.random.default_rng(5)
    index = pd.Index([f"A{place:02d}" for place in range(12)], name="area")
    ages = pd.DataFrame(random.integers(50, 400, (12, 7)), index, list(PUBLISHED_RATES))
    needs = ages.assign(adults=ages.sum(axis=1), households=600, disability_base=1500)
    needs["social_rented"] = random.integers(50, 500, 12)
    needs["disabled"] = random.integers(100, 600, 12)
    groups = {
        "age": [*PUBLISHED_RATES, "adults"],
        "tenure": ["social_rented", "households"],
        "disability": ["disabled", "disability_base"],
    }
    found = explain(published_share, needs, weights=needs["adults"], groups=groups)
    shares = published_share(needs)
    difference = shares - np.average(shares, weights=needs["adults"])
    np.testing.assert_allclose(found["share"].groupby(level="area").sum(), difference, atol=1e-12)
    oldest = (needs["age_75_84"] + needs["age_85_over"]) / needs["adults"]
    assert found["share"].xs("age", level="group").corr(oldest, method="spearman") > 0.9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 23), max_size=3))
def test_the_order_of_rows_changes_nothing_and_unknown_shares_stay_unknown(seed, blanks):
    covariates, adults, wards = city()
    unknown = covariates.index[list(set(blanks))]

    def gappy(table):
        return curved(table).mask(table.index.isin(unknown))

    options = {"weights": adults, "groups": GROUPS}
    one = explain(gappy, covariates, **options)
    mixed = covariates.sample(frac=1, random_state=seed)
    shuffled = {"weights": adults.sample(frac=1, random_state=seed + 1), "groups": GROUPS}
    two = explain(gappy, mixed, **shuffled)
    assert list(two.index.get_level_values("area").unique()) == list(mixed.index)
    pd.testing.assert_frame_equal(one, two.loc[one.index])
    assert set(one.index[one["share"].isna()].get_level_values("area")) == set(unknown)
    ward = explain(gappy, covariates, wards, **options)
    lost = set(ward.index[ward["share"].isna()].get_level_values("area"))
    assert lost == set(wards[unknown])


def test_an_area_where_nobody_lives_neither_counts_nor_spoils_its_ward():
    covariates, adults, wards = city()
    adults["A000"] = 0.0
    found = explain(curved, covariates, wards, weights=adults, groups=GROUPS)
    without = explain(
        curved, covariates.drop("A000"), wards.drop("A000"), weights=adults, groups=GROUPS
    )
    pd.testing.assert_frame_equal(found, without)


def test_covariates_in_no_group_are_still_counted():
    covariates, adults, _ = city()
    found = explain(curved, covariates, weights=adults, groups={"age": ["old", "very_old"]})
    assert list(found["share"].unstack()) == ["age", "other", "rest"]
    sums = found["share"].groupby(level="area").sum()
    shares = curved(covariates)
    np.testing.assert_allclose(sums, shares - np.average(shares, weights=adults), atol=1e-12)


def test_only_the_areas_asked_for_come_back():
    covariates, adults, _ = city()
    found = explain(curved, covariates, ["A007", "A002"], weights=adults, groups=GROUPS)
    assert list(found.index.get_level_values("area").unique()) == ["A007", "A002"]


@pytest.mark.parametrize(
    ("groups", "areas", "said"),
    [
        ({"age": ["old", "nope"], "x": ["old"]}, None, "no covariate 'nope'; 'old' stands in two"),
        ({"rest": ["old"]}, None, "kept for what is in no group"),
        (GROUPS, ["A999"], "A999"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_name(groups, areas, said):
    covariates, adults, _ = city()
    with pytest.raises(InvalidTableError, match=said):
        explain(curved, covariates, areas, weights=adults, groups=groups)


def test_adults_are_needed_of_every_area_once():
    covariates, adults, _ = city()
    with pytest.raises(InvalidTableError, match="1 of 24"):
        explain(curved, covariates, weights=adults.drop("A001"), groups=GROUPS)
    with pytest.raises(InvalidTableError, match="A001 stands twice"):
        explain(curved, covariates, weights=pd.concat([adults, adults[["A001"]]]), groups=GROUPS)


def words_of(shares, adults=2000):
    rows = pd.MultiIndex.from_product([["E1"], list(shares)], names=["area", "group"])
    table = pd.DataFrame({"share": list(shares.values())}, rows)
    return explanation_in_words(table.assign(people=table["share"] * adults))["E1"]


def test_words_name_what_goes_with_more_and_what_with_less():
    said = words_of({"age": 0.03, "tenure": -0.011, "skills": 0.04, "rest": 0.0})
    assert said == (
        "E1: about 6 points above the city's average, 120 adults more than at the average. "
        "Associated with a higher share: skills (+4.0 points) and age (+3.0). With a lower share: "
        "tenure (−1.1 points)."
    )


def test_words_say_associated_where_all_goes_with_less():
    said = words_of({"age": -0.03, "tenure": -0.012, "rest": 0.004})
    assert "Associated with a lower share: age (−3.0 points) and tenure (−1.2)." in said
    assert said.endswith("In none of these: +0.4.")


def test_words_do_not_make_much_of_little():
    said = words_of({"age": 0.001, "tenure": 0.0, "rest": -0.001})
    assert said == "E1: about the city's average."


def test_words_say_where_there_is_no_estimate():
    assert words_of({"age": np.nan, "rest": 0.0}) == "E1: no estimate, so nothing to explain."
