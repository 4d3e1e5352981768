"""Which stops a day can reach at all."""

import numpy as np

from mapping.bus.problem import Problem
from mapping.errors import InfeasibleError


def reachable(problem: Problem) -> np.ndarray:
    """
    Return a mask of the stops that some day could visit.

    A stop left out cannot be visited by any timetable. One kept in can, unless the only way
    there and the only way back share a stop.
    """
    return problem.earliest_starts <= problem.latest_starts


def worth_planning(problem: Problem, mask: np.ndarray) -> np.ndarray:
    """
    Return a mask of the reachable stops that a best plan may need.

    A stop without people is left out, unless some way over a stop is shorter than the direct one
    (or the only one): then it may be a stepping stone.
    """
    return mask & (problem.people > 0) if problem.direct_is_shortest else mask


def refuse_unreachable(problem: Problem, mask: np.ndarray) -> None:
    """
    Refuse a problem in which no stop can be visited.

    Raises
    ------
    InfeasibleError
        With the smallest shift that would do, where there is one.
    """
    if mask.any():
        return
    begin = np.maximum(problem.outward, problem.opens)
    needs = np.where(begin <= problem.closes, begin + problem.dwell + problem.homeward, np.inf)
    quickest = int(needs.argmin())
    if np.isinf(needs[quickest]):
        raise InfeasibleError(
            f"bus: no stop has a route from depot {problem.depot} and back that arrives before "
            "the stop closes. Check the depot, the missing routes and the closing times."
        )
    raise InfeasibleError(
        f"bus: the shift of {problem.shift:g} minutes is too short for any stop: the quickest "
        f"out-and-back, to {problem.stops[quickest]}, takes {needs[quickest]:g} minutes with its "
        "session. Lengthen the shift to that, or shorten the dwell."
    )
