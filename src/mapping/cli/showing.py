"""Verbs that show others: the board paper and the app."""

from pathlib import Path
from typing import Annotated

import typer

from mapping.cli.options import Root, Scenarios, workspace_at
from mapping.cli.screen import list_made, show_progress


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

    with show_progress("export") as progress:
        made = pipeline.export(
            scenarios,
            paper=Paper(title=title, purpose=purpose, note=note),
            workspace=workspace_at(workspace),
            progress=progress,
        )
    typer.echo(made.story)
    list_made(made)


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
    code = serve(workspace_at(workspace), free, browser=browser)
    if code:
        raise typer.Exit(code)
