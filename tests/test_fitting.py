"""Counts of small areas fitted to wards: nobody lost, every ward with a row, the method named."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from mapping.errors import InvalidTableError
from mapping.geography import (
    Lookup,
    best_fit,
    by_area,
    by_points,
    matched,
    refuse_other_wards,
)
from mapping.sources import locate, read

GRID = "EPSG:27700"
# Three wards side by side, a kilometre square each; the last is docks.
WARDS = gpd.GeoDataFrame(
    geometry=[box(x, 0, x + 1000, 1000) for x in (0, 1000, 2000)],
    index=pd.Index(["W1", "W2", "W3"], name="area"),
    crs=GRID,
)


def points(*rows):
    frame = pd.DataFrame(rows, columns=["part", "people", "x", "y"])
    return gpd.GeoDataFrame(
        frame[["part", "people"]], geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs=GRID
    )


def counted(**values):
    return pd.DataFrame({"homes": values}, dtype=float)


@given(
    homes=st.lists(st.integers(0, 500), min_size=6, max_size=6),
    ward=st.lists(st.sampled_from(["W1", "W2"]), min_size=6, max_size=6),
    order=st.permutations(range(6)),
)
def test_best_fit_adds_up_as_by_hand_whatever_the_order_of_rows(homes, ward, order):
    areas = [f"E0000000{at}" for at in range(6)]
    counts = pd.DataFrame({"homes": homes}, index=areas).iloc[list(order)]
    found = best_fit(counts, pd.Series(ward, areas), level="output areas", wards=WARDS.index)
    plain = {
        name: [h for h, w in zip(homes, ward, strict=True) if w == name] for name in WARDS.index
    }
    for name, given_to in plain.items():
        assert found.table["homes"].get(name) == (
            sum(given_to) if given_to else pytest.approx(np.nan, nan_ok=True)
        )
    assert found.without.tolist() == [name for name, given_to in plain.items() if not given_to]
    assert found.totals.loc["homes"].tolist() == [sum(homes), sum(homes)]
    assert found.method == "best fit of output areas"


@pytest.mark.parametrize(
    ("counts", "ward", "said"),
    [
        (counted(a=1, b=2), pd.Series({"a": "W1"}), "1 have no ward .first b"),
        (counted(a=1), pd.Series({"a": None}), "1 have no ward"),
        (counted(a=1), pd.Series(["W1", "W2"], ["a", "a"]), "1 stand twice"),
        (pd.concat([counted(a=1)] * 2), pd.Series({"a": "W1"}), "1 stand twice"),
    ],
)
def test_an_area_without_one_ward_is_refused(counts, ward, said):
    with pytest.raises(InvalidTableError, match=said):
        best_fit(counts, ward, level="LSOAs")


def test_an_unknown_count_leaves_its_ward_unknown_and_not_smaller():
    counts = counted(a=5, b=float("nan"), c=7)
    found = best_fit(counts, pd.Series({"a": "W1", "b": "W1", "c": "W2"}), level="LSOAs")
    assert found.table["homes"].isna().to_dict() == {"W1": True, "W2": False}


def plainly(counts, places, wards):
    """Spread by points with loops: a textbook population-weighted interpolation."""
    totals = dict.fromkeys(wards.index, 0.0)
    for part in counts.index:
        mine = [row for row in places.itertuples() if row.part == part]
        people = sum(row.people for row in mine)
        for row in mine:
            share = row.people / people if people else 1 / len(mine)
            inside = [w for w in sorted(wards.index) if wards.geometry[w].intersects(row.geometry)]
            near = sorted(wards.index, key=lambda w: wards.geometry[w].distance(row.geometry))
            totals[(inside or near)[0]] += share * counts.loc[part, "homes"]
    return totals


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_counts_follow_people_as_a_plain_loop_says(data):
    parts = ["a", "b", "c"]
    homes = data.draw(st.lists(st.integers(0, 900), min_size=3, max_size=3))
    rows = [
        (part, data.draw(st.integers(0, 300)), data.draw(st.integers(-200, 3200)),
         data.draw(st.integers(0, 1000)))
        for part in parts for _ in range(data.draw(st.integers(1, 4)))
    ]  # fmt: skip
    places = points(*data.draw(st.permutations(rows)))
    counts = pd.DataFrame({"homes": homes}, index=parts, dtype=float)
    shuffled = WARDS.loc[data.draw(st.permutations(list(WARDS.index)))]
    found = by_points(counts, places, shuffled)
    expected = plainly(counts, places, WARDS)
    assert found.table["homes"].fillna(0).to_dict() == pytest.approx(expected)
    assert found.totals.loc["homes", "after"] == pytest.approx(sum(homes))
    assert found.table.index.tolist() == ["W1", "W2", "W3"]
    assert set(found.without) == set(found.table.index[found.table["homes"].isna()])


def test_points_that_miss_an_area_or_lie_far_outside_are_refused():
    with pytest.raises(InvalidTableError, match=r"1 of 2 areas have no point .first b"):
        by_points(counted(a=1, b=1), points(("a", 5, 500, 500)), WARDS)
    with pytest.raises(InvalidTableError, match=r"1 of 1 points lie .* .first at 9000, 500"):
        by_points(counted(a=1), points(("a", 5, 9000, 500)), WARDS)


def test_ground_is_shared_out_and_slivers_are_not_lost():
    # A quarter of the area lies in W1, half in W2, and a quarter outside every ward.
    areas = gpd.GeoDataFrame(
        geometry=[box(750, 750, 1750, 1250), box(2100, 0, 2200, 100)], index=["a", "b"], crs=GRID
    )
    found = by_area(counted(b=10, a=60), areas, WARDS.iloc[::-1])
    assert found.table["homes"].to_dict() == pytest.approx({"W1": 15, "W2": 45, "W3": 10})
    assert found.totals.loc["homes"].tolist() == pytest.approx([70, 70])
    assert found.method == "areal interpolation"
    with pytest.raises(InvalidTableError, match="1 of 2 areas have no outline"):
        by_area(counted(a=1, z=1), areas, WARDS)
    with pytest.raises(InvalidTableError, match="stands twice"):
        by_area(pd.concat([counted(a=1)] * 2), areas, WARDS)


def test_where_wards_are_made_of_areas_all_methods_agree():
    squares = [box(x, y, x + 500, y + 500) for x in range(0, 3000, 500) for y in (0, 500)]
    areas = gpd.GeoDataFrame(geometry=squares, index=[f"a{at}" for at in range(12)], crs=GRID)
    counts = pd.DataFrame({"homes": np.arange(12.0)}, index=areas.index)
    ward = pd.Series([f"W{1 + int(s.centroid.x // 1000)}" for s in squares], areas.index)
    middles = gpd.GeoDataFrame(
        {"part": areas.index, "people": 1}, geometry=[Point(s.centroid) for s in squares], crs=GRID
    )
    expected = best_fit(counts, ward, level="output areas").table
    for found in (by_points(counts, middles, WARDS), by_area(counts, areas, WARDS)):
        pd.testing.assert_frame_equal(found.table, expected)


def test_what_matched_is_said_for_every_table():
    places = pd.DataFrame(index=["A", "B", "C"])
    tables = {
        "age.csv": pd.DataFrame(index=["C", "A", "B", "Z"]),
        "tenure.csv": pd.DataFrame(index=["A", "A"]),
    }
    found = matched(places, tables)
    assert found.loc["age.csv"].tolist() == [4, 3, 3, 0, 1, 0, ""]
    assert found.loc["tenure.csv"].tolist() == [2, 3, 1, 2, 0, 1, "B"]


@pytest.mark.real
def test_liverpool_s_old_wards_are_not_taken_for_its_new_ones(open_data):
    files = locate(sorted(open_data.rglob("*")), chosen={})
    lookup = Lookup(read(*files["lookup"]), files["lookup"][0].vintage)
    old = read(*files["earlier_ward_boundaries"])
    with pytest.raises(InvalidTableError, match="63 of 63 wards of E08000012 have no outline"):
        refuse_other_wards(lookup, old.index, "E08000012", where="wd22.geojson")
    new = pd.Index([f"E05{number:06d}" for number in range(15277, 15341)])
    refuse_other_wards(lookup, new, "E08000012", where="wd24.geojson")


@pytest.mark.real
def test_liverpool_s_people_are_the_same_by_lookup_by_points_and_by_ground(open_data):
    files = locate(sorted(open_data.rglob("*")), chosen={})
    lookup = read(*files["lookup"])
    city = lookup[lookup["district"] == "E08000012"]
    people = read(*files["age"]).loc[city.index, ["residents", "adults"]]
    areas = read(*files["boundaries"]).loc[city.index]
    fitted = best_fit(people, city["ward"], level="LSOAs")
    assert len(fitted.table) == 63
    wards = areas.join(city["ward"]).dissolve("ward").rename_axis("area")[["geometry"]]
    where = read(*files["centroids"]).loc[city.index]
    places = where.assign(part=where.index, people=people["residents"])
    # These wards are made of whole LSOAs, so whatever the method, everybody stays where they are.
    for found in (by_points(people, places, wards), by_area(people, areas, wards)):
        np.testing.assert_allclose(found.table, fitted.table, rtol=1e-3)
        assert found.totals["after"].tolist() == pytest.approx(people.sum().tolist())
