"""Which counts must be hidden so that what is shown does not give away a small one. Numbers in, numbers out.

The attacker knows every shown count, how it may have been rounded, the rules by which counts are hidden, and how counts add up. He
does not know the finest counts: he has a linear program over them, and this module plays it against the pattern of hidden counts
until it no longer wins. What it hides further is read off the attacker's own proof: a shown count can help to pin a small one down
only if its row has a shadow price in the program that bounds it.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
_TOLERANCE = 1e-6


class Status(IntEnum):
    """What becomes of a cell: shown; hidden because it is small; with its row, which few cases entered; or for another's sake."""

    SHOWN = 0
    PRIMARY = 1
    ROW = 2
    COMPLEMENTARY = 3


@dataclass
class Table:
    """Cells (published counts) over finest counts that nobody outside knows.

    sums: one row a cell, one column a finest count; 1 where the cell contains it
    links: combinations of finest counts that are 0 for everybody to know (two ways to add up the same cases)
    values: the true count of each cell
    lower, upper: what a shown cell says: lower <= count <= upper (equal where counts are not rounded)
    floor: what the rules alone tell of a hidden cell: 1 where a 0 would have been shown, else 0
    status: what is hidden from the start, and what earlier publications hid
    may_hide: cells that this publication may still hide (earlier ones are out)
    cost: how much is lost by hiding a cell
    truth: the finest counts themselves
    """

    sums: "csr_matrix"
    links: "csr_matrix"
    values: Integers
    lower: Numbers
    upper: Numbers
    floor: Numbers
    status: Integers
    may_hide: Flags
    cost: Numbers
    truth: Numbers


@dataclass
class Outcome:
    """What protection came to.

    status: of each cell
    hidden_for: for each cell hidden for another's sake, the cell that it protects; -1 for all others
    beyond: cells that earlier publications give away by themselves, so that hiding more in this one adds nothing
    programs: how many linear programs were solved
    """

    status: Integers
    hidden_for: Integers
    beyond: list[int] = field(default_factory=list)
    programs: int = 0


class Attacker:
    """The attacker's linear program with a price on every shown cell: the finest counts that agree with what is shown but for the cells
    that would have to be hidden, at the least cost of hiding these.
    """

    def __init__(self, table: Table) -> None:
        import highspy
        from scipy.sparse import csc_matrix, eye, hstack, vstack

        self._table = table
        cells, links = table.values.size, table.links.shape[0]
        self._unknowns = table.sums.shape[1]
        self._infinity = highspy.kHighsInf
        apart = vstack([eye(cells), csc_matrix((links, cells))])
        matrix = hstack([vstack([table.sums, table.links]), -apart, apart], format="csc")
        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = matrix.shape
        program.col_cost_ = np.concatenate([np.zeros(self._unknowns), table.cost, table.cost])
        program.col_lower_ = np.zeros(matrix.shape[1])
        # A 0 is always shown.
        out = np.where(table.may_hide & (table.values > 0), self._infinity, 0.0)
        program.col_upper_ = np.concatenate([np.full(self._unknowns, self._infinity), out, out])
        program.row_lower_ = np.concatenate([table.lower, np.zeros(links)])
        program.row_upper_ = np.concatenate([table.upper, np.zeros(links)])
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = matrix.indptr
        program.a_matrix_.index_ = matrix.indices
        program.a_matrix_.value_ = matrix.data.astype(np.float64)
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        # Perturbed costs make the solver lose its start whenever a price changes: a second in place of a twentieth.
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 1),
            ("dual_simplex_cost_perturbation_multiplier", 0.0),
        ):
            self._solver.setOptionValue(option, value)
        self._solver.passModel(program)
        self._optimal = highspy.HighsModelStatus.kOptimal
        self.programs = 0
        self._hidden = np.zeros(cells, dtype=bool)
        self.knows_rules = True
        for cell in np.flatnonzero(table.status != Status.SHOWN):
            self.hide(int(cell))

    def hide(self, cell: int) -> None:
        """Hides a cell from him: at no cost it may be any number that the rules allow. From now on it is told by its distance from the
        true count.
        """
        self._hidden[cell] = True
        value = float(self._table.values[cell])
        self._solver.changeRowBounds(cell, value, value)
        for column in self._apart(cell):
            self._solver.changeColCost(column, 0.0)
        self._free(cell)

    def _free(self, cell: int) -> None:
        """Lets a hidden cell be whatever he cannot exclude."""
        above, below = self._apart(cell)
        least = self._table.floor[cell] if self.knows_rules else 0.0
        self._solver.changeColBounds(above, 0.0, self._infinity)
        self._solver.changeColBounds(below, 0.0, float(self._table.values[cell] - least))

    def set_rules(self, known: bool) -> None:
        """Whether he draws conclusions from the rules: that a hidden cell is no 0 where a 0 would have been shown."""
        if known != self.knows_rules:
            self.knows_rules = known
            for cell in np.flatnonzero(self._hidden):
                self._free(int(cell))

    def _apart(self, cell: int) -> tuple[int, int]:
        """The columns that say by how much a cell is above and below what is shown."""
        above = self._unknowns + cell
        return above, above + self._table.values.size

    def cheapest(self, cell: int, change: float) -> tuple[Numbers, Numbers, float] | None:
        """The cheapest way to let a hidden cell be larger (or smaller) than it is by `change`: the counts of all cells, by how much each
        differs from what is shown, and the cost. None where nothing that may be hidden allows it.
        """
        above, below = self._apart(cell)
        moved, still = (above, below) if change > 0 else (below, above)
        self._solver.changeColBounds(moved, abs(change), self._infinity)
        self._solver.changeColBounds(still, 0.0, 0.0)
        self._solver.run()
        self.programs += 1
        found = None
        if self._solver.getModelStatus() == self._optimal:
            solution = np.asarray(self._solver.getSolution().col_value)
            cells = self._table.values.size
            differs = solution[self._unknowns : self._unknowns + cells] + solution[self._unknowns + cells :]
            found = (
                self._table.sums @ solution[: self._unknowns],
                differs,
                self._solver.getInfo().objective_function_value,
            )
        self._free(cell)
        return found


