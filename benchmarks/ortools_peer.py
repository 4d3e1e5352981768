"""Team orienteering with time windows by OR-Tools, the peer of `bus.py`.

Reads one problem as JSON from standard input, prints the stops of each route as JSON. It needs
an environment of its own: OR-Tools and highspy, which the product needs, exclude each other.
"""

import json
import sys

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

TENTHS = 10
"""Minutes are counted in tenths, to which the published instances are exact."""


def routes(problem: dict) -> list[list[int]]:
    """Return the stops of each route, the depot being 0, found by guided local search."""
    legs = [[round(TENTHS * leg) for leg in row] for row in problem["minutes"]]
    stay = [0, *(round(TENTHS * dwell) for dwell in problem["dwell"])]
    horizon = round(TENTHS * problem["shift"])
    manager = pywrapcp.RoutingIndexManager(len(legs), problem["days"], 0)
    model = pywrapcp.RoutingModel(manager)

    def driven(origin: int, end: int) -> int:
        return legs[manager.IndexToNode(origin)][manager.IndexToNode(end)]

    def taken(origin: int, end: int) -> int:
        return driven(origin, end) + stay[manager.IndexToNode(origin)]

    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitCallback(driven))
    model.AddDimension(model.RegisterTransitCallback(taken), horizon, horizon, False, "time")
    time = model.GetDimensionOrDie("time")
    windows = zip(problem["opens"], problem["closes"], strict=True)
    for stop, (opens, closes) in enumerate(windows, start=1):
        place = manager.NodeToIndex(stop)
        latest = min(round(TENTHS * closes), horizon)
        if round(TENTHS * opens) > latest:
            model.ActiveVar(place).SetValue(0)
        else:
            time.CumulVar(place).SetRange(round(TENTHS * opens), latest)
        # One person is worth more than the longest sensible detour, as for PyVRP.
        model.AddDisjunction([place], round(problem["people"][stop - 1] * 1.5 * horizon))
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.first_solution_strategy = (
        routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    )
    asked.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    asked.time_limit.FromMilliseconds(int(1000 * problem["seconds"]))
    found = model.SolveWithParameters(asked)
    return (
        [] if found is None else [_route(model, manager, found, k) for k in range(problem["days"])]
    )


def _route(
    model: pywrapcp.RoutingModel,
    manager: pywrapcp.RoutingIndexManager,
    found: pywrapcp.Assignment,
    vehicle: int,
) -> list[int]:
    stops, place = [], found.Value(model.NextVar(model.Start(vehicle)))
    while not model.IsEnd(place):
        stops.append(manager.IndexToNode(place))
        place = found.Value(model.NextVar(place))
    return stops


if __name__ == "__main__":
    json.dump(routes(json.load(sys.stdin)), sys.stdout)
