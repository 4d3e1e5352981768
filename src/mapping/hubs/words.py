"""The wording that errors and caveats share."""

from collections.abc import Iterable

import pandas as pd

from mapping.rounding import about


def people(number: float) -> str:
    """Write a number of people, rounded as everywhere: `15 people`, `2,300 people`."""
    return f"{about(number) if number else 0} people"


def areas(labels: pd.Index) -> str:
    """Write a number of areas and the first few of them: `2 areas (A, B)`."""
    return f"{len(labels):,} area{'s' * (len(labels) > 1)} ({name(labels)})"


def name(labels: Iterable[object], *, most: int = 3) -> str:
    """List the first few labels: `A, B, C and 4 more`."""
    found = [str(label) for label in labels]
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + rest
