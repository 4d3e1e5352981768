"""All routes that one shift can hold, with windows, breaks and limits on the driver's hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mapping.bus.hours import Hours

# Minutes; two ways of adding the same legs may differ by this much.
TOLERANCE = 1e-6

# Where routes grow to more than this at once, not all are drawn up: a plan is wanted in seconds.
MOST_GROWN = 1_000_000


@dataclass(frozen=True, eq=False)
class Offers:
    """
    Sessions that could be held: a stop and a length each; every array has one entry for each.

    Parameters
    ----------
    stop
        Position of the stop.
    length
        Minutes of the session.
    earliest, latest
        When it may open, in minutes after midnight.
    days
        Bits of the weekdays on which it is possible, Monday is 1.
    """

    stop: np.ndarray
    length: np.ndarray
    earliest: np.ndarray
    latest: np.ndarray
    days: np.ndarray


@dataclass(frozen=True, eq=False)
class Shift:
    """
    A shift of one bus: its depot, its hours and the driver's.

    Parameters
    ----------
    outward, homeward
        Minutes between the depot and each stop; infinite where no route.
    between
        Minutes from stop to stop.
    starts, ends
        Earliest departure and latest return, in minutes after midnight.
    days
        Bits of the weekdays on which a slot of this shift runs.
    setup, packup
        Minutes at a stop before the session and after it.
    hours
        What a day may ask of the driver.
    step
        Sessions open at full multiples of so many minutes; 0 for any time.
    """

    outward: np.ndarray
    homeward: np.ndarray
    between: np.ndarray
    starts: float
    ends: float
    days: int
    setup: float
    packup: float
    hours: Hours
    step: float = 0.0


@dataclass(frozen=True, eq=False)
class Labels:
    """
    Routes, finished or not; every array has one row for each.

    Parameters
    ----------
    offers
        Positions of the sessions in their order; finished routes are filled with -1.
    days
        Bits of the weekdays on which all of them are possible.
    duty
        Minutes since leaving the depot.
    early, late
        Between which times the bus can leave the depot without waiting longer.
    driven
        Minutes at the wheel.
    rested
        `duty` at the end of the break, 0 without one.
    rested_driven
        `driven` at the break.
    rest_after
        After how many sessions the break is; 0 without one.
    key
        A number for the set of sessions, whatever their order.
    """

    offers: np.ndarray
    days: np.ndarray
    duty: np.ndarray
    early: np.ndarray
    late: np.ndarray
    driven: np.ndarray
    rested: np.ndarray
    rested_driven: np.ndarray
    rest_after: np.ndarray
    key: np.ndarray

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.offers)

    def rows(self, chosen: np.ndarray) -> "Labels":
        """Return some of them."""
        return Labels(**{name: column[chosen] for name, column in vars(self).items()})


def rounded_up(minutes: np.ndarray, step: float) -> np.ndarray:
    """
    Return the next full multiple of `step`, itself included; 0 rounds nothing.

    Examples
    --------
    >>> rounded_up(np.array([561, 565]), 5).tolist(), rounded_up(np.array([561]), 0).tolist()
    ([565.0, 565.0], [561])
    """
    return minutes if not step else np.ceil(minutes / step - TOLERANCE) * step


def all_routes(
    offers: Offers, shift: Shift, *, worth: np.ndarray | None = None, beam: int = 0
) -> tuple[Labels, bool]:
    """
    Return the routes a shift can hold, for every set of sessions the least driving one.

    Routes grow session by session; of those over the same sessions that end alike, only those are
    carried on that another does not beat in everything that matters later: the time, the duty,
    how far the departure can still move, the driving, and all this since the break (labels as in
    Desrochers and Soumis, 1988; windows as in Savelsbergh, 1992).

    Parameters
    ----------
    worth
        By session: which routes to carry on where there are too many.
    beam
        How many to carry on at most; 0 for all.

    Returns
    -------
    tuple
        The routes, and whether these are all: False if some were not carried on. Without a
        beam, no route of more sessions than could be carried on is returned.
    """
    complete = True
    name = _names(len(offers.stop))
    grown = _first(offers, shift, name)
    done = []
    while len(grown):
        done.append(_closed(offers, shift, grown))
        if beam and len(grown) > beam:
            grown, complete = _best(grown, worth, beam), False
        longer = [_extended(offers, shift, grown, name)]
        if longer[0] is not None and _needs_rest(shift):
            longer.append(_extended(offers, shift, grown, name, rest=True))
        if any(part is None for part in longer):
            complete = False
            break
        grown = _undominated(
            joined([part for part in longer if part is not None]), len(offers.stop)
        )
    routes = shortest(joined(done)) if done else _first(offers, shift, name).rows(np.empty(0, int))
    return routes, complete


def _names(count: int) -> np.ndarray:
    """Return a random number for each session; the sum over a set names the set."""
    return np.random.default_rng(1).integers(1, 2**62, count, dtype=np.uint64)


def _first(offers: Offers, shift: Shift, name: np.ndarray) -> Labels:
    leg = shift.outward[offers.stop]
    finite = np.isfinite(leg)
    before = np.where(finite, leg, 0) + shift.setup
    opens = np.maximum(rounded_up(shift.starts + before, shift.step), offers.earliest)
    days = offers.days & shift.days
    zero = np.zeros(len(leg))
    label = Labels(
        offers=np.arange(len(leg))[:, None],
        days=days,
        duty=before + offers.length + shift.packup,
        early=opens - before,
        late=offers.latest - before,
        driven=np.where(finite, leg, 0),
        rested=zero,
        rested_driven=zero,
        rest_after=np.zeros(len(leg), dtype=int),
        key=name.copy(),
    )
    fits = finite & (opens <= offers.latest + TOLERANCE) & (days > 0) & _legal(shift.hours, label)
    return label.rows(np.flatnonzero(fits))


def _extended(
    offers: Offers, shift: Shift, grown: Labels, name: np.ndarray, *, rest: bool = False
) -> Labels | None:
    """Return all routes one session longer, after a break or straight on; None if too many."""
    if rest:
        grown = _rested(grown.rows(np.flatnonzero(grown.rest_after == 0)), shift.hours.rest)
    if not len(grown):
        return grown
    last = offers.stop[grown.offers[:, -1]]
    leg = shift.between[np.ix_(last, offers.stop)]
    ready = _waited(offers, shift, grown, grown.duty[:, None] + leg + shift.setup)
    opens = np.maximum(grown.early[:, None] + ready, offers.earliest)
    been = (offers.stop[grown.offers][:, :, None] == offers.stop).any(axis=1)
    days = grown.days[:, None] & offers.days
    fits = ~been & (opens <= offers.latest + TOLERANCE) & (days > 0) & np.isfinite(leg)
    fits &= opens + offers.length + shift.packup <= shift.ends + TOLERANCE
    row, col = np.nonzero(fits)
    if len(row) > MOST_GROWN:
        return None
    ready, early, late = ready[row, col], grown.early[row], grown.late[row]
    wait = np.maximum(offers.earliest[col] - ready - late, 0)
    label = Labels(
        offers=np.column_stack([grown.offers[row], col]),
        days=days[row, col],
        duty=ready + wait + offers.length[col] + shift.packup,
        early=np.maximum(offers.earliest[col] - ready, early) - wait,
        late=np.minimum(offers.latest[col] - ready, late),
        driven=grown.driven[row] + leg[row, col],
        rested=grown.rested[row],
        rested_driven=grown.rested_driven[row],
        rest_after=grown.rest_after[row],
        key=grown.key[row] + name[col],
    )
    return label.rows(np.flatnonzero(_legal(shift.hours, label)))


def _waited(offers: Offers, shift: Shift, grown: Labels, ready: np.ndarray) -> np.ndarray:
    """
    Return when the next session can open, in minutes since leaving the depot.

    The first session opens on a full multiple of the step, so this one does if as many minutes
    are between them: whenever the bus leaves, the wait is the same.
    """
    if not shift.step:
        return ready
    first = shift.outward[offers.stop[grown.offers[:, 0]]] + shift.setup
    return first[:, None] + rounded_up(ready - first[:, None], shift.step)


def _rested(grown: Labels, rest: float) -> Labels:
    count = grown.offers.shape[1]
    return replace(
        grown,
        duty=grown.duty + rest,
        rested=grown.duty + rest,
        rested_driven=grown.driven,
        rest_after=np.full(len(grown), count),
    )


def _needs_rest(shift: Shift) -> bool:
    longest = min(shift.ends - shift.starts, shift.hours.duty)
    return longest > min(shift.hours.work_before_break, shift.hours.driving_before_break)


def _legal(hours: Hours, label: Labels) -> np.ndarray:
    """Return which keep the driver's hours so far."""
    return (
        (label.duty <= hours.duty + TOLERANCE)
        & (label.driven <= hours.driving + TOLERANCE)
        & (label.duty - label.rested <= hours.work_before_break + TOLERANCE)
        & (label.driven - label.rested_driven <= hours.driving_before_break + TOLERANCE)
    )


