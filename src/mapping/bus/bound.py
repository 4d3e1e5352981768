"""How many people any timetable could reach at most."""

import numpy as np

from mapping.bus.packing import TOLERANCE, Packing
from mapping.bus.problem import Problem


def upper_bound(problem: Problem, mask: np.ndarray, listed: Packing | None) -> float:
    """
    Return a number of people that no timetable exceeds.

    Parameters
    ----------
    problem
        The problem.
    mask
        The stops that some day could visit.
    listed
        All routes that fit in a day, or None where there are too many to list.
    """
    bound = knapsack_bound(problem, mask)
    if listed is not None and bound > 0:
        bound = min(bound, listed.bound())
    return whole(problem, bound)


def whole(problem: Problem, bound: float) -> float:
    """Round a bound down to what stops of whole people can add up to."""
    if not problem.step or not np.isfinite(bound):
        return bound
    return float(np.floor(bound / problem.step + 1e-6)) * problem.step


def knapsack_bound(problem: Problem, mask: np.ndarray) -> float:
    """
    Fill all days at once with the stops worth most a minute (Dantzig, 1957).

    A visit takes at least its session and the quickest leg to it, a day at least the quickest leg
    home. No day holds more stops than the shortest of them allow.
    """
    stops = np.flatnonzero(mask)
    if not len(stops):
        return 0.0
    people = problem.people[stops]
    takes = problem.dwell[stops] + _quickest_leg(problem, stops)
    room = problem.shift - problem.homeward[stops].min()
    a_day = int((np.cumsum(np.sort(takes)) <= room + TOLERANCE).sum())
    by_count = np.sort(people)[::-1][: a_day * problem.days].sum()
    return float(min(by_count, _fractional(people, takes, room * problem.days)))


def _quickest_leg(problem: Problem, stops: np.ndarray) -> np.ndarray:
    legs = problem.between[np.ix_(stops, stops)].copy()
    np.fill_diagonal(legs, np.inf)
    return np.minimum(problem.outward[stops], legs.min(axis=0))


def _fractional(people: np.ndarray, takes: np.ndarray, room: float) -> float:
    worth = np.divide(people, takes, out=np.full(len(people), np.inf), where=takes > 0)
    best = np.argsort(-worth, kind="stable")
    before = np.cumsum(takes[best]) - takes[best]
    share = np.divide(
        room - before, takes[best], out=np.ones(len(best)), where=takes[best] > 0
    ).clip(0, 1)
    return float((people[best] * share).sum())
