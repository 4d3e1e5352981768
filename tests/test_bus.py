"""The bus plan: checked against every possible timetable of small worlds, and by a verifier."""

import contextlib
import math
import time
from datetime import date
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import bus
from mapping.bus.bound import whole
from mapping.bus.packing import Packing
from mapping.bus.pricing import Effort, Pricing
from mapping.bus.problem import read_problem
from mapping.bus.reach import reachable
from mapping.bus.search import search
from mapping.errors import InfeasibleError, InvalidTableError, MappingError

TOPTW = Path(__file__).parents[1].parent / "shared" / "benchmarks" / "orienteering" / "toptw"


def square(rows, labels):
    return pd.DataFrame(np.asarray(rows, dtype=float), index=labels, columns=labels)


def town(size, seed=1):
    """Return stops and driving minutes of a town 14 km across with the depot in its middle."""
    rng = np.random.default_rng(seed)
    xy = np.vstack([[7, 7], rng.uniform(0, 14, (size, 2))])
    minutes = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) * 1.3 / 25 * 60
    labels = ["depot", *(f"s{k:02d}" for k in range(size))]
    people = pd.DataFrame({"people": rng.gamma(2, 60, size).round()}, index=labels[1:])
    return people, square(minutes, labels)


@st.composite
def small_worlds(draw):
    """Up to five stops, one or two days; one-sided legs, missing routes, own windows."""
    size = draw(st.integers(1, 5))
    labels = ["depot", *"abcde"[:size]]
    leg = st.one_of(st.integers(0, 40), st.just(math.nan))
    legs = [[draw(leg) for _ in labels] for _ in labels]
    opens = [draw(st.integers(0, 100)) for _ in range(size)]
    stops = pd.DataFrame(
        {
            "people": [draw(st.integers(0, 50)) for _ in range(size)],
            "dwell": [draw(st.sampled_from([30, 60, math.nan])) for _ in range(size)],
            "opens": opens,
            "closes": [early + draw(st.integers(0, 150)) for early in opens],
        },
        index=labels[1:],
    )
    rules = {"depot": "depot", "days": draw(st.integers(1, 2)), "shift": 200.0, "dwell": 45}
    return stops, square(legs, labels), rules


def fits_in_a_day(route, stops, minutes, rules):
    at, now = rules["depot"], 0.0
    for stop in route:
        leg = minutes.loc[at, stop]
        row = stops.loc[stop]
        begin = max(now + leg, row["opens"])
        if math.isnan(leg) or begin > row["closes"]:
            return False
        at, now = stop, begin + (rules["dwell"] if math.isnan(row["dwell"]) else row["dwell"])
    home = minutes.loc[at, rules["depot"]]
    return not math.isnan(home) and now + home <= rules["shift"]


def best_of_all(stops, minutes, rules):
    """Try every timetable: every set of stops in every order, and every pair of disjoint sets."""
    sets = {
        frozenset(route)
        for size in range(1, len(stops) + 1)
        for route in permutations(stops.index, size)
        if fits_in_a_day(route, stops, minutes, rules)
    }
    worth = {found: stops.loc[list(found), "people"].sum() for found in sets}
    worth[frozenset()] = 0
    if rules["days"] == 1:
        return bool(sets), max(worth.values())
    pairs = ((a, b) for a in worth for b in worth if not a & b)
    return bool(sets), max(worth[a] + worth[b] for a, b in pairs)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(world=small_worlds())
def test_in_small_worlds_no_timetable_reaches_more_people_than_the_plan(world):
    stops, minutes, rules = world
    possible, best = best_of_all(stops, minutes, rules)
    if not possible:
        with contextlib.suppress(InfeasibleError):
            assert bus.plan(stops, minutes, **rules).timetable.empty
        return
    found = bus.plan(stops, minutes, **rules)
    assert found.people == best
    assert found.bound >= best
    assert found.people == stops.loc[found.timetable["stop"], "people"].sum()


