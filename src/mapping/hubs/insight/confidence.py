"""How sure a plan is: the same question asked of every draw of the estimate.

People are estimated, so the best plan is an estimate too. The question is answered for each joint
draw of people by area; what comes out is how often each site is in the best plan, what the
recommended plan could lose by the estimate being wrong, and which plans cannot be told from it.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.hubs.insight.equals import Equals, equals
from mapping.hubs.insight.optima import Optima, Optimiser
from mapping.hubs.insight.regret import LeastRegret, least_regret
from mapping.hubs.insight.tally import Columns, Tally, tally, weights
from mapping.hubs.plan import HubPlan
from mapping.hubs.problem import problem
from mapping.hubs.watch import Watch
from mapping.hubs.words import name, people

FIRM, SWING = 0.8, 0.2

LEFT_OUT = (
    "These shares hold the uncertainty of the estimate only. They leave out travel times, whether "
    "a venue can be had, and how many would come."
)

CONDITIONS = ("hubs", "open", "never", "groups", "districts")


@dataclass(frozen=True, eq=False)
class Confidence:
    """
    How a plan stands under the draws of an estimate.

    Parameters
    ----------
    recommended
        The plan judged, as sites.
    average
        The plan that is best on average over the draws.
    least_regret
        The plan whose worst regret over the draws is least, of all plans met.
    least_worst, least_worst_bound
        Its worst regret, and a proven bound: no plan's worst regret over these draws is lower.
        Where the two are equal, the plan is proven.
    sites
        By `site`, every site that may be open: `share` of draws with it in the best plan (a draw
        in which plans tie is shared among them), its Monte-Carlo standard error `se` (0 where the
        share is 0 or 1: then up to 3 in as many draws as were used could be otherwise),
        `word` (`fixed`, `firm` from 80 %, `swing` from 20 %, else `rare`), `planned`.
    plans
        By `plan`, every plan met, the least expected regret first: `sites`, `best` (share of draws
        in which it is best), `mean` (objective), `expected_regret` with its Monte-Carlo standard
        error `se`, `worst_regret`, `equal` (whether its mean is within `equal` of the best).
        Regrets are in the unit of the objective, never below 0.
    draws
        By draw: `objective` of the recommended plan, `regret`, `best` (objective of the best
        plan), `proven` (no plan is better), `complete` (all plans that tie are known).
    equal
        Share of the objective within which plans count as equals.
    counts
        Whether the objective counts people (coverage) rather than person-minutes.
    caveats
        How it was done and what it leaves out, as sentences.
    """

    recommended: tuple[Hashable, ...]
    average: tuple[Hashable, ...]
    least_regret: tuple[Hashable, ...]
    least_worst: float
    least_worst_bound: float
    sites: pd.DataFrame
    plans: pd.DataFrame
    draws: pd.DataFrame
    equal: float
    counts: bool
    caveats: tuple[str, ...] = ()

    @property
    def equals(self) -> pd.DataFrame:
        """The plans whose mean objective is within `equal` of the best."""
        return self.plans[self.plans["equal"]]

    def of(self, sites: Sequence[Hashable]) -> pd.Series:
        """
        Return the row of `plans` of one plan.

        Parameters
        ----------
        sites
            Its sites, in any order.

        Raises
        ------
        KeyError
            If the plan was never met.
        """
        for _, row in self.plans.iterrows():
            if set(row["sites"]) == set(sites):
                return row
        raise KeyError(tuple(sites))

    def sentences(self, names: Mapping[Hashable, str] | None = None) -> tuple[str, ...]:
        """
        Say it in words: the sites, the regret, the equals, and what is left out.

        Parameters
        ----------
        names
            Name by site; None to use the ids.
        """
        shown = dict(names or {})
        table = self.sites.rename(index=lambda site: shown.get(site, site))
        told = table[table["planned"] | (table["share"] >= SWING)]
        told = told[told["word"] != "fixed"].sort_values("share", ascending=False, kind="stable")
        return (
            *(_site_sentence(site, row) for site, row in told.iterrows()),
            self._regret_sentence(),
            self._equals_sentence(),
            *self.caveats,
        )

    def _regret_sentence(self) -> str:
        row = self.of(self.recommended)
        amount = people if self.counts else _minutes
        more = "fewer than" if self.counts else "more than"
        return (
            f"The recommended plan is the best in {row['best']:.0%} of draws; it has "
            f"{amount(row['expected_regret'])} {more} the best plan of each draw on average, and "
            f"{amount(row['worst_regret'])} {more} it at worst."
        )

    def _equals_sentence(self) -> str:
        others = len(self.equals) - bool(self.of(self.recommended)["equal"])
        if not others:
            return f"No other plan was found within {self.equal:.0%} of the best."
        plans = "1 other plan is" if others == 1 else f"{others:,} other plans are"
        return f"{plans} within {self.equal:.0%} of the best: equals, for all that is known."


def confidence(
    question: Callable[..., HubPlan],
    draws: pd.DataFrame,
    minutes: pd.DataFrame,
    *,
    plan: HubPlan | None = None,
    take: int | None = None,
    seed: int = 0,
    equal: float = 0.01,
    time_limit: float | None = None,
    tell: Callable[[int, int], object] | None = None,
    stop: Callable[[], bool] | None = None,
    **options: Any,
) -> Confidence:
    """
    Ask a siting question of every draw, and judge the recommended plan by the answers.

    The objectives served here are linear in demand, so a plan's mean over the draws is its
    objective under mean demand: Σ_b Σ_a p_ab c_a / B = Σ_a (Σ_b p_ab / B) c_a, where c_a is what
    the plan gives a person of area a. The plan that is best for mean demand is therefore the plan
    that is best on average (the sample average approximation of Kleywegt, Shapiro and
    Homem-de-Mello, 2002), with the same proof.

    Parameters
    ----------
    question
        `maximal_coverage`, `p_median` or `gradual`, called as
        `question(demand, minutes, **options)`.
    draws
        People, areas by joint draws of the estimate; indexed by area.
    minutes
        Travel time, areas by candidate sites, in minutes; NaN where no route. A person without a
        route to any hub weighs as much in a regret as a thousand of the longest journeys; whom no
        permitted site can reach is left out.
    plan
        The plan to judge; None to judge the one that is best on average.
    take
        How many of the draws to use, picked from `seed`; None for all.
    seed
        For the picking; unused where all are taken.
    equal
        Share of the objective within which plans are listed as equals.
    time_limit
        Seconds after which the draws answered so far are used; None for no limit. An answer that
        has begun is finished.
    tell
        Called after each draw with the number answered and the number of all.
    stop
        Asked before each draw; True ends the work with the draws answered so far.
    options
        What else the question takes, conditions included: they hold for every plan met.

    Raises
    ------
    InvalidTableError
        If the tables hold impossible values, or not the same areas, or miss a site of the plan.
    InfeasibleError
        If no set of sites meets the conditions, or the question is of another kind.

    Examples
    --------
    >>> from mapping.hubs import maximal_coverage
    >>> draws = pd.DataFrame({0: [9, 6], 1: [8, 6], 2: [5, 7]}, index=["A", "B"])
    >>> minutes = pd.DataFrame({"x": [5, 30], "y": [30, 5]}, index=["A", "B"])
    >>> found = confidence(maximal_coverage, draws, minutes, hubs=1, within=15)
    >>> found.sites["share"].round(2).to_dict()  # x is best in two draws of three
    {'x': 0.67, 'y': 0.33}
    >>> found.draws["regret"].tolist()  # of x, best on average: only in the last could y do better
    [0.0, 0.0, 2.0]
    """
    watch = Watch(time_limit, stop=stop)
    used = _used(draws, take, seed)
    asked = problem(used.mean(axis=1), minutes, **_conditions(options))
    average = question(asked.demand, minutes, **options)
    counts = tally(asked, average, options)
    judged = _columns(counts, plan or average)
    evidence = _evidence(counts, used, [judged, counts.columns(average.sites)], watch, tell)
    return _confidence(evidence, judged, equal, _how(draws, used, evidence, take, seed))


@dataclass(frozen=True, eq=False)
class _Evidence:
    """The draws answered, and what their answers led to."""

    optimiser: Optimiser
    people: np.ndarray
    labels: pd.Index
    optima: tuple[Optima, ...]
    average: Columns
    met: tuple[Columns, ...]
    regretted: LeastRegret

    @property
    def tally(self) -> Tally:
        return self.optimiser.tally

    @property
    def mean(self) -> np.ndarray:
        return self.people.mean(axis=1)

    @property
    def best(self) -> np.ndarray:
        return np.array([one.lost for one in self.optima])


def _evidence(
    counts: Tally,
    used: pd.DataFrame,
    met: list[Columns],
    watch: Watch,
    tell: Callable[[int, int], object] | None,
) -> _Evidence:
    """Answer draw after draw, then find the plan best on average and the least worst regret."""
    people = weights(counts.asked, used)
    optimiser = Optimiser(counts).guided(people.mean(axis=1), met[-1])
    optima: list[Optima] = []
    for draw in people.T:
        optima.append(optimiser.best(draw, met))
        met = sorted({*met, *optima[-1].plans})
        if tell is not None:
            tell(len(optima), people.shape[1])
        if watch.over:
            break
    people, labels = people[:, : len(optima)], used.columns[: len(optima)]
    average = optimiser.best(people.mean(axis=1), met).plans[0]
    best = np.array([one.lost for one in optima])
    regretted = least_regret(optimiser, people, best, [*met, average], watch=watch)
    return _Evidence(optimiser, people, labels, tuple(optima), average, regretted.met, regretted)


def _confidence(
    evidence: _Evidence, judged: Columns, equal: float, how: tuple[str, ...]
) -> Confidence:
    """Judge every plan met under every draw, and put the tables together."""
    counts = evidence.tally
    near = equals(evidence.optimiser, evidence.mean, evidence.met, equal)
    plans = sorted({*evidence.met, *near.plans})
    chances = _chances(evidence, plans)
    return Confidence(
        recommended=counts.names(judged),
        average=counts.names(evidence.average),
        least_regret=counts.names(evidence.regretted.plan),
        least_worst=evidence.regretted.worst,
        least_worst_bound=evidence.regretted.bound,
        sites=_sites(evidence, plans, chances, judged),
        plans=_plans(evidence, plans, chances, equal),
        draws=_draws(evidence, judged),
        equal=equal,
        counts=counts.maximise,
        caveats=(*how, *_listing(near, equal)),
    )


def _chances(evidence: _Evidence, plans: list[Columns]) -> np.ndarray:
    """Share of each draw that each plan is the best of: plans by draws, ties in equal parts."""
    lost = evidence.tally.lost(plans, evidence.people)
    slack = [
        evidence.optimiser.slack(people, plans[row])
        for people, row in zip(evidence.people.T, lost.argmin(axis=0), strict=True)
    ]
    ties = lost <= evidence.best + np.array(slack)
    return ties / ties.sum(axis=0)


def _sites(
    evidence: _Evidence, plans: list[Columns], chances: np.ndarray, judged: Columns
) -> pd.DataFrame:
    asked = evidence.tally.asked
    holds = np.zeros((len(plans), len(asked.sites)))
    for row, plan in zip(holds, plans, strict=True):
        row[list(plan)] = 1.0
    inside = holds.T @ chances
    table = pd.DataFrame(
        {
            "share": np.clip(inside.mean(axis=1), 0.0, 1.0),
            "se": _standard_error(inside),
            "planned": np.isin(np.arange(len(asked.sites)), judged),
        },
        index=asked.sites.rename("site"),
    )
    words = [_word(share, fixed) for share, fixed in zip(table["share"], asked.kept, strict=True)]
    table.insert(2, "word", words)
    return table[asked.kept | asked.free]


def _plans(
    evidence: _Evidence, plans: list[Columns], chances: np.ndarray, equal: float
) -> pd.DataFrame:
    counts, people = evidence.tally, evidence.people
    regrets = np.maximum(counts.lost(plans, people) - evidence.best, 0.0)
    total = counts.lost(plans, evidence.mean)
    best = plans[int(total.argmin())]
    extra = equal * counts.objective([best], evidence.mean)[0]
    limit = total.min() + extra + evidence.optimiser.slack(evidence.mean, best)
    table = pd.DataFrame(
        {
            "sites": pd.Series([counts.names(plan) for plan in plans], dtype=object),
            "best": chances.mean(axis=1),
            "mean": counts.objective(plans, evidence.mean),
            "expected_regret": regrets.mean(axis=1),
            "se": _standard_error(regrets),
            "worst_regret": regrets.max(axis=1),
            "equal": total <= limit,
        }
    )
    table = table.sort_values("expected_regret", kind="stable", ignore_index=True)
    return table.rename_axis("plan")


def _draws(evidence: _Evidence, judged: Columns) -> pd.DataFrame:
    counts, people = evidence.tally, evidence.people
    firsts = [one.plans[0] for one in evidence.optima]
    best = [counts.objective([plan], draw)[0] for plan, draw in zip(firsts, people.T, strict=True)]
    lost = counts.lost([judged], people)[0]
    bound = np.array([one.bound for one in evidence.optima])
    slack = [
        evidence.optimiser.slack(draw, plan) for plan, draw in zip(firsts, people.T, strict=True)
    ]
    return pd.DataFrame(
        {
            "objective": counts.objective([judged], people)[0],
            "regret": np.maximum(lost - evidence.best, 0.0),
            "best": best,
            "proven": evidence.best - bound <= slack,
            "complete": [one.complete for one in evidence.optima],
        },
        index=evidence.labels.rename("draw"),
    )


def _standard_error(values: np.ndarray) -> np.ndarray:
    """Return the Monte-Carlo standard error of each row's mean; NaN from one draw."""
    draws = values.shape[1]
    if draws < 2:
        return np.full(len(values), np.nan)
    return values.std(axis=1, ddof=1) / np.sqrt(draws)


