"""Measures of reach: beside textbook loops, beside PySAL, and in what a planner reads."""

import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping import access, panels
from mapping.access.opening import week
from mapping.errors import InvalidTableError
from mapping.report import reaching


def world(seed, areas=25, sites=8):
    rng = np.random.default_rng(seed)
    index = [f"A{k}" for k in range(areas)]
    columns = [f"s{k}" for k in range(sites)]
    minutes = pd.DataFrame(rng.uniform(0, 60, (areas, sites)).round(1), index, columns)
    minutes = minutes.mask(rng.random((areas, sites)) < 0.1)
    demand = pd.Series(rng.integers(0, 400, areas), index).astype(float)
    return demand, pd.Series(rng.integers(1, 80, sites), columns).astype(float), minutes


def with_pysal(demand, supply, minutes, within, weight):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own use of pandas
        from access import fca

        return fca.two_stage_fca(
            pd.DataFrame({"pop": demand}),
            pd.DataFrame({"places": supply}),
            long(minutes),
            max_cost=within,
            demand_index=True,
            demand_name="pop",
            supply_index=True,
            supply_name="places",
            weight_fn=weight,
        )


def long(minutes, names=("origin", "dest", "cost")):
    """Return the matrix as a long table, without the pairs that have no route."""
    table = minutes.rename_axis(names[0]).reset_index()
    return table.melt(names[0], var_name=names[1], value_name=names[2]).dropna()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "decay", [None, access.steps({10: 1.0, 20: 0.68, 30: 0.22}), access.gaussian(12)]
)
def test_floating_catchments_agree_with_pysal(seed, decay):
    demand, supply, minutes = world(seed)
    mine = access.floating_catchment(demand, supply, minutes, within=30, decay=decay)
    weight = None if decay is None else lambda cost: float(decay(np.array([cost]))[0])
    theirs = with_pysal(demand, supply, minutes, 30, weight).reindex(demand.index).fillna(0.0)
    np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), within=st.floats(1, 60))
def test_shared_supply_adds_up_to_the_supply_within_reach(seed, within):
    demand, supply, minutes = world(seed)
    each = access.floating_catchment(demand, supply, minutes, within=within)
    near = (minutes <= within + 1e-9) & (demand > 0).to_numpy()[:, None]
    assert (each * demand).sum() == pytest.approx(supply[near.any()].sum())
    order = np.random.default_rng(seed).permutation(len(demand))
    again = access.floating_catchment(
        demand.iloc[order], supply.iloc[::-1], minutes.iloc[::-1, ::-1], within=within
    )
    pd.testing.assert_series_equal(again.reindex(demand.index), each)


def test_supply_that_cannot_be_placed_is_refused():
    demand, supply, minutes = world(1)
    supply = pd.concat([supply, pd.Series({"q": 3.0})])
    supply["s1"], supply["s2"] = -1, np.nan
    with pytest.raises(InvalidTableError, match=r"missing at s2; below 0 at s1; .* times: q"):
        access.floating_catchment(demand, supply, minutes, within=30)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), within=st.floats(0, 60))
def test_measures_agree_with_plain_loops(seed, within):
    demand, supply, minutes = world(seed)
    reached = {
        area: [site for site in minutes if minutes.loc[area, site] <= within + 1e-9]
        for area in minutes.index
    }
    two = sum(demand[area] for area in demand.index if len(reached[area]) > 1)
    assert access.backup_coverage(demand, minutes, within=within) == two
    assert two <= access.coverage(demand, minutes, within=within)
    sums = access.opportunities(supply, minutes, within=within)
    assert sums.to_dict() == {area: sum(supply[site] for site in reached[area]) for area in reached}
    load = access.people_per_hub(demand, minutes)
    routed = demand[minutes.notna().any(axis=1)]
    assert load.sum() == routed.sum()
    first = minutes.loc[routed.index].idxmin(axis=1)  # of equals, the first
    for site in minutes:
        assert load[site] == routed[first == site].sum()


