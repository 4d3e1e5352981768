"""Explore need: layers, groups, weights with the ranges they are for, two maps side by side."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from mapping import panels
from mapping.errors import InvalidTableError
from mapping.indices import composite
from mapping.maps.figures import about
from mapping.needs import indicators
from mapping.panels import layers, need, weights
from mapping.panels.layers import INDEX, PEOPLE
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


def test_two_layers_stand_side_by_side_in_frames_that_cannot_reach_the_notebook(panel):
    single = panel.answer.shown
    panel.controls["beside"].value = "adult_skills_rate"
    shown = panel.answer.shown
    markup = shown._repr_html_()
    assert len(re.findall(r'<iframe sandbox="allow-scripts"[^>]*? title="', markup)) == 2
    assert shown.left is single
    panel.controls["ward"].value = panel.controls["ward"].options[1][1]
    assert panel.answer.shown is shown
    panel.controls["by"].value = "ward"
    assert panel.answer.shown is not shown


def test_every_layer_can_be_drawn_by_area_and_by_ward(place):
    for by in ("lsoa", "ward"):
        for name in layers.layers(place).values():
            found = layers.layer(name, place, by=by, weights=DEFAULT_WEIGHTS)
            assert (found is None) == (name == PEOPLE)
            if found is not None:
                assert found.column.index.equals(
                    (place.lsoas if by == "lsoa" else place.wards).index
                )
                assert found.column.notna().any()
    shown = layers.drawn(place, found, by="ward", height=600)
    assert shown.title.endswith(place.name)


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
    said = need.need_answer(values, place, draw=lambda _: None)
    assert "nan" not in " ".join((said.lead, *said.notes))


def test_names_of_wards_and_groups_never_run_on_the_need_panel(place):
    named = replace(place, name=HOSTILE, wards=place.wards.assign(name=HOSTILE))
    panel = panels.explore_need(named)
    panel.controls["beside"].value = INDEX
    panel.refresh()
    outside = "".join(
        re.sub(r'srcdoc="[^"]*"', "", one.value)
        for one in (panel._lead, panel._map, panel._detail, panel._message)
    )
    assert "img src" in outside
    assert "<img" not in outside
    inside = re.findall(r'srcdoc="([^"]*)"', panel._map.value)
    assert len(inside) == 2
    # Escaped once as an attribute; as markup of the page itself it would be escaped only once.
    assert all("&lt;img src=x onerror" not in page for page in inside)
