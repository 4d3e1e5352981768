# ruff: noqa: E501 - publishers' headers are long, and stand here as they are published
"""Every reader on a small file made by hand in its publisher's layout, whole and damaged."""

import json
from zipfile import ZipFile

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box, to_geojson

from mapping.errors import InvalidTableError, MappingError
from mapping.sources import catalogue, locate, overpass, read
from mapping.sources.delimited import _find
from mapping.sources.postcodes import directory

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def table(text):
    """Cells of a table written with bars, the header first."""
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in text.split("\n") if line]
    return pd.DataFrame(rows, columns=head)


def census(stem, *categories, lead="geography code"):
    """Two areas of a census table; the figures count up."""
    rows = {lead: ["E01000001", "E01000002"]}
    rows |= {f"{stem}: {name}": [str(at), str(at + 10)] for at, name in enumerate(categories)}
    return pd.DataFrame({"date": "2021", "geography": ["A", "B"], **rows})


IMD = "Index of Multiple Deprivation (IMD)"
OA_WARDS = """
OA21CD|{0}CD|{0}NM|LAD{1}CD|LAD{1}NM
E00000001|E05015277|Alder|E08000012|Liverpool
E00000002|E05015278|Beech, north|E08000012|Liverpool
"""
# Source → member of its zip file ("" = a plain file), its table, and one row of what is read.
MADE = {
    "iod2019": ("", table(f"""
LSOA code (2011)|{IMD} Score|{IMD} Rank (where 1 is most deprived)|{IMD} Decile (where 1 is most d|Income Score (rate)|Total population: mid 2015 (excluding prisoners)
E01000001|6.2|29199|9|0.007|1,296
E01000002|5.1|30379|10|0.034|1156
"""), {"imd_rank": 29199, "imd_score": 6.2, "income_rate": 0.007, "population_2015": 1296}),
    "census2021_ts067": ("census2021-ts067-lsoa.csv", census(
        "Highest level of qualification", "Total: All usual residents aged 16 years and over",
        "No qualifications", "Level 1 and entry level qualifications", "Level 2 qualifications",
        "Apprenticeship", "Level 3 qualifications", "Level 4 qualifications or above",
        "Other qualifications",
    ), {"residents_16_over": 0, "no_qualifications": 1, "level_4_over": 6}),
    "census2021_ts066": ("census2021-ts066-lsoa.csv", census(
        "Economic activity status", "Total: All usual residents aged 16 years and over",
        "Economically active (excluding full-time students)",
        "Economically active (excluding full-time students):In employment",
        "Economically active (excluding full-time students): Unemployed",
        "Economically active and a full-time student",
        "Economically active and a full-time student: Unemployed", "Economically inactive",
        "Economically inactive: Retired", "Economically inactive: Student",
        "Economically inactive: Looking after home or family",
        "Economically inactive: Long-term sick or disabled", "Economically inactive: Other",
    ), {"active": 1, "unemployed": 3, "active_students": 4, "inactive": 6, "retired": 7}),
    "census2021_ts003": ("census2021-ts003-lsoa.csv", census(
        "Household composition", *(f"{name}; measures: Value" for name in (
            "Total", "One person household", "One person household: Aged 66 years and over",
            "One person household: Other", "Single family household", "Other household types",
        )),
    ), {"households_composition": 0, "alone": 1, "alone_66_over": 2, "family": 4}),
    "census2021_ts045": ("census2021-ts045-lsoa.csv", census(
        "Number of cars or vans", "Total: All households", "No cars or vans in household",
        "1 car or van in household", "2 cars or vans in household",
        "3 or more cars or vans in household",
    ), {"households_cars": 0, "no_car": 1, "three_cars_over": 4}),
    "lookup_lsoa21_ward25": ("", table("""
LSOA21CD|LSOA21NM|WD25CD|WD25NM|LAD25CD|LAD25NM|ObjectId
E01000001|A 001|E05015277|Alder|E08000012|Liverpool|1
E01000002|B 001|E05015277|Alder|E08000012|Liverpool|2
"""), {"ward": "E05015277", "district_name": "Liverpool"}),
    "lookup_oa21_lsoa21": ("", table("""
OA21CD|LSOA21CD|LSOA21NM|MSOA21CD|MSOA21NM
E00000001|E01000001|A 001A|E02000001|A 001
E00000002|E01000001|A 001A|E02000001|A 001
"""), {"lsoa": "E01000001"}),
    "lookup_oa21_ward24": ("", table(OA_WARDS.format("WD24", "24")), {"ward_name": "Alder"}),
    "lookup_oa21_ward25": ("", table(OA_WARDS.format("WD25", "25")), {"ward": "E05015277"}),
    "oa2021_centroids": ("", table("""
FID|OA21CD|GlobalID|x|y
1|E00000001|a|335000.5|391000
2|E00000002|b|336000|392000
"""), {}),
    "dpi2021": ("", table("""
lsoa11_code|region|contact|percent_online|percent_online_low|percent_online_high
E01000001|London|Online-first|97.0|96.0|98.0
E01000002|North West|Paper-first|80|70|85
"""), {"region": "London", "paper_first": False, "offline_returns": 0.03, "offline_low": 0.02, "offline_high": 0.04}),
    "deri_v1_6": ("", table("""
LSOA code|Broadband component (national)|Demography component (national)|Deprivation component (national, England IMD)|DERI score (national, England IMD)
E01000001|4.5|2.5|0.5|2.5
E01000002|1|2|3|2
"""), {"deri": 2.5, "deri_broadband": 4.5}),
    "ofcom_coverage": ("x/202507_fixed_oa_coverage_r01.csv", table("""
output_area|All Premises|All Matched Premises|SFBB availability (% premises)|Number of premises with SFBB availability|Number of premises with Gigabit availability
E00000001|120|120|99.2|119|60
E00000002|80|79|100|80|0
"""), {"premises": 120, "superfast": 119, "gigabit": 60}),
    "pomi": ("", table("""
report_period_end|region_code|practice_code|practice_name|system_supplier|field|value
28-Feb-25|Y62|N82001|Old Street Surgery|EMIS|patient_list_size|900
28-Feb-25|Y62|N82001|Old Street Surgery|EMIS|Total_Pat_Enbld|400
31-Mar-25|Y62|N82001|Old Street Surgery|EMIS|patient_list_size|1000
31-Mar-25|Y62|N82001|Old Street Surgery|EMIS|Total_Pat_Enbld|450
31-Mar-25|Y62|N82001|Old Street Surgery|EMIS|Pat_Appts_Use|7
31-Mar-25|Y62|N82002|Dock Road|TPP|Total_Pat_Enbld|510
31-Mar-25|Y62|N82002|Dock Road|TPP|patient_list_size|500
"""), {"patients": 1000, "enabled": 450, "share": 0.45, "name": "Old Street Surgery"}),
    "ace_libraries": ("", table("""
Reporting service|Library name|Postcode|Statutory|Year closed|Easting|Northing
Liverpool|Central Library|L3 8EW|Yes||335000|390700
Liverpool|Dock Library|L5 9ZZ|Yes|2015|334000|392000
Wirral|Central Library|CH41 2XB|Yes||332000|388000
"""), {"name": "Central Library", "kind": "library"}),
    "dwp_jobcentres": ("", table("""
Jobcentre Plus office|Address|Postcode|Easting|Northing
Toxteth|12 Park Street|L8 6XX|335500|388500
Everton|1 Hill Road|L5 3XX|335600|392500
"""), {"name": "Toxteth", "kind": "jobcentre"}),
}  # fmt: skip
# How many rows of the table stand in what is read, where not all.
KEPT = {"pomi": 2, "ace_libraries": 2}
SHAPES = {
    "ward2022_boundaries": {"WD22CD": "E05000886", "WD22NM": "Allerton"},
    "ward2023_boundaries": {"WD23CD": "E05015277", "WD23NM": "Alder", "LAD23CD": "E08000012"},
    "ward2024_boundaries": {"WD24CD": "E05015277", "WD24NM": "Alder", "LAD24CD": "E08000012"},
    "ward2025_boundaries": {"WD25CD": "E05015277", "WD25NM": "Alder", "LAD25CD": "E08000012"},
    "lsoa2011_boundaries": {"LSOA11CD": "E01000001", "LSOA11NM": "A 001"},
    "lsoa2021_boundaries": {"LSOA21CD": "E01000001", "LSOA21NM": "A 001"},
    "oa2021_boundaries": {"OA21CD": "E00000001", "LSOA21CD": "E01000001"},
}