def plain_gini(people, minutes):
    total, mean = people.sum(), (people * minutes).sum() / people.sum()
    differences = sum(
        p * q * abs(s - t)
        for p, s in zip(people, minutes, strict=True)
        for q, t in zip(people, minutes, strict=True)
    )
    return differences / (2 * total**2 * mean)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_gini_is_half_the_mean_difference(seed):
    rng = np.random.default_rng(seed)
    people = pd.Series(rng.integers(1, 50, 12)).astype(float)
    minutes = pd.Series(rng.integers(1, 9, 12)).astype(float)  # ties on purpose
    assert access.gini(people, minutes) == pytest.approx(plain_gini(people, minutes))
    order = rng.permutation(12)
    assert access.gini(people.iloc[order], minutes) == pytest.approx(access.gini(people, minutes))
    rank = pd.Series(rng.permutation(12))
    index = access.concentration(people, minutes, rank)
    assert abs(index) <= access.gini(people, minutes) + 1e-9
    assert access.concentration(people, minutes, -rank) == pytest.approx(-index)


def test_kolm_pollak_is_the_textbook_formula_with_the_squares_inside_the_sum():
    people = pd.Series({"A": 10.0, "B": 30.0})
    minutes = pd.Series({"A": 20.0, "B": 10.0})
    kappa = -0.07
    found = access.fair_minutes(people.to_frame(), minutes, kappa).iloc[0]
    plain = np.log((10 * np.exp(-kappa * 20) + 30 * np.exp(-kappa * 10)) / 40) / -kappa
    assert found == pytest.approx(plain)
    assert found > 12.5  # the mean
    table = access.by_group(people.to_frame("all"), minutes, inequality=kappa, beyond=10)
    assert table.loc["all", ["mean", "beyond"]].tolist() == [12.5, 0.25]
    assert np.isfinite(access.fair_minutes(people.to_frame(), minutes * 1e4, -1.0)).all()


def test_no_route_is_beyond_reach_and_no_part_of_a_mean():
    people = pd.DataFrame({"g": [10.0, 30.0], "nobody": [0.0, 0.0]}, index=["A", "B"])
    table = access.by_group(people, pd.Series({"A": 5.0}), inequality=-0.05)
    assert table.loc["g", "beyond"] == 0.75
    assert table.loc["g", "mean"] == 5
    assert table.loc["nobody"].drop("people").isna().all()


@pytest.mark.parametrize(
    ("hours", "daytime", "evening", "weekend"),
    [
        ("Mo-Fr 09:00-17:00", True, False, False),
        ("Mo-Fr 09:00-20:00; We off", True, True, False),
        ("Tu,Th 10:00-12:00, 18:00-21:00; Sa 10:00-14:00", True, True, True),
        ("24/7", True, True, True),
        ("09:00-18:30", True, False, True),
        ("Sa-Mo 17:30-19:00; PH off", False, True, True),
        ("Fr 22:00-02:00", False, True, False),
        ("Mo-Su,PH 08:00-12:00", True, False, True),
    ],
)
def test_hours_are_read_as_a_week(hours, daytime, evening, weekend):
    sites = pd.Series({"x": hours})
    found = {when: access.open_sites(sites, when) for when in ("daytime", "evening", "weekend")}
    assert [bool(part.open["x"]) for part in found.values()] == [daytime, evening, weekend]
    assert not any(part.caveats for part in found.values())


@pytest.mark.parametrize(
    "hours",
    [
        "sunrise-sunset",
        "Mo-Fr",
        "Mo 25:00-26:00",
        "Jan-Mar Mo 09:00-17:00",
        "Mo-Xx 9-5",
        'Mo "ring"',
    ],
)
def test_hours_that_are_not_understood_are_said_and_never_guessed(hours):
    assert week(hours) is None
    found = access.open_sites(pd.Series({"x": hours, "y": None, "z": "24/7"}), "any")
    assert found.open.tolist() == [False, False, True]
    assert found.caveats == (
        "Hours of 1 of 3 sites cannot be read (x): they are not counted as open.",
        "Hours of 1 of 3 sites are not stated (y): they are not counted as open.",
    )


