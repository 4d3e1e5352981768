"""Options under rival pictures of need: which is never bad, and what each one depends on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mapping.errors import InvalidScenarioError
from mapping.exclusion.result import TAILS
from mapping.scenario.choices import COUNTED, Scenario
from mapping.scenario.outcome import Outcome, weigh
from mapping.scenario.place import Place
from mapping.scenario.siting import siting

# An option within this share of the best one under every picture is never bad; an assumption.
BEARABLE = 0.05
HUB, HUB_OR_STOP = "within reach of a hub", "within reach of a hub or a bus stop"


@dataclass(frozen=True, eq=False)
class RegretTable:
    """
    Every option under every picture of need.

    All tables are options × pictures; regret is how many people fewer an option reaches than the
    best of the options does under the same picture (Savage, 1951).

    Parameters
    ----------
    reached
        People within reach: the mean of the picture's draws.
    regret
        Fewer people than the best option: the mean over draws in which each draw's own best is
        compared with, so that it is above 0 where options take turns.
    high
        Regret that is not exceeded in 97.5 % of draws.
    share
        Shortfall of `reached` as a share of the most reached under the picture, 0 to 1.
    first
        Share of draws in which the option reaches most; options that reach equally many share it.
    labels
        Picture → what it is called.
    counts
        What within reach means here.
    """

    reached: pd.DataFrame
    regret: pd.DataFrame
    high: pd.DataFrame
    share: pd.DataFrame
    first: pd.DataFrame
    labels: Mapping[str, str]
    counts: str = HUB

    @property
    def steadiest(self) -> str:
        """The option whose largest shortfall, as a share of the best, is least."""
        return str(self.share.max(axis=1).round(9).idxmin())

    @property
    def never_bad(self) -> tuple[str, ...]:
        """Options within `BEARABLE` of the best one under every picture."""
        worst = self.share.max(axis=1)
        return tuple(map(str, worst.index[worst <= BEARABLE]))

    @property
    def dependence(self) -> pd.DataFrame:
        """
        Which picture each option depends on.

        Returns
        -------
        pandas.DataFrame
            By option: `best_under` (tuple of pictures under which none reaches more), `hardest`
            (the picture with the largest shortfall; "" where there is none), `share` (that
            shortfall), and `depends_on` (tuple of pictures): those, if any, without which the
            option would be best under none, or the steadiest of all would be another.
        """
        return pd.DataFrame(
            [self._dependence(str(option)) for option in self.share.index], self.share.index
        )

    def _dependence(self, option: str) -> dict[str, object]:
        row = self.share.loc[option].round(9)
        best = tuple(map(str, row.index[row == 0]))
        hinges: tuple[str, ...] = best if len(best) == 1 else ()
        if option == self.steadiest and self.share.shape[1] > 1:
            hinges += tuple(
                str(picture)
                for picture in self.share.columns
                if picture not in hinges
                and str(self.share.drop(columns=picture).max(axis=1).round(9).idxmin()) != option
            )
        hardest = str(row.idxmax()) if row.max() > 0 else ""
        return {
            "best_under": best,
            "hardest": hardest,
            "share": float(row.max()),
            "depends_on": hinges,
        }


def regret(outcomes: Sequence[Outcome], place: Place) -> RegretTable:
    """
    Score every outcome under every picture of need that the place holds.

    What counts is people within reach of a hub by each scenario's own plan; or of a bus stop, where
    a scenario has a bus.

    Raises
    ------
    InvalidScenarioError
        If there are no outcomes, what one reaches is not known, their standards differ, or the
        place holds no picture of need.
    """
    if not outcomes:
        raise InvalidScenarioError("There is nothing to compare. Name at least one scenario.")
    if not place.beliefs:
        raise InvalidScenarioError(
            f"{place.name} was built without pictures of need to compare. Run mapping build again."
        )
    unknown = [outcome.scenario.called for outcome in outcomes if not outcome.reach_known]
    if unknown:
        raise InvalidScenarioError(
            f"{unknown[0]}it opens no hub, and no list of the hubs open now was given, so that "
            "what it reaches is not known. Leave it out, or name the hubs in the study file."
        )
    by_bus = [outcome for outcome in outcomes if outcome.bus_plan is not None]
    for where, standards in {
        "a hub": {outcome.scenario.within for outcome in outcomes},
        "a bus stop": {outcome.scenario.bus_walk for outcome in by_bus},
    }.items():
        if len(standards) > 1:
            raise InvalidScenarioError(
                f"The scenarios count up to {', '.join(f'{s:g}' for s in sorted(standards))} "
                f"minutes as within reach of {where}. Give them one standard before they are "
                "scored under rival pictures of need."
            )
    names = [outcome.scenario.name for outcome in outcomes]
    served = pd.DataFrame(
        {
            name: pd.DataFrame(outcome.areas)[["hub", "bus"]].any(axis=1)
            for name, outcome in zip(names, outcomes, strict=True)
        }
    )
    columns = {name: _scored(served, belief.people) for name, belief in place.beliefs.items()}
    tables = {
        part: pd.DataFrame({name: scored[part] for name, scored in columns.items()}, index=names)
        for part in ("reached", "regret", "high", "share", "first")
    }
    labels = {name: belief.label for name, belief in place.beliefs.items()}
    return RegretTable(**tables, labels=labels, counts=HUB_OR_STOP if by_bus else HUB)


def _scored(served: pd.DataFrame, people: pd.DataFrame) -> dict[str, np.ndarray]:
    """Score options (columns of `served`) under one picture."""
    near = served.reindex(people.index).to_numpy(dtype=float)
    reached = near.T @ people.fillna(0.0).to_numpy()
    most = reached.max(axis=0)
    lost = most - reached
    equal = lost <= 1e-9 * np.maximum(most, 1.0)
    mean = reached.mean(axis=1)
    return {
        "reached": mean,
        "regret": np.where(equal, 0.0, lost).mean(axis=1),
        "high": np.quantile(lost, TAILS[1], axis=1),
        "share": (mean.max() - mean) / mean.max() if mean.max() > 0 else np.zeros(len(mean)),
        "first": (equal / equal.sum(axis=0)).mean(axis=1),
    }


def best_by_belief(
    scenario: Scenario, place: Place, *, tell: Callable[[int, int], object] | None = None
) -> list[Outcome]:
    """
    Return, for every picture of need, what the scenario's question asks for if one goes by it.

    Parameters
    ----------
    tell
        Called after each with the number made and the number of all.

    Returns
    -------
    list of Outcome
        One for each different plan, named by the pictures that lead to it; each is measured by the
        study's own estimate, as any other. Without a bus: hubs are what is compared.

    Raises
    ------
    InvalidScenarioError, InfeasibleError
        As in `weigh`.
    """
    found: dict[frozenset[str], list[str]] = {}
    asked = siting(scenario, place)
    if asked is None:
        return []
    for done, belief in enumerate(place.beliefs.values(), 1):
        demand = belief.people.mean(axis=1).reindex(asked.demand.index).fillna(0.0)
        plan = replace(asked, demand=demand).plan()
        sites = frozenset(map(str, plan.sites))
        found.setdefault(sites, []).append(belief.label)
        if tell is not None:
            tell(done, len(place.beliefs))
    return [
        _as_planned(scenario, place, sites, f"Best by {' or '.join(labels)}")
        for sites, labels in found.items()
    ]


def _as_planned(scenario: Scenario, place: Place, sites: frozenset[str], name: str) -> Outcome:
    """Return what follows from sites that are given: a scenario in which they must open."""
    now = set(place.sites.index[place.sites["counts"]])
    more = len(sites) - len(now)
    if more < 0:
        raise InvalidScenarioError(
            f"{scenario.called}its plans close more hubs than they open, which a number of new "
            "hubs cannot say. Let the hubs open now stay, or ask for a number of hubs."
        )
    question = scenario.question if scenario.question in COUNTED else "maximal_coverage"
    fixed = sites if scenario.may_close else sites - now
    return weigh(
        replace(
            scenario,
            name=name,
            question=question,
            new_hubs=more,
            must_open=tuple(sorted(fixed)),
            bus_days=0,
            draws=0,
        ),
        place,
    )
