"""The demo city: as large as Liverpool, plainly fictional, and true to itself."""

import json
import re
from pathlib import Path
from zipfile import ZipFile

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import access, demo
from mapping.demo import files, words
from mapping.demo.deprivation import NATIONAL, _ranks
from mapping.demo.partition import contiguous, whole
from mapping.demo.surveys import GROUPS
from mapping.errors import MappingError

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
FILE_7 = "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"


@pytest.fixture(scope="module")
def city() -> demo.City:
    """The city that users get."""
    return demo.city()


@pytest.fixture(scope="module")
def folder(city, tmp_path_factory) -> Path:
    """Its files."""
    place = tmp_path_factory.mktemp("exampleton")
    demo.write(city, place)
    return place


def census(folder: Path, table: str, level: str = "lsoa") -> pd.DataFrame:
    with ZipFile(folder / f"census2021-{table}.zip") as archive:
        member = archive.open(f"census2021-{table}-{level}.csv")
        return pd.read_csv(member, index_col="geography code")


def graph(city: demo.City) -> nx.Graph:
    return nx.from_pandas_edgelist(city.links, "start", "end", ["length", "name"])


# ---------------------------------------------------------------------- size and shape


def test_the_demo_city_is_as_large_as_liverpool(city):
    assert len(city.areas) == 302
    assert len(city.old_wards) == 30
    assert len(city.wards) == 64
    assert city.ages.to_numpy().sum() == pytest.approx(500_000, rel=0.01)
    assert city.areas.area.sum() / 1e6 == pytest.approx(110, rel=0.05)
    assert len(city.nodes) == pytest.approx(5_000, rel=0.1)
    assert len(city.stock) == 15_000
    assert (len(city.schemes), len(city.hubs), len(city.venues)) == (17, 10, 120)
    assert (len(city.households_survey), len(city.tenants_survey)) == (1_200, 600)


def test_the_city_lies_in_open_sea(city):
    left, bottom, right, top = city.areas.total_bounds
    assert left > 290_000
    assert bottom > 470_000
    assert right < 302_000
    assert top < 490_000


@pytest.mark.parametrize("level", ["areas", "wards", "old_wards"])
def test_polygons_cover_the_land_without_gaps_or_overlaps(city, level):
    frame = getattr(city, level)
    land = sum(bank.area for bank in city.land.banks.values())
    assert frame.crs.to_epsg() == 27700
    assert frame.index.is_unique
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    assert frame.area.sum() == pytest.approx(land, rel=1e-4)
    assert (frame.geom_type == "Polygon").all()
    # Corners are on whole metres, so a bank may overhang the water by less than that.
    assert frame.intersection(city.land.river).area.sum() < 0.001 * city.land.river.area


def test_old_and_new_wards_do_not_nest(city):
    for fine, coarse in [("wards", "old_wards"), ("areas", "wards"), ("areas", "old_wards")]:
        inner, outer = getattr(city, fine).reset_index(), getattr(city, coarse).reset_index()
        parts = gpd.overlay(
            inner[[inner.columns[0], "geometry"]], outer[["geometry"]], keep_geom_type=True
        )
        parts = parts[parts.area > 5_000]
        cut = parts.groupby(parts.columns[0]).size() > 1
        assert cut.mean() > 0.3, f"{fine} nest in {coarse}"


def test_every_area_fits_the_ward_that_holds_its_centroid(city):
    shapes = dict(city.wards.geometry)
    for row in city.areas.itertuples():
        point = shapely.Point(row.x, row.y)
        assert [code for code, shape in shapes.items() if shape.contains(point)] == [row.ward]
        assert row.geometry.contains(point)
    assert (city.areas["ward_name"] == city.areas["ward"].map(city.wards["name"])).all()


def test_only_the_waterfront_is_the_best_fit_of_no_area(city):
    without = city.wards.index.difference(city.areas["ward"])
    assert city.wards.loc[without, "name"].to_list() == ["Waterfront"]


def test_the_lookup_of_changes_reaches_every_area_of_both_years(city):
    changes = city.changes
    assert changes["area_2011"].nunique() == 298
    assert set(changes["area"]) == set(city.areas.index)
    same = changes["area_2011"] == changes["area"]
    assert (same == (changes["change"] == "U")).all()
    assert not set(changes.loc[~same, "area"]) & set(changes["area_2011"])
    assert set(changes["change"]) == set("USMX")
    assert changes[changes["change"] == "S"]["area"].is_unique
    assert changes[changes["change"] == "M"]["area_2011"].is_unique


