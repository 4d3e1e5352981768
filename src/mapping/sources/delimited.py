"""Reading CSV files as publishers and spreadsheets write them."""

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow

from mapping.errors import InvalidTableError
from mapping.sources.uploads import Upload

# Excel saves "CSV" in the Windows code page and "CSV UTF-8" with a byte-order mark; publishers
# use both. Windows-1252 comes last because it accepts almost any byte.
ENCODINGS = ("utf-8-sig", "cp1252")

# The first bytes of a workbook as Excel saves it now, and as it did before 2007.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

MEASURE = "; measures: value"
EMPTY_LINE = re.compile(r"\n\r?\n")
FIRST_ROW = 2  # the row under the header, as a spreadsheet numbers it


def read_csv(
    path: Path | Upload,
    columns: Mapping[str, str],
    *,
    optional: Mapping[str, str] | None = None,
    private: bool = False,
) -> pd.DataFrame:
    """
    Read some columns of a CSV file as text, under tidy names.

    Parameters
    ----------
    path
        A CSV file in UTF-8 (with or without a byte-order mark), Windows-1252 or UTF-16.
    columns
        Header as published → tidy name; all must be there. Headers are matched without regard to
        case and surrounding space, and one that ends in "…" matches by its beginning (some
        programs cut long headers). Nomis ends those of some tables in "; measures: Value", which
        is no part of them.
    optional
        The same, for columns that may be absent.
    private
        Whether the file is of persons: messages then say nothing that stands in it.

    Returns
    -------
    pandas.DataFrame
        Text, indexed by `row`: the line of a spreadsheet, the header being row 1. Blank cells are
        NaN.

    Raises
    ------
    InvalidTableError
        If the file cannot be opened, is empty, a workbook or no text, separates its columns with
        something else than commas, has a row with more or fewer cells than its header, or lacks a
        column.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidTableError(_unopened(path, error)) from None
    rows = _records(_decode(content, path.name), path.name, private=private)
    return select(rows, columns, optional or {}, path.name, private=private)


def read_zipped_csv(
    path: Path,
    member: str,
    columns: Mapping[str, str],
    *,
    optional: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """
    Read some columns of one CSV inside a zip file; see `read_csv`.

    Raises
    ------
    InvalidTableError
        If the file is no zip file or has no such member, besides the faults of `read_csv`.
    """
    where = f"{path.name}/{member}"
    try:
        with ZipFile(path) as archive:
            content = archive.read(member)
    except OSError as error:
        raise InvalidTableError(_unopened(path, error)) from None
    except BadZipFile:
        raise InvalidTableError(f"{path.name}: not a whole zip file. Download it again.") from None
    except KeyError:
        raise InvalidTableError(
            f"{path.name}: there is no {member} inside. Download the bulk file of the census table."
        ) from None
    return select(_records(_decode(content, where), where), columns, optional or {}, where)


def _unopened(path: Path | Upload, error: OSError) -> str:
    return f"{path.name}: cannot be opened ({error.strerror}). Put a readable file in its place."


def _decode(content: bytes, where: str) -> str:
    if content.startswith(WORKBOOKS):
        raise InvalidTableError(
            f"{where}: this is an Excel workbook under another name. Open it and save it as CSV "
            "UTF-8."
        )
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # What spreadsheets call “Unicode text”.
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise InvalidTableError(
                f"{where}: the file is in UTF-16 and broken off or damaged. Save it as CSV UTF-8."
            ) from None
    if b"\x00" in content:
        raise InvalidTableError(
            f"{where}: not a text file (it holds bytes that no text has). Save it as CSV UTF-8."
        )
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidTableError(f"{where}: not a text file. Save it as CSV UTF-8.")


def _records(text: str, where: str, *, private: bool = False) -> pd.DataFrame:
    """Parse quoted CSV into text, or say that it cannot be."""
    if not text.strip():
        raise InvalidTableError(f"{where}: the file is empty.")
    if "\n" not in text:  # lines as an old Macintosh ends them
        text = text.replace("\r", "\n")
    try:
        return _parsed(text, where, private=private)
    except (pa.ArrowInvalid, csv.Error, StopIteration):
        raise InvalidTableError(
            f"{where}: there are no rows that can be read under a header. Save it as CSV UTF-8."
        ) from None


def _parsed(text: str, where: str, *, private: bool) -> pd.DataFrame:
    """Parse quoted CSV into text; a ragged row is refused rather than shortened or shifted."""
    header = [name.strip() for name in next(csv.reader(io.StringIO(text)))]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        raise InvalidTableError(
            f"{where}: the columns are separated by {'semicolons' if ';' in header[0] else 'tabs'}."
            " Save it with commas."
        )
    refuse_repeated(header, where, private=private)
    ragged: list[arrow.InvalidRow] = []

    def note(row: arrow.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    table = arrow.read_csv(
        io.BytesIO(text.encode()),
        # One thread, so that a faulty row is known by its number.
        read_options=arrow.ReadOptions(column_names=header, skip_rows=1, use_threads=False),
        parse_options=arrow.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
        convert_options=arrow.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    if ragged:
        row = ragged[0]
        raise InvalidTableError(
            f"{where}: row {row.number} has {row.actual_columns} cell(s), the header "
            f"{row.expected_columns}. Put quotes around cells that contain commas."
        )
    frame = table.to_pandas()
    frame.index = pd.Index(_row_numbers(text, len(frame)), name="row")
    return frame.dropna(how="all")


def _row_numbers(text: str, rows: int) -> Sequence[int]:
    """Return row numbers as in a spreadsheet, which counts the empty lines left out here."""
    if not EMPTY_LINE.search(text):
        return range(FIRST_ROW, FIRST_ROW + rows)
    filled = [number for number, row in enumerate(csv.reader(io.StringIO(text)), start=1) if row]
    return filled[1 : 1 + rows]


def refuse_repeated(header: Sequence[str], where: str, *, private: bool) -> None:
    """Refuse a header that has a name twice."""
    repeated = sorted({name for name in header if header.count(name) > 1})
    if not repeated:
        return
    # Where a list of persons has no header, its first row stands in its place.
    called = "the same" if private else ", ".join(map(repr, repeated))
    raise InvalidTableError(f"{where}: two columns are called {called}. Rename one.")


def select(
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    optional: Mapping[str, str],
    where: str,
    *,
    private: bool = False,
) -> pd.DataFrame:
    """Return the columns asked for under their tidy names, or say which are missing."""
    names = {header: _find(header, frame.columns) for header in [*columns, *optional]}
    missing = [header.rstrip("…") for header in columns if names[header] is None]
    if missing:
        found = ", ".join(map(repr, frame.columns[:6])) + (" …" if len(frame.columns) > 6 else "")
        # Where a list of persons has no header, its first row stands in its place.
        found = f"{len(frame.columns)} others" if private else found
        raise InvalidTableError(
            f"{where}: there is no column {', '.join(map(repr, missing))}; the file has {found}. "
            "Rename the column, use the publisher's file, or say in the study file what the column "
            "of an own file is called."
        )
    tidy = {**columns, **optional}
    return pd.DataFrame({tidy[header]: frame[name] for header, name in names.items() if name})


def _find(header: str, found: pd.Index) -> str | None:
    """Return the column of the file that goes by `header`."""
    plain = header.strip().rstrip("…").casefold()
    for name in found:
        known = name.casefold().removesuffix(MEASURE)
        if known == plain or (header.endswith("…") and known.startswith(plain)):
            return name
    return None
