"""The gate: nothing is written, drawn or stored that was neither declared open nor released."""

import re
from collections.abc import Collection, Mapping

import pandas as pd

from mapping.disclosure.personal import Unshown
from mapping.disclosure.releasing import BASE, FLOOR
from mapping.errors import DisclosureError

# Columns that are of persons whatever table they are in.
OF_PERSONS = frozenset(
    {
        "address", "date_of_birth", "dob", "email", "forename", "learner", "learner_id", "learners",
        "nino", "phone", "respondent", "respondent_id", "surname", "telephone", "tenancy", "tenant",
        "tenant_id", "tenants", "uprn",
    }
)  # fmt: skip
SHELTERED = re.compile(
    r"shelter|extra.?care|supported (hous|liv|accomm)|care home|nursing home|almshouse|retirement|"
    r"refuge|hostel",
    re.IGNORECASE,
)
OPEN_ONLY = "The map and estimates are made of open data only; nothing in them was suppressed."
WITH_SURVEY = (
    f"Estimates are made of open data and of survey answers from wards with {FLOOR} respondents or "
    "more; no answers are shown."
)
NOT_SHOWN = "not shown"


def sheltered(*said: object) -> bool:
    """
    Return whether a site is one where vulnerable people live, by its kind or name.

    What is counted at its own door is about those who live there, so no output shows it.

    Examples
    --------
    >>> sheltered("Sheltered scheme"), sheltered("library", "Extra-care at Elm Court")
    (True, True)
    >>> sheltered("library", "Central Library")
    False
    """
    return any(SHELTERED.search(str(text)) for text in said)


def refuse_personal(table: object, *, what: str) -> None:
    """
    Refuse personal records, whole or as one column of a table.

    Raises
    ------
    DisclosureError
        Names the table, and nothing that is in it.
    """
    if isinstance(table, Unshown):
        raise DisclosureError(
            f"{what}: these are personal records, which do not leave. Count them by area with "
            "mapping.disclosure.tally, and use what it releases."
        )
    names = [str(name).lower() for name in getattr(table, "columns", ())]
    if found := sorted(OF_PERSONS.intersection(names)):
        raise DisclosureError(
            f"{what}: {', '.join(map(repr, found))} is of persons, and does not leave. Count them "
            "by area with mapping.disclosure.tally, and use what it releases."
        )


def cleared(
    tables: Mapping[str, pd.DataFrame],
    declared: Mapping[str, Collection[str]],
    released: Mapping[str, Collection[str]],
) -> None:
    """
    Refuse tables with a column that was not declared, or a released one that breaks the rules.

    Parameters
    ----------
    tables
        What is about to leave, by name.
    declared
        Columns of each table that are made of open data, model estimates or released counts.
    released
        Those of them that are released counts of personal records.

    Raises
    ------
    DisclosureError
        Names table and column, and nothing that is in it.
    """
    for name, table in tables.items():
        refuse_personal(table, what=name)
        strange = [
            column for column in map(str, table.columns) if column not in declared.get(name, ())
        ]
        if strange:
            raise DisclosureError(
                f"{name}: {', '.join(map(repr, strange))} was neither declared open nor released. "
                "Build the study with it among its sources, or, if it is of personal records, "
                "release it with mapping.disclosure."
            )
        for column in released.get(name, ()):
            refuse_unreleased(table[column], what=f"{name}: '{column}'")


def refuse_unreleased(counts: pd.Series, *, what: str) -> None:
    """
    Refuse counts of personal records that are small or not rounded.

    Raises
    ------
    DisclosureError
        Names the column, and nothing that is in it.
    """
    refuse_personal(counts, what=what)
    left = counts.dropna()
    if (left < FLOOR).any() or (left % BASE != 0).any():
        raise DisclosureError(
            f"{what} holds counts of personal records below {FLOOR} or not rounded to {BASE}. "
            "Release them with mapping.disclosure before they are kept or shown."
        )
