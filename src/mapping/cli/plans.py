"""Verbs that plan: where hubs open, and where the bus stops."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mapping.cli.options import (
    Beyond,
    Budget,
    InWards,
    Must,
    Never,
    NewHubs,
    Question,
    Root,
    Save,
    Share,
    Skip,
    StudyName,
    Tasters,
    Within,
    workspace_at,
)
from mapping.cli.screen import show_banner, show_caveats, show_progress, show_table
from mapping.errors import InfeasibleError, InvalidScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mapping.scenario import Place
    from mapping.workspace import Workspace

# Options that some questions only read, and the choices they make.
OPTIONS = {"--new": "new_hubs", "--budget": "budget", "--share": "share", "--beyond": "beyond"}
# Choices by the option that makes them, where a message would name one that nobody typed.
TYPED = {
    "new_hubs": "--new", "must_open": "--must", "in_wards": "--in-ward", "bus_days": "--days",
    "bus_session": "--session", "bus_shift": "--shift", "bus_first_day": "--first-day",
    "bus_seconds": "--seconds", "bus_count": "--buses", "bus_depots": "--depot",
    "bus_weekdays": "--skip", "bus_tasters": "--taster", "bus_term": "--term",
    "bus_must": "--visit", "bus_locked": "--lock", "bus_holidays": "--holiday",
    "bus_bank_holidays": "--on-bank-holidays", "bus_needs": "--need", "bus_aim": "--aim",
    "bus_hours": "--hours", "bus_budget": "--bus-budget",
}  # fmt: skip


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
    r"""
    Recommend where to open new hubs, with proof and the people each one reaches.

    What is left out is as the study file says under \[defaults], or else five hubs for most people
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
    _answer(study, choices, workspace_at(workspace), save, why=why or (), more=more)


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
        list[str] | None,
        typer.Option("--depot", help="A stop (id or name) to start from, bus by bus."),
    ] = None,
    skip: Skip = None,
    taster: Tasters = None,
    term: Annotated[int | None, typer.Option("--term", min=1, help="Weeks of the term.")] = None,
    visit: Annotated[
        list[str] | None,
        typer.Option("--visit", help="A stop (id or name) that has to be visited."),
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
    r"""
    Write a timetable for the training bus, for the people no hub reaches.

    What is left out is as the study file says under \[defaults], or else ten days of 390 minutes
    in a term of twelve weeks, sessions of 90 minutes, beside five new hubs.
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
        "bus_days": days,
        "bus_session": session,
        "bus_shift": shift,
        "bus_first_day": None if first_day is None else first_day.date(),
        "bus_seconds": seconds,
        "bus_count": buses,
        "bus_depots": depot,
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
    _answer(study, choices, workspace_at(workspace), save, skip=skip or ())


def _answer(
    study: str,
    choices: dict[str, Any],
    workspace: "Workspace",
    save: Path | None,
    *,
    why: "Sequence[str]" = (),
    more: bool = False,
    skip: "Sequence[str]" = (),
) -> None:
    """Weigh the scenario that was asked for and say what follows from it."""
    from mapping import pipeline
    from mapping.report import siting, words
    from mapping.report.coming import not_on
    from mapping.scenario import Scenario, files, frontier, name_of, weigh

    place = pipeline.load(study, workspace=workspace)
    choices = _identified(choices, place)
    if skip:
        usual = Scenario.starting_from(place.defaults, name="", study=study).bus_weekdays
        choices["bus_weekdays"] = [day for day in usual if day not in skip]
    asked_why = [siting.site_called(name, place) for name in why]
    with _as_typed(choices):
        unnamed = Scenario.starting_from(place.defaults, name="", study=study, **choices)
        scenario = replace(unnamed, name=name_of(unnamed))
        _refuse_idle(choices, scenario.question)
        with show_progress(scenario.name) as progress:
            outcome = weigh(scenario, place, progress=lambda doing: progress(doing, 0, 2))
            curve = frontier(scenario, place) if more else None
    show_banner(fictional=place.fictional)
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
        show_table(siting.hub_table(outcome, place), "New hubs")
    for site in asked_why:
        typer.echo(siting.why(outcome, place, site))
    if outcome.confidence is not None:
        show_table(siting.sure_table(outcome.confidence, place), "How often each site is best")
        for line in siting.how_sure(outcome.confidence, place):
            typer.echo(line)
    if curve is not None:
        show_table(siting.curve_table(curve), f"What more would bring: {curve.counts}")
        typer.echo(siting.more(curve))
    if outcome.bus_plan is not None:
        show_table(words.bus_table(outcome, place), "Bus timetable")
        typer.echo(not_on(scenario))
    show_table(words.measure_table([outcome]), "Measures")
    show_caveats(outcome.caveats)
    if save is not None:
        files.save(scenario, save, place=place)
        typer.echo(f"\nScenario written to {save}. Next: mapping export {save}")


def _identified(choices: dict[str, Any], place: "Place") -> dict[str, Any]:
    """Return the choices with ids and codes in place of names."""
    from mapping.report import siting

    known = {
        "must_open": siting.site_called, "never": siting.site_called,
        "in_wards": siting.ward_called,
        "bus_must": siting.stop_called, "bus_depots": _depot_called,
    }  # fmt: skip
    return choices | {
        choice: [called(name, place) for name in choices[choice]]
        for choice, called in known.items()
        if choices.get(choice)
    }


def _depot_called(said: str, place: "Place") -> str:
    from mapping.report import siting

    return said if said == place.depot else siting.stop_called(said, place)


@contextmanager
def _as_typed(choices: "Mapping[str, Any]") -> "Iterator[None]":
    """Say what is wrong with a choice in the words of the option that made it."""
    typed = [name for name in TYPED if choices.get(name) is not None]
    try:
        yield
    except (InfeasibleError, InvalidScenarioError) as error:
        named = re.compile(rf"\b(?:{'|'.join(typed)})\b" if typed else r"(?!)")
        raise type(error)(named.sub(lambda found: TYPED[found[0]], str(error))) from None


def _refuse_idle(choices: dict[str, Any], question: str) -> None:
    """Refuse an option that the question does not read: the answer would seem to follow it."""
    from mapping.scenario import READ_BY

    idle = [
        f"{option} makes no difference to the question {question}: leave it out, or add "
        f"--question {' or '.join(READ_BY[name])}"
        for option, name in OPTIONS.items()
        if choices.get(name) is not None and question not in READ_BY[name]
    ]
    if idle:
        raise InvalidScenarioError(f"{'; '.join(idle)}.")
