"""A planner's own tables, learners and output areas, joined with nothing lost unsaid."""

from dataclasses import replace
from datetime import time
from functools import partial
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from mapping import exclusion
from mapping.errors import InvalidStudyError, InvalidTableError
from mapping.exclusion import Exclusion, shared_out, summed
from mapping.pipeline import estimating
from mapping.pipeline.building import _needs
from mapping.pipeline.inputs import find_inputs
from mapping.pipeline.surveying import asked
from mapping.sources import records
from mapping.study import OwnFile, OwnTable, read_study


def merge(demo_workspace, **changes):
    study = replace(read_study("demo", demo_workspace), **changes)
    return _needs(find_inputs(study, None, demo_workspace))


@pytest.fixture
def merged(demo_workspace):
    """Merge the demo city with own files of a test, given by absolute path."""
    return partial(merge, demo_workspace)


@pytest.fixture(scope="module")
def plain(demo_workspace):
    """The demo city with its own files alone."""
    return merge(demo_workspace)


@pytest.fixture
def lookups(demo_workspace):
    raw = demo_workspace.raw / "demo"
    changes = pd.read_csv(raw / "LSOA11_LSOA21_LAD22_EW_LU.csv")
    wards = pd.read_csv(raw / "LSOA21_WD24_LAD24_EW_LU.csv").set_index("LSOA21CD")
    return changes, wards["WD24CD"]


def written(frame, path):
    frame.to_csv(path, index=False)
    return str(path)


def table(path, area, **told):
    return {"mine": OwnTable(str(path), area, **told)}


def row_of(step, name):
    return next(row for row in step.notes["matched"] if row["table"] == name)


def check_of(step, measure):
    return next(c for c in step.notes["reconciliation"] if c["measure"] == measure)


def test_a_table_of_2011_is_known_by_its_codes_and_keeps_its_total(merged, lookups, tmp_path):
    changes, _ = lookups
    earlier = sorted(changes["LSOA11CD"].unique())
    rows = pd.DataFrame({"Code": earlier, "Members": range(len(earlier)), "Take-up": 0.25})
    path = written(rows, tmp_path / "libraries.csv")
    told = {"counts": {"members": "Members"}, "rates": {"fibre": "Take-up"}, "per": "adults"}
    step = merged(tables=table(path, "Code", **told), weights={"own_members": 2, "own_fibre": 1})
    lsoas, wards = step.tables["lsoas"], step.tables["wards"]
    row = row_of(step, "libraries.csv")
    assert (row["vintage"], row["given"], row["missing"]) == ("LSOA 2011", len(earlier), 0)
    assert row["way"].startswith("along the official change lookup")
    check = check_of(step, "members")
    assert check["before"] == rows["Members"].sum()
    assert check["lsoas"] == pytest.approx(check["before"]) == pytest.approx(check["wards"])
    assert (lsoas["own_members"] == lsoas["count_members"] / lsoas["adults"]).all()
    assert lsoas["own_fibre"].to_numpy() == pytest.approx(0.25)
    assert wards["own_fibre"].dropna().to_numpy() == pytest.approx(0.25)
    rate = wards["count_members"] / wards["adults"]
    pd.testing.assert_series_equal(wards["own_members"], rate, check_names=False)
    assert wards["own_members"].isna().sum() == 1  # the ward that no LSOA fits best keeps its row
    assert lsoas["need"].rank().corr(lsoas["own_members"].rank()) > 0.9


def test_a_table_by_ward_gives_each_area_its_rate_and_its_people_s_part(merged, lookups, tmp_path):
    _, ward = lookups
    codes = sorted(ward.unique())
    rows = pd.DataFrame({"area": codes, "n": 100, "rate": np.linspace(0, 1, len(codes))})
    path = written(rows.sample(frac=1, random_state=1), tmp_path / "wards.csv")
    step = merged(tables=table(path, "area", counts={"n": "n"}, rates={"r": "rate"}))
    wards = step.tables["wards"].loc[codes]
    assert wards["count_n"].to_numpy() == pytest.approx(100)
    assert wards["own_r"].to_numpy() == pytest.approx(rows["rate"].to_numpy())
    lsoas = step.tables["lsoas"]
    assert lsoas["own_r"].to_numpy() == pytest.approx(
        lsoas["ward"].map(rows.set_index("area")["rate"]).to_numpy()
    )
    assert row_of(step, "wards.csv")["vintage"] == "wards 2024"


