"""Tables of persons that do not show themselves and cannot be written by accident.

They compute like any other table. Printed, displayed in a notebook or shown in a crash report they
say only how many columns they have, and what would copy them to a file, a string or another
process is refused.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import geopandas as gpd
import pandas as pd

from mapping.errors import DisclosureError

REFUSAL = (
    "These are personal records: they are not shown, written or copied. Count them by area with "
    "mapping.disclosure.tally, and use what it releases."
)
WRITERS = (
    "to_clipboard", "to_csv", "to_excel", "to_feather", "to_file", "to_geo_dict", "to_hdf",
    "to_html", "to_json", "to_latex", "to_markdown", "to_orc", "to_parquet", "to_pickle",
    "to_postgis", "to_sql", "to_stata", "to_string", "to_wkb", "to_wkt", "to_xml", "explore",
    "__getstate__", "__reduce__", "__reduce_ex__",
)  # fmt: skip


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise DisclosureError(REFUSAL)


def _unseen(self: object) -> str:
    return f"<{type(self).__name__}: personal records, not shown>"


class Unshown:
    """What a table of persons has in place of display and writing."""

    __repr__ = __str__ = _repr_html_ = _unseen

    def __init_subclass__(cls) -> None:
        """Refuse every way out that the class has."""
        super().__init_subclass__()
        for name in WRITERS:
            setattr(cls, name, _refuse)


class PersonalSeries(Unshown, pd.Series):
    """A column of personal records."""

    @property
    def _constructor(self) -> type["PersonalSeries"]:
        return PersonalSeries

    @property
    def _constructor_expanddim(self) -> type["Personal"]:
        return Personal


class Personal(Unshown, pd.DataFrame):
    """
    Personal records, one row each.

    Examples
    --------
    >>> Personal({"name": ["A. Person"]})
    <Personal: personal records, not shown>
    """

    @property
    def _constructor(self) -> type["Personal"]:
        return Personal

    @property
    def _constructor_sliced(self) -> type[PersonalSeries]:
        return PersonalSeries


class PersonalPoints(Unshown, gpd.GeoSeries):
    """Where persons live, in the national grid."""

    @property
    def _constructor(self) -> Callable[..., Any]:
        plain = super()._constructor
        return lambda *given, **options: _still_personal(plain(*given, **options))

    def _constructor_from_mgr(self, mgr: Any, axes: Any) -> Any:
        return _still_personal(super()._constructor_from_mgr(mgr, axes))


def _still_personal(made: pd.Series) -> pd.Series:
    """Return what was made of points, as unshown as they are; pandas may not have finished it."""
    made.__class__ = PersonalPoints if isinstance(made, gpd.GeoSeries) else PersonalSeries
    return made
