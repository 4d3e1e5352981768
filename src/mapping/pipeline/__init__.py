"""Raw files → processed tables → outcome → exports: the one place where files and models meet."""

from mapping.pipeline.building import build
from mapping.pipeline.demonstration import build_demo, demo
from mapping.pipeline.exporting import Made, export, outcomes_of, same_study
from mapping.pipeline.getting import get_all, get_streets
from mapping.pipeline.loading import load
from mapping.pipeline.manifest import Progress

__all__ = [
    "Made",
    "Progress",
    "build",
    "build_demo",
    "demo",
    "export",
    "get_all",
    "get_streets",
    "load",
    "outcomes_of",
    "same_study",
]
