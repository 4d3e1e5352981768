"""What a terminal shows: tables, bars, what to bear in mind."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from mapping.pipeline import Made, Progress


@contextmanager
def show_progress(task: str) -> "Iterator[Progress]":
    """Show a bar on a terminal; in a log, a line per step."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    # On standard error, so that answers can be sent to a file.
    with Progress(*columns, transient=True, console=Console(stderr=True)) as bar:
        line = bar.add_task(task, total=None)

        def tell(doing: str, done: int, steps: int) -> None:
            bar.update(line, description=f"{task}: {doing}", completed=done, total=steps)
            if not bar.console.is_terminal:
                typer.echo(f"{task}: {doing}", err=True)

        yield tell


@contextmanager
def show_transfers() -> "Iterator[Callable[[str, int, int | None], None]]":
    """Show a bar per file on a terminal; in a log, a line per file."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        lines: dict[str, Any] = {}

        def tell(file: str, done: int, total: int | None) -> None:
            if file not in lines:
                lines[file] = bar.add_task(file)
                if not bar.console.is_terminal:
                    typer.echo(f"fetching {file}", err=True)
            bar.update(lines[file], completed=done, total=total)

        yield tell


def show_table(frame: "pd.DataFrame", title: str) -> None:
    """Print a table with its title."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = frame.reset_index() if frame.index.name else frame
    # Without upright lines eight columns fit into 80 characters with their words whole.
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    console = Console()
    for name, width in zip(shown.columns, _widths(shown, console.width), strict=True):
        table.add_column(escape(str(name)), overflow="fold", width=width)
    for row in shown.itertuples(index=False):
        table.add_row(*[escape(str(cell)) for cell in row])
    console.print(table)


def _widths(frame: "pd.DataFrame", room: int) -> list[int | None]:
    """Return widths that keep words whole; None, rich's own, where all fits or words do not."""
    cells = [[str(name), *map(str, frame[name])] for name in frame.columns]
    least = [
        max((len(word) for cell in column for word in cell.split()), default=0) for column in cells
    ]
    more = [max(map(len, column)) - word for column, word in zip(cells, least, strict=True)]
    spare = room - 2 * len(cells) - 1 - sum(least)
    if not 0 <= spare < sum(more):
        return [None] * len(cells)
    # Short cells first: a day of the week stays on one line, a long heading gives way.
    for left, column in enumerate(sorted(range(len(more)), key=more.__getitem__)):
        share = min(more[column], spare // (len(more) - left))
        least[column] += share
        spare -= share
    return [*least]


def show_banner(*, fictional: bool) -> None:
    """Say first that a place is made up."""
    if fictional:
        typer.secho("FICTIONAL: this place does not exist; every figure is made up.", bold=True)


def show_caveats(caveats: "tuple[str, ...]") -> None:
    """Print what to bear in mind."""
    if caveats:
        typer.echo("\nBear in mind:")
    for caveat in caveats:
        typer.echo(f"  - {caveat}")


def list_made(made: "Made") -> None:
    """Print which files were made, and what to do next."""
    typer.echo("\nMade:")
    width = max(len(str(path)) for path, _ in made.files)
    for path, what in made.files:
        typer.echo(f"  {path!s:<{width}}  {what}")
    typer.echo(f"\n{made.next}")
