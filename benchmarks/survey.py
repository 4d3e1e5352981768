"""Score the blend of an estimate with a survey on the demo city, whose truth is known.

Run from the repository; it needs no data:

    python benchmarks/survey.py --sizes 200 1200 5000 --surveys 200

For each size of survey, asks the city's people again and again and prints, as means over the
surveys, the mean absolute error of ward shares in points: of the survey alone ("survey"), adjusted
for the ages of who was asked ("by age"), of published rates alone ("rates") and brought to the
survey's level ("at level"), of the blend with the survey ("blend") and with the adjusted one
("blend by age"). "limit" is the best linear blend of this survey and these covariates by somebody
who knows how far wards differ and how large sampling variances are; "limit, level known" knows the
city's level as well. Then the coverage of 80 and 95 % intervals of the blend by age over wards,
areas (LSOAs) and the city's total, the mean difference from the truth ("bias", points: whoever is
offline answers less, which no weight repairs), the weight of a ward's own sample and the CPU
seconds of a blend.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mapping import demo, exclusion
from mapping.exclusion import Blended, Exclusion
from mapping.needs import to_wards
from mapping.pipeline.building import _needs
from mapping.pipeline.inputs import find_inputs
from mapping.study import read_study
from mapping.workspace import Workspace, write_text

COVARIATES = ["adult_skills_rate"]
# Bands that the survey and the census tables have in common.
BANDS = {
    "16-34": ("age_16_24", "age_25_34"),
    "35-64": ("age_35_49", "age_50_64"),
    "65-74": ("age_65_74",),
    "75-84": ("age_75_84",),
    "85+": ("age_85_over",),
}
TO_BAND = {
    **dict.fromkeys(("16-24", "25-34"), "16-34"),
    **dict.fromkeys(("35-44", "45-54", "55-64"), "35-64"),
}


@dataclass(frozen=True, eq=False)
class World:
    """The city: its truth, what a planner knows of it, and the estimate before any survey."""

    city: demo.City
    truth: pd.DataFrame
    share: pd.Series
    larger: pd.Series
    wards: pd.DataFrame
    rates: Exclusion


def world(draws: int) -> World:
    """Build the city and read its files as a planner would."""
    city = demo.city()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        demo.write(city, workspace.raw / "demo")
        text = files("mapping.demo").joinpath("study.toml").read_text(encoding="utf-8")
        write_text(text, workspace.studies / "demo.toml")
        inputs = find_inputs(read_study("demo", workspace), None, workspace)
        areas = pd.DataFrame(_needs(inputs).tables["lsoas"].drop(columns="geometry"))
    truth = city.truth.loc[areas.index]
    sums = truth[["adults", "excluded"]].groupby(areas["ward"]).sum()
    wards = to_wards(areas, areas["ward"])
    return World(
        city=city,
        truth=truth,
        share=(sums["excluded"] / sums["adults"]).loc[wards.index],
        larger=areas["ward"],
        wards=wards,
        rates=exclusion.synthetic(areas, groups=areas["ward"], draws=draws, seed=1),
    )


def ages(wards: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each ward's adults in each band of `BANDS`."""
    people = {band: wards[list(columns)].sum(axis=1) for band, columns in BANDS.items()}
    return pd.DataFrame(people).div(wards["adults"], axis=0)


def limit(here: World, direct: pd.DataFrame, *, level_known: bool) -> np.ndarray:
    """Return shares by the best linear blend that knows how far wards truly differ."""
    estimate = exclusion.summed(here.rates, here.larger).frame["share"].loc[here.wards.index]
    truth, centre = logit(here.share.to_numpy()), logit(estimate.to_numpy())
    poor = here.wards[COVARIATES].to_numpy()
    columns = [
        np.ones(len(truth)),
        centre - centre.mean(),
        *((poor - poor.mean(0)) / poor.std(0)).T,
    ]
    terms = np.column_stack(columns)
    best = np.linalg.lstsq(terms, truth, rcond=None)[0]
    left = (truth - terms @ best).var(ddof=terms.shape[1])
    known = np.diag([0 if level_known else 1.0, *(0.3**2 for _ in columns[1:])])
    prior = left * np.eye(len(truth)) + terms @ known @ terms.T
    mean = best[0] + terms[:, 1]
    seen = direct["share"].reindex(here.wards.index)
    n = direct["n"].reindex(here.wards.index).fillna(1e-9).to_numpy()
    variance = 1 / (n * here.share * (1 - here.share)).to_numpy()
    answers = truth + ((seen - here.share) * variance * n).fillna(0).to_numpy()
    return expit(mean + prior @ np.linalg.solve(prior + np.diag(variance), answers - mean))


