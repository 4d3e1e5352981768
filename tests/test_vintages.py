from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InvalidTableError
from mapping.sources import catalogue, read
from mapping.sources.carrying import kinds, to_later
from mapping.vintages import carried, cross_tabulated, crosswalk

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


def links(*pairs):
    frame = pd.DataFrame(pairs, columns=["area11", "area", "change"])
    return frame.set_index("area11")


# Unchanged, split in two, two merged, and two that were redrawn into two.
CHANGES = links(
    ("U1", "U1", "U"), ("S1", "Sa", "S"), ("S1", "Sb", "S"), ("M1", "Mm", "M"), ("M2", "Mm", "M"),
    ("X1", "Xa", "X"), ("X1", "Xb", "X"), ("X2", "Xb", "X"),
)  # fmt: skip
PEOPLE = pd.Series({"U1": 100, "Sa": 300, "Sb": 100, "Mm": 500, "Xa": 100, "Xb": 200})
EARLIER = ["U1", "S1", "M1", "M2", "X1", "X2"]


@given(
    counts=st.lists(st.integers(0, 10_000), min_size=6, max_size=6),
    order=st.permutations(range(6)),
    rows=st.permutations(range(8)),
)
def test_counts_keep_their_total_whatever_the_order_of_rows(counts, order, rows):
    table = pd.DataFrame({"homes": counts}, index=EARLIER)
    along = crosswalk(CHANGES.iloc[list(rows)], PEOPLE)
    found = carried(table.iloc[list(order)], along, kinds={"homes": "count"})
    assert found.table["homes"].sum() == pytest.approx(sum(counts))
    assert found.totals.loc["homes", "after"] == pytest.approx(found.totals.loc["homes", "before"])
    assert found.table.index.tolist() == sorted(PEOPLE.index)


def test_parts_are_worked_out_as_by_hand():
    table = pd.DataFrame({"homes": [10, 40, 5, 7, 30, 9], "rate": [0.1, 0.2, 0.3, 0.6, 0.4, 0.5]},
                         index=EARLIER)  # fmt: skip
    base = pd.Series([100, 400, 100, 300, 100, 100], index=EARLIER)
    found = carried(
        table, crosswalk(CHANGES, PEOPLE), kinds={"homes": "count", "rate": "rate"}, base=base
    ).table
    # X1's people: 100 in Xa and half of Xb's 200, so half its figures go to each.
    expected = {"U1": 10, "Sa": 30, "Sb": 10, "Mm": 12, "Xa": 15, "Xb": 24}
    assert found["homes"].to_dict() == pytest.approx(expected)
    redrawn = (50 * 0.4 + 100 * 0.5) / 150
    rates = {"U1": 0.1, "Sa": 0.2, "Sb": 0.2, "Mm": 0.525, "Xa": 0.4, "Xb": redrawn}
    assert found["rate"].to_dict() == pytest.approx(rates)


def test_rates_stay_within_those_they_come_from():
    random = np.random.default_rng(1)
    table = pd.DataFrame({"rate": random.random(6)}, index=EARLIER)
    found = carried(table, crosswalk(CHANGES, PEOPLE), kinds={"rate": "rate"}).table["rate"]
    assert found.between(table["rate"].min(), table["rate"].max()).all()


def test_a_later_area_with_a_missing_part_is_blank_and_named():
    table = pd.DataFrame({"homes": 1.0, "rate": 0.5}, index=["U1", "M1"])
    found = carried(table, crosswalk(CHANGES, PEOPLE), kinds={"homes": "count", "rate": "rate"})
    assert found.table.loc["Mm"].isna().all()
    assert found.incomplete.tolist() == ["Mm"]
    assert found.table.loc["U1", "homes"] == 1


@pytest.mark.parametrize(
    ("table", "kinds", "words"),
    [
        (pd.DataFrame({"rank": [1]}, index=["U1"]), {"rank": "rank"}, "rank, which cannot"),
        (pd.DataFrame({"homes": [1]}, index=["E9"]), {"homes": "count"}, "no LSOA 2011"),
        (pd.DataFrame({"homes": [1, 2]}, index=["U1", "U1"]), {"homes": "count"}, "stands twice"),
        (pd.DataFrame({"homes": [1]}, index=["U1"]), {"flats": "count"}, "no column 'flats'"),
    ],
)
def test_what_cannot_be_carried_is_refused_in_words(table, kinds, words):
    with pytest.raises(InvalidTableError, match=words):
        carried(table, crosswalk(CHANGES, PEOPLE), kinds=kinds)


def test_parts_where_nobody_lives_are_equal():
    along = crosswalk(links(("S", "a", "S"), ("S", "b", "S")), pd.Series({"a": 0, "b": 0}))
    assert along.links["part"].tolist() == [0.5, 0.5]


