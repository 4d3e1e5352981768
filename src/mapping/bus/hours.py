"""How long a driver may work: driving, duty, session and break, kept apart."""

from dataclasses import dataclass, fields

from mapping.errors import InvalidTableError


@dataclass(frozen=True)
class Hours:
    """
    What a day may ask of the driver, in minutes.

    Parameters
    ----------
    name
        What the profile is called.
    driving
        Most minutes at the wheel in a day.
    duty
        Most minutes from leaving the depot to being back, sessions and breaks included.
    driving_before_break
        Most minutes at the wheel without a break; infinite where no rule says so.
    work_before_break
        Most minutes of work of any kind (driving, setting up, teaching, packing, waiting) without
        a break.
    rest
        Minutes of the break, taken parked at a stop between packing up and driving off.
    daily_rest
        Least minutes off between the end of one day's duty and the start of the next day's.

    Raises
    ------
    InvalidTableError
        If a limit is not above 0.

    Notes
    -----
    Ten hours a day is a limit of *driving*, and 30 minutes after five and a half hours is a break
    from *driving* (GOV.UK, "Drivers' hours: GB domestic rules", passenger-carrying vehicles). A
    bus that stands for hours at its stops comes near neither: what binds is the break of at least
    20 minutes in a working day of more than six hours (GOV.UK, "Rest breaks at work"). It is
    modelled more strictly than the law: nobody works more than six hours on end. Whoever drives a
    passenger vehicle for four hours a day at most is exempt from the domestic rules that week, and
    drivers may have other rights to breaks than other workers; keeping both is on the safe side.

    Between two working days a driver of a passenger vehicle rests for 10 hours (8.5 on three days
    a week; GOV.UK, "Drivers' hours: GB domestic rules"), and any worker for 11 (GOV.UK, "Rest
    breaks at work"). The longer is kept.
    """

    name: str
    driving: float = 600.0
    duty: float = 960.0
    driving_before_break: float = float("inf")
    work_before_break: float = 360.0
    rest: float = 20.0
    daily_rest: float = 660.0

    def __post_init__(self) -> None:
        """Refuse limits that no day could keep."""
        limits = [entry.name for entry in fields(self) if entry.name != "name"]
        wrong = [name for name in limits if not getattr(self, name) > 0]
        if wrong:
            raise InvalidTableError(f"hours “{self.name}”: {', '.join(wrong)} must be above 0.")


PROFILES = {
    "passenger": Hours(
        "GB domestic rules, passenger vehicles", duty=960, driving_before_break=330, rest=30
    ),
    "goods": Hours("GB domestic rules, goods vehicles", duty=660),
    "own": Hours("the employer’s own rules", driving=600, duty=600, rest=30),
}
"""
Profiles by name, to be used as they are or edited with `dataclasses.replace`.

"passenger" and "goods" follow GOV.UK, "Drivers' hours: GB domestic rules": 10 hours of driving a
day for both; for passenger-carrying vehicles a break of 30 minutes after five and a half hours of
driving and 16 hours between starting and finishing; for goods vehicles 11 hours of duty. To both
the break and the 11 hours between two days of GOV.UK, "Rest breaks at work" are added. Rest
between weeks is not modelled: a bus that stands still on one day of the week leaves it. "own" is a
start for an employer's rules. Ask who runs the bus which rules apply.
"""