def _closed(offers: Offers, shift: Shift, grown: Labels) -> Labels:
    """Return those that are back at the depot in time, for every set the least driving."""
    leg = shift.homeward[offers.stop[grown.offers[:, -1]]]
    grown = grown.rows(np.flatnonzero(np.isfinite(leg)))
    leg = leg[np.isfinite(leg)]
    home = replace(grown, duty=grown.duty + leg, driven=grown.driven + leg)
    fits = _legal(shift.hours, home) & (home.early + home.duty <= shift.ends + TOLERANCE)
    return shortest(home.rows(np.flatnonzero(fits)))


def shortest(routes: Labels) -> Labels:
    """Return of every set of sessions the route with least driving."""
    order = np.lexsort([routes.duty, routes.driven, routes.key])
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = routes.key[order][1:] != routes.key[order][:-1]
    return routes.rows(np.sort(order[fresh]))


def _undominated(labels: Labels, count: int) -> Labels:
    """Leave out what another route over the same sessions, with the same end, beats throughout."""
    if not len(labels):
        return labels
    end = labels.offers[:, -1].astype(np.uint64)
    group = labels.key * np.uint64(2 * count + 1) + 2 * end
    group += (labels.rest_after > 0).astype(np.uint64)
    measures = np.column_stack(
        [
            labels.early + labels.duty,
            labels.duty,
            -(labels.late + labels.duty),
            labels.driven,
            labels.duty - labels.rested,
            labels.driven - labels.rested_driven,
        ]
    )
    order = np.lexsort([labels.driven, labels.duty, measures[:, 0], group])
    group, measures = group[order], measures[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = group[1:] != group[:-1]
    begin = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    rank = np.arange(len(order)) - begin
    kept = first.copy()
    for place in range(1, int(rank.max()) + 1):
        here = np.flatnonzero(rank == place)
        beaten = np.zeros(len(here), dtype=bool)
        for before in range(place):
            other = here - place + before
            better = (measures[other] <= measures[here] + TOLERANCE).all(axis=1)
            beaten |= kept[other] & better
        kept[here] = ~beaten
    return labels.rows(np.sort(order[kept]))


def _best(grown: Labels, worth: np.ndarray | None, most: int) -> Labels:
    """Return those worth most, and among equals those that took least time."""
    value = np.zeros(len(grown)) if worth is None else worth[grown.offers].sum(axis=1)
    return grown.rows(np.sort(np.lexsort([grown.duty, -value])[:most]))


def joined(parts: Sequence[Labels]) -> Labels:
    """Put routes of different lengths below each other."""
    width = max(part.offers.shape[1] for part in parts)
    columns = {name: [vars(part)[name] for part in parts] for name in vars(parts[0])}
    columns["offers"] = [
        np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=-1)
        for rows in columns["offers"]
    ]
    return Labels(**{name: np.concatenate(column) for name, column in columns.items()})
