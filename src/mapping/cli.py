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
from mapping.errors import MappingError, MissingSourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from mapping.pipeline import Made, Progress
    from mapping.scenario import Outcome, Place, Scenario
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
    streets: Annotated[
        str, typer.Option("--streets", help="Fetch OpenStreetMap streets of a built study only.")
    ] = "",
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
    if streets:
        typer.echo(f"new       osm_streets: {pipeline.get_streets(streets, workspace=place)}")
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
def wards(
    study: StudyName,
    save: Annotated[
        Path | None, typer.Option("--save", help="Also write the table to this CSV file.")
    ] = None,
    workspace: Root = Path(),
) -> None:
    """Show where the people of earlier wards live now, so that old reports can be read."""
    from mapping import pipeline
    from mapping.disclosure import refuse_personal
    from mapping.pipeline.exporting import FICTIONAL
    from mapping.report import words
    from mapping.workspace import write_text

    place = pipeline.load(study, workspace=_workspace(workspace))
    _banner(fictional=place.fictional)
    told = words.earlier_wards(place)
    if place.earlier_wards is None or told is None:
        raise MissingSourceError(
            f"The outlines of {place.name}'s earlier wards are not held. Run: mapping get "
            f"ward2022_boundaries, then: mapping build --study {study}"
        )
    _table(told, f"Earlier and present wards of {place.name}, by the people they share")
    typer.echo("Small areas are taken whole, so shares of a few per cent may be none.")
    if save is not None:
        name = place.name + (FICTIONAL if place.fictional else "")
        place.cleared()
        table = place.earlier_wards.assign(place=name)
        refuse_personal(table, what=save.name)
        write_text(table.to_csv(index=False, lineterminator="\n"), save)
        typer.echo(f"Written to {save}.")


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
    on_bank_holidays: Annotated[
        bool, typer.Option("--on-bank-holidays", help="Run on bank holidays too.")
    ] = False,
    need: Annotated[
        list[str] | None,
        typer.Option("--need", help="What a stop has to have: permission, level_access, power."),
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
        "bus_bank_holidays": False if on_bank_holidays else None,
        "bus_needs": need,
        "bus_aim": aim,
        "bus_hours": hours,
        "bus_budget": bus_budget,
        "draws": draws,
    }
    _answer(study, choices, _workspace(workspace), save)


@app.command()
def compare(
    scenarios: Scenarios,
    groups: Annotated[
        bool, typer.Option("--groups", help="Also by age, home, disability and deprivation.")
    ] = False,
    sweep: Annotated[
        str | None,
        typer.Option(
            "--sweep",
            help="What every number of hubs, standard or budget would bring, starting from the "
            "first scenario: new_hubs, within or budget.",
        ),
    ] = None,
    beliefs: Annotated[
        bool,
        typer.Option(
            "--beliefs",
            help="Score the scenarios under rival pictures of need; of one scenario alone, the "
            "plans that are best by each picture.",
        ),
    ] = False,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            help="How much the step from worst to best matters, such as reach=60; repeatable.",
        ),
    ] = None,
    target: Annotated[
        int | None,
        typer.Option("--target", min=1, help="Learners wanted in a year: say what they take."),
    ] = None,
    per_champion: Annotated[
        float | None,
        typer.Option("--learners-per-champion", help="Learners a champion brings in a year."),
    ] = None,
    recruits: Annotated[
        int | None, typer.Option("--recruits", min=0, help="New champions each quarter.")
    ] = None,
    maps: Annotated[
        Path | None,
        typer.Option("--maps", help="Also draw small maps with one legend (PNG, SVG or PDF)."),
    ] = None,
    workspace: Root = Path(),
) -> None:
    """Put scenarios side by side, and say whether they can be told apart."""
    from mapping.report import futures, words

    place, outcomes = _outcomes(scenarios, _workspace(workspace))
    first, *others = outcomes
    typer.echo(words.meaning(place.exclusion))
    _table(words.measure_table(outcomes), "Side by side")
    for other in others:
        typer.echo(words.difference(first, other))
        typer.echo(futures.hands_told(first, other, place))
    if len(others) > 1:
        _table(futures.likely_table(outcomes), "Who reaches more, in how many draws")
    if groups:
        _table(futures.group_table(outcomes, place), "Within reach of a hub, by group")
    if sweep is not None:
        _sweep(first.scenario, place, sweep)
    if beliefs:
        _beliefs(outcomes, place)
    if weight:
        _weights(outcomes, weight)
    _people(first, place, target=target, per_champion=per_champion, recruits=recruits)
    if maps is not None:
        from mapping import figures

        alt = futures.reach_figure_words(outcomes, place)
        figures.save(futures.reach_figure(outcomes, place), maps, alt=alt)
        typer.echo(f"\nMaps written to {maps}.")


