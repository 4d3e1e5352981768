"""The colours of maps: one sequential scale, dark means more, and greys for everything else."""

# Cividis, reversed, at 6, 28, 50, 72 and 94 % of its length (Nuñez, Anderton and Renslow, 2018,
# doi:10.1371/journal.pone.0199239): read alike with and without colour-vision deficiency, and
# lightness falls from class to class, so that it survives a greyscale printer.
CIVIDIS = ("#f0d846", "#b4a76f", "#7c7b78", "#4a536c", "#002d68")
# Uncertainty has lightness only, never a second hue.
GREYS = ("#e3e3e3", "#a3a3a3", "#5c5c5c")


def sequential(count: int) -> tuple[str, ...]:
    """
    Return `count` colours from light to dark, of five at most.

    Examples
    --------
    >>> sequential(3)
    ('#f0d846', '#7c7b78', '#002d68')
    """
    return spread(CIVIDIS, count)


def spread(scale: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return `count` colours of `scale`, its ends included; a single class takes the middle."""
    if count <= 1:
        return (scale[len(scale) // 2],) * count
    last = len(scale) - 1
    return tuple(scale[round(place * last / (count - 1))] for place in range(count))
