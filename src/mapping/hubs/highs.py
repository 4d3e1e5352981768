"""The one door to HiGHS: a sparse mixed-integer programme in, values and a proven bound out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse

from mapping.hubs.watch import Watch

if TYPE_CHECKING:
    from highspy import Highs

# Tighter than HiGHS's own 1e-6, so that a bound is not loosened by sites opened a millionth.
TOLERANCE = 1e-9

# A rough solution of a linear programme: no vertex is looked for.
INTERIOR: dict[str, bool | float | str] = {"solver": "ipm", "run_crossover": "off"}

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
        `time limit`, or `stopped` where the watch ended it or HiGHS gave up.
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
    watch: Watch | None = None,
) -> Answer:
    """
    Solve a programme with HiGHS.

    A KeyboardInterrupt ends the search with the best solution so far, and halts `watch`; without
    a watch it is raised.

    Parameters
    ----------
    programme
        What to solve.
    start
        The whole variables of a feasible solution, if one is known; HiGHS completes the rest.
    slack
        Absolute gap, in units of the cost, at which the proof may stop.
    seconds
        Time limit, besides that of `watch`.
    watch
        Ends the search when its time is over or someone asks to stop, and is told of better
        solutions and bounds in units of the cost. HiGHS asks it between steps: at the root of a
        large programme a step can take seconds.
    """
    import highspy

    if watch is not None and watch.over:
        return Answer(None, inf if programme.maximise else -inf, "stopped", programme.whole)
    solver = highspy.Highs()
    _prepare(solver, programme, _options(slack, _limit(seconds, watch)))
    if start is not None:
        columns = np.arange(programme.whole, dtype=np.int32)
        solver.setSolution(programme.whole, columns, start.astype(float))
    heard = _Heard(inf if programme.maximise else -inf)
    if _run(solver, watch, heard):
        return _answer(solver, programme)
    return Answer(heard.rounded(programme.whole), heard.bound, "stopped", programme.whole)


def prices(
    programme: Programme, *, seconds: float = inf, watch: Watch | None = None
) -> tuple[np.ndarray, np.ndarray] | None:
    """
    Solve the linear relaxation of a programme by interior points.

    Returns the variables and the dual price of each row, near the best ones but not vertices:
    to be used as a proposal, for a bound that is worked out again. None if there are none in time.
    """
    import highspy

    options = _options(0.0, _limit(seconds, watch))
    rough = {option: value for option, value in options.items() if "tolerance" not in option}
    solver = highspy.Highs()
    _prepare(solver, replace(programme, whole=0), rough | INTERIOR)
    if not _run(solver, watch and watch.quiet, _Heard(-inf)):
        return None
    found = solver.getSolution()
    if not found.dual_valid or _status(solver, programme) not in ("optimal", "stopped"):
        return None
    return np.array(found.col_value), np.array(found.row_dual)


def _limit(seconds: float, watch: Watch | None) -> float:
    return seconds if watch is None else min(seconds, watch.left)


class _Heard:
    """What HiGHS told while it ran: all that is left when a KeyboardInterrupt ends it."""

    def __init__(self, bound: float) -> None:
        self.value, self.bound = inf, bound
        self.found: np.ndarray | None = None

    def rounded(self, whole: int) -> np.ndarray | None:
        """Return the best solution, the first variables rounded."""
        return None if self.found is None else _rounded(self.found, whole)

    def improved(self, out: Any) -> bool:
        """Take over a better solution or bound; False where there is neither, or not yet both."""
        if len(out.mip_solution):
            self.found = np.array(out.mip_solution)
        before, now = (self.value, self.bound), (out.mip_primal_bound, out.mip_dual_bound)
        both = isfinite(now[0]) and isfinite(now[1])
        if both:
            self.value, self.bound = now
        return both and now != before


def _run(solver: "Highs", watch: Watch | None, heard: _Heard) -> bool:
    """Run HiGHS to its end; False where a KeyboardInterrupt cut it short and halted the watch."""
    if watch is None:
        solver.run()
        return True
    import highspy

    solver.setCallback(_listener(watch, heard), None)
    kinds = highspy.cb.HighsCallbackType
    for kind in (
        kinds.kCallbackMipImprovingSolution,
        kinds.kCallbackMipInterrupt,
        kinds.kCallbackSimplexInterrupt,
        kinds.kCallbackIpmInterrupt,
    ):
        solver.startCallback(kind)
    try:
        solver.run()
    except KeyboardInterrupt:  # Python raises it where HiGHS calls the listener
        watch.halt()
        return False
    return True


def _listener(watch: Watch, heard: _Heard) -> Callable[..., None]:
    """Return what HiGHS calls between steps: it reports to the watch, and asks whether to end."""

    def hear(_kind: object, _message: str, out: Any, into: Any, _data: object) -> None:
        if heard.improved(out):
            watch.report(heard.value, heard.bound)
        into.user_interrupt = watch.over

    return hear


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


def _prepare(solver: "Highs", programme: Programme, options: dict[str, bool | float | str]) -> None:
    """Hand the arrays over as they are: no Python object per variable or entry."""
    import highspy

    for option, value in options.items():
        solver.setOptionValue(option, value)
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
    known = feasible or not len(programme.cost)
    return Answer(
        found=_rounded(np.array(solver.getSolution().col_value), programme.whole)
        if known
        else None,
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


def _rounded(values: np.ndarray, whole: int) -> np.ndarray:
    return np.r_[np.rint(values[:whole]), values[whole:]]
