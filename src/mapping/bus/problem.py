"""The planning problem: tables checked and put in one order."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError


@dataclass(frozen=True, eq=False)
class Problem:
    """
    A bus problem as arrays; every array follows `stops`, whose order is that of their names.

    Parameters
    ----------
    depot
        Label of the depot.
    stops
        Labels of the stops.
    people
        People reached by a visit.
    dwell
        Minutes of a session, set-up and packing included.
    opens, closes
        Earliest and latest start of a session, in minutes after the shift's start.
    travel
        Minutes, row to column; the depot first, then the stops; infinite where no route, 0 on
        the diagonal.
    days
        Number of identical days (or vehicles).
    shift
        Latest return to the depot, in minutes after the shift's start.
    """

    depot: Hashable
    stops: tuple[Hashable, ...]
    people: np.ndarray
    dwell: np.ndarray
    opens: np.ndarray
    closes: np.ndarray
    travel: np.ndarray
    days: int
    shift: float

    @property
    def outward(self) -> np.ndarray:
        """Minutes from the depot to each stop."""
        return self.travel[0, 1:]

    @property
    def homeward(self) -> np.ndarray:
        """Minutes from each stop to the depot."""
        return self.travel[1:, 0]

    @property
    def between(self) -> np.ndarray:
        """Minutes from stop to stop."""
        return self.travel[1:, 1:]

    @cached_property
    def step(self) -> float:
        """By how many people two plans differ at least, if at all; 0 unless all are whole."""
        whole = np.round(self.people)
        return (
            float(np.gcd.reduce(whole.astype(int))) if np.array_equal(whole, self.people) else 0.0
        )

    @cached_property
    def earliest_starts(self) -> np.ndarray:
        """
        Earliest start of a session at each stop over all ways there, infinite where none.

        Labels are corrected until they stand (Bellman, 1958); leaving earlier never arrives later,
        so the earliest way to each stop is enough.
        """

        def sooner(start: np.ndarray) -> np.ndarray:
            arrive = ((start + self.dwell)[:, None] + self.between).min(axis=0)
            return np.minimum(start, self._admit(arrive))

        return _settled(self._admit(self.outward), sooner)

    @cached_property
    def latest_starts(self) -> np.ndarray:
        """Latest start of a session from which the depot is reached in time, or -inf."""

        def later(start: np.ndarray) -> np.ndarray:
            leave = (start[None, :] - self.between).max(axis=1)
            return np.maximum(start, self._expire(leave))

        return _settled(self._expire(self.shift - self.homeward), later)

    @cached_property
    def direct_is_shortest(self) -> bool:
        """Whether no visit on the way brings the bus anywhere sooner."""
        travel = self.travel
        return all(
            bool((travel <= travel[:, [over]] + stay + travel[[over], :] + 1e-6).all())
            for over, stay in enumerate(self.dwell, start=1)
        )

    def people_of(self, routes: Iterable[list[int]]) -> float:
        """Return the people at the stops of all routes."""
        return float(sum(self.people[route].sum() for route in routes))

    def _admit(self, arrive: np.ndarray) -> np.ndarray:
        start = np.maximum(arrive, self.opens)
        return np.where(start <= self.closes, start, np.inf)

    def _expire(self, leave: np.ndarray) -> np.ndarray:
        start = np.minimum(leave - self.dwell, self.closes)
        return np.where(start >= self.opens, start, -np.inf)


def read_problem(
    stops: pd.DataFrame,
    minutes: pd.DataFrame,
    *,
    depot: Hashable,
    days: int,
    shift: float,
    dwell: float,
    opens: float | None,
    closes: float | None,
) -> Problem:
    """
    Check the tables and options of `plan`, all faults at once, and put them in one order.

    Raises
    ------
    InvalidTableError
        With every fault found.
    """
    faults = _label_faults(stops, minutes, depot) + _option_faults(days, shift)
    if faults:
        raise InvalidTableError(f"bus: {'; '.join(faults)}.")
    # Names decide, so that shuffled rows give the same plan.
    ordered = stops.loc[sorted(stops.index, key=str)]
    table = pd.DataFrame(
        {
            "people": _numbers(ordered["people"]),
            "dwell": _given(ordered, "dwell", dwell),
            "opens": _given(ordered, "opens", 0.0 if opens is None else opens),
            "closes": _given(ordered, "closes", shift if closes is None else closes),
        },
        index=ordered.index,
    )
    labels = [depot, *ordered.index]
    legs = minutes.loc[labels, labels].apply(_numbers)
    faults = _value_faults(table) + _leg_faults(legs)
    if faults:
        raise InvalidTableError(f"bus: {'; '.join(faults)}.")
    travel = legs.fillna(np.inf).to_numpy().copy()
    np.fill_diagonal(travel, 0)
    columns = {name: table[name].to_numpy() for name in table.columns}
    return Problem(depot, tuple(ordered.index), **columns, travel=travel, days=days, shift=shift)


def _settled(start: np.ndarray, better: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return labels of stops that are corrected until they stand: once for each at most."""
    for _ in start:
        corrected = better(start)
        if np.array_equal(corrected, start):
            break
        start = corrected
    return start