def test_ward_names_are_distinct_and_in_order_of_their_codes(city):
    assert city.wards["name"].is_unique
    assert city.wards.sort_index()["name"].is_monotonic_increasing
    assert city.areas["name"].is_unique


# ---------------------------------------------------------------------- streets


def test_three_bridges_alone_join_the_banks(city):
    roads = graph(city)
    bridges = city.links[city.links.crosses(city.land.river.buffer(-50))]
    assert len(bridges) == 3
    assert bridges["name"].str.endswith("Bridge").all()
    before = nx.number_connected_components(roads)
    roads.remove_edges_from(bridges[["start", "end"]].to_numpy())
    assert nx.number_connected_components(roads) == before + 1


def test_straight_lines_mislead_across_the_river(city):
    roads = graph(city)
    main = max(nx.connected_components(roads), key=len)
    nodes = city.nodes[city.nodes.index.isin(main)]
    ends = [nodes.distance(shapely.Point(295_000, north)).idxmin() for north in (478_000, 477_000)]
    straight = nodes.geometry[ends[0]].distance(nodes.geometry[ends[1]])
    assert nx.shortest_path_length(roads, *ends, weight="length") > 2 * straight


def test_one_small_piece_of_road_leads_nowhere(city):
    pieces = sorted(nx.connected_components(graph(city)), key=len)
    assert len(pieces) == 2
    assert 2 <= len(pieces[0]) <= 10
    lost = city.nodes.loc[sorted(pieces[0])]
    assert city.stock.distance(lost.union_all()).min() > 100


def test_street_lengths_are_those_of_their_lines(city):
    assert np.allclose(city.links["length"], city.links.length)
    ends = city.nodes.geometry.loc[city.links["start"]].to_numpy()
    assert (shapely.get_point(city.links.geometry.to_numpy(), 0) == ends).all()
    assert set(city.links["road_class"]) == {"A Road", "B Road", "Unclassified"}


# ---------------------------------------------------------------------- people and the truth


def test_the_truth_is_the_sum_of_its_cells(city):
    cells = city.cells.groupby("area").sum()
    assert (cells["adults"] == city.truth["adults"]).all()
    assert (cells["excluded"] == city.truth["excluded"]).all()
    assert (city.cells["excluded"] <= city.cells["adults"]).all()
    assert (city.cells >= 0).all().all()
    assert (city.truth["adults"] == city.ages.loc[:, "16-19":].sum(axis=1)).all()
    assert city.truth["share"].between(0, 1).all()


def test_about_one_adult_in_six_is_offline_and_more_where_barriers_are(city):
    def share(by):
        sums = city.cells.groupby(by).sum()
        return sums["excluded"] / sums["adults"]

    assert city.truth["excluded"].sum() / city.truth["adults"].sum() == pytest.approx(
        0.16, abs=0.005
    )
    assert share("age").is_monotonic_increasing
    assert share("disabled")[True] > 2 * share("disabled")[False]
    assert share("tenure")["social rented"] > 1.5 * share("tenure")["owned"]
    rank = city.deprivation["imd_rank"].rank().corr(city.truth["share"].rank())
    assert -0.9 < rank < -0.4


def test_social_renting_is_common_and_concentrated(city):
    homes = city.households
    share = homes["social rented"] / homes.sum(axis=1)
    assert homes["social rented"].sum() / homes.to_numpy().sum() == pytest.approx(0.264, abs=0.01)
    assert share.quantile(0.1) < 0.06
    assert share.quantile(0.9) > 0.5


def test_disability_counts_everybody_once(city):
    assert (city.disability.sum(axis=1) == city.ages.sum(axis=1)).all()


def test_ranks_are_distinct_and_agree_with_scores_and_deciles(city):
    for rank in city.deprivation.filter(like="_rank"):
        domain = rank.removesuffix("_rank")
        table = city.deprivation.sort_values(rank)
        assert table[rank].between(1, NATIONAL).all()
        assert table[rank].is_unique
        assert table[f"{domain}_score"].is_monotonic_decreasing
        assert (table[f"{domain}_decile"] == np.ceil(10 * table[rank] / NATIONAL)).all()
    rates = city.deprivation[[f"{key}_score" for key in ("income", "employment", "skills")]]
    assert ((rates > 0) & (rates < 1)).all().all()


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=40))
def test_ranks_stay_distinct_however_extreme_the_scores(scores):
    ranks = _ranks(np.array(scores))
    assert len(set(ranks)) == len(scores)
    assert ranks.min() >= 1
    assert ranks.max() <= NATIONAL


