"""What any plan comes to under any demand: one table of losses, and sums over it.

In maximal coverage and the p-median each area uses the open site that serves it best, whatever the
demand elsewhere; so a plan's total is linear in demand, and thousands of plans can be judged
under a thousand draws by one product of matrices, with no solver.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from mapping.errors import InfeasibleError
from mapping.hubs.nearest.choice import Choice
from mapping.hubs.plan import HubPlan
from mapping.hubs.problem import Problem
from mapping.hubs.questions.gradual import attendance

# A person without a route to any hub weighs as much as this many of the longest journeys, so that
# leaving people out never looks like an improvement (`p_median` serves the most people first).
STRANDED = 1000.0

LINEAR = ("maximal coverage", "p-median", "gradual coverage")

NOTHING: Mapping[str, Any] = MappingProxyType({})

Columns = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Tally:
    """
    The loss of one person in each area, were a site the nearest hub.

    Parameters
    ----------
    asked
        The problem: areas, sites and conditions.
    loss
        Sites by areas, in the order of `asked`: minutes (p-median), or 1 beyond the standard and
        0 within it (coverage). Never above `none`.
    none
        By area, the loss where there is no hub; 0 where no permitted site can help, since every
        plan fails there alike.
    maximise
        Whether the objective counts people who are not lost (coverage) or the loss itself.
    """

    asked: Problem
    loss: np.ndarray
    none: np.ndarray
    maximise: bool

    @cached_property
    def fixed(self) -> frozenset[int]:
        """Columns of the sites that must be open."""
        return frozenset(np.flatnonzero(self.asked.kept).tolist())

    def columns(self, sites: Iterable[Hashable]) -> Columns:
        """Return the columns of sites, sorted."""
        return tuple(sorted(self.asked.sites.get_indexer(list(sites)).tolist()))

    def names(self, plan: Columns) -> tuple[Hashable, ...]:
        """Return the sites at columns."""
        return tuple(self.asked.sites[list(plan)])

    def paid(self, plans: Sequence[Columns]) -> np.ndarray:
        """Loss of one person by plan and area."""
        rows = [self.loss[list(plan)].min(axis=0, initial=np.inf) for plan in plans]
        return np.minimum(np.array(rows).reshape(len(plans), len(self.none)), self.none)

    def lost(self, plans: Sequence[Columns], people: np.ndarray) -> np.ndarray:
        """Total loss by plan (and draw, where `people` are areas by draws)."""
        return self.paid(plans) @ people

    def objective(self, plans: Sequence[Columns], people: np.ndarray) -> np.ndarray:
        """
        Return the totals as the question states them: people covered, or person-minutes.

        People without a route are left out of the minutes.
        """
        paid = self.paid(plans)
        if self.maximise:
            return (1.0 - paid) @ people
        return np.where(paid < self.none, paid, 0.0) @ people

    def permits(self, plan: Columns) -> bool:
        """Whether a plan keeps every condition."""
        free = np.flatnonzero(self.asked.free)
        new = np.array([place for place in plan if place not in self.fixed], dtype=int)
        known = np.isin(new, free).all() and len(plan) == self.asked.hubs
        return bool(known and self.asked.rules.allows(np.searchsorted(free, new)))

    def choice(self, people: np.ndarray) -> Choice:
        """Return the bare choice among the free sites under one demand."""
        kept = self.loss[self.asked.kept].min(axis=0, initial=np.inf)
        base = people * np.minimum(self.none, kept)
        return Choice.of(people * self.loss[self.asked.free], base, self.asked.pick)

    def picked(self, plan: Columns) -> np.ndarray:
        """Return a plan as positions among the free sites."""
        new = [place for place in plan if place not in self.fixed]
        return np.searchsorted(np.flatnonzero(self.asked.free), new)

    def plan(self, picked: np.ndarray) -> Columns:
        """Return positions among the free sites as a plan."""
        return tuple(self.asked.opened(picked).tolist())

    def swapped(self, plan: Columns, people: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each site that may be dropped with the loss once each site stands in for it."""
        for place in plan:
            if place in self.fixed:
                continue
            rest = self.paid([tuple(other for other in plan if other != place)])[0]
            yield place, np.minimum(self.loss, rest) @ people


def tally(asked: Problem, plan: HubPlan, options: Mapping[str, Any] = NOTHING) -> Tally:
    """
    Draw up the losses for the question that a plan answers.

    Parameters
    ----------
    asked
        The problem that the plan was made for.
    plan
        An answer to it.
    options
        What else was asked: how attendance falls, for gradual coverage.

    Raises
    ------
    InfeasibleError
        If the plan's objective is not a sum over areas of people times what their nearest hub
        gives each of them.
    """
    if plan.flows is not None or plan.question not in LINEAR:
        kind = plan.question + (" with capacities" if plan.flows is not None else "")
        raise InfeasibleError(
            f"{kind}: plans can be weighed against each other only where each area counts its "
            f"people times what its nearest hub gives them; ask about {' or '.join(LINEAR)}"
        )
    if plan.within is None:
        return _minutes_lost(asked)
    if plan.question == "gradual coverage":
        shape = {key: options[key] for key in ("beyond", "decay") if key in options}
        lost = 1.0 - attendance(asked.reach, within=plan.within, **shape)
    else:
        lost = (~asked.near(plan.within)).astype(float)
    return Tally(asked, lost, np.ones(lost.shape[1]), maximise=True)


def _minutes_lost(asked: Problem) -> Tally:
    reach = asked.reach
    longest = reach.max(where=np.isfinite(reach), initial=0.0)
    charge = STRANDED * max(1.0, longest)
    helped = np.isfinite(reach[asked.kept | asked.free]).any(axis=0)
    none = np.where(helped, charge, 0.0)
    return Tally(asked, np.minimum(reach, none), none, maximise=False)


def weights(asked: Problem, draws: pd.DataFrame) -> np.ndarray:
    """Return people by area and draw, in the order of `asked`."""
    return draws.reindex(asked.demand.index).to_numpy(dtype=float)
