import html
from dataclasses import replace
from datetime import date

import ipywidgets as widgets
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping import panels
from mapping.bus import PROFILES
from mapping.errors import InvalidScenarioError, InvalidStudyError, NotBuiltError
from mapping.hubs.insight.confidence import LEFT_OUT
from mapping.maps.live import Move
from mapping.panels import (
    answer,
    arranging,
    bus,
    controls,
    hubmap,
    hubs,
    need,
    opening,
    reasons,
    saving,
    sureness,
)
from mapping.panels.answer import Answer, Grid
from mapping.scenario import Scenario, routing
from mapping.workspace import Workspace

HOSTILE = '<img src=x onerror="steal()">${steal()}</script>'


@pytest.fixture(scope="module")
def need_panel(place):
    panel = panels.explore_need(place)
    panel.refresh()
    return panel


@pytest.fixture
def hub_panel(place, tmp_path):
    panel = panels.place_hubs(place, study="demo", workspace=Workspace(tmp_path))
    panel.refresh()
    return panel


def markup(panel):
    """Everything a panel has on the screen, as HTML."""
    texts = []
    pending = list(panel.children)
    while pending:
        widget = pending.pop()
        texts += [widget.value] if isinstance(widget, widgets.HTML) else []
        pending += getattr(widget, "children", ())
    return "\n".join(texts)


def test_the_controls_of_a_panel_are_choices_of_a_scenario_by_name(hub_panel):
    scenario = hubs.scenario_from(hub_panel.values, study="demo")
    assert (scenario.question, scenario.new_hubs, scenario.within) == ("maximal_coverage", 5, 15.0)
    assert scenario.bus_days == 0
    assert hub_panel.answer.outcome.scenario == scenario


@given(
    st.fixed_dictionaries(
        {
            "question": st.sampled_from(sorted(controls.QUESTIONS.values())),
            "new_hubs": st.integers(0, 20),
            "within": st.integers(5, 45),
            "beyond": st.integers(46, 90),
            "budget": st.integers(1, 40).map(lambda step: 2500 * step),
            "share": st.integers(1, 20).map(lambda step: 5 * step),
            "may_close": st.just(value=False),
            "capacity": st.booleans(),
        }
    )
)
def test_any_position_of_the_controls_is_a_scenario_that_a_file_can_keep(tmp_path_factory, values):
    scenario = hubs.scenario_from(values, study="demo")
    path = tmp_path_factory.mktemp("kept") / "scenario.toml"
    assert Scenario.load(scenario.save(path)) == scenario
    if controls.matters("new_hubs", values["question"]):
        assert scenario.name.startswith(str(values["new_hubs"]))


def test_a_control_that_moves_is_answered_at_once(hub_panel):
    before = hub_panel.answer
    hub_panel.controls["new_hubs"].value = 6
    assert len(hub_panel.answer.outcome.new_hubs) == 6
    assert "Open 6 new hubs" in markup(hub_panel)
    assert (
        hub_panel.answer.outcome.measures.loc["reach", "value"]
        > (before.outcome.measures.loc["reach", "value"])
    )


def test_only_the_controls_that_matter_for_a_question_are_shown(hub_panel):
    shown = {}
    for question in controls.QUESTIONS.values():
        hub_panel.controls["question"].value = question
        shown[question] = {
            name for name, one in hub_panel.controls.items() if one.layout.display != "none"
        }
        assert hub_panel.answer.outcome.scenario.question == question
    assert "budget" in shown["budgeted"] - shown["p_median"]
    assert "share" in shown["set_cover"] - shown["p_median"]
    assert "new_hubs" in shown["p_centre"] - shown["set_cover"] - shown["budgeted"]
    assert all("within" in names for names in shown.values())


def test_a_place_without_costs_is_not_asked_for_a_budget(place, tmp_path):
    assert "budgeted" in controls.questions(place).values()
    free = replace(place, sites=place.sites.assign(cost=float("nan"), capacity=float("nan")))
    assert "budgeted" not in controls.questions(free).values()
    panel = panels.place_hubs(free, study="demo", workspace=Workspace(tmp_path))
    assert "capacity" not in panel.controls