# ---------------------------------------------------------------------- own records


def test_homes_stand_in_areas_that_have_as_many_social_tenants(city):
    inside = gpd.sjoin(city.stock[["geometry"]], city.areas[["geometry"]], predicate="within")
    homes = inside["area"].value_counts().reindex(city.areas.index, fill_value=0)
    assert len(inside) == len(city.stock)
    assert (homes <= city.households["social rented"]).all()
    poorest = city.deprivation["imd_rank"].nsmallest(100).index
    assert homes[poorest].sum() > 0.6 * len(city.stock)


def test_every_sheltered_flat_is_in_the_stock(city):
    flats = city.stock.loc[city.stock["scheme"] != "", "scheme"].value_counts()
    assert flats.sort_index().to_dict() == city.schemes["flats"].to_dict()
    assert set(city.schemes["open_to"]) == {"residents"}
    assert set(city.schemes["it_suite"]) == {"yes", "no"}
    assert city.stock.notna().all().all()


def test_hubs_and_venues_are_of_many_kinds_and_none_stands_in_water(city):
    sites = pd.concat([city.hubs, city.venues])
    assert sites.index.is_unique
    assert sites["name"].is_unique
    assert sites.within(city.areas.union_all()).all()
    assert city.venues["kind"].nunique() >= 6
    assert (sites[["capacity", "cost"]] > 0).all().all()
    assert set(sites["open_to"]) == {"public", "patients", "claimants"}
    assert sites["hours"].str.match(r"(Mo|Tu)-").all()
    assert city.depot.within(city.areas.union_all()).all()


def test_stops_of_the_bus_differ_in_what_is_allowed_and_possible(city):
    stops = city.stops
    kinds = {"estate", "sheltered scheme", "car park", "school", "library"}
    assert set(stops["kind"]) == kinds
    assert stops["name"].is_unique
    assert stops.within(city.areas.union_all()).all()
    assert set(stops["permission"]) == {"yes", "no", ""}
    assert set(stops["level_access"]) == set(stops["power"]) == {"yes", "no"}
    assert set(stops.loc[stops["not_on"] != "", "kind"]) == {"car park", "school"}
    assert stops["hours"].map(access.week).notna().sum() == (stops["hours"] != "").sum() > 20
    schemes = stops[stops["kind"] == "sheltered scheme"]
    assert set(schemes["name"]) < set(city.schemes["name"])
    assert list(stops.loc[stops["must_visit"] == "yes", "kind"]) == ["sheltered scheme"]
    estates = stops.loc[stops["kind"] == "estate", "geometry"]
    apart = [estates.drop(site).distance(point).min() for site, point in estates.items()]
    assert min(apart) > 700
    assert not set(stops.geometry.to_wkb()) & set(city.stock.geometry.to_wkb())  # nobody's door


# ---------------------------------------------------------------------- surveys


def test_survey_weights_reproduce_the_known_adults_by_age_and_tenure(city):
    survey = city.households_survey
    for by in (lambda frame: frame["age"].map(GROUPS), lambda frame: frame["tenure"]):
        cells = city.cells.reset_index()
        known = cells.groupby(by(cells))["adults"].sum()
        weighted = survey.groupby(by(survey))["weight"].sum()
        pd.testing.assert_series_equal(
            weighted, known, check_names=False, rtol=1e-3, check_dtype=False
        )


def test_every_ward_has_respondents_in_proportion_to_its_adults(city):
    adults = city.truth["adults"].groupby(city.areas["ward"]).sum()
    answers = city.households_survey["ward"].value_counts().reindex(adults.index, fill_value=0)
    assert (abs(answers - adults / adults.sum() * 1_200) < 1).all()


