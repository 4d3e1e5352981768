"""Outcomes, cells and published rates, against plain second implementations."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import expit, logit

from mapping import exclusion
from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion, Level, cell_rates, cellrates, fitted_cells, poststratified
from mapping.exclusion import cells as cells_module
from mapping.exclusion import persons as people_module
from mapping.exclusion.cells import CELLS, DISABLED_SOCIAL_ODDS, ENGLAND_CELLS, OLD
from mapping.exclusion.fitting import proportional_fit
from mapping.exclusion.persons import (
    ADULTS_PER_OTHER_HOME,
    ADULTS_PER_SOCIAL_HOME,
    AGES,
    DISABLED_BY_AGE,
    DISABLED_CHILDREN,
    persons,
)
from mapping.exclusion.rates import BANDS, MARGINS
from mapping.exclusion.shifts import shifts
from mapping.pipeline.inputs import find_inputs
from mapping.pipeline.returns import everywhere
from mapping.study import read_study
from mapping.workspace import Workspace

REPOSITORY = Workspace(Path(__file__).parents[1])
WORDS = "had not used the internet in the last three months"
ADULTS = "adults aged 16 and over"


def made_areas(count: int, *, seed: int = 0) -> pd.DataFrame:
    """Make area tables of a place that is like nowhere."""
    random = np.random.default_rng(seed)
    index = pd.Index([f"A{place:04d}" for place in range(count)], name="area")
    ages = pd.DataFrame(random.integers(20, 400, (count, len(AGES))), index, list(AGES))
    homes, residents = random.integers(400, 900, count), random.integers(50, 500, count)
    frame = ages.assign(adults=ages.sum(axis=1), households=homes)
    frame["social_rented"] = random.binomial(homes, random.uniform(0, 0.8, count))
    frame["disability_base"] = frame["adults"] + residents
    frame["disabled"] = random.binomial(frame["disability_base"], random.uniform(0.05, 0.4, count))
    return frame


def made_exclusion(**words) -> Exclusion:
    index = pd.Index(["A", "B"], name="area")
    told = {"outcome": WORDS, "year": 2018, "population": ADULTS, "formula": "made"} | words
    draws = pd.DataFrame([[0.1, 0.2], [0.3, 0.1]], index)
    return Exclusion(adults=pd.Series([100.0, 300.0], index), draws=draws, **told)


@pytest.fixture(scope="module")
def rates():
    return cell_rates(draws=200, seed=1)


@pytest.fixture(scope="module")
def central():
    return cell_rates(draws=0)


# --- outcomes -----------------------------------------------------------------------------------


def test_every_outcome_names_itself_its_population_its_publisher_and_a_caveat():
    outcomes = exclusion.OUTCOMES
    assert set(outcomes) == {"non_user", "no_home_internet", "below_foundation", "offline_return"}
    for key, outcome in outcomes.items():
        assert outcome.id == key
        assert all((outcome.name, outcome.population, outcome.publisher, outcome.caveat))
    assert {key for key, outcome in outcomes.items() if not outcome.gives_level} == {
        "offline_return"
    }
    assert "partly modelled" in outcomes["offline_return"].caveat


def test_census_returns_are_refused_as_a_level_by_id_and_in_words():
    for words in ("offline_return", "did not return the census form online"):
        with pytest.raises(InvalidTableError, match="not how many are excluded"):
            Level(0.11, 0.01, words, 2021, "households", "ONS")


def test_two_outcomes_or_two_populations_are_never_added_up():
    one = made_exclusion()
    exclusion.require_one_outcome(one, made_exclusion(outcome="non_user"), one)
    exclusion.require_one_outcome(one)
    for other in (
        made_exclusion(outcome="no_home_internet"),
        made_exclusion(outcome="of my own"),
        made_exclusion(population="tenants aged 16 and over"),
    ):
        with pytest.raises(InvalidTableError, match=r"never added or blended") as caught:
            exclusion.require_one_outcome(one, one, other)
        assert str(caught.value).count(". ") == 1


# --- shifts and levels --------------------------------------------------------------------------


@given(
    odds=st.lists(st.floats(-12, 12), min_size=1, max_size=6),
    target=st.floats(1e-6, 1 - 1e-6),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_a_shift_gives_the_weighted_mean_that_bisection_finds(odds, target, data):
    size = len(odds)
    weights = np.array(data.draw(st.lists(st.floats(0.01, 100), min_size=size, max_size=size)))
    odds = np.array(odds)

    def error(shift: float) -> float:
        return weights @ expit(odds + shift) / weights.sum() - target

    plain = brentq(error, -60, 60, xtol=1e-13)
    for given_weights in (weights, weights[:, None]):
        found = shifts(odds[:, None], given_weights, np.array([target]))[0]
        assert error(found) == pytest.approx(0, abs=1e-10)
        assert expit(odds + found) == pytest.approx(expit(odds + plain), abs=1e-7)


def test_a_shift_towards_nothing_everything_or_the_unknown_stays_finite_or_nan():
    found = shifts(np.zeros((2, 3)), np.array([1.0, 2.0]), np.array([0.0, 1.0, np.nan]))
    assert expit(found[:2]).tolist() == pytest.approx([0, 1], abs=1e-10)
    assert np.isnan(found[2])


def test_liverpool_is_brought_to_its_published_share_exactly_in_every_draw(rates):
    made = poststratified(fitted_cells(made_areas(30)), rates, seed=2)
    level = Level(0.158, 0.019, WORDS, 2020, ADULTS, "ONS")
    at = exclusion.at_level(made, level, seed=3)
    totals = at.draws.mul(at.adults, axis=0).sum() / at.adults.sum()
    random = np.random.default_rng(3)
    drawn = expit(random.normal(logit(0.158), 0.019 / (0.158 * 0.842), 200))
    assert totals.to_numpy() == pytest.approx(drawn, abs=1e-9)
    one = logit(at.draws) - logit(made.draws)
    assert np.ptp(one.to_numpy(), axis=0).max() < 1e-8
    assert at.caveats[-1].startswith("The pattern between areas is of 2018, the level of 2020")


def test_a_pattern_brought_to_the_level_of_another_outcome_says_so():
    pattern = made_exclusion(
        outcome=exclusion.OUTCOMES["offline_return"].name, population="households", year=2021
    )
    at = exclusion.at_level(pattern, Level(0.2, 0.01, WORDS, 2020, ADULTS, "ONS"), seed=1)
    assert f"“{WORDS}”" in at.formula
    assert "count different things" in at.caveats[-1]
    same = exclusion.at_level(
        made_exclusion(), Level(0.2, 0.01, "non_user", 2018, ADULTS, "ONS"), seed=1
    )
    assert same.caveats == ()
    assert same.formula == "made; level: ONS"


def test_a_level_for_areas_without_people_is_refused_in_words():
    empty = made_exclusion()
    with pytest.raises(InvalidTableError, match="where people live"):
        exclusion.at_level(
            Exclusion(
                WORDS, 2018, ADULTS, "made", empty.adults * 0, empty.draws
            ),
            Level(0.2, 0.01, WORDS, 2018, ADULTS, "ONS"),
            seed=1,
        )  # fmt: skip


# --- proportional fitting -----------------------------------------------------------------------


def fitted_plainly(seed, margins):
    """Fit one area's table cell by cell: a plain second implementation."""
    table = {cell: float(seed[cell]) for cell in product(*map(range, seed.shape))}
    for _ in range(2000):
        for axis, margin in enumerate(margins):
            for place, wanted in enumerate(margin):
                members = [cell for cell in table if cell[axis] == place]
                total = sum(table[cell] for cell in members)
                for cell in members:
                    table[cell] *= wanted / total if total > 0 else 0.0
    return np.array([table[cell] for cell in product(*map(range, seed.shape))]).reshape(seed.shape)


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_proportional_fitting_agrees_with_a_plain_loop_and_keeps_margins(data):
    random = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    shape = tuple(data.draw(st.lists(st.integers(1, 3), min_size=2, max_size=3)))
    seed = random.uniform(0.2, 3, shape)
    truths = random.uniform(0, 100, (3, *shape)) * random.integers(0, 2, (3, *shape))
    margins = [
        truths.sum(axis=tuple(other + 1 for other in range(len(shape)) if other != axis))
        for axis in range(len(shape))
    ]
    fitted = proportional_fit(seed, margins)
    assert fitted.converged.all()
    for area in range(3):
        plain = fitted_plainly(seed, [margin[area] for margin in margins])
        assert fitted.tables[area] == pytest.approx(plain, abs=1e-4)
    for axis, margin in enumerate(margins):
        others = tuple(other + 1 for other in range(len(shape)) if other != axis)
        assert fitted.tables.sum(axis=others) == pytest.approx(margin, abs=1e-6)


