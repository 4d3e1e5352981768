"""Score the estimate from published rates: agreement with census returns, time, memory.

Run from the repository, with the shared folder of open data beside it:

    python benchmarks/rates.py

Prints, by region, the Spearman correlation with census returns not made online (ONS Digital
Propensity Index 2021, LSOAs with unchanged codes) of the rates by cell, of the rates by cell under
independence, of rates by age alone and of DERI v1.6; every published margin beside what all LSOAs
give back; what independence changes; CPU time and peak memory for one city and for England; and how
well wards whose returns are known are divided among LSOAs, as LSOAs are among output areas.
"""

import resource
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mapping import exclusion
from mapping.exclusion import cell_rates, england_cells, fitted_cells, poststratified
from mapping.pipeline.inputs import Inputs, find_inputs
from mapping.pipeline.returns import everywhere
from mapping.study import read_study
from mapping.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared" / "data"
DERI = "deri_v1_6/LSOA calculations and scores (nation level)_v1.6.csv"


def patterns(areas: pd.DataFrame) -> dict[str, pd.Series]:
    """Return what each way of estimating says of every area."""
    by_age = sum(areas[age] * rate for age, rate in exclusion.PUBLISHED_RATES.items())
    alone = cell_rates(draws=0, reference=england_cells(seed="independence"))
    deri = pd.read_csv(SHARED / DERI, index_col="LSOA code")
    return {
        "cells": cell_rates(draws=0).share(fitted_cells(areas)),
        "independence": alone.share(fitted_cells(areas, seed="independence")),
        "age only": by_age / areas["adults"],
        "DERI": deri["DERI score (national, England IMD)"],
    }


def agreement(inputs: Inputs, areas: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman correlations with census returns not made online, by region."""
    changes = inputs.table("changes")
    unchanged = changes.index[changes["change"] == "U"].intersection(areas.index)
    offline = inputs.table("online_returns")["offline_returns"].reindex(unchanged).dropna()
    file = pd.read_csv(inputs.published["online_returns"][1], index_col="lsoa11_code")
    region = file["region"].reindex(offline.index)
    rows = {
        name: {
            way: offline[place].corr(pattern.reindex(place), method="spearman")
            for way, pattern in patterns(areas).items()
        }
        for name, place in offline.index.groupby(region).items()
    }
    table = pd.DataFrame(rows).T
    return pd.concat([table, table.mean().to_frame("mean").T])


def within_wards(inputs: Inputs, areas: pd.DataFrame, *, draws: int = 400) -> str:
    """Return how LSOAs fare whose ward alone is known: ranges that hold, and order within wards."""
    changes = inputs.table("changes")
    unchanged = changes.index[changes["change"] == "U"].intersection(areas.index)
    truth = inputs.table("online_returns")["offline_returns"].reindex(unchanged).dropna()
    ward = inputs.table("lookup")["ward"].reindex(truth.index)
    truth = truth[ward.groupby(ward).transform("size") > 2]
    ward, mine = ward.reindex(truth.index), areas.reindex(truth.index)
    pattern = exclusion.synthetic(mine, draws=draws, seed=1)
    known = replace(pattern, draws=pd.DataFrame(dict.fromkeys(range(draws), truth)))
    found = exclusion.nested(pattern, exclusion.summed(known, ward), ward)
    held = {level: found.interval(level) for level in (0.8, 0.95)}
    share = {level: truth.between(told["low"], told["high"]).mean() for level, told in held.items()}
    said = pd.DataFrame({"truth": truth, "told": held[0.95]["share"], "ward": ward})
    ranks = said.groupby("ward")[["truth", "told"]].rank()
    moved = ranks - ranks.groupby(ward).transform("mean")
    order = (moved["truth"] * moved["told"]).sum() / (
        (moved["truth"] ** 2).sum() * (moved["told"] ** 2).sum()
    ) ** 0.5
    return (
        f"{ward.nunique():,} wards divided among {len(truth):,} LSOAs: ranges of 80% hold "
        f"{share[0.8]:.1%}, of 95% {share[0.95]:.1%}; rank correlation within wards {order:.2f}"
    )


def timed(areas: pd.DataFrame, groups: pd.Series) -> str:
    """Return CPU time and peak memory of cells, rates and 1,000 draws."""
    began = time.process_time()
    made = fitted_cells(areas)
    estimated = poststratified(made, cell_rates(seed=1), groups=groups, seed=1)
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return f"{len(areas):,} areas × {estimated.draws.shape[1]:,}: {spent:.2f} s, {peak:.2f} GB"


def main() -> None:
    """Print the tables."""
    inputs = find_inputs(
        read_study("liverpool", Workspace(REPOSITORY)), SHARED, Workspace(REPOSITORY)
    )
    areas = everywhere(inputs)
    groups = pd.Series(range(len(areas)), areas.index) // 5
    print(timed(areas.iloc[:302], groups))
    print(timed(areas, groups))
    print(within_wards(inputs, areas))
    print(agreement(inputs, areas).round(3).to_string())
    print(cell_rates(draws=0, reference=_as_reference(areas)).margins.round(4).to_string())
    difference = exclusion.seed_effect(areas)["difference"]
    print(
        f"independence moves an area by {100 * difference.abs().mean():.2f} points on average, "
        f"{100 * difference.abs().max():.1f} at most"
    )


def _as_reference(areas: pd.DataFrame) -> exclusion.Cells:
    from dataclasses import replace

    made = fitted_cells(areas)
    return replace(made, people=made.people.sum().to_frame("England").T)


if __name__ == "__main__":
    main()