def test_a_table_by_earlier_wards_is_read_along_their_outlines(merged, plain, tmp_path):
    earlier = plain.tables["earlier_wards"]["earlier"].unique()
    path = written(pd.DataFrame({"ward": earlier, "n": 10}), tmp_path / "old.csv")
    step = merged(tables=table(path, "ward", counts={"n": "n"}, vintage="wards 2022"))
    assert step.tables["lsoas"]["count_n"].sum() == pytest.approx(10 * len(earlier))
    assert row_of(step, "old.csv")["vintage"] == "wards 2022"


def test_earlier_wards_are_read_into_the_present_ones_with_everybody_in_both(plain):
    table, lsoas = plain.tables["earlier_wards"], plain.tables["lsoas"]
    assert table["people"].sum() == lsoas["residents"].sum()
    assert table.groupby("later")["people"].sum().to_dict() == (
        lsoas.groupby("ward")["residents"].sum().to_dict()
    )
    assert table.groupby("earlier")["of_earlier"].sum().to_numpy() == pytest.approx(1)
    assert table[["earlier_name", "later_name"]].notna().all(axis=None)


def test_what_a_table_lacks_is_told_and_never_counted_as_none(merged, lookups, tmp_path):
    _, ward = lookups
    held = sorted(ward.index)[5:]
    path = written(pd.DataFrame({"area": held, "n": 2}), tmp_path / "part.csv")
    tables = table(path, "area", counts={"n": "n"})
    step = merged(tables=tables)
    assert step.tables["lsoas"]["count_n"].isna().sum() == 5
    unknown = ward.loc[sorted(ward.index)[:5]].unique()
    assert step.tables["wards"].loc[unknown, "count_n"].isna().all()
    said = " ".join(step.notes["caveats"])
    assert "part.csv has no figure for 5 of 302 areas" in said
    assert "part.csv: of 594 n, 594 could be told by LSOA and" in said
    with pytest.raises(
        InvalidStudyError, match=r"weights\.own_n: the table has no figure for 5 of"
    ):
        merged(tables=tables, weights={"own_n": 1})


@pytest.mark.parametrize(
    ("rows", "told", "said"),
    [
        ({"area": ["X01999999"], "n": [1]}, {}, "of no one vintage that is held"),
        ({"area": ["X01999999"], "n": [1]}, {"vintage": "wards 2023"}, "wards 2023 cannot be br"),
        ({"area": ["Liverpool"], "n": [1]}, {}, "the first row has no code"),
        ({"area": ["X05002001", "X01000001"], "n": [1, 2]}, {}, "not a ward code, .* in row 3"),
        ({"area": ["X05002001"] * 2, "n": [1, 2]}, {}, "repeated in row 3"),
        ({"area": ["X05002001"], "n": ["many"]}, {}, 'n: not a number in row 2 ."many"'),
        ({"area": ["X05002001"], "n": [-1]}, {}, "n: below 0 in row 2"),
        ({"area": [], "n": []}, {}, "the first row has no code|no rows"),
    ],
)
def test_a_table_that_cannot_be_joined_is_one_sentence(merged, tmp_path, rows, told, said):
    path = written(pd.DataFrame(rows), tmp_path / "odd.csv")
    with pytest.raises(InvalidTableError, match=said) as error:
        merged(tables=table(path, "area", counts={"n": "n"}, **told))
    assert str(error.value).startswith("odd.csv: ")


