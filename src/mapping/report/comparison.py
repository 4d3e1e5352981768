"""What a board paper says of several scenarios: change, pictures of need, weights, people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mapping.errors import InvalidScenarioError
from mapping.report import words
from mapping.report.crews import assumed, staffing_table, staffing_told
from mapping.report.futures import (
    attenders_told,
    difference_table,
    even_weights,
    group_table,
    hands_told,
    pictures_told,
    regret_caption,
    regret_table,
    regret_told,
    swing_example,
    swing_table,
)
from mapping.report.page import Section, Table
from mapping.scenario import (
    Crew,
    Outcome,
    Place,
    RegretTable,
    Staffing,
    Swing,
    regret,
    staffing,
    swing,
)

SAME_SHARES = (
    "95% intervals in brackets. Each area’s people are divided among groups in the same shares in "
    "every draw; the doubt of those shares is left out."
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    Scenarios side by side, each question asked of them once for the words and the tables.

    Parameters
    ----------
    outcomes
        The first is the one that is proposed.
    place
        The place they are of.
    """

    outcomes: Sequence[Outcome]
    place: Place

    @cached_property
    def regret(self) -> RegretTable | None:
        """Regret across pictures of need; None where they cannot be compared."""
        if len(self.outcomes) < 2 or len(self.place.beliefs) < 2:
            return None
        try:
            return regret(self.outcomes, self.place)
        except InvalidScenarioError:  # two standards: nothing to score by one of them
            return None

    @cached_property
    def swing(self) -> Swing | None:
        """What the choice hangs on, all measures alike; None where they differ in one at most."""
        weights = even_weights(self.outcomes)
        if len(self.outcomes) < 2 or len(weights) < 2:
            return None
        return swing(self.outcomes, weights)

    @cached_property
    def staffing(self) -> Staffing | None:
        """What the first takes to run; None where nobody is expected to come."""
        first = self.outcomes[0]
        return staffing(first, self.place) if first.measures.loc["attenders", "value"] > 0 else None

    def sections(self) -> Iterator[Section]:
        """Yield what a board paper says of the comparison."""
        first, *others = self.outcomes
        if others:
            points = [hands_told(first, other, self.place) for other in others]
            points += [attenders_told(outcome) for outcome in self.outcomes]
            yield Section("What would change, and who is expected to come", (), points)
        if self.regret is not None:
            said = (*regret_told(self.regret), pictures_told(self.place))
            yield Section("If need is not as we think", said)
        if self.swing is not None:
            measures = words.joined([f"“{label}”" for label in self.swing.ranges["label"]])
            said = (
                "Which option is right depends on how much each measure matters, and that is the "
                f"board’s to say: nobody has given weights here. The options differ in {measures}. "
                "Each weight is set against the step from the least to the most favourable value "
                "that they offer (swing weighting).",
                swing_example(self.swing),
            )
            yield Section("What the choice hangs on", said)
        if self.staffing is not None:
            yield Section("People to run it", staffing_told(self.staffing, first))

    def tables(self) -> Iterator[Table]:
        """Yield the tables of the comparison."""
        first, *others = self.outcomes
        about_what = f"{self.place.exclusion.population}, {self.place.exclusion.year}"
        if others:
            yield Table(
                f"How the scenarios differ from “{first.scenario.name}” ({about_what}; 95% "
                "intervals in brackets)",
                difference_table(self.outcomes),
            )
            yield Table(
                f"Who is within reach of a hub in each scenario ({about_what})",
                group_table(self.outcomes, self.place),
                note=SAME_SHARES,
            )
        if self.regret is not None:
            caption = f"{regret_caption(self.regret)} ({about_what})"
            yield Table(caption, regret_table(self.regret), note=pictures_told(self.place))
        if self.swing is not None:
            caption = f"Equal weights, as an example, against the steps on offer ({about_what})"
            yield Table(caption, swing_table(self.swing))
        if self.staffing is not None:
            caption = f"The first year of “{first.scenario.name}”, quarter by quarter"
            yield Table(caption, staffing_table(self.staffing), note=assumed(Crew()))
