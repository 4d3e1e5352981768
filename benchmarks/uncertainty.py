"""How long confidence, reasons and the frontier of a hub plan take.

    python benchmarks/uncertainty.py confidence     # 100 draws of a city of 300 areas, 100 sites
    python benchmarks/uncertainty.py frontier       # 1 to 20 hubs, each proven
    python benchmarks/uncertainty.py reasons

Seconds are the processor's. Draws vary each area's people by `--spread` (the standard deviation of
their logarithm), independently, which is harsher than an estimate whose errors go together.
"""

import argparse
from collections.abc import Callable, Iterator
from time import process_time

import numpy as np
import pandas as pd

from mapping.hubs import HubPlan, confidence, marginal, maximal_coverage, p_median, reasons

WITHIN = 10.0
ASKED: tuple[tuple[Callable[..., HubPlan], dict[str, float]], ...] = (
    (p_median, {}),
    (maximal_coverage, {"within": WITHIN}),
)


def city(seed: int, areas: int = 300, sites: int = 100) -> tuple[pd.Series, pd.DataFrame]:
    """People, and minutes on foot in a straight line, around eight town centres (seeded)."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform(0, 20, (8, 2))
    here = towns[rng.integers(0, 8, areas)] + rng.normal(0, 2.5, (areas, 2))
    there = towns[rng.integers(0, 8, sites)] + rng.normal(0, 3.0, (sites, 2))
    minutes = 5.2 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    index = [f"X{i:05d}" for i in range(areas)]
    people = pd.Series(rng.integers(20, 400, areas), index=index, dtype=float)
    return people, pd.DataFrame(minutes, index=index, columns=[f"V{j}" for j in range(sites)])


def timed_confidence(draws: int, spread: float) -> Iterator[dict[str, object]]:
    """Ask each question of every draw."""
    for seed in (1, 2):
        people, minutes = city(seed)
        noise = np.random.default_rng(seed).normal(0, spread, (len(people), draws))
        table = pd.DataFrame(people.to_numpy()[:, None] * np.exp(noise), people.index)
        for hubs in (5, 10):
            for question, options in ASKED:
                started = process_time()
                found = confidence(question, table, minutes, hubs=hubs, **options)
                yield {
                    "question": question.__name__,
                    "seed": seed,
                    "hubs": hubs,
                    "seconds": process_time() - started,
                    "proven": found.draws["proven"].mean(),
                    "complete": found.draws["complete"].mean(),
                    "equals": len(found.equals),
                    "least worst regret": found.least_worst,
                    "its bound": found.least_worst_bound,
                }


def timed_frontier() -> Iterator[dict[str, object]]:
    """Prove the best plan of 1 to 20 hubs."""
    people, minutes = city(1)
    for within in (None, WITHIN):
        started = process_time()
        curve = marginal(people, minutes, upto=20, within=within)
        yield {
            "within": within,
            "seconds": process_time() - started,
            "proven": (curve["status"] == "optimal").mean(),
        }


def timed_reasons() -> Iterator[dict[str, object]]:
    """Explain a plan of ten hubs."""
    people, minutes = city(1)
    for question, options in ASKED:
        plan = question(people, minutes, hubs=10, **options)
        started = process_time()
        reasons(plan, people, minutes)
        yield {"question": question.__name__, "seconds": process_time() - started}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["confidence", "frontier", "reasons"])
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--spread", type=float, default=0.1)
    chosen = parser.parse_args()
    rows = {
        "confidence": lambda: timed_confidence(chosen.draws, chosen.spread),
        "frontier": timed_frontier,
        "reasons": timed_reasons,
    }[chosen.what]()
    print(pd.DataFrame(rows).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
