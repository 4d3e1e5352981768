"""Plan a term: which stops the buses visit in every cycle, on which weekday and at what time."""

import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from mapping.bus.assignment import assigned
from mapping.bus.choice import choose, chosen_in_draws, prices
from mapping.bus.clashes import impossible, refuse_missing
from mapping.bus.exchange import exchanged, wanted
from mapping.bus.hours import PROFILES, Hours
from mapping.bus.labels import Labels, Offers, Shift, all_routes, joined, rounded_up, shortest
from mapping.bus.layout import Layout
from mapping.bus.problem import name_some
from mapping.bus.question import Chosen, Kind, Question, Route
from mapping.bus.returns import Returns
from mapping.bus.slots import Bus, Slot
from mapping.bus.tables import Tables, read_tables
from mapping.bus.termcheck import verify_term
from mapping.bus.watch import Watch

Status = Literal["optimal", "feasible", "time limit", "stopped"]

# How many unfinished routes are carried on where there are too many for all, and how often.
BEAM = 2_000
ROUNDS = 12
ENOUGH = 1e-4  # what another round has to add at least

# A plan this near its bound is the best: the rest is rounding.
PROVEN = 1e-6

# Shares of the time left: to draw up routes at the prices of all days together, and then at what
# stops would add to the others of a good choice.
TO_PRICE = 0.4
TO_TAILOR = 0.5


@dataclass(frozen=True, eq=False)
class Fleet:
    """Buses that differ, which of them each bus is, and their shifts."""

    alike: list[Bus]
    of_bus: list[int]
    shifts: list[Shift]


@dataclass(frozen=True)
class Settings:
    """
    How sessions are held and what they may cost.

    Parameters
    ----------
    lengths
        Minutes of a session, to choose among.
    setup, packup
        Minutes at a stop before the session and after it.
    hours
        What a day may ask of the driver.
    returns
        How the hours of sessions near people count.
    fairest
        Whether the lowest share of a group comes first; else most people.
    km_cost, hour_cost
        Pounds for each kilometre, and for each hour between leaving the depot and being back.
    budget
        Pounds for the term; infinite for none.
    step
        Sessions open at full multiples of so many minutes, which residents can remember; 0 for any
        minute.
    """

    lengths: tuple[float, ...] = (90.0,)
    setup: float = 15.0
    packup: float = 15.0
    hours: Hours = PROFILES["passenger"]
    returns: Returns = Returns()  # noqa: RUF009 (frozen)
    fairest: bool = False
    km_cost: float = 0.0
    hour_cost: float = 0.0
    budget: float = float("inf")
    step: float = 5.0


@dataclass(frozen=True, eq=False)
class TermPlan:
    """
    A term's timetable, whom it reaches and what is known about its quality.

    Parameters
    ----------
    people
        People reached, each once: those within reach of a stop times the share that comes after
        the hours of sessions near them (`Returns`).
    bound
        What no timetable under the same rules exceeds.
    status
        "optimal" if `people` meets `bound`; "feasible" if a better plan may exist; "time limit"
        or "stopped" if, moreover, the clock or somebody ended the search.
    timetable
        One row per stop of a slot: `slot` (its number), `bus`, `weekday`, `product`, `order` from
        1, `stop`, `length` and `visits` in the term; `arrive`, `open`, `close` and `leave` in
        minutes after midnight; `rest`, minutes of a break after packing up.
    days
        One row per slot that is used: `bus`, `weekday`, `product`, `visits`, `depart`, `back`,
        `driving`, `duty` (minutes), `km` (NaN where distances are not known), `cost` (pounds for
        each time).
    hours
        By area, hours of sessions within reach in the term.
    share
        By area, the share of its people that counts.
    firm
        By stop visited, in which share of the draws it is chosen, of equal choices the one with
        most stops of this plan; empty where none were asked.
    least
        For the fairest plan: the lowest share of a group, and the highest it could be.
    caveats
        Sentences for the reader of the timetable.
    impossible
        By stop that no day can hold, why, and the least that would have to change.
    """

    people: float
    bound: float
    status: Status
    timetable: pd.DataFrame
    days: pd.DataFrame
    hours: pd.Series
    share: pd.Series
    firm: pd.Series
    least: tuple[float, float] | None = None
    caveats: tuple[str, ...] = ()
    impossible: Mapping[Hashable, str] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """How far `people` is below `bound` at most, as a share of `bound`; 0 is proven best."""
        return 0.0 if self.bound <= self.people else 1 - self.people / self.bound

    @property
    def minutes_driven(self) -> float:
        """Minutes at the wheel in one cycle, every slot once; of tasters, in the whole term."""
        return float(self.days["driving"].sum())

    @property
    def stops(self) -> list[Hashable]:
        """The stops visited, each once, in the order of the timetable."""
        return list(dict.fromkeys(self.timetable["stop"]))


