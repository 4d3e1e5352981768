import pandas as pd
import pytest

from mapping.errors import InvalidTableError, MappingError
from mapping.tables import Column, check

AREA = Column("area", "lsoa", unique=True)
HOMES = Column("homes", "count")


def table(**columns):
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=range(2, 2 + rows))


def test_a_good_table_comes_back_with_numbers_as_numbers():
    frame = table(area=["E01000001", "E01000002"], homes=["12", "0"])
    assert check(frame, [AREA, HOMES], where="f.csv")["homes"].tolist() == [12.0, 0.0]


def test_the_table_given_is_not_changed():
    frame = table(area=["E01000001"], homes=["12"])
    before = frame.copy()
    check(frame, [AREA, HOMES], where="f.csv")
    pd.testing.assert_frame_equal(frame, before)


def test_every_fault_is_named_at_once_with_file_row_and_column():
    frame = table(area=["E01000001", "E01000001", "Everton", None], homes=["12", "-3", "many", ""])
    with pytest.raises(InvalidTableError) as error:
        check(frame, [AREA, HOMES], where="stock.csv")
    said = str(error.value)
    assert said.startswith("stock.csv: ")
    assert 'area: repeated in row 3 ("E01000001")' in said
    assert 'area: not an LSOA code in row 4 ("Everton")' in said
    assert "area: empty in row 5" in said
    assert 'homes: below 0 in row 3 ("-3")' in said
    assert 'homes: not a number in row 4 ("many")' in said
    assert "homes: empty in row" in said


def test_a_missing_column_is_named_with_those_found():
    with pytest.raises(InvalidTableError, match=r"no column 'homes'.*found: area, houses"):
        check(table(area=["E01000001"], houses=["3"]), [AREA, HOMES], where="f.csv")


def test_a_share_above_one_is_refused():
    with pytest.raises(InvalidTableError, match="share: above 1 in row 3"):
        check(table(share=["0.4", "40"]), [Column("share", "share")], where="f.csv")


def test_a_long_list_of_faulty_rows_is_cut_short():
    frame = table(homes=["x"] * 20)
    with pytest.raises(InvalidTableError, match="and 17 more rows"):
        check(frame, [HOMES], where="f.csv")


def test_every_error_is_a_mapping_error_and_a_builtin():
    assert issubclass(InvalidTableError, MappingError)
    assert issubclass(InvalidTableError, ValueError)


def test_a_blank_is_allowed_where_the_column_says_so():
    frame = table(homes=["", "4"])
    checked = check(frame, [Column("homes", "count", blank=True)], where="f.csv")
    assert checked["homes"].isna().tolist() == [True, False]


@pytest.mark.parametrize("value", ["12.5", "0.1"])
def test_a_count_that_is_not_whole_is_refused(value):
    with pytest.raises(InvalidTableError, match=f'homes: not a whole number in row 3 ."{value}"'):
        check(table(homes=["12", value]), [HOMES], where="f.csv")
    assert check(table(homes=["12.0"]), [HOMES], where="f.csv")["homes"].tolist() == [12.0]


@pytest.mark.parametrize("kind", ["count", "number", "share"])
@pytest.mark.parametrize("value", ["inf", "-inf", "1e999", "nan"])
def test_infinity_is_not_a_number(kind, value):
    with pytest.raises(InvalidTableError) as error:
        check(table(x=["1", value]), [Column("x", kind)], where="f.csv")
    assert str(error.value) == (
        f'f.csv: x: not a number in row 3 ("{value}"). Correct the file and run again.'
    )


@pytest.mark.parametrize("kind", ["count", "number"])
def test_commas_between_thousands_are_read_and_others_are_not(kind):
    column = [Column("homes", kind)]
    checked = check(table(homes=["1,234", " 12,345,678 ", "123"]), column, where="f.csv")
    assert checked["homes"].tolist() == [1234, 12345678, 123]
    with pytest.raises(InvalidTableError, match=r"not a number in rows 2 .*12,34.*3 .*,5"):
        check(table(homes=["12,34", ",5"]), column, where="f.csv")


def test_spaces_around_cells_and_the_case_of_codes_do_not_matter():
    frame = table(area=[" e01000001", "E01000002 "], name=[" Anfield ", "Vauxhall"])
    checked = check(frame, [AREA, Column("name", "text")], where="f.csv")
    assert checked["area"].tolist() == ["E01000001", "E01000002"]
    assert checked["name"].tolist() == ["Anfield", "Vauxhall"]
    with pytest.raises(InvalidTableError, match="area: repeated in row 3"):
        check(table(area=["E01000001", "e01000001 "]), [AREA], where="f.csv")
    with pytest.raises(InvalidTableError, match="name: empty in row 2"):
        check(table(name=["  "]), [Column("name", "text")], where="f.csv")
