"""Where hubs go, in words and tables: why here and not there, how sure, who gains.

What one more hub, or pound, would bring is told too; every share of draws stands beside what the
draws leave out.
"""

from collections.abc import Hashable
from dataclasses import replace

import pandas as pd

from mapping.disclosure import NOT_SHOWN, sheltered
from mapping.errors import InvalidScenarioError
from mapping.hubs import Confidence, Reasons
from mapping.hubs.insight.confidence import LEFT_OUT
from mapping.report import words
from mapping.report.estimates import KINDS
from mapping.rounding import about, number
from mapping.scenario import Frontier, Outcome, Place, with_own

FEW = 50  # draws: fewer can leave a share uncertain by more than fourteen points (1.96 √(¼ / 50))
SO_FEW = "So few draws say little: ask for 100 or more."

# Plans that cannot be told from the recommended one are listed up to this number.
LISTED = 5

ASSUMED_TO_COME = "How many of them would come is an assumption, not an estimate."
WITHOUT, NEAREST = "Out of reach without it", "Nearest hub of"

AS_THEY_ARE = (
    "People are adults likely to be offline. Each sentence changes one hub and leaves the others "
    "as they are."
)
UNSURE = (
    "How often each site would be in the best plan, were the estimate somewhat different, was not "
    "worked out: ask for draws (mapping hubs --draws 100, or “How sure is this?” in the notebook)."
)

VULNERABLE = "Its own figures are not shown: vulnerable people live there."
BESIDE = (
    "Its own figures are not shown: those of a place where vulnerable people live would follow."
)
NO_REASONS = (
    "What other sites would do in its place is worked out only for most people within reach, fewer "
    "from further away, and shortest walks."
)


def site_names(place: Place) -> dict[Hashable, str]:
    """Return the name of every site; those of one name are told apart by their ids."""
    names = place.sites["name"].astype(str)
    twice = names.duplicated(keep=False)
    return names.where(~twice, names + " (" + names.index.astype(str) + ")").to_dict()


def site_called(said: str, place: Place) -> str:
    """
    Return the id of a site from its id or its name.

    Raises
    ------
    InvalidScenarioError
        If no site is called so, or several are.
    """
    return _called(said, place.sites["name"], "site", place)


def ward_called(said: str, place: Place) -> str:
    """Return the code of a ward from its code or its name; see `site_called`."""
    return _called(said, place.wards["name"], "ward", place)


def stop_called(said: str, place: Place) -> str:
    """Return the id of a bus stop from its id or its name; see `site_called`."""
    return _called(said, place.stops["name"], "stop", place)


def _called(said: str, names: pd.Series, what: str, place: Place) -> str:
    if said in names.index:
        return said
    found = [str(key) for key in names.index[names.astype(str).str.casefold() == said.casefold()]]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidScenarioError(f"Several {what}s are called {said}: say {', '.join(found)}.")
    such = f", such as {names.index[0]}" if len(names) else ""
    own = "code" if what == "ward" else "id"
    raise InvalidScenarioError(
        f"{place.name} has no {what} {said}. Give a {what}'s {own} or name{such}."
    )


def aim_met(outcome: Outcome, place: Place) -> str:
    """Return what the plan comes to in the terms of its own question, "" where reach says it."""
    scenario, plan, values = outcome.scenario, outcome.hub_plan, outcome.measures["value"]
    if plan is None or not plan.sites:
        return ""
    if scenario.capacity and plan.flows is not None:
        placed = float(plan.flows["people"].sum())
        return (
            f"About {about(placed)} people would find a place in the same week. {ASSUMED_TO_COME}"
        )
    walk = "to the nearest hub, where there is a route,"
    return {
        "budgeted": f"It costs £{number(plan.cost or 0)} of £{number(scenario.budget)} a year.",
        "gradual": f"Counted less the further they walk, it is about {_people(values, 'counted')}. "
        f"{ASSUMED_TO_COME}",
        "set_cover": f"No fewer hubs bring {scenario.share:.0%} of all adults likely to be offline "
        f"in {place.name} within reach."
        if plan.gap < words.PROVEN
        else f"They bring at least {scenario.share:.0%} within reach; whether fewer could is not "
        "proven.",
        "p_median": f"The mean walk {walk} is {_minutes(values, 'minutes')}.",
        "p_centre": f"The longest walk {walk} is {_minutes(values, 'longest')}.",
        "equitable": f"The walk {walk} is {_minutes(values, 'fair_minutes')} with long ones "
        f"weighing more (Kolm–Pollak), {_minutes(values, 'minutes')} on average.",
    }.get(scenario.question, "")


