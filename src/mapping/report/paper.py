"""What a board paper says in its author's own words."""

from dataclasses import dataclass

from mapping.maps.safe import plain


@dataclass(frozen=True)
class Paper:
    """
    The words of a board paper that are its author's; what is "" is written from the scenarios.

    Parameters
    ----------
    title
        Of the paper.
    purpose
        What the board is asked to do, in a sentence.
    note
        What the author adds to the recommendation.
    """

    title: str = ""
    purpose: str = ""
    note: str = ""

    def titled(self, place: str) -> str:
        """Return the title."""
        return plain(self.title) or f"Where to put digital help in {place}"

    def asked(self, place: str, options: int) -> str:
        """Return the purpose."""
        choose = "one proposal against" if options == 1 else f"{options} options and"
        return plain(self.purpose) or (
            f"To decide where in {place} help with going online should be offered next: the board "
            f"is asked to weigh {choose} doing nothing."
        )