def written(folder, id_, frame=None, *, content=None):
    """Write a source's file, as made above or changed."""
    member, made, _ = MADE[id_]
    frame = made if frame is None else frame
    content = frame.to_csv(index=False).encode() if content is None else content
    name = catalogue()[id_].files[0].replace("*", "x")
    if not member:
        (folder / name).write_bytes(content)
    else:
        with ZipFile(folder / name, "w") as archive:
            archive.writestr(member, content)
    return folder / name


@pytest.mark.parametrize("id_", MADE)
def test_a_file_in_the_publisher_s_layout_is_read_whole(tmp_path, id_):
    path = written(tmp_path, id_)
    source = catalogue()[id_]
    assert locate([path], chosen={})[source.role][0] is source
    found = read(source, path)
    assert len(found) == KEPT.get(id_, len(MADE[id_][1]))
    assert found.index.is_unique
    first = found.iloc[0]
    expected = MADE[id_][2]
    assert first[[*expected]].tolist() == pytest.approx(list(expected.values()))


@pytest.mark.parametrize("id_", [id_ for id_, made in MADE.items() if made[0].startswith("census")])
def test_a_census_file_holds_output_areas_as_well(tmp_path, id_):
    member, made, expected = MADE[id_]
    code = {"geography code": ["E00000001", "E00000002"]}
    path = written(tmp_path, id_)
    with ZipFile(path, "a") as archive:
        archive.writestr(member.replace("-lsoa", "-oa"), made.assign(**code).to_csv(index=False))
        archive.writestr(member.replace("-lsoa", "-msoa"), made.to_csv(index=False))
    found = read(catalogue()[id_], path, level="oa")
    assert found.index.tolist() == code["geography code"]
    assert found.loc["E00000001", [*expected]].tolist() == list(expected.values())
    with ZipFile(path, "w") as archive:
        archive.writestr(member.replace("-lsoa", "-oa"), made.to_csv(index=False))
    with pytest.raises(InvalidTableError, match=r"not an output area code in rows 2 .*E01000001"):
        read(catalogue()[id_], path, level="oa")


