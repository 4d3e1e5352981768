"""The verb that puts scenarios side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mapping.cli.options import Root, Scenarios, workspace_at
from mapping.cli.screen import show_banner, show_progress, show_table

if TYPE_CHECKING:
    from mapping.scenario import Outcome, Place, Scenario
    from mapping.workspace import Workspace


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
    from mapping.scenario import swing

    place, outcomes = _outcomes(scenarios, workspace_at(workspace))
    # Weights that cannot be are refused before anything is printed.
    weighed = swing(outcomes, futures.weights_of(weight)) if weight else None
    first, *others = outcomes
    typer.echo(words.meaning(place.exclusion))
    show_table(words.measure_table(outcomes), "Side by side")
    for other in others:
        typer.echo(words.difference(first, other))
        typer.echo(futures.hands_told(first, other, place))
    if len(others) > 1:
        show_table(futures.likely_table(outcomes), "Who reaches more, in how many draws")
    if groups:
        show_table(futures.group_table(outcomes, place), "Within reach of a hub, by group")
    if sweep is not None:
        _sweep(first.scenario, place, sweep)
    if beliefs:
        _beliefs(outcomes, place)
    if weighed is not None:
        show_table(futures.swing_table(weighed), "Weights against the steps on offer")
        typer.echo(futures.swing_told(weighed))
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

    with show_progress("sweep") as progress:
        found = sweep(scenario, place, choice, tell=lambda done, all_: progress("", done, all_))
    if found is None:
        typer.echo(f"Fewer than two values of {choice} can be planned: there is nothing to sweep.")
        return
    show_table(futures.sweep_table(found), f"What more would bring: {found.counts}")
    typer.echo(futures.sweep_told(found))


def _beliefs(outcomes: "list[Outcome]", place: "Place") -> None:
    """Print how options do under rival pictures of need."""
    from mapping.report import futures
    from mapping.scenario import best_by_belief, regret

    options = outcomes if len(outcomes) > 1 else best_by_belief(outcomes[0].scenario, place)
    found = regret(options, place)
    show_table(futures.regret_table(found), futures.regret_caption(found))
    for line in (*futures.regret_told(found), futures.pictures_told(place)):
        typer.echo(line)


def _people(outcome: "Outcome", place: "Place", **said: float | None) -> None:
    """Print what a target takes in people, if anything was said of it."""
    from mapping.report import crews
    from mapping.scenario import Crew, staffing

    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return
    if "per_champion" in given:
        given["learners_per_champion"] = given.pop("per_champion")
    found = staffing(outcome, place, Crew(**given))  # type: ignore[arg-type]
    show_table(crews.staffing_table(found), f"The first year of “{outcome.scenario.name}”")
    for line in crews.staffing_told(found, outcome):
        typer.echo(line)


def _outcomes(paths: list[Path], workspace: "Workspace") -> "tuple[Place, list[Outcome]]":
    from mapping import pipeline
    from mapping.scenario import Scenario, files

    scenarios = [Scenario.load(path) for path in paths]
    place = pipeline.load(pipeline.same_study(scenarios), workspace=workspace)
    show_banner(fictional=place.fictional)
    for path in paths:
        for change in files.open_file(path, place=place).changes:
            typer.echo(f"{path.name}: {change}")
    with show_progress("compare") as progress:
        return place, pipeline.outcomes_of(scenarios, place, progress=progress)