class _Needs:
    """What still has to be proved of hidden cells: that a small one may be 1 or less, that it may reach the threshold, and that any
    other may be a different number.
    """

    def __init__(self, table: Table, threshold: int) -> None:
        self._values = table.values
        self._threshold = threshold
        self.high = np.zeros(table.values.size, dtype=bool)
        self.low = self.high.copy()
        self.other = self.high.copy()
        # A cell within a shown 0 has no unknown left in it: it is 0, and the shown 0 says so.
        self._known = np.diff(table.sums.indptr) == 0
        for cell in np.flatnonzero(table.status != Status.SHOWN):
            self.add(int(cell))

    def add(self, cell: int) -> None:
        """A cell that is hidden from now on."""
        small = bool(0 < self._values[cell] < self._threshold)
        self.high[cell] = small
        self.low[cell] = small and self._values[cell] > 1
        self.other[cell] = not small and not self._known[cell]

    def seen(self, counts: Numbers, knows_rules: bool) -> None:
        """Counts that agree with all that is shown (and with the rules, or not): what they prove needs no further proof."""
        if knows_rules:
            self.high &= counts < self._threshold - _TOLERANCE
        self.low &= counts > 1 + _TOLERANCE
        self.other &= np.abs(counts - self._values) < 1 - _TOLERANCE

    def changes(self, cell: int) -> list[float]:
        """The changes of a cell's count of which one has to be possible."""
        value = float(self._values[cell])
        if self.high[cell]:
            return [self._threshold - value]
        if self.other[cell]:
            return [1.0, -1.0] if value >= 1 else [1.0]
        return [1 - value]

    def done(self, cell: int) -> None:
        """The change of a cell that stood first has been found possible, within what the solver calls equal."""
        if self.high[cell]:
            self.high[cell] = False
        elif self.other[cell]:
            self.other[cell] = False
        else:
            self.low[cell] = False

    def give_up(self, cell: int) -> None:
        """Nothing more is asked of a cell."""
        self.high[cell] = self.low[cell] = self.other[cell] = False

    def next(self) -> int | None:
        """The cell to see to: the small ones first, those that need most first."""
        for wanted, size in (
            (self.high, self._threshold - self._values),
            (self.other, self._values),
            (self.low, self._values),
        ):
            waiting = np.flatnonzero(wanted)
            if waiting.size:
                return int(waiting[np.argmax(size[waiting])])
        return None


def protect(table: Table, threshold: int) -> Outcome:
    """Hides as little as it finds necessary, so that of every hidden count from 1 to `threshold` - 1 the attacker can exclude neither 1
    nor `threshold`, and no other hidden count is determined. That the threshold cannot be excluded holds against one, too, who knows that
    a 0 would have been shown.

    A shown 0 stays shown. One hidden cell after the other: the pattern is safe, not the smallest possible.
    """
    attacker = Attacker(table)
    needs = _Needs(table, threshold)
    status = table.status.copy()
    hidden_for = np.full(status.size, -1, dtype=np.int64)
    beyond: list[int] = []
    while (cell := needs.next()) is not None:
        # That a small one may be 1 cannot hold against the rules: parts that are no 0 make a whole of more than 1.
        attacker.set_rules(bool(needs.high[cell] or needs.other[cell]))
        ways = [way for change in needs.changes(cell) if (way := attacker.cheapest(cell, change)) is not None]
        if not ways:
            # Nothing that this publication shows bounds it: earlier ones do, and those are out.
            beyond.append(cell)
            needs.give_up(cell)
            continue
        counts, differs, _ = min(ways, key=lambda way: way[2])
        for other in np.flatnonzero((differs > _TOLERANCE) & (status == Status.SHOWN)):
            status[other] = Status.COMPLEMENTARY
            hidden_for[other] = cell
            attacker.hide(int(other))
            needs.add(int(other))
        needs.done(cell)
        needs.seen(counts, attacker.knows_rules)
    return Outcome(status, hidden_for, beyond, attacker.programs)
