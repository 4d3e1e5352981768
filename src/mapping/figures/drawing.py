"""What all figures share: paper sizes, type, ink, and saving with a text alternative."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mapping.errors import InvalidTableError

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches: the width of A4 within margins of 20 mm, and half its height.
WIDTH, HALF_PAGE, FULL_PAGE = 6.7, 4.9, 9.6

# Points. Nothing is smaller than `SMALL`.
TITLE, BODY, SMALL = 11, 9.5, 9

INK, SOFT, GRID = "#1a1a1a", "#4d4d4d", "#d9d9d9"
PAPER, LAND = "#ffffff", "#f2f2f2"
# Cividis (Nuñez, Anderton and Renslow, 2018, doi:10.1371/journal.pone.0199239), light to dark;
# uncertainty has lightness only.
SEQUENCE = ("#f0d846", "#b4a76f", "#7c7b78", "#4a536c", "#002d68")
GREYS = ("#f2f2f2", "#cccccc", "#9e9e9e", "#6b6b6b", "#333333")
# Both ends of a difference, alike in lightness: marks tell them apart in greyscale.
BELOW, ABOVE = "#8fb0d1", "#d3a24e"
MARGIN = 0.08
HINTING = 0.03  # by how much pixels may widen a line of type


def figure(title: str, *, note: str = "", height: float = HALF_PAGE) -> "Figure":
    """
    Return an empty figure with a title in the left corner and a note below.

    Parameters
    ----------
    title
        What is shown: outcome, place, year and population.
    note
        How to read it, and where it is from.
    height
        Inches.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=0.05, h_pad=0.05)
    made = Figure(figsize=(WIDTH, height), layout=layout, facecolor=PAPER)
    left = MARGIN / WIDTH
    heading = wrapped(title, size=TITLE, weight="bold")
    # A dollar in a name is a dollar, and no mathematics.
    as_written = {"x": left, "ha": "left", "parse_math": False}
    made.suptitle(heading, fontsize=TITLE, fontweight="bold", color=INK, **as_written)
    if note:
        told = wrapped(note, size=SMALL)
        made.supxlabel(told, fontsize=SMALL, color=SOFT, **as_written)
    return made


def wrapped(text: str, *, size: float, weight: str = "normal", width: float = WIDTH) -> str:
    """
    Break a text into lines that fit, as measured in its own type; "80 %" stays in one line.

    Parameters
    ----------
    size
        Points.
    width
        Inches of paper, margins included.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    type_, measure = FontProperties(size=size, weight=weight), TextToPath()
    room = 72 * (width - 2 * MARGIN) * (1 - HINTING)
    lines: list[str] = []
    for word in re.sub(r"(\d) %", "\\1\u00a0%", text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        fits = measure.get_text_width_height_descent(longer, type_, ismath=False)[0] <= room
        lines[-1:] = [longer] if fits or not lines else [*lines[-1:], word]
    return "\n".join(lines)


def plain_axes(axes: "Axes", *, grid: Literal["x", "y", "both"] = "x") -> None:
    """Leave an axes its values and a light grid; nothing else competes with the data."""
    axes.tick_params(labelsize=SMALL, colors=INK, length=0)
    axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)


def percent_axis(axes: "Axes", *, which: str = "x") -> None:
    """Label shares (0 to 1) as per cent."""
    from matplotlib.ticker import FuncFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))


def save(made: "Figure", path: Path, *, alt: str, dots: int = 200) -> Path:
    """
    Write a figure as PNG, SVG or PDF, by the ending of the path.

    Equal figures give equal files: no date is written.

    Parameters
    ----------
    alt
        The text alternative, kept in the file's own description.
    dots
        Per inch, of a PNG.

    Raises
    ------
    InvalidTableError
        If the ending is another one.
    """
    kind = path.suffix.lower()
    formats: dict[str, dict[str, str | None]] = {
        ".png": {"Description": alt, "Software": None},
        ".svg": {"Description": alt, "Date": None},
        ".pdf": {"Subject": alt, "CreationDate": None},
    }
    if kind not in formats:
        raise InvalidTableError(
            f"{path.name}: a figure is saved as {', '.join(formats)}. Change the ending."
        )
    import matplotlib as mpl

    # Text stays text, and names inside the file come from its content.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "mapping", "pdf.fonttype": 42}):
        made.savefig(path, dpi=dots, metadata=formats[kind])
    return path


def add_key(axes: "Axes", rows: Sequence["Artist"], title: str, **where: Any) -> None:
    """Add the key of a map; `where` says where it stands, as matplotlib's `legend` does."""
    key = axes.legend(
        handles=rows,
        title=title,
        frameon=False,
        fontsize=SMALL,
        title_fontsize=BODY,
        alignment="left",
        handlelength=1.6,
        borderaxespad=0,
        labelcolor=INK,
        **where,
    )
    key.get_title().set_fontweight("bold")
    for text in (key.get_title(), *key.get_texts()):
        text.set_parse_math(False)
