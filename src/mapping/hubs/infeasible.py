"""Why nothing meets all conditions: the smallest set of them that cannot hold together."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd

from mapping.errors import InfeasibleError
from mapping.hubs.rules import Rules
from mapping.hubs.words import name

Condition = TypeVar("Condition")

# A sentence with more conditions than this is not read.
MOST = 6


def clash(
    conditions: Sequence[Condition], holds: Callable[[Sequence[Condition]], bool]
) -> list[Condition]:
    """
    Find conditions that cannot hold together although all but any one of them can.

    QuickXplain (Junker, 2004, "QuickXplain: preferred explanations and relaxations for
    over-constrained problems", AAAI): halves are tried before single conditions, so that a small
    clash among many conditions needs few trials.

    Parameters
    ----------
    conditions
        What is asked for; together they do not hold.
    holds
        Whether some of them can hold together. Dropping a condition never makes it false.

    Returns
    -------
    list
        A clash (others may exist), in the order given.

    Examples
    --------
    >>> clash([3, 8, 9, 1], lambda numbers: sum(numbers) <= 15)  # without 8 or 9 the rest holds
    [8, 9]
    """
    found = _explain([], [], list(range(len(conditions))), [*conditions], holds)
    return [conditions[place] for place in sorted(found)]


def _explain(
    base: list[int],
    added: list[int],
    places: list[int],
    conditions: list[Condition],
    holds: Callable[[Sequence[Condition]], bool],
) -> list[int]:
    """Of `places`, what with `base` does not hold; `added` came to `base` since it was tried."""
    if added and not holds([conditions[place] for place in base]):
        return []
    if len(places) == 1:
        return places
    first, last = places[: len(places) // 2], places[len(places) // 2 :]
    late = _explain([*base, *first], first, last, conditions, holds)
    return [*_explain([*base, *late], late, first, conditions, holds), *late]


def sides(rules: Rules) -> list[tuple[str, int]]:
    """Return every side condition as a kind, "group" or "district", and its place."""
    groups = [("group", place) for place in range(len(rules.at_most))]
    return groups + [("district", place) for place in range(len(rules.at_least))]


def some_of(rules: Rules, wanted: Sequence[tuple[str, int]]) -> Rules:
    """Return only the side conditions among `wanted`, which may hold other kinds too."""
    return Rules(
        at_most=tuple(rules.at_most[place] for kind, place in wanted if kind == "group"),
        at_least=tuple(rules.at_least[place] for kind, place in wanted if kind == "district"),
    )


def side_sentence(rules: Rules, sites: pd.Index, kind: str, place: int) -> str:
    """Say one side condition; `sites` are the candidates it is about."""
    if kind == "group":
        return f"at most one of {name(sites[rules.at_most[place]])} open"
    return f"at least one of {name(sites[rules.at_least[place]])} open"


def infeasible(question: str, sentences: Sequence[str], remedy: str) -> InfeasibleError:
    """Say which conditions clash and what to do."""
    shown = "; ".join(sentences[:MOST])
    more = len(sentences) - MOST
    rest = f"; and {more} more such conditions" if more > 0 else ""
    return InfeasibleError(f"{question}: these cannot hold together: {shown}{rest}. {remedy}")
