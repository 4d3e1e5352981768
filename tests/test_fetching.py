"""The downloader against a server on loopback that misbehaves in every way it can."""

import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mapping.errors import DownloadError, MissingSourceError
from mapping.pipeline import getting
from mapping.sources import catalogue
from mapping.sources.bundle import bring, write_bundle
from mapping.sources.fetching import get
from mapping.sources.receipts import Receipt, beside
from mapping.sources.transfer import Limits, new_session
from mapping.sources.verifying import verify
from mapping.workspace import Workspace

HASTY = Limits(attempts=3, silence=20, wait=0.01, longest_wait=0.2, size=2_000_000)
LOOKUP = "LSOA21CD,LSOA21NM,WD24CD,WD24NM,LAD24CD,LAD24NM\n" + "".join(
    f"E0100{i:04d},Town {i:04d}A,E05000001,North,E08000012,Town\n" for i in range(2_000)
)
BODY = LOOKUP.encode()


@dataclass
class Misbehaving:
    """What the server does with each request, one after another; the last goes on for ever."""

    acts: list[Callable] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""

    def answer(self, request) -> None:
        self.asked.append((request.path, dict(request.headers)))
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        act(request)


@pytest.fixture
def server(loopback) -> Misbehaving:
    behaviour = Misbehaving()
    behaviour.address = loopback(behaviour.answer)
    return behaviour


def sends(body: bytes = BODY, status: int = 200, **headers: str) -> Callable:
    return lambda request: request.reply(body, status, **headers)


def breaks_off(after: int, **headers: str) -> Callable:
    def act(request) -> None:
        sends(BODY[:after], Content_Length=str(len(BODY)), **headers)(request)
        request.close_connection = True

    return act


def goes_on(request) -> None:
    """Send the rest that was asked for, as a good server does."""
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    place = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    sends(BODY[start:], 206, Content_Range=place, ETag='"one"')(request)


def drips(request) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(BODY)))
    request.end_headers()
    try:
        for _ in range(100):
            request.wfile.write(b"x")
            time.sleep(0.02)
    except OSError:
        pass
    request.close_connection = True


def lookup(server: Misbehaving, **changes: str):
    return replace(catalogue()["lookup_lsoa21_ward24"], url=f"{server.address}/lookup", **changes)


def fetched(server: Misbehaving, folder: Path, limits: Limits = HASTY, **changes: str):
    return get(lookup(server, **changes), folder, session=new_session(), limits=limits)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_put_in_place_with_a_receipt_that_says_where_it_came_from(server, tmp_path):
    server.acts = [sends(ETag='"one"')]
    got = fetched(server, tmp_path)
    receipt = Receipt.of(got.path)
    assert got.changed
    assert got.path.read_bytes() == BODY
    assert receipt is not None
    assert (receipt.address, receipt.size) == (f"{server.address}/lookup", len(BODY))
    assert receipt.licence == "OGL v3.0"
    assert server.asked[0][1]["User-Agent"].startswith("digital-inclusion-mapping/")
    assert sorted(leftovers(tmp_path)) == sorted([got.path.name, beside(got.path).name])


def test_what_the_publisher_has_not_changed_is_not_sent_again(server, tmp_path):
    def unchanged(request):
        assert request.headers["If-None-Match"] == '"one"'
        sends(b"", 304)(request)

    server.acts = [sends(ETag='"one"'), unchanged]
    fetched(server, tmp_path)
    assert not fetched(server, tmp_path).changed


def test_a_file_edited_since_is_fetched_anew(server, tmp_path):
    server.acts = [sends(ETag='"one"')]
    got = fetched(server, tmp_path)
    got.path.write_text("edited")
    assert fetched(server, tmp_path).changed
    assert "If-None-Match" not in server.asked[-1][1]
    assert got.path.read_bytes() == BODY


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_when_it_says(server, tmp_path, status):
    server.acts = [sends(b"", status, Retry_After="0"), sends()]
    assert fetched(server, tmp_path).changed


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for(server, tmp_path):
    server.acts = [sends(b"", 503, Retry_After="86400"), sends()]
    began = time.monotonic()
    fetched(server, tmp_path)
    assert time.monotonic() - began < 5


