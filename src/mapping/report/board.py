"""The board paper and the one-page summary of one or more scenarios."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mapping import __version__
from mapping.maps.figures import about, between
from mapping.report import words
from mapping.report.drawing import outcome_map
from mapping.report.page import KeyFigure, Section, Table, board_page, summary_page, write_page
from mapping.scenario import Outcome, Place


def write_board_map(outcomes: Sequence[Outcome], place: Place, path: Path) -> Path:
    """Write the board paper: map, recommendation, options, figures, tables, caveats, sources."""
    first = outcomes[0]
    html = board_page(
        outcome_map(first, place),
        title=f"Where to put digital help in {place.name}",
        lead=words.headline(place),
        figures=key_figures(first, place),
        sections=_sections(outcomes, place),
        tables=_tables(outcomes, place),
        caveats=(*first.caveats, *place.disclosure),
        sources=source_lines(place),
        fictional=place.fictional,
        made=made(outcomes, place),
    )
    return write_page(html, path)


def write_summary(outcomes: Sequence[Outcome], place: Place, path: Path) -> Path:
    """Write one page of plain language."""
    html = summary_page(
        title=f"Digital help in {place.name}: what we found",
        lead=words.headline(place),
        sections=_sections(outcomes, place),
        caveats=outcomes[0].caveats,
        sources=tuple(dict.fromkeys(place.attributions)),
        fictional=place.fictional,
        made={"Software": f"mapping {__version__}", "Inputs (hash)": place.fingerprint},
    )
    return write_page(html, path)


def key_figures(outcome: Outcome, place: Place) -> tuple[KeyFigure, ...]:
    """Return the figures a board asks for first, each with its interval."""
    total = place.exclusion.total()
    figures = [
        KeyFigure(
            f"about {about(total['people'])}",
            f"adults likely to be offline in {place.name}, {place.exclusion.year}",
            between(total["low"], total["high"]),
        )
    ]
    for measure, label in (
        ("gained", f"of them newly within {outcome.scenario.within:g} minutes’ walk of a hub"),
        ("bus_reach", "more within reach of a bus stop only"),
    ):
        if measure in outcome.measures.index:
            row = outcome.measures.loc[measure]
            figures.append(
                KeyFigure(f"about {about(row['value'])}", label, between(row["low"], row["high"]))
            )
    return tuple(figures)


def _sections(outcomes: Sequence[Outcome], place: Place) -> tuple[Section, ...]:
    first = outcomes[0]
    return (
        Section(
            "What we recommend",
            (f"“{first.scenario.name}”. {words.recommendation(first, place)}", words.proof(first)),
        ),
        Section("What else was looked at", _options(outcomes)),
        Section(
            "Where the need is",
            (words.social_renting(place), words.among_most(place)),
        ),
        Section(
            "How sure this is",
            (
                words.meaning(place.exclusion),
                "“Within reach” means living near. How many will come, and how many places there "
                "are, are other figures and are not estimated here.",
            ),
        ),
    )


def _options(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    now = outcomes[0].measures.loc["reach_now"]
    today = (
        f"about {about(now['value'])} of the adults likely to be offline live"
        if now["value"]
        else "none of the adults likely to be offline are counted as living"
    )
    nothing = f"Do nothing: {today} within {outcomes[0].scenario.within:g} minutes’ walk of a hub."
    return (nothing, *(words.difference(outcomes[0], other) for other in outcomes[1:]))


def _tables(outcomes: Sequence[Outcome], place: Place) -> tuple[Table, ...]:
    first = outcomes[0]
    about_what = f"{place.exclusion.population}, {place.exclusion.year}"
    tables = [
        Table(
            f"Scenarios side by side ({about_what}; 95% intervals in brackets)",
            words.measure_table(outcomes).reset_index(),
        )
    ]
    if first.new_hubs:
        tables.append(
            Table(
                f"New hubs in “{first.scenario.name}” ({about_what})",
                words.hub_table(first, place).drop(columns="Site"),
                note="People near two hubs are counted at both.",
            )
        )
    if first.bus_plan is not None:
        tables.append(
            Table(
                f"Bus timetable in “{first.scenario.name}” ({about_what})",
                words.bus_table(first, place),
            )
        )
    tables.append(
        Table(
            f"Wards, in alphabetical order: adults likely to be offline ({about_what})",
            ward_figures(place),
            note="95% intervals. Most neighbouring figures cannot be told apart.",
        )
    )
    return tuple(tables)


def ward_figures(place: Place) -> pd.DataFrame:
    """Return the estimate by ward as text, by name; the map carries the same by LSOA."""
    wards = place.wards
    rows = place.ward_exclusion.frame
    bounds = zip(rows["people_low"], rows["people_high"], strict=True)
    interval = [between(low, high) for low, high in bounds]
    frame = pd.DataFrame(
        {
            "Ward": wards["name"],
            "Adults offline": rows["people"].map(about).reindex(wards.index),
            "Between": pd.Series(interval, rows.index, dtype=object).reindex(wards.index),
            "Share": rows["share"].map("{:.0%}".format).reindex(wards.index),
        }
    )
    return frame.sort_values("Ward").reset_index(drop=True)


def source_lines(place: Place) -> tuple[str, ...]:
    """Return each source with publisher, vintage and licence, and the lines licences ask for."""
    listed = [
        f"{row.title} ({row.publisher}; {row.vintage}; {row.licence})"
        for row in place.sources.itertuples()
    ]
    return (*listed, *place.attributions)


def made(outcomes: Sequence[Outcome], place: Place) -> Mapping[str, str]:
    """Return how this can be made again."""
    scenarios = ", ".join(outcome.scenario.name for outcome in outcomes)
    study = outcomes[0].scenario.study
    files = " ".join(words.file_name(outcome.scenario) for outcome in outcomes)
    return {
        "Software": f"mapping {__version__}",
        "Inputs (hash)": place.fingerprint,
        "Scenarios": scenarios,
        "Make it again": f"mapping build --study {study} --from FOLDER; mapping export {files}",
    }