def test_wards_of_two_reviews_are_read_into_each_other():
    old = pd.Series({"a": "O1", "b": "O1", "c": "O2"})
    new = pd.Series({"c": "N2", "b": "N2", "a": "N1"})
    table = cross_tabulated(old, new, pd.Series({"a": 60, "b": 40, "c": 60}))
    assert table.to_dict("records") == [
        {"earlier": "O1", "later": "N1", "people": 60, "of_earlier": 0.6, "of_later": 1.0},
        {"earlier": "O1", "later": "N2", "people": 40, "of_earlier": 0.4, "of_later": 0.4},
        {"earlier": "O2", "later": "N2", "people": 60, "of_earlier": 1.0, "of_later": 0.6},
    ]
    with pytest.raises(InvalidTableError, match="1 small areas have no"):
        cross_tabulated(old, new.drop("a"), pd.Series({"a": 60, "b": 40, "c": 60}))


def shared(source, pattern):
    found = sorted(SHARED.rglob(pattern))
    if not found:
        pytest.skip("the folder of open data is not beside the repository")
    return read(catalogue()[source], found[0])


@pytest.mark.real
def test_deri_scores_reach_every_english_area_of_2021_and_no_resident_is_lost():
    changes = shared("lookup_lsoa11_lsoa21", "LSOA11_LSOA21_LAD22_EW_LU.csv")
    people = shared("census2021_age", "census2021_age_lsoa21.csv")["residents"]
    deri = shared("deri_v1_6", "*v1.6.csv")
    along = crosswalk(changes, people)
    found = carried(deri, along, kinds=dict.fromkeys(deri.columns, "rate"))
    english = people.index[people.index.str.startswith("E")]
    assert found.table.index.equals(pd.Index(sorted(english), name="area"))
    assert found.incomplete.empty
    assert found.table.notna().all(axis=None)
    assert found.table["deri"].between(deri["deri"].min(), deri["deri"].max()).all()
    # There and back: residents of 2021 apportioned to 2011 and carried again are all there.
    back = along.links.assign(n=along.links["after"].map(people))
    back["n"] /= back.groupby("after")["before"].transform("size")
    earlier = back.groupby("before")["n"].sum().rename("residents").to_frame()
    again = carried(earlier, along, kinds={"residents": "count"})
    assert again.table["residents"].sum() == pytest.approx(people.sum())
    liverpool = shared("lookup_lsoa21_ward24", "LSOA21_WD24_LAD24_EW_LU*.csv")
    city = liverpool.index[liverpool["district"] == "E08000012"]
    assert len(city) == 302
    assert found.table.loc[city].notna().all(axis=None)
    assert again.table.loc[city, "residents"].sum() == pytest.approx(people[city].sum(), rel=1e-9)


def test_a_source_is_carried_by_what_its_columns_are_and_ranks_stay_behind():
    old = pd.DataFrame(
        {"imd_rank": [1.0, 2, 3, 4, 5, 6], "imd_score": [50.0, 40, 30, 20, 10, 0],
         "population_2015": [100.0, 400, 300, 100, 100, 100]},
        index=EARLIER,
    )  # fmt: skip
    source = catalogue()["iod2019"]
    along = crosswalk(CHANGES, PEOPLE)
    found = to_later(source, old, along, base=old["population_2015"])
    assert found.left == ("imd_rank",)
    assert found.table.loc["Mm", "imd_score"] == pytest.approx((300 * 30 + 100 * 20) / 400)
    assert found.totals.loc["population_2015"].tolist() == pytest.approx([1100, 1100])
    with pytest.raises(InvalidTableError, match="'imd_rank' is a rank, which cannot be carried"):
        to_later(source, old, along, columns=["imd_rank"])


def test_a_source_of_2021_has_nothing_to_carry():
    with pytest.raises(InvalidTableError, match="says of none of its columns how"):
        to_later(catalogue()["iod2025"], pd.DataFrame(), crosswalk(CHANGES, PEOPLE))


def test_every_source_of_2011_areas_says_how_its_columns_may_be_carried():
    tables = [source for source in catalogue().values() if source.geography == "lsoa11"]
    declared = {s.id for s in tables if s.role not in {"changes", "boundaries_2011"}}
    assert declared == {"iod2019", "dpi2021", "deri_v1_6"}
    assert all(kinds(catalogue()[id_]) for id_ in declared)


@pytest.mark.real
def test_tables_of_2011_reach_2021_with_every_area_accounted_for():
    changes = shared("lookup_lsoa11_lsoa21", "LSOA11_LSOA21_LAD22_EW_LU.csv")
    people = shared("census2021_age", "census2021_age_lsoa21.csv")["residents"]
    along = crosswalk(changes, people)
    online = shared("dpi2021", "digital_propensity_index_lsoa11*.csv")
    found = to_later(catalogue()["dpi2021"], online, along)
    assert found.left == ("region",)
    # The copy held lacks the North West; nothing is made up there, and nothing is lost elsewhere.
    lost = set(people.index) - set(found.table.index)
    reached = changes.loc[changes.index.isin(online.index), "area"]
    assert lost == set(people.index) - set(reached)
    assert found.table["offline_returns"].isna().sum() == len(found.incomplete) <= 5
    older = shared("iod2019", "File_7_-_All_IoD2019*.csv")
    assert to_later(catalogue()["iod2019"], older, along).left == ("imd_rank", "imd_decile")
