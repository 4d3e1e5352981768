"""Every question and condition of hub siting against exhaustive search and textbook formulas."""

import itertools
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mapping import hubs
from mapping.errors import InfeasibleError, MappingError

NUMBERS = st.sampled_from([0, 1, 2, 3, 5, 8])


@st.composite
def worlds(draw):
    """A small world with ties, missing routes, twin sites, empty areas, groups and districts."""
    areas, sites = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    minute = st.one_of(
        st.integers(0, 6), st.just(math.nan), st.floats(0, 6).map(lambda x: round(x / 3, 3))
    )
    row = st.lists(minute, min_size=sites, max_size=sites)
    table = draw(st.lists(row, min_size=areas, max_size=areas))
    names = [f"s{i}" for i in range(sites)]
    minutes = pd.DataFrame(table, index=[f"a{i}" for i in range(areas)], columns=names, dtype=float)
    if sites > 1 and draw(st.booleans()):
        minutes["s1"] = minutes["s0"]
    people = st.one_of(NUMBERS, st.floats(0.125, 9))
    demand = draw(st.lists(people, min_size=areas, max_size=areas))
    kinds = draw(
        st.lists(st.sampled_from(["free", "free", "free", "open", "never"]), min_size=sites,
                 max_size=sites)
    )  # fmt: skip
    labels = st.sampled_from([math.nan, math.nan, "p", "q"])
    wishes = {
        "open": [site for site, kind in zip(names, kinds, strict=True) if kind == "open"],
        "never": [site for site, kind in zip(names, kinds, strict=True) if kind == "never"],
    }
    for option in ("groups", "districts"):
        if draw(st.booleans()):
            some = draw(st.lists(labels, min_size=sites, max_size=sites))
            wishes[option] = pd.Series(some, index=names, dtype=object).iloc[::-1]
    return pd.Series(demand, index=minutes.index, dtype=float), minutes, wishes


def allowed(minutes, wishes, sizes):
    """List every set of sites that meets the wishes, by looking at all of them."""
    for size in sizes:
        for sites in itertools.combinations(minutes.columns, size):
            chosen = set(sites)
            if not set(wishes["open"]) <= chosen or set(wishes["never"]) & chosen:
                continue
            groups = wishes.get("groups", pd.Series(dtype=object)).dropna()
            if groups[groups.index.isin(chosen)].duplicated().any():
                continue
            districts = wishes.get("districts", pd.Series(dtype=object)).dropna()
            if set(districts) <= set(districts[districts.index.isin(chosen)]):
                yield list(sites)


def least(minutes, sites):
    return {area: minutes.loc[area, sites].min() for area in minutes.index}


def covered(demand, minutes, sites, within):
    near = least(minutes, sites)
    return sum(people for area, people in demand.items() if near[area] <= within)


def served(demand, minutes, sites):
    """People and minutes of the areas with people and a route."""
    near = least(minutes, sites)
    return [(p, near[area]) for area, p in demand.items() if p > 0 and not math.isnan(near[area])]


def best_of_those_who_serve_most(demand, minutes, sets, value):
    rows = [(sum(p for p, _ in served(demand, minutes, s)), s) for s in sets]
    most = max(people for people, _ in rows)
    return min(value(served(demand, minutes, s)) for people, s in rows if people >= most - 1e-9)


def shuffled(demand, minutes, seed):
    rng = np.random.default_rng(seed)
    return demand[rng.permutation(demand.index)], minutes.loc[rng.permutation(minutes.index)]


def check_plan(plan, minutes, wishes, best, *, most=False):
    assert plan.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert plan.bound >= best - 1e-6 if most else plan.bound <= best + 1e-6
    assert plan.gap <= 1e-6
    assert plan.status == "optimal"
    assert list(plan.sites) in list(allowed(minutes, wishes, [len(plan.sites)]))


@st.composite
def worlds_of_k(draw):
    demand, minutes, wishes = draw(worlds())
    return demand, minutes, {**wishes, "hubs": draw(st.integers(1, minutes.shape[1]))}


def split(wishes):
    return {key: value for key, value in wishes.items() if key != "hubs"}


def mean(rows):
    return sum(p * t for p, t in rows)


def longest(rows):
    return max((t for _, t in rows), default=0.0)


QUESTIONS = {
    "p_median": (hubs.p_median, mean),
    "p_centre": (hubs.p_centre, longest),
}


