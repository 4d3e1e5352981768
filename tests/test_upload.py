"""Lists chosen in the browser: checked in memory, kept when asked, personal ones never."""

import html
import io
from datetime import UTC, datetime

import openpyxl
import pytest

from mapping.panels import upload
from mapping.panels.upload import LISTS, OwnList, checked
from mapping.sources.uploads import Upload
from mapping.study import Study
from mapping.workspace import Workspace

HOSTILE = '<img src=x onerror="steal()">${steal()}</script>'
GOOD = "site,name,easting,northing,cost\na,Hall,334000,388000,5000\nb,Barn,335000,389000,\n"
WHEN = datetime(2026, 11, 28, 9, tzinfo=UTC)
SURVEY = "ward,online,age\nE05000001,yes,41\nE05000002,no,80\n"


@pytest.fixture
def study():
    return Study(id="town", name="Town", district="E08000012")


@pytest.fixture
def lists(study, tmp_path):
    return OwnList(LISTS, study=study, workspace=Workspace(tmp_path))


def chosen(widget, name, content):
    """Choose a file as the browser does."""
    data = content.encode() if isinstance(content, str) else content
    widget.upload.value = (
        {"name": name, "type": "", "size": len(data), "content": memoryview(data),
         "last_modified": WHEN},
    )  # fmt: skip


def said(widget):
    return html.unescape(widget.message.value)


def workbook(rows):
    book, held = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


def test_a_list_is_checked_on_the_spot_and_nothing_is_stored(lists, tmp_path):
    lists.kind.value = "venues"
    chosen(lists, "mine.csv", GOOD)
    assert "mine.csv can be used. 2 places, each with a position." in said(lists)
    assert lists.upload.value == ()
    assert not list(tmp_path.iterdir())


def test_an_excel_workbook_and_a_csv_file_are_read_alike(lists):
    rows = [line.split(",") for line in GOOD.splitlines()]
    chosen(lists, "mine.xlsx", workbook(rows))
    assert "2 places, each with a position." in said(lists)


def test_every_fault_of_a_list_is_named_with_its_row(lists):
    broken = "site,name,easting,northing,open_to\na,Hall,x,388000,public\na,,335000,389000,dogs\n"
    chosen(lists, "mine.csv", broken)
    for fault in ("easting: not a number in row 2", "name: empty in row 3", "site: repeated"):
        assert fault in said(lists)
    lost = "site,name,easting,northing,open_to\na,Hall,,,public\nb,Barn,335000,389000,dogs\n"
    chosen(lists, "mine.csv", lost)
    assert '"dogs" in row 3 is not one of' in said(lists)
    assert "row 2 says nowhere where it lies" in said(lists)
    assert "run again" not in said(lists)
    assert lists.keep.layout.display == "none"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b""), ("a.csv", b"\x00\x01"), ("a.xlsx", b"no workbook"), ("a.gpkg", b"no layer"),
     ("a.parquet", b"no"), ("a", b"\xff\xfe"), ("a.csv", b"site;name\n1;2\n")],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_in_words(lists, name, content):
    chosen(lists, name, content)
    assert "cannot be used yet" in said(lists)
    assert "Traceback" not in said(lists)


def test_a_list_is_kept_only_when_asked_and_replaces_nothing_without_a_word(lists, tmp_path):
    lists.kind.value = "venues"
    chosen(lists, "../../etc/mine.csv", GOOD)
    lists.keep.click()
    kept = tmp_path / "data" / "raw" / "town" / "venues.csv"
    assert kept.read_text() == GOOD
    assert 'Add [own.venues] with file = "venues.csv" to the study file' in said(lists)
    assert "mapping build --study town" in said(lists)
    chosen(lists, "mine.csv", GOOD.replace("Hall", "Tent"))
    lists.keep.click()
    assert "There is a venues.csv already" in said(lists)
    assert kept.read_text() == GOOD
    lists.keep.click()
    assert "Tent" in kept.read_text()


@pytest.mark.parametrize("record", upload.PERSONAL)
def test_a_personal_list_cannot_be_kept_and_its_cells_are_never_quoted(lists, tmp_path, record):
    lists.kind.value = record
    good = {"survey": SURVEY, "stock": "easting,northing\n334000,388000\n"}[record]
    chosen(lists, "people.csv", good)
    assert "can be used" in said(lists)
    assert lists.keep.layout.display == "none"
    assert lists._held is None
    secret = {
        "survey": "ward,online,weight\nSecret,yes,Secret\n,no,1\n",
        "stock": "easting,northing\nSecret,388000\n",
    }[record]
    for content in (secret, "Secret,Secret\n1,2\n", "Secret,Other\n1,2\n"):
        chosen(lists, "people.csv", content)
        assert "cannot be used yet" in said(lists)
        assert "Secret" not in said(lists)
    lists.keep.click()
    assert not list(tmp_path.iterdir())


def test_a_good_survey_is_handed_on_in_memory_and_a_bad_one_is_not():
    taken = []
    lists = OwnList({"Survey": "survey"}, use=lambda *given: taken.append(given))
    chosen(lists, "people.csv", SURVEY)
    chosen(lists, "people.csv", "ward,online\nE05000001,perhaps\n")
    assert [(record, one.name) for record, one in taken] == [("survey", "people.csv")]
    assert "E05000001" not in repr(taken)


def test_names_in_an_uploaded_list_never_run(lists):
    chosen(lists, f"{HOSTILE}.csv", f"site,name,easting,northing\na,Hall,{HOSTILE},1\n")
    assert "img src" in lists.message.value
    assert "<img" not in lists.message.value
    assert "</script" not in lists.message.value


def test_a_file_that_cannot_be_kept_is_one_sentence(lists, tmp_path):
    (tmp_path / "data").write_text("a file in the way")
    chosen(lists, "mine.csv", GOOD)
    lists.keep.click()
    assert "it cannot be kept" in said(lists)


def test_faults_are_found_without_any_widget():
    found = checked(Upload("v.csv", b"site,title\na,b\n"), "venues")
    assert not found.good
    assert "there is no column 'name'" in found.sentences[0]
