"""Who can reach a hub: how many live beyond a walk of any, by ward and by group."""

from collections.abc import Callable
from functools import cache

from mapping import maps
from mapping.access.opening import When
from mapping.panels.answer import Answer, Grid
from mapping.panels.controls import choice, slider
from mapping.panels.panel import Panel, Values
from mapping.report import reaching, words
from mapping.report.drawing import reach_map
from mapping.report.reaching import Pace
from mapping.scenario import Place

MAP_HEIGHT = 640
AREAS = {"Small areas (LSOAs)": "lsoa", "Wards": "ward"}
PACES: dict[str, Pace] = {
    "An ordinary adult on foot": "usual",
    "A slow walker": "slow",
    "By bus and train": "transit",
}
TIMES: dict[str, When] = {
    "At any time": "any",
    "On a weekday, 9 to 17": "daytime",
    "On a weekday evening": "evening",
    "At the weekend": "weekend",
}

Draw = Callable[[float, Pace, When, str, str], maps.Shown]


def who_can_reach(place: Place) -> Panel:
    """
    Return the panel that shows who lives beyond reach of any hub.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    """
    wards = {name: str(code) for code, name in place.wards["name"].sort_values().items()}

    @cache
    def draw(within: float, pace: Pace, when: When, by: str, outline: str) -> maps.Shown:
        found = reaching.reach(place, within=within, pace=pace, when=when)
        return maps.show(reach_map(found, place, by=by, outline=outline), height=MAP_HEIGHT)

    paces = {
        said: pace for said, pace in PACES.items() if pace != "transit" or place.transit is not None
    }
    outlines = {"Wards": "wards"}
    if place.catchments is not None:
        drawn = place.catchments["within"].iloc[0]
        outlines[f"Land within {drawn:g} minutes’ walk of each hub"] = "catchments"
    standard = int(place.defaults.get("within", 15))
    return Panel(
        f"Who can reach a hub · {place.name}",
        controls={
            "within": slider("Within", standard, least=5, most=45, step=5, unit="minutes"),
            "pace": choice("Who goes, and how", paces, "usual"),
            "when": choice("The hub has to be open", TIMES, "any"),
            "by": choice("Show by", AREAS, "lsoa"),
            "outline": choice("Outlines", outlines, "wards"),
            "ward": choice("Tell me about", {"the whole place": ""} | wards, ""),
        },
        reply=lambda values, _: reach_answer(values, place, draw=draw),
        fictional=place.fictional,
    )


def reach_answer(values: Values, place: Place, *, draw: Draw) -> Answer:
    """
    Return who lives beyond reach of any hub.

    Parameters
    ----------
    values
        `within` (minutes), `pace`, `when`, `by` ("lsoa" or "ward"), `outline` ("wards" or
        "catchments"), and `ward`: the code of a ward to tell more about, or "".
    draw
        Returns the map of the first five; the same one each time, so that it keeps its view.
    """
    found = reaching.reach(place, within=values["within"], pace=values["pace"], when=values["when"])
    ward = values["ward"]
    return Answer(
        lead=(
            reaching.in_ward(ward, found, place)
            if ward and found.hubs
            else reaching.headline(found, place)
        ),
        notes=(
            "" if ward else reaching.slow_walkers(found, place),
            reaching.backup(found, place),
            reaching.evenness(found, place),
            reaching.measured(place),
            words.meaning(place.exclusion),
        ),
        shown=draw(found.within, found.pace, found.when, values["by"], values["outline"]),
        grids=_grids(found, place) if found.hubs else (),
        caveats=(*found.caveats, *place.caveats, *place.disclosure),
    )


def _grids(found: reaching.Reach, place: Place) -> tuple[Grid, ...]:
    return (
        Grid(
            "By group: most people are in more than one, so kinds must not be added up",
            reaching.group_figures(found, place),
            grouped=True,
        ),
        Grid("By ward, by name", reaching.ward_figures(found, place), folded=True),
        Grid(
            "By deprivation of the area (decile of England)",
            reaching.decile_figures(found, place),
            folded=True,
        ),
        Grid("Hubs open to everybody", reaching.hub_figures(found, place), folded=True),
    )
