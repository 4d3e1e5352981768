"""Fetch what the catalogue lists into the folder of raw data."""

from collections.abc import Sequence
from pathlib import Path

from mapping.errors import DownloadError, MissingSourceError
from mapping.geography import LONGITUDE_LATITUDE
from mapping.pipeline.manifest import read_steps
from mapping.pipeline.travelling import STREETS
from mapping.sources import Source, catalogue
from mapping.sources.fetching import Got, Progress, downloadable, get
from mapping.sources.streets import download_streets
from mapping.sources.transfer import new_session
from mapping.study import Study, read_study
from mapping.workspace import Workspace


def get_all(
    ids: Sequence[str] = (),
    *,
    workspace: Workspace | None = None,
    progress: Progress | None = None,
) -> tuple[Got, ...]:
    """
    Fetch sources into `data/raw/<source id>/`; nothing unchanged is sent again.

    Parameters
    ----------
    ids
        Of the catalogue; none = every source that a program may fetch.
    progress
        Called as bytes or rows come.

    Raises
    ------
    MissingSourceError
        If an id is not in the catalogue; then nothing is fetched.
    DownloadError
        After all have been tried, naming those that could not be fetched; the others are there.
    """
    folder = (workspace or Workspace()).raw
    session, got, faults = new_session(), [], []
    for source in _named(ids):
        try:
            got.append(get(source, folder, session=session, progress=progress))
        except DownloadError as error:
            faults.append(str(error))
    if faults:
        fetched = f"{len(got)} of {len(got) + len(faults)} sources are there. " if got else ""
        raise DownloadError(fetched + " ".join(faults))
    return tuple(got)


def get_streets(
    study: str | Path | Study, *, workspace: Workspace | None = None, service: str | None = None
) -> Path:
    """
    Ask OpenStreetMap for the streets and paths of a built study's place and what lies around it.

    Parameters
    ----------
    service
        Address of another Overpass service than osmnx's own.

    Returns
    -------
    Path
        `data/raw/<study>/streets.graphml`; the next build uses it.

    Raises
    ------
    NotBuiltError
        If the study was not built: its boundaries say where to ask.
    DownloadError
        If the service does not answer, or knows no street there.
    """
    workspace = workspace or Workspace()
    study = read_study(study, workspace)
    _, steps = read_steps(workspace.processed / study.id, study.id)
    around = steps["needs"].tables["lsoas"].buffer(STREETS).to_crs(LONGITUDE_LATITUDE)
    path = workspace.raw / study.id / "streets.graphml"
    return download_streets(around.union_all().simplify(0.001), path, service=service)


def _named(ids: Sequence[str]) -> list[Source]:
    known = catalogue()
    unknown = [id_ for id_ in ids if id_ not in known]
    if unknown:
        raise MissingSourceError(
            f"{', '.join(unknown)}: not in the catalogue. It holds {', '.join(known)}."
        )
    return [known[id_] for id_ in ids] or downloadable(list(known.values()))
