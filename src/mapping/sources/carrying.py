"""Bring a table of 2011 areas to those of 2021, as each of its columns allows.

Every reader of a table in earlier areas says in `KINDS` what its columns are: counts and rates are
carried along the publisher's change lookup, ranks and deciles stay behind and are named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module

import pandas as pd

from mapping.errors import InvalidTableError
from mapping.sources.catalogue import Source
from mapping.vintages import KINDS, Carried, Crosswalk, carried


def kinds(source: Source) -> Mapping[str, str]:
    """
    Return what each column of a source is: "count", "rate", "rank" or "text".

    Raises
    ------
    InvalidTableError
        If its reader declares nothing, as readers of 2021 tables do: there is nothing to carry.

    Examples
    --------
    >>> from mapping.sources import catalogue
    >>> kinds(catalogue()["deri_v1_6"])["deri"]
    'rate'
    """
    reader = import_module(f"mapping.sources.{source.reader.split('.')[0]}")
    declared: Mapping[str, Mapping[str, str]] = getattr(reader, "KINDS", {})
    if source.id not in declared:
        raise InvalidTableError(
            f"{source.title} ({source.vintage}) says of none of its columns how it may be carried "
            "to other areas. Use it in the areas it is published for."
        )
    return declared[source.id]


def to_later(
    source: Source,
    table: pd.DataFrame,
    along: Crosswalk,
    *,
    columns: Sequence[str] = (),
    base: pd.Series | None = None,
) -> Carried:
    """
    Carry a source's table to later areas.

    Parameters
    ----------
    table
        As its reader returns it.
    along
        See `mapping.vintages.crosswalk`.
    columns
        Which to carry; none = all that can be. A rank that is asked for is refused.
    base
        People behind the rates, by earlier area; see `mapping.vintages.carried`.

    Returns
    -------
    Carried
        With `left` naming the columns that could not be carried.

    Raises
    ------
    InvalidTableError
        If a column asked for cannot be carried, besides the faults of `carried`.

    Examples
    --------
    >>> from mapping.sources import catalogue
    >>> from mapping.vintages import crosswalk
    >>> changes = pd.DataFrame({"area": ["N", "N"], "change": ["M", "M"]}, index=["A", "B"])
    >>> along = crosswalk(changes, pd.Series({"N": 400}))
    >>> old = pd.DataFrame({"imd_score": [10.0, 30.0], "imd_rank": [7.0, 2.0]}, index=["A", "B"])
    >>> found = to_later(catalogue()["iod2019"], old, along)
    >>> found.table["imd_score"].to_dict(), found.left
    ({'N': 20.0}, ('imd_rank',))
    """
    declared = kinds(source)
    can = {name: declared[name] for name in table if declared.get(name) in KINDS}
    wanted = {name: declared.get(name, "text") for name in columns} or can
    left = tuple(name for name in table if name not in can)
    return replace(carried(table, along, kinds=wanted, base=base), left=left)
