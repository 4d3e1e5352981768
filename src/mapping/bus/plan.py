"""Plan the bus: which stops, on which day, in which order and when."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from mapping.bus.bound import upper_bound, whole
from mapping.bus.days import day_routes
from mapping.bus.packing import Packing
from mapping.bus.problem import Problem, name_some, read_problem
from mapping.bus.reach import reachable, refuse_unreachable
from mapping.bus.search import Routes, search
from mapping.bus.timetable import schedule
from mapping.bus.verify import verify
from mapping.errors import InvalidTableError

Status = Literal["optimal", "feasible", "time limit"]

# Seconds kept back from the search for the timetable and its check.
RESERVE = 0.5

# A plan this near its bound is the best: the rest is rounding.
PROVEN = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class BusPlan:
    """
    A timetable of the bus and what is known about its quality.

    Parameters
    ----------
    people
        People at the stops visited, each stop counted once.
    bound
        People that no timetable under the same rules exceeds.
    status
        "optimal" if `people` meets `bound`; "feasible" if a better plan may exist; "time limit"
        if, moreover, the clock ended the search, so that another run may differ.
    timetable
        One row per visit: `day` and `order` within it, both from 1; `stop`; `arrive`, `start` and
        `leave` in minutes after the shift's start. The depot has no rows.
    minutes_driven
        Minutes at the wheel over all days, the way home included.
    caveats
        Sentences for the reader of the timetable.
    """

    people: float
    bound: float
    status: Status
    timetable: pd.DataFrame
    minutes_driven: float
    caveats: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """How far `people` is below `bound` at most, as a share of `bound`; 0 is proven best."""
        return 0.0 if self.bound <= self.people else 1 - self.people / self.bound


def plan(
    stops: pd.DataFrame,
    minutes: pd.DataFrame,
    *,
    depot: Hashable,
    days: int,
    shift: float,
    dwell: float = 120,
    opens: float | None = None,
    closes: float | None = None,
    seconds: float = 10,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> BusPlan:
    """
    Visit the stops that reach most people in the days there are, then drive little.

    This is team orienteering with time windows (Vansteenwegen and others, 2009). Where a day
    holds few stops, all its possible routes are listed. Else routes come from runs of PyVRP
    (Wouda, Lan and Kool, 2024) and from column generation, whose prices also bound what any
    timetable can reach where windows are narrow enough; HiGHS chooses among them. The timetable
    is checked by `verify` before it is returned.

    Parameters
    ----------
    stops
        `people` by stop; `dwell`, `opens` and `closes` there override the keywords, where filled.
    minutes
        Driving minutes, from row to column, over the depot and the stops, in any order; NaN where
        no route. Labels that are neither are left out.
    depot
        Where every day starts and ends, as named in `minutes`.
    days
        Number of days, all alike (or of buses on one day).
    shift
        Latest return to the depot, in minutes after the shift's start.
    dwell
        Minutes at a stop, set-up and packing included.
    opens, closes
        Earliest and latest start of a session, in minutes after the shift's start; None for the
        start and the end of the shift.
    seconds
        Wall clock for everything. Small problems end sooner, after a number of iterations set by
        their size; then the same call gives the same plan.
    seed
        Seed of the search.
    progress
        Called now and then with the share of the work done, 0 to 1.

    Raises
    ------
    InvalidTableError
        If the tables or options are wrong; all faults are named at once.
    InfeasibleError
        If no stop at all can be visited within the shift.

    Examples
    --------
    Two hours at each stop: the near pair fits in a day of five hours, the far stop does not pay.

    >>> stops = pd.DataFrame({"people": [40, 30, 50]}, index=["Arden", "Birch", "Calder"])
    >>> minutes = pd.DataFrame(
    ...     [[0, 10, 15, 60], [10, 0, 10, 60], [15, 10, 0, 60], [60, 60, 60, 0]],
    ...     index=["depot", *stops.index],
    ...     columns=["depot", *stops.index],
    ... )
    >>> found = plan(stops, minutes, depot="depot", days=1, shift=300)
    >>> sorted(found.timetable["stop"]), found.people, found.status
    (['Arden', 'Birch'], 70.0, 'optimal')
    """
    began = time.perf_counter()
    if not seconds > 0:
        raise InvalidTableError(f"bus: seconds is {seconds}; give the search some time.")
    rules: dict[str, Any] = {"dwell": dwell, "opens": opens, "closes": closes}
    problem = read_problem(stops, minutes, depot=depot, days=days, shift=shift, **rules)
    mask = reachable(problem)
    refuse_unreachable(problem, mask)
    deadline = began + seconds - min(RESERVE, seconds / 10)
    routes, bound, clocked = _best_routes(problem, mask, deadline, seed, progress)
    timetable = schedule(problem, routes)
    verify(timetable, stops, minutes, depot=depot, days=days, shift=shift, **rules)
    return _result(problem, timetable, bound, mask, clocked=clocked)


def _best_routes(
    problem: Problem,
    mask: np.ndarray,
    deadline: float,
    seed: int,
    progress: Callable[[float], None] | None,
) -> tuple[Routes, float, bool]:
    """Search; then, if a day holds few stops and proof is wanting, choose among all day routes."""
    fitting = day_routes(problem, mask)
    listed = None if fitting is None else Packing(problem, fitting)
    bound = upper_bound(problem, mask, listed)
    now = time.perf_counter()
    routes, bound, clocked = search(
        problem,
        mask,
        bound=bound,
        # Half the time is for the choice, which ends with proof.
        deadline=deadline if listed is None else (now + deadline) / 2,
        seed=seed,
        progress=progress,
    )
    if listed is None or problem.people_of(routes) >= bound * PROVEN:
        return routes, bound, clocked
    chosen, proven = listed.chosen(routes, deadline - time.perf_counter(), most=None)
    bound = min(bound, whole(problem, proven))
    return chosen, bound, clocked or time.perf_counter() >= deadline


def _result(
    problem: Problem, timetable: pd.DataFrame, bound: float, mask: np.ndarray, *, clocked: bool
) -> BusPlan:
    people = pd.Series(problem.people, index=list(problem.stops))
    reached = float(people[timetable["stop"]].sum())
    optimal = reached >= bound * PROVEN
    status: Status = "optimal" if optimal else "time limit" if clocked else "feasible"
    return BusPlan(
        people=reached,
        bound=max(bound, reached),
        status=status,
        timetable=timetable,
        minutes_driven=_driven(problem, timetable),
        caveats=_caveats(problem, mask, timetable, status),
    )


def _driven(problem: Problem, timetable: pd.DataFrame) -> float:
    place = {stop: position for position, stop in enumerate(problem.stops, start=1)}
    total = 0.0
    for _, rows in timetable.groupby("day"):
        way = [0, *rows["stop"].map(place), 0]
        total += float(problem.travel[way[:-1], way[1:]].sum())
    return total


def _caveats(
    problem: Problem, mask: np.ndarray, timetable: pd.DataFrame, status: Status
) -> tuple[str, ...]:
    caveats = []
    if not mask.all():
        names = [stop for stop, fits in zip(problem.stops, mask, strict=True) if not fits]
        caveats.append(
            f"{len(names)} of {len(mask)} stops cannot be visited on any day "
            f"({name_some(names)}): there is no route, or drive, session and opening hours do not "
            f"fit in the shift of {problem.shift:g} minutes."
        )
    idle = problem.days - timetable["day"].nunique()
    if idle:
        caveats.append(f"{idle} of {problem.days} days have no stop left to visit.")
    if status == "time limit":
        caveats.append(
            "The clock ended the search for a timetable; a longer search may find a better one, "
            "and another run may differ."
        )
    return tuple(caveats)
