"""Hashes of personal files tell that a file changed, and not what was in it."""

import hashlib
import json
import stat
from dataclasses import replace

import pandas as pd
import pytest

from mapping.disclosure import hashing
from mapping.errors import DisclosureError
from mapping.pipeline.building import ESTIMATE_FILES, NEEDS_FILES
from mapping.pipeline.inputs import PERSONAL, find_inputs
from mapping.scenario import Scenario, files
from mapping.study import read_study
from mapping.workspace import Workspace, sha256


@pytest.fixture
def real(demo_workspace, tmp_path):
    """The demo's files as those of a study that is not made up, in a workspace of its own."""

    def inputs(name="one", *, stock=None, fictional=False):
        root = tmp_path / name
        if not root.is_dir():
            (root / "data").mkdir(parents=True)
            (root / "data" / "raw").symlink_to(demo_workspace.raw)
        study = replace(read_study("demo", demo_workspace), fictional=fictional)
        if stock is not None:
            own = {**study.own, "stock": replace(study.own["stock"], file=str(stock))}
            study = replace(study, own=own)
        return find_inputs(study, None, Workspace(root))

    return inputs


def held(inputs):
    return {record: inputs.hashes[path] for record, path in inputs.own.items()}


def test_an_older_list_cannot_be_tested_row_by_row_against_the_hash(real, tmp_path):
    inputs = real()
    rows = inputs.own["stock"].read_bytes().splitlines(keepends=True)
    now = tmp_path / "stock.csv"
    now.write_bytes(b"".join(rows[:500] + rows[501:]))
    inputs = real(stock=now)
    said = json.dumps([inputs.described(), inputs.key((*NEEDS_FILES, *ESTIMATE_FILES))])
    whole = b"".join(rows)
    for row in rows[1:1001]:
        guess = whole.replace(row, b"")
        assert hashlib.sha256(guess).hexdigest() not in said
    for path in (inputs.own["stock"], inputs.own["survey"]):
        assert sha256(path) not in said
        assert hashing.keyed_hash(path, hashing.MADE_UP) not in said


def test_published_files_keep_their_plain_hash_that_anybody_can_check(real):
    inputs = real()
    for record, path in inputs.own.items():
        if record not in PERSONAL:
            assert inputs.hashes[path] == sha256(path)
    assert all(inputs.hashes[path] == sha256(path) for _, path in inputs.published.values())


def test_every_workspace_has_a_secret_of_its_own_that_its_owner_alone_can_read(real, tmp_path):
    one, other = held(real("one")), held(real("other"))
    secrets = [tmp_path / name / "data" / "processed" / "secret.key" for name in ("one", "other")]
    assert secrets[0].read_text() != secrets[1].read_text()
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert one == held(real("one"))
    assert {name for name in one if one[name] != other[name]} == set(PERSONAL) & one.keys()
    assert secrets[0].read_text() not in json.dumps(real("one").described())


def test_made_up_studies_have_no_secret_and_come_out_alike_everywhere(real, tmp_path):
    assert held(real("one", fictional=True)) == held(real("other", fictional=True))
    assert not (tmp_path / "one" / "data" / "processed").exists()


def test_a_file_that_changes_is_built_from_anew_and_told_when_a_scenario_is_opened(
    real, place, tmp_path
):
    before = real()
    rows = before.own["stock"].read_bytes().splitlines(keepends=True)
    (tmp_path / "stock.csv").write_bytes(b"".join(rows[:-1]))
    after = real(stock=tmp_path / "stock.csv")
    assert before.key(NEEDS_FILES) != after.key(NEEDS_FILES)

    def on(inputs):
        return replace(place, sources=pd.DataFrame(inputs.described()))

    path = files.save(Scenario(name="Kept", study="demo"), tmp_path / "kept.toml", place=on(before))
    assert files.open_file(path, place=on(before)).changes == ()
    assert files.open_file(path, place=on(after)).changes == ("stock.csv has changed since.",)
    (said,) = files.open_file(path, place=on(real("other"))).changes
    assert said.startswith("Whether ")
    assert "stock.csv" in said
    assert "cannot be told: hashes of personal files are keyed" in said


def test_a_damaged_secret_is_told_and_not_used(tmp_path):
    assert hashing.secret(tmp_path) == hashing.secret(tmp_path)
    for text in ("", "short", "Z" * 64):
        (tmp_path / "secret.key").write_text(text)
        with pytest.raises(DisclosureError, match=r"secret\.key is damaged. Delete it") as error:
            hashing.secret(tmp_path)
        assert not text or text not in str(error.value)
