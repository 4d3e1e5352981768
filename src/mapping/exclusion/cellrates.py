"""How often people of each cell are offline: published margins, brought to cells, with doubt.

Published rates are margins: by age, for all adults, for disabled people and others. What a cell's
rate is follows from them, from a ratio for social renting of which a part is kept, and from where
those cells' people are in England.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping.exclusion.cells import CELLS, Cells, england_cells
from mapping.exclusion.outcomes import OUTCOMES
from mapping.exclusion.rates import (
    AGED_75_2018,
    ALL_2018,
    BAND_RATES,
    BANDS,
    DISABLED_2019,
    MARGINS,
    OTHERS_2019,
    PUBLISHED_YEAR,
    SOCIAL_RENTING_ODDS,
)
from mapping.exclusion.shifts import shifts

NON_USER = OUTCOMES["non_user"]
# Uncertainty. Published ages are whole per cents; bands that straddle two of them, means.
ROUNDING = 0.005
# Assumption: adults in a quarter of the Labour Force Survey, and its design effect.
SAMPLE, DESIGN_EFFECT = 80_000, 1.5
# Assumptions: standard errors of log odds ratios (disability is defined by two sources; the ratio
# for renting is of Scottish homes), and the part of the latter that holds at a given age.
DISABILITY_SE = SOCIAL_SE = 0.1
KEPT = (0.5, 0.7)
# Assumption: odds at 85 and over against 75 to 84, and the standard error of their logarithm. The
# rise between 65 to 74 and 75 and over, carried on for ten years of age, would be 3.9.
ODDS_AT_85, ODDS_AT_85_SE = 3.0, 0.3
DRAWS = 1000
HIGHEST_EFFECT = 6.0
HALVINGS = 30  # to a hundred-millionth of the effect


@dataclass(frozen=True, eq=False)
class CellRates:
    """
    Rates of one outcome by cell, with possible values drawn jointly.

    Parameters
    ----------
    outcome, year, population, source
        What the rates are of, when, of whom, and who published them.
    central
        By cell: the share offline when every published figure is taken as printed.
    odds
        Possible log-odds, cells × draws.
    parameters
        What was drawn, by draw: the margins by age, `odds_at_85`, `social_renting` and
        `disability` (log odds ratios at a given age), `kept`.
    margins
        By published margin: `published`, and `reproduced` from the central rates and the cells of
        England (0 to 1).
    caveats
        What a reader has to be told.
    """

    outcome: str
    year: int
    population: str
    source: str
    central: pd.Series
    odds: pd.DataFrame
    parameters: pd.DataFrame
    margins: pd.DataFrame
    caveats: tuple[str, ...]

    def share(self, cells: Cells) -> pd.Series:
        """Return the share of adults that the central rates imply by area; NaN without cells."""
        offline = cells.people.mul(self.central, axis=1).sum(axis=1, skipna=False)
        return (offline / cells.people.sum(axis=1, skipna=False)).rename("published_share")


def cell_rates(*, draws: int = DRAWS, seed: int = 0, reference: Cells | None = None) -> CellRates:
    """
    Return the rate of internet non-use in each cell, and `draws` possible values of it.

    The log-odds of a cell are those of its age plus an effect of social renting (0.5 to 0.7 of the
    crude log ratio holds at a given age: assumption) and an effect of disability. Each draw is
    re-centred on its own margins: those by age, and the ratio of disabled people's odds to others',
    are exactly what the cells of England give back.

    Parameters
    ----------
    draws
        How many possible values; 0 gives the central ones alone.
    seed
        For the draws.
    reference
        Where the published rates hold; England by default, with the seed of the cells that the
        rates are meant for.
    """
    there = england_cells() if reference is None else reference
    people = there.people_by().reindex(CELLS).to_numpy()
    central = _odds(_published(), people)[0]
    drawn = _drawn(draws, np.random.default_rng([seed, 0]))
    odds, drawn["disability"] = _odds(drawn, people) if draws else (np.empty((len(CELLS), 0)), [])
    shares = pd.Series(expit(central[:, 0]), CELLS, name="share")
    return CellRates(
        outcome=NON_USER.name,
        year=PUBLISHED_YEAR,
        population=NON_USER.population,
        source=SOURCE,
        central=shares,
        odds=pd.DataFrame(odds, CELLS),
        parameters=drawn.drop(columns="disability_ratio"),
        margins=_reproduced(shares.to_numpy(), people),
        caveats=CAVEATS,
    )


SOURCE = (
    "ONS, Internet users (UK rates by age 2018, ratio of disabled people to others 2019), with "
    "part of the ratio for social renting in the Scottish Household Survey 2023"
)
CAVEATS = (
    "Of the published ratio for social renting, half to seven tenths are taken to hold at a given "
    "age, and people of 85 and over to have three times the odds of 75 to 84: both assumptions, "
    "drawn with their doubt.",
    "Standard errors of the published rates are those of a survey of 80,000 adults with a design "
    "effect of 1.5 (our assumption), and their rounding to whole per cents.",
)


def _published() -> pd.DataFrame:
    """Return the parameters as printed: one row."""
    values = dict(BANDS @ BAND_RATES)
    values |= {"odds_at_85": np.log(ODDS_AT_85), "kept": sum(KEPT) / 2}
    values["social_renting"] = values["kept"] * np.log(SOCIAL_RENTING_ODDS)
    values["disability_ratio"] = logit(DISABLED_2019) - logit(OTHERS_2019)
    return pd.DataFrame([values])


def _drawn(count: int, random: np.random.Generator) -> pd.DataFrame:
    """Return possible parameters, one row per draw."""
    drawn = _drawn_bands(count, random) @ BANDS.T
    drawn["odds_at_85"] = random.normal(np.log(ODDS_AT_85), ODDS_AT_85_SE, count)
    drawn["kept"] = random.uniform(*KEPT, count)
    crude = random.normal(np.log(SOCIAL_RENTING_ODDS), SOCIAL_SE, count)
    drawn["social_renting"] = drawn["kept"] * crude
    ratio = logit(DISABLED_2019) - logit(OTHERS_2019)
    drawn["disability_ratio"] = random.normal(ratio, DISABILITY_SE, count)
    return drawn


def _drawn_bands(count: int, random: np.random.Generator) -> pd.DataFrame:
    """Return possible published rates, draws × bands: rounded, then sampled on the logit scale."""
    people = england_cells().people_by("age")
    by_margin = pd.Series({name: people[list(ages)].sum() for name, ages in MARGINS.items()})
    sample = SAMPLE / DESIGN_EFFECT * (BANDS.T @ by_margin) / people.sum()
    se = 1 / np.sqrt(sample * BAND_RATES * (1 - BAND_RATES)).to_numpy()
    shape = (count, len(BAND_RATES))
    exact = BAND_RATES.to_numpy() + random.uniform(-ROUNDING, ROUNDING, shape)
    return pd.DataFrame(
        expit(logit(exact) + se * random.standard_normal(shape)), columns=BANDS.columns
    )


def _odds(parameters: pd.DataFrame, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log-odds of the cells × draws that give every margin back, and disability's effect."""
    low, high = np.zeros(len(parameters)), np.full(len(parameters), HIGHEST_EFFECT)
    target = parameters["disability_ratio"].to_numpy()
    for _ in range(HALVINGS):
        effect = (low + high) / 2
        odds = _centred(parameters, effect, people)
        short = _disability_ratio(expit(odds), people) < target
        low, high = np.where(short, effect, low), np.where(short, high, effect)
    return odds, effect


