"""Pages of the bus's timetable for paper: one sheet of A4 for each stop, one for each day."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mapping import bus
from mapping.maps import Pieces, document
from mapping.maps.safe import escape
from mapping.report.coming import not_on
from mapping.report.page import write_page
from mapping.report.words import follow_on, held_back, timetable
from mapping.rounding import number
from mapping.scenario import Outcome, Place

STYLE = """
@page { size: A4; margin: 18mm; }
body { margin: 0; color: #0b0c0c; font: 400 13pt/1.45 Helvetica, Arial, sans-serif; }
.sheet { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; break-after: page; }
.sheet:last-child { break-after: auto; }
h1 { font-size: 30pt; line-height: 1.1; margin: 0 0 .5rem; }
h2 { font-size: 14pt; font-weight: 400; margin: 0 0 1.5rem; }
.when { font-size: 22pt; font-weight: 700; margin: 0 0 .3rem; }
table { border-collapse: collapse; width: 100%; font-size: 12pt; }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid #b1b4b6; }
thead th { border-bottom: 2px solid #0b0c0c; }
.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.note { color: #505a5f; font-size: 10.5pt; }
.fictional { background: #ffdd00; padding: .4rem .6rem; print-color-adjust: exact; }
/* On a telephone the table moves, not the page. */
.wide { overflow-x: auto; }
@media print { .wide { overflow: visible; } .sheet { margin: 0; padding: 0; } }
"""


def write_timetables(outcome: Outcome, place: Place, path: Path) -> Path:
    """Write the sheets as one self-contained page, whole or not at all."""
    return write_page(timetables_page(outcome, place), path)


def timetables_page(outcome: Outcome, place: Place) -> str:
    """
    Return a page with a sheet for the notice board of each stop and one for each driver's day.

    Opens with no network and prints each sheet on A4. How many people are expected is not on it:
    it hangs where they live. The drivers' sheets say what was held back.
    """
    place = place.cleared()
    table = timetable(outcome, place)
    held = f'<p class="note">What was held back: {escape(held_back(place))}</p>'
    days = (f"{sheet}{held}" for sheet in _day_sheets(table, outcome))
    sheets = [*_stop_sheets(table, outcome, place), *days]
    made_up = '<p class="fictional">Fictional: this place does not exist.</p>'
    head = made_up if place.fictional else ""
    body = "".join(f'<section class="sheet">{head}{sheet}</section>' for sheet in sheets)
    title = f"Bus timetables, {place.name}"
    return document(Pieces(f"<main>{body}</main>", (STYLE,)), title=title)


def _stop_sheets(table: pd.DataFrame, outcome: Outcome, place: Place) -> Iterator[str]:
    for row in table.itertuples():
        often = "once" if row.visits == 1 else f"{row.visits} times"
        follow = follow_on(row.stop, outcome, place) if row.product == "taster" else ""
        yield (
            f"<h1>{escape(row.name)}</h1><h2>The digital bus comes to you.</h2>"
            f'<p class="when">{escape(row.every)}</p>'
            f'<p class="when">{row.opens} to {row.closes}</p>'
            f"<p>The bus comes {often} this term"
            f"{', each time on this weekday at this hour' if row.visits > 1 else ''}.</p>"
            f"<p>{escape(not_on(outcome.scenario, row.weekday))}</p>"
            f"<p>{escape(follow)}</p>"
        )


def _day_sheets(table: pd.DataFrame, outcome: Outcome) -> Iterator[str]:
    plan = outcome.bus_plan
    for day in () if plan is None else plan.days.itertuples():
        rows = table[table["slot"] == day.slot]
        body = "".join(
            f"<tr><td>{escape(row.name)}</td>"
            + "".join(
                f'<td class="time">{time}</td>'
                for time in (row.arrives, row.opens, row.closes, row.leaves)
            )
            + f"<td>{f'{row.rest:g} min' if row.rest else ''}</td></tr>"
            for row in rows.itertuples()
        )
        heads = ("Stop", "Arrive", "Open", "Close", "Leave", "Break after")
        head = "".join(f'<th scope="col">{name}</th>' for name in heads)
        km = "" if pd.isna(day.km) else f", {number(day.km)} km"
        yield (
            f"<h1>Driver’s day</h1><h2>{escape(rows['every'].iloc[0])}; bus {day.bus + 1}</h2>"
            f"<p>{escape(not_on(outcome.scenario, day.weekday))}</p>"
            f'<p class="when">Leave the depot {bus.time_of(day.depart)}</p>'
            '<div class="wide" role="region" aria-label="Stops of the day" tabindex="0">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
            f'<p class="when">Back at {bus.time_of(day.back)}</p>'
            f'<p class="note">{day.driving:g} minutes of driving{km}; {day.duty:g} minutes of '
            "duty. Driving times use average speeds: try the route before relying on it.</p>"
        )
