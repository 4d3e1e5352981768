"""Why an area differs from its city's average: the share of each group of barriers in it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import factorial
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit

from mapping.errors import InvalidTableError
from mapping.exclusion.result import Exclusion, by_name, groups_of

# Two to the power of this many evaluations of the model.
MOST_GROUPS = 10
OTHER = "other"
REST = "rest"
# A share of exactly 0 or 1 has no finite odds to be shifted.
TINY = 1e-12
# Contributions smaller than this, in shares, are not worth a word.
SAID = 0.002


class Predictor(Protocol):
    """A model that predicts shares; `Model` is one."""

    def predict(self, covariates: pd.DataFrame) -> pd.DataFrame:
        """Return a column `share` by area."""


Shares = Predictor | Callable[[pd.DataFrame], pd.Series]


def explain(
    model: Shares,
    covariates: pd.DataFrame,
    areas: pd.Series | Sequence[str] | None = None,
    *,
    weights: pd.Series,
    groups: Mapping[str, Sequence[str]],
    estimate: Exclusion | None = None,
) -> pd.DataFrame:
    """
    Divide each area's difference from the city's average among groups of covariates.

    Each group gets its Shapley value (Shapley, 1953; for models: Lundberg and Lee, 2017): how much
    the predicted share changes when the group's covariates go from the city's average to the
    area's, averaged over all orders in which the groups can do so. From it the city's mean of the
    same value is taken, so that contributions of all groups add up exactly to the difference of
    the area's share from the city's.

    Parameters
    ----------
    model
        A fitted model, or a function from covariates to shares by area (`published_share` is one).
    covariates
        Numbers by area, of every area of the city.
    areas
        The areas to explain, or the ward of each area to explain wards (the mean of their areas by
        weight); None = every area.
    weights
        Adults by area.
    groups
        Covariates by group, such as {"age": ["share_age_75_84", "share_age_85_over"]}. Covariates
        in none become the group "other".
    estimate
        The estimate that readers see, by area. Predictions are brought to its level before they
        are divided, by one shift of the log-odds (so `model` must be the one behind it), and what
        it says beyond them is the group
        "rest": an area effect learned from a survey, or spread. Without it rest is 0.

    Returns
    -------
    pandas.DataFrame
        By `area` (or ward) and `group`: `share` (difference in shares, 0.01 = one point) and
        `people` (that many adults of the area). Both add up over groups to the difference from
        the city's average; NaN where the model predicts nothing or nobody lives.

    Raises
    ------
    InvalidTableError
        If a group names a covariate that is not there or stands in another group, there are more
        than ten groups, an area is unknown or has no weight, or no area can be predicted.

    Notes
    -----
    Contributions are associations between areas, neither causes nor true of each person there.

    Examples
    --------
    >>> table = pd.DataFrame({"old": [0.1, 0.3], "rent": [0.4, 0.2]}, index=["A", "B"])
    >>> shares = lambda covariates: covariates["old"] + 0.5 * covariates["rent"]
    >>> adults = pd.Series({"A": 100, "B": 100})
    >>> found = explain(shares, table, weights=adults, groups={"age": ["old"], "tenure": ["rent"]})
    >>> print(found["share"].unstack().round(3).to_string(index_names=False))
       age  tenure  rest
    A -0.1    0.05   0.0
    B  0.1   -0.05   0.0
    """
    parts = _parts(covariates.columns, groups)
    table = by_name(covariates)
    adults = _weights(table.index, weights)
    shares = _shares(model)
    level = (
        None if estimate is None else _city(estimate.frame["share"].reindex(table.index), adults)
    )
    known = adults > 0
    average = pd.Series(np.average(table[known], axis=0, weights=adults[known]), table.columns)
    shift = _shift(shares(table), adults, level)
    found = {
        present: _shifted(shares(_mixed(table, average, parts, present)), shift)
        for present in product((False, True), repeat=len(parts))
    }
    values = _shapley(found, list(parts))
    values -= [_city(values[name], adults) for name in values]
    values[REST] = _rest(values.sum(axis=1, skipna=False), estimate, level)
    return _by_area(values, adults, covariates.index if areas is None else areas)


def explanation_in_words(
    explained: pd.DataFrame, names: Mapping[str, str] | pd.Series | None = None
) -> pd.Series:
    """
    Say in a sentence or two what each area's difference goes with.

    Parameters
    ----------
    explained
        See `explain`.
    names
        The name of each area; its code where there is none.

    Returns
    -------
    pandas.Series
        By area. It speaks of what differences between areas are associated with, never of what
        the people there are like.

    Examples
    --------
    >>> pairs = [("E1", "age"), ("E1", "tenure"), ("E1", "rest")]
    >>> rows = pd.MultiIndex.from_tuples(pairs, names=["area", "group"])
    >>> table = pd.DataFrame({"share": [0.025, 0.04, -0.005], "people": [50, 80, -10.0]}, rows)
    >>> said = explanation_in_words(table, {"E1": "Everton East"})
    >>> print(said["E1"])  # doctest: +NORMALIZE_WHITESPACE
    Everton East: about 6 points above the city's average, 120 adults more than at the average.
    Associated with a higher share: tenure (+4.0 points) and age (+2.5). In none of these: −0.5.
    """
    called = {} if names is None else dict(names.items())
    said = {
        area: f"{called.get(area, area)}: {_sentence(rows.droplevel('area'))}"
        for area, rows in explained.groupby(level="area", sort=False)
    }
    return pd.Series(said, name="words", dtype=object).rename_axis("area")


CAVEAT = (
    "Contributions are associations between areas: they neither prove causes nor describe every "
    "person who lives there."
)


def _parts(columns: pd.Index, groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the covariates of each group, those in none as `OTHER`."""
    named = [name for group in groups.values() for name in group]
    unknown = [name for name in dict.fromkeys(named) if name not in columns]
    twice = [name for name in dict.fromkeys(named) if named.count(name) > 1]
    rest = [name for name in columns if name not in named]
    faults = []
    if unknown:
        faults.append(f"there is no covariate {_quoted(unknown)}")
    if twice:
        faults.append(f"{_quoted(twice)} stands in two places")
    if {OTHER, REST} & set(groups):
        faults.append(f'"{OTHER}" and "{REST}" are kept for what is in no group')
    if not columns.size or len(groups) + bool(rest) > MOST_GROUPS:
        faults.append(f"{len(groups) + bool(rest)} groups are not between 1 and {MOST_GROUPS}")
    if faults:
        raise InvalidTableError(
            f"explanation: {'; '.join(faults)}. Give each covariate once, in few groups."
        )
    parts = {name: list(group) for name, group in groups.items()}
    return parts | ({OTHER: rest} if rest else {})


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _weights(areas: pd.Index, weights: pd.Series) -> pd.Series:
    for table in (areas, weights.index):
        if table.has_duplicates:
            raise InvalidTableError(
                f"explanation: area {table[table.duplicated()][0]} stands twice. Keep one row per "
                "area."
            )
    adults = weights.reindex(areas).astype(float)
    if adults.isna().any() or (adults < 0).any() or not adults.sum() > 0:
        raise InvalidTableError(
            f"explanation: adults are missing or below 0 for {(~(adults >= 0)).sum()} of "
            f"{len(adults)} areas, or nobody lives in any. Give the adults of every area."
        )
    return adults


