from pathlib import Path
from zipfile import ZipFile

import geopandas as gpd
import pandas as pd
import pytest

from mapping.errors import InvalidTableError
from mapping.sources import catalogue, locate, read, records
from mapping.sources.catalogue import choice_faults, listing
from mapping.sources.census import age_five_year, age_six_bands
from mapping.sources.fetching import downloadable
from mapping.sources.postcodes import directory
from mapping.sources.tabular import read_table


def below(folder):
    return sorted(folder.rglob("*"))


@pytest.fixture(scope="module")
def raw(demo_workspace):
    return demo_workspace.raw / "demo"


def test_every_file_of_the_demo_city_goes_through_its_reader(raw):
    found = locate(below(raw), chosen={})
    roles = {"deprivation", "age", "tenure", "disability", "boundaries", "ward_boundaries",
             "lookup", "changes", "centroids", "roads", "water"}  # fmt: skip
    assert roles <= set(found)
    for source, path in found.values():
        table = read(source, path)
        frames = table if isinstance(table, tuple) else (table,)
        assert all(len(frame) for frame in frames)


def test_age_bands_add_up_to_adults_and_census_residents(raw, city):
    bands = age_five_year(raw / "census2021-ts007a.zip")
    ages = bands.filter(like="age_").sum(axis=1)
    pd.testing.assert_series_equal(ages, bands["adults"], check_names=False)
    assert (bands["adults"] < bands["residents"]).all()
    # The bridge takes four fifths of those aged 15 to 19; the city knows who is 16 and over.
    truth = city.truth["adults"].reindex(bands.index)
    assert bands["adults"].sum() == pytest.approx(truth.sum(), rel=0.01)


def test_both_census_age_tables_give_the_same_bands(tmp_path):
    path = tmp_path / "census2021_age_lsoa21.csv"
    path.write_text(
        "lsoa21_code,age_0_15,age_16_24,age_25_34,age_35_49,age_50_64,a65,a66_69,a70_74,a75_79,"
        "a80_84,a85p\nE01000001,100,10,20,30,40,1,2,3,4,5,6\n"
    )
    bands = age_six_bands(path).loc["E01000001"]
    assert bands["residents"] == 221
    assert bands["adults"] == 121
    assert bands["age_65_74"] == 6
    assert bands["age_75_84"] == 9


def test_a_study_may_insist_on_one_source_of_a_role(raw):
    assert "age" not in locate(below(raw), chosen={"age": "census2021_age"})


def test_a_role_or_source_that_is_not_in_the_catalogue_is_named_with_those_that_are():
    assert choice_faults({"age": "census2021_age"}) == []
    assert choice_faults({"ages": "x", "age": "census1801"}) == [
        "'ages' is no role of a source (known: "
        + ", ".join(dict.fromkeys(source.role for source in catalogue().values()))
        + ")",
        "age = 'census1801' is not in the catalogue (known for age: census2021_ts007a, "
        "census2021_age)",
    ]


def test_the_first_source_of_a_role_is_taken(raw):
    assert locate(below(raw), chosen={})["age"][0].id == "census2021_ts007a"


def test_the_table_of_sources_in_the_readme_is_the_catalogue():
    readme = Path(__file__).parents[1] / "README.md"
    assert listing() in readme.read_text(encoding="utf-8"), "mapping.sources.catalogue.listing()"


def test_what_a_plain_study_does_not_use_is_fetched_only_when_asked_for():
    unasked = {source.id for source in downloadable(list(catalogue().values()))}
    assert {"iod2025", "census2021_ts054", "lookup_lsoa21_ward24"} <= unasked
    assert not {"oa2021_boundaries", "iod2019", "ofcom_coverage"} & unasked


def test_roles_stand_together_in_the_catalogue():
    roles = [source.role for source in catalogue().values()]
    assert len(set(roles)) == len([r for i, r in enumerate(roles) if i == 0 or roles[i - 1] != r])


