"""What a comparison of futures says: tables, sentences and figures."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from mapping import figures, rounding
from mapping.errors import InvalidScenarioError
from mapping.report import words
from mapping.report.drawing import outlined_wards
from mapping.rounding import about, between, number
from mapping.scenario import (
    MEASURES,
    Frontier,
    Outcome,
    Place,
    RegretTable,
    Swing,
    by_group,
    changed_hands,
    compare,
    more_likely,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {
    "age": "Age",
    "tenure": "Home",
    "disability": "Disability",
    "deprivation": "Deprivation of the area",
}
# Weighed alike unless somebody says how much each matters, where the options differ in them.
EVENLY = ("reach", "least_served", "cost")
NOTICED = 5e-3  # a shortfall that prints as 0% is none
LEVEL = 1e-9
SAME = "the same"


def difference_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return in what scenarios differ from the first, as text, with how probable more is."""
    table = compare(outcomes)
    first, *others = outcomes
    rows = {}
    for measure in dict.fromkeys(table["measure"]):
        cells = table[table["measure"] == measure].set_index("scenario")
        row = {
            other.scenario.name: _difference(cells.loc[other.scenario.name], MEASURES[measure][0])
            for other in others
            if other.scenario.name in cells.index
        }
        if not set(row.values()) <= {"–", SAME}:
            rows[MEASURES[measure][1]] = row
    frame = pd.DataFrame.from_dict(rows, orient="index").fillna("–")
    return frame.rename_axis(f"Against “{first.scenario.name}”").reset_index()


def _difference(row: pd.Series, unit: str) -> str:
    if pd.isna(row["difference"]):
        return "–"
    if row["difference"] == 0 and not row["difference_high"] > 0:
        return SAME
    sign = "+" if row["difference"] > 0 else "−"
    size = f"{sign}{_sized(abs(row['difference']), unit)}"
    if pd.isna(row["difference_low"]):
        return size
    low, high = (_signed(row[f"difference_{end}"], unit) for end in ("low", "high"))
    return f"{size} ({low} to {high}); more in {chance(row['more_likely'])}"


def _signed(value: float, unit: str) -> str:
    return f"{'−' if value < 0 else '+'}{_sized(abs(value), unit)}"


def _sized(value: float, unit: str) -> str:
    if unit == "people":
        return about(value) if value else "0"
    if unit.startswith("£"):
        return rounding.pounds(value)
    if unit in {"minutes", "hours"}:
        return f"{value:.1f}"
    return number(value)


def chance(probability: float) -> str:
    """
    Return a probability from draws in words that do not claim certainty.

    Examples
    --------
    >>> [chance(p) for p in (0.0, 0.5, 0.998)]
    ['under 1% of draws', '50% of draws', 'over 99% of draws']
    """
    return f"{rounding.chance(probability)} of draws"


def likely_table(outcomes: Sequence[Outcome], measure: str = "reach") -> pd.DataFrame:
    """Return how probable it is that the row's scenario has more than the column's, as text."""
    found = more_likely(outcomes, measure)
    shown = found.map(lambda p: "–" if pd.isna(p) else rounding.chance(p))
    return shown.rename_axis("Reaches more than").reset_index()


