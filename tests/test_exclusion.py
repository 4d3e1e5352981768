"""The exclusion model, its levels and its totals, against plain second implementations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from mapping import exclusion
from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion, Level, fit
from mapping.pipeline.inputs import find_inputs
from mapping.pipeline.returns import everywhere, returns
from mapping.study import read_study
from mapping.workspace import Workspace

REPOSITORY = Workspace(Path(__file__).parents[1])
LEVEL = Level(0.158, 0.019, "offline", 2020, "adults aged 16 and over", "a source")
COEFFICIENTS = (-1.8, 0.5, -0.3)


def world(areas: int, n: int, effect: float, *, seed: int):
    """Simulate areas from the model: observed shares, covariates, true shares."""
    random = np.random.default_rng(seed)
    index = pd.Index([f"A{place:05d}" for place in range(areas)], name="area")
    covariates = pd.DataFrame(random.normal(size=(areas, 2)), index, ["age", "rent"])
    logits = COEFFICIENTS[0] + covariates.to_numpy() @ COEFFICIENTS[1:]
    true = pd.Series(expit(logits + effect * random.normal(size=areas)), index)
    observed = pd.DataFrame({"share": random.binomial(n, true) / n, "n": float(n)}, index)
    return observed, covariates, true


def shuffled(table, seed=0):
    return table.sample(frac=1, random_state=seed)


def exclusion_of(draws: list[list[float]], adults: list[float]) -> Exclusion:
    index = pd.Index([f"A{place}" for place in range(len(adults))], name="area")
    return Exclusion("offline", 2020, "adults", "made", pd.Series(adults, index, dtype=float),
                     pd.DataFrame(draws, index))  # fmt: skip


def many(areas: int, draws: int, *, seed: int = 0) -> Exclusion:
    random = np.random.default_rng(seed)
    shares = expit(random.normal(-1.5, 0.5, (areas, 1)) + random.normal(0, 0.2, (areas, draws)))
    return exclusion_of(shares, random.integers(500, 2500, areas))


# --- the model, against simulated truth ---------------------------------------------------------


@pytest.mark.parametrize(("areas", "n", "within"), [(300, 20, 0.08), (300, 700, 0.03),
                                                    (3000, 700, 0.02)])  # fmt: skip
def test_coefficients_and_area_effect_are_recovered(areas, n, within):
    found = []
    for seed in range(5):
        observed, covariates, _ = world(areas, n, 0.3, seed=seed)
        model = fit(observed, covariates)
        slopes = model.terms[["age", "rent"]] / model.design.scale
        found.append([*slopes, model.area_effect])
    age, rent, effect = np.mean(found, axis=0)
    assert age == pytest.approx(COEFFICIENTS[1], abs=within)
    assert rent == pytest.approx(COEFFICIENTS[2], abs=within)
    assert effect == pytest.approx(0.3, abs=within)


def test_nothing_is_added_where_many_large_samples_show_no_area_effect():
    observed, covariates, _ = world(3000, 700, 0.0, seed=1)
    assert fit(observed, covariates).area_effect < 0.03


def test_few_wards_are_never_taken_for_proof_that_areas_do_not_differ():
    observed, covariates, _ = world(60, 20, 0.0, seed=1)
    assert fit(observed, covariates).area_effect >= 0.2


@pytest.mark.parametrize(("areas", "n", "low", "high"), [(300, 20, 0.88, 0.97),
                                                         (3000, 700, 0.885, 0.925)])  # fmt: skip
def test_ninety_per_cent_intervals_hold_ninety_per_cent_of_new_observations(areas, n, low, high):
    covered = []
    for seed in range(4):
        observed, covariates, _ = world(2 * areas, n, 0.3, seed=seed)
        new = observed["share"].iloc[areas:]
        predicted = fit(observed.iloc[:areas], covariates).predict(covariates.loc[new.index])
        covered.append(new.between(predicted["low"], predicted["high"]).mean())
    assert low <= np.mean(covered) <= high


def test_estimate_intervals_hold_the_true_share_of_ninety_five_per_cent_of_areas():
    covered = []
    for seed in range(5):
        observed, covariates, true = world(600, 300, 0.3, seed=seed)
        model = fit(observed.iloc[:300], covariates)
        frame = model.estimate(covariates, pd.Series(1.0, true.index), draws=400).frame
        inside = true.between(frame["low"], frame["high"])
        covered.append(inside.iloc[300:].mean())
    assert 0.92 <= np.mean(covered) <= 0.975


@pytest.mark.parametrize("n", [20, 700])
def test_quantiles_of_the_draws_agree_with_the_interval(n):
    observed, covariates, _ = world(300, n, 0.3, seed=3)
    model = fit(observed, covariates)
    predicted = model.predict(covariates, level=0.8)
    drawn = model.draws(covariates, 2000, seed=4).quantile([0.1, 0.5, 0.9], axis=1).T
    step = 1 / n
    assert (drawn[0.1] - predicted["low"]).abs().max() <= step + 0.02
    assert (drawn[0.9] - predicted["high"]).abs().max() <= step + 0.02
    assert abs((drawn[0.1] - predicted["low"]).mean()) < 0.012
    assert abs((drawn[0.9] - predicted["high"]).mean()) < 0.012
    assert (drawn[0.5] - predicted["share"]).abs().max() <= step + 0.02


def test_a_higher_level_gives_a_wider_interval():
    observed, covariates, _ = world(100, 200, 0.3, seed=3)
    model = fit(observed, covariates)
    half, most = (model.predict(covariates, level=level) for level in (0.5, 0.95))
    assert (most["low"] < half["low"]).all()
    assert (most["high"] > half["high"]).all()


def newton(matrix, share, n, effect):
    """Maximise the penalised likelihood step by step: a plain second implementation."""
    terms = np.zeros(matrix.shape[1])
    fitted = np.full(len(share), 0.5)
    for _ in range(60):
        weight = 1 / (1 / n + effect**2 * fitted * (1 - fitted))
        # The weights are those of the fit before, so they are held while the terms settle.
        for _ in range(30):
            fitted = expit(matrix @ terms)
            slope = matrix.T @ (weight * (share - fitted)) + (0.5 - expit(terms))
            curve = (matrix.T * (weight * fitted * (1 - fitted))) @ matrix
            curve += np.diag(expit(terms) * (1 - expit(terms)))
            terms = terms + np.linalg.solve(curve, slope)
    return terms, np.linalg.inv(curve)


def test_the_fit_is_the_maximum_that_newton_finds():
    observed, covariates, _ = world(120, 30, 0.4, seed=8)
    model = fit(observed, covariates)
    scaled = (covariates - covariates.mean()) / covariates.std(ddof=0)
    matrix = np.column_stack([np.ones(120), scaled])
    share, n = observed["share"].to_numpy(), observed["n"].to_numpy()
    terms, covariance = newton(matrix, share, n, model.area_effect)
    np.testing.assert_allclose(model.terms, terms, atol=2e-3)
    np.testing.assert_allclose(model.covariance, covariance, atol=2e-4)


def test_at_the_area_effect_found_squared_pearson_residuals_average_one():
    observed, covariates, _ = world(400, 50, 0.5, seed=8)
    model = fit(observed, covariates)
    matrix = model.design.matrix(covariates)
    share = expit(matrix @ model.terms.to_numpy())
    unit = share * (1 - share)
    variance = unit / observed["n"] + model.area_effect**2 * unit**2
    leverage = unit**2 / variance * np.einsum("ij,jk,ik->i", matrix, model.covariance, matrix)
    squares = (observed["share"] - share) ** 2 / variance / (1 - leverage)
    assert squares.mean() == pytest.approx(1, abs=0.01)


# --- the contract -------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), areas=st.integers(5, 120), n=st.sampled_from([1, 5, 60, 700]))
def test_row_order_never_matters(seed, areas, n):
    observed, covariates, _ = world(areas, n, 0.3, seed=seed)
    adults = pd.Series(np.arange(areas) + 1.0, covariates.index)
    wards = pd.Series(np.arange(areas) % 4, covariates.index).map("W{}".format)
    mixed = shuffled(covariates, seed)
    plain, other = (
        fit(observed, covariates),
        fit(shuffled(observed, seed + 1), mixed[["rent", "age"]]),
    )
    pd.testing.assert_frame_equal(
        plain.predict(covariates), other.predict(mixed).loc[covariates.index], atol=1e-6
    )
    np.testing.assert_array_equal(other.predict(mixed).index, mixed.index)
    pd.testing.assert_frame_equal(
        plain.draws(covariates, 20, seed=1), plain.draws(mixed, 20, seed=1).loc[covariates.index]
    )
    one = plain.estimate(covariates, adults, groups=wards, draws=20)
    two = plain.estimate(mixed, shuffled(adults), groups=shuffled(wards, 5), draws=20)
    pd.testing.assert_frame_equal(one.frame, two.frame.loc[covariates.index])


@pytest.mark.parametrize(("areas", "seed"), [(5, 155), (1200, 3)])
def test_which_of_columns_that_add_up_to_one_is_left_out_does_not_depend_on_row_order(areas, seed):
    random = np.random.default_rng(seed)
    parts = np.exp(random.normal(size=(areas, 5)))
    index = pd.Index([f"A{place:05d}" for place in range(areas)], name="area")
    covariates = pd.DataFrame(parts / parts.sum(axis=1, keepdims=True), index, list("abcde"))
    observed = pd.DataFrame({"share": random.random(areas), "n": 20.0}, index)
    plain = fit(observed, covariates)
    mixed = fit(shuffled(observed, 1), shuffled(covariates, 2))
    assert plain.terms.index.equals(mixed.terms.index)
    pd.testing.assert_series_equal(plain.terms, mixed.terms, rtol=1e-9)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_table_gives_bounded_numbers_or_one_clear_sentence(data):
    areas = data.draw(st.integers(0, 12))
    columns = data.draw(st.integers(0, 4))
    value = st.sampled_from([0.0, 1.0, -1.0, 2.5, 1e-9, 1e12, -1e12])
    row = st.lists(value, min_size=columns, max_size=columns)
    index = pd.Index([f"A{place}" for place in range(areas)], name="area")
    table = data.draw(st.lists(row, min_size=areas, max_size=areas))
    covariates = pd.DataFrame(np.reshape(table, (areas, columns)), index).add_prefix("c")
    shares = st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), min_size=areas, max_size=areas)
    sizes = st.lists(st.sampled_from([0.5, 1, 5, 700, 1e7]), min_size=areas, max_size=areas)
    observed = pd.DataFrame({"share": data.draw(shares), "n": data.draw(sizes)}, index)
    if areas < 3:
        with pytest.raises(InvalidTableError, match="fewer than three areas"):
            fit(observed, covariates)
        return
    model = fit(observed, covariates)
    predicted = model.predict(covariates)
    pd.testing.assert_series_equal(model.share(covariates), predicted["share"])
    frame = model.estimate(covariates, pd.Series(100.0, index), draws=20).frame
    for table in (predicted, frame[["share", "low", "high"]]):
        assert np.isfinite(table.to_numpy()).all()
        assert ((table >= 0) & (table <= 1)).all(axis=None)
    assert (predicted["low"] <= predicted["share"]).all()
    assert (predicted["share"] <= predicted["high"]).all()
    assert np.isfinite(model.summary().to_numpy()).all()


@pytest.mark.parametrize("share", [0.0, 1.0, 0.3])
def test_shares_that_are_all_equal_give_a_narrow_answer_near_them(share):
    observed, covariates, _ = world(40, 50, 0.3, seed=2)
    model = fit(observed.assign(share=share), covariates)
    frame = model.estimate(covariates, pd.Series(1.0, covariates.index)).frame
    assert (frame["share"] - share).abs().max() < 0.06
    assert bool(model.caveats) == (share in {0, 1})


def test_separation_gives_a_finite_fit_and_a_caveat_that_names_the_covariate():
    observed, covariates, _ = world(40, 50, 0.3, seed=2)
    model = fit(observed.assign(share=(covariates["age"] > 0).astype(float)), covariates)
    assert "effect of age" in " ".join(model.caveats)
    assert model.predict(covariates)["share"].between(0, 1).all()


def test_samples_of_very_unequal_size_that_disagree_still_give_a_fit():
    index = pd.Index([f"A{place}" for place in range(9)], name="area")
    covariates = pd.DataFrame({"far": [1e12, 0, 0, -1e12, 0, 0, 0, 0, 0]}, index)
    n = [700, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1e7]
    observed = pd.DataFrame({"share": [0.0, 0, 0, 1, 0, 0, 0, 0, 0], "n": n}, index)
    model = fit(observed, covariates)
    assert model.terms["far"] < 0
    assert model.predict(covariates)["share"].iloc[-1] < 0.1


def test_a_covariate_that_others_determine_changes_no_prediction_and_is_named():
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    more = covariates.assign(both=covariates.sum(axis=1), same=7)
    model = fit(observed, more)
    named = " ".join(model.caveats)
    assert "same" in named
    assert sum(name in named for name in ("age", "rent", "both")) == 1
    pd.testing.assert_frame_equal(
        model.predict(more), fit(observed, covariates).predict(covariates), atol=0.03
    )


def test_a_near_repeat_of_a_covariate_does_no_harm():
    observed, covariates, _ = world(60, 100, 0.3, seed=2)
    noise = np.random.default_rng(0).normal(0, 1e-5, 60)
    model = fit(observed, covariates.assign(again=covariates["age"] + noise))
    predicted = model.predict(covariates.assign(again=covariates["age"] - noise))
    plain = fit(observed, covariates).predict(covariates)
    assert (predicted["share"] - plain["share"]).abs().max() < 0.02


@pytest.mark.parametrize("factor", [1e-12, 1e12, 1e200])
def test_the_unit_of_a_covariate_does_not_matter(factor):
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    pd.testing.assert_frame_equal(
        fit(observed, covariates * factor).predict(covariates * factor),
        fit(observed, covariates).predict(covariates),
    )


def test_whole_numbers_yes_or_no_and_other_names_will_do():
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    table = pd.DataFrame(
        {
            1: (covariates["age"] * 10).round().astype(int),
            "constant": (covariates["age"] * 3).round().astype("Int64"),
            "age²": covariates["rent"] > 0,
        }
    )
    predicted = fit(observed.astype({"n": int}).rename_axis("ward"), table).predict(table)
    assert predicted.notna().all(axis=None)
    assert predicted.index.name == "area"


def test_terms_grow_with_the_areas_and_yes_or_no_has_no_curve():
    observed, covariates, _ = world(500, 50, 0.3, seed=2)
    table = covariates.assign(coast=covariates["age"] > 0.5)
    lines = ["constant", "age", "rent", "coast"]
    curves = ["rank of age", "rank of rent", "age²", "rent²", "rank of age²", "rank of rent²"]
    pairs = ["age × rent", "ranks of age × rent"]
    for areas, terms in ((200, lines), (400, lines + curves), (500, lines + curves + pairs)):
        model = fit(observed.iloc[:areas], table)
        assert [*model.terms.index] == terms
        assert len(model.design.prior) == len(terms)
        assert model.design.matrix(table).shape == (500, len(terms))
        assert "age²" not in model.formula


def test_where_covariates_are_too_many_to_pair_those_that_tell_most_are_paired():
    observed, covariates, _ = world(1000, 500, 0.1, seed=2)
    random = np.random.default_rng(0)
    noise = pd.DataFrame(random.normal(size=(1000, 5)), covariates.index).add_prefix("noise")
    model = fit(observed, noise.join(covariates))
    assert [one.name for one in model.design.pairs][-2:] == ["age", "rent"]
    assert len(model.terms) <= 1000 / 30


def bent(areas: int, *, seed: int):
    """Simulate areas where covariates are skewed, bend and act together."""
    random = np.random.default_rng(seed)
    index = pd.Index([f"A{place:05d}" for place in range(areas)], name="area")
    covariates = pd.DataFrame(random.gamma(1.5, size=(areas, 2)), index, ["old", "poor"])
    old, poor = np.log(covariates["old"]), np.log(covariates["poor"])
    true = expit(-2.2 + 0.4 * old - 0.2 * poor**2 / 2 + 0.2 * old * poor)
    share = random.binomial(500, true) / 500
    return pd.DataFrame({"share": share, "n": 500.0}, index), covariates, true


def test_curves_and_products_follow_what_straight_lines_miss():
    observed, covariates, _ = bent(2000, seed=1)
    new, unseen, new_true = bent(500, seed=2)
    predicted = fit(observed, covariates).predict(unseen)["share"]
    straight = fit(observed.iloc[:250], covariates).predict(unseen)["share"]
    assert (predicted - new_true).abs().mean() < 0.012
    assert (predicted - new_true).abs().mean() < 0.5 * (straight - new_true).abs().mean()
    assert predicted.corr(new["share"], method="spearman") > 0.9


def test_a_large_design_gives_what_a_small_one_does(monkeypatch):
    from mapping.exclusion import glm

    observed, covariates, _ = bent(800, seed=3)
    by_weighted_squares = fit(observed, covariates)
    monkeypatch.setattr(glm, "LARGE", 0)
    by_newton = fit(observed, covariates)
    np.testing.assert_allclose(by_newton.terms, by_weighted_squares.terms, atol=1e-4)
    np.testing.assert_allclose(by_newton.covariance, by_weighted_squares.covariance, atol=1e-6)


def test_leaving_a_block_out_gives_what_fitting_without_it_does():
    from mapping.exclusion.glm import penalised, without_blocks

    observed, covariates, _ = world(600, 300, 0.3, seed=4)
    matrix = np.column_stack([np.ones(600), covariates])
    share, weight, prior = observed["share"].to_numpy(), np.full(600, 100.0), np.ones(3)
    blocks = np.arange(600) % 3
    found = without_blocks(
        penalised(matrix, share, weight, prior=prior), matrix, share, weight, blocks
    )
    for block in range(3):
        kept = blocks != block
        again = penalised(matrix[kept], share[kept], weight[kept], prior=prior)
        np.testing.assert_allclose(found[~kept], matrix[~kept] @ again.terms, atol=2e-3)


def test_areas_that_differ_more_where_they_are_unusual_get_wider_intervals_there():
    random = np.random.default_rng(5)
    index = pd.Index([f"A{place:05d}" for place in range(8000)], name="area")
    covariates = pd.DataFrame(random.normal(size=(8000, 3)), index, ["a", "b", "c"])
    far = np.sqrt((covariates**2).mean(axis=1))
    true = expit(-2 + 0.4 * covariates["a"] + 0.3 * far * random.normal(size=8000))
    observed = pd.DataFrame({"share": random.binomial(700, true) / 700, "n": 700.0}, index)
    model = fit(observed.iloc[:4000], covariates)
    new, seen = observed["share"].iloc[4000:], covariates.iloc[4000:]
    predicted = model.predict(seen)
    inside = new.between(predicted["low"], predicted["high"])
    thirds = pd.qcut(far.iloc[4000:], 3, labels=["near", "middle", "far"])
    assert model.spread.slope > 0.3
    assert inside.groupby(thirds, observed=True).mean().between(0.86, 0.94).all()


def test_residuals_of_new_areas_have_mean_nought_and_spread_one():
    observed, covariates, _ = world(3000, 200, 0.3, seed=6)
    model = fit(observed.iloc[:1500], covariates)
    new = observed.iloc[1500:]
    found = model.residuals(shuffled(new), covariates)
    assert found.mean() == pytest.approx(0, abs=0.1)
    assert found.std() == pytest.approx(1, abs=0.08)
    assert (found.abs() > 1.645).mean() == pytest.approx(0.1, abs=0.03)
    pd.testing.assert_series_equal(found, model.residuals(new, covariates).loc[found.index])
    assert model.residuals(new.iloc[:1].assign(share=1.0), covariates).item() > 5


def test_residuals_need_the_covariates_of_the_areas_observed():
    observed, covariates, _ = world(60, 200, 0.3, seed=6)
    model = fit(observed, covariates)
    with pytest.raises(InvalidTableError, match="no row for 5 of 60 observed areas"):
        model.residuals(observed, covariates.iloc[5:])


def test_an_area_far_outside_the_training_areas_is_said_to_extrapolate():
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    model = fit(observed, covariates)
    far = covariates.assign(age=covariates["age"].where(covariates.index != "A00007", 40))
    estimated = model.estimate(far, pd.Series(1.0, far.index), draws=5)
    unlike = (((far - covariates.mean()) / covariates.std(ddof=0)).abs() > 3).any(axis=1).sum()
    assert f"{unlike} of 50 areas are unlike" in " ".join(estimated.caveats)


FAULTS = {
    "a blank covariate": (lambda o, c: (o, c.mask(c > 2)), "is blank for"),
    "an infinite covariate": (lambda o, c: (o, c.mask(c > 2, np.inf)), "is blank for"),
    "words": (lambda o, c: (o, c.assign(age="old")), "'age' hold no numbers"),
    "a repeated column": (lambda o, c: (o, pd.concat([c, c[["age"]]], axis=1)), "'age' stands"),
    "a repeated area": (lambda o, c: (o, pd.concat([c, c.iloc[:1]])), "A00000 stands twice"),
    "a repeated observation": (lambda o, c: (pd.concat([o, o.iloc[:1]]), c), "A00000 stands"),
    "no covariates": (lambda o, c: (o, c.iloc[5:]), "no row for 5 of 100 observed areas"),
    "two areas": (lambda o, c: (o.iloc[:2], c), "fewer than three areas"),
    "per cent for shares": (lambda o, c: (o.assign(share=15.8), c), "share: above 1"),
    "a blank share": (lambda o, c: (o.assign(share=np.nan), c), "share: empty"),
    "nobody asked": (lambda o, c: (o.assign(n=0), c), "n: below"),
    "endlessly many asked": (lambda o, c: (o.assign(n=np.inf), c), "n: not a number"),
    "no sample size": (lambda o, c: (o[["share"]], c), "no column 'n'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_table_is_refused_in_one_sentence(fault):
    observed, covariates, _ = world(100, 50, 0.3, seed=2)
    spoil, said = FAULTS[fault]
    with pytest.raises(InvalidTableError, match=said):
        fit(*spoil(observed, covariates))


def test_predict_names_the_covariates_that_are_missing():
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    with pytest.raises(InvalidTableError, match="no column 'rent'"):
        fit(observed, covariates).predict(covariates[["age"]])


def test_predict_refuses_a_level_that_is_no_coverage():
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    with pytest.raises(InvalidTableError, match="level is 95"):
        fit(observed, covariates).predict(covariates, level=95)


def test_estimate_refuses_areas_without_adults_or_ward():
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    model, adults = fit(observed, covariates), pd.Series(1.0, covariates.index)
    wards = pd.Series("W1", covariates.index)
    with pytest.raises(InvalidTableError, match="adults are missing for 1 of 50"):
        model.estimate(covariates, adults.iloc[1:])
    with pytest.raises(InvalidTableError, match="A00000 stands twice"):
        model.estimate(covariates, pd.concat([adults, adults.iloc[:1]]))
    with pytest.raises(InvalidTableError, match="1 areas belong to no larger area"):
        model.estimate(covariates, adults, groups=wards.iloc[1:])


def test_inputs_are_left_as_they_were():
    observed, covariates, _ = world(50, 50, 0.3, seed=2)
    before = observed.copy(), covariates.copy()
    model = fit(observed, covariates)
    model.estimate(covariates, pd.Series(1.0, covariates.index), draws=5)
    pd.testing.assert_frame_equal(observed, before[0])
    pd.testing.assert_frame_equal(covariates, before[1])


def test_a_ward_survey_leaves_wards_as_unsure_as_it_found_them_and_their_areas_more_so():
    index = pd.Index([f"A{place:03d}" for place in range(300)], name="area")
    flat = pd.DataFrame(index=index)
    wards = pd.Series(np.repeat(np.arange(60), 5), index).map("W{:02d}".format)
    observed, _, _ = world(60, 400, 0.4, seed=2)
    model = fit(observed, pd.DataFrame(index=observed.index))
    made = model.estimate(flat, pd.Series(1.0, index), groups=wards, learned_from_groups=True)
    areas = logit(made.draws).to_numpy()
    means = pd.DataFrame(areas).groupby(wards.to_numpy()).mean().to_numpy()
    assert means.std(axis=1).mean() == pytest.approx(model.area_effect, rel=0.05)
    assert areas.std(axis=1).mean() > 1.2 * model.area_effect
    plain = logit(model.estimate(flat, pd.Series(1.0, index), groups=wards).draws).to_numpy()
    assert plain.std(axis=1).mean() == pytest.approx(model.area_effect, rel=0.05)


# --- levels, totals, ranks ----------------------------------------------------------------------


def test_bringing_to_a_level_reproduces_every_drawn_total():
    estimated = many(50, 300)
    levelled = exclusion.at_level(estimated, LEVEL, seed=1)
    totals = levelled.draws.mul(levelled.adults, axis=0).sum() / levelled.adults.sum()
    # The same seed draws the totals aimed at.
    spread = LEVEL.se / (LEVEL.share * (1 - LEVEL.share))
    aimed = expit(np.random.default_rng(1).normal(logit(LEVEL.share), spread, 300))
    np.testing.assert_allclose(totals, aimed, atol=1e-9)
    assert totals.mean() == pytest.approx(LEVEL.share, abs=0.004)
    assert totals.std() == pytest.approx(LEVEL.se, rel=0.12)


def test_bringing_to_a_level_keeps_the_order_of_areas_and_shares_between_0_and_1():
    estimated = many(50, 100)
    for share in (0.001, 0.5, 0.999):
        levelled = exclusion.at_level(estimated, replace(LEVEL, share=share, se=0.0), seed=1)
        assert levelled.draws.ge(0).all(axis=None)
        assert levelled.draws.le(1).all(axis=None)
        pd.testing.assert_frame_equal(levelled.draws.rank(), estimated.draws.rank())
        assert levelled.total()["share"] == pytest.approx(share, abs=1e-9)


def test_a_level_is_taken_over_with_its_words():
    levelled = exclusion.at_level(many(5, 10), LEVEL, seed=1)
    assert (levelled.outcome, levelled.year, levelled.population) == (
        "offline", 2020, "adults aged 16 and over",
    )  # fmt: skip
    assert "a source" in levelled.formula


def test_an_area_without_estimate_stays_without_and_spoils_no_other():
    estimated = exclusion_of([[np.nan, np.nan], [0.1, 0.2], [0.0, 0.3]], [0, 1000, 1000])
    levelled = exclusion.at_level(estimated, LEVEL, seed=1)
    assert levelled.frame["share"].isna().tolist() == [True, False, False]
    assert levelled.draws.iloc[2, 0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("share", "se"), [(15.8, 1.9), (0.0, 0.01), (1.0, 0.01), (0.2, -1.0), (0.2, np.inf)]
)
def test_an_impossible_level_is_refused(share, se):
    with pytest.raises(InvalidTableError, match=r"15\.8 % is 0\.158"):
        replace(LEVEL, share=share, se=se)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), areas=st.integers(1, 25))
def test_summing_areas_keeps_every_total_draw_by_draw(seed, areas):
    estimated = many(areas, 12, seed=seed)
    names = np.random.default_rng(seed).choice(["W1", "W2", "W3"], areas)
    wards = pd.Series(names, estimated.draws.index)
    larger = exclusion.summed(estimated, shuffled(wards, seed))
    people = estimated.draws.mul(estimated.adults, axis=0)
    np.testing.assert_allclose(larger.draws.mul(larger.adults, axis=0).sum(), people.sum())
    assert larger.adults.sum() == estimated.adults.sum()
    for ward in set(names):
        rows = [area for area in wards.index if wards[area] == ward]
        share = sum(people.loc[area, 3] for area in rows) / sum(estimated.adults[rows])
        assert larger.draws.loc[ward, 3] == pytest.approx(share)


def test_summing_refuses_an_area_without_ward_or_with_two():
    estimated = many(3, 5)
    wards = pd.Series("W1", estimated.draws.index)
    with pytest.raises(InvalidTableError, match="1 areas belong to no larger area"):
        exclusion.summed(estimated, wards.iloc[1:])
    with pytest.raises(InvalidTableError, match="A0 stands twice"):
        exclusion.summed(estimated, pd.concat([wards, wards.iloc[:1]]))


def test_a_ward_with_people_of_unknown_share_has_no_estimate():
    estimated = exclusion_of([[np.nan], [0.2], [np.nan], [0.3]], [100, 100, 0, 100])
    wards = pd.Series(["W1", "W1", "W2", "W2"], estimated.draws.index)
    assert exclusion.summed(estimated, wards).draws[0].round(3).tolist()[1] == 0.3
    assert exclusion.summed(estimated, wards).draws[0].isna().tolist() == [True, False]


def test_people_are_shares_times_adults_and_the_total_has_narrower_bounds_than_the_sum():
    estimated = many(40, 500)
    frame, total = estimated.frame, estimated.total()
    np.testing.assert_allclose(frame["people"], frame["share"] * estimated.adults)
    np.testing.assert_allclose(frame["people_high"], frame["high"] * estimated.adults)
    assert total["people"] == pytest.approx(frame["people"].sum())
    assert frame["people_low"].sum() < total["low"] < total["people"] < total["high"]


def test_a_total_is_of_the_people_of_areas_that_have_an_estimate():
    estimated = exclusion_of([[np.nan, np.nan], [0.1, 0.3]], [4000, 1000])
    assert estimated.total().loc[["people", "share"]].tolist() == pytest.approx([200, 0.2])
    assert np.isnan(estimated.total(["A0"])["share"])


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), areas=st.integers(1, 8), count=st.integers(0, 9))
def test_chances_of_the_top_are_those_of_counting_with_ties_shared(seed, areas, count):
    random = np.random.default_rng(seed)
    shares = random.integers(1, 4, (areas, 6)) / 10
    found = exclusion.probability_among_top(exclusion_of(shares, [1] * areas), count)
    for place, area in enumerate(found.index):
        chances = []
        for column in shares.T:
            above, equal = (column > column[place]).sum(), (column == column[place]).sum()
            chances.append(min(max(count - above, 0) / equal, 1))
        assert found[area] == pytest.approx(np.mean(chances))
    assert found.sum() == pytest.approx(min(count, areas))


def test_chances_of_the_top_do_not_depend_on_row_order():
    estimated = exclusion_of([[0.2], [0.2], [0.1]], [1, 1, 1])
    mixed = replace(estimated, draws=estimated.draws.iloc[::-1])
    assert exclusion.probability_among_top(mixed, 1)["A0"] == 0.5
    assert exclusion.probability_among_top(estimated, 1).tolist() == [0.5, 0.5, 0.0]


# --- published rates ----------------------------------------------------------------------------


def place(**counts) -> dict[str, float]:
    ages = dict.fromkeys(exclusion.PUBLISHED_RATES, 0.0)
    base = {"social_rented": 171, "households": 1000, "disabled": 173, "disability_base": 1000}
    return ages | base | counts | {"adults": sum(counts.get(age, 0) for age in ages)}


def test_published_rates_are_about_the_rate_of_the_age_in_an_average_place():
    areas = pd.DataFrame([place(age_65_74=500), place(age_16_24=300), place(age_85_over=10)])
    shares = exclusion.published_share(areas)
    assert shares[:2].tolist() == pytest.approx([0.2, 0.01], abs=0.01)
    assert shares[2] > 0.56


def test_published_rates_rise_with_social_renting_and_disability():
    areas = pd.DataFrame(
        [
            place(age_65_74=9),
            place(age_65_74=9, social_rented=500),
            place(age_65_74=9, disabled=500),
        ]
    )
    shares = exclusion.published_share(areas)
    assert (shares[1:] > shares[0] + 0.02).all()


def test_an_area_without_people_has_no_published_share_and_spoils_no_level():
    areas = pd.DataFrame([place(age_65_74=500), place()], index=["A", "B"])
    assert exclusion.published_share(areas).isna().tolist() == [False, True]
    share = exclusion.published_share(areas)["A"]
    assert exclusion.published_level(areas).share == pytest.approx(share)
    made = exclusion.synthetic(areas, draws=50, seed=1)
    levelled = exclusion.at_level(made, LEVEL, seed=2)
    assert levelled.draws.loc["A"].between(0, 1).all()


def test_a_synthetic_estimate_is_as_unsure_as_england_shows_and_does_not_heed_row_order():
    areas = pd.DataFrame(
        [place(age_65_74=100 + k) for k in range(60)], index=[f"A{k:02d}" for k in range(60)]
    ).rename_axis("area")
    wards = pd.Series(np.arange(60) // 5, areas.index)
    made = exclusion.synthetic(areas, groups=wards, draws=1000, seed=1)
    mixed = exclusion.synthetic(shuffled(areas), groups=shuffled(wards), draws=1000, seed=1)
    pd.testing.assert_frame_equal(made.draws, mixed.draws.loc[areas.index])
    logits = logit(made.draws)
    assert logits.std(axis=1).mean() == pytest.approx(0.3, rel=0.05)
    alike, strange = np.corrcoef(logits)[0, 1:5].mean(), np.corrcoef(logits)[0, 5:].mean()
    assert alike == pytest.approx(0.4, abs=0.08)
    assert strange == pytest.approx(0, abs=0.05)


# --- surveys ------------------------------------------------------------------------------------


def test_a_survey_level_counts_weights_and_a_point_for_non_response():
    people = pd.DataFrame({"ward": "W", "offline": [1, 0] * 50, "weight": [1.0, 3.0] * 50})
    level = exclusion.survey_level(people, year=2025, source="a survey")
    assert level.share == pytest.approx(0.25)
    effective = 200**2 / 500
    assert level.se == pytest.approx(np.hypot((0.25 * 0.75 / effective) ** 0.5, 0.01))
    assert "1 point for non-response (our assumption)" in level.source


@pytest.mark.parametrize(("offline", "who"), [(0, "nobody"), (1, "everybody")])
def test_a_survey_where_all_answer_alike_gives_no_level(offline, who):
    people = pd.DataFrame({"ward": "W", "offline": [offline] * 9, "weight": 1.0})
    with pytest.raises(InvalidTableError, match=f"{who} among 9 respondents"):
        exclusion.survey_level(people, year=2025, source="a survey")


# --- England ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def england(open_data):
    """Observed returns, covariates, needs and regions of every LSOA held."""
    inputs = find_inputs(read_study("liverpool", REPOSITORY), open_data, REPOSITORY)
    held = returns(inputs)
    return held.observed, held.covariates, everywhere(inputs), held.region


@pytest.mark.real
def test_published_rates_reproduce_about_ten_per_cent_of_england(england):
    level = exclusion.published_level(england[2])
    assert level.share == pytest.approx(0.10, abs=0.01)


@pytest.mark.real
def test_regions_left_out_are_predicted_with_honest_intervals(england):
    observed, covariates, _, region = england
    correlations, covered = [], []
    for name in ("London", "North East"):
        left_out = region == name
        others = observed[~left_out].sort_index().sample(12_000, random_state=0)  # to be quick
        predicted = fit(others, covariates).predict(covariates.loc[region.index[left_out]])
        share = observed.loc[left_out, "share"]
        correlations.append(share.corr(predicted["share"], method="spearman"))
        covered.append(share.between(predicted["low"], predicted["high"]).mean())
    # A plain GLM with squares has 0.63 and 0.73 with more covariates than these.
    assert correlations[0] > 0.63
    assert correlations[1] > 0.73
    assert all(0.84 <= coverage <= 0.95 for coverage in covered)


@pytest.mark.parametrize(
    ("areas", "sample", "share"), [(3, 5000, None), (5, 40, None), (30, 50, 0)]
)
def test_bounds_hold_as_many_draws_as_they_say_however_little_is_known(areas, sample, share):
    random = np.random.default_rng(areas)
    index = [f"E0100{i:04d}" for i in range(areas)]
    covariates = pd.DataFrame({"age": random.normal(size=areas)}, index=index)
    shares = random.binomial(sample, 0.2, areas) / sample if share is None else share
    model = exclusion.fit(pd.DataFrame({"share": shares, "n": sample}, index=index), covariates)
    bounds = model.predict(covariates, level=0.9)
    draws = model.draws(covariates, 4000, seed=1)
    inside = draws.ge(bounds["low"], axis=0) & draws.le(bounds["high"], axis=0)
    assert inside.mean(axis=1).min() > 0.88