def _shares(model: Shares) -> Callable[[pd.DataFrame], pd.Series]:
    if hasattr(model, "predict"):
        return lambda covariates: model.predict(covariates)["share"]
    return model


def _mixed(
    table: pd.DataFrame, average: pd.Series, parts: Mapping[str, list[str]], present: Sequence[bool]
) -> pd.DataFrame:
    """Return the covariates of each area for groups that are present, the average for the rest."""
    absent = [
        name
        for group, there in zip(parts.values(), present, strict=True)
        if not there
        for name in group
    ]
    return table.assign(**{name: average[name] for name in absent})[table.columns]


def _city(shares: pd.Series, adults: pd.Series) -> float:
    """Return the mean over the city's people, of areas where it is known."""
    known = shares.notna() & (adults > 0)
    if not known.any():
        raise InvalidTableError("explanation: no area has a share. Check the covariates.")
    return float(np.average(shares[known], weights=adults[known]))


def _shift(shares: pd.Series, adults: pd.Series, level: float | None) -> float | None:
    """Return the shift of log-odds that brings predictions to the level of the estimate."""
    if level is None:
        return None

    def excess(shift: float) -> float:
        return _city(_shifted(shares, shift), adults) - level

    return float(brentq(excess, -30, 30))


def _shifted(shares: pd.Series, shift: float | None) -> pd.Series:
    if shift is None:
        return shares
    return expit(logit(shares.clip(TINY, 1 - TINY)) + shift)


