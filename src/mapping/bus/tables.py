"""The tables of a term's plan, checked and put in one order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mapping.bus.problem import name_some
from mapping.bus.slots import WEEKDAYS, Bus, Slot
from mapping.errors import InvalidTableError

MIDNIGHT = 1440.0
EVERY_DAY = tuple(range(len(WEEKDAYS)))

Window = tuple[float, float, tuple[int, ...]]
"""Opening, closing, and the weekdays on which they hold."""


@dataclass(frozen=True, eq=False)
class Tables:
    """
    Tables in one order, whatever the order they came in.

    Parameters
    ----------
    stops
        By stop, in the order of their names: `opens`, `closes`, `starts` (NaN: not fixed),
        `weekdays`, `must` and `windows`, opening and closing with the weekdays they hold on.
    reach
        Areas by stops.
    people
        By area.
    minutes
        Whole minutes over depots and stops; infinite where no route.
    km
        As `minutes`; NaN where not known.
    """

    stops: pd.DataFrame
    reach: pd.DataFrame
    people: pd.Series
    minutes: pd.DataFrame
    km: pd.DataFrame


def read_tables(
    stops: pd.DataFrame,
    reach: pd.DataFrame,
    people: pd.Series,
    minutes: pd.DataFrame,
    km: pd.DataFrame | None,
    *,
    buses: Sequence[Bus],
    slots: Sequence[Slot],
) -> Tables:
    """
    Check the tables of `plan_term`, all faults at once.

    Raises
    ------
    InvalidTableError
        With every fault found.
    """
    depots = list(dict.fromkeys(bus.depot for bus in buses))
    faults = _faults(stops, reach, minutes, depots, buses, slots)
    if faults:
        raise InvalidTableError(f"bus: {'; '.join(faults)}.")
    order = sorted(stops.index, key=str)
    labels = list(dict.fromkeys([*depots, *order]))
    legs = minutes.loc[labels, labels].astype(float)
    whole = np.ceil(legs.to_numpy() - 1e-6)
    whole[np.isnan(whole)] = np.inf
    np.fill_diagonal(whole, 0.0)
    legs = pd.DataFrame(whole, labels, labels)
    ways = (
        pd.DataFrame(np.nan, labels, labels) if km is None else km.reindex(labels, columns=labels)
    )
    near = reach[order].astype(bool)
    count = people.reindex(near.index).fillna(0.0).astype(float)
    faults = _value_faults(count, legs)
    if faults:
        raise InvalidTableError(f"bus: {'; '.join(faults)}.")
    return Tables(_filled(stops.loc[order]), near, count, legs, ways.astype(float))


def _filled(stops: pd.DataFrame) -> pd.DataFrame:
    def numbers(name: str, otherwise: float) -> pd.Series:
        if name not in stops:
            return pd.Series(otherwise, stops.index)
        return pd.to_numeric(stops[name]).astype(float).fillna(otherwise)

    days = [
        tuple(entry) if isinstance(entry, list | tuple | set) else EVERY_DAY
        for entry in (stops["weekdays"] if "weekdays" in stops else [EVERY_DAY] * len(stops))
    ]
    must = stops["must"].fillna(value=False) if "must" in stops else False
    filled = pd.DataFrame(
        {
            "opens": numbers("opens", 0.0),
            "closes": numbers("closes", MIDNIGHT),
            "starts": numbers("starts", np.nan),
            "weekdays": pd.Series(days, stops.index, dtype=object),
            "must": pd.Series(must, stops.index).astype(bool),
            "visits": numbers("visits", 0.0),
        }
    )
    given = stops["windows"] if "windows" in stops else pd.Series(None, stops.index, dtype=object)
    windows = [_windows(row, given[stop]) for stop, row in filled.iterrows()]
    return filled.assign(
        windows=pd.Series(windows, stops.index, dtype=object),
        weekdays=[
            tuple(day for day in row if any(day in window[2] for window in held))
            for row, held in zip(days, windows, strict=True)
        ],
    )


def _windows(stop: pd.Series, given: object) -> tuple[Window, ...]:
    """Return when sessions may lie, within what else is said of the stop."""
    every = given if isinstance(given, list | tuple) else ((0.0, MIDNIGHT, EVERY_DAY),)
    held: dict[tuple[float, float], list[int]] = {}
    for opens, closes, days in every:
        span = max(float(opens), stop["opens"]), min(float(closes), stop["closes"])
        if span[0] < span[1]:
            held.setdefault(span, []).extend(day for day in stop["weekdays"] if day in days)
    return tuple((*span, tuple(days)) for span, days in held.items() if days)


def _faults(  # noqa: PLR0917 (a rule each)
    stops: pd.DataFrame,
    reach: pd.DataFrame,
    minutes: pd.DataFrame,
    depots: Sequence[object],
    buses: Sequence[Bus],
    slots: Sequence[Slot],
) -> list[str]:
    wanted = pd.Index([*depots, *stops.index], dtype=object)
    checks = {
        "stops: ids must be unique, repeated": stops.index[stops.index.duplicated()].unique(),
        "reach: no column for": stops.index.difference(reach.columns),
        "reach: areas repeat": reach.index[reach.index.duplicated()].unique(),
        "minutes: rows repeat": minutes.index[minutes.index.duplicated()].unique(),
        "minutes: columns repeat": minutes.columns[minutes.columns.duplicated()].unique(),
        "minutes: no row for": wanted.difference(minutes.index),
        "minutes: no column for": wanted.difference(minutes.columns),
    }
    faults = [f"{text} {name_some(found)}" for text, found in checks.items() if len(found)]
    if not buses:
        faults.append("no bus is given, and so no depot; name one")
    if not slots:
        faults.append("no day is left to run on; take out bank holidays or add weekdays")
    if not len(stops):
        faults.append("stops: the table is empty")
    faults += [
        f"the shift of bus {place} ends at {bus.ends:g} minutes after midnight, not after its "
        f"start at {bus.starts:g}"
        for place, bus in enumerate(buses, start=1)
        if not bus.ends > bus.starts
    ]
    if any(slot.bus not in range(len(buses)) for slot in slots):
        faults.append(f"a slot names a bus that is not one of {len(buses)}")
    return faults


def _value_faults(people: pd.Series, legs: pd.DataFrame) -> list[str]:
    faults = []
    wrong = people.index[~np.isfinite(people) | (people < 0)]
    if len(wrong):
        faults.append(f"people is below 0 or not a number at {name_some(wrong)}")
    below = legs.index[(legs < 0).any(axis=1)]
    if len(below):
        faults.append(f"minutes: below 0 from {name_some(below)}")
    return faults
