"""Choose among day routes so that most people are reached, each counted once: with proof."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from mapping.bus.programme import Programme
from mapping.bus.question import Chosen, Question, Route
from mapping.bus.watch import Watch

# Of the routes that a better choice could hold, so many are tried; more choke HiGHS.
MOST_NEAR = 4_000

# A choice this near its bound is the best: the rest is rounding.
EXACT = 1e-7

# A lowest share is held at this part of itself: the rest is rounding.
HELD = 1 - 1e-6

# More days of a kind than these are not offered.
MOST_MORE = 20

# Draws of the estimate are answered to this share of the best, in so many seconds each.
NEAR = 0.001
A_STOP = 0.001  # people: of equal choices the one with the plan's own stops is found
SECONDS_A_DRAW = 5.0


def choose(
    asked: Question,
    watch: Watch,
    *,
    complete: bool,
    least: np.ndarray,
    start: tuple[Route, ...] = (),
) -> Chosen:
    """
    Choose one route for each slot, so that most people are reached or the plan is fairest.

    Column generation with HiGHS: the linear relaxation is solved over the routes that pay, which
    bounds any choice. If it splits nothing it is the choice; else a first one is made among those
    routes, then all that a better one could hold are added, by their reduced cost, and the choice
    among them is proven best.

    Parameters
    ----------
    complete
        Whether the routes are all there are.
    least
        By session, minutes it takes at least, and last the minutes of a day: for a bound where
        the routes are not all there are.
    start
        A choice that is known already, to be bettered.
    """
    programme = Programme(asked)
    lowest = _fairest(programme, watch) if len(asked.shares) else None
    best = _most(programme, watch, start)
    routes, bound, clocked = best.routes, best.bound, best.clocked
    value = float(asked.people @ programme.at.share(asked.hours(routes)))
    missing = asked.missing(routes)
    bound = min(bound + programme.penalty * len(missing), float(asked.people.sum()))
    if missing:
        return Chosen(routes, value, max(bound, value), lowest, clocked, missing)
    if not complete:
        bound = min(float(asked.people.sum()), _bound_by_minutes(asked, least, watch))
    elif routes and value >= bound * (1 - EXACT):
        routes = _shortest(programme, routes, value, watch)
    return Chosen(routes, value, max(bound, value), lowest, clocked)


def prices(asked: Question, watch: Watch) -> tuple[float, np.ndarray] | None:
    """Return the relaxation's value, and by session what a route gains by holding it."""
    programme = Programme(replace(asked, budget=inf))
    relaxed = programme.relaxation(watch)
    if relaxed is None:
        return None
    at = programme.at
    links = relaxed.dual[at.link_row : at.pattern_row]
    return relaxed.value, links.reshape(len(asked.offers.stop), len(at.levels)).max(axis=1)


def days_missing(asked: Question, watch: Watch) -> int:
    """Return how many more days like those there are would hold all stops; 0 if none would."""
    more = [replace(kind, count=MOST_MORE) for kind in asked.kinds]
    wide = replace(
        asked,
        kinds=[*asked.kinds, *more],
        people=0 * asked.people,
        shares=asked.shares[:0],
        served=asked.served[:0],
        clashes=(),
    )
    programme = Programme(wide)
    programme.seek_few_of(range(len(asked.kinds), len(wide.kinds)))
    best = _most(programme, watch)
    if wide.missing(best.routes) or not np.isfinite(best.value):
        return 0
    return round(-best.value)


def chosen_in_draws(
    asked: Question,
    draws: np.ndarray,
    watch: Watch,
    *,
    plan: Chosen,
    progress: Callable[[int], None],
) -> list[set[int]]:
    """
    Return the stops that would be chosen in each draw of the people, each to within 0.1 %.

    The question is the plan's own: where it is the fairest, no group's share falls below the
    lowest of the plan's, which draws of the people do not change. Rules and routes are the same in
    every draw: one programme answers them all, each from where the one before ended, and a
    relaxation that splits nothing needs no further search.

    Parameters
    ----------
    draws
        People, neighbourhoods by draws.
    plan
        What was chosen for the people there most likely are.
    watch
        Ends the asking sooner: then fewer draws are returned.
    progress
        Told how many are answered, before each.
    """
    programme = Programme(asked, gap=NEAR)
    bonus = np.zeros(asked.stops)
    bonus[[stop for route in plan.routes for stop in asked.stops_of(route)]] = A_STOP
    found: list[set[int]] = []
    earlier: dict[tuple[Route, ...], np.ndarray] = {}
    if plan.least is not None:
        programme.relaxation(watch.within(SECONDS_A_DRAW))  # takes in the routes that pay
        programme.take(plan.routes)
        programme.hold_fairness(plan.least[0] * HELD)
        earlier[plan.routes] = programme.at.share(asked.hours(plan.routes))
    for number, people in enumerate(draws.T):
        progress(number)
        programme.seek_people(people, bonus)
        routes = _drawn(programme, people, earlier, watch.within(SECONDS_A_DRAW))
        if watch.stopped:
            break
        if routes not in earlier:
            earlier[routes] = programme.at.share(asked.hours(routes))
        found.append({int(stop) for route in routes for stop in asked.stops_of(route)})
    return found


