"""Direct estimates from a survey's respondents, as input to a model or a blend."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion.level import Level
from mapping.tables import Column, check

# Assumption: weights repair non-response only between the groups they know. Among people alike in
# those, who is offline answers less, and by how much no survey can say of itself.
NON_RESPONSE_SE = 0.01


def direct_estimates(
    respondents: pd.DataFrame, *, known: Mapping[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """
    Return weighted direct estimates by ward with a variance that borrows from the whole survey.

    A handful of answers cannot tell its own variance (0 of 5 would have none), so it is that of
    the survey's overall share times one design effect for all wards, by Taylor linearisation.

    Parameters
    ----------
    respondents
        One row each: `ward`, `offline` (0 or 1), `weight` (above 0); and the columns of `known`.
    known
        What is known of the wards' people: for a column of `respondents`, such as age band, the
        share of each ward's people in each category (wards × categories). A ward whose few
        respondents happen to be older than its people is then put right by what age does to
        answers over the whole survey (the survey regression estimator of Särndal, Swensson and
        Wretman, 1992). None = as asked.

    Returns
    -------
    pandas.DataFrame
        By `area` (the ward): `share` offline (adjusted, it may lie a little outside 0 to 1), `n`
        (effective sample), `se` (standard error of the share) and `respondents`.

    Raises
    ------
    InvalidTableError
        If a column is missing or impossible, or `known` lacks a ward or a category by name.

    Examples
    --------
    >>> asked = pd.DataFrame({"ward": list("AABB"), "offline": [1, 0, 0, 0], "weight": 1.0})
    >>> direct_estimates(asked)["share"].to_dict()
    {'A': 0.5, 'B': 0.0}
    """
    asked = _checked(respondents)
    weight, ward = asked["weight"], asked["ward"]
    expected, of_wards = _expected(asked, known or {})
    missed = asked["offline"] - expected
    by_ward = pd.DataFrame({"weight": weight, "missed": weight * missed}).groupby(ward).sum()
    number = ward.value_counts().reindex(by_ward.index)
    share = of_wards.reindex(by_ward.index) + by_ward["missed"] / by_ward["weight"]
    overall = float(np.average(asked["offline"], weights=weight))
    n = number / _design_effect(missed, weight, overall)
    # Two more adults as the whole survey has them, so that 0 of 5 has a standard error.
    smooth = ((n * share + 2 * overall) / (n + 2)).clip(0, 1)
    frame = pd.DataFrame(
        {"share": share, "n": n, "se": np.sqrt(smooth * (1 - smooth) / n), "respondents": number}
    )
    return frame.rename_axis("area")


def stated_estimates(wards: pd.DataFrame) -> pd.DataFrame:
    """
    Return estimates by ward as somebody else worked them out, in the form of `direct_estimates`.

    Parameters
    ----------
    wards
        By `area`: `share` offline, `n` (adults asked) and `se` (NaN where it is not stated: then
        the sample is taken for a simple one).

    Examples
    --------
    >>> asked = pd.DataFrame({"share": [0.0, 0.2], "n": [8, 32], "se": [np.nan, 0.1]}, [*"AB"])
    >>> stated_estimates(asked)["n"].round().to_dict()
    {'A': 8.0, 'B': 16.0}
    """
    overall = float(np.average(wards["share"], weights=wards["n"]))
    # Two more adults as the whole survey has them, so that 0 of 5 has a standard error.
    smooth = (wards["n"] * wards["share"] + 2 * overall) / (wards["n"] + 2)
    simple = np.sqrt(smooth * (1 - smooth) / wards["n"])
    se = wards["se"].fillna(simple)
    n = (smooth * (1 - smooth) / se**2).where(wards["se"].notna(), wards["n"])
    frame = pd.DataFrame(
        {"share": wards["share"], "n": n.astype(float), "se": se, "respondents": wards["n"]}
    )
    return frame.rename_axis("area")


def _checked(respondents: pd.DataFrame) -> pd.DataFrame:
    rules = (
        Column("ward", "text"),
        Column("offline", low=0, high=1),
        Column("weight", low=1e-9, high=1e12),
    )
    typed = check(respondents, rules, where="survey")
    if typed.empty:
        raise InvalidTableError("survey: nobody answered. Give one row per respondent.")
    return typed.reset_index(drop=True)


def _expected(
    asked: pd.DataFrame, known: Mapping[str, pd.DataFrame]
) -> tuple[pd.Series, pd.Series]:
    """Return what category means say of each respondent, and of each ward's people."""
    wards = pd.Index(asked["ward"].unique())
    traits = [pd.DataFrame({"all": 1.0}, asked.index)]
    people = [pd.DataFrame({"all": 1.0}, wards)]
    for column, shares in known.items():
        _refuse_unknown(asked, column, shares)
        # The first category is what the others are compared with.
        kinds = [*shares.columns][1:]
        traits.append(pd.DataFrame({kind: (asked[column] == kind) * 1.0 for kind in kinds}))
        people.append(shares.loc[wards, kinds])
    matrix, root = pd.concat(traits, axis=1).to_numpy(), np.sqrt(asked["weight"].to_numpy())
    effects = np.linalg.lstsq(root[:, None] * matrix, root * asked["offline"], rcond=None)[0]
    return (
        pd.Series(matrix @ effects, asked.index),
        pd.Series(pd.concat(people, axis=1).to_numpy() @ effects, wards),
    )