@settings(max_examples=20, deadline=None)
@given(world=small_worlds(), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(world, order):
    stops, minutes, rules = world

    def shuffled(table):
        return table.iloc[order.sample(range(len(table)), len(table))]

    def answer(stops, minutes):
        try:
            found = bus.plan(stops, minutes, **rules)
        except InfeasibleError as error:
            return str(error)
        return found.timetable.to_dict("records"), found.people, found.bound, found.caveats

    before = stops.copy(), minutes.copy()
    assert answer(stops, minutes) == answer(shuffled(stops), shuffled(shuffled(minutes).T).T)
    pd.testing.assert_frame_equal(stops, before[0])
    pd.testing.assert_frame_equal(minutes, before[1])


def test_a_city_of_forty_stops_is_planned_to_proof_in_seconds_and_the_same_again():
    stops, minutes = town(40)
    rules = {"depot": "depot", "days": 10, "shift": 420}
    began = time.perf_counter()
    told = []
    found = bus.plan(stops, minutes, **rules, progress=told.append)
    assert time.perf_counter() - began < 4
    assert found.status == "optimal"
    assert found.gap == 0
    assert told[-1] == 1
    assert told == sorted(told)
    pd.testing.assert_frame_equal(found.timetable, bus.plan(stops, minutes, **rules).timetable)


def test_another_day_and_a_longer_shift_never_reach_fewer_people():
    stops, minutes = town(15)
    people = [
        bus.plan(stops, minutes, depot="depot", days=days, shift=shift).people
        for days, shift in [(1, 300), (2, 300), (2, 420), (3, 420)]
    ]
    assert people == sorted(people)


def test_the_timetable_has_its_columns_and_the_minutes_driven_add_up():
    stops, minutes = town(6)
    found = bus.plan(stops, minutes, depot="depot", days=2, shift=480)
    table = found.timetable
    assert list(table.columns) == ["day", "order", "stop", "arrive", "start", "leave"]
    driven = 0.0
    for _, rows in table.groupby("day"):
        way = ["depot", *rows["stop"], "depot"]
        driven += sum(minutes.loc[a, b] for a, b in pairwise(way))
    assert found.minutes_driven == pytest.approx(driven)


def test_a_stop_that_no_day_can_reach_becomes_a_caveat_by_name():
    labels = ["D", "near", "island", "far"]
    minutes = square(
        [[0, 10, np.nan, 90], [10, 0, np.nan, 90], [np.nan] * 4, [90, 90, np.nan, 0]], labels
    )
    stops = pd.DataFrame({"people": [5, 500, 400]}, index=labels[1:])
    found = bus.plan(stops, minutes, depot="D", days=2, shift=240)
    assert found.timetable["stop"].tolist() == ["near"]
    assert found.bound == 5
    assert "2 of 3 stops" in found.caveats[0]
    assert "far, island" in found.caveats[0]
    assert "1 of 2 days" in found.caveats[1]


def test_a_stop_without_a_direct_road_is_reached_through_another():
    minutes = square([[0, 10, np.nan], [np.nan, 0, 10], [10, np.nan, 0]], ["D", "first", "second"])
    stops = pd.DataFrame({"people": [1, 100]}, index=["first", "second"])
    found = bus.plan(stops, minutes, depot="D", days=1, shift=300)
    assert found.timetable["stop"].tolist() == ["first", "second"]


def test_a_stop_without_people_is_visited_only_as_a_stepping_stone():
    labels = ["D", "empty", "village"]
    stops = pd.DataFrame({"people": [0, 9]}, index=labels[1:])
    rules = {"depot": "D", "days": 1, "shift": 400}
    road = square([[0, 5, 10], [5, 0, 5], [10, 5, 0]], labels)
    assert bus.plan(stops, road, **rules).timetable["stop"].tolist() == ["village"]
    road.loc["village", "D"] = np.nan
    assert bus.plan(stops, road, **rules).timetable["stop"].tolist() == ["village", "empty"]


def test_fractions_of_a_minute_never_break_a_rule():
    stops, minutes = town(12, seed=4)
    stops = stops.assign(opens=33.337, closes=[200.01 + k for k in range(12)], dwell=70.123)
    found = bus.plan(stops, minutes, depot="depot", days=3, shift=300.007)
    rules = {"depot": "depot", "days": 3, "shift": 300.007}
    bus.verify(found.timetable, stops, minutes, **rules)
    assert len(found.timetable) >= 6


def test_a_search_ended_by_the_clock_says_so():
    stops, minutes = town(60)
    rules = {"depot": "depot", "days": 6, "shift": 480, "dwell": 60}
    bus.plan(stops, minutes, **rules, seconds=0.1)  # what is loaded once is not search
    began = time.process_time()
    found = bus.plan(stops, minutes, **rules, seconds=0.6)
    assert time.process_time() - began < 2
    assert found.status == "time limit"
    assert any("clock" in text for text in found.caveats)
    assert 0 < found.gap < 1


def planned():
    stops, minutes = town(8)
    stops = stops.assign(opens=20.0, closes=330.0)
    rules = {"depot": "depot", "days": 2, "shift": 420}
    return bus.plan(stops, minutes, **rules).timetable, stops, minutes, rules


def late(table):
    return table.assign(start=table["start"] + 400, leave=table["leave"] + 400)


ATTACKS = {
    "no such stop": lambda t: t.assign(stop=t["stop"].replace(t["stop"][0], "Atlantis")),
    "visited twice": lambda t: t.assign(stop=t["stop"][0]),
    "is not one of 2": lambda t: t.assign(day=t["day"] + 1),
    "out of order": lambda t: t.iloc[::-1],
    "visit 2": lambda t: t.assign(order=t["order"] + 1),
    "a time is missing": lambda t: t.assign(start=t["start"].where(t.index > 0)),
    "but not before": lambda t: t.assign(arrive=t["arrive"] - 1),
    "before the bus arrives": lambda t: t.assign(arrive=t["start"] + 1),
    "before it opens at 20": lambda t: t.assign(arrive=0.0, start=0.0),
    "after its latest start at 330": late,
    "of 120 minutes": lambda t: t.assign(leave=t["leave"] - 0.01),
    "after the shift of 420": late,
    "no column stop": lambda t: t.drop(columns="stop"),
}


@pytest.mark.parametrize("words", ATTACKS)
def test_the_verifier_refuses_a_timetable_that_breaks_a_rule(words):
    table, stops, minutes, rules = planned()
    bus.verify(table, stops, minutes, **rules)
    with pytest.raises(InvalidTableError, match=words):
        bus.verify(ATTACKS[words](table), stops, minutes, **rules)


def test_the_verifier_refuses_a_leg_without_a_route_and_names_every_fault():
    table, stops, minutes, rules = planned()
    first, last = table["stop"].iloc[0], table["stop"].iloc[-1]
    cut = minutes.copy()
    cut.loc["depot", first] = np.nan
    cut.loc[last, "depot"] = np.nan
    with pytest.raises(InvalidTableError) as caught:
        bus.verify(table, stops, cut, **rules)
    assert f"no route from depot to {first}" in str(caught.value)
    assert f"no route from {last} to depot" in str(caught.value)


def test_the_verifier_allows_a_bus_that_takes_its_time():
    table, stops, minutes, rules = planned()
    slower = table[table["day"] == 1].iloc[:1]
    slower = slower.assign(arrive=50.0, start=60.0, leave=200.0)
    bus.verify(slower, stops, minutes, **rules)


def changed(stops=None, minutes=None, **rules):
    base, legs = town(3)
    plan = {"depot": "depot", "days": 1, "shift": 300, **rules}
    return (stops(base) if stops else base), (minutes(legs) if minutes else legs), plan


@pytest.mark.parametrize(
    ("world", "words"),
    [
        (changed(depot="garage"), "no row for garage"),
        (changed(depot="s00"), "the depot is not a stop"),
        (changed(minutes=lambda m: m.drop(index="s01")), "no row for s01"),
        (changed(minutes=lambda m: m.drop(columns="s01")), "no column for s01"),
        (changed(minutes=lambda m: pd.concat([m, m])), "rows repeat"),
        (changed(minutes=lambda m: -m), "below 0 from"),
        (changed(minutes=lambda m: m.replace(0, np.inf)), "write NaN"),
        (changed(minutes=lambda m: m.astype(object).replace(0, "near")), "not a number"),
        (changed(stops=lambda s: pd.concat([s, s])), "repeated s00, s01, s02"),
        (changed(stops=lambda s: s.iloc[:0]), "empty"),
        (changed(stops=lambda s: s.rename(columns={"people": "n"})), "no column people; found n"),
        (changed(stops=lambda s: s.assign(people=[-1, 2, 3])), "people is below 0 at s00"),
        (changed(stops=lambda s: s.assign(people=[1, np.nan, 3])), "people is missing .* s01"),
        (changed(stops=lambda s: s.assign(opens=60, closes=30)), "closes before it opens"),
        (changed(opens=60, closes=30), "closes before it opens"),
        (changed(dwell=-1), "dwell is below 0"),
        (changed(days=0), "days is 0"),
        (changed(shift=0), "shift is 0"),
        (changed(seconds=0), "seconds is 0"),
        (changed(shift=100), "too short for any stop: the quickest out-and-back"),
        (changed(minutes=lambda m: m * np.nan), "no stop has a route"),
    ],
)
def test_bad_input_is_refused_in_words(world, words):
    stops, minutes, rules = world
    with pytest.raises(MappingError, match=words):
        bus.plan(stops, minutes, **rules)


def test_several_faults_are_named_at_once():
    stops, minutes, rules = changed(
        stops=lambda s: s.assign(people=[-1, np.nan, 3]), minutes=lambda m: -m, dwell=-5
    )
    with pytest.raises(InvalidTableError, match=r"missing.*below 0 at.*dwell.*minutes: below 0"):
        bus.plan(stops, minutes, **rules)


def test_the_clock_gives_dates_on_running_days_and_times_to_the_minute():
    table = pd.DataFrame(
        {
            "day": [1, 3],
            "order": [1, 1],
            "stop": ["a", "b"],
            "arrive": [12.4, 0.0],
            "start": [20.0, 60.0],
            "leave": [140.0, 900.0],
        }
    )
    found = bus.clock(table, starts="09:30", first=date(2026, 3, 2), weekdays=(0, 2))
    assert found["date"].tolist() == [date(2026, 3, 2), date(2026, 3, 9)]
    assert found["arrives"].tolist() == ["09:42", "09:30"]
    assert found["ends"].tolist() == ["11:50", "00:30"]
    assert "date" not in bus.clock(table)
    with pytest.raises(InvalidTableError, match="not a time"):
        bus.clock(table, starts="half nine")
    with pytest.raises(InvalidTableError, match="weekdays is empty"):
        bus.clock(table, weekdays=())


def toptw(name):
    """Read a published instance; distances are cut to one decimal, as its authors did."""
    rows = [line.split() for line in (TOPTW / name).read_text().splitlines()[2:] if line.strip()]
    table = pd.DataFrame([[*row[:5], *row[-2:]] for row in rows]).astype(float)
    table.columns = ["stop", "x", "y", "dwell", "people", "opens", "closes"]
    table = table.set_index(table["stop"].astype(int))
    xy = table[["x", "y"]].to_numpy()
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    cut = np.floor(metres * 10 + 1e-9) / 10
    stops = table.loc[table.index > 0, ["people", "dwell", "opens", "closes"]]
    return stops, square(cut, table.index), float(table.loc[0, "closes"])


def as_problem(stops, minutes, rules):
    options = {"dwell": 120, "opens": None, "closes": None, **rules}
    return read_problem(stops, minutes, **options)


def routes_of(stops, minutes, rules):
    """Every route that fits in a day, by the set of its stops."""
    return {
        frozenset(route)
        for size in range(1, len(stops) + 1)
        for route in permutations(stops.index, size)
        if fits_in_a_day(route, stops, minutes, rules)
    }


@settings(max_examples=60, deadline=None, derandomize=True)
@given(world=small_worlds(), prices=st.lists(st.integers(0, 40), min_size=5, max_size=5))
def test_pricing_that_gives_nothing_up_finds_the_route_worth_most(world, prices):
    stops, minutes, rules = world
    problem = as_problem(stops, minutes, rules)
    every = np.arange(len(stops))
    worth = problem.people - np.array(prices[: len(stops)])
    price = dict(zip(problem.stops, worth, strict=True))
    all_routes = routes_of(stops, minutes, rules)
    best = max((sum(map(price.get, route)) for route in all_routes), default=0)
    pricing = Pricing(problem, every[reachable(problem)])
    found = pricing.routes(worth, above=0, effort=Effort(99, 10_000, proving=True))
    assert found.complete
    assert found.most == max(best, 0)
    told = [frozenset(problem.stops[stop] for stop in route) for route in found.routes]
    assert len(set(told)) == len(told)
    for route, names in zip(found.routes, told, strict=True):
        assert fits_in_a_day([problem.stops[stop] for stop in route], stops, minutes, rules)
        assert sum(map(price.get, names)) > 0
    assert bool(found.routes) == (best > 0)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(world=small_worlds())
def test_the_search_alone_finds_the_best_plan_and_never_a_bound_below_it(world):
    stops, minutes, rules = world
    possible, best = best_of_all(stops, minutes, rules)
    problem = as_problem(stops, minutes, rules)
    mask = reachable(problem)
    asked = {"bound": math.inf, "deadline": time.perf_counter() + 60, "seed": 0, "progress": None}
    routes, bound, clocked = search(problem, mask, **asked)
    assert problem.people_of(routes) == (best if possible else 0)
    assert bound >= best
    assert not clocked


def test_a_bound_is_rounded_to_what_the_stops_can_add_up_to():
    stops, minutes = town(4)
    rules = {"depot": "depot", "days": 1, "shift": 480}
    people = {(20, 30, 50, 60): 70, (20, 30, 50, 61): 77, (0, 0, 0, 0): 77.5, (1.5, 2, 3, 4): 77.5}
    for counts, rounded in people.items():
        problem = as_problem(stops.assign(people=counts), minutes, rules)
        assert whole(problem, 77.5) == rounded
        assert whole(problem, math.inf) == math.inf


def test_a_route_that_is_fixed_leaves_its_stops_and_its_day_to_nobody_else():
    stops, minutes = town(6)
    problem = as_problem(stops, minutes, {"depot": "depot", "days": 2, "shift": 480})
    packing = Packing(problem)
    assert packing.add([[0, 1], [2, 3], [1, 2], [1, 0], [4]]) == 4  # one of them twice
    whole = packing.prices().people
    packing.take([1, 2])
    left = packing.prices()
    assert [packing.routes[k] for k in np.flatnonzero(left.share > 0.5)] == [[4]]
    packing.release()
    assert packing.prices().people == whole
    chosen, bound = packing.chosen([[4]], 10)
    pairs = [[[0, 1], [2, 3]], [[0, 1], [4]], [[2, 3], [4]], [[1, 2], [4]]]
    assert problem.people_of(chosen) == max(problem.people_of(pair) for pair in pairs)
    assert bound == problem.people_of(chosen) <= packing.bound()
    assert packing.chosen([[4]], 10, most=1)[1] == math.inf


@pytest.mark.real
@pytest.mark.skipif(not TOPTW.exists(), reason="the shared folder of open data is not here")
@pytest.mark.parametrize(
    ("name", "days", "best"), [("r101.txt", 1, 198), ("c101.txt", 1, 320), ("rc101.txt", 4, 811)]
)
def test_published_instances_are_solved_and_proven(name, days, best):
    stops, minutes, shift = toptw(name)
    # Proof takes two seconds; a busy machine has a minute for it.
    found = bus.plan(stops, minutes, depot=0, days=days, shift=shift, seconds=60)
    assert (found.people, found.bound, found.status) == (best, best, "optimal")
