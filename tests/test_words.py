import geopandas as gpd
import pandas as pd
import pytest

from mapping.report import words
from mapping.scenario import Outcome, Scenario, compare, weigh


def outcome(name, *, reach, within=15.0):
    """An outcome of which only the reach of its hubs is known, draw by draw."""
    draws = pd.DataFrame([reach, reach], index=["reach", "any_reach"]).astype(float)
    measures = pd.DataFrame({"value": draws.mean(axis=1), "low": 0.0, "high": 1.0})
    measures[["unit", "label"]] = "people"
    measures.index.name = "measure"
    scenario = Scenario(name, "demo", within=within, bus_days=0)
    return Outcome(scenario, None, None, gpd.GeoDataFrame(), measures, draws, ())


def test_a_sure_difference_is_told_with_its_interval_and_chance():
    said = words.difference(
        outcome("One", reach=[9000, 9200, 9400]), outcome("Two", reach=[7000, 6700, 6400])
    )
    assert said == (
        "“Two” brings about 2,500 fewer within reach of a hub than “One” (2,000 to 3,000; in over "
        "99% of draws)."
    )


def test_scenarios_that_cannot_be_told_apart_are_not_ranked():
    said = words.difference(outcome("One", reach=[10, 20, 30]), outcome("Two", reach=[20, 30, 10]))
    assert "cannot be told apart" in said


def test_no_difference_at_all_is_said_plainly():
    same = [1000, 2000]
    said = words.difference(outcome("One", reach=same), outcome("Two", reach=same))
    assert said == "“Two” brings as many within reach of a hub as “One”."


def test_scenarios_that_count_differently_say_so():
    said = words.difference(
        outcome("One", reach=[10, 20]), outcome("Two", reach=[30, 40], within=20.0)
    )
    assert "up to 20 minutes’ walk to a hub and 10 to the bus here, 15 and 10 there" in said


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("people", 12_345.0, "12,000 (11,000 to 14,000)"),
        ("people", 0.0, "none"),
        ("minutes", 21.6, "22 minutes (21 to 24)"),
        ("hours", 5.56, "5.6 hours"),
        ("£ a year", 48.71, "£49 (£24 to £122) a year"),
        ("£ each", 2.59, "£2.60 (£24.00 to £121.70)"),
        ("hubs", 5.0, "5"),
    ],
)
def test_each_measure_is_rounded_to_its_precision(unit, value, said):
    bounds = {"minutes": (20.9, 23.6), "people": (11_111.0, 13_999.0)}
    low, high = bounds.get(unit, (24.01, 121.74))
    row = pd.Series({"unit": unit, "value": value, "low": low, "high": high})
    assert words.printed(row) == said


def test_the_headline_gives_people_and_their_interval(place):
    assert words.headline(place).startswith("About 6")
    assert " to " in words.headline(place)
    assert "2025" in words.meaning(place.exclusion)
    assert "adults aged 16 and over" in words.meaning(place.exclusion)


def test_a_recommendation_names_places_people_and_what_the_bus_adds(place):
    outcome = weigh(Scenario("Plan", "demo", new_hubs=2, bus_days=2), place)
    said = words.recommendation(outcome, place)
    for site in outcome.new_hubs:
        assert place.sites.loc[site, "name"] in said
    assert "within 15 minutes’ walk of a hub" in said
    assert "whom no hub reaches" in said
    assert len(words.bus_table(outcome, place)) == len(outcome.stops)
    assert len(words.hub_table(outcome, place)) == 2


def test_a_long_list_of_new_hubs_is_cut_short_and_says_how_many_more(place):
    named = place.sites["name"].iloc[:20]
    assert words._some(named.iloc[:12]) == words.joined(named.iloc[:12])
    assert words._some(named) == words.joined([*named.iloc[:6], "14 more"])


def test_changing_nothing_is_said_as_such(place):
    outcome = weigh(Scenario("Nothing", "demo", new_hubs=0, bus_days=0), place)
    assert words.recommendation(outcome, place) == "Change nothing."


def test_every_scenario_stands_in_the_table_of_measures(place):
    one = weigh(Scenario("One", "demo", new_hubs=1, bus_days=0), place)
    two = weigh(Scenario("Two", "demo", new_hubs=2, bus_days=1), place)
    table = words.measure_table([one, two])
    assert list(table.columns) == ["One", "Two"]
    assert table.loc["Bus sessions in the cycle", "One"] == "–"
    assert "Two" in set(compare([one, two])["scenario"])