def test_own_columns_are_mapped_and_not_renamed_in_the_file(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("Ref,Place,X,Y\nA1,Library,335000,391000\n")
    columns = {"site": "Ref", "name": "Place", "easting": "X", "northing": "Y"}
    sites = records.sites(path, columns)
    assert isinstance(sites, gpd.GeoDataFrame)
    assert sites.loc["A1", ["name", "open_to"]].tolist() == ["Library", "public"]
    assert (sites.geometry.x.iloc[0], sites.geometry.y.iloc[0]) == (335000, 391000)


def test_swapped_eastings_and_northings_off_the_map_are_refused(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("site,name,easting,northing\nA1,Library,1335000,391000\n")
    with pytest.raises(InvalidTableError, match="easting: above 800000 in row 2"):
        records.sites(path, {})


def test_a_survey_without_weights_counts_everybody_once(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("ward,online\nE05000001,Yes\nE05000001, NO \n")
    people = records.respondents(path, {})
    assert people["offline"].tolist() == [0, 1]
    assert people["weight"].tolist() == [1, 1]


def test_a_blank_weight_is_refused_and_not_taken_for_one(tmp_path):
    path = tmp_path / "survey.csv"
    path.write_text("ward,online,weight\nE05000001,yes,0.7\nE05000001,no,\n")
    with pytest.raises(InvalidTableError, match=r"survey\.csv: weight: empty in row 3"):
        records.respondents(path, {})


SITES = "site,name,easting,northing,price\nA1,Library,335000,391000,1234.56\n"


def test_costs_may_have_pence(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text(SITES)
    assert records.sites(path, {"cost": "price"}).loc["A1", "cost"] == 1234.56
    assert records.sites(path, {})["cost"].isna().all()


def test_one_column_of_an_own_file_may_serve_as_id_and_as_name(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("Place,easting,northing\nLibrary,335000,391000\n")
    assert records.sites(path, {"site": "Place", "name": "Place"})["name"].to_dict() == {
        "Library": "Library"
    }


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"cost": "Annual cost"}, "there is no column 'Annual cost'; the file has 'site', 'name'"),
        ({"costs": "price", "cots": "name"}, "maps 'costs', 'cots', which .*known: site, name"),
    ],
)
def test_a_mapped_column_must_be_in_the_file_and_belong_to_the_list(tmp_path, columns, said):
    path = tmp_path / "places.csv"
    path.write_text(SITES)
    with pytest.raises(InvalidTableError, match=said) as error:
        records.sites(path, columns)
    assert str(error.value).startswith("places.csv: ")


@pytest.mark.real
def test_published_files_of_england_are_read_whole(open_data):
    found = locate(below(open_data), chosen={})
    sizes = {role: len(read(*found[role])) for role in ("deprivation", "tenure", "age", "lookup")}
    assert sizes == {"deprivation": 33755, "tenure": 35672, "age": 35672, "lookup": 35672}
    online = read(*found["online_returns"])
    assert len(online) == 30256
    assert online["offline_returns"].between(0, 0.26).all()
    assert read(*found["schools"]).shape[0] == 659
    assert read(*found["hospitals"]).shape[0] == 24


# Usual residents and households on Census Day (ONS, Census 2021). Counts of small areas are
# perturbed one by one, so that their sums come within two in 100,000 of the published totals.
ENGLAND = {"residents": 56_490_048, "households": 23_436_085}
WITH_WALES = {"residents": 59_597_542, "households": 24_783_199}


@pytest.mark.real
@pytest.mark.parametrize(
    ("role", "column", "counted"),
    [
        ("age", "residents", "residents"),
        ("disability", "disability_base", "residents"),
        ("ethnicity", "residents_ethnicity", "residents"),
        ("tenure", "households", "households"),
    ],
)
def test_census_totals_of_england_are_the_publisher_s(open_data, role, column, counted):
    count = read(*locate(below(open_data), chosen={})[role])[column]
    english = count[count.index.str.startswith("E")]
    assert (len(english), len(count)) == (33_755, 35_672)
    assert english.sum() == pytest.approx(ENGLAND[counted], rel=2e-5)
    assert count.sum() == pytest.approx(WITH_WALES[counted], rel=2e-5)


@pytest.mark.real
def test_parts_of_tenure_add_up_to_all_households(open_data):
    tenure = read(*locate(below(open_data), chosen={})["tenure"])
    parts = ["owned", "shared_ownership", "social_rented", "private_rented", "rent_free"]
    assert (tenure[parts].sum(axis=1) == tenure["households"]).all()


@pytest.mark.real
def test_indices_rank_every_area_of_england_once_in_tenths(open_data):
    found = locate(below(open_data), chosen={})
    for role, areas in (("deprivation", 33_755), ("deprivation_2019", 32_844)):
        table = read(*found[role])
        assert len(table) == areas
        # Two areas of 2019 share a rank and the next is left out, as in a race.
        assert (table["imd_rank"].rank(method="min") == table["imd_rank"]).all()
        assert table["imd_decile"].value_counts().between(areas / 10 - 1, areas / 10 + 1).all()
    domains = ["education_score", "health_score", "crime_score", "barriers_score", "living_score"]
    assert read(*found["deprivation"])[domains].notna().all(axis=None)
    assert len(read(*found["risk_index"])) == 32_844
    assert found["lookup"][0].id == "lookup_lsoa21_ward24"
    lookup = read(*found["lookup"])
    assert lookup.loc[lookup.index.str.startswith("E"), "district"].nunique() == 296


def test_an_area_without_an_outline_is_refused_by_name(raw, tmp_path):
    from mapping.sources import ons

    name = "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5.geojson"
    shapes = gpd.read_file(raw / name)
    shapes.loc[3, "geometry"] = shapes.geometry[3].centroid
    shapes.to_file(tmp_path / name)
    with pytest.raises(
        InvalidTableError, match=f"1 areas have no outline .first {shapes.LSOA21CD[3]}"
    ):
        ons.lsoa_boundaries(tmp_path / name)


PLACES = pd.DataFrame(
    {
        "site": ["A1", "A2", "A3"],
        "name": ["Library", "Hall", "Café, north"],
        "easting": [335000, None, None],
        "northing": [391000, None, None],
        "latitude": [None, 53.41, None],
        "longitude": [None, -2.98, None],
        "postcode": [None, None, "l4 0th"],
        "cost": [1234.5, 900, None],
    }
)


def onspd(folder):
    path = folder / "ONSPD_MAY_2025_UK.csv"
    path.write_text("pcds,oseast1m,osnrth1m\nL4 0TH,336100,393200\nJE2 3AB,,\n")
    return path


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_row_lies_where_its_grid_reference_degrees_or_postcode_says(tmp_path, kind):
    path = tmp_path / f"places.{kind}"
    if kind == "csv":
        PLACES.to_csv(path, index=False)
    else:
        PLACES.to_excel(path, index=False)
    sites = records.sites(path, {}, postcodes=lambda _: directory(onspd(tmp_path)))
    assert sites["name"].tolist() == ["Library", "Hall", "Café, north"]
    found = sites.geometry.get_coordinates().round().astype(int).to_numpy().tolist()
    assert found[0] == [335000, 391000]
    assert found[1] == pytest.approx([334960, 390700], abs=300)  # Liverpool, near the Town Hall
    assert found[2] == [336100, 393200]
    assert sites.loc["A2", "cost"] == 900


def test_a_layer_of_points_is_read_as_a_list_of_places(tmp_path):
    points = gpd.GeoDataFrame(
        {"site": [1, 2], "name": ["Library", "Hall"]},
        geometry=gpd.points_from_xy([-2.98, -2.97], [53.41, 53.42]),
        crs="EPSG:4326",
    )
    points.to_file(tmp_path / "places.gpkg")
    sites = records.sites(tmp_path / "places.gpkg", {})
    assert sites.index.tolist() == ["1", "2"]
    back = sites.to_crs("EPSG:4326").geometry.x
    assert back.tolist() == pytest.approx([-2.98, -2.97], abs=1e-6)


def test_a_place_that_nothing_locates_is_named_by_its_row(tmp_path):
    path = tmp_path / "places.csv"
    PLACES.to_csv(path, index=False)
    with pytest.raises(InvalidTableError, match=r"row 4 says nowhere .* which is not there"):
        records.sites(path, {})
    elsewhere = tmp_path / "ONSPD_X.csv"
    elsewhere.write_text("pcds,oseast1m,osnrth1m\nL1 1AA,335000,390000\n")
    with pytest.raises(InvalidTableError, match=r"row 4 .* in the postcode directory"):
        records.sites(path, {}, postcodes=lambda _: directory(elsewhere))


def test_homes_without_a_place_are_counted_and_repeated_ones_count_once(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text("Unit,PCode\n1,L4 0TH\n2,l40th\n2,L4 0TH\n3,ZZ1 1ZZ\n4,\n")
    columns = {"uprn": "Unit", "postcode": "PCode"}
    homes = records.homes(path, columns, postcodes=lambda _: directory(onspd(tmp_path)))
    assert (homes.listed, len(homes.points), homes.unplaced, homes.repeated) == (5, 2, 2, 1)


def test_code_point_open_is_read_from_its_zip(tmp_path):
    import zipfile

    path = tmp_path / "codepo_gb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Data/CSV/l.csv", '"L1 1AA",10,335000,390000,"E92000001"\n')
        archive.writestr("Data/CSV/zz.csv", '"ZZ1 1AA",90,0,0,""\n')
        archive.writestr("Doc/licence.txt", "OGL")
    assert directory(path).to_dict("index") == {
        "L11AA": {"easting": 335000.0, "northing": 390000.0}
    }
    path.write_bytes(b"no zip")
    with pytest.raises(InvalidTableError, match="no Code-Point Open zip file"):
        directory(path)


@pytest.mark.parametrize("name", ["broken.xlsx", "broken.gpkg", "broken.geojson", "broken.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused_in_one_sentence(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"site,name\n1,2\n")
    with pytest.raises(InvalidTableError, match=rf"^{name}: cannot be read as"):
        read_table(path, {"site": "site"})


def test_a_workbook_keeps_the_numbers_of_its_rows_and_its_ids_as_they_look(tmp_path):
    path = tmp_path / "list.xlsx"
    pd.DataFrame({"site": [7, None, 9], "open": [True, None, False]}).to_excel(path, index=False)
    table = read_table(path, {"site": "site", "open": "open"})
    assert table.index.tolist() == [2, 4]
    assert table["site"].tolist() == ["7", "9"]
    assert table["open"].tolist() == ["yes", "no"]


INDICATORS = (
    "lsoa21_code,income_deprivation_affecting_older_people_index_idaopi_numerator,"
    "digital_connectivity_broadband_download_and_upload_speeds\n"
)


def test_a_suppressed_indicator_is_unknown_and_not_nobody(tmp_path):
    path = tmp_path / "iod2025_underlying_indicators_lsoa21.csv"
    path.write_text(INDICATORS + "E01000001,,-0.756\nE01000002,31,0.2\n")
    found = read(*locate([path], chosen={})["indicators"])
    assert found["digital_connectivity"].tolist() == [-0.756, 0.2]
    assert found["older_income_deprived"].isna().tolist() == [True, False]
    assert found.loc["E01000002", "older_income_deprived"] == 31


def test_an_area_without_connectivity_is_refused_by_row(tmp_path):
    path = tmp_path / "iod2025_underlying_indicators_lsoa21.csv"
    path.write_text(INDICATORS + "E01000001,4,\n")
    with pytest.raises(InvalidTableError, match="digital_connectivity: empty in row 2"):
        read(*locate([path], chosen={})["indicators"])


def test_ethnic_groups_are_counts_with_their_own_total(tmp_path):
    path = tmp_path / "census2021-ts021.zip"
    header = (
        "date,geography,geography code,Ethnic group: Total: All usual residents,"
        '"Ethnic group: Asian, Asian British or Asian Welsh",'
        '"Ethnic group: Black, Black British, Black Welsh, Caribbean or African",'
        "Ethnic group: Mixed or Multiple ethnic groups,Ethnic group: White,"
        "Ethnic group: Other ethnic group\n"
    )
    with ZipFile(path, "w") as archive:
        archive.writestr("census2021-ts021-lsoa.csv", header + "2021,A,E01000001,10,1,2,3,4,0\n")
    found = read(*locate([path], chosen={})["ethnicity"]).loc["E01000001"]
    groups = ["residents_ethnicity", "asian", "black", "mixed", "white", "other_ethnic"]
    assert found[groups].tolist() == [10, 1, 2, 3, 4, 0]


@pytest.mark.real
def test_ethnic_groups_and_indicators_of_england_are_read_whole(open_data):
    found = locate(below(open_data), chosen={})
    groups = read(*found["ethnicity"])
    parts = ["asian", "black", "mixed", "white", "other_ethnic"]
    assert (groups[parts].sum(axis=1) == groups["residents_ethnicity"]).all()
    assert groups["residents_ethnicity"].sum() == pytest.approx(59_597_542, abs=2000)
    indicators = read(*found["indicators"])
    assert len(indicators) == 33755
    assert indicators["older_income_deprived"].isna().sum() == 832
    assert indicators["digital_connectivity"].mean() == pytest.approx(0, abs=0.01)
