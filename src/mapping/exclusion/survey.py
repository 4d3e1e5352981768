"""Direct estimates from a survey's respondents, as input to a model."""

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.exclusion.level import Level

# Assumption: weights repair non-response only between the groups they know. Among people alike in
# those, who is offline answers less, and by how much no survey can say of itself.
NON_RESPONSE_SE = 0.01


def survey_shares(respondents: pd.DataFrame) -> pd.DataFrame:
    """
    Return weighted direct estimates by ward.

    Parameters
    ----------
    respondents
        One row each: `ward`, `offline` (0 or 1), `weight` (above 0).

    Returns
    -------
    pandas.DataFrame
        By `area` (the ward): `share` offline and `n`, the effective number of respondents
        (Kish, 1965: the sum of weights squared over the sum of squared weights).
    """
    weight = respondents["weight"]
    frame = pd.DataFrame(
        {
            "area": respondents["ward"],
            "weight": weight,
            "offline": weight * respondents["offline"],
            "square": weight**2,
        }
    )
    sums = frame.groupby("area").sum()
    return pd.DataFrame(
        {"share": sums["offline"] / sums["weight"], "n": sums["weight"] ** 2 / sums["square"]}
    )


def survey_level(respondents: pd.DataFrame, *, year: int, source: str) -> Level:
    """
    Return the survey's own total, with a standard error that counts the weights.

    One point is added to it (as independent errors add) for non-response that weights do not
    repair; that point is an assumption, and `source` says so.

    Parameters
    ----------
    respondents
        See `survey_shares`.
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
