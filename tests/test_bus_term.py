"""A term of the bus: against every possible timetable of small worlds, and by a verifier."""

import re
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations, permutations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import bus
from mapping.bus import Bus, Hours, Returns, Settings, Slot
from mapping.errors import (
    InfeasibleError,
    InvalidScenarioError,
    InvalidTableError,
    MappingError,
)
from mapping.report import options, words
from mapping.report.busfigures import bus_figures
from mapping.report.timetables import timetables_page
from mapping.scenario import Scenario, weigh

LONG = Hours("long", driving=600, duty=900, work_before_break=900)


def town(size, areas=200, seed=1, walk=1.2):
    """Return stops, who reaches which, people and minutes of a town 14 km across."""
    rng = np.random.default_rng(seed)
    xy = np.vstack([[7, 7], rng.uniform(0, 14, (size, 2))])
    labels = ["depot", *(f"s{k:02d}" for k in range(size))]
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    homes = rng.uniform(0, 14, (areas, 2))
    names = [f"a{k:03d}" for k in range(areas)]
    near = np.hypot(*(homes[:, None] - xy[None, 1:]).transpose(2, 0, 1)) <= walk
    return (
        pd.DataFrame(index=labels[1:]),
        pd.DataFrame(near, names, labels[1:]),
        pd.Series(rng.gamma(2, 60, areas).round(), names),
        pd.DataFrame((apart * 1.3 / 25 * 60).round(), labels, labels),
    )


@st.composite
def small_worlds(draw):
    """Up to four stops in overlapping catchments, two slots, windows, weekdays, missing routes."""
    size = draw(st.integers(1, 4))
    names = list("abcd"[:size])
    labels = ["depot", *names]
    leg = st.one_of(st.integers(0, 60), st.just(np.nan))
    legs = pd.DataFrame([[draw(leg) for _ in labels] for _ in labels], labels, labels, dtype=float)
    reach = pd.DataFrame(
        [[draw(st.booleans()) for _ in names] for _ in range(3)], ["x", "y", "z"], names
    )
    opens = [draw(st.integers(500, 700)) for _ in names]
    stops = pd.DataFrame(
        {
            "opens": opens,
            "closes": [early + draw(st.integers(60, 300)) for early in opens],
            "weekdays": [draw(st.sampled_from([(0,), (1,), (0, 1)])) for _ in names],
        },
        index=names,
    )
    people = pd.Series([draw(st.integers(0, 99)) for _ in range(3)], ["x", "y", "z"], dtype=float)
    lengths = draw(st.sampled_from([(60.0,), (60.0, 120.0)]))
    slots = (Slot(0, 0, (0, 1)), Slot(0, 1, (0,) if draw(st.booleans()) else (0, 1)))
    returns = Returns(draw(st.sampled_from([0.0, 3.0])))
    asked = Settings(lengths, 10, 10, LONG, returns, step=draw(st.sampled_from([0.0, 5.0])))
    return stops, reach, people, legs, {"buses": [Bus("depot", 540, 840)], "slots": slots}, asked


def fits(route, stops, legs, weekday, asked, shift=(540, 840)):
    """Return whether a day can hold sessions in this order, each as early as it can be."""
    at, now = "depot", shift[0]
    for stop, length in route:
        row, leg = stops.loc[stop], legs.loc[at, stop]
        opens = max(now + leg + asked.setup, row["opens"])
        opens = np.ceil(opens / asked.step) * asked.step if asked.step else opens
        if np.isnan(leg) or weekday not in row["weekdays"] or opens + length > row["closes"]:
            return False
        at, now = stop, opens + length + asked.packup
    home = legs.loc[at, "depot"]
    return not np.isnan(home) and now + home <= shift[1]


