"""The last few hundred journeys of a choice, as a model for HiGHS.

With many sites to pick, what the prices leave over is a small puzzle of near ties, which a general
solver's cutting planes end far sooner than branching on sites; with few sites to pick it is a
large table, which it cannot carry (see `tree`).
"""

from math import inf

import numpy as np
from scipy import sparse

from mapping.hubs.highs import Programme, solve
from mapping.hubs.nearest.record import Record
from mapping.hubs.nearest.remainder import Remainder


def settle(rest: Remainder, record: Record, *, seconds: float = inf) -> None:
    """Let HiGHS search what is left, for so long, and record what it finds and proves."""
    scale = max(record.value, 1e-9) / len(rest.base)
    answer = solve(
        _programme(rest, scale),
        start=np.isin(rest.may, record.picked),
        slack=max(0.0, record.value - record.goal) / scale,
        seconds=seconds,
        watch=record.watch.quiet,
    )
    if answer.values is not None:
        picked = np.flatnonzero(answer.values)
        spare = np.setdiff1d(np.arange(len(rest.may)), picked)
        filled = np.r_[picked, spare[: rest.pick - len(picked)]]
        record.offer(rest.opened(filled))
    # Plans that were left out before cost no less than the goal.
    apart = answer.bound * scale + _constant(rest)
    record.prove(record.goal if answer.infeasible else min(apart, record.goal))


def _constant(rest: Remainder) -> float:
    """Return what areas without any journey cost in every plan."""
    served = np.zeros(len(rest.base), dtype=bool)
    served[rest.journeys.area] = True
    return float(rest.base[~served].sum())


def _programme(rest: Remainder, scale: float) -> Programme:
    """
    Write the model: variables for sites, journeys and each served area's base.

    Rows: each area takes one journey or its base; a journey needs its site; so many sites; the
    rules. Costs are divided by `scale`, so that the solver's tolerances mean the same for any city.
    """
    table, sites = rest.journeys, len(rest.may)
    served, area = np.unique(table.area, return_inverse=True)
    count, areas = len(table.cost), len(served)
    last = sites + count + areas
    taking = _block(np.r_[area, np.arange(areas)], np.arange(sites, last), areas, last)
    needing = _block(np.arange(count), sites + np.arange(count), count, last) - _block(
        np.arange(count), table.site, count, last
    )
    sets = [*rest.rules.at_most, *rest.rules.at_least, np.arange(sites)]
    row = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
    picking = _block(row, np.concatenate(sets), len(sets), last)
    most, least = len(rest.rules.at_most), len(rest.rules.at_least)
    # A plan may leave places empty, unless rules make each one count.
    fewest = rest.pick if rest.rules else -inf
    return Programme(
        cost=np.r_[np.zeros(sites), table.cost / scale, rest.base[served] / scale],
        matrix=sparse.csc_array(sparse.vstack([taking, needing, picking])),
        lower=np.r_[np.ones(areas), np.full(count + most, -inf), np.ones(least), fewest],
        upper=np.r_[np.ones(areas), np.zeros(count), np.ones(most), np.full(least, inf), rest.pick],
        whole=sites,
    )


def _block(row: np.ndarray, column: np.ndarray, rows: int, columns: int) -> sparse.csc_array:
    return sparse.csc_array((np.ones(len(row)), (row, column)), shape=(rows, columns))