def learners_file(lsoas, path):
    """13 in one area, 5 in another, 3 by position, one twice, one elsewhere, one nowhere."""
    first, second, third = lsoas.index[:3]
    at = lsoas.geometry[third].representative_point()
    rows = [(f"a{n}", first, "", "") for n in range(13)] + [("a0", first, "", "")]
    rows += [(f"b{n}", second, "", "") for n in range(5)]
    rows += [(f"c{n}", "", at.x, at.y) for n in range(3)]
    rows += [("d", "X01999999", "", ""), ("e", "", "", "")]
    frame = pd.DataFrame(rows, columns=["Who", "area", "easting", "northing"])
    return written(frame, path), (first, second, third)


def test_learners_are_counted_by_ward_and_small_counts_do_not_leave(merged, plain, tmp_path):
    lsoas = plain.tables["lsoas"]
    path, (first, *_) = learners_file(lsoas, tmp_path / "learners.csv")
    own = {"learners": OwnFile(path, {"learner": "Who"})}
    step = merged(own=own)
    wards = step.tables["wards"]
    ward = lsoas.loc[first, "ward"]
    assert wards["learners"].dropna().index.tolist() == [ward]
    assert wards.loc[ward, "learners"] % 5 == 0
    assert "learners" not in step.tables["lsoas"]
    assert step.notes["disclosure"][0] == (
        "The list of learners holds about 25 of them (elsewhere or in an area of another vintage: "
        "not told; without a known place: not told; listed twice: not told)."
    )
    assert "66 of 68 cells suppressed" in step.notes["disclosure"][1]


def test_learners_are_read_with_what_could_not_be_placed_by_row(plain, tmp_path):
    lsoas = plain.tables["lsoas"]
    learners_file(lsoas, tmp_path / "learners.csv")
    found = records.learners(tmp_path / "learners.csv", {"learner": "Who"})
    assert (found.listed, found.repeated, found.unplaced, found.rows) == (24, 1, 1, (25,))
    assert (len(found.areas), len(found.points)) == (19, 3)
    (tmp_path / "odd.csv").write_text("area\nLiverpool\n")
    with pytest.raises(InvalidTableError, match=r"odd\.csv: area: no code of .* in row 2"):
        records.learners(tmp_path / "odd.csv", {})