def name_some(labels: Iterable[Hashable], most: int = 5) -> str:
    """
    Name a few labels, sorted, and count the rest.

    Examples
    --------
    >>> name_some(["b", "a"]), name_some("gfedcba")
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    names = sorted(str(label) for label in labels)
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _label_faults(stops: pd.DataFrame, minutes: pd.DataFrame, depot: Hashable) -> list[str]:
    if "people" not in stops.columns:
        return [f"stops: no column people; found {', '.join(map(str, stops.columns)) or 'none'}"]
    wanted = pd.Index([depot, *stops.index], dtype=object)
    checks = {
        "stops: ids must be unique, repeated": stops.index[stops.index.duplicated()].unique(),
        "stops: the depot is not a stop, remove": [depot] if depot in stops.index else [],
        "minutes: rows repeat": minutes.index[minutes.index.duplicated()].unique(),
        "minutes: columns repeat": minutes.columns[minutes.columns.duplicated()].unique(),
        "minutes: no row for": wanted.difference(minutes.index),
        "minutes: no column for": wanted.difference(minutes.columns),
    }
    faults = [f"{text} {name_some(found)}" for text, found in checks.items() if len(found)]
    return faults if len(stops) else ["stops: the table is empty", *faults]


def _option_faults(days: int, shift: float) -> list[str]:
    faults = []
    if days != int(days) or days < 1:
        faults.append(f"days is {days}; plan at least 1 whole day")
    if not 0 < shift < np.inf:
        faults.append(f"shift is {shift} minutes; it must be above 0")
    return faults


def _value_faults(table: pd.DataFrame) -> list[str]:
    checks = {
        "people is missing or not a number at": ~np.isfinite(table["people"]),
        "people is below 0 at": table["people"] < 0,
        "dwell is missing or not a number at": ~np.isfinite(table["dwell"]),
        "dwell is below 0 minutes at": table["dwell"] < 0,
        "closes before it opens at": table["closes"] < table["opens"],
    }
    return [
        f"stops: {text} {name_some(table.index[wrong])}"
        for text, wrong in checks.items()
        if wrong.any()
    ]


def _leg_faults(legs: pd.DataFrame) -> list[str]:
    checks = {
        "below 0 from": (legs < 0).any(axis=1),
        "infinite from (write NaN where there is no route)": np.isinf(legs).any(axis=1),
    }
    return [
        f"minutes: {text} {name_some(legs.index[wrong])}"
        for text, wrong in checks.items()
        if wrong.any()
    ]


def _given(stops: pd.DataFrame, column: str, otherwise: float) -> pd.Series:
    """Return the column where it is filled, else the keyword's value."""
    if column not in stops.columns:
        return pd.Series(float(otherwise), index=stops.index)
    return _numbers(stops[column]).fillna(float(otherwise))


def _numbers(column: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(column).astype(float)
    except (TypeError, ValueError) as error:
        raise InvalidTableError(
            f"bus: {column.name} is not a number everywhere: {error}."
        ) from None
