"""Check a model on areas it has not seen, against simpler ways to order them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion.autocorrelation import autocorrelation
from mapping.exclusion.card import BASELINES, ValidationCard
from mapping.exclusion.model import fit
from mapping.exclusion.result import by_name, groups_of

# A rank agreement within fewer areas than this says nothing.
MEASURABLE = 10
# Resamples of areas, and draws of what would be observed if the model were right.
RESAMPLES = 200
DRAWS = 50
MIDDLE = (0.05, 0.95)  # bounds of both
BANDS = 10  # of calibration, each with at least as many areas as `MEASURABLE` where there are few

Learner = Callable[[pd.DataFrame, pd.DataFrame], Any]


@dataclass(frozen=True, eq=False)
class _Round:
    """One group left out: the model of the others, and the areas it has not seen."""

    group: Any
    model: Any
    observed: pd.DataFrame
    covariates: pd.DataFrame


def validate(
    observed: pd.DataFrame,
    covariates: pd.DataFrame,
    groups: pd.Series,
    *,
    outcome: str,
    made: date,
    grouping: str = "region",
    pooled: bool = False,
    baselines: pd.DataFrame | None = None,
    kinds: pd.DataFrame | None = None,
    geometry: gpd.GeoSeries | None = None,
    learn: Learner = fit,
    level: float = 0.9,
    seed: int = 0,
) -> ValidationCard:
    """
    Leave out one group of areas after another, predict it from the others, and say how it went.

    Parameters
    ----------
    observed
        By area: `share` (0 to 1) and `n`, as for `fit`.
    covariates
        Numbers by area, as for `fit`.
    groups
        What is left out together, by area: its region, its local authority, or a fold (`folds`).
    outcome
        What was observed, such as "census returns not made online".
    made
        The day the card is made.
    grouping
        What one of the groups is called.
    pooled
        Whether agreement is that of all areas together, as it must be where groups are small
        (folds of a ward survey); otherwise it is the mean of the agreement within each group.
    baselines
        Simpler orders of the areas, one column each, among them `BASELINES`: a column that is
        absent or blank is named as not compared. One that runs the other way, as ranks with 1 for
        the most deprived do, is turned round.
    kinds
        Labels by area, one column per way of dividing areas, NaN = none: where the model fails is
        looked for there. By default the tenth of areas with most of each covariate.
    geometry
        Outlines or points by area, for whether neighbours err alike; None = not looked at.
    learn
        Makes a model from `observed` and `covariates`, with the `predict`, `estimate` and
        `residuals` of `Model`.
    level
        Of the intervals that are checked.
    seed
        For the draws, resamples and permutations behind the card.

    Returns
    -------
    ValidationCard
        Agreement is Spearman's rank correlation of predicted with observed shares.

    Raises
    ------
    InvalidTableError
        If an observed area has no group, there is one group only, no group is large enough for
        its own agreement, or `fit` refuses the tables.
    """
    random = np.random.default_rng(seed)
    frames, possible = [], []
    for held in _rounds(observed, covariates, groups, learn=learn):
        frames.append(_predicted(held, level=level))
        possible.append(_redrawn(held, random))
    frame = by_name(pd.concat(frames))
    drawn = pd.concat(possible).loc[frame.index]
    _refuse_small(frame["group"], grouping, pooled=pooled)
    block = pd.Series("all", frame.index) if pooled else frame["group"]
    within = _agreements(frame["observed"], frame["share"], block)
    attainable = [_agreements(drawn[name], frame["share"], block).mean() for name in drawn]
    low, high = map(float, np.quantile(attainable, MIDDLE))
    return ValidationCard(
        outcome=outcome,
        made=made,
        grouping=grouping,
        level=level,
        areas=len(frame),
        agreement=float(within.mean()),
        attainable=(low, high),
        coverage=float(_inside(frame).mean()),
        groups=_by_group(frame, geometry, seed=seed),
        baselines=_compared(frame, block, baselines, random),
        calibration=_calibration(frame),
        kinds=_by_kind(frame, unusual(covariates) if kinds is None else kinds),
    )


def left_out(
    observed: pd.DataFrame,
    covariates: pd.DataFrame,
    groups: pd.Series,
    *,
    learn: Learner = fit,
    level: float = 0.9,
) -> pd.DataFrame:
    """
    Predict every observed area from the other groups alone; see `validate`.

    Returns
    -------
    pandas.DataFrame
        By area, in the order given: `group`, `observed`, `n`, `share` predicted, `low` and `high`
        of the interval, and `residual`, observed minus predicted in standard deviations of what
        the model finds possible.
    """
    rounds = _rounds(observed, covariates, groups, learn=learn)
    return pd.concat([_predicted(held, level=level) for held in rounds]).loc[observed.index]


def folds(areas: pd.Index, *, count: int = 10, seed: int) -> pd.Series:
    """
    Divide areas at random into `count` folds of equal size, to leave out in turn.

    Returns
    -------
    pandas.Series
        "group 1", "group 2" … by area; the same for the same areas in any order.
    """
    named = areas[np.argsort(areas.map(str), kind="stable")]
    order = np.random.default_rng(seed).permutation(len(named))
    labels = pd.Series([f"group {place % count + 1}" for place in order], named, name="fold")
    return labels.loc[areas]


def unusual(covariates: pd.DataFrame) -> pd.DataFrame:
    """
    Label the tenth of areas with most of each covariate, as a kind of area.

    Returns
    -------
    pandas.DataFrame
        By area, a column per covariate: "highest tenth" or NaN. Covariates of fewer than ten
        different values have none.
    """
    many = covariates.columns[(covariates.nunique() >= 10).to_numpy(bool)]
    highest = covariates[many] >= covariates[many].quantile(0.9)
    return highest.astype(object).replace({True: "highest tenth", False: np.nan})


def _rounds(
    observed: pd.DataFrame, covariates: pd.DataFrame, groups: pd.Series, *, learn: Learner
) -> Iterator[_Round]:
    block = groups_of(observed.index, groups)
    if block.nunique() < 2:
        raise InvalidTableError(
            f"validation: all {len(block)} observed areas are in one group, so none can be left "
            "out. Give two groups or more."
        )
    for group in sorted(block.unique(), key=str):
        rest, unseen = observed[block != group], by_name(observed[block == group])
        model = learn(rest, covariates)
        yield _Round(group, model, unseen, covariates.loc[unseen.index])


def _predicted(held: _Round, *, level: float) -> pd.DataFrame:
    predicted = held.model.predict(held.covariates, level=level)
    return pd.DataFrame(
        {
            "group": held.group,
            "observed": held.observed["share"],
            "n": held.observed["n"],
            **predicted,
            "residual": held.model.residuals(held.observed, held.covariates),
        }
    )


def _redrawn(held: _Round, random: np.random.Generator) -> pd.DataFrame:
    """Draw what samples as large as those observed would show, were the model right."""
    ones = pd.Series(1.0, held.covariates.index)
    seed = int(random.integers(2**32))
    true = held.model.estimate(held.covariates, ones, draws=DRAWS, seed=seed).draws
    n = np.clip(held.observed["n"].round().to_numpy(int), 1, None)[:, None]
    return pd.DataFrame(random.binomial(n, true.to_numpy()) / n, true.index)


def _inside(frame: pd.DataFrame) -> pd.Series:
    return frame["observed"].between(frame["low"], frame["high"])


def _agreements(one: pd.Series, other: pd.Series, block: pd.Series) -> pd.Series:
    """Return Spearman's correlation within each group that is large enough, NaN if all equal."""
    pair = pd.DataFrame({"one": one, "other": other})
    ranks = pair.groupby(block).rank()
    ranks -= ranks.groupby(block).transform("mean")
    sums = pd.DataFrame(
        {
            "both": ranks["one"] * ranks["other"],
            "one": ranks["one"] ** 2,
            "other": ranks["other"] ** 2,
            "areas": 1,
        }
    )
    sums = sums.groupby(block).sum()
    size = np.sqrt(sums["one"] * sums["other"])
    measurable = (sums["areas"] >= MEASURABLE) & (size > 0)
    return (sums["both"] / size.where(size > 0)).where(measurable)