def test_weights_bring_a_survey_closer_to_the_truth_but_not_quite_there(city):
    truth = city.truth["excluded"].sum() / city.truth["adults"].sum()
    raw, weighted = [], []
    for seed in range(8):
        answers = demo.survey(city, 2_000, seed=seed)
        offline = answers["online"] == "no"
        raw.append(offline.mean())
        weighted.append(np.average(offline, weights=answers["weight"]))
    assert abs(np.mean(weighted) - truth) < abs(np.mean(raw) - truth)
    assert -0.015 < np.mean(weighted) - truth < 0


def test_a_survey_of_tenants_asks_tenants_only(city):
    assert set(city.tenants_survey["tenure"]) == {"social rented"}
    tenants = city.cells.xs("social rented", level="tenure")["adults"].sum()
    assert city.tenants_survey["weight"].sum() == pytest.approx(tenants, rel=1e-4)


def test_another_seed_is_another_survey_of_the_same_people(city):
    first, again, other = (demo.survey(city, 300, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["age"].equals(other["age"])
    assert list(first) == ["ward", "age", "tenure", "disability", "online", "weight"]
    assert (first["weight"] > 0).all()


@pytest.mark.parametrize("adults", [0, 1_000_000])
def test_a_survey_of_nobody_or_of_more_than_can_be_asked_is_refused(city, adults):
    with pytest.raises(MappingError, match=f"{adults} respondents are not possible; ask for 1 to"):
        demo.survey(city, adults, seed=1)


# ---------------------------------------------------------------------- files


def test_one_seed_gives_the_same_bytes_again_and_another_seed_does_not(city, folder, tmp_path):
    again = demo.write(demo.city(), tmp_path / "again")
    for path in again:
        name = path.relative_to(tmp_path / "again")
        assert path.read_bytes() == (folder / name).read_bytes(), name
    other = demo.city(7)
    assert other.truth["excluded"].to_list() != city.truth["excluded"].to_list()


def test_every_file_can_be_read(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert len(paths) == 22
    for path in paths:
        assert not path.name.startswith("unfinished")
        if path.suffix == ".csv":
            assert len(pd.read_csv(path))
        elif path.suffix == ".geojson":
            assert pyogrio.read_info(path)["crs"] == "EPSG:4326"
        elif path.suffix == ".zip":
            assert len(census(folder, path.stem.removeprefix("census2021-"))) == 302


def test_no_code_or_postcode_can_be_taken_for_a_real_one(folder):
    for path in folder.rglob("*"):
        if path.suffix in {".csv", ".geojson", ".txt"}:
            text = path.read_text(encoding="utf-8-sig")
        elif path.suffix == ".zip":
            with ZipFile(path) as archive:
                text = "".join(archive.read(name).decode() for name in archive.namelist())
        else:
            continue
        assert not re.search(r"\b[EWSNKJLM]\d{8}\b", text), path.name
    stock = pd.read_csv(folder / "own" / "stock.csv")
    assert stock["postcode"].str.fullmatch(r"XE\d{1,2} \d[A-Z]{2}").all()
    assert stock["property_ref"].str.startswith("X").all()


def test_the_folder_says_that_everything_in_it_is_fictional(folder):
    assert (folder / "README.txt").read_text().startswith("EVERYTHING IN THIS FOLDER IS FICTIONAL")
    lookup = pd.read_csv(folder / "LSOA21_WD24_LAD24_EW_LU.csv")
    assert set(lookup["LAD24NM"]) == {words.DISTRICT_NAME}
    assert "fictional" in words.DISTRICT_NAME


def test_outlines_stay_a_coverage_after_rounding(folder):
    for path in folder.glob("*BGC*.geojson"):
        shapes = gpd.read_file(path)
        assert shapes.crs.to_epsg() == 4326
        assert shapes.is_valid.all()
        assert shapely.coverage_is_valid(shapes.geometry.to_numpy()), path.name
        first = json.loads(path.read_text())["features"][0]["geometry"]["coordinates"][0][0]
        assert all(len(str(number).split(".")[1]) <= 6 for number in first)


def test_census_tables_add_up_and_differ_from_each_other_by_a_few(city, folder):
    age, disability, tenure = (census(folder, table) for table in ("ts007a", "ts038", "ts054"))
    assert (age.iloc[:, 3:].sum(axis=1) == age["Age: Total"]).all()
    assert age.shape[1] == 2 + 1 + 18
    difference = age["Age: Total"] - disability["Disability: Total: All usual residents"]
    assert 0 < difference.abs().max() < 25
    stem = "Tenure of household: "
    groups = ["Owned", "Shared ownership", "Social rented", "Private rented", "Lives rent free"]
    parts = tenure[[stem + group for group in groups]].sum(axis=1)
    assert (parts == tenure[f"{stem}Total: All households"]).all()
    assert abs(age["Age: Total"] - city.ages.sum(axis=1)).max() < 20


def test_output_areas_are_parts_of_lsoas_that_add_up_and_differ(city, folder):
    small = city.output_areas
    lsoa = small.areas["lsoa"]
    assert small.areas.geometry.area.groupby(lsoa).sum().to_numpy() == pytest.approx(
        city.areas.geometry.area.to_numpy()
    )
    for name in ("ages", "disability", "households"):
        table = getattr(small, name)
        assert table.index.equals(small.areas.index)
        assert table.groupby(lsoa).sum().equals(getattr(city, name).loc[city.areas.index]), name
    residents = small.ages.sum(axis=1)
    assert residents.min() > 80
    assert residents.mean() == pytest.approx(310, rel=0.1)
    social = small.households["social rented"] / small.households.sum(axis=1)
    assert social.groupby(lsoa).std().median() > 0.05
    # What is published of them is perturbed, by itself, at every level.
    for table in ("ts007a", "ts038", "ts054"):
        published = census(folder, table, "oa")
        assert published.index.equals(small.areas.index.rename("geography code"))
    totals = census(folder, "ts038", "oa")["Disability: Total: All usual residents"]
    assert 0 < (totals - residents).abs().max() < 25


def test_roads_have_the_two_layers_of_os_open_roads(city, folder):
    links = gpd.read_file(folder / "oproad_gb.gpkg", layer="road_link")
    nodes = gpd.read_file(folder / "oproad_gb.gpkg", layer="road_node")
    assert links.crs.to_epsg() == nodes.crs.to_epsg() == 27700
    assert set(links["start_node"]) | set(links["end_node"]) == set(nodes["id"])
    assert len(links) == len(city.links)
    assert links["length"].min() >= 1
    assert {"A Road", "B Road"} < set(links["road_classification"])


def test_an_interrupted_file_leaves_the_one_before_intact(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")

    def fails(unfinished):
        unfinished.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        files._written(path, fails)
    assert path.read_text() == "before"


@pytest.mark.real
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder of open data is not here")
def test_headers_are_those_of_the_publishers_files(folder):
    for real, ours in {
        f"iod2025/{FILE_7}": FILE_7,
        "census2021_ts054/census2021-ts054.zip": "census2021-ts054.zip",
        "census2021_ts038/census2021-ts038.zip": "census2021-ts038.zip",
        "lookup_lsoa21_ward24_lad24/LSOA21_WD24_LAD24_EW_LU.csv": "LSOA21_WD24_LAD24_EW_LU.csv",
        "lookup_lsoa11_lsoa21/LSOA11_LSOA21_LAD22_EW_LU.csv": "LSOA11_LSOA21_LAD22_EW_LU.csv",
    }.items():
        theirs = pd.read_csv(SHARED / real, nrows=1).columns
        if ours.endswith(".zip"):
            mine = census(folder, ours[len("census2021-") : -len(".zip")]).reset_index().columns
        else:
            mine = pd.read_csv(folder / ours, nrows=1).columns
        assert not theirs.difference(mine).to_list(), real


# ---------------------------------------------------------------------- partitions


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30), st.integers(0, 500))
def test_whole_shares_add_up_and_miss_the_exact_ones_by_less_than_one(parts, total):
    shares = np.array(parts) + 1
    result = whole(shares, total)
    assert result.sum() == total
    assert (abs(result - shares / shares.sum() * total) < 1).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_groups_are_contiguous_whatever_the_order_of_the_rows(seed):
    rng = np.random.default_rng(seed)
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 5))
    length = rng.integers(1, 1000, grid.number_of_edges())
    borders = pd.DataFrame(grid.edges, columns=["left", "right"]).assign(length=length)
    groups = pd.Series(rng.choice(list("abc"), 20), index=range(20))
    joined = contiguous(groups, borders)
    for _, members in joined.groupby(joined):
        assert nx.is_connected(grid.subgraph(members.index))
    shuffled = contiguous(groups, borders.sample(frac=1, random_state=seed))
    pd.testing.assert_series_equal(joined, shuffled)
