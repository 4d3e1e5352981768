"""Figures are drawn from results alone, can be read by everybody, and leave no global trace."""

import ast
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image
from scipy.special import expit
from shapely import box

from mapping import figures
from mapping.errors import InvalidTableError
from mapping.exclusion import Exclusion, ValidationCard, bands
from mapping.figures.drawing import GREYS, SEQUENCE, WIDTH, wrapped
from mapping.figures.plates import class_breaks

WHO = {"outcome": "had not used the internet", "year": 2020, "population": "adults"}


def squares(width, height):
    """A made city of square areas, one kilometre wide."""
    cells = {
        f"S{x:02d}{y:02d}": box(1000 * x, 1000 * y, 1000 * (x + 1), 1000 * (y + 1))
        for x in range(width)
        for y in range(height)
    }
    return gpd.GeoSeries(cells, crs=27700).translate(300_000, 300_000)


def estimate(areas, *, seed=0, gap=None):
    random = np.random.default_rng(seed)
    centre = random.normal(-1.7, 0.6, (len(areas), 1))
    draws = pd.DataFrame(expit(centre + random.normal(0, 0.15, (len(areas), 200))), areas)
    if gap is not None:
        draws.loc[gap] = np.nan
    adults = pd.Series(1000.0, areas)
    return Exclusion(WHO["outcome"], WHO["year"], WHO["population"], "made", adults, draws)


@pytest.fixture(scope="module")
def areas():
    return squares(4, 5)


@pytest.fixture(scope="module")
def exclusion(areas):
    return estimate(areas.index, gap="S0203")


def card():
    regions = pd.Index(["North", "South"], name="group")
    columns = ["areas", "agreement", "coverage", "below", "above", "gap", "error", "moran"]
    values = [[50.0, 0.7, 0.91, 0.05, 0.04, 0, 0.01, 0], [60, 0.6, 0.84, 0.1, 0.06, 0, 0.01, 0]]
    groups = pd.DataFrame(values, regions, columns).assign(moran_p=0.5)
    places = np.arange(1, 6)
    calibration = pd.DataFrame(
        {"areas": 22.0, "predicted": places / 50, "observed": places / 50 + 0.004,
         "low": places / 60, "high": places / 40},
        pd.Index(places, name="band"),
    )  # fmt: skip
    return ValidationCard(
        "returns not made online", date(2026, 3, 1), "region", 0.9, 110, 0.65, (0.6, 0.7), 0.87,
        groups, pd.DataFrame({"areas": [], "low": []}), calibration, groups.iloc[:0],
    )  # fmt: skip


def explained():
    rows = pd.MultiIndex.from_product([["W1"], ["age", "tenure", "rest"]], names=["area", "group"])
    return pd.DataFrame({"share": [0.03, -0.01, 0.0], "people": [30, -10, 0.0]}, rows)


def every(exclusion, areas):
    residuals = pd.Series(np.linspace(-3, 3, len(areas)), areas.index).drop("S0000")
    observed = {"place": "Exampleton"} | WHO
    return {
        "caterpillar": figures.caterpillar(exclusion, {}, place="Exampleton"),
        "banded": figures.caterpillar(
            exclusion, {}, place="Exampleton", bands=bands(exclusion)["band"]
        ),
        "calibration": figures.calibration(card(), year=2021, population="households"),
        "pair": figures.map_pair(exclusion, areas, place="Exampleton", outlines=areas),
        "residuals": figures.residual_map(residuals, areas, **observed),
        "bars": figures.explanation_bars(explained(), "W1", name="Ward", **WHO),
    }


@pytest.fixture(scope="module")
def drawn(exclusion, areas):
    return every(exclusion, areas)


def texts(made):
    return [text for text in made.findobj(Text) if text.get_text().strip() and text.get_visible()]


def test_no_text_is_smaller_than_nine_points(drawn):
    for name, made in drawn.items():
        assert min(text.get_fontsize() for text in texts(made)) >= 9, name


def test_every_title_says_what_when_and_of_whom(drawn):
    for name, made in drawn.items():
        title = made.get_suptitle().replace("\n", " ")
        what, year, whom = (
            ("returns not made online", "2021", "households")
            if name == "calibration"
            else (WHO["outcome"].lower(), "2020", "adults")
        )
        assert what in title.lower(), name
        assert year in title, name
        assert whom in title, name


