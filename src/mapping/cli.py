"""The command line: the verbs of the library, in the same words.

Nothing heavy is imported until a command runs, so `mapping --help` answers at once. A mistake of
the user's is one sentence and exit code 1; a wrong call is exit code 2; neither shows a traceback.
"""

import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mapping import __version__
from mapping.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from mapping.pipeline import Made, Progress
    from mapping.scenario import Outcome, Place
    from mapping.sources import Source
    from mapping.workspace import Workspace

INTERRUPTED = 130  # how typer exits on Ctrl-C
# Options that some questions only read, and the choices they make.
OPTIONS = {"--new": "new_hubs", "--budget": "budget", "--share": "share", "--beyond": "beyond"}

app = typer.Typer(
    help="Where digital help is needed, and where to put it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
    typer.Option("--in-ward", help="A ward (code) with at least one hub; may be repeated."),
]
Never = Annotated[
    list[str] | None, typer.Option("--never", help="A site that may not open; may be repeated.")
]
Must = Annotated[
    list[str] | None, typer.Option("--must", help="A site that has to open; may be repeated.")
]
Save = Annotated[
    Path | None, typer.Option("--save", help="Also write the scenario to this text file.")
]
Scenarios = Annotated[list[Path], typer.Argument(help="Scenario files, as written with --save.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mapping {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Where digital help is needed, and where to put it."""


@app.command()
def demo(workspace: Root = Path()) -> None:
    """Make the fictional demo city and run the whole path on it, from raw files to board map."""
    from mapping import pipeline

    with _progress("demo city") as progress:
        made = pipeline.demo(workspace=_workspace(workspace), progress=progress)
    typer.echo(made.story)
    _list(made)


@app.command()
def get(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Sources by id (see --list); default: all that can be fetched."),
    ] = None,
    origin: Annotated[
        Path | None,
        typer.Option("--from", help="Bring files from a bundle, or from a folder of downloads."),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", help="Also write what was fetched to one file, to carry over."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the catalogue and fetch nothing.")
    ] = False,
    workspace: Root = Path(),
) -> None:
    """
    Fetch published data into data/raw/, or bring it from a machine that has internet.

    On a connected machine: mapping get --bundle FILE. On a locked-down one: mapping get --from
    FILE.
    """
    from mapping import pipeline
    from mapping.sources.bundle import bring, write_bundle

    place = _workspace(workspace)
    if listed:
        _catalogue()
        return
    if origin is not None:
        got = tuple(bring(origin, place.raw))
    else:
        with _transfers() as progress:
            got = pipeline.get_all(sources or (), workspace=place, progress=progress)
    for one in got:
        typer.echo(f"{'new      ' if one.changed else 'unchanged'} {one.source.id}: {one.path}")
    if bundle is not None:
        held = write_bundle(place.raw, bundle)
        typer.echo(
            f"{len(held)} files in {bundle}. On the other machine: mapping get --from {bundle}"
        )


@app.command()
def verify(workspace: Root = Path()) -> None:
    """Compare the files in data/raw/ with what was fetched; exit code 1 if one differs."""
    from mapping.sources.verifying import BY_HAND, FAULTS
    from mapping.sources.verifying import verify as verified

    folder = _workspace(workspace).raw
    found = verified(folder)
    faults = found[found["state"].isin(FAULTS)]
    if len(found):
        _table(found, f"Files in {folder}")
    by_hand = int((found["state"] == BY_HAND).sum())
    typer.echo(
        f"{len(found) - len(faults) - by_hand} files as fetched, {len(faults)} not, {by_hand} put "
        "there by hand (nothing to compare them with)."
    )
    if len(faults):
        raise typer.Exit(1)


