"""Statistical disclosure control: what may leave of tables made from personal records.

Lists of homes, surveys and learner records are read where they lie, counted with `tally` on one
fixed set of areas, and dropped. What is kept and shown is `Released`: counts below the floor are
suppressed, zero included, others are rounded ("10-5 rule" of the Office for National Statistics),
and more cells are suppressed until no small count follows from the totals. Figures for any other
area are worked out from released ones, so they tell nothing more.
"""

from mapping.disclosure.gate import (
    NOT_SHOWN,
    OPEN_ONLY,
    WITH_SURVEY,
    cleared,
    refuse_personal,
    sheltered,
)
from mapping.disclosure.hashing import comparable, keyed_hash, secret, shown_hash
from mapping.disclosure.personal import Personal, PersonalPoints, PersonalSeries
from mapping.disclosure.releasing import (
    BASE,
    FLOOR,
    Log,
    Released,
    mean,
    printed,
    release,
    share,
    spread,
    tally,
    told,
)
from mapping.disclosure.suppression import Sums, exposed, suppressed

__all__ = [
    "BASE",
    "FLOOR",
    "NOT_SHOWN",
    "OPEN_ONLY",
    "WITH_SURVEY",
    "Log",
    "Personal",
    "PersonalPoints",
    "PersonalSeries",
    "Released",
    "Sums",
    "cleared",
    "comparable",
    "exposed",
    "keyed_hash",
    "mean",
    "printed",
    "refuse_personal",
    "release",
    "secret",
    "share",
    "sheltered",
    "shown_hash",
    "spread",
    "suppressed",
    "tally",
    "told",
]
