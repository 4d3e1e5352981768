"""What is released of counts of persons, attacked by a plain integer program of its own."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from mapping.disclosure import Released, mean, release, share, tally, told
from mapping.disclosure.releasing import Log
from mapping.errors import DisclosureError


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
    assert released.log.as_dict() == {
        "what": "homes", "rule": released.rule, "floor": 10, "base": 5, "cells": 2, "hidden": 1,
    }  # fmt: skip


def intervals(shown, equations):
    """Least and greatest whole number that each cell can be, one integer program for each end."""
    cells = shown.to_numpy().ravel()
    low = np.where(np.isnan(cells), 0, np.maximum(cells - 2, 10))
    high = np.where(np.isnan(cells), np.inf, cells + 2)
    rules = LinearConstraint(np.array(equations), 0, 0)
    for cell in np.flatnonzero(np.isnan(cells)):
        found = []
        for sign in (1, -1):
            weight = np.zeros(cells.size)
            weight[cell] = sign
            made = milp(
                weight, constraints=rules, bounds=Bounds(low, high), integrality=np.ones(cells.size)
            )
            found.append(np.inf if made.x is None else round(made.x[cell]))  # None: no upper end
        yield cell, found


def equations_of(shown, within):
    """The sums of a table of areas, districts and all, with groups and a column of all groups."""
    names, columns = list(shown.index), list(shown.columns)

    def row(total, parts):
        line = np.zeros(shown.shape)
        for i, j in parts:
            line[names.index(i), columns.index(j)] += 1
        line[names.index(total[0]), columns.index(total[1])] -= 1
        return line.ravel()

    districts = sorted(set(within.values()))
    made = [row((n, "every"), [(n, c) for c in columns if c != "every"]) for n in names]
    for c in columns:
        made += [row((d, c), [(a, c) for a in within if within[a] == d]) for d in districts]
        made.append(row(("whole", c), [(d, c) for d in districts]))
    return made


tables = st.integers(2, 5).flatmap(
    lambda areas: st.tuples(
        st.lists(
            st.lists(st.one_of(st.integers(0, 12), st.integers(10, 90)), min_size=2, max_size=2),
            min_size=areas,
            max_size=areas,
        ),
        st.lists(st.sampled_from(["N", "S"]), min_size=areas, max_size=areas),
    )
)


@settings(max_examples=40, deadline=None)
@given(tables)
def test_no_value_of_a_small_cell_can_be_ruled_out_from_rows_columns_and_totals(given_):
    counts, districts = given_
    frame = pd.DataFrame(counts, [f"a{i}" for i in range(len(counts))], ["men", "women"])
    within = dict(zip(frame.index, districts, strict=True))
    shown = release(frame, within=(within,), whole="whole", every="every").counts
    true = frame.copy()
    true = pd.concat([true, frame.groupby(pd.Series(within)).sum()])
    true.loc["whole"] = frame.sum()
    true["every"] = true.sum(axis=1)
    assert (shown.isna() | ((shown - true).abs() <= 2)).all(axis=None)
    assert shown.isna().to_numpy()[(true < 10).to_numpy()].all()
    small = (true < 10).to_numpy().ravel()
    for cell, (least, most) in intervals(shown, equations_of(shown, within)):
        if small[cell]:
            assert least == 0
            assert most >= 9


def test_totals_without_small_counts_hide_nothing():
    frame = pd.DataFrame({"men": [20, 31, 44], "women": [18, 62, 12]}, ["a", "b", "c"])
    made = release(frame, whole="all", every="both")
    assert made.log.hidden == 0
    assert made.counts.loc["all"].tolist() == [95, 90, 185]


def test_the_order_of_rows_and_columns_changes_nothing():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(rng.integers(0, 40, (12, 3)), list("abcdefghijkl"), ["x", "y", "z"])
    within = pd.Series(list("NNNSSSEEEWWW"), frame.index)
    options = {"within": (within,), "whole": "all", "every": "sum"}
    made = release(frame, **options)
    turned = release(frame.iloc[::-1], **options)
    assert turned.log == made.log
    pd.testing.assert_frame_equal(turned.counts.reindex(made.counts.index), made.counts)


def test_homes_are_hidden_where_their_tenants_are_few():
    homes, tenants = pd.Series({"A": 30, "B": 25}), pd.Series({"A": 9, "B": 11})
    assert release(homes, beneath=tenants).counts.isna().tolist() == [True, False]


def test_shares_are_judged_by_the_counts_under_them_and_by_what_is_left():
    part = release(pd.Series({"a": 30, "b": 9, "c": 42, "d": 12}))
    whole = release(pd.Series({"a": 61, "b": 50, "c": 45, "d": 25}))
    assert share(part, whole).tolist()[0] == 50
    assert share(part, whole).isna().tolist() == [False, True, True, False]


def test_means_are_rounded_and_hidden_where_few_or_one_make_them():
    areas = pd.Series(["a"] * 12 + ["b"] * 4 + ["c"] * 12)
    rent = pd.Series([101.0] * 12 + [90] * 4 + [1] * 11 + [500])
    counts = tally(areas, pd.Index(["a", "b", "c"]), what="Tenants")
    found = mean(rent, areas, beneath=counts, to=5)
    assert found["a"] == 100
    assert found[["b", "c"]].isna().all()


def test_records_are_counted_by_area_and_those_elsewhere_beside_them():
    areas = pd.Series(["A"] * 31 + ["B"] * 17 + ["X"] * 11 + [None] * 2)
    made = tally(areas, pd.Index(["B", "A"], name="area"), what="Learners", elsewhere="elsewhere")
    assert made.counts.to_dict() == {"B": 15, "A": 30, "elsewhere": 15}
    assert made.counts.index.name == "area"


def test_a_count_is_told_as_far_as_it_may_be():
    assert [told(0), told(9), told(12), told(1203)] == [
        "fewer than 10", "fewer than 10", "about 10", "about 1,205",
    ]  # fmt: skip


def test_nobody_else_can_say_that_figures_were_released():
    log = Log("homes", "nothing was done", 10, 5, 1, 0)
    with pytest.raises(DisclosureError, match=r"made by mapping\.disclosure alone"):
        Released(pd.Series([3]), log)
    made = release(pd.Series([30]))
    from dataclasses import replace

    with pytest.raises((DisclosureError, ValueError, TypeError)):
        replace(made, counts=pd.Series([3]))


@pytest.mark.parametrize("counts", [[1, np.nan], [-1, 5]])
def test_counts_that_are_none_are_refused(counts):
    with pytest.raises(ValueError, match="give zero where nobody is"):
        release(pd.Series(counts, name="homes"))


def test_names_of_areas_and_totals_must_differ_and_every_area_needs_its_larger_one():
    with pytest.raises(ValueError, match="names that differ"):
        release(pd.Series({"A": 30}), whole="A")
    with pytest.raises(ValueError, match="No larger area is given for A"):
        release(pd.Series({"A": 30}), within=({},))