def test_a_stock_list_tells_blocks_tenures_and_rows_without_a_place(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text(
        "uprn,easting,northing,Number,tenure,scheme\n"
        "1,335000,391000,30,Social rent,sheltered\n"
        "2,335010,391000,,Leasehold,\n"
        "3,,,4,social rent,\n"
        "1,335000,391000,30,Social rent,sheltered\n"
        "4,335020,391000,1,Shared ownership,\n"
    )
    homes = records.homes(path, {"homes": "Number"})
    assert (homes.listed, homes.repeated, homes.unplaced, homes.rows) == (66, 30, 4, (4,))
    assert (len(homes.points), homes.social.sum()) == (32, 30)


def test_homes_that_are_leased_or_owned_do_not_outnumber_social_households(merged, plain, tmp_path):
    wards = plain.tables["wards"]
    ward = wards["social_rented"].where(wards["social_rented"] >= 10).idxmin()
    at = wards.geometry[ward].representative_point()
    number = int(2 * wards.loc[ward, "social_rented"])
    for tenure, told in (("social rent", True), ("leasehold", False)):
        # Some lie in small numbers elsewhere, so that the total does not tell that none do.
        rest = wards[wards.geometry.notna()].drop(index=ward).geometry.representative_point()[:9]
        frame = pd.DataFrame(
            {
                "easting": [at.x, *rest.x],
                "northing": [at.y, *rest.y],
                "homes": [number, *[8] * 9],
            }
        )
        path = written(frame.assign(tenure=tenure), tmp_path / "stock.csv")
        said = merged(own={"stock": OwnFile(path)}).notes["disclosure"]
        assert any("more homes than the census" in line for line in said) == told


def test_seats_steps_and_wifi_of_places_are_carried_to_the_built_sites(place):
    sites = place.sites
    assert sites["step_free"].dtype == sites["wifi"].dtype == "boolean"
    venues = sites[~sites["open"]]
    assert venues["step_free"].notna().all()
    assert 0 < venues["wifi"].mean() < 1
    assert sites.loc[sites["open"], "wifi"].isna().all()  # the list of hubs does not say
    assert sites["seats"].isna().all()


def test_an_answer_that_is_neither_yes_nor_no_is_named_by_row(tmp_path):
    path = tmp_path / "places.csv"
    head = "site,name,easting,northing,seats,step_free,wifi\n"
    path.write_text(head + "A,Hall,335000,391000,12,YES,no\nB,Shed,335000,391000,,,\n")
    sites = records.sites(path, {})
    assert sites.loc["A", ["seats", "step_free", "wifi"]].tolist() == [12, True, False]
    assert sites.loc["B", ["seats", "step_free", "wifi"]].isna().all()
    path.write_text(head + "A,Hall,335000,391000,12,partly,no\n")
    with pytest.raises(InvalidTableError, match="step_free: neither yes nor no in row 2"):
        records.sites(path, {})


STOPS = ("permission", "level_access", "must_visit", "opens", "closes", "not_on")
STOP = {"site": "A", "name": "Hall", "easting": 335000, "northing": 391000}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (("true", "Y", "1", "9:30", "17:00:00", "Fri/Sat"), "yes yes yes 09:30 17:00 fri, sat"),
        ((" Yes ", "No", "n", "", "12:00", "Weekends"), "yes no no None 12:00 sat, sun"),
        (("FALSE", "", "0", "09:00", "", "Mon-Wed & sundays"), "no None no 09:00 None mon, tue, "
         "wed, sun"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_list_of_stops_means_what_its_planner_wrote(tmp_path, said, meant, ending):
    listed = pd.DataFrame([STOP | dict(zip(STOPS, said, strict=True))])
    path = tmp_path / f"stops.{ending}"
    if ending == "xlsx":  # cells as a spreadsheet has them: true, 1, a time of day
        kept = {"true": True, "FALSE": False, "1": 1, "0": 0}
        clock = {text: time.fromisoformat(f"{text:0>5}"[:5]) for text in said if ":" in text}
        listed = listed.map(lambda cell: {**kept, **clock}.get(cell, cell))
        listed.to_excel(path, index=False)
    else:
        listed.to_csv(path, index=False)
    found = records.sites(path, {}).iloc[0]
    assert " ".join(str(found.get(column)) for column in STOPS) == meant


def test_every_cell_of_a_list_of_stops_that_means_nothing_is_named_by_row_and_column(tmp_path):
    path = tmp_path / "stops.csv"
    good = STOP | dict(zip(STOPS, ("yes", "no", "", "09:00", "17:00", "sat"), strict=True))
    faults = {
        "permission": "pending", "must_visit": "maybe", "opens": "9am", "closes": "12.30",
        "not_on": "25 December",
    }  # fmt: skip
    rows = [good, *(good | {"site": column, column: cell} for column, cell in faults.items())]
    rows.append(good | {"site": "night", "opens": "18:00", "closes": "9:00"})
    pd.DataFrame(rows).to_csv(path, index=False)
    with pytest.raises(InvalidTableError) as error:
        records.sites(path, {})
    for row, (column, says) in enumerate(
        (
            ("permission", "neither yes nor no"),
            ("must_visit", "neither yes nor no"),
            ("opens", "no time of day such as 09:30"),
            ("closes", "no time of day such as 09:30"),
            ("not_on", "no weekdays such as Fri, Sat"),
            ("closes", "not after it opens"),
        ),
        start=3,
    ):
        assert f"{column}: {says} in row {row}" in str(error.value)


@pytest.fixture
def with_output_areas(demo_workspace, tmp_path):
    """The demo's files with two output areas in each LSOA; some lie in the ward without LSOAs."""
    raw = demo_workspace.raw / "demo"
    for path in raw.iterdir():
        if path.is_file() and path.suffix != ".zip" and not path.name.startswith("Output_Areas"):
            (tmp_path / path.name).symlink_to(path)
    lookup = pd.read_csv(raw / "LSOA21_WD24_LAD24_EW_LU.csv")
    codes = lookup["LSOA21CD"]
    small = pd.concat([lookup.assign(OA21CD="X00" + codes.str[3:-1] + codes.str[-1])] * 2)
    small["OA21CD"] = [f"X00{at:06d}" for at in range(len(small))]
    small = small.reset_index(drop=True)
    second = small.index >= len(lookup)
    moved = second & small["LSOA21CD"].isin(codes.iloc[:3])
    small.loc[moved, ["WD24CD", "WD24NM"]] = ["X05002061", "Waterfront"]
    small.to_csv(tmp_path / "OA_LSOA_MSOA_EW_DEC_2021_LU.csv", index=False)
    small.to_csv(tmp_path / "OA21_WD24_LAD24_EW_LU.csv", index=False)
    for stem in ("ts007a", "ts038", "ts054"):
        name = f"census2021-{stem}-lsoa.csv"
        with ZipFile(raw / f"census2021-{stem}.zip") as archive:
            frame = pd.read_csv(archive.open(name))
        figures = frame.columns[3:]
        by_area = frame.set_index("geography code")[figures]
        third = by_area // 3
        parts = pd.concat([by_area - third, third]).loc[lambda f: f.index.isin(codes)]
        order = pd.concat([(by_area - third).loc[codes], third.loc[codes]])
        assert len(parts) == len(order)
        halves = order.set_axis(pd.Index(small["OA21CD"], name="geography code")).reset_index()
        halves.insert(0, "geography", "x")
        halves.insert(0, "date", "2021")
        with ZipFile(tmp_path / f"census2021-{stem}.zip", "w") as archive:
            archive.writestr(name, frame.to_csv(index=False))
            archive.writestr(name.replace("lsoa", "oa"), halves.to_csv(index=False))
    return tmp_path, small


def test_output_areas_are_fitted_to_wards_where_they_are_held(with_output_areas, demo_workspace):
    raw, small = with_output_areas
    study = replace(read_study("demo", demo_workspace), own={}, weights={"imd_score": 1})
    step = _needs(find_inputs(study, raw, demo_workspace))
    wards, lsoas = step.tables["wards"], step.tables["lsoas"]
    assert step.notes["wards"] == {"method": "best fit of output areas", "without": ()}
    assert wards["residents"].sum() == lsoas["residents"].sum()
    # The ward that no LSOA fits best has the people of its three output areas, and a name.
    moved = lsoas.loc[small["LSOA21CD"].iloc[:3]]
    assert wards.loc["X05002061", "households"] == (moved["households"] // 3).sum()
    assert wards.loc["X05002061", "imd_score"] == pytest.approx(
        np.average(moved["imd_score"], weights=moved["residents"]), rel=0.05
    )
    assert not any("X05002061" in line for line in step.notes["caveats"])
    measured = [c for c in step.notes["reconciliation"] if "(output areas)" in c["source"]]
    assert len(measured) == 5
    assert row_of(step, "census2021-ts054.zip (output areas)")["matched"] == 604
    parts = step.tables["ward_parts"]
    assert parts.groupby("area")["part"].sum().to_numpy() == pytest.approx(1)
    assert len(parts) == 302 + 3


def test_a_table_by_output_area_adds_up_and_needs_all_of_them(with_output_areas, demo_workspace):
    raw, small = with_output_areas
    rows = small[["OA21CD"]].assign(n=1, r=0.5).iloc[1:]
    path = written(rows, raw / "mine.csv")
    told = table(path, "OA21CD", counts={"n": "n"}, rates={"r": "r"})
    study = replace(
        read_study("demo", demo_workspace), own={}, weights={"imd_score": 1}, tables=told
    )
    step = _needs(find_inputs(study, raw, demo_workspace))
    lsoas = step.tables["lsoas"]
    assert lsoas["count_n"].isna().sum() == 1
    assert lsoas["count_n"].dropna().eq(2).all()
    assert lsoas["own_r"].dropna().to_numpy() == pytest.approx(0.5)
    assert any("mine.csv: of 603 n, 602 could be told by LSOA" in c for c in step.notes["caveats"])


def test_estimates_follow_the_parts_of_areas_in_wards():
    draws = pd.DataFrame({0: [0.1, 0.5, 0.2], 1: [0.2, 0.4, 0.2]}, index=[*"abc"])
    estimate = Exclusion(
        outcome="o", year=2025, population="p", formula="f",
        adults=pd.Series({"c": 50.0, "a": 100.0, "b": 200.0}), draws=draws,
        diagnostics={}, caveats=(),
    )  # fmt: skip
    parts = pd.DataFrame(
        {"area": [*"baabc"], "ward": [*"VVWWW"], "part": [0.25, 0.5, 0.5, 0.75, 1.0]}
    )
    found = shared_out(estimate, parts)
    assert found.adults.to_dict() == {"V": 100, "W": 250}
    assert found.draws.loc["V"].tolist() == pytest.approx([(5 + 25) / 100, (10 + 20) / 100])
    assert found.draws.loc["W", 0] == pytest.approx((5 + 75 + 10) / 250)
    whole = parts.assign(part=1.0).drop_duplicates("area")
    groups = whole.set_index("area")["ward"]
    pd.testing.assert_frame_equal(
        shared_out(estimate, whole).draws, summed(estimate, groups).draws, check_names=False
    )
    with pytest.raises(InvalidTableError, match=r"the parts of 1 areas .* .first a"):
        shared_out(estimate, parts.drop(index=1))


def test_a_survey_given_by_ward_blends_as_its_answers_would(
    demo_workspace, plain, monkeypatch, tmp_path
):
    monkeypatch.setattr(estimating, "DRAWS", 60)
    study = read_study("demo", demo_workspace)
    inputs = find_inputs(study, None, demo_workspace)
    people = records.respondents(inputs.own["survey"], inputs.columns("survey"))
    told = exclusion.direct_estimates(people).reset_index()
    told = told.rename(columns={"area": "Ward code"})[["Ward code", "share", "respondents", "se"]]
    path = written(told, tmp_path / "by-ward.csv")
    own = {"survey_by_ward": OwnFile(path, {"ward": "Ward code", "n": "respondents"})}
    given = find_inputs(replace(study, own=own), None, demo_workspace)
    lsoas = plain.tables["lsoas"]
    survey = asked(given, lsoas)
    assert survey.direct["se"].to_numpy() == pytest.approx(told["se"].to_numpy())
    assert survey.direct["share"].tolist() == told["share"].tolist()
    some = survey.direct.index[:3]
    assert survey.told_by(some).index.equals(some)
    by_ward = estimating._from_survey(given, lsoas, draws=60)
    by_answer = estimating._from_survey(inputs, lsoas, draws=60)
    first, second = by_ward.total()["share"], by_answer.total()["share"]
    assert first == pytest.approx(second, abs=0.02)
    ranks = [summed(e, lsoas["ward"]).frame["share"].rank() for e in (by_ward, by_answer)]
    assert ranks[0].corr(ranks[1]) > 0.8
    assert any("as its shares by ward were given" in line for line in by_ward.caveats)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("X05002001,15.8,20", "share: above 1 in row 2"),
        ("X05002001,0.1,0", "n: below 1 in row 2"),
        ("Abbey,0.1,20", "ward: not a ward code in row 2"),
        ("E05002001,0.1,20", "none of its 1 wards has areas here"),
    ],
)
def test_faulty_shares_by_ward_are_named(demo_workspace, plain, tmp_path, row, said):
    (tmp_path / "by-ward.csv").write_text(f"ward,share,n\n{row}\n")
    study = replace(
        read_study("demo", demo_workspace),
        own={"survey_by_ward": OwnFile(str(tmp_path / "by-ward.csv"))},
    )
    with pytest.raises(InvalidTableError, match=said) as error:
        asked(find_inputs(study, None, demo_workspace), plain.tables["lsoas"])
    assert str(error.value).startswith("by-ward.csv: ")