def hub_table(outcome: Outcome, place: Place) -> pd.DataFrame:
    """
    Return the proposed hubs with what each brings, what would replace it and how sure it is.

    Columns beside those of `words.hub_table`: what each brings, by its own question (adults likely
    to be offline who would be out of reach without it, walk further, or have it nearest); "Next
    best place", where the question has reasons; "In the best plan", where draws were asked.
    """
    place = with_own(place, outcome.scenario.placed)
    table = words.hub_table(outcome, place)
    names, new = site_names(place), list(outcome.new_hubs)
    if new:
        brings = _brings(outcome).loc[new]
        table[str(brings.name)] = _masked(brings, outcome, place)
    if outcome.reasons is not None:
        seconds = outcome.reasons.chosen.loc[new, "second"]
        table["Next best place"] = ["–" if pd.isna(one) else names[one] for one in seconds]
    if outcome.confidence is not None:
        table["In the best plan"] = in_best(outcome.confidence, new)
    return table


def brings_table(outcome: Outcome, place: Place) -> pd.DataFrame:
    """Return the new hubs, what each brings, and, where draws were asked, how sure it is."""
    place = with_own(place, outcome.scenario.placed)
    names, new = site_names(place), list(outcome.new_hubs)
    brings = _brings(outcome).loc[new]
    table = pd.DataFrame(
        {
            "Hub": [f"{at} {names[site]}" for at, site in enumerate(new, start=1)],
            str(brings.name): _masked(brings, outcome, place),
        }
    )
    if outcome.confidence is not None:
        table["In the best plan"] = in_best(outcome.confidence, new)
    return table


def _masked(brings: pd.Series, outcome: Outcome, place: Place) -> list[str]:
    """Return what each new hub brings, as text, not shown where vulnerable people live."""
    hidden = words.hub_count_hidden(outcome, place)
    said = brings.map(lambda people: about(people) if people else "none")
    return said.astype(object).mask(hidden, NOT_SHOWN).tolist()


def table_note(outcome: Outcome) -> str:
    """Return what has to be known to read `hub_table`."""
    shares = "" if outcome.confidence is None else f" {LEFT_OUT}"
    return f"People near two hubs are counted at both.{shares}"


def _brings(outcome: Outcome) -> pd.Series:
    """Return what each hub brings, by site, named by what it counts for the question."""
    question = outcome.scenario.question
    if outcome.reasons is not None:
        lost = outcome.reasons.chosen["people"]
        words_ = {"gradual": "Counted only with it", "p_median": "Walk further without it"}
        return lost.rename(words_.get(question, WITHOUT))
    gains = outcome.gains if outcome.gains is not None else pd.DataFrame(columns=["alone"])
    covering = question in ("maximal_coverage", "budgeted", "set_cover")
    return gains["alone"].rename(WITHOUT) if covering else gains["allocated"].rename(NEAREST)


def in_best(sure: Confidence, sites: list[str]) -> list[str]:
    """Return in how many draws each site is in the best plan, and the word for it."""
    draws = len(sure.draws)
    rows = sure.sites.loc[sites]
    return [
        "fixed"
        if word == "fixed"
        else f"{f'all {draws}' if share == 1 < draws else f'{share:.0%} of {draws}'} "
        f"draw{'' if draws == 1 else 's'} ({word})"
        for share, word in zip(rows["share"], rows["word"], strict=True)
    ]


def sure_table(sure: Confidence, place: Place) -> pd.DataFrame:
    """Return the sites in the best plan of a fifth of the draws or more, and all that were chosen.

    By how often, then by name: sites of equal share are not ranked.
    """
    names = site_names(place)
    rows = sure.sites[(sure.sites["planned"]) | (sure.sites["word"].isin(["firm", "swing"]))]
    rows = rows[rows["word"] != "fixed"]
    table = pd.DataFrame(
        {
            "Site": [names[site] for site in rows.index],
            "Kind": place.sites["kind"].reindex(rows.index).to_numpy(),
            "In this plan": rows["planned"].map({True: "yes", False: "no"}).to_numpy(),
            "In the best plan": in_best(sure, list(rows.index)),
            "share": rows["share"].round(9).to_numpy(),
        }
    )
    return table.sort_values(["share", "Site"], ascending=[False, True]).drop(columns="share")


def how_sure(sure: Confidence, place: Place) -> tuple[str, ...]:
    """Return how the plan stands under the draws, which plans equal it, and what is left out."""
    told = replace(sure, sites=sure.sites.iloc[:0]).sentences(site_names(place))
    regret, equal, *how = told
    few = (SO_FEW,) if len(sure.draws) < FEW else ()
    said = (f"{regret} {LEFT_OUT}", equal, *equal_plans(sure, place), *few, *how)
    return tuple(sentence for sentence in said if sentence != LEFT_OUT)


