"""Try an estimate on: another level, or a survey that is looked at in memory and then forgotten."""

from dataclasses import replace

import pandas as pd

from mapping import exclusion
from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion, Level
from mapping.exclusion.result import summed
from mapping.pipeline.surveying import ALONE, answered, blended
from mapping.scenario import Place

SEED = 2015
TRIED = "This is a trial: nothing was stored, and it was not checked on places it had not seen."


def at_level(place: Place, level: Level, *, seed: int = SEED) -> Place:
    """
    Return the place with its estimate brought to another level.

    Raises
    ------
    InvalidTableError
        If the level cannot be; see `mapping.exclusion.Level`.
    """
    return _tried(place, exclusion.at_level(place.exclusion, level, seed=seed))


def with_survey(
    place: Place, people: pd.DataFrame, *, year: int, draws: int = 400, seed: int = SEED
) -> Place:
    """
    Return the place with national rates corrected by a survey, as a build that learns from it does.

    Parameters
    ----------
    people
        See `mapping.sources.records.respondents`: summed here and dropped.
    year
        When they were asked.
    draws
        How many to make; a build makes more.

    Raises
    ------
    InvalidTableError
        If nobody in the survey lives in a ward of the place.
    """
    lsoas = place.lsoas
    if not people["ward"].isin(lsoas["ward"]).any():
        raise InvalidTableError(
            f"survey: no answer is from a ward of {place.name}. Its ward codes must be those of "
            "the study’s wards."
        )
    survey = answered(people, lsoas, year=year)
    rates = exclusion.synthetic(lsoas, groups=lsoas["ward"], draws=draws, seed=seed)
    rates = replace(rates, caveats=tuple(c for c in rates.caveats if not c.startswith(ALONE)))
    found = blended(rates, survey.direct, lsoas["ward"], survey, keep_level=False, seed=seed + 2)
    return _tried(place, replace(found, caveats=(*survey.caveats, *found.caveats)))


def _tried(place: Place, estimate: Exclusion) -> Place:
    """Return the place with another estimate, without what was said of the one it had."""
    own = set(place.exclusion.caveats)
    others = [caveat for caveat in place.caveats if caveat not in own]
    return replace(
        place,
        exclusion=estimate,
        ward_exclusion=summed(estimate, place.lsoas["ward"]),
        output_areas=None,  # theirs are of the other estimate
        caveats=tuple(dict.fromkeys([TRIED, *estimate.caveats, *others])),
        card=None,
        checked=(TRIED,),
        explanation=place.explanation.iloc[:0],
    )
