"""Check a term's timetable against every rule, with none of the planner's own code."""

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from mapping.errors import InvalidTableError

if TYPE_CHECKING:
    from mapping.bus.settings import Settings
    from mapping.bus.slots import Bus, Slot

# Minutes; sums of the same legs in another order differ by less.
SLACK = 1e-6
DAY_LONG = 24 * 60

VISIT = ("slot", "bus", "weekday", "product", "order", "stop", "length", "visits",
         "arrive", "open", "close", "leave", "rest")  # fmt: skip
DAY = ("slot", "bus", "weekday", "visits", "depart", "back", "driving", "duty", "cost")


def verify_term(
    timetable: pd.DataFrame,
    days: pd.DataFrame,
    stops: pd.DataFrame,
    minutes: pd.DataFrame,
    *,
    buses: "Sequence[Bus]",
    slots: "Sequence[Slot]",
    settings: "Settings",
) -> None:
    """
    Refuse a term's timetable that breaks a rule, naming every rule it breaks.

    Parameters
    ----------
    timetable, days
        As in `TermPlan`; sessions may start later than they could.
    stops, minutes, buses, slots, settings
        As for `plan_term`.

    Raises
    ------
    InvalidTableError
        If a stop is unknown or has two places in the term; a slot is used twice, two fall on the
        same date, or a row contradicts its slot; a stop that has to be visited is not, or less
        often than asked, or one is visited on a day or at a time when it is not possible; a session
        opens between the full minutes asked for, is of a length that was not asked for, or set-up,
        session or packing is cut short; the bus drives faster than it can, leaves too early or is
        back too late; driving, duty, or work and driving without a break exceed the driver's hours,
        or too little rest is left between two days; what is stated of a day does not add up; or
        the budget is exceeded.
    """
    lost = [name for name in VISIT if name not in timetable] + [n for n in DAY if n not in days]
    if lost:
        raise InvalidTableError(f"bus timetable: no column {', '.join(lost)}.")
    faults = [*_choice_faults(timetable, stops), *_slot_faults(timetable, days, slots)]
    if float((days["cost"] * days["visits"]).sum()) > settings.budget * (1 + 1e-9) + 1e-6:
        faults.append(f"the term costs more than the budget of £{settings.budget:,.0f}")
    if not faults:
        for number, rows in timetable.groupby("slot"):
            day = days[days["slot"] == number].iloc[0]
            found = _day_faults(rows, day, stops, minutes, buses, slots[int(number)], settings)
            faults += [f"slot {number}: {fault}" for fault in found]
        faults += _term_faults(days, slots, settings)
    if faults:
        raise InvalidTableError(f"bus timetable: {'; '.join(faults)}.")


def _choice_faults(timetable: pd.DataFrame, stops: pd.DataFrame) -> Iterator[str]:
    for stop in timetable["stop"][timetable["stop"].duplicated()].unique():
        yield f"{stop} has two places in the term"
    for stop in timetable["stop"][~timetable["stop"].isin(stops.index)].unique():
        yield f"no such stop: {stop}"
    if "must" in stops:
        wanted = stops.index[stops["must"].fillna(value=False).astype(bool)]
        for stop in wanted[~wanted.isin(timetable["stop"])]:
            yield f"{stop} has to be visited and is not"


def _slot_faults(
    timetable: pd.DataFrame, days: pd.DataFrame, slots: "Sequence[Slot]"
) -> Iterator[str]:
    if days["slot"].duplicated().any():
        yield "a slot is used twice"
    if set(days["slot"]) != set(timetable["slot"]):
        yield "days and timetable do not name the same slots"
    for table in (timetable, days):
        for row in table.itertuples(index=False):
            if row.slot not in range(len(slots)):
                yield f"slot {row.slot} is not one of {len(slots)}"
                continue
            slot = slots[row.slot]
            if (row.bus, row.weekday, row.visits) != (slot.bus, slot.weekday, len(slot.weeks)):
                yield f"slot {row.slot} is of another bus, weekday or number of visits"


def _term_faults(
    days: pd.DataFrame, slots: "Sequence[Slot]", settings: "Settings"
) -> Iterator[str]:
    """Return where a bus has two timetables at once, or its driver too little rest between days."""
    duty: dict[tuple[int, int], list[tuple[float, float, int]]] = {}
    for day in days.itertuples(index=False):
        for week in slots[day.slot].weeks:
            date = 7 * week + slots[day.slot].weekday
            duty.setdefault((day.bus, date), []).append((day.depart, day.back, day.slot))
    told = set()
    for (bus, date), found in duty.items():
        if len(found) > 1:
            told.add(f"slots {found[0][2]} and {found[1][2]} fall on the same date")
        for depart, _, slot in duty.get((bus, date + 1), []):
            rest = DAY_LONG - found[0][1] + depart
            if rest < settings.hours.daily_rest - SLACK:
                told.add(
                    f"{rest:g} minutes of rest between slots {found[0][2]} and {slot}, at least "
                    f"{settings.hours.daily_rest:g} are due"
                )
    yield from sorted(told)


