"""What a table must hold: columns, units and ranges, behind one door, `check`.

The rules are pandera schemas; what is said when they are broken is written here, in the words of
the person who has to mend the file: which file, which row, which column, what to do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import CODE_PATTERNS

if TYPE_CHECKING:
    import pandera.pandas

THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
CODE_NAMES = {
    "oa": "an output area",
    "lsoa": "an LSOA",
    "ward": "a ward",
    "district": "a district",
}


@dataclass(frozen=True)
class Column:
    """
    One column of a table.

    Parameters
    ----------
    name
        The tidy name.
    kind
        "count" (whole people, homes …, 0 or more), "number", "share" (0 to 1), "text", or a
        geography whose codes it holds: "lsoa", "ward", "district". Numbers are finite.
    blank
        Whether a cell may be empty.
    unique
        Whether a value may stand only once.
    low, high
        Least and greatest value allowed, for numbers.
    """

    name: str
    kind: str = "number"
    blank: bool = False
    unique: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.kind in {"count", "number", "share"}


def _pandera_column(column: Column) -> "pandera.pandas.Column":
    import pandera.pandas as pa

    low = 0.0 if column.kind in {"count", "share"} and column.low is None else column.low
    high = 1.0 if column.kind == "share" and column.high is None else column.high
    checks = []
    if column.kind == "count":
        checks.append(pa.Check(lambda values: values % 1 == 0, error="not a whole number"))
    if low is not None:
        checks.append(pa.Check.ge(low, error=f"below {low:g}"))
    if high is not None:
        checks.append(pa.Check.le(high, error=f"above {high:g}"))
    if column.kind in CODE_PATTERNS:
        pattern = f"^{CODE_PATTERNS[column.kind]}$"
        checks.append(pa.Check.str_matches(pattern, error=f"not {CODE_NAMES[column.kind]} code"))
    return pa.Column(
        float if column.numeric else None,
        checks=checks,
        nullable=column.blank,
        unique=column.unique,
        report_duplicates="exclude_first",
        name=column.name,
    )


def check(
    frame: pd.DataFrame, columns: Sequence[Column], *, where: str, private: bool = False
) -> pd.DataFrame:
    """
    Return `frame` with its columns typed, or refuse it naming every fault at once.

    Surrounding spaces are not part of a cell; "1,234" is a number; area codes are upper case
    whatever case they are written in.

    Parameters
    ----------
    frame
        A table as read: text or numbers, indexed by the row of the file (the first row under the
        header is 2, as a spreadsheet shows it). More columns than those asked for are kept.
    columns
        What it must hold.
    where
        The file's name, for the message.
    private
        Whether the table is of persons: messages then name rows and columns, never what is in them.

    Raises
    ------
    InvalidTableError
        One sentence per fault: the file, the row, the column, and what is wrong.

    Examples
    --------
    >>> table = pd.DataFrame({"homes": ["12", "-3"]}, index=[2, 3])
    >>> check(table, [Column("homes", "count")], where="homes.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    mapping.errors.InvalidTableError: homes.csv: homes: below 0 in row 3 ("-3"). ...
    """
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise InvalidTableError(
            f"{where}: there is no column {', '.join(map(repr, missing))}. Columns found: "
            f"{', '.join(map(str, frame.columns))}."
        )
    # Slow to import, and not needed where a build is reused.
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    typed, words = _as_numbers(_tidied(frame, columns), columns)
    faults = [
        _fault(name, "not a number", values, private=private) for name, values in words.items()
    ]
    schema = pa.DataFrameSchema({column.name: _pandera_column(column) for column in columns})
    try:
        # pandera knows plain tables only, and none that hide what they hold.
        schema.validate(pd.DataFrame(typed), lazy=True)
    except SchemaErrors as error:
        faults += _sentences(error.failure_cases, frame, words, private=private)
    if faults:
        raise InvalidTableError(f"{where}: {'; '.join(faults)}. Correct the file and run again.")
    return typed


def _tidied(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return cells as they are meant; see `_meant`."""
    return frame.assign(**{column.name: _meant(column, frame[column.name]) for column in columns})


def _meant(column: Column, cells: pd.Series) -> pd.Series:
    """Return cells as they are meant; each different text is looked at once, as most repeat."""
    texts = [cell for cell in cells.unique() if isinstance(cell, str)]
    other = {text: meant for text in texts if (meant := _plain(column, text)) != text}
    return cells.map(lambda cell: other.get(cell, cell)) if other else cells


def _plain(column: Column, cell: str) -> str | None:
    """Strip a cell, leave thousands unmarked, write codes in upper case; None if it is blank."""
    text = cell.strip()
    if column.numeric and "," in text and THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if column.kind in CODE_PATTERNS:
        text = text.upper()
    return text or None


def _as_numbers(
    frame: pd.DataFrame, columns: Sequence[Column]
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Turn numeric columns into floats; text that is no number is returned, not blanked."""
    typed, words = frame.copy(), {}
    for column in columns:
        if not column.numeric:
            continue
        text = frame[column.name]
        numbers = pd.to_numeric(text, errors="coerce").astype(float)
        wrong = (numbers.isna() & text.notna()) | np.isinf(numbers)
        if wrong.any():
            words[column.name] = text[wrong]
        typed[column.name] = numbers.mask(wrong)
    return typed, words


def _sentences(
    cases: pd.DataFrame, frame: pd.DataFrame, words: Mapping[str, pd.Series], *, private: bool
) -> list[str]:
    """Translate pandera's failure cases: one sentence per column and rule."""
    said = []
    for (column, rule), group in cases.groupby(["column", "check"], sort=False):
        values = frame[column].loc[group["index"]]
        if rule == "not_nullable":
            # Words in a column of numbers became blanks above and were named already.
            values = values.drop(words[column].index) if column in words else values
            if values.empty:
                continue
        problem = {"not_nullable": "empty", "field_uniqueness": "repeated"}.get(rule, str(rule))
        said.append(_fault(str(column), problem, values, private=private))
    return said


def _fault(column: str, problem: str, values: pd.Series, *, private: bool) -> str:
    first = values.head(3)
    rows = ", ".join(f"{row}{'' if private else _shown(value)}" for row, value in first.items())
    more = f" and {len(values) - 3} more rows" if len(values) > 3 else ""
    return f"{column}: {problem} in row{'s' if len(values) > 1 else ''} {rows}{more}"


def _shown(value: object) -> str:
    """Return a cell as the file has it, nothing for a blank."""
    if pd.isna(value) or not str(value).strip():
        return ""
    return f' ("{value:g}")' if isinstance(value, float) else f' ("{value}")'
