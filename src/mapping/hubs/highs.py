"""The one door to HiGHS: a sparse mixed-integer programme in, values and a proven bound out."""

from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from highspy import Highs

# Tighter than HiGHS's own 1e-6, so that a bound is not loosened by sites opened a millionth.
TOLERANCE = 1e-9

Status = Literal["optimal", "infeasible", "time limit", "stopped"]


@dataclass(frozen=True, eq=False)
class Programme:
    """
    Minimise or maximise `cost` · x subject to `lower` ≤ `matrix` x ≤ `upper`, `least` ≤ x ≤ `most`.

    The first `whole` variables take whole numbers, the others any value. `least` and `most` are
    one number for all variables or one for each; left out, every variable is between 0 and 1.
    Infinite limits are allowed on both rows and variables.
    """

    cost: np.ndarray
    matrix: sparse.csc_array
    lower: np.ndarray
    upper: np.ndarray
    whole: int
    maximise: bool = False
    least: np.ndarray | float = 0.0
    most: np.ndarray | float = 1.0


@dataclass(frozen=True, eq=False)
class Answer:
    """
    What HiGHS found.

    Parameters
    ----------
    found
        Every variable of the best solution, the whole ones rounded; None if it found none.
    bound
        Proven bound on the optimum; infinite if it has none.
    status
        `optimal` (within the slack asked for), `infeasible` (proven: nothing meets the rows),
        `time limit`, or `stopped` where HiGHS gave up for another reason.
    whole
        How many variables take whole numbers.
    """

    found: np.ndarray | None
    bound: float
    status: Status
    whole: int

    @property
    def values(self) -> np.ndarray | None:
        """Which whole variables are 1 or more; None if no solution was found."""
        return None if self.found is None else self.found[: self.whole] > 0.5

    @property
    def picked(self) -> np.ndarray | None:
        """Positions of the whole variables that are 1 or more; None if no solution was found."""
        return None if self.values is None else np.flatnonzero(self.values)

    @property
    def finished(self) -> bool:
        """Whether HiGHS proved its answer."""
        return self.status == "optimal"

    @property
    def infeasible(self) -> bool:
        """Whether HiGHS proved that nothing meets the rows."""
        return self.status == "infeasible"


def solve(
    programme: Programme,
    *,
    start: np.ndarray | None = None,
    slack: float = 0.0,
    seconds: float = inf,
) -> Answer:
    """
    Solve a programme with HiGHS.

    Parameters
    ----------
    programme
        What to solve.
    start
        The whole variables of a feasible solution, if one is known; HiGHS completes the rest.
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
    if start is not None:
        columns = np.arange(programme.whole, dtype=np.int32)
        solver.setSolution(programme.whole, columns, start.astype(float))
    solver.run()
    return _answer(solver, programme)


def prices(programme: Programme, *, seconds: float = inf) -> tuple[np.ndarray, np.ndarray] | None:
    """
    Solve the linear relaxation of a programme by interior points.

    Returns the variables and the dual price of each row, near the best ones but not vertices:
    to be used as a proposal, for a bound that is worked out again. None if there are none in time.
    """
    import highspy

    solver = highspy.Highs()
    for option, value in _options(0.0, seconds).items():
        if "tolerance" not in option:
            solver.setOptionValue(option, value)
    solver.setOptionValue("solver", "ipm")
    solver.setOptionValue("run_crossover", "off")
    _pass(solver, replace(programme, whole=0))
    solver.run()
    found = solver.getSolution()
    if not found.dual_valid or _status(solver, programme) not in ("optimal", "stopped"):
        return None
    return np.array(found.col_value), np.array(found.row_dual)


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
        programme.cost.astype(float),
        np.broadcast_to(programme.least, columns).astype(float),
        np.broadcast_to(programme.most, columns).astype(float),
        programme.lower.astype(float),
        programme.upper.astype(float),
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data.astype(float),
        kinds,
    )


def _answer(solver: "Highs", programme: Programme) -> Answer:
    import highspy

    info, status = solver.getInfo(), _status(solver, programme)
    unknown = inf * (1 if programme.maximise else -1)
    bound = float(info.mip_dual_bound) if programme.whole else unknown
    if not programme.whole and status == "optimal":
        bound = float(info.objective_function_value)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Answer(
        found=_rounded(solver, programme.whole) if feasible or not len(programme.cost) else None,
        bound=bound if abs(bound) < highspy.kHighsInf else unknown,
        status=status,
        whole=programme.whole,
    )


def _status(solver: "Highs", programme: Programme) -> Status:
    import highspy

    # Where no variable can run away, what is infeasible or unbounded is infeasible.
    limited = bool(np.isfinite(programme.least).all() and np.isfinite(programme.most).all())
    named: dict[object, Status] = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        # A programme without rows or variables has nothing left to prove.
        highspy.HighsModelStatus.kModelEmpty: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible" if limited else "stopped",
        highspy.HighsModelStatus.kTimeLimit: "time limit",
    }
    return named.get(solver.getModelStatus(), "stopped")


def _rounded(solver: "Highs", whole: int) -> np.ndarray:
    values = np.array(solver.getSolution().col_value)
    values[:whole] = np.rint(values[:whole])
    return values
