"""Swing weights: how much each measure matters, and where the choice flips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mapping.errors import InvalidScenarioError
from mapping.scenario.measures import MEASURES
from mapping.scenario.outcome import Outcome

# Measure → whether more of it is better; what is not here cannot be weighed.
BETTER_MORE: Mapping[str, bool] = {
    "reach": True,
    "gained": True,
    "lost": False,
    "backup": True,
    "bus_reach": True,
    "any_reach": True,
    "attenders": True,
    "new_attenders": True,
    "minutes": False,
    "fair_minutes": False,
    "longest": False,
    "least_served": False,
    "counted": True,
    "new_hubs": False,
    "closed": False,
    "places": True,
    "cost": False,
}
LEVEL = 1e-9  # what is left of a difference by rounding
# What a scenario without new hubs, or without a bus, has none of.
NOTHING_IS_NONE = ("cost", "places", "bus_reach", "lost", "closed")


@dataclass(frozen=True, eq=False)
class Swing:
    """
    Options weighed, and how far the choice hangs on each weight.

    Parameters
    ----------
    ranges
        By measure: `label`, `unit`, `worst` and `best` (the values actually on offer), `worst_in`
        and `best_in` (the options that have them) and `weight`, adding up to 1; 0 where all options
        have the same.
    scores
        Options × measures: 0 at the worst value on offer, 1 at the best.
    totals
        By option: the weighted sum of scores.
    first
        By option: share of joint draws in which its weighted sum is highest.
    flips
        Where the choice flips: `measure`, `weight` (now), `at` (the weight from which another
        option has the higher sum, the other weights keeping their proportions), `to` (that
        option), `way` ("above" or "below" the weight now). Measures whose weight never changes the
        choice have no row.
    """

    ranges: pd.DataFrame
    scores: pd.DataFrame
    totals: pd.Series
    first: pd.Series
    flips: pd.DataFrame

    @property
    def preferred(self) -> str:
        """The option with the highest weighted sum; the earlier of equals."""
        return str(self.totals.round(12).idxmax())


def swing(outcomes: Sequence[Outcome], weights: Mapping[str, float]) -> Swing:
    """
    Weigh options by several measures at once.

    A weight says how much the step from the worst to the best value on offer matters beside the
    same step in the other measures (swing weighting; HM Treasury, Green Book supplementary
    guidance: an introductory guide to the use of multi-criteria decision analysis, 2024). Where
    options hardly differ, even a measure that matters greatly deserves little weight.

    Parameters
    ----------
    outcomes
        The options, each with its own name.
    weights
        Measure → importance of its step from worst to best, 0 or above, of any scale.

    Raises
    ------
    InvalidScenarioError
        If there are fewer than two options, a measure cannot be weighed or is not known for all,
        or no weight is left above 0.
    """
    values = _values(outcomes, weights)
    better = pd.Series({name: BETTER_MORE[name] for name in values}, dtype=bool)
    worst = values.min().where(better, values.max())
    best = values.max().where(better, values.min())
    differs = (best - worst).abs() > 1e-9 * values.abs().max().clip(lower=1.0)
    span = (best - worst).where(differs, 1.0)
    scores = (values - worst) / span * differs.astype(float)
    given = pd.Series(dict(weights), dtype=float)[values.columns].where(differs, 0.0)
    if not given.sum() > 0:
        raise InvalidScenarioError(
            "Nothing is left to weigh: the options have the same "
            f"{', '.join(values.columns)}. Weigh measures in which they differ."
        )
    share = given / given.sum()
    totals = scores @ share
    ranges = pd.DataFrame(
        {
            "label": [MEASURES[name][1] for name in values],
            "unit": [MEASURES[name][0] for name in values],
            "worst": worst,
            "best": best,
            "worst_in": [_where(values[name], worst[name]) for name in values],
            "best_in": [_where(values[name], best[name]) for name in values],
            "weight": share,
        }
    ).rename_axis("measure")
    return Swing(
        ranges, scores, totals, _first(outcomes, values, worst, span, share), flips(scores, share)
    )


def flips(scores: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """
    Return the weights at which another option overtakes the preferred one.

    Parameters
    ----------
    scores
        Options × measures, 0 to 1.
    weights
        By measure, adding up to 1.

    Returns
    -------
    pandas.DataFrame
        As in `Swing`: at most one row above and one below for each measure.

    Notes
    -----
    With the weight of measure c at t and the others in their proportions, the sum of an option is
    t s + (1 − t) r, with s its score in c and r its weighted mean over the others. Two such lines
    cross once: at t = Δr ÷ (Δr − Δs). Exact, no search. Where only c has weight, the others are
    taken to share what it gives up equally.

    Examples
    --------
    >>> scores = pd.DataFrame({"reach": [1.0, 0.0], "cost": [0.0, 1.0]}, index=["many", "few"])
    >>> flips(scores, pd.Series({"reach": 0.6, "cost": 0.4})).to_dict("records")[0]
    {'measure': 'reach', 'weight': 0.6, 'at': 0.5, 'to': 'few', 'way': 'below'}
    """
    preferred = (scores @ weights).round(12).idxmax()
    rows = []
    for measure in scores:
        now = float(weights[measure])
        others = weights.drop(measure)
        if others.empty:
            continue
        if not others.sum() > 0:
            others = pd.Series(1.0, others.index)
        rest = scores[others.index] @ (others / others.sum())
        ahead = rest[preferred] - rest
        step = ahead - (scores.loc[preferred, measure] - scores[measure])
        at = (ahead / step.where(step.abs() > 1e-12)).drop(preferred).dropna()
        # The preferred option leads now, so that from a crossing on, away from here, it trails.
        for way, found in (
            ("below", at[(at <= now + LEVEL) & (at > LEVEL) & (step.reindex(at.index) < 0)]),
            ("above", at[(at >= now - LEVEL) & (at < 1 - LEVEL) & (step.reindex(at.index) > 0)]),
        ):
            if len(found):
                to = found.idxmax() if way == "below" else found.idxmin()
                row = {"weight": now, "at": float(found[to]), "to": str(to), "way": way}
                rows.append({"measure": measure, **row})
    return pd.DataFrame(rows, columns=["measure", "weight", "at", "to", "way"])


def _values(outcomes: Sequence[Outcome], weights: Mapping[str, float]) -> pd.DataFrame:
    """Return options × measures, or say what keeps them from being weighed."""
    if len(outcomes) < 2:
        raise InvalidScenarioError("Weights choose between scenarios. Name at least two.")
    unknown = [name for name in weights if name not in BETTER_MORE]
    faults = [
        f"{name}: {weight:g} is no weight (0 or above)"
        for name, weight in weights.items()
        if not (np.isfinite(weight) and weight >= 0)
    ]
    if unknown:
        faults.append(
            f"{', '.join(unknown)} cannot be weighed; choose from {', '.join(BETTER_MORE)}"
        )
    table = pd.DataFrame(
        {
            outcome.scenario.name: outcome.measures["value"].reindex(
                [name for name in weights if name in BETTER_MORE]
            )
            for outcome in outcomes
        }
    ).T.astype(float)
    for name in table:
        none = [o.scenario.name for o in outcomes if _has_none(o, str(name))]
        table.loc[none, name] = table.loc[none, name].fillna(0.0)
        missing = list(table.index[table[name].isna()])
        if missing:
            faults.append(f"{name} is not known for {', '.join(map(str, missing))}")
    if faults:
        raise InvalidScenarioError(f"Weights: {'; '.join(faults)}.")
    return table


def _has_none(outcome: Outcome, measure: str) -> bool:
    """Whether a measure that is not stated is nought: no new hubs cost nothing."""
    without_hubs = not outcome.new_hubs or measure not in {"cost", "places"}
    return measure in NOTHING_IS_NONE and without_hubs


def _where(values: pd.Series, value: float) -> str:
    return ", ".join(map(str, values.index[np.isclose(values, value)]))


def _first(
    outcomes: Sequence[Outcome],
    values: pd.DataFrame,
    worst: pd.Series,
    span: pd.Series,
    share: pd.Series,
) -> pd.Series:
    """Return in what share of joint draws each option has the highest sum; equals share it."""
    draws = max(outcome.draws.shape[1] for outcome in outcomes)
    sums = np.zeros((len(outcomes), draws))
    for at, outcome in enumerate(outcomes):
        for name, weight in share.items():
            known = name in outcome.draws.index
            drawn = outcome.draws.loc[name].to_numpy() if known else values.iloc[at][name]
            sums[at] += weight * (drawn - worst[name]) / span[name]
    best = sums >= sums.max(axis=0) - 1e-12
    return pd.Series((best / best.sum(axis=0)).mean(axis=1), values.index)
