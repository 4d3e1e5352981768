"""Options that several verbs share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mapping.workspace import Workspace

StudyName = Annotated[
    str, typer.Option("--study", "-s", help="A study's name (studies/NAME.toml) or its file.")
]
Root = Annotated[
    Path, typer.Option("--workspace", help="The folder that holds studies/, data/ and exports/.")
]
# What is not said is the study's default ([defaults] in its file), or else the scenario's.
NewHubs = Annotated[int | None, typer.Option("--new", "-n", min=0, help="New hubs to open.")]
Within = Annotated[
    float | None,
    typer.Option("--within", help="Minutes' walk that count as within reach."),
]
Question = Annotated[
    str | None,
    typer.Option(
        "--question",
        help="What the hubs are for: maximal_coverage (most people within reach), budgeted (the "
        "same for --budget), gradual (the same, those further away counting less), set_cover "
        "(fewest hubs for --share), p_median (least walking), p_centre (shortest longest walk), "
        "equitable (fairest walks).",
    ),
]
Budget = Annotated[
    float | None, typer.Option("--budget", help="Pounds a year, for the question budgeted.")
]
Share = Annotated[
    float | None,
    typer.Option("--share", help="Share of people, 0 to 1, for the question set_cover."),
]
Beyond = Annotated[
    float | None,
    typer.Option("--beyond", help="Minutes from which nobody counts, for the question gradual."),
]
InWards = Annotated[
    list[str] | None,
    typer.Option("--in-ward", help="A ward (code or name) with at least one hub; repeatable."),
]
Never = Annotated[
    list[str] | None,
    typer.Option("--never", help="A site (id or name) that may not open; repeatable."),
]
Must = Annotated[
    list[str] | None,
    typer.Option("--must", help="A site (id or name) that has to open; repeatable."),
]
Save = Annotated[
    Path | None, typer.Option("--save", help="Also write the scenario to this text file.")
]
Scenarios = Annotated[list[Path], typer.Argument(help="Scenario files, as written with --save.")]


def _days(said: list[str] | None) -> list[str] | None:
    """Return the weekdays named as a scenario names them; a word that is none is a wrong call."""
    from mapping.weekdays import weekdays

    try:
        return list(weekdays(", ".join(said))) if said else None
    except ValueError as error:
        message = f"{str(error)!r} is no day of the week, such as fri."
        raise typer.BadParameter(message) from None


Skip = Annotated[
    list[str] | None,
    typer.Option("--skip", callback=_days, help="A weekday without the bus, such as fri."),
]
Tasters = Annotated[
    list[str] | None,
    typer.Option("--taster", callback=_days, help="A weekday of tasters, such as fri."),
]


def workspace_at(root: Path) -> "Workspace":
    """Return the workspace in a folder."""
    from mapping.workspace import Workspace

    return Workspace(root)