def score(here: World, size: int, seed: int) -> dict[str, float]:
    """Ask once and return one row of figures, errors in points."""
    people = demo.survey(here.city, size, seed=seed)
    people = people.assign(
        offline=(people["online"] == "no").astype(int), age=people["age"].replace(TO_BAND)
    )
    plain = exclusion.direct_estimates(people)
    by_age = exclusion.direct_estimates(people, known={"age": ages(here.wards)})
    level = exclusion.survey_level(people, year=2025, source="survey")
    levelled = exclusion.summed(exclusion.at_level(here.rates, level, seed=seed), here.larger)
    blended = blend(here, plain, level.outcome, seed)
    began = time.process_time()
    adjusted = blend(here, by_age, level.outcome, seed)
    seconds = time.process_time() - began
    shares = {
        "survey": plain["share"],
        "by age": by_age["share"],
        "rates": exclusion.summed(here.rates, here.larger).frame["share"],
        "at level": levelled.frame["share"],
        "blend": blended.wards["share"],
        "blend by age": adjusted.wards["share"],
        "limit": pd.Series(limit(here, by_age, level_known=False), here.wards.index),
        "limit, level known": pd.Series(limit(here, by_age, level_known=True), here.wards.index),
    }
    errors = {name: 100 * (found - here.share).abs().mean() for name, found in shares.items()}
    return {
        **errors,
        "bias": 100 * float((adjusted.wards["share"] - here.share).mean()),
        **coverage(here, adjusted),
        "weight": adjusted.wards["weight"].median(),
        "seconds": seconds,
    }


def blend(here: World, direct: pd.DataFrame, outcome: str, seed: int) -> Blended:
    """Blend the rates with a survey's wards."""
    return exclusion.blend(
        here.rates,
        direct,
        here.larger,
        population=here.rates.population,
        outcome=outcome,
        year=2025,
        covariates=here.wards[COVARIATES],
        seed=seed,
    )


def coverage(here: World, found: Blended) -> dict[str, float]:
    """Return how often intervals hold the truth, by level, over wards, areas and the city."""
    row = {}
    wards = exclusion.summed(found, here.larger)
    for level in (0.8, 0.95):
        of_wards, of_areas = wards.interval(level), found.interval(level)
        total = found.total(level=level)
        row |= {
            f"wards {level:.0%}": inside(here.share, of_wards),
            f"areas {level:.0%}": inside(here.truth["share"], of_areas),
            f"city {level:.0%}": float(
                total["low"] <= here.truth["excluded"].sum() <= total["high"]
            ),
        }
    return row


def inside(truth: pd.Series, frame: pd.DataFrame) -> float:
    """Return the share of areas whose interval holds the truth."""
    frame = frame.loc[truth.index]
    return float(truth.between(frame["low"], frame["high"]).mean())


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", nargs="*", type=int, default=[200, 400, 800, 1200, 2500, 5000])
    parser.add_argument("--surveys", type=int, default=40, help="how many of each size")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--seed", type=int, default=5000, help="of the first survey")
    return parser.parse_args()


def main() -> None:
    """Print one column per size of survey."""
    asked = arguments()
    here = world(asked.draws)
    columns = {}
    for size in asked.sizes:
        rows = [score(here, size, asked.seed + survey) for survey in range(asked.surveys)]
        columns[size] = pd.DataFrame(rows).mean()
    print(pd.DataFrame(columns).round(3).to_string())


if __name__ == "__main__":
    main()
