"""The board paper and the one-page summary of one or more scenarios."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mapping import __version__
from mapping.maps.figures import about, between
from mapping.report import estimates, futures, siting, words
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
        sections=(*_sections(outcomes, place), _checked(place, whole=True)),
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
        sections=(*_sections(outcomes, place, whole=False), _checked(place, whole=False)),
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


def _sections(
    outcomes: Sequence[Outcome], place: Place, *, whole: bool = True
) -> tuple[Section, ...]:
    first = outcomes[0]
    return (
        Section("What we recommend", _recommended(first, place)),
        Section("What else was looked at", _options(outcomes)),
        *(_why(first, place) if whole else ()),
        *(futures.sections(outcomes, place) if whole else ()),
        Section(
            "Where the need is",
            (
                words.social_renting(place),
                estimates.in_bands(place),
                estimates.who_told(place),
            ),
        ),
        Section(
            "How sure this is",
            (
                words.meaning(place.exclusion),
                "“Within reach” means living near, “expected to come” is an assumed share of them, "
                "and places are what venues state: three figures that are not to be mixed.",
            ),
        ),
    )


def _recommended(outcome: Outcome, place: Place) -> tuple[str, ...]:
    """Return the proposal, what it comes to by its own question, and its proof."""
    said = (
        f"“{outcome.scenario.name}”. {words.recommendation(outcome, place)}",
        siting.aim_met(outcome, place),
        words.proof(outcome),
    )
    return tuple(sentence for sentence in said if sentence)


def _why(outcome: Outcome, place: Place) -> tuple[Section, ...]:
    """Return why the new hubs are where they are, and how sure that is."""
    first, *points = siting.section(outcome, place) or ("",)
    return (Section("Why these places, and how sure", (first,), points),) if points else ()


def _checked(place: Place, *, whole: bool) -> Section:
    """Return how the estimate was checked; where there is little room, its first sentences."""
    heading = "How this was checked"
    if whole:
        return Section(heading, points=estimates.how_checked(place))
    return Section(heading, (estimates.briefly_checked(place),))


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
        ),
        *futures.tables(outcomes, place),
    ]
    if first.new_hubs:
        tables.append(
            Table(
                f"New hubs in “{first.scenario.name}” ({about_what})",
                siting.hub_table(first, place).drop(columns="Site"),
                note=siting.table_note(first),
            )
        )
        tables.append(
            Table(
                f"Who is within reach in “{first.scenario.name}” ({about_what})",
                siting.who_gains(first, place),
                note="Estimates by group are means; their uncertainty is not shown.",
            )
        )
    if first.bus_plan is not None:
        tables.append(
            Table(
                f"Bus timetable in “{first.scenario.name}” ({about_what})",
                words.bus_table(first, place),
            )
        )
    return (*tables, *_estimate_tables(place, about_what))


def _estimate_tables(place: Place, about_what: str) -> tuple[Table, ...]:
    """Return who is offline, where, and what goes with it."""
    return (
        Table(
            f"Who is likely to be offline ({about_what}; 95% intervals in brackets)",
            estimates.who_figures(place),
            note=estimates.DIVIDED,
        ),
        Table(
            f"Wards, in alphabetical order: adults likely to be offline ({about_what})",
            estimates.ward_figures(place),
            note="95% intervals. Wards of one band cannot be put in order.",
        ),
        Table(
            f"Wards whose share is likely above that of {place.name}, in alphabetical order: what "
            f"goes with it ({about_what})",
            estimates.why_figures(place),
            note=estimates.why_note(place),
        ),
    )


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