def equal_plans(sure: Confidence, place: Place) -> tuple[str, ...]:
    """Return the plans that cannot be told from the recommended one, as what they swap."""
    names = site_names(place)
    recommended = set(sure.recommended)
    others = [set(sites) for sites in sure.equals["sites"] if set(sites) != recommended]
    told = []
    for sites in others[:LISTED]:
        gained = words.joined(sorted(names[site] for site in sites - recommended))
        dropped = words.joined(sorted(names[site] for site in recommended - sites))
        told.append(f"{gained} instead of {dropped}")
    if not told:
        return ()
    rest = len(others) - len(told)
    more = f"; and {rest:,} more" if rest else ""
    return (f"As good, for all that is known: {'; '.join(told)}{more}.",)


def why(outcome: Outcome, place: Place, site: str) -> str:
    """
    Return why a site was chosen, or why not, in a sentence or two.

    Parameters
    ----------
    site
        A hub open now that counts, or a candidate site.
    """
    place = with_own(place, outcome.scenario.placed)
    names, reasons = site_names(place), outcome.reasons
    hidden = _hidden(outcome, place)
    if site in hidden:
        return _untold(site, outcome, place)
    if reasons is None:
        return f"{_only(outcome, site, names)}{NO_REASONS}"
    if site in reasons.chosen.index:
        only = replace(
            reasons, chosen=reasons.chosen.loc[[site]], rejected=reasons.rejected.iloc[:0]
        )
        stays = "Open now. " if site in place.sites.index[place.sites["open"]] else ""
        return _among(stays, _without(only, hidden).sentences(names)[0]) + _of_whom(outcome, site)
    if site not in reasons.rejected.index:
        return f"{names[site]} does not count: it serves one group only."
    only = replace(reasons, chosen=reasons.chosen.iloc[:0], rejected=reasons.rejected.loc[[site]])
    if (rival := only.rejected.loc[site, "loses_to"]) in hidden:
        return f"{names[site]}, not chosen. {_untold(rival, outcome, place)}"
    said = only.sentences(names, most=1)
    ruled_out = reasons.rejected.loc[site, "ruled_out"] or "no hub of the plan can give way to it"
    return _among("", said[0]) if said else f"{names[site]}, not chosen: {ruled_out}."


def _hidden(outcome: Outcome, place: Place) -> frozenset[Hashable]:
    """Return the sites whose figures are about those who live there, and what would tell them."""
    own, new = words.own_count_hidden(place.sites), words.hub_count_hidden(outcome, place)
    return frozenset([*own.index[own], *new.index[new]])


def _untold(site: Hashable, outcome: Outcome, place: Place) -> str:
    """Say of a site whose figures are not shown whether it is in the plan, and why not."""
    stands = "is in the plan" if site in _open_in(outcome) else "is not in the plan"
    return f"{site_names(place)[site]} {stands}. {not_shown(place.sites.loc[site])}"


def not_shown(site: pd.Series) -> str:
    """Say why the figures of a hub or stop are not shown."""
    return VULNERABLE if sheltered(site["kind"], site["name"]) else BESIDE


def _open_in(outcome: Outcome) -> tuple[Hashable, ...]:
    return outcome.now if outcome.hub_plan is None else outcome.hub_plan.sites


def _without(reasons: Reasons, hidden: frozenset[Hashable]) -> Reasons:
    """Leave out what would tell, by itself or by comparison, the figures of hidden sites."""
    chosen, rejected = reasons.chosen, reasons.rejected
    chosen = chosen[~chosen.index.isin(hidden)]
    shown = ~rejected.index.isin(hidden) & ~rejected["loses_to"].isin(hidden)
    second = chosen["second"].astype(object).mask(chosen["second"].isin(hidden))
    return replace(reasons, chosen=chosen.assign(second=second), rejected=rejected[shown])


def _only(outcome: Outcome, site: str, names: dict[Hashable, str]) -> str:
    """Say what a hub of the plan brings, and that another site is none."""
    brings = _brings(outcome)
    if site not in brings.index:
        return f"{names[site]} was not chosen. "
    people = (
        f"about {about(brings[site])} adults likely to be offline" if brings[site] else "nobody"
    )
    if brings.name == WITHOUT:
        return f"{names[site]}: {people} would be out of reach without it. "
    return f"{names[site]} is the nearest hub of {people}. "


def _among(before: str, sentence: str) -> str:
    return f"{before}{sentence} (Adults likely to be offline; the other hubs as they are.)"


def _of_whom(outcome: Outcome, site: str) -> str:
    """Say who depends on a hub: the commonest group of each kind, and its share."""
    reasons = outcome.reasons
    if reasons is None or reasons.groups is None or not reasons.chosen.loc[site, "people"] > 0:
        return ""
    groups = reasons.groups.loc[site]
    most = [part.idxmax()[1] for _, part in groups.groupby(level=0, sort=False)]
    parts = [
        f"{label} ({groups.xs(label, level=1).iloc[0] / groups[kind].sum():.0%})"
        for label, kind in zip(most, groups.index.unique(level=0), strict=True)
    ]
    return f" The largest groups among them: {words.joined(parts)}."


