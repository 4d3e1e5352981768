"""What papers show beside the figures: ethnic groups of residents, and main roads for maps."""

import geopandas as gpd

from mapping.pipeline.inputs import Inputs
from mapping.pipeline.manifest import Step
from mapping.sources.roads import open_roads

MAIN = ("Motorway", "A Road")


def context(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> Step:
    """Keep, of the files that are there, what papers show of this place."""
    tables = {}
    if inputs.has("ethnicity"):
        tables["ethnicity"] = inputs.table("ethnicity").reindex(lsoas.index)
    roads = _main_roads(inputs, lsoas)
    if len(roads):
        tables["main_roads"] = roads
    return Step(tables)


def _main_roads(inputs: Inputs, lsoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return motorways and A roads inside the place, one line a class; empty without roads."""
    none = gpd.GeoDataFrame({"road_classification": []}, geometry=[], crs=lsoas.crs)
    if not inputs.has("roads"):
        return none
    links = open_roads(inputs.published["roads"][1], bounds=tuple(lsoas.total_bounds)).links
    main = links[links["road_classification"].isin(MAIN)]
    if main.empty:
        return none
    inside = main.clip(lsoas.union_all().buffer(50))
    lines = inside[["road_classification", "geometry"]].dissolve("road_classification")
    return lines.reset_index().assign(geometry=lambda frame: frame.geometry.line_merge())
