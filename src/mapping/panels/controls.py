"""The controls of panels, each with a label that stands above it and is read out with it."""

from collections.abc import Mapping

import ipywidgets as widgets

from mapping.scenario import Place

QUESTIONS = {
    "Bring most people within reach": "maximal_coverage",
    "Make walks shortest for everybody": "p_median",
}


def slider(
    label: str, value: int, *, least: int, most: int, step: int = 1, unit: str = ""
) -> widgets.IntSlider:
    """
    Return a slider that reports when it is let go, so that nothing is worked out on the way.

    Parameters
    ----------
    unit
        Added to the label in brackets.
    """
    return widgets.IntSlider(
        description=f"{label} ({unit})" if unit else label,
        value=value,
        min=least,
        max=most,
        step=step,
        continuous_update=False,
    )


def choice(label: str, options: Mapping[str, object], value: object) -> widgets.Dropdown:
    """Return a list to choose one thing from: words → value."""
    return widgets.Dropdown(description=label, options=list(options.items()), value=value)


def venues(label: str, place: Place) -> widgets.SelectMultiple:
    """Return a list of the candidate sites by name; its value is their ids."""
    return widgets.SelectMultiple(
        description=f"{label} (Ctrl-click for several)",
        options=list(candidates(place).items()),
        rows=6,
    )


def candidates(place: Place) -> dict[str, str]:
    """Return the sites that could become a hub: name and kind → id, in alphabetical order."""
    sites = place.sites[~place.sites["open"]]
    names = sites["name"] + " (" + sites["kind"] + ")"
    twice = names.duplicated(keep=False)
    # Two venues of one name are told apart by their ids; nobody else has to read those.
    names = names.where(~twice, names + " " + sites.index.astype(str))
    return dict(sorted((name, str(site)) for site, name in names.items()))