def parts(panel, kind):
    """The part of a panel of one kind, wherever it stands."""
    pending = list(panel.children)
    while pending:
        widget = pending.pop()
        if isinstance(widget, kind):
            return widget
        pending += getattr(widget, "children", ())
    raise LookupError(kind)


def test_every_site_can_be_asked_about_and_the_answer_follows_the_plan(hub_panel, place):
    why = parts(hub_panel, reasons.Why)
    assert "would be out of reach without it" in why.text.value
    hub_panel.controls["question"].value = "p_median"
    assert why.site.value in hub_panel.answer.outcome.new_hubs
    new = hub_panel.answer.outcome.new_hubs
    other = next(site for site in place.sites.index[~place.sites["open"]] if site not in new)
    why.site.value = other
    assert "not chosen" in why.text.value
    before = why.text.value
    hub_panel.controls["new_hubs"].value = 7
    assert why.site.value == other
    assert why.text.value != before


def test_how_sure_a_plan_is_stands_until_the_plan_changes_and_is_saved_with_it(hub_panel, tmp_path):
    sure = parts(hub_panel, sureness.HowSure)
    sure.start()
    sure.wait()
    assert "draws (firm)" in sure.detail.value
    assert LEFT_OUT in html.unescape(sure.detail.value)
    assert '<img class="mapping-picture" alt="The best plan for each number' in sure.detail.value
    saver = parts(hub_panel, saving.Saver)
    saver.save()
    kept, _ = saving.saved("demo", Workspace(tmp_path))
    assert [scenario.draws for scenario in kept.values()] == [sureness.DRAWS]
    hub_panel.controls["new_hubs"].value = 2
    assert sure.detail.value == ""
    assert sure.draws == 0


def test_work_on_a_plan_that_is_gone_is_never_shown(hub_panel):
    sure = parts(hub_panel, sureness.HowSure)
    sure.start()
    hub_panel.controls["new_hubs"].value = 2
    sure.wait()
    assert sure.detail.value == ""
    assert not sure.button.disabled


def test_work_that_is_stopped_shows_what_was_found_and_is_not_saved_as_whole(hub_panel):
    sure = parts(hub_panel, sureness.HowSure)
    sure.start()
    sure.stop()
    sure.wait()
    assert "stopped before the other" in sure.detail.value
    assert sure.draws == 0


def test_a_question_that_cannot_be_asked_of_draws_still_says_what_more_would_bring(hub_panel):
    hub_panel.controls["question"].value = "equitable"
    sure = parts(hub_panel, sureness.HowSure)
    sure.start()
    sure.wait()
    assert "Draws cannot be asked for this question" in sure.detail.value
    assert "One more hub would take" in sure.detail.value


def test_a_mistake_is_one_sentence_and_the_last_good_answer_stays(hub_panel, place):
    lead = hub_panel.answer.lead
    site = place.sites.index[~place.sites["open"]][0]
    hub_panel.controls["must_open"].value = (site,)
    good = hub_panel.answer
    hub_panel.controls["never"].value = (site,)
    shown = markup(hub_panel)
    assert f"{place.sites.loc[site, 'name']} cannot both have to open and never open" in shown
    assert site not in shown
    assert 'role="alert"' in shown
    assert "Traceback" not in shown
    assert hub_panel.answer is good
    hub_panel.controls["never"].value = ()
    hub_panel.controls["must_open"].value = ()
    assert 'role="alert"' not in markup(hub_panel)
    assert hub_panel.answer.lead == lead


def test_a_fault_of_ours_is_said_and_not_hidden():
    def broken(*_):
        raise ZeroDivisionError

    panel = panels.Panel("Broken", controls={}, reply=broken)
    with pytest.raises(ZeroDivisionError):
        panel.refresh()
    assert "not your mistake" in markup(panel)


