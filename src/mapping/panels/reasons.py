"""Why here, why not there: a list of all sites, and a sentence for the one chosen."""

import ipywidgets as widgets

from mapping.maps.safe import escape
from mapping.panels.controls import choice
from mapping.report import siting
from mapping.scenario import Outcome, Place, with_own


class Why(widgets.VBox):
    """
    A list of every hub and site, and why the plan has it or not.

    Parameters
    ----------
    place
        The study whose sites they are.
    """

    def __init__(self, place: Place) -> None:
        self._base = self._place = place
        self._outcome: Outcome | None = None
        self._picked = ""
        self._follows = False
        self.site = choice("Why here, or why not there", _sites(place, ()), "")
        self.text = widgets.HTML()
        self.text.add_class("mapping-live")
        chosen = widgets.Box([self.site])
        chosen.add_class("mapping-controls")
        super().__init__([chosen, self.text])
        self.add_class("mapping-part")
        self.site.observe(lambda _: self._pick(), names="value")

    def follow(self, outcome: Outcome | None) -> None:
        """Explain this outcome from now on: the site asked about, else the first new hub."""
        if outcome is None:
            return
        picked, self._outcome = self._picked, outcome
        self._place = with_own(self._base, outcome.scenario.placed)
        self._follows = True  # what the panel puts there was not asked for
        self.site.options = list(_sites(self._place, outcome.new_hubs).items())
        known = picked in self._place.sites.index  # a point of the planner's own may be gone
        self.site.value = picked if known else next(iter(outcome.new_hubs), "")
        self._follows = False
        self._say(' aria-live="off"')  # a change of plan is read out once, by its panel

    def _pick(self) -> None:
        if not self._follows:
            self._picked = self.site.value
            self._say()

    def _say(self, live: str = "") -> None:
        if self._outcome is None or not self.site.value:
            self.text.value = ""
            return
        said = siting.why(self._outcome, self._place, self.site.value)
        self.text.value = f"<p{live}>{escape(said)}</p>"


def _sites(place: Place, new: tuple[str, ...]) -> dict[str, str]:
    """Return every site that counts: what it is and its name → id, the plan's new hubs first."""
    names = siting.site_names(place)
    counted = place.sites[place.sites["counts"] | ~place.sites["open"]]
    open_ = counted.index[counted["open"]]
    other = counted.index.difference([*open_, *new])
    listed = {"Choose a site": ""}
    for what, sites in (("New: ", new), ("Open now: ", open_), ("", other)):
        named = sorted((str(names[site]), str(site)) for site in sites)
        listed |= {f"{what}{name}": site for name, site in named}
    return listed
