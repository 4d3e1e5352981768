"""The command line: the verbs of the library, in the same words.

Nothing heavy is imported until a command runs, so `mapping --help` answers at once. A mistake of
the user's is one sentence and exit code 1; a wrong call is exit code 2; neither shows a traceback.
"""

import sys
from typing import Annotated

import typer

from mapping import __version__
from mapping.cli import comparing, places, plans, showing
from mapping.errors import MappingError

__all__ = ["app", "main"]

INTERRUPTED = 130  # how typer exits on Ctrl-C

app = typer.Typer(
    help="Where digital help is needed, and where to put it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


for _verb in (
    places.demo,
    places.get,
    places.verify,
    places.build,
    places.wards,
    plans.hubs,
    plans.bus,
    comparing.compare,
    showing.export,
):
    app.command()(_verb)
app.command(name="app")(showing.app_mode)


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
