import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mapping.disclosure import release


@given(st.lists(st.integers(0, 500), min_size=1, max_size=40))
def test_no_small_count_and_no_exact_count_leaves(counts):
    released = release(pd.Series(counts, name="homes"))
    left = released.counts.dropna()
    assert (left >= 10).all()
    assert (left % 5 == 0).all()
    assert released.counts.isna().sum() == sum(count < 10 for count in counts)


def test_nothing_and_few_look_the_same():
    released = release(pd.Series({"none": 0, "few": 9}))
    assert released.counts.isna().all()


def test_the_rule_tells_what_was_done_without_the_values():
    released = release(pd.Series([3, 77], name="homes"))
    assert released.rule == (
        "homes: 1 of 2 areas suppressed (fewer than 10), the others rounded to 5."
    )
