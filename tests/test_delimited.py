import zipfile

import pytest

from mapping.errors import InvalidTableError
from mapping.sources.delimited import read_csv, read_zipped_csv

COLUMNS = {"LSOA code": "area", "Name": "name"}


def written(folder, content, name="areas.csv"):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "Café"), ("utf-8-sig", "Café"), ("cp1252", "Café"), ("utf-16", "Café")],
)
def test_letters_survive_utf8_byte_order_marks_and_windows_code_pages(tmp_path, encoding, name):
    path = written(tmp_path, f"LSOA code,Name\nE01000001,{name}\n".encode(encoding))
    frame = read_csv(path, COLUMNS)
    assert frame.to_dict("list") == {"area": ["E01000001"], "name": ["Café"]}


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path):
    path = written(tmp_path, b"LSOA code,Name\nE01000001,A\nE01000002,B\n")
    assert read_csv(path, COLUMNS).index.tolist() == [2, 3]


def test_headers_match_without_case_and_by_their_beginning(tmp_path):
    path = written(tmp_path, b' lsoa CODE ,"Decile (where 1 is most"\nE01000001,3\n')
    frame = read_csv(path, {"LSOA code": "area", "Decile…": "decile"})
    assert frame["decile"].tolist() == ["3"]


def test_commas_and_line_breaks_inside_quotes_do_not_split_a_cell(tmp_path):
    path = written(tmp_path, b'LSOA code,Name\nE01000001,"Anfield, upper\nend"\n')
    assert read_csv(path, COLUMNS)["name"].tolist() == ["Anfield, upper\nend"]


def test_text_such_as_na_is_a_name_and_not_a_blank(tmp_path):
    path = written(tmp_path, b"LSOA code,Name\nE01000001,NA\n")
    assert read_csv(path, COLUMNS)["name"].tolist() == ["NA"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"LSOA code,Nombre\nE01000001,A\n", "no column 'Name'; the file has"),
        (b"LSOA code,Name\nE01000001,A\nE01000002,B,C\n", r"row 3 has 3 cell\(s\), the header 2"),
        (b"LSOA code,Name\nE01000001\n", r"row 2 has 1 cell\(s\), the header 2"),
        (b"Name,Name\nA,B\n", "two columns are called 'Name'"),
        (b"LSOA code;Name\nE01000001;A\n", "separated by semicolons. Save it with commas"),
        (b"LSOA code\tName\nE01000001\tA\n", "separated by tabs. Save it with commas"),
        ("a\tb\n1\t2\n".encode("utf-16"), "the columns are separated by tabs. Save it with commas"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "the file is in UTF-16 and broken off or damaged"),
        (b"a,b\x00\n1,2\n", "not a text file .it holds bytes that no text has"),
        (b"PK\x03\x04\x14\x00\x06", "this is an Excel workbook under another name"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "this is an Excel workbook under another name"),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence_that_names_it(tmp_path, content, said):
    with pytest.raises(InvalidTableError, match=said) as error:
        read_csv(written(tmp_path, content), COLUMNS)
    assert str(error.value).startswith("areas.csv: ")


def test_a_cut_zip_file_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "census.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.csv", "LSOA code,Name\nE01000001,A\n")
    assert len(read_zipped_csv(path, "inside.csv", COLUMNS)) == 1
    with pytest.raises(InvalidTableError, match=r"no other\.csv inside"):
        read_zipped_csv(path, "other.csv", COLUMNS)
    written(tmp_path, path.read_bytes()[:60], "cut.zip")
    with pytest.raises(InvalidTableError, match="not a whole zip file"):
        read_zipped_csv(tmp_path / "cut.zip", "inside.csv", COLUMNS)


def test_a_folder_in_place_of_a_file_is_refused_in_one_sentence(tmp_path):
    folder = tmp_path / "areas.csv"
    folder.mkdir()
    with pytest.raises(InvalidTableError, match=r"areas\.csv: cannot be opened \("):
        read_csv(folder, COLUMNS)
    with pytest.raises(InvalidTableError, match=r"areas\.csv: cannot be opened"):
        read_zipped_csv(folder, "inside.csv", COLUMNS)


def test_empty_lines_do_not_shift_the_rows_that_a_fault_names(tmp_path):
    path = written(tmp_path, b"LSOA code,Name\nE01000001,A\n\n\nE01000002,B\n")
    assert read_csv(path, COLUMNS).index.tolist() == [2, 5]
