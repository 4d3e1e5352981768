"""Pages for a board: one accessible, printable HTML file around a map, and a one-page summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import jinja2
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.maps import Pieces, document, parts
from mapping.maps.page import sorting
from mapping.maps.safe import plain
from mapping.workspace import write_text


@dataclass(frozen=True)
class KeyFigure:
    """
    One number that the paper rests on.

    Parameters
    ----------
    value
        The number as it is printed, rounded and with its unit: "about 18,400".
    label
        What it counts, of whom and when.
    note
        Its interval or limits, in small print; may be "".
    """

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    """
    A heading, plain paragraphs, points and tables.

    Parameters
    ----------
    heading
        A few words.
    paragraphs
        One string each.
    points
        A list after the paragraphs; may be empty.
    tables
        After both; may be empty.
    """

    heading: str
    paragraphs: Sequence[str] = ()
    points: Sequence[str] = ()
    tables: "Sequence[Table]" = ()


@dataclass(frozen=True, eq=False)
class Table:
    """
    A table as it is printed.

    Parameters
    ----------
    caption
        What the figures are, of whom and when.
    frame
        One row per line, rounded by the caller; the first column heads its row, the index is not
        printed. Missing values are printed as "no estimate".
    note
        What the reader must know to read it; may be "".
    missing
        What stands for a missing value.
    sortable
        Whether the reader may order its rows.
    """

    caption: str
    frame: pd.DataFrame
    note: str = ""
    missing: str = "no estimate"
    sortable: bool = True

    @property
    def headings(self) -> list[str]:
        """The column names."""
        return [plain(column) for column in self.frame.columns]

    @property
    def can_sort(self) -> bool:
        """Whether ordering the rows helps: of three or fewer all are seen at once."""
        return self.sortable and len(self.frame) > 3

    @property
    def is_long(self) -> bool:
        """Whether the table is so long and narrow that paper holds it in two columns."""
        return len(self.frame) > 30 and len(self.headings) <= 5

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers, and so are set to the right."""
        return [pd.api.types.is_numeric_dtype(kind) for kind in self.frame.dtypes]

    @property
    def rows(self) -> list[list[str]]:
        """The cells as text."""
        return [
            [self.missing if pd.isna(cell) else _cell(cell) for cell in row]
            for row in self.frame.itertuples(index=False, name=None)
        ]


def board_page(
    map: folium.Map,  # noqa: A002 (what it is called everywhere else)
    *,
    title: str,
    lead: str,
    opening: Sequence[Section] = (),
    sections: Sequence[Section] = (),
    tables: Sequence[Table] = (),
    figures: Sequence[KeyFigure] = (),
    caveats: Sequence[str] = (),
    sources: Sequence[str] = (),
    fictional: bool = False,
    made: Mapping[str, str] | None = None,
) -> str:
    """
    Return a board paper as one self-contained HTML page around a map.

    It opens with no network, works with a keyboard and a screen reader, reflows on a phone and
    prints on A4. All text is escaped. Caveats and sources of the map join those given here, so
    that each is printed once.

    Parameters
    ----------
    map
        A map of `mapping.maps.need_map`.
    title, lead
        The heading, and the sentence that says what is asked of the board.
    opening, sections
        Plain-language text with its tables, before and after the map.
    tables
        Everything the map shows, as figures.
    figures
        Numbers to print large under the lead.
    caveats, sources
        What limits the figures; sources with their licences and vintages.
    fictional
        Whether the place is made up, which the page then says first.
    made
        How the page was made and can be made again: versions and hashes by name.

    Raises
    ------
    InvalidTableError
        If a table has no columns, or two of the same name.
    UnknownAssetError
        If the map needs an address that this package does not hold.
    """
    _check([*(table for part in (*opening, *sections) for table in part.tables), *tables])
    inner = parts(map)
    markup = _render(
        "board.html",
        title=title,
        lead=lead,
        opening=opening,
        sections=sections,
        tables=tables,
        figures=figures,
        caveats=_once(caveats, getattr(map, "caveats", ())),
        sources=_once(sources, getattr(map, "attribution", ())),
        fictional=fictional or getattr(map, "fictional", False),
        made=made or {},
        map_title=getattr(map, "title", "Map"),
        map_markup=inner.markup,
    )
    whole = replace(
        inner, markup=markup, styles=(*inner.styles, _style()), scripts=(*inner.scripts, sorting())
    )
    return document(whole, title=title)


def summary_page(
    *,
    title: str,
    lead: str,
    sections: Sequence[Section] = (),
    figures: Sequence[KeyFigure] = (),
    caveats: Sequence[str] = (),
    sources: Sequence[str] = (),
    fictional: bool = False,
    made: Mapping[str, str] | None = None,
) -> str:
    """
    Return a plain-language summary without a map or script, set for one page of A4.

    About 400 words fit on the page; more run on to a second.

    Parameters
    ----------
    title, lead, sections, figures, caveats, sources, fictional, made
        As for `board_page`.
    """
    markup = _render(
        "summary.html",
        title=title,
        lead=lead,
        sections=sections,
        figures=figures,
        caveats=_once(caveats),
        sources=_once(sources),
        fictional=fictional,
        made=made or {},
    )
    return document(Pieces(markup, (_style(),)), title=title)


def write_page(html: str, path: Path | str) -> Path:
    """Write a page as UTF-8, whole or not at all, and return its path; folders are made."""
    return write_text(html, Path(path))


def _check(tables: Sequence[Table]) -> None:
    faults = [
        f"{table.caption}: {'two columns of one name' if len(table.headings) else 'no columns'}"
        for table in tables
        if not table.headings or len(set(table.headings)) < len(table.headings)
    ]
    if faults:
        raise InvalidTableError(f"{'; '.join(faults)}. Name every column once.")


def _once(*lists: Sequence[str]) -> list[str]:
    """Join lists of sentences, each sentence once."""
    return list(dict.fromkeys(plain(text) for texts in lists for text in texts))


def _cell(value: object) -> str:
    """Print a number with thousands separated, anything else as it is."""
    if isinstance(value, bool | str):
        return plain(value)
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        return f"{value:,.10g}"
    return plain(value)


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mapping.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["plain"] = plain
    return environment


@cache
def _style() -> str:
    return files("mapping.report").joinpath("page.css").read_text(encoding="utf-8")