def _drawn(
    programme: Programme,
    people: np.ndarray,
    earlier: dict[tuple[Route, ...], np.ndarray],
    watch: Watch,
) -> tuple[Route, ...]:
    """Return the choice for these people; earlier ones are where a search begins."""
    relaxed = programme.relaxation(watch)
    if relaxed is not None and relaxed.whole:
        return programme.picked(relaxed.found)
    start = max(earlier, key=lambda routes: people @ earlier[routes], default=None)
    found, _ = programme.best(watch, programme.greedy() if start is None else start)
    if found is None:
        return start or programme.greedy()
    return programme.picked(found)


@dataclass(frozen=True)
class _Best:
    """The best choice found, what is sought of it, its bound, and whether proof was given up."""

    routes: tuple[Route, ...]
    value: float
    bound: float
    clocked: bool = False


def _most(programme: Programme, watch: Watch, start: tuple[Route, ...] = ()) -> _Best:
    """Return the best choice found; `start` is one that is known."""
    relaxed = programme.relaxation(watch)
    if relaxed is None:
        routes = _better(programme, start)
        found, _ = programme.best(watch.within(1.0), routes)
        routes = routes if found is None else programme.picked(found)
        return _Best(routes, -inf, inf, clocked=True)
    top, within = relaxed.value, EXACT * max(1.0, abs(relaxed.value))
    if relaxed.whole:
        return _Best(programme.picked(relaxed.found), top, top)
    routes, value = _better(programme, start), -inf
    found, _ = programme.best(watch.share(0.4), routes)
    if found is not None:
        routes, value = programme.picked(found), programme.objective(found)
    if value >= top - within:
        return _Best(routes, value, top)
    slack = top - value if np.isfinite(value) else abs(top)
    whole = programme.take_near(relaxed.dual, slack + within, MOST_NEAR)
    found, bound = programme.best(watch, routes)
    if found is not None and programme.objective(found) > value:
        routes, value = programme.picked(found), programme.objective(found)
    return _Best(routes, value, min(top, max(bound, value)) if whole else top, watch.over)


def _better(programme: Programme, start: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return the better of a first choice and one that is known, which is taken in."""
    asked = programme.asked
    start = start if asked.pounds(start) <= asked.budget else ()
    programme.take(start)

    def worth(routes: tuple[Route, ...]) -> float:
        reached = float(asked.people @ programme.at.share(asked.hours(routes)))
        return reached - programme.penalty * len(asked.missing(routes))

    return max(start, programme.greedy(), key=worth)


def _fairest(programme: Programme, watch: Watch) -> tuple[float, float]:
    """Raise the lowest share as far as it goes, and hold it there."""
    asked = programme.asked
    programme.seek_fairness()
    best = _most(programme, watch.share(0.5))
    routes = best.routes
    reached = asked.shares @ programme.at.share(asked.hours(routes)) + asked.served
    share = 0.0 if asked.missing(routes) else float(min(1.0, reached.min()))
    programme.hold_fairness(max(0.0, share * HELD))
    programme.seek_people(asked.people)
    return share, max(share, min(1.0, best.bound))


def _shortest(
    programme: Programme, routes: tuple[Route, ...], value: float, watch: Watch
) -> tuple[Route, ...]:
    """Among the choices that reach as many people, return the one with the least driving found."""
    if watch.left < 0.2 or watch.stopped or len(programme.pool) > 3 * MOST_NEAR:
        return routes
    programme.seek_least_driving(value * (1 - EXACT))
    found, _ = programme.best(watch, routes)
    if found is None:
        return routes
    shorter = programme.picked(found)
    if programme.asked.missing(shorter):
        return routes
    return min(routes, shorter, key=lambda chosen: _driven(programme.asked, chosen))


def _driven(asked: Question, routes: Sequence[Route]) -> float:
    return sum(float(asked.routes[shift].driven[place]) * visits for shift, place, visits in routes)


def _bound_by_minutes(asked: Question, least: np.ndarray, watch: Watch) -> float:
    """Bound the people by the minutes that sessions and the quickest legs to them take."""
    programme = Programme(asked, least=least)
    found, bound = programme.best(watch.within(max(watch.left, 2.0)))
    return inf if found is None and bound == -inf else bound
