"""The wording that errors and caveats share."""

from collections.abc import Iterable
from math import floor, log10

import pandas as pd


def people(number: float) -> str:
    """Write a number of people, from 100 to two figures: `12 people`, `2,300 people`."""
    return "1 person" if round(number) == 1 else f"{rounded(number)} people"


def rounded(number: float) -> str:
    """Write a number, from 100 to two figures: `12`, `2,300`."""
    shown = round(number, 1 - floor(log10(number))) if number >= 100 else number
    return f"{shown:,.0f}"


def pounds(number: float) -> str:
    """Write an amount of money: `£12,500`."""
    return f"£{number:,.0f}"


def areas(labels: pd.Index) -> str:
    """Write a number of areas and the first few of them: `2 areas (A, B)`."""
    return f"{len(labels):,} area{'s' * (len(labels) > 1)} ({name(labels)})"


def name(labels: Iterable[object], *, most: int = 3) -> str:
    """List the first few labels: `A, B, C and 4 more`."""
    found = [str(label) for label in labels]
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + rest
