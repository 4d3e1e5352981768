"""The training bus: which stops it visits, on which day and when.

`plan_term` chooses stops, weekdays and hours for a term so that most people are reached, each
counted once, and `verify_term` re-checks any such timetable by other means. `plan` is the simple
form, where people add up stop by stop, for many short stops; `verify` is its check, and `clock`
gives it dates and times of day.
"""

from mapping.bus.clashes import time_of
from mapping.bus.holidays import bank_holidays
from mapping.bus.hours import PROFILES, Hours
from mapping.bus.plan import BusPlan, plan
from mapping.bus.returns import Returns
from mapping.bus.settings import Settings
from mapping.bus.slots import WEEKDAYS, Bus, Slot, cycle_weeks, date_of, slots
from mapping.bus.term import TermPlan, plan_term
from mapping.bus.termcheck import verify_term
from mapping.bus.timetable import CLOCK, clock
from mapping.bus.verify import verify

__all__ = [
    "CLOCK",
    "PROFILES",
    "WEEKDAYS",
    "Bus",
    "BusPlan",
    "Hours",
    "Returns",
    "Settings",
    "Slot",
    "TermPlan",
    "bank_holidays",
    "clock",
    "cycle_weeks",
    "date_of",
    "plan",
    "plan_term",
    "slots",
    "time_of",
    "verify",
    "verify_term",
]
