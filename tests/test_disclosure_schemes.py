"""What is counted at the door of a sheltered scheme is shown nowhere, nor what would tell it."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyogrio
import pytest
from scipy.optimize import linprog

from mapping import access
from mapping.disclosure import NOT_SHOWN, sheltered
from mapping.panels import hubmap
from mapping.pipeline import exporting
from mapping.report import board, reaching, siting, tidy, timetables, words
from mapping.report.busfigures import FIGURES, bus_figures
from mapping.report.drawing import _told_stops, outcome_map
from mapping.rounding import about
from mapping.scenario import Scenario, weigh

SCHEME = "Elm Court"


@pytest.fixture(scope="module")
def weighed(place):
    asked = Scenario.starting_from(place.defaults, name="Asked", study="demo")
    return weigh(replace(asked, new_hubs=3, within=10.0, bus_days=3), place)


@pytest.fixture(scope="module")
def scheme(weighed):
    return weighed.new_hubs[0]


@pytest.fixture(scope="module")
def housed(place, scheme):
    """The place, with its first new hub in a sheltered scheme and no other scheme."""
    sites = place.sites.assign(kind="library")
    sites["name"] = [f"Site {letter(i)}" for i in range(len(sites))]
    sites.loc[scheme, ["kind", "name"]] = "sheltered scheme", SCHEME
    return replace(place, sites=sites)


def letter(number):
    return chr(97 + number // 26) + chr(97 + number % 26)


def without_figures(said):
    return not re.search(r"\d", re.sub(r"\d+ minutes’ walk", "", said))


@pytest.mark.parametrize("asked", ["with reasons", "without reasons"])
def test_no_sentence_about_a_scheme_or_beside_it_holds_a_figure(weighed, housed, asked):
    outcome = weighed if asked == "with reasons" else replace(weighed, reasons=None)
    assert weighed.reasons is not None
    told = [siting.why(outcome, housed, site) for site in housed.sites.index]
    paper = siting.why_all(outcome, housed)
    about_it = [said for said in (*told, *paper) if SCHEME in said]
    assert len(about_it) >= 2
    assert all(without_figures(said) for said in about_it)
    assert any(SCHEME in said for said in paper)
    others = [said for said in (*told, *paper) if SCHEME not in said]
    assert any("about" in said or "people" in said for said in others)


def test_swaps_with_a_scheme_are_not_counted(weighed, housed, scheme):
    reasons = weighed.reasons
    beside = reasons.rejected.index[reasons.rejected["loses_to"] == scheme]
    chosen = reasons.chosen.assign(second=scheme)
    forged = replace(weighed, reasons=replace(reasons, chosen=chosen))
    for site in beside:
        assert without_figures(siting.why(forged, housed, site))
    for site in weighed.new_hubs[1:]:
        assert SCHEME not in siting.why(forged, housed, site)


def test_tables_of_hubs_show_no_count_of_a_scheme(weighed, housed, scheme):
    full = siting.hub_table(weighed, housed).set_index("Site")
    counts = [name for name in full if "Adults" in name or name in (siting.WITHOUT, siting.NEAREST)]
    assert len(counts) == 2
    assert (full.loc[scheme, counts] == NOT_SHOWN).all()
    # One more, or the total would tell of it, and no more.
    hidden = words.hub_count_hidden(weighed, housed)
    assert hidden.sum() == 2
    assert (full.loc[hidden, counts] == NOT_SHOWN).all(axis=None)
    assert (full.loc[~hidden, counts] != NOT_SHOWN).all(axis=None)
    short = siting.brings_table(weighed, housed).iloc[:, 1].set_axis(weighed.new_hubs)
    assert short.eq(NOT_SHOWN).equals(hidden.rename_axis(None))
    tidied = tidy.hubs([weighed], housed).set_index("site")
    counts = [name for name in tidied if name.startswith("within_reach")]
    assert len(counts) == 3
    assert tidied[counts].isna().all(axis=1).tolist() == hidden.tolist()
    assert tidied[counts].notna().any(axis=1).tolist() == (~hidden).tolist()
    drawn = outcome_map(weighed, housed).get_root().render()
    told = dict(re.findall(r'"name": ?"([^"]*)", ?"kind": ?"[^"]*", ?"people": ?"([^"]*)"', drawn))
    assert [told[housed.sites.loc[site, "name"]] == "" for site in hidden.index] == hidden.tolist()


def test_the_live_map_and_its_cards_show_no_count_of_a_scheme(weighed, housed, scheme):
    shown = hubmap.shown_sites(weighed, housed)
    assert without_figures(shown.loc[scheme, "told"])
    hidden = words.hub_count_hidden(weighed, housed)
    beside = hidden.index[hidden].drop(scheme).item()
    assert shown.loc[beside, "told"].endswith(siting.BESIDE)
    assert siting.why(weighed, housed, beside).endswith(siting.BESIDE)
    assert shown.drop([scheme, beside])["told"].str.contains("about").all()
    for site in (scheme, beside):
        assert all(map(without_figures, hubmap.site_card(weighed, housed, site).lines))
    card = hubmap.site_card(weighed, housed, scheme)
    assert all(without_figures(line) for line in card.lines)
    other = hubmap.site_card(weighed, housed, hidden.index[~hidden][0])
    assert any("About" in line for line in other.lines)


def test_the_board_map_holds_the_count_of_a_scheme_nowhere(weighed, housed, scheme):
    page = board.board_map([weighed], housed)
    people = about(float(hubmap._people_within(weighed, housed)[scheme]))
    near = [
        re.split("</(?:tr|li|p|bdi)>|}", page[m.start() :], maxsplit=1)[0]
        for m in re.finditer(SCHEME, page)
    ]
    assert len(near) > 2
    assert not [part for part in near if re.search(rf"(?<![\d,]){people}(?![\d,])", part)]


def test_how_many_have_a_scheme_nearest_is_hidden_with_one_other_hub(place):
    hubs = list(place.sites.index[place.sites["counts"]])
    plain = place.sites.assign(kind="library", name="Library")
    sites = plain.copy()
    sites.loc[hubs[0], "name"] = SCHEME
    sites.loc[hubs[0], "kind"] = "sheltered scheme"
    found = reaching.reach(replace(place, sites=sites), within=15.0)
    figures = reaching.hub_figures(found, replace(place, sites=sites)).set_index("Hub")
    assert (figures.loc[SCHEME] == NOT_SHOWN).all()
    assert (figures == NOT_SHOWN).all(axis=1).sum() == 2
    every = reaching.hub_figures(found, replace(place, sites=plain))
    assert not (every == NOT_SHOWN).any(axis=None)


@pytest.fixture(scope="module")
def stopping(place, weighed):
    stop = weighed.stops.index[0]
    stops = place.stops.assign(kind="car park")
    stops["name"] = [f"Stop {letter(i)}" for i in range(len(stops))]
    stops.loc[stop, ["kind", "name"]] = "sheltered scheme", SCHEME
    housed = replace(place, stops=stops)
    named = weighed.stops.assign(
        kind=stops["kind"].reindex(weighed.stops.index),
        name=stops["name"].reindex(weighed.stops.index),
    )
    return stop, housed, replace(weighed, stops=named)


def test_the_bus_tells_no_count_of_a_scheme_nor_what_the_total_would_tell_of_it(stopping):
    stop, place, outcome = stopping
    figures = bus_figures(outcome, place)
    stops = figures[figures["by"] == "stop"]
    assert stops.loc[stop, list(FIGURES)].isna().all()
    hidden = stops[list(FIGURES)].isna().all(axis=1)
    assert len(stops) > 2
    assert hidden.sum() == 2
    times = words.timetable(outcome, place).set_index("stop")["people_within_reach"]
    assert set(times.index[times == NOT_SHOWN]) == set(stops.index[hidden])
    drawn = _told_stops(outcome, place)["people"]
    assert set(drawn.index[drawn.isna()]) == set(stops.index[hidden])


def counted(place, scenario, hubs, stops):
    """Return whom each stop is nearest to, by ward and decile, as open streets would tell."""
    reached = access.within(place.walk.minutes[list(hubs)], scenario.within).any(axis=1)
    minutes = place.walk_to_stops.minutes.loc[~reached, list(stops)]
    near = access.nearest(minutes.where(access.within(minutes, scenario.bus_walk)))["site"].dropna()
    areas = place.lsoas.loc[near.index]
    return pd.DataFrame(
        {
            "stop": place.stops["name"].reindex(near).to_numpy(),
            "ward": place.wards["name"].reindex(areas["ward"]).to_numpy(),
            "deprivation": areas["imd_decile"].map("decile {:g}".format).to_numpy(),
            "people": place.exclusion.people.reindex(near.index).to_numpy(),
        }
    ).dropna()


def worked_out(figures, cells, name):
    """
    Return the least and the most people that a stop may have, by every sum of a table.

    The attacker knows which stop every area is nearest to, and every published sum unrounded; only
    how many live in the areas is to be found.
    """
    sums = [np.ones(len(cells))]
    for by, told in figures.loc[figures["within_reach"].notna(), ["by", "name"]].to_numpy():
        if by in ("stop", "ward", "deprivation"):
            # "Oak and Elm", "decile 1 (most deprived) and decile 2"; a stop may have a comma.
            parts = [told] if by == "stop" else re.split(r" and |, ", re.sub(r" \(.+?\)", "", told))
            sums.append(cells[by].isin(parts).to_numpy(float))
    sought = cells["stop"].eq(name).to_numpy(float)
    known = np.array(sums) @ cells["people"].to_numpy()
    least, most = (
        linprog(sign * sought, A_eq=np.array(sums), b_eq=known, bounds=(0, None), method="highs")
        for sign in (1, -1)
    )
    return least.fun, -most.fun


def test_every_export_adds_up_to_no_figure_of_a_scheme(demo_workspace, place):
    folder = demo_workspace.exports / "demo"
    figures = pd.read_csv(folder / "bus-reach.csv", encoding="utf-8-sig")
    marks = pyogrio.read_dataframe(folder / "figures.gpkg", layer="places").set_index("site")
    scenario = Scenario.load(folder / "scenario-most-people-within-reach.toml")
    open_ = place.sites.index[place.sites["counts"] & place.sites["open"]]
    hubs = [*open_, *marks.index[marks["role"] == "proposed"]]
    stops = pd.read_csv(folder / "bus-timetable.csv", encoding="utf-8-sig")["stop"].unique()
    cells = counted(place, scenario, hubs, stops)
    # What the attacker takes for whom the stops reach is what was published.
    true = cells.groupby("stop")["people"].sum()
    shown = figures[figures["by"] == "stop"].set_index("name")["within_reach"]
    assert set(true.index) == set(shown.index)
    assert np.allclose(shown.dropna(), true[shown.dropna().index], rtol=0.05)
    secret = [stop for stop in shown.index if sheltered(*kind_and_name(place, stop))]
    assert len(secret) >= 2
    for name in secret:
        least, most = worked_out(figures, cells, name)
        assert least == pytest.approx(0, abs=1)
        assert most > 1.2 * true[name]
        # Nor does it stand in a line of any file that names the scheme.
        figure = re.compile(rf"(?<![\d,.]){about(true[name])}(?![\d,.])")
        for path in (*folder.glob("*.csv"), *folder.glob("*.html"), *folder.glob("*.toml")):
            lines = re.split(r"</tr>|</li>|</p>|</section>|}|\n", path.read_text("utf-8-sig"))
            assert not [line for line in lines if name in line and figure.search(line)], path.name


def kind_and_name(place, name):
    return place.stops.loc[place.stops["name"] == name, ["kind", "name"]].iloc[0]


def test_whichever_stop_is_a_schemes_no_sum_of_wards_or_deciles_tells_of_it(weighed, place):
    plain = place.stops.assign(kind="car park")
    plain["name"] = [f"Stop {letter(i)}" for i in range(len(plain))]
    hubs = [*weighed.now, *weighed.new_hubs]
    cells = counted(replace(place, stops=plain), weighed.scenario, hubs, weighed.stops.index)
    alone = 0
    for stop in weighed.stops.index:
        kinds = plain["kind"].mask(plain.index == stop, "sheltered scheme")
        held = replace(place, stops=plain.assign(kind=kinds))
        figures = bus_figures(weighed, held)
        name, true = plain.loc[stop, "name"], weighed.stops.loc[stop, "people"]
        least, most = worked_out(figures, cells, name)
        assert least == pytest.approx(0, abs=1)
        assert most > true + 1
        # Without what is told together, wards or deciles would have told of some.
        apart = bus_figures(weighed, replace(place, stops=plain))
        hidden = figures.loc[figures["within_reach"].isna(), "name"]
        least, most = worked_out(apart[~apart["name"].isin(hidden)], cells, name)
        alone += most - least < true / 2
    assert alone


def test_no_layer_of_the_geopackage_counts_people_at_a_site(weighed, housed, tmp_path):
    path = exporting.write_geopackage([weighed], housed, tmp_path / "figures.gpkg")
    layers = dict(pyogrio.list_layers(path))
    assert set(layers) == {"lsoas", "wards", "output_areas", "places", "comparison", "who"}
    places = pyogrio.read_dataframe(path, layer="places")
    assert set(places.columns) == {"site", "name", "kind", "role", "geometry"}
    assert SCHEME in set(places["name"])
    for name in set(layers) - {"places"}:
        table = pyogrio.read_dataframe(path, layer=name)
        assert SCHEME not in table.drop(columns="geometry", errors="ignore").to_csv()


def test_summary_and_sheets_say_in_a_line_what_was_held_back(weighed, place, tmp_path):
    rule = place.suppressed[0]["rule"]
    summary = board.write_summary([weighed], place, tmp_path / "summary.html").read_text("utf-8")
    assert "What was held back" in summary
    assert rule in summary
    sheets = timetables.timetables_page(weighed, place)
    assert sheets.count("What was held back: ") == len(weighed.bus_plan.days)
    assert rule in sheets
    assert pd.Series(place.disclosure).iloc[-1] in sheets
