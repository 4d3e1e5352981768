"""Futures: every choice a user can make, what follows from it, and how futures compare.

`Scenario` holds the choices and is a text file; `weigh` sets it against a `Place` (a built study)
and returns an `Outcome`; `compare` puts outcomes side by side, `frontier` says what one more hub,
or pound, would bring.
"""

from mapping.scenario import files
from mapping.scenario.beliefs import Belief
from mapping.scenario.choices import (
    COUNTED,
    QUESTIONS,
    READ_BY,
    WITH_PLACES,
    Scenario,
    lock_parts,
    name_of,
)
from mapping.scenario.comparison import changed_hands, compare, more_likely
from mapping.scenario.frontier import SWEEPS, Frontier, frontier, sweep
from mapping.scenario.groups import by_group
from mapping.scenario.measures import MEASURES
from mapping.scenario.outcome import Outcome, Progress, weigh
from mapping.scenario.place import Level, Place
from mapping.scenario.placing import (
    MAY_NOT_PARK,
    NOT_KNOWN,
    OWN,
    as_chosen,
    at_scheme,
    own_points,
    with_own,
)
from mapping.scenario.points import OwnPoint, own_name
from mapping.scenario.regret import RegretTable, best_by_belief, regret
from mapping.scenario.siting import EXPLAINED
from mapping.scenario.staffing import Crew, Staffing, staffing
from mapping.scenario.trial import StopTrial, Trial, Tried, TriedStop
from mapping.scenario.weights import BETTER_MORE, Swing, swing

__all__ = [
    "BETTER_MORE",
    "COUNTED",
    "EXPLAINED",
    "MAY_NOT_PARK",
    "MEASURES",
    "NOT_KNOWN",
    "OWN",
    "QUESTIONS",
    "READ_BY",
    "SWEEPS",
    "WITH_PLACES",
    "Belief",
    "Crew",
    "Frontier",
    "Level",
    "Outcome",
    "OwnPoint",
    "Place",
    "Progress",
    "RegretTable",
    "Scenario",
    "Staffing",
    "StopTrial",
    "Swing",
    "Trial",
    "Tried",
    "TriedStop",
    "as_chosen",
    "at_scheme",
    "best_by_belief",
    "by_group",
    "changed_hands",
    "compare",
    "files",
    "frontier",
    "lock_parts",
    "more_likely",
    "name_of",
    "own_name",
    "own_points",
    "regret",
    "staffing",
    "sweep",
    "swing",
    "weigh",
    "with_own",
]
