"""The one door to HiGHS: a sparse mixed-integer programme in, values and a proven bound out."""

from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from highspy import Highs

# Tighter than HiGHS's own 1e-6, so that a bound is not loosened by sites opened a millionth.
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Programme:
    """
    Minimise or maximise `cost` · x subject to `lower` ≤ `matrix` x ≤ `upper`, 0 ≤ x ≤ 1.

    The first `whole` variables are 0 or 1, the others continuous.
    """

    cost: np.ndarray
    matrix: sparse.csc_array
    lower: np.ndarray
    upper: np.ndarray
    whole: int
    maximise: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """
    What HiGHS found.

    `values` are the whole variables, rounded (None if it found none); `bound` is the proven
    bound on the optimum (infinite if it has none); `finished` tells whether it stopped by itself.
    """

    values: np.ndarray | None
    bound: float
    finished: bool


def solve(
    programme: Programme, *, start: np.ndarray, slack: float = 0.0, seconds: float = inf
) -> Answer:
    """
    Solve a programme with HiGHS, from a known solution.

    Parameters
    ----------
    programme
        What to solve.
    start
        The whole variables of a feasible solution; HiGHS completes the rest.
    slack
        Absolute gap, in units of the cost, at which the proof may stop.
    seconds
        Time limit. HiGHS may overrun it inside one step at the root.
    """
    import highspy

    solver = highspy.Highs()
    for option, value in _options(slack, seconds).items():
        solver.setOptionValue(option, value)
    _pass(solver, programme)
    columns = np.arange(programme.whole, dtype=np.int32)
    solver.setSolution(programme.whole, columns, start.astype(float))
    solver.run()
    return _answer(solver, programme)


def _options(slack: float, seconds: float) -> dict[str, bool | float | str]:
    options: dict[str, bool | float | str] = {
        "output_flag": False,
        # City problems end in milliseconds; more threads cost more than they bring.
        "parallel": "off",
        "mip_rel_gap": 0.0,
        "mip_abs_gap": max(slack, TOLERANCE),
        "mip_feasibility_tolerance": TOLERANCE,
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
    }
    return options | ({"time_limit": seconds} if isfinite(seconds) else {})


def _pass(solver: "Highs", programme: Programme) -> None:
    """Hand the arrays over as they are: no Python object per variable or entry."""
    import highspy

    matrix, (rows, columns) = programme.matrix, programme.matrix.shape
    sense, kind = highspy.ObjSense, highspy.HighsVarType
    kinds = np.full(columns, int(kind.kContinuous), dtype=np.int32)
    kinds[: programme.whole] = int(kind.kInteger)
    solver.passModel(
        columns,
        rows,
        matrix.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(sense.kMaximize if programme.maximise else sense.kMinimize),
        0.0,
        programme.cost,
        np.zeros(columns),
        np.ones(columns),
        programme.lower,
        programme.upper,
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data,
        kinds,
    )


def _answer(solver: "Highs", programme: Programme) -> Answer:
    import highspy

    info, status = solver.getInfo(), solver.getModelStatus()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.asarray(solver.getSolution().col_value)
    bound = float(info.mip_dual_bound)
    return Answer(
        values=values[: programme.whole] > 0.5 if found else None,
        bound=bound if abs(bound) < highspy.kHighsInf else inf * (1 if programme.maximise else -1),
        finished=status == highspy.HighsModelStatus.kOptimal,
    )