@pytest.mark.parametrize("question", QUESTIONS)
@settings(deadline=None, max_examples=25)
@given(world=worlds_of_k(), seed=st.integers(0, 99))
def test_journey_plans_meet_every_wish_and_are_the_best_of_all(question, world, seed):
    demand, minutes, wishes = world
    ask, value = QUESTIONS[question]
    sets = list(allowed(minutes, split(wishes), [wishes["hubs"]]))
    if not sets:
        with pytest.raises(InfeasibleError):
            ask(demand, minutes, **wishes)
        return
    best = best_of_those_who_serve_most(demand, minutes, sets, value)
    plan = ask(*shuffled(demand, minutes, seed), **wishes)
    check_plan(plan, minutes, split(wishes), best)


@settings(deadline=None, max_examples=25)
@given(worlds_of_k(), st.sampled_from([0.0, 1.0, 2.0, 5.0]), st.integers(0, 99))
def test_coverage_plans_meet_every_wish_and_are_the_best_of_all(world, within, seed):
    demand, minutes, wishes = world
    sets = list(allowed(minutes, split(wishes), [wishes["hubs"]]))
    assume(sets)
    best = max(covered(demand, minutes, sites, within) for sites in sets)
    plan = hubs.maximal_coverage(*shuffled(demand, minutes, seed), within=within, **wishes)
    check_plan(plan, minutes, split(wishes), best, most=True)


@settings(deadline=None, max_examples=25)
@given(worlds_of_k(), st.sampled_from(["linear", "exponential"]), st.integers(0, 99))
def test_gradual_coverage_finds_what_exhaustive_search_finds(world, decay, seed):
    demand, minutes, wishes = world
    sets = list(allowed(minutes, split(wishes), [wishes["hubs"]]))
    assume(sets)

    def come(time):
        gone = min(max((time - 1) / 3, 0), 1) if not math.isnan(time) else 1
        flat = math.exp(-3 * gone)
        return 1 - gone if decay == "linear" else (flat - math.exp(-3)) / (1 - math.exp(-3))

    best = max(
        sum(people * come(least(minutes, sites)[area]) for area, people in demand.items())
        for sites in sets
    )
    ask = {"within": 1, "beyond": 4, "decay": decay}
    plan = hubs.gradual(*shuffled(demand, minutes, seed), **ask, **wishes)
    check_plan(plan, minutes, split(wishes), best, most=True)


def kolm_pollak(rows, kappa):
    """The formula as published, in decimals that do not overflow."""
    people = sum(p for p, _ in rows)
    if not people:
        return 0.0
    if kappa == 0:
        return mean(rows) / people
    weighed = sum(Decimal(p) * Decimal(-kappa * t).exp() for p, t in rows)
    return -float((weighed / Decimal(people)).ln()) / kappa


@settings(deadline=None, max_examples=25)
@given(worlds_of_k(), st.sampled_from([0.0, -0.5, -1.0, -3.0]), st.integers(0, 99))
def test_the_equitable_plan_finds_what_exhaustive_search_finds(world, aversion, seed):
    demand, minutes, wishes = world
    sets = list(allowed(minutes, split(wishes), [wishes["hubs"]]))
    assume(sets)
    plan = hubs.equitable(*shuffled(demand, minutes, seed), aversion=aversion, **wishes)
    kappa = plan.kappa
    best = best_of_those_who_serve_most(
        demand, minutes, sets, lambda rows: kolm_pollak(rows, kappa)
    )
    check_plan(plan, minutes, split(wishes), best)
    again = hubs.equitable(demand, minutes, kappa=kappa, **wishes)
    assert again.objective == pytest.approx(plan.objective)


@settings(deadline=None, max_examples=20)
@given(worlds_of_k())
def test_kappa_is_aversion_times_sum_pd_over_sum_pdd_of_the_hubs_open_now(world):
    demand, minutes, wishes = world
    assume(list(allowed(minutes, split(wishes), [wishes["hubs"]])))
    now = served(demand, minutes, wishes["open"]) if wishes["open"] else []
    if not any(p * t for p, t in now):
        now = served(demand, minutes, list(hubs.p_median(demand, minutes, **wishes).sites))
    squares = sum(p * t * t for p, t in now)
    expected = -1.5 * mean(now) / squares if squares else 0.0
    plan = hubs.equitable(demand, minutes, aversion=-1.5, **wishes)
    assert plan.kappa == pytest.approx(expected, rel=1e-9)


