"""What a term is planned with: stops, sessions that could be held, buses and days."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mapping.bus.labels import Labels, Offers, Shift, rounded_up
from mapping.bus.question import Kind
from mapping.bus.settings import Settings
from mapping.bus.slots import Bus, Slot, same_date
from mapping.bus.tables import Tables


@dataclass(frozen=True, eq=False)
class Resources:
    """
    What a term is planned with.

    Parameters
    ----------
    tables
        Checked and in one order.
    settings
        How sessions are held and what they may cost.
    slots
        The days of the term.
    offers
        Every stop with every length of session that its opening hours hold.
    alike
        Buses that differ.
    of_bus
        By bus, which of these it is.
    shifts
        By bus that differs, a day of its driver.
    """

    tables: Tables
    settings: Settings
    slots: Sequence[Slot]
    offers: Offers
    alike: Sequence[Bus]
    of_bus: Sequence[int]
    shifts: Sequence[Shift]

    @classmethod
    def of(
        cls, tables: Tables, settings: Settings, buses: Sequence[Bus], slots: Sequence[Slot]
    ) -> "Resources":
        """Return what these buses can do on these days."""
        alike = list(dict.fromkeys(buses))
        of_bus = [alike.index(bus) for bus in buses]
        running = [
            {slot.weekday for slot in slots if of_bus[slot.bus] == k} for k in range(len(alike))
        ]
        shifts = [
            _shift(bus, sum(1 << day for day in days), tables, settings)
            for bus, days in zip(alike, running, strict=True)
        ]
        return cls(tables, settings, slots, _offers(tables.stops, settings), alike, of_bus, shifts)

    def kinds(self) -> tuple[list[Kind], list[tuple[int, ...]]]:
        """Return slots that are alike, and sets of those on one date; if any, no two are alike."""
        each = [
            Kind(self.of_bus[slot.bus], slot.weekday, slot.visits, 1, slot.often)
            for slot in self.slots
        ]
        clashes = same_date(self.slots)
        if clashes:
            return each, clashes
        alike = Counter(each)
        return [replace(kind, count=count) for kind, count in alike.items()], []

    def way(self, depot: Hashable, stops: np.ndarray) -> np.ndarray:
        """Return positions in `minutes`, from depot to depot; -1 among stops is the depot too."""
        labels = self.tables.minutes.index
        home = labels.get_loc(depot)
        place = np.append(labels.get_indexer(self.tables.stops.index), home)
        edge = np.full((len(stops), 1), home)
        return np.hstack([edge, place[stops], edge])

    def pounds(self, routes: Sequence[Labels]) -> list[np.ndarray]:
        """Return by shift what each of its routes costs each time it is driven."""
        return [
            self._pounds(found, bus.depot) for found, bus in zip(routes, self.alike, strict=True)
        ]

    def _pounds(self, routes: Labels, depot: Hashable) -> np.ndarray:
        way = self.way(depot, np.append(self.offers.stop, -1)[routes.offers])
        km = self.tables.km.to_numpy()[way[:, :-1], way[:, 1:]]
        km = np.where(way[:, :-1] == way[:, 1:], 0.0, km).sum(axis=1)
        return self.cost(km, routes.duty)

    def cost(self, km: float | np.ndarray, duty: float | np.ndarray) -> np.ndarray:
        """Return the pounds of so many kilometres, NaN where not known, and minutes of duty."""
        driven = np.where(np.isnan(km), 0.0, km) * self.settings.km_cost
        return driven + duty / 60 * self.settings.hour_cost

    def least_minutes(self) -> np.ndarray:
        """Return minutes that each session takes at least, and last those of the longest day."""
        leg = np.full(len(self.offers.stop), np.inf)
        day = 0.0
        for shift in self.shifts:
            between = shift.between.copy()
            np.fill_diagonal(between, np.inf)
            quickest = np.minimum(shift.outward, between.min(axis=0, initial=np.inf))
            leg = np.minimum(leg, quickest[self.offers.stop])
            home = shift.homeward[self.offers.stop].min(initial=np.inf)
            day = max(day, min(shift.ends - shift.starts, shift.hours.duty) - home)
        takes = self.settings.setup + self.offers.length + self.settings.packup
        return np.append(takes + np.where(np.isfinite(leg), leg, 0), max(day, 0.0))


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


def _shift(bus: Bus, days: int, tables: Tables, settings: Settings) -> Shift:
    """Return a day of a bus; `days` has a bit for each weekday on which it runs."""
    minutes, stops = tables.minutes, tables.stops.index
    return Shift(
        outward=minutes.loc[bus.depot, stops].to_numpy(),
        homeward=minutes.loc[stops, bus.depot].to_numpy(),
        between=minutes.loc[stops, stops].to_numpy(),
        starts=bus.starts,
        ends=bus.ends,
        days=days,
        setup=settings.setup,
        packup=settings.packup,
        hours=settings.hours,
        step=settings.step,
    )