def test_names_from_data_never_run_in_a_panel():
    table = pd.DataFrame({HOSTILE: [HOSTILE, HOSTILE], "n": [HOSTILE, None]})
    for odd in (True, False):
        grid = Grid(HOSTILE, table, folded=odd, grouped=odd)
        said = Answer(HOSTILE, notes=(HOSTILE,), caveats=(HOSTILE,), grids=(grid,))
        shown = answer.lead_markup(said) + answer.detail_markup(said)
        assert "<img" not in shown
        assert "</script" not in shown
    panel = panels.Panel(HOSTILE, controls={}, reply=lambda _, tell: tell(HOSTILE) or said)
    panel.refresh()
    assert "<img" not in markup(panel)


def test_names_of_venues_and_scenarios_never_run_in_the_hub_panel(place, tmp_path):
    named = replace(place, sites=place.sites.assign(name=HOSTILE))
    panel = panels.place_hubs(named, study="demo", workspace=Workspace(tmp_path))
    panel.refresh()
    hub = panel.answer.outcome.new_hubs[0]
    panel.controls["placed"].value = (f"{HOSTILE}@297400,485500",)
    assert "<img" not in markup(panel).replace('<img class="mapping-picture"', "")
    told = parts(panel, hubmap.HubMap).told("site", hub)
    assert told.title == HOSTILE  # plain text, which the map shows as text


def test_what_is_told_of_a_point_belongs_to_the_map_while_its_next_place_is_worked_out(
    hub_panel, monkeypatch
):
    stage = parts(hub_panel, hubmap.HubMap)
    hub_panel.controls["placed"].value = ("Hall@297400,485500",)
    monkeypatch.setattr(hub_panel, "start", lambda: None)
    held = hub_panel.controls["placed"].value
    moved = held.with_point("own-1", "", 297_900, 485_900, kept=())
    hub_panel.controls["placed"].value = moved
    assert stage.told("site", "own-1").title == "Hall"
    assert [one["id"] for one in stage.map.sites if one["role"] == "own"] == ["own-1"]


def test_equal_days_are_printed_once_over_their_sessions():
    table = pd.DataFrame({"Day": ["Mon", "Mon", "Tue"], "Stop": ["A", "B", "A"]})
    shown = answer.detail_markup(Answer("", grids=(Grid("Timetable", table, grouped=True),)))
    assert shown.count("Mon") == 1
    assert '<th scope="rowgroup" rowspan="2">Mon</th>' in shown
    assert shown.count("<tr>") == 4


def test_every_control_has_a_label(hub_panel, need_panel, place, tmp_path):
    bus_panel = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    for panel in (hub_panel, need_panel, bus_panel):
        assert all(control.description for control in panel.controls.values())


def test_a_panel_that_cannot_be_shown_says_what_to_do(hub_panel):
    assert "trust it" in repr(hub_panel)
    assert "Run All Cells" in repr(hub_panel)


def test_a_saved_scenario_loads_back_and_can_be_chosen_for_the_bus(hub_panel, place, tmp_path):
    workspace = Workspace(tmp_path)
    hub_panel.controls["new_hubs"].value = 3
    saver = parts(hub_panel, saving.Saver)
    saver.name.value = "Three near the river"
    saver.save()
    assert "Saved as scenarios/demo/three-near-the-river.toml" in saver.message.value
    saver.save()
    assert "Replaced" in saver.message.value
    kept, faults = saving.saved("demo", workspace)
    assert kept["Three near the river"] == replace(
        hub_panel.answer.outcome.scenario, name="Three near the river"
    )
    assert faults == ()
    bus_panel = panels.route_bus(place, study="demo", workspace=workspace)
    assert "Three near the river" in bus_panel.controls["hubs"].options[-1]


