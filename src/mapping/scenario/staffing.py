"""People to run it: champions and sessions for a target, quarter by quarter, and what falls short.

Every figure here follows from assumptions that are stated and can be changed. That Liverpool's More
Independent programme reached 3,717 learners with 300 champions (12 each) is history of one
programme: it is no rate at which champions cause learners, and only the reason for the first guess.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from mapping.errors import InvalidScenarioError
from mapping.exclusion.result import TAILS
from mapping.scenario.outcome import Outcome
from mapping.scenario.place import Place

QUARTERS = 4  # in a year
WEEKS = 50  # in which sessions are held
LIMITS = ("champions", "attenders", "places")


@dataclass(frozen=True)
class Crew:
    """
    What is wanted, and what is assumed of the people who run it.

    Parameters
    ----------
    target
        Learners to reach in the first year.
    learners_per_champion
        Learners that one champion in full swing brings through in a year.
    sessions_per_learner
        Sessions that a learner comes to: skills take four to eight.
    learners_per_session
        Learners in the room.
    champions_now
        Champions in full swing when it begins.
    recruits
        New champions each quarter.
    first_quarter
        Share of a champion's work that is done in the quarter of joining.
    leaving
        Share of champions that leave each quarter.
    """

    target: int = 1_500
    learners_per_champion: float = 12.0
    sessions_per_learner: float = 6.0
    learners_per_session: float = 6.0
    champions_now: int = 0
    recruits: int = 30
    first_quarter: float = 0.5
    leaving: float = 0.05

    def __post_init__(self) -> None:
        """Refuse assumptions that cannot be, all at once."""
        faults = [*_crew_faults(self)]
        if faults:
            raise InvalidScenarioError(f"People to run it: {'; '.join(faults)}.")


@dataclass(frozen=True, eq=False)
class Staffing:
    """
    What a target takes, and what a scenario and a crew come to.

    Parameters
    ----------
    crew
        What was wanted and assumed.
    champions
        Champions in full swing all year that the target takes.
    sessions
        Sessions in the year that it takes; per week in `weekly`.
    quarters
        By quarter (1 to 4): `champions` at its end, `could_teach` (learners they can bring
        through), `sessions`, and `learners`, `low`, `high` (95 %): learners so far, no more than
        come or have a place.
    learners
        Learners in the year, draw by draw.
    limits
        What each limit alone would allow in a year, by "champions", "attenders" (at the
        share that is stated) and "places" (left out where hubs state none).
    recruits_needed
        New champions each quarter with which the champions suffice.
    """

    crew: Crew
    champions: int
    sessions: int
    quarters: pd.DataFrame
    learners: np.ndarray
    limits: pd.Series
    recruits_needed: int

    @property
    def weekly(self) -> float:
        """Sessions in a week."""
        return self.sessions / WEEKS

    @property
    def expected(self) -> pd.Series:
        """Learners in the year: `value` (mean), `low` and `high` (95 %)."""
        low, high = np.quantile(self.learners, TAILS)
        return pd.Series({"value": self.learners.mean(), "low": low, "high": high})

    @property
    def shortfall(self) -> float:
        """Learners that are expected to be missing from the target; 0 where none."""
        return max(0.0, self.crew.target - float(self.learners.mean()))

    @property
    def chance(self) -> float:
        """Share of draws in which the target is met."""
        return float((self.learners >= self.crew.target).mean())

    @property
    def binding(self) -> str:
        """The limit that allows the fewest learners."""
        return str(self.limits.idxmin())


def staffing(outcome: Outcome, place: Place, crew: Crew | None = None) -> Staffing:
    """
    Return what a target takes in people, and how near a scenario comes to it in its first year.

    Parameters
    ----------
    outcome
        Its expected attenders limit who can be taught, draw by draw, as do weekly places, where all
        hubs of the plan state theirs.
    crew
        What is wanted and assumed.

    Notes
    -----
    Quarter by quarter, those who stay work fully and recruits in part; learners so far are the
    least of what champions have taught, who has come (evenly over the year) and who had a place.
    """
    crew = crew or Crew()
    quarters = _taught(crew, crew.recruits)
    share = np.arange(1, QUARTERS + 1) / QUARTERS
    come = outcome.draws.loc["attenders"].to_numpy()
    places = _places(outcome, place, crew)
    room = np.minimum(come, np.inf if places is None else places)
    learners = np.minimum(
        quarters["could_teach"].cumsum().to_numpy()[:, None], share[:, None] * room
    )
    low, high = np.quantile(learners, TAILS, axis=1)
    taught = pd.Series(learners.mean(axis=1), quarters.index)
    per_learner = crew.sessions_per_learner / crew.learners_per_session
    limits = {
        "champions": float(quarters["could_teach"].sum()),
        "attenders": float(outcome.measures.loc["attenders", "value"]),
    }
    return Staffing(
        crew=crew,
        champions=math.ceil(round(crew.target / crew.learners_per_champion, 9)),
        sessions=math.ceil(round(crew.target * per_learner, 9)),
        quarters=quarters.assign(
            sessions=taught.diff().fillna(taught) * per_learner, learners=taught, low=low, high=high
        ),
        learners=learners[-1],
        limits=pd.Series(limits | ({} if places is None else {"places": places})),
        recruits_needed=_recruits_needed(crew),
    )


def _taught(crew: Crew, recruits: float) -> pd.DataFrame:
    """Return champions and what they can teach, quarter by quarter."""
    rows, champions = [], float(crew.champions_now)
    for _ in range(QUARTERS):
        stayed = champions * (1 - crew.leaving)
        champions = stayed + recruits
        work = (stayed + crew.first_quarter * recruits) / QUARTERS
        rows.append({"champions": champions, "could_teach": work * crew.learners_per_champion})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, QUARTERS + 1, name="quarter"))


def _recruits_needed(crew: Crew) -> int:
    """Return the recruits a quarter that suffice: what is taught grows evenly with them."""
    none, one = (_taught(crew, recruits)["could_teach"].sum() for recruits in (0.0, 1.0))
    return max(0, math.ceil(round((crew.target - none) / (one - none), 9)))


def _places(outcome: Outcome, place: Place, crew: Crew) -> float | None:
    """Return how many learners a year have a place; None where a hub does not state its places."""
    if outcome.hub_plan is None:
        return None
    weekly = place.sites.loc[list(outcome.hub_plan.sites), "capacity"]
    if weekly.isna().any():
        return None
    return float(weekly.sum()) * WEEKS / crew.sessions_per_learner


def _crew_faults(crew: Crew) -> Iterator[str]:
    for name, value in asdict(crew).items():
        if not (np.isfinite(value) and value >= 0):
            yield f"{name} is {value}, it must be a number from 0 up"
    for name in ("target", "learners_per_champion", "sessions_per_learner", "learners_per_session"):
        if getattr(crew, name) == 0:
            yield f"{name} must be above 0"
    for name in ("first_quarter", "leaving"):
        if not 0 <= getattr(crew, name) <= 1:
            yield f"{name} must lie between 0 and 1"
