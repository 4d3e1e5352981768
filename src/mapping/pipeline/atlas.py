"""From a planner's table of areas, of any vintage held, to LSOAs 2021: along which lookup."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from mapping.errors import InvalidTableError
from mapping.geography import Lookup, best_fit
from mapping.pipeline.counting import inside
from mapping.pipeline.fitting_wards import points_in
from mapping.pipeline.inputs import Inputs
from mapping.sources.census import holds
from mapping.study import OwnTable
from mapping.vintages import carried, crosswalk

EARLIER, PRESENT = "LSOA 2011", "LSOA 2021"
SMALL = "OA 2021"
# In words, by the first word of a vintage.
WAYS = {
    "LSOA": "along the official change lookup, by people, where areas changed",
    "OA": "added up from output areas",
    "wards": "wards shared out among their LSOAs by people",
}


@dataclass(frozen=True, eq=False)
class Atlas:
    """
    What areas there are by vintage, and the way from each to LSOAs 2021.

    Parameters
    ----------
    inputs
        The files of the study.
    lookup
        LSOAs 2021 and wards.
    lsoas
        Those of the place.
    """

    inputs: Inputs
    lookup: Lookup
    lsoas: gpd.GeoDataFrame

    @property
    def known(self) -> dict[str, pd.Index]:
        """Every code by vintage, of the vintages held."""
        known = {PRESENT: self.lookup.frame.index}
        if self.inputs.has("changes"):
            known[EARLIER] = self.inputs.table("changes").index.unique()
        if self.inputs.has("output_areas"):
            known[SMALL] = self.inputs.table("output_areas").index
        known[self._wards] = pd.Index(self.lookup.frame["ward"].unique())
        if self.inputs.has("earlier_ward_boundaries"):
            known[self._earlier_wards] = self.inputs.table("earlier_ward_boundaries").index
        return known

    def to_lsoas(self, table: pd.DataFrame, told: OwnTable, vintage: str) -> pd.DataFrame:
        """Bring a table of one of the vintages `known` to LSOAs 2021; NaN where a part lacks."""
        return self._ways[vintage](table, told)

    @property
    def _ways(self) -> Mapping[str, Callable[[pd.DataFrame, OwnTable], pd.DataFrame]]:
        """Vintage to the function from a table of it to one of LSOAs 2021."""
        return {
            PRESENT: lambda table, _: table,
            EARLIER: self._from_2011,
            SMALL: self._from_output_areas,
            self._wards: lambda table, told: self._from_wards(
                table, told, self.lookup.frame["ward"]
            ),
            self._earlier_wards: lambda table, told: self._from_wards(
                table, told, self._earlier_ward_of()
            ),
        }

    @property
    def _wards(self) -> str:
        return self.lookup.vintage.split(", ")[1]

    @property
    def _earlier_wards(self) -> str:
        held = self.inputs.published.get("earlier_ward_boundaries")
        return f"wards {held[0].vintage[-4:]}" if held else "earlier wards"

    def _people(self) -> pd.Series:
        return self.inputs.table("age")["residents"]

    def _earlier_ward_of(self) -> pd.Series:
        outlines = self.inputs.table("earlier_ward_boundaries")
        return inside(points_in(self.inputs, self.lsoas), outlines).dropna()

    def _from_2011(self, table: pd.DataFrame, told: OwnTable) -> pd.DataFrame:
        changes, people = self.inputs.table("changes"), self._people()
        lost = changes.index[~changes["area"].isin(people.index)]
        # Where only a place is held, areas beyond it cannot be shared out and are not of it.
        along = crosswalk(changes[~changes.index.isin(lost)], people)
        held = table[~table.index.isin(lost)]
        return carried(held, along, kinds=_kinds(told)).table

    def _from_output_areas(self, table: pd.DataFrame, told: OwnTable) -> pd.DataFrame:
        lsoa = self.inputs.table("output_areas")["lsoa"]
        # An LSOA is known only if all of its output areas are.
        every = lsoa[lsoa.isin(lsoa.reindex(table.index))]
        full = table.reindex(every.index)
        added = best_fit(full[[*told.counts]], every, level="output areas").table
        if not told.rates:
            return added
        people = self._people_of_output_areas().reindex(every.index)
        rates = full[[*told.rates]]
        total = people.groupby(every).sum()
        means = rates.mul(people, axis=0).groupby(every).sum(min_count=1).div(total, axis=0)
        return added.join(means.mask(rates.isna().groupby(every).any()))

    def _people_of_output_areas(self) -> pd.Series:
        if not holds(self.inputs.published["age"][1], "oa"):
            raise InvalidTableError(
                f"{self.inputs.file('age')} holds no output areas, by whose people rates of output "
                "areas are carried to LSOAs. Give counts, or get census2021_ts007a."
            )
        return self.inputs.table("age", level="oa")["residents"]

    def _from_wards(self, table: pd.DataFrame, told: OwnTable, ward: pd.Series) -> pd.DataFrame:
        """Give each LSOA its ward's rates, and of its counts what its people are of the ward's."""
        ward = ward[ward.isin(table.index)]
        people = self._people().reindex(ward.index)
        part = people / people.groupby(ward).transform("sum")
        own = table.reindex(ward).set_axis(ward.index)
        counts = own[[*told.counts]].mul(part, axis=0)
        return counts.join(own[[*told.rates]])


def _kinds(told: OwnTable) -> dict[str, str]:
    return {**dict.fromkeys(told.counts, "count"), **dict.fromkeys(told.rates, "rate")}
