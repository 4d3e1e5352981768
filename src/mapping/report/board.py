"""The board paper and the one-page summary of one or more scenarios."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from mapping import __version__
from mapping.disclosure import shown_hash
from mapping.maps.safe import plain
from mapping.report import equality, estimates, options, siting, words
from mapping.report.comparison import Comparison
from mapping.report.drawing import outcome_map
from mapping.report.page import Section, Table, board_page, summary_page, write_page
from mapping.report.paper import Paper
from mapping.rounding import about
from mapping.scenario import Outcome, Place

PLAIN = Paper()
DEMO = "demo"  # the study whose files are made by a verb of its own
HASH = 12  # characters: enough to tell files apart
WITHHELD = "What was held back"
KEYED = (
    "Hashes of personal files are keyed: they tell when a file changes, and cannot be worked out "
    "from the file alone."
)


def write_board_map(
    outcomes: Sequence[Outcome],
    place: Place,
    path: Path,
    *,
    paper: Paper = PLAIN,
    version: str = __version__,
) -> Path:
    """Write the board paper; see `board_map`."""
    return write_page(board_map(outcomes, place, paper=paper, version=version), path)


def board_map(
    outcomes: Sequence[Outcome], place: Place, *, paper: Paper = PLAIN, version: str = __version__
) -> str:
    """
    Return the board paper: recommendation, options, who gains, map, figures, sources.

    Parameters
    ----------
    version
        Of the software, as the paper names it.
    """
    first, place = outcomes[0], place.cleared()
    compared = Comparison(outcomes, place)
    return board_page(
        outcome_map(first, place),
        title=paper.titled(place.name),
        lead=paper.asked(place.name, len(outcomes)),
        figures=options.key_figures(first, place),
        opening=_parts(OPENING, outcomes, place, paper),
        sections=(
            *_parts(AFTER_THE_MAP, outcomes, place, paper),
            *compared.sections(),
            *_parts(AT_THE_END, outcomes, place, paper),
        ),
        tables=_tables(compared),
        caveats=first.caveats,
        sources=source_lines(place),
        fictional=place.fictional,
        made=made(outcomes, place, paper, version=version),
    )


def write_summary(
    outcomes: Sequence[Outcome],
    place: Place,
    path: Path,
    *,
    paper: Paper = PLAIN,
    version: str = __version__,
) -> Path:
    """Write one page of plain language."""
    place = place.cleared()
    html = summary_page(
        title=plain(paper.title) or f"Digital help in {place.name}: what we found",
        lead=words.headline(place),
        sections=(*_sections(outcomes, place), _checked(place), _held_back(place)),
        caveats=_noted(outcomes[0].caveats),
        sources=tuple(dict.fromkeys(place.attributions)),
        fictional=place.fictional,
        made={"Software": f"mapping {version}", "Inputs (hash)": place.fingerprint},
    )
    return write_page(html, path)


def _parts(
    builders: Sequence["Part"], outcomes: Sequence[Outcome], place: Place, paper: Paper
) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    built = [build(outcomes, place, paper) for build in builders]
    return tuple(one for one in built if one.paragraphs or one.points or one.tables)


def _sections(outcomes: Sequence[Outcome], place: Place) -> tuple[Section, ...]:
    """Return the sections of the summary."""
    first = outcomes[0]
    where = (words.social_renting(place), estimates.in_bands(place), estimates.who_told(place))
    return (
        Section("What we recommend", _recommended(first, place)),
        Section("What else was looked at", _options(outcomes)),
        Section("Where the need is", where),
        Section("How sure this is", (words.meaning(place.exclusion), options.assumed(first))),
    )


def _recommendation(outcomes: Sequence[Outcome], place: Place, paper: Paper) -> Section:
    note = (paper.note,) if plain(paper.note) else ()
    return Section("What is recommended", (*_recommended(outcomes[0], place), *note))


def _choices(outcomes: Sequence[Outcome], place: Place, _: Paper) -> Section:
    """Return the options, doing nothing first, and whether they can be told apart."""
    return Section(
        "The options",
        (options.THREE,),
        (*_options(outcomes), *options.value_for_money(outcomes[0])),
        (options.options_table(outcomes, place), *options.bus_table(outcomes, place)),
    )


def _equality(outcomes: Sequence[Outcome], place: Place, _: Paper) -> Section:
    return Section(
        "Who gains and who loses",
        equality.told(outcomes, place),
        tables=equality.tables(outcomes, place),
    )


def _why(outcomes: Sequence[Outcome], place: Place, _: Paper) -> Section:
    """Return why the new hubs are where they are, and how sure that is."""
    first, *points = siting.section(outcomes[0], place) or ("",)
    heading = "Why these places, and how sure"
    return Section(heading, (first,), points) if points else Section(heading)


def _need(_: Sequence[Outcome], place: Place, __: Paper) -> Section:
    told = (words.headline(place), words.social_renting(place), estimates.in_bands(place))
    return Section("Where the need is", (*told, estimates.who_told(place)))


def _confidence(outcomes: Sequence[Outcome], place: Place, _: Paper) -> Section:
    """Return how sure the figures are, and what they leave out, in plain words."""
    return Section(
        "How sure this is, and what it leaves out",
        (words.meaning(place.exclusion),),
        (
            "The ranges hold the doubt of how many are offline and where, and of how many come. "
            "They do not hold the doubt of walking times, of what venues cost or hold, or of "
            "whether a venue can be had.",
            options.assumed(outcomes[0]),
            "Whether people want help, what they would come for, and who else offers it are not "
            "in the figures: those who know the places have to say.",
        ),
    )


def _validation(_: Sequence[Outcome], place: Place, __: Paper) -> Section:
    return Section("How the estimate was checked", points=estimates.how_checked(place))


def _withheld(_: Sequence[Outcome], place: Place, __: Paper) -> Section:
    """Return the disclosure log."""
    kept = "No name, address, postcode, point or answer of a person or home is in this file."
    return Section(WITHHELD, (kept,), place.disclosure)


Part = Callable[[Sequence[Outcome], Place, Paper], Section]
# The order of the paper: before the map, after it, and after what is said of other futures.
OPENING: tuple[Part, ...] = (_recommendation, _choices)
AFTER_THE_MAP: tuple[Part, ...] = (_equality, _why)
AT_THE_END: tuple[Part, ...] = (_need, _confidence, _validation, _withheld)


def _recommended(outcome: Outcome, place: Place) -> tuple[str, ...]:
    """Return the proposal, what it comes to by its own question, and its proof."""
    said = (
        f"“{outcome.scenario.name}”. {words.recommendation(outcome, place)}",
        siting.aim_met(outcome, place),
        words.proof(outcome),
    )
    return tuple(sentence for sentence in said if sentence)


def _checked(place: Place) -> Section:
    """Return how the estimate was checked, in its first sentences."""
    return Section("How this was checked", (estimates.briefly_checked(place),))


def _noted(caveats: Sequence[str]) -> tuple[str, ...]:
    """Say where the notes on data and methods are, for a page that has no room for them."""
    if not caveats:
        return ()
    notes = "1 note" if len(caveats) == 1 else f"{len(caveats)} notes"
    return (f"What limits these figures: {notes} in the board paper, board-map.html.",)


def _held_back(place: Place) -> Section:
    """Return the disclosure log in a line."""
    return Section(WITHHELD, (words.held_back(place),))


def _options(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    now = outcomes[0].measures["value"].get("reach_now")
    walk = f"within {outcomes[0].scenario.within:g} minutes’ walk of a hub"
    if now is None:
        today = f"how many live {walk} today is not known, as no list of open hubs was given"
    elif now:
        today = f"about {about(now)} of the adults likely to be offline live {walk}"
    else:
        today = f"none of the adults likely to be offline are counted as living {walk}"
    return (
        f"Do nothing: {today}.",
        *(words.difference(outcomes[0], other) for other in outcomes[1:]),
    )


def _tables(compared: Comparison) -> tuple[Table, ...]:
    place, first = compared.place, compared.outcomes[0]
    about_what = f"{place.exclusion.population}, {place.exclusion.year}"
    tables = [
        Table(
            f"Scenarios side by side ({about_what}; 95% intervals in brackets)",
            words.measure_table(compared.outcomes).reset_index(),
        ),
        *compared.tables(),
    ]
    if first.new_hubs:
        tables.append(
            Table(
                f"New hubs in “{first.scenario.name}” ({about_what})",
                siting.hub_table(first, place).drop(columns="Site"),
                note=siting.table_note(first),
            )
        )
    if first.bus_plan is not None:
        tables.append(
            Table(
                f"Bus timetable in “{first.scenario.name}” ({about_what})",
                words.bus_table(first, place),
            )
        )
    return (*tables, *_estimate_tables(place, about_what), inputs_table(place))


def inputs_table(place: Place) -> Table:
    """Return what was read: each file with its vintage, licence and hash."""
    sources, begins = place.sources, "SHA-256 begins"
    frame = pd.DataFrame(
        {
            "Source": sources["title"],
            "Publisher": sources["publisher"],
            "Vintage": sources["vintage"],
            "Licence": sources["licence"],
            begins: [shown_hash(text, HASH) for text in sources["sha256"]],
        }
    )
    return Table(
        "What was read",
        frame,
        note=KEYED if frame[begins].str.contains(":").any() else "",
        missing="–",
    )


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


def made(
    outcomes: Sequence[Outcome],
    place: Place,
    paper: Paper = PLAIN,
    *,
    version: str = __version__,
) -> Mapping[str, str]:
    """Return how this can be made again, in the folder that holds `studies`."""
    scenarios = ", ".join(outcome.scenario.name for outcome in outcomes)
    study = outcomes[0].scenario.study
    build = f"mapping build --study {shlex.quote(study)} --from FOLDER"
    folder = Path("exports") / Path(study).stem
    files = [folder / words.file_name(outcome.scenario) for outcome in outcomes]
    asked = asdict(paper)
    return {
        "Software": f"mapping {version}",
        "Inputs (hash)": place.fingerprint,
        "Scenarios": scenarios,
        "Make it again": f"{'mapping demo' if study == DEMO else build}; mapping export "
        + " ".join(shlex.quote(file.as_posix()) for file in files)
        + "".join(f" --{name} {shlex.quote(plain(text))}" for name, text in asked.items() if text),
    }
