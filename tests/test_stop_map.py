"""The live map of the bus: stops moved by hand, told at once, planned when asked, undone."""

from dataclasses import replace

import pandas as pd
import pytest

from mapping import panels
from mapping.maps.live import Move
from mapping.panels import bus, saving, stopmap
from mapping.panels.arranging import Arrangement
from mapping.report import words
from mapping.report.siting import VULNERABLE
from mapping.scenario import MAY_NOT_PARK, Scenario
from mapping.workspace import Workspace

HOSTILE = '<img src=x onerror="steal()">${steal()}</script>'


@pytest.fixture
def panel(place, tmp_path):
    made = panels.route_bus(place, study="demo", workspace=Workspace(tmp_path))
    made.put({"bus_days": 2})
    made.refresh()
    return made


def stage(panel):
    return next(one for one in panel.children[1].children if isinstance(one, stopmap.StopMap))


def shown(panel, role):
    return [site["id"] for site in stage(panel).map.sites if site["role"] == role]


def plain(panel, place):
    """A stop of the plan whose own figure may be shown."""
    hidden = words.stop_count_hidden(panel.answer.outcome, place)
    return str(hidden.index[~hidden][0])


def beside(place, stop, right=400.0):
    point = place.stops.to_crs("EPSG:27700").geometry[stop]
    return point.x + right, point.y


def test_stops_hubs_candidates_and_the_depot_are_on_the_map_with_their_routes(panel, place):
    outcome = panel.answer.outcome
    assert shown(panel, "stop") == [str(stop) for stop in outcome.stops.index]
    numbers = [site["number"] for site in stage(panel).map.sites if site["role"] == "stop"]
    assert numbers == [str(at) for at in range(1, len(outcome.stops) + 1)]
    assert shown(panel, "depot") == [f"depot:{place.depot}"]
    assert shown(panel, "proposed") == [f"hub:{site}" for site in outcome.new_hubs]
    assert len(shown(panel, "candidate")) == len(place.stops) - len(outcome.stops)
    ids = [site["id"] for site in stage(panel).map.sites]
    assert len(ids) == len(set(ids))
    assert [line["name"] for line in stage(panel).map.lines] == ["Mondays", "Tuesdays"]
    assert not stage(panel).map.stale
    assert all(line["paths"] for line in stage(panel).map.lines)
    listed = panel.answer.beside[0].frame["Stop"]
    assert listed.str.startswith(tuple(f"{at} " for at in range(1, 21))).all()


def test_a_stop_tells_on_its_way_whom_it_reaches_and_is_planned_where_it_is_let_go(panel, place):
    live, first = stage(panel), panel.answer.outcome
    stop = plain(panel, place)
    x, y = beside(place, stop)
    live._moved(Move(stop, x, y, done=False))
    assert live.map.status.startswith("Here: ")
    assert "whom no hub and no other stop reaches" in live.map.status
    assert panel.answer.outcome is first
    live._moved(Move(stop, x, y, done=True))
    held = panel.controls["bus_placed"].value
    assert held.moved == (stop,)
    assert shown(panel, "own") == [stop]
    assert stop not in shown(panel, "candidate")
    assert live.map.stale
    assert "Press “Route the bus”" in live.map.status
    assert MAY_NOT_PARK in live.map.status
    together = live.map.status.split(" within")[0]
    panel.refresh()
    outcome = panel.answer.outcome
    assert outcome.scenario.bus_placed == held.placed
    assert outcome.scenario.bus_never == (stop,)
    assert held.placed[0] in outcome.stops.index
    assert not live.map.stale
    if set(outcome.stops.index) == {*map(str, first.stops.index), *held.placed} - {stop}:
        assert live.map.status.startswith(together)
    assert MAY_NOT_PARK in live.told("site", stop).lines


