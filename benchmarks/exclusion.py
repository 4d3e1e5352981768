"""Score the exclusion model on places it has not seen.

Run from the repository, with the shared folder of open data beside it:

    python benchmarks/exclusion.py                      # English regions, some minutes
    python benchmarks/exclusion.py --places London "North East"
    python benchmarks/exclusion.py --by district        # twenty random groups of districts

Each place in turn is left out, models are learned from the others and predict the share of census
returns not made online (ONS Digital Propensity Index 2021) in LSOAs whose codes did not change.
Prints by place the Spearman correlation of: age alone (binomial GLM on age bands); the Digital
Exclusion Risk Index v1.6; the reference, a plain binomial GLM with the squares of the reference
covariates; this model with the same covariates; and this model with household size and poverty
among older people besides. Then coverage of this model's intervals and their mean width in
points; then time and peak memory of a fit and a thousand draws for every LSOA held.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm

from mapping import exclusion
from mapping.pipeline.inputs import Inputs, find_inputs
from mapping.pipeline.returns import returns
from mapping.sources import locate, read
from mapping.study import read_study
from mapping.workspace import Workspace

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"
AGES = ["16_24", "25_34", "50_64", "65_74", "75_84", "85_over"]
ETHNIC_GROUPS = ["asian", "black", "mixed", "other_ethnic"]
REFERENCE = [
    *(f"share_age_{band}" for band in AGES),
    "share_social_rented", "share_private_rented", "share_disabled", "adult_skills_rate",
    "income_rate", "employment_rate", "education_score", "health_score",
    *ETHNIC_GROUPS, "digital_connectivity",
]  # fmt: skip
MORE = [*REFERENCE, "household_size", "older_poverty"]
GROUPS_OF_DISTRICTS = 20


def baselines(inputs: Inputs, folder: Path, areas: pd.Index) -> pd.DataFrame:
    """Return the region, a random group of districts, and DERI of unchanged LSOAs."""
    found = locate(sorted(folder.rglob("*")), chosen={})
    regions = pd.read_csv(inputs.published["online_returns"][1], index_col="lsoa11_code")["region"]
    district = read(*found["lookup"])["district"].reindex(areas)
    names = np.random.default_rng(0).permutation(sorted(district.unique()))
    group = pd.Series(np.arange(len(names)) % GROUPS_OF_DISTRICTS, names)
    return pd.DataFrame(
        {
            "region": regions.reindex(areas),
            "district": "districts " + district.map(group).astype(str).str.zfill(2),
            "DERI": read(*found["risk_index"])["deri"].reindex(areas),
        }
    )


def plain_glm(
    observed: pd.DataFrame, rows: pd.DataFrame, unseen: pd.DataFrame, *, squares: bool
) -> pd.Series:
    """Return what an unpenalised binomial GLM with standardised covariates predicts."""
    mean, deviation = rows.mean(), rows.std(ddof=0)

    def terms(table: pd.DataFrame) -> np.ndarray:
        scaled = ((table - mean) / deviation).to_numpy()
        return sm.add_constant(np.hstack([scaled, scaled**2]) if squares else scaled)

    weights = observed["n"].to_numpy()
    model = sm.GLM(observed["share"].to_numpy(), terms(rows), sm.families.Binomial(),
                   var_weights=weights)  # fmt: skip
    return pd.Series(model.fit().predict(terms(unseen)), unseen.index)


def score(
    observed: pd.DataFrame, table: pd.DataFrame, deri: pd.Series, unseen: pd.Series, level: float
) -> dict[str, float]:
    """Learn from the areas kept, predict those left out, and return one row of the table."""
    truth, kept = observed.loc[unseen, "share"], observed[~unseen]
    rows, left = table.loc[kept.index], table.loc[truth.index]
    ages = REFERENCE[: len(AGES)]
    guesses = {
        "age only": plain_glm(kept, rows[ages], left[ages], squares=False),
        "DERI": deri[unseen],
        "reference": plain_glm(kept, rows[REFERENCE], left[REFERENCE], squares=True),
    }
    found = {"areas": float(len(truth))}
    for name, columns in {"model": REFERENCE, "more": MORE}.items():
        model = exclusion.fit(kept, rows[columns])
        predicted = model.predict(left, level=level)
        guesses[name] = predicted["share"]
        found[f"{name} covers"] = truth.between(predicted["low"], predicted["high"]).mean()
        found[f"{name} width"] = 100 * (predicted["high"] - predicted["low"]).mean()
    return {name: truth.corr(guess, method="spearman") for name, guess in guesses.items()} | found


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--places", nargs="*", help="what to leave out in turn; all by default")
    parser.add_argument("--by", choices=("region", "district"), default="region")
    parser.add_argument("--level", type=float, default=0.9, help="coverage aimed at")
    parser.add_argument("--data", type=Path, default=SHARED, help="the folder of open data")
    return parser.parse_args()


def main() -> None:
    """Print one line per place left out, the means, time and memory."""
    asked = arguments()
    workspace = Workspace(REPOSITORY)
    inputs = find_inputs(read_study("liverpool", workspace), asked.data, workspace)
    held = returns(inputs)
    observed, table = held.observed, held.covariates[MORE]
    known = baselines(inputs, asked.data, observed.index)
    _print_whole(observed, table)
    place = known[asked.by]
    rows = {
        name: score(observed, table, known["DERI"], place == name, asked.level)
        for name in asked.places or sorted(place.unique())
    }
    scores = pd.DataFrame(rows).T
    print(scores.round(3).to_string())
    _print_means(scores, asked.level)


def _print_means(scores: pd.DataFrame, level: float) -> None:
    named = ["age only", "DERI", "reference", "model", "more"]
    means = ", ".join(f"{name} {scores[name].mean():.3f}" for name in named)
    print(f"mean Spearman over places: {means}")
    for name in ("model", "more"):
        covers = scores[f"{name} covers"]
        overall = np.average(covers, weights=scores["areas"])
        behind = scores.index[scores[name] < scores["reference"]]
        print(
            f"{name}: {100 * overall:.1f} % of left-out areas inside their {100 * level:.0f} % "
            f"interval ({100 * covers.min():.1f} to {100 * covers.max():.1f} by place); behind "
            f"the reference in {len(behind)} of {len(scores)} places"
        )


def _print_whole(observed: pd.DataFrame, table: pd.DataFrame) -> None:
    """Fit once to everything, draw a thousand times for every area held, then for 300 areas."""
    began, used = time.perf_counter(), time.process_time()
    model = exclusion.fit(observed, table)
    fitted = time.perf_counter()
    drawn = model.estimate(table, pd.Series(1.0, table.index)).draws
    done, memory = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"fit to {len(observed):,} areas, {len(model.terms)} terms: {fitted - began:.1f} s; "
        f"{drawn.shape[1]:,} draws of {len(drawn):,} areas: {done - fitted:.1f} s; together "
        f"{time.process_time() - used:.1f} s of processor time; peak memory {memory:.1f} GB"
    )
    city = table.iloc[:300]
    began = time.perf_counter()
    model.estimate(city, pd.Series(1.0, city.index))
    print(f"a city of {len(city)} areas, estimate and draws: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
