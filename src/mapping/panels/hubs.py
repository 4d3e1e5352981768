"""Place hubs: which sites to open, whom they bring within reach, and how good the plan is."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mapping.errors import InvalidScenarioError, MappingError
from mapping.panels.answer import Answer, Grid
from mapping.panels.arranging import Arranged, Arrangement
from mapping.panels.controls import (
    choice,
    matters,
    questions,
    show_what_matters,
    slider,
    venues,
    wards,
)
from mapping.panels.hubmap import HubMap
from mapping.panels.panel import Panel, Values
from mapping.panels.reasons import Why
from mapping.panels.saving import Saver
from mapping.panels.sureness import HowSure
from mapping.panels.work import Work
from mapping.report import siting, words
from mapping.scenario import (
    COUNTED,
    Outcome,
    Place,
    Progress,
    Scenario,
    name_of,
    weigh,
    with_own,
)
from mapping.workspace import Workspace

BUDGET_STEP = 2_500
FOLDED = ("must_open", "never", "in_wards", "may_close", "one_per_building", "capacity")


def place_hubs(place: Place, *, study: str, workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that recommends where to open hubs; it answers every change at once.

    New hubs can be moved on its live map, which tells on the way what that does; where one is let
    go it is a point of the planner's own, and the others stay where they are.

    Parameters
    ----------
    place
        A built study, as `open_study` returns it.
    study
        Its name, which saved scenarios carry.
    workspace
        Where scenarios are saved; default: the one that the notebook lies in.
    """
    workspace = workspace or Workspace.around(Path.cwd())
    start = Scenario.starting_from(place.defaults, name="", study=study)
    controls = _controls(place, start)

    def arrange(arrangement: Arrangement, more: int) -> None:
        panel.put(arranged(panel.values, arrangement, more, most=controls["new_hubs"].max))

    controls["placed"] = Arranged(arrange)
    stage = HubMap(place, arrangement=lambda: controls["placed"].value, arrange=arrange)
    why, sure = Why(place), HowSure(place)

    def reply(values: Values, work: Work) -> Answer:
        answer = hubs_answer(values, place, study=study, progress=work, stop=work.stopped)
        work.check()  # newer choices are under way: what is on the screen waits for them
        stage.follow(answer.outcome, values["placed"])
        why.follow(answer.outcome)
        sure.follow(answer.outcome)
        return answer

    def draws_told(outcome: Outcome) -> None:
        if panel.answer is not None:
            panel.revise(replace(panel.answer, beside=beside(outcome, place)))

    saver = Saver(
        lambda name: scenario_from({**panel.values, "draws": sure.draws}, study=study, name=name),
        workspace,
        place=place,
    )
    panel = Panel(
        f"Place hubs · {place.name}",
        controls=controls,
        reply=reply,
        folded={
            "Sites fixed or ruled out, and other conditions": [
                name for name in FOLDED if name in controls
            ]
        },
        extras=(why, sure, saver),
        bar=(saver.offer,),
        fictional=place.fictional,
        stage=stage,
    )
    saver.attend(panel, study=study, kind="hubs")
    sure.heard = draws_told
    show_what_matters({name: one for name, one in controls.items() if name != "placed"})
    return panel


def _controls(place: Place, start: Scenario) -> dict[str, Any]:
    """Return the controls by the names of choices in `Scenario`."""
    most = min(int((~place.sites["open"]).sum()), max(20, start.new_hubs))
    asked = questions(place)
    first = start.question if start.question in asked.values() else next(iter(asked.values()))
    controls = {
        "question": choice("What matters most", asked, first),
        "new_hubs": slider("New hubs", min(start.new_hubs, most), least=0, most=most),
        "budget": _budget(place, start),
        "share": slider(
            "Share to reach", round(100 * start.share), least=5, most=100, step=5, unit="% of them"
        ),
        "within": slider(
            "Within reach", int(start.within), least=5, most=45, step=5, unit="minutes’ walk"
        ),
        "beyond": slider(
            "Nobody counts from", int(start.beyond), least=10, most=90, step=5, unit="minutes’ walk"
        ),
        "must_open": venues("Must open", place),
        "never": venues("May never open", place),
        "in_wards": wards("At least one hub in", place),
        "may_close": choice(
            "Hubs open now", {"stay open": False, "may close": True}, start.may_close
        ),
        "one_per_building": choice(
            "Hubs in one building",
            {"any number": False, "at most one": True},
            start.one_per_building,
        ),
    }
    used = place.sites[place.sites["counts"] | ~place.sites["open"]]
    if used["capacity"].notna().all():
        limits = {"are not counted": False, "limit who is counted": True}
        controls["capacity"] = choice("Places a week", limits, start.capacity)
    return controls