def test_nothing_runs_over_the_edge_of_the_paper(drawn):
    for name, made in drawn.items():
        made.draw_without_rendering()
        found, (wide, high) = made.get_tightbbox(), made.get_size_inches()
        assert found.x0 > -0.02, name
        assert found.y0 > -0.02, name
        assert found.x1 < wide + 0.02, name
        assert found.y1 < high + 0.02, name


def test_figures_fit_the_width_of_a4(drawn):
    for made in drawn.values():
        wide, high = made.get_size_inches()
        assert wide == WIDTH < 8.27 - 2 * 0.75
        assert high < 11.7 - 2 * 0.75


def test_no_rank_and_no_worst_is_printed(drawn):
    for name in ("caterpillar", "banded"):
        printed = " ".join(text.get_text() for text in texts(drawn[name])).lower()
        assert "worst" not in printed
        assert "rank" not in printed


@pytest.mark.parametrize("colours", [SEQUENCE, GREYS])
def test_classes_keep_their_order_in_greyscale(colours):
    lightness = [np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)) for colour in colours]
    assert all(light - dark > 0.1 for light, dark in pairwise(lightness))


def test_areas_stand_by_name_in_bands_from_more_to_less(exclusion):
    made = figures.caterpillar(exclusion, {}, place="X", bands=bands(exclusion)["band"])
    titles = [axes.get_title(loc="left") for axes in made.axes]
    assert titles == ["Likely above", "About average", "Likely below"]
    listed = []
    for axes, band in zip(
        made.axes, ["likely above", "about average", "likely below"], strict=True
    ):
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert set(names) == set(bands(exclusion)["band"].eq(band).loc[lambda yes: yes].index)
        assert names == sorted(names)
        listed += names
    assert set(listed) == set(exclusion.frame["share"].dropna().index)


def test_lines_of_the_caterpillar_are_quantiles_of_the_draws(exclusion):
    made = figures.caterpillar(exclusion, {}, place="X")
    axes = made.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    wide, narrow = (lines.get_segments() for lines in axes.collections)
    for segments, level in ((wide, 0.95), (narrow, 0.8)):
        bounds = [(segment[0, 0], segment[1, 0]) for segment in segments]
        tails = [(1 - level) / 2, (1 + level) / 2]
        expected = exclusion.draws.loc[names].quantile(tails, axis=1).T
        np.testing.assert_allclose(bounds, expected)


def test_the_order_of_areas_changes_no_figure(exclusion, areas, tmp_path):
    mixed = replace(
        exclusion,
        adults=exclusion.adults.iloc[::-1],
        draws=exclusion.draws.sample(frac=1, random_state=2),
    )
    files = [
        figures.save(
            figures.caterpillar(each, {}, place="X"), tmp_path / f"{k}.svg", alt="words"
        ).read_bytes()
        for k, each in enumerate((exclusion, mixed))
    ]
    assert files[0] == files[1]
    told = [
        figures.map_pair_words(each, outlines, place="X")
        for each, outlines in ((exclusion, areas), (mixed, areas.iloc[::-1]))
    ]
    assert told[0] == told[1]


def test_an_area_without_an_estimate_is_hatched_and_counted(drawn):
    for name in ("pair", "residuals"):
        labels = [text.get_text() for text in texts(drawn[name])]
        assert any("no value  (1 areas)" in label for label in labels), name
    note = drawn["caterpillar"].get_supxlabel().replace("\n", " ")
    assert "No estimate: 1 area." in note


def test_a_map_has_a_scale_north_and_numbers_in_its_legend(drawn):
    for name in ("pair", "residuals"):
        labels = [text.get_text() for text in texts(drawn[name])]
        assert "N" in labels
        assert any(label.endswith(" km") for label in labels)
        assert sum("areas)" in label for label in labels) >= 5


def test_the_scale_bar_is_as_long_as_it_says(drawn):
    axes = drawn["pair"].axes[0]
    bar = next(line for line in axes.lines if line.get_linewidth() == 2.5)
    label = next(text.get_text() for text in axes.texts if text.get_text().endswith("km"))
    assert np.ptp(bar.get_xdata()) == pytest.approx(1000 * float(label.removesuffix(" km")))