def _refuse_unknown(asked: pd.DataFrame, column: str, shares: pd.DataFrame) -> None:
    if column not in asked:
        raise InvalidTableError(
            f"survey: there is no column {column!r}. Columns found: {', '.join(asked)}."
        )
    wards = [*map(str, asked.loc[~asked["ward"].isin(shares.index), "ward"].unique())]
    kinds = [*map(str, asked.loc[~asked[column].isin(shares.columns), column].unique())]
    if wards or kinds:
        raise InvalidTableError(
            f"survey: the people known by {column} lack "
            + " and ".join(
                f"{name} {', '.join(sorted(lacking)[:5])}"
                for name, lacking in (("ward", wards), ("category", kinds))
                if lacking
            )
            + ". Give every ward of the survey and every category, or leave that column out."
        )


def _design_effect(missed: pd.Series, weight: pd.Series, overall: float) -> float:
    """Return the survey's variance over that of as many people asked alike, 1 in 1."""
    alike = overall * (1 - overall)
    if alike == 0:
        return float(len(weight) * (weight**2).sum() / weight.sum() ** 2)
    missed = missed - np.average(missed, weights=weight)
    variance = ((weight * missed) ** 2).sum() / weight.sum() ** 2
    # A tenth: no survey of people tells ten times what simple sampling would.
    return max(float(len(weight) * variance / alike), 0.1)


def survey_level(respondents: pd.DataFrame, *, year: int, source: str) -> Level:
    """
    Return the survey's own total, with a standard error that counts the weights.

    One point is added to it (as independent errors add) for non-response that weights do not
    repair; that point is an assumption, and `source` says so.

    Parameters
    ----------
    respondents
        One row each: `offline` (0 or 1) and `weight` (above 0).
    year
        When they were asked.
    source
        Who asked whom.

    Raises
    ------
    InvalidTableError
        If everybody or nobody in the survey is offline: then it can give no level.
    """
    weight = respondents["weight"]
    share = float((weight * respondents["offline"]).sum() / weight.sum())
    if not 0 < share < 1:
        raise InvalidTableError(
            f"survey: {'everybody' if share else 'nobody'} among {len(respondents)} respondents "
            "is offline, which gives no level. State a published level in the study file."
        )
    effective = weight.sum() ** 2 / (weight**2).sum()
    sampling = share * (1 - share) / effective
    return Level(
        share=share,
        se=float((sampling + NON_RESPONSE_SE**2) ** 0.5),
        outcome="not online, as they said themselves",
        year=year,
        population="adults aged 16 and over",
        source=f"{source}; the standard error includes 1 point for non-response (our assumption)",
    )