def test_a_server_that_stays_busy_is_given_up_in_one_sentence(server, tmp_path):
    server.acts = [sends(b"", 503)]
    with pytest.raises(DownloadError, match=r"503 .*3 times\. Try again later"):
        fetched(server, tmp_path)
    assert len(server.asked) == HASTY.attempts


def test_a_transfer_that_breaks_off_goes_on_from_where_it_stopped(server, tmp_path):
    server.acts = [breaks_off(50_000, ETag='"one"'), goes_on]
    got = fetched(server, tmp_path)
    asked = server.asked[1][1]
    assert asked["Range"].startswith("bytes=")
    assert asked["If-Range"] == '"one"'
    assert got.path.read_bytes() == BODY


def test_an_interrupted_download_is_taken_up_by_the_next_call(server, tmp_path):
    server.acts = [breaks_off(50_000, ETag='"one"')] * 3 + [goes_on]
    with pytest.raises(DownloadError):
        fetched(server, tmp_path, replace(HASTY, attempts=1))
    server.acts = [goes_on]
    assert fetched(server, tmp_path).path.read_bytes() == BODY


def test_the_rest_of_another_version_is_not_glued_to_the_start_of_this_one(server, tmp_path):
    server.acts = [breaks_off(50_000, ETag='"one"'), sends(ETag='"two"')]
    assert fetched(server, tmp_path).path.read_bytes() == BODY


def test_a_server_that_sends_less_than_it_announced_is_not_believed(server, tmp_path):
    server.acts = [breaks_off(60_000)]
    with pytest.raises(DownloadError, match=r"bytes came instead of|broke off"):
        fetched(server, tmp_path)
    assert not list(tmp_path.glob("*/*.csv"))


def test_a_file_other_than_the_known_one_is_refused_and_the_old_one_kept(server, tmp_path):
    server.acts = [sends()]
    got = fetched(server, tmp_path)
    with pytest.raises(DownloadError, match="SHA-256"):
        fetched(server, tmp_path, sha256="0" * 64)
    assert got.path.read_bytes() == BODY


def test_a_web_page_with_status_200_is_not_taken_for_the_file(server, tmp_path):
    server.acts = [sends(b"\n<!DOCTYPE html><html>Please log in</html>")]
    with pytest.raises(DownloadError, match="a web page instead of the file"):
        fetched(server, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_slow_drip_is_not_waited_for_for_ever(server, tmp_path):
    server.acts = [drips]
    with pytest.raises(DownloadError, match="slower than"):
        fetched(server, tmp_path, replace(HASTY, attempts=1, silence=0.3))


def test_a_server_that_never_answers_is_given_up(server, tmp_path):
    server.acts = [lambda _: time.sleep(1.5)]
    with pytest.raises(DownloadError, match="does not answer"):
        fetched(server, tmp_path, replace(HASTY, attempts=1, silence=0.2))


def test_a_redirect_in_a_circle_is_named(server, tmp_path):
    server.acts = [sends(b"", 302, Location="/lookup")]
    with pytest.raises(DownloadError, match="in a circle"):
        fetched(server, tmp_path)


def test_a_changed_schema_is_named_and_the_old_file_kept(server, tmp_path):
    server.acts = [sends()]
    got = fetched(server, tmp_path)
    server.acts = [sends(BODY.replace(b"WD24CD", b"WD25CD", 1))]
    with pytest.raises(DownloadError, match=r"WD24CD.*What was there before was kept"):
        fetched(server, tmp_path)
    assert got.path.read_bytes() == BODY


def test_an_endless_body_is_cut_off_at_the_limit(server, tmp_path):
    server.acts = [sends(b"x" * 300_000)]
    with pytest.raises(DownloadError, match="more than 100,000 bytes"):
        fetched(server, tmp_path, replace(HASTY, size=100_000))
    assert leftovers(tmp_path) == []


def test_an_address_that_is_gone_says_what_to_do(server, tmp_path):
    server.acts = [sends(b"", 404)]
    with pytest.raises(DownloadError, match=r"404 .*mapping get --from"):
        fetched(server, tmp_path)
    assert len(server.asked) == 1


def hostile(folder: Path, name: str, content: bytes) -> bytes:
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("../outside.csv", b"x", "outside its folder"),
        ("/etc/outside.csv", b"x", "outside its folder"),
        ("C:\\outside.csv", b"x", "outside its folder"),
        ("bomb.csv", b"0" * 50_000_000, "would unpack to"),
    ],
)
def test_a_hostile_zip_is_refused_before_anything_is_unpacked(
    server, tmp_path, name, content, words
):
    server.acts = [sends(hostile(tmp_path, name, content))]
    source = replace(catalogue()["census2021_ts054"], url=f"{server.address}/tenure.zip")
    with pytest.raises(DownloadError, match=words):
        get(source, tmp_path / "raw", session=new_session(), limits=HASTY)
    assert leftovers(tmp_path / "raw") == []