def test_a_seed_of_ones_gives_the_product_of_the_margins():
    margins = [np.array([[60.0, 40.0]]), np.array([[30.0, 70.0]]), np.array([[10.0, 90.0]])]
    table = proportional_fit(np.ones((2, 2, 2)), margins).tables[0]
    assert table[0, 0, 0] == pytest.approx(100 * 0.6 * 0.3 * 0.1)
    assert table[1, 1, 1] == pytest.approx(100 * 0.4 * 0.7 * 0.9)


def test_the_odds_ratios_of_the_seed_are_kept():
    seed = np.ones((2, 2, 2))
    seed[:, 0, 0] = 4.0
    margins = [np.array([[60.0, 40.0]]), np.array([[30.0, 70.0]]), np.array([[10.0, 90.0]])]
    for layer in proportional_fit(seed, margins).tables[0]:
        assert layer[0, 0] * layer[1, 1] / (layer[0, 1] * layer[1, 0]) == pytest.approx(4)


def test_an_empty_margin_empties_its_cells_and_an_impossible_one_leaves_a_stated_gap():
    seed = np.array([[1.0, 0.0], [1.0, 1.0]])
    rows = np.array([[10.0, 0.0], [10.0, 0.0], [4.0, 6.0]])
    columns = np.array([[10.0, 0.0], [5.0, 5.0], [7.0, 3.0]])
    fitted = proportional_fit(seed, [rows, columns])
    assert fitted.tables[0].tolist() == [[10, 0], [0, 0]]
    assert fitted.converged.tolist() == [True, False, True]
    assert fitted.gaps[1] > 1


