"""Explore need: layers, groups, weights with the ranges they are for, two maps side by side."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from mapping import panels
from mapping.errors import InvalidTableError
from mapping.indices import composite
from mapping.maps.live.shapes import decoded
from mapping.needs import indicators
from mapping.panels import layers, need, weights
from mapping.panels.layers import INDEX, PEOPLE, SURE
from mapping.panels.needmaps import NeedMaps
from mapping.rounding import about
from mapping.study import DEFAULT_WEIGHTS

HOSTILE = '<img src=x onerror="steal()">${steal()}</script>'


@pytest.fixture
def panel(place):
    made = panels.explore_need(place)
    made.refresh()
    return made


def notes(made):
    return " ".join(made.answer.notes)


def test_beside_each_weight_stands_the_range_that_its_indicator_has_in_the_place(panel, place):
    shares = indicators(place.lsoas)["share_social_rented"]
    label = panel.controls["weight_share_social_rented"].description
    assert label == (
        f"Rented from a social landlord ({min(shares):.0%} to {max(shares):.0%} of homes)"
    )
    sliders = [name for name in panel.controls if name.startswith(weights.PREFIX)]
    assert len(sliders) == len(weights.ranges(place)) == len(weights.INDICATORS)
    assert weights.weights_of(panel.values)["adult_skills_rate"] == 4


def test_an_indicator_that_the_place_does_not_have_is_not_asked_for(place):
    table = place.lsoas.assign(health_score=float("nan")).drop(columns="income_rate")
    shown = weights.ranges(replace(place, lsoas=table))
    assert not {"health_score", "income_rate"} & set(shown)


def test_the_index_on_the_map_is_that_of_the_weights(place):
    chosen = {"share_age_75_over": 3.0, "income_rate": 1.0, "adult_skills_rate": 0.0}
    found = layers.layer(INDEX, place, by="lsoa", weights=chosen)
    expected = composite(indicators(place.lsoas), chosen)
    pd.testing.assert_series_equal(found.column, expected)
    assert found.column.between(0, 100).all()


def test_weights_are_told_how_far_they_move_areas_and_what_they_count_twice(panel):
    panel.put({"layer": INDEX})
    assert "not how much more" in notes(panel)
    assert "would be the same" not in notes(panel)
    assert "counts one thing twice" in notes(panel)
    panel.put({"weight_income_rate": 0, "weight_share_private_rented": 10})
    assert re.search(r"weights \d+% of the tenth of areas", notes(panel))


def test_weights_that_are_all_nought_are_refused_in_words(place):
    with pytest.raises(InvalidTableError, match="at least one indicator"):
        layers.layer(INDEX, place, by="lsoa", weights={"income_rate": 0.0})


def test_moving_a_weight_says_where_to_see_what_it_does(panel):
    assert "choose the index of need" not in notes(panel)
    panel.controls["weight_income_rate"].value = 9
    assert "choose the index of need under “Colour by”" in notes(panel)


def stage(panel):
    return next(one for one in panel.children[1].children if isinstance(one, NeedMaps))


def test_two_layers_stand_side_by_side_and_zoom_and_move_together(panel):
    (left,) = stage(panel).maps  # the second is made when it is first asked for
    panel.put({"layer": SURE, "beside": "adult_skills_rate"})
    assert stage(panel).children == stage(panel).maps
    _, right = stage(panel).maps
    assert left.link == right.link != ""
    assert right.layout.display is None
    assert [one.layers[0]["choice"] for one in (left, right)] == [
        "How sure the estimate is", "Low skills"
    ]  # fmt: skip
    assert right.title.startswith("Low skills, Exampleton")
    panel.controls["beside"].value = ""
    assert right.layout.display == "none"
    panel.controls["beside"].value = SURE
    assert stage(panel).maps == (left, right)


def test_a_ward_that_is_told_about_is_outlined_on_both_maps_and_nothing_else_travels(panel, place):
    panel.put({"beside": SURE})
    maps, sent = stage(panel).maps, []
    for one in maps:
        one.observe(lambda change: sent.append(change["name"]))
    panel.put({"ward": place.wards.index[0]})
    assert {*sent} == {"outlines"}
    for one in maps:
        (outline,) = one.outlines
        assert outline["name"] == f"{place.wards['name'].iloc[0]}, told about"
        assert outline["dash"] == []
        drawn = decoded(outline["shape"])
        shape = place.wards.to_crs("EPSG:4326").geometry.iloc[0]
        assert drawn.symmetric_difference(shape).area < 0.1 * shape.area
    panel.put({"by": "ward"})
    assert maps[0].outlines == maps[1].outlines != []
    panel.undo()
    panel.undo()
    assert maps[0].outlines == maps[1].outlines == []
    unmapped = place.wards.geometry.copy()
    unmapped.iloc[0] = None
    wards = place.wards.set_geometry(unmapped)
    other = NeedMaps(replace(place, wards=wards), start=DEFAULT_WEIGHTS)
    other.follow(dict(panel.values, ward=wards.index[0], other=wards.index[1]))
    assert [one["name"].split(", ")[1] for one in other.maps[0].outlines] == ["compared with it"]


def test_other_panels_have_links_of_their_own(panel, place):
    assert stage(panel).maps[0].link != NeedMaps(place, start=DEFAULT_WEIGHTS).maps[0].link


def test_a_weight_sends_only_the_classes_that_change_and_the_key_stays(panel, place):
    panel.put({"layer": INDEX})
    live, sent, whole = stage(panel).maps[0], [], []
    live.send = lambda content, buffers=None: sent.append((content, buffers))
    live.observe(lambda change: whole.append(change["name"]))
    before, labels = live.layers[0]["classes"], live.layers[0]["labels"]
    panel.controls["weight_income_rate"].value = 0
    ((content, (where, what)),) = sent
    after = live.layers[0]["classes"]
    differ = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert content["kind"] == "marks"
    assert list(memoryview(where).cast("I")) == differ
    assert bytes(what) == bytes(after[at] for at in differ)
    assert 0 < len(differ) < len(place.lsoas)
    assert not {"layers", "shapes", "names"} & set(whole)
    assert live.layers[0]["labels"] == labels


def test_wards_take_the_place_of_small_areas_in_the_same_maps(panel, place):
    panel.put({"by": "ward", "beside": INDEX})
    left, right = stage(panel).maps
    assert len(left.names) == len(right.names) == len(place.wards)
    assert len(left.layers) == len(right.layers) == 1
    panel.put({"by": "lsoa"})
    assert len(left.names) == len(place.lsoas)


def test_what_an_area_is_told_of_is_its_estimate_its_layer_and_what_goes_with_it(panel, place):
    panel.put({"layer": INDEX, "beside": "share_disabled"})
    area = place.exclusion.people.dropna().index[0]
    card = stage(panel).told("area", area)
    row, ward = place.exclusion.frame.loc[area], place.lsoas.loc[area, "ward_name"]
    assert f"About {about(row['people'])} adults" in card.lines[0]
    assert f"({about(row['people_low'])} to {about(row['people_high'])})" in card.lines[0]
    assert card.lines[1].startswith("Index of need: ")
    assert card.lines[2].startswith("Disabled: ")
    assert f"Ward: {ward}." in card.lines
    assert "Associated with" in card.lines[-1]
    panel.put({"by": "ward"})
    assert stage(panel).told("area", place.lsoas.loc[area, "ward"]).title == ward
    hub = place.sites.index[place.sites["open"]][0]
    assert stage(panel).told("site", hub).title == place.sites.loc[hub, "name"]


def test_every_layer_can_be_drawn_by_area_and_by_ward(place):
    for by in ("lsoa", "ward"):
        areas = (place.lsoas if by == "lsoa" else place.wards).index
        for name in layers.layers(place).values():
            made = layers.coloured(name, place, by=by, weights=DEFAULT_WEIGHTS)
            record = made.record(areas)
            assert record["name"] == layers.SHOWN
            assert len(record["classes"]) == len(record["told"]) == len(areas)
            assert len(set(record["classes"])) > 2
            assert record["heading"]
            assert layers.titled(name, place).endswith(str(place.exclusion.year))
            found = layers.layer(name, place, by=by, weights=DEFAULT_WEIGHTS)
            assert (found is None) == (name in {PEOPLE, SURE})


def test_a_group_on_the_map_is_rounded_and_has_no_interval(place):
    made = layers.coloured(PEOPLE, place, by="lsoa", weights={}, group="age|75 to 84")
    area = place.groups["age", "75 to 84"].dropna().index[0]
    people = place.groups.loc[area, ("age", "75 to 84")]
    assert made.told[area] == f"About {about(people)} adults likely to be offline: aged 75 to 84"


def test_an_index_without_weights_of_the_study_takes_classes_of_its_own(place):
    weights = {"income_rate": 3.0}
    made = layers.coloured(INDEX, place, by="lsoa", weights=weights, start={})
    assert len(made.view.labels) > 2


def test_the_groups_of_one_kind_add_up_to_the_estimate_in_every_ward(place):
    ages = [layers.people_of(name, place, by="ward") for name in layers.groups(place).values()
            if name.startswith("age|")]  # fmt: skip
    expected = place.ward_exclusion.people
    found = sum(ages).reindex(expected.index)
    pd.testing.assert_series_equal(found, expected, check_names=False, rtol=1e-6)


@pytest.mark.parametrize(
    ("group", "words"),
    [("age|75 to 84", "aged 75 to 84"), ("tenure|social renting", "rent from a social landlord"),
     ("disability|disabled", "and disabled")],
)  # fmt: skip
def test_a_group_is_told_with_its_interval_and_in_a_ward_rounded(panel, place, group, words):
    panel.put({"group": group, "ward": ""})
    row = place.who.loc[tuple(group.split("|"))]
    assert words in panel.answer.lead
    assert f"({about(row['low'])} to {about(row['high'])})" in panel.answer.lead
    assert "no interval is held" in notes(panel)
    ward = place.wards.index[place.wards["adults"].notna()][0]
    panel.put({"ward": ward})
    assert "rounded; no interval is held" in notes(panel)


def test_a_ward_without_people_says_nothing_of_groups(place):
    gap = place.wards.index[place.wards["adults"].isna()][0]
    values = {"by": "ward", "ward": gap, "group": "age|75 to 84"}
    said = need.need_answer(values, place)
    assert "nan" not in " ".join((said.lead, *said.notes))


def test_names_of_wards_and_groups_never_run_on_the_need_panel(place):
    named = replace(place, name=HOSTILE, wards=place.wards.assign(name=HOSTILE))
    panel = panels.explore_need(named)
    panel.controls["beside"].value = INDEX
    panel.refresh()
    outside = "".join(one.value for one in (panel._lead, panel._map, panel._detail, panel._message))
    assert "img src" in outside
    assert "<img" not in outside
    for live in stage(panel).maps:
        assert HOSTILE[:10] in live.title  # plain text, which the map shows as text
