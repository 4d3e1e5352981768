"""Areas that the same stops reach, taken together: a plan cannot tell them apart."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """
    The areas within reach of any stop, by the stops that reach them.

    Parameters
    ----------
    areas
        The areas within reach of a stop.
    place
        By such area, its neighbourhood.
    cover
        Neighbourhoods by stops, whether it is within reach.
    """

    areas: pd.Index
    place: np.ndarray
    cover: sparse.csr_array

    @classmethod
    def of(cls, reach: pd.DataFrame) -> "Neighbourhoods":
        """
        Return those of a table of areas by stops.

        Examples
        --------
        >>> reach = pd.DataFrame({"x": [True, True, False, False]}, index=list("abcd"))
        >>> found = Neighbourhoods.of(reach.assign(y=[True, True, True, False]))
        >>> found.summed(pd.DataFrame({"people": 10.0}, index=list("abcd"))).tolist()
        [[10.0], [20.0]]
        """
        near = reach.to_numpy()
        some = near.any(axis=1)
        cover, place = np.unique(near[some], axis=0, return_inverse=True)
        return cls(reach.index[some], place.ravel(), sparse.csr_array(cover.astype(float)))

    def summed(self, frame: pd.DataFrame) -> np.ndarray:
        """Return neighbourhoods by the columns of a frame by area; a missing area has nobody."""
        each = frame.reindex(self.areas).fillna(0.0).to_numpy()
        total = np.zeros((self.cover.shape[0], each.shape[1]))
        np.add.at(total, self.place, each)
        return total