def test_a_broken_scenario_file_is_named_and_hides_no_other(tmp_path):
    workspace = Workspace(tmp_path)
    Scenario(name="Good", study="demo").save(saving.path_of("good", "demo", workspace))
    saving.path_of("bad", "demo", workspace).write_text("name = ")
    kept, faults = saving.saved("demo", workspace)
    assert list(kept) == ["Good"]
    assert len(faults) == 1
    assert faults[0].startswith("bad.toml")


def test_a_scenario_that_cannot_be_is_not_saved(tmp_path):
    def impossible(_):
        raise InvalidScenarioError("These choices exclude each other.")

    saver = saving.Saver(impossible, Workspace(tmp_path))
    saver.save()
    assert "Not saved: These choices exclude each other." in saver.message.value
    assert not list(tmp_path.iterdir())


def test_the_bus_panel_keeps_the_hubs_of_the_scenario_chosen():
    start = Scenario(name="", study="demo")
    plans = bus.plans_for_hubs(start) | {"Mine": Scenario(name="Mine", study="demo", new_hubs=2)}
    values = {"hubs": "Mine", "bus_days": 4, "bus_session": 60, "bus_shift": 300, "bus_walk": 5}
    scenario = bus.scenario_from(values, plans)
    assert (scenario.new_hubs, scenario.bus_days, scenario.bus_session) == (2, 4, 60.0)
    assert scenario.name == "Mine, bus on 4 days"


def test_costs_budget_and_drivers_hours_of_the_bus_can_be_set_and_come_back(place, tmp_path):
    panel = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    folded = {"bus_km_cost": 85, "bus_hour_cost": 25, "bus_budget": 3000, "bus_driving": 240,
              "bus_duty": 480, "bus_work": 300, "bus_rest": 45}  # fmt: skip
    hubs = {"Mine": Scenario("Mine", "demo")}
    asked = bus.scenario_from({"hubs": "Mine", "bus_days": 4, **folded}, hubs)
    assert (asked.bus_km_cost, asked.bus_hour_cost, asked.bus_budget) == (0.85, 25.0, 3000.0)
    assert routing.settings(asked).hours == replace(
        PROFILES["passenger"], driving=240.0, duty=480.0, work_before_break=300.0, rest=45.0
    )
    shown = saving.positions(asked, panel.controls)
    assert {name: shown[name] for name in folded} == folded


def test_several_stops_can_be_asked_for_and_locked_to_days_and_hours_of_their_own(place, tmp_path):
    panel = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    allowed = place.stops.query("permission == 'yes' and level_access == 'yes' and not_on.isna()")
    first, second, third = allowed[allowed["kind"] == "estate"].index[:3]
    panel.controls["bus_must"].value = (first, second)
    locks = panel.controls["bus_locked"]
    stop, day, hour = (one for one in locks.children if isinstance(one, widgets.Dropdown))
    for chosen in (("thu", "11:15"), ("wed", "10:30")):
        stop.value, day.value, hour.value = third, *chosen
        locks.add()
    assert locks.value == (f"{third} wed 10:30",)
    panel.controls["bus_days"].value = 5
    panel.controls["bus_term"].value = 4
    panel.refresh()
    table = panel.answer.outcome.bus_plan.timetable.set_index("stop")
    assert {first, second} <= set(table.index)
    assert (table.loc[third, "weekday"], table.loc[third, "open"]) == (2, 630)
    locks.take_out(f"{third} wed 10:30")
    panel.undo()
    assert locks.value == (f"{third} wed 10:30",)
    shown = saving.positions(panel.answer.outcome.scenario, panel.controls)
    assert shown["bus_must"] == (first, second)
    assert shown["bus_locked"] == locks.value


