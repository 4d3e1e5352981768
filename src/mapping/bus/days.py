"""All routes that fit in a day, where a day holds few stops, and the best choice among them."""

import time

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from mapping.bus.problem import Problem
from mapping.bus.reach import latest_starts, worth_planning

# More routes than this take longer to choose among than a plan is worth waiting for.
MOST_ROUTES = 30_000

# Minutes; two ways of adding the same legs may differ by this much.
TOLERANCE = 1e-6


def day_routes(problem: Problem, mask: np.ndarray, most: int = MOST_ROUTES) -> np.ndarray | None:
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
    ndarray
        One row per set: the positions of its stops in the order of the visits, filled with -1.
    """
    stops = np.flatnonzero(worth_planning(problem, mask))
    latest = latest_starts(problem) + TOLERANCE
    start = np.maximum(problem.outward, problem.opens)
    first = stops[start[stops] <= latest[stops]]
    routes, leave = first[:, None], (start + problem.dwell)[first]
    layers: list[np.ndarray] = []
    while len(routes):
        layers.append(_home_in_time(problem, routes, leave))
        if sum(map(len, layers)) > most or len(routes) * len(stops) > 100 * most:
            return None
        begin = _next_starts(problem, routes, leave, stops)
        row, col = np.nonzero(begin <= latest[stops])
        longer = np.column_stack([routes[row], stops[col]])
        leave = begin[row, col] + problem.dwell[stops[col]]
        kept = _first_of_each(np.column_stack([np.sort(longer, axis=1), longer[:, -1]]), leave)
        routes, leave = longer[kept], leave[kept]
    return _stacked(layers)


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


def _stacked(layers: list[np.ndarray]) -> np.ndarray:
    width = max((layer.shape[1] for layer in layers), default=1)
    padded = [
        np.pad(layer, ((0, 0), (0, width - layer.shape[1])), constant_values=-1) for layer in layers
    ]
    return np.vstack(padded) if padded else np.empty((0, width), dtype=int)


def price_bound(problem: Problem, routes: np.ndarray) -> float:
    """
    Bound the choice of one route a day, each stop at most once, by its linear relaxation.

    With a price on every stop, no choice reaches more than all prices plus, each day, the route
    that exceeds its own prices most (Lagrange); so any prices give a bound, whatever the solver's
    tolerance, and those of the relaxation the best one.
    """
    if not len(routes):
        return 0.0
    reached, limits, room = _choice(problem, routes)
    solved = linprog(-reached, A_ub=limits, b_ub=room)
    if not solved.success:  # pragma: no cover - the relaxation always has a solution
        return float(problem.people.sum())
    price = np.maximum(-solved.ineqlin.marginals[:-1], 0)
    surplus = max(0.0, float((reached - limits[:-1].T @ price).max()))
    return float(price.sum() + problem.days * surplus)


def best_choice(
    problem: Problem, routes: np.ndarray, *, deadline: float
) -> tuple[list[list[int]], float]:
    """
    Return the best choice of one route a day found by HiGHS, and a bound on any choice.

    The bound is infinite if the deadline, on the clock of `time.perf_counter`, leaves no time.
    """
    seconds = deadline - time.perf_counter()
    if seconds <= 0 or not len(routes):
        return [], np.inf
    reached, limits, room = _choice(problem, routes)
    solved = milp(
        -reached,
        constraints=LinearConstraint(limits, ub=room),
        integrality=np.ones(len(reached)),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0},
    )
    proven = np.inf if solved.mip_dual_bound is None else -solved.mip_dual_bound
    if solved.x is None:
        return [], proven
    chosen = routes[(solved.x > 0.5) & (reached > 0)]
    return [[int(stop) for stop in route if stop >= 0] for route in chosen], proven


def _choice(
    problem: Problem, routes: np.ndarray
) -> tuple[np.ndarray, sparse.csr_array, np.ndarray]:
    """Return people per route, and the rows and room of: each stop once, a route a day."""
    row, col = np.nonzero(routes >= 0)
    visits = sparse.csr_array(
        (np.ones(len(row)), (routes[row, col], row)), shape=(len(problem.stops), len(routes))
    )
    a_day = sparse.csr_array(np.ones((1, len(routes))))
    room = np.append(np.ones(len(problem.stops)), problem.days)
    return visits.T @ problem.people, sparse.vstack([visits, a_day], format="csr"), room
