"""The validation card, against plain second implementations and worlds whose truth is known."""

import json
from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import spearmanr
from shapely import box

from mapping.errors import InvalidTableError
from mapping.exclusion import ValidationCard, fit, folds, left_out, validate
from mapping.exclusion.autocorrelation import autocorrelation
from mapping.exclusion.validation import _agreements, unusual

MADE = date(2026, 3, 1)


def world(areas=240, n=400, *, effect=0.2, seed=0):
    """Observed shares, covariates and regions; "old" drives the share most, "rent" a little."""
    random = np.random.default_rng(seed)
    index = pd.Index([f"A{place:04d}" for place in range(areas)], name="area")
    covariates = pd.DataFrame(random.normal(size=(areas, 2)), index, ["old", "rent"])
    logits = -1.8 + covariates.to_numpy() @ [0.6, 0.4] + effect * random.normal(size=areas)
    share = random.binomial(n, expit(logits)) / n
    observed = pd.DataFrame({"share": share, "n": float(n)}, index)
    regions = pd.Series(np.array(["North", "South", "West"])[np.arange(areas) % 3], index)
    return observed, covariates, regions


def card_of(observed, covariates, regions, **options):
    options = {"outcome": "returns not made online", "made": MADE} | options
    return validate(observed, covariates, regions, **options)


@pytest.fixture(scope="module")
def simple():
    observed, covariates, regions = world()
    baselines = pd.DataFrame({"age only": covariates["old"], "DERI": -observed["share"]})
    points = gpd.GeoSeries.from_xy(
        300_000 + 1000.0 * (np.arange(240) % 16),
        300_000 + 1000.0 * (np.arange(240) // 16),
        index=observed.index,
        crs=27700,
    )
    card = card_of(observed, covariates, regions, baselines=baselines, geometry=points)
    return observed, covariates, regions, baselines, card


def test_every_area_is_predicted_by_a_model_that_has_not_seen_its_region(simple):
    observed, covariates, regions, _, card = simple
    for name in regions.unique():
        out = regions == name
        model = fit(observed[~out], covariates)
        predicted = model.predict(covariates[out], level=0.9)
        truth = observed.loc[out, "share"]
        row = card.groups.loc[name]
        assert row["agreement"] == pytest.approx(spearmanr(truth, predicted["share"])[0])
        inside = (truth >= predicted["low"]) & (truth <= predicted["high"])
        assert row["coverage"] == pytest.approx(inside.mean())
        assert row["gap"] == pytest.approx((truth - predicted["share"]).mean())
    assert card.agreement == pytest.approx(card.groups["agreement"].mean())


def test_the_order_of_rows_changes_nothing(simple):
    observed, covariates, regions, baselines, _ = simple
    options = {"baselines": baselines, "seed": 3}
    one = card_of(observed, covariates, regions, **options)
    two = card_of(
        *(table.sample(frac=1, random_state=k) for k, table in enumerate((observed, covariates))),
        regions.sample(frac=1, random_state=9),
        baselines=baselines.sample(frac=1, random_state=4),
        seed=3,
    )
    for name in ("groups", "baselines", "calibration", "kinds"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), rtol=1e-9)
    assert one.sentences == two.sentences


def test_the_inputs_are_left_as_they_were(simple):
    observed, covariates, regions, baselines, _ = simple
    copies = [table.copy() for table in (observed, covariates, regions, baselines)]
    card_of(observed, covariates, regions, baselines=baselines)
    for table, copy in zip((observed, covariates, regions, baselines), copies, strict=True):
        assert table.equals(copy)


def test_a_card_survives_json(simple):
    card = simple[-1]
    again = ValidationCard.from_dict(json.loads(json.dumps(card.as_dict(), allow_nan=False)))
    for name in ("groups", "baselines", "calibration", "kinds"):
        pd.testing.assert_frame_equal(getattr(card, name), getattr(again, name))
    assert again.sentences == card.sentences
    assert (again.made, again.level, again.areas) == (MADE, 0.9, 240)


