"""A term's timetable: which route runs in which slot, and when the bus is where."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mapping.bus.assignment import assigned
from mapping.bus.labels import rounded_up
from mapping.bus.question import Question, Route
from mapping.bus.resources import Resources
from mapping.bus.slots import Slot

TIMETABLE = {
    "slot": int, "bus": int, "weekday": int, "product": object, "order": int, "stop": object,
    "length": float, "visits": int, "arrive": float, "open": float, "close": float,
    "leave": float, "rest": float,
}  # fmt: skip
DAYS = {
    "slot": int, "bus": int, "weekday": int, "product": object, "visits": int, "depart": float,
    "back": float, "driving": float, "duty": float, "km": float, "cost": float,
}  # fmt: skip


def written(
    asked: Question, routes: Sequence[Route], resources: Resources
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every route a slot; return the timetable and the days as `TermPlan` holds them."""
    visits: list[tuple] = []
    days: list[tuple] = []
    for route, number in _placed(asked, routes, resources):
        sessions, day = _day(asked, route, number, resources)
        visits += sessions
        days.append(day)
    return _frame(visits, TIMETABLE), _frame(days, DAYS)


def hours_near(timetable: pd.DataFrame, reach: pd.DataFrame) -> pd.Series:
    """Return the hours of sessions within reach of each area in the term."""
    each = (timetable["length"] / 60 * timetable["visits"]).groupby(timetable["stop"]).sum()
    return reach[list(each.index)].mul(each, axis=1).sum(axis=1).rename("hours")


def _day(
    asked: Question, route: Route, number: int, resources: Resources
) -> tuple[list[tuple], tuple]:
    """Return the rows of a route's sessions, each as early as can be, and that of its day."""
    shift, place, visits = route
    slot, settings, tables = resources.slots[number], resources.settings, resources.tables
    drawn = asked.routes[shift].rows(np.array([place]))
    held = drawn.offers[0][drawn.offers[0] >= 0]
    way = resources.way(resources.alike[shift].depot, asked.offers.stop[held][None, :])[0]
    legs = tables.minutes.to_numpy()[way[:-1], way[1:]]
    km = float(tables.km.to_numpy()[way[:-1], way[1:]].sum())
    head = (number, slot.bus, slot.weekday, slot.product)
    sessions: list[tuple] = []
    leave = depart = float(drawn.early[0])
    for order, (offer, leg) in enumerate(zip(held, legs, strict=False), start=1):
        arrive = leave + leg
        ready = float(rounded_up(np.array(arrive + settings.setup), settings.step))
        opens = max(ready, float(asked.offers.earliest[offer]))
        length = float(asked.offers.length[offer])
        packed = opens + length + settings.packup
        rest = settings.hours.rest if order == drawn.rest_after[0] else 0.0
        leave = packed + rest
        stop = tables.stops.index[asked.offers.stop[offer]]
        times = (arrive, opens, opens + length, packed, rest)
        sessions.append((*head, order, stop, length, visits, *times))
    duty = leave + float(legs[-1]) - depart
    cost = float(resources.cost(km, duty))
    return sessions, (*head, visits, depart, depart + duty, float(legs.sum()), duty, km, cost)


def _frame(rows: list[tuple], kinds: Mapping[str, type]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
    by = [name for name in ("slot", "order") if name in kinds]
    return frame.sort_values(by, ignore_index=True)


def _placed(
    asked: Question, routes: Sequence[Route], resources: Resources
) -> list[tuple[Route, int]]:
    """Give each route a slot that it fits, the fullest the first (an assignment problem)."""
    if not routes:
        return []
    worth = [asked.routes[shift].duty[place] for shift, place, _ in routes]
    rank = np.argsort(np.argsort(-np.array(worth), kind="stable"))
    fits = np.array(
        [[_fits(asked, route, resources, slot) for slot in resources.slots] for route in routes]
    )
    number = np.arange(len(resources.slots))
    rows, columns = assigned(number + 1e-3 * rank[:, None] * number, fits, asked.clashes)
    return [(routes[row], int(slot)) for row, slot in zip(rows, columns, strict=True)]


def _fits(asked: Question, route: Route, resources: Resources, slot: Slot) -> bool:
    shift, place, visits = route
    return (
        (resources.of_bus[slot.bus], slot.visits) == (shift, visits)
        and bool(int(asked.routes[shift].days[place]) >> slot.weekday & 1)
        and slot.often >= asked.often[asked.stops_of(route)].max(initial=0)
    )