def layer(rows: int, *, at_most: int = 700, fault_at: int | None = None) -> Callable:
    """Answer as a feature service does: metadata, count, pages; errors with status 200."""
    faults = [] if fault_at is None else [fault_at]

    def cells(i: int) -> dict[str, object]:
        line = LOOKUP.splitlines()[1 + i].split(",")
        return dict(zip(LOOKUP.splitlines()[0].split(","), line, strict=True)) | {"ObjectId": i}

    def act(request) -> None:
        from urllib.parse import parse_qs, urlsplit

        asked = {name: found[0] for name, found in parse_qs(urlsplit(request.path).query).items()}
        found: dict[str, object] = {
            "objectIdField": "ObjectId",
            "maxRecordCount": at_most,
            "editingInfo": {"lastEditDate": 1},
        }
        if "returnCountOnly" in asked:
            found = {"count": rows}
        elif "resultOffset" in asked:
            start = int(asked["resultOffset"])
            assert asked["orderByFields"] == "ObjectId"
            found = {
                "features": [
                    {"attributes": cells(i)} for i in range(start, min(start + at_most, rows))
                ]
            }
            if faults and start >= faults[0]:
                faults.clear()
                found = {"error": {"code": 503, "message": "Wait a bit"}}
        sends(json.dumps(found).encode())(request)

    return act


def served(server: Misbehaving):
    address = f"{server.address}/rest/FeatureServer/0/query"
    return replace(catalogue()["lookup_lsoa21_ward24"], url=address)


def test_a_feature_layer_is_fetched_page_by_page_in_order(server, tmp_path):
    server.acts = [layer(1_999)]
    got = get(served(server), tmp_path, session=new_session(), limits=HASTY)
    lines = got.path.read_text().splitlines()
    assert len(lines) == 2_000
    assert lines[1].startswith("E01000000,")
    assert not get(served(server), tmp_path, session=new_session(), limits=HASTY).changed


def test_an_error_said_with_status_200_is_waited_out_and_pages_that_came_are_kept(server, tmp_path):
    server.acts = [layer(1_999, fault_at=700)]
    with pytest.raises(DownloadError, match="503 Wait a bit"):
        get(served(server), tmp_path, session=new_session(), limits=replace(HASTY, attempts=1))
    before = len(server.asked)
    get(served(server), tmp_path, session=new_session(), limits=HASTY)
    again = [path for path, _ in server.asked[before:] if "resultOffset=0&" in path]
    assert again == []


def test_a_layer_that_sends_a_row_twice_is_not_taken_for_whole(server, tmp_path):
    plain = layer(1_999)

    def doubled(request):
        request.path = request.path.replace("resultOffset=1400", "resultOffset=700")
        plain(request)

    server.acts = [doubled]
    with pytest.raises(DownloadError, match="different rows came instead of"):
        get(served(server), tmp_path, session=new_session(), limits=HASTY)


def test_a_service_that_was_renamed_is_named(server, tmp_path):
    server.acts = [sends(json.dumps({"error": {"code": 400, "message": "Invalid URL"}}).encode())]
    with pytest.raises(DownloadError, match="400 Invalid URL"):
        get(served(server), tmp_path, session=new_session(), limits=HASTY)


def test_a_source_without_an_address_says_where_a_person_gets_it(tmp_path):
    with pytest.raises(DownloadError, match=r"get-information-schools.*mapping get --from"):
        get(catalogue()["gias_schools"], tmp_path)


