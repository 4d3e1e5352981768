"""What an outcome says, in the words of a planner: people first, rounded to what is known."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from mapping import access
from mapping.disclosure import NOT_SHOWN, sheltered
from mapping.exclusion import Exclusion
from mapping.report.coming import first_time, whenever
from mapping.rounding import about, between, chance, number, pounds
from mapping.scenario import (
    MEASURES,
    Outcome,
    Place,
    Scenario,
    as_chosen,
    compare,
    with_own,
)
from mapping.scenario.routing import slots

# Wards that count as those with the highest shares.
HIGHEST = 1 / 6

# New hubs are named up to this number; of more, the first few, as tables name them all.
NAMED, FIRST = 12, 6

UNKNOWN = "not known"
UNKNOWN_TODAY = f"{UNKNOWN} (no list of open hubs)"
OPENS_NONE = "one of them opens no hub, and no list of the hubs open now was given."
NO_LIST = (
    "how many are within reach of a hub is not known, as no list of the hubs open now was given"
)

PROVEN = 1e-6  # what is left of a gap by rounding


def area_told(area: str, exclusion: Exclusion) -> str:
    """Return how many adults of an area are likely to be offline, and how sure that is."""
    row = exclusion.frame.reindex([area]).iloc[0]
    if pd.isna(row["people"]):
        return "There is no estimate for this area."
    return (
        f"About {about(row['people'])} adults likely to be offline "
        f"({between(row['people_low'], row['people_high'])}), about {row['share']:.0%} of its "
        f"adults ({row['low']:.0%} to {row['high']:.0%})."
    )


def headline(place: Place) -> str:
    """Return how many adults are estimated excluded, with the interval."""
    total = place.exclusion.total()
    return (
        f"About {about(total['people'])} adults in {place.name} "
        f"({between(total['low'], total['high'])}) are likely to be offline."
    )


def meaning(exclusion: Exclusion) -> str:
    """Return what is counted (outcome, population, year), and what ranges and draws are."""
    return (
        f"“Offline” means: {exclusion.outcome} ({exclusion.population}, {exclusion.year}). "
        "Ranges are 95% intervals; “draws” are the many ways the estimate could turn out."
    )


def among(place: Place) -> int:
    """Return how many wards count as those with the highest shares: a sixth of all, 10 of 63."""
    return max(1, int(HIGHEST * len(place.ward_exclusion.draws)))


def recommendation(outcome: Outcome, place: Place) -> str:
    """Return what the scenario proposes and whom it brings within reach."""
    place = with_own(place, outcome.scenario.placed)
    parts = []
    if outcome.new_hubs:
        names = place.sites.loc[list(outcome.new_hubs), "name"]
        closing = place.sites.loc[list(outcome.closed_hubs), "name"]
        close = f" Close {joined(closing)}." if len(closing) else ""
        parts.append(
            f"Open {_counted(len(names), 'new hub')}: {_some(names)}.{close} {reach(outcome)}"
        )
    if outcome.bus_plan is not None:
        parts.append(bus_reach(outcome))
    return " ".join(parts) or "Change nothing."


def reach(outcome: Outcome) -> str:
    """Return how many excluded adults live within reach of a hub, and how many more than today."""
    if not outcome.reach_known:
        return f"{NO_LIST[:1].upper()}{NO_LIST[1:]}."
    then, values = outcome.measures.loc["reach"], outcome.measures["value"]
    if not then["value"]:
        return (
            f"Nobody who is likely to be offline would live within {outcome.scenario.within:g} "
            "minutes’ walk of a hub."
        )
    told = (
        f"About {about(then['value'])} adults likely to be offline "
        f"({between(then['low'], then['high'])}) would live within {outcome.scenario.within:g} "
        "minutes’ walk of a hub; "
    )
    if "reach_now" not in values:
        return f"{told}how many do so today is not known, as no list of open hubs was given."
    if not values["reach_now"]:
        return f"{told}none are counted as within reach today."
    lost = values.get("lost", 0.0)
    fewer = f" and about {about(lost)} who are today no longer would" if lost else ""
    return (
        f"{told}today it is about {about(values['reach_now'])}, so about "
        f"{about(values['gained'])} more{fewer}."
    )


def bus_reach(outcome: Outcome, *, whom: str = "more such adults") -> str:
    """Return what the bus adds for those whom no hub reaches; `whom` it counts, if not told yet."""
    row = outcome.measures.loc["bus_reach"]
    sessions = 0 if outcome.bus_plan is None else len(outcome.bus_plan.timetable)
    return (
        f"A bus with {_counted(sessions, 'session')} in "
        f"{_counted(outcome.scenario.bus_days, 'day')} stops within "
        f"{outcome.scenario.bus_walk:g} minutes’ walk of about {about(row['value'])} {whom} "
        f"({between(row['low'], row['high'])}), whom no hub reaches."
    )


def proof(outcome: Outcome) -> str:
    """Return how good the plans are known to be."""
    lines = []
    fixed = {*outcome.scenario.must_open, *outcome.scenario.placed}
    if outcome.scenario.placed and fixed >= set(outcome.new_hubs):
        lines.append("Every new hub is where you put it: nothing was left to choose.")
    elif outcome.new_hubs and outcome.hub_plan is not None:
        gap = outcome.hub_plan.gap
        lines.append(
            "The hub sites are proven best for this question by this estimate."
            if gap < PROVEN
            else f"The hub sites are within {gap:.1%} of the best possible for this question by "
            "this estimate."
        )
    if outcome.bus_plan is not None:
        gap = outcome.bus_plan.gap
        lines.append(
            "The bus timetable is proven best over the stops shortlisted, each person counted once."
            if gap < PROVEN
            else "The bus timetable over the stops shortlisted, each person counted once, is "
            f"within {gap:.1%} of the best possible."
        )
    return " ".join(lines)


def measure_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return measures by scenario as text, rounded, with intervals where there are any."""
    columns = {}
    labels: dict[str, str] = {}
    for outcome in outcomes:
        measures = outcome.measures
        labels |= measures["label"].to_dict()
        columns[outcome.scenario.name] = pd.Series(
            {name: printed(row) for name, row in measures.iterrows()}
        )
    if "bus_reach" not in labels:
        del labels["any_reach"]  # without a bus it says what "reach" says
    order = [name for name in MEASURES if name in labels]
    frame = pd.DataFrame(columns).reindex(order).fillna("–")
    frame.index = pd.Index([labels[name] for name in frame.index], name="Measure")
    return frame


