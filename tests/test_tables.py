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
