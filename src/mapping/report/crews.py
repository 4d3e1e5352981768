"""What it takes to run a plan, in words, a table and a figure: champions, sessions, learners."""

from typing import TYPE_CHECKING

import pandas as pd

from mapping import figures
from mapping.report.futures import chance
from mapping.rounding import about, between, number
from mapping.scenario import Crew, Outcome, Place, Staffing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMITS = {
    "champions": "champions",
    "attenders": "how many come",
    "places": "weekly places in the hubs",
}


def staffing_told(found: Staffing, outcome: Outcome) -> tuple[str, ...]:
    """Return what the target takes, what comes of this scenario, and what falls short."""
    crew, expected = found.crew, found.expected
    learners = f"about {about(expected['value'])} learners"
    if round(expected["high"] - expected["low"]) > 0:
        learners += f" ({between(expected['low'], expected['high'])})"
    said = [
        f"{number(crew.target)} learners in a year take {number(found.champions)} champions in "
        f"full swing and {number(found.sessions)} sessions, about {number(found.weekly)} a week.",
        f"Starting with {number(crew.champions_now)} and {number(crew.recruits)} more each "
        f"quarter, the first year of “{outcome.scenario.name}” reaches {learners}; the target is "
        f"met in {chance(found.chance)}.",
    ]
    if found.shortfall >= 1:
        said.append(
            f"That is about {about(found.shortfall)} short. What limits it most: "
            f"{LIMITS[found.binding]}. {_remedy(found)}"
        )
    return (*said, assumed(crew))


def _remedy(found: Staffing) -> str:
    target = number(found.crew.target)
    if found.binding == "champions":
        told = f"Champions would suffice with {number(found.recruits_needed)} new ones each quarter"
        come = found.limits["attenders"]
        if come < found.crew.target:
            told += (
                f"; even so only about {about(come)} are expected to come, so that {target} also "
                "take more people within reach or more of them coming"
            )
        return f"{told}."
    if found.binding == "attenders":
        return f"{target} take more people within reach, or more of them coming."
    return f"{target} take more weekly places, or fewer sessions for each learner."


def assumed(crew: Crew) -> str:
    """Return the assumptions in a sentence."""
    return (
        f"Assumed: a champion in full swing brings {crew.learners_per_champion:g} learners through "
        f"in a year and does {crew.first_quarter:.0%} of that in the quarter of joining; "
        f"{crew.leaving:.0%} leave each quarter; a learner comes to {crew.sessions_per_learner:g} "
        f"sessions of {crew.learners_per_session:g}; sessions are held in 50 weeks."
    )


def staffing_table(found: Staffing) -> pd.DataFrame:
    """Return the first year quarter by quarter, as text."""
    rows = found.quarters
    return pd.DataFrame(
        {
            "Quarter": [number(quarter) for quarter in rows.index],
            "Champions at its end": rows["champions"].map(number).to_numpy(),
            "Sessions": rows["sessions"].map(number).to_numpy(),
            "Learners so far": [
                about(row.learners)
                + (f" ({between(row.low, row.high)})" if row.high - row.low >= 1 else "")
                for row in rows.itertuples()
            ],
        }
    )


def staffing_words(found: Staffing) -> str:
    """Say what `staffing_figure` shows."""
    return figures.ramp_words(found.quarters, target=found.crew.target)


def staffing_figure(found: Staffing, outcome: Outcome, place: Place) -> "Figure":
    """Draw learners so far by quarter, beside the target."""
    return figures.ramp(
        found.quarters,
        target=found.crew.target,
        title=f"The first year of “{outcome.scenario.name}”: {place.name}",
        note=assumed(found.crew),
    )
