"""Names of a place that does not exist."""

PLACE = "Exampleton"
DISTRICT_NAME = "Exampleton (fictional)"
LANDLORD = "Exampleton Homes (fictional)"

# Country letter X is given to no nation, so no code below can be taken for a real one.
DISTRICT = "X08000001"
AREA_PREFIX = "X01"
OUTPUT_AREA_PREFIX = "X00"
OLD_WARD_PREFIX = "X05001"
WARD_PREFIX = "X05002"

WATERFRONT = "Waterfront"

_TREES = """
    Alder Ash Aspen Birch Blackthorn Bramble Cedar Chestnut Elm Fern Gorse Hawthorn Hazel Heather
    Holly Hornbeam Juniper Larch Laurel Linden Maple Oak Poplar Rowan Spruce Sycamore Willow Yew
"""
_BIRDS = """
    Avocet Curlew Dipper Dunlin Fieldfare Goldcrest Heron Jackdaw Kestrel Kingfisher Lapwing
    Linnet Martin Nightjar Osprey Plover Redwing Siskin Swift Teal Wagtail Wren
"""
_STONES = """
    Agate Amber Basalt Beryl Chert Flint Garnet Granite Jasper Marble Opal Quartz Slate
"""
_OLD = """
    Abbey Bridge Castle Chapel Cross Dale Dell Farm Field Ford Gate Glebe Grange Green Grove
    Hall Heath Hill Lane Mead Mill Moor Orchard Park Priory Quay Ridge Spring Vale Well
"""

WARDS = tuple(sorted((_TREES + _BIRDS + _STONES).split()))
"""Names of the 63 wards of 2024 where people live, in alphabetical order."""

OLD_WARDS = tuple(_OLD.split())
"""Names of the 30 wards that they replaced, in alphabetical order."""

_ROADS = ("Street", "Road", "Avenue", "Close", "Way", "Grove", "Terrace", "Lane")

STREETS = tuple(f"{word} {kind}" for word in WARDS for kind in _ROADS)
"""Street names; a long street passes through several blocks."""

_SECTORS = 10
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # no postcode ends in C, I, K, M, O or V


def postcode(block: int) -> str:
    """
    Return the postcode of a block; no two blocks share one.

    Postcode areas never begin with X except the non-geographic XX, so XE is nobody's.

    >>> postcode(0), postcode(5000)
    ('XE1 0AA', 'XE2 2PA')
    """
    rest, last = divmod(block, len(_LETTERS))
    rest, first = divmod(rest, len(_LETTERS))
    district, sector = divmod(rest, _SECTORS)
    return f"XE{district + 1} {sector}{_LETTERS[first]}{_LETTERS[last]}"