def test_classes_of_a_map_are_round_and_hold_about_as_many_areas_each():
    values = pd.Series(np.random.default_rng(1).gamma(9, 2, 300))
    breaks = class_breaks(values)
    assert len(breaks) == 4
    sizes = pd.Series(np.searchsorted(breaks, values, side="right")).value_counts()
    assert sizes.min() >= 30
    assert all(value == round(value, 1) for value in breaks)
    assert class_breaks(pd.Series([3.0, 3.0])) == ()
    assert class_breaks(pd.Series([np.nan])) == ()


def test_words_give_the_figures_that_are_drawn(exclusion, areas):
    share = 100 * exclusion.frame["share"]
    told = figures.map_pair_words(exclusion, areas, place="Exampleton")
    assert f"from {share.min():.0f} % to {share.max():.0f} %" in told
    assert "19 areas" in told
    told = figures.caterpillar_words(
        exclusion, {}, place="Exampleton", bands=bands(exclusion)["band"]
    )
    assert "19 areas of Exampleton, 2020" in told
    assert "Likely above: " in told
    told = figures.calibration_words(card(), year=2021, population="households")
    assert "0.4 points at most" in told
    assert "84 to 91 %" in told
    told = figures.explanation_bars_words(explained(), "W1", name="Ward", **WHO)
    assert "about 2 points above" in told
    assert "age +3.0, tenure −1.0, none of these 0.0" in told
    residuals = pd.Series([-2.5, 0.0, 0.5, 2.5, np.nan])
    told = figures.residual_map_words(residuals, place="X", **WHO)
    assert "Of 4 areas, 1 had far more than predicted and 1 far fewer; 50 % were within" in told


def test_a_saved_figure_carries_its_words_and_no_date(drawn, tmp_path):
    path = figures.save(drawn["bars"], tmp_path / "bars.png", alt="What it shows.", dots=40)
    with Image.open(path) as picture:
        assert picture.info["Description"] == "What it shows."
        assert not {"Software", "Creation Time"} & set(picture.info)
    one, two = (
        figures.save(drawn["bars"], tmp_path / f"{k}.svg", alt="What it shows.").read_bytes()
        for k in range(2)
    )
    assert one == two
    assert b"What it shows." in one
    paper = figures.save(drawn["bars"], tmp_path / "bars.pdf", alt="What it shows.").read_bytes()
    assert b"CreationDate" not in paper
    assert b"What it shows." in paper


def test_a_format_nobody_can_write_is_refused(drawn, tmp_path):
    with pytest.raises(InvalidTableError, match=r"\.png, \.svg, \.pdf"):
        figures.save(drawn["bars"], tmp_path / "bars.doc", alt="x")


def test_what_cannot_be_drawn_is_refused(exclusion, areas):
    empty = estimate(areas.index[:2])
    empty.draws.loc[:] = np.nan
    with pytest.raises(InvalidTableError, match="no area has an estimate"):
        figures.caterpillar(empty, {}, place="X")
    with pytest.raises(InvalidTableError, match="in no band"):
        figures.caterpillar(exclusion, {}, place="X", bands=pd.Series({"S0000": "one"}))
    with pytest.raises(InvalidTableError, match="both an outline and a value"):
        figures.map_pair(estimate(pd.Index(["Q1", "Q2"])), areas, place="X")
    with pytest.raises(InvalidTableError, match="W9 was not explained"):
        figures.explanation_bars(explained(), "W9", name="Ward", **WHO)


def test_text_is_broken_where_it_no_longer_fits_and_per_cent_stays_with_its_number():
    text = "about 95 % of the areas, " * 20
    lines = wrapped(text, size=9).split("\n")
    assert len(lines) > 3
    assert all(not line.startswith("%") for line in lines)
    assert " ".join(lines).replace("\u00a0", " ") == text


def test_drawing_leaves_matplotlib_as_it_was(exclusion, areas):
    from matplotlib import pyplot as plt
    from matplotlib import rcParams

    settings = dict(rcParams)
    figures.map_pair(exclusion, areas, place="X")
    figures.explanation_bars(explained(), "W1", name="Ward", **WHO)
    assert plt.get_fignums() == []
    assert dict(rcParams) == settings


def test_matplotlib_is_imported_where_it_is_used_only():
    for path in Path(figures.__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = [alias.name for alias in getattr(node, "names", [])]
            named.append(getattr(node, "module", None) or "")
            assert not any(name.startswith("matplotlib") for name in named), path.name