def _shapley(found: Mapping[tuple[bool, ...], pd.Series], names: list[str]) -> pd.DataFrame:
    """Return each group's mean gain over all orders of the groups, by area."""
    count = len(names)
    values = {}
    for place, name in enumerate(names):
        gains = [
            _weight(sum(present), count) * (found[_with(present, place)] - without)
            for present, without in found.items()
            if not present[place]
        ]
        values[name] = sum(gains[1:], start=gains[0])
    return pd.DataFrame(values)


def _weight(before: int, count: int) -> float:
    """Return the share of orders in which just these groups come before the one that joins."""
    return factorial(before) * factorial(count - before - 1) / factorial(count)


def _with(present: tuple[bool, ...], place: int) -> tuple[bool, ...]:
    return (*present[:place], True, *present[place + 1 :])


def _rest(explained: pd.Series, estimate: Exclusion | None, level: float | None) -> pd.Series:
    """Return what the estimate says beyond the predictions."""
    if estimate is None or level is None:
        return explained.where(explained.isna(), 0.0)
    return estimate.frame["share"].reindex(explained.index) - level - explained


def _by_area(
    values: pd.DataFrame, adults: pd.Series, areas: pd.Series | Iterable[str]
) -> pd.DataFrame:
    if isinstance(areas, pd.Series):
        ward = groups_of(values.index, areas)
        people = values.mul(adults, axis=0).where(adults > 0, 0.0).groupby(ward).sum(min_count=1)
        gaps = values.where(adults > 0, 0.0).isna().any(axis=1).groupby(ward).any()
        adults = adults.groupby(ward).sum()
        values = people.div(adults.where(adults > 0), axis=0).mask(gaps)
    else:
        unknown = pd.Index(areas).difference(values.index)
        if len(unknown):
            raise InvalidTableError(
                f"explanation: {len(unknown)} areas are not among the covariates (first "
                f"{unknown[0]}). Name areas of the city."
            )
        values = values.loc[list(areas)]
    values = values.rename_axis("area").rename_axis(columns="group")
    table = values.stack(future_stack=True)  # noqa: PD013 (area and group stay the index)
    people = table * adults.reindex(table.index.get_level_values("area")).to_numpy()
    return pd.DataFrame({"share": table, "people": people})


def _sentence(rows: pd.DataFrame) -> str:
    if rows["share"].isna().any():
        return "no estimate, so nothing to explain."
    difference, people = rows["share"].sum(), abs(rows["people"].sum())
    points = abs(round(100 * difference))
    side, count = ("above", "more") if difference > 0 else ("below", "fewer")
    adults = f"{people:,.0f}" if people < 10 else f"{10 * round(people / 10):,}"
    noun = "point" if points == 1 else "points"
    told = (
        f"about {points} {noun} {side} the city's average, {adults} adults {count} than at the "
        "average."
        if points
        else "about the city's average."
    )
    return f"{told} {_associated(rows['share'])}".strip()


def _associated(shares: pd.Series) -> str:
    """Name the contributions worth naming: those that go with more, then those with less."""
    named = shares.drop(REST, errors="ignore")
    rest = float(shares.get(REST, 0.0))
    ordered = named.iloc[np.argsort(-named.abs(), kind="stable")]
    more, less = ordered[ordered >= SAID], ordered[ordered <= -SAID]
    told = (
        _joined("Associated with a higher share: {}.", more),
        _joined(f"{'With' if len(more) else 'Associated with'} a lower share: {{}}.", less),
        f"In none of these: {_points(rest)}." if abs(rest) >= SAID else "",
    )
    return " ".join(part for part in told if part)


def _joined(sentence: str, shares: pd.Series) -> str:
    said = [f"{name} ({_points(share)})" for name, share in shares.items()]
    if not said:
        return ""
    said[0] = said[0].replace(")", " points)")
    return sentence.format(f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0])


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
