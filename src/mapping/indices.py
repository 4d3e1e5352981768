"""Composite indices: several indicators weighed into one score of need."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import ndtr

from mapping.errors import InvalidTableError

Normalisation = Literal["percentile", "rank", "min_max", "z", "iod"]

# The Digital Exclusion Risk Index (Greater Manchester Combined Authority, v1.4 to 1.6): what its
# components are made of, and its default weights. Its published formula for demography divides
# some weights by 10 and others by 14, so they add up to 1.286; the weighted mean is used here.
DERI = MappingProxyType(
    {
        "demography": MappingProxyType(
            {"aged_65_over": 5, "aged_75_over": 5, "activities_limited": 2, "social_grade_de": 2}
        ),
        "broadband": MappingProxyType(
            {"without_30_mbits": 3, "without_10_mbits": 3, "download_speed": 3}
        ),
        "deprivation": MappingProxyType(
            {"no_qualifications": 4, "pension_credit": 2, "unemployed": 2, "imd_score": 2}
        ),
    }
)
DERI_REVERSED = frozenset({"download_speed"})

# The Indices of Deprivation stretch ranks so that a tenth of areas score above half (see `iod`).
IOD_STRETCH = 23.0
# Indicators that order areas this much alike count one thing twice.
DOUBLE = 0.8
TOP = 0.1


@dataclass(frozen=True, eq=False)
class Index:
    """
    An index and what it is made of.

    Parameters
    ----------
    score
        By area, 0 (least need) to 10 (most); NaN where an indicator that has a weight is NaN.
    components
        By area, a column per component, 0 to 10.
    constant
        Indicators that are the same everywhere: they put every area in the middle and say nothing.
    """

    score: pd.Series
    components: pd.DataFrame
    constant: tuple[str, ...]


def composite(
    indicators: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    normalise: Normalisation = "percentile",
    reverse: Collection[str] = (),
    reference: pd.DataFrame | None = None,
) -> pd.Series:
    """
    Weigh indicators into a score from 0 (least need) to 100 (most).

    Each indicator is first normalised over the areas given, then the score is the weighted mean
    Σws ÷ Σw, so it stays within 0 and 100 whatever the weights add up to. It is relative to
    these areas: it says who has more, not how much more, and does not measure change.

    Parameters
    ----------
    indicators
        One column per indicator, higher = more need, by area.
    weights
        Weight by indicator, 0 or more.
    normalise
        How each indicator is brought to 0 to 1; see `normalised`.
    reverse
        Indicators of which higher = less need.
    reference
        The same indicators of the areas to compare with (a region, the country) in place of the
        areas themselves, so that scores of two places can be compared.

    Returns
    -------
    pandas.Series
        By area; NaN where an indicator with a weight is NaN. An indicator that is the same
        everywhere says nothing about who has more and scores 50 in every area.

    Raises
    ------
    InvalidTableError
        If an indicator with a weight is missing (here or in the reference), a weight is
        negative or not finite, or no weight is above 0.

    Examples
    --------
    >>> indicators = pd.DataFrame({"older": [0.1, 0.2, 0.3], "skills": [0.5, 0.1, 0.3]})
    >>> composite(indicators, {"older": 3, "skills": 1}).tolist()
    [25.0, 37.5, 87.5]
    """
    _refuse_weights(indicators, weights, where="index weights")
    if reference is not None:
        _refuse_weights(reference, weights, where="index weights, reference areas")
    used = [name for name in weights if weights[name] > 0]
    scores = pd.DataFrame(
        {
            name: normalised(
                indicators[name],
                normalise,
                reverse=name in reverse,
                reference=None if reference is None else reference[name],
            )
            for name in used
        }
    )
    return (100 * weighted_mean(scores, weights)).rename("need")


def deri_like(
    indicators: pd.DataFrame,
    *,
    weights: Mapping[str, Mapping[str, float]] = DERI,
    component_weights: Mapping[str, float] | None = None,
    reverse: Collection[str] = DERI_REVERSED,
    normalise: Normalisation = "min_max",
    reference: pd.DataFrame | None = None,
) -> Index:
    """
    Return an index built as the Digital Exclusion Risk Index is, with weights of one's own.

    Indicators become 0 to 10, a component is their weighted mean Σws ÷ Σw, and the index is the
    weighted mean of the components (Greater Manchester Combined Authority, Digital Exclusion Risk
    Index v1.6, 2022).

    Parameters
    ----------
    indicators
        By area, the columns that `weights` name.
    weights
        Weight by indicator, by component. People of 75 and over are also among those of 65 and
        over, as published: `double_counting` shows such pairs.
    component_weights
        Weight by component; equal by default.
    reverse, normalise, reference
        See `composite`; the publisher's own is the place between lowest and highest, over one
        authority or over the nation.

    Raises
    ------
    InvalidTableError
        As `composite`, or if a component has no weight or a weight no component.

    Examples
    --------
    >>> table = pd.DataFrame({"older": [0.1, 0.3], "speed": [80, 20], "unskilled": [0.2, 0.2]})
    >>> weights = {"people": {"older": 5, "unskilled": 5}, "broadband": {"speed": 3}}
    >>> found = deri_like(table, weights=weights, reverse={"speed"})
    >>> found.score.tolist(), found.constant
    ([1.25, 8.75], ('unskilled',))
    """
    shares = dict.fromkeys(weights, 1.0) if component_weights is None else component_weights
    if set(shares) != set(weights):
        raise InvalidTableError(
            f"component weights: given for {', '.join(shares)}, but the components are "
            f"{', '.join(weights)}. Give one weight for each."
        )
    components = pd.DataFrame(
        {
            name: composite(
                indicators, inside, normalise=normalise, reverse=reverse, reference=reference
            )
            / 10
            for name, inside in weights.items()
        }
    )
    used = [name for inside in weights.values() for name in inside if inside[name] > 0]
    over = indicators if reference is None else reference
    _refuse_weights(components, shares, where="component weights")
    return Index(
        score=weighted_mean(components, shares).rename("score"),
        components=components,
        constant=tuple(name for name in used if over[name].nunique() < 2),
    )


def weighted_mean(scores: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """
    Return Σws ÷ Σw by area, over columns with a weight above 0; NaN where one of them is NaN.

    Examples
    --------
    >>> weighted_mean(pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 1.0]}), {"a": 3, "b": 1}).tolist()
    [0.25, 1.0]
    """
    used = pd.Series({name: float(weight) for name, weight in weights.items() if weight > 0})
    mean = scores[used.index].mul(used).sum(axis=1, skipna=False) / used.sum()
    # Rounding must not lift a mean above its largest part.
    return mean.clip(scores[used.index].min(axis=1), scores[used.index].max(axis=1))


def normalised(
    values: pd.Series,
    normalise: Normalisation,
    *,
    reverse: bool = False,
    reference: pd.Series | None = None,
) -> pd.Series:
    """
    Bring an indicator to 0 (least need) to 1 (most).

    Parameters
    ----------
    normalise
        "percentile": the share of other areas that have less (ties share the middle); one extreme
        area does not squash the rest. "rank": the place from lowest ÷ the number of areas, as in
        scaled ranks of the Indices of Deprivation. "min_max": the place between the lowest and
        highest. "z": standard deviations from the mean, read off the normal curve (0.5 = mean,
        0.84 = one above). "iod": the scaled rank stretched exponentially, so that much need in
        one indicator is not cancelled by little in another (Indices of Deprivation:
        −23 ln(1 − R(1 − exp(−100 ÷ 23))) ÷ 100, a tenth of areas above 0.5).
    reverse
        Whether higher = less need.
    reference
        Values of the areas to compare with; what lies outside their range is held at its edge.
        None = the areas themselves.

    Returns
    -------
    pandas.Series
        0.5 everywhere if the reference is the same everywhere; NaN where NaN.

    Examples
    --------
    >>> values = pd.Series([10, 20, 20, 90])
    >>> normalised(values, "percentile").round(2).tolist()
    [0.0, 0.5, 0.5, 1.0]
    >>> normalised(values, "min_max", reverse=True).round(2).tolist()
    [1.0, 0.88, 0.88, 0.0]
    """
    if normalise not in get_args(Normalisation):
        raise InvalidTableError(
            f"index: there is no normalisation {normalise!r}. Choose one of "
            f"{', '.join(get_args(Normalisation))}."
        )
    sign = -1.0 if reverse else 1.0
    own = sign * values.astype(float)
    others = own if reference is None else sign * reference.astype(float)
    known = np.sort(others.dropna().to_numpy())
    if not known.size or known[0] == known[-1]:
        return own.where(own.isna(), 0.5)
    scores = {"min_max": _min_max, "z": _z}.get(normalise, _by_place)(own, known)
    if normalise == "percentile" and reference is None:
        scores = (scores * len(known) - 0.5) / (len(known) - 1)
    if normalise in {"rank", "iod"}:
        scores = (scores + 0.5 / len(known)).clip(upper=1.0)
    if normalise == "iod":
        stretched = -IOD_STRETCH * np.log(1 - scores * (1 - np.exp(-100 / IOD_STRETCH))) / 100
        scores = stretched.clip(0, 1)
    return scores


def _min_max(values: pd.Series, known: np.ndarray) -> pd.Series:
    # Divided first: the span of very large numbers would overflow.
    peak = np.abs(known).max()
    low, high = known[0] / peak, known[-1] / peak
    return ((values / peak - low) / (high - low)).clip(0, 1)


def _z(values: pd.Series, known: np.ndarray) -> pd.Series:
    peak = np.abs(known).max()
    scaled = known / peak
    return pd.Series(ndtr((values / peak - scaled.mean()) / scaled.std()), values.index)


def _by_place(values: pd.Series, known: np.ndarray) -> pd.Series:
    """Return the share of known values that are lower, and half of those that are equal."""
    lower = np.searchsorted(known, values.to_numpy(), side="left")
    upper = np.searchsorted(known, values.to_numpy(), side="right")
    return pd.Series((lower + upper) / (2 * len(known)), values.index).where(values.notna())


def _refuse_weights(table: pd.DataFrame, weights: Mapping[str, float], *, where: str) -> None:
    missing = [name for name in weights if name not in table.columns]
    given = np.array([*weights.values()], float)
    if missing or not np.isfinite(given).all() or (given < 0).any() or not given.sum() > 0:
        raise InvalidTableError(
            f"{where}: {', '.join(map(repr, missing)) or 'weights'} cannot be used. Give "
            f"weights of 0 or more, one above 0, for any of {', '.join(map(str, table.columns))}."
        )


def correlations(indicators: pd.DataFrame) -> pd.DataFrame:
    """
    Return how alike each two indicators order areas (Spearman), indicators × indicators.

    Returns
    -------
    pandas.DataFrame
        −1 to 1; NaN beside an indicator that is the same everywhere. Areas where one of the two is
        NaN are left out of that pair.
    """
    return indicators.corr(method="spearman")


def double_counting(indicators: pd.DataFrame, *, at_least: float = DOUBLE) -> pd.DataFrame:
    """
    Return pairs of indicators that order areas so much alike that one thing counts twice.

    Parameters
    ----------
    at_least
        Rank correlation from which a pair is listed (without its sign); 0.8 is an assumption.

    Returns
    -------
    pandas.DataFrame
        `one`, `other`, `correlation`, most alike first.
    """
    found = correlations(indicators)
    rows = [
        {"one": one, "other": other, "correlation": found.loc[one, other]}
        for place, one in enumerate(found)
        for other in found.columns[place + 1 :]
        if abs(found.loc[one, other]) >= at_least
    ]
    table = pd.DataFrame(rows, columns=["one", "other", "correlation"])
    return table.sort_values("correlation", key=abs, ascending=False, ignore_index=True)


def rank_change(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """
    Return where each area stands under two scores, such as two sets of weights.

    Returns
    -------
    pandas.DataFrame
        By area of `before`: `before` and `after` (1 = most need; equal scores share the middle
        place) and `change` (places towards most need). NaN where a score is NaN; places count
        only areas that have both.

    Examples
    --------
    >>> rank_change(pd.Series([9, 5, 1]), pd.Series([4, 6, 2])).astype(int).to_dict("list")
    {'before': [1, 2, 3], 'after': [2, 1, 3], 'change': [-1, 1, 0]}
    """
    pair = pd.DataFrame({"before": before, "after": after.reindex(before.index)})
    places = pair.where(pair.notna().all(axis=1)).rank(ascending=False)
    return places.assign(change=places["before"] - places["after"])


def stability(before: pd.Series, after: pd.Series, *, top: float = TOP) -> pd.Series:
    """
    Return how much a change of weights moves areas.

    Parameters
    ----------
    top
        Share of areas with most need whose membership is counted.

    Returns
    -------
    pandas.Series
        `agreement` (Spearman, 1 = same order), `mean_change` and `largest_change` (places), and
        `stay`, the share of the areas with most need before that are among them after.
    """
    moved = rank_change(before, after).dropna()
    count = max(round(top * len(moved)), 1)
    first = moved["before"] <= count
    return pd.Series(
        {
            "agreement": moved["before"].corr(moved["after"]),
            "mean_change": moved["change"].abs().mean(),
            "largest_change": moved["change"].abs().max(),
            "stay": (moved.loc[first, "after"] <= count).mean(),
        }
    )


def drop_one(
    indicators: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    normalise: Normalisation = "percentile",
    reverse: Collection[str] = (),
    reference: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Return what each indicator does to the order of areas, by leaving it out.

    An indicator that hardly moves anybody is carried by the others, or has next to no weight.

    Returns
    -------
    pandas.DataFrame
        By indicator `dropped` (those with a weight, if there are two or more): the columns of
        `stability` and `weight`, its part of all weights.

    Raises
    ------
    InvalidTableError
        See `composite`.
    """
    score = partial(
        composite, indicators, normalise=normalise, reverse=reverse, reference=reference
    )
    whole = score(weights)
    used = {name: weight for name, weight in weights.items() if weight > 0}
    rows = {}
    for name in used if len(used) > 1 else {}:
        rest = {other: weight for other, weight in used.items() if other != name}
        found = stability(whole, score(rest))
        rows[name] = {"weight": used[name] / sum(used.values()), **found}
    columns = ["weight", "agreement", "mean_change", "largest_change", "stay"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("dropped")