def test_a_move_is_undone_and_done_again(panel, place):
    live = stage(panel)
    stop = shown(panel, "stop")[0]
    before = live.map.sites
    live._moved(Move(stop, *beside(place, stop), done=True))
    after = live.map.sites
    panel.undo()
    assert live.map.sites == before
    assert not live.map.stale
    panel.redo()
    assert live.map.sites == after
    live._removed(stop)
    assert live.map.sites == before


def test_a_lock_and_a_must_go_with_a_stop_that_is_moved_into_its_file_and_back(
    panel, place, tmp_path
):
    live, locks = stage(panel), panel.controls["bus_locked"]
    stop = plain(panel, place)
    panel.put({"bus_must": (stop,), "bus_locked": (f"{stop} tue 10:00",)})
    live._moved(Move(stop, *beside(place, stop), done=True))
    assert "(moved): Tuesdays at 10:00" in listed_words(locks)
    panel.refresh()
    (own,) = panel.answer.outcome.scenario.bus_locked
    text = panel.controls["bus_placed"].value.placed[0]
    assert own == f"{text} tue 10:00"
    visit = words.timetable(panel.answer.outcome, place).set_index("stop").loc[text]
    assert (visit["on"][:3], visit["opens"]) == ("Tue", "10:00")
    saver = next(one for one in panel.children[1].children[-1].children
                 if isinstance(one, saving.Saver))  # fmt: skip
    saver.name.value = "Locked"
    saver.save()
    panel.undo()
    assert "(moved)" not in listed_words(locks)
    assert locks.value == (f"{stop} tue 10:00",)
    assert panel.controls["bus_must"].value == (stop,)
    panel.redo()
    live._removed(stop)
    assert panel.controls["bus_must"].value == (stop,)
    assert locks.value == (f"{stop} tue 10:00",)
    saver._reopen(saving.path_of("Locked", "demo", Workspace(tmp_path)))
    assert "also chooses" not in saver.message.value
    assert "(moved): Tuesdays at 10:00" in listed_words(locks)
    live._moved(Move("own-1", *beside(place, stop, right=450.0), done=True))
    assert locks.value == ("own-1 tue 10:00",)
    live._removed("own-1")
    assert locks.value == ()
    panel.undo()
    assert locks.value == ("own-1 tue 10:00",)


def listed_words(locks):
    return locks._entries.children[0].children[0].value


def test_a_stop_is_placed_kept_in_a_file_and_taken_away(panel, place, tmp_path):
    live = stage(panel)
    live._placed(Move("", *beside(place, place.stops.index[0]), done=True))
    assert shown(panel, "own") == ["own-1"]
    saver = next(one for one in panel.children[1].children[-1].children
                 if isinstance(one, saving.Saver))  # fmt: skip
    saver.name.value = "With a stop"
    saver.save()
    kept = saving.saved("demo", Workspace(tmp_path))[0]["With a stop"]
    assert [text.split("@")[0] for text in kept.bus_placed] == ["Own stop"]
    live._removed("own-1")
    assert shown(panel, "own") == []
    saver._reopen(saving.path_of("With a stop", "demo", Workspace(tmp_path)))
    assert shown(panel, "own") == ["own-1"]
    assert panel.controls["bus_placed"].value.placed == kept.bus_placed
    assert "also chooses" not in saver.message.value


def test_a_place_far_away_is_refused_in_words_and_the_stop_goes_back(panel):
    live, sent = stage(panel).map, []
    live.send = lambda content, *_: sent.append(content["kind"])
    stop = shown(panel, "stop")[0]
    live._hear({"kind": "move", "id": stop, "at": [51.5, -0.1], "done": True, "seq": 1})
    assert "more than 20 km from" in live.status
    assert sent == ["back", "done"]
    assert panel.controls["bus_placed"].value == Arrangement()


