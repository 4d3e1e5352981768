"""The equitable plan: long journeys weigh more than short ones."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from math import exp, fsum, inf, isfinite, log, log1p

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from mapping.errors import InfeasibleError
from mapping.hubs.plan import HubPlan, hub_plan
from mapping.hubs.problem import Problem, check_options, problem
from mapping.hubs.questions.service import Service, serve
from mapping.hubs.watch import Watch

# Totals are scaled to this size, so that the solvers' absolute tolerances do not matter.
SCALE = 1e6

# Where the p-median plan is only a start, this gap is near enough.
ROUGH = 0.05

# An area that alone weighs this much more than a known plan cannot be part of a better one.
TOO_MUCH = 1.01


def equitable(
    demand: pd.Series,
    minutes: pd.DataFrame,
    *,
    hubs: int,
    aversion: float = -1.0,
    kappa: float | None = None,
    open: Iterable[Hashable] = (),  # noqa: A002 - the planner's word, fixed by contract
    never: Iterable[Hashable] = (),
    groups: pd.Series | None = None,
    districts: pd.Series | None = None,
    time_limit: float | None = None,
    gap: float = 0.0,
    tell: Callable[[float, float], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> HubPlan:
    """
    Open `hubs` sites so that the equally-distributed equivalent journey is shortest.

    The equally-distributed equivalent (EDE) of Kolm and Pollak is the journey which, were it the
    same for everyone, would be as good as the journeys people have: their mean, and more the more
    unequal they are. With κ fixed, least EDE is least Σ people · exp(-κ · minutes), a p-median of
    transformed minutes. κ = `aversion` · Σ p d / Σ p d² over the people p and their minutes d to
    the nearest hub in `open`, or in the p-median plan where `open` is empty (or reaches nobody).

    Sheriff, G. and Maguire, K. B. (2020), "Health risk, inequality indexes, and environmental
    justice", Risk Analysis 40; Logan, T. M. et al. (2021), "Measuring inequalities in urban
    systems: an approach for evaluating the distribution of amenities and burdens", Computers,
    Environment and Urban Systems 86. As in `p_median`, the plan first serves as many people as
    it can, and the EDE is over those.

    Parameters
    ----------
    demand, minutes, hubs, open, never, groups, districts, time_limit, gap, tell, stop
        As in `p_median`.
    aversion
        Aversion to inequality, 0 or below (journeys are a burden): -0.5 to -2 is usual, 0 gives
        the mean.
    kappa
        Fixes κ, per minute, in place of `aversion`: EDEs can be compared between plans, years
        and scenarios only where κ is the same.

    Returns
    -------
    HubPlan
        With the EDE in minutes as the objective, and `kappa`.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas.
    InfeasibleError
        If no set of sites meets the conditions, or `aversion` or `kappa` is above 0.

    Examples
    --------
    >>> demand = pd.Series({"A": 90, "B": 10})
    >>> minutes = pd.DataFrame({"x": [1, 60], "y": [10, 10]}, index=["A", "B"])
    >>> equitable(demand, minutes, hubs=1, aversion=0).sites  # 6.9 minutes on average, not 10
    ('x',)
    >>> plan = equitable(demand, minutes, hubs=1, aversion=-2)
    >>> plan.sites, plan.objective  # but those of B are not sent an hour away
    (('y',), 10.0)
    """
    watch = Watch(time_limit, tell, stop)
    check_options(time_limit=time_limit, gap=gap)
    _check_aversion(aversion, kappa)
    asked = problem(
        demand, minutes, hubs=hubs, open=open, never=never, groups=groups, districts=districts
    )
    now = _kappa(asked, np.array([], dtype=int), aversion) if kappa is None else float(kappa)
    # Where κ is known and not 0, the p-median plan is only a start. Its progress is no EDE.
    rough = max(gap, ROUGH) if now else gap
    median = serve(asked, asked.burden, watch=watch.quiet, gap=rough)
    fixed = now or (_kappa(asked, median.picked, aversion) if kappa is None else 0.0) or 0.0
    found, objective, bound = _fairest(asked, median, fixed, watch, gap)
    return hub_plan(
        asked,
        found.picked,
        question="equitable",
        objective=objective,
        bound=max(0.0, min(bound, objective)),
        gap=gap,
        seconds=watch.seconds,
        out_of_time=watch.late,
        caveats=found.caveats,
        kappa=fixed,
    )


def ede(demand: np.ndarray, minutes: np.ndarray, kappa: float) -> float:
    """
    Give the equally-distributed equivalent of Kolm and Pollak.

    Parameters
    ----------
    demand
        People.
    minutes
        Their journeys; infinite or NaN where there is no route, and then left out.
    kappa
        Inequality parameter per minute, 0 or below; 0 gives the mean.

    Returns
    -------
    float
        Minutes, at least the mean; NaN where nobody has a route.

    Examples
    --------
    >>> ede(np.array([50, 50]), np.array([10, 10]), kappa=-0.1)  # equal: the mean
    10.0
    >>> round(ede(np.array([50, 50]), np.array([0, 20]), kappa=-0.1), 2)  # ln((1 + e²) / 2) / 0.1
    14.34
    """
    counted = np.isfinite(minutes) & (demand > 0)
    people, journeys = demand[counted], minutes[counted]
    total = fsum(people)
    if not total:
        return float("nan")
    if kappa == 0:
        return fsum(people * journeys) / total
    scaled = -kappa * journeys
    if scaled.max() < 1.0:  # near 1, exponentials would lose the digits of short journeys
        return log1p(fsum(people * np.expm1(scaled)) / total) / -kappa
    return float(logsumexp(scaled, b=people / total) / -kappa)


@dataclass(frozen=True, eq=False)
class _Scale:
    """
    Between an EDE and the scaled total that a plan is chosen by.

    Relative to the EDE of a known plan, `known`, the total is SCALE: exponentials of differences
    from it neither overflow nor vanish, however long the longest journey of the table is.
    """

    known: float
    kappa: float
    everyone: float

    def cost(self, people: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """Cost of serving each area, sites by areas; capped where no better plan can go."""
        with np.errstate(over="ignore", invalid="ignore"):
            cost = people * np.exp(-self.kappa * (reach - self.known)) * (SCALE / self.everyone)
        return np.where(np.isfinite(reach), np.minimum(cost, TOO_MUCH * SCALE), np.inf)

    def minutes(self, total: float) -> float:
        """EDE of a total; the log is monotone, so a bound on one is a bound on the other."""
        return self.known + log(total / SCALE) / -self.kappa if total > 0 else -inf

    def share(self, gap: float) -> float:
        """Gap in the total that is a gap in minutes."""
        return 1.0 - exp(self.kappa * gap * max(1.0, self.known))


def _fairest(
    asked: Problem, median: Service, kappa: float, watch: Watch, gap: float
) -> tuple[Service, float, float]:
    """Return the plan of least EDE, that EDE and its bound."""
    known = _ede_of(asked, median.picked, kappa)
    if not isfinite(known):  # nobody has a route to anywhere
        return median, 0.0, 0.0
    if kappa == 0:
        served = fsum(asked.people[_routed(asked, median.picked)])
        return median, known, median.bound / served
    scale = _Scale(known, kappa, fsum(asked.people[_routed(asked, median.picked)]))
    cost = scale.cost(asked.people, asked.reach)
    told = watch.counting(scale.minutes)
    found = serve(asked, cost, watch=told, gap=scale.share(gap), start=median.picked)
    return found, _ede_of(asked, found.picked, kappa), scale.minutes(found.bound)


def _nearest(asked: Problem, picked: np.ndarray) -> np.ndarray:
    return asked.reach[asked.opened(picked)].min(axis=0, initial=np.inf)


def _routed(asked: Problem, picked: np.ndarray) -> np.ndarray:
    return np.isfinite(_nearest(asked, picked))


def _ede_of(asked: Problem, picked: np.ndarray, kappa: float) -> float:
    return ede(asked.people, _nearest(asked, picked), kappa)


def _kappa(asked: Problem, picked: np.ndarray, aversion: float) -> float | None:
    """Scale aversion by the journeys of a plan; None where it has none that take any time."""
    times = _nearest(asked, picked)
    routed = np.isfinite(times)
    people, journeys = asked.people[routed], times[routed]
    squares = fsum(people * journeys**2)
    return aversion * fsum(people * journeys) / squares if squares > 0 else None


def _check_aversion(aversion: float, kappa: float | None) -> None:
    faults = []
    for option, value in (("aversion", aversion), ("kappa", kappa)):
        if value is not None and not (isfinite(value) and value <= 0):
            faults.append(f"{option} is {value}: give 0 or below, as journeys are a burden")
    if faults:
        raise InfeasibleError("; ".join(faults))
