"""One door to a planner's own tables: CSV, Excel, or a layer of points."""

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import to_grid
from mapping.sources.delimited import FIRST_ROW, read_csv, refuse_repeated, select
from mapping.sources.uploads import Upload

WORKBOOKS = (".xlsx", ".xlsm")
LAYERS = (".gpkg", ".geojson", ".json", ".shp", ".parquet")


def read_table(
    path: Path | Upload,
    columns: Mapping[str, str],
    *,
    optional: Mapping[str, str] | None = None,
    private: bool = False,
) -> pd.DataFrame:
    """
    Read some columns of a table as text, whatever a council keeps it in.

    CSV (see `read_csv`), the first sheet of an Excel workbook with its header in row 1, or the
    first layer of a GeoPackage, GeoJSON, shapefile or GeoParquet file, whose points become
    `easting` and `northing` where it has no such columns.

    Parameters
    ----------
    columns, optional, private
        As for `read_csv`.

    Returns
    -------
    pandas.DataFrame
        Text, indexed by `row` as a spreadsheet numbers it; blank cells are NaN.

    Raises
    ------
    InvalidTableError
        If the file cannot be read as what its name says, or lacks a column.
    """
    kind = path.suffix.lower()
    if kind in WORKBOOKS:
        return select(
            _workbook(path, private=private), columns, optional or {}, path.name, private=private
        )
    if kind in LAYERS:
        return select(
            _layer(path, private=private), columns, optional or {}, path.name, private=private
        )
    return read_csv(path, columns, optional=optional, private=private)


def _workbook(path: Path | Upload, *, private: bool) -> pd.DataFrame:
    """Read the first sheet; formulas count as the value that was saved with them."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(BytesIO(path.read_bytes()), read_only=True, data_only=True)
        rows = [
            [_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)
        ]
        book.close()
    except Exception as error:  # noqa: BLE001 - openpyxl raises what its parsers raise
        raise InvalidTableError(
            f"{path.name}: cannot be read as an Excel workbook{_why(error, private=private)}. "
            "Save it again as .xlsx or as CSV UTF-8."
        ) from None
    header = [str(cell).strip() for cell in rows[0] if cell is not None] if rows else []
    if not header:
        raise InvalidTableError(
            f"{path.name}: row 1 of the first sheet is empty. Put headers there."
        )
    refuse_repeated(header, path.name, private=private)
    places = [place for place, cell in enumerate(rows[0]) if cell is not None]
    body = [[row[place] if place < len(row) else None for place in places] for row in rows[1:]]
    frame = pd.DataFrame(body, columns=header, dtype=object)
    frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame), name="row")
    return frame.dropna(how="all")


def _layer(path: Path | Upload, *, private: bool) -> pd.DataFrame:
    """Read a layer of points; other shapes stand for a point inside them."""
    import geopandas as gpd

    try:
        read = gpd.read_parquet if path.suffix.lower() == ".parquet" else gpd.read_file
        # A shapefile's parts lie beside it, so that a file is read where it lies.
        shapes = read(path if isinstance(path, Path) else BytesIO(path.read_bytes()))
    except Exception as error:  # noqa: BLE001 - GDAL and Arrow raise what their drivers raise
        raise InvalidTableError(
            f"{path.name}: cannot be read as a layer of points{_why(error, private=private)}. "
            "Save it again as a GeoPackage or as CSV UTF-8."
        ) from None
    frame = pd.DataFrame(shapes.drop(columns=shapes.geometry.name)).map(_text).astype(object)
    points = to_grid(
        shapes[[shapes.geometry.name]], where=path.name
    ).geometry.representative_point()
    for name, values in (("easting", points.x), ("northing", points.y)):
        if name not in frame:
            frame[name] = values.map(_text)
    frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame), name="row")
    return frame


def _why(error: Exception, *, private: bool) -> str:
    """Return what a reader said in its first line; nothing where it may quote a person's row."""
    said = str(error).splitlines()
    return f" ({said[0]})" if said and not private else ""


def _text(cell: Any) -> str | None:
    """Return a cell as it would stand in a CSV file: 7 and not 7.0, dates as 2026-11-22."""
    if pd.isna(cell):
        return None
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = cell.isoformat() if hasattr(cell, "isoformat") else str(cell).strip()
    return text or None


def ranges(rows: Iterable[int]) -> str:
    """
    Return every row number, runs of them shortened.

    Examples
    --------
    >>> ranges([9, 4, 5, 6])
    '4 to 6, 9'
    """
    runs: list[list[int]] = []
    for row in sorted(rows):
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def numbered(rows: pd.Index, *, most: int = 3) -> Iterator[str]:
    """Yield row numbers for a message, the first few only."""
    yield from map(str, rows[:most])
    if len(rows) > most:
        yield f"{len(rows) - most} more"