def best_of_all(world):
    """Try every set of sessions on either day, in every order."""
    stops, reach, people, legs, rules, asked = world
    offers = [(stop, length) for stop in stops.index for length in asked.lengths]
    days = []
    for slot in rules["slots"]:
        held = {
            frozenset(some)
            for size in range(1, len(stops) + 1)
            for some in combinations(offers, size)
            if len({stop for stop, _ in some}) == size
            and any(fits(way, stops, legs, slot.weekday, asked) for way in permutations(some))
        }
        days.append([(slot, some) for some in [frozenset(), *held]])
    best, possible = 0.0, any(len(day) > 1 for day in days)
    for choice in product(*days):
        visited = [stop for _, some in choice for stop, _ in some]
        if len(set(visited)) < len(visited):
            continue
        hours = pd.Series(0.0, reach.index)
        for slot, some in choice:
            for stop, length in some:
                hours += reach[stop] * length / 60 * slot.visits
        best = max(best, float((people * asked.returns.share(hours.to_numpy())).sum()))
    return possible, best


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=small_worlds())
def test_in_small_worlds_no_term_reaches_more_people_than_the_plan(world):
    stops, reach, people, legs, rules, asked = world
    possible, best = best_of_all(world)
    if not possible:
        with pytest.raises(InfeasibleError, match="no stop can be visited"):
            bus.plan_term(stops, reach, people, legs, **rules, settings=asked)
        return
    before = stops.copy(), legs.copy()
    found = bus.plan_term(stops, reach, people, legs, **rules, settings=asked)
    assert found.people == pytest.approx(best, abs=1e-6)
    assert found.status == "optimal"
    assert found.people == pytest.approx(float((people * found.share).sum()), abs=1e-6)
    mixed = [table.sample(frac=1, random_state=2) for table in (stops, reach, people)]
    again = bus.plan_term(*mixed, legs.iloc[::-1, ::-1], **rules, settings=asked)
    assert again.people == pytest.approx(found.people)
    pd.testing.assert_frame_equal(stops, before[0])
    pd.testing.assert_frame_equal(legs, before[1])


@cache
def usual():
    """Return the plan of `planned`, made once."""
    stops, reach, people, minutes, rules = planned()
    return bus.plan_term(stops, reach, people, minutes, **rules)


def planned(size=10, **changed):
    stops, reach, people, minutes = town(size)
    stops = stops.assign(opens=560.0, closes=1000.0, must=[True, *[False] * (size - 1)])
    rules = {
        "buses": [Bus("depot", 540, 960)],
        "slots": bus.slots(days=4, weekdays=(0, 1), term=8),
        "settings": Settings((60.0, 90.0), returns=Returns(6)),
    }
    return stops, reach, people, minutes, rules | changed


def test_a_city_with_overlapping_catchments_is_planned_to_proof():
    stops, reach, people, minutes = town(60, areas=300)
    found = bus.plan_term(
        stops, reach, people, minutes, buses=[Bus("depot", 540, 930)], slots=bus.slots(days=10)
    )
    assert found.gap <= 0.01
    assert found.people <= people[reach.any(axis=1)].sum()
    assert len(found.stops) == len(found.timetable) >= 15


def test_each_person_counts_once_and_more_hours_bring_less_and_less():
    _, reach, people, _, _ = planned()
    found = usual()
    hours = sum(
        reach[row.stop] * row.length / 60 * row.visits for row in found.timetable.itertuples()
    )
    pd.testing.assert_series_equal(found.hours, hours, check_names=False)
    assert found.people == pytest.approx((people * (1 - 2 ** (-hours / 6))).sum(), rel=1e-6)


def test_more_days_buses_or_hours_never_reach_fewer_people():
    stops, reach, people, minutes, rules = planned()
    base = usual().people
    longer = rules | {"buses": [Bus("depot", 540, 1020)]}
    second = rules | {
        "buses": [Bus("depot", 540, 960)] * 2,
        "slots": bus.slots(days=4, weekdays=(0, 1), term=8, buses=2),
    }
    for more in (longer, second):
        assert bus.plan_term(stops, reach, people, minutes, **more).people >= base - 1e-6


