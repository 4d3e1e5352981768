"""Which stops a day can reach at all."""

import numpy as np

from mapping.bus.problem import Problem
from mapping.errors import InfeasibleError


def earliest_starts(problem: Problem) -> np.ndarray:
    """
    Return the earliest start of a session at each stop over all ways there, infinite where none.

    Labels are corrected until they stand (Bellman, 1958); leaving earlier never arrives later, so
    the earliest way to each stop is enough.
    """
    start = _admit(problem, problem.outward)
    for _ in problem.stops:
        arrive = ((start + problem.dwell)[:, None] + problem.between).min(axis=0)
        better = np.minimum(start, _admit(problem, arrive))
        if np.array_equal(better, start):
            break
        start = better
    return start


def latest_starts(problem: Problem) -> np.ndarray:
    """Return the latest start of a session from which the depot is reached in time, or -inf."""
    start = _expire(problem, problem.shift - problem.homeward)
    for _ in problem.stops:
        leave = (start[None, :] - problem.between).max(axis=1)
        better = np.maximum(start, _expire(problem, leave))
        if np.array_equal(better, start):
            break
        start = better
    return start


def reachable(problem: Problem) -> np.ndarray:
    """
    Return a mask of the stops that some day could visit.

    A stop left out cannot be visited by any timetable. One kept in can, unless the only way
    there and the only way back share a stop.
    """
    return earliest_starts(problem) <= latest_starts(problem)


def worth_planning(problem: Problem, mask: np.ndarray) -> np.ndarray:
    """
    Return a mask of the reachable stops that a best plan may need.

    A stop without people is left out, unless some way over a stop is shorter than the direct one
    (or the only one): then it may be a stepping stone.
    """
    return mask & (problem.people > 0) if direct_is_shortest(problem) else mask


def direct_is_shortest(problem: Problem) -> bool:
    """Return whether no visit on the way brings the bus anywhere sooner."""
    travel = problem.travel
    return all(
        bool((travel <= travel[:, [over]] + stay + travel[[over], :] + 1e-6).all())
        for over, stay in enumerate(problem.dwell, start=1)
    )


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


def _admit(problem: Problem, arrive: np.ndarray) -> np.ndarray:
    start = np.maximum(arrive, problem.opens)
    return np.where(start <= problem.closes, start, np.inf)


def _expire(problem: Problem, leave: np.ndarray) -> np.ndarray:
    start = np.minimum(leave - problem.dwell, problem.closes)
    return np.where(start >= problem.opens, start, -np.inf)
