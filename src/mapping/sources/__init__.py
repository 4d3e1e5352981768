"""Published files and the readers that turn each into a tidy table.

`sources.toml` is the catalogue: what each source is, where it comes from, under which licence, of
which vintage, and which file names it goes by. A reader knows one publisher's file format and
nothing else; what it returns is indexed by `area` and has lower-case columns with the publisher's
codes left behind.
"""

from mapping.sources.catalogue import Source, catalogue, locate
from mapping.sources.readers import read

__all__ = ["Source", "catalogue", "locate", "read"]