def _budget(place: Place, start: Scenario) -> Any:
    """Return a slider of yearly budgets, up to what the dearest twenty hubs would cost."""
    costs = place.sites.loc[~place.sites["open"], "cost"].dropna().nlargest(20)
    most = max(BUDGET_STEP, int(costs.sum() // BUDGET_STEP) * BUDGET_STEP)
    value = min(max(int(start.budget), BUDGET_STEP), most)
    return slider("Budget", value, least=BUDGET_STEP, most=most, step=BUDGET_STEP, unit="£ a year")


def scenario_from(values: Values, *, study: str, name: str = "") -> Scenario:
    """
    Return the scenario that the controls ask for.

    Parameters
    ----------
    values
        Choices by their names in `Scenario`.
    name
        "" = named by what it asks for.

    Raises
    ------
    InvalidScenarioError
        If the choices exclude each other.

    Examples
    --------
    >>> scenario_from({"new_hubs": 3, "within": 20, "bus_days": 0}, study="demo").name
    '3 new hubs, most people within 20 minutes'
    """
    question = values.get("question", "maximal_coverage")
    choices = {key: value for key, value in values.items() if matters(key, question)}
    by_hand = choices.pop("placed", Arrangement())
    if by_hand.points:
        # A hub that was moved is open where it is now.
        must = (site for site in choices.get("must_open", ()) if site not in by_hand.moved)
        fixed = dict.fromkeys((*must, *by_hand.kept))
        choices |= {"placed": by_hand.placed, "must_open": tuple(fixed)}
    for key in {"within", "beyond", "budget"} & set(choices):
        choices[key] = float(choices[key])
    if "share" in choices:
        choices["share"] /= 100
    scenario = Scenario(**{"name": name, "study": study, "bus_days": 0, **choices})
    return scenario if name else replace(scenario, name=name_of(scenario))


def arranged(values: Values, arrangement: Arrangement, more: int, *, most: int) -> dict[str, Any]:
    """
    Return the values that controls take when hubs are moved or placed by hand: all at once.

    Parameters
    ----------
    values
        Of the controls now.
    more
        How many new hubs more are asked for; below 0 fewer.
    most
        New hubs that can be asked for.

    Raises
    ------
    InvalidScenarioError
        If that would be more.
    """
    asked = values["new_hubs"] + more
    if more and asked > most:
        raise InvalidScenarioError(
            f"New hubs: no more than {most} can be asked for. Move one that is there instead."
        )
    counted = values["question"] in COUNTED
    return {
        "placed": arrangement,
        "new_hubs": max(asked, 0) if counted else values["new_hubs"],
    }


def hubs_answer(
    values: Values,
    place: Place,
    *,
    study: str,
    progress: Progress,
    stop: Callable[[], bool] | None = None,
) -> Answer:
    """
    Return what the chosen hubs would do.

    Parameters
    ----------
    progress, stop
        As for `weigh`.

    Raises
    ------
    InvalidScenarioError, InfeasibleError
        If the choices exclude each other, or no plan can meet them; sites are named, not coded.
    """
    try:
        scenario = scenario_from(values, study=study)
        place = with_own(place, scenario.placed)
        outcome = weigh(scenario, place, progress=progress, stop=stop)
        outcome = in_order(outcome, values.get("placed", Arrangement()))
    except MappingError as error:
        raise type(error)(in_names(str(error), place)) from error
    return Answer(
        lead=words.recommendation(outcome, place),
        notes=(
            siting.aim_met(outcome, place),
            words.proof(outcome),
            words.meaning(place.exclusion),
        ),
        beside=beside(outcome, place),
        grids=_grids(outcome, place),
        caveats=outcome.caveats,
        outcome=outcome,
    )


def in_order(outcome: Outcome, by_hand: Arrangement) -> Outcome:
    """Return an outcome whose new hubs come, and are numbered, in the order of an arrangement."""
    plan = outcome.hub_plan
    if plan is None or not by_hand.order:
        return outcome
    order = by_hand.numbered(outcome.new_hubs)
    new = sorted(plan.new, key=lambda site: order.index(str(site)))
    return replace(outcome, hub_plan=replace(plan, sites=(*plan.kept, *new)))


def beside(outcome: Outcome, place: Place) -> tuple[Grid, ...]:
    """Return what each new hub brings, and who gains, short enough to stand beside the map."""
    if not outcome.new_hubs:
        return ()
    place = with_own(place, outcome.scenario.placed)
    brings = siting.brings_table(outcome, place)
    gains = siting.who_gains(outcome, place)
    gains = gains[["Group", "Within reach today", "Within reach in this plan"]]
    gains.columns = ["Group", "Today", "In this plan"]
    return (
        Grid(f"New hubs: {brings.columns[1].lower()}", brings),
        Grid("Who gains: adults likely to be offline within reach", gains, folded=True),
    )


def in_names(sentence: str, place: Place) -> str:
    """Return a sentence with the names of sites in place of their ids, and no scenario's name."""
    text = re.sub(r"^scenario '[^']*': ", "", sentence)
    ids = sorted(map(str, place.sites.index), key=len, reverse=True)
    names = dict(zip(map(str, place.sites.index), place.sites["name"], strict=True))
    found = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, ids)) + r")(?!\w)")
    return found.sub(lambda match: str(names[match[0]]), text)


def _grids(outcome: Outcome, place: Place) -> tuple[Grid, ...]:
    figures = words.measure_table([outcome]).reset_index()
    figures.columns = ["Measure", "In this scenario"]
    measures = Grid("All figures of this scenario (95% intervals in brackets)", figures)
    if not outcome.new_hubs:
        return (measures,)
    table = siting.hub_table(outcome, place).drop(columns="Site")
    return (Grid("New hubs; people near two of them are counted at both", table), measures)