@pytest.mark.parametrize(
    ("margins", "words"),
    [
        ([[[10.0, 5.0]], [[9.0, 5.0]]], "different totals"),
        ([[[10.0, -5.0]], [[5.0, 0.0]]], "below 0"),
        ([[[10.0, np.nan]], [[5.0, 5.0]]], "no number"),
        ([[[10.0, 5.0, 1.0]], [[9.0, 7.0]]], "do not fit"),
        ([[[15.0, 5.0]]], "do not fit"),
    ],
)
def test_margins_that_no_table_can_keep_are_refused_in_words(margins, words):
    with pytest.raises(InvalidTableError, match=words):
        proportional_fit(np.ones((2, 2)), [np.array(margin) for margin in margins])


# --- persons and cells --------------------------------------------------------------------------


def test_tenants_are_homes_times_adults_per_home():
    areas = made_areas(1).assign(households=1000, social_rented=200)
    tenants = persons(areas).tenure.iloc[0]
    in_social, in_other = 200 * ADULTS_PER_SOCIAL_HOME, 800 * ADULTS_PER_OTHER_HOME
    share = in_social / (in_social + in_other)
    assert tenants["social renting"] == pytest.approx(areas["adults"].iloc[0] * share)
    assert tenants.sum() == pytest.approx(areas["adults"].iloc[0])


def test_disabled_adults_and_children_together_are_the_published_residents():
    areas = made_areas(5)
    for area, row in areas.iterrows():
        counts = [*row[list(AGES)], row["disability_base"] - row["adults"]]
        odds = [logit(rate) for rate in (*DISABLED_BY_AGE.values(), DISABLED_CHILDREN)]

        def residents(shift, counts=counts, odds=odds):
            return [n * expit(each + shift) for n, each in zip(counts, odds, strict=True)]

        shift = brentq(lambda shift: sum(residents(shift)) - row["disabled"], -30, 30)  # noqa: B023
        adults = sum(residents(shift)[:-1])
        assert persons(areas).disability.loc[area, "disabled"] == pytest.approx(adults)


@pytest.mark.parametrize("everybody", [True, False])
def test_everybody_or_nobody_disabled_and_renting_is_an_ordinary_place(everybody, rates):
    areas = made_areas(3)
    for part, whole in (("disabled", "disability_base"), ("social_rented", "households")):
        areas[part] = areas[whole] * everybody
    made = fitted_cells(areas)
    by_both = made.people_by("tenure", "disability")
    full = ("social renting", "disabled") if everybody else ("other tenure", "not disabled")
    assert by_both[full] == pytest.approx(areas["adults"].sum(), abs=1e-5)
    assert by_both.drop(full).to_numpy() == pytest.approx(0, abs=1e-5)
    assert made.diagnostics["areas not converged"] == 0
    assert poststratified(made, rates, seed=1).draws.notna().all(axis=None)


