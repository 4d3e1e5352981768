"""
Exampleton: a fictional city, the size of Liverpool, whose hidden truth is known.

Nothing here describes a real place. The city lies in what is open sea in the Irish Sea, its area
codes begin with X, and its files say that they are fictional. It serves two purposes: everyone can
try the whole product without downloading anything, and estimates can be scored, because
`City.truth` holds how many adults really are offline.

`city` draws the city from a seed, `write` lays it out as the files the publishers would give, so
that demo and real data run through the same readers, and `survey` asks its people again.
"""

from mapping.demo.contents import City
from mapping.demo.exampleton import city
from mapping.demo.files import write
from mapping.demo.surveys import survey

__all__ = ["City", "city", "survey", "write"]
