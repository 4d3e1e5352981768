"""The training bus: which stops it visits, on which day and when.

`plan` chooses stops and writes the timetable, `verify` re-checks any timetable by other means, and
`clock` gives it dates and times of day.
"""

from mapping.bus.plan import BusPlan, plan
from mapping.bus.timetable import CLOCK, clock
from mapping.bus.verify import verify

__all__ = ["CLOCK", "BusPlan", "clock", "plan", "verify"]