def _day_faults(  # noqa: PLR0917 (a rule each)
    rows: pd.DataFrame,
    day: pd.Series,
    stops: pd.DataFrame,
    minutes: pd.DataFrame,
    buses: "Sequence[Bus]",
    slot: "Slot",
    settings: "Settings",
) -> Iterator[str]:
    bus, hours = buses[slot.bus], settings.hours
    times = ["arrive", "open", "close", "leave", "rest", "length"]
    if not all(math.isfinite(value) for value in rows[times].to_numpy().ravel()):
        yield "a time is missing"
        return
    if list(rows["order"]) != list(range(1, len(rows) + 1)):
        yield "visits are out of order"
    if day["depart"] < bus.starts - SLACK:
        yield f"the bus leaves at {day['depart']:g}, before the shift starts at {bus.starts:g}"
    at: Hashable = bus.depot
    left = worked_since = float(day["depart"])
    driven = driven_since = 0.0
    for row in rows.itertuples(index=False):
        leg = float(minutes.loc[at, row.stop])
        driven, driven_since = driven + leg, driven_since + leg
        yield from _leg_faults((at, row.stop), leg, left, row.arrive)
        yield from _stop_faults(row, stops.loc[row.stop], slot, settings)
        yield from _hour_faults(row.leave - worked_since, driven_since, hours)
        at, left = row.stop, row.leave + row.rest
        if row.rest:
            if row.rest < hours.rest - SLACK:
                yield f"the break at {row.stop} is {row.rest:g} of {hours.rest:g} minutes"
            worked_since, driven_since = left, 0.0
    home = float(minutes.loc[at, bus.depot])
    driven, driven_since = driven + home, driven_since + home
    yield from _leg_faults((at, bus.depot), home, left, day["back"])
    if day["back"] > bus.ends + SLACK:
        yield f"back at {day['back']:g}, after the shift ends at {bus.ends:g}"
    yield from _hour_faults(day["back"] - worked_since, driven_since, hours)
    yield from _total_faults(day, driven, settings)


def _leg_faults(
    way: tuple[Hashable, Hashable], leg: float, leave: float, arrive: float
) -> Iterator[str]:
    start, end = way
    if not math.isfinite(leg):
        yield f"no route from {start} to {end}"
    elif arrive < leave + leg - SLACK:
        yield f"{end} is reached at {arrive:g}, but not before {leave + leg:g}"


def _total_faults(day: pd.Series, driven: float, settings: "Settings") -> Iterator[str]:
    """Return what is wrong with the sums of a day."""
    duty, hours = day["back"] - day["depart"], settings.hours
    if duty > hours.duty + SLACK:
        yield f"{duty:g} minutes of duty, at most {hours.duty:g} are allowed"
    if driven > hours.driving + SLACK:
        yield f"{driven:g} minutes of driving, at most {hours.driving:g} are allowed"
    if abs(duty - day["duty"]) > SLACK or day["driving"] < driven - SLACK:
        yield "driving or duty of the day do not add up"
    if day["cost"] < duty / 60 * settings.hour_cost - SLACK:
        yield "the day's cost is below that of its hours"


def _hour_faults(worked: float, driven: float, hours: Any) -> Iterator[str]:
    if worked > hours.work_before_break + SLACK:
        yield f"{worked:g} minutes of work without a break, at most {hours.work_before_break:g}"
    if driven > hours.driving_before_break + SLACK:
        yield (
            f"{driven:g} minutes of driving without a break, at most {hours.driving_before_break:g}"
        )


def _stop_faults(row: Any, stop: pd.Series, slot: "Slot", settings: "Settings") -> Iterator[str]:
    if not any(abs(row.length - length) <= SLACK for length in settings.lengths):
        yield f"{row.stop} gets a session of {row.length:g} minutes, which was not asked for"
    if row.open < row.arrive + settings.setup - SLACK:
        early = row.open - row.arrive
        yield f"{row.stop} opens {early:g} minutes after it arrives, set-up takes more"
    step = settings.step
    if step and abs(row.open - round(row.open / step) * step) > SLACK:
        yield f"{row.stop} starts at {row.open:g}, which is no multiple of {step:g} minutes"
    if row.close < row.open + row.length - SLACK:
        yield f"{row.stop} gets {row.close - row.open:g} of {row.length:g} minutes"
    if row.leave < row.close + settings.packup - SLACK:
        left = row.leave - row.close
        yield f"{row.stop} is left {left:g} minutes after closing, packing takes more"
    yield from _opening_faults(row, stop, slot)


def _opening_faults(row: Any, stop: pd.Series, slot: "Slot") -> Iterator[str]:
    limits = {name: stop.get(name, math.nan) for name in ("opens", "closes", "starts")}
    limits = {name: float(value) for name, value in limits.items() if pd.notna(value)}
    if row.open < limits.get("opens", -math.inf) - SLACK:
        yield f"{row.stop} starts at {row.open:g}, before it opens at {limits['opens']:g}"
    if row.close > limits.get("closes", math.inf) + SLACK:
        yield f"{row.stop} ends at {row.close:g}, after it closes at {limits['closes']:g}"
    if abs(row.open - limits.get("starts", row.open)) > SLACK:
        yield f"{row.stop} starts at {row.open:g}, it has to at {limits['starts']:g}"
    windows = stop.get("windows", None)
    if isinstance(windows, list | tuple) and not any(
        slot.weekday in days and row.open >= opens - SLACK and row.close <= closes + SLACK
        for opens, closes, days in windows
    ):
        yield f"{row.stop} is visited from {row.open:g} to {row.close:g}, when it is not open"
    often = stop.get("visits", math.nan)
    if pd.notna(often) and slot.often < often:
        yield f"{row.stop} is to be visited {often:g} times in a cycle, and is {slot.often} times"
    possible = stop.get("weekdays", None)
    if isinstance(possible, list | tuple | set) and slot.weekday not in possible:
        yield f"{row.stop} is visited on weekday {slot.weekday}, when it is not possible"
