"""Why the bus does not stop where it could."""

import re
from collections.abc import Hashable

import pandas as pd

from mapping.bus import TermPlan
from mapping.scenario.choices import Scenario

# By what a stop has to have: words where the list says no, and where it says nothing.
WANTING = {
    "permission": ("Permission was refused.", "Nobody has given permission yet."),
    "level_access": ("It has no level access.", "Whether its access is level is not stated."),
    "power": ("It has no power.", "Whether it has power is not stated."),
}
NEVER = "You asked the bus never to stop here."
HUBS_REACH = "Nobody who is counted lives within the walk to it, or hubs reach them all."
NOT_SHORTLISTED = (
    "More people live near the {count} stops that were compared; a scenario file can ask for more "
    "(bus_stops)."
)
NEAR_OTHERS = "Everybody counted near it is near a stop that is visited."
MOST_WITHOUT = "It is possible, and the timetable reaches most people without it."
BEST_WITHOUT = "It is possible, and the timetable is best by what you look for without it."
FOUND_WITHOUT = "It is possible, and the best timetable that was found is without it."


def left_out(
    scenario: Scenario,
    stops: pd.DataFrame,
    plan: TermPlan,
    *,
    near: pd.DataFrame,
    people: pd.Series,
    compared: list[Hashable],
) -> pd.Series:
    """
    Return why each stop is left out that the plan does not visit, a sentence each by stop.

    No sentence holds a figure of a stop, so that those of sheltered schemes can be told too.

    Parameters
    ----------
    stops
        All stops of the place, with what their list states.
    near
        Areas by stops: whether people there can walk to it.
    people
        By area, those whom no hub reaches.
    compared
        Stops that the plan chose among.
    """
    served = near[plan.stops].any(axis=1)
    beside = near.mul(people.where(~served, 0.0), axis=0).sum()
    any_ = near.mul(people, axis=0).sum()

    def why(stop: Hashable, row: pd.Series) -> str:  # noqa: PLR0911 (a reason each)
        if stop in scenario.bus_never:
            return NEVER
        for need in scenario.bus_needs:
            said = str(row.get(need))
            if said != "yes":
                return WANTING[need][0 if said == "no" else 1]
        if not any_[stop]:
            return HUBS_REACH
        if stop not in compared:
            return NOT_SHORTLISTED.format(count=len(compared))
        if stop in plan.impossible:
            return _about(stop, str(row["name"]), plan.impossible[stop])
        if not beside[stop]:
            return NEAR_OTHERS
        if plan.status != "optimal":
            return FOUND_WITHOUT
        return MOST_WITHOUT if scenario.bus_aim == "most" else BEST_WITHOUT

    lost = stops[~stops.index.isin(plan.stops)]
    return pd.Series({stop: why(stop, row) for stop, row in lost.iterrows()}, dtype=object)


def _about(stop: Hashable, name: str, why: str) -> str:
    """Return a sentence of the planner's with the stop's name in place of its id."""
    told = _named(why, stop, name)
    return f"{told[:1].upper()}{told[1:]}."


def caveats_named(plan: TermPlan, stops: pd.DataFrame) -> tuple[str, ...]:
    """Return the caveats of a plan with the names of the stops that no day can hold."""
    caveats = plan.caveats
    for stop in plan.impossible:
        name = str(stops.loc[stop, "name"])
        caveats = tuple(_named(caveat, stop, name) for caveat in caveats)
    return caveats


def _named(text: str, stop: Hashable, name: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(str(stop))}(?!\w)", lambda _: name, text)