def _refuse_small(block: pd.Series, grouping: str, *, pooled: bool) -> None:
    largest = len(block) if pooled else int(block.value_counts().max())
    if largest < MEASURABLE:
        raise InvalidTableError(
            f"validation: no {grouping} has {MEASURABLE} observed areas (the largest has "
            f"{largest}), so agreement cannot be measured. Give larger groups, or pool them."
        )


def _scores(frame: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Return how the prediction did in each set of areas."""
    missed = frame["observed"] - frame["share"]
    return (
        pd.DataFrame(
            {
                "areas": 1,
                "coverage": _inside(frame),
                "below": frame["observed"] < frame["low"],
                "above": frame["observed"] > frame["high"],
                "gap": missed,
                "error": missed.abs(),
            }
        )
        .astype(float)
        .groupby(by)
        .agg(
            {"areas": "sum"} | dict.fromkeys(("coverage", "below", "above", "gap", "error"), "mean")
        )
    )


def _by_group(frame: pd.DataFrame, geometry: gpd.GeoSeries | None, *, seed: int) -> pd.DataFrame:
    table = _scores(frame, frame["group"])
    table.insert(1, "agreement", _agreements(frame["observed"], frame["share"], frame["group"]))
    table["moran"] = table["moran_p"] = np.nan
    if geometry is not None:
        for group, residuals in frame["residual"].groupby(frame["group"]):
            alike = autocorrelation(residuals, geometry, seed=seed)
            table.loc[group, ["moran", "moran_p"]] = alike.moran, alike.p
    return table.rename_axis("group")


def _by_kind(frame: pd.DataFrame, kinds: pd.DataFrame) -> pd.DataFrame:
    labels = kinds.reindex(frame.index)
    tables = [
        _scores(frame, labels[name].astype(object)).rename(
            index=lambda label, name=name: f"{name}: {label}"
        )
        for name in labels
        if labels[name].notna().any()
    ]
    if not tables:
        return _scores(frame.iloc[:0], frame["group"].iloc[:0]).rename_axis("kind")
    return pd.concat(tables).rename_axis("kind")


def _calibration(frame: pd.DataFrame) -> pd.DataFrame:
    """Return predicted and observed shares by band of predicted share, from low to high."""
    count = int(np.clip(len(frame) // MEASURABLE, 1, BANDS))
    # `frame` is in the order of names, so that ties fall the same way whatever the order given.
    place = frame["share"].rank(method="first") - 1
    band = (place * count // len(frame)).astype(int) + 1
    found = frame.groupby(band)
    table = pd.DataFrame(
        {
            "areas": found.size().astype(float),
            "predicted": found["share"].mean(),
            "observed": found["observed"].mean(),
            "low": found["observed"].quantile(0.1),
            "high": found["observed"].quantile(0.9),
        }
    )
    return table.rename_axis("band")


def _compared(
    frame: pd.DataFrame,
    block: pd.Series,
    baselines: pd.DataFrame | None,
    random: np.random.Generator,
) -> pd.DataFrame:
    given = pd.DataFrame(index=frame.index) if baselines is None else baselines.reindex(frame.index)
    names = list(dict.fromkeys((*BASELINES, *given.columns)))
    rows = {name: _lead(frame, block, given.get(name), random) for name in names}
    return pd.DataFrame(rows).T.rename_axis("baseline")


def _lead(
    frame: pd.DataFrame,
    block: pd.Series,
    baseline: pd.Series | None,
    random: np.random.Generator,
) -> dict[str, float]:
    """Return a baseline's agreement, the model's on the same areas, and bounds of the lead."""
    known = frame.index[:0] if baseline is None else baseline.index[baseline.notna()]
    sizes = block.loc[known].value_counts()
    known = known[block.loc[known].map(sizes).ge(MEASURABLE).to_numpy(bool)]
    if known.empty:
        return {"areas": 0.0} | dict.fromkeys(("agreement", "model", "low", "high"), np.nan)
    seen, block = frame.loc[known], block.loc[known]
    order = baseline.loc[known].astype(float)  # type: ignore[union-attr]
    turned = -1.0 if order.corr(seen["observed"], method="spearman") < 0 else 1.0
    model = _agreements(seen["observed"], seen["share"], block).mean()
    simple = _agreements(seen["observed"], turned * order, block).mean()
    leads = _resampled(seen["observed"], seen["share"], turned * order, block, random)
    low, high = np.nanquantile(leads, MIDDLE)
    return {"areas": len(known), "agreement": simple, "model": model, "low": low, "high": high}


def _resampled(
    observed: pd.Series,
    share: pd.Series,
    baseline: pd.Series,
    block: pd.Series,
    random: np.random.Generator,
) -> np.ndarray:
    """Return the model's lead in resamples of the areas of each group (Poisson bootstrap)."""
    table = pd.DataFrame({"observed": observed, "share": share, "baseline": baseline})
    leads = []
    for _, group in table.groupby(block):
        ranks = group.rank().to_numpy() / len(group)
        seen, ours, theirs = ranks.T
        weights = random.poisson(1.0, (RESAMPLES, len(group))).astype(float)
        leads.append(_weighted_corr(weights, seen, ours) - _weighted_corr(weights, seen, theirs))
    return np.mean(leads, axis=0)


def _weighted_corr(weights: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the correlation under each row of weights."""
    columns = np.column_stack([np.ones_like(one), one, other, one**2, other**2, one * other])
    total, a, b, aa, bb, ab = (weights @ columns).T
    a, b, aa, bb, ab = (part / np.clip(total, 1, None) for part in (a, b, aa, bb, ab))
    spread = np.sqrt(np.clip((aa - a**2) * (bb - b**2), 0, None))
    return np.divide(ab - a * b, spread, out=np.zeros_like(spread), where=spread > 1e-12)
