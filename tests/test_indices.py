import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InvalidTableError
from mapping.indices import composite

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


@pytest.mark.parametrize("weights", [{"a": -1}, {"a": 0}, {}, {"missing": 1}])
def test_weights_that_cannot_be_used_are_refused(weights):
    with pytest.raises(InvalidTableError, match="index weights"):
        composite(pd.DataFrame({"a": [1.0, 2.0]}), weights)
