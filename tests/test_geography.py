import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from mapping.errors import InvalidTableError
from mapping.geography import Lookup, refuse_unknown_areas, to_grid, ward_gaps

LOOKUP = Lookup(
    pd.DataFrame(
        {"district": ["E08000001", "E08000001"], "ward": ["E05000001", "E05000002"]},
        index=["E01000001", "E01000002"],
    ),
    "LSOA 2021",
)


def test_a_code_of_2011_is_told_from_a_misspelt_one():
    codes = pd.Index(["E01000001", "E01000099"])
    with pytest.raises(InvalidTableError, match="1 of 2 areas have codes of 2011"):
        refuse_unknown_areas(codes, LOOKUP, where="iod.csv", earlier=["E01000099"])
    with pytest.raises(InvalidTableError, match=r"iod.csv: 1 of 2 area codes are unknown"):
        refuse_unknown_areas(codes, LOOKUP, where="iod.csv")


def test_known_codes_pass():
    refuse_unknown_areas(LOOKUP.frame.index, LOOKUP, where="iod.csv")


def test_a_district_the_lookup_does_not_know_is_refused():
    with pytest.raises(InvalidTableError, match="No area of district E08000099"):
        LOOKUP.district_areas("E08000099")


def test_a_gap_in_the_run_of_ward_codes_is_found():
    assert ward_gaps(["E05000004", "E05000001", "E05000002"]) == ["E05000003"]
    assert ward_gaps(["E05000001", "E05000002"]) == []
    assert ward_gaps(["E05000001", "E05009000"]) == []  # two reviews, not one run
    assert ward_gaps([]) == []


def test_shapes_are_brought_to_the_national_grid():
    pier_head = gpd.GeoDataFrame(geometry=[Point(-2.995, 53.404)], crs="EPSG:4326")
    point = to_grid(pier_head, where="f").geometry.iloc[0]
    assert (round(point.x, -3), round(point.y, -3)) == (334000, 390000)


def test_swapped_coordinates_and_a_missing_crs_are_refused():
    swapped = gpd.GeoDataFrame(geometry=[Point(53.404, -2.995)], crs="EPSG:4326")
    with pytest.raises(InvalidTableError, match="swapped"):
        to_grid(swapped, where="venues.gpkg")
    with pytest.raises(InvalidTableError, match=r"venues.gpkg: the coordinate system is not"):
        to_grid(gpd.GeoDataFrame(geometry=[Point(1, 1)]), where="venues.gpkg")