def why_all(outcome: Outcome, place: Place) -> tuple[str, ...]:
    """Return a sentence for every new hub, and for the sites that come nearest to one."""
    place = with_own(place, outcome.scenario.placed)
    reasons, names, hidden = outcome.reasons, site_names(place), _hidden(outcome, place)
    if reasons is None:
        told = [
            _untold(site, outcome, place) if site in hidden else _only(outcome, site, names).strip()
            for site in outcome.new_hubs
        ]
        return (*told, NO_REASONS) if told else ()
    shown = replace(reasons, chosen=reasons.chosen.loc[list(outcome.new_hubs)])
    untold = [_untold(site, outcome, place) for site in outcome.new_hubs if site in hidden]
    return (*_without(shown, hidden).sentences(names, most=3), *untold)


def who_gains(outcome: Outcome, place: Place) -> pd.DataFrame:
    """
    Return who is within reach today and in the scenario, by age, tenure and disability, as text.

    Returns
    -------
    pandas.DataFrame
        One row per group: how many of its adults are likely to be offline, and how many of them,
        with the share, live within reach of a hub today and in the scenario.
    """
    groups = place.groups
    near = pd.DataFrame(outcome.areas).reindex(groups.index)
    total = groups.sum()
    then = groups[near["hub"].eq(True)].sum()
    now = groups[near["now"].eq(True)].sum() if "now" in near else None
    return pd.DataFrame(
        {
            "By": [KINDS.get(str(kind), str(kind)) for kind, _ in groups.columns],
            "Group": [str(label) for _, label in groups.columns],
            "Adults offline": total.map(about).to_numpy(),
            "Within reach today": words.UNKNOWN_TODAY if now is None else _of(now, total),
            "Within reach in this plan": _of(then, total),
        }
    )


def _of(part: pd.Series, whole: pd.Series) -> list[str]:
    share = part / whole.where(whole > 0)
    return [
        "none" if people == 0 else f"{about(people)} ({each:.0%})"
        for people, each in zip(part, share, strict=True)
    ]


def more(found: Frontier) -> str:
    """Return what one hub, or one step of the budget, more would bring beside the plan."""
    curve = found.curve
    later = curve.index[curve.index > found.at]
    if found.at not in curve.index or not len(later):
        return ""
    size, step = later[0], curve.loc[later[0], "added"]
    what = "One more hub" if curve.index.name == "new_hubs" else f"£{number(size - found.at)} more"
    walk = found.counts.removesuffix(" in minutes")
    if walk == found.counts:
        brings = f"would bring about {about(step)} more" if step >= 0.5 else "would bring no more"
    else:
        brings = f"would take {step:.1f} minutes off the {walk}"
    bend = "" if found.knee is None else f" {_knee(found)}"
    return f"{what} {brings}.{bend}"


def curve_table(found: Frontier) -> pd.DataFrame:
    """Return what every number of hubs, or every budget, would bring, as text."""
    curve = found.curve
    walk = found.counts.endswith("in minutes")
    printed = "{:.1f}".format if walk else about
    return pd.DataFrame(
        {
            found.by[:1].upper() + found.by[1:]: [number(size) for size in curve.index],
            "In minutes" if walk else "Adults": [printed(value) for value in curve["value"]],
            "Better by": ["–" if pd.isna(step) else printed(step) for step in curve["added"]],
        }
    )


def _knee(found: Frontier) -> str:
    counted = found.curve.index.name == "new_hubs"
    first, last, at = (
        number(size) if counted else f"£{number(size)}"
        for size in (found.curve.index[0], found.curve.index[-1], found.knee or 0)
    )
    unit = found.by if counted else "a year"
    return (
        f"Between {first} and {last} {unit}, more stops bringing much more at about {at}; another "
        "range bends elsewhere: a place to look, not a recommendation."
    )


def _people(values: pd.Series, measure: str) -> str:
    return about(values[measure]) if measure in values.index else "none"


def _minutes(values: pd.Series, measure: str) -> str:
    return f"{values[measure]:.0f} minutes" if measure in values.index else "not known"


def section(outcome: Outcome, place: Place) -> tuple[str, ...]:
    """Return why these places, and how sure that is, for a board paper; () without new hubs."""
    if not outcome.new_hubs:
        return ()
    place = with_own(place, outcome.scenario.placed)
    sure = outcome.confidence
    said = how_sure(sure, place) if sure is not None else (UNSURE,)
    return (AS_THEY_ARE, *why_all(outcome, place), *said)
