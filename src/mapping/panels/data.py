"""Get and check data: what is here, what is missing and how to get it, and whether all adds up."""

from pathlib import Path

import pandas as pd

from mapping import pipeline
from mapping.errors import NotBuiltError
from mapping.panels.answer import Answer, Grid
from mapping.panels.opening import open_study
from mapping.panels.panel import Panel
from mapping.panels.upload import LISTS, OwnList
from mapping.pipeline.demonstration import STUDY as DEMO
from mapping.pipeline.inputs import KEPT, NEEDED, OPTIONAL, WHOSE, postcodes_of
from mapping.report import words
from mapping.sources import Source, locate, read, records, standing
from mapping.sources.verifying import AS_FETCHED, BY_HAND, FAULTS
from mapping.study import Study, read_study
from mapping.workspace import Workspace

STATES = {AS_FETCHED: "as fetched", BY_HAND: "here, put in by hand", standing.MISSING: "missing"}

# Roles in a planner's words, where their names say little.
WORDS = {
    "lookup": "wards of small areas",
    "boundaries": "outlines of small areas",
    "ward_boundaries": "outlines of wards",
    "centroids": "middles of small areas",
    "changes": "small areas of 2011 and 2021",
    "online_returns": "census returns made online",
}
# What a study needs besides, by what its pattern is learned from.
LEARNED_FROM = {"online_returns": ("online_returns", "changes")}


def check_data(study: str, *, workspace: Workspace | None = None) -> Panel:
    """
    Return the panel that says whether a study's data are here and in order.

    The study need not be built; where it is, the panel shows what it adds up to before and after
    every join.

    Parameters
    ----------
    study
        Its name, as in `studies/<name>.toml`, or "demo", which is made on the spot if need be.
    workspace
        Default: the one that the notebook lies in.

    Raises
    ------
    InvalidStudyError
        If there is no such study.
    """
    workspace = workspace or Workspace.around(Path.cwd())
    if study == DEMO and not (workspace.raw / DEMO).is_dir():
        open_study(study, workspace=workspace)
    asked = read_study(study, workspace)
    lists = OwnList(LISTS, study=asked, workspace=workspace, postcodes=_postcodes(asked, workspace))
    return Panel(
        f"Data · {asked.name}",
        controls={},
        reply=lambda *_: data_answer(read_study(study, workspace), workspace),
        button="Check again",
        extras=(lists,),
        fictional=asked.fictional,
    )


def data_answer(study: Study, workspace: Workspace) -> Answer:
    """Return what of a study's data is here, what is missing, and what it adds up to."""
    needed = (*NEEDED, *LEARNED_FROM.get(study.learn_from, ()))
    found = standing.published(
        workspace.raw, study.id, needed=needed, useful=OPTIONAL, chosen=study.sources
    )
    lists = _own(study, workspace)
    built, told = _as_built(study, workspace)
    return Answer(
        lead=lead(study.name, found, lists),
        notes=(told,),
        grids=(
            Grid("Published files", _printed(found, fictional=study.fictional)),
            Grid("The files by name, and what their codes and figures are of", _files(found),
                 folded=True),
            *((Grid("Your own lists", _lists(lists)),) if len(lists) else ()),
            *built,
        ),
    )  # fmt: skip


def lead(name: str, found: pd.DataFrame, lists: pd.DataFrame) -> str:
    """
    Say in a sentence or two whether a study can be built.

    Parameters
    ----------
    found
        See `mapping.sources.standing.published`.
    lists
        See `mapping.sources.standing.own`.
    """
    needed = found[found["needed"]]
    missing = needed.loc[needed["state"] == standing.MISSING, "role"]
    strange = found.loc[found["state"].isin(FAULTS) & (found["file"] != ""), "file"]
    wrong = lists.loc[lists["state"] != standing.READ, "file"]
    faults = [
        f"{kind}: {', '.join(names)}."
        for kind, names in (
            ("Still to get", _named(missing)),
            ("Not as fetched", strange),
            ("To correct", wrong),
        )
        if len(names)
    ]
    if faults:
        return " ".join([f"{name} is not ready.", *faults])
    return f"Everything that {name} needs is here."


def _own(study: Study, workspace: Workspace) -> pd.DataFrame:
    """Read the own lists where they lie; postcodes are looked up only if a list asks."""
    folder = workspace.raw / study.id
    lists = {record: (folder / own.file, own.columns) for record, own in study.own.items()}
    directory = _directory(study, workspace)
    postcodes = {
        record: postcodes_of(study, WHOSE.get(record, "places"), directory, workspace.raw / KEPT)
        for record in lists
    }
    tables = {
        f"table: {name}": (
            folder / table.file,
            {"area": table.area, "counts": table.counts, "rates": table.rates},
        )
        for name, table in study.tables.items()
    }
    return standing.own(lists, postcodes=postcodes, tables=tables)


def _directory(study: Study, workspace: Workspace) -> tuple[Source, Path] | None:
    """Return the directory of postcodes, if there is one."""
    files = standing.files_of(workspace.raw, study.id)
    return locate(files, chosen=study.sources).get("postcodes")


def _postcodes(study: Study, workspace: Workspace) -> records.Postcodes | None:
    """Return what looks postcodes up for a list that is only looked at: nothing is sent away."""
    directory = _directory(study, workspace)
    return None if directory is None else lambda _: read(*directory)


def _as_built(study: Study, workspace: Workspace) -> tuple[tuple[Grid, ...], str]:
    """Return what the build joined and what that adds up to, and whether it does."""
    try:
        place = pipeline.load(study, workspace=workspace)
    except NotBuiltError as error:
        return (), str(error)
    grids = [
        Grid("What it adds up to before and after every join", words.totals(place)),
        Grid("What of every table matched, and what did not", words.matches(place), folded=True),
    ]
    earlier = words.earlier_wards(place)
    if earlier is not None:
        caption = "Where the people of earlier wards live now, to read old reports"
        grids.append(Grid(caption, earlier, folded=True, grouped=True))
    checks = place.reconciliation
    same = (checks["before"].round() == checks["wards"].round()).all()
    told = "nobody was lost or counted twice" if same else "the totals differ"
    return tuple(grids), f"As last built, {told}; see the totals below."


def _printed(found: pd.DataFrame, *, fictional: bool) -> pd.DataFrame:
    """Return what is here and what to do, what hinders the build first."""
    state = found["state"].replace(STATES | ({BY_HAND: "made up"} if fictional else {}))
    optional = ~found["needed"] & (found["state"] == standing.MISSING)
    hinders = (found["todo"] != "") & found["needed"]
    table = pd.DataFrame(
        {
            "Used for": _named(found["role"]),
            "Source": found["title"],
            "State": state.mask(optional, "not here (it can do without)"),
            "What to do": found["todo"].replace("", "–"),
        }
    )
    return pd.concat([table[hinders], table[~hinders]])


def _named(roles: pd.Series) -> pd.Series:
    return roles.replace(WORDS).str.replace("_", " ")


def _files(found: pd.DataFrame) -> pd.DataFrame:
    held = found[found["file"] != ""]
    return pd.DataFrame({"File": held["file"], "What it is of": held["vintage"]})


def _lists(lists: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "List": lists["record"],
            "File": lists["file"],
            "State": lists["state"],
            "What it says": lists["told"],
        }
    )
