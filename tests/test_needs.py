"""Nobody is lost between the files, the areas and the wards."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from mapping.errors import InvalidTableError
from mapping.needs import AGES, indicators, joined, reconciled, to_wards, ward_outlines

MEASURES = ("residents", "adults", "households", "social_rented", "disabled")


def areas_of(number: int, *, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    index = pd.Index([f"X0100{place:04d}" for place in range(number)], name="area")
    ages = pd.DataFrame(random.integers(20, 300, (number, 7)), index, list(AGES))
    table = ages.assign(adults=ages.sum(axis=1))
    table["residents"] = table["adults"] + random.integers(100, 400, number)
    table["households"] = random.integers(400, 900, number)
    table["social_rented"] = random.binomial(table["households"], 0.26)
    table["private_rented"] = random.binomial(table["households"], 0.2)
    table["disability_base"] = table["residents"] + random.integers(-3, 4, number)
    table["disabled"] = random.binomial(table["residents"], 0.2)
    return table.assign(income_rate=random.uniform(0.1, 0.5, number))


def parts_of(areas: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Split areas into the files they would come in."""
    homes = ["households", "social_rented", "private_rented"]
    health = ["disabled", "disability_base"]
    return {
        "age.csv": areas.drop(columns=[*homes, *health, "income_rate"]),
        "tenure.csv": areas[homes],
        "health.csv": areas[health],
        "iod.csv": areas[["income_rate"]],
    }


def wards_of(areas: pd.DataFrame, *, seed: int = 0) -> pd.Series:
    random = np.random.default_rng(seed)
    names = [f"X0500000{n}" for n in range(1, 5)]
    return pd.Series(random.choice(names, len(areas)), areas.index, name="ward")


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), number=st.integers(1, 30))
def test_totals_survive_every_join_whatever_the_row_order(seed, number):
    areas = areas_of(number, seed=seed)
    stranger = areas.iloc[:1].set_axis(["X01999999"])
    files = {
        name: pd.concat([table, stranger[table.columns]]).sample(frac=1, random_state=seed + place)
        for place, (name, table) in enumerate(parts_of(areas).items())
    }
    places = pd.DataFrame(index=areas.index).sample(frac=1, random_state=seed)
    lsoas = joined(places, files)
    pd.testing.assert_index_equal(lsoas.index, places.index)
    pd.testing.assert_frame_equal(
        lsoas.loc[areas.index, list(areas)], areas, check_dtype=False, check_names=False
    )
    wards = to_wards(lsoas, wards_of(areas, seed=seed).sample(frac=1, random_state=seed))
    checks = reconciled(files, lsoas, wards)
    assert {check.measure for check in checks} == set(MEASURES)
    for check in checks:
        assert check.holds
        assert check.before == check.lsoas == check.wards == areas[check.measure].sum()


def test_a_table_that_misses_an_area_is_refused_by_name():
    areas = areas_of(5)
    files = parts_of(areas)
    files["tenure.csv"] = files["tenure.csv"].iloc[2:]
    with pytest.raises(
        InvalidTableError, match=r"tenure\.csv has no row for 2 of 5 areas .X01000000"
    ):
        joined(areas[[]], files)


def test_every_fault_of_every_table_is_said_at_once():
    areas = areas_of(5)
    files = parts_of(areas)
    files["age.csv"] = pd.concat([files["age.csv"], files["age.csv"].iloc[:1]])
    files["health.csv"] = files["health.csv"].assign(households=1)
    files["iod.csv"] = files["iod.csv"].iloc[1:]
    with pytest.raises(InvalidTableError) as caught:
        joined(areas[[]], files)
    said = str(caught.value)
    assert "age.csv repeats X01000000" in said
    assert "health.csv brings households a second time" in said
    assert "iod.csv has no row for 1 of 5 areas" in said


def test_a_ward_lookup_that_misses_an_area_or_names_it_twice_is_refused():
    areas = areas_of(6)
    wards = wards_of(areas)
    first = areas.index[0]
    with pytest.raises(InvalidTableError, match=f"1 have no ward .first {first}"):
        to_wards(areas, wards.drop(first))
    with pytest.raises(InvalidTableError, match=f"1 areas stand twice .*first {first}"):
        to_wards(areas, pd.concat([wards, wards.iloc[:1]]))


def test_wards_that_lack_an_area_stop_the_build():
    areas = areas_of(6)
    wards = to_wards(areas.iloc[1:], wards_of(areas))
    with pytest.raises(InvalidTableError, match="does not cover every area once"):
        reconciled(parts_of(areas), areas, wards)


def test_areas_joined_twice_stop_the_build():
    areas = areas_of(6)
    doubled = pd.concat([areas, areas.iloc[:1]])
    with pytest.raises(InvalidTableError) as caught:
        reconciled(parts_of(areas), doubled, to_wards(areas, wards_of(areas)))
    homes = areas["households"]
    assert f"households: {homes.sum():,} in tenure.csv, " in str(caught.value)
    assert f"{homes.sum() + homes.iloc[0]:,} in LSOAs" in str(caught.value)