def _word(share: float, fixed: bool) -> str:  # noqa: FBT001 - private, named where it is called
    if fixed:
        return "fixed"
    # A share is a mean of thirds and halves: rounding must not decide the word.
    rounded = round(share, 9)
    return "firm" if rounded >= FIRM else "swing" if rounded >= SWING else "rare"


def _site_sentence(site: object, row: pd.Series) -> str:
    chosen = f"{site} is in the best plan in {row['share']:.0%} of draws"
    if not row["planned"]:
        return f"Not chosen: {chosen}."
    return f"{chosen}{' (a swing site)' * (row['word'] == 'swing')}."


def _minutes(value: float) -> str:
    return f"{value:,.0f} person-minutes"


def _how(
    draws: pd.DataFrame, used: pd.DataFrame, evidence: _Evidence, take: int | None, seed: int
) -> tuple[str, ...]:
    """Say which draws were used, what could not be proven, and what the shares leave out."""
    done, given = len(evidence.optima), draws.shape[1]
    picked = f", picked from seed {seed}" if take is not None and take < given else ""
    stopped = f"; stopped before the other {used.shape[1] - done:,}" if done < used.shape[1] else ""
    loose = sum(not one.complete for one in evidence.optima)
    ties = f"{loose:,} of {done:,} draws: other plans may tie with the best found."
    regretted = evidence.regretted
    slack = evidence.optimiser.slack(evidence.mean, regretted.plan)
    open_ = regretted.worst - regretted.bound > slack
    amount = people if evidence.tally.maximise else _minutes
    return (
        f"Asked of {done:,} of {given:,} draws of the estimate{picked}{stopped}.",
        LEFT_OUT,
        *((ties,) if loose else ()),
        *(
            (
                f"The least worst regret is not proven: between {amount(regretted.bound)} and "
                f"{amount(regretted.worst)}.",
            )
            if open_
            else ()
        ),
    )


