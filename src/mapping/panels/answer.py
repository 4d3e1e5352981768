"""What a panel says: sentences, a map and tables, in plain text until the moment they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import pandas as pd

from mapping.maps.safe import escape
from mapping.scenario import Outcome


class Shown(Protocol):
    """A map or a figure that a notebook can show."""

    def _repr_html_(self) -> str:
        """Return it as HTML."""


@dataclass(frozen=True, eq=False)
class Grid:
    """
    A table of text.

    Parameters
    ----------
    caption
        What it holds.
    frame
        Cells as they are printed; missing ones print as "–".
    folded
        Whether the reader has to open it.
    grouped
        Whether equal neighbours in the first column are printed once.
    """

    caption: str
    frame: pd.DataFrame
    folded: bool = False
    grouped: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """
    What follows from the values of a panel's controls.

    Parameters
    ----------
    lead
        The answer in a sentence or two.
    notes
        What it means and how sure it is, a sentence each.
    shown
        The map or figure; the same object as before leaves it on the screen as it is.
    grids
        Tables below the map.
    beside
        Tables narrow enough to stand beside a live map.
    caveats
        What the reader has to bear in mind.
    outcome
        What was weighed, where there was a scenario.
    """

    lead: str
    notes: tuple[str, ...] = ()
    shown: Shown | None = None
    grids: tuple[Grid, ...] = ()
    caveats: tuple[str, ...] = ()
    outcome: Outcome | None = None
    beside: tuple[Grid, ...] = ()


def lead_markup(answer: Answer) -> str:
    """Return the sentences of an answer as HTML; what they quote from data cannot run."""
    lead = f'<p class="mapping-lead">{escape(answer.lead)}</p>'
    notes = "".join(f"<p>{escape(note)}</p>" for note in answer.notes if note)
    return f"<div>{lead}{notes}</div>" + "".join(map(_grid_markup, answer.beside))


def detail_markup(answer: Answer) -> str:
    """Return the tables and caveats of an answer as HTML; what they quote from data cannot run."""
    caveats = "".join(f"<li>{escape(caveat)}</li>" for caveat in answer.caveats)
    listed = f"<h3>Bear in mind</h3><ul>{caveats}</ul>" if caveats else ""
    return "".join(map(_grid_markup, answer.grids)) + listed


def _grid_markup(grid: Grid) -> str:
    caption = escape(grid.caption)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in grid.frame.columns)
    table = f"<thead><tr>{head}</tr></thead><tbody>{_body(grid)}</tbody></table></div>"
    if grid.folded:
        start = f"<details><summary>{caption}</summary>"
        return f'{start}<div class="mapping-table"><table aria-label="{caption}">{table}</details>'
    return f'<div class="mapping-table"><table><caption>{caption}</caption>{table}'


def _body(grid: Grid) -> str:
    """Print the first cell of a line as its header, once for a group of lines."""
    rows = grid.frame.astype(object).where(grid.frame.notna(), "–").to_numpy().tolist()
    groups = (
        [list(group) for _, group in groupby(rows, key=lambda row: row[0])]
        if grid.grouped
        else [[row] for row in rows]
    )
    return "".join(map(_lines, groups))


def _lines(group: Sequence[Sequence[object]]) -> str:
    scope = "rowgroup" if len(group) > 1 else "row"
    first = f'<th scope="{scope}" rowspan="{len(group)}">{escape(group[0][0])}</th>'
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) for row in group]
    return "".join(f"<tr>{first if at == 0 else ''}{cells}</tr>" for at, cells in enumerate(lines))
