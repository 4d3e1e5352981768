"""A scenario's file says what it was made on, and opening it says what has changed since."""

from dataclasses import replace

import pandas as pd
import pytest

from mapping.errors import InvalidScenarioError
from mapping.scenario import Scenario, files, weigh

FIVE = Scenario(name="Five", study="demo", bus_days=0, note="As in May.")


def rebuilt(place, **changed):
    sources = place.sources.copy()
    for file, digest in changed.get("hashes", {}).items():
        sources.loc[sources["file"] == file, "sha256"] = digest
    return replace(place, sources=sources, fingerprint="another")


def test_a_file_holds_what_it_was_made_on_and_is_still_a_scenario(place, tmp_path):
    path = files.save(FIVE, tmp_path / "five.toml", place=place)
    text = path.read_text()
    assert f'study = "{place.fingerprint}"' in text
    assert all(digest in text for digest in place.sources["sha256"])
    assert Scenario.load(path) == FIVE
    assert files.open_file(path, place=place) == files.Opened(FIVE, (), files.MadeOn.of(place))


def test_the_same_scenario_is_the_same_text(place, tmp_path):
    other = replace(place, sources=place.sources.sample(frac=1, random_state=1))
    one = files.save(FIVE, tmp_path / "one.toml", place=place).read_text()
    assert files.save(FIVE, tmp_path / "two.toml", place=other).read_text() == one


def test_a_scenario_from_file_gives_the_same_outcome_to_the_last_digit(place, tmp_path):
    path = files.save(replace(FIVE, draws=20), tmp_path / "five.toml", place=place)
    first = weigh(replace(FIVE, draws=20), place)
    again = weigh(files.open_file(path, place=place).scenario, place)
    pd.testing.assert_frame_equal(first.measures, again.measures, check_exact=True)
    pd.testing.assert_frame_equal(first.draws, again.draws, check_exact=True)
    pd.testing.assert_frame_equal(first.confidence.sites, again.confidence.sites, check_exact=True)


def test_opening_on_changed_data_names_the_files_that_changed(place, tmp_path):
    path = files.save(FIVE, tmp_path / "five.toml", place=place)
    first, second = place.sources["file"].iloc[:2]
    less = place.sources[place.sources["file"] != second]
    assert files.open_file(path, place=rebuilt(place, hashes={first: "0"})).changes == (
        f"{first} has changed since.",
    )
    assert files.open_file(path, place=replace(place, sources=less)).changes == (
        f"{second} is no longer used.",
    )
    files.save(FIVE, path, place=replace(place, sources=less))
    assert files.open_file(path, place=place).changes == (f"{second} is used now and was not.",)


def test_opening_says_when_the_study_was_built_in_another_way_or_by_another_version(
    place, tmp_path, monkeypatch
):
    path = files.save(FIVE, tmp_path / "five.toml", place=place)
    (told,) = files.open_file(path, place=rebuilt(place)).changes
    assert "built anew from the same files" in told
    monkeypatch.setattr(files, "__version__", "9.9")
    (told,) = files.open_file(path, place=rebuilt(place)).changes
    assert "this is 9.9" in told
    (told,) = files.open_file(path, place=replace(place, name="Liverpool")).changes
    assert told == "It was made for Exampleton, not for Liverpool."


def test_opening_names_sites_and_wards_that_are_there_no_longer(place, tmp_path):
    scenario = replace(FIVE, must_open=("gone-hall",), in_wards=("E05000000",))
    path = files.save(scenario, tmp_path / "five.toml", place=place)
    site, ward = files.open_file(path, place=place).changes
    assert "gone-hall" in site
    assert "E05000000" in ward


def test_a_file_without_what_it_was_made_on_says_so_and_opens(place, tmp_path):
    path = FIVE.save(tmp_path / "five.toml")
    opened = files.open_file(path, place=place)
    assert opened.scenario == FIVE
    assert "does not say what data" in opened.changes[0]
    assert files.open_file(path).changes == ()


@pytest.mark.parametrize("table", ['made_on = "May"', '[made_on]\ncode = "1"', "[made_on]\ncode=1"])
def test_a_damaged_account_of_the_data_is_refused_in_a_sentence(place, tmp_path, table):
    path = FIVE.save(tmp_path / "five.toml")
    path.write_text(f"{path.read_text()}\n{table}\n")
    with pytest.raises(InvalidScenarioError, match=r"five\.toml: \[made_on\] cannot be read"):
        files.open_file(path, place=place)


def test_a_copy_has_another_name_and_the_same_choices_and_data(place, tmp_path):
    path = files.save(FIVE, tmp_path / "five.toml", place=place)
    copy = files.duplicate(path, name="Five, Speke first!")
    assert copy.name == "five-speke-first.toml"
    opened = files.open_file(copy, place=place)
    assert opened.scenario == replace(FIVE, name="Five, Speke first!")
    assert opened.changes == ()
    with pytest.raises(InvalidScenarioError, match="exists already"):
        files.duplicate(path, name="Five, Speke first!")


def test_a_name_and_a_note_are_changed_without_the_rest(place, tmp_path):
    path = files.save(FIVE, tmp_path / "five.toml", place=place)
    files.describe(path, note="For the June board.")
    files.describe(path, name="Five hubs")
    opened = files.open_file(path, place=place)
    assert opened.scenario == replace(FIVE, name="Five hubs", note="For the June board.")
    assert opened.changes == ()
