"""A figure inside a panel: drawn once, sharp at every size, with its text alternative."""

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

from mapping.maps.safe import escape

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture(made: "Figure", *, alt: str) -> str:
    """
    Return a figure as an HTML image that needs no file.

    Parameters
    ----------
    alt
        What it shows, for readers who cannot see it.
    """
    held = BytesIO()
    # Letters as outlines: an image in a page cannot ask for fonts.
    made.savefig(held, format="svg", metadata={"Date": None})
    data = b64encode(held.getvalue()).decode("ascii")
    return (
        f'<img class="mapping-picture" alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
    )
