"""How long suppression of a landlord's list takes, and what it costs in cells.

A made-up list of 15,000 homes over 302 LSOAs and 64 wards, plain and in four groups with margins.
Run: python benchmarks/disclosure.py
"""

import time

import numpy as np
import pandas as pd

from mapping.disclosure import Released, tally

HOMES, LSOAS, WARDS = 15_000, 302, 64
GROUPS = ("bedsit", "one bedroom", "two bedrooms", "larger")


def stock(seed: int) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the LSOA and group of each home, and the ward of each LSOA."""
    rng = np.random.default_rng(seed)
    lsoas = pd.Index([f"L{number:03d}" for number in range(LSOAS)])
    wards = pd.Series(np.r_[np.arange(WARDS), rng.integers(0, WARDS, LSOAS - WARDS)], lsoas)
    # Landlords own a lot on some estates and next to nothing elsewhere.
    weight = rng.gamma(0.6, size=LSOAS)
    home = pd.Series(rng.choice(lsoas, HOMES, p=weight / weight.sum()))
    group = pd.Series(rng.choice(GROUPS, HOMES, p=(0.1, 0.4, 0.35, 0.15)))
    return home, group, wards.map("W{:02d}".format)


def timed(name: str, seed: int, *, groups: bool) -> Released:
    """Release one table, and print how long it took and what is left of it."""
    home, group, wards = stock(seed)
    began, cpu = time.perf_counter(), time.process_time()
    made = tally(
        home,
        wards.index,
        what="Homes",
        groups=group if groups else None,
        within=(wards,),
        whole="all",
        **({"every": "all"} if groups else {}),
    )
    spent = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"{name}: {spent[0]:.2f} s, processor {spent[1]:.2f} s; "
        f"{made.log.hidden} of {made.log.cells} cells suppressed"
    )
    return made


if __name__ == "__main__":
    for seed in range(3):
        timed("LSOAs in wards      ", seed, groups=False)
        timed("the same, four groups", seed, groups=True)
