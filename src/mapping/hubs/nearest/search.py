"""Solve a `Choice` with proof: a good plan, a bound, and branches for what lies between.

The bound's prices rule out most sites and nearly all journeys (see `relaxation`), so that the
branches (see `tree`) are those of a choice a hundredth of the size.
"""

from math import isfinite

import numpy as np

from mapping.hubs.nearest import tree
from mapping.hubs.nearest.choice import Choice, Found
from mapping.hubs.nearest.interchange import greedy, interchange
from mapping.hubs.nearest.record import Record
from mapping.hubs.nearest.relaxation import narrowed, relax
from mapping.hubs.nearest.remainder import Remainder
from mapping.hubs.nearest.repair import repaired
from mapping.hubs.nearest.residue import settle
from mapping.hubs.rules import FREE, Rules
from mapping.hubs.watch import Watch

# Rounds of price-setting before each narrowing: later ones work on what the earlier left over.
PASSES = (100, 100, 100)
# Steps without a higher bound before they are halved: fewer end far from the best prices.
PATIENCE = 10
# A plan is made from the sites that the prices pick, and polished, every so many rounds.
EVERY = 8
# At first an area looks no further than to so many of the best plan's sites.
NEAREST = 3
# Of so few journeys HiGHS gets the first try, for so many seconds.
FEW = 3_000
TRIAL = 10.0


def choose(
    choice: Choice,
    *,
    watch: Watch,
    gap: float = 0.0,
    start: np.ndarray | None = None,
    passes: tuple[int, ...] = PASSES,
    rules: Rules = FREE,
    prices: np.ndarray | None = None,
) -> Found:
    """
    Find the best candidates to pick.

    A KeyboardInterrupt ends the search with the best plan so far, and halts `watch`.

    Parameters
    ----------
    choice
        What to choose.
    watch
        Stops the search when its time is over.
    gap
        Share of the objective within which the proof may stop.
    start
        Positions to start from besides those found greedily, in number as asked or not.
    passes
        Rounds of price-setting in each pass, at least one pass.
    rules
        Side conditions on the pick.
    prices
        `Found.prices` of a like choice over the same areas, to start the proof from.

    Raises
    ------
    InfeasibleError
        If no pick meets the rules.
    """
    record = Record(choice, rules, gap, watch)
    try:
        _search(record, start, passes, prices)
    except KeyboardInterrupt:
        if not isfinite(record.value):
            raise
        watch.halt()
    return record.found()


def _search(
    record: Record, start: np.ndarray | None, passes: tuple[int, ...], prices: np.ndarray | None
) -> None:
    choice, rules = record.choice, record.rules
    for plan in _plans(choice, start, rules):
        record.offer(np.sort(plan))
    if choice.pick in (0, choice.candidates):
        record.prove(record.value)
        return
    near = _nearest(choice, record.picked)
    rest = Remainder.of(choice, near[-1], rules)
    record.offer(interchange(rest, record.picked))
    near = _nearest(choice, record.picked)
    record.prices = (near[0] + near[1]) / 2 if prices is None else prices
    rest = _passes(rest, record, record.prices, passes)
    puzzle = not (rest.hopeless or rest.settled) and len(rest.journeys.cost) <= FEW
    if puzzle and not record.done:
        settle(rest, record, seconds=TRIAL)
    if not record.done:
        tree.search(rest, record.prices, record)


def _plans(choice: Choice, start: np.ndarray | None, rules: Rules) -> list[np.ndarray]:
    """Plans to start from, made to meet the rules."""
    starts = [None] if start is None else [None, start]
    return [repaired(choice, greedy(choice, one, rules), rules) for one in starts]


def _nearest(choice: Choice, picked: np.ndarray) -> np.ndarray:
    """Costs of each area's nearest sites of a plan, the base where there are too few."""
    rows = np.vstack([choice.cost[picked], *[choice.base] * NEAREST])
    return np.sort(np.partition(rows, NEAREST - 1, axis=0)[:NEAREST], axis=0)


def _passes(
    rest: Remainder, record: Record, prices: np.ndarray, passes: tuple[int, ...]
) -> Remainder:
    """Set prices and narrow, again and again."""
    pace = 1.5
    for rounds in passes:
        relaxed = relax(
            rest,
            prices,
            rounds=rounds,
            pace=pace,
            patience=PATIENCE,
            goal=lambda: record.goal,
            met=_Polish(rest, record),
        )
        prices, pace = relaxed.prices, max(relaxed.pace, 0.1)
        record.prices = prices
        record.prove(min(relaxed.bound, record.goal))
        if record.done:
            break
        rest = narrowed(rest, relaxed, record.goal - relaxed.bound)
        if rest.hopeless or rest.settled:
            break
    return rest


class _Polish:
    """Makes plans from what the prices pick, each new set once, and minds the time."""

    def __init__(self, rest: Remainder, record: Record) -> None:
        self.rest, self.record, self.turn = rest, record, 0
        self.seen: set[bytes] = set()

    def __call__(self, chosen: np.ndarray, bound: float) -> bool:
        """Use the sites picked in one round; True where the search is to end."""
        if self.turn % EVERY == 0:
            self.record.prove(min(bound, self.record.goal))
            self._try(np.sort(chosen))
        self.turn += 1
        return self.record.watch.over

    def _try(self, chosen: np.ndarray) -> None:
        key = chosen.tobytes()
        if key in self.seen or not self.rest.rules.allows(chosen):
            return
        self.seen.add(key)
        self.record.offer(self.rest.opened(interchange(self.rest, chosen)))
