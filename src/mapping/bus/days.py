"""All routes that fit in a day, where a day holds few stops."""

import numpy as np

from mapping.bus.pricing import Routes
from mapping.bus.problem import Problem
from mapping.bus.reach import worth_planning

# More routes than this take longer to choose among than a plan is worth waiting for.
MOST_ROUTES = 30_000

# Minutes; two ways of adding the same legs may differ by this much.
TOLERANCE = 1e-6


def day_routes(problem: Problem, mask: np.ndarray, most: int = MOST_ROUTES) -> Routes | None:
    """
    List a route for every set of stops that fits in a day, or None if there are more than `most`.

    Of all orders of a set that end at one stop, only the one that leaves it first is carried on:
    leaving earlier never arrives later.

    Parameters
    ----------
    problem
        The problem.
    mask
        The stops that some day could visit.
    most
        When to give up.

    Returns
    -------
    list of list of int
        For each set the positions of its stops, in the order of the visits.
    """
    stops = np.flatnonzero(worth_planning(problem, mask))
    latest = problem.latest_starts + TOLERANCE
    start = np.maximum(problem.outward, problem.opens)
    first = stops[start[stops] <= latest[stops]]
    routes, leave = first[:, None], (start + problem.dwell)[first]
    listed: Routes = []
    while len(routes):
        listed += _home_in_time(problem, routes, leave).tolist()
        if len(listed) > most or len(routes) * len(stops) > 100 * most:
            return None
        begin = _next_starts(problem, routes, leave, stops)
        row, col = np.nonzero(begin <= latest[stops])
        longer = np.column_stack([routes[row], stops[col]])
        leave = begin[row, col] + problem.dwell[stops[col]]
        kept = _first_of_each(np.column_stack([np.sort(longer, axis=1), longer[:, -1]]), leave)
        routes, leave = longer[kept], leave[kept]
    return listed


def _home_in_time(problem: Problem, routes: np.ndarray, leave: np.ndarray) -> np.ndarray:
    home = leave + problem.homeward[routes[:, -1]]
    fits = home <= problem.shift + TOLERANCE
    routes = routes[fits]
    return routes[_first_of_each(np.sort(routes, axis=1), home[fits])]


def _next_starts(
    problem: Problem, routes: np.ndarray, leave: np.ndarray, stops: np.ndarray
) -> np.ndarray:
    """Return when each route could start at each stop; infinite where it has been."""
    arrive = leave[:, None] + problem.between[np.ix_(routes[:, -1], stops)]
    been = (routes[:, :, None] == stops).any(axis=1)
    return np.where(been, np.inf, np.maximum(arrive, problem.opens[stops]))


def _first_of_each(key: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Return the position of the earliest row of every distinct key."""
    order = np.lexsort([when, *key.T])
    ranked = key[order]
    fresh = np.ones(len(ranked), dtype=bool)
    fresh[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    return order[fresh]
