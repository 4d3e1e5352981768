"""Whether raw files still are what was fetched."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mapping.sources.catalogue import Source, catalogue, locate
from mapping.sources.receipts import SUFFIX, Receipt, beside
from mapping.workspace import sha256

AS_FETCHED, CHANGED, MISSING = "as fetched", "changed", "missing"
OTHER_VINTAGE, BY_HAND = "another vintage", "no receipt"
FAULTS = (CHANGED, MISSING, OTHER_VINTAGE)


def verify(folder: Path) -> pd.DataFrame:
    """
    Compare every fetched file below a folder with its receipt, and its vintage with the catalogue.

    Returns
    -------
    pandas.DataFrame
        One row per file: `file`, `source`, `vintage`, `state` ("as fetched", "changed", "missing",
        "another vintage", or "no receipt" for a file put there by hand) and `todo`, which is ""
        where all is well. The states in `FAULTS` are faults.
    """
    columns = ["file", "source", "vintage", "state", "todo"]
    rows = [*_with_receipts(folder), *_without(folder)]
    return pd.DataFrame(rows, columns=columns).sort_values("file").reset_index(drop=True)


def _with_receipts(folder: Path) -> Iterator[tuple[str, str, str, str, str]]:
    for note in sorted(folder.rglob(f"*{SUFFIX}")):
        path = note.with_name(note.name.removesuffix(SUFFIX))
        name = path.relative_to(folder).as_posix()
        receipt = Receipt.of(path)
        if receipt is None:
            yield name, "", "", CHANGED, "Its receipt cannot be read; fetch it again."
            continue
        yield name, receipt.source, receipt.vintage, *_state(path, receipt)


def _state(path: Path, receipt: Receipt) -> tuple[str, str]:
    source = catalogue().get(receipt.source)
    again = f"Fetch it again: mapping get {receipt.source}."
    if not path.is_file():
        return MISSING, again
    if sha256(path) != receipt.sha256:
        return CHANGED, f"Somebody edited it, or it was damaged. {again}"
    if source is None or source.vintage != receipt.vintage:
        now = "not in the catalogue any more" if source is None else f"now {source.vintage}"
        return OTHER_VINTAGE, f"The source is {now}. {again}"
    return AS_FETCHED, ""


def _without(folder: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """List files that are recognised but have no receipt: nothing to compare them with."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(SUFFIX) and not beside(path).is_file()
    ]
    for path in files:
        source = _source_of(path)
        if source is not None:
            name = path.relative_to(folder).as_posix()
            yield name, source.id, source.vintage, BY_HAND, ""


def _source_of(path: Path) -> Source | None:
    found = (locate([path], chosen={source.role: source.id}) for source in catalogue().values())
    return next((entry for match in found for entry, _ in match.values()), None)