# Registers give a place by postcode or by grid reference: neither is always there.
PLACED = {"ace_libraries", "dwp_jobcentres"}


@pytest.mark.parametrize("id_", MADE)
def test_the_columns_of_the_catalogue_are_enough_and_each_is_needed(tmp_path, id_):
    made, wanted = MADE[id_][1], catalogue()[id_].columns
    names = {header: _find(header, made.columns) for header in wanted}
    assert all(names.values())
    if id_ not in PLACED:
        assert len(read(catalogue()[id_], written(tmp_path, id_, made[[*names.values()]])))
    for header, name in names.items():
        said = answer(id_, written(tmp_path, id_, made.drop(columns=name)))
        assert isinstance(said, str), header
        assert header.rstrip("…") in said


def test_every_table_of_the_catalogue_names_its_columns():
    tables = [s for s in catalogue().values() if s.files[0].endswith((".csv", ".zip"))]
    assert {s.id for s in tables if not s.columns} == {"code_point_open"}  # which has no header


def answer(id_, path):
    """What a reader makes of a file: its table, or the sentence that refuses it."""
    try:
        return read(catalogue()[id_], path)
    except MappingError as error:
        return str(error)


@QUICK
@given(id_=st.sampled_from([*MADE]), data=st.data())
def test_shuffled_columns_and_rows_change_nothing(tmp_path, id_, data):
    _, made, _ = MADE[id_]
    columns = data.draw(st.permutations(list(made)))
    rows = data.draw(st.permutations(range(len(made))))
    expected = pd.DataFrame(answer(id_, written(tmp_path, id_)))
    found = pd.DataFrame(answer(id_, written(tmp_path, id_, made.iloc[list(rows)][columns])))
    if expected.index.name == "site":  # a list without codes is numbered by its rows
        expected, found = (f.assign(at=f["geometry"].astype(str)) for f in (expected, found))
        expected, found = expected.set_index("at"), found.set_index("at")
    pd.testing.assert_frame_equal(
        found.sort_index().drop(columns="geometry", errors="ignore"),
        expected.sort_index().drop(columns="geometry", errors="ignore"),
        check_like=True,
    )


@st.composite
def damaged(draw, made):
    """Bytes of a table of which a cell, a column or the end was lost, or a row stands twice."""
    how = draw(st.sampled_from(["cell", "cut", "column", "twice"]))
    frame = made.copy()
    if how == "cell":
        row, column = draw(st.integers(0, len(made) - 1)), draw(st.sampled_from(list(made)))
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = draw(st.sampled_from(["", " ", "-3", "x", "1e400", "½"]))
    elif how == "column":
        frame = frame.drop(columns=draw(st.sampled_from(list(made))))
    elif how == "twice":
        frame = pd.concat([frame, frame.iloc[:1]])
    content = frame.to_csv(index=False).encode()
    return content[: draw(st.integers(0, len(content)))] if how == "cut" else content