@app.command()
def build(
    study: StudyName,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of published files; default data/raw/STUDY, data/raw."),
    ] = None,
    workspace: Root = Path(),
) -> None:
    """Build a study from raw files: needs, exclusion estimates, travel times."""
    from mapping import pipeline
    from mapping.report import estimates, words

    place_ = _workspace(workspace)
    with _progress(f"build {study}") as progress:
        pipeline.build(study, raw=source, workspace=place_, progress=progress)
    place = pipeline.load(study, workspace=place_)
    _banner(fictional=place.fictional)
    _table(words.totals(place), "Nothing lost: totals before and after every join")
    for line in (
        words.social_renting(place),
        words.headline(place),
        words.meaning(place.exclusion),
        estimates.in_bands(place),
        estimates.briefly_checked(place),
        *place.disclosure,
    ):
        typer.echo(line)
    _caveats(place.caveats)
    typer.echo(f"\nNext: mapping hubs --study {study}")


@app.command()
def hubs(
    study: StudyName,
    new: NewHubs = None,
    within: Within = None,
    question: Question = None,
    budget: Budget = None,
    share: Share = None,
    beyond: Beyond = None,
    must: Must = None,
    never: Never = None,
    in_ward: InWards = None,
    may_close: Annotated[
        bool | None,
        typer.Option("--may-close/--stay-open", help="Whether hubs open now may close."),
    ] = None,
    one_per_building: Annotated[
        bool | None,
        typer.Option("--one-per-building/--any-per-building", help="At most one hub a building."),
    ] = None,
    capacity: Annotated[
        bool | None,
        typer.Option("--places/--no-places", help="Count only people with a weekly place."),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option("--draws", min=0, help="Say how sure the sites are, from so many draws."),
    ] = None,
    why: Annotated[
        list[str] | None,
        typer.Option("--why", help="Say why a site (id or name) is chosen or not; repeatable."),
    ] = None,
    more: Annotated[
        bool, typer.Option("--more", help="Say what fewer and more hubs, or pounds, would bring.")
    ] = False,
    save: Save = None,
    workspace: Root = Path(),
) -> None:
    """
    Recommend where to open new hubs, with proof and the people each one reaches.

    What is left out is as the study file says under [defaults], or else five hubs for most people
    within 15 minutes.
    """
    choices = {
        "new_hubs": new,
        "within": within,
        "question": question,
        "budget": budget,
        "share": share,
        "beyond": beyond,
        "must_open": must,
        "never": never,
        "in_wards": in_ward,
        "may_close": may_close,
        "one_per_building": one_per_building,
        "capacity": capacity,
        "draws": draws,
        "bus_days": 0,
    }
    _answer(study, choices, _workspace(workspace), save, why=why or (), more=more)


