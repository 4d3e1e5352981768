"""How the sessions of a term are held, and what they may cost."""

from dataclasses import dataclass

from mapping.bus.hours import PROFILES, Hours
from mapping.bus.returns import Returns


@dataclass(frozen=True)
class Settings:
    """
    How sessions are held and what they may cost.

    Parameters
    ----------
    lengths
        Minutes of a session, to choose among.
    setup, packup
        Minutes at a stop before the session and after it.
    hours
        What a day may ask of the driver.
    returns
        How the hours of sessions near people count.
    fairest
        Whether the lowest share of a group comes first; else most people.
    km_cost, hour_cost
        Pounds for each kilometre, and for each hour between leaving the depot and being back.
    budget
        Pounds for the term; infinite for none.
    step
        Sessions open at full multiples of so many minutes, which residents can remember; 0 for any
        minute.
    """

    lengths: tuple[float, ...] = (90.0,)
    setup: float = 15.0
    packup: float = 15.0
    hours: Hours = PROFILES["passenger"]
    returns: Returns = Returns()  # noqa: RUF009 (frozen)
    fairest: bool = False
    km_cost: float = 0.0
    hour_cost: float = 0.0
    budget: float = float("inf")
    step: float = 5.0
