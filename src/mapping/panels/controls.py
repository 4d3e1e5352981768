"""The controls of panels, each with a label that stands above it and is read out with it."""

from collections.abc import Mapping

import ipywidgets as widgets

from mapping.scenario import READ_BY, Place

QUESTIONS = {
    "Most people within reach": "maximal_coverage",
    "Most people for a budget": "budgeted",
    "Most people, nearer ones first": "gradual",
    "Fewest hubs for a share of people": "set_cover",
    "Shortest walks for everybody": "p_median",
    "Shortest longest walk": "p_centre",
    "Fairest walks: long ones weigh more": "equitable",
}


def matters(control: str, question: str) -> bool:
    """
    Return whether a control makes a difference for a question.

    Examples
    --------
    >>> matters("budget", "budgeted"), matters("budget", "p_median"), matters("within", "p_median")
    (True, False, True)
    """
    return question in READ_BY.get(control, (question,))


def questions(place: Place) -> dict[str, str]:
    """Return the questions that can be put to a place: that of a budget needs costs."""
    costed = place.sites.loc[~place.sites["open"], "cost"].notna().any()
    return {words: name for words, name in QUESTIONS.items() if costed or name != "budgeted"}


def show_what_matters(controls: Mapping[str, widgets.ValueWidget]) -> None:
    """Hide the controls that make no difference for the question, now and when it changes."""

    def show(question: str) -> None:
        for name, control in controls.items():
            control.layout.display = None if matters(name, question) else "none"

    controls["question"].observe(lambda change: show(change["new"]), names="value")
    show(controls["question"].value)


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
        readout_format=",d",
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


def wards(label: str, place: Place) -> widgets.SelectMultiple:
    """Return a list of the wards by name; its value is their codes."""
    named = sorted((str(name), str(code)) for code, name in place.wards["name"].items())
    return widgets.SelectMultiple(
        description=f"{label} (Ctrl-click for several)", options=named, rows=6
    )