@QUICK
@given(id_=st.sampled_from([*MADE]), data=st.data())
def test_a_damaged_file_is_a_sentence_or_a_whole_table(tmp_path, id_, data):
    content = data.draw(damaged(MADE[id_][1]))
    path = written(tmp_path, id_, content=content)
    found = answer(id_, path)
    if isinstance(found, str):
        assert found.startswith(path.name)
        assert "\n" not in found
        return
    rows = len(content.decode(errors="ignore").splitlines()) - 1
    # Closed libraries and earlier months are left out, so those tables may be shorter.
    assert len(found) == rows or (id_ in KEPT and 0 < len(found) <= rows)
    assert found.index.is_unique
    assert found.index.notna().all()


@QUICK
@given(content=st.binary(max_size=300))
def test_bytes_of_any_kind_are_no_zip_file_and_no_answer_of_a_service(tmp_path, content):
    for id_ in ("ofcom_coverage", "census2021_ts045"):
        path = tmp_path / "any.zip"
        path.write_bytes(content)
        with pytest.raises(MappingError, match=r"^any\.zip"):
            read(catalogue()[id_], path)
    path = tmp_path / "any.json"
    path.write_bytes(content)
    with pytest.raises(MappingError, match=r"^any\.json"):
        overpass.venues(path)


def layer(folder, id_, properties, *, shape=None):
    """Write a layer of one feature as a feature service answers."""
    shape = box(-2.99, 53.40, -2.98, 53.41) if shape is None else shape
    feature = {"type": "Feature", "geometry": json.loads(to_geojson(shape))}
    name = catalogue()[id_].files[0].replace("*", "x")
    content = {"type": "FeatureCollection", "features": [feature | {"properties": properties}]}
    (folder / name).write_text(json.dumps(content))
    return folder / name


@pytest.mark.parametrize("id_", SHAPES)
def test_boundaries_are_read_by_code_in_the_national_grid(tmp_path, id_):
    path = layer(tmp_path, id_, SHAPES[id_] | {"GlobalID": "x", "FID": 1})
    shapes = read(*locate([path], chosen={})[catalogue()[id_].role])
    assert isinstance(shapes, gpd.GeoDataFrame)
    assert shapes.index.tolist() == [next(iter(SHAPES[id_].values()))]
    assert 600 < shapes.geometry.iloc[0].length / 4 < 1000  # metres
    assert set(shapes) <= {"name", "district", "lsoa", "geometry"}


@pytest.mark.parametrize("id_", SHAPES)
def test_boundaries_of_another_vintage_or_level_are_refused(tmp_path, id_):
    other = next(made for name, made in SHAPES.items() if name != id_)
    with pytest.raises(InvalidTableError, match="there is no property"):
        read(catalogue()[id_], layer(tmp_path, id_, other))


@QUICK
@given(data=st.data())
def test_a_layer_that_was_cut_off_is_refused_in_a_sentence(tmp_path, data):
    path = layer(tmp_path, "ward2025_boundaries", SHAPES["ward2025_boundaries"])
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    said = answer("ward2025_boundaries", path)
    assert isinstance(said, str)
    assert said.startswith(path.name)


def test_output_areas_named_by_other_codes_are_refused(tmp_path):
    path = layer(tmp_path, "oa2021_boundaries", {"OA21CD": "E01000001", "LSOA21CD": "E01000001"})
    with pytest.raises(InvalidTableError, match="not an output area code in row 0"):
        read(catalogue()["oa2021_boundaries"], path)


def test_an_older_file_7_may_hold_ranks_alone(tmp_path):
    made = MADE["iod2019"][1].iloc[:, [0, 2, 3]]
    found = read(catalogue()["iod2019"], written(tmp_path, "iod2019", made))
    assert list(found) == ["imd_rank", "imd_decile"]


def test_the_index_of_online_returns_needs_no_flags(tmp_path):
    made = MADE["dpi2021"][1][["lsoa11_code", "percent_online"]]
    found = read(catalogue()["dpi2021"], written(tmp_path, "dpi2021", made))
    assert list(found) == ["offline_returns"]
    assert found["offline_returns"].tolist() == pytest.approx([0.03, 0.2])


def test_a_kind_of_contact_that_is_not_known_is_named_by_its_row(tmp_path):
    made = MADE["dpi2021"][1].assign(contact=["Online-first", "by telephone"])
    with pytest.raises(InvalidTableError, match=r"contact: neither .* in row 3 ..by telephone"):
        read(catalogue()["dpi2021"], written(tmp_path, "dpi2021", made))