@app.command()
def bus(
    study: StudyName,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Days in the cycle.")] = None,
    new: NewHubs = None,
    within: Within = None,
    question: Question = None,
    budget: Budget = None,
    share: Share = None,
    beyond: Beyond = None,
    must: Must = None,
    never: Never = None,
    session: Annotated[
        float | None,
        typer.Option("--session", help="Minutes of a session."),
    ] = None,
    shift: Annotated[
        float | None,
        typer.Option("--shift", help="Minutes from depot to depot."),
    ] = None,
    first_day: Annotated[
        datetime | None,
        typer.Option("--first-day", formats=["%Y-%m-%d"], help="Date of the first shift."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", help="Longest search for a timetable."),
    ] = None,
    buses: Annotated[int | None, typer.Option("--buses", min=1, help="How many buses.")] = None,
    depot: Annotated[
        list[str] | None, typer.Option("--depot", help="A stop to start from, bus by bus.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", help="A weekday without the bus, such as fri.")
    ] = None,
    taster: Annotated[
        list[str] | None, typer.Option("--taster", help="A weekday of tasters, such as fri.")
    ] = None,
    term: Annotated[int | None, typer.Option("--term", min=1, help="Weeks of the term.")] = None,
    visit: Annotated[
        list[str] | None, typer.Option("--visit", help="A stop that has to be visited.")
    ] = None,
    lock: Annotated[
        list[str] | None, typer.Option("--lock", help='A stop\'s day and time: "S07 tue 10:00".')
    ] = None,
    holiday: Annotated[
        list[str] | None, typer.Option("--holiday", help="A date without the bus: 2026-12-25.")
    ] = None,
    aim: Annotated[
        str | None, typer.Option("--aim", help="most, wards or groups (the fairest).")
    ] = None,
    hours: Annotated[
        str | None, typer.Option("--hours", help="Driver's hours: passenger, goods or own.")
    ] = None,
    bus_budget: Annotated[
        float | None, typer.Option("--bus-budget", help="Pounds for the bus in the term.")
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=0, help="Draws to ask which stops are firm.")
    ] = None,
    save: Save = None,
    workspace: Root = Path(),
) -> None:
    """
    Write a timetable for the training bus, for the people no hub reaches.

    What is left out is as the study file says under [defaults], or else ten days of 390 minutes
    in a term of twelve weeks, sessions of 90 minutes, beside five new hubs.
    """
    from mapping.bus import WEEKDAYS

    choices = {
        "new_hubs": new,
        "within": within,
        "question": question,
        "budget": budget,
        "share": share,
        "beyond": beyond,
        "must_open": must,
        "never": never,
        "bus_days": days,
        "bus_session": session,
        "bus_shift": shift,
        "bus_first_day": None if first_day is None else first_day.date(),
        "bus_seconds": seconds,
        "bus_count": buses,
        "bus_depots": depot,
        "bus_weekdays": [day for day in WEEKDAYS[:5] if day not in skip] if skip else None,
        "bus_tasters": taster,
        "bus_term": term,
        "bus_must": visit,
        "bus_locked": lock,
        "bus_holidays": holiday,
        "bus_aim": aim,
        "bus_hours": hours,
        "bus_budget": bus_budget,
        "draws": draws,
    }
    _answer(study, choices, _workspace(workspace), save)


@app.command()
def compare(scenarios: Scenarios, workspace: Root = Path()) -> None:
    """Put scenarios side by side, and say whether they can be told apart."""
    from mapping.report import words

    place, outcomes = _outcomes(scenarios, _workspace(workspace))
    first, *others = outcomes
    typer.echo(words.meaning(place.exclusion))
    _table(words.measure_table(outcomes), "Side by side")
    for other in others:
        typer.echo(words.difference(first, other))


@app.command()
def export(scenarios: Scenarios, workspace: Root = Path()) -> None:
    """Write a board map, tables and a one-page summary; the first scenario is recommended."""
    from mapping import pipeline

    with _progress("export") as progress:
        made = pipeline.export(scenarios, workspace=_workspace(workspace), progress=progress)
    typer.echo(made.story)
    _list(made)


def main() -> None:
    """Run the command line; a user's mistake is one sentence and exit code 1."""
    try:
        app()
    except MappingError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        sys.exit(1)
    except OSError as error:
        file = error.filename or "a file"
        reason = (error.strerror or str(error)).lower()
        typer.secho(
            f"{file}: {reason}. Check that it is a file that may be read or written, and that "
            "there is room.",
            err=True,
            fg=typer.colors.RED,
        )
        sys.exit(1)
    except SystemExit as stop:
        if stop.code != INTERRUPTED:
            raise
        typer.secho("Interrupted. Nothing half-made is left; run it again.", err=True)
        sys.exit(1)


def _workspace(root: Path) -> "Workspace":
    from mapping.workspace import Workspace

    return Workspace(root)


@contextmanager
def _progress(task: str) -> "Iterator[Progress]":
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
def _transfers() -> "Iterator[Callable[[str, int, int | None], None]]":
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


def _catalogue() -> None:
    from mapping.sources import catalogue

    width = max(map(len, catalogue()))
    for source in catalogue().values():
        typer.echo(
            f"{source.id:<{width}}  {_way(source)}\n"
            f"{'':<{width}}  {source.title}; {source.publisher}; {source.vintage}; {source.licence}"
        )


