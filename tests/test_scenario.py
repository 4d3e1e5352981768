from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InfeasibleError, InvalidScenarioError
from mapping.scenario import QUESTIONS, Scenario, compare, name_of, weigh

FIVE = Scenario(name="Five", study="demo", bus_days=0)

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
scenarios = st.builds(
    Scenario,
    name=words,
    study=words,
    note=words,
    question=st.sampled_from(sorted(QUESTIONS)),
    budget=st.floats(1, 1e6),
    share=st.floats(0.01, 1),
    beyond=st.floats(121, 500),
    in_wards=st.lists(st.text("abc1-", min_size=1), max_size=3).map(tuple),
    one_per_building=st.booleans(),
    may_close=st.booleans(),
    draws=st.integers(0, 1000),
    new_hubs=st.integers(3, 40),
    within=st.floats(0.1, 120),
    must_open=st.lists(st.text("abc1-", min_size=1), max_size=3).map(tuple),
    bus_days=st.integers(0, 20),
    bus_first_day=st.none()
    | st.dates(date(2020, 1, 1), date(2040, 1, 1)).filter(lambda day: day.weekday() < 5),
    seed=st.integers(0, 2**31),
)


@given(scenarios)
def test_a_scenario_survives_save_and_load(tmp_path_factory, scenario):
    path = tmp_path_factory.mktemp("scenario") / "scenario.toml"
    assert Scenario.load(scenario.save(path)) == scenario


def test_a_scenario_is_a_text_that_a_person_can_read(tmp_path):
    text = FIVE.save(tmp_path / "five.toml").read_text()
    assert 'name = "Five"' in text
    assert "new_hubs = 5" in text


def test_a_whole_number_is_read_where_minutes_are_meant(tmp_path):
    path = tmp_path / "five.toml"
    path.write_text('name = "Five"\nstudy = "demo"\nwithin = 20\n')
    assert Scenario.load(path).within == 20.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"', "'study' is missing"),
        ('name = "a"\nstudy = "b"\nhubs = 3', "'hubs' is not known"),
        (
            'name = "a"\nstudy = "b"\nnew_hubs = "three"',
            "'new_hubs' is 'three', it must be a whole",
        ),
        ('name = "a"\nstudy = "b"\nwithin = -1', "within must be above 0"),
        ('name = "a"\nstudy = "b"\nquestion = "best"', "question must be one of"),
        ('name = "a"\nstudy = "b"\nbus_starts = "9 am"', "it must be a time such as 09:00"),
        ('name = "a"\nstudy = "b"\nmust_open = ["x"]\nnever = ["x"]', "x cannot both"),
        (
            'name = "a"\nstudy = "b"\nnew_hubs = 1\nmust_open = ["x", "y"]',
            "x, y must open, but only 1",
        ),
        ('name = "a"\nstudy = "b"\nmay_close = 1', "'may_close' is 1, it must be true or false"),
        ('name = "a"\nstudy = "b"\nshare = 30', "share must be above 0 and at most 1"),
        ('name = "a"\nstudy = "b"\nbudget = 0', "budget must be above 0"),
        ('name = "a"\nstudy = "b"\ndraws = -1', "draws must lie between 0 and 1,000"),
        (
            'name = "a"\nstudy = "b"\nquestion = "gradual"\nwithin = 20\nbeyond = 20',
            "beyond is 20, it must be above within",
        ),
        (
            'name = "a"\nstudy = "b"\nquestion = "p_centre"\ncapacity = true',
            "capacity can be asked of maximal_coverage and p_median only",
        ),
        ("name = ", "not readable as TOML"),
    ],
)
def test_a_faulty_scenario_file_is_refused_in_one_sentence(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InvalidScenarioError) as error:
        Scenario.load(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value).removesuffix(".")


def test_a_scenario_starts_from_the_study_s_defaults():
    defaults = {"new_hubs": 3, "within": 20}
    scenario = Scenario.starting_from(defaults, name="a", study="b", within=None, new_hubs=4)
    assert (scenario.new_hubs, scenario.within, scenario.bus_days) == (4, 20.0, 10)
    with pytest.raises(InvalidScenarioError, match="the study's defaults: 'hubs' is not known"):
        Scenario.starting_from({"hubs": 3}, name="a", study="b")


