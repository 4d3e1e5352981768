"""Plan a term: which stops the buses visit in every cycle, on which weekday and at what time."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from mapping.bus.candidates import few_enough, with_promising
from mapping.bus.choice import choose
from mapping.bus.clashes import impossible, refuse_missing
from mapping.bus.firmness import firmness
from mapping.bus.labels import Labels
from mapping.bus.neighbourhoods import Neighbourhoods
from mapping.bus.question import Chosen, Question, Route
from mapping.bus.resources import Resources
from mapping.bus.settings import Settings
from mapping.bus.slots import Bus, Slot, same_date
from mapping.bus.tables import read_tables
from mapping.bus.termcheck import verify_term
from mapping.bus.termtable import hours_near, written
from mapping.bus.watch import Watch

Status = Literal["optimal", "feasible", "time limit", "stopped"]

TOLD = 3  # stops that no day can hold, with their reasons, in a caveat
# A plan this near its bound is the best: the rest is rounding.
PROVEN = 1e-6


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

    >>> from mapping.bus.returns import Returns
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
    resources = Resources.of(tables, settings, buses, slots)
    near = Neighbourhoods.of(tables.reach)
    tell("drawing up day routes")
    routes, complete = few_enough(resources)
    lost = impossible(resources, buses, routes)
    asked = _question(resources, near, routes, groups if settings.fairest else None, served)
    start: tuple[Route, ...] = ()
    if not complete:
        asked, start = with_promising(asked, resources, watch)
    tell("choosing among them")
    least = resources.least_minutes()
    chosen = choose(asked, watch, complete=complete, least=least, start=start)
    if chosen.missing:
        refuse_missing(asked, chosen, tables)
    timetable, days = written(asked, chosen.routes, resources)
    verify_term(timetable, days, stops, minutes, buses=buses, slots=slots, settings=settings)
    counts = near.summed(pd.DataFrame() if draws is None else draws)
    visited = list(timetable["stop"].unique())
    names = tables.stops.index
    firm, drawn = firmness(asked, chosen, counts, watch, visited=visited, names=names, tell=tell)
    hours = hours_near(timetable, tables.reach)
    return TermPlan(
        people=chosen.value,
        bound=chosen.bound,
        status=_status(chosen, watch),
        timetable=timetable,
        days=days,
        hours=hours,
        share=pd.Series(settings.returns.share(hours.to_numpy()), hours.index),
        firm=firm,
        least=chosen.least,
        caveats=(*_caveats(lost, asked, slots, days, chosen, watch), *drawn),
        impossible=lost,
    )


def _question(
    resources: Resources,
    near: Neighbourhoods,
    routes: Sequence[Labels],
    groups: pd.DataFrame | None,
    served: pd.Series | None,
) -> Question:
    tables = resources.tables
    kinds, clashes = resources.kinds()
    shares, done = np.zeros((0, near.cover.shape[0])), np.zeros(0)
    if groups is not None:
        shares, done = _shares(groups.reindex(tables.reach.index).fillna(0.0), served, near)
    return Question(
        offers=resources.offers,
        stops=len(tables.stops),
        routes=routes,
        kinds=kinds,
        people=near.summed(tables.people.to_frame()).ravel(),
        cover=near.cover,
        returns=resources.settings.returns,
        must=np.flatnonzero(tables.stops["must"]),
        cost=resources.pounds(routes),
        budget=resources.settings.budget,
        shares=shares,
        served=done,
        often=tables.stops["visits"].to_numpy(),
        clashes=clashes,
    )


def _shares(
    left: pd.DataFrame, served: pd.Series | None, near: Neighbourhoods
) -> tuple[np.ndarray, np.ndarray]:
    """Return by group its share in each neighbourhood, and what hubs serve; reachable ones only."""
    done = (
        pd.Series(0.0, left.columns)
        if served is None
        else served.reindex(left.columns, fill_value=0.0)
    )
    total = left.sum() + done
    left, done, total = left.loc[:, total > 0], done[total > 0], total[total > 0]
    shares = near.summed(left).T / total.to_numpy()[:, None]
    can = shares.sum(axis=1) > 0
    return shares[can], (done / total).to_numpy()[can]


def _status(chosen: Chosen, watch: Watch) -> Status:
    if chosen.value >= chosen.bound * (1 - PROVEN):
        return "optimal"
    if not chosen.clocked:
        return "feasible"
    return "stopped" if watch.stopped else "time limit"


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
        told, rest = list(lost.values())[:TOLD], len(lost) - TOLD
        more = [f"and {rest} more"] if rest > 0 else []
        caveats.append(
            f"{len(lost)} of {asked.stops} stops cannot be visited on any day: "
            f"{'; '.join([*told, *more])}."
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
    if not same_date(slots):
        idle, all_, what = len(slots) - len(used), len(slots), "days"
    else:
        dates = {(slot.bus, slot.weekday, week) for slot in slots for week in slot.weeks}
        busy = {(slot.bus, slot.weekday, week) for slot in used for week in slot.weeks}
        idle, all_, what = len(dates - busy), len(dates), "dates"
    if not idle:
        return []
    return [f"{idle} of {all_} {what} have no stop left that would add anybody."]
