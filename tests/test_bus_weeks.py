"""When the bus comes: full minutes, how often, on which dates, and the nights between."""

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from mapping import bus
from mapping.bus import Bus, Returns, Settings, Slot
from mapping.bus.assignment import assigned
from mapping.errors import InfeasibleError, InvalidTableError

STOPS = ("a", "b", "c", "d")


def town(*, far=7.0, **columns):
    """Four stops, each near one area of its own."""
    reach = pd.DataFrame(np.eye(4, dtype=bool), list("wxyz"), list(STOPS))
    people = pd.Series([400.0, 300.0, 200.0, 100.0], reach.index)
    labels = ["depot", *STOPS]
    legs = pd.DataFrame(far, labels, labels)
    return pd.DataFrame(columns, index=list(STOPS)), reach, people, legs


def rules(**changed):
    return {
        "buses": [Bus("depot", 540, 840)],
        "slots": bus.slots(days=2, weekdays=(0,), term=4),
        "settings": Settings((90.0,), returns=Returns(3)),
        **changed,
    }


def test_sessions_open_at_full_five_minutes_and_the_verifier_asks_for_it():
    stops, reach, people, legs = town()
    found = bus.plan_term(stops, reach, people, legs, **rules())
    assert (found.timetable["open"] % 5 == 0).all()
    assert (found.timetable["arrive"] % 5 != 0).any()
    assert found.timetable.groupby("slot").size().tolist() == [2, 2]
    assert found.status == "optimal"
    late = found.timetable.assign(
        **{time: found.timetable[time] + 1 for time in ("open", "close", "leave")}
    )
    with pytest.raises(InvalidTableError, match="which is no multiple of 5 minutes"):
        bus.verify_term(late, found.days, stops, legs, **rules())
    to_the_minute = rules(settings=Settings((90.0,), returns=Returns(3), step=0))
    free = bus.plan_term(stops, reach, people, legs, **to_the_minute)
    assert (free.timetable["open"] % 5 != 0).any()
    assert free.people >= found.people


def test_a_fixed_start_between_full_minutes_is_a_clash_that_names_the_next():
    stops, reach, people, legs = town(must=[True] * 4, starts=[607.0, np.nan, np.nan, np.nan])
    with pytest.raises(InfeasibleError, match="start it at 10:05 or 10:10"):
        bus.plan_term(stops, reach, people, legs, **rules())


def fortnight(**columns):
    """Plan two Mondays in a cycle of two weeks, which may also be the same Monday each week."""
    stops, reach, people, legs = town(**columns)
    slots = bus.slots(days=2, weekdays=(0,), term=4, also={2})
    assert [(slot.weeks, slot.often) for slot in slots] == [
        ((0, 2), 1), ((1, 3), 1), ((0, 1, 2, 3), 2)
    ]  # fmt: skip
    asked = rules(slots=slots)
    return (stops, legs, asked), bus.plan_term(stops, reach, people, legs, **asked)


def test_a_stop_is_visited_as_often_as_its_list_asks():
    checked, found = fortnight(visits=[2, np.nan, np.nan, np.nan], must=[True, False, False, False])
    stops, legs, asked = checked
    row = found.timetable.set_index("stop").loc["a"]
    assert row["visits"] == 4
    assert set(found.timetable["slot"]) == {2}
    seldom = found.timetable.assign(slot=0, visits=2), found.days.assign(slot=0, visits=2)
    with pytest.raises(InvalidTableError, match="a is to be visited 2 times in a cycle, and is 1"):
        bus.verify_term(*seldom, stops, legs, **asked)


def test_days_are_spent_where_they_bring_most_whether_every_week_or_every_other():
    """With days of two stops: two each week, or four every other week, whichever reaches more."""
    _, found = fortnight(visits=[np.nan] * 4)
    share = Returns(3).share
    people = np.array([400, 300, 200, 100])
    weekly = people[:2].sum() * share(np.array([6.0]))
    others = people.sum() * share(np.array([3.0]))
    assert found.people == pytest.approx(max(*weekly, *others))
    assert found.status == "optimal"
    assert not any("no stop left" in told for told in found.caveats)


def test_two_timetables_on_one_date_are_refused():
    stops, reach, people, legs = town()
    found = bus.plan_term(stops, reach, people, legs, **rules())
    assert set(found.days["slot"]) == {0, 1}
    same = rules(slots=(Slot(0, 0, (0, 2)), Slot(0, 0, (2, 3))))
    with pytest.raises(InvalidTableError, match="slots 0 and 1 fall on the same date"):
        bus.verify_term(found.timetable, found.days, stops, legs, **same)