def test_the_fairest_plan_raises_the_lowest_share():
    stops, reach, people, minutes, rules = planned()
    rules["slots"] = bus.slots(days=8, weekdays=(0, 1), term=8)
    half = pd.Series(np.where(np.arange(len(people)) < 100, "north", "south"), people.index)
    groups = pd.get_dummies(half).mul(people, axis=0)
    most = bus.plan_term(stops, reach, people, minutes, **rules)
    fair = bus.plan_term(
        stops, reach, people, minutes, groups=groups,
        **rules | {"settings": replace(rules["settings"], fairest=True)},
    )  # fmt: skip

    def lowest(found):
        return (groups.mul(found.share, axis=0).sum() / groups.sum()).min()

    assert lowest(fair) >= lowest(most) - 1e-6
    assert fair.least[0] == pytest.approx(lowest(fair), abs=1e-4)
    assert fair.least[1] >= fair.least[0]
    assert fair.people <= most.people + 1e-6


def test_stops_of_the_fairest_plan_are_firm_where_fairness_asks_for_them():
    stops = ["large", "middling", "few"]
    reach = pd.DataFrame(np.eye(3, dtype=bool), ["a", "b", "c"], stops)
    people = pd.Series({"a": 200.0, "b": 150.0, "c": 20.0})
    groups = pd.DataFrame({"north": {"a": 90.0, "b": 90.0}, "south": {"c": 9.0}}).fillna(0.0)
    legs = pd.DataFrame(10.0, index=["depot", *stops], columns=["depot", *stops])
    draws = pd.DataFrame(np.outer(people, [0.8, 1.0, 1.1]), people.index)
    draws.loc["b"] += [0, 0, 200]
    firm = {}
    for fairest in (False, True):
        found = bus.plan_term(
            pd.DataFrame(index=stops), reach, people, legs, groups=groups, draws=draws,
            buses=[Bus("depot", 540, 690)], slots=[Slot(0, 0, (0,)), Slot(0, 1, (0,))],
            settings=Settings(returns=Returns(half=0), fairest=fairest),
        )  # fmt: skip
        firm[fairest] = found.firm.to_dict()
    assert firm[False] == {"large": 1.0, "middling": 1.0}
    # One day is for the few; the other is for most of the rest, which one draw would change.
    assert firm[True] == {"large": pytest.approx(2 / 3), "few": 1.0}


def test_a_driver_rests_before_six_hours_of_work_are_over():
    stops, reach, people, minutes, rules = planned()
    rules["buses"] = [Bus("depot", 540, 1020)]
    found = bus.plan_term(stops, reach, people, minutes, **rules)
    long = found.days[found.days["duty"] > 360]
    assert len(long)
    rests = found.timetable.groupby("slot")["rest"].sum()
    assert (rests[long["slot"]] == 30).all()


def test_a_budget_is_kept_and_less_money_reaches_fewer():
    stops, reach, people, minutes, rules = planned()
    paid = replace(rules["settings"], hour_cost=20.0, km_cost=0.5)
    rules["settings"] = paid
    found = bus.plan_term(stops, reach, people, minutes, km=minutes / 2, **rules)
    spent = (found.days["cost"] * found.days["visits"]).sum()
    way = (found.days["km"] * 0.5 + found.days["duty"] / 60 * 20) * found.days["visits"]
    assert spent == pytest.approx(way.sum())
    tight = rules | {"settings": replace(paid, budget=spent * 0.7)}
    poorer = bus.plan_term(stops, reach, people, minutes, km=minutes / 2, **tight)
    assert (poorer.days["cost"] * poorer.days["visits"]).sum() <= spent * 0.7 + 1e-6
    assert poorer.people < found.people


def test_a_locked_stop_opens_on_its_day_at_its_time():
    stops, reach, people, minutes, rules = planned()
    stops = stops.assign(
        must=stops.index == "s03",
        starts=pd.Series({"s03": 600.0}),
        weekdays=pd.Series({"s03": (1,)}),
    )
    found = bus.plan_term(stops, reach, people, minutes, **rules)
    row = found.timetable.set_index("stop").loc["s03"]
    assert (row["weekday"], row["open"]) == (1, 600)


def test_tasters_run_once_and_courses_every_cycle_without_bank_holidays():
    slots = bus.slots(
        days=5, term=4, tasters=(4,), first=date(2026, 4, 6), holidays=[date(2026, 4, 6)]
    )
    courses = [slot for slot in slots if slot.product == "course"]
    assert [slot.visits for slot in courses] == [3, 4, 4, 4]
    assert [slot.weeks for slot in slots if slot.product == "taster"] == [(0,), (1,), (2,), (3,)]
    stops, reach, people, minutes, rules = planned(size=12)
    found = bus.plan_term(stops, reach, people, minutes, **rules | {"slots": slots})
    kinds = found.timetable.groupby("product")["visits"]
    assert kinds.max()["taster"] == 1
    assert kinds.min()["course"] >= 3


