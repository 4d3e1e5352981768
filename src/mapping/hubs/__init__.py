"""Choose hub sites: location-allocation over a travel-time matrix.

Each question is a function from labelled tables to a `HubPlan` with its proof:

`maximal_coverage`, `budgeted`
    Which sites bring the most people within a service standard, so many of them or for so many
    pounds a year?
`gradual`
    Which sites bring the most people, when fewer come from further away?
`set_cover`
    How few sites bring everyone, or a share of people, within the standard?
`p_median`, `p_centre`, `equitable`
    Which sites make the total, the longest or the equally-distributed equivalent journey shortest?

All take the same conditions: sites that must be open (a hub that is open today and is not listed
may close), sites that may not, groups with at most one hub each, districts with at least one.
`maximal_coverage` and `p_median` also know places: `capacity`, which `weekly_places` counts. Areas
that nobody can reach are named, never dropped in silence, and wishes that exclude each other are
explained. Any place where people are can be a row of the tables, such as a hospital or an
employer.

Answers are explained by `marginal` and `by_budget` (what one more hub, or pound, brings; `knee`
finds where that lessens), `gains` (what each hub brings) and `reasons` (why here and not there),
and judged by `confidence`, which asks the question of every draw of the estimate.

Rooms: `problem` and `conditions` check and align, `infeasible` explains clashes, `plan` is the
answer; `questions` has a module for each question, `nearest` and `covering` are the two kernels
that solve them, `highs` and `rows` the door to HiGHS; `insight` says what an answer means.
"""

from mapping.hubs.insight.confidence import Confidence, confidence
from mapping.hubs.insight.explain import by_budget, gains, knee, marginal
from mapping.hubs.insight.reasons import Reasons, reasons
from mapping.hubs.plan import HubPlan
from mapping.hubs.questions.budgeted import budgeted
from mapping.hubs.questions.centre import p_centre
from mapping.hubs.questions.coverage import maximal_coverage
from mapping.hubs.questions.equitable import ede, equitable
from mapping.hubs.questions.gradual import attendance, gradual
from mapping.hubs.questions.median import p_median
from mapping.hubs.questions.places import weekly_places
from mapping.hubs.questions.set_cover import set_cover

__all__ = [
    "Confidence",
    "HubPlan",
    "Reasons",
    "attendance",
    "budgeted",
    "by_budget",
    "confidence",
    "ede",
    "equitable",
    "gains",
    "gradual",
    "knee",
    "marginal",
    "maximal_coverage",
    "p_centre",
    "p_median",
    "reasons",
    "set_cover",
    "weekly_places",
]
