"""How many adults are digitally excluded, where, and how sure that is.

An estimate is built in two parts, because no survey is large enough to give both. The *pattern*
(which areas have more, which fewer) is learned by a binomial GLM from something observed: census
returns made online, or a local survey. The *level* (how many altogether) is a published rate or the
survey's own, with its standard error. What neither explains stays in as an area effect, so that
intervals are not falsely narrow.
"""

from mapping.exclusion.blend import Blended, blend
from mapping.exclusion.card import BASELINES, ValidationCard
from mapping.exclusion.cellrates import CellRates, cell_rates
from mapping.exclusion.cells import Cells, england_cells, fitted_cells
from mapping.exclusion.comparison import (
    bands,
    comparison_in_words,
    probabilities_exceeding,
    probability_exceeds,
    top_in_words,
)
from mapping.exclusion.explanation import explain, explanation_in_words
from mapping.exclusion.grouping import by_group
from mapping.exclusion.level import Level, at_level
from mapping.exclusion.model import Model, fit
from mapping.exclusion.nesting import nested
from mapping.exclusion.outcomes import OUTCOMES, ExclusionOutcome, require_one_outcome
from mapping.exclusion.poststratification import (
    poststratified,
    published_level,
    published_share,
    seed_effect,
    synthetic,
)
from mapping.exclusion.rates import PUBLISHED_RATES
from mapping.exclusion.result import Exclusion, probability_among_top, shared_out, summed
from mapping.exclusion.survey import direct_estimates, stated_estimates, survey_level
from mapping.exclusion.validation import folds, left_out, validate

__all__ = [
    "BASELINES",
    "OUTCOMES",
    "PUBLISHED_RATES",
    "Blended",
    "CellRates",
    "Cells",
    "Exclusion",
    "ExclusionOutcome",
    "Level",
    "Model",
    "ValidationCard",
    "at_level",
    "bands",
    "blend",
    "by_group",
    "cell_rates",
    "comparison_in_words",
    "direct_estimates",
    "england_cells",
    "explain",
    "explanation_in_words",
    "fit",
    "fitted_cells",
    "folds",
    "left_out",
    "nested",
    "poststratified",
    "probabilities_exceeding",
    "probability_among_top",
    "probability_exceeds",
    "published_level",
    "published_share",
    "require_one_outcome",
    "seed_effect",
    "shared_out",
    "stated_estimates",
    "summed",
    "survey_level",
    "synthetic",
    "top_in_words",
    "validate",
]
