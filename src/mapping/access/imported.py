"""Travel times made elsewhere: r5py, OpenTripPlanner, TravelTime, ArcGIS; long or wide tables."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from mapping.access.points import some
from mapping.access.times import TravelTimes
from mapping.errors import InvalidTableError

MODES = ("walk", "drive", "transit")

# Names of columns, as the tools write them, in small letters.
FROM = (
    "from_id", "origin", "origin_id", "originid", "from", "area", "o_id", "departure_id", "start",
)  # fmt: skip
TO = (
    "to_id", "destination", "destination_id", "destinationid", "to", "site", "d_id", "arrival_id",
    "end",
)  # fmt: skip
TIME = (
    "travel_time", "minutes", "travel_time_p50", "travel_time_minutes", "total_minutes",
    "total_traveltime", "total_walktime", "total_time", "duration_minutes", "time",
)  # fmt: skip
SECONDS = (
    "seconds", "travel_time_seconds", "duration", "travel_time_s", "duration_seconds",
    "total_seconds",
)  # fmt: skip
MODE = ("mode", "transport_mode", "transport_type", "transportation", "travel_mode")
ON_FOOT = ("walk", "walking", "foot", "pedestrian", "walking time", "walking distance")

# A walk from which a bus or train ought to be quicker somewhere.
FAR = 30.0
# As quick as the briskest walk; a journey by bus or train beats it somewhere.
BRISK = 1.3 / 1.7
# Share of far journeys that a bus or train must make quicker.
QUICKER = 0.02
# Journeys from which it can be told.
ENOUGH = 20

# Minutes: a median journey above ten hours is not one, its figures are seconds.
LONGEST = 600.0

# Times from which they are a tool's mark for no route.
ENDLESS = 1e6


def imported(
    table: pd.DataFrame,
    areas: Collection,
    sites: Collection,
    *,
    mode: str,
    source: str,
    walk: TravelTimes | None = None,
) -> TravelTimes:
    """
    Make travel times of a table that another tool wrote.

    Parameters
    ----------
    table
        Long (a column of origins, one of destinations, one of minutes or seconds) or wide (the
        first column or the index names the areas, the others are sites). Empty, negative and
        infinite times are no route.
    areas, sites
        What has to be in it; more is left out, and said.
    mode
        "walk", "drive" or "transit".
    source
        What made it, and for when, for captions: "r5py, Tuesday 10:00, timetable of May".
    walk
        Walking times between the same places; with them a matrix of walks is not taken for one of
        buses and trains, as some tools make when they lack a timetable.

    Raises
    ------
    InvalidTableError
        If the mode is not known, an area or site is missing or repeated, times are not numbers or
        clearly not minutes, or walks are labelled "transit".
    """
    if mode not in MODES:
        raise InvalidTableError(
            f"travel times: mode {mode!r} is not known; choose {', '.join(MODES)}."
        )
    minutes, caveats = _matrix(table, mode)
    _refuse_gaps(minutes, areas, sites)
    extra = (
        len(minutes.index.difference(list(areas))),
        len(minutes.columns.difference(list(sites))),
    )
    if any(extra):
        caveats.append(
            f"The travel times of {source} name {extra[0]} areas and {extra[1]} sites that are "
            "not part of this study; they are left out."
        )
    found = minutes.loc[list(areas), list(sites)]
    nowhere = int(found.isna().all(axis=1).sum())
    if nowhere:
        caveats.append(
            f"{nowhere} of {len(found)} areas have no route to any site in the travel times of "
            f"{source}."
        )
    if mode == "transit":
        caveats += _doubts(found, walk, source)
    return TravelTimes(found, mode, source, tuple(caveats), directed=True)


def _matrix(table: pd.DataFrame, mode: str) -> tuple[pd.DataFrame, list[str]]:
    """Return minutes, areas by sites, whatever the layout."""
    names = {str(column).strip().lower(): column for column in table.columns}
    start, end = _first(names, FROM), _first(names, TO)
    time, seconds = _first(names, TIME), _first(names, SECONDS)
    _refuse_walks_by_name(table, names, mode)
    if start is not None and end is not None:
        column = time if time is not None else seconds
        if column is None:
            raise InvalidTableError(
                "travel times: a long table needs a column of minutes (travel_time or minutes) or "
                f"seconds; found {', '.join(map(str, table.columns))}."
            )
        matrix = _wide(table, start, end, column)
        return _minutes(matrix, parts=60 if time is None else 1)
    wide = table if start is None else table.set_index(start)
    if start is None and not pd.api.types.is_numeric_dtype(table.iloc[:, 0]):
        wide = table.set_index(table.columns[0])
    return _minutes(wide.rename(columns=str))


def _first(names: dict[str, str], known: Collection[str]) -> str | None:
    return next((names[name] for name in known if name in names), None)


def _wide(table: pd.DataFrame, start: str, end: str, time: str) -> pd.DataFrame:
    pairs = table[[start, end]].astype(str)
    twice = pairs[pairs.duplicated()]
    if len(twice):
        raise InvalidTableError(
            f"travel times: {len(twice)} pairs stand more than once (first {twice.iloc[0, 0]} to "
            f"{twice.iloc[0, 1]}). Keep one departure time, or take the median of them first."
        )
    long = table.assign(**{start: pairs[start], end: pairs[end]})
    return (
        long.pivot(index=start, columns=end, values=time)
        .rename_axis(None)
        .rename_axis(None, axis=1)
    )


def _minutes(table: pd.DataFrame, *, parts: int = 1) -> tuple[pd.DataFrame, list[str]]:
    """Return times as numbers, of so many parts to a minute, and what was no time at all."""
    numbers = table.apply(pd.to_numeric, errors="coerce").astype(float)
    wrong = (
        numbers.isna() & table.notna() & (table.astype(str).apply(lambda c: c.str.strip()) != "")
    )
    if wrong.to_numpy().any():
        first = table.index[wrong.any(axis=1)][0]
        raise InvalidTableError(
            f"travel times: {int(wrong.to_numpy().sum())} times are not numbers (first in the row "
            f"of {first}). Leave the cell empty where there is no route."
        )
    for axis, labels in (("areas", numbers.index), ("sites", numbers.columns)):
        if labels.has_duplicates:
            raise InvalidTableError(
                f"travel times: {axis} stand more than once ({some(labels[labels.duplicated()])})."
            )
    impossible = (numbers < 0) | np.isinf(numbers) | (numbers >= ENDLESS)
    found = (numbers.mask(impossible) / parts).set_axis(numbers.index.astype(str))
    if pd.Series(found.to_numpy().ravel()).median() > LONGEST:
        raise InvalidTableError(
            f"travel times: half of them are above {LONGEST:,.0f} minutes. They look like seconds: "
            "divide by 60, or name the column seconds."
        )
    caveats = []
    if impossible.to_numpy().any():
        caveats.append(
            f"{int(impossible.to_numpy().sum())} travel times were negative or endless and count "
            "as no route."
        )
    return found, caveats


def _refuse_gaps(minutes: pd.DataFrame, areas: Collection, sites: Collection) -> None:
    faults = [
        f"{len(missing)} of {len(wanted)} {what} are missing ({some(missing)})"
        for what, wanted, labels in (
            ("areas", areas, minutes.index),
            ("sites", sites, minutes.columns),
        )
        if (missing := [label for label in wanted if label not in labels])
    ]
    if faults:
        raise InvalidTableError(
            f"travel times: {'; '.join(faults)}. Make the matrix for the areas and sites of this "
            "study, by the same codes."
        )


def _refuse_walks_by_name(table: pd.DataFrame, names: dict[str, str], mode: str) -> None:
    column = _first(names, MODE)
    if mode != "transit" or column is None:
        return
    stated = table[column].dropna().astype(str).str.strip().str.lower().unique()
    if len(stated) and set(stated) <= set(ON_FOOT):
        raise InvalidTableError(
            f'travel times: the table says itself that its mode is "{stated[0]}", so it cannot be '
            "labelled transit. Import it as walk, or make it again with a timetable."
        )


def _doubts(minutes: pd.DataFrame, walk: TravelTimes | None, source: str) -> list[str]:
    """Refuse walks under the name of transit; say so where it cannot be told."""
    untold = [
        f"Whether the travel times of {source} are by bus and train, and not walks, could not be "
        "checked: there are too few long walks to compare them with."
    ]
    if walk is None:
        return untold
    walked = walk.minutes.reindex(index=minutes.index, columns=minutes.columns)
    pace = 1.0 if walk.speed is None else walk.speed / 1.3
    usual = walked * pace
    far = (usual > FAR) & minutes.notna()
    if far.to_numpy().sum() < ENOUGH:
        return untold
    quicker = (minutes < usual * BRISK) & far
    if quicker.to_numpy().sum() < QUICKER * far.to_numpy().sum():
        raise InvalidTableError(
            f"travel times: those of {source} are nowhere quicker than a brisk walk, so they are "
            "walking times and cannot be labelled transit. The tool had no timetable for that "
            "day: give it one and make them again, or import them as walk."
        )
    return []
