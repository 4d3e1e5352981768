"""Places at hubs: how many there are, who could have one where, and who has one in a plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from mapping.errors import InfeasibleError, InvalidTableError
from mapping.hubs.highs import solve
from mapping.hubs.problem import Problem
from mapping.hubs.rows import Rows, programme
from mapping.hubs.words import name

Assignment = Literal["where there is room", "nearest"]

# Keeps a site without room from dividing by 0.
TINY = 1e-300


def weekly_places(
    sessions: pd.Series,
    seats: pd.Series,
    champions: pd.Series,
    learners_per_champion: pd.Series | float,
) -> pd.Series:
    """
    Count the learners a site can take in a week.

    Parameters
    ----------
    sessions
        Sessions a week, by site.
    seats
        Seats or devices, by site.
    champions
        Digital champions at each session, by site.
    learners_per_champion
        Learners one champion can help in a session, by site or for all.

    Returns
    -------
    Series
        sessions × min(seats, champions × learners per champion), by site in the order of
        `sessions`; NaN where a site lacks one of the numbers.

    Examples
    --------
    >>> one = pd.Series({"x": 4, "y": 2})
    >>> seats, champions = pd.Series({"x": 10, "y": 12}), pd.Series({"x": 2, "y": 2})
    >>> weekly_places(one, seats, champions, 6).to_dict()  # x is short of seats, y of champions
    {'x': 40, 'y': 24}
    """
    helped = (champions * learners_per_champion).reindex(sessions.index)
    room = seats.reindex(sessions.index)
    return (sessions * room.where(room <= helped, helped)).rename("places")


def check_capacity(sites: pd.Index, capacity: pd.Series | None, assignment: str) -> None:
    """Raise, naming all, where places or the assignment cannot be used."""
    if assignment not in get_args(Assignment):
        choices = ", ".join(map(repr, get_args(Assignment)))
        raise InfeasibleError(f"assignment is {assignment!r}: choose one of {choices}")
    faults = [] if capacity is None else [*_capacity_faults(sites, capacity)]
    if faults:
        raise InvalidTableError("; ".join(faults))


def _capacity_faults(sites: pd.Index, capacity: pd.Series) -> Iterator[str]:
    if not isinstance(capacity, pd.Series) or not pd.api.types.is_numeric_dtype(capacity.dtype):
        yield "capacity: give a Series of weekly places by site"
        return
    if not capacity.index.is_unique:
        twice = capacity.index[capacity.index.duplicated()].unique()
        yield f"capacity: sites must be unique; repeated: {name(twice)}"
        return
    known = capacity.reindex(sites)
    for what, wrong in (
        ("missing (give inf where there is no limit)", known.isna()),
        ("below 0", known < 0),
    ):
        if wrong.any():
            where = name(known.index[wrong])
            yield f"capacity: {what} for {int(wrong.sum())} of {len(known)} sites: {where}"


@dataclass(frozen=True, eq=False)
class Rooms:
    """
    Who could have a place where.

    Parameters
    ----------
    asked
        The problem, over the areas where people live who could have a place somewhere.
    columns
        Columns of the sites that may be open, the free ones first.
    places
        People each of them has places for.
    assignment
        Whether people go to their nearest hub, or to any where there is room.
    area, site
        One entry for each area and site (as positions in `columns`) that may be joined, in the
        order of areas and then of the minutes, equal ones in the order of columns.
    minutes
        Journey of each entry.
    """

    asked: Problem
    columns: np.ndarray
    places: np.ndarray
    assignment: str
    area: np.ndarray
    site: np.ndarray
    minutes: np.ndarray

    @classmethod
    def of(cls, asked: Problem, capacity: pd.Series, assignment: str, within: float) -> "Rooms":
        """Join areas and sites with a route of at most `within` minutes."""
        columns = np.r_[np.flatnonzero(asked.free), np.flatnonzero(asked.kept)]
        reach = asked.reach[columns]
        joined = np.isfinite(reach) & (reach <= within) & (asked.people > 0)
        some = joined.any(axis=0)
        asked, reach = asked.only(some), reach[:, some]
        site, area = np.nonzero(joined[:, some])
        minutes = reach[site, area]
        order = np.lexsort((columns[site], minutes, area))
        places = capacity.reindex(asked.sites[columns]).to_numpy(dtype=float)
        return cls(asked, columns, places, assignment, area[order], site[order], minutes[order])

    @cached_property
    def people(self) -> np.ndarray:
        """People of each entry's area."""
        return self.asked.people[self.area]

    @cached_property
    def room(self) -> np.ndarray:
        """Places of each site, but no more than people who could use them."""
        usable = np.bincount(self.site, weights=self.people, minlength=len(self.columns))
        return np.minimum(self.places, usable)

    @cached_property
    def scale(self) -> float:
        """People in all, by which rows are divided."""
        return fsum(self.asked.people) or 1.0

    def opened(self, picked: np.ndarray) -> np.ndarray:
        """Whether each site is open when the free sites at positions `picked` are."""
        sites = np.arange(len(self.columns))
        return np.isin(sites, picked) | (sites >= self.asked.free.sum())

    def placed(self, picked: np.ndarray) -> np.ndarray:
        """Return how many people of each entry have a place."""
        open_ = self.opened(picked)
        if self.assignment == "nearest":
            return self._nearest(open_)
        return self._flows(open_)

    def joined(self, picked: np.ndarray) -> float:
        """Return how many people are joined to an open site, with a place or without."""
        return fsum(self.asked.people[np.unique(self.area[self.opened(picked)[self.site]])])

    def first(self, picked: np.ndarray) -> np.ndarray:
        """Return the entry of each area's nearest open site, where it has one."""
        return self._first(self.opened(picked))

    def _first(self, open_: np.ndarray) -> np.ndarray:
        chosen = np.flatnonzero(open_[self.site])
        return chosen[np.unique(self.area[chosen], return_index=True)[1]]

    def _nearest(self, open_: np.ndarray) -> np.ndarray:
        """Send all to the nearest; where a hub is full, each area has its share of the places."""
        first, people = self._first(open_), np.zeros(len(self.area))
        people[first] = self.people[first]
        asking = np.bincount(self.site, weights=people, minlength=len(self.columns))
        full = asking > self.places
        served = np.divide(self.places, asking, out=np.ones(len(asking)), where=full)
        return people * served[self.site]

    def _flows(self, open_: np.ndarray) -> np.ndarray:
        """Place the most people, and of all ways to do so take the shortest journeys."""
        some, found = np.flatnonzero(open_[self.site]), np.zeros(len(self.area))
        if not len(some):
            return found
        area, site, minutes = self.area[some], self.site[some], self.minutes[some]
        # Each entry is counted in the most people it can hold, each row in what it has: a few
        # places among millions of people would be lost in the solver's tolerance.
        most = np.minimum(self.people[some], self.room[site])
        # One more place can lengthen others' journeys along a chain through every open hub once,
        # there and back: what it is worth must be more than that.
        worth = (2 * open_.sum() + 2) * (minutes.max() + 1)
        rows = (
            Rows.most(sums(area, most / self.people[some], len(self.asked.people)), 1.0),
            Rows.most(sums(site, most / np.maximum(self.room[site], TINY), len(self.columns)), 1.0),
        )
        cost = most * (1 - minutes / worth) / (most.max() or 1.0)
        shares = solve(programme(cost, *rows, whole=0, maximise=True)).found
        if shares is not None:
            found[some] = _tidy(np.clip(shares, 0.0, 1.0) * most)
        return found


def sums(keys: np.ndarray, values: np.ndarray | float, count: int) -> sparse.csr_array:
    """Write rows that add up entries by key: row k has the values of the entries with key k."""
    entries = len(keys)
    data = np.broadcast_to(values, entries).astype(float)
    return sparse.csr_array((data, (keys, np.arange(entries))), shape=(count, entries))


def _tidy(people: np.ndarray) -> np.ndarray:
    """Take out what the solver's tolerance put in: people in whole numbers stay whole."""
    whole = np.rint(people)
    return np.where(np.abs(people - whole) < 1e-6 * np.minimum(1.0, people.max()), whole, people)
