"""Composite indices, against plain formulas and a published score."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InvalidTableError
from mapping.indices import (
    DERI,
    composite,
    correlations,
    deri_like,
    double_counting,
    drop_one,
    normalised,
    rank_change,
    stability,
    weighted_mean,
)

numbers = st.floats(-1e3, 1e3, allow_nan=False)
rows = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=12)
weight = st.floats(0, 10, allow_nan=False, allow_subnormal=False)


@given(rows, weight, weight, st.sampled_from(["percentile", "min_max"]))
def test_a_score_stays_within_0_and_100_whatever_the_weights(values, one, two, normalise):
    if one + two == 0:
        return
    frame = pd.DataFrame(values, columns=["a", "b"])
    score = composite(frame, {"a": one, "b": two}, normalise=normalise)
    assert score.between(-1e-9, 100 + 1e-9).all()


@given(rows)
def test_row_order_does_not_matter(values):
    frame = pd.DataFrame(values, columns=["a", "b"])
    mixed = frame.sample(frac=1, random_state=3)
    weights = {"a": 2, "b": 1}
    pd.testing.assert_series_equal(
        composite(frame, weights), composite(mixed, weights).reindex(frame.index)
    )


def test_doubling_every_weight_changes_nothing():
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [3, 1, 2]})
    pd.testing.assert_series_equal(
        composite(frame, {"a": 1, "b": 3}), composite(frame, {"a": 2, "b": 6})
    )


def test_min_max_places_areas_between_the_lowest_and_highest():
    frame = pd.DataFrame({"a": [0.0, 5.0, 10.0]})
    assert composite(frame, {"a": 1}, normalise="min_max").tolist() == [0, 50, 100]


def test_an_indicator_that_is_the_same_everywhere_moves_nobody():
    frame = pd.DataFrame({"a": [1.0, 2.0], "same": [7.0, 7.0]})
    assert composite(frame, {"a": 1, "same": 1}).tolist() == [25, 75]


def test_a_blank_indicator_leaves_a_blank_score_only_if_it_has_a_weight():
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [None, 1.0, 2.0]})
    assert composite(frame, {"a": 1, "b": 1}).isna().tolist() == [True, False, False]
    assert composite(frame, {"a": 1, "b": 0}).notna().all()


@pytest.mark.parametrize(
    "weights", [{"a": -1}, {"a": 0}, {}, {"missing": 1}, {"a": float("nan")}, {"a": float("inf")}]
)
def test_weights_that_cannot_be_used_are_refused(weights):
    with pytest.raises(InvalidTableError, match="index weights"):
        composite(pd.DataFrame({"a": [1.0, 2.0]}), weights)


# --- normalisation ------------------------------------------------------------------------------

EVERY = ["percentile", "rank", "min_max", "z", "iod"]


def plain_normalised(values, how):
    """Slow second implementations, one area at a time."""
    count, found = len(values), []
    for value in values:
        less = sum(other < value for other in values)
        equal = sum(other == value for other in values)
        place = less + (equal + 1) / 2  # ties share the middle place
        rank = place / count
        deviations = (value - np.mean(values)) / np.std(values)
        low, high = min(values), max(values)
        found.append(
            {
                "percentile": (place - 1) / (count - 1),
                "rank": rank,
                "min_max": (value - low) / (high - low),
                "z": (1 + math.erf(deviations / math.sqrt(2))) / 2,
                "iod": -0.23 * math.log(1 - rank * (1 - math.exp(-100 / 23))),
            }[how]
        )
    return found


@settings(max_examples=50)
@given(
    st.lists(st.integers(-20, 20), min_size=2, max_size=15).filter(lambda v: len(set(v)) > 1),
    st.sampled_from(EVERY),
)
def test_every_normalisation_is_its_textbook_formula(values, how):
    found = normalised(pd.Series(values), how)
    assert found.tolist() == pytest.approx(plain_normalised(values, how), abs=1e-9)


@settings(max_examples=60)
@given(rows, st.sampled_from(EVERY), st.booleans())
def test_scores_stay_within_bounds_and_follow_the_order_of_values(values, how, reverse):
    series = pd.Series([one for one, _ in values])
    found = normalised(series, how, reverse=reverse)
    assert found.between(0, 1).all()
    order = found.loc[series.sort_values(ascending=not reverse, kind="stable").index]
    assert (order.diff().dropna() >= -1e-9).all()


def test_the_indices_of_deprivation_put_a_tenth_of_areas_above_half():
    found = normalised(pd.Series(range(1000)), "iod")
    assert (found > 0.5).mean() == pytest.approx(0.1, abs=0.005)
    assert found.max() == pytest.approx(1)


@pytest.mark.parametrize("how", EVERY)
def test_an_area_compared_with_a_wider_set_is_placed_in_that_set(how):
    wider = pd.Series(np.random.default_rng(0).normal(size=200))
    place = wider.iloc[:20]
    inside = normalised(place, how, reference=wider)
    whole = normalised(wider, how).iloc[:20]
    # The share of others differs by the area itself where it is one of the set.
    assert (inside - whole).abs().max() < 0.01


@pytest.mark.parametrize("how", EVERY)
def test_what_lies_outside_the_wider_set_is_held_at_its_edge(how):
    found = normalised(pd.Series([-1e6, 1e6]), how, reference=pd.Series([1.0, 2.0, 3.0]))
    assert found.between(0, 1).all()
    assert found.iloc[0] < 0.2
    assert found.iloc[1] == pytest.approx(1)


@pytest.mark.parametrize("how", EVERY)
def test_blank_values_stay_blank_and_equal_values_sit_in_the_middle(how):
    assert normalised(pd.Series([1.0, np.nan, 2.0]), how).isna().tolist() == [False, True, False]
    equal = normalised(pd.Series([4.0, np.nan, 4.0]), how)
    assert equal.dropna().tolist() == [0.5, 0.5]


def test_a_normalisation_that_does_not_exist_is_refused():
    with pytest.raises(InvalidTableError, match="percentile, rank"):
        normalised(pd.Series([1.0, 2.0]), "best")


def test_a_reversed_indicator_counts_the_other_way():
    frame = pd.DataFrame({"speed": [10.0, 40.0, 90.0]})
    found = composite(frame, {"speed": 1}, normalise="min_max", reverse={"speed"})
    assert found.tolist() == pytest.approx([100, 62.5, 0])


def test_two_places_can_be_compared_in_one_wider_set():
    wider = pd.DataFrame({"a": np.arange(100.0)})
    poor, rich = wider.iloc[80:], wider.iloc[:20]
    alone = [composite(place, {"a": 1}).mean() for place in (poor, rich)]
    assert alone == [50, 50]
    within = [composite(place, {"a": 1}, reference=wider).mean() for place in (poor, rich)]
    assert within == pytest.approx([90, 10])


# --- an index like DERI -------------------------------------------------------------------------


def deri_table(areas=40, *, seed=0):
    random = np.random.default_rng(seed)
    names = [name for inside in DERI.values() for name in inside]
    return pd.DataFrame(random.gamma(2, 10, (areas, len(names))), columns=names)


@given(st.integers(0, 500), st.lists(weight, min_size=11, max_size=11), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_any_weights_give_components_of_0_to_10(seed, drawn, order):
    pool = iter(drawn)
    weights = {part: {name: next(pool) for name in inside} for part, inside in DERI.items()}
    if any(sum(inside.values()) == 0 for inside in weights.values()):
        return
    table = deri_table(seed=seed)
    found = deri_like(table, weights=weights)
    assert found.components.ge(0).all(axis=None)
    assert found.components.le(10).all(axis=None)
    assert found.score.between(0, 10).all()
    mixed = deri_like(table.sample(frac=1, random_state=order), weights=weights)
    pd.testing.assert_series_equal(found.score, mixed.score.loc[table.index])


def test_the_area_with_most_of_everything_scores_10_with_the_published_weights():
    table = pd.DataFrame(0.0, index=range(3), columns=deri_table().columns)
    table.loc[1] = 5.0
    table.loc[2] = 9.0
    table["download_speed"] = [90.0, 50.0, 10.0]
    found = deri_like(table)
    assert found.components.loc[2].tolist() == [10, 10, 10]
    assert found.components.loc[0].tolist() == [0, 0, 0]
    # As documented for v1.4, demography would reach (5/10 + 5/10 + 2/14 + 2/14) × 10 = 12.86.
    assert found.score.max() == 10


def test_the_full_formula_is_that_of_the_publisher_worked_by_hand():
    table = deri_table(seed=4)
    found = deri_like(table, component_weights={"demography": 3, "broadband": 1, "deprivation": 2})
    total = 0.0
    for part, share in (("demography", 3), ("broadband", 1), ("deprivation", 2)):
        component = 0.0
        for name, weighing in DERI[part].items():
            low, high, value = table[name].min(), table[name].max(), table.loc[7, name]
            score = (high - value if name == "download_speed" else value - low) / (high - low)
            component += 10 * score * weighing / sum(DERI[part].values())
        assert found.components.loc[7, part] == pytest.approx(component)
        total += share * component / 6
    assert found.score[7] == pytest.approx(total)


def test_an_indicator_that_is_the_same_everywhere_is_flagged():
    table = deri_table().assign(without_10_mbits=0.0)
    assert deri_like(table).constant == ("without_10_mbits",)
    assert deri_like(deri_table()).constant == ()


def test_component_weights_must_be_those_of_the_components():
    with pytest.raises(InvalidTableError, match="component weights"):
        deri_like(deri_table(), component_weights={"demography": 1})


def test_an_indicator_missing_from_the_wider_set_is_named():
    with pytest.raises(InvalidTableError, match="reference areas: 'b'"):
        composite(
            pd.DataFrame({"a": [1.0, 2], "b": [1.0, 2]}),
            {"a": 1, "b": 1},
            reference=pd.DataFrame({"a": [1.0, 2]}),
        )


@pytest.mark.real
def test_the_published_score_of_deri_1_6_is_the_mean_of_its_components(open_data):
    path = next((open_data / "deri_v1_6").glob("*.csv"))
    table = pd.read_csv(path, index_col="LSOA code")
    score = table.filter(like="DERI score").iloc[:, 0]
    components = table.filter(like="component")
    assert components.shape == (32_844, 3)
    found = weighted_mean(components, dict.fromkeys(components, 1))
    assert (found - score).abs().max() < 1e-6


# --- double counting, and what weights change ---------------------------------------------------


def test_two_indicators_that_say_the_same_are_named_as_counted_twice():
    random = np.random.default_rng(0)
    old = pd.Series(random.normal(size=200))
    frame = pd.DataFrame({"aged_65": old, "aged_75": old + 0.1 * random.normal(size=200)})
    frame["rent"] = random.normal(size=200)
    found = double_counting(frame)
    assert found[["one", "other"]].to_numpy().tolist() == [["aged_65", "aged_75"]]
    assert found.loc[0, "correlation"] == correlations(frame).loc["aged_65", "aged_75"]
    assert double_counting(frame[["aged_65", "rent"]]).empty


def test_an_indicator_that_repeats_another_moves_nobody_when_it_is_dropped():
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [4.0, 1, 3, 2]})
    frame["a_again"] = 10 * frame["a"]
    table = drop_one(frame, {"a": 1, "a_again": 1})
    assert table["mean_change"].tolist() == [0, 0]
    assert table["agreement"].tolist() == pytest.approx([1, 1])
    moved = drop_one(frame, {"a": 1, "b": 3})
    assert moved.loc["b", "mean_change"] > 0
    assert moved["weight"].tolist() == [0.25, 0.75]


def test_dropping_an_indicator_is_the_same_as_giving_it_no_weight():
    frame = deri_table()
    weights = {"aged_65_over": 2.0, "imd_score": 1.0, "unemployed": 1.0}
    whole = composite(frame, weights)
    without = composite(frame, weights | {"imd_score": 0.0})
    assert drop_one(frame, weights).loc["imd_score", "mean_change"] == (
        rank_change(whole, without)["change"].abs().mean()
    )


def test_a_lone_indicator_cannot_be_dropped():
    assert drop_one(pd.DataFrame({"a": [1.0, 2.0]}), {"a": 1}).empty


@given(st.lists(st.integers(0, 6), min_size=3, max_size=12), st.randoms())
def test_rank_changes_add_up_to_nought_in_any_order(scores, random):
    before = pd.Series(scores, dtype=float)
    after = before.sample(frac=1, random_state=random.randrange(99)).reset_index(drop=True)
    found = rank_change(before, after.sample(frac=1, random_state=1))
    assert found["change"].sum() == pytest.approx(0)
    assert found.loc[before.idxmax(), "before"] <= found["before"].min() + 1e-9


def test_areas_without_a_score_have_no_place():
    found = rank_change(pd.Series([3.0, None, 1.0]), pd.Series([1.0, 2.0, 3.0]))
    assert found["before"].tolist()[::2] == [1, 2]
    assert found.loc[1].isna().all()


def test_stability_counts_who_stays_among_those_with_most_need():
    before = pd.Series(range(20), dtype=float)
    after = before.copy()
    after[18], after[0] = 0.0, 18.0
    found = stability(before, after, top=0.1)
    assert found["stay"] == 0.5
    assert found["largest_change"] == 18
    assert stability(before, before)["agreement"] == pytest.approx(1)
