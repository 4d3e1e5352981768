"""Figures for papers and notebooks: each function returns a matplotlib Figure, sized for A4.

Every figure has a twin ending in `_words`, which says in a sentence or two what it shows: the text
for readers who cannot see it. Nothing here touches matplotlib's global state.
"""

from mapping.figures.bars import explanation_bars, explanation_bars_words
from mapping.figures.calibration import calibration, calibration_words
from mapping.figures.caterpillar import caterpillar, caterpillar_words
from mapping.figures.drawing import save
from mapping.figures.frontier import frontier, frontier_words
from mapping.figures.futures import (
    ramp,
    ramp_words,
    reach_maps,
    reach_maps_words,
    regret_grid,
    regret_grid_words,
)
from mapping.figures.plates import map_pair, map_pair_words, residual_map, residual_map_words

__all__ = [
    "calibration",
    "calibration_words",
    "caterpillar",
    "caterpillar_words",
    "explanation_bars",
    "explanation_bars_words",
    "frontier",
    "frontier_words",
    "map_pair",
    "map_pair_words",
    "ramp",
    "ramp_words",
    "reach_maps",
    "reach_maps_words",
    "regret_grid",
    "regret_grid_words",
    "residual_map",
    "residual_map_words",
    "save",
]
