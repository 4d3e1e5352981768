"""Hub siting: every plan against exhaustive search, every proof against the true optimum."""

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import floyd_warshall

from mapping import hubs
from mapping.errors import InfeasibleError, InvalidTableError, MappingError

PMEDIAN = Path(__file__).parents[1].parent / "shared" / "benchmarks" / "pmedian"


@st.composite
def worlds(draw):
    """A small world: minutes with ties, missing routes and twin sites; demand with zeros."""
    areas, sites = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    minute = st.one_of(st.integers(0, 6), st.just(math.nan), st.floats(0, 6).map(lambda x: x / 3))
    table = draw(
        st.lists(st.lists(minute, min_size=sites, max_size=sites), min_size=areas, max_size=areas)
    )
    people = draw(
        st.lists(st.one_of(st.integers(0, 9), st.floats(0, 9)), min_size=areas, max_size=areas)
    )
    names = [f"s{i}" for i in range(sites)]
    minutes = pd.DataFrame(table, index=[f"a{i}" for i in range(areas)], columns=names, dtype=float)
    if sites > 1 and draw(st.booleans()):
        minutes["s1"] = minutes["s0"]
    kinds = draw(
        st.lists(st.sampled_from(["free", "free", "open", "never"]), min_size=sites, max_size=sites)
    )
    kept = [name for name, kind in zip(names, kinds, strict=True) if kind == "open"]
    barred = [name for name, kind in zip(names, kinds, strict=True) if kind == "never"]
    most = sites - len(barred)
    if most == 0:
        barred, most = [], sites
    count = draw(st.integers(max(1, len(kept)), most))
    demand = pd.Series(people, index=minutes.index, dtype=float)
    return demand, minutes, {"hubs": count, "open": kept, "never": barred}


def every_set(minutes, chosen):
    for sites in itertools.combinations(minutes.columns, chosen["hubs"]):
        if set(chosen["open"]) <= set(sites) and not set(chosen["never"]) & set(sites):
            yield list(sites)


def covered(demand, minutes, sites, within):
    return sum(
        people
        for area, people in demand.items()
        if any(minutes.loc[area, site] <= within for site in sites)
    )


def left_out_and_minutes(demand, minutes, sites):
    left_out = total = 0.0
    for area, people in demand.items():
        times = [minutes.loc[area, s] for s in sites if not math.isnan(minutes.loc[area, s])]
        if times:
            total += people * min(times)
        else:
            left_out += people
    return left_out, total


