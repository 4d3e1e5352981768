"""Panels for planners in JupyterLab: controls, and at once what follows from them.

Every panel is a pure function from the values of its controls to an `Answer`, and a `Panel` that
shows it; so the logic is tested without a browser.
"""

from mapping.panels.answer import Answer
from mapping.panels.bus import route_bus
from mapping.panels.compare import compare_futures
from mapping.panels.data import check_data
from mapping.panels.estimate import check_estimate
from mapping.panels.hubs import place_hubs
from mapping.panels.need import explore_need
from mapping.panels.opening import open_study
from mapping.panels.panel import Panel

__all__ = [
    "Answer",
    "Panel",
    "check_data",
    "check_estimate",
    "compare_futures",
    "explore_need",
    "open_study",
    "place_hubs",
    "route_bus",
]
