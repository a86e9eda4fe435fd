"""The attack the slow way, for boards of a handful of cases: every table of whole numbers that agrees with what is published, and one
linear program over cases as fine as can be.

It shares with the attacker what is printed (`published`) and how a table of true counts adds up to figures; not the choice of
unknowns, nor the equations, nor the solver's use.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from published import STAGES, STRANDS, Cell, Row, Seen, true_values
from scipy.optimize import linprog
from unknowns import STANDINGS

Table = npt.NDArray[np.int64]


class Finest:
    """All kinds of cases that the published zeros leave, each a row of true counts of one case, and the figures each counts in.

    limits: between which numbers each figure lies, of those that say anything
    """

    def __init__(
        self, known: Seen, limits: dict[Cell, tuple[float, float]], as_at: dt.date, quarters: Sequence[str],
        business: Sequence[str], ethnicity: Sequence[str], reasons: Sequence[tuple[int, str, str]],
    ) -> None:  # fmt: skip
        strands = ["", *STRANDS, *(" ".join(pair) for pair in combinations(STRANDS, 2))]
        ends = [(*standing, "") for standing in STANDINGS if standing[1] in ("open", "completed")] + list(reasons)
        kinds: list[Row] = [
            {
                "quarter": quarter, "strands": strand, "business_type": kind, "victim_ethnicity": group,
                "stage": STAGES[stage - 1], "stage_order": stage, "state": state, "reason_group": reason, "cases": 1,
            }
            for quarter, strand, kind, group, (stage, state, reason) in product(quarters, strands, business, ethnicity, ends)
        ]  # fmt: skip
        figures = [true_values([kind], as_at) for kind in kinds]
        live = [n for n, of in enumerate(figures) if all(known.value_of(cell) != 0 for cell in of)]
        self.kinds = [kinds[n] for n in live]
        of_kind = [figures[n] for n in live]
        self.cells = sorted({cell for of in of_kind for cell in of})
        self.sums = np.array([[of[cell] for of in of_kind] for cell in self.cells], dtype=np.int64)
        self.least = np.array([limits.get(cell, (0.0, np.inf))[0] for cell in self.cells])
        self.most = np.array([limits.get(cell, (0.0, np.inf))[1] for cell in self.cells])

    def whole_numbers(self) -> dict[Cell, tuple[int, int]]:
        """The least and greatest value of every figure over all tables of whole numbers that agree with the published ones."""
        tables = np.array(list(self._tables([], 0, np.zeros(len(self.cells)))))
        values = tables @ self.sums.T
        return {
            cell: (int(low), int(high))
            for cell, low, high in zip(self.cells, values.min(0), values.max(0), strict=True)
        }

    def _tables(self, counts: list[int], kind: int, so_far: npt.NDArray[np.float64]) -> Iterator[list[int]]:
        if kind == len(self.kinds):
            if np.all(so_far >= self.least):
                yield counts
            return
        # What no later kind counts in must be reached by now.
        later = self.sums[:, kind:].any(axis=1)
        if np.any(so_far[~later] < self.least[~later]):
            return
        add, number, sums = self.sums[:, kind], 0, so_far
        while np.all(sums <= self.most):
            yield from self._tables([*counts, number], kind + 1, sums)
            number, sums = number + 1, sums + add

    def linear(self, cells: Sequence[Cell]) -> dict[Cell, tuple[float, float]]:
        """The least and greatest value of these figures where counts need not be whole; (0, 0) for one that no kind counts in."""
        said = (self.least > 0) | np.isfinite(self.most)
        rows = np.vstack([self.sums[said & np.isfinite(self.most)], -self.sums[said & (self.least > 0)]])
        right = np.concatenate([self.most[said & np.isfinite(self.most)], -self.least[said & (self.least > 0)]])
        found = {}
        at = {cell: n for n, cell in enumerate(self.cells)}
        for cell in cells:
            if cell not in at:
                found[cell] = (0.0, 0.0)
                continue
            ends = []
            for sign in (1.0, -1.0):
                solved = linprog(sign * self.sums[at[cell]], A_ub=rows, b_ub=right, bounds=(0, None), method="highs")
                assert solved.status in (0, 3), solved.message
                ends.append(sign * solved.fun if solved.status == 0 else -sign * np.inf)
            found[cell] = (float(ends[0]), float(ends[1]))
        return found
