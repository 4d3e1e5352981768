"""Futures: every choice a user can make, what follows from it, and how futures compare.

`Scenario` holds the choices and is a text file; `weigh` sets it against a `Place` (a built study)
and returns an `Outcome`; `compare` puts outcomes side by side.
"""

from mapping.scenario.choices import QUESTIONS, Scenario, name_of
from mapping.scenario.comparison import compare
from mapping.scenario.measures import MEASURES
from mapping.scenario.outcome import Outcome, Progress, weigh
from mapping.scenario.place import Place

__all__ = [
    "MEASURES",
    "QUESTIONS",
    "Outcome",
    "Place",
    "Progress",
    "Scenario",
    "compare",
    "name_of",
    "weigh",
]
