"""Lists of one's own: checked as soon as they are chosen, kept when asked, personal ones never.

A file goes from the browser into memory and no further. Of a personal list (homes, survey) nothing
is quoted, not even where it is at fault.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import ipywidgets as widgets

from mapping.errors import MappingError
from mapping.maps.safe import escape
from mapping.panels.controls import choice
from mapping.sources import records, standing
from mapping.sources.uploads import Upload
from mapping.study import Study
from mapping.workspace import Workspace, replacing

LISTS = {
    "Hubs open now": "hubs",
    "Venues that could become one": "venues",
    "Bus stops": "stops",
    "Homes (personal: counted, never kept)": "stock",
    "Survey answers (personal: counted, never kept)": "survey",
}
PERSONAL = ("stock", "survey")
ACCEPTED = ".csv,.xlsx,.xlsm,.gpkg,.geojson,.json,.parquet"
NEEDED = {
    "survey": "It needs the columns ward (code) and online (yes or no); weight and age if you have "
    "them.",
    "stock": "It needs easting and northing, latitude and longitude, or postcode.",
}
SITES = (
    "It needs the columns site, name and easting and northing (or latitude and longitude, or "
    "postcode); kind, capacity, cost and open_to if you have them."
)


@dataclass(frozen=True)
class Checked:
    """
    What was found in a list.

    Parameters
    ----------
    good
        Whether it can be used.
    sentences
        What it holds, or everything that is wrong with it.
    """

    good: bool
    sentences: tuple[str, ...]


def checked(
    upload: Upload,
    record: str,
    *,
    columns: Mapping[str, str] | None = None,
    postcodes: records.Postcodes | None = None,
) -> Checked:
    r"""
    Check a list of one's own in memory.

    Parameters
    ----------
    record
        "hubs", "venues", "stops", "depot", "stock" or "survey".
    columns
        Tidy name → header of the file, for those that differ.
    postcodes
        As for `mapping.sources.records.sites`.

    Examples
    --------
    >>> checked(Upload("hall.csv", b"site,name\na,Hall\n,Barn\n"), "venues").sentences[0]
    'site: empty in row 3'
    """
    try:
        told = standing.told_of(record, upload, columns or {}, postcodes)
    except MappingError as error:
        return Checked(good=False, sentences=faults(error, upload.name, record in PERSONAL))
    return Checked(good=True, sentences=(told,))


def faults(error: MappingError, where: str, personal: bool) -> tuple[str, ...]:  # noqa: FBT001
    """Return every fault that an error names, one by one; nothing of a personal list is quoted."""
    text = str(error).removeprefix(f"{where}: ").removesuffix(" Correct the file and run again.")
    if personal:
        # The first row of a list without headers is somebody.
        text = re.sub(r"; the file has .*", "; row 1 must hold the names of the columns.", text)
        text = re.sub(r"two columns are called .*", "two columns have one name. Rename one.", text)
    return tuple(part.strip().removesuffix(".") for part in text.split("; ") if part.strip())


class OwnList(widgets.VBox):
    """
    A button that takes a file, and what was found in it.

    Parameters
    ----------
    lists
        Kinds of list to choose from: words → record.
    study
        Whose lists they are; None: nothing can be kept.
    workspace
        Where lists are kept.
    postcodes
        As for `mapping.sources.records.sites`.
    use
        Is given the record and the file where it is good.
    """

    def __init__(
        self,
        lists: Mapping[str, str],
        *,
        study: Study | None = None,
        workspace: Workspace | None = None,
        postcodes: records.Postcodes | None = None,
        use: Callable[[str, Upload], None] | None = None,
    ) -> None:
        self._study, self._workspace = study, workspace
        self._postcodes, self._use = postcodes, use
        self._held: Upload | None = None
        self._warned = False
        self.kind = choice("Check a list of yours", lists, next(iter(lists.values())))
        self.upload = widgets.FileUpload(
            description="Choose a file" if len(lists) > 1 else next(iter(lists)),
            accept=ACCEPTED,
            multiple=False,
            icon="upload",
        )
        self.keep = widgets.Button(description="Keep it for this study", icon="save")
        self.keep.layout.display = "none"
        self.message = widgets.HTML()
        self.message.add_class("mapping-live")
        chosen = widgets.Box([self.kind])
        chosen.add_class("mapping-controls")
        chosen.layout.display = None if len(lists) > 1 else "none"
        row = widgets.Box([chosen, self.upload, self.keep])
        row.add_class("mapping-row")
        super().__init__([row, self.message])
        self.add_class("mapping-part")
        self.kind.observe(lambda _: self._begin(), names="value")
        self.upload.observe(lambda _: self._chosen(), names="value")
        self.keep.on_click(lambda _: self._keep())
        self._begin()

    def _begin(self) -> None:
        """Say what a list of this kind needs; what was chosen before is forgotten."""
        self._hold(None)
        self._say(NEEDED.get(self.kind.value, SITES))

    def _chosen(self) -> None:
        if not self.upload.value:
            return
        file = self.upload.value[0]
        name = PurePath(str(file["name"]).replace("\\", "/")).name or "file"
        upload = Upload(name, bytes(file["content"]))
        # The widget must not hold what a saved notebook would store.
        self.upload.value = ()
        self.take(upload)

    def take(self, upload: Upload) -> None:
        """Check a file and say what was found."""
        record = self.kind.value
        own = self._study.own.get(record) if self._study is not None else None
        found = checked(
            upload, record, columns=own.columns if own else None, postcodes=self._postcodes
        )
        keepable = found.good and self._study is not None and record not in PERSONAL
        self._hold(upload if keepable else None)
        if not found.good:
            self._refuse(upload.name, found.sentences)
            return
        self._say(f"{upload.name} can be used. {' '.join(found.sentences)}", good=True)
        if self._use is not None:
            self._use(record, upload)

    def _hold(self, upload: Upload | None) -> None:
        self._held, self._warned = upload, False
        self.keep.layout.display = "none" if upload is None else None

    def _keep(self) -> None:
        """Write the list among the study's own, whole or not at all, and say what to do next."""
        upload, study, workspace = self._held, self._study, self._workspace
        if upload is None or study is None or workspace is None:
            return
        record = self.kind.value
        own = study.own.get(record)
        named = own is not None and PurePath(own.file).suffix.lower() == upload.suffix.lower()
        file = own.file if own is not None and named else f"{record}{upload.suffix.lower()}"
        path = workspace.raw / study.id / file
        if path.exists() and not self._warned:
            self._warned = True
            self._say(f"There is a {file} already. Press “{self.keep.description}” once more to "
                      "replace it.")  # fmt: skip
            return
        try:
            with replacing(path) as temporary:
                temporary.write_bytes(upload.content)
        except OSError as error:
            self._refuse(upload.name, (f"it cannot be kept: {error.strerror}",))
            return
        entry = "" if named else f' Add [own.{record}] with file = "{file}" to the study file.'
        self._hold(None)
        self._say(
            f"Kept as {path.relative_to(workspace.root).as_posix()}.{entry} To use it run: mapping "
            f"build --study {study.id}",
            good=True,
        )

    def _say(self, sentence: str, *, good: bool = False) -> None:
        mark = '<span aria-hidden="true">✓</span> ' if good else ""
        self.message.value = f"<p>{mark}{escape(sentence)}</p>"

    def _refuse(self, name: str, sentences: tuple[str, ...]) -> None:
        listed = "".join(f"<li>{escape(sentence)}.</li>" for sentence in sentences)
        self.message.value = (
            f'<div class="mapping-wrong-list" role="alert"><p><strong>{escape(name)} cannot be '
            f"used yet.</strong> Correct it and choose it again:</p><ul>{listed}</ul></div>"
        )