def test_a_baseline_that_runs_the_other_way_is_turned_round(simple):
    assert simple[-1].baselines.loc["DERI", "agreement"] == pytest.approx(1)


def test_a_baseline_that_is_as_good_is_named(simple):
    card = simple[-1]
    assert card.as_good == ("DERI",)
    assert any("The simple baseline is as good: DERI" in told for told in card.sentences)


def test_a_baseline_that_is_beaten_is_not_called_as_good(simple):
    card = simple[-1]
    assert card.baselines.loc["age only", "low"] > 0.02
    assert any("better than age only" in told for told in card.sentences)
    # A lead whose bounds hold 0 is none that could be claimed; one that only just is, is said so.
    for low, said in ((-0.08, "its order cannot be told from that by age only"),
                      (0.01, "seems to do so better than age only")):  # fmt: skip
        unsure = card.baselines.copy()
        unsure.loc["age only", ["low", "high"]] = [low, 0.12]
        told = " ".join(replace(card, baselines=unsure).sentences)
        assert f"On 240 areas {'it ' if low > 0 else ''}{said}" in told


def test_a_baseline_that_was_not_given_is_said_to_be_missing(simple):
    card = simple[-1]
    assert card.not_compared == ("IoD rank",)
    assert any(told.startswith("Not compared") and "IoD rank" in told for told in card.sentences)


def test_a_baseline_known_for_some_areas_is_compared_on_those(simple):
    observed, covariates, regions, _, _ = simple
    half = covariates["old"].where(np.arange(240) < 120)
    card = card_of(observed, covariates, regions, baselines=pd.DataFrame({"DERI": half}))
    row = card.baselines.loc["DERI"]
    assert row["areas"] == 120
    shares = left_out(observed, covariates, regions)["share"][half.notna()]
    truth = observed["share"][half.notna()]
    by_region = [
        spearmanr(truth[regions == name], shares[regions == name])[0]
        for name in ("North", "South", "West")
    ]
    assert row["model"] == pytest.approx(np.mean(by_region))


def test_a_simple_baseline_that_says_all_there_is_to_say_is_called_as_good():
    observed, covariates, regions = world(seed=4)
    only = covariates[["old"]]
    baselines = pd.DataFrame({"age only": covariates["old"]})
    assert card_of(observed, only, regions, baselines=baselines).as_good == ("age only",)


def test_intervals_and_attainable_agreement_hold_when_the_model_is_right():
    reached, covered = [], []
    for seed in range(3):
        observed, covariates, regions = world(seed=seed + 10)
        card = card_of(observed, covariates, regions)
        low, high = card.attainable
        reached.append(low - 0.03 <= card.agreement <= high + 0.03)
        covered.append(card.coverage)
    assert sum(reached) >= 2
    assert 0.86 <= np.mean(covered) <= 0.95


def test_small_samples_lower_the_agreement_that_can_be_attained():
    large = card_of(*world(n=2000, seed=1)).attainable
    small = card_of(*world(n=15, seed=1)).attainable
    assert small[1] < large[0]


def test_a_region_that_is_out_of_line_is_named_as_a_failure():
    observed, covariates, regions = world(seed=2)
    moved = observed["share"].where(regions != "West", np.clip(observed["share"] + 0.15, 0, 1))
    card = card_of(observed.assign(share=moved), covariates, regions)
    assert any(told.startswith("More was observed") and "West" in told for told in card.failures)
    assert any(told.startswith("Intervals are too narrow") for told in card.failures)


def test_a_kind_of_area_that_is_out_of_line_is_named():
    observed, covariates, regions = world(seed=3)
    students = pd.Series(np.where(np.arange(240) % 8 == 0, "many students", None), observed.index)
    share = observed["share"].where(students.isna(), np.clip(observed["share"] + 0.2, 0, 1))
    kinds = pd.DataFrame({"place": students})
    card = card_of(observed.assign(share=share), covariates, regions, kinds=kinds)
    assert list(card.kinds.index) == ["place: many students"]
    assert card.kinds.loc["place: many students", "areas"] == 30
    assert any("place: many students" in told for told in card.failures)


