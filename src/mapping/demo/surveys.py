"""Household surveys of the city: who is asked, who answers, and what the weights repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from mapping.demo.partition import whole
from mapping.demo.people import AGES
from mapping.errors import InvalidScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapping.demo.contents import City

GROUPS = {
    **dict.fromkeys(("16-24", "25-34"), "16-34"),
    **dict.fromkeys(("35-44", "45-54"), "35-54"),
    **dict.fromkeys(("75-84", "85+"), "75+"),
    "55-64": "55-64",
    "65-74": "65-74",
}
"""Age bands joined for weighting, so that no group is empty in a survey of 200."""

# Log odds of answering: the young and private renters answer less, the offline a little less still.
_ANSWERS_BY_AGE = (-0.9, -0.6, -0.3, -0.1, 0.2, 0.4, 0.3, 0.0)
_ANSWERS_BY_TENURE = {"owned": 0.2, "private rented": -0.4, "social rented": -0.1}
_ANSWERS_OFFLINE = -0.15


def survey(city: City, adults: int, *, seed: int, tenants_only: bool = False) -> pd.DataFrame:
    """
    Ask the people of the city whether they are online.

    Each ward of 2024 gets respondents in proportion to its adults. Within a ward everybody is
    equally likely to be asked, but not to answer: the young, private renters and people who are
    offline answer less often. Interviewers go on until they have the number wanted.

    Parameters
    ----------
    city
        Whose people are asked.
    adults
        Respondents, after non-response.
    seed
        Another seed is another survey of the same people.
    tenants_only
        Ask only social renters; such a survey says nothing about anybody else.

    Returns
    -------
    By `respondent`: `ward` (2024 code), `age` (band), `tenure`, `disability` and `online` (yes or
    no), and `weight`: how many adults the respondent stands for.

    Notes
    -----
    Weights start from the ward's sampling fraction and are raked to the known adults by age group
    and by tenure (Deming and Stephan, 1940). They repair that the young and private renters answer
    less. They cannot repair that, among people of one age and tenure, those who are offline answer
    less: weighted estimates stay nearly one point too low. Nor do they balance disability.

    Raises
    ------
    InvalidScenarioError
        If fewer than one adult or more than a tenth of those there are should answer.
    """
    cells = _asked(city, tenants_only=tenants_only)
    known = int(cells["adults"].sum())
    if not 1 <= adults <= known // 10:
        raise InvalidScenarioError(
            f"survey: {adults} respondents are not possible; ask for 1 to {known // 10}"
        )
    rng = np.random.default_rng(seed)
    answers = cells.loc[_answering(cells, adults, rng)].reset_index(drop=True)
    answers = answers.assign(weight=_weights(answers, cells).round(3))
    answers.index = pd.Index([f"R{n:05d}" for n in range(1, adults + 1)], name="respondent")
    return answers[["ward", "age", "tenure", "disability", "online", "weight"]]


def _asked(city: City, *, tenants_only: bool) -> pd.DataFrame:
    """Return kinds of people: one row per cell and answer, with how many `adults` there are."""
    cells = city.cells.reset_index()
    if tenants_only:
        cells = cells[cells["tenure"] == "social rented"]
    cells["ward"] = cells["area"].map(city.areas["ward"])
    cells["disability"] = cells["disabled"].map({True: "yes", False: "no"})
    online = cells.assign(adults=cells["adults"] - cells["excluded"], online="yes")
    offline = cells.assign(adults=cells["excluded"], online="no")
    return pd.concat([online, offline], ignore_index=True)


def _answering(cells: pd.DataFrame, adults: int, rng: np.random.Generator) -> np.ndarray:
    """
    Draw who answers; return the kind of each respondent in the order of the interviews.

    Whoever is reached first answers: exponential waiting times with the odds of answering as rates
    draw without replacement (Efraimidis and Spirakis, 2006).
    """
    logit = cells["age"].map(dict(zip(AGES, _ANSWERS_BY_AGE, strict=True)))
    logit += cells["tenure"].map(_ANSWERS_BY_TENURE)
    logit += (cells["online"] == "no") * _ANSWERS_OFFLINE
    person = np.repeat(cells.index.to_numpy(), cells["adults"])
    wait = rng.exponential(1 / np.repeat(expit(logit.to_numpy()), cells["adults"]))
    ward, names = pd.factorize(cells["ward"], sort=True)
    ward = np.repeat(ward, cells["adults"])
    quota = whole(np.bincount(ward, minlength=len(names)), adults)
    order = np.argsort(ward + wait / (1.01 * wait.max()))  # by ward, then by who is reached first
    first = np.concatenate([[0], np.bincount(ward, minlength=len(names)).cumsum()[:-1]])
    chosen = np.concatenate([order[at : at + n] for at, n in zip(first, quota, strict=True)])
    return person[rng.permutation(chosen)]


def _weights(answers: pd.DataFrame, cells: pd.DataFrame) -> pd.Series:
    """Rake the wards' sampling weights to the adults by age group and by tenure."""
    per_ward = cells.groupby("ward")["adults"].sum() / answers["ward"].value_counts()
    weight = answers["ward"].map(per_ward).to_numpy(dtype=float, copy=True)
    margins = [_margin(answers, cells, by) for by in (_age_group, _tenure)]
    for _ in range(50):
        for group, known in margins:
            weight *= (known / np.bincount(group, weight, len(known)))[group]
    return pd.Series(weight * cells["adults"].sum() / weight.sum(), index=answers.index)


def _margin(
    answers: pd.DataFrame, cells: pd.DataFrame, by: Callable[[pd.DataFrame], pd.Series]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the group of each respondent and the adults known to be in each group."""
    group, names = pd.factorize(by(answers), sort=True)
    return group, cells["adults"].groupby(by(cells)).sum()[names].to_numpy()


def _age_group(frame: pd.DataFrame) -> pd.Series:
    return frame["age"].map(GROUPS)


def _tenure(frame: pd.DataFrame) -> pd.Series:
    return frame["tenure"]
