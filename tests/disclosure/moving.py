"""Moves hidden figures about: one linear program whose objective changes, solved with HiGHS from where it stood before.

Knows columns, equations and bounds; nothing of tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

Numbers = npt.NDArray[np.float64]
NEAR = 1e-4  # figures are whole numbers, solutions exact to about 1e-7
# More columns than this are moved together first, a quarter of them in turn, until that settles no more than moving each alone
# would in the same time.
MANY, TURNS = 32, 4


@dataclass(frozen=True)
class Target:
    """How far a column must be moved.

    down, up: no solution need go further
    low_enough, high_enough: from where on it counts as moved
    both: it must go both ways; else either way will do
    """

    down: float
    up: float
    low_enough: float
    high_enough: float
    both: bool

    @classmethod
    def across(cls, down: float, up: float) -> "Target":
        """It must be able to be as low as the one and as high as the other."""
        return cls(down, up, down + NEAR, up - NEAR, True)

    @classmethod
    def away(cls, value: float) -> "Target":
        """It must be able to be anything but this."""
        return cls(value - 1, value + 1, value - NEAR, value + NEAR, False)


def fixed_by_sums(matrix: sparse.csr_matrix, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """Bounds that follow from one equation (a row summing to 0) after the other, until no further column is fixed."""
    rows = matrix.tocoo()
    at, column, factor = rows.row, rows.col, rows.data
    low, high = low.copy(), high.copy()
    fixed = -1
    while (now := int(np.sum(high - low <= NEAR))) > fixed:
        fixed = now
        for _ in range(4):
            least = np.where(factor > 0, factor * low[column], factor * high[column])
            most = np.where(factor > 0, factor * high[column], factor * low[column])
            # What the other columns of a row leave to this one; an endless other leaves it everything.
            endless_least, endless_most = np.isinf(least), np.isinf(most)
            count_least = np.bincount(at, endless_least, matrix.shape[0])[at] - endless_least
            count_most = np.bincount(at, endless_most, matrix.shape[0])[at] - endless_most
            least, most = np.where(endless_least, 0, least), np.where(endless_most, 0, most)
            rest_least = np.bincount(at, least, matrix.shape[0])[at] - least
            rest_most = np.bincount(at, most, matrix.shape[0])[at] - most
            upper = np.where(count_least > 0, np.inf, -rest_least)
            lower = np.where(count_most > 0, -np.inf, -rest_most)
            np.minimum.at(high, column, np.where(factor > 0, upper, -lower))
            np.maximum.at(low, column, np.where(factor > 0, lower, -upper))
    return low, high


class Moving:
    """Columns with bounds, equations, and the columns to be moved with their targets.

    A column to be moved is split at the ends of its target, so that an objective can stop to reward a move that is far enough.
    """

    def __init__(
        self, matrix: sparse.csr_matrix, right: Numbers, low: Numbers, high: Numbers, targets: Mapping[int, Target]
    ) -> None:
        self.targets = dict(targets)
        self.number = len(low)
        self._place = {column: n for n, column in enumerate(self.targets)}
        split = np.array(list(self.targets), dtype=np.int64)
        down = np.maximum([target.down for target in self.targets.values()], low[split])
        up = np.maximum([target.up for target in self.targets.values()], down)
        self._low, self._high = low.copy(), high.copy()
        self._high[split] = np.minimum(down, high[split])
        # One split column is three: up to `down`, from there to `up`, and what is above.
        self._low = np.concatenate([self._low, np.zeros(2 * len(split))])
        above = np.maximum(high[split] - up, 0)
        self._high = np.concatenate([self._high, np.clip(high[split] - down, 0, up - down), above])
        self._split = split
        self._highs = _program(
            sparse.hstack([matrix, matrix[:, split], matrix[:, split]]).tocsc(), right, self._low, self._high
        )
        self._matrix, self._right = matrix, right
        self.solved = 0

    def _solve(self, cost: Numbers, solver: str = "simplex", crossover: bool = True) -> Numbers | None:
        """The column values that make the cost least; None if it has no least, or if the solver does not find it well enough."""
        highs = self._highs
        highs.setOptionValue("solver", solver)
        highs.setOptionValue("run_crossover", "on" if crossover else "off")
        if solver != "simplex":
            highs.clearSolver()
        highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        highs.run()
        self.solved += 1
        status = highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        if status != highspy.HighsModelStatus.kOptimal and crossover:
            raise ArithmeticError(f"the linear program ended as {status}")
        values = np.array(highs.getSolution().col_value)
        whole, more = values[: self.number], values[self.number :]
        whole[self._split] += more[: len(self._split)] + more[len(self._split) :]
        return whole if np.max(np.abs(self._matrix @ whole - self._right), initial=0) < NEAR / 10 else None

    def _cost(self, columns: Sequence[int], *, up: bool) -> Numbers:
        """The objective that moves these columns, together, as far as their targets ask."""
        place = np.array([self._place[column] for column in columns])
        cost = np.zeros(self.number + 2 * len(self._split))
        cost[self.number + place] = -1.0 if up else 1.0
        if up:
            cost[list(columns)] = -1.0
        else:
            cost[self.number + len(self._split) + place] = 1.0
        return cost

    def search(self, known: Numbers) -> tuple[set[int], set[int]]:
        """The columns that can be as low, and those that can be as high, as their targets ask. `known` is one solution.

        Every solution is held against all columns; so most are settled by a few that move many at once (an interior point, which
        moves more of them than a corner does), and only what is left is moved alone, which decides.
        """
        low_open, high_open = set(self.targets), set(self.targets)
        lows: set[int] = set()
        highs: set[int] = set()

        def note(values: Numbers | None) -> int:
            if values is None:
                return 0
            before = len(low_open) + len(high_open)
            for column, target in self.targets.items():
                if values[column] <= target.low_enough:
                    lows.add(column)
                if values[column] >= target.high_enough:
                    highs.add(column)
                settled = not target.both and (column in lows or column in highs)
                if column in lows or settled:
                    low_open.discard(column)
                if column in highs or settled:
                    high_open.discard(column)
            return before - len(low_open) - len(high_open)

        note(known)
        for open_, up in ((high_open, True), (low_open, False)):
            turn, settled = 0, MANY
            while len(open_) > MANY and settled >= MANY // TURNS:
                some = sorted(open_)[turn % TURNS :: TURNS]
                settled = note(self._solve(self._cost(some, up=up), "ipm", crossover=False))
                turn += 1
            solver = "ipm" if turn else "simplex"
            while open_:
                column = min(open_)
                cost = self._cost([column], up=up)
                values = self._solve(cost, solver)
                if values is None:
                    self._highs.clearSolver()
                    values = self._solve(cost)
                if values is None:
                    raise ArithmeticError("the linear program is solved too badly to judge by")
                note(values)
                open_.discard(column)
                solver = "simplex"
        return lows, highs

    def range_of(self, column: int) -> tuple[float, float]:
        """The least and the greatest value of a column, inf where there is none."""
        found = []
        for sign in (1.0, -1.0):
            cost = np.zeros(self.number + 2 * len(self._split))
            cost[column] = sign
            values = self._solve(cost)
            found.append(float(np.inf) if values is None else float(values[column]))
        return found[0], found[1]


def _program(matrix: sparse.csc_matrix, right: Numbers, low: Numbers, high: Numbers) -> highspy.Highs:
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = matrix.shape[1], matrix.shape[0]
    program.col_cost_ = np.zeros(matrix.shape[1])
    program.col_lower_, program.col_upper_ = low, high
    program.row_lower_ = program.row_upper_ = right
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    # Primal simplex: another objective leaves the last solution feasible, and a few steps lead from it to the next (0.03 s, not 2 s).
    highs.setOptionValue("simplex_strategy", 4)
    highs.passModel(program)
    return highs
