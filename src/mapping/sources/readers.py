"""From a source and its file to a tidy table: the one door to the reader modules."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.sources.catalogue import Source


def read(source: Source, path: Path, **options: Any) -> pd.DataFrame:
    """
    Read the file of a source with the reader its catalogue entry names.

    Parameters
    ----------
    options
        What that reader can be asked for, such as `level="oa"` of a census table.

    Returns
    -------
    pandas.DataFrame
        A tidy table indexed by `area` (or by id, for points and links); what its columns mean is
        in the reader's own docstring.

    Raises
    ------
    InvalidTableError
        If the file is not what the publisher issues; see `mapping.tables.check`.
    """
    module, function = source.reader.split(".")
    return getattr(import_module(f"mapping.sources.{module}"), function)(path, **options)