def test_the_ede_is_the_published_figure_and_never_below_the_mean():
    people, times = np.array([10.0, 30.0]), np.array([5.0, 25.0])
    plain = -math.log((10 * math.exp(0.5) + 30 * math.exp(2.5)) / 40) / -0.1
    assert hubs.ede(people, times, -0.1) == pytest.approx(plain)
    assert hubs.ede(people, times, 0) == 20
    assert hubs.ede(people, times, -1e-9) == pytest.approx(20)
    assert hubs.ede(people, times, -50) == pytest.approx(25, abs=0.01)
    assert hubs.ede(people, np.array([5.0, math.nan]), -1) == 5
    assert 20 < plain < 25


def test_long_journeys_beyond_any_use_do_not_spoil_the_equitable_plan():
    demand, minutes = city(40, 12, 4)
    far = minutes.assign(moon=100_000.0)
    one = hubs.equitable(demand, minutes, hubs=4, aversion=-2)
    two = hubs.equitable(demand, far, hubs=4, aversion=-2)
    assert (one.sites, one.objective) == (two.sites, two.objective)
    assert two.gap <= 1e-6


@settings(deadline=None, max_examples=25)
@given(
    worlds(), st.sampled_from([1.0, 2.0, 5.0]), st.sampled_from([0.3, 0.75, 1.0]),
    st.booleans(), st.integers(0, 99),
)  # fmt: skip
def test_set_cover_opens_as_few_sites_as_exhaustive_search(world, within, share, weighted, seed):
    demand, minutes, wishes = world
    people = demand if weighted else pd.Series(1.0, index=demand.index)
    everyone = range(minutes.shape[1] + 1)
    sets = [
        sites
        for sites in allowed(minutes, wishes, everyone)
        if covered(people, minutes, sites, within) >= share * people.sum() - 1e-9
    ]
    rows, table = shuffled(demand, minutes, seed)
    ask = {"within": within, "share": share, "demand": rows if weighted else None, **wishes}
    if not sets:
        with pytest.raises(InfeasibleError):
            hubs.set_cover(table, **ask)
        return
    check_plan(hubs.set_cover(table, **ask), minutes, wishes, min(len(s) for s in sets))


@settings(deadline=None, max_examples=25)
@given(
    worlds(), st.sampled_from([0.0, 1.0, 3.0]), st.lists(NUMBERS, min_size=5, max_size=5),
    st.integers(0, 14), st.booleans(), st.integers(0, 99),
)  # fmt: skip
def test_a_budget_covers_as_many_as_exhaustive_search(world, within, prices, budget, pays, seed):
    demand, minutes, wishes = world
    cost = pd.Series(prices[: minutes.shape[1]], index=minutes.columns)
    paid = wishes["open"] if pays else []
    sets = [
        sites
        for sites in allowed(minutes, wishes, range(minutes.shape[1] + 1))
        if sum(cost[s] for s in sites if s not in wishes["open"] or s in paid) <= budget
    ]
    ask = {"cost": cost[::-1], "budget": budget, "paid": paid, "within": within, **wishes}
    if not sets:
        with pytest.raises(InfeasibleError):
            hubs.budgeted(demand, minutes, **ask)
        return
    plan = hubs.budgeted(*shuffled(demand, minutes, seed), **ask)
    best = max(covered(demand, minutes, sites, within) for sites in sets)
    check_plan(plan, minutes, wishes, best, most=True)
    assert plan.cost == sum(cost[s] for s in plan.sites if s not in wishes["open"] or s in paid)
    assert plan.cost <= budget


def flows(demand, minutes, sites, places, within):
    """Place the most people at the least minutes: the textbook transportation problem."""
    from scipy.optimize import linprog

    pairs = [
        (area, site)
        for area in minutes.index
        for site in sites
        if minutes.loc[area, site] <= within
    ]
    if not pairs:
        return 0.0, 0.0
    rows = [[float(a == area) for a, _ in pairs] for area in minutes.index]
    rows += [[float(s == site) for _, s in pairs] for site in sites]
    limits = [*demand, *(places[site] for site in sites)]
    most = -linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=limits).fun
    times = [minutes.loc[pair] for pair in pairs]
    found = linprog(times, A_ub=[*rows, [-1.0] * len(pairs)], b_ub=[*limits, -most * (1 - 1e-12)])
    return most, found.fun


def turned_away(demand, minutes, sites, places, within):
    """Everyone goes to the nearest hub, ties to the earlier column; people placed and minutes."""
    asking, burden = dict.fromkeys(sites, 0.0), 0.0
    for area, people in demand.items():
        times = minutes.loc[area, sites].dropna()
        times = times[times <= within]
        if len(times):
            asking[times.index[times.to_numpy().argmin()]] += people
            burden += people * times.min()
    return sum(min(places[site], asked) for site, asked in asking.items()), burden