def test_more_patients_online_than_listed_are_all_of_them(tmp_path):
    found = read(catalogue()["pomi"], written(tmp_path, "pomi"))
    assert found.loc["N82002", "share"] == 1
    assert (found["month"] == pd.Timestamp("2025-03-31")).all()


def test_libraries_are_placed_by_the_postcode_directory(tmp_path):
    made = MADE["ace_libraries"][1].drop(columns=["Easting", "Northing"])
    path = written(tmp_path, "ace_libraries", made)
    with pytest.raises(InvalidTableError, match="none of 2 rows says where it lies"):
        read(catalogue()["ace_libraries"], path)
    known = tmp_path / "ONSPD_AUG_2026_UK.csv"
    known.write_text("pcds,doterm,east1m,north1m\nL3 8EW,,335010,390710\n")
    found = read(catalogue()["ace_libraries"], path, postcodes=lambda _: directory(known))
    assert found.geometry.dropna().x.dropna().tolist() == [335010]


OSM = {
    "elements": [
        {"type": "node", "id": 1, "lat": 53.4, "lon": -2.98,
         "tags": {"amenity": "library", "name": "Central", "wheelchair": "yes"}},
        {"type": "way", "id": 2, "center": {"lat": 53.41, "lon": -2.97},
         "tags": {"amenity": "social_centre"}},
        {"type": "node", "id": 3, "lat": 53.4, "lon": -2.98, "tags": {"amenity": "bench"}},
        {"type": "node", "id": 4, "lat": 53.4, "lon": -2.98},
    ]
}  # fmt: skip


def test_venues_of_openstreetmap_are_read_with_what_they_are_called(tmp_path):
    path = tmp_path / "overpass-liverpool.json"
    path.write_text(json.dumps(OSM))
    found = read(*locate([path], chosen={})["osm_venues"])
    assert found.index.tolist() == ["osm-node-1", "osm-way-2"]
    assert found["kind"].tolist() == ["library", "community centre"]
    assert found.loc["osm-node-1", "step_free"] is True
    assert found.loc["osm-way-2", "step_free"] is None
    assert found.geometry.x.between(330_000, 340_000).all()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (OSM | {"remark": "runtime error: Query timed out"}, "the service broke off"),
        ({"elements": []}, "there is no venue"),
        ({"elements": [1]}, "no answer of an Overpass service"),
        ({"elements": [{"type": "way", "id": 2, "tags": {"amenity": "library"}}]}, "no position"),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_sentence(tmp_path, answer, said):
    path = tmp_path / "overpass.json"
    path.write_text(json.dumps(answer))
    with pytest.raises(InvalidTableError, match=rf"^overpass\.json: .*{said}"):
        overpass.venues(path)


def test_only_a_district_can_be_asked_for():
    with pytest.raises(InvalidTableError, match="is no code of a district"):
        overpass.query('E08000012"]; node')


@pytest.mark.real
def test_held_files_of_2019_of_2022_wards_and_of_the_digital_propensity_index(open_data):
    found = locate(sorted(open_data.rglob("*")), chosen={})
    older = read(*found["deprivation_2019"])
    assert len(older) == 32_844
    assert (older["imd_rank"].min(), older["imd_rank"].max()) == (1, 32_844)
    wards = read(*found["earlier_ward_boundaries"])
    assert (len(wards), wards.index.min(), wards.index.max()) == (30, "E05000886", "E05000915")
    online = read(*found["online_returns"])
    assert online["region"].nunique() == 9  # eight regions of England without one, and Wales
    assert "North West" not in set(online["region"])


@pytest.mark.real
def test_held_files_have_the_columns_that_the_catalogue_names(open_data):
    files = [path for path in sorted(open_data.rglob("*")) if path.is_file()]
    seen = []
    for source in catalogue().values():
        found = locate(files, chosen={source.role: source.id}).get(source.role)
        if found is None or found[1].suffix not in {".csv", ".zip"} or not source.columns:
            continue
        header = first_row(found[1])
        assert all(_find(name, header) for name in source.columns), source.id
        seen.append(source.id)
    assert {"iod2025", "census2021_ts054", "deri_v1_6", "dpi2021", "gias_schools"} <= set(seen)
    assert len(seen) >= 13


def first_row(path):
    """Return the headers of a table, or of the first one in a zip file."""
    if path.suffix == ".csv":
        return pd.read_csv(path, nrows=1, encoding="cp1252").columns.str.lstrip("ï»¿")
    with ZipFile(path) as archive:
        return pd.read_csv(archive.open(archive.namelist()[0]), nrows=1).columns
