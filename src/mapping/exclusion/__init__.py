"""How many adults are digitally excluded, where, and how sure that is.

An estimate is built in two parts, because no survey is large enough to give both. The *pattern*
(which areas have more, which fewer) is learned by a binomial GLM from something observed: census
returns made online, or a local survey. The *level* (how many altogether) is a published rate or the
survey's own, with its standard error. What neither explains stays in as an area effect, so that
intervals are not falsely narrow.
"""

from mapping.exclusion.level import Level, at_level
from mapping.exclusion.model import Model, fit
from mapping.exclusion.rates import PUBLISHED_RATES, published_level, published_share, synthetic
from mapping.exclusion.result import Exclusion, probability_among_top, summed
from mapping.exclusion.survey import survey_level, survey_shares

__all__ = [
    "PUBLISHED_RATES",
    "Exclusion",
    "Level",
    "Model",
    "at_level",
    "fit",
    "probability_among_top",
    "published_level",
    "published_share",
    "summed",
    "survey_level",
    "survey_shares",
    "synthetic",
]