def shuffled(demand, minutes, seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(minutes.index), rng.permutation(minutes.columns)
    return demand[rng.permutation(demand.index)], minutes.loc[rows, columns]


def city(areas, sites, seed, towns=8):
    """Areas and sites around a few town centres, minutes along a straight line."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 20, (towns, 2))
    here = centres[rng.integers(0, towns, areas)] + rng.normal(0, 2.5, (areas, 2))
    there = centres[rng.integers(0, towns, sites)] + rng.normal(0, 3.0, (sites, 2))
    index = [f"X{i:04d}" for i in range(areas)]
    minutes = 5 * np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    people = pd.Series(rng.integers(20, 400, areas), index=index)
    return people, pd.DataFrame(minutes, index=index, columns=[f"V{j}" for j in range(sites)])


@settings(deadline=None, max_examples=60)
@given(worlds(), st.sampled_from([0.0, 1.0, 2.0, 3.5, 9.0]), st.integers(0, 99))
def test_maximal_coverage_finds_what_exhaustive_search_finds(world, within, seed):
    demand, minutes, chosen = world
    best = max(covered(demand, minutes, sites, within) for sites in every_set(minutes, chosen))
    plan = hubs.maximal_coverage(*shuffled(demand, minutes, seed), within=within, **chosen)
    assert plan.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert covered(demand, minutes, plan.sites, within) == pytest.approx(best, abs=1e-9)
    assert best - 1e-6 <= plan.bound
    assert plan.gap <= 1e-7
    assert plan.status == "optimal"
    assert set(plan.sites) in [set(sites) for sites in every_set(minutes, chosen)]


@settings(deadline=None, max_examples=60)
@given(worlds(), st.integers(0, 99))
def test_p_median_finds_what_exhaustive_search_finds(world, seed):
    demand, minutes, chosen = world
    found = [left_out_and_minutes(demand, minutes, s) for s in every_set(minutes, chosen)]
    fewest = min(left_out for left_out, _ in found)
    best = min(total for left_out, total in found if left_out <= fewest + 1e-9)
    plan = hubs.p_median(*shuffled(demand, minutes, seed), **chosen)
    left_out, total = left_out_and_minutes(demand, minutes, plan.sites)
    assert left_out == pytest.approx(fewest, abs=1e-6)
    assert plan.objective == pytest.approx(total, abs=1e-9)
    assert plan.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert plan.bound <= best + 1e-6
    assert plan.gap <= 1e-7
    assert len(plan.sites) == chosen["hubs"]
    assert set(chosen["open"]) <= set(plan.sites)
    assert not set(chosen["never"]) & set(plan.sites)


@settings(deadline=None, max_examples=40)
@given(worlds(), st.integers(0, 99))
def test_each_area_goes_to_its_nearest_open_site_and_ties_to_the_earlier_column(world, seed):
    demand, minutes, chosen = world
    rows, table = shuffled(demand, minutes, seed)
    plan = hubs.p_median(rows, table, **chosen)
    assert plan.allocation.index.equals(rows.index)
    assert list(plan.sites) == [site for site in table.columns if site in plan.sites]
    for area in rows.index:
        times = table.loc[area, list(plan.sites)].dropna()
        if times.empty:
            assert pd.isna(plan.allocation[area])
            assert pd.isna(plan.minutes[area])
        else:
            assert plan.allocation[area] == times.index[times.to_numpy().argmin()]
            assert plan.minutes[area] == times.min()


@settings(deadline=None, max_examples=25)
@given(worlds(), st.integers(0, 99))
def test_the_order_of_rows_never_changes_a_plan(world, seed):
    demand, minutes, chosen = world
    other, _ = shuffled(demand, minutes, seed)
    rows = minutes.loc[np.random.default_rng(seed + 1).permutation(minutes.index)]
    for ask in (hubs.p_median, lambda *a, **k: hubs.maximal_coverage(*a, within=2, **k)):
        one, two = ask(demand, minutes, **chosen), ask(other, rows, **chosen)
        assert one.sites == two.sites
        assert (one.objective, one.bound) == (two.objective, two.bound)
        pd.testing.assert_series_equal(one.allocation, two.allocation[one.allocation.index])


@settings(deadline=None, max_examples=25)
@given(worlds())
def test_tables_are_never_changed(world):
    demand, minutes, chosen = world
    before = demand.copy(), minutes.copy()
    hubs.p_median(demand, minutes, **chosen)
    hubs.gains(hubs.maximal_coverage(demand, minutes, within=2, **chosen), demand, minutes)
    pd.testing.assert_series_equal(demand, before[0])
    pd.testing.assert_frame_equal(minutes, before[1])


@settings(deadline=None, max_examples=25)
@given(worlds(), st.floats(0, 5))
def test_another_hub_or_a_looser_standard_never_covers_less(world, within):
    demand, minutes, chosen = world
    plan = hubs.maximal_coverage(demand, minutes, within=within, **chosen)
    looser = hubs.maximal_coverage(demand, minutes, within=within + 1, **chosen)
    assert looser.objective >= plan.objective - 1e-9
    if chosen["hubs"] < minutes.shape[1] - len(chosen["never"]):
        more = hubs.maximal_coverage(
            demand, minutes, within=within, **{**chosen, "hubs": chosen["hubs"] + 1}
        )
        assert more.objective >= plan.objective - 1e-9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_city_is_proven_for_both_questions_and_agrees_with_a_plain_model(seed):
    demand, minutes = city(60, 20, seed)
    for count in (3, 6):
        plan = hubs.p_median(demand, minutes, hubs=count)
        assert plan.objective == pytest.approx(plain_p_median(demand, minutes, count), rel=1e-6)
        assert plan.gap <= 1e-7
        plan = hubs.maximal_coverage(demand, minutes, hubs=count, within=8)
        assert plan.objective == pytest.approx(plain_coverage(demand, minutes, count, 8), rel=1e-6)
        assert plan.gap <= 1e-7


def plain_p_median(demand, minutes, count):
    """The textbook model (ReVelle and Swain, 1970), nothing left out, in SciPy's solver."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, m = minutes.shape
    cost = np.r_[np.zeros(m), (minutes.mul(demand, axis=0)).to_numpy().ravel()]
    one = np.zeros((n, m + n * m))
    linked = np.zeros((n * m, m + n * m))
    for i in range(n):
        one[i, m + i * m : m + (i + 1) * m] = 1
        for j in range(m):
            linked[i * m + j, [j, m + i * m + j]] = -1, 1
    total = np.r_[np.ones(m), np.zeros(n * m)]
    limits = [
        LinearConstraint(one, 1, 1),
        LinearConstraint(linked, -np.inf, 0),
        LinearConstraint(total, count, count),
    ]
    whole = np.r_[np.ones(m), np.zeros(n * m)]
    found = milp(
        cost, constraints=limits, integrality=whole, bounds=Bounds(0, 1), options={"mip_rel_gap": 0}
    )
    return found.fun


def plain_coverage(demand, minutes, count, within):
    """The textbook model (Church and ReVelle, 1974) in SciPy's solver."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, m = minutes.shape
    cost = -np.r_[np.zeros(m), demand.to_numpy()]
    reached = np.hstack([-(minutes.to_numpy() <= within).astype(float), np.eye(n)])
    limits = [
        LinearConstraint(reached, -np.inf, 0),
        LinearConstraint(np.r_[np.ones(m), np.zeros(n)], count, count),
    ]
    whole = np.r_[np.ones(m), np.zeros(n)]
    found = milp(
        cost, constraints=limits, integrality=whole, bounds=Bounds(0, 1), options={"mip_rel_gap": 0}
    )
    return -found.fun


def test_a_plan_stopped_early_says_so_and_its_bound_still_holds():
    demand, minutes = city(200, 80, 5)
    best = hubs.p_median(demand, minutes, hubs=8)
    plan = hubs.p_median(demand, minutes, hubs=8, time_limit=1e-6)
    assert plan.status == "time limit"
    assert plan.bound <= best.objective <= plan.objective + 1e-6
    assert any("Not proven best" in caveat for caveat in plan.caveats)


def test_a_wider_gap_is_enough_where_it_is_asked_for():
    demand, minutes = city(120, 50, 4)
    best = hubs.maximal_coverage(demand, minutes, hubs=6, within=8)
    plan = hubs.maximal_coverage(demand, minutes, hubs=6, within=8, gap=0.05)
    assert plan.gap <= 0.05 + 1e-9
    assert plan.status in {"optimal", "within gap"}
    assert plan.objective <= best.objective <= plan.bound + 1e-6


def test_leaving_people_without_a_route_never_looks_like_an_improvement():
    demand = pd.Series({"A": 10, "B": 1000, "C": 1})
    minutes = pd.DataFrame(
        {"near": [1, math.nan, 1], "far": [300, 300, math.nan]}, index=["A", "B", "C"]
    )
    plan = hubs.p_median(demand, minutes, hubs=1)
    assert plan.sites == ("far",)
    assert plan.objective == 10 * 300 + 1000 * 300
    assert plan.bound == pytest.approx(plan.objective)
    assert pd.isna(plan.allocation["C"])
    assert plan.caveats == (
        "No route to any open hub, and left out of the travel times: under 5 people in 1 area (C).",
    )


def test_serving_one_more_person_outweighs_any_journey():
    demand = pd.Series({"A": 100_000, "B": 1.0})
    minutes = pd.DataFrame({"x": [1, math.nan], "y": [60, 60]}, index=["A", "B"])
    assert hubs.p_median(demand, minutes, hubs=1).sites == ("y",)


@settings(deadline=None, max_examples=40)
@given(worlds(), st.sampled_from([0.05, 0.5]))
def test_a_gap_is_kept_and_never_paid_in_people_without_a_route(world, gap):
    demand, minutes, chosen = world
    found = [left_out_and_minutes(demand, minutes, s) for s in every_set(minutes, chosen)]
    fewest = min(left_out for left_out, _ in found)
    best = min(total for left_out, total in found if left_out <= fewest + 1e-9)
    plan = hubs.p_median(demand, minutes, gap=gap, **chosen)
    left_out, _ = left_out_and_minutes(demand, minutes, plan.sites)
    assert left_out == pytest.approx(fewest, abs=1e-6)
    assert plan.bound <= best + 1e-6
    assert plan.gap <= gap + 1e-7
    cover = hubs.maximal_coverage(demand, minutes, within=2, gap=gap, **chosen)
    assert cover.gap <= gap + 1e-7
    assert {plan.status, cover.status} <= {"optimal", "within gap"}


def test_sites_exactly_at_the_standard_cover():
    demand = pd.Series({"A": 7})
    minutes = pd.DataFrame({"x": [15.0]}, index=["A"])
    assert hubs.maximal_coverage(demand, minutes, hubs=1, within=15).objective == 7
    assert hubs.maximal_coverage(demand, minutes, hubs=1, within=14.999).objective == 0


def test_a_standard_that_nobody_meets_is_a_caveat_not_an_error():
    demand, minutes = city(30, 6, 1)
    plan = hubs.maximal_coverage(demand, minutes, hubs=2, within=0)
    assert (plan.objective, plan.bound, plan.status) == (0, 0, "optimal")
    assert plan.caveats[0].startswith("More than 0 minutes from every site that may be opened")
    assert "in 30 areas (X0000, X0001, X0002 and 27 more)" in plan.caveats[0]
    assert plan.allocation.notna().all()


def test_a_hub_that_covers_nobody_new_is_named():
    demand = pd.Series({"A": 5, "B": 5})
    minutes = pd.DataFrame({"x": [1, 1], "y": [1, 99]}, index=["A", "B"])
    plan = hubs.maximal_coverage(demand, minutes, hubs=2, within=10)
    assert plan.caveats == ("As many people would be covered without any one of these hubs: y.",)


def test_site_ids_that_are_numbers_stay_numbers():
    demand = pd.Series({"A": 5, "B": 5})
    minutes = pd.DataFrame({7: [1, math.nan], 8: [2, math.nan]}, index=["A", "B"])
    plan = hubs.p_median(demand, minutes, hubs=1)
    assert plan.sites == (7,)
    assert plan.allocation["A"] == 7
    assert isinstance(plan.allocation["A"], int)
    assert pd.isna(plan.allocation["B"])


def test_a_plan_tells_new_hubs_from_those_that_were_open():
    demand, minutes = city(40, 10, 2)
    plan = hubs.p_median(demand, minutes, hubs=4, open=["V3", "V7"])
    assert plan.kept == ("V3", "V7")
    assert len(plan.new) == 2
    assert set(plan.kept) | set(plan.new) == set(plan.sites)


def test_the_marginal_curve_starts_from_what_is_open_and_matches_single_plans():
    demand, minutes = city(80, 20, 3)
    curve = hubs.marginal(demand, minutes, within=8, upto=4, open=["V0"])
    assert curve.index.tolist() == [0, 1, 2, 3, 4]
    assert curve.loc[0, "sites"] == ("V0",)
    for new in curve.index:
        plan = hubs.maximal_coverage(demand, minutes, hubs=1 + new, within=8, open=["V0"])
        assert curve.loc[new, "people"] == plan.objective
    assert curve["added"].iloc[1:].ge(0).all()
    assert (curve["status"] == "optimal").all()


@settings(deadline=None, max_examples=40)
@given(worlds(), st.sampled_from([1.0, 2.0, None]))
def test_the_gain_of_a_hub_is_what_is_lost_without_it(world, within):
    demand, minutes, chosen = world
    ask = {"within": within} if within is not None else {}
    plan = (hubs.maximal_coverage if ask else hubs.p_median)(demand, minutes, **ask, **chosen)
    found = hubs.gains(plan, demand.iloc[::-1], minutes)
    assert found.index.tolist() == list(plan.sites)
    reach = math.inf if within is None else within
    for site in plan.sites:
        rest = [other for other in plan.sites if other != site]
        lost = covered(demand, minutes, plan.sites, reach) - covered(demand, minutes, rest, reach)
        assert found.loc[site, "alone"] == pytest.approx(lost, abs=1e-9)
        assert found.loc[site, "allocated"] == pytest.approx(demand[plan.allocation == site].sum())
        longer = 0.0
        for area in demand.index[plan.allocation == site]:
            other = minutes.loc[area, rest].min()
            longer += 0 if math.isnan(other) else demand[area] * (other - plan.minutes[area])
        assert found.loc[site, "longer"] == pytest.approx(longer, abs=1e-9)


def small():
    demand = pd.Series({"A": 90, "B": 60, "C": 50})
    return demand, pd.DataFrame({"x": [5, 30, 30], "y": [30, 10, 10]}, index=["A", "B", "C"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hubs": 3}, "3 hubs asked for, but only 2 of 2 sites may be opened"),
        ({"hubs": 2, "never": ["x"]}, "2 hubs asked for, but only 1 of 2 sites may be opened"),
        ({"hubs": 1, "open": ["x", "y"]}, "2 sites must be open but hubs is 1"),
        ({"hubs": 0}, "hubs is 0: give a whole number of at least 1"),
        ({"hubs": 1.5}, "hubs is 1.5: give a whole number"),
        ({"hubs": True}, "hubs is True"),
        ({"hubs": 1, "open": ["x"], "never": ["x"]}, "both open and never: x"),
        ({"hubs": 1, "within": -1}, "within is -1"),
        ({"hubs": 1, "within": math.nan}, "within is nan"),
        ({"hubs": 1, "time_limit": 0}, "time_limit is 0"),
        ({"hubs": 1, "gap": 1}, "gap is 1"),
    ],
)
def test_conditions_that_clash_are_named(options, words):
    with pytest.raises(InfeasibleError) as caught:
        hubs.maximal_coverage(*small(), **{"within": 15, **options})
    assert words in str(caught.value)


def test_ids_and_tables_that_do_not_fit_are_named_all_at_once():
    demand = pd.Series({"A": 90, "B": -1, "D": math.nan})
    minutes = small()[1].assign(y=[-1.0, 10, math.inf])
    with pytest.raises(InvalidTableError) as caught:
        hubs.p_median(demand, minutes, hubs=5, open=["q"], never="x")
    message = str(caught.value)
    for words in (
        "minutes: 1 of 3 areas with demand have no row: D",
        "demand: 1 of 3 areas with travel times have no row: C",
        "demand: missing for 1 of 3 areas: D",
        "demand: below 0 for 1 of 3 areas: B",
        "minutes: below 0 for 1 of 6 pairs, first at area A, site y",
        "minutes: infinite (write NaN where there is no route) for 1 of 6 pairs",
        "open: minutes has no column for q",
        "never: give a list of site ids, such as ['x']",
        "5 hubs asked for",
    ):
        assert words in message


@pytest.mark.parametrize(
    ("demand", "minutes", "words"),
    [
        (small()[0].rename({"B": "A"}), small()[1], "demand: areas must be unique; repeated: A"),
        (small()[0], small()[1].rename({"B": "A"}), "minutes: areas must be unique; repeated: A"),
        (small()[0], small()[1].rename(columns={"y": "x"}), "minutes: sites must be unique"),
        (small()[0].iloc[:0], small()[1].iloc[:0], "demand: there are no areas"),
        (small()[0], small()[1][[]], "minutes: there are no sites"),
        (small()[0].map("{} people".format), small()[1], "every value must be a number of people"),
        (small()[0], small()[1].map("{} min".format), "every value must be a number of minutes"),
        (small()[0].to_dict(), small()[1], "give demand as a Series by area"),
    ],
)
def test_tables_that_cannot_be_used_are_named(demand, minutes, words):
    with pytest.raises(MappingError) as caught:
        hubs.p_median(demand, minutes, hubs=1)
    assert words in str(caught.value)


def read_pmedian(path):
    numbers = [[int(word) for word in line.split()] for line in path.read_text().splitlines()]
    (nodes, _, count), edges = numbers[0], [line for line in numbers[1:] if line]
    # Of duplicate edges the later one holds.
    last = {(min(i, j) - 1, max(i, j) - 1): cost for i, j, cost in edges}
    ends, costs = np.array(list(last)), np.array(list(last.values()), dtype=float)
    graph = coo_array((costs, ends.T), shape=(nodes, nodes)).tocsr()
    names = [f"n{i}" for i in range(nodes)]
    minutes = pd.DataFrame(floyd_warshall(graph, directed=False), index=names, columns=names)
    return pd.Series(1, index=names), minutes, count


@pytest.mark.real
@pytest.mark.skipif(not PMEDIAN.is_dir(), reason="needs the shared folder of published instances")
@pytest.mark.parametrize("instance", ["pmed1", "pmed3", "pmed5", "pmed7", "pmed9"])
def test_published_p_median_instances_are_proven(instance):
    optima = pd.read_csv(PMEDIAN / "optima.csv", index_col="instance")["optimum"]
    demand, minutes, count = read_pmedian(PMEDIAN / f"{instance}.txt")
    plan = hubs.p_median(demand, minutes, hubs=count, time_limit=60)
    assert (plan.objective, plan.bound) == (optima[instance], optima[instance])