def test_a_model_that_misses_what_orders_areas_is_told_so():
    observed, covariates, regions = world(seed=8)
    right = card_of(observed, covariates, regions)
    assert "as much as can be expected" in right.sentences[0]
    wrong = card_of(observed, covariates, regions, learn=fitted_the_wrong_way_round)
    assert "misses something" in wrong.sentences[0]


def fitted_the_wrong_way_round(observed, covariates):
    """A model as sure of itself as a right one, with the effect of "old" turned round."""
    model = fit(observed, covariates)
    terms = model.terms
    return replace(model, terms=terms.where(~terms.index.str.startswith("old"), -terms))


def test_a_right_model_has_no_failures_to_tell():
    assert card_of(*world(areas=600, seed=5)).failures == ()


def test_calibration_bands_hold_equal_numbers_from_low_to_high(simple):
    table = simple[-1].calibration
    assert (table["areas"] == 24).all()
    assert table["predicted"].is_monotonic_increasing
    found = left_out(*simple[:3])
    lowest = found.nsmallest(24, "share")
    assert table.loc[1, "observed"] == pytest.approx(lowest["observed"].mean())
    assert table.loc[1, "predicted"] == pytest.approx(lowest["share"].mean())


def test_the_unusual_tenth_of_a_covariate_is_a_kind_of_area(simple):
    covariates = simple[1]
    labels = unusual(covariates.assign(yes=np.arange(240) % 2))
    assert list(labels) == ["old", "rent"]
    highest = set(covariates["old"].nlargest(24).index)
    assert set(labels["old"].dropna().index) == highest


def test_a_ward_survey_is_checked_by_leaving_wards_out():
    observed, covariates, _ = world(areas=60, n=20, seed=6)
    fold = folds(observed.index, count=10, seed=1)
    assert fold.value_counts().eq(6).all()
    card = card_of(observed, covariates, fold, grouping="fold", pooled=True)
    found = left_out(observed, covariates, fold)
    assert card.agreement == pytest.approx(spearmanr(found["observed"], found["share"])[0])
    assert card.groups["agreement"].isna().all()
    assert card.attainable[1] < 0.97
    assert card.sentences[0].startswith("Folds were hidden")


def test_folds_are_the_same_for_the_same_areas_in_any_order():
    areas = pd.Index([f"A{k}" for k in range(23)])
    one, two = folds(areas, count=5, seed=2), folds(areas[::-1], count=5, seed=2)
    assert one.equals(two.loc[areas])
    assert one.value_counts().between(4, 5).all()


def test_one_group_cannot_be_left_out():
    observed, covariates, _ = world(areas=30)
    with pytest.raises(InvalidTableError, match="one group"):
        card_of(observed, covariates, pd.Series("all", observed.index))


def test_an_area_of_no_group_is_refused():
    observed, covariates, regions = world(areas=30)
    with pytest.raises(InvalidTableError, match="no larger area"):
        card_of(observed, covariates, regions.iloc[1:])


def test_groups_too_small_to_measure_are_refused_unless_pooled():
    observed, covariates, _ = world(areas=40)
    groups = folds(observed.index, count=8, seed=0)
    with pytest.raises(InvalidTableError, match="pool"):
        card_of(observed, covariates, groups)


numbers = st.integers(0, 5).map(float)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=10, max_size=40), st.randoms())
def test_agreement_is_spearmans_with_ties_in_any_order(pairs, random):
    frame = pd.DataFrame(pairs, columns=["one", "other"])
    order = list(frame.index)
    random.shuffle(order)
    block = pd.Series("all", frame.index)
    found = _agreements(frame["one"], frame["other"].loc[order], block)["all"]
    if np.ptp(frame["one"]) == 0 or np.ptp(frame["other"]) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(frame["one"], frame["other"])[0], abs=1e-9)


