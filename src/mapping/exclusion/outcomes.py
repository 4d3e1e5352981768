"""What "digitally excluded" can mean: four outcomes with publishers of their own, never mixed.

Published figures run from 3 % to 40 % of adults, because they count different things. An estimate
is of one of them, says which, and is never added to or blended with another.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from mapping.errors import InvalidTableError

ADULTS = "adults aged 16 and over"
HOUSEHOLDS = "households"


@dataclass(frozen=True)
class ExclusionOutcome:
    """
    One meaning of being digitally excluded.

    Parameters
    ----------
    id
        Its short name here.
    name
        What is said of somebody it counts, in words.
    population
        Whom shares are of.
    publisher
        Who publishes it, where.
    gives_level
        Whether its figures may say how many; otherwise only which areas have more, which fewer.
    caveat
        What a reader has to be told.
    """

    id: str
    name: str
    population: str
    publisher: str
    gives_level: bool
    caveat: str


_ALL = (
    ExclusionOutcome(
        "non_user",
        "had not used the internet in the last three months",
        ADULTS,
        "Office for National Statistics, Internet users (Labour Force Survey, January to March)",
        gives_level=True,
        caveat="Asked of people in private households, so not in care homes; the series ended "
        "with 2020, when fieldwork ran into the pandemic.",
    ),
    ExclusionOutcome(
        "no_home_internet",
        "had no internet access at home",
        HOUSEHOLDS,
        "Ofcom, Technology Tracker",
        gives_level=True,
        caveat="Of households: an adult may be offline in a home that is online, and online "
        "without internet at home.",
    ),
    ExclusionOutcome(
        "below_foundation",
        "lacked foundation digital skills",
        "adults aged 18 and over",
        "Lloyds Bank, Essential Digital Skills (Consumer Digital Index)",
        gives_level=True,
        caveat="Skills as people report them, so many who use the internet are counted; the age "
        "from which adults are asked (18) is our reading, not checked against the questionnaire.",
    ),
    ExclusionOutcome(
        "offline_return",
        "did not return the census form online",
        HOUSEHOLDS,
        "Office for National Statistics, Digital Propensity Index (Census 2021)",
        gives_level=False,
        caveat="Observed where households were first asked online, predicted by the publisher's "
        "own model where they were sent paper first (about 9 % of English households, not "
        "flagged in the copy used): partly modelled. It shows a pattern, never a level, because "
        "people who are online also return paper.",
    ),
)
OUTCOMES = MappingProxyType({outcome.id: outcome for outcome in _ALL})


class Estimated(Protocol):
    """An estimate or a level: what it is of, and of whom."""

    @property
    def outcome(self) -> str:
        """What is estimated."""

    @property
    def population(self) -> str:
        """Who is counted."""


def outcome_of(words: str) -> ExclusionOutcome | None:
    """
    Return the outcome that an id or its words name; None for an outcome of the user's own.

    Examples
    --------
    >>> outcome_of("non_user").population
    'adults aged 16 and over'
    >>> outcome_of("had no internet access at home").id
    'no_home_internet'
    """
    return OUTCOMES.get(words) or next((each for each in _ALL if each.name == words), None)


def same_outcome(first: str, second: str) -> bool:
    """Return whether two names, by id or in words, are of one outcome."""
    known = outcome_of(first)
    return first == second or (known is not None and known == outcome_of(second))


def require_one_outcome(*estimates: Estimated) -> None:
    """
    Refuse estimates that count different things or different people.

    Call it before estimates are added up, averaged or blended.

    Raises
    ------
    InvalidTableError
        If the outcome or the population of one differs from that of another.
    """
    for other in estimates[1:]:
        one = estimates[0]
        if not same_outcome(one.outcome, other.outcome) or one.population != other.population:
            raise InvalidTableError(
                f"outcome: “{one.outcome}” of {one.population} and “{other.outcome}” of "
                f"{other.population} count different things and are never added or blended. Use "
                "estimates of one outcome, or bring the pattern of one to the level of the "
                "other with at_level, which says so."
            )
