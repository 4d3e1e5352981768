"""The board page and the one-page summary: whole, escaped, and readable without eyes or mouse."""

from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from mapping import maps
from mapping.errors import InvalidTableError
from mapping.report.page import KeyFigure, Section, Table, board_page, summary_page, write_page

HOSTILE = "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>${pwned}"


def need(**options):
    areas = gpd.GeoDataFrame(
        {"name": ["North", "South"], "people": [120.0, np.nan]},
        geometry=[shapely.box(334_000, 389_000 + up, 336_000, 390_000 + up) for up in (0, 1000)],
        index=pd.Index(["X01000001", "X01000002"], name="area"),
        crs="EPSG:27700",
    )
    given = {"value": "people", "title": "Adults likely to be offline, 2021", "label": "adults"}
    return maps.need_map(areas, **(given | options))


def board(**options):
    frame = pd.DataFrame(
        {"Hub": ["Hall", "Library"], "People": [1200, 980], "Share (%)": [12.5, None]}
    )
    given = {
        "title": "Where to open two hubs",
        "lead": "The board is asked to approve two hubs.",
        "sections": [Section("What we recommend", ["Open both."], ["It costs £9,000 a year."])],
        "tables": [Table("What each hub adds", frame, note="Rounded.")],
        "figures": [KeyFigure("2,200", "adults newly within reach", "1,800 to 2,600")],
        "caveats": ["Survey of 2025."],
        "sources": ["Census 2021, OGL v3.0."],
        "made": {"Inputs": "sha256 9f2c"},
    }
    return board_page(need(), **(given | options))


class Outline(HTMLParser):
    """Tags, headings and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.headings, self.text, self._open = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            self.headings.append((self._open[-1], data.strip()))
        if not {"script", "style"} & set(self._open):
            self.text.append(data)


def test_a_board_page_says_its_title_lead_figures_and_how_it_was_made():
    text = " ".join(Outline(board()).text)
    for part in (
        "Where to open two hubs", "The board is asked", "2,200", "1,800 to 2,600", "Open both.",
        "It costs £9,000 a year.", "What each hub adds", "1,200", "Rounded.", "Survey of 2025.",
        "Census 2021, OGL v3.0.", "sha256 9f2c", "Adults likely to be offline, 2021",
    ):  # fmt: skip
        assert part in text


def test_a_board_page_has_one_main_one_h1_and_headings_that_do_not_skip():
    outline = Outline(board())
    assert [tag for tag, _ in outline.tags].count("main") == 1
    assert outline.headings[0][0] == "h1"
    assert [level for level, _ in outline.headings].count("h1") == 1
    assert {level for level, _ in outline.headings} == {"h1", "h2"}
    assert ("a", {"class": "skip", "href": "#content"}) in outline.tags


def test_every_table_has_a_caption_and_headed_rows_and_columns():
    tags = Outline(board()).tags
    assert [tag for tag, _ in tags].count("caption") == 1
    assert [a["scope"] for tag, a in tags if tag == "th"] == ["col"] * 3 + ["row"] * 2


def test_missing_figures_are_words_and_whole_numbers_have_no_point():
    table = Table("T", pd.DataFrame({"a": ["x", None], "b": [12345.0, np.nan], "c": [0.5, 1.0]}))
    assert table.rows == [["x", "12,345", "0.5"], ["no estimate", "no estimate", "1"]]
    assert table.numeric == [False, True, True]


def test_long_narrow_tables_are_marked_for_two_columns_on_paper():
    narrow, wide = (pd.DataFrame(0, range(31), [f"c{at}" for at in range(n)]) for n in (5, 6))
    assert Table("T", narrow).is_long
    assert not Table("T", narrow.head(30)).is_long
    assert not Table("T", wide).is_long


def test_caveats_and_sources_of_the_map_are_printed_once():
    page = board_page(
        need(caveats=["Survey of 2025.", "Straight lines."]),
        title="T",
        lead="L",
        caveats=["Survey of 2025."],
    )
    after = page[page.index("Technical notes</h2>") :]
    assert after.count("Survey of 2025.") == 1
    assert after.count("Straight lines.") == 1


@pytest.mark.parametrize("where", ["page", "map"])
def test_a_made_up_place_is_said_to_be_one_before_anything_else(where):
    page = board_page(
        need(fictional=where == "map"), title="T", lead="L", fictional=where == "page"
    )
    assert 0 < page.index("This place and its people do not exist") < page.index("<h1>")
    assert "This place" not in board_page(need(), title="T", lead="L")


def test_hostile_text_stays_text_everywhere():
    frame = pd.DataFrame({f"c {HOSTILE}": [HOSTILE, "b"], "n": [1, 2]})
    options = {
        "title": HOSTILE, "lead": HOSTILE, "sections": [Section(HOSTILE, [HOSTILE], [HOSTILE])],
        "figures": [KeyFigure(HOSTILE, HOSTILE, HOSTILE)], "caveats": [HOSTILE],
        "sources": [HOSTILE], "made": {HOSTILE: HOSTILE},
    }  # fmt: skip
    clean = [tag for tag, _ in Outline(board()).tags]
    tags = [tag for tag, _ in Outline(board(**options, tables=[Table(HOSTILE, frame)])).tags]
    assert tags.count("script") == clean.count("script")
    assert "img" not in tags
    assert "img" not in [tag for tag, _ in Outline(summary_page(**options)).tags]


def test_a_summary_needs_no_script_and_allows_none():
    page = summary_page(title="T", lead="L", caveats=["C"])
    assert "<script" not in page
    assert "script-src 'none'" in page


def test_pages_ask_nothing_of_the_internet():
    for page in (board(), summary_page(title="T", lead="L")):
        fetching = [a for _, a in Outline(page).tags if {"src", "srcset"} & set(a)]
        assert not fetching
        assert "default-src 'none'" in page


def test_tables_without_or_with_repeated_columns_are_refused_together():
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(InvalidTableError, match=r"One: no columns; Two: two columns of one name"):
        board(tables=[Table("One", pd.DataFrame()), Table("Two", twice)])


def test_a_page_is_written_as_utf_8_into_new_folders(tmp_path):
    path = write_page(summary_page(title="Café", lead="£5"), tmp_path / "new" / "summary.html")
    assert "Café" in path.read_text(encoding="utf-8")
    assert [file.name for file in path.parent.iterdir()] == ["summary.html"]