def streets(size=12, step=100.0):
    """A chequerboard of streets, and its corner."""
    at = np.arange(size * size).reshape(size, size)
    pairs = np.concatenate(
        [np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]]
    )
    corner = np.array([335_000.0, 390_000.0])
    xy = corner + step * np.stack(
        [np.tile(np.arange(size), size), np.repeat(np.arange(size), size)], 1
    )
    nodes = gpd.GeoDataFrame(
        {"id": at.ravel()}, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:27700"
    )
    links = pd.DataFrame(
        {
            "id": np.arange(len(pairs)),
            "start_node": pairs[:, 0],
            "end_node": pairs[:, 1],
            "length": step,
            "road_function": "Local Road",
        }
    )
    return access.street_graph(links, nodes), nodes.set_index("id").geometry


def test_catchments_are_sound_shapes_that_hold_what_is_within_reach():
    graph, where = streets()
    sites = where[[26, 100]].set_axis(["x", "y"])
    river = gpd.GeoSeries([shapely.box(335_000, 390_440, 336_200, 390_460)], crs="EPSG:27700")
    shapes = access.isochrones(sites, graph, within=5, water=river)
    minutes = access.travel_times(where, sites, graph=graph).minutes
    assert shapes.is_valid.all()
    assert not shapes.intersects(river.buffer(-1).union_all()).any()
    for site, shape in shapes.items():
        inside = where.within(shape.buffer(1))
        assert inside[minutes[site] <= 5].all()
        # Nothing is far beyond: 40 m beside a street, a block's width across.
        assert (
            where[inside].map(lambda p, at=sites[site]: abs(p.x - at.x) + abs(p.y - at.y))
            < 390 + 130
        ).all()
    wider = access.isochrones(sites, graph, within=8, water=river)
    assert wider.area.gt(shapes.area).all()
    with pytest.raises(InvalidTableError, match="within is 0 minutes"):
        access.isochrones(sites, graph, within=0)