def test_a_bundle_brings_the_same_files_to_a_machine_without_internet(server, tmp_path):
    server.acts = [sends(ETag='"one"')]
    got = fetched(server, tmp_path / "here")
    write_bundle(tmp_path / "here", tmp_path / "stick.zip")
    (brought,) = bring(tmp_path / "stick.zip", tmp_path / "there")
    assert brought.path.read_bytes() == got.path.read_bytes()
    there, here = Receipt.of(brought.path), Receipt.of(got.path)
    assert there is not None
    assert here is not None
    assert (there.address, there.version) == (here.address, here.version)
    assert not bring(tmp_path / "stick.zip", tmp_path / "there")[0].changed


def test_a_folder_of_downloads_is_brought_by_the_names_of_its_files(tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "LSOA21_WD24_LAD24_EW_LU_v2.csv").write_bytes(BODY)
    (tmp_path / "downloads" / "holiday.jpg").write_bytes(b"not ours")
    (got,) = bring(tmp_path / "downloads", tmp_path / "raw")
    assert got.source.id == "lookup_lsoa21_ward24"
    assert got.path.read_bytes() == BODY


def test_a_damaged_bundle_changes_nothing(server, tmp_path):
    server.acts = [sends()]
    fetched(server, tmp_path / "here")
    bundle = tmp_path / "stick.zip"
    write_bundle(tmp_path / "here", bundle)
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content[:-10] if name.endswith(".csv") else content)
    with pytest.raises(DownloadError, match="damaged or incomplete"):
        bring(bundle, tmp_path / "there")
    assert leftovers(tmp_path / "there") == []


def test_a_bundle_cannot_name_files_outside_itself(tmp_path):
    (tmp_path / "secret.csv").write_bytes(BODY)
    with zipfile.ZipFile(tmp_path / "stick.zip", "w") as archive:
        archive.writestr("bundle.json", json.dumps({"../../secret.csv": "0" * 64}))
    with pytest.raises(DownloadError, match="damaged or incomplete"):
        bring(tmp_path / "stick.zip", tmp_path / "there" / "raw")


def test_nothing_to_bring_or_bundle_is_said(tmp_path):
    with pytest.raises(MissingSourceError, match="no file or folder"):
        bring(tmp_path / "nowhere", tmp_path)
    with pytest.raises(MissingSourceError, match="holds no file"):
        bring(tmp_path, tmp_path / "raw")
    with pytest.raises(MissingSourceError, match="holds no fetched files"):
        write_bundle(tmp_path, tmp_path / "stick.zip")


def test_verifying_names_files_that_were_edited_lost_or_put_there_by_hand(server, tmp_path):
    server.acts = [sends()]
    got = fetched(server, tmp_path)
    assert verify(tmp_path)["state"].tolist() == ["as fetched"]
    got.path.write_bytes(BODY + b"\n")
    assert verify(tmp_path)["state"].tolist() == ["changed"]
    got.path.unlink()
    assert verify(tmp_path)["state"].tolist() == ["missing"]
    (tmp_path / "census2021-ts054.zip").write_bytes(b"anything")
    assert set(verify(tmp_path)["state"]) == {"missing", "no receipt"}


def test_every_address_that_a_program_may_fetch_keeps_a_name_its_source_is_known_by():
    from fnmatch import fnmatchcase

    for source in catalogue().values():
        if source.download:
            assert source.url.startswith("https://")
            assert any(
                fnmatchcase(source.download.lower(), pattern.lower()) for pattern in source.files
            )


def test_one_source_that_fails_does_not_keep_the_others_away(server, tmp_path, monkeypatch):
    sources = {
        "lookup_lsoa21_ward24": lookup(server),
        "iod2025": replace(catalogue()["iod2025"], url=f"{server.address}/gone"),
    }
    monkeypatch.setattr(getting, "catalogue", lambda: sources)
    server.acts = [
        lambda request: (sends() if "lookup" in request.path else sends(b"", 404))(request)
    ]
    with pytest.raises(DownloadError, match=r"1 of 2 sources are there\. .*/gone: .* 404"):
        getting.get_all(("iod2025", "lookup_lsoa21_ward24"), workspace=Workspace(tmp_path))
    assert (tmp_path / "data/raw/lookup_lsoa21_ward24/LSOA21_WD24_LAD24_EW_LU.csv").is_file()


def test_a_source_that_is_not_in_the_catalogue_is_named_before_anything_is_fetched(tmp_path):
    with pytest.raises(MissingSourceError, match=r"census1801: not in the catalogue"):
        getting.get_all(["census1801"], workspace=Workspace(tmp_path))