# --- Moran's I ----------------------------------------------------------------------------------


def squares(width, height):
    cells = {
        f"S{x:02d}{y:02d}": box(1000 * x, 1000 * y, 1000 * (x + 1), 1000 * (y + 1))
        for x in range(width)
        for y in range(height)
    }
    return gpd.GeoSeries(cells, crs=27700).translate(300_000, 300_000)


def textbook_moran(values, geometry):
    """Moran (1950), in loops: each area against the mean of those that touch it."""
    centred = values - values.mean()
    both = 0.0
    for area, value in centred.items():
        touching = [
            centred[other]
            for other in centred.index
            if other != area and geometry[area].touches(geometry[other])
        ]
        both += value * sum(touching) / len(touching)
    return both / (centred**2).sum()


def test_morans_i_is_the_textbooks():
    geometry = squares(6, 5)
    values = pd.Series(np.random.default_rng(0).normal(size=30), geometry.index)
    found = autocorrelation(values.sample(frac=1, random_state=1), geometry, seed=1)
    assert found.moran == pytest.approx(textbook_moran(values, geometry))
    assert found.areas == 30


def test_a_slope_across_the_city_is_told_from_chance():
    geometry = squares(8, 8)
    slope = pd.Series(geometry.centroid.x, geometry.index)
    noise = pd.Series(np.random.default_rng(3).normal(size=64), geometry.index)
    assert autocorrelation(slope, geometry, seed=1).p == pytest.approx(1 / 200)
    assert autocorrelation(noise, geometry, seed=1).p > 0.05


def test_chance_is_called_chance_as_often_as_it_should_be():
    geometry = squares(5, 5).centroid
    random = np.random.default_rng(8)
    p = [
        autocorrelation(pd.Series(random.normal(size=25), geometry.index), geometry, seed=k,
                        permutations=39).p
        for k in range(30)
    ]  # fmt: skip
    assert np.mean(np.array(p) <= 0.1) < 0.3


def test_points_in_one_place_are_no_obstacle_and_nothing_is_random_but_the_seed():
    geometry = squares(5, 5).centroid
    geometry.iloc[:12] = geometry.iloc[0]
    values = pd.Series(np.arange(25.0), geometry.index)
    one = autocorrelation(values, geometry, seed=4)
    two = autocorrelation(values.iloc[::-1], geometry.sample(frac=1, random_state=2), seed=4)
    assert one == two
    assert one.areas == 25


def test_an_area_apart_or_without_a_value_is_left_out():
    geometry = squares(5, 5)
    geometry["alone"] = box(390_000, 390_000, 391_000, 391_000)
    values = pd.Series(np.arange(26.0), geometry.index)
    values.iloc[3] = np.nan
    assert autocorrelation(values, geometry, seed=0).areas == 24


def test_too_few_areas_or_equal_values_say_nothing():
    geometry = squares(3, 3)
    assert np.isnan(autocorrelation(pd.Series(1.0, geometry.index), geometry, seed=0).moran)
    geometry = squares(4, 4)
    assert np.isnan(autocorrelation(pd.Series(1.0, geometry.index), geometry, seed=0).moran)


def test_neighbours_that_err_alike_are_told_on_the_card():
    observed, covariates, regions = world(seed=7)
    cells = squares(16, 15)
    geometry = gpd.GeoSeries(cells.to_numpy(), observed.index, crs=27700)
    wave = 0.5 * np.sin(geometry.centroid.x / 2500) * np.sin(geometry.centroid.y / 2500)
    logits = np.log(observed["share"] / (1 - observed["share"])) + wave
    regions = pd.Series(np.where(geometry.centroid.y > 307_000, "North", "South"), regions.index)
    card = card_of(observed.assign(share=expit(logits)), covariates, regions, geometry=geometry)
    assert (card.groups["moran_p"] < 0.05).all()
    assert any("Neighbouring areas err alike" in told for told in card.sentences)