@pytest.mark.parametrize("assignment", ["where there is room", "nearest"])
@settings(deadline=None, max_examples=20)
@given(
    world=worlds_of_k(), places=st.lists(NUMBERS, min_size=5, max_size=5), seed=st.integers(0, 99)
)
def test_plans_with_places_find_what_exhaustive_search_finds(assignment, world, places, seed):
    demand, minutes, wishes = world
    demand = demand.round()
    capacity = pd.Series(places[: minutes.shape[1]], index=minutes.columns, dtype=float)
    sets = list(allowed(minutes, split(wishes), [wishes["hubs"]]))
    assume(sets)
    value = flows if assignment == "where there is room" else turned_away
    ask = {"capacity": capacity[::-1], "assignment": assignment, **wishes}
    found = [value(demand, minutes, sites, capacity, 2) for sites in sets]
    plan = hubs.maximal_coverage(*shuffled(demand, minutes, seed), within=2, **ask)
    check_plan(plan, minutes, split(wishes), max(placed for placed, _ in found), most=True)
    found = [value(demand, minutes, sites, capacity, math.inf) for sites in sets]
    most = max(placed for placed, _ in found)
    best = min(burden for placed, burden in found if placed >= most - 1e-6)
    plan = hubs.p_median(*shuffled(demand, minutes, seed), **ask)
    check_plan(plan, minutes, split(wishes), best)
    assert plan.flows["people"].sum() == pytest.approx(most, abs=1e-6)
    by_site = plan.flows.groupby("site")["people"].sum()
    assert (by_site <= capacity[by_site.index] + 1e-6).all()
    by_area = plan.flows.groupby("area")["people"].sum()
    assert (by_area <= demand[by_area.index] + 1e-6).all()


def city(areas, sites, seed):
    rng = np.random.default_rng(seed)
    here, there = rng.uniform(0, 10, (areas, 2)), rng.uniform(0, 10, (sites, 2))
    minutes = 6 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    index = [f"X{i:03d}" for i in range(areas)]
    table = pd.DataFrame(minutes, index=index, columns=[f"V{j}" for j in range(sites)])
    return pd.Series(rng.integers(10, 200, areas), index=index), table


def small():
    demand = pd.Series({"A": 90, "B": 60, "C": 50})
    minutes = pd.DataFrame(
        {"x": [5, 30, 30], "y": [30, 10, 10], "z": [9, 12, 40]}, index=["A", "B", "C"]
    )
    return demand, minutes


def told(call):
    with pytest.raises(MappingError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("size", [1, 2])
def test_a_hospital_is_one_more_row_of_demand(size):
    demand, minutes = small()
    day = pd.concat([demand, pd.Series({"Aintree hospital": 400})])
    table = pd.concat(
        [minutes, pd.DataFrame({"x": 40, "y": 35, "z": 2}, index=["Aintree hospital"])]
    )
    plan = hubs.p_median(day, table, hubs=size)
    assert "z" in plan.sites
    assert plan.allocation["Aintree hospital"] == "z"


def test_a_hub_that_is_open_today_may_close_unless_it_must_stay():
    demand, minutes = small()
    assert hubs.maximal_coverage(demand, minutes, hubs=1, within=15).sites == ("z",)
    assert hubs.maximal_coverage(demand, minutes, hubs=1, within=15, open=["x"]).sites == ("x",)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        (
            {"hubs": 2, "open": ["x", "y"], "groups": {"x": "Hall", "y": "Hall"}},
            "groups: x, y must all be open, but of Hall at most one may be",
        ),
        (
            {"hubs": 3, "groups": {"x": "Hall", "y": "Hall"}},
            "3 hubs asked for, but only 2 may be open at once",
        ),
        (
            {"hubs": 1, "districts": {"x": "North", "y": "South"}},
            "districts: 2 still need a hub (North, South), but only 1 of 1 hubs is left to choose; "
            "ask for at least 2",
        ),
        (
            {"hubs": 2, "never": ["x"], "districts": {"x": "North", "y": "South"}},
            "districts: no site may be opened in North",
        ),
        (
            {
                "hubs": 2,
                "districts": {"x": "North", "y": "South"},
                "groups": {"x": "Hall", "y": "Hall"},
            },
            "districts: North, South each need a hub, but have no sites beyond those of Hall",
        ),
        ({"hubs": 1, "groups": {"q": "Hall"}}, "groups: minutes has no column for q"),
    ],
)
@pytest.mark.parametrize("ask", [hubs.p_median, hubs.p_centre, hubs.equitable])
def test_wishes_that_clash_are_explained_before_anything_is_solved(ask, wishes, words):
    labelled = {
        key: pd.Series(value) if isinstance(value, dict) else value for key, value in wishes.items()
    }
    assert words in told(lambda: ask(*small(), **labelled))