def test_a_course_visited_twice_a_cycle_keeps_weekday_and_hour():
    slots = bus.slots(days=10, visits=2, term=8)
    assert len(slots) == 5
    assert slots[0].weeks == tuple(range(8))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"days": 21}, "at most 4: ask for 20 days or fewer"),
        ({"days": 10, "term": 1}, "shorter than the cycle of 2"),
        ({"days": 15, "visits": 2}, "cannot be evenly apart: ask for 1 or 3"),
        ({"days": 8, "visits": 2}, "ask for 10 days"),
        ({"days": 5, "holidays": [date(2026, 5, 4)]}, "no first day"),
        ({"days": 0}, "plan at least 1"),
        ({"days": 5, "weekdays": ()}, "no weekday"),
    ],
)
def test_a_cycle_that_cannot_be_is_refused_in_words(asked, words):
    with pytest.raises(InvalidTableError, match=words):
        bus.slots(**asked)


def test_stops_are_firm_where_most_draws_choose_them():
    stops, reach, people, minutes, rules = planned()
    same = pd.DataFrame(dict.fromkeys(range(3), people))
    found = bus.plan_term(stops, reach, people, minutes, draws=same, **rules)
    assert (found.firm >= 0.99).mean() > 0.6
    assert list(found.firm.index) == list(found.timetable["stop"].unique())


def changed(column, value):
    return lambda table, days: (table.assign(**{column: value(table)}), days)


ATTACKS = {
    "two places": changed("stop", lambda t: t["stop"].iloc[0]),
    "no such stop": changed("stop", lambda t: t["stop"].replace(t["stop"].iloc[-1], "Atlantis")),
    "has to be visited": lambda t, d: (t.iloc[:0], d.iloc[:0]),
    "do not name the same slots": lambda t, d: (t, d.iloc[1:]),
    "slot is used twice": lambda t, d: (t, d.assign(slot=d["slot"].iloc[0])),
    "of another bus, weekday": lambda t, d: (t.assign(weekday=1 - t["weekday"]), d),
    "is not one of 4": lambda t, d: (t.assign(slot=t["slot"] + 9), d.assign(slot=d["slot"] + 9)),
    "a time is missing": changed("open", lambda _: np.nan),
    "out of order": changed("order", lambda t: t["order"] + 1),
    "before the shift starts": lambda t, d: (t, d.assign(depart=d["depart"] - 60)),
    "but not before": changed("arrive", lambda t: t["arrive"] - 5),
    "set-up takes more": changed("open", lambda t: t["arrive"] + 1),
    "which was not asked for": changed("length", lambda t: t["length"] + 7),
    "of 60 minutes|of 90 minutes": changed("close", lambda t: t["open"] + 5),
    "packing takes more": changed("leave", lambda t: t["close"] + 1),
    "before it opens at 560": changed("open", lambda _: 400.0),
    "after it closes at 1000": changed("close", lambda _: 1200.0),
    "after the shift ends": lambda t, d: (t, d.assign(back=d["back"] + 300)),
    "do not add up": lambda t, d: (t, d.assign(driving=d["driving"] - 1)),
    "but not before ": lambda t, d: (t, d.assign(back=d["back"] - 2)),
    "no column stop": lambda t, d: (t.drop(columns="stop"), d),
    "work without a break": changed("rest", lambda _: 0.0),
    "the break at": changed("rest", lambda t: t["rest"].clip(upper=5)),
}


