"""Who can reach a hub and who cannot: by place, ward, group of people and deprivation."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from mapping import access
from mapping.access.opening import When
from mapping.disclosure import NOT_SHOWN
from mapping.errors import InvalidTableError
from mapping.exclusion.result import TAILS
from mapping.report.words import joined, own_count_hidden, with_another
from mapping.rounding import about, between
from mapping.scenario import Place
from mapping.scenario.fairness import kappa

Pace = Literal["usual", "slow", "transit"]

HOW = {
    "usual": ("walk", f"at an ordinary adult’s {access.WALKING} m/s"),
    "slow": ("walk", f"at a slow walker’s {access.SLOW_WALKING} m/s"),
    "transit": ("journey", "by bus, train and on foot"),
}
TIMES = {
    "any": "",
    "daytime": " that is open on a weekday between 9 and 17",
    "evening": " that is open on a weekday evening",
    "weekend": " that is open at the weekend",
}
# Groups who walk slowly unless the reader says otherwise.
SLOW = ("65 to 74", "75 to 84", "85 and over", "disabled")
DECILES = {1: "1 (most deprived tenth of England)", 10: "10 (least deprived)"}


@dataclass(frozen=True, eq=False)
class Reach:
    """
    The hubs that count, and the minutes to the nearest of them.

    Parameters
    ----------
    within
        Minutes that count as within reach.
    pace
        How people go; see `HOW`.
    when
        When the hubs have to be open; see `TIMES`.
    hubs
        Their ids.
    times
        To all sites, as people go.
    minutes
        To the nearest of the hubs, by area; NaN where there is no route.
    slowly
        The same at the pace of older and disabled residents.
    caveats
        What has to be known besides.
    """

    within: float
    pace: Pace
    when: When
    hubs: tuple[str, ...]
    times: access.TravelTimes
    minutes: pd.Series
    slowly: pd.Series
    caveats: tuple[str, ...]

    @property
    def beyond(self) -> pd.Series:
        """Whether each area lies beyond reach of every hub; no route is beyond."""
        return ~access.within(self.minutes.to_frame(), self.within).iloc[:, 0]


def reach(place: Place, *, within: float, pace: Pace = "usual", when: When = "any") -> Reach:
    """
    Find the nearest hub open to everybody, of those that are open when it matters.

    Raises
    ------
    InvalidTableError
        If journeys by bus and train are asked for and none were given.
    """
    slow = place.walk_slow or place.walk.slowly()
    times = {"usual": place.walk, "slow": slow, "transit": place.transit}[pace]
    if times is None:
        raise InvalidTableError(
            "No travel times by bus and train were given: make them with a tool that has a "
            "timetable and name the file in the study, under [own.transit]."
        )
    hubs: pd.Index = place.sites.index[place.sites["counts"]]
    caveats: tuple[str, ...] = ()
    if when != "any":
        hours = place.sites.loc[hubs].get("hours", pd.Series(None, hubs, dtype=object))
        found = access.open_sites(hours, when)
        hubs, caveats = found.open.index[found.open], found.caveats
    slower = times if pace == "transit" else slow
    return Reach(
        within,
        pace,
        when,
        tuple(hubs),
        times,
        access.nearest(times.minutes, hubs)["minutes"],
        access.nearest(slower.minutes, hubs)["minutes"],
        caveats,
    )


def headline(found: Reach, place: Place) -> str:
    """Say how many adults likely to be offline live beyond reach, with the interval."""
    every, far = (_total(place, mask) for mask in (None, found.beyond))
    if not found.hubs and found.when == "any":
        return (
            f"No hub open to everybody is known in {place.name}: name those that are open now in "
            "the study file, under [own.hubs]."
        )
    if not found.hubs:
        return f"No hub{TIMES[found.when]} is known in {place.name}."
    way, pace = HOW[found.pace]
    return (
        f"About {about(far['value'])} adults likely to be offline "
        f"({between(far['low'], far['high'])}), of about {about(every['value'])} in {place.name}, "
        f"live more than {found.within:g} minutes’ {way} from any hub{TIMES[found.when]}, {pace}."
    )


def slow_walkers(found: Reach, place: Place) -> str:
    """Say what it would be at the pace of a slow walker."""
    if found.pace != "usual" or not found.hubs:
        return ""
    far = _total(place, ~access.within(found.slowly.to_frame(), found.within).iloc[:, 0])
    return (
        f"If all walked at {access.SLOW_WALKING} m/s, as many older and disabled people do, it "
        f"would be about {about(far['value'])} ({between(far['low'], far['high'])})."
    )


def backup(found: Reach, place: Place) -> str:
    """Say how many have a second hub within reach, should the first one close."""
    if not found.hubs:
        return ""
    people, minutes = place.exclusion.people.fillna(0.0), found.times.minutes[list(found.hubs)]
    one = access.coverage(people, minutes, within=found.within)
    two = access.backup_coverage(people, minutes, within=found.within)
    return (
        f"About {about(one)} live within reach of a hub; about {about(two)} of them would still "
        "do so if any one hub closed."
    )


def evenness(found: Reach, place: Place) -> str:
    """Say how evenly the ways are shared, and along deprivation."""
    people = place.exclusion.people
    known = people[people > 0]
    if not found.hubs or not found.minutes.reindex(known.index).notna().any():
        return ""
    figures = access.by_group(known.to_frame("all"), found.minutes, inequality=kappa(place))
    row = figures.loc["all"]
    tilt = access.concentration(known, found.minutes, place.lsoas["imd_score"].rsub(0))
    lean = "more deprived" if tilt < 0 else "less deprived"
    even = abs(tilt) < 0.02
    signed = f"{tilt:+.2f}".replace("-", "−")
    along = (
        "They are about as long in more and in less deprived areas"
        if even
        else f"Longer ones lie rather in the {lean} areas"
    )
    return (
        f"On average the way to the nearest hub takes them {row['mean']:.0f} minutes, "
        f"{row['equivalent']:.0f} with long ones weighing more (Kolm–Pollak); for "
        f"{row['beyond']:.0%} it is longer than {access.BEYOND:g} minutes. {along} (concentration "
        f"index {signed}; Gini index {row['gini']:.2f})."
    )


def ward_figures(found: Reach, place: Place) -> pd.DataFrame:
    """Return adults likely to be offline and those of them beyond reach, by ward, by name."""
    ward = place.lsoas["ward"]
    every = _drawn(place).groupby(ward).sum()
    far = _drawn(place)[found.beyond.reindex(place.exclusion.draws.index)].groupby(ward).sum()
    far = far.reindex(every.index, fill_value=0.0)
    names = place.wards["name"].reindex(every.index)
    low, high = far.quantile(TAILS[0], axis=1), far.quantile(TAILS[1], axis=1)
    share = far.mean(axis=1) / every.mean(axis=1)
    frame = pd.DataFrame(
        {
            "Ward": names,
            "Adults offline": every.mean(axis=1).map(about),
            "Beyond reach": [_none_or(about(value), value) for value in far.mean(axis=1)],
            "Interval": [_none_or(between(*ends), ends[1]) for ends in zip(low, high, strict=True)],
            "Share": [f"{value:.0%}" for value in share],
        },
        index=every.index,
    )
    places = _places(found, place)
    if places is not None:
        frame["Places a week for 1,000 adults"] = places.reindex(frame.index).map("{:.1f}".format)
    return frame.sort_values("Ward", ignore_index=True)


def group_figures(found: Reach, place: Place) -> pd.DataFrame:
    """Return the same by age, home and disability; older and disabled people walk slowly."""
    rows = []
    for kind, label in place.groups.columns:
        slow = label in SLOW or found.pace == "slow"
        minutes = found.slowly if slow else found.minutes
        people = place.groups[[(kind, label)]].set_axis([label], axis=1)
        row = access.by_group(people, minutes, inequality=kappa(place), beyond=found.within)
        pace = "–" if found.pace == "transit" else access.SLOW_WALKING if slow else access.WALKING
        rows.append(_group_row(kind, label, row.loc[label], f"{pace}"))
    return pd.DataFrame(rows)


def decile_figures(found: Reach, place: Place) -> pd.DataFrame:
    """Return the same by deprivation decile of the area."""
    decile = place.lsoas["imd_decile"]
    people = place.exclusion.people.reindex(decile.index)
    table = pd.get_dummies(decile).astype(float).mul(people, axis=0)
    rows = access.by_group(table, found.minutes, inequality=kappa(place), beyond=found.within)
    named = [
        _group_row("deprivation", DECILES.get(n, f"{n:g}"), rows.loc[n], "") for n in rows.index
    ]
    return pd.DataFrame(named).drop(columns=["Kind", "Metres a second"], errors="ignore")


def hub_figures(found: Reach, place: Place) -> pd.DataFrame:
    """Return for how many adults each hub is the nearest, those outside the boundary apart."""
    place = place.cleared()
    hubs = list(found.hubs)
    inside = access.people_per_hub(place.lsoas["adults"], place.walk.minutes, hubs)
    hidden = with_another(own_count_hidden(place.sites.loc[hubs]), inside)
    frame = pd.DataFrame(
        {
            "Hub": place.sites.loc[hubs, "name"],
            f"Adults in {place.name} for whom it is the nearest": inside.map(about).mask(
                hidden, NOT_SHOWN
            ),
        }
    )
    if place.neighbours is not None and len(place.neighbours) and place.walk_in is not None:
        outside = access.people_per_hub(place.neighbours["adults"], place.walk_in.minutes, hubs)
        words = "Adults outside the boundary, up to half an hour’s walk"
        said = [_none_or(about(value), value) for value in outside.reindex(frame.index)]
        frame[words] = pd.Series(said, frame.index).mask(hidden, NOT_SHOWN)
    return frame.sort_values("Hub", ignore_index=True)


def areas(found: Reach, place: Place, by: str) -> pd.DataFrame:
    """Return adults beyond reach by "lsoa" or "ward": `people`, `people_low`, `people_high`."""
    far = _drawn(place).mul(found.beyond.reindex(place.exclusion.draws.index).astype(float), axis=0)
    if by == "ward":
        far = far.groupby(place.lsoas["ward"]).sum(min_count=1)
    ends = far.quantile(list(TAILS), axis=1).T.set_axis(["people_low", "people_high"], axis=1)
    return ends.assign(people=far.mean(axis=1))


def in_ward(ward: str, found: Reach, place: Place) -> str:
    """Say the same of one ward."""
    inside = place.lsoas["ward"] == ward
    if not inside.any():
        return f"There is no estimate for {place.wards.loc[ward, 'name']}: no LSOA fits best in it."
    far = _total(place, found.beyond & inside)
    every = _total(place, inside)
    name = place.wards.loc[ward, "name"]
    nearest_ = found.minutes[inside]
    mean = (nearest_ * place.exclusion.people[inside]).sum() / place.exclusion.people[inside].sum()
    return (
        f"In {name}, about {about(far['value'])} of {about(every['value'])} adults likely to be "
        f"offline ({between(far['low'], far['high'])}) live beyond reach; the way to the nearest "
        f"hub takes {mean:.0f} minutes on average."
    )


def measured(place: Place) -> str:
    """Say along what was measured, and how far people live from it."""
    if place.joined is None or place.joined.empty:
        return f"Measured along: {place.walk.source}."
    metres = place.joined["metres"]
    return (
        f"Measured along: {place.walk.source}. {joined(place.streets[:1])} Areas and sites join "
        f"it {metres.median():.0f} m away as a rule, {metres.max():,.0f} m at most."
    )


def _group_row(kind: str, label: str, row: pd.Series, pace: str) -> dict[str, str]:
    nobody = not row["people"] > 0
    return {
        "Kind": kind,
        "Group": label,
        "Adults offline": about(row["people"]),
        "Beyond reach": "–" if nobody else about(row["people"] * row["beyond"]),
        "Share": "–" if nobody else f"{row['beyond']:.0%}",
        "Minutes, mean": _minutes(row["mean"]),
        "Minutes, long ones weighing more": _minutes(row["equivalent"]),
        "Metres a second": pace,
    }


def _minutes(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.0f}"


def _none_or(words: str, value: float) -> str:
    return "none" if value == 0 else words


def _places(found: Reach, place: Place) -> pd.Series | None:
    """Return places a week for 1,000 adults within reach (2SFCA), by ward; None if not stated."""
    supply = place.sites.loc[list(found.hubs), "capacity"].astype(float)
    if supply.empty or supply.isna().any() or found.pace == "transit":
        return None
    pace = access.SLOW_WALKING if found.pace == "slow" else access.WALKING
    adults, minutes = place.lsoas["adults"].astype(float), place.walk.minutes
    if place.neighbours is not None and len(place.neighbours) and place.walk_in is not None:
        adults = pd.concat([adults, place.neighbours["adults"]])
        minutes = pd.concat([minutes, place.walk_in.minutes])
    usual = found.within * pace / access.WALKING
    each = access.floating_catchment(adults, supply, minutes, within=usual)
    weight = place.lsoas["adults"]
    ward = place.lsoas["ward"]
    return (
        1000
        * (each.reindex(weight.index) * weight).groupby(ward).sum()
        / weight.groupby(ward).sum()
    )


def _drawn(place: Place) -> pd.DataFrame:
    estimate = place.exclusion
    return estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)


def _total(place: Place, mask: pd.Series | None) -> dict[str, float]:
    people = _drawn(place)
    if mask is not None:
        people = people[mask.reindex(people.index, fill_value=False)]
    drawn = people.sum()
    low, high = drawn.quantile(list(TAILS))
    return {"value": float(drawn.mean()), "low": float(low), "high": float(high)}