def test_the_values_of_the_controls_make_a_scenario_with_stops_of_ones_own():
    hubs = {"Mine": Scenario(name="Mine", study="demo", new_hubs=2, bus_never=("V9",))}
    held = Arrangement((("V1", "Hall (moved)@334000,390000"), ("own-1", "Shops@334500,390000")))
    made = bus.scenario_from({"hubs": "Mine", "bus_days": 4, "bus_placed": held}, hubs)
    assert made.bus_placed == held.placed
    assert made.bus_never == ("V9", "V1")
    assert bus.scenario_from({"hubs": "Mine", "bus_days": 4}, hubs).bus_placed == ()
    values = {"hubs": "Mine", "bus_days": 4, "bus_placed": held, "bus_never": ("V7",)}
    assert bus.scenario_from(values, hubs).bus_never == ("V7", "V1")
    locks = ("V1 tue 10:00", "V2 wed 11:00", "own-1 thu 9:30", "own-2 fri 9:30")
    values |= {"bus_must": ("V1", "V2"), "bus_locked": locks}
    together = values | bus.arranged(values, held)
    # A point that was taken away has no lock any more.
    assert together["bus_locked"] == locks[:3]
    made = bus.scenario_from(together, hubs)
    assert made.bus_must == ("V2",)  # every point of one's own is visited
    assert made.bus_locked == (
        "Hall (moved)@334000,390000 tue 10:00",
        "V2 wed 11:00",
        "Shops@334500,390000 thu 9:30",
    )


def test_cards_say_why_of_stops_hubs_areas_and_places_not_chosen(panel, place):
    live = stage(panel)
    card = live.told("site", plain(panel, place))
    assert any(line.startswith("Open ") for line in card.lines)
    assert any("no hub and no other stop" in line for line in card.lines)
    assert any("In the plan" in line for line in card.lines)
    candidate = live.told("site", shown(panel, "candidate")[0])
    assert len(candidate.lines) == 2
    assert live.told("site", shown(panel, "open")[0]).title in set(place.sites["name"])
    assert live.told("site", shown(panel, "depot")[0]).title == "Depot"
    area = live.told("area", place.lsoas.index[0])
    assert any("earest stop" in line or "No bus stop" in line for line in area.lines)
    assert live.told("site", "nowhere") is None


def test_the_figure_of_a_sheltered_scheme_is_not_told_on_the_way_nor_in_its_card(panel, place):
    live, stop = stage(panel), plain(panel, place)
    stops = place.stops.copy()
    stops.loc[stop, "kind"] = "sheltered scheme"
    live._base = live._place = replace(place, stops=stops)
    live._moved(Move(stop, *beside(place, stop, right=20.0), done=False))
    assert live.map.status.startswith("Here, with the other stops: about")
    assert live.map.status.endswith(VULNERABLE)
    card = live.told("site", stop)
    assert VULNERABLE in card.lines
    assert not any("About" in line for line in card.lines)


def test_names_of_stops_travel_as_text(place, tmp_path):
    named = replace(place, stops=place.stops.assign(name=HOSTILE))
    made = panels.route_bus(named, study="demo", workspace=Workspace(tmp_path))
    made.put({"bus_days": 1})
    made.refresh()
    assert "<img" not in made._lead.value + made._detail.value
    stop = shown(made, "stop")[0]
    stage(made)._moved(Move(stop, *beside(place, stop), done=True))
    assert "<img" not in made.controls["bus_placed"]._said.value


def test_without_a_bus_to_route_the_map_still_takes_a_stop(place, tmp_path):
    reached = replace(place, stops=place.stops.drop(columns="must_visit", errors="ignore"))
    everybody = pd.DataFrame(999.0, place.lsoas.index, place.stops.index)
    made = panels.route_bus(
        replace(reached, walk_to_stops=replace(place.walk_to_stops, minutes=everybody)),
        study="demo",
        workspace=Workspace(tmp_path),
    )
    made.refresh()
    assert made.answer.lead == bus.NOBODY_LEFT
    assert shown(made, "stop") == []
    assert "Nobody within" in stage(made).map.status
    stage(made)._placed(Move("", *beside(place, place.stops.index[0]), done=True))
    assert shown(made, "own") == ["own-1"]
