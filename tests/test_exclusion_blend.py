"""Blends, direct estimates and comparisons, against plain second implementations."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from mapping import demo, exclusion
from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion, Level, blend, direct_estimates, summed
from mapping.exclusion.conditioning import SCALE_SD, SCALES, Prior, Sample, posterior
from mapping.needs import to_wards
from mapping.pipeline.building import _needs
from mapping.pipeline.inputs import find_inputs
from mapping.study import read_study
from mapping.workspace import Workspace, write_text

ADULTS = "adults aged 16 and over"
SEEDS = st.integers(0, 10_000)


def shuffled(table, seed=0):
    return table.sample(frac=1, random_state=seed)


def estimated(wards: int, areas: int = 3, *, seed: int, draws: int = 200, effect: float = 0.25):
    """Make an estimate of `areas` in each of `wards`, whose wards differ by `effect` in draws."""
    random = np.random.default_rng(seed)
    names = [f"A{ward:02d}{area}" for ward in range(wards) for area in range(areas)]
    index = pd.Index(names, name="area")
    larger = pd.Series([f"W{name[1:3]}" for name in names], index)
    centre = logit(0.16) + 0.3 * np.repeat(random.normal(size=wards), areas)[:, None]
    common = effect * random.normal(size=(wards, draws)).repeat(areas, axis=0)
    odds = centre + common + 0.1 * random.normal(size=(len(index), draws))
    adults = pd.Series(random.integers(500, 2500, len(index)).astype(float), index)
    made = Exclusion("offline", 2025, ADULTS, "made", adults, pd.DataFrame(expit(odds), index))
    return made, larger


def answers(made: Exclusion, larger: pd.Series, n: float, *, seed: int, draw: int = 0):
    """Take one draw for the truth, and ask `n` people in each ward: truth and answers by ward."""
    truth = summed(made, larger).draws[draw]
    heads = np.random.default_rng(seed).binomial(int(n), truth)
    return truth, pd.DataFrame({"share": heads / int(n), "n": float(n)}, truth.index)


# --- conditioning: the textbook, and brute force ------------------------------------------------


def independent(centre: list[float], variance: float, *, draws: int = 4000, seed: int = 0):
    odds = np.random.default_rng(seed).normal(0, variance**0.5, (len(centre), draws))
    middle = np.array(centre)
    flat = np.zeros((len(centre), 1))
    return Prior(middle, middle[:, None] + odds, variance * np.eye(len(centre)), flat, 0.0)


def test_with_independent_wards_it_is_the_textbook_fay_herriot_estimate():
    prior = independent([-1.5, -1.0, -2.0, -1.2], 0.09)
    sample = Sample(
        np.array([0, 1, 3]), np.array([0.3, 0.2, 0.1]), np.array([900.0, 400.0, 4000.0])
    )
    mode = posterior(prior, sample).modes[len(SCALES) // 2]
    assert mode.scale == pytest.approx(1)
    # z: the direct estimate linearised; D: its variance; gamma = A / (A + D), as Rao and Molina
    # (2015) have it. A ward not seen keeps the synthetic estimate.
    share = expit(mode.working)
    gamma = 0.09 / (0.09 + mode.variance)
    found = prior.centre + mode.gain @ (mode.working - prior.centre[sample.at])
    textbook = gamma * mode.working + (1 - gamma) * prior.centre[sample.at]
    np.testing.assert_allclose(found[sample.at], textbook)
    np.testing.assert_allclose(np.diag(mode.gain[sample.at]), gamma)
    assert found[2] == pytest.approx(-2.0)
    np.testing.assert_allclose(share, sample.share, atol=0.02)


def by_importance(prior: Prior, sample: Sample, *, draws: int, seed: int):
    """Weigh draws of everything unknown by the binomial likelihood: mean and s.d. by ward."""
    random = np.random.default_rng(seed)
    wards = len(prior.centre)
    scale = np.exp(SCALE_SD * np.clip(random.normal(size=draws), -3.25, 3.25))
    root = np.linalg.cholesky(prior.covariance)
    true = prior.centre[:, None] + scale * (root @ random.normal(size=(wards, draws)))
    true += prior.terms @ random.normal(size=(prior.terms.shape[1], draws))
    seen = (true + prior.bias * random.normal(size=draws))[sample.at]
    heads = (sample.n * sample.share)[:, None]
    fit = (heads * seen - sample.n[:, None] * np.logaddexp(0, seen)).sum(axis=0)
    weight = np.exp(fit - fit.max())
    weight /= weight.sum()
    mean = true @ weight
    return mean, np.sqrt((true - mean[:, None]) ** 2 @ weight)


@pytest.mark.parametrize(
    ("n", "shares"),
    [(5, (0.0, 0.0)), (5, (0.2, 0.6)), (30, (0.2, 0.6)), (30, (0.2, 0.2)), (200, (0.2, 0.2))],
)
def test_conditioned_draws_agree_with_brute_force(n, shares):
    random = np.random.default_rng(3)
    covariance = np.array([[0.10, 0.04, 0.02], [0.04, 0.08, 0.03], [0.02, 0.03, 0.12]])
    centre = np.array([-1.6, -1.2, -2.0])
    own = np.linalg.cholesky(covariance) @ random.normal(size=(3, 6000))
    terms = np.array([[0.4, 0.1], [0.4, 0.0], [0.4, -0.1]])
    prior = Prior(centre, centre[:, None] + own, np.cov(own), terms, 0.08)
    sample = Sample(np.array([0, 1]), np.array(shares), np.array([float(n), 2.0 * n]))
    drawn = posterior(prior, sample).draws(random)
    exact = replace(prior, covariance=covariance)
    mean, spread = by_importance(exact, sample, draws=200_000, seed=4)
    np.testing.assert_allclose(drawn.mean(axis=1), mean, atol=0.06)
    np.testing.assert_allclose(drawn.std(axis=1), spread, rtol=0.07)


# --- the blend ----------------------------------------------------------------------------------


def test_small_samples_lean_on_the_estimate_and_large_ones_on_themselves():
    made, larger = estimated(8, seed=1)
    _, direct = answers(made, larger, 100, seed=1)
    sizes = pd.Series([2.0, 5, 20, 50, 200, 800, 5000, 50_000], direct.index)
    found = blend(made, direct.assign(share=0.3, n=sizes), larger, population=ADULTS).wards
    assert found["weight"].is_monotonic_increasing
    assert found["weight"].iloc[0] < 0.1
    assert found["weight"].iloc[-1] > 0.95
    # 1 point of non-response error remains however many are asked.
    assert found["share"].iloc[-1] == pytest.approx(0.3, abs=0.012)


def test_a_blend_lies_closer_to_the_truth_than_the_survey_and_the_estimate():
    errors = []
    for seed in range(8):
        made, larger = estimated(40, seed=seed)
        truth, direct = answers(made, larger, 60, seed=seed)
        found = blend(made, direct, larger, population=ADULTS, keep_level=True).wards
        before = summed(made, larger).frame["share"]
        errors.append(
            [(it - truth).abs().mean() for it in (direct["share"], before, found["share"])]
        )
    survey, before, after = np.mean(errors, axis=0)
    assert after < 0.9 * before
    assert after < 0.7 * survey


@pytest.mark.parametrize(("n", "asked"), [(5, 0.6), (40, 0.6), (400, 1.0)])
def test_intervals_hold_the_truth_as_often_as_they_say_even_with_five_a_ward(n, asked):
    covered = {0.8: [], 0.95: []}
    for seed in range(14):
        made, larger = estimated(30, seed=seed, draws=250)
        truth, direct = answers(made, larger, n, seed=seed, draw=7)
        some = shuffled(direct, seed).iloc[: int(asked * len(direct))]
        found = summed(blend(made, some, larger, population=ADULTS, seed=seed), larger)
        for level, inside in covered.items():
            frame = found.interval(level)
            inside.append(truth.between(frame["low"], frame["high"]).mean())
    assert 0.75 <= np.mean(covered[0.8]) <= 0.88
    assert 0.92 <= np.mean(covered[0.95]) <= 0.985


def test_wards_where_nobody_was_asked_learn_the_level_from_the_others():
    made, larger = estimated(20, seed=2)
    wards = summed(made, larger).frame["share"]
    seen = pd.DataFrame({"share": expit(logit(wards) + 0.8), "n": 300.0}).iloc[:12]
    found = blend(made, seen, larger, population=ADULTS)
    moved = logit(found.wards["share"]) - logit(wards)
    assert moved.iloc[12:].mean() == pytest.approx(0.8, abs=0.1)
    assert found.wards["direct"].isna().sum() == found.diagnostics["wards filled from the others"]
    assert any("Nobody was asked in 8 of 20 wards" in said for said in found.caveats)
    width = (found.wards["high"] - found.wards["low"]) / found.wards["share"]
    assert width.iloc[12:].mean() > 1.3 * width.iloc[:12].mean()


def test_the_level_is_the_surveys_unless_the_estimates_is_kept():
    made, larger = estimated(20, seed=2)
    sure = exclusion.at_level(made, Level(0.16, 0.005, "offline", 2025, ADULTS, "a source"), seed=1)
    direct = pd.DataFrame({"share": 0.3, "n": 10.0}, summed(made, larger).draws.index)
    free = blend(sure, direct, larger, population=ADULTS).total()["share"]
    kept = blend(sure, direct, larger, population=ADULTS, keep_level=True).total()["share"]
    assert free == pytest.approx(0.3, abs=0.03)
    assert kept < 0.24


def test_how_far_wards_differ_is_learned_and_never_nothing():
    made, larger = estimated(60, seed=5, effect=0.25)
    wards = summed(made, larger).frame["share"]
    found = {}
    for effect in (0.0, 0.25, 0.8):
        noise = effect * np.random.default_rng(1).normal(size=len(wards))
        truth = expit(logit(wards) + noise)
        direct = pd.DataFrame(
            {"share": np.random.default_rng(2).binomial(400, truth) / 400, "n": 400.0}, wards.index
        )
        said = blend(made, direct, larger, population=ADULTS).diagnostics[
            "ward effect (logit s.d.)"
        ]
        found[effect] = float(said.split()[0])
    assert 0 < found[0.0] < 0.13
    assert found[0.25] == pytest.approx(0.25, abs=0.08)
    assert found[0.8] > 0.5


def test_an_estimate_whose_draws_know_no_ward_effect_is_given_one():
    made, larger = estimated(20, seed=5)
    flat = pd.DataFrame(np.tile(made.draws.mean(axis=1), (200, 1)).T, made.draws.index)
    direct = pd.DataFrame({"share": 0.16, "n": 5.0}, summed(made, larger).draws.index)
    found = blend(replace(made, draws=flat), direct, larger, population=ADULTS).wards
    assert (found["high"] - found["low"]).min() > 0.05


def test_a_covariate_explains_where_the_estimate_is_wrong():
    made, larger = estimated(40, seed=6)
    wards = summed(made, larger).frame["share"]
    poor = pd.DataFrame({"poor": np.linspace(-1, 1, 40), "same": 1.0}, wards.index)
    truth = expit(logit(wards) + 0.6 * poor["poor"])
    direct = pd.DataFrame({"share": truth, "n": 60.0}).iloc[::2]
    errors = [
        (blend(made, direct, larger, population=ADULTS, covariates=c).wards["share"] - truth)
        .iloc[1::2].abs().mean()
        for c in (None, poor)
    ]  # fmt: skip
    assert errors[1] < 0.6 * errors[0]


def test_areas_add_up_to_their_ward_and_differ_within_it_as_the_estimate_says():
    made, larger = estimated(6, seed=3)
    _, direct = answers(made, larger, 20, seed=3)
    found = blend(made, direct, larger, population=ADULTS)
    frame = summed(found, larger).frame
    np.testing.assert_allclose(
        frame[["share", "low", "high"]], found.wards[["share", "low", "high"]]
    )
    for ward in ("W00", "W04"):
        areas = larger.index[larger == ward]
        before, after = (logit(one.draws.loc[areas]) for one in (made, found))
        np.testing.assert_allclose(after - after.iloc[0], before - before.iloc[0], atol=1e-9)


def test_a_large_survey_is_still_as_unsure_of_the_city_as_its_non_response():
    made, larger = estimated(20, seed=3)
    direct = pd.DataFrame({"share": 0.16, "n": 1e6}, summed(made, larger).draws.index)
    drawn = {}
    for se in (0.0, 0.01):
        found = blend(made, direct, larger, population=ADULTS, non_response_se=se)
        drawn[se] = (found.draws.mul(found.adults, axis=0).sum() / found.adults.sum()).std()
    assert drawn[0.0] < 0.001
    assert drawn[0.01] == pytest.approx(0.01, rel=0.15)


def test_a_design_effect_counts_as_fewer_respondents():
    made, larger = estimated(6, seed=3)
    _, direct = answers(made, larger, 40, seed=3)
    clustered = blend(made, direct, larger, population=ADULTS, design_effect=2.0)
    fewer = blend(made, direct.assign(n=20.0), larger, population=ADULTS)
    pd.testing.assert_frame_equal(clustered.draws, fewer.draws)


# --- honesty with little ------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("n", [1.0, 5.0, 500.0])
@pytest.mark.parametrize("wards", [1, 2, 12])
def test_a_survey_in_which_all_answer_alike_is_not_taken_for_certainty(share, n, wards):
    made, larger = estimated(12, seed=4)
    index = summed(made, larger).draws.index[:wards]
    found = blend(made, pd.DataFrame({"share": share, "n": n}, index), larger, population=ADULTS)
    assert found.draws.to_numpy().min() >= 0
    assert found.draws.to_numpy().max() <= 1
    assert (found.wards["high"] > found.wards["low"]).all()
    before = summed(made, larger).frame["share"]
    moved = (found.wards["share"] - before).mean()
    if n * wards < 5:
        assert abs(moved) < 0.15
    else:
        assert (moved > 0) == (share == 1)
    assert found.wards["share"].between(0.0005, 0.9995).all()


def test_an_estimate_of_a_single_ward_can_be_blended():
    made, larger = estimated(1, seed=4)
    direct = pd.DataFrame({"share": [0.4], "n": [50.0]}, ["W00"])
    found = blend(made, direct, larger, population=ADULTS).wards["share"].iloc[0]
    assert made.total()["share"] < found < 0.42


def test_a_disagreement_of_a_million_answers_still_gives_finite_numbers():
    made, larger = estimated(5, seed=4)
    direct = pd.DataFrame({"share": [0.0, 1.0, 0.5], "n": [1e7, 1e7, 0.5]}, ["W00", "W01", "W02"])
    found = blend(made, direct, larger, population=ADULTS)
    assert found.draws.notna().all(axis=None)
    assert found.wards["share"].iloc[0] < 0.03
    assert found.wards["share"].iloc[1] > 0.9


def test_an_area_without_estimate_or_people_stays_as_it_was():
    made, larger = estimated(4, seed=4)
    draws = made.draws.copy()
    draws.iloc[0] = np.nan
    adults = made.adults.mask(made.adults.index == "A011", 0.0).mask(larger == "W03", 0.0)
    _, direct = answers(made, larger, 20, seed=3)
    holed = replace(made, draws=draws, adults=adults)
    found = blend(holed, direct.iloc[:3], larger, population=ADULTS)
    assert found.draws.isna().all(axis=1).tolist() == [True] + [False] * 11
    pd.testing.assert_frame_equal(found.draws.loc[["A030"]], draws.loc[["A030"]])
    assert found.draws.loc["A011"].between(0, 1).all()


def test_wards_that_have_no_areas_are_named():
    made, larger = estimated(4, seed=4)
    _, direct = answers(made, larger, 20, seed=3)
    strange = pd.DataFrame({"share": [0.1], "n": [5.0]}, ["Waterfront"])
    found = blend(made, pd.concat([direct, strange]), larger, population=ADULTS)
    assert any(
        "1 wards that have no areas here were left out (Waterfront)" in said
        for said in found.caveats
    )
    pd.testing.assert_frame_equal(found.draws, blend(made, direct, larger, population=ADULTS).draws)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    seed=SEEDS, wards=st.integers(1, 9), n=st.sampled_from([1, 5, 60]), missing=st.integers(0, 8)
)
def test_row_order_never_matters_and_inputs_stay_as_they_were(seed, wards, n, missing):
    made, larger = estimated(wards, seed=seed, draws=20)
    _, direct = answers(made, larger, n, seed=seed)
    direct = direct.iloc[min(missing, wards - 1) :]
    poor = pd.DataFrame({"poor": np.arange(wards) * 1.0}, summed(made, larger).draws.index)
    copies = made.draws.copy(), made.adults.copy(), direct.copy(), larger.copy(), poor.copy()
    plain = blend(made, direct, larger, population=ADULTS, covariates=poor, seed=seed)
    mixed = replace(made, draws=shuffled(made.draws, 1), adults=shuffled(made.adults, 2))
    other = blend(
        mixed, shuffled(direct, 3), shuffled(larger, 4), population=ADULTS,
        covariates=shuffled(poor, 5), seed=seed,
    )  # fmt: skip
    pd.testing.assert_frame_equal(plain.draws, other.draws.loc[made.draws.index], rtol=0, atol=0)
    assert other.draws.index.equals(mixed.draws.index)
    pd.testing.assert_frame_equal(plain.wards, other.wards)
    for now, then in zip((made.draws, made.adults, direct, larger, poor), copies, strict=True):
        assert now.equals(then)


FAULTS = {
    "a tenants' survey": (
        {"population": "social tenants aged 16 and over"},
        "it asked social tenants aged 16 and over, but the estimate is of adults aged 16 and over",
    ),
    "another outcome at the estimate's level": (
        {"outcome": "lacked foundation digital skills", "keep_level": True}, "one level cannot",
    ),
    "no design": ({"design_effect": 0.0}, "design effect of 0"),
    "an error in points": ({"non_response_se": 1.0}, "1 point is 0.01"),
    "covariates that lack wards": (
        {"covariates": pd.DataFrame({"poor": [1.0]}, ["W00"])}, "3 of 4 wards have no row",
    ),
    "blank covariates": (
        {"covariates": pd.DataFrame({"poor": np.nan}, ["W00", "W01", "W02", "W03"])}, "poor: empty",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_blend_that_cannot_be_is_refused_in_one_sentence(fault):
    made, larger = estimated(4, seed=4, draws=20)
    _, direct = answers(made, larger, 20, seed=3)
    given, said = FAULTS[fault]
    with pytest.raises(InvalidTableError, match=said):
        blend(made, direct, larger, **{"population": ADULTS, **given})


SURVEYS = {
    "per cent": (lambda d: d.assign(share=15.8), "share: above"),
    "few per cent": (lambda d: d.assign(share=1.5), "not per cent"),
    "a blank share": (lambda d: d.assign(share=np.nan), "share: empty"),
    "nobody asked": (lambda d: d.assign(n=0.0), "n: below"),
    "a ward twice": (lambda d: pd.concat([d, d.iloc[:1]]), "W00 stands twice"),
    "old codes": (lambda d: d.rename("X{}".format), "none of its 4 wards has areas"),
    "no ward": (lambda d: d.iloc[:0], "none of its 0 wards"),
}  # fmt: skip


@pytest.mark.parametrize("fault", SURVEYS)
def test_a_faulty_survey_is_refused_in_one_sentence(fault):
    made, larger = estimated(4, seed=4, draws=20)
    _, direct = answers(made, larger, 20, seed=3)
    spoil, said = SURVEYS[fault]
    with pytest.raises(InvalidTableError, match=said):
        blend(made, spoil(direct), larger, population=ADULTS)


def test_an_estimate_that_does_not_say_what_it_counts_is_not_blended():
    made, larger = estimated(4, seed=4, draws=20)
    _, direct = answers(made, larger, 20, seed=3)
    with pytest.raises(InvalidTableError, match="does not say what it counts"):
        blend(replace(made, year=0), direct, larger, population=ADULTS)


def test_a_survey_of_another_outcome_takes_only_the_pattern_and_says_so():
    made, larger = estimated(4, seed=4, draws=20)
    _, direct = answers(made, larger, 20, seed=3)
    found = blend(made, direct, larger, population=ADULTS, outcome="lacks skills", year=2026)
    assert (found.outcome, found.year, found.population) == ("lacks skills", 2026, ADULTS)
    assert any("another outcome: offline (2025)" in said for said in found.caveats)
    same = blend(made, direct, larger, population=ADULTS)
    assert (same.outcome, same.year, same.caveats) == ("offline", 2025, ())


def test_a_tenants_survey_is_blended_with_an_estimate_of_tenants():
    made, larger = estimated(4, seed=4, draws=20)
    _, direct = answers(made, larger, 20, seed=3)
    tenants = replace(made, population="social tenants", adults=made.adults / 4)
    found = blend(tenants, direct, larger, population="social tenants")
    assert found.population == "social tenants"
    assert found.total()["people"] < made.adults.sum() / 4


# --- direct estimates from respondents ----------------------------------------------------------


def asked(ward: str, offline: list[int], weight: list[float] | float = 1.0, age: str = "old"):
    return pd.DataFrame({"ward": ward, "offline": offline, "weight": weight, "age": age})


def test_direct_shares_are_weighted_and_their_variance_is_the_surveys():
    people = pd.concat([asked("W1", [1, 0, 0], [2.0, 1, 1]), asked("W2", [1, 0], 2.0)])
    found = direct_estimates(people)
    assert found["share"].tolist() == [0.5, 0.5]
    assert found["respondents"].tolist() == [3, 2]
    # Overall 0.5: half of each squared weight of 14, over 8², against 0.25 among 5.
    effect = 5 * (0.25 * 14 / 64) / 0.25
    assert found["n"].tolist() == pytest.approx([3 / effect, 2 / effect])
    assert found.index.name == "area"
    pd.testing.assert_frame_equal(direct_estimates(people.iloc[[4, 1, 3, 0, 2]]), found)


def test_nobody_among_five_has_a_standard_error():
    people = pd.concat([asked("W1", [0] * 5), asked("W2", [1, 0, 0, 0, 0])])
    found = direct_estimates(people)
    assert found.loc["W1", "share"] == 0
    assert found.loc["W1", "se"] > 0.05
    assert (direct_estimates(asked("W1", [0] * 5))["n"] == 5).all()


def test_the_standard_error_is_what_repeated_surveys_show():
    random = np.random.default_rng(5)
    found = []
    for _ in range(100):
        weight = random.choice([1.0, 3.0], 600)
        wards = np.repeat([f"W{ward:02d}" for ward in range(20)], 30)
        people = pd.DataFrame(
            {"ward": wards, "offline": random.binomial(1, 0.2, 600), "weight": weight}
        )
        found.append(direct_estimates(people))
    spread = pd.concat([one["share"] for one in found], axis=1).std(axis=1).mean()
    said = np.mean([one["se"].mean() for one in found])
    assert said == pytest.approx(spread, rel=0.08)


def test_a_ward_whose_respondents_are_older_than_its_people_is_put_right():
    people = pd.concat(
        [
            asked("W1", [1, 1, 0, 0], age="old"), asked("W1", [0], age="young"),
            asked("W2", [0, 0, 0, 0], age="young"), asked("W2", [1, 0], age="old"),
        ]
    )  # fmt: skip
    known = pd.DataFrame({"young": [0.5, 0.5], "old": [0.5, 0.5]}, ["W1", "W2"])
    found = direct_estimates(people, known={"age": known})
    # Half of the old are offline and none of the young, everywhere: so is a quarter of each ward.
    assert found["share"].tolist() == pytest.approx([0.25, 0.25])
    assert direct_estimates(people)["share"].tolist() == pytest.approx([0.4, 1 / 6])
    assert (found["n"] > direct_estimates(people)["n"]).all()


def test_adjusting_for_age_lowers_the_error_of_small_samples():
    random = np.random.default_rng(6)
    wards = [f"W{ward:02d}" for ward in range(30)]
    known = pd.DataFrame({"young": 0.7, "old": 0.3}, wards)
    errors = []
    for _ in range(20):
        old = random.binomial(1, 0.3, 300)
        people = pd.DataFrame(
            {
                "ward": np.repeat(wards, 10),
                "offline": random.binomial(1, np.where(old, 0.5, 0.05)),
                "weight": 1.0,
                "age": np.where(old, "old", "young"),
            }
        )
        truth = 0.7 * 0.05 + 0.3 * 0.5
        errors.append(
            [
                ((direct_estimates(people, known=k)["share"] - truth) ** 2).mean()
                for k in (None, {"age": known})
            ]
        )
    plain, adjusted = np.mean(errors, axis=0)
    assert adjusted < 0.8 * plain


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: p.drop(columns="weight"), "no column 'weight'"),
        (lambda p: p.assign(offline=2), "offline: above 1"),
        (lambda p: p.assign(weight=0.0), "weight: below"),
        (lambda p: p.iloc[:0], "nobody answered"),
        (lambda p: p.assign(ward="W9"), "lack ward W9"),
        (lambda p: p.assign(age="middle"), "lack category middle"),
        (lambda p: p.drop(columns="age"), "no column 'age'"),
    ],
)
def test_faulty_respondents_are_refused_in_one_sentence(spoil, said):
    known = {"age": pd.DataFrame({"young": [0.5], "old": [0.5]}, ["W1"])}
    with pytest.raises(InvalidTableError, match=said):
        direct_estimates(spoil(asked("W1", [1, 0, 0])), known=known)


# --- intervals, totals and comparisons ----------------------------------------------------------


def of_draws(draws: list[list[float]], adults: list[float] | None = None) -> Exclusion:
    index = pd.Index([f"A{place}" for place in range(len(draws))], name="area")
    people = pd.Series(adults or [1.0] * len(draws), index, dtype=float)
    return Exclusion("offline", 2025, ADULTS, "made", people, pd.DataFrame(draws, index))


def test_an_interval_of_any_level_is_the_quantiles_of_the_draws():
    made, _ = estimated(5, seed=1)
    inner, outer = made.interval(0.8), made.interval(0.95)
    np.testing.assert_allclose(inner["low"], made.draws.quantile(0.1, axis=1))
    np.testing.assert_allclose(inner["people_high"], made.draws.quantile(0.9, axis=1) * made.adults)
    assert (outer["low"] < inner["low"]).all()
    assert (inner["high"] < outer["high"]).all()
    pd.testing.assert_frame_equal(outer, made.frame)
    with pytest.raises(InvalidTableError, match="level is 80"):
        made.interval(80)


def test_totals_of_any_set_of_areas_come_from_the_joint_draws():
    made, larger = estimated(5, seed=1)
    some = ["A021", "A000", "A012"]
    people = made.draws.loc[some].mul(made.adults[some], axis=0).sum()
    total = made.total(some, level=0.8)
    assert total["people"] == pytest.approx(people.mean())
    assert total["low"] == pytest.approx(people.quantile(0.1))
    assert total["share"] == pytest.approx(people.mean() / made.adults[some].sum())
    pd.testing.assert_series_equal(made.total([*some, "A000"], level=0.8), total)
    pd.testing.assert_series_equal(made.total(), made.total(larger.index))
    with pytest.raises(InvalidTableError, match=r"1 of 2 areas are not in the estimate \(first E9"):
        made.total(["A000", "E9"])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS, areas=st.integers(2, 7))
def test_chances_of_exceeding_are_those_of_counting(seed, areas):
    shares = np.random.default_rng(seed).integers(1, 4, (areas, 8)) / 10
    made = of_draws(shares.tolist())
    matrix = exclusion.probabilities_exceeding(replace(made, draws=shuffled(made.draws, seed)))
    for place, area in enumerate(made.draws.index):
        for second, other in enumerate(made.draws.index):
            pairs = list(zip(shares[place], shares[second], strict=True))
            counted = sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs)
            assert matrix.loc[area, other] == pytest.approx(counted)
            assert exclusion.probability_exceeds(made, area, other) == pytest.approx(counted)
    np.testing.assert_allclose(matrix + matrix.T.to_numpy(), 1)


def test_areas_that_move_together_can_be_told_apart_although_their_intervals_overlap():
    level = np.linspace(0.05, 0.3, 50)
    made = of_draws([(level + 0.01).tolist(), level.tolist()])
    frame = made.frame
    assert frame.loc["A1", "high"] > frame.loc["A0", "low"]
    assert exclusion.probability_exceeds(made, "A0", "A1") == 1


def test_bands_name_only_what_the_draws_can_tell_from_the_average():
    level = np.linspace(0.1, 0.2, 10)
    unsure = level + np.tile([0.02, -0.02], 5)
    made = of_draws(
        [(level + 0.05).tolist(), unsure.tolist(), (level - 0.05).tolist(), [np.nan] * 10]
    )
    found = exclusion.bands(made)
    assert found["band"].tolist()[:3] == ["likely above", "about average", "likely below"]
    assert pd.isna(found["band"].iloc[3])
    assert np.isnan(found["probability"].iloc[3])
    mixed = exclusion.bands(replace(made, draws=made.draws.iloc[::-1]))
    pd.testing.assert_frame_equal(mixed.loc[found.index], found)
    with pytest.raises(InvalidTableError, match="certainty is 80"):
        exclusion.bands(made, certainty=80)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=SEEDS, areas=st.integers(1, 8), certainty=st.sampled_from([0.6, 0.8, 0.95]))
def test_bands_are_those_of_counting_draws_against_the_citys_share(seed, areas, certainty):
    random = np.random.default_rng(seed)
    shares, adults = random.random((areas, 9)), random.integers(1, 9, areas)
    found = exclusion.bands(of_draws(shares.tolist(), adults.tolist()), certainty=certainty)
    average = [sum(shares[:, draw] * adults) / adults.sum() for draw in range(9)]
    for place, row in enumerate(found.itertuples()):
        above = [share > city for share, city in zip(shares[place], average, strict=True)]
        if areas > 1:  # the only area there is, is the average
            assert row.probability == pytest.approx(sum(above) / 9)
        named = "likely above" if row.probability >= certainty else "about average"
        assert row.band == ("likely below" if row.probability <= 1 - certainty else named)


def test_of_the_wards_in_a_band_as_many_are_truly_there_as_it_promises():
    right = []
    for seed in range(10):
        made, larger = estimated(40, seed=seed)
        truth, direct = answers(made, larger, 40, seed=seed, draw=3)
        after = summed(blend(made, direct, larger, population=ADULTS, seed=seed), larger)
        average = np.average(truth, weights=after.adults[truth.index])
        band = exclusion.bands(after)["band"]
        right += [*(truth > average)[band == "likely above"]]
        right += [*(truth < average)[band == "likely below"]]
    assert len(right) > 100
    assert np.mean(right) > 0.85


def test_probabilities_are_said_in_plain_sentences():
    made = of_draws([[0.3] * 9 + [0.1], [0.2] * 10, [0.25] * 6 + [0.15] * 4, [np.nan] * 10])
    top = exclusion.top_in_words(made, "A0", 2, name="Everton")
    assert top == "Everton is among the two most affected wards in 90% of draws."
    compared = exclusion.comparison_in_words(made, "A1", "A0", names=("Speke", "Everton"))
    assert compared == "Everton has a higher share than Speke in 90% of draws."
    close = exclusion.comparison_in_words(made, "A1", "A2")
    assert close == "A2 and A1 cannot be told apart: A2 is higher in 60% of draws."
    assert exclusion.top_in_words(made, "A3", 2) == "A3 has no estimate."
    assert "no estimate" in exclusion.comparison_in_words(made, "A3", "A0")
    sure = of_draws([[0.3] * 9, [0.2] * 9])
    assert "over 99%" in exclusion.comparison_in_words(sure, "A0", "A1")
    assert "under 1%" in exclusion.top_in_words(sure, "A1", 1)
    with pytest.raises(InvalidTableError, match="not in the estimate"):
        exclusion.top_in_words(made, "A9", 2)


# --- the demo city ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo_areas(city, tmp_path_factory) -> pd.DataFrame:
    """Needs of the demo city's areas, read from the files a planner would have."""
    workspace = Workspace(tmp_path_factory.mktemp("city"))
    demo.write(city, workspace.raw / "demo")
    text = files("mapping.demo").joinpath("study.toml").read_text(encoding="utf-8")
    write_text(text, workspace.studies / "demo.toml")
    inputs = find_inputs(read_study("demo", workspace), None, workspace)
    return pd.DataFrame(_needs(inputs).tables["lsoas"].drop(columns="geometry"))


