"""Choose hub sites: location-allocation over a travel-time matrix.

Two questions, each a function from labelled tables to a `HubPlan` with its proof:

`maximal_coverage`
    Which sites bring the most people within a service standard?
`p_median`
    Which sites make the total journey to the nearest hub shortest?

and two that explain an answer: `marginal` (what one more hub brings) and `gains` (what each hub
brings). Hubs that are open stay open; sites may be ruled out; areas that nobody can reach are
named, never dropped in silence.

Modules, in the order of the work: `problem` (check and align), `coverage` and `median` (the two
questions), `choice`, `interchange`, `relaxation` and `highs` (how they are solved), `plan` (the
answer), `explain`; `watch` and `words` serve them all.
"""

from mapping.hubs.coverage import maximal_coverage
from mapping.hubs.explain import gains, marginal
from mapping.hubs.median import p_median
from mapping.hubs.plan import HubPlan

__all__ = ["HubPlan", "gains", "marginal", "maximal_coverage", "p_median"]
