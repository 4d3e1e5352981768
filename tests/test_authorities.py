"""The smallest and the largest English authority, from published files to a place."""

import pytest

from mapping import pipeline
from mapping.pipeline import building, inputs
from mapping.pipeline.manifest import Step
from mapping.scenario import Scenario, weigh
from mapping.study import Study
from mapping.workspace import Workspace

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", autouse=True)
def read_once():
    """Read each national file once for all places: reading takes most of the time."""
    read, held = inputs.read, {}

    def remembered(source, path, **options):
        key = (source.id, path, repr(options))
        if key not in held:
            held[key] = read(source, path, **options)
        return held[key].copy() if hasattr(held[key], "copy") else held[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "read", remembered)
        yield


@pytest.mark.parametrize(
    ("name", "district", "areas", "residents"),
    [("Isles of Scilly", "E06000053", 1, 2_100), ("Birmingham", "E08000025", 659, 1_144_900)],
)
def test_any_english_authority_is_built_with_nobody_lost(
    open_data, tmp_path, monkeypatch, name, district, areas, residents
):
    # What census returns tell is learned from all of England whatever the place, as Liverpool's
    # tests do; the check of the estimate is the same for every place: both are long.
    monkeypatch.setattr(building, "_returns", lambda _: None)
    unchecked = Step({}, {"card": None, "told": []})
    monkeypatch.setattr(building, "check_estimate", lambda *_, **__: unchecked)
    study = Study("any", name, district, learn_from="published_rates")
    workspace = Workspace(tmp_path)
    pipeline.build(study, raw=open_data, workspace=workspace)
    place = pipeline.load(study, workspace=workspace)
    assert len(place.lsoas) == areas
    # Published to the nearest hundred.
    assert place.lsoas["residents"].sum() == pytest.approx(
        residents, rel=0.03 if areas == 1 else 1e-3
    )
    checks = place.reconciliation
    assert len(checks) == 5
    assert (checks["before"] == checks["lsoas"]).all()
    assert (checks["lsoas"] - checks["wards"]).abs().max() < 1e-6
    assert (place.matched["missing"] == 0).all()
    assert place.matched["vintage"].notna().all()
    draws = place.exclusion.draws
    assert draws.notna().all(axis=None)
    # Nothing could host a hub there, and no list says what is open: not known, and not a traceback.
    none = weigh(Scenario("None", "any", new_hubs=0, bus_days=0), place)
    assert not none.reach_known
