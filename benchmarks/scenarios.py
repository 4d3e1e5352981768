"""Futures compared: seconds for 20 scenarios side by side, and for curves with every point proven.

    python benchmarks/scenarios.py demo                              # the made-up city
    python benchmarks/scenarios.py liverpool --from ../shared/data   # open data

Builds the study in a folder of its own, loads it, and prints seconds of processor time and of the
clock: for weighing 20 scenarios (2 to 6 hubs by four questions, no bus, no draws), for comparing
them (measures, groups, pairs, areas that change hands, small maps), for the sweeps of 1 to 20 hubs
and of 5 to 30 minutes, and for all options under every picture of need; then how many points are
proven. On a busy machine only processor time says much.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from shutil import copytree
from time import perf_counter, process_time

from mapping import pipeline
from mapping.report import futures
from mapping.scenario import (
    Outcome,
    Place,
    Scenario,
    best_by_belief,
    by_group,
    changed_hands,
    compare,
    more_likely,
    regret,
    sweep,
    weigh,
)
from mapping.workspace import Workspace

QUESTIONS = ("maximal_coverage", "p_median", "gradual", "equitable")
NUMBERS = (2, 3, 4, 5, 6)


def built(study: str, raw: Path | None, root: Path) -> Place:
    """Build a study in a folder of its own."""
    workspace = Workspace(root)
    if study == "demo":
        pipeline.demo(workspace=workspace)
    else:
        copytree(Path(__file__).parents[1] / "studies", workspace.studies)
        pipeline.build(study, raw=raw, workspace=workspace)
    return pipeline.load(study, workspace=workspace)


def twenty(study: str) -> list[Scenario]:
    """Return 20 scenarios that differ in question and number of hubs."""
    base = Scenario(name="", study=study, bus_days=0)
    return [
        replace(base, name=f"{hubs} hubs, {question}", new_hubs=hubs, question=question)
        for hubs, question in product(NUMBERS, QUESTIONS)
    ]


@contextmanager
def timed(what: str) -> Iterator[Callable[[str], None]]:
    """Print the seconds a block took, and what it says of itself."""
    said: list[str] = []
    clock, processor = perf_counter(), process_time()
    yield said.append
    seconds = process_time() - processor
    told = f"   {'; '.join(said)}" if said else ""
    print(f"{what:<44}{seconds:>8.2f} s{perf_counter() - clock:>8.2f} s{told}")


def side_by_side(outcomes: list[Outcome], place: Place) -> None:
    """Compare outcomes in every way."""
    first, *others = outcomes
    compare(outcomes)
    by_group(outcomes, place)
    more_likely(outcomes)
    for other in others:
        changed_hands(first, other, place)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("study", nargs="?", default="demo")
    parser.add_argument("--from", dest="raw", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = built(asked.study, asked.raw, Path(folder))
    sites = int((~place.sites["open"]).sum())
    print(f"{place.name}: {len(place.lsoas)} areas, {sites} candidate sites, processor and clock")
    base = Scenario(name="Five", study=asked.study, bus_days=0)
    weigh(base, place)  # κ and the like are worked out once for a place
    with timed("20 scenarios weighed"):
        outcomes = [weigh(scenario, place) for scenario in twenty(asked.study)]
    with timed("20 scenarios side by side"):
        side_by_side(outcomes, place)
    with timed("20 scenarios under every picture of need") as say:
        say(f"{len(place.beliefs)} pictures, steadiest: {regret(outcomes, place).steadiest}")
    with timed("20 small maps with one legend"):
        futures.reach_figure(outcomes, place).canvas.draw()
    for choice in ("new_hubs", "within"):
        with timed(f"sweep of {choice}") as say:
            found = sweep(base, place, choice)
            if found is not None:
                say(f"{found.proven} of {len(found.curve)} proven")
    with timed("the best plan by each picture of need") as say:
        say(f"{len(best_by_belief(base, place))} different plans")


if __name__ == "__main__":
    main()
