"""Postcodes asked of a service on loopback that misbehaves; nothing personal is kept of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pandas as pd
import pytest

from mapping.errors import DownloadError, InvalidStudyError, InvalidTableError
from mapping.pipeline.inputs import find_inputs, postcodes_of
from mapping.sources import records, standing
from mapping.sources.postcodes_io import ANSWER, BATCH, PostcodesIo
from mapping.sources.transfer import Limits
from mapping.study import PostcodesIo as Allowed
from mapping.study import read_study
from mapping.workspace import Workspace

HASTY = Limits(attempts=3, silence=5, wait=0.01, longest_wait=0.05)


@dataclass
class Service:
    """Answers each batch as the next of `acts` says, or as the real service would."""

    acts: list[Callable] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    address: str = ""


def known(code: str) -> dict[str, int] | None:
    """Return a place for every postcode but those that end in ZZ."""
    return None if code.endswith("ZZ") else {"eastings": 335_000 + len(code), "northings": 391_000}


def answers(batch: list[str]) -> dict:
    return {"status": 200, "result": [{"query": code, "result": known(code)} for code in batch]}


def says(content: object, status: int = 200, **headers: str) -> Callable:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    def act(request, _: list[str]) -> None:
        request.reply(body, status, **headers)
        request.close_connection = True

    return act


@pytest.fixture
def service(loopback) -> Service:
    behaviour = Service()

    def answer(request) -> None:
        sent = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        assert set(sent) == {"postcodes"}
        behaviour.asked.append(sent["postcodes"])
        act = behaviour.acts.pop(0) if behaviour.acts else None
        (act or says(answers(sent["postcodes"])))(request, sent["postcodes"])

    behaviour.address = loopback(answer)
    return behaviour


def asking(service, cache=None):
    return PostcodesIo(cache, service.address, limits=HASTY)


def codes(count):
    return pd.Index([f"L{at}1AA" for at in range(count)])


def test_postcodes_are_asked_in_batches_each_once_and_in_order(service):
    wanted = codes(2 * BATCH + 5)[::-1]
    found = asking(service)(wanted)
    assert [len(batch) for batch in service.asked] == [BATCH, BATCH, 5]
    assert [code for batch in service.asked for code in batch] == sorted(wanted)
    assert found.index.equals(wanted.rename("postcode"))
    assert found.loc["L01AA"].tolist() == [335_005, 391_000]


def test_what_was_answered_for_places_is_kept_and_not_asked_again(service, tmp_path):
    cache = tmp_path / "kept" / "places.csv"
    asking(service, cache)(codes(3))
    again = asking(service, cache)(codes(4))
    assert service.asked[1:] == [["L31AA"]]
    assert len(again) == 4
    cache.write_text("damaged")
    assert len(asking(service, cache)(codes(2))) == 2
    assert cache.read_text().startswith("postcode,easting,northing\n")


def test_batches_answered_before_a_fault_are_kept(service, tmp_path):
    cache = tmp_path / "places.csv"
    service.acts = [None, *[says(b"", 503)] * 3]
    with pytest.raises(DownloadError, match="503"):
        asking(service, cache)(codes(BATCH + 1))
    assert len(cache.read_text().splitlines()) == BATCH + 1


@pytest.mark.parametrize(
    "act", [says(b"", 429, Retry_After="0"), says(b"", 503), says(b'{"re', Content_Length="999")]
)
def test_a_busy_or_broken_answer_is_asked_for_again(service, act):
    service.acts = [act]
    assert len(asking(service)(codes(2))) == 2
    assert len(service.asked) == 2


ONE = {"query": "L01AA", "result": known("L01AA")}


@pytest.mark.parametrize(
    "act",
    [
        says(b"<!doctype html><p>Log in"),
        says(b"[" * 100_000),
        says({"status": 200}),
        says({"result": None}),
        says({"result": []}),
        says({"result": [ONE, ONE]}),
        says({"result": [{**ONE, "query": "L91ZZ"}]}),
        says({"result": [{**ONE, "result": {"eastings": "x", "northings": 1}}]}),
        says({"result": [{**ONE, "result": {"eastings": 391_000, "northings": 9e9}}]}),
        says({"result": [{**ONE, "result": {"eastings": float("nan"), "northings": 1}}]}),
        says(b"x" * (ANSWER + 70_000)),
        says(b"", 302, Location="http://127.0.0.1:9/elsewhere"),
        says({"error": "no"}, 404),
        says({"error": "no"}, 400),
    ],
)
def test_a_strange_answer_places_nothing_and_is_one_sentence(service, act, tmp_path):
    service.acts = [act]
    cache = tmp_path / "places.csv"
    with pytest.raises(DownloadError) as error:
        asking(service, cache)(codes(1))
    assert str(error.value).startswith(service.address)
    assert "\n" not in str(error.value)
    assert not cache.exists()
    assert len(service.asked) == 1


def test_a_postcode_that_is_not_known_or_not_in_the_grid_has_no_row(service):
    jersey = {"query": "JE11AA", "result": {"eastings": None, "northings": None}}
    nobody = {"query": "L11ZZ", "result": None}
    service.acts = [says({"result": [nobody, jersey]})]
    assert asking(service)(pd.Index(["JE11AA", "L11ZZ"])).empty


def test_homes_are_placed_by_distinct_postcodes_and_the_unmatched_listed(service, tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text(
        "uprn,postcode,easting,northing\n"
        "1,l1 1aa,,\n2,L11AA,,\n3,L1 1ZZ,,\n4,L2 2AA,335000,391000\n5,,,\n"
    )
    homes = records.homes(path, {}, postcodes=asking(service))
    assert service.asked == [["L11AA", "L11ZZ"]]  # not the one whose position is known
    assert (homes.listed, len(homes.points), homes.unplaced, homes.rows) == (5, 3, 2, (4, 6))
    told = standing.own({"stock": (path, {})}, postcodes={"stock": asking(service)})["told"]
    assert "no known place: see rows 4, 6" in told[0]
    assert not [file for file in tmp_path.rglob("*") if file != path]


def test_the_service_is_asked_only_where_the_study_says_so_and_no_directory_is_here(
    demo_workspace, tmp_path
):
    study = read_study("demo", demo_workspace)
    kept = tmp_path / "places.csv"
    for whose in ("places", "homes", "learners"):
        assert postcodes_of(study, whose, None, kept) is None
    allowed = replace(study, postcodes_io=Allowed(places=True, homes=True))
    assert postcodes_of(allowed, "places", None, kept).cache == kept
    assert postcodes_of(allowed, "homes", None, kept).cache is None
    assert postcodes_of(allowed, "learners", None, kept) is None
    inputs = find_inputs(allowed, None, demo_workspace)
    assert inputs.sent("homes") == (
        "The postcodes of homes without another position were sent to postcodes.io, and nothing "
        "else, as the study file allows.",
    )
    assert inputs.sent("learners") == ()
    told = [entry for entry in inputs.described() if entry["source"] == "postcodes_io"]
    assert "Royal Mail" in told[0]["attribution"]
    assert not any(
        entry["source"] == "postcodes_io"
        for entry in find_inputs(study, None, demo_workspace).described()
    )
    directory = ("source", "path")
    assert not isinstance(postcodes_of(allowed, "homes", directory, kept), PostcodesIo)


def test_a_study_switches_it_on_by_whose_postcodes(tmp_path):
    path = tmp_path / "any.toml"
    start = 'name = "A"\ndistrict = "E08000012"\n'
    path.write_text(start)
    assert read_study(path, Workspace(tmp_path)).postcodes_io == Allowed()
    path.write_text(start + "[postcodes_io]\nhomes = true\n")
    assert read_study(path, Workspace(tmp_path)).postcodes_io == Allowed(homes=True)
    path.write_text(start + '[postcodes_io]\nhomes = "yes"\nall = true\n')
    with pytest.raises(InvalidStudyError, match=r"io\.all' is not known; .*homes must be true or"):
        read_study(path, Workspace(tmp_path))


def test_places_without_any_answer_are_refused_by_row(service, tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("site,name,postcode\nA,Hall,L1 1ZZ\n")
    with pytest.raises(InvalidTableError, match="row 2 says nowhere where it lies"):
        records.sites(path, {}, postcodes=asking(service))
