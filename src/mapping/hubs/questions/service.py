"""Serve the most people first, then at the least cost: what every question of distance shares.

An area that no open hub can reach has no journey to count, so leaving people out would look like
an improvement. Every question that adds up journeys therefore first serves as many people as the
hubs can serve and only then makes the journeys good.
"""

from dataclasses import dataclass
from math import fsum

import numpy as np

from mapping.hubs.nearest.choice import Choice, Found, fuzz
from mapping.hubs.nearest.search import choose
from mapping.hubs.problem import Problem
from mapping.hubs.questions.coverage import cover
from mapping.hubs.watch import Watch
from mapping.hubs.words import people

# Being served by no hub first costs as much as this many of the dearest areas, then a charge for
# each person that grows where it was too little to serve as many as can be served.
CHARGE = 2.0
RAISES = (1.0,) + (10.0,) * 8


# An area with less than this share of all people is nobody: what arithmetic left over.
NOBODY = 1e-12


@dataclass(frozen=True, eq=False)
class Service:
    """
    Sites that serve the most people, and of such sites those with the least total cost.

    Parameters
    ----------
    picked
        Positions among the free sites.
    total
        Cost of everyone who is served.
    bound
        Proven: no sites that serve as many people have a lower total; 0 where it is not proven
        that these serve the most.
    caveats
        What the reader must know.
    """

    picked: np.ndarray
    total: float
    bound: float
    caveats: tuple[str, ...] = ()


def serve(
    asked: Problem,
    cost: np.ndarray,
    *,
    watch: Watch,
    gap: float = 0.0,
    start: np.ndarray | None = None,
) -> Service:
    """
    Serve the most people at the least total cost.

    Charging for every area left out gives a plain p-median. Where its plan leaves nobody out, its
    bound holds for all plans that leave nobody out, whatever the charge. Otherwise everyone left
    out is charged the same c, and the bound less c times (people left out) bounds the cost of
    all plans that leave out no more (weak duality); c only has to grow until the plan leaves out
    as few as can be.

    Parameters
    ----------
    asked
        The problem; its minutes play no part here.
    cost
        Cost of serving all people of an area, sites by areas, 0 or more; infinite where there is
        no route, anything where nobody lives.
    watch
        Stops the search when its time is over.
    gap
        Share of the total within which the proof may stop.
    start
        Positions of free sites to start from.
    """
    mask = counted(asked, cost)
    asked, cost = asked.only(mask), cost[:, mask]
    charge = np.full(cost.shape[1], max(CHARGE * _dearest(cost), _known(asked, cost, start)))
    found = _charged(asked, cost, charge, watch=watch, gap=gap, start=start)
    left_out, total = _total(asked, cost, found.picked)
    if not left_out:
        return Service(found.picked, total, max(0.0, min(found.bound, total)))
    return _lexicographic(asked, cost, watch.quiet)


def counted(asked: Problem, cost: np.ndarray) -> np.ndarray:
    """
    Whether each area counts: people live there and some permitted site has a route.

    All others are the same in every plan. `cost` is as in `serve`.
    """
    routed = np.isfinite(cost[asked.kept | asked.free]).any(axis=0)
    return routed & (asked.people > NOBODY * fsum(asked.people))


def _known(asked: Problem, cost: np.ndarray, start: np.ndarray | None) -> float:
    """Total of a known plan that leaves nobody out: at that charge no better plan does either."""
    if start is None or not cost.shape[1]:
        return 0.0
    left_out, total = _total(asked, cost, start)
    return 0.0 if left_out else total


def _dearest(cost: np.ndarray) -> float:
    return max(1.0, float(cost.max(where=np.isfinite(cost), initial=0.0)))


def _lexicographic(asked: Problem, cost: np.ndarray, watch: Watch) -> Service:
    """Find the most people that can be served, and raise the charge until they are."""
    most = cover(asked, np.isfinite(cost), watch=watch, rules=asked.rules)
    fewest = fsum(asked.people) - most.bound
    charge = CHARGE * _dearest(cost / asked.people)
    # The proof must be exact: a gap would be a share of costs and charges alike.
    for factor in RAISES:
        charge *= factor
        found = _charged(asked, cost, charge * asked.people, watch=watch, start=most.picked)
        left_out, total = _total(asked, cost, found.picked)
        if watch.over or left_out <= fewest + fuzz(fewest):
            break
    caveats = _maybe_more(left_out - fewest - fuzz(fewest))
    # Nothing is known of the cost of plans that would serve more people.
    bound = 0.0 if caveats else found.bound - charge * left_out
    return Service(found.picked, total, max(0.0, min(bound, total)), caveats)


def _maybe_more(more: float) -> tuple[str, ...]:
    if more <= 0:
        return ()
    return (f"Not proven to reach the most: up to {people(more)} more might be given a route.",)


def _total(asked: Problem, cost: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    """People left out by a plan, and the cost of the others."""
    least = cost[asked.opened(chosen)].min(axis=0)
    routed = np.isfinite(least)
    return fsum(asked.people[~routed]), fsum(least[routed])


def _charged(
    asked: Problem,
    cost: np.ndarray,
    charge: np.ndarray,
    *,
    watch: Watch,
    gap: float = 0.0,
    start: np.ndarray | None = None,
) -> Found:
    """Solve the plain p-median in which no area costs more than its `charge`."""
    base = np.minimum(cost[asked.kept].min(axis=0, initial=np.inf), charge)
    choice = Choice.of(cost[asked.free], base, asked.pick)
    return choose(choice, watch=watch, gap=gap, start=start, rules=asked.rules)