@pytest.mark.parametrize(
    "choices",
    [
        {"new_hubs": True},
        {"within": float("nan")},
        {"within": float("inf")},
        {"bus_shift": 1e300},
        {"seed": -1},
        {"must_open": "V001"},
        {"must_open": (1,)},
        {"note": None},
        {"bus_starts": "²:30"},
        {"name": 5},
    ],
)
def test_a_choice_that_cannot_be_is_refused_when_it_is_made(choices):
    with pytest.raises(InvalidScenarioError):
        Scenario(**{"name": "a", "study": "b", **choices})


def test_every_question_names_its_scenario_in_its_own_words():
    names = [name_of(replace(FIVE, name="", question=question)) for question in QUESTIONS]
    assert len(set(names)) == len(QUESTIONS)
    assert name_of(replace(FIVE, may_close=True)).startswith("5 hubs more than today")


def test_a_scenario_of_an_earlier_version_means_what_it_meant(tmp_path, place):
    path = tmp_path / "old.toml"
    path.write_text('name = "Old"\nstudy = "demo"\nquestion = "p_median"\nbus_days = 0\n')
    old = Scenario.load(path)
    assert (old.draws, old.may_close, old.in_wards, old.capacity) == (0, False, (), False)
    assert len(weigh(old, place).new_hubs) == 5