def test_bank_holidays_and_other_days_off_are_left_out_once_there_is_a_first_day(place, tmp_path):
    panel = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    panel.controls["bus_days"].value = 5
    panel.controls["bus_term"].value = 4
    panel.controls["bus_first_day"].value = date(2026, 12, 7)
    panel.controls["bus_holidays"].value = ("2026-12-16",)
    panel.refresh()
    told = (
        "No bus on Wednesday 16 December 2026, Friday 25 December 2026 (Christmas Day), Monday 28 "
        "December 2026 (Boxing Day) and Friday 1 January 2027 (New Year’s Day)."
    )
    assert told in panel.answer.notes
    visits = panel.answer.outcome.bus_plan.timetable.groupby("weekday")["visits"].max()
    assert visits.to_dict() == {0: 3, 1: 4, 2: 3, 3: 4, 4: 2}
    panel.controls["bus_bank_holidays"].value = False
    panel.refresh()
    assert "No bus on Wednesday 16 December 2026." in panel.answer.notes
    panel.controls["bus_first_day"].value = None
    panel.refresh()
    assert "but no first day" in html.unescape(panel._faults["bus_first_day"].value)


def test_every_stop_is_visited_or_the_panel_says_why_not(place, tmp_path):
    panel = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    panel.controls["bus_never"].value = (place.stops.index[0],)
    panel.refresh()
    outcome = panel.answer.outcome
    why = panel.answer.grids[-1].frame.set_index("Stop")["Why not"]
    visited = set(place.stops.loc[outcome.bus_plan.stops, "name"])
    assert set(why.index) | visited == set(place.stops["name"])
    assert not set(why.index) & visited
    assert why[place.stops["name"].iloc[0]] == "You asked the bus never to stop here."
    named = place.stops.set_index("name")
    for name, said in why.items():
        stop = named.loc[name]
        refused = {"no": "Permission was refused.", "yes": None}.get(
            stop["permission"], "Nobody has given permission yet."
        )
        if refused and "never" not in said:
            assert said == refused
        if said == "It has no level access.":
            assert stop["level_access"] == "no"
    weekend = why[why.str.contains("is possible on Sat, Sun only")]
    assert len(weekend)
    # The caveat gives the same reason, and the stop's name and not its id.
    (told,) = [one for one in outcome.caveats if "cannot be visited on any day" in one]
    assert f"any day: {weekend.iloc[0].rstrip('.')}" in told
    assert not any(id_ in told for id_ in place.stops.index)
    assert any(said.startswith("It is possible, and the timetable reaches most") for said in why)
    scheme = place.stops["kind"] == "sheltered scheme"
    assert not why.reindex(place.stops.loc[scheme, "name"]).dropna().str.contains(r"\d").any()


def test_stop_is_heard_while_the_bus_is_routed(place):
    told = []
    values, hubs = {"hubs": "Mine", "bus_days": 10}, {"Mine": Scenario("Mine", "demo", draws=50)}

    def stop():
        return "routing the bus" in told and told[-1].startswith("20 of 50")

    answer = bus.bus_answer(values, place, hubs=hubs, progress=told.append, stop=stop)
    assert any("asked of 20 of 50 draws, then stopped" in said for said in answer.caveats)


def test_the_bus_waits_for_its_button_and_says_so(place, tmp_path):
    panel = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    panel.controls["bus_days"].value = 2
    assert panel.answer is None
    panel.refresh()
    first = panel.answer
    assert "in 2 days" in first.lead
    timetable = first.grids[0].frame
    assert len(timetable) == len(first.outcome.stops)
    panel.controls["bus_days"].value = 3
    assert panel.answer is first
    assert "for the earlier choices" in markup(panel)


def test_a_shift_too_short_for_any_stop_is_refused_in_words(place, tmp_path):
    panel = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    panel.controls["bus_session"].value = 240
    panel.controls["bus_shift"].value = 180
    panel.refresh()
    assert "Traceback" not in markup(panel)
    assert 'role="alert"' in markup(panel) or "nothing for a bus to do" in markup(panel)


def test_the_need_panel_tells_of_the_whole_place_and_of_each_ward(need_panel, place):
    assert place.name in need_panel.answer.lead
    for ward in need_panel.controls["ward"].options[1:6]:
        need_panel.controls["ward"].value = ward[1]
        assert ward[0] in need_panel.answer.lead
    need_panel.controls["ward"].value = ""