@pytest.mark.parametrize("words", ATTACKS)
def test_the_verifier_refuses_a_term_that_breaks_a_rule(words):
    stops, _, _, minutes, rules = planned()
    found = usual()
    rules |= {"stops": stops, "minutes": minutes}
    bus.verify_term(found.timetable, found.days, **rules)
    table, days = ATTACKS[words](found.timetable, found.days)
    with pytest.raises(InvalidTableError, match=words):
        bus.verify_term(table, days, **rules)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"driving": 1}, "minutes of driving, at most 1 are"),
        ({"duty": 60}, "minutes of duty, at most 60"),
        ({"driving_before_break": 1}, "driving without a break, at most 1"),
    ],
)
def test_the_verifier_keeps_driving_duty_and_break_apart(hours, words):
    stops, _, _, minutes, rules = planned()
    found = usual()
    strict = replace(rules["settings"], hours=replace(rules["settings"].hours, **hours))
    with pytest.raises(InvalidTableError, match=words):
        bus.verify_term(found.timetable, found.days, stops, minutes, **rules | {"settings": strict})


def spoilt(**changed):
    return planned(size=5, **changed)


def test_clashes_are_said_in_words_with_the_smallest_change():
    stops, reach, people, minutes, rules = spoilt()

    def refusal(stops=stops, minutes=minutes, **more):
        with pytest.raises(MappingError) as caught:
            bus.plan_term(stops, reach, people, minutes, **rules | more)
        return str(caught.value)

    assert "no row for garage" in refusal(buses=[Bus("garage", 540, 960)])
    assert "no bus is given, and so no depot" in refusal(buses=[])
    island = minutes.copy()
    island.loc["depot", "s00"] = island.loc[stops.index[1:], "s00"] = np.nan
    assert "there is no route to s00" in refusal(minutes=island)
    short = refusal(buses=[Bus("depot", 540, 640)])
    assert "lengthen the shift by" in short
    more = float(short.split("lengthen the shift by ")[1].split()[0])
    bus.plan_term(
        stops, reach, people, minutes, **rules | {"buses": [Bus("depot", 540, 640 + more)]}
    )
    closed = stops.assign(opens=560.0, closes=600.0)
    assert "allow sessions of 40 minutes" in refusal(closed)
    never = stops.assign(weekdays=[(6,)] * 5)
    assert "possible on Sun only" in refusal(never)
    fixed = stops.assign(starts=[1100.0, *[np.nan] * 4])
    assert "windows exclude each other" in refusal(fixed)
    early = stops.assign(opens=0.0, starts=[545.0, *[np.nan] * 4])
    assert "start the shift" in refusal(early)
    assert "no day is left" in refusal(slots=())
    strict = replace(rules["settings"], hours=Hours("strict", work_before_break=60))
    assert "driver's hours" in refusal(settings=strict)


def test_stops_that_must_be_visited_and_do_not_fit_name_the_ways_out():
    stops, reach, people, minutes, rules = spoilt()
    rules["slots"] = bus.slots(days=1, weekdays=(0,), term=4)
    crowded = stops.assign(must=True)
    with pytest.raises(InfeasibleError, match=r"do not all fit.*more day.*drop s0"):
        bus.plan_term(crowded, reach, people, minutes, **rules)
    twice = stops.assign(
        must=[True, True, False, False, False],
        starts=[600.0, 600.0, np.nan, np.nan, np.nan],
        weekdays=[(0,), (0,), (0,), (0,), (0,)],
    )
    with pytest.raises(InfeasibleError, match=r"at 10:00\).*To resolve it"):
        bus.plan_term(twice, reach, people, minutes, **rules)


def test_many_short_stops_get_a_plan_with_a_bound():
    stops, reach, people, minutes = town(40, areas=120)
    found = bus.plan_term(
        stops, reach, people, minutes,
        buses=[Bus("depot", 540, 960)], slots=bus.slots(days=3, weekdays=(0, 1, 2)),
        settings=Settings((20.0,), 5, 5, returns=Returns(0)), seconds=12,
    )  # fmt: skip
    assert 0 < found.people <= found.bound <= people[reach.any(axis=1)].sum() + 1e-6
    assert found.gap < 0.15