def test_nothing_but_a_scenario_is_overwritten_by_one(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('name = "Liverpool"\ndistrict = "E08000012"\n')
    with pytest.raises(InvalidScenarioError, match="exists and is no scenario"):
        FIVE.save(path)
    assert "E08000012" in path.read_text()
    FIVE.save(tmp_path / "five.toml")
    replace(FIVE, new_hubs=6).save(tmp_path / "five.toml")
    assert Scenario.load(tmp_path / "five.toml").new_hubs == 6


def test_a_missing_scenario_file_is_named(tmp_path):
    with pytest.raises(InvalidScenarioError, match=r"no scenario file .*none\.toml"):
        Scenario.load(tmp_path / "none.toml")


def test_the_same_scenario_gives_the_same_outcome_after_save_and_load(place, tmp_path):
    scenario = replace(FIVE, bus_days=3, bus_stops=15)
    first = weigh(scenario, place)
    second = weigh(Scenario.load(scenario.save(tmp_path / "s.toml")), place)
    pd.testing.assert_frame_equal(first.measures, second.measures)
    assert first.hub_plan.sites == second.hub_plan.sites
    pd.testing.assert_frame_equal(first.bus_plan.timetable, second.bus_plan.timetable)


def test_row_order_does_not_change_an_outcome(place):
    def mixed(table):
        return table.sample(frac=1, random_state=5)

    shuffled = replace(
        place,
        lsoas=mixed(place.lsoas),
        sites=mixed(place.sites),
        walk=replace(place.walk, minutes=mixed(place.walk.minutes)),
        exclusion=replace(
            place.exclusion,
            draws=mixed(place.exclusion.draws),
            adults=mixed(place.exclusion.adults),
        ),
    )
    ordered, other = weigh(FIVE, place), weigh(FIVE, shuffled)
    assert set(ordered.hub_plan.sites) == set(other.hub_plan.sites)
    pd.testing.assert_frame_equal(
        ordered.measures.drop(columns=["label", "unit"]),
        other.measures.drop(columns=["label", "unit"]),
    )


def test_hubs_open_to_all_stay_and_those_for_one_group_do_not_count(place):
    outcome = weigh(FIVE, place)
    counted = set(place.sites.index[place.sites["counts"]])
    closed = set(place.sites.index[place.sites["open"] & ~place.sites["counts"]])
    assert closed, "the demo city has hubs for one group only"
    assert counted <= set(outcome.hub_plan.sites)
    assert not closed & set(outcome.hub_plan.sites)
    assert len(outcome.new_hubs) == 5


def test_another_hub_or_a_looser_standard_never_reaches_fewer(place):
    def reach(**choices):
        return weigh(replace(FIVE, **choices), place).measures.loc["reach", "value"]

    assert reach(new_hubs=0) <= reach(new_hubs=2) <= reach(new_hubs=5)
    assert reach(within=10.0) <= reach(within=15.0) <= reach(within=25.0)


def test_reach_is_what_is_counted_by_hand(place):
    outcome = weigh(FIVE, place)
    near = place.walk.minutes[list(outcome.hub_plan.sites)].min(axis=1) <= 15
    by_hand = place.exclusion.people[near[near].index].sum()
    assert outcome.measures.loc["reach", "value"] == pytest.approx(by_hand)
    measures = outcome.measures["value"]
    assert measures["reach"] - measures["reach_now"] == pytest.approx(measures["gained"])


def test_the_bus_counts_each_person_once_and_nobody_a_hub_reaches(place):
    outcome = weigh(replace(FIVE, bus_days=5), place)
    total = outcome.measures.loc[["reach", "bus_reach"], "value"].sum()
    stops = place.walk_to_stops.minutes[list(outcome.stops.index)].min(axis=1) <= 10
    hubs = place.walk.minutes[list(outcome.hub_plan.sites)].min(axis=1) <= 15
    either = place.exclusion.people[(stops | hubs)[lambda near: near].index].sum()
    assert total <= either + 1e-6
    assert outcome.stops["people"].sum() == pytest.approx(
        outcome.measures.loc["bus_reach", "value"]
    )
    assert outcome.bus_plan.people <= outcome.stops["people"].sum()


def test_must_and_never_are_kept_to(place):
    free = weigh(FIVE, place).new_hubs
    unchosen = next(site for site in place.sites.index[~place.sites["open"]] if site not in free)
    bound = weigh(replace(FIVE, never=(free[0],), must_open=(unchosen,)), place)
    assert free[0] not in bound.new_hubs
    assert unchosen in bound.new_hubs


def test_a_site_the_place_does_not_have_is_refused_by_name(place):
    with pytest.raises(InvalidScenarioError, match="Exampleton has no site library-of-nowhere"):
        weigh(replace(FIVE, never=("library-of-nowhere",)), place)


def test_more_hubs_than_there_are_sites_is_refused_in_words(place):
    with pytest.raises(InfeasibleError):
        weigh(replace(FIVE, new_hubs=1000), place)


def test_doing_nothing_is_a_scenario_too(place):
    nothing = weigh(replace(FIVE, new_hubs=0), place)
    assert nothing.new_hubs == ()
    assert nothing.measures.loc["gained", "value"] == 0


def test_a_difference_is_judged_in_joint_draws(place):
    five = weigh(FIVE, place)
    eight = weigh(replace(FIVE, name="Eight", new_hubs=8), place)
    table = compare([five, eight]).set_index(["measure", "scenario"])
    row = table.loc[("reach", "Eight")]
    drawn = eight.draws.loc["reach"] - five.draws.loc["reach"]
    assert row["difference"] == pytest.approx(drawn.mean())
    assert row["more_likely"] == 1
    # Joint draws: far narrower than the two intervals laid side by side.
    width = table.loc[("reach", "Five"), "high"] - table.loc[("reach", "Five"), "low"]
    assert row["difference_high"] - row["difference_low"] < width
    assert pd.isna(table.loc[("reach", "Five"), "difference"])


def test_comparing_nothing_is_refused():
    with pytest.raises(InvalidScenarioError, match="nothing to compare"):
        compare([])


def test_a_hub_that_is_open_cannot_be_asked_for_or_ruled_out(place):
    hub = place.sites.index[place.sites["open"]][0]
    for choice in ({"must_open": (hub,)}, {"never": (hub,)}):
        with pytest.raises(InvalidScenarioError, match=f"{hub} is open already"):
            weigh(replace(FIVE, **choice), place)


def test_a_longer_shortlist_of_stops_never_reaches_fewer_than_one_that_just_fits(place):
    def people(stops):
        plan = replace(FIVE, new_hubs=0, bus_days=2, bus_stops=stops)
        return weigh(plan, place).measures.loc["bus_reach", "value"]

    reached = [people(stops) for stops in (4, 6, 25, 40)]
    assert reached == sorted(reached)


def test_equal_draws_count_half_when_scenarios_are_compared(place):
    one, two = weigh(FIVE, place), weigh(replace(FIVE, name="Again"), place)
    table = compare([one, two]).set_index(["scenario", "measure"])
    assert table.loc[("Again", "reach"), "more_likely"] == 0.5