def test_more_visits_than_the_cycle_has_are_a_clash_in_words():
    stops, reach, people, legs = town(visits=[3.0] * 4, must=[True, False, False, False])
    with pytest.raises(InfeasibleError, match=r"a is to be visited 3 times.*come round once"):
        bus.plan_term(stops, reach, people, legs, **rules())


@pytest.mark.parametrize("seed", range(6))
def test_routes_get_the_cheapest_slots_that_fit_and_do_not_clash(seed):
    rng = np.random.default_rng(seed)
    cost, fits = rng.random((3, 5)), rng.random((3, 5)) < 0.9
    clashes = [(0, 1), (1, 4)]
    ways = [
        way
        for way in product(range(5), repeat=3)
        if len(set(way)) == 3
        and all(fits[row, column] for row, column in enumerate(way))
        and all(sum(column in clash for column in way) < 2 for clash in clashes)
    ]
    rows, columns = assigned(cost, fits, clashes)
    assert cost[rows, columns].sum() == pytest.approx(
        min(sum(cost[row, column] for row, column in enumerate(way)) for way in ways)
    )
    rows, columns = assigned(cost, fits, [])
    wrong = np.where(fits, cost, 100)
    assert wrong[rows, columns].sum() == wrong[linear_sum_assignment(wrong)].sum()


def test_a_driver_has_a_night_between_two_days():
    stops, reach, people, legs = town(weekdays=[(0, 2), (0, 2), (1, 2), (1, 2)])
    slots = (Slot(0, 0, (0, 1)), Slot(0, 1, (0, 1)))
    asked = rules(slots=slots, buses=[Bus("depot", 360, 1200)])
    with pytest.raises(InfeasibleError, match=r"600 minutes of rest.*shorten the shift to 780"):
        bus.plan_term(stops, reach, people, legs, **asked)
    apart = (Slot(0, 0, (0, 1)), Slot(0, 2, (0, 1)))
    assert bus.plan_term(stops, reach, people, legs, **asked | {"slots": apart}).people > 0
    asked["buses"] = [Bus("depot", 360, 1100)]
    found = bus.plan_term(stops, reach, people, legs, **asked)
    late = replace(asked["settings"].hours, daily_rest=1300.0)
    strict = asked | {"settings": replace(asked["settings"], hours=late)}
    with pytest.raises(InvalidTableError, match="minutes of rest between slots 0 and 1, at least"):
        bus.verify_term(found.timetable, found.days, stops, legs, **strict)


def test_the_fewest_days_more_that_hold_all_stops_are_named():
    stops, reach, people, legs = town(must=[True] * 4)
    one = rules(buses=[Bus("depot", 540, 690)], slots=bus.slots(days=1, weekdays=(0,), term=4))
    with pytest.raises(InfeasibleError, match="plan 3 more days in the cycle"):
        bus.plan_term(stops, reach, people, legs, **one)


def test_a_search_that_is_stopped_returns_what_it_has():
    stops, reach, people, legs = town()
    drawn = pd.DataFrame(dict.fromkeys(range(30), people))
    told = []
    found = bus.plan_term(
        stops, reach, people, legs, draws=drawn, progress=told.append,
        stop=lambda: "10 of 30 draws answered" in told, **rules(),
    )  # fmt: skip
    assert any("asked of 10 of 30 draws, then stopped" in said for said in found.caveats)
    assert (found.firm == 1).all()
    at_once = bus.plan_term(stops, reach, people, legs, stop=lambda: True, **rules())
    assert at_once.status == "stopped"
    assert 0 < at_once.people <= found.people
    assert any("was stopped" in said for said in at_once.caveats)


def test_bank_holidays_are_those_of_the_published_calendar():
    """GOV.UK, UK bank holidays, England and Wales, 2025 to 2027."""
    published = {
        "2025-01-01", "2025-04-18", "2025-04-21", "2025-05-05", "2025-05-26", "2025-08-25",
        "2025-12-25", "2025-12-26", "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04",
        "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28", "2027-01-01", "2027-03-26",
        "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28",
    }  # fmt: skip
    found = bus.bank_holidays(date(2025, 1, 1), date(2027, 12, 31))
    assert {day.isoformat() for day in found} == published
    assert found[date(2026, 12, 28)] == "Boxing Day"
