"""Score the exclusion model on English regions it has not seen.

Run from the repository, with the shared folder of open data beside it:

    python benchmarks/exclusion.py --level 0.9 --regions London "North East"

Each region in turn is left out, the model is learned from the others and predicts the share of
census returns not made online (ONS Digital Propensity Index 2021) in the one left out. Prints by
region: LSOAs, Spearman correlation, that of the published rates alone, coverage of the interval,
shares observed below and above it, and its mean width in points; then time and peak memory.
"""

import argparse
import resource
import time
from pathlib import Path

import pandas as pd

from mapping import exclusion
from mapping.exclusion import published_share
from mapping.pipeline.estimating import everywhere, online_returns
from mapping.pipeline.inputs import Inputs, find_inputs
from mapping.study import read_study
from mapping.workspace import Workspace

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"


def regions(inputs: Inputs, areas: pd.Index) -> pd.Series:
    """Return the region of each LSOA that did not change, as the index's own file has it."""
    path = inputs.published["online_returns"][1]
    return pd.read_csv(path, index_col="lsoa11_code")["region"].reindex(areas)


def score(
    observed: pd.DataFrame, covariates: pd.DataFrame, left_out: pd.Series, level: float
) -> dict[str, float]:
    """Learn from the areas kept, predict those left out, and return one row of the table."""
    began = time.perf_counter()
    model = exclusion.fit(observed[~left_out], covariates)
    truth = observed.loc[left_out, "share"]
    predicted = model.predict(covariates.loc[truth.index], level=level)
    return {
        "areas": len(truth),
        "spearman": truth.corr(predicted["share"], method="spearman"),
        "coverage": truth.between(predicted["low"], predicted["high"]).mean(),
        "below": (truth < predicted["low"]).mean(),
        "above": (truth > predicted["high"]).mean(),
        "width, points": 100 * (predicted["high"] - predicted["low"]).mean(),
        "area effect": model.area_effect,
        "seconds": time.perf_counter() - began,
    }


def arguments() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--regions", nargs="*", help="regions to leave out; all held by default")
    parser.add_argument("--level", type=float, default=0.9, help="coverage aimed at")
    parser.add_argument("--data", type=Path, default=SHARED, help="the folder of open data")
    return parser.parse_args()


def main() -> None:
    """Print one line per region, the mean over regions, time and memory."""
    asked = arguments()
    inputs = find_inputs(
        read_study("liverpool", Workspace(REPOSITORY)), asked.data, Workspace(REPOSITORY)
    )
    observed, covariates = online_returns(inputs)
    region = regions(inputs, observed.index)
    published = published_share(everywhere(inputs)).reindex(observed.index)
    rows = {}
    for name in asked.regions or sorted(region.unique()):
        left_out = region == name
        rows[name] = score(observed, covariates, left_out, asked.level)
        shares = observed.loc[left_out, "share"]
        rows[name]["published rates"] = shares.corr(published[left_out], method="spearman")
    table = pd.DataFrame(rows).T
    print(table.round(3).to_string())
    overall = (table["coverage"] * table["areas"]).sum() / table["areas"].sum()
    print(
        f"mean Spearman {table['spearman'].mean():.3f} (published rates alone "
        f"{table['published rates'].mean():.3f}); {100 * overall:.1f} % of {observed.shape[0]:,} "
        f"areas inside their {100 * asked.level:.0f} % interval"
    )
    _print_whole(observed, covariates)


def _print_whole(observed: pd.DataFrame, covariates: pd.DataFrame) -> None:
    """Fit once to everything and draw a thousand times for every area held."""
    began = time.perf_counter()
    model = exclusion.fit(observed, covariates)
    drawn = model.estimate(covariates, pd.Series(1.0, covariates.index)).draws
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"fit and {drawn.shape[1]:,} draws of {len(drawn):,} areas: "
        f"{time.perf_counter() - began:.1f} s; peak memory {peak:.1f} GB"
    )


if __name__ == "__main__":
    main()