@given(seed=st.integers(0, 10_000), data=st.data())
@settings(max_examples=12, deadline=None)
def test_cells_keep_every_margin_whatever_the_order_of_rows_and_leave_their_input(seed, data):
    areas = made_areas(6, seed=seed).astype(float)
    for place in data.draw(st.sets(st.integers(0, 5), max_size=3)):
        column = data.draw(st.sampled_from(["disabled", "households", "age_65_74", "adults"]))
        areas.iloc[place, areas.columns.get_loc(column)] = np.nan
    before = areas.copy()
    made = fitted_cells(areas)
    pd.testing.assert_frame_equal(areas, before)
    mixed = fitted_cells(areas.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(made.people, mixed.people.loc[areas.index], rtol=1e-9)
    margins = persons(areas)
    for name, table in (
        ("age", margins.age), ("tenure", margins.tenure), ("disability", margins.disability),
    ):  # fmt: skip
        summed = made.people.T.groupby(level=name, sort=False).sum(min_count=1).T
        pd.testing.assert_frame_equal(
            summed, table[summed.columns], check_names=False, atol=1e-6, rtol=0
        )


def test_an_area_without_people_homes_or_residents_has_no_cells_and_spoils_no_other(rates):
    areas = made_areas(4)
    areas.loc["A0001", [*AGES, "adults"]] = 0
    areas.loc["A0002", ["households", "social_rented"]] = 0
    made = fitted_cells(areas)
    assert made.people.isna().all(axis=1).tolist() == [False, True, True, False]
    assert any(caveat.startswith("2 areas lack") for caveat in made.caveats)
    drawn = poststratified(made, rates, seed=1)
    alone = fitted_cells(areas.loc[["A0000", "A0003"]])
    pd.testing.assert_frame_equal(made.people.dropna(), alone.people)
    assert drawn.draws.isna().all(axis=1).tolist() == [False, True, True, False]
    assert rates.share(made).isna().tolist() == [False, True, True, False]
    assert drawn.total()["people"] > 0
    # Adults whose share is unknown leave their ward unknown; an area of nobody does not.
    wards = pd.Series(["W1", "W1", "W2", "W2"], areas.index)
    assert exclusion.summed(drawn, wards).draws.isna().all(axis=1).tolist() == [False, True]


def test_disabled_people_rent_from_social_landlords_as_much_more_often_as_the_seed_says():
    people = fitted_cells(made_areas(3)).people
    for age in AGES:
        table = people.xs(age, axis=1, level="age")
        let, other = table["social renting"], table["other tenure"]
        ratio = let["disabled"] * other["not disabled"] / (let["not disabled"] * other["disabled"])
        kept = DISABLED_SOCIAL_ODDS ** (0.5 if age in OLD else 1)
        assert ratio.tolist() == pytest.approx([kept] * 3, rel=1e-6)
    assert pytest.approx(3.67, abs=0.005) == DISABLED_SOCIAL_ODDS


def test_disability_rises_with_age_in_the_seed_and_does_not_under_independence():
    areas = made_areas(3)
    rates = fitted_cells(areas).people_by("age", "disability").unstack()
    shares = rates["disabled"] / rates.sum(axis=1)
    assert shares["age_85_over"] > 2 * shares["age_16_24"]
    one = fitted_cells(areas.iloc[:1], seed="independence")
    rates = one.people_by("age", "disability").unstack()
    assert np.ptp(rates["disabled"] / rates.sum(axis=1)) < 1e-9
    assert any("independent within each area" in caveat for caveat in one.caveats)


def test_all_faults_of_the_area_tables_are_told_at_once():
    areas = made_areas(4)
    areas.loc["A0001", "social_rented"] = 5000
    areas.loc["A0002", "disabled"] = -1
    areas.loc["A0003", "adults"] = 10
    areas = pd.concat([areas, areas.iloc[:1]])
    with pytest.raises(InvalidTableError) as caught:
        fitted_cells(areas)
    for fault in (
        "A0000 stands twice",
        "social_rented exceeds households in 1 of 5 areas (first A0001)",
        "disabled is below 0 in 1 of 5 areas (first A0002)",
        "ages do not add up to adults in 1 of 5 areas (first A0003)",
    ):
        assert fault in str(caught.value)
    with pytest.raises(InvalidTableError, match="no column disabled, disability_base"):
        fitted_cells(areas.drop(columns=["disabled", "disability_base"]))
    with pytest.raises(InvalidTableError, match="“england” or “independence”"):
        fitted_cells(made_areas(1), seed="wales")


def test_people_are_counted_over_any_areas_or_parts_of_them():
    made = fitted_cells(made_areas(5))
    some = pd.Index(["A0003", "A0001"])
    counted = made.people_by("age", areas=some)
    assert counted.tolist() == pytest.approx(made_areas(5).loc[some, list(AGES)].sum().tolist())
    half = made.people_by(areas=pd.Series({"A0003": 0.5}))
    assert half.to_numpy() == pytest.approx(made.people.loc["A0003"].to_numpy() / 2)
    assert made.people_by("disability").sum() == pytest.approx(made.adults.sum())
    pd.testing.assert_series_equal(made.adults, made_areas(5)["adults"].astype(float))
    with pytest.raises(InvalidTableError, match="cells have no income"):
        made.people_by("income")
    for areas in (pd.Index(["Z"]), pd.Series({"A0003": 1.5}), pd.Index(["A0001", "A0001"])):
        with pytest.raises(InvalidTableError, match="Give each area once"):
            made.people_by("age", areas=areas)


# --- rates --------------------------------------------------------------------------------------


def test_central_rates_are_those_that_one_equation_at_a_time_gives(central):
    """Solve by bisection, margin by margin, for the effect of disability that fits."""
    people = exclusion.england_cells().people.iloc[0]
    social, at_85 = 0.6 * np.log(2.34), np.log(3.0)
    margins = BANDS.to_numpy() @ [0.01, 0.03, 0.08, 0.20, 0.56]

    def solved(effect):
        shares = {}
        for ages, rate in zip(MARGINS.values(), margins, strict=True):
            cells = [cell for cell in CELLS if cell[0] in ages]
            odds = {
                cell: social * (cell[1] == "social renting")
                + effect * (cell[2] == "disabled")
                + at_85 * (cell[0] == "age_85_over")
                for cell in cells
            }
            count = sum(people[cell] for cell in cells)

            def error(shift, odds=odds, count=count, rate=rate):
                mean = sum(people[cell] * expit(odds[cell] + shift) for cell in odds) / count
                return mean - rate

            shift = brentq(error, -20, 20)
            shares |= {cell: expit(odds[cell] + shift) for cell in cells}
        return shares

    def ratio_error(effect):
        shares = solved(effect)
        means = [
            np.average([shares[cell] for cell in CELLS if cell[2] == able],
                       weights=[people[cell] for cell in CELLS if cell[2] == able])
            for able in ("disabled", "not disabled")
        ]  # fmt: skip
        return logit(means[0]) - logit(means[1]) - np.log((0.217 / 0.783) / (0.052 / 0.948))

    plain = solved(brentq(ratio_error, 0, 3, xtol=1e-9))
    assert central.central.to_dict() == pytest.approx(plain, abs=1e-6)


def test_england_gives_every_published_margin_back_to_a_tenth_of_a_point(central):
    margins = central.margins
    assert (margins["reproduced"] - margins["published"]).abs().max() < 0.001
    assert margins.loc[["65 to 74", "75 and over"], "published"].tolist() == [0.2, 0.56]
    assert {"all adults of the survey's ages", "disabled people, 2019"} < set(margins.index)


@pytest.mark.parametrize("seed", range(3))
def test_any_reference_place_gives_every_margin_by_age_and_disability_back(seed):
    there = fitted_cells(made_areas(20, seed=seed))
    margins = cell_rates(draws=0, reference=there).margins.drop("all adults of the survey's ages")
    assert (margins["reproduced"] - margins["published"]).abs().max() < 1e-6


def test_every_draw_gives_its_own_margins_back(rates):
    people = exclusion.england_cells().people.iloc[0]
    shares = expit(rates.odds)
    age = CELLS.get_level_values("age")
    for name, ages in MARGINS.items():
        rows = age.isin(ages)
        mean = (shares[rows].mul(people[rows], axis=0)).sum() / people[rows].sum()
        assert mean.to_numpy() == pytest.approx(rates.parameters[name].to_numpy(), abs=1e-9)


def test_drawn_rates_vary_as_their_rounding_sampling_and_assumptions_say():
    drawn = cell_rates(draws=2000, seed=5).parameters
    assert drawn["kept"].between(0.5, 0.7).all()
    assert drawn["kept"].mean() == pytest.approx(0.6, abs=0.005)
    sampling = np.sqrt(0.56 * 0.44 / (80_000 / 1.5 * 0.105))
    assert drawn["75 and over"].std() == pytest.approx(np.hypot(0.01 / 12**0.5, sampling), rel=0.05)
    assert drawn["75 and over"].mean() == pytest.approx(0.56, abs=0.001)
    # One published rate, of 16 to 44, gives both.
    assert (drawn["16 to 24"] == drawn["25 to 34"]).all()
    assert (drawn["disability"] > 0.4).all()


def test_the_same_seed_draws_the_same_rates_and_central_ones_need_no_draw(rates, central):
    again = cell_rates(draws=200, seed=1)
    pd.testing.assert_frame_equal(again.odds, rates.odds)
    assert not np.allclose(cell_rates(draws=200, seed=2).odds, rates.odds)
    pd.testing.assert_series_equal(central.central, rates.central)
    assert central.odds.shape == (28, 0)


# --- the estimate -------------------------------------------------------------------------------


def test_an_area_s_share_is_its_people_times_their_rates(rates):
    areas = made_areas(40)
    made = fitted_cells(areas)
    implied = rates.share(made)
    plain = sum(made.people[cell] * rates.central[cell] for cell in CELLS) / areas["adults"]
    assert implied.to_numpy() == pytest.approx(plain.to_numpy())
    many = poststratified(made, cell_rates(draws=2000, seed=3), seed=3)
    assert many.draws.shape == (40, 2000)
    assert many.frame["share"].to_numpy() == pytest.approx(implied.to_numpy(), abs=0.006)
    assert many.total()["share"] == pytest.approx(
        np.average(implied, weights=areas["adults"]), abs=0.001
    )
    assert many.draws.to_numpy().min() > 0
    assert (many.outcome, many.year, many.population) == (WORDS, 2018, ADULTS)
    pd.testing.assert_series_equal(many.adults, areas["adults"].astype(float), check_names=False)


def test_areas_differ_from_their_rates_by_02_to_04_and_share_two_fifths_within_wards(rates):
    areas = pd.concat([made_areas(1)] * 200).set_axis(
        pd.Index([f"A{place:04d}" for place in range(200)], name="area")
    )
    wards = pd.Series(np.arange(200) // 5, areas.index)
    odds = logit(poststratified(fitted_cells(areas), rates, groups=wards, seed=1).draws)
    # All areas are alike, so within a draw they differ by the area effect alone.
    spread = odds.std(axis=0)
    assert 0.17 < spread.min() < 0.24
    assert 0.36 < spread.max() < 0.45
    means = odds.groupby(wards).mean()
    shared = means.var(axis=0) / spread**2
    assert shared.mean() == pytest.approx(0.4 + 0.6 / 5, abs=0.03)


def test_the_estimate_does_not_heed_row_order_and_repeats_with_its_seed(rates):
    areas = made_areas(30)
    wards = pd.Series(np.arange(30) // 4, areas.index)
    made = poststratified(fitted_cells(areas), rates, groups=wards, seed=7)
    mixed = areas.sample(frac=1, random_state=1)
    other = poststratified(
        fitted_cells(mixed), rates, groups=wards.sample(frac=1, random_state=2), seed=7
    )
    assert other.draws.index.equals(mixed.index)
    pd.testing.assert_frame_equal(other.draws.loc[areas.index], made.draws, rtol=1e-9)
    assert not np.allclose(
        poststratified(fitted_cells(areas), rates, groups=wards, seed=8).draws, made.draws
    )


def test_an_estimate_without_a_draw_is_refused(central):
    with pytest.raises(InvalidTableError, match="nothing was drawn"):
        poststratified(fitted_cells(made_areas(2)), central, seed=1)


def test_what_is_assumed_is_told_with_the_estimate(rates):
    told = " ".join(poststratified(fitted_cells(made_areas(2)), rates, seed=1).caveats)
    for words in ("Nothing local was observed", "adults per home", "85 and over", "80,000 adults"):
        assert words in told
    assert told.count("assumption") >= 3


def test_independence_changes_estimates_visibly_and_both_seeds_give_england_s_rates():
    effect = exclusion.seed_effect(made_areas(30))
    assert list(effect) == ["england", "independence", "difference"]
    assert effect["difference"].abs().max() > 0.002
    difference = effect["independence"] - effect["england"]
    assert effect["difference"].to_numpy() == pytest.approx(difference.to_numpy())


# --- by group -----------------------------------------------------------------------------------


def test_groups_add_up_to_the_estimate_whatever_level_it_was_brought_to(rates):
    made = fitted_cells(made_areas(12))
    estimated = poststratified(made, rates, seed=2)
    level = Level(0.25, 0.02, WORDS, 2018, ADULTS, "made")
    for each in (estimated, exclusion.at_level(estimated, level, seed=1)):
        for by in (("age",), ("tenure",), ("disability",), ("age", "tenure", "disability")):
            groups = exclusion.by_group(each, made, rates, *by)
            assert groups["people"].sum() == pytest.approx(each.total()["people"], abs=1e-4)
            assert groups["adults"].sum() == pytest.approx(each.adults.sum())
            assert (groups["low"] <= groups["people"]).all()
            assert (groups["people"] <= groups["high"]).all()
            assert groups["share"].between(0, 1).all()


def test_groups_of_one_area_are_those_a_plain_search_finds(rates):
    made = fitted_cells(made_areas(3))
    level = Level(0.3, 0.02, WORDS, 2018, ADULTS, "made")
    estimated = exclusion.at_level(poststratified(made, rates, seed=2), level, seed=1)
    counts, target = made.people.loc["A0001"].to_numpy(), estimated.draws.loc["A0001"]
    plain = []
    for draw in range(20):
        odds = rates.odds[draw].to_numpy()
        shift = brentq(
            lambda shift: counts @ expit(odds + shift) - target[draw] * counts.sum(),  # noqa: B023
            -20,
            20,
        )
        plain.append(pd.Series(counts * expit(odds + shift), CELLS).groupby(level="age").sum())
    few = Exclusion(
        estimated.outcome, 2018, ADULTS, "made", estimated.adults, estimated.draws[range(20)]
    )
    fewer = replace(rates, odds=rates.odds[range(20)])
    found = exclusion.by_group(few, made, fewer, "age", areas=pd.Index(["A0001"]))
    assert found["people"].to_dict() == pytest.approx(dict(pd.DataFrame(plain).mean()), abs=1e-4)


def test_groups_of_a_catchment_count_parts_of_areas_and_leave_out_areas_without_estimate(rates):
    areas = made_areas(4)
    areas.loc["A0002", [*AGES, "adults"]] = 0
    made = fitted_cells(areas)
    estimated = poststratified(made, rates, seed=2)
    part = exclusion.by_group(
        estimated, made, rates, "age", areas=pd.Series({"A0000": 0.5, "A0002": 1.0})
    )
    whole = exclusion.by_group(estimated, made, rates, "age", areas=["A0000"])
    pd.testing.assert_frame_equal(part.drop(columns="share") * 2, whole.drop(columns="share"))
    nobody = exclusion.by_group(estimated, made, rates, "tenure", areas=["A0002"])
    assert nobody["people"].tolist() == [0, 0]
    assert nobody["share"].isna().all()


def test_groups_want_a_characteristic_and_as_many_draws_of_rates_as_of_the_estimate(rates):
    made = fitted_cells(made_areas(2))
    estimated = poststratified(made, rates, seed=2)
    with pytest.raises(InvalidTableError, match="no characteristic is named"):
        exclusion.by_group(estimated, made, rates)
    with pytest.raises(InvalidTableError, match="200 draws of the estimate and 0 of the rates"):
        exclusion.by_group(estimated, made, cell_rates(draws=0), "age")


# --- England ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def england(open_data) -> pd.DataFrame:
    """Area tables of every LSOA in England."""
    return everywhere(find_inputs(read_study("liverpool", REPOSITORY), open_data, REPOSITORY))


@pytest.mark.real
@pytest.mark.parametrize("seed", ["england", "independence"])
def test_the_cells_of_england_are_the_sum_over_its_lsoas(england, seed):
    made = fitted_cells(england, seed=seed)
    assert made.diagnostics["areas not converged"] == 0
    assert made.people_by().to_numpy() == pytest.approx(ENGLAND_CELLS[seed].to_numpy(), abs=51)


@pytest.mark.real
def test_all_lsoas_together_give_every_published_margin_back_to_a_tenth_of_a_point(england):
    made = fitted_cells(england)
    rates = cell_rates(draws=0)
    people, shares = made.people_by(), rates.central
    by_age = (people * shares).groupby(level="age", sort=False).sum() / made.people_by("age")
    for age, rate in exclusion.PUBLISHED_RATES.items():
        if age not in MARGINS["75 and over"]:
            assert by_age[age] == pytest.approx(rate, abs=0.001)
    old = people.index.get_level_values("age").isin(MARGINS["75 and over"])
    assert (people * shares)[old].sum() / people[old].sum() == pytest.approx(0.56, abs=0.001)
    # 10 % of the adults asked, of whom 9.6 % were 75 or over; England's residents are older.
    rest = (people * shares)[~old].sum() / people[~old].sum()
    assert 0.0965 * 0.56 + 0.9035 * rest == pytest.approx(0.10, abs=0.001)
    able = (people * shares).groupby(level="disability").sum() / made.people_by("disability")
    ratio = logit(able["disabled"]) - logit(able["not disabled"])
    assert expit(logit(0.052) + ratio) == pytest.approx(0.217, abs=0.001)


def by_age(*percentages: float) -> dict[str, float]:
    return {age: each / 100 for age, each in zip(AGES, percentages, strict=True)}


@pytest.mark.real
@pytest.mark.parametrize(
    ("modules", "changed"),
    [
        ([people_module], {"ADULTS_PER_SOCIAL_HOME": 1.78, "ADULTS_PER_OTHER_HOME": 1.95}),
        ([cells_module], {"OLD": ()}),
        ([cellrates], {"ODDS_AT_85": 2.0}),
        ([cellrates], {"ODDS_AT_85": 4.0}),
        ([people_module, cells_module], {"DISABLED_BY_AGE": by_age(15, 15, 16, 20, 25, 35, 50)}),
        ([people_module, cells_module], {"DISABLED_BY_AGE": by_age(10, 10, 12, 20, 30, 45, 67)}),
    ],
)
def test_no_assumption_moves_an_area_by_more_than_a_point(england, modules, changed, monkeypatch):
    some = england.iloc[::40]

    def implied() -> pd.Series:
        made = fitted_cells(some)
        total = made.people.sum().to_frame("all").T
        return cell_rates(draws=0, reference=replace(made, people=total)).share(made)

    before = implied()
    for module, (name, value) in product(modules, changed.items()):
        monkeypatch.setattr(module, name, value)
    moved = (implied() - before).abs()
    assert 0 < moved.mean() < 0.0015
    assert moved.max() < 0.01


@pytest.mark.real
def test_cells_follow_census_returns_no_worse_than_ages_alone_do_in_every_region(
    england, open_data
):
    inputs = find_inputs(read_study("liverpool", REPOSITORY), open_data, REPOSITORY)
    index_file = pd.read_csv(inputs.published["online_returns"][1], index_col="lsoa11_code")
    changes = inputs.table("changes")
    unchanged = changes.index[changes["change"] == "U"].intersection(england.index)
    offline = inputs.table("online_returns")["offline_returns"].reindex(unchanged).dropna()
    implied = cell_rates(draws=0).share(fitted_cells(england))
    ages = sum(england[age] * rate for age, rate in exclusion.PUBLISHED_RATES.items())
    ages = ages / england["adults"]
    agreement = pd.DataFrame(
        {
            region: [
                offline[rows].corr(pattern.reindex(rows), method="spearman")
                for pattern in (implied, ages)
            ]
            for region, rows in offline.index.groupby(
                index_file["region"].reindex(offline.index)
            ).items()
        },
        index=["cells", "ages"],
    )
    assert (agreement.loc["cells"] > agreement.loc["ages"] + 0.05).all()
    assert agreement.loc["cells"].mean() > 0.58