def plan_term(
    stops: pd.DataFrame,
    reach: pd.DataFrame,
    people: pd.Series,
    minutes: pd.DataFrame,
    *,
    buses: Sequence[Bus],
    slots: Sequence[Slot],
    settings: Settings | None = None,
    groups: pd.DataFrame | None = None,
    served: pd.Series | None = None,
    km: pd.DataFrame | None = None,
    draws: pd.DataFrame | None = None,
    seconds: float = 30.0,
    progress: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> TermPlan:
    """
    Choose stops, days and hours so that most people are reached, each counted once.

    All day routes are drawn up that a shift can hold (few, since sessions are long), and HiGHS
    chooses among them with column generation (set partitioning with coverage; see
    `mapping.bus.choice`), so that overlapping catchments count once and a bound is proven. Among
    equal plans the one with less driving is taken. Where a shift holds so many short stops that
    its routes cannot all be drawn up, the most promising are, also day by day around a good choice
    (`mapping.bus.exchange`), and the bound rests on the minutes that sessions take.

    Parameters
    ----------
    stops
        By stop, all optional: `opens` and `closes`, between which a session lies, and `starts`, a
        fixed time to open, in minutes after midnight; `weekdays`, a tuple of those possible
        (Monday is 0); `windows`, tuples of opening, closing and the weekdays they hold on, in one
        of which a session lies; `must`, whether it has to be visited. Missing values are no limit.
    reach
        Areas by stops: whether people there can walk to it.
    people
        By area, those who count; areas that are missing count as nobody.
    minutes
        Driving minutes, from row to column, over depots and stops; NaN where no route. Rounded up
        to whole minutes, so that the timetable can be read.
    buses
        The vehicles.
    slots
        The days of the term; see `mapping.bus.slots`. Their `bus` counts along `buses`. Of days
        that fall on the same date, one is used.
    settings
        How sessions are held and what they may cost.
    groups
        For the fairest plan: people by area and group (wards, ages, ...). Groups that no stop can
        reach are left out.
    served
        By group, the people whom hubs serve already.
    km
        Kilometres along the quickest routes, as `minutes`; None where they are not known.
    draws
        People by area and draw of the estimate; the choice is made again in each.
    seconds
        Longest time to look for a better plan.
    progress
        Told what is being done.
    stop
        Asked often; once it returns True, the best plan so far and the draws so far are returned.

    Raises
    ------
    InvalidTableError
        If the tables or options are wrong; all faults are named at once.
    InfeasibleError
        If stops that have to be visited cannot be, or no stop can, with the smallest change that
        resolves it.

    Examples
    --------
    Two neighbourhoods; Birch and Calder reach the same one, so only one of them is worth a visit.

    >>> reach = pd.DataFrame(
    ...     {"Arden": [True, False], "Birch": [False, True], "Calder": [False, True]},
    ...     index=["north", "south"],
    ... )
    >>> people = pd.Series({"north": 200.0, "south": 100.0})
    >>> legs = pd.DataFrame(10.0, index=["depot", *reach], columns=["depot", *reach])
    >>> found = plan_term(
    ...     pd.DataFrame(index=list(reach)), reach, people, legs,
    ...     buses=[Bus("depot", 540, 900)], slots=[Slot(0, 1, (0, 1, 2, 3))],
    ...     settings=Settings(returns=Returns(half=0)),
    ... )
    >>> found.people, found.status, found.timetable["stop"].tolist()
    (300.0, 'optimal', ['Arden', 'Birch'])
    """
    watch = Watch(time.perf_counter() + seconds, stop)
    settings = settings or Settings()
    tell = progress or (lambda _: None)
    tables = read_tables(stops, reach, people, minutes, km, buses=buses, slots=slots)
    offers = _offers(tables.stops, settings)
    fleet = _fleet(tables, buses, slots, settings)
    tell("drawing up day routes")
    routes, complete = _few_enough(offers, fleet)
    lost = impossible(tables, settings, buses, slots, offers, routes)
    asked = _question(tables, settings, offers, routes, fleet, slots, groups, served)
    start: tuple[Route, ...] = ()
    if not complete:
        asked = _priced(asked, fleet, watch.share(TO_PRICE))
        if not len(asked.shares) and not asked.clashes:
            asked, start = _tailored(asked, fleet, watch.share(TO_TAILOR))
        asked = replace(asked, cost=_costs(tables, settings, offers, asked.routes, fleet))
    tell("choosing among them")
    least = _least_minutes(offers, fleet, settings)
    chosen = choose(asked, watch, complete=complete, least=least, start=start)
    if chosen.missing:
        refuse_missing(asked, chosen, tables)
    timetable, days = _written(asked, chosen, tables, fleet, slots, settings)
    verify_term(timetable, days, stops, minutes, buses=buses, slots=slots, settings=settings)
    firm, drawn = _firm(asked, chosen, timetable, draws, tables, watch, tell)
    hours = _hours(timetable, tables.reach)
    share = pd.Series(settings.returns.share(hours.to_numpy()), hours.index)
    return TermPlan(
        people=chosen.value,
        bound=chosen.bound,
        status=_status(chosen, watch),
        timetable=timetable,
        days=days,
        hours=hours,
        share=share,
        firm=firm,
        least=chosen.least,
        caveats=(*_caveats(lost, asked, slots, days, chosen, watch), *drawn),
        impossible=lost,
    )


def _status(chosen: Chosen, watch: Watch) -> Status:
    if chosen.value >= chosen.bound * (1 - PROVEN):
        return "optimal"
    if not chosen.clocked:
        return "feasible"
    return "stopped" if watch.stopped else "time limit"


def _offers(stops: pd.DataFrame, settings: Settings) -> Offers:
    """Return every stop with every length of session that its opening hours hold."""
    held = [
        (place, length, opens, closes, sum(1 << day for day in set(days)))
        for place, windows in enumerate(stops["windows"])
        for length in settings.lengths
        for opens, closes, days in windows
    ]
    columns = (np.array(column) for column in zip(*held, strict=True))
    place, length, opens, closes, bits = columns if held else np.zeros((5, 0), dtype=int)
    fixed = stops["starts"].to_numpy()[place]
    earliest = np.where(np.isnan(fixed), opens, np.maximum(fixed, opens))
    earliest = rounded_up(earliest, settings.step)
    latest = closes - length
    latest = np.where(np.isnan(fixed), latest, np.minimum(fixed, latest))
    latest = -rounded_up(-latest, settings.step)
    fits = earliest <= latest
    return Offers(place[fits], length[fits], earliest[fits], latest[fits], bits[fits])


def _fleet(
    tables: Tables, buses: Sequence[Bus], slots: Sequence[Slot], settings: Settings
) -> Fleet:
    alike = list(dict.fromkeys(buses))
    of_bus = [alike.index(bus) for bus in buses]
    minutes, stops = tables.minutes, tables.stops.index
    shifts = []
    for place, bus in enumerate(alike):
        days = {slot.weekday for slot in slots if of_bus[slot.bus] == place}
        shifts.append(
            Shift(
                outward=minutes.loc[bus.depot, stops].to_numpy(),
                homeward=minutes.loc[stops, bus.depot].to_numpy(),
                between=minutes.loc[stops, stops].to_numpy(),
                starts=bus.starts,
                ends=bus.ends,
                days=sum(1 << day for day in days),
                setup=settings.setup,
                packup=settings.packup,
                hours=settings.hours,
                step=settings.step,
            )
        )
    return Fleet(alike, of_bus, shifts)


def _few_enough(offers: Offers, fleet: Fleet) -> tuple[list[Labels], bool]:
    """Return the routes of every shift, and whether these are all."""
    found = [all_routes(offers, shift) for shift in fleet.shifts]
    return [routes for routes, _ in found], all(complete for _, complete in found)


def _priced(asked: Question, fleet: Fleet, watch: Watch) -> Question:
    """
    Draw up more routes where there are too many for all: those that pay at the present prices.

    Each round solves the relaxation over the routes there are, and grows the most promising
    routes at its prices, best first, until none is new or the time is up.
    """
    before = -np.inf
    for _ in range(ROUNDS):
        found = prices(asked, watch)
        if found is None or found[0] <= before + ENOUGH * abs(before):
            break
        before, worth = found
        asked = _with_more(asked, fleet, [(shift, worth) for shift in range(len(fleet.shifts))])
    return asked


def _tailored(asked: Question, fleet: Fleet, watch: Watch) -> tuple[Question, tuple[Route, ...]]:
    """Draw up routes for each day of a good choice, at what stops add beside its other days."""
    bonus = 10 * (1 + float(asked.people.sum()))
    before, held = -np.inf, exchanged(Layout(asked), bonus, watch)
    while True:
        routes = tuple(route for route in held if route is not None)
        layout = Layout(asked)
        reached = float(asked.people @ layout.share(asked.hours(routes)))
        if watch.over or reached <= before * (1 + ENOUGH):
            return asked, routes
        before, keys = reached, [None if one is None else _key(asked, one) for one in held]
        asked = _with_more(asked, fleet, list(wanted(layout, held, bonus)))
        again = [None if key is None else _route(asked, key) for key in keys]
        held = exchanged(Layout(asked), bonus, watch, again)


def _key(asked: Question, route: Route) -> tuple[int, np.uint64, int]:
    """Return what names a route whatever its position is."""
    shift, place, visits = route
    return shift, asked.routes[shift].key[place], visits


def _route(asked: Question, key: tuple[int, np.uint64, int]) -> Route:
    shift, name, visits = key
    return shift, int(np.flatnonzero(asked.routes[shift].key == name)[0]), visits


def _with_more(asked: Question, fleet: Fleet, worth: Sequence[tuple[int, np.ndarray]]) -> Question:
    """Add the most promising routes of shifts, at what sessions are worth in each."""
    routes = list(asked.routes)
    for shift, prizes in worth:
        more, _ = all_routes(asked.offers, fleet.shifts[shift], worth=prizes, beam=BEAM)
        routes[shift] = shortest(joined([routes[shift], more]))
    return replace(asked, routes=routes, cost=[np.zeros(len(found)) for found in routes])


def _question(  # noqa: PLR0917 (a rule each)
    tables: Tables,
    settings: Settings,
    offers: Offers,
    routes: Sequence[Labels],
    fleet: Fleet,
    slots: Sequence[Slot],
    groups: pd.DataFrame | None,
    served: pd.Series | None,
) -> Question:
    kinds, clashes = _kinds(fleet, slots)
    near = tables.reach.to_numpy()
    some = near.any(axis=1)
    cover, place = np.unique(near[some], axis=0, return_inverse=True)
    place = place.ravel()
    shares, base = np.zeros((0, len(cover))), np.zeros(0)
    if settings.fairest and groups is not None:
        left = groups.reindex(tables.reach.index).fillna(0.0)
        shares, base = _shares(left, served, some, place, len(cover))
    return Question(
        offers=offers,
        stops=len(tables.stops),
        routes=routes,
        kinds=kinds,
        people=np.bincount(place, tables.people.to_numpy()[some], minlength=len(cover)),
        cover=sparse.csr_array(cover.astype(float)),
        returns=settings.returns,
        must=np.flatnonzero(tables.stops["must"]),
        cost=_costs(tables, settings, offers, routes, fleet),
        budget=settings.budget,
        shares=shares,
        served=base,
        often=tables.stops["visits"].to_numpy(),
        clashes=clashes,
    )


def _kinds(fleet: Fleet, slots: Sequence[Slot]) -> tuple[list[Kind], list[tuple[int, ...]]]:
    """Return slots that are alike, and sets of those on one date; if any, no two are alike."""
    each = [
        Kind(fleet.of_bus[slot.bus], slot.weekday, slot.visits, 1, slot.often) for slot in slots
    ]
    clashes = _same_date(slots)
    if clashes:
        return each, clashes
    alike = Counter(each)
    return [replace(kind, count=count) for kind, count in alike.items()], []


def _same_date(slots: Sequence[Slot]) -> list[tuple[int, ...]]:
    """Return sets of slots of one bus that fall on the same date."""
    on: dict[tuple[int, int, int], list[int]] = {}
    for number, slot in enumerate(slots):
        for week in slot.weeks:
            on.setdefault((slot.bus, slot.weekday, week), []).append(number)
    return sorted({tuple(found) for found in on.values() if len(found) > 1})


def _shares(
    left: pd.DataFrame, served: pd.Series | None, some: np.ndarray, place: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return by group its share in each neighbourhood, and what hubs serve; reachable ones only."""
    done = (
        pd.Series(0.0, left.columns)
        if served is None
        else served.reindex(left.columns, fill_value=0.0)
    )
    total = left.sum() + done
    left, done, total = left.loc[:, total > 0], done[total > 0], total[total > 0]
    summed = np.zeros((len(total), count))
    np.add.at(summed.T, place, left.to_numpy()[some])
    shares = summed / total.to_numpy()[:, None]
    can = shares.sum(axis=1) > 0
    return shares[can], (done / total).to_numpy()[can]


def _way(tables: Tables, depot: Hashable, stops: np.ndarray) -> np.ndarray:
    """Return positions in `minutes` along routes: depot, stops, depot; -1 fills with the depot."""
    labels = tables.minutes.index
    home = labels.get_loc(depot)
    place = np.append(labels.get_indexer(tables.stops.index), home)
    edge = np.full((len(stops), 1), home)
    return np.hstack([edge, place[stops], edge])


def _costs(
    tables: Tables, settings: Settings, offers: Offers, routes: Sequence[Labels], fleet: Fleet
) -> list[np.ndarray]:
    return [
        _pounds(tables, settings, offers, found, bus.depot)
        for found, bus in zip(routes, fleet.alike, strict=True)
    ]


def _pounds(
    tables: Tables, settings: Settings, offers: Offers, routes: Labels, depot: Hashable
) -> np.ndarray:
    way = _way(tables, depot, _stops_of(offers, routes.offers))
    km = tables.km.to_numpy()[way[:, :-1], way[:, 1:]]
    km = np.where(way[:, :-1] == way[:, 1:], 0.0, km).sum(axis=1)
    driven = np.where(np.isnan(km), 0.0, km) * settings.km_cost
    return driven + routes.duty / 60 * settings.hour_cost


def _stops_of(offers: Offers, held: np.ndarray) -> np.ndarray:
    return np.append(offers.stop, -1)[held]


def _least_minutes(offers: Offers, fleet: Fleet, settings: Settings) -> np.ndarray:
    """Return the minutes that each session takes at least, and last those of the longest day."""
    leg = np.full(len(offers.stop), np.inf)
    day = 0.0
    for shift in fleet.shifts:
        between = shift.between.copy()
        np.fill_diagonal(between, np.inf)
        quickest = np.minimum(shift.outward, between.min(axis=0, initial=np.inf))
        leg = np.minimum(leg, quickest[offers.stop])
        home = shift.homeward[offers.stop].min(initial=np.inf)
        day = max(day, min(shift.ends - shift.starts, shift.hours.duty) - home)
    takes = settings.setup + offers.length + settings.packup + np.where(np.isfinite(leg), leg, 0)
    return np.append(takes, max(day, 0.0))


def _written(  # noqa: PLR0917 (a rule each)
    asked: Question,
    chosen: Chosen,
    tables: Tables,
    fleet: Fleet,
    slots: Sequence[Slot],
    settings: Settings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every route a slot, and write when the bus is where."""
    rows: list[tuple] = []
    days: list[tuple] = []
    for (shift, place, visits), number in _placed(asked, chosen, fleet, slots):
        slot, bus = slots[number], fleet.alike[shift]
        route = asked.routes[shift].rows(np.array([place]))
        held = route.offers[0][route.offers[0] >= 0]
        stops = asked.offers.stop[held]
        way = _way(tables, bus.depot, stops[None, :])[0]
        legs = tables.minutes.to_numpy()[way[:-1], way[1:]]
        leave = depart = float(route.early[0])
        for order, (offer, leg) in enumerate(zip(held, legs, strict=False), start=1):
            arrive = leave + leg
            ready = float(rounded_up(np.array(arrive + settings.setup), settings.step))
            opens = max(ready, float(asked.offers.earliest[offer]))
            close = opens + float(asked.offers.length[offer])
            rest = settings.hours.rest if order == route.rest_after[0] else 0.0
            leave = close + settings.packup + rest
            stop = tables.stops.index[asked.offers.stop[offer]]
            length = float(asked.offers.length[offer])
            rows.append(
                (
                    *(number, slot.bus, slot.weekday, slot.product, order, stop, length, visits),
                    *(arrive, opens, close, leave - rest, rest),
                )
            )
        km = float(tables.km.to_numpy()[way[:-1], way[1:]].sum())
        back = leave + float(legs[-1])
        cost = (0.0 if np.isnan(km) else km) * settings.km_cost
        cost += (back - depart) / 60 * settings.hour_cost
        days.append(
            (
                *(number, slot.bus, slot.weekday, slot.product, visits, depart, back),
                *(float(legs.sum()), back - depart, km, cost),
            )
        )
    return _frame(rows, TIMETABLE), _frame(days, DAYS)


TIMETABLE = {
    "slot": int, "bus": int, "weekday": int, "product": object, "order": int, "stop": object,
    "length": float, "visits": int, "arrive": float, "open": float, "close": float,
    "leave": float, "rest": float,
}  # fmt: skip
DAYS = {
    "slot": int, "bus": int, "weekday": int, "product": object, "visits": int, "depart": float,
    "back": float, "driving": float, "duty": float, "km": float, "cost": float,
}  # fmt: skip


def _frame(rows: list[tuple], kinds: Mapping[str, type]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
    by = [name for name in ("slot", "order") if name in kinds]
    return frame.sort_values(by, ignore_index=True)


def _placed(
    asked: Question, chosen: Chosen, fleet: Fleet, slots: Sequence[Slot]
) -> list[tuple[Route, int]]:
    """Give each route a slot that it fits, the fullest the first (an assignment problem)."""
    if not chosen.routes:
        return []
    worth = [asked.routes[shift].duty[place] for shift, place, _ in chosen.routes]
    rank = np.argsort(np.argsort(-np.array(worth), kind="stable"))
    fits = np.array(
        [[_fits(asked, route, fleet, slot) for slot in slots] for route in chosen.routes]
    )
    number = np.arange(len(slots))
    rows, columns = assigned(number + 1e-3 * rank[:, None] * number, fits, asked.clashes)
    return [(chosen.routes[row], int(slot)) for row, slot in zip(rows, columns, strict=True)]


def _fits(asked: Question, route: Route, fleet: Fleet, slot: Slot) -> bool:
    shift, place, visits = route
    return (
        (fleet.of_bus[slot.bus], slot.visits) == (shift, visits)
        and bool(int(asked.routes[shift].days[place]) >> slot.weekday & 1)
        and slot.often >= asked.often[asked.stops_of(route)].max(initial=0)
    )


def _firm(  # noqa: PLR0917 (a rule each)
    asked: Question,
    plan: Chosen,
    timetable: pd.DataFrame,
    draws: pd.DataFrame | None,
    tables: Tables,
    watch: Watch,
    tell: Callable[[str], None],
) -> tuple[pd.Series, tuple[str, ...]]:
    """Return in which share of the draws each stop is chosen, and what to know of it."""
    often = pd.Series(0.0, index=list(timetable["stop"].unique()), name="firm")
    if draws is None or draws.shape[1] == 0:
        return often.iloc[:0], ()
    near = tables.reach.to_numpy()
    some = near.any(axis=1)
    _, place = np.unique(near[some], axis=0, return_inverse=True)
    people = draws.reindex(tables.reach.index).fillna(0.0).to_numpy()[some]
    counts = np.zeros((len(asked.people), people.shape[1]))
    np.add.at(counts, place.ravel(), people)
    total = people.shape[1]

    def told(number: int) -> None:
        if number % 10 == 0:
            tell(f"{number} of {total} draws answered")

    chosen = chosen_in_draws(asked, counts, watch, plan=plan.routes, progress=told)
    for stops in chosen:
        often += often.index.isin(tables.stops.index[list(stops)])
    if not chosen:
        return often.iloc[:0], ()
    cut = f"Which bus stops are firm was asked of {len(chosen)} of {total} draws, then stopped."
    return often / len(chosen), (cut,) if len(chosen) < total else ()


def _hours(timetable: pd.DataFrame, reach: pd.DataFrame) -> pd.Series:
    """Return the hours of sessions within reach of each area in the term."""
    each = (timetable["length"] / 60 * timetable["visits"]).groupby(timetable["stop"]).sum()
    return reach[list(each.index)].mul(each, axis=1).sum(axis=1).rename("hours")


def _caveats(  # noqa: PLR0917 (a rule each)
    lost: Mapping[Hashable, str],
    asked: Question,
    slots: Sequence[Slot],
    days: pd.DataFrame,
    chosen: Chosen,
    watch: Watch,
) -> tuple[str, ...]:
    caveats = []
    if lost:
        caveats.append(
            f"{len(lost)} of {asked.stops} stops cannot be visited on any day "
            f"({name_some(list(lost))}): there is no route, or drive, session, opening hours and "
            "weekdays do not fit in a shift."
        )
    caveats += _idle(slots, days)
    if chosen.least is not None and chosen.least[0] == 0 and len(asked.shares):
        caveats.append(
            f"So many groups ({len(asked.shares)}) cannot all be reached in so few days: the "
            "lowest share stays at none, and the plan serves most people beyond that."
        )
    if chosen.clocked:
        caveats.append(
            "The search for a timetable was stopped; a longer search may find a better one."
            if watch.stopped
            else "The clock ended the search for a timetable; a longer one may find a better one."
        )
    return tuple(caveats)


def _idle(slots: Sequence[Slot], days: pd.DataFrame) -> list[str]:
    """Say how many days stay empty."""
    used = [slots[number] for number in days["slot"]]
    if not _same_date(slots):
        idle, all_, what = len(slots) - len(used), len(slots), "days"
    else:
        dates = {(slot.bus, slot.weekday, week) for slot in slots for week in slot.weeks}
        busy = {(slot.bus, slot.weekday, week) for slot in used for week in slot.weeks}
        idle, all_, what = len(dates - busy), len(dates), "dates"
    if not idle:
        return []
    return [f"{idle} of {all_} {what} have no stop left that would add anybody."]