def _listing(near: Equals, equal: float) -> tuple[str, ...]:
    if near.complete:
        return (f"Plans within {equal:.0%} of the best were listed without exception.",)
    return (
        f"Plans within {equal:.0%} of the best were found by changing one site at a time; others "
        "may exist.",
    )


def _conditions(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that say which sites may be open together."""
    return {"hubs": None} | {key: options[key] for key in CONDITIONS if key in options}


def _columns(counts: Tally, plan: HubPlan) -> Columns:
    """Find a plan's sites, or refuse it."""
    unknown = [site for site in plan.sites if site not in counts.asked.sites]
    if unknown:
        raise InvalidTableError(
            f"plan: minutes has no column for {name(unknown)}; judge a plan made from this table"
        )
    return counts.columns(plan.sites)


def _used(draws: pd.DataFrame, take: int | None, seed: int) -> pd.DataFrame:
    """Check the draws and take a seeded subset, in the order given."""
    faults = [*_draw_faults(draws, take)]
    if faults:
        raise InvalidTableError("; ".join(faults))
    if take is None or take >= draws.shape[1]:
        return draws.astype(float)
    picked = np.random.default_rng(seed).choice(draws.shape[1], take, replace=False)
    return draws.iloc[:, np.sort(picked)].astype(float)


def _draw_faults(draws: pd.DataFrame, take: int | None) -> Iterator[str]:
    if not isinstance(draws, pd.DataFrame) or draws.empty:
        yield "draws: give a DataFrame of people, areas by draws, with at least one of each"
        return
    if take is not None and (isinstance(take, bool) or take < 1):
        yield f"take is {take}: give a whole number of draws of at least 1, or None for all"
    try:
        values = draws.to_numpy(dtype=float)
    except (TypeError, ValueError):
        yield "draws: every value must be a number of people"
        return
    for what, wrong in (("missing or infinite", ~np.isfinite(values)), ("below 0", values < 0)):
        if wrong.any():
            where = name(draws.index[wrong.any(axis=1)])
            yield f"draws: {what} in {int(wrong.any(axis=1).sum())} of {len(draws)} areas: {where}"
