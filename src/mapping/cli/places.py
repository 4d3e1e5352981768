"""Verbs that make a place: its files, its build, its earlier wards."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mapping.cli.options import Root, StudyName, workspace_at
from mapping.cli.screen import (
    list_made,
    show_banner,
    show_caveats,
    show_progress,
    show_table,
    show_transfers,
)
from mapping.errors import MissingSourceError

if TYPE_CHECKING:
    from mapping.sources import Source


def demo(workspace: Root = Path()) -> None:
    """Make the fictional demo city and run the whole path on it, from raw files to board map."""
    from mapping import pipeline

    with show_progress("demo city") as progress:
        made = pipeline.demo(workspace=workspace_at(workspace), progress=progress)
    typer.echo(made.story)
    list_made(made)


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

    place = workspace_at(workspace)
    if listed:
        _catalogue()
        return
    if streets:
        typer.echo(f"new       osm_streets: {pipeline.get_streets(streets, workspace=place)}")
        return
    if origin is not None:
        got = tuple(bring(origin, place.raw))
    else:
        with show_transfers() as progress:
            got = pipeline.get_all(sources or (), workspace=place, progress=progress)
    for one in got:
        typer.echo(f"{'new      ' if one.changed else 'unchanged'} {one.source.id}: {one.path}")
    if bundle is not None:
        held = write_bundle(place.raw, bundle)
        typer.echo(
            f"{len(held)} files in {bundle}. On the other machine: mapping get --from {bundle}"
        )


def verify(workspace: Root = Path()) -> None:
    """Compare the files in data/raw/ with what was fetched; exit code 1 if one differs."""
    from mapping.sources.verifying import BY_HAND, FAULTS
    from mapping.sources.verifying import verify as verified

    folder = workspace_at(workspace).raw
    found = verified(folder)
    faults = found[found["state"].isin(FAULTS)]
    if len(found):
        show_table(found, f"Files in {folder}")
    by_hand = int((found["state"] == BY_HAND).sum())
    typer.echo(
        f"{len(found) - len(faults) - by_hand} files as fetched, {len(faults)} not, {by_hand} put "
        "there by hand (nothing to compare them with)."
    )
    if len(faults):
        raise typer.Exit(1)


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

    place_ = workspace_at(workspace)
    with show_progress(f"build {study}") as progress:
        pipeline.build(study, raw=source, workspace=place_, progress=progress)
    place = pipeline.load(study, workspace=place_)
    show_banner(fictional=place.fictional)
    show_table(words.totals(place), "Nothing lost: totals before and after every join")
    for line in (
        words.social_renting(place),
        words.headline(place),
        words.meaning(place.exclusion),
        estimates.in_bands(place),
        estimates.briefly_checked(place),
        *place.disclosure,
    ):
        typer.echo(line)
    show_caveats(place.caveats)
    typer.echo(f"\nNext: mapping hubs --study {study}")


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

    place = pipeline.load(study, workspace=workspace_at(workspace))
    show_banner(fictional=place.fictional)
    told = words.earlier_wards(place)
    if place.earlier_wards is None or told is None:
        raise MissingSourceError(
            f"The outlines of {place.name}'s earlier wards are not held. Run: mapping get "
            f"ward2022_boundaries, then: mapping build --study {study}"
        )
    show_table(told, f"Earlier and present wards of {place.name}, by the people they share")
    typer.echo("Small areas are taken whole, so shares of a few per cent may be none.")
    if save is not None:
        name = place.name + (FICTIONAL if place.fictional else "")
        place.cleared()
        table = place.earlier_wards.assign(place=name)
        refuse_personal(table, what=save.name)
        write_text(table.to_csv(index=False, lineterminator="\n"), save)
        typer.echo(f"Written to {save}.")


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
