"""What the estimate says of wards and of groups of people, how it was checked, and why.

Wards come in bands and in alphabetical order: most cannot be told apart, so there is no league
table.
"""

import pandas as pd

from mapping.exclusion import bands, comparison_in_words, explanation_in_words
from mapping.exclusion.comparison import ABOUT, ABOVE, BELOW, CERTAINTY
from mapping.exclusion.explanation import CAVEAT
from mapping.report.words import joined
from mapping.rounding import about, between
from mapping.scenario import Place

CHECKED = 2  # sentences of the card that fit where there is little room
KINDS = {"age": "Age", "tenure": "Home", "disability": "Disability"}
DIVIDED = (
    "How many there are in each group follows from national rates, brought to the estimate of each "
    "area; it was not observed here. Groups of different kinds overlap."
)
OTHER = (
    "“Other” is the mix of ethnic groups in the census, which goes with different ways of "
    "answering it."
)


def band_of(place: Place) -> pd.Series:
    """Return each ward's band: likely above the place's share, about it, likely below."""
    return bands(place.ward_exclusion)["band"]


def in_bands(place: Place) -> str:
    """Return which wards likely have a higher share than the place, in alphabetical order."""
    band = band_of(place)
    higher = sorted(place.wards.loc[band.index[band == ABOVE], "name"])
    untold, lower = int((band == ABOUT).sum()), int((band == BELOW).sum())
    if not higher:
        return (
            f"No ward can be said with confidence to have a higher share of adults offline than "
            f"{place.name} as a whole: the intervals are too wide."
        )
    return (
        f"The share of adults offline is likely higher than in {place.name} as a whole (in at "
        f"least {CERTAINTY:.0%} of draws) in {joined(higher)}. "
        f"{'It' if len(higher) == 1 else 'These'} cannot be put in order. In {untold} wards the "
        f"share is about that of {place.name} as far as can be told; in {lower} it is likely lower."
    )


def ward_figures(place: Place) -> pd.DataFrame:
    """Return the estimate by ward as text, by name, with its band; no figure stands alone."""
    wards, rows = place.wards, place.ward_exclusion.frame
    people = [
        _with_range(about(row.people), between(row.people_low, row.people_high))
        for row in rows.itertuples()
    ]
    share = [f"{row.low:.0%} to {row.high:.0%}" for row in rows.itertuples()]
    frame = pd.DataFrame(
        {
            "Ward": wards["name"],
            f"Share, against {place.name}": band_of(place).astype(object).reindex(wards.index),
            "Adults offline": pd.Series(people, rows.index, dtype=object).reindex(wards.index),
            "Share between": pd.Series(share, rows.index, dtype=object).reindex(wards.index),
        }
    )
    return frame.sort_values("Ward").reset_index(drop=True)


def who_figures(place: Place) -> pd.DataFrame:
    """Return adults offline by age, kind of home and disability as text, with intervals."""
    rows = place.who.reset_index()
    return pd.DataFrame(
        {
            "By": rows["kind"].map(KINDS),
            "Group": rows["label"],
            "Adults offline": [
                _with_range(about(row.people), between(row.low, row.high))
                for row in rows.itertuples()
            ],
            "Share of the group": [
                "–" if pd.isna(share) else f"{share:.0%}" for share in rows["share"]
            ],
        }
    )


def who_told(place: Place) -> str:
    """Return who the adults offline are, in a sentence."""
    people = place.who["people"]
    older = people[[("age", "75 to 84"), ("age", "85 and over")]].sum()
    total = people["age"].sum()
    return (
        f"Of the adults likely to be offline, about {_part(older, total)} are 75 or older, "
        f"{_part(people['tenure', 'social renting'], total)} rent from a social landlord and "
        f"{_part(people['disability', 'disabled'], total)} are disabled; many are in more than one "
        f"of these groups. {DIVIDED}"
    )


def how_checked(place: Place) -> tuple[str, ...]:
    """Return how the estimate was checked on places it had not seen, a sentence each."""
    return (*place.checked, *(place.card.sentences if place.card else ()))


def briefly_checked(place: Place) -> str:
    """Return the first of the card's sentences, or why there is no card."""
    told = place.card.sentences[:CHECKED] if place.card else place.checked
    return " ".join(told)


def why(ward: str, place: Place) -> str:
    """Return what goes with a ward's difference from the place's average; "" if not known."""
    if ward not in place.explanation.index.get_level_values("area"):
        return ""
    said = explanation_in_words(place.explanation.loc[[ward]], place.wards["name"])[ward]
    return f"{said} {OTHER} {CAVEAT}" if "other (" in said else f"{said} {CAVEAT}"


def why_note(place: Place) -> str:
    """Return what has to be known to read an explanation."""
    other = "other" in place.explanation.index.get_level_values("group")
    return f"{OTHER} {CAVEAT}" if other else CAVEAT


def why_figures(place: Place) -> pd.DataFrame:
    """Return the explanation of every ward that is likely above the place's share, by name."""
    band = band_of(place)
    chosen = band.index[band == ABOVE]
    rows = place.explanation[place.explanation.index.get_level_values("area").isin(chosen)]
    said = explanation_in_words(rows)
    told = [_sentence(text.partition(": ")[2]) for text in said]
    names = place.wards["name"].reindex(said.index)
    frame = pd.DataFrame({"Ward": names, "What goes with the difference": told})
    return frame.sort_values("Ward").reset_index(drop=True)


def compared(one: str, other: str, place: Place) -> str:
    """Return which of two wards has the higher share, or that it cannot be told."""
    known = place.ward_exclusion.draws.index
    names = (str(place.wards.loc[one, "name"]), str(place.wards.loc[other, "name"]))
    if one == other:
        return "Choose another ward to compare it with."
    if one not in known or other not in known:
        return f"{names[0]} and {names[1]} cannot be compared: one of them has no estimate."
    return comparison_in_words(place.ward_exclusion, one, other, names=names)


def baseline_figures(place: Place) -> pd.DataFrame:
    """Return how simpler orders of the areas agree with what was observed, beside the model."""
    if place.card is None:
        return pd.DataFrame()
    table = place.card.baselines
    table = table[table["areas"] > 0].reset_index()
    return pd.DataFrame(
        {
            "Order of areas by": table["baseline"],
            "Agreement": table["agreement"].map("{:.2f}".format),
            "Of the model, on the same areas": table["model"].map("{:.2f}".format),
            "Lead, between": [f"{row.low:+.2f} and {row.high:+.2f}" for row in table.itertuples()],
        }
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _part(people: float, total: float) -> str:
    return f"{people / total:.0%}"


def _with_range(figure: str, interval: str) -> str:
    return f"{figure} ({interval})" if interval else figure