def test_counts_are_summed_and_rates_weighted_by_residents():
    areas = pd.DataFrame(
        {"residents": [100, 300, 50], "income_rate": [0.2, 0.4, 0.9], "imd_rank": [1, 2, 3]},
        index=["A", "B", "C"],
    )
    wards = to_wards(areas, pd.Series({"C": "W2", "A": "W1", "B": "W1"}))
    assert wards["residents"].to_dict() == {"W1": 400, "W2": 50}
    assert wards["income_rate"].to_dict() == {"W1": pytest.approx(0.35), "W2": pytest.approx(0.9)}
    assert "imd_rank" not in wards
    assert wards.index.name == "area"


def test_an_area_whose_rate_is_not_known_has_no_say_in_the_ward_s():
    areas = pd.DataFrame(
        {"residents": [100, 300, 50], "imd_score": [40, np.nan, np.nan]}, index=["A", "B", "C"]
    )
    wards = to_wards(areas, pd.Series({"A": "W1", "B": "W1", "C": "W2"}))
    assert wards.loc["W1", "imd_score"] == pytest.approx(40)
    assert np.isnan(wards.loc["W2", "imd_score"])
    assert wards["residents"].tolist() == [400, 50]


def test_indicators_are_shares_of_their_own_totals():
    areas = areas_of(4)
    frame = indicators(areas)
    row, counts = frame.iloc[2], areas.iloc[2]
    assert sum(row[f"share_{age}"] for age in AGES) == pytest.approx(1)
    assert row["share_disabled"] == counts["disabled"] / counts["disability_base"]
    assert row["share_social_rented"] == counts["social_rented"] / counts["households"]
    assert row["share_age_75_over"] == pytest.approx(
        (counts["age_75_84"] + counts["age_85_over"]) / counts["adults"]
    )
    empty = indicators(areas.assign(households=[0, 1, 1, 1], social_rented=[0, 1, 1, 1]))
    assert empty["share_social_rented"].isna().tolist() == [True, False, False, False]


def drawn(wards: list[str]) -> gpd.GeoDataFrame:
    """Lay one square per area, side by side."""
    return gpd.GeoDataFrame(
        {"ward": wards, "ward_name": [f"Ward {ward[-1]}" for ward in wards]},
        index=pd.Index([f"X0100000{place}" for place in range(len(wards))], name="area"),
        geometry=[box(place, 0, place + 1, 1) for place in range(len(wards))],
        crs="EPSG:27700",
    )


def test_wards_without_official_outlines_are_their_areas_put_together():
    areas = drawn(["X05000001", "X05000002", "X05000001"])
    wards, caveats = ward_outlines(areas.iloc[::-1], None)
    assert wards.geometry.area.to_dict() == {"X05000001": 2, "X05000002": 1}
    assert wards.loc["X05000001", "name"] == "Ward 1"
    assert "official outlines were not given" in caveats[0]


def test_a_ward_that_no_area_fits_best_keeps_its_row_and_is_named():
    areas = drawn(["X05000001", "X05000001", "X05000003"])
    areas["residents"] = [100, 200, 300]
    wards, caveats = ward_outlines(areas, None)
    assert list(wards.index) == ["X05000001", "X05000002", "X05000003"]
    assert caveats[-1] == (
        "X05000002 is missing from the run of ward codes: no LSOA fits best in it, if it is a "
        "ward; ward tables show no estimate there, and its residents are counted in neighbouring "
        "wards."
    )
    table = wards.join(to_wards(areas, areas["ward"]))
    assert table["residents"].isna().tolist() == [False, True, False]
    assert table["residents"].sum() == areas["residents"].sum()
    assert wards.crs == areas.crs


def test_official_outlines_say_which_wards_there_are():
    areas = drawn(["X05000001", "X05000003"])
    official = areas.set_index(areas["ward"].rename("area")).rename(columns={"ward_name": "name"})
    wards, caveats = ward_outlines(areas, official)
    assert list(wards.index) == ["X05000001", "X05000003"]
    assert caveats == ()


def test_official_outlines_are_kept_and_those_without_areas_named():
    areas = drawn(["X05000001", "X05000001"])
    official = gpd.GeoDataFrame(
        {"name": ["Riverside", "Docks"]},
        index=pd.Index(["X05000001", "X05000002"], name="area"),
        geometry=[box(0, 0, 2, 1), box(2, 0, 9, 1)],
        crs="EPSG:27700",
    )
    wards, caveats = ward_outlines(areas, official)
    assert wards["name"].tolist() == ["Riverside", "Docks"]
    assert caveats == (
        "No LSOA fits best in Docks (X05000002), so ward tables show no estimate there; its "
        "residents are counted in the neighbouring wards.",
    )
    assert list(official.columns) == ["name", "geometry"]