def group_table(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """Return whom every scenario brings within reach, by group, as text."""
    found = by_group(outcomes, place).reset_index()
    groups = found.drop_duplicates(["kind", "label"])
    table = pd.DataFrame(
        {
            "By": groups["kind"].map(KINDS).to_numpy(),
            "Group": groups["label"].to_numpy(),
            "Adults offline": groups["total"].map(about).to_numpy(),
        }
    )
    for outcome in outcomes:
        rows = found[found["scenario"] == outcome.scenario.name]
        table[outcome.scenario.name] = [
            words.within_reach(row, known=outcome.reach_known) for row in rows.itertuples()
        ]
    return table


def hands_told(first: Outcome, other: Outcome, place: Place) -> str:
    """Return how many areas and people have another nearest hub in a second scenario."""
    moved = changed_hands(first, other, place)
    name = other.scenario.name
    if moved.empty:
        return f"In “{name}” every area keeps its nearest hub."
    if other.hub_plan is None:
        return f"In “{name}” no hub is opened or known to be open now."
    if first.hub_plan is None:
        return (
            f"In “{name}” about {about(moved['people'].sum())} adults likely to be offline have a "
            f"hub to go to; in “{first.scenario.name}” no hub is opened or known to be open now."
        )
    before, after = (moved[f"minutes_{side}"].fillna(float("inf")) for side in ("before", "after"))
    farther = moved.loc[after > before, "people"].sum()
    further = f"; for about {about(farther)} of them it is further away" if farther > 0 else ""
    return (
        f"In “{name}” {len(moved)} of {len(place.walk.minutes)} small areas, with about "
        f"{about(moved['people'].sum())} adults likely to be offline, have another nearest hub "
        f"than in “{first.scenario.name}”{further}."
    )


def attenders_told(outcome: Outcome) -> str:
    """Return how many are expected to come, and what each costs."""
    row = outcome.measures.loc["attenders"]
    if not outcome.reach_known:
        return f"In “{outcome.scenario.name}” {words.NO_LIST}."
    if row["value"] == 0:
        return (
            f"In “{outcome.scenario.name}” nobody is within reach of a hub, so that nobody is "
            "expected to come."
        )
    told = (
        f"In “{outcome.scenario.name}” about {about(row['value'])} of those within reach are "
        f"expected to come in a year ({between(row['low'], row['high'])})"
    )
    if "attender_cost" in outcome.measures.index:
        cost = outcome.measures.loc["attender_cost"]
        told += (
            f"; the new hubs cost about £{number(cost['value'])} a year for each of those newly "
            f"within reach who do (£{number(cost['low'])} to £{number(cost['high'])})"
        )
    return f"{told}."


# ------------------------------------------------------------------------------------- sweeps


def sweep_table(found: Frontier) -> pd.DataFrame:
    """Return every point of a curve with its proof, as text."""
    walk = found.counts.endswith("in minutes")
    printed = "{:.1f}".format if walk else about
    return pd.DataFrame(
        {
            found.by[:1].upper() + found.by[1:]: [number(size) for size in found.curve.index],
            "In minutes" if walk else "Adults": found.curve["value"].map(printed).to_numpy(),
            "Better by": [
                "–" if pd.isna(step) else printed(step) if step else "nothing"
                for step in found.curve["added"]
            ],
            "Proof": [_proof(gap) for gap in found.curve["gap"]],
        }
    )


def _proof(gap: float) -> str:
    return "proven best" if gap < words.PROVEN else f"within {gap:.1%} of the best"


def sweep_told(found: Frontier) -> str:
    """Return what a curve shows, how much of it is proven, and where it bends."""
    first, last = found.curve.iloc[0], found.curve.iloc[-1]
    walk = found.counts.endswith("in minutes")
    counts = found.counts.removesuffix(" in minutes")
    low, high = (
        f"{row['value']:.1f} minutes" if walk else f"about {about(row['value'])}"
        for row in (first, last)
    )
    ends = [_amount(found, at) for at in (found.curve.index[0], found.curve.index[-1])]
    all_ = "All" if found.proven == len(found.curve) else f"{found.proven} of"
    bend = (
        ""
        if found.knee is None
        else f" Between these, more stops bringing much more at about "
        f"{_amount(found, found.knee)}; another range bends elsewhere: a place to look, not a "
        "recommendation."
    )
    return (
        f"{counts[:1].upper()}{counts[1:]}: {low} with {ends[0]}, {high} with {ends[1]}. {all_} "
        f"{len(found.curve)} plans are proven best.{bend}"
    )


def _amount(found: Frontier, size: float) -> str:
    if found.curve.index.name == "budget":
        return f"£{number(size)} a year"
    if found.curve.index.name == "within":
        return f"{size:g} minutes’ walk"
    return f"{number(size)} {found.by.replace('hubs', 'hub') if size == 1 else found.by}"


# ------------------------------------------------------------------------------------ regret


def regret_table(found: RegretTable) -> pd.DataFrame:
    """Return what every option reaches under every picture, and how far that is from the best."""
    table = pd.DataFrame({"Scenario": found.share.index})
    for picture, label in found.labels.items():
        table[f"By {label}"] = [
            f"{about(reached)}: best" if short < NOTICED else f"{about(reached)}: {short:.0%} fewer"
            for reached, short in zip(found.reached[picture], found.share[picture], strict=True)
        ]
    return table.assign(**{"At most fewer": [f"{s:.0%}" for s in found.share.max(axis=1)]})


def regret_caption(found: RegretTable) -> str:
    """Return what `regret_table` shows."""
    return f"Adults {found.counts}, by what one believes of need"


def regret_told(found: RegretTable) -> tuple[str, ...]:
    """Return which option is never bad, and which picture each depends on."""
    steady = found.steadiest
    worst = float(found.share.loc[steady].max())
    never = (
        f"“{steady}” is never bad: " if steady in found.never_bad else f"“{steady}” varies least: "
    )
    fewer = (
        f"at most {worst:.0%} fewer people {found.counts} than the best of these scenarios"
        if worst >= NOTICED
        else f"as many people {found.counts} as any of these scenarios"
    )
    said = [f"{never}whichever picture of need is right, it has {fewer}."]
    for option, row in found.dependence.iterrows():
        hinges = words.joined([found.labels[name] for name in row["depends_on"]])
        if hinges and option != steady:
            said.append(
                f"“{option}” is the best only if one goes by {hinges}; by "
                f"{found.labels[row['hardest']]} it reaches {row['share']:.0%} fewer people than "
                "the best."
            )
        elif hinges:
            said.append(f"That it is this one depends on taking {hinges} into account.")
    return tuple(said)


def pictures_told(place: Place) -> str:
    """Return what the pictures of need go by."""
    named = "; ".join(f"{belief.label}: {belief.goes_by}" for belief in place.beliefs.values())
    patterns = [belief.label for belief in place.beliefs.values() if belief.pattern]
    scaled = (
        f" {words.joined(patterns)} only say who has more, and were brought to the same total."
        if patterns
        else ""
    )
    return f"Pictures of need: {named}.{scaled}"


# ----------------------------------------------------------------------------------- weights


def even_weights(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return equal weights for the measures that boards ask about, where the options differ."""
    found = {}
    for measure in EVENLY:
        values = [outcome.measures["value"].get(measure) for outcome in outcomes]
        if all(value is not None for value in values) and max(values) - min(values) > 1e-9:
            found[measure] = 1.0
    return found


def swing_table(found: Swing) -> pd.DataFrame:
    """Return what each weight is set against, and from where on the choice flips, as text."""
    rows = []
    for measure, row in found.ranges.iterrows():
        flips = found.flips[found.flips["measure"] == measure]
        rows.append(
            {
                "Measure": row["label"],
                "From least favourable": f"{_sized(row['worst'], row['unit'])} ({row['worst_in']})",
                "To most favourable": f"{_sized(row['best'], row['unit'])} ({row['best_in']})",
                "Weight": f"{row['weight']:.0%}",
                "The choice flips": "; ".join(
                    f"{flip.way} {flip.at:.0%}, to “{flip.to}”" for flip in flips.itertuples()
                )
                or "never",
            }
        )
    return pd.DataFrame(rows)


def swing_told(found: Swing) -> str:
    """Return the choice, how sure it is in draws, and the nearest weight at which it flips."""
    name = found.preferred
    sure = f"comes first, in {chance(found.first[name])} of the estimate."
    return f"With these weights {_chosen(found, sure)}"


def swing_example(found: Swing) -> str:
    """Return what equal weights would choose: an example where nobody has given weights."""
    return f"With equal weights, as an example, {_chosen(found, 'would come first.')}"


def _chosen(found: Swing, first: str) -> str:
    name = found.preferred
    told = f"“{name}” {first}"
    level = found.totals.index[(found.totals - found.totals[name]).abs() < LEVEL]
    if len(level) > 1:
        names = words.joined([f"“{each}”" for each in level])
        return f"{names} come out level: decide by what is not in the table."
    if found.flips.empty:
        return f"{told} No change of a single weight alters that."
    distance = (found.flips["at"] - found.flips["weight"]).abs()
    near = found.flips.loc[distance.idxmin()]
    label = MEASURES[near["measure"]][1]
    return (
        f"{told} It flips soonest to “{near['to']}”: if the weight of “{label}” goes {near['way']} "
        f"{near['at']:.0%} (now {near['weight']:.0%})."
    )


# ------------------------------------------------------------------------------------ figures


def reach_figure(outcomes: Sequence[Outcome], place: Place) -> "Figure":
    """Draw whom each scenario reaches: small maps with one legend."""
    place = place.cleared()
    sites = place.sites.geometry
    kept = {
        o.scenario.name: sites.loc[[site for site in o.now if site not in o.closed_hubs]]
        for o in outcomes
    }
    return figures.reach_maps(
        reached(outcomes),
        place.lsoas.geometry,
        open_hubs=kept,
        new_hubs={o.scenario.name: sites.loc[list(o.new_hubs)] for o in outcomes},
        title=f"Who is within reach, scenario by scenario: {place.name}",
        outlines=outlined_wards(place).geometry,
        attribution=" ".join(place.attributions),
    )


def reach_figure_words(outcomes: Sequence[Outcome], place: Place) -> str:
    """Say what `reach_figure` shows."""
    return figures.reach_maps_words(reached(outcomes), place.exclusion.people)


def reached(outcomes: Sequence[Outcome]) -> dict[str, pd.DataFrame]:
    """Return whether each area is within reach, by scenario."""
    return {outcome.scenario.name: pd.DataFrame(outcome.areas) for outcome in outcomes}


def sweep_figure(found: Frontier, place: Place) -> "Figure":
    """Draw a curve with its knee."""
    return figures.frontier(
        found.curve["value"],
        title=f"What each plan would bring: {place.name}, {place.exclusion.year}",
        by=found.by,
        counts=found.counts,
        at=found.at,
        knee=found.knee,
        proven=found.proven == len(found.curve),
    )


def regret_figure(found: RegretTable, place: Place) -> "Figure":
    """Draw how far every option is from the best, picture by picture."""
    return figures.regret_grid(
        found.share,
        found.reached,
        labels=found.labels,
        title=f"If need is not as we think: {place.exclusion.population} {found.counts}, "
        f"{place.name}, {place.exclusion.year}",
    )


def regret_words(found: RegretTable) -> str:
    """Say what `regret_figure` shows."""
    return figures.regret_grid_words(found.share, labels=found.labels)


def weights_of(said: Sequence[str]) -> Mapping[str, float]:
    """
    Read weights as they are given on a command line.

    Raises
    ------
    InvalidScenarioError
        If one is not a measure, "=", and a number.

    Examples
    --------
    >>> weights_of(["reach=60", "cost=40"])
    {'reach': 60.0, 'cost': 40.0}
    """
    found = {}
    for text in said:
        measure, _, weight = text.partition("=")
        try:
            found[measure.strip()] = float(weight)
        except ValueError:
            raise InvalidScenarioError(
                f"“{text}” is no weight: give a measure, = and a number, such as reach=60."
            ) from None
    return found
