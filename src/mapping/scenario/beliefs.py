"""Rival pictures of need: where people offline live, by whom one believes."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

# Picture → what it is called, and what it goes by.
PICTURES: Mapping[str, tuple[str, str]] = {
    "online_returns": (
        "census returns",
        "the pattern of census returns not made online, learned over England",
    ),
    "published_rates": (
        "national rates",
        "national rates by age, tenure and disability, applied to each area’s people",
    ),
    "survey": ("survey", "the answers of the household survey, blended with national rates"),
    "risk_index": (
        "DERI-like index",
        "a risk index of age, disability, skills, income and work built as DERI is; a score, "
        "taken here for a share",
    ),
    "social_renting": ("social renting", "households in social renting, and nothing else"),
}


@dataclass(frozen=True, eq=False)
class Belief:
    """
    One picture of where people offline live.

    Parameters
    ----------
    label
        What it is called.
    goes_by
        What it goes by, in words.
    people
        Excluded adults, areas by draws.
    pattern
        Whether it only says who has more: its total is then that of the study's estimate, draw by
        draw, and the draws hold no doubt of the pattern.
    """

    label: str
    goes_by: str
    people: pd.DataFrame
    pattern: bool = False


def believed(name: str, people: pd.DataFrame) -> Belief:
    """Return a picture with people and draws of its own."""
    label, goes_by = PICTURES[name]
    return Belief(label, goes_by, people)


def patterned(name: str, weight: pd.Series, totals: pd.Series) -> Belief:
    """
    Return a picture that is a pattern only, scaled to given totals.

    Parameters
    ----------
    weight
        By area, 0 or above, not all 0; NaN counts nobody.
    totals
        People altogether, by draw.

    Examples
    --------
    >>> rented = pd.Series({"A": 30.0, "B": 10.0})
    >>> patterned("social_renting", rented, pd.Series([80.0, 120.0])).people.to_numpy().tolist()
    [[60.0, 90.0], [20.0, 30.0]]
    """
    label, goes_by = PICTURES[name]
    share = weight.fillna(0.0) / weight.sum()
    people = pd.DataFrame(
        share.to_numpy()[:, None] * totals.to_numpy()[None], weight.index, totals.index
    )
    return Belief(label, goes_by, people, pattern=True)