def _centred(parameters: pd.DataFrame, disability: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return log-odds that give the margins by age back, given the other effects."""
    age, tenure, ability = (CELLS.get_level_values(name) for name in CELLS.names)
    odds = np.outer(tenure == "social renting", parameters["social_renting"])
    odds += np.outer(ability == "disabled", disability)
    odds += np.outer(age == "age_85_over", parameters["odds_at_85"])
    for name, ages in MARGINS.items():
        rows = age.isin(ages)
        odds[rows] += shifts(odds[rows], people[rows], parameters[name].to_numpy())
    return odds


def _disability_ratio(shares: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return the log odds ratio of all disabled people to all others."""
    disabled = CELLS.get_level_values("disability") == "disabled"
    of_disabled, of_others = (
        people[rows] @ shares[rows] / people[rows].sum() for rows in (disabled, ~disabled)
    )
    return logit(of_disabled) - logit(of_others)


def _reproduced(shares: np.ndarray, people: np.ndarray) -> pd.DataFrame:
    """Return every published margin beside what the rates give back."""
    age = CELLS.get_level_values("age")
    published = BANDS @ BAND_RATES
    rows = {
        name: (published[name], _mean(shares, people, age.isin(ages)))
        for name, ages in MARGINS.items()
    }
    old = age.isin(MARGINS["75 and over"])
    both = AGED_75_2018, 1 - AGED_75_2018
    everybody = both[0] * _mean(shares, people, old) + both[1] * _mean(shares, people, ~old)
    rows["all adults of the survey's ages"] = ALL_2018, everybody
    ratio = _disability_ratio(shares[:, None], people)[0]
    rows["disabled people, 2019"] = DISABLED_2019, expit(logit(OTHERS_2019) + ratio)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["published", "reproduced"])
    return frame.rename_axis("margin")


def _mean(shares: np.ndarray, people: np.ndarray, rows: np.ndarray) -> float:
    return float(people[rows] @ shares[rows] / people[rows].sum())