def _sweep(scenario: "Scenario", place: "Place", choice: str) -> None:
    """Print what every value of a choice would bring."""
    from mapping.report import futures
    from mapping.scenario import sweep

    with _progress("sweep") as progress:
        found = sweep(scenario, place, choice, tell=lambda done, all_: progress("", done, all_))
    if found is None:
        typer.echo(f"Fewer than two values of {choice} can be planned: there is nothing to sweep.")
        return
    _table(futures.sweep_table(found), f"What more would bring: {found.counts}")
    typer.echo(futures.sweep_told(found))


def _beliefs(outcomes: "list[Outcome]", place: "Place") -> None:
    """Print how options do under rival pictures of need."""
    from mapping.report import futures
    from mapping.scenario import best_by_belief, regret

    options = outcomes if len(outcomes) > 1 else best_by_belief(outcomes[0].scenario, place)
    found = regret(options, place)
    _table(futures.regret_table(found), "Adults within reach, by what one believes of need")
    for line in (*futures.regret_told(found), futures.pictures_told(place)):
        typer.echo(line)


def _weights(outcomes: "list[Outcome]", weight: "Sequence[str]") -> None:
    """Print the choice by weights, and where it flips."""
    from mapping.report import futures
    from mapping.scenario import swing

    found = swing(outcomes, futures.weights_of(weight))
    _table(futures.swing_table(found), "Weights against the steps on offer")
    typer.echo(futures.swing_told(found))


def _people(outcome: "Outcome", place: "Place", **said: float | None) -> None:
    """Print what a target takes in people, if anything was said of it."""
    from mapping.report import futures
    from mapping.scenario import Crew, staffing

    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return
    if "per_champion" in given:
        given["learners_per_champion"] = given.pop("per_champion")
    found = staffing(outcome, place, Crew(**given))  # type: ignore[arg-type]
    _table(futures.staffing_table(found), f"The first year of “{outcome.scenario.name}”")
    for line in futures.staffing_told(found, outcome):
        typer.echo(line)


@app.command()
def export(
    scenarios: Scenarios,
    title: Annotated[str, typer.Option("--title", help="Title of the board paper.")] = "",
    purpose: Annotated[
        str, typer.Option("--purpose", help="What the board is asked to do, in a sentence.")
    ] = "",
    note: Annotated[
        str,
        typer.Option("--note", help="What you add to the recommendation, in a sentence or two."),
    ] = "",
    workspace: Root = Path(),
) -> None:
    """
    Write the board paper, its map for Word and print, tables and a one-page summary.

    The first scenario is the one recommended; the others, and doing nothing, are its alternatives.
    """
    from mapping import pipeline
    from mapping.report.paper import Paper

    with _progress("export") as progress:
        made = pipeline.export(
            scenarios,
            paper=Paper(title=title, purpose=purpose, note=note),
            workspace=_workspace(workspace),
            progress=progress,
        )
    typer.echo(made.story)
    _list(made)


@app.command(name="app")
def app_mode(
    port: Annotated[int, typer.Option("--port", min=1, help="The port to serve on.")] = 8866,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open a browser on it.")
    ] = True,
    workspace: Root = Path(),
) -> None:
    """Serve the notebooks as an app: their code hidden, on this machine only."""
    from mapping.app import about, free_port, serve

    free = free_port(port)
    typer.echo(about(free))
    code = serve(_workspace(workspace), free, browser=browser)
    if code:
        raise typer.Exit(code)


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
    tried = "" if source.proven or not source.url.startswith("http") else " (address not tried yet)"
    return f"fetched{tried}" if source.download else f"by hand, from {source.url}{tried}"


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
    from mapping.report.coming import not_on
    from mapping.scenario import Scenario, files, frontier, name_of, weigh

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
        typer.echo(not_on(scenario))
    _table(words.measure_table([outcome]), "Measures")
    _caveats(outcome.caveats)
    if save is not None:
        files.save(scenario, save, place=place)
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
    from mapping.scenario import Scenario, files

    scenarios = [Scenario.load(path) for path in paths]
    place = pipeline.load(pipeline.same_study(scenarios), workspace=workspace)
    _banner(fictional=place.fictional)
    for path in paths:
        for change in files.open_file(path, place=place).changes:
            typer.echo(f"{path.name}: {change}")
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