def test_the_sheets_of_a_timetable_name_stops_days_and_times(place):
    scenario = Scenario("Plan", "demo", bus_days=5, bus_tasters=("fri",), bus_term=4)
    outcome = weigh(scenario, place)
    page = timetables_page(outcome, place)
    table = words.timetable(outcome, place)
    days = outcome.bus_plan.days
    assert page.count('<section class="sheet">') == len(table) + len(days)
    driven = [float(km) for km in re.findall(r"driving, ([\d,]+) km;", page)]
    assert driven == days["km"].round().tolist(), "kilometres are no people, rounded to 5"
    assert "://" not in page.replace("http://www.w3.org", "")
    taster = table[table["product"] == "taster"].iloc[0]
    assert "To go on:" in words.follow_on(taster["stop"], outcome, place)
    come, reach = outcome.measures.loc["bus_come"], outcome.measures.loc["bus_reach"]
    assert 0 < come["low"] < come["value"] < come["high"] < reach["value"]
    figures = bus_figures(outcome, replace(place, stops=place.stops.assign(kind="car park")))
    figures = figures.set_index("by")
    by_stop = figures.loc["stop"]
    assert by_stop["within_reach"].sum() == pytest.approx(reach["value"], rel=0.1)
    assert (by_stop["expected"] < by_stop["within_reach"]).all()
    assert by_stop["places"].sum() == outcome.measures.loc["bus_places", "value"]
    assert figures.loc["ward", "within_reach"].sum() == pytest.approx(reach["value"], rel=0.1)
    assert any("sheltered" in kind for kind in outcome.stops["kind"])
    some = bus_figures(outcome, place).set_index("by").loc["stop", "within_reach"]
    assert 1 < some.isna().sum() < len(some)
    sheltered = place.stops.assign(kind="sheltered scheme")
    hidden = bus_figures(outcome, replace(place, stops=sheltered)).set_index("by").loc["stop"]
    assert hidden["within_reach"].isna().all()
    assert outcome.measures.loc["bus_km", "value"] > 0
    assert outcome.measures.loc["bus_each", "value"] > 0
    # A paper that proposes the bus says what it costs and whom it brings, in the term.
    (table,) = options.bus_table([outcome], place)
    cost = f"£{outcome.measures.loc['bus_cost', 'value']:,.0f}"
    assert table.frame.loc[0, "Cost in the term"] == cost
    assert table.frame.loc[0, "Expected to come in the term"] == words.printed(come)
    assert "4 weeks" in table.note
    assert any(cost in said for said in options.value_for_money(outcome))
    assert any(cost == figure.value for figure in options.key_figures(outcome, place))
    assert "hubs" in options.options_table([outcome], place).caption
    assert "in the term" in outcome.measures.loc["bus_come", "label"]


def test_what_ifs_are_choices_of_a_scenario(place):
    base = Scenario("Plan", "demo", new_hubs=0, bus_days=4, bus_term=4, bus_shift=330.0)
    stop = next(iter(weigh(base, place).stops.index))

    def table(**choices):
        return weigh(replace(base, **choices), place).bus_plan.timetable

    assert set(table(bus_count=2)["bus"]) == {0, 1}
    assert 4 not in set(table(bus_days=8, bus_weekdays=("mon", "tue", "wed", "thu"))["weekday"])
    assert set(table(bus_session=60.0, bus_lengths=(120.0,))["length"]) <= {60.0, 120.0}
    locked = table(bus_locked=(f"{stop} tue 10:00",)).set_index("stop").loc[stop]
    assert (locked["weekday"], locked["open"]) == (1, 600)
    table(bus_depots=(stop,))
    assert stop not in set(table(bus_never=(stop,))["stop"])
    with pytest.raises(MappingError, match="there is no stop Z9"):
        table(bus_must=("Z9",))
    with pytest.raises(MappingError, match="cannot be a depot"):
        table(bus_depots=("Z9",))


def test_choices_that_mean_nothing_are_refused_all_at_once():
    with pytest.raises(InvalidScenarioError) as caught:
        Scenario(
            "x", "demo", bus_weekdays=("mo",), bus_aim="all", bus_hours="tram",
            bus_locked=("S1 tuesday",), bus_holidays=("Easter",), bus_km_cost=-1.0,
        )  # fmt: skip
    for word in ("names mo", "bus_aim", "bus_hours", "such as S07", "2026-12-25", "bus_km_cost"):
        assert word in str(caught.value)