@pytest.mark.parametrize("adults", [200, 1200, 5000])
def test_a_blend_beats_survey_and_published_rates_in_the_demo_city(city, demo_areas, adults):
    larger = demo_areas["ward"]
    wards = to_wards(demo_areas, larger)
    truth = city.truth.loc[demo_areas.index]
    sums = truth[["adults", "excluded"]].groupby(larger).sum()
    share = sums["excluded"] / sums["adults"]
    rates = exclusion.synthetic(demo_areas, groups=larger, draws=150, seed=1)
    errors, covered, by_area, in_city = [], [], [], []
    for seed in range(200, 204):
        people = demo.survey(city, adults, seed=seed)
        people = people.assign(offline=(people["online"] == "no").astype(int))
        direct = direct_estimates(people)
        level = exclusion.survey_level(people, year=2025, source="survey")
        found = blend(
            rates, direct, larger, population=rates.population, outcome=level.outcome, year=2025,
            covariates=wards[["adult_skills_rate"]], seed=seed,
        )  # fmt: skip
        levelled = summed(exclusion.at_level(rates, level, seed=seed), larger).frame["share"]
        after = found.wards
        errors.append(
            [(it - share).abs().mean() for it in (after["share"], direct["share"], levelled)]
        )
        covered.append(share.between(after["low"], after["high"]).mean())
        areas = found.frame
        by_area.append(truth["share"].between(areas["low"], areas["high"]).mean())
        total = found.total()
        in_city.append(total["low"] <= truth["excluded"].sum() <= total["high"])
    blended, raw, alone = np.mean(errors, axis=0)
    assert blended < raw
    assert blended < alone
    assert blended <= {200: 0.037, 1200: 0.023, 5000: 0.019}[adults]
    assert np.mean(covered) >= 0.9
    assert 0.92 <= np.mean(by_area) <= 0.99
    assert sum(in_city) >= 3