def printed(row: pd.Series) -> str:  # noqa: PLR0911 (a unit each)
    """Return one measure as text, rounded to its precision."""
    if pd.isna(row["value"]):
        return UNKNOWN
    if row["unit"] == "people":
        if row["value"] == 0:
            return "none"
        return f"{about(row['value'])} ({between(row['low'], row['high'])})"
    if row["unit"] == "minutes":
        bounds = "" if pd.isna(row["low"]) else f" ({row['low']:.0f} to {row['high']:.0f})"
        return f"{row['value']:.0f} minutes{bounds}"
    if row["unit"] == "hours":
        return f"{row['value']:.1f} hours"
    if row["unit"].startswith("£"):
        middle = row["value"]
        low, high = (pounds(row[end], beside=middle) for end in ("low", "high"))
        bounds = "" if pd.isna(row["low"]) else f" ({low} to {high})"
        yearly = " a year" if row["unit"] == "£ a year" else ""
        return f"{pounds(middle)}{bounds}{yearly}"
    if row["unit"] == "km":
        return f"{number(row['value'])} km"
    return number(row["value"])


def within_reach(row: Any, *, known: bool = True) -> str:
    """Return people within reach, with `value`, `low` and `high`, or that they are not known."""
    if not known:
        return UNKNOWN_TODAY
    return f"{about(row.value)} ({between(row.low, row.high)})" if row.value else "none"


def difference(first: Outcome, second: Outcome) -> str:
    """Return whom one scenario reaches beside the first, and whether the two can be told apart."""
    rows = compare([first, second]).set_index(["scenario", "measure"])
    one, two = first.scenario, second.scenario
    if not (first.reach_known and second.reach_known):
        return (
            f"How many “{two.name}” has within reach beside “{one.name}” is not known: {OPENS_NONE}"
        )
    count, sure = _change(rows.loc[(two.name, "reach")])
    than = "as" if count == "as many" else "than"
    told = f"“{two.name}” brings {count} within reach of a hub {than} “{one.name}”{sure}."
    if first.bus_plan is not None or second.bus_plan is not None:
        count, sure = _change(rows.loc[(two.name, "any_reach")])
        told += f" Counting bus stops too, it is {count}{sure}."
    if one.within != two.within or one.bus_walk != two.bus_walk:
        told += (
            f" Mind that they count differently: up to {two.within:g} minutes’ walk to a hub and "
            f"{two.bus_walk:g} to the bus here, {one.within:g} and {one.bus_walk:g} there."
        )
    return told


def _change(row: pd.Series) -> tuple[str, str]:
    """Return a difference of people in words, and how sure it is."""
    low, high = row["difference_low"], row["difference_high"]
    if low == high == 0:
        return "as many", ""
    count = f"about {about(abs(row['difference']))} {'more' if row['difference'] > 0 else 'fewer'}"
    if low * high <= 0:
        return count, ", but the two cannot be told apart with this estimate"
    sure = chance(max(row["more_likely"], 1 - row["more_likely"]))
    return count, f" ({between(*sorted((abs(low), abs(high))))}; in {sure} of draws)"