def test_a_ward_without_an_estimate_is_said_to_have_none(place):
    gap = place.wards.index[place.wards["adults"].isna()][0]
    said = need.need_answer({"by": "ward", "ward": gap}, place)
    assert said.lead.startswith(f"There is no estimate for {place.wards.loc[gap, 'name']}")
    assert "nan" not in " ".join((said.lead, *said.notes))


def test_a_fictional_place_is_called_so_on_every_panel(need_panel, hub_panel):
    assert "does not exist" in markup(need_panel)
    assert "does not exist" in markup(hub_panel)


def test_venues_of_one_name_are_told_apart(place):
    twins = replace(place, sites=place.sites.assign(name="Hall", kind="venue"))
    options = controls.candidates(twins)
    assert len(options) == (~place.sites["open"]).sum()
    assert set(options.values()) == set(place.sites.index[~place.sites["open"]])


def test_a_study_is_opened_from_any_folder_of_the_workspace(demo_workspace, monkeypatch, capsys):
    notebooks = demo_workspace.root / "my notebooks"
    notebooks.mkdir()
    monkeypatch.chdir(notebooks)
    opened = panels.open_study("demo")
    assert opening.in_words(opened) in capsys.readouterr().out
    assert not list(notebooks.iterdir())


def test_a_study_that_is_not_built_is_one_sentence_in_a_notebook(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.studies.mkdir()
    (workspace.studies / "town.toml").write_text('name = "Town"\ndistrict = "E08000012"\n')
    with pytest.raises(NotBuiltError, match="Run: mapping build --study town") as caught:
        panels.open_study("town", workspace=workspace)
    assert caught.value._render_traceback_() == [str(caught.value)]
    with pytest.raises(InvalidStudyError, match="Studies here: town"):
        panels.open_study("nowhere", workspace=workspace)


def moved(panel, site, *, right, up=0.0, done=True):
    """Move a hub on the map of a panel, as a reader does."""
    stage = parts(panel, hubmap.HubMap)
    place = stage._place
    point = place.sites.geometry[dict(panel.controls["placed"].value.points).get(site, site)]
    stage._moved(Move(site, point.x + right, point.y + up, done))
    return stage.map


def test_a_hub_that_is_moved_is_a_point_of_ones_own_and_the_others_stay(hub_panel):
    before = hub_panel.answer
    first, *others = before.outcome.new_hubs
    seen = moved(hub_panel, first, right=400, done=False)
    assert seen.status.startswith("Here: about")
    assert hub_panel.answer is before
    # A move that is given up leaves what was there.
    whole = seen.reach
    stage = parts(hub_panel, hubmap.HubMap)
    stage._cancelled()
    assert seen.status == hubmap.reach_words(before.outcome)
    assert seen.reach != whole
    seen = moved(hub_panel, first, right=400)
    after = hub_panel.answer.outcome
    assert set(others) < set(after.new_hubs)
    assert after.scenario.placed
    assert "(moved)" in hub_panel.answer.lead
    assert "nothing was left to choose" in markup(hub_panel)
    site = next(one for one in seen.sites if one["id"] == first)
    assert (site["role"], site["remove"]) == ("own", "Put back")
    assert [one["id"] for one in seen.sites].count(first) == 1
    moved(hub_panel, first, right=100)
    assert len(hub_panel.answer.outcome.scenario.placed) == 1
    hub_panel.undo()
    hub_panel.undo()
    assert hub_panel.controls["placed"].value == arranging.Arrangement()
    assert hub_panel.answer.outcome.new_hubs == before.outcome.new_hubs


def numbers(panel):
    sites = parts(panel, hubmap.HubMap).map.sites
    return {site["id"]: site["number"] for site in sites if site["movable"]}


def test_a_hub_keeps_its_number_and_its_must_wherever_it_is_moved(hub_panel):
    before = numbers(hub_panel)
    assert list(before.values()) == ["1", "2", "3", "4", "5"]
    second, _, fourth = list(before)[1:4]
    hub_panel.put({"must_open": (second,)})
    for site in (second, fourth):
        moved(hub_panel, site, right=-700)
        assert numbers(hub_panel) == before
    listed = hub_panel.answer.beside[0].frame["Hub"]
    assert listed.str.contains("moved").tolist() == [False, True, False, True, False]
    assert listed.str.startswith(tuple("12345")).all()
    assert "(moved)" in hub_panel.answer.grids[0].frame["Name"][1]
    assert hub_panel.controls["must_open"].value == (second,)
    assert second not in hub_panel.answer.outcome.scenario.must_open
    hub_panel.undo()
    assert numbers(hub_panel) == before
    parts(hub_panel, hubmap.HubMap)._removed(second)
    assert second in hub_panel.answer.outcome.scenario.must_open


def test_a_hub_that_is_placed_is_one_more_until_it_is_taken_away(hub_panel, place):
    stage = parts(hub_panel, hubmap.HubMap)
    before = hub_panel.answer.outcome
    x, y = place.sites.geometry.iloc[0].coords[0]
    stage._placed(Move("", x + 900, y, done=True))
    assert hub_panel.controls["new_hubs"].value == 6
    assert set(before.new_hubs) < set(hub_panel.answer.outcome.new_hubs)
    arranged = hub_panel.controls["placed"]
    assert "Own point" in markup(hub_panel)
    arranged.free.click()
    assert hub_panel.answer.outcome.scenario.must_open == ()
    stage._removed("own-1")
    assert hub_panel.controls["new_hubs"].value == 5
    assert hub_panel.answer.outcome.new_hubs == before.new_hubs
    assert arranged.children == ()


def test_a_point_in_the_sea_of_another_county_is_refused_and_the_hub_goes_back(hub_panel):
    before = hub_panel.answer
    with pytest.raises(InvalidScenarioError, match="more than 20 km"):
        moved(hub_panel, before.outcome.new_hubs[0], right=90_000)
    assert hub_panel.answer is before
    most = hub_panel.controls["new_hubs"].max
    with pytest.raises(InvalidScenarioError, match="no more than"):
        hubs.arranged(dict(hub_panel.values, new_hubs=most), arranging.Arrangement(), 1, most=most)


def test_a_scenario_with_points_of_ones_own_opens_again_as_it_was(hub_panel):
    moved(hub_panel, hub_panel.answer.outcome.new_hubs[0], right=300)
    kept = hub_panel.answer.outcome.scenario
    hub_panel.put({"placed": (), "must_open": (), "new_hubs": 3})
    hub_panel.put({"placed": kept.placed, "must_open": kept.must_open, "new_hubs": kept.new_hubs})
    assert replace(hub_panel.answer.outcome.scenario, name="") == replace(kept, name="")


def test_every_area_and_site_of_the_map_can_be_asked_about(hub_panel, place):
    stage = parts(hub_panel, hubmap.HubMap)
    new = hub_panel.answer.outcome.new_hubs
    unmapped = place.exclusion.frame.index[place.exclusion.frame["people"].isna()]
    for area in [*place.lsoas.index[:5], *unmapped[:1]]:
        card = stage.told("area", area)
        assert card.title == place.lsoas.loc[area, "name"]
        assert "nan" not in " ".join(card.lines)
    shown = [one["id"] for one in stage.map.sites]
    assert len(shown) == len(set(shown))
    for site in shown[::10]:
        assert stage.told("site", site).lines
    assert stage.told("site", new[0]).title == place.sites.loc[new[0], "name"]
    assert stage.told("site", "nowhere") is None


def test_draws_asked_for_are_told_beside_the_map(hub_panel):
    sure = parts(hub_panel, sureness.HowSure)
    assert "In the best plan" not in hub_panel.answer.beside[0].frame
    sure.start()
    sure.wait()
    assert "In the best plan" in hub_panel.answer.beside[0].frame