def test_a_catchment_is_concave_where_no_street_leads():
    graph, where = streets()
    cross = graph.links[
        (graph.links["start"] % 12 == 5) & (graph.links["end"] % 12 == 5)
        | (graph.links["start"] // 12 == 5) & (graph.links["end"] // 12 == 5)
    ]
    shape = access.isochrones(where[[65]], replace(graph, links=cross), within=5).iloc[0]
    assert shape.geom_type == "Polygon"
    assert shape.area < 0.6 * shape.convex_hull.area


def r5py(minutes, scale=1.0):
    return long(minutes * scale, ("from_id", "to_id", "travel_time"))


@pytest.fixture
def walks():
    rng = np.random.default_rng(4)
    index, columns = [f"A{k}" for k in range(20)], ["x", "y", "z"]
    return access.TravelTimes(
        pd.DataFrame(rng.uniform(5, 120, (20, 3)), index, columns), "walk", "streets", speed=1.3
    )


def test_matrices_of_other_tools_are_read_long_and_wide(walks):
    bus = walks.minutes * 0.4 + 5
    asked = {"areas": bus.index, "sites": bus.columns, "mode": "transit", "walk": walks}
    layouts = {
        "r5py": r5py(bus),
        "arcgis": r5py(bus).rename(
            columns={"from_id": "OriginID", "to_id": "DestinationID", "travel_time": "Total_Time"}
        ),
        "seconds": r5py(bus, 60).rename(columns={"travel_time": "duration_seconds"}),
        "wide": bus.rename_axis("area").reset_index(),
        "text": bus.iloc[::-1, ::-1]
        .rename_axis("LSOA21CD")
        .reset_index()
        .astype(str)
        .replace("nan", ""),
        "more": pd.concat(
            [r5py(bus), pd.DataFrame({"from_id": ["Q"], "to_id": ["x"], "travel_time": [3]})]
        ),
    }
    for name, table in layouts.items():
        found = access.imported(table, source=name, **asked)
        pd.testing.assert_frame_equal(found.minutes, bus, check_names=False)
        assert found.mode == "transit"
        assert bool(found.caveats) == (name == "more")


def test_walks_are_never_labelled_transit(walks):
    asked = {"areas": walks.minutes.index, "sites": walks.minutes.columns, "source": "a tool"}
    for pace in (0.85, 1.0, 1.3):
        with pytest.raises(InvalidTableError, match="cannot be labelled transit"):
            access.imported(r5py(walks.minutes, pace), mode="transit", walk=walks, **asked)
    named = r5py(walks.minutes).assign(transport_mode="WALK")
    with pytest.raises(InvalidTableError, match='its mode is "walk"'):
        access.imported(named, mode="transit", **asked)
    assert access.imported(named, mode="walk", **asked).mode == "walk"
    untold = access.imported(r5py(walks.minutes), mode="transit", **asked)
    assert "could not be checked" in untold.caveats[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t[t["from_id"] != "A3"], r"1 of 20 areas are missing \(A3\)"),
        (lambda t: t[t["to_id"] != "x"], r"1 of 3 sites are missing \(x\)"),
        (lambda t: pd.concat([t, t.head(1)]), "1 pairs stand more than once"),
        (lambda t: t.assign(travel_time=t["travel_time"] * 600), "They look like seconds"),
        (lambda t: t.assign(travel_time="soon"), "60 times are not numbers"),
        (lambda t: t.rename(columns={"travel_time": "how"}), "needs a column of minutes"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused_in_a_sentence(walks, change, words):
    table = change(r5py(walks.minutes))
    with pytest.raises(InvalidTableError, match=words):
        access.imported(table, walks.minutes.index, walks.minutes.columns, mode="drive", source="x")


def test_impossible_times_of_a_matrix_are_no_route_and_said(walks):
    table = r5py(walks.minutes)
    table.loc[0, "travel_time"], table.loc[1, "travel_time"] = -1, 4_294_967.295
    found = access.imported(
        table, walks.minutes.index, walks.minutes.columns, mode="drive", source="x"
    )
    assert found.minutes.isna().sum().sum() == 2
    assert "2 travel times were negative or endless" in found.caveats[0]


@pytest.fixture(scope="module")
def values():
    return {
        "within": 15,
        "pace": "usual",
        "when": "any",
        "by": "lsoa",
        "outline": "wards",
        "ward": "",
    }


def nothing(*_):
    return None


def answer(values, place, **changes):
    from mapping.panels.reach import reach_answer

    return reach_answer(values | changes, place, draw=nothing)


def test_the_panel_counts_who_lives_beyond_a_walk_of_any_hub(place, values):
    counted = place.sites.index[place.sites["counts"]]
    far = ~(place.walk.minutes[counted] <= 15).any(axis=1)
    people = place.exclusion.people[far].sum()
    from mapping.rounding import about

    found = answer(values, place)
    assert found.lead.startswith(f"About {about(people)} adults likely to be offline (")
    assert "more than 15 minutes’ walk from any hub, at an ordinary adult’s 1.3 m/s." in found.lead
    groups = found.grids[0].frame.set_index("Group")
    assert groups.loc["85 and over", "Metres a second"] == "0.8"
    assert groups.loc["16 to 24", "Metres a second"] == "1.3"
    wards = found.grids[1].frame["Ward"]
    assert wards.is_monotonic_increasing  # by name: no league table
    ward = place.wards.index[3]
    assert place.wards.loc[ward, "name"] in answer(values, place, ward=ward).lead


def test_slower_walkers_and_shorter_hours_never_bring_more_within_reach(place):
    options = [("usual", "any"), ("slow", "any"), ("slow", "evening")]
    found = [reaching.reach(place, within=15, pace=pace, when=when) for pace, when in options]
    beyond = [place.exclusion.people[part.beyond].sum() for part in found]
    assert beyond == sorted(beyond)
    assert beyond[0] < beyond[1]
    with pytest.raises(InvalidTableError, match=r"under \[own.transit\]"):
        reaching.reach(place, within=15, pace="transit")


def test_a_place_without_hubs_for_everybody_gets_a_sentence(place, values):
    none = replace(place, sites=place.sites.assign(counts=False))
    found = answer(values, none)
    assert found.lead.startswith(f"No hub open to everybody is known in {place.name}: name those")
    assert not found.grids
    assert "at the weekend is known" in answer(values, none, when="weekend").lead


def test_a_study_reads_minutes_by_bus_and_refuses_walks_in_their_stead(place, values, tmp_path):
    from types import SimpleNamespace

    from mapping.pipeline.travelling import _transit

    path = tmp_path / "r5py.csv"
    inputs = SimpleNamespace(own={"transit": path}, columns=lambda _: {"area": "LSOA21CD"})
    bus = place.walk.minutes.mul(0.4).add(5).round(1)
    bus.rename_axis("LSOA21CD").to_csv(path)
    found = _transit(inputs, place.walk)
    pd.testing.assert_frame_equal(found.minutes, bus, check_names=False)
    assert (found.mode, found.source) == ("transit", "r5py.csv")
    by_bus = answer(values, replace(place, transit=found), pace="transit")
    assert "journey from any hub, by bus, train and on foot" in by_bus.lead
    place.walk.minutes.rename_axis("LSOA21CD").to_csv(path)
    with pytest.raises(InvalidTableError, match="cannot be labelled transit"):
        _transit(inputs, place.walk)


def test_a_scenario_says_how_many_a_slow_walker_would_be_among(place):
    from mapping.scenario import Scenario, weigh

    plan = Scenario(name="", study="demo", new_hubs=2, bus_days=0)
    measures = weigh(plan, place).measures["value"]
    quicker = Scenario(name="", study="demo", new_hubs=2, bus_days=0, within=15 * 0.8 / 1.3)
    assert 0 < measures["reach_slow"] < measures["reach"]
    sites = weigh(plan, place).hub_plan.sites
    near = (place.walk.minutes[list(sites)] <= quicker.within + 1e-9).any(axis=1)
    assert measures["reach_slow"] == pytest.approx(place.exclusion.people[near].sum())


def test_hubs_are_shared_with_people_outside_the_boundary_counted_apart(place):
    near = gpd.GeoDataFrame(
        {"adults": [1000.0]}, ["N1"], geometry=[place.lsoas.centroid.iloc[0]], crs=27700
    )
    walk_in = replace(place.walk, minutes=place.walk.minutes.head(1).set_axis(["N1"]))
    shared = replace(place, neighbours=near, walk_in=walk_in)
    found = reaching.reach(place, within=30)
    alone, both = (reaching.hub_figures(found, one) for one in (place, shared))
    assert "Adults outside the boundary, up to half an hour’s walk" not in alone
    assert sorted(both.iloc[:, -1].unique()) == ["1,000", "none"]
    pd.testing.assert_frame_equal(alone, both.iloc[:, :-1])


def test_the_built_study_holds_catchments_slow_walks_and_how_streets_hang_together(place):
    counted = place.sites.index[place.sites["counts"]]
    assert sorted(place.catchments.index) == sorted(counted)
    assert place.catchments.is_valid.all()
    pd.testing.assert_frame_equal(place.walk_slow.minutes, place.walk.minutes * 1.3 / 0.8)
    assert place.streets[0].startswith("On foot: ")
    assert set(place.joined["what"]) == {"area", "site"}
    assert len(place.joined) == place.walk.minutes.shape[0] + place.walk.minutes.shape[1]


def test_the_panel_shows_a_map_of_either_outline(place):
    panel = panels.who_can_reach(place)
    panel.refresh()
    wards = panel.answer.shown
    panel.controls["outline"].value = "catchments"
    assert panel.answer.shown is not wards
    assert "beyond 15 minutes of any hub" in wards._repr_html_()