def timetable(outcome: Outcome, place: Place) -> pd.DataFrame:
    """Return the bus timetable with days, times of day and names of stops."""
    from mapping import bus

    if outcome.bus_plan is None:
        return pd.DataFrame()
    place = as_chosen(place, outcome.scenario)
    plan, first = outcome.bus_plan, outcome.scenario.bus_first_day
    table = plan.timetable.copy()
    runs = slots(outcome.scenario, place)
    table.insert(0, "on", [first_time(runs[slot], first) for slot in table["slot"]])
    table.insert(1, "every", [whenever(runs[slot], first) for slot in table["slot"]])
    table.insert(2, "name", place.stops.loc[table["stop"], "name"].to_numpy())
    for name, column in {
        "arrives": "arrive", "opens": "open", "closes": "close", "leaves": "leave"
    }.items():  # fmt: skip
        table[name] = table[column].map(bus.time_of)
    hidden = stop_count_hidden(outcome, place)
    people = outcome.stops["people"].map(about).mask(hidden, NOT_SHOWN)
    table["people_within_reach"] = people.reindex(table["stop"]).to_numpy()
    if len(plan.firm):
        table["chosen_in_draws"] = plan.firm.reindex(table["stop"]).round(2).to_numpy()
    return table.drop(columns=["arrive", "open", "close", "leave"])


def own_count_hidden(sites: pd.DataFrame) -> pd.Series:
    """Mark sites whose own count is about those who live there."""
    told = [sheltered(*row) for row in sites[["kind", "name"]].itertuples(index=False)]
    return pd.Series(told, sites.index, dtype=bool)


def stop_count_hidden(outcome: Outcome, place: Place) -> pd.Series:
    """
    Mark stops of the bus whose own count is not shown.

    Everybody counts at one stop alone, so a single hidden count would follow from the total and
    the others: the stop with the fewest people is then hidden beside it.
    """
    people, place = outcome.stops["people"], as_chosen(place, outcome.scenario)
    return with_another(own_count_hidden(place.stops.loc[people.index]), people)


def hub_count_hidden(outcome: Outcome, place: Place) -> pd.Series:
    """Mark new hubs whose own count is not shown, and one beside a single one, as for stops."""
    sites = with_own(place, outcome.scenario.placed).sites.loc[list(outcome.new_hubs)]
    return with_another(own_count_hidden(sites), _people_within(outcome, place))


def _people_within(outcome: Outcome, place: Place) -> pd.Series:
    """Return the adults likely to be offline within reach of each new hub."""
    place = with_own(place, outcome.scenario.placed)
    near = access.within(place.walk.minutes[list(outcome.new_hubs)], outcome.scenario.within)
    return near.mul(place.exclusion.people.reindex(near.index), axis=0).sum()


def with_another(hidden: pd.Series, people: pd.Series) -> pd.Series:
    """
    Hide the least count beside a single hidden one, where all add up to a known total.

    Examples
    --------
    >>> people = pd.Series({"a": 90, "b": 30, "c": 60})
    >>> with_another(people == 90, people).tolist(), with_another(people < 80, people).tolist()
    ([True, True, False], [False, True, True])
    """
    if hidden.sum() != 1 or hidden.all():
        return hidden
    least = people.reindex(hidden.index)[~hidden].sort_values(kind="stable").index[0]
    return hidden | (hidden.index == least)


def held_back(place: Place) -> str:
    """Return in a line what was suppressed and by which rule, or that nothing had to be."""
    rules = (str(log["rule"]) for log in place.suppressed)
    return " ".join((*rules, *place.disclosure[-1:]))


def totals(place: Place) -> pd.DataFrame:
    """Return, as text, what the city adds up to before and after every join."""
    checks = place.reconciliation
    return pd.DataFrame(
        {
            "Measure": checks["measure"].str.replace("_", " "),
            "File": checks["source"],
            "In the file": checks["before"].map(number),
            "In LSOAs": checks["lsoas"].map(number),
            "In wards": checks["wards"].map(number),
        }
    )


def matches(place: Place) -> pd.DataFrame:
    """Return, as text, what of every table was joined and what was not."""
    rows = place.matched
    told = rows["vintage"] if "vintage" in rows else pd.Series("", rows.index)
    return pd.DataFrame(
        {
            "Table": rows["table"],
            "What it is of": told.fillna("as the table of LSOAs"),
            "Areas wanted": rows["wanted"].map(number),
            "Matched": rows["matched"].map(number),
            "Missing": rows["missing"].map(number),
            "Of other places": rows["elsewhere"].map(number),
        }
    )