def _way(source: "Source") -> str:
    if not source.download:
        return f"by hand, from {source.url}"
    return f"fetched{'' if source.proven else ' (address not tried yet)'}"


def _answer(
    study: str,
    choices: dict[str, Any],
    workspace: "Workspace",
    save: Path | None,
    *,
    why: "Sequence[str]" = (),
    more: bool = False,
) -> None:
    """Weigh the scenario that was asked for and say what follows from it."""
    from mapping import pipeline
    from mapping.report import siting, words
    from mapping.scenario import Scenario, frontier, name_of, weigh

    place = pipeline.load(study, workspace=workspace)
    unnamed = Scenario.starting_from(place.defaults, name="", study=study, **choices)
    scenario = replace(unnamed, name=name_of(unnamed))
    _refuse_idle(choices, scenario.question)
    asked_why = [siting.site_called(name, place) for name in why]
    with _progress(scenario.name) as progress:
        outcome = weigh(scenario, place, progress=lambda doing: progress(doing, 0, 2))
        curve = frontier(scenario, place) if more else None
    _banner(fictional=place.fictional)
    typer.echo(
        "\n".join(
            filter(
                None,
                [
                    words.headline(place),
                    words.meaning(place.exclusion),
                    words.recommendation(outcome, place),
                    siting.aim_met(outcome, place),
                    words.proof(outcome),
                ],
            )
        )
    )
    if outcome.new_hubs:
        _table(siting.hub_table(outcome, place), "New hubs")
    for site in asked_why:
        typer.echo(siting.why(outcome, place, site))
    if outcome.confidence is not None:
        _table(siting.sure_table(outcome.confidence, place), "How often each site is best")
        for line in siting.how_sure(outcome.confidence, place):
            typer.echo(line)
    if curve is not None:
        _table(siting.curve_table(curve), f"What more would bring: {curve.counts}")
        typer.echo(siting.more(curve))
    if outcome.bus_plan is not None:
        _table(words.bus_table(outcome, place), "Bus timetable")
    _table(words.measure_table([outcome]), "Measures")
    _caveats(outcome.caveats)
    if save is not None:
        scenario.save(save)
        typer.echo(f"\nScenario written to {save}. Next: mapping export {save}")


def _refuse_idle(choices: dict[str, Any], question: str) -> None:
    """Refuse an option that the question does not read: the answer would seem to follow it."""
    from mapping.errors import InvalidScenarioError
    from mapping.scenario import READ_BY

    idle = [
        f"{option} makes no difference to the question {question}: leave it out, or add "
        f"--question {' or '.join(READ_BY[name])}"
        for option, name in OPTIONS.items()
        if choices.get(name) is not None and question not in READ_BY[name]
    ]
    if idle:
        raise InvalidScenarioError(f"{'; '.join(idle)}.")


def _outcomes(paths: list[Path], workspace: "Workspace") -> "tuple[Place, list[Outcome]]":
    from mapping import pipeline
    from mapping.scenario import Scenario

    scenarios = [Scenario.load(path) for path in paths]
    place = pipeline.load(pipeline.same_study(scenarios), workspace=workspace)
    _banner(fictional=place.fictional)
    with _progress("compare") as progress:
        return place, pipeline.outcomes_of(scenarios, place, progress=progress)


def _table(frame: "pd.DataFrame", title: str) -> None:
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


def _banner(*, fictional: bool) -> None:
    if fictional:
        typer.secho("FICTIONAL: this place does not exist; every figure is made up.", bold=True)


def _caveats(caveats: "tuple[str, ...]") -> None:
    if caveats:
        typer.echo("\nBear in mind:")
    for caveat in caveats:
        typer.echo(f"  - {caveat}")


def _list(made: "Made") -> None:
    typer.echo("\nMade:")
    width = max(len(str(path)) for path, _ in made.files)
    for path, what in made.files:
        typer.echo(f"  {path!s:<{width}}  {what}")
    typer.echo(f"\n{made.next}")