def test_districts_and_groups_are_series_by_site():
    words = told(lambda: hubs.p_median(*small(), hubs=1, groups={"x": "Hall"}))
    assert words == "groups: give a Series by site id, such as venues['group']"
    twice = pd.Series(["a", "b"], index=["x", "x"])
    words = told(lambda: hubs.p_median(*small(), hubs=1, districts=twice))
    assert "districts: sites must be unique; repeated: x" in words


def test_areas_that_no_site_reaches_are_named_before_a_set_cover():
    demand, minutes = small()
    words = told(lambda: hubs.set_cover(minutes, within=9, demand=demand))
    assert words == (
        "set cover: no site that may be opened is within 9 minutes of 110 people in 2 areas "
        "(B, C), so at most 45.0% of people can be covered; raise within, permit more sites, or "
        "ask for a smaller share"
    )
    plan = hubs.set_cover(minutes, within=9, demand=demand, share=0.45)
    assert plan.objective == 1
    assert plan.caveats == (
        "More than 9 minutes from every hub of this plan: 110 people in 2 areas (B, C).",
    )


def test_a_set_cover_that_groups_make_impossible_names_only_what_clashes():
    minutes = pd.DataFrame(
        {"x": [5, 30, 30], "y": [30, 10, 30], "z": [30, 30, 5]}, index=["A", "B", "C"]
    )
    groups = pd.Series({"x": "Hall", "y": "Hall"})
    words = told(lambda: hubs.set_cover(minutes, within=15, groups=groups))
    assert words == (
        "set cover: these cannot hold together: A within 15 minutes; B within 15 minutes; at most "
        "one of x, y open. Raise within, ask for a smaller share, or change groups or districts"
    )


def test_a_budget_that_cannot_do_what_it_must_is_explained():
    demand, minutes = small()
    cost = pd.Series({"x": 20_000, "y": 30_000, "z": 50_000})
    ask = {"cost": cost, "within": 15}
    words = told(
        lambda: hubs.budgeted(demand, minutes, budget=15_000, open=["x"], paid=["x"], **ask)
    )
    assert "the sites in paid cost £20,000 a year, but the budget is £15,000" in words
    assert hubs.budgeted(demand, minutes, budget=0, open=["x"], **ask).sites == ("x",)
    north = pd.Series({"x": "North", "y": "South", "z": "South"})
    words = told(lambda: hubs.budgeted(demand, minutes, budget=40_000, districts=north, **ask))
    assert "one more hub in each of 2 districts costs at least £50,000 a year" in words
    groups = pd.Series({"x": "Hall", "y": "Hall"})
    words = told(
        lambda: hubs.budgeted(demand, minutes, budget=60_000, districts=north, groups=groups, **ask)
    )
    assert words.startswith("budgeted: these cannot hold together: £60,000 a year to spend; ")
    assert "at most one of x, y open" in words
    short = cost.drop("z")
    words = told(lambda: hubs.budgeted(demand, minutes, cost=short, budget=1, within=15))
    assert words == "cost: missing for 1 of 3 sites: z"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda _, m: hubs.set_cover(m, within=5, share=0), "share is 0"),
        (lambda d, m: hubs.gradual(d, m, hubs=1, within=9, beyond=9), "beyond is 9"),
        (lambda d, m: hubs.gradual(d, m, hubs=1, within=9, beyond=10, decay="x"), "decay is 'x'"),
        (lambda d, m: hubs.equitable(d, m, hubs=1, aversion=1), "aversion is 1: give 0 or below"),
        (lambda d, m: hubs.equitable(d, m, hubs=1, kappa=math.nan), "kappa is nan"),
        (lambda d, m: hubs.p_median(d, m, hubs=1, assignment="x"), "assignment is 'x'"),
        (
            lambda d, m: hubs.p_median(d, m, hubs=1, capacity=pd.Series({"x": 5.0, "y": -1.0})),
            "capacity: missing (give inf where there is no limit) for 1 of 3 sites: z; "
            "capacity: below 0 for 1 of 3 sites: y",
        ),
    ],
)
def test_options_outside_their_range_are_named(call, words):
    assert words in told(lambda: call(*small()))