def earlier_wards(place: Place) -> pd.DataFrame | None:
    """Return, as text, where the people of earlier wards live now; None if that is not held."""
    table = place.earlier_wards
    if table is None:
        return None
    ordered = table.sort_values(["earlier_name", "of_earlier"], ascending=[True, False])
    return pd.DataFrame(
        {
            "Earlier ward": ordered["earlier_name"],
            "Present ward": ordered["later_name"],
            "People": ordered["people"].map(number),
            "Of the earlier ward": ordered["of_earlier"].map("{:.0%}".format),
            "Of the present ward": ordered["of_later"].map("{:.0%}".format),
        }
    ).reset_index(drop=True)


def social_renting(place: Place) -> str:
    """Return how many households rent from a council or housing association."""
    rented, all_ = place.lsoas["social_rented"].sum(), place.lsoas["households"].sum()
    return (
        f"{rented / all_:.1%} of {number(all_)} households in {place.name} rent from a social "
        f"landlord ({census(place)})."
    )


def census(place: Place) -> str:
    """Return where counts of people and homes are from."""
    return "made-up figures" if place.fictional else "Census 2021"


def hub_table(outcome: Outcome, place: Place) -> pd.DataFrame:
    """Return the proposed hubs with the people within reach of each."""
    place = with_own(place, outcome.scenario.placed)
    scenario = outcome.scenario
    people = _people_within(outcome, place).map(about)
    sites = place.sites.loc[list(outcome.new_hubs)]
    table = pd.DataFrame(
        {
            "Site": sites.index,
            "Name": sites["name"],
            "Kind": sites["kind"],
            f"Adults offline within {scenario.within:g} minutes": people.mask(
                hub_count_hidden(outcome, place), NOT_SHOWN
            ),
        }
    )
    if sites["cost"].notna().all():
        table["£ a year"] = sites["cost"].map(number)
    return table.reset_index(drop=True)


def bus_table(outcome: Outcome, place: Place) -> pd.DataFrame:
    """Return the timetable as it is printed: a line per session."""
    table = timetable(outcome, place)
    return pd.DataFrame(
        {
            "Day": table["on"],
            "Arrive": table["arrives"],
            "Session": table["opens"] + "–" + table["closes"],
            "Leave": table["leaves"],
            "Stop": table["name"],
            "Adults offline within reach": table["people_within_reach"],
        }
    )


def follow_on(stop: str, outcome: Outcome, place: Place) -> str:
    """
    Return where those who came to a taster can go on: the nearest hub, or course of the bus.

    Nearest on average for the people within reach of the stop; "" where nothing can be walked to.
    """
    scenario, plan = outcome.scenario, outcome.bus_plan
    place = as_chosen(place, scenario)
    near = place.walk_to_stops.minutes[stop] <= scenario.bus_walk
    people = place.exclusion.people.reindex(near.index)[near]
    courses = [] if plan is None else plan.timetable.query("product == 'course'")["stop"]
    hubs = [] if outcome.hub_plan is None else list(outcome.hub_plan.sites)
    walks = pd.concat(
        [place.walk.minutes[hubs].loc[people.index],
         place.walk_to_stops.minutes[list(courses)].loc[people.index].add_prefix("bus:")], axis=1
    )  # fmt: skip
    mean = walks.mul(people, axis=0).sum(skipna=False) / people.sum()
    if not mean.notna().any():
        return ""
    best = str(mean.idxmin())
    course = best.startswith("bus:")
    table, where = (place.stops, best[4:]) if course else (place.sites, best)
    what = "the bus’s course at " if course else ""
    return f"To go on: {what}{table.loc[where, 'name']}, about {mean[best]:.0f} minutes’ walk."


def file_name(scenario: Scenario) -> str:
    """
    Return the name of a scenario's file in an export.

    Examples
    --------
    >>> file_name(Scenario(name="Five hubs, Speke first!", study="demo"))
    'scenario-five-hubs-speke-first.toml'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", scenario.name.lower()).strip("-")
    return f"scenario-{slug[:60] or 'unnamed'}.toml"


def joined(names: Sequence[str] | pd.Series) -> str:
    """
    Return names as a list in a sentence.

    Examples
    --------
    >>> joined(["Alder", "Birch", "Cedar"])
    'Alder, Birch and Cedar'
    """
    names = [str(name) for name in names]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def _some(names: pd.Series) -> str:
    """Return names as a list in a sentence, cut short where nobody would read to its end."""
    if len(names) <= NAMED:
        return joined(names)
    return joined([*names.iloc[:FIRST], f"{len(names) - FIRST} more"])


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
