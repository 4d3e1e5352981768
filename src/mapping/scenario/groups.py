"""Whom scenarios reach: by age, home, disability and deprivation, with differences."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mapping.exclusion.result import TAILS
from mapping.scenario.outcome import Outcome
from mapping.scenario.place import Place

DECILES = range(1, 11)


def by_group(outcomes: Sequence[Outcome], place: Place) -> pd.DataFrame:
    """
    Return whom each scenario brings within reach of a hub, by group, each against the first.

    Parameters
    ----------
    outcomes
        Of one place.

    Returns
    -------
    pandas.DataFrame
        By `kind` ("age", "tenure", "disability", "deprivation") and `label`, one row per
        `scenario`: `total`, the group's adults likely to be offline; `value`, those of them within
        reach, with `low` and `high` (95 %); and against the first scenario `difference`,
        `difference_low`, `difference_high` and `more_likely` as in `compare`.

    Notes
    -----
    The people of an area are divided among groups as in `Place.groups`, in the same shares in every
    draw: the doubt of those shares is left out. Deciles are those of the Index of Multiple
    Deprivation, 1 = the most deprived tenth of England.
    """
    estimate = place.exclusion
    people = estimate.draws.mul(estimate.adults.reindex(estimate.draws.index), axis=0)
    parts = shares(place).reindex(people.index).fillna(0.0)
    known = people.fillna(0.0).to_numpy()
    total = parts.to_numpy().T @ known.mean(axis=1)
    drawn = [
        parts.mul(_reached(outcome).reindex(people.index).to_numpy(bool), axis=0).to_numpy().T
        @ known
        for outcome in outcomes
    ]
    frames = []
    for outcome, reached in zip(outcomes, drawn, strict=True):
        low, high = np.quantile(reached, TAILS, axis=1)
        frame = pd.DataFrame(
            {
                "scenario": outcome.scenario.name,
                "total": total,
                "value": reached.mean(axis=1),
                "low": low,
                "high": high,
            },
            index=parts.columns,
        )
        other = None if outcome is outcomes[0] else reached - drawn[0]
        frames.append(frame.assign(**_against(other, len(frame))))
    together = pd.concat(frames)
    order = {label: place for place, label in enumerate(parts.columns)}
    places = together.index.map(order).to_numpy()
    return together.iloc[np.argsort(places, kind="stable")]


def _reached(outcome: Outcome) -> pd.Series:
    return pd.DataFrame(outcome.areas)["hub"]


def _against(difference: np.ndarray | None, rows: int) -> dict[str, np.ndarray]:
    if difference is None:
        blank = np.full(rows, np.nan)
        return dict.fromkeys(
            ("difference", "difference_low", "difference_high", "more_likely"), blank
        )
    low, high = np.quantile(difference, TAILS, axis=1)
    return {
        "difference": difference.mean(axis=1),
        "difference_low": low,
        "difference_high": high,
        "more_likely": (difference > 0).mean(axis=1) + (difference == 0).mean(axis=1) / 2,
    }


def shares(place: Place) -> pd.DataFrame:
    """
    Return the share of each area's excluded people in every group.

    Returns
    -------
    pandas.DataFrame
        Areas by two column levels, `kind` and `label`, as in `by_group`. NaN where an area has no
        estimate.
    """
    totals = place.exclusion.people.reindex(place.groups.index)
    parts = place.groups.div(totals.where(totals > 0), axis=0)
    decile = place.lsoas["imd_decile"].reindex(parts.index)
    ranked = pd.DataFrame({("deprivation", _called(d)): decile.eq(d) * 1.0 for d in DECILES})
    ranked.columns = pd.MultiIndex.from_tuples(ranked.columns, names=parts.columns.names)
    return pd.concat([parts, ranked.loc[:, ranked.any()]], axis=1)


def _called(decile: int) -> str:
    edges = {1: " (most deprived)", 10: " (least deprived)"}
    return f"decile {decile}{edges.get(decile, '')}"