def test_people_go_on_to_where_there_is_room_or_are_turned_away_at_the_nearest():
    demand, minutes = small()
    places = pd.Series({"x": 40.0, "y": math.inf, "z": 30.0})
    ask = {"hubs": 2, "within": 30, "open": ["x", "y"], "capacity": places}
    room = hubs.maximal_coverage(demand, minutes, **ask)
    assert room.objective == 200
    assert room.flows.to_dict("list") == {
        "area": ["A", "A", "B", "C"],
        "site": ["x", "y", "y", "y"],
        "people": [40.0, 50.0, 60.0, 50.0],
        "minutes": [5.0, 30.0, 10.0, 10.0],
    }
    assert room.allocation.to_dict() == {"A": "y", "B": "y", "C": "y"}
    nearest = hubs.maximal_coverage(demand, minutes, assignment="nearest", **ask)
    assert nearest.objective == 150
    assert nearest.caveats[0] == "Within reach of a hub, but without a place there: 50 people."


@pytest.mark.parametrize("assignment", ["where there is room", "nearest"])
def test_places_for_everyone_change_nothing(assignment):
    demand, minutes = city(40, 12, 3)
    room = pd.Series(math.inf, index=minutes.columns)
    for ask in (hubs.p_median, lambda *a, **k: hubs.maximal_coverage(*a, within=12, **k)):
        free = ask(demand, minutes, hubs=3)
        full = ask(demand, minutes, hubs=3, capacity=room, assignment=assignment)
        assert (full.sites, full.objective, full.gap) == (free.sites, free.objective, free.gap)


def test_every_question_stopped_early_keeps_a_plan_and_a_bound_that_holds():
    demand, minutes = city(150, 60, 5)
    cost = pd.Series(np.random.default_rng(1).integers(5, 30, 60), index=minutes.columns)
    questions = {
        hubs.p_centre: {"hubs": 6},
        hubs.equitable: {"hubs": 6},
        hubs.gradual: {"hubs": 6, "within": 5, "beyond": 20},
        hubs.budgeted: {"cost": cost, "budget": 60, "within": 8},
    }
    for ask, options in questions.items():
        best = ask(demand, minutes, **options)
        early = ask(demand, minutes, time_limit=1e-6, **options)
        assert best.status == "optimal", ask
        low, high = sorted([early.objective, early.bound])
        assert low - 1e-6 <= best.objective <= high + 1e-6, ask
        assert early.status in {"optimal", "time limit"}
        stopped = ask(demand, minutes, stop=lambda: True, **options)
        assert len(stopped.sites) >= 1


def test_the_order_of_rows_changes_no_answer():
    demand, minutes = city(50, 15, 6)
    cost = pd.Series(np.random.default_rng(1).integers(5, 30, 15), index=minutes.columns)
    calls = (
        lambda d, m: hubs.p_centre(d, m, hubs=3),
        lambda d, m: hubs.equitable(d, m, hubs=3),
        lambda d, m: hubs.gradual(d, m, hubs=3, within=5, beyond=20),
        lambda d, m: hubs.budgeted(d, m, cost=cost, budget=50, within=9),
        lambda d, m: hubs.set_cover(m, within=20, demand=d, share=0.9),
        lambda d, m: hubs.p_median(d, m, hubs=3, capacity=cost * 60),
    )
    for call in calls:
        one, two = call(demand, minutes), call(*shuffled(demand, minutes, 7))
        assert (one.sites, one.objective, one.bound) == (two.sites, two.objective, two.bound)
        pd.testing.assert_series_equal(one.allocation, two.allocation[one.allocation.index])


def test_progress_is_told_in_the_unit_of_the_answer_and_closes_in_on_it():
    demand, minutes = city(80, 30, 8)
    for ask, most in ((hubs.p_centre, False), (hubs.equitable, False), (hubs.gradual, True)):
        heard = []
        more = {"within": 5, "beyond": 20} if most else {}
        tell = lambda value, bound, heard=heard: heard.append((value, bound))  # noqa: E731
        plan = ask(demand, minutes, hubs=4, tell=tell, **more)
        assert heard, ask
        for value, bound in heard:
            low, high = (value, bound) if most else (bound, value)
            assert low - 1e-6 <= plan.objective <= high + 1e-6
