"""Futures: every choice a user can make, what follows from it, and how futures compare.

`Scenario` holds the choices and is a text file; `weigh` sets it against a `Place` (a built study)
and returns an `Outcome`; `compare` puts outcomes side by side, `frontier` says what one more hub,
or pound, would bring.
"""

from mapping.scenario.choices import (
    COUNTED,
    QUESTIONS,
    READ_BY,
    WITH_PLACES,
    Scenario,
    name_of,
)
from mapping.scenario.comparison import compare
from mapping.scenario.frontier import Frontier, frontier
from mapping.scenario.measures import MEASURES
from mapping.scenario.outcome import Outcome, Progress, weigh
from mapping.scenario.place import Place
from mapping.scenario.placing import NOT_KNOWN, OWN, with_own
from mapping.scenario.points import OwnPoint, own_name
from mapping.scenario.siting import EXPLAINED
from mapping.scenario.trial import Trial, Tried

__all__ = [
    "COUNTED",
    "EXPLAINED",
    "MEASURES",
    "NOT_KNOWN",
    "OWN",
    "QUESTIONS",
    "READ_BY",
    "WITH_PLACES",
    "Frontier",
    "Outcome",
    "OwnPoint",
    "Place",
    "Progress",
    "Scenario",
    "Trial",
    "Tried",
    "compare",
    "frontier",
    "name_of",
    "own_name",
    "weigh",
    "with_own",
]
